/**
 * Every construct of the language: a text as we print it, or a text and how we
 * print it. `gnu` says when GNU ld 2.40 does not read the text.
 */
export interface Construct {
  readonly name: string;
  readonly text: string;
  readonly formatted?: string;
  readonly gnu?: "rejects";
}

const lines = (...text: string[]) => `${text.join("\n")}\n`;
const same = (name: string, ...text: string[]): Construct => ({ name, text: lines(...text) });
const other = (name: string, text: string, formatted: string, gnu?: "rejects"): Construct => ({
  name,
  text,
  formatted: formatted === "" || formatted.endsWith("\n") ? formatted : `${formatted}\n`,
  gnu,
});
const newer = (name: string, ...text: string[]): Construct => ({ ...same(name, ...text), gnu: "rejects" });

/** A statement of an output section. */
const inside = (name: string, text: string, formatted = text, gnu?: "rejects") =>
  other(
    name,
    `SECTIONS { .x : { ${text} } }`,
    lines(
      "SECTIONS {",
      formatted.includes("\n")
        ? `  .x : {\n${formatted.replace(/^/gm, "    ")}\n  }`
        : `  .x : { ${formatted} }`,
      "}",
    ),
    gnu,
  );

/** The head and tail of an output section. */
const section = (name: string, text: string, formatted = text, gnu?: "rejects") =>
  other(name, `SECTIONS { ${text} }`, lines("SECTIONS {", `  ${formatted}`, "}"), gnu);

