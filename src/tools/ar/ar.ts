import { isProblem } from "../../files/index.ts";
import { Fatal, guarded } from "../fatal.ts";
import { checkFile, complain, type ToolHost, versionText } from "../host.ts";
import { expandArguments, helpText, type OptionSpec, parseOptions } from "../options.ts";
import { asByteText } from "../text-out.ts";
import { baseName, type Entry, newEntries, type OpenArchive, readArchive } from "./entries.ts";
import { describeEntry, headerFields } from "./list.ts";
import { runMri } from "./mri.ts";
import { type WriteOptions, writeArchiveFile } from "./write.ts";

// ar and ranlib. The first argument of ar may be letters without a dash, as it
// has been since 1971.

export interface ArOptions {
  operation: "d" | "m" | "p" | "q" | "r" | "t" | "x" | undefined;
  position: "before" | "after" | undefined;
  positionName: string | undefined;
  create: boolean;
  deterministic: boolean | undefined;
  truncate: boolean;
  counted: number | undefined;
  preserveDates: boolean;
  offsets: boolean;
  fullPaths: boolean;
  index: "default" | "yes" | "no";
  thin: boolean;
  newer: boolean;
  verbose: boolean;
  outputFolder: string | undefined;
  dependencies: string | undefined;
}

const specs: readonly OptionSpec[] = [
  { id: "d", short: "d", help: "Delete files from the archive" },
  { id: "m", short: "m", help: "Move files in the archive to its end, or to a position" },
  { id: "p", short: "p", help: "Print files of the archive" },
  { id: "q", short: "q", help: "Append files without looking for old ones" },
  { id: "r", short: "r", help: "Replace files of the archive, or append new ones" },
  { id: "t", short: "t", help: "List the archive" },
  { id: "x", short: "x", help: "Extract files" },
  { id: "a", short: "a", help: "With r and m: behind the member named first" },
  { id: "b", short: "bi", help: "With r and m: before the member named first" },
  { id: "D", short: "D", help: "Zero for times and owners, one mode for all (the default)" },
  { id: "U", short: "U", help: "Real times, owners and modes" },
  { id: "N", short: "N", help: "With d and x: the COUNT-th member of that name" },
  { id: "f", short: "f", help: "Cut names to 15 bytes" },
  { id: "P", short: "P", help: "Use whole paths to find members" },
  { id: "o", short: "o", help: "Give extracted files their old times" },
  { id: "O", short: "O", help: "Show where members are" },
  { id: "u", short: "u", help: "Replace only members older than their files" },
  { id: "c", short: "c", help: "Do not say that the archive is created" },
  {
    id: "l",
    short: "l",
    long: ["record-libdeps"],
    argument: "required",
    value: "TEXT",
    help: "Store the libraries this one needs",
  },
  { id: "s", short: "s", help: "Write an index; alone: as ranlib" },
  { id: "S", short: "S", help: "Write no index" },
  { id: "T", short: "T", long: ["thin"], help: "Make a thin archive" },
  { id: "v", short: "v", help: "Tell what is done" },
  { id: "V", short: "V", long: ["version"], help: "Print the version" },
  { id: "M", short: "M", help: "Read commands from standard input" },
  { id: "output", long: ["output"], argument: "required", value: "FOLDER", help: "Extract into a folder" },
  {
    id: "ignored",
    long: ["plugin", "target"],
    argument: "required",
    value: "NAME",
    help: "Accepted and not used",
  },
  { id: "help", short: "h", long: ["help"], help: "Print this" },
];

const USE = {
  tool: "ar",
  usage: "[-]{dmpqrstx}[abcDfilMNoOPsSTuvV] [MEMBER] [COUNT] ARCHIVE [FILE]...",
  summary: "Makes archives of object files, changes them and takes files out.",
};

/** `ar ARGUMENTS...` */
export function ar(args: readonly string[], host: ToolHost): number {
  return guarded(host, () => runAr(args, host));
}

