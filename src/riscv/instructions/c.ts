import type { InstructionGroup } from "../instruction.ts";

/** Compressed instructions: each stands for one of 32 bits. */
// biome-ignore format: a row is a line
export const c: readonly InstructionGroup[] = [
  {
    needs: "C|Zca",
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.lwsp", "CI", 0x4002, 0xe003, "rd!0, clwsp(sp)", "= lw rd, clwsp(sp)", "Loads four bytes from the stack."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.ldsp", "CI", 0x6002, 0xe003, "rd!0, cldsp(sp)", "= ld rd, cldsp(sp)", "Loads eight bytes from the stack."],
    ],
  },
  {
    needs: "C&F|Zcf",
    xlen: 32,
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.flwsp", "CI", 0x6002, 0xe003, "fd, clwsp(sp)", "= flw fd, clwsp(sp)", "Loads a single-precision number from the stack."],
    ],
  },
  {
    needs: "C&D|Zcd",
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.fldsp", "CI", 0x2002, 0xe003, "fd, cldsp(sp)", "= fld fd, cldsp(sp)", "Loads a double-precision number from the stack."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.swsp", "CSS", 0xc002, 0xe003, "crs2, cswsp(sp)", "= sw crs2, cswsp(sp)", "Stores four bytes to the stack."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.sdsp", "CSS", 0xe002, 0xe003, "crs2, csdsp(sp)", "= sd crs2, csdsp(sp)", "Stores eight bytes to the stack."],
    ],
  },
  {
    needs: "C&F|Zcf",
    xlen: 32,
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.fswsp", "CSS", 0xe002, 0xe003, "cfs2, cswsp(sp)", "= fsw cfs2, cswsp(sp)", "Stores a single-precision number to the stack."],
    ],
  },
  {
    needs: "C&D|Zcd",
    section: "C: Stack-Pointer-Based Loads and Stores",
    rows: [
      ["c.fsdsp", "CSS", 0xa002, 0xe003, "cfs2, csdsp(sp)", "= fsd cfs2, csdsp(sp)", "Stores a double-precision number to the stack."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.lw", "CL", 0x4000, 0xe003, "rd', clw(rs1')", "= lw rd', clw(rs1')", "Loads four bytes."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.ld", "CL", 0x6000, 0xe003, "rd', cld(rs1')", "= ld rd', cld(rs1')", "Loads eight bytes."],
    ],
  },
  {
    needs: "C&F|Zcf",
    xlen: 32,
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.flw", "CL", 0x6000, 0xe003, "fd', clw(rs1')", "= flw fd', clw(rs1')", "Loads a single-precision number."],
    ],
  },
  {
    needs: "C&D|Zcd",
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.fld", "CL", 0x2000, 0xe003, "fd', cld(rs1')", "= fld fd', cld(rs1')", "Loads a double-precision number."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.sw", "CS", 0xc000, 0xe003, "rs2', clw(rs1')", "= sw rs2', clw(rs1')", "Stores four bytes."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.sd", "CS", 0xe000, 0xe003, "rs2', cld(rs1')", "= sd rs2', cld(rs1')", "Stores eight bytes."],
    ],
  },
  {
    needs: "C&F|Zcf",
    xlen: 32,
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.fsw", "CS", 0xe000, 0xe003, "fs2', clw(rs1')", "= fsw fs2', clw(rs1')", "Stores a single-precision number."],
    ],
  },
  {
    needs: "C&D|Zcd",
    section: "C: Register-Based Loads and Stores",
    rows: [
      ["c.fsd", "CS", 0xa000, 0xe003, "fs2', cld(rs1')", "= fsd fs2', cld(rs1')", "Stores a double-precision number."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Control Transfer Instructions",
    rows: [
      ["c.j", "CJ", 0xa001, 0xe003, "ctarget11", "= jal zero, ctarget11", "Jumps."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 32,
    section: "C: Control Transfer Instructions",
    rows: [
      ["c.jal", "CJ", 0x2001, 0xe003, "ctarget11", "= jal ra, ctarget11", "Calls: jumps, and puts the address of the following instruction into ra."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Control Transfer Instructions",
    rows: [
      ["c.jr", "CR", 0x8002, 0xf07f, "crs1!0", "= jalr zero, 0(crs1)", "Jumps to the address in rs1."],
      ["c.jalr", "CR", 0x9002, 0xf07f, "crs1!0", "= jalr ra, 0(crs1)", "Calls the address in rs1: jumps, and puts the address of the following instruction into ra."],
      ["c.beqz", "CB", 0xc001, 0xe003, "rs1', ctarget8", "= beq rs1', zero, ctarget8", "Jumps if rs1 is zero."],
      ["c.bnez", "CB", 0xe001, 0xe003, "rs1', ctarget8", "= bne rs1', zero, ctarget8", "Jumps if rs1 is not zero."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Integer Constant-Generation Instructions",
    rows: [
      ["c.li", "CI", 0x4001, 0xe003, "rd, cimm6", "= addi rd, zero, cimm6", "Loads a small constant."],
      ["c.lui", "CI", 0x6001, 0xe003, "rd!2, cupper!0", "= lui rd, cupper!0", "Loads a small constant into bits 31 to 12."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Integer Register-Immediate Operations",
    rows: [
      ["c.addi", "CI", 0x0001, 0xe003, "rsd, cimm6", "= addi rsd, rsd, cimm6", "Adds a small constant to a register; of x0 it does nothing (c.nop)."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Integer Register-Immediate Operations",
    rows: [
      ["c.addiw", "CI", 0x2001, 0xe003, "rsd!0, cimm6", "= addiw rsd, rsd, cimm6", "Adds a small constant to a register and sign-extends the low 32 bits."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Integer Register-Immediate Operations",
    rows: [
      ["c.addi16sp", "CI", 0x6101, 0xef83, "sp, caddi16sp!0", "= addi sp, sp, caddi16sp", "Moves the stack pointer by a multiple of 16."],
      ["c.addi16sp", "CI", 0x6101, 0xffff, "sp, 0", "trap(illegal)", "Is reserved: the stack pointer is not moved by 0.", { unwritten: true }],
      ["c.addi4spn", "CIW", 0x0000, 0xe003, "rd', sp, caddi4spn!0", "= addi rd', sp, caddi4spn!0", "The address of something on the stack."],
      ["c.slli", "CI", 0x0002, 0xe003, "rsd, cshamt!0", "= slli rsd, rsd, cshamt", "Shifts a register left by a constant."],
      ["c.srli", "CB", 0x8001, 0xec03, "rsd', cshamt!0", "= srli rsd', rsd', cshamt", "Shifts a register right by a constant; zeros come in."],
      ["c.srai", "CB", 0x8401, 0xec03, "rsd', cshamt!0", "= srai rsd', rsd', cshamt", "Shifts a register right by a constant; copies of the sign come in."],
      ["c.slli64", "CI", 0x0002, 0xf07f, "rsd", "= slli rsd, rsd, 0", "Shifts by 64 on machines of 128 bits; does nothing on others."],
      ["c.srli64", "CB", 0x8001, 0xfc7f, "rsd'", "= srli rsd', rsd', 0", "Shifts by 64 on machines of 128 bits; does nothing on others."],
      ["c.srai64", "CB", 0x8401, 0xfc7f, "rsd'", "= srai rsd', rsd', 0", "Shifts by 64 on machines of 128 bits; does nothing on others."],
      ["c.andi", "CB", 0x8801, 0xec03, "rsd', cimm6", "= andi rsd', rsd', cimm6", "And of a register and a small constant."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Integer Register-Register Operations",
    rows: [
      ["c.mv", "CR", 0x8002, 0xf003, "rd, crs2!0", "= add rd, zero, crs2", "Copies a register."],
      ["c.add", "CR", 0x9002, 0xf003, "rsd, crs2!0", "= add rsd, rsd, crs2", "Adds a register to another."],
      ["c.and", "CA", 0x8c61, 0xfc63, "rsd', rs2'", "= and rsd', rsd', rs2'", "And of two registers."],
      ["c.or", "CA", 0x8c41, 0xfc63, "rsd', rs2'", "= or rsd', rsd', rs2'", "Or of two registers."],
      ["c.xor", "CA", 0x8c21, 0xfc63, "rsd', rs2'", "= xor rsd', rsd', rs2'", "Exclusive or of two registers."],
      ["c.sub", "CA", 0x8c01, 0xfc63, "rsd', rs2'", "= sub rsd', rsd', rs2'", "Subtracts a register from another."],
    ],
  },
  {
    needs: "C|Zca",
    xlen: 64,
    section: "C: Integer Register-Register Operations",
    rows: [
      ["c.addw", "CA", 0x9c21, 0xfc63, "rsd', rs2'", "= addw rsd', rsd', rs2'", "Adds two registers and sign-extends the low 32 bits."],
      ["c.subw", "CA", 0x9c01, 0xfc63, "rsd', rs2'", "= subw rsd', rsd', rs2'", "Subtracts a register from another and sign-extends the low 32 bits."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Defined Illegal Instruction",
    rows: [
      ["c.unimp", "CIW", 0x0000, 0xffff, "", "trap(illegal)", "Is not an instruction: memory of zeros must not run."],
    ],
  },
  {
    needs: "C|Zca",
    section: "C: Breakpoint Instruction",
    rows: [
      ["c.ebreak", "CR", 0x9002, 0xffff, "", "= ebreak", "Returns control to a debugger."],
    ],
  },
];
