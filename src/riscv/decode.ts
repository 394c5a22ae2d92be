// From instruction words to rows of the table and back.
//
// Decoding must be quick (the machine decodes what it runs, objdump whole
// files), so a decoder sorts the rows that its machine has into buckets: 32-bit
// words by opcode and funct3 (256 buckets), compressed ones by quadrant and
// funct3 (32). Where a bucket is long (floating point: 60 operations under one
// opcode, with the rounding mode where funct3 is), it is split by funct7. A
// lookup then tests two or three masks and allocates nothing.
import type { Instruction } from "./instruction.ts";
import { type Isa, supports } from "./isa.ts";
import { extractOperand, insertOperand } from "./operands.ts";
import { instructions } from "./table.ts";

/** Finds the instruction of a word. */
export interface Decoder {
  readonly isa: Isa;
  /**
   * The index in `instructions()` of a word's instruction, or -1. Of a word
   * whose lowest two bits are not both ones only the lower 16 bits are looked at.
   */
  index(word: number): number;
}

/** Compressed: the bucket of a 16-bit word, from 256 on. */
const firstCompressed = 256;
const longBucket = 6;

/**
 * Whether a row that fits machines of both widths has words that are reserved on 32-bit ones: shift amounts of
 * 32 and more.
 */
function reservedOn32(instruction: Instruction): number {
  for (const operand of instruction.operands) {
    if (operand.key === "shamt") return 0x02000000;
    if (operand.key === "cshamt") return 0x00001000;
  }
  return 0;
}

class TableDecoder implements Decoder {
  readonly isa: Isa;
  /** For each bucket the start of its rows in `rows`, or -2 - n where it is split: the nth of `split`. */
  readonly #start: Int32Array;
  /** Runs of row indices, each ended by -1. */
  readonly #rows: Int16Array;
  /** 128 starts for each split bucket, by funct7. */
  readonly #split: Int32Array;
  readonly #match: Int32Array;
  readonly #mask: Int32Array;
  readonly #except: (readonly (readonly [number, number])[] | undefined)[];

  constructor(machine: Isa, lenient: boolean) {
    this.isa = machine;
    const all = instructions();
    this.#match = new Int32Array(all.length);
    this.#mask = new Int32Array(all.length);
    this.#except = new Array(all.length).fill(undefined);
    const buckets: number[][] = Array.from({ length: firstCompressed + 32 }, () => []);
    const order = ordered(machine, all);
    for (const row of order) {
      this.#match[row.index] = row.match;
      this.#mask[row.index] = row.mask;
      const shift = machine.xlen === 32 ? reservedOn32(row) : 0;
      const except = [...row.except];
      if (!lenient) except.push(...row.reserved);
      if (!lenient && shift) except.push([shift, shift]);
      if (except.length > 0) this.#except[row.index] = except;
      if (row.size === 2) {
        eachBucket(row, 13, 3, (funct3) =>
          buckets[firstCompressed + (row.match & 3) * 8 + funct3].push(row.index),
        );
      } else {
        eachBucket(row, 12, 3, (funct3) => buckets[((row.match >>> 2) & 31) * 8 + funct3].push(row.index));
      }
    }
    const start = new Int32Array(buckets.length);
    const rows: number[] = [-1];
    const split: number[] = [];
    const runs = new Map<string, number>();
    const run = (list: readonly number[]): number => {
      if (list.length === 0) return 0;
      const key = list.join();
      let at = runs.get(key);
      if (at === undefined) {
        at = rows.length;
        runs.set(key, at);
        rows.push(...list, -1);
      }
      return at;
    };
    for (let bucket = 0; bucket < buckets.length; bucket++) {
      const list = buckets[bucket];
      if (bucket >= firstCompressed || list.length <= longBucket) {
        start[bucket] = run(list);
        continue;
      }
      const parts: number[][] = Array.from({ length: 128 }, () => []);
      for (const index of list) eachBucket(all[index], 25, 7, (funct7) => parts[funct7].push(index));
      start[bucket] = -2 - split.length;
      for (const part of parts) split.push(run(part));
    }
    this.#start = start;
    this.#rows = Int16Array.from(rows);
    this.#split = Int32Array.from(split);
  }

