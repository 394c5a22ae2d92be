// Interning of names: NameTable's (src/binary/names.ts) look-ups. In WebAssembly
// because a large link looks up some millions of names, and because eight bytes
// at a time, with 64-bit arithmetic, take half the steps that four do.
//
// A table is a block of words, which NameTable makes and mends:
//    0  address of the slots: pairs of [hash, address of the name]; 0 is free
//    4  number of slots less one
//    8  address of the places: for each id the address of the name
//   12  how many names there are
//   16  where the next name goes, a multiple of 8, and
//   20  where that room ends
// A name is its id, its length in bytes, and its bytes, padded with zeros to a
// multiple of 8; so that to compare names is to compare words. The name being
// looked up is first put where the next name goes ("staged"), and stays if it is new.
//
// Slots and places must have room for the names of a call before it; where the
// room for the names themselves is used up, a call stops, and goes on when
// NameTable has made more.

const SLOTS: usize = 0;
const MASK: usize = 4;
const PLACES: usize = 8;
const COUNT: usize = 12;
const FREE: usize = 16;
const END: usize = 20;

/** Bytes before those of a name. */
const HEADER: u32 = 8;

/** The result when there is not enough room. */
const NO_ROOM: i32 = -1;

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const ONES: u64 = 0x0101010101010101;
const TOPS: u64 = 0x8080808080808080;

function stir(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * MULTIPLIER;
  return product ^ (product >> 32);
}

/** The slot of the staged name, or the free one where it belongs. */
function slotOf(table: usize, length: u32, end: u32, hash: u32): usize {
  const slots: usize = load<u32>(table, SLOTS);
  const mask = load<u32>(table, MASK);
  const free = load<u32>(table, FREE);
  let index = hash & mask;
  while (true) {
    const slot = slots + ((<usize>index) << 3);
    const name = load<u32>(slot, 4);
    if (name === 0) return slot;
    if (load<u32>(slot) === hash && load<u32>(name, 4) === length) {
      let at = free + HEADER;
      let other = name + HEADER;
      while (at < end && load<u64>(at) === load<u64>(other)) {
        at += 8;
        other += 8;
      }
      if (at >= end) return slot;
    }
    index = (index + 1) & mask;
  }
}

/** The id of the staged name, whose padding ends at `end`; it is added if it is new. */
function settle(table: usize, length: u32, end: u32, mixed: u64): i32 {
  const hash = <u32>mixed ^ length;
  const slot = slotOf(table, length, end, hash);
  const known = load<u32>(slot, 4);
  if (known !== 0) return load<i32>(known);
  const id = load<u32>(table, COUNT);
  const free = load<u32>(table, FREE);
  store<u32>(free, id);
  store<u32>(free, length, 4);
  store<u32>(load<u32>(table, PLACES) + (id << 2), free);
  store<u32>(table, id + 1, COUNT);
  store<u32>(table, end, FREE);
  store<u32>(slot, hash);
  store<u32>(slot, free, 4);
  return id;
}

function hashOf(from: u32, end: u32): u64 {
  let hash: u64 = 0;
  for (let at = from; at < end; at += 8) hash = stir(hash, load<u64>(at));
  return hash;
}

/** The id of the name of `length` bytes that was staged. */
export function internStaged(table: usize, length: u32): i32 {
  const from = load<u32>(table, FREE) + HEADER;
  const end = from + ((length + 7) & ~7);
  return settle(table, length, end, hashOf(from, end));
}

/** The id of the name of `length` bytes that was staged, or -1 if it is not there. */
export function findStaged(table: usize, length: u32): i32 {
  const from = load<u32>(table, FREE) + HEADER;
  const end = from + ((length + 7) & ~7);
  const known = load<u32>(slotOf(table, length, end, <u32>hashOf(from, end) ^ length), 4);
  return known === 0 ? -1 : load<i32>(known);
}

/** The id of the name at `from`, which ends before the next zero byte or at `limit`; or NO_ROOM. */
export function internTerminated(table: usize, from: usize, limit: usize): i32 {
  const end = load<u32>(table, END);
  let at = load<u32>(table, FREE) + HEADER;
  let hash: u64 = 0;
  let next = from;
  while (true) {
    if (at >= end) return NO_ROOM;
    let word = load<u64>(next, 0, 1);
    if (next + 8 > limit) word = next >= limit ? 0 : word & (((<u64>1) << ((limit - next) << 3)) - 1);
    const zeros = (word - ONES) & ~word & TOPS;
    if (zeros !== 0) {
      // The lowest set bit is bit 7 of the first zero byte.
      const kept = <u32>ctz(zeros) >> 3;
      if (kept > 0) {
        word &= ((<u64>1) << (kept << 3)) - 1;
        store<u64>(at, word);
        at += 8;
        hash = stir(hash, word);
      }
      return settle(table, <u32>(next - from) + kept, at, hash);
    }
    store<u64>(at, word);
    at += 8;
    next += 8;
    hash = stir(hash, word);
  }
}

/**
 * The ids of names that stand one behind the other, each ended by a zero byte, the last by that or by `end`.
 * The first is number `from` of `count`, at the address in the word at `cursor`,
 * where the address of the next one is left. Returns the number of the name at
 * which the room or the names ended, or `count`.
 */
export function internList(table: usize, cursor: usize, end: usize, from: u32, count: u32, ids: usize): u32 {
  let next: usize = load<u32>(cursor);
  let i = from;
  for (; i < count && next < end; i++) {
    const id = internTerminated(table, next, end);
    if (id === NO_ROOM) break;
    store<u32>(ids + (i << 2), id);
    const name: usize = load<u32>(load<u32>(table, PLACES) + (id << 2));
    next += load<u32>(name, 4) + 1;
  }
  store<u32>(cursor, next);
  return i;
}

/** Puts the names of `count` slots at `old` into the larger table at `slots`, which is all zero. */
export function moveSlots(old: usize, count: u32, slots: usize, mask: u32): void {
  for (let from = old; from < old + ((<usize>count) << 3); from += 8) {
    const name = load<u32>(from, 4);
    if (name === 0) continue;
    const hash = load<u32>(from);
    let index = hash & mask;
    while (load<u32>(slots + ((<usize>index) << 3), 4) !== 0) index = (index + 1) & mask;
    store<u32>(slots + ((<usize>index) << 3), hash);
    store<u32>(slots + ((<usize>index) << 3), name, 4);
  }
}
