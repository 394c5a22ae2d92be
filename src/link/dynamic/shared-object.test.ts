import { describe, expect, it } from "vitest";
import { readSharedObject } from "./shared-object.ts";

const SHT = {
  strtab: 3,
  dynamic: 6,
  dynsym: 11,
  verdef: 0x6ffffffd,
  verneed: 0x6ffffffe,
  versym: 0x6fffffff,
};

interface Table {
  readonly type: number;
  readonly bytes: readonly number[];
  readonly link?: number;
  readonly info?: number;
  /** What the header says, where that is not true. */
  readonly size?: number;
}

const words = (...values: number[]) =>
  values.flatMap((value) => [0, 8, 16, 24].map((at) => (value >>> at) & 255));
const tag = (number: number, value: number) => words(number, 0, value, 0);
const text = (value: string) => [...value].map((c) => c.charCodeAt(0));

/** A shared object of 64 bits with these sections, from number 1. */
function sharedObject(tables: readonly Table[]): Uint8Array {
  const bytes = [...new Array<number>(64).fill(0)];
  const headers = [...new Array<number>(64).fill(0)];
  for (const { type, bytes: contents, link = 0, info = 0, size = contents.length } of tables) {
    headers.push(...words(0, type, 0, 0, 0, 0, bytes.length, 0, size, 0, link, info, 1, 0, 0, 0));
    bytes.push(...contents);
  }
  const file = new Uint8Array([...bytes, ...headers]);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 62, true);
  view.setUint32(40, bytes.length, true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, tables.length + 1, true);
  return file;
}

const strings = { type: SHT.strtab, bytes: text("\0libx.so.1\0libm.so.6\0call\0") };
const dynamic = { type: SHT.dynamic, link: 1, bytes: [...tag(14, 1), ...tag(1, 11), ...tag(0, 0)] };
const symbols = {
  type: SHT.dynsym,
  link: 1,
  info: 1,
  bytes: [...words(0, 0, 0, 0, 0, 0), ...words(21, 0x00010012, 64, 0, 4, 0)],
};
const read = (tables: readonly Table[]) =>
  readSharedObject(sharedObject(tables), true, "dir/libx.so", "libx.so");

describe("readSharedObject", () => {
  it("reads the name, what the library needs and its symbols", () => {
    expect(read([strings, dynamic, symbols])).toMatchObject({
      soname: "libx.so.1",
      needed: ["libm.so.6"],
      symbolCount: 2,
      firstGlobal: 1,
    });
  });

  it("falls back on the name as it was given", () => {
    expect(read([strings, { ...dynamic, bytes: tag(0, 0) }, symbols])).toMatchObject({ soname: "libx.so" });
  });

  it("says what is wrong with a table", () => {
    expect(read([strings, dynamic, { ...symbols, size: 0x7fffff00 }])).toBe(
      "a table goes past the end of the file",
    );
    expect(read([strings, dynamic, { ...symbols, link: 9 }])).toBe("the dynamic symbols have no names");
    expect(read([strings, dynamic, symbols, { type: SHT.versym, bytes: [0, 0], link: 3 }])).toBe(
      "not every dynamic symbol has a version",
    );
    const loop = [1, 0, 0, 0, 1, 0, 1, 0, ...words(0, 0, 0)];
    for (const type of [SHT.verdef, SHT.verneed])
      expect(() =>
        read([strings, dynamic, symbols, { type, bytes: loop, link: 1, info: 0x7fffffff }]),
      ).not.toThrow();
  });

  it("takes any length that a file is cut to", () => {
    const whole = sharedObject([strings, dynamic, symbols]);
    for (let length = 64; length < whole.length; length++)
      expect(() => readSharedObject(whole.subarray(0, length), true, "libx.so", "libx.so")).not.toThrow();
  });
});
