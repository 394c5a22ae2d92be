import * as C from "./columns";
import { copyBytes } from "./parts/copy";
import {
  BASE,
  COUNT,
  FILE,
  FILE_END,
  FIRST_GLOBAL,
  IS_64,
  NAMES_INDEX,
  ODD,
  SECTIONS,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  STRTAB,
  STRTAB_SIZE,
  SYMBOLS,
  SYMTAB,
  SYMTAB_INDEX,
} from "./parts/object-job";

// Once an object has been read, a fifth of its bytes are good for nothing: names of global symbols, which are in
// the table of names now, copies of functions that another object's were taken for, with their relocations, and
// names and headers of sections. The rest is moved together, so that the next object is read
// into what becomes free: to move bytes that are in the cache costs less than pages that were never touched.
//
// Contents of sections come in the order of the sections, and so do relocations, but those of both are
// mixed or one behind the other; so they are two lists, which are merged by offset.

/** What lies between two ranges and is not worth a range of its own: padding. */
const GAP: u32 = 16;

function offsetOf(sections: usize, row: u32): u32 {
  return <u32>load<f64>(load<u32>(sections, C.SECTION_FILE_OFFSET) + (row << 3));
}

function endOf(sections: usize, row: u32): u32 {
  return offsetOf(sections, row) + <u32>load<f64>(load<u32>(sections, C.SECTION_SIZE) + (row << 3));
}

/** Of the lists' next rows the one that comes first in the file: whether it is the one at the back. */
function isBack(sections: usize, front: usize, frontEnd: usize, back: usize, backEnd: usize): bool {
  if (back === backEnd) return false;
  if (front === frontEnd) return true;
  return offsetOf(sections, load<u32>(back - 4)) < offsetOf(sections, load<u32>(front));
}

/** Copies the names of local symbols to `names`, and calls them by their offsets there; returns the size. */
function gatherNames(job: usize, names: usize): u32 {
  const entry: u32 = load<u32>(job, IS_64) !== 0 ? 24 : 16;
  const strtab: usize = load<u32>(job, STRTAB);
  const firstGlobal = load<u32>(job, FIRST_GLOBAL);
  const symbols = load<u32>(job, SYMBOLS);
  let at: usize = load<u32>(job, SYMTAB);
  store<u8>(names, 0);
  let size: u32 = 1;
  for (let i: u32 = 0; i < firstGlobal; i++, at += entry) {
    const nameAt = load<u32>(at, 0, 1);
    if (nameAt === 0) continue;
    store<u32>(at, size, 0, 1);
    for (let from = strtab + nameAt; ; from++) {
      const byte = load<u8>(from);
      store<u8>(names + size, byte);
      size++;
      if (byte === 0) break;
    }
  }
  for (let i = firstGlobal; i < symbols; i++, at += entry) store<u32>(at, 0, 0, 1);
  return size;
}

/** How many bytes the names of the local symbols take; 0 if they are damaged. */
function sizeOfNames(job: usize): u32 {
  const entry: u32 = load<u32>(job, IS_64) !== 0 ? 24 : 16;
  const strtab: usize = load<u32>(job, STRTAB);
  const size = load<u32>(job, STRTAB_SIZE);
  const firstGlobal = load<u32>(job, FIRST_GLOBAL);
  let at: usize = load<u32>(job, SYMTAB);
  let sum: u32 = 1;
  // So that each name ends within the table.
  if (size === 0 || load<u8>(strtab + size - 1) !== 0) return 0;
  for (let i: u32 = 0; i < firstGlobal; i++, at += entry) {
    const nameAt = load<u32>(at, 0, 1);
    if (nameAt === 0) continue;
    if (nameAt >= size) return 0;
    let from = strtab + nameAt;
    while (load<u8>(from) !== 0) from++;
    sum += <u32>(from - strtab) - nameAt + 1;
    if (sum > size) return 0;
  }
  return sum;
}

/**
 * Moves what is needed of an object together; `names` has room for its string table. Returns how many bytes remain, 0 if
 * it stays as it is. SYMTAB, STRTAB and STRTAB_SIZE in the block, and the rows' offsets, are changed accordingly.
 * ODD has room for a word for each section.
 */
