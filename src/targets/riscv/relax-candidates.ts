import {
  float64Column,
  growFloat64,
  growInt32,
  growUint8,
  int32Column,
  uint8Column,
} from "../../binary/index.ts";
import { STT_SECTION } from "../../elf/index.ts";
import {
  FIRST_ODD,
  MARKS_SIZE,
  ROW_ADDEND,
  ROW_ENTRY,
  ROW_HOME,
  ROW_OFFSET,
  ROW_SIZE,
  ROW_STATE,
  ROW_SYMBOL,
} from "../../kernels/assembly/parts/relax-fields.ts";
import { type LinkModel, type SymbolId, SymbolSection } from "../../model/index.ts";
import type { RelaxWork } from "./relax-work.ts";

/** What a candidate could become. */
export const Kind = {
  /** auipc + jalr. */
  call: 1,
  hi20: 2,
  lo12: 3,
  /** An instruction that goes when the offset from tp fits 12 bits: lui, add. */
  tprelDelete: 4,
  tprelLo12: 5,
  pcrelHi20: 6,
  pcrelLo12: 7,
  align: 8,
} as const;

/** What it became. */
export const Decision = {
  none: 0,
  /** jal; the last 4 bytes go. */
  jal: 1,
  /** c.j or c.jal; the last 6 bytes go. */
  compressedJump: 2,
  /** jalr rd, lo12(x0); the last 4 bytes go. */
  zeroJump: 3,
  /** The 4 bytes of the instruction go. */
  deleted: 4,
  /** c.lui; its last 2 bytes go. */
  compressedLui: 5,
  /** A low part that adds to gp, or to x0. */
  globalPointer: 6,
  /** A low part that adds to x0, for an undefined weak symbol. */
  zeroBase: 7,
  /** A low part that adds to tp. */
  threadPointer: 8,
  /** Of the padding `pair` bytes stay. */
  aligned: 9,
} as const;

/** Words of a row. */
const ENTRY = ROW_ENTRY >> 2;
const OFFSET = ROW_OFFSET >> 2;
const SYMBOL = ROW_SYMBOL >> 2;
const ADDEND = ROW_ADDEND >> 2;
const STATE = ROW_STATE >> 2;
const HOME = ROW_HOME >> 2;
const ROW = ROW_SIZE >> 2;

/**
 * The relocations that relaxation may act on, by section and then in the order of their offsets. Found once: the passes
 * over a link of a million of them then look at 26 bytes for each instead of at the relocation sections. Most walks look
 * at all there is to know of one, so that lies in a row (parts/relax-fields.ts of the kernels has its words).
 */
export class Candidates {
  count = 0;
  rows: Int32Array = int32Column(1024 * ROW);
  /** Two bytes each: `Kind`, and four bits up a `Decision`; then st_info of the symbol. */
  marks: Uint8Array = uint8Column(1024 * MARKS_SIZE);
  /**
   * The odd ones, by ascending number: those that refer to symbols of the script, or by section to what was merged, and
   * those whose addends take more than 32 bits.
   */
  oddCount = 0;
  oddList: Int32Array = int32Column(1024);
  oddAddend: Float64Array = float64Column(1024);
  /** Scratch: low parts that cannot change. */
  lone: Int32Array = int32Column(1024);
  /** Of an odd candidate: its address without the addend, or the offset in `oddSection`; its output section, -2 if that is not known. */
  oddAddress: Float64Array = float64Column(1);
  oddOutput: Int32Array = int32Column(1);
  /** What was merged is in this section; 0 for symbols of the script; -1 for what is nowhere special. */
  oddSection: Int32Array = int32Column(1);

  /** The sections that have any; section `sections[i]` has candidates [first[i], first[i + 1]). */
  sectionCount = 0;
  readonly sections: Int32Array;
  readonly first: Int32Array;
  /** Bytes deleted so far, in all sections. */
  deleted = 0;
  /**
   * By number of the section: how many bytes must have been deleted in all before it is worth a look; more than
   * there are once all there is to shorten is decided.
   */
  readonly wakes: Int32Array;
  /** By number of the section: 1 where some of it refers to symbols of the script. */
  readonly refresh: Uint8Array;
  /** SectionId to its number in `sections`, + 1; 0 for none. */
  readonly slot: Int32Array;

  constructor(sectionCount: number) {
    this.slot = int32Column(sectionCount);
    this.wakes = int32Column(sectionCount);
    this.refresh = uint8Column(sectionCount);
    this.sections = int32Column(sectionCount);
    this.first = int32Column(sectionCount + 1);
  }

  /** How many there is room for. */
  get room(): number {
    return Math.min(this.marks.length >> 1, Math.floor(this.rows.length / ROW));
  }

