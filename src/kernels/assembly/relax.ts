// Decides which instructions of a RISC-V section become shorter, and moves its symbols.
// src/targets/riscv/relax-decide.ts has the rules of the game; this is where a million calls are looked at in walk
// after walk, with addresses that are integers of 64 bits here. One call does one section.

import { integer } from "./parts/integers";
import {
  BLOCKED,
  BYTES,
  CANDIDATE_SECTIONS,
  DELETED,
  DELETED_BEFORE,
  FILE_OFFSET,
  FIRST,
  FIRST_ODD,
  GP,
  GP_OUTPUT,
  GROUP_END,
  GROUP_FIRST,
  GROUP_ROWS,
  GROUP_SIZE,
  GROUP_SYMBOL,
  GROUP_VALUE,
  HAS_RELRO,
  HOME,
  INFO,
  IS_64,
  IS_EXACT,
  IS_PIC,
  MARKS,
  MARKS_SIZE,
  MAX_ALIGNMENT,
  MODE,
  NEVER,
  OBJECT_FLAGS,
  ODD_ADDEND,
  ODD_ADDRESS,
  ODD_OUTPUT,
  ODD_SECTION,
  ORIGINAL_SIZE,
  OUTPUT_ADDRESS,
  OUTPUT_ALIGN,
  OUTPUT_CODE,
  RANGE_BEFORE,
  RANGE_START,
  ROW_ADDEND,
  ROW_HOME,
  ROW_OFFSET,
  ROW_SIZE,
  ROW_STATE,
  ROW_SYMBOL,
  ROWS,
  SECTION_FLAGS,
  SECTION_OBJECT,
  SECTION_OFFSET,
  SECTION_OUTPUT,
  SECTION_SIZE,
  SYMBOL_FLAGS,
  SYMBOL_SIZE,
  TLS_OUTPUT,
  TOUCHED,
  VALUE_HIGH,
  VALUE_LOW,
  WAKES,
} from "./parts/relax-fields";

// Kinds and decisions: see relax-candidates.ts.
const CALL: u32 = 1;
const HI20: u32 = 2;
const LO12: u32 = 3;
const TPREL_DELETE: u32 = 4;
const TPREL_LO12: u32 = 5;
const PCREL_HI20: u32 = 6;
const PCREL_LO12: u32 = 7;
const ALIGN: u32 = 8;

const NONE: u32 = 0;
const JAL: u32 = 1;
const COMPRESSED_JUMP: u32 = 2;
const ZERO_JUMP: u32 = 3;
const DELETED_WHOLE: u32 = 4;
const COMPRESSED_LUI: u32 = 5;
const GLOBAL_POINTER: u32 = 6;
const ZERO_BASE: u32 = 7;
const THREAD_POINTER: u32 = 8;
const ALIGNED: u32 = 9;

/** Marks whose decision is NONE. */
const DECISION_MASK: u32 = 0xf0;

const EF_RISCV_RVC: u32 = 1;
const STT_FUNC: u32 = 2;
const STT_GNU_IFUNC: u32 = 10;
const SHF_EXECINSTR: u32 = 4;
const SHF_MERGE: u32 = 16;
const SYMBOL_GLOBAL: u32 = 1;
const SYMBOL_STRONG: u32 = 4;
const HOME_ABSOLUTE: i32 = -1;

const PAGE: i64 = 0x1000;
const JUMP_REACH: i64 = 0x100000;
/** What c.lui reaches, and more than gp does. */
const LUI_REACH: i64 = 0x20000;

// Where the symbol at hand is: its address, its output section (-1: absolute), its input section or 0.
let hereAddress: i64 = 0;
let hereOutput: i32 = -1;
let hereSection: i32 = 0;

function word(work: usize, field: usize, index: u32): u32 {
  return load<u32>(load<u32>(work + field) + (index << 2));
}

function double(work: usize, field: usize, index: u32): f64 {
  return load<f64>(load<u32>(work + field) + (index << 3));
}

function byte(work: usize, field: usize, index: u32): u32 {
  return load<u8>(load<u32>(work + field) + index);
}

function fits(value: i64, bits: i64): bool {
  const limit: i64 = (<i64>1) << (bits - 1);
  return value >= -limit && value < limit;
}

