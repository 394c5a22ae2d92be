/**
 * Compares what the tools print of every ELF file and archive of this system
 * with what GNU binutils 2.40 print: programs, shared libraries, objects and
 * archives of x86-64, i386, riscv32 and riscv64.
 *
 *     node scripts/run.mjs conformance/tools/run-system.ts [--sample N] [--seconds N] [--start N]
 *       [--largest BYTES] [--shard I/N] [--only TEXT]... [--work FOLDER] [--show N] [FILE OR FOLDER]...
 *
 * --sample   so many cases, spread over all; without it every file goes through every list of options
 * --seconds  stop after so long, and say at which case to go on with --start
 * --largest  files that are larger are left out
 * --shard    one of N equal parts, for several processors
 * --only     lists of options that begin with this text, such as "nm" or "objdump -d"
 * --show     so many lines of a difference
 *
 * Cases are ordered by list of options, then by file. Both tools write to files,
 * because the text of a large library has gigabytes. At the end there is a row
 * for each list of options. Accepted differences are in accepted-system.json.
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { inCi, isInstalled } from "../gnu-ld/process.ts";
import { ourTools } from "./ours.ts";

const listings: readonly string[] = [
  "nm",
  "nm -D",
  "nm -C",
  "nm -n -S",
  "size -A",
  "size -B",
  "size -G",
  "readelf -hlSsrdnVgW",
  "readelf -a",
  "readelf -aW",
  "objdump -h",
  "objdump -p",
  "objdump -t",
  "objdump -T",
  "objdump -r",
  "objdump -R",
  "objdump -x",
  "strip",
  "strip -g",
  "objcopy",
  "objcopy -g",
  "objdump -d",
  "objdump -d -Mintel",
  "objdump -s",
];

const args = process.argv.slice(2);
const roots: string[] = [];
const only: string[] = [];
let sampled = Number.POSITIVE_INFINITY;
let seconds = Number.POSITIVE_INFINITY;
let largest = Number.POSITIVE_INFINITY;
let start = 0;
let show = 1;
let shard = [1, 1];
let work: string | undefined;
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--sample") sampled = Number(args[++i]);
  else if (args[i] === "--seconds") seconds = Number(args[++i]);
  else if (args[i] === "--start") start = Number(args[++i]);
  else if (args[i] === "--largest") largest = Number(args[++i]);
  else if (args[i] === "--show") show = Number(args[++i]);
  else if (args[i] === "--shard") shard = args[++i].split("/").map(Number);
  else if (args[i] === "--only") only.push(args[++i]);
  else if (args[i] === "--work") work = path.resolve(args[++i]);
  else roots.push(args[i]);
}
const folder = work ?? mkdtempSync(path.join(os.tmpdir(), "premain-system-"));
mkdirSync(folder, { recursive: true });

interface SystemFile {
  readonly path: string;
  readonly peer: "" | "riscv64-unknown-elf-";
  readonly archive: boolean;
  readonly size: number;
}

const files: SystemFile[] = [];
const everywhere = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/riscv64-linux-gnu"];
for (const root of roots.length > 0 ? roots : everywhere) collect(path.resolve(root));

const rows = listings.filter((row) => only.length === 0 || only.some((text) => row.startsWith(text)));
let cases = rows.flatMap((row) => files.map((file) => ({ row, file })));
if (cases.length > sampled) {
  const step = cases.length / sampled;
  cases = Array.from({ length: sampled }, (_, i) => cases[Math.floor(i * step)]);
}
const rules: readonly { why: string; case: string; difference?: string }[] = JSON.parse(
  readFileSync("conformance/tools/accepted-system.json", "utf8"),
).differences;

const tally = new Map(rows.map((row) => [row, { same: 0, accepted: 0, different: 0, lines: 0, bytes: 0 }]));
const missing = new Set<string>();
const end = Date.now() + seconds * 1000;
let next = cases.length;
for (let i = start; i < cases.length; i++) {
  if (i % shard[1] !== shard[0] - 1) continue;
  if (Date.now() > end) {
    next = i;
    break;
  }
  await runCase(cases[i].row, cases[i].file);
}
if (!work) rmSync(folder, { recursive: true, force: true });

let passed = 0;
let failed = 0;
console.log(`${files.length} files\nequal / accepted / different, lines that differ, text compared:`);
for (const [row, { same, accepted, different, lines, bytes }] of tally) {
  passed += same + accepted;
  failed += different;
  if (same + accepted + different > 0)
    console.log(
      `${row.padEnd(22)} ${same} / ${accepted} / ${different}, ${lines}, ${Math.round(bytes / 1e6)} MB`,
    );
}
for (const peer of missing) {
  console.log(`SKIP ${peer} is not installed`);
  if (inCi) failed++;
}
if (next < cases.length) console.log(`the time is up: go on with --start ${next} of ${cases.length}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** All ELF files and archives below a folder; not through symbolic links. */
function collect(at: string): void {
  if (!existsSync(at)) return;
  const stat = lstatSync(at);
  if (stat.isDirectory()) {
    for (const name of readdirSync(at).sort()) collect(path.join(at, name));
    return;
  }
  if (!stat.isFile() || stat.size < 8 || stat.size > largest) return;
  const fd = openSync(at, "r");
  const head = Buffer.alloc(4096);
  const length = readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  const archive = /^!<(?:arch|thin)>\n/.test(head.toString("latin1", 0, 8));
  let from = 0;
  if (archive) {
    // The machine of an archive is its first member's that is ELF within reach.
    from = head.subarray(0, length).indexOf("\x7fELF", 0, "latin1");
    if (from < 0 || from + 20 > length) from = -1;
  } else if (head.toString("latin1", 0, 4) !== "\x7fELF") return;
  const machine = from < 0 ? (at.includes("riscv") ? 243 : 62) : head.readUInt16LE(from + 18);
  // Peers know these; others print less with one binutils than with another.
  if (machine !== 62 && machine !== 3 && machine !== 243) return;
  files.push({ path: at, peer: machine === 243 ? "riscv64-unknown-elf-" : "", archive, size: stat.size });
}

