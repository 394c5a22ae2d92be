/**
 * Random instruction streams, run in each tier and under QEMU's user mode: all
 * registers, memory and flags must come out the same, and tiers must retire the
 * same number of instructions.
 *
 *     node scripts/run.mjs conformance/machine/random-streams.ts [--seconds N] [--seed N] [--count N]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Hart, Machine, Memory, type Stop, type Tier } from "../../src/machine/index.ts";
import { type Operations, operationsOf } from "../../src/machine/operation.ts";
import { type Instruction, instructions, supports } from "../../src/riscv/index.ts";
import { isInstalled, Tally } from "../gnu-ld/process.ts";
import { asExecutable, BASE, DATA, DATA_SIZE, randomProgram } from "./streams.ts";

const number = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const until = Date.now() + number("seconds", 20) * 1000;
const count = number("count", Number.POSITIVE_INFINITY);
let seed = number("seed", 1);

/** What QEMU 7.2 knows, and how it is told. */
const common =
  "i m a f d c zicsr zba zbb zbc zbs zbkb zbkc zbkx zfh zfhmin zca zcd zcf zmmul zaamo zalrsc".split(" ");
const more = [...common, "zicond", "zfa", "zacas", "zabha", "zcb", "zimop", "zcmop"];

interface Kit {
  readonly xlen: 32 | 64;
  readonly operations: Operations;
  readonly rows: readonly Instruction[];
  readonly emulated: boolean;
}

const kits: Kit[] = [];
for (const xlen of [64, 32] as const) {
  for (const emulated of [true, false]) {
    const extensions = new Set((emulated ? common : more).filter((name) => name !== "zcf" || xlen === 32));
    const isa = { xlen, extensions };
    const rows = instructions().filter(
      (row) =>
        (row.xlen === 0 || row.xlen === xlen) &&
        supports(isa, row.needs) &&
        !/^(c\.)?(j|b[eglnu]|unimp)/.test(row.mnemonic),
    );
    kits.push({ xlen, operations: operationsOf(isa), rows, emulated });
  }
}

interface Outcome {
  readonly output: Uint8Array | undefined;
  readonly retired: number;
  readonly stop: string;
}

function runTier(program: Uint8Array, kit: Kit, tier: Tier, quantum: number): Outcome {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x20000 }]);
  memory.write(BASE, program);
  let output: Uint8Array | undefined;
  const exception = (hart: Hart, cause: number): "trap" | "resume" | Stop => {
    if (cause !== 8) return "trap";
    hart.pcNumber += 4;
    if (hart.number(17) === 93) return { kind: "exit", code: 0 };
    output = memory.slice(DATA, DATA_SIZE)?.slice();
    return "resume";
  };
  const machine = new Machine({
    xlen: kit.xlen,
    memory,
    privileged: false,
    tier,
    extensions: [...kit.operations.isa.extensions],
    environment: { exception },
  });
  machine.harts[0].pcNumber = BASE;
  for (let done = 0; done < 200_000; done += quantum) {
    const stop = machine.run(quantum);
    if (stop.kind !== "limit") {
      return {
        output,
        retired: machine.retired,
        stop: JSON.stringify(stop, (_, v) => (typeof v === "bigint" ? v.toString(16) : v)),
      };
    }
  }
  return { output, retired: machine.retired, stop: "limit" };
}

function firstDifference(a: Uint8Array | undefined, b: Uint8Array | undefined): string {
  if (!a || !b) return a === b ? "" : "output of one only";
  for (let at = 0; at < DATA_SIZE; at += 8) {
    const x = Buffer.from(a.subarray(at, at + 8))
      .reverse()
      .toString("hex");
    const y = Buffer.from(b.subarray(at, at + 8))
      .reverse()
      .toString("hex");
    if (x !== y) {
      const what =
        at < 256 ? `x${at / 8}` : at < 512 ? `f${at / 8 - 32}` : at === 512 ? "flags" : `memory ${at}`;
      return `${what}: ${x}, not ${y}`;
    }
  }
  return "";
}

const tally = new Tally();
const work = mkdtempSync(path.join(os.tmpdir(), "streams-"));
if (!isInstalled("qemu-riscv64")) tally.skip("comparison with QEMU", "qemu-riscv64 is not installed");
for (let done = 0; done < count && Date.now() < until; done++, seed++) {
  const kit = kits[seed % kits.length];
  const program = randomProgram(kit.rows, (word) => kit.operations.of(word), kit.xlen, seed);
  const problems: string[] = [];
  const reference = runTier(program, kit, "precise", 100_000);
  // An instruction that is missing would be missing in every tier.
  if (!reference.stop.includes('"exit"')) problems.push(`it does not come to its end: ${reference.stop}`);
  for (const [tier, quantum] of [
    ["interpreter", 100_000],
    ["translator", 100_000],
    ["mixed", 100_000],
    ["translator", 37 + (seed % 400)],
  ] as const) {
    const outcome = runTier(program, kit, tier, quantum);
    const different = firstDifference(outcome.output, reference.output);
    if (different) problems.push(`${tier} ${quantum}: ${different}`);
    if (outcome.retired !== reference.retired)
      problems.push(`${tier} ${quantum}: retired ${outcome.retired}, not ${reference.retired}`);
    if (outcome.stop !== reference.stop)
      problems.push(`${tier} ${quantum}: ${outcome.stop}, not ${reference.stop}`);
  }
  const emulator = `qemu-riscv${kit.xlen}`;
  if (kit.emulated && isInstalled(emulator)) {
    const file = path.join(work, "program");
    writeFileSync(file, asExecutable(program, kit.xlen), { mode: 0o755 });
    const { stdout, signal, status } = spawnSync(
      emulator,
      ["-cpu", `rv${kit.xlen},Zfh=true,zbkb=true,zbkc=true,zbkx=true`, file],
      { timeout: 20_000 },
    );
    const different = firstDifference(reference.output, new Uint8Array(stdout));
    if (status !== 0) problems.push(`QEMU ended with ${signal ?? status}, we with ${reference.stop}`);
    else if (different) problems.push(`against QEMU: ${different}`);
  }
  if (problems.length > 0) tally.fail(`seed ${seed} rv${kit.xlen}`, problems);
  else tally.pass();
}
rmSync(work, { recursive: true, force: true });
process.exitCode = tally.finish();
