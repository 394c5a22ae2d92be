import { addRemap, addRemapFile } from "../inputs/remap-inputs.ts";
import {
  type ArgumentState,
  addInput,
  type DraftOptions,
  fail,
  inSysroot,
  notSupported,
  parseHex,
  parseNumber,
} from "./argument-state.ts";
import { applyZ } from "./z-keywords.ts";

// Every option, once: its names, what it takes, what it does, and the line of
// --help. GNU ld's rows are those of 2.40 with a few of later versions; LLD's
// are those of 22 and of the versions before it. The rows without a flavour
// are known to both.

/** How an option was written: `-Ttext=0x10`, or `-Ttext 0x10`. */
export interface OptionUse {
  readonly spelled: string;
  readonly name: string;
}

export type Effect = (state: ArgumentState, value: string, use: OptionUse) => void;

/**
 * `value`: the next argument, or after `=`, or right behind a one-letter name.
 * `optional`: only after `=`. `joined`: right behind the name.
 */
export type ArgumentKind = "none" | "value" | "optional" | "joined";

export interface OptionRow {
  /** One letter, or a long name; with `--` before it, it needs two dashes. */
  readonly names: readonly string[];
  readonly argument: ArgumentKind;
  readonly metavar: string;
  /** Empty: not listed. */
  readonly help: string;
  readonly flavor: "both" | "gnu" | "lld";
  readonly effect: Effect;
}

export interface OptionGroup {
  readonly title: string;
  readonly rows: readonly OptionRow[];
}

type BooleanOption = {
  [K in keyof DraftOptions]-?: DraftOptions[K] extends boolean | undefined ? K : never;
}[keyof DraftOptions];
type ListOption = {
  [K in keyof DraftOptions]-?: DraftOptions[K] extends string[] ? K : never;
}[keyof DraftOptions];
type TextOption = {
  [K in keyof DraftOptions]-?: undefined extends DraftOptions[K]
    ? string extends DraftOptions[K]
      ? K
      : never
    : never;
}[keyof DraftOptions];

const set =
  (key: BooleanOption, value = true): Effect =>
  (state) => {
    state.options[key] = value;
  };
const append =
  (key: ListOption): Effect =>
  (state, value) => {
    state.options[key].push(value);
  };
const text =
  (key: TextOption): Effect =>
  (state, value) => {
    state.options[key] = value;
  };
const ignore: Effect = () => {};
const unsupported =
  (what: string): Effect =>
  (state) =>
    notSupported(state, what);
const state =
  (change: (state: ArgumentState) => void): Effect =>
  (at) =>
    change(at);

const modes =
  (change: Partial<ArgumentState["modes"]>): Effect =>
  (at) => {
    at.modes = { ...at.modes, ...change };
  };

/** One of a few words; anything else is an error in each linker's own terms. */
function word<const Words extends readonly string[]>(
  words: Words,
  apply: (state: ArgumentState, value: Words[number]) => void,
  gnuError: (value: string) => string,
  lldName: string,
  ignoreCase = false,
): Effect {
  return (at, value) => {
    const found = words.find((w) => (ignoreCase ? w.toLowerCase() === value.toLowerCase() : w === value));
    if (found !== undefined) apply(at, found);
    else fail(at, gnuError(value), `unknown ${lldName} value: ${value}`);
  };
}

function noteStart(at: ArgumentState, section: string, address: bigint): void {
  const { inputs, scripts, startOptions, defsyms } = at.options;
  const place = { position: inputs.length, scripts: scripts.length, defsyms: defsyms.length };
  startOptions.push({ section, address, ...place });
}

/** Hexadecimal; for GNU ld nothing is 0. */
function addressOf({ compat }: ArgumentState, value: string): bigint | undefined {
  return value === "" && compat === "gnu" ? 0n : parseHex(value);
}

function sectionStart(section: string, segment: boolean): Effect {
  return (at, value, use) => {
    const address = addressOf(at, value);
    if (address === undefined)
      return fail(at, `invalid hex number \`${value}'`, `invalid argument: ${use.spelled}`);
    noteStart(at, section, address);
    at.options.sectionStarts.set(section, address);
    if (segment) at.options.segmentStarts.set(section.slice(1), address);
  };
}

function segmentStart(segment: string): Effect {
  return (at, value, use) => {
    const address = addressOf(at, value);
    if (address === undefined)
      return fail(at, `invalid hex number \`${value}'`, `invalid argument: ${use.spelled}`);
    noteStart(at, `.${segment}`, address);
    if (at.compat === "lld") at.options.sectionStarts.set(".text", address);
    else at.options.segmentStarts.set(segment, address);
  };
}

const namedSectionStart: Effect = (at, value, use) => {
  const equals = value.indexOf("=");
  const address = parseHex(value.slice(equals + 1));
  if (equals < 0)
    return fail(at, 'invalid argument to option "--section-start"', `invalid argument: ${use.spelled}`);
  if ((equals === 0 && at.compat === "lld") || equals === value.length - 1)
    return fail(at, 'missing argument(s) to option "--section-start"', `invalid argument: ${use.spelled}`);
  if (address === undefined)
    return fail(at, `invalid hex number \`${value.slice(equals + 1)}'`, `invalid argument: ${use.spelled}`);
  noteStart(at, value.slice(0, equals), address);
  at.options.sectionStarts.set(value.slice(0, equals), address);
};

const defsym: Effect = (at, value) => {
  // GNU ld numbers these options as if they were the lines of one script.
  const line = at.options.defsyms.length;
  const gnu = at.compat === "gnu";
  if (!gnu && !/^[^=+-]+=/.test(value)) return fail(at, "", `-defsym: syntax error: ${value}`);
  at.options.defsymPositions.push(at.options.inputs.length);
  at.options.defsymScripts.push(at.options.scripts.length);
  at.options.defsyms.push({
    name: gnu ? "--defsym" : "-defsym",
    text: (gnu ? "\n".repeat(line) : "") + value,
  });
};