function fitsJump(distance: i64): bool {
  return (distance & 1) === 0 && fits(distance, 21);
}

function magnitude(value: i64): i64 {
  return value < 0 ? -value : value;
}

/** How many bytes go with a candidate. */
function removedBy(row: usize, decision: u32): i32 {
  if (decision === JAL || decision === ZERO_JUMP || decision === DELETED_WHOLE) return 4;
  if (decision === COMPRESSED_JUMP) return 6;
  if (decision === COMPRESSED_LUI) return 2;
  if (decision === ALIGNED) return load<i32>(row, ROW_ADDEND) - load<i32>(row, ROW_STATE);
  return 0;
}

/** Where, from the candidate's offset, the bytes start that go with it. */
function removedFrom(row: usize, decision: u32): i32 {
  if (decision === JAL || decision === ZERO_JUMP) return 4;
  if (decision === COMPRESSED_JUMP || decision === COMPRESSED_LUI) return 2;
  if (decision === ALIGNED) return load<i32>(row, ROW_STATE);
  return 0;
}

function addendOf(work: usize, row: usize): i64 {
  const home = load<i32>(row, ROW_HOME);
  if (home > FIRST_ODD) return <i64>load<i32>(row, ROW_ADDEND);
  return integer(double(work, ODD_ADDEND, FIRST_ODD - home));
}

/** False when the symbol has no place: undefined, or in a section that is not in the output. */
function locate(work: usize, row: usize, symbol: u32): bool {
  let section = load<i32>(row, ROW_HOME);
  if (section <= FIRST_ODD) {
    const odd: u32 = FIRST_ODD - section;
    section = <i32>word(work, ODD_SECTION, odd);
    if (section >= 0) return locateOdd(work, odd, section);
  }
  if (section <= 0) section = <i32>word(work, HOME, symbol);
  const low = word(work, VALUE_LOW, symbol);
  const addend = addendOf(work, row);
  if (section > 0) {
    hereOutput = <i32>word(work, SECTION_OUTPUT, section);
    if (hereOutput < 0) return false;
    hereAddress =
      integer(double(work, OUTPUT_ADDRESS, hereOutput)) +
      integer(double(work, SECTION_OFFSET, section)) +
      <i64>(<i32>low) +
      addend;
    hereSection = section;
    return true;
  }
  if (section !== HOME_ABSOLUTE) return false;
  hereAddress = ((<i64>(<i32>word(work, VALUE_HIGH, symbol))) << 32) + <i64>low + addend;
  hereOutput = -1;
  hereSection = 0;
  return true;
}

function locateOdd(work: usize, odd: u32, section: i32): bool {
  hereAddress = integer(double(work, ODD_ADDRESS, odd));
  hereSection = section;
  if (section <= 0) {
    hereOutput = <i32>word(work, ODD_OUTPUT, odd);
    hereAddress += integer(double(work, ODD_ADDEND, odd));
    return hereOutput !== -2;
  }
  hereOutput = <i32>word(work, SECTION_OUTPUT, section);
  if (hereOutput < 0) return false;
  hereAddress +=
    integer(double(work, OUTPUT_ADDRESS, hereOutput)) + integer(double(work, SECTION_OFFSET, section));
  return true;
}

function isWeakUndefined(work: usize, symbol: u32): bool {
  if (symbol === 0 || word(work, HOME, symbol) !== 0) return false;
  return (word(work, SYMBOL_FLAGS, symbol) & (SYMBOL_GLOBAL | SYMBOL_STRONG)) === SYMBOL_GLOBAL;
}

/** Merged, or code: it may move in ways that distances from gp do not allow for. */
function isUnsteady(work: usize): bool {
  if (hereSection > 0) return (word(work, SECTION_FLAGS, hereSection) & (SHF_MERGE | SHF_EXECINSTR)) !== 0;
  return hereOutput >= 0 && byte(work, OUTPUT_CODE, hereOutput) !== 0;
}

