/**
 * Feeds Berkeley TestFloat's cases to src/machine/softfloat, in every rounding
 * mode, and compares results and flags bit by bit:
 *
 *     node scripts/run.mjs conformance/machine/testfloat.ts --testfloat DIR --softfloat DIR [--full] [REGEX]
 *
 * Both are git directories or source trees (berkeley-testfloat-3 and
 * berkeley-softfloat-3); they are built for RISC-V's specialisation with make
 * and gcc in a temporary folder. Without --full, the first 60 000 cases of each
 * function and mode are taken; with it, all of TestFloat's level 1.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as fp from "../../src/machine/softfloat/index.ts";
import { isInstalled, Tally } from "../gnu-ld/process.ts";

/** Numbers from one line, as 32-bit words: of 64 bits, two (low half first); fewer otherwise. */
type Words = Int32Array;

/** Computes a case: operands in `words` from 0 on, two words each; the result in `fp.out` or returned. */
interface Function_ {
  /** As testfloat_gen names it. */
  readonly name: string;
  readonly operands: number;
  readonly wide: boolean;
  readonly modes: boolean;
  readonly exact?: boolean;
  readonly run: (w: Words, mode: number) => unknown;
}

const functions: Function_[] = [];

function add(
  name: string,
  operands: number,
  wide: boolean,
  modes: boolean,
  run: Function_["run"],
  exact?: boolean,
) {
  functions.push({ name, operands, wide, modes, run, exact });
}

add("f64_add", 2, true, true, (w, m) => fp.f64Add(w[0], w[1], w[2], w[3], m));
add("f64_sub", 2, true, true, (w, m) => fp.f64Sub(w[0], w[1], w[2], w[3], m));
add("f64_mul", 2, true, true, (w, m) => fp.f64Mul(w[0], w[1], w[2], w[3], m));
add("f64_div", 2, true, true, (w, m) => fp.f64Div(w[0], w[1], w[2], w[3], m));
add("f64_sqrt", 1, true, true, (w, m) => fp.f64Sqrt(w[0], w[1], m));
add("f64_mulAdd", 3, true, true, (w, m) => fp.f64MulAdd(w[0], w[1], w[2], w[3], w[4], w[5], m));
add("f64_eq", 2, false, false, (w) => fp.f64Equal(w[0], w[1], w[2], w[3]));
add("f64_lt", 2, false, false, (w) => fp.f64Less(w[0], w[1], w[2], w[3]));
add("f64_le", 2, false, false, (w) => fp.f64LessOrEqual(w[0], w[1], w[2], w[3]));
add("f64_lt_quiet", 2, false, false, (w) => fp.f64LessQuiet(w[0], w[1], w[2], w[3]));
add("f64_le_quiet", 2, false, false, (w) => fp.f64LessOrEqualQuiet(w[0], w[1], w[2], w[3]));
add("f64_roundToInt", 1, true, true, (w, m) => fp.f64Round(w[0], w[1], m, true), true);
add("f64_roundToInt", 1, true, true, (w, m) => fp.f64Round(w[0], w[1], m, false), false);
add("f64_to_f32", 1, false, true, (w, m) => fp.f64ToF32(w[0], w[1], m));
add("f64_to_f16", 1, false, true, (w, m) => fp.f64ToF16(w[0], w[1], m));
add("f64_to_i32", 1, false, true, (w, m) => fp.f64ToI32(w[0], w[1], m), true);
add("f64_to_ui32", 1, false, true, (w, m) => fp.f64ToU32(w[0], w[1], m), true);
add("f64_to_i64", 1, true, true, (w, m) => fp.f64ToI64(w[0], w[1], m), true);
add("f64_to_ui64", 1, true, true, (w, m) => fp.f64ToU64(w[0], w[1], m), true);
add("i32_to_f64", 1, true, false, (w) => fp.i32ToF64(w[0]));
add("ui32_to_f64", 1, true, false, (w) => fp.u32ToF64(w[0]));
add("i64_to_f64", 1, true, true, (w, m) => fp.i64ToF64(w[0], w[1], m));
add("ui64_to_f64", 1, true, true, (w, m) => fp.u64ToF64(w[0], w[1], m));

