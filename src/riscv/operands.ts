// The kinds of operands, as data: where an operand's bits sit in an instruction
// word, what values it may have and how it is written.
//
// A row of the instruction table names its operands by key ("imm12", "rs2'").
// Several keys can have the same name in meanings: the immediates of loads,
// stores and branches are all called imm there, wherever their bits sit.

/** What an operand is; assembler, printer and machine switch on this. */
export type OperandClass =
  /** A register number 0..31 of the integer registers. */
  | "x"
  /** A register number 0..31 of the floating-point registers. */
  | "f"
  /** A plain number. */
  | "immediate"
  /** A number that is added to a base register: `imm(rs1)`. */
  | "offset"
  /** A distance from the instruction's own address; written as a target. */
  | "target"
  /** The upper 20 bits for lui and auipc, written as 0..0xfffff. */
  | "upper"
  /** A shift amount. */
  | "shift"
  /** The number of a control and status register. */
  | "csr"
  /** A rounding mode (see `roundingModes`). */
  | "rm"
  /** A set of fence kinds: bits 3..0 are i, o, r, w. */
  | "fence"
  /** A register list of Zcmp: 4..15. */
  | "register-list"
  /** How far Zcmp's push and pop move sp: what is added to the list's own size, in bytes. */
  | "stack-adjustment"
  /** The ordering of an atomic access, the mnemonic's suffix: 2 .aq, 1 .rl, 3 .aqrl. */
  | "ordering"
  /** Only marks a place for the linker, %tprel_add(symbol); it has no bits. */
  | "relocation"
  /** A register of either file: formats of .insn take both. */
  | "register"
  /** An expression that names an address, in macros. */
  | "symbol"
  /** A constant as wide as a register, in macros. */
  | "wide"
  /** A number of the table of constants that Zfa's fli loads (see `fliConstants`). */
  | "constant";

/** A run of bits: where it starts in the instruction, where in the value, how many bits. */
export type BitField = readonly [instructionBit: number, valueBit: number, width: number];

/** A kind of operand. */
export interface OperandKind {
  /** Unique; used in the syntax of rows. */
  readonly key: string;
  /** What meanings call it. */
  readonly name: string;
  readonly class: OperandClass;
  readonly fields: readonly BitField[];
  /** Number of significant bits of the value, the implied zeros at its end included. */
  readonly width: number;
  readonly signed: boolean;
  /** The value is a multiple of this. */
  readonly scale: number;
  /** Values that it cannot have. A key with "!0" at its end is the kind without the value 0. */
  readonly excludes: readonly number[];
  /** Register numbers that are not simply the field: value → number. */
  readonly registers?: readonly number[];
  /** Written with a minus sign: sp moves down. */
  readonly negative?: boolean;
  /** May be left out when assembling: its value then. */
  readonly optional?: number;
}

const compressedRegisters = [8, 9, 10, 11, 12, 13, 14, 15];
const oddRegisters = Array.from({ length: 16 }, (_, i) => 2 * i + 1);
/** The registers s0..s7 as cm.mvsa01 numbers them. */
const savedRegisters = [8, 9, 18, 19, 20, 21, 22, 23];

type Extra = Partial<
  Pick<OperandKind, "scale" | "excludes" | "registers" | "negative" | "optional" | "signed">
>;

function kind(
  key: string,
  name: string,
  operandClass: OperandClass,
  fields: readonly BitField[],
  extra: Extra = {},
): OperandKind {
  let width = 0;
  for (const [, valueBit, count] of fields) width = Math.max(width, valueBit + count);
  return { key, name, class: operandClass, fields, width, signed: false, scale: 1, excludes: [], ...extra };
}

const signed = { signed: true };

