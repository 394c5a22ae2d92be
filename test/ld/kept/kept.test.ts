import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { compareImages, showDifference } from "../../../conformance/gnu-ld/compare-images.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { link } from "../../../src/link/index.ts";
import { parseArguments } from "../../../src/link/options/arguments.ts";

// What -r and --emit-relocs keep of the inputs: the whole output is compared
// with GNU ld's: sections, groups, relocations, symbols and bytes.

interface Machine {
  readonly as: readonly string[];
  readonly ld: string;
  readonly emulation: string;
}

const machines: Record<string, Machine> = {
  "x86-64": { as: ["as", "--64"], ld: "ld", emulation: "elf_x86_64" },
  i386: { as: ["as", "--32"], ld: "ld", emulation: "elf_i386" },
  riscv64: {
    as: ["riscv64-unknown-elf-as", "-march=rv64imac", "-mabi=lp64"],
    ld: "riscv64-unknown-elf-ld",
    emulation: "elf64lriscv",
  },
  riscv32: {
    as: ["riscv64-unknown-elf-as", "-march=rv32imac", "-mabi=ilp32"],
    ld: "riscv64-unknown-elf-ld",
    emulation: "elf32lriscv",
  },
};

const x86 = [
  `.globl _start
_start: .cfi_startproc
  call other
  call far
  .cfi_def_cfa_offset 16
  ret
  .cfi_endproc
.section .text.one,"axG",@progbits,one,comdat
.weak one
one: .cfi_startproc
  nop
  ret
  .cfi_endproc
.section .text.cold,"ax",@progbits
cold: .cfi_startproc
  jmp _start
  .cfi_endproc
.data
.globl table
table: .long one, .Lstring, .Lstring + 4, local
local: .long 5
.comm shared, 24, 8
.section .rodata.str1.1,"aMS",@progbits,1
.Lstring: .asciz "tail"
  .asciz "a long tail"
`,
  `.globl other
other: .cfi_startproc
  ret
  .cfi_endproc
.section .text.far,"ax",@progbits
.globl far
far: .cfi_startproc
  .cfi_def_cfa_offset 32
  ret
  .cfi_endproc
.section .text.one,"axG",@progbits,one,comdat
.weak one
one: .cfi_startproc
  nop
  ret
  .cfi_endproc
.data
  .long table, .Lmine
.section .rodata.str1.1,"aMS",@progbits,1
.Lmine: .asciz "another"
  .asciz "tail"
.section .debug_info,"",@progbits
  .long one, far, .Lmine
`,
];

const riscv = [
  `.globl _start
.option relax
_start: .cfi_startproc
  call other
  call far
  lui a0, %hi(table)
  addi a0, a0, %lo(table)
  la a1, local
  lw a2, local
  .cfi_def_cfa_offset 16
  tail cold
  .cfi_endproc
  .balign 8
.section .text.cold,"ax",@progbits
cold: .cfi_startproc
  beqz a0, 1f
  call _start
1: ret
  .cfi_endproc
.data
.globl table
table: .word 0x5
  .word .Lend - .Lbegin
local: .word 5
.text
.Lbegin: call other
.Lend: ret
`,
  `.text
.globl other
other: .cfi_startproc
  .cfi_def_cfa_offset 32
  ret
  .cfi_endproc
.section .text.far,"ax",@progbits
.globl far
far: .cfi_startproc
  la a0, table
  ret
  .cfi_endproc
`,
];

function differences(machine: Machine, sources: readonly string[], args: readonly string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), "premain-kept-"));
  try {
    const files = new MemoryFileSystem();
    const names = sources.map((source, index) => {
      const name = `${String.fromCharCode(97 + index)}.o`;
      const [as, ...flags] = machine.as;
      const run = spawnSync(as, [...flags, "-o", name, "-"], {
        cwd: folder,
        input: source,
        encoding: "utf8",
      });
      if (run.status !== 0) throw new Error(run.stderr);
      files.set(name, readFileSync(path.join(folder, name)));
      return name;
    });
    const words = ["-m", machine.emulation, ...args, "-o", "out", ...names];
    const run = spawnSync(machine.ld, words, { cwd: folder, encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    const report = new Report();
    const { options } = parseArguments(words, "ld", "gnu", files, report);
    link(options, { files }, report);
    const ours = files.files.get("out");
    if (!ours) return report.diagnostics.map((one) => one.message);
    const found = compareImages(readFileSync(path.join(folder, "out")), ours);
    // The order of global symbols is that of GNU ld's hash table.
    return found.map(showDifference).filter((line) => !/order/.test(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [name, machine] of Object.entries(machines)) {
  const tools = [machine.as[0], machine.ld];
  const missing = tools.filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  if (missing.length > 0) console.log(`skipped ${name}: no ${missing.join(", ")}`);
  describe.skipIf(missing.length > 0)(name, () => {
    test.each([
      ["-r"],
      ["-r -x"],
      ["-r -X"],
      ["-r -d"],
      ["-r --force-group-allocation"],
      ["-q"],
      ["-q --gc-sections"],
      ["-q --no-relax"],
      ["-q -x"],
    ])("%s", (args) => {
      expect(differences(machine, name.startsWith("riscv") ? riscv : x86, args.split(" "))).toEqual([]);
    });
  });
}
