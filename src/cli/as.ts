import { readFileSync } from "node:fs";
import {
  type AssembleCommand,
  type AssembledObject,
  type AssemblySource,
  assemble,
  type CommandProblem,
  dependencyText,
  helpText,
  listingText,
  messagesText,
  parseCommandLine,
} from "../asm/index.ts";
import { type Diagnostic, lineAndColumn, Report } from "../diagnostics/index.ts";
import { type FileSystem, isProblem } from "../files/index.ts";
import { expandResponseFiles } from "../link/index.ts";
import { predefinedMacros, preprocess } from "../preprocess/index.ts";
import { parseArchitecture } from "../riscv/index.ts";
import { handOver, isForAnotherMachine } from "./hand-over.ts";
import { compression } from "./native.ts";
import { NodeFileSystem, problemOf, removeOutput } from "./node-files.ts";
import { expectWork } from "./optimizer.ts";

// `premain as`: the command line of GNU as. A source called *.S, or any if -D
// or -U is given, goes through our C preprocessor first; GNU's driver does that
// before it calls as.

/** Set by the bundler from package.json. */
declare const PREMAIN_VERSION: string;
const VERSION = typeof PREMAIN_VERSION === "string" ? PREMAIN_VERSION : "development";

const PROGRAM = "as";
const TOO_MANY = 200;

/** Carries out the command; the result is the exit code. */
export function as(args: readonly string[]): number {
  if (isForAnotherMachine(args)) {
    const code = handOver("as", args);
    if (code !== undefined) return code;
  }
  const files = new NodeFileSystem();
  const command = parseCommandLine(expandResponseFiles(args, files));
  if (isCommandProblem(command)) {
    process.stderr.write(`${PROGRAM}: ${command.message}\n`);
    return 1;
  }
  if (command.show === "version") {
    process.stdout.write(
      `GNU assembler (premain ${VERSION}) 2.40 compatible\nThis assembler was configured for a target of \`riscv64-unknown-elf'.\n`,
    );
    return 0;
  }
  if (command.show) {
    process.stdout.write(helpText(command.show));
    return 0;
  }
  return run(command, files, args);
}

function isCommandProblem(command: AssembleCommand | CommandProblem): command is CommandProblem {
  return "message" in command;
}

function run(command: AssembleCommand, files: FileSystem, args: readonly string[]): number {
  const report = new Report();
  if (command.options.fatalWarnings) report.warnings = "fatal";
  if (command.options.noWarnings) report.warnings = "ignored";
  const included: string[] = [];
  const sources = readSources(command, files, report, included);
  const object =
    report.hasErrors && sources.length === 0
      ? undefined
      : assemble(
          sources,
          { ...command.options, currentDirectory: process.cwd(), deflate: compression?.zlib },
          files,
          report,
        );
  printMessages(report);
  if (!object || (report.hasErrors && !command.options.always)) {
    removeOutput(command.output);
    return 1;
  }
  if (command.dependencies !== undefined)
    writeText(files, command.dependencies, dependencyText(command.output, [...object.files, ...included]));
  if (command.listing) printListing(command, object, report, files, args);
  return writeBytes(files, command.output, object.bytes) ? 0 : 1;
}

function printListing(
  command: AssembleCommand,
  object: AssembledObject,
  report: Report,
  files: FileSystem,
  args: readonly string[],
): void {
  const { letters = "", file, widths } = command.listing ?? {};
  const messages = report.diagnostics.flatMap(({ where, severity, message }) => {
    if (typeof where !== "object" || severity === "info") return [];
    const { line } = lineAndColumn(where.source.text, where.start);
    const text = `${severity === "error" ? "Error" : "Warning"}: ${message}`;
    return [{ file: where.source.name, line, text }];
  });
  const text = listingText(object, {
    letters,
    ...widths,
    args,
    input: command.inputs[0] ?? "{standard input}",
    output: command.output,
    date: new Date(),
    readFile: (name) => {
      const bytes = readInput(name, files);
      return typeof bytes === "string" ? undefined : new TextDecoder().decode(bytes);
    },
    messages,
  });
  if (file === undefined) process.stdout.write(text);
  else writeText(files, file, text);
}

