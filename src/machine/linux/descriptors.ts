import { EAGAIN, EBADF, EINVAL, EIO, EISDIR, EMFILE, ENOENT, ENOTDIR, EPIPE, ESPIPE } from "./errors.ts";
import {
  type DirectoryEntry,
  type FileStatus,
  type FileTree,
  MemoryTree,
  normalise,
  type TreeFile,
} from "./file-tree.ts";

/** A source or sink of bytes without a position: standard input and output, one end of a pipe. */
export interface Stream {
  /** Bytes read; 0 at the end; -EAGAIN when there is nothing yet. */
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number;
  /** Present where it is a terminal. */
  readonly terminal?: Terminal;
  readonly kind: "character" | "pipe" | "file";
  close?(): void;
  /** What can be done without waiting, in the bits of `poll`; if it does not say, everything. */
  ready?(): number;
  /** Bytes that can be read now. */
  waiting?(): number;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** True: keys come one by one and are not echoed. */
  setRaw(raw: boolean): void;
}

/** What an `open` made; several descriptors may share it. */
export interface Description {
  readonly path: string;
  /** The flags of open, without those that matter only while opening. */
  flags: number;
  position: number;
  users: number;
  readonly stream?: Stream;
  readonly file?: TreeFile;
  /** A directory's entries, taken when it was opened. */
  readonly entries?: readonly DirectoryEntry[];
}

/** Descriptors at one moment. */
export interface SavedDescriptors {
  readonly open: readonly {
    readonly fd: number;
    readonly closeOnExec: boolean;
    readonly description: Description;
    readonly position: number;
    readonly flags: number;
    readonly users: number;
  }[];
  readonly folder: string;
  readonly umask: number;
}

export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_ACCMODE = 3;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = 0o200000;
export const O_CLOEXEC = 0o2000000;

const MOST = 1024;

/** The open files of a process, and the directory that its relative paths start in. */
export class Descriptors {
  readonly tree: FileTree;
  readonly #open = new Map<number, { description: Description; closeOnExec: boolean }>();
  readonly #special: Readonly<Record<string, () => Stream>>;
  folder: string;
  umask = 0o022;

  constructor(tree: FileTree | undefined, folder: string, special: Readonly<Record<string, () => Stream>>) {
    this.tree = tree ?? new MemoryTree();
    this.folder = folder;
    this.#special = special;
  }

  get(fd: number): Description | undefined {
    return this.#open.get(fd)?.description;
  }

