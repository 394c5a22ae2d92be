import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";
import { link, parseArguments, writeMap } from "../../src/link/index.ts";
import {
  CallTracker,
  coverageText,
  describeLoad,
  ExecutionCounts,
  Profile,
  ProgramSymbols,
  readBoard,
  readLinkMap,
  runObserved,
  startBare,
  Timeline,
} from "../../src/machine/index.ts";

// The tour's board, from its source to its exit, with nothing but our own tools.

const text = (name: string) => readFileSync(new URL(`../../examples/tour/${name}`, import.meta.url), "utf8");

let image: Uint8Array;
let map = "";

beforeAll(() => {
  const files = new MemoryFileSystem({ "board.s": text("board.s"), "board.ld": text("board.ld") });
  const report = new Report();
  const command = parseCommandLine(["-march=rv32i", "-mabi=ilp32", "-g"]);
  if (!("options" in command)) throw new Error(command.message);
  const source = { name: "board.s", bytes: new TextEncoder().encode(text("board.s")) };
  const object = assemble([source], command.options, files, report);
  files.set("board.o", object!.bytes);
  const args = ["-m", "elf32lriscv", "-T", "board.ld", "board.o", "-o", "board"];
  const result = link(parseArguments(args, "ld", "gnu", files, report).options, { files }, report);
  expect(report.diagnostics).toEqual([]);
  writeMap(result, (part) => {
    map += part;
  });
  image = files.files.get("board")!;
});

function start() {
  const report = new Report();
  let printed = "";
  const system = startBare(
    image,
    "board",
    {
      board: readBoard(text("board.json"), "board.json", report),
      console: {
        read: () => 0,
        write: (bytes) => {
          printed += new TextDecoder().decode(bytes);
        },
        isTerminal: false,
      },
      commandLine: "board",
    },
    report,
  );
  if (!system) throw new Error(report.diagnostics.map(({ message }) => message).join());
  const target = { machine: system.machine, run: (limit: number) => system.run(limit) };
  return { system, target, symbols: new ProgramSymbols(system.plan), printed: () => printed };
}

describe("a board without an operating system", () => {
  test("runs to its exit code", () => {
    const { system, printed } = start();
    expect(system.run(1e6)).toEqual({ kind: "exit", code: 42 });
    expect(printed()).toContain("main runs, and finds its variables");
  });

  test("stops at a limit, exactly, and goes on", () => {
    const { system } = start();
    expect(system.run(100)).toEqual({ kind: "limit" });
    expect(system.machine.instructions).toBe(100);
    expect(system.run(1e6)).toEqual({ kind: "exit", code: 42 });
  });

  test("its load is explained", () => {
    expect(describeLoad(start().system.plan)).toContain("to be copied to 0x80000000  .data");
  });

  test("its time line has everything before main, and after it", () => {
    const { system, target, symbols } = start();
    const map_ = readLinkMap(map);
    const timeline = new Timeline(target, { plan: system.plan, symbols, limit: 1e6, map: map_ });
    expect(timeline.run()).toEqual({ kind: "exit", code: 42 });
    const { events } = timeline;
    expect(events.map(({ kind }) => kind)).toEqual(
      "load load entry data bss init init main return exit end".split(" "),
    );
    expect(events.find(({ kind }) => kind === "data")?.text).toContain("as in the image");
    expect(events.filter(({ kind }) => kind === "init")).toMatchObject([
      { function: "early", priority: 101, object: "board.o" },
      { function: "late", priority: 102, object: "board.o" },
    ]);
    for (let i = 1; i < events.length; i++) expect(events[i].at).toBeGreaterThanOrEqual(events[i - 1].at);
  });

  test("its instructions are counted by function, and its lines are covered", () => {
    const { target, symbols } = start();
    const tracker = new CallTracker(symbols);
    const profile = new Profile(tracker);
    const counts = new ExecutionCounts();
    runObserved(target, [profile, counts, tracker], 1e6);
    const flat = profile.flat();
    expect(flat.reduce((sum, { self }) => sum + self, 0)).toBe(counts.total);
    expect(flat.find(({ name }) => name === "print")?.calls).toBe(3);
    const lcov = coverageText(symbols, counts.counts);
    const line =
      text("board.s")
        .split("\n")
        .findIndex((row) => row.startsWith("main:")) + 1;
    expect(lcov).toContain(`DA:${line},1\n`);
    expect(lcov).toContain("FNDA:1,early\n");
  });
});
