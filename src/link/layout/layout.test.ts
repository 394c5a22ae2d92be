import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { type BuildObject, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { type LinkResult, link } from "../link.ts";
import { parseArguments } from "../options/arguments.ts";

const bytes = (length: number) => new Uint8Array(length).fill(1);

/** The usual object: code, constants, data and room. */
const usual: BuildObject = {
  sections: [
    { name: ".text", bytes: bytes(10), align: 4 },
    { name: ".rodata", bytes: bytes(6), align: 2 },
    { name: ".data", bytes: bytes(8), align: 8 },
    { name: ".bss", size: 12, align: 4 },
  ],
  symbols: [{ name: "_start", section: ".text" }],
};

function run(script: string, objects: readonly BuildObject[] = [usual], options = ""): LinkResult {
  const files = new MemoryFileSystem({ "l.ld": script });
  objects.forEach((object, i) => {
    files.set(`${i}.o`, buildObject(object));
  });
  const names = objects.map((_, i) => `${i}.o`);
  const argv = [
    "-m",
    "elf_x86_64",
    "-T",
    "l.ld",
    ...options.split(" ").filter(Boolean),
    ...names,
    "-o",
    "out",
  ];
  const report = new Report();
  const parsed = parseArguments(argv, "ld", "gnu", files, report);
  return link(parsed.options, { files }, report);
}

/** `name address+size` of each section in the order of headers, with `@load` where that is elsewhere. */
function table(result: LinkResult): string[] {
  return (result.layout?.sections ?? []).map((s) => {
    const load = s.loadAddress === s.address ? "" : `@${s.loadAddress.toString(16)}`;
    return `${s.name} ${s.address.toString(16)}+${s.size.toString(16)}${load}`;
  });
}

const messages = (result: LinkResult) => result.report.diagnostics.map((d) => d.message);

/** The address of a symbol. */
function address(result: LinkResult, name: string): bigint | undefined {
  const model = result.inputs?.model;
  if (!model) return undefined;
  const { names, symbols } = model;
  const id = symbols.global(names.find(name));
  return (BigInt(symbols.addressHigh[id] >>> 0) << 32n) | BigInt(symbols.addressLow[id] >>> 0);
}

describe("places", () => {
  test("follow each other, each aligned as its inputs need", () => {
    const result = run(
      "SECTIONS { . = 0x1000; .text : { *(.text) } .rodata : { *(.rodata) } .data : { *(.data) } .bss : { *(.bss) } }",
    );
    expect(table(result)).toEqual([".text 1000+a", ".rodata 100a+6", ".data 1010+8", ".bss 1018+c"]);
  });

  test("one list takes file by file, two lists one after the other", () => {
    const one: BuildObject = {
      sections: [
        { name: ".a", flags: 2, bytes: [1] },
        { name: ".b", flags: 2, bytes: [2] },
      ],
    };
    const order = (script: string) => {
      const result = run(script, [one, one]);
      const model = result.inputs?.model;
      const rows = result.layout?.sections[0].order ?? new Int32Array(0);
      return Array.from(rows, (row) => model?.names.text(model.sections.name[row])).join(" ");
    };
    expect(order("SECTIONS { .all : { *(.a .b) } }")).toBe(".a .b .a .b");
    expect(order("SECTIONS { .all : { *(.a) *(.b) } }")).toBe(".a .a .b .b");
    expect(order("SECTIONS { .all : { *(SORT(.b) SORT(.a)) } }")).toBe(".a .a .b .b");
  });

  test("orphans go behind the section they resemble", () => {
    const result = run("SECTIONS { . = 0x1000; .text : { *(.text) } .data : { *(.data) } }");
    expect(table(result)).toEqual([".text 1000+a", ".rodata 100a+6", ".data 1010+8", ".bss 1018+c"]);
  });

  test("an empty section goes, unless the location counter moves in it", () => {
    const result = run(
      "SECTIONS { . = 0x1000; .e : { e = .; } .f : { . += 4; } .g : { . = ALIGN(. != 0 ? 16 : 1); } .text : { *(.text) } /DISCARD/ : { *(*) } }",
    );
    expect(table(result)).toEqual([".f 1000+4", ".text 1004+a"]);
    expect(address(result, "e")).toBe(0x1000n);
  });
});

describe("regions", () => {
  const memory = "MEMORY { rom (rx) : ORIGIN = 0x1000, LENGTH = 32 ram (w) : ORIGIN = 0x8000, LENGTH = 64 }";

  test("the load address goes on in the load region", () => {
    const result = run(
      `${memory} SECTIONS { .text : { *(.text) *(.rodata) } > rom .data : { *(.data) } > ram AT > rom .bss : { *(.bss) } > ram }`,
    );
    expect(table(result)).toEqual([".text 1000+10", ".data 8000+8@1010", ".bss 8008+c@1018"]);
    expect(messages(result)).toEqual([]);
  });

  test("what exactly fits is no overflow, one byte more is", () => {
    const script = (pad: number) =>
      `${memory} SECTIONS { .text : { *(.text) *(.rodata) . += ${pad}; } > rom /DISCARD/ : { *(.data) *(.bss) } }`;
    expect(messages(run(script(16)))).toEqual([]);
    expect(messages(run(script(17)))).toEqual([
      "out section `.text' will not fit in region `rom'",
      "region `rom' overflowed by 1 byte",
    ]);
  });

  test("an overflow is explained by what fills the region", () => {
    const result = run(
      `${memory} SECTIONS { .text : { *(.text) *(.rodata) . += 17; } > rom /DISCARD/ : { *(.data) *(.bss) } }`,
    );
    const notes = result.report.diagnostics[1].notes.map((note) => note.message);
    expect(notes).toContain("region rom is 0x1000 to 0x1020 (32 bytes)");
    expect(notes).toContain("it would hold 33 bytes: .text 33");
  });

  test("a load address computed by AT() that leaves its region is not passed over in silence", () => {
    const result = run(
      `${memory} SECTIONS { .text : { *(.text) *(.rodata) . += 12; } > rom .data : AT(ADDR(.text) + SIZEOF(.text)) { *(.data) } > ram .bss : { *(.bss) } > ram }`,
    );
    expect(messages(result)[0]).toBe("the load image of section `.data' overruns region `rom' by 4 bytes");
  });
});

describe("complaints", () => {
  test("overlapping sections", () => {
    const result = run(
      "SECTIONS { .text 0x1000 : { *(.text) } .data 0x1008 : { *(.data) } /DISCARD/ : { *(.rodata) *(.bss) } }",
    );
    expect(messages(result)).toContain(
      "section .data LMA [0000000000001008,000000000000100f] overlaps section .text LMA [0000000000001000,0000000000001009]",
    );
  });

  test("the location counter does not move backwards in a section", () => {
    const result = run("SECTIONS { .text : { *(.text) . = 4; } }");
    expect(messages(result)).toContain(
      "cannot move location counter backwards (from 000000000000000a to 0000000000000004)",
    );
  });
});

describe("segments", () => {
  test("split where permissions change, and hold the headers where there is room", () => {
    const result = run(
      "SECTIONS { . = 0x10000 + SIZEOF_HEADERS; .text : { *(.text) } . = 0x20000; .data : { *(.data) } .bss : { *(.bss) } /DISCARD/ : { *(.rodata) } }",
    );
    const loads = result.layout?.segments.filter((s) => s.type === 1) ?? [];
    // The headers' own segment, under -z separate-code: its load address is a page lower, its address is not (GNU ld 2.40).
    expect(loads.map((s) => [s.address, s.loadAddress, s.offset, s.fileSize, s.memorySize, s.flags])).toEqual(
      [
        [0x10000n, 0xf000n, 0, 0xe8, 0xe8, 4],
        [0x100e8n, 0x100e8n, 0xe8, 10, 10, 5],
        [0x20000n, 0x20000n, 0x1000, 8, 20, 6],
      ],
    );
    expect(result.layout?.headersLoaded).toBe(true);
  });
});
