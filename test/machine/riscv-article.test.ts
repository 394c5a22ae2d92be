import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { readElf } from "../../src/elf/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";
import { link, parseArguments } from "../../src/link/index.ts";
import { Machine, Memory } from "../../src/machine/index.ts";

// The examples of examples/riscv-article, linked and stepped through one
// instruction at a time. What they call is a function that returns at once.

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, "../../examples/riscv-article");
const sources = readdirSync(folder).filter((name) => name.endsWith(".s"));

const CODE = 0x10000;
const DATA = 0x40000;
const STACK = 0x60000;
/** Where the first function returns to: nothing is there to be stepped. */
const END = 0x70000;
const [RA, SP, S0, A0, A1, A2] = [1, 2, 8, 10, 11, 12];

const hex = (address: number) => `0x${address.toString(16)}`;

const CALLEES = ".text\n.weak printf, draw, memset, abort\nprintf: draw: memset: abort: ret\n";

/** A machine with an example in it, about to call its function `entry` (its first byte of code without one). */
function loaded(name: string, entry?: string): Machine {
  const bytes = readFileSync(path.join(folder, name));
  const [first] = bytes.toString().split("\n");
  const command = parseCommandLine(first.replace("#!", "").trim().split(" "));
  if ("message" in command) throw new Error(command.message);
  const files = new MemoryFileSystem();
  const report = new Report();
  for (const [object, source] of [
    ["example.o", bytes],
    ["callees.o", new TextEncoder().encode(CALLEES)],
  ] as const) {
    const made = assemble([{ name, bytes: source }], command.options, files, report);
    if (made) files.set(object, made.bytes);
  }
  const line = ["-m", "elf32lriscv", `-Ttext=${hex(CODE)}`, `-Tdata=${hex(DATA)}`, "--no-relax", "-o", "out"];
  const { options } = parseArguments(
    [...line, "-e", entry ?? hex(CODE), "--unresolved-symbols=ignore-all", "example.o", "callees.o"],
    "ld",
    "gnu",
    files,
    report,
  );
  link(options, { files }, report);
  const image = files.files.get("out");
  expect(report.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (!image) throw new Error("no image");
  const elf = readElf(image, report, "out");
  if (!elf) throw new Error("no ELF file");
  const memory = new Memory([{ name: "ram", base: 0, size: 0x80000 }]);
  for (const segment of elf.segments)
    if (segment.type === 1)
      memory.write(
        Number(segment.address),
        image.slice(Number(segment.offset), Number(segment.offset) + Number(segment.fileSize)),
      );
  const machine = new Machine({ xlen: 32, memory, privileged: false });
  const [hart] = machine.harts;
  hart.pcNumber = Number(elf.entry);
  hart.setNumber(SP, STACK);
  hart.setNumber(RA, END);
  return machine;
}

/** Steps until the function has returned; the number of steps. */
function stepThrough(machine: Machine): number {
  const [hart] = machine.harts;
  for (let steps = 0; steps < 10_000; steps++) {
    if (hart.pcNumber === END) return steps;
    const before = machine.retired;
    const stop = machine.step();
    expect(stop, `at 0x${hart.pcNumber.toString(16)}`).toEqual({ kind: "limit" });
    expect(machine.retired).toBe(before + 1);
  }
  throw new Error("it does not return");
}

test("a cube is computed, and what the caller wants back is as it was", () => {
  const machine = loaded("02-a-function.s", "report_cube");
  const [hart] = machine.harts;
  hart.setNumber(A0, 3);
  hart.setNumber(S0, 0x5050);
  stepThrough(machine);
  expect(hart.signed(A0)).toBe(27);
  expect(hart.number(S0)).toBe(0x5050);
  expect(hart.number(SP)).toBe(STACK);
});

test("bytes are filled, one turn of the loop after another", () => {
  const machine = loaded("05-control-flow.s", "fill");
  const [hart] = machine.harts;
  hart.setNumber(A0, DATA + 0x1000);
  hart.setNumber(A1, 5);
  hart.setNumber(A2, 0xab);
  // One instruction before the loop, four a turn; the last look and the return.
  expect(stepThrough(machine)).toBe(1 + 4 * 5 + 2);
  expect([0, 1, 2, 3, 4, 5].map((i) => machine.memory.read8(DATA + 0x1000 + i))).toEqual([
    0xab, 0xab, 0xab, 0xab, 0xab, 0,
  ]);
});

test("a leaf function needs no stack", () => {
  const machine = loaded("07-leaf.s", "distance2");
  const [hart] = machine.harts;
  hart.setNumber(A0, 3);
  hart.setNumber(A1, -4);
  expect(stepThrough(machine)).toBe(4);
  expect(hart.signed(A0)).toBe(25);
});

test("arguments are where the calling convention puts them", () => {
  const machine = loaded("08-arguments.s", "call_draw");
  const [hart] = machine.harts;
  let seen: number[] = [];
  for (let steps = 0; hart.pcNumber !== END && steps < 1000; steps++) {
    machine.step();
    // The callee's `ret` is the first instruction with ra in the caller's code.
    if (hart.number(RA) !== END && seen.length === 0)
      seen = [10, 11, 12, 13, 14, 15, 16, 17].map((register) => hart.signed(register));
  }
  expect(hart.pcNumber).toBe(END);
  expect(seen).toEqual([1, -2, -1, 3, 4, STACK - 64 + 16, 5, 0x302010]);
});

test("a large result is written where the caller said", () => {
  for (const entry of ["page_with", "page_with_2"]) {
    const machine = loaded("09-large-result.s", entry);
    const [hart] = machine.harts;
    hart.setNumber(A0, DATA + 0x1000);
    hart.setNumber(A1, 0x41);
    stepThrough(machine);
    expect(machine.memory.read8(DATA + 0x1000), entry).toBe(0x41);
    expect(hart.number(SP)).toBe(STACK);
  }
});

test.each(sources)("%s: every instruction can be stepped, or says why not", (name) => {
  const machine = loaded(name);
  const [hart] = machine.harts;
  hart.setNumber(A0, DATA + 0x1000);
  hart.setNumber(A1, DATA + 0x1000);
  let steps = 0;
  for (; steps < 200 && hart.pcNumber !== END; steps++) {
    const stop = machine.step();
    if (stop.kind === "limit") continue;
    // What only an environment can do.
    expect(stop.kind).toBe("exception");
    break;
  }
  expect(steps).toBeGreaterThan(2);
});
