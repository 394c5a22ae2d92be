import { SYMBOL_GLOBAL_COUNT, SYMBOL_GLOBALS, SYMBOL_NAME, SYMBOL_OBJECT } from "./columns";

// BFD's hash table of symbols, and the order in which it has them (see
// src/link/write/gnu-order.ts, which calls this). In WebAssembly because BFD's hash
// takes names byte by byte, with 64-bit integers, and small links compute it for
// thousands of names once.
//
// Hashes are integers of 64 bits. (From a double to one there is no way that the
// stand-in for WebAssembly knows which a start-up snapshot is made with.)
// Names are those of a NameTable (names.ts): an id, a length, and the bytes.

/** In the block of a NameTable: the address of the places, for each id the address of the name. */
const PLACES: usize = 8;

function hashOf(at: usize, length: u32): u64 {
  let hash: u64 = 0;
  for (let end = at + length; at < end; at++) {
    hash += <u64>load<u8>(at) * 0x20001;
    hash ^= hash >> 2;
  }
  // The length counts as one more byte.
  hash += <u64>length * 0x20001;
  hash ^= hash >> 2;
  return hash;
}

/** BFD's hash of `length` bytes; exact for names below a million bytes. */
export function bfdHash(at: usize, length: u32): f64 {
  return <f64>hashOf(at, length);
}

function hashOfName(names: usize, id: u32): u64 {
  const name: usize = load<u32>(load<u32>(names, PLACES) + (id << 2));
  return hashOf(name + 8, load<u32>(name, 4));
}

/** The buckets of `count` symbols at `list` in a table of `size` buckets, to `out`. */
export function bfdBuckets(
  names: usize,
  symbols: usize,
  list: usize,
  count: u32,
  size: u32,
  out: usize,
): void {
  const nameOf: usize = load<u32>(symbols, SYMBOL_NAME);
  for (let i: u32 = 0; i < count; i++) {
    const id = load<u32>(nameOf + (load<u32>(list + (i << 2)) << 2));
    store<u32>(out + (i << 2), <u32>(hashOfName(names, id) % size));
  }
}

/**
 * The hashes of all global symbols in the order in which BFD meets them, to
 * `hashes`, and the symbols themselves to `met`: what only the script mentions
 * comes into the table after all inputs were read.
 */
export function bfdHashes(names: usize, symbols: usize, hashes: usize, met: usize): void {
  const globals: usize = load<u32>(symbols, SYMBOL_GLOBALS);
  const end = globals + (load<u32>(symbols, SYMBOL_GLOBAL_COUNT) << 2);
  const objectOf: usize = load<u32>(symbols, SYMBOL_OBJECT);
  const nameOf: usize = load<u32>(symbols, SYMBOL_NAME);
  for (let late = 0; late < 2; late++)
    for (let at = globals; at < end; at += 4) {
      const symbol = load<u32>(at);
      if (<i32>(load<i32>(objectOf + (symbol << 2)) < 0) !== late) continue;
      store<u64>(hashes, hashOfName(names, load<u32>(nameOf + (symbol << 2))));
      store<u32>(met, symbol);
      hashes += 8;
      met += 4;
    }
}

/** Moves the entries of `count` buckets at `heads` to `size` at `grown`. Those of one hash that lie together move together. */
function grow(heads: usize, count: u32, grown: usize, size: u32, next: usize, hashes: usize): void {
  memory.fill(grown, 0, size << 2);
  for (let bucket: u32 = 0; bucket < count; bucket++) {
    let old = load<u32>(heads + (bucket << 2));
    while (old !== 0) {
      const hash = load<u64>(hashes + (old << 3));
      let last = old;
      let rest = load<u32>(next + (last << 2));
      while (rest !== 0 && load<u64>(hashes + (rest << 3)) === hash) {
        last = rest;
        rest = load<u32>(next + (last << 2));
      }
      const to = grown + ((<u32>(hash % size)) << 2);
      store<u32>(next + (last << 2), load<u32>(to));
      store<u32>(to, old);
      old = rest;
    }
  }
}

/**
 * The order of `count` entries with the given hashes in a table that they come
 * into one after the other: their numbers, from 0, to `order`. The table grows
 * through the `levels` sizes at `sizes`. `next` has room for a word for each
 * entry and one more, `heads` for twice the largest table that is reached.
 */
export function bfdOrder(
  hashes: usize,
  count: u32,
  sizes: usize,
  levels: u32,
  next: usize,
  heads: usize,
  order: usize,
): void {
  // Entries count from 1.
  hashes -= 8;
  let level: u32 = 0;
  let size = load<u32>(sizes);
  const largest = load<u32>(sizes + ((levels - 1) << 2)) << 2;
  let other = heads + largest;
  memory.fill(heads, 0, size << 2);
  for (let entry: u32 = 1; entry <= count; entry++) {
    const bucket = heads + ((<u32>(load<u64>(hashes + (entry << 3)) % size)) << 2);
    store<u32>(next + (entry << 2), load<u32>(bucket));
    store<u32>(bucket, entry);
    if (entry <= (size * 3) / 4 || level + 1 === levels) continue;
    const grown = load<u32>(sizes + (++level << 2));
    grow(heads, size, other, grown, next, hashes);
    const old = heads;
    heads = other;
    other = old;
    size = grown;
  }
  for (let bucket = heads; bucket < heads + (size << 2); bucket += 4)
    for (let entry = load<u32>(bucket); entry !== 0; entry = load<u32>(next + (entry << 2))) {
      store<u32>(order, entry - 1);
      order += 4;
    }
}
