import { describe, expect, test } from "vitest";
import { haveGnu, linkBoth, messagesAsLld } from "./against-gnu.ts";

const definitions = `
  .globl glob, func, weak, hid, abs, big
  .hidden hid
  .weak undef_weak
  .type func, @function
  abs = 0x12345
  big = 0x7fffffff
  .text
  func: ret
  .data
  .balign 8
  glob: .quad 1
  .size glob, 8
  weak: .quad 2
  hid: .quad 3
  .weak weak
`;

const tlsData = `
  .section .tdata,"awT",@progbits
  .globl t0, t1
  .type t0, @object
  .type t1, @object
  .balign 4
  t0: .long 5
  t1: .long 6
  local_tls: .long 7
  .section .tbss,"awT",@nobits
  .balign 32
  .globl t2
  t2: .zero 24
`;

/** Instructions, each linked alone with `definitions` and `tlsData`. */
const cases: Record<string, string> = {
  "data of every width": `.data; .quad glob, glob+8, abs, undef_weak; .long abs; .value abs-0x12300; .byte abs-0x12345
    .quad glob - ., func - .; .long glob - .; .long undef_weak`,
  "PC-relative code": "call func; jmp func; lea glob(%rip), %rax; mov hid+4(%rip), %ecx; movb $1, glob(%rip)",
  "calls through the PLT": "call func@PLT; jmp func@PLT; call local@PLT; call undef_weak@PLT; local: ret",
  "absolute operands":
    "mov $glob, %eax; mov glob, %eax; movq $glob, %rax; movabs $glob, %rax; mov $undef_weak, %ecx",
  "loads from the GOT become immediates": `mov glob@GOTPCREL(%rip), %rax; mov glob@GOTPCREL(%rip), %r9
    mov glob@GOTPCREL(%rip), %ecx; mov glob@GOTPCREL(%rip), %r10d; mov hid@GOTPCREL(%rip), %rdi`,
  "operands in the GOT become immediates": `add glob@GOTPCREL(%rip), %rax; cmp glob@GOTPCREL(%rip), %r12
    sub glob@GOTPCREL(%rip), %ecx; test %rax, glob@GOTPCREL(%rip); test %r9d, glob@GOTPCREL(%rip)
    and glob@GOTPCREL(%rip), %rbx; or glob@GOTPCREL(%rip), %r8d; xor glob@GOTPCREL(%rip), %rsi
    adc glob@GOTPCREL(%rip), %rdi; sbb glob@GOTPCREL(%rip), %rdx`,
  "branches through the GOT": `call *func@GOTPCREL(%rip); jmp *func@GOTPCREL(%rip); call *undef_weak@GOTPCREL(%rip)
    jmp *undef_weak@GOTPCREL(%rip); call *local@GOTPCREL(%rip); local: ret`,
  "loads that stay": `push glob@GOTPCREL(%rip); mov glob@GOTPCREL+4(%rip), %eax; movq glob@GOTPCREL(%rip), %xmm0
    imul glob@GOTPCREL(%rip), %rax`,
  "weak and absolute symbols in the GOT": `mov undef_weak@GOTPCREL(%rip), %rax; cmp undef_weak@GOTPCREL(%rip), %rcx
    mov abs@GOTPCREL(%rip), %rax; cmp big@GOTPCREL(%rip), %rcx; mov abs@GOTPCREL(%rip), %ecx`,
  "older loads from the GOT":
    ".byte 0x48, 0x8b, 0x05; .long glob@GOTPCREL - 4; .byte 0x48, 0x03, 0x05; .long glob@GOTPCREL - 4",
  "local symbols in the GOT": `mov local@GOTPCREL(%rip), %rax; add local@GOTPCREL(%rip), %rcx; push local@GOTPCREL(%rip)
    .data; .zero 5; local: .byte 1`,
  "offsets from the GOT": `lea _GLOBAL_OFFSET_TABLE_(%rip), %rbx; movabs $_GLOBAL_OFFSET_TABLE_ - ., %r11
    movabs $glob@GOTOFF, %rax; movabs $func@PLTOFF, %rcx`,
  "words of the GOT by offset": "movabs $glob@GOT, %rax; .long glob@GOT",
  "sizes of symbols": ".data; .long glob@SIZE; .quad glob@SIZE+2; .long weak@SIZE",
  "general dynamic": `.byte 0x66; leaq t0@tlsgd(%rip), %rdi; .value 0x6666; rex64; call __tls_get_addr@PLT
    .byte 0x66; leaq local_in@tlsgd(%rip), %rdi; .byte 0x66; rex64; call *__tls_get_addr@GOTPCREL(%rip)
    .section .tdata,"awT",@progbits; .long 9; local_in: .long 10`,
  "general dynamic of the large model": `leaq t1@tlsgd(%rip), %rdi; movabsq $__tls_get_addr@pltoff, %rax
    addq %rbx, %rax; call *%rax; leaq t1@tlsgd(%rip), %rdi; movabsq $__tls_get_addr@pltoff, %rax; addq %r15, %rax; call *%rax`,
  "local dynamic": `leaq t0@tlsld(%rip), %rdi; call __tls_get_addr@PLT; leaq t0@dtpoff(%rax), %rcx; mov t1@dtpoff(%rax), %edx
    leaq t0@tlsld(%rip), %rdi; call *__tls_get_addr@GOTPCREL(%rip)`,
  "local dynamic of the large model": `leaq t0@tlsld(%rip), %rdi; movabsq $__tls_get_addr@pltoff, %rax; addq %rbx, %rax; call *%rax`,
  "initial exec": `mov t0@gottpoff(%rip), %rax; add t1@gottpoff(%rip), %rcx; mov t2@gottpoff(%rip), %r13
    add t2@gottpoff(%rip), %r9; add t0@gottpoff(%rip), %rsp; add t0@gottpoff(%rip), %r12; mov local@gottpoff(%rip), %rbx
    .section .tdata,"awT",@progbits; local: .long 10`,
  "TLS descriptors": `leaq t0@tlsdesc(%rip), %rax; call *t0@tlscall(%rax); leaq t1@tlsdesc(%rip), %r11; call *t1@tlscall(%rax)`,
  "TLS descriptors of the module": `leaq _TLS_MODULE_BASE_@tlsdesc(%rip), %rax; call *_TLS_MODULE_BASE_@tlscall(%rax)
    lea t0@dtpoff(%rax), %rcx; lea t2@dtpoff(%rax), %rdx`,
  "local exec":
    "mov %fs:t0@tpoff, %eax; lea t2@tpoff+4(%rax), %rcx; .data; .quad t1@tpoff; .quad t1@dtpoff; .long t2@dtpoff",
  "IFUNC called and addressed": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; call ifn; call ifn@PLT
    mov $ifn, %eax; lea ifn(%rip), %rax; mov ifn@GOTPCREL(%rip), %rax; .data; .quad ifn`,
  "IFUNC loaded from the GOT": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; mov ifn@GOTPCREL(%rip), %rax
    call *ifn@GOTPCREL(%rip)`,
  "IFUNC in a pointer":
    ".type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; .data; .quad ifn; .quad ifn",
  "IFUNC in a pointer and in the GOT": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret
    mov ifn@GOTPCREL(%rip), %rax; .data; .quad ifn`,
  "IFUNC called and in the GOT": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret
    call ifn; push ifn@GOTPCREL(%rip)`,
  "a local IFUNC": ".type ifn, @gnu_indirect_function; ifn: ret; call ifn; .data; .quad ifn",
  "strings by section symbol": `lea text+2(%rip), %rax; mov $text, %ecx; lea .Lother(%rip), %rdx
    .section .rodata.str1.1,"aMS",@progbits,1; text: .string "shared"; .Lother: .string "other"
    .data; .quad .Lother, text+2`,
  "padding of code": '.byte 1; .section .text.b,"ax"; .balign 64; nop',
};

