import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";
import { scrub } from "./scrub.ts";

test("blanks stay behind the first word and between words", () => {
  expect(scrub("  addi   a0 , a1,  -1  # comment")).toBe("addi a0,a1,-1");
  expect(scrub("foo -1 -2")).toBe("foo -1-2");
  expect(scrub("foo a b")).toBe("foo a b");
  expect(scrub('m "7"  "8"')).toBe('m "7" "8"');
  expect(scrub("m (a) (b) // more")).toBe("m (a)(b)");
  expect(scrub("x: addi a0, a0, /* one */ 1")).toBe("x: addi a0,a0,1");
});

test("a string is left alone", () => {
  expect(scrub('.ascii "a  #  b", "c"')).toBe('.ascii "a  #  b","c"');
});

test("the nearest word is one that lacks a letter rather than one that has another", () => {
  expect(nearest("adi", ["add", "andi", "addi"])).toBe("addi");
  expect(nearest(".wrd", [".word", ".half"])).toBe(".word");
  expect(nearest("xyzzy", ["addi"])).toBeUndefined();
});
