// Which relocations may sit on an instruction: a linker then fills in its
// immediate. What each computes is in the linker's table of relocations; here
// is only where they may be.
import type { Instruction } from "./instruction.ts";

/** A relocation that may sit on an instruction. */
export interface RelocationHint {
  readonly type: number;
  readonly name: string;
  /** How an assembler is asked for it. */
  readonly written: string;
}

type Row = readonly [place: string, type: number, name: string, written: string];

/** place: an operand's key, or a mnemonic. */
const rows: readonly Row[] = [
  ["target12", 16, "R_RISCV_BRANCH", "symbol"],
  ["target20", 17, "R_RISCV_JAL", "symbol"],
  ["auipc", 18, "R_RISCV_CALL", "call symbol"],
  ["auipc", 19, "R_RISCV_CALL_PLT", "call symbol@plt"],
  ["auipc", 20, "R_RISCV_GOT_HI20", "%got_pcrel_hi(symbol)"],
  ["auipc", 21, "R_RISCV_TLS_GOT_HI20", "%tls_ie_pcrel_hi(symbol)"],
  ["auipc", 22, "R_RISCV_TLS_GD_HI20", "%tls_gd_pcrel_hi(symbol)"],
  ["auipc", 23, "R_RISCV_PCREL_HI20", "%pcrel_hi(symbol)"],
  ["imm12", 24, "R_RISCV_PCREL_LO12_I", "%pcrel_lo(label)"],
  ["offset12", 24, "R_RISCV_PCREL_LO12_I", "%pcrel_lo(label)"],
  ["offset12s", 25, "R_RISCV_PCREL_LO12_S", "%pcrel_lo(label)"],
  ["lui", 26, "R_RISCV_HI20", "%hi(symbol)"],
  ["imm12", 27, "R_RISCV_LO12_I", "%lo(symbol)"],
  ["offset12", 27, "R_RISCV_LO12_I", "%lo(symbol)"],
  ["offset12s", 28, "R_RISCV_LO12_S", "%lo(symbol)"],
  ["lui", 29, "R_RISCV_TPREL_HI20", "%tprel_hi(symbol)"],
  ["imm12", 30, "R_RISCV_TPREL_LO12_I", "%tprel_lo(symbol)"],
  ["offset12", 30, "R_RISCV_TPREL_LO12_I", "%tprel_lo(symbol)"],
  ["offset12s", 31, "R_RISCV_TPREL_LO12_S", "%tprel_lo(symbol)"],
  ["add", 32, "R_RISCV_TPREL_ADD", "%tprel_add(symbol)"],
  ["ctarget8", 44, "R_RISCV_RVC_BRANCH", "symbol"],
  ["ctarget11", 45, "R_RISCV_RVC_JUMP", "symbol"],
];

/** The relocations that may sit on an instruction with these operand values. */
export function relocationsOn(instruction: Instruction, values: readonly number[]): RelocationHint[] {
  const keys = new Set(instruction.operands.map((operand) => operand.key));
  // Only a padding nop can be under R_RISCV_ALIGN, the start of the bytes that a linker may remove.
  const nop =
    (instruction.mnemonic === "addi" || instruction.mnemonic === "c.addi") &&
    values.every((value) => value === 0);
  const hints: RelocationHint[] = [];
  for (const [place, type, name, written] of rows) {
    if (keys.has(place) || instruction.mnemonic === place) hints.push({ type, name, written });
  }
  if (nop) hints.push({ type: 43, name: "R_RISCV_ALIGN", written: ".align" });
  if (hints.length > 0) hints.push({ type: 51, name: "R_RISCV_RELAX", written: ".option relax" });
  return hints;
}

let byType: Map<number, RelocationHint> | undefined;

/** A relocation's name, and how a symbol is written to ask for it; undefined for those that fill in no immediate. */
export function relocationHint(type: number): RelocationHint | undefined {
  byType ??= new Map(rows.map(([, number, name, written]) => [number, { type: number, name, written }]));
  return byType.get(type);
}
