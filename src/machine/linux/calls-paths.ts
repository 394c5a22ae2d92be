import type { Row } from "./calls.ts";
import { AT_FDCWD } from "./descriptors.ts";
import {
  EACCES,
  EBADF,
  EFAULT,
  EINVAL,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
  EPERM,
  ERANGE,
} from "./errors.ts";
import { type FileStatus, normalise } from "./file-tree.ts";
import type { LinuxProcess } from "./process.ts";
import { StructureWriter, statBytes, statxBytes } from "./structures.ts";

/** System calls on names of files. */

const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;

/** The absolute path of a path argument, relative to a directory's descriptor. */
function pathAt(process: LinuxProcess, directory: number, address: number): string | number {
  const text = process.text(address);
  if (text === undefined) return -EFAULT;
  if (text === "") return -ENOENT;
  if (text.length >= 4096) return -ENAMETOOLONG;
  return process.descriptors.resolve(directory | 0, text);
}

function statusAt(
  process: LinuxProcess,
  directory: number,
  address: number,
  flags: number,
): FileStatus | number {
  if ((flags & AT_EMPTY_PATH) !== 0 && (address === 0 || process.text(address) === "")) {
    if ((directory | 0) === AT_FDCWD) return process.descriptors.statusOf(process.descriptors.folder, true);
    const description = process.descriptors.get(directory | 0);
    return description ? process.descriptors.status(description) : -EBADF;
  }
  const path = pathAt(process, directory, address);
  if (typeof path === "number") return path;
  return process.descriptors.statusOf(path, (flags & AT_SYMLINK_NOFOLLOW) === 0);
}

function putText(process: LinuxProcess, address: number, size: number, text: string): number {
  const bytes = new TextEncoder().encode(text);
  const part = bytes.subarray(0, Math.max(0, size));
  return process.write(address, part) ? part.length : -EFAULT;
}

function readLinkAt(process: LinuxProcess, a: Float64Array): number {
  const path = pathAt(process, a[0], a[1]);
  if (typeof path === "number") return path;
  if (!(a[3] > 0)) return -EINVAL;
  // The kernel's answer is always absolute, and glibc insists on that.
  if (path === "/proc/self/exe")
    return putText(process, a[2], a[3], normalise(process.options.path, process.options.folder ?? "/"));
  const target = process.descriptors.tree.readLink(path);
  return typeof target === "number" ? target : putText(process, a[2], a[3], target);
}

/** Access is what the file's mode gives to its owner; who runs a guest owns its files. */
function access(process: LinuxProcess, directory: number, address: number, mode: number): number {
  const status = statusAt(process, directory, address, 0);
  if (typeof status === "number") return status;
  const wanted = (mode & 7) << 6;
  return (status.mode & wanted) === wanted || status.kind === "directory" ? 0 : -EACCES;
}

/** `struct statfs`: a file system that has room. */
function fileSystemBytes(process: LinuxProcess): Uint8Array {
  const w = new StructureWriter(process.xlen === 64 ? 120 : 88, process.xlen);
  w.long(0x01021994).long(4096);
  for (const count of [1 << 20, 1 << 19, 1 << 19, 1 << 16, 1 << 15]) w.u64(count);
  w.u64(0).long(255).long(4096);
  return w.bytes;
}

function rename(process: LinuxProcess, a: Float64Array): number {
  const from = pathAt(process, a[0], a[1]);
  const to = pathAt(process, a[2], a[3]);
  if (typeof from === "number") return from;
  return typeof to === "number" ? to : process.descriptors.tree.rename(from, to);
}

