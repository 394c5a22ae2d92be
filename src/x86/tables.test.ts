import { expect, test } from "vitest";
import { evexMaps } from "./evex.ts";
import { floatRow } from "./float.ts";
import { mnemonicPieces } from "./mnemonics.ts";
import { oneByte } from "./one-byte.ts";
import { type Entry, rowOf } from "./tables.ts";
import { threeBytes3a, threeBytes38, twoBytes } from "./two-bytes.ts";
import { vexMaps, xopMaps } from "./vex.ts";

/** Every text that an entry can lead to. */
function* texts(entry: Entry): Generator<string> {
  if (typeof entry === "string") yield entry;
  else if (entry) {
    const { reg, rm, mod, pp, bits, w, l } = entry;
    for (const list of [reg, rm, mod, pp, bits, w, l]) for (const next of list ?? []) yield* texts(next);
  }
}

test("every row has letters and operands that are known", () => {
  const maps = [oneByte, twoBytes, threeBytes38, threeBytes3a, ...vexMaps];
  maps.push(...Object.values(evexMaps), ...Object.values(xopMaps));
  let count = 0;
  for (const map of maps)
    for (const entry of map)
      for (const text of texts(entry)) {
        expect(() => rowOf(text), text).not.toThrow();
        expect(rowOf(text).operands.length).toBeLessThan(6);
        count++;
      }
  expect(count).toBeGreaterThan(2000);
});

test("every floating-point instruction can be spelled", () => {
  for (let opcode = 0xd8; opcode < 0xe0; opcode++)
    for (let modrm = 0; modrm < 256; modrm++) {
      const { name } = floatRow(opcode, modrm >> 6, (modrm >> 3) & 7, modrm & 7);
      expect(() => mnemonicPieces(name), name).not.toThrow();
    }
});
