// Walks of relaxation over input sections that lie one after the other, and what they need to know of symbols.

import * as C from "./columns";
import { integer } from "./parts/integers";
import {
  DELETED,
  GROUP_END,
  GROUP_FIRST,
  GROUP_ROWS,
  GROUP_SIZE,
  GROUP_SYMBOL,
  GROUP_VALUE,
  REFRESH,
  SECTION_COUNT,
  SLOT,
  SLOT_COUNT,
  WAKES,
  WALK_AT,
  WALK_POWER,
  WALK_SHORT,
  WALK_SHRANK,
} from "./parts/relax-fields";
import { alignSection, shortenSection } from "./relax";

/**
 * Counts the symbols of sections that can shrink, and puts at GROUP_FIRST (which is zero) by number of the section,
 * from 1 on, where the rows of its symbols begin. Returns how many there are.
 */
export function countGroups(work: usize, symbols: usize): u32 {
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const end = load<u32>(symbols, C.SYMBOL_COUNT);
  const slots = load<u32>(work, SLOT);
  const slotCount = load<i32>(work, SLOT_COUNT);
  const first = load<u32>(work, GROUP_FIRST);
  for (let id: u32 = 1; id < end; id++) {
    const home = load<i32>(homeOf + (id << 2));
    if (home <= 0 || home >= slotCount) continue;
    const slot = load<u32>(slots + (home << 2));
    if (slot === 0) continue;
    const at = first + ((slot + 1) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  const count = load<u32>(work, SECTION_COUNT) + 2;
  let sum: u32 = 0;
  for (let i: u32 = 1; i < count; i++) {
    sum += load<u32>(first + (i << 2));
    store<u32>(first + (i << 2), sum);
  }
  return sum;
}

/** Writes the rows of those symbols. Each start moves to its end, which is where the next group starts. */
export function fillGroups(work: usize, symbols: usize): void {
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const valuesAt = load<u32>(symbols, C.SYMBOL_VALUE_LOW);
  const sizeOf = load<u32>(symbols, C.SYMBOL_SIZE);
  const end = load<u32>(symbols, C.SYMBOL_COUNT);
  const slots = load<u32>(work, SLOT);
  const slotCount = load<i32>(work, SLOT_COUNT);
  const first = load<u32>(work, GROUP_FIRST);
  const groups = load<u32>(work, GROUP_ROWS);
  for (let id: u32 = 1; id < end; id++) {
    const home = load<i32>(homeOf + (id << 2));
    if (home <= 0 || home >= slotCount) continue;
    const slot = load<u32>(slots + (home << 2));
    if (slot === 0) continue;
    const at = load<u32>(first + (slot << 2));
    store<u32>(first + (slot << 2), at + 1);
    const group = groups + at * GROUP_SIZE;
    const value = load<i32>(valuesAt + (id << 2));
    store<u32>(group, id, GROUP_SYMBOL);
    store<i32>(group, value, GROUP_VALUE);
    store<f64>(group, <f64>value + load<f64>(sizeOf + (id << 3)), GROUP_END);
  }
}

/**
 * Shortens (or aligns) the sections of rows `from` to `count` and places each behind the one before, as placeRows does.
 * Stops before a section about whose symbols the script is to be asked, unless that is row number `asked`, and behind
 * one of which a padding is too short. Returns the number of the first row that is not done.
 */
export function walkRows(
  work: usize,
  rows: usize,
  from: u32,
  count: u32,
  asked: u32,
  aligns: u32,
  sections: usize,
  merged: usize,
  empty: usize,
  low: u32,
): u32 {
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const powers = load<u32>(sections, C.SECTION_ALIGN_POWER);
  const offsets = load<u32>(sections, C.SECTION_OUTPUT_OFFSET);
  const slots = load<u32>(work, SLOT);
  const slotCount = load<u32>(work, SLOT_COUNT);
  const wakes = load<u32>(work, WAKES);
  const refresh = load<u32>(work, REFRESH);
  let at = load<f64>(work, WALK_AT);
  let largest = load<u32>(work, WALK_POWER);
  let i = from;
  store<u32>(work, 0, WALK_SHORT);
  while (i < count) {
    const row = load<u32>(rows + (i << 2));
    const slot = row < slotCount ? load<u32>(slots + (row << 2)) : 0;
    if (slot !== 0) {
      const index = slot - 1;
      if (aligns !== 0) {
        if (alignSection(work, index) & 2) store<u32>(work, slot, WALK_SHORT);
      } else if (load<i32>(wakes + (index << 2)) <= load<i32>(work, DELETED)) {
        if (load<u8>(refresh + index) !== 0 && i !== asked) break;
        if (shortenSection(work, index)) store<u32>(work, 1, WALK_SHRANK);
      }
    }
    const size = load<f64>(sizeOf + (row << 3));
    const own: u32 = load<u8>(powers + row);
    // All pieces of it are in other sections.
    const isGone =
      size === 0 &&
      ((merged !== 0 && load<u8>(merged + row) === 1) || (empty !== 0 && load<u8>(empty + row) === 1));
    if (own > 0 && !isGone) {
      if (own > largest) largest = own;
      at += <f64>(-(low + <u32>integer(at)) & ((1 << own) - 1));
    }
    store<f64>(offsets + (row << 3), at);
    at += size;
    i++;
    if (load<u32>(work, WALK_SHORT) !== 0) break;
  }
  store<f64>(work, at, WALK_AT);
  store<u32>(work, largest, WALK_POWER);
  return i;
}
