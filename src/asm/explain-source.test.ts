import { expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import { MemoryFileSystem } from "../files/index.ts";
import { assemble, explainSource } from "./index.ts";

function explained(source: string) {
  const report = new Report();
  const bytes = new TextEncoder().encode(source);
  const object = assemble(
    [{ name: "a.s", bytes }],
    { march: "rv32gc", listing: true },
    new MemoryFileSystem(),
    report,
  );
  expect(report.diagnostics).toEqual([]);
  return explainSource(object!).flatMap(({ row, instructions }) =>
    instructions.map(({ explanation }) => `${row.line}: ${explanation.filled}`),
  );
}

test("each line is told by what its instructions do", () => {
  expect(explained("addi sp, sp, -16\nsw ra, 12(sp)\n.word 1\nret\n")).toEqual([
    "1: sp = sp - 16",
    "2: mem32[sp + 12] = ra",
    "4: pc = (ra + 0) & ~1; zero = next",
  ]);
});

test("what the linker fills in is told by its symbol", () => {
  expect(explained("lui a0, %hi(x)\naddi a0, a0, %lo(x+4)\ncall f\nla a1, x\n")).toEqual([
    "1: a0 = sext32(%hi(x) << 12)",
    "2: a0 = a0 + %lo(x+4)",
    "3: ra = pc + sext32(%pcrel_hi(f) << 12)",
    "3: pc = (ra + %pcrel_lo(f)) & ~1; ra = next",
    "4: a1 = pc + sext32(%pcrel_hi(x) << 12)",
    "4: a1 = a1 + %pcrel_lo(x)",
  ]);
});

test("a branch to a local label goes to its address", () => {
  expect(explained("nop\n1: bne a0, a1, 1b\n")).toEqual(["1: zero = zero + 0", "2: if (a0 != a1) pc = 0x2"]);
});

test("an immediate of the linker's does not make another pseudo-instruction", () => {
  const report = new Report();
  const bytes = new TextEncoder().encode("addi a0, a0, %lo(x)\nmv a0, a1\n");
  const object = assemble(
    [{ name: "a.s", bytes }],
    { march: "rv32i", listing: true },
    new MemoryFileSystem(),
    report,
  );
  const words = explainSource(object!).flatMap(({ instructions }) =>
    instructions.map(({ explanation }) => explanation.shortly),
  );
  expect(words).toEqual(["Adds a constant to a0.", "Copies a register."]);
});
