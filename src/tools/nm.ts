import type { Archive } from "../archive/index.ts";
import { type BfdObject, openElf } from "./bfd/object.ts";
import { ABSOLUTE, isCommon, UNDEFINED } from "./bfd/section.ts";
import {
  type BfdSymbol,
  BSF_DEBUGGING,
  BSF_FILE,
  BSF_GLOBAL,
  BSF_GNU_INDIRECT_FUNCTION,
  BSF_GNU_UNIQUE,
  BSF_SECTION_SYM,
  BSF_WEAK,
  isSpecialSymbol,
  readBfdSymbols,
  symbolClass,
} from "./bfd/symbols.ts";
import { demangleName } from "./demangled.ts";
import { complain, type ToolHost } from "./host.ts";
import { members, NOT_RECOGNIZED, openInput, warn } from "./inputs.ts";
import { type LineFinder, openLines } from "./lines.ts";
import { finishOptions, type OptionSpec } from "./options.ts";
import { asByteText, textAt } from "./text-out.ts";
import { showUnicode, type UnicodeDisplay, unicodeDisplay } from "./unicode.ts";

// nm: the symbols of objects, archives and programs.

type Format = "bsd" | "sysv" | "posix" | "just-symbols";

interface NmOptions {
  format: Format;
  radix: 8 | 10 | 16;
  debugSymbols: boolean;
  demangle: boolean;
  dynamic: boolean;
  externOnly: boolean;
  definedOnly: boolean;
  undefinedOnly: boolean;
  noWeak: boolean;
  sort: "name" | "value" | "size" | "none";
  reverse: boolean;
  printIndex: boolean;
  printSize: boolean;
  lineNumbers: boolean;
  special: boolean;
  quiet: boolean;
  /** Undefined: not asked either way, which shows versions. */
  versions: boolean;
  fileNames: "no" | "lines" | "symbols";
  ifuncChars: string;
  unicode: UnicodeDisplay;
}

const specs: readonly OptionSpec[] = [
  { id: "debug", short: "a", long: ["debug-syms"], help: "Show symbols for debuggers too" },
  { id: "names", short: "Ao", long: ["print-file-name"], help: "Start each line with the name of the file" },
  { id: "bsd", short: "B", help: "As --format=bsd" },
  {
    id: "demangle",
    short: "",
    long: ["demangle"],
    argument: "optional",
    value: "STYLE",
    help: "Show names as C++ and Rust write them; also -C",
  },
  { id: "demangle", short: "C" },
  { id: "no-demangle", long: ["no-demangle", "no-cplus"], help: "Show names as they are" },
  { id: "ignored", long: ["recurse-limit", "recursion-limit", "no-recurse-limit", "no-recursion-limit"] },
  { id: "dynamic", short: "D", long: ["dynamic"], help: "Show the dynamic symbols instead" },
  { id: "ignored", short: "eJ" },
  {
    id: "format",
    short: "f",
    long: ["format"],
    argument: "required",
    value: "FORMAT",
    help: "Print as bsd (the default), sysv, posix or just-symbols",
  },
  { id: "extern", short: "g", long: ["extern-only"], help: "Only symbols that other files can see" },
  {
    id: "ifunc",
    long: ["ifunc-chars"],
    argument: "required",
    value: "CHARS",
    help: "Letters for ifunc symbols",
  },
  { id: "just", short: "j", long: ["just-symbols"], help: "As --format=just-symbols" },
  { id: "lines", short: "l", long: ["line-numbers"], help: "Add file and line from debugging information" },
  { id: "numeric", short: "nv", long: ["numeric-sort"], help: "Sort by address" },
  { id: "unsorted", short: "p", long: ["no-sort"], help: "Keep the order of the file" },
  { id: "posix", short: "P", long: ["portability"], help: "As --format=posix" },
  { id: "reverse", short: "r", long: ["reverse-sort"], help: "Sort backwards" },
  { id: "ignored", long: ["plugin"], argument: "required", value: "NAME", help: "Ignored" },
  { id: "sizes", short: "S", long: ["print-size"], help: "Show sizes too" },
  { id: "index", short: "s", long: ["print-armap"], help: "Show the index of archives" },
  { id: "quiet", long: ["quiet"], help: "Do not say that a file has no symbols" },
  { id: "size-sort", long: ["size-sort"], help: "Sort by size" },
  {
    id: "special",
    long: ["special-syms"],
    help: "Show the symbols that the machine's tools make for themselves",
  },
  { id: "ignored", long: ["synthetic"], help: "Accepted; no symbols are made up" },
  {
    id: "radix",
    short: "t",
    long: ["radix"],
    argument: "required",
    value: "RADIX",
    help: "Numbers in d, o or x",
  },
  {
    id: "ignored",
    long: ["target"],
    argument: "required",
    value: "BFDNAME",
    help: "Accepted; the format is recognized",
  },
  { id: "undefined", short: "u", long: ["undefined-only"], help: "Only undefined symbols" },
  { id: "defined", short: "U", long: ["defined-only"], help: "Only defined symbols" },
  {
    id: "unicode",
    long: ["unicode"],
    argument: "required",
    value: "HOW",
    help: "Characters beyond ASCII: default, locale, invalid, hex, escape or highlight",
  },
  { id: "no-weak", short: "W", long: ["no-weak"], help: "Leave weak symbols out" },
  { id: "versions", long: ["with-symbol-versions"], help: "Show versions behind names" },
  { id: "no-versions", long: ["without-symbol-versions"], help: "Do not show versions" },
  { id: "aix", short: "X", argument: "required" },
  { id: "help", short: "hH", long: ["help"], help: "Print this" },
  { id: "version", short: "V", long: ["version"], help: "Print the version" },
];

