// Merging of strings and constants: the look-ups of PieceTable (src/link/merge/merge-table.ts), the loops over sections that
// make pieces of them (src/link/merge/merge.ts has the rules), and the search for strings that are the tails of others. In
// WebAssembly because a large link has some hundred thousand strings, which are read, compared and sorted eight bytes at a time.
//
// A piece is put at the end of the table's bytes, padded with zeros to a multiple of 8, while its hash is taken and, for
// a string, its end looked for; it stays there if it is new. Where there is no more room a kernel returns at the piece
// that it did not add, and is called again with it.

import * as C from "./columns";
import { FOUND, MERGED, MERGED_COUNT } from "./parts/map-fields";
import {
  ADDED_LENGTH,
  ALIGN,
  BASE,
  BYTES,
  BYTES_ROOM,
  COMMON,
  COUNT,
  EMPTY,
  FIRST,
  HAS_EMPTY,
  HASH,
  INSTEAD,
  LENGTH,
  MASK,
  ROOM,
  RUN_COUNT,
  RUN_OFFSET,
  RUN_PIECE,
  RUN_ROOM,
  SECTION,
  SLOTS,
  START,
  USED,
} from "./parts/merge-fields";
import { locate } from "./parts/merge-map";

/** In place of a piece: zeros after a string. */
const PADDING: i32 = -1;
const NO_ROOM: i32 = -1;

const STT_SECTION: u32 = 3;

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const ONES: u64 = 0x0101010101010101;
const TOPS: u64 = 0x8080808080808080;

/** Ranges of so few are sorted by insertion. */
const FEW: u32 = 12;

function stir(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * MULTIPLIER;
  return product ^ (product >> 32);
}

function field(table: usize, column: usize, piece: u32): usize {
  return load<u32>(table + column) + (piece << 2);
}

/** Whether there is room for one more piece of `length` bytes. */
function hasRoom(table: usize, length: u32): bool {
  const count = load<u32>(table, COUNT);
  if (count === load<u32>(table, ROOM) || count * 2 > load<u32>(table, MASK)) return false;
  return <u64>load<u32>(table, USED) + length + 16 <= <u64>load<u32>(table, BYTES_ROOM);
}

/** The number of the piece that was put at the end of the bytes, with `length`; `mixed` of its words. */
function settle(table: usize, length: u32, mixed: u64, align: u32, section: u32): i32 {
  const hash = <u32>mixed ^ length;
  const slots = load<u32>(table, SLOTS);
  const mask = load<u32>(table, MASK);
  const bytes = load<u32>(table, BYTES);
  const used = load<u32>(table, USED);
  const begin = bytes + used;
  const end = begin + length;
  store<u32>(table, length, ADDED_LENGTH);
  for (let index = (hash ^ (hash >> 13)) & mask; ; index = (index + 1) & mask) {
    const slot = slots + (index << 2);
    const piece = load<u32>(slot) - 1;
    const known = <i32>piece >= 0;
    if (known) {
      if (load<u32>(field(table, HASH, piece)) !== hash || load<u32>(field(table, LENGTH, piece)) !== length)
        continue;
      let at = begin;
      let other = bytes + load<u32>(field(table, START, piece));
      while (at < end && load<u64>(at) === load<u64>(other)) {
        at += 8;
        other += 8;
      }
      if (at < end) continue;
      if (load<u32>(field(table, ALIGN, piece)) >= align) return piece;
    }
    const added = load<u32>(table, COUNT);
    store<u32>(table, added + 1, COUNT);
    store<u32>(field(table, START, added), used);
    store<u32>(field(table, LENGTH, added), length);
    store<u32>(field(table, ALIGN, added), align);
    store<u32>(field(table, SECTION, added), section);
    store<u32>(field(table, INSTEAD, added), added);
    store<u32>(field(table, HASH, added), hash);
    store<u32>(table, used + ((length + 7) & ~7), USED);
    store<u32>(slot, added + 1);
    if (known) {
      // Known with a lesser alignment: that one is given up.
      store<u32>(field(table, ALIGN, piece), 0);
      store<u32>(field(table, INSTEAD, piece), added);
    }
    return added;
  }
}

