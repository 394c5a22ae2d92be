/**
 * Runs programs that compilers made, in each tier, and compares what they print
 * and how they end with QEMU:
 *
 *     node scripts/run.mjs conformance/machine/programs.ts [--c-testsuite DIR] [--musl-gcc COMMAND] [REGEX]
 *
 * c-testsuite's programs (DIR is its git directory or tree; static RV64 Linux)
 * must also print what the suite expects, and execute the same number of
 * instructions in each tier. The programs of test/machine and test/programs are
 * made for Linux (glibc, and musl where a compiler for it is given; C, C++, and
 * Rust's std where its target is installed) and, with picolibc and semihosting,
 * for bare boards. Ours is bin/premain, which must be built.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Report } from "../../src/diagnostics/index.ts";
import { type Stream, startLinux, type Tier } from "../../src/machine/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

function parse(args: readonly string[]) {
  const options = { suite: "", musl: "", filter: /./ };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--c-testsuite") options.suite = args[++i];
    else if (args[i] === "--musl-gcc") options.musl = args[++i];
    else options.filter = new RegExp(args[i]);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const tally = new Tally();
const root = process.cwd();
const premain = path.join(root, "bin/premain");
const top = mkdtempSync(path.join(os.tmpdir(), "premain-machine-"));
const LIMIT = 2_000_000_000;
/** The evaluator does a million instructions in a second or two; what is longer is left to the other tiers. */
const MOST_PRECISE = 3_000_000;
const TIERS: readonly Tier[] = ["mixed", "interpreter", "translator", "precise"];

interface Run {
  readonly text: string;
  readonly end: string;
  readonly instructions: number;
}

/** Runs a program inside this process: hundreds of them start faster so. */
function runInside(file: string, tier: Tier): Run {
  let text = "";
  const output: Stream = {
    kind: "pipe",
    read: () => 0,
    write(bytes) {
      text += Buffer.from(bytes).toString("latin1");
      return bytes.length;
    },
  };
  const report = new Report();
  const streams = { input: output, output, errors: output };
  const options = { path: file, arguments: [file], ...streams, tier, memorySize: 1 << 26 };
  const process = startLinux(readFileSync(file), file, options, report);
  if (!process) {
    const messages = report.diagnostics.map(({ message }) => message);
    return { text: messages.join("\n"), end: "not loaded", instructions: 0 };
  }
  const end = process.run(LIMIT);
  const { instructions } = process.machine;
  return { text, end: end.kind === "exit" ? `exit ${end.code}` : end.kind, instructions };
}

async function runSuite(): Promise<void> {
  if (options.suite === "" || !existsSync(options.suite))
    return tally.leaveOut("c-testsuite", "it is not there: --c-testsuite DIR");
  if (!isInstalled("riscv64-linux-gnu-gcc"))
    return tally.skip("c-testsuite", "riscv64-linux-gnu-gcc is not installed");
  const git = [options.suite, path.join(options.suite, ".git")].find((folder) =>
    existsSync(path.join(folder, "objects")),
  );
  let tests = path.join(options.suite, "tests/single-exec");
  if (git) {
    const copy = path.join(top, "suite");
    mkdirSync(copy);
    execFileSync("sh", [
      "-c",
      'git --git-dir="$0" archive HEAD tests/single-exec | tar -x -C "$1"',
      git,
      copy,
    ]);
    tests = path.join(copy, "tests/single-exec");
  }
  const hasPeer = isInstalled("qemu-riscv64");
  const sources = readdirSync(tests).filter((name) => name.endsWith(".c") && options.filter.test(name));
  for (const name of sources) {
    const program = path.join(top, name.replace(/\.c$/, ""));
    const source = path.join(tests, name);
    const built = await runShell(`riscv64-linux-gnu-gcc -w -O1 -static -o ${program} ${source} -lm`, top);
    if (built.status !== 0) {
      tally.fail(`c-testsuite ${name}`, [`not built: ${built.stderr.slice(0, 500)}`]);
      continue;
    }
    const expected = readFileSync(`${source}.expected`, "latin1");
    const problems: string[] = [];
    if (hasPeer) {
      const peer = await runShell(`qemu-riscv64 ${program} </dev/null`, top);
      if (peer.stdout !== expected || peer.status !== 0) problems.push(`under QEMU: exit ${peer.status}`);
    }
    const runs: Run[] = [];
    for (const tier of TIERS)
      if (tier !== "precise" || runs[0].instructions <= MOST_PRECISE) runs.push(runInside(program, tier));
    for (const [i, { text, end, instructions }] of runs.entries()) {
      if (text !== expected) problems.push(`${TIERS[i]} prints ${JSON.stringify(text.slice(0, 500))}`);
      if (end !== "exit 0") problems.push(`${TIERS[i]}: ${end}`);
      if (instructions !== runs[0].instructions)
        problems.push(`${TIERS[i]}: ${instructions} instructions, ${TIERS[0]}: ${runs[0].instructions}`);
    }
    if (problems.length > 0) tally.fail(`c-testsuite ${name}`, problems);
    else tally.pass();
    rmSync(program);
  }
}

