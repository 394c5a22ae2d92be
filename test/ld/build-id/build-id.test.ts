import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readElf } from "../../../conformance/gnu-ld/read-elf.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { link } from "../../../src/link/index.ts";
import { parseArguments } from "../../../src/link/options/arguments.ts";

// The identifier is a hash of the output, so that it equals GNU ld's says that
// every byte does.

const source = `.globl _start
_start: .cfi_startproc
  call other
  ret
  .cfi_endproc
other: ret
.data
  .quad _start
.bss
  .skip 64
.section .note.other,"a",@note
  .long 4, 4, 1
  .asciz "abc"
  .long 7
.section .debug_str,"MS",@progbits,1
  .asciz "text"
  .asciz "a text"
`;

const missing = ["as", "ld"].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
if (missing.length > 0) console.log(`skipped: no ${missing.join(", ")}`);

function identifier(bytes: Uint8Array): string {
  const note = readElf(bytes).sections.find((section) => section.name === ".note.gnu.build-id");
  return Buffer.from(note?.bytes ?? []).toString("hex");
}

function linkBoth(args: readonly string[]): { gnu: string; ours: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "premain-build-id-"));
  try {
    const run = spawnSync("as", ["-o", "a.o", "-"], { cwd: folder, input: source });
    expect(run.status).toBe(0);
    const words = [...args, "-o", "out", "a.o"];
    expect(spawnSync("ld", words, { cwd: folder }).status).toBe(0);
    const files = new MemoryFileSystem({ "a.o": readFileSync(path.join(folder, "a.o")) });
    const report = new Report();
    link(parseArguments(words, "ld", "gnu", files, report).options, { files }, report);
    const gnu = identifier(readFileSync(path.join(folder, "out")));
    return { gnu, ours: identifier(files.files.get("out") ?? new Uint8Array(0)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(missing.length > 0)("the identifier is GNU ld's", () => {
  test.each([
    ["--build-id"],
    ["--build-id=md5"],
    ["--build-id=0x12:3456"],
    ["--build-id -s"],
    ["--build-id -q"],
    ["--build-id -N"],
    ["--build-id -r"],
    ["--build-id --gc-sections --eh-frame-hdr -z noseparate-code"],
  ])("%s", (args) => {
    const { gnu, ours } = linkBoth(args.split(" "));
    expect(ours).toBe(gnu);
    expect(ours.length).toBeGreaterThan(32);
  });
});

test("a changed byte changes the identifier, a changed file offset need not be seen", () => {
  const files = new MemoryFileSystem();
  const ids = [1, 2].map((value) => {
    const report = new Report();
    files.set(
      "s.ld",
      `SECTIONS { .data : { BYTE(${value}) } .note.gnu.build-id : { *(.note.gnu.build-id) } }`,
    );
    const words = [
      "-m",
      "elf_x86_64",
      "--build-id",
      "-T",
      "s.ld",
      "-e",
      "0",
      "-o",
      "out",
      "-b",
      "binary",
      "s.ld",
    ];
    link(parseArguments(words, "ld", "gnu", files, report).options, { files }, report);
    expect(report.diagnostics.filter((one) => one.severity === "error")).toEqual([]);
    return identifier(files.files.get("out") ?? new Uint8Array(0));
  });
  expect(ids[0]).not.toBe(ids[1]);
  expect(ids[0]).toMatch(/^040000001400000003000000474e5500/);
});
