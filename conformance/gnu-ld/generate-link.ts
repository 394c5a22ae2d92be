/**
 * Links made from a number: objects with sections of all kinds, a script with most of the language's constructs, options.
 * A link is a list of parts, so that a failing one can be made smaller by leaving parts out.
 */

export interface GeneratedLink {
  readonly target: "x86-64" | "i386" | "riscv32" | "riscv64";
  /** How files and scripts stand on the command line; absent: the files first. */
  readonly arrangement?: "scripts first" | "scripts between" | "archive" | "group";
  /** For each object its pieces of assembly. */
  readonly objects: readonly (readonly string[])[];
  /** Scripts: what to begin with, commands of SECTIONS, and what to end with. */
  readonly scripts: readonly GeneratedScript[];
  readonly options: readonly string[];
  /** Options that make it a static PIE; they stay when the link is made smaller. */
  readonly pie?: readonly string[];
}

export interface GeneratedScript {
  /** Commands before SECTIONS. */
  readonly before: readonly string[];
  /** Statements; one that is a section has parts of its own. */
  readonly sections: readonly Item[];
  readonly after: readonly string[];
}

export type Item = string | { readonly head: string; readonly body: readonly Item[]; readonly tail: string };

/** Numbers from a seed (mulberry32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0;
    for (let i = 0; i < 4; i++) this.below(2);
  }
  /** 0 … n-1 */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
  some<T>(from: readonly T[], percent: number): T[] {
    return from.filter(() => this.chance(percent));
  }
}

/** NAME, flags, type: what compilers and people write. */
const SECTIONS: readonly (readonly [name: string, flags: string, type: string])[] = [
  [".text", "ax", "progbits"],
  [".text.f", "ax", "progbits"],
  [".text.unlikely.g", "ax", "progbits"],
  [".text.hot.h", "ax", "progbits"],
  [".init", "ax", "progbits"],
  [".rodata", "a", "progbits"],
  [".rodata.c", "a", "progbits"],
  [".data", "aw", "progbits"],
  [".data.v", "aw", "progbits"],
  [".data.rel.ro", "aw", "progbits"],
  [".bss", "aw", "nobits"],
  [".bss.w", "aw", "nobits"],
  [".sdata", "aw", "progbits"],
  [".sbss", "aw", "nobits"],
  [".tdata", "awT", "progbits"],
  [".tdata.t", "awT", "progbits"],
  [".tbss", "awT", "nobits"],
  [".init_array", "aw", "init_array"],
  [".init_array.00100", "aw", "init_array"],
  [".fini_array", "aw", "fini_array"],
  [".preinit_array", "aw", "preinit_array"],
  [".ctors", "aw", "progbits"],
  [".ctors.65435", "aw", "progbits"],
  [".note.a", "a", "note"],
  [".note.b", "a", "note"],
  [".note.n", "", "note"],
  [".comment", "", "progbits"],
  [".debug_info", "", "progbits"],
  [".debug_line", "", "progbits"],
  ["plain", "a", "progbits"],
  ["code", "ax", "progbits"],
  ["vars", "aw", "progbits"],
  ["zeros", "aw", "nobits"],
  ["rozeros", "a", "nobits"],
  ["mixed", "awx", "progbits"],
  ["mixed", "aw", "progbits"],
  [".odd", "", "progbits"],
  [".odd2", "w", "progbits"],
  [".tls.x", "awT", "progbits"],
  [".excluded", "e", "progbits"],
  [".kept", "aR", "progbits"],
  [".gnu.linkonce.t.l", "ax", "progbits"],
  [".gnu.linkonce.r.l", "a", "progbits"],
  [".eh_frame_x", "a", "unwind"],
];

const MERGED: readonly string[] = [
  '.section .rodata.str1.1,"aMS",@progbits,1\n.asciz "hello"\n.asciz "lo"\n.asciz "world"',
  '.section .rodata.str1.1,"aMS",@progbits,1\n.asciz "lo"\n.asciz "other"',
  '.section .rodata.cst4,"aM",@progbits,4\n.long 1,2,1',
  '.section .rodata.cst8,"aM",@progbits,8\n.quad 1,2,1',
  '.section .comment,"MS",@progbits,1\n.asciz "made by hand"',
  '.section .debug_str,"MS",@progbits,1\n.asciz "name"\n.asciz "me"',
];

