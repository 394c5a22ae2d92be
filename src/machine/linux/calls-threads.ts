import type { Row } from "./calls.ts";
import { EAGAIN, ECHILD, EFAULT, EINVAL, ENOSYS, ESRCH } from "./errors.ts";
import { type LinuxProcess, NOTHING } from "./process.ts";
import { StructureWriter } from "./structures.ts";
import type { Thread } from "./thread.ts";

/** System calls on threads: making and ending them, waiting for each other. */

const CLONE_VM = 0x100;
const CLONE_THREAD = 0x10000;
const CLONE_SETTLS = 0x80000;
const CLONE_PARENT_SETTID = 0x100000;
const CLONE_CHILD_CLEARTID = 0x200000;
const CLONE_CHILD_SETTID = 0x1000000;

function clone(process: LinuxProcess, parent: Thread, a: Float64Array): number {
  const [flags, stack, parentId, tls, childId] = a;
  if ((flags & (CLONE_VM | CLONE_THREAD)) !== (CLONE_VM | CLONE_THREAD)) {
    process.note("fork: a second process");
    return -ENOSYS;
  }
  const child = process.addThread();
  if (!child) return -EAGAIN;
  const { hart } = child;
  for (let i = 1; i < 32; i++) hart.setX(i, parent.hart.x(i));
  for (let i = 0; i < 32; i++) hart.setF(i, parent.hart.f(i));
  hart.frm = parent.hart.frm;
  hart.fflags = parent.hart.fflags;
  hart.pc = parent.hart.pc;
  hart.setNumber(10, 0);
  if (stack !== 0) hart.setNumber(2, stack);
  if ((flags & CLONE_SETTLS) !== 0) hart.setNumber(4, tls);
  child.mask = parent.mask;
  const id = new StructureWriter(4).u32(child.id).bytes;
  if ((flags & CLONE_PARENT_SETTID) !== 0) process.write(parentId, id);
  if ((flags & CLONE_CHILD_SETTID) !== 0) process.write(childId, id);
  if ((flags & CLONE_CHILD_CLEARTID) !== 0) child.clearAt = childId;
  return child.id;
}

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_CLOCK_REALTIME = 256;

/** A `struct timespec` in nanoseconds; undefined where it is not readable. `narrow`: two words of 32 bits. */
export function readTime(process: LinuxProcess, address: number): bigint | undefined {
  const bytes = process.read(address, 16);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true);
}

function futex(process: LinuxProcess, thread: Thread, a: Float64Array): number {
  const [address, operation, value] = a;
  const command = operation & 127;
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const bytes = process.read(address, 4);
      if (!bytes || address % 4 !== 0) return bytes ? -EINVAL : -EFAULT;
      const found = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
      if (found !== (value | 0)) return -EAGAIN;
      const bits = command === FUTEX_WAIT ? -1 : a[5] | 0;
      if (bits === 0) return -EINVAL;
      if (a[3] === 0) return process.wait(thread, { kind: "futex", address, bits });
      const time = readTime(process, a[3]);
      if (time === undefined) return -EFAULT;
      // FUTEX_WAIT has a duration, the other a moment.
      const { clock } = process;
      const base =
        command === FUTEX_WAIT
          ? clock.monotonic()
          : (operation & FUTEX_CLOCK_REALTIME) !== 0
            ? clock.monotonic() - clock.realTime()
            : 0n;
      return process.wait(thread, { kind: "futex", address, bits, deadline: base + time });
    }
    case FUTEX_WAKE:
      return process.wakeFutex(address, value | 0);
    case FUTEX_WAKE_BITSET:
      return process.wakeFutex(address, value | 0, a[5] | 0);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      if (command === FUTEX_CMP_REQUEUE) {
        const found = process.memory.read32(address);
        if (found === undefined) return -EFAULT;
        if ((found | 0) !== (a[5] | 0)) return -EAGAIN;
      }
      const woken = process.wakeFutex(address, value | 0);
      let moved = 0;
      for (const other of process.threads) {
        if (moved >= a[3]) break;
        const { waiting } = other;
        if (waiting?.kind !== "futex" || waiting.address !== address) continue;
        other.waiting = { ...waiting, address: a[4] };
        moved++;
      }
      return woken + moved;
    }
    default:
      process.note(`futex operation ${command}`);
      return -ENOSYS;
  }
}

