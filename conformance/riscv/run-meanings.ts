/**
 * Checks what the instruction table says that integer instructions do, by
 * running them in QEMU:
 *
 *     node scripts/run.mjs conformance/riscv/run-meanings.ts [--seed N] [--each N] [--keep]
 *
 * For every instruction that computes one integer register of others (I, M, C
 * by its expansion, Zba, Zbb, Zbc, Zbs, Zk) a program runs it on values
 * at the edges and at random, and writes the results; they must be what the
 * meaning gives, by the evaluator beside this file. Memory, jumps, traps and
 * floating point are checked where programs run (conformance/machine).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  type Architecture,
  decode,
  encode,
  expand,
  type Instruction,
  instructions,
  operandAccepts,
  operandRange,
  parseArchitecture,
  supports,
} from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";
import { type Environment, run } from "./evaluate.ts";

const AS = "riscv64-unknown-elf-as";
const LD = "riscv64-unknown-elf-ld";
const EXTENSIONS = [
  "zba",
  "zbb",
  "zbc",
  "zbs",
  "zbkb",
  "zbkc",
  "zbkx",
  "zknd",
  "zkne",
  "zknh",
  "zksed",
  "zksh",
];

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const each = argument("--each") ?? 24;
const keep = process.argv.includes("--keep");

/** An instruction on certain values: registers by number before, and what it leaves in one of them. */
interface Trial {
  readonly instruction: Instruction;
  readonly word: number;
  readonly before: ReadonlyMap<number, bigint>;
  readonly register: number;
  readonly expected: bigint;
}

function values(xlen: 32 | 64): fc.Arbitrary<bigint> {
  const top = 1n << BigInt(xlen - 1);
  const most = 2n * top - 1n;
  return fc.oneof(
    fc.constantFrom(0n, 1n, most, top, top - 1n, 0x80000000n & most, 0x7fffffffn, 0xff00ff00n, 31n, 32n, 63n),
    fc.bigInt(0n, most),
    fc.tuple(fc.bigInt(0n, most), fc.nat(xlen - 1)).map(([value, shift]) => value >> BigInt(shift)),
  );
}

/** Trials of an instruction; none where it does more than compute an integer register. */
function trialsOf(instruction: Instruction, machine: Architecture): Trial[] {
  const { xlen } = machine;
  const operandValues = instruction.operands.map((operand) => {
    const [least, most] = operandRange(operand, xlen);
    // Registers that hold nothing the program needs: s0 and the a registers.
    const numbers = fc.integer({
      min: operand.class === "x" ? 8 : least,
      max: operand.class === "x" ? 15 : most,
    });
    return numbers.filter(
      (value) => operandAccepts(operand, value, xlen) && (operand.class !== "x" || value !== 9),
    );
  });
  const made: Trial[] = [];
  const samples = fc.sample(
    fc.tuple(fc.tuple(...operandValues), fc.array(values(xlen), { minLength: 8, maxLength: 8 })),
    {
      seed: seed + instruction.index,
      numRuns: each,
    },
  );
  for (const [chosen, contents] of samples) {
    const word = encode(instruction, chosen);
    if (decode(word, machine)?.instruction !== instruction) continue;
    const expanded = expand(instruction, chosen, xlen) ?? { instruction, values: chosen };
    const before = new Map<number, bigint>([[0, 0n]]);
    for (let i = 0; i < 8; i++) before.set(8 + i, contents[i]);
    const names: Environment = new Map();
    let register = 0;
    for (const [i, operand] of expanded.instruction.operands.entries()) {
      const value = expanded.values[i];
      const held = before.get(value);
      if (operand.class === "f" || (operand.class === "x" && held === undefined)) return [];
      if (operand.class === "x") names.set(operand.name, held!);
      else names.set(operand.name, BigInt(value));
      if (operand.name === "rd") register = value;
    }
    // QEMU 7.2 looks at the upper half of ctzw's operand too where the lower is 0.
    if (instruction.mnemonic === "ctzw" && BigInt.asUintN(32, names.get("rs1")!) === 0n) continue;
    if (register === 0 || !run(expanded.instruction.meaning!.statements, names, xlen)) return [];
    made.push({ instruction, word, before, register, expected: BigInt.asUintN(xlen, names.get("rd")!) });
  }
  return made;
}

