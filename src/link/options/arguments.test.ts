import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { parseArguments } from "./arguments.ts";
import { optionGroups, rowsOf } from "./option-table.ts";
import { splitArguments } from "./response-files.ts";

function parse(line: string | readonly string[], compat: "gnu" | "lld" = "gnu", files = {}) {
  const report = new Report();
  const argv = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  const parsed = parseArguments(
    argv,
    compat === "gnu" ? "ld" : "ld.lld",
    compat,
    new MemoryFileSystem(files),
    report,
  );
  const messages = report.diagnostics.map((d) => (compat === "lld" && d.lld) || d.message);
  return { ...parsed, messages, paths: parsed.options.inputs.map((i) => ("path" in i ? i.path : i.kind)) };
}

describe("values", () => {
  test.each([["-o x a.o"], ["-ox a.o"], ["--output x a.o"], ["--output=x a.o"], ["a.o -o x"]])(
    "%s",
    (line) => {
      const { options, messages, paths } = parse(line);
      expect(messages).toEqual([]);
      expect(options.output).toBe("x");
      expect(paths).toEqual(["a.o"]);
    },
  );

  test("-oformat is -o format, --oformat is the option", () => {
    expect(parse("-oformat a.o").options.output).toBe("format");
    expect(parse("--oformat binary a.o").options.oformat).toBe("binary");
  });

  test("one dash or two, shortened as far as it is unambiguous", () => {
    for (const spelling of ["-gc-sections", "--gc-sections", "--gc-s"])
      expect(parse(`${spelling} a.o`).options.gcSections).toBe(true);
    expect(parse("--gc a.o").messages).toEqual([
      "unrecognized option '--gc'",
      "use the --help option for usage information",
    ]);
  });

  test("-T takes what follows unless it is a longer option", () => {
    expect(parse("-Tfirst.ld a.o").options.scripts).toEqual(["first.ld"]);
    expect(parse("-T a.ld a.o -T b.ld").options.scripts).toEqual(["a.ld", "b.ld"]);
    const { options } = parse("-Ttext 1000 -Tdata=0x2000 -Ttext-segment=0x3000 --section-start .x=10 a.o");
    expect([...options.sectionStarts]).toEqual([
      [".text", 0x1000n],
      [".data", 0x2000n],
      [".x", 0x10n],
    ]);
    expect(options.segmentStarts.get("text-segment")).toBe(0x3000n);
    expect(options.segmentStarts.get("text")).toBe(0x1000n);
  });

  test("-l never begins a long option", () => {
    expect(parse("-library a.o").options.inputs[0]).toMatchObject({ kind: "library", name: "ibrary" });
    expect(parse("-l:x.a --library=c").options.inputs).toMatchObject([
      { name: "x.a", exact: true },
      { name: "c", exact: false },
    ]);
  });

  test("every --defsym is a line of one source", () => {
    const { options } = parse("--defsym a=1 --defsym=b=2 a.o");
    expect(options.defsyms.map((source) => source.text)).toEqual(["a=1", "\nb=2"]);
  });

  test("-z keywords", () => {
    const { options, messages } = parse(
      "-z max-page-size=0x1000 -zcommon-page-size=64 -z norelro -z noexecstack -z foo a.o",
    );
    expect([options.maxPageSize, options.commonPageSize, options.relro, options.execStack]).toEqual([
      0x1000n,
      64n,
      false,
      false,
    ]);
    expect(messages).toEqual(["-z foo ignored"]);
    expect(parse("-z max-page-size=3 a.o").messages).toEqual(["invalid maximum page size `3'"]);
  });
});

describe("positional modes", () => {
  test("hold for the inputs that follow", () => {
    const { options } = parse(
      "--whole-archive a.a --push-state --no-whole-archive -b binary x -Bstatic -lc --pop-state b.a",
    );
    expect(
      options.inputs.map((i) => "modes" in i && [i.modes.wholeArchive, i.modes.format, i.modes.static]),
    ).toEqual([
      [true, "elf", false],
      [false, "binary", false],
      [false, "binary", true],
      [true, "elf", false],
    ]);
  });

  test("groups", () => {
    expect(parse(["-(", "a.a", "-)"]).paths).toEqual(["start-group", "a.a", "end-group"]);
    expect(parse("--start-group a.a").paths).toEqual(["start-group", "a.a", "end-group"]);
    expect(parse("a.a --end-group").messages).toEqual(["group ended before it began (--help for usage)"]);
    expect(parse("--pop-state a.o").messages).toEqual(["no state pushed before popping"]);
  });
});

