import { ABSOLUTE, SEC_ALLOC, SEC_DATA, SEC_HAS_CONTENTS, SEC_LOAD } from "../bfd/section.ts";
import { BSF_GLOBAL } from "../bfd/symbols.ts";
import type { CopySymbol, InputObject, InputSection } from "./model.ts";

// Inputs without sections of their own: raw bytes become `.data` with symbols
// for its ends; Intel hex and S-records become `.sec1`, `.sec2` …, one for each
// run of addresses.

function section(name: string, address: bigint, contents: Uint8Array, flags: number): InputSection {
  return {
    name,
    flags,
    vma: address,
    lma: address,
    size: contents.length,
    alignmentPower: 0,
    entsize: 0,
    bfd: undefined,
    contents,
    output: undefined,
    group: undefined,
    members: [],
    groupFlags: 0,
    signature: undefined,
    relocationsInGroup: false,
  };
}

/** `-I binary`; `name` is byte text. */
export function readBinaryInput(name: string, bytes: Uint8Array): InputObject {
  const data = section(".data", 0n, bytes, SEC_ALLOC | SEC_LOAD | SEC_DATA | SEC_HAS_CONTENTS);
  const stem = `_binary_${name.replace(/[^A-Za-z0-9]/g, "_")}`;
  const symbol = (suffix: string, value: number, where: CopySymbol["section"]): CopySymbol => ({
    name: `${stem}_${suffix}`,
    section: where,
    flags: BSF_GLOBAL,
    value: BigInt(value),
    elf: undefined,
    outputIndex: 0,
  });
  const symbols = [
    symbol("start", 0, data),
    symbol("end", bytes.length, data),
    symbol("size", bytes.length, ABSOLUTE),
  ];
  return {
    name,
    target: "binary",
    elf: undefined,
    sections: [data],
    symbols,
    start: 0n,
    littleEndian: undefined,
  };
}

interface Run {
  readonly address: number;
  readonly bytes: number[];
}

class Runs {
  readonly list: Run[] = [];

  add(address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const last = this.list.at(-1);
    if (last && last.address + last.bytes.length === address) last.bytes.push(...bytes);
    else this.list.push({ address, bytes: [...bytes] });
  }
}

function fromRuns(name: string, target: string, runs: Runs, start: bigint): InputObject {
  const flags = SEC_HAS_CONTENTS | SEC_LOAD | SEC_ALLOC;
  const sections = runs.list.map(({ address, bytes }, i) =>
    section(`.sec${i + 1}`, BigInt(address), Uint8Array.from(bytes), flags),
  );
  return { name, target, elf: undefined, sections, symbols: [], start, littleEndian: undefined };
}

function hexBytes(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(i * 2, i * 2 + 2), 16),
  );
}

/** Intel hex; undefined where it is none, or is damaged. */
export function readIhexInput(name: string, bytes: Uint8Array): InputObject | undefined {
  if (bytes[0] !== 0x3a) return undefined;
  const runs = new Runs();
  let segment = 0;
  let extended = 0;
  let start = 0;
  for (const line of new TextDecoder("latin1").decode(bytes).split(/\r?\n|\r/)) {
    if (line === "") continue;
    const record = line.startsWith(":") ? hexBytes(line.slice(1)) : undefined;
    if (!record || record.length < 5 || record.length !== record[0] + 5) return undefined;
    if (record.reduce((sum, byte) => (sum + byte) & 255, 0) !== 0) return undefined;
    const data = record.subarray(4, 4 + record[0]);
    const half = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    switch (record[3]) {
      case 0:
        runs.add(segment + extended + ((record[1] << 8) | record[2]), data);
        break;
      case 1:
        return fromRuns(name, "ihex", runs, BigInt(start));
      case 2:
        segment = half * 16;
        break;
      case 3:
        start = half * 16 + ((data[2] << 8) | data[3]);
        break;
      case 4:
        extended = half * 0x10000;
        break;
      case 5:
        start = half * 0x10000 + ((data[2] << 8) | data[3]);
        break;
      default:
        return undefined;
    }
  }
  return fromRuns(name, "ihex", runs, BigInt(start));
}

/** S-records; undefined where it is none, or is damaged. */
export function readSrecInput(name: string, bytes: Uint8Array): InputObject | undefined {
  if (bytes[0] !== 0x53 || !/^S[0-9][0-9A-Fa-f]{2}/.test(String.fromCharCode(...bytes.subarray(0, 4))))
    return undefined;
  const runs = new Runs();
  let start = 0;
  for (const line of new TextDecoder("latin1").decode(bytes).split(/\r?\n|\r/)) {
    if (line === "") continue;
    const type = line.charCodeAt(1) - 48;
    const record = line.startsWith("S") ? hexBytes(line.slice(2).trimEnd()) : undefined;
    if (!record || record.length !== record[0] + 1) return undefined;
    if (record.reduce((sum, byte) => (sum + byte) & 255, 0) !== 255) return undefined;
    const width = type === 3 || type === 7 ? 4 : type === 2 || type === 8 ? 3 : 2;
    let address = 0;
    for (let i = 1; i <= width; i++) address = address * 256 + record[i];
    if (type >= 1 && type <= 3) runs.add(address, record.subarray(1 + width, record.length - 1));
    else if (type >= 7 && type <= 9) start = address;
  }
  return fromRuns(name, "srec", runs, BigInt(start));
}
