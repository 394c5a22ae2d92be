import { fstatSync, writeSync } from "node:fs";

// Text for standard output and standard error. Node's own streams for them take
// five milliseconds to make, a tenth of a small link, as they bring the network
// along; and they would be in the start-up snapshot.

/** Writes it, waiting where somebody made the descriptor non-blocking. */
export function printText(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** The major number of /dev/null and other devices that are memory. */
const MEMORY = 1;

/** Whether standard error is a terminal: Node is asked only where it may be one. */
export function isErrorTerminal(): boolean {
  try {
    const stats = fstatSync(2);
    return stats.isCharacterDevice() && stats.rdev >> 8 !== MEMORY && process.stderr.isTTY === true;
  } catch {
    return false;
  }
}