function piece(random: Random, object: number, number: number, wide: boolean): string {
  if (random.chance(10)) return `${random.pick(MERGED)}`;
  if (random.chance(6))
    return `.comm common${random.below(3)},${4 << random.below(3)},${1 << random.below(5)}`;
  if (random.chance(4)) return `.globl abs${object}\n.set abs${object}, ${random.below(4096)}`;
  if (random.chance(4)) return `.weak absent\n.section .rodata.weak,"a"\n.${wide ? "quad" : "long"} absent`;
  const [name, flags, type] = random.pick(SECTIONS);
  // Nobody refers to thread-local symbols, which would be a mistake of its own.
  const symbol = `${flags.includes("T") && random.chance(97) ? "t" : "s"}${object}_${number}`;
  const lines: string[] = [];
  if (random.chance(8) && !flags.includes("e"))
    lines.push(
      `.section ${name}.group,"${flags}G",@${type === "unwind" ? "progbits" : type},grp${random.below(3)},comdat`,
    );
  else if (type === "unwind") lines.push(`.section ${name},"${flags}",@progbits`);
  else lines.push(`.section ${name},"${flags}",@${type}`);
  if (random.chance(60)) lines.push(`.balign ${random.chance(5) ? 4096 : 1 << random.below(6)}`);
  const global = random.chance(70);
  const kind = flags.includes("T") ? "tls_object" : flags.includes("x") ? "function" : "object";
  if (global) lines.push(`.${random.chance(12) ? "weak" : "globl"} ${symbol}`);
  if (global && random.chance(10)) lines.push(`.hidden ${symbol}`);
  if (random.chance(50)) lines.push(`.type ${symbol},@${kind}`);
  lines.push(`${symbol}:`);
  const room = random.chance(15) ? 0 : 1 + random.below(40);
  // Relaxation leaves no instruction at an odd address.
  const size = flags.includes("x") ? room & ~1 : room;
  if (type === "nobits") lines.push(`.skip ${size}`);
  else if (type === "note") lines.push('.long 4,4,1\n.asciz "ABC"\n.long 7');
  else if (size) {
    lines.push(`.fill ${size},1,${1 + random.below(200)}`);
    const references = random.below(3);
    const word = wide ? "quad" : "long";
    if (references) lines.push(`.balign ${wide ? 8 : 4}`);
    for (let i = 0; i < references; i++) {
      // Not all of them exist: then it is a weak reference. Thread-local ones have numbers of their own.
      const other = `s${random.below(2)}_${random.below(10)}`;
      lines.push(`.weak ${other}`, `.${word} ${other}${random.chance(30) ? "+4" : ""}`);
    }
  }
  if (random.chance(40)) lines.push(`.size ${symbol}, .-${symbol}`);
  return lines.join("\n");
}

const PATTERNS: readonly string[] = [
  "*(.text)",
  "*(.text .text.*)",
  "*(.text*)",
  "*(.rodata .rodata.*)",
  "*(.rodata)",
  "*(.data .data.*)",
  "*(.data)",
  "*(.bss .bss.* COMMON)",
  "*(.bss)",
  "*(COMMON)",
  "*(.sdata .sbss)",
  "*(.tdata .tdata.*)",
  "*(.tbss .tbss.*)",
  "KEEP(*(.init_array .init_array.*))",
  "KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) SORT_BY_INIT_PRIORITY(.ctors.*)))",
  "KEEP(*(SORT(.ctors*)))",
  "*(SORT_BY_ALIGNMENT(.text*))",
  "*(SORT_BY_NAME(SORT_BY_ALIGNMENT(.data*)))",
  "*(.note.*)",
  "a.o(.rodata*)",
  "b.o(.data* .text*)",
  "*(EXCLUDE_FILE(b.o) .text* .rodata*)",
  "EXCLUDE_FILE(a.o) *(.data*)",
  "INPUT_SECTION_FLAGS(SHF_ALLOC & !SHF_WRITE) *(plain code .rodata*)",
  "*(plain)",
  "*(mixed vars)",
  "*(zeros)",
  "KEEP(*(.kept))",
  "*(.comment)",
  "*(.debug_*)",
  "*(.gnu.linkonce.*)",
  "*(.nothing)",
  "*(.eh_frame)",
];