add("f32_add", 2, false, true, (w, m) => fp.f32Add(w[0], w[2], m));
add("f32_sub", 2, false, true, (w, m) => fp.f32Sub(w[0], w[2], m));
add("f32_mul", 2, false, true, (w, m) => fp.f32Mul(w[0], w[2], m));
add("f32_div", 2, false, true, (w, m) => fp.f32Div(w[0], w[2], m));
add("f32_sqrt", 1, false, true, (w, m) => fp.f32Sqrt(w[0], m));
add("f32_mulAdd", 3, false, true, (w, m) => fp.f32MulAdd(w[0], w[2], w[4], m));
add("f32_eq", 2, false, false, (w) => fp.f32Equal(w[0], w[2]));
add("f32_lt", 2, false, false, (w) => fp.f32Less(w[0], w[2]));
add("f32_le", 2, false, false, (w) => fp.f32LessOrEqual(w[0], w[2]));
add("f32_lt_quiet", 2, false, false, (w) => fp.f32LessQuiet(w[0], w[2]));
add("f32_le_quiet", 2, false, false, (w) => fp.f32LessOrEqualQuiet(w[0], w[2]));
add("f32_roundToInt", 1, false, true, (w, m) => fp.f32Round(w[0], m, true), true);
add("f32_roundToInt", 1, false, true, (w, m) => fp.f32Round(w[0], m, false), false);
add("f32_to_f64", 1, true, false, (w) => fp.f32ToF64(w[0]));
add("f32_to_f16", 1, false, true, (w, m) => fp.f32ToF16(w[0], m));
add("f32_to_i32", 1, false, true, (w, m) => fp.f32ToI32(w[0], m), true);
add("f32_to_ui32", 1, false, true, (w, m) => fp.f32ToU32(w[0], m), true);
add("f32_to_i64", 1, true, true, (w, m) => fp.f32ToI64(w[0], m), true);
add("f32_to_ui64", 1, true, true, (w, m) => fp.f32ToU64(w[0], m), true);
add("i32_to_f32", 1, false, true, (w, m) => fp.i32ToF32(w[0], m));
add("ui32_to_f32", 1, false, true, (w, m) => fp.u32ToF32(w[0], m));
add("i64_to_f32", 1, false, true, (w, m) => fp.i64ToF32(w[0], w[1], m));
add("ui64_to_f32", 1, false, true, (w, m) => fp.u64ToF32(w[0], w[1], m));

add("f16_add", 2, false, true, (w, m) => fp.f16Add(w[0], w[2], m));
add("f16_sub", 2, false, true, (w, m) => fp.f16Sub(w[0], w[2], m));
add("f16_mul", 2, false, true, (w, m) => fp.f16Mul(w[0], w[2], m));
add("f16_div", 2, false, true, (w, m) => fp.f16Div(w[0], w[2], m));
add("f16_sqrt", 1, false, true, (w, m) => fp.f16Sqrt(w[0], m));
add("f16_mulAdd", 3, false, true, (w, m) => fp.f16MulAdd(w[0], w[2], w[4], m));
add("f16_eq", 2, false, false, (w) => fp.f16Equal(w[0], w[2]));
add("f16_lt", 2, false, false, (w) => fp.f16Less(w[0], w[2]));
add("f16_le", 2, false, false, (w) => fp.f16LessOrEqual(w[0], w[2]));
add("f16_lt_quiet", 2, false, false, (w) => fp.f16LessQuiet(w[0], w[2]));
add("f16_le_quiet", 2, false, false, (w) => fp.f16LessOrEqualQuiet(w[0], w[2]));
add("f16_roundToInt", 1, false, true, (w, m) => fp.f16Round(w[0], m, true), true);
add("f16_roundToInt", 1, false, true, (w, m) => fp.f16Round(w[0], m, false), false);
add("f16_to_f64", 1, true, false, (w) => fp.f16ToF64(w[0]));
add("f16_to_f32", 1, false, false, (w) => fp.f16ToF32(w[0]));
add("f16_to_i32", 1, false, true, (w, m) => fp.f16ToI32(w[0], m), true);
add("f16_to_ui32", 1, false, true, (w, m) => fp.f16ToU32(w[0], m), true);
add("f16_to_i64", 1, true, true, (w, m) => fp.f16ToI64(w[0], m), true);
add("f16_to_ui64", 1, true, true, (w, m) => fp.f16ToU64(w[0], m), true);
add("i32_to_f16", 1, false, true, (w, m) => fp.i32ToF16(w[0], m));
add("ui32_to_f16", 1, false, true, (w, m) => fp.u32ToF16(w[0], m));
add("i64_to_f16", 1, false, true, (w, m) => fp.i64ToF16(w[0], w[1], m));
add("ui64_to_f16", 1, false, true, (w, m) => fp.u64ToF16(w[0], w[1], m));

/** Options of testfloat_gen, in the order of `frm`. */
const MODES = ["-rnear_even", "-rminMag", "-rmin", "-rmax", "-rnear_maxMag"];

