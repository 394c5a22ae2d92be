import type { Source } from "../diagnostics/index.ts";

/** An input, in the order of the command line. */
export type InputItem =
  | { readonly kind: "file"; readonly path: string; readonly modes: InputModes }
  /** `-lfoo`, or `-l:name` with `exact`. */
  | { readonly kind: "library"; readonly name: string; readonly exact: boolean; readonly modes: InputModes }
  | { readonly kind: "start-group" | "end-group" | "start-lib" | "end-lib" }
  /** -R, --just-symbols: take the file's symbols only. */
  | { readonly kind: "symbols"; readonly path: string };

/** The positional options in force at an input. */
export interface InputModes {
  readonly wholeArchive: boolean;
  readonly asNeeded: boolean;
  /** -Bstatic: no shared libraries for -l. */
  readonly static: boolean;
  /** -b: "binary" wraps a file's bytes in a .data section; "elf" otherwise. */
  readonly format: string;
}

/** Another file, or none (""), in the place of inputs whose names match. */
/** -Ttext=ADDRESS or its like, and how many inputs, scripts and --defsym precede it. */
export interface StartOption {
  readonly section: string;
  readonly address: bigint;
  readonly position: number;
  readonly scripts: number;
  readonly defsyms: number;
}

export interface InputRemap {
  readonly pattern: string;
  readonly replacement: string;
}

export type StripMode = "none" | "debug" | "all";
/** Which local symbols do not reach the symbol table; `default`: `.L` labels where the architecture makes them. */
export type DiscardMode = "default" | "none" | "temporary" | "all";

/** What a link is asked for: the command line as plain data, with the defaults filled in. */
export interface LinkOptions {
  /** Whose layout and whose wording: GNU ld 2.40's or LLD's. */
  readonly compat: "gnu" | "lld";
  readonly program: string;
  readonly output: string;
  /** -o was given, so a script's OUTPUT has no effect. */
  readonly outputGiven: boolean;
  readonly inputs: readonly InputItem[];
  /** elf_x86_64, elf_i386, elf64lriscv, elf32lriscv; undefined: taken from the first object. */
  readonly emulation: string | undefined;
  readonly kind: "executable" | "pie" | "relocatable" | "shared";
  readonly oformat: "elf" | "binary";
  /** BFD's name of an ELF format that --oformat gave, such as elf32-littleriscv. */
  readonly outputFormat: string | undefined;
  /** -T scripts, in order, and --default-script (-dT). */
  readonly scripts: readonly string[];
  /** For each of `scripts`, how many inputs precede it on the command line: the map's order. */
  readonly scriptPositions: readonly number[];
  /** -Ttext=ADDRESS and the like, with what precedes each: for the map. */
  readonly startOptions: readonly StartOption[];
  readonly defaultScript: string | undefined;
  /** Files of --section-ordering-file: input sections to put first in output sections of the script. */
  readonly sectionOrderings: readonly string[];
  readonly versionScripts: readonly string[];
  readonly dynamicLists: readonly string[];
  /** --remap-inputs, in order: what scripts name goes through these, too. */
  readonly remaps: readonly InputRemap[];
  /** -L, in order; a leading `=` or `$SYSROOT` stands for the system root. */
  readonly libraryPaths: readonly string[];
  /** -nostdlib: SEARCH_DIR and built-in directories are not searched. */
  readonly noStandardLibraries: boolean;
  readonly sysroot: string;
  readonly entry: string | undefined;
  readonly undefined: readonly string[];
  readonly requireDefined: readonly string[];
  /** LLD's --undefined-glob. */
  readonly undefinedGlobs: readonly string[];
  /** --ignore-unresolved-symbol. */
  readonly ignoreUnresolved: readonly string[];
  /** --defsym NAME=EXPRESSION, each its own source. */
  readonly defsyms: readonly Source[];
  /** For each of `defsyms`, how many inputs precede it on the command line: the map's order. */
  readonly defsymPositions: readonly number[];
  /** For each of `defsyms`, how many of `scripts` precede it: later assignments override earlier ones. */
  readonly defsymScripts: readonly number[];
  readonly wrap: readonly string[];
  readonly traceSymbols: readonly string[];
  /** -Ttext and friends: section name to address. */
  readonly sectionStarts: ReadonlyMap<string, bigint>;
  /** -Ttext-segment, -Trodata-segment, -Tldata-segment: SEGMENT_START's overrides, by `text-segment`… */
  readonly segmentStarts: ReadonlyMap<string, bigint>;
  readonly imageBase: bigint | undefined;

