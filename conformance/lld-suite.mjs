// Runs LLD's own tests with bin/ld.lld and compares the failures with the committed list.
//
//   LLD_MIRROR=GIT_DIRECTORY node conformance/lld-suite.mjs [--suite FOLDER] [--update] [OPTIONS OF THE RUNNER]
//
// LLD_MIRROR  a git directory of llvm-mirror/lld; its tests are never copied into this repository
// --suite     the folder of lld-suite.mjs and its baseline (../shared/lld-suite)
// --update    rewrites the list: reasons are kept, a new failure gets the reason "?", which is never accepted
//
// conformance/lld-known-failures.txt has one line for each failing test of the
// baseline: its name, a tab, the reason. A failure that is not in the list fails
// this check, and so does a line whose test passes by now.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const listFile = path.join(root, "conformance/lld-known-failures.txt");

function parse(args) {
  const options = { suite: path.join(root, "../shared/lld-suite"), update: false, rest: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--suite") options.suite = path.resolve(args[++i]);
    else if (args[i] === "--update") options.update = true;
    else options.rest.push(args[i]);
  }
  return options;
}

function knownFailures() {
  const lines = existsSync(listFile) ? readFileSync(listFile, "utf8").split("\n") : [];
  return new Map(lines.filter((line) => line && !line.startsWith("#")).map((line) => line.split("\t")));
}

const options = parse(process.argv.slice(2));
if (!process.env.LLD_MIRROR) {
  console.log("SKIP LLD's tests: LLD_MIRROR is not set, and no package installs them");
  console.log("0 passed, 0 failed");
  process.exit(0);
}
const baselineFile = path.join(options.suite, "lld-baseline-x86-riscv.txt");
const temporary = mkdtempSync(path.join(os.tmpdir(), "lld-list-"));
const passedFile = path.join(temporary, "passed");
const runner = spawnSync(
  process.execPath,
  [
    path.join(options.suite, "lld-suite.mjs"),
    "--ld",
    path.join(root, "bin/ld.lld"),
    "--baseline",
    baselineFile,
    "--list-out",
    passedFile,
    ...options.rest,
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
if (runner.status !== 0) process.exit(1);

const baseline = readFileSync(baselineFile, "utf8").split("\n").filter(Boolean);
const passed = new Set(readFileSync(passedFile, "utf8").split("\n").filter(Boolean));
rmSync(temporary, { recursive: true });
const known = knownFailures();
const failed = baseline.filter((name) => !passed.has(name));

if (options.update) {
  const head =
    "# LLD's tests that fail, and why: NAME, a tab, the reason. Kept by conformance/lld-suite.mjs --update.\n";
  writeFileSync(listFile, head + failed.map((name) => `${name}\t${known.get(name) ?? "?"}\n`).join(""));
}
const unexpected = failed.filter((name) => !known.has(name) || known.get(name) === "?");
const fixed = [...known.keys()].filter((name) => passed.has(name));
for (const name of unexpected)
  console.log(`FAIL ${name}: not in conformance/lld-known-failures.txt with a reason`);
for (const name of fixed) console.log(`FAIL ${name}: passes, but is in conformance/lld-known-failures.txt`);
const scripts = (names) => names.filter((name) => name.startsWith("linkerscript/")).length;
console.log(
  `${passed.size} of ${baseline.length}, of them linkerscript/ ${scripts([...passed])} of ${scripts(baseline)}; ` +
    `${known.size} known failures`,
);
console.log(
  `${baseline.length - unexpected.length - fixed.length} passed, ${unexpected.length + fixed.length} failed`,
);
process.exit(unexpected.length + fixed.length ? 1 : 0);
