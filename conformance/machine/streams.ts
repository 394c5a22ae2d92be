// Random programs without a meaning, for comparing machines: random registers,
// a loop of random instructions with some branches over the next ones, and at
// the end all registers and memory are written out.
import { type Operation, operandValue } from "../../src/machine/operation.ts";
import { encode, type Instruction, operandRange } from "../../src/riscv/index.ts";

/** A small generator of numbers (xorshift), so that a seed is a program. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) | 1;
    for (let i = 0; i < 8; i++) this.bits();
  }

  /** 32 random bits, signed. */
  bits(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return Math.imul(x, 0x2545f491) ^ (x >>> 15);
  }

  below(limit: number): number {
    return (this.bits() >>> 0) % limit;
  }
}

/** Where programs are, where their data is, and how long it is. */
export const BASE = 0x10000;
export const DATA = 0x20000;
export const DATA_SIZE = 4096;

const POINTER = 8;
const COUNTER = 9;
const STACK = 2;
const reserved = new Set([POINTER, COUNTER, STACK]);

/** Words and halfwords of code. */
class Code {
  readonly bytes: number[] = [];

  word(word: number): void {
    this.bytes.push(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, (word >>> 24) & 255);
  }

  half(half: number): void {
    this.bytes.push(half & 255, (half >>> 8) & 255);
  }
}

const addi = (rd: number, rs1: number, imm: number): number =>
  ((imm & 0xfff) << 20) | (rs1 << 15) | (rd << 7) | 0x13;
const lui = (rd: number, upper: number): number => (upper << 12) | (rd << 7) | 0x37;
const load = (rd: number, rs1: number, imm: number, wide: boolean): number =>
  ((imm & 0xfff) << 20) | (rs1 << 15) | ((wide ? 3 : 2) << 12) | (rd << 7) | 0x03;
