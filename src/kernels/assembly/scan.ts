import * as C from "./columns";
import { HEADER } from "./parts/intern";

// The relocations of live sections, before anything has its place: finds those
// that ask for something (an entry of the GOT, a stub, a message). In WebAssembly
// because there are millions, of which almost none do.
//
// The job is a block that src/link/synthetic/scan.ts fills; offsets in bytes.

/** Of the object at hand, the file's bytes, and the symbols of its table by number. */
const FILE: usize = 0;
const SYMBOL_IDS: usize = 4;
const SYMBOLS: usize = 8;
const IS_64: usize = 12;
/** The type of relocation sections that the target has. */
const TABLE_TYPE: usize = 16;
/** A byte for each type of relocation: what is to be done about it. */
const KINDS: usize = 20;
/** In and out: a section's row, and the number of an entry of its relocations. */
const SECTION: usize = 24;
const ENTRY: usize = 28;
/** The row after the object's last section. */
const END: usize = 32;
const SECTIONS: usize = 36;
/** Columns of symbols: st_info, where they are defined, and the number of their stub + 1, or 0, for so many symbols. */
const INFO: usize = 40;
const HOME: usize = 44;
const STUB: usize = 48;
const STUB_COUNT: usize = 52;
/** Of objects, the columns of src/link/object-columns.ts, how many there are, and the next one. */
const FILES: usize = 56;
const IDS: usize = 60;
const ID_COUNTS: usize = 64;
const ARE_64: usize = 68;
const BASES: usize = 72;
const SECTION_COUNTS: usize = 76;
const OBJECTS: usize = 80;
const NEXT_OBJECT: usize = 84;
/** For each kind of word in the GOT: the column of the numbers of symbols' entries + 1, the list of the symbols, and its length. */
const WORDS: usize = 88;
const WORDS_SIZE: usize = 12;

/** Values of KINDS. */
const NOTHING: u8 = 0;
const LOOK_IF_IFUNC: u8 = 2;
/** As LOOK_IF_IFUNC, but of code only if the symbol has no stub yet. */
const DISTANCE: u8 = 3;
/** A load from the GOT that is none, whatever the instruction, if the symbol is defined in a section. */
const RELAXED_LOAD: u8 = 4;
/** From this one on: a word in the GOT of the first kind, unless it is an IFUNC's; of the second; of the third. */
const GOT_WORD: u8 = 5;

const SHT_RELA: u32 = 4;
const SHF_ALLOC: u32 = 2;
const SHF_EXECINSTR: u32 = 4;
const SHF_X86_64_LARGE: u32 = 0x10000000;
const STT_GNU_IFUNC: u32 = 10;

/** As `Need.add` (src/model/needs.ts). */
function addWord(words: usize, symbol: u32): void {
  const at: usize = load<u32>(words) + (symbol << 2);
  if (load<u32>(at) !== 0) return;
  const count = load<u32>(words, 8);
  store<u32>(load<u32>(words, 4) + (count << 2), symbol);
  store<u32>(at, count + 1);
  store<u32>(words, count + 1, 8);
}

/**
 * The next relocation, from SECTION and ENTRY on, that TypeScript has to look at:
 * they tell which it is, the result whether there is one. Tables of another type than the target's,
 * and entries with symbols that do not exist, are to be looked at. SECTION and END are 0 at first.
 */
export function findAsking(job: usize): u32 {
  if (findInObject(job)) return 1;
  const count = load<u32>(job, OBJECTS);
  for (let object = load<u32>(job, NEXT_OBJECT); object < count; object++) {
    const at = object << 2;
    const base = load<u32>(load<u32>(job, BASES) + at);
    store<u32>(job, load<u32>(load<u32>(job, FILES) + at), FILE);
    store<u32>(job, load<u32>(load<u32>(job, IDS) + at), SYMBOL_IDS);
    store<u32>(job, load<u32>(load<u32>(job, ID_COUNTS) + at), SYMBOLS);
    store<u32>(job, load<u8>(load<u32>(job, ARE_64) + object), IS_64);
    store<u32>(job, base, SECTION);
    store<u32>(job, 0, ENTRY);
    store<u32>(job, base + load<u32>(load<u32>(job, SECTION_COUNTS) + at), END);
    store<u32>(job, object + 1, NEXT_OBJECT);
    if (findInObject(job)) return 1;
  }
  return 0;
}

