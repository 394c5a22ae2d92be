import * as C from "./columns";

// Which symbols have no definition that is linked, and which relocations refer
// to them: src/link/symbols/check-symbols.ts. In WebAssembly because all symbols and all
// relocations are looked at, to find none in most links.

/** Values of marks, one byte for each symbol; bits, so that those of several symbols can be put together. */ const DISCARDED: u32 = 2;

const SHF_ALLOC: u32 = 2;
const STB_WEAK: u32 = 2;

/** Marks the objects that have a section of a fate for which `suspicious` has a 1; `count` is that of the sections. */
export function noteFates(sections: usize, count: u32, suspicious: usize, objects: usize): void {
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const objectOf = load<u32>(sections, C.SECTION_OBJECT);
  for (let section: u32 = 1; section < count; section++) {
    if (load<u8>(suspicious + load<u8>(fateOf + section)) === 0) continue;
    const object = load<i32>(objectOf + (section << 2));
    if (object >= 0) store<u8>(objects + object, 1);
  }
}

/**
 * Marks those of the symbols `first` to `end` - 1 that are defined in a section
 * of a suspicious fate, and, where `withUndefined` is not 0, those that some object has and
 * that are undefined and not weak. Returns the kinds of marks made.
 */
export function markLocals(
  symbols: usize,
  sections: usize,
  first: u32,
  end: u32,
  suspicious: usize,
  withUndefined: u32,
  marks: usize,
): u32 {
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const infoOf = load<u32>(symbols, C.SYMBOL_INFO);
  const elfIndex = load<u32>(symbols, C.SYMBOL_ELF_INDEX);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  let kinds: u32 = 0;
  for (let symbol = first; symbol < end; symbol++) {
    const home = load<i32>(homeOf + (symbol << 2));
    if (home > 0) {
      if (load<u8>(suspicious + load<u8>(fateOf + home)) === 0) continue;
      store<u8>(marks + symbol, <u8>DISCARDED);
      kinds |= DISCARDED;
    } else if (home === 0 && withUndefined !== 0 && load<u32>(elfIndex + (symbol << 2)) !== 0) {
      if (load<u8>(infoOf + symbol) >> 4 === STB_WEAK) continue;
      store<u8>(marks + symbol, <u8>UNDEFINED);
      kinds |= UNDEFINED;
    }
  }
  return kinds;
}

/** As `markLocals`, of the `count` global symbols. */
export function markGlobals(
  symbols: usize,
  sections: usize,
  count: u32,
  suspicious: usize,
  marks: usize,
): u32 {
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const infoOf = load<u32>(symbols, C.SYMBOL_INFO);
  const globals = load<u32>(symbols, C.SYMBOL_GLOBALS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  let kinds: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const symbol = load<u32>(globals + (i << 2));
    const home = load<i32>(homeOf + (symbol << 2));
    if (home > 0) {
      if (load<u8>(suspicious + load<u8>(fateOf + home)) === 0) continue;
      store<u8>(marks + symbol, <u8>DISCARDED);
      kinds |= DISCARDED;
    } else if (home === 0 && load<u8>(infoOf + symbol) >> 4 !== STB_WEAK) {
      store<u8>(marks + symbol, <u8>UNDEFINED);
      kinds |= UNDEFINED;
    }
  }
  return kinds;
}

/** The kinds of marks among the symbols that numbers `from` to `end` - 1 of an object's are. */
export function kindsAmong(marks: usize, symbolIds: usize, from: u32, end: u32): u32 {
  let kinds: u32 = 0;
  for (let i = from; i < end; i++) kinds |= load<u8>(marks + load<u32>(symbolIds + (i << 2)));
  return kinds;
}

// A block that says where the next reference is looked for; offsets in bytes.

const FILE: usize = 0;
const SYMBOL_IDS: usize = 4;
const IS_64: usize = 8;
const SECTIONS: usize = 12;
const MARKS: usize = 16;
/** In and out: the row of a section, and a place in its table of relocations, from the start of the file. */
const SECTION: usize = 20;
const AT: usize = 24;
/** The row after the object's last section. */
const END: usize = 28;
/** Names of two kinds of sections that may refer to what was discarded, and so count only if `ALL`, and for what is undefined. */
const TOLERANT: usize = 32;
const ALSO_TOLERANT: usize = 36;
const ALL: usize = 40;
/** Whether sections count that are not loaded. */
const UNLOADED: usize = 44;
/** Bits for types of relocations that make the call behind them another one: then it refers to nothing. */
const REWRITTEN: usize = 48;

const UNDEFINED: u32 = 1;

/**
 * The next relocation of a section that is linked, from SECTION and AT (0 for the
 * first of a table) on, whose symbol has a mark: SECTION and AT say which; the result whether there is one.
 */
export function findReference(job: usize): u32 {
  const file = load<u32>(job, FILE);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const is64 = load<u32>(job, IS_64) !== 0;
  const marks = load<u32>(job, MARKS);
  const end = load<u32>(job, END);
  const tolerant = load<u32>(job, TOLERANT);
  const alsoTolerant = load<u32>(job, ALSO_TOLERANT);
  const all = load<u32>(job, ALL) !== 0;
  const unloaded = load<u32>(job, UNLOADED) !== 0;
  const sections: usize = load<u32>(job, SECTIONS);
  const relocationsOf = load<u32>(sections, C.SECTION_RELOCATIONS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const nameOf = load<u32>(sections, C.SECTION_NAME);
  const flagsOf = load<u32>(sections, C.SECTION_FLAGS);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const entsizeOf = load<u32>(sections, C.SECTION_ENTSIZE);
  const rewritten = load<u32>(job, REWRITTEN);
  const symbolAt: usize = is64 ? 12 : 4;
  const typeAt: usize = is64 ? 8 : 4;
  const shift: u32 = is64 ? 0 : 8;
  let next = load<u32>(job, AT);
  for (let section = load<u32>(job, SECTION); section < end; section++) {
    const table = load<u32>(relocationsOf + (section << 2));
    const name = load<u32>(nameOf + (section << 2));
    const isTolerant = name === tolerant || name === alsoTolerant;
    if (
      table !== 0 &&
      load<u8>(fateOf + section) === C.KEPT &&
      (all || !isTolerant) &&
      (unloaded || (load<u32>(flagsOf + (section << 2)) & SHF_ALLOC) !== 0)
    ) {
      const start = file + <u32>load<f64>(offsetOf + (table << 3));
      const last = start + <u32>load<f64>(sizeOf + (table << 3));
      const entry = load<u32>(entsizeOf + (table << 2));
      for (let at = next === 0 ? start : file + next; at < last; at += entry) {
        const index = load<u32>(at + symbolAt, 0, 1) >> shift;
        const mark: u32 = load<u8>(marks + load<u32>(symbolIds + (index << 2)));
        if (mark === 0 || (isTolerant && mark !== UNDEFINED)) continue;
        if (rewritten !== 0 && at > start) {
          const before = load<u32>(at - entry + typeAt, 0, 1) & (is64 ? 0xffffffff : 0xff);
          if (before < 32 && ((rewritten >>> before) & 1) !== 0) continue;
        }
        store<u32>(job, section, SECTION);
        store<u32>(job, at - file, AT);
        return 1;
      }
    }
    next = 0;
  }
  return 0;
}
