// The symbol table of the output: half a million symbols of a large link are defined in sections that are linked, and
// these are written here. What is not as simple is for src/link/write/symbol-table.ts: then a kernel returns its number, as it
// does where there is no more room for names.

import * as C from "./columns";
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  COUNT,
  FILE_COUNT,
  HAS_FILE,
  INDEX_OF,
  IS_64,
  LABELS,
  LIMIT,
  NAMES,
  SECTIONS,
  STRINGS,
  STRINGS_ROOM,
  STRINGS_USED,
  STRTAB,
  SYMBOLS,
  SYMTAB,
  TABLE,
} from "./parts/symtab-fields";

const STT_SECTION: u32 = 3;
const STT_FILE: u32 = 4;
const STT_TLS: u32 = 6;
const STT_GNU_IFUNC: u32 = 10;
const STB_GNU_UNIQUE: u32 = 10;
const SHN_ABS: u32 = 0xfff1;
const SHF_MERGE: u32 = 16;
const FORCED_LOCAL: u32 = 8;
const OMIT: u32 = 256;
const HOME_ABSOLUTE: i32 = -1;

const ONES: u64 = 0x0101010101010101;
const TOPS: u64 = 0x8080808080808080;

function word(work: usize, block: usize, column: usize, row: u32): u32 {
  return load<u32>(load<u32>(load<u32>(work + block) + column) + (row << 2));
}

function byte(work: usize, block: usize, column: usize, row: u32): u32 {
  return load<u8>(load<u32>(load<u32>(work + block) + column) + row);
}

/** `.L…`, and what else bfd_is_local_label calls one for ELF: `..…`, `_.L_…`. */
function isLabel(at: usize): bool {
  const first = load<u8>(at);
  if (first === 0x2e) return load<u8>(at, 1) === 0x4c || load<u8>(at, 1) === 0x2e;
  return first === 0x5f && load<u8>(at, 1) === 0x2e && load<u8>(at, 2) === 0x4c && load<u8>(at, 3) === 0x5f;
}

/** Writes the local symbols `id` to `end` of an object; returns the first that it leaves, or `end`. */
export function writeLocals(work: usize, id: u32, end: u32): u32 {
  const labels = load<u32>(work, LABELS);
  const entrySize: u32 = load<u32>(work, IS_64) ? 24 : 16;
  const symtab = load<u32>(work, SYMTAB);
  const strtab = load<u32>(work, STRTAB);
  for (; id < end; id++) {
    const name: usize = strtab + load<u32>(symtab + word(work, SYMBOLS, C.SYMBOL_ELF_INDEX, id) * entrySize);
    const isLocalLabel = labels !== 0 && isLabel(name);
    if (isLocalLabel && labels === 2) continue;
    const info = byte(work, SYMBOLS, C.SYMBOL_INFO, id);
    const type = info & 15;
    const home = <i32>word(work, SYMBOLS, C.SYMBOL_SECTION, id);
    if (type === STT_SECTION || home === 0 || word(work, SYMBOLS, C.SYMBOL_FLAGS, id) & OMIT) continue;
    if (home > 0) {
      if (<u8>byte(work, SECTIONS, C.SECTION_FATE, home) !== C.KEPT) continue;
      if (<i32>word(work, SECTIONS, C.SECTION_OUTPUT, home) < 0) continue;
      if (isLocalLabel && word(work, SECTIONS, C.SECTION_FLAGS, home) & SHF_MERGE) continue;
    } else if (home !== HOME_ABSOLUTE) return id;
    if (type === STT_TLS || type === STT_GNU_IFUNC) return id;
    if (type !== STT_FILE && load<u32>(work, HAS_FILE) === 0) return id;
    const at = copyTerminated(work, name);
    if (at < 0) return id;
    if (type === STT_FILE) {
      store<u32>(work, 1, HAS_FILE);
      store<u32>(work, load<u32>(work, FILE_COUNT) + 1, FILE_COUNT);
    }
    writeEntry(work, id, home, <u32>at, info);
  }
  return id;
}

