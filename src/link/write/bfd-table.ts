import type { NameId, NameTable } from "../../binary/index.ts";
import type { Arena } from "../../kernels/index.ts";

// BFD's hash table of symbols, as far as an order comes from it: see gnu-order.ts.

/** Sizes of the table as it grows when three quarters are full: primes below powers of two (bfd/hash.c of 2.40). */
const SIZES = [
  31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287, 1048573,
  2097143, 4194301, 8388593, 16777213,
];

/** How large it is at first, without --hash-size. */
const FIRST = 4051;

/** The sizes that a table goes through until it holds so many names; `asked`: by --hash-size. */
export function tableSizes(count: number, asked?: number): number[] {
  const first =
    asked === undefined ? FIRST : (SIZES.find((size) => size >= asked) ?? SIZES[SIZES.length - 1]);
  const sizes = [first, ...SIZES.filter((size) => size > first)];
  let levels = 1;
  while (levels < sizes.length && count > Math.floor((sizes[levels - 1] * 3) / 4)) levels++;
  return sizes.slice(0, levels);
}

/**
 * The order of entries, by their numbers from 0, in a table that they come into one after the other. The hashes are
 * in the arena, each as two words, the lower first.
 */
export function orderOfHashes(arena: Arena, hashes: Int32Array, asked?: number): Int32Array {
  const count = hashes.length / 2;
  const through = tableSizes(count, asked);
  const sizes = arena.int32(through.length);
  sizes.set(through);
  const order = arena.int32(count);
  const next = arena.int32(count + 1);
  const heads = arena.int32(2 * (through.at(-1) ?? 0));
  arena.kernels.bfdOrder(
    hashes.byteOffset,
    count,
    sizes.byteOffset,
    through.length,
    next.byteOffset,
    heads.byteOffset,
    order.byteOffset,
  );
  return order;
}

/** BFD's hash of a name, modulo 2^64 there; exact here for names below a million bytes. */
export function hashName(names: NameTable, name: NameId): number {
  return names.arena.kernels.bfdHash(names.wordAt(name) * 4, names.lengthOf(name));
}
