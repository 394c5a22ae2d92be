import fc from "fast-check";
import { expect, test } from "vitest";
import {
  Disassembler,
  encode,
  instructions,
  isa,
  operandAccepts,
  operandRange,
  parseInstruction,
} from "./index.ts";

test("what is printed can be read again", () => {
  for (const row of instructions()) {
    if (row.hidden || row.unwritten) continue;
    // With all extensions some words would be two instructions: each row gets what it needs, and no more.
    const xlen = row.xlen || 64;
    const needs = row.needs.split("|")[0].split("&");
    const machine = isa(xlen, ["i", ...needs]);
    for (const aliases of [true, false]) {
      const printer = new Disassembler(machine, {
        aliases,
        address: (low) => `0x${(low >>> 0).toString(16)}`,
      });
      fc.assert(
        fc.property(
          fc.tuple(
            ...row.operands.map((operand) => {
              const [least, most] = operandRange(operand, xlen);
              return fc.integer({ min: least, max: most }).filter((v) => operandAccepts(operand, v, xlen));
            }),
          ),
          (values) => {
            const word = encode(row, values);
            if (!row.matches(word)) return;
            printer.printWord(word, 0x10000000, 0);
            if (printer.mnemonic.startsWith(".") || /unknown/.test(printer.operands)) return;
            const text = `${printer.mnemonic} ${printer.operands}`;
            const parsed = parseInstruction(text, 0x10000000n, machine);
            expect(parsed.problem, text).toBeUndefined();
            if (parsed.problem !== undefined) return;
            // A pseudo-instruction may be of another size than the one it was printed of.
            if (!aliases) expect(parsed.word.toString(16), text).toBe(word.toString(16));
            else {
              printer.printWord(parsed.word, 0x10000000, 0);
              expect(`${printer.mnemonic} ${printer.operands}`, word.toString(16)).toBe(text);
            }
          },
        ),
        { numRuns: 6 },
      );
    }
  }
});

test("operands that do not fit are told", () => {
  const machine = isa(64, ["i"]);
  expect(parseInstruction("addi a0, a0, 2047", 0n, machine)).toMatchObject({ word: 0x7ff50513 });
  expect(parseInstruction("addi a0, a0, 2048", 0n, machine).problem).toMatch(
    /allowed is addi rd, rs1, imm12/,
  );
  expect(parseInstruction("mul a0, a0, a0", 0n, machine).problem).toBe("mul needs M|Zmmul");
  expect(parseInstruction("foo", 0n, machine).problem).toBe("there is no instruction foo");
});
