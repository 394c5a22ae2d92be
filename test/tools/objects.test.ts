import { describe, expect, test } from "vitest";
import { buildObject } from "../../src/elf/testing.ts";
import { addr2line, ar, cxxfilt, nm, objcopy, ranlib, size, strings, strip } from "../../src/tools/index.ts";
import { runTool } from "../../src/tools/testing.ts";

// What GNU binutils 2.40 prints for the same files; needs none of its tools.

const object = buildObject({
  sections: [
    { name: ".text", bytes: [0x13, 0, 0, 0, 0x67, 0x80, 0, 0] },
    { name: ".data", bytes: [1, 2, 3, 4] },
    { name: ".bss", size: 12 },
    { name: ".rodata", bytes: new TextEncoder().encode("hello, world\0") },
    { name: ".comment", flags: 0, bytes: new TextEncoder().encode("\0compiler 1\0") },
    { name: ".debug_info", flags: 0, bytes: [0, 0, 0, 0] },
  ],
  symbols: [
    { name: "a.c", section: "absolute", type: 4, binding: 0 },
    { name: "start", section: ".text", type: 2, size: 8 },
    { name: "helper", section: ".text", value: 4, binding: 0, type: 2, size: 4 },
    { name: "counter", section: ".data", type: 1, size: 4 },
    { name: "buffer", section: ".bss", type: 1, size: 12 },
    { name: "text", section: ".rodata", type: 1, size: 13 },
    { name: "_Z3addii", section: "undefined" },
    { name: "maybe", section: "undefined", binding: 2 },
    { name: "table", section: "common", value: 8, size: 32, type: 1 },
    { name: "limit", section: "absolute", value: 0x1000 },
  ],
  relocations: [{ section: ".text", offset: 4, type: 2, symbol: "_Z3addii" }],
});
const files = { "a.o": object };

describe("nm", () => {
  test("shows classes", () => {
    expect(runTool("nm", nm, ["a.o"], files)).toMatchObject({ code: 0, error: "" });
    expect(runTool("nm", nm, ["a.o"], files).out).toMatchInlineSnapshot(`
      "                 U _Z3addii
      0000000000000000 B buffer
      0000000000000000 D counter
      0000000000000004 t helper
      0000000000001000 A limit
                       w maybe
      0000000000000000 T start
      0000000000000020 C table
      0000000000000000 R text
      "
    `);
  });
  test("sorts by address, shows sizes, demangles", () => {
    expect(runTool("nm", nm, ["-nSC", "a.o"], files).out).toMatchInlineSnapshot(`
      "                 U add(int, int)
                       w maybe
      0000000000000000 000000000000000c B buffer
      0000000000000000 0000000000000004 D counter
      0000000000000000 0000000000000008 T start
      0000000000000000 000000000000000d R text
      0000000000000004 0000000000000004 t helper
      0000000000000020 0000000000000020 C table
      0000000000001000 A limit
      "
    `);
  });
  test("prints for POSIX, and tables as System V", () => {
    expect(runTool("nm", nm, ["-P", "-g", "a.o"], files).out).toMatchInlineSnapshot(`
      "_Z3addii U         
      buffer B 0 c
      counter D 0 4
      limit A 1000 
      maybe w         
      start T 0 8
      table C 20 20
      text R 0 d
      "
    `);
    expect(runTool("nm", nm, ["-f", "sysv", "-u", "a.o"], files).out).toMatchInlineSnapshot(`
      "

      Undefined symbols from a.o:

      Name                  Value           Class        Type         Size             Line  Section

      _Z3addii            |                |   U  |            NOTYPE|                |     |*UND*
      maybe               |                |   w  |            NOTYPE|                |     |*UND*
      "
    `);
  });
  test("refuses what is no object", () => {
    const run = runTool("nm", nm, ["x", "gone"], { x: "hello\n" });
    expect(run.code).toBe(2);
    expect(run.error).toMatchInlineSnapshot(`
      "nm: x: file format not recognized
      nm: 'gone': No such file
      "
    `);
  });
});

describe("size", () => {
  test("sums up", () => {
    expect(runTool("size", size, ["a.o"], files).out).toMatchInlineSnapshot(`
      "   text	   data	    bss	    dec	    hex	filename
           21	      4	     12	     37	     25	a.o
      "
    `);
    expect(runTool("size", size, ["-A", "-x", "a.o"], files).out).toMatchInlineSnapshot(`
      "a.o  :
      section       size   addr
      .text          0x8    0x0
      .data          0x4    0x0
      .bss           0xc    0x0
      .rodata        0xd    0x0
      .comment       0xc    0x0
      .debug_info    0x4    0x0
      Total         0x35


      "
    `);
    expect(runTool("size", size, ["-G", "--common", "-t", "a.o"], files).out).toMatchInlineSnapshot(`
      "      text       data        bss      total filename
               8         17         44         69 a.o
               8         17         44         69 (TOTALS)
      "
    `);
  });
});

