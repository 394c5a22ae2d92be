import { expect, test } from "vitest";
import { NameTable } from "../../binary/index.ts";
import { globMatches, nameMatches } from "./glob.ts";
import { PatternIndex } from "./pattern-index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["*", "", true],
  [".text.*", ".text.f", true],
  [".text.*", ".text", false],
  [".d.?2", ".d.b2", true],
  [".d.?2", ".d.2", false],
  [".d.[a-b][0-9]", ".d.a1", true],
  [".d.[a-b][0-9]", ".d.c1", false],
  [".d.[!a-z]", ".d.-", true],
  [".d.[^a-z]", ".d.q", false],
  ["*_unlikely", ".text.f_unlikely", true],
  ["*a*b", "xaxbxb", true],
  ["*a*b", "xaxbxc", false],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["[", "[", true],
  ["[]]", "]", true],
  ["dir/*.o", "dir/sub/a.o", true],
])("%s against %s", (pattern, name, expected) => {
  expect(globMatches(bytes(pattern), bytes(name))).toBe(expected);
});

test("a pattern without wildcards is the name itself", () => {
  expect(nameMatches(".text", ".text")).toBe(true);
  expect(nameMatches(".text", ".text.f")).toBe(false);
});

test("an index finds what matching each pattern by itself finds, in the order of the ranks", () => {
  const patterns = [".text", ".text.*", "*", ".text.*_hot", ".data*", ".t?xt", "[.]data"].map(
    (pattern, i) => ({
      pattern,
      rank: 10 - i,
    }),
  );
  const names = new NameTable();
  const index = new PatternIndex(names, patterns);
  for (const name of [".text", ".text.a", ".text.a_hot", ".texture", ".data", ".data.x", ".t", "", ".bss"]) {
    const expected = patterns
      .map((p, i) => ({ ...p, i }))
      .filter((p) => nameMatches(p.pattern, name))
      .sort((a, b) => a.rank - b.rank)
      .map((p) => p.i);
    expect(index.matches(names.addString(name)), name).toEqual(expected);
  }
});
