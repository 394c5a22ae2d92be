import { startupSnapshot } from "node:v8";
import { compileBaseline, startReluctant } from "./optimizer.ts";

// What is the same for every bundle of the command line. A bundle (bundles/)
// holds the tools that share code; bin/tools.json says which tool is in which,
// so that the start of one never pays for reading another.

/** Set by the bundler from package.json. */
declare const PREMAIN_VERSION: string;
/** The text of bin/tools.json, set by the bundler. */
declare const PREMAIN_TOOLS: string;

/** Carries out a command; the result is the exit code. */
export type Tool = (args: readonly string[]) => number | Promise<number>;

/** The tools of a bundle by name, as in bin/tools.json. */
export type Tools = Readonly<Record<string, Tool>>;

function help(): string {
  const tools: Readonly<Record<string, { readonly summary: string }>> = JSON.parse(PREMAIN_TOOLS);
  const rows = Object.entries(tools).map(([name, { summary }]) => `  ${name.padEnd(13)} ${summary}\n`);
  return `Usage: premain TOOL ARGUMENTS...

Tools:
${rows.join("")}
A link to this program that is named after a tool, such as bin/ld, is that tool.
`;
}

/** Runs a tool with the arguments after its name; the result is the exit code. */
function command(tools: Tools, args: readonly string[]): number | Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version") {
    process.stdout.write(`premain ${PREMAIN_VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === "--help") {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  if (Object.hasOwn(tools, name)) return tools[name](rest);
  process.stderr.write(`premain: no tool is named ${name}\n${help()}`);
  return 2;
}

/**
 * What a bundle does when it is loaded: runs the tool of the command line, whose
 * name bin/start.cjs has made a plain one. While scripts/build.mjs prepares the
 * start of a bundle it runs the commands of PREMAIN_WARM_UP instead, so that
 * what they compile is kept; a start from a snapshot goes straight to the tool.
 */
export async function main(tools: Tools): Promise<void> {
  const commands: string[][] | undefined =
    process.env.PREMAIN_WARM_UP && JSON.parse(process.env.PREMAIN_WARM_UP);
  if (!commands) return start(tools, process.argv.slice(2));
  compileBaseline(false);
  for (const args of commands) {
    const check = (code: number) => {
      if (code !== 0) throw new Error(`failed: ${args.join(" ")}`);
    };
    const code = command(tools, args);
    if (typeof code === "number") check(code);
    else void code.then(check);
  }
  compileBaseline(true);
  // A snapshot is no script, so the tool's name stands where a script's would.
  if (startupSnapshot.isBuildingSnapshot())
    startupSnapshot.setDeserializeMainFunction(() => void start(tools, process.argv.slice(1)));
}

async function start(tools: Tools, args: readonly string[]): Promise<void> {
  // When all is written and nothing is left to wait for, taking the heap apart piece by piece serves nobody.
  process.on("exit", (code) => process.exit(code));
  process.on("uncaughtException", (error) => {
    fail(error);
    process.exit();
  });
  try {
    startReluctant();
    const code = command(tools, args);
    process.exitCode = typeof code === "number" ? code : await code;
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  // Whoever read our output has seen enough (`nm x | head`): end as the signal would have ended us.
  if (error instanceof Error && "code" in error && error.code === "EPIPE") process.exit(128 + 13);
  // A full disk behind standard output is nobody's bug.
  if (error instanceof Error && "syscall" in error && error.syscall === "write") {
    process.stderr.write(
      `premain: cannot write the output: ${error.message.replace(/^E[A-Z]+: |, write$/g, "")}\n`,
    );
    process.exit(1);
  }
  // Our own bug. Left to Node, the report would begin with a line of the bundle: all of it.
  process.stderr.write(`premain: internal error: ${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 70;
}
