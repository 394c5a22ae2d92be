import { expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { type BuildObject, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { type LinkResult, link } from "../link.ts";
import { parseArguments } from "../options/arguments.ts";

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

const usual: BuildObject = {
  sections: [
    { name: ".text", bytes: bytes(4), flags: 6, align: 4 },
    { name: ".a", bytes: bytes(8, 0xaa), flags: 2 },
    { name: ".b", bytes: bytes(4, 0xbb), flags: 2 },
  ],
  symbols: [
    { name: "_start", section: ".text" },
    { name: "in_a", section: ".a" },
    { name: "in_b", section: ".b" },
  ],
};

function run(script: string, options = "", files: Record<string, string> = {}) {
  const system = new MemoryFileSystem({ "l.ld": script, ...files });
  system.set("0.o", buildObject(usual));
  const argv = ["-m", "elf_x86_64", "-T", "l.ld", ...options.split(" ").filter(Boolean), "0.o", "-o", "out"];
  const report = new Report();
  const parsed = parseArguments(argv, "ld.lld", "lld", system, report);
  const result: LinkResult = link(parsed.options, { files: system }, report);
  const messages = report.diagnostics.map((one) => one.lld ?? one.message);
  return { result, messages, layout: result.layout };
}

function symbol({ result }: ReturnType<typeof run>, name: string): bigint | undefined {
  const model = result.inputs?.model;
  if (!model) return undefined;
  const id = model.symbols.global(model.names.addString(name));
  if (id === 0 || model.symbols.section[id] === 0) return undefined;
  return BigInt(model.symbols.addressLow[id] >>> 0);
}

const loads = ({ layout }: ReturnType<typeof run>) =>
  (layout?.segments ?? [])
    .filter((each) => each.type === 1)
    .map((each) => [each.flags, each.sections.map((i) => layout?.sections[i].name)]);

test("a script with SECTIONS joins constants and code; --rosegment keeps them apart", () => {
  const script =
    "SECTIONS { . = 0x10000 + SIZEOF_HEADERS; .a : { *(.a) } .b : { *(.b) } .text : { *(.text) } }";
  expect(loads(run(script))).toEqual([[5, [".a", ".b", ".text"]]]);
  expect(loads(run(script, "--rosegment"))).toEqual([
    [4, [".a", ".b"]],
    [5, [".text"]],
  ]);
});

test("sections of an overlay share addresses and are loaded one behind the other", () => {
  const linked = run(
    "SECTIONS { OVERLAY 0x1000 : AT(0x4000) { .x { *(.a) } .y { *(.b) } } .text : { *(.text) } }",
  );
  expect(linked.messages).toEqual([]);
  const rows = linked.layout?.sections.slice(0, 3).map((each) => [each.name, each.address, each.loadAddress]);
  expect(rows).toEqual([
    [".x", 0x1000n, 0x4000n],
    [".y", 0x1000n, 0x4008n],
    [".text", 0x1008n, 0x4010n],
  ]);
});

test("patterns that do not sort are one list in the order of the inputs, sorting ones are lists of their own", () => {
  const first = (script: string) => run(script).result.layout?.sections.find((each) => each.name === ".x");
  const sizes = (script: string) => {
    const linked = run(script);
    const output = linked.layout?.sections.find((each) => each.name === ".x");
    return [...(output?.order ?? [])].map((row) => linked.result.inputs?.model.sections.size[row]);
  };
  expect(first("SECTIONS { .x : { *(.b .a) } }")?.size).toBe(12);
  expect(sizes("SECTIONS { .x : { *(.b .a) } }")).toEqual([8, 4]);
  expect(sizes("SECTIONS { .x : { *(SORT(.b) .a) } }")).toEqual([4, 8]);
});

test("--symbol-ordering-file orders within a statement, and says what has no place", () => {
  const linked = run("SECTIONS { .x : { *(.a .b) } one = 1; }", "--symbol-ordering-file order", {
    order: "in_b\none\nnobody\n",
  });
  const output = linked.layout?.sections.find((each) => each.name === ".x");
  expect([...(output?.order ?? [])].map((row) => linked.result.inputs?.model.sections.size[row])).toEqual([
    4, 8,
  ]);
  expect(linked.messages).toEqual([
    expect.stringContaining("unable to order absolute symbol: one"),
    "symbol ordering file: no such symbol: nobody",
  ]);
});

test("the size of a section that does not exist is zero, its address an error", () => {
  expect(symbol(run("SECTIONS { size = SIZEOF(.none) + 2; }"), "size")).toBe(2n);
  expect(run("SECTIONS { where = ADDR(.none); }").messages).toEqual(["undefined section .none"]);
});

test("an alignment is a power of two, and has no location counter", () => {
  const align = (words: string) => run(`SECTIONS { .x : ${words} { *(.a) } }`).messages;
  expect(align("ALIGN(4) SUBALIGN(8)")).toEqual([]);
  expect(align("ALIGN(6)")).toEqual(["alignment must be power of 2"]);
  expect(align("SUBALIGN(.)")).toEqual(["unable to get location counter value"]);
  expect(align("SUBALIGN(nothing)")).toEqual(["symbol not found: nothing"]);
});

test("a constraint that does not hold defines no symbols", () => {
  const script = "SECTIONS { x : ONLY_IF_RO { ro = .; *(.a) } x : ONLY_IF_RW { rw = .; *(.a) } }";
  const linked = run(script);
  expect([symbol(linked, "ro"), symbol(linked, "rw")]).toEqual([expect.anything(), undefined]);
});

test("what goes back below its segment would lie beyond the end of the file", () => {
  const script = `PHDRS { all PT_LOAD FILEHDR PHDRS; }
    SECTIONS { . = 0xffffffff20000000; .text : { *(.text) } :all .x 0x1000 : { *(.a) } }`;
  expect(run(script).messages).toContain(
    "unable to place section .text at file offset [0xFFFFFFFF20000000, 0xFFFFFFFF20000003]; check your linker script for overflows",
  );
});

test("a file of more than 2^63 bytes is refused, not written", () => {
  const { messages } = run("SECTIONS { .x : { . = 0x8fffffffffffffff; *(.a) } }", "--no-check-sections");
  expect(messages.some((text) => text.startsWith("output file too large: "))).toBe(true);
});
