import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Diagnostic, Report, renderDiagnostic } from "../diagnostics/index.ts";
import { type FileSystem, isProblem } from "../files/index.ts";
import {
  crossReferences,
  helpText,
  type LinkReport,
  type LinkResult,
  link,
  linkReport,
  memoryUsage,
  outputPath,
  type ParsedArguments,
  parseArguments,
  type ReproducedFile,
  reproduceResponse,
  reproduceTar,
  whyExtract,
  whyLive,
  writeMap,
} from "../link/index.ts";
import type { LinkOptions } from "../model/index.ts";
import { defaultScript } from "../targets/index.ts";
import { compression, hashing } from "./native.ts";
import { NodeFileSystem, problemOf, removeOutput, standardOutput, whyNotWritable } from "./node-files.ts";
import { optimizeBriefly } from "./optimizer.ts";
import { SecondThread, type Trial } from "./second-thread.ts";
import { isErrorTerminal, printText } from "./standard-output.ts";
import { placeOfMessage, splitMessage } from "./vs-diagnostics.ts";

// `premain ld`: parses the command line, links, prints. What is printed where
// follows GNU ld and LLD: errors and warnings on standard error, what was asked
// for (maps, tables, versions) on standard output.

/** Set by the bundler from package.json. */
declare const PREMAIN_VERSION: string;
const VERSION = typeof PREMAIN_VERSION === "string" ? PREMAIN_VERSION : "development";

/** The releases whose command line and behaviour are ours. */
const GNU_VERSION = "2.40";
const LLD_VERSION = "22.1.0";

/** The emulations of -m, and BFD's names of their formats. */
const EMULATIONS = ["elf_x86_64", "elf_i386", "elf64lriscv", "elf32lriscv"];
const FORMATS = ["elf64-x86-64", "elf32-i386", "elf64-littleriscv", "elf32-littleriscv"];

/** What a command writes to; standard output and standard error by default. */
export interface Streams {
  out(text: string): void;
  error(text: string): void;
}

const processStreams: Streams = {
  out: (text) => printText(1, text),
  error: (text) => printText(2, text),
};

/** `ld ARGUMENTS...`: the exit code is 0 after a link, 1 after an error, as with GNU ld and LLD. */
export function ld(args: readonly string[], flavor: "gnu" | "lld", streams = processStreams): number {
  return runLink(args, flavor, streams).code;
}

/** A finished run: the exit code, and the link unless the command line asked for something else. */
export interface LinkRun {
  readonly code: number;
  readonly result?: LinkResult;
}

/**
 * Carries out a command line of `ld`; `premain why` does the same to look at the result. `trial` is for tests of
 * the second thread.
 */
