import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble, messagesText } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";

/** Pieces of sources: what they make of each other is the point. */
const pieces =
  ".macro m x|.endm|m 1|.rept 3|.endr|.irp y,1,2|.exitm|.if 1|.else|.endif|addi a0,a0,1|lw a0,%lo(x)(a1)|j 1f|1:|" +
  'x:|.word x-y|y: .half|.set z,x+1|.eqv q,.-x|.org x+4|.align 3|.skip z|.uleb128 y-x|.section .s,"aG",@progbits,g,comdat|' +
  '.pushsection .t|.popsection|.option push|.option pop|.option arch,+zbb|.cfi_startproc|.cfi_endproc|.loc 1 1|.file 1 "f"|' +
  ".comm c,4,4|.weakref a,b|.symver x,x@v|.insn 0x13|.reloc 0,R_RISCV_32,x|\"|'|(|)|/*|*/|\\|&|%|=|==|#|;|,|-|0x|99999999999999999999|" +
  '.string "a\\|.end|.include "a"|.altmacro|.struct 4|.bss|call x|la a0,x|li a0,x|.size x,.-x|.balign 6|.fill 2,9,x';

test("no text makes the assembler throw or hang", () => {
  const piece = fc.oneof(fc.constantFrom(...pieces.split("|")), fc.string({ maxLength: 3 }));
  const separator = fc.constantFrom("\n", "\n", "\n\t", " ", "");
  const source = fc.array(fc.tuple(piece, separator), { maxLength: 30 });
  fc.assert(
    fc.property(source, fc.boolean(), (parts, debug) => {
      const text = parts.flat().join("");
      const report = new Report();
      const bytes = new TextEncoder().encode(text);
      const object = assemble(
        [{ name: "f.s", bytes }],
        { march: "rv64gc", debug, listing: debug },
        new MemoryFileSystem(),
        report,
      );
      messagesText(report.diagnostics, "as");
      expect(object !== undefined || report.hasErrors).toBe(true);
    }),
    { numRuns: 1500 },
  );
});