function runAr(args: readonly string[], host: ToolHost): number {
  const all = expandArguments(args, host);
  if (all.length === 0) return usage(host);
  let parsed = parseOptions(explode(all), specs);
  const chosen = () => parsed.options.some(({ id }) => /^[dmpqrtxsM]$/.test(id));
  // After options such as --plugin the letters may still come without a dash.
  if (parsed.problems.length === 0 && !chosen() && parsed.operands.length > 0) {
    const again = parseOptions(explode(parsed.operands), specs);
    parsed = { ...again, options: [...parsed.options, ...again.options] };
  }
  if (parsed.problems.length > 0) {
    // GNU ar stops at the first.
    complain(host, asByteText(parsed.problems[0]));
    return usage(host);
  }
  const has = (id: string) => parsed.options.some((option) => option.id === id);
  const options = readOptions(parsed.options);
  if (has("help")) {
    host.out(helpText(specs, host, USE));
    return 0;
  }
  if (has("V")) {
    host.out(versionText(host, "ar"));
    return 0;
  }
  if (has("M")) return runMri(host, options);
  const operands = [...parsed.operands];
  if (operands.length === 0) return usage(host);
  return perform(options, operands, host);
}

/** `rcs` without a dash is `-r -c -s`: each letter takes its argument, if any, from what follows. */
function explode(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first.startsWith("-")) return args;
  return [...[...first].map((letter) => `-${letter}`), ...rest];
}

function usage(host: ToolHost): number {
  host.error(helpText(specs, host, USE));
  return 1;
}

function readOptions(list: readonly { id: string; value: string | undefined }[]): ArOptions {
  const options: ArOptions = {
    operation: undefined,
    position: undefined,
    positionName: undefined,
    create: false,
    deterministic: undefined,
    truncate: false,
    counted: undefined,
    preserveDates: false,
    offsets: false,
    fullPaths: false,
    index: "default",
    thin: false,
    newer: false,
    verbose: false,
    outputFolder: undefined,
    dependencies: undefined,
  };
  for (const { id, value } of list) {
    switch (id) {
      case "d":
      case "m":
      case "p":
      case "q":
      case "r":
      case "t":
      case "x":
        if (options.operation) throw new Fatal("two different operation options specified");
        options.operation = id;
        break;
      case "a":
        options.position = "after";
        break;
      case "b":
        options.position = "before";
        break;
      case "D":
      case "U":
        options.deterministic = id === "D";
        break;
      case "N":
        options.counted = 0;
        break;
      case "f":
        options.truncate = true;
        break;
      case "P":
        options.fullPaths = true;
        break;
      case "o":
        options.preserveDates = true;
        break;
      case "O":
        options.offsets = true;
        break;
      case "u":
        options.newer = true;
        break;
      case "c":
        options.create = true;
        break;
      case "l":
        if (options.dependencies !== undefined) throw new Fatal("libdeps specified more than once");
        options.dependencies = value;
        break;
      case "s":
        options.index = "yes";
        break;
      case "S":
        options.index = "no";
        break;
      case "T":
        options.thin = true;
        break;
      case "v":
        options.verbose = true;
        break;
      case "output":
        options.outputFolder = value;
        break;
      default:
        break;
    }
  }
  return options;
}

function perform(options: ArOptions, operands: string[], host: ToolHost): number {
  // q cannot write an index, r can.
  if (options.operation === "q" && options.index !== "default") options.operation = "r";
  const { operation } = options;
  if ((operation === undefined || operation === "t") && options.index === "yes")
    return makeIndexOnly(operands[0], options, host);
  if (operation === undefined) throw new Fatal("no operation specified");
  if (options.newer && operation !== "r") throw new Fatal("`u' is only meaningful with the `r' option.");
  if (options.newer && options.deterministic === true)
    throw new Fatal("`u' is not meaningful with the `D' option.");
  if (options.newer && options.deterministic === undefined)
    complain(host, "`u' modifier ignored since `D' is the default (see `U')");
  if (options.position) {
    options.positionName = operands.shift();
    if (options.positionName === undefined) throw new Fatal("missing position arg.");
  }
  if (options.counted !== undefined) {
    if (operation !== "x" && operation !== "d")
      throw new Fatal("`N' is only meaningful with the `x' and `d' options.");
    const count = operands.shift();
    if (count === undefined) throw new Fatal("`N' missing value.");
    options.counted = Number.parseInt(count, 10) || 0;
    if (options.counted <= 0) throw new Fatal("Value for `N' must be positive.");
  }
  const path = operands.shift();
  if (path === undefined) return usage(host);
  const isNew = isProblem(host.files.status(path));
  const archive = openOrCreate(path, options, host);
  try {
    operate(operation, archive, operands, options, host);
  } catch (error) {
    // Half an operation leaves no new archive behind.
    if (isNew) host.files.remove(path);
    throw error;
  }
  return 0;
}

