import type { Row } from "./calls.ts";
import {
  type Description,
  makePipe,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_NONBLOCK,
  O_WRONLY,
  readFrom,
  seek,
  writeTo,
} from "./descriptors.ts";
import {
  EAGAIN,
  EBADF,
  EFAULT,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTTY,
  EOPNOTSUPP,
  EPIPE,
  ESPIPE,
} from "./errors.ts";
import type { LinuxProcess } from "./process.ts";
import { SI_USER, SIGPIPE } from "./signals.ts";
import { directoryEntryBytes, StructureWriter, statBytes } from "./structures.ts";
import type { Thread } from "./thread.ts";

/** System calls on open files. */

/** No more than this in one call: a hostile size must not cost the host. */
const MOST = 0x7ffff000;

interface Vector {
  readonly address: number;
  readonly size: number;
}

/** `struct iovec` array; an error number where it is not readable. */
function readVectors(process: LinuxProcess, at: number, count: number): Vector[] | number {
  if (!(count >= 0 && count <= 1024)) return -EINVAL;
  const word = process.xlen / 8;
  const vectors: Vector[] = [];
  for (let i = 0; i < count; i++) {
    const address = process.readLong(at + 2 * word * i);
    const size = process.readLong(at + 2 * word * i + word);
    if (address === undefined || size === undefined) return -EFAULT;
    if (!(size >= 0 && size <= MOST)) return -EINVAL;
    vectors.push({ address, size });
  }
  return vectors;
}

function readInto(
  process: LinuxProcess,
  thread: Thread,
  fd: number,
  vectors: readonly Vector[],
  position?: number,
): number {
  const description = process.descriptors.get(fd);
  if (!description) return -EBADF;
  let total = 0;
  for (const { address, size } of vectors) {
    if (size === 0) continue;
    const into = process.writable(address, Math.min(size, MOST));
    if (!into) return total > 0 ? total : -EFAULT;
    const count = readFrom(description, into, position === undefined ? undefined : position + total);
    if (count === -EAGAIN && total === 0 && (description.flags & O_NONBLOCK) === 0)
      return process.wait(thread, { kind: "input" });
    if (count < 0) return total > 0 ? total : count;
    if (count > 0) process.memory.wrote(address, count);
    total += count;
    if (count < size) break;
  }
  // Who wants to write to a full pipe has room now.
  if (total > 0 && description.stream?.kind === "pipe") process.inputArrived();
  return total;
}

function writeOut(
  process: LinuxProcess,
  thread: Thread,
  fd: number,
  vectors: readonly Vector[],
  position?: number,
): number {
  const description = process.descriptors.get(fd);
  if (!description) return -EBADF;
  let total = 0;
  for (const { address, size } of vectors) {
    const bytes = process.read(address, Math.min(size, MOST));
    if (!bytes) return total > 0 ? total : -EFAULT;
    const count = writeTo(description, bytes, position === undefined ? undefined : position + total);
    if (count === -EAGAIN && total === 0 && (description.flags & O_NONBLOCK) === 0)
      return process.wait(thread, { kind: "input" });
    if (count === -EPIPE) process.signal({ signal: SIGPIPE, code: SI_USER, value: process.id }, thread);
    if (count < 0) return total > 0 ? total : count;
    total += count;
    if (count < size) break;
  }
  // What was written to a pipe may be what another thread waits for.
  if (total > 0 && description.stream?.kind === "pipe") process.inputArrived();
  return total;
}

function close(process: LinuxProcess, fd: number): number {
  const isPipe = process.descriptors.get(fd)?.stream?.kind === "pipe";
  const result = process.descriptors.close(fd);
  // Who waits for the other end learns that there is none.
  if (isPipe) process.inputArrived();
  return result;
}

