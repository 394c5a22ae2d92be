/**
 * Fuzzes the assembler, the instruction decoder behind objdump, and the tools
 * for object files with mutated sources, objects, archives and programs:
 *
 *     node scripts/run.mjs conformance/fuzz/fuzz-tools.ts [--seconds N] [--seed N] [--one N] [--save FOLDER]
 *
 * campaign.ts describes the options. What must hold of every run, whatever its
 * input: no exception, an end within two seconds of processor time, and
 * something said where the exit code is not 0.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { isProblem, MemoryFileSystem } from "../../src/files/index.ts";
import type { FileStatus, ToolFiles, ToolHost } from "../../src/tools/index.ts";
import * as tools from "../../src/tools/index.ts";
import { campaign, type Seed } from "./campaign.ts";
import { mutateBytes, mutateText, Random } from "./mutate.ts";

const SOURCE = `
#include <stddef.h>
struct node { struct node *next; int value; double weight; char name[8]; };
static struct node pool[4] = { { NULL, 1, 2.5, "one" } };
__thread int per_thread; int common; extern int elsewhere;
static inline int twice(int x) { return x * 2 + elsewhere; }
__attribute__((constructor)) static void early(void) { common = twice(per_thread); }
int walk(struct node *n, int (*f)(int)) { int s = 0; for (; n; n = n->next) { switch (n->value & 7) {
  case 0: s += f(s); break; case 1: s -= twice(s); break; case 2: s ^= n->name[1]; break; case 3: s *= 3; break;
  case 4: s = (int)(n->weight * s); break; default: s++; } } return s; }
int main(int argc, char **argv) { pool[0].value = argc; early(); return walk(pool, (int (*)(int))argv); }
`;

/** Command lines by what they are given; `@` stands for the file. */
const COMMANDS = {
  object: [
    "nm @|nm -a -S -l @|nm -D @|nm -u -C @|size @|size -A @|size -G @|readelf -a @|readelf -aW @|readelf -g -t @",
    "readelf -wi @|readelf -wF @|readelf -wL @|readelf --debug-dump @|readelf -x .text -p .comment @",
    "objdump -x @|objdump -d @|objdump -dr @|objdump -D @|objdump -s @|objdump -S -l @|objdump -W @|objdump -t -T -R @",
    "strings @|strings -a -t x @|strip @ -o out|strip -g @ -o out|objcopy @ out|objcopy -O binary @ out",
    "objcopy -O ihex @ out|objcopy -O srec @ out|objcopy -S -R .text @ out|objcopy --only-keep-debug @ out",
    "objcopy --prefix-symbols=p_ --weaken @ out|addr2line -e @ 0 4 0x10|addr2line -f -i -e @ 0 8|ar rc out.a @|ranlib @",
  ],
  archive: [
    "ar t @|ar tv @|ar p @|ar s @|ar d @ a.o|ar rc @ a.o|nm @|nm -s @|size @|readelf -a @|readelf -c @|objdump -a -x @",
  ],
  source: [
    "as @ -o out|as -g @ -o out|as -march=rv32imac @ -o out|as -al @ -o out|as -march=rv64gcv_zba_zbb @ -o out",
  ],
} as const;

const WORDS =
  ".section .macro .endm .rept .endr .if .else .endif .word .byte .align .org .fill .space .string .cfi_startproc .cfi_endproc " +
  ".loc .file .option push pop rvc norvc .set .equ .globl .weak .size .type .include .incbin .popsection .pushsection .subsection " +
  ".previous .irp .exitm .purgem .uleb128 .sleb128 .insn .reloc .attribute lui addi jal beq call la li %hi( %lo( %pcrel_hi( 1b 1f 9999999999 -1 0x " +
  "( ) , : + - * / << >> \\\\@ \\\\() \" ' # ; a0 ft0 x32 .L0 $ 1.5e309";

