import { describe, expect, test } from "vitest";
import { Report, renderDiagnostic, type Source } from "../diagnostics/index.ts";
import {
  formatScript,
  type OutputSection,
  type ParseOptions,
  parseDefsym,
  parseDynamicList,
  parseExpression,
  parseScript,
  parseVersionScript,
} from "./index.ts";

function parse(text: string, options: ParseOptions = {}) {
  const report = new Report();
  const script = parseScript({ name: "x.ld", text }, report, options);
  return { script, report };
}

const show = (report: Report, dialect: "gnu" | "lld" = "gnu") =>
  report.diagnostics.map((one) => renderDiagnostic(one, { program: "ld", dialect, color: false })).join("");

/** The first lines of the diagnostics. */
const heads = (text: string, options: ParseOptions = {}) =>
  parse(text, options).report.diagnostics.map((one) => {
    const [head] = renderDiagnostic(one, {
      program: "ld",
      dialect: options.dialect ?? "gnu",
      color: false,
    }).split("\n");
    return head;
  });

describe("messages", () => {
  test("name the line as GNU ld does, and say what was wanted", () => {
    const { report } = parse("SECTIONS {\n  .text : { *(.text) }\n  foo bar\n}\n");
    expect(show(report)).toBe(`ld:x.ld:4: syntax error
    4 | }
      | ^
ld: note: expected \`:', found \`}'
`);
  });

  test("a misspelt command", () => {
    const { report } = parse("SECTION { }");
    expect(report.diagnostics[0].notes[0].message).toBe("`SECTION' is not a command; did you mean SECTIONS?");
    expect(report.diagnostics[0].fix?.replacement).toBe("SECTIONS");
  });

  test("an assignment without blanks is one name", () => {
    const { report } = parse("a=1;");
    expect(report.diagnostics[0].notes.map(({ message }) => message)).toContain(
      "`a=1' is read as one name: put blanks around `='",
    );
    expect(report.diagnostics[0].fix?.replacement).toBe("a = 1");
  });

  test("an assignment without blanks in an output section is a file, as in GNU ld", () => {
    const { report } = parse("SECTIONS { .x : { a=1; } }");
    expect(report.hasErrors).toBe(false);
    expect(report.diagnostics.map(({ code }) => code)).toEqual(["LD0115"]);
  });

  test("a comma in a list of patterns", () => {
    const { report } = parse("SECTIONS { .x : { *(.a, .b) } }");
    expect(report.hasErrors).toBe(false);
    expect(report.diagnostics[0].message).toBe("the comma is part of the name `.a,'");
    const lld = parse("SECTIONS { .x : { *(EXCLUDE_FILE(f, g) .a, .b) } }", { dialect: "lld" });
    expect(show(lld.report)).toBe("");
    expect(formatScript(lld.script)).toContain("*(EXCLUDE_FILE(f g) .a .b)");
  });

  test.each([
    ["ENTRY(", "ld:x.ld:1: syntax error"],
    ["PROVIDE(a = 1)", "ld:x.ld:1: syntax error"],
    ["/* never closed", "ld: EOF in comment"],
    ['ENTRY("a)', "ld:x.ld:1: syntax error"],
    ["a = 1 @ ;", "ld:x.ld:1: ignoring invalid character `@' in expression"],
    ["\u00e9", "ld:x.ld:1: ignoring invalid character `\\303\\251' in script"],
    ["PROVIDE(. = 1);", "ld:x.ld:1: can not PROVIDE assignment to location counter"],
    ["INPUT()", "ld:x.ld:1: syntax error"],
    ["EXTERN()", "ld:x.ld:1: syntax error"],
    ["SECTIONS { .x : { *() } }", "ld:x.ld:1: syntax error"],
    ["SECTIONS { .x : { EXCLUDE_FILE(a) b } }", "ld:x.ld:1: syntax error"],
    ["SECTIONS { .x : { SORT_BY_ALIGNMENT(*)(.a) } }", "ld:x.ld:1: syntax error"],
    ["SECTIONS { .x : { *(SORT_BY_NAME(SORT_BY_INIT_PRIORITY(.a))) } }", "ld:x.ld:1: syntax error"],
    ["SECTIONS { GROUP : { } }", "ld:x.ld:1: GROUP inside SECTIONS is not supported"],
    ["PHDRS { a PT_FOO; }", "ld:x.ld:1: unknown phdr type `PT_FOO' (try integer literal)"],
    ["PHDRS { a PT_LOAD FOO; }", "ld:x.ld:1: PHDRS syntax error at `FOO'"],
    ["PHDRS { a PT_LOAD FLAGS; }", "ld:x.ld:1: PHDRS syntax error at `FLAGS'"],
    ["MEMORY { a (q) : ORIGIN = 0, LENGTH = 1 }", "ld: invalid character q (113) in flags"],
    ["VERSION { V { a }; }", "ld:x.ld:1: syntax error"],
    ["VERSION { V { a; } W; }", "ld: unable to find version dependency `W'"],
    ["VERSION { V { a; }; V { b; }; }", "ld: duplicate version tag `V'"],
    ["VERSION { { a; }; V { b; }; }", "ld: anonymous version tag cannot be combined with other version tags"],
    ['VERSION { V { extern "Ada" { a; }; }; }', "ld: unknown language `Ada' in version information"],
  ])("%s", (text, expected) => {
    expect(heads(text)[0]).toBe(expected);
  });

  test("LLD's wording, with the line and a caret, and only the first", () => {
    const text = "SECTIONS {\n  .text + { *(.text) }\n  .data - { }\n}";
    const { report } = parse(text, { dialect: "lld" });
    expect(show(report, "lld")).toBe(`ld: error: x.ld:2: malformed number: +
>>>   .text + { *(.text) }
>>>         ^
`);
  });

  test.each([
    ["UNKNOWN_TAG {", "x.ld:1: unknown directive: UNKNOWN_TAG"],
    ["SECTIONS { boom .temp : { *(.temp) } }", "x.ld:1: malformed number: .temp"],
    ["SECTIONS /*", "x.ld:1: unclosed comment in a linker script"],
    ["a = 0x12Q41;", "x.ld:1: malformed number: 0x12Q41"],
    ["a = 1zk;", "x.ld:1: malformed number: 1zk"],
    ["a = ;", "x.ld:1: malformed number: ;"],
    ["a = 1 ? 2;", "x.ld:1: : expected, but got ;"],
    ["a = (1;", "x.ld:1: ) expected, but got ;"],
    ["SECTIONS { .x : { a = 1 } }", "x.ld:1: ; expected, but got }"],
    ["MEMORY { ram (rwx) : XYZ = 0x8000 } }", "x.ld:1: expected one of: ORIGIN, org, or o"],
    ["MEMORY { ram (rwx) : o = 0x8000, XYZ = 2 } }", "x.ld:1: expected one of: LENGTH, len, or l"],
    ["MEMORY { ram (abc) : ORIGIN = 8000, LENGTH = 1K }", "x.ld:1: invalid memory region attribute"],
    ["PHDRS { a PT_LOAD FOOHDR; }", "x.ld:1: unexpected header attribute: FOOHDR"],
    ["SECTIONS { } INSERT .data;", "x.ld:1: expected AFTER/BEFORE, but got '.data'"],
    ["SECTIONS { .x : { *(EXCLUDE_FILE(a)) } }", "x.ld:1: section pattern is expected"],
    ["SECTIONS {", "x.ld:1: unexpected EOF"],
    ["SECTIONS { .x 0x11111111 : AX { } }", "x.ld:1: { expected, but got AX"],
    ["PHDRS { a PT_LOAD FLAGS 5; }", "x.ld:1: unexpected header attribute: FLAGS"],
    ["ENTRY x", "x.ld:1: ( expected, but got x"],
    ["MEMORY { a : ORIGIN = CONSTANT(COMMONPAGESIZE); }", "x.ld:1: unable to calculate page size"],
    ["MEMORY { a : ORIGIN = CONSTANT(", "x.ld:1: unexpected EOF"],
    ["MEMORY { a : ORIGIN = .; }", "x.ld:1: unable to get location counter value"],
    [
      "SECTIONS { .x : { } =(0x11 << 32) }",
      "x.ld:1: filler expression result does not fit 32-bit: 0x1100000000",
    ],
    ["SECTIONS { .x : { } =foo }", "x.ld:1: symbol not found: foo"],
    ["SECTIONS { OVERLAY : { .a { } > AX } }", "x.ld:1: { expected, but got AX"],
    ["SECTIONS { .x : { *(EXCLUDE_FILE(a) EXCLUDE_FILE(b) .c) } }", "x.ld:1: section pattern is expected"],
  ])("LLD: %s", (text, expected) => {
    expect(heads(text, { dialect: "lld" })[0]).toBe(`ld: error: ${expected}`);
  });
});

