// Relocations of RISC-V for write.ts: calls and jumps, addresses of data, and pointers, also where relaxation changed
// the instructions (src/targets/riscv/relax.ts). A section that has anything else, or a value that does not fit, is
// left to src/targets/riscv/relocate.ts from the start, as parts of addresses belong together.

import { copyBytes } from "./copy";
import {
  FIRST_ODD,
  MARKS_SIZE,
  ROW_ADDEND,
  ROW_ENTRY,
  ROW_HOME,
  ROW_SIZE,
  ROW_STATE,
  ROW_SYMBOL,
} from "./relax-fields";
import {
  BRANCH,
  encodeU,
  fits,
  fitsHigh,
  JAL,
  MASK_I,
  MASK_RS1,
  MASK_U,
  put,
  putDifference,
  putJump,
  putLow,
  putNothing,
  R_32,
  R_64,
  RVC_BRANCH,
  RVC_JUMP,
} from "./riscv-immediates";
import { DUPLICATE, fateOf, findMerged, found, nothingIn } from "./unsettled";
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  FIRST,
  FLAGS,
  GOT_BASE,
  GOT_GD,
  GOT_TP,
  GOT_WORD,
  GP,
  HIGH_PARTS,
  HIGHS,
  HOME,
  MARKS,
  RANGE_BEFORE,
  RANGE_END,
  RANGE_FIRST,
  RANGE_START,
  RISCV,
  RISCV_64,
  RISCV_FIXED,
  ROWS,
  SETTLED,
  SYMBOL_COUNT,
  SYMBOL_HIGH,
  SYMBOL_IDS,
  SYMBOL_LOW,
  TLS_START,
  TOUCHED,
  VALUE_LOW,
} from "./write-fields";

const NONE: u32 = 0;
const CALL: u32 = 18;
const CALL_PLT: u32 = 19;
const SHF_ALLOC: u32 = 2;
const GOT_HI20: u32 = 20;
const TLS_GOT_HI20: u32 = 21;
const TLS_GD_HI20: u32 = 22;
const PCREL_HI20: u32 = 23;
const PCREL_LO12_I: u32 = 24;
const PCREL_LO12_S: u32 = 25;
const HI20: u32 = 26;
const LO12_I: u32 = 27;
const LO12_S: u32 = 28;
const TPREL_HI20: u32 = 29;
const TPREL_LO12_I: u32 = 30;
const TPREL_LO12_S: u32 = 31;
const TPREL_ADD: u32 = 32;
const ALIGN: u32 = 43;
const RELAX: u32 = 51;
const PCREL_32: u32 = 57;

// Decisions of relaxation: see relax-candidates.ts.
const TO_JAL: u32 = 1;
const TO_COMPRESSED_JUMP: u32 = 2;
const TO_GLOBAL_POINTER: u32 = 6;
const TO_THREAD_POINTER: u32 = 8;

/** Marks of a low part that was left as it is. */
const PCREL_LOW: u32 = 7;

function word(work: usize, field: usize, index: u32): u32 {
  return load<u32>(load<u32>(work + field) + (index << 2));
}

/** Copies a section to `size` bytes, without the ranges that relaxation deleted. */
export function copyWithout(work: usize, slot: u32, to: usize, from: usize, size: u32): void {
  const end = word(work, RANGE_END, slot);
  const starts = load<u32>(work, RANGE_START);
  const before = load<u32>(work, RANGE_BEFORE);
  const last = to + size;
  let input: u32 = 0;
  for (let i = word(work, RANGE_FIRST, slot); i < end; i++) {
    const start = load<u32>(starts + (i << 2));
    const keep = start - input;
    copyBytes(to, from + input, keep);
    to += keep;
    input = start + load<u32>(before + ((i + 1) << 2)) - load<u32>(before + (i << 2));
  }
  copyBytes(to, from + input, <u32>(last - to));
}

/** 12 bits that are added to gp, or to x0 near zero; false where it does not reach. */
function putNearPointer(work: usize, at: usize, isStore: bool, target: i64): bool {
  const fromZero = fits(target, 12);
  const value = fromZero ? target : target - load<i64>(work, GP);
  if (!fits(value, 12)) return false;
  put(at, MASK_RS1, fromZero ? 0 : 3 << 15);
  putLow(at, isStore, value);
  return true;
}

