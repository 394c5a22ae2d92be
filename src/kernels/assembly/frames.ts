// Unwind records: the loops over those of functions, of which a large link has a hundred thousand. What a CIE says is
// for src/link/unwind/eh-frame-read.ts, and so is whatever is not as expected: then a kernel stops before the record.

import {
  BYTE_COUNT,
  BYTES,
  CIE,
  CIE_COUNT,
  CIE_WORDS,
  CIES,
  COUNT,
  ENCODING,
  FDE_COUNT,
  FIRST_FDE,
  HAS_LSDA,
  HAS_SIZE,
  HOME,
  KIND,
  MERGED_WITH,
  NEW_OFFSET,
  NEXT,
  NEXT_FDE,
  OBJECT,
  OFFSET,
  RELOCATION_END,
  RELOCATION_START,
  REMOVED,
  ROOM,
  SECTION,
  SECTION_FATE,
  SECTION_OBJECT,
  SIZE,
  SYMBOL_FLAGS,
  THIS,
  WORD_SIZE,
} from "./parts/frame-fields";
import { relocationAt, setWord, symbolIndexOf, symbolOf, typeOf, word } from "./parts/frame-words";

const TERMINATOR: u32 = 0;
const FDE: u32 = 2;
const GLOBAL: u32 = 1;
/** Behind a LEB128 at `at`, or beyond `end`. */
function skipLeb(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) > 127) at++;
  return at + 1;
}

/** Behind the block at `at`, whose length comes first, or beyond `end`. */
function skipBlock(at: usize, end: usize): usize {
  let length: u64 = 0;
  let shift: u64 = 0;
  for (; at < end; shift += 7) {
    const byte = load<u8>(at++);
    if (shift < 42) length |= (<u64>(byte & 0x7f)) << shift;
    else if (byte & 0x7f) return end + 1;
    if (byte < 128) return length > <u64>(end - at) ? end + 1 : at + <usize>length;
  }
  return end + 1;
}

/** Behind the operands of a call-frame instruction (DWARF 5, 6.4.2, and GNU's additions), or beyond `end`. */
function skipOperands(op: u32, at: usize, end: usize, width: u32): usize {
  const high = op & 0xc0;
  if (high === 0x40 || high === 0xc0) return at;
  if (high === 0x80) return skipLeb(at, end);
  switch (op) {
    case 0x0a: // remember_state
    case 0x0b: // restore_state
    case 0x2d: // GNU_window_save
      return at;
    case 0x06: // restore_extended
    case 0x07: // undefined
    case 0x08: // same_value
    case 0x0d: // def_cfa_register
    case 0x0e: // def_cfa_offset
    case 0x13: // def_cfa_offset_sf
    case 0x2e: // GNU_args_size
      return skipLeb(at, end);
    case 0x05: // offset_extended
    case 0x09: // register
    case 0x0c: // def_cfa
    case 0x11: // offset_extended_sf
    case 0x12: // def_cfa_sf
    case 0x14: // val_offset
    case 0x15: // val_offset_sf
    case 0x2f: // GNU_negative_offset_extended
      return skipLeb(skipLeb(at, end), end);
    case 0x10: // expression
    case 0x16: // val_expression
      return skipBlock(skipLeb(at, end), end);
    case 0x0f: // def_cfa_expression
      return skipBlock(at, end);
    case 0x01: // set_loc
      return at + width;
    case 0x02: // advance_loc1
      return at + 1;
    case 0x03: // advance_loc2
      return at + 2;
    case 0x04: // advance_loc4
      return at + 4;
    case 0x1d: // MIPS_advance_loc8
      return at + 8;
    default:
      return end + 1;
  }
}

/** The end of the last instruction that is not padding; 0 when some instruction is not known. */
function skipInstructions(at: usize, end: usize, width: u32): usize {
  let last = at;
  while (at < end) {
    const op: u32 = load<u8>(at++);
    if (op === 0) continue;
    at = skipOperands(op, at, end, width);
    if (at > end) return 0;
    last = at;
  }
  return last;
}

