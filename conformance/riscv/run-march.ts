/**
 * Gives random architecture strings to GNU as and compares what it writes to
 * `.riscv.attributes`, or its messages, and the same for `.option arch`:
 *
 *     node scripts/run.mjs conformance/riscv/run-march.ts [--seed N] [--count N]
 *
 * The strings have letters and names that binutils 2.40 knows, in any order,
 * with and without versions, and now and then a mistake. (B, which is younger, is
 * known here and not there.)
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  architectureString,
  isaSpecs,
  parseArchitecture,
  updateArchitecture,
} from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

const AS = "riscv64-unknown-elf-as";
const READELF = "riscv64-unknown-elf-readelf";

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const count = argument("--count") ?? 200;

/** Names that binutils 2.40 knows. */
const NAMES = (
  "zicbom zicbop zicboz zicsr zifencei zihintpause zmmul zawrs zfh zfhmin zfinx zdinx zhinx zhinxmin zbb zba zbc zbs " +
  "zbkb zbkc zbkx zk zkn zknd zkne zknh zkr zks zksed zksh zkt zve32x zve64d zvl128b ztso smaia smepmp smstateen ssaia " +
  "sscofpmf ssstateen sstc svinval svnapot svpbmt xtheadba"
).split(" ");
const letter = fc.constantFrom(..."mafdqcvhmafdcmafdcy");
const version = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  fc.constantFrom("2p0", "2", "1p0", "10p12", "2p", "0p1", "2p1"),
);
const name = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...NAMES) },
  fc.constantFrom("zfoo", "sfoo", "x", "z"),
);
const architecture = fc
  .record({
    head: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("rv32", "rv64") },
      fc.constantFrom("rv128", "RV32", "rv", ""),
    ),
    base: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("i", "i", "g", "e") },
      fc.constantFrom("m", "", "I"),
    ),
    letters: fc.array(fc.tuple(letter, version), { maxLength: 5 }),
    names: fc.array(fc.tuple(name, version), { maxLength: 4 }),
    joined: fc.constantFrom("_", "_", "_", "_", "_", "_", "_", "__", ""),
    spec: fc.constantFrom(...isaSpecs, "20191213" as const, "20191213" as const),
  })
  .map(({ head, base, letters, names, joined, spec }) => ({
    text:
      head +
      base +
      [letters.flat().join(""), ...names.map((part) => part.join(""))].filter(Boolean).join(joined),
    spec,
  }))
  // An empty string means that there is none.
  .filter(({ text }) => text !== "");

/** What `.option arch` begins from, and changes. */
const START = "rv64imafdc_zba";
const CHANGED =
  "c f d m a zba zbb zfh zicsr zifencei zve32x zvl128b i e g y zfoo zba2p zbb1p0 q2p2 zfinx x xfoo1p0";
const changes = fc.array(
  fc.tuple(fc.constantFrom("+", "-", "+", "-", "+", ""), fc.constantFrom(...CHANGED.split(" "))),
  { minLength: 1, maxLength: 4 },
);

async function main(): Promise<number> {
  const tally = new Tally();
  if (!isInstalled(AS)) {
    tally.skip("architecture strings", `${AS} is not installed`);
    return tally.finish();
  }
  console.log(`seed ${seed}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-riscv-"));
  writeFileSync(path.join(folder, "input.s"), "");
  for (const { text, spec } of fc.sample(architecture, { seed, numRuns: count })) {
    const made = await runShell(
      `${AS} -march=${text} -misa-spec=${spec} input.s -o out.o 2>&1 && ${READELF} -A out.o`,
      folder,
    );
    const messages = made.stdout.match(/(?<=^Error: ).*/gm) ?? [];
    const written = /Tag_RISCV_arch: "(.*)"/.exec(made.stdout)?.[1];
    const ours = parseArchitecture(text, { spec });
    // What follows from the ABI that an architecture asks for is the assembler's.
    const theirs = messages.filter((message) => !/ABI|can't be/.test(message));
    const problems: string[] = [];
    if (theirs.join("\n") !== ours.messages.join("\n"))
      problems.push(
        `GNU as: ${theirs.join("; ") || "accepted"}`,
        `ours: ${ours.messages.join("; ") || "accepted"}`,
      );
    else if (written !== undefined && written !== architectureString(ours.architecture))
      problems.push(`GNU as: ${written}`, `ours: ${architectureString(ours.architecture)}`);
    if (problems.length > 0) tally.fail(`${text} (${spec})`, problems);
    else tally.pass();
  }
  const before = parseArchitecture(START).architecture;
  for (const parts of fc.sample(changes, { seed, numRuns: count })) {
    const text = parts.map((part) => part.join("")).join(",");
    writeFileSync(path.join(folder, "change.s"), `.option arch, ${text}\n`);
    const made = await runShell(`${AS} -march=${START} change.s -o out.o`, folder);
    const theirs = made.stderr.match(/(?<=Error: ).*/g) ?? [];
    const ours = updateArchitecture(before, text).messages;
    if (theirs.join("\n") === ours.join("\n")) tally.pass();
    else tally.fail(`.option arch, ${text}`, [`GNU as: ${theirs.join("; ")}`, `ours: ${ours.join("; ")}`]);
  }
  rmSync(folder, { recursive: true });
  return tally.finish();
}

process.exitCode = await main();