function control(process: LinuxProcess, fd: number, command: number, argument: number): number {
  const { descriptors } = process;
  const description = descriptors.get(fd);
  if (!description) return -EBADF;
  switch (command) {
    case 0: // F_DUPFD
    case 1030: // F_DUPFD_CLOEXEC
      return descriptors.add(description, command !== 0, argument);
    case 1:
      return descriptors.closeOnExec(fd) ? 1 : 0;
    case 2:
      descriptors.setCloseOnExec(fd, (argument & 1) !== 0);
      return 0;
    case 3:
      return description.flags;
    case 4: {
      const kept = description.flags & ~(O_APPEND | O_NONBLOCK);
      description.flags = kept | (argument & (O_APPEND | O_NONBLOCK));
      return 0;
    }
    case 5: // F_GETLK, F_SETLK, F_SETLKW and their 64-bit forms: nobody else locks
    case 6:
    case 7:
    case 12:
    case 13:
    case 14:
      return 0;
    default:
      return -EINVAL;
  }
}

const TCGETS = 0x5401;
const TIOCGWINSZ = 0x5413;
const FIONREAD = 0x541b;
const ICANON = 2;

/** `struct termios` as a terminal has it after login: cooked, with echo. */
function defaultTermios(): Uint8Array<ArrayBuffer> {
  const w = new StructureWriter(36);
  w.u32(0x4500).u32(5).u32(0xbf).u32(0x8a3b).u8(0);
  for (const c of [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22]) w.u8(c);
  return w.bytes;
}

const settings = new WeakMap<object, Uint8Array<ArrayBuffer>>();

function terminalControl(process: LinuxProcess, fd: number, request: number, argument: number): number {
  const description = process.descriptors.get(fd);
  if (!description) return -EBADF;
  const terminal = description.stream?.terminal;
  if (request === FIONREAD) {
    const { file, stream } = description;
    const left = file ? Math.max(0, file.status().size - description.position) : stream?.waiting?.();
    if (left === undefined) return -ENOTTY;
    return process.write(argument, new StructureWriter(4).u32(left).bytes) ? 0 : -EFAULT;
  }
  if (!terminal) return -ENOTTY;
  const termios = settings.get(terminal) ?? defaultTermios();
  settings.set(terminal, termios);
  switch (request >>> 0) {
    case TCGETS:
      return process.write(argument, termios) ? 0 : -EFAULT;
    case TCGETS + 1: // TCSETS, TCSETSW, TCSETSF
    case TCGETS + 2:
    case TCGETS + 3: {
      const bytes = process.read(argument, 36);
      if (!bytes) return -EFAULT;
      termios.set(bytes);
      terminal.setRaw((termios[12] & ICANON) === 0);
      return 0;
    }
    case TIOCGWINSZ: {
      const w = new StructureWriter(8).u16(terminal.rows).u16(terminal.columns);
      return process.write(argument, w.bytes) ? 0 : -EFAULT;
    }
    case 0x540f: // TIOCGPGRP
      return process.write(argument, new StructureWriter(4).u32(process.id).bytes) ? 0 : -EFAULT;
    case 0x5410: // TIOCSPGRP
      return 0;
    default:
      return -EINVAL;
  }
}

function listDirectory(process: LinuxProcess, fd: number, address: number, size: number): number {
  const description = process.descriptors.get(fd);
  if (!description) return -EBADF;
  if (!description.entries) return -ENOTDIR;
  const { entries } = description;
  const all = [
    { name: ".", kind: "directory", inode: 1 } as const,
    { name: "..", kind: "directory", inode: 1 } as const,
    ...entries,
  ];
  let used = 0;
  while (description.position < all.length) {
    const { name, kind, inode } = all[description.position];
    const bytes = directoryEntryBytes(name, inode, description.position + 1, kind);
    if (used + bytes.length > size) return used > 0 ? used : -EINVAL;
    if (!process.write(address + used, bytes)) return -EFAULT;
    used += bytes.length;
    description.position++;
  }
  return used;
}

function copyBetween(out: Description, from: Description, count: number): number {
  const bytes = new Uint8Array(Math.min(count, 1 << 20));
  const got = readFrom(from, bytes);
  return got <= 0 ? got : writeTo(out, bytes.subarray(0, got));
}

