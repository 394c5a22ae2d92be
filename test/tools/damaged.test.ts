import fc from "fast-check";
import { expect, test } from "vitest";
import { buildObject } from "../../src/elf/testing.ts";
import { addr2line, ar, nm, objcopy, ranlib, size, strings, strip } from "../../src/tools/index.ts";
import { runTool } from "../../src/tools/testing.ts";

// Whatever the bytes, a tool ends with an exit code, and says why if it failed.

const object = (is64: boolean, littleEndian: boolean) =>
  buildObject({
    is64,
    littleEndian,
    sections: [
      { name: ".text", bytes: [0x13, 0, 0, 0, 0x67, 0x80, 0, 0] },
      { name: ".bss", size: 12 },
      { name: ".debug_info", flags: 0, bytes: [7, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, 1, 0] },
      { name: ".debug_abbrev", flags: 0, bytes: [1, 0x11, 0, 0x10, 0x17, 0, 0, 0] },
      { name: ".debug_line", flags: 0, bytes: [20, 0, 0, 0, 3, 0, 6, 0, 0, 0, 1, 1, 1, 1, 0, 0] },
    ],
    symbols: [
      { name: "start", section: ".text", type: 2, size: 8 },
      { name: "other", section: "undefined" },
      { name: "buffer", section: ".bss", type: 1, size: 12 },
    ],
    relocations: [{ section: ".text", offset: 4, type: 2, symbol: "other" }],
    groups: [{ signature: "start", members: [".text"] }],
  });

const objects = [object(true, true), object(false, true), object(true, false), object(false, false)];
const archive = runTool("ar", ar, ["rc", "x", "a.o", "a-rather-long-name.o"], {
  "a.o": objects[0],
  "a-rather-long-name.o": objects[1],
}).files.get("x") as Uint8Array;

const runs = [
  ["nm", nm, ["-a", "-l", "-C", "x"]],
  ["nm", nm, ["-D", "-s", "x"]],
  ["size", size, ["-A", "x"]],
  ["strings", strings, ["-d", "x"]],
  ["strip", strip, ["x"]],
  ["objcopy", objcopy, ["x", "y"]],
  ["objcopy", objcopy, ["-O", "binary", "x", "y"]],
  ["addr2line", addr2line, ["-f", "-i", "-e", "x", "0", "4"]],
  ["ar", ar, ["t", "x"]],
  ["ranlib", ranlib, ["x"]],
] as const;

test("damaged files are refused or read, never an exception", () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255))), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.nat(objects.length), edits, fc.option(fc.nat(1000)), (which, changes, cut) => {
      let bytes = (objects[which] ?? archive).slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      if (cut !== null) bytes = bytes.slice(0, cut);
      for (const [name, tool, args] of runs) {
        const run = runTool(name, tool, args, { x: bytes });
        // GNU says nothing of an empty file.
        if (run.code !== 0 && bytes.length > 0) expect(run.error).not.toBe("");
      }
    }),
    { numRuns: 300 },
  );
});

test.each(runs)("%s says what it cannot read", (name, tool, args) => {
  const run = runTool(name, tool, args, { x: "neither an object nor an archive\n" });
  if (name === "strings") expect(run).toMatchObject({ code: 0, error: "" });
  else if (args[0] !== "t" && name !== "ranlib" && args[1] !== "binary")
    expect(run.error).toMatch(/^\S+: .*file format not recognized\n$/is);
});
