import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { Fate, type LinkModel, type LinkOptions } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { addObject, contentOf, emptyModel, type TestSection } from "../testing-model.ts";
import { decideExecStack, mergedFeatures, mergePropertyNotes, reportWarningSections } from "./notes.ts";

const x86 = { is64: true, processorProperties: "x86", defaultExecStack: true } as Target;
const riscv = { is64: true } as Target;
const FEATURES = 0xc0000002;
const ISA_NEEDED = 0xc0008002;
const ISA_USED = 0xc0010002;

function note(...properties: readonly (readonly [number, number])[]): TestSection {
  const words = [4, properties.length * 16, 5, 0x00554e47];
  for (const [type, value] of properties) words.push(type, 4, value, 0);
  return {
    name: ".note.gnu.property",
    type: 7,
    bytes: new Uint8Array(Uint32Array.from(words).buffer),
    align: 8,
  };
}

function merge(
  sections: readonly (TestSection | undefined)[],
  options: Partial<LinkOptions> = {},
  target = x86,
) {
  const model = emptyModel(options);
  for (const [i, section] of sections.entries())
    addObject(model, `${i}.o`, { sections: section ? [section] : [] });
  const report = new Report();
  const row = mergePropertyNotes(model, target, report);
  const words = row === 0 ? [] : [...new Uint32Array(contentOf(model, row).slice().buffer)];
  return { model, row, words, messages: report.diagnostics.map((one) => one.message) };
}

describe("properties", () => {
  test("features are what all inputs have", () => {
    const { words, model, row } = merge([note([FEATURES, 3]), note([FEATURES, 2])]);
    expect(words).toEqual([4, 16, 5, 0x00554e47, FEATURES, 4, 2, 0]);
    expect(mergedFeatures(model, row)).toBe(2);
    expect(model.sections.fate[model.objects[1].sectionBase + 1]).toBe(Fate.excluded);
  });

  test("an input without the note has no features: no note is left", () => {
    const { row, model } = merge([note([FEATURES, 3]), undefined]);
    expect(row).toBe(0);
    expect(model.sections.fate[model.objects[0].sectionBase + 1]).toBe(Fate.excluded);
  });

  test("needed instruction sets add up, used ones only if all say something", () => {
    const one = note([ISA_USED, 1], [ISA_NEEDED, 1]);
    expect(merge([one, note([ISA_NEEDED, 2]), note([ISA_USED, 4])]).words.slice(4)).toEqual([
      ISA_NEEDED,
      4,
      3,
      0,
    ]);
    expect(merge([one, note([ISA_USED, 4])]).words.slice(4)).toEqual([
      ISA_NEEDED,
      4,
      1,
      0,
      ISA_USED,
      4,
      5,
      0,
    ]);
  });

  test("-z ibt and -z shstk set features, in a note of their own if need be", () => {
    expect(merge([undefined, undefined], { zKeywords: ["ibt", "shstk"] }).words.slice(4)).toEqual([
      FEATURES,
      4,
      3,
      0,
    ]);
    expect(merge([note([FEATURES, 2]), undefined], { zKeywords: ["ibt"] }).words.slice(4)).toEqual([
      FEATURES,
      4,
      1,
      0,
    ]);
  });

  test("-z cet-report names what is missing", () => {
    const { messages } = merge([note([FEATURES, 1]), undefined], { zKeywords: ["cet-report=warning"] });
    expect(messages).toEqual(["missing SHSTK property", "missing IBT and SHSTK properties"]);
  });

  test("a corrupt note is reported and counts for nothing", () => {
    const broken = note([FEATURES, 3]);
    broken.bytes[20] = 5;
    const { messages, row } = merge([broken]);
    expect(messages).toEqual([`<corrupt x86 property (0xc0000002) size: 0x5>`]);
    expect(row).toBe(0);
    expect(merge([note([FEATURES, 3])], {}, riscv).messages).toEqual([
      "unsupported GNU_PROPERTY_TYPE (5) type: 0xc0000002",
    ]);
  });

  test("LLD keeps the common features only", () => {
    const { words, messages } = merge([note([FEATURES, 2], [ISA_NEEDED, 1]), note([FEATURES, 3])], {
      compat: "lld",
      zKeywords: ["force-ibt"],
    });
    expect(words.slice(4)).toEqual([FEATURES, 4, 3, 0]);
    expect(messages).toEqual(["-z force-ibt: file does not have GNU_PROPERTY_X86_FEATURE_1_IBT property"]);
  });
});

describe("stack", () => {
  const stack = (flags: number): TestSection => ({
    name: ".note.GNU-stack",
    bytes: new Uint8Array(0),
    flags,
  });
  function decide(
    sections: readonly (TestSection | undefined)[],
    target: Target,
    options: Partial<LinkOptions> = {},
  ) {
    const model = emptyModel({ warnExecstack: "default", program: "ld", ...options });
    for (const [i, section] of sections.entries())
      addObject(model, `${i}.o`, { sections: section ? [section] : [] });
    const report = new Report();
    return [decideExecStack(model, target, report), ...report.diagnostics.map((one) => one.where)];
  }

  test.each([
    ["all say no", [stack(0), stack(0)], x86, {}, [false]],
    ["one says yes", [stack(0), stack(4)], x86, {}, [true, undefined]],
    ["one says nothing on x86", [undefined, stack(0)], x86, {}, [true, undefined, undefined]],
    ["one says nothing on RISC-V", [undefined, stack(0)], riscv, {}, [false]],
    ["none says anything", [undefined], x86, {}, [undefined]],
    ["the command line decides", [stack(4)], x86, { execStack: false }, [false]],
    ["LLD does not look", [stack(4)], x86, { compat: "lld" as const }, [false]],
  ])("%s", (_, sections, target, options, expected) => {
    expect(decide(sections, target, options)).toEqual(expected);
  });
});

test("a warning section speaks when its symbol is referred to", () => {
  const warning = (name: string): TestSection => ({
    name,
    bytes: new TextEncoder().encode("do not use\0"),
    flags: 0,
  });
  function run(symbol: string): [LinkModel, (readonly [unknown, string])[]] {
    const model = emptyModel();
    addObject(model, "main.o", {
      sections: [
        {
          name: ".text",
          bytes: new Uint8Array(8),
          flags: 6,
          relocations: [{ offset: 4, type: 1, symbol: 1 }],
        },
      ],
      symbols: [{ name: symbol, section: 0, value: 0 }],
    });
    addObject(model, "lib.o", {
      sections: [warning(".gnu.warning.gets")],
      symbols: [{ name: "gets", section: 1, value: 0 }],
    });
    const report = new Report();
    reportWarningSections(model, report);
    return [model, report.diagnostics.map((one) => [one.where, one.message] as const)];
  }
  const [model, messages] = run("gets");
  expect(messages).toEqual([["main.o:(.text+0x4)", "do not use"]]);
  expect(model.sections.fate[model.objects[1].sectionBase + 1]).toBe(Fate.excluded);
  expect(run("puts")[1]).toEqual([]);
});