const pair = (low: number, high: number) => (high | 0) * 2 ** 32 + (low >>> 0);
/** A 64-bit position at argument `i`: one register, or two. */
const position = (process: LinuxProcess, a: Float64Array, i: number) =>
  process.xlen === 64 ? a[i] : pair(a[i], a[i + 1]);

export const fileCalls: readonly Row[] = [
  [23, 23, "dup", "d", (p, _, a) => dup(p, a[0] | 0)],
  [
    24,
    24,
    "dup3",
    "ddo",
    (p, _, a) =>
      a[0] === a[1] ? -EINVAL : p.descriptors.duplicateTo(a[0] | 0, a[1] | 0, (a[2] & O_CLOEXEC) !== 0),
  ],
  [25, 25, "fcntl", "ddx", (p, _, a) => control(p, a[0] | 0, a[1] | 0, a[2])],
  [29, 29, "ioctl", "dxp", (p, _, a) => terminalControl(p, a[0] | 0, a[1], a[2])],
  // Nobody else locks.
  [32, 32, "flock", "dd", (p, _, a) => (p.descriptors.get(a[0] | 0) ? 0 : -EBADF)],
  [46, 46, "ftruncate", "dd", (p, _, a) => truncate(p, a[0] | 0, position(p, a, 1))],
  [47, 47, "fallocate", "dddd", (p, _, a) => allocate(p, a)],
  [57, 57, "close", "d", (p, _, a) => close(p, a[0] | 0)],
  [
    436,
    436,
    "close_range",
    "ddd",
    (p, _, a) => {
      for (const fd of p.descriptors.numbers()) if (fd >= a[0] && fd <= a[1] >>> 0) close(p, fd);
      return 0;
    },
  ],
  [59, 59, "pipe2", "po", (p, _, a) => pipe(p, a[0], a[1])],
  [61, 61, "getdents64", "dpu", (p, _, a) => listDirectory(p, a[0] | 0, a[1], a[2])],
  [
    62,
    0,
    "lseek",
    "ddd",
    (p, _, a) => {
      const description = p.descriptors.get(a[0] | 0);
      return description ? seek(description, a[1], a[2] | 0) : -EBADF;
    },
  ],
  [
    0,
    62,
    "llseek",
    "dxxpd",
    (p, _, a) => {
      const description = p.descriptors.get(a[0] | 0);
      if (!description) return -EBADF;
      const at = seek(description, pair(a[2], a[1]), a[4] | 0);
      if (at < 0) return at;
      return p.write(a[3], new StructureWriter(8).u64(at).bytes) ? 0 : -EFAULT;
    },
  ],
  [63, 63, "read", "dpu", (p, t, a) => readInto(p, t, a[0] | 0, [{ address: a[1], size: a[2] }])],
  [64, 64, "write", "dbu", (p, t, a) => writeOut(p, t, a[0] | 0, [{ address: a[1], size: a[2] }])],
  [65, 65, "readv", "dpd", (p, t, a) => vectored(p, t, a, readInto)],
  [66, 66, "writev", "dpd", (p, t, a) => vectored(p, t, a, writeOut)],
  [
    67,
    67,
    "pread64",
    "dpud",
    (p, t, a) => readInto(p, t, a[0] | 0, [{ address: a[1], size: a[2] }], position(p, a, 3)),
  ],
  [
    68,
    68,
    "pwrite64",
    "dbud",
    (p, t, a) => writeOut(p, t, a[0] | 0, [{ address: a[1], size: a[2] }], position(p, a, 3)),
  ],
  [69, 69, "preadv", "dpdd", (p, t, a) => vectored(p, t, a, readInto, bothHalves(p, a))],
  [70, 70, "pwritev", "dpdd", (p, t, a) => vectored(p, t, a, writeOut, bothHalves(p, a))],
  [286, 286, "preadv2", "dpddxx", (p, t, a) => vectored2(p, t, a, readInto)],
  [287, 287, "pwritev2", "dpddxx", (p, t, a) => vectored2(p, t, a, writeOut)],
  [
    71,
    71,
    "sendfile",
    "ddpu",
    (p, _, a) => {
      const to = p.descriptors.get(a[0] | 0);
      const from = p.descriptors.get(a[1] | 0);
      if (!to || !from) return -EBADF;
      return a[2] !== 0 ? -EINVAL : copyBetween(to, from, a[3]);
    },
  ],
  [
    80,
    0,
    "fstat",
    "dp",
    (p, _, a) => {
      const description = p.descriptors.get(a[0] | 0);
      if (!description) return -EBADF;
      const status = p.descriptors.status(description);
      if (typeof status === "number") return status;
      return p.write(a[1], statBytes(status)) ? 0 : -EFAULT;
    },
  ],
  [81, 81, "sync", "", () => 0],
  [82, 82, "fsync", "d", (p, _, a) => (p.descriptors.get(a[0] | 0) ? 0 : -EBADF)],
  [83, 83, "fdatasync", "d", (p, _, a) => (p.descriptors.get(a[0] | 0) ? 0 : -EBADF)],
  [223, 223, "fadvise64", "dddd", (p, _, a) => (p.descriptors.get(a[0] | 0) ? 0 : -EBADF)],
];

