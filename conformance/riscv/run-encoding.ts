/**
 * Writes random instructions in every form that the instruction table has,
 * gives them to GNU as, and compares what is accepted and each word:
 *
 *     node scripts/run.mjs conformance/riscv/run-encoding.ts [--seed N] [--each N] [--keep]
 *
 * This checks encodings, aliases, ranges, and the order in which forms are
 * tried: which instructions are compressed. Values are in range, at its ends,
 * and one step out of it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArchitecture, parseInstruction } from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";
import { accepted } from "./encoding-differences.ts";
import { randomInstructions } from "./random-instructions.ts";

const AS = "riscv64-unknown-elf-as";
const OBJCOPY = "riscv64-unknown-elf-objcopy";
const MORE =
  "zicbom_zicbop_zicboz_zihintpause_zawrs_zfh_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_svinval";
const ARCHITECTURES = [`rv32gch_${MORE}`, `rv64gch_${MORE}`, `rv32gh_${MORE}`, "rv64imc"];

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const each = argument("--each") ?? 16;
const keep = process.argv.includes("--keep");

/** Where each instruction starts: branches reach, and nothing follows from a wrong length. */
const slot = 8;

function source(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n.balign ${slot}, 0\n`).join("");
}

/** The lines that GNU as refuses, with its reason. */
function refused(stderr: string): Map<number, string> {
  const lines = new Map<number, string>();
  for (const match of stderr.matchAll(/^input\.s:(\d+): Error: (.*)$/gm)) {
    lines.set((Number(match[1]) - 1) / 2, match[2]);
  }
  return lines;
}

async function check(march: string, folder: string, tally: Tally): Promise<void> {
  const { architecture } = parseArchitecture(march);
  const all = randomInstructions(architecture, { seed, each });
  const assemble = async (lines: readonly string[]) => {
    writeFileSync(path.join(folder, "input.s"), source(lines));
    return runShell(`${AS} -march=${march} -mno-relax input.s -o out.o`, folder);
  };
  const reasons = refused((await assemble(all)).stderr);
  const good = all.filter((_, i) => !reasons.has(i));
  const made = await assemble(good);
  if (made.status !== 0) {
    tally.fail(march, made.stderr.split("\n").slice(0, 5));
    return;
  }
  await runShell(`${OBJCOPY} -O binary -j .text out.o out.bin`, folder);
  const bytes = readFileSync(path.join(folder, "out.bin"));
  let failures = 0;
  let differences = 0;
  const report = (line: string, problem: string): void => {
    if (accepted.some(({ text, only }) => text.test(line) && (only === undefined || only.test(problem))))
      differences++;
    else if (failures++ < 25) tally.fail(`${march}: ${line}`, [problem]);
  };
  for (const [i, line] of all.entries()) {
    const ours = parseInstruction(line, 0n, architecture);
    const reason = reasons.get(i);
    if ((reason === undefined) === (ours.problem === undefined)) continue;
    if (reason === undefined && ours.problem?.endsWith("is not one instruction")) continue;
    report(line, reason ? `GNU as refuses it: ${reason}` : `GNU as takes it; ours: ${ours.problem}`);
  }
  for (const [i, line] of good.entries()) {
    const ours = parseInstruction(line, 0n, architecture);
    if (ours.problem !== undefined) continue;
    const size = ours.form.instruction.size;
    const low = bytes.readUInt16LE(i * slot);
    const word = (low & 3) === 3 ? bytes.readUInt32LE(i * slot) : low;
    if (word !== ours.word)
      report(line, `GNU as ${word.toString(16)}, ours ${ours.word.toString(16)} (${size})`);
  }
  if (failures === 0) tally.pass();
  console.log(
    `${march}: ${all.length} instructions, ${reasons.size} refused, ${differences} accepted differences`,
  );
}

async function main(): Promise<number> {
  const tally = new Tally();
  if (!isInstalled(AS)) {
    tally.skip("encoding", `${AS} is not installed`);
    return tally.finish();
  }
  console.log(`seed ${seed}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-riscv-"));
  for (const march of ARCHITECTURES) await check(march, folder, tally);
  if (!keep) rmSync(folder, { recursive: true });
  else console.log(`kept ${folder}`);
  return tally.finish();
}

process.exitCode = await main();
