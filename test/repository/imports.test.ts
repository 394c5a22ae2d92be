import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error: a script without declarations
import { brokenRule, importsOf, mayImport } from "../../scripts/check-imports.mjs";

test("a folder imports what its row allows, through the index", () => {
  expect(brokenRule("elf/read.ts", "../binary/index.ts")).toBeUndefined();
  expect(brokenRule("elf/read.ts", "./layout.ts")).toBeUndefined();
  expect(brokenRule("elf/read.ts", "../binary/words.ts")).toContain("binary/index.ts");
  expect(brokenRule("elf/read.ts", "../link/index.ts")).toBe("elf/ may not import link/");
  expect(brokenRule("unheard/of.ts", "../elf/index.ts")).toContain("no row");
});

test("only the command line and tests touch Node", () => {
  expect(brokenRule("cli/main.ts", "node:fs")).toBeUndefined();
  expect(brokenRule("link/link.ts", "node:fs")).toBe("only cli/ may import node:");
  expect(brokenRule("link/link.test.ts", "node:fs")).toBeUndefined();
  expect(brokenRule("link/link.ts", "vitest")).toContain("vitest");
});

test("imports are found with their lines, in all their forms", () => {
  const text = [
    'import { a } from "./a.ts";',
    "import {",
    "  type B,",
    '} from "./b.ts";',
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const e = await import("./e.ts");',
  ].join("\n");
  expect(importsOf(text)).toEqual([
    { specifier: "./a.ts", line: 1 },
    { specifier: "./b.ts", line: 4 },
    { specifier: "./c.ts", line: 5 },
    { specifier: "./d.ts", line: 6 },
    { specifier: "./e.ts", line: 7 },
  ]);
});

test("every folder of src has a row, and the rows make no cycle", () => {
  for (const folder of readdirSync("src")) expect(Object.keys(mayImport)).toContain(folder);
  const settled = new Set<string>();
  for (const [folder, others] of Object.entries<string[]>(mayImport)) {
    for (const other of others) expect(settled, `${folder} imports ${other}`).toContain(other);
    settled.add(folder);
  }
});
