// What the machine's runners need of an ELF file: its segments into memory, its
// entry, and a symbol. The real loader has its own tests; this is small on purpose.
import type { Memory } from "../../src/machine/index.ts";

export interface SmallImage {
  readonly xlen: 32 | 64;
  readonly entry: number;
  readonly end: number;
  readonly symbol: (name: string) => number | undefined;
}

/** Reads the header and copies the segments to their physical addresses (of `virtual`: their virtual ones). */
export function loadInto(memory: Memory, file: Uint8Array, virtual = false): SmallImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[4] === 2;
  const word = (at: number): number =>
    wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
  const entry = word(24);
  const programs = word(wide ? 32 : 28);
  const count = view.getUint16(wide ? 56 : 44, true);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const at = programs + i * (wide ? 56 : 32);
    if (view.getUint32(at, true) !== 1) continue;
    const offset = word(at + (wide ? 8 : 4));
    const address = word(at + (wide ? (virtual ? 16 : 24) : virtual ? 8 : 12));
    const size = word(at + (wide ? 32 : 16));
    if (!memory.write(address, file.subarray(offset, offset + size)))
      throw new Error("segment outside memory");
    end = Math.max(end, address + word(at + (wide ? 40 : 20)));
  }
  const symbol = (name: string): number | undefined => {
    const sections = word(wide ? 40 : 32);
    const sectionCount = view.getUint16(wide ? 60 : 48, true);
    const header = wide ? 64 : 40;
    for (let i = 0; i < sectionCount; i++) {
      const at = sections + i * header;
      if (view.getUint32(at + 4, true) !== 2) continue;
      const start = word(at + (wide ? 24 : 16));
      const size = word(at + (wide ? 32 : 20));
      const strings = sections + view.getUint32(at + (wide ? 40 : 24), true) * header;
      const names = word(strings + (wide ? 24 : 16));
      for (let entryAt = start; entryAt < start + size; entryAt += wide ? 24 : 16) {
        let from = names + view.getUint32(entryAt, true);
        let text = "";
        while (file[from] !== 0) text += String.fromCharCode(file[from++]);
        if (text === name) return word(entryAt + (wide ? 8 : 4));
      }
    }
    return undefined;
  };
  return { xlen: wide ? 64 : 32, entry, end, symbol };
}