/** Formats of GNU ld that are not ours. */
const KNOWN_FORMATS = /^(srec|symbolsrec|verilog|tekhex|ihex|plugin|a\.out|coff|pe|pei|mach-o)/;

const inputFormat: Effect = (at, value) => {
  const lld = at.compat === "lld";
  if (value === "binary") at.modes = { ...at.modes, format: "binary" };
  else if (lld && !["default", "elf"].includes(value))
    fail(at, "", `unknown -format value: ${value} (supported formats: elf, default, binary)`);
  else if (lld || value === "default" || /^elf/.test(value)) at.modes = { ...at.modes, format: "elf" };
  else if (KNOWN_FORMATS.test(value)) notSupported(at, `the input format ${value}`);
  else {
    at.modes = { ...at.modes, format: "elf" };
    at.unknownFormat ??= `invalid BFD target \`${value}'`;
  }
};

const outputFormat: Effect = (at, value) => {
  if (value === "binary") at.options.oformat = "binary";
  else if (at.compat === "lld" && value !== "elf") fail(at, "", `unknown --oformat value: ${value}`);
  else if (value === "elf" || /^elf(32|64)-/.test(value)) {
    at.options.oformat = "elf";
    at.options.outputFormat = value === "elf" ? undefined : value;
  } else if (KNOWN_FORMATS.test(value)) notSupported(at, `the output format ${value}`);
  else at.unknownFormat ??= `target ${value} not found`;
};

/** A value that may be left out was given, and is empty. */
const isEmpty = ({ spelled }: OptionUse): boolean => spelled.endsWith("=");

const buildId: Effect = (at, value, use) => {
  const { options, compat } = at;
  const style = value || (compat === "lld" ? "fast" : isEmpty(use) ? "" : "sha1");
  const plain = { none: "none", fast: "fast", md5: "md5", sha1: "sha1", tree: "sha1", uuid: "uuid" } as const;
  const isWhole = compat === "lld" || /^0x([:-]*[0-9a-f]{2})+[:-]*$/i.test(style);
  if (isWhole && /^0x[0-9a-fA-F:-]*$/i.test(style))
    options.buildId = `0x${style.slice(2).replace(/[:-]/g, "")}`;
  else if (Object.hasOwn(plain, style)) options.buildId = plain[style as keyof typeof plain];
  else if (compat === "lld") fail(at, "", `unknown --build-id style: ${style}`);
  else at.report.warning("LD0706", undefined, "unrecognized --build-id style ignored");
};

const compressDebug: Effect = (at, value) => {
  const known = {
    none: "none",
    zlib: "zlib",
    "zlib-gabi": "zlib",
    "zlib-gnu": "zlib-gnu",
    zstd: "zstd",
  } as const;
  const key = value.toLowerCase();
  if (Object.hasOwn(known, key) && (at.compat === "gnu" || !key.startsWith("zlib-")))
    at.options.compressDebug = known[key as keyof typeof known];
  else
    fail(
      at,
      `invalid --compress-debug-sections option: \`${value}'`,
      `unknown --compress-debug-sections value: ${value}`,
    );
};

const errorRwx: Effect = (at) => {
  at.options.errorRwxSegments = true;
  at.options.warnRwxSegments = true;
};

const DEMANGLING_STYLES = ["none", "auto", "gnu-v3", "java", "gnat", "dlang", "rust"];

const demangling: Effect = (at, value, use) => {
  if ((value !== "" || isEmpty(use)) && at.compat === "gnu" && !DEMANGLING_STYLES.includes(value))
    fail(at, `unknown demangling style \`${value}'`);
  else at.options.demangle = value !== "none";
};

const startGroup: Effect = (at) => {
  if (at.compat === "lld" && (at.groups > 0 || at.inLib))
    return fail(at, "", at.inLib ? "may not nest --start-group in --start-lib" : "nested --start-group");
  at.groups++;
  addInput(at, { kind: "start-group" });
};

const endGroup: Effect = (at) => {
  if (at.groups === 0) return fail(at, "group ended before it began (--help for usage)", "stray --end-group");
  at.groups--;
  addInput(at, { kind: "end-group" });
};

const startLib: Effect = (at) => {
  if (at.inLib) return fail(at, "nested --start-lib");
  if (at.groups > 0 && at.compat === "lld") return fail(at, "", "may not nest --start-lib in --start-group");
  at.inLib = true;
  addInput(at, { kind: "start-lib" });
};

const endLib: Effect = (at) => {
  if (!at.inLib) return fail(at, "stray --end-lib");
  at.inLib = false;
  addInput(at, { kind: "end-lib" });
};

const popState: Effect = (at) => {
  const saved = at.pushed.pop();
  if (saved) at.modes = saved;
  else fail(at, "no state pushed before popping", "unbalanced --push-state/--pop-state");
};

const soname: Effect = (at, value) => {
  if (value !== "") at.options.soname = value;
  else at.report.info("LD0703", undefined, "SONAME must not be empty string; ignored");
};

const library: Effect = (at, given) => {
  const value = inSysroot(at, given);
  const exact = value.startsWith(":");
  addInput(at, { kind: "library", name: exact ? value.slice(1) : value, exact, modes: at.modes });
};

const relocatable: Effect = (at) => {
  if (at.compat === "gnu" && (at.shared || at.pie))
    return fail(at, `-r and ${at.shared ? "-shared" : "-pie"} may not be used together`);
  at.relocatable = true;
  at.modes = { ...at.modes, static: true };
};

const positionIndependent =
  (kind: "shared" | "pie"): Effect =>
  (at) => {
    if (at.compat === "gnu" && at.relocatable) return fail(at, `-r and -${kind} may not be used together`);
    at[kind] = true;
    if (at.compat === "gnu") at[kind === "pie" ? "shared" : "pie"] = false;
  };

const count =
  (key: "errorLimit" | "threads"): Effect =>
  (at, value, use) => {
    const number = /^[0-9]+$/.test(value) ? Number(value) : undefined;
    if (number === undefined || (key === "threads" && number === 0))
      fail(at, `invalid number \`${value}'`, `${use.name}: number expected, but got ${value}`);
    else at.options[key] = number;
  };

