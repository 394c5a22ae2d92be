/**
 * Links that are made from numbers (generate-link.ts), through GNU ld and through ours; compared are the files, the
 * messages, the exit code and the map:
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-generated.ts [--seconds N] [--seed N] [--last N] [--one N] [--keep]
 *
 * --seconds  how long (30)
 * --seed     the first number (1)
 * --last     the last number, instead of a time
 * --one      this number alone, with all differences
 * --vary     also i386, scripts in front of and between the files, archives and groups
 * --regions  in several small regions, with --enable-non-contiguous-regions
 * --pie      as static PIE (-pie --no-dynamic-linker); RISC-V with GNU ld for Linux, since the one for bare metal makes none
 * --maps     each with a map
 * --keep     leaves the folders of what differs, made as small as it gets, and prints them
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ld } from "../../src/cli/ld.ts";
import { compareImages, showDifference } from "./compare-images.ts";
import { judge, readReasons, reasonFor } from "./differences.ts";
import { type GeneratedLink, generateLink, scriptText, smaller, varyLink } from "./generate-link.ts";
import { asStaticPie } from "./generate-pie.ts";
import { inSeveralRegions } from "./generate-regions.ts";
import { isInstalled, Tally } from "./process.ts";

const TOOLS = {
  i386: { as: ["as", "--32"], ld: ["ld", "-m", "elf_i386"] },
  "x86-64": { as: ["as", "--64"], ld: ["ld", "-m", "elf_x86_64"] },
  riscv32: {
    as: ["riscv64-unknown-elf-as", "-march=rv32imac", "-mabi=ilp32"],
    ld: ["riscv64-unknown-elf-ld", "-m", "elf32lriscv"],
  },
  riscv64: {
    as: ["riscv64-unknown-elf-as", "-march=rv64imac", "-mabi=lp64"],
    ld: ["riscv64-unknown-elf-ld", "-m", "elf64lriscv"],
  },
} as const;

/** GNU ld for bare RISC-V refuses -pie. */
const PIE_LINKERS = {
  ...TOOLS,
  riscv32: { ld: ["riscv64-linux-gnu-ld", "-m", "elf32lriscv"] },
  riscv64: { ld: ["riscv64-linux-gnu-ld", "-m", "elf64lriscv"] },
} as const;

const environment = { ...process.env, LC_ALL: "C" };
const work = mkdtempSync(path.join(os.tmpdir(), "premain-generated-"));
const home = process.cwd();
const reasons = readReasons(path.join(home, "conformance/gnu-ld/differences.json"));

function parse(args: readonly string[]) {
  const options = {
    seconds: 30,
    seed: 1,
    last: undefined as number | undefined,
    one: undefined as number | undefined,
    vary: false,
    regions: false,
    pie: false,
    maps: false,
    keep: false,
  };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--seconds") options.seconds = Number(args[++i]);
    else if (args[i] === "--seed") options.seed = Number(args[++i]);
    else if (args[i] === "--last") options.last = Number(args[++i]);
    else if (args[i] === "--one") options.one = Number(args[++i]);
    else if (args[i] === "--keep") options.keep = true;
    else if (args[i] === "--vary") options.vary = true;
    else if (args[i] === "--regions") options.regions = true;
    else if (args[i] === "--pie") options.pie = true;
    else if (args[i] === "--maps") options.maps = true;
    else throw new Error(`unknown option ${args[i]}`);
  }
  return options;
}

/** Objects by target and source: making a link smaller mostly changes something else. */
const assembled = new Map<string, Uint8Array | undefined>();

function assemble(target: GeneratedLink["target"], source: string, file: string): boolean {
  const key = `${target}\n${source}`;
  let object = assembled.get(key);
  if (!assembled.has(key)) {
    const [as, ...args] = TOOLS[target].as;
    writeFileSync(`${file}.s`, source);
    const { status } = spawnSync(as, [...args, "-W", `${file}.s`, "-o", `${file}.o`], { stdio: "ignore" });
    object = status === 0 ? readFileSync(`${file}.o`) : undefined;
    if (assembled.size > 2000) assembled.clear();
    assembled.set(key, object);
  }
  if (object) writeFileSync(`${file}.o`, object);
  return object !== undefined;
}