/** The number of the piece of `length` bytes at `from`, or NO_ROOM. */
export function addPiece(table: usize, from: usize, length: u32, align: u32, section: u32): i32 {
  if (!hasRoom(table, length)) return NO_ROOM;
  let to: usize = load<u32>(table, BYTES) + load<u32>(table, USED);
  let hash: u64 = 0;
  let left = length;
  for (; left >= 8; left -= 8, from += 8, to += 8) {
    const word = load<u64>(from);
    store<u64>(to, word);
    hash = stir(hash, word);
  }
  if (left > 0) {
    const word = load<u64>(from) & (((<u64>1) << (left << 3)) - 1);
    store<u64>(to, word);
    hash = stir(hash, word);
  }
  return settle(table, length, hash, align, section);
}

/** The same of a string that a zero byte ends; its length, with that byte, is in ADDED_LENGTH then. */
function addTerminatedPiece(table: usize, from: usize, align: u32, section: u32): i32 {
  if (!hasRoom(table, 0)) return NO_ROOM;
  const begin: usize = load<u32>(table, BYTES) + load<u32>(table, USED);
  const end: usize = load<u32>(table, BYTES) + load<u32>(table, BYTES_ROOM) - 48;
  let hash: u64 = 0;
  for (let to = begin; ; from += 8, to += 8) {
    if (to >= end) return NO_ROOM;
    let word = load<u64>(from);
    const zero = (word - ONES) & ~word & TOPS;
    if (zero === 0) {
      store<u64>(to, word);
      hash = stir(hash, word);
      continue;
    }
    // The lowest bit of `zero` is the top one of the first zero byte.
    const bits = ctz<u64>(zero) - 7;
    word &= ((<u64>1) << bits) - 1;
    store<u64>(to, word);
    hash = stir(hash, word);
    return settle(table, <u32>(to - begin) + <u32>(bits >> 3) + 1, hash, align, section);
  }
}

/**
 * Makes pieces of the names of symbols, from row `from` of `count` on, each `entry` bytes long: their numbers go to `pieces`, -1 for
 * those without a name. Returns the row for which there is no room, or `count`.
 */
export function addNames(
  table: usize,
  symbols: usize,
  entry: u32,
  from: u32,
  count: u32,
  strings: usize,
  pieces: usize,
): u32 {
  for (let row = from; row < count; row++) {
    const start = load<u32>(symbols + row * entry, 0, 1);
    const piece = start === 0 ? -1 : addTerminatedPiece(table, strings + start, 1, 0);
    if (start !== 0 && piece === NO_ROOM) return row;
    store<i32>(pieces + (row << 2), piece);
  }
  return count;
}

/** Sets the names of symbols to where their pieces are. */
export function setNames(symbols: usize, entry: u32, count: u32, pieces: usize, places: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const piece = load<i32>(pieces + (row << 2));
    if (piece >= 0) store<u32>(symbols + row * entry, load<u32>(places + (piece << 2)), 0, 1);
  }
}

function addRun(table: usize, offset: u32, piece: i32): void {
  const run = load<u32>(table, RUN_COUNT);
  store<u32>(field(table, RUN_OFFSET, run), offset);
  store<i32>(field(table, RUN_PIECE, run), piece === PADDING ? PADDING : piece + load<i32>(table, BASE));
  store<u32>(table, run + 1, RUN_COUNT);
}

/**
 * Makes pieces of the strings of a section, from `offset` on; returns `size`, or where it stopped for want of room. The
 * section's last byte is zero. `align` is the section's.
 */
export function addStrings(
  table: usize,
  source: usize,
  offset: u32,
  size: u32,
  align: u32,
  section: u32,
): u32 {
  const mask = align - 1;
  while (offset < size) {
    // A string, an empty one, and a run for either.
    if (load<u32>(table, RUN_COUNT) + 2 > load<u32>(table, RUN_ROOM)) return offset;
    if (load<u32>(table, COUNT) + 2 > load<u32>(table, ROOM)) return offset;
    if ((load<u32>(table, COUNT) + 1) * 2 > load<u32>(table, MASK)) return offset;
    if (load<u32>(table, USED) + 64 > load<u32>(table, BYTES_ROOM)) return offset;
    const lowBit = offset & -offset;
    const own = lowBit === 0 || lowBit > mask ? align : lowBit;
    const piece = addTerminatedPiece(table, source + offset, own, section);
    if (piece === NO_ROOM) return offset;
    addRun(table, offset, piece);
    offset += load<u32>(table, ADDED_LENGTH);
    if (offset >= size || load<u8>(source + offset) !== 0) continue;
    const padding = offset;
    for (; offset < size && load<u8>(source + offset) === 0; offset++) {
      if ((offset & mask) !== 0 || load<u32>(table, HAS_EMPTY) !== 0) continue;
      store<u32>(table, 1, HAS_EMPTY);
      if (addPiece(table, source + offset, 1, align, section) === NO_ROOM) unreachable();
    }
    addRun(table, padding, PADDING);
  }
  return offset;
}