export function runLink(
  args: readonly string[],
  flavor: "gnu" | "lld",
  streams: Streams,
  trial?: Trial,
): LinkRun {
  optimizeBriefly();
  const argv = args[0] === "-flavor" ? args.slice(2) : args;
  const report = new Report();
  const program = flavor === "gnu" ? "ld" : "ld.lld";
  const parsed = parseArguments(argv, program, flavor, new NodeFileSystem(), report);
  const printer = new Printer(parsed, report, streams);
  const { compat } = parsed.options;
  announce(parsed, printer, streams);
  if (parsed.announce !== "no" && parsed.options.inputs.length === 0 && parsed.options.scripts.length === 0) {
    const code = printer.flush();
    if (parsed.verbose && code === 0)
      streams.out(scriptListing(parsed.options, parsed.options.emulation ?? EMULATIONS[0]));
    return { code };
  }
  if (parsed.action !== "link") {
    // Mistakes before --version count, with both linkers.
    const code = printer.flush();
    if (code !== 0 && compat === "gnu") return { code };
    inform(parsed, streams);
    return { code };
  }
  if (parsed.printFormat && !report.hasErrors) inform({ ...parsed, action: "print-output-format" }, streams);
  if (report.hasErrors) {
    if (compat === "lld") checkInputs(parsed.options, report);
    return { code: printer.flush() };
  }

  const options = { ...parsed.options, mapFile: mapPath(parsed.options) };
  report.warnings = options.suppressWarnings ? "ignored" : options.fatalWarnings ? "fatal" : "shown";
  checkPaths(options, report);
  if (report.hasErrors) return { code: printer.flush() };

  const thread = new SecondThread({ threads: options.threads, inputs: options.inputs.length, trial });
  const { files, read } = filesOf(parsed, thread);
  const host = {
    files,
    hashing: thread.hashing(hashing),
    compression,
    // Maps, reports and explanations tell of all symbols.
    outputOnly:
      options.mapFile === undefined && options.reportFile === undefined && options.whyLive.length === 0,
    checkOutput: (name: string) => cannotWrite(name, options),
  };
  let result: LinkResult;
  try {
    // The variable is that of LLD's own tests.
    const comment = process.env.LLD_VERSION ?? `Premain ${VERSION}`;
    const says = options.compat === "lld" || options.linkerVersion;
    result = link(says ? { ...options, comment } : options, host, report);
  } finally {
    thread.stop();
    if (parsed.reproduce !== undefined) writeReproduction(parsed.reproduce, argv, read, report);
    printer.flush();
  }
  if (parsed.verbose && result.scripts) streams.out(scriptListing(options, result.scripts.emulation));
  printResults(result, printer, streams);
  if (parsed.stats)
    streams.error(`${options.program}: total time in link: ${(process.cpuUsage().user / 1e6).toFixed(6)}\n`);
  const failed = !result.succeeded || (report.hasErrors && !options.noinhibitExec);
  if (failed && compat === "gnu" && result.scripts && result.inputs)
    removeOutput(outputPath(options, result.inputs.commands));
  return { code: failed ? 1 : 0, result };
}

/** Prints diagnostics once each, as they come, up to the limit of --error-limit. */
class Printer {
  private readonly parsed: ParsedArguments;
  private readonly report: Report;
  private readonly streams: Streams;
  private printed = 0;
  private afterLong = false;
  private errors = 0;

  constructor(parsed: ParsedArguments, report: Report, streams: Streams) {
    this.parsed = parsed;
    this.report = report;
    this.streams = streams;
  }

  /** Prints what is new; the result is the exit code so far. */
  flush(): number {
    const { diagnostics } = this.report;
    while (this.printed < diagnostics.length) this.print(diagnostics[this.printed++]);
    return this.report.hasErrors ? 1 : 0;
  }

  private print(diagnostic: Diagnostic): void {
    const { options, color, vsDiagnostics } = this.parsed;
    const { errorLimit, compat } = options;
    const lld = compat === "lld";
    if (diagnostic.severity === "info" && (lld || diagnostic.code === TRACE)) {
      this.streams.out(`${traceLine(diagnostic, lld)}\n`);
      return;
    }
    if (diagnostic.severity === "warning" && this.report.warnings === "ignored") return;
    const fatal = diagnostic.severity === "warning" && this.report.warnings === "fatal" && lld;
    const shown: Diagnostic = fatal ? { ...diagnostic, severity: "error" } : diagnostic;
    const style = { program: options.program, dialect: compat, color: this.colors(color) };
    if (shown.severity === "error" && errorLimit > 0) {
      if (this.errors > errorLimit) return;
      if (this.errors++ === errorLimit) {
        const message = "too many errors emitted, stopping now (use -error-limit=0 to see all errors)";
        const last: Diagnostic = { severity: "error", code: "LD0718", where: undefined, message, notes: [] };
        this.write(renderDiagnostic(last, style), lld);
        return;
      }
    }
    if (!vsDiagnostics || !lld) {
      this.write(renderDiagnostic(shown, style), lld);
      return;
    }
    for (const message of splitMessage(shown.lld ?? shown.message)) {
      const part: Diagnostic = { ...shown, lld: message };
      const bare = renderDiagnostic(part, { ...style, program: "", color: false }).replace(
        /^: (error|warning): /,
        "",
      );
      this.write(renderDiagnostic(part, { ...style, program: placeOfMessage(bare, style.program) }), true);
    }
  }

  /** LLD puts a blank line between a message of several lines and the next one. */
  private write(text: string, lld: boolean): void {
    this.streams.error(lld && this.afterLong ? `\n${text}` : text);
    this.afterLong = text.indexOf("\n") < text.length - 1;
  }