/** Both halves of the position are passed, whatever a long is. */
const bothHalves = (process: LinuxProcess, a: Float64Array) =>
  process.xlen === 64 ? a[3] : pair(a[3], a[4]);

function vectored(
  process: LinuxProcess,
  thread: Thread,
  a: Float64Array,
  transfer: typeof readInto,
  position?: number,
): number {
  const vectors = readVectors(process, a[1], a[2]);
  return typeof vectors === "number" ? vectors : transfer(process, thread, a[0] | 0, vectors, position);
}

const RWF_NOAPPEND = 0x20;

/** preadv2 and pwritev2: with flags, and with -1 for the descriptor's own position. */
function vectored2(
  process: LinuxProcess,
  thread: Thread,
  a: Float64Array,
  transfer: typeof readInto,
): number {
  if ((a[5] & ~RWF_NOAPPEND) !== 0) return -EOPNOTSUPP;
  const at = bothHalves(process, a);
  return vectored(process, thread, a, transfer, at === -1 ? undefined : at);
}

function dup(process: LinuxProcess, fd: number): number {
  const description = process.descriptors.get(fd);
  return description ? process.descriptors.add(description) : -EBADF;
}

function truncate(process: LinuxProcess, fd: number, size: number): number {
  const description = process.descriptors.get(fd);
  if (!description) return -EBADF;
  if (!description.file || (description.flags & O_ACCMODE) === 0 || !(size >= 0)) return -EINVAL;
  return description.file.truncate(size);
}

function allocate(process: LinuxProcess, a: Float64Array): number {
  const description = process.descriptors.get(a[0] | 0);
  if (!description) return -EBADF;
  if (!description.file) return description.entries ? -EISDIR : -ESPIPE;
  const size = position(process, a, 2) + (process.xlen === 64 ? a[3] : pair(a[4], a[5]));
  const now = description.file.status().size;
  return a[1] !== 0 || size <= now ? 0 : description.file.truncate(size);
}

function pipe(process: LinuxProcess, address: number, flags: number): number {
  if (!process.writable(address, 8)) return -EFAULT;
  const { input, output } = makePipe();
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  const common = { position: 0, users: 0 };
  const nonBlocking = flags & O_NONBLOCK;
  const reader = process.descriptors.add(
    { ...common, path: "pipe:", flags: nonBlocking, stream: input },
    closeOnExec,
  );
  const writer = process.descriptors.add(
    { ...common, path: "pipe:", flags: nonBlocking | O_WRONLY, stream: output },
    closeOnExec,
  );
  if (reader < 0 || writer < 0) return Math.min(reader, writer);
  return process.write(address, new StructureWriter(8).u32(reader).u32(writer).bytes) ? 0 : -ENOENT;
}
