/**
 * Runs the riscv-tests, every isa test of the sets that the machine has, built
 * for physical (-p) and virtual memory (-v):
 *
 *     node scripts/run.mjs conformance/machine/riscv-tests.ts --tests FOLDER --env FOLDER [--build FOLDER]
 *         [--tiers precise,interpreter,translator,mixed] [REGEX]
 *
 * --tests  a checkout of riscv-tests, or a bare repository; --env, the same of riscv-test-env
 * --build  where built tests are kept; a temporary folder if not given
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Machine, Memory, type Tier } from "../../src/machine/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";
import { loadInto } from "./load.ts";

/** Sets by their folders, and what they are compiled for. */
const SETS: Readonly<Record<string, string>> = {
  ui: "g",
  uc: "g",
  um: "g",
  ua: "g",
  uf: "g",
  ud: "g",
  uzfh: "g_zfh",
  uzba: "g_zba",
  uzbb: "g_zbb",
  uzbc: "g_zbc",
  uzbkb: "g_zbkb",
  uzbkx: "g_zbkx",
  uzbs: "g_zbs",
  uzicond: "g",
  si: "g",
  mi: "g",
  mzicbo: "g_zicboz",
};

/** Instructions after which a test is taken to hang. */
const LIMIT = 3_000_000;

const tally = new Tally();
const options = new Map<string, string>();
let filter = /./;
for (let i = 2; i < process.argv.length; i++) {
  const argument = process.argv[i];
  if (argument.startsWith("--")) options.set(argument.slice(2), process.argv[++i]);
  else filter = new RegExp(argument);
}

const work = mkdtempSync(path.join(os.tmpdir(), "riscv-tests-"));
const tests = await checkout("tests");
const env = await checkout("env");
const build = options.get("build") ?? path.join(work, "build");
const gcc = "riscv64-unknown-elf-gcc";
if (!tests || !env) tally.leaveOut("riscv-tests", "no folder given with --tests and --env");
else if (!isInstalled(gcc)) tally.skip("riscv-tests", `${gcc} is not installed`);
else await runAll(tests, env);
rmSync(work, { recursive: true, force: true });
process.exitCode = tally.finish();

/** The folder of an option; of a bare repository an unpacked copy. */
async function checkout(name: string): Promise<string | undefined> {
  const folder = options.get(name);
  if (folder === undefined || !existsSync(folder)) return undefined;
  if (existsSync(path.join(folder, "isa")) || existsSync(path.join(folder, "v"))) return path.resolve(folder);
  const to = path.join(work, name);
  mkdirSync(to);
  await runShell(`git --git-dir='${path.resolve(folder)}' archive HEAD | tar x -C '${to}'`, work);
  return to;
}

async function runAll(tests: string, env: string): Promise<void> {
  mkdirSync(build, { recursive: true });
  // Debian 12's assembler does not know Zicond.
  writeFileSync(
    path.join(build, "zicond.h"),
    [
      ".macro czero.eqz d a b\n.insn r 0x33, 5, 7, \\d, \\a, \\b\n.endm",
      ".macro czero.nez d a b\n.insn r 0x33, 7, 7, \\d, \\a, \\b\n.endm\n",
    ].join("\n"),
  );
  const tiers = (options.get("tiers") ?? "precise,interpreter,translator,mixed").split(",") as Tier[];
  for (const xlen of [32, 64] as const) {
    for (const [set, extensions] of Object.entries(SETS)) {
      const folder = path.join(tests, "isa", `rv${xlen}${set}`);
      if (!existsSync(folder)) continue;
      const makefrag = readFileSync(path.join(folder, "Makefrag"), "utf8").replaceAll("\\\n", " ");
      const names = /_sc_tests\s*=\s*(.*)/.exec(makefrag)?.[1].trim().split(/\s+/) ?? [];
      for (const variant of ["p", "v"] as const) {
        if (!makefrag.includes(`_${variant}_tests`)) continue;
        for (const name of names) {
          const full = `rv${xlen}${set}-${variant}-${name}`;
          if (!filter.test(full)) continue;
          const file = path.join(build, full);
          const problem = existsSync(file)
            ? ""
            : await compile(file, path.join(folder, `${name}.S`), xlen, extensions, variant, tests, env);
          if (problem) {
            tally.fail(full, [problem]);
            continue;
          }
          for (const tier of tiers) judge(`${full} ${tier}`, file, tier);
        }
      }
    }
  }
}