function prepare(): Seed[] {
  const work = mkdtempSync(path.join(os.tmpdir(), "premain-fuzz-"));
  const seeds: Seed[] = [];
  const add = (kind: keyof typeof COMMANDS, name: string, bytes: Uint8Array) => {
    for (const command of COMMANDS[kind].join("|").split("|"))
      seeds.push({ name, args: command.split(" "), files: { [name]: bytes } });
  };
  try {
    const c = path.join(work, "a.c");
    writeFileSync(c, SOURCE);
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: work, stdio: "pipe" });
    for (const [compiler, ...flags] of [
      ["gcc", "-g", "-O1"],
      ["gcc", "-m32", "-gdwarf-3"],
      ["riscv64-unknown-elf-gcc", "-g", "-O1", "-ffunction-sections"],
      ["riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-gdwarf-4"],
    ]) {
      run(compiler, ...flags, "-c", "a.c", "-o", "a.o");
      const object = new Uint8Array(readFileSync(path.join(work, "a.o")));
      add("object", "a.o", object);
      run("ar", "rc", "lib.a", "a.o");
      add("archive", "lib.a", new Uint8Array(readFileSync(path.join(work, "lib.a"))));
      rmSync(path.join(work, "lib.a"));
      if (compiler === "gcc") continue;
      run(compiler, ...flags, "-S", "a.c", "-o", "a.s");
      add("source", "a.s", new Uint8Array(readFileSync(path.join(work, "a.s"))));
    }
    run("gcc", "-g", "-Delsewhere=common", "a.c", "-o", "a.out");
    add("object", "a.out", new Uint8Array(readFileSync(path.join(work, "a.out"))));
  } finally {
    rmSync(work, { recursive: true });
  }
  return seeds;
}

const decoder = new TextDecoder("latin1");
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

function mutate(seeds: readonly Seed[], number: number): Seed {
  const random = new Random(number);
  const seed = random.pick(seeds);
  const [name] = Object.keys(seed.files);
  const bytes = seed.files[name];
  const mutated = name.endsWith(".s")
    ? bytesOf(mutateText(random, decoder.decode(bytes), [WORDS, decoder.decode(bytes)]))
    : mutateBytes(random, bytes, Object.values(random.pick(seeds).files));
  return { ...seed, files: { [name]: mutated } };
}

class FuzzFiles extends MemoryFileSystem implements ToolFiles {
  status(name: string): FileStatus | { problem: string } {
    const file = this.open(name);
    if (isProblem(file)) return file;
    return { kind: "file", size: file.size, modified: 0, accessed: 0, mode: 0o100644, uid: 0, gid: 0 };
  }
  remove(name: string) {
    return this.files.delete(name) ? undefined : { problem: "No such file or directory" };
  }
  realPath(name: string): string {
    return name;
  }
  setStatus(): void {}
  standardInput(): Uint8Array {
    return new Uint8Array(0);
  }
}

type Run = (args: readonly string[], host: ToolHost) => number | Promise<number>;
const runs: Readonly<Record<string, Run | undefined>> = tools as unknown as Record<string, Run>;

async function attempt(seed: Seed, show: boolean, count: () => void): Promise<string | undefined> {
  const files = new FuzzFiles(seed.files);
  const [tool, ...rest] = seed.args;
  const args = rest.map((arg) => (arg === "@" ? Object.keys(seed.files)[0] : arg));
  if (tool === "as") return tryAssembler(args, seed, files, show, count);
  const run = runs[tool];
  if (!run) return undefined;
  let said = "";
  const host: ToolHost = {
    program: tool,
    version: "0",
    files,
    out: (text) => {
      if (show) process.stdout.write(text);
    },
    outBytes: () => {},
    error: (text) => {
      said += text;
      if (show) process.stdout.write(text);
    },
    now: () => 0,
  };
  const code = await run(args, host);
  if (files.isFile("out")) count();
  // Some of GNU's count the files that failed, and size has 3 for a bad archive.
  if (code < 0 || code > 3) return `exit code ${code}`;
  // readelf says some things among what it shows.
  return code !== 0 && said === "" && tool !== "readelf" ? "failed without a message" : undefined;
}

function tryAssembler(
  args: readonly string[],
  seed: Seed,
  files: FuzzFiles,
  show: boolean,
  count: () => void,
): string | undefined {
  const command = parseCommandLine(args);
  if ("message" in command) return `its command line: ${command.message}`;
  const [name] = Object.keys(seed.files);
  const report = new Report();
  const object = assemble([{ name, bytes: seed.files[name] }], command.options, files, report);
  if (show) for (const { severity, message } of report.diagnostics) console.log(`${severity}: ${message}`);
  if (object) count();
  if (!object && !report.hasErrors) return "failed without a message";
  return object && report.hasErrors ? "succeeded in spite of an error" : undefined;
}

await campaign(import.meta.url, { noun: "run", prepare, mutate, attempt });
