// The guest's registers as local variables of a translated function.

import type { Body } from "./emit.ts";
import * as at from "./layout.ts";
import type { Registers } from "./liveness.ts";
import { I32, I64, op, type ValueType } from "./wasm-code.ts";

/** Locals for registers, made when first asked for; where the hart's block is, is in the local `hart`. */
export class RegisterLocals {
  readonly #body: Body;
  readonly #hart: number;
  readonly #wide: boolean;
  readonly #type: ValueType;
  readonly #x: number[] = [];
  readonly #f: number[] = [];

  constructor(body: Body, hart: number, xlen: 32 | 64) {
    this.#body = body;
    this.#hart = hart;
    this.#wide = xlen === 64;
    this.#type = this.#wide ? I64 : I32;
  }

  x(register: number): number {
    this.#x[register] ??= this.#body.local(this.#type);
    return this.#x[register];
  }

  f(register: number): number {
    this.#f[register] ??= this.#body.local(I64);
    return this.#f[register];
  }

  /** Reads registers from the hart's block. */
  load(registers: Registers): void {
    const { code } = this.#body;
    for (let i = 1; i < 32; i++) {
      if ((registers.x & (1 << i)) === 0) continue;
      code.get(this.#hart);
      code.memory(this.#wide ? op.i64_load : op.i32_load, at.X + 8 * i);
      code.set(this.x(i));
    }
    for (let i = 0; i < 32; i++) {
      if ((registers.f & (1 << i)) === 0) continue;
      code.get(this.#hart);
      code.memory(op.i64_load, at.F + 8 * i);
      code.set(this.f(i));
    }
  }

  /** Writes registers to the hart's block. */
  store(registers: Registers): void {
    const { code } = this.#body;
    for (let i = 1; i < 32; i++) {
      if ((registers.x & (1 << i)) === 0) continue;
      code.get(this.#hart);
      code.get(this.x(i));
      code.memory(this.#wide ? op.i64_store : op.i32_store, at.X + 8 * i);
    }
    for (let i = 0; i < 32; i++) {
      if ((registers.f & (1 << i)) === 0) continue;
      code.get(this.#hart);
      code.get(this.f(i));
      code.memory(op.i64_store, at.F + 8 * i);
    }
  }
}
