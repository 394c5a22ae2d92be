import type { Hart } from "../hart.ts";
import type { Machine, Stop } from "../machine.ts";

/** A machine with what surrounds it: a Linux process or a bare system. */
export interface Target<Result> {
  readonly machine: Machine;
  run(limit: number): Result;
}

/** Told of each instruction, after it was done. */
export interface StepObserver {
  /** `next` is where the hart goes on; `word` the instruction, 16 or 32 bits. */
  step(hart: Hart, pc: number, word: number, next: number): void;
}

/** Told of loads and stores, after they were done: the first one of an instruction. */
export type AccessObserver = (hart: Hart, stop: Extract<Stop, { kind: "watchpoint" }>) => void;

/** The instruction at an address; 0 where there is none. */
export function wordAt(machine: Machine, pc: number): number {
  const low = machine.memory.read16(pc) ?? 0;
  if ((low & 3) !== 3) return low;
  return (low | ((machine.memory.read16(pc + 2) ?? 0) << 16)) >>> 0;
}

/** Whether a target's `run` came back only because it had done what it was allowed to. */
function goesOn(result: { readonly kind: string }): boolean {
  return result.kind === "limit" || result.kind === "watchpoint";
}

/**
 * Runs instruction by instruction, and tells the observers of each. Slow, and
 * exact: for tracing, profiles, coverage and what happens before `main`.
 */
export function runObserved<Result extends { readonly kind: string }>(
  target: Target<Result>,
  observers: readonly StepObserver[],
  limit: number,
  options: { readonly access?: AccessObserver; readonly until?: () => boolean } = {},
): Result {
  const { machine } = target;
  const everything = 1n << 64n;
  if (options.access) machine.watch(0n, Number(everything), true, true);
  const finish = (result: Result): Result => {
    if (options.access) machine.unwatch(0n, Number(everything));
    return result;
  };
  const pcs = new Float64Array(64);
  const words = new Float64Array(64);
  const remember = (hart: Hart) => {
    const pc = hart.pcNumber;
    pcs[hart.index] = pc;
    words[hart.index] = wordAt(machine, pc);
  };
  for (let done = 0; ; done++) {
    for (const hart of machine.harts) remember(hart);
    const allowed = done < limit;
    const result = target.run(allowed ? 1 : 0);
    if (!allowed) return finish(result);
    const hart = machine.lastHart;
    const { index } = hart;
    const next = hart.pcNumber;
    for (const observer of observers) observer.step(hart, pcs[index], words[index], next);
    if (options.access && result.kind === "watchpoint")
      options.access(hart, result as unknown as Extract<Stop, { kind: "watchpoint" }>);
    if (!goesOn(result) || options.until?.()) return finish(result);
  }
}