describe("drivers", () => {
  test("gcc for bare RISC-V", () => {
    const { options, messages, paths } = parse(
      "-plugin /x/liblto_plugin.so -plugin-opt=/x/lto-wrapper -plugin-opt=-fresolution=/tmp/r.res " +
        "-plugin-opt=-pass-through=-lgcc -melf32lriscv /x/crt0.o -L/x/lib --gc-sections -Map=out.map m.o " +
        "--start-group -lgcc -lc --end-group -T l.ld -o m",
    );
    expect(messages).toEqual([]);
    expect(options.emulation).toBe("elf32lriscv");
    expect(options.mapFile).toBe("out.map");
    expect(options.scripts).toEqual(["l.ld"]);
    expect(options.relro).toBe(false);
    expect(paths).toEqual(["/x/crt0.o", "m.o", "start-group", "library", "library", "end-group"]);
  });

  test("gcc for Linux, static", () => {
    const { options, messages } = parse(
      "--sysroot=/ --build-id --eh-frame-hdr -melf64lriscv --hash-style=gnu --as-needed -dynamic-linker /lib/ld.so " +
        "-static -z relro -o m crt1.o m.o --push-state --no-as-needed -lc --pop-state",
    );
    expect(messages).toEqual([]);
    expect([options.buildId, options.ehFrameHdr, options.sysroot, options.relro]).toEqual([
      "sha1",
      true,
      "/",
      true,
    ]);
  });

  test("-pie, with an interpreter or without, and -shared", () => {
    const { options, messages } = parse("-static -pie --no-dynamic-linker -z text a.o");
    expect([options.kind, messages]).toEqual(["pie", []]);
    const dynamic = parse("-pie -rpath /a -rpath /b:/c -E --unresolved-symbols=ignore-in-shared-libs a.o");
    expect([dynamic.options.kind, dynamic.messages]).toEqual(["pie", []]);
    expect(dynamic.options.rpath).toEqual(["/a", "/b:/c"]);
    expect([dynamic.options.exportDynamic, dynamic.options.shlibUndefined]).toEqual([true, "ignore"]);
    expect(parse("-shared a.o").messages).toEqual(["making a shared library (-shared) is not supported"]);
  });
});

describe("mistakes", () => {
  test("GNU ld stops at the first", () => {
    const { messages } = parse("--no-such-thing --nor-this a.o");
    expect(messages).toEqual([
      "unrecognized option '--no-such-thing'",
      "use the --help option for usage information",
    ]);
    expect(parse("a.o --script").messages[0]).toBe("--script: missing argument");
    expect(parse("").messages).toEqual(["no input files"]);
    expect(parse("-v").messages).toEqual([]);
  });

  test("LLD reports them all", () => {
    const { messages } = parse("--unknown1 --unkn=own2 -z foo -o", "lld");
    expect(messages).toEqual([
      "unknown argument '--unknown1'",
      "unknown argument '--unkn=own2'",
      "unknown -z value: foo",
      "-o: missing argument",
    ]);
    expect(parse("--versin a.o", "lld").messages).toEqual([
      "unknown argument '--versin', did you mean '--version'",
    ]);
    expect(parse("-Ttext=1w0000 --section-start .text100000 a.o", "lld").messages).toEqual([
      "invalid argument: -Ttext=1w0000",
      "invalid argument: --section-start .text100000",
    ]);
  });

  test("LLD's options have LLD's names", () => {
    const { options, messages } = parse("-error-limit=5 -image-base=0x1000000 -no-rosegment -e=x a.o", "lld");
    expect(messages).toEqual([]);
    expect([options.errorLimit, options.imageBase, options.noRosegment]).toEqual([5, 0x1000000n, true]);
  });

  test("--compat=lld changes how the rest is read", () => {
    expect(parse("-z foo a.o --compat=lld").options.compat).toBe("lld");
  });
});

test("response files", () => {
  expect(splitArguments(`a 'b c' "d\\"e" f\\ g ''\n h`)).toEqual(["a", "b c", 'd"e', "f g", "", "h"]);
  const { paths } = parse("@one @missing", "gnu", { one: "a.o @two", two: "'b c.o'" });
  expect(paths).toEqual(["a.o", "b c.o", "@missing"]);
  expect(parse("@loop", "gnu", { loop: "x.o @loop" }).paths.length).toBeGreaterThan(100);
});

test("how many threads may work", () => {
  const threads = (flavor: "gnu" | "lld", ...options: string[]) =>
    parse([...options, "a.o"], flavor).options.threads;
  expect(threads("gnu")).toBe(2);
  for (const flavor of ["gnu", "lld"] as const) {
    expect(threads(flavor, "--threads=1")).toBe(1);
    expect(threads(flavor, "--thread-count=3")).toBe(3);
    expect(threads(flavor, "--no-threads")).toBe(1);
  }
  expect(threads("gnu", "--no-threads", "--threads")).toBe(2);
  expect(threads("lld", "--threads", "4")).toBe(4);
});

test("no flavour has two options of one name", () => {
  for (const flavor of ["gnu", "lld"] as const) {
    const own = rowsOf(flavor).filter((row) => row.flavor === flavor);
    const names = own.flatMap((row) => row.names);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  }
  expect(optionGroups.length).toBeGreaterThan(5);
});