function operate(
  operation: NonNullable<ArOptions["operation"]>,
  archive: OpenArchive,
  operands: string[],
  options: ArOptions,
  host: ToolHost,
): void {
  if (operation === "x" && archive.thin) throw new Fatal("`x' cannot be used on thin archives.");
  if (options.dependencies !== undefined) operands.splice(Math.min(1, operands.length), 0, LIBDEPS);
  switch (operation) {
    case "t":
      forEach(archive, operands, options, host, (entry) =>
        host.out(describeEntry(entry, options.verbose, options.offsets)),
      );
      break;
    case "p":
      forEach(archive, operands, options, host, (entry) => {
        if (options.verbose) host.out(`\n<${asByteText(entry.name)}>\n\n`);
        host.outBytes(entry.read());
      });
      break;
    case "x":
      forEach(archive, operands, options, host, (entry) => extract(entry, options, host));
      break;
    case "d":
      remove(archive, operands, options, host);
      break;
    case "m":
      if (!options.create) {
        if (operands.length > 0) move(archive, operands, options, host);
        break;
      }
      replace(archive, operands, options, host);
      break;
    default:
      if (operands.length > 0 || options.index === "yes") replace(archive, operands, options, host);
  }
}

/** The record of needed libraries that -l makes. */
const LIBDEPS = "__.LIBDEP";

/** Opens an archive; one that does not exist is created, if the operation is to change it. */
export function openOrCreate(path: string, options: ArOptions, host: ToolHost): OpenArchive {
  const { operation } = options;
  const status = host.files.status(path);
  if (isProblem(status)) {
    const alters = operation !== undefined && "dmqr".includes(operation);
    if (!alters || status.problem !== "No such file or directory")
      throw new Fatal(`${asByteText(path)}: ${status.problem}`, alters ? 1 : 9);
    const file = host.files.create(path);
    if (isProblem(file)) throw new Fatal(`${asByteText(path)}: ${file.problem}`);
    file.write(
      Uint8Array.from("!<arch>\n", (char) => char.charCodeAt(0)),
      0,
    );
    file.finish();
    if (!options.create) complain(host, `creating ${asByteText(path)}`);
  }
  let archive: OpenArchive;
  try {
    archive = readArchive(host, path);
    if ((operation === "r" || operation === "q") && archive.entries.length > 0) {
      const shown = asByteText(path);
      if (options.thin && !archive.thin)
        throw new Fatal(`Cannot convert existing library ${shown} to thin format`);
      if (!options.thin && archive.thin)
        throw new Fatal(`Cannot convert existing thin library ${shown} to normal format`);
    }
  } catch (error) {
    if (isProblem(status)) host.files.remove(path);
    throw error;
  }
  return archive;
}

/** The name by which members are found. */
function plain(name: string, options: ArOptions): string {
  if (options.fullPaths) return name;
  const base = baseName(name);
  return options.truncate ? base.slice(0, 15) : base;
}

function forEach(
  archive: OpenArchive,
  files: readonly string[],
  options: ArOptions,
  host: ToolHost,
  act: (entry: Entry) => void,
): void {
  if (files.length === 0) {
    archive.entries.forEach(act);
    return;
  }
  const done = new Set<Entry>();
  for (const file of files) {
    const wanted = plain(file, options);
    let count = 0;
    const found = archive.entries.find((entry) => {
      if (done.has(entry)) return false;
      const name = archive.thin ? plain(entry.name, options) : entry.name;
      return name === wanted && (options.counted === undefined || ++count === options.counted);
    });
    if (found) {
      act(found);
      done.add(found);
    } else host.error(`no entry ${asByteText(file)} in archive\n`);
  }
}

