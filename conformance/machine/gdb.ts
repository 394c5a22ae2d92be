/**
 * Debugs programs in the machine with the real gdb-multiarch, over `premain run
 * --gdb`, and looks for what GDB must print:
 *
 *     node scripts/run.mjs conformance/machine/gdb.ts
 *
 * bin/premain must be built.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

interface Session {
  readonly name: string;
  readonly build: string;
  readonly commands: readonly string[];
  /** Each must be found, in this order. */
  readonly expected: readonly RegExp[];
  readonly exit: number;
}

const FACTORIAL = `int total;
int factorial(int n) {
  if (n < 2)
    return 1;
  return n * factorial(n - 1);
}
int main(void) {
  double half = 0.5;
  total = factorial(5);
  total += (int)(half * 4);
  return total;
}
`;

const LINUX = "riscv64-linux-gnu-gcc -g -O0 -static";
const BARE32 = `riscv64-unknown-elf-gcc -g -O0 -march=rv32imac -mabi=ilp32 --specs=picolibc.specs --oslib=semihost \
--crt0=semihost -Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=4M,--defsym=__ram=0x80400000,--defsym=__ram_size=4M`;

const common = [
  "break factorial if n == 2",
  "continue",
  "bt",
  "finish",
  "delete",
  "watch total",
  "continue",
  "print total",
  "delete",
  "stepi",
  "info registers sp",
  "break 11",
  "continue",
];

const seen = [
  /factorial \(n=2\)/,
  /#3 .*factorial \(n=5\)/,
  /#4 .*main \(\)/,
  /Value returned is \$1 = 2/,
  /New value = 120/,
  /\$2 = 120/,
  /sp +0x/,
  /Breakpoint 3, main \(\) at .*program\.c:11/,
];

const SESSIONS: readonly Session[] = [
  {
    name: "RV64 Linux",
    build: LINUX,
    commands: [...common, "print half", "set var total = 126", "info auxv", "monitor count", "continue"],
    expected: [...seen, /\$3 = 0\.5/, /AT_ENTRY/, /exited with code 0176/],
    exit: 126,
  },
  {
    name: "RV32 board",
    build: BARE32,
    commands: [...common, "print half", "continue"],
    expected: [...seen, /\$3 = 0\.5/, /exited with code 0172/],
    exit: 122,
  },
  {
    name: "a killed program",
    build: LINUX,
    commands: ["break main", "continue", "kill"],
    expected: [/Breakpoint 1, main/, /killed/],
    exit: 137,
  },
];

const tally = new Tally();
const top = mkdtempSync(path.join(os.tmpdir(), "premain-gdb-"));

/** Runs a session; what is wrong with it. */
async function check(session: Session): Promise<string[]> {
  const source = path.join(top, "program.c");
  const program = path.join(top, "program");
  writeFileSync(source, FACTORIAL);
  const built = await runShell(`${session.build} -o ${program} ${source}`, top);
  if (built.status !== 0) return [`not built: ${built.stderr}`];
  const machine = spawn(path.resolve("bin/premain"), ["run", "--gdb", "0", program], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 60_000,
  });
  const ended = new Promise<number | null>((done) => machine.on("close", done));
  const port = await new Promise<string>((done) => {
    machine.stderr.on("data", (data) => {
      const found = /:(\d+)\n/.exec(String(data));
      if (found) done(found[1]);
    });
    machine.on("close", () => done(""));
  });
  if (port === "") return ["premain run did not wait for GDB"];
  const script = path.join(top, "commands");
  const setUp = ["set pagination off", "set confirm off", `target remote localhost:${port}`];
  writeFileSync(script, [...setUp, ...session.commands, ""].join("\n"));
  const { stdout, stderr } = await runShell(`gdb-multiarch -nx -batch -x ${script} ${program}`, top);
  const problems: string[] = [];
  // What `monitor` prints is on standard error, and so not in order.
  if (session.commands.includes("monitor count") && !/\d+ instructions/.test(stderr))
    problems.push("monitor count printed nothing");
  let rest = stdout;
  for (const pattern of session.expected) {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match.index + match[0].length);
    else problems.push(`${pattern} is missing`);
  }
  const code = await ended;
  if (code !== session.exit) problems.push(`exit code ${code}, not ${session.exit}`);
  if (problems.length > 0) problems.push(stdout, stderr);
  return problems;
}

try {
  for (const session of SESSIONS) {
    const missing = ["gdb-multiarch", session.build.split(" ")[0]].find((peer) => !isInstalled(peer));
    if (missing) {
      tally.skip(session.name, `${missing} is not installed`);
      continue;
    }
    const problems = await check(session);
    if (problems.length > 0) tally.fail(session.name, problems);
    else tally.pass();
  }
} finally {
  rmSync(top, { recursive: true });
}
process.exitCode = tally.finish();
