import type { Report } from "../../diagnostics/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import { targetOfEmulation } from "../../targets/index.ts";
import { remapped } from "../inputs/remap-inputs.ts";
import {
  type ArgumentState,
  addInput,
  fail,
  inSysroot,
  type LinkAction,
  newState,
  notSupported,
} from "./argument-state.ts";
import { type Argument, readArguments } from "./read-options.ts";
import { expandResponseFiles } from "./response-files.ts";
import { weakUndefinedAre } from "./z-keywords.ts";

export type { LinkAction } from "./argument-state.ts";

/** A command line, read. */
export interface ParsedArguments {
  readonly options: LinkOptions;
  /** The first of these that the command line asks for; `link` otherwise. */
  readonly action: LinkAction;
  /** -v and -V: the version is printed before the link; `emulations` with the list of -V and --verbose. */
  readonly announce: "no" | "version" | "emulations";
  /** --verbose: the script in use is printed. */
  readonly verbose: boolean;
  /** --print-output-format: printed before the link. */
  readonly printFormat: boolean;
  /** --stats: how long the link took is printed. */
  readonly stats: boolean;
  readonly color: "auto" | "always" | "never";
  /** Diagnostics as Visual Studio wants them. */
  readonly vsDiagnostics: boolean;
  /** Stands before absolute paths of inputs. */
  readonly chroot: string | undefined;
  /** Where to write the inputs and the command line as a tar file. */
  readonly reproduce: string | undefined;
}

/** The options of a command line, `argv` being what follows the program's name. Response files are read from `files`. */
export function parseArguments(
  argv: readonly string[],
  program: string,
  compat: "gnu" | "lld",
  files: FileSystem,
  report: Report,
): ParsedArguments {
  const expanded = expandResponseFiles(argv, files);
  const state = newState(wantedCompat(expanded) ?? compat, files, report);
  state.options.program = program;
  for (const argument of readArguments(expanded, state.compat)) {
    applyArgument(state, argument);
    if (state.stopped || (state.compat === "gnu" && state.action !== "link")) break;
  }
  if (state.action === "link" && !state.stopped) finish(state);
  const { action, announce, verbose, printFormat, stats, color, vsDiagnostics, chroot, reproduce } = state;
  return {
    options: state.options,
    action,
    announce,
    verbose,
    printFormat,
    stats,
    color,
    vsDiagnostics,
    chroot,
    reproduce,
  };
}

/** `--compat` decides how all other arguments are read, so it is looked for first. */
function wantedCompat(argv: readonly string[]): "gnu" | "lld" | undefined {
  for (let at = argv.length - 1; at >= 0; at--) {
    if (!argv[at].startsWith("--compat")) continue;
    const match = /^--compat(?:=(.*))?$/.exec(argv[at]);
    const value = match && (match[1] ?? argv[at + 1]);
    if (value === "gnu" || value === "lld") return value;
  }
  return undefined;
}

function applyArgument(state: ArgumentState, argument: Argument): void {
  const { report } = state;
  switch (argument.kind) {
    case "file": {
      const path = remapped(inSysroot(state, argument.path), state.options.remaps);
      if (path !== "") addInput(state, { kind: "file", path, modes: state.modes });
      break;
    }
    case "option":
      argument.row.effect(state, argument.value, { spelled: argument.spelled, name: argument.name });
      break;
    case "grouped":
      if (argument.ambiguous)
        fail(
          state,
          `Error: unable to disambiguate: ${argument.spelled} (did you mean -${argument.spelled} ?)`,
        );
      else
        report.info(
          "LD0707",
          undefined,
          `Warning: grouped short command line options are deprecated: ${argument.spelled}`,
        );
      break;
    case "missing-value":
      report.error("LD0708", undefined, `${argument.spelled}: missing argument`);
      useHelp(state);
      break;
    case "unknown": {
      const { spelled, nearest } = argument;
      if (spelled === "-m" && state.compat === "gnu") {
        fail(state, "missing argument to -m");
        return;
      }
      report.error("LD0709", undefined, `unrecognized option '${spelled}'`, {
        lld: `unknown argument '${spelled}'${nearest ? `, did you mean '${nearest}'` : ""}`,
        notes: nearest ? [{ message: `did you mean '${nearest}'?` }] : [],
      });
      useHelp(state);
      break;
    }
  }
}

