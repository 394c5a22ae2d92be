import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import type { LinkModel } from "../../model/index.ts";
import { addObject, contentOf, emptyModel, type TestObject } from "../testing-model.ts";
import { mergeSections } from "./merge.ts";

const MERGE = 0x12;
const STRINGS = 0x32;
const text = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));
const strings = (value: string, align = 1, entsize = 1) => ({
  name: `.rodata.str${entsize}.${align}`,
  bytes: text(value),
  flags: STRINGS,
  align,
  entsize,
});

function merged(objects: readonly TestObject[]): { model: LinkModel; report: Report } {
  const model = emptyModel();
  for (const [index, object] of objects.entries()) addObject(model, `${index}.o`, object);
  const report = new Report();
  mergeSections(model, new Int32Array(model.sections.count), report);
  return { model, report };
}

const show = (model: LinkModel, section: number) =>
  String.fromCharCode(...contentOf(model, section)).replaceAll("\0", "|");

describe("strings", () => {
  test("a string stays in the first section that has it", () => {
    const { model } = merged([
      { sections: [strings("one\0two\0")] },
      { sections: [strings("two\0three\0")] },
      { sections: [strings("one\0three\0")] },
    ]);
    const rows = model.objects.map((object) => object.sectionBase + 1);
    expect(rows.map((row) => show(model, row))).toEqual(["one|two|", "three|", ""]);
    expect(rows.map((row) => model.sections.size[row])).toEqual([8, 6, 0]);
    const where = model.merge!;
    expect([where.locate(rows[2], 5), where.holder]).toEqual([1, rows[1]]);
    expect([where.locate(rows[1], 1), where.holder]).toEqual([5, rows[0]]);
  });

  test("a tail is laid out in the string that ends with it, wherever that is", () => {
    const { model } = merged([{ sections: [strings("bar\0ar\0x\0")] }, { sections: [strings("foobar\0")] }]);
    const [a, b] = model.objects.map((object) => object.sectionBase + 1);
    expect([show(model, a), show(model, b)]).toEqual(["x|", "foobar|"]);
    expect([model.merge!.locate(a, 4), model.merge!.holder]).toEqual([4, b]);
  });

  test("a tail must fall on its own alignment", () => {
    const { model } = merged([{ sections: [strings("12345678abc\0\0\0\0\0abc\0", 8)] }]);
    expect(show(model, model.objects[0].sectionBase + 1)).toBe("12345678abc|");
    const { model: other } = merged([{ sections: [strings("1234567abc\0\0\0\0\0\0abc\0", 8)] }]);
    expect(show(other, other.objects[0].sectionBase + 1)).toBe("1234567abc||||||abc|");
  });

  test("padding after a string is the empty string", () => {
    const { model } = merged([{ sections: [strings("a\0\0\0b\0", 1)] }]);
    const row = model.objects[0].sectionBase + 1;
    expect(show(model, row)).toBe("a|b|");
    expect([2, 3, 4].map((offset) => model.merge!.locate(row, offset))).toEqual([1, 1, 2]);
  });

  test("an unterminated last string gets its terminator", () => {
    const { model } = merged([{ sections: [strings("a\0bc")] }]);
    expect(show(model, model.objects[0].sectionBase + 1)).toBe("a|bc|");
  });

  test("wide characters", () => {
    const wide = (value: string) =>
      strings(
        value.replace(/[a-z|]/g, (c) => (c === "|" ? "\0\0" : `${c}\0`)),
        2,
        2,
      );
    const { model } = merged([{ sections: [wide("ab|b|")] }, { sections: [wide("ab|c")] }]);
    expect(show(model, model.objects[0].sectionBase + 1)).toBe("a|b|||");
    expect(show(model, model.objects[1].sectionBase + 1)).toBe("c|||");
  });
});

test("constants are shared, symbols move with them, section symbols do not", () => {
  const constants = (...values: number[]) => ({
    name: ".rodata.cst4",
    bytes: new Uint8Array(new Int32Array(values).buffer),
    flags: MERGE,
    align: 4,
    entsize: 4,
  });
  const { model } = merged([
    { sections: [constants(1, 2, 1)], symbols: [{ name: "a", section: 1, value: 8 }] },
    {
      sections: [constants(3, 2)],
      symbols: [
        { name: "", section: 1, value: 0, info: 3 },
        { name: "b", section: 1, value: 6 },
      ],
    },
  ]);
  const { symbols } = model;
  const at = (object: number, index: number) => {
    const id = model.objects[object].symbolIds[index];
    return [symbols.section[id] - model.objects[0].sectionBase, symbols.valueLow[id]];
  };
  expect(at(0, 1)).toEqual([1, 0]);
  expect(at(1, 2)).toEqual([1, 6]);
  expect(at(1, 1)).toEqual([model.objects[1].sectionBase + 1 - model.objects[0].sectionBase, 0]);
});

