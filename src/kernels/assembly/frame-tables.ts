import { equalBytes } from "./bytes";
import * as C from "./columns";
import { attachFrames, chooseFrames, packFrames, readFrames } from "./frames";
import {
  ALIKE,
  ALIKE_COUNT,
  ALIKE_WORDS,
  ARE_64,
  BASE_COUNTS,
  BASES,
  BYTE_COUNT,
  BYTES,
  CIE,
  CIE_COUNT,
  CIE_WORDS,
  CIES,
  COUNT,
  ENCODING,
  END_RECORD,
  ENTRY_SIZE,
  FILES,
  FIRST_RECORD,
  HOME,
  ID_COUNTS,
  IDS,
  IS_TABLE,
  KIND,
  KNOWN,
  KNOWN_COUNT,
  KNOWN_WORDS,
  MERGED_WITH,
  MOST_CIES,
  NEXT,
  NEXT_FDE,
  OBJECT,
  OFFSET,
  RELOCATION_COUNT,
  RELOCATION_END,
  RELOCATION_START,
  RELOCATIONS,
  REMOVED,
  ROOM,
  SECTION,
  SECTIONS,
  SIZE,
  STOPPED,
  SYMBOL_COUNT,
  SYMBOL_IDS,
  TABLE_NAME,
  THIS,
  WORD_SIZE,
} from "./parts/frame-fields";
import { relocationAt, setWord, symbolOf, word } from "./parts/frame-words";
import { SHT_RELA } from "./parts/object-job";

// The unwind tables of all objects, one after the other (frames.ts has what is done with records). A small link has hundreds, each of a CIE
// like those before and a few functions; to turn to one of them in TypeScript takes longer than its records. What is new is
// left to src/link/unwind: the first CIE of a kind, and which one stands for those that are alike.

const TERMINATOR: u32 = 0;
const CIE_KIND: u32 = 1;
const FDE: u32 = 2;

function sectionWord(work: usize, column: usize, section: u32): u32 {
  return load<u32>(load<u32>(load<u32>(work, SECTIONS) + column) + (section << 2));
}

function sectionNumber(work: usize, column: usize, section: u32): u32 {
  return <u32>load<f64>(load<u32>(load<u32>(work, SECTIONS) + column) + (section << 3));
}

/** Whether a section is one that was read with its object. */
function isInput(work: usize, section: u32, object: u32): bool {
  const base = word(work, BASES, object);
  return section >= base && section < base + word(work, BASE_COUNTS, object);
}

/** Turns to a section of an object. */
function openTable(work: usize, section: u32, object: u32): void {
  const file = word(work, FILES, object);
  const table = sectionWord(work, C.SECTION_RELOCATIONS, section);
  const is64 = load<u8>(load<u32>(work, ARE_64) + object) !== 0;
  const isRela = sectionWord(work, C.SECTION_TYPE, table) === SHT_RELA;
  const entry: u32 = is64 ? (isRela ? 24 : 16) : isRela ? 12 : 8;
  store<u32>(work, section, THIS);
  store<u32>(work, object, OBJECT);
  store<u32>(work, file + sectionNumber(work, C.SECTION_FILE_OFFSET, section), BYTES);
  store<u32>(work, sectionNumber(work, C.SECTION_SIZE, section), BYTE_COUNT);
  store<u32>(work, file + sectionNumber(work, C.SECTION_FILE_OFFSET, table), RELOCATIONS);
  const relocations = table === 0 ? 0 : sectionNumber(work, C.SECTION_SIZE, table) / entry;
  store<u32>(work, relocations, RELOCATION_COUNT);
  store<u32>(work, entry, ENTRY_SIZE);
  store<u32>(work, is64 ? 8 : 4, WORD_SIZE);
  store<u32>(work, word(work, IDS, object), SYMBOL_IDS);
  store<u32>(work, word(work, ID_COUNTS, object), SYMBOL_COUNT);
  store<u32>(work, 0, CIE_COUNT);
  store<u32>(work, 0, NEXT);
}

/**
 * Reads the unwind tables among sections from number `from` on, as far as there are only records of functions in them and CIEs
 * that are known. Returns the first that is left, of which nothing is noted but that it is one; or `count`.
 */
