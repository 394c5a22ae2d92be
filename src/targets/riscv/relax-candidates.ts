import { growFloat64, growInt32, growUint8, int32Column } from "../../binary/index.ts";
import {
  R_RISCV_ALIGN,
  R_RISCV_CALL,
  R_RISCV_CALL_PLT,
  R_RISCV_HI20,
  R_RISCV_LO12_I,
  R_RISCV_LO12_S,
  R_RISCV_PCREL_HI20,
  R_RISCV_PCREL_LO12_I,
  R_RISCV_PCREL_LO12_S,
  R_RISCV_RELAX,
  R_RISCV_TPREL_ADD,
  R_RISCV_TPREL_HI20,
  R_RISCV_TPREL_LO12_I,
  R_RISCV_TPREL_LO12_S,
  SHF_ALLOC,
} from "../../elf/index.ts";
import { Fate, type InputObject, type LinkModel, type SectionId, type SymbolId } from "../../model/index.ts";

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

const kindOf = new Uint8Array(256);
kindOf[R_RISCV_CALL] = kindOf[R_RISCV_CALL_PLT] = Kind.call;
kindOf[R_RISCV_HI20] = Kind.hi20;
kindOf[R_RISCV_LO12_I] = kindOf[R_RISCV_LO12_S] = Kind.lo12;
kindOf[R_RISCV_TPREL_HI20] = kindOf[R_RISCV_TPREL_ADD] = Kind.tprelDelete;
kindOf[R_RISCV_TPREL_LO12_I] = kindOf[R_RISCV_TPREL_LO12_S] = Kind.tprelLo12;
kindOf[R_RISCV_PCREL_HI20] = Kind.pcrelHi20;
kindOf[R_RISCV_PCREL_LO12_I] = kindOf[R_RISCV_PCREL_LO12_S] = Kind.pcrelLo12;
kindOf[R_RISCV_ALIGN] = Kind.align;

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
  entry: Int32Array = new Int32Array(1024);
  /** In bytes of the input section. */
  offset: Int32Array = new Int32Array(1024);
  /** A value of `Kind`. */
  kind: Uint8Array = new Uint8Array(1024);
  /** A value of `Decision`. */
  decision: Uint8Array = new Uint8Array(1024);
  symbol: Int32Array = new Int32Array(1024);
  addend: Float64Array = new Float64Array(1024);
  /** How many bytes must have been deleted in all before it is worth a look. */
  waits: Int32Array = new Int32Array(1024);
  /** Of a low part: the candidate of its high part. Of an alignment: see `Decision.aligned`. */
  pair: Int32Array = new Int32Array(1024);

  /** The sections that have any; section `sections[i]` has candidates [first[i], first[i + 1]). */
  readonly sections: SectionId[] = [];
  readonly first: number[] = [0];
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
  }

  add(entry: number, offset: number, kind: number, symbol: SymbolId, addend: number): void {
    const id = this.count++;
    if (id === this.entry.length) this.grow(id + 1);
    this.entry[id] = entry;
    this.offset[id] = offset;
    this.kind[id] = kind;
    this.symbol[id] = symbol;
    this.addend[id] = addend;
    this.pair[id] = NO_PAIR;
  }

  private grow(need: number): void {
    this.entry = growInt32(this.entry, need);
    this.offset = growInt32(this.offset, need);
    this.kind = growUint8(this.kind, need);
    this.decision = growUint8(this.decision, need);
    this.symbol = growInt32(this.symbol, need);
    this.addend = growFloat64(this.addend, need);
    this.waits = growInt32(this.waits, need);
    this.pair = growInt32(this.pair, need);
  }
}

/** Finds the candidates of all sections that are in the output. `shorten` is false with --no-relax: then alignments only. */
export function findCandidates(model: LinkModel, shorten: boolean): Candidates {
  const { sections } = model;
  const candidates = new Candidates(sections.count);
  for (const object of model.objects) {
    const end = object.sectionBase + object.sectionCount;
    for (let section = object.sectionBase; section < end; section++) {
      if (sections.relocations[section] === 0 || sections.fate[section] !== Fate.kept) continue;
      if ((sections.flags[section] & SHF_ALLOC) === 0 || sections.output[section] < 0) continue;
      findInSection(model, object, section, shorten, candidates);
    }
  }
  return candidates;
}