/** A program that makes each trial and writes the results, one word each. */
function program(trials: readonly Trial[], xlen: 32 | 64): string {
  const [load, store, size] = xlen === 64 ? ["ld", "sd", 8] : ["lw", "sw", 4];
  const data = xlen === 64 ? ".dword" : ".word";
  const lines = [".option norvc", ".globl _start", "_start:", "la s1, values", "la t6, results"];
  const table: string[] = [];
  for (const { word, before, register, instruction } of trials) {
    for (const [number, value] of before) {
      if (number === 0 || number === 9) continue;
      lines.push(`${load} x${number}, ${(number - 8) * size}(s1)`);
      table[number - 8] = `${value}`;
    }
    lines.push(`${instruction.size === 2 ? ".2byte" : ".4byte"} 0x${word.toString(16)}`, ".balign 4");
    lines.push(`${store} x${register}, 0(t6)`, `addi t6, t6, ${size}`, `addi s1, s1, ${8 * size}`);
  }
  lines.push("li a7, 64", "li a0, 1", "la a1, results", `li a2, ${trials.length * size}`, "ecall");
  lines.push("li a7, 93", "li a0, 0", "ecall", ".data", ".balign 8", "values:");
  for (const { before } of trials) {
    const row = Array.from({ length: 8 }, (_, i) => `0x${(before.get(8 + i) ?? 0n).toString(16)}`);
    lines.push(`${data} ${row.join(", ")}`);
  }
  lines.push(".bss", ".balign 8", "results:", `.zero ${trials.length * size}`);
  return `${lines.join("\n")}\n`;
}

async function check(xlen: 32 | 64, folder: string, tally: Tally): Promise<void> {
  const { architecture } = parseArchitecture(`rv${xlen}gc_${EXTENSIONS.join("_")}`);
  const trials: Trial[] = [];
  const names = new Set<string>();
  for (const instruction of instructions()) {
    if (instruction.hidden || (instruction.xlen !== 0 && instruction.xlen !== xlen)) continue;
    if (!supports(architecture, instruction.needs)) continue;
    const own = trialsOf(instruction, architecture);
    if (own.length > 0) names.add(instruction.mnemonic);
    trials.push(...own);
  }
  writeFileSync(path.join(folder, "input.s"), program(trials, xlen));
  const cpu = `rv${xlen},${EXTENSIONS.map((name) => `${name}=true`).join(",")}`;
  const made = await runShell(
    `${AS} -march=rv${xlen}gc -mno-relax input.s -o out.o && ` +
      `${LD} -m elf${xlen}lriscv -Ttext=0x10000 out.o -o out && qemu-riscv${xlen} -cpu ${cpu} out > results`,
    folder,
  );
  if (made.status !== 0) {
    tally.fail(`RV${xlen}`, made.stderr.split("\n").slice(0, 5));
    return;
  }
  const results = (await runShell("od -An -v -tx1 results", folder)).stdout.trim().split(/\s+/);
  const size = xlen / 8;
  const problems = new Map<string, string>();
  for (const [i, trial] of trials.entries()) {
    const bytes = results.slice(i * size, (i + 1) * size).reverse();
    const actual = BigInt(`0x${bytes.join("")}`);
    if (actual === trial.expected || problems.has(trial.instruction.mnemonic)) continue;
    problems.set(
      trial.instruction.mnemonic,
      `word ${trial.word.toString(16)}: QEMU ${actual.toString(16)}, the table ${trial.expected.toString(16)}`,
    );
  }
  for (const name of names) {
    const problem = problems.get(name);
    if (problem) tally.fail(`RV${xlen} ${name}`, [problem]);
    else tally.pass();
  }
  console.log(`RV${xlen}: ${names.size} instructions, ${trials.length} trials`);
}

async function main(): Promise<number> {
  const tally = new Tally();
  const missing = [AS, LD, "qemu-riscv32", "qemu-riscv64"].filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    tally.skip("meanings", `${missing.join(", ")} not installed`);
    return tally.finish();
  }
  console.log(`seed ${seed}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-riscv-"));
  for (const xlen of [32, 64] as const) await check(xlen, folder, tally);
  if (!keep) rmSync(folder, { recursive: true });
  else console.log(`kept ${folder}`);
  return tally.finish();
}

process.exitCode = await main();
