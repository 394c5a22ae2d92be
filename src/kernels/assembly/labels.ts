import * as C from "./columns";
import { copyBytes } from "./parts/copy";
import {
  BASE,
  COUNT,
  FILE,
  FIRST_GLOBAL,
  IS_64,
  LEFT,
  MENTIONED,
  SECTIONS,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STRTAB,
  STRTAB_SIZE,
  SYMBOL_IDS,
  SYMBOLS,
  SYMTAB,
  SYMTAB_INDEX,
  WHOLE_FIRST_GLOBAL,
  WHOLE_STRTAB,
  WHOLE_STRTAB_SIZE,
  WHOLE_SYMBOLS,
  WHOLE_SYMTAB,
} from "./parts/object-job";

// RISC-V's assemblers keep each label, as relaxation may move it: of the 512,000 symbols of a C++ program with its
// libraries 496,000 are `.L…`, and relocations refer to an eighth of them. The others are taken out of the object's symbol table
// before anything is made of it, and what comes behind them gets new numbers. They were two thirds of all bytes that remained
// of the objects. (Messages about places want to know of them; src/model/local-names.ts reads the file again for that.)

/** Whether a local symbol is a label to leave out; -1 if there is something wrong with it. */
function isLeft(
  at: usize,
  infoAt: usize,
  strtab: usize,
  strtabSize: u32,
  ordinary: u32,
  mentioned: u32,
): i32 {
  const nameAt = load<u32>(at, 0, 1);
  const info = load<u8>(at + infoAt);
  const shndx: u32 = load<u16>(at + infoAt, 2, 1);
  if (info >> 4 !== STB_LOCAL || nameAt >= strtabSize) return -1;
  if (shndx >= ordinary) return shndx === SHN_ABS ? 0 : -1;
  if (mentioned !== 0 || info !== 0 || shndx === 0 || nameAt + 1 >= strtabSize) return 0;
  return load<u16>(strtab + nameAt, 0, 1) === 0x4c2e ? 1 : 0;
}

/** Whether all is as it should be with the global symbols, as far as messages would give their numbers. */
function areGlobalsPlain(job: usize, ordinary: u32): bool {
  const is64 = load<u32>(job, IS_64) !== 0;
  const entry: u32 = is64 ? 24 : 16;
  const infoAt: usize = is64 ? 4 : 12;
  const end: usize = load<u32>(job, SYMTAB) + load<u32>(job, SYMBOLS) * entry;
  const strtabSize = load<u32>(job, STRTAB_SIZE);
  let at: usize = load<u32>(job, SYMTAB) + load<u32>(job, FIRST_GLOBAL) * entry;
  for (; at < end; at += entry) {
    const binding = load<u8>(at + infoAt) >> 4;
    const shndx: u32 = load<u16>(at + infoAt, 2, 1);
    if (load<u32>(at, 0, 1) >= strtabSize) return false;
    if (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE) return false;
    if (shndx >= ordinary && shndx !== SHN_ABS && shndx !== SHN_COMMON) return false;
  }
  return true;
}

/**
 * Leaves labels that are not mentioned out of the symbol table, where there is nothing to be said about any symbol; returns
 * how many. FIRST_GLOBAL, SYMBOLS and the table's section are then smaller, and relocations and SYMBOL_IDS, in which names of
 * global symbols may be, accordingly. Of sections that were not taken the relocations are gone.
 */