/** Every kind of operand. */
export const operandKinds: readonly OperandKind[] = [
  // Registers
  kind("rd", "rd", "x", [[7, 0, 5]]),
  kind("rs1", "rs1", "x", [[15, 0, 5]]),
  kind("rs2", "rs2", "x", [[20, 0, 5]]),
  kind("rs3", "rs3", "x", [[27, 0, 5]]),
  // The first of a pair of registers
  kind("rdpair", "rd", "x", [[7, 0, 5]], { excludes: oddRegisters }),
  kind("rs2pair", "rs2", "x", [[20, 0, 5]], { excludes: oddRegisters }),
  kind("fd", "fd", "f", [[7, 0, 5]]),
  kind("fs1", "fs1", "f", [[15, 0, 5]]),
  kind("fs2", "fs2", "f", [[20, 0, 5]]),
  kind("fs3", "fs3", "f", [[27, 0, 5]]),
  // Immediates of the base formats
  kind("imm12", "imm", "immediate", [[20, 0, 12]], signed),
  kind("offset12", "imm", "offset", [[20, 0, 12]], signed),
  kind(
    "offset12s",
    "imm",
    "offset",
    [
      [7, 0, 5],
      [25, 5, 7],
    ],
    signed,
  ),
  kind(
    "target12",
    "imm",
    "target",
    [
      [8, 1, 4],
      [25, 5, 6],
      [7, 11, 1],
      [31, 12, 1],
    ],
    { signed: true, scale: 2 },
  ),
  kind(
    "target20",
    "imm",
    "target",
    [
      [21, 1, 10],
      [20, 11, 1],
      [12, 12, 8],
      [31, 20, 1],
    ],
    { signed: true, scale: 2 },
  ),
  kind("imm20", "imm", "upper", [[12, 0, 20]]),
  kind("shamt", "shamt", "shift", [[20, 0, 6]]),
  kind("shamt5", "shamt", "shift", [[20, 0, 5]]),
  kind("csr", "csr", "csr", [[20, 0, 12]]),
  kind("zimm", "zimm", "immediate", [[15, 0, 5]]),
  kind("rm", "rm", "rm", [[12, 0, 3]], { optional: 7 }),
  // The rounding mode of a conversion that is always exact: assemblers write 0.
  kind("rm0", "rm", "rm", [[12, 0, 3]], { optional: 0 }),
  // Always written, and always the same: all other modes are excluded.
  kind("rtz", "rm", "rm", [[12, 0, 3]]),
  kind("aqrl", "aqrl", "ordering", [[25, 0, 2]], { optional: 0 }),
  kind("tprel_add", "tprel_add", "relocation", []),
  kind("pred", "pred", "fence", [[24, 0, 4]]),
  kind("succ", "succ", "fence", [[20, 0, 4]]),
  kind("fm", "fm", "immediate", [[28, 0, 4]]),
  kind("bs", "bs", "immediate", [[30, 0, 2]]),
  kind("rnum", "rnum", "immediate", [[20, 0, 4]]),
  kind("constant", "constant", "constant", [[15, 0, 5]]),
  // A prefetch's offset: a multiple of 32, in the upper bits of a store's immediate.
  kind("offset32", "imm", "offset", [[25, 5, 7]], { signed: true, scale: 32 }),
  // Registers of compressed instructions: rsd is read and written
  kind("rsd", "rsd", "x", [[7, 0, 5]]),
  kind("crs1", "rs1", "x", [[7, 0, 5]]),
  kind("crs2", "rs2", "x", [[2, 0, 5]]),
  kind("cfs2", "fs2", "f", [[2, 0, 5]]),
  kind("rd'", "rd", "x", [[2, 0, 3]], { registers: compressedRegisters }),
  kind("fd'", "fd", "f", [[2, 0, 3]], { registers: compressedRegisters }),
  kind("rs1'", "rs1", "x", [[7, 0, 3]], { registers: compressedRegisters }),
  kind("rsd'", "rsd", "x", [[7, 0, 3]], { registers: compressedRegisters }),
  kind("rs2'", "rs2", "x", [[2, 0, 3]], { registers: compressedRegisters }),
  kind("fs2'", "fs2", "f", [[2, 0, 3]], { registers: compressedRegisters }),
  kind("r1s'", "r1s", "x", [[7, 0, 3]], { registers: savedRegisters }),
  kind("r2s'", "r2s", "x", [[2, 0, 3]], { registers: savedRegisters }),
  // Immediates of compressed instructions, named after the instruction that has them
  kind(
    "cimm6",
    "imm",
    "immediate",
    [
      [2, 0, 5],
      [12, 5, 1],
    ],
    signed,
  ),
  // c.lui's immediate is a signed number of 6 bits; as lui's it is written as 1..31 or 0xfffe0..0xfffff.
  kind(
    "cupper",
    "imm",
    "upper",
    [
      [2, 0, 5],
      [12, 5, 1],
    ],
    signed,
  ),
  // li's constant where c.lui can load it
  kind(
    "cliupper",
    "imm",
    "immediate",
    [
      [2, 12, 5],
      [12, 17, 1],
    ],
    { signed: true, scale: 4096 },
  ),
  kind("cshamt", "shamt", "shift", [
    [2, 0, 5],
    [12, 5, 1],
  ]),
  kind(
    "caddi4spn",
    "imm",
    "immediate",
    [
      [6, 2, 1],
      [5, 3, 1],
      [11, 4, 2],
      [7, 6, 4],
    ],
    { scale: 4 },
  ),
  kind(
    "caddi16sp",
    "imm",
    "immediate",
    [
      [6, 4, 1],
      [2, 5, 1],
      [5, 6, 1],
      [3, 7, 2],
      [12, 9, 1],
    ],
    { signed: true, scale: 16 },
  ),
  kind(
    "clw",
    "imm",
    "offset",
    [
      [6, 2, 1],
      [10, 3, 3],
      [5, 6, 1],
    ],
    { scale: 4 },
  ),
  kind(
    "cld",
    "imm",
    "offset",
    [
      [10, 3, 3],
      [5, 6, 2],
    ],
    { scale: 8 },
  ),
  kind(
    "clwsp",
    "imm",
    "offset",
    [
      [4, 2, 3],
      [12, 5, 1],
      [2, 6, 2],
    ],
    { scale: 4 },
  ),
  kind(
    "cldsp",
    "imm",
    "offset",
    [
      [5, 3, 2],
      [12, 5, 1],
      [2, 6, 3],
    ],
    { scale: 8 },
  ),
  kind(
    "cswsp",
    "imm",
    "offset",
    [
      [9, 2, 4],
      [7, 6, 2],
    ],
    { scale: 4 },
  ),
  kind(
    "csdsp",
    "imm",
    "offset",
    [
      [10, 3, 3],
      [7, 6, 3],
    ],
    { scale: 8 },
  ),
  kind(
    "ctarget8",
    "imm",
    "target",
    [
      [3, 1, 2],
      [10, 3, 2],
      [2, 5, 1],
      [5, 6, 2],
      [12, 8, 1],
    ],
    { signed: true, scale: 2 },
  ),
  kind(
    "ctarget11",
    "imm",
    "target",
    [
      [3, 1, 3],
      [11, 4, 1],
      [2, 5, 1],
      [7, 6, 1],
      [6, 7, 1],
      [9, 8, 2],
      [8, 10, 1],
      [12, 11, 1],
    ],
    { signed: true, scale: 2 },
  ),
  // Zcb, Zcmp, Zcmt
  kind("clb", "imm", "offset", [
    [6, 0, 1],
    [5, 1, 1],
  ]),
  kind("clh", "imm", "offset", [[5, 1, 1]], { scale: 2 }),
  kind("rlist", "rlist", "register-list", [[4, 0, 4]]),
  kind("spimm", "spimm", "stack-adjustment", [[2, 4, 2]], { scale: 16 }),
  kind("spimm-", "spimm", "stack-adjustment", [[2, 4, 2]], { scale: 16, negative: true }),
  kind("jtindex", "index", "immediate", [[2, 0, 5]]),
  // The first 32 entries are cm.jt's.
  kind("jaltindex", "index", "immediate", [[2, 0, 8]], { excludes: Array.from({ length: 32 }, (_, i) => i) }),
  // Operands of macros
  kind("symbol", "symbol", "symbol", []),
  kind("wide", "imm", "wide", []),
  // Fields of .insn
  kind("opcode", "opcode", "immediate", [[0, 0, 7]]),
  kind("opcode2", "opcode", "immediate", [[0, 0, 2]]),
  kind("func2", "func2", "immediate", [[25, 0, 2]]),
  kind("func3", "func3", "immediate", [[12, 0, 3]]),
  kind("func7", "func7", "immediate", [[25, 0, 7]]),
  kind("cfunc2", "func2", "immediate", [[5, 0, 2]]),
  kind("cfunc3", "func3", "immediate", [[13, 0, 3]]),
  kind("cfunc4", "func4", "immediate", [[12, 0, 4]]),
  kind("cfunc6", "func6", "immediate", [[10, 0, 6]]),
  kind("cuimm5", "imm", "offset", [
    [5, 0, 2],
    [10, 2, 3],
  ]),
  kind("cuimm6", "imm", "immediate", [[7, 0, 6]]),
  kind("cuimm8", "imm", "immediate", [[5, 0, 8]]),
  kind("rd*", "rd", "register", [[7, 0, 5]]),
  kind("rs1*", "rs1", "register", [[15, 0, 5]]),
  kind("rs2*", "rs2", "register", [[20, 0, 5]]),
  kind("rs3*", "rs3", "register", [[27, 0, 5]]),
  kind("crs2*", "rs2", "register", [[2, 0, 5]]),
  kind("rd'*", "rd", "register", [[2, 0, 3]], { registers: compressedRegisters }),
  kind("rs1'*", "rs1", "register", [[7, 0, 3]], { registers: compressedRegisters }),
];

