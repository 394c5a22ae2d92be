// Finds the relocations of RISC-V objects that relaxation may act on, and lists them in columns. Each relocation of
// the link is looked at once here; one call does the sections of an object.

import { integer } from "./parts/integers";
import {
  ALIGNS_ONLY,
  BLOCKED,
  BYTES,
  CANDIDATE_SECTIONS,
  COUNT,
  FATE,
  FILE_OFFSET,
  FIRST,
  FIRST_ODD,
  HOME,
  INFO,
  IS_64,
  LENGTH,
  LONE_LIST,
  MARKS,
  MERGED,
  MERGED_COUNT,
  MODE,
  NEED,
  NEEDS_NOTHING,
  NEEDS_ORDER,
  NEEDS_ROOM,
  NO_PAIR,
  ODD_ADDEND,
  ODD_COUNT,
  ODD_LIST,
  RELOCATIONS,
  ROOM,
  ROW_ADDEND,
  ROW_ENTRY,
  ROW_HOME,
  ROW_OFFSET,
  ROW_SIZE,
  ROW_STATE,
  ROW_SYMBOL,
  ROWS,
  SECTION_COUNT,
  SECTION_FLAGS,
  SECTION_OBJECT,
  SECTION_OUTPUT,
  SECTION_SIZE,
  SLOT,
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

/** Looks at sections until `end`, or until NEED says what the caller has to do about the one that is returned. */
export function findCandidates(work: usize, section: u32, end: u32): u32 {
  store<u32>(work, NEEDS_NOTHING, NEED);
  for (; section < end; section++) {
    const table = word(work, RELOCATIONS, section);
    if (table === 0 || load<u8>(load<u32>(work, FATE) + section) !== 0) continue;
    if ((word(work, SECTION_FLAGS, section) & SHF_ALLOC) === 0) continue;
    if (<i32>word(work, SECTION_OUTPUT, section) < 0) continue;
    // What has relocations is of an object.
    const object = word(work, SECTION_OBJECT, section);
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
  const infos = load<u32>(work, INFO);
  const homes = load<u32>(work, HOME);
  const bytes = integer(load<f64>(load<u32>(work, SECTION_SIZE) + (section << 3)));
  const first = load<u32>(work, COUNT);
  const oddBefore = load<u32>(work, ODD_COUNT);
  let id = first;
  let row: usize = load<u32>(work, ROWS) + first * ROW_SIZE;
  let mark: usize = load<u32>(work, MARKS) + (first << 1);
  let lone: u32 = 0;
  let hasLow = false;
  let previous: i32 = 0;
  let free: i64 = 0;
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
    const addend: i64 = is64 ? load<i64>(at, 16) : <i64>load<i32>(at, 8);
    if (offset < previous) sorted = false;
    previous = offset;
    // Hostile objects: what is not inside the section, or in another's instruction, is left alone.
    if (offset < 0) continue;
    let last = <i64>offset + 4;
    if (kind === ALIGN) {
      if (addend < 0 || addend > 0x7fffffff) continue;
      last = <i64>offset + addend;
    } else if (kind === CALL) last += 4;
    if (last > bytes || (sorted && <i64>offset < free)) continue;
    free = last;
    store<u32>(row, entry, ROW_ENTRY);
    store<i32>(row, offset, ROW_OFFSET);
    store<u32>(row, symbol, ROW_SYMBOL);
    store<i32>(row, <i32>addend, ROW_ADDEND);
    let home = load<i32>(homes + (symbol << 2));
    const info: u32 = load<u8>(infos + symbol);
    if (kind !== ALIGN && (addend !== <i64>(<i32>addend) || isElsewhere(work, home, info))) {
      const odd = load<u32>(work, ODD_COUNT);
      store<u32>(load<u32>(work, ODD_LIST) + (odd << 2), id);
      store<f64>(load<u32>(work, ODD_ADDEND) + (odd << 3), <f64>addend);
      store<u32>(work, odd + 1, ODD_COUNT);
      home = FIRST_ODD - <i32>odd;
    }
    store<i32>(row, home, ROW_HOME);
    if (kind === PCREL_LO12) hasLow = true;
    store<i32>(row, kind === PCREL_LO12 ? NO_PAIR : 0, ROW_STATE);
    store<u16>(mark, kind | (info << 8));
    id++;
    row += ROW_SIZE;
    mark += 2;
  }
  store<u32>(work, id, COUNT);
  if (!sorted) {
    store<u32>(work, oddBefore, ODD_COUNT);
    return false;
  }
  if (hasLow || lone !== 0) pairPcrel(work, section, first, id, lone);
  return true;
}

/** Only the caller can tell where symbols of scripts are, and those of sections of merged strings. */
function isElsewhere(work: usize, home: i32, info: u32): bool {
  if (home <= 0) return home === HOME_SCRIPT;
  if ((info & 15) !== STT_SECTION || <u32>home >= load<u32>(work, MERGED_COUNT)) return false;
  return load<u8>(load<u32>(work, MERGED) + home) !== 0;
}

function rowOf(work: usize, id: u32): usize {
  return load<u32>(work, ROWS) + id * ROW_SIZE;
}

/**
 * Connects each %pcrel_lo with the %pcrel_hi whose label it names. A high part
 * may only go if all its low parts change with it: those that come before it
 * were already looked at, and those without R_RISCV_RELAX stay as they are.
 */
function pairPcrel(work: usize, section: u32, first: u32, end: u32, lone: u32): void {
  const homes = load<u32>(work, HOME);
  const marks = load<u32>(work, MARKS);
  for (let id = first; id < end; id++) {
    if ((load<u8>(marks + (id << 1)) & 15) !== PCREL_LO12) continue;
    const row = rowOf(work, id);
    const symbol = load<u32>(row, ROW_SYMBOL);
    if (load<u32>(homes + (symbol << 2)) !== section) continue;
    const high = findHigh(work, first, end, <i32>word(work, VALUE_LOW, symbol));
    if (high < 0) continue;
    if (<u32>high < id) store<i32>(row, high, ROW_STATE);
    else store<i32>(rowOf(work, high), BLOCKED, ROW_STATE);
  }
  for (let i: u32 = 0; i < lone; i++) {
    const symbol = word(work, LONE_LIST, i);
    if (word(work, HOME, symbol) !== section) continue;
    const high = findHigh(work, first, end, <i32>word(work, VALUE_LOW, symbol));
    if (high >= 0) store<i32>(rowOf(work, high), BLOCKED, ROW_STATE);
  }
}

/** The R_RISCV_PCREL_HI20 candidate at `offset`, or -1. */
function findHigh(work: usize, first: u32, end: u32, offset: i32): i32 {
  const rows = load<u32>(work, ROWS);
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i32>(rows + middle * ROW_SIZE, ROW_OFFSET) < offset) low = middle + 1;
    else high = middle;
  }
  const marks = load<u32>(work, MARKS);
  for (; low < end && load<i32>(rows + low * ROW_SIZE, ROW_OFFSET) === offset; low++)
    if ((load<u8>(marks + (low << 1)) & 15) === PCREL_HI20) return low;
  return -1;
}
