import * as C from "./columns";

// Searches for the few among many rows.

const SHF_ALLOC: u32 = 2;
const SHF_MERGE: u32 = 16;

/** The first row of a list, from number `from` of `count` on, that does not take part, or that no statement took. */
export function nextUnplaced(sections: usize, rows: usize, from: u32, count: u32): u32 {
  const ruleOf: usize = load<u32>(sections, C.SECTION_RULE);
  const fateOf: usize = load<u32>(sections, C.SECTION_FATE);
  for (let i = from; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    if (load<u8>(fateOf + row) !== C.KEPT || load<i32>(ruleOf + (row << 2)) < 0) return i;
  }
  return count;
}

/** Puts the rows from `from` to `end` that take part into a list; returns how many there are. */
export function keptRows(sections: usize, from: u32, end: u32, list: usize): u32 {
  const fateOf: usize = load<u32>(sections, C.SECTION_FATE);
  let count: u32 = 0;
  for (let row = from; row < end; row++) {
    if (load<u8>(fateOf + row) !== C.KEPT) continue;
    store<u32>(list + (count << 2), row);
    count++;
  }
  return count;
}

/** Sets the byte of each object that has a loaded section among the rows, not counting those of the name `unwind`. */
export function markObjects(sections: usize, rows: usize, count: u32, unwind: i32, marks: usize): void {
  const objectOf: usize = load<u32>(sections, C.SECTION_OBJECT);
  const nameOf: usize = load<u32>(sections, C.SECTION_NAME);
  const flagsOf: usize = load<u32>(sections, C.SECTION_FLAGS);
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(rows + (i << 2)) << 2;
    const object = load<i32>(objectOf + row);
    if (object < 0 || load<i32>(nameOf + row) === unwind) continue;
    if ((load<u32>(flagsOf + row) & SHF_ALLOC) !== 0) store<u8>(marks + object, 1);
  }
}

/**
 * Adds the objects of the rows to a list, each once (`seen` has a byte for each), and returns how many are in there. A section of
 * size 0 does not count if it may be merged, or has the name `unwind` and nothing else of the object is marked.
 */
export function addObjects(
  sections: usize,
  rows: usize,
  count: u32,
  unwind: i32,
  marks: usize,
  seen: usize,
  list: usize,
  listed: u32,
): u32 {
  const objectOf: usize = load<u32>(sections, C.SECTION_OBJECT);
  const nameOf: usize = load<u32>(sections, C.SECTION_NAME);
  const flagsOf: usize = load<u32>(sections, C.SECTION_FLAGS);
  const sizeOf: usize = load<u32>(sections, C.SECTION_SIZE);
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(rows + (i << 2));
    const object = load<i32>(objectOf + (row << 2));
    if (object < 0 || load<u8>(seen + object) !== 0) continue;
    if (load<f64>(sizeOf + (row << 3)) === 0) {
      if ((load<u32>(flagsOf + (row << 2)) & SHF_MERGE) !== 0) continue;
      if (load<i32>(nameOf + (row << 2)) === unwind && load<u8>(marks + object) === 0) continue;
    }
    store<u8>(seen + object, 1);
    store<u32>(list + (listed << 2), object);
    listed++;
  }
  return listed;
}

/** Lists those of `count` rows that have one of the bits of `flag`; returns how many there are. */
export function rowsWithFlag(rows: usize, count: u32, flags: usize, flag: u32, list: usize): u32 {
  let listed: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    if ((load<u32>(flags + (row << 2)) & flag) === 0) continue;
    store<u32>(list + (listed << 2), row);
    listed++;
  }
  return listed;
}

/** Reads `count` words, the highest byte first, from any address into a column. */
export function bigEndianWords(from: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u32>(from + (i << 2), 0, 1);
    store<f64>(to + (i << 3), <f64>bswap<u32>(word));
  }
}
