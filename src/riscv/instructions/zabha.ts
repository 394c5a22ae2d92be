import type { InstructionGroup } from "../instruction.ts";

/** Atomic operations on bytes and half words. */
// biome-ignore format: a row is a line
export const zabha: readonly InstructionGroup[] = [
  {
    needs: "Zabha",
    section: "Zabha: Byte and Halfword Atomic Memory Operations",
    rows: [
      ["amoswap.b", "R", 0x0800002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = rs2; rd = t", "Stores rs2, a byte, in one step; rd gets what was there."],
      ["amoadd.b", "R", 0x0000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t + rs2; rd = t", "Adds rs2 to memory, a byte, in one step; rd gets what was there."],
      ["amoxor.b", "R", 0x2000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t ^ rs2; rd = t", "Exclusive or of memory and rs2, a byte, in one step; rd gets what was there."],
      ["amoand.b", "R", 0x6000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t & rs2; rd = t", "And of memory and rs2, a byte, in one step; rd gets what was there."],
      ["amoor.b", "R", 0x4000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t | rs2; rd = t", "Or of memory and rs2, a byte, in one step; rd gets what was there."],
      ["amomin.b", "R", 0x8000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t <s sext8(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both signed, a byte, in one step; rd gets what was there."],
      ["amomax.b", "R", 0xa000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t >s sext8(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both signed, a byte, in one step; rd gets what was there."],
      ["amominu.b", "R", 0xc000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t <u sext8(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both unsigned, a byte, in one step; rd gets what was there."],
      ["amomaxu.b", "R", 0xe000002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t >u sext8(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both unsigned, a byte, in one step; rd gets what was there."],
    ],
  },
  {
    needs: "Zabha&Zacas",
    section: "Zabha: Byte and Halfword Atomic Memory Operations",
    rows: [
      ["amocas.b", "R", 0x2800002f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext8(amo8[rs1]); amo8[rs1] = t == sext8(rd) ? rs2 : t; rd = t", "Stores rs2, a byte, if rd equals what is there, in one step; rd gets what was there."],
    ],
  },
  {
    needs: "Zabha",
    section: "Zabha: Byte and Halfword Atomic Memory Operations",
    rows: [
      ["amoswap.h", "R", 0x0800102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = rs2; rd = t", "Stores rs2, two bytes, in one step; rd gets what was there."],
      ["amoadd.h", "R", 0x0000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t + rs2; rd = t", "Adds rs2 to memory, two bytes, in one step; rd gets what was there."],
      ["amoxor.h", "R", 0x2000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t ^ rs2; rd = t", "Exclusive or of memory and rs2, two bytes, in one step; rd gets what was there."],
      ["amoand.h", "R", 0x6000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t & rs2; rd = t", "And of memory and rs2, two bytes, in one step; rd gets what was there."],
      ["amoor.h", "R", 0x4000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t | rs2; rd = t", "Or of memory and rs2, two bytes, in one step; rd gets what was there."],
      ["amomin.h", "R", 0x8000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t <s sext16(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both signed, two bytes, in one step; rd gets what was there."],
      ["amomax.h", "R", 0xa000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t >s sext16(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both signed, two bytes, in one step; rd gets what was there."],
      ["amominu.h", "R", 0xc000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t <u sext16(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both unsigned, two bytes, in one step; rd gets what was there."],
      ["amomaxu.h", "R", 0xe000102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t >u sext16(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both unsigned, two bytes, in one step; rd gets what was there."],
    ],
  },
  {
    needs: "Zabha&Zacas",
    section: "Zabha: Byte and Halfword Atomic Memory Operations",
    rows: [
      ["amocas.h", "R", 0x2800102f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext16(amo16[rs1]); amo16[rs1] = t == sext16(rd) ? rs2 : t; rd = t", "Stores rs2, two bytes, if rd equals what is there, in one step; rd gets what was there."],
    ],
  },
];