const NAMES = [
  ".text",
  ".rodata",
  ".data",
  ".bss",
  ".tdata",
  ".tbss",
  ".sdata",
  ".mine",
  "vars",
  ".other",
  ".init",
  ".note.a",
  "plain",
  "code",
];

function expression(random: Random, depth = 0): string {
  const leaves = [
    () => ".",
    () => `0x${(random.below(64) * 64).toString(16)}`,
    () => `${random.below(100)}`,
    () => `SIZEOF(${random.pick(NAMES)})`,
    () => `ADDR(${random.pick(NAMES)})`,
    () => `LOADADDR(${random.pick(NAMES)})`,
    () => `sym${random.below(5)}`,
    () => `s${random.below(2)}_${random.below(10)}`,
    () => "CONSTANT(MAXPAGESIZE)",
    () => "SIZEOF_HEADERS",
    () => `DEFINED(sym${random.below(5)})`,
    () => `ALIGNOF(${random.pick(NAMES)})`,
  ];
  if (depth > 2 || random.chance(45)) return random.pick(leaves)();
  const a = () => expression(random, depth + 1);
  return random.pick([
    () => `(${a()} + ${a()})`,
    () => `(${a()} - ${a()})`,
    () => `(${a()} & ${a()})`,
    () => `ALIGN(${a()}, ${1 << random.below(7)})`,
    () => `ALIGN(${1 << random.below(7)})`,
    () => `MAX(${a()}, ${a()})`,
    () => `MIN(${a()}, ${a()})`,
    () => `ABSOLUTE(${a()})`,
    () => `(${a()} > ${a()} ? ${a()} : ${a()})`,
    () => `(${a()} << 1)`,
    () => `~${a()}`,
    () => `(DEFINED(sym1) ? sym1 : ${a()})`,
    () => `NEXT(${1 << random.below(5)})`,
  ])();
}

function assignment(random: Random): string {
  const name = `sym${random.below(5)}`;
  const value = expression(random);
  return random.pick([
    `${name} = ${value};`,
    `${name} = ${value};`,
    `PROVIDE(${name} = ${value});`,
    `PROVIDE_HIDDEN(${name} = ${value});`,
    `HIDDEN(${name} = ${value});`,
    `${name} += 4;`,
    `PROVIDE(s0_${random.below(10)} = ${value});`,
    `__start_vars = ${value};`,
  ]);
}

function statement(random: Random): Item {
  const kind = random.below(100);
  if (kind < 60) return random.pick(PATTERNS);
  if (kind < 72) return assignment(random);
  if (kind < 78) return `. = ALIGN(${1 << random.below(8)});`;
  if (kind < 82) return `. = . + ${random.below(40)};`;
  if (kind < 84) return `. += ${random.below(20)};`;
  if (kind < 86) return `. = . + (${expression(random)} & 0xff);`;
  if (kind < 92) return `${random.pick(["BYTE", "SHORT", "LONG", "QUAD", "SQUAD"])}(${expression(random)})`;
  if (kind < 95) return `FILL(0x${random.below(65536).toString(16)});`;
  if (kind < 97) return "CONSTRUCTORS";
  if (kind < 98) return "CREATE_OBJECT_SYMBOLS";
  return `ASSERT(${expression(random)} >= 0, "never");`;
}

export interface Context {
  readonly regions: readonly string[];
  readonly phdrs: readonly string[];
}

