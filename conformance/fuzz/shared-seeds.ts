import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Seed } from "./campaign.ts";

// Links of dynamic executables: what GNU ld made of these libraries is mutated.

const LIBRARY = `
  .globl call, call_weak, value, same_value, hidden, thread_value, __tls_get_addr
  .weak call_weak, same_value
  .hidden hidden
  .type call, @function
  .type call_weak, @function
  .type value, @object
  .type same_value, @object
  .type thread_value, @object
  .text
call:
call_weak:
  .long 0
  .size call, . - call
hidden:
__tls_get_addr:
  .long 0
  .symver old_one, versioned@V1
  .symver new_one, versioned@@V2
  .globl old_one, new_one
old_one:
new_one:
  .long 0
  .data
value:
same_value:
  .quad 1, back
  .size value, 16
  .size same_value, 16
  .section .tdata, "awT", @progbits
thread_value:
  .quad 2
  .size thread_value, 8
`;
const SECOND_LIBRARY = `
  .globl other, back
other:
  .long 0
  .data
  .quad value, versioned, back
`;
const VERSIONS =
  "V1 { global: call; value; same_value; }; V2 { global: call_weak; thread_value; local: nothing; } V1;";

const PROGRAMS = {
  "x86-64": `
  .globl _start, back
  .text
_start:
  call call@PLT
  call *call_weak@GOTPCREL(%rip)
  call versioned@PLT
  movq thread_value@GOTTPOFF(%rip), %rax
  data16 leaq thread_value@TLSGD(%rip), %rdi
  .value 0x6666
  rex64
  call __tls_get_addr@PLT
  movl value(%rip), %eax
  leaq call(%rip), %rax
back:
  ret
  .data
  .quad value, call, _start
  .weak absent
  .quad absent
`,
  riscv64: `
  .globl _start, back
  .text
_start:
  call call@plt
  call call_weak
  call versioned
  la.tls.ie a0, thread_value
  la.tls.gd a0, thread_value
  call __tls_get_addr@plt
  la a0, value
  lla a1, same_value
  lla a2, call
back:
  ret
  .data
  .quad value, call, _start
  .weak absent
  .quad absent
`,
};
const TOOLS = {
  "x86-64": { as: ["as", "--64"], ld: "ld", emulation: "elf_x86_64" },
  riscv64: { as: ["riscv64-linux-gnu-as"], ld: "riscv64-linux-gnu-ld", emulation: "elf64lriscv" },
};
const VARIANTS = [
  "-pie",
  "",
  "-E --hash-style=both",
  "-pie -z now --gc-sections",
  "--no-allow-shlib-undefined -rpath /opt",
];

/** None for a target whose tools are not here. */
export function sharedSeeds(): Seed[] {
  const seeds: Seed[] = [];
  const work = mkdtempSync(path.join(os.tmpdir(), "premain-shared-"));
  const run = (command: readonly string[]) =>
    spawnSync(command[0], command.slice(1), { cwd: work }).status === 0;
  const bytes = (name: string) => new Uint8Array(readFileSync(path.join(work, name)));
  for (const target of ["x86-64", "riscv64"] as const) {
    const { as, ld, emulation } = TOOLS[target];
    writeFileSync(path.join(work, "x.s"), LIBRARY);
    writeFileSync(path.join(work, "y.s"), SECOND_LIBRARY);
    writeFileSync(path.join(work, "x.ver"), VERSIONS);
    writeFileSync(path.join(work, "a.s"), PROGRAMS[target]);
    const library = `${ld} -shared --hash-style=both -soname libx.so.1`.split(" ");
    const made =
      run([...as, "x.s", "-o", "x.o"]) &&
      run([...as, "y.s", "-o", "y.o"]) &&
      run([...as, "a.s", "-o", "a.o"]) &&
      run([...library, "--version-script=x.ver", "x.o", "-o", "libx.so"]) &&
      run([...library, "y.o", "libx.so", "-o", "liby.so"]);
    if (!made) continue;
    const files = { "a.o": bytes("a.o"), "libx.so": bytes("libx.so"), "liby.so": bytes("liby.so") };
    for (const variant of VARIANTS) {
      const args = ["-m", emulation, ...variant.split(" ").filter(Boolean), "a.o", "--as-needed"];
      seeds.push({ name: `shared ${target} ${variant}`, args: [...args, "libx.so", "liby.so"], files });
    }
  }
  rmSync(work, { recursive: true });
  return seeds;
}