/** Writes the global symbols `index` to `end` of a list; returns the first index that it leaves, or `end`. */
export function writeGlobals(work: usize, list: usize, index: u32, end: u32): u32 {
  for (; index < end; index++) {
    const id = load<u32>(list + (index << 2));
    const flags = word(work, SYMBOLS, C.SYMBOL_FLAGS, id);
    if (flags & (FORCED_LOCAL | OMIT)) continue;
    const home = <i32>word(work, SYMBOLS, C.SYMBOL_SECTION, id);
    if (home <= 0) return index;
    if (<u8>byte(work, SECTIONS, C.SECTION_FATE, home) !== C.KEPT) continue;
    const info = byte(work, SYMBOLS, C.SYMBOL_INFO, id);
    const type = info & 15;
    if (<i32>word(work, SECTIONS, C.SECTION_OUTPUT, home) < 0) return index;
    if (type === STT_TLS || type === STT_GNU_IFUNC || info >> 4 === STB_GNU_UNIQUE) return index;
    const name: usize = load<u32>(load<u32>(work, NAMES) + (word(work, SYMBOLS, C.SYMBOL_NAME, id) << 2));
    const at = copyName(work, name + 8, load<u32>(name, 4));
    if (at < 0) return index;
    writeEntry(work, id, home, <u32>at, info);
  }
  return index;
}

/** Adds a string that a zero byte ends; its place, or -1 where there is too little room, or the end of the object is near. */
function copyTerminated(work: usize, from: usize): i32 {
  const limit: usize = load<u32>(work, LIMIT);
  if (from < limit && load<u8>(from) === 0) return 0;
  const used = load<u32>(work, STRINGS_USED);
  let to: usize = load<u32>(work, STRINGS) + used;
  const end: usize = load<u32>(work, STRINGS) + load<u32>(work, STRINGS_ROOM);
  for (; to + 8 <= end && from + 8 <= limit; from += 8, to += 8) {
    const bytes = load<u64>(from);
    const zero = (bytes - ONES) & ~bytes & TOPS;
    if (zero === 0) {
      store<u64>(to, bytes);
      continue;
    }
    // The lowest bit of `zero` is the top one of the first zero byte; what is behind it is overwritten.
    const bits = ctz<u64>(zero) - 7;
    store<u64>(to, bytes & (((<u64>1) << bits) - 1));
    store<u32>(work, <u32>(to - load<u32>(work, STRINGS)) + <u32>(bits >> 3) + 1, STRINGS_USED);
    return used;
  }
  return -1;
}

/** The same of a name, which zeros pad to a multiple of 8. */
function copyName(work: usize, from: usize, length: u32): i32 {
  const used = load<u32>(work, STRINGS_USED);
  if (<u64>used + length + 16 > <u64>load<u32>(work, STRINGS_ROOM)) return -1;
  const to: usize = load<u32>(work, STRINGS) + used;
  for (let i: u32 = 0; i < length; i += 8) store<u64>(to + i, load<u64>(from + i));
  store<u8>(to + length, 0);
  store<u32>(work, used + length + 1, STRINGS_USED);
  return used;
}

function writeEntry(work: usize, id: u32, home: i32, name: u32, info: u32): void {
  const count = load<u32>(work, COUNT);
  const index = home > 0 ? word(work, SECTIONS, C.SECTION_OUTPUT, home) + 1 : SHN_ABS;
  const other = byte(work, SYMBOLS, C.SYMBOL_OTHER, id);
  const low = load<u32>(load<u32>(work, ADDRESS_LOW) + (id << 2));
  const size = load<f64>(load<u32>(load<u32>(work, SYMBOLS) + C.SYMBOL_SIZE) + (id << 3));
  if (load<u32>(work, IS_64)) {
    const at: usize = load<u32>(work, TABLE) + count * 24;
    store<u32>(at, name);
    store<u8>(at, info, 4);
    store<u8>(at, other, 5);
    store<u16>(at, index, 6);
    store<u32>(at, low, 8);
    store<u32>(at, load<u32>(load<u32>(work, ADDRESS_HIGH) + (id << 2)), 12);
    const high = floor<f64>(size / 4294967296);
    store<u32>(at, <u32>(size - high * 4294967296), 16);
    store<u32>(at, <u32>high, 20);
  } else {
    const at: usize = load<u32>(work, TABLE) + count * 16;
    store<u32>(at, name);
    store<u32>(at, low, 4);
    store<u32>(at, <u32>size, 8);
    store<u8>(at, info, 12);
    store<u8>(at, other, 13);
    store<u16>(at, index, 14);
  }
  store<u32>(load<u32>(work, INDEX_OF) + (id << 2), count);
  store<u32>(work, count + 1, COUNT);
}