export function packObject(job: usize, names: usize): u32 {
  const count = load<u32>(job, COUNT);
  const base = load<u32>(job, BASE);
  const file: usize = load<u32>(job, FILE);
  const fileSize = load<u32>(job, FILE_END) - <u32>file;
  const namesIndex = load<u32>(job, NAMES_INDEX);
  const sections: usize = load<u32>(job, SECTIONS);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const infoOf = load<u32>(sections, C.SECTION_INFO);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const relocationsOf = load<u32>(sections, C.SECTION_RELOCATIONS);
  const symtab = load<u32>(job, SYMTAB_INDEX);
  if (symtab === 0) return 0;
  const strtab = load<u32>(load<u32>(sections, C.SECTION_LINK) + ((base + symtab) << 2));
  const namesSize = sizeOfNames(job);
  if (namesSize === 0) return 0;

  const front: usize = load<u32>(job, ODD);
  const back: usize = front + (count << 2);
  let frontEnd = front;
  let backEnd = back;
  let frontOffset: u32 = load<u32>(job, IS_64) !== 0 ? 64 : 52;
  let backOffset: u32 = frontOffset;
  const start = frontOffset;
  for (let i: u32 = 1; i < count; i++) {
    const row = base + i;
    const type = load<u32>(typeOf + (row << 2));
    if (type === SHT_NOBITS || type === SHT_NULL || i === strtab || i === namesIndex) continue;
    if (load<f64>(sizeOf + (row << 3)) === 0) continue;
    const isRelocations = type === SHT_RELA || type === SHT_REL;
    const about = isRelocations ? base + load<u32>(infoOf + (row << 2)) : row;
    if (load<u8>(fateOf + about) === C.DUPLICATE) continue;
    const offset = offsetOf(sections, row);
    if (isRelocations) {
      if (offset < backOffset) return 0;
      backEnd -= 4;
      store<u32>(backEnd, row);
      backOffset = endOf(sections, row);
    } else {
      if (offset < frontOffset) return 0;
      store<u32>(frontEnd, row);
      frontEnd += 4;
      frontOffset = endOf(sections, row);
    }
  }
  // Sections that share bytes stay where they are.
  let end = start;
  for (let one = front, other = back; one < frontEnd || other > backEnd; ) {
    const fromBack = isBack(sections, one, frontEnd, other, backEnd);
    const row = load<u32>(fromBack ? other - 4 : one);
    if (offsetOf(sections, row) < end) return 0;
    end = endOf(sections, row);
    if (fromBack) other -= 4;
    else one += 4;
  }

  const gathered = gatherNames(job, names);
  const offsets: usize = load<u32>(sections, C.SECTION_FILE_OFFSET);
  // A run of ranges goes from `runFrom`, so much further to the front.
  let runFrom = start;
  let runEnd = start;
  let distance: u32 = 0;
  for (let one = front, other = back; one < frontEnd || other > backEnd; ) {
    const fromBack = isBack(sections, one, frontEnd, other, backEnd);
    const row = load<u32>(fromBack ? other - 4 : one);
    if (fromBack) other -= 4;
    else one += 4;
    const from = offsetOf(sections, row);
    const next = endOf(sections, row);
    if (from - runEnd > GAP) {
      if (distance !== 0) copyBytes(file + runFrom - distance, file + runFrom, runEnd - runFrom);
      // As far forward as 8 divides how far that is: where 8 divided an address it still does.
      distance += (from - runEnd) & ~7;
      runFrom = from;
    }
    runEnd = next;
    store<f64>(offsets + (row << 3), <f64>(from - distance));
  }
  if (distance !== 0) copyBytes(file + runFrom - distance, file + runFrom, runEnd - runFrom);
  let kept = runEnd - distance;
  copyBytes(file + kept, names, gathered);
  store<u32>(job, <u32>file + kept, STRTAB);
  store<u32>(job, gathered, STRTAB_SIZE);
  store<u32>(job, <u32>file + offsetOf(sections, base + symtab), SYMTAB);
  kept += gathered;
  // Nobody is to find the relocations of what was not taken.
  for (let i: u32 = 1; i < count; i++)
    if (load<u8>(fateOf + base + i) === C.DUPLICATE) store<u32>(relocationsOf + ((base + i) << 2), 0);
  // Names are copied in whole words.
  return kept + 8 <= fileSize ? kept + 8 : kept;
}
