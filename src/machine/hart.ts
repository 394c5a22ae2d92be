// A hart as TypeScript sees it: named access to its block of the machine's
// memory (layout.ts). Values live there and nowhere else, so that copying the
// block is a snapshot of the hart.
import * as at from "./layout.ts";
import type { Memory } from "./memory.ts";

/** Privilege levels by their encoding. */
export const USER = 0;
export const SUPERVISOR = 1;
export const MACHINE = 3;

export class Hart {
  readonly index: number;
  readonly xlen: 32 | 64;
  readonly memory: Memory;
  /** Where its block starts in the WebAssembly memory. */
  readonly base: number;
  readonly #view: DataView<ArrayBuffer>;

  constructor(memory: Memory, index: number, xlen: 32 | 64) {
    this.memory = memory;
    this.index = index;
    this.xlen = xlen;
    this.base = at.HARTS + index * at.HART_SIZE;
    this.#view = memory.view;
  }

  /** An integer register, unsigned. */
  x(register: number): bigint {
    const place = this.base + at.X + 8 * register;
    return this.xlen === 64
      ? this.#view.getBigUint64(place, true)
      : BigInt(this.#view.getUint32(place, true));
  }

  setX(register: number, value: bigint): void {
    if (register === 0) return;
    const place = this.base + at.X + 8 * register;
    if (this.xlen === 64) this.#view.setBigUint64(place, BigInt.asUintN(64, value), true);
    else this.#view.setUint32(place, Number(BigInt.asUintN(32, value)), true);
  }

  /** An integer register as an unsigned number; above 2^53 its low bits are lost. */
  number(register: number): number {
    return this.#unsigned(this.base + at.X + 8 * register);
  }

  /** An integer register as a signed number; beyond 2^53 its low bits are lost. */
  signed(register: number): number {
    const place = this.base + at.X + 8 * register;
    if (this.xlen === 32) return this.#view.getInt32(place, true);
    return this.#view.getInt32(place + 4, true) * 2 ** 32 + this.#view.getUint32(place, true);
  }

  /** Sets an integer register to a whole number, which is sign-extended. */
  setNumber(register: number, value: number): void {
    if (register === 0) return;
    this.#set(this.base + at.X + 8 * register, value);
  }

  /** A floating-point register's 64 bits, boxing included. */
  f(register: number): bigint {
    return this.#view.getBigUint64(this.base + at.F + 8 * register, true);
  }

  setF(register: number, value: bigint): void {
    this.#view.setBigUint64(this.base + at.F + 8 * register, BigInt.asUintN(64, value), true);
  }

  /** The address of the next instruction, unsigned. */
  get pc(): bigint {
    const place = this.base + at.PC;
    return this.xlen === 64
      ? this.#view.getBigUint64(place, true)
      : BigInt(this.#view.getUint32(place, true));
  }

  set pc(value: bigint) {
    this.#view.setBigUint64(this.base + at.PC, BigInt.asUintN(this.xlen, value), true);
  }

  /** The same as an unsigned number, exact below 2^53. */
  get pcNumber(): number {
    return this.#unsigned(this.base + at.PC);
  }

  set pcNumber(value: number) {
    this.#set(this.base + at.PC, value);
    if (this.xlen === 32) this.#view.setUint32(this.base + at.PC + 4, 0, true);
  }

  /** Accrued floating-point exceptions, as in fflags. */
  get fflags(): number {
    return this.#view.getUint32(this.base + at.FFLAGS, true);
  }

  set fflags(value: number) {
    this.#view.setUint32(this.base + at.FFLAGS, value & 31, true);
  }

  get frm(): number {
    return this.#view.getUint32(this.base + at.FRM, true);
  }

  set frm(value: number) {
    this.#view.setUint32(this.base + at.FRM, value & 7, true);
  }

  #unsigned(place: number): number {
    const low = this.#view.getUint32(place, true);
    return this.xlen === 32 ? low : this.#view.getUint32(place + 4, true) * 2 ** 32 + low;
  }

  #set(place: number, value: number): void {
    this.#view.setInt32(place, value | 0, true);
    if (value === (value | 0)) this.#view.setInt32(place + 4, value >> 31, true);
    else this.#view.setInt32(place + 4, Math.floor(value / 2 ** 32) | 0, true);
    // A number above 2^31 has more bits than `| 0` keeps of a double beyond 2^53 only.
    if (value !== (value | 0))
      this.#view.setUint32(place, value - Math.floor(value / 2 ** 32) * 2 ** 32, true);
  }
}
