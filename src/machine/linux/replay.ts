import type { Stream, Terminal } from "./descriptors.ts";

/** Where a stream stands: bytes read, bytes written. */
export interface StreamMark {
  readonly read: number;
  readonly written: number;
}

/**
 * A stream that a program can be taken back in. What was read is kept, and read
 * again after going back; what was shown is not shown again.
 */
export class ReplayedStream implements Stream {
  readonly kind: Stream["kind"];
  readonly terminal: Terminal | undefined;
  readonly #stream: Stream;
  #log = new Uint8Array(4096);
  #logged = 0;
  #read = 0;
  #written = 0;
  #shown = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.kind = stream.kind;
    this.terminal = stream.terminal;
  }

  read(into: Uint8Array): number {
    if (this.#read < this.#logged) {
      const known = this.#log.subarray(this.#read, Math.min(this.#logged, this.#read + into.length));
      into.set(known);
      this.#read += known.length;
      return known.length;
    }
    const count = this.#stream.read(into);
    if (count <= 0) return count;
    if (this.#logged + count > this.#log.length) {
      const grown = new Uint8Array(Math.max(this.#log.length * 2, this.#logged + count));
      grown.set(this.#log.subarray(0, this.#logged));
      this.#log = grown;
    }
    this.#log.set(into.subarray(0, count), this.#logged);
    this.#logged += count;
    this.#read = this.#logged;
    return count;
  }

  write(bytes: Uint8Array): number {
    const old = Math.min(bytes.length, this.#shown - this.#written);
    const count = old < bytes.length ? this.#stream.write(bytes.subarray(old)) : 0;
    if (count < 0) return count;
    this.#written += old + count;
    this.#shown = Math.max(this.#shown, this.#written);
    return old + count;
  }

  mark(): StreamMark {
    return { read: this.#read, written: this.#written };
  }

  goTo(mark: StreamMark): void {
    this.#read = mark.read;
    this.#written = mark.written;
  }
}
