import fc from "fast-check";
import { expect, test } from "vitest";
import { NameTable } from "./names.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("equal names have equal ids, however they are added", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-cé]{0,9}$/)), fc.nat(3), (texts, shift) => {
      const table = new NameTable();
      const ids = new Map<string, number>();
      for (const text of texts) {
        const bytes = bytesOf(`${"x".repeat(shift)}${text}\0tail`);
        const id = table.addTerminated(bytes, shift);
        expect(table.add(bytes, shift, bytesOf(text).length)).toBe(id);
        expect(table.find(text)).toBe(id);
        expect(table.text(id)).toBe(text);
        expect(ids.get(text) ?? id).toBe(id);
        ids.set(text, id);
        const copy = new Uint8Array(table.lengthOf(id) + 2).fill(7);
        table.copy(id, copy, 1);
        expect(new TextDecoder().decode(copy)).toBe(`\x07${text}\x07`);
      }
      expect(new Set(ids.values()).size).toBe(ids.size);
    }),
  );
});

test("a name ends at the end of the buffer when no zero does", () => {
  const table = new NameTable();
  expect(table.text(table.addTerminated(bytesOf("abcdefg"), 2))).toBe("cdefg");
});

test("names longer than a chunk of the arena, and many of them", () => {
  const table = new NameTable();
  const long = "q".repeat(3_000_000);
  const first = table.addTerminated(bytesOf(`${long}1\0`), 0);
  const second = table.addTerminated(bytesOf(`${long}2\0`), 0);
  expect(second).not.toBe(first);
  expect(table.lengthOf(second)).toBe(3_000_001);
  for (let i = 0; i < 20_000; i++) table.addString(`name number ${i} of a table that grows`);
  for (let i = 0; i < 20_000; i += 97) {
    const text = `name number ${i} of a table that grows`;
    expect(table.text(table.find(text))).toBe(text);
  }
  expect(table.find("absent")).toBe(-1);
});
