import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

// The files that cases are made of: objects of several compilers for several
// machines, compiled here, and what the system has.

export interface CorpusFile {
  readonly path: string;
  readonly name: string;
  readonly kind: "object" | "archive" | "program" | "library";
  readonly peer: "native" | "riscv";
  /** Made by GNU as from our sources: what is expected to be copied exactly. */
  readonly own: boolean;
  /** Options to put before others. */
  readonly options: readonly string[];
}

const C = `
int shared_com; static int zero; int arr[100]; extern void f(void); extern int data;
static int twice(int a) { f(); return a * zero + data; }
int fn(int a) { return twice(a) + shared_com; }
__attribute__((section(".mysec"))) int sec = 1;
__attribute__((visibility("hidden"))) int hid = 2;
const char *const message = "some text";
__attribute__((weak)) int weak(void) { return 7; }
extern int weak_undefined(void) __attribute__((weak));
int use(void) { return weak_undefined ? weak_undefined() : weak(); }
static void init(void) __attribute__((constructor));
static void init(void) { zero++; }
__thread int tls = 5;
`;
const CXX = `
#include <map>
#include <string>
#include <vector>
inline int counted(int x) { static int k; return k += x; }
template <class T> T add(T a, T b) { return a + b; }
namespace space { struct Thing { virtual ~Thing(); virtual int f(const std::string &) const; int n; };
Thing::~Thing() {} int Thing::f(const std::string &s) const { return s.size() + n; } }
int g = 3; static int l = 4; extern int ext;
int run(int c, char **v) {
  std::vector<std::string> s; s.push_back(v[0]);
  std::map<int, space::Thing> m; m[c].n = counted(c) + add(1, 2) + ext + l;
  try { s.at(c); } catch (...) { return 1; }
  return s.size() + m.size();
}
`;
const ASM = `
.section .text.a,"ax",@progbits
.globl start
start: .long end - start
.Llocal: .long data
local: .long 1, 2, 3
end:
.section .note.x,"",@note
.long 4, 4, 1
.asciz "GNU"
.long 7
.section .strs,"aMS",@progbits,1
.asciz "hello"
.asciz "world"
.data
.balign 16
.globl data
.type data,@object
.size data,8
data: .quad start
.weak w
w: .long 5
.bss
.globl buffer
buffer: .zero 300
.local lc
.comm lc,24,8
.comm gc,40,16
.globl absolute
absolute = 0x1234
.file "name.s"
`;

/** Keeps BFD from asking compilers' plugins about bitcode. */
const NO_PLUGINS = ["--target=elf64-x86-64"];

type Recipe = readonly [
  name: string,
  peer: "native" | "riscv",
  program: string,
  flags: readonly string[],
  source: string,
];

const recipes: readonly Recipe[] = [
  ["c-x64", "native", "gcc", ["-g", "-O1"], "c.c"],
  ["c-x64-common", "native", "gcc", ["-O0", "-fcommon"], "c.c"],
  ["c-386", "native", "gcc", ["-m32", "-fcommon", "-O1"], "c.c"],
  ["cxx-x64", "native", "g++", ["-g", "-O1"], "cxx.cc"],
  ["cxx-x64-sections", "native", "g++", ["-O0", "-ffunction-sections", "-fdata-sections"], "cxx.cc"],
  ["c-clang", "native", "clang", ["-g", "-O1"], "c.c"],
  ["cxx-clang", "native", "clang", ["-O1"], "cxx.cc"],
  ["asm-x64", "native", "gcc", [], "asm.s"],
  ["c-mips", "native", "clang", ["--target=mips-linux", "-g"], "c.c"],
  ["c-ppc64", "native", "clang", ["--target=powerpc64-linux", "-O1"], "c.c"],
  ["c-rv64", "riscv", "riscv64-unknown-elf-gcc", ["-march=rv64gc", "-mabi=lp64d", "-g", "-O1"], "c.c"],
  ["c-rv32", "riscv", "riscv64-unknown-elf-gcc", ["-march=rv32imac", "-mabi=ilp32", "-O2"], "c.c"],
  [
    "c-rv32-g",
    "riscv",
    "riscv64-unknown-elf-gcc",
    ["-march=rv32imac", "-mabi=ilp32", "-g", "-fcommon"],
    "c.c",
  ],
  ["asm-rv32", "riscv", "riscv64-unknown-elf-gcc", ["-march=rv32imac", "-mabi=ilp32"], "asm.s"],
  ["cxx-rv64", "riscv", "riscv64-linux-gnu-g++", ["-g", "-O2"], "cxx.cc"],
  ["c-rv64-clang", "riscv", "clang", ["--target=riscv64-unknown-elf", "-march=rv64gc", "-g"], "c.c"],
];

