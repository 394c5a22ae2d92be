import type { LinkOptions } from "../model/index.ts";

/**
 * The built-in linker scripts, generated from a few facts about each emulation.
 *
 * GNU ld carries some twenty scripts for every emulation, made from one
 * template by its build; which one is in force depends on -r, -N, -n, -pie,
 * -shared and on `-z combreloc`, `-z separate-code`, `-z relro` with `-z now`.
 * People rely on what they say (which input goes where, which symbols exist),
 * so ours say the same, statement by statement; a test compares the syntax
 * trees with those that an installed GNU ld prints.
 *
 * LLD has no default script: its layout comes from ranks, so it never asks here.
 */

/** The options that choose between scripts. */
export type ScriptChoice = Pick<
  LinkOptions,
  "kind" | "omagic" | "nmagic" | "relro" | "now" | "separateCode" | "zKeywords"
> &
  Partial<Pick<LinkOptions, "noRosegment" | "linkerVersion">>;

interface Emulation {
  readonly format: string;
  readonly arch: string;
  readonly bits: 32 | 64;
  readonly textStart: string;
  /** `.rela` or `.rel`: how the architecture's relocations are stored. */
  readonly rel: string;
  /** Whether code goes to pages of its own when no option says. */
  readonly separateCode: boolean;
  /** Bytes at the start of .got.plt that RELRO may cover; 0: .got.plt is a part of .got, among the data. */
  readonly gotPltHeader: number;
  /** .sdata and .sbss, with a global pointer between them. */
  readonly smallData: boolean;
  /** .ldata, .lrodata, .lbss of the medium code model. */
  readonly largeData: boolean;
  /** Sections after .plt. */
  readonly pltSections: readonly string[];
  readonly relr: boolean;
  readonly searchDirectories: readonly string[];
}

function linuxDirectories(triplet: string, suffixes: readonly string[]): string[] {
  const under = (prefix: string) => suffixes.map((suffix) => `=${prefix}${suffix}`);
  return [
    `=/usr/local/lib/${triplet}`,
    `=/lib/${triplet}`,
    `=/usr/lib/${triplet}`,
    ...under("/usr/local/lib"),
    ...under("/lib"),
    ...under("/usr/lib"),
    "=/usr/local/lib",
    "=/lib",
    "=/usr/lib",
    ...under(`/usr/${triplet}/lib`),
    `=/usr/${triplet}/lib`,
  ];
}

const riscv = {
  arch: "riscv",
  textStart: "0x10000",
  rel: ".rela",
  separateCode: false,
  gotPltHeader: 0,
  smallData: true,
  largeData: false,
  pltSections: [],
  relr: false,
} as const;

const riscv64 = { ...riscv, format: "elf64-littleriscv", bits: 64 } as const;
const riscv32 = { ...riscv, format: "elf32-littleriscv", bits: 32 } as const;

const x86 = {
  separateCode: true,
  smallData: false,
  pltSections: [".plt.got", ".plt.sec"],
  relr: true,
} as const;

const emulations: Readonly<Record<string, Emulation>> = {
  elf_x86_64: {
    ...x86,
    format: "elf64-x86-64",
    arch: "i386:x86-64",
    bits: 64,
    textStart: "0x400000",
    rel: ".rela",
    gotPltHeader: 24,
    largeData: true,
    searchDirectories: linuxDirectories("x86_64-linux-gnu", ["64"]),
  },
  elf_i386: {
    ...x86,
    format: "elf32-i386",
    arch: "i386",
    bits: 32,
    textStart: "0x08048000",
    rel: ".rel",
    gotPltHeader: 12,
    largeData: false,
    searchDirectories: linuxDirectories("i386-linux-gnu", ["32"]),
  },
  elf64lriscv: {
    ...riscv64,
    searchDirectories: linuxDirectories("riscv64-linux-gnu", ["64/lp64d", "64"]),
  },
  elf64lriscv_lp64f: {
    ...riscv64,
    searchDirectories: linuxDirectories("riscv64-linux-gnu", ["64/lp64f", "64"]),
  },
  elf64lriscv_lp64: {
    ...riscv64,
    searchDirectories: linuxDirectories("riscv64-linux-gnu", ["64/lp64", "64"]),
  },
  elf32lriscv: {
    ...riscv32,
    searchDirectories: linuxDirectories("riscv32-linux-gnu", ["32/ilp32d", "32"]),
  },
  elf32lriscv_ilp32f: {
    ...riscv32,
    searchDirectories: linuxDirectories("riscv32-linux-gnu", ["32/ilp32f", "32"]),
  },
  elf32lriscv_ilp32: {
    ...riscv32,
    searchDirectories: linuxDirectories("riscv32-linux-gnu", ["32/ilp32", "32"]),
  },
};

