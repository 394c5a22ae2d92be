import { spawnSync } from "node:child_process";
import path from "node:path";
import { sample } from "./cases.ts";
import { type CorpusFile, systemPrograms } from "./corpus.ts";
import type { ToolCase } from "./frame.ts";

// Rows of readelf and objdump: each list of options over files of each kind.

const readelfOptions: readonly (readonly string[])[] = [
  ["-a"],
  ["-a", "-W"],
  ["-h"],
  ["-l", "-W"],
  ["-S"],
  ["-t"],
  ["-t", "-W"],
  ["-g"],
  ["-s"],
  ["-s", "-W", "-C"],
  ["-s", "-X"],
  ["--dyn-syms", "--sym-base=16"],
  ["-D", "-s", "-r"],
  ["-n"],
  ["-r", "-W"],
  ["-d"],
  ["-V"],
  ["-A"],
  ["-I"],
  ["-u"],
  ["-c"],
  ["-x", ".text", "-p", ".strtab"],
  ["-R", ".text", "-x", "1"],
  ["-p", "bogus", "-x", "99"],
  ["-z", "-x", ".debug_str"],
  ["-w"],
  ["-w", "-W"],
  ["--debug-dump=decodedline"],
  ["--debug-dump=frames-interp"],
  ["-wi", "--dwarf-depth=2"],
  ["--bogus"],
  ["-q"],
];

const objdumpOptions: readonly (readonly string[])[] = [
  ["-f"],
  ["-h", "-w"],
  ["-p"],
  ["-x"],
  ["-x", "-w", "-C"],
  ["-t"],
  ["-T", "-R"],
  ["-r"],
  ["-s"],
  ["-s", "-j", ".data"],
  ["-a"],
  ["-W"],
  ["-Wi", "--dwarf-depth=2"],
  ["-f", "--adjust-vma=0x1000", "-h"],
  ["-s", "--start-address=0x10", "--stop-address=0x33"],
  ["-j", ".bogus", "-d"],
  ["--bogus"],
  ["-m", "bogus", "-d"],
  ["-b", "bogus", "-d"],
];

/** Of RISC-V files only: other machines' text is Capstone's, of which not every line is as GNU's. */
const disassemblyOptions: readonly (readonly string[])[] = [
  ["-d"],
  ["-d", "-r", "-w"],
  ["-D"],
  ["-d", "-z", "-C"],
  ["-d", "-M", "no-aliases,numeric"],
  ["-d", "-M", "bogus"],
  ["-d", "--prefix-addresses"],
  ["-d", "--no-show-raw-insn", "-F"],
  ["-d", "--no-addresses"],
  ["-d", "--insn-width=2"],
  ["-d", "--disassemble=fn"],
  ["-d", "--start-address=4", "--stop-address=0x20"],
  ["-d", "--adjust-vma=0x8000"],
  ["-d", "-j", ".text"],
  ["-d", "--show-all-symbols"],
  ["-d", "-l"],
  ["-S"],
  ["-S", "-l", "--inlines", "-C"],
  ["-S", "--source-comment", "--file-start-context"],
];

/** Objects with debug information of each version, by each compiler that is there. */
const debugRecipes: readonly (readonly [string, "native" | "riscv", string, readonly string[]])[] = [
  ["gcc-2", "native", "g++", ["-gdwarf-2", "-O1"]],
  ["gcc-4", "native", "g++", ["-gdwarf-4", "-O1"]],
  ["gcc-5", "native", "g++", ["-gdwarf-5", "-O2"]],
  ["gcc-g3", "native", "gcc", ["-g3", "-x", "c++"]],
  ["gcc-gz", "native", "g++", ["-gz", "-O1"]],
  ["gcc-32", "native", "gcc", ["-m32", "-g", "-x", "c++"]],
  ["gcc-pn", "native", "g++", ["-g", "-gpubnames"]],
  ["clang-5", "native", "clang", ["-gdwarf-5", "-O2"]],
  ["clang-3", "native", "clang", ["-gdwarf-3", "-O1"]],
  ["clang-pn", "native", "clang", ["-gdwarf-4", "-gpubnames"]],
  ["rv64", "riscv", "riscv64-linux-gnu-g++", ["-gdwarf-5", "-O2"]],
];