export const constructs: readonly Construct[] = [
  // Simple commands
  same("ENTRY", "ENTRY(_start)"),
  same("ENTRY quoted", 'ENTRY("_start")'),
  same("INPUT", "INPUT(a.o lib/b.o -lc)"),
  other("INPUT with commas", "INPUT(a.o, b.o,-lc , c.o)", "INPUT(a.o b.o -lc c.o)"),
  same("INPUT in the sysroot", "INPUT(=/lib/crt1.o $SYSROOT/lib/crti.o)"),
  same("GROUP with AS_NEEDED", "GROUP(/lib/libc.so.6 libc_nonshared.a AS_NEEDED(ld.so -lm))"),
  same("OUTPUT", "OUTPUT(a.out)"),
  same("OUTPUT_FORMAT", "OUTPUT_FORMAT(elf64-x86-64)"),
  same("OUTPUT_FORMAT with three", 'OUTPUT_FORMAT("elf64-x86-64", "elf64-x86-64", "elf64-x86-64")'),
  same("OUTPUT_FORMAT with three, unquoted", "OUTPUT_FORMAT(elf64-x86-64 , elf64-x86-64 , elf64-x86-64)"),
  same("OUTPUT_ARCH", "OUTPUT_ARCH(i386:x86-64)"),
  same("TARGET", "TARGET(elf64-x86-64)"),
  same("SEARCH_DIR", 'SEARCH_DIR("=/usr/lib")', "SEARCH_DIR(/lib)"),
  same("STARTUP", "STARTUP(crt0.o)"),
  other("EXTERN", "EXTERN(a b, c)", "EXTERN(a b c)"),
  same(
    "allocation of commons",
    "FORCE_COMMON_ALLOCATION",
    "INHIBIT_COMMON_ALLOCATION",
    "FORCE_GROUP_ALLOCATION",
  ),
  other("INSERT", "SECTIONS { } INSERT AFTER .text;", "SECTIONS { }\nINSERT AFTER .text;"),
  same("INSERT BEFORE", "SECTIONS { }", "INSERT BEFORE .text;"),
  other("NOCROSSREFS", "NOCROSSREFS(.a .b , .c)", "NOCROSSREFS(.a .b .c)"),
  same("NOCROSSREFS_TO", "NOCROSSREFS_TO(.a .b)"),
  same("LD_FEATURE", 'LD_FEATURE("SANE_EXPR")'),
  other(
    "obsolete commands",
    "HLL() SYSLIB(a b) MAP(m) FLOAT NOFLOAT",
    "HLL()\nSYSLIB(a b)\nMAP(m)\nFLOAT\nNOFLOAT",
  ),
  other("stray semicolons", ";; ENTRY(a); ;", "ENTRY(a)"),

  // Assignments
  ...["=", "+=", "-=", "*=", "/=", "<<=", ">>=", "&=", "|="].map((operator) =>
    same(`assignment ${operator}`, "a = 1;", `a ${operator} 2;`),
  ),
  newer("assignment ^=", "a = 1;", "a ^= 2;"),
  other("PROVIDE with odd blanks", "PROVIDE ( b =1 );", "PROVIDE(b = 1);"),
  same("PROVIDE and its kin", "PROVIDE(a = 1);", "HIDDEN(b = 2);", "PROVIDE_HIDDEN(c = 3);"),
  other("quoted symbol", '"a b" = 1;', '"a b" = 1;'),
  other("comma as separator", "a = 1, b = 2;", "a = 1;\nb = 2;"),
  same("ASSERT", 'ASSERT(1 < 2, "one is less than two");'),
  other("ASSERT without semicolon", 'ASSERT(1, "x") a = 1;', 'ASSERT(1, "x");\na = 1;'),

  // Expressions
  ...[
    "1 + 2 - 3 * 4 / 5 % 6",
    "1 << 2 >> 3",
    "1 < 2 == 3 > 4 != 5 <= 6 >= 7",
    "1 & 2 | 3 && 4 || 5",
    "-1 + ~2 + !3 + +4",
    "(1 + 2) * 3",
    "a ? b : c ? d : e",
    "0x1F + 0X1f + $1f + 1Fh + 17o + 101b + 12d + 017 + 4K + 1M + 2k + 3m + 0x10K",
    'ABSOLUTE(.) + ADDR(.a-b) + ADDR(".x") + LOADADDR(.a) + SIZEOF(.a) + ALIGNOF(.a)',
    "ALIGN(8) + ALIGN(., 8) + BLOCK(8) + NEXT(8) + MAX(1, 2) + MIN(1, 2) + LOG2CEIL(5)",
    "DEFINED(a) + DEFINED(.a)",
    "CONSTANT(MAXPAGESIZE) + CONSTANT(COMMONPAGESIZE)",
    "ORIGIN(ram) + LENGTH(ram)",
    'SEGMENT_START("text-segment", 0x1000) + SEGMENT_START(data , 1)',
    "SIZEOF_HEADERS",
    "DATA_SEGMENT_ALIGN(0x1000, 0x100) + DATA_SEGMENT_RELRO_END(0, .) + DATA_SEGMENT_END(.)",
    'ASSERT(5, "message")',
    "$zz + $a$b + .foo + _x/y + a~b + \\x",
  ].map((text) => same(text, `x = ${text};`)),
  newer("exclusive or", "x = 1 ^ 2 & 3;"),
  other("sizeof_headers", "x = sizeof_headers;", "x = SIZEOF_HEADERS;"),
  other("no blanks between operands", "x = (1+2)*3<<4?5:6;", "x = (1 + 2) * 3 << 4 ? 5 : 6;"),

  // MEMORY
  same(
    "MEMORY",
    "MEMORY {",
    "  rom (rx!w) : ORIGIN = 0, LENGTH = 256K",
    "  ram        : ORIGIN = 0x20000000, LENGTH = 64K",
    "}",
  ),
  other(
    "MEMORY, short keywords",
    "MEMORY { rom (!rx w) : org = 0x0 len = 1K, ram(rwx):o = 4, l = 3K }",
    lines(
      "MEMORY {",
      "  rom (!rx w) : ORIGIN = 0x0, LENGTH = 1K",
      "  ram (rwx)   : ORIGIN = 4, LENGTH = 3K",
      "}",
    ),
    "rejects",
  ),
  other("MEMORY without regions", "MEMORY {}", "MEMORY { }"),
  same("REGION_ALIAS", 'REGION_ALIAS("a", ram)', "REGION_ALIAS(b , ram)"),

  // PHDRS
  same(
    "PHDRS",
    "PHDRS {",
    "  headers PT_PHDR PHDRS;",
    "  text PT_LOAD FILEHDR PHDRS AT(0x1000) FLAGS(5);",
    "  odd 0x60000000 + 1;",
    "}",
  ),

  // SECTIONS
  other("empty SECTIONS", "SECTIONS {}", "SECTIONS { }"),
  same(
    "commands in SECTIONS",
    "SECTIONS {",
    "  ENTRY(a)",
    "  . = 0x1000;",
    '  ASSERT(1, "x")',
    "  PROVIDE(b = .);",
    "}",
  ),
  section("empty section", ".x : { }"),
  section("a bare name", ".x : { a.o }"),
  section("no blanks", ".x :{*(.x)}", ".x : { *(.x) }"),
  section("section address", ".x 0x1000 + 4 : { *(.x) }"),
  section("section address by ALIGN", ".x ALIGN(8) : { *(.x) }"),
  section("section address in parentheses", ".x (NOLOADED + 1) : { *(.x) }"),
  section("section address by BIND", ".x BIND(4) BLOCK(8) : { *(.x) }", ".x 4 : { *(.x) }"),
  ...[
    "NOLOAD",
    "COPY",
    "INFO",
    "DSECT",
    "OVERLAY",
    "READONLY",
    "TYPE = SHT_NOTE",
    "READONLY (TYPE = 3)",
    "",
  ].map((type) => section(`type (${type})`, `.x 4 (${type}) : { *(.x) }`)),
  section("type without address", ".x (NOLOAD) : { *(.x) }"),
  section("attributes", ".x : AT(4) ALIGN(8) ALIGN_WITH_INPUT SUBALIGN(2) ONLY_IF_RO { *(.x) }"),
  section(
    "attributes in another order",
    ".x : ONLY_IF_RW SUBALIGN(2) ALIGN(8) AT(4) { *(.x) }",
    ".x : AT(4) ALIGN(8) SUBALIGN(2) ONLY_IF_RW { *(.x) }",
    "rejects",
  ),
  section("SPECIAL", ".x : SPECIAL { *(.x) }"),
  section("placement", ".x : { *(.x) } >ram AT>rom :text :data =0x90909090"),
  section(
    "placement with blanks",
    ".x : { *(.x) } > ram AT > rom : text = 0x90",
    ".x : { *(.x) } >ram AT>rom :text =0x90",
  ),
  section("DISCARD", "/DISCARD/ : { *(.comment) }"),
  section(
    "DISCARD after a fill",
    ".x : { *(.x) } =0 /DISCARD/ : { *(.y) }",
    ".x : { *(.x) } =0\n  /DISCARD/ : { *(.y) }",
  ),
  section(
    "comma after a section",
    ".x : { *(.x) }, .y : { *(.y) } =4, . = 4;",
    ".x : { *(.x) }\n  .y : { *(.y) } =4\n  . = 4;",
  ),
  section("quoted section", '"a b" : { *("c d") }'),
  same(
    "OVERLAY",
    "SECTIONS {",
    "  OVERLAY 0x1000 : NOCROSSREFS AT(0x4000) SUBALIGN(4) {",
    "    .a { *(.a) } :text =1",
    "    .b { *(.b) }",
    "  } >ram :data =2",
    "}",
  ),
  other("OVERLAY without address", "SECTIONS { OVERLAY : { } }", lines("SECTIONS {", "  OVERLAY : { }", "}")),
  other(
    "OVERLAY with a type",
    "SECTIONS { OVERLAY : { .a (NOLOAD) { *(.a) } } }",
    lines("SECTIONS {", "  OVERLAY : {", "    .a (NOLOAD) { *(.a) }", "  }", "}"),
    "rejects",
  ),

  // Input sections
  inside("all sections", "*(*)"),
  inside("two patterns", "*(.a .b*)"),
  inside("archive members", "*lib.a:x.o(.a) lib.a:(.b) :y.o(.c)", "*lib.a:x.o(.a)\nlib.a:(.b)\n:y.o(.c)"),
  inside("sections of any file", "[ .a .b ]"),
  inside("KEEP", "KEEP(*(.a)) KEEP(b.o)", "KEEP(*(.a))\nKEEP(b.o)"),
  inside("EXCLUDE_FILE outside", "EXCLUDE_FILE(*a.o b.o) *(.a .b)"),
  inside("EXCLUDE_FILE inside", "*(EXCLUDE_FILE(*a.o b.o) .a .b EXCLUDE_FILE(c.o) .c)"),
  inside("SORT of files", "SORT(*)(.a) SORT_NONE(*)(.b)", "SORT_BY_NAME(*)(.a)\nSORT_NONE(*)(.b)"),
  inside("SORT of files with EXCLUDE_FILE", "SORT_BY_NAME(EXCLUDE_FILE(a.o) *)(.a)"),
  inside("SORT", "*(SORT(.a*) SORT_BY_NAME(.b))", "*(SORT_BY_NAME(.a*) SORT_BY_NAME(.b))"),
  inside("SORT_BY", "*(SORT_BY_ALIGNMENT(.a) SORT_BY_INIT_PRIORITY(.b) SORT_NONE(.c))"),
  inside("nested SORT_BY", "*(SORT_BY_NAME(SORT_BY_ALIGNMENT(.a)) SORT_BY_ALIGNMENT(SORT_BY_NAME(.b)))"),
  inside("SORT_BY with EXCLUDE_FILE", "*(SORT_BY_NAME(EXCLUDE_FILE(a.o) .a))"),
  inside(
    "EXCLUDE_FILE before SORT",
    "*(EXCLUDE_FILE(a.o) SORT(.a))",
    "*(SORT_BY_NAME(EXCLUDE_FILE(a.o) .a))",
    "rejects",
  ),
  inside("REVERSE", "*(REVERSE(SORT_BY_NAME(.a)))", "*(SORT_BY_NAME(REVERSE(.a)))", "rejects"),
  inside("INPUT_SECTION_FLAGS", "INPUT_SECTION_FLAGS(SHF_ALLOC & !SHF_WRITE) *(.a)"),
  inside(
    "INPUT_SECTION_FLAGS in KEEP, without blanks",
    "KEEP(INPUT_SECTION_FLAGS(SHF_ALLOC&!SHF_WRITE) *(.a))",
    "KEEP(INPUT_SECTION_FLAGS(SHF_ALLOC & !SHF_WRITE) *(.a))",
  ),
  inside("odd file names", "a=b c,d-e+f :g /h/*.o(.x)", "a=b\nc,d-e+f\n:g\n/h/*.o(.x)"),

  // Other statements
  inside(
    "data",
    "BYTE(1) SHORT(2) LONG(3) QUAD(4) SQUAD(-5)",
    "BYTE(1)\nSHORT(2)\nLONG(3)\nQUAD(4)\nSQUAD(-5)",
  ),
  inside("FILL", "FILL(0x9090)"),
  inside("CREATE_OBJECT_SYMBOLS", "CREATE_OBJECT_SYMBOLS"),
  inside("CONSTRUCTORS", "CONSTRUCTORS SORT(CONSTRUCTORS)", "CONSTRUCTORS\nSORT(CONSTRUCTORS)"),
  inside(
    "assignments",
    "a = .; . += 4; PROVIDE(b = .); HIDDEN(c = .);",
    "a = .;\n. += 4;\nPROVIDE(b = .);\nHIDDEN(c = .);",
  ),
  inside("ASSERT", 'ASSERT(1, "x"); . = 4;', 'ASSERT(1, "x");\n. = 4;'),
  inside("ASSERT without semicolon", 'ASSERT(1, "x") . = 4;', 'ASSERT(1, "x");\n. = 4;', "rejects"),
  inside("ASCIZ", 'ASCIZ "a\\n"'),
  inside("ASCII", 'ASCII(8) "a"', 'ASCII(8) "a"', "rejects"),
  inside("LINKER_VERSION", "LINKER_VERSION"),
  inside("semicolons", ";; *(.a) ; *(.b);", "*(.a)\n*(.b)"),

  // VERSION
  same(
    "VERSION",
    "VERSION {",
    "  V1 {",
    "    global:",
    "      a;",
    "      b*;",
    '      extern "C++" {',
    '        "ns::f(int)";',
    "        ns::*;",
    "      };",
    "    local:",
    "      *;",
    "  };",
    "  V2 {",
    "    global:",
    "      c;",
    "  } V1;",
    "}",
  ),
  other(
    "anonymous VERSION",
    "VERSION { { a; local: *; }; }",
    lines("VERSION {", "  {", "    global:", "      a;", "    local:", "      *;", "  };", "}"),
    "rejects",
  ),
  other("empty version", "VERSION { V { }; }", lines("VERSION {", "  V {", "  };", "}")),
  other(
    "words of the language as symbols",
    "VERSION { V { global: global; extern; local: local; }; }",
    lines(
      "VERSION {",
      "  V {",
      "    global:",
      "      global;",
      "      extern;",
      "    local:",
      "      local;",
      "  };",
      "}",
    ),
  ),

  // Layout of the text
  same(
    "comments",
    "/* first */",
    "ENTRY(a) /* trailing */",
    "# to the end",
    "ENTRY(b) # more",
    "",
    "/* last */",
  ),
  same(
    "comments in blocks",
    "SECTIONS {",
    "  /* before */",
    "  .x : {",
    "    *(.a) /* after */",
    "    /* end } */",
    "  } /* x */",
    "  /* end */",
    "}",
  ),
  other("blank lines", "\n\nENTRY(a)\n\n\n\nENTRY(b)\nENTRY(c)\n\n", "ENTRY(a)\n\nENTRY(b)\nENTRY(c)"),
  newer("OVERWRITE_SECTIONS", "OVERWRITE_SECTIONS {", "  .x : { *(.x) }", "}"),
];
