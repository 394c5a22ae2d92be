import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { readElf, readSymbols } from "../../elf/index.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { link, parseArguments } from "../../link/index.ts";

// Relaxation against GNU ld's: programs are made up, assembled with GNU as,
// linked by both, and must have the same symbols and the same bytes.

const AS = "riscv64-unknown-elf-as";
const LD = "riscv64-unknown-elf-ld";
const installed = [AS, LD].every((tool) => {
  const { stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
  return /2\.40/.test(stdout ?? "");
});
if (!installed) console.log(`skipped: ${AS} and ${LD} 2.40 are not installed`);

const folder = mkdtempSync(path.join(os.tmpdir(), "premain-relax-"));
afterAll(() => rmSync(folder, { recursive: true }));

const machines = [
  { march: "rv64imac", mabi: "lp64", emulation: "elf64lriscv" },
  { march: "rv64ima", mabi: "lp64", emulation: "elf64lriscv" },
  { march: "rv32imac", mabi: "ilp32", emulation: "elf32lriscv" },
] as const;
type Machine = (typeof machines)[number];

function assemble(source: string, { march, mabi }: Machine): string {
  const object = path.join(folder, "a.o");
  writeFileSync(path.join(folder, "a.s"), source);
  const args = [`-march=${march}`, `-mabi=${mabi}`, path.join(folder, "a.s"), "-o", object];
  const { status, stderr } = spawnSync(AS, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return object;
}

/** Symbols and allocated bytes, or the first message of a link that failed. */
function describeImage(bytes: Uint8Array): string[] {
  const file = readElf(bytes, new Report(), "image");
  if (!file) throw new Error("not an ELF file");
  const lines: string[] = [];
  for (const section of file.sections) {
    if ((section.flags & 2) === 0) continue;
    lines.push(`section ${section.name} ${section.address} ${section.size}`);
    if (section.type === 8) continue;
    const content = bytes.subarray(section.offset, section.offset + section.size);
    lines.push(Buffer.from(content).toString("hex"));
  }
  for (const symbol of readSymbols(file))
    if (symbol.name !== "" && symbol.section !== 0)
      lines.push(`${symbol.name} ${symbol.value} ${symbol.size}`);
  return lines.sort();
}

function linkBoth(object: string, emulation: string, args: readonly string[]) {
  const gnuOut = path.join(folder, "gnu");
  const all = [`-m${emulation}`, "--no-warn-rwx-segments", ...args];
  const gnu = spawnSync(LD, [...all, object, "-o", gnuOut], { encoding: "utf8" });
  const files = new MemoryFileSystem({ "a.o": new Uint8Array(readFileSync(object)) });
  const report = new Report();
  const { options } = parseArguments([...all, "a.o", "-o", "out"], "ld", "gnu", files, report);
  link(options, { files }, report);
  const ours = files.files.get("out");
  return {
    gnu: gnu.status === 0 ? describeImage(new Uint8Array(readFileSync(gnuOut))) : undefined,
    ours: ours ? describeImage(ours) : undefined,
    gnuMessages: gnu.stderr,
    messages: report.diagnostics.map((diagnostic) => diagnostic.message),
  };
}

const START =
  ".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n";

describe.skipIf(!installed)("the same bytes as GNU ld's", () => {
  const same = (source: string, args: readonly string[] = [], on: readonly Machine[] = machines) => {
    for (const machine of on) {
      const { gnu, ours, gnuMessages, messages } = linkBoth(
        assemble(source, machine),
        machine.emulation,
        args,
      );
      if (gnu === undefined) {
        // Then ours has to fail, too, and for the first of its reasons.
        expect(ours, gnuMessages).toBeUndefined();
        expect(gnuMessages).toContain(messages[0]);
      } else expect(ours, messages.join("\n")).toEqual(gnu);
    }
  };

  test("calls on both sides of what jal and c.j reach", () => {
    for (const gap of [2030, 2032, 2034, 2040, 2048, 0xffff0, 0xffff4, 0xffff8, 0x100000]) {
      same(`${START} call f\n tail f\n .zero ${gap}\nf: ret\n .zero ${gap}\n call f\n tail f\n`);
    }
  });

  test("calls across output sections reserve the greatest alignment of the image", () => {
    for (const align of [2, 6, 11])
      same(
        `${START} call f\n .section other, "ax"\n .zero 1900\nf: ret\n .data\n .p2align ${align}\n .word 1\n`,
      );
  });

  test("addresses around x0, gp and what c.lui loads", () => {
    const load = (symbol: string) =>
      `lui a0, %hi(${symbol})\n lw a1, %lo(${symbol})(a0)\n sw a1, %lo(${symbol})(a0)\n`;
    const source = `${START}${["a", "b", "c", "d", "near"].map(load).join("")} lla a0, near\n lla a0, far\n call a\n
      .section .sdata,"aw"\n .skip 100\nnear: .word 1\n .size near, 4\n .bss\nfar: .skip 5000\n`;
    for (const values of [
      [0, 4, 0x7fc, 0x800],
      [0x7ff, 0x1000, 0xf800, 0x1c000],
      [0x1d7ff, 0x1d800, 0x1e000, 0x1f000],
      [0x20000, 0x7ffff000, 0x10, 0xfff],
    ]) {
      const defsyms = values.map((value, i) => `--defsym=${"abcd"[i]}=${value}`);
      same(source, defsyms);
      same(source, [...defsyms, "--no-relax"]);
    }
  });

  test("alignments keep what they need of their padding", () => {
    for (const power of [2, 3, 4, 5, 6])
      same(`${START} call f\n .p2align ${power}\nf: nop\n .p2align ${power}\n call f\n .p2align 3\n ret\n`);
  });

  test("thread-local and undefined weak symbols", () => {
    same(`${START} lui a5, %tprel_hi(t)\n add a5, a5, tp, %tprel_add(t)\n lw a0, %tprel_lo(t)(a5)
      lui a5, %tprel_hi(u)\n add a5, a5, tp, %tprel_add(u)\n sw a0, %tprel_lo(u)(a5)
      .weak nothing\n call nothing\n lla a0, nothing\n lui a0, %hi(nothing)\n lw a0, %lo(nothing)(a0)
      .section .tdata, "awT"\nt: .word 1\n .skip 2100\nu: .word 2\n`);
  });

  test("a low part before its high part keeps it", () => {
    same(
      `${START} j 2f\n1: lw a0, %pcrel_lo(2f)(a1)\n ret\n2: auipc a1, %pcrel_hi(x)\n j 1b\n .data\nx: .word 1\n`,
    );
  });

  test("programs at random", () => {
    fc.assert(
      fc.property(program(), fc.constantFrom(...machines), fc.boolean(), (source, machine, relax) => {
        same(source, relax ? [] : ["--no-relax"], [machine]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

/** Functions in several sections that refer to each other and to data. */
function program(): fc.Arbitrary<string> {
  const functions = 24;
  const objects = 16;
  const fn = fc.nat(functions - 1).map((i) => `f${i}`);
  const datum = fc
    .tuple(fc.nat(objects - 1), fc.constantFrom(0, 0, 4, 8))
    .map(([i, plus]) => `d${i}+${plus}`);
  const plain = fc.nat(objects - 1).map((i) => `d${i}`);
  const instruction = fc.oneof(
    fn.map((f) => ` call ${f}\n`),
    fn.map((f) => ` tail ${f}\n`),
    fn.map((f) => ` lla a0, ${f}\n`),
    datum.map((d) => ` lui a5, %hi(${d})\n lw a4, %lo(${d})(a5)\n sw a4, %lo(${d})(a5)\n`),
    datum.map((d) => ` lla a5, ${d}\n`),
    plain.map((d) => ` lw a5, ${d}\n sw a5, ${d}, a2\n`),
    fc
      .nat(3)
      .map(
        (i) =>
          ` lui a5, %tprel_hi(t${i})\n add a5, a5, tp, %tprel_add(t${i})\n lw a0, %tprel_lo(t${i})(a5)\n`,
      ),
    fc.integer({ min: 2, max: 5 }).map((power) => ` .p2align ${power}\n`),
    fc.integer({ min: 1, max: 300 }).map((words) => ` .zero ${words * 4}\n`),
  );
  const body = fc.tuple(
    fc.constantFrom(".text", ".text", ".text.hot.a", ".init", "other"),
    fc.boolean(),
    fc.array(instruction, { minLength: 1, maxLength: 10 }),
  );
  const home = fc.tuple(
    fc.constantFrom('.data,"aw"', '.sdata,"aw"', '.bss,"aw",@nobits', '.rodata,"a"'),
    fc.constantFrom(4, 8, 100, 700),
    fc.boolean(),
  );
  return fc
    .tuple(
      fc.array(body, { minLength: functions, maxLength: functions }),
      fc.array(home, { minLength: objects, maxLength: objects }),
    )
    .map(([bodies, homes]) =>
      [
        START,
        ...bodies.map(
          ([section, sized, lines], i) =>
            `.section ${section},"ax",@progbits\n${i % 3 ? "" : `.globl f${i}\n`}.type f${i},@function\n` +
            `f${i}:\n${lines.join("")}${sized ? `.size f${i},.-f${i}\n` : ""}`,
        ),
        ...homes.map(
          ([section, size, sized], i) =>
            `.section ${section}\n.p2align ${i % 5}\n${sized ? `.globl d${i}\n.size d${i},${size}\n` : ""}` +
            `.type d${i},@object\nd${i}: .zero ${size}\n`,
        ),
        '.section .tdata,"awT",@progbits\n',
        ...[0, 1, 2, 3].map((i) => `t${i}: .word ${i}\n .zero ${i * 600}\n`),
      ].join(""),
    );
}