/** GNU ld gives up at the first option that it cannot read. */
function useHelp(state: ArgumentState): void {
  if (state.compat === "lld") return;
  state.report.error("LD0710", undefined, "use the --help option for usage information");
  state.stopped = true;
}

/** Settles what depends on several options together. */
function finish(state: ArgumentState): void {
  const { options, report, compat } = state;
  if (state.printFormat && options.inputs.length === 0) {
    state.action = "print-output-format";
    return;
  }
  if (state.groups > 0 && compat === "gnu") {
    report.info("LD0711", undefined, `missing --end-group; added as last command line option`);
    for (; state.groups > 0; state.groups--) addInput(state, { kind: "end-group" });
  }
  if (options.mapFile === "") {
    report.info("LD0712", undefined, `no file/directory name provided for map output; ignored`);
    options.mapFile = undefined;
  } else if (options.mapFile?.includes("%") && compat === "gnu") {
    // `dir/%` and `%.txt` stand for names made from the output's.
    const at = options.mapFile.indexOf("%");
    const rest = options.mapFile.slice(at + 1);
    options.mapFile = options.mapFile.slice(0, at) + options.output + (rest || ".map");
  }
  if (options.printMap && options.mapFile === undefined) options.mapFile = "-";

  checkCombinations(state);
  settleKind(state);
  const relocatable = options.kind === "relocatable";
  options.sectionHeaders =
    relocatable || options.zKeywords.findLast((z) => /^(no)?sectionheader$/.test(z)) !== "nosectionheader";
  if (!options.sectionHeaders) options.strip = "all";
  if (relocatable && compat === "lld") options.strip = "none";
  if (relocatable && options.strip === "all") {
    options.strip = "debug";
    if (options.discard === "default") options.discard = "all";
  }
  options.checkSections = state.sectionCheckGiven ?? !relocatable;
  options.inhibitCommon = state.inhibitCommon && !state.shared;
  options.defineCommon = !state.inhibitCommon && (!relocatable || state.forceCommon);
  options.noUndefined = state.undefinedGiven ?? "error";
  options.shlibUndefined = state.shlibUndefinedGiven ?? "error";
  options.exportDynamic = state.exportDynamic;
  // What would be exported stays, though a static executable exports nothing.
  if (options.compat === "lld" && state.exportDynamic) options.gcKeepExported = true;
  options.relro = state.relroGiven ?? defaultRelro(options);
  if (compat === "gnu" && options.noDynamicLinker && weakUndefinedAre(options) === "dynamic")
    report.warning("LD0705", undefined, "-z dynamic-undefined-weak ignored");
  settlePageSizes(state);
  if (state.symbolOrderingFile !== undefined) readSymbolOrdering(state, state.symbolOrderingFile);

  if (
    options.inputs.length === 0 &&
    options.scripts.length + options.versionScripts.length + options.dynamicLists.length === 0 &&
    options.defsyms.length === 0 &&
    (compat === "lld" || options.emulation === undefined || targetOfEmulation(options.emulation)) &&
    state.announce === "no" &&
    !report.hasErrors
  )
    report.error("LD0713", undefined, "no input files");
  else if (state.unknownFormat !== undefined && !report.hasErrors)
    report.error("LD0703", undefined, state.unknownFormat);
}

