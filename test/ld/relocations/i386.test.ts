import { describe, expect, test } from "vitest";
import { haveGnu, linkBoth } from "./against-gnu.ts";

const definitions = `
  .globl glob, func, weak, hid, abs
  .hidden hid
  .type func, @function
  .globl small
  abs = 0x12345
  small = 0x45
  .text
  func: ret
  .data
  .balign 4
  glob: .long 1
  .size glob, 4
  weak: .long 2
  hid: .long 3
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
  .section .tbss,"awT",@nobits
  .balign 32
  .globl t2
  t2: .zero 24
`;

/** Instructions, each linked alone with `definitions` and `tlsData`. */
const cases: Record<string, string> = {
  "data of every width": ".data; .long glob, glob+8, abs, undef_weak, glob - .; .value small; .byte small",
  "PC-relative code":
    "call func; jmp func; call undef_weak; mov glob, %eax; movl $glob+4, (%ecx); lea glob(,%eax,4), %edx",
  "calls through the PLT": "call func@PLT; jmp func@PLT; call local@PLT; call undef_weak@PLT; local: ret",
  "16-bit code": ".code16; call near; movw $small, %ax; mov small, %bx; near: ret; .code32",
  "loads from the GOT become immediates": `mov glob@GOT(%ebx), %eax; mov glob@GOT, %ecx; mov hid@GOT(%esi), %edi
    mov local@GOT(%ebx), %edx; mov abs@GOT(%ebx), %eax; .data; .zero 3; local: .byte 1`,
  "operands in the GOT become immediates": `add glob@GOT(%ebx), %eax; cmp glob@GOT, %ecx; sub glob@GOT(%ebx), %edx
    test %eax, glob@GOT(%ebx); test %esi, glob@GOT; and glob@GOT(%ebx), %ebp; or glob@GOT(%ebx), %edi
    xor glob@GOT(%ebx), %esi; adc glob@GOT(%ebx), %eax; sbb glob@GOT(%ebx), %eax`,
  "branches through the GOT": `call *func@GOT(%ebx); call *func@GOT; jmp *func@GOT(%ebx); jmp *func@GOT
    call *undef_weak@GOT(%ebx); call *local@GOT(%ecx); local: ret`,
  "loads that stay":
    "push glob@GOT(%ebx); push glob@GOT; mov glob@GOT+4(%ebx), %eax; imul hid@GOT(%ebx), %eax",
  "weak symbols in the GOT": "mov undef_weak@GOT(%ebx), %eax; cmp undef_weak@GOT, %ecx",
  "offsets from the GOT": `call next; next: pop %ebx; add $_GLOBAL_OFFSET_TABLE_+[.-next], %ebx
    lea glob@GOTOFF(%ebx), %eax; mov local@GOTOFF+4(%ebx), %ecx; push weak@GOT(%ebx); .data; .zero 7; local: .long 1`,
  "sizes of symbols": ".data; .long glob@SIZE, glob@SIZE+2",
  "general dynamic": `leal t0@tlsgd(,%ebx,1), %eax; call ___tls_get_addr@PLT
    leal t0@tlsgd(%ebx), %eax; call ___tls_get_addr@PLT; nop
    leal t1@tlsgd(%ecx), %eax; call *___tls_get_addr@GOT(%ecx)`,
  "local dynamic": `leal t0@tlsldm(%ebx), %eax; call ___tls_get_addr@PLT; leal t0@dtpoff(%eax), %ecx; mov t1@dtpoff(%eax), %edx
    leal t0@tlsldm(%esi), %eax; call *___tls_get_addr@GOT(%esi); .data; .long t2@dtpoff`,
  "initial exec": `mov t0@indntpoff, %eax; mov t1@indntpoff, %ecx; add t2@indntpoff, %edx
    mov t0@gotntpoff(%ebx), %eax; add t1@gotntpoff(%ebx), %edi; sub t2@gottpoff(%ebx), %esi; mov t2@gottpoff(%ebx), %ecx
    mov local@indntpoff, %ebx; .section .tdata,"awT",@progbits; local: .long 10`,
  "TLS descriptors": "leal t0@tlsdesc(%ebx), %eax; call *t0@tlscall(%eax); leal t2@tlsdesc(%ebx), %ecx",
  "TLS descriptors of the module": `leal _TLS_MODULE_BASE_@tlsdesc(%ebx), %eax; call *_TLS_MODULE_BASE_@tlscall(%eax)
    lea t0@dtpoff(%eax), %ecx; lea t2@dtpoff(%eax), %edx`,
  "local exec":
    "mov %gs:t0@ntpoff, %eax; lea t2@ntpoff+4(%eax), %ecx; sub $t1@tpoff, %eax; .data; .long t1@ntpoff, t2@tpoff",
  "IFUNC called and addressed": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; call ifn; call ifn@PLT
    mov $ifn, %eax; mov ifn@GOT(%ebx), %eax; .data; .long ifn`,
  "IFUNC loaded from the GOT": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; mov ifn@GOT(%ebx), %eax
    call *ifn@GOT(%ebx); mov ifn@GOT, %ecx`,
  "IFUNC in a pointer": ".type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; .data; .long ifn, ifn",
  "IFUNC called and in the GOT": `.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret
    call ifn; push ifn@GOT(%ebx); push ifn@GOT`,
  "strings by section symbol": `lea text+2, %eax; mov $text, %ecx; call text+3
    .section .rodata.str1.1,"aMS",@progbits,1; text: .string "shared"; .Lother: .string "other"
    .data; .long .Lother, text+2`,
  "padding of code": '.byte 1; .section .text.b,"ax"; .balign 64; nop',
};