export function outputSection(random: Random, context: Context): Item {
  const name = random.pick(NAMES);
  let head = name;
  if (random.chance(10)) head += ` (${expression(random)})`;
  else if (random.chance(8)) head += ` ALIGN(${1 << random.below(8)})`;
  else if (random.chance(9)) head += ` . + ${random.below(64)}`;
  if (random.chance(8))
    head += ` (${random.pick(["NOLOAD", "INFO", "COPY", "DSECT", "OVERLAY", "READONLY", "TYPE=SHT_PROGBITS", "READONLY (TYPE=SHT_PROGBITS)"])})`;
  head += " :";
  if (random.chance(10))
    head += ` AT(${random.pick([`LOADADDR(${random.pick(NAMES)}) + 64`, "0x20000", `ADDR(${name})`, "sym1"])})`;
  if (random.chance(10)) head += ` ALIGN(${1 << random.below(7)})`;
  if (random.chance(5)) head += " ALIGN_WITH_INPUT";
  if (random.chance(6)) head += ` SUBALIGN(${1 << random.below(6)})`;
  const conditional = random.chance(6);
  if (conditional) head += ` ${random.pick(["ONLY_IF_RO", "ONLY_IF_RW"])}`;
  head += " {";
  const body: Item[] = [];
  for (let i = random.below(5) + (random.chance(90) ? 1 : 0); i > 0; i--)
    body.push(conditional ? random.pick(PATTERNS) : statement(random));
  let tail = "}";
  if (context.regions.length && random.chance(70)) tail += ` >${random.pick(context.regions)}`;
  if (context.regions.length && random.chance(20)) tail += ` AT>${random.pick(context.regions)}`;
  if (context.phdrs.length && random.chance(50)) tail += ` :${random.pick(context.phdrs)}`;
  if (context.phdrs.length && random.chance(8)) tail += ` :${random.pick([...context.phdrs, "NONE"])}`;
  if (random.chance(12)) tail += ` =0x${random.below(65536).toString(16)}`;
  if (random.chance(5)) tail += ",";
  return { head, body, tail };
}

function overlay(random: Random, context: Context): Item {
  const head = `OVERLAY ${random.chance(60) ? `0x${(random.below(64) * 256).toString(16)} ` : ""}: ${random.chance(30) ? "NOCROSSREFS " : ""}${random.chance(40) ? `AT(0x${(random.below(64) * 256).toString(16)}) ` : ""}{`;
  const body: Item[] = [];
  for (let i = 0; i < 1 + random.below(3); i++)
    body.push({
      head: `.ov${random.below(8)} {`,
      body: [statement(random), random.pick(PATTERNS)],
      tail: "}",
    });
  let tail = "}";
  if (context.regions.length && random.chance(60)) tail += ` >${random.pick(context.regions)}`;
  if (context.regions.length && random.chance(20)) tail += ` AT>${random.pick(context.regions)}`;
  if (context.phdrs.length && random.chance(30)) tail += ` :${random.pick(context.phdrs)}`;
  return { head, body, tail };
}

function sectionsCommands(random: Random, context: Context): Item[] {
  const items: Item[] = [];
  if (random.chance(50)) items.push(`. = 0x${((1 + random.below(64)) * 0x1000).toString(16)};`);
  if (random.chance(15)) items.push('. = SEGMENT_START("text-segment", 0x400000) + SIZEOF_HEADERS;');
  for (let i = 2 + random.below(6); i > 0; i--) {
    const kind = random.below(100);
    if (kind < 74) items.push(outputSection(random, context));
    else if (kind < 79) items.push(overlay(random, context));
    else if (kind < 89) items.push(assignment(random));
    else if (kind < 93)
      items.push(`. = ALIGN(${random.pick(["0x1000", "CONSTANT(COMMONPAGESIZE)", "16"])});`);
    else if (kind < 95) items.push(`. = . + ${random.below(256)};`);
    else if (kind < 96)
      items.push(
        ". = DATA_SEGMENT_ALIGN(CONSTANT(MAXPAGESIZE), CONSTANT(COMMONPAGESIZE));",
        ". = DATA_SEGMENT_END(.);",
      );
    else if (kind < 98) items.push(`ASSERT(${expression(random)} >= 0, "never")`);
    else items.push("/DISCARD/ : { *(.comment) *(.odd*) *(.debug_line) }");
  }
  return items;
}

const REGIONS = [
  "FLASH (rx) : ORIGIN = 0x10000, LENGTH = 64K",
  "RAM (rwx) : ORIGIN = 0x80000, LENGTH = 64K",
  "SMALL (rw!x) : ORIGIN = 0x90000, LENGTH = 40",
  "ANY : ORIGIN = 0xa0000, LENGTH = 1M",
  "NOT (!w) : org = 0x300000, len = 2K",
  "PAGE (a) : o = 0xc0000, l = 256K",
];

const HEADERS = [
  "headers PT_PHDR PHDRS;",
  "text PT_LOAD FILEHDR PHDRS;",
  "data PT_LOAD;",
  "more PT_LOAD FLAGS(6);",
  "at PT_LOAD AT(0x200000);",
  "tls PT_TLS;",
  "note PT_NOTE;",
  "stack PT_GNU_STACK FLAGS(6);",
];

