import { expect, test } from "vitest";
import { placeOfMessage, splitMessage } from "./vs-diagnostics.ts";

test.each([
  ["undefined symbol: foo\n>>> referenced by undef3.s:15\n>>>               a.o:(.text+0x1)", "undef3.s(15)"],
  [
    "undefined symbol: bar\n>>> referenced by undef3.s:20 (/tmp/undef3.s:20)\n>>> a.o:(.text)",
    "/tmp/undef3.s(20)",
  ],
  ["undefined symbol: foo\n>>> referenced by a.o:(.text+0x1)", "a.o"],
  ["duplicate symbol: foo\n>>> defined at one.c:7\n>>>            a.o:(.text+0x0)", "one.c(7)"],
  ["v.script:1: unclosed quote", "v.script(1)"],
  ["cannot open a.o: No such file or directory", "ld.lld"],
])("%j", (message, place) => {
  expect(placeOfMessage(message, "ld.lld")).toBe(place);
});

test("a duplicate symbol with two known places becomes two messages", () => {
  const message =
    "duplicate symbol: f\n>>> defined at a.c:1\n>>>  a.o:(.text)\n>>> defined at b.c:2\n>>>  b.o:(.text)";
  expect(splitMessage(message)).toEqual([
    "duplicate symbol: f\n>>> defined at a.c:1\n>>>  a.o:(.text)",
    "duplicate symbol: f\n>>> defined at b.c:2\n>>>  b.o:(.text)",
  ]);
  expect(splitMessage("something else")).toEqual(["something else"]);
});
