/**
 * Preprocesses the same .S sources with ours and with GCC and compares the
 * tokens, and whether the texts are the same to the last blank.
 *
 *     node scripts/run.mjs conformance/asm/run-cpp.ts [--seeds N] [--riscv-tests FOLDER [--env FOLDER]] [--show]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { NodeFileSystem } from "../../src/cli/node-files.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { predefinedMacros, preprocess } from "../../src/preprocess/index.ts";
import { isInstalled, Tally } from "../gnu-ld/process.ts";
import { generateMacros } from "./generate-macros.ts";
import { riscvTestsFolder } from "./riscv-tests.ts";

const GCC = "riscv64-unknown-elf-gcc";
const args = process.argv.slice(2);
const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : "");
const seeds = Number(option("--seeds") || 400);
const show = args.includes("--show");
const folder = mkdtempSync(path.join(os.tmpdir(), "premain-cpp-"));
const tally = new Tally();
let identical = 0;

const version = (name: string, major: number, minor: number) => ({ name, major, minor });
const EXTENSIONS = [
  version("i", 2, 1),
  version("m", 2, 0),
  version("a", 2, 1),
  version("f", 2, 2),
  version("d", 2, 2),
  version("zicsr", 2, 0),
  version("zifencei", 2, 0),
];

/** Tokens, roughly: what white space and markers do not change. */
function tokens(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^# \d+ "/.test(line))
    .join("\n")
    .replace(/\s+/g, " ")
    .trim();
}

function compare(name: string, file: string, bits: 32 | 64, include: readonly string[], cwd: string): void {
  const march = [`-march=rv${bits}g`, `-mabi=${bits === 32 ? "ilp32" : "lp64"}`];
  const gcc = spawnSync(GCC, ["-E", ...march, ...include.map((i) => `-I${i}`), file], {
    cwd,
    encoding: "utf8",
  });
  // Both see the same names.
  process.chdir(cwd);
  const report = new Report();
  const ours = preprocess(file, {
    fileSystem: new NodeFileSystem(),
    report,
    includePath: include,
    predefined: predefinedMacros({ xlen: bits, extensions: EXTENSIONS, abi: bits === 32 ? "ilp32" : "lp64" }),
  });
  const { text } = ours;
  if ((gcc.status === 0) === report.hasErrors) {
    const message = report.diagnostics.find((d) => d.severity === "error")?.message;
    tally.fail(name, [
      gcc.status === 0
        ? `ours rejects it: ${message}`
        : `ours accepts what GCC rejects: ${gcc.stderr.split("\n")[0]}`,
    ]);
  } else if (tokens(gcc.stdout) !== tokens(text)) {
    const [a, b] = [gcc.stdout.split("\n"), text.split("\n")];
    const at = a.findIndex((line, i) => line !== b[i]);
    tally.fail(name, [`GCC  ${a[at]}`, `ours ${b[at]}`]);
  } else {
    if (text === gcc.stdout) identical++;
    else if (show) {
      const [a, b] = [gcc.stdout.split("\n"), text.split("\n")];
      const at = a.findIndex((line, i) => line !== b[i]);
      console.log(`${name}: only blanks differ:\n  GCC  ${a[at]}\n  ours ${b[at]}`);
    }
    tally.pass();
  }
}

if (!isInstalled(GCC)) tally.skip("preprocessor", `${GCC} is not installed`);
else {
  for (let seed = 0; seed < seeds; seed++) {
    writeFileSync(path.join(folder, `m${seed}.S`), generateMacros(seed));
    compare(`macros ${seed}`, `m${seed}.S`, seed & 1 ? 32 : 64, [], folder);
  }
  const given = option("--riscv-tests");
  const tests = given && riscvTestsFolder(given, option("--env"), folder);
  if (given && !tests) tally.leaveOut("riscv-tests", `they are not in ${given}`);
  if (tests) {
    const isa = path.resolve(tests, "isa");
    for (const group of readdirSync(isa)
      .filter((g) => /^(?:rv|hyp)/.test(g))
      .sort())
      for (const file of readdirSync(path.join(isa, group)).filter((f) => f.endsWith(".S")))
        compare(
          `${group}/${file}`,
          `${group}/${file}`,
          group.startsWith("rv32") ? 32 : 64,
          ["../env/p", "macros/scalar"],
          isa,
        );
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`${identical} texts are the same to the last blank`);
process.exitCode = tally.finish();