  private colors(when: "auto" | "always" | "never"): boolean {
    if (when !== "auto") return when === "always";
    return isErrorTerminal() && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  }
}

/** --trace: the names of files, without any decoration. */
const TRACE = "LD0319";

function traceLine({ message, lld, where }: Diagnostic, isLld: boolean): string {
  const place = typeof where === "string" ? `${where}: ` : "";
  return place + ((isLld && lld) || message);
}

/** What --version, -v and -V print first. Drivers and configure scripts look for `GNU ld` and `LLD` in it. */
function versionLine(compat: "gnu" | "lld"): string {
  return compat === "gnu"
    ? `GNU ld (Premain ${VERSION}) ${GNU_VERSION}\n`
    : `LLD ${LLD_VERSION} (Premain ${VERSION}) (compatible with GNU linkers)\n`;
}

function announce(parsed: ParsedArguments, printer: Printer, streams: Streams): void {
  if (parsed.announce === "no") return;
  printer.flush();
  const { compat } = parsed.options;
  streams.out(versionLine(compat));
  if (parsed.announce === "emulations" && compat === "gnu")
    streams.out(`  Supported emulations:\n${EMULATIONS.map((name) => `   ${name}\n`).join("")}`);
}

/** --verbose: the script in use, in GNU ld's frame. */
function scriptListing(options: LinkOptions, emulation: string): string {
  const external = options.scripts.at(-1) ?? options.defaultScript;
  const frame = "\n==================================================\n";
  if (external === undefined) {
    const text = options.compat === "gnu" ? defaultScript(emulation, options) : "";
    return `using internal linker script:${frame}${text}\n${frame}`;
  }
  let text = "";
  try {
    text = readFileSync(external, "utf8");
  } catch {
    // Found in a directory of -L: the link reports what is wrong, if anything.
  }
  return `using external linker script:${frame}${text}${frame}`;
}

/** --version, --help and their like. */
function inform({ action, options }: ParsedArguments, streams: Streams): void {
  const { compat, program } = options;
  switch (action) {
    case "version":
      streams.out(versionLine(compat));
      if (compat === "gnu")
        streams.out("Premain's linker, with the command line of GNU ld. MIT licence, no warranty.\n");
      break;
    case "help":
      streams.out(helpText(compat, { program, targets: FORMATS, emulations: EMULATIONS }));
      break;
    case "target-help":
      for (const name of EMULATIONS) streams.out(`${name}: \n  no options of its own; see -z in --help\n`);
      break;
    case "print-output-format":
      streams.out(`${FORMATS[Math.max(0, EMULATIONS.indexOf(options.emulation ?? ""))]}\n`);
      break;
    case "print-sysroot":
      if (options.sysroot !== "") streams.out(`${options.sysroot}\n`);
      break;
    case "link":
      break;
  }
}

/** The machine's files; LLD takes `-` as output for standard output, and notes what is read for --reproduce. */
function filesOf(
  { options, chroot, reproduce }: ParsedArguments,
  thread: SecondThread,
): {
  files: FileSystem;
  read: ReproducedFile[];
} {
  const disk = new NodeFileSystem(chroot, thread);
  const read: ReproducedFile[] = [];
  const files: FileSystem = {
    isFile: (name) => disk.isFile(name),
    open(name) {
      const file = disk.open(name);
      if (reproduce !== undefined && !isProblem(file))
        read.push({ path: path.resolve(name), bytes: file.read(0, file.size) });
      return file;
    },
    create: (name, how) =>
      name === "-" && options.compat === "lld" ? standardOutput() : disk.create(name, how),
  };
  return { files: reproduce === undefined && options.output !== "-" ? disk : files, read };
}

function writeReproduction(
  file: string,
  argv: readonly string[],
  read: readonly ReproducedFile[],
  report: Report,
): void {
  const absolute = (name: string) => (existsSync(name) ? path.resolve(name) : undefined);
  const response = reproduceResponse(argv, new NodeFileSystem(), absolute);
  const name = path.basename(file).replace(/\.tar$/, "");
  try {
    writeFileSync(file, reproduceTar(name, response, versionLine("lld"), read));
  } catch (error) {
    report.error("LD0723", undefined, `--reproduce: failed to open ${file}: ${problemOf(error)}`);
  }
}

