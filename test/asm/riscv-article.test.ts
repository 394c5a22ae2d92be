import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assemble, explainSource, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";
import { explanationText } from "../../src/riscv/index.ts";

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, "../../examples/riscv-article");
const sources = readdirSync(folder).filter((name) => name.endsWith(".s"));

function explained(name: string) {
  const bytes = readFileSync(path.join(folder, name));
  const [first] = bytes.toString().split("\n");
  const command = parseCommandLine(first.replace("#!", "").trim().split(" "));
  if ("message" in command) throw new Error(command.message);
  const report = new Report();
  const object = assemble(
    [{ name, bytes }],
    { ...command.options, listing: true },
    new MemoryFileSystem(),
    report,
  );
  expect(report.diagnostics).toEqual([]);
  if (!object) throw new Error("no object");
  return { object, statements: explainSource(object) };
}

test.each(sources)("%s is assembled, and each of its instructions explained", (name) => {
  const { object, statements } = explained(name);
  let bytes = 0;
  for (const { row, instructions } of statements) {
    const words = row.text.replace(/#.*/, "").trim();
    const isInstruction = /^[a-z]/.test(words) && !words.includes(":");
    expect(instructions.length > 0, words).toBe(isInstruction || words.startsWith(".insn"));
    for (const { address, explanation } of instructions) {
      expect(address).toBeGreaterThanOrEqual(row.address);
      bytes += explanation.size;
      // Each bit is in exactly one field.
      const covered = explanation.fields.reduce((sum, field) => sum + (field.high - field.low + 1), 0);
      expect(covered, explanation.text).toBe(explanation.size * 8);
      expect(explanation.words, explanation.text).not.toBe("");
      expect(explanation.filled, explanation.text).not.toBe("");
      expect(explanationText(explanation)).toContain(explanation.text.split(/\s/)[0]);
    }
  }
  // What is left of the code is padding and numbers.
  const code = object.sections.find((section) => section.name === ".text");
  expect(bytes).toBeGreaterThan((code?.size ?? 0) / 2);
  expect(bytes).toBeLessThanOrEqual(code?.size ?? 0);
});

test("four ways to write an instruction make the same bits", () => {
  const { object } = explained("01-one-instruction.s");
  const [text] = object.sections;
  const words = new Uint32Array(text.contents.slice().buffer);
  expect([...words]).toEqual([0x02a50613, 0x02a50613, 0x02a50613, 0x02a50613]);
});

test("the two halves of an address, and the call, are left to the linker", () => {
  const { statements } = explained("02-a-function.s");
  const relocations = statements.flatMap(({ instructions }) =>
    instructions.flatMap(({ relocation }) =>
      relocation ? [`${relocation.name} ${relocation.written}`] : [],
    ),
  );
  expect(relocations).toEqual([
    "R_RISCV_HI20 %hi(.Lformat)",
    "R_RISCV_LO12_I %lo(.Lformat)",
    "R_RISCV_CALL_PLT %pcrel_hi(printf)",
    "R_RISCV_CALL_PLT %pcrel_lo(printf)",
  ]);
});

test("pseudo-instructions are told by what they are", () => {
  const { statements } = explained("03-arithmetic.s");
  const exact = (text: string) =>
    statements.find(({ row }) => row.text.trim().startsWith(text))?.instructions[0].explanation.exact;
  expect(exact("not")).toBe("xori a2, a2, -1");
  expect(exact("seqz")).toBe("sltiu a3, a2, 1");
});