/** The same of constants of `entsize` bytes. */
export function addConstants(
  table: usize,
  source: usize,
  offset: u32,
  size: u32,
  entsize: u32,
  section: u32,
): u32 {
  for (; offset < size; offset += entsize) {
    if (load<u32>(table, RUN_COUNT) === load<u32>(table, RUN_ROOM)) return offset;
    const piece = addPiece(table, source + offset, entsize, 1, section);
    if (piece === NO_ROOM) return offset;
    addRun(table, offset, piece);
  }
  return offset;
}

/** Copies the pieces that are laid out themselves to their places: `sectionStart` of their sections plus `place`. */
export function copyPieces(table: usize, place: usize, sectionStart: usize, to: usize): void {
  const count = load<u32>(table, COUNT);
  const bytes = load<u32>(table, BYTES);
  for (let piece: u32 = 0; piece < count; piece++) {
    if (load<u32>(field(table, ALIGN, piece)) === 0) continue;
    let from: usize = bytes + load<u32>(field(table, START, piece));
    let at: usize =
      to +
      load<u32>(sectionStart + (load<u32>(field(table, SECTION, piece)) << 2)) +
      load<u32>(place + (piece << 2));
    const end: usize = at + load<u32>(field(table, LENGTH, piece));
    for (; at + 8 <= end; at += 8, from += 8) store<u64>(at, load<u64>(from));
    for (; at < end; at++, from++) store<u8>(at, load<u8>(from));
  }
}

/** Moves the pieces to a larger table of slots. */
export function movePieces(table: usize, slots: usize, mask: u32): void {
  const old = load<u32>(table, SLOTS);
  const last = load<u32>(table, MASK);
  for (let from: u32 = 0; from <= last; from++) {
    const piece = load<u32>(old + (from << 2));
    if (piece === 0) continue;
    const hash = load<u32>(field(table, HASH, piece - 1));
    let slot = (hash ^ (hash >> 13)) & mask;
    while (load<u32>(slots + (slot << 2)) !== 0) slot = (slot + 1) & mask;
    store<u32>(slots + (slot << 2), piece);
  }
  store<u32>(table, slots, SLOTS);
  store<u32>(table, mask, MASK);
}

// Tails. Sorted by their reversed characters, a string comes right before those that it is a tail of. The sort is a
// three-way radix quicksort by eight bytes at a time, which it keeps beside the numbers it moves.

/** The eight bytes of a piece that end `depth` bytes before its terminator, the last one highest; zeros before its start. */
function keyOf(table: usize, piece: u32, charSize: u32, depth: u32): u64 {
  const first: usize = load<u32>(table, BYTES) + load<u32>(field(table, START, piece));
  const length = <i32>(load<u32>(field(table, LENGTH, piece)) - charSize - depth);
  if (length >= 8) return load<u64>(first + length - 8);
  if (length <= 0) return 0;
  return load<u64>(first) << ((<u64>(8 - length)) << 3);
}

/** Sorts numbers of pieces; `keys` has eight bytes for each, `stack` twelve, and twelve more. All pieces are different. */
export function sortByTails(
  table: usize,
  charSize: u32,
  pieces: usize,
  count: u32,
  keys: usize,
  stack: usize,
): void {
  let top = stack;
  store<u32>(top, 0);
  store<u32>(top, count, 4);
  store<u32>(top, 0, 8);
  top += 12;
  while (top > stack) {
    top -= 12;
    const begin = load<u32>(top);
    const end = load<u32>(top, 4);
    // The highest bit says that the keys are those of this depth already.
    const depth = load<u32>(top, 8) & 0x7fffffff;
    if (load<u32>(top, 8) === depth)
      for (let i = begin; i < end; i++)
        store<u64>(keys + (i << 3), keyOf(table, load<u32>(pieces + (i << 2)), charSize, depth));
    if (end - begin <= FEW) {
      insertionSort(table, charSize, pieces, keys, begin, end, depth);
      continue;
    }
    const a = load<u64>(keys + (begin << 3));
    const b = load<u64>(keys + (((begin + end) >> 1) << 3));
    const c = load<u64>(keys + ((end - 1) << 3));
    const pivot = max(min(a, b), min(max(a, b), c));
    let less = begin;
    let more = end;
    for (let i = begin; i < more; ) {
      const key = load<u64>(keys + (i << 3));
      if (key === pivot) {
        i++;
        continue;
      }
      if (key < pivot) swap(pieces, keys, i++, less++);
      else swap(pieces, keys, i, --more);
    }
    // Of those with equal keys, what ends there comes first, shortest first.
    const rest = settleEnded(table, charSize, pieces, keys, less, more, depth + 8);
    if (less - begin > 1) top = push(top, begin, less, depth | 0x80000000);
    if (end - more > 1) top = push(top, more, end, depth | 0x80000000);
    if (more - rest > 1) top = push(top, rest, more, depth + 8);
  }
}