/** What the call at `address` in output section `output` to here can become, if its instructions allow c.j. */
function decideCall(work: usize, mode: u32, address: i64, output: i32): u32 {
  let distance = hereAddress - address;
  if (fitsJump(distance) && !(mode & IS_EXACT)) {
    const margin =
      hereOutput >= 0 && hereOutput === output
        ? integer(double(work, OUTPUT_ALIGN, output))
        : integer(load<f64>(work, MAX_ALIGNMENT));
    distance += distance < 0 ? -margin : margin;
  }
  if (fitsJump(distance)) return fits(distance, 12) ? COMPRESSED_JUMP : JAL;
  return !(mode & (IS_EXACT | IS_PIC)) && fits(hereAddress, 12) ? ZERO_JUMP : NONE;
}

/** Whether what was chosen for a call can do it. */
function reaches(chosen: u32, distance: i64, address: i64): bool {
  if (chosen === ZERO_JUMP) return fits(address, 12);
  return chosen === JAL ? fitsJump(distance) : fits(distance, 12);
}

/** How much of the object that a candidate (its row, or 0) refers to lies behind what it refers to. */
function reserveOf(work: usize, row: usize): i64 {
  if (row === 0) return 0;
  const size = double(work, SYMBOL_SIZE, load<u32>(row, ROW_SYMBOL));
  const addend = <f64>addendOf(work, row);
  return addend >= 0 && addend <= size ? integer(size - addend) : 0;
}

/** Whether here can be had by one instruction from x0 or from gp, now and later. */
function reachesAbsolute(work: usize, reserve: i64): bool {
  if (fits(hereAddress, 12)) return true;
  const gp = integer(load<f64>(work, GP));
  const margin =
    hereOutput >= 0 && hereOutput === load<i32>(work, GP_OUTPUT)
      ? integer(double(work, OUTPUT_ALIGN, hereOutput))
      : integer(load<f64>(work, MAX_ALIGNMENT));
  const slack = margin + reserve;
  const above = hereAddress < 0 === gp < 0 ? hereAddress >= gp : hereAddress < 0;
  return fits(above ? hereAddress - gp + slack : hereAddress - gp - slack, 12);
}

/** c.lui takes 6 signed bits but not 0; the address may yet move by a page, or by two where RELRO ends at one. */
function reachesCompressedLui(mode: u32, lui: u32): bool {
  const rd = (lui >> 7) & 31;
  if (rd === 0 || rd === 2) return false;
  const high = (hereAddress + 0x800) & ~(<i64>0xfff);
  const moved = high + (mode & HAS_RELRO ? 2 * PAGE : PAGE);
  return high !== 0 && fits(high, 18) && moved !== 0 && fits(moved, 18);
}

/** Until so many bytes are deleted nothing that is `excess` bytes too far comes into reach. */
function waitFor(work: usize, excess: i64): i32 {
  const slop = 0x10000 + 4 * integer(load<f64>(work, MAX_ALIGNMENT));
  if (excess <= slop) return 0;
  return <i32>min<i64>(integer(load<f64>(work, DELETED_BEFORE)) + excess - slop, NEVER - 1);
}

function waitForAbsolute(work: usize): i32 {
  const gp = integer(load<f64>(work, GP));
  return waitFor(work, min<i64>(magnitude(hereAddress - gp), magnitude(hereAddress)) - LUI_REACH);
}

/**
 * Loads what will be asked about what the rows from `row` to `end` refer to. Each is somewhere else in memory: here the
 * processor waits for many of them at once, and among decisions that nobody can predict for one after the other.
 */
function touchTargets(work: usize, row: usize, end: usize, mark: usize, deleted: i32): void {
  const outputs = load<u32>(work, SECTION_OUTPUT);
  const offsets = load<u32>(work, SECTION_OFFSET);
  const values = load<u32>(work, VALUE_LOW);
  let sum: u32 = 0;
  for (; row < end; row += ROW_SIZE, mark += MARKS_SIZE) {
    const bits: u32 = load<u8>(mark);
    const home = load<i32>(row, ROW_HOME);
    if (bits === PCREL_LO12 || bits >= ALIGN || home <= 0 || load<i32>(row, ROW_STATE) > deleted) continue;
    sum += load<u32>(values + (load<u32>(row, ROW_SYMBOL) << 2));
    sum += load<u32>(outputs + (home << 2)) + load<u32>(offsets + (home << 3));
  }
  store<u32>(work, sum, TOUCHED);
}

