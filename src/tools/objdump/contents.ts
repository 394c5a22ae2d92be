import { SEC_HAS_CONTENTS } from "../bfd/section.ts";
import { type Dump, say } from "./context.ts";

/** -s: sections in hexadecimal, with the characters beside. */
export function printContents(dump: Dump): void {
  for (const section of dump.object.sections) {
    if (!dump.wants(section.name)) continue;
    if ((section.flags & SEC_HAS_CONTENTS) === 0 || section.size === 0) continue;
    const vma = dump.vma(section);
    const [start, stop] = addressRange(dump, vma, section.size);
    if (start >= stop) continue;
    const { out } = dump;
    out.text(`Contents of section ${dump.shown(section.name)}:`);
    if (dump.options.fileOffsets)
      out.text(`  (Starting at file offset: 0x${((section.header?.offset ?? 0) + start).toString(16)})`);
    out.byte(10);
    const bytes = dump.contents(section);
    if (!bytes) {
      say(dump.run, `Reading section ${section.name} failed because: file truncated`);
      continue;
    }
    printBytes(dump, bytes, vma, start, stop);
  }
}

/** The offsets in a section that --start-address and --stop-address leave. */
export function addressRange(dump: Dump, vma: bigint, size: number): [start: number, stop: number] {
  const { startAddress, stopAddress } = dump.options;
  const start = startAddress === undefined || startAddress < vma ? 0n : startAddress - vma;
  let stop = BigInt(size);
  if (stopAddress !== undefined) {
    const wanted = stopAddress < vma ? 0n : stopAddress - vma;
    if (wanted < stop) stop = wanted;
  }
  return [start > stop ? Number(stop) : Number(start), Number(stop)];
}

function printBytes(dump: Dump, bytes: Uint8Array, vma: bigint, start: number, stop: number): void {
  const { out } = dump;
  const mask = (1n << BigInt(dump.digits * 4)) - 1n;
  const digits = (value: bigint) => (value & mask).toString(16).length;
  const width = Math.max(4, digits(vma + BigInt(start)), digits(vma + BigInt(stop) - 1n));
  let low = Number((vma + BigInt(start)) & 0xffffffffn);
  let high = Number(((vma + BigInt(start)) & mask) >> 32n);
  for (let at = start; at < stop; at += 16) {
    const end = Math.min(at + 16, stop);
    out.byte(32);
    out.hexPadded(low, high, width, 48);
    out.byte(32);
    for (let i = at; i < at + 16; i++) {
      if (i < end) out.hex2(bytes[i]);
      else out.text("  ");
      if ((i & 3) === 3) out.byte(32);
    }
    out.byte(32);
    for (let i = at; i < at + 16; i++)
      out.byte(i >= end ? 32 : bytes[i] >= 32 && bytes[i] < 127 ? bytes[i] : 46);
    out.byte(10);
    low += 16;
    if (low >= 0x1_0000_0000) {
      low -= 0x1_0000_0000;
      high = dump.digits === 16 ? (high + 1) >>> 0 : 0;
    }
  }
}