/** `nm ARGUMENTS...`: the exit code is the number of files that could not be read. */
export function nm(args: readonly string[], host: ToolHost): number {
  const parsed = finishOptions(args, specs, host, {
    tool: "nm",
    usage: "[OPTION]... [FILE]...",
    summary: "Lists the symbols of files (a.out by default).",
  });
  if (typeof parsed === "number") return parsed;
  const options = defaults();
  for (const { id, value = "" } of parsed.options) {
    const problem = apply(options, id, value);
    if (problem !== undefined) {
      complain(host, asByteText(problem));
      return 1;
    }
  }
  if (options.sort === "size" && options.undefinedOnly) {
    complain(host, "Using the --size-sort and --undefined-only options together");
    complain(host, "will produce no output, since undefined symbols have no size.");
    return 0;
  }
  const { operands } = parsed;
  if (operands.length > 1 && options.fileNames === "no") options.fileNames = "lines";
  let failures = 0;
  for (const path of operands.length > 0 ? operands : ["a.out"]) {
    const result = listFile(path, operands.length > 1, options, host);
    if (result === "fatal") return 1;
    if (result === "failed") failures++;
  }
  return operands.length > 0 ? failures & 255 : failures;
}

function defaults(): NmOptions {
  return {
    format: "bsd",
    radix: 16,
    debugSymbols: false,
    demangle: false,
    dynamic: false,
    externOnly: false,
    definedOnly: false,
    undefinedOnly: false,
    noWeak: false,
    sort: "name",
    reverse: false,
    printIndex: false,
    printSize: false,
    lineNumbers: false,
    special: false,
    quiet: false,
    versions: true,
    fileNames: "no",
    ifuncChars: "",
    unicode: "default",
  };
}

