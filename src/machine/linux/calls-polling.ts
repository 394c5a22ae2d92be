import type { Row } from "./calls.ts";
import { readSet, UNBLOCKABLE } from "./calls-signals.ts";
import { readTime } from "./calls-threads.ts";
import type { Description } from "./descriptors.ts";
import { EBADF, EFAULT, EINTR, EINVAL } from "./errors.ts";
import type { LinuxProcess } from "./process.ts";
import { nextSignal } from "./signals.ts";
import type { Thread } from "./thread.ts";

/**
 * Waiting for any of several descriptors: `ppoll` and `pselect6`, which are all
 * that RISC-V has of that kind besides epoll. A call that has to wait is made
 * again whenever a pipe was written to, read or closed, and when its time is up;
 * so what it looks at is in the program's memory all the time.
 */

export const POLLIN = 1;
export const POLLOUT = 4;
const POLLERR = 8;
export const POLLHUP = 16;
const POLLNVAL = 32;
/** POLLRDNORM and POLLWRNORM say the same in other bits. */
const NORMAL_IN = 0x40;
const NORMAL_OUT = 0x100;

/** What a description is ready for. Of streams that do not say, the next read is taken to find something. */
function readiness(description: Description): number {
  return description.stream?.ready?.() ?? POLLIN | POLLOUT;
}

/** Takes the mask that a call has for the time of its waiting; false where it is not readable. */
function takeMask(process: LinuxProcess, thread: Thread, address: number): boolean {
  if (address === 0) return true;
  const set = readSet(process, address);
  if (set === undefined) return false;
  thread.maskBefore ??= thread.mask;
  thread.mask = set & ~UNBLOCKABLE;
  return true;
}

/** When a call's patience ends: its own, if it is made again; undefined: never; false: not readable. */
function deadlineOf(process: LinuxProcess, thread: Thread, address: number): bigint | undefined | false {
  const { until } = thread;
  thread.until = undefined;
  if (until !== undefined || address === 0) return until;
  const time = readTime(process, address);
  return time === undefined ? false : process.clock.monotonic() + time;
}

function wait(process: LinuxProcess, thread: Thread, deadline: bigint | undefined): number {
  // A signal that only the call's own mask lets through comes at once.
  return nextSignal(thread) ? -EINTR : process.wait(thread, { kind: "poll", deadline });
}

function poll(process: LinuxProcess, thread: Thread, a: Float64Array): number {
  const [at, count, time, mask] = a;
  if (!(count >= 0 && count <= 1024)) return -EINVAL;
  const deadline = deadlineOf(process, thread, time);
  const bytes = process.writable(at, count * 8);
  if (!bytes || deadline === false || !takeMask(process, thread, mask)) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(i * 8, true);
    const events = view.getInt16(i * 8 + 4, true);
    let found = 0;
    if (fd >= 0) {
      const description = process.descriptors.get(fd);
      if (!description) found = POLLNVAL;
      else {
        let now = readiness(description);
        if ((now & POLLIN) !== 0) now |= NORMAL_IN;
        if ((now & POLLOUT) !== 0) now |= NORMAL_OUT;
        found = now & (events | POLLERR | POLLHUP);
      }
    }
    view.setInt16(i * 8 + 6, found, true);
    if (found !== 0) ready++;
  }
  process.memory.wrote(at, count * 8);
  if (ready > 0 || (deadline !== undefined && deadline <= process.clock.monotonic())) return ready;
  return wait(process, thread, deadline);
}

/** What each set of `pselect6` asks for. An error of a pipe counts as both. */
const asked = [POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, 0];

function select(process: LinuxProcess, thread: Thread, a: Float64Array): number {
  const [count, time] = [a[0] | 0, a[4]];
  if (!(count >= 0 && count <= 1024)) return -EINVAL;
  const deadline = deadlineOf(process, thread, time);
  const mask = a[5] === 0 ? 0 : process.readLong(a[5]);
  if (deadline === false || mask === undefined || !takeMask(process, thread, mask)) return -EFAULT;
  // Sets are arrays of longs.
  const size = Math.ceil(count / process.xlen) * (process.xlen / 8);
  const sets: (Uint8Array | undefined)[] = [];
  for (const address of a.subarray(1, 4)) {
    const set = address === 0 ? undefined : process.writable(address, size);
    if (address !== 0 && !set) return -EFAULT;
    sets.push(set);
  }
  const found = sets.map(() => new Uint8Array(size));
  let ready = 0;
  for (let fd = 0; fd < count; fd++) {
    const bit = 1 << (fd & 7);
    if (!sets.some((set) => set && (set[fd >> 3] & bit) !== 0)) continue;
    const description = process.descriptors.get(fd);
    if (!description) return -EBADF;
    const now = readiness(description);
    for (const [i, set] of sets.entries()) {
      if (!set || (set[fd >> 3] & bit) === 0 || (now & asked[i]) === 0) continue;
      found[i][fd >> 3] |= bit;
      ready++;
    }
  }
  if (ready === 0 && (deadline === undefined || deadline > process.clock.monotonic()))
    return wait(process, thread, deadline);
  for (const [i, set] of sets.entries()) {
    set?.set(found[i]);
    if (set) process.memory.wrote(a[1 + i], size);
  }
  return ready;
}

export const pollingCalls: readonly Row[] = [
  [72, 413, "pselect6", "dppppp", (p, t, a) => select(p, t, a)],
  [73, 414, "ppoll", "pupp", (p, t, a) => poll(p, t, a)],
];
