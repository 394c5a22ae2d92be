/**
 * Checks floating-point instructions row by row, in QEMU and in each tier of the machine:
 *
 *     node scripts/run.mjs conformance/riscv/run-float.ts [--seed N] [--each N] [--keep]
 *
 * For every row of F, D, Zfh and Zfa that computes registers of registers a
 * program runs it on values at the edges and at random, boxed and not, in each
 * rounding mode, static and dynamic, and writes the registers and fcsr. QEMU's
 * user mode and our four tiers must write the same bytes. (QEMU 7.2 does not
 * know Zfa; there the tiers are compared with each other. TestFloat, which
 * conformance/machine/testfloat.ts runs, has the functions behind them.)
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { Report } from "../../src/diagnostics/index.ts";
import { type Stream, startLinux, type Tier } from "../../src/machine/index.ts";
import { operationsOf } from "../../src/machine/operation.ts";
import { decode, encode, type Instruction, instructions, isa, supports } from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

const AS = "riscv64-unknown-elf-as";
const LD = "riscv64-unknown-elf-ld";
const TIERS: readonly Tier[] = ["precise", "interpreter", "translator", "mixed"];
/** Bytes of results and of values for each trial. */
const RESULT = 32;
const DATA = 48;

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const each = argument("--each") ?? 60;
const keep = process.argv.includes("--keep");

interface Trial {
  readonly instruction: Instruction;
  readonly word: number;
  /** Three sources and the old value of the destination. */
  readonly floats: readonly bigint[];
  readonly integer: bigint;
  readonly fcsr: number;
}

/** Exponents and fractions at their edges, by the width of the format. */
function edges(width: number, exponentBits: number): fc.Arbitrary<bigint> {
  const fractionBits = width - 1 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = fc.oneof(
    fc.constantFrom(0, 1, 2, bias - 1, bias, bias + 1, 2 * bias, 2 * bias + 1),
    fc.integer({ min: bias - 70, max: bias + 70 }).map((e) => Math.min(Math.max(e, 0), 2 * bias + 1)),
    fc.integer({ min: 0, max: 2 * bias + 1 }),
  );
  const most = (1n << BigInt(fractionBits)) - 1n;
  const half = 1n << BigInt(fractionBits - 1);
  const fraction = fc.oneof(
    fc.constantFrom(0n, 1n, 2n, half - 1n, half, half + 1n, most - 1n, most),
    fc.nat(fractionBits - 1).map((bit) => 1n << BigInt(bit)),
    fc.bigInt(0n, most),
  );
  return fc
    .tuple(fc.boolean(), exponent, fraction)
    .map(([sign, e, f]) => ((sign ? 1n : 0n) << BigInt(width - 1)) | (BigInt(e) << BigInt(fractionBits)) | f);
}

/** Contents of a register: a value of the format that the row is about, mostly boxed. */
function contents(width: number): fc.Arbitrary<bigint> {
  const boxed = (value: bigint) => value | (((1n << BigInt(64 - width)) - 1n) << BigInt(width));
  const own = edges(width, width === 64 ? 11 : width === 32 ? 8 : 5);
  const well = width === 64 ? own : own.map(boxed);
  return fc.oneof({ arbitrary: well, weight: 12 }, { arbitrary: fc.bigInt(0n, (1n << 64n) - 1n), weight: 1 });
}

const integers = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
  ),
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.tuple(fc.bigInt(0n, (1n << 64n) - 1n), fc.nat(63)).map(([value, by]) => value >> BigInt(by)),
);

/** The widths of the formats that a mnemonic's suffixes name. */
function widths(mnemonic: string): number[] {
  const found = mnemonic
    .split(".")
    .slice(1)
    .flatMap((suffix) => (suffix === "h" ? [16] : suffix === "s" ? [32] : suffix === "d" ? [64] : []));
  return found.length > 0 ? found : [64];
}

function trialsOf(instruction: Instruction, xlen: 32 | 64, letters: readonly string[]): Trial[] {
  const machine = isa(xlen, letters);
  const made: Trial[] = [];
  const kinds = widths(instruction.mnemonic).map(contents);
  const float = fc.oneof(...kinds);
  const places: Readonly<Record<string, readonly number[]>> = {
    fd: [13, 10, 11],
    fs1: [10, 11],
    fs2: [11, 10],
    fs3: [12, 10],
    rd: [12],
    rs1: [11],
    rs2: [13],
    rm: [0, 1, 2, 3, 4, 7],
  };
  const operands = instruction.operands.map(({ name }) =>
    name in places ? fc.constantFrom(...places[name]) : fc.nat(31),
  );
  const samples = fc.sample(
    fc.tuple(
      fc.tuple(...operands),
      fc.tuple(float, float, float, float),
      integers,
      fc.nat(4),
      fc.constantFrom(0, 0, 31),
    ),
    { seed: seed + instruction.index, numRuns: each },
  );
  for (const [values, floats, integer, mode, flags] of samples) {
    const word = encode(instruction, values);
    if (decode(word, machine)?.instruction !== instruction) continue;
    made.push({ instruction, word, floats, integer, fcsr: (mode << 5) | flags });
  }
  return made;
}

