import type { InstructionGroup } from "../instruction.ts";

/** What 64-bit machines have beside RV32I: operations on words, whose results are sign-extended. */
// biome-ignore format: a row is a line
export const rv64i: readonly InstructionGroup[] = [
  {
    needs: "I",
    xlen: 64,
    section: "RV64I: Integer Register-Immediate Instructions",
    rows: [
      ["addiw", "I", 0x0000001b, 0x0000707f, "rd, rs1, imm12", "rd = sext32(rs1 + imm)", "Adds a constant to rs1 and sign-extends the low 32 bits of the sum."],
      ["slliw", "I", 0x0000101b, 0xfe00707f, "rd, rs1, shamt5", "rd = sext32(rs1 << shamt)", "Shifts rs1 left by a constant and sign-extends the low 32 bits."],
      ["srliw", "I", 0x0000501b, 0xfe00707f, "rd, rs1, shamt5", "rd = sext32(zext32(rs1) >>u shamt)", "Shifts the low 32 bits of rs1 right by a constant; zeros come in; the result is sign-extended."],
      ["sraiw", "I", 0x4000501b, 0xfe00707f, "rd, rs1, shamt5", "rd = sext32(rs1) >>s shamt", "Shifts the low 32 bits of rs1 right by a constant; copies of bit 31 come in."],
    ],
  },
  {
    needs: "I",
    xlen: 64,
    section: "RV64I: Integer Register-Register Operations",
    rows: [
      ["addw", "R", 0x0000003b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(rs1 + rs2)", "Adds rs1 and rs2 and sign-extends the low 32 bits of the sum."],
      ["sllw", "R", 0x0000103b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(rs1 << (rs2 & 31))", "Shifts rs1 left by the low 5 bits of rs2 and sign-extends the low 32 bits."],
      ["srlw", "R", 0x0000503b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(zext32(rs1) >>u (rs2 & 31))", "Shifts the low 32 bits of rs1 right by the low 5 bits of rs2; zeros come in; the result is sign-extended."],
      ["subw", "R", 0x4000003b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(rs1 - rs2)", "Subtracts rs2 from rs1 and sign-extends the low 32 bits of the difference."],
      ["sraw", "R", 0x4000503b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(rs1) >>s (rs2 & 31)", "Shifts the low 32 bits of rs1 right by the low 5 bits of rs2; copies of bit 31 come in."],
    ],
  },
  {
    needs: "I",
    xlen: 64,
    section: "RV64I: Load and Store Instructions",
    rows: [
      ["lwu", "I", 0x00006003, 0x0000707f, "rd, offset12(rs1)", "rd = mem32[rs1 + imm]", "Loads four bytes and zero-extends them."],
      ["ld", "I", 0x00003003, 0x0000707f, "rd, offset12(rs1)", "rd = mem64[rs1 + imm]", "Loads eight bytes."],
      ["sd", "S", 0x00003023, 0x0000707f, "rs2, offset12s(rs1)", "mem64[rs1 + imm] = rs2", "Stores eight bytes."],
    ],
  },
];
