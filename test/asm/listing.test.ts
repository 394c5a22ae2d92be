import { expect, test } from "vitest";
import { assemble, listingText } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";

/** What GNU as prints for the same source and letters. */
function listing(
  name: string,
  text: string,
  letters: string,
  others: Readonly<Record<string, string>> = {},
): string {
  const report = new Report();
  const options = { march: "rv32i", mabi: "ilp32", listing: true };
  const bytes = new TextEncoder().encode(text);
  const object = assemble([{ name, bytes }], options, new MemoryFileSystem(), report);
  expect(report.diagnostics).toEqual([]);
  if (!object) throw new Error("no object");
  const files: Readonly<Record<string, string>> = { ...others, [name]: text };
  return listingText(object, {
    letters,
    args: [],
    input: name,
    output: "a.out",
    date: new Date(0),
    readFile: (file) => files[file],
    messages: [],
  });
}

test("lines with addresses and bytes, expansions, symbols", () => {
  const source = `# a listing
	.text
	.macro twice reg
	addi \\reg, \\reg, 1
	nop
	.endm

f:	nop; nop
	twice a0
	.if 0
	nop
	.else
	li a0, 0x12345678
	.endif
	.rept 2
	.half 1, 2
	.endr
	call g
	.balign 16
	.data
x:	.ascii "hello world, this is a text that goes on"
	.zero 9
	.set y, 5
	.comm c, 4
# the end
`;
  expect(listing("ls.s", source, "almsn")).toBe(`   1              	# a listing
   2              		.text
   3              		.macro twice reg
   4              		addi \\reg, \\reg, 1
   5              		nop
   6              		.endm
   7              	
   8 0000 13000000 	f:	nop; nop
   8      13000000 
   9              		twice a0
   9 0008 13051500 	>  addi a0,a0,1
   9 000c 13000000 	>  nop
  10              		.if 0
  11              		nop
  12              		.else
  13 0010 37553412 		li a0, 0x12345678
  13      13058567 
  14              		.endif
  15              		.rept 2
  16              		.half 1, 2
  17 0018 01000200 		.endr
  17 0018 01000200 	>  .half 1,2
  17 001c 01000200 	>  .half 1,2
  18 0020 97000000 		call g
  18      E7800000 
  19 0028 13000000 		.balign 16
  19      13000000 
  19      13000000 
  20 0034 00000000 		.data
  20      00000000 
  20      00000000 
  21 0000 68656C6C 	x:	.ascii "hello world, this is a text that goes on"
  21      6F20776F 
  21      726C642C 
  21      20746869 
  21      73206973 
  22 0028 00000000 		.zero 9
  22      00000000 
  22      00
  23              		.set y, 5
  24              		.comm c, 4
  25              	# the end
DEFINED SYMBOLS
                ls.s:8      .text:00000000 f
                ls.s:8      .text:00000000 $xrv32i2p1
                ls.s:17     .text:00000018 $d
                ls.s:18     .text:00000020 $x
                ls.s:21     .data:00000000 x
                ls.s:23     *ABS*:00000005 y
                            *COM*:00000004 c

UNDEFINED SYMBOLS
g
`);
});

test("false conditions are left out, pages have headings", () => {
  const source = "\tnop\n\t.if 0\n\tret\n\t.endif\n";
  expect(listing("a.s", source, "acl")).toBe(
    "GAS LISTING a.s \t\t\tpage 1\n\n\n   1 0000 13000000 \t\tnop\n   2              \t\t.if 0\n   4              \t\t.endif\n",
  );
});

test("lines of the compiled source stand between, debugging information is left out", () => {
  const source = `	.file 1 "sum.c"
	.text
	.loc 1 1 1
f:	add a0, a0, a1
	.type f, @function
	.loc 1 4 3
	ret
	.section .debug_info
	.word 1
`;
  const compiled = "int sum(int a, int b)\n{\n  /* both */\n  return a + b;\n}\n";
  expect(listing("ls2.s", source, "adhln", { "sum.c": compiled })).toBe(`   1              		.file 1 "sum.c"
   2              		.text
   1:sum.c         **** int sum(int a, int b)
   3              		.loc 1 1 1
   4 0000 3305B500 	f:	add a0, a0, a1
   2:sum.c         **** {
   3:sum.c         ****   /* both */
   4:sum.c         ****   return a + b;
   6              		.loc 1 4 3
   7 0004 67800000 		ret
`);
});
