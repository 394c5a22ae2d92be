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
import { LineFinder } from "./lines.ts";
import { apply, defaults, type Format, type NmOptions, nmSpecs } from "./nm-options.ts";
import { finishOptions } from "./options.ts";
import { asByteText, textAt } from "./text-out.ts";
import { showUnicode } from "./unicode.ts";

// nm: the symbols of objects, archives and programs.

/** `nm ARGUMENTS...`: the exit code is the number of files that could not be read. */
export function nm(args: readonly string[], host: ToolHost): number {
  const parsed = finishOptions(args, nmSpecs, host, {
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
  const lines = options.lineNumbers ? new LineFinder(object, readBfdSymbols(object) ?? []) : undefined;
  const print = printers[options.format];
  const prefix = filePrefix(file, options);
  for (const symbol of kept) host.out(`${prefix}${print(symbol, file, options)}${lineOf(lines, symbol)}\n`);
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
function lineOf(lines: LineFinder | undefined, symbol: BfdSymbol): string {
  if (!lines || isCommon(symbol.section) || symbol.section === ABSOLUTE) return "";
  const place = symbol.section === UNDEFINED ? lines.firstUse(symbol.index) : lines.ofSymbol(symbol);
  return place ? `\t${place.file}:${place.line}` : "";
}