function push(top: usize, begin: u32, end: u32, depth: u32): usize {
  store<u32>(top, begin);
  store<u32>(top, end, 4);
  store<u32>(top, depth, 8);
  return top + 12;
}

function swap(pieces: usize, keys: usize, a: u32, b: u32): void {
  const key = load<u64>(keys + (a << 3));
  store<u64>(keys + (a << 3), load<u64>(keys + (b << 3)));
  store<u64>(keys + (b << 3), key);
  const piece = load<u32>(pieces + (a << 2));
  store<u32>(pieces + (a << 2), load<u32>(pieces + (b << 2)));
  store<u32>(pieces + (b << 2), piece);
}

function settleEnded(
  table: usize,
  charSize: u32,
  pieces: usize,
  keys: usize,
  begin: u32,
  end: u32,
  depth: u32,
): u32 {
  let settled = begin;
  for (let i = begin; i < end; i++) {
    const own = load<u32>(field(table, LENGTH, load<u32>(pieces + (i << 2))));
    if (own - charSize > depth) continue;
    swap(pieces, keys, i, settled);
    for (let at = settled; at > begin; at--) {
      if (load<u32>(field(table, LENGTH, load<u32>(pieces + ((at - 1) << 2)))) <= own) break;
      swap(pieces, keys, at - 1, at);
    }
    settled++;
  }
  return settled;
}

/** By the keys, which are those of `depth`, then by what is before. */
function insertionSort(
  table: usize,
  charSize: u32,
  pieces: usize,
  keys: usize,
  begin: u32,
  end: u32,
  depth: u32,
): void {
  for (let i = begin + 1; i < end; i++) {
    const piece = load<u32>(pieces + (i << 2));
    const key = load<u64>(keys + (i << 3));
    let at = i;
    for (; at > begin; at--) {
      const other = load<u64>(keys + ((at - 1) << 3));
      if (other < key) break;
      const before = load<u32>(pieces + ((at - 1) << 2));
      if (other === key && isBefore(table, charSize, before, piece, depth + 8)) break;
      store<u32>(pieces + (at << 2), before);
      store<u64>(keys + (at << 3), other);
    }
    store<u32>(pieces + (at << 2), piece);
    store<u64>(keys + (at << 3), key);
  }
}

/** Whether `a` comes before `b`, from which it differs, if at all, before the last `depth` bytes. */
function isBefore(table: usize, charSize: u32, a: u32, b: u32, depth: u32): bool {
  const lengthA = load<u32>(field(table, LENGTH, a)) - charSize;
  const lengthB = load<u32>(field(table, LENGTH, b)) - charSize;
  const shared = min(lengthA, lengthB);
  for (; depth < shared; depth += 8) {
    const keyA = keyOf(table, a, charSize, depth);
    const keyB = keyOf(table, b, charSize, depth);
    if (keyA !== keyB) return keyA < keyB;
  }
  return lengthA < lengthB;
}

/** Gives up each string that is the tail of the one after it in `pieces`: its ALIGN becomes 0 and INSTEAD the other. */
export function dropTails(table: usize, pieces: usize, count: u32): void {
  if (count === 0) return;
  const bytes = load<u32>(table, BYTES);
  let whole = load<u32>(pieces + ((count - 1) << 2));
  for (let i = <i32>count - 2; i >= 0; i--) {
    const tail = load<u32>(pieces + (i << 2));
    const length = load<u32>(field(table, LENGTH, tail));
    const before = load<u32>(field(table, LENGTH, whole)) - length;
    const align = load<u32>(field(table, ALIGN, tail));
    if (
      <i32>before > 0 &&
      load<u32>(field(table, ALIGN, whole)) >= align &&
      (before & (align - 1)) === 0 &&
      endsWith(
        bytes + load<u32>(field(table, START, whole)) + before,
        bytes + load<u32>(field(table, START, tail)),
        length,
      )
    ) {
      store<u32>(field(table, INSTEAD, tail), whole);
      store<u32>(field(table, ALIGN, tail), 0);
    } else whole = tail;
  }
}