/** Carries out one option; a string is what is wrong with it. */
function apply(options: NmOptions, id: string, value: string): string | undefined {
  switch (id) {
    case "debug":
      options.debugSymbols = true;
      break;
    case "names":
      options.fileNames = "symbols";
      break;
    case "bsd":
    case "posix":
      options.format = id;
      break;
    case "just":
      options.format = "just-symbols";
      break;
    case "format": {
      const formats: Readonly<Record<string, Format>> = {
        b: "bsd",
        s: "sysv",
        p: "posix",
        j: "just-symbols",
      };
      const format = formats[value.charAt(0).toLowerCase()];
      if (!format) return `${value}: invalid output format`;
      options.format = format;
      break;
    }
    case "demangle":
      if (value !== "" && !demangleStyles.includes(value)) return `unknown demangling style \`${value}'`;
      options.demangle = value !== "none";
      break;
    case "no-demangle":
      options.demangle = false;
      break;
    case "dynamic":
      options.dynamic = true;
      break;
    case "extern":
      options.externOnly = true;
      break;
    case "ifunc":
      options.ifuncChars = value;
      break;
    case "lines":
      options.lineNumbers = true;
      break;
    case "numeric":
      options.sort = "value";
      break;
    case "unsorted":
      options.sort = "none";
      break;
    case "size-sort":
      options.sort = "size";
      break;
    case "reverse":
      options.reverse = true;
      break;
    case "sizes":
      options.printSize = true;
      break;
    case "index":
      options.printIndex = true;
      break;
    case "quiet":
      options.quiet = true;
      break;
    case "special":
      options.special = true;
      break;
    case "radix": {
      const radix = { x: 16, d: 10, o: 8 } as const;
      const letter = value.charAt(0);
      if (letter !== "x" && letter !== "d" && letter !== "o") return `${value}: invalid radix`;
      options.radix = radix[letter];
      break;
    }
    case "undefined":
      options.undefinedOnly = true;
      options.definedOnly = false;
      break;
    case "defined":
      options.definedOnly = true;
      options.undefinedOnly = false;
      break;
    case "unicode": {
      const display = unicodeDisplay(value);
      if (!display) return `invalid argument to -U/--unicode: ${value}`;
      options.unicode = display;
      break;
    }
    case "no-weak":
      options.noWeak = true;
      break;
    case "versions":
      options.versions = true;
      break;
    case "no-versions":
      options.versions = false;
      break;
    case "aix":
      if (value !== "32_64") return "Only -X 32_64 is supported";
      break;
    default:
      break;
  }
  return undefined;
}

/** What -C and c++filt -s know; we demangle by what a name looks like, whatever the style. */
export const demangleStyles: readonly string[] = ["none", "auto", "gnu-v3", "java", "gnat", "dlang", "rust"];

function listFile(
  path: string,
  several: boolean,
  options: NmOptions,
  host: ToolHost,
): "done" | "failed" | "fatal" {
  const input = openInput(host, path);
  if (!input) return "failed";
  const name = asByteText(path);
  if (input.kind === "unknown") {
    complain(host, `${name}: ${NOT_RECOGNIZED}`);
    return "failed";
  }
  if (input.kind === "object") {
    const { object } = input;
    const width = object.image.is64 ? 64 : 32;
    if (options.format === "sysv") host.out(sysvHeading(name, width, options));
    else if (several && options.fileNames === "lines" && options.format !== "just-symbols")
      host.out(options.format === "bsd" ? `\n${name}:\n` : `${name}:\n`);
    listObject({ object, name, archive: undefined, width }, options, host);
    return "done";
  }
  const { archive, file } = input;
  if (several && options.format === "bsd") host.out(`\n${name}:\n`);
  if (options.printIndex) printIndex(path, archive, options, host);
  const walk = members(host, path, archive);
  for (;;) {
    const { value: member, done } = walk.next();
    if (done) {
      file.close();
      if (member === undefined) return "done";
      complain(host, `${name}: ${member}`);
      return "fatal";
    }
    const object = openElf(member.name, member.bytes);
    if (!object) {
      complain(host, `${member.name}: ${NOT_RECOGNIZED}`);
      continue;
    }
    warn(host, object);
    const width = object.image.is64 ? 64 : 32;
    if (options.format === "sysv") host.out(sysvHeading(`${name}[${member.name}]`, width, options));
    else if (options.fileNames !== "symbols" && options.format !== "just-symbols")
      host.out(options.format === "bsd" ? `\n${member.name}:\n` : `${name}[${member.name}]:\n`);
    listObject({ object, name: member.name, archive: name, width }, options, host);
  }
}