/** Writes nops over what is left of the padding of an .align, as its tail, not its head, was deleted. */
function keepPadding(work: usize, at: usize, offset: u32, padding: u32, range: u32, end: u32): void {
  // The range that was cut from this padding starts in it; without one, all of it stays as it is.
  if (range >= end || word(work, RANGE_START, range) >= offset + padding) return;
  const kept = word(work, RANGE_START, range) - offset;
  let i: u32 = 0;
  for (; i + 4 <= kept; i += 4) store<u32>(at + i, 0x13);
  if (i < kept) store<u16>(at + i, 0x0001);
}

/**
 * Loads what will be asked about the symbols of candidates. Each is somewhere else in memory: here the processor waits for
 * many of them at once. Low parts are about labels nearby.
 */
function touchTargets(work: usize, row: usize, end: usize, mark: usize): void {
  const settled = load<u32>(work, SETTLED);
  const lows = load<u32>(work, SYMBOL_LOW);
  const highs = load<u32>(work, SYMBOL_HIGH);
  let sum: u32 = 0;
  for (; row < end; row += ROW_SIZE, mark += MARKS_SIZE) {
    if (load<u8>(mark) === PCREL_LOW) continue;
    const symbol = load<u32>(row, ROW_SYMBOL);
    sum += load<u8>(settled + symbol);
    sum += load<u32>(lows + (symbol << 2)) + load<u32>(highs + (symbol << 2));
  }
  store<u32>(work, sum, TOUCHED);
}

/**
 * Applies the `count` relocations at `entries` to a section whose bytes, without what was deleted, are at `out`; in the
 * input they are at `input`. Where nothing was deleted they are `shift` bytes further on than there. False: it is to be written in another way.
 */
