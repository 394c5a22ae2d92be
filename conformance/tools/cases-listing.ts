import { readFileSync } from "node:fs";
import { openElf } from "../../src/tools/bfd/object.ts";
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

const stringsOptions: readonly (readonly string[])[] = [
  [],
  ["-a"],
  ["-d"],
  ["-n", "8"],
  ["-12"],
  ["-t", "x"],
  ["-t", "d", "-f"],
  ["-o", "-n", "20"],
  ["-w"],
  ["-e", "S"],
  ["-e", "l", "-t", "x"],
  ["-e", "b"],
  ["-e", "L"],
  ["-e", "B", "-t", "d", "-n", "2"],
  ["-s", " | "],
  ["-U", "hex", "-n", "6"],
  ["-U", "escape"],
  ["-U", "invalid", "-t", "x"],
  ["-n", "0"],
  ["-n", "x"],
  ["-t", "q"],
  ["-e", "q"],
  ["-U", "q"],
  ["-d", "-t", "x", "-n", "3"],
];

/** Text with 16- and 32-bit strings and UTF-8 in it, at odd places. */
function mixedText(): Uint8Array {
  const wide = Buffer.from("sixteen bits here", "utf16le");
  const parts = [
    Buffer.from("plain text\0x\x01"),
    wide,
    Buffer.from([0, 1]),
    Buffer.from(wide).swap16(),
    Buffer.from(
      "d\u00e9j\u00e0 vu \u20ac5 \u{1f600} end\0tab\there\nand\rthere\x0bmore\0abc\x7fdefg\xc3(",
      "utf8",
    ),
    Buffer.from([0xff, 0xfe, 0x41, 0, 0, 0, 0x42, 0, 0, 0, 0x43, 0, 0, 0, 0x44, 0, 0, 0, 0x45, 0, 0]),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

const filterOptions: readonly (readonly string[])[] = [
  [],
  ["-i"],
  ["-p"],
  ["-p", "-i"],
  ["-t"],
  ["-n"],
  ["-_"],
  ["-s", "rust"],
  ["-s", "gnu-v3"],
  ["-s", "none"],
  ["-s", "bogus"],
];

const mangled = [
  "_Z1fv _Z1fSs <_ZN3fooIiE3barEv> ._Z1fi $_Z1fi __Z1fi",
  "_ZNSt6vectorIiSaIiEE9push_backERKi, _ZNK3foo3barEv; _ZTV3foo _ZGVZ1fvE1x _ZZ1fvE1x",
  "_ZN4core3fmt5write17h0123456789abcdefE _ZN4core3fmt5write17h0000000000000000E",
  "_ZN55_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE",
  "_RNvC6_123foo3bar _RNvNtCs1234_7mycrate3foo3bar _RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
  "_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_ _RINvMsm_NtC3std3memINtB5_4SomeKj7b_KpE3newlE _RNvYNtC3foo3BarNtB2_5Trait3baz",
  "_RMC0INtC8arrayvec8ArrayVechKj7b_E _RMC0FFhhEE _RMC0FG_RL0_hEuE _RNvXs_C3abcINtB4_3FooKcvE3bar",
  "_RMCs4fqI2P2rA04_13const_genericINtB0_8UnsignedKhb_E _RMCs4fqI2P2rA04_13const_genericINtB0_6SignedKs98_E _RMCs_13const_genericINtB0_4BoolKb1_E",
  "_RMCs_1aINtB0_4CharKc27_E _RMCs_1aINtB0_6SignedKsn98_E _RMC0DNtC3abc5TraitEL_ _RMC0DG_INtC3abc3TraL0_hEp4ItemhEL_ _R garbage_RNv",
  "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std _RNvC3foo3bar.llvm.123",
  "PKc abc i St6vectorIiE _Z1fIiEvT_ _ZlsRSoRK3foo _ZN3fooC2Ev _ZThn8_N3foo3barEv _ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc",
];

const addressOptions: readonly (readonly string[])[] = [
  [],
  ["-f"],
  ["-f", "-i"],
  ["-f", "-i", "-p", "-C"],
  ["-a", "-s"],
  ["-a", "-f", "-p"],
  ["-C", "-f", "-s"],
  ["-j", ".text", "-f", "-i"],
];

/** Addresses spread over the file's code, and a few that are nowhere; and nm -l. */
function* addressCases(corpus: readonly CorpusFile[], all: boolean): Generator<ToolCase> {
  for (const file of corpus) {
    if (file.kind === "archive") continue;
    const bytes = readFileSync(file.path);
    const inputs = { [file.name]: file.path };
    const object = openElf(file.name, new Uint8Array(bytes));
    if (!object) continue;
    const addresses: string[] = ["0", "ffffffff", "main", "fn+4"];
    for (const section of object.sections) {
      if (!(section.flags & 0x10)) continue;
      const step = Math.max(1, Math.floor(section.size / (all ? 400 : 60)));
      for (let at = 0; at < section.size; at += step) addresses.push((section.vma + BigInt(at)).toString(16));
      if (addresses.length > 300) break;
    }
    const stdin = new TextEncoder().encode(`${addresses.join("\n")}\n`);
    for (const options of addressOptions)
      yield { tool: "addr2line", peer: file.peer, args: [...options, "-e", file.name], inputs, stdin };
    if (bytes.length < 500_000)
      for (const args of [["-l"], ["-l", "-a", "-n"], ["-l", "-u"]])
        yield { tool: "nm", peer: file.peer, args: [...args, file.name], inputs };
  }
  yield { tool: "addr2line", peer: "native", args: ["-e", "missing", "0"], inputs: {} };
  yield { tool: "addr2line", peer: "native", args: ["0"], inputs: {} };
}

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
  yield* addressCases(corpus, all);
  for (const args of stringsOptions) {
    for (const file of sample(corpus, 4, seed++, all))
      yield {
        tool: "strings",
        peer: file.peer,
        args: [...args, file.name],
        inputs: { [file.name]: file.path },
      };
    yield { tool: "strings", peer: "native", args: [...args, "mixed"], inputs: { mixed: mixedText() } };
    yield { tool: "strings", peer: "native", args, inputs: {}, stdin: mixedText() };
  }
  yield { tool: "strings", peer: "native", args: ["missing", ".", "-"], inputs: {} };
  for (const options of filterOptions) {
    for (const line of mangled) {
      const stdin = new TextEncoder().encode(`${line}\nand (${line})`);
      yield { tool: "c++filt", peer: "native", args: options, inputs: {}, stdin };
      yield { tool: "c++filt", peer: "native", args: [...options, "--", ...line.split(" ")], inputs: {} };
    }
  }
}
