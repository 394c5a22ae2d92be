import { sample } from "./cases.ts";
import { type CorpusFile, systemPrograms } from "./corpus.ts";
import type { ToolCase } from "./frame.ts";

// Rows of nm and size: each list of options over files of each kind.

const nmOptions: readonly (readonly string[])[] = [
  [],
  ["-a"],
  ["-A"],
  ["-C"],
  ["-D"],
  ["-g"],
  ["-n"],
  ["-p"],
  ["-r"],
  ["-P"],
  ["-S"],
  ["-u"],
  ["-U"],
  ["-s"],
  ["-j"],
  ["-W"],
  ["-f", "sysv"],
  ["-f", "sysv", "-u"],
  ["-f", "posix", "-A"],
  ["-t", "d"],
  ["-t", "o", "-S"],
  ["-P", "-t", "o"],
  ["--size-sort"],
  ["--size-sort", "-S", "-r"],
  ["--size-sort", "-a"],
  ["-n", "-r", "-a"],
  ["-n", "-S", "-A"],
  ["-a", "-p", "-f", "sysv"],
  ["--special-syms", "-n"],
  ["--without-symbol-versions", "-D"],
  ["-D", "-C", "-n"],
  ["--ifunc-chars=Ff"],
  ["--defined-only", "-g", "-C"],
  ["-fx"],
  ["-t", "q"],
  ["--bogus"],
  ["--d"],
  ["-X", "32"],
  ["-u", "--size-sort"],
];

const sizeOptions: readonly (readonly string[])[] = [
  [],
  ["-A"],
  ["-B"],
  ["-G"],
  ["-o"],
  ["-x"],
  ["-A", "-x"],
  ["-A", "-o"],
  ["-G", "-x", "-t"],
  ["-t"],
  ["-t", "-o"],
  ["--common"],
  ["-A", "--common"],
  ["--format=gnu", "--radix=8", "--totals"],
  ["--radix=7"],
  ["--format=zzz"],
];

export function* listingCases(corpus: readonly CorpusFile[], all: boolean): Generator<ToolCase> {
  let seed = 0;
  for (const [tool, rows] of [
    ["nm", nmOptions],
    ["size", sizeOptions],
  ] as const) {
    for (const options of rows) {
      for (const file of sample(corpus, 12, seed++, all))
        yield {
          tool,
          peer: file.peer,
          args: [...file.options, ...options, file.name],
          inputs: { [file.name]: file.path },
        };
    }
    const several = corpus.filter((file) => file.peer === "native").slice(0, 4);
    const inputs = Object.fromEntries(several.map((file) => [file.name, file.path]));
    for (const options of rows)
      yield { tool, peer: "native", args: [...options, ...Object.keys(inputs), "missing.o"], inputs };
    for (const file of systemPrograms(all ? 5000 : 40))
      yield { tool, peer: "native", args: tool === "nm" ? ["-D", "x"] : ["x"], inputs: { x: file } };
    yield { tool, peer: "native", args: ["."], inputs: {} };
    yield { tool, peer: "native", args: [], inputs: {} };
    const damaged = new Uint8Array(100).fill(0x7f);
    yield { tool, peer: "native", args: ["empty", "damaged"], inputs: { empty: new Uint8Array(0), damaged } };
  }
}