describe("strings", () => {
  test("finds texts", () => {
    expect(runTool("strings", strings, ["-t", "x", "-d", "a.o"], files).out).toMatchInlineSnapshot(`
      "     4c hello, world
      "
    `);
    expect(runTool("strings", strings, ["-n", "2", "-e", "l", "w"], { w: "h\0i\0!\0\0\0" }).out).toBe(
      "hi!\n",
    );
    expect(runTool("strings", strings, [], {}, "abc\0defg\0").out).toBe("defg\n");
  });
});

describe("ar", () => {
  const made = runTool("ar", ar, ["rcs", "lib.a", "a.o", "long-name-of-a-member.txt"], {
    ...files,
    "long-name-of-a-member.txt": "text\n",
  });
  const archive = made.files.get("lib.a") as Uint8Array;

  test("makes archives that it reads", () => {
    expect(made).toMatchObject({ code: 0, out: "", error: "" });
    expect(runTool("ar", ar, ["t", "lib.a"], { "lib.a": archive }).out).toBe(
      "a.o\nlong-name-of-a-member.txt\n",
    );
    expect(runTool("ar", ar, ["tv", "lib.a"], { "lib.a": archive }).out).toMatchInlineSnapshot(`
      "rw-r--r-- 0/0   1400 Jan  1 00:00 1970 a.o
      rw-r--r-- 0/0      5 Jan  1 00:00 1970 long-name-of-a-member.txt
      "
    `);
    const taken = runTool("ar", ar, ["x", "lib.a"], { "lib.a": archive });
    expect(taken.files.get("a.o")).toEqual(object);
  });
  test("has an index, which ranlib makes again", () => {
    expect(runTool("nm", nm, ["-s", "lib.a"], { "lib.a": archive }).out.split("\n").slice(0, 8)).toEqual([
      "",
      "Archive index:",
      "start in a.o",
      "counter in a.o",
      "buffer in a.o",
      "text in a.o",
      "table in a.o",
      "limit in a.o",
    ]);
    const without = runTool("ar", ar, ["rcS", "lib.a", "a.o", "long-name-of-a-member.txt"], {
      ...files,
      "long-name-of-a-member.txt": "text\n",
    });
    const again = runTool("ranlib", ranlib, ["lib.a"], { "lib.a": without.files.get("lib.a") as Uint8Array });
    expect(again.code).toBe(0);
    expect(again.files.get("lib.a")).toEqual(archive);
  });
  test("deletes, moves, and obeys scripts", () => {
    const less = runTool("ar", ar, ["d", "lib.a", "a.o"], { "lib.a": archive });
    expect(runTool("ar", ar, ["t", "lib.a"], Object.fromEntries(less.files)).out).toBe(
      "long-name-of-a-member.txt\n",
    );
    const moved = runTool("ar", ar, ["m", "lib.a", "a.o"], { "lib.a": archive });
    expect(runTool("ar", ar, ["t", "lib.a"], Object.fromEntries(moved.files)).out).toBe(
      "long-name-of-a-member.txt\na.o\n",
    );
    const script = "CREATE new.a\nADDLIB lib.a\nDELETE a.o\nSAVE\nEND\n";
    const merged = runTool("ar", ar, ["-M"], { "lib.a": archive }, script);
    expect(runTool("ar", ar, ["t", "new.a"], Object.fromEntries(merged.files)).out).toBe(
      "long-name-of-a-member.txt\n",
    );
  });
  test("refuses what is no archive", () => {
    const run = runTool("ar", ar, ["t", "x"], { x: "hello" });
    expect([run.code, run.error]).toEqual([1, "ar: x: file format not recognized\n"]);
  });
});

