import { constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import tty from "node:tty";
import { errors, type Stream, type Terminal } from "../machine/index.ts";
import { errorOf } from "./node-tree.ts";

/** Standard input and output as a guest has them: nothing is buffered, and a read waits. */

function kindOf(fd: number): "character" | "pipe" | "file" {
  try {
    const stats = fstatSync(fd);
    return stats.isCharacterDevice() ? "character" : stats.isFile() ? "file" : "pipe";
  } catch {
    return "pipe";
  }
}

/** Waits without using the processor. */
export function sleepMilliseconds(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Reads, waiting; 0 at the end. A descriptor that somebody made non-blocking is asked again. */
function readWaiting(fd: number, into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, into);
    } catch (error) {
      const code = errorOf(error);
      if (code === -errors.EAGAIN) sleepMilliseconds(5);
      else return (error as { code?: string }).code === "EOF" ? 0 : code;
    }
  }
}

/** Writes all of it. */
function writeAll(fd: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = errorOf(error);
      if (code !== -errors.EAGAIN) return done > 0 ? done : code;
      sleepMilliseconds(1);
    }
  }
  return done;
}

/** The terminal was made raw. Only then is `process.stdin` asked for: it takes long to make. */
let isRaw = false;

/** The process's terminal, if this descriptor is one. */
function terminalOf(fd: number): Terminal | undefined {
  if (!tty.isatty(fd)) return undefined;
  const size = process.stdout.isTTY ? process.stdout : process.stderr;
  return {
    get columns() {
      return size.columns ?? 80;
    },
    get rows() {
      return size.rows ?? 24;
    },
    setRaw(raw) {
      isRaw ||= raw;
      if (process.stdin.isTTY) process.stdin.setRawMode(raw);
    },
  };
}

/** One of the descriptors 0, 1 and 2. */
export function standardStream(fd: number): Stream {
  return {
    kind: kindOf(fd),
    read: (into) => (into.length === 0 ? 0 : readWaiting(fd, into)),
    write: (bytes) => writeAll(fd, bytes),
    terminal: terminalOf(fd),
  };
}

/**
 * Reads standard input without waiting: 0 where there is nothing yet, and at
 * the end. A pipe or a terminal is opened a second time for that, so that
 * whoever shares it with us does not find it changed.
 */
export function inputPoller(): (into: Uint8Array) => number {
  let fd = 0;
  if (kindOf(0) !== "file") {
    try {
      fd = openSync("/dev/stdin", constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return () => 0;
    }
  }
  return (into) => {
    try {
      return readSync(fd, into);
    } catch {
      return 0;
    }
  };
}

/** Leaves the terminal as it was found. */
export function restoreTerminal(): void {
  if (isRaw && process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
}