/** Whether there is a script for the emulation (`-m`). */
export function hasDefaultScript(emulation: string): boolean {
  return Object.hasOwn(emulations, emulation);
}

/** The text of the script that is in force when the command line names none. */
export function defaultScript(emulation: string, choice: ScriptChoice): string {
  const facts = emulations[emulation];
  if (facts === undefined) throw new Error(`no default script for the emulation ${emulation}`);
  const head = [
    `OUTPUT_FORMAT("${facts.format}", "${facts.format}", "${facts.format}")`,
    `OUTPUT_ARCH(${facts.arch})`,
  ];
  const writer = new ScriptWriter(facts, choice);
  if (choice.kind !== "relocatable") {
    head.push("ENTRY(_start)");
    for (const directory of facts.searchDirectories) head.push(`SEARCH_DIR("${directory}");`);
  }
  return `${[...head, "SECTIONS", "{", ...writer.sections(), "}"].join("\n")}\n`;
}

const page = "CONSTANT (MAXPAGESIZE)";
const nextPageSameOffset = `ALIGN(${page}) + (. & (${page} - 1))`;

/** Code that a profile or its name told apart, before the rest. */
const textGroups = [
  ".text.unlikely .text.*_unlikely .text.unlikely.*",
  ".text.exit .text.exit.*",
  ".text.startup .text.startup.*",
  ".text.hot .text.hot.*",
];

/** DWARF 1 to 5 and the extensions of GNU and SGI: name and what it also takes. */
const debugSections: readonly (readonly [name: string, also?: string])[] = [
  [".debug"],
  [".line"],
  [".debug_srcinfo"],
  [".debug_sfnames"],
  [".debug_aranges"],
  [".debug_pubnames"],
  [".debug_info", ".gnu.linkonce.wi.*"],
  [".debug_abbrev"],
  [".debug_line", ".debug_line.* .debug_line_end"],
  [".debug_frame"],
  [".debug_str"],
  [".debug_loc"],
  [".debug_macinfo"],
  [".debug_weaknames"],
  [".debug_funcnames"],
  [".debug_typenames"],
  [".debug_varnames"],
  [".debug_pubtypes"],
  [".debug_ranges"],
  [".debug_addr"],
  [".debug_line_str"],
  [".debug_loclists"],
  [".debug_macro"],
  [".debug_names"],
  [".debug_rnglists"],
  [".debug_str_offsets"],
  [".debug_sup"],
];

const stabSections = [".stab", ".stabstr", ".stab.excl", ".stab.exclstr", ".stab.index", ".stab.indexstr"];

/** The kinds of output section that dynamic relocations are grouped by, and the letters of their link-once names. */
const relocatedSections: readonly (readonly [name: string, linkOnce?: string])[] = [
  ["init"],
  ["text", "t"],
  ["fini"],
  ["rodata", "r"],
  ["data.rel.ro", "d.rel.ro"],
  ["data", "d"],
  ["tdata", "td"],
  ["tbss", "tb"],
  ["ctors"],
  ["dtors"],
  ["got"],
];
const relocatedSmallData: typeof relocatedSections = [
  ["sdata", "s"],
  ["sbss", "sb"],
  ["sdata2", "s2"],
  ["sbss2", "sb2"],
];
const relocatedLargeData: typeof relocatedSections = [
  ["ldata", "l"],
  ["lbss", "lb"],
  ["lrodata", "lr"],
];

