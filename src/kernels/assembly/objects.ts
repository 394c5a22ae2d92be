import * as C from "./columns";
import { enqueue, enqueueNone, internQueued, QUEUE, touchQueue } from "./parts/intern";

// Reading of relocatable objects: sections, groups, relocations and symbols into
// the rows of the link. In WebAssembly because a large link has some hundred
// thousand of each, and a small one is over before V8 has compiled such loops.
//
// What an object is, is said in a block (`job`) that src/link/object-kernels.ts
// fills; offsets in bytes. Addresses of tables are those of the file's bytes in
// the arena; all tables lie within the file. A kernel handles entries that are
// as compilers make them. Where it meets another one (an error, a rare type) it
// returns its index, with JOB_STATUS telling why, and is called again for what follows.

/** The file, and where it ends. */
const FILE: usize = 0;
const FILE_END: usize = 4;
/** Section headers and their number; 1 for ELF64. */
const HEADERS: usize = 8;
const COUNT: usize = 12;
const IS_64: usize = 16;
/** The row of section 0, and the object's number. */
const BASE: usize = 20;
const OBJECT: usize = 24;
/** Section names and their section. */
const NAMES: usize = 28;
const NAMES_END: usize = 32;
const NAMES_INDEX: usize = 36;
/** The list of sections that are left to TypeScript, and how many there are. */
const ODD: usize = 40;
const ODD_COUNT: usize = 44;
/** Out: the end of what is needed of the file; groups, and the words in them. */
const NEEDED: usize = 48;
const GROUP_COUNT: usize = 52;
const GROUP_WORDS: usize = 56;
/** Bits: 1 for LLD, 2 where debug sections are stripped, 4 where labels may be left out. */
const MODES: usize = 60;
const SYMTAB: usize = 64;
const SYMBOLS: usize = 68;
const FIRST_GLOBAL: usize = 72;
const STRTAB: usize = 76;
const STRTAB_SIZE: usize = 80;
/** Four bytes for each symbol. */
const SYMBOL_IDS: usize = 84;
/** A byte for each symbol: whether a relocation refers to it. */
const MENTIONED: usize = 88;
const SYMTAB_INDEX: usize = 92;
/** Signature to number of the group + 1, and whether there are link-once sections. */
const GROUP_OF: usize = 96;
const ANY_LINK_ONCE: usize = 100;
/** Columns of the groups, and their number. */
const GROUP_OBJECT: usize = 104;
const GROUP_SIGNATURE: usize = 108;
const GROUP_COMDAT: usize = 112;
const GROUP_SECTION: usize = 116;
const GROUP_FIRST: usize = 120;
const GROUP_MEMBERS: usize = 124;
const GROUPS: usize = 128;
const STATUS: usize = 132;
/** The name table (names.ts), and the columns of sections and symbols. */
const NAME_TABLE: usize = 136;
const SECTIONS: usize = 140;
const SYMBOL_COLUMNS: usize = 144;
/** Out: the largest number of a symbol that a relocation refers to, where that is too large. */
const WORST: usize = 148;
/** LLD: by name, 1 where an archive has it; and how many names that tells of. */
const LAZY: usize = 152;
const LAZY_COUNT: usize = 156;

/** Values of STATUS. */
const DONE: u32 = 0;
const IS_ODD: u32 = 1;
const NO_ROOM: u32 = 2;
const BAD_SYMBOL: u32 = 3;

const LLD: u32 = 1;
const STRIPPED: u32 = 2;
const LEAVES_LABELS: u32 = 4;

const SHT_NULL: u32 = 0;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_RELA: u32 = 4;
const SHT_NOBITS: u32 = 8;
const SHT_REL: u32 = 9;
const SHT_GROUP: u32 = 17;
const SHT_SYMTAB_SHNDX: u32 = 18;
const SHT_LLVM_DEPENDENT_LIBRARIES: u32 = 0x6fff4c04;

const SHF_ALLOC: u32 = 2;
const SHF_MERGE: u32 = 0x10;
const SHF_LINK_ORDER: u32 = 0x80;
const SHF_COMPRESSED: u32 = 0x800;
const SHF_EXCLUDE: u32 = 0x80000000;

const SHN_LORESERVE: u32 = 0xff00;
const SHN_ABS: u32 = 0xfff1;

/** A value of SymbolSection (src/model/symbols.ts). */
const COMMON: i32 = -2;

