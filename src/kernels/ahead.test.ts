import { expect, test } from "vitest";
import { CONTROL_WORDS, SIGNAL, Toucher } from "./ahead.ts";
import { Arena } from "./arena.ts";

const MB = 1 << 20;

/** An arena that tells of its memory, and what the second thread would touch of it now, as addresses. */
function announced() {
  const arena = new Arena();
  arena.fileBytes(MB);
  const control = arena.announce(4);
  const touched: number[] = [];
  // Stands for all of the memory; tells of the words that are touched.
  const toucher = new Toucher(
    control,
    () => arena.words,
    (address) => touched.push(address),
  );
  const touch = (): number[] => {
    touched.length = 0;
    while (toucher.touch());
    return [...touched];
  };
  return { arena, control, touch };
}

test("what is to be read into is touched, page by page, up to a window, and nothing twice", () => {
  const { arena, control, touch } = announced();
  expect(control.length).toBe(CONTROL_WORDS + 4);
  const first = touch();
  expect(first.length).toBe((8 * MB) / 4096);
  expect(new Set(first).size).toBe(first.length);
  expect(touch()).toEqual([]);
  // What is read next was touched; and then more is.
  const told = control[SIGNAL];
  const bytes = arena.fileBytes(2 * MB);
  arena.fileBytes(2 * MB);
  expect(control[SIGNAL]).toBeGreaterThan(told);
  const pages = new Set(first);
  for (let at = bytes.byteOffset + 4096; at + 4096 < bytes.byteOffset + bytes.length; at += 4096)
    expect(pages.has(at & ~4095)).toBe(true);
  const more = touch();
  expect(more.length).toBe((4 * MB) / 4096);
  expect(more.every((address) => !pages.has(address))).toBe(true);
});

test("what was used already is passed over", () => {
  const { arena, touch } = announced();
  const blocks = Array.from({ length: 20 }, () => arena.fileBytes(MB));
  const used = new Set(blocks.map((block) => block.byteOffset + 4096));
  expect(touch().some((address) => used.has(address))).toBe(false);
});

test("of a large block the second half is touched, until something else is read", () => {
  const { arena, touch } = announced();
  touch();
  const block = arena.fileBytes(16 * MB);
  const touched = touch();
  expect(touched.length).toBe((8 * MB) / 4096);
  expect(touched[0]).toBe((block.byteOffset + 8 * MB) & ~4095);
  const other = arena.fileBytes(16 * MB);
  arena.fileBytes(8);
  expect(touch().some((address) => address >= other.byteOffset)).toBe(false);
});

test("of a column some is touched, and more when it is filled", () => {
  const { arena, touch } = announced();
  touch();
  const column = arena.int32(MB);
  arena.fillsUp(column.byteOffset, column.byteOffset + column.byteLength);
  const ahead = touch();
  expect(ahead.length).toBe(32);
  expect(ahead[0]).toBe(column.byteOffset & ~4095);
  expect(touch()).toEqual([]);
  column.fill(1, 0, (15 * 4096) / 4);
  expect(touch().length).toBe(16);
  arena.endReading();
  column.fill(1, 0, MB / 2);
  expect(touch()).toEqual([]);
});

test("what reading has left serves columns, which are zero, and nothing is touched any more", () => {
  const { arena, touch } = announced();
  const last = arena.fileBytes(1000).fill(1);
  arena.endReading();
  expect(touch()).toEqual([]);
  const column = arena.int32(1000);
  expect(column.byteOffset).toBeGreaterThanOrEqual(last.byteOffset + 1000);
  expect(column.byteOffset).toBeLessThan(last.byteOffset + 2000);
  expect(column.every((word) => word === 0)).toBe(true);
  // Read into, reused and given back: not zero, so not for columns.
  const later = arena.fileBytes(1000);
  expect(later.byteOffset).toBeGreaterThan(column.byteOffset + 4000);
});

test("what the first thread has stored stays", () => {
  const arena = new Arena();
  const bytes = arena.fileBytes(MB).fill(7);
  const toucher = new Toucher(arena.announce(0), () => arena.words);
  const next = arena.fileBytes(MB).fill(9);
  while (toucher.touch());
  expect(bytes.every((byte) => byte === 7) && next.every((byte) => byte === 9)).toBe(true);
});
