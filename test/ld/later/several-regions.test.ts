import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { auditReport, explain, link, linkReport, parseArguments } from "../../../src/link/index.ts";

// --enable-non-contiguous-regions beyond what GNU ld says: why a section is in a later region, and what is lost.

const SCRIPT = `
MEMORY {
  one : ORIGIN = 0x1000, LENGTH = 20
  two : ORIGIN = 0x2000, LENGTH = 40
  rom : ORIGIN = 0x8000, LENGTH = 4K
}
SECTIONS {
  .text : { *(.text) } > rom
  .one : { *(.data.*) } > one
  .two : { *(.data.*) } > two
}
`;

function linked(source: string, ...options: string[]) {
  const report = new Report();
  const files = new MemoryFileSystem({ "l.ld": new TextEncoder().encode(SCRIPT) });
  const input = { name: "a.s", bytes: new TextEncoder().encode(source) };
  const object = assemble([input], { march: "rv64g", currentDirectory: "/" }, files, report);
  files.files.set("a.o", object?.bytes ?? new Uint8Array(0));
  const words = ["--enable-non-contiguous-regions", "-T", "l.ld", "a.o", "-o", "out", ...options];
  const result = link(parseArguments(words, "ld", "gnu", files, report).options, { files }, report);
  return { result, report, files };
}

const FITS = `
	.globl _start, big
_start:	.word 1
	.section .data.1,"aw"
	.fill 8,1,1
	.section .data.2,"aw"
big:	.fill 16,1,2
`;

test("why a section is in the second region", () => {
  const { result } = linked(FITS);
  expect(result.succeeded).toBe(true);
  expect(explain(result, "big")).toContain(
    "not by *(.data.*) of .one   l.ld:9: too large for .one: 16 bytes from 0x1008 would end at 0x1018, past the end of region one (0x1014)",
  );
  const report = linkReport(result);
  expect(auditReport(report)).toEqual([]);
  expect(report.input_sections.find(({ name }) => name === ".data.2")).toMatchObject({
    rule: { script: { line: 10 } },
    too_large_for: [{ output_section: ".one", region: "one", address: "0x1008", end: "0x1014" }],
  });
});

const LOST = `${FITS}
	.section .data.3,"aw"
lost:	.fill 30,1,3
`;

test("what fits nowhere and is not missed is left out with a warning", () => {
  const { result, report } = linked(LOST);
  expect(result.succeeded).toBe(true);
  const said = report.diagnostics.filter(({ code }) => code === "LD0507");
  expect(said.map(({ severity, message }) => [severity, message])).toEqual([
    ["warning", "--enable-non-contiguous-regions discards section `.data.3' from `a.o'"],
  ]);
  expect(said[0].notes.map(({ message }) => message)).toEqual([
    ".one is full: at 0x1014, nothing is left before the end of region one (0x1014)",
    "too large for .two: 30 bytes from 0x2010 would end at 0x202e, past the end of region two (0x2028)",
  ]);
  expect(linkReport(result).discarded_input_sections).toMatchObject([
    { name: ".data.3", reason: "fits no region", too_large_for: [{ region: "one" }, { region: "two" }] },
  ]);
});

test.each([
  ["a global symbol", `${LOST}\t.globl lost\n`],
  ["a reference", `${LOST}\t.text\n\t.word lost\n`],
])("what fits nowhere and has %s is an error", (_, source) => {
  const { result, report, files } = linked(source);
  expect(result.succeeded).toBe(false);
  expect(report.diagnostics.map(({ message }) => message)).toContain(
    "section `.data.3' from `a.o' fits none of the regions that it may be in",
  );
  expect(files.files.has("out")).toBe(false);
});

test("LLD's rules do not have it", () => {
  const { report } = linked(FITS, "--compat=lld");
  expect(report.diagnostics.map(({ code }) => code)).toContain("LD0704");
});