class ScriptWriter {
  private readonly lines: string[] = [];
  private readonly facts: Emulation;
  private readonly relocatable: boolean;
  private readonly shared: boolean;
  private readonly pic: boolean;
  private readonly paged: boolean;
  private readonly omagic: boolean;
  private readonly combineRelocations: boolean;
  private readonly separateCode: boolean;
  /** --rosegment: constants before the code, in the segment of the headers. */
  private readonly constantsFirst: boolean;
  private readonly linkerVersion: boolean;
  /** -z relro -z now: nothing of the GOT is written after start-up. */
  private readonly gotReadOnly: boolean;

  constructor(facts: Emulation, choice: ScriptChoice) {
    this.facts = facts;
    this.relocatable = choice.kind === "relocatable";
    // -N and -n have one script each, whatever else is asked for.
    this.omagic = choice.omagic && !this.relocatable;
    this.paged = !choice.omagic && !choice.nmagic && !this.relocatable;
    this.shared = choice.kind === "shared" && this.paged;
    this.pic = (choice.kind === "pie" || this.shared) && this.paged;
    this.combineRelocations = this.paged && !choice.zKeywords.includes("nocombreloc");
    this.separateCode = this.paged && (choice.separateCode ?? facts.separateCode);
    this.constantsFirst = this.separateCode && choice.noRosegment === false;
    this.linkerVersion = choice.linkerVersion === true;
    this.gotReadOnly = this.combineRelocations && choice.now && (choice.relro || this.separateCode);
  }

  sections(): string[] {
    this.segmentStart();
    this.headerSections();
    this.relocationSections();
    if (this.constantsFirst) this.constants();
    if (this.separateCode) this.line(`. = ALIGN(${page});`);
    this.code();
    if (!this.constantsFirst) this.constants();
    this.dataSegment();
    this.relro();
    this.data();
    this.bss();
    this.unmapped();
    return this.lines;
  }

  private line(text: string): void {
    this.lines.push(`  ${text}`);
  }

  /** An output section; a relocatable output has every section at 0. */
  private section(name: string, statements: readonly string[], before = ""): void {
    const head = `${name} ${this.relocatable ? "0 " : ""}:${before === "" ? "" : ` ${before}`}`;
    if (statements.length === 1) {
      this.line(`${head} { ${statements[0]} }`);
      return;
    }
    this.line(head);
    this.line("{");
    for (const statement of statements) this.line(`  ${statement}`);
    this.line("}");
  }

  private simple(...names: string[]): void {
    for (const name of names) this.section(name, [`*(${name})`]);
  }

  /** `.text .text.* .gnu.linkonce.t.*`; a relocatable output keeps the names apart, so only the first. */
  private family(name: string, linkOnce?: string): string {
    return this.relocatable || linkOnce === undefined
      ? name
      : `${name} ${name}.* .gnu.linkonce.${linkOnce}.*`;
  }

  /** Statements that a relocatable output goes without. */
  private linked(...statements: string[]): string[] {
    return this.relocatable ? [] : statements;
  }

  private mark(symbol: string): string[] {
    return this.relocatable || this.shared ? [] : [`PROVIDE_HIDDEN (${symbol} = .);`];
  }

  private segmentStart(): void {
    if (this.relocatable) return;
    const start = `SEGMENT_START("text-segment", ${this.pic ? "0" : this.facts.textStart})`;
    if (!this.shared) this.line(`PROVIDE (__executable_start = ${start});`);
    this.line(`. = ${start} + SIZEOF_HEADERS;`);
  }

  /** What a dynamic loader reads first. */
  private headerSections(): void {
    if (!this.shared) this.simple(".interp");
    this.simple(".note.gnu.build-id", ".hash", ".gnu.hash", ".dynsym", ".dynstr");
    this.simple(".gnu.version", ".gnu.version_d", ".gnu.version_r");
  }

