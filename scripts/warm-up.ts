import { writeArchive } from "../src/archive/index.ts";
import * as R from "../src/elf/index.ts";
import {
  EM_RISCV,
  EM_X86_64,
  SHF_ALLOC,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHT_INIT_ARRAY,
  SHT_NOTE,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_OBJECT,
  STT_TLS,
  STV_HIDDEN,
} from "../src/elf/index.ts";
import {
  type BuildObject,
  type BuildRelocation,
  type BuildSection,
  buildObject,
} from "../src/elf/testing.ts";
import * as X from "../src/targets/x86-64/types.ts";

// The links that scripts/build.mjs runs while it makes the start-up snapshot of
// the linker. What V8 compiled for them is in the snapshot, so a user's link
// does not wait for it; what they miss is compiled when it is needed. So they
// do a little of all that a static program of C, C++ or Rust asks of a linker:
// archives, unwind tables, merged strings, groups, thread-local variables,
// indirect functions, relaxation, both with the built-in script and with one of
// a microcontroller. The results are thrown away.

/** Files to write into an empty folder, and command lines to run there. */
export interface WarmUp {
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly commands: readonly (readonly string[])[];
  /** Command lines of which what they compile is kept, but not in the snapshot. */
  readonly seldom: readonly (readonly string[])[];
}

const encoder = new TextEncoder();
const text = (value: string) => encoder.encode(value);
const STRINGS = SHF_ALLOC | SHF_MERGE | SHF_STRINGS;

/** What differs between the machines. */
interface Machine {
  readonly object: Pick<BuildObject, "machine" | "is64" | "flags">;
  readonly word: number;
  readonly code: readonly number[];
  /** For .text, whose labels are `.L0` and so on. */
  readonly relocations: readonly BuildRelocation[];
  /** A word's address; the distance from a place in the unwind table. */
  readonly address: number;
  readonly distance: number;
  readonly sections: readonly BuildSection[];
  /** Relocations of debug sections. */
  readonly debug: readonly BuildRelocation[];
}

const at = (offset: number, type: number, symbol: string, addend = 0): BuildRelocation => ({
  section: ".text",
  offset,
  type,
  symbol,
  addend,
});

function little(word: number): number[] {
  return [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24];
}

// Debug information (DWARF 4): a unit, and a line program of two sequences, each of which sets its address first.
const LINE_HEAD = [
  1,
  1,
  1,
  0xfb,
  14,
  13,
  0,
  1,
  1,
  1,
  1,
  0,
  0,
  0,
  1,
  0,
  0,
  1,
  0,
  ...text("warm.c\0"),
  0,
  0,
  0,
  0,
];
const SEQUENCE = [0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 1, 2, 100, 0, 1, 1];
const LINES = [4, 0, ...little(LINE_HEAD.length), ...LINE_HEAD, ...SEQUENCE, ...SEQUENCE];
const ADDRESS = 4 + 6 + LINE_HEAD.length + 3;
const UNIT = [4, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0, 0, ...text("/folder\0")];
// The same in DWARF 5, whose names are elsewhere: in .debug_line_str, a path for each entry.
const LINE_HEAD_5 = [
  ...LINE_HEAD.slice(0, 18),
  ...[1, 1, 0x1f, 1, 0, 0, 0, 0],
  ...[2, 1, 0x1f, 2, 0x0b, 1, 8, 0, 0, 0, 0],
];
const LINES_5 = [5, 0, 8, 0, ...little(LINE_HEAD_5.length), ...LINE_HEAD_5, ...SEQUENCE, ...SEQUENCE];
const ADDRESS_5 = 4 + 8 + LINE_HEAD_5.length + 3;
const DEBUG_SECTIONS_5: readonly BuildSection[] = [
  { name: ".debug_line", bytes: [...little(LINES_5.length), ...LINES_5] },
  { name: ".debug_line_str", bytes: text("/folder\0warm.c\0"), flags: SHF_MERGE | SHF_STRINGS, entsize: 1 },
];
const DEBUG_SECTIONS: readonly BuildSection[] = [
  { name: ".debug_info", bytes: [...little(UNIT.length), ...UNIT] },
  { name: ".debug_abbrev", bytes: [1, 0x11, 0, 0x10, 0x17, 0x1b, 8, 0, 0, 0] },
  { name: ".debug_line", bytes: [...little(LINES.length), ...LINES] },
  { name: ".debug_str", bytes: text("a string\0string\0"), flags: SHF_MERGE | SHF_STRINGS, entsize: 1 },
];