const STB_LOCAL: u32 = 0;
const STB_GLOBAL: u32 = 1;
const STB_WEAK: u32 = 2;
const STB_GNU_UNIQUE: u32 = 10;
const STT_NOTYPE: u32 = 0;
const STT_SECTION: u32 = 3;
const STT_TLS: u32 = 6;

function stop(job: usize, at: u32, why: u32): u32 {
  store<u32>(job, why, STATUS);
  return at;
}

/** Whether TypeScript has to look at a section because of its name, which starts with a dot. */
function isOddName(name: usize, flags: u32, modes: u32): bool {
  const second = load<u8>(name, 1);
  // .gnu…, but not .gcc_except_table.
  if (second === 0x67) return load<u8>(name, 2) === 0x6e;
  // .note.gnu.b…
  if (second === 0x6e && load<u8>(name, 10) === 0x62) return true;
  if ((flags & SHF_ALLOC) !== 0) return false;
  // .z(debug); for LLD .n(ote.GNU-stack); .d(ebug), .s(tab), .l(ine) where they are stripped.
  if (second === 0x7a) return true;
  if (second === 0x6e) return (modes & LLD) !== 0;
  return (modes & STRIPPED) !== 0 && (second === 0x64 || second === 0x73 || second === 0x6c);
}

/**
 * Fills the rows of the sections from number `from` on. Those that it has not
 * settled are in the list ODD: of these the columns that are copies of header fields are
 * filled, and the name. Stops where there is no room for a name.
 */