function findInSection(
  model: LinkModel,
  object: InputObject,
  section: SectionId,
  shorten: boolean,
  candidates: Candidates,
): void {
  const { sections, symbols } = model;
  const { view, is64, symbolIds } = object;
  const table = sections.relocations[section];
  const start = sections.fileOffset[table];
  const size = is64 ? 24 : 12;
  const typeAt = is64 ? 8 : 4;
  const count = Math.floor(sections.size[table] / size);
  const first = candidates.count;
  const loneLows: SymbolId[] = [];
  const bytes = sections.size[section];
  let previous = 0;
  let free = 0;
  let sorted = true;
  for (let entry = 0; entry < count; entry++) {
    const at = start + entry * size;
    const kind = kindOf[view.getUint8(at + typeAt)];
    if (kind === 0) continue;
    const offset = view.getInt32(at, true);
    const symbol = symbolIds[is64 ? view.getInt32(at + 12, true) : view.getUint32(at + 4, true) >>> 8] ?? 0;
    if (kind !== Kind.align) {
      if (!shorten) continue;
      const next = at + size;
      if (
        entry + 1 === count ||
        view.getUint8(next + typeAt) !== R_RISCV_RELAX ||
        view.getInt32(next, true) !== offset
      ) {
        if (kind === Kind.pcrelLo12) loneLows.push(symbol);
        continue;
      }
    }
    const addend = is64
      ? view.getInt32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
      : view.getInt32(at + 8, true);
    if (offset < previous) sorted = false;
    previous = offset;
    // Hostile objects: what is not inside the section, or in another's instruction, is left alone.
    const end = offset + (kind === Kind.align ? addend : kind === Kind.call ? 8 : 4);
    if (offset < 0 || (addend < 0 && kind === Kind.align) || end > bytes || (sorted && offset < free))
      continue;
    free = end;
    candidates.add(entry, offset, kind, symbol, addend);
  }
  if (!sorted) keepAlignments(candidates, first);
  if (candidates.count === first) return;
  pairPcrel(candidates, first, section, loneLows, symbols.section, symbols.valueLow);
  candidates.sections.push(section);
  candidates.first.push(candidates.count);
  candidates.slot[section] = candidates.sections.length;
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

/**
 * Connects each %pcrel_lo with the %pcrel_hi whose label it names. A high part
 * may only go if all its low parts change with it: those that come before it
 * were already looked at, and those without R_RISCV_RELAX stay as they are.
 */
function pairPcrel(
  candidates: Candidates,
  first: number,
  section: SectionId,
  loneLows: readonly SymbolId[],
  symbolSection: Int32Array,
  symbolValue: Int32Array,
): void {
  const { kind, symbol, pair, count } = candidates;
  for (let id = first; id < count; id++) {
    if (kind[id] !== Kind.pcrelLo12 || symbolSection[symbol[id]] !== section) continue;
    const high = findHigh(candidates, first, symbolValue[symbol[id]]);
    if (high < 0) continue;
    if (high < id) pair[id] = high;
    else pair[high] = BLOCKED;
  }
  for (const label of loneLows) {
    if (symbolSection[label] !== section) continue;
    const high = findHigh(candidates, first, symbolValue[label]);
    if (high >= 0) pair[high] = BLOCKED;
  }
}

/** The R_RISCV_PCREL_HI20 candidate at `offset` among those from `first` on, or -1. */
function findHigh(candidates: Candidates, first: number, offset: number): number {
  const { offset: offsets, kind, count } = candidates;
  let low = first;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle] < offset) low = middle + 1;
    else high = middle;
  }
  for (; low < count && offsets[low] === offset; low++) if (kind[low] === Kind.pcrelHi20) return low;
  return -1;
}
