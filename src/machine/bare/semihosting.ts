import type { Hart } from "../hart.ts";
import { EBADF, EINVAL, ENOSYS } from "../linux/errors.ts";
import { type FileTree, MemoryTree, normalise, type TreeFile } from "../linux/file-tree.ts";
import type { Memory } from "../memory.ts";

/**
 * RISC-V semihosting: a program without an operating system asks the debugger
 * for files, time and an end. The request is the sequence
 *
 *     slli zero, zero, 0x1f;  ebreak;  srai zero, zero, 7
 *
 * (never compressed) with the operation in a0 and a parameter, mostly the
 * address of a block of XLEN-sized fields, in a1. The calls are Arm's.
 */

const BEFORE = 0x01f01013;
const EBREAK = 0x00100073;
const AFTER = 0x40705013;

/** Whether the ebreak at `pc` is such a request. */
export function isSemihosting(memory: Memory, pc: number): boolean {
  return memory.read32(pc - 4) === BEFORE && memory.read32(pc) === EBREAK && memory.read32(pc + 4) === AFTER;
}

/** Whether the bytes of a file hold the sequence anywhere, at even offsets. */
export function usesSemihosting(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 12 <= bytes.length; at += 2)
    if (
      bytes[at] === 0x13 &&
      view.getUint32(at, true) === BEFORE &&
      view.getUint32(at + 4, true) === EBREAK &&
      view.getUint32(at + 8, true) === AFTER
    )
      return true;
  return false;
}

/** Names of the operations, for traces. */
export const OPERATIONS: Readonly<Record<number, string>> = {
  1: "SYS_OPEN",
  2: "SYS_CLOSE",
  3: "SYS_WRITEC",
  4: "SYS_WRITE0",
  5: "SYS_WRITE",
  6: "SYS_READ",
  7: "SYS_READC",
  8: "SYS_ISERROR",
  9: "SYS_ISTTY",
  10: "SYS_SEEK",
  12: "SYS_FLEN",
  13: "SYS_TMPNAM",
  14: "SYS_REMOVE",
  15: "SYS_RENAME",
  16: "SYS_CLOCK",
  17: "SYS_TIME",
  18: "SYS_SYSTEM",
  19: "SYS_ERRNO",
  21: "SYS_GET_CMDLINE",
  22: "SYS_HEAPINFO",
  24: "SYS_EXIT",
  32: "SYS_EXIT_EXTENDED",
  48: "SYS_ELAPSED",
  49: "SYS_TICKFREQ",
};

/** ADP_Stopped_ApplicationExit: the normal end. */
const APPLICATION_EXIT = 0x20026;

/** Bytes in and out without a position: what `:tt` and a UART are. */
export interface Console {
  /** Bytes read; 0 where there are none, negative at a failure. */
  read(into: Uint8Array): number;
  /** The same without waiting, for a UART whose program asks again and again. */
  poll?(into: Uint8Array): number;
  write(bytes: Uint8Array, errors: boolean): void;
  readonly isTerminal: boolean;
}

export interface SemihostingOptions {
  readonly console: Console;
  readonly files?: FileTree;
  readonly folder?: string;
  /** The program's name and arguments, as one line. */
  readonly commandLine: string;
  /** Heap base and limit, stack base and limit; 0 means "find out yourself". */
  readonly heap?: readonly [number, number, number, number];
  /** Seconds since 1970, and what was computed, in nanoseconds. */
  readonly time: () => number;
  readonly elapsed: () => bigint;
}

type Handle =
  | { readonly kind: "console"; readonly errors: boolean }
  | { readonly kind: "features"; position: number }
  | { readonly kind: "file"; readonly file: TreeFile; position: number; readonly append: boolean };

/** ":semihosting-features": SHFB, then a byte that says that there is SYS_EXIT_EXTENDED, and stdout and stderr apart. */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 3);

