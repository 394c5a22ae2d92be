import type { InstructionGroup } from "../instruction.ts";

/** Single-precision floating point. */
// biome-ignore format: a row is a line
export const f: readonly InstructionGroup[] = [
  {
    needs: "F",
    section: "F: Single-Precision Load and Store Instructions",
    rows: [
      ["flw", "I", 0x00002007, 0x0000707f, "fd, offset12(rs1)", "fd = box32(mem32[rs1 + imm])", "Loads four bytes into a floating-point register."],
      ["fsw", "S", 0x00002027, 0x0000707f, "fs2, offset12s(rs1)", "mem32[rs1 + imm] = fs2", "Stores the low four bytes of a floating-point register."],
    ],
  },
  {
    needs: "F|Zfinx",
    section: "F: Single-Precision Computational Instructions",
    rows: [
      ["fadd.s", "R", 0x00000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f32_add(fs1, fs2, rm)", "Adds fs1 and fs2, single precision."],
      ["fsub.s", "R", 0x08000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f32_sub(fs1, fs2, rm)", "Subtracts fs2 from fs1, single precision."],
      ["fmul.s", "R", 0x10000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f32_mul(fs1, fs2, rm)", "Multiplies fs1 and fs2, single precision."],
      ["fdiv.s", "R", 0x18000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f32_div(fs1, fs2, rm)", "Divides fs1 by fs2, single precision."],
      ["fsqrt.s", "R", 0x58000053, 0xfff0007f, "fd, fs1, rm", "fd = f32_sqrt(fs1, rm)", "The square root, single precision."],
      ["fmin.s", "R", 0x28000053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_min(fs1, fs2)", "The smaller of two numbers."],
      ["fmax.s", "R", 0x28001053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_max(fs1, fs2)", "The larger of two numbers."],
      ["fmadd.s", "R4", 0x00000043, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f32_madd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and adds fs3, rounding once."],
      ["fmsub.s", "R4", 0x00000047, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f32_msub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and subtracts fs3, rounding once."],
      ["fnmsub.s", "R4", 0x0000004b, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f32_nmsub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and adds fs3, rounding once."],
      ["fnmadd.s", "R4", 0x0000004f, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f32_nmadd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and subtracts fs3, rounding once."],
    ],
  },
  {
    needs: "F|Zfinx",
    section: "F: Single-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.w.s", "R", 0xc0000053, 0xfff0007f, "rd, fs1, rm", "rd = f32_to_i32(fs1, rm)", "Converts a single-precision number to a signed 32-bit integer."],
      ["fcvt.s.w", "R", 0xd0000053, 0xfff0007f, "fd, rs1, rm", "fd = f32_from_i32(rs1, rm)", "Converts a signed 32-bit integer to a single-precision number."],
      ["fcvt.wu.s", "R", 0xc0100053, 0xfff0007f, "rd, fs1, rm", "rd = f32_to_u32(fs1, rm)", "Converts a single-precision number to an unsigned 32-bit integer."],
      ["fcvt.s.wu", "R", 0xd0100053, 0xfff0007f, "fd, rs1, rm", "fd = f32_from_u32(rs1, rm)", "Converts an unsigned 32-bit integer to a single-precision number."],
    ],
  },
  {
    needs: "F|Zfinx",
    xlen: 64,
    section: "F: Single-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.l.s", "R", 0xc0200053, 0xfff0007f, "rd, fs1, rm", "rd = f32_to_i64(fs1, rm)", "Converts a single-precision number to a signed 64-bit integer."],
      ["fcvt.s.l", "R", 0xd0200053, 0xfff0007f, "fd, rs1, rm", "fd = f32_from_i64(rs1, rm)", "Converts a signed 64-bit integer to a single-precision number."],
      ["fcvt.lu.s", "R", 0xc0300053, 0xfff0007f, "rd, fs1, rm", "rd = f32_to_u64(fs1, rm)", "Converts a single-precision number to an unsigned 64-bit integer."],
      ["fcvt.s.lu", "R", 0xd0300053, 0xfff0007f, "fd, rs1, rm", "fd = f32_from_u64(rs1, rm)", "Converts an unsigned 64-bit integer to a single-precision number."],
    ],
  },
  {
    needs: "F|Zfinx",
    section: "F: Single-Precision Conversion and Move Instructions",
    rows: [
      ["fsgnj.s", "R", 0x20000053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_sgnj(fs1, fs2)", "fs1 with the sign of fs2."],
      ["fsgnjn.s", "R", 0x20001053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_sgnjn(fs1, fs2)", "fs1 with the opposite of fs2's sign."],
      ["fsgnjx.s", "R", 0x20002053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_sgnjx(fs1, fs2)", "fs1 with its sign changed if fs2 is negative."],
    ],
  },
  {
    needs: "F",
    section: "F: Single-Precision Conversion and Move Instructions",
    rows: [
      ["fmv.x.w", "R", 0xe0000053, 0xfff0707f, "rd, fs1", "rd = sext32(fs1)", "Copies the bits of a single-precision number to an integer register."],
      ["fmv.w.x", "R", 0xf0000053, 0xfff0707f, "fd, rs1", "fd = box32(rs1)", "Copies the low 32 bits of an integer register to a floating-point register."],
    ],
  },
  {
    needs: "F|Zfinx",
    section: "F: Single-Precision Compare Instructions",
    rows: [
      ["feq.s", "R", 0xa0002053, 0xfe00707f, "rd, fs1, fs2", "rd = f32_eq(fs1, fs2)", "Sets rd to 1 if fs1 equals fs2, else to 0."],
      ["flt.s", "R", 0xa0001053, 0xfe00707f, "rd, fs1, fs2", "rd = f32_lt(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0."],
      ["fle.s", "R", 0xa0000053, 0xfe00707f, "rd, fs1, fs2", "rd = f32_le(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0."],
    ],
  },
  {
    needs: "F|Zfinx",
    section: "F: Single-Precision Classify Instruction",
    rows: [
      ["fclass.s", "R", 0xe0001053, 0xfff0707f, "rd, fs1", "rd = f32_class(fs1)", "Says with one bit of ten what kind of number fs1 is."],
    ],
  },
];