function sleepUntil(process: LinuxProcess, thread: Thread, deadline: bigint): number {
  if (deadline <= process.clock.monotonic()) return 0;
  return process.wait(thread, { kind: "sleep", deadline });
}

const TIMER_ABSTIME = 1;

export const threadCalls: readonly Row[] = [
  [
    93,
    93,
    "exit",
    "d",
    (p, t, a) => {
      if (p.threads.length === 1) p.exit(a[0] | 0);
      else p.endThread(t);
      return NOTHING;
    },
  ],
  [
    94,
    94,
    "exit_group",
    "d",
    (p, _, a) => {
      p.exit(a[0] | 0);
      return NOTHING;
    },
  ],
  [
    96,
    96,
    "set_tid_address",
    "p",
    (_, t, a) => {
      t.clearAt = a[0];
      return t.id;
    },
  ],
  [98, 422, "futex", "pxdpp", (p, t, a) => futex(p, t, a)],
  [99, 99, "set_robust_list", "pu", () => 0],
  [
    101,
    0,
    "nanosleep",
    "pp",
    (p, t, a) => {
      const time = readTime(p, a[0]);
      return time === undefined ? -EFAULT : sleepUntil(p, t, p.clock.monotonic() + time);
    },
  ],
  [
    115,
    407,
    "clock_nanosleep",
    "ddpp",
    (p, t, a) => {
      const time = readTime(p, a[2]);
      if (time === undefined) return -EFAULT;
      const now = p.clock.monotonic();
      if ((a[1] & TIMER_ABSTIME) === 0) return sleepUntil(p, t, now + time);
      return sleepUntil(p, t, (a[0] | 0) === 0 ? time - p.clock.realTime() + now : time);
    },
  ],
  [118, 118, "sched_setparam", "dp", () => 0],
  [119, 119, "sched_setscheduler", "ddp", () => 0],
  [120, 120, "sched_getscheduler", "d", () => 0],
  [121, 121, "sched_getparam", "dp", (p, _, a) => (p.write(a[1], new Uint8Array(4)) ? 0 : -EFAULT)],
  [122, 122, "sched_setaffinity", "dup", () => 0],
  [
    123,
    123,
    "sched_getaffinity",
    "dup",
    (p, _, a) => {
      if (!(a[1] >= 8)) return -EINVAL;
      return p.write(a[2], new StructureWriter(8).u64(1).bytes) ? 8 : -EFAULT;
    },
  ],
  [
    124,
    124,
    "sched_yield",
    "",
    (p) => {
      p.machine.yieldTurn();
      return 0;
    },
  ],
  [125, 125, "sched_get_priority_max", "d", (_p, _t, a) => (a[0] === 1 || a[0] === 2 ? 99 : 0)],
  [126, 126, "sched_get_priority_min", "d", (_p, _t, a) => (a[0] === 1 || a[0] === 2 ? 1 : 0)],
  [178, 178, "gettid", "", (_, t) => t.id],
  [220, 220, "clone", "xpppp", (p, t, a) => clone(p, t, a)],
  [
    221,
    221,
    "execve",
    "spp",
    (p) => {
      p.note("execve: another program");
      return -ENOSYS;
    },
  ],
  [260, 0, "wait4", "dpdp", () => -ECHILD],
  [95, 95, "waitid", "ddpdp", () => -ECHILD],
  [283, 283, "membarrier", "dxd", (_p, _t, a) => (a[0] === 0 ? 0 : -EINVAL)],
  // glibc goes on with clone, and without restartable sequences.
  [435, 435, "clone3", "pu", () => -ENOSYS],
  [293, 293, "rseq", "puxx", () => -ENOSYS],
  [
    168,
    168,
    "getcpu",
    "ppp",
    (p, _, a) => {
      const zero = new Uint8Array(4);
      return (a[0] === 0 || p.write(a[0], zero)) && (a[1] === 0 || p.write(a[1], zero)) ? 0 : -EFAULT;
    },
  ],
  [100, 100, "get_robust_list", "dpp", () => -ESRCH],
];
