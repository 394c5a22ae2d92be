import type { InstructionGroup } from "../instruction.ts";

/** Double-precision floating point. */
// biome-ignore format: a row is a line
export const d: readonly InstructionGroup[] = [
  {
    needs: "D",
    section: "D: Double-Precision Load and Store Instructions",
    rows: [
      ["fld", "I", 0x00003007, 0x0000707f, "fd, offset12(rs1)", "fd = mem64[rs1 + imm]", "Loads eight bytes into a floating-point register."],
      ["fsd", "S", 0x00003027, 0x0000707f, "fs2, offset12s(rs1)", "mem64[rs1 + imm] = fs2", "Stores a floating-point register, eight bytes."],
    ],
  },
  {
    needs: "D|Zdinx",
    section: "D: Double-Precision Computational Instructions",
    rows: [
      ["fadd.d", "R", 0x02000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f64_add(fs1, fs2, rm)", "Adds fs1 and fs2, double precision."],
      ["fsub.d", "R", 0x0a000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f64_sub(fs1, fs2, rm)", "Subtracts fs2 from fs1, double precision."],
      ["fmul.d", "R", 0x12000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f64_mul(fs1, fs2, rm)", "Multiplies fs1 and fs2, double precision."],
      ["fdiv.d", "R", 0x1a000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f64_div(fs1, fs2, rm)", "Divides fs1 by fs2, double precision."],
      ["fsqrt.d", "R", 0x5a000053, 0xfff0007f, "fd, fs1, rm", "fd = f64_sqrt(fs1, rm)", "The square root, double precision."],
      ["fmin.d", "R", 0x2a000053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_min(fs1, fs2)", "The smaller of two numbers."],
      ["fmax.d", "R", 0x2a001053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_max(fs1, fs2)", "The larger of two numbers."],
      ["fmadd.d", "R4", 0x02000043, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f64_madd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and adds fs3, rounding once."],
      ["fmsub.d", "R4", 0x02000047, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f64_msub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and subtracts fs3, rounding once."],
      ["fnmsub.d", "R4", 0x0200004b, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f64_nmsub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and adds fs3, rounding once."],
      ["fnmadd.d", "R4", 0x0200004f, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f64_nmadd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and subtracts fs3, rounding once."],
    ],
  },
  {
    needs: "D|Zdinx",
    section: "D: Double-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.w.d", "R", 0xc2000053, 0xfff0007f, "rd, fs1, rm", "rd = f64_to_i32(fs1, rm)", "Converts a double-precision number to a signed 32-bit integer."],
      ["fcvt.d.w", "R", 0xd2000053, 0xfff0007f, "fd, rs1, rm0", "fd = f64_from_i32(rs1, rm)", "Converts a signed 32-bit integer to a double-precision number."],
      ["fcvt.wu.d", "R", 0xc2100053, 0xfff0007f, "rd, fs1, rm", "rd = f64_to_u32(fs1, rm)", "Converts a double-precision number to an unsigned 32-bit integer."],
      ["fcvt.d.wu", "R", 0xd2100053, 0xfff0007f, "fd, rs1, rm0", "fd = f64_from_u32(rs1, rm)", "Converts an unsigned 32-bit integer to a double-precision number."],
    ],
  },
  {
    needs: "D|Zdinx",
    xlen: 64,
    section: "D: Double-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.l.d", "R", 0xc2200053, 0xfff0007f, "rd, fs1, rm", "rd = f64_to_i64(fs1, rm)", "Converts a double-precision number to a signed 64-bit integer."],
      ["fcvt.d.l", "R", 0xd2200053, 0xfff0007f, "fd, rs1, rm", "fd = f64_from_i64(rs1, rm)", "Converts a signed 64-bit integer to a double-precision number."],
      ["fcvt.lu.d", "R", 0xc2300053, 0xfff0007f, "rd, fs1, rm", "rd = f64_to_u64(fs1, rm)", "Converts a double-precision number to an unsigned 64-bit integer."],
      ["fcvt.d.lu", "R", 0xd2300053, 0xfff0007f, "fd, rs1, rm", "fd = f64_from_u64(rs1, rm)", "Converts an unsigned 64-bit integer to a double-precision number."],
    ],
  },
  {
    needs: "D|Zdinx",
    section: "D: Double-Precision Conversion and Move Instructions",
    rows: [
      ["fsgnj.d", "R", 0x22000053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_sgnj(fs1, fs2)", "fs1 with the sign of fs2."],
      ["fsgnjn.d", "R", 0x22001053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_sgnjn(fs1, fs2)", "fs1 with the opposite of fs2's sign."],
      ["fsgnjx.d", "R", 0x22002053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_sgnjx(fs1, fs2)", "fs1 with its sign changed if fs2 is negative."],
      ["fcvt.s.d", "R", 0x40100053, 0xfff0007f, "fd, fs1, rm", "fd = f64_to_f32(fs1, rm)", "Converts double to single precision."],
      ["fcvt.d.s", "R", 0x42000053, 0xfff0007f, "fd, fs1, rm0", "fd = f32_to_f64(fs1, rm)", "Converts single to double precision."],
    ],
  },
  {
    needs: "D",
    xlen: 64,
    section: "D: Double-Precision Conversion and Move Instructions",
    rows: [
      ["fmv.x.d", "R", 0xe2000053, 0xfff0707f, "rd, fs1", "rd = fs1", "Copies the bits of a double-precision number to an integer register."],
      ["fmv.d.x", "R", 0xf2000053, 0xfff0707f, "fd, rs1", "fd = rs1", "Copies an integer register to a floating-point register."],
    ],
  },
  {
    needs: "D|Zdinx",
    section: "D: Double-Precision Compare Instructions",
    rows: [
      ["feq.d", "R", 0xa2002053, 0xfe00707f, "rd, fs1, fs2", "rd = f64_eq(fs1, fs2)", "Sets rd to 1 if fs1 equals fs2, else to 0."],
      ["flt.d", "R", 0xa2001053, 0xfe00707f, "rd, fs1, fs2", "rd = f64_lt(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0."],
      ["fle.d", "R", 0xa2000053, 0xfe00707f, "rd, fs1, fs2", "rd = f64_le(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0."],
    ],
  },
  {
    needs: "D|Zdinx",
    section: "D: Double-Precision Classify Instruction",
    rows: [
      ["fclass.d", "R", 0xe2001053, 0xfff0707f, "rd, fs1", "rd = f64_class(fs1)", "Says with one bit of ten what kind of number fs1 is."],
    ],
  },
];
