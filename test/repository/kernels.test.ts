import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error: a module without declarations
import { generate } from "../../scripts/kernels.mjs";

test("the module of the kernels is what its sources say", async (context) => {
  const made = await generate();
  if (made === undefined) context.skip("assemblyscript is not installed");
  const committed = readFileSync(new URL("../../src/kernels/module.ts", import.meta.url), "utf8");
  expect(committed === made, "run node scripts/kernels.mjs").toBe(true);
});
