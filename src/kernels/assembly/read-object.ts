import * as C from "./columns";
import { leaveLabels } from "./labels";
import { hasByte, readGlobals, readLocals } from "./object-symbols";
import { checkRelocations, readSections } from "./objects";
import { packObject } from "./pack";
import {
  AT_END,
  AT_GLOBALS,
  AT_GROUPS,
  AT_HEADER,
  AT_LOCALS,
  AT_PACKING,
  AT_RELOCATIONS,
  AT_SECTIONS,
  BASE,
  COUNT,
  DONE,
  EXPECTED,
  FILE,
  FILE_END,
  FIRST_GLOBAL,
  FLAGS,
  GIVES_UP,
  GROUP_COUNT,
  GROUP_WORDS,
  HEADERS,
  IS_64,
  LEAVES_LABELS,
  LEFT,
  LOCAL_BASE,
  LOCAL_COUNT,
  MENTIONED,
  MODES,
  NAMES,
  NAMES_END,
  NAMES_INDEX,
  NEEDED,
  ODD,
  ODD_COUNT,
  PACK_NAMES,
  PACK_ROOM,
  PACKS,
  REMAINING,
  ROOM,
  SECTIONS,
  SHT_STRTAB,
  SHT_SYMTAB,
  STATUS,
  STOPPED,
  STRTAB,
  STRTAB_SIZE,
  SYMBOL_COLUMNS,
  SYMBOL_IDS,
  SYMBOLS,
  SYMTAB,
  SYMTAB_INDEX,
  WRAPS,
} from "./parts/object-job";

// An object that is as compilers make them, from its header to the bytes that remain of it, in one call: of an archive's members,
// each of a few kilobytes, a small link takes hundreds, and calls and TypeScript between the kernels for each of
// them would take three times as long as the kernels. Where anything is not as usual
// the result says at which stage, STOPPED where in it and STATUS why; TypeScript goes on (src/link/inputs/read-object.ts).

const ET_REL: u32 = 1;
const ELF_MAGIC: u32 = 0x464c457f;

/** Whether a section's contents are within a file of `size` bytes. */
function isWithin(header: usize, is64: bool, size: u32): bool {
  const offset: u64 = is64 ? load<u64>(header, 24, 1) : load<u32>(header, 16, 1);
  const length: u64 = is64 ? load<u64>(header, 32, 1) : load<u32>(header, 20, 1);
  return length <= <u64>size && offset <= <u64>size - length;
}

/** The offset of a section's contents, or (`field` 1) their size, which are known to be small. */
function offsetOrSize(header: usize, is64: bool, field: usize): u32 {
  return is64 ? load<u32>(header + (field << 3), 24, 1) : load<u32>(header + (field << 2), 16, 1);
}

/** Finds headers and names of the sections; false if there is anything to say, or too much. */
function readHeader(job: usize): bool {
  const file: usize = load<u32>(job, FILE);
  const size = load<u32>(job, FILE_END) - <u32>file;
  if (size < 64 || load<u32>(file, 0, 1) !== ELF_MAGIC) return false;
  const fileClass: u32 = load<u8>(file, 4);
  const is64 = fileClass === 2;
  const machine: u32 = load<u16>(file, 18, 1);
  if ((machine | (fileClass << 16)) !== load<u32>(job, EXPECTED)) return false;
  // Little-endian, and version 1.
  if (load<u16>(file, 5, 1) !== 0x0101 || load<u16>(file, 16, 1) !== ET_REL) return false;
  const headers: u64 = is64 ? load<u64>(file, 40, 1) : load<u32>(file, 32, 1);
  const rest = file + (is64 ? 48 : 36);
  const entry: u32 = is64 ? 64 : 40;
  const count: u32 = load<u16>(rest, 12, 1);
  const names: u32 = load<u16>(rest, 14, 1);
  if (headers === 0 || load<u16>(rest, 10, 1) !== entry || count === 0 || names >= count) return false;
  if (count > load<u32>(job, ROOM) || headers > size || headers + count * entry > size) return false;
  const at = file + <u32>headers;
  const header = at + names * entry;
  if (load<u32>(header, 4, 1) !== SHT_STRTAB || !isWithin(header, is64, size)) return false;
  const start = <u32>file + offsetOrSize(header, is64, 0);
  store<u32>(job, <u32>at, HEADERS);
  store<u32>(job, count, COUNT);
  store<u32>(job, is64 ? 1 : 0, IS_64);
  store<u32>(job, load<u32>(rest, 0, 1), FLAGS);
  store<u32>(job, start, NAMES);
  store<u32>(job, start + offsetOrSize(header, is64, 1), NAMES_END);
  store<u32>(job, names, NAMES_INDEX);
  return true;
}

