import type { Source, Span } from "../diagnostics/index.ts";
import type { Expression } from "./syntax-expressions.ts";

export type * from "./syntax-expressions.ts";

// The syntax tree of a linker script, as GNU ld's manual orders it: commands,
// SECTIONS, output sections, input patterns, expressions, version scripts.
//
// Every node carries the span it was read from. Keywords and punctuation are
// not nodes; names are, because an editor wants to rename, find and hover them.
// A construct that could not be read leaves an "error" node or an absent
// optional field behind, never an exception, so the tree of a half-written
// script is still usable.

/** A name as written: a symbol, section, region, file or pattern. */
export interface Name {
  /** Without the quotes. */
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** A comment in the text of the script itself (comments of included files are not kept). */
export interface Comment {
  /** As written, with its delimiters. */
  readonly text: string;
  readonly span: Span;
}

/** A linker script. */
export interface Script {
  readonly kind: "script";
  readonly commands: readonly Command[];
  readonly comments: readonly Comment[];
  readonly source: Source;
  readonly span: Span;
}

/** What may stand at the top level of a script. */
export type Command =
  | Assignment
  | Assert
  | Entry
  | Input
  | Output
  | OutputFormat
  | OutputArch
  | Target
  | SearchDir
  | Startup
  | Extern
  | AllocationPolicy
  | Insert
  | NoCrossRefs
  | LdFeature
  | Memory
  | RegionAlias
  | Phdrs
  | Version
  | Sections
  | OverwriteSections
  | Obsolete
  | Include<Command>;

export type AssignmentOperator = "=" | "+=" | "-=" | "*=" | "/=" | "<<=" | ">>=" | "&=" | "|=" | "^=";

/** `target = value;`, alone or in PROVIDE(), HIDDEN(), PROVIDE_HIDDEN(). The target may be `.`. */
export interface Assignment {
  readonly kind: "assignment";
  readonly target: Name;
  readonly operator: AssignmentOperator;
  readonly value: Expression;
  readonly provide: boolean;
  readonly hidden: boolean;
  readonly span: Span;
}

/** `ASSERT(condition, message)` as a statement. */
export interface Assert {
  readonly kind: "assert";
  readonly condition: Expression;
  readonly message: Name;
  readonly span: Span;
}

/** `ENTRY(symbol)`. */
export interface Entry {
  readonly kind: "entry";
  readonly symbol: Name;
  readonly span: Span;
}

/** `INPUT(…)` or `GROUP(…)`. */
export interface Input {
  readonly kind: "input";
  readonly group: boolean;
  readonly items: readonly InputItem[];
  readonly span: Span;
}

export type InputItem = InputFile | AsNeeded;

export interface InputFile {
  readonly kind: "file";
  /** The file as written, without the `-l` of a library; a leading `=` or `$SYSROOT` is kept. */
  readonly name: Name;
  /** Written as `-lname`. */
  readonly library: boolean;
  readonly span: Span;
}

export interface AsNeeded {
  readonly kind: "as-needed";
  readonly items: readonly InputFile[];
  readonly span: Span;
}

/** `OUTPUT(file)`. */
export interface Output {
  readonly kind: "output";
  readonly file: Name;
  readonly span: Span;
}

/** `OUTPUT_FORMAT(format)` or `OUTPUT_FORMAT(default, big, little)`. */
export interface OutputFormat {
  readonly kind: "output-format";
  readonly format: Name;
  readonly big?: Name;
  readonly little?: Name;
  readonly span: Span;
}

/** `OUTPUT_ARCH(arch)`. */
export interface OutputArch {
  readonly kind: "output-arch";
  readonly arch: Name;
  readonly span: Span;
}

/** `TARGET(format)`: the format of the input files that follow. */
export interface Target {
  readonly kind: "target";
  readonly target: Name;
  readonly span: Span;
}

/** `SEARCH_DIR(path)`. */
export interface SearchDir {
  readonly kind: "search-dir";
  readonly path: Name;
  readonly span: Span;
}

/** `STARTUP(file)`. */
export interface Startup {
  readonly kind: "startup";
  readonly file: Name;
  readonly span: Span;
}

/** `EXTERN(symbol …)`. */
export interface Extern {
  readonly kind: "extern";
  readonly symbols: readonly Name[];
  readonly span: Span;
}

/** `FORCE_COMMON_ALLOCATION`, `INHIBIT_COMMON_ALLOCATION` or `FORCE_GROUP_ALLOCATION`. */
export interface AllocationPolicy {
  readonly kind: "allocation";
  readonly policy: "force-common" | "inhibit-common" | "force-group";
  readonly span: Span;
}

/** `INSERT AFTER section` or `INSERT BEFORE section`: moves the SECTIONS seen so far. */
export interface Insert {
  readonly kind: "insert";
  readonly place: "after" | "before";
  readonly section: Name;
  readonly span: Span;
}

/** `NOCROSSREFS(…)`, or `NOCROSSREFS_TO(to from …)` where only references to the first are wrong. */
export interface NoCrossRefs {
  readonly kind: "nocrossrefs";
  readonly toFirst: boolean;
  readonly sections: readonly Name[];
  readonly span: Span;
}

/** `LD_FEATURE("SANE_EXPR")`. */
export interface LdFeature {
  readonly kind: "ld-feature";
  readonly feature: Name;
  readonly span: Span;
}

/** `MAP(…)`, `HLL(…)`, `SYSLIB(…)`, `FLOAT`, `NOFLOAT`: read and without effect, as in GNU ld. */
export interface Obsolete {
  readonly kind: "obsolete";
  readonly keyword: "MAP" | "HLL" | "SYSLIB" | "FLOAT" | "NOFLOAT";
  readonly files: readonly Name[];
  readonly span: Span;
}

/**
 * `INCLUDE file`. What the file holds stands in `items`, with spans in its own
 * source; `source` is absent when the file was not found.
 */
export interface Include<Item> {
  readonly kind: "include";
  readonly file: Name;
  readonly source?: Source;
  readonly items: readonly Item[];
  readonly span: Span;
}

// MEMORY

/** `MEMORY { … }`. */
export interface Memory {
  readonly kind: "memory";
  readonly regions: readonly (MemoryRegion | Include<MemoryRegion>)[];
  readonly span: Span;
}

/** `name (attributes) : ORIGIN = origin, LENGTH = length`. */
export interface MemoryRegion {
  readonly kind: "region";
  readonly name: Name;
  /** As written between the parentheses, `!` included, blanks removed: `rx!w`. */
  readonly attributes?: Name;
  readonly origin: Expression;
  readonly length: Expression;
  readonly span: Span;
}

/** `REGION_ALIAS("alias", region)`. */
export interface RegionAlias {
  readonly kind: "region-alias";
  readonly alias: Name;
  readonly region: Name;
  readonly span: Span;
}

// PHDRS

/** `PHDRS { … }`. */
export interface Phdrs {
  readonly kind: "phdrs";
  readonly headers: readonly Phdr[];
  readonly span: Span;
}

/** `name type FILEHDR PHDRS AT(address) FLAGS(flags);` */
export interface Phdr {
  readonly kind: "phdr";
  readonly name: Name;
  /** A number, or a name such as `PT_LOAD` as a symbol expression; see `phdrTypeOf`. */
  readonly type: Expression;
  readonly filehdr: boolean;
  readonly phdrs: boolean;
  readonly at?: Expression;
  readonly flags?: Expression;
  readonly span: Span;
}

// VERSION

/** `VERSION { … }` in a script. */
export interface Version {
  readonly kind: "version";
  readonly nodes: readonly VersionNode[];
  readonly span: Span;
}

/** A file given to `--version-script`. */
export interface VersionScript {
  readonly kind: "version-script";
  readonly nodes: readonly VersionNode[];
  readonly comments: readonly Comment[];
  readonly source: Source;
  readonly span: Span;
}

/** A file given to `--dynamic-list`. */
export interface DynamicList {
  readonly kind: "dynamic-list";
  readonly patterns: readonly VersionPattern[];
  readonly comments: readonly Comment[];
  readonly source: Source;
  readonly span: Span;
}

/** `name { global: …; local: …; } dependency;`; without a name, the anonymous version. */
export interface VersionNode {
  readonly kind: "version-node";
  readonly name?: Name;
  readonly globals: readonly VersionPattern[];
  readonly locals: readonly VersionPattern[];
  readonly dependencies: readonly Name[];
  readonly span: Span;
}

export interface VersionPattern {
  readonly kind: "version-pattern";
  /** A glob, unless quoted: then it is one exact name. */
  readonly pattern: Name;
  /** Of the innermost `extern "…" { }` around it; `C` outside. */
  readonly language: string;
  readonly span: Span;
}

// SECTIONS

/** `SECTIONS { … }`. */
export interface Sections {
  readonly kind: "sections";
  readonly commands: readonly SectionsCommand[];
  readonly span: Span;
}

/** LLD's `OVERWRITE_SECTIONS { … }`. */
export interface OverwriteSections {
  readonly kind: "overwrite-sections";
  readonly commands: readonly SectionsCommand[];
  readonly span: Span;
}

export type SectionsCommand =
  | Assignment
  | Assert
  | Entry
  | OutputSection
  | Overlay
  | Include<SectionsCommand>;

/** What stands after the closing brace of an output section or overlay. */
export interface Placement {
  /** `>region`. */
  readonly region?: Name;
  /** `AT>region`. */
  readonly atRegion?: Name;
  /** `:phdr …`. */
  readonly phdrs: readonly Name[];
  /** `=fill`. */
  readonly fill?: Expression;
}

/** `name address (type) : AT(lma) ALIGN(…) SUBALIGN(…) { contents } >region …`. */
export interface OutputSection extends Placement {
  readonly kind: "output-section";
  /** `/DISCARD/` for the section that throws away. */
  readonly name: Name;
  readonly address?: Expression;
  readonly type?: SectionType;
  readonly at?: Expression;
  readonly align?: Expression;
  readonly alignWithInput: boolean;
  readonly subalign?: Expression;
  readonly constraint?: "ONLY_IF_RO" | "ONLY_IF_RW" | "SPECIAL";
  readonly contents: readonly SectionStatement[];
  readonly span: Span;
}

/** `(NOLOAD)`, `(READONLY)`, `(TYPE = expression)`, `(READONLY (TYPE = expression))`, or `()`. */
export interface SectionType {
  readonly kind: "section-type";
  readonly keyword: "NORMAL" | "NOLOAD" | "COPY" | "INFO" | "DSECT" | "OVERLAY" | "READONLY" | "TYPE";
  /** Of TYPE and READONLY (TYPE): a number or a name such as `SHT_NOTE`; see `sectionTypeOf`. */
  readonly type?: Expression;
  readonly span: Span;
}

/** `OVERLAY address : NOCROSSREFS AT(lma) SUBALIGN(…) { name { … } … } >region …`. */
export interface Overlay extends Placement {
  readonly kind: "overlay";
  readonly address?: Expression;
  readonly noCrossRefs: boolean;
  readonly at?: Expression;
  readonly subalign?: Expression;
  readonly sections: readonly OverlaySection[];
  readonly span: Span;
}

/** One section of an overlay. */
export interface OverlaySection {
  readonly kind: "overlay-section";
  readonly name: Name;
  readonly type?: SectionType;
  readonly contents: readonly SectionStatement[];
  readonly phdrs: readonly Name[];
  readonly fill?: Expression;
  readonly span: Span;
}

export type SectionStatement =
  | Assignment
  | Assert
  | InputSections
  | Data
  | Ascii
  | Fill
  | LinkerVersion
  | CreateObjectSymbols
  | Constructors
  | Include<SectionStatement>;

/** `KEEP(flags files(sections))`, and its shorter forms. */
export interface InputSections {
  readonly kind: "input-sections";
  readonly keep: boolean;
  readonly flags?: InputSectionFlags;
  /** Absent in the form `[ .text .data ]`, which takes any file. */
  readonly file?: FilePattern;
  /** Absent when only a file name is written: all of its sections. */
  readonly sections?: readonly SectionPattern[];
  readonly span: Span;
}

/** `INPUT_SECTION_FLAGS(SHF_ALLOC & !SHF_WRITE)`. */
export interface InputSectionFlags {
  readonly kind: "input-section-flags";
  readonly flags: readonly InputSectionFlag[];
  readonly span: Span;
}

export interface InputSectionFlag {
  /** `SHF_…` or a number. */
  readonly name: Name;
  /** Written with `!`: sections that have the flag are left out. */
  readonly negated: boolean;
}

/** What precedes the parentheses: `*`, `*crt?.o`, `archive:member`, `SORT(*)`, `EXCLUDE_FILE(…) *`. */
export interface FilePattern {
  readonly pattern: Name;
  /** `EXCLUDE_FILE(…)` before it: files that none of the section patterns take. */
  readonly exclude: readonly Name[];
  readonly sort?: "name" | "none";
  readonly reverse: boolean;
  readonly span: Span;
}

export type SortKey = "name" | "alignment" | "init-priority" | "none";

/** One pattern between the parentheses, with what is wrapped around it. */
export interface SectionPattern {
  readonly pattern: Name;
  /** LLD only: further patterns in the same SORT…(), whose sections are sorted together with these. */
  readonly alternatives?: readonly Name[];
  /** `EXCLUDE_FILE(…)` before it. */
  readonly exclude: readonly Name[];
  /** Outermost first; at most two. */
  readonly sort: readonly SortKey[];
  readonly reverse: boolean;
  readonly span: Span;
}

/** `BYTE(value)`, `SHORT`, `LONG`, `QUAD`, `SQUAD`. */
export interface Data {
  readonly kind: "data";
  readonly directive: "BYTE" | "SHORT" | "LONG" | "QUAD" | "SQUAD";
  readonly value: Expression;
  readonly span: Span;
}

/** `ASCIZ "text"` (with a final zero) or `ASCII(size) "text"`. */
export interface Ascii {
  readonly kind: "ascii";
  readonly directive: "ASCIZ" | "ASCII";
  /** Of ASCII: the number of bytes taken, padded with zeros. */
  readonly size?: Expression;
  /** Escapes not yet replaced; see `stringBytes`. */
  readonly text: Name;
  readonly span: Span;
}

/** `FILL(value)`. */
export interface Fill {
  readonly kind: "fill";
  readonly value: Expression;
  readonly span: Span;
}

/** `LINKER_VERSION`. */
export interface LinkerVersion {
  readonly kind: "linker-version";
  readonly span: Span;
}

/** `CREATE_OBJECT_SYMBOLS`. */
export interface CreateObjectSymbols {
  readonly kind: "create-object-symbols";
  readonly span: Span;
}

/** `CONSTRUCTORS` or `SORT(CONSTRUCTORS)`. */
export interface Constructors {
  readonly kind: "constructors";
  readonly sorted: boolean;
  readonly span: Span;
}
