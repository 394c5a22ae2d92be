import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encode,
  explain,
  explainFields,
  explanationText,
  instructions,
  isa,
  parseArchitecture,
} from "./index.ts";

const rv64 = parseArchitecture("rv64gc_zba_zbb_zfh_zicond_zacas").architecture;

test("each bit of a word has one owner", () => {
  for (const row of instructions()) {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (random) => {
        const free = row.size === 4 ? ~row.mask : ~row.mask & 0xffff;
        const word = (row.match | (random & free)) >>> 0;
        const fields = explainFields(row, word);
        let next = row.size * 8 - 1;
        for (const field of fields) {
          expect(field.high, `${row.mnemonic} ${field.name}`).toBe(next);
          expect(field.name, row.mnemonic).not.toBe("");
          // Bits are either what tells instructions apart or an operand's.
          const mask =
            field.high - field.low === 31 ? -1 : ((1 << (field.high - field.low + 1)) - 1) << field.low;
          const fixed = (row.mask & mask) >>> 0;
          expect(fixed === 0 || fixed === mask >>> 0, `${row.mnemonic} ${field.name}`).toBe(true);
          if (!row.hidden)
            expect(fixed === 0, `${row.mnemonic} ${field.name}`).toBe(field.operand !== undefined);
          next = field.low - 1;
        }
        expect(next).toBe(-1);
        expect(fields.map((field) => field.bits).join("")).toBe(word.toString(2).padStart(row.size * 8, "0"));
      }),
      { numRuns: 3 },
    );
  }
});

test("add a0, a1, a2", () => {
  const found = explain(0x00c58533, 0n, rv64)!;
  expect(found.text).toBe("add a0, a1, a2");
  expect(found.fields.map((field) => `${field.name}=${field.bits}`)).toEqual([
    "funct7=0000000",
    "rs2=01100",
    "rs1=01011",
    "funct3=000",
    "rd=01010",
    "opcode=0110011",
  ]);
  expect(found.operands.map((operand) => operand.text)).toEqual(["a0", "a1", "a2"]);
  expect(found.filled).toBe("a0 = a1 + a2");
  expect(found.section).toContain("RV32I");
});

test("a branch's immediate is in four pieces", () => {
  const found = explain(0xfe0518e3, 0x1000n, rv64)!; // bnez a0, 0xff0
  expect(found.text).toBe("bnez a0, 0xff0");
  expect(found.pseudo?.standsFor).toBe("bne a0, zero, 0xff0");
  expect(found.target).toBe(0xff0n);
  expect(found.fields.map((field) => field.name)).toEqual([
    "imm[12]",
    "imm[10:5]",
    "rs2",
    "rs1",
    "funct3",
    "imm[4:1]",
    "imm[11]",
    "opcode",
  ]);
  expect(found.filled).toBe("if (a0 != zero) pc = pc - 16");
  expect(found.relocations.map((hint) => hint.name)).toEqual(["R_RISCV_BRANCH", "R_RISCV_RELAX"]);
});

test("a target has a name where the program knows one", () => {
  const symbol = (address: bigint) => (address === 0x1008n ? "main" : undefined);
  const found = explain(0x008000ef, 0x1000n, rv64, { symbol })!; // jal 0x1008
  expect(found.operands[1].words).toBe("main, 8 bytes on from this instruction");
});

test("a compressed instruction shows what it stands for", () => {
  const found = explain(0x1141, 0n, rv64)!; // addi sp, sp, -16
  expect(found.size).toBe(2);
  expect(found.exact).toBe("c.addi sp, -16");
  expect(found.expansion).toEqual({ text: "addi sp, sp, -16", word: 0xff010113 });
  expect(found.filled).toBe("sp = sp - 16");
});

test("every instruction is explained as a text", () => {
  const machine = isa(64, new Set(instructions().flatMap((row) => row.needs.split(/[&|]/))));
  for (const row of instructions()) {
    if (row.xlen === 32 || row.hidden) continue;
    const values = row.operands.map(
      (operand) => operand.registers?.[1] ?? (operand.class === "register-list" ? 4 : 0),
    );
    const found = explain(encode(row, values), 0x8000_0000n, machine);
    if (!found) continue;
    const text = explanationText(found);
    expect(text, row.mnemonic).not.toMatch(/undefined|\[object/);
    expect(text).toContain(found.section);
  }
});
