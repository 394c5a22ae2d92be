import type { InstructionGroup } from "../instruction.ts";

/** Cache-block operations. */
// biome-ignore format: a row is a line
export const zicbo: readonly InstructionGroup[] = [
  {
    needs: "Zicbom",
    section: "CMO: Cache-Block Management Instructions",
    rows: [
      ["cbo.inval", "I", 0x0000200f, 0xfff07fff, "0(rs1)", "cache_block(inval, rs1)", "Invalidates the cache block that holds the address."],
      ["cbo.clean", "I", 0x0010200f, 0xfff07fff, "0(rs1)", "cache_block(clean, rs1)", "Writes back the cache block that holds the address."],
      ["cbo.flush", "I", 0x0020200f, 0xfff07fff, "0(rs1)", "cache_block(flush, rs1)", "Writes back and invalidates the cache block that holds the address."],
    ],
  },
  {
    needs: "Zicboz",
    section: "CMO: Cache-Block Zero Instructions",
    rows: [
      ["cbo.zero", "I", 0x0040200f, 0xfff07fff, "0(rs1)", "cache_block(zero, rs1)", "Fills the block that holds the address with zeros."],
    ],
  },
  {
    needs: "Zicbop",
    section: "CMO: Cache-Block Prefetch Instructions",
    rows: [
      ["prefetch.i", "S", 0x00006013, 0x01f07fff, "offset32(rs1)", "prefetch(fetch, rs1 + imm)", "Hints that instructions will be fetched there soon.", { overlaps: ["ori"] }],
      ["prefetch.r", "S", 0x00106013, 0x01f07fff, "offset32(rs1)", "prefetch(read, rs1 + imm)", "Hints that the memory will be read soon.", { overlaps: ["ori"] }],
      ["prefetch.w", "S", 0x00306013, 0x01f07fff, "offset32(rs1)", "prefetch(write, rs1 + imm)", "Hints that the memory will be written soon.", { overlaps: ["ori"] }],
    ],
  },
];
