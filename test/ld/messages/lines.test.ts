import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report, renderDiagnostic } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { link, parseArguments } from "../../../src/link/index.ts";

// Messages about relocations name the place as GNU ld does, by the objects as they were read.

function objectOf(name: string, source: string): Uint8Array {
  const report = new Report();
  const object = assemble(
    [{ name, bytes: new TextEncoder().encode(source) }],
    { march: "rv64gc", debug: true, currentDirectory: "/common/folder" },
    new MemoryFileSystem(),
    report,
  );
  expect(report.diagnostics).toEqual([]);
  if (!object) throw new Error("no object");
  return object.bytes;
}

test("a relocation that overflows names function and line, not a label that relaxation keeps", () => {
  const files = new MemoryFileSystem({
    "a.o": objectOf("first-of-all.s", "\t.globl _start\n\t.type _start, @function\n_start:\n\tret\n"),
    "b.o": objectOf(
      "second.s",
      "\t.globl get\n\t.type get, @function\nget:\n\tnop\n\tlla a1, get\n\tlui a0, %hi(far)\n\tret\n",
    ),
  });
  const report = new Report();
  const words = ["-m", "elf64lriscv", "--defsym=far=0x123456789a", "a.o", "b.o", "-o", "out"];
  link(parseArguments(words, "ld", "gnu", files, report).options, { files }, report);
  const lines = report.diagnostics.map((each) =>
    renderDiagnostic(each, { program: "ld", dialect: "gnu", color: false }),
  );
  expect(lines.join("")).toMatch(
    /^b\.o: in function `get':\n.*second\.s:6:\(\.text\+0x.\): relocation truncated to fit: R_RISCV_HI20 against symbol `far'/,
  );
});
