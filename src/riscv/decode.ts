// From instruction words to rows of the table and back.
//
// Decoding must be quick (the machine decodes what it runs, objdump whole
// files), so a decoder sorts the rows that its machine has into buckets: 32-bit
// words by opcode and funct3 (256 buckets), compressed ones by quadrant and
// funct3 (32). Where a bucket is long (floating point: 60 operations under one
// opcode, with the rounding mode where funct3 is), it is split by funct7. A
// lookup then tests two or three masks and allocates nothing. A bucket is
// filled when a word first falls into it: programs use few, and what starts
// and stops quickly should not sort the whole table.
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
  const syntax = instruction.syntax;
  if (!syntax.includes("shamt") || syntax.includes("shamt5")) return 0;
  return instruction.size === 2 ? 0x00001000 : 0x02000000;
}

/** In `start` and `split`: nothing is known yet of this bucket. */
const unfilled = -1;

class TableDecoder implements Decoder {
  readonly isa: Isa;
  /** The machine's rows, those with fewer words first. */
  readonly #order: readonly Instruction[];
  readonly #lenient: boolean;
  /** For each bucket the start of its rows in `rows`, `unfilled`, or -2 - n where it is split: from n in `split`. */
  readonly #start = new Int32Array(firstCompressed + 32).fill(unfilled);
  /** Starts in `rows` by funct7, 128 for each split bucket. */
  #split = new Int32Array(0);
  /** Runs of row indices, each ended by -1; the first is empty. */
  readonly #rows: number[] = [-1];
  readonly #match = new Int32Array(instructions().length);
  readonly #mask = new Int32Array(instructions().length);
  readonly #except: (readonly (readonly [number, number])[] | undefined)[] = [];

  constructor(machine: Isa, lenient: boolean) {
    this.isa = machine;
    this.#lenient = lenient;
    this.#order = ordered(machine);
    for (let i = 0; i < instructions().length; i++) this.#except.push(undefined);
  }

  index(word: number): number {
    let bucket: number;
    if ((word & 3) === 3) bucket = ((word >>> 2) & 31) * 8 + ((word >>> 12) & 7);
    else {
      word &= 0xffff;
      bucket = firstCompressed + (word & 3) * 8 + (word >>> 13);
    }
    let at = this.#start[bucket];
    if (at === unfilled) at = this.#fill(bucket);
    if (at < 0) {
      const part = -2 - at + (word >>> 25);
      at = this.#split[part];
      if (at === unfilled) at = this.#fillPart(bucket, part, word >>> 25);
    }
    const rows = this.#rows;
    for (let index = rows[at]; index >= 0; index = rows[++at]) {
      if (((word ^ this.#match[index]) & this.#mask[index]) !== 0) continue;
      const except = this.#except[index];
      if (except === undefined || !isExcepted(except, word)) return index;
    }
    return -1;
  }

  /** The rows that have words with a bucket's bits. */
  #inBucket(bucket: number): Instruction[] {
    const compressed = bucket >= firstCompressed;
    const mask = compressed ? 0xe003 : 0x707f;
    const bits = compressed
      ? ((bucket >> 3) & 3) | ((bucket & 7) << 13)
      : 3 | ((bucket >> 3) << 2) | ((bucket & 7) << 12);
    const size = compressed ? 2 : 4;
    return this.#order.filter((row) => row.size === size && ((row.match ^ bits) & row.mask & mask) === 0);
  }

  #fill(bucket: number): number {
    const rows = this.#inBucket(bucket);
    for (const row of rows) {
      this.#match[row.index] = row.match;
      this.#mask[row.index] = row.mask;
      const except = [...row.except];
      const shift = this.isa.xlen === 32 ? reservedOn32(row) : 0;
      if (!this.#lenient && shift) except.push([shift, shift]);
      if (except.length > 0) this.#except[row.index] = except;
    }
    let start: number;
    if (bucket < firstCompressed && rows.length > longBucket) {
      start = -2 - this.#split.length;
      const split = new Int32Array(this.#split.length + 128).fill(unfilled);
      split.set(this.#split);
      this.#split = split;
    } else start = this.#run(rows);
    this.#start[bucket] = start;
    return start;
  }

  #fillPart(bucket: number, part: number, funct7: number): number {
    const rows = this.#inBucket(bucket).filter(
      (row) => (((row.match >>> 25) ^ funct7) & (row.mask >>> 25)) === 0,
    );
    const start = this.#run(rows);
    this.#split[part] = start;
    return start;
  }

  #run(rows: readonly Instruction[]): number {
    if (rows.length === 0) return 0;
    const start = this.#rows.length;
    for (const row of rows) this.#rows.push(row.index);
    this.#rows.push(-1);
    return start;
  }
}

function isExcepted(except: readonly (readonly [number, number])[], word: number): boolean {
  for (let i = 0; i < except.length; i++) if (((word ^ except[i][1]) & except[i][0]) === 0) return true;
  return false;
}

/** The rows a machine has; of rows with the same words the one with fewer words first. */
function ordered(machine: Isa): readonly Instruction[] {
  const known = new Map<string, boolean>();
  const has = (needs: string): boolean => {
    let answer = known.get(needs);
    if (answer === undefined) {
      answer = supports(machine, needs);
      known.set(needs, answer);
    }
    return answer;
  };
  const mine = instructions().filter(
    (row) => (row.xlen === 0 || row.xlen === machine.xlen) && has(row.needs),
  );
  const byOnes: Instruction[][] = Array.from({ length: 33 }, () => []);
  for (const row of mine) byOnes[32 - ones(row.mask)].push(row);
  return byOnes.flat();
}

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const decoders = new Map<string, Decoder>();

/**
 * The decoder of a machine; made once for each set of extensions. A lenient one
 * also knows the shifts by 32 and more that are reserved on 32-bit machines, as
 * objdump does.
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
