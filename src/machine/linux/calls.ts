import { fileCalls } from "./calls-files.ts";
import { memoryCalls } from "./calls-memory.ts";
import { pathCalls } from "./calls-paths.ts";
import { pollingCalls } from "./calls-polling.ts";
import { signalCalls } from "./calls-signals.ts";
import { systemCalls } from "./calls-system.ts";
import { threadCalls } from "./calls-threads.ts";
import type { LinuxProcess } from "./process.ts";
import type { Thread } from "./thread.ts";

/** A system call. */
export interface Call {
  readonly name: string;
  /**
   * How its arguments are shown: d signed number, u unsigned, x hexadecimal, o
   * octal, p pointer, s string, b bytes (as many as the next argument says).
   */
  readonly shape: string;
  /**
   * Carries it out: a result or a negated error; WAIT when the thread is parked,
   * NOTHING when the registers are already what they shall be. Arguments are
   * signed on RV64 and unsigned on RV32.
   */
  readonly run: (process: LinuxProcess, thread: Thread, args: Float64Array) => number;
}

/** A row of a table: numbers for RV64 and RV32 (0 where it does not exist), then the call. */
export type Row = readonly [number, number, string, string, Call["run"]];

const rows: readonly Row[] = [
  ...fileCalls,
  ...pathCalls,
  ...pollingCalls,
  ...memoryCalls,
  ...threadCalls,
  ...signalCalls,
  ...systemCalls,
];

function table(xlen: 32 | 64): (Call | undefined)[] {
  const calls: (Call | undefined)[] = [];
  for (const [wide, narrow, name, shape, run] of rows) {
    const number = xlen === 64 ? wide : narrow;
    if (number !== 0) calls[number] = { name, shape, run };
  }
  return calls;
}

const tables = new Map<32 | 64, readonly (Call | undefined)[]>();

/** The system calls by number. */
export function callsFor(xlen: 32 | 64): readonly (Call | undefined)[] {
  const known = tables.get(xlen) ?? table(xlen);
  tables.set(xlen, known);
  return known;
}
