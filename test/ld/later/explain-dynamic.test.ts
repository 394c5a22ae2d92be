import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { readElf } from "../../../src/elf/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { explain, link, parseArguments } from "../../../src/link/index.ts";

// `premain why` about relocations that concern the dynamic loader.

const words = (...values: number[]) =>
  values.flatMap((value) => [0, 8, 16, 24].map((at) => (value >>> at) & 255));
const text = (value: string) => [...value].map((c) => c.charCodeAt(0));

/** A shared object for 64-bit RISC-V that defines the function `call`. */
function sharedObject(): Uint8Array {
  const tables = [
    { type: 3, link: 0, info: 0, bytes: text("\0libx.so\0call\0") },
    { type: 6, link: 1, info: 0, bytes: words(14, 0, 1, 0, 0, 0, 0, 0) },
    { type: 11, link: 1, info: 1, bytes: words(0, 0, 0, 0, 0, 0, 9, 0x00010012, 64, 0, 4, 0) },
  ];
  const bytes = new Array<number>(64).fill(0);
  const headers = new Array<number>(64).fill(0);
  for (const { type, link: to, info, bytes: contents } of tables) {
    headers.push(...words(0, type, 0, 0, 0, 0, bytes.length, 0, contents.length, 0, to, info, 1, 0, 0, 0));
    bytes.push(...contents);
  }
  const file = new Uint8Array([...bytes, ...headers]);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 243, true);
  view.setUint32(40, bytes.length, true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, tables.length + 1, true);
  return file;
}

test("calls by a stub, and words that the loader sets", () => {
  const source = `
	.globl _start
_start:	call call
	call here
here:	ret
	.data
	.globl table
table:	.quad call, here
`;
  const report = new Report();
  const files = new MemoryFileSystem({ "libx.so": sharedObject() });
  const input = { name: "a.s", bytes: new TextEncoder().encode(source) };
  const object = assemble([input], { march: "rv64g", currentDirectory: "/" }, files, report);
  files.files.set("a.o", object?.bytes ?? new Uint8Array(0));
  const words = ["-pie", "--no-relax", "--dynamic-linker", "/ld.so", "a.o", "libx.so", "-o", "out"];
  const result = link(parseArguments(words, "ld", "gnu", files, report).options, { files }, report);
  expect(report.diagnostics).toEqual([]);
  const code = explain(result, "_start") ?? "";
  expect(code).toMatch(/R_RISCV_CALL_PLT against call: L \+ A - P, L being its stub = -?0x\w+ {3}\(L = 0x/);
  expect(code).toMatch(/R_RISCV_CALL_PLT against here: S \+ A - P = 0x8 {3}\(S = 0x/);
  const data = explain(result, "table") ?? "";
  expect(data).toContain("R_RISCV_64 against call: S + A, set by the loader, which finds S\n");
  expect(data).toContain(
    "R_RISCV_64 against here: B + S + A, set by the loader, B being where it puts the program",
  );
});

test.each([
  ["in the object that calls it", "\t.variant_cc call\n", true],
  ["nowhere", "", false],
])("a stub for a function whose calling convention is marked %s", (_, mark, marked) => {
  const report = new Report();
  const files = new MemoryFileSystem({ "libx.so": sharedObject() });
  const source = `${mark}\t.globl _start\n_start:\tcall call\n`;
  const input = { name: "a.s", bytes: new TextEncoder().encode(source) };
  const object = assemble([input], { march: "rv64g", currentDirectory: "/" }, files, report);
  files.files.set("a.o", object?.bytes ?? new Uint8Array(0));
  const options = parseArguments(["a.o", "libx.so", "-o", "out"], "ld", "gnu", files, report).options;
  expect(link(options, { files }, report).succeeded).toBe(true);
  const elf = readElf(files.files.get("out")!, report, "out")!;
  const named = (name: string) => {
    const { offset, size } = elf.sections.find((section) => section.name === name)!;
    return files.files.get("out")!.subarray(Number(offset), Number(offset) + Number(size));
  };
  const dynamic = new DataView(named(".dynamic").slice().buffer);
  const tags = Array.from({ length: dynamic.byteLength / 16 }, (_, i) => dynamic.getBigUint64(i * 16, true));
  expect(tags.includes(0x70000001n)).toBe(marked);
  const others = [...named(".dynsym")].filter((_, at) => at % 24 === 5);
  expect(others.some((other) => (other & 0x80) !== 0)).toBe(marked);
});
