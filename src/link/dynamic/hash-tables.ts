import type { LinkModel, SymbolId } from "../../model/index.ts";

// The two hash tables by which the loader finds symbols: .hash as System V has
// it, and .gnu.hash, for which the symbols that can be found come last in
// .dynsym, bucket by bucket, behind a Bloom filter.

/** Sizes of tables that nobody asked to be optimized: a little below the number of symbols. */
const BUCKETS = [1, 3, 17, 37, 67, 97, 131, 197, 263, 521, 1031, 2053, 4099, 8209, 16411, 32771];

/** ELF's hash of a name. */
export function sysvHash(name: Uint8Array): number {
  let hash = 0;
  for (const byte of name) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) hash ^= high >>> 24;
    hash &= ~high;
  }
  return hash >>> 0;
}

/** The hash of .gnu.hash. */
export function gnuHash(name: Uint8Array): number {
  let hash = 5381;
  for (const byte of name) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}

/** How many buckets GNU ld makes for these hashes; `all` is the number of dynamic symbols. */
function bucketCount(model: LinkModel, hashes: readonly number[], all: number, gnu: boolean): number {
  const { length } = hashes;
  if (model.options.optimize > 0) return optimalCount(hashes, all, gnu);
  let size = BUCKETS[0];
  for (let i = 0; i < BUCKETS.length; i++) {
    size = BUCKETS[i];
    if (i + 1 < BUCKETS.length && length < BUCKETS[i + 1]) break;
  }
  return gnu ? Math.max(2, size) : size;
}

/** The sum of squared chain lengths, and the room that the table takes, weigh against each other. */
function optimalCount(hashes: readonly number[], all: number, gnu: boolean): number {
  const { length } = hashes;
  const least = Math.max(gnu ? 2 : 1, Math.floor(length / 4));
  const most = length * 2;
  let best = most;
  if (gnu && (best & 31) === 0) best++;
  let bestCost = Number.POSITIVE_INFINITY;
  let idle = 0;
  const counts = new Int32Array(most + 1);
  for (let size = least; size < most; size++) {
    if (gnu && (size & 31) === 0) continue;
    counts.fill(0, 0, size);
    for (let i = 0; i < length; i++) counts[hashes[i] % size]++;
    let cost = (2 + all) * 4;
    for (let i = 0; i < size; i++) cost += counts[i] * counts[i];
    const pages = Math.floor(size / 1024) + 1;
    cost *= pages * pages;
    if (cost < bestCost) {
      bestCost = cost;
      best = size;
      idle = 0;
    } else if (++idle === 100) break;
  }
  return best;
}

/** .hash; `order`: dynamic symbols as they are written, `index`: their numbers; `count` includes the null symbol. */
export function sysvTable(
  model: LinkModel,
  order: readonly SymbolId[],
  nameOf: (symbol: SymbolId) => Uint8Array,
  index: Int32Array,
  count: number,
): Uint8Array {
  const hashes = order.map((symbol) => sysvHash(nameOf(symbol)));
  const buckets = bucketCount(model, hashes, count, false);
  const words = new Uint32Array(2 + buckets + count);
  words[0] = buckets;
  words[1] = count;
  for (const [i, symbol] of order.entries()) {
    const bucket = 2 + (hashes[i] % buckets);
    words[2 + buckets + index[symbol]] = words[bucket];
    words[bucket] = index[symbol];
  }
  return new Uint8Array(words.buffer);
}

/** .gnu.hash of the symbols that can be found, in BFD's order; numbers all dynamic symbols. */
export function gnuTable(
  model: LinkModel,
  hidden: readonly SymbolId[],
  found: readonly SymbolId[],
  nameOf: (symbol: SymbolId) => Uint8Array,
  index: Int32Array,
  first: number,
  is64: boolean,
): Uint8Array {
  let next = first;
  for (const symbol of hidden) index[symbol] = next++;
  const wordSize = is64 ? 8 : 4;
  if (found.length === 0) {
    const bytes = new Uint8Array(20 + wordSize);
    const view = new DataView(bytes.buffer);
    // One bucket, symbols from 1 (there is none), one empty word of Bloom filter.
    for (const at of [0, 4, 8]) view.setUint32(at, 1, true);
    return bytes;
  }
  const hashes = found.map((symbol) => gnuHash(nameOf(symbol)));
  const buckets = bucketCount(model, hashes, first + hidden.length + found.length, true);
  let power = 32 - Math.clz32(found.length);
  if (power < 3) power = 5;
  else if ((1 << (power - 2)) & found.length) power += 3;
  else power += 2;
  if (is64 && power === 5) power = 6;
  const wordPower = is64 ? 6 : 5;
  const bloomWords = 1 << (power - wordPower);
  const bloomAt = 16;
  const bucketsAt = bloomAt + bloomWords * wordSize;
  const chainsAt = bucketsAt + buckets * 4;
  const bytes = new Uint8Array(chainsAt + found.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, buckets, true);
  view.setUint32(4, next, true);
  view.setUint32(8, bloomWords, true);
  view.setUint32(12, power, true);
  const counts = new Int32Array(buckets);
  for (const hash of hashes) counts[hash % buckets]++;
  const starts = new Int32Array(buckets);
  for (let i = 0, at = next; i < buckets; at += counts[i++]) {
    starts[i] = at;
    if (counts[i] > 0) view.setUint32(bucketsAt + i * 4, at, true);
  }
  const mask = (1 << wordPower) - 1;
  for (const [i, symbol] of found.entries()) {
    const hash = hashes[i];
    const word = bloomAt + ((hash >>> wordPower) & (bloomWords - 1)) * wordSize;
    for (const bit of [hash & mask, (hash >>> power) & mask]) bytes[word + (bit >> 3)] |= 1 << (bit & 7);
    const bucket = hash % buckets;
    const isLast = --counts[bucket] === 0;
    const at = starts[bucket]++;
    view.setUint32(chainsAt + (at - next) * 4, (hash & ~1) | (isLast ? 1 : 0), true);
    index[symbol] = at;
  }
  return bytes;
}
