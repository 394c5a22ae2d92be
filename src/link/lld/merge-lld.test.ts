import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { type LinkModel, type LinkOptions, SymbolFlag } from "../../model/index.ts";
import { mergeSections } from "../merge/merge.ts";
import { addObject, contentOf, emptyModel, type TestSection } from "../testing-model.ts";

const STRINGS = 0x32;
const MERGE = 0x12;
const text = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));
const section = (value: string, flags = STRINGS, align = 1, entsize = 1): TestSection => ({
  name: ".rodata.m",
  bytes: text(value),
  flags,
  align,
  entsize,
});

function merged(
  objects: readonly (readonly TestSection[])[],
  options: Partial<LinkOptions> = {},
): { model: LinkModel; messages: string[] } {
  const model = emptyModel({ compat: "lld", optimize: 1, ...options });
  for (const [index, sections] of objects.entries()) addObject(model, `${index}.o`, { sections });
  const report = new Report();
  mergeSections(model, new Int32Array(model.sections.count), report);
  return { model, messages: report.diagnostics.map((one) => one.message) };
}

const show = (model: LinkModel, row: number) =>
  String.fromCharCode(...contentOf(model, row)).replaceAll("\0", "|");

test("all goes to the first section, with -r too", () => {
  for (const kind of ["executable", "relocatable"] as const) {
    const { model } = merged([[section("one\0")], [section("one\0one\0")]], { kind });
    const [a, b] = model.objects.map((object) => object.sectionBase + 1);
    expect([show(model, a), model.sections.size[b]]).toEqual(["one|", 0]);
    expect([model.merge!.locate(b, 5), model.merge!.holder]).toEqual([1, a]);
  }
});

test("-O0 merges nothing, -O2 shares tails", () => {
  const sections = [section("ar\0bar\0foobar\0bar\0")];
  expect(show(merged([sections], { optimize: 0 }).model, 2)).toBe("ar|bar|foobar|bar|");
  expect(show(merged([sections], { optimize: 2 }).model, 2)).toBe("foobar|");
});

test.each([
  [
    "a size that is no multiple",
    section("abc", MERGE, 2, 2),
    "SHF_MERGE section size (3) must be a multiple of sh_entsize (2)",
  ],
  ["a writable section", section("abcd", MERGE | 1, 2, 2), "writable SHF_MERGE section is not supported"],
  ["a string without its end", section("ab"), "string is not null terminated"],
])("%s is an error", (_, broken, message) => {
  const { model, messages } = merged([[broken]]);
  expect(messages).toEqual([message]);
  expect(model.merge!.merged[2]).toBe(0);
});

test("with --gc-sections only pieces that something refers to stay", () => {
  const code: TestSection = {
    name: ".text",
    bytes: new Uint8Array(16),
    flags: 6,
    relocations: [{ offset: 0, type: 1, symbol: 1, addend: 4n }],
  };
  const model = emptyModel({ compat: "lld", optimize: 1, gcSections: true });
  addObject(model, "a.o", {
    sections: [section("one\0two\0six\0"), code],
    symbols: [
      { name: "", section: 1, value: 0, info: 3 },
      { name: "unused", section: 1, value: 8 },
    ],
  });
  mergeSections(model, new Int32Array(model.sections.count), new Report());
  expect(show(model, 2)).toBe("two|");
  const unused = model.symbols.global(model.names.addString("unused"));
  expect(model.symbols.flags[unused] & SymbolFlag.omit).not.toBe(0);
});

const haveLld =
  spawnSync("ld.lld", ["--version"]).status === 0 && spawnSync("as", ["--version"]).status === 0;
if (!haveLld) console.log("skipped: no as and ld.lld");

describe.skipIf(!haveLld)("the same bytes as LLD", () => {
  test.each([
    [1, 1, 1, STRINGS],
    [2, 1, 1, STRINGS],
    [1, 1, 4, STRINGS],
    [2, 1, 4, STRINGS],
    [1, 4, 4, MERGE],
    [1, 8, 8, MERGE],
  ])("-O%i, entsize %i, alignment %i, flags %i", (optimize, entsize, align, flags) => {
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const objects = Array.from({ length: 4 }, () => {
      let all = "";
      for (let i = 0; i < 60; i++) {
        const length = flags === STRINGS ? random(9) : entsize - 1;
        for (let k = 0; k < length; k++) all += "ab".charAt(random(2));
        all += flags === STRINGS ? "\0" : "c";
      }
      return [section(all, flags, align, entsize)];
    });
    const { model } = merged(objects, { optimize });
    expect(show(model, model.objects[0].sectionBase + 1)).toBe(linkedByLld(objects, optimize));
  });
});

function linkedByLld(objects: readonly (readonly TestSection[])[], optimize: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), "premain-merge-"));
  try {
    const files = objects.map(([{ bytes, flags, align, entsize }], index) => {
      const source = path.join(folder, `${index}.s`);
      const letters = flags === STRINGS ? "aMS" : "aM";
      const content = Array.from(bytes, String).join(",");
      writeFileSync(
        source,
        `.section .rodata.m,"${letters}",@progbits,${entsize}\n.balign ${align}\n.byte ${content}\n`,
      );
      execFileSync("as", ["-o", `${source}.o`, source]);
      return `${source}.o`;
    });
    const image = path.join(folder, "out");
    execFileSync("ld.lld", ["-e", "0", `-O${optimize}`, "-o", image, ...files], { stdio: "pipe" });
    execFileSync("objcopy", ["-O", "binary", "-j", ".rodata", image, `${image}.bin`]);
    return String.fromCharCode(...readFileSync(`${image}.bin`)).replaceAll("\0", "|");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