/** Looks at the candidates of the section with number `index`; 1 when something is deleted that was not before. */
export function shortenSection(work: usize, index: u32): u32 {
  const deleted = load<i32>(work, DELETED);
  const mode = load<u32>(work, MODE);
  const section = word(work, CANDIDATE_SECTIONS, index);
  const object = word(work, SECTION_OBJECT, section);
  const compressed = (word(work, OBJECT_FLAGS, object) & EF_RISCV_RVC) !== 0;
  const code = word(work, BYTES, object) + <u32>double(work, FILE_OFFSET, section);
  const output = <i32>word(work, SECTION_OUTPUT, section);
  const start =
    integer(double(work, OUTPUT_ADDRESS, output)) + integer(double(work, SECTION_OFFSET, section));
  const rows = load<u32>(work, ROWS);
  const marks = load<u32>(work, MARKS);
  const first = word(work, FIRST, index);
  const end = rows + word(work, FIRST, index + 1) * ROW_SIZE;
  let row: usize = rows + first * ROW_SIZE;
  let mark: usize = marks + first * MARKS_SIZE;
  touchTargets(work, row, end, mark, deleted);
  let removed: i32 = 0;
  let shrank: u32 = 0;
  let wakes = NEVER;
  // What the rest of an object is counted from: a row. GNU ld keeps that of the relocation before where the symbol is a
  // global function; 0: nothing to reserve.
  let reservedBy: usize = 0;
  for (; row < end; row += ROW_SIZE, mark += MARKS_SIZE) {
    const bits: u32 = load<u16>(mark);
    const kind = bits & 15;
    const known = (bits >> 4) & 15;
    if (known !== NONE) {
      removed += removedBy(row, known);
      if (known === ZERO_BASE) reservedBy = 0;
      continue;
    }
    if (kind === ALIGN) continue;
    const waits = load<i32>(row, ROW_STATE);
    if (kind !== PCREL_LO12 && waits > deleted) {
      wakes = min(wakes, waits);
      continue;
    }
    const symbol = load<u32>(row, ROW_SYMBOL);
    const info = load<i32>(row, ROW_HOME) > 0 ? bits >> 8 : byte(work, INFO, symbol);
    const type = info & 15;
    if (type === STT_GNU_IFUNC) continue;
    if (info >> 4 === 0) reservedBy = row;
    if (kind === PCREL_LO12) {
      // It goes with its high part, which comes first, or not at all: `waits` is that.
      if (waits < 0 || (load<u8>(marks + waits * MARKS_SIZE) & DECISION_MASK) === 0) continue;
      const isWeak = isWeakUndefined(work, load<u32>(rows + waits * ROW_SIZE, ROW_SYMBOL));
      store<u8>(mark, kind | ((isWeak ? ZERO_BASE : GLOBAL_POINTER) << 4));
      continue;
    }
    const offset = load<u32>(row, ROW_OFFSET);
    const address = start + <i64>offset - <i64>removed;
    let isWeak = false;
    if (symbol === 0) {
      // Assemblers leave the symbol out where they know the address. GNU ld takes that for one relative to here.
      if (mode & IS_EXACT || kind !== CALL) continue;
      hereAddress = address + addendOf(work, row);
      hereOutput = output;
    } else if (!locate(work, row, symbol)) {
      // High and low parts of an undefined weak symbol, which is at 0, are changed; calls and TLS are not.
      if ((kind !== HI20 && kind !== LO12 && kind !== PCREL_HI20) || !isWeakUndefined(work, symbol)) {
        // The script may give it a value yet.
        wakes = 0;
        continue;
      }
      isWeak = true;
    }
    if (type !== STT_FUNC) reservedBy = row;
    let chosen = NONE;
    // Until when it waits, where nothing is chosen.
    let next = waits;
    if (kind === CALL) {
      chosen = decideCall(work, mode, address, output);
      if (chosen === NONE) {
        const excess = magnitude(hereAddress - address) - JUMP_REACH;
        next = waitFor(work, min(excess, magnitude(hereAddress)));
      } else {
        if (chosen === COMPRESSED_JUMP) {
          const rd = (load<u32>(code + offset + 4) >> 7) & 31;
          // There is no c.jal in RV64, where it would be c.addiw.
          if (!compressed || (rd !== 0 && (rd !== 1 || mode & IS_64))) chosen = JAL;
        }
        if (symbol === 0) {
          const addend = addendOf(work, row);
          if (!reaches(chosen, addend - address, addend)) chosen = NONE;
        }
        if (chosen !== NONE) shrank = 1;
      }
    } else if (kind === HI20) {
      if (!(mode & IS_EXACT)) {
        if (isWeak || reachesAbsolute(work, reserveOf(work, reservedBy))) chosen = DELETED_WHOLE;
        else if (compressed && reachesCompressedLui(mode, load<u32>(code + offset))) chosen = COMPRESSED_LUI;
        else next = waitForAbsolute(work);
        if (chosen !== NONE) shrank = 1;
      }
    } else if (kind === LO12) {
      if (!(mode & IS_EXACT)) {
        if (isWeak) chosen = ZERO_BASE;
        else if (reachesAbsolute(work, reserveOf(work, reservedBy))) chosen = GLOBAL_POINTER;
        else next = waitForAbsolute(work);
      }
    } else if (kind === TPREL_DELETE || kind === TPREL_LO12) {
      const tls = load<i32>(work, TLS_OUTPUT);
      if (tls >= 0 && fits(hereAddress - integer(double(work, OUTPUT_ADDRESS, tls)), 12)) {
        chosen = kind === TPREL_LO12 ? THREAD_POINTER : DELETED_WHOLE;
        if (kind === TPREL_DELETE) shrank = 1;
      }
    } else if (mode & (IS_EXACT | IS_PIC) || waits === BLOCKED) {
      next = NEVER;
    } else {
      // What is merged or code may move out of reach.
      if (!isWeak && isUnsteady(work)) {
        if (hereSection > 0) next = NEVER;
      } else {
        if (isWeak || reachesAbsolute(work, reserveOf(work, reservedBy))) {
          chosen = DELETED_WHOLE;
          shrank = 1;
        } else next = waitForAbsolute(work);
      }
    }
    if (chosen !== NONE) store<u8>(mark, kind | (chosen << 4));
    else {
      store<i32>(row, next, ROW_STATE);
      wakes = min(wakes, next);
    }
  }
  store<i32>(load<u32>(work, WAKES) + (index << 2), wakes);
  if (shrank) applyDecisions(work, index);
  return shrank;
}