/** Compared from the end, where strings differ first. */
function endsWith(a: usize, b: usize, length: u32): bool {
  let at = length;
  for (; at >= 8; at -= 8) if (load<u64>(a + at - 8) !== load<u64>(b + at - 8)) return false;
  for (; at > 0; at--) if (load<u8>(a + at - 1) !== load<u8>(b + at - 1)) return false;
  return true;
}

/** Collects the pieces that are laid out themselves; returns how many. COMMON becomes their alignment, 0 if they differ. */
export function keptPieces(table: usize, pieces: usize): u32 {
  const count = load<u32>(table, COUNT);
  let kept: u32 = 0;
  let common: u32 = 0;
  let differ = false;
  for (let piece: u32 = 0; piece < count; piece++) {
    const align = load<u32>(field(table, ALIGN, piece));
    if (align === 0) continue;
    if (kept === 0) common = align;
    else if (align !== common) differ = true;
    store<u32>(pieces + (kept << 2), piece);
    kept++;
  }
  store<u32>(table, differ ? 0 : common, COMMON);
  return kept;
}

/** Gives each piece its offset in its section; `sizeOf` are the sections' sizes, which are 0 at first. */
export function layOutPieces(table: usize, place: usize, sizeOf: usize): void {
  const count = load<u32>(table, COUNT);
  for (let piece: u32 = 0; piece < count; piece++) {
    const align = load<u32>(field(table, ALIGN, piece));
    if (align === 0) continue;
    const size: usize = sizeOf + (load<u32>(field(table, SECTION, piece)) << 3);
    const at = (<u32>load<f64>(size) + align - 1) & -align;
    store<u32>(place + (piece << 2), at);
    store<f64>(size, <f64>(at + load<u32>(field(table, LENGTH, piece))));
  }
}

/**
 * Where each piece is, or the end of the one that stands in for it: the offset and the section. FIRST becomes the
 * first piece that is laid out itself, EMPTY the last of `entsize` bytes; -1 for none.
 */
export function placePieces(
  table: usize,
  place: usize,
  entsize: u32,
  finalPlace: usize,
  finalSection: usize,
): void {
  const count = load<u32>(table, COUNT);
  let first: i32 = -1;
  let empty: i32 = -1;
  for (let piece: u32 = 0; piece < count; piece++) {
    let whole = piece;
    for (;;) {
      const other = load<u32>(field(table, INSTEAD, whole));
      if (other === whole) break;
      whole = other;
    }
    const length = load<u32>(field(table, LENGTH, piece));
    store<u32>(finalSection + (piece << 2), load<u32>(field(table, SECTION, whole)));
    const end = load<u32>(place + (whole << 2)) + load<u32>(field(table, LENGTH, whole));
    store<u32>(finalPlace + (piece << 2), end - length);
    if (length === entsize) empty = piece;
    if (first < 0 && load<u32>(field(table, ALIGN, piece)) !== 0) first = piece;
  }
  store<i32>(table, first, FIRST);
  store<i32>(table, empty, EMPTY);
}

/**
 * Moves the symbols from number `from` on that label something in a merged section, but for those of whole
 * sections. Stops at one that labels no piece; returns its number, or `end`.
 */
export function moveLabels(map: usize, symbols: usize, from: u32, end: u32): u32 {
  const sectionOf: usize = load<u32>(symbols, C.SYMBOL_SECTION);
  const infoOf: usize = load<u32>(symbols, C.SYMBOL_INFO);
  const valueLow: usize = load<u32>(symbols, C.SYMBOL_VALUE_LOW);
  const valueHigh: usize = load<u32>(symbols, C.SYMBOL_VALUE_HIGH);
  const merged: usize = load<u32>(map, MERGED);
  const count = load<u32>(map, MERGED_COUNT);
  for (let symbol = from; symbol < end; symbol++) {
    const section = load<u32>(sectionOf + (symbol << 2));
    if (section >= count || load<u8>(merged + section) === 0) continue;
    if ((load<u8>(infoOf + symbol) & 15) === STT_SECTION) continue;
    if (load<u32>(valueHigh + (symbol << 2)) !== 0) return symbol;
    const at = locate(map, section, load<i32>(valueLow + (symbol << 2)));
    if (at < 0) return symbol;
    store<u32>(valueLow + (symbol << 2), <u32>at);
    store<u32>(sectionOf + (symbol << 2), load<u32>(map, FOUND));
  }
  return end;
}
