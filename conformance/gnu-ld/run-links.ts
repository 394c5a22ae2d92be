/**
 * Links what compiler drivers link: hello programs of C, C++ and Rust with their
 * real libraries, by the drivers' own command lines; compares with GNU ld's file
 * and runs ours:
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-links.ts [--ld LINKER] [--links FOLDER] [--make SCRIPT] [JOB]...
 *
 * --links  where the jobs are, or are made (a temporary folder): JOB/args is the
 *          command line, JOB/bfd names its GNU ld, JOB/check tries a result
 * --make   the script that makes missing jobs (../shared/links/make-links.sh)
 *
 * `many` is made here: more symbols than a table is put into GNU ld's order for, unless -O1 asks for it.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compareImages } from "./compare-images.ts";
import { judge, readReasons, showDifferences } from "./differences.ts";
import { isInstalled, runShell, Tally } from "./process.ts";

const JOBS = ["picolibc-rv32", "picolibc-rv64", "c-x86", "c-rv64", "cxx-x86", "cxx-rv64", "rust-x86", "many"];
/** What each job needs, beside its GNU ld. */
const NEEDS: Readonly<Record<string, string>> = {
  "picolibc-rv32": "riscv64-unknown-elf-gcc",
  "picolibc-rv64": "riscv64-unknown-elf-gcc",
  "c-rv64": "riscv64-linux-gnu-gcc",
  "cxx-x86": "g++",
  "cxx-rv64": "riscv64-linux-gnu-g++",
  "rust-x86": "rustc",
};

const root = process.cwd();

function parse(args: readonly string[]) {
  const jobs: string[] = [];
  const options = {
    ld: path.join(root, "bin/ld"),
    links: "",
    make: path.join(root, "../shared/links/make-links.sh"),
    jobs,
  };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--ld") options.ld = args[++i];
    else if (args[i] === "--links") options.links = args[++i];
    else if (args[i] === "--make") options.make = args[++i];
    else jobs.push(args[i]);
  }
  if (!jobs.length) jobs.push(...JOBS);
  return options;
}

const options = parse(process.argv.slice(2));
const reasons = readReasons(path.join(root, "conformance/gnu-ld/differences.json"));
const work = mkdtempSync(path.join(os.tmpdir(), "premain-links-"));
const links = options.links || path.join(work, "jobs");

/** 70,000 symbols, many of whose names end others; both files must be the same, byte by byte. */
async function checkMany(): Promise<string[]> {
  const folder = path.join(work, "many");
  mkdirSync(folder);
  const lines = [".globl _start", "_start: nop"];
  for (let i = 0; i < 70_000; i++) {
    const name = `${i % 3 ? `part_${i % 97}_` : ""}name_${i >> 1}${i % 2 ? "_b" : ""}`;
    lines.push(`${i % 5 ? `.globl ${name}\n` : ""}${name}: .byte ${i & 255}`);
  }
  writeFileSync(path.join(folder, "many.s"), `${lines.join("\n")}\n`);
  const own = options.ld === "reference" ? "ld" : options.ld;
  const script = `as many.s -o many.o && ld -O1 many.o -o gnu && ${own} -O1 many.o -o ours && cmp gnu ours`;
  const { status, stdout, stderr } = await runShell(script, folder);
  return status === 0 ? [] : [`${stdout}${stderr}`];
}

async function check(job: string): Promise<string[]> {
  if (job === "many") return checkMany();
  const folder = path.join(links, job);
  if (!existsSync(path.join(folder, "args"))) {
    const made = await runShell(`bash ${options.make} ${links} ${job}`, root);
    if (made.status) return [`cannot be made: ${made.stderr}`];
  }
  const peer = readFileSync(path.join(folder, "bfd"), "utf8").trim();
  const outputs = { gnu: path.join(work, `${job}.gnu`), ours: path.join(work, `${job}.ours`) };
  const gnu = await runShell(`${peer} @${folder}/args -o ${outputs.gnu}`, work);
  if (gnu.status) return [`GNU ld fails: ${gnu.stderr}`];
  const linker = options.ld === "reference" ? peer : options.ld;
  const ours = await runShell(`${linker} @${folder}/args -o ${outputs.ours}`, work);
  if (ours.status) return [`link fails: ${ours.stderr.split("\n").slice(0, 6).join("\n    ")}`];

  const problems: string[] = [];
  const { rest } = judge(reasons, job, compareImages(readFileSync(outputs.gnu), readFileSync(outputs.ours)));
  if (rest.length) problems.push(`${rest.length} differences\n${showDifferences(rest, 20)}`);
  if (existsSync(path.join(folder, "check"))) {
    // The output's own name is among what it prints, so both run under one name.
    const tryOut = (file: string) => runShell(`cp ${file} tried && sh ${folder}/check ./tried`, work);
    const [a, b] = [await tryOut(outputs.gnu), await tryOut(outputs.ours)];
    if (a.status || a.stdout !== b.stdout || a.status !== b.status)
      problems.push(
        `GNU ld's prints (status ${a.status}) ${a.stdout}  ours (status ${b.status}) ${b.stdout}${b.stderr}`,
      );
  }
  return problems;
}

const tally = new Tally();
for (const job of options.jobs) {
  const missing = NEEDS[job] && !isInstalled(NEEDS[job]);
  if (missing) tally.skip(job, `${NEEDS[job]} is not installed`);
  else if (job !== "many" && !options.links && !existsSync(options.make))
    tally.skip(job, `${options.make} is not there`);
  else {
    const problems = await check(job);
    if (problems.length) tally.fail(job, problems);
    else tally.pass();
  }
}
rmSync(work, { recursive: true, force: true });
process.exitCode = tally.finish();