function sysvHeading(what: string, width: 32 | 64, options: NmOptions): string {
  const columns =
    width === 32
      ? "Name                  Value   Class        Type         Size     Line  Section"
      : "Name                  Value           Class        Type         Size             Line  Section";
  return `\n\n${options.undefinedOnly ? "Undefined symbols" : "Symbols"} from ${what}:\n\n${columns}\n\n`;
}

function printIndex(path: string, archive: Archive, options: NmOptions, host: ToolHost): void {
  const { index } = archive;
  if (!index || index.count === 0) return;
  const names = new Map<number, string>();
  let text = "\nArchive index:\n";
  for (let i = 0; i < index.count; i++) {
    const place = index.member[i];
    let name = names.get(place);
    if (name === undefined) {
      const member = archive.member(place);
      name = typeof member === "string" ? "" : asByteText(member.name);
      if (archive.thin) name = thinName(path, name);
      names.set(place, name);
    }
    text += `${showName(textAt(index.names, index.nameOffset[i]), options)} in ${name}\n`;
  }
  host.out(text);
}

function thinName(path: string, name: string): string {
  return name.startsWith("/") ? name : asByteText(path.slice(0, path.lastIndexOf("/") + 1)) + name;
}

interface Listed {
  readonly object: BfdObject;
  readonly name: string;
  readonly archive: string | undefined;
  readonly width: 32 | 64;
}

function listObject(file: Listed, options: NmOptions, host: ToolHost): void {
  const { object } = file;
  const all = readBfdSymbols(object, options.dynamic) ?? [];
  if (all.length === 0) {
    if (!options.quiet) complain(host, `${file.name}: no symbols`);
    return;
  }
  let kept = all.filter((symbol) => isWanted(symbol, object, options));
  if (options.sort === "size") kept = sortBySize(kept, object, options.reverse);
  else if (options.sort !== "none") {
    const compare = options.sort === "value" ? byValue(object) : byName;
    // Reversing the comparison, not the list: equal symbols keep their order.
    kept.sort(options.reverse ? (a, b) => -compare(a, b) : compare);
  }
  const lines = options.lineNumbers ? openLines(object) : undefined;
  const print = printers[options.format];
  const prefix = filePrefix(file, options);
  for (const symbol of kept)
    host.out(`${prefix}${print(symbol, file, options)}${lineOf(lines, symbol, object)}\n`);
}

function filePrefix({ name, archive }: Listed, { fileNames, format }: NmOptions): string {
  if (fileNames !== "symbols" || format === "just-symbols") return "";
  if (format === "posix") return archive === undefined ? `${name}: ` : `${archive}[${name}]: `;
  return archive === undefined ? `${name}:` : `${archive}:${name}:`;
}

function isWanted(symbol: BfdSymbol, object: BfdObject, options: NmOptions): boolean {
  const { section, flags } = symbol;
  const isUndefined = section === UNDEFINED;
  if (options.undefinedOnly) {
    if (!isUndefined) return false;
  } else if (options.externOnly) {
    if (!(flags & (BSF_GLOBAL | BSF_WEAK | BSF_GNU_UNIQUE)) && !isUndefined && !isCommon(section))
      return false;
  } else if (options.noWeak && flags & BSF_WEAK) return false;
  if (!options.debugSymbols && flags & BSF_DEBUGGING) return false;
  if (options.sort === "size" && (section === ABSOLUTE || isUndefined)) return false;
  if (options.definedOnly && isUndefined) return false;
  return options.special || !isSpecialSymbol(object.image.header.machine, symbol.name);
}

/** By the bytes of names; symbols without one first. */
function byName(a: BfdSymbol, b: BfdSymbol): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Undefined symbols first, then by address, then by name. */
function byValue(object: BfdObject): (a: BfdSymbol, b: BfdSymbol) => number {
  const relative = !object.isExecutable && !object.isDynamic;
  const high = (symbol: BfdSymbol) =>
    relative && symbol.section.vma !== 0n ? Number(addressOf(symbol, object) >> 32n) : symbol.high;
  const low = (symbol: BfdSymbol) =>
    relative && symbol.section.vma !== 0n ? Number(addressOf(symbol, object) & 0xffffffffn) : symbol.low;
  return (a, b) => {
    const undefinedA = a.section === UNDEFINED;
    if (undefinedA !== (b.section === UNDEFINED)) return undefinedA ? -1 : 1;
    if (!undefinedA) {
      const difference = high(a) - high(b) || low(a) - low(b);
      if (difference !== 0) return difference;
    }
    return byName(a, b);
  };
}