  private relocationSections(): void {
    const { rel, smallData, largeData } = this.facts;
    const kinds = [
      ...relocatedSections,
      ...(smallData ? relocatedSmallData : []),
      ["bss", "b"] as const,
      ...(largeData ? relocatedLargeData : []),
      ["ifunc"] as const,
    ];
    const pattern = (name: string, linkOnce?: string) =>
      linkOnce === undefined || this.relocatable
        ? `*(${rel}.${name})`
        : `*(${rel}.${name} ${rel}.${name}.* ${rel}.gnu.linkonce.${linkOnce}.*)`;
    if (this.combineRelocations) {
      // GNU ld's combined .rela.dyn leaves .rela.data.rel.ro to the orphans; its .rel.dyn has .rel.data.rel.ro.
      const combined = kinds.filter(([name]) => rel === ".rel" || name !== "data.rel.ro");
      this.section(
        `${rel}.dyn`,
        combined.map(([name, linkOnce]) => pattern(name, linkOnce)),
      );
    } else {
      for (const [name, linkOnce] of kinds) this.section(`${rel}.${name}`, [pattern(name, linkOnce)]);
    }
    const iplt = `${rel.slice(1)}_iplt`;
    const marks = !this.pic && !this.relocatable;
    this.section(`${rel}.plt`, [
      `*(${rel}.plt)`,
      ...(marks ? [`PROVIDE_HIDDEN (__${iplt}_start = .);`] : []),
      ...this.linked(`*(${rel}.iplt)`),
      ...(marks ? [`PROVIDE_HIDDEN (__${iplt}_end = .);`] : []),
    ]);
    if (this.facts.relr) this.line(".relr.dyn : { *(.relr.dyn) }");
  }

  private code(): void {
    this.section(".init", ["KEEP (*(SORT_NONE(.init)))"]);
    this.section(".plt", [`*(.plt)${this.relocatable ? "" : " *(.iplt)"}`]);
    this.simple(...this.facts.pltSections);
    this.section(".text", [
      ...this.linked(...textGroups.map((group) => `*(${group})`), "*(SORT(.text.sorted.*))"),
      `*(.text .stub${this.relocatable ? "" : " .text.* .gnu.linkonce.t.*"})`,
      "*(.gnu.warning)",
    ]);
    this.section(".fini", ["KEEP (*(SORT_NONE(.fini)))"]);
    for (const name of this.linked("__etext", "_etext", "etext")) this.line(`PROVIDE (${name} = .);`);
    if (!this.separateCode || this.constantsFirst) return;
    this.line(`. = ALIGN(${page});`);
    this.line(`. = SEGMENT_START("rodata-segment", ${nextPageSameOffset});`);
  }

  private constants(): void {
    this.section(".rodata", [`*(${this.family(".rodata", "r")})`]);
    this.simple(".rodata1");
    if (this.facts.smallData && !this.shared) {
      this.section(".sdata2", [`*(${this.family(".sdata2", "s2")})`]);
      this.section(".sbss2", [`*(${this.family(".sbss2", "sb2")})`]);
    }
    const entries = this.relocatable ? "" : " *(.eh_frame_entry .eh_frame_entry.*)";
    this.section(".eh_frame_hdr", [`*(.eh_frame_hdr)${entries}`]);
    this.unwinding("ONLY_IF_RO");
  }

  private dataSegment(): void {
    if (this.omagic) this.line(". = .;");
    else if (!this.relocatable) this.line(`. = DATA_SEGMENT_ALIGN (${page}, CONSTANT (COMMONPAGESIZE));`);
    this.unwinding("ONLY_IF_RW");
  }

  /** Read-only in most programs; among the data where some input's section is writable. */
  private unwinding(constraint: "ONLY_IF_RO" | "ONLY_IF_RW"): void {
    const dotted = (name: string) => (this.relocatable ? "" : ` *(${name}.*)`);
    const exceptions = `*(.gcc_except_table${this.relocatable ? "" : " .gcc_except_table.*"})`;
    this.section(".eh_frame", [`KEEP (*(.eh_frame))${dotted(".eh_frame")}`], constraint);
    this.section(".sframe", [`*(.sframe)${dotted(".sframe")}`], constraint);
    if (constraint === "ONLY_IF_RO") {
      this.section(".gcc_except_table", [exceptions], constraint);
      this.section(".gnu_extab", ["*(.gnu_extab*)"], constraint);
    } else {
      this.section(".gnu_extab", ["*(.gnu_extab)"], constraint);
      this.section(".gcc_except_table", [exceptions], constraint);
    }
    this.section(".exception_ranges", [`*(.exception_ranges${this.relocatable ? "" : "*"})`], constraint);
  }