function findInObject(job: usize): bool {
  const file = load<u32>(job, FILE);
  const symbolIds = load<u32>(job, SYMBOL_IDS);
  const symbols = load<u32>(job, SYMBOLS);
  const is64 = load<u32>(job, IS_64) !== 0;
  const tableType = load<u32>(job, TABLE_TYPE);
  const kinds = load<u32>(job, KINDS);
  const end = load<u32>(job, END);
  const infos = load<u32>(job, INFO);
  const homes = load<u32>(job, HOME);
  const stubs = load<u32>(job, STUB);
  const stubCount = load<u32>(job, STUB_COUNT);
  const sections: usize = load<u32>(job, SECTIONS);
  const relocationsOf = load<u32>(sections, C.SECTION_RELOCATIONS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const flagsOf = load<u32>(sections, C.SECTION_FLAGS);
  const typeOf = load<u32>(sections, C.SECTION_TYPE);
  const sizeOf = load<u32>(sections, C.SECTION_SIZE);
  const offsetOf = load<u32>(sections, C.SECTION_FILE_OFFSET);
  const entrySize: u32 = (is64 ? 16 : 8) + (tableType === SHT_RELA ? (is64 ? 8 : 4) : 0);
  let entry = load<u32>(job, ENTRY);
  for (let section = load<u32>(job, SECTION); section < end; section++) {
    const table = load<u32>(relocationsOf + (section << 2));
    if (
      table !== 0 &&
      load<u8>(fateOf + section) === C.KEPT &&
      (load<u32>(flagsOf + (section << 2)) & SHF_ALLOC) !== 0
    ) {
      const isOther = load<u32>(typeOf + (table << 2)) !== tableType;
      const count: u32 = isOther ? 1 : <u32>load<f64>(sizeOf + (table << 3)) / entrySize;
      const start: usize = file + <u32>load<f64>(offsetOf + (table << 3));
      for (; entry < count; entry++) {
        const at = start + entry * entrySize;
        let type: u32;
        let index: u32;
        if (is64) {
          type = load<u32>(at, 8, 1);
          index = load<u32>(at, 12, 1);
        } else {
          const info = load<u32>(at, 4, 1);
          type = info & 0xff;
          index = info >> 8;
        }
        if (!isOther && type < 256 && index < symbols) {
          const kind = load<u8>(kinds + type);
          if (kind === NOTHING) continue;
          if (kind >= LOOK_IF_IFUNC) {
            const symbol = load<u32>(symbolIds + (index << 2));
            const isIfunc = (load<u8>(infos + symbol) & 15) === STT_GNU_IFUNC;
            if (kind >= GOT_WORD) {
              if (!isIfunc || kind !== GOT_WORD) {
                addWord(job + WORDS + <usize>(kind - GOT_WORD) * WORDS_SIZE, symbol);
                continue;
              }
            } else if (kind === RELAXED_LOAD) {
              const home = load<i32>(homes + (symbol << 2));
              if (
                !isIfunc &&
                home > 0 &&
                (load<u32>(flagsOf + (home << 2)) & SHF_X86_64_LARGE) === 0 &&
                load<i64>(at, 16, 1) === -4 &&
                load<u64>(at, 0, 1) >= 3
              )
                continue;
            } else {
              if (!isIfunc) continue;
              const isCode = (load<u32>(flagsOf + (section << 2)) & SHF_EXECINSTR) !== 0;
              if (kind === DISTANCE && isCode && symbol < stubCount && load<u32>(stubs + (symbol << 2)) !== 0)
                continue;
            }
          }
        }
        store<u32>(job, section, SECTION);
        store<u32>(job, entry, ENTRY);
        return true;
      }
    }
    entry = 0;
  }
  // Nothing is left of it.
  store<u32>(job, end, SECTION);
  return false;
}

/**
 * The number of the first object, from `from` on, that has a symbol in its list; or `count`. `ids` and `counts` are the columns of
 * src/link/object-columns.ts.
 */
export function findMention(ids: usize, counts: usize, from: u32, count: u32, symbol: u32): u32 {
  for (let object = from; object < count; object++) {
    const list: usize = load<u32>(ids + (object << 2));
    const end = list + (load<u32>(counts + (object << 2)) << 2);
    for (let at = list; at < end; at += 4) if (load<u32>(at) === symbol) return object;
  }
  return count;
}

const DOT: u8 = 0x2e;

/**
 * Lists the names of sections that take part, each once, without those that begin with a dot; returns how many there are.
 * `seen` is zero, a byte for each name.
 */
export function plainNames(sections: usize, count: u32, places: usize, seen: usize, found: usize): u32 {
  const nameOf = load<u32>(sections, C.SECTION_NAME);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  let listed: u32 = 0;
  for (let section: u32 = 1; section < count; section++) {
    if (load<u8>(fateOf + section) !== C.KEPT) continue;
    const name = load<u32>(nameOf + (section << 2));
    const at = load<u32>(places + (name << 2));
    // An empty name has no first byte, and is none that a program could refer to.
    if (load<u8>(at, HEADER) === DOT || load<u32>(at, 4) === 0 || load<u8>(seen + name) !== 0) continue;
    store<u8>(seen + name, 1);
    store<u32>(found + (listed++ << 2), name);
  }
  return listed;
}