export function extract(entry: Entry, options: ArOptions, host: ToolHost): void {
  let name = entry.name;
  if (name.startsWith("/") || name.split("/").includes("..")) {
    const base = baseName(name);
    complain(
      host,
      `illegal output pathname for archive member: ${asByteText(name)}, using '${asByteText(base)}' instead`,
    );
    name = base;
  }
  const folder = options.outputFolder;
  if (folder !== undefined)
    name = folder === "" || folder.endsWith("/") ? folder + name : `${folder}/${name}`;
  if (options.verbose) host.out(`x - ${asByteText(name)}\n`);
  const file = host.files.create(name);
  if (isProblem(file)) {
    host.error(`${asByteText(name)}: ${file.problem}\n`);
    throw new Fatal("");
  }
  file.write(entry.read(), 0);
  file.finish();
  const { date, mode } = headerFields(entry.fields ?? "");
  host.files.setStatus(name, mode, options.preserveDates ? { modified: date, accessed: date } : undefined);
}

function remove(archive: OpenArchive, files: readonly string[], options: ArOptions, host: ToolHost): void {
  let changed = false;
  for (const file of files) {
    if (file === "__.SYMDEF") {
      options.index = "no";
      continue;
    }
    const wanted = plain(file, options);
    let count = 0;
    const at = archive.entries.findIndex(
      (entry) => entry.name === wanted && (options.counted === undefined || ++count === options.counted),
    );
    if (at >= 0) {
      archive.entries.splice(at, 1);
      changed = true;
      if (options.verbose) host.out(`d - ${asByteText(file)}\n`);
    } else if (options.verbose) host.out(`No member named \`${asByteText(file)}'\n`);
  }
  if (changed) save(archive, options, host);
}

/** Where a moved or new entry goes: the end, or beside the member that a, b or i names. */
function insertAt(entries: readonly Entry[], options: ArOptions): number {
  if (!options.position) return entries.length;
  const at = entries.findIndex((entry) => entry.name === options.positionName);
  return at < 0 ? entries.length : options.position === "after" ? at + 1 : at;
}

function move(archive: OpenArchive, files: readonly string[], options: ArOptions, host: ToolHost): void {
  const { entries } = archive;
  for (const file of files) {
    const at = entries.findIndex((entry) => entry.name === plain(file, options));
    if (at < 0) throw new Fatal(`no entry ${asByteText(file)} in archive ${asByteText(archive.path)}!`);
    const [entry] = entries.splice(at, 1);
    entries.splice(insertAt(entries, options), 0, entry);
    if (options.verbose) host.out(`m - ${asByteText(file)}\n`);
  }
  save(archive, options, host);
}

function replace(archive: OpenArchive, files: readonly string[], options: ArOptions, host: ToolHost): void {
  const { entries } = archive;
  let changed = false;
  for (const file of files) {
    const isRecord = file === LIBDEPS && options.dependencies !== undefined;
    const old =
      options.operation === "q"
        ? -1
        : entries.findIndex(
            (entry) => entry.fields !== undefined && plain(entry.name, options) === plain(file, options),
          );
    if (old < 0) {
      const added = isRecord ? [recordEntry(options, host)] : newEntries(host, file, options.thin);
      if (options.verbose && !isRecord) for (const { name } of added) host.out(`a - ${asByteText(name)}\n`);
      entries.splice(insertAt(entries, options), 0, ...added);
      changed ||= added.length > 0;
      continue;
    }
    if (options.newer && !isNewer(file, entries[old], host)) continue;
    const added = isRecord ? [recordEntry(options, host)] : newEntries(host, file, false);
    const replaced = entries[old];
    const at = options.position ? insertAt(entries, options) : old + 1;
    if (options.verbose) host.out(`r - ${asByteText(file)}\n`);
    entries.splice(at, 0, ...added);
    entries.splice(entries.indexOf(replaced), 1);
    changed = true;
  }
  // An archive that is to get an index, or was just made, is written in any case.
  if (changed || (files.length === 0 && options.index === "yes")) save(archive, options, host);
}