/** LLD looks for the files even when it has found mistakes in the options. */
function checkInputs(options: LinkOptions, report: Report): void {
  const files = new NodeFileSystem();
  for (const input of options.inputs) {
    if (input.kind === "file") {
      const file = files.open(input.path);
      if ("problem" in file)
        report.error("LD0301", undefined, `cannot find ${input.path}: ${file.problem}`, {
          lld: `cannot open ${input.path}: ${file.problem}`,
        });
      else file.close();
    } else if (input.kind === "library") {
      const name = input.exact ? input.name : `lib${input.name}.a`;
      const found = options.libraryPaths.some((directory) => files.isFile(path.join(directory, name)));
      const given = `-l${input.exact ? ":" : ""}${input.name}`;
      if (!found)
        report.error("LD0302", undefined, `cannot find ${given}`, { lld: `unable to find library ${given}` });
    }
  }
}

function cannotWrite(name: string, { compat }: LinkOptions): string | undefined {
  return name === "-" && compat === "lld" ? undefined : whyNotWritable(name);
}

/** Better to hear at once that the output cannot be written than after the link. */
function checkPaths(options: LinkOptions, report: Report): void {
  const output = options.outputGiven ? cannotWrite(options.output, options) : undefined;
  if (output !== undefined)
    report.error("LD0910", undefined, `cannot open output file ${options.output}: ${output}`);
  const map = options.mapFile;
  if (map === undefined || map === "-") return;
  const problem = whyNotWritable(map);
  if (problem !== undefined) report.error("LD0719", undefined, `cannot open map file ${map}: ${problem}`);
}

/** GNU ld takes a directory, and names the map after the output. */
function mapPath({ mapFile, output, compat }: LinkOptions): string | undefined {
  if (mapFile === undefined || mapFile === "-" || compat === "lld") return mapFile;
  const directory = statSync(mapFile, { throwIfNoEntry: false })?.isDirectory();
  return directory ? `${mapFile.replace(/\/$/, "")}/${path.basename(output)}.map` : mapFile;
}

function printResults(result: LinkResult, printer: Printer, streams: Streams): void {
  const { options, report } = result;
  if (!result.inputs) return;
  if (options.mapFile !== undefined) {
    const parts: string[] = [];
    writeMap(result, (text) => void parts.push(text));
    writeText(options.mapFile, parts.join(""), "LD0719", "map file", report, streams);
  } else if (options.cref) streams.out(crossReferences(result));
  if (options.printMemoryUsage) streams.out(memoryUsage(result));
  for (const pattern of options.whyLive) streams.out(whyLive(result, pattern));
  if (options.whyExtract !== undefined)
    writeText(options.whyExtract, whyExtract(result), "LD0720", "--why-extract= file", report, streams);
  if (options.reportFile !== undefined) {
    const text = `${reportText(linkReport(result))}\n`;
    writeText(options.reportFile, text, "LD0721", "report file", report, streams);
  }
  if (options.dependencyFile !== undefined)
    writeText(options.dependencyFile, dependencies(result), "LD0722", "dependency file", report, streams);
  printer.flush();
}

/** On lines of its own as long as people may want to read it. */
function reportText(report: LinkReport): string {
  return JSON.stringify(
    report,
    undefined,
    report.input_sections.length + report.symbols.length > 20_000 ? 0 : 1,
  );
}

function writeText(
  file: string,
  text: string,
  code: string,
  what: string,
  report: Report,
  streams: Streams,
): void {
  if (file === "-") {
    streams.out(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    report.error(code, undefined, `cannot open ${what} ${file}: ${problemOf(error)}`);
  }
}

/** A rule for make: the output depends on every file that was read, each of which may vanish. */
function dependencies(result: LinkResult): string {
  const paths = [...new Set(result.inputs?.files.map((file) => file.path))];
  const rule = `${result.options.output}:${paths.map((file) => ` \\\n  ${file}`).join("")}\n`;
  return rule + paths.map((file) => `\n${file}:\n`).join("");
}
