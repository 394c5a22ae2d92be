/**
 * Links scripts that are in use elsewhere and compares with GNU ld:
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-scripts.ts --scripts FOLDER [--keep] [--show N] [PART-OF-NAME]...
 *
 * --scripts  a folder with scripts (*.ld, *.lds, *.x, *.in, and *.S of those), at any depth: a checkout of a kernel or
 *            of a firmware project
 * --keep     leaves the working folder and prints it
 * --show     how many differences of a link are printed (6)
 *
 * Each script is linked with inputs made for it (script-inputs.ts): a section for
 * every pattern in it, and symbols for all that it refers to. What cannot be a
 * script of its own (no SECTIONS, a file to include that is not there, an
 * #include of a configuration) is left out, and counted.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { ld } from "../../src/cli/ld.ts";
import { compareImages } from "./compare-images.ts";
import { judge, readReasons, showDifferences } from "./differences.ts";
import { isInstalled, runShell, Tally } from "./process.ts";
import { inputsFor, type ScriptInputs } from "./script-inputs.ts";

interface Variant {
  readonly name: string;
  readonly as: string;
  readonly ld: string;
  readonly args: readonly string[];
}

const VARIANTS: readonly Variant[] = [
  {
    name: "riscv32",
    as: "riscv64-unknown-elf-as -march=rv32imac -mabi=ilp32",
    ld: "riscv64-unknown-elf-ld",
    args: ["-m", "elf32lriscv"],
  },
  { name: "x86-64-gc", as: "as --64", ld: "ld", args: ["-m", "elf_x86_64", "--gc-sections"] },
];

const root = process.cwd();

function parse(args: readonly string[]) {
  const only: string[] = [];
  const options = { scripts: "", keep: false, show: 6, only };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--scripts") options.scripts = path.resolve(args[++i]);
    else if (args[i] === "--keep") options.keep = true;
    else if (args[i] === "--show") options.show = Number(args[++i]);
    else only.push(args[i]);
  }
  return options;
}

/** The script as plain text: preprocessed where it is written for the C preprocessor; undefined when that fails. */
async function plainText(file: string, text: string): Promise<string | undefined> {
  if (!/^\s*#\s*(include|define|if)/m.test(text)) return text;
  const folder = path.dirname(file);
  const macros = "-D__riscv_xlen=32 -DTEXT_START=0x20000000 -DFLASH_SIZE=0x100000";
  const { status, stdout } = await runShell(
    `gcc -E -P -undef -x c ${macros} -I '${folder}' '${file}'`,
    folder,
  );
  return status === 0 ? stdout : undefined;
}

const options = parse(process.argv.slice(2));
const reasons = readReasons(path.join(root, "conformance/gnu-ld/differences.json"));
const work = mkdtempSync(path.join(os.tmpdir(), "premain-scripts-"));
const tally = new Tally();
const leftOut = new Map<string, number>();

/**
 * Messages without what is known to differ: GNU ld names itself as it was called, the line of an undeclared region is
 * that of a word behind it, where ours says the place of what it names; and ours has more to say about some messages,
 * on lines of its own.
 */
function normalized(text: string, program: string): string {
  const plain = (line: string) =>
    (line.startsWith(`${program}:`) ? `ld:${line.slice(program.length + 1)}` : line)
      .replace(
        /:[^ ]*:\d+: (warning: memory region .* not declared|error: no memory region|cannot find|warning: section .* type changed)/,
        ": $1",
      )
      // Before it relaxes, GNU ld has other sizes, and gives up then.
      .replace(/(location counter backwards) .*/, "$1");
  const lines = text
    .split("\n")
    .map(plain)
    .filter((line) => line !== "" && !/^( |>>>|ld:.* note: )/.test(line));
  // GNU ld says some things again each time that it lays out.
  return [...new Set(lines)].join("\n");
}

async function check(name: string, inputs: ScriptInputs, variant: Variant, folder: string): Promise<void> {
  const label = `${name} (${variant.name})`;
  const made = await runShell(`${variant.as} -W a.s -o a.o && ${variant.as} -W b.s -o b.o`, folder);
  if (made.status) {
    tally.fail(label, [`the inputs cannot be assembled: ${made.stderr}`]);
    return;
  }
  const defined = inputs.undefinedSymbols.map((symbol, i) => `--defsym=${symbol}=${0x400 + 16 * i}`);
  const args = [...variant.args, ...defined, "--noinhibit-exec", "-T", "script.ld", "a.o", "b.o", "-o"];
  const quoted = args.map((word) => `'${word}'`).join(" ");
  if (options.keep) writeFileSync(path.join(folder, `${variant.name}.args`), quoted.replace(/ '-o'$/, ""));
  const gnu = await runShell(`${variant.ld} ${quoted} gnu.out`, folder);
  let messages = "";
  const home = process.cwd();
  process.chdir(folder);
  try {
    ld([...args, "ours.out"], "gnu", {
      out: () => {},
      error: (text) => {
        messages += text;
      },
    });
  } finally {
    process.chdir(home);
  }
  const problems: string[] = [];
  const expected = normalized(gnu.stderr, variant.ld).replaceAll("gnu.out", "ours.out");
  const actual = normalized(messages, "ld");
  const read = (file: string) => {
    try {
      return readFileSync(path.join(folder, file));
    } catch {
      return undefined;
    }
  };
  const [theirs, ours] = [read("gnu.out"), read("ours.out")];
  // GNU ld gives up at some errors, where ours goes on to find more.
  const same = theirs ? expected === actual : actual.includes(expected.split("\n").at(-1) ?? "");
  if (!same) problems.push(`messages: GNU\n    ${expected}\n  ours\n    ${actual}`);
  if (theirs && ours) {
    const { rest } = judge(reasons, label, compareImages(theirs, ours));
    if (rest.length) problems.push(`${rest.length} differences\n${showDifferences(rest, options.show)}`);
  } else if (theirs) problems.push("only GNU ld made a file");
  if (problems.length) tally.fail(label, problems);
  else tally.pass();
}

/** A file to include: beside the script, or the only one of its name (projects say where with -L). */
function included(script: string, name: string, all: readonly string[]): string | undefined {
  const beside = path.join(path.dirname(script), name);
  if (existsSync(beside)) return beside;
  const base = path.basename(name);
  const found = all.filter((file) => path.basename(file) === base);
  return found.length === 1 ? path.join(options.scripts, found[0]) : undefined;
}

function leaveOut(why: string): void {
  leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
}

async function main(): Promise<number> {
  if (!options.scripts) {
    tally.leaveOut("scripts", "no folder with them is given (--scripts)");
    return tally.finish();
  }
  const missing = VARIANTS.filter(({ ld: linker }) => !isInstalled(linker));
  for (const { name, ld: linker } of missing) tally.skip(name, `${linker} is not installed`);
  const all = readdirSync(options.scripts, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(options.scripts, path.join(entry.path, entry.name)));
  const files = all
    .filter((file) => /\.(ld|lds|x|ldS|in|ldh)(\.S)?$/.test(file))
    .filter((file) => options.only.length === 0 || options.only.some((part) => file.includes(part)))
    .sort();
  for (const [number, file] of files.entries()) {
    const full = path.join(options.scripts, file);
    const text = await plainText(full, readFileSync(full, "latin1"));
    if (text === undefined) {
      leaveOut("cannot be preprocessed");
      continue;
    }
    const inputs = inputsFor(text, (name) => included(full, name, all));
    if (typeof inputs === "string") {
      leaveOut(inputs);
      continue;
    }
    const folder = path.join(work, String(number));
    mkdirSync(folder);
    for (const [name, content] of Object.entries(inputs.files))
      writeFileSync(path.join(folder, name), content);
    for (const variant of VARIANTS)
      if (!missing.includes(variant)) await check(file, inputs, variant, folder);
    if (!options.keep) rmSync(folder, { recursive: true });
  }
  for (const [why, count] of leftOut) console.log(`left out: ${count} × ${why}`);
  return tally.finish();
}

process.exitCode = await main();
if (options.keep) console.log(`kept in ${work}`);
else rmSync(work, { recursive: true });
