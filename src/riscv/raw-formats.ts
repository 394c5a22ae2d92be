// The formats of `.insn`: instructions that are written as fields, because the
// assembler does not know them.
import { parseSyntax, type SyntaxToken } from "./instruction.ts";
import type { OperandKind } from "./operands.ts";

/** A format of `.insn`. A register `rd*` may be of either file. */
export interface RawFormat {
  readonly name: string;
  readonly size: 2 | 4;
  readonly syntax: string;
  readonly tokens: readonly SyntaxToken[];
  readonly operands: readonly OperandKind[];
}

// biome-ignore format: a row is a line
const rows: readonly (readonly [name: string, size: 2 | 4, syntax: string])[] = [
  ["r", 4, "opcode, func3, func7, rd*, rs1*, rs2*"],
  ["r", 4, "opcode, func3, func2, rd*, rs1*, rs2*, rs3*"],
  ["r4", 4, "opcode, func3, func2, rd*, rs1*, rs2*, rs3*"],
  ["i", 4, "opcode, func3, rd*, rs1*, imm12"],
  ["i", 4, "opcode, func3, rd*, offset12(rs1)"],
  ["s", 4, "opcode, func3, rs2*, offset12s(rs1)"],
  ["sb", 4, "opcode, func3, rs1*, rs2*, target12"],
  ["b", 4, "opcode, func3, rs1*, rs2*, target12"],
  ["u", 4, "opcode, rd*, imm20"],
  ["uj", 4, "opcode, rd*, target20"],
  ["j", 4, "opcode, rd*, target20"],
  ["cr", 2, "opcode2, cfunc4, rd*, crs2*"],
  ["ci", 2, "opcode2, cfunc3, rd*, cimm6"],
  ["ciw", 2, "opcode2, cfunc3, rd'*, cuimm8"],
  ["css", 2, "opcode2, cfunc3, crs2*, cuimm6"],
  ["cl", 2, "opcode2, cfunc3, rd'*, cuimm5(rs1'*)"],
  ["cs", 2, "opcode2, cfunc3, rd'*, cuimm5(rs1'*)"],
  ["ca", 2, "opcode2, cfunc6, cfunc2, rs1'*, rd'*"],
  ["cb", 2, "opcode2, cfunc3, rs1'*, ctarget8"],
  ["cj", 2, "opcode2, cfunc3, ctarget11"],
];

let formats: readonly RawFormat[] | undefined;

/** The formats of a name, in the order in which an assembler tries them. */
export function rawFormatsNamed(name: string): readonly RawFormat[] {
  formats ??= rows.map(([row, size, syntax]) => ({ name: row, size, syntax, ...parseSyntax(syntax) }));
  return formats.filter((format) => format.name === name);
}

/** Major opcodes by the names that `.insn` takes for their number. */
export const opcodeNames: Readonly<Record<string, number>> = {
  C0: 0x00,
  C1: 0x01,
  C2: 0x02,
  LOAD: 0x03,
  LOAD_FP: 0x07,
  CUSTOM_0: 0x0b,
  MISC_MEM: 0x0f,
  OP_IMM: 0x13,
  AUIPC: 0x17,
  OP_IMM_32: 0x1b,
  STORE: 0x23,
  STORE_FP: 0x27,
  CUSTOM_1: 0x2b,
  AMO: 0x2f,
  OP: 0x33,
  LUI: 0x37,
  OP_32: 0x3b,
  MADD: 0x43,
  MSUB: 0x47,
  NMSUB: 0x4b,
  NMADD: 0x4f,
  OP_FP: 0x53,
  OP_V: 0x57,
  CUSTOM_2: 0x5b,
  BRANCH: 0x63,
  JALR: 0x67,
  JAL: 0x6f,
  SYSTEM: 0x73,
  CUSTOM_3: 0x7b,
};
