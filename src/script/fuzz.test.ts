import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bare } from "../../test/script/trees.ts";
import { Report, type Source, type Span } from "../diagnostics/index.ts";
import {
  type BinaryOperator,
  type Command,
  type Comment,
  type Expression,
  formatDynamicList,
  formatExpression,
  formatScript,
  formatVersionScript,
  type Name,
  parseDynamicList,
  parseExpression,
  parseScript,
  parseVersionScript,
  type SectionStatement,
  type SectionsCommand,
} from "./index.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 300);

// Texts: whatever is written, there is a tree, quickly.

const words = [
  ...'{}()[];:,=<>+-*/%&|^!~?."#',
  ..."SECTIONS MEMORY PHDRS VERSION ENTRY INPUT GROUP AS_NEEDED OUTPUT_FORMAT INSERT AFTER EXTERN NOCROSSREFS".split(
    " ",
  ),
  ..."INCLUDE ASSERT PROVIDE HIDDEN KEEP SORT SORT_BY_NAME SORT_BY_ALIGNMENT REVERSE EXCLUDE_FILE FILL BYTE LONG".split(
    " ",
  ),
  ..."ASCIZ ASCII CONSTRUCTORS INPUT_SECTION_FLAGS OVERLAY AT ALIGN SUBALIGN ADDR SIZEOF ORIGIN LENGTH DEFINED".split(
    " ",
  ),
  ..."SEGMENT_START CONSTANT MAX DATA_SEGMENT_ALIGN NOLOAD TYPE READONLY ONLY_IF_RO FILEHDR FLAGS PT_LOAD".split(
    " ",
  ),
  ...'global local extern org len o l .text *(.data) foo a=b /DISCARD/ -lc 0x10 12 4K $ff 10h "quoted" /* */ # && || << >>= +='.split(
    " ",
  ),
  "\n",
  // Names that every object has.
  "toString",
  "constructor",
  "__proto__",
  "SECTIONS { .x : {",
  "VERSION { V { global:",
  "@",
  "\u00e9",
  "\0",
];

const include = (name: string): Source => ({ name, text: `INCLUDE ${name} a = 1; *(.x) } .y : {` });

function parseAll(text: string): void {
  for (const dialect of ["gnu", "lld"] as const) {
    const source = { name: "x", text };
    for (const parse of [parseScript, parseVersionScript, parseDynamicList, parseExpression]) {
      parse(source, new Report(), { dialect, include });
    }
  }
  // What could be read of a broken script can be printed, and that is read again.
  const script = parseScript({ name: "x", text }, new Report());
  const formatted = formatScript(script);
  const report = new Report();
  const again = parseScript({ name: "x", text: formatted }, report);
  const clean = new Report();
  parseScript({ name: "x", text }, clean);
  if (clean.diagnostics.length === 0) {
    expect(report.diagnostics).toEqual([]);
    expect(bare(again)).toEqual(bare(script));
    expect(formatScript(again)).toBe(formatted);
  }
}

describe("any text gives a tree", () => {
  test("words of the language in any order", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((list) => list.join(" "));
    fc.assert(fc.property(soup, parseAll), { numRuns: runs });
  });

  test("words without blanks between them", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((list) => list.join(""));
    fc.assert(fc.property(soup, parseAll), { numRuns: runs });
  });

  test("any characters", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), parseAll), { numRuns: runs });
  });

  test("a real script with holes and doubled parts", () => {
    const script = `ENTRY(_start) /* c */
MEMORY { rom (rx!w) : ORIGIN = 0, LENGTH = 256K  ram : org = 0x20000000, len = 64K }
PHDRS { text PT_LOAD FILEHDR AT(0) FLAGS(5); }
SECTIONS {
  . = DEFINED(a) ? ALIGN(8) + 1 : SIZEOF_HEADERS;
  .text 0x1000 (NOLOAD) : AT(4) ALIGN(8) { KEEP(*(SORT(.init.*) EXCLUDE_FILE(a.o) .text)) BYTE(1) a = .; } >rom AT>ram :text =0x90
  OVERLAY : NOCROSSREFS { .a { *(.a) } .b { *(.b) } } >ram
  /DISCARD/ : { *(*) } # all
}
VERSION { V1 { global: a; extern "C++" { "b"; }; local: *; }; V2 { c; } V1; }
ASSERT(1, "x")`;
    const cut = fc.tuple(fc.nat(script.length), fc.nat(40), fc.boolean());
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
        let text = script;
        for (const [at, length, doubled] of cuts) {
          text = doubled
            ? text.slice(0, at + length) + text.slice(at)
            : text.slice(0, at) + text.slice(at + length);
        }
        parseAll(text);
      }),
      { numRuns: runs },
    );
  });

  test("a megabyte of nonsense takes no more than a moment", () => {
    for (const piece of [
      "{",
      "}",
      "(",
      "a ",
      "a = 1 ",
      ".x : { ",
      "/",
      '"',
      "VERSION {",
      "*(",
      "INSERT ",
      "=",
      "#\n",
    ]) {
      const before = performance.now();
      parseScript({ name: "x", text: piece.repeat(100_000) }, new Report());
      expect(performance.now() - before, piece).toBeLessThan(2000);
    }
  });
});

