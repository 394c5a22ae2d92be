import type { InstructionGroup } from "../instruction.ts";

/** Conditional operations without branches. */
// biome-ignore format: a row is a line
export const zicond: readonly InstructionGroup[] = [
  {
    needs: "Zicond",
    section: "Zicond: Integer Conditional Operations",
    rows: [
      ["czero.eqz", "R", 0x0e005033, 0xfe00707f, "rd, rs1, rs2", "rd = rs2 == 0 ? 0 : rs1", "Copies rs1, or zero if rs2 is zero."],
      ["czero.nez", "R", 0x0e007033, 0xfe00707f, "rd, rs1, rs2", "rd = rs2 != 0 ? 0 : rs1", "Copies rs1, or zero if rs2 is not zero."],
    ],
  },
];
