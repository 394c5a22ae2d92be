/**
 * Compares the extensions that binutils 2.40 does not know with the assembler
 * of LLVM that rustc has:
 *
 *     node scripts/run.mjs conformance/riscv/run-later.ts [--seed N] [--each N] [--keep]
 *
 * Random instructions of Zicond, Zacas, Zabha, Zimop, Zfa, Zcb, Zcmop, Zcmp,
 * Zcmt and Zihintntl, in range and out of it, are given to it in a crate without
 * a library; what is accepted and each word must be the same.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArchitecture, parseInstruction } from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";
import { randomInstructions } from "./random-instructions.ts";

const OBJCOPY = "riscv64-unknown-elf-objcopy";

/** A machine: ours, the target that rustc takes for it, and what more that target needs. */
const MACHINES = [
  {
    march: "rv64gc_zba_zbb_zfh_zicond_zacas_zabha_zimop_zfa_zcb_zcmop_zihintntl",
    target: "riscv64gc-unknown-linux-gnu",
  },
  {
    march: "rv32imafdc_zba_zbb_zfh_zicond_zacas_zabha_zimop_zfa_zcb_zcmop_zihintntl",
    target: "riscv32gc-unknown-linux-gnu",
  },
  { march: "rv32imac_zbb_zcb_zcmp_zcmt", target: "riscv32imac-unknown-none-elf" },
  { march: "rv64imac_zba_zbb_zcb_zcmp_zcmt", target: "riscv64imac-unknown-none-elf" },
];
const OLDEST = 22;
const LATER = /^(Zicond|Zacas|Zabha|Zimop|Zfa|Zcb|Zcmop|Zcmp|Zcmt|Zihintntl)/;

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const each = argument("--each") ?? 40;
const keep = process.argv.includes("--keep");

/** What a crate without the core library must say to have assembly. */
const PROLOGUE = `#![feature(no_core, lang_items, rustc_attrs)]
#![allow(internal_features)]
#![no_core]
#![crate_type = "lib"]
#[rustc_builtin_macro]
macro_rules! global_asm { () => {}; }
#[lang = "pointee_sized"] pub trait PointeeSized {}
#[lang = "meta_sized"] pub trait MetaSized: PointeeSized {}
#[lang = "sized"] pub trait Sized: MetaSized {}
`;
const slot = 8;

function crate(march: string, lines: readonly string[]): string {
  const options = march.split("_").slice(1);
  const head = [".option norelax", ...options.map((name) => `.option arch, +${name}`)];
  const all = [head.join("; "), ...lines.map((line) => `${line}; .balign ${slot}`)];
  const texts = all.map((line) => `  ${JSON.stringify(line.replace(/[{}]/g, "$&$&"))},\n`);
  return `${PROLOGUE}global_asm!(\n${texts.join("")});\n`;
}

async function check(machine: (typeof MACHINES)[number], folder: string, tally: Tally): Promise<void> {
  const { march, target } = machine;
  const { architecture } = parseArchitecture(march);
  const all = randomInstructions(architecture, { seed, each, only: (form) => LATER.test(form.needs) });
  const assemble = async (lines: readonly string[]) => {
    writeFileSync(path.join(folder, "input.rs"), crate(march, lines));
    // Only a nightly compiler does without a library, or one that is told to behave as such.
    return runShell(
      `RUSTC_BOOTSTRAP=1 rustc --target ${target} --emit=obj -C panic=abort input.rs -o out.o`,
      folder,
    );
  };
  const refused = new Set<number>();
  for (const [, line] of (await assemble(all)).stderr.matchAll(/<inline asm>:(\d+):/g)) {
    refused.add(Number(line) - 2);
  }
  const good = all.filter((_, i) => !refused.has(i));
  const made = await assemble(good);
  if (made.status !== 0) {
    tally.fail(march, made.stderr.split("\n").slice(0, 8));
    return;
  }
  await runShell(`${OBJCOPY} -O binary -j .text out.o out.bin`, folder);
  const bytes = readFileSync(path.join(folder, "out.bin"));
  const problems: string[] = [];
  let at = 0;
  for (const [i, line] of all.entries()) {
    const ours = parseInstruction(line, 0n, architecture);
    if (refused.has(i)) {
      if (ours.problem === undefined) problems.push(`${line}: LLVM refuses it`);
      continue;
    }
    const low = bytes.readUInt16LE(at);
    const word = (low & 3) === 3 ? bytes.readUInt32LE(at) : low;
    at += slot;
    if (ours.problem !== undefined) problems.push(`${line}: LLVM takes it; ours: ${ours.problem}`);
    else if (word !== ours.word)
      problems.push(`${line}: LLVM ${word.toString(16)}, ours ${ours.word.toString(16)}`);
  }
  console.log(`${march}: ${all.length} instructions, ${refused.size} refused`);
  if (problems.length > 0) tally.fail(march, problems.slice(0, 30));
  else tally.pass();
}

async function main(): Promise<number> {
  const tally = new Tally();
  if (!isInstalled("rustc") || !isInstalled(OBJCOPY)) {
    tally.skip("later extensions", "rustc or binutils are not installed");
    return tally.finish();
  }
  // Debian 12's rustc is older than these extensions: no failure, even where a missing peer is one.
  const llvm = Number(
    /LLVM version: (\d+)/.exec((await runShell("rustc --version --verbose", ".")).stdout)?.[1],
  );
  if (!(llvm >= OLDEST)) {
    console.log(
      `SKIP later extensions: rustc has LLVM ${llvm}, and ${OLDEST} is the first that knows them all`,
    );
    return tally.finish();
  }
  console.log(`seed ${seed}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-riscv-"));
  for (const machine of MACHINES) await check(machine, folder, tally);
  if (!keep) rmSync(folder, { recursive: true });
  else console.log(`kept ${folder}`);
  return tally.finish();
}

process.exitCode = await main();
