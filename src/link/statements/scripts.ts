import type { Report, Source, Span } from "../../diagnostics/index.ts";
import { identify, readIdentity } from "../../elf/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import {
  type OutputSection,
  parseDefsym,
  parseDynamicList,
  parseScript,
  parseSectionOrdering,
  parseVersionScript,
  type Script,
  type VersionScript,
} from "../../script/index.ts";
import { defaultScript, type Target, targetFor, targetOfEmulation, targets } from "../../targets/index.ts";
import { libraryPaths } from "../inputs/libraries.ts";
import { refuseInhibitCommon } from "../options/arguments.ts";
import { augmentsDefault, BUILT_IN, collectCommands, type Defsym, type ScriptCommands } from "./commands.ts";
import { orderedScripts } from "./section-ordering.ts";

/** The scripts of a link and the target they are for. */
export interface LinkScripts {
  readonly target: Target;
  /** The name after -m, given or found. */
  readonly emulation: string;
  /** Nothing said what the link is for: LLD refuses that, once it has read the inputs. */
  readonly guessed: boolean;
  readonly commands: ScriptCommands;
  /** In the order in which their commands count. */
  readonly scripts: readonly Script[];
  /** OUTPUT_FORMAT(binary), and no other --oformat. */
  readonly binary: boolean;
  /** Names and patterns of --dynamic-list. */
  readonly listed: readonly string[];
  /** Reads a script that turned up as an input file. */
  parse(source: Source): Script;
}

/**
 * Reads the scripts of -T, the default script where it is needed, version
 * scripts and --defsym, and finds out what the link is for: from -m, from
 * OUTPUT_FORMAT, or else from the first object on the command line.
 */
export function readScripts(
  options: LinkOptions,
  files: FileSystem,
  report: Report,
): LinkScripts | undefined {
  const taken = new Set<string>();
  const include = (name: string, span: Span): Source | undefined => {
    if (isTwice(taken, name, span, report)) return { name, text: "" };
    return readText(findScript(name, options, files), name, files);
  };
  const parse = (source: Source): Script => parseScript(source, report, { include, dialect: options.compat });

  const given: Script[] = [];
  for (const path of options.scripts) {
    if (options.compat === "gnu" && isTwice(taken, path, undefined, report)) continue;
    if (options.compat === "gnu") taken.add(path);
    const source = readScript(path, options, files, report);
    if (source) given.push(parse(source));
  }
  const versionScripts = options.versionScripts.flatMap((path): VersionScript[] => {
    const source = readScript(path, options, files, report, "version script");
    return source ? [parseVersionScript(source, report)] : [];
  });
  // A static link has no use for dynamic lists, but mistakes in them are mistakes.
  const listed = options.dynamicLists.flatMap((path): string[] => {
    const source = readScript(path, options, files, report);
    if (!source) return [];
    const { patterns } = parseDynamicList(source, report);
    return patterns.filter(({ language }) => language === "C").map(({ pattern }) => pattern.text);
  });
  const orderings = options.sectionOrderings.flatMap((path): OutputSection[] => {
    const source = readScript(path, options, files, report);
    return source ? parseSectionOrdering(source, report, { include, dialect: options.compat }) : [];
  });
  const defsyms: Defsym[] = [];
  options.defsyms.forEach((source, i) => {
    const assignment = parseDefsym(source, report, { dialect: options.compat });
    if (assignment) defsyms.push({ assignment, after: options.defsymScripts[i] ?? 0 });
  });

  const found = findTarget(options, given, files, report);
  if (!found) return undefined;
  const { target, emulation } = found;
  if (options.compat === "gnu") checkNames(given, target, report);

  let scripts = [...given];
  if (given.length === 0 || augmentsDefault(given)) {
    const standard = standardScript(emulation, options, files, report);
    if (standard) scripts.push(isBuiltIn(standard) ? parseBuiltIn(standard, parse) : parse(standard));
  }
  if (orderings.length > 0) scripts = orderedScripts(scripts, orderings, report);
  const commands = collectCommands(scripts, options, report, { versionScripts, defsyms });
  if (
    options.compat === "gnu" &&
    (commands.inhibitCommon || options.inhibitCommon) &&
    options.kind !== "shared"
  )
    refuseInhibitCommon(report);
  const gnu = options.compat === "gnu";
  const binary = gnu && options.outputFormat === undefined && outputFormat(given)?.name === "binary";
  return { target, emulation, guessed: found.guessed === true, commands, scripts, binary, listed, parse };
}

