import { SEC_ALLOC, SEC_HAS_CONTENTS, SEC_LOAD, SEC_NEVER_LOAD } from "../bfd/section.ts";
import { complain, type ToolHost } from "../host.ts";
import type { OutputSection } from "./model.ts";

// Formats that are memory contents and little else: raw bytes, Intel hex,
// Motorola S-records, Verilog's $readmemh. Sections lose their names; each
// goes to its load address.

interface Chunk {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** Loaded contents in the order of their addresses. */
function chunks(sections: readonly OutputSection[]): Chunk[] {
  const found: Chunk[] = [];
  for (const { flags, lma, size, contents } of sections) {
    if (!(flags & SEC_ALLOC) || !(flags & SEC_LOAD) || size === 0 || !contents) continue;
    // Equal addresses keep their order only at the end of the list, as in BFD.
    let at = found.length;
    if (at > 0 && lma < found[at - 1].address) {
      at = 0;
      while (at < found.length && found[at].address < lma) at++;
    }
    found.splice(at, 0, { address: lma, bytes: contents.subarray(0, size) });
  }
  return found;
}

/** The bytes from the lowest load address on. */
export function writeBinary(
  sections: readonly OutputSection[],
  name: string,
  host: ToolHost,
): { offset: number; bytes: Uint8Array }[] {
  const wanted = SEC_HAS_CONTENTS | SEC_LOAD | SEC_ALLOC;
  let low: bigint | undefined;
  for (const { flags, lma, size } of sections) {
    if ((flags & (wanted | SEC_NEVER_LOAD)) !== wanted || size === 0) continue;
    if (low === undefined || lma < low) low = lma;
  }
  const pieces: { offset: number; bytes: Uint8Array }[] = [];
  for (const section of sections) {
    const { flags, lma, size, contents } = section;
    if (!(flags & (SEC_LOAD | SEC_ALLOC)) || flags & SEC_NEVER_LOAD || size === 0 || !contents) continue;
    const offset = lma - (low ?? 0n);
    if (offset < 0n || offset >= 1n << 63n) {
      complain(
        host,
        `${name}: warning: writing section \`${section.name}' at huge (ie negative) file offset`,
      );
      continue;
    }
    pieces.push({ offset: Number(offset), bytes: contents.subarray(0, size) });
  }
  return pieces;
}

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");

function ihexRecord(type: number, address: number, bytes: Uint8Array | readonly number[]): string {
  let sum = bytes.length + (address >> 8) + (address & 0xff) + type;
  let text = `:${hex(bytes.length, 2)}${hex(address, 4)}${hex(type, 2)}`;
  for (const byte of bytes) {
    text += hex(byte, 2);
    sum += byte;
  }
  return `${text}${hex(-sum & 0xff, 2)}\r\n`;
}

/** Intel hex; a string in `problem` is why the file cannot be written. */
export function writeIhex(
  sections: readonly OutputSection[],
  start: bigint,
  name: string,
): { text: string; problem?: string } {
  const parts: string[] = [];
  let segmentBase = 0;
  let extendedBase = 0;
  for (const { address, bytes } of chunks(sections)) {
    if (address > 0xffffffffn && BigInt.asUintN(64, address + 0x80000000n) > 0xffffffffn)
      return {
        text: "",
        problem: `${name} 64-bit address 0x${address.toString(16)} out of range for Intel Hex file`,
      };
    let where = Number(address & 0xffffffffn);
    for (let at = 0; at < bytes.length; ) {
      let now = Math.min(16, bytes.length - at);
      if (where > segmentBase + extendedBase + 0xffff) {
        if (where <= 0xfffff) {
          segmentBase = where & 0xf0000;
          parts.push(ihexRecord(2, 0, [(segmentBase >> 12) & 0xff, (segmentBase >> 4) & 0xff]));
        } else {
          // Some readers add both kinds of base, so the old one is set to zero first.
          if (segmentBase !== 0) {
            parts.push(ihexRecord(2, 0, [0, 0]));
            segmentBase = 0;
          }
          extendedBase = (where & 0xffff0000) >>> 0;
          parts.push(ihexRecord(4, 0, [extendedBase >>> 24, (extendedBase >>> 16) & 0xff]));
        }
      }
      const address16 = where - (extendedBase + segmentBase);
      if (address16 + now > 0xffff) now = 0x10000 - address16;
      parts.push(ihexRecord(0, address16, bytes.subarray(at, at + now)));
      where += now;
      at += now;
    }
  }
  if (start !== 0n) {
    const entry = Number(start & 0xffffffffn);
    if (start <= 0xfffffn)
      parts.push(ihexRecord(3, 0, [(entry & 0xf0000) >> 12, 0, (entry >> 8) & 0xff, entry & 0xff]));
    else
      parts.push(ihexRecord(5, 0, [entry >>> 24, (entry >>> 16) & 0xff, (entry >>> 8) & 0xff, entry & 0xff]));
  }
  parts.push(ihexRecord(1, 0, []));
  return { text: parts.join("") };
}

function srecRecord(type: number, address: bigint, bytes: Uint8Array): string {
  const width = type === 3 || type === 7 ? 4 : type === 2 || type === 8 ? 3 : 2;
  const place = Number(BigInt.asUintN(width * 8, address));
  let sum = width + bytes.length + 1;
  let text = `S${type}${hex(sum & 0xff, 2)}${hex(place, width * 2)}`;
  for (let rest = place; rest > 0; rest = Math.floor(rest / 256)) sum += rest % 256;
  for (const byte of bytes) {
    text += hex(byte, 2);
    sum += byte;
  }
  return `${text}${hex(0xff - (sum & 0xff), 2)}\r\n`;
}

export interface SrecOptions {
  /** Bytes in a record. */
  readonly length: number;
  readonly forceS3: boolean;
  /** The symbols of symbolsrec: name and address. */
  readonly symbols?: readonly { readonly name: string; readonly address: bigint }[];
}

/** S-records; the header has the name of the file. */
export function writeSrec(
  sections: readonly OutputSection[],
  start: bigint,
  name: string,
  options: SrecOptions,
): string {
  const list = chunks(sections);
  let type = options.forceS3 && list.length > 0 ? 3 : 1;
  for (const { address, bytes } of list) {
    const last = address + BigInt(bytes.length - 1);
    if (last > 0xffffffn) type = 3;
    else if (last > 0xffffn && type < 2) type = 2;
  }
  const parts: string[] = [];
  if (options.symbols && options.symbols.length > 0) {
    parts.push(`$$ ${name}\r\n`);
    for (const symbol of options.symbols) parts.push(`  ${symbol.name} $${symbol.address.toString(16)}\r\n`);
    parts.push("$$ \r\n");
  }
  const title = Uint8Array.from(name.slice(0, 40), (char) => char.charCodeAt(0));
  parts.push(srecRecord(0, 0n, title));
  const most = 255 - type - 2;
  const length = options.length === 0 ? 1 : Math.min(options.length, most);
  for (const { address, bytes } of list) {
    for (let at = 0; at < bytes.length; at += length)
      parts.push(srecRecord(type, address + BigInt(at), bytes.subarray(at, at + length)));
  }
  parts.push(srecRecord(10 - type, start, new Uint8Array(0)));
  return parts.join("");
}

/** Verilog: words of `width` bytes, in the file's byte order. */
export function writeVerilog(
  sections: readonly OutputSection[],
  width: number,
  littleEndian: boolean,
): string {
  const parts: string[] = [];
  for (const { address, bytes } of chunks(sections)) {
    const place = address / BigInt(width);
    parts.push(
      `@${place
        .toString(16)
        .toUpperCase()
        .padStart(place > 0xffffffffn ? 16 : 8, "0")}\r\n`,
    );
    for (let at = 0; at < bytes.length; at += 16)
      parts.push(verilogLine(bytes.subarray(at, at + 16), width, littleEndian));
  }
  return parts.join("");
}

function verilogLine(bytes: Uint8Array, width: number, littleEndian: boolean): string {
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const word = [...bytes.subarray(at, at + width)];
    if (littleEndian) word.reverse();
    words.push(word.map((byte) => hex(byte, 2)).join(""));
  }
  // Of big-endian words each whole one has a space behind it.
  const whole = width > 1 && !littleEndian && bytes.length % width === 0;
  return `${words.join(" ")}${whole ? " " : ""}\r\n`;
}