  /** Thread-local data, constructors, and what relocation alone writes to. */
  private relro(): void {
    const tdata = [...this.mark("__tdata_start"), `*(${this.family(".tdata", "td")})`];
    this.section(".tdata", tdata);
    this.section(".tbss", [`*(${this.family(".tbss", "tb")})${this.relocatable ? "" : " *(.tcommon)"}`]);
    if (!this.relocatable) this.constructors();
    this.section(".jcr", ["KEEP (*(.jcr))"]);
    if (!this.relocatable) {
      this.section(".data.rel.ro", [
        "*(.data.rel.ro.local* .gnu.linkonce.d.rel.ro.local.*) *(.data.rel.ro .data.rel.ro.* .gnu.linkonce.d.rel.ro.*)",
      ]);
    }
    this.simple(".dynamic");
    const header = this.facts.gotPltHeader;
    const separate = header > 0 && !this.gotReadOnly;
    if (header > 0) this.got(separate);
    const covered = separate ? `SIZEOF (.got.plt) >= ${header} ? ${header} : 0` : "0";
    if (!this.omagic && !this.relocatable) this.line(`. = DATA_SEGMENT_RELRO_END (${covered}, .);`);
    if (!separate) return;
    this.section(".got.plt", [`*(.got.plt)${this.relocatable ? "" : " *(.igot.plt)"}`]);
  }

  private got(separate: boolean): void {
    if (this.relocatable) this.simple(".got");
    else if (separate) this.section(".got", ["*(.got) *(.igot)"]);
    else this.section(".got", ["*(.got.plt) *(.igot.plt) *(.got) *(.igot)"]);
  }

  private constructors(): void {
    // GCC's crtbegin.o starts the old lists and its crtend.o ends them.
    const ends = "EXCLUDE_FILE (*crtbegin.o *crtbegin?.o *crtend.o *crtend?.o)";
    const bounded = (name: string, statements: string[]) =>
      this.section(`.${name}`, [
        ...this.mark(`__${name}_start`),
        ...statements,
        ...this.mark(`__${name}_end`),
      ]);
    bounded("preinit_array", ["KEEP (*(.preinit_array))"]);
    for (const [array, list] of [
      ["init_array", ".ctors"],
      ["fini_array", ".dtors"],
    ]) {
      bounded(array, [
        `KEEP (*(SORT_BY_INIT_PRIORITY(.${array}.*) SORT_BY_INIT_PRIORITY(${list}.*)))`,
        `KEEP (*(.${array} ${ends} ${list}))`,
      ]);
    }
    for (const list of [".ctors", ".dtors"]) {
      this.section(list, [
        `KEEP (*crtbegin.o(${list}))`,
        `KEEP (*crtbegin?.o(${list}))`,
        `KEEP (*(EXCLUDE_FILE (*crtend.o *crtend?.o) ${list}))`,
        `KEEP (*(SORT(${list}.*)))`,
        `KEEP (*(${list}))`,
      ]);
    }
  }

  private data(): void {
    const { smallData } = this.facts;
    const begin = (name: string) => (smallData && !this.shared ? this.linked(`${name} = .;`) : []);
    this.section(".data", [
      ...begin("__DATA_BEGIN__"),
      `*(${this.family(".data", "d")})`,
      ...this.linked("SORT(CONSTRUCTORS)"),
    ]);
    this.simple(".data1");
    if (!smallData) return;
    this.got(false);
    // Constants first, so that they share the reach of the global pointer with the variables.
    this.section(".sdata", [
      ...begin("__SDATA_BEGIN__"),
      ...this.linked(
        "*(.srodata.cst16) *(.srodata.cst8) *(.srodata.cst4) *(.srodata.cst2) *(.srodata .srodata.*)",
      ),
      ...(this.shared ? ["*(.sdata2 .sdata2.* .gnu.linkonce.s2.*)"] : []),
      `*(${this.family(".sdata", "s")})`,
    ]);
  }

