import { type LinkModel, type Need, SymbolFlag, type SymbolId } from "../model/index.ts";

// The order of GOT entries and of stubs has no meaning, but an image that is
// to equal GNU ld's needs GNU ld's order: local symbols by object and number,
// then global ones as they lie in its hash table. The table's size follows
// from how many names it has; names of one bucket are rare enough to be left
// in the order in which GNU ld puts them without growing: the last first.

/** Sizes the table takes as it grows: primes below powers of two. */
const primes = [
  4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287, 1048573, 2097143, 4194301, 8388593, 16777213,
];
const INITIAL_SIZE = 4051;

/** Puts the entries of a table into GNU ld's order; `localsFirst`: as in the GOT, otherwise as stubs are. */
export function orderAsGnu(model: LinkModel, need: Need, localsFirst: boolean): void {
  if (need.symbols.length < 2) return;
  const { symbols, names } = model;
  const size = tableSize(model);
  const bucket = new Map<SymbolId, number>();
  for (const symbol of need.symbols)
    if (symbols.flags[symbol] & SymbolFlag.global)
      bucket.set(symbol, hashName(names.bytes(symbols.name[symbol])) % size);
  need.sort((a, b) => {
    const first = bucket.get(a);
    const second = bucket.get(b);
    if (first !== undefined && second !== undefined) return first - second || b - a;
    if (first === undefined && second === undefined)
      return symbols.object[a] - symbols.object[b] || symbols.elfIndex[a] - symbols.elfIndex[b];
    return (first === undefined) === localsFirst ? -1 : 1;
  });
}

function tableSize(model: LinkModel): number {
  const { symbols } = model;
  let count = 0;
  for (let symbol = 1; symbol < symbols.count; symbol++)
    if (symbols.flags[symbol] & SymbolFlag.global) count++;
  let size = INITIAL_SIZE;
  for (const prime of primes) {
    if (count <= Math.floor((size * 3) / 4)) break;
    size = prime;
  }
  return size;
}

/** BFD's hash of a name, a 64-bit number there; exact here for names below a million bytes. */
export function hashName(bytes: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < bytes.length; i++) hash = fold(hash + bytes[i] + bytes[i] * 0x20000);
  return fold(hash + bytes.length + bytes.length * 0x20000);
}

/** hash ^ (hash >> 2) beyond 32 bits. */
function fold(hash: number): number {
  if (hash <= 0xffffffff) return (hash ^ (hash >>> 2)) >>> 0;
  const shifted = Math.floor(hash / 4);
  const high = Math.floor(hash / 0x100000000) ^ Math.floor(shifted / 0x100000000);
  return (high >>> 0) * 0x100000000 + ((hash ^ shifted) >>> 0);
}