/**
 * Decides how much of the padding of each .align in a section stays: the state of its candidate. 1 when some goes, plus
 * 2 when some is too short.
 */
export function alignSection(work: usize, index: u32): u32 {
  const section = word(work, CANDIDATE_SECTIONS, index);
  const output = word(work, SECTION_OUTPUT, section);
  const start =
    integer(double(work, OUTPUT_ADDRESS, output)) + integer(double(work, SECTION_OFFSET, section));
  const first = word(work, FIRST, index);
  const rows = load<u32>(work, ROWS);
  const end = rows + word(work, FIRST, index + 1) * ROW_SIZE;
  let mark: usize = load<u32>(work, MARKS) + first * MARKS_SIZE;
  let removed: i64 = 0;
  let result: u32 = 0;
  for (let row: usize = rows + first * ROW_SIZE; row < end; row += ROW_SIZE, mark += MARKS_SIZE) {
    let bits: u32 = load<u8>(mark);
    if ((bits & 15) === ALIGN) {
      const padding = <i64>load<i32>(row, ROW_ADDEND);
      let alignment: i64 = 1;
      while (alignment <= padding) alignment *= 2;
      const address = start + <i64>load<i32>(row, ROW_OFFSET) - removed;
      const needed = -address & (alignment - 1);
      store<i32>(row, <i32>needed, ROW_STATE);
      if (needed > padding) result |= 2;
      else if (needed < padding) {
        bits = ALIGN | (ALIGNED << 4);
        store<u8>(mark, bits);
        result |= 1;
      }
    }
    if (bits & DECISION_MASK) removed += removedBy(row, bits >> 4);
  }
  if (result & 1) applyDecisions(work, index);
  return result;
}

