// Finds the relocations of RISC-V objects that relaxation may act on, and lists them in columns. Each relocation of
// the link is looked at once here; one call does the sections of an object.

import {
  ADDEND,
  ALIGNS_ONLY,
  BYTES,
  CANDIDATE_SECTIONS,
  COUNT,
  ENTRY,
  FATE,
  FILE_OFFSET,
  FIRST,
  HOME,
  INFO,
  IS_64,
  KIND,
  LENGTH,
  LONE_LIST,
  MERGED,
  MERGED_COUNT,
  MODE,
  NEED,
  NEEDS_NOTHING,
  NEEDS_ORDER,
  NEEDS_ROOM,
  ODD_COUNT,
  ODD_LIST,
  OFFSET,
  PAIR,
  RELOCATIONS,
  ROOM,
  SECTION_COUNT,
  SECTION_FLAGS,
  SECTION_OUTPUT,
  SECTION_SIZE,
  SLOT,
  SYMBOL,
  SYMBOL_COUNT,
  SYMBOL_IDS,
  VALUE_LOW,
} from "./parts/relax-fields";

const SHF_ALLOC: u32 = 2;
const STT_SECTION: u32 = 3;
const HOME_SCRIPT: i32 = -3;

const R_RISCV_RELAX: u32 = 51;

// See relax-candidates.ts.
const PCREL_HI20: u32 = 6;
const PCREL_LO12: u32 = 7;
const CALL: u32 = 1;
const ALIGN: u32 = 8;
const NO_PAIR: i32 = -1;
const BLOCKED: i32 = -2;

/** What the relocation of a type could become: a kind, 0 for nothing. */
function kindOf(type: u32): u32 {
  switch (type) {
    case 18: // CALL
    case 19: // CALL_PLT
      return 1;
    case 26: // HI20
      return 2;
    case 27: // LO12_I
    case 28: // LO12_S
      return 3;
    case 29: // TPREL_HI20
    case 32: // TPREL_ADD
      return 4;
    case 30: // TPREL_LO12_I
    case 31: // TPREL_LO12_S
      return 5;
    case 23: // PCREL_HI20
      return 6;
    case 24: // PCREL_LO12_I
    case 25: // PCREL_LO12_S
      return 7;
    case 43: // ALIGN
      return 8;
    default:
      return 0;
  }
}

function word(work: usize, field: usize, index: u32): u32 {
  return load<u32>(load<u32>(work + field) + (index << 2));
}

/** Looks at sections of `object` until `end`, or until NEED says what the caller has to do about the one that is returned. */
export function findCandidates(work: usize, object: u32, section: u32, end: u32): u32 {
  store<u32>(work, NEEDS_NOTHING, NEED);
  for (; section < end; section++) {
    const table = word(work, RELOCATIONS, section);
    if (table === 0 || load<u8>(load<u32>(work, FATE) + section) !== 0) continue;
    if ((word(work, SECTION_FLAGS, section) & SHF_ALLOC) === 0) continue;
    if (<i32>word(work, SECTION_OUTPUT, section) < 0) continue;
    const offsets = load<u32>(work, FILE_OFFSET);
    const sizes = load<u32>(work, SECTION_SIZE);
    // Decompressed: its bytes are elsewhere.
    const sectionEnd = load<f64>(offsets + (section << 3)) + load<f64>(sizes + (section << 3));
    if (sectionEnd > <f64>word(work, LENGTH, object)) continue;
    const entrySize: u32 = load<u32>(work, MODE) & IS_64 ? 24 : 12;
    const count = <u32>load<f64>(sizes + (table << 3)) / entrySize;
    if (load<u32>(work, COUNT) + count > load<u32>(work, ROOM)) {
      store<u32>(work, NEEDS_ROOM, NEED);
      return section;
    }
    const first = load<u32>(work, COUNT);
    const start = word(work, BYTES, object) + <u32>load<f64>(offsets + (table << 3));
    if (!search(work, object, section, start, count)) {
      store<u32>(work, NEEDS_ORDER, NEED);
      return section;
    }
    if (load<u32>(work, COUNT) === first) continue;
    const number = load<u32>(work, SECTION_COUNT);
    store<u32>(load<u32>(work, CANDIDATE_SECTIONS) + (number << 2), section);
    store<u32>(load<u32>(work, FIRST) + ((number + 1) << 2), load<u32>(work, COUNT));
    store<u32>(load<u32>(work, SLOT) + (section << 2), number + 1);
    store<u32>(work, number + 1, SECTION_COUNT);
  }
  return section;
}