export function readTables(work: usize, from: u32, count: u32): u32 {
  const name = load<u32>(work, TABLE_NAME);
  const columns: usize = load<u32>(work, SECTIONS);
  const nameOf: usize = load<u32>(columns, C.SECTION_NAME);
  const fateOf: usize = load<u32>(columns, C.SECTION_FATE);
  for (let section = from; section < count; section++) {
    if (load<u32>(nameOf + (section << 2)) !== name || load<u8>(fateOf + section) !== C.KEPT) continue;
    const object = sectionWord(work, C.SECTION_OBJECT, section);
    if (<i32>object < 0 || !isInput(work, section, object)) continue;
    store<u8>(load<u32>(work, IS_TABLE) + section, 1);
    if (sectionNumber(work, C.SECTION_SIZE, section) === 0) continue;
    openTable(work, section, object);
    const first = load<u32>(work, COUNT);
    if (!readTable(work)) {
      for (let record = first; record < load<u32>(work, COUNT); record++) {
        setWord(work, CIE, record, 0);
        setWord(work, NEXT_FDE, record, 0);
      }
      store<u32>(work, first, COUNT);
      return section;
    }
    const end = load<u32>(work, COUNT);
    setWord(work, FIRST_RECORD, section, first);
    setWord(work, END_RECORD, section, end);
    attachFrames(work, first, end);
  }
  return count;
}

function readTable(work: usize): bool {
  const bytes: usize = load<u32>(work, BYTES);
  const size = load<u32>(work, BYTE_COUNT);
  for (let offset: u32 = 0; offset < size; ) {
    if (size - offset < 12 || load<u32>(work, COUNT) === load<u32>(work, ROOM)) return false;
    const length = load<u32>(bytes + offset);
    if (length < 8 || length > size - offset - 4) return false;
    if (load<u32>(bytes + offset, 4) === 0) {
      if (!addKnownCie(work, offset, length + 4)) return false;
      offset += length + 4;
    } else {
      // As many as there are; if that is none, it is an odd one.
      const next = readFrames(work, offset);
      if (next === offset) return false;
      offset = next;
    }
  }
  return true;
}

/** Adds a CIE that is like one that is known, by the rules of `findKnown` in eh-frame-read.ts. */
function addKnownCie(work: usize, offset: u32, length: u32): bool {
  const count = load<u32>(work, CIE_COUNT);
  if (count === MOST_CIES) return false;
  const at = load<u32>(work, BYTES) + offset;
  const next = load<u32>(work, NEXT);
  const nextAt = relocationAt(work, next);
  const end = work + KNOWN + load<u32>(work, KNOWN_COUNT) * KNOWN_WORDS * 4;
  for (let known = work + KNOWN; known < end; known += KNOWN_WORDS * 4) {
    if (load<u32>(known, 4) !== length || load<u32>(known, 8) !== load<u32>(work, WORD_SIZE)) continue;
    const personality = load<i32>(known, 12);
    if (personality < 0 ? nextAt < offset + length : nextAt !== offset + personality) continue;
    if (equalBytes(load<u32>(known), at, length) === 0) continue;
    if (personality >= 0 && relocationAt(work, next + 1) < offset + length) return false;
    const record = load<u32>(work, COUNT);
    setWord(work, SECTION, record, load<u32>(work, THIS));
    store<u8>(load<u32>(work, KIND) + record, <u8>CIE_KIND);
    setWord(work, OFFSET, record, offset);
    setWord(work, SIZE, record, load<u32>(known, 20));
    setWord(work, CIE, record, load<u32>(known, 16));
    setWord(work, RELOCATION_START, record, next);
    if (personality >= 0) store<u32>(work, next + 1, NEXT);
    setWord(work, RELOCATION_END, record, load<u32>(work, NEXT));
    store<u8>(load<u32>(work, ENCODING) + record, load<u8>(known, 24));
    store<u32>(work, record + 1, COUNT);
    const entry = work + CIES + count * CIE_WORDS * 4;
    store<u32>(entry, offset);
    store<u32>(entry, record, 4);
    store<u32>(entry, load<u32>(known, 28), 8);
    store<u32>(entry, load<u32>(known, 32), 12);
    store<u32>(entry, load<u32>(known, 36), 16);
    store<u32>(work, count + 1, CIE_COUNT);
    return true;
  }
  return false;
}

