import { Cursor } from "../../dwarf/index.ts";
import { EM_ARM, EM_MIPS, EM_RISCV } from "../machines.ts";
import { armTags } from "./arm-attributes.ts";
import { type Context, dataAt } from "./context.ts";
import { printHexLines, printName } from "./print.ts";

// -A: the build attributes of the processor's supplement to the ABI.

type Show = (context: Context, cursor: Cursor) => void;

interface Vendor {
  readonly sectionType: number;
  /** The name of the subsections that `show` understands. */
  readonly name: string;
  readonly show: Show;
}

const vendors: ReadonlyMap<number, Vendor> = new Map([
  [EM_ARM, { sectionType: 0x70000003, name: "aeabi", show: showArm }],
  [EM_RISCV, { sectionType: 0x70000003, name: "riscv", show: showRiscv }],
]);

const gnuVendor: Vendor = { sectionType: 0x6ffffff5, name: "gnu", show: showPublicGnu };

export function printAttributes(context: Context): void {
  const { image, complaints } = context;
  if (image.header.machine === EM_MIPS) {
    complaints.unsupported("the MIPS specific sections are not supported");
    return;
  }
  const vendor = vendors.get(image.header.machine) ?? gnuVendor;
  for (const section of image.sections) {
    if (section.type !== vendor.sectionType && section.type !== 0x6ffffff5) continue;
    const bytes = dataAt(context, section.offset, section.size, "attributes");
    if (!bytes) {
      complaints.fail();
      continue;
    }
    printSection(context, bytes, vendor);
  }
}

function printSection(context: Context, bytes: Uint8Array, vendor: Vendor): void {
  const { image, out, complaints } = context;
  const error = (message: string) => {
    complaints.error(message);
    complaints.fail();
  };
  if (bytes[0] !== 0x41) {
    out.text(`Unknown attributes version '${String.fromCharCode(bytes[0])}'(${bytes[0]}) - expecting 'A'\n`);
    complaints.fail();
    return;
  }
  const u32 = (at: number) => new Cursor(bytes, at, bytes.length, image.littleEndian).u32();
  let left = bytes.length - 1;
  let at = 1;
  while (left > 0) {
    if (left <= 4) {
      error("Tag section ends prematurely");
      return;
    }
    let length = u32(at);
    at += 4;
    if (length > left) {
      error(`Bad attribute length (${length} > ${left})`);
      length = left;
    } else if (length < 5) {
      error(`Attribute length of ${length} is too small`);
      return;
    }
    left -= length;
    length -= 4;
    const end = bytes.indexOf(0, at);
    const nameLength = Math.min(end < 0 ? bytes.length - at : end - at, length) + 1;
    if (nameLength >= length) {
      error("Corrupt attribute section name");
      return;
    }
    let name = "";
    for (let i = at; i < at + nameLength - 1; i++) name += String.fromCharCode(bytes[i]);
    out.text("Attribute Section: ");
    printName(context, 1 << 30, name);
    out.byte(10);
    at += nameLength;
    length -= nameLength;
    while (length > 0 && at < bytes.length) {
      if (length < 6) {
        error("Unused bytes at end of section");
        return;
      }
      const tag = bytes[at];
      let size = u32(at + 1);
      if (size > length) {
        error(`Bad subsection length (${size} > ${length})`);
        size = length;
      }
      if (size < 6) {
        error(`Bad subsection length (${size} < 6)`);
        return;
      }
      length -= size;
      const cursor = new Cursor(bytes, at + 5, at + size, image.littleEndian);
      at += size;
      let known = name === vendor.name;
      if (tag === 1) out.text("File Attributes\n");
      else if (tag === 2 || tag === 3) {
        out.text(tag === 2 ? "Section Attributes:" : "Symbol Attributes:");
        while (!cursor.atEnd) {
          const value = cursor.uleb();
          if (value === 0) break;
          out.text(` ${value}`);
        }
        out.byte(10);
      } else {
        out.text(`Unknown tag: ${tag}\n`);
        known = false;
      }
      if (known) while (!cursor.atEnd) vendor.show(context, cursor);
      else if (name === "gnu") while (!cursor.atEnd) showGnu(context, cursor);
      else if (!cursor.atEnd) {
        out.text("  Unknown attribute:\n");
        printHexLines(context, bytes.subarray(cursor.offset, cursor.end), 0n);
        out.byte(10);
      } else length = 0;
    }
  }
}

