import { sample } from "./cases.ts";
import { type CorpusFile, systemPrograms } from "./corpus.ts";
import type { ToolCase } from "./frame.ts";

// Rows of objcopy and strip: each list of options over files of each kind; the
// copies must be equal byte for byte.

const extra = {
  data: new TextEncoder().encode("added contents\n"),
  names: new TextEncoder().encode("fn # a comment\nuse\n\nhid\n"),
  renames: new TextEncoder().encode("fn new_fn\nuse new_use # comment\n"),
};

const objcopyOptions: readonly string[] = [
  "",
  "-S",
  "-g",
  "-x",
  "-X",
  "-p",
  "-v",
  "--strip-unneeded",
  "--only-keep-debug",
  "--extract-symbol",
  "--weaken",
  "--localize-hidden",
  "-N fn",
  "-N twice",
  "-K fn -S",
  "-K use --strip-unneeded",
  "-L fn",
  "-G fn",
  "-W fn -W use",
  "--globalize-symbol=twice",
  "-w -N f*",
  "-w -L !use -L *",
  "--keep-file-symbols -S",
  "--strip-symbols=names",
  "--keep-global-symbols=names",
  "--weaken-symbols=names",
  "--localize-symbols=names",
  "--redefine-sym fn=renamed",
  "--redefine-syms=renames",
  "--prefix-symbols=p_",
  "--prefix-sections=.p",
  "--prefix-alloc-sections=.a",
  "-R .comment",
  "-R .text",
  "-R .data -R .bss",
  "-R .rela.text",
  "-R .debug_*",
  "-R .eh_frame",
  "--remove-relocations=.text",
  "-j .text",
  "-j .text -j .data",
  "-j .data --keep-section=.comment",
  "--add-section .new=data",
  "--add-section .note.new=data --set-section-flags .new=alloc,readonly",
  "--add-section .new=data --set-section-flags .new=noload,readonly --change-section-address .new=0x100",
  "--add-section .text=data",
  "--update-section .comment=data",
  "--update-section .data=data",
  "--update-section .nothing=data",
  "--dump-section .text=dumped",
  "--dump-section .nothing=dumped",
  "--dump-section .bss=dumped",
  "--rename-section .data=.mydata",
  "--rename-section .data=.mydata,alloc,load,readonly,data,contents",
  "--rename-section .text=.code,alloc,code,load,readonly",
  "--set-section-flags .data=alloc,load,readonly,data,contents",
  "--set-section-flags .bss=alloc,load,contents",
  "--set-section-flags .data=bogus",
  "--set-section-alignment .data=64",
  "--set-section-alignment .data=3",
  "--set-start 0x1234",
  "--change-start 0x10",
  "--change-addresses 0x1000",
  "--change-section-address .data=0x8000",
  "--change-section-address .data+0x1000",
  "--change-section-lma .data=0x9000",
  "--change-section-lma .data+16",
  "--change-section-vma .text-0x10",
  "--change-section-lma .nothing=1",
  "--add-symbol s=0x10",
  "--add-symbol s=.data:4,global,object --add-symbol t=.text:0,local,function,before=fn",
  "--add-symbol s=.nothing:1",
  "--add-gnu-debuglink=data",
  "--add-gnu-debuglink=missing",
  "--elf-stt-common=yes",
  "--decompress-debug-sections",
  "-O binary",
  "-O binary -j .text",
  "-O binary -j .data -j .text",
  "-O binary --gap-fill 0xff",
  "-O binary -R .note* --pad-to 0x2000",
  "-O ihex",
  "-O ihex -j .text",
  "-O srec",
  "-O srec --srec-len 32",
  "-O srec --srec-forceS3 -j .data",
  "-O symbolsrec",
  "-O verilog",
  "-O verilog --verilog-data-width 4 -j .text",
  "-O binary --reverse-bytes 4 -j .mysec",
  "-O binary -i 4 -b 1 -j .text",
  "-O binary --interleave=2 --byte=0 --interleave-width=1 -j .data",
  "-O bogus",
  "-I bogus",
  "--bogus",
  "-I binary -O binary",
];

