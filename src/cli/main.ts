import { ld } from "./ld.ts";
import { why } from "./why.ts";

/** Set by the bundler from package.json. */
declare const PREMAIN_VERSION: string;

const HELP = `Usage: premain TOOL ARGUMENTS...

Tools:
  ld            link, with the command line of GNU ld
  ld.lld        link, with the behaviour and wording of LLD
  why           explain a link: why is something in it, and why there

A link to this program that is named after a tool, such as bin/ld, is that tool.
`;

/**
 * What a name stands for: `ld`, or `riscv64-unknown-elf-ld` as a cross
 * compiler's driver looks for it.
 */
function toolNamed(name: string): ((args: readonly string[]) => number) | undefined {
  if (/(^|-)(ld|ld\.bfd)$/.test(name)) return (args) => ld(args, "gnu");
  if (/(^|-)(ld\.lld|lld)$/.test(name)) return (args) => ld(args, "lld");
  if (name === "why") return why;
  return undefined;
}

/** Runs a tool with the arguments after its name; the result is the exit code. */
function main(args: readonly string[]): number {
  const [name, ...rest] = args;
  if (name === "--version") {
    process.stdout.write(`premain ${PREMAIN_VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === "--help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const tool = toolNamed(name);
  if (tool) return tool(rest);
  process.stderr.write(`premain: no tool is named ${name}\n${HELP}`);
  return 2;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  // Our own bug. Left to Node, the report would begin with a line of the bundle: all of it.
  process.stderr.write(`premain: internal error: ${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 70;
}
