// The code with which a translated function checks whether it may go on, and
// keeps account of its fuel. `checkpoints.ts` says where.
import type { AccessTests } from "./accessible.ts";
import type { CheckPoints } from "./checkpoints.ts";
import type { Range } from "./checks.ts";
import type { Body } from "./emit.ts";
import type { Exits } from "./exits.ts";
import * as at from "./layout.ts";
import type { Registers } from "./liveness.ts";
import type { Block } from "./region.ts";
import type { RegisterLocals } from "./registers.ts";
import { I32, I64, op, type ValueType } from "./wasm-code.ts";

/** What the code is made of; `hart`, `fuel` and `where` are locals. */
interface Parts {
  readonly body: Body;
  readonly locals: RegisterLocals;
  readonly exits: Exits;
  readonly tests: AccessTests;
  readonly points: CheckPoints;
  readonly windowBase: number;
  /** The region's entry. */
  readonly entry: number;
  readonly hart: number;
  readonly fuel: number;
  readonly where: number;
}

export class CheckCode {
  readonly #parts: Parts;
  readonly #wide: boolean;
  readonly #x: ValueType;
  /** By loop, the local with the number of rounds that are checked beyond the one that is being done. */
  readonly #granted = new Map<Block, number>();

  constructor(parts: Parts, xlen: 32 | 64) {
    this.#parts = parts;
    this.#wide = xlen === 64;
    this.#x = this.#wide ? I64 : I32;
  }

  /** Whether a loop is checked for several rounds at once: it takes its fuel at its end. */
  isGranted(block: Block): boolean {
    return this.#granted.has(block);
  }

  #grantedOf(block: Block): number {
    let local = this.#granted.get(block);
    if (local === undefined) {
      local = this.#parts.body.local(I32);
      this.#granted.set(block, local);
    }
    return local;
  }

  /** Leaves before a block for want of fuel, or where one of its accesses is not allowed. `from` are the ways to here. */
  entry(block: Block, from: readonly Block[], dirty: Registers): void {
    const { code } = this.#parts.body;
    const { body } = this.#parts;
    const fuel = this.#parts.points.fuel(block);
    const entries = this.#parts.points.entries(block, from);
    if (!fuel && entries.length === 0) return;
    const label = this.#parts.exits.label(dirty);
    this.where(block.pc, 0);
    if (fuel) {
      code.get(this.#parts.fuel);
      code.i32(this.#parts.points.longest(block));
      code.byte(op.i32_lt_s);
      body.brIf(label);
    }
    for (const { register, range } of entries) {
      this.#checkRange(register, range, label);
    }
  }

  #checkRange(register: number, range: Range, label: number): void {
    const place = this.#parts.body.temporary(this.#x);
    this.#parts.body.code.get(this.#parts.locals.x(register));
    this.#parts.tests.add(-this.#parts.windowBase);
    this.#parts.body.code.set(place);
    this.#parts.tests.leaveUnless(place, range, label);
    this.#parts.body.release(this.#x, place);
  }

  /**
   * Checks before a round of a loop of one block, for several rounds if that
   * succeeds. Their fuel is taken at once; what is left over is given back at the
   * loop's end. `again` writes the jump to the next round.
   */
  rounds(block: Block, from: readonly Block[], dirty: Registers, again?: () => void): void {
    const { code } = this.#parts.body;
    const { body } = this.#parts;
    const rounds = this.#parts.points.rounds(block);
    const granted = this.#grantedOf(block);
    const cost = rounds * block.count;
    const done = again ? 0 : body.open(op.block);
    const single = body.open(op.block);
    code.get(this.#parts.fuel);
    code.i32(this.#parts.points.longest(block) + cost);
    code.byte(op.i32_lt_s);
    body.brIf(single);
    for (const { register, range } of this.#parts.points.entriesOfRounds(block, from, rounds)) {
      this.#checkRange(register, range, single);
    }
    code.get(this.#parts.fuel);
    code.i32(cost);
    code.byte(op.i32_sub);
    code.set(this.#parts.fuel);
    code.i32(rounds);
    code.set(granted);
    if (again) again();
    else body.br(done);
    body.close();
    this.entry(block, from, dirty);
    if (again) {
      again();
      return;
    }
    code.i32(0);
    code.set(granted);
    body.close();
  }

  /** Gives back what was granted to a loop and not used, without what its last round took. */
  settle(block: Block): void {
    const { code } = this.#parts.body;
    code.get(this.#parts.fuel);
    code.get(this.#granted.get(block)!);
    code.i32(1);
    code.byte(op.i32_sub);
    code.i32(block.count);
    code.byte(op.i32_mul);
    code.byte(op.i32_add);
    code.set(this.#parts.fuel);
  }

  /** Begins one of the rounds that were granted, if there is one; `again` writes the jump to it. */
  takeRound(block: Block, again: () => void): void {
    const { body } = this.#parts;
    const { code } = body;
    const granted = this.#granted.get(block)!;
    code.get(granted);
    body.open(op.if);
    code.get(granted);
    code.i32(1);
    code.byte(op.i32_sub);
    code.set(granted);
    again();
    body.close();
  }

  useFuel(count: number): void {
    this.#parts.body.code.get(this.#parts.fuel);
    this.#parts.body.code.i32(count);
    this.#parts.body.code.byte(op.i32_sub);
    this.#parts.body.code.set(this.#parts.fuel);
  }

  storeFuel(): void {
    const { code } = this.#parts.body;
    code.get(this.#parts.hart);
    code.get(this.#parts.fuel);
    code.memory(op.i32_store, at.FUEL);
  }

  /** Says where the function is left if it is: at an instruction, with the fuel of those not done given back. */
  where(pc: number, refund: number): void {
    this.#parts.body.code.i32(((pc - this.#parts.entry) << 8) | refund);
    this.#parts.body.code.set(this.#parts.where);
  }

  /** Returns to the interpreter at an address where the stack is not accessible; no register is dirty. */
  stack(range: Range, pc: number): void {
    const { code } = this.#parts.body;
    const place = this.#parts.body.temporary(this.#x);
    code.get(this.#parts.locals.x(2));
    this.#parts.tests.add(-this.#parts.windowBase);
    code.set(place);
    const opened = this.#parts.tests.openUnlessInRuns(place, range);
    this.#parts.tests.pushRefused(place, range);
    this.#parts.body.open(op.if);
    if (this.#wide) code.i64(pc);
    else code.i32(pc | 0);
    code.byte(op.return);
    this.#parts.body.close();
    this.#parts.tests.close(opened);
    this.#parts.body.release(this.#x, place);
  }
}
