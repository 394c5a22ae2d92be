import type { Hart } from "../hart.ts";

/** Why a thread does not run. */
export type Waiting =
  | { readonly kind: "futex"; readonly address: number; readonly bits: number; readonly deadline?: bigint }
  | { readonly kind: "sleep"; readonly deadline: bigint }
  /** For input that is not there yet: the call is made again. */
  | { readonly kind: "input" }
  /** For one of several descriptors: the call is made again when one may be ready, and at the end of its time. */
  | { readonly kind: "poll"; readonly deadline?: bigint }
  /** For a signal; the mask to go back to is the thread's `maskBefore`. */
  | { readonly kind: "signal"; readonly set: bigint; readonly takes: boolean; readonly deadline?: bigint };

export interface SignalInfo {
  readonly signal: number;
  /** si_code */
  readonly code: number;
  /** si_addr of a fault; the sender's process for others. */
  readonly value: number;
  /** si_value of one that was sent with data. */
  readonly data?: bigint;
}

/** A thread of the process: a hart of its own, and what the kernel keeps of it. */
export interface Thread {
  readonly id: number;
  readonly hart: Hart;
  waiting: Waiting | undefined;
  /** Where 0 is written, and one waiter woken, when it ends. */
  clearAt: number;
  /** Blocked signals: bit n - 1 is signal n. */
  mask: bigint;
  /** The mask to restore after the handler that ends a sigsuspend. */
  maskBefore: bigint | undefined;
  pending: SignalInfo[];
  /** When the time of the call is up that is made again. */
  until: bigint | undefined;
  alternate: { readonly start: number; readonly size: number; readonly flags: number };
}

export function newThread(id: number, hart: Hart): Thread {
  return {
    id,
    hart,
    waiting: undefined,
    clearAt: 0,
    mask: 0n,
    maskBefore: undefined,
    pending: [],
    until: undefined,
    alternate: { start: 0, size: 0, flags: 2 },
  };
}
