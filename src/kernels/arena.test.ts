import { expect, test } from "vitest";
import { Arena, currentArena, endArena, startArena } from "./arena.ts";

test("what is allocated is aligned, zero, apart, and its addresses are those of the views", () => {
  const arena = new Arena();
  const bytes = arena.uint8(5).fill(255);
  const words = arena.int32(3);
  const doubles = arena.float64(2);
  expect([...words, ...doubles]).toEqual([0, 0, 0, 0, 0]);
  expect([bytes, words, doubles].map((view) => view.byteOffset % 16)).toEqual([0, 0, 0]);
  words[1] = 0x01020304;
  expect(arena.bytes[words.byteOffset + 4]).toBe(4);
  expect([arena.owns(bytes), arena.owns(new Uint8Array(1))]).toEqual([true, false]);
});

test("it grows, and views made before stay", () => {
  const arena = new Arena();
  const early = arena.int32(4);
  const size = arena.bytes.length;
  const late = arena.uint8(size);
  late[size - 1] = 7;
  early[0] = 5;
  expect(arena.bytes.length).toBeGreaterThan(size);
  expect(arena.bytes[early.byteOffset]).toBe(5);
  expect(arena.owns(early) && arena.owns(late)).toBe(true);
});

test("the end of what was read last is read into again, what was read before is not", () => {
  const arena = new Arena();
  const first = arena.fileBytes(100);
  const second = arena.fileBytes(100);
  arena.giveBack(first, 10);
  arena.giveBack(second, 10);
  const third = arena.fileBytes(100);
  expect(third.byteOffset).toBe(second.byteOffset + 16);
  expect(second.byteOffset).toBeGreaterThanOrEqual(first.byteOffset + 100);
  const large = arena.fileBytes(10 << 20);
  arena.giveBack(large, 0);
  expect(arena.fileBytes(9 << 20).byteOffset).toBe(large.byteOffset);
});

test("small files are read into what is left of a large one", () => {
  const arena = new Arena();
  const large = arena.fileBytes(4 << 20);
  arena.giveBack(large, 1 << 20);
  const first = arena.fileBytes(1000);
  expect(first.byteOffset).toBe(large.byteOffset + (1 << 20));
  arena.giveBack(first, 100);
  const second = arena.fileBytes(1 << 20);
  expect(second.byteOffset).toBe(first.byteOffset + 104);
  // No room for this one.
  const third = arena.fileBytes((2 << 20) - 100);
  expect(third.byteOffset).toBeGreaterThanOrEqual(large.byteOffset + large.length);
  const end = second.byteOffset + second.length;
  expect(arena.fileBytes(8).byteOffset).toBe(end);
});

test("bytes from elsewhere are copied in", () => {
  const arena = new Arena();
  const own = arena.own(Uint8Array.of(1, 2, 3));
  expect([...own]).toEqual([1, 2, 3]);
  expect(arena.owns(own)).toBe(true);
  expect(arena.own(own)).toBe(own);
});

test("thousands of arenas, one after the other, in one process", () => {
  for (let i = 0; i < 3000; i++) {
    const arena = startArena();
    expect(arena.kernels.internStaged).toBeTypeOf("function");
    arena.int32(100)[99] = i;
  }
  endArena();
  expect(currentArena()).toBeUndefined();
});