const x86: Machine = {
  object: { machine: EM_X86_64 },
  word: 8,
  // call f; lea text(%rip); mov shared@GOTPCREL(%rip); mov tls@GOTTPOFF(%rip); mov %fs:tls; mov $text; call *w;
  // call; mov $shared; the general and the local dynamic access to a thread-local variable;
  // cmp shared@GOTPCREL(%rip); add tls@GOTTPOFF(%rip); cmp absent@GOTPCREL(%rip); cmp $1, shared@GOTPCREL(%rip); ret
  code: [
    [0xe8, 0, 0, 0, 0],
    [0x48, 0x8d, 0x3d, 0, 0, 0, 0],
    [0x48, 0x8b, 0x05, 0, 0, 0, 0],
    [0x48, 0x8b, 0x05, 0, 0, 0, 0],
    [0x64, 0x8b, 0x04, 0x25, 0, 0, 0, 0],
    [0x48, 0xc7, 0xc0, 0, 0, 0, 0],
    [0xff, 0x15, 0, 0, 0, 0],
    [0xe8, 0, 0, 0, 0],
    [0xb8, 0, 0, 0, 0],
    [0x66, 0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0x66, 0x66, 0x48, 0xe8, 0, 0, 0, 0],
    [0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0x8b, 0x80, 0, 0, 0, 0],
    [0x48, 0x3b, 0x05, 0, 0, 0, 0, 0x48, 0x03, 0x05, 0, 0, 0, 0, 0x48, 0x3b, 0x05, 0, 0, 0, 0],
    [0x83, 0x3d, 0, 0, 0, 0, 1],
    [0xc3],
  ].flat(),
  relocations: [
    at(1, X.R_X86_64_PLT32, "function", -4),
    at(8, X.R_X86_64_PC32, ".LC0", -4),
    at(15, X.R_X86_64_REX_GOTPCRELX, "shared", -4),
    at(22, X.R_X86_64_GOTTPOFF, "thread", -4),
    at(30, X.R_X86_64_TPOFF32, "thread"),
    at(37, X.R_X86_64_32S, ".rodata.str1.1", 6),
    at(43, X.R_X86_64_GOTPCRELX, "absent", -4),
    at(48, X.R_X86_64_PLT32, "chosen", -4),
    at(53, X.R_X86_64_32, "shared"),
    at(61, X.R_X86_64_TLSGD, "thread", -4),
    at(69, X.R_X86_64_PLT32, "__tls_get_addr", -4),
    at(76, X.R_X86_64_TLSLD, "thread", -4),
    at(81, X.R_X86_64_PLT32, "__tls_get_addr", -4),
    at(87, X.R_X86_64_DTPOFF32, "thread"),
    at(94, X.R_X86_64_GOTPCREL, "shared", -4),
    at(101, X.R_X86_64_GOTTPOFF, "thread", -4),
    at(108, X.R_X86_64_GOTPCREL, "absent", -4),
    at(114, X.R_X86_64_GOTPCREL, "shared", -5),
  ],
  address: X.R_X86_64_64,
  distance: X.R_X86_64_PC32,
  sections: [
    {
      name: ".note.gnu.property",
      type: SHT_NOTE,
      flags: SHF_ALLOC,
      align: 8,
      bytes: [4, 16, 5, 0x00554e47, 0xc0008002, 4, 1, 0].flatMap(little),
    },
    ...DEBUG_SECTIONS,
  ],
  debug: [
    { section: ".debug_line", offset: ADDRESS, type: X.R_X86_64_64, symbol: ".text.unused" },
    { section: ".debug_line", offset: ADDRESS + SEQUENCE.length, type: X.R_X86_64_64, symbol: ".text" },
  ],
};