test("LLD sorts a list as one, and splits it at EXCLUDE_FILE", () => {
  const text = "SECTIONS { .x : { *(SORT(.a .b EXCLUDE_FILE(f) .c) .d) } }";
  const { script, report } = parse(text, { dialect: "lld" });
  expect(show(report)).toBe("");
  expect(formatScript(script)).toBe(
    "SECTIONS {\n  .x : { *(SORT_BY_NAME(.a .b) SORT_BY_NAME(EXCLUDE_FILE(f) .c) .d) }\n}\n",
  );
  expect(heads(text)).toEqual(["ld:x.ld:1: syntax error"]);
});

describe("recovery", () => {
  test("goes on after each broken statement, at every level", () => {
    const { script, report } = parse(`ENTRY(
MEMORY { ram : ORIGIN 4, LENGTH = 5; rom : ORIGIN = 0, LENGTH = 1K }
a = ;
b = 2;
SECTIONS {
  .x : { *(.a; BYTE(); good = .; }
  .y : AX { *(.y) }
  .z : { *(.z) }
}
c = 3;
`);
    expect(report.diagnostics.map(({ where }) => (typeof where === "object" ? where.start : -1)).length).toBe(
      6,
    );
    const kinds = script.commands.map((command) => command.kind);
    expect(kinds).toEqual(["entry", "memory", "assignment", "assignment", "sections", "assignment"]);
    const sections = script.commands.find((command) => command.kind === "sections");
    const names = sections?.commands.map((command) =>
      command.kind === "output-section" ? command.name.text : "",
    );
    expect(names).toEqual([".x", ".y", ".z"]);
    const [x, y] = (sections?.commands ?? []) as OutputSection[];
    expect(x.contents.map((statement) => statement.kind)).toEqual(["input-sections", "data", "assignment"]);
    expect(y.contents.length).toBe(1);
  });

  test("a forgotten semicolon costs one message and no statement", () => {
    const { script, report } = parse("a = 1\nb = 2;\nSECTIONS { .x : { c = 1\n d = 2; *(.x) } }");
    expect(report.diagnostics.length).toBe(2);
    expect(script.commands.length).toBe(3);
    const sections = script.commands[2];
    const [x] = sections.kind === "sections" ? (sections.commands as OutputSection[]) : [];
    expect(x.contents.length).toBe(3);
  });

  test("a brace too many", () => {
    const { script, report } = parse("SECTIONS { } }\na = 1;");
    expect(report.diagnostics.length).toBe(1);
    expect(script.commands.map((command) => command.kind)).toEqual(["sections", "assignment"]);
  });

  test("versions after a broken one are read", () => {
    const report = new Report();
    const text = "V1 { a b; c; }; V2 { d; };";
    const { nodes } = parseVersionScript({ name: "v", text }, report);
    expect(show(report).split("\n")[0]).toBe("ld:v:1: syntax error in VERSION script");
    expect(nodes.map((node) => node.name?.text)).toEqual(["V1", "V2"]);
  });
});