/** A script of -T that is named once more, by -T or INCLUDE: for GNU ld a mistake. */
function isTwice(taken: ReadonlySet<string>, name: string, where: Span | undefined, report: Report): boolean {
  if (!taken.has(name)) return false;
  const message = `error: linker script file '${name}' appears multiple times`;
  report.error("LD0725", where, message, { unplaced: true });
  return true;
}

/** The script that is used without -T: that of --default-script, or the built-in one; LLD has none. */
function standardScript(
  emulation: string,
  options: LinkOptions,
  files: FileSystem,
  report: Report,
): Source | undefined {
  if (options.defaultScript !== undefined) return readScript(options.defaultScript, options, files, report);
  if (options.compat === "lld") return undefined;
  return { name: `${BUILT_IN} ${emulation}`, text: defaultScript(emulation, options) };
}

function isBuiltIn({ name }: Source): boolean {
  return name.startsWith(BUILT_IN);
}

/** By text. Syntax trees are never changed, so one serves all links; a start-up snapshot holds the usual ones. */
const builtIns = new Map<string, Script>();

function parseBuiltIn(source: Source, parse: (source: Source) => Script): Script {
  let script = builtIns.get(source.text);
  if (script === undefined) {
    script = parse(source);
    builtIns.set(source.text, script);
  }
  return script;
}

function readScript(
  path: string,
  options: LinkOptions,
  files: FileSystem,
  report: Report,
  what = "linker script",
): Source | undefined {
  const source = readText(findScript(path, options, files), path, files);
  if (source) return source;
  const opened = files.open(path);
  const problem = isProblem(opened) ? opened.problem : "not readable";
  report.error("LD0701", undefined, `cannot open linker script file ${path}: ${problem}`, {
    lld: `cannot find ${what} ${path}`,
  });
  return undefined;
}

/** A script is looked for as given, then in the directories of -L. */
function findScript(name: string, options: LinkOptions, files: FileSystem): string {
  if (files.isFile(name) || name.startsWith("/")) return name;
  for (const directory of libraryPaths(options)) {
    const path = `${directory}/${name}`;
    if (files.isFile(path)) return path;
  }
  return name;
}

function readText(path: string, name: string, files: FileSystem): Source | undefined {
  const file = files.open(path);
  if (isProblem(file)) return undefined;
  const bytes = file.read(0, file.size);
  file.close();
  return { name: path === name ? name : path, text: new TextDecoder().decode(bytes) };
}

function findTarget(
  options: LinkOptions,
  scripts: readonly Script[],
  files: FileSystem,
  report: Report,
): { target: Target; emulation: string; guessed?: boolean } | undefined {
  const gnu = options.compat === "gnu";
  let emulated: Target | undefined;
  if (options.emulation !== undefined) {
    emulated = targetOfEmulation(gnu ? options.emulation : withoutSystem(options.emulation));
    if (!emulated) {
      const known = `Supported emulations: ${targets.flatMap((target) => target.emulations).join(" ")}`;
      report.error("LD0702", undefined, `unrecognised emulation mode: ${options.emulation}\n${known}`, {
        lld: `unknown emulation: ${options.emulation}`,
      });
      return undefined;
    }
  }
  // GNU ld takes defaults from -m, but writes what --oformat or OUTPUT_FORMAT say.
  const format = (gnu ? options.outputFormat : undefined) ?? outputFormat(scripts)?.name;
  const named = gnu || !emulated ? targets.find((target) => target.bfdName === format) : undefined;
  const known = named ?? emulated;
  if (known) return { target: known, emulation: (emulated ?? known).emulations[0] };
  for (const input of options.inputs) {
    if (input.kind !== "file") continue;
    if (!gnu && !input.modes.wholeArchive && isArchive(input.path, files)) continue;
    const target = targetOfFile(input.path, files);
    if (target) return { target, emulation: target.emulations[0] };
  }
  return { target: targetOfEmulation("elf_x86_64")!, emulation: "elf_x86_64", guessed: true };
}