/** Reads records of functions from `offset` of the section on; returns the offset of the first that it leaves, or the end. */
export function readFrames(work: usize, offset: u32): u32 {
  const bytes: usize = load<u32>(work, BYTES);
  const size = load<u32>(work, BYTE_COUNT);
  while (offset < size && size - offset >= 12) {
    const at = bytes + offset;
    const length = load<u32>(at);
    const id = load<u32>(at, 4);
    if (length < 8 || length > size - offset - 4 || id === 0) break;
    const record = load<u32>(work, COUNT);
    if (
      record === load<u32>(work, ROOM) ||
      !readFde(work, record, offset, offset + 4 - id, at + 8, at + 4 + length)
    )
      break;
    store<u32>(work, record + 1, COUNT);
    offset += length + 4;
  }
  return offset;
}

/** The record of a function at `offset`, whose CIE is at `cieOffset`; its fields begin at `at`. */
function readFde(work: usize, record: u32, offset: u32, cieOffset: u32, at: usize, end: usize): bool {
  let known: usize = 0;
  for (let i = load<u32>(work, CIE_COUNT); i > 0 && known === 0; i--) {
    const entry = work + CIES + (i - 1) * CIE_WORDS * 4;
    if (load<u32>(entry) === cieOffset) known = entry;
  }
  if (known === 0) return false;
  const width = load<u32>(known, 8);
  const flags = load<u32>(known, 16);
  const start = load<u32>(work, NEXT);
  let next = start;
  while (relocationAt(work, next) < offset + 8) {
    if (typeOf(work, next) !== 0 || symbolIndexOf(work, next) !== 0) return false;
    next++;
  }
  if (relocationAt(work, next) !== offset + 8) return false;
  const target = <i32>word(work, HOME, symbolOf(work, next));
  if (target > 0 && word(work, SECTION_OBJECT, target) !== load<u32>(work, OBJECT)) return false;
  const base: usize = load<u32>(work, BYTES);
  const range = at + width;
  at += 2 * width;
  if (at > end) return false;
  while (relocationAt(work, next) < <u32>(range - base)) next++;
  let cie = load<u32>(known, 4);
  if (relocationAt(work, next) !== <u32>(range - base)) {
    let isZero = true;
    for (let i: u32 = 0; i < width && isZero; i++) isZero = load<u8>(range + i) === 0;
    if (isZero) cie = 0;
  }
  if (flags & HAS_SIZE) {
    at = skipBlock(at, end);
    if (at > end) return false;
  } else if (flags & HAS_LSDA) at = end;
  while (relocationAt(work, next) < <u32>(end - base)) next++;
  const stop = skipInstructions(at, end, width);
  if (stop === 0) return false;
  setWord(work, SECTION, record, load<u32>(work, THIS));
  store<u8>(load<u32>(work, KIND) + record, FDE);
  setWord(work, OFFSET, record, offset);
  setWord(work, SIZE, record, <u32>(stop - base) - offset);
  setWord(work, CIE, record, cie);
  setWord(work, NEXT_FDE, record, target);
  setWord(work, RELOCATION_START, record, start);
  setWord(work, RELOCATION_END, record, next);
  store<u8>(load<u32>(work, ENCODING) + record, load<u32>(known, 12));
  store<u32>(work, next, NEXT);
  return true;
}

/** Hangs the records of functions from `first` to `end` on the sections that they are of, which NEXT_FDE holds until then. */
export function attachFrames(work: usize, first: u32, end: u32): void {
  for (let record = first; record < end; record++) {
    if (load<u8>(load<u32>(work, KIND) + record) !== FDE) continue;
    const target = <i32>word(work, NEXT_FDE, record);
    setWord(work, NEXT_FDE, record, 0);
    if (target <= 0) continue;
    setWord(work, NEXT_FDE, record, word(work, FIRST_FDE, target));
    setWord(work, FIRST_FDE, target, record);
  }
}

/**
 * Chooses the records of functions that are in the output, from `record` on; returns `end`, or the first record that is
 * no function's, or whose CIE has not been decided about.
 */
export function chooseFrames(work: usize, record: u32, end: u32): u32 {
  const removed = load<u32>(work, REMOVED);
  for (; record < end; record++) {
    if (load<u8>(load<u32>(work, KIND) + record) !== FDE) break;
    let cie = word(work, CIE, record);
    if (cie === 0 || !hasFunction(work, record)) continue;
    if (load<u8>(removed + cie) !== 0) {
      cie = word(work, MERGED_WITH, cie);
      if (cie === 0) break;
    }
    store<u8>(removed + record, 0);
    setWord(work, CIE, record, cie);
    store<u32>(work, load<u32>(work, FDE_COUNT) + 1, FDE_COUNT);
  }
  return record;
}

