import type { InstructionGroup } from "../instruction.ts";

/** Integer multiplication and division. */
// biome-ignore format: a row is a line
export const m: readonly InstructionGroup[] = [
  {
    needs: "M|Zmmul",
    section: "M: Multiplication Operations",
    rows: [
      ["mul", "R", 0x02000033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 * rs2", "Multiplies; the lower half of the product."],
      ["mulh", "R", 0x02001033, 0xfe00707f, "rd, rs1, rs2", "rd = mulh(rs1, rs2)", "Multiplies, both signed; the upper half of the product."],
      ["mulhsu", "R", 0x02002033, 0xfe00707f, "rd, rs1, rs2", "rd = mulhsu(rs1, rs2)", "Multiplies, rs1 signed and rs2 unsigned; the upper half of the product."],
      ["mulhu", "R", 0x02003033, 0xfe00707f, "rd, rs1, rs2", "rd = mulhu(rs1, rs2)", "Multiplies, both unsigned; the upper half of the product."],
    ],
  },
  {
    needs: "M|Zmmul",
    xlen: 64,
    section: "M: Multiplication Operations",
    rows: [
      ["mulw", "R", 0x0200003b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(rs1 * rs2)", "Multiplies and sign-extends the low 32 bits of the product."],
    ],
  },
  {
    needs: "M",
    section: "M: Division Operations",
    rows: [
      ["div", "R", 0x02004033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 /s rs2", "Divides, both signed, rounding towards zero."],
      ["divu", "R", 0x02005033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 /u rs2", "Divides, both unsigned."],
      ["rem", "R", 0x02006033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 %s rs2", "The remainder of the signed division, with the sign of rs1."],
      ["remu", "R", 0x02007033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 %u rs2", "The remainder of the unsigned division."],
    ],
  },
  {
    needs: "M",
    xlen: 64,
    section: "M: Division Operations",
    rows: [
      ["divw", "R", 0x0200403b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(sext32(rs1) /s sext32(rs2))", "Divides the low 32 bits, both signed; the result is sign-extended."],
      ["divuw", "R", 0x0200503b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(zext32(rs1) /u zext32(rs2))", "Divides the low 32 bits, both unsigned; the result is sign-extended."],
      ["remw", "R", 0x0200603b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(sext32(rs1) %s sext32(rs2))", "The remainder of the signed division of the low 32 bits, sign-extended."],
      ["remuw", "R", 0x0200703b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32(zext32(rs1) %u zext32(rs2))", "The remainder of the unsigned division of the low 32 bits, sign-extended."],
    ],
  },
];