async function runCase(row: string, file: SystemFile): Promise<void> {
  const count = tally.get(row);
  const [tool, ...options] = row.split(" ");
  const program = file.peer + tool;
  if (!count) return;
  if (!isInstalled(program)) {
    missing.add(program);
    return;
  }
  const copies = tool === "strip" || tool === "objcopy";
  const at = (name: string) => path.join(folder, name);
  const target = (whose: string) =>
    tool === "strip" ? ["-o", at(whose), file.path] : [file.path, at(whose)];
  for (const name of ["gnu", "ours"]) rmSync(at(name), { force: true });

  const out = openSync(at("gnu.out"), "w");
  const gnu = spawnSync(program, [...options, ...(copies ? target("gnu") : [file.path])], {
    argv0: tool,
    stdio: ["ignore", out, "pipe"],
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    maxBuffer: 1 << 28,
  });
  closeSync(out);
  const own = openSync(at("ours.out"), "w");
  const ours = await ourTools[tool](
    [...options, ...(copies ? target("ours") : [file.path])],
    new Uint8Array(0),
    { out: (bytes) => void writeSync(own, bytes) },
  ).catch((error: unknown) => ({
    code: -1,
    error: `exception: ${error instanceof Error ? error.stack : error}`,
  }));
  closeSync(own);

  const problems: string[] = [];
  if (gnu.status !== ours.code) problems.push(`exit code: ${gnu.status} against ${ours.code}`);
  const gnuError = gnu.stderr.toString("latin1").replaceAll(at("gnu"), "OUT");
  const difference = compareLines(gnuError, ours.error.replaceAll(at("ours"), "OUT"));
  if (difference) problems.push(`errors, ${difference.text}`);
  const lines = compareFiles(at("gnu.out"), at("ours.out"));
  count.bytes += lines.bytes;
  if (lines.different) problems.push(`output, ${lines.different.text}`);
  if (copies && existsSync(at("gnu")) !== existsSync(at("ours")))
    problems.push(`file: ${existsSync(at("gnu")) ? "GNU's" : "ours"} alone`);
  else if (copies && existsSync(at("gnu"))) {
    const written = compareFiles(at("gnu"), at("ours"), true);
    count.bytes += written.bytes;
    if (written.different) problems.push(`file, ${written.different.text}`);
  }
  if (problems.length === 0) {
    count.same++;
    return;
  }
  const name = `${program} ${options.join(" ")} ${file.path}`;
  const rest = problems.filter(
    (problem) =>
      !rules.some(
        (rule) => new RegExp(rule.case).test(name) && new RegExp(rule.difference ?? "", "s").test(problem),
      ),
  );
  if (rest.length === 0) {
    count.accepted++;
    return;
  }
  count.different++;
  count.lines += lines.different?.count ?? 0;
  console.log(`FAIL ${name}\n  ${rest.join("\n  ")}`);
}