function printMessages(report: Report): void {
  const { diagnostics } = report;
  // Information goes to standard output where it was asked for (.print).
  const printed = diagnostics.filter((each) => each.code === "AS0607");
  for (const { message } of printed) process.stdout.write(`${message}\n`);
  const rest: Diagnostic[] = diagnostics.filter((each) => each.code !== "AS0607");
  const shown = rest.slice(0, TOO_MANY);
  if (shown.length > 0) process.stderr.write(messagesText(shown, PROGRAM));
  if (rest.length > shown.length)
    process.stderr.write(`${PROGRAM}: and ${rest.length - shown.length} more messages\n`);
  if (report.warnings === "fatal" && report.hasErrors && !rest.some((each) => each.severity === "error"))
    process.stderr.write(`${PROGRAM}: ${report.errorCount} warnings, treating warnings as errors\n`);
}

function readSources(
  command: AssembleCommand,
  files: FileSystem,
  report: Report,
  included: string[],
): AssemblySource[] {
  const sources: AssemblySource[] = [];
  for (const name of command.inputs.length > 0 ? command.inputs : ["-"]) {
    if (name !== "-" && (name.endsWith(".S") || name.endsWith(".sx") || command.macros.length > 0)) {
      const { text, files: read } = preprocess(name, {
        fileSystem: files,
        report,
        includePath: command.options.includes,
        predefined: predefinedFor(command),
        definitions: command.macros.map((each) =>
          each.startsWith("-D") ? { define: each.slice(2) } : { undefine: each.slice(2) },
        ),
      });
      included.push(...read.filter((each) => each !== name));
      sources.push({ name, bytes: new TextEncoder().encode(text) });
      continue;
    }
    const bytes = readInput(name, files);
    if (typeof bytes === "string")
      report.error(
        "AS0001",
        undefined,
        `can't ${bytes === "Is a directory" ? `read from ${name}` : `open ${name} for reading`}: ${bytes}`,
      );
    else sources.push({ name: name === "-" ? "{standard input}" : name, bytes });
  }
  return sources;
}

function predefinedFor(command: AssembleCommand): string[] {
  const { machine, abi } = describeTarget(command);
  return predefinedMacros({ xlen: machine.xlen, extensions: machine.list, abi });
}

function describeTarget(command: AssembleCommand): {
  machine: ReturnType<typeof parseArchitecture>["architecture"];
  abi: string;
} {
  const machine = parseArchitecture(command.options.march ?? "rv64gc").architecture;
  const float = machine.extensions.has("d") ? "d" : machine.extensions.has("f") ? "f" : "";
  return { machine, abi: command.options.mabi ?? `${machine.xlen === 64 ? "lp64" : "ilp32"}${float}` };
}

/** The bytes of a source, or why there are none. */
function readInput(name: string, files: FileSystem): Uint8Array | string {
  if (name === "-") {
    try {
      return new Uint8Array(readFileSync(0));
    } catch (error) {
      return problemOf(error);
    }
  }
  const file = files.open(name);
  if (isProblem(file)) return file.problem;
  // A byte of source is more work than one of an object.
  expectWork(file.size * 15);
  const bytes = file.read(0, file.size);
  file.close();
  return bytes;
}

function writeText(files: FileSystem, name: string, text: string): void {
  writeBytes(files, name, new TextEncoder().encode(text));
}

function writeBytes(files: FileSystem, name: string, bytes: Uint8Array): boolean {
  const file = files.create(name);
  if (isProblem(file)) {
    process.stderr.write(`${PROGRAM}: can't create ${name}: ${file.problem}\n`);
    return false;
  }
  file.write(bytes, 0);
  file.finish();
  return true;
}
