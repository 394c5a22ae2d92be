import { describe, expect, test } from "vitest";
import { X86Decoder } from "./index.ts";

// What GNU objdump 2.40 prints of these bytes.

function decode(hex: string, intel = false, bits: 16 | 32 | 64 = 64): string {
  const bytes = Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));
  const decoder = new X86Decoder(bits, intel, (address) => address.toString(16));
  const size = decoder.decode(bytes, 0, bytes.length, 0x1000);
  return `${size} ${decoder.text}`;
}

describe("x86 code in AT&T syntax", () => {
  test.each([
    ["48 83 ec 08", "4 sub    $0x8,%rsp"],
    ["48 8b 05 bd 6f 00 00", "7 mov    0x6fbd(%rip),%rax        # 7fc4"],
    ["74 02", "2 je     1004"],
    ["ff d0", "2 call   *%rax"],
    ["d1 fe", "2 sar    %esi"],
    ["66 2e 0f 1f 84 00 00 00 00 00", "10 cs nopw 0x0(%rax,%rax,1)"],
    ["c6 45 00 ff", "4 movb   $0xff,0x0(%rbp)"],
    ["d8 ca", "2 fmul   %st(2),%st"],
    ["f3 48 a5", "3 rep movsq %ds:(%rsi),%es:(%rdi)"],
    ["f3 0f 1e fa", "4 endbr64"],
    ["63 30", "2 movsxd (%rax),%esi"],
    ["ed", "1 in     (%dx),%eax"],
    ["66 0f 3a 44 c6 11", "6 pclmulhqhqdq %xmm6,%xmm0"],
    ["9b d9 3c 24", "4 fstcw  (%rsp)"],
  ])("%s", (hex, text) => expect(decode(hex)).toBe(text));
});

describe("prefixes that nothing uses are shown", () => {
  test.each([
    ["66 48 8d 3d 33 4d 00 00", "8 data16 lea 0x4d33(%rip),%rdi        # 5d3b"],
    ["66 66 48 e8 00 00 00 00", "8 data16 data16 rex.W call 1008"],
    ["66 66 66 64 48 8b 04 25 00 00 00 00", "12 data16 data16 data16 mov %fs:0x0,%rax"],
    ["40 90", "2 rex nop"],
    ["48 66 90", "1 rex.W"],
    ["3e ff e0", "3 notrack jmp *%rax"],
    ["f2 c3", "2 bnd ret"],
  ])("%s", (hex, text) => expect(decode(hex)).toBe(text));
});

describe("what is no instruction", () => {
  test.each([
    ["0e", "1 (bad)"],
    ["0f 00 38", "2 (bad)"],
    ["8d c0", "1 (bad)"],
    ["c4 00 00 00", "1 (bad)"],
    ["e8 00 00", "1 .byte 0xe8"],
    ["66 e8", "1 data16"],
    ["62 00 00", "1 .byte 0x62"],
  ])("%s", (hex, text) => expect(decode(hex)).toBe(text));
});

describe("Intel syntax, and other widths", () => {
  test.each([
    ["8b 44 08 00", "4 mov    eax,DWORD PTR [rax+rcx*1+0x0]"],
    ["db 6c 24 20", "4 fld    TBYTE PTR [rsp+0x20]"],
    ["f0 48 0f c7 0f", "5 lock cmpxchg16b OWORD PTR [rdi]"],
    ["62 f1 74 58 58 44 24 01", "8 vaddps zmm0,zmm1,DWORD BCST [rsp+0x4]"],
    ["62 f1 74 18 58 c2", "6 vaddps zmm0,zmm1,zmm2{rn-sae}"],
  ])("%s", (hex, text) => expect(decode(hex, true)).toBe(text));
  test("32 bits", () => expect(decode("8d 74 26 00", false, 32)).toBe("4 lea    0x0(%esi,%eiz,1),%esi"));
  test("16 bits", () => expect(decode("66 8b 40 04", false, 16)).toBe("4 mov    0x4(%bx,%si),%eax"));
  test("EVEX that VEX could say", () =>
    expect(decode("62 f1 74 28 58 c2")).toBe("6 {evex} vaddps %ymm2,%ymm1,%ymm0"));
});
