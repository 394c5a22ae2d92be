import fc from "fast-check";
import { expect, test } from "vitest";
import {
  csrs,
  describe as describeName,
  everyExtension,
  explain,
  explainMacro,
  explanationText,
  integerNames,
  macroExplanationText,
  macroNames,
  mnemonics,
  parseArchitecture,
  parseInstruction,
  updateArchitecture,
} from "./index.ts";

const machines = [
  everyExtension(32),
  everyExtension(64),
  parseArchitecture("rv32imac_zcmp_zcmt").architecture,
];

test("any word is explained or refused", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.bigInt(0n, (1n << 64n) - 1n), (word, pc) => {
      for (const machine of machines) {
        const found = explain(word, pc, machine);
        if (found) expect(explanationText(found)).not.toMatch(/undefined|\[object/);
      }
    }),
    { numRuns: 500 },
  );
});

test("any text is an instruction or has a problem", () => {
  const operand = fc.oneof(
    fc.constantFrom(...integerNames),
    fc.constantFrom("{ra}", "0(sp)", "(a0)", "", "%lo(x)", "1e9", "0x", "-", ".+", "$&", "rne", "iorw"),
    fc.integer().map(String),
    fc.string(),
  );
  const text = fc
    .tuple(fc.constantFrom(...mnemonics(), ...macroNames(), ""), fc.array(operand, { maxLength: 6 }))
    .map(([mnemonic, operands]) => `${mnemonic} ${operands.join(",")}`);
  fc.assert(
    fc.property(text, (line) => {
      for (const machine of machines) {
        const parsed = parseInstruction(line, 0n, machine);
        if (parsed.problem === undefined) expect(parsed.word).toBeGreaterThanOrEqual(0);
        const macro = explainMacro(line, machine);
        if (macro) expect(macroExplanationText(macro)).not.toMatch(/undefined|\[object/);
      }
    }),
    { numRuns: 1000 },
  );
});

test("any architecture string is parsed", () => {
  const piece = fc.constantFrom(
    ..."rv32 rv64 i e g m a f d q c v h b p _ , + - zba zfh zve32x zvl128b x xa 2p0 1 p".split(" "),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 10 }), (pieces) => {
      const { architecture, messages } = parseArchitecture(pieces.join(""));
      expect(messages.every((message) => !message.includes("undefined"))).toBe(true);
      updateArchitecture(architecture, pieces.join(""));
    }),
    { numRuns: 1000 },
  );
});

test("every name is described", () => {
  for (const name of [...mnemonics(), ...macroNames(), ...integerNames, ...csrs().map((csr) => csr.name)]) {
    expect(describeName(name), name).not.toMatch(/undefined|\[object/);
  }
  expect(describeName("constructor")).toBeUndefined();
});
