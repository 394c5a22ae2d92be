import fc from "fast-check";
import { expect, test } from "vitest";
import { startArena } from "../kernels/index.ts";
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

test("a list of names gets the ids that its names have one by one", () => {
  const name = fc.stringMatching(/^[a-c]{0,20}$/);
  fc.assert(
    fc.property(fc.array(name, { maxLength: 90 }), fc.boolean(), (texts, isEnded) => {
      const table = new NameTable();
      const ids = new Int32Array(texts.length + 2);
      const bytes = bytesOf(texts.join("\0") + (isEnded && texts.length > 0 ? "\0" : ""));
      // The last one, if it is empty and nothing ends it, is not there.
      const count = isEnded || texts.at(-1) !== "" ? texts.length : texts.length - 1;
      const own = startArena();
      const column = own.int32(ids.length);
      const other = new NameTable();
      expect(other.addList(own.own(bytes), column)).toBe(texts.length === 0 ? 0 : count);
      const first = new Map<string, number>();
      for (const [i, text] of texts.slice(0, count).entries()) {
        expect(other.text(column[i])).toBe(text);
        expect(first.get(text) ?? column[i]).toBe(column[i]);
        first.set(text, column[i]);
        table.addString(text);
      }
      expect(other.count).toBe(table.count);
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