/**
 * Chooses the records of the tables in a list, from its number `from` on. Stops where a CIE has to be decided about, at record
 * STOPPED; at the linker's own tables at their first one. The result is the number in the list, or `count`.
 */
export function chooseTables(work: usize, tables: usize, from: u32, count: u32): u32 {
  const removed = load<u32>(work, REMOVED);
  for (let k = from; k < count; k++) {
    const section = load<u32>(tables + (k << 2));
    const end = word(work, END_RECORD, section);
    if (end === 0) continue;
    let record = word(work, FIRST_RECORD, section);
    const object = sectionWord(work, C.SECTION_OBJECT, section);
    if (<i32>object < 0 || !isInput(work, section, object)) return stopAt(work, k, record);
    openTable(work, section, object);
    for (; record < end; record++) {
      record = chooseFrames(work, record, end);
      if (record === end) break;
      const kind: u32 = load<u8>(load<u32>(work, KIND) + record);
      if (kind === TERMINATOR) store<u8>(removed + record, k === count - 1 ? 0 : 1);
      else if (kind === FDE) {
        if (!decide(work, word(work, CIE, record))) return stopAt(work, k, record);
        record--;
      }
    }
  }
  return count;
}

function stopAt(work: usize, k: u32, record: u32): u32 {
  store<u32>(work, record, STOPPED);
  return k;
}

/** Merges a CIE with one that is alike and was decided about, if there is one. */
function decide(work: usize, cie: u32): bool {
  const number = word(work, CIE, cie);
  const symbol = symbolOf(work, word(work, RELOCATION_START, cie));
  const end = work + ALIKE + load<u32>(work, ALIKE_COUNT) * ALIKE_WORDS * 4;
  for (let entry = work + ALIKE; entry < end; entry += ALIKE_WORDS * 4) {
    if (load<u32>(entry) !== number) continue;
    if (load<u32>(entry, 4) !== 0 && load<u32>(entry, 8) !== symbol) continue;
    setWord(work, MERGED_WITH, cie, load<u32>(entry, 12));
    return true;
  }
  return false;
}

/**
 * Gives sections in a list the sizes of what is left of them, and their sizes before to `raw`. All but the last that has records
 * end where the next may begin.
 */
export function packTables(work: usize, tables: usize, count: u32, raw: usize): void {
  const columns: usize = load<u32>(work, SECTIONS);
  const sizes: usize = load<u32>(columns, C.SECTION_SIZE);
  const powers: usize = load<u32>(columns, C.SECTION_ALIGN_POWER);
  let power: u32 = 0;
  for (let k: u32 = 0; k < count; k++) {
    const section = load<u32>(tables + (k << 2));
    store<f64>(raw + (k << 3), load<f64>(sizes + (section << 3)));
    power = max(power, <u32>load<u8>(powers + section));
    const end = word(work, END_RECORD, section);
    if (end === 0) continue;
    const object = sectionWord(work, C.SECTION_OBJECT, section);
    store<u32>(work, load<u8>(load<u32>(work, ARE_64) + object) !== 0 ? 8 : 4, WORD_SIZE);
    const size = packFrames(work, word(work, FIRST_RECORD, section), end);
    store<f64>(sizes + (section << 3), <f64>size);
  }
  let k = <i32>count - 1;
  while (k >= 0 && load<f64>(sizes + (load<u32>(tables + (k << 2)) << 3)) <= 4) k--;
  const align: f64 = <f64>((<u64>1) << power);
  for (k--; k >= 0; k--) {
    const at = sizes + (load<u32>(tables + (k << 2)) << 3);
    store<f64>(at, Math.ceil(load<f64>(at) / align) * align);
  }
}

/** The first symbol from number `from` on whose section was edited (`edited` has a byte for sections below `known`); or `count`. */
export function findInTables(work: usize, from: u32, count: u32, edited: usize, known: u32): u32 {
  const home: usize = load<u32>(work, HOME);
  for (let symbol = from; symbol < count; symbol++) {
    const section = load<i32>(home + (symbol << 2));
    if (section > 0 && <u32>section < known && load<u8>(edited + section) !== 0) return symbol;
  }
  return count;
}
