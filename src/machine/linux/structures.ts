import type { FileKind, FileStatus } from "./file-tree.ts";

/** Layouts that the kernel shares with programs, as bytes. Those with `long` in them depend on XLEN. */

/** Writes fields one after the other. */
export class StructureWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #long: 4 | 8;
  at = 0;

  constructor(size: number, xlen: 32 | 64 = 64) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    this.#long = xlen === 64 ? 8 : 4;
  }

  u8(value: number): this {
    this.bytes[this.at++] = value;
    return this;
  }
  u16(value: number): this {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
    return this;
  }
  u32(value: number): this {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }
  u64(value: number | bigint): this {
    this.#view.setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), true);
    this.at += 8;
    return this;
  }
  /** A `long`, a `size_t` or a pointer. */
  long(value: number | bigint): this {
    return this.#long === 8 ? this.u64(value) : this.u32(Number(BigInt.asUintN(32, BigInt(value))));
  }
  text(value: string, size: number): this {
    for (let i = 0; i < value.length && i < size - 1; i++) this.bytes[this.at + i] = value.charCodeAt(i);
    this.at += size;
    return this;
  }
  skip(size: number): this {
    this.at += size;
    return this;
  }
}

const FORMATS: Readonly<Record<FileKind, number>> = {
  file: 0o100000,
  directory: 0o040000,
  link: 0o120000,
  character: 0o020000,
  pipe: 0o010000,
};

/** The d_type of a directory entry. */
export const ENTRY_TYPES: Readonly<Record<FileKind, number>> = {
  pipe: 1,
  character: 2,
  directory: 4,
  file: 8,
  link: 10,
};

export const USER_ID = 1000;
const BLOCK = 4096;
const BILLION = 1_000_000_000n;

/** `st_rdev` of a terminal: the device 136:0. */
const deviceOf = (status: FileStatus) => (status.kind === "character" ? 136 << 8 : 0);

/** `struct stat` of RV64 (asm-generic). */
export function statBytes(status: FileStatus): Uint8Array<ArrayBuffer> {
  const seconds = status.modified / BILLION;
  const rest = status.modified % BILLION;
  const w = new StructureWriter(128);
  w.u64(1).u64(status.inode);
  w.u32(FORMATS[status.kind] | status.mode).u32(status.links);
  w.u32(USER_ID).u32(USER_ID).u64(deviceOf(status)).u64(0);
  w.u64(status.size)
    .u32(BLOCK)
    .u32(0)
    .u64(Math.ceil(status.size / 512));
  for (let i = 0; i < 3; i++) w.u64(seconds).u64(rest);
  return w.bytes;
}

/** `struct statx`, the same for RV32 and RV64. */
export function statxBytes(status: FileStatus): Uint8Array<ArrayBuffer> {
  const basic = 0x7ff;
  const w = new StructureWriter(256);
  w.u32(basic).u32(BLOCK).u64(0);
  w.u32(status.links).u32(USER_ID).u32(USER_ID);
  w.u16(FORMATS[status.kind] | status.mode).u16(0);
  w.u64(status.inode)
    .u64(status.size)
    .u64(Math.ceil(status.size / 512))
    .u64(0);
  for (let i = 0; i < 4; i++) {
    w.u64(status.modified / BILLION);
    w.u32(Number(status.modified % BILLION)).u32(0);
  }
  const device = deviceOf(status);
  w.u32(device >> 8)
    .u32(device & 255)
    .u32(0)
    .u32(1);
  return w.bytes;
}

/** `struct linux_dirent64`: the name with its zero, rounded up to 8 bytes. */
export function directoryEntryBytes(
  name: string,
  inode: number,
  next: number,
  kind: FileKind,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(name);
  const size = (19 + text.length + 1 + 7) & ~7;
  const w = new StructureWriter(size);
  w.u64(inode).u64(next).u16(size).u8(ENTRY_TYPES[kind]);
  w.bytes.set(text, 19);
  return w.bytes;
}

/** `struct utsname`. */
export function utsnameBytes(xlen: 32 | 64): Uint8Array<ArrayBuffer> {
  const w = new StructureWriter(65 * 6);
  for (const text of ["Linux", "premain", "6.6.0", "#1 Premain", `riscv${xlen}`, "(none)"]) w.text(text, 65);
  return w.bytes;
}