// Trees: what is printed is read as the same tree.

const source: Source = { name: "made", text: "" };
const span: Span = { source, start: 0, end: 0 };

const name = (pattern: RegExp, words: readonly string[]): fc.Arbitrary<Name> =>
  fc.oneof(
    fc.constantFrom(...words).map((text) => ({ text, quoted: false, span })),
    fc.stringMatching(pattern).map((text) => ({ text, quoted: true, span })),
  );
const quotable = /^[a-z *(){};.\\/]{1,8}$/;
const symbolName = name(quotable, ["a", "_b$", ".c", "x/y", "$zz", "global"]);
const scriptName = name(quotable, [".text", "a-b", "x.y=z,w", "/lib/c.o", "~u"]);
// After an expression, a name that begins with a slash would be a division.
const sectionName = name(quotable, [".text", "a-b", ".x+y", "/DISCARD/"]);
const patternName = name(quotable, ["*", ".text.*", "*crt?.o", "[a-z]*", "x:y.o", ":z", "a,b", "^!x", "1.2"]);

const functions = ["ABSOLUTE", "ALIGN", "BLOCK", "NEXT", "LOG2CEIL", "DATA_SEGMENT_END"] as const;
const functions2 = ["ALIGN", "MAX", "MIN", "DATA_SEGMENT_ALIGN", "DATA_SEGMENT_RELRO_END"] as const;
const operators: readonly BinaryOperator[] = [
  "*",
  "/",
  "%",
  "+",
  "-",
  "<<",
  ">>",
  "<",
  ">",
  "<=",
  ">=",
  "==",
  "!=",
  "&",
  "^",
  "|",
  "&&",
  "||",
];

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: "expression" },
    fc
      .constantFrom("0", "0x1F", "017", "4K", "$ff", "10h", "18446744073709551615")
      .map((text): Expression => {
        return parseExpression({ name: "n", text }, new Report());
      }),
    fc.constant<Expression>({ kind: "dot", span }),
    symbolName
      .filter(({ text }) => text !== ".")
      .map((one): Expression => ({ kind: "symbol", name: one, span })),
    fc.constant<Expression>({ kind: "sizeof-headers", span }),
    scriptName.map((section): Expression => ({ kind: "section-query", query: "SIZEOF", section, span })),
    scriptName.map((region): Expression => ({ kind: "region-query", query: "LENGTH", region, span })),
    symbolName.map((symbol): Expression => ({ kind: "defined", symbol, span })),
    symbolName.map((one): Expression => ({ kind: "constant", name: one, span })),
    fc
      .tuple(fc.constantFrom("-", "+", "!", "~"), tie("expression"))
      .map(([operator, operand]): Expression => ({ kind: "unary", operator, operand, span }) as Expression),
    fc
      .tuple(fc.constantFrom(...operators), tie("expression"), tie("expression"))
      .map(([operator, left, right]): Expression => ({ kind: "binary", operator, left, right, span })),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(
      ([condition, then, otherwise]): Expression => ({
        kind: "conditional",
        condition,
        then,
        otherwise,
        span,
      }),
    ),
    tie("expression").map((inner): Expression => ({ kind: "parenthesized", inner, span })),
    fc
      .tuple(fc.constantFrom(...functions), tie("expression"))
      .map(([callee, value]): Expression => ({ kind: "call", callee, arguments: [value], span })),
    fc
      .tuple(fc.constantFrom(...functions2), tie("expression"), tie("expression"))
      .map(([callee, a, b]): Expression => ({ kind: "call", callee, arguments: [a, b], span })),
    fc
      .tuple(scriptName, tie("expression"))
      .map(([segment, otherwise]): Expression => ({ kind: "segment-start", segment, otherwise, span })),
    fc
      .tuple(tie("expression"), symbolName)
      .map(([condition, message]): Expression => ({ kind: "assert-expression", condition, message, span })),
  ),
}));

/** The tree without its parentheses: a printer may have to add some. */
function withoutParentheses(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutParentheses);
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value && value.kind === "parenthesized" && "inner" in value)
    return withoutParentheses(value.inner);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutParentheses(inner)]));
}