describe("sections that stay whole", () => {
  test.each([
    ["with relocations", { ...strings("aa\0aa\0"), relocations: [{ offset: 0, type: 1, symbol: 0 }] }],
    ["of a size that is no multiple of entsize", { ...strings("aaa"), entsize: 2, align: 2 }],
    ["without entsize", { ...strings("aa\0aa\0"), entsize: 0 }],
    [
      "of constants aligned beyond their size",
      { ...strings("aaaaaaaa"), flags: MERGE, entsize: 4, align: 8 },
    ],
  ])("%s", (_, section) => {
    const { model } = merged([{ sections: [section] }]);
    expect(model.merge!.merged[model.objects[0].sectionBase + 1]).toBe(0);
    expect(model.sections.size[model.objects[0].sectionBase + 1]).toBe(section.bytes.length);
  });
});

test("an offset beyond the section is reported", () => {
  const { model, report } = merged([{ sections: [strings("a\0")] }]);
  expect(model.merge!.locate(model.objects[0].sectionBase + 1, 2)).toBe(2);
  expect(report.diagnostics).toEqual([]);
  model.merge!.locate(model.objects[0].sectionBase + 1, 3);
  expect(report.diagnostics[0].message).toBe("access beyond end of merged section (3)");
});

const haveGnu = spawnSync("ld", ["-V"]).status === 0 && spawnSync("as", ["--version"]).status === 0;

describe.skipIf(!haveGnu)("the same bytes as GNU ld", () => {
  test.each([
    [1, 1, 1],
    [2, 1, 8],
    [3, 2, 2],
    [4, 4, 4],
    [5, 2, 8],
    [6, 1, 2],
  ])("random strings %i of character size %i, alignment %i", (seed, entsize, align) => {
    const random = generator(seed);
    const objects: TestObject[] = [];
    for (let i = 0; i < 6; i++)
      objects.push({ sections: [strings(randomStrings(random, entsize, align), align, entsize)] });
    const { model } = merged(objects);
    let ours = "";
    for (const object of model.objects) {
      const row = object.sectionBase + 1;
      const own = 2 ** model.sections.alignPower[row];
      while (ours.length % own !== 0) ours += "|";
      ours += show(model, row);
    }
    expect(ours).toBe(linkedByGnu(objects, entsize, align));
  });
});

function generator(seed: number): (below: number) => number {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

function randomStrings(random: (below: number) => number, entsize: number, align: number): string {
  let all = "";
  for (let i = 0; i < 400; i++) {
    const length = random(4) === 0 ? random(40) : random(7);
    let one = "";
    for (let k = 0; k < length; k++)
      one += "ab\0c".charAt(entsize > 1 ? random(4) : random(2)).padStart(entsize, "\0");
    all += one + "\0".repeat(entsize);
    while (all.length % entsize !== 0) all += "\0";
    if (random(3) === 0) while (all.length % align !== 0) all += "\0";
  }
  return all;
}

function linkedByGnu(objects: readonly TestObject[], entsize: number, align: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), "premain-merge-"));
  try {
    const files = objects.map((object, index) => {
      const source = path.join(folder, `${index}.s`);
      const bytes = Array.from(object.sections[0].bytes, String).join(",");
      writeFileSync(
        source,
        `.section .rodata.x,"aMS",@progbits,${entsize}\n.balign ${align}\n.byte ${bytes}\n`,
      );
      execFileSync("as", ["-o", `${source}.o`, source]);
      return `${source}.o`;
    });
    const image = path.join(folder, "out");
    execFileSync("ld", ["-e", "0", "-o", image, ...files], { stdio: "pipe" });
    execFileSync("objcopy", ["-O", "binary", "-j", ".rodata", image, `${image}.bin`]);
    return String.fromCharCode(...readFileSync(`${image}.bin`)).replaceAll("\0", "|");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
