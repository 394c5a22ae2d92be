import { describe, expect, test } from "vitest";
import { X86Text } from "./x86-text.ts";

// What Capstone prints of some instructions, and what GNU objdump does.

const bytesOf = (hex: string) => Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));

function rewrite(intel: boolean, hex: string, mnemonic: string, operands: string): string {
  const bytes = bytesOf(hex);
  const text = new X86Text(64, intel, (address) => `${address.toString(16)} <f>`);
  return text.rewrite(mnemonic, operands, bytes, 0, bytes.length, 0x1000);
}

describe("x86 instructions in GNU's spelling", () => {
  test.each([
    ["48 83 ec 08", "subq", "$8, %rsp", "sub    $0x8,%rsp"],
    ["48 8b 05 bd 6f 00 00", "movq", "0x6fbd(%rip), %rax", "mov    0x6fbd(%rip),%rax        # 7fc4 <f>"],
    ["74 02", "je", "0x1004", "je     1004 <f>"],
    ["ff d0", "callq", "*%rax", "call   *%rax"],
    ["d1 fe", "sarl", "$1, %esi", "sar    %esi"],
    ["66 2e 0f 1f 84 00 00 00 00 00", "nopw", "%cs:(%rax, %rax)", "cs nopw 0x0(%rax,%rax,1)"],
    ["c6 45 00 ff", "movb", "$-1, (%rbp)", "movb   $0xff,0x0(%rbp)"],
    ["d8 ca", "fmul", "%st(2)", "fmul   %st(2),%st"],
    ["f3 48 a5", "rep movsq", "(%rsi), %es:(%rdi)", "rep movsq %ds:(%rsi),%es:(%rdi)"],
  ])("%s in AT&T syntax", (hex, mnemonic, operands, expected) => {
    expect(rewrite(false, hex, mnemonic, operands)).toBe(expected);
  });

  test.each([
    ["48 83 ec 08", "sub", "rsp, 8", "sub    rsp,0x8"],
    ["ff d0", "call", "rax", "call   rax"],
    ["83 38 ff", "cmp", "dword ptr [rax], -1", "cmp    DWORD PTR [rax],0xffffffff"],
    ["8b 44 08 00", "mov", "eax, dword ptr [rax + rcx]", "mov    eax,DWORD PTR [rax+rcx*1+0x0]"],
    ["db 6c 24 20", "fld", "xword ptr [rsp + 0x20]", "fld    TBYTE PTR [rsp+0x20]"],
  ])("%s in Intel syntax", (hex, mnemonic, operands, expected) => {
    expect(rewrite(true, hex, mnemonic, operands)).toBe(expected);
  });
});