/** A common page may not be larger than the largest: what is given decides. */
function settlePageSizes({ options, report, compat }: ArgumentState): void {
  const { maxPageSize, commonPageSize } = options;
  if (commonPageSize === undefined || commonPageSize <= (maxPageSize ?? 0x1000n)) return;
  if (compat === "lld") {
    if (maxPageSize !== undefined) options.commonPageSize = maxPageSize;
  } else if (maxPageSize === undefined) options.maxPageSize = commonPageSize;
  else {
    const sizes = `common page size (0x${commonPageSize.toString(16)}) > maximum page size (0x${maxPageSize.toString(16)})`;
    report.error("LD0703", undefined, sizes);
  }
}

function settleKind(state: ArgumentState): void {
  const { options } = state;
  if (state.relocatable) options.kind = "relocatable";
  else if (state.shared) {
    options.kind = "shared";
    notSupported(state, "making a shared library (-shared)");
  } else if (state.pie) {
    options.kind = "pie";
  }
}

/** Undefined symbols that look like commons would be all that an executable had of them. */
export function refuseInhibitCommon(report: Report): void {
  report.error("LD0714", undefined, "--no-define-common may not be used without -shared");
}

/** What is refused together; with LLD in its order and words. */
function checkCombinations(state: ArgumentState): void {
  const { options, report, compat } = state;
  if (compat === "gnu") return;
  const clash = (wrong: boolean, message: string) => {
    if (wrong) report.error("LD0714", undefined, message);
  };
  const { relocatable } = state;
  clash(state.shared && state.pie, "-shared and -pie may not be used together");
  clash(
    options.strip === "all" && options.emitRelocations,
    "--strip-all and --emit-relocs may not be used together",
  );
  clash(relocatable && state.shared, "-r and -shared may not be used together");
  clash(relocatable && options.gcSections, "-r and --gc-sections may not be used together");
  clash(relocatable && options.gdbIndex, "-r and --gdb-index may not be used together");
  clash(relocatable && state.icf !== "none", "-r and --icf may not be used together");
  clash(relocatable && state.pie, "-r and -pie may not be used together");
  clash(relocatable && state.exportDynamic, "-r and --export-dynamic may not be used together");
  clash(
    state.symbolOrderingFile !== undefined && options.callGraphOrderingFile !== undefined,
    "--symbol-ordering-file and --call-graph-order-file may not be used together",
  );
  if (options.omagic || options.nmagic) {
    const unused = (key: string) =>
      report.warning("LD0715", undefined, `-z ${key} set, but paging disabled by omagic or nmagic`);
    if (options.maxPageSize !== undefined) unused("max-page-size");
    if (options.commonPageSize !== undefined) unused("common-page-size");
  }
  const page = options.maxPageSize ?? 0x1000n;
  if (options.imageBase !== undefined && options.imageBase % page !== 0n)
    report.warning(
      "LD0716",
      undefined,
      `-image-base: address isn't multiple of page size: 0x${options.imageBase.toString(16)}`,
    );
}

/**
 * GNU ld protects data after relocation where the system it was made for does:
 * on Linux, and not on bare RISC-V. Ours serves both under one name, so the
 * driver's other options tell them apart: only a Linux driver asks for
 * --eh-frame-hdr or for --build-id.
 */
function defaultRelro({ compat, emulation, program, ehFrameHdr, buildId }: LinkOptions): boolean {
  if (compat === "lld") return true;
  const riscv = emulation !== undefined ? /riscv/.test(emulation) : /riscv.*-elf-/.test(program);
  return !riscv || ehFrameHdr || buildId !== "none" || /linux/.test(program);
}

function readSymbolOrdering(state: ArgumentState, path: string): void {
  const file = state.files.open(path);
  if (isProblem(file)) {
    fail(state, `cannot open ${path}: ${file.problem}`);
    return;
  }
  const text = new TextDecoder().decode(file.read(0, file.size));
  file.close();
  const seen = new Set<string>();
  for (const line of text.split("\n")) {
    const name = line.trim();
    if (name === "" || name.startsWith("#")) continue;
    if (seen.has(name))
      state.report.warning("LD0717", undefined, `${path}: duplicate ordered symbol: ${name}`);
    else state.options.symbolOrdering.push(name);
    seen.add(name);
  }
}