export function leaveLabels(job: usize): u32 {
  const is64 = load<u32>(job, IS_64) !== 0;
  const entry: u32 = is64 ? 24 : 16;
  const infoAt: usize = is64 ? 4 : 12;
  const symtab: usize = load<u32>(job, SYMTAB);
  const strtab: usize = load<u32>(job, STRTAB);
  const strtabSize = load<u32>(job, STRTAB_SIZE);
  const symbols = load<u32>(job, SYMBOLS);
  const firstGlobal = load<u32>(job, FIRST_GLOBAL);
  const mentioned: usize = load<u32>(job, MENTIONED);
  const count = load<u32>(job, COUNT);
  const ordinary = count < SHN_LORESERVE ? count : SHN_LORESERVE;
  // Their new numbers; 0 for those that are left out.
  const numbers: usize = load<u32>(job, SYMBOL_IDS);
  let next: u32 = 1;
  let at = symtab + entry;
  for (let i: u32 = 1; i < firstGlobal; i++, at += entry) {
    const left = isLeft(at, infoAt, strtab, strtabSize, ordinary, load<u8>(mentioned + i));
    if (left < 0) return 0;
    store<u32>(numbers + (i << 2), left !== 0 ? 0 : next);
    next += 1 - left;
  }
  if (next >= firstGlobal || !areGlobalsPlain(job, ordinary)) return 0;

  const left = firstGlobal - next;
  renumber(job, firstGlobal, left);
  for (let i: u32 = 1; i < firstGlobal; i++) {
    const number = load<u32>(numbers + (i << 2));
    if (number === 0 || number === i) continue;
    const from = symtab + i * entry;
    const to = symtab + number * entry;
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    if (is64) store<u64>(to, load<u64>(from, 16), 16);
  }
  const globals = symbols - firstGlobal;
  copyBytes(symtab + next * entry, symtab + firstGlobal * entry, globals * entry);
  copyBytes(numbers + (next << 2), numbers + (firstGlobal << 2), globals << 2);
  store<u32>(job, left, LEFT);
  store<u32>(job, <u32>symtab, WHOLE_SYMTAB);
  store<u32>(job, <u32>strtab, WHOLE_STRTAB);
  store<u32>(job, strtabSize, WHOLE_STRTAB_SIZE);
  store<u32>(job, symbols, WHOLE_SYMBOLS);
  store<u32>(job, firstGlobal, WHOLE_FIRST_GLOBAL);
  store<u32>(job, next, FIRST_GLOBAL);
  store<u32>(job, symbols - left, SYMBOLS);
  const row = load<u32>(job, BASE) + load<u32>(job, SYMTAB_INDEX);
  const sizes: usize = load<u32>(load<u32>(job, SECTIONS), C.SECTION_SIZE);
  store<f64>(sizes + (row << 3), <f64>((symbols - left) * entry));
  return left;
}

/** Puts the new numbers into the object's relocations. */
function renumber(job: usize, firstGlobal: u32, left: u32): void {
  const is64 = load<u32>(job, IS_64) !== 0;
  const count = load<u32>(job, COUNT);
  const base = load<u32>(job, BASE);
  const file: usize = load<u32>(job, FILE);
  const numbers: usize = load<u32>(job, SYMBOL_IDS);
  const sections: usize = load<u32>(job, SECTIONS);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const infoOf = load<u32>(sections, C.SECTION_INFO);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const relocationsOf = load<u32>(sections, C.SECTION_RELOCATIONS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  for (let i: u32 = 1; i < count; i++) {
    const row = base + i;
    const type = load<u32>(typeOf + (row << 2));
    if (type !== SHT_RELA && type !== SHT_REL) continue;
    const size = <u32>load<f64>(sizeOf + (row << 3));
    if (size === 0) continue;
    const target = base + load<u32>(infoOf + (row << 2));
    if (load<u8>(fateOf + target) === C.DUPLICATE) {
      store<u32>(relocationsOf + (target << 2), 0);
      continue;
    }
    const entry: u32 = is64 ? (type === SHT_RELA ? 24 : 16) : type === SHT_RELA ? 12 : 8;
    const start: usize = file + <u32>load<f64>(offsetOf + (row << 3));
    for (let at = start + (is64 ? 12 : 4); at < start + size; at += entry) {
      const info = load<u32>(at, 0, 1);
      const symbol = is64 ? info : info >> 8;
      const number = symbol < firstGlobal ? load<u32>(numbers + (symbol << 2)) : symbol - left;
      store<u32>(at, is64 ? number : (number << 8) | (info & 255), 0, 1);
    }
  }
}