async function compile(
  file: string,
  source: string,
  xlen: 32 | 64,
  extensions: string,
  variant: "p" | "v",
  tests: string,
  env: string,
): Promise<string> {
  const march = `-march=rv${xlen}${extensions} -mabi=${xlen === 64 ? "lp64" : "ilp32"}`;
  const common = `-static -mcmodel=medany -fvisibility=hidden -nostdlib -nostartfiles -I${env} -I${env}/${variant} -I${tests}/isa/macros/scalar`;
  let objects = "";
  if (variant === "v") {
    const base = path.join(build, `env${xlen}`);
    if (!existsSync(`${base}-vm.o`)) {
      for (const part of ["entry.S", "string.c", "vm.c"]) {
        const output = `${base}-${path.parse(part).name}.o`;
        const { status, stderr } = await runShell(
          `${gcc} -march=rv${xlen}g -mabi=${xlen === 64 ? "lp64d" : "ilp32"} ${common} --specs=picolibc.specs -DENTROPY=0x5ca1ab1 -std=gnu99 -O2 -c ${env}/v/${part} -o ${output}`,
          build,
        );
        if (status !== 0) return stderr;
      }
    }
    objects = ["entry", "string", "vm"].map((part) => `${base}-${part}.o`).join(" ");
  }
  const abi = xlen === 64 && variant === "v" ? march.replace("lp64", "lp64d") : march;
  const { status, stderr } = await runShell(
    `${gcc} ${abi} ${common} -T${env}/${variant}/link.ld ${objects} ${source.includes("zicond") ? "-include zicond.h" : ""} ${source} -o ${file}.tmp && mv ${file}.tmp ${file}`,
    build,
  );
  return status === 0 ? "" : stderr;
}

/** Runs a built test; it reports through the word `tohost`: 1 is success, other odd numbers the case that failed. */
function judge(name: string, file: string, tier: Tier): void {
  try {
    const result = runTest(file, tier);
    if (result === "") tally.pass();
    else tally.fail(name, [result]);
  } catch (error) {
    tally.fail(name, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
}

function runTest(file: string, tier: Tier): string {
  const memory = new Memory([{ name: "ram", base: 0x80000000, size: 0x400000 }]);
  const bytes = readFileSync(file);
  const image = loadInto(memory, bytes);
  const machine = new Machine({ xlen: image.xlen, memory, privileged: true, tier });
  const hart = machine.harts[0];
  hart.pcNumber = image.entry;
  const tohost = image.symbol("tohost") ?? 0;
  let text = "";
  while (machine.retired < LIMIT) {
    const stop = machine.run(2000);
    if (stop.kind !== "limit") return `stopped: ${stop.kind}`;
    const low = memory.read32(tohost) ?? 0;
    const high = memory.read32(tohost + 4) ?? 0;
    if (low === 0 && high === 0) continue;
    if (high === 0x01010000) text += String.fromCharCode(low & 0xff);
    else if ((low & 1) === 0)
      text += String.fromCharCode((memory.read32(memory.read32(low + 16) ?? 0) ?? 0) & 0xff);
    else return low === 1 && high === 0 ? "" : `case ${low >>> 1} failed ${text}`;
    memory.write32(tohost, 0);
    memory.write32(tohost + 4, 0);
    memory.write32(tohost + 64, 1);
  }
  return `no result after ${LIMIT} instructions, pc ${hart.pc.toString(16)} ${text}`;
}