/** auipc, jalr; c.j, c.beqz; a word. */
const ODD = [0x00000097, 0x000080e7, 0xc101a001, 0];

function riscv(is64: boolean): Machine {
  const relaxed = (offset: number, type: number, symbol: string, addend = 0) => [
    at(offset, type, symbol, addend),
    at(offset, R.R_RISCV_RELAX, "", 0),
  ];
  const arch = `${is64 ? "rv64" : "rv32"}i2p1_m2p0_a2p1_c2p0`;
  const attributes = [5, ...text(arch), 0];
  const file = [1, ...little(attributes.length + 5), ...attributes];
  return {
    object: { machine: EM_RISCV, is64, flags: 1 },
    word: is64 ? 8 : 4,
    // auipc, jalr; lui, addi; auipc, addi; auipc, lw (GOT); lui, add, lw (TLS); lui, sw; jal; beq; c.j, c.beqz; nops; ret;
    // auipc, jalr; auipc, addi; auipc, addi; auipc; auipc
    code: [
      ...[0x00000097, 0x000080e7, 0x00000537, 0x00050513, 0x00000517, 0x00050513, 0x00000517, 0x00052503],
      ...[0x000007b7, 0x004787b3, 0x0007a783, 0x00000537, 0x00a52023, 0x0000006f, 0x00000063, 0xc101a001],
      ...[0x00000013, 0x00000013, 0x00008067, 0x00000097, 0x000080e7, 0x00000517, 0x00050513],
      ...[0x00000517, 0x00050513, 0x00000517, 0x00000517],
    ].flatMap(little),
    relocations: [
      ...relaxed(0, R.R_RISCV_CALL_PLT, "function"),
      ...relaxed(8, R.R_RISCV_HI20, "shared"),
      ...relaxed(12, R.R_RISCV_LO12_I, "shared"),
      ...relaxed(16, R.R_RISCV_PCREL_HI20, ".rodata.str1.1"),
      ...relaxed(20, R.R_RISCV_PCREL_LO12_I, ".L0"),
      at(24, R.R_RISCV_GOT_HI20, "absent"),
      at(28, R.R_RISCV_PCREL_LO12_I, ".L1"),
      ...relaxed(32, R.R_RISCV_TPREL_HI20, "thread"),
      ...relaxed(36, R.R_RISCV_TPREL_ADD, "thread"),
      ...relaxed(40, R.R_RISCV_TPREL_LO12_I, "thread"),
      ...relaxed(44, R.R_RISCV_HI20, "shared"),
      ...relaxed(48, R.R_RISCV_LO12_S, "shared"),
      at(52, R.R_RISCV_JAL, ".text.odd"),
      at(56, R.R_RISCV_BRANCH, ".L0"),
      at(60, R.R_RISCV_RVC_JUMP, ".L0"),
      at(62, R.R_RISCV_RVC_BRANCH, ".L0"),
      at(64, R.R_RISCV_ALIGN, "", 6),
      ...relaxed(76, R.R_RISCV_CALL_PLT, "absent"),
      ...relaxed(84, R.R_RISCV_PCREL_HI20, "__bss_start"),
      ...relaxed(88, R.R_RISCV_PCREL_LO12_I, ".L2"),
      ...relaxed(92, R.R_RISCV_PCREL_HI20, "__start_warm_set"),
      ...relaxed(96, R.R_RISCV_PCREL_LO12_I, ".L3"),
      at(100, R.R_RISCV_TLS_GOT_HI20, "thread"),
      at(104, R.R_RISCV_TLS_GD_HI20, "thread"),
      // A word among code: such sections are left to TypeScript.
      { section: ".text.odd", offset: 0, type: R.R_RISCV_CALL_PLT, symbol: "function" },
      { section: ".text.odd", offset: 8, type: R.R_RISCV_RVC_JUMP, symbol: "inline" },
      { section: ".text.odd", offset: 10, type: R.R_RISCV_RVC_BRANCH, symbol: "inline" },
      { section: ".text.odd", offset: 12, type: R.R_RISCV_ADD32, symbol: "inline" },
      { section: ".text.odd", offset: 12, type: R.R_RISCV_SUB32, symbol: "kept" },
    ],
    address: is64 ? R.R_RISCV_64 : R.R_RISCV_32,
    distance: R.R_RISCV_32_PCREL,
    sections: [
      { name: ".text.odd", bytes: ODD.flatMap(little), flags: 6, align: 4 },
      {
        name: ".riscv.attributes",
        type: 0x70000003,
        bytes: [0x41, ...little(file.length + 10), ...text("riscv\0"), ...file],
      },
    ],
    debug: [],
  };
}

