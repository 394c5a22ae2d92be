import { afterEach, expect, test, vi } from "vitest";
import { explainTool } from "./explain.ts";

afterEach(() => vi.restoreAllMocks());

function run(...args: string[]): { code: number; stdout: string; stderr: string } {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += text)));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += text)));
  const code = explainTool(args);
  return { code, stdout, stderr };
}

test("words and written instructions are explained", () => {
  const byWord = run("0x00c58533");
  expect(byWord.code).toBe(0);
  expect(byWord.stdout).toMatch(/^00c58533 {2}add a0, a1, a2\n/);
  expect(run("add a0, a1, a2").stdout).toBe(byWord.stdout);
});

test("explanations are data too", () => {
  const { stdout } = run("--json", "--pc", "0x80000000", "j .+8");
  expect(JSON.parse(stdout)).toMatchObject({ text: "j 0x80000008", target: "0x80000008", size: 2 });
});

test("what is no instruction is told, and the exit code says so", () => {
  const { code, stderr } = run("--march=rv32i", "mul a0, a0, a0", "0xffffffff");
  expect(code).toBe(1);
  expect(stderr).toBe(
    "premain explain: mul a0, a0, a0: mul needs M|Zmmul\n" +
      "premain explain: 0xffffffff: rv32i has no such instruction\n",
  );
  expect(run("--march=rv99").code).toBe(2);
  expect(run("--march=rv99", "nop").code).toBe(1);
  expect(run().code).toBe(2);
});

test("pseudo-instructions of several instructions show them", () => {
  expect(run("li a0, 0x12345678").stdout).toBe(
    "Loads a constant.\nli a0, 0x12345678 stands for 2 instructions:\n\n" +
      "  lui a0, 0x12345     Loads a constant into the upper 20 bits of a word; the lower 12 are zero.\n" +
      "  addiw a0, a0, 1656  Adds a constant to rs1 and sign-extends the low 32 bits of the sum.\n",
  );
  expect(run("call printf").stdout).toContain("auipc ra, %call(printf)");
});

test("names are described", () => {
  expect(run("s1").stdout).toBe(
    "s1 is the integer register x9: saved register.\n" +
      "A function that changes it restores it before it returns (callee-saved).\n",
  );
  expect(run("mstatus").stdout).toContain("control and status register 0x300: machine status");
  expect(run("zbs").stdout).toContain("bclr bclri");
  expect(run("lw").stdout).toMatch(/^lw rd, imm12\(rs1\)\n {2}Loads four bytes/);
  expect(run("beqz").stdout).toContain("stands for beq rs1, zero, target");
  expect(run("call").stdout).toContain("auipc ra, %call(symbol)");
});