  readonly gcSections: boolean;
  readonly printGcSections: boolean;
  readonly gcKeepExported: boolean;
  readonly startStopGc: boolean;
  readonly relax: boolean;
  /** -O: 2 merges the tails of strings under LLD's rules. */
  readonly optimize: number;
  readonly allowMultipleDefinition: boolean;
  /** --disable-multiple-abs-defs: symbols of --just-symbols that an object defines, too, are errors. */
  readonly prohibitAbsoluteDuplicates: boolean;
  readonly noUndefined: "error" | "warn" | "ignore";
  readonly warnUnresolved: boolean;
  readonly warnCommon: boolean;
  readonly warnMultipleGp: boolean;
  readonly noWarnMismatch: boolean;
  readonly fatalWarnings: boolean;
  readonly noinhibitExec: boolean;
  readonly suppressWarnings: boolean;
  readonly warnRwxSegments: boolean;
  readonly errorRwxSegments: boolean;
  /** `default`: only where objects ask for an executable stack; `always`: also when -z execstack does. */
  readonly warnExecstack: "no" | "default" | "always";
  /** What would be warned of is an error. */
  readonly errorExecstack: boolean;
  readonly warnSectionAlign: boolean;
  readonly warnOnce: boolean;
  readonly warnBackrefs: boolean;
  readonly checkSections: boolean;
  readonly orphanHandling: "place" | "warn" | "error" | "discard";
  readonly uniqueSections: readonly string[];
  /** --unique without a name: each orphan has an output section of its own. */
  readonly uniqueOrphans: boolean;
  readonly sortSection: "none" | "name" | "alignment";
  readonly sortCommon: "none" | "ascending" | "descending";
  readonly defineCommon: boolean;
  /** --no-define-common: refused, once the scripts are read. */
  readonly inhibitCommon: boolean;
  readonly forceGroupAllocation: boolean;
  readonly enableNonContiguousRegions: boolean;
  /** --hash-size: how many names GNU ld's table of symbols is made for. */
  readonly hashSize: number | undefined;
  readonly nonContiguousRegionsWarnings: boolean;
  readonly excludeLibs: readonly string[];
  readonly retainSymbolsFile: string | undefined;
  readonly startStopVisibility: "default" | "internal" | "hidden" | "protected";
  /** The lines of --symbol-ordering-file. */
  readonly symbolOrdering: readonly string[];
  readonly warnSymbolOrdering: boolean;
  readonly callGraphOrderingFile: string | undefined;
  readonly callGraphProfileSort: boolean;
  readonly printSymbolOrder: string | undefined;

  readonly strip: StripMode;
  readonly discard: DiscardMode;
  readonly emitRelocations: boolean;
  readonly buildId: "none" | "fast" | "md5" | "sha1" | "uuid" | `0x${string}`;
  readonly ehFrameHdr: boolean;
  readonly gdbIndex: boolean;
  /** LINKER_VERSION has an effect. */
  readonly linkerVersion: boolean;
  /** False: a file that only a loader can read. */
  readonly sectionHeaders: boolean;
  readonly packageMetadata: string | undefined;
  readonly compressDebug: "none" | "zlib" | "zlib-gnu" | "zstd";
  readonly hashStyle: "sysv" | "gnu" | "both";
  /** -N (text writable, data not page-aligned) and -n (no page alignment). */
  readonly omagic: boolean;
  readonly nmagic: boolean;
  readonly maxPageSize: bigint | undefined;
  readonly commonPageSize: bigint | undefined;
  readonly separateCode: boolean | undefined;
  readonly relro: boolean;
  readonly now: boolean;
  readonly execStack: boolean | undefined;
  readonly stackSize: bigint | undefined;
  readonly text: "error" | "none" | "default";
  /** -z keywords that are accepted as given, for what consults them. */
  readonly zKeywords: readonly string[];
  /** What the linker says of itself: LLD in `.comment`, GNU ld where LINKER_VERSION stands; absent: nothing. */
  readonly comment?: string;
  /** LLD: constants may share a segment with code. GNU ld, false: constants before code, in one segment with the headers. */
  readonly noRosegment: boolean | undefined;
  readonly executeOnly: boolean;
  readonly noDynamicLinker: boolean;
  readonly dynamicLinker: string | undefined;
  /** -rpath and -rpath-link, each with its colons. */
  readonly rpath: readonly string[];
  readonly rpathLink: readonly string[];
  /** DT_RUNPATH and DT_FLAGS, not DT_RPATH alone. */
  readonly newDtags: boolean;
  readonly exportDynamic: boolean;
  /** Names and patterns of --export-dynamic-symbol. */
  readonly exportSymbols: readonly string[];
  /** What undefined symbols of shared objects are. */
  readonly shlibUndefined: "error" | "warn" | "ignore";
  /** DT_INIT and DT_FINI. */
  readonly initFunction: string;
  readonly finiFunction: string;
  /** DT_SONAME. */
  readonly soname: string | undefined;
  /** Unwind tables of the PLT. */
  readonly unwindStubs: boolean;
  /** DT_AUDIT and DT_DEPAUDIT. */
  readonly audit: readonly string[];
  readonly depaudit: readonly string[];
  /** Room in .dynamic for entries to come. */
  readonly spareTags: number;

  readonly trace: boolean;
  /** -t given twice: archive members with their archive's path. */
  readonly traceMembers: boolean;
  readonly printMemoryUsage: boolean;
  readonly mapFile: string | undefined;
  readonly printMap: boolean;
  readonly mapStyle: "gnu" | "lld";
  readonly printMapDiscarded: boolean;
  readonly printMapLocals: boolean;
  readonly cref: boolean;
  readonly whyLive: readonly string[];
  readonly whyExtract: string | undefined;
  readonly reportFile: string | undefined;
  /** --dependency-file: a rule for make that lists the inputs. */
  readonly dependencyFile: string | undefined;
  readonly demangle: boolean;
  readonly errorLimit: number;
  /** How many threads a host may use; a second one is of use for large links. */
  readonly threads: number;
}