export const pathCalls: readonly Row[] = [
  [
    17,
    17,
    "getcwd",
    "pu",
    (p, _, a) => {
      const text = `${p.descriptors.folder}\0`;
      return a[1] < text.length ? -ERANGE : putText(p, a[0], a[1], text);
    },
  ],
  [
    34,
    34,
    "mkdirat",
    "dso",
    (p, _, a) => {
      const path = pathAt(p, a[0], a[1]);
      return typeof path === "number"
        ? path
        : p.descriptors.tree.makeDirectory(path, a[2] & ~p.descriptors.umask);
    },
  ],
  [
    35,
    35,
    "unlinkat",
    "dsx",
    (p, _, a) => {
      const path = pathAt(p, a[0], a[1]);
      return typeof path === "number" ? path : p.descriptors.tree.remove(path, (a[2] & AT_REMOVEDIR) !== 0);
    },
  ],
  [36, 36, "symlinkat", "sds", () => -EPERM],
  [37, 37, "linkat", "dsdsx", () => -EPERM],
  [38, 0, "renameat", "dsds", (p, _, a) => rename(p, a)],
  [276, 276, "renameat2", "dsdsx", (p, _, a) => (a[4] !== 0 ? -EINVAL : rename(p, a))],
  [43, 0, "statfs", "sp", (p, _, a) => (p.write(a[1], fileSystemBytes(p)) ? 0 : -EFAULT)],
  [44, 0, "fstatfs", "dp", (p, _, a) => (p.write(a[1], fileSystemBytes(p)) ? 0 : -EFAULT)],
  [
    45,
    45,
    "truncate",
    "sd",
    (p, _, a) => {
      const path = pathAt(p, AT_FDCWD, a[0]);
      if (typeof path === "number") return path;
      const how = { read: true, write: true, create: false, exclusive: false, truncate: false, mode: 0 };
      const file = p.descriptors.tree.open(path, how);
      if (typeof file === "number") return file;
      const result = file.truncate(p.xlen === 64 ? a[1] : a[2] * 2 ** 32 + a[1]);
      file.close();
      return result;
    },
  ],
  [48, 48, "faccessat", "dso", (p, _, a) => access(p, a[0], a[1], a[2])],
  [439, 439, "faccessat2", "dsox", (p, _, a) => access(p, a[0], a[1], a[2])],
  [
    49,
    49,
    "chdir",
    "s",
    (p, _, a) => {
      const path = pathAt(p, AT_FDCWD, a[0]);
      if (typeof path === "number") return path;
      const status = p.descriptors.statusOf(path, true);
      if (typeof status === "number") return status;
      if (status.kind !== "directory") return -ENOTDIR;
      p.descriptors.folder = path;
      return 0;
    },
  ],
  [
    50,
    50,
    "fchdir",
    "d",
    (p, _, a) => {
      const description = p.descriptors.get(a[0] | 0);
      if (!description) return -EBADF;
      if (!description.entries) return -ENOTDIR;
      p.descriptors.folder = description.path;
      return 0;
    },
  ],
  // Modes and owners are the host's business; saying so would stop programs that only want to be tidy.
  [52, 52, "fchmod", "do", () => 0],
  [53, 53, "fchmodat", "dso", () => 0],
  [54, 54, "fchownat", "dsddx", () => 0],
  [55, 55, "fchown", "ddd", () => 0],
  [
    56,
    56,
    "openat",
    "dsoo",
    (p, _, a) => {
      const path = pathAt(p, a[0], a[1]);
      return typeof path === "number" ? path : p.descriptors.open(path, a[2] | 0, a[3] | 0);
    },
  ],
  [78, 78, "readlinkat", "dspu", (p, _, a) => readLinkAt(p, a)],
  [
    79,
    0,
    "newfstatat",
    "dspx",
    (p, _, a) => {
      const status = statusAt(p, a[0], a[1], a[3]);
      if (typeof status === "number") return status;
      return p.write(a[2], statBytes(status)) ? 0 : -EFAULT;
    },
  ],
  [88, 412, "utimensat", "dspx", (p, _, a) => (a[1] === 0 ? 0 : Math.min(0, access(p, a[0], a[1], 0)))],
  [
    291,
    291,
    "statx",
    "dsxxp",
    (p, _, a) => {
      const status = statusAt(p, a[0], a[1], a[2]);
      if (typeof status === "number") return status;
      return p.write(a[4], statxBytes(status)) ? 0 : -EFAULT;
    },
  ],
  [279, 279, "memfd_create", "sx", () => -EOPNOTSUPP],
];
