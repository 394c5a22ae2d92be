/**
 * Compares the tools for object files with GNU binutils 2.40: what they print,
 * their exit codes and the files they write, over generated option
 * combinations and files:
 *
 *     node scripts/run.mjs conformance/tools/run-tools.ts [--all] [--seconds N] [--keep FOLDER] [TOOL]...
 *
 * --all      every combination of options and files, not a sample
 * --seconds  stop after so long; the cases are spread, so that each kind has its turn
 * --keep     where the corpus and the folders of the last case stay
 *
 * Accepted differences, with their reasons, are in accepted.json.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { inCi, isInstalled } from "../gnu-ld/process.ts";
import { allCases } from "./cases.ts";
import { makeCorpus } from "./corpus.ts";
import { type Accepted, caseName, compare, peerProgram } from "./frame.ts";
import { ourTools } from "./ours.ts";

const args = process.argv.slice(2);
const tools: string[] = [];
let keep: string | undefined;
let all = false;
let seconds = Number.POSITIVE_INFINITY;
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--all") all = true;
  else if (args[i] === "--seconds") seconds = Number(args[++i]);
  else if (args[i] === "--keep") keep = path.resolve(args[++i]);
  else tools.push(args[i]);
}

const work = keep ?? mkdtempSync(path.join(os.tmpdir(), "premain-tools-"));
const corpus = makeCorpus(path.join(work, "corpus"), (text) => console.log(text));
const accepted: Accepted[] = JSON.parse(readFileSync("conformance/tools/accepted.json", "utf8")).differences;
const rules = accepted.map((rule) => ({
  why: rule.why,
  name: new RegExp(rule.case),
  difference: new RegExp(rule.difference ?? "", "s"),
}));

let passed = 0;
let failed = 0;
let excused = 0;
const skipped = new Map<string, number>();
const cases = spread(
  [...allCases(corpus, all)].filter(({ tool }) => tools.length === 0 || tools.includes(tool)),
);
const end = Date.now() + seconds * 1000;
let left = 0;
for (const toolCase of cases) {
  if (Date.now() > end) {
    left++;
    continue;
  }
  const ours = ourTools[toolCase.tool];
  const name = caseName(toolCase);
  if (!isInstalled(peerProgram(toolCase))) {
    skipped.set(peerProgram(toolCase), (skipped.get(peerProgram(toolCase)) ?? 0) + 1);
    continue;
  }
  const problems = await compare(toolCase, ours, work);
  const rest = problems.filter(
    (problem) => !rules.some((rule) => rule.name.test(name) && rule.difference.test(problem)),
  );
  if (rest.length > 0) {
    failed++;
    console.log(`FAIL ${name}\n  ${rest.join("\n  ")}`);
  } else {
    passed++;
    if (problems.length > 0) excused++;
  }
}
if (left > 0) console.log(`${left} cases left: the time is up`);
for (const [peer, count] of skipped) {
  console.log(`SKIP ${count} cases: ${peer} is not installed`);
  if (inCi) failed += count;
}
if (!keep) rmSync(work, { recursive: true, force: true });
console.log(`${excused} of the passed ones with accepted differences`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Neighbours far apart, always in the same way. */
function spread<T>(list: readonly T[]): T[] {
  let step = 7919;
  while (list.length % step === 0) step++;
  return list.map((_, i) => list[(i * step) % list.length]);
}
