/**
 * Runs cases (case-file.ts) through GNU ld and through ours and compares all:
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-cases.ts [--ld LINKER] [--keep] [--update] [FILE|FOLDER]...
 *
 * --ld      our linker (bin/ld); `--ld reference` runs GNU ld twice, to check the cases themselves
 * --keep    leaves the working folders and prints them
 * --update  rewrites `--- expected` of cases without a peer
 *
 * Without the tools for a target a case is skipped; with CI=true that is a failure.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { auditReport, type LinkReport } from "../../src/link/index.ts";
import { type CaseFile, parseCase, type TargetName } from "./case-file.ts";
import { compareImages, type Difference } from "./compare-images.ts";
import { judge, type Reasons, readReasons, showDifferences } from "./differences.ts";
import { dump } from "./expected.ts";
import { isInstalled, type Result, runShell, Tally } from "./process.ts";

interface Tools {
  readonly ld: string;
  readonly as: string;
  readonly cc: string;
  readonly ar: string;
}

const CFLAGS =
  "-O1 -ffreestanding -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none";
const RISCV_CFLAGS = "-O1 -ffreestanding -fno-asynchronous-unwind-tables";
const TOOLS: Readonly<Record<TargetName, Tools>> = {
  "x86-64": { ld: "ld -m elf_x86_64", as: "as --64", cc: `gcc -m64 ${CFLAGS}`, ar: "ar" },
  i386: { ld: "ld -m elf_i386", as: "as --32", cc: `gcc -m32 ${CFLAGS}`, ar: "ar" },
  riscv64: {
    ld: "riscv64-unknown-elf-ld -m elf64lriscv",
    as: "riscv64-unknown-elf-as -march=rv64gc -mabi=lp64d",
    cc: `riscv64-unknown-elf-gcc -march=rv64gc -mabi=lp64d ${RISCV_CFLAGS}`,
    ar: "riscv64-unknown-elf-ar",
  },
  // GNU ld knows -z relro and -z separate-code only where it is made for Linux.
  "riscv64-linux": {
    ld: "riscv64-linux-gnu-ld -m elf64lriscv",
    as: "riscv64-linux-gnu-as -march=rv64gc -mabi=lp64d",
    cc: `riscv64-linux-gnu-gcc -march=rv64gc -mabi=lp64d ${RISCV_CFLAGS}`,
    ar: "riscv64-linux-gnu-ar",
  },
  riscv32: {
    ld: "riscv64-unknown-elf-ld -m elf32lriscv",
    as: "riscv64-unknown-elf-as -march=rv32imac -mabi=ilp32",
    cc: `riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 ${RISCV_CFLAGS}`,
    ar: "riscv64-unknown-elf-ar",
  },
};

const root = process.cwd();

/** Writes and assembles the inputs; what could not be made, or undefined. */
async function makeInputs(test: CaseFile, tools: Tools, folder: string): Promise<string | undefined> {
  for (const [name, text] of test.inputs) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
    const object = name.replace(/\.\w+$/, ".o");
    const command = name.endsWith(".s") ? tools.as : name.endsWith(".c") ? `${tools.cc} -c` : undefined;
    if (!command) continue;
    const made = await runShell(`${command} ${name} -o ${object}`, folder);
    if (made.status) return made.stderr;
  }
  for (const [name, members] of test.archives) {
    const thin = members[0] === "thin";
    const made = await runShell(
      `${tools.ar} rc${thin ? "T" : ""}D ${name} ${members.slice(thin ? 1 : 0).join(" ")}`,
      folder,
    );
    if (made.status) return made.stderr;
  }
  return undefined;
}

/** Messages with the linker called `ld`, as its own name and path depend on who calls. */
function messages(text: string): string[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replace(/^(?:\S*\/)?(?:[\w-]+-)?ld(?:\.\w+)?(?=:)/, "ld"));
}

/** Where ours writes what it knows of each link, to be audited. */
const REPORT = "premain-report.json";