describe.skipIf(!haveGnu("elf_i386"))("the same bytes as GNU ld's: i386", () => {
  const start = ".globl _start\n.weak undef_weak\n.text\n_start: nop\n";
  const getAddress = ".globl ___tls_get_addr; .text; ___tls_get_addr: ret";
  for (const [name, source] of Object.entries(cases))
    test(name, () => {
      const { ours, gnu } = linkBoth("elf_i386", [`${start}${source}\n`, definitions, tlsData, getAddress]);
      expect(ours).toEqual(gnu);
      expect(gnu.messages).toEqual([]);
    });

  test("stubs for Indirect Branch Tracking", () => {
    const source = `${start}.type ifn, @gnu_indirect_function; .globl ifn; ifn: ret; call ifn; .data; .long ifn`;
    const { ours, gnu } = linkBoth("elf_i386", [source], ["-z", "ibtplt"]);
    expect(ours).toEqual(gnu);
    expect(Object.keys(gnu.sections).join()).toContain(".plt");
  });
});

/** A field and two values of `v`: the largest (or least) that fits, and the next. */
const limits: Record<string, readonly [string, string, string]> = {
  "R_386_8, largest": [".byte v", "0xff", "0x100"],
  "R_386_8, least": [".byte v", "-0x100", "-0x101"],
  "R_386_16, largest": [".value v", "0xffff", "0x10000"],
  "R_386_16, least": [".value v", "-0x10000", "-0x10001"],
  "R_386_PC8, largest": [".byte v - .", "0x107f", "0x1080"],
  "R_386_PC8, least": [".byte v - .", "0x0f80", "0x0f7f"],
  "R_386_PC16, largest": [".value v - .", "0x10fff", "0x11000"],
};

describe.skipIf(!haveGnu("elf_i386"))("limits", () => {
  for (const [name, [source, fits, tooFar]] of Object.entries(limits))
    for (const value of [fits, tooFar])
      test(`${name}: ${value}`, () => {
        const text = `.globl _start, v\n.section .head, "ax"\n_start: ${source}\n`;
        const sources = [text, `.globl v; v = ${value}`];
        const { ours, gnu } = linkBoth("elf_i386", sources, ["--section-start=.head=0x1000"]);
        expect(ours.messages).toEqual(gnu.messages);
        expect(ours.sections).toEqual(gnu.sections);
        const relocation = name.split(",")[0];
        if (value === tooFar)
          expect(gnu.messages.join()).toContain(`relocation truncated to fit: ${relocation}`);
        else expect(gnu.messages).toEqual([]);
      });
});

describe.skipIf(!haveGnu("elf_i386"))("sequences that cannot be rewritten", () => {
  const wrong = {
    "general dynamic": "leal t0@tlsgd(%ebx), %ecx; nop; call ___tls_get_addr@PLT",
    "initial exec": "push t0@gotntpoff(%ebx)",
    "a descriptor": "mov t0@tlsdesc(%ebx), %eax",
  };
  for (const [name, source] of Object.entries(wrong))
    test(name, () => {
      const { ours, gnu } = linkBoth("elf_i386", [
        `.globl _start\n_start: ${source}`,
        tlsData,
        ".globl ___tls_get_addr; ___tls_get_addr: ret",
      ]);
      expect(ours.messages).toEqual(gnu.messages.filter((line) => !line.endsWith(": bad value")));
    });
});
