import { describe, expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import {
  absoluteSection,
  checkAssert,
  constantValue,
  type EvaluateOptions,
  type ExpressionContext,
  evaluate,
  newDataSegment,
  parseExpression,
  type SectionRef,
  type SymbolLookup,
} from "./index.ts";

const text: SectionRef = { name: ".text", address: 0x1000n };
const data: SectionRef = { name: ".data", address: 0x4000n };

const symbols: Record<string, SymbolLookup> = {
  in_text: { kind: "defined", value: 8n, section: text },
  also_in_text: { kind: "defined", value: 0x18n, section: text },
  in_data: { kind: "defined", value: 4n, section: data },
  five: { kind: "defined", value: 5n, section: absoluteSection },
  counter: { kind: "defined", value: 6n, section: absoluteSection, assignedInThisPass: true },
  discarded: { kind: "unplaced", value: 3n, section: { name: ".gone", address: 0n } },
};

function contextOf(changes: Partial<ExpressionContext> = {}): ExpressionContext {
  return {
    report: new Report(),
    phase: "final",
    dialect: "gnu",
    dot: 0x4010n,
    section: absoluteSection,
    saneExpressions: false,
    relro: false,
    dataSegment: newDataSegment(),
    symbol: (name) => symbols[name] ?? { kind: "undefined" },
    isDefined: (name) => name in symbols,
    outputSection: (name) => {
      const ref = [text, data].find((section) => section.name === name);
      if (name === ".later") {
        return {
          ref: { name, address: 0n },
          hasAddress: false,
          loadAddress: undefined,
          size: 32n,
          alignment: 2n,
        };
      }
      if (!ref) return undefined;
      return { ref, hasAddress: true, loadAddress: ref.address + 0x10000n, size: 0x20n, alignment: 16n };
    },
    region: (name) => (name === "ram" ? { origin: 0x2000n, length: 0x800n } : undefined),
    maxPageSize: 0x1000n,
    commonPageSize: 0x100n,
    segmentStart: (name) => (name === "data" ? 0x8000n : undefined),
    sizeofHeaders: () => 0x78n,
    ...changes,
  };
}

function run(source: string, changes: Partial<ExpressionContext> = {}, options: EvaluateOptions = {}) {
  const context = contextOf(changes);
  const expression = parseExpression({ name: "x.ld", text: source }, context.report);
  const result = evaluate(expression, context, options);
  return { result, messages: context.report.diagnostics.map(({ message }) => message), context };
}

/** The value as `section+offset`, `number`, `*ABS*+number`, or the state. */
function show(source: string, changes: Partial<ExpressionContext> = {}): string {
  const { result, messages } = run(source, changes);
  if (result.state !== "known") return [result.state, ...messages].join(": ");
  const value = `0x${result.value.toString(16)}`;
  return result.section ? `${result.section.name}+${value}` : value;
}

const inside: Partial<ExpressionContext> = { section: data };

describe("the section of an expression", () => {
  // The rules of the manual: outside of an output section, then inside of .data at 0x4000.
  test.each([
    ["5", "*ABS*+0x5", "0x5"],
    [".", "*ABS*+0x4010", ".data+0x10"],
    ["five", "*ABS*+0x5", "0x5"],
    ["in_text", ".text+0x8", ".text+0x8"],
    ["in_text + 4", "*ABS*+0x100c", ".text+0xc"],
    ["4 + in_text", "*ABS*+0x100c", ".text+0xc"],
    ["also_in_text - in_text", "*ABS*+0x10", "0x10"],
    ["in_data - in_text", "*ABS*+0x2ffc", "0x2ffc"],
    ["in_text + five", "*ABS*+0x100d", ".text+0xd"],
    ["in_text < in_data", "0x1", "0x1"],
    ["in_text < also_in_text", "0x1", "0x1"],
    ["1 < 2", "*ABS*+0x1", "0x1"],
    ["!in_text", ".text+0x0", ".text+0x0"],
    ["-in_text", ".text+0xfffffffffffffff8", ".text+0xfffffffffffffff8"],
    ["ABSOLUTE(in_text)", "*ABS*+0x1008", "*ABS*+0x1008"],
    ["ABSOLUTE(5)", "*ABS*+0x5", "*ABS*+0x5"],
    ["ADDR(.text)", ".text+0x0", ".text+0x0"],
    ["LOADADDR(.text)", "*ABS*+0x11000", "*ABS*+0x11000"],
    ["SIZEOF(.text)", "0x20", "0x20"],
    ["ALIGNOF(.text)", "0x10", "0x10"],
    ["ALIGN(0x100)", "*ABS*+0x4100", ".data+0x100"],
    ["ALIGN(in_text, 0x10)", "*ABS*+0x1010", ".text+0x10"],
    ["NEXT(0x100)", "*ABS*+0x4100", "*ABS*+0x4100"],
    ["MAX(in_text, in_data)", "*ABS*+0x4004", "*ABS*+0x4004"],
    ["MIN(in_text, 3)", "*ABS*+0x3", ".text+0x3"],
    ["ORIGIN(ram)", "*ABS*+0x2000", ".data+0xffffffffffffe000"],
    ["LENGTH(ram)", "0x800", "0x800"],
    ['SEGMENT_START("data", 4)', "*ABS*+0x8000", ".data+0x4000"],
    ['SEGMENT_START("text", 4)', "*ABS*+0x4", ".data+0xffffffffffffc004"],
    ["LOG2CEIL(in_text)", "0x3", "0x3"],
    ["SIZEOF_HEADERS", "0x78", "0x78"],
    ["CONSTANT(MAXPAGESIZE)", "0x1000", "0x1000"],
    ["DEFINED(nothing)", "0x0", "0x0"],
    ["DEFINED(five) ? in_text : nothing", ".text+0x8", ".text+0x8"],
  ])("%s", (source, outside, within) => {
    expect(show(source)).toBe(outside);
    expect(show(source, inside)).toBe(within);
  });

  test('with LD_FEATURE("SANE_EXPR") numbers are numbers outside, too', () => {
    const sane = { saneExpressions: true };
    expect(show("5", sane)).toBe("0x5");
    expect(show("five", sane)).toBe("0x5");
    expect(show("4 + in_text", sane)).toBe(".text+0xc");
    expect(show("also_in_text - in_text", sane)).toBe("0x10");
  });
});

describe("numbers", () => {
  const value = (source: string) => {
    const { result } = run(source);
    return result.state === "known" ? result.value : undefined;
  };

  test.each<[string, bigint]>([
    ["0x10", 16n],
    ["010", 8n],
    ["089", 0n],
    ["10h", 16n],
    ["11b", 3n],
    ["17o", 15n],
    ["12d", 12n],
    ["$1f", 31n],
    ["4K", 4096n],
    ["0x10k", 16384n],
    ["1M", 1048576n],
    ["0xffffffffffffffff", (1n << 64n) - 1n],
    ["0xfffffffffffffffff", (1n << 64n) - 1n],
    ["18446744073709551615", (1n << 64n) - 1n],
    ["18446744073709551616", (1n << 64n) - 1n],
    ["2 + 3 * 4", 14n],
    ["10 - 3 - 2", 5n],
    ["0 - 1", (1n << 64n) - 1n],
    ["0xffffffffffffffff + 1", 0n],
    ["-7 / 2", (1n << 64n) - 3n],
    ["-7 % 2", (1n << 64n) - 1n],
    ["-1 > 1", 1n],
    ["1 << 63 << 1", 0n],
    ["1 << 64", 1n],
    ["-1 >> 63", 1n],
    ["2 == 2 == 1", 1n],
    ["1 | 2 ^ 3 & 1", 3n],
    ["5 && 0 || 3", 1n],
    ["1 ? 2 : 0 ? 3 : 4", 2n],
    ["LOG2CEIL(0)", 0n],
    ["LOG2CEIL(1)", 0n],
    ["LOG2CEIL(4)", 2n],
    ["LOG2CEIL(5)", 3n],
    ["ALIGN(17, 16)", 32n],
    ["ALIGN(17, 0)", 17n],
    ["ALIGN(17, 6)", 18n],
    ["ALIGN(16, 16)", 16n],
    ["~0", (1n << 64n) - 1n],
    ["!5", 0n],
    ["MAX(-1, 1)", (1n << 64n) - 1n],
  ])("%s", (source, expected) => {
    expect(value(source)).toBe(expected);
  });

  test("LLD's numbers: no octal, unsigned division", () => {
    const lld = (source: string) => {
      const report = new Report();
      const expression = parseExpression({ name: "x", text: source }, report, { dialect: "lld" });
      const result = evaluate(expression, contextOf({ dialect: "lld", report }));
      return result.state === "known" ? result.value : report.diagnostics[0]?.lld?.split("\n")[0];
    };
    expect(lld("010")).toBe(10n);
    expect(lld("-4 / 2")).toBe(0x7ffffffffffffffen);
    expect(lld("DEFINED(nothing) && nothing")).toBe(0n);
    expect(lld("in_text + in_data")).toBe("at least one side of the expression must be absolute");
    expect(lld("in_data - in_text")).toBe(0x2ffcn);
    expect(lld("1 / 0")).toBe("division by zero");
    expect(lld("ALIGN(3)")).toBe("alignment must be power of 2");
    expect(lld("nothing")).toBe("symbol not found: nothing");
  });

  test("constants need no context", () => {
    const constant = (source: string) =>
      constantValue(parseExpression({ name: "x", text: source }, new Report()));
    expect(constant("(1 + 2) * 3")).toBe(9n);
    expect(constant("1 ? 2 : 3")).toBe(2n);
    expect(constant("MAX(1, 2) + LOG2CEIL(8)")).toBe(5n);
    expect(constant("1 + a")).toBe(undefined);
    expect(constant("1 / 0")).toBe(undefined);
  });

  test("the digits of a fill", () => {
    const digits = (source: string) => {
      const { result } = run(source);
      return result.state === "known" ? result.digits : undefined;
    };
    expect(digits("0x0090")).toBe("0090");
    expect(digits("(0x90)")).toBe("90");
    expect(digits("144")).toBe(undefined);
    expect(digits("0x90 + 0")).toBe(undefined);
    expect(digits("0x9K")).toBe(undefined);
  });
});

describe("what is not known yet, and what is wrong", () => {
  test.each([
    ["nothing", "unknown", "unknown", "error: undefined symbol `nothing' referenced in expression"],
    [
      "discarded",
      ".gone+0x3",
      "error: unresolvable symbol `discarded' referenced in expression",
      "error: unresolvable symbol `discarded' referenced in expression",
    ],
    ["ADDR(.nothing)", "unknown", "unknown", "error: undefined section `.nothing' referenced in expression"],
    ["SIZEOF(.nothing)", "0x0", "0x0", "error: undefined section `.nothing' referenced in expression"],
    ["ADDR(.later)", "unknown", "unknown", "unknown"],
    ["LOADADDR(.later)", "unknown", "unknown", "unknown"],
    ["SIZEOF(.later)", "0x20", "0x20", "0x20"],
    ["1 / 0", "*ABS*+0x0", "error: / by zero", "error: / by zero"],
    ["1 % 0", "*ABS*+0x0", "error: % by zero", "error: % by zero"],
    ["0 && nothing", "unknown", "unknown", "error: undefined symbol `nothing' referenced in expression"],
    ["0 ? nothing : 2", "*ABS*+0x2", "*ABS*+0x2", "*ABS*+0x2"],
  ])("%s: marking, allocating, at the end", (source, mark, allocating, final) => {
    expect(show(source, { phase: "mark" })).toBe(mark);
    expect(show(source, { phase: "allocating" })).toBe(allocating);
    expect(show(source, { phase: "final" })).toBe(final);
  });

  test("while the script is read only constants have a value", () => {
    for (const source of [
      "ADDR(.text)",
      "SIZEOF(.text)",
      "ALIGN(8)",
      "NEXT(8)",
      "SIZEOF_HEADERS",
      "nothing",
    ]) {
      expect(show(source, { phase: "first" })).toBe("unknown");
    }
    expect(show("1 + 2", { phase: "first" })).toBe("*ABS*+0x3");
  });

  test("regions and constants must exist in every phase", () => {
    const region = "error: undefined MEMORY region `rom' referenced in expression";
    expect(show("ORIGIN(rom)", { phase: "mark" })).toBe(region);
    expect(show("CONSTANT(FOO)")).toBe("error: unknown constant `FOO' referenced in expression");
  });

  test("the location counter cannot wait for a symbol", () => {
    const toDot = { assigningToDot: true };
    expect(run("nothing", { phase: "allocating" }).result.state).toBe("unknown");
    expect(run("nothing", { phase: "allocating" }, toDot).result.state).toBe("error");
    expect(run("nothing", { phase: "mark" }, toDot).result.state).toBe("unknown");
  });

  test("what could not be parsed is an error without a second message", () => {
    const report = new Report();
    const expression = parseExpression({ name: "x", text: "1 +" }, report);
    expect(report.diagnostics.length).toBe(1);
    expect(evaluate(expression, contextOf({ report })).state).toBe("error");
    expect(report.diagnostics.length).toBe(1);
  });

  test("assertions speak in the final phase only", () => {
    expect(run('ASSERT(0, "no")', { phase: "allocating" }).messages).toEqual([]);
    expect(run('ASSERT(0, "no")').messages).toEqual(["no"]);
    expect(run('ASSERT(7, "no")').result).toMatchObject({ state: "known", value: 7n });
    const context = contextOf();
    const condition = parseExpression({ name: "x.ld", text: "five == 6" }, context.report);
    checkAssert(
      {
        condition,
        message: { text: "five is not six", quoted: true, span: condition.span },
        span: condition.span,
      },
      context,
    );
    const [diagnostic] = context.report.diagnostics;
    // GNU ld prints the bare message, so the place is a note.
    expect([diagnostic.message, diagnostic.where]).toEqual(["five is not six", undefined]);
    expect(diagnostic.notes[0].where).toBe(condition.span);
  });
});

describe("what an assignment wants to know", () => {
  const known = (source: string, options: EvaluateOptions = {}, changes: Partial<ExpressionContext> = {}) => {
    const { result } = run(source, changes, options);
    if (result.state !== "known") throw new Error(result.state);
    return result;
  };

  test("an alias: the only symbol", () => {
    expect(known("in_text").onlySymbol).toBe("in_text");
    expect(known("in_text + 4").onlySymbol).toBe("in_text");
    expect(known("in_text + in_data").onlySymbol).toBe(undefined);
    expect(known("five ? in_text : in_data").onlySymbol).toBe("in_text");
    expect(known("4").onlySymbol).toBe(undefined);
  });

  test("a value that comes from an address", () => {
    expect(known(".").fromAddress).toBe(true);
    expect(known("ALIGN(8)").fromAddress).toBe(true);
    expect(known("ORIGIN(ram) + 4").fromAddress).toBe(true);
    expect(known('SEGMENT_START("text", 4)').fromAddress).toBe(true);
    expect(known("ABSOLUTE(.)").fromAddress).toBe(false);
    expect(known("NEXT(.)").fromAddress).toBe(false);
    expect(known(". - in_text").fromAddress).toBe(false);
    expect(known("5").fromAddress).toBe(false);
  });

  test("a symbol that refers to itself", () => {
    expect(known("in_text + 1", { assigningTo: "in_text" }).refersToSelf).toBe(true);
    expect(known("in_text + 1", { assigningTo: "in_data" }).refersToSelf).toBe(false);
    expect(known("DEFINED(five) ? 1 : five", { assigningTo: "five" }).refersToSelf).toBe(false);
    // Allowed for an absolute symbol that the script assigned before.
    expect(known("five + 1", { assigningTo: "five" }).refersToSelf).toBe(true);
    expect(known("counter + 1", { assigningTo: "counter" }).refersToSelf).toBe(false);
  });

  test("the steps of a computation", () => {
    const steps: string[] = [];
    run("(in_text + 4) * 2", {
      trace: ({ span }, { value }) => {
        steps.push(`${span.source.text.slice(span.start, span.end)} = ${value}`);
      },
    });
    expect(steps).toEqual([
      "in_text = 8",
      "4 = 4",
      "in_text + 4 = 4108",
      "(in_text + 4) = 4108",
      "2 = 2",
      "(in_text + 4) * 2 = 8216",
    ]);
  });
});

describe("the data segment", () => {
  const at = (dot: bigint, source: string, changes: Partial<ExpressionContext>) =>
    show(source, { dot, phase: "allocating", ...changes });

  test("is seen from its beginning to its end", () => {
    const dataSegment = newDataSegment();
    const changes = { dataSegment };
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", changes)).toBe("*ABS*+0x2234");
    expect(dataSegment).toMatchObject({
      state: "align-seen",
      base: 0x2234n,
      maxPageSize: 0x1000n,
      relro: "start",
    });
    expect(at(0x2300n, "DATA_SEGMENT_RELRO_END(0x10, .)", changes)).toBe("*ABS*+0x2300");
    expect(dataSegment).toMatchObject({
      state: "relro-seen",
      relroEnd: 0x2310n,
      relroOffset: 0x10n,
      relro: "end",
    });
    expect(at(0x2400n, "DATA_SEGMENT_END(.)", changes)).toBe("*ABS*+0x2400");
    expect(dataSegment).toMatchObject({ state: "end-seen", end: 0x2400n });
    // A second one has no place.
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", changes)).toBe("unknown");
  });

  test("with relro it begins on a page", () => {
    const changes = { dataSegment: newDataSegment(), relro: true };
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", changes)).toBe("*ABS*+0x2000");
  });

  test("in its last states it gives what layout decided", () => {
    const adjust = { ...newDataSegment(), state: "adjust" as const };
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", { dataSegment: adjust })).toBe("*ABS*+0x2300");
    const relro = {
      ...newDataSegment(),
      state: "relro-adjust" as const,
      base: 0x2f80n,
      relroPageSize: 0x1000n,
    };
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", { dataSegment: relro })).toBe("*ABS*+0x2f80");
    expect(at(0x2fe0n, "DATA_SEGMENT_RELRO_END(0x10, .)", { dataSegment: relro })).toBe("*ABS*+0x2ff0");
    expect(relro.relroEnd).toBe(0x3000n);
    const done = { ...newDataSegment(), state: "done" as const };
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", { dataSegment: done })).toBe("*ABS*+0x2234");
    expect(at(0x1234n, "DATA_SEGMENT_END(.)", { dataSegment: done })).toBe("*ABS*+0x1234");
  });

  test("has no meaning in an output section, or without its beginning", () => {
    expect(at(0x1234n, "DATA_SEGMENT_ALIGN(0x1000, 0x100)", inside)).toBe("unknown");
    expect(at(0x1234n, "DATA_SEGMENT_RELRO_END(0, .)", {})).toBe("unknown");
    expect(at(0x1234n, "DATA_SEGMENT_END(.)", {})).toBe("unknown");
  });
});