const debugOptions: readonly (readonly string[])[] = [
  ["-w"],
  ["-w", "-W"],
  ["--debug-dump=rawline,decodedline"],
  ["--debug-dump=info,abbrev,aranges,loc,Ranges"],
  ["--debug-dump=frames,str,macro"],
];

const source = `#include <stddef.h>
#define TWICE(x) ((x) * 2)
namespace n { struct S { int a : 3; long b[4]; virtual int f(int); enum class E { x, y = -1 } e; }; }
template <class T> T sum(const T *p, size_t n) { T s{}; for (size_t i = 0; i < n; i++) { T t = p[i]; s += TWICE(t); } return s; }
int n::S::f(int k) { static int calls; calls++; return k + a + sum(b, 4); }
static inline int inner(int x) { if (x > 5) { int y = x * x; return y; } return x; }
int outer(int x) { return inner(x) + inner(x + 1); }
double d(double v, float w) { try { return v + w + outer((int)v); } catch (int e) { return e; } }
`;

function debugObjects(folder: string): { name: string; path: string; peer: "native" | "riscv" }[] {
  return debugRecipes.flatMap(([name, peer, compiler, flags]) => {
    const output = path.join(folder, `debug-${name}.o`);
    const { status } = spawnSync(compiler, [...flags, "-c", "-x", "c++", "-", "-o", output], {
      cwd: folder,
      input: source,
    });
    return status === 0 ? [{ name: path.basename(output), path: output, peer }] : [];
  });
}

export function* dumpCases(corpus: readonly CorpusFile[], all: boolean): Generator<ToolCase> {
  let seed = 3;
  const known = corpus.filter(({ name }) => !/mips|ppc/.test(name));
  const row = (tool: string, file: CorpusFile, options: readonly string[]): ToolCase => ({
    tool,
    peer: file.peer,
    args: [...(tool === "objdump" ? file.options : []), ...options, file.name],
    inputs: { [file.name]: file.path },
  });
  // A listing of everything in a library of megabytes takes GNU's tools seconds.
  const small = known.filter(
    ({ kind, name }) => kind === "object" || /^(?:bare|pie|shared|exec-x64)/.test(name),
  );
  const isLong = (options: readonly string[]) =>
    options.some((option) => /^-(?:w|W|-debug|s$|D)/.test(option));
  for (const options of readelfOptions)
    for (const file of sample(isLong(options) ? small : known, 8, seed++, all))
      yield row("readelf", file, options);
  for (const options of objdumpOptions)
    for (const file of sample(isLong(options) ? small : known, 8, seed++, all))
      yield row("objdump", file, options);
  const riscv = small.filter(({ peer }) => peer === "riscv");
  for (const options of disassemblyOptions)
    for (const file of sample(riscv, 5, seed++, all)) yield row("objdump", file, options);
  const large = known.filter(
    ({ peer, kind }) => peer === "riscv" && (kind === "archive" || kind === "library"),
  );
  for (const file of large) yield row("objdump", file, ["-d", "-r"]);
  for (const file of debugObjects(path.dirname(corpus[0].path)))
    for (const options of debugOptions)
      yield {
        tool: "readelf",
        peer: file.peer,
        args: [...options, file.name],
        inputs: { [file.name]: file.path },
      };
  for (const file of systemPrograms(all ? 5000 : 30)) {
    yield { tool: "readelf", peer: "native", args: ["-a", "x"], inputs: { x: file } };
    yield { tool: "objdump", peer: "native", args: ["-x", "x"], inputs: { x: file } };
  }
  const several = known.filter((file) => file.peer === "native").slice(0, 3);
  const inputs = Object.fromEntries(several.map((file) => [file.name, file.path]));
  const damaged = new Uint8Array(100).fill(0x7f);
  for (const [tool, options] of [
    ["readelf", ["-h"]],
    ["objdump", ["-f"]],
  ] as const) {
    yield { tool, peer: "native", args: [...options, ...Object.keys(inputs), "missing.o"], inputs };
    yield { tool, peer: "native", args: [...options, "."], inputs: {} };
    yield {
      tool,
      peer: "native",
      args: [...options, "empty", "damaged"],
      inputs: { empty: new Uint8Array(0), damaged },
    };
    yield { tool, peer: "native", args: [], inputs: {} };
  }
}
