// What the values of registers are made of: something unknown plus a constant.
import type { Constants } from "./constants.ts";
import { operandValue } from "./operation.ts";
import type { Placed } from "./region.ts";

export const SP = 2;

/** The number that an instruction has for an operand: of a register, or a constant. */
export function operandOf(placed: Placed, name: string): number {
  for (const source of placed.operation.operands)
    if (source.name === name) return operandValue(source, placed.word);
  return name === "sp" ? SP : 0;
}

/** A value: something unknown plus a constant; or the constant alone, if the root is CONSTANT. */
export interface Value {
  readonly root: number;
  readonly offset: number;
}

export const CONSTANT = -1;

/** The values at the start of a block: the roots are the registers' numbers. */
export function valuesAtStart(constants: Constants): Value[] {
  return Array.from({ length: 32 }, (_, i) => {
    const known = constants[i];
    return known === undefined ? { root: i, offset: 0 } : { root: CONSTANT, offset: known };
  });
}

export class Values {
  readonly #values: Value[];
  #next: number;

  /** Roots from `next` on are new. */
  constructor(start: readonly Value[], next = 32) {
    this.#values = [...start];
    this.#next = next;
  }

  /** The first root that is not used yet. */
  get next(): number {
    return this.#next;
  }

  get all(): readonly Value[] {
    return this.#values;
  }

  of(register: number): Value {
    return this.#values[register];
  }

  step(placed: Placed): void {
    const { operation } = placed;
    if (!operation.traits.writes.includes("rd")) return;
    const rd = operandOf(placed, "rd");
    if (rd === 0) return;
    const { mnemonic } = operation.instruction;
    if (mnemonic === "lui")
      this.#values[rd] = { root: CONSTANT, offset: (operandOf(placed, "imm") << 12) | 0 };
    else if (mnemonic === "auipc") {
      this.#values[rd] = { root: CONSTANT, offset: placed.pc + ((operandOf(placed, "imm") << 12) | 0) };
    } else if (mnemonic === "addi") {
      const from = this.#values[operandOf(placed, "rs1")];
      this.#values[rd] = { root: from.root, offset: from.offset + operandOf(placed, "imm") };
    } else if (mnemonic === "add" && operandOf(placed, "rs1") === 0) {
      this.#values[rd] = this.#values[operandOf(placed, "rs2")];
    } else this.#values[rd] = { root: this.#next++, offset: 0 };
  }
}
