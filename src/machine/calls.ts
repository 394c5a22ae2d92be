// Calls of a translated function: of others in its module directly, of all else
// through the host, which looks for the target.
import type { Body } from "./emit.ts";
import * as at from "./layout.ts";
import { op } from "./wasm-code.ts";

/** Imported functions. */
export const FLOAT_FUNCTION = 0;
export const CALL_FUNCTION = 1;
export const IMPORTS = 2;

export interface CallContext {
  readonly xlen: 32 | 64;
  /** The function in the module of the region at an address, or -1. */
  readonly functionOf: (pc: number) => number;
  /** A number for a computed jump or call out of the module, by which its targets are counted. */
  readonly siteOf: (pc: number, call: boolean) => number;
  /** Targets of a computed call that were seen. */
  readonly targets: (pc: number) => readonly number[];
}

/** Locals that a call goes by. */
interface CallLocals {
  readonly hart: number;
  readonly depth: number;
  /** The address to be called, where it is computed; afterwards the one at which to go on. */
  readonly target: number;
}

/** Writes the call that is at an address; the guest's registers are in memory. `known` is its target, if that is constant. */
export function writeCall(
  body: Body,
  context: CallContext,
  { hart, depth, target }: CallLocals,
  pc: number,
  known: number | undefined,
): void {
  const { code } = body;
  const wide = context.xlen === 64;
  const push = (address: number): void => {
    if (wide) code.i64(address);
    else code.i32(address | 0);
  };
  const direct = (index: number): void => {
    code.get(hart);
    code.get(depth);
    code.i32(1);
    code.byte(op.i32_sub);
    code.call(index);
    code.set(target);
  };
  const outside = (): void => {
    code.get(hart);
    if (known !== undefined) push(known);
    else code.get(target);
    code.memory(wide ? op.i64_store : op.i32_store, at.PC);
    code.get(hart);
    code.get(depth);
    code.i32(1);
    code.byte(op.i32_sub);
    code.i32(context.siteOf(pc, true));
    code.call(CALL_FUNCTION);
    code.get(hart);
    code.memory(wide ? op.i64_load : op.i32_load, at.PC);
    code.set(target);
  };
  if (known !== undefined) {
    const index = context.functionOf(known);
    if (index >= 0) direct(index);
    else outside();
    return;
  }
  const candidates = context.targets(pc).filter((candidate) => context.functionOf(candidate) >= 0);
  for (const candidate of candidates) {
    code.get(target);
    push(candidate);
    code.byte(wide ? op.i64_eq : op.i32_eq);
    body.open(op.if);
    direct(context.functionOf(candidate));
    code.byte(op.else);
  }
  outside();
  for (const _ of candidates) body.close();
}