export class Semihosting {
  readonly #memory: Memory;
  readonly #options: SemihostingOptions;
  readonly #tree: FileTree;
  readonly #handles = new Map<number, Handle>();
  #errno = 0;
  /** The exit code, once the program has ended. */
  exit: number | undefined;

  constructor(memory: Memory, options: SemihostingOptions) {
    this.#memory = memory;
    this.#options = options;
    this.#tree = options.files ?? new MemoryTree();
  }

  /** Carries out the request of a hart; its result is put into a0. */
  call(hart: Hart): void {
    const result = this.#do(hart, hart.number(10), hart.number(11));
    hart.setNumber(10, result);
  }

  /** Field `index` of the parameter block. */
  #field(hart: Hart, block: number, index: number): number {
    if (hart.xlen === 32) return this.#memory.read32(block + 4 * index) ?? 0;
    return Number(BigInt.asIntN(64, this.#memory.read64(block + 8 * index) ?? 0n));
  }

  #putField(hart: Hart, block: number, index: number, value: number): void {
    if (hart.xlen === 32) this.#memory.write32(block + 4 * index, value);
    else this.#memory.write64(block + 8 * index, BigInt(value));
  }

  #text(address: number, size: number): string {
    const bytes = this.#memory.slice(address, Math.min(size, 65536));
    return bytes ? new TextDecoder().decode(bytes) : "";
  }

  #fail(error: number): number {
    this.#errno = error;
    return -1;
  }

  #path(name: string): string {
    return normalise(name, this.#options.folder ?? "/");
  }

  #result(result: number): number {
    return result < 0 ? this.#fail(-result) : 0;
  }

  #do(hart: Hart, operation: number, a: number): number {
    const field = (index: number) => this.#field(hart, a, index);
    const { console } = this.#options;
    switch (operation) {
      case 1:
        return this.#open(this.#text(field(0), field(2)), field(1));
      case 2:
        return this.#close(field(0));
      case 3:
        console.write(this.#memory.slice(a, 1)?.slice() ?? new Uint8Array(0), false);
        return 0;
      case 4:
        console.write(this.#memory.readString(a, 1 << 20) ?? new Uint8Array(0), false);
        return 0;
      case 5:
        return this.#write(field(0), field(1), field(2));
      case 6:
        return this.#read(field(0), field(1), field(2));
      case 7: {
        const byte = new Uint8Array(1);
        return console.read(byte) === 1 ? byte[0] : -1;
      }
      case 8:
        return (field(0) | 0) < 0 ? 1 : 0;
      case 9: {
        const handle = this.#handles.get(field(0));
        if (!handle) return this.#fail(EBADF);
        return handle.kind === "console" && console.isTerminal ? 1 : 0;
      }
      case 10: {
        const handle = this.#handles.get(field(0));
        if (!handle || handle.kind === "console") return this.#fail(handle ? EINVAL : EBADF);
        handle.position = field(1);
        return 0;
      }
      case 12: {
        const handle = this.#handles.get(field(0));
        if (handle?.kind === "features") return FEATURES.length;
        return handle?.kind === "file" ? handle.file.status().size : this.#fail(EBADF);
      }
      case 13: {
        const bytes = new TextEncoder().encode(`/tmp/premain-${field(1)}\0`);
        return bytes.length <= field(2) && this.#memory.write(field(0), bytes) ? 0 : -1;
      }
      case 14:
        return this.#result(this.#tree.remove(this.#path(this.#text(field(0), field(1))), false));
      case 15: {
        const from = this.#path(this.#text(field(0), field(1)));
        return this.#result(this.#tree.rename(from, this.#path(this.#text(field(2), field(3)))));
      }
      case 16:
        return Number(this.#options.elapsed() / 10_000_000n);
      case 17:
        return this.#options.time();
      case 18:
        return this.#fail(ENOSYS);
      case 19:
        return this.#errno;
      case 21: {
        const bytes = new TextEncoder().encode(`${this.#options.commandLine}\0`);
        if (bytes.length > field(1) || !this.#memory.write(field(0), bytes)) return -1;
        this.#putField(hart, a, 1, bytes.length - 1);
        return 0;
      }
      case 22: {
        const block = field(0);
        const heap = this.#options.heap ?? [0, 0, 0, 0];
        for (const [i, value] of heap.entries()) this.#putField(hart, block, i, value);
        return 0;
      }
      case 24:
        // RV32 has the reason itself in a1 and no code; RV64 a block with both.
        if (hart.xlen === 32) this.exit = a === APPLICATION_EXIT ? 0 : 1;
        else this.exit = field(0) === APPLICATION_EXIT ? field(1) & 255 : 1;
        return 0;
      case 32:
        this.exit = field(0) === APPLICATION_EXIT ? field(1) & 255 : 1;
        return 0;
      case 48: {
        const ticks = this.#options.elapsed();
        if (hart.xlen === 64) return this.#memory.write64(a, ticks) ? 0 : -1;
        const low = this.#memory.write32(a, Number(BigInt.asIntN(32, ticks)));
        return low && this.#memory.write32(a + 4, Number(BigInt.asIntN(32, ticks >> 32n))) ? 0 : -1;
      }
      case 49:
        return 1_000_000_000;
      default:
        return this.#fail(ENOSYS);
    }
  }

  /** Modes are those of fopen, numbered: r rb r+ r+b w wb w+ w+b a ab a+ a+b. */
  #open(name: string, mode: number): number {
    if (!(mode >= 0 && mode <= 11)) return this.#fail(EINVAL);
    let handle: Handle;
    if (name === ":tt") handle = { kind: "console", errors: mode >= 8 };
    else if (name === ":semihosting-features") {
      if (mode > 1) return this.#fail(EINVAL);
      handle = { kind: "features", position: 0 };
    } else {
      const kind = mode >> 2;
      const file = this.#tree.open(this.#path(name), {
        read: kind === 0 || (mode & 2) !== 0,
        write: kind !== 0 || (mode & 2) !== 0,
        create: kind !== 0,
        exclusive: false,
        truncate: kind === 1,
        mode: 0o644,
      });
      if (typeof file === "number") return this.#fail(-file);
      handle = { kind: "file", file, position: 0, append: kind === 2 };
    }
    let number = 1;
    while (this.#handles.has(number)) number++;
    this.#handles.set(number, handle);
    return number;
  }

  #close(number: number): number {
    const handle = this.#handles.get(number);
    if (!handle) return this.#fail(EBADF);
    if (handle.kind === "file") handle.file.close();
    this.#handles.delete(number);
    return 0;
  }

  /** The number of bytes that were not written. */
  #write(number: number, address: number, size: number): number {
    const handle = this.#handles.get(number);
    const bytes = this.#memory.slice(address, size);
    if (!handle || handle.kind === "features" || !bytes) {
      this.#errno = EBADF;
      return size;
    }
    if (handle.kind === "console") {
      this.#options.console.write(bytes.slice(), handle.errors);
      return 0;
    }
    if (handle.append) handle.position = handle.file.status().size;
    const count = handle.file.write(handle.position, bytes);
    if (count < 0) {
      this.#errno = -count;
      return size;
    }
    handle.position += count;
    return size - count;
  }

  /** The number of bytes that were not read. */
  #read(number: number, address: number, size: number): number {
    const handle = this.#handles.get(number);
    const into = this.#memory.slice(address, size);
    if (!handle || !into) {
      this.#errno = EBADF;
      return size;
    }
    let count: number;
    if (handle.kind === "console") count = this.#options.console.read(into);
    else if (handle.kind === "file") count = handle.file.read(handle.position, into);
    else {
      const part = FEATURES.subarray(handle.position, handle.position + size);
      into.set(part);
      count = part.length;
    }
    if (count < 0) {
      this.#errno = -count;
      return size;
    }
    if (handle.kind !== "console") handle.position += count;
    this.#memory.wrote(address, count);
    return size - count;
  }
}