function isNewer(file: string, entry: Entry, host: ToolHost): boolean {
  const status = host.files.status(file);
  if (isProblem(status)) {
    if (status.problem === "No such file or directory") return false;
    throw new Fatal(`${asByteText(file)}: ${status.problem}`);
  }
  return Math.floor(status.modified) > headerFields(entry.fields ?? "").date;
}

function recordEntry(options: ArOptions, host: ToolHost): Entry {
  const bytes = new TextEncoder().encode(`${options.dependencies}\0`);
  const date = options.deterministic === false ? host.now() : 0;
  const fields = `${String(date).padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"644".padEnd(8)}`;
  return {
    name: LIBDEPS,
    fields: `${fields}${String(bytes.length).padEnd(10)}\`\n`,
    size: bytes.length,
    origin: 0,
    container: undefined,
    containerOffset: 0,
    read: () => bytes,
  };
}

function save(archive: OpenArchive, options: ArOptions, host: ToolHost): void {
  writeArchiveFile(host, archive.path, archive.entries, writeOptions(archive, options));
}

export function writeOptions(archive: { readonly thin: boolean }, options: ArOptions): WriteOptions {
  return {
    thin: options.thin || archive.thin,
    index: options.index !== "no",
    deterministic: options.deterministic ?? true,
    truncate: options.truncate,
    fullPaths: options.fullPaths,
  };
}

/** What `ar s` and ranlib do. */
function makeIndexOnly(path: string, options: ArOptions, host: ToolHost): number {
  const size = checkFile(host, path);
  if (size === undefined || size < 1) return 1;
  const archive = readArchive(host, path);
  save(archive, { ...options, index: "yes", thin: archive.thin }, host);
  return 0;
}

const ranlibSpecs: readonly OptionSpec[] = [
  { id: "D", short: "D", help: "Zero as the time of the index (the default)" },
  { id: "U", short: "U", help: "The real time" },
  { id: "t", short: "t", help: "Only update the time of the index" },
  {
    id: "ignored",
    long: ["plugin", "target", "output"],
    argument: "required",
    value: "NAME",
    help: "Accepted and not used",
  },
  { id: "help", short: "hH", long: ["help"], help: "Print this" },
  { id: "version", short: "vV", long: ["version"], help: "Print the version" },
];

/** `ranlib ARGUMENTS...` */
export function ranlib(args: readonly string[], host: ToolHost): number {
  return guarded(host, () => {
    const { options, operands, problems } = parseOptions(expandArguments(args, host), ranlibSpecs);
    const use = {
      tool: "ranlib",
      usage: "[OPTION]... ARCHIVE...",
      summary: "Makes the index of archives anew.",
    };
    for (const problem of problems) complain(host, asByteText(problem));
    if (args.length === 0) {
      host.error(helpText(ranlibSpecs, host, use));
      return 1;
    }
    const has = (id: string) => options.some((option) => option.id === id);
    if (has("help")) {
      host.out(helpText(ranlibSpecs, host, use));
      return 0;
    }
    if (has("version")) {
      host.out(versionText(host, "ranlib"));
      return 0;
    }
    const arOptions = readOptions(options.filter(({ id }) => id === "D" || id === "U"));
    let code = 0;
    for (const path of operands) {
      if (has("t")) code |= touch(path, host);
      else code |= makeIndexOnly(path, arOptions, host);
    }
    return code;
  });
}

/** `ranlib -t`: the index of our format has a time that nobody reads, so there is nothing to write. */
function touch(path: string, host: ToolHost): number {
  const size = checkFile(host, path);
  if (size === undefined || size < 1) return 1;
  const archive = readArchive(host, path);
  if (!archive.hasIndex) throw new Fatal(`${asByteText(path)}: no archive map to update`);
  return 0;
}
