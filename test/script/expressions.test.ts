import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Report } from "../../src/diagnostics/index.ts";
import {
  type Assignment,
  absoluteSection,
  type ExpressionContext,
  evaluate,
  newDataSegment,
  parseScript,
  type SectionRef,
} from "../../src/script/index.ts";

// Random expressions, computed by GNU ld and by us: once outside of output
// sections, and once inside of .data, where numbers mean something else.

const hasPeers = ["ld", "as", "nm", "readelf"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
const isX86 = /x86-64/.test(spawnSync("ld", ["--help"], { encoding: "utf8" }).stdout ?? "");

const numbers = ["0", "1", "3", "7", "0x10", "010", "5K", "0xffffffffffffffff", "$1f", "12h", "101b"];
const names = [
  ...[".", "in_text", "in_data", "five", "ADDR(.text)", "ADDR(.data)", "LOADADDR(.data)", "SIZEOF(.data)"],
  ...["ALIGNOF(.data)", "ORIGIN(ram)", "LENGTH(ram)", "SIZEOF_HEADERS", "CONSTANT(MAXPAGESIZE)"],
  ...['SEGMENT_START("foo", 16)', "DEFINED(in_text)", "DEFINED(nothing)"],
];
const operators = "+ - * / % << >> < > <= >= == != & | && ||".split(" ");

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...numbers, ...names),
    fc
      .tuple(tie("expression"), fc.constantFrom(...operators), tie("expression"))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc.tuple(fc.constantFrom("-", "~", "!", "+"), tie("expression")).map(([sign, one]) => `${sign} ${one}`),
    tie("expression").map((one) => `(${one})`),
    fc
      .tuple(tie("expression"), tie("expression"), tie("expression"))
      .map(([condition, then, otherwise]) => `${condition} ? ${then} : ${otherwise}`),
    fc
      .tuple(fc.constantFrom("ABSOLUTE", "LOG2CEIL", "ALIGN", "NEXT", "BLOCK"), tie("expression"))
      .map(([name, one]) => `${name}(${one})`),
    fc
      .tuple(fc.constantFrom("MAX", "MIN", "ALIGN"), tie("expression"), tie("expression"))
      .map(([name, one, other]) => `${name}(${one}, ${other})`),
  ),
}));

const text: SectionRef = { name: ".text", address: 0x2000n };
const data: SectionRef = { name: ".data", address: 0x3000n };

/** What GNU ld makes of assignments to `o0…` outside and `i0…` inside of .data; undefined if it reports an error. */
function linkWithGnu(folder: string, script: string): Map<string, bigint> | undefined {
  writeFileSync(join(folder, "x.ld"), script);
  const options = ["-T", "x.ld", "-o", "x.out", "x.o"];
  const { stderr } = spawnSync("ld", options, { cwd: folder, encoding: "utf8" });
  if (/x\.ld:\d+/.test(stderr)) return undefined;
  const { stdout } = spawnSync("nm", ["x.out"], { cwd: folder, encoding: "utf8" });
  const symbols = stdout.split("\n").map((line) => /^([0-9a-f]+) \w (\S+)$/.exec(line));
  const headers = spawnSync("readelf", ["-hW", "x.out"], { cwd: folder, encoding: "utf8" }).stdout;
  const count = BigInt(/Number of program headers:\s+(\d+)/.exec(headers)?.[1] ?? "0");
  const values = new Map(
    symbols.filter((parts) => parts !== null).map(([, value, name]) => [name, BigInt(`0x${value}`)]),
  );
  return values.set("headers", 64n + 56n * count);
}

function contextOf(values: Map<string, bigint>, section: SectionRef, report: Report): ExpressionContext {
  const end = values.get("data_end") ?? 0n;
  const symbols = new Map([
    ["in_text", { kind: "defined" as const, value: 2n, section: text }],
    [
      "in_data",
      { kind: "defined" as const, value: (values.get("in_data") ?? 0n) - data.address, section: data },
    ],
    ["five", { kind: "defined" as const, value: 5n, section: absoluteSection }],
  ]);
  return {
    report,
    phase: "final",
    dialect: "gnu",
    dot: section === data ? 0x3024n : end,
    section,
    saneExpressions: false,
    relro: false,
    dataSegment: newDataSegment(),
    symbol: (name) => symbols.get(name) ?? { kind: "undefined" },
    isDefined: (name) => symbols.has(name),
    outputSection: (name) => {
      const ref = name === ".text" ? text : data;
      const size = ref === text ? 6n : end - data.address;
      return { ref, hasAddress: true, loadAddress: ref.address, size, alignment: ref === text ? 1n : 8n };
    },
    region: () => ({ origin: 0x1000n, length: 0x100000n }),
    maxPageSize: 0x1000n,
    commonPageSize: 0x1000n,
    segmentStart: () => undefined,
    sizeofHeaders: () => values.get("headers"),
  };
}

describe.skipIf(!hasPeers || !isX86)("GNU ld computes the same", () => {
  const folder = mkdtempSync(join(tmpdir(), "premain-expressions-"));
  const source =
    ".globl in_text, _start, in_data, data_end\n_start: .byte 1, 2\nin_text: .byte 1, 2, 3, 4\n.data\n.balign 8\n.quad 1\nin_data: .quad 2\ndata_end:\n";
  writeFileSync(join(folder, "x.s"), source);
  spawnSync("as", ["x.s", "-o", "x.o"], { cwd: folder });

  test("random expressions", () => {
    let compared = 0;
    const property = fc.property(fc.array(expression, { minLength: 20, maxLength: 20 }), (expressions) => {
      const lines = (prefix: string) =>
        expressions.map((one, index) => `${prefix}${index} = ${one};`).join("\n");
      const script = `MEMORY { ram : ORIGIN = 0x1000, LENGTH = 0x100000 }
five = 5;
SECTIONS {
  .text 0x2000 : { *(.text) }
  .data 0x3000 : { . = 0x24;
${lines("i")}
*(.data) }
${lines("o")}
}`;
      const values = linkWithGnu(folder, script);
      // Divisions by zero end the link; they have tests of their own.
      fc.pre(values !== undefined);
      if (!values) return;
      const report = new Report();
      const sections = parseScript({ name: "x.ld", text: script }, report).commands.find(
        ({ kind }) => kind === "sections",
      );
      const check = (assignment: Assignment, section: SectionRef) => {
        const result = evaluate(assignment.value, contextOf(values, section, report));
        if (result.state !== "known") throw new Error(`${assignment.target.text} is ${result.state}`);
        const address = BigInt.asUintN(64, result.value + (result.section ?? section).address);
        const { start, end } = assignment.span;
        expect(address, script.slice(start, end)).toBe(values.get(assignment.target.text));
        compared++;
      };
      for (const command of sections?.kind === "sections" ? sections.commands : []) {
        if (command.kind === "assignment") check(command, absoluteSection);
        if (command.kind !== "output-section") continue;
        for (const statement of command.contents) {
          if (statement.kind === "assignment" && statement.target.text !== ".") check(statement, data);
        }
      }
      expect(report.diagnostics).toEqual([]);
    });
    fc.assert(property, { numRuns: Number(process.env.FUZZ_RUNS ?? 30) });
    expect(compared).toBeGreaterThan(500);
  });
});