const threads: Effect = (at, value, use) => count("threads")(at, value === "" ? "2" : value, use);

const imageBase: Effect = (at, value) => {
  const base = parseNumber(value);
  if (base === undefined)
    return fail(at, `invalid number \`${value}'`, `-image-base: number expected, but got ${value}`);
  at.options.imageBase = base;
};

const color: Effect = (at, value) => {
  if (value === "" || value === "always") at.color = "always";
  else if (value === "auto" || value === "never") at.color = value;
  else
    fail(at, `unknown --color-diagnostics value: ${value}`, `unknown option: --color-diagnostics=${value}`);
};

const verbose: Effect = (at, value) => {
  if (value !== "" && parseNumber(value) === undefined) return fail(at, `invalid number \`${value}'`);
  at.verbose = true;
  at.announce = "emulations";
};

const unresolved: Effect = (at, value) => {
  const objects = value === "ignore-all" || value === "ignore-in-object-files";
  const libraries = value === "ignore-all" || value === "ignore-in-shared-libs";
  if (objects || libraries || value === "report-all") {
    at.undefinedGiven = objects ? "ignore" : "error";
    at.shlibUndefinedGiven = libraries ? "ignore" : "error";
  } else
    fail(at, `bad --unresolved-symbols option: ${value}`, `unknown --unresolved-symbols value: ${value}`);
};

const sortCommon: Effect = (at, value, use) => {
  if ((value === "" && !isEmpty(use)) || value === "descending") at.options.sortCommon = "descending";
  else if (value === "ascending") at.options.sortCommon = "ascending";
  else fail(at, `invalid common section sorting option: ${value}`);
};

const gpSize: Effect = (at, value) => {
  if (value !== "" && parseNumber(value) === undefined) fail(at, `invalid number \`${value}'`);
};

const justSymbols: Effect = (at, value) => {
  if (at.files.isFile(value)) addInput(at, { kind: "symbols", path: value });
  else if (at.compat === "lld") addInput(at, { kind: "symbols", path: value });
  else at.options.rpath.push(value);
};

const trace: Effect = (at) => {
  at.options.traceMembers = at.options.trace;
  at.options.trace = true;
};

const list =
  (key: "excludeLibs"): Effect =>
  (at, value) => {
    at.options[key].push(...value.split(/[,:]/).filter((name) => name !== ""));
  };

const script: Effect = (at, value) => {
  at.options.scripts.push(value);
  at.options.scriptPositions.push(at.options.inputs.length);
};

const outputFile: Effect = (at, value) => {
  at.options.output = value;
  at.options.outputGiven = true;
};

