import type { OptionSpec } from "../options.ts";
import type { DebugSelection } from "../readelf/options.ts";
import { selectByLetters, selectByNames } from "../readelf/options.ts";
import { type UnicodeDisplay, unicodeDisplay } from "../unicode.ts";

/** What GNU objdump's command line asks for. */
export interface ObjdumpOptions {
  archiveHeaders: boolean;
  fileHeaders: boolean;
  privateHeaders: boolean;
  sectionHeaders: boolean;
  symbols: boolean;
  dynamicSymbols: boolean;
  relocations: boolean;
  dynamicRelocations: boolean;
  contents: boolean;
  disassemble: boolean;
  disassembleAll: boolean;
  disassembleZeroes: boolean;
  /** --disassemble=SYMBOL */
  onlySymbol: string | undefined;
  source: boolean;
  sourceComment: string;
  lineNumbers: boolean;
  fileStartContext: boolean;
  inlines: boolean;
  demangle: boolean;
  wide: boolean;
  specialSymbols: boolean;
  allSymbols: boolean;
  fileOffsets: boolean;
  prefixAddresses: boolean;
  noAddresses: boolean;
  /** 1: --show-raw-insn, -1: --no-show-raw-insn. */
  rawInstructions: -1 | 0 | 1;
  instructionWidth: number;
  jumps: boolean;
  startAddress: bigint | undefined;
  stopAddress: bigint | undefined;
  adjust: bigint;
  sections: string[];
  disassemblerOptions: string[];
  target: string | undefined;
  architecture: string | undefined;
  bigEndian: boolean | undefined;
  unicode: UnicodeDisplay;
  prefix: string | undefined;
  prefixStrip: number;
  include: string[];
  info: boolean;
  debug: DebugSelection;
}

const flag = (short: string, ...long: string[]): OptionSpec => ({ id: short, short, long });
const word = (name: string, ...more: string[]): OptionSpec => ({ id: name, long: [name, ...more] });
const value = (spec: OptionSpec): OptionSpec => ({ ...spec, argument: "required" });
const optional = (spec: OptionSpec): OptionSpec => ({ ...spec, argument: "optional" });
const helped = (spec: OptionSpec, help: string, shown?: string): OptionSpec => ({
  ...spec,
  help,
  value: shown,
});

export const objdumpSpecs: readonly OptionSpec[] = [
  helped(flag("a", "archive-headers"), "Display archive header information"),
  helped(flag("f", "file-headers"), "Display the overall file header"),
  helped(flag("p", "private-headers"), "Display what is particular to the format"),
  value(flag("P", "private")),
  helped(flag("h", "headers", "section-headers"), "Display the section headers"),
  helped(flag("x", "all-headers"), "Display all headers"),
  helped(flag("d"), "Display the assembler contents of executable sections"),
  helped(optional({ id: "disassemble", long: ["disassemble"] }), "As -d, of one symbol if given", "SYMBOL"),
  helped(flag("D", "disassemble-all"), "Display the assembler contents of all sections"),
  helped(flag("S", "source"), "Intermix source code with disassembly"),
  optional(word("source-comment")),
  helped(flag("s", "full-contents"), "Display the full contents of sections"),
  flag("g", "debugging"),
  flag("e", "debugging-tags"),
  flag("G", "stabs"),
  helped(optional(flag("W")), "Display the contents of DWARF sections, by readelf's letters"),
  optional({ id: "dwarf", long: ["dwarf"] }),
  value(word("dwarf-depth")),
  value(word("dwarf-start")),
  word("dwarf-check"),
  optional(word("ctf")),
  value(word("ctf-parent")),
  optional(word("sframe")),
  flag("L", "process-links"),
  helped(flag("t", "syms"), "Display the symbol table"),
  helped(flag("T", "dynamic-syms"), "Display the dynamic symbol table"),
  helped(flag("r", "reloc"), "Display the relocations"),
  helped(flag("R", "dynamic-reloc"), "Display the dynamic relocations"),
  helped(flag("V", "version"), "Display the version"),
  flag("v"),
  helped(flag("i", "info"), "List the formats and architectures"),
  { id: "help", short: "H", long: ["help"], help: "Display this information" },
  helped(value(flag("b", "target")), "The format of the files", "FORMAT"),
  helped(value(flag("m", "architecture")), "The machine", "MACHINE"),
  helped(value(flag("j", "section")), "Only this section", "NAME"),
  helped(value(flag("M", "disassembler-options")), "Options for the disassembler", "OPTION"),
  value(flag("E")),
  value(word("endian")),
  word("file-start-context"),
  value(flag("I", "include")),
  helped(flag("l", "line-numbers"), "Show line numbers and file names"),
  helped(flag("F", "file-offsets"), "Show file offsets"),
  { id: "C", short: "C" },
  helped(optional({ id: "C", long: ["demangle"] }), "Decode mangled names"),
  word("recurse-limit", "recursion-limit", "no-recurse-limit", "no-recursion-limit"),
  helped(flag("w", "wide"), "Use more than 80 columns"),
  value(flag("U", "unicode")),
  helped(flag("z", "disassemble-zeroes"), "Do not skip blocks of zeroes"),
  helped(value(word("start-address")), "Only what is at or after ADDR", "ADDR"),
  helped(value(word("stop-address")), "Only what is before ADDR", "ADDR"),
  word("no-addresses"),
  helped(word("prefix-addresses"), "Print complete addresses with the instructions"),
  helped(word("show-raw-insn"), "Print the bytes of instructions"),
  helped(word("no-show-raw-insn"), "Do not"),
  helped(value(word("insn-width")), "How many bytes go on a line", "WIDTH"),
  helped(value(word("adjust-vma")), "Add to all section addresses", "OFFSET"),
  word("show-all-symbols"),
  word("special-syms"),
  word("inlines"),
  value(word("prefix")),
  value(word("prefix-strip")),
  optional(word("visualize-jumps")),
  value(word("disassembler-color")),
];