  /** Defined in any case by an executable; a shared object's own, if it has one, goes first. */
  private boundary(name: string): string {
    return this.shared ? `PROVIDE (${name} = .);` : `${name} = .;`;
  }

  private bss(): void {
    const { bits, smallData, largeData } = this.facts;
    // So that `_end` is aligned although .bss may be absent.
    const align = `. = ALIGN(. != 0 ? ${bits} / 8 : 1);`;
    for (const text of this.linked(
      this.boundary("_edata"),
      "PROVIDE (edata = .);",
      ". = .;",
      this.boundary("__bss_start"),
    ))
      this.line(text);
    if (smallData) {
      this.section(".sbss", [
        ...(this.shared ? ["*(.sbss2 .sbss2.* .gnu.linkonce.sb2.*)"] : []),
        ...this.linked("*(.dynsbss)"),
        `*(${this.family(".sbss", "sb")})`,
        ...this.linked("*(.scommon)"),
      ]);
    }
    this.section(".bss", [
      ...this.linked("*(.dynbss)"),
      `*(${this.family(".bss", "b")})`,
      ...this.linked("*(COMMON)", align),
    ]);
    if (largeData) {
      this.section(".lbss", [
        ...this.linked("*(.dynlbss)"),
        `*(${this.family(".lbss", "lb")})`,
        ...this.linked("*(LARGE_COMMON)"),
      ]);
    }
    for (const text of this.linked(`. = ALIGN(${bits} / 8);`, `. = SEGMENT_START("ldata-segment", .);`)) {
      this.line(text);
    }
    if (largeData) {
      const at = this.relocatable ? "" : ` ${nextPageSameOffset}`;
      this.section(`.lrodata${at}`, [`*(${this.family(".lrodata", "lr")})`]);
      this.section(`.ldata${at}`, [`*(${this.family(".ldata", "l")})`, ...this.linked(align)]);
    }
    for (const text of this.linked(`. = ALIGN(${bits} / 8);`)) this.line(text);
    if (smallData && !this.shared) {
      // 0x800 on either side of gp is in reach of one instruction: cover .sdata from its start, or, where the
      // data are small, all up to the end of .bss; never .rodata, which moves while code shrinks.
      for (const text of this.linked(
        "__BSS_END__ = .;",
        "__global_pointer$ = MIN(__SDATA_BEGIN__ + 0x800, MAX(__DATA_BEGIN__ + 0x800, __BSS_END__ - 0x800));",
      ))
        this.line(text);
    }
    for (const text of this.linked(this.boundary("_end"), "PROVIDE (end = .);")) this.line(text);
    if (!this.omagic && !this.relocatable) this.line(". = DATA_SEGMENT_END (.);");
  }

  /** Sections that no segment holds: their addresses count from 0. */
  private unmapped(): void {
    const at0 = (name: string, pattern: string) => this.line(`${name} 0 : { ${pattern} }`);
    for (const name of stabSections) at0(name, `*(${name})`);
    at0(".comment", this.linkerVersion ? "*(.comment); LINKER_VERSION;" : "*(.comment)");
    const dotted = this.relocatable ? "" : " .gnu.build.attributes.*";
    this.line(`.gnu.build.attributes : { *(.gnu.build.attributes${dotted}) }`);
    for (const [name, also] of debugSections) {
      at0(name, `*(${name}${also === undefined || this.relocatable ? "" : ` ${also}`})`);
    }
    at0(".gnu.attributes", "KEEP (*(.gnu.attributes))");
    if (!this.relocatable) {
      this.line("/DISCARD/ : { *(.note.GNU-stack) *(.gnu_debuglink) *(.gnu.lto_*) }");
    }
  }
}
