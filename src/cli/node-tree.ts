import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import {
  type DirectoryEntry,
  errors,
  type FileKind,
  type FileStatus,
  type FileTree,
  type OpenHow,
  type TreeFile,
} from "../machine/index.ts";

/**
 * A folder of the host as a guest sees it. Nothing outside the folder can be
 * reached: paths come without `..`, and whatever a symbolic link leads to is
 * checked to be within before it is used.
 */
export class NodeTree implements FileTree {
  readonly #root: string;
  readonly #writable: boolean;

  constructor(folder: string, writable = true) {
    this.#root = realpathSync(folder);
    this.#writable = writable;
  }

  #inside(file: string): boolean {
    return file === this.#root || file.startsWith(this.#root === "/" ? "/" : this.#root + path.sep);
  }

  /** The host's path, its folders resolved, the last part only if `follow`; an error number where it leads outside. */
  #real(name: string, follow: boolean): string | number {
    const file = path.join(this.#root, name);
    try {
      if (name === "/") return this.#root;
      const folder = realpathSync(path.dirname(file));
      const plain = path.join(folder, path.basename(file));
      if (!this.#inside(folder)) return -errors.ENOENT;
      if (!follow) return plain;
      try {
        const real = realpathSync(plain);
        return this.#inside(real) ? real : -errors.ENOENT;
      } catch (error) {
        // A file to be made. But a link to nowhere could be made to lead out.
        if (codeOf(error) !== "ENOENT" || isLink(plain)) return errorOf(error);
        return plain;
      }
    } catch (error) {
      return errorOf(error);
    }
  }

  /** Calls `action` with the host's path; its error, or one of its path, comes back negated. */
  #with<T>(name: string, follow: boolean, action: (file: string) => T | number): T | number {
    const file = this.#real(name, follow);
    if (typeof file === "number") return file;
    try {
      return action(file);
    } catch (error) {
      return errorOf(error);
    }
  }

  #change(name: string, action: (file: string) => void): number {
    if (!this.#writable) return -errors.EROFS;
    return this.#with(name, false, (file) => {
      action(file);
      return 0;
    });
  }

  status(name: string, follow: boolean): FileStatus | number {
    return this.#with(name, follow, (file) => statusOf(follow ? statSync(file) : lstatSync(file)));
  }

  open(name: string, how: OpenHow): TreeFile | number {
    if (!this.#writable && (how.write || how.create)) return -errors.EROFS;
    const flags =
      (how.write ? constants.O_RDWR : constants.O_RDONLY) |
      (how.create ? constants.O_CREAT : 0) |
      (how.exclusive ? constants.O_EXCL : 0) |
      (how.truncate && how.write ? constants.O_TRUNC : 0) |
      constants.O_NOFOLLOW;
    return this.#with(name, true, (file) => openFile(openSync(file, flags, how.mode)));
  }

  list(name: string): readonly DirectoryEntry[] | number {
    return this.#with(name, true, (file) =>
      readdirSync(file, { withFileTypes: true })
        .map((entry, index) => ({ name: entry.name, kind: kindOf(entry), inode: index + 2 }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  readLink(name: string): string | number {
    return this.#with(name, false, (file) => readlinkSync(file));
  }

  makeDirectory(name: string, mode: number): number {
    return this.#change(name, (file) => mkdirSync(file, mode));
  }

  remove(name: string, directory: boolean): number {
    return this.#change(name, (file) => (directory ? rmdirSync(file) : unlinkSync(file)));
  }

  rename(from: string, to: string): number {
    const source = this.#real(from, false);
    if (typeof source === "number") return source;
    return this.#change(to, (target) => renameSync(source, target));
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}

const codeOf = (error: unknown) => (error as { code?: string }).code ?? "";

/** The negated number of an error of Node's. */
export function errorOf(error: unknown): number {
  const known: Readonly<Record<string, number>> = { ...errors } as unknown as Record<string, number>;
  const code = codeOf(error);
  return typeof known[code] === "number" ? -known[code] : -errors.EIO;
}

interface Kinds {
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isCharacterDevice(): boolean;
  isFIFO(): boolean;
}

function kindOf(entry: Kinds): FileKind {
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isCharacterDevice()) return "character";
  return entry.isFIFO() ? "pipe" : "file";
}

function statusOf(stats: Stats): FileStatus {
  return {
    kind: kindOf(stats),
    size: stats.size,
    mode: stats.mode & 0o7777,
    inode: stats.ino,
    links: stats.nlink,
    modified: BigInt(Math.floor(stats.mtimeMs)) * 1_000_000n,
  };
}

function openFile(fd: number): TreeFile {
  const attempt = (action: () => number) => {
    try {
      return action();
    } catch (error) {
      return errorOf(error);
    }
  };
  return {
    status: () => statusOf(fstatSync(fd)),
    read: (position, into) => attempt(() => readSync(fd, into, 0, into.length, position)),
    write: (position, bytes) => attempt(() => writeSync(fd, bytes, 0, bytes.length, position)),
    truncate: (size) =>
      attempt(() => {
        ftruncateSync(fd, size);
        return 0;
      }),
    close: () => closeSync(fd),
  };
}