interface Kit {
  readonly name: string;
  readonly compiler: string;
  readonly options: string;
  readonly libraries: string;
  readonly peer: string;
  readonly run: string;
}

const PICOLIBC = `--specs=picolibc.specs --oslib=semihost --crt0=semihost \
-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=4M,--defsym=__ram=0x80400000,--defsym=__ram_size=4M`;
const BOARD =
  "-M virt -bios none -display none -serial none -monitor none -semihosting-config enable=on,target=native";

const linux: Kit = {
  name: "linux",
  compiler: "riscv64-linux-gnu-gcc",
  options: "-static -pthread",
  libraries: "-lm",
  peer: "qemu-riscv64",
  run: "qemu-riscv64",
};
const linuxCxx: Kit = { ...linux, compiler: "riscv64-linux-gnu-g++" };
const musl: Kit = { ...linux, name: "linux-musl", compiler: options.musl };
/** glibc has no start file for static PIE on RISC-V; musl has one, which its wrapper of GCC does not know. */
const pie: Kit = {
  ...musl,
  name: "linux-musl-pie",
  options:
    "-nostartfiles -static-pie -fPIE -pthread -Wl,--no-dynamic-linker " +
    `$(dirname $(command -v ${options.musl}))/../lib/rcrt1.o`,
};
const RUST_TARGET = "riscv64gc-unknown-linux-gnu";
const rust: Kit = {
  ...linux,
  name: "linux-rust",
  compiler: "rustc",
  options: `--target ${RUST_TARGET} -C linker=riscv64-linux-gnu-gcc -C target-feature=+crt-static`,
  libraries: "",
};
const bare = (bits: string, target: string): Kit => ({
  name: `picolibc-rv${bits}`,
  compiler: "riscv64-unknown-elf-gcc",
  options: `${PICOLIBC} ${target}`,
  libraries: "-lm",
  peer: `qemu-system-riscv${bits}`,
  run: `qemu-system-riscv${bits} ${BOARD} -kernel`,
});
const bare32 = bare("32", "-march=rv32imac -mabi=ilp32");
const bare64 = bare("64", "-march=rv64imafdc -mabi=lp64d -mcmodel=medany");

const raw = (bits: string, target: string): Kit => ({
  name: `linux-rv${bits}`,
  compiler: "riscv64-unknown-elf-gcc",
  options: `${target} -nostdlib -static`,
  libraries: "-lgcc",
  peer: `qemu-riscv${bits}`,
  run: `qemu-riscv${bits}`,
});
const raw32 = raw("32", "-march=rv32imac -mabi=ilp32");
const raw64 = raw("64", "-march=rv64imac -mabi=lp64");