export function readSections(job: usize, from: u32): u32 {
  const is64 = load<u32>(job, IS_64) !== 0;
  const count = load<u32>(job, COUNT);
  const base = load<u32>(job, BASE);
  const object = load<u32>(job, OBJECT);
  const entry: u32 = is64 ? 64 : 40;
  const headers = load<u32>(job, HEADERS);
  const names = load<u32>(job, NAMES);
  const namesSize = load<u32>(job, NAMES_END) - names;
  const namesIndex = load<u32>(job, NAMES_INDEX);
  const end = load<u32>(job, FILE_END);
  const fileSize: u64 = end - load<u32>(job, FILE);
  const odd = load<u32>(job, ODD);
  const modes = load<u32>(job, MODES);
  const nameTable = load<u32>(job, NAME_TABLE);
  const sections: usize = load<u32>(job, SECTIONS);
  const objectOf = load<u32>(sections, C.SECTION_OBJECT);
  const nameOf = load<u32>(sections, C.SECTION_NAME);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const flagsOf = load<u32>(sections, C.SECTION_FLAGS);
  const alignPower = load<u32>(sections, C.SECTION_ALIGN_POWER);
  const entsizeOf = load<u32>(sections, C.SECTION_ENTSIZE);
  const linkOf = load<u32>(sections, C.SECTION_LINK);
  const infoOf = load<u32>(sections, C.SECTION_INFO);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  let needed = load<u32>(job, NEEDED);
  let oddCount = load<u32>(job, ODD_COUNT);
  let groupCount = load<u32>(job, GROUP_COUNT);
  let groupWords = load<u32>(job, GROUP_WORDS);
  let status = DONE;
  let i = from;
  for (; i < count; i++) {
    const index = (i - from) % QUEUE;
    if (index === 0) {
      const more = min(QUEUE, count - i);
      for (let k: u32 = 0; k < more; k++) {
        const header: usize = headers + (i + k) * entry;
        const type = load<u32>(header, 4, 1);
        const nameAt = load<u32>(header, 0, 1);
        if (nameAt < namesSize && type !== SHT_RELA && type !== SHT_REL)
          enqueue(k, nameTable, names + nameAt, end);
        else enqueueNone(k);
      }
      touchQueue(more);
    }
    const at: usize = headers + i * entry;
    const nameAt = load<u32>(at, 0, 1);
    const type = load<u32>(at, 4, 1);
    const flags = load<u32>(at, 8, 1);
    const row = base + i;
    let isOdd = nameAt >= namesSize;
    // Relocation sections are known by what they apply to; their names would be a third of all.
    if (i > 0 && !isOdd && type !== SHT_RELA && type !== SHT_REL) {
      const name = internQueued(index, nameTable);
      if (name < 0) {
        status = NO_ROOM;
        break;
      }
      store<u32>(nameOf + (row << 2), name);
    }
    let offset: u64;
    let size: u64;
    let align: u64;
    let entsize: u32;
    if (is64) {
      offset = load<u64>(at, 24, 1);
      size = load<u64>(at, 32, 1);
      align = load<u64>(at, 48, 1);
      entsize = load<u32>(at, 56, 1);
      store<u32>(linkOf + (row << 2), load<u32>(at, 40, 1));
      store<u32>(infoOf + (row << 2), load<u32>(at, 44, 1));
    } else {
      offset = load<u32>(at, 16, 1);
      size = load<u32>(at, 20, 1);
      align = load<u32>(at, 32, 1);
      entsize = load<u32>(at, 36, 1);
      store<u32>(linkOf + (row << 2), load<u32>(at, 24, 1));
      store<u32>(infoOf + (row << 2), load<u32>(at, 28, 1));
    }
    store<u32>(objectOf + (row << 2), object);
    store<u32>(typeOf + (row << 2), type);
    store<u32>(flagsOf + (row << 2), flags);
    store<u32>(entsizeOf + (row << 2), entsize);
    store<f64>(sizeOf + (row << 3), <f64>size);
    store<f64>(offsetOf + (row << 3), <f64>offset);
    if (i === 0) {
      store<u8>(fateOf + row, C.CONSUMED);
      if ((flags & SHF_LINK_ORDER) === 0) continue;
      isOdd = true;
    }
    if ((flags & (SHF_LINK_ORDER | SHF_EXCLUDE | SHF_COMPRESSED)) !== 0) isOdd = true;
    if (type !== SHT_NOBITS && (size > fileSize || offset > fileSize - size)) isOdd = true;
    if (align > 1 && (popcnt(align) !== 1 || align > 0x80000000)) isOdd = true;
    if (type === SHT_SYMTAB || type === SHT_SYMTAB_SHNDX || type === SHT_LLVM_DEPENDENT_LIBRARIES)
      isOdd = true;
    const isUsedUp =
      type === SHT_RELA || type === SHT_GROUP || type === SHT_STRTAB || type === SHT_REL || type === SHT_NULL;
    const name = names + nameAt;
    if (!isOdd && !isUsedUp && load<u8>(name) === 0x2e) isOdd = isOddName(name, flags, modes);
    if (isOdd) {
      store<u32>(odd + (oddCount << 2), i);
      oddCount++;
      continue;
    }
    if (align > 1) store<u8>(alignPower + row, <u8>ctz(align));
    if (type !== SHT_NOBITS && i !== namesIndex && <u32>(offset + size) > needed)
      needed = <u32>(offset + size);
    // Messages look strings of debug information up in the file, by way of their headers (debug-bytes.ts).
    if (
      (flags & (SHF_MERGE | SHF_ALLOC)) === SHF_MERGE &&
      (load<u8>(name, 1) === 0x64 || load<u8>(name, 1) === 0x7a)
    )
      needed = <u32>fileSize;
    if (isUsedUp) store<u8>(fateOf + row, C.CONSUMED);
    if (type === SHT_GROUP) {
      groupCount++;
      // Of headers that share a section this is more than any memory has room for.
      groupWords = min(groupWords + (<u32>size >> 2), 0x3fffffff);
    }
  }
  store<u32>(job, needed, NEEDED);
  store<u32>(job, oddCount, ODD_COUNT);
  store<u32>(job, groupCount, GROUP_COUNT);
  store<u32>(job, groupWords, GROUP_WORDS);
  return stop(job, i, status);
}

/** Puts the name of a group's symbol into the queue, if it has one. */
function queueSignature(job: usize, index: u32, row: u32): void {
  const infoOf = load<u32>(load<u32>(job, SECTIONS), C.SECTION_INFO);
  const symbol = load<u32>(infoOf + (row << 2));
  enqueueNone(index);
  if (symbol >= load<u32>(job, SYMBOLS)) return;
  const nameAt = load<u32>(load<u32>(job, SYMTAB) + symbol * (load<u32>(job, IS_64) !== 0 ? 24 : 16), 0, 1);
  if (nameAt >= load<u32>(job, STRTAB_SIZE)) return;
  enqueue(index, load<u32>(job, NAME_TABLE), load<u32>(job, STRTAB) + nameAt, load<u32>(job, FILE_END));
}

/**
 * Takes the COMDAT groups of the sections from number `from` on, or marks their
 * members as duplicates. Stops at other groups, damaged ones, and names without room.
 */
