import fc from "fast-check";
import { expect, test } from "vitest";
import { NameTable } from "../../binary/index.ts";
import { hashName, orderOfHashes } from "./bfd-table.ts";

const encoder = new TextEncoder();

/** bfd_hash_hash, as unsigned integers of 64 bits. */
function modelHash(name: string): number {
  const bytes = encoder.encode(name);
  let hash = 0n;
  for (const byte of [...bytes, bytes.length]) {
    hash = BigInt.asUintN(64, hash + BigInt(byte) + (BigInt(byte) << 17n));
    hash ^= hash >> 2n;
  }
  return Number(hash);
}

/** Buckets as lists, the latest first. */
function modelOrder(hashes: readonly number[]): number[] {
  const sizes = [4051, 4093, 8191, 16381, 32749];
  let buckets: number[][] = Array.from({ length: sizes[0] }, () => []);
  let level = 0;
  hashes.forEach((hash, entry) => {
    buckets[hash % buckets.length].unshift(entry);
    if (entry + 1 <= Math.floor((buckets.length * 3) / 4)) return;
    const grown: number[][] = Array.from({ length: sizes[++level] }, () => []);
    for (const bucket of buckets)
      for (let i = 0; i < bucket.length; ) {
        let end = i + 1;
        while (end < bucket.length && hashes[bucket[end]] === hashes[bucket[i]]) end++;
        grown[hashes[bucket[i]] % grown.length].unshift(...bucket.slice(i, end));
        i = end;
      }
    buckets = grown;
  });
  return buckets.flat();
}

test("the hash of a name is BFD's", () => {
  const names = new NameTable();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      expect(hashName(names, names.addString(name))).toBe(modelHash(name));
    }),
  );
});

test("entries come in the order of a table that grows", () => {
  const { arena } = new NameTable();
  const hash = fc.integer({ min: 0, max: 2 ** 45 });
  for (const count of [0, 1, 100, 3038, 3039, 3070, 6144, 13000]) {
    const some = fc.sample(hash, { numRuns: Math.min(count, 500), seed: count });
    // Few different ones among many others, so that equal ones lie together.
    const hashes = Array.from({ length: count }, (_, i) =>
      i % 3 === 0 ? i * 7919 : some[(i * i) % some.length],
    );
    const column = arena.int32(count * 2);
    column.set(hashes.flatMap((value) => [value, value / 0x100000000]));
    expect([...orderOfHashes(arena, column)]).toEqual(modelOrder(hashes));
  }
});