interface Difference {
  readonly count: number;
  readonly text: string;
}

/** Files may be larger than strings can be, so they are read in step, and as lines only around what differs. */
function compareFiles(
  gnuPath: string,
  ourPath: string,
  binary = false,
): { bytes: number; different?: Difference } {
  const [gnu, ours] = [openSync(gnuPath, "r"), openSync(ourPath, "r")];
  const [sizeA, sizeB] = [fstatSync(gnu).size, fstatSync(ours).size];
  const size = 1 << 22;
  const a = Buffer.allocUnsafe(size);
  const b = Buffer.allocUnsafe(size);
  let at = 0;
  let same = true;
  for (; same && at < Math.max(sizeA, sizeB); at += size) {
    const [lengthA, lengthB] = [readSync(gnu, a, 0, size, at), readSync(ours, b, 0, size, at)];
    if (lengthA === lengthB && a.compare(b, 0, lengthB, 0, lengthA) === 0) continue;
    same = false;
    break;
  }
  let different: Difference | undefined;
  if (!same && binary) {
    let i = 0;
    while (i < size && a[i] === b[i]) i++;
    different = { count: 0, text: `byte 0x${(at + i).toString(16)} differs, sizes ${sizeA} and ${sizeB}` };
  } else if (!same) {
    const limit = 400_000_000;
    const rest = (fd: number, total: number) => {
      const text = Buffer.alloc(Math.min(limit, total - at));
      readSync(fd, text, 0, text.length, at);
      return text.toString("latin1");
    };
    const found = compareLines(rest(gnu, sizeA), rest(ours, sizeB));
    if (found) different = { ...found, text: `behind byte ${at}, ${found.text}` };
  }
  closeSync(gnu);
  closeSync(ours);
  return { bytes: sizeA, different };
}

/** How many lines differ: one by one where both texts have as many, else what is behind the first one. */
function compareLines(gnu: string, ours: string): Difference | undefined {
  if (gnu === ours) return undefined;
  const a = gnu.split("\n");
  const b = ours.split("\n");
  const shown = (line: string | undefined) =>
    line === undefined ? "(nothing)" : JSON.stringify(line.slice(0, 300));
  const all: number[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) all.push(i);
  const first = all.slice(0, a.length === b.length ? show : 1);
  const count = a.length === b.length ? all.length : Math.abs(a.length - b.length);
  const texts = first.map((i) => `line ${i + 1}: ${shown(a[i])} against ${shown(b[i])}`);
  const counts = a.length === b.length ? `${count} lines` : `${a.length} and ${b.length} lines`;
  return { count, text: `${counts}, ${texts.join("\n    ")}` };
}
