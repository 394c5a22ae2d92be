import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import {
  type ElfFile,
  type ObjectFile,
  readElf,
  readGroup,
  readRelocations,
  readSymbols,
  SHF_ALLOC,
  SHF_GROUP,
  SHT_GROUP,
  SHT_PROGBITS,
  StringTableWriter,
  stringAt,
  writeObject,
} from "./index.ts";

function read(bytes: Uint8Array): ElfFile {
  const report = new Report();
  const file = readElf(bytes, report, "test.o");
  expect(report.diagnostics).toEqual([]);
  return file!;
}

const text = { name: ".text", type: SHT_PROGBITS, flags: SHF_ALLOC, align: 2 };

describe.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])("is64 %s, littleEndian %s", (is64, littleEndian) => {
  const object: ObjectFile = {
    is64,
    littleEndian,
    type: 1,
    machine: 243,
    flags: 5,
    sections: [
      {
        ...text,
        flags: SHF_ALLOC | SHF_GROUP,
        contents: [Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
        relocationsInGroup: true,
        relocations: {
          rela: true,
          count: 2,
          offsetLow: Int32Array.of(0, 2),
          type: Int32Array.of(18, 51),
          symbol: Int32Array.of(2, 0),
          addendLow: Int32Array.of(-4, 7),
        },
      },
      {
        name: ".group",
        type: SHT_GROUP,
        flags: 0,
        align: 4,
        group: { flags: 1, signature: 2, members: [0] },
      },
    ],
    symbols: [
      { name: "local", value: 2, size: 0, info: 0, other: 0, section: 0 },
      { name: "f", value: 0, size: 4n, info: 0x12, other: 2, section: 0 },
      { name: "outside_f", value: 0, size: 0, info: 0x10, other: 0, section: -1 },
      {
        name: "fixed",
        value: is64 ? -1 : 0xfffffff0,
        size: 0,
        info: 0x10,
        other: 0,
        section: -1,
        shndx: 0xfff1,
      },
    ],
  };
  const file = read(writeObject(object));

  test("sections are numbered groups first, each with its relocations", () => {
    const names = ["", ".group", ".text", ".rela.text", ".symtab", ".strtab", ".shstrtab"];
    expect(file.sections.map((s) => s.name)).toEqual(names);
    expect(readGroup(file, file.sections[1])).toEqual({ flags: 1, members: [2, 3] });
    expect([...file.bytes.subarray(file.sections[2].offset).subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  });

  test("relocations and symbols", () => {
    expect(readRelocations(file, file.sections[3])).toEqual([
      { offset: 0n, type: 18, symbol: 2, addend: -4n },
      { offset: 2n, type: 51, symbol: 0, addend: 7n },
    ]);
    const symbols = readSymbols(file);
    expect(symbols.map((s) => [s.name, s.section, s.size])).toEqual([
      ["", 0, 0n],
      ["local", 2, 0n],
      ["f", 2, 4n],
      ["outside_f", 0, 0n],
      ["fixed", 0xfff1, 0n],
    ]);
    expect(symbols[4].value).toBe(is64 ? 0xffff_ffff_ffff_ffffn : 0xfffffff0n);
    expect(file.sections[4].info).toBe(2);
  });
});

test("with more than 65,279 sections numbers go where there is room for them", () => {
  const count = 0xff10;
  const sections = Array.from({ length: count }, () => text);
  const symbols = [{ name: "last", value: 0, size: 0, info: 0x10, other: 0, section: count - 1 }];
  const file = read(
    writeObject({ is64: true, littleEndian: true, type: 1, machine: 243, sections, symbols }),
  );
  expect(file.sections).toHaveLength(count + 5);
  expect(file.sections.at(-1)?.name).toBe(".shstrtab");
  expect(readSymbols(file)[1]).toMatchObject({ section: count, reserved: false });
});

test("a string table keeps the order of mention and shares ends", () => {
  const table = new StringTableWriter();
  const ids = ["ab", "xab", "b", "c", "", "ab"].map((name) => table.add(name));
  expect(String.fromCharCode(...table.finish())).toBe("\0xab\0c\0");
  expect(ids.map((id) => table.offset(id))).toEqual([2, 1, 3, 5, 0, 2]);
});

test("every string is found at its offset", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[abü]{0,5}$/)), (names) => {
      const table = new StringTableWriter();
      const ids = names.map((name) => table.add(name));
      const bytes = table.finish();
      expect(ids.map((id) => stringAt(bytes, table.offset(id)))).toEqual(names);
    }),
  );
});