  /** Adds a description under the lowest free number from `least` on. */
  add(description: Description, closeOnExec = false, least = 0): number {
    for (let fd = least; fd < MOST; fd++) {
      if (this.#open.has(fd)) continue;
      this.#open.set(fd, { description, closeOnExec });
      description.users++;
      return fd;
    }
    return -EMFILE;
  }

  addStream(path: string, stream: Stream, flags: number): number {
    return this.add({ path, flags, position: 0, users: 0, stream });
  }

  closeOnExec(fd: number): boolean {
    return this.#open.get(fd)?.closeOnExec ?? false;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    const entry = this.#open.get(fd);
    if (entry) entry.closeOnExec = on;
  }

  duplicateTo(from: number, to: number, closeOnExec: boolean): number {
    const description = this.get(from);
    if (!description || to < 0 || to >= MOST) return -EBADF;
    this.close(to);
    this.#open.set(to, { description, closeOnExec });
    description.users++;
    return to;
  }

  close(fd: number): number {
    const entry = this.#open.get(fd);
    if (!entry) return -EBADF;
    this.#open.delete(fd);
    if (--entry.description.users === 0) {
      entry.description.file?.close();
      entry.description.stream?.close?.();
    }
    return 0;
  }

  /** What `restore` needs: which numbers are open, and where they stand. What is in files stays as it is. */
  save(): SavedDescriptors {
    const open = [...this.#open].map(([fd, { description, closeOnExec }]) => ({
      fd,
      closeOnExec,
      description,
      position: description.position,
      flags: description.flags,
      users: description.users,
    }));
    return { open, folder: this.folder, umask: this.umask };
  }

  /** Goes back; files that were closed since then are open again only if they are still known. */
  restore(saved: SavedDescriptors): void {
    this.#open.clear();
    for (const { fd, closeOnExec, description, position, flags, users } of saved.open) {
      Object.assign(description, { position, flags, users });
      this.#open.set(fd, { description, closeOnExec });
    }
    this.folder = saved.folder;
    this.umask = saved.umask;
  }

  closeAll(): void {
    for (const fd of [...this.#open.keys()]) this.close(fd);
  }

  numbers(): number[] {
    return [...this.#open.keys()];
  }

  open(path: string, flags: number, mode: number): number {
    const closeOnExec = (flags & O_CLOEXEC) !== 0;
    const kept = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | O_DIRECTORY);
    const special = Object.hasOwn(this.#special, path) ? this.#special[path] : undefined;
    if (special)
      return this.add({ path, flags: kept, position: 0, users: 0, stream: special() }, closeOnExec);
    const status = this.tree.status(path, true);
    if (typeof status !== "number" && status.kind === "directory") {
      if ((flags & O_ACCMODE) !== 0 || (flags & O_CREAT) !== 0) return -EISDIR;
      const entries = this.tree.list(path);
      if (typeof entries === "number") return entries;
      return this.add({ path, flags: kept, position: 0, users: 0, entries }, closeOnExec);
    }
    if ((flags & O_DIRECTORY) !== 0) return typeof status === "number" ? status : -ENOTDIR;
    const access = flags & O_ACCMODE;
    const file = this.tree.open(path, {
      read: access !== O_WRONLY,
      write: access === O_WRONLY || access === O_RDWR,
      create: (flags & O_CREAT) !== 0,
      exclusive: (flags & O_EXCL) !== 0,
      truncate: (flags & O_TRUNC) !== 0,
      mode: mode & ~this.umask,
    });
    if (typeof file === "number") return file;
    return this.add({ path, flags: kept, position: 0, users: 0, file }, closeOnExec);
  }

  /** The absolute path that a path argument means; an error number where its directory is not one. */
  resolve(directory: number, path: string): string | number {
    if (path.startsWith("/") || directory === AT_FDCWD) return normalise(path, this.folder);
    const base = this.get(directory);
    if (!base) return -EBADF;
    return base.entries ? normalise(path, base.path) : -ENOTDIR;
  }

  status(description: Description): FileStatus | number {
    if (description.file) return description.file.status();
    if (description.entries) return this.tree.status(description.path, true);
    const { stream } = description;
    if (!stream) return -EIO;
    return { kind: stream.kind, size: 0, mode: 0o620, inode: 3, links: 1, modified: 0n };
  }

  /** The status of a path, `/dev/null` and its like included. */
  statusOf(path: string, follow: boolean): FileStatus | number {
    if (!Object.hasOwn(this.#special, path)) return this.tree.status(path, follow);
    return { kind: "character", size: 0, mode: 0o666, inode: 2, links: 1, modified: 0n };
  }
}

export const AT_FDCWD = -100;

export function readFrom(description: Description, into: Uint8Array, position?: number): number {
  if ((description.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
  if (description.entries) return -EISDIR;
  if (description.stream) return position === undefined ? description.stream.read(into) : -ESPIPE;
  if (!description.file) return -EIO;
  const count = description.file.read(position ?? description.position, into);
  if (count > 0 && position === undefined) description.position += count;
  return count;
}

export function writeTo(description: Description, bytes: Uint8Array, position?: number): number {
  if ((description.flags & O_ACCMODE) === 0) return -EBADF;
  if (description.stream) return position === undefined ? description.stream.write(bytes) : -ESPIPE;
  const { file } = description;
  if (!file) return -EBADF;
  if (position === undefined && (description.flags & O_APPEND) !== 0)
    description.position = file.status().size;
  const count = file.write(position ?? description.position, bytes);
  if (count > 0 && position === undefined) description.position += count;
  return count;
}

export function seek(description: Description, offset: number, whence: number): number {
  if (description.stream) return -ESPIPE;
  const size = description.file?.status().size ?? 0;
  const from = whence === 0 ? 0 : whence === 1 ? description.position : whence === 2 ? size : Number.NaN;
  const position = from + offset;
  if (!(position >= 0)) return whence === 3 || whence === 4 ? -ENOENT : -EINVAL;
  description.position = position;
  return position;
}

/** Bytes that a pipe holds. */
const PIPE_SIZE = 65536;
/** Up to so many bytes are written together or not at all. */
const PIPE_ATOMIC = 4096;

/**
 * The two ends of a pipe. It takes one piece of any size that a program writes
 * while there is any room: the rest of the piece would only wait until the room
 * is there. So it holds no more than its size and a piece.
 */
export function makePipe(): { readonly input: Stream; readonly output: Stream } {
  const queue: Uint8Array[] = [];
  let held = 0;
  let readerOpen = true;
  let writerOpen = true;
  const input: Stream = {
    kind: "pipe",
    read(into) {
      if (queue.length === 0) return writerOpen ? -EAGAIN : 0;
      let count = 0;
      while (queue.length > 0 && count < into.length) {
        const taken = queue[0].subarray(0, into.length - count);
        into.set(taken, count);
        count += taken.length;
        if (taken.length === queue[0].length) queue.shift();
        else queue[0] = queue[0].subarray(taken.length);
      }
      held -= count;
      return count;
    },
    write: () => -EBADF,
    close() {
      readerOpen = false;
    },
    ready: () => (queue.length > 0 ? 1 : 0) | (writerOpen ? 0 : 16),
    waiting: () => held,
  };
  const output: Stream = {
    kind: "pipe",
    read: () => -EBADF,
    write(bytes) {
      if (!readerOpen) return -EPIPE;
      const room = PIPE_SIZE - held;
      if (room <= 0 || (bytes.length > room && bytes.length <= PIPE_ATOMIC)) return -EAGAIN;
      if (bytes.length > 0) queue.push(bytes.slice());
      held += bytes.length;
      return bytes.length;
    },
    close() {
      writerOpen = false;
    },
    ready: () => (readerOpen ? (PIPE_SIZE - held >= PIPE_ATOMIC ? 4 : 0) : 4 | 8),
    waiting: () => held,
  };
  return { input, output };
}
