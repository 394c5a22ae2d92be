import { demangleStyles } from "./demangle-styles.ts";
import type { OptionSpec } from "./options.ts";
import { type UnicodeDisplay, unicodeDisplay } from "./unicode.ts";

// The options of nm.

export type Format = "bsd" | "sysv" | "posix" | "just-symbols";

export interface NmOptions {
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

export const nmSpecs: readonly OptionSpec[] = [
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

export function defaults(): NmOptions {
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
export function apply(options: NmOptions, id: string, value: string): string | undefined {
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
