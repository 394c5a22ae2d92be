import {
  float64Column,
  growFloat64,
  growInt32,
  growUint8,
  int32Column,
  uint8Column,
} from "../../binary/index.ts";
import type { LinkModel, SymbolId } from "../../model/index.ts";
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

/** In `waits` and `wakes`: for good. */
export const NEVER = 0x7fffffff;

/** `pair` of a candidate that has none. */
export const NO_PAIR = -1;
/** `pair` of a high part that must stay: a low part that refers to it comes first, or cannot change. */
export const BLOCKED = -2;

/**
 * The relocations that relaxation may act on, in columns, by section and then in
 * the order of their offsets. Found once: the passes over a link of 800,000
 * calls then look at 30 bytes for each instead of at the relocation sections.
 */
export class Candidates {
  count = 0;
  /** Number of the entry in its relocation section. */
  entry: Int32Array = int32Column(1024);
  /** In bytes of the input section. */
  offset: Int32Array = int32Column(1024);
  /** A value of `Kind`. */
  kind: Uint8Array = uint8Column(1024);
  /** A value of `Decision`. */
  decision: Uint8Array = uint8Column(1024);
  symbol: Int32Array = int32Column(1024);
  addend: Float64Array = float64Column(1024);
  /** How many bytes must have been deleted in all before it is worth a look. */
  waits: Int32Array = int32Column(1024);
  /** Of a low part: the candidate of its high part. Of an alignment: how much of it is needed, once that is known. */
  pair: Int32Array = int32Column(1024);
  /** Number of its row among the odd ones, or 0. */
  odd: Int32Array = int32Column(1024);
  /** Those that refer to symbols of the script, or by section to what was merged: by ascending number. */
  oddCount = 0;
  oddList: Int32Array = int32Column(1024);
  /** Scratch: low parts that cannot change. */
  lone: Int32Array = int32Column(1024);
  /** Of an odd candidate: its address without the addend, or the offset in `oddSection`; its output section, -2 if that is not known. */
  oddAddress: Float64Array = float64Column(1);
  oddOutput: Int32Array = int32Column(1);
  /** What was merged is in this section; 0 for symbols of the script. */
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
  /** SectionId to its number in `sections`, + 1; 0 for none. */
  readonly slot: Int32Array;

  constructor(sectionCount: number) {
    this.slot = int32Column(sectionCount);
    this.wakes = int32Column(sectionCount);
    this.sections = int32Column(sectionCount);
    this.first = int32Column(sectionCount + 1);
  }

  add(entry: number, offset: number, kind: number, symbol: SymbolId, addend: number): void {
    const id = this.count++;
    this.entry[id] = entry;
    this.offset[id] = offset;
    this.kind[id] = kind;
    this.symbol[id] = symbol;
    this.addend[id] = addend;
    this.pair[id] = NO_PAIR;
  }

  grow(need: number): void {
    this.entry = growInt32(this.entry, need);
    this.offset = growInt32(this.offset, need);
    this.kind = growUint8(this.kind, need);
    this.decision = growUint8(this.decision, need);
    this.symbol = growInt32(this.symbol, need);
    this.addend = growFloat64(this.addend, need);
    this.waits = growInt32(this.waits, need);
    this.pair = growInt32(this.pair, need);
    this.odd = growInt32(this.odd, need);
    this.oddList = growInt32(this.oddList, need);
    this.lone = growInt32(this.lone, need);
  }
}

const MOST_AT_ONCE = 1 << 21;

/** Finds the candidates of all sections that are in the output. `shorten` is false with --no-relax: then alignments only. */
export function findCandidates(model: LinkModel, work: RelaxWork, shorten: boolean): Candidates {
  const candidates = new Candidates(model.sections.count);
  // Room at once for what there may be, where that is not too much; what is not used costs nothing.
  let bytes = 0;
  for (const object of model.objects) bytes += object.bytes.length;
  candidates.grow(Math.min(MOST_AT_ONCE, bytes >>> 6));
  work.useModel(model, candidates, shorten);
  for (const object of model.objects) {
    const end = object.sectionBase + object.sectionCount;
    let section = object.sectionBase;
    while (section < end) {
      section = work.find(object.id, section, end);
      if (section >= end) break;
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
  }
  placeOdd(model, candidates);
  return candidates;
}

/** Where relocations are out of order, which no assembler does, only the alignments are handled; in order. */
function keepAlignments(candidates: Candidates, first: number): void {
  const { entry, offset, kind, symbol, addend, count } = candidates;
  const kept: number[] = [];
  for (let id = first; id < count; id++) if (kind[id] === Kind.align) kept.push(id);
  kept.sort((a, b) => offset[a] - offset[b]);
  const rows = kept.map((id) => [entry[id], offset[id], symbol[id], addend[id]] as const);
  candidates.count = first;
  let free = 0;
  for (const row of rows) {
    if (row[1] < free) continue;
    free = row[1] + row[3];
    candidates.add(row[0], row[1], Kind.align, row[2], row[3]);
  }
}

/** Makes rows for the odd candidates; where merged strings are is known by now. */
function placeOdd({ merge, symbols }: LinkModel, candidates: Candidates): void {
  const { oddCount, oddList, odd, symbol, addend } = candidates;
  candidates.oddAddress = float64Column(oddCount + 1);
  candidates.oddOutput = int32Column(oddCount + 1);
  candidates.oddSection = int32Column(oddCount + 1);
  for (let i = 0; i < oddCount; i++) {
    const id = oddList[i];
    odd[id] = i + 1;
    candidates.oddOutput[i + 1] = -2;
    const home = symbols.section[symbol[id]];
    if (home <= 0 || merge === undefined) continue;
    candidates.oddAddress[i + 1] = merge.locate(home, symbols.valueLow[symbol[id]] + addend[id]);
    candidates.oddSection[i + 1] = merge.holder;
  }
}