function parse(args: readonly string[]) {
  const options = { testfloat: "", softfloat: "", limit: 60_000, filter: /./ };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--testfloat") options.testfloat = args[++i];
    else if (args[i] === "--softfloat") options.softfloat = args[++i];
    else if (args[i] === "--full") options.limit = Infinity;
    else options.filter = new RegExp(args[i]);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const tally = new Tally();

/** A copy of the sources in `to`: from a git directory or from a tree. */
function copySources(from: string, to: string): void {
  mkdirSync(to);
  const git = [from, path.join(from, ".git")].find((folder) => existsSync(path.join(folder, "objects")));
  if (git) execFileSync("sh", ["-c", 'git --git-dir="$0" archive HEAD | tar -x -C "$1"', git, to]);
  else execFileSync("cp", ["-r", `${from}/.`, to]);
}

function buildGenerator(work: string): string {
  const soft = path.join(work, "berkeley-softfloat-3");
  const test = path.join(work, "berkeley-testfloat-3");
  copySources(options.softfloat, soft);
  copySources(options.testfloat, test);
  const make = (folder: string, target: string) =>
    execFileSync("make", ["-s", "SPECIALIZE_TYPE=RISCV", target], {
      cwd: path.join(folder, "build/Linux-x86_64-GCC"),
      stdio: ["ignore", "ignore", "pipe"],
    });
  make(soft, "softfloat.a");
  make(test, "testfloat_gen");
  return path.join(test, "build/Linux-x86_64-GCC/testfloat_gen");
}

const words = new Int32Array(10);

/** Reads the hexadecimal numbers of the line at `at` into `words`, two words each; returns where the line ends. */
function readLine(text: Buffer, at: number): number {
  let slot = 0;
  let low = 0;
  let high = 0;
  for (; ; at++) {
    const c = text[at];
    if (c === 32 || c === 10) {
      words[slot] = low;
      words[slot + 1] = high;
      slot += 2;
      low = 0;
      high = 0;
      if (c === 10) return at + 1;
    } else {
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | (c < 58 ? c - 48 : (c & 15) + 9);
    }
  }
}

const hex = (low: number, high: number, wide: boolean) =>
  (wide ? (high >>> 0).toString(16).padStart(8, "0") : "") + (low >>> 0).toString(16).padStart(8, "0");

/** Runs one function in one mode; returns the number of cases and the first differences. */
function check(generator: string, f: Function_, mode: number): Promise<{ cases: number; wrong: string[] }> {
  const args = ["-tininessafter", MODES[mode], ...(f.exact ? ["-exact"] : []), f.name];
  return new Promise((done) => {
    const child = spawn(generator, args, { stdio: ["ignore", "pipe", "ignore"] });
    const wrong: string[] = [];
    let rest = Buffer.alloc(0);
    let cases = 0;
    child.stdout.on("data", (data: Buffer) => {
      const text = rest.length > 0 ? Buffer.concat([rest, data]) : data;
      const end = text.lastIndexOf(10) + 1;
      let at = 0;
      while (at < end && cases < options.limit) {
        const start = at;
        at = readLine(text, at);
        cases++;
        fp.out[fp.FLAGS] = 0;
        const result = f.run(words, mode);
        const low = typeof result === "number" ? result : fp.out[fp.LOW];
        const high = f.wide ? fp.out[fp.HIGH] : 0;
        const flags = fp.out[fp.FLAGS];
        const expected = f.operands * 2;
        const same =
          low === words[expected] &&
          (!f.wide || high === words[expected + 1]) &&
          flags === words[expected + 2];
        if (!same && wrong.length < 5)
          wrong.push(
            `${text.toString("latin1", start, at - 1)}: got ${hex(low, high, f.wide)} ${hex(flags, 0, false)}`,
          );
      }
      rest = Buffer.from(text.subarray(end));
      // It answers a polite signal only between cases, which it writes to a pipe that may be full.
      if (cases >= options.limit) child.kill("SIGKILL");
    });
    child.on("close", () => done({ cases, wrong }));
  });
}

async function main(): Promise<void> {
  const missing = ["make", "gcc"].find((program) => !isInstalled(program));
  const sources = [options.testfloat, options.softfloat];
  if (missing) return tally.skip("TestFloat", `${missing} is not installed`);
  if (!sources.every((folder) => folder !== "" && existsSync(folder)))
    return tally.leaveOut("TestFloat", "its sources are not there: --testfloat DIR --softfloat DIR");
  const work = mkdtempSync(path.join(os.tmpdir(), "premain-testfloat-"));
  try {
    const generator = buildGenerator(work);
    let total = 0;
    for (const f of functions) {
      if (!options.filter.test(f.name)) continue;
      for (let mode = 0; mode < (f.modes ? MODES.length : 1); mode++) {
        const { cases, wrong } = await check(generator, f, mode);
        total += cases;
        const name = `${f.name} ${MODES[mode]}${f.exact ? " -exact" : ""}`;
        if (cases === 0) tally.fail(name, ["no case was read"]);
        else if (wrong.length > 0) tally.fail(name, wrong);
        else tally.pass();
      }
    }
    console.log(`${total} cases`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

await main();
process.exitCode = tally.finish();