let byKey: Map<string, OperandKind> | undefined;

/** The kind with a key of the table; `!n` at a key's end, once or more, excludes the value n. */
export function operandKind(key: string): OperandKind | undefined {
  byKey ??= new Map(operandKinds.map((entry) => [entry.key, entry]));
  const known = byKey.get(key);
  if (known || !key.includes("!")) return known;
  const [base, ...excluded] = key.split("!");
  const kind = byKey.get(base);
  if (!kind) return undefined;
  const made = { ...kind, key, excludes: [...kind.excludes, ...excluded.map(Number)] };
  byKey.set(key, made);
  return made;
}

/** The bits of an instruction word that belong to an operand. */
export function operandMask(operand: OperandKind): number {
  let mask = 0;
  for (const [bit, , width] of operand.fields) mask |= (2 ** width - 1) << bit;
  return mask >>> 0;
}

/** Takes an operand's value out of an instruction word. */
export function extractOperand(operand: OperandKind, word: number): number {
  let value = 0;
  const fields = operand.fields;
  for (let i = 0; i < fields.length; i++) {
    // Not taken apart as a list: that makes an iterator.
    const field = fields[i];
    value |= ((word >>> field[0]) & ((1 << field[2]) - 1)) << field[1];
  }
  if (operand.registers) return operand.registers[value];
  if (operand.signed) {
    const shift = 32 - operand.width;
    return (value << shift) >> shift;
  }
  return value;
}