/** BFD's names of formats that GNU ld has everywhere. */
const COMMON_FORMATS = /^(elf(32|64)-(little|big)|elf|default|binary|srec|symbolsrec|verilog|tekhex|ihex)$/;
const UNSUPPORTED_FORMATS = /^(srec|symbolsrec|verilog|tekhex|ihex)$/;

/** Formats and architectures that the scripts name: GNU ld knows those that it was made for. */
function checkNames(scripts: readonly Script[], target: Target, report: Report): void {
  for (const { commands } of scripts)
    for (const command of commands) {
      const format =
        command.kind === "output-format"
          ? command.format
          : command.kind === "target"
            ? command.target
            : undefined;
      if (command.kind === "output-format" && UNSUPPORTED_FORMATS.test(command.format.text))
        report.error("LD0704", command.span, `the output format ${command.format.text} is not supported`);
      else if (
        format &&
        !COMMON_FORMATS.test(format.text) &&
        !targets.some((one) => one.bfdName === format.text)
      )
        report.error("LD0703", format.span, `target ${format.text} not found`, { unplaced: true });
      if (command.kind !== "output-arch" || target.archNames.includes(command.arch.text.toLowerCase()))
        continue;
      const message = `cannot represent machine \`${command.arch.text}'`;
      const notes = [{ message: `for ${target.bfdName} it is ${target.archNames.join(", ")}` }];
      report.error("LD0703", command.span, message, { unplaced: true, notes });
    }
}

/** LLD's other names of emulations: the architecture as FreeBSD calls it, and FreeBSD itself. */
function withoutSystem(emulation: string): string {
  return emulation.replace(/_fbsd$/, "").replace(/^elf_amd64$/, "elf_x86_64");
}

function isArchive(path: string, files: FileSystem): boolean {
  const file = files.open(path);
  if (isProblem(file)) return false;
  const magic = String.fromCharCode(...file.read(0, 8));
  file.close();
  return magic === "!<arch>\n" || magic === "!<thin>\n";
}

/** The emulation that OUTPUT_FORMAT(BFD name) stands for. */
function outputFormat(scripts: readonly Script[]): { name: string; span: Span } | undefined {
  for (const script of scripts)
    for (const command of script.commands)
      if (command.kind === "output-format") return { name: command.format.text, span: command.span };
  return undefined;
}

/** The target of an object by its first bytes; undefined: not an object, or of a machine that is not supported. */
function targetOfHeader(head: Uint8Array): Target | undefined {
  if (identify(head) !== "elf" || head.length < 20) return undefined;
  const identity = readIdentity(head);
  if (typeof identity === "string") return undefined;
  const machine = identity.littleEndian ? head[18] | (head[19] << 8) : (head[18] << 8) | head[19];
  return targetFor(machine, identity.is64);
}

/** The target of an object, or of the first object in an archive. */
function targetOfFile(path: string, files: FileSystem): Target | undefined {
  const file = files.open(path);
  if (isProblem(file)) return undefined;
  try {
    let head = file.read(0, 64);
    const magic = String.fromCharCode(...head.subarray(0, 8));
    if (magic === "!<arch>\n") {
      let at = 8;
      for (let members = 0; members < 8 && at + 60 <= file.size; members++) {
        const size = Number.parseInt(String.fromCharCode(...file.read(at + 48, 10)), 10);
        head = file.read(at + 60, 64);
        const target = targetOfHeader(head);
        if (target) return target;
        if (!(size >= 0)) return undefined;
        at += 60 + size + (size & 1);
      }
      return undefined;
    }
    return targetOfHeader(head);
  } finally {
    file.close();
  }
}