function addressOf(symbol: BfdSymbol, object: BfdObject): bigint {
  const value = (BigInt(symbol.high) << 32n) | BigInt(symbol.low);
  const relative = !object.isExecutable && !object.isDynamic;
  return relative ? BigInt.asUintN(64, value + symbol.section.vma) : value;
}

/** The symbols that have a size, by it. ELF says the sizes; a section symbol's lasts to the next symbol. */
function sortBySize(symbols: readonly BfdSymbol[], object: BfdObject, reverse: boolean): BfdSymbol[] {
  const value = byValue(object);
  const rank = (symbol: BfdSymbol) => {
    if (/gnu_compiled|gcc2_compiled/.test(symbol.name)) return 0;
    return symbol.flags & BSF_FILE || /.\.[oa]$/.test(symbol.name) ? 1 : 2;
  };
  const placed = [...symbols].sort((a, b) => {
    const addressA = addressOf(a, object);
    const addressB = addressOf(b, object);
    if (addressA !== addressB)
      return value({ ...a, name: "" }, { ...b, name: "" }) || (addressA < addressB ? -1 : 1);
    if (a.section.vma !== b.section.vma) return a.section.vma < b.section.vma ? -1 : 1;
    return rank(a) - rank(b) || byName(a, b);
  });
  const sized: { symbol: BfdSymbol; size: bigint }[] = [];
  placed.forEach((symbol, i) => {
    let size = sizeOf(symbol);
    if (symbol.flags & BSF_SECTION_SYM) {
      const next = placed[i + 1];
      const end =
        next && next.section === symbol.section
          ? addressOf(next, object)
          : symbol.section.vma + BigInt(symbol.section.size);
      size = BigInt.asUintN(64, end - addressOf(symbol, object));
    }
    if (size !== 0n) sized.push({ symbol: withSize(symbol, size), size });
  });
  sized.sort((a, b) => {
    const order = a.size < b.size ? -1 : a.size > b.size ? 1 : byName(a.symbol, b.symbol);
    return reverse ? -order : order;
  });
  return sized.map(({ symbol }) => symbol);
}

function sizeOf(symbol: BfdSymbol): bigint {
  return (BigInt(symbol.sizeHigh) << 32n) | BigInt(symbol.sizeLow);
}

function withSize(symbol: BfdSymbol, size: bigint): BfdSymbol {
  if (!(symbol.flags & BSF_SECTION_SYM)) return symbol;
  return { ...symbol, sizeLow: Number(size & 0xffffffffn), sizeHigh: Number(size >> 32n) };
}

/** A value as the radix and the format have it. */
function showValue(value: bigint, width: 32 | 64, options: NmOptions): string {
  const bare = options.format === "posix" || options.format === "just-symbols";
  const digits = bare ? 0 : width === 32 ? 8 : 16;
  if (options.radix !== 10) return value.toString(options.radix).padStart(digits, "0");
  const signed = BigInt.asIntN(64, value);
  return signed < 0n ? `-${String(-signed).padStart(digits - 1, "0")}` : String(signed).padStart(digits, "0");
}

function showAddress(symbol: BfdSymbol, file: Listed, options: NmOptions): string {
  const { object, width } = file;
  if (options.radix === 16 && options.format === "bsd" && symbol.section.vma === 0n) {
    const low = symbol.low.toString(16).padStart(8, "0");
    return width === 32 && symbol.high === 0 ? low : symbol.high.toString(16).padStart(8, "0") + low;
  }
  return showValue(addressOf(symbol, object), width, options);
}