const stripOptions: readonly string[] = [
  "",
  "-s",
  "-g",
  "-d -v",
  "-x",
  "-X",
  "--strip-unneeded",
  "--only-keep-debug",
  "-N fn",
  "-K fn",
  "-R .comment",
  "-R .comment -g",
  "-K main -K fn --keep-file-symbols",
  "-w -K f*",
  "-p",
  "-o out",
  "-o out -g -p",
  "--keep-section=.debug_info -g",
  "-D -g",
  "--strip-dwo",
];

/** Copies of raw formats, and of what is no object. */
const raw: readonly (readonly [string, string, string])[] = [
  ["native", "-I binary -O elf64-x86-64 -B i386 data", "out"],
  ["native", "-I binary -O elf32-i386 -B i386 data", "out"],
  [
    "native",
    "-I binary -O elf64-x86-64 -B i386:x86-64 --rename-section .data=.rodata,alloc,load,readonly,data,contents data",
    "out",
  ],
  ["native", "-I binary -O srec data", "out"],
  ["native", "-I binary -O ihex --change-addresses 0x12345 data", "out"],
  ["native", "-I binary -O ihex --change-addresses 0x8000fff8 --set-start 0x80000000 data", "out"],
  ["native", "-I binary -O verilog --change-addresses 0x20 data", "out"],
  ["riscv", "-I binary -O elf32-littleriscv -B riscv data", "out"],
  ["riscv", "-I binary -O elf64-littleriscv -B riscv:rv64 data", "out"],
  ["native", "-I ihex -O binary hex", "out"],
  ["native", "-I ihex -O srec hex", "out"],
  ["native", "-I srec -O binary srec", "out"],
  ["native", "-I srec -O ihex srec", "out"],
  ["native", "-O binary hex", "out"],
  ["native", "-O elf64-x86-64 -I ihex hex", "out"],
  ["native", "names", "out"],
  ["native", "missing", "out"],
  ["native", "empty", "out"],
  ["native", ".", "out"],
];
const hex =
  ":10010000214601360121470136007EFE09D2190140\r\n:100110002146017E17C20001FF5F16002148011928\r\n:00000001FF\r\n";
const srec = "S00600004844521B\r\nS1130000285F245F2212226A000424290008237C2A\r\nS9030000FC\r\n";

export function* copyCases(corpus: readonly CorpusFile[], all: boolean): Generator<ToolCase> {
  let seed = 0;
  const usable = corpus.filter((file) => !/mips|ppc/.test(file.name) && file.options.length === 0);
  const single = usable.filter((file) => file.kind !== "archive");
  const words = (text: string) => text.split(" ").filter((word) => word !== "");
  for (const options of objcopyOptions) {
    for (const file of sample(single, 9, seed++, all))
      yield {
        tool: "objcopy",
        peer: file.peer,
        args: [...words(options), file.name, "out"],
        inputs: { [file.name]: file.path, ...extra },
      };
  }
  for (const options of stripOptions) {
    for (const file of sample(single, 12, seed++, all))
      yield {
        tool: "strip",
        peer: file.peer,
        args: [...words(options), file.name],
        inputs: { [file.name]: file.path },
      };
  }
  const archives = usable.filter((file) => file.kind === "archive");
  for (const options of ["", "-g", "-S", "--prefix-symbols=x_"])
    for (const file of sample(archives, 2, seed++, all)) {
      const inputs = { [file.name]: file.path };
      yield { tool: "objcopy", peer: file.peer, args: [...words(options), file.name, "out.a"], inputs };
      if (options !== "--prefix-symbols=x_")
        yield { tool: "strip", peer: file.peer, args: [...words(options), file.name], inputs };
    }
  for (const file of systemPrograms(all ? 5000 : 30)) {
    yield { tool: "strip", peer: "native", args: ["x"], inputs: { x: file } };
    yield { tool: "objcopy", peer: "native", args: ["-O", "binary", "x", "out"], inputs: { x: file } };
    yield { tool: "objcopy", peer: "native", args: ["--only-keep-debug", "x", "out"], inputs: { x: file } };
  }
  const text = (value: string) => new TextEncoder().encode(value);
  const inputs = { ...extra, hex: text(hex), srec: text(srec), empty: new Uint8Array(0) };
  for (const [peer, options, output] of raw)
    yield {
      tool: "objcopy",
      peer: peer === "riscv" ? "riscv" : "native",
      args: [...words(options), output],
      inputs,
    };
}
