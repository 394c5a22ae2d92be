import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decode,
  decoderOf,
  encode,
  fixedRegisters,
  instructions,
  isa,
  operandAccepts,
  operandMask,
  operandRange,
} from "./index.ts";

const machines = [isa(32, everyExtension()), isa(64, everyExtension())];

function everyExtension(): string[] {
  return [...new Set(instructions().flatMap((row) => row.needs.split(/[&|]/)))];
}

describe("the table", () => {
  test("every meaning parses, and names only operands of its row", () => {
    for (const row of instructions()) {
      const meaning = row.meaning;
      expect(meaning !== undefined || row.expansion !== undefined, row.mnemonic).toBe(true);
      const names = new Set(row.operands.map((operand) => operand.name));
      JSON.stringify(meaning, (_key, node) => {
        if (node?.kind === "register" || node?.kind === "operand") {
          if (!(node.name in fixedRegisters))
            expect(names, `${row.mnemonic}: ${node.name}`).toContain(node.name);
        }
        return node;
      });
    }
  });

  test("every bit of a word belongs to the mask or to one operand", () => {
    for (const row of instructions()) {
      let seen = row.mask;
      for (const operand of row.operands) {
        const mask = operandMask(operand);
        if (!row.except.length) expect((seen & mask) >>> 0, `${row.mnemonic} ${operand.key}`).toBe(0);
        seen = (seen | mask) >>> 0;
      }
      expect((row.match & ~row.mask) >>> 0, row.mnemonic).toBe(0);
    }
  });

  test("two rows have the same word only where one says so", () => {
    const rows = instructions();
    for (const a of rows) {
      for (const b of rows) {
        if (a.index >= b.index || a.size !== b.size) continue;
        if (a.xlen !== 0 && b.xlen !== 0 && a.xlen !== b.xlen) continue;
        const both = a.mask & b.mask;
        if (((a.match ^ b.match) & both) !== 0) continue;
        const word = a.match | b.match;
        if (a.overlaps.includes(b.mnemonic) || b.overlaps.includes(a.mnemonic)) continue;
        const excluded = (row: typeof a, mask: number) =>
          row.except.some(([m, v]) => (m & ~mask) === 0 && ((word ^ v) & m) === 0);
        expect(
          excluded(a, a.mask | b.mask) || excluded(b, a.mask | b.mask),
          `${a.mnemonic} and ${b.mnemonic}`,
        ).toBe(true);
      }
    }
  });

  test("encoding what was decoded gives the word again", () => {
    for (const machine of machines) {
      for (const row of instructions()) {
        if (row.xlen !== 0 && row.xlen !== machine.xlen) continue;
        fc.assert(
          fc.property(
            fc.tuple(
              ...row.operands.map((operand) => {
                const [least, most] = operandRange(operand, machine.xlen);
                return fc
                  .integer({ min: least, max: most })
                  .filter((value) => operandAccepts(operand, value, machine.xlen));
              }),
            ),
            (values) => {
              const word = encode(row, values);
              if (!row.matches(word)) return;
              const decoded = decode(word, machine);
              expect(decoded, `${row.mnemonic} ${word.toString(16)}`).toBeDefined();
              expect(encode(decoded!.instruction, decoded!.values)).toBe(word);
              if (decoded!.instruction === row) expect(decoded!.values).toEqual(values);
              else expect(decoded!.instruction.overlaps).toContain(row.mnemonic);
            },
          ),
          { numRuns: 10 },
        );
      }
    }
  });

  test("a decoder finds what a search through the table finds", () => {
    for (const machine of machines) {
      const decoder = decoderOf(machine);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 0xffffffff }), (word) => {
          const index = decoder.index(word);
          if (index >= 0)
            expect(instructions()[index].matches((word & 3) === 3 ? word : word & 0xffff)).toBe(true);
          else {
            const found = instructions().find(
              (row) =>
                (row.xlen === 0 || row.xlen === machine.xlen) &&
                row.size === ((word & 3) === 3 ? 4 : 2) &&
                row.matches((word & 3) === 3 ? word : word & 0xffff),
            );
            // On 32-bit machines a shift by 32 or more is reserved.
            if (found) expect(machine.xlen === 32 && /shamt/.test(found.syntax), found.mnemonic).toBe(true);
          }
        }),
        { numRuns: 3000 },
      );
    }
  });
});