const OPTIONS: readonly (readonly [percent: number, option: string])[] = [
  [20, "--gc-sections"],
  [12, "-r"],
  [12, "--build-id=0x0102030405"],
  [6, "-N"],
  [6, "-n"],
  [8, "-z noseparate-code"],
  [8, "-q"],
  [5, "-s"],
  [5, "-S"],
  [5, "-x"],
  [5, "-X"],
  [8, "--orphan-handling=warn"],
  [3, "--orphan-handling=discard"],
  [3, "--orphan-handling=error"],
  [6, "--print-gc-sections"],
  [8, "--no-relax"],
  [4, "-Ttext=0x5000"],
  [4, "-Tdata=0x7000"],
  [3, "--section-start=.mine=0x9000"],
  [5, "--sort-section=name"],
  [5, "--sort-section=alignment"],
  [4, "--sort-common"],
  [4, "--unique=.text*"],
  [5, "--defsym=sym3=0x123"],
  [4, "-e s0_1"],
  [4, "-u s1_2"],
  [6, "--print-memory-usage"],
  [4, "--no-define-common"],
  [4, "-d"],
  [4, "--warn-common"],
  [4, "-z max-page-size=0x10000"],
  [4, "--no-check-sections"],
  [4, "--warn-section-align"],
  [4, "--eh-frame-hdr"],
  [3, "--force-group-allocation"],
  [4, "-z nostart-stop-gc"],
  [3, "-z start-stop-visibility=hidden"],
  [3, "--wrap=s0_1"],
  [3, "--omagic"],
  [3, "-O2"],
  [3, "--no-print-gc-sections"],
  [10, "-Map=MAP"],
  [3, "--oformat=binary"],
  [3, "-z nognustack"],
  [3, "-z execstack"],
  [3, "-z noexecstack"],
  [3, "--no-warn-rwx-segments"],
];

/** The link of a number. */
export function generateLink(seed: number): GeneratedLink {
  const random = new Random(seed);
  const target = random.pick(["x86-64", "x86-64", "riscv32", "riscv64"] as const);
  const wide = target !== "riscv32";
  const objects: string[][] = [];
  for (let object = 0; object < 2; object++) {
    const pieces: string[] = [];
    for (let i = random.below(9) + 1; i > 0; i--) pieces.push(piece(random, object, i, wide));
    if (random.chance(60)) pieces.push('.section .note.GNU-stack,"",@progbits');
    if (random.chance(12))
      pieces.push(
        ".text\n.cfi_startproc\n.nop_here: .byte 0x13,0,0,0\n.cfi_endproc".replace(
          ".nop_here",
          `cfi${object}`,
        ),
      );
    objects.push(pieces);
  }
  objects[0].push(".globl _start\n.text\n_start: .byte 0x13,0,0,0");
  const scripts: GeneratedScript[] = [];
  const shape = random.below(100);
  const context = (): { before: string[]; context: Context } => {
    const before: string[] = [];
    const regions = random.chance(35) ? random.some(REGIONS, 60) : [];
    if (regions.length) before.push(`MEMORY { ${regions.join(" ")} }`);
    const names = regions.map((text) => text.split(" ")[0]);
    if (names.length && random.chance(15)) {
      before.push(`REGION_ALIAS("ALIAS", ${names[0]})`);
      names.push("ALIAS");
    }
    const headers = random.chance(20) ? random.some(HEADERS, 55) : [];
    if (headers.length) before.push(`PHDRS { ${headers.join(" ")} }`);
    if (random.chance(30)) before.push("ENTRY(_start)");
    if (random.chance(10)) before.push("EXTERN(main s9_9)");
    if (random.chance(8)) before.push("FORCE_COMMON_ALLOCATION");
    if (random.chance(5)) before.push("INHIBIT_COMMON_ALLOCATION");
    if (random.chance(5)) before.push("FORCE_GROUP_ALLOCATION");
    if (random.chance(25)) before.push(assignment(random));
    if (random.chance(6)) before.push(`NOCROSSREFS(.text .data)`);
    if (random.chance(4)) before.push(`NOCROSSREFS_TO(.text .data)`);
    return { before, context: { regions: names, phdrs: headers.map((text) => text.split(" ")[0]) } };
  };
  if (shape < 80) {
    const { before, context: names } = context();
    scripts.push({
      before,
      sections: sectionsCommands(random, names),
      after: random.chance(20) ? [assignment(random)] : [],
    });
    if (random.chance(8))
      scripts.push({
        before: [],
        sections: sectionsCommands(random, names),
        after: [`INSERT ${random.pick(["AFTER", "BEFORE"])} ${random.pick(NAMES)};`],
      });
  } else if (shape < 92) {
    // The built-in script with something inserted.
    scripts.push({
      before: [],
      sections: [outputSection(random, { regions: [], phdrs: [] })],
      after: [
        `INSERT ${random.pick(["AFTER", "BEFORE"])} ${random.pick([".text", ".data", ".rodata", ".bss", ".comment"])};`,
      ],
    });
  }
  const options = OPTIONS.filter(([percent]) => random.below(100) < percent / 2.5)
    .map(([, option]) => option)
    // GNU ld for RISC-V does not write plain binaries, and that for bare metal has no -z relro to compare with.
    .filter(
      (option) =>
        target === "x86-64" || !/^(--oformat|--build-id|--eh-frame-hdr|-z (no)?separate)/.test(option),
    );
  return { target, objects, scripts, options };
}

