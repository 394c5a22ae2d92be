import * as C from "./columns";
import { enqueue, enqueueNone, internQueued, QUEUE, touchQueue } from "./parts/intern";
import {
  ANY_LINK_ONCE,
  BAD_SYMBOL,
  BASE,
  COUNT,
  DONE,
  FILE,
  FILE_END,
  GROUP_COMDAT,
  GROUP_COUNT,
  GROUP_FIRST,
  GROUP_MEMBERS,
  GROUP_OBJECT,
  GROUP_OF,
  GROUP_SECTION,
  GROUP_SIGNATURE,
  GROUP_WORDS,
  GROUPS,
  HEADERS,
  IS_64,
  IS_ODD,
  LEAVES_LABELS,
  LLD,
  MENTIONED,
  MODES,
  NAME_TABLE,
  NAMES,
  NAMES_END,
  NAMES_INDEX,
  NEEDED,
  NO_ROOM,
  OBJECT,
  ODD,
  ODD_COUNT,
  SECTIONS,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHF_EXCLUDE,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHT_GROUP,
  SHT_LLVM_DEPENDENT_LIBRARIES,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  STRIPPED,
  STRTAB,
  STRTAB_SIZE,
  STT_SECTION,
  SYMBOL_IDS,
  SYMBOLS,
  SYMTAB,
  SYMTAB_INDEX,
  stop,
  WORST,
} from "./parts/object-job";

// Reading of relocatable objects: sections, groups, relocations and symbols into
// the rows of the link. In WebAssembly because a large link has some hundred
// thousand of each, and a small one is over before V8 has compiled such loops.
//
// What an object is, is said in a block (`job`) that src/link/inputs/object-kernels.ts
// fills; offsets in bytes. Addresses of tables are those of the file's bytes in
// the arena; all tables lie within the file. A kernel handles entries that are
// as compilers make them. Where it meets another one (an error, a rare type) it
// returns its index, with STATUS telling why, and is called again for what follows.

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
        if (nameAt < namesSize && type !== SHT_RELA && type !== SHT_REL) enqueue(k, names + nameAt, end);
        else enqueueNone(k);
      }
      touchQueue(more, nameTable);
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
  enqueue(index, load<u32>(job, STRTAB) + nameAt, load<u32>(job, FILE_END));
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
      touchQueue(queued, nameTable);
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