/** The bits that an operand's value sets in an instruction word; the value must be one that `operandAccepts`. */
export function insertOperand(operand: OperandKind, value: number): number {
  const bits = operand.registers ? operand.registers.indexOf(value) : value;
  let word = 0;
  for (const [bit, valueBit, width] of operand.fields) {
    word |= ((bits >>> valueBit) & (2 ** width - 1)) << bit;
  }
  return word >>> 0;
}

/** The smallest and the largest value, on a machine with registers of `xlen` bits. */
export function operandRange(operand: OperandKind, xlen: 32 | 64): readonly [number, number] {
  if (operand.registers) return [operand.registers[0], operand.registers[operand.registers.length - 1]];
  const least = operand.excludes.includes(0) ? operand.scale : 0;
  if (operand.class === "shift") return [least, Math.min(xlen, 2 ** operand.width) - 1];
  if (operand.class === "register-list") return [4, 15];
  const size = 2 ** operand.width;
  if (operand.signed) return [-size / 2, size / 2 - operand.scale];
  return [least, size - operand.scale];
}

/** Whether an instruction can have this value for the operand. */
export function operandAccepts(operand: OperandKind, value: number, xlen: 32 | 64): boolean {
  if (operand.registers) return operand.registers.includes(value);
  const [least, most] = operandRange(operand, xlen);
  if (value < least || value > most || value % operand.scale !== 0) return false;
  return !operand.excludes.includes(value);
}
