import fc from "fast-check";
import { expect, test } from "vitest";
import { stringTable } from "./string-table.ts";

const read = (bytes: Uint8Array, at: number) =>
  new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));

test("a name that ends another shares its bytes", () => {
  const { bytes, offsets } = stringTable([".rela.text", ".text", ".data"]);
  expect(offsets.get(".text")).toBe(offsets.get(".rela.text")! + 5);
  expect(bytes.length).toBe(1 + 11 + 6);
});

test("every name can be read back at its offset", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab.]{0,5}$/)), (names) => {
      const { bytes, offsets } = stringTable(names);
      for (const name of names) expect(read(bytes, offsets.get(name)!)).toBe(name);
    }),
  );
});
