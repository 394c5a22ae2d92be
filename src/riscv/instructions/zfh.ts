import type { InstructionGroup } from "../instruction.ts";

/** Half-precision floating point. */
// biome-ignore format: a row is a line
export const zfh: readonly InstructionGroup[] = [
  {
    needs: "Zfhmin",
    section: "Zfh: Half-Precision Load and Store Instructions",
    rows: [
      ["flh", "I", 0x00001007, 0x0000707f, "fd, offset12(rs1)", "fd = box16(mem16[rs1 + imm])", "Loads two bytes into a floating-point register."],
      ["fsh", "S", 0x00001027, 0x0000707f, "fs2, offset12s(rs1)", "mem16[rs1 + imm] = fs2", "Stores the low two bytes of a floating-point register."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    section: "Zfh: Half-Precision Computational Instructions",
    rows: [
      ["fadd.h", "R", 0x04000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f16_add(fs1, fs2, rm)", "Adds fs1 and fs2, half precision."],
      ["fsub.h", "R", 0x0c000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f16_sub(fs1, fs2, rm)", "Subtracts fs2 from fs1, half precision."],
      ["fmul.h", "R", 0x14000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f16_mul(fs1, fs2, rm)", "Multiplies fs1 and fs2, half precision."],
      ["fdiv.h", "R", 0x1c000053, 0xfe00007f, "fd, fs1, fs2, rm", "fd = f16_div(fs1, fs2, rm)", "Divides fs1 by fs2, half precision."],
      ["fsqrt.h", "R", 0x5c000053, 0xfff0007f, "fd, fs1, rm", "fd = f16_sqrt(fs1, rm)", "The square root, half precision."],
      ["fmin.h", "R", 0x2c000053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_min(fs1, fs2)", "The smaller of two numbers."],
      ["fmax.h", "R", 0x2c001053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_max(fs1, fs2)", "The larger of two numbers."],
      ["fmadd.h", "R4", 0x04000043, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f16_madd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and adds fs3, rounding once."],
      ["fmsub.h", "R4", 0x04000047, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f16_msub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2 and subtracts fs3, rounding once."],
      ["fnmsub.h", "R4", 0x0400004b, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f16_nmsub(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and adds fs3, rounding once."],
      ["fnmadd.h", "R4", 0x0400004f, 0x0600007f, "fd, fs1, fs2, fs3, rm", "fd = f16_nmadd(fs1, fs2, fs3, rm)", "Multiplies fs1 and fs2, negates the product and subtracts fs3, rounding once."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.w.h", "R", 0xc4000053, 0xfff0007f, "rd, fs1, rm", "rd = f16_to_i32(fs1, rm)", "Converts a half-precision number to a signed 32-bit integer."],
      ["fcvt.h.w", "R", 0xd4000053, 0xfff0007f, "fd, rs1, rm", "fd = f16_from_i32(rs1, rm)", "Converts a signed 32-bit integer to a half-precision number."],
      ["fcvt.wu.h", "R", 0xc4100053, 0xfff0007f, "rd, fs1, rm", "rd = f16_to_u32(fs1, rm)", "Converts a half-precision number to an unsigned 32-bit integer."],
      ["fcvt.h.wu", "R", 0xd4100053, 0xfff0007f, "fd, rs1, rm", "fd = f16_from_u32(rs1, rm)", "Converts an unsigned 32-bit integer to a half-precision number."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    xlen: 64,
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.l.h", "R", 0xc4200053, 0xfff0007f, "rd, fs1, rm", "rd = f16_to_i64(fs1, rm)", "Converts a half-precision number to a signed 64-bit integer."],
      ["fcvt.h.l", "R", 0xd4200053, 0xfff0007f, "fd, rs1, rm", "fd = f16_from_i64(rs1, rm)", "Converts a signed 64-bit integer to a half-precision number."],
      ["fcvt.lu.h", "R", 0xc4300053, 0xfff0007f, "rd, fs1, rm", "rd = f16_to_u64(fs1, rm)", "Converts a half-precision number to an unsigned 64-bit integer."],
      ["fcvt.h.lu", "R", 0xd4300053, 0xfff0007f, "fd, rs1, rm", "fd = f16_from_u64(rs1, rm)", "Converts an unsigned 64-bit integer to a half-precision number."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fsgnj.h", "R", 0x24000053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_sgnj(fs1, fs2)", "fs1 with the sign of fs2."],
      ["fsgnjn.h", "R", 0x24001053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_sgnjn(fs1, fs2)", "fs1 with the opposite of fs2's sign."],
      ["fsgnjx.h", "R", 0x24002053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_sgnjx(fs1, fs2)", "fs1 with its sign changed if fs2 is negative."],
    ],
  },
  {
    needs: "Zfhmin",
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fmv.x.h", "R", 0xe4000053, 0xfff0707f, "rd, fs1", "rd = sext16(fs1)", "Copies the bits of a half-precision number to an integer register."],
      ["fmv.h.x", "R", 0xf4000053, 0xfff0707f, "fd, rs1", "fd = box16(rs1)", "Copies the low 16 bits of an integer register to a floating-point register."],
    ],
  },
  {
    needs: "Zfhmin|Zhinxmin",
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.s.h", "R", 0x40200053, 0xfff0007f, "fd, fs1, rm0", "fd = f16_to_f32(fs1, rm)", "Converts half to single precision."],
      ["fcvt.h.s", "R", 0x44000053, 0xfff0007f, "fd, fs1, rm", "fd = f32_to_f16(fs1, rm)", "Converts single to half precision."],
    ],
  },
  {
    needs: "Zfhmin&D|Zhinxmin&Zdinx",
    section: "Zfh: Half-Precision Conversion and Move Instructions",
    rows: [
      ["fcvt.d.h", "R", 0x42200053, 0xfff0007f, "fd, fs1, rm0", "fd = f16_to_f64(fs1, rm)", "Converts half to double precision."],
      ["fcvt.h.d", "R", 0x44100053, 0xfff0007f, "fd, fs1, rm", "fd = f64_to_f16(fs1, rm)", "Converts double to half precision."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    section: "Zfh: Half-Precision Compare Instructions",
    rows: [
      ["feq.h", "R", 0xa4002053, 0xfe00707f, "rd, fs1, fs2", "rd = f16_eq(fs1, fs2)", "Sets rd to 1 if fs1 equals fs2, else to 0."],
      ["flt.h", "R", 0xa4001053, 0xfe00707f, "rd, fs1, fs2", "rd = f16_lt(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0."],
      ["fle.h", "R", 0xa4000053, 0xfe00707f, "rd, fs1, fs2", "rd = f16_le(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0."],
    ],
  },
  {
    needs: "Zfh|Zhinx",
    section: "Zfh: Half-Precision Classify Instruction",
    rows: [
      ["fclass.h", "R", 0xe4001053, 0xfff0707f, "rd, fs1", "rd = f16_class(fs1)", "Says with one bit of ten what kind of number fs1 is."],
    ],
  },
];
