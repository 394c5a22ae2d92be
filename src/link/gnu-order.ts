import type { NameId, NameTable } from "../binary/index.ts";
import { float64Column, growInt32, int32Column } from "../binary/index.ts";
import { type LinkModel, type Need, SymbolFlag, type SymbolId } from "../model/index.ts";

import { orderWithLibraries } from "./dynamic/dynamic-order.ts";

// GNU ld takes global symbols as they lie in BFD's hash table: bucket by
// bucket, in each the latest first. The order of GOT entries, stubs, common
// symbols and of the symbol table follows from that. None of it has a meaning,
// but an image that is to equal GNU ld's, and a map that tools compare, needs
// the same order; so the table is built again here, growth included.

/** Sizes of the table as it grows when three quarters are full: primes below powers of two (bfd/hash.c of 2.40). */
export const SIZES = [
  4051, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287, 1048573, 2097143, 4194301, 8388593, 16777213,
];

/** With more global symbols than this, the whole order is too dear to know where a few symbols stand in it. */
const MANY = 1 << 16;

interface Ranked {
  readonly ranks: Int32Array;
  readonly order: Int32Array;
}

const known = new WeakMap<LinkModel, Ranked>();

/** Of each global symbol its number in GNU ld's order, from 1; 0 for local ones. */
export function gnuRanks(model: LinkModel): Int32Array {
  return rankedGlobals(model).ranks;
}

/** The global symbols in GNU ld's order. */
export function globalsAsGnu(model: LinkModel): Int32Array {
  return rankedGlobals(model).order;
}

function rankedGlobals(model: LinkModel): Ranked {
  const old = known.get(model);
  const { count } = model.symbols;
  const isKnown = old?.order.length === model.symbols.globals().length;
  if (isKnown && old.ranks.length === count) return old;
  let ranked: Ranked;
  // Labels that get their rows late change no order.
  if (isKnown) ranked = { ...old, ranks: growInt32(old.ranks, count).subarray(0, count) };
  else {
    const order = model.dynamic ? orderWithLibraries(model, model.dynamic) : orderAll(model);
    const ranks = int32Column(count);
    for (let i = 0; i < order.length; i++) ranks[order[i]] = i + 1;
    ranked = { ranks, order };
  }
  known.set(model, ranked);
  return ranked;
}

/**
 * As `gnuRanks`, but only for some symbols, 0 for others, and only in relation to each other: mostly they lie in
 * different buckets, and the order of those needs no table. Of more symbols than `MANY` no more is ever found out;
 * then the few that share a bucket are left in the order in which they come.
 */
export function gnuRanksOf(model: LinkModel, wanted: readonly SymbolId[]): Int32Array {
  if (model.dynamic) return gnuRanks(model);
  const { symbols, names } = model;
  const { length: count } = symbols.globals();
  let level = 0;
  while (level + 1 < SIZES.length && count > Math.floor((SIZES[level] * 3) / 4)) level++;
  const ranks = int32Column(symbols.count);
  const taken = new Set<number>();
  for (const symbol of wanted) {
    if ((symbols.flags[symbol] & SymbolFlag.global) === 0) continue;
    const rank = 1 + (hashName(names, symbols.name[symbol]) % SIZES[level]);
    if (taken.has(rank) && ranks[symbol] === 0 && count <= MANY) return gnuRanks(model);
    taken.add(rank);
    ranks[symbol] = rank;
  }
  return ranks;
}

/** The table has the globals by their place in the list, from 1: rows of symbols are many more. */
function orderAll({ symbols, names }: LinkModel): Int32Array {
  const { object, name } = symbols;
  const globals = symbols.globals();
  const hashes = float64Column(globals.length + 1);
  const next = int32Column(globals.length + 1);
  let level = 0;
  let heads: Int32Array = new Int32Array(SIZES[0]);
  let count = 0;
  let isLate = false;
  // What only the script mentions comes into the table after all inputs were read.
  for (let turn = 0; turn < 2; turn++, isLate = true)
    for (let i = 0; i < globals.length; i++) {
      const symbol = globals[i];
      if (object[symbol] < 0 !== isLate) continue;
      const hash = hashName(names, name[symbol]);
      hashes[i + 1] = hash;
      const bucket = hash % heads.length;
      next[i + 1] = heads[bucket];
      heads[bucket] = i + 1;
      if (++count <= Math.floor((heads.length * 3) / 4) || level + 1 === SIZES.length) continue;
      heads = growBuckets(heads, SIZES[++level], next, hashes);
    }
  const order = new Int32Array(globals.length);
  let at = 0;
  for (let bucket = 0; bucket < heads.length; bucket++)
    for (let i = heads[bucket]; i !== 0; i = next[i]) order[at++] = globals[i - 1];
  return order;
}

/** Symbols of the same hash that lie together move together. */
export function growBuckets(
  heads: Int32Array,
  size: number,
  next: Int32Array,
  hashes: Float64Array,
): Int32Array {
  const grown = new Int32Array(size);
  for (let bucket = 0; bucket < heads.length; bucket++)
    for (let old = heads[bucket]; old !== 0; ) {
      let last = old;
      while (next[last] !== 0 && hashes[next[last]] === hashes[old]) last = next[last];
      const rest = next[last];
      const to = hashes[old] % size;
      next[last] = grown[to];
      grown[to] = old;
      old = rest;
    }
  return grown;
}

/** Puts the entries of a table into GNU ld's order; `localsFirst`: as in the GOT, otherwise as stubs are. */
export function orderAsGnu(model: LinkModel, need: Need, localsFirst: boolean): void {
  if (need.symbols.length < 2) return;
  const { symbols } = model;
  const ranks = gnuRanksOf(model, need.symbols);
  need.sort((a, b) => {
    if (ranks[a] !== 0 && ranks[b] !== 0) return ranks[a] - ranks[b];
    if (ranks[a] === 0 && ranks[b] === 0)
      return symbols.object[a] - symbols.object[b] || symbols.elfIndex[a] - symbols.elfIndex[b];
    return (ranks[a] === 0) === localsFirst ? -1 : 1;
  });
}

/** The global symbols of a list in GNU ld's order. */
export function sortAsGnu(model: LinkModel, globals: SymbolId[]): SymbolId[] {
  const ranks = gnuRanksOf(model, globals);
  return globals.sort((a, b) => ranks[a] - ranks[b]);
}

/**
 * BFD's hash of a name, modulo 2^64 there; exact here for names below a million bytes. Each byte adds
 * itself 0x20001 times, and then the hash is xored with a quarter of itself.
 */
export function hashName(names: NameTable, name: NameId): number {
  const words = names.wordsOf(name);
  const length = names.lengthOf(name);
  let at = names.wordAt(name);
  let word = 0;
  let low = 0;
  let high = 0;
  for (let i = 0; i <= length; i++) {
    // The length counts as one more byte.
    let add = length;
    if (i < length) {
      if ((i & 3) === 0) word = words[at++];
      add = word & 255;
      word >>>= 8;
    }
    const sum = (low >>> 0) + add * 0x20001;
    if (sum > 0xffffffff) high += sum > 0x1ffffffff ? Math.floor(sum / 0x100000000) : 1;
    low = sum | 0;
    low ^= (low >>> 2) | (high << 30);
    high ^= high >>> 2;
  }
  return high * 0x100000000 + (low >>> 0);
}
