import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import {
  type Backlog,
  type FileProblem,
  type FileSystem,
  MemoryFileSystem,
  type OutputFile,
  type RandomAccess,
} from "../files/index.ts";
import { type Arena, currentArena } from "../kernels/index.ts";
import { expectWork } from "./optimizer.ts";

/** The words of strerror for an error of Node's, which says them in lower case and calls one differently. */
export function problemOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "EISDIR") return "Is a directory";
  if (code === "ETXTBSY") return "Text file busy";
  const words = /^[A-Z0-9]+: ([^,]*)/.exec(message ?? "")?.[1] ?? message ?? String(error);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What wants to know how much is read, and perhaps helps with writing: second-thread.ts. */
export interface Companion {
  open(): void;
  /** So many bytes are about to be read. */
  expect(bytes: number): void;
  writing(): Writing | undefined;
}

/** A way of writing files at positions. */
export interface Writing {
  /** See `OutputFile.backlog`. */
  readonly backlog?: Backlog;
  write(fd: number, bytes: Uint8Array, position: number): void;
  /** Returns when nothing is left to write. */
  end(): void;
  /** Throws an error that a write has had, unless it did so itself. */
  check(): void;
}

export const writeAtOnce: Writing = { write: writeAll, end() {}, check() {} };

/** The files of the machine. `root`, if given, stands before absolute paths that are read (LLD's --chroot). */
export class NodeFileSystem implements FileSystem {
  private readonly root: string | undefined;
  readonly companion: Companion | undefined;
  private readAhead: Window | undefined;

  constructor(root?: string, companion?: Companion) {
    this.root = root;
    this.companion = companion;
  }

  open(name: string): RandomAccess | FileProblem {
    const file = this.real(name);
    let fd: number;
    try {
      fd = openSync(file, "r");
    } catch (error) {
      return { problem: problemOf(error) };
    }
    try {
      const stat = fstatSync(fd);
      if (stat.isDirectory()) {
        closeSync(fd);
        return { problem: "Is a directory" };
      }
      // A pipe or a device has no size and no positions: what it has to say is taken whole.
      if (!stat.isFile()) return wholeFile(fd);
      this.companion?.open();
      return new RegularFile(fd, stat.size, this);
    } catch (error) {
      closeSync(fd);
      return { problem: problemOf(error) };
    }
  }

  isFile(name: string): boolean {
    try {
      return statSync(this.real(name), { throwIfNoEntry: false })?.isDirectory() === false;
    } catch {
      return false;
    }
  }

