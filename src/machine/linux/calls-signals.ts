import type { Row } from "./calls.ts";
import { readTime } from "./calls-threads.ts";
import { EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from "./errors.ts";
import { type LinuxProcess, NOTHING } from "./process.ts";
import {
  leaveHandler,
  SI_KERNEL,
  SI_TKILL,
  SI_USER,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  writeInfo,
} from "./signals.ts";
import { StructureWriter } from "./structures.ts";
import type { Thread } from "./thread.ts";

/** System calls on signals. */

export const UNBLOCKABLE = (1n << BigInt(SIGKILL - 1)) | (1n << BigInt(SIGSTOP - 1));

export function readSet(process: LinuxProcess, address: number): bigint | undefined {
  const bytes = process.read(address, 8);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

const setBytes = (set: bigint) => new StructureWriter(8).u64(set).bytes;

/** `struct sigaction` of the kernel: handler, flags, mask; RISC-V has no restorer. */
function action(process: LinuxProcess, signal: number, next: number, old: number): number {
  if (!(signal >= 1 && signal <= 64)) return -EINVAL;
  const { xlen, actions } = process;
  const word = xlen / 8;
  const previous = actions[signal];
  if (next !== 0) {
    if (signal === SIGKILL || signal === SIGSTOP) return -EINVAL;
    const handler = process.readLong(next);
    const flags = process.readLong(next + word);
    const mask = readSet(process, next + 2 * word);
    if (handler === undefined || flags === undefined || mask === undefined) return -EFAULT;
    actions[signal] = { handler, flags: flags | 0, mask: mask & ~UNBLOCKABLE };
    process.watcher.action?.(signal, handler);
  }
  if (old === 0) return 0;
  const w = new StructureWriter(2 * word + 8, xlen);
  w.long(previous.handler).long(previous.flags).u64(previous.mask);
  return process.write(old, w.bytes) ? 0 : -EFAULT;
}

function changeMask(process: LinuxProcess, thread: Thread, how: number, next: number, old: number): number {
  const before = thread.mask;
  if (next !== 0) {
    const set = readSet(process, next);
    if (set === undefined) return -EFAULT;
    if (how === 0) thread.mask |= set & ~UNBLOCKABLE;
    else if (how === 1) thread.mask &= ~set;
    else if (how === 2) thread.mask = set & ~UNBLOCKABLE;
    else return -EINVAL;
  }
  return old === 0 || process.write(old, setBytes(before)) ? 0 : -EFAULT;
}

function alternateStack(process: LinuxProcess, thread: Thread, next: number, old: number): number {
  const { xlen } = process;
  const word = xlen / 8;
  const { start, size, flags } = thread.alternate;
  const pointer = thread.hart.number(2);
  const inside = flags !== 2 && pointer > start && pointer <= start + size;
  if (old !== 0) {
    const w = new StructureWriter(3 * word, xlen).long(start).u32(inside ? 1 : flags);
    w.at = 2 * word;
    if (!process.write(old, w.long(size).bytes)) return -EFAULT;
  }
  if (next === 0) return 0;
  if (inside) return -EPERM;
  const newStart = process.readLong(next);
  const flagBytes = process.read(next + word, 4);
  const newSize = process.readLong(next + 2 * word);
  if (newStart === undefined || flagBytes === undefined || newSize === undefined) return -EFAULT;
  const disabled = (flagBytes[0] & 2) !== 0;
  if (!disabled && newSize < 2048) return -ENOMEM;
  thread.alternate = disabled
    ? { start: 0, size: 0, flags: 2 }
    : { start: newStart, size: newSize, flags: 0 };
  return 0;
}

function send(process: LinuxProcess, target: Thread | undefined, signal: number, code: number): number {
  if (!(signal >= 0 && signal <= 64)) return -EINVAL;
  if (signal !== 0) process.signal({ signal, code, value: process.id }, target);
  return 0;
}

/** What a program sends with a `siginfo` of its own: the code and the data in it are passed on. */
function sendWithData(
  process: LinuxProcess,
  target: Thread | undefined,
  signal: number,
  address: number,
): number {
  if (!(signal >= 0 && signal <= 64)) return -EINVAL;
  const bytes = process.read(address, 32);
  if (!bytes) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const code = view.getInt32(8, true);
  // What only the kernel says, nobody else may.
  if (code >= 0 || code === SI_TKILL) return -EPERM;
  const wide = process.xlen === 64;
  const value = view.getInt32(wide ? 16 : 12, true);
  const data = wide ? view.getBigUint64(24, true) : BigInt(view.getUint32(20, true));
  if (signal !== 0) process.signal({ signal, code, value, data }, target);
  return 0;
}

const threadOf = (process: LinuxProcess, id: number) => process.threads.find((thread) => thread.id === id);

function suspend(process: LinuxProcess, thread: Thread, address: number): number {
  const set = readSet(process, address);
  if (set === undefined) return -EFAULT;
  thread.maskBefore = thread.mask;
  thread.mask = set & ~UNBLOCKABLE;
  // What is pending already comes at once, when this call is done.
  if (thread.pending.some(({ signal }) => (thread.mask & (1n << BigInt(signal - 1))) === 0n)) return -4;
  return process.wait(thread, { kind: "signal", set: 0n, takes: false });
}

function waitFor(process: LinuxProcess, thread: Thread, a: Float64Array): number {
  const set = readSet(process, a[0]);
  if (set === undefined) return -EFAULT;
  const index = thread.pending.findIndex(({ signal }) => (set & (1n << BigInt(signal - 1))) !== 0n);
  if (index >= 0) {
    const [info] = thread.pending.splice(index, 1);
    return writeInfo(process, a[1], info) ? info.signal : -EFAULT;
  }
  if (a[2] === 0) return process.wait(thread, { kind: "signal", set, takes: true });
  const time = readTime(process, a[2]);
  if (time === undefined) return -EFAULT;
  const deadline = process.clock.monotonic() + time;
  return process.wait(thread, { kind: "signal", set, takes: true, deadline });
}

export const signalCalls: readonly Row[] = [
  [
    129,
    129,
    "kill",
    "dd",
    (p, _, a) => {
      const whom = a[0] | 0;
      return whom === p.id || whom === 0 || whom === -1 ? send(p, undefined, a[1] | 0, SI_USER) : -ESRCH;
    },
  ],
  [
    130,
    130,
    "tkill",
    "dd",
    (p, _, a) => {
      const thread = threadOf(p, a[0] | 0);
      return thread ? send(p, thread, a[1] | 0, SI_TKILL) : -ESRCH;
    },
  ],
  [
    131,
    131,
    "tgkill",
    "ddd",
    (p, _, a) => {
      const thread = threadOf(p, a[1] | 0);
      return thread ? send(p, thread, a[2] | 0, SI_TKILL) : -ESRCH;
    },
  ],
  [132, 132, "sigaltstack", "pp", (p, t, a) => alternateStack(p, t, a[0], a[1])],
  [133, 133, "rt_sigsuspend", "pu", (p, t, a) => suspend(p, t, a[0])],
  [134, 134, "rt_sigaction", "dppu", (p, _, a) => action(p, a[0] | 0, a[1], a[2])],
  [135, 135, "rt_sigprocmask", "dppu", (p, t, a) => changeMask(p, t, a[0] | 0, a[1], a[2])],
  [
    136,
    136,
    "rt_sigpending",
    "pu",
    (p, t, a) => {
      let set = 0n;
      for (const { signal } of t.pending) set |= 1n << BigInt(signal - 1);
      return p.write(a[0], setBytes(set)) ? 0 : -EFAULT;
    },
  ],
  [137, 421, "rt_sigtimedwait", "pppu", (p, t, a) => waitFor(p, t, a)],
  [
    138,
    138,
    "rt_sigqueueinfo",
    "ddp",
    (p, _, a) => (a[0] === p.id ? sendWithData(p, undefined, a[1] | 0, a[2]) : -ESRCH),
  ],
  [
    240,
    240,
    "rt_tgsigqueueinfo",
    "dddp",
    (p, _, a) => {
      const thread = threadOf(p, a[1] | 0);
      return thread ? sendWithData(p, thread, a[2] | 0, a[3]) : -ESRCH;
    },
  ],
  [
    139,
    139,
    "rt_sigreturn",
    "",
    (p, t) => {
      if (!leaveHandler(p, t)) p.endBySignal({ signal: SIGSEGV, code: SI_KERNEL, value: 0 });
      return NOTHING;
    },
  ],
];