  /** Number of the entry in its relocation section. */
  entry(id: number): number {
    return this.rows[id * ROW + ENTRY];
  }

  /** In bytes of the input section. */
  offset(id: number): number {
    return this.rows[id * ROW + OFFSET];
  }

  symbol(id: number): SymbolId {
    return this.rows[id * ROW + SYMBOL];
  }

  addend(id: number): number {
    const home = this.rows[id * ROW + HOME];
    return home > FIRST_ODD ? this.rows[id * ROW + ADDEND] : this.oddAddend[FIRST_ODD - home];
  }

  /** Of a low part: the candidate of its high part, or NO_PAIR. Of an alignment: how much of it is needed, once that is known. */
  pair(id: number): number {
    return this.rows[id * ROW + STATE];
  }

  /** A value of `Kind`. */
  kind(id: number): number {
    return this.marks[id * MARKS_SIZE] & 15;
  }

  /** A value of `Decision`. */
  decision(id: number): number {
    return this.marks[id * MARKS_SIZE] >> 4;
  }

  /** Adds an alignment. */
  add(entry: number, offset: number, padding: number): void {
    const id = this.count++;
    this.rows.set([entry, offset, 0, padding, 0, 0], id * ROW);
    this.marks[id * MARKS_SIZE] = Kind.align;
  }

  grow(need: number): void {
    this.rows = growInt32(this.rows, need * ROW);
    this.marks = growUint8(this.marks, need * MARKS_SIZE);
    this.oddList = growInt32(this.oddList, need);
    this.oddAddend = growFloat64(this.oddAddend, need);
    this.lone = growInt32(this.lone, need);
  }
}

const MOST_AT_ONCE = 1 << 21;

/** Finds the candidates of all sections that are in the output. `shorten` is false with --no-relax: then alignments only. */
export function findCandidates(model: LinkModel, work: RelaxWork, shorten: boolean): Candidates {
  const candidates = new Candidates(model.sections.count);
  // Room at once for what there may be, where that is not too much; what is not used costs nothing.
  let bytes = 0;
  for (const object of model.objects) bytes += object.size;
  candidates.grow(Math.min(MOST_AT_ONCE, bytes >>> 6));
  work.useModel(model, candidates, shorten);
  const { count } = model.sections;
  for (let section = work.find(1, count); section < count; section = work.find(section, count)) {
    if (work.needsRoom) {
      const { relocations, size } = model.sections;
      candidates.grow(candidates.count + Math.ceil(size[relocations[section]] / 12));
      work.useCandidates(candidates);
      continue;
    }
    keepAlignments(candidates, candidates.first[candidates.sectionCount]);
    if (candidates.count > candidates.first[candidates.sectionCount]) {
      candidates.sections[candidates.sectionCount++] = section;
      candidates.first[candidates.sectionCount] = candidates.count;
      candidates.slot[section] = candidates.sectionCount;
    }
    work.useCandidates(candidates);
    section++;
  }
  placeOdd(model, candidates);
  return candidates;
}

/** Where relocations are out of order, which no assembler does, only the alignments are handled; in order. */
function keepAlignments(candidates: Candidates, first: number): void {
  const kept: { entry: number; offset: number; padding: number }[] = [];
  for (let id = first; id < candidates.count; id++)
    if (candidates.kind(id) === Kind.align)
      kept.push({
        entry: candidates.entry(id),
        offset: candidates.offset(id),
        padding: candidates.addend(id),
      });
  kept.sort((a, b) => a.offset - b.offset);
  candidates.count = first;
  let free = 0;
  for (const { entry, offset, padding } of kept) {
    if (offset < free) continue;
    free = offset + padding;
    candidates.add(entry, offset, padding);
  }
}

/** Says of the odd candidates what is known by now: where merged strings are. */
function placeOdd({ merge, symbols }: LinkModel, candidates: Candidates): void {
  const { oddCount, oddList, first, refresh } = candidates;
  candidates.oddAddress = float64Column(oddCount);
  candidates.oddOutput = int32Column(oddCount);
  candidates.oddSection = int32Column(oddCount);
  let index = 0;
  for (let odd = 0; odd < oddCount; odd++) {
    const id = oddList[odd];
    const symbol = candidates.symbol(id);
    candidates.oddOutput[odd] = -2;
    const home = symbols.section[symbol];
    if (home === SymbolSection.script) {
      while (first[index + 1] <= id) index++;
      refresh[index] = 1;
    } else if (home > 0 && merge?.merged[home] === 1 && (symbols.info[symbol] & 15) === STT_SECTION) {
      candidates.oddAddress[odd] = merge.locate(home, symbols.valueLow[symbol] + candidates.addend(id));
      candidates.oddSection[odd] = merge.holder;
    } else candidates.oddSection[odd] = -1;
  }
}