/** The program's name away; ours says more on lines of its own; GNU ld says some things at each layout. */
function normalized(text: string, program: string, relaxed: boolean): string[] {
  const lines = text
    .split("\n")
    .map((line) => (line.startsWith(`${program}:`) ? `ld:${line.slice(program.length + 1)}` : line))
    .map((line) =>
      line.replaceAll("gnu.out", "OUT").replaceAll("ours.out", "OUT").replaceAll("gnu.map", "MAP"),
    )
    // GNU ld's line is that of a word behind the name of the region.
    .map((line) => line.replace(/:[^ ]*:\d+: (warning: memory region .* not declared)/, ": $1"))
    // Where it relaxes, GNU ld's offsets are those of the shortened section.
    .map((line) => (relaxed ? line.replace(/\+0x[0-9a-f]+\): undefined/, "): undefined") : line))
    .map((line) => line.replace(/:[^ ]*:\d+: (section has both)/, ": $1"))
    // And labels that the assembler makes up are functions for it.
    .map((line) => (relaxed ? line.replace(/^(?:ld: )?\S*(\([^ ]*\): undefined)/, "$1") : line))
    .filter((line) => !line.endsWith("in function `.L0 ':"))
    .filter((line) => line !== "" && !/^( |>>>|ld:.* note: )/.test(line))
    // What GNU ld never says.
    .filter((line) => !/the load image of section .* overruns region/.test(line))
    // GNU ld says this of any section that it drops, as often as statements match it.
    .filter((line) => !line.endsWith(" match /DISCARD/ clause."));
  return [...new Set(lines)];
}

function mapLines(map: Uint8Array): string[] {
  return Buffer.from(map).toString("latin1").replaceAll("gnu.out", "ours.out").split("\n");
}

function arranged(
  { arrangement }: GeneratedLink,
  files: readonly string[],
  scripts: readonly string[],
  folder: string,
): string[] {
  const [first, ...rest] = files;
  switch (arrangement) {
    case "scripts first":
      return [...scripts, ...files];
    case "scripts between":
      return [first, ...scripts, ...rest];
    case "archive":
    case "group": {
      rmSync(path.join(folder, "libb.a"), { force: true });
      spawnSync("ar", ["rcD", "libb.a", ...rest], { cwd: folder });
      if (arrangement === "group") return [first, ...scripts, "--start-group", "libb.a", "--end-group"];
      return [first, "--whole-archive", "libb.a", "--no-whole-archive", ...scripts];
    }
    default:
      return [...files, ...scripts];
  }
}

/** What differs, by kinds and in full; undefined where GNU ld itself breaks. */
function compare(link: GeneratedLink, folder: string): { kinds: Set<string>; text: string[] } | undefined {
  const kinds = new Set<string>();
  const text: string[] = [];
  const names = ["a", "b"].slice(0, link.objects.length);
  for (const [i, name] of names.entries())
    if (!assemble(link.target, `${link.objects[i].join("\n")}\n`, path.join(folder, name))) return undefined;
  const scripts = link.scripts.flatMap((script, i) => {
    writeFileSync(path.join(folder, `s${i}.ld`), scriptText(script));
    return ["-T", `s${i}.ld`];
  });
  const args = [
    ...[...(link.pie ?? []), ...link.options].flatMap((option) => option.split(" ")),
    ...arranged(
      link,
      names.map((name) => `${name}.o`),
      scripts,
      folder,
    ),
  ];
  const [program, ...machine] = (link.pie ? PIE_LINKERS : TOOLS)[link.target].ld;
  const argsFor = (who: string) => [
    ...machine,
    ...args.map((arg) => (arg === "-Map=MAP" ? `-Map=${who}.map` : arg)),
    "-o",
    `${who}.out`,
  ];
  writeFileSync(path.join(folder, "args"), `${[program, ...argsFor("gnu")].join(" ")}\n`);
  for (const file of ["gnu.out", "ours.out", "gnu.map", "ours.map"])
    rmSync(path.join(folder, file), { force: true });
  const gnu = spawnSync(program, argsFor("gnu"), {
    cwd: folder,
    env: environment,
    encoding: "latin1",
    timeout: 10_000,
  });
  if (gnu.status !== 0 && gnu.status !== 1) return undefined;
  if (/internal error|assertion fail|BFD .* error/.test(gnu.stderr)) return undefined;
  let out = "";
  let error = "";
  let code: number;
  process.chdir(folder);
  try {
    const streams = {
      out: (part: string) => {
        out += part;
      },
      error: (part: string) => {
        error += part;
      },
    };
    code = ld(argsFor("ours"), "gnu", streams);
  } catch (thrown) {
    kinds.add("exception");
    text.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    return { kinds, text };
  } finally {
    process.chdir(home);
  }
  const differ = (kind: string, theirs: string, ours: string) => {
    kinds.add(kind);
    text.push(`${kind}: GNU\n    ${theirs}\n  ours\n    ${ours}`);
  };
  if (gnu.status !== code) differ("exit code", `${gnu.status}`, `${code}`);
  const expected = normalized(gnu.stderr, program, /^riscv/.test(link.target));
  // GNU ld loses sections that fit nowhere without a word; we always say it.
  const silent = !link.options.includes("--enable-non-contiguous-regions-warnings");
  const actual = normalized(error, "ld", /^riscv/.test(link.target)).filter(
    (line) => !silent || !line.startsWith("ld: warning: --enable-non-contiguous-regions discards"),
  );
  // Where a link fails, either may go on to find more.
  const isCommon = (line: string) =>
    // Where a section is lost GNU ld stumbles over what refers to it.
    (/unresolvable (R_|symbol )/.test(line) && error.includes("fits none of the regions")) ||
    (!/warning: |NOTE: |: in function|final link failed|can't relax section|error adding symbols/.test(
      line,
    ) &&
      actual.includes(line));
  if (gnu.status === 0 ? expected.join("\n") !== actual.join("\n") : !expected.some(isCommon))
    differ("messages", expected.join("\n    "), actual.join("\n    "));
  if (gnu.status !== 0 || code !== 0) return { kinds, text };
  if (gnu.stdout !== out) differ("output", gnu.stdout, out);
  const read = (name: string) => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  const [theirs, ours] = [read("gnu.out"), read("ours.out")];
  if (theirs && ours) {
    const { rest } = judge(reasons, "generated", compareImages(theirs, ours));
    for (const difference of rest) {
      kinds.add(`${difference.category} ${difference.subject.split(/[ +]/).at(-1)}`);
      text.push(showDifference(difference));
    }
  } else if (theirs || ours) differ("file", theirs ? "made" : "none", ours ? "made" : "none");
  const [map, ourMap] = [read("gnu.map"), read("ours.map")];
  if (map && ourMap && kinds.size === 0) {
    const lines = mapLines(map);
    const others = mapLines(ourMap);
    const at = lines.findIndex((line, i) => line !== others[i]);
    if (at >= 0) differ("map", `${at + 1}: ${lines[at]}`, others[at]);
  }
  return { kinds, text };
}