/** Runs the commands of a case; the failing one is the last that runs. */
async function runCommands(test: CaseFile, ld: string, folder: string, problems?: string[]): Promise<Result> {
  const all = { status: 0, stdout: "", stderr: "" };
  for (const command of test.commands) {
    const { status, stdout, stderr } = await runShell(command.replaceAll("%ld", ld), folder);
    all.stdout += stdout;
    all.stderr += stderr;
    all.status = status;
    if (problems) problems.push(...auditLink(path.join(folder, REPORT)));
    if (status) break;
  }
  return all;
}

/** Every byte of an output has one owner, and the totals add up. */
function auditLink(report: string): string[] {
  if (!existsSync(report)) return [];
  const text = readFileSync(report, "utf8");
  rmSync(report);
  return auditReport(JSON.parse(text) as LinkReport).map((problem) => `report: ${problem}`);
}

function compareResults(test: CaseFile, gnu: Result, ours: Result): string[] {
  const problems: string[] = [];
  if (gnu.status !== ours.status) {
    problems.push(`exit code: GNU ${gnu.status}, ours ${ours.status}`);
    if (ours.status) problems.push(ours.stderr.split("\n").slice(0, 4).join("\n      "));
  }
  if (test.stdout === "same" && gnu.stdout !== ours.stdout) {
    const [a, b] = [gnu.stdout.split("\n"), ours.stdout.split("\n")];
    const at = a.findIndex((line, i) => line !== b[i]);
    const line = at < 0 ? a.length : at;
    problems.push(`stdout line ${line + 1}: GNU ${JSON.stringify(a[line])}, ours ${JSON.stringify(b[line])}`);
  }
  const [a, b] = [messages(gnu.stderr), messages(ours.stderr)];
  if (test.stderr === "first" && a[0] !== b[0])
    problems.push(`stderr: GNU ${JSON.stringify(a[0])}, ours ${JSON.stringify(b[0])}`);
  if (test.stderr === "all") {
    let at = 0;
    for (const line of a) {
      const found = b.indexOf(line, at);
      if (found < 0) problems.push(`stderr has no line ${JSON.stringify(line)}`);
      else at = found + 1;
    }
  }
  return problems;
}

function compareOutputs(
  test: CaseFile,
  folders: { gnu: string; ours: string },
  reasons: Reasons,
  job: string,
): string[] {
  const problems: string[] = [];
  const own = test.accept.map(({ reason, category, subject }) => ({
    [reason]: { why: "", match: [{ category, subject }] },
  }));
  for (const { reason } of test.accept)
    if (!reasons[reason]) problems.push(`accept: differences.json has no reason ${reason}`);
  for (const name of test.compare) {
    const [gnu, ours] = [path.join(folders.gnu, name), path.join(folders.ours, name)];
    if (existsSync(gnu) !== existsSync(ours)) {
      problems.push(
        `${name}: GNU ${existsSync(gnu) ? "made it" : "did not"}, ours ${existsSync(ours) ? "did" : "did not"}`,
      );
      continue;
    }
    if (!existsSync(gnu)) continue;
    let differences: readonly Difference[] = compareImages(readFileSync(gnu), readFileSync(ours));
    for (const accept of [...own, reasons]) differences = judge(accept, job, differences).rest;
    if (differences.length) problems.push(`${name} differs\n${showDifferences(differences, 12)}`);
  }
  return problems;
}

interface Options {
  ld: string;
  keep: boolean;
  update: boolean;
  paths: string[];
}

