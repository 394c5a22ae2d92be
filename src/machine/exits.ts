// How a translated function is left before its end: for want of fuel, or at an
// instruction that the evaluator must do.
//
// The dirty registers go to memory first, and which are dirty differs from place
// to place. There is one piece of code for each set of them, at the function's
// end, and it stores only what is not in the largest smaller set that has its
// own piece, where it goes on. So the whole costs hardly more than the largest.
import type { Body } from "./emit.ts";
import * as at from "./layout.ts";
import type { Registers } from "./liveness.ts";
import type { RegisterLocals } from "./registers.ts";
import { op } from "./wasm-code.ts";

interface Exit {
  readonly registers: Registers;
  label: number;
}

export class Exits {
  readonly #body: Body;
  readonly #locals: RegisterLocals;
  /** By their sets, and in the order in which they are opened: the small ones first. */
  readonly #exits = new Map<string, Exit>();
  #ordered: readonly Exit[] = [];

  constructor(body: Body, locals: RegisterLocals) {
    this.#body = body;
    this.#locals = locals;
    this.want({ x: 0, f: 0 });
  }

  /** There shall be an exit for a set of dirty registers. */
  want(registers: Registers): void {
    const name = key(registers);
    if (!this.#exits.has(name)) this.#exits.set(name, { registers: { ...registers }, label: 0 });
  }

  open(): void {
    this.#ordered = [...this.#exits.values()].sort((a, b) => size(a.registers) - size(b.registers));
    for (const exit of this.#ordered) exit.label = this.#body.open(op.block);
  }

  /** The block to branch to. */
  label(registers: Registers): number {
    const exit = this.#exits.get(key(registers));
    if (!exit) throw new Error(`machine: no exit for ${key(registers)}`);
    return exit.label;
  }

  /** Writes the exits; `end` writes what follows all of them. */
  close(end: () => void): void {
    for (let i = this.#ordered.length - 1; i > 0; i--) {
      const { registers } = this.#ordered[i];
      this.#body.close();
      let next = i - 1;
      while (!includes(registers, this.#ordered[next].registers)) next--;
      const rest = this.#ordered[next];
      this.#locals.store({ x: registers.x & ~rest.registers.x, f: registers.f & ~rest.registers.f });
      if (next !== i - 1) this.#body.br(rest.label);
    }
    this.#body.close();
    end();
  }

  /** Writes what every exit ends with: gives back the fuel of what was not done, and returns the address. */
  static end(body: Body, hart: number, fuel: number, where: number, entry: number, wide: boolean): void {
    const { code } = body;
    code.get(hart);
    code.get(fuel);
    code.get(where);
    code.i32(255);
    code.byte(op.i32_and);
    code.byte(op.i32_add);
    code.memory(op.i32_store, at.FUEL);
    if (wide) code.i64(entry);
    else code.i32(entry | 0);
    code.get(where);
    code.i32(8);
    code.byte(op.i32_shr_s);
    if (wide) code.byte(op.i64_extend_i32_s);
    code.byte(wide ? op.i64_add : op.i32_add);
    code.byte(op.return);
  }
}

function key(registers: Registers): string {
  return `${registers.x} ${registers.f}`;
}

function includes(larger: Registers, smaller: Registers): boolean {
  return (smaller.x & ~larger.x) === 0 && (smaller.f & ~larger.f) === 0;
}

function size(registers: Registers): number {
  let count = 0;
  for (let bit = 0; bit < 32; bit++) count += ((registers.x >>> bit) & 1) + ((registers.f >>> bit) & 1);
  return count;
}