/** False when the relocations are out of order: then what was noted of them is no good. */
function search(work: usize, object: u32, section: u32, start: usize, count: u32): bool {
  const mode = load<u32>(work, MODE);
  const is64 = (mode & IS_64) !== 0;
  const entrySize: u32 = is64 ? 24 : 12;
  const typeAt: u32 = is64 ? 8 : 4;
  const symbolIds = word(work, SYMBOL_IDS, object);
  const symbolCount = word(work, SYMBOL_COUNT, object);
  const bytes = load<f64>(load<u32>(work, SECTION_SIZE) + (section << 3));
  const first = load<u32>(work, COUNT);
  let id = first;
  let lone: u32 = 0;
  let previous: i32 = 0;
  let free: f64 = 0;
  let sorted = true;
  let at = start;
  for (let entry: u32 = 0; entry < count; entry++, at += entrySize) {
    const kind = kindOf(<u32>load<u8>(at + typeAt));
    if (kind === 0) continue;
    const offset = load<i32>(at);
    const index = is64 ? load<u32>(at, 12) : load<u32>(at, 4) >>> 8;
    const symbol = index < symbolCount ? load<u32>(symbolIds + (index << 2)) : 0;
    if (kind !== ALIGN) {
      if (mode & ALIGNS_ONLY) continue;
      const next = at + entrySize;
      if (
        entry + 1 === count ||
        <u32>load<u8>(next + typeAt) !== R_RISCV_RELAX ||
        load<i32>(next) !== offset
      ) {
        if (kind === PCREL_LO12) store<u32>(load<u32>(work, LONE_LIST) + (lone++ << 2), symbol);
        continue;
      }
    }
    const addend: f64 = is64 ? <f64>load<i64>(at, 16) : <f64>load<i32>(at, 8);
    if (offset < previous) sorted = false;
    previous = offset;
    // Hostile objects: what is not inside the section, or in another's instruction, is left alone.
    const last = <f64>offset + (kind === ALIGN ? addend : kind === CALL ? 8 : 4);
    if (offset < 0 || (kind === ALIGN && addend < 0) || last > bytes || (sorted && <f64>offset < free))
      continue;
    free = last;
    store<u32>(load<u32>(work, ENTRY) + (id << 2), entry);
    store<i32>(load<u32>(work, OFFSET) + (id << 2), offset);
    store<u8>(load<u32>(work, KIND) + id, kind);
    store<u32>(load<u32>(work, SYMBOL) + (id << 2), symbol);
    store<f64>(load<u32>(work, ADDEND) + (id << 3), addend);
    store<i32>(load<u32>(work, PAIR) + (id << 2), NO_PAIR);
    id++;
  }
  store<u32>(work, id, COUNT);
  if (!sorted) return false;
  pairPcrel(work, section, first, id, lone);
  noteOdd(work, first, id);
  return true;
}

/**
 * Connects each %pcrel_lo with the %pcrel_hi whose label it names. A high part
 * may only go if all its low parts change with it: those that come before it
 * were already looked at, and those without R_RISCV_RELAX stay as they are.
 */
function pairPcrel(work: usize, section: u32, first: u32, end: u32, lone: u32): void {
  const pairs = load<u32>(work, PAIR);
  for (let id = first; id < end; id++) {
    if (<u32>load<u8>(load<u32>(work, KIND) + id) !== PCREL_LO12) continue;
    const symbol = word(work, SYMBOL, id);
    if (word(work, HOME, symbol) !== section) continue;
    const high = findHigh(work, first, end, <i32>word(work, VALUE_LOW, symbol));
    if (high < 0) continue;
    if (<u32>high < id) store<i32>(pairs + (id << 2), high);
    else store<i32>(pairs + (high << 2), BLOCKED);
  }
  for (let i: u32 = 0; i < lone; i++) {
    const symbol = word(work, LONE_LIST, i);
    if (word(work, HOME, symbol) !== section) continue;
    const high = findHigh(work, first, end, <i32>word(work, VALUE_LOW, symbol));
    if (high >= 0) store<i32>(pairs + (high << 2), BLOCKED);
  }
}

/** The R_RISCV_PCREL_HI20 candidate at `offset`, or -1. */
function findHigh(work: usize, first: u32, end: u32, offset: i32): i32 {
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<i32>word(work, OFFSET, middle) < offset) low = middle + 1;
    else high = middle;
  }
  for (; low < end && <i32>word(work, OFFSET, low) === offset; low++)
    if (<u32>load<u8>(load<u32>(work, KIND) + low) === PCREL_HI20) return low;
  return -1;
}

/** Lists the candidates whose symbols' places only the caller can tell: those of scripts, and sections of merged strings. */
function noteOdd(work: usize, first: u32, end: u32): void {
  const merged = load<u32>(work, MERGED);
  const mergedCount = load<u32>(work, MERGED_COUNT);
  let count = load<u32>(work, ODD_COUNT);
  for (let id = first; id < end; id++) {
    const symbol = word(work, SYMBOL, id);
    const home = <i32>word(work, HOME, symbol);
    if (home !== HOME_SCRIPT) {
      if (home <= 0 || <u32>home >= mergedCount || load<u8>(merged + home) === 0) continue;
      if ((load<u8>(load<u32>(work, INFO) + symbol) & 15) !== STT_SECTION) continue;
    }
    store<u32>(load<u32>(work, ODD_LIST) + (count++ << 2), id);
  }
  store<u32>(work, count, ODD_COUNT);
}