/** What is wrong with a case on a target: nothing, if it passes. */
async function runCase(file: string, test: CaseFile, target: TargetName, options: Options, reasons: Reasons) {
  const top = mkdtempSync(path.join(os.tmpdir(), "premain-case-"));
  try {
    const tools = TOOLS[target];
    const inputs = path.join(top, "inputs");
    mkdirSync(inputs);
    const broken = await makeInputs(test, tools, inputs);
    if (broken !== undefined) return [`the inputs cannot be made: ${broken}`];
    const folders = { gnu: path.join(top, "gnu"), ours: path.join(top, "ours") };
    for (const folder of Object.values(folders)) execFileSync("cp", ["-R", inputs, folder]);
    const isReference = options.ld === "reference";
    const command = isReference ? tools.ld : `${tools.ld.replace(/^\S+/, options.ld)} --report=${REPORT}`;
    const audit: string[] = [];
    const ours = await runCommands(test, command, folders.ours, isReference ? undefined : audit);
    if (/^\s+at .*:\d+:\d+\)?$/m.test(ours.stderr)) return [`an exception: ${ours.stderr.slice(0, 2000)}`];
    if (test.peer === "none")
      return [...audit, ...compareWithExpected(file, test, ours, folders.ours, options)];
    const gnu = await runCommands(test, tools.ld, folders.gnu);
    if ((gnu.status !== 0) !== test.fails)
      return [`the case is wrong: GNU ld ${gnu.status ? `fails: ${gnu.stderr}` : "accepts it"}`];
    const problems = [...audit, ...compareResults(test, gnu, ours)];
    if (gnu.status === 0 && ours.status === 0) problems.push(...compareOutputs(test, folders, reasons, file));
    if (problems.length && options.keep) problems.push(top);
    return problems;
  } finally {
    if (!options.keep) rmSync(top, { recursive: true, force: true });
  }
}

function compareWithExpected(
  file: string,
  test: CaseFile,
  ours: Result,
  folder: string,
  options: Options,
): string[] {
  if (test.fails) {
    const [line] = messages(ours.stderr);
    if (!ours.status) return ["it should fail, and does not"];
    return line === test.expected?.trim() ? [] : [`stderr: expected ${test.expected?.trim()}, ours ${line}`];
  }
  if (ours.status) return [`exit code ${ours.status}: ${ours.stderr}`];
  const got = dump(readFileSync(path.join(folder, test.compare[test.compare.length - 1])));
  if (got === test.expected) return [];
  if (options.update) {
    const text = readFileSync(file, "utf8").replace(/^--- *expected\n[\s\S]*/m, "");
    writeFileSync(file, `${text}--- expected\n${got}`);
    return [];
  }
  return [`expected\n${test.expected}    got\n${got}`];
}

function missingTool(target: TargetName, test: CaseFile): string | undefined {
  const { ld, as, cc } = TOOLS[target];
  const wanted = [ld, as, ...([...test.inputs.keys()].some((name) => name.endsWith(".c")) ? [cc] : [])];
  return wanted.map((command) => command.split(" ")[0]).find((tool) => !isInstalled(tool));
}

function parseOptions(args: readonly string[]): Options {
  const options: Options = { ld: path.join(root, "bin/ld"), keep: false, update: false, paths: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--ld") options.ld = args[++i];
    else if (args[i] === "--keep") options.keep = true;
    else if (args[i] === "--update") options.update = true;
    else options.paths.push(args[i]);
  }
  if (!options.paths.length) options.paths.push("test/ld");
  return options;
}

function filesIn(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { recursive: true })
    .map((name) => path.join(place, String(name)))
    .filter((name) => name.endsWith(".test"))
    .sort();
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const reasons = readReasons(path.join(root, "conformance/gnu-ld/differences.json"));
  const jobs: { file: string; test: CaseFile; target: TargetName }[] = [];
  const tally = new Tally();
  for (const file of options.paths.flatMap(filesIn)) {
    try {
      const test = parseCase(readFileSync(file, "utf8"));
      for (const target of test.targets) jobs.push({ file, test, target });
    } catch (error) {
      tally.fail(file, [error instanceof Error ? error.message : String(error)]);
    }
  }
  const worker = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const name = `${path.relative(root, path.resolve(job.file))} ${job.target}`;
      const missing = missingTool(job.target, job.test);
      if (missing) {
        tally.skip(name, `${missing} is not installed`);
        continue;
      }
      const problems = await runCase(job.file, job.test, job.target, options, reasons);
      if (problems.length) tally.fail(name, problems);
      else tally.pass();
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, os.cpus().length) }, worker));
  return tally.finish();
}

process.exitCode = await main();