export function readGroups(job: usize, from: u32): u32 {
  const count = load<u32>(job, COUNT);
  const base = load<u32>(job, BASE);
  const file = load<u32>(job, FILE);
  const entry: u32 = load<u32>(job, IS_64) !== 0 ? 24 : 16;
  const infoAt: usize = entry === 24 ? 4 : 12;
  const symtab = load<u32>(job, SYMTAB);
  const symbols = load<u32>(job, SYMBOLS);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const groupOf = load<u32>(job, GROUP_OF);
  const groupMembers = load<u32>(job, GROUP_MEMBERS);
  const groupFirst = load<u32>(job, GROUP_FIRST);
  const nameTable = load<u32>(job, NAME_TABLE);
  const sections: usize = load<u32>(job, SECTIONS);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const infoOf = load<u32>(sections, C.SECTION_INFO);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const groupColumn = load<u32>(sections, C.SECTION_GROUP);
  if (load<u32>(job, ANY_LINK_ONCE) !== 0) {
    for (let i = from; i < count; i++)
      if (load<u32>(typeOf + ((base + i) << 2)) === SHT_GROUP) return stop(job, i, IS_ODD);
    return stop(job, count, DONE);
  }
  // Groups whose signatures are in the queue, and how many of them have been dealt with.
  let queued: u32 = 0;
  let done: u32 = 0;
  for (let i = from; i < count; i++) {
    const row = base + i;
    if (load<u32>(typeOf + (row << 2)) !== SHT_GROUP) continue;
    if (done === queued) done = queued = 0;
    if (queued === 0) {
      for (let k = i; k < count && queued < QUEUE; k++)
        if (load<u32>(typeOf + ((base + k) << 2)) === SHT_GROUP) queueSignature(job, queued++, base + k);
      touchQueue(queued);
    }
    const index = done++;
    const words = <u32>load<f64>(sizeOf + (row << 3)) >> 2;
    const at = file + <u32>load<f64>(offsetOf + (row << 3));
    if (words === 0 || load<u32>(at, 0, 1) !== 1) return stop(job, i, IS_ODD);
    for (let member: u32 = 1; member < words; member++) {
      const index = load<u32>(at + (member << 2), 0, 1);
      if (index === 0 || index >= count) return stop(job, i, IS_ODD);
    }
    const symbol = load<u32>(infoOf + (row << 2));
    if (symbol >= symbols) return stop(job, i, IS_ODD);
    const symbolAt: usize = symtab + symbol * entry;
    const nameAt = load<u32>(symbolAt, 0, 1);
    if (nameAt >= load<u32>(job, STRTAB_SIZE)) return stop(job, i, IS_ODD);
    if (nameAt === 0 && (load<u8>(symbolAt + infoAt) & 15) === STT_SECTION) return stop(job, i, IS_ODD);
    const signature = internQueued(index, nameTable);
    if (signature < 0) return stop(job, i, NO_ROOM);
    // Until symbols are read, so that it need not be looked up again.
    store<u32>(symbolIds + (symbol << 2), signature);
    const known = load<u32>(groupOf + (signature << 2));
    const group = load<u32>(job, GROUPS);
    let next = known !== 0 ? 0 : load<u32>(groupFirst + (group << 2));
    for (let member: u32 = 1; member < words; member++) {
      const section = base + load<u32>(at + (member << 2), 0, 1);
      const type = load<u32>(typeOf + (section << 2));
      if (type === SHT_RELA || type === SHT_REL) continue;
      if (known !== 0) {
        if (load<u8>(fateOf + section) === C.KEPT) store<u8>(fateOf + section, C.DUPLICATE);
        store<u32>(groupColumn + (section << 2), known - 1);
      } else {
        store<u32>(groupColumn + (section << 2), group);
        store<u32>(groupMembers + (next << 2), section);
        next++;
      }
    }
    if (known !== 0) continue;
    store<u32>(load<u32>(job, GROUP_OBJECT) + (group << 2), load<u32>(job, OBJECT));
    store<u32>(load<u32>(job, GROUP_SIGNATURE) + (group << 2), signature);
    store<u8>(load<u32>(job, GROUP_COMDAT) + group, 1);
    store<u32>(load<u32>(job, GROUP_SECTION) + (group << 2), row);
    store<u32>(groupFirst + ((group + 1) << 2), next);
    store<u32>(groupOf + (signature << 2), group + 1);
    store<u32>(job, group + 1, GROUPS);
  }
  return stop(job, count, DONE);
}

