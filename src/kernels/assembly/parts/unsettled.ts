// Symbols whose address is not all there is to them, for the kernels that write sections: what they refer to may be
// merged, or not be linked.

import { FOUND, MERGED, MERGED_COUNT } from "./map-fields";
import { locate } from "./merge-map";
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  FATE,
  HOME,
  INFO,
  LIST_NAME,
  LOADED,
  MERGE,
  NAME,
  VALUE_LOW,
} from "./write-fields";

/** Values of Fate, see fateOf. */
export const KEPT: u32 = 0;
export const DUPLICATE: u32 = 2;

const STT_SECTION: u32 = 3;
const STT_GNU_IFUNC: u32 = 10;

/** What became of the section of a symbol that is not settled; DUPLICATE for those that take more thought. */
export function fateOf(work: usize, symbol: u32): u32 {
  const home = load<i32>(load<u32>(work, HOME) + (symbol << 2));
  if (home <= 0 || (load<u8>(load<u32>(work, INFO) + symbol) & 15) === STT_GNU_IFUNC) return DUPLICATE;
  const loader = load<u32>(work, LOADED);
  if (loader !== 0 && load<u8>(loader + symbol) !== 0) return DUPLICATE;
  return load<u8>(load<u32>(work, FATE) + home);
}

export function isMerged(work: usize, map: usize, symbol: u32): bool {
  if ((load<u8>(load<u32>(work, INFO) + symbol) & 15) !== STT_SECTION) return false;
  const home = load<u32>(load<u32>(work, HOME) + (symbol << 2));
  return home < load<u32>(map, MERGED_COUNT) && load<u8>(load<u32>(map, MERGED) + home) !== 0;
}

/** What stands in `section`, which is not loaded, for an address that there is not. */
export function nothingIn(work: usize, section: u32): u32 {
  return load<u32>(load<u32>(work, NAME) + (section << 2)) === load<u32>(work, LIST_NAME) ? 1 : 0;
}

/** Where a reference by section to what was merged leads. */
export let found: i64 = 0;

/** Sets `found` to where the symbol of a merged section and an addend lead; false where that is not known here. */
export function findMerged(work: usize, symbol: u32, addend: i32): bool {
  const map = load<u32>(work, MERGE);
  if (map === 0 || fateOf(work, symbol) !== KEPT || !isMerged(work, map, symbol)) return false;
  const home = load<u32>(load<u32>(work, HOME) + (symbol << 2));
  const at = locate(map, home, <i32>load<u32>(load<u32>(work, VALUE_LOW) + (symbol << 2)) + addend);
  if (at < 0) return false;
  const holder = load<u32>(map, FOUND) << 2;
  const low = load<u32>(load<u32>(work, ADDRESS_LOW) + holder);
  found = (<i64>low | ((<i64>load<u32>(load<u32>(work, ADDRESS_HIGH) + holder)) << 32)) + at;
  return true;
}
