import { isProblem } from "../files/index.ts";
import { openElf } from "./bfd/object.ts";
import { SEC_ALLOC, SEC_HAS_CONTENTS, SEC_LOAD } from "./bfd/section.ts";
import { complain, type ToolHost } from "./host.ts";
import { finishOptions, helpText, type OptionSpec } from "./options.ts";
import { asByteText, byteText } from "./text-out.ts";
import { sequenceLength, showSequence, type UnicodeDisplay, unicodeDisplay } from "./unicode.ts";

// strings: the runs of characters in any file.

const specs: readonly OptionSpec[] = [
  { id: "all", short: "a", long: ["all"], help: "Look at the whole file (the default)" },
  { id: "data", short: "d", long: ["data"], help: "Look only at the loaded sections of objects" },
  {
    id: "names",
    short: "f",
    long: ["print-file-name"],
    help: "Print the name of the file before each string",
  },
  {
    id: "bytes",
    short: "n",
    long: ["bytes"],
    argument: "required",
    value: "NUMBER",
    help: "At least this many characters (4); also -NUMBER",
  },
  { id: "digit", short: "0123456789" },
  {
    id: "radix",
    short: "t",
    long: ["radix"],
    argument: "required",
    value: "{o,d,x}",
    help: "Print where each string is",
  },
  { id: "octal", short: "o", help: "As -t o" },
  { id: "space", short: "w", long: ["include-all-whitespace"], help: "All white space counts as characters" },
  {
    id: "ignored",
    short: "T",
    long: ["target"],
    argument: "required",
    value: "BFDNAME",
    help: "Accepted; the format is recognized",
  },
  {
    id: "encoding",
    short: "e",
    long: ["encoding"],
    argument: "required",
    value: "{s,S,b,l,B,L}",
    help: "7 or 8 bits, 16 bits big or little endian, 32 bits",
  },
  {
    id: "unicode",
    short: "U",
    long: ["unicode"],
    argument: "required",
    value: "HOW",
    help: "Characters beyond ASCII: default, locale, invalid, hex, escape or highlight",
  },
  {
    id: "separator",
    short: "s",
    long: ["output-separator"],
    argument: "required",
    value: "TEXT",
    help: "What follows each string",
  },
  { id: "help", short: "hH", long: ["help"], help: "Print this" },
  { id: "version", short: "vV", long: ["version"], help: "Print the version" },
];

interface StringsOptions {
  readonly host: ToolHost;
  least: number;
  dataOnly: boolean;
  names: boolean;
  radix: 8 | 10 | 16 | undefined;
  allSpace: boolean;
  encoding: "s" | "S" | "b" | "l" | "B" | "L";
  unicode: UnicodeDisplay;
  separator: string;
}

/** `strings ARGUMENTS...` */
export function strings(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "strings",
    usage: "[OPTION]... [FILE]...",
    summary: "Prints the strings in files (standard input by default).",
  };
  const parsed = finishOptions(args, specs, host, use);
  if (typeof parsed === "number") return parsed;
  const options: StringsOptions = {
    host,
    least: 4,
    dataOnly: false,
    names: false,
    radix: undefined,
    allSpace: false,
    encoding: "s",
    unicode: "default",
    separator: "\n",
  };
  const fail = (problem: string | undefined): number => {
    if (problem === undefined) host.error(helpText(specs, host, use));
    else complain(host, problem);
    return 1;
  };
  for (const { id, value = "" } of parsed.options) {
    const problem = apply(options, id, value);
    if (problem !== undefined) return fail(problem === "" ? undefined : asByteText(problem));
  }
  if (options.unicode !== "default") options.encoding = "S";
  // -8 and -12: the last such argument counts.
  const number = args.filter((arg) => /^-\d/.test(arg)).at(-1);
  if (number !== undefined && parsed.options.some(({ id }) => id === "digit")) {
    const least = parseCount(number.slice(1));
    if (least === undefined) return fail(`invalid integer argument ${asByteText(number.slice(1))}`);
    options.least = least;
  }
  if (options.least < 1) return fail(`invalid minimum string length ${options.least}`);
  if (parsed.operands.length === 0) {
    scan(host.files.standardInput(), 0, "{standard input}", options);
    return 0;
  }
  let code = 0;
  let seen = false;
  for (const path of parsed.operands) {
    if (path === "-") {
      options.dataOnly = false;
      continue;
    }
    seen = true;
    if (!stringsOfFile(path, options)) code = 1;
  }
  return seen ? code : fail(undefined);
}

/** strtoul with base 0, which must take all of the text. */
function parseCount(text: string): number | undefined {
  if (!/^\s*[+-]?(0x[0-9a-f]+|\d+)$/i.test(text)) return text === "" ? 0 : undefined;
  const digits = text.trim().replace(/^[+-]/, "");
  const value = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return (text.includes("-") ? -value : value) | 0;
}

/** One option; a string is what is wrong with it, empty for "see the help". */
function apply(options: StringsOptions, id: string, value: string): string | undefined {
  switch (id) {
    case "all":
      options.dataOnly = false;
      break;
    case "data":
      options.dataOnly = true;
      break;
    case "names":
      options.names = true;
      break;
    case "bytes": {
      const least = parseCount(value);
      if (least === undefined) return `invalid integer argument ${value}`;
      options.least = least;
      break;
    }
    case "octal":
      options.radix = 8;
      break;
    case "radix": {
      const radix = { o: 8, d: 10, x: 16 } as const;
      if (value !== "o" && value !== "d" && value !== "x") return "";
      options.radix = radix[value];
      break;
    }
    case "space":
      options.allSpace = true;
      break;
    case "encoding":
      if (!/^[sSblBL]$/.test(value)) return "";
      options.encoding = value as StringsOptions["encoding"];
      break;
    case "unicode": {
      const display = unicodeDisplay(value);
      if (!display) return `invalid argument to -U/--unicode: ${value}`;
      options.unicode = display;
      break;
    }
    case "separator":
      options.separator = asByteText(value);
      break;
    default:
      break;
  }
  return undefined;
}