  create(name: string, options: { executable?: boolean } = {}): OutputFile | FileProblem {
    try {
      const existing = lstatSync(name, { throwIfNoEntry: false });
      // /dev/null and its like are written as they are; so is what a name like /dev/stdout points to.
      const special = existing && !existing.isFile() && !(existing.isSymbolicLink() && pointsToFile(name));
      if (special) return direct(name);
      return replacing(name, options.executable === true, this.companion?.writing() ?? writeAtOnce);
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  /** What files share while a link goes on. */
  window(): Window | undefined {
    const arena = currentArena();
    if (arena && this.readAhead?.arena !== arena) this.readAhead = new Window(arena);
    return arena && this.readAhead;
  }

  /** A file is closed: another may get its number. */
  forget(fd: number): void {
    this.readAhead?.forget(fd);
  }

  private real(name: string): string {
    return this.root !== undefined && name.startsWith("/") ? path.join(this.root, name) : name;
  }
}

/** Everything at once at the end: standard output may be a pipe. */
export function standardOutput(): OutputFile {
  const collected = new MemoryFileSystem();
  const output = collected.create("-");
  return {
    write: (bytes, position) => output.write(bytes, position),
    finish() {
      output.finish();
      writeAll(1, collected.files.get("-") ?? new Uint8Array(0), null);
    },
    abandon() {},
  };
}

/** Why an output cannot be written there, found out without leaving anything behind. */
export function whyNotWritable(name: string): string | undefined {
  try {
    const existing = statSync(name, { throwIfNoEntry: false });
    if (existing?.isDirectory()) return "Is a directory";
    if (existing) return undefined;
    closeSync(openSync(name, "wx"));
    unlinkSync(name);
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/** Removes an output that a failed link would have replaced, as GNU ld does; devices are spared. */
export function removeOutput(name: string): void {
  try {
    const stat = lstatSync(name, { throwIfNoEntry: false });
    if (stat?.isFile() || stat?.isSymbolicLink()) unlinkSync(name);
  } catch {
    // It stays, as it would with GNU ld.
  }
}

function pointsToFile(link: string): boolean {
  const target = statSync(link, { throwIfNoEntry: false });
  return target === undefined || target.isFile();
}

/**
 * Memory for the bytes of a file: the link's, where kernels get at it, and where the garbage collector does not
 * count the thousands of archive members that a link reads and keeps to its end.
 */
function memory(length: number): Uint8Array {
  return currentArena()?.fileBytes(length) ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

/** Reads as much of a file as there is; returns how many bytes that were. */
function readInto(fd: number, bytes: Uint8Array, offset: number): number {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(fd, bytes, done, bytes.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** How much is read where more of it will be asked for. */
const WINDOW = 1 << 15;

/**
 * A part of a file that is read before it is asked for. A link takes hundreds of members out of an archive, most of a few
 * kilobytes and near to each other, and a call of the system from JavaScript takes as long as copying 30 KB. The
 * memory is used again for each part: what is asked for is copied out of it.
 */
class Window {
  readonly arena: Arena;
  private readonly bytes: Uint8Array;
  private fd = -1;
  private start = 0;
  private end = 0;

  constructor(arena: Arena) {
    this.arena = arena;
    this.bytes = arena.uint8(WINDOW);
  }

  /** Bytes of the file, if they are in the window or can be now; undefined where the file is shorter than it was. */
  read(fd: number, offset: number, length: number): Uint8Array | undefined {
    if (fd !== this.fd || offset < this.start || offset + length > this.end) {
      this.fd = fd;
      this.start = offset;
      this.end = offset + readInto(fd, this.bytes, offset);
      if (offset + length > this.end) return undefined;
    }
    const copy = this.arena.fileBytes(length);
    const from = this.bytes.byteOffset + offset - this.start;
    this.arena.bytes.copyWithin(copy.byteOffset, from, from + length);
    return copy;
  }

  forget(fd: number): void {
    if (fd === this.fd) this.fd = -1;
  }
}

class RegularFile implements RandomAccess {
  readonly size: number;
  private readonly fd: number;
  private readonly files: NodeFileSystem;
  /** Where the last small read ended. */
  private last = -WINDOW;

  constructor(fd: number, size: number, files: NodeFileSystem) {
    this.fd = fd;
    this.size = size;
    this.files = files;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    this.files.companion?.expect(wanted);
    expectWork(wanted);
    if (wanted <= WINDOW / 2) {
      const isNear = offset >= this.last && offset - this.last < WINDOW;
      this.last = offset + wanted;
      if (isNear) {
        const bytes = this.files.window()?.read(this.fd, offset, wanted);
        if (bytes) return bytes;
      }
    }
    const bytes = memory(wanted);
    const done = readInto(this.fd, bytes, offset);
    return done < wanted ? bytes.subarray(0, done) : bytes;
  }

  close(): void {
    this.files.forget(this.fd);
    closeSync(this.fd);
  }
}

function wholeFile(fd: number): RandomAccess {
  const bytes = new Uint8Array(readFileSync(fd));
  closeSync(fd);
  return { size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length), close() {} };
}

function direct(name: string): OutputFile {
  const fd = openSync(name, "r+");
  let end = 0;
  let piped = false;
  return {
    write(bytes, position) {
      // Where positions mean nothing (a pipe), bytes must come in order.
      if (!piped) {
        try {
          writeAll(fd, bytes, position);
          return;
        } catch (error) {
          if ((error as { code?: string }).code !== "ESPIPE") throw error;
          piped = true;
        }
      }
      if (position > end) writeAll(fd, new Uint8Array(position - end), null);
      writeAll(fd, bytes, null);
      end = position + bytes.length;
    },
    finish: () => closeSync(fd),
    abandon: () => closeSync(fd),
  };
}

/**
 * Written under a temporary name in the same directory and renamed at the end,
 * so that nobody ever sees half an output. Where the directory may not be
 * written but the file may, the file itself is written.
 */
function replacing(name: string, executable: boolean, writing: Writing): OutputFile {
  const mode = executable ? 0o777 : 0o666;
  let temporary = "";
  let fd = -1;
  for (let attempt = 0; fd < 0; attempt++) {
    temporary = `${name}.${process.pid.toString(36)}${attempt === 0 ? "" : `-${attempt}`}.tmp`;
    try {
      fd = openSync(temporary, "wx", mode);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EEXIST" && attempt < 100) continue;
      if ((code === "EACCES" || code === "EPERM" || code === "ENAMETOOLONG") && existsSync(name))
        return inPlace(name, writing);
      throw error;
    }
  }
  return atPositions(
    fd,
    writing,
    () => renameSync(temporary, name),
    () => unlinkSync(temporary),
  );
}

function inPlace(name: string, writing: Writing): OutputFile {
  const fd = openSync(name, "r+");
  const nothing = (): void => {};
  return atPositions(fd, writing, nothing, () => ftruncateSync(fd, 0));
}

function atPositions(fd: number, writing: Writing, finished: () => void, abandoned: () => void): OutputFile {
  let end = 0;
  const abandon = (): void => {
    writing.end();
    abandoned();
    closeSync(fd);
  };
  return {
    backlog: writing.backlog,
    write(bytes, position) {
      writing.write(fd, bytes, position);
      end = Math.max(end, position + bytes.length);
    },
    finish() {
      writing.end();
      try {
        writing.check();
      } catch (error) {
        abandon();
        throw error;
      }
      ftruncateSync(fd, end);
      closeSync(fd);
      finished();
    },
    abandon,
  };
}

function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    done += writeSync(fd, bytes, done, bytes.length - done, at);
  }
}
