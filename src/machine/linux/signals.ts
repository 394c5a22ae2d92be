import type { LinuxProcess } from "./process.ts";
import { StructureWriter, USER_ID } from "./structures.ts";
import type { SignalInfo, Thread } from "./thread.ts";

/**
 * Signals: what happens to one when its thread next runs, and the frame that
 * the kernel leaves on the stack for a handler (`struct rt_sigframe`): siginfo,
 * then ucontext with the registers. A handler returns to a page of ours with
 * the two instructions of `rt_sigreturn`, since there is no vDSO.
 */

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SIGPIPE = 13;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGURG = 23;
export const SIGWINCH = 28;

export const SIGNAL_NAMES: readonly string[] = (
  "0 HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP " +
  "TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
  .split(" ")
  .map((name) => `SIG${name}`);

/** si_code */
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_TKILL = -6;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

const SA_NODEFER = 0x40000000;
const SA_RESETHAND = 0x80000000;
const SA_ONSTACK = 0x08000000;

export interface SignalAction {
  readonly handler: number;
  readonly flags: number;
  readonly mask: bigint;
}

export const bitOf = (signal: number) => 1n << BigInt(signal - 1);

const IGNORED_BY_DEFAULT = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH];

/** Bytes of siginfo; where the parts of ucontext are; by XLEN. */
function frameLayout(xlen: 32 | 64) {
  const word = xlen / 8;
  const mask = 5 * word;
  // The mask has 8 bytes and room for 128; the registers are aligned to 16.
  const registers = Math.ceil((mask + 128) / 16) * 16;
  const floats = Math.ceil((registers + 32 * word) / 16) * 16;
  // Room for the quad-precision registers, as the union of the kernel has.
  const size = floats + 528;
  return { word, context: 128, mask, registers, floats, size: 128 + size };
}

/** The signal that a thread will get next: pending, and not blocked. */
export function nextSignal(thread: Thread): SignalInfo | undefined {
  return thread.pending.find(({ signal }) => signal === SIGKILL || (thread.mask & bitOf(signal)) === 0n);
}

/** Delivers what is pending and not blocked; false if that ended the process. */
export function deliverSignals(process: LinuxProcess, thread: Thread): boolean {
  for (;;) {
    const info = nextSignal(thread);
    if (!info) {
      if (thread.maskBefore !== undefined && thread.waiting === undefined) {
        thread.mask = thread.maskBefore;
        thread.maskBefore = undefined;
      }
      return true;
    }
    thread.pending.splice(thread.pending.indexOf(info), 1);
    const action = process.actions[info.signal];
    if (action.handler === SIG_IGN) continue;
    if (action.handler === SIG_DFL) {
      if (IGNORED_BY_DEFAULT.includes(info.signal)) continue;
      process.endBySignal(info);
      return false;
    }
    if (!enterHandler(process, thread, info, action)) {
      process.endBySignal({ signal: SIGSEGV, code: SI_KERNEL, value: 0 });
      return false;
    }
    return true;
  }
}

/** Whether a signal would do anything to the process if it came. */
export function isIgnored(process: LinuxProcess, signal: number): boolean {
  const { handler } = process.actions[signal];
  return handler === SIG_IGN || (handler === SIG_DFL && IGNORED_BY_DEFAULT.includes(signal));
}

/** `siginfo_t` as far as it is used. */
function putInfo(w: StructureWriter, xlen: 32 | 64, info: SignalInfo): void {
  w.u32(info.signal).u32(0).u32(info.code);
  if (xlen === 64) w.skip(4);
  // A fault has its address here; a signal that was sent, process and user.
  if (info.code > 0) w.long(info.value);
  else
    w.u32(info.value)
      .u32(USER_ID)
      .long(info.data ?? 0);
}

/** Tells a program of a signal, if it wants to know (the address is not 0); false where it is not writable. */
export function writeInfo(process: LinuxProcess, address: number, info: SignalInfo): boolean {
  if (address === 0) return true;
  const w = new StructureWriter(128, process.xlen);
  putInfo(w, process.xlen, info);
  return process.write(address, w.bytes);
}

function enterHandler(
  process: LinuxProcess,
  thread: Thread,
  info: SignalInfo,
  action: SignalAction,
): boolean {
  const { hart } = thread;
  const layout = frameLayout(process.xlen);
  let top = hart.number(2);
  const { start, size, flags } = thread.alternate;
  const onAlternate = top > start && top <= start + size;
  if ((action.flags & SA_ONSTACK) !== 0 && flags !== 2 && !onAlternate) top = start + size;
  const frame = Math.floor((top - layout.size) / 16) * 16;

  const w = new StructureWriter(layout.size, process.xlen);
  putInfo(w, process.xlen, info);
  w.at = layout.context;
  w.long(0).long(0);
  w.long(start).u32(flags);
  if (process.xlen === 64) w.skip(4);
  w.long(size);
  w.u64(thread.maskBefore ?? thread.mask);
  thread.maskBefore = undefined;
  w.at = layout.context + layout.registers;
  w.long(hart.pc);
  for (let i = 1; i < 32; i++) w.long(hart.x(i));
  w.at = layout.context + layout.floats;
  for (let i = 0; i < 32; i++) w.u64(hart.f(i));
  w.u32((hart.frm << 5) | hart.fflags);
  if (!process.write(frame, w.bytes)) return false;

  thread.mask |= action.mask;
  if ((action.flags & SA_NODEFER) === 0) thread.mask |= bitOf(info.signal);
  if ((action.flags & SA_RESETHAND) !== 0)
    process.actions[info.signal] = { handler: SIG_DFL, flags: 0, mask: 0n };
  hart.setNumber(10, info.signal);
  hart.setNumber(11, frame);
  hart.setNumber(12, frame + layout.context);
  hart.setNumber(1, process.signalReturn);
  hart.setNumber(2, frame);
  hart.pcNumber = action.handler;
  return true;
}

/** `rt_sigreturn`: takes everything back from the frame at the stack pointer; false if it is not readable. */
export function leaveHandler(process: LinuxProcess, thread: Thread): boolean {
  const { hart } = thread;
  const layout = frameLayout(process.xlen);
  const bytes = process.read(hart.number(2), layout.size);
  if (!bytes) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = process.xlen === 64;
  const long = (at: number) => (wide ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  thread.mask = view.getBigUint64(layout.context + layout.mask, true);
  const registers = layout.context + layout.registers;
  const pc = long(registers);
  for (let i = 1; i < 32; i++) hart.setX(i, long(registers + i * layout.word));
  hart.pc = pc;
  const floats = layout.context + layout.floats;
  for (let i = 0; i < 32; i++) hart.setF(i, view.getBigUint64(floats + 8 * i, true));
  const fcsr = view.getUint32(floats + 256, true);
  hart.fflags = fcsr & 31;
  hart.frm = (fcsr >> 5) & 7;
  return true;
}
