import * as C from "./columns";
import { integer } from "./parts/integers";

// Offsets and addresses of input sections, and addresses of symbols: the loops
// of layout over all of them (src/link/layout/size-pass.ts, layout.ts, layout-symbols.ts).

/** Sets a column of 32-bit values at `count` rows. */
export function setWords(rows: usize, count: u32, column: usize, value: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(column + (load<u32>(rows + (i << 2)) << 2), value);
}

/**
 * Places the sections of `count` rows one after the other, each by its alignment, from the
 * offset `from` of an output section on, whose address is `low` modulo 2^32. Those without bytes that `merged`
 * or `empty` have a 1 for (0: no such columns) are as if they were not there.
 * Returns the end; the greatest power of an alignment goes to the word at `power`.
 */
export function placeRows(
  rows: usize,
  count: u32,
  sections: usize,
  merged: usize,
  empty: usize,
  low: u32,
  from: f64,
  power: usize,
): f64 {
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const powers = load<u32>(sections, C.SECTION_ALIGN_POWER);
  const offsets = load<u32>(sections, C.SECTION_OUTPUT_OFFSET);
  let at = from;
  let largest: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
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
  }
  store<u32>(power, largest);
  return at;
}

/** Final addresses of sections in an output section at `high`, `low`. */
export function sectionAddresses(
  rows: usize,
  count: u32,
  sections: usize,
  low: u32,
  high: u32,
  addressLow: usize,
  addressHigh: usize,
): void {
  const offsets = load<u32>(sections, C.SECTION_OUTPUT_OFFSET);
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const sum = <u64>low + <u64>integer(load<f64>(offsets + (row << 3)));
    store<u32>(addressLow + (row << 2), <u32>sum);
    store<u32>(addressHigh + (row << 2), high + <u32>(sum >> 32));
  }
}

const STT_SECTION: u32 = 3;
const STT_GNU_IFUNC: u32 = 10;
/** A value of SymbolSection (src/model/symbols.ts). */
const ABSOLUTE: i32 = -1;

/**
 * Final addresses of all symbols that objects define, from those of sections;
 * and which of them are settled (see SymbolTable). `merged` may be 0.
 */
export function symbolAddresses(
  symbols: usize,
  sections: usize,
  merged: usize,
  sectionLow: usize,
  sectionHigh: usize,
  addressLow: usize,
  addressHigh: usize,
  settled: usize,
): void {
  const count = load<u32>(symbols, C.SYMBOL_COUNT);
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const infoOf = load<u32>(symbols, C.SYMBOL_INFO);
  const valueLow = load<u32>(symbols, C.SYMBOL_VALUE_LOW);
  const valueHigh = load<u32>(symbols, C.SYMBOL_VALUE_HIGH);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  for (let id: u32 = 1; id < count; id++) {
    const home = load<i32>(homeOf + (id << 2));
    let isSettled = true;
    let address: u64 = 0;
    if (home > 0) {
      const type: u32 = load<u8>(infoOf + id) & 15;
      // What is in a merged section by its symbol is where a search finds it.
      const asItIs =
        type === STT_SECTION ? merged === 0 || load<u8>(merged + home) === 0 : type !== STT_GNU_IFUNC;
      isSettled = asItIs && load<u8>(fateOf + home) === C.KEPT;
      const start = load<u32>(sectionLow + (home << 2)) | ((<u64>load<u32>(sectionHigh + (home << 2))) << 32);
      address = start + (load<u32>(valueLow + (id << 2)) | ((<u64>load<u32>(valueHigh + (id << 2))) << 32));
    } else if (home === ABSOLUTE)
      address = load<u32>(valueLow + (id << 2)) | ((<u64>load<u32>(valueHigh + (id << 2))) << 32);
    store<u8>(settled + id, isSettled ? 1 : 0);
    store<u32>(addressLow + (id << 2), <u32>address);
    store<u32>(addressHigh + (id << 2), <u32>(address >> 32));
  }
}

/** Lists the global symbols that are defined in sections for which `marks` has something; returns how many there are. */
export function globalsIn(symbols: usize, marks: usize, found: usize): u32 {
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const globals = load<u32>(symbols, C.SYMBOL_GLOBALS);
  const end = load<u32>(symbols, C.SYMBOL_GLOBAL_COUNT);
  let count: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    const id = load<u32>(globals + (i << 2));
    const home = load<i32>(homeOf + (id << 2));
    if (home > 0 && load<u8>(marks + home) !== 0) store<u32>(found + (count++ << 2), id);
  }
  return count;
}
