import type { InstructionGroup } from "../instruction.ts";

/** The base integer instruction set of 32-bit machines; on 64-bit machines the same, on wider registers. */
// biome-ignore format: a row is a line
export const rv32i: readonly InstructionGroup[] = [
  {
    needs: "I",
    section: "RV32I: Integer Register-Immediate Instructions",
    rows: [
      ["addi", "I", 0x00000013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 + imm", "Adds a constant to rs1."],
      ["slti", "I", 0x00002013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 <s imm", "Sets rd to 1 if rs1 is less than a constant, both signed, else to 0."],
      ["sltiu", "I", 0x00003013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 <u imm", "Sets rd to 1 if rs1 is less than a sign-extended constant, both unsigned, else to 0."],
      ["xori", "I", 0x00004013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 ^ imm", "Exclusive or of rs1 and a sign-extended constant."],
      ["ori", "I", 0x00006013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 | imm", "Or of rs1 and a sign-extended constant."],
      ["andi", "I", 0x00007013, 0x0000707f, "rd, rs1, imm12", "rd = rs1 & imm", "And of rs1 and a sign-extended constant."],
      ["slli", "I", 0x00001013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 << shamt", "Shifts rs1 left by a constant; zeros come in."],
      ["srli", "I", 0x00005013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 >>u shamt", "Shifts rs1 right by a constant; zeros come in."],
      ["srai", "I", 0x40005013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 >>s shamt", "Shifts rs1 right by a constant; copies of the sign come in."],
      ["lui", "U", 0x00000037, 0x0000007f, "rd, imm20", "rd = sext32(imm << 12)", "Loads a constant into the upper 20 bits of a word; the lower 12 are zero."],
      ["auipc", "U", 0x00000017, 0x0000007f, "rd, imm20", "rd = pc + sext32(imm << 12)", "Adds a constant, shifted left by 12, to the instruction's own address."],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Integer Register-Register Operations",
    rows: [
      ["add", "R", 0x00000033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 + rs2", "Adds rs1 and rs2; overflow is ignored."],
      ["slt", "R", 0x00002033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 <s rs2", "Sets rd to 1 if rs1 is less than rs2, both signed, else to 0."],
      ["sltu", "R", 0x00003033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 <u rs2", "Sets rd to 1 if rs1 is less than rs2, both unsigned, else to 0."],
      ["and", "R", 0x00007033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 & rs2", "And of rs1 and rs2."],
      ["or", "R", 0x00006033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 | rs2", "Or of rs1 and rs2."],
      ["xor", "R", 0x00004033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 ^ rs2", "Exclusive or of rs1 and rs2."],
      ["sll", "R", 0x00001033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 << rs2", "Shifts rs1 left by the low bits of rs2; zeros come in."],
      ["srl", "R", 0x00005033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 >>u rs2", "Shifts rs1 right by the low bits of rs2; zeros come in."],
      ["sub", "R", 0x40000033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 - rs2", "Subtracts rs2 from rs1; overflow is ignored."],
      ["sra", "R", 0x40005033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 >>s rs2", "Shifts rs1 right by the low bits of rs2; copies of the sign come in."],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Unconditional Jumps",
    rows: [
      ["jal", "J", 0x0000006f, 0x0000007f, "rd, target20", "pc = pc + imm; rd = next", "Jumps, and puts the address of the following instruction into rd."],
      ["jalr", "I", 0x00000067, 0x0000707f, "rd, offset12(rs1)", "pc = (rs1 + imm) & ~1; rd = next", "Jumps to the address in rs1 plus a constant, and puts the address of the following instruction into rd."],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Conditional Branches",
    rows: [
      ["beq", "B", 0x00000063, 0x0000707f, "rs1, rs2, target12", "if (rs1 == rs2) pc = pc + imm", "Jumps if rs1 and rs2 are equal."],
      ["bne", "B", 0x00001063, 0x0000707f, "rs1, rs2, target12", "if (rs1 != rs2) pc = pc + imm", "Jumps if rs1 and rs2 are not equal."],
      ["blt", "B", 0x00004063, 0x0000707f, "rs1, rs2, target12", "if (rs1 <s rs2) pc = pc + imm", "Jumps if rs1 is less than rs2, both signed."],
      ["bge", "B", 0x00005063, 0x0000707f, "rs1, rs2, target12", "if (rs1 >=s rs2) pc = pc + imm", "Jumps if rs1 is not less than rs2, both signed."],
      ["bltu", "B", 0x00006063, 0x0000707f, "rs1, rs2, target12", "if (rs1 <u rs2) pc = pc + imm", "Jumps if rs1 is less than rs2, both unsigned."],
      ["bgeu", "B", 0x00007063, 0x0000707f, "rs1, rs2, target12", "if (rs1 >=u rs2) pc = pc + imm", "Jumps if rs1 is not less than rs2, both unsigned."],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Load and Store Instructions",
    rows: [
      ["lb", "I", 0x00000003, 0x0000707f, "rd, offset12(rs1)", "rd = sext8(mem8[rs1 + imm])", "Loads a byte and sign-extends it."],
      ["lh", "I", 0x00001003, 0x0000707f, "rd, offset12(rs1)", "rd = sext16(mem16[rs1 + imm])", "Loads two bytes and sign-extends them."],
      ["lw", "I", 0x00002003, 0x0000707f, "rd, offset12(rs1)", "rd = sext32(mem32[rs1 + imm])", "Loads four bytes and sign-extends them."],
      ["lbu", "I", 0x00004003, 0x0000707f, "rd, offset12(rs1)", "rd = mem8[rs1 + imm]", "Loads a byte and zero-extends it."],
      ["lhu", "I", 0x00005003, 0x0000707f, "rd, offset12(rs1)", "rd = mem16[rs1 + imm]", "Loads two bytes and zero-extends them."],
      ["sb", "S", 0x00000023, 0x0000707f, "rs2, offset12s(rs1)", "mem8[rs1 + imm] = rs2", "Stores the low byte of rs2."],
      ["sh", "S", 0x00001023, 0x0000707f, "rs2, offset12s(rs1)", "mem16[rs1 + imm] = rs2", "Stores the low two bytes of rs2."],
      ["sw", "S", 0x00002023, 0x0000707f, "rs2, offset12s(rs1)", "mem32[rs1 + imm] = rs2", "Stores the low four bytes of rs2."],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Memory Ordering Instructions",
    rows: [
      ["fence", "I", 0x0000000f, 0xf00fffff, "pred, succ", "fence(pred, succ)", "Orders memory accesses and input/output: what the first set names comes before what the second names.", { overlaps: ["fence"] }],
      ["fence", "I", 0x0000000f, 0x0000707f, "rd, rs1, pred, succ, fm", "fence(pred, succ)", "The same: the other fields are reserved, and ignored.", { hidden: true }],
      ["fence.tso", "I", 0x8330000f, 0xffffffff, "", "fence_tso()", "Orders loads before all later accesses, and stores before later stores.", { overlaps: ["fence"] }],
    ],
  },
  {
    needs: "I",
    section: "RV32I: Environment Call and Breakpoints",
    rows: [
      ["ecall", "I", 0x00000073, 0xffffffff, "", "trap(ecall)", "Calls the execution environment: a system call, or a call of the firmware."],
      ["ebreak", "I", 0x00100073, 0xffffffff, "", "trap(breakpoint)", "Returns control to a debugger."],
    ],
  },
];
