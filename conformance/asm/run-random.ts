/**
 * Random instructions of every form in the table, through our assembler and
 * through GNU as: which are accepted, and the whole object. Then ours are
 * disassembled and assembled again, which has to give the same bytes.
 *
 *     node scripts/run.mjs conformance/asm/run-random.ts [--seed N] [--each N] [--keep]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { NodeFileSystem } from "../../src/cli/node-files.ts";
import { lineAndColumn, Report } from "../../src/diagnostics/index.ts";
import { Disassembler, parseArchitecture } from "../../src/riscv/index.ts";
import { showDifferences } from "../gnu-ld/differences.ts";
import { isInstalled, Tally } from "../gnu-ld/process.ts";
import { accepted } from "../riscv/encoding-differences.ts";
import { randomInstructions } from "../riscv/random-instructions.ts";
import { compareObjects } from "./compare-objects.ts";

const AS = "riscv64-unknown-elf-as";
const MORE =
  "zicbom_zicbop_zicboz_zihintpause_zawrs_zfh_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_svinval";
const FLAGS = [`rv32gch_${MORE}`, `rv64gch_${MORE}`, `rv32gh_${MORE}`, `rv64gh_${MORE}`, "rv64imc"].flatMap(
  (march) => [[`-march=${march}`], [`-march=${march}`, "-mno-relax"]],
);

const args = process.argv.slice(2);
const argument = (name: string, fallback: number) =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback;
const seed = argument("--seed", Date.now() % 1_000_000);
const each = argument("--each", 6);
const folder = mkdtempSync(path.join(os.tmpdir(), "premain-random-"));
const tally = new Tally();

/** Our object, and the lines (from 1) that have errors. */
function ours(text: string, flags: readonly string[]) {
  const command = parseCommandLine(flags);
  if ("message" in command) throw new Error(command.message);
  const report = new Report();
  const sources = [{ name: "input.s", bytes: new TextEncoder().encode(text) }];
  const object = assemble(sources, command.options, new NodeFileSystem(), report);
  const bad = new Map<number, string>();
  for (const { severity, where, message } of report.diagnostics)
    if (severity === "error" && typeof where === "object")
      bad.set(lineAndColumn(where.source.text, where.start).line, message);
  return { object, bad };
}

function gnu(text: string, flags: readonly string[]) {
  const file = path.join(folder, "input.s");
  const output = path.join(folder, "gnu.o");
  rmSync(output, { force: true });
  writeFileSync(file, text);
  const { stderr, status } = spawnSync(AS, [...flags, "input.s", "-o", output], {
    cwd: folder,
    encoding: "utf8",
  });
  const bad = new Map<number, string>();
  for (const match of stderr.matchAll(/^input\.s:(\d+): Error: (.*)$/gm)) bad.set(Number(match[1]), match[2]);
  return { object: status === 0 ? readFileSync(output) : undefined, bad };
}

function check(flags: readonly string[]): void {
  const name = flags.join(" ").replace(MORE, "…");
  const march = flags[0].slice("-march=".length);
  const { architecture } = parseArchitecture(march);
  const lines = randomInstructions(architecture, { seed, each });
  const all = `${lines.join("\n")}\n`;
  const [a, b] = [gnu(all, flags), ours(all, flags)];
  const problems: string[] = [];
  for (let i = 1; i <= lines.length; i++) {
    const [x, y] = [a.bad.get(i), b.bad.get(i)];
    if ((x === undefined) === (y === undefined)) continue;
    const problem = x === undefined ? `GNU as takes it; ours: ${y}` : `GNU as refuses it: ${x}`;
    if (accepted.some(({ text, only }) => text.test(lines[i - 1]) && (!only || only.test(problem)))) continue;
    problems.push(`${lines[i - 1]}: ${problem}`);
  }
  const good = lines.filter((_, i) => !a.bad.has(i + 1) && !b.bad.has(i + 1));
  const source = `${good.join("\n")}\n`;
  const [x, y] = [gnu(source, flags), ours(source, flags)];
  let readBack = 0;
  if (!x.object || !y.object) problems.push(`not assembled: GNU ${[...x.bad][0]}, ours ${[...y.bad][0]}`);
  else {
    readBack = y.object.sections[0].size;
    const { differences } = compareObjects(x.object, y.object.bytes);
    if (differences.length) problems.push(showDifferences(differences, 10));
    problems.push(...roundTrip(y.object.sections[0].contents, march));
  }
  console.log(`${name}: ${lines.length} instructions, ${a.bad.size} refused, ${readBack} bytes read back`);
  if (problems.length) tally.fail(name, problems.slice(0, 20));
  else tally.pass();
}

/** Bytes, disassembled and assembled again. */
function roundTrip(bytes: Uint8Array, march: string): string[] {
  const { architecture } = parseArchitecture(march);
  const disassembler = new Disassembler(architecture, { aliases: false });
  const lines: string[] = [];
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += disassembler.size) {
    if (!disassembler.print(bytes, at, bytes.length, at, 0)) break;
    let { operands } = disassembler;
    // A target is written by its distance; the address has no section.
    if (disassembler.hasTarget)
      operands = operands.replace(/[^,]*$/, `. + (${(disassembler.targetLow | 0) - at})`);
    if (architecture.extensions.has("c"))
      lines.push(disassembler.size === 2 ? ".option rvc" : ".option norvc");
    starts[lines.length] = at;
    lines.push(`${disassembler.mnemonic} ${operands}`);
  }
  const again = ours(`${lines.join("\n")}\n`, [`-march=${march}`, "-mno-relax"]);
  if (!again.object) {
    const [[line, message] = [0, "nothing"]] = again.bad;
    return [`disassembled as \`${lines[line - 1]}', which is refused: ${message}`];
  }
  const found = again.object.sections[0].contents;
  if (Buffer.compare(found.subarray(0, bytes.length), bytes) === 0) return [];
  let at = 0;
  while (found[at] === bytes[at]) at++;
  const index = starts.findLastIndex((start) => start !== undefined && start <= at);
  return [`at ${at.toString(16)}: \`${lines[index]}' becomes other bytes`];
}

if (!isInstalled(AS)) tally.skip("random instructions", `${AS} is not installed`);
else {
  console.log(`seed ${seed}`);
  for (const flags of FLAGS) check(flags);
}
if (!args.includes("--keep")) rmSync(folder, { recursive: true, force: true });
process.exitCode = tally.finish();