describe.skipIf(!haveGnu("elf_x86_64"))("the same bytes as GNU ld's: x86-64", () => {
  const start = ".globl _start\n.weak undef_weak\n.text\n_start: nop\n";
  const getAddress = ".globl __tls_get_addr; .text; __tls_get_addr: ret";
  for (const relax of [true, false])
    for (const [name, source] of Object.entries(cases)) {
      // Without relaxation GNU ld leaves a word for __tls_get_addr that nothing fills or reads.
      if (!relax && source.includes("*__tls_get_addr")) continue;
      test(relax ? name : `${name}, --no-relax`, () => {
        const sources = [`${start}${source}\n`, definitions, tlsData, getAddress];
        const { ours, gnu } = linkBoth("elf_x86_64", sources, relax ? [] : ["--no-relax"]);
        expect(ours).toEqual(gnu);
        expect(gnu.messages).toEqual([]);
      });
    }

  test.each(["ibtplt", "ibt"])("stubs for Indirect Branch Tracking: -z %s", (word) => {
    const source = `${start}.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; call ifn; .data; .quad ifn`;
    const { ours, gnu } = linkBoth("elf_x86_64", [source], ["-z", word]);
    expect(ours).toEqual(gnu);
    expect(Object.keys(gnu.sections).join()).toContain(".plt");
  });

  test.each(["sha1", "md5"])("the build identifier: %s", (style) => {
    const { ours, gnu } = linkBoth(
      "elf_x86_64",
      [`${start}call func`, definitions, tlsData],
      [`--build-id=${style}`],
    );
    expect(ours).toEqual(gnu);
    expect(Object.keys(gnu.sections).join()).toContain(".note.gnu.build-id");
  });

  test("an image above 2 GiB, as a kernel's", () => {
    const source = `${start}mov $glob, %rax; lea glob(%rip), %rcx; call func; .quad glob; mov glob@GOTPCREL(%rip), %rdi`;
    const { ours, gnu } = linkBoth(
      "elf_x86_64",
      [source, definitions],
      ["-Ttext-segment=0xffffffff80000000"],
    );
    expect(ours).toEqual(gnu);
    expect(Object.keys(gnu.sections)).toContain(".text at ffffffff80001000");
  });
});