/** The letter, and for ifuncs what --ifunc-chars says. */
function letterOf(symbol: BfdSymbol, { ifuncChars }: NmOptions): string {
  const letter = symbolClass(symbol);
  if (letter !== "i" || !(symbol.flags & BSF_GNU_INDIRECT_FUNCTION) || ifuncChars === "") return letter;
  if (symbol.flags & BSF_GLOBAL) return ifuncChars[0];
  return ifuncChars[1] ?? letter;
}

function isUndefinedLetter(letter: string): boolean {
  return letter === "U" || letter === "w" || letter === "v";
}

const BLANKS = { 32: " ".repeat(8), 64: " ".repeat(16) } as const;

type Printer = (symbol: BfdSymbol, file: Listed, options: NmOptions) => string;

const printers: Readonly<Record<Format, Printer>> = {
  bsd(symbol, file, options) {
    const letter = letterOf(symbol, options);
    const { width } = file;
    let text: string = BLANKS[width];
    if (!isUndefinedLetter(letter)) {
      const hasSize = symbol.sizeLow !== 0 || symbol.sizeHigh !== 0;
      const size = hasSize || options.sort === "size" ? showValue(sizeOf(symbol), width, options) : "";
      text = options.sort === "size" && !options.printSize ? size : showAddress(symbol, file, options);
      if (options.printSize && hasSize) text += ` ${size}`;
    }
    return `${text} ${letter} ${symbolText(symbol, options)}`;
  },
  sysv(symbol, file, options) {
    const { width } = file;
    const letter = letterOf(symbol, options);
    const value = isUndefinedLetter(letter) ? BLANKS[width] : showAddress(symbol, file, options);
    const isSection = (symbol.flags & BSF_SECTION_SYM) !== 0;
    const size = sizeOf(symbol);
    const type = isSection ? "" : typeName(symbol.info & 15);
    const shownSize = size === 0n ? BLANKS[width] : showValue(size, width, options);
    const section = isSection ? "" : symbol.section.name;
    return `${symbolText(symbol, options).padEnd(20)}|${value}|   ${letter}  |${type.padStart(18)}|${shownSize}|     |${section}`;
  },
  posix(symbol, file, options) {
    const letter = letterOf(symbol, options);
    const start = `${symbolText(symbol, options)} ${letter} `;
    if (isUndefinedLetter(letter)) return `${start}        `;
    const size = sizeOf(symbol);
    const shown = size === 0n ? "" : showValue(size, file.width, options);
    return `${start}${showAddress(symbol, file, options)} ${shown}`;
  },
  "just-symbols": (symbol, _file, options) => symbolText(symbol, options),
};

function typeName(type: number): string {
  const names = ["NOTYPE", "OBJECT", "FUNC", "SECTION", "FILE", "COMMON", "TLS"];
  if (type < names.length) return names[type];
  if (type >= 13) return `<processor specific>: ${type}`;
  return type >= 10 ? `<OS specific>: ${type}` : `<unknown>: ${type}`;
}

function symbolText(symbol: BfdSymbol, options: NmOptions): string {
  const name = showName(symbol.name, options);
  return options.versions && !(symbol.flags & BSF_SECTION_SYM) ? name + symbol.version : name;
}

function showName(name: string, options: NmOptions): string {
  let shown = name;
  if (!options.versions) {
    const at = shown.indexOf("@");
    if (at >= 0) shown = shown.slice(0, at);
  }
  if (options.demangle) shown = demangleName(shown);
  return options.unicode === "default" ? shown : showUnicode(shown, options.unicode);
}

/** -l: the place of a definition, or of the first use of an undefined symbol. */
function lineOf(lines: LineFinder | undefined, symbol: BfdSymbol, object: BfdObject): string {
  if (!lines || isCommon(symbol.section) || symbol.section === ABSOLUTE) return "";
  const place =
    symbol.section === UNDEFINED
      ? lines.firstUse(symbol.index)
      : lines.ofSymbol(symbol, addressOf(symbol, object));
  return place ? `\t${place.file}:${place.line}` : "";
}
