/**
 * Compares the tools for object files with GNU binutils 2.40: what they print,
 * their exit codes and the files they write, over generated option
 * combinations and files:
 *
 *     node scripts/run.mjs conformance/tools/run-tools.ts [--all] [--keep FOLDER] [TOOL]...
 *
 * --all    every combination, not the sample that fits in a minute
 * --keep   where the corpus and the folders of the last case stay
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
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--all") all = true;
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
for (const toolCase of allCases(corpus, all)) {
  if (tools.length > 0 && !tools.includes(toolCase.tool)) continue;
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
for (const [peer, count] of skipped) {
  console.log(`SKIP ${count} cases: ${peer} is not installed`);
  if (inCi) failed += count;
}
if (!keep) rmSync(work, { recursive: true, force: true });
console.log(`${excused} of the passed ones with accepted differences`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
