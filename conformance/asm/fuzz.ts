/**
 * Mutates assembly sources and assembles what comes of it: whatever the input,
 * there is no exception, an end within twenty seconds, and a message or an object.
 *
 *     node scripts/run.mjs conformance/asm/fuzz.ts [--seconds N] [--seed N] [--one N]
 *
 * --one repeats the mutation of that number and prints its source and messages.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { assemble, explainSource, listingText, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";
import { preprocess } from "../../src/preprocess/index.ts";
import { Tally } from "../gnu-ld/process.ts";
import { generateMacros } from "./generate-macros.ts";
import { Random } from "./random.ts";

const args = process.argv.slice(2);
const argument = (name: string, fallback: number) =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback;
const seconds = argument("--seconds", 20);
const first = argument("--seed", 0) * 1_000_000;
const one = argument("--one", -1);
/** In ms of wall time, on a machine that may be busy: a `.rept 65536` of much is a lot of honest work. */
const LONGEST = 20_000;

const corpus = ["test/asm/cases", "examples/riscv-article"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".s"))
    .map((name) => readFileSync(path.join(folder, name), "utf8").split("#>")[0]),
);
const PIECES = [
  ".cfi_startproc",
  ".cfi_endproc",
  ".cfi_restore_state",
  ".cfi_offset",
  ".cfi_escape",
  ".loc 1 1",
  '.file 1 "a"',
  ".loc 99 1 view 0",
  ".macro m a b=1 c:vararg",
  ".endm",
  ".rept 3",
  ".endr",
  ".irp x,1,2",
  ".if 1",
  ".else",
  ".endif",
  ".exitm",
  "m 1,2",
  '.section .x,"axG",@progbits,g,comdat',
  ".pushsection .y",
  ".popsection",
  ".subsection 2",
  ".set a, a",
  ".set b, c+1",
  ".equ c, b",
  "1:",
  "1b",
  "1f",
  "(",
  ")",
  "%hi(",
  "%lo(x)",
  "%pcrel_lo(1b)",
  "-",
  "~",
  "<<",
  "0x",
  "99999999999999999999",
  '"',
  "'",
  "\\",
  "/*",
  "*/",
  "#",
  ";",
  ",",
  "=",
  "==",
  ".org 5",
  ".fill 3,9,1",
  ".skip -1",
  ".balign 3",
  ".p2align 40",
  ".uleb128 1b-1f",
  ".insn i 1,2",
  ".option pop",
  ".option arch,+zz",
  ".attribute 5, 6",
  ".reloc ., 99, x",
  ".comm a,-1,3",
  ".size a, a",
  ".end",
  '.include "a"',
  '.incbin "a",9',
  "\0",
  "\u00ff",
  "\t",
  "\n",
];

function mutate(random: Random): string {
  let text = random.chance(10) ? generateMacros(random.below(1000)) : random.pick(corpus);
  for (let i = random.between(1, 12); i > 0; i--) {
    const lines = text.split("\n");
    const at = random.below(lines.length);
    const kind = random.below(8);
    if (kind === 0) lines.splice(at, random.between(1, 3));
    else if (kind === 1) lines.splice(at, 0, lines[random.below(lines.length)]);
    else if (kind === 2) lines.splice(at, 0, random.pick(PIECES));
    else if (kind === 3)
      lines.splice(at, 0, ...random.pick(corpus).split("\n").slice(0, random.between(1, 8)));
    else {
      const line = lines[at];
      const column = random.below(line.length + 1);
      if (kind === 4) lines[at] = line.slice(0, column) + random.pick(PIECES) + line.slice(column);
      else if (kind === 5) lines[at] = line.slice(0, column) + line.slice(column + random.between(1, 4));
      else if (kind === 6)
        lines[at] = line.slice(0, column) + String.fromCharCode(random.below(256)) + line.slice(column);
      else
        lines[at] = line.replace(/-?\d+/, () => random.pick(["0", "-1", "0xffffffffffffffff", "65536", "x"]));
    }
    text = lines.join("\n");
  }
  return text;
}

/** What is wrong, if anything. */
function attempt(number: number, show: boolean): string | undefined {
  const random = new Random(number);
  const source = mutate(random);
  const flags = random.pick([
    ["-march=rv64gc"],
    ["-march=rv32i", "-mno-relax"],
    ["-march=rv32gc", "-g"],
    ["-march=rv64g", "--gdwarf-5"],
  ]);
  const command = parseCommandLine(flags);
  if ("message" in command) return command.message;
  const report = new Report();
  const files = new MemoryFileSystem({ "a.S": source, a: "x" });
  const start = performance.now();
  try {
    const text = random.chance(30) ? preprocess("a.S", { fileSystem: files, report }).text : source;
    const options = { ...command.options, listing: true, currentDirectory: "/" };
    const object = assemble([{ name: "a.s", bytes: new TextEncoder().encode(text) }], options, files, report);
    if (show) console.log(source, report.diagnostics.map((d) => d.message).join("\n"));
    if (!object && !report.hasErrors) return "neither an object nor a message";
    if (object) {
      explainSource(object);
      const request = {
        letters: "achlmns",
        args: [],
        input: "a.s",
        output: "a.o",
        date: new Date(0),
        messages: [],
      };
      listingText(object, { ...request, readFile: () => text });
    }
  } catch (problem) {
    return problem instanceof Error
      ? (problem.stack ?? problem.message).split("\n").slice(0, 4).join(" ")
      : String(problem);
  }
  const took = performance.now() - start;
  return took > LONGEST ? `takes ${Math.round(took)} ms` : undefined;
}

const tally = new Tally();
if (one >= 0) console.log(attempt(one, true) ?? "no failure");
else {
  const end = performance.now() + seconds * 1000;
  for (let i = first; performance.now() < end && tally.failed < 10; i++) {
    const problem = attempt(i, false);
    if (problem) tally.fail(`mutation ${i}`, [problem]);
    else tally.pass();
  }
}
process.exitCode = tally.finish();