/**
 * Begins the rows of the sections: they have no place yet, and no group. Relocations are looked up before they are
 * written, for which the system would make each page twice.
 */
function beginRows(job: usize): void {
  const sections: usize = load<u32>(job, SECTIONS);
  const base = load<u32>(job, BASE);
  const bytes = load<u32>(job, COUNT) << 2;
  memory.fill(load<u32>(sections, C.SECTION_OUTPUT) + (base << 2), 0xff, bytes);
  memory.fill(load<u32>(sections, C.SECTION_RULE) + (base << 2), 0xff, bytes);
  memory.fill(load<u32>(sections, C.SECTION_GROUP) + (base << 2), 0xff, bytes);
  memory.fill(load<u32>(sections, C.SECTION_RELOCATIONS) + (base << 2), 0, bytes);
}

/** Takes the symbol table, if it is the only section that is left to do and as it should be. See `takeSymtab` in object-sections.ts. */
function takeSymbolTable(job: usize): bool {
  const odd = load<u32>(job, ODD_COUNT);
  if (odd === 0) return true;
  const i = load<u32>(load<u32>(job, ODD));
  const is64 = load<u32>(job, IS_64) !== 0;
  const file: usize = load<u32>(job, FILE);
  const size = load<u32>(job, FILE_END) - <u32>file;
  const headers: usize = load<u32>(job, HEADERS);
  const width: usize = is64 ? 64 : 40;
  const at = headers + i * width;
  const sections: usize = load<u32>(job, SECTIONS);
  const row = load<u32>(job, BASE) + i;
  if (odd > 1 || i === 0 || load<u32>(at, 4, 1) !== SHT_SYMTAB || !isWithin(at, is64, size)) return false;
  if (load<u32>(load<u32>(sections, C.SECTION_FLAGS) + (row << 2)) !== 0) return false;
  if (load<u32>(at, 0, 1) >= load<u32>(job, NAMES_END) - load<u32>(job, NAMES)) return false;
  const align: u64 = is64 ? load<u64>(at, 48, 1) : load<u32>(at, 32, 1);
  if (align > 16 || popcnt(align) > 1) return false;
  const entry: u32 = is64 ? 24 : 16;
  const length = offsetOrSize(at, is64, 1);
  const strings = load<u32>(load<u32>(sections, C.SECTION_LINK) + (row << 2));
  const firstGlobal = load<u32>(load<u32>(sections, C.SECTION_INFO) + (row << 2));
  const entsize = load<u32>(load<u32>(sections, C.SECTION_ENTSIZE) + (row << 2));
  if (entsize !== entry || length % entry !== 0 || strings >= load<u32>(job, COUNT)) return false;
  if (firstGlobal > length / entry || length / entry > load<u32>(job, ROOM)) return false;
  const stringsAt = headers + strings * width;
  if (load<u32>(stringsAt, 4, 1) !== SHT_STRTAB || !isWithin(stringsAt, is64, size)) return false;
  const offset = offsetOrSize(at, is64, 0);
  const stringsEnd = offsetOrSize(stringsAt, is64, 0) + offsetOrSize(stringsAt, is64, 1);
  store<u32>(job, max(load<u32>(job, NEEDED), max(offset + length, stringsEnd)), NEEDED);
  store<u8>(load<u32>(sections, C.SECTION_FATE) + row, C.CONSUMED);
  if (align > 1) store<u8>(load<u32>(sections, C.SECTION_ALIGN_POWER) + row, <u8>ctz(align));
  store<u32>(job, i, SYMTAB_INDEX);
  store<u32>(job, <u32>file + offset, SYMTAB);
  store<u32>(job, length / entry, SYMBOLS);
  store<u32>(job, firstGlobal, FIRST_GLOBAL);
  store<u32>(job, <u32>file + offsetOrSize(stringsAt, is64, 0), STRTAB);
  store<u32>(job, offsetOrSize(stringsAt, is64, 1), STRTAB_SIZE);
  return true;
}

