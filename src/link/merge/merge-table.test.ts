import fc from "fast-check";
import { expect, test } from "vitest";
import { startArena } from "../../kernels/index.ts";
import { PieceTable } from "./merge-table.ts";
import { mergeTails, sortByTails } from "./merge-tails.ts";

// The kernels of src/kernels/assembly/merge.ts against what they are to do, in few words.

const encoder = new TextEncoder();

/** Of few letters, so that they share beginnings and ends; some longer than the eight bytes that are looked at together. */
const word = fc
  .array(fc.constantFrom("a", "b", "abcdefgh", "bbbbbbbbbbbb"), { maxLength: 5 })
  .map((parts) => parts.join(""));

/** The words as the names of a table of symbols, whose rows have nothing else. */
function tableOf(words: readonly string[]): { table: PieceTable; numbers: number[] } {
  const arena = startArena();
  const source = arena.uint8(words.reduce((sum, each) => sum + each.length + 1, 1));
  const names = arena.int32(words.length + 1);
  let at = 1;
  words.forEach((each, i) => {
    source.set(encoder.encode(each), at);
    names[i + 1] = at;
    at += each.length + 1;
  });
  const table = new PieceTable(16);
  const bytes = new Uint8Array(names.buffer, names.byteOffset, names.byteLength);
  const [nameless, ...numbers] = table.addNames(bytes, 4, words.length + 1, source);
  expect(nameless).toBe(-1);
  return { table, numbers };
}

test("equal strings are one piece, others are not", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const { table, numbers } = tableOf(words);
      const distinct = [...new Set(words)];
      expect(table.count).toBe(distinct.length);
      expect(numbers).toEqual(words.map((each) => distinct.indexOf(each)));
    }),
    { numRuns: 60 },
  );
});

test("constants of any size are told apart", () => {
  const bytes = startArena().uint8(4000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i >> 4) & 1;
  for (const size of [1, 3, 8, 16, 20]) {
    const table = new PieceTable(16);
    const seen = new Map<string, number>();
    for (let at = 0; at + size <= bytes.length; at += size) {
      const key = bytes.subarray(at, at + size).join();
      if (!seen.has(key)) seen.set(key, seen.size);
      expect(table.add(bytes, at, size, 1, 1)).toBe(seen.get(key));
    }
  }
});

test("a piece that is wanted with more alignment is given up for a new one", () => {
  const { table } = tableOf(["same"]);
  const source = encoder.encode("same\0");
  expect(table.add(source, 0, 5, 4, 2)).toBe(1);
  expect([table.align[0], table.instead[0], table.section[1]]).toEqual([0, 1, 2]);
});

test("pieces are sorted by reversed characters", () => {
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 200 }), (words) => {
      const { table } = tableOf(words);
      const reversed = (each: string) => [...each].reverse().join("");
      const expected = [...words].sort((a, b) => (reversed(a) < reversed(b) ? -1 : 1));
      expect([...sortByTails(table, 1)].map((number) => words[number])).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("what ends another string goes into it", () => {
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 100 }), (words) => {
      const { table } = tableOf(words);
      mergeTails(table, 1);
      for (const [number, each] of words.entries()) {
        const isTail = words.some((other) => other !== each && other.endsWith(each));
        expect(table.align[number]).toBe(isTail ? 0 : 1);
        if (isTail) expect(words[table.instead[number]].endsWith(each)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
