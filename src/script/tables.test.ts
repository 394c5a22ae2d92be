import { describe, expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import {
  memoryAttributes,
  parseExpression,
  phdrTypeOf,
  sectionFlagOf,
  sectionTypeOf,
  stringBytes,
} from "./index.ts";
import { nearest } from "./nearest.ts";

const expression = (text: string) => parseExpression({ name: "x", text }, new Report());

test("types and flags by name", () => {
  expect(phdrTypeOf(expression("PT_TLS"))).toBe(7n);
  expect(phdrTypeOf(expression("PT_GNU_RELRO"))).toBe(0x6474e552n);
  expect(phdrTypeOf(expression("toString"))).toBe(undefined);
  expect(phdrTypeOf(expression("7"))).toBe(undefined);
  expect(sectionTypeOf(expression("SHT_NOTE"))).toBe(7n);
  expect(sectionTypeOf(expression("SHT_DYNAMIC"))).toBe(undefined);
  expect(sectionFlagOf("SHF_EXCLUDE")).toBe(0x80000000n);
  expect(sectionFlagOf("0x10")).toBe(16n);
  expect(sectionFlagOf("16")).toBe(16n);
  expect(sectionFlagOf("SHF_NOTHING")).toBe(undefined);
});

test.each([
  ["rx", "r x", ""],
  ["RX!w", "r x", "w"],
  ["!rx", "", "r x"],
  ["!r x", "x", "r"],
  ["r!!w", "r w", ""],
  ["l", "i", ""],
])("attributes %s", (text, wanted, unwanted) => {
  const attributes = memoryAttributes(text);
  expect([[...attributes.wanted].join(" "), [...attributes.unwanted].join(" ")]).toEqual([wanted, unwanted]);
});

test.each([
  ["ab", [97, 98]],
  ["a\\n\\t\\\\", [97, 10, 9, 92]],
  ["\\101\\0z", [65, 0, 122]],
  ["\\777", [255]],
  ["\\x41g", [65, 103]],
  ["\u00e9\u20ac\u{1f600}", [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
  ["\\", [92]],
])("the bytes of %j", (text, bytes) => {
  expect(stringBytes(text)).toEqual(bytes);
});

describe("the nearest word", () => {
  test.each([
    ["SECTION", "SECTIONS"],
    ["ENTYR", "ENTRY"],
    ["sections", "SECTIONS"],
    ["SCTONS", "SECTIONS"],
    ["SCTNS", undefined],
    ["foo", undefined],
  ])("%s", (word, expected) => {
    expect(nearest(word, ["ENTRY", "SECTIONS", "MEMORY"])).toBe(expected);
  });
});
