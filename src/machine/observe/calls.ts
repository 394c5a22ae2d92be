import type { Hart } from "../hart.ts";
import type { StepObserver } from "./step.ts";
import type { ProgramSymbols } from "./symbols.ts";

/**
 * Follows calls and returns by the instructions that make them: a jump that
 * leaves a return address in ra or t0 is a call, a jump to what is there a
 * return; a jump to the start of another function takes its caller's place.
 * Where a program goes elsewhere (longjmp, exceptions, signal handlers) the
 * stack is mended by looking for the frame that has been returned to.
 */

export interface Frame {
  /** Index of the function, or -1 where no symbol says. */
  readonly function: number;
  readonly returnAddress: number;
  readonly caller: number;
  /** The frame whose place this one took, by a jump to another function. */
  readonly replaces?: Frame;
}

export interface CallWatcher {
  enter?(hart: Hart, frame: Frame, depth: number): void;
  /** `replaced`: another function takes its place, and returns for it. */
  leave?(hart: Hart, frame: Frame, depth: number, replaced: boolean): void;
}

const CALL = 1;
const RETURN = 2;
const JUMP = 3;

const isLink = (register: number) => register === 1 || register === 5;

/** What kind of jump an instruction is: 0 for none. */
export function jumpKind(word: number, xlen: 32 | 64): number {
  if ((word & 3) === 3) {
    const opcode = word & 0x7f;
    const rd = (word >>> 7) & 31;
    if (opcode === 0x6f) return isLink(rd) ? CALL : JUMP;
    if (opcode === 0x67) {
      if (isLink(rd)) return CALL;
      return isLink((word >>> 15) & 31) ? RETURN : JUMP;
    }
    return opcode === 0x63 ? JUMP : 0;
  }
  const top = word >>> 13;
  if ((word & 3) === 1) {
    if (top === 1 && xlen === 32) return CALL;
    return top >= 5 ? JUMP : 0;
  }
  // c.jr and c.jalr: rs2 is 0, rs1 is not.
  if ((word & 3) === 2 && top === 4 && (word & 0x7c) === 0 && (word & 0xf80) !== 0) {
    if ((word & 0x1000) !== 0) return CALL;
    return isLink((word >>> 7) & 31) ? RETURN : JUMP;
  }
  return 0;
}

/** More frames than this are not kept apart: a program in endless recursion must not exhaust us. */
const DEEPEST = 100_000;

export class CallTracker implements StepObserver {
  readonly symbols: ProgramSymbols;
  readonly watchers: CallWatcher[] = [];
  readonly #stacks: Frame[][] = [];

  constructor(symbols: ProgramSymbols) {
    this.symbols = symbols;
  }

  /** The frames of a hart, outermost first. */
  stack(hart: Hart): readonly Frame[] {
    return this.#stackOf(hart, hart.pcNumber);
  }

  #stackOf(hart: Hart, pc: number): Frame[] {
    let stack = this.#stacks[hart.index];
    if (!stack) {
      stack = [];
      this.#stacks[hart.index] = stack;
      this.#push(hart, stack, pc, -1, -1);
    }
    return stack;
  }

  #push(
    hart: Hart,
    stack: Frame[],
    to: number,
    returnAddress: number,
    caller: number,
    replaces?: Frame,
  ): void {
    if (stack.length >= DEEPEST) return;
    const frame: Frame = { function: this.symbols.indexAt(to), returnAddress, caller, replaces };
    stack.push(frame);
    for (const watcher of this.watchers) watcher.enter?.(hart, frame, stack.length);
  }

  #pop(hart: Hart, stack: Frame[], replaced = false): void {
    const frame = stack.pop()!;
    for (const watcher of this.watchers) watcher.leave?.(hart, frame, stack.length + 1, replaced);
  }

  step(hart: Hart, pc: number, word: number, next: number): void {
    const stack = this.#stackOf(hart, pc);
    const size = (word & 3) === 3 ? 4 : 2;
    if (next === pc + size) return;
    const kind = jumpKind(word, hart.xlen);
    if (kind === CALL) this.#push(hart, stack, next, pc + size, pc);
    else if (kind === RETURN && this.#returnTo(hart, stack, next)) return;
    else this.#jump(hart, stack, pc, next);
  }

  #returnTo(hart: Hart, stack: Frame[], next: number): boolean {
    for (let i = stack.length - 1; i > 0; i--) {
      if (stack[i].returnAddress !== next) continue;
      while (stack.length > i) this.#pop(hart, stack);
      return true;
    }
    return false;
  }

  /** A jump that neither calls nor returns: within the function, to another one, or back to a frame below. */
  #jump(hart: Hart, stack: Frame[], pc: number, next: number): void {
    const top = stack[stack.length - 1];
    const to = this.symbols.indexAt(next);
    if (to === top.function) return;
    const isStart = to >= 0 && this.symbols.functions[to].start === next;
    if (!isStart) {
      for (let i = stack.length - 2; i >= 0; i--) {
        if (stack[i].function !== to) continue;
        while (stack.length > i + 1) this.#pop(hart, stack);
        return;
      }
    }
    this.#pop(hart, stack, true);
    this.#push(hart, stack, next, top.returnAddress, pc, top);
  }
}
