import type { InstructionGroup } from "../instruction.ts";

/** Bit manipulation: Zba, Zbb, Zbc, Zbs, and what scalar cryptography shares with them. */
// biome-ignore format: a row is a line
export const b: readonly InstructionGroup[] = [
  {
    needs: "Zba",
    xlen: 64,
    section: "Zba: Address Generation",
    rows: [
      ["add.uw", "R", 0x0800003b, 0xfe00707f, "rd, rs1, rs2", "rd = zext32(rs1) + rs2", "Adds rs2 and the zero-extended low 32 bits of rs1."],
    ],
  },
  {
    needs: "Zba",
    section: "Zba: Address Generation",
    rows: [
      ["sh1add", "R", 0x20002033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 1) + rs2", "Adds rs2 and 2 times rs1."],
    ],
  },
  {
    needs: "Zba",
    xlen: 64,
    section: "Zba: Address Generation",
    rows: [
      ["sh1add.uw", "R", 0x2000203b, 0xfe00707f, "rd, rs1, rs2", "rd = (zext32(rs1) << 1) + rs2", "Adds rs2 and 2 times the zero-extended low 32 bits of rs1."],
    ],
  },
  {
    needs: "Zba",
    section: "Zba: Address Generation",
    rows: [
      ["sh2add", "R", 0x20004033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 2) + rs2", "Adds rs2 and 4 times rs1."],
    ],
  },
  {
    needs: "Zba",
    xlen: 64,
    section: "Zba: Address Generation",
    rows: [
      ["sh2add.uw", "R", 0x2000403b, 0xfe00707f, "rd, rs1, rs2", "rd = (zext32(rs1) << 2) + rs2", "Adds rs2 and 4 times the zero-extended low 32 bits of rs1."],
    ],
  },
  {
    needs: "Zba",
    section: "Zba: Address Generation",
    rows: [
      ["sh3add", "R", 0x20006033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 3) + rs2", "Adds rs2 and 8 times rs1."],
    ],
  },
  {
    needs: "Zba",
    xlen: 64,
    section: "Zba: Address Generation",
    rows: [
      ["sh3add.uw", "R", 0x2000603b, 0xfe00707f, "rd, rs1, rs2", "rd = (zext32(rs1) << 3) + rs2", "Adds rs2 and 8 times the zero-extended low 32 bits of rs1."],
      ["slli.uw", "I", 0x0800101b, 0xfc00707f, "rd, rs1, shamt", "rd = zext32(rs1) << shamt", "Shifts the zero-extended low 32 bits of rs1 left."],
    ],
  },
  {
    needs: "Zbb|Zbkb",
    section: "Zbb: Logical with Negate",
    rows: [
      ["andn", "R", 0x40007033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 & ~rs2", "And of rs1 and the complement of rs2."],
      ["orn", "R", 0x40006033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 | ~rs2", "Or of rs1 and the complement of rs2."],
      ["xnor", "R", 0x40004033, 0xfe00707f, "rd, rs1, rs2", "rd = ~(rs1 ^ rs2)", "The complement of the exclusive or."],
    ],
  },
  {
    needs: "Zbb",
    section: "Zbb: Count Leading and Trailing Zeros",
    rows: [
      ["clz", "I", 0x60001013, 0xfff0707f, "rd, rs1", "rd = clz(rs1)", "Counts zeros from the top."],
      ["ctz", "I", 0x60101013, 0xfff0707f, "rd, rs1", "rd = ctz(rs1)", "Counts zeros from the bottom."],
    ],
  },
  {
    needs: "Zbb",
    xlen: 64,
    section: "Zbb: Count Leading and Trailing Zeros",
    rows: [
      ["clzw", "I", 0x6000101b, 0xfff0707f, "rd, rs1", "rd = clz32(rs1)", "Counts zeros of the low 32 bits from the top."],
      ["ctzw", "I", 0x6010101b, 0xfff0707f, "rd, rs1", "rd = ctz32(rs1)", "Counts zeros of the low 32 bits from the bottom."],
    ],
  },
  {
    needs: "Zbb",
    section: "Zbb: Count Population",
    rows: [
      ["cpop", "I", 0x60201013, 0xfff0707f, "rd, rs1", "rd = cpop(rs1)", "Counts ones."],
    ],
  },
  {
    needs: "Zbb",
    xlen: 64,
    section: "Zbb: Count Population",
    rows: [
      ["cpopw", "I", 0x6020101b, 0xfff0707f, "rd, rs1", "rd = cpop(zext32(rs1))", "Counts ones in the low 32 bits."],
    ],
  },
  {
    needs: "Zbb",
    section: "Zbb: Integer Minimum and Maximum",
    rows: [
      ["max", "R", 0x0a006033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 >s rs2 ? rs1 : rs2", "The larger, both signed."],
      ["maxu", "R", 0x0a007033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 >u rs2 ? rs1 : rs2", "The larger, both unsigned."],
      ["min", "R", 0x0a004033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 <s rs2 ? rs1 : rs2", "The smaller, both signed."],
      ["minu", "R", 0x0a005033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 <u rs2 ? rs1 : rs2", "The smaller, both unsigned."],
    ],
  },
  {
    needs: "Zbb",
    section: "Zbb: Sign and Zero Extension",
    rows: [
      ["sext.b", "I", 0x60401013, 0xfff0707f, "rd, rs1", "rd = sext8(rs1)", "Sign-extends the low byte."],
      ["sext.h", "I", 0x60501013, 0xfff0707f, "rd, rs1", "rd = sext16(rs1)", "Sign-extends the low two bytes."],
    ],
  },
  {
    needs: "Zbb",
    xlen: 32,
    section: "Zbb: Sign and Zero Extension",
    rows: [
      ["zext.h", "R", 0x08004033, 0xfff0707f, "rd, rs1", "rd = zext16(rs1)", "Zero-extends the low two bytes.", { overlaps: ["pack"] }],
    ],
  },
  {
    needs: "Zbb",
    xlen: 64,
    section: "Zbb: Sign and Zero Extension",
    rows: [
      ["zext.h", "R", 0x0800403b, 0xfff0707f, "rd, rs1", "rd = zext16(rs1)", "Zero-extends the low two bytes.", { overlaps: ["packw"] }],
    ],
  },
  {
    needs: "Zbb|Zbkb",
    section: "Zbb: Bitwise Rotation",
    rows: [
      ["rol", "R", 0x60001033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << rs2) | (rs1 >>u (XLEN - rs2))", "Rotates rs1 left by the low bits of rs2."],
      ["ror", "R", 0x60005033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 >>u rs2) | (rs1 << (XLEN - rs2))", "Rotates rs1 right by the low bits of rs2."],
      ["rori", "I", 0x60005013, 0xfc00707f, "rd, rs1, shamt", "rd = (rs1 >>u shamt) | (rs1 << (XLEN - shamt))", "Rotates rs1 right by a constant."],
    ],
  },
  {
    needs: "Zbb|Zbkb",
    xlen: 64,
    section: "Zbb: Bitwise Rotation",
    rows: [
      ["rolw", "R", 0x6000103b, 0xfe00707f, "rd, rs1, rs2", "n = rs2 & 31; rd = sext32((rs1 << n) | (zext32(rs1) >>u (32 - n)))", "Rotates the low 32 bits of rs1 left and sign-extends them."],
      ["roriw", "I", 0x6000501b, 0xfe00707f, "rd, rs1, shamt5", "rd = sext32((zext32(rs1) >>u shamt) | (rs1 << (32 - shamt)))", "Rotates the low 32 bits of rs1 right by a constant and sign-extends them."],
      ["rorw", "R", 0x6000503b, 0xfe00707f, "rd, rs1, rs2", "n = rs2 & 31; rd = sext32((zext32(rs1) >>u n) | (rs1 << (32 - n)))", "Rotates the low 32 bits of rs1 right and sign-extends them."],
    ],
  },
  {
    needs: "Zbb",
    section: "Zbb: OR Combine",
    rows: [
      ["orc.b", "I", 0x28705013, 0xfff0707f, "rd, rs1", "rd = orc_b(rs1)", "Makes each byte that is not zero all ones."],
    ],
  },
  {
    needs: "Zbb|Zbkb",
    xlen: 32,
    section: "Zbb: Byte-Reverse",
    rows: [
      ["rev8", "I", 0x69805013, 0xfff0707f, "rd, rs1", "rd = rev8(rs1)", "Turns the order of the bytes round."],
    ],
  },
  {
    needs: "Zbb|Zbkb",
    xlen: 64,
    section: "Zbb: Byte-Reverse",
    rows: [
      ["rev8", "I", 0x6b805013, 0xfff0707f, "rd, rs1", "rd = rev8(rs1)", "Turns the order of the bytes round."],
    ],
  },
  {
    needs: "Zbc|Zbkc",
    section: "Zbc: Carry-Less Multiplication",
    rows: [
      ["clmul", "R", 0x0a001033, 0xfe00707f, "rd, rs1, rs2", "rd = clmul(rs1, rs2)", "Multiplies without carries; the lower half of the product."],
      ["clmulh", "R", 0x0a003033, 0xfe00707f, "rd, rs1, rs2", "rd = clmulh(rs1, rs2)", "Multiplies without carries; the upper half of the product."],
    ],
  },
  {
    needs: "Zbc",
    section: "Zbc: Carry-Less Multiplication",
    rows: [
      ["clmulr", "R", 0x0a002033, 0xfe00707f, "rd, rs1, rs2", "rd = clmulr(rs1, rs2)", "Multiplies without carries, reversed: bits 2·XLEN-2 to XLEN-1 of the product."],
    ],
  },
  {
    needs: "Zbs",
    section: "Zbs: Single-Bit Instructions",
    rows: [
      ["bclr", "R", 0x48001033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 & ~(1 << rs2)", "Clears one bit of rs1; the low bits of rs2 say which."],
      ["bclri", "I", 0x48001013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 & ~(1 << shamt)", "Clears one bit of rs1, a constant one."],
      ["bext", "R", 0x48005033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 >>u rs2) & 1", "Takes one bit of rs1; the low bits of rs2 say which."],
      ["bexti", "I", 0x48005013, 0xfc00707f, "rd, rs1, shamt", "rd = (rs1 >>u shamt) & 1", "Takes one bit of rs1, a constant one."],
      ["binv", "R", 0x68001033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 ^ (1 << rs2)", "Inverts one bit of rs1; the low bits of rs2 say which."],
      ["binvi", "I", 0x68001013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 ^ (1 << shamt)", "Inverts one bit of rs1, a constant one."],
      ["bset", "R", 0x28001033, 0xfe00707f, "rd, rs1, rs2", "rd = rs1 | (1 << rs2)", "Sets one bit of rs1; the low bits of rs2 say which."],
      ["bseti", "I", 0x28001013, 0xfc00707f, "rd, rs1, shamt", "rd = rs1 | (1 << shamt)", "Sets one bit of rs1, a constant one."],
    ],
  },
  {
    needs: "Zbkb",
    section: "Zbkb: Bit Manipulation for Cryptography",
    rows: [
      ["pack", "R", 0x08004033, 0xfe00707f, "rd, rs1, rs2", "h = XLEN >>u 1; rd = (rs2 << h) | ((rs1 << h) >>u h)", "Joins the lower halves of rs1 and rs2."],
      ["packh", "R", 0x08007033, 0xfe00707f, "rd, rs1, rs2", "rd = (zext8(rs2) << 8) | zext8(rs1)", "Joins the low bytes of rs1 and rs2."],
      ["brev8", "I", 0x68705013, 0xfff0707f, "rd, rs1", "rd = brev8(rs1)", "Turns the order of the bits of each byte round."],
    ],
  },
  {
    needs: "Zbkb",
    xlen: 64,
    section: "Zbkb: Bit Manipulation for Cryptography",
    rows: [
      ["packw", "R", 0x0800403b, 0xfe00707f, "rd, rs1, rs2", "rd = sext32((rs2 << 16) | zext16(rs1))", "Joins the low 16 bits of rs1 and rs2 and sign-extends them."],
    ],
  },
  {
    needs: "Zbkb",
    xlen: 32,
    section: "Zbkb: Bit Manipulation for Cryptography",
    rows: [
      ["zip", "I", 0x08f01013, 0xfff0707f, "rd, rs1", "rd = zip(rs1)", "Interleaves the bits of both halves."],
      ["unzip", "I", 0x08f05013, 0xfff0707f, "rd, rs1", "rd = unzip(rs1)", "Separates even and odd bits into halves."],
    ],
  },
  {
    needs: "Zbkx",
    section: "Zbkx: Crossbar Permutations",
    rows: [
      ["xperm4", "R", 0x28002033, 0xfe00707f, "rd, rs1, rs2", "rd = xperm4(rs1, rs2)", "Each 4 bits of rs2 choose 4 bits of rs1."],
      ["xperm8", "R", 0x28004033, 0xfe00707f, "rd, rs1, rs2", "rd = xperm8(rs1, rs2)", "Each byte of rs2 chooses a byte of rs1."],
    ],
  },
];