describe("objcopy", () => {
  const copy = (...args: string[]) => {
    const run = runTool("objcopy", objcopy, [...args, "a.o", "out"], files);
    expect(run).toMatchObject({ code: 0, out: "", error: "" });
    return run.files.get("out") as Uint8Array;
  };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  test("writes contents in other formats", () => {
    expect([...copy("-O", "binary", "-j", ".text")]).toEqual([0x13, 0, 0, 0, 0x67, 0x80, 0, 0]);
    expect(text(copy("-O", "ihex", "-j", ".text"))).toMatchInlineSnapshot(`
      ":080000001300000067800000FE
      :00000001FF
      "
    `);
    expect(text(copy("-O", "srec", "-j", ".text"))).toMatchInlineSnapshot(`
      "S00600006F7574A1
      S10B00001300000067800000FA
      S9030000FC
      "
    `);
    expect(text(copy("-O", "verilog", "-j", ".text"))).toMatchInlineSnapshot(`
      "@00000000
      13 00 00 00 67 80 00 00
      "
    `);
  });
  test("copies a copy without change", () => {
    const once = copy();
    const twice = runTool("objcopy", objcopy, ["out", "again"], { out: once });
    expect(twice.files.get("again")).toEqual(once);
  });
  test("changes symbols and sections", () => {
    const out = copy(
      "--redefine-sym",
      "start=begin",
      "-L",
      "counter",
      "-W",
      "buffer",
      "--rename-section",
      ".data=.vars",
      "-R",
      ".comment",
      "--add-symbol",
      "end=.text:8,global",
    );
    expect(runTool("nm", nm, ["a"], { a: out }).out).toMatchInlineSnapshot(`
      "                 U _Z3addii
      0000000000000000 T begin
      0000000000000000 V buffer
      0000000000000000 d counter
      0000000000000008 T end
      0000000000000004 t helper
      0000000000001000 A limit
                       w maybe
      0000000000000020 C table
      0000000000000000 R text
      "
    `);
    expect(runTool("size", size, ["-A", "a"], { a: out }).out).toMatchInlineSnapshot(`
      "a  :
      section       size   addr
      .text            8      0
      .vars            4      0
      .bss            12      0
      .rodata         13      0
      .debug_info      4      0
      Total           41


      "
    `);
  });
  test("takes raw files in, and gives sections out", () => {
    const run = runTool(
      "objcopy",
      objcopy,
      ["-I", "binary", "-O", "elf32-littleriscv", "logo.bin", "logo.o"],
      { "logo.bin": "abc" },
    );
    expect(runTool("nm", nm, ["logo.o"], Object.fromEntries(run.files)).out).toBe(
      "00000003 D _binary_logo_bin_end\n00000003 A _binary_logo_bin_size\n00000000 D _binary_logo_bin_start\n",
    );
    const dumped = runTool("objcopy", objcopy, ["--dump-section", ".data=d", "a.o", "out"], files);
    expect([...(dumped.files.get("d") as Uint8Array)]).toEqual([1, 2, 3, 4]);
  });
  test("compresses debugging sections only where that helps, and back", () => {
    const big = buildObject({
      sections: [
        { name: ".text", bytes: [] },
        { name: ".debug_str", flags: 0, bytes: new Uint8Array(5000).fill(65) },
      ],
    });
    const small = runTool("objcopy", objcopy, ["--compress-debug-sections", "b", "c"], { b: big });
    expect((small.files.get("c") as Uint8Array).length).toBeLessThan(2000);
    const back = runTool(
      "objcopy",
      objcopy,
      ["--decompress-debug-sections", "c", "d"],
      Object.fromEntries(small.files),
    );
    const plain = runTool("objcopy", objcopy, ["b", "d"], { b: big });
    expect(back.files.get("d")).toEqual(plain.files.get("d"));
  });
  test("strip", () => {
    const debug = runTool("strip", strip, ["-g", "a.o"], files);
    expect(runTool("size", size, ["-A", "a.o"], Object.fromEntries(debug.files)).out).not.toContain(
      ".debug_info",
    );
    expect(runTool("nm", nm, ["a.o"], Object.fromEntries(debug.files)).out).toContain("T start\n");
    const all = runTool("strip", strip, ["--strip-unneeded", "-o", "out", "a.o"], files);
    expect(runTool("nm", nm, ["out"], Object.fromEntries(all.files)).out).not.toContain("helper");
    expect(all.files.get("a.o")).toEqual(object);
  });
});

describe("addr2line and c++filt", () => {
  test("addr2line without debugging information", () => {
    expect(runTool("addr2line", addr2line, ["-f", "-e", "a.o", "4"], files).out).toBe("helper\na.c:?\n");
    const run = runTool("addr2line", addr2line, ["-e", "gone", "4"]);
    expect([run.code, run.error]).toEqual([1, "addr2line: 'gone': No such file\n"]);
  });
  test("c++filt filters text and takes names", () => {
    expect(runTool("c++filt", cxxfilt, [], {}, "call _Z3addii, _RNvC6_123foo3bar;\n").out).toBe(
      "call add(int, int), 123foo[0]::bar;\n",
    );
    expect(runTool("c++filt", cxxfilt, ["-t", "PKc"]).out).toBe("char const*\n");
    expect(runTool("c++filt", cxxfilt, ["-p", "_ZN1A1fEi"]).out).toBe("A::f\n");
  });
});

test.each([
  ["nm", nm],
  ["size", size],
  ["strings", strings],
  ["strip", strip],
  ["objcopy", objcopy],
  ["addr2line", addr2line],
  ["c++filt", cxxfilt],
  ["ar", ar],
  ["ranlib", ranlib],
] as const)("%s has --version and --help", (name, tool) => {
  const version = runTool(name, tool, ["--version"]);
  expect(version.code).toBe(0);
  expect(version.out).toMatch(/^GNU \S+ \(Premain test\) 2\.40\n/);
  expect(runTool(name, tool, ["--help"]).out).toMatch(/^Usage: /);
});