/** JSON, where it passes through many hands with percent signs as in an URL. */
function metadata(value: string): string | undefined {
  if (!/^(%7[bB]|%\[)/.test(value)) return value || undefined;
  return value
    .replace(/%\[(comma|lbrace|rbrace|quot|space)\]/g, (_, name: string) => METADATA_SIGNS[name])
    .replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

const METADATA_SIGNS: Readonly<Record<string, string>> = {
  comma: ",",
  lbrace: "{",
  rbrace: "}",
  quot: '"',
  space: " ",
};

type RowTuple = readonly [names: string, argument: string, help: string, effect: Effect];

/** `argument` is empty, `VALUE`, `[=VALUE]` or `+VALUE` (joined). */
function group(title: string, rows: readonly RowTuple[], flavor: OptionRow["flavor"] = "both"): OptionGroup {
  return {
    title,
    rows: rows.map(([names, argument, help, effect]) => ({
      names: names.split(" "),
      argument:
        argument === ""
          ? "none"
          : argument.startsWith("[")
            ? "optional"
            : argument.startsWith("+")
              ? "joined"
              : "value",
      metavar: argument.replace(/^\+|^\[=|\]$/g, ""),
      help,
      flavor,
      effect,
    })),
  };
}

export const optionGroups: readonly OptionGroup[] = [
  group("Output file", [["o --output", "FILE", "Write FILE instead of a.out", outputFile]], "gnu"),

  group("Input files", [
    [
      "l library",
      "NAME",
      "Link libNAME.a, searched for in the -L directories; `:NAME` is a whole file name",
      library,
    ],
    ["L library-path", "DIRECTORY", "Look for libraries and scripts in DIRECTORY", append("libraryPaths")],
    [
      "sysroot",
      "DIRECTORY",
      "Where `=` and $SYSROOT in search paths point to",
      (at, v) => void (at.options.sysroot = v),
    ],
    ["( start-group", "", "Search the archives up to --end-group again and again", startGroup],
    [") end-group", "", "End of a group", endGroup],
    ["whole-archive", "", "Take all members of the archives that follow", modes({ wholeArchive: true })],
    [
      "no-whole-archive",
      "",
      "Take only the members that are needed (default)",
      modes({ wholeArchive: false }),
    ],
    [
      "push-state",
      "",
      "Save --whole-archive, --as-needed, -Bstatic and -b",
      state((at) => at.pushed.push(at.modes)),
    ],
    ["pop-state", "", "Restore what --push-state saved", popState],
    ["b format", "FORMAT", "What the files that follow are: elf, binary or default", inputFormat],
    ["R just-symbols", "FILE", "Take FILE's symbols and addresses, not its contents", justSymbols],
    ["nostdlib", "", "Search only the directories of -L", set("noStandardLibraries")],
    ["as-needed", "", "Name only the shared libraries that are needed", modes({ asNeeded: true })],
    ["no-as-needed", "", "Name all (default)", modes({ asNeeded: false })],
    ["Bstatic dn non_shared static", "", "Do not look for shared libraries", modes({ static: true })],
    ["Bdynamic dy call_shared", "", "Shared libraries may be looked for", modes({ static: false })],
    [
      "exclude-libs",
      "LIBRARIES",
      "Hide the symbols that come from these archives, or from ALL",
      list("excludeLibs"),
    ],
    [
      "remap-inputs",
      "PATTERN=FILE",
      "Take FILE in the place of inputs that follow and match; none for /dev/null",
      addRemap,
    ],
    ["remap-inputs-file", "FILE", "Read such pairs from FILE", addRemapFile],
    ["start-lib", "", "Take the objects up to --end-lib as if they were in an archive", startLib],
    ["end-lib", "", "End of --start-lib", endLib],
  ]),

  group("Output", [
    ["--oformat", "FORMAT", "elf, or binary: bare bytes from the lowest load address on", outputFormat],
    ["m", "EMULATION", "elf_x86_64, elf_i386, elf64lriscv or elf32lriscv", text("emulation")],
    ["r relocatable", "", "Make an object that can be linked again", relocatable],
    ["q emit-relocs", "", "Keep the relocations in an executable", set("emitRelocations")],
    ["pie pic-executable", "", "Position-independent", positionIndependent("pie")],
    ["no-pie", "", "At fixed addresses (default)", state((at) => void (at.pie = false))],
    ["no-dynamic-linker", "", "No interpreter: a static PIE starts by itself", set("noDynamicLinker")],
    ["I dynamic-linker", "PROGRAM", "The interpreter of a dynamic executable", text("dynamicLinker")],
    ["s strip-all", "", "No symbol table", (at) => void (at.options.strip = "all")],
    [
      "S strip-debug",
      "",
      "No debugging sections",
      (at) => {
        if (at.options.strip === "none" || at.compat === "gnu") at.options.strip = "debug";
      },
    ],
    ["x discard-all", "", "No local symbols", (at) => void (at.options.discard = "all")],
    [
      "X discard-locals",
      "",
      "No temporary local symbols (.L…)",
      (at) => void (at.options.discard = "temporary"),
    ],
    ["discard-none", "", "Keep all local symbols", (at) => void (at.options.discard = "none")],
    [
      "retain-symbols-file",
      "FILE",
      "Write only the global symbols that FILE lists",
      text("retainSymbolsFile"),
    ],
    ["build-id", "[=STYLE]", "Add a build identifier: sha1, md5, fast, uuid, 0xHEX or none", buildId],
    ["compress-debug-sections", "FORMAT", "zlib, zlib-gnu, zstd or none", compressDebug],
    ["eh-frame-hdr", "", "Make .eh_frame_hdr, the index that unwinding needs", set("ehFrameHdr")],
    ["no-eh-frame-hdr", "", "Do not", set("ehFrameHdr", false)],
    [
      "hash-style",
      "STYLE",
      "Of dynamic symbol tables: sysv, gnu or both",
      word(
        ["sysv", "gnu", "both"],
        (at, v) => void (at.options.hashStyle = v),
        (v) => `invalid hash style \`${v}'`,
        "--hash-style",
      ),
    ],
    [
      "package-metadata",
      "[=JSON]",
      "Add a .note.package section",
      (at, v) => void (at.options.packageMetadata = metadata(v)),
    ],
    [
      "O",
      "LEVEL",
      "1: order and share names in large symbol tables; 2, as LLD: merge the ends of strings",
      (at, v) => void (at.options.optimize = Number.parseInt(v, 10) || 0),
    ],
    ["dependency-file", "FILE", "Write a rule for make that lists the input files", text("dependencyFile")],
    ["noinhibit-exec", "", "Write the output in spite of errors", set("noinhibitExec")],
  ]),

  group("Linker scripts and layout", [
    ["T script", "FILE", "Read a linker script", script],
    ["dT default-script", "FILE", "The script to use where -T gives none", text("defaultScript")],
    ["e entry", "SYMBOL", "Where execution starts: a symbol or an address", text("entry")],
    ["Ttext", "ADDRESS", "Address of .text", sectionStart(".text", true)],
    ["Tdata", "ADDRESS", "Address of .data", sectionStart(".data", true)],
    ["Tbss", "ADDRESS", "Address of .bss", sectionStart(".bss", true)],
    ["section-start", "SECTION=ADDRESS", "Address of any output section", namedSectionStart],
    ["Ttext-segment", "ADDRESS", "Where the text segment begins", segmentStart("text-segment")],
    ["image-base", "ADDRESS", "Where the image begins, without a script", imageBase],
    ["defsym", "SYMBOL=EXPRESSION", "Define a symbol", defsym],
    [
      "n nmagic",
      "",
      "Do not align segments to pages",
      (at) => {
        at.options.nmagic = true;
        at.options.omagic = false;
        at.modes = { ...at.modes, static: true };
      },
    ],
    [
      "N --omagic",
      "",
      "Nor protect code from being written",
      (at) => {
        at.options.omagic = true;
        at.options.nmagic = false;
        at.modes = { ...at.modes, static: true };
      },
    ],
    [
      "--no-omagic",
      "",
      "Undo -N",
      (at) => {
        at.options.omagic = false;
        at.options.nmagic = false;
      },
    ],
    ["z", "KEYWORD", "See below", (at, v) => applyZ(at, v)],
    [
      "orphan-handling",
      "MODE",
      "What to do with sections that the script does not name: place, warn, error, discard",
      word(
        ["place", "warn", "error", "discard"],
        (at, v) => void (at.options.orphanHandling = v),
        () => 'invalid argument to option "--orphan-handling"',
        "--orphan-handling",
        true,
      ),
    ],
    [
      "unique",
      "[=SECTION]",
      "Do not merge input sections of this name, or orphans, into one output section",
      (at, v) => {
        if (v) at.options.uniqueSections.push(v);
        else at.options.uniqueOrphans = true;
      },
    ],
    [
      "sort-section",
      "KEY",
      "Sort the wildcards of a script by name or alignment",
      word(
        ["none", "name", "alignment"],
        (at, v) => void (at.options.sortSection = v),
        (v) => `invalid section sorting option: ${v}`,
        "--sort-section",
      ),
    ],
    [
      "check-sections",
      "",
      "Look for sections that overlap (default)",
      state((at) => void (at.sectionCheckGiven = true)),
    ],
    ["no-check-sections", "", "Do not", state((at) => void (at.sectionCheckGiven = false))],
    [
      "enable-non-contiguous-regions",
      "",
      "What does not fit a region goes to the next matching statement",
      set("enableNonContiguousRegions"),
    ],
    ["force-group-allocation", "", "-r: break up section groups", set("forceGroupAllocation")],
    ["version-script", "FILE", "Read which symbols are global and which are local", append("versionScripts")],
    ["dynamic-list", "FILE", "Read which symbols a dynamic loader would see", append("dynamicLists")],
    ["relax", "", "Shorten instructions where addresses allow it (default)", set("relax")],
    ["no-relax", "", "Do not", set("relax", false)],
  ]),

  group("Symbols", [
    ["u undefined", "SYMBOL", "Act as if something referred to SYMBOL", append("undefined")],
    ["require-defined", "SYMBOL", "The same, and SYMBOL must be defined", append("requireDefined")],
    [
      "wrap",
      "SYMBOL",
      "References to SYMBOL go to __wrap_SYMBOL, to __real_SYMBOL go to SYMBOL",
      append("wrap"),
    ],
    [
      "allow-multiple-definition",
      "",
      "Take the first of several definitions",
      set("allowMultipleDefinition"),
    ],
    [
      "no-undefined",
      "",
      "Undefined symbols are errors (default)",
      state((at) => void (at.undefinedGiven = "error")),
    ],
    [
      "unresolved-symbols",
      "METHOD",
      "report-all, ignore-all, ignore-in-object-files or ignore-in-shared-libs",
      unresolved,
    ],
    ["warn-unresolved-symbols", "", "Undefined symbols are warnings", set("warnUnresolved")],
    ["error-unresolved-symbols", "", "Undefined symbols are errors (default)", set("warnUnresolved", false)],
    ["d dc dp", "", "-r: allocate common symbols", state((at) => void (at.forceCommon = true))],
    ["no-define-common", "", "Do not allocate common symbols", state((at) => void (at.inhibitCommon = true))],
    ["warn-common", "", "Warn where common symbols are combined", set("warnCommon")],
    ["demangle", "[=STYLE]", "Print C++ and Rust names as in the source (default)", demangling],
    ["no-demangle", "", "Print names as they are in the objects", set("demangle", false)],
    [
      "E export-dynamic",
      "",
      "Let the dynamic loader see all global symbols",
      state((at) => void (at.exportDynamic = true)),
    ],
    [
      "no-export-dynamic",
      "",
      "Only those that shared libraries mention (default)",
      state((at) => void (at.exportDynamic = false)),
    ],
    ["--export-dynamic-symbol", "SYMBOL", "Let the dynamic loader see SYMBOL", append("exportSymbols")],
    [
      "--export-dynamic-symbol-list",
      "FILE",
      "The same for a list, as --dynamic-list",
      append("dynamicLists"),
    ],
  ]),

  group("Unused sections", [
    ["gc-sections", "", "Leave out what nothing refers to", set("gcSections")],
    ["no-gc-sections", "", "Keep everything (default)", set("gcSections", false)],
    ["print-gc-sections", "", "Name what is left out", set("printGcSections")],
    ["no-print-gc-sections", "", "Do not (default)", set("printGcSections", false)],
    [
      "gc-keep-exported",
      "",
      "Keep the symbols that a dynamic executable would export",
      set("gcKeepExported"),
    ],
  ]),

  group("Explanations", [
    ["Map", "FILE", "Write a map of the output to FILE, or to standard output for -", text("mapFile")],
    ["M print-map", "", "Write the map to standard output", set("printMap")],
    [
      "--Map-style",
      "STYLE",
      "Whose format: gnu or lld",
      word(
        ["gnu", "lld"],
        (at, v) => void (at.options.mapStyle = v),
        (v) => `unknown --Map-style value: ${v}`,
        "--Map-style",
      ),
    ],
    ["print-map-discarded", "", "List discarded sections in the map (default)", set("printMapDiscarded")],
    ["no-print-map-discarded", "", "Do not", set("printMapDiscarded", false)],
    ["cref", "", "Add a table: who defines and who refers to each symbol", set("cref")],
    ["print-memory-usage", "", "Say how full each memory region is", set("printMemoryUsage")],
    ["report", "FILE", "Write all that the linker knows as JSON: see docs/report.md", text("reportFile")],
    ["why-live", "PATTERN", "Why --gc-sections kept the symbols that match", append("whyLive")],
    ["why-extract", "FILE", "Write why each archive member was taken", text("whyExtract")],
    ["t trace", "", "Name each input file", trace],
    ["y trace-symbol", "SYMBOL", "Say who defines and who refers to SYMBOL", append("traceSymbols")],
    ["verbose", "[=LEVEL]", "Print the version, the script in use and the files tried", verbose],
    [
      "v",
      "",
      "Print the version",
      (at) => {
        if (at.announce === "no") at.announce = "version";
      },
    ],
    [
      "version",
      "",
      "Print the version and stop",
      (at) => {
        if (at.action === "link") at.action = "version";
      },
    ],
    [
      "help",
      "",
      "Print this list and stop",
      (at) => {
        if (at.action === "link") at.action = "help";
      },
    ],
  ]),

  group("Warnings and errors", [
    ["fatal-warnings", "", "Warnings are errors", set("fatalWarnings")],
    ["no-fatal-warnings", "", "They are not (default)", set("fatalWarnings", false)],
    [
      "w no-warnings",
      "",
      "Print no warnings",
      (at) => {
        at.options.suppressWarnings = true;
        at.options.fatalWarnings = false;
      },
    ],
    ["color-diagnostics", "[=WHEN]", "Colours: auto (on a terminal), always or never", color],
    ["no-color-diagnostics", "", "No colours", state((at) => void (at.color = "never"))],
    ["error-limit", "COUNT", "Stop printing errors after COUNT of them; 0 for no limit", count("errorLimit")],
    ["warn-rwx-segments", "", "Warn about segments that can be written and executed", set("warnRwxSegments")],
    ["no-warn-rwx-segments", "", "Do not", set("warnRwxSegments", false)],
    [
      "warn-execstack",
      "",
      "Warn about an executable stack",
      (at) => void (at.options.warnExecstack = "always"),
    ],
    ["no-warn-execstack", "", "Do not", (at) => void (at.options.warnExecstack = "no")],
    ["no-warn-mismatch", "", "Let objects of unlike kinds pass", set("noWarnMismatch")],
    ["compat", "LINKER", "Behave and speak like gnu (ld) or lld", ignore],
    ["threads thread-count", "COUNT", "How many threads may work at a large link (2)", count("threads")],
    ["no-threads", "", "One thread only", (at) => void (at.options.threads = 1)],
  ]),

  group(
    "Further options of GNU ld",
    [
      ["threads", "[=COUNT]", "", threads],
      [
        "Trodata-segment",
        "ADDRESS",
        "Where the read-only data segment begins",
        segmentStart("rodata-segment"),
      ],
      ["Tldata-segment", "ADDRESS", "Where the large data segment begins", segmentStart("ldata-segment")],
      [
        "enable-non-contiguous-regions-warnings",
        "",
        "Say where that happens",
        set("nonContiguousRegionsWarnings"),
      ],
      ["sort-common", "[=ORDER]", "Sort common symbols by alignment: descending or ascending", sortCommon],
      ["sort_common", "", "", sortCommon],
      ["ignore-unresolved-symbol", "SYMBOL", "SYMBOL may be undefined", append("ignoreUnresolved")],
      [
        "disable-multiple-abs-defs",
        "",
        "Symbols of --just-symbols that an object defines are errors",
        set("prohibitAbsoluteDuplicates"),
      ],
      ["noinhibit_exec", "", "", set("noinhibitExec")],
      ["warn-multiple-gp", "", "Warn where several global pointers are used", set("warnMultipleGp")],
      ["warn-once", "", "Warn once for each undefined symbol", set("warnOnce")],
      [
        "warn-section-align",
        "",
        "Warn where alignment moves the start of a section",
        set("warnSectionAlign"),
      ],
      [
        "section-ordering-file",
        "FILE",
        "Put the input sections that FILE names first in their output sections",
        append("sectionOrderings"),
      ],
      ["rosegment", "", "Constants share the headers' segment, before the code", set("noRosegment", false)],
      ["no-rosegment", "", "Constants stand behind the code (default)", set("noRosegment")],
      ["error-rwx-segments", "", "Segments that can be written and executed are errors", errorRwx],
      ["no-error-rwx-segments", "", "They are not (default)", set("errorRwxSegments", false)],
      ["error-execstack", "", "An executable stack is an error", set("errorExecstack")],
      ["no-error-execstack", "", "It is not (default)", set("errorExecstack", false)],
      [
        "warn-execstack-objects",
        "",
        "Warn about objects that need an executable stack (default)",
        (at) => void (at.options.warnExecstack = "default"),
      ],
      ["enable-linker-version", "", "LINKER_VERSION in scripts has an effect", set("linkerVersion")],
      ["disable-linker-version", "", "It has none (default)", set("linkerVersion", false)],
      ["print-map-locals", "", "List local symbols in the map", set("printMapLocals")],
      ["no-print-map-locals", "", "Do not (default)", set("printMapLocals", false)],
      ["stats", "", "Print how long the link took", state((at) => void (at.stats = true))],
      ["no-stats", "", "Do not (default)", state((at) => void (at.stats = false))],
      ["V", "", "Print the version and the emulations", (at) => void (at.announce = "emulations")],
      [
        "target-help",
        "",
        "Print what depends on the target and stop",
        (at) => {
          if (at.action === "link") at.action = "target-help";
        },
      ],
      ["print-output-format", "", "Print the output format", state((at) => void (at.printFormat = true))],
      [
        "print-sysroot",
        "",
        "Print the system root and stop",
        (at) => {
          if (at.action === "link") at.action = "print-sysroot";
        },
      ],
      ["dll-verbose", "", "", verbose],
      ["i", "", "The same as -r", relocatable],
      ["Ur", "", "The same as -r", relocatable],
      ["shared Bshareable", "", "Not supported: shared libraries", positionIndependent("shared")],
      ["EB", "", "Not supported: big-endian output", unsupported("big-endian output")],
      ["EL", "", "Little-endian output (always)", ignore],
      ["c mri-script", "FILE", "Not supported: MRI scripts", unsupported("an MRI script")],
      ["out-implib", "FILE", "Not supported: import libraries", unsupported("--out-implib")],
      ["split-by-file", "[=SIZE]", "Not supported", unsupported("--split-by-file")],
      ["split-by-reloc", "[=COUNT]", "Not supported", unsupported("--split-by-reloc")],
      ["task-link", "SYMBOL", "Not supported", unsupported("--task-link")],
      [
        "Y",
        "PATH",
        "Directories to search, with colons between them",
        (at, v) =>
          void at.options.libraryPaths.push(
            ...v
              .replace(/^P,/, "")
              .split(":")
              .filter((d) => d !== ""),
          ),
      ],
      [
        "a",
        "KEYWORD",
        "archive, shared or default",
        word(
          ["archive", "shared", "default"],
          (at, v) => void (at.modes = { ...at.modes, static: v === "archive" }),
          (v) => `unrecognized -a option \`${v}'`,
          "-a",
        ),
      ],
      [
        "assert",
        "KEYWORD",
        "Accepted, without effect",
        word(
          ["definitions", "nodefinitions", "nosymbolic", "pure-text"],
          () => {},
          (v) => `unrecognized -assert option \`${v}'`,
          "-assert",
        ),
      ],
      ["G gpsize", "SIZE", "Accepted, without effect", gpSize],
      ["A architecture", "ARCH", "Accepted, without effect", ignore],
      ["plugin", "FILE", "Accepted: there are no plugins", ignore],
      ["plugin-opt", "ARGUMENT", "Accepted: there are no plugins", ignore],
      ["plugin-save-temps", "", "Accepted: there are no plugins", ignore],
      ["h soname", "NAME", "Name of the output in its dynamic section", soname],
      ["f auxiliary", "NAME", "Needs -shared", (at) => fail(at, "-f may not be used without -shared")],
      ["F filter", "NAME", "Needs -shared", (at) => fail(at, "-F may not be used without -shared")],
      ["rpath", "PATH", "Where the dynamic loader looks for shared libraries", append("rpath")],
      ["rpath-link", "PATH", "Where shared libraries that others need are", append("rpathLink")],
      ["init", "SYMBOL", "The function of DT_INIT", (at, v) => void (at.options.initFunction = v)],
      ["fini", "SYMBOL", "The function of DT_FINI", (at, v) => void (at.options.finiFunction = v)],
      ["P depaudit", "LIBRARY", "Name an auditing library for those that are needed", append("depaudit")],
      ["audit", "LIBRARY", "Name an auditing library", append("audit")],
      [
        "spare-dynamic-tags",
        "COUNT",
        "Room for that many more entries in .dynamic",
        (at, v) => void (at.options.spareTags = Number.parseInt(v, 10) || 0),
      ],
      ["version-exports-section", "SYMBOL", "Concerns shared libraries only", ignore],
      ["error-handling-script", "FILE", "Accepted, without effect", ignore],
      [
        "hash-size",
        "NUMBER",
        "The size of GNU ld's hash table, which decides the order of the symbol table",
        (at, v) => {
          const size = parseNumber(v);
          if (!size) at.report.error("LD0703", undefined, "--hash-size needs a numeric argument");
          else at.options.hashSize = Number(size);
        },
      ],
      [
        "--max-cache-size",
        "SIZE",
        "Accepted, without effect",
        (at, v) => {
          if (v !== "" && parseNumber(v) === undefined) fail(at, `invalid cache memory size: ${v}`);
        },
      ],
      [
        "ctf-share-types",
        "METHOD",
        "Accepted, without effect",
        word(
          ["share-unconflicted", "share-duplicated"],
          () => {},
          (v) => `bad --ctf-share-types option: ${v}`,
          "--ctf-share-types",
        ),
      ],
      ["flto", "[=ARGUMENT]", "", ignore],
      ["flto-partition", "ARGUMENT", "", ignore],
      ["fuse-ld", "NAME", "", ignore],
      ["--map-whole-files", "[=X]", "", ignore],
      ["no-map-whole-files", "[=X]", "", ignore],
      ["warn-alternate-em", "", "", ignore],
      ["warn-constructors", "", "", ignore],
      ["warn-textrel warn-shared-textrel no-warn-search-mismatch", "", "", ignore],
      ["--undefined-version --no-undefined-version no-undefined-version", "", "", ignore],
      ["g Qy qmagic Bgroup Bno-symbolic Bsymbolic Bsymbolic-functions", "", "", ignore],
      ["default-symver default-imported-symver", "", "", ignore],
      ["dynamic-list-data dynamic-list-cpp-new dynamic-list-cpp-typeinfo", "", "", ignore],
      ["accept-unknown-input-arch no-accept-unknown-input-arch", "", "", ignore],
      ["add-needed no-add-needed copy-dt-needed-entries no-copy-dt-needed-entries", "", "", ignore],
      [
        "allow-shlib-undefined",
        "",
        "Do not look at undefined symbols of shared libraries",
        state((at) => void (at.shlibUndefinedGiven = "ignore")),
      ],
      [
        "no-allow-shlib-undefined",
        "",
        "They are errors (default)",
        state((at) => void (at.shlibUndefinedGiven = "error")),
      ],
      ["disable-new-dtags", "", "DT_RPATH, not DT_RUNPATH", set("newDtags", false)],
      ["enable-new-dtags", "", "DT_RUNPATH (default)", set("newDtags")],
      ["force-exe-suffix no-keep-memory traditional-format embedded-relocs", "", "", ignore],
      ["reduce-memory-overheads", "", "", (at) => void (at.options.hashSize ??= 1021)],
      ["strip-discarded no-strip-discarded ctf-variables no-ctf-variables", "", "", ignore],
      ["ld-generated-unwind-info", "", "Make unwind tables of the PLT (default)", set("unwindStubs")],
      ["no-ld-generated-unwind-info", "", "Do not", set("unwindStubs", false)],
    ],
    "gnu",
  ),

  group(
    "Further options of LLD",
    [
      ["o", "PATH", "Path to file to write output", outputFile],
      ["--output", "VALUE", "Alias for -o", outputFile],
      [
        "undefined-glob",
        "PATTERN",
        "Act as if something referred to all symbols that match",
        append("undefinedGlobs"),
      ],
      [
        "no-allow-multiple-definition",
        "",
        "Several definitions are an error (default)",
        set("allowMultipleDefinition", false),
      ],
      ["define-common", "", "-r: allocate common symbols", state((at) => void (at.forceCommon = true))],
      ["no-cref", "", "No cross reference table", set("cref", false)],
      ["no-warn-common", "", "Do not (default)", set("warnCommon", false)],
      ["no-nmagic", "", "Undo -n", set("nmagic", false)],
      ["rosegment", "", "Read-only data has a segment of its own (default)", set("noRosegment", false)],
      ["no-rosegment", "", "It may share one with code", set("noRosegment")],
      ["execute-only", "", "Code cannot be read", set("executeOnly")],
      ["no-execute-only", "", "Code can be read (default)", set("executeOnly", false)],
      [
        "symbol-ordering-file",
        "FILE",
        "Lay out sections in the order of the symbols in FILE",
        (at, v) => void (at.symbolOrderingFile = v),
      ],
      [
        "warn-symbol-ordering",
        "",
        "Warn about symbols there that have no place (default)",
        set("warnSymbolOrdering"),
      ],
      ["no-warn-symbol-ordering", "", "Do not", set("warnSymbolOrdering", false)],
      ["call-graph-ordering-file", "FILE", "Lay out sections by a call graph", text("callGraphOrderingFile")],
      [
        "call-graph-profile-sort",
        "[=METHOD]",
        "Lay out sections by profiles in the objects (default)",
        (at, v) => void (at.options.callGraphProfileSort = v !== "none"),
      ],
      ["no-call-graph-profile-sort", "", "Do not", set("callGraphProfileSort", false)],
      ["print-symbol-order", "FILE", "Write the order that the call graph gave", text("printSymbolOrder")],
      ["warn-backrefs", "", "Warn where an archive comes before what needs it", set("warnBackrefs")],
      ["no-warn-backrefs", "", "Do not (default)", set("warnBackrefs", false)],
      ["gdb-index", "", "Make .gdb_index", set("gdbIndex")],
      ["no-gdb-index", "", "Do not (default)", set("gdbIndex", false)],
      [
        "reproduce",
        "FILE",
        "Write a tar file with the inputs and the command line",
        (at, v) => void (at.reproduce = v),
      ],
      ["chroot", "DIRECTORY", "", (at, v) => void (at.chroot = v)],
      ["vs-diagnostics", "", "", state((at) => void (at.vsDiagnostics = true))],
      ["no-pic-executable", "", "At fixed addresses (default)", state((at) => void (at.pie = false))],
      ["shared Bshareable", "", "Not supported: shared libraries", positionIndependent("shared")],
      [
        "V",
        "",
        "Print the version",
        (at) => {
          if (at.announce === "no") at.announce = "version";
        },
      ],
      ["R rpath", "PATH", "Concerns dynamic executables only", ignore],
      [
        "icf",
        "MODE",
        "Only none has an effect: code is not folded",
        word(
          ["none", "safe", "all"],
          (at, v) => void (at.icf = v),
          (v) => `unknown --icf value: ${v}`,
          "--icf",
        ),
      ],
      [
        "fix-cortex-a53-843419",
        "",
        "",
        (at) => fail(at, "--fix-cortex-a53-843419 is only supported on AArch64 targets"),
      ],
      ["fix-cortex-a8", "", "", (at) => fail(at, "--fix-cortex-a8 is only supported on ARM targets")],
      ["toc-optimize", "", "", (at) => fail(at, "--toc-optimize is only supported on the PowerPC64 target")],
      ["plugin", "FILE", "", ignore],
      ["plugin-opt", "ARGUMENT", "", ignore],
      ["mllvm", "ARGUMENT", "", ignore],
      [
        "rsp-quoting pack-dyn-relocs target2 split-stack-adjust-size keep-unique mips-got-size",
        "X",
        "",
        ignore,
      ],
      ["h soname", "NAME", "", ignore],
      ["f auxiliary", "NAME", "", (at) => fail(at, "-f may not be used without -shared")],
      ["F filter", "NAME", "", (at) => fail(at, "-F may not be used without -shared")],
      ["init fini rpath-link G", "X", "", ignore],
      ["warn-backrefs-exclude error-handling-script shuffle-sections", "X", "", ignore],
      ["thinlto-cache-dir thinlto-cache-policy thinlto-jobs lto-partitions lto-aa-pipeline", "X", "", ignore],
      ["opt-remarks-filename opt-remarks-passes opt-remarks-format time-trace-granularity", "X", "", ignore],
      ["lto-O", "+LEVEL", "", ignore],
      ["time-trace save-temps", "[=X]", "", ignore],
      ["undefined-version no-undefined-version", "", "", ignore],
      [
        "Bsymbolic Bsymbolic-functions Bsymbolic-non-weak Bsymbolic-non-weak-functions Bno-symbolic Bgroup",
        "",
        "",
        ignore,
      ],
      [
        "allow-shlib-undefined no-allow-shlib-undefined apply-dynamic-relocs no-apply-dynamic-relocs",
        "",
        "",
        ignore,
      ],
      ["dependent-libraries no-dependent-libraries disable-new-dtags enable-new-dtags", "", "", ignore],
      [
        "ignore-function-address-equality ignore-data-address-equality gnu-unique no-gnu-unique",
        "",
        "",
        ignore,
      ],
      [
        "merge-exidx-entries no-merge-exidx-entries no-toc-optimize pic-veneer pac-plt force-bti",
        "",
        "",
        ignore,
      ],
      [
        "print-icf-sections no-print-icf-sections use-android-relr-tags no-use-android-relr-tags",
        "",
        "",
        ignore,
      ],
      [
        "fortran-common no-fortran-common relax-gp no-relax-gp optimize-bb-jumps no-optimize-bb-jumps",
        "",
        "",
        ignore,
      ],
      [
        "warn-ifunc-textrel no-warn-ifunc-textrel target1-rel target1-abs lto-new-pass-manager",
        "",
        "",
        ignore,
      ],
      ["lto-debug-pass-manager lto-cs-profile-generate disable-verify mmap-output-file", "", "", ignore],
      [
        "thinlto-emit-imports-files thinlto-index-only power10-stubs no-power10-stubs xosegment no-xosegment",
        "",
        "",
        ignore,
      ],
      ["detect-odr-violations g long-plt no-add-needed no-copy-dt-needed-entries", "", "", ignore],
      ["no-ctors-in-init-array no-keep-memory no-mmap-output-file no-pipeline-knowledge p", "", "", ignore],
      ["secure-plt sort-common stats warn-once warn-shared-textrel EB EL Qy", "", "", ignore],
    ],
    "lld",
  ),
];

/** The rows that a flavour knows, the more specific ones first. */
export function rowsOf(flavor: "gnu" | "lld"): OptionRow[] {
  const rows = optionGroups.flatMap((g) => g.rows);
  return [...rows.filter((row) => row.flavor === flavor), ...rows.filter((row) => row.flavor === "both")];
}