/**
 * Hangs each relocation section from number `from` on below the section that it
 * applies to, if all that it refers to exists. Stops at those that are damaged.
 */
export function checkRelocations(job: usize, from: u32): u32 {
  const is64 = load<u32>(job, IS_64) !== 0;
  const count = load<u32>(job, COUNT);
  const base = load<u32>(job, BASE);
  const file = load<u32>(job, FILE);
  const symbols = load<u32>(job, SYMBOLS);
  const symtab = load<u32>(job, SYMTAB_INDEX);
  const marks = (load<u32>(job, MODES) & LEAVES_LABELS) !== 0;
  const mentioned = load<u32>(job, MENTIONED);
  const sections: usize = load<u32>(job, SECTIONS);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const linkOf = load<u32>(sections, C.SECTION_LINK);
  const infoOf = load<u32>(sections, C.SECTION_INFO);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const entsizeOf = load<u32>(sections, C.SECTION_ENTSIZE);
  const relocationsOf = load<u32>(sections, C.SECTION_RELOCATIONS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  for (let i = from; i < count; i++) {
    const row = base + i;
    const type = load<u32>(typeOf + (row << 2));
    if (type !== SHT_RELA && type !== SHT_REL) continue;
    const size = <u32>load<f64>(sizeOf + (row << 3));
    if (size === 0) continue;
    const target = load<u32>(infoOf + (row << 2));
    const entry: u32 = is64 ? (type === SHT_RELA ? 24 : 16) : type === SHT_RELA ? 12 : 8;
    if (
      target === 0 ||
      target >= count ||
      load<u32>(entsizeOf + (row << 2)) !== entry ||
      size % entry !== 0 ||
      load<u32>(linkOf + (row << 2)) !== symtab ||
      load<u32>(relocationsOf + ((base + target) << 2)) !== 0 ||
      load<u32>(typeOf + ((base + target) << 2)) === SHT_NOBITS
    )
      return stop(job, i, IS_ODD);
    // Those of another's copy are never applied; a third of all in C++ programs, and most of their memory untouched.
    if (load<u8>(fateOf + base + target) !== C.DUPLICATE) {
      const start: usize = file + <u32>load<f64>(offsetOf + (row << 3));
      let worst: u32 = 0;
      for (let at = start + (is64 ? 12 : 4); at < start + size; at += entry) {
        const symbol = is64 ? load<u32>(at, 0, 1) : load<u32>(at, 0, 1) >> 8;
        if (symbol > worst) worst = symbol;
        if (marks && symbol < symbols) store<u8>(mentioned + symbol, 1);
      }
      if (worst >= symbols && worst !== 0) {
        store<u32>(job, worst, WORST);
        return stop(job, i, BAD_SYMBOL);
      }
    }
    store<u32>(relocationsOf + ((base + target) << 2), row);
  }
  return stop(job, count, DONE);
}

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
  const strtab = load<u32>(job, STRTAB);
  const strtabSize = load<u32>(job, STRTAB_SIZE);
  const end = load<u32>(job, FIRST_GLOBAL);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const mentioned = load<u32>(job, MENTIONED);
  const leaves = (load<u32>(job, MODES) & LEAVES_LABELS) !== 0;
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
    // `.L…` that nothing refers to.
    if (leaves && info === 0 && load<u8>(mentioned + i) === 0 && shndx > 0 && shndx < ordinary) {
      if (nameAt + 1 < strtabSize && load<u16>(strtab + nameAt, 0, 1) === 0x4c2e) {
        store<u32>(symbolIds + (i << 2), 0);
        continue;
      }
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
 * src/link/resolve.ts. Stops, before anything is changed but that the symbol has a
 * row and its name an id (in SYMBOL_IDS), at those that are damaged or common, at thread-local
 * symbols, at those that were defined before, and at those whose section was not taken.
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
          enqueue(k, nameTable, strtab + nameAt, fileEnd);
        else enqueueNone(k);
      }
      touchQueue(more);
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
    if (type !== oldType && (type === STT_TLS || oldType === STT_TLS)) return stop(job, i, IS_ODD);
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
    store<u8>(otherOf + id, <u8>((load<u8>(otherOf + id) & 3) | (other & ~3)));
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
