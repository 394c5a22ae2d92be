import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExcludePattern, compileFilePattern, compileGlob, globShape, isValidGlob } from "./glob.ts";

describe("compileGlob", () => {
  test.each([
    [".text", ".text", true],
    [".text", ".text.", false],
    [".text*", ".text", true],
    [".text.*", ".text", false],
    [".text.*", ".text.main", true],
    ["*.o", "dir/main.o", true],
    ["*.o", "main.oo", false],
    ["*crt?.o", "/usr/lib/crti.o", true],
    ["*crt?.o", "crt.o", false],
    ["*", "", true],
    ["?", "", false],
    [".[a-c]ss", ".bss", true],
    [".[a-c]ss", ".dss", false],
    [".[!a-c]ss", ".dss", true],
    [".[^a-c]ss", ".bss", false],
    ["[]a]", "]", true],
    ["[]-a]", "_", true],
    ["[a-]", "-", true],
    ["a[", "a[", true],
    ["a[b", "a[b", true],
    ["\\*x*", "*xy", true],
    ["\\*x*", "axy", false],
    // Without a wildcard a backslash is a letter.
    ["a\\b", "a\\b", true],
    ["a\\b", "ab", false],
    ["[\\]]", "]", true],
    ["**a**", "bab", true],
    ["a*b*c", "a1b2c", true],
    ["a*b*c", "a1b2", false],
    ["*ab", "aab", true],
    [".text.*.*", ".text.a", false],
  ])("%s on %s: %s", (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  test("agrees with a regular expression made from the same parts", () => {
    const part = fc.constantFrom("*", "?", "a", "b", ".", "[ab]", "[!a]", "\\a");
    const name = fc.string({ unit: fc.constantFrom("a", "b", ".", "c"), maxLength: 8 });
    const asRegExp: Record<string, string> = { "*": ".*", "?": ".", ".": "\\.", "[!a]": "[^a]", "\\a": "a" };
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), name, (parts, text) => {
        const pattern = parts.join("");
        fc.pre(/[*?[]/.test(pattern));
        const expression = new RegExp(`^${parts.map((piece) => asRegExp[piece] ?? piece).join("")}$`, "s");
        expect(compileGlob(pattern)(text)).toBe(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("many stars do not take exponential time", () => {
    const before = performance.now();
    expect(compileGlob(`${"*a".repeat(50)}b`)("a".repeat(5000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

test("shapes", () => {
  expect(globShape("*").kind).toBe("any");
  expect(globShape(".text")).toEqual({ kind: "literal", text: ".text" });
  expect(globShape(".text.*")).toEqual({ kind: "prefix", text: ".text." });
  expect(globShape("*.o")).toEqual({ kind: "suffix", text: ".o" });
  expect(globShape("*a*").kind).toBe("glob");
  expect(globShape("\\a*").kind).toBe("glob");
});

test("an unclosed set is invalid to LLD", () => {
  expect(isValidGlob("a[")).toBe(false);
  expect(isValidGlob("a[b]*")).toBe(true);
});

describe("file patterns", () => {
  test.each([
    ["*libc.a:", "memcpy.o", "/lib/libc.a", true],
    ["*libc.a:mem*", "memcpy.o", "/lib/libc.a", true],
    ["*libc.a:mem*", "strlen.o", "/lib/libc.a", false],
    ["*libc.a:*", "libc.a", undefined, false],
    [":main.o", "main.o", undefined, true],
    [":main.o", "main.o", "lib.a", false],
    ["*main.o", "main.o", "lib.a", true],
    ["*lib.a", "main.o", "lib.a", false],
  ])("%s on %s of %s: %s", (pattern, file, archive, expected) => {
    expect(compileFilePattern(pattern)(file, archive)).toBe(expected);
  });

  test("EXCLUDE_FILE also takes the name of an archive", () => {
    expect(compileExcludePattern("*lib.a")("main.o", "lib.a")).toBe(true);
    expect(compileExcludePattern("*lib.a")("lib.o", undefined)).toBe(false);
  });
});
