import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeArchive } from "../../archive/index.ts";
import { type Diagnostic, Report, type Source } from "../../diagnostics/index.ts";
import { SHT_PROGBITS, STB_LOCAL, STB_WEAK, STV_HIDDEN } from "../../elf/index.ts";
import { type BuildObject, type BuildSymbol, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import {
  Fate,
  type InputItem,
  type InputModes,
  type LinkOptions,
  nameInObject,
  nameLocalSymbols,
  SymbolFlag,
  SymbolSection,
} from "../../model/index.ts";
import { parseDefsym, parseScript, parseVersionScript } from "../../script/index.ts";
import { targetOfEmulation } from "../../targets/index.ts";
import { type ResolvedInputs, resolveInputs } from "../inputs/inputs.ts";
import { defaultOptions } from "../options/default-options.ts";
import { collectCommands } from "../statements/commands.ts";

const modes: InputModes = { wholeArchive: false, asNeeded: false, static: true, format: "elf" };

/** `foo`, `foo?` (weak), `foo=` (defined), `foo?=`, `foo:8` (common of 8 bytes), each a global symbol. */
function symbolsOf(text: string): BuildSymbol[] {
  return text.split(" ").flatMap((word): BuildSymbol[] => {
    const match = /^([^?=:]+)(\?)?(=)?(?::(\d+))?$/.exec(word);
    if (!match) return [];
    const binding = match[2] ? STB_WEAK : undefined;
    if (match[4]) return [{ name: match[1], section: "common", value: 4, size: Number(match[4]) }];
    return [{ name: match[1], section: match[3] ? ".text" : "undefined", binding }];
  });
}

function object(symbols: string, more: Partial<BuildObject> = {}): Uint8Array {
  return buildObject({ sections: [{ name: ".text", bytes: [0x90] }], symbols: symbolsOf(symbols), ...more });
}

function archive(members: Record<string, string>): Uint8Array {
  const list = Object.entries(members).map(([name, symbols]) => {
    const defined = symbolsOf(symbols).filter((s) => s.section !== "undefined");
    return { name, bytes: object(symbols), symbols: defined.map((s) => s.name) };
  });
  return writeArchive(list);
}

interface Outcome {
  readonly inputs: ResolvedInputs;
  readonly messages: string[];
  readonly diagnostics: readonly Diagnostic[];
  /** The objects by file or member name. */
  readonly objects: string[];
  /** What a symbol is: `undefined`, `absolute`, `common`, `script`, or the name of the object that defines it. */
  what(name: string): string;
}

interface Setup {
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** Files, and `(`, `)` for a group, `[`, `]` for --start-lib, `+x.a` for --whole-archive, `-lx`. */
  readonly line: string;
  readonly options?: Partial<LinkOptions>;
  readonly script?: string;
  readonly defsym?: string;
  readonly versions?: string;
  readonly leavesLabels?: boolean;
  readonly outputOnly?: boolean;
}

function item(word: string): InputItem {
  if (word === "(") return { kind: "start-group" };
  if (word === ")") return { kind: "end-group" };
  if (word === "[") return { kind: "start-lib" };
  if (word === "]") return { kind: "end-lib" };
  if (word.startsWith("-l")) return { kind: "library", name: word.slice(2), exact: false, modes };
  if (word.startsWith("+"))
    return { kind: "file", path: word.slice(1), modes: { ...modes, wholeArchive: true } };
  return { kind: "file", path: word, modes };
}

function resolve({
  files,
  line,
  options = {},
  script,
  defsym,
  versions,
  leavesLabels,
  outputOnly,
}: Setup): Outcome {
  const report = new Report();
  const all: LinkOptions = {
    ...defaultOptions(options.compat ?? "gnu"),
    inputs: line.split(" ").map(item),
    ...options,
  };
  const source = (text: string) => ({ name: "t.ld", text });
  const parsed = defsym ? parseDefsym(source(defsym), report) : undefined;
  const defsyms = parsed ? [{ assignment: parsed, after: 0 }] : [];
  const commands = collectCommands(script ? [parseScript(source(script), report)] : [], all, report, {
    defsyms,
    versionScripts: versions ? [parseVersionScript(source(versions), report)] : [],
  });
  const target = targetOfEmulation("elf_x86_64");
  if (!target) throw new Error("no target");
  const fileSystem = new MemoryFileSystem(files);
  const parse = (s: Source) => parseScript(s, report);
  const inputs = resolveInputs(all, commands, fileSystem, report, parse, target, leavesLabels, outputOnly);
  const { symbols, names, objects } = inputs.model;
  return {
    inputs,
    diagnostics: report.diagnostics,
    messages: report.diagnostics.map((d) => d.message),
    objects: objects.map((o) => o.file.member ?? o.file.path),
    what(name) {
      const id = names.find(name);
      const symbol = id < 0 ? 0 : symbols.global(id);
      if (symbol === 0) return "absent";
      const place = symbols.section[symbol];
      if (place === SymbolSection.undefined) return "undefined";
      if (place === SymbolSection.absolute) return "absolute";
      if (place === SymbolSection.common) return "common";
      if (place === SymbolSection.script) return "script";
      const owner = objects[symbols.object[symbol]];
      return owner.file.member ?? owner.file.path;
    },
  };
}

function flagsOf({ inputs }: Outcome, name: string): number {
  const { symbols, names } = inputs.model;
  return symbols.flags[symbols.global(names.find(name))];
}

describe("which mention of a symbol wins", () => {
  test.each([
    ["s", "s=", "s?=", "a.o"],
    ["s", "s?=", "s=", "b.o"],
    ["s", "s?=", "s?=", "a.o"],
    ["s", "s:8", "s=", "b.o"],
    ["s", "s=", "s:8", "a.o"],
    ["s", "s:8", "s?=", "common"],
    ["s", "s?=", "s:8", "common"],
    ["s", "s:8", "s:16", "common"],
    ["s", "s", "s=", "b.o"],
    ["s", "s?", "s?=", "b.o"],
    ["s", "s?", "s", "undefined"],
  ])("%s: %s then %s gives %s", (name, first, second, expected) => {
    const outcome = resolve({ files: { "a.o": object(first), "b.o": object(second) }, line: "a.o b.o" });
    expect(outcome.what(name)).toBe(expected);
    expect(outcome.inputs.duplicates).toEqual([]);
  });

  test("the larger common, with the larger alignment", () => {
    const common = (value: number, size: number) =>
      buildObject({ symbols: [{ name: "c", section: "common", value, size }] });
    const { inputs } = resolve({ files: { "a.o": common(16, 8), "b.o": common(4, 24) }, line: "a.o b.o" });
    const { symbols, names, objects } = inputs.model;
    const c = symbols.global(names.find("c"));
    expect([symbols.size[c], symbols.valueLow[c], objects[symbols.object[c]].name]).toEqual([24, 16, "b.o"]);
  });

  test("two strong definitions are noted, equal absolute ones are none", () => {
    const absolute = (value: number) => buildObject({ symbols: [{ name: "s", section: "absolute", value }] });
    const twice = resolve({ files: { "a.o": object("s="), "b.o": object("s=") }, line: "a.o b.o" });
    expect(twice.inputs.duplicates.length).toBe(1);
    const same = resolve({ files: { "a.o": absolute(5), "b.o": absolute(5) }, line: "a.o b.o" });
    expect(same.inputs.duplicates).toEqual([]);
    const other = resolve({ files: { "a.o": absolute(5), "b.o": absolute(6) }, line: "a.o b.o" });
    expect(other.inputs.duplicates.length).toBe(1);
  });

  test("a reference makes a symbol hidden", () => {
    const reference = buildObject({ symbols: [{ name: "s", other: STV_HIDDEN }] });
    const outcome = resolve({ files: { "a.o": reference, "b.o": object("s=") }, line: "a.o b.o" });
    const { symbols, names } = outcome.inputs.model;
    expect(symbols.other[symbols.global(names.find("s"))] & 3).toBe(STV_HIDDEN);
  });
});

describe("archives", () => {
  const files = {
    "main.o": object("main= f"),
    "weak.o": object("main= f?"),
    "common.o": object("main= f:4"),
    "f.a": archive({ "f.o": "f= g", "x.o": "x=" }),
    "g.a": archive({ "g.o": "g= h", "y.o": "y=" }),
    "h.a": archive({ "h.o": "h= f" }),
    "c.a": archive({ "c.o": "f:4" }),
    "self.a": archive({ "g.o": "g=", "f.o": "f= g" }),
    "cycle1.a": archive({ "f.o": "f= g", "k.o": "k=" }),
    "cycle2.a": archive({ "g.o": "g= k" }),
  };

  test.each([
    ["main.o f.a g.a h.a", "main.o f.o g.o h.o"],
    ["f.a main.o", "main.o"],
    ["main.o g.a f.a", "main.o f.o"],
    ["weak.o f.a", "weak.o"],
    ["common.o f.a", "common.o f.o"],
    ["common.o c.a", "common.o"],
    ["main.o self.a", "main.o f.o g.o"],
    ["main.o cycle1.a cycle2.a", "main.o f.o g.o"],
    ["main.o ( cycle1.a cycle2.a )", "main.o f.o g.o k.o"],
    ["main.o +f.a", "main.o f.o x.o"],
    ["main.o -lf", "main.o f.o"],
  ])("GNU ld: %s links %s", (line, objects) => {
    const all = { ...files, "/lib/libf.a": files["f.a"] };
    expect(resolve({ files: all, line, options: { libraryPaths: ["/lib"] } }).objects.join(" ")).toBe(
      objects,
    );
  });

  test.each([
    ["f.a main.o", "main.o f.o"],
    ["main.o g.a f.a h.a", "main.o f.o g.o h.o"],
    ["weak.o f.a", "weak.o"],
    ["common.o f.a", "common.o f.o"],
    ["common.o c.a", "common.o"],
    ["cycle2.a cycle1.a main.o", "main.o f.o g.o k.o"],
  ])("LLD: %s links %s", (line, objects) => {
    expect(resolve({ files, line, options: { compat: "lld" } }).objects.join(" ")).toBe(objects);
  });

  test("-u, EXTERN, ENTRY and script expressions want members", () => {
    const line = "f.a g.a";
    expect(resolve({ files, line, options: { undefined: ["x"] } }).objects).toEqual(["x.o"]);
    expect(resolve({ files, line, script: "EXTERN(y)" }).objects).toEqual(["y.o"]);
    expect(resolve({ files, line, script: "ENTRY(x)" }).objects).toEqual(["x.o"]);
    expect(resolve({ files, line, script: "a = y;" }).objects).toEqual(["y.o"]);
    expect(resolve({ files, line, script: "a = DEFINED(y) ? y : 0;" }).objects).toEqual([]);
  });

  test("what the script assigns is not searched for", () => {
    expect(resolve({ files, line: "main.o f.a", defsym: "f=0x1000" }).objects).toEqual(["main.o"]);
    expect(resolve({ files, line: "main.o f.a", script: "PROVIDE(f = 5);" }).objects).toEqual([
      "main.o",
      "f.o",
    ]);
  });

  test("objects between --start-lib and --end-lib join when wanted", () => {
    const objects = { ...files, "f.o": object("f="), "x.o": object("x=") };
    expect(resolve({ files: objects, line: "main.o [ x.o f.o ]" }).objects).toEqual(["main.o", "f.o"]);
  });

  test("why a member was taken", () => {
    const { inputs } = resolve({ files, line: "main.o f.a +g.a" });
    expect(inputs.model.trace.extractions.map((e) => e.because())).toEqual([
      "main.o refers to f",
      "--whole-archive",
      "--whole-archive",
    ]);
    expect(inputs.archivesWith("y")).toEqual(["g.a"]);
  });

  test("thin archives and scripts as inputs", () => {
    const thin = writeArchive([{ name: "f.o", bytes: object("f="), symbols: ["f"] }], { format: "thin" });
    const more = { "main.o": files["main.o"], "d/t.a": thin, "d/f.o": object("f="), "g.ld": "GROUP(d/t.a)" };
    expect(resolve({ files: more, line: "main.o g.ld" }).objects).toEqual(["main.o", "f.o"]);
  });
});

describe("COMDAT groups", () => {
  const inline = (extra: string, symbols = "f=") =>
    buildObject({
      sections: [
        { name: ".text.f", bytes: [1] },
        { name: extra, bytes: [2] },
      ],
      symbols: symbolsOf(symbols).map((s) => (s.section === ".text" ? { ...s, section: ".text.f" } : s)),
      groups: [{ signature: "f", members: [".text.f", extra] }],
    });

  test("the first is taken whole, definitions in others become references", () => {
    const outcome = resolve({
      files: { "a.o": inline(".x"), "b.o": inline(".y", "f= only=") },
      line: "a.o b.o",
    });
    const { sections, objects, groups } = outcome.inputs.model;
    expect(outcome.inputs.duplicates).toEqual([]);
    expect(outcome.what("f")).toBe("a.o");
    expect(outcome.what("only")).toBe("undefined");
    const [a, b] = objects;
    const fates = (base: number) => [1, 2, 3].map((i) => sections.fate[base + i]);
    expect([fates(a.sectionBase), fates(b.sectionBase)]).toEqual([
      [1, 0, 0],
      [1, 2, 2],
    ]);
    expect(groups.count).toBe(1);
    expect(outcome.inputs.discarded.size).toBe(1);
  });

  test("link-once sections of old compilers", () => {
    const once = (name: string) =>
      buildObject({ sections: [{ name, bytes: [1] }], symbols: [{ name: "f", section: name }] });
    const name = ".gnu.linkonce.t.f";
    const outcome = resolve({ files: { "a.o": once(name), "b.o": once(name) }, line: "a.o b.o" });
    expect(outcome.what("f")).toBe("a.o");
    expect(outcome.inputs.duplicates).toEqual([]);
  });
});

describe("scripts and options", () => {
  test("an assignment goes before a definition, which DEFINED still sees", () => {
    const outcome = resolve({ files: { "a.o": object("f=") }, line: "a.o", script: "f = 7;" });
    expect(outcome.what("f")).toBe("script");
    const { overridden, symbols, names } = outcome.inputs.model;
    expect(overridden.get(symbols.global(names.find("f")))?.object).toBe(0);
  });

  test("PROVIDE fills gaps, and what its expression wants in turn", () => {
    const script = "PROVIDE(f = g + 1); PROVIDE(g = 2); PROVIDE(h = 3); PROVIDE(d = 4);";
    const outcome = resolve({ files: { "a.o": object("f d=") }, line: "a.o", script });
    expect(["f", "g", "h", "d"].map(outcome.what)).toEqual(["script", "script", "absent", "a.o"]);
  });

  test("--wrap redirects references only", () => {
    const files = { "a.o": object("main= f __real_f"), "b.o": object("f="), "w.o": object("__wrap_f=") };
    const { inputs, what } = resolve({ files, line: "a.o b.o w.o", options: { wrap: ["f"] } });
    const { symbols, names, objects } = inputs.model;
    const names3 = [...objects[0].symbolIds.slice(-3)].map((id) => names.text(symbols.name[id]));
    expect(names3).toEqual(["main", "__wrap_f", "f"]);
    expect([what("f"), what("__wrap_f"), what("__real_f")]).toEqual(["b.o", "w.o", "absent"]);
  });

  test.each([
    ["pie", "gnu", true],
    ["executable", "lld", true],
    ["executable", "gnu", false],
  ] as const)("a version script in a %s under %s rules", (kind, compat, heeded) => {
    const files = { "a.o": object("keep= api_x= drop= api_y=") };
    // A program without shared objects has no table of dynamic symbols.
    const versions = "V { global: keep; api_*; local: api_y; *; };";
    const outcome = resolve({ files, line: "a.o", versions, options: { kind, compat } });
    const local = (name: string) => (flagsOf(outcome, name) & SymbolFlag.forcedLocal) !== 0;
    expect(["keep", "api_x", "drop", "api_y"].map(local)).toEqual([false, false, heeded, heeded]);
  });

  test("versions in names", () => {
    const files = { "a.o": object("main= f@V f"), "b.o": object("f@@V=") };
    const { inputs } = resolve({ files, line: "a.o b.o" });
    const { symbols, objects } = inputs.model;
    const places = [...objects[0].symbolIds.slice(-2)].map((id) => symbols.object[id]);
    expect(places).toEqual([1, 1]);
  });

  test("-b binary", () => {
    const binary: InputItem = { kind: "file", path: "d/a-b.txt", modes: { ...modes, format: "binary" } };
    const outcome = resolve({ files: { "d/a-b.txt": "hello" }, line: "", options: { inputs: [binary] } });
    const { symbols, names, sections } = outcome.inputs.model;
    const end = symbols.global(names.find("_binary_d_a_b_txt_end"));
    expect([symbols.valueLow[end], sections.size[symbols.section[end]]]).toEqual([5, 5]);
    expect(outcome.what("_binary_d_a_b_txt_size")).toBe("absolute");
  });
});

describe("what is refused", () => {
  test.each<[string, Uint8Array | string, string]>([
    ["a shared library", buildObject({ type: 3 }), "attempted static link of dynamic object `x'"],
    ["an executable", buildObject({ type: 2 }), "cannot use executable file `x' as input to a link"],
    [
      "another machine",
      buildObject({ machine: 243 }),
      "riscv:rv64 architecture of input file `x' is incompatible with i386:x86-64 output",
    ],
    [
      "another byte order",
      buildObject({ littleEndian: false }),
      "i386:x86-64 architecture of input file `x' is incompatible with i386:x86-64 output",
    ],
    [
      "bitcode",
      Uint8Array.of(0x42, 0x43, 0xc0, 0xde),
      "LLVM bitcode is not supported; compile to objects, without -flto",
    ],
    [
      "slim LTO",
      buildObject({ symbols: [{ name: "__gnu_lto_slim", section: "common", value: 1, size: 1 }] }),
      "plugin needed to handle lto object",
    ],
    ["noise", Uint8Array.of(1, 2, 0, 3), "file not recognized: file format not recognized"],
  ])("%s", (_, bytes, message) => {
    const { messages, diagnostics } = resolve({ files: { x: bytes }, line: "x" });
    if (message !== "") expect(messages[0]).toBe(message);
    else expect(diagnostics).toEqual([]);
  });

  test("a missing file or library", () => {
    const { messages } = resolve({ files: {}, line: "nope.o -lnope" });
    expect(messages).toEqual([
      "cannot find nope.o: No such file or directory",
      "cannot find -lnope: No such file or directory",
    ]);
  });
});

test("mutated inputs give diagnostics, never exceptions", () => {
  const rich = buildObject({
    sections: [
      { name: ".text", bytes: [1, 2, 3, 4, 5, 6, 7, 8], align: 4 },
      { name: ".data", bytes: [0, 0, 0, 0, 0, 0, 0, 0] },
      { name: ".bss", size: 9 },
    ],
    symbols: [...symbolsOf("main= f g? c:8 d="), { name: "l", section: ".data", binding: STB_LOCAL }],
    relocations: [
      { section: ".text", offset: 1, type: 2, symbol: "f" },
      { section: ".data", offset: 0, type: 1, symbol: ".text" },
    ],
    groups: [{ signature: "main", members: [".text"] }],
  });
  const library = archive({ "f.o": "f= g", "g.o": "g=" });
  const edit = fc.tuple(fc.nat(rich.length - 1), fc.integer({ min: 0, max: 255 }));
  const mutate = (original: Uint8Array, edits: readonly (readonly [number, number])[], cut: number) => {
    const bytes = original.slice(0, cut % 4 === 0 ? cut % original.length : undefined);
    for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
    return bytes;
  };
  fc.assert(
    fc.property(
      fc.array(edit, { maxLength: 6 }),
      fc.array(edit, { maxLength: 4 }),
      fc.nat(5000),
      (one, two, cut) => {
        const files = { "a.o": mutate(rich, one, cut), "f.a": mutate(library, two, cut >> 1), "b.o": rich };
        for (const compat of ["gnu", "lld"] as const)
          resolve({ files, line: "a.o f.a b.o", options: { compat } });
      },
    ),
    { numRuns: 600 },
  );
});

describe("local labels", () => {
  const local = (name: string, value: number): BuildSymbol => ({
    name,
    value,
    section: ".text",
    binding: STB_LOCAL,
  });
  const bytes = buildObject({
    sections: [{ name: ".text", bytes: new Uint8Array(16) }],
    symbols: [local(".L1", 4), local(".L2", 8), local("kept", 12), { name: "main", section: ".text" }],
    relocations: [{ section: ".text", offset: 0, type: 2, symbol: ".L2" }],
  });
  const labelsOf = ({ inputs: { model } }: Outcome) => {
    const { symbols, names, objects } = model;
    // The first is the symbol of .text.
    return Array.from(objects[0].symbolIds.subarray(2, objects[0].firstGlobal), (id) =>
      id === 0 ? "none" : `${names.text(symbols.name[id])} ${symbols.valueLow[id]}`,
    );
  };

  test("that nothing refers to are left out until their names are asked for", () => {
    const outcome = resolve({ files: { "a.o": bytes }, line: "a.o", leavesLabels: true });
    const { model } = outcome.inputs;
    const { symbols, names, objects } = model;
    const before = symbols.count;
    expect(labelsOf(outcome)).toEqual([" 8", " 12"]);
    // Relocations and global symbols have new numbers.
    const [object] = objects;
    const table = model.sections.relocations[object.sectionBase + 1];
    expect(object.view.getUint32(model.sections.fileOffset[table] + 12, true)).toBe(2);
    expect(names.text(symbols.name[object.symbolIds[object.firstGlobal]])).toBe("main");
    model.deletions.set(model.objects[0].sectionBase + 1, {
      first: 0,
      count: 2,
      start: Int32Array.of(2, 4),
      length: Int32Array.of(1, 1),
      before: Int32Array.of(0, 1, 2),
    });
    nameLocalSymbols(model);
    expect(labelsOf(outcome)).toEqual([".L2 8", "kept 12"]);
    expect(symbols.count).toBe(before + 1);
    expect(`${names.text(symbols.name[before])} ${symbols.valueLow[before]}`).toBe(".L1 3");
  });

  test("stay where there is something to be said about a symbol by its number", () => {
    const damaged = bytes.slice();
    const view = new DataView(damaged.buffer);
    const headers = view.getUint32(40, true);
    for (let i = 0; i < view.getUint16(60, true); i++) {
      const at = headers + i * 64;
      // The name of the last symbol.
      if (view.getUint32(at + 4, true) === 2)
        view.setUint32(view.getUint32(at + 24, true) + view.getUint32(at + 32, true) - 24, 1 << 20, true);
    }
    const { inputs, messages } = resolve({ files: { "a.o": damaged }, line: "a.o", leavesLabels: true });
    expect(messages[0]).toContain("symbol 5 has a name outside of the string table");
    expect(inputs.model.objects[0].firstGlobal).toBe(5);
  });

  test("have rows where all symbols count", () => {
    expect(labelsOf(resolve({ files: { "a.o": bytes }, line: "a.o" }))).toEqual([" 4", " 8", " 12"]);
  });
});

describe("bytes of objects that nobody needs any more", () => {
  const code = (first: number, size: number) => Uint8Array.from({ length: size }, (_, i) => first + i);
  const object = (first: number) =>
    buildObject({
      sections: [
        { name: ".text.f", bytes: code(first, 40), align: 16 },
        { name: ".data", bytes: code(first + 100, 24), align: 8 },
        { name: ".text.g", bytes: code(first + 50, 16) },
      ],
      groups: [{ signature: "f", members: [".text.f"] }],
      symbols: [
        { name: "mine", section: ".data", binding: STB_LOCAL },
        { name: "f", section: ".text.f" },
        { name: `g${first}`, section: ".text.g" },
        { name: "a_global_symbol_with_a_long_name" },
      ],
      relocations: [
        { section: ".text.f", offset: 4, type: 2, symbol: "a_global_symbol_with_a_long_name" },
        { section: ".data", offset: 8, type: 1, symbol: "mine", addend: first },
      ],
    });
  const files = { "a.o": object(1), "b.o": object(2) };
  const linked = (outputOnly: boolean) => resolve({ files, line: "a.o b.o", outputOnly }).inputs.model;

  test("are given up where only the output counts", () => {
    const model = linked(true);
    const { sections, objects } = model;
    const [, second] = objects;
    expect(objects.map(({ bytes }) => bytes.length)).not.toContain(linked(false).objects[0].bytes.length);
    const rows = Array.from({ length: second.sectionCount }, (_, i) => second.sectionBase + i);
    const row = (name: string) =>
      rows.find((at) => sections.type[at] === SHT_PROGBITS && model.names.text(sections.name[at]) === name) ??
      0;
    const bytes = (section: number) => [
      ...second.bytes.subarray(
        sections.fileOffset[section],
        sections.fileOffset[section] + sections.size[section],
      ),
    ];
    expect(bytes(row(".data"))).toEqual([...code(102, 24)]);
    expect(bytes(row(".text.g"))).toEqual([...code(52, 16)]);
    expect(sections.fate[row(".text.f")]).toBe(Fate.duplicate);
    expect(sections.relocations[row(".text.f")]).toBe(0);
    expect(second.view.getInt32(sections.fileOffset[sections.relocations[row(".data")]] + 16, true)).toBe(2);
    const mine = Array.from({ length: second.firstGlobal }, (_, i) => nameInObject(second, i));
    expect(mine).toContain("mine");
  });

  test("stay where something may ask for them", () => {
    for (const [at, object] of linked(false).objects.entries())
      expect(object.strtabSize).toBeGreaterThan(linked(true).objects[at].strtabSize);
  });
});