/** A value whose kind its tag's parity tells: odd ones are strings. */
function showValue(context: Context, cursor: Cursor, tag: number): void {
  const { out, complaints } = context;
  if (tag > 0) out.text(`  Tag_unknown_${tag}: `);
  if (cursor.atEnd) complaints.warning("<corrupt tag>");
  else if (tag & 1) {
    const room = cursor.end - cursor.offset - 1;
    out.text('"');
    if (room > 0) printName(context, room, stringOf(cursor));
    else {
      out.text("<corrupt string tag>");
      cursor.offset = cursor.end;
    }
    out.text('"\n');
  } else {
    const value = cursor.uleb();
    out.text(`${value} (0x${value.toString(16)})\n`);
  }
}

/** A zero-terminated string; the last byte of the range counts as a zero. */
function stringOf(cursor: Cursor): string {
  let text = "";
  while (cursor.offset < cursor.end - 1) {
    const byte = cursor.u8();
    if (byte === 0) return text;
    text += String.fromCharCode(byte);
  }
  cursor.offset = cursor.end;
  return text;
}

function showCompatibility(context: Context, cursor: Cursor): void {
  const { out } = context;
  out.text(`flag = ${cursor.uleb()}, vendor = `);
  const room = cursor.end - cursor.offset - 1;
  if (room > 0) printName(context, room, stringOf(cursor));
  else {
    out.text("<corrupt>");
    cursor.offset = cursor.end;
  }
  out.byte(10);
}

function showGnu(context: Context, cursor: Cursor): void {
  const tag = cursor.uleb();
  if (tag === 32) showCompatibility(context, cursor);
  else if ((tag & 2) === 0 && tag === 0) cursor.offset = cursor.end;
  else showValue(context, cursor, tag);
}

function showPublicGnu(context: Context, cursor: Cursor): void {
  const { out } = context;
  const text = stringOf(cursor);
  out.text(`  Unknown GNU attribute: ${text}\n\n`);
  cursor.offset = cursor.end;
}

const riscvTags: ReadonlyMap<number, string> = new Map([
  [4, "Tag_RISCV_stack_align"],
  [5, "Tag_RISCV_arch"],
  [6, "Tag_RISCV_unaligned_access"],
  [8, "Tag_RISCV_priv_spec"],
  [10, "Tag_RISCV_priv_spec_minor"],
  [12, "Tag_RISCV_priv_spec_revision"],
]);

function showRiscv(context: Context, cursor: Cursor): void {
  const { out } = context;
  const tag = cursor.uleb();
  const name = riscvTags.get(tag);
  if (!name) {
    showValue(context, cursor, tag);
    return;
  }
  out.text(`  ${name}: `);
  if (tag === 5) showValue(context, cursor, -1);
  else {
    const value = cursor.uleb();
    if (tag === 4) out.text(`${value}-bytes\n`);
    else if (tag !== 6) out.text(`${value}\n`);
    else if (value < 2) out.text(value === 0 ? "No unaligned access\n" : "Unaligned access\n");
  }
}

function showArm(context: Context, cursor: Cursor): void {
  const { out } = context;
  const tag = cursor.uleb();
  const known = armTags.get(tag);
  if (!known) {
    showValue(context, cursor, tag);
    return;
  }
  out.text(`  Tag_${known.name}: `);
  if (known.values === "string") {
    showValue(context, cursor, -1);
    return;
  }
  if (known.values !== "special") {
    const value = cursor.uleb();
    out.text(`${known.values[value] ?? `??? (${value})`}\n`);
    return;
  }
  if (tag === 32) {
    showCompatibility(context, cursor);
    return;
  }
  if (tag === 64) {
    cursor.u8();
    out.text("True\n");
    return;
  }
  const value = cursor.uleb();
  if (tag === 7) {
    const profiles: Readonly<Record<number, string>> = {
      0: "None",
      65: "Application",
      82: "Realtime",
      77: "Microcontroller",
      83: "Application or Realtime",
    };
    out.text(`${profiles[value] ?? `??? (${value})`}\n`);
  } else if (tag === 65) {
    const inner = value === 6 ? cursor.uleb() : -1;
    const architectures = armTags.get(6)?.values;
    const name = typeof architectures === "object" ? architectures[inner] : undefined;
    out.text(value === 6 ? `${name ?? `??? (${inner})`}\n` : "???\n");
    while (!cursor.atEnd && cursor.u8() !== 0);
  } else {
    const words =
      tag === 24
        ? ["None", "8-byte", "4-byte", "??? 3"]
        : ["None", "8-byte, except leaf SP", "8-byte", "??? 3"];
    if (value < 4) out.text(`${words[value]}\n`);
    else if (value <= 12) out.text(`8-byte and up to ${2 ** value}-byte extended\n`);
    else out.text(`??? (${value})\n`);
  }
}
