import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import {
  type ElfFile,
  EM_RISCV,
  identify,
  inflateCompressed,
  readElf,
  readGroup,
  readRelocations,
  readSymbols,
  SHN_ABS,
  SHN_COMMON,
  SHT_GROUP,
  SHT_RELA,
  STB_LOCAL,
  sectionBytes,
} from "./index.ts";
import { type BuildObject, buildObject } from "./testing.ts";

const sample: BuildObject = {
  machine: EM_RISCV,
  flags: 5,
  sections: [
    { name: ".text", bytes: [1, 2, 3, 4, 5, 6, 7, 8], align: 4 },
    { name: ".bss", size: 100, align: 16 },
  ],
  symbols: [
    { name: "main", section: ".text", value: 4, size: 4, type: 2 },
    { name: "here", section: ".text", binding: STB_LOCAL },
    { name: "there" },
    { name: "shared", section: "common", value: 8, size: 24 },
    { name: "fixed", section: "absolute", value: 0x1234 },
  ],
  relocations: [{ section: ".text", offset: 4, type: 19, symbol: "there", addend: -2 }],
  groups: [{ signature: "main", members: [".text"] }],
};

function read(object: BuildObject): ElfFile {
  const report = new Report();
  const file = readElf(buildObject(object), report, "t.o");
  expect(report.diagnostics).toEqual([]);
  if (!file) throw new Error("unreadable");
  return file;
}

describe.each([
  { is64: true, littleEndian: true, extended: false },
  { is64: true, littleEndian: false, extended: true },
  { is64: false, littleEndian: true, extended: true },
  { is64: false, littleEndian: false, extended: false },
])("an object, %o", (shape) => {
  const file = read({ ...sample, ...shape });

  test("header and sections", () => {
    expect(file).toMatchObject({
      is64: shape.is64,
      littleEndian: shape.littleEndian,
      machine: 243,
      flags: 5,
    });
    expect(file.sections.map((s) => s.name).slice(0, 5)).toEqual([
      "",
      ".group",
      ".text",
      ".bss",
      ".rela.text",
    ]);
    expect([...sectionBytes(file, file.sections[2])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(file.sections[3]).toMatchObject({ size: 100, align: 16 });
  });

  test("symbols", () => {
    const symbols = readSymbols(file);
    const brief = symbols.slice(3).map((s) => [s.name, s.section, s.reserved, s.value, s.size]);
    expect(brief).toEqual([
      ["here", 2, false, 0n, 0n],
      ["main", 2, false, 4n, 4n],
      ["there", 0, false, 0n, 0n],
      ["shared", SHN_COMMON, true, 8n, 24n],
      ["fixed", SHN_ABS, true, 0x1234n, 0n],
    ]);
  });

  test("relocations and groups", () => {
    const rela = file.sections.find((s) => s.type === SHT_RELA);
    const group = file.sections.find((s) => s.type === SHT_GROUP);
    if (!rela || !group) throw new Error("no relocations or group");
    expect(readRelocations(file, rela)).toEqual([{ offset: 4n, type: 19, symbol: 5, addend: -2n }]);
    expect(readGroup(file, group)).toEqual({ flags: 1, members: [2] });
    expect(readSymbols(file)[group.info].name).toBe("main");
  });
});

test("section numbers beyond 16 bits", () => {
  const sections = Array.from({ length: 65300 }, (_, i) => ({ name: `.s${i}` }));
  const file = read({ sections, symbols: [{ name: "end", section: 65300 }] });
  expect(file.sections.length).toBeGreaterThan(65300);
  const end = readSymbols(file).at(-1);
  expect(end).toMatchObject({ name: "end", section: 65300, reserved: false });
  expect(file.sections[65300].name).toBe(".s65299");
});

test("mutated objects give diagnostics, never exceptions", () => {
  const original = buildObject(sample);
  const edit = fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), fc.nat(original.length), (edits, cut) => {
      const bytes = original.slice(0, cut % 3 === 0 ? cut : original.length);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const file = readElf(bytes, new Report(), "t.o");
      if (!file) return;
      for (const section of file.sections) {
        readSymbols(file, section);
        readRelocations(file, section);
        readGroup(file, section);
      }
    }),
    { numRuns: 500 },
  );
});

test("identify", () => {
  const kind = (text: string) => identify(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  expect(kind("\x7fELF")).toBe("elf");
  expect(kind("!<arch>\n")).toBe("archive");
  expect(kind("!<thin>\n")).toBe("thin-archive");
  expect(kind("BC\xc0\xde")).toBe("bitcode");
  expect(kind("/* GNU ld script */\nINPUT(a.o)\n")).toBe("text");
  expect(kind("\x01\x02\0")).toBe("binary");
});

describe("compressed sections", () => {
  // zlib's stored block of "abc", after an Elf32_Chdr: zlib, 3 bytes, align 1.
  const stream = [0x78, 0x01, 1, 3, 0, 0xfc, 0xff, 97, 98, 99, 2, 0x4d, 1, 0x27];
  const header = (kind: number, size: number) => [kind, 0, 0, 0, size, 0, 0, 0, 1, 0, 0, 0];

  test("zlib", () => {
    const inflated = inflateCompressed(Uint8Array.from([...header(1, 3), ...stream]), false, true);
    expect(inflated).toEqual({ bytes: Uint8Array.from([97, 98, 99]), align: 1 });
  });

  test.each([
    ["cut short", [1, 0, 0], "corrupted compressed section"],
    ["wrong size", [...header(1, 4), ...stream], "uncompress failed"],
    ["zstd", header(2, 3), "uncompress failed"],
    ["unknown", header(9, 3), "unsupported compression type (9)"],
  ])("%s", (_, bytes, problem) => {
    expect(inflateCompressed(Uint8Array.from(bytes), false, true)).toEqual({ problem });
  });
});
