import { describe, expect, test } from "vitest";
import { Machine } from "../machine.ts";
import { Memory } from "../memory.ts";
import { CallTracker, jumpKind } from "./calls.ts";
import { placeAt, priorityOf, readLinkMap } from "./link-map.ts";
import { ExecutionCounts, foldedText, Profile } from "./profile.ts";
import { runObserved, type Target } from "./step.ts";
import { ProgramSymbols } from "./symbols.ts";

const BASE = 0x10000;

const target = (machine: Machine): Target<{ readonly kind: string }> => ({
  machine,
  run: (limit) => machine.run(limit),
});

/** f calls g twice, then loops; their symbols are made by hand. */
function program() {
  const words = [
    0x010000ef, // f:    jal ra, g
    0x00c000ef, //       jal ra, g
    0x0000006f, //       j .
    0x00000013, //       nop
    0x00150513, // g:    addi a0, a0, 1
    0x00008067, //       ret
  ];
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x1000 }]);
  memory.write(BASE, new Uint8Array(Uint32Array.from(words).buffer));
  const machine = new Machine({ xlen: 64, memory, privileged: false });
  machine.harts[0].pcNumber = BASE;
  const symbols = new ProgramSymbols({
    name: "",
    bytes: new Uint8Array(0),
    elf: undefined,
    xlen: 64,
    placement: "virtual",
    bias: 0,
    steps: [],
    entry: BASE,
    headers: 0,
    headerCount: 0,
    headerSize: 0,
    end: 0,
    tls: undefined,
  });
  const functions = [
    { name: "f", symbol: "f", start: BASE, end: BASE + 16 },
    { name: "g", symbol: "g", start: BASE + 16, end: BASE + 24 },
  ];
  Object.assign(symbols, { functions });
  return { machine, symbols };
}

test("calls and returns are followed, and instructions counted by chain of callers", () => {
  const { machine, symbols } = program();
  const tracker = new CallTracker(symbols);
  const seen: string[] = [];
  tracker.watchers.push({
    enter: (_hart, frame, depth) => seen.push(`${depth} ${symbols.functions[frame.function].name}`),
    leave: (_hart, _frame, depth) => seen.push(`${depth} back`),
  });
  const profile = new Profile(tracker);
  const counts = new ExecutionCounts();
  runObserved(target(machine), [profile, counts, tracker], 10);
  expect(seen).toEqual(["1 f", "2 g", "2 back", "2 g", "2 back"]);
  expect(counts.counts.get(BASE + 16)).toBe(2);
  expect(foldedText(profile.tree())).toContain("f;g 4\n");
  expect(profile.flat().find(({ name }) => name === "g")).toEqual({ name: "g", self: 4, calls: 2 });
});

describe("jumpKind", () => {
  test.each([
    ["jal ra", 0x010000ef, 64, 1],
    ["j", 0x0000006f, 64, 3],
    ["ret", 0x00008067, 64, 2],
    ["jr a5", 0x00078067, 64, 3],
    ["jalr a5", 0x000780e7, 64, 1],
    ["beq", 0x00000063, 64, 3],
    ["addi", 0x00150513, 64, 0],
    ["c.jr ra", 0x8082, 64, 2],
    ["c.jalr a5", 0x9782, 64, 1],
    ["c.mv", 0x853e, 64, 0],
    ["c.ebreak", 0x9002, 64, 0],
    ["c.jal on RV32", 0x2001, 32, 1],
    ["c.addiw on RV64", 0x2001, 64, 0],
    ["c.j", 0xa001, 64, 3],
  ] as const)("%s", (_name, word, xlen, kind) => {
    expect(jumpKind(word, xlen)).toBe(kind);
  });
});

test("a linker's map says where bytes came from", () => {
  const places = readLinkMap(` *(SORT_BY_INIT_PRIORITY(.init_array.*))
 .init_array.00150
                0x0000000080002c10        0x4 a.o
 .init_array    0x0000000080002c14        0x4 lib.a(b.o)
                0x0000000080002c18                        PROVIDE (__init_array_end = .)
 .tbss          0x0000000080002c14       0x10 tls.o
 .ctors.65435   0x0000000080002c18        0x4 c.o
 .text          0x0000000080002c1c        0x0 d.o
`);
  expect(places.map(({ section, object }) => [section, object, priorityOf(section)])).toEqual([
    [".init_array.00150", "a.o", 150],
    [".init_array", "lib.a(b.o)", undefined],
    [".ctors.65435", "c.o", 100],
  ]);
  expect(placeAt(places, 0x80002c15)?.object).toBe("lib.a(b.o)");
  expect(placeAt(places, 0x80002c1c)).toBeUndefined();
});

test("loads and stores are seen with their addresses", () => {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x1000 }]);
  // auipc a0,0; sw a1,64(a0); lw a2,64(a0)
  const words = [0x00000517, 0x04b52023, 0x04052603, 0x6f];
  memory.write(BASE, new Uint8Array(Uint32Array.from(words).buffer));
  const machine = new Machine({ xlen: 64, memory, privileged: false });
  machine.harts[0].pcNumber = BASE;
  const seen: string[] = [];
  runObserved(target(machine), [], 5, {
    access: (_hart, { address, size, write }) => seen.push(`${write ? "store" : "load"} ${size} ${address}`),
  });
  expect(seen).toEqual([`store 4 ${BASE + 64}`, `load 4 ${BASE + 64}`]);
});