/** A program that makes each trial and writes f10, f13, x12 and fcsr of each, in eight bytes each. */
function program(trials: readonly Trial[], xlen: 32 | 64): string {
  const [load, store] = xlen === 64 ? ["ld", "sd"] : ["lw", "sw"];
  const lines = [".option norvc", ".globl _start", "_start:"];
  lines.push("la s1, values", "la t6, results");
  for (const { word } of trials) {
    for (let i = 0; i < 4; i++) lines.push(`fld f${10 + i}, ${8 * i}(s1)`);
    lines.push(`${load} x11, 32(s1)`, "lw t0, 40(s1)", "mv x12, x11", "mv x13, s1", "fscsr t0");
    lines.push(`.4byte 0x${word.toString(16)}`, "frcsr t1", "fsd f10, 0(t6)", "fsd f13, 8(t6)");
    lines.push(`${store} x12, 16(t6)`, "sw t1, 24(t6)", `addi t6, t6, ${RESULT}`, `addi s1, s1, ${DATA}`);
  }
  lines.push("li a7, 64", "li a0, 1", "la a1, results", `li a2, ${trials.length * RESULT}`, "ecall");
  lines.push("li a7, 93", "li a0, 0", "ecall", ".data", ".balign 8", "values:");
  for (const { floats, integer, fcsr } of trials) {
    const row = [...floats, integer, BigInt(fcsr)].map((value) => `0x${value.toString(16)}`);
    lines.push(`.dword ${row.join(", ")}`);
  }
  lines.push(".bss", ".balign 8", "results:", `.zero ${trials.length * RESULT}`);
  return `${lines.join("\n")}\n`;
}

/** What a program writes in a tier. */
function runOurs(file: string, tier: Tier): Uint8Array {
  const pieces: Uint8Array[] = [];
  const output: Stream = {
    kind: "pipe",
    read: () => 0,
    write(bytes) {
      pieces.push(bytes.slice());
      return bytes.length;
    },
  };
  const options = { path: file, arguments: [file], input: output, output, errors: output, tier };
  startLinux(readFileSync(file), file, options, new Report())?.run(1e9);
  return new Uint8Array(Buffer.concat(pieces));
}

const shown = (bytes: Uint8Array, at: number): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + RESULT > bytes.length) return "nothing";
  const words = [0, 8, 16].map((offset) => view.getBigUint64(at + offset, true).toString(16));
  return `f10 ${words[0]} f13 ${words[1]} x12 ${words[2]} fcsr ${view.getUint32(at + 24, true).toString(16)}`;
};

async function check(xlen: 32 | 64, later: boolean, folder: string, tally: Tally): Promise<void> {
  const letters = ["i", "m", "a", "f", "d", "c", "zicsr", "zfh", "zfhmin", ...(later ? ["zfa"] : [])];
  const machine = isa(xlen, letters);
  const operations = operationsOf(machine);
  const trials: Trial[] = [];
  for (const row of instructions()) {
    if (row.size !== 4 || row.meaning === undefined || !supports(machine, row.needs)) continue;
    if ((row.xlen !== 0 && row.xlen !== xlen) || row.needs.includes("Zfa") !== later) continue;
    const traits = operations.ofRow(row)?.traits;
    if (!traits?.float || traits.memory || traits.jumps || traits.system) continue;
    trials.push(...trialsOf(row, xlen, letters));
  }
  writeFileSync(path.join(folder, "input.s"), program(trials, xlen));
  const file = path.join(folder, "out");
  const made = await runShell(
    `${AS} -march=rv${xlen}gc -mno-relax input.s -o out.o && ${LD} -m elf${xlen}lriscv -Ttext=0x20000 out.o -o out`,
    folder,
  );
  const title = `RV${xlen}${later ? " Zfa" : ""}`;
  if (made.status !== 0) return tally.fail(title, made.stderr.split("\n").slice(0, 5));
  const results = TIERS.map((tier): readonly [string, Uint8Array] => [tier, runOurs(file, tier)]);
  if (!later) {
    const peer = await runShell(`qemu-riscv${xlen} -cpu rv${xlen},Zfh=true out > results`, folder);
    if (peer.status !== 0) return tally.fail(title, [`QEMU: ${peer.stderr.slice(0, 500)}`]);
    results.unshift(["QEMU", new Uint8Array(readFileSync(path.join(folder, "results")))]);
  }
  const names = new Map<string, string[]>();
  for (const [i, { instruction, word }] of trials.entries()) {
    const problems = names.get(instruction.mnemonic) ?? [];
    names.set(instruction.mnemonic, problems);
    if (problems.length > 0) continue;
    const at = i * RESULT;
    const texts = results.map(([, bytes]) => shown(bytes, at));
    if (texts.every((text) => text === texts[0] && text !== "nothing")) continue;
    problems.push(
      `word ${word.toString(16)}, ${JSON.stringify(trials[i], (_, v) => (typeof v === "bigint" ? v.toString(16) : typeof v === "object" && v !== null && "mnemonic" in v ? undefined : v))}`,
    );
    for (const [k, [name]] of results.entries()) problems.push(`${name}: ${texts[k]}`);
  }
  for (const [name, problems] of names)
    if (problems.length > 0) tally.fail(`${title} ${name}`, problems);
    else tally.pass();
  console.log(`${title}: ${names.size} instructions, ${trials.length} trials`);
}

async function main(): Promise<number> {
  const tally = new Tally();
  const missing = [AS, LD, "qemu-riscv32", "qemu-riscv64"].filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    tally.skip("floating point", `${missing.join(", ")} not installed`);
    return tally.finish();
  }
  console.log(`seed ${seed}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-float-"));
  for (const xlen of [32, 64] as const)
    for (const later of [false, true]) await check(xlen, later, folder, tally);
  if (!keep) rmSync(folder, { recursive: true });
  else console.log(`kept ${folder}`);
  return tally.finish();
}

process.exitCode = await main();