/** Sets the size of a section and the values and sizes of its symbols from the decisions. */
function applyDecisions(work: usize, index: u32): void {
  const first = word(work, FIRST, index);
  const rows = load<u32>(work, ROWS);
  const end = rows + word(work, FIRST, index + 1) * ROW_SIZE;
  const starts = load<u32>(work, RANGE_START);
  const before = load<u32>(work, RANGE_BEFORE);
  let mark: usize = load<u32>(work, MARKS) + first * MARKS_SIZE;
  let count: u32 = 0;
  let sum: i32 = 0;
  for (let row: usize = rows + first * ROW_SIZE; row < end; row += ROW_SIZE, mark += MARKS_SIZE) {
    const bits: u32 = load<u8>(mark);
    if ((bits & DECISION_MASK) === 0) continue;
    const bytes = removedBy(row, bits >> 4);
    if (bytes === 0) continue;
    store<i32>(starts + (count << 2), load<i32>(row, ROW_OFFSET) + removedFrom(row, bits >> 4));
    store<i32>(before + (count << 2), sum);
    count++;
    sum += bytes;
  }
  store<i32>(before + (count << 2), sum);
  const size = load<u32>(work, SECTION_SIZE) + (word(work, CANDIDATE_SECTIONS, index) << 3);
  const shorter = double(work, ORIGINAL_SIZE, index) - <f64>sum;
  store<i32>(work, load<i32>(work, DELETED) + <i32>(load<f64>(size) - shorter), DELETED);
  store<f64>(size, shorter);
  const values = load<u32>(work, VALUE_LOW);
  const sizes = load<u32>(work, SYMBOL_SIZE);
  const groups = load<u32>(work, GROUP_ROWS);
  const last = groups + word(work, GROUP_FIRST, index + 1) * GROUP_SIZE;
  for (let group = groups + word(work, GROUP_FIRST, index) * GROUP_SIZE; group < last; group += GROUP_SIZE) {
    const symbol = load<u32>(group, GROUP_SYMBOL);
    const start = load<i32>(group, GROUP_VALUE);
    const symbolEnd = load<f64>(group, GROUP_END);
    const moved = start - load<i32>(before + (rangesBefore(starts, count, <f64>start) << 2));
    store<i32>(values + (symbol << 2), moved);
    if (symbolEnd <= <f64>start) continue;
    const gone = load<i32>(before + (rangesBefore(starts, count, symbolEnd) << 2));
    store<f64>(sizes + (symbol << 3), symbolEnd - <f64>gone - <f64>moved);
  }
}

/** How many of the first `count` ranges start before `offset`. */
function rangesBefore(starts: usize, count: u32, offset: f64): u32 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<f64>load<i32>(starts + (middle << 2)) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Lists what is deleted of the sections: ranges one after the other, each with its start and what is deleted before it
 * in its section, and behind the last of a section the sum. `first` and `end` are by number of the section. Returns the end.
 */
export function recordRanges(
  work: usize,
  sectionCount: u32,
  start: usize,
  before: usize,
  first: usize,
  end: usize,
): u32 {
  let row: usize = load<u32>(work, ROWS);
  let mark: usize = load<u32>(work, MARKS);
  const rows = row;
  let at: u32 = 0;
  for (let index: u32 = 0; index < sectionCount; index++) {
    const from = at;
    let sum: i32 = 0;
    const last = rows + word(work, FIRST, index + 1) * ROW_SIZE;
    for (; row < last; row += ROW_SIZE, mark += MARKS_SIZE) {
      const bits: u32 = load<u8>(mark);
      if ((bits & DECISION_MASK) === 0) continue;
      const bytes = removedBy(row, bits >> 4);
      if (bytes === 0) continue;
      store<i32>(start + (at << 2), load<i32>(row, ROW_OFFSET) + removedFrom(row, bits >> 4));
      store<i32>(before + (at << 2), sum);
      at++;
      sum += bytes;
    }
    store<u32>(first + (index << 2), from);
    store<u32>(end + (index << 2), at);
    if (at === from) continue;
    store<i32>(before + (at << 2), sum);
    at++;
  }
  return at;
}