const store = (rs2: number, rs1: number, imm: number, wide: boolean): number =>
  ((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | ((wide ? 3 : 2) << 12) | ((imm & 31) << 7) | 0x23;
const loadDouble = (fd: number, rs1: number, imm: number): number =>
  ((imm & 0xfff) << 20) | (rs1 << 15) | (3 << 12) | (fd << 7) | 0x07;
const storeDouble = (fs: number, rs1: number, imm: number): number =>
  ((imm >> 5) << 25) | (fs << 20) | (rs1 << 15) | (3 << 12) | ((imm & 31) << 7) | 0x27;

/** One random instruction of a row, or undefined if it would touch what the program needs. */
function randomWord(
  row: Instruction,
  operationOf: (word: number) => Operation | undefined,
  xlen: 32 | 64,
  random: Random,
): number | undefined {
  const values = row.operands.map((kind) => {
    if (kind.class === "x" || kind.class === "f") {
      if (kind.registers) return kind.registers[random.below(kind.registers.length)];
      // Bases of accesses are likelier to be right.
      return kind.name === "rs1" && random.below(3) === 0 ? POINTER : random.below(32);
    }
    if (kind.class === "rm") return [0, 1, 2, 3, 4, 7][random.below(6)];
    const [least, most] = operandRange(kind, xlen);
    if (kind.class === "offset") {
      const limit = Math.min(most, 2040 - kind.scale);
      return Math.floor(random.below(limit + 1) / Math.max(kind.scale, 8)) * Math.max(kind.scale, 8);
    }
    const steps = Math.floor((most - least) / kind.scale) + 1;
    return least + random.below(steps) * kind.scale;
  });
  const word = encode(row, values);
  const operation = operationOf(word | 0);
  if (!operation || operation.size !== row.size) return undefined;
  const { traits } = operation;
  if (traits.system || traits.jumps || traits.calls.some((name) => /reserved|conditional|fence/.test(name))) {
    return undefined;
  }
  for (const source of operation.operands) {
    const value = operandValue(source, word);
    if (source.name === "rd" && reserved.has(value)) return undefined;
    if (source.name === "rs1" && traits.memory && value !== POINTER && value !== STACK) return undefined;
    if (source.name === "imm" && traits.memory && (value < 0 || value > 2032)) return undefined;
  }
  return word;
}

/** The bytes of a random program, to be loaded at BASE, DATA included. */
export function randomProgram(
  rows: readonly Instruction[],
  operationOf: (word: number) => Operation | undefined,
  xlen: 32 | 64,
  seed: number,
): Uint8Array {
  const random = new Random(seed);
  const code = new Code();
  const wide = xlen === 64;
  code.word(lui(POINTER, DATA >> 12));
  code.word(addi(STACK, POINTER, 0));
  code.word(addi(COUNTER, 0, 20 + random.below(60)));
  // fsrm with a random mode
  code.word(0x00205073 | (random.below(5) << 15));
  for (let i = 1; i < 32; i++) if (!reserved.has(i)) code.word(load(i, POINTER, 8 * i, wide));
  for (let i = 0; i < 32; i++) code.word(loadDouble(i, POINTER, 256 + 8 * i));
  const start = code.bytes.length;
  const ends: number[] = [];
  const count = 10 + random.below(60);
  // Branches are filled in when it is known where the instructions after them end.
  const branches: {
    readonly at: number;
    readonly over: number;
    readonly from: number;
    readonly word: number;
  }[] = [];
  for (let i = 0; i < count; ) {
    if (random.below(8) === 0) {
      const funct3 = [0, 1, 4, 5, 6, 7][random.below(6)];
      const word = (random.below(32) << 20) | (random.below(32) << 15) | (funct3 << 12) | 0x63;
      branches.push({ at: code.bytes.length, over: 1 + random.below(4), from: ends.length + 1, word });
      code.word(word);
      ends.push(code.bytes.length);
      i++;
      continue;
    }
    const row = rows[random.below(rows.length)];
    const word = randomWord(row, operationOf, xlen, random);
    if (word === undefined) continue;
    if (row.size === 2) code.half(word);
    else code.word(word);
    ends.push(code.bytes.length);
    i++;
  }
  for (const { at, over, from, word } of branches) {
    const target = ends[Math.min(from + over, ends.length) - 1] ?? code.bytes.length;
    const offset = target - at;
    const full =
      word |
      (((offset >> 12) & 1) << 31) |
      (((offset >> 5) & 63) << 25) |
      (((offset >> 1) & 15) << 8) |
      (((offset >> 11) & 1) << 7);
    for (let i = 0; i < 4; i++) code.bytes[at + i] = (full >>> (8 * i)) & 255;
  }
  code.word(addi(COUNTER, COUNTER, -1));
  const back = start - code.bytes.length;
  code.word(
    (((back >> 12) & 1) << 31) |
      (((back >> 5) & 63) << 25) |
      (COUNTER << 15) |
      (1 << 12) |
      (((back >> 1) & 15) << 8) |
      (((back >> 11) & 1) << 7) |
      0x63,
  );
  for (let i = 1; i < 32; i++) code.word(store(i, POINTER, 8 * i, wide));
  for (let i = 0; i < 32; i++) code.word(storeDouble(i, POINTER, 256 + 8 * i));
  // frflags t0; sw
  code.word(0x001022f3);
  code.word(store(5, POINTER, 512, wide));
  // write(1, DATA, DATA_SIZE); exit(0)
  code.word(addi(10, 0, 1));
  code.word(addi(11, POINTER, 0));
  code.word(lui(12, DATA_SIZE >> 12));
  code.word(addi(17, 0, 64));
  code.word(0x73);
  code.word(addi(10, 0, 0));
  code.word(addi(17, 0, 93));
  code.word(0x73);
  const bytes = new Uint8Array(DATA - BASE + DATA_SIZE);
  bytes.set(code.bytes);
  // Interesting values: small ones, extremes, floating-point numbers of each kind, noise.
  const view = new DataView(bytes.buffer, DATA - BASE);
  for (let at = 0; at < DATA_SIZE; at += 8) {
    const kind = random.below(8);
    let low = random.bits();
    let high = random.bits();
    if (kind === 0) [low, high] = [random.below(16) - 8, 0];
    else if (kind === 1)
      [low, high] = [0, [0x7ff00000, 0xfff00000, 0x7ff80000, 0, 0x80000000, 0x3ff00000][random.below(6)]];
    else if (kind === 2) [low, high] = [random.bits(), -1];
    else if (kind === 3)
      [low, high] = [[0x7f800000, 0x7fc00000, 0, 0x80000000, 0x3f800000, 1][random.below(6)], -1];
    else if (kind === 4) high = 0x3ff00000 | (random.bits() & 0x807fffff);
    else if (kind === 5) [low, high] = [(0x3f800000 ^ (random.bits() & 0x83ffffff)) | 0, -1];
    if (kind === 0) high = low >> 31;
    view.setInt32(at, low, true);
    view.setInt32(at + 4, high, true);
  }
  return bytes;
}

/** A static executable with one segment that holds a program. */
export function asExecutable(program: Uint8Array, xlen: 32 | 64): Uint8Array {
  const wide = xlen === 64;
  const header = 0x1000;
  const file = new Uint8Array(header + program.length);
  const view = new DataView(file.buffer);
  const address = (at: number, value: number): void => {
    view.setUint32(at, value, true);
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  address(24, BASE);
  address(wide ? 32 : 28, wide ? 64 : 52);
  // RVC and the double-float ABI
  view.setUint32(wide ? 48 : 36, 5, true);
  view.setUint16(wide ? 52 : 40, wide ? 64 : 52, true);
  view.setUint16(wide ? 54 : 42, wide ? 56 : 32, true);
  view.setUint16(wide ? 56 : 44, 1, true);
  const at = wide ? 64 : 52;
  view.setUint32(at, 1, true);
  if (wide) {
    view.setUint32(at + 4, 7, true);
    address(at + 8, header);
    address(at + 16, BASE);
    address(at + 24, BASE);
    address(at + 32, program.length);
    address(at + 40, program.length);
    address(at + 48, 0x1000);
  } else {
    address(at + 4, header);
    address(at + 8, BASE);
    address(at + 12, BASE);
    address(at + 16, program.length);
    address(at + 20, program.length);
    view.setUint32(at + 24, 7, true);
    address(at + 28, 0x1000);
  }
  file.set(program, header);
  return file;
}
