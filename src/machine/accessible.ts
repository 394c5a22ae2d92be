// The code that translated functions ask with whether an access is allowed.
//
// A byte for each page of the memory window says what may be done there. Before
// that table is asked, a comparison tells whether the place is within the longest
// run of pages that are known to be accessible, and another whether it is within
// the stack; nearly every access ends there.
import type { Expression } from "../riscv/index.ts";
import type { Range } from "./checks.ts";
import type { Body } from "./emit.ts";
import * as at from "./layout.ts";
import { I32, I64, op, type ValueType } from "./wasm-code.ts";

/** A run of bytes of the window. */
export interface Run {
  readonly start: number;
  readonly size: number;
}

/** The part of guest addresses that is memory. */
export interface Window {
  readonly windowBase: number;
  readonly windowSize: number;
  /** Parts of the window that are wholly readable, or readable and writable: accesses there need one comparison. */
  readonly readable: Run;
  readonly writable: Run;
  /** The run of readable and writable pages with the stack, if that is another one; else empty. */
  readonly stack: Run;
}

export class AccessTests {
  readonly #body: Body;
  readonly #window: Window;
  readonly #wide: boolean;
  readonly #x: ValueType;

  constructor(body: Body, window: Window, xlen: 32 | 64) {
    this.#body = body;
    this.#window = window;
    this.#wide = xlen === 64;
    this.#x = this.#wide ? I64 : I32;
  }

  #constant(value: number): void {
    if (this.#wide) this.#body.code.i64(value);
    else this.#body.code.i32(value);
  }

  /** Adds a constant to the value on the stack. */
  add(value: number): void {
    if (value === 0) return;
    this.#constant(value);
    this.#body.code.byte(this.#wide ? op.i64_add : op.i32_add);
  }

  /** Branches to a label unless a range about a place in the window (a local) is accessible. */
  leaveUnless(place: number, range: Range, label: number): void {
    const opened = this.openUnlessInRuns(place, range);
    this.pushRefused(place, range);
    this.#body.brIf(label);
    this.close(opened);
  }

  /** The same for an access of a power of two of bytes: a misaligned one leaves too, unless it is in the run. */
  leaveUnlessAligned(place: number, width: number, write: boolean, aligned: boolean, label: number): void {
    const body = this.#body;
    const { code } = body;
    const wide = this.#wide;
    const opened = aligned
      ? 0
      : this.openUnlessInRuns(place, { low: 0, high: width - 1, access: write ? 2 : 1 });
    code.get(place);
    // Misaligned addresses and those outside the window fail alike: the low bits go to the top.
    const bits = Math.log2(width);
    if (bits > 0) {
      this.#constant(bits);
      code.byte(wide ? op.i64_rotr : op.i32_rotr);
    }
    // On RV32 what is outside is so far out in the table that there are only zeroes.
    if (wide) {
      const index = body.temporary(I64);
      code.tee(index);
      code.i64(this.#window.windowSize / width);
      code.byte(op.i64_ge_u);
      body.brIf(label);
      code.get(index);
      code.byte(op.i32_wrap_i64);
      body.release(I64, index);
    }
    code.i32(12 - bits);
    code.byte(op.i32_shr_u);
    code.memory(op.i32_load8_u, at.ACCESSIBLE);
    code.i32(write ? 2 : 1);
    code.byte(op.i32_and);
    code.byte(op.i32_eqz);
    body.brIf(label);
    this.close(opened);
  }

  /**
   * Opens an `if` for each run that is known to be accessible, for the case that a range about a place is not
   * within it; their number.
   */
  openUnlessInRuns(place: number, range: Range): number {
    const { code } = this.#body;
    const wide = this.#wide;
    const length = range.high - range.low;
    let opened = 0;
    const { readable, writable, stack } = this.#window;
    for (const run of [(range.access & 2) !== 0 ? writable : readable, stack]) {
      if (run.size <= length) continue;
      code.get(place);
      this.add(range.low - run.start);
      this.#constant(run.size - length);
      code.byte(wide ? op.i64_ge_u : op.i32_ge_u);
      this.#body.open(op.if);
      opened++;
    }
    return opened;
  }

  close(opened: number): void {
    for (let i = 0; i < opened; i++) this.#body.close();
  }

  /** Pushes whether a range about a place in the window (a local) is refused. */
  pushRefused(place: number, range: Range): void {
    const { code } = this.#body;
    const wide = this.#wide;
    const { windowSize } = this.#window;
    const first = this.#body.temporary(this.#x);
    code.get(place);
    this.add(range.low);
    code.tee(first);
    if (wide) {
      code.i64(windowSize - (range.high - range.low));
      code.byte(op.i64_ge_u);
      this.#body.open(op.if, I32);
      code.i32(1);
      code.byte(op.else);
    } else code.byte(op.drop);
    const page = (distance: number): void => {
      code.get(first);
      if (wide) code.byte(op.i32_wrap_i64);
      if (distance !== 0) {
        code.i32(distance);
        code.byte(op.i32_add);
      }
      code.i32(12);
      code.byte(op.i32_shr_u);
      code.memory(op.i32_load8_u, at.ACCESSIBLE);
    };
    page(0);
    page(range.high - range.low);
    code.byte(op.i32_and);
    code.i32(range.access);
    code.byte(op.i32_and);
    code.i32(range.access);
    code.byte(op.i32_ne);
    if (wide) this.#body.close();
    this.#body.release(this.#x, first);
  }
}

/** Constants that instructions add to addresses are at most that. */
const FARTHEST = 2048;

/**
 * The constant of an address `rs1 + imm` that is known to be in the window, if WebAssembly's instruction can add
 * it, and the window's place: it takes the register as unsigned, and adds without wrapping around.
 */
export function distanceIn(
  { windowBase, windowSize }: Window,
  address: Expression,
  operand: (name: string) => number,
): number | undefined {
  if (windowBase < FARTHEST || windowBase > at.RAM - FARTHEST) return undefined;
  if (windowBase + windowSize > 2 ** 32 - FARTHEST) return undefined;
  if (address.kind === "register" && address.name === "rs1") return 0;
  if (address.kind !== "binary" || address.operator !== "+" || address.left.kind !== "register")
    return undefined;
  if (address.left.name !== "rs1" || address.right.kind !== "operand") return undefined;
  const distance = operand(address.right.name);
  return Math.abs(distance) <= FARTHEST ? distance : undefined;
}