function stringsOfFile(path: string, options: StringsOptions): boolean {
  const { host } = options;
  const name = asByteText(path);
  const status = host.files.status(path);
  if (isProblem(status)) {
    const missing = status.problem === "No such file or directory";
    complain(
      host,
      missing ? `'${name}': No such file` : `Warning: could not locate '${name}'.  reason: ${status.problem}`,
    );
    return false;
  }
  if (status.kind === "folder") {
    complain(host, `Warning: '${name}' is a directory`);
    return false;
  }
  const file = host.files.open(path);
  if (isProblem(file)) {
    complain(host, `${name}: ${file.problem}`);
    return false;
  }
  const bytes = file.read(0, file.size);
  file.close();
  if (options.dataOnly && scanData(bytes, name, options)) return true;
  scan(bytes, 0, name, options);
  return true;
}

/** The loaded sections; false where the file has none or is no object. */
function scanData(bytes: Uint8Array, name: string, options: StringsOptions): boolean {
  const object = openElf(name, bytes);
  const wanted = SEC_ALLOC | SEC_LOAD | SEC_HAS_CONTENTS;
  let found = false;
  for (const { flags, size, header } of object?.sections ?? []) {
    if ((flags & wanted) !== wanted || size === 0 || !header) continue;
    found = true;
    scan(bytes.subarray(header.offset, header.offset + size), header.offset, name, options);
  }
  return found;
}

/** Prints the strings of some bytes that are at `base` of the file. */
function scan(bytes: Uint8Array, base: number, name: string, options: StringsOptions): void {
  if (options.unicode !== "default") scanUnicode(bytes, base, name, options);
  else if (options.encoding === "s" || options.encoding === "S") scanBytes(bytes, base, name, options);
  else scanWide(bytes, base, name, options);
}

/** 1 for each byte that may be in a string. */
function graphicBytes({ encoding, allSpace }: StringsOptions): Uint8Array {
  const table = new Uint8Array(256).fill(1, 32, 127);
  table[9] = 1;
  if (encoding === "S") table.fill(1, 128);
  if (allSpace) table.fill(1, 9, 14);
  return table;
}

function prefix(name: string, offset: number, { names, radix }: StringsOptions): string {
  const place = radix === undefined ? "" : `${offset.toString(radix).padStart(7)} `;
  return names ? `${name}: ${place}` : place;
}

function scanBytes(bytes: Uint8Array, base: number, name: string, options: StringsOptions): void {
  const { host, least, separator } = options;
  const graphic = graphicBytes(options);
  const plain = !options.names && options.radix === undefined;
  for (let at = 0; at < bytes.length; at++) {
    if (graphic[bytes[at]] === 0) continue;
    const start = at;
    while (at < bytes.length && graphic[bytes[at]] === 1) at++;
    if (at - start < least) continue;
    if (!plain) host.out(prefix(name, base + start, options));
    host.outBytes(bytes.subarray(start, at));
    host.out(separator);
  }
}

/** Characters of two or four bytes; after one that is none the search goes on one byte later. */
function scanWide(bytes: Uint8Array, base: number, name: string, options: StringsOptions): void {
  const { host, least, separator, encoding } = options;
  const graphic = graphicBytes(options);
  const width = encoding === "b" || encoding === "l" ? 2 : 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = encoding === "l" || encoding === "L";
  const isGraphic = (at: number) => {
    if (at + width > bytes.length) return false;
    const code = width === 2 ? view.getUint16(at, little) : view.getUint32(at, little);
    return code < 256 && graphic[code] === 1;
  };
  const low = little ? 0 : width - 1;
  for (let at = 0; at + width <= bytes.length; ) {
    const start = at;
    let count = 0;
    while (isGraphic(at)) {
      at += width;
      count++;
    }
    if (count >= least) {
      let text = prefix(name, base + start, options);
      for (let i = start; i < at; i += width) text += String.fromCharCode(bytes[i + low]);
      host.out(text + separator);
    }
    at++;
  }
}

/** With --unicode: strings are counted in characters, and UTF-8 is shown as asked for. */
function scanUnicode(bytes: Uint8Array, base: number, name: string, options: StringsOptions): void {
  const { host, least, separator, unicode } = options;
  const graphic = graphicBytes({ ...options, encoding: "s" });
  const STEP = 1 << 16;
  let text = "";
  let textStart = 0;
  /** The length of the character at a place; 0 where a string cannot go on. */
  const lengthAt = (at: number): number => {
    const byte = bytes[at];
    if (byte < 127) return graphic[byte];
    if (unicode === "invalid") return 0;
    if (at < textStart || at + 4 > textStart + text.length) {
      textStart = at;
      text = byteText(bytes, at, Math.min(at + STEP, bytes.length));
    }
    return sequenceLength(text, at - textStart);
  };
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    let count = 0;
    for (let length = lengthAt(at); at < bytes.length && length > 0; length = lengthAt(at)) {
      at += length;
      count++;
    }
    if (count >= least) {
      let shown = prefix(name, base + start, options);
      for (let i = start; i < at; ) {
        const length = lengthAt(i);
        const part = byteText(bytes, i, i + length);
        shown += length > 1 ? showSequence(unicode === "locale" ? part.slice(0, 1) : part, unicode) : part;
        i += length;
      }
      host.out(shown + separator);
    }
    if (at === start || at < bytes.length) at++;
  }
}
