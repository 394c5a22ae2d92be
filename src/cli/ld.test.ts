import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditReport, explain, linkReport, whyExtract, whyLive } from "../link/index.ts";
import { type Folder, isInstalled, newFolder } from "./testing.ts";

const hasTools = isInstalled("as") && isInstalled("ld") && isInstalled("ar");
let folder: Folder;

const SCRIPT = `MEMORY
{
  FLASH (rx) : ORIGIN = 0x1000, LENGTH = 64K
  RAM (w!x) : ORIGIN = 0x20000, LENGTH = 1M
}
ENTRY(_start)
SECTIONS
{
  .text : {
    KEEP(*(.vectors))
    *(EXCLUDE_FILE(*c.o) .text .text.*)
    *(.text)
    . = ALIGN(16);
    . += 4;
    etext = .;
    BYTE(5) LONG(etext + 1)
  } >FLASH =0x90
  .data : { *(.data) data_end = .; } >RAM AT>FLASH
  .bss (NOLOAD) : { *(.bss COMMON) } >RAM
  stack_top = ORIGIN(RAM) + LENGTH(RAM);
  ASSERT(SIZEOF(.data) <= 1K, "too much data")
  /DISCARD/ : { *(.comment) }
}
`;

beforeAll(() => {
  if (!hasTools) return;
  folder = newFolder();
  folder.assemble(
    "a",
    '.globl _start\n.text\n_start: call foo\n call bar\n ret\n.section .vectors,"a"\n.quad _start\n',
  );
  folder.assemble(
    "b",
    ".globl bar\n.type bar,@function\nbar: ret\n.size bar,.-bar\n.data\n.globl d\n.p2align 3\nd: .quad 1\n",
  );
  folder.assemble("c", '.globl foo\nfoo: ret\n.section .text.unused,"ax"\nunused: nop\n.comm shared,8,8\n');
  folder.run("ar", "rcs", "l.a", "b.o");
  folder.write("m.ld", SCRIPT);
});

afterAll(() => folder?.remove());

function read(name: string): string {
  return readFileSync(path.join(folder.path, name), "utf8");
}