export function relocateRiscV(
  work: usize,
  section: u32,
  object: u32,
  out: usize,
  size: u32,
  input: usize,
  entries: usize,
  count: u32,
  slot: u32,
  shift: u32,
): bool {
  const flags = load<u32>(work, RISCV);
  const is64 = (flags & RISCV_64) !== 0;
  const entrySize: u32 = is64 ? 24 : 12;
  const symbolIds = word(work, SYMBOL_IDS, object);
  const symbolCount = word(work, SYMBOL_COUNT, object);
  const settled = load<u32>(work, SETTLED);
  const place = <u64>word(work, ADDRESS_LOW, section) | ((<u64>word(work, ADDRESS_HIGH, section)) << 32);
  const isLoaded = (word(work, FLAGS, section) & SHF_ALLOC) !== 0;
  const lows = load<u32>(work, SYMBOL_LOW);
  const highs = load<u32>(work, SYMBOL_HIGH);
  const starts = load<u32>(work, RANGE_START);
  const removed = load<u32>(work, RANGE_BEFORE);
  const highParts = load<u32>(work, HIGH_PARTS);
  let highCount: u32 = 0;
  let firstRange: u32 = 0;
  let endRange: u32 = 0;
  let row: usize = 0;
  let endRow: usize = 0;
  let mark: usize = 0;
  if (slot !== 0) {
    firstRange = word(work, RANGE_FIRST, slot - 1);
    endRange = word(work, RANGE_END, slot - 1);
    const candidate = word(work, FIRST, slot - 1);
    row = load<u32>(work, ROWS) + candidate * ROW_SIZE;
    mark = load<u32>(work, MARKS) + candidate * MARKS_SIZE;
    endRow = load<u32>(work, ROWS) + word(work, FIRST, slot) * ROW_SIZE;
    touchTargets(work, row, endRow, mark);
  }
  let range = firstRange;
  let previous: u32 = 0;
  let at = entries;
  for (let entry: u32 = 0; entry < count; entry++, at += entrySize) {
    const info = load<u32>(at + (is64 ? 8 : 4));
    const type = is64 ? info : info & 0xff;
    if (type === NONE || type === RELAX) continue;
    // Offsets beyond 2 GB are nobody's.
    const inputOffset = load<u32>(at);
    if (inputOffset > 0x7fffffff) return false;
    let offset = inputOffset + shift;
    if (endRange > firstRange) {
      if (inputOffset < previous) return false;
      previous = inputOffset;
      while (range < endRange && load<u32>(starts + (range << 2)) < inputOffset) range++;
      // Ranges before `range` start before the offset; the next may start at it.
      const gone = load<u32>(removed + (range << 2));
      offset = inputOffset - gone;
      if (type === ALIGN) {
        keepPadding(work, out + offset, inputOffset, load<u32>(at + (is64 ? 16 : 8)), range, endRange);
        continue;
      }
      if (range > firstRange) {
        const before = (range - 1) << 2;
        if (inputOffset < load<u32>(starts + before) + gone - load<u32>(removed + before)) continue;
      }
      if (range < endRange && load<u32>(starts + (range << 2)) === inputOffset) continue;
    }
    if (type === ALIGN || type === TPREL_ADD) continue;
    const index = is64 ? load<u32>(at, 12) : info >>> 8;
    if (index >= symbolCount) return false;
    let decision: u32 = 0;
    while (row < endRow && load<u32>(row, ROW_ENTRY) < entry) {
      row += ROW_SIZE;
      mark += MARKS_SIZE;
    }
    if (row < endRow && load<u32>(row, ROW_ENTRY) === entry) decision = <u32>load<u8>(mark) >> 4;
    let symbol = load<u32>(symbolIds + (index << 2));
    let addend: i64 = is64 ? load<i64>(at, 16) : <i64>load<i32>(at, 8);
    const isStore = type === LO12_S || type === PCREL_LO12_S;
    const isPcrelLow = type === PCREL_LO12_I || type === PCREL_LO12_S;
    // So that sums with it below do not overflow.
    if (offset > size) return false;
    const field = out + offset;
    if (isPcrelLow && decision === 0) {
      // What it belongs to comes before it, nearly always just before.
      if (addend !== 0 || offset + 4 > size || word(work, HOME, symbol) !== section) return false;
      const label = word(work, VALUE_LOW, symbol);
      let high = highParts + (highCount << 4);
      const least = highParts + ((highCount > 64 ? highCount - 64 : 0) << 4);
      while (high > least && load<u32>(high - 16) !== label) high -= 16;
      if (high === least) return false;
      putLow(field, isStore, load<i64>(high - 8));
      continue;
    }
    if (isPcrelLow) {
      const high = load<i32>(row, ROW_STATE);
      if (decision !== TO_GLOBAL_POINTER || high < 0) return false;
      // It stands for what its high part, now gone, referred to.
      const highRow = load<u32>(work, ROWS) + high * ROW_SIZE;
      if (load<i32>(highRow, ROW_HOME) <= FIRST_ODD) return false;
      symbol = load<u32>(highRow, ROW_SYMBOL);
      addend += <i64>load<i32>(highRow, ROW_ADDEND);
    }
    let target: i64 = 0;
    if (load<u8>(settled + symbol) === 1) {
      const base = <i64>load<u32>(lows + (symbol << 2)) | ((<i64>load<u32>(highs + (symbol << 2))) << 32);
      // Undefined ones are at zero, or at a stub of a dynamic executable.
      const isOfGot = type >= GOT_HI20 && type <= TLS_GD_HI20;
      if ((base === 0 || !(flags & RISCV_FIXED)) && !isOfGot && word(work, HOME, symbol) === 0) return false;
      target = base + addend;
    } else if (fateOf(work, symbol) > DUPLICATE) {
      if (isLoaded || decision !== 0) return false;
      if (!putNothing(field, type, nothingIn(work, section), size - offset)) return false;
      continue;
    } else {
      if (!findMerged(work, symbol, <i32>addend)) return false;
      target = found;
    }
    const distance = target - <i64>place - <i64>offset;
    if (decision === TO_JAL) {
      if (offset + 4 > size) return false;
      store<u32>(field, 0x6f | (load<u32>(input + inputOffset + 4) & 0xf80));
      if (!putJump(field, JAL, distance)) return false;
      continue;
    }
    if (decision === TO_COMPRESSED_JUMP) {
      if (offset + 2 > size) return false;
      store<u16>(field, (load<u32>(input + inputOffset + 4) & 0xf80) === 0 ? 0xa001 : 0x2001);
      if (!putJump(field, RVC_JUMP, distance)) return false;
      continue;
    }
    if (decision === TO_GLOBAL_POINTER) {
      if (offset + 4 > size || !putNearPointer(work, field, isStore, target)) return false;
      continue;
    }
    if (decision === TO_THREAD_POINTER) {
      const fromStart = target - load<i64>(work, TLS_START);
      if (offset + 4 > size || !fits(fromStart, 12)) return false;
      put(field, MASK_RS1, 4 << 15);
      putLow(field, type === TPREL_LO12_S, fromStart);
      continue;
    }
    if (decision !== 0) return false;
    switch (type) {
      case BRANCH:
      case JAL:
        if (offset + 4 > size || !putJump(field, type, distance)) return false;
        break;
      case RVC_BRANCH:
      case RVC_JUMP:
        if (offset + 2 > size || !putJump(field, type, distance)) return false;
        break;
      case CALL:
      case CALL_PLT:
        if (offset + 8 > size || (is64 && !fitsHigh(distance))) return false;
        put(field, MASK_U, encodeU(<u32>distance));
        put(field + 4, MASK_I, (<u32>distance) << 20);
        break;
      case PCREL_HI20:
        // Where only S itself is out of reach it becomes lui.
        if (offset + 4 > size || (is64 && (!fitsHigh(distance) || !fitsHigh(distance - addend))))
          return false;
        if (highCount === HIGHS) return false;
        store<u32>(highParts + (highCount << 4), offset);
        store<i64>(highParts + (highCount << 4), distance, 8);
        highCount++;
        put(field, MASK_U, encodeU(<u32>distance));
        break;
      case GOT_HI20:
      case TLS_GOT_HI20:
      case TLS_GD_HI20: {
        const slot = slotOf(work, type, symbol, is64 ? 3 : 2);
        if (slot === 0 || (addend !== 0 && type === GOT_HI20)) return false;
        const away = slot + addend - <i64>place - <i64>offset;
        if (offset + 4 > size || (is64 && !fitsHigh(away)) || highCount === HIGHS) return false;
        store<u32>(highParts + (highCount << 4), offset);
        store<i64>(highParts + (highCount << 4), away, 8);
        highCount++;
        put(field, MASK_U, encodeU(<u32>away));
        break;
      }
      case TPREL_HI20: {
        const fromStart = target - load<i64>(work, TLS_START);
        if (offset + 4 > size || (is64 && !fitsHigh(fromStart))) return false;
        put(field, MASK_U, encodeU(<u32>fromStart));
        break;
      }
      case TPREL_LO12_I:
      case TPREL_LO12_S:
        if (offset + 4 > size) return false;
        putLow(field, type === TPREL_LO12_S, target - load<i64>(work, TLS_START));
        break;
      case HI20:
        if (offset + 4 > size || (is64 && !fitsHigh(target))) return false;
        put(field, MASK_U, encodeU(<u32>target));
        break;
      case LO12_I:
      case LO12_S:
        if (offset + 4 > size) return false;
        putLow(field, isStore, target);
        break;
      case PCREL_32:
        if (offset + 4 > size || distance !== <i64>(<i32>distance)) return false;
        store<i32>(field, <i32>distance);
        break;
      case R_32:
        if (offset + 4 > size || !(flags & RISCV_FIXED)) return false;
        store<u32>(field, <u32>target);
        break;
      case R_64:
        if (offset + 8 > size || !(flags & RISCV_FIXED)) return false;
        store<i64>(field, target);
        break;
      default:
        if (!putDifference(field, type, target, size - offset)) return false;
    }
  }
  return true;
}

/** The word of the GOT that a symbol has for a relocation; 0: none, or it is not known here. */
function slotOf(work: usize, type: u32, symbol: u32, shift: i64): i64 {
  const words = load<u32>(work + (type === GOT_HI20 ? GOT_WORD : type === TLS_GOT_HI20 ? GOT_TP : GOT_GD));
  const number = words === 0 ? 0 : load<u32>(words + (symbol << 2));
  return number === 0 ? 0 : load<i64>(work, GOT_BASE) + ((<i64>(number - 1)) << shift);
}
