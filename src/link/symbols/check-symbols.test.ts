import { describe, expect, test } from "vitest";
import { writeArchive } from "../../archive/index.ts";
import { Report, renderDiagnostic } from "../../diagnostics/index.ts";
import { STB_LOCAL, STB_WEAK, STT_FILE, STT_FUNC, STT_OBJECT } from "../../elf/index.ts";
import { type BuildObject, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import { targetOfEmulation } from "../../targets/index.ts";
import { resolveInputs } from "../inputs/inputs.ts";
import { defaultOptions } from "../options/default-options.ts";
import { collectCommands } from "../statements/commands.ts";
import { checkSymbols } from "./check-symbols.ts";

const R_X86_64_PC32 = 2;
const R_X86_64_TLSGD = 19;

/** A source file with a function of 16 bytes that refers to symbols at 1, 6, … */
function caller(
  file: string,
  name: string,
  wanted: readonly string[],
  more: Partial<BuildObject> = {},
): Uint8Array {
  return buildObject({
    sections: [{ name: ".text", bytes: new Uint8Array(64) }],
    symbols: [
      { name: file, type: STT_FILE, section: "absolute", binding: STB_LOCAL },
      { name, section: ".text", type: STT_FUNC, size: 64 },
      ...[...new Set(wanted)].map((symbol) => ({ name: symbol })),
    ],
    relocations: wanted.map((symbol, i) => ({
      section: ".text",
      offset: 1 + i * 5,
      type: R_X86_64_PC32,
      symbol,
    })),
    ...more,
  });
}

function check(files: Record<string, Uint8Array>, options: Partial<LinkOptions> = {}): string {
  const report = new Report();
  const modes = { wholeArchive: false, asNeeded: false, static: true, format: "elf" };
  const compat = options.compat ?? "gnu";
  const inputs = Object.keys(files).map((path) => ({ kind: "file" as const, path, modes }));
  const all: LinkOptions = { ...defaultOptions(compat), inputs, ...options };
  const target = targetOfEmulation("elf_x86_64");
  if (!target) throw new Error("no target");
  const fileSystem = new MemoryFileSystem(files);
  const commands = collectCommands([], all, report);
  const resolved = resolveInputs(all, commands, fileSystem, report, () => expect.fail("no scripts"), target);
  checkSymbols(resolved, target, report);
  const render = { program: all.program, dialect: compat, color: false };
  return report.diagnostics.map((d) => renderDiagnostic(d, render)).join("");
}

describe("GNU ld's words", () => {
  test("undefined references, by function", () => {
    expect(check({ "a.o": caller("a.c", "main", ["first", "first", "second"]) })).toBe(`\
ld: a.o: in function \`main':
a.c:(.text+0x1): undefined reference to \`first'
ld: a.c:(.text+0x6): undefined reference to \`first'
ld: a.c:(.text+0xb): undefined reference to \`second'
`);
  });

  test("after five in a row the rest are summed up", () => {
    const text = check({
      "a.o": caller(
        "a.c",
        "main",
        Array.from({ length: 8 }, () => "missing"),
      ),
    });
    expect(text.split("\n").length).toBe(8);
    expect(text).toContain("ld: a.o:a.c:(.text+0x1a): more undefined references to `missing' follow\n");
  });

  test("data has no function", () => {
    const data = buildObject({
      sections: [{ name: ".data", bytes: new Uint8Array(8) }],
      symbols: [{ name: "gone" }],
      relocations: [{ section: ".data", offset: 0, type: 1, symbol: "gone" }],
    });
    expect(check({ "a.o": data })).toBe("ld: a.o:(.data+0x0): undefined reference to `gone'\n");
  });

  test("names are demangled", () => {
    expect(check({ "a.o": caller("a.cc", "_Z1hv", ["_ZN1n1fEi"]) })).toContain(
      "in function `h()':\na.cc:(.text+0x1): undefined reference to `n::f(int)'",
    );
  });

  test("two definitions", () => {
    const files = { "a.o": caller("a.c", "twice", []), "b.o": caller("b.c", "twice", []) };
    expect(check(files)).toBe(`\
ld: b.o: in function \`twice':
b.c:(.text+0x0): multiple definition of \`twice'; a.o:a.c:(.text+0x0): first defined here
`);
    expect(check(files, { allowMultipleDefinition: true })).toBe("");
  });

  test("--require-defined, --warn-unresolved-symbols, --unresolved-symbols=ignore-all", () => {
    const files = { "a.o": caller("a.c", "main", ["missing"]) };
    expect(check({}, { requireDefined: ["x"] })).toBe("ld: required symbol `x' not defined\n");
    expect(check(files, { warnUnresolved: true })).toContain(
      "(.text+0x1): warning: undefined reference to `missing'",
    );
    expect(check(files, { noUndefined: "ignore" })).toBe("");
  });

  test("weak references are zero, -r leaves them all", () => {
    const weak = caller("a.c", "main", ["w"], {
      symbols: [{ name: "w", binding: STB_WEAK }],
    });
    expect(check({ "a.o": weak })).toBe("");
    expect(check({ "a.o": caller("a.c", "main", ["s"]) }, { kind: "relocatable" })).toBe("");
  });

  test("a near miss, and an archive that came too early, are pointed out", () => {
    const late = writeArchive([{ name: "x.o", bytes: caller("x.c", "helper", []), symbols: ["helper"] }]);
    expect(check({ "l.a": late, "a.o": caller("a.c", "main", ["helper"]) })).toContain(
      "ld: note: l.a has it, but was searched before it was needed; name it after a.o, or put both between --start-group and --end-group\n",
    );
    expect(check({ "a.o": caller("a.c", "main", ["mainn"]) })).toContain(
      "ld: note: did you mean `main', defined in a.o?\n",
    );
  });

  test("a call that goes away with its thread-local access may be undefined", () => {
    const tls = (type: number) =>
      buildObject({
        sections: [{ name: ".text", bytes: new Uint8Array(32) }],
        symbols: [{ name: "v", section: ".text", type: STT_OBJECT }, { name: "__tls_get_addr" }],
        relocations: [
          { section: ".text", offset: 4, type, symbol: "v" },
          { section: ".text", offset: 12, type: R_X86_64_PC32, symbol: "__tls_get_addr" },
        ],
      });
    expect(check({ "a.o": tls(R_X86_64_TLSGD) })).toBe("");
    expect(check({ "a.o": tls(R_X86_64_PC32) })).toContain("undefined reference to `__tls_get_addr'");
  });

  test("a reference into a copy that was not taken", () => {
    const copy = (user: boolean) =>
      buildObject({
        sections: [
          { name: ".text.f", bytes: [1] },
          { name: ".data", bytes: new Uint8Array(8) },
        ],
        symbols: [{ name: "f", section: ".text.f" }],
        groups: [{ signature: "f", members: [".text.f"] }],
        relocations: user ? [{ section: ".data", offset: 0, type: 1, symbol: ".text.f" }] : [],
      });
    expect(check({ "a.o": copy(false), "b.o": copy(true) })).toBe(`\
\`.text.f' referenced in section \`.data' of b.o: defined in discarded section \`.text.f[f]' of b.o
ld: note: the copy of its COMDAT group in a.o was taken
`);
  });
});

describe("LLD's words", () => {
  const compat = "lld";

  test("undefined symbols, with all their references", () => {
    const wanted = Array.from({ length: 12 }, () => "missing");
    const lines = check({ "d/a.o": caller("a.c", "main", wanted) }, { compat })
      .trimEnd()
      .split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "ld.lld: error: undefined symbol: missing",
      ">>> referenced by a.c",
      ">>>               d/a.o:(main)",
    ]);
    expect(lines.at(-1)).toBe(">>> referenced 2 more times");
  });

  test("spelling, in archives too", () => {
    const member = caller("a.c", "main", ["mani"]);
    const lib = writeArchive([{ name: "m.o", bytes: member, symbols: ["main"] }]);
    expect(check({ "l.a": lib }, { compat, undefined: ["main"] })).toBe(`\
ld.lld: error: undefined symbol: mani
>>> referenced by a.c
>>>               m.o:(main) in archive l.a
>>> did you mean: main
>>> defined in: l.a(m.o)
`);
  });

  test("two definitions", () => {
    const files = { "a.o": caller("a.c", "twice", []), "b.o": caller("b.c", "twice", []) };
    expect(check(files, { compat })).toBe(`\
ld.lld: error: duplicate symbol: twice
>>> defined at a.c
>>>            a.o:(twice)
>>> defined at b.c
>>>            b.o:(.text+0x0)
`);
  });
});