export function defaultObjdumpOptions(): ObjdumpOptions {
  return {
    archiveHeaders: false,
    fileHeaders: false,
    privateHeaders: false,
    sectionHeaders: false,
    symbols: false,
    dynamicSymbols: false,
    relocations: false,
    dynamicRelocations: false,
    contents: false,
    disassemble: false,
    disassembleAll: false,
    disassembleZeroes: false,
    onlySymbol: undefined,
    source: false,
    sourceComment: "",
    lineNumbers: false,
    fileStartContext: false,
    inlines: false,
    demangle: false,
    wide: false,
    specialSymbols: false,
    allSymbols: false,
    fileOffsets: false,
    prefixAddresses: false,
    noAddresses: false,
    rawInstructions: 0,
    instructionWidth: 0,
    jumps: false,
    startAddress: undefined,
    stopAddress: undefined,
    adjust: 0n,
    sections: [],
    disassemblerOptions: [],
    target: undefined,
    architecture: undefined,
    bigEndian: undefined,
    unicode: "default",
    prefix: undefined,
    prefixStrip: 0,
    include: [],
    info: false,
    debug: { parts: new Set(), all: false, depth: -1, start: 0 },
  };
}

/** What a parsed command line adds up to. */
export interface ObjdumpRequest {
  readonly options: ObjdumpOptions;
  /** Something to show was asked for. */
  readonly asked: boolean;
  /** A mistake that ends the run. */
  readonly fatal: string | undefined;
  readonly warnings: readonly string[];
  readonly unsupported: readonly string[];
}

