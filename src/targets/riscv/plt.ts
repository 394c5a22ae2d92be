import type { PltForm } from "../target.ts";
import { encodeI, encodeU } from "./immediates.ts";

// The procedure linkage table of the RISC-V ELF psABI. An entry jumps through
// its word of .got.plt with its own address in t1; the words lead to the header
// at first, which makes of t1 the number of the entry.

const HEADER = 32;
const ENTRY = 16;

/** `load`: ld or lw without operands; `shift`: log2(16 / word size). */
export function riscvPlt(load: number, wordSize: number): PltForm {
  return {
    headerSize: HEADER,
    entrySize: ENTRY,
    directSize: 0,
    canonicalInPie: true,
    second: false,
    header(out, address, gotPlt) {
      const distance = Number(BigInt.asIntN(64, gotPlt - address));
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
      const words = [
        0x00000397 | encodeU(distance), // auipc t2, %hi(.got.plt)
        0x41c30333, // sub t1, t1, t3
        load | 0x0003_8e00 | encodeI(distance), // l[wd] t3, %lo(t2)
        0x00030313 | encodeI(-(HEADER + 12)), // addi t1, t1, -44
        0x00038293 | encodeI(distance), // addi t0, t2, %lo
        0x00035313 | encodeI(wordSize === 8 ? 1 : 2), // srli t1, t1, log2(16 / word)
        load | 0x0002_8280 | encodeI(wordSize), // l[wd] t0, word(t0)
        0x000e0067, // jr t3
      ];
      for (const [i, word] of words.entries()) view.setInt32(i * 4, word, true);
    },
    entry(out, at, address, slot) {
      const distance = Number(BigInt.asIntN(64, slot - address));
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
      view.setInt32(at, 0x00000e17 | encodeU(distance), true); // auipc t3, %hi
      view.setInt32(at + 4, load | 0x000e_0e00 | encodeI(distance), true); // l[wd] t3, %lo(t3)
      view.setInt32(at + 8, 0x000e0367, true); // jalr t1, t3
      view.setInt32(at + 12, 0x00000013, true); // nop
    },
    direct() {},
    slotValue: (_address, plt) => plt,
  };
}
