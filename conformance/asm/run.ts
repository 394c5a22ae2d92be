/**
 * Assembles the same sources with ours and with GNU as and compares the objects:
 * section headers, bytes, relocations, symbols, groups, and whether the files
 * are the same bit for bit.
 *
 *     node scripts/run.mjs conformance/asm/run.ts [--seeds N] [--seconds N] [--only GROUP,GROUP]
 *         [--full] [--cache FOLDER] [--riscv-tests FOLDER [--env FOLDER]] [--sources FOLDER] [--show N] [NAME]...
 *
 * --seeds        programs a generator makes (40)
 * --seconds      stop starting new comparisons after this long
 * --only         of: cases (test/asm/cases and examples/riscv-article), gcc, g++, clang, tests, sources
 * --full         every seed at -O0, -O2 and -Os with and without -g for all three targets
 * --cache        keep compiled sources there from run to run
 * --riscv-tests  riscv-tests with its env/ in place, or a git directory, and --env that of riscv-test-env
 * --sources      C files to compile as well, in any depth
 * NAME           only the jobs with these names (a prefix will do)
 *
 * What may differ is listed with reasons in differences.json.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Difference } from "../gnu-ld/compare-images.ts";
import { judge, readReasons, showDifferences } from "../gnu-ld/differences.ts";
import { isInstalled, Tally } from "../gnu-ld/process.ts";
import { compareObjects } from "./compare-objects.ts";
import { assembleFile } from "./ours.ts";
import { riscvTestsFolder } from "./riscv-tests.ts";
import {
  caseJobs,
  clangJobs,
  folderJobs,
  gccJobs,
  gxxJobs,
  type Job,
  riscvTestsJobs,
  type Workshop,
} from "./sources.ts";

const AS = "riscv64-unknown-elf-as";
const GROUPS = ["cases", "gcc", "g++", "clang", "tests", "sources"];
const NEEDS: Readonly<Record<string, string>> = {
  cases: AS,
  gcc: "riscv64-unknown-elf-gcc",
  "g++": "riscv64-unknown-elf-g++",
  clang: "clang",
  tests: "riscv64-unknown-elf-gcc",
  sources: "riscv64-unknown-elf-gcc",
};

function parse(args: readonly string[]) {
  const options = {
    seeds: 40,
    seconds: Infinity,
    only: GROUPS,
    full: false,
    cache: "",
    riscvTests: "",
    env: "",
    sources: "",
    show: 6,
    names: [] as string[],
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--seeds") options.seeds = Number(args[++i]);
    else if (arg === "--seconds") options.seconds = Number(args[++i]);
    else if (arg === "--only") options.only = args[++i].split(",");
    else if (arg === "--full") options.full = true;
    else if (arg === "--cache") options.cache = path.resolve(args[++i]);
    else if (arg === "--riscv-tests") options.riscvTests = args[++i];
    else if (arg === "--env") options.env = args[++i];
    else if (arg === "--sources") options.sources = args[++i];
    else if (arg === "--show") options.show = Number(args[++i]);
    else if (arg.startsWith("--")) throw new Error(`unknown option ${arg}`);
    else options.names.push(arg);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const reasons = readReasons(path.join(process.cwd(), "conformance/asm/differences.json"));
const folder = options.cache || mkdtempSync(path.join(os.tmpdir(), "premain-asm-"));
mkdirSync(folder, { recursive: true });
let uncompiled = 0;
const shop: Workshop = {
  folder,
  full: options.full,
  log: (text) => {
    uncompiled++;
    if (options.names.length) console.log(text);
  },
};
const tally = new Tally();
const used: Record<string, number> = {};
const kinds = new Map<string, number>();
const times = { gnu: 0, ours: 0 };
let identical = 0;
let rejected = 0;

function* jobs(group: string): Generator<Job> {
  if (group === "cases") {
    for (const cases of ["test/asm/cases", "examples/riscv-article"])
      yield* caseJobs(path.join(process.cwd(), cases));
  } else if (group === "tests") yield* riscvTestsJobs(shop, options.riscvTests);
  else if (group === "sources") yield* folderJobs(shop, options.sources);
  else {
    const make = group === "gcc" ? gccJobs : group === "g++" ? gxxJobs : clangJobs;
    for (let seed = 0; seed < options.seeds; seed++) yield* make(shop, seed);
  }
}

function check(job: Job): void {
  const output = path.join(folder, `gnu-${process.pid}.o`);
  rmSync(output, { force: true });
  let start = performance.now();
  const gnu = spawnSync(AS, [...job.flags, job.path, "-o", output], { cwd: folder, encoding: "utf8" });
  times.gnu += performance.now() - start;
  start = performance.now();
  const ours = assembleFile(job.path, job.flags, folder);
  times.ours += performance.now() - start;
  if (gnu.status !== 0) {
    // Both have to reject it, unless it is for an extension that came after GNU as 2.40.
    const newer = /unknown prefixed ISA extension/.test(gnu.stderr);
    if (!ours.object || newer) {
      rejected++;
      tally.pass();
    } else tally.fail(job.name, [`GNU as rejects it and ours does not: ${gnu.stderr.split("\n")[1]}`]);
    return;
  }
  if (!ours.object) {
    count("not assembled");
    tally.fail(job.name, ours.messages.split("\n").slice(0, options.show));
    return;
  }
  if (options.names.length) writeFileSync(path.join(folder, "ours.o"), ours.object);
  let differences: Difference[];
  try {
    const compared = compareObjects(readFileSync(output), ours.object);
    if (compared.same) identical++;
    differences = compared.differences;
  } catch (problem) {
    tally.fail(job.name, [`our object cannot be read: ${problem}`]);
    return;
  }
  const { rest, accepted } = judge(reasons, job.name, differences);
  for (const [reason, times] of Object.entries(accepted)) used[reason] = (used[reason] ?? 0) + times;
  if (!rest.length) {
    tally.pass();
    return;
  }
  for (const kind of new Set(rest.map((d) => `${d.category} ${d.subject.replace(/\+0x.*|\d+$/, "")}`)))
    count(kind);
  tally.fail(job.name, [`${rest.length} differences`, showDifferences(rest, options.show)]);
}

function count(kind: string): void {
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
}

const started = performance.now();
for (const group of options.only) {
  if (!GROUPS.includes(group)) throw new Error(`unknown group ${group}`);
  if (group === "tests") {
    if (!options.riscvTests) continue;
    const tests = riscvTestsFolder(options.riscvTests, options.env, folder);
    if (!tests) {
      tally.leaveOut(group, `riscv-tests are not in ${options.riscvTests}`);
      continue;
    }
    options.riscvTests = tests;
  }
  if (group === "sources" && !options.sources) continue;
  if (!isInstalled(AS) || !isInstalled(NEEDS[group])) {
    tally.skip(group, `${isInstalled(AS) ? NEEDS[group] : AS} is not installed`);
    continue;
  }
  const before = tally.passed + tally.failed;
  for (const job of jobs(group)) {
    if (options.names.length && !options.names.some((name) => job.name.startsWith(name))) continue;
    if (performance.now() - started > options.seconds * 1000) break;
    check(job);
  }
  console.log(`${group}: ${tally.passed + tally.failed - before} sources`);
}
if (!options.cache) rmSync(folder, { recursive: true, force: true });
for (const [kind, times] of [...kinds].sort((a, b) => b[1] - a[1]).slice(0, 25))
  console.log(`  ${times} with ${kind}`);
for (const [reason, times] of Object.entries(used)) console.log(`accepted: ${reason} ${times} times`);
if (rejected) console.log(`${rejected} sources are rejected by GNU as`);
if (uncompiled) console.log(`${uncompiled} sources were rejected by their compiler and left out`);
console.log(
  `${identical} objects are the same bit for bit; GNU as ${Math.round(times.gnu)} ms, ours ${Math.round(times.ours)} ms`,
);
process.exitCode = tally.finish();
