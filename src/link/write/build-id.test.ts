import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inflateCompressed, inflateZdebug } from "../../elf/index.ts";
import { buildIdAlgorithm, buildIdNote, buildIdNoteSize, portableHashing } from "./build-id.ts";
import { compressSection, portableCompression } from "./compress.ts";
import { Xxh32 } from "./xxh32.ts";

const text = new TextEncoder().encode("Everything that happens before main, in the open.");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("hashes", () => {
  test.each(["md5", "sha1"] as const)("%s in parts", (algorithm) => {
    const hasher = portableHashing.create(algorithm);
    hasher.update(text.subarray(0, 7));
    hasher.update(text.subarray(7));
    expect(hex(hasher.digest())).toBe(createHash(algorithm).update(text).digest("hex"));
  });

  // Values of the specification's reference implementation.
  test.each([
    ["", 0, 0x02cc5d05],
    ["", 0x9e3779b1, 0x36b78ae7],
    ["a", 0, 0x550d7456],
    ["abc", 0, 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0, 0xe2293b2f],
  ])("XXH32 of %j, seed %i", (value, seed, expected) => {
    const hash = new Xxh32(seed);
    for (const byte of new TextEncoder().encode(value)) hash.update(Uint8Array.of(byte));
    expect(hash.digest() >>> 0).toBe(expected);
  });

  test("the fast hash does not depend on the parts", () => {
    const whole = portableHashing.create("fast");
    whole.update(text);
    const parts = portableHashing.create("fast");
    for (let at = 0; at < text.length; at += 5) parts.update(text.subarray(at, at + 5));
    expect(hex(parts.digest())).toBe(hex(whole.digest()));
  });
});

describe("notes", () => {
  const header = (size: number) => `04000000${size.toString(16).padStart(2, "0")}00000003000000474e5500`;

  test.each([
    ["fast", 24],
    ["md5", 32],
    ["sha1", 36],
    ["uuid", 32],
    ["0x12345678", 20],
    ["none", 0],
  ] as const)("%s takes %i bytes", (option, size) => {
    expect(buildIdNoteSize(option)).toBe(size);
    if (size > 0)
      expect(hex(buildIdNote(option, true, portableHashing)).slice(0, 32)).toBe(header(size - 16));
  });

  test("digits, with separators between them", () => {
    expect(hex(buildIdNote("0x12:34-aB", true, portableHashing))).toBe(`${header(3)}1234ab`);
    expect(buildIdAlgorithm("0x12")).toBe(undefined);
  });

  test("a uuid says that it is random", () => {
    const note = buildIdNote("uuid", true, portableHashing);
    expect([note[22] >> 4, note[24] >> 6]).toEqual([4, 2]);
  });
});

describe("compression", () => {
  const bytes = new Uint8Array(1000).fill(7);

  test("zlib has an ELF header and keeps the alignment there", () => {
    for (const is64 of [true, false]) {
      const section = compressSection(
        { name: ".debug_info", bytes, align: 16 },
        "zlib",
        is64,
        true,
        portableCompression,
      )!;
      expect([section.name, section.flags, section.align]).toEqual([".debug_info", 0x800, is64 ? 8 : 4]);
      expect(inflateCompressed(section.bytes, is64, true)).toEqual({ bytes, align: 16 });
    }
  });

  test("zlib-gnu has its own header and a name of its own", () => {
    const section = compressSection(
      { name: ".debug_info", bytes, align: 16 },
      "zlib-gnu",
      true,
      true,
      portableCompression,
    )!;
    expect([section.name, section.flags, section.align]).toEqual([".zdebug_info", 0, 1]);
    expect(inflateZdebug(section.bytes)).toMatchObject({ bytes });
    expect(new Uint8Array(inflateSync(section.bytes.subarray(12)))).toEqual(bytes);
  });

  test("what does not get smaller stays", () => {
    const small = { name: ".debug_str", bytes: text, align: 1 };
    expect(compressSection(small, "zlib", true, true, portableCompression)).toBe(undefined);
  });
});