const assignment = fc
  .record({
    target: symbolName.filter(({ text }) => text !== "."),
    operator: fc.constantFrom("=" as const, "+=" as const, "<<=" as const, "/=" as const),
    value: expression,
    flavour: fc.constantFrom("plain", "provide", "hidden", "both"),
  })
  .map(({ target, operator, value, flavour }) => ({
    kind: "assignment" as const,
    target,
    operator: flavour === "plain" ? operator : ("=" as const),
    value,
    provide: flavour === "provide" || flavour === "both",
    hidden: flavour === "hidden" || flavour === "both",
    span,
  }));
const assert = fc
  .record({ condition: expression, message: symbolName })
  .map((fields) => ({ kind: "assert" as const, ...fields, span }));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const several = <T>(arbitrary: fc.Arbitrary<T>, minLength = 0) =>
  fc.array(arbitrary, { minLength, maxLength: 3 });

const sectionPattern = fc.record({
  pattern: patternName,
  exclude: several(patternName),
  sort: fc.constantFrom<("name" | "alignment" | "init-priority" | "none")[]>(
    [],
    ["name"],
    ["alignment"],
    ["none"],
    ["init-priority"],
    ["name", "alignment"],
    ["alignment", "name"],
  ),
  reverse: fc.boolean(),
  span: fc.constant(span),
});
const filePattern = fc.record({
  pattern: patternName,
  exclude: several(patternName),
  sort: fc.constantFrom(undefined, "name" as const, "none" as const),
  reverse: fc.boolean(),
  span: fc.constant(span),
});
const inputSections = fc.record({
  kind: fc.constant("input-sections" as const),
  keep: fc.boolean(),
  flags: maybe(
    fc
      .array(
        fc.record({
          name: fc.constantFrom("SHF_ALLOC", "4").map((text) => ({ text, quoted: false, span })),
          negated: fc.boolean(),
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((flags) => ({ kind: "input-section-flags" as const, flags, span })),
  ),
  file: maybe(filePattern),
  sections: several(sectionPattern, 1),
  span: fc.constant(span),
});

const statement: fc.Arbitrary<SectionStatement> = fc.oneof(
  assignment,
  assert,
  inputSections,
  fc.record({
    kind: fc.constant("data" as const),
    directive: fc.constantFrom("BYTE" as const, "SQUAD" as const),
    value: expression,
    span: fc.constant(span),
  }),
  expression.map((value) => ({ kind: "fill" as const, value, span })),
  symbolName.map((text) => ({ kind: "ascii" as const, directive: "ASCIZ" as const, text, span })),
  fc.boolean().map((sorted) => ({ kind: "constructors" as const, sorted, span })),
  patternName.map((file) => ({ kind: "include" as const, file, items: [], span })),
);

const placement = fc.record({
  region: maybe(scriptName),
  atRegion: maybe(scriptName),
  phdrs: several(scriptName),
  fill: maybe(expression),
});
const sectionType = fc.oneof(
  fc
    .constantFrom("NORMAL" as const, "NOLOAD" as const, "OVERLAY" as const, "READONLY" as const)
    .map((keyword) => ({ kind: "section-type" as const, keyword, type: undefined, span })),
  fc
    .tuple(fc.constantFrom("READONLY" as const, "TYPE" as const), expression)
    .map(([keyword, type]) => ({ kind: "section-type" as const, keyword, type, span })),
);

const outputSection = fc
  .record({
    name: sectionName,
    // A symbol in front of a type in parentheses is fine; a parenthesized address reads the same.
    address: maybe(expression),
    type: maybe(sectionType),
    at: maybe(expression),
    align: maybe(expression),
    alignWithInput: fc.boolean(),
    subalign: maybe(expression),
    constraint: fc.constantFrom(undefined, "ONLY_IF_RO" as const, "SPECIAL" as const),
    contents: several(statement),
    placement,
  })
  .map(({ placement: after, ...fields }) => ({ kind: "output-section" as const, ...fields, ...after, span }));
const overlay = fc
  .record({
    address: maybe(expression),
    noCrossRefs: fc.boolean(),
    at: maybe(expression),
    subalign: maybe(expression),
    sections: several(
      fc.record({
        kind: fc.constant("overlay-section" as const),
        name: sectionName,
        type: maybe(sectionType),
        contents: several(statement),
        phdrs: several(scriptName),
        fill: maybe(expression),
        span: fc.constant(span),
      }),
    ),
    placement,
  })
  .map(({ placement: after, ...fields }) => ({ kind: "overlay" as const, ...fields, ...after, span }));

const sectionsCommand: fc.Arbitrary<SectionsCommand> = fc.oneof(assignment, assert, outputSection, overlay);

const region = fc.record({
  kind: fc.constant("region" as const),
  name: sectionName,
  attributes: maybe(fc.constantFrom("rx!w", "!rx", "!r x").map((text) => ({ text, quoted: false, span }))),
  origin: expression,
  length: expression,
  span: fc.constant(span),
});
const phdr = fc.record({
  kind: fc.constant("phdr" as const),
  name: scriptName,
  type: fc.constant<Expression>({ kind: "symbol", name: { text: "PT_LOAD", quoted: false, span }, span }),
  filehdr: fc.boolean(),
  phdrs: fc.boolean(),
  at: maybe(expression),
  flags: maybe(expression),
  span: fc.constant(span),
});
const versionPattern = fc
  .tuple(
    name(quotable, ["a", "*", "b[0-9]?", "ns::f", "local", "extern"]),
    fc.constantFrom("C", "C++", "Java"),
  )
  .map(([pattern, language]) => ({ kind: "version-pattern" as const, pattern, language, span }));
const versionNodes = several(
  fc.record({ globals: several(versionPattern), locals: several(versionPattern) }),
).map((nodes) =>
  nodes.map((node, index) => ({
    kind: "version-node" as const,
    name: { text: `V${index}`, quoted: false, span },
    ...node,
    dependencies: index > 0 ? [{ text: `V${index - 1}`, quoted: false, span }] : [],
    span,
  })),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  assignment,
  assert,
  scriptName.map((symbol) => ({ kind: "entry" as const, symbol, span })),
  several(scriptName, 1).map((files) => ({
    kind: "input" as const,
    group: files.length > 1,
    items: files.map((file) => ({
      kind: "file" as const,
      name: { ...file, text: file.text.replace(/,/g, "") },
      library: false,
      span,
    })),
    span,
  })),
  fc
    .tuple(scriptName, scriptName, scriptName)
    .map(([format, big, little]) => ({ kind: "output-format" as const, format, big, little, span })),
  several(symbolName, 1).map((symbols) => ({ kind: "extern" as const, symbols, span })),
  several(scriptName).map((list) => ({
    kind: "nocrossrefs" as const,
    toFirst: list.length > 1,
    sections: list,
    span,
  })),
  several(region).map((regions) => ({ kind: "memory" as const, regions, span })),
  several(phdr).map((headers) => ({ kind: "phdrs" as const, headers, span })),
  versionNodes.map((nodes) => ({ kind: "version" as const, nodes, span })),
  several(sectionsCommand).map((commands) => ({ kind: "sections" as const, commands, span })),
);

describe("what is printed is read as the same tree", () => {
  const comments: Comment[] = [];

  test("expressions", () => {
    fc.assert(
      fc.property(expression, (one) => {
        const report = new Report();
        const text = formatExpression(one);
        const again = parseExpression({ name: "x", text }, report);
        expect(report.diagnostics, text).toEqual([]);
        expect(withoutParentheses(bare(again)), text).toEqual(withoutParentheses(bare(one)));
        expect(formatExpression(again)).toBe(text);
      }),
      { numRuns: runs * 5 },
    );
  });

  test("scripts", () => {
    fc.assert(
      fc.property(several(command), (commands) => {
        const report = new Report();
        const text = formatScript({ kind: "script", commands, comments, source, span });
        const again = parseScript({ name: "x", text }, report);
        expect(report.diagnostics, text).toEqual([]);
        expect(withoutParentheses(bare(again.commands)), text).toEqual(withoutParentheses(bare(commands)));
        const formatted = formatScript(again);
        expect(formatScript(parseScript({ name: "x", text: formatted }, report))).toBe(formatted);
      }),
      { numRuns: runs },
    );
  });

  test("version scripts and dynamic lists", () => {
    fc.assert(
      fc.property(versionNodes, (nodes) => {
        fc.pre(nodes.length > 0);
        const report = new Report();
        const text = formatVersionScript({ kind: "version-script", nodes, comments, source, span });
        const again = parseVersionScript({ name: "x", text }, report);
        expect(report.diagnostics, text).toEqual([]);
        expect(bare(again.nodes), text).toEqual(bare(nodes));
        expect(formatVersionScript(again)).toBe(text);
        const patterns = nodes[0].globals;
        const list = formatDynamicList({ kind: "dynamic-list", patterns, comments, source, span });
        expect(bare(parseDynamicList({ name: "x", text: list }, report).patterns)).toEqual(bare(patterns));
      }),
      { numRuns: runs },
    );
  });
});