// A common information entry ("zR", pc-relative), and two descriptions of functions.
const UNWIND = [
  ...[0x14, 0, 0, 0, 0, 0, 0, 0, 1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0],
  ...[0x14, 0, 0, 0, 0x1c, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0x14, 0, 0, 0, 0x34, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

/** What each object defines. */
const DEFINED = ["_start", "function", "third", "unneeded"];

/** So many that columns have to grow. */
const MANY = Array.from({ length: 3000 }, (_, i) => ({
  name: `one_of_many_symbols_${i}`,
  section: ".text.inline",
  value: 0,
}));

/** One object file. `isFive`: its debug information is in DWARF 5. `index` makes its strings differ from those of the others. */
function program(machine: Machine, index: number, isFive = false): Uint8Array {
  const first = index === 0;
  const { word } = machine;
  const sections: BuildSection[] = [
    { name: ".text", bytes: machine.code, align: 4 },
    { name: ".text.inline", bytes: machine.code.slice(0, 8), flags: 6, align: 4 },
    { name: ".text.unused", bytes: machine.code.slice(0, 8), flags: 6, align: 4 },
    { name: "warm_set", bytes: new Uint8Array(word), align: word },
    { name: ".rodata.str1.1", bytes: text(`hello\0text ${index}\0lo\0`), flags: STRINGS, entsize: 1 },
    { name: ".rodata.str4.4", bytes: [65, 66, 0].flatMap(little), flags: STRINGS, entsize: 4, align: 4 },
    { name: ".rodata.str1.8", bytes: text(`other\0text\0`), flags: STRINGS, entsize: 1, align: 8 },
    {
      name: ".rodata.cst8",
      bytes: [1, 0, 0, 0, index, 0, 0, 0],
      flags: SHF_ALLOC | SHF_MERGE,
      entsize: 8,
      align: 8,
    },
    { name: ".rodata", bytes: [1, 2, 3, 4], align: 4 },
    { name: ".data", bytes: new Uint8Array(3 * word), align: 8 },
    { name: ".bss", size: 16, align: 8 },
    { name: ".tdata", bytes: [1, 2, 3, 4], flags: SHF_ALLOC | SHF_WRITE | SHF_TLS, align: 4 },
    { name: ".tbss", size: 8, flags: SHF_ALLOC | SHF_WRITE | SHF_TLS, align: 8 },
    { name: ".init_array", type: SHT_INIT_ARRAY, bytes: new Uint8Array(word), align: word },
    { name: ".eh_frame", bytes: UNWIND, flags: SHF_ALLOC, align: 8 },
    { name: ".comment", bytes: text("premain\0"), flags: SHF_MERGE | SHF_STRINGS, entsize: 1 },
    { name: ".note.GNU-stack" },
    // The program refers to it, and is warned, with the place.
    ...(first ? [] : [{ name: ".gnu.warning.chosen", bytes: text("think twice\0") }]),
    ...machine.sections.filter(({ name }) => !isFive || name !== ".debug_line"),
    ...(isFive ? DEBUG_SECTIONS_5 : []),
  ];
  const local = (name: string, value: number) => ({ name, section: ".text", value, binding: STB_LOCAL });
  return buildObject({
    ...machine.object,
    sections,
    groups: [{ signature: "inline", members: [".text.inline"] }],
    symbols: [
      // Not each object names its source.
      ...(index === 1
        ? []
        : [{ name: `warm-${index}.c`, type: STT_FILE, section: "absolute", binding: STB_LOCAL }]),
      local(".L0", 16),
      local(".L1", 24),
      local(".L2", 84),
      local(".L3", 92),
      local("kept", 0),
      { ...local("_RNvC4warm4main", 40), type: STT_FUNC, size: 16 },
      { name: ".LC0", section: ".rodata.str1.1", value: 6, binding: STB_LOCAL },
      { name: "hello", section: ".rodata.str1.1", value: 0, binding: STB_LOCAL },
      { name: DEFINED[index], section: ".text", type: STT_FUNC, size: 8 },
      ...(first ? [{ name: "third" }, ...MANY] : []),
      { name: "__start_warm_set" },
      ...(index === 1
        ? [{ name: "chosen", section: ".text", type: STT_GNU_IFUNC, size: 4, value: 0 }]
        : [{ name: "chosen" }, { name: "function", other: STV_HIDDEN }]),
      { name: "__bss_start" },
      { name: "inline", section: ".text.inline", type: STT_FUNC, binding: STB_WEAK, size: 4 },
      { name: "thread", section: index === 1 ? ".tdata" : "undefined", type: STT_TLS, size: first ? 0 : 4 },
      {
        name: "shared",
        section: index !== 1 ? "common" : ".data",
        value: first ? 8 : 0,
        size: 8,
        type: STT_OBJECT,
        other: first ? 0 : STV_HIDDEN,
      },
      { name: "absent", binding: STB_WEAK },
      ...(first ? [{ name: "__init_array_start" }] : []),
      ...(machine === x86 ? [{ name: "__tls_get_addr" }] : []),
    ],
    relocations: [
      ...machine.relocations.map((relocation) =>
        relocation.symbol === "" ? { ...relocation, symbol: 0 } : relocation,
      ),
      { section: ".data", offset: 0, type: machine.address, symbol: "function" },
      { section: ".data", offset: word, type: machine.address, symbol: ".rodata", addend: 2 },
      { section: ".data", offset: 2 * word, type: machine.address, symbol: "chosen" },
      { section: ".init_array", offset: 0, type: machine.address, symbol: "inline" },
      {
        section: ".eh_frame",
        offset: 32,
        type: machine.distance,
        symbol: machine === x86 ? ".text" : "kept",
      },
      { section: ".eh_frame", offset: 56, type: machine.distance, symbol: ".text.inline" },
      ...machine.debug.map((each) =>
        isFive ? { ...each, offset: each.offset + ADDRESS_5 - ADDRESS } : each,
      ),
    ],
  });
}

/** An object in which only its number of sections may be unusual, or a common symbol. */
function plain(machine: Machine, count: number): Uint8Array {
  const section = (_: unknown, i: number): BuildSection => ({ name: `.text.plain${i}`, bytes: [], flags: 6 });
  return buildObject({
    ...machine.object,
    sections: [...Array.from({ length: count }, section), { name: ".note.GNU-stack" }],
    symbols: [{ name: "tentative", section: "common", value: 8, size: 8, type: STT_OBJECT }],
  });
}

/** An archive of the object that the program needs, and of one that it does not. */
function library(machine: Machine): Uint8Array {
  const member = (name: string, index: number, symbols: readonly string[]) => ({
    name,
    bytes: program(machine, index),
    symbols,
  });
  return writeArchive([
    member("a-member-with-a-long-name.o", 1, ["function", "thread", "chosen"]),
    member("third.o", 2, ["third"]),
    member("unneeded.o", 3, ["unneeded"]),
  ]);
}

const SCRIPT = `ENTRY(_start)
MEMORY { flash (rx!w) : ORIGIN = 0x10000, LENGTH = 64K  ram (w!rx) : ORIGIN = 0x80000, LENGTH = 0x4000 }
PHDRS { text PT_LOAD; data PT_LOAD; thread PT_TLS; }
__stack_size = DEFINED(__stack_size) ? __stack_size : 0x800;
SECTIONS {
  PROVIDE(__bottom = ORIGIN(flash));
  .init : { KEEP(*(.text.init)) *(.text.unlikely .text.unlikely.*) *(.text .text.*) *(.rodata .rodata.*) } >flash AT>flash :text
  .eh_frame : { KEEP(*(.eh_frame .eh_frame.*)) } >flash AT>flash :text
  .array : {
    PROVIDE_HIDDEN(__init_array_start = .);
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) SORT_BY_INIT_PRIORITY(.ctors.*)))
    KEEP(*(.init_array EXCLUDE_FILE(*crtbegin.o *crtend?.o) .ctors))
    . = ALIGN(8);
  } >flash AT>flash :text
  .data : ALIGN_WITH_INPUT { *(.data .data.*) *(.sdata .sdata.*) *(.gnu.linkonce.d.*) } >ram AT>flash :data
  .tdata : ALIGN_WITH_INPUT { *(.tdata .tdata.*) } >ram AT>flash :data :thread
  .tbss (NOLOAD) : { *(.tbss .tbss.*) *(.tcommon) } >ram :thread
  PROVIDE(__tls_base = ADDR(.tdata));
  __global_pointer$ = ADDR(.data) + 0x800;
  .bss (NOLOAD) : { __bss_start = .; *(.bss .bss.*) *(COMMON) . = ALIGN(8); __bss_end = .; } >ram :data
  PROVIDE(__stack = ORIGIN(ram) + LENGTH(ram));
  .stack (__stack - __stack_size) (NOLOAD) : { . += __stack_size; } >ram :data
  /DISCARD/ : { *(.note .note.*) }
  .comment 0 : { *(.comment) }
  ASSERT(__bottom != 0, "no flash")
}
another_name = function;
ASSERT(SIZEOF(.data) >= 0, "no data")
`;

export function warmUp(): WarmUp {
  const files: Record<string, Uint8Array | string> = { "warm.ld": SCRIPT };
  const commands: string[][] = [];
  const machines: [string, string, Machine][] = [
    ["x86", "elf_x86_64", x86],
    ["rv64", "elf64lriscv", riscv(true)],
    ["rv32", "elf32lriscv", riscv(false)],
  ];
  for (const [name, emulation, machine] of machines) {
    files[`${name}.o`] = program(machine, 0);
    files[`${name}-few.o`] = plain(machine, 1);
    files[`${name}-many.o`] = plain(machine, 1000);
    files[`lib${name}.a`] = library(machine);
    // As glibc's libm.a is.
    files[`lib${name}s.a`] = `/* a script */ GROUP ( lib${name}.a )`;
    const inputs = [
      `${name}.o`,
      `${name}-few.o`,
      `${name}-many.o`,
      "--start-group",
      `-l${name}`,
      "--end-group",
      `-l${name}s`,
    ];
    const all = ["-L.", "-m", emulation, "-o", `${name}.out`];
    const hosted = ["--build-id", "--hash-style=gnu", "--eh-frame-hdr", "--as-needed", "-static"];
    // Programs for RV32 bring scripts of their own; the built-in one would only make the snapshot larger.
    if (name !== "rv32") {
      files[`${name}.args`] = [...all, ...hosted, ...inputs].join("\n");
      commands.push(["ld", `@${name}.args`]);
      // By whoever calls the linker himself.
      if (name === "x86") {
        files["five.o"] = program(machine, 0, true);
        commands.push(["ld", "-L.", "-o", "out", "five.o", ...inputs.slice(1)]);
      }
      commands.push([
        "ld",
        ...all,
        ...hosted,
        "--gc-sections",
        "-z",
        "relro",
        "-z",
        "now",
        "-z",
        "noexecstack",
        "-O1",
        ...inputs,
      ]);
    }
    if (name !== "x86")
      commands.push(["ld", ...all, "-Twarm.ld", "--gc-sections", "--no-warn-rwx-segments", ...inputs]);
  }
  const inputs = ["-L.", "x86.o", "-lx86", "-o", "seldom"];
  const seldom = [
    ["ld", ...inputs, "-Map=map", "--cref"],
    ["ld", ...inputs.slice(1)],
    ["ld", "x86.o", "-o", "seldom"],
    ["ld.lld", ...inputs],
  ];
  return { files, commands, seldom };
}
