import { expect, test } from "vitest";
import { Disassembler, expand, instructions, isa, lookup, mnemonics, printedForms } from "./index.ts";

test("every alias stands for an instruction", () => {
  for (const mnemonic of mnemonics()) expect(lookup(mnemonic).length, mnemonic).toBeGreaterThan(0);
});

test("forms fix bits within their operands' places only", () => {
  for (const mnemonic of mnemonics()) {
    for (const form of lookup(mnemonic)) {
      expect((form.match & ~form.mask) >>> 0, `${mnemonic} ${form.syntax}`).toBe(0);
      expect(((form.match ^ form.instruction.match) & form.instruction.mask) >>> 0, mnemonic).toBe(0);
    }
  }
});

test("every compressed instruction expands to one with a meaning", () => {
  for (const instruction of instructions()) {
    if (instruction.expansion === undefined) continue;
    const values = instruction.operands.map((operand) => operand.registers?.[1] ?? 0);
    const expanded = expand(instruction, values, instruction.xlen || 64);
    expect(expanded?.instruction.meaning, instruction.mnemonic).toBeDefined();
  }
});

test("an instruction's own form is printed last", () => {
  for (const instruction of instructions()) {
    const forms = printedForms(instruction);
    expect(forms[forms.length - 1].use).toBe("self");
  }
});

test("an address of two instructions is shown after the second", () => {
  const printer = new Disassembler(isa(64, ["i"]));
  printer.printWord(0x00001517, 0x10000, 0); // auipc a0, 0x1
  printer.printWord(0x00850513, 0x10004, 0); // addi a0, a0, 8
  expect(`${printer.mnemonic} ${printer.operands}`).toBe("add a0,a0,8");
  expect(printer.hasComment && printer.commentLow).toBe(0x11008);
});

test("what registers hold is still known for another machine", () => {
  const printer = new Disassembler(isa(64, ["i", "c"]));
  printer.printWord(0x6309, 0, 0); // lui t1, 0x2
  printer.useMachine(isa(64, ["i"]));
  printer.printWord(0x00730023, 0, 0); // sb t2, 0(t1)
  expect(printer.hasComment && printer.commentLow).toBe(0x2000);
});