describe("limits", () => {
  const sum = (terms: number) => `a = 1${" + 1".repeat(terms - 1)};`;
  test("an expression may have 1000 operators, and not one more", () => {
    expect(heads(sum(1001))).toEqual([]);
    expect(heads(sum(1002))).toEqual(["ld:x.ld:1: an expression has more than 1000 operators"]);
  });

  test("nesting counts, too, so that no stack overflows", () => {
    expect(heads(`a = ${"(".repeat(1000)}1${")".repeat(1000)};`)).toEqual([]);
    expect(heads(`a = ${"(".repeat(1001)}1${")".repeat(1001)};`).length).toBe(1);
    expect(heads(`a = ${"-".repeat(100_000)}1;`).length).toBe(1);
    expect(heads(`a = ${"1 ? ".repeat(100_000)}1;`).length).toBe(1);
    expect(heads(`a = ${"ALIGN(".repeat(100_000)}1;`).length).toBe(1);
    expect(heads(`VERSION { V { ${'extern "C" { '.repeat(100_000)}`).length).toBeGreaterThan(0);
  });
});

test("a text with a hundred errors is not worth more", () => {
  expect(heads("a = ;\n".repeat(99)).length).toBe(99);
  expect(heads("a = ;\n".repeat(101)).length).toBe(100);
});

