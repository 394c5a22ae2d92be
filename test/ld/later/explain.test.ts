import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { explain, link, nearQuestion, parseArguments } from "../../../src/link/index.ts";

// `premain why`: what relaxation made of relocations, what fills a section, who refers to what was left out.

const SCRIPT = `
ENTRY(_start)
SECTIONS {
  .text 0x10000 : { *(.text .text.*) . = ALIGN(16); LONG(7) }
  .data 0x80000000 : { *(.data) }
}
`;

const SOURCE = `
	.globl _start, near, far, dead, deader
	.text
_start:	call near
	call far
	lui a0, %hi(small)
	lui a1, %hi(value)
	.section .text.near,"ax"
near:	ret
	.section .text.far,"ax"
	.skip 4096
far:	ret
	.section .text.dead,"ax"
dead:	ret
	.section .text.deader,"ax"
deader:	call dead
	.data
value:	.word 1
	.set small, 0x10
`;

const report = new Report();
const files = new MemoryFileSystem({ "l.ld": new TextEncoder().encode(SCRIPT) });
const input = { name: "a.s", bytes: new TextEncoder().encode(SOURCE) };
const object = assemble([input], { march: "rv32ic", currentDirectory: "/" }, files, report);
files.files.set("a.o", object?.bytes ?? new Uint8Array(0));
const words = ["-melf32lriscv", "--gc-sections", "-T", "l.ld", "a.o", "-o", "out"];
const { options } = parseArguments(words, "ld", "gnu", files, report);
const result = link({ ...options, printMap: true }, { files }, report);

test("the link is as the questions expect", () => {
  expect(report.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(result.succeeded).toBe(true);
});

test("what relaxation made of calls and of lui", () => {
  const answer = explain(result, "_start") ?? "";
  expect(answer).toMatch(/R_RISCV_CALL_PLT against near: .*; relaxed to one compressed instruction\n/);
  expect(answer).toMatch(/R_RISCV_CALL_PLT against far: .*; relaxed to one instruction, jal\n/);
  expect(answer).toMatch(/R_RISCV_HI20 against value: .*P = 0x\w+\)\n/);
  expect(answer).not.toContain("R_RISCV_RELAX");
});

test("what fills an output section", () => {
  const answer = explain(result, ".text") ?? "";
  expect(answer).toContain(
    "3 input sections with 4114 bytes\n    4098  a.o:(.text.far)\n    14  a.o:(.text)\n",
  );
  expect(answer).toContain("  4 bytes of data of the script\n");
  expect(answer).toMatch(/\d+ bytes of padding\n/);
});

test("who refers to what was left out, and how to keep it", () => {
  const answer = explain(result, "dead") ?? "";
  expect(answer).toContain("--gc-sections: nothing that is kept refers to it\n");
  expect(answer).toContain("left out as well, what refers to it: a.o:(.text.deader)\n");
  expect(answer).toContain("to keep it: KEEP around its pattern in the script");
  expect(explain(result, "deader")).not.toContain("left out as well");
});

test("what is near a name or an address that is not there", () => {
  expect(nearQuestion(result, "_stert")).toBe("the nearest name is _start");
  expect(nearQuestion(result, "quite another")).toBeUndefined();
  expect(nearQuestion(result, "0x20000")).toMatch(
    /^\.text ends at 0x\w+, 0x\w+ before it; \.data starts at 0x80000000, 0x7ffe0000 behind it$/,
  );
});