const program = "int com; int main(int c, char **v) { com += c; return com; }\n";
const programs: readonly Recipe[] = [
  ["pie-x64", "native", "gcc", ["-g"], "main.c"],
  ["static-x64", "native", "gcc", ["-static", "-no-pie"], "main.c"],
  ["exec-x64", "native", "gcc", ["-no-pie", "-g"], "main.c"],
  ["shared-x64", "native", "gcc", ["-shared", "-fPIC"], "c.c"],
  ["pie-rv64", "riscv", "riscv64-linux-gnu-gcc", ["-g"], "main.c"],
  ["exec-rv64", "riscv", "riscv64-linux-gnu-gcc", ["-static"], "main.c"],
  [
    "bare-rv32",
    "riscv",
    "riscv64-unknown-elf-gcc",
    ["-march=rv32imac", "-mabi=ilp32", "-nostdlib", "-nostartfiles", "-g", "-Wl,-Ttext=0x80000000"],
    "main.c",
  ],
];

const system: readonly (readonly [string, CorpusFile["kind"], "native" | "riscv"])[] = [
  ["/usr/lib/x86_64-linux-gnu/crt1.o", "object", "native"],
  ["/usr/lib/x86_64-linux-gnu/libc.so.6", "library", "native"],
  ["/usr/lib/x86_64-linux-gnu/libm-2.36.a", "archive", "native"],
  ["/usr/lib/gcc/x86_64-linux-gnu/12/libgcc.a", "archive", "native"],
  ["/usr/lib/gcc/x86_64-linux-gnu/12/crtbegin.o", "object", "native"],
  ["/usr/lib/picolibc/riscv64-unknown-elf/lib/release/rv32imac/ilp32/libm.a", "archive", "riscv"],
  ["/usr/lib/picolibc/riscv64-unknown-elf/lib/rv32imac/ilp32/libc.a", "archive", "riscv"],
  ["/usr/lib/gcc/riscv64-unknown-elf/12.2.0/libgcc.a", "archive", "riscv"],
  ["/usr/riscv64-linux-gnu/lib/libc.so.6", "library", "riscv"],
  ["/usr/riscv64-linux-gnu/lib/crt1.o", "object", "riscv"],
];

/** Makes what is missing in `folder`; what cannot be made for want of a compiler is left out. */
export function makeCorpus(folder: string, say: (text: string) => void): CorpusFile[] {
  mkdirSync(folder, { recursive: true });
  const sources = { "c.c": C, "cxx.cc": CXX, "asm.s": ASM, "main.c": program };
  for (const [name, source] of Object.entries(sources)) writeFileSync(path.join(folder, name), source);
  const files: CorpusFile[] = [];
  const make = (recipe: Recipe, kind: CorpusFile["kind"]): void => {
    const [name, peer, compiler, flags, source] = recipe;
    const output = path.join(folder, kind === "object" ? `${name}.o` : name);
    if (!existsSync(output)) {
      const args = [...flags, ...(kind === "object" ? ["-c"] : []), source, "-o", output];
      const { status, stderr } = spawnSync(compiler, args, { cwd: folder, encoding: "utf8" });
      if (status !== 0) {
        say(`SKIP ${name}: ${compiler} cannot make it: ${String(stderr).split("\n")[0]}`);
        return;
      }
    }
    files.push({
      path: output,
      name: path.basename(output),
      kind,
      peer,
      own: compiler.endsWith("gcc") || compiler.endsWith("g++"),
      options: [],
    });
  };
  for (const recipe of recipes) make(recipe, "object");
  for (const recipe of programs) make(recipe, "program");
  // What a debugger reads beside a stripped program: sections that keep their types' links without contents.
  const apart = path.join(folder, "apart-x64");
  const { status } = spawnSync("objcopy", ["--only-keep-debug", path.join(folder, "pie-x64"), apart]);
  if (status === 0)
    files.push({ path: apart, name: "apart-x64", kind: "program", peer: "native", own: false, options: [] });
  for (const [file, kind, peer] of system) {
    if (existsSync(file))
      files.push({ path: file, name: path.basename(file), kind, peer, own: false, options: [] });
  }
  const rust = rustLibrary();
  if (rust)
    files.push({
      path: rust,
      name: path.basename(rust),
      kind: "archive",
      peer: "native",
      own: false,
      options: NO_PLUGINS,
    });
  return files;
}

/** A small library of rustc's for this machine, if rustc is there. */
function rustLibrary(): string | undefined {
  const { stdout } = spawnSync("rustc", ["--print", "target-libdir"], { encoding: "utf8" });
  const folder = String(stdout ?? "").trim();
  if (folder === "" || !existsSync(folder)) return undefined;
  const found = readdirSync(folder)
    .filter((name) => /^lib(alloc|rustc_demangle|unwind)-.*\.rlib$/.test(name))
    .sort();
  return found.length > 0 ? path.join(folder, found[0]) : undefined;
}

/** ELF files of /usr/bin that are not too large. */
export function systemPrograms(limit: number): string[] {
  const folder = "/usr/bin";
  return readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat?.isFile() && stat.size > 1000 && stat.size < 3_000_000;
    })
    .slice(0, limit);
}
