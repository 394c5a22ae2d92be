import fc from "fast-check";
import { expect, test } from "vitest";
import { Report } from "../diagnostics/index.ts";
import { MemoryFileSystem } from "../files/index.ts";
import { type PreprocessOptions, predefinedMacros, preprocess } from "./index.ts";

function run(text: string, options: Partial<PreprocessOptions> = {}, files: Record<string, string> = {}) {
  const report = new Report();
  const fileSystem = new MemoryFileSystem({ ...files, "a.S": text });
  const result = preprocess("a.S", { fileSystem, report, markers: false, ...options });
  return { ...result, messages: report.diagnostics.map((d) => d.message) };
}
const lines = (text: string, options?: Partial<PreprocessOptions>, files?: Record<string, string>) =>
  run(text, options, files)
    .text.split("\n")
    .filter((line) => line.trim());

test("expands object-like and function-like macros, and strings and pastes their arguments", () => {
  expect(
    lines(
      "#define REG a0\n#define LOAD(r, n) l ## n r, #n(sp)\n#define NAME(x) .Lx_##x\nLOAD(REG, w)\nNAME(REG):",
    ),
  ).toEqual(['lw a0, "w"(sp)', ".Lx_REG:"]);
});

test("a macro's own name is not expanded again", () => {
  expect(lines("#define f(x) x f\n#define a b\n#define b a\nf(1)(2) a")).toEqual(["1 f(2) a"]);
});

test("variable arguments: __VA_ARGS__, the swallowed comma, __VA_OPT__", () => {
  const defined =
    "#define P(f, ...) p(f, ## __VA_ARGS__)\n#define Q(f, ...) q(f __VA_OPT__(,) __VA_ARGS__)\n";
  expect(lines(`${defined}P(1)\nP(1, 2, 3)\nQ(1)\nQ(1, 2)`)).toEqual([
    "p(1)",
    "p(1, 2, 3)",
    "q(1 )",
    "q(1 , 2)",
  ]);
});

test("arguments may go over several lines", () => {
  expect(lines("#define SUM(a, b) a + b\n.word SUM(1,\n  2), 3\nnop")).toEqual([".word 1 + 2, 3", "nop"]);
});

test("conditionals", () => {
  const text = "#if defined(A) && A > 1\nbig\n#elif defined A\nsmall\n#else\nnone\n#endif";
  expect(lines(text)).toEqual(["none"]);
  expect(lines(text, { definitions: [{ define: "A" }] })).toEqual(["small"]);
  expect(lines(text, { definitions: [{ define: "A=2" }] })).toEqual(["big"]);
  expect(lines(text, { definitions: [{ define: "A=2" }, { undefine: "A" }] })).toEqual(["none"]);
});

test.each([
  ["0x7fffffffffffffff + 1 < 0", true],
  ["0xffffffffffffffff == -1", true],
  ["-1 > 0u", true],
  ["1 ? 2 : 1 / 0", true],
  ["'A' == 65 && '\\n' == 10 && '\\x41' == 'A'", true],
  ["(2 || 1 / 0) && !undefined_name", true],
  ["1 << 63 < 0", true],
  ["010 == 8 && 0b11 == 3", true],
  ["3 - 2 - 1", false],
])("#if %s", (condition, holds) => {
  const { text, messages } = run(`#if ${condition}\nyes\n#endif`);
  expect(messages).toEqual([]);
  expect(text.includes("yes")).toBe(holds);
});

test.each([
  ["1 / 0", "division by zero in #if"],
  ["1 +", "operator has no right operand"],
  ["(1", "missing ')' in expression"],
  ["1.0", "floating constant in preprocessor expression"],
  ["09", "invalid digit in octal constant"],
])("#if %s is an error", (condition, message) => {
  expect(run(`#if ${condition}\n#endif`).messages).toEqual([message]);
});

test("assembly: apostrophes, comments that start with #, and # without a parameter", () => {
  expect(lines("# it's a comment\nnop // don't\n#define X(a) a # no parameter\nX(1)\n$ @ it's X")).toEqual([
    "# it's a comment",
    "nop",
    "1 # no parameter",
    "$ @ it's X",
  ]);
});

test("looks for included files beside the file, then in the list; once, and next", () => {
  const files = {
    "inc/b.h": "from_inc\n#include_next <b.h>\n",
    "sys/b.h": "#pragma once\nfrom_sys\n",
    "c.h": "#ifndef C\n#define C\nfrom_c __FILE__ __LINE__ __INCLUDE_LEVEL__\n#endif\n",
  };
  const text = '#include <b.h>\n#include "c.h"\n#include "c.h"\n#define H <b.h>\n#include H\n';
  const result = run(text, { includePath: ["inc"], systemPath: ["sys"] }, files);
  expect(result.text.split("\n").filter((l) => l)).toEqual([
    "from_inc",
    "from_sys",
    'from_c "c.h" 3 1',
    "from_inc",
  ]);
  expect(result.files).toEqual(["a.S", "inc/b.h", "sys/b.h", "c.h", "inc/b.h"]);
});

test("markers say where lines come from", () => {
  const { text } = run(
    '#include "b.h"\n\nnop\n#line 50 "other.S"\nret',
    { markers: true },
    { "b.h": "in_b\n" },
  );
  const expected = `# 0 "a.S"
# 0 "<built-in>"
# 0 "<command-line>"
# 1 "a.S"
# 1 "b.h" 1
in_b
# 2 "a.S" 2

nop
# 50 "other.S"
ret
`;
  expect(text).toBe(expected);
});

test("mistakes are reported, with the place, and the rest is read", () => {
  const { messages, text } = run(
    '#include "missing.h"\n#define F(a) a\nF(1, 2)\n#error stop here\n#warning careful\n#endif\n#if 1\nlast\n',
  );
  expect(messages).toEqual([
    "missing.h: No such file or directory",
    'macro "F" passed 2 arguments, but takes just 1',
    "#error stop here",
    "#warning careful",
    "#endif without #if",
    "unterminated #if",
  ]);
  expect(text).toContain("last");
});

test("a file that includes itself comes to an end", () => {
  expect(run('#include "a.S"\n').messages.at(-1)).toMatch(/nested depth 200/);
});

test("the macros of a target", () => {
  const extension = (name: string) => ({ name, major: 2, minor: 0 });
  const predefined = predefinedMacros({
    xlen: 32,
    abi: "ilp32f",
    extensions: ["i", "f", "c"].map(extension),
  });
  const text =
    "__riscv_xlen __riscv_flen __riscv_compressed __riscv_float_abi_single __riscv_c __riscv_m __SIZEOF_POINTER__";
  expect(lines(text, { predefined })).toEqual(["32 32 1 1 2000000 __riscv_m 4"]);
});

test("no text makes it throw", () => {
  const piece = fc.constantFrom(
    "#define",
    "#if",
    "#else",
    "#endif",
    "#include",
    "F",
    "F(",
    "(a",
    ")",
    ",",
    "##",
    "#",
    '"',
    "'",
    "\\\n",
    "\n",
    "/*",
    "*/",
    "...",
    "__VA_ARGS__",
    "__VA_OPT__(",
    "defined",
    "1",
    "a",
    " ",
    "<",
    ">",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
      run(parts.join(""));
    }),
    { numRuns: 500 },
  );
});