  index(word: number): number {
    let at: number;
    if ((word & 3) === 3) {
      at = this.#start[((word >>> 2) & 31) * 8 + ((word >>> 12) & 7)];
      if (at < 0) at = this.#split[-2 - at + (word >>> 25)];
    } else {
      word &= 0xffff;
      at = this.#start[firstCompressed + (word & 3) * 8 + (word >>> 13)];
    }
    const rows = this.#rows;
    for (let index = rows[at]; index >= 0; index = rows[++at]) {
      if (((word ^ this.#match[index]) & this.#mask[index]) !== 0) continue;
      const except = this.#except[index];
      if (except === undefined || !isExcepted(except, word)) return index;
    }
    return -1;
  }
}

function isExcepted(except: readonly (readonly [number, number])[], word: number): boolean {
  for (let i = 0; i < except.length; i++) if (((word ^ except[i][1]) & except[i][0]) === 0) return true;
  return false;
}

/** Calls for each value that a row's words can have in some bits. */
function eachBucket(row: Instruction, bit: number, width: number, add: (value: number) => void): void {
  const fixed = (row.mask >>> bit) & ((1 << width) - 1);
  const wanted = (row.match >>> bit) & ((1 << width) - 1);
  for (let value = 0; value < 1 << width; value++) if (((value ^ wanted) & fixed) === 0) add(value);
}

/** The rows a machine has; of rows with the same words the one with fewer words first. */
function ordered(machine: Isa, all: readonly Instruction[]): readonly Instruction[] {
  const known = new Map<string, boolean>();
  const has = (needs: string): boolean => {
    let answer = known.get(needs);
    if (answer === undefined) {
      answer = supports(machine, needs);
      known.set(needs, answer);
    }
    return answer;
  };
  const mine = all.filter((row) => (row.xlen === 0 || row.xlen === machine.xlen) && has(row.needs));
  return mine.sort((a, b) => ones(b.mask) - ones(a.mask));
}

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const decoders = new Map<string, Decoder>();

/**
 * The decoder of a machine; made once for each set of extensions. A lenient one
 * also knows what is reserved but printed by objdump: `reserved` words of rows,
 * and shifts by 32 and more on 32-bit machines.
 */
export function decoderOf(machine: Isa, lenient = false): Decoder {
  const key = `${machine.xlen} ${lenient} ${[...machine.extensions].sort().join(" ")}`;
  let decoder = decoders.get(key);
  if (!decoder) {
    decoder = new TableDecoder(machine, lenient);
    decoders.set(key, decoder);
  }
  return decoder;
}

/** An instruction found in a word. */
export interface Decoded {
  readonly instruction: Instruction;
  /** Values in the order of `instruction.operands`; registers by number, immediates as they are written. */
  readonly values: readonly number[];
  readonly size: 2 | 4;
}

/** The instruction of a word on a machine, or undefined where the machine has none. */
export function decode(word: number, machine: Isa): Decoded | undefined {
  const index = decoderOf(machine).index(word);
  if (index < 0) return undefined;
  const instruction = instructions()[index];
  return { instruction, values: operandValues(instruction, word), size: instruction.size };
}

/** The operands' values in a word of an instruction. */
export function operandValues(instruction: Instruction, word: number): number[] {
  return instruction.operands.map((operand) => extractOperand(operand, word));
}

/**
 * The word of an instruction with these operand values, in the order of
 * `instruction.operands`. The values must be ones that `operandAccepts`.
 */
export function encode(instruction: Instruction, values: readonly number[]): number {
  let word = instruction.match;
  const operands = instruction.operands;
  for (let i = 0; i < operands.length; i++) word |= insertOperand(operands[i], values[i]);
  return word >>> 0;
}

/**
 * The number of bytes of an instruction by its first two: 2 to 22, as the
 * manual's length encoding has it; the reserved longest form counts as 2, so
 * that a reader goes on.
 */
export function instructionLength(halfword: number): number {
  if ((halfword & 0x03) !== 0x03) return 2;
  if ((halfword & 0x1f) !== 0x1f) return 4;
  if ((halfword & 0x3f) === 0x1f) return 6;
  if ((halfword & 0x7f) === 0x3f) return 8;
  if ((halfword & 0x7000) !== 0x7000) return 10 + 2 * ((halfword >>> 12) & 7);
  return 2;
}
