import type { InstructionGroup } from "../instruction.ts";

/** Atomic compare-and-swap. */
// biome-ignore format: a row is a line
export const zacas: readonly InstructionGroup[] = [
  {
    needs: "Zacas",
    section: "Zacas: Word/Doubleword/Quadword CAS",
    rows: [
      ["amocas.w", "R", 0x2800202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t == sext32(rd) ? rs2 : t; rd = t", "Stores rs2, four bytes, if rd equals what is there, in one step; rd gets what was there."],
      ["amocas.d", "R", 0x2800302f, 0xf800707f, "aqrl rdpair, rs2pair, 0(rs1)", "amocas64_pair(rs1)", "Stores the pair of registers at rs2, eight bytes, if the pair at rd equals what is there, in one step; the pair at rd gets what was there.", { xlen: 32, except: [[0x80, 0x80], [0x100000, 0x100000]] }],
      ["amocas.d", "R", 0x2800302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t == rd ? rs2 : t; rd = t", "Stores rs2, eight bytes, if rd equals what is there, in one step; rd gets what was there.", { xlen: 64 }],
      ["amocas.q", "R", 0x2800402f, 0xf800707f, "aqrl rdpair, rs2pair, 0(rs1)", "amocas128_pair(rs1)", "Stores the pair of registers at rs2, sixteen bytes, if the pair at rd equals what is there, in one step; the pair at rd gets what was there.", { xlen: 64, except: [[0x80, 0x80], [0x100000, 0x100000]] }],
    ],
  },
];
