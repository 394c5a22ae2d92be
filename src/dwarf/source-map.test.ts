import { describe, expect, test } from "vitest";
import { SourceMap } from "./index.ts";

// What BFD 2.40 makes of ranges, by which it picks the function of an address.

const text = (s: string) => [...new TextEncoder().encode(s), 0];
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n), ...u16(n >>> 16)];
const u64 = (n: number) => [...u32(n), ...u32(0)];

const lineHead = [1, 1, 1, -5 & 255, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
const lineTables = [...[1, 1, 0x08, 1, ...text("/home")], ...[1, 1, 0x08, 1, ...text("a.cc")]];
const lineCode = [0, 9, 2, ...u64(0), 1, 2, 10, 0, 1, 1];
const lineBody = [
  ...u16(5),
  ...[8, 0],
  ...u32(lineHead.length + lineTables.length),
  ...[...lineHead, ...lineTables, ...lineCode],
];
const line = Uint8Array.from([...u32(lineBody.length), ...lineBody]);

const abbrev = Uint8Array.from([
  ...[1, 0x11, 1, 0x03, 0x08, 0x1b, 0x08, 0x10, 0x17, 0x11, 0x01, 0, 0], // the unit
  ...[2, 0x2e, 1, 0x6e, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0], // a function: linkage name, first address, size
  ...[3, 0x1d, 0, 0x6e, 0x08, 0x55, 0x17, 0, 0], // an inlined call: linkage name, ranges by offset
  ...[4, 0x1d, 0, 0x6e, 0x08, 0x55, 0x23, 0, 0], // an inlined call: linkage name, ranges by index
  ...[5, 0x34, 0, 0x03, 0x08, 0x3a, 0x0b, 0x3b, 0x0b, 0x3f, 0x19, 0, 0], // an external declaration
  0,
]);

function mapOf(calls: readonly number[][], rnglists: readonly number[]): SourceMap {
  const outer = [2, ...text("outer"), ...u64(0), ...u32(10), ...calls.flat(), 0];
  const variables = [5, ...text("x"), 0, 3, 5, ...text("x"), 0, 7];
  const root = [1, ...text("a.cc"), ...text("/home"), ...u32(0), ...u64(0)];
  const unit = [...u16(5), 1, 8, ...u32(0), ...root, ...outer, ...variables, 0];
  const info = Uint8Array.from([...u32(unit.length), ...unit]);
  return new SourceMap({ info, abbrev, line, rnglists: Uint8Array.from(rnglists), littleEndian: true });
}

const byOffset = (name: string, offset: number) => [3, ...text(name), ...u32(offset)];
const byIndex = (name: string, index: number) => [4, ...text(name), index];
const pair = (low: number, high: number) => [4, low, high];

describe("the function of an address", () => {
  const lists = [...pair(0, 2), ...pair(2, 6), 0, ...pair(0, 4), ...pair(8, 9), 0];
  const map = mapOf([byOffset("long", 0), byOffset("short", 7), byIndex("indexed", 0)], lists);

  test.each([
    [1, "short"], // ranges that touch are one: "long" has six bytes here
    [3, "short"],
    [5, "long"],
    [8, "short"],
    [7, "outer"],
  ])("%i: %s", (address, name) => {
    expect(map.find(address)?.function?.name).toBe(name);
  });

  test("ranges by index are not looked at", () => {
    expect(mapOf([byIndex("indexed", 0)], lists).find(1)?.function?.name).toBe("outer");
  });

  test.each([
    ["with indices into .debug_addr", [3, 0, 4, 0]],
    ["without an end", pair(0, 2)],
  ])("of a unit that has a list %s nothing is known", (_, list) => {
    expect(mapOf([byOffset("broken", 0)], list).find(7)).toBeUndefined();
  });
});

test("an external declaration counts as a variable at 0, and the last of equal ones is found", () => {
  const map = mapOf([], []);
  expect(map.declarationOfData("x", 0)).toMatchObject({ file: "/home/a.cc", line: 7 });
  expect(map.declarationOfData("x", 4)).toBeUndefined();
});