/** Leaves out what can be left out while some kind of difference stays. */
function shrink(link: GeneratedLink, kinds: ReadonlySet<string>, folder: string): GeneratedLink {
  let current = link;
  for (let tries = 0, again = true; again && tries < 600; ) {
    again = false;
    for (const candidate of smaller(current)) {
      if (++tries > 600) break;
      const found = compare(candidate, folder);
      if (!found || ![...found.kinds].some((kind) => kinds.has(kind))) continue;
      current = candidate;
      again = true;
      break;
    }
  }
  return current;
}

function isAccepted(seed: number): boolean {
  const difference = { category: "link", subject: String(seed), gnu: "", ours: "" } as const;
  return reasonFor(reasons, "generated", difference) !== undefined;
}

function show(link: GeneratedLink, folder: string): string[] {
  return [
    readFileSync(path.join(folder, "args"), "utf8").trim(),
    ...link.scripts.map((script) => `--- script\n${scriptText(script)}`),
    ...link.objects.map((pieces) => `--- object\n${pieces.join("\n")}\n`),
  ];
}

function main(): number {
  const options = parse(process.argv.slice(2));
  const tally = new Tally();
  for (const { ld: linker } of Object.values(options.pie ? PIE_LINKERS : TOOLS))
    if (!isInstalled(linker[0])) {
      tally.skip("generated links", `${linker[0]} is not installed`);
      return tally.finish();
    }
  const end = performance.now() + options.seconds * 1000;
  const last = options.one ?? options.last;
  for (let seed = options.one ?? options.seed; last ? seed <= last : performance.now() < end; seed++) {
    const folder = path.join(work, String(seed));
    mkdirSync(folder);
    const plain = options.vary ? varyLink(generateLink(seed), seed) : generateLink(seed);
    const placed = options.regions ? inSeveralRegions(plain, seed) : plain;
    const made = options.pie ? asStaticPie(placed, seed) : placed;
    const hasMap = !options.maps || made.options.includes("-Map=MAP");
    const link = hasMap ? made : { ...made, options: [...made.options, "-Map=MAP"] };
    const found = compare(link, folder);
    if (!found?.kinds.size) {
      if (found) tally.pass();
      rmSync(folder, { recursive: true });
      continue;
    }
    // A whole link can be accepted by its number.
    if (options.one === undefined && isAccepted(seed)) {
      tally.pass();
      rmSync(folder, { recursive: true });
      continue;
    }
    const small = shrink(link, found.kinds, folder);
    const result = compare(small, folder);
    tally.fail(`${seed} (${small.target})`, [
      ...(result?.text ?? found.text).slice(0, options.one === undefined ? 6 : 60),
      ...show(small, folder),
      ...(options.keep ? [folder] : []),
    ]);
    if (!options.keep) rmSync(folder, { recursive: true });
  }
  return tally.finish();
}

process.exitCode = main();
if (!parse(process.argv.slice(2)).keep) rmSync(work, { recursive: true });