export function readObjdumpOptions(
  parsed: readonly { readonly id: string; readonly value: string | undefined }[],
): ObjdumpRequest {
  const options = defaultObjdumpOptions();
  const warnings: string[] = [];
  const unsupported: string[] = [];
  let asked = false;
  let fatal: string | undefined;
  const address = (text: string): bigint => {
    const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(text);
    if (!match) {
      fatal ??= `${text}: bad number`;
      return 0n;
    }
    const octal = /^0[0-7]+$/.test(match[2]);
    const number = BigInt(octal ? `0o${match[2].slice(1)}` : match[2]);
    return BigInt.asUintN(64, match[1] === "-" ? -number : number);
  };
  for (const { id, value: given } of parsed) {
    const text = given ?? "";
    switch (id) {
      case "a":
        options.archiveHeaders = asked = true;
        break;
      case "f":
        options.fileHeaders = asked = true;
        break;
      case "p":
        options.privateHeaders = asked = true;
        break;
      case "h":
        options.sectionHeaders = asked = true;
        break;
      case "x":
        options.privateHeaders = options.symbols = options.fileHeaders = asked = true;
        options.archiveHeaders = options.sectionHeaders = options.relocations = true;
        break;
      case "d":
        options.disassemble = asked = true;
        break;
      case "disassemble":
        options.disassemble = asked = true;
        options.onlySymbol = given;
        break;
      case "D":
        options.disassemble = options.disassembleAll = asked = true;
        break;
      case "S":
        options.disassemble = options.source = asked = true;
        break;
      case "source-comment":
        options.disassemble = options.source = asked = true;
        options.sourceComment = given ?? "# ";
        break;
      case "s":
        options.contents = asked = true;
        break;
      case "t":
        options.symbols = asked = true;
        break;
      case "T":
        options.dynamicSymbols = asked = true;
        break;
      case "r":
        options.relocations = asked = true;
        break;
      case "R":
        options.dynamicRelocations = asked = true;
        break;
      case "W":
        asked = true;
        for (const letter of selectByLetters(options.debug, given))
          warnings.push(`Warning: Unrecognized debug letter option '${letter}'`);
        break;
      case "dwarf":
        asked = true;
        for (const name of selectByNames(options.debug, given))
          warnings.push(`Warning: Unrecognized debug option '${name}'`);
        break;
      case "dwarf-depth":
        options.debug.depth = Number(text) || 0;
        break;
      case "dwarf-start":
        options.debug.start = Number(text) || 0;
        break;
      case "dwarf-check":
      case "recurse-limit":
      case "L":
      case "disassembler-color":
        break;
      case "i":
        options.info = asked = true;
        break;
      case "b":
        options.target = text;
        break;
      case "m":
        options.architecture = text;
        break;
      case "j":
        options.sections.push(text);
        break;
      case "M":
        options.disassemblerOptions.push(...text.split(","));
        break;
      case "E":
        if (text === "B" || text === "L") options.bigEndian = text === "B";
        else fatal ??= "unrecognized -E option";
        break;
      case "endian":
        if (text === "big" || text === "little") options.bigEndian = text === "big";
        else fatal ??= `unrecognized --endian type \`${text}'`;
        break;
      case "file-start-context":
        options.fileStartContext = true;
        break;
      case "I":
        options.include.push(text);
        break;
      case "l":
        options.lineNumbers = true;
        break;
      case "F":
        options.fileOffsets = true;
        break;
      case "C":
        options.demangle = true;
        break;
      case "w":
        options.wide = true;
        break;
      case "U": {
        const display = unicodeDisplay(text);
        if (display) options.unicode = display;
        else fatal ??= `invalid argument to -U/--unicode: ${text}`;
        break;
      }
      case "z":
        options.disassembleZeroes = true;
        break;
      case "start-address":
        options.startAddress = address(text);
        break;
      case "stop-address":
        options.stopAddress = address(text);
        break;
      case "no-addresses":
        options.noAddresses = true;
        break;
      case "prefix-addresses":
        options.prefixAddresses = true;
        break;
      case "show-raw-insn":
        options.rawInstructions = 1;
        break;
      case "no-show-raw-insn":
        options.rawInstructions = -1;
        break;
      case "insn-width":
        options.instructionWidth = Number(text) || 0;
        if (options.instructionWidth <= 0) fatal ??= "error: instruction width must be positive";
        break;
      case "adjust-vma":
        options.adjust = address(text);
        break;
      case "show-all-symbols":
        options.allSymbols = true;
        break;
      case "special-syms":
        options.specialSymbols = true;
        break;
      case "inlines":
        options.inlines = true;
        break;
      case "prefix":
        options.prefix = text.replace(/\/+$/, "");
        break;
      case "prefix-strip":
        options.prefixStrip = Number(text) || 0;
        break;
      default:
        unsupported.push(id.length === 1 ? `-${id}` : `--${id}`);
    }
  }
  if (options.startAddress !== undefined && options.stopAddress !== undefined)
    if (options.startAddress >= options.stopAddress)
      fatal ??= "error: the start address should be before the end address";
  return { options, asked, fatal, warnings, unsupported };
}
