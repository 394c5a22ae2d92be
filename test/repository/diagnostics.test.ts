import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

/** Every code in the sources of the library and the commands, tests aside. */
function usedCodes(): Set<string> {
  const codes = new Set<string>();
  for (const entry of readdirSync("src", { recursive: true })) {
    const file = String(entry);
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    for (const [, code] of readFileSync(path.join("src", file), "utf8").matchAll(/"((?:LD|RUN|AS)\d{4})"/g))
      codes.add(code);
  }
  return codes;
}

test("docs/diagnostics.md lists every code, and no others", () => {
  const documented = new Set(readFileSync("docs/diagnostics.md", "utf8").match(/(?:LD|RUN|AS)\d{4}/g));
  const used = usedCodes();
  expect([...used].filter((code) => !documented.has(code)).sort()).toEqual([]);
  expect([...documented].filter((code) => !used.has(code)).sort()).toEqual([]);
});