/** The same link for other machines, with other orders of files, or with an archive. */
export function varyLink(link: GeneratedLink, seed: number): GeneratedLink {
  const random = new Random(seed + 0x10000);
  const arrangement = random.pick([
    undefined,
    "scripts first",
    "scripts between",
    "archive",
    "group",
  ] as const);
  if (link.target !== "x86-64" || random.chance(40)) return { ...link, arrangement };
  const objects = link.objects.map((pieces) =>
    pieces.map((piece) => piece.replace(/\.quad (?=[a-z])/g, ".long ")),
  );
  return { ...link, target: "i386", objects, arrangement };
}

export function scriptText(script: GeneratedScript): string {
  const show = (item: Item, indent: string): string =>
    typeof item === "string"
      ? `${indent}${item}\n`
      : `${indent}${item.head}\n${item.body.map((inner) => show(inner, `${indent}  `)).join("")}${indent}${item.tail}\n`;
  return [
    ...script.before.map((line) => `${line}\n`),
    "SECTIONS\n{\n",
    ...script.sections.map((item) => show(item, "  ")),
    "}\n",
    ...script.after.map((line) => `${line}\n`),
  ].join("");
}

/** The link with one part less, for every part. */
export function* smaller(link: GeneratedLink): Generator<GeneratedLink> {
  const without = <T>(list: readonly T[], i: number) => list.filter((_, at) => at !== i);
  for (let i = 0; i < link.scripts.length; i++) {
    if (link.scripts.length > 1) yield { ...link, scripts: without(link.scripts, i) };
    const script = link.scripts[i];
    const replace = (changed: GeneratedScript): GeneratedLink => ({
      ...link,
      scripts: link.scripts.map((each, at) => (at === i ? changed : each)),
    });
    for (let k = 0; k < script.before.length; k++)
      yield replace({ ...script, before: without(script.before, k) });
    const inserts = script.after.some((line) => line.startsWith("INSERT"));
    for (const sections of smallerItems(script.sections))
      if (sections.length || !inserts) yield replace({ ...script, sections });
    if (!inserts)
      for (let k = 0; k < script.after.length; k++)
        yield replace({ ...script, after: without(script.after, k) });
  }
  for (let i = 0; i < link.options.length; i++) yield { ...link, options: without(link.options, i) };
  for (let i = 0; i < link.objects.length; i++)
    for (let k = 0; k < link.objects[i].length; k++)
      yield { ...link, objects: link.objects.map((each, at) => (at === i ? without(each, k) : each)) };
}

function* smallerItems(items: readonly Item[]): Generator<readonly Item[]> {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    yield items.filter((_, at) => at !== i);
    if (typeof item === "string") continue;
    for (const body of smallerItems(item.body))
      yield items.map((each, at) => (at === i ? { ...item, body } : each));
    for (const field of ["head", "tail"] as const) {
      const words = item[field].split(" ");
      for (let k = 1; k < words.length; k++) {
        const changed = words.filter((_, at) => at !== k).join(" ");
        if (field === "head" && !changed.endsWith("{")) continue;
        yield items.map((each, at) => (at === i ? { ...item, [field]: changed } : each));
      }
    }
  }
}
