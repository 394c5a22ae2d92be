import * as C from "./columns";
import { enqueue, enqueueNone, internQueued, QUEUE, touchQueue } from "./parts/intern";
import {
  BASE,
  COMMON,
  COUNT,
  DONE,
  FILE_END,
  FIRST_GLOBAL,
  IS_64,
  IS_ODD,
  LAZY,
  LAZY_COUNT,
  LLD,
  MODES,
  NAME_TABLE,
  NO_ROOM,
  OBJECT,
  SECTIONS,
  SHF_EXCLUDE,
  SHN_ABS,
  SHN_LORESERVE,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STRTAB,
  STRTAB_SIZE,
  STT_NOTYPE,
  STT_TLS,
  SYMBOL_COLUMNS,
  SYMBOL_IDS,
  SYMBOLS,
  SYMTAB,
  stop,
} from "./parts/object-job";

// The symbols of relocatable objects: see objects.ts.

/** STO_RISCV_VARIANT_CC: what one object says of a function's calling convention holds for all. */
const VARIANT_CC: u32 = 0x80;

/**
 * Makes rows for the local symbols from number `from` on. Stops at those that
 * are in no ordinary section, or are damaged.
 */
export function readLocals(job: usize, from: u32): u32 {
  const is64 = load<u32>(job, IS_64) !== 0;
  const entry: u32 = is64 ? 24 : 16;
  const infoAt: usize = is64 ? 4 : 12;
  const base = load<u32>(job, BASE);
  const object = load<u32>(job, OBJECT);
  const symtab = load<u32>(job, SYMTAB);
  const strtabSize = load<u32>(job, STRTAB_SIZE);
  const end = load<u32>(job, FIRST_GLOBAL);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const columns: usize = load<u32>(job, SYMBOL_COLUMNS);
  const objectOf = load<u32>(columns, C.SYMBOL_OBJECT);
  const sectionOf = load<u32>(columns, C.SYMBOL_SECTION);
  const valueLow = load<u32>(columns, C.SYMBOL_VALUE_LOW);
  const valueHigh = load<u32>(columns, C.SYMBOL_VALUE_HIGH);
  const sizeOf = load<u32>(columns, C.SYMBOL_SIZE);
  const infoOf = load<u32>(columns, C.SYMBOL_INFO);
  const otherOf = load<u32>(columns, C.SYMBOL_OTHER);
  const elfIndex = load<u32>(columns, C.SYMBOL_ELF_INDEX);
  const count = load<u32>(job, COUNT);
  const ordinary = count < SHN_LORESERVE ? count : SHN_LORESERVE;
  let row = load<u32>(columns, C.SYMBOL_COUNT);
  let status = DONE;
  let i = from;
  for (; i < end; i++) {
    const at: usize = symtab + i * entry;
    const nameAt = load<u32>(at, 0, 1);
    const info = load<u8>(at + infoAt);
    const shndx: u32 = load<u16>(at + infoAt, 2, 1);
    const isPlain = info >> 4 === STB_LOCAL && nameAt < strtabSize && (shndx < ordinary || shndx === SHN_ABS);
    if (!isPlain) {
      status = IS_ODD;
      break;
    }
    store<u32>(symbolIds + (i << 2), row);
    store<u32>(objectOf + (row << 2), object);
    store<u32>(sectionOf + (row << 2), shndx === 0 ? 0 : shndx < ordinary ? base + shndx : -1);
    store<u8>(infoOf + row, info);
    store<u8>(otherOf + row, load<u8>(at + infoAt, 1));
    store<u32>(elfIndex + (row << 2), i);
    if (is64) {
      store<u32>(valueLow + (row << 2), load<u32>(at, 8, 1));
      store<u32>(valueHigh + (row << 2), load<u32>(at, 12, 1));
      store<f64>(sizeOf + (row << 3), <f64>load<u64>(at, 16, 1));
    } else {
      store<u32>(valueLow + (row << 2), load<u32>(at, 4, 1));
      store<f64>(sizeOf + (row << 3), <f64>load<u32>(at, 8, 1));
    }
    row++;
  }
  store<u32>(columns, row, C.SYMBOL_COUNT);
  return stop(job, i, status);
}

/** Whether a byte is among those from `from` to `end`. */
export function hasByte(from: usize, end: usize, byte: u32): u32 {
  const pattern: u64 = <u64>byte * 0x0101010101010101;
  let at = from;
  for (; at + 8 <= end; at += 8) {
    const word = load<u64>(at, 0, 1) ^ pattern;
    if (((word - 0x0101010101010101) & ~word & 0x8080808080808080) !== 0) return 1;
  }
  for (; at < end; at++) if (load<u8>(at) === byte) return 1;
  return 0;
}