describe.skipIf(!hasTools)("the output", () => {
  test("is executable, appears whole, and goes when a link fails", () => {
    expect(folder.ld(["a.o", "b.o", "c.o", "-o", "out"]).code).toBe(0);
    expect(statSync(path.join(folder.path, "out")).mode & 0o100).toBe(0o100);
    const failed = folder.ld(["a.o", "c.o", "-o", "out"]);
    expect(failed.code).toBe(1);
    expect(failed.error).toContain("undefined reference to `bar'");
    expect(existsSync(path.join(folder.path, "out"))).toBe(false);
  });

  test("stays when the options are wrong", () => {
    folder.ld(["a.o", "b.o", "c.o", "-o", "kept"]);
    expect(folder.ld(["--nonsense", "a.o", "-o", "kept"]).code).toBe(1);
    expect(existsSync(path.join(folder.path, "kept"))).toBe(true);
  });

  test("may be a device", () => {
    expect(folder.ld(["a.o", "b.o", "c.o", "-o", "/dev/null"]).code).toBe(0);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("cannot be a directory, which is said before anything else", () => {
    const { code, error } = folder.ld(["a.o", "-o", "."]);
    expect(code).toBe(1);
    expect(error).toBe("ld: cannot open output file .: Is a directory\n");
  });
});

describe.skipIf(!hasTools)("texts that others read", () => {
  test("versions", () => {
    expect(folder.ld(["-v"]).out).toMatch(/^GNU ld \(Premain .*\) 2\.40\n$/);
    expect(folder.ld(["--version"], "lld").out).toMatch(/^LLD .* \(compatible with GNU linkers\)\n$/);
    expect(folder.ld(["-V"]).out).toContain("   elf_x86_64\n");
  });

  test("help lists what builds look for", () => {
    const { out } = folder.ld(["--help"]);
    expect(out).toContain("Usage: ld [options] file...");
    expect(out).toMatch(/ld: supported targets: elf64-x86-64 /);
    expect(folder.ld(["--help"], "lld").out).toContain("  --output=<value>        Alias for -o\n");
  });

  test.each([
    ["--nosuch"],
    ["-T"],
    ["nofile.o"],
    ["-lnosuch"],
    ["-z", "max-page-size=3", "a.o"],
    ["--pop-state", "a.o"],
  ])("the first line of what is wrong with %s %s %s", (...args) => {
    const ours = folder.ld(args);
    const gnu = folder.run("ld", ...args);
    expect(ours.code).toBe(gnu.status);
    expect(ours.error.split("\n")[0]).toBe(gnu.error.split("\n")[0]);
  });

  test("--print-memory-usage", () => {
    const args = ["-T", "m.ld", "a.o", "l.a", "c.o", "--print-memory-usage", "-o", "out"];
    expect(folder.ld(args).out).toBe(folder.run("ld", ...args).out);
  });

  test("--trace", () => {
    for (const trace of [["-t"], ["-t", "-t"]]) {
      const args = ["a.o", "l.a", "c.o", "-o", "out", ...trace];
      expect(folder.ld(args).out).toBe(folder.run("ld", ...args).out);
    }
  });

  test("warnings are errors with --fatal-warnings, and nothing with -w", () => {
    const args = ["b.o", "-o", "out"];
    const warned = folder.ld(args);
    expect([warned.code, warned.error]).toEqual([
      0,
      expect.stringContaining("cannot find entry symbol _start"),
    ]);
    expect(folder.ld([...args, "--fatal-warnings"]).code).toBe(1);
    expect(folder.ld([...args, "-w"]).error).toBe("");
  });

  test("LLD stops printing errors at a limit", () => {
    const { error } = folder.ld(["1", "2", "3", "--error-limit=2"], "lld");
    expect(error.match(/cannot open/g)?.length).toBe(2);
    expect(error).toContain("too many errors emitted");
  });
});

/** Without what GNU ld makes for the first object in any case: an empty section, and a symbol nobody refers to. */
function withoutEmpty(map: string): string {
  return map.replace(/^ \.rela\.text +0x\w+ +0x0 .*\n/gm, "").replace(/^_GLOBAL_OFFSET_TABLE_ .*\n/m, "");
}

describe.skipIf(!hasTools)("maps are GNU ld's, byte for byte", () => {
  test.each([
    ["a script before the inputs", ["-T", "m.ld", "a.o", "l.a", "c.o"]],
    ["a script behind them, in a group", ["a.o", "--start-group", "l.a", "c.o", "--end-group", "-T", "m.ld"]],
    ["sections left out", ["-T", "m.ld", "a.o", "l.a", "c.o", "--gc-sections"]],
    ["--defsym", ["-T", "m.ld", "a.o", "--defsym", "x=0x10*2", "l.a", "--defsym=y=x+1", "c.o"]],
    ["cross references", ["-T", "m.ld", "a.o", "l.a", "c.o", "--cref"]],
  ])("%s", (_, args) => {
    const all = [...args, "-o", "out", "-Map=map"];
    expect(folder.run("ld", ...all).error).toBe("");
    const gnu = read("map");
    expect(folder.ld(all).code).toBe(0);
    expect(withoutEmpty(read("map"))).toBe(withoutEmpty(gnu));
  });

  test("a failed link has one too", () => {
    expect(folder.ld(["-T", "m.ld", "a.o", "c.o", "-Map=failed.map", "-o", "out"]).code).toBe(1);
    expect(read("failed.map")).toContain("Memory Configuration");
    expect(read("failed.map")).toContain("\n.text ");
  });

  test("--Map-style=lld", () => {
    folder.ld(["-T", "m.ld", "a.o", "b.o", "c.o", "-Map=map", "--Map-style=lld", "-o", "out"]);
    const lines = read("map").split("\n");
    expect(lines[0]).toBe("             VMA              LMA     Size Align Out     In      Symbol");
    expect(lines).toContain("            1008             1008        b     1         a.o:(.text)");
  });
});

describe.skipIf(!hasTools)("what the linker knows", () => {
  const link = (...args: string[]) => {
    const run = folder.ld(["-T", "m.ld", "a.o", "l.a", "c.o", "-o", "out", ...args]);
    if (!run.result) throw new Error(run.error);
    return run.result;
  };

  test("every byte has one owner", () => {
    for (const args of [[], ["--gc-sections"], ["-s"], ["--oformat", "binary"], ["--build-id"], ["-q"]])
      expect(auditReport(linkReport(link(...args)))).toEqual([]);
  });

  test("an audit notices what is missing", () => {
    const report = linkReport(link());
    const broken = structuredClone(report) as { output: { contents: unknown[] } } & typeof report;
    broken.output.contents.splice(3, 1);
    expect(auditReport(broken).length).toBeGreaterThan(0);
    expect(auditReport({ ...report, input_sections: report.input_sections.slice(1) })).not.toEqual([]);
  });

  test("the report names regions, rules and reasons", () => {
    const report = linkReport(link("--gc-sections"));
    expect(report.memory_regions.map((region) => region.name)).toEqual(["FLASH", "RAM"]);
    const text = report.output_sections.find((section) => section.name === ".text");
    expect(text?.region).toBe("FLASH");
    expect(text?.contents.find((range) => range.kind === "padding")).toMatchObject({
      cause: "assignment",
      script: { file: "m.ld", line: 13, text: ". = ALIGN(16)" },
    });
    const input = report.input_sections.find((section) => section.object === "l.a(b.o)");
    expect(input?.rule?.script?.line).toBe(11);
    expect(report.input_sections.find((section) => section.name === ".vectors")?.kept_by?.root).toContain(
      "KEEP",
    );
    expect(report.discarded_input_sections).toContainEqual(
      expect.objectContaining({ name: ".text.unused", reason: "not reached" }),
    );
    expect(report.symbols.find((symbol) => symbol.name === "stack_top")).toMatchObject({
      address: "0x120000",
      script: { line: 20 },
    });
  });

  test("explanations", () => {
    const result = link("--gc-sections");
    const bar = explain(result, "bar");
    expect(bar).toContain("defined in l.a(b.o):(.text) at 0x0, 1 byte");
    expect(bar).toContain("taken by *(EXCLUDE_FILE(*c.o) .text .text.*) of .text   m.ld:11");
    expect(bar).toContain("l.a(b.o) was taken for bar: a.o refers to bar");
    expect(bar).toContain("entry symbol _start");
    expect(explain(result, "foo")).toContain("EXCLUDE_FILE(*c.o) leaves out c.o");
    expect(explain(result, "_start")).toContain("R_X86_64_PLT32 against foo: L + A - P");
    expect(explain(result, "c.o:(.text.unused)")).toContain("nothing that is kept refers to it");
    expect(explain(result, "stack_top")).toContain("ORIGIN(RAM) = 0x20000");
    expect(explain(result, ".data")).toContain("no part of the output");
    expect(explain(link(), ".data")).toContain("loaded at 0x1029, by AT>FLASH");
    expect(explain(result, "etext")).toContain("m.ld:15");
    expect(explain(result, "nothing_of_that_name")).toBeUndefined();
    const text = result.layout?.sections.find((section) => section.name === ".text");
    const start = text?.address ?? 0n;
    expect(explain(result, `0x${(start + 8n).toString(16)}`)).toContain("_start");
    expect(explain(result, `0x${(start + BigInt(text?.size ?? 0) - 1n).toString(16)}`)).toContain(
      "LONG(etext + 1)",
    );
  });

  test("--why-live and --why-extract, as LLD writes them", () => {
    const run = folder.ld(["a.o", "l.a", "c.o", "--gc-sections", "-o", "out", "--why-live=bar"], "lld");
    expect(run.out).toBe(
      "live symbol: l.a(b.o):(bar)\n>>> referenced by: a.o:(.text)\n" +
        ">>> contained live symbol: a.o:(_start) (entry point)\n",
    );
    expect(run.result && whyExtract(run.result)).toBe("reference\textracted\tsymbol\na.o\tl.a(b.o)\tbar\n");
    expect(run.result && whyLive(run.result, "unused")).toBe("");
  });

  test("chains of every kind, in the words of LLD 22", () => {
    folder.assemble(
      "live",
      `.globl _start,f1,f2,kept,ret,grp,grp2,inif
.text
_start: call f1
 call grp
.section .text.f,"ax"
f1: nop
f2: nop
.section .text.k,"ax"
kept: nop
.section .text.r,"axR"
ret: nop
.section .init_array,"aw",@init_array
.quad inif
.section .text.ini,"ax"
inif: nop
.section .text.grp,"axG",@progbits,grp,comdat
grp: nop
.section .text.grp2,"axG",@progbits,grp,comdat
grp2: nop
`,
    );
    folder.write(
      "live.ld",
      "SECTIONS { .text : { KEEP(*(.text.k)) *(.text .text.*) } .init_array : { *(.init_array) } }\n",
    );
    const chain = (symbol: string) =>
      folder
        .ld(["live.o", "-T", "live.ld", "--gc-sections", "-o", "out", `--why-live=${symbol}`], "lld")
        .out.trim()
        .split("\n");
    const fromStart = [
      "referenced by: live.o:(.text)",
      "contained live symbol: live.o:(_start) (entry point)",
    ];
    const expected: Record<string, string[]> = {
      _start: ["live symbol: live.o:(_start) (entry point)"],
      f1: ["live symbol: live.o:(f1)", ...fromStart],
      f2: [
        "live symbol: live.o:(f2)",
        "in live section: live.o:(.text.f)",
        "contained live symbol: live.o:(f1)",
        ...fromStart,
      ],
      kept: ["live symbol: live.o:(kept)", "in live section: live.o:(.text.k) (KEEP in linker script)"],
      ret: ["live symbol: live.o:(ret)", "in live section: live.o:(.text.r) (retained)"],
      inif: ["live symbol: live.o:(inif)", "referenced by: live.o:(.init_array) (reserved)"],
      grp2: [
        "live symbol: live.o:(grp2)",
        "in live section: live.o:(.text.grp2)",
        "in section group with: live.o:(.text.grp)",
        "contained live symbol: live.o:(grp)",
        ...fromStart,
      ],
    };
    for (const [symbol, [first, ...steps]] of Object.entries(expected))
      expect(chain(symbol)).toEqual([first, ...steps.map((step) => `>>> ${step}`)]);
  });

  test("a rule for make", () => {
    folder.ld(["a.o", "b.o", "c.o", "-o", "out", "--dependency-file=deps"]);
    expect(read("deps")).toBe("out: \\\n  a.o \\\n  b.o \\\n  c.o\n\na.o:\n\nb.o:\n\nc.o:\n");
  });

  test("--reproduce", () => {
    expect(folder.ld(["a.o", "b.o", "c.o", "-o", "out", "--reproduce=r.tar"], "lld").code).toBe(0);
    const list = folder.run("tar", "tf", "r.tar").out.split("\n");
    expect(list.slice(0, 2)).toEqual(["r/response.txt", "r/version.txt"]);
    expect(list.some((name) => name.endsWith("/b.o"))).toBe(true);
  });
});

test("--verbose shows the script in a frame", () => {
  const work = newFolder();
  writeFileSync(path.join(work.path, "x.ld"), "SECTIONS { }\n");
  expect(work.ld(["--verbose"]).out).toContain("using internal linker script:\n=====");
  expect(work.ld(["--verbose", "-T", "x.ld"]).out).toContain("=\nSECTIONS { }\n");
  work.remove();
});