function stopIn(job: usize, stage: u32, at: u32): u32 {
  store<u32>(job, at, STOPPED);
  return stage;
}

function startSections(job: usize): u32 {
  store<u32>(job, 0, NEEDED);
  store<u32>(job, 0, ODD_COUNT);
  store<u32>(job, 0, GROUP_COUNT);
  store<u32>(job, 0, GROUP_WORDS);
  store<u32>(job, 0, SYMTAB_INDEX);
  store<u32>(job, load<u32>(job, FILE), SYMTAB);
  store<u32>(job, 0, SYMBOLS);
  store<u32>(job, 0, FIRST_GLOBAL);
  store<u32>(job, load<u32>(job, FILE), STRTAB);
  store<u32>(job, 0, STRTAB_SIZE);
  store<u32>(job, 0, LOCAL_BASE);
  store<u32>(job, 0, LOCAL_COUNT);
  beginRows(job);
  return readSections(job, 0);
}

/** From the header (`from` AT_HEADER) or from the relocations (AT_RELOCATIONS) on; the stage that TypeScript has to do, or AT_END. */
export function readObject(job: usize, from: u32): u32 {
  const modes = load<u32>(job, MODES);
  if (from === AT_HEADER) {
    store<u32>(job, 0, LEFT);
    if (!readHeader(job)) return AT_HEADER;
    const stopped = startSections(job);
    if (load<u32>(job, STATUS) !== DONE || !takeSymbolTable(job)) return stopIn(job, AT_SECTIONS, stopped);
    memory.fill(load<u32>(job, SYMBOL_IDS), 0, load<u32>(job, SYMBOLS) << 2);
    if (load<u32>(job, GROUP_COUNT) !== 0) return stopIn(job, AT_GROUPS, 1);
  }
  const leaves = (modes & LEAVES_LABELS) !== 0;
  if (leaves) memory.fill(load<u32>(job, MENTIONED), 0, load<u32>(job, SYMBOLS));
  const relocation = checkRelocations(job, 1);
  if (load<u32>(job, STATUS) !== DONE) return stopIn(job, AT_RELOCATIONS, relocation);
  if (leaves) leaveLabels(job);
  const symbols = load<u32>(job, SYMBOLS);
  if (symbols !== 0) {
    const columns: usize = load<u32>(job, SYMBOL_COLUMNS);
    const first = load<u32>(columns, C.SYMBOL_COUNT);
    store<u32>(job, first, LOCAL_BASE);
    const local = readLocals(job, 1);
    if (load<u32>(job, STATUS) !== DONE) return stopIn(job, AT_LOCALS, local);
    store<u32>(job, load<u32>(columns, C.SYMBOL_COUNT) - first, LOCAL_COUNT);
    const global = max<u32>(1, load<u32>(job, FIRST_GLOBAL));
    const strings = load<u32>(job, STRTAB);
    // Names with versions.
    const isOdd =
      (modes & WRAPS) !== 0 || hasByte(strings, strings + load<u32>(job, STRTAB_SIZE), 0x40) !== 0;
    if (global < symbols) {
      if (isOdd) return stopIn(job, AT_GLOBALS, global);
      const stopped = readGlobals(job, global);
      if (load<u32>(job, STATUS) !== DONE) return stopIn(job, AT_GLOBALS, stopped);
    }
  }
  const size = load<u32>(job, FILE_END) - load<u32>(job, FILE);
  let remaining = size;
  if ((modes & GIVES_UP) !== 0) {
    const needed = load<u32>(job, NEEDED);
    let packed: u32 = 0;
    if ((modes & PACKS) !== 0 && needed < size) {
      if (load<u32>(job, STRTAB_SIZE) > load<u32>(job, PACK_ROOM)) return stopIn(job, AT_PACKING, 0);
      packed = packObject(job, load<u32>(job, PACK_NAMES));
    }
    remaining = packed !== 0 ? packed : min(size, max<u32>(needed, load<u32>(job, IS_64) !== 0 ? 64 : 52));
  }
  store<u32>(job, remaining, REMAINING);
  return AT_END;
}