/**
 * Merges the global symbols from number `from` on, by the rules of
 * src/link/symbols/resolve.ts. Stops, before anything is changed but that the symbol has a
 * row and its name an id (in SYMBOL_IDS), at those that are damaged or common, that are
 * thread-local for one object only, defined before, and at those whose section was not taken.
 */
export function readGlobals(job: usize, from: u32): u32 {
  const is64 = load<u32>(job, IS_64) !== 0;
  const entry: u32 = is64 ? 24 : 16;
  const infoAt: usize = is64 ? 4 : 12;
  const base = load<u32>(job, BASE);
  const object = load<u32>(job, OBJECT);
  const symtab = load<u32>(job, SYMTAB);
  const strtab = load<u32>(job, STRTAB);
  const strtabSize = load<u32>(job, STRTAB_SIZE);
  const fileEnd = load<u32>(job, FILE_END);
  const end = load<u32>(job, SYMBOLS);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const isLld = (load<u32>(job, MODES) & LLD) !== 0;
  const lazy = load<u32>(job, LAZY);
  const lazyCount = load<u32>(job, LAZY_COUNT);
  const nameTable = load<u32>(job, NAME_TABLE);
  const sections: usize = load<u32>(job, SECTIONS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const flagsOfSection = load<u32>(sections, C.SECTION_FLAGS);
  const columns: usize = load<u32>(job, SYMBOL_COLUMNS);
  const nameOf = load<u32>(columns, C.SYMBOL_NAME);
  const objectOf = load<u32>(columns, C.SYMBOL_OBJECT);
  const sectionOf = load<u32>(columns, C.SYMBOL_SECTION);
  const valueLow = load<u32>(columns, C.SYMBOL_VALUE_LOW);
  const valueHigh = load<u32>(columns, C.SYMBOL_VALUE_HIGH);
  const sizeOf = load<u32>(columns, C.SYMBOL_SIZE);
  const infoOf = load<u32>(columns, C.SYMBOL_INFO);
  const otherOf = load<u32>(columns, C.SYMBOL_OTHER);
  const flagsOf = load<u32>(columns, C.SYMBOL_FLAGS);
  const elfIndex = load<u32>(columns, C.SYMBOL_ELF_INDEX);
  const globals = load<u32>(columns, C.SYMBOL_GLOBALS);
  const byName = load<u32>(columns, C.SYMBOL_BY_NAME);
  const count = load<u32>(job, COUNT);
  const ordinary = count < SHN_LORESERVE ? count : SHN_LORESERVE;
  for (let i = from; i < end; i++) {
    const index = (i - from) % QUEUE;
    if (index === 0) {
      const more = min(QUEUE, end - i);
      for (let k: u32 = 0; k < more; k++) {
        const nameAt = load<u32>(symtab + (i + k) * entry, 0, 1);
        if (nameAt < strtabSize && load<u32>(symbolIds + ((i + k) << 2)) === 0)
          enqueue(k, strtab + nameAt, fileEnd);
        else enqueueNone(k);
      }
      touchQueue(more, nameTable);
    }
    const at: usize = symtab + i * entry;
    const nameAt = load<u32>(at, 0, 1);
    const info: u32 = load<u8>(at + infoAt);
    const other: u32 = load<u8>(at + infoAt, 1);
    const shndx: u32 = load<u16>(at + infoAt, 2, 1);
    const binding = info >> 4;
    if (nameAt >= strtabSize) return stop(job, i, IS_ODD);
    let name: i32 = load<u32>(symbolIds + (i << 2));
    if (name === 0) {
      name = internQueued(index, nameTable);
      if (name < 0) return stop(job, i, NO_ROOM);
      store<u32>(symbolIds + (i << 2), name);
    }
    if (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE)
      return stop(job, i, IS_ODD);
    let section: u32;
    if (shndx < ordinary) section = shndx === 0 ? 0 : base + shndx;
    else if (shndx === SHN_ABS) section = -1;
    else return stop(job, i, IS_ODD);
    let lost = false;
    if (<i32>section > 0) {
      const fate = load<u8>(fateOf + section);
      lost =
        fate === C.DUPLICATE ||
        (fate === C.EXCLUDED && (isLld || (load<u32>(flagsOfSection + (section << 2)) & SHF_EXCLUDE) !== 0));
      if (lost) section = 0;
    }
    let id = load<u32>(byName + (name << 2));
    if (id === 0) {
      id = load<u32>(columns, C.SYMBOL_COUNT);
      store<u32>(columns, id + 1, C.SYMBOL_COUNT);
      const global = load<u32>(columns, C.SYMBOL_GLOBAL_COUNT);
      store<u32>(columns, global + 1, C.SYMBOL_GLOBAL_COUNT);
      store<u32>(globals + (global << 2), id);
      store<u32>(byName + (name << 2), id);
      store<u32>(nameOf + (id << 2), name);
      store<u32>(objectOf + (id << 2), -1);
      store<u8>(infoOf + id, 0x10);
      store<u32>(flagsOf + (id << 2), C.GLOBAL);
    }
    const oldInfo: u32 = load<u8>(infoOf + id);
    const oldType = oldInfo & 15;
    const type = info & 15;
    // Of a name that no object has mentioned there is nothing to compare.
    if (type !== oldType && (type === STT_TLS || oldType === STT_TLS) && load<i32>(objectOf + (id << 2)) >= 0)
      return stop(job, i, IS_ODD);
    const home = load<u32>(sectionOf + (id << 2));
    if (section === 0) {
      const flags = load<u32>(flagsOf + (id << 2));
      const weak = binding === STB_WEAK;
      if (lost && home === 0 && !(weak && (flags & C.REFERENCED) !== 0)) return stop(job, i, IS_ODD);
      if (!weak && !lost && <i32>home <= 0 && <u32>name < lazyCount && load<u32>(lazy + (name << 2)) !== 0)
        return stop(job, i, IS_ODD);
      store<u32>(symbolIds + (i << 2), id);
      store<u32>(flagsOf + (id << 2), flags | C.REFERENCED | C.IN_OBJECT | (weak ? 0 : C.STRONG_REFERENCE));
      if ((other & 3) !== 0) mergeVisibility(otherOf + id, other & 3);
      if ((other & VARIANT_CC) !== 0) store<u8>(otherOf + id, load<u8>(otherOf + id) | VARIANT_CC);
      if (home !== 0) continue;
      const kept = oldType === STT_NOTYPE ? type : oldType;
      if ((flags & (C.REFERENCED | C.FROM_SCRIPT)) === 0) store<u8>(infoOf + id, <u8>info);
      else if (!weak && oldInfo >> 4 === STB_WEAK) store<u8>(infoOf + id, <u8>((info & 0xf0) | kept));
      else {
        store<u8>(infoOf + id, <u8>((oldInfo & 0xf0) | kept));
        continue;
      }
      store<u32>(objectOf + (id << 2), object);
      store<u32>(elfIndex + (id << 2), i);
      continue;
    }
    // A weak definition is nothing beside another, and gives way to a strong one.
    if (home !== 0 && binding !== STB_WEAK && oldInfo >> 4 !== STB_WEAK) return stop(job, i, IS_ODD);
    store<u32>(symbolIds + (i << 2), id);
    if ((other & 3) !== 0) mergeVisibility(otherOf + id, other & 3);
    if (home !== 0 && binding === STB_WEAK) continue;
    store<u32>(sectionOf + (id << 2), section);
    if (is64) {
      store<u32>(valueLow + (id << 2), load<u32>(at, 8, 1));
      store<u32>(valueHigh + (id << 2), load<u32>(at, 12, 1));
      store<f64>(sizeOf + (id << 3), <f64>load<u64>(at, 16, 1));
    } else {
      store<u32>(valueLow + (id << 2), load<u32>(at, 4, 1));
      store<u32>(valueHigh + (id << 2), 0);
      store<f64>(sizeOf + (id << 3), <f64>load<u32>(at, 8, 1));
    }
    store<u8>(infoOf + id, <u8>info);
    store<u8>(otherOf + id, <u8>((load<u8>(otherOf + id) & (3 | VARIANT_CC)) | (other & ~3)));
    store<u32>(objectOf + (id << 2), object);
    store<u32>(elfIndex + (id << 2), i);
  }
  return stop(job, end, DONE);
}

/**
 * The first of the names from number `from` on that is a symbol's which archives
 * may be searched for: an undefined one that is not weak, or a tentative definition.
 * `columns` is the block of the symbols, `known` how many names their column has.
 */
export function findWanted(names: usize, from: u32, count: u32, columns: usize, known: u32): u32 {
  const byName = load<u32>(columns, C.SYMBOL_BY_NAME);
  const sectionOf = load<u32>(columns, C.SYMBOL_SECTION);
  const infoOf = load<u32>(columns, C.SYMBOL_INFO);
  for (let i = from; i < count; i++) {
    const name = load<u32>(names + (i << 2));
    if (name >= known) continue;
    const symbol = load<u32>(byName + (name << 2));
    if (symbol === 0) continue;
    const home = load<i32>(sectionOf + (symbol << 2));
    if (home === COMMON || (home === 0 && load<u8>(infoOf + symbol) >> 4 !== STB_WEAK)) return i;
  }
  return count;
}

/** Internal is 1, hidden 2, protected 3: the smaller the more constraining, but for default, 0. */
function mergeVisibility(at: usize, visibility: u32): void {
  const other: u32 = load<u8>(at);
  const old = other & 3;
  if (old === 0 || visibility < old) store<u8>(at, <u8>((other & ~3) | visibility));
}
