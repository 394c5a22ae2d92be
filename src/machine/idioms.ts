// Sequences of RV64 instructions that are one operation of the host: rotations,
// made of two shifts and an or, and the extension of 32 bits with zeroes, made of
// a shift to the left and one to the right. The host's compiler does not see them.
//
// The shifts are still compiled; if nobody else wants their results, the host
// drops them.
import { operandValue } from "./operation.ts";
import type { Block, Placed } from "./region.ts";

/** What an instruction computes from a register's value before an earlier one. */
export interface Idiom {
  /**
   * "rotate": to the left by `amount` in `width` bits (a result of 32 bits is sign-extended).
   * "zero": the low 32 bits, shifted by `amount` to the left, or to the right if that is negative.
   */
  readonly kind: "rotate" | "zero";
  readonly register: number;
  readonly amount: number;
  readonly width: 32 | 64;
  /** The instruction before which the register's value must be kept; undefined if it is still there. */
  readonly keep: Placed | undefined;
}

interface Shift {
  readonly placed: Placed;
  readonly left: boolean;
  readonly width: 32 | 64;
  readonly amount: number;
  readonly register: number;
  /** Which value of the register it was: how often that had been assigned. */
  readonly version: number;
}

const shifts: Readonly<Record<string, { readonly left: boolean; readonly width: 32 | 64 }>> = {
  slli: { left: true, width: 64 },
  srli: { left: false, width: 64 },
  slliw: { left: true, width: 32 },
  srliw: { left: false, width: 32 },
};
const joins = new Set(["or", "xor", "add"]);

function operandOf(placed: Placed, name: string): number {
  for (const source of placed.operation.operands)
    if (source.name === name) return operandValue(source, placed.word);
  return 0;
}

/** The idioms that end in instructions of a block. */
export function findIdioms(block: Block): Map<Placed, Idiom> {
  const found = new Map<Placed, Idiom>();
  const versions = new Int32Array(32);
  const made: (Shift | undefined)[] = [];
  const keepOf = (shift: Shift): Placed | undefined =>
    versions[shift.register] === shift.version ? undefined : shift.placed;
  for (const placed of block.body) {
    const { operation } = placed;
    const { mnemonic } = operation.instruction;
    const kind = shifts[mnemonic];
    let shift: Shift | undefined;
    if (kind) {
      const register = operandOf(placed, "rs1");
      const amount = operandOf(placed, "shamt");
      const version = versions[register];
      if (register !== 0 && amount !== 0) shift = { placed, ...kind, amount, register, version };
      const inner = made[register];
      if (mnemonic === "srli" && inner?.left && inner.width === 64 && inner.amount === 32) {
        found.set(placed, {
          kind: "zero",
          register: inner.register,
          amount: 32 - amount,
          width: 64,
          keep: keepOf(inner),
        });
      }
    } else if (joins.has(mnemonic)) {
      const a = made[operandOf(placed, "rs1")];
      const b = made[operandOf(placed, "rs2")];
      if (
        a &&
        b &&
        a.left !== b.left &&
        a.width === b.width &&
        a.amount + b.amount === a.width &&
        a.register === b.register &&
        a.version === b.version
      ) {
        const { register, width } = a;
        found.set(placed, {
          kind: "rotate",
          register,
          width,
          amount: (a.left ? a : b).amount,
          keep: keepOf(a),
        });
      }
    }
    for (const source of operation.operands) {
      if (!operation.traits.writes.includes(source.name) || source.name.startsWith("f")) continue;
      const rd = operandValue(source, placed.word);
      if (rd === 0) continue;
      versions[rd]++;
      made[rd] = source.name === "rd" ? shift : undefined;
    }
  }
  return found;
}
