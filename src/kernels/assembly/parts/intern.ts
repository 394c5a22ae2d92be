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
// multiple of 8; so that to compare names is to compare words. A name of the
// command line or a script is first put where the next name goes ("staged").
//
// Looking a name up misses the cache twice, at its slot and at the name itself,
// and a processor waits for both if one look-up follows the other. So whoever looks up
// many puts up to QUEUE of them into a queue, whose slots and names are touched before the first is looked up.
//
// Slots and places must have room for the names of a call before it; where the
// room for the names themselves is used up, a call stops, and goes on when
// NameTable has made more.

export const SLOTS: usize = 0;
const MASK: usize = 4;
export const PLACES: usize = 8;
const COUNT: usize = 12;
export const FREE: usize = 16;
const END: usize = 20;

/** Bytes before those of a name. */
export const HEADER: u32 = 8;

/** The result when there is not enough room. */
export const NO_ROOM: i32 = -1;

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const ONES: u64 = 0x0101010101010101;
const TOPS: u64 = 0x8080808080808080;

function stir(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * MULTIPLIER;
  return product ^ (product >> 32);
}

/** The length of the name whose hash was taken last. */
let lastLength: u32 = 0;

/** The hash of the name at `from`, which ends before the next zero byte or at `limit`; LENGTH tells its length. */
function hashTerminated(from: usize, limit: usize): u32 {
  let hash: u64 = 0;
  let next = from;
  while (true) {
    let word = load<u64>(next, 0, 1);
    if (next + 8 > limit) word = next >= limit ? 0 : word & (((<u64>1) << ((limit - next) << 3)) - 1);
    const zeros = (word - ONES) & ~word & TOPS;
    if (zeros !== 0) {
      // The lowest set bit is bit 7 of the first zero byte.
      const kept = <u32>ctz(zeros) >> 3;
      if (kept > 0) hash = stir(hash, word & (((<u64>1) << (kept << 3)) - 1));
      lastLength = <u32>(next - from) + kept;
      return <u32>hash ^ lastLength;
    }
    next += 8;
    hash = stir(hash, word);
  }
}

export function hashOf(from: usize, length: u32): u32 {
  let hash: u64 = 0;
  let left = length;
  for (let at = from; left > 0; at += 8) {
    const word = load<u64>(at, 0, 1);
    if (left >= 8) {
      hash = stir(hash, word);
      left -= 8;
    } else {
      hash = stir(hash, word & (((<u64>1) << (left << 3)) - 1));
      left = 0;
    }
  }
  return <u32>hash ^ length;
}

/** Whether the name at `name` of the table has the bytes at `from`. */
function hasBytes(name: usize, from: usize, length: u32): bool {
  let one = name + HEADER;
  let other = from;
  let left = length;
  for (; left >= 8; left -= 8) {
    if (load<u64>(one) !== load<u64>(other, 0, 1)) return false;
    one += 8;
    other += 8;
  }
  return left === 0 || load<u64>(one) === (load<u64>(other, 0, 1) & (((<u64>1) << (left << 3)) - 1));
}

/** The slot of the name of `length` bytes at `from`, or the free one where it belongs. */
export function slotOf(table: usize, from: usize, length: u32, hash: u32): usize {
  const slots: usize = load<u32>(table, SLOTS);
  const mask = load<u32>(table, MASK);
  let index = hash & mask;
  while (true) {
    const slot = slots + ((<usize>index) << 3);
    const name = load<u32>(slot, 4);
    if (name === 0) return slot;
    if (load<u32>(slot) === hash && load<u32>(name, 4) === length && hasBytes(name, from, length))
      return slot;
    index = (index + 1) & mask;
  }
}

/** The id of the name of `length` bytes at `from`; it is added if it is new and there is room, else the result is NO_ROOM. */
export function intern(table: usize, from: usize, length: u32, hash: u32): i32 {
  const slot = slotOf(table, from, length, hash);
  const known = load<u32>(slot, 4);
  if (known !== 0) return load<i32>(known);
  const free = load<u32>(table, FREE);
  const words = (length + 7) >> 3;
  // In words: a length may come near to 2^32.
  if (words + 1 > (load<u32>(table, END) - free) >> 3) return NO_ROOM;
  const id = load<u32>(table, COUNT);
  store<u32>(free, id);
  store<u32>(free, length, 4);
  let at = free + HEADER;
  for (let i: u32 = 0; i < length >> 3; i++, at += 8)
    store<u64>(at, load<u64>(from + ((<usize>i) << 3), 0, 1));
  if ((length & 7) !== 0) {
    const word = load<u64>(from + (length & ~7), 0, 1);
    store<u64>(at, word & (((<u64>1) << ((length & 7) << 3)) - 1));
    at += 8;
  }
  store<u32>(load<u32>(table, PLACES) + (id << 2), free);
  store<u32>(table, id + 1, COUNT);
  store<u32>(table, at, FREE);
  store<u32>(slot, hash);
  store<u32>(slot, free, 4);
  return id;
}

/** The id of the name at `from`, which ends before the next zero byte or at `limit`; or NO_ROOM. */
export function internAt(table: usize, from: usize, limit: usize): i32 {
  const hash = hashTerminated(from, limit);
  return intern(table, from, lastLength, hash);
}

/** How many names a queue has room for. */
export const QUEUE: u32 = 64;
/** Of each its address, or 0, its length and hash, and what its first slot names. */
const queue: usize = memory.data(64 * 16 + 4);

/** Puts a name that ends as for `internTerminated` into the queue at `index`; returns its length. */
export function enqueue(index: u32, from: usize, limit: usize): u32 {
  const entry = queue + (index << 4);
  const hash = hashTerminated(from, limit);
  store<u32>(entry, <u32>from);
  store<u32>(entry, lastLength, 4);
  store<u32>(entry, hash, 8);
  return lastLength;
}

/** The length of the name of an entry. */
export function queuedLength(index: u32): u32 {
  return load<u32>(queue + (index << 4), 4);
}

/** An entry of the queue that is to be left out. */
export function enqueueNone(index: u32): void {
  store<u32>(queue + (index << 4), 0);
}

/**
 * Touches what the first `count` entries will be compared with. In loops that do nothing
 * else, so that the processor waits for all of them at once.
 */
export function touchQueue(count: u32, table: usize): void {
  const slots: usize = load<u32>(table, SLOTS);
  const mask = load<u32>(table, MASK);
  const end = queue + (count << 4);
  for (let entry = queue; entry < end; entry += 16) {
    const slot = slots + ((<usize>(load<u32>(entry, 8) & mask)) << 3);
    store<u32>(entry, load<u32>(slot, 4), 12);
  }
  let sum: u32 = 0;
  for (let entry = queue; entry < end; entry += 16) {
    // 0 is an address like another, to load from.
    sum += load<u32>(load<u32>(entry, 12), 8);
  }
  // So that the loads are not optimised away.
  store<u32>(end, sum);
}

/** The id of an entry of the queue, or NO_ROOM. */
export function internQueued(index: u32, table: usize): i32 {
  const entry = queue + (index << 4);
  return intern(table, load<u32>(entry), load<u32>(entry, 4), load<u32>(entry, 8));
}