/** Sources, the kits that build them, and whether they get a folder and something to read. */
const PROGRAMS: readonly (readonly [string, readonly Kit[], boolean?])[] = [
  ["test/machine/raw-calls.c", [raw32, raw64]],
  ["test/machine/signals.c", [linux, musl]],
  ["test/machine/contexts.c", [linux, musl]],
  ["test/machine/files.c", [linux, musl], true],
  ["test/machine/descriptors.c", [linux, musl], true],
  ["test/machine/mappings.c", [linux]],
  ["test/machine/synchronized.c", [linux, pie, musl]],
  ["test/machine/numbers.c", [linux, musl, bare64]],
  ["test/machine/std.rs", [rust], true],
  ["test/machine/streams.cpp", [linuxCxx]],
  ["test/programs/constructors.c test/programs/constructors-other.c", [linux, pie, musl, bare32, bare64]],
  ["test/programs/collected.c test/programs/collected-other.c", [linux, pie, musl, bare32, bare64]],
  ["test/programs/tls.c test/programs/tls-other.c", [linux, pie, musl, bare32, bare64]],
  ["test/programs/threads.c", [linux, musl]],
  ["test/programs/ifunc.c test/programs/ifunc-other.c", [linux]],
  ["test/programs/comdat.cpp test/programs/comdat-other.cpp", [linuxCxx]],
  ["test/programs/exceptions.cpp test/programs/exceptions-other.cpp", [linuxCxx]],
];

async function hasRustTarget(): Promise<boolean> {
  const folder = await runShell(`rustc --print target-libdir --target ${RUST_TARGET}`, top);
  return folder.status === 0 && existsSync(folder.stdout.trim());
}

async function runProgram(sources: string, kit: Kit, hasFolder: boolean): Promise<void> {
  const name = `${path.basename(sources.split(" ")[0])} ${kit.name}`;
  if (!options.filter.test(name)) return;
  if (kit.compiler === "") return tally.leaveOut(name, "no compiler for it is given: --musl-gcc COMMAND");
  for (const peer of [kit.compiler, kit.peer])
    if (!isInstalled(peer)) return tally.skip(name, `${peer} is not installed`);
  if (kit === rust && !(await hasRustTarget()))
    return tally.leaveOut(name, `Rust's library for ${RUST_TARGET} is not installed`);
  const warnings = kit === rust ? "-A warnings" : "-w";
  for (const level of kit === rust ? ["-C opt-level=0", "-O"] : ["-O0", "-O2"]) {
    const program = path.join(top, "program");
    const built = await runShell(
      `${kit.compiler} ${warnings} ${level} ${kit.options} -o ${program} ${sources} ${kit.libraries}`,
      root,
    );
    if (built.status !== 0) {
      tally.fail(`${name} ${level}`, [`not built: ${built.stderr.slice(0, 1000)}`]);
      continue;
    }
    const folder = path.join(top, "folder");
    const line = async (command: string, granted: string) => {
      if (!hasFolder) return runShell(`${command} ${program}`, top);
      mkdirSync(folder);
      const result = await runShell(`printf 'a\\nb\\n' | ${command} ${granted} ${program} ${folder}`, top);
      rmSync(folder, { recursive: true });
      return result;
    };
    const expected = await line(kit.run, "");
    // QEMU's console of semihosting is its standard error.
    const wanted = kit.name.startsWith("linux") ? expected.stdout : expected.stdout + expected.stderr;
    const problems: string[] = [];
    let instructions = 0;
    for (const tier of TIERS) {
      if (tier === "precise" && instructions > MOST_PRECISE) continue;
      const ours = await line(`${premain} run --count --tier ${tier}`, `--dir ${folder}`);
      instructions = Number(/(\d+) instructions/.exec(ours.stderr)?.[1] ?? 0);
      if (ours.stdout !== wanted)
        problems.push(`${tier} prints ${JSON.stringify(ours.stdout)}`, `QEMU: ${JSON.stringify(wanted)}`);
      if (ours.status !== expected.status)
        problems.push(`${tier}: exit code ${ours.status}, QEMU: ${expected.status}`);
      if (problems.length > 0) problems.push(ours.stderr.slice(0, 1000));
    }
    if (problems.length > 0) tally.fail(`${name} ${level}`, problems);
    else tally.pass();
  }
}

try {
  for (const [sources, kits, hasFolder] of PROGRAMS)
    for (const kit of kits) await runProgram(sources, kit, hasFolder ?? false);
  await runSuite();
} finally {
  rmSync(top, { recursive: true });
}
process.exitCode = tally.finish();
