import type { InstructionGroup } from "../instruction.ts";

/** Additional floating-point instructions. */
// biome-ignore format: a row is a line
export const zfa: readonly InstructionGroup[] = [
  {
    needs: "Zfa",
    section: "Zfa: Load-Immediate Instructions",
    rows: [
      ["fli.s", "R", 0xf0100053, 0xfff0707f, "fd, constant", "fd = f32_constant(constant)", "Loads one of 32 common constants."],
    ],
  },
  {
    needs: "Zfa",
    section: "Zfa: Minimum and Maximum Instructions",
    rows: [
      ["fminm.s", "R", 0x28002053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_minm(fs1, fs2)", "The smaller of two numbers, NaN if one is."],
      ["fmaxm.s", "R", 0x28003053, 0xfe00707f, "fd, fs1, fs2", "fd = f32_maxm(fs1, fs2)", "The larger of two numbers, NaN if one is."],
    ],
  },
  {
    needs: "Zfa",
    section: "Zfa: Round-to-Integer Instructions",
    rows: [
      ["fround.s", "R", 0x40400053, 0xfff0007f, "fd, fs1, rm", "fd = f32_round(fs1, rm)", "Rounds to an integer that stays a floating-point number."],
      ["froundnx.s", "R", 0x40500053, 0xfff0007f, "fd, fs1, rm", "fd = f32_roundnx(fs1, rm)", "Rounds to an integer that stays a floating-point number; inexact if it was none."],
    ],
  },
  {
    needs: "Zfa",
    section: "Zfa: Comparison Instructions",
    rows: [
      ["fleq.s", "R", 0xa0004053, 0xfe00707f, "rd, fs1, fs2", "rd = f32_leq(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0; a quiet NaN raises no flag."],
      ["fltq.s", "R", 0xa0005053, 0xfe00707f, "rd, fs1, fs2", "rd = f32_ltq(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0; a quiet NaN raises no flag."],
    ],
  },
  {
    needs: "Zfa&D",
    section: "Zfa: Load-Immediate Instructions",
    rows: [
      ["fli.d", "R", 0xf2100053, 0xfff0707f, "fd, constant", "fd = f64_constant(constant)", "Loads one of 32 common constants."],
    ],
  },
  {
    needs: "Zfa&D",
    section: "Zfa: Minimum and Maximum Instructions",
    rows: [
      ["fminm.d", "R", 0x2a002053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_minm(fs1, fs2)", "The smaller of two numbers, NaN if one is."],
      ["fmaxm.d", "R", 0x2a003053, 0xfe00707f, "fd, fs1, fs2", "fd = f64_maxm(fs1, fs2)", "The larger of two numbers, NaN if one is."],
    ],
  },
  {
    needs: "Zfa&D",
    section: "Zfa: Round-to-Integer Instructions",
    rows: [
      ["fround.d", "R", 0x42400053, 0xfff0007f, "fd, fs1, rm", "fd = f64_round(fs1, rm)", "Rounds to an integer that stays a floating-point number."],
      ["froundnx.d", "R", 0x42500053, 0xfff0007f, "fd, fs1, rm", "fd = f64_roundnx(fs1, rm)", "Rounds to an integer that stays a floating-point number; inexact if it was none."],
    ],
  },
  {
    needs: "Zfa&D",
    section: "Zfa: Modular Convert-to-Integer Instruction",
    rows: [
      ["fcvtmod.w.d", "R", 0xc2800053, 0xfff0007f, "rd, fs1, rtz!0!2!3!4!5!6!7", "rd = f64_mod_i32(fs1)", "Truncates towards zero and keeps the low 32 bits, as JavaScript does."],
    ],
  },
  {
    needs: "Zfa&D",
    xlen: 32,
    section: "Zfa: Move Instructions",
    rows: [
      ["fmvh.x.d", "R", 0xe2100053, 0xfff0707f, "rd, fs1", "rd = high32(fs1)", "Copies the upper half of a double-precision number to an integer register."],
      ["fmvp.d.x", "R", 0xb2000053, 0xfe00707f, "fd, rs1, rs2", "fd = join32(rs1, rs2)", "Makes a double-precision number of two integer registers, the low half first."],
    ],
  },
  {
    needs: "Zfa&D",
    section: "Zfa: Comparison Instructions",
    rows: [
      ["fleq.d", "R", 0xa2004053, 0xfe00707f, "rd, fs1, fs2", "rd = f64_leq(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0; a quiet NaN raises no flag."],
      ["fltq.d", "R", 0xa2005053, 0xfe00707f, "rd, fs1, fs2", "rd = f64_ltq(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0; a quiet NaN raises no flag."],
    ],
  },
  {
    needs: "Zfa&Zfh",
    section: "Zfa: Load-Immediate Instructions",
    rows: [
      ["fli.h", "R", 0xf4100053, 0xfff0707f, "fd, constant", "fd = f16_constant(constant)", "Loads one of 32 common constants."],
    ],
  },
  {
    needs: "Zfa&Zfh",
    section: "Zfa: Minimum and Maximum Instructions",
    rows: [
      ["fminm.h", "R", 0x2c002053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_minm(fs1, fs2)", "The smaller of two numbers, NaN if one is."],
      ["fmaxm.h", "R", 0x2c003053, 0xfe00707f, "fd, fs1, fs2", "fd = f16_maxm(fs1, fs2)", "The larger of two numbers, NaN if one is."],
    ],
  },
  {
    needs: "Zfa&Zfh",
    section: "Zfa: Round-to-Integer Instructions",
    rows: [
      ["fround.h", "R", 0x44400053, 0xfff0007f, "fd, fs1, rm", "fd = f16_round(fs1, rm)", "Rounds to an integer that stays a floating-point number."],
      ["froundnx.h", "R", 0x44500053, 0xfff0007f, "fd, fs1, rm", "fd = f16_roundnx(fs1, rm)", "Rounds to an integer that stays a floating-point number; inexact if it was none."],
    ],
  },
  {
    needs: "Zfa&Zfh",
    section: "Zfa: Comparison Instructions",
    rows: [
      ["fleq.h", "R", 0xa4004053, 0xfe00707f, "rd, fs1, fs2", "rd = f16_leq(fs1, fs2)", "Sets rd to 1 if fs1 is less than or equal to fs2, else to 0; a quiet NaN raises no flag."],
      ["fltq.h", "R", 0xa4005053, 0xfe00707f, "rd, fs1, fs2", "rd = f16_ltq(fs1, fs2)", "Sets rd to 1 if fs1 is less than fs2, else to 0; a quiet NaN raises no flag."],
    ],
  },
];
