import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errors } from "../machine/index.ts";
import { NodeTree } from "./node-tree.ts";
import { parseRunOptions } from "./run-options.ts";

const how = { read: true, write: false, create: false, exclusive: false, truncate: false, mode: 0o644 };

describe("NodeTree", () => {
  let top: string;
  let granted: string;

  beforeAll(() => {
    top = mkdtempSync(path.join(os.tmpdir(), "premain-tree-"));
    granted = path.join(top, "granted");
    mkdirSync(path.join(granted, "sub"), { recursive: true });
    writeFileSync(path.join(top, "secret"), "secret");
    writeFileSync(path.join(granted, "a.txt"), "hello");
    symlinkSync("../secret", path.join(granted, "leak"));
    symlinkSync("..", path.join(granted, "up"));
    symlinkSync("../../outside-new", path.join(granted, "sub/new"));
    symlinkSync("../a.txt", path.join(granted, "sub/inside"));
  });
  afterAll(() => rmSync(top, { recursive: true }));

  test("reads and writes within the folder", () => {
    const tree = new NodeTree(granted);
    const file = tree.open("/sub/b.txt", { ...how, write: true, create: true });
    if (typeof file === "number") throw new Error(String(file));
    expect(file.write(0, Uint8Array.of(104, 105))).toBe(2);
    file.close();
    expect(readFileSync(path.join(granted, "sub/b.txt"), "utf8")).toBe("hi");
    expect(tree.list("/sub")).toMatchObject([
      { name: "b.txt", kind: "file" },
      { name: "inside" },
      { name: "new" },
    ]);
    expect(tree.remove("/sub/b.txt", false)).toBe(0);
    const bytes = new Uint8Array(10);
    const inside = tree.open("/sub/inside", how);
    expect(typeof inside === "number" ? inside : inside.read(1, bytes)).toBe(4);
  });

  test.each(["/leak", "/up/secret", "/up/granted/../secret", "/sub/new", "/../secret"])(
    "%s leads nowhere",
    (name) => {
      const tree = new NodeTree(granted);
      expect(tree.open(name, how)).toBe(-errors.ENOENT);
      expect(tree.open(name, { ...how, write: true, create: true })).toBe(-errors.ENOENT);
      expect(tree.status(name, true)).toBe(-errors.ENOENT);
    },
  );

  test("a folder granted for reading cannot be changed", () => {
    const tree = new NodeTree(granted, false);
    expect(tree.open("/a.txt", { ...how, write: true })).toBe(-errors.EROFS);
    expect(tree.remove("/a.txt", false)).toBe(-errors.EROFS);
    expect(tree.makeDirectory("/x", 0o755)).toBe(-errors.EROFS);
    expect(tree.rename("/a.txt", "/b.txt")).toBe(-errors.EROFS);
    expect(typeof tree.open("/a.txt", how)).toBe("object");
  });
});

describe("parseRunOptions", () => {
  const parse = (...args: string[]) => parseRunOptions(args, (name) => (name === "HOME" ? "/h" : undefined));

  test("what follows the program is the program's", () => {
    expect(parse("--count", "prog", "--count", "-x")).toMatchObject({
      count: true,
      program: "prog",
      arguments: ["--count", "-x"],
    });
    expect(parse("--", "--prog")).toMatchObject({ program: "--prog" });
  });

  test("options with values, attached or not", () => {
    expect(
      parse("--limit=64K", "--trace", "insn,sys", "--dir", "a=/b:ro", "--gdb", ":99", "p"),
    ).toMatchObject({
      limit: 65536,
      trace: new Set(["instructions", "syscalls"]),
      directories: [{ host: "a", guest: "/b", writable: false }],
      gdb: { host: "localhost", port: 99 },
    });
    expect(parse("--profile", "tree", "p")).toMatchObject({ profile: "tree", program: "p" });
    expect(parse("--profile", "p")).toMatchObject({ profile: "flat", program: "p" });
  });

  test("a machine is a kind of one, or a board's file; a tier is one of four", () => {
    expect(parse("--machine", "bare", "p")).toMatchObject({ machine: "bare", board: undefined });
    expect(parse("--machine", "b.json", "p")).toMatchObject({ machine: "auto", board: "b.json" });
    expect(parse("--tier", "precise", "p")).toMatchObject({ tier: "precise" });
    expect(parse("--tier", "fast", "p")).toContain("--tier is precise or interpreter or translator or mixed");
  });

  test("only variables that are named are passed on", () => {
    expect(parse("--env", "HOME", "--env", "A=b", "--env", "NONE", "p")).toMatchObject({
      environment: ["HOME=/h", "A=b"],
    });
  });

  test.each([
    [["--what", "p"], "unknown option --what"],
    [["--limit", "x", "p"], "--limit wants a number"],
    [["--trace", "all", "p"], "--trace knows"],
    [["--machine", "vax", "p"], "--machine is linux or bare or auto"],
    [[], "no program is given"],
    [["--board"], "--board needs a value"],
  ])("%j is refused", (args, message) => {
    expect(parse(...args)).toContain(message);
  });
});