describe("INCLUDE", () => {
  const files: Record<string, string> = {
    "top.ld": "b = 2;\nc = 3;",
    "regions.ld": "rom : ORIGIN = 0, LENGTH = 1K",
    "sections.ld": ".y : { *(.y) }",
    "contents.ld": "*(.z)\nd = .;",
    "broken.ld": "ok = 1;\nbad = ;\nok = 2;",
    "self.ld": "INCLUDE self.ld",
  };
  for (let depth = 1; depth < 12; depth++)
    files[`f${depth}.ld`] = depth === 11 ? "x = 1;" : `INCLUDE f${depth + 1}.ld`;
  const include = (name: string): Source | undefined =>
    name in files ? { name, text: files[name] } : undefined;

  test("stands in place, with places in its own text", () => {
    const { script, report } = parse(
      "a = 1;\nINCLUDE top.ld\nMEMORY { INCLUDE regions.ld }\nSECTIONS { INCLUDE sections.ld .x : { INCLUDE contents.ld } }",
      { include },
    );
    expect(show(report)).toBe("");
    const [, top, memory, sections] = script.commands;
    expect(top.kind === "include" && top.items.map((item) => item.kind)).toEqual([
      "assignment",
      "assignment",
    ]);
    expect(top.kind === "include" && top.items[1].span.source.name).toBe("top.ld");
    expect(memory.kind === "memory" && memory.regions.map((region) => region.kind)).toEqual(["include"]);
    expect(sections.kind === "sections" && sections.commands.map((one) => one.kind)).toEqual([
      "include",
      "output-section",
    ]);
  });

  test("its errors are its own", () => {
    const { script, report } = parse("INCLUDE broken.ld\na = 1;", { include });
    expect(show(report).split("\n")[0]).toBe("ld:broken.ld:2: syntax error");
    expect(script.commands.length).toBe(2);
  });

  test("a missing file", () => {
    const text = "INCLUDE nothing.ld";
    expect(heads(text, { include })).toEqual([
      "ld: cannot open linker script file nothing.ld: No such file or directory",
    ]);
    expect(heads(text, { include, dialect: "lld" })).toEqual([
      "ld: error: x.ld:1: cannot find linker script nothing.ld",
    ]);
    expect(heads(text)).toEqual([]);
  });

  test("ten files may be open at once", () => {
    // x.ld and f3.ld to f11.ld are ten, with f2.ld they are eleven.
    expect(heads("INCLUDE f3.ld", { include })).toEqual([]);
    expect(heads("INCLUDE f2.ld", { include })).toEqual(["ld:f10.ld:1: includes nested too deeply"]);
    expect(heads("INCLUDE self.ld", { include })).toEqual(["ld:self.ld:1: includes nested too deeply"]);
  });
});

describe("other entry points", () => {
  test("--defsym", () => {
    const report = new Report();
    const assignment = parseDefsym({ name: "--defsym", text: "foo=bar+1" }, report);
    expect(show(report)).toBe("");
    expect(assignment?.target.text).toBe("foo");
    expect(assignment?.value.kind).toBe("binary");
    expect(parseDefsym({ name: "--defsym", text: "foo" }, report)).toBe(undefined);
    expect(report.hasErrors).toBe(true);
  });

  test("an expression ends where its text does", () => {
    const report = new Report();
    parseExpression({ name: "-Ttext", text: "1 2" }, report);
    expect(show(report).split("\n")[0]).toBe("ld:-Ttext:1: syntax error");
  });

  test("a version script in LLD's liberal order", () => {
    const report = new Report();
    const text = 'V1 { local: *; global: a; extern "C++" { "b"; c }; global: d; };';
    const { nodes } = parseVersionScript({ name: "v", text }, report);
    expect(show(report)).toBe("");
    expect(nodes[0].globals.map(({ pattern, language }) => [pattern.text, pattern.quoted, language])).toEqual(
      [
        ["a", false, "C"],
        ["b", true, "C++"],
        ["c", false, "C++"],
        ["d", false, "C"],
      ],
    );
    expect(nodes[0].locals.map(({ pattern }) => pattern.text)).toEqual(["*"]);
  });

  test("an empty version script is an error", () => {
    const report = new Report();
    parseVersionScript({ name: "v", text: " " }, report);
    expect(report.hasErrors).toBe(true);
  });

  test("dynamic lists", () => {
    const report = new Report();
    const list = parseDynamicList({ name: "d", text: '{ a; b*; };\n{ "c"; };' }, report);
    expect(show(report)).toBe("");
    expect(list.patterns.map(({ pattern }) => pattern.text)).toEqual(["a", "b*", "c"]);
    parseDynamicList({ name: "d", text: "{ local: a; };" }, report);
    expect(show(report).split("\n")[0]).toBe("ld:d:1: syntax error in dynamic list");
  });
});
