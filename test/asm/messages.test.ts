import { expect, test } from "vitest";
import { assemble, messagesText } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";

/** The lines of GNU as 2.40 for each source, recorded with riscv64-unknown-elf-as; ours add to them but keep them. */
const cases: readonly (readonly [source: string, messages: readonly string[]])[] = [
  ["addi a0,a1,2048\n", ["t.s:1: Error: illegal operands `addi a0,a1,2048'"]],
  [
    "addi a0,a1,2047\naddi a0,a1,-2048\naddi a0,a1,-2049\n",
    ["t.s:3: Error: illegal operands `addi a0,a1,-2049'"],
  ],
  ["adi a0, a1 , 1\n", ["t.s:1: Error: unrecognized opcode `adi a0,a1,1'"]],
  ["clz a0,a1\n", ["t.s:1: Error: unrecognized opcode `clz a0,a1', extension `zbb' required"]],
  ["slli a0,a0,64\n", ["t.s:1: Error: improper shift amount (64)"]],
  ["lui a0,-1\n", ["t.s:1: Error: lui expression not in range 0..1048575"]],
  ["csrr a0,nosuch\n", ["t.s:1: Error: unknown CSR `nosuch'"]],
  [".wrd 5\n", ["t.s:1: Error: unknown pseudo-op: `.wrd'"]],
  ["x: nop\nx: nop\n", ["t.s:2: Error: symbol `x' is already defined"]],
  [".word 1 2\n", ["t.s:1: Error: junk at end of line, first unrecognized character is `2'"]],
  [".byte 256\n", ["t.s:1: Warning: value 0x100 truncated to 0x0"]],
  [
    ".if 1\nnop\n",
    [
      "t.s: Error: end of file inside conditional",
      "t.s:1: Error: here is the start of the unterminated conditional",
    ],
  ],
  [".endfunc\n", ["t.s:1: Error: missing .func"]],
  [".func a\n.func b\n", ["t.s:2: Error: .endfunc missing for previous .func"]],
  [".nops 4\n", ["t.s: Error: unimplemented .nops directive"]],
  [".endif\n", ['t.s:1: Error: ".endif" without ".if"']],
  ["j 1b\n", ['t.s:1: Error: backward ref to unknown label "1:"']],
  [".option pop\n", ["t.s:1: Error: .option pop with no .option push"]],
  [".type f,@fun\n", ['t.s:1: Error: unrecognized symbol type "fun"']],
  ['# 7 "orig.c"\nfoo\n', ["orig.c:7: Error: unrecognized opcode `foo'"]],
  [".macro m x\naddi \\x\n.endm\nm a0,a1\n", ["t.s:4: Error: too many positional arguments"]],
  [".balign 3\n", ["t.s:1: Error: alignment not a power of 2"]],
  [".half x\n", ["t.s:1: Error: cannot represent BFD_RELOC_16 relocation in object file"]],
];

function messagesOf(source: string): string {
  const report = new Report();
  assemble(
    [{ name: "t.s", bytes: new TextEncoder().encode(source) }],
    { march: "rv64gc" },
    new MemoryFileSystem(),
    report,
  );
  return messagesText(report.diagnostics, "as");
}

for (const [source, expected] of cases) {
  test(JSON.stringify(source), () => {
    const lines = messagesOf(source).split("\n");
    expect(lines.filter((line) => /: (Error|Warning): /.test(line))).toEqual(expected);
  });
}

test("a message about no line names no file", () => {
  const report = new Report();
  report.error("AS0001", undefined, "can't open x.s for reading: No such file or directory");
  report.error("AS0001", undefined, "can't open y.s for reading: No such file or directory");
  expect(messagesText(report.diagnostics, "as")).toBe(`Assembler messages:
Error: can't open x.s for reading: No such file or directory
Error: can't open y.s for reading: No such file or directory
`);
});

test("a message shows the line, a caret under what is wrong, and what was allowed", () => {
  expect(messagesOf("\taddi a0, a1, 4096\n")).toBe(`t.s: Assembler messages:
t.s:1: Error: illegal operands \`addi a0,a1,4096'
    1 | \taddi a0, a1, 4096
      | \t             ^
t.s:1:  Info: 4096 is outside -2048..2047
t.s:1:  Info: allowed: addi rd, rs1, imm12
`);
});

test("a misspelled mnemonic brings a suggestion", () => {
  expect(messagesOf("adi a0,a0,1\n")).toContain("did you mean addi?");
});

test("an error in a macro tells where the macro was used", () => {
  const text = messagesOf(".macro m\n\tfoo\n.endm\n\tm\n");
  expect(text).toContain("t.s:2: Error: unrecognized opcode `foo'");
  expect(text).toContain("t.s:4:  Info: macro invoked from here");
});

test("assembling goes on after errors", () => {
  expect(messagesOf("foo\nbar\nbaz\n").match(/Error/g)).toHaveLength(3);
});