/** Whether the code that a record describes is in the output. */
function hasFunction(work: usize, record: u32): bool {
  const begin = word(work, OFFSET, record) + 8;
  const end = word(work, RELOCATION_END, record);
  for (let i = word(work, RELOCATION_START, record); i < end; i++) {
    if (relocationAt(work, i) !== begin) continue;
    const symbol = symbolOf(work, i);
    if (symbol === 0) return false;
    const section = <i32>word(work, HOME, symbol);
    if (section <= 0) return true;
    if (load<u8>(load<u32>(work, SECTION_FATE) + section) !== 0) return false;
    if (!(word(work, SYMBOL_FLAGS, symbol) & GLOBAL)) return true;
    return word(work, SECTION_OBJECT, section) === load<u32>(work, OBJECT);
  }
  return true;
}

/** Gives the remaining records from `first` to `end`, by GNU ld's rules, their offsets; returns the section's size. */
export function packFrames(work: usize, first: u32, end: u32): u32 {
  const wordSize = load<u32>(work, WORD_SIZE);
  let at: u32 = 0;
  for (let record = first; record < end; record++) {
    if (load<u8>(load<u32>(work, REMOVED) + record) !== 0) continue;
    const kind: u32 = load<u8>(load<u32>(work, KIND) + record);
    const encoding: u32 = load<u8>(load<u32>(work, ENCODING) + record);
    let align: u32 = 4;
    // Addresses are aligned to their width; that of a personality routine where it is told to be.
    if (kind === FDE || (kind !== TERMINATOR && (encoding & 0x70) === 0x50))
      if (widthOf(encoding, wordSize) === 8) align = 8;
    at = (at + align - 1) & -align;
    setWord(work, NEW_OFFSET, record, at);
    at += kind === TERMINATOR ? 4 : word(work, SIZE, record);
  }
  return (at + 3) & -4;
}

/**
 * Notes what goes of a section of `rawSize` bytes, of which `size` remain: its records stay by `packFrames`, what is
 * between them goes. Returns the number of ranges; `before` has one more entry, the sum of all.
 */
export function cutFrames(
  work: usize,
  first: u32,
  end: u32,
  rawSize: u32,
  size: u32,
  start: usize,
  length: usize,
  before: usize,
): u32 {
  // The input up to `input` is dealt with and makes up the output up to `output`.
  let input: u32 = 0;
  let output: u32 = 0;
  let count: u32 = 0;
  let sum: i32 = 0;
  for (let record = first; record <= end; record++) {
    if (record < end && load<u8>(load<u32>(work, REMOVED) + record) !== 0) continue;
    const nextInput = record < end ? word(work, OFFSET, record) : rawSize;
    const nextOutput = record < end ? word(work, NEW_OFFSET, record) : size;
    const cut = <i32>(nextInput - input - (nextOutput - output));
    if (cut !== 0) {
      // What stays of a gap is its start: it has no relocations, being padding or the head of a record. Where a record is
      // aligned further on than in the input, no range goes, but what follows moves.
      const at = count << 2;
      store<u32>(start + at, cut > 0 ? input + (nextOutput - output) : nextInput);
      store<i32>(length + at, cut);
      store<i32>(before + at, sum);
      sum += cut;
      count++;
    }
    if (record === end) break;
    input = nextInput + word(work, SIZE, record);
    output = nextOutput + word(work, SIZE, record);
  }
  store<i32>(before + (count << 2), sum);
  return count;
}

/** The width in bytes of a value in a DW_EH_PE_* encoding; 0 for those that are not known: `encodedWidth` of src/link/unwind/eh-frame-records.ts. */
function widthOf(encoding: u32, wordSize: u32): u32 {
  if ((encoding & 0x60) === 0x60) return 0;
  switch (encoding & 7) {
    case 0:
      return wordSize;
    case 2:
      return 2;
    case 3:
      return 4;
    case 4:
      return 8;
    default:
      return 0;
  }
}
