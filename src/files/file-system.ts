/** Why a file could not be opened, in the words of strerror: `No such file or directory`. */
export interface FileProblem {
  readonly problem: string;
}

/** A file that is open for reading at any place. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /** Bytes from `offset`; fewer than `length` where the file ends before. The caller owns the result. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Work that another thread does behind the caller's back, piece by piece in the order in which it was given. */
export interface Backlog {
  /** How many pieces were given so far. */
  readonly given: number;
  /** Returns when the first `count` of them are done. */
  await(count: number): void;
}

/**
 * A file being written. Until `finish` nothing is seen under its name (it has a
 * temporary one); `abandon` leaves no trace.
 */
export interface OutputFile {
  write(bytes: Uint8Array, position: number): void;
  /** Set where `write` may return before it has read the bytes: until what was given is done, they must not change. */
  readonly backlog?: Backlog;
  finish(): void;
  abandon(): void;
}

/** All that a stage knows of the outside: it never touches Node or a page. Paths are opaque strings with `/`. */
export interface FileSystem {
  open(path: string): RandomAccess | FileProblem;
  /** True for anything that `open` would read: not for a directory. */
  isFile(path: string): boolean;
  create(path: string, options?: { executable?: boolean }): OutputFile | FileProblem;
}

export function isProblem<T extends object>(value: T | FileProblem): value is FileProblem {
  return "problem" in value;
}
