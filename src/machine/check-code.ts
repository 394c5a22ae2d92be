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
import type { Rounds } from "./rounds.ts";
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

/** More fuel than there ever is: no round is checked. */
const NONE = 0x7fffffff;

export class CheckCode {
  readonly #parts: Parts;
  readonly #wide: boolean;
  readonly #x: ValueType;
  /**
   * By the head of a loop that is checked for several rounds at once: the local with the fuel that there must be
   * left for a round to be one of them.
   */
  readonly #limits = new Map<Block, number>();

  constructor(parts: Parts, xlen: 32 | 64) {
    this.#parts = parts;
    this.#wide = xlen === 64;
    this.#x = this.#wide ? I64 : I32;
  }

  #limitOf(head: Block): number {
    let local = this.#limits.get(head);
    if (local === undefined) {
      local = this.#parts.body.local(I32);
      this.#limits.set(head, local);
    }
    return local;
  }

  /** Leaves before a block for want of fuel, or where one of its accesses is not allowed. `from` are the ways to here. */
  entry(block: Block, from: readonly Block[], dirty: Registers): void {
    const { body, points } = this.#parts;
    const { code } = body;
    const fuel = points.fuel(block);
    const entries = points.entries(block, from);
    if (!fuel && entries.length === 0) return;
    const label = this.#parts.exits.label(dirty);
    this.where(block.pc, 0);
    if (fuel) {
      code.get(this.#parts.fuel);
      code.i32(points.longest(block));
      code.byte(op.i32_lt_s);
      body.brIf(label);
    }
    // What is checked for several rounds at once is checked here if that failed.
    let within: Block | undefined;
    const sorted = [...entries].sort((a, b) => headOrder(points.headOf(a)) - headOrder(points.headOf(b)));
    for (const entry of sorted) {
      const head = points.headOf(entry);
      if (head !== within) {
        if (within) body.close();
        within = head;
        if (head) {
          code.get(this.#limitOf(head));
          code.i32(NONE);
          code.byte(op.i32_eq);
          body.open(op.if);
        }
      }
      this.#checkRange(entry.register, entry.range, label);
    }
    if (within) body.close();
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
   * Checks before a round of a loop, for several rounds if that succeeds. That the fuel has not sunk by what so
   * many rounds take at least then says that a round is one of them. `again` writes the jump to the next round.
   */
  rounds(head: Block, rounds: Rounds, from: readonly Block[], dirty: Registers, again?: () => void): void {
    const { body, points, fuel } = this.#parts;
    const { code } = body;
    const limit = this.#limitOf(head);
    if (again) {
      code.get(fuel);
      code.get(limit);
      code.byte(op.i32_ge_s);
      body.open(op.if);
      again();
      body.close();
    }
    const cost = rounds.count * rounds.shortest;
    const done = again ? 0 : body.open(op.block);
    const single = body.open(op.block);
    code.get(fuel);
    code.i32(points.longest(head) + cost);
    code.byte(op.i32_lt_s);
    body.brIf(single);
    for (const { register, range } of points.entriesOfRounds(head, from, rounds)) {
      this.#checkRange(register, range, single);
    }
    code.get(fuel);
    code.i32(cost);
    code.byte(op.i32_sub);
    code.set(limit);
    if (again) again();
    else body.br(done);
    body.close();
    this.entry(head, from, dirty);
    code.i32(NONE);
    code.set(limit);
    if (again) again();
    else body.close();
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

function headOrder(head: Block | undefined): number {
  return head ? head.order : -1;
}