/** Both sides of limits: the first of each pair fits. */
const limits: Record<string, readonly [string, string]> = {
  R_X86_64_8: [".byte v - 0x1000 + 0xff", ".byte v - 0x1000 + 0x100"],
  R_X86_64_16: [".value v + 0xefff", ".value v + 0xf000"],
  R_X86_64_32: ["mov $v + 0xffffefff, %eax", "mov $v + 0xfffff000, %eax"],
  R_X86_64_32S: ["movq $v + 0x7fffefff, %rax", "movq $v + 0x7ffff000, %rax"],
  R_X86_64_PC8: [".byte v - . + 0x107f", ".byte v - . + 0x1080"],
  R_X86_64_PC32: [".long v - . + 0x80000fff", ".long v - . + 0x80001000"],
};

describe.skipIf(!haveGnu("elf_x86_64"))("limits", () => {
  for (const [type, pair] of Object.entries(limits))
    for (const [index, source] of pair.entries())
      test(`${type} ${index === 0 ? "fits" : "does not fit"}`, () => {
        const text = `.globl _start, v\n.section .head, "ax"\n_start: ${source}\n`;
        const { ours, gnu } = linkBoth(
          "elf_x86_64",
          [text, ".globl v; v = 0x1000"],
          ["--section-start=.head=0x2000"],
        );
        expect(ours.messages).toEqual(gnu.messages);
        expect(ours.sections).toEqual(gnu.sections);
        if (index === 1) expect(gnu.messages.join()).toContain(`relocation truncated to fit: ${type}`);
      });
});

describe.skipIf(!haveGnu("elf_x86_64"))("sequences that cannot be rewritten", () => {
  const wrong = {
    "general dynamic": "leaq t0@tlsgd(%rip), %rdi; call __tls_get_addr@PLT",
    "general dynamic of a local symbol": `leaq here@tlsgd(%rip), %rdi; call __tls_get_addr@PLT
      .section .tdata,"awT",@progbits; here: .long 1`,
    "local dynamic": "leaq t0@tlsld(%rip), %rsi; call __tls_get_addr@PLT",
    "initial exec": "cmp t0@gottpoff(%rip), %rax",
    "a descriptor": "mov t0@tlsdesc(%rip), %rax",
  };
  for (const [name, source] of Object.entries(wrong))
    test(name, () => {
      const { ours, gnu } = linkBoth("elf_x86_64", [
        `.globl _start\n_start: ${source}`,
        tlsData,
        ".globl __tls_get_addr; __tls_get_addr: ret",
      ]);
      expect(ours.messages).toEqual(gnu.messages.filter((line) => !line.endsWith(": bad value")));
    });
});

describe.skipIf(!haveGnu("elf_x86_64"))("LLD's words", () => {
  const far = ".globl far; far = 0x100000000";
  test.each([
    [
      "mov $far, %eax",
      "a.o:(.text+0x1): relocation R_X86_64_32 out of range: 4294967296 is not in [0, 4294967295]; references far",
    ],
    [
      ".byte far - 0xffffff00",
      "a.o:(.text+0x0): relocation R_X86_64_8 out of range: 256 is not in [-128, 255]; references far",
    ],
    [
      ".type f, @function; f: cmp here@gottpoff(%rip), %rax; .size f, .-f",
      "a.o:(function f: .text+0x0): R_X86_64_GOTTPOFF must be used in MOVQ or ADDQ instructions only",
    ],
  ])("%s", (source, message) => {
    const tls = '.section .tdata,"awT",@progbits; here: .long 1; .text';
    const text = `.globl _start\n${tls}\n_start: ${source}`;
    expect(messagesAsLld("elf_x86_64", [text, far], [])[0]).toBe(message);
  });
});
