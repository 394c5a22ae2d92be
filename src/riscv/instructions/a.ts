import type { InstructionGroup } from "../instruction.ts";

/** Atomic memory operations. */
// biome-ignore format: a row is a line
export const a: readonly InstructionGroup[] = [
  {
    needs: "A|Zalrsc",
    section: "A: Load-Reserved/Store-Conditional Instructions",
    rows: [
      ["lr.w", "R", 0x1000202f, 0xf9f0707f, "aqrl rd, 0(rs1)", "rd = sext32(load_reserved32(rs1))", "Loads four bytes and reserves them."],
      ["sc.w", "R", 0x1800202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "rd = store_conditional32(rs1, rs2)", "Stores four bytes if the reservation still holds; rd says whether it did not."],
    ],
  },
  {
    needs: "A|Zaamo",
    section: "A: Atomic Memory Operations",
    rows: [
      ["amoswap.w", "R", 0x0800202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = rs2; rd = t", "Stores rs2, four bytes, in one step; rd gets what was there."],
      ["amoadd.w", "R", 0x0000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t + rs2; rd = t", "Adds rs2 to memory, four bytes, in one step; rd gets what was there."],
      ["amoxor.w", "R", 0x2000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t ^ rs2; rd = t", "Exclusive or of memory and rs2, four bytes, in one step; rd gets what was there."],
      ["amoand.w", "R", 0x6000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t & rs2; rd = t", "And of memory and rs2, four bytes, in one step; rd gets what was there."],
      ["amoor.w", "R", 0x4000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t | rs2; rd = t", "Or of memory and rs2, four bytes, in one step; rd gets what was there."],
      ["amomin.w", "R", 0x8000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t <s sext32(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both signed, four bytes, in one step; rd gets what was there."],
      ["amomax.w", "R", 0xa000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t >s sext32(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both signed, four bytes, in one step; rd gets what was there."],
      ["amominu.w", "R", 0xc000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t <u sext32(rs2) ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both unsigned, four bytes, in one step; rd gets what was there."],
      ["amomaxu.w", "R", 0xe000202f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = sext32(amo32[rs1]); amo32[rs1] = t >u sext32(rs2) ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both unsigned, four bytes, in one step; rd gets what was there."],
    ],
  },
  {
    needs: "A|Zalrsc",
    xlen: 64,
    section: "A: Load-Reserved/Store-Conditional Instructions",
    rows: [
      ["lr.d", "R", 0x1000302f, 0xf9f0707f, "aqrl rd, 0(rs1)", "rd = load_reserved64(rs1)", "Loads eight bytes and reserves them."],
      ["sc.d", "R", 0x1800302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "rd = store_conditional64(rs1, rs2)", "Stores eight bytes if the reservation still holds; rd says whether it did not."],
    ],
  },
  {
    needs: "A|Zaamo",
    xlen: 64,
    section: "A: Atomic Memory Operations",
    rows: [
      ["amoswap.d", "R", 0x0800302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = rs2; rd = t", "Stores rs2, eight bytes, in one step; rd gets what was there."],
      ["amoadd.d", "R", 0x0000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t + rs2; rd = t", "Adds rs2 to memory, eight bytes, in one step; rd gets what was there."],
      ["amoxor.d", "R", 0x2000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t ^ rs2; rd = t", "Exclusive or of memory and rs2, eight bytes, in one step; rd gets what was there."],
      ["amoand.d", "R", 0x6000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t & rs2; rd = t", "And of memory and rs2, eight bytes, in one step; rd gets what was there."],
      ["amoor.d", "R", 0x4000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t | rs2; rd = t", "Or of memory and rs2, eight bytes, in one step; rd gets what was there."],
      ["amomin.d", "R", 0x8000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t <s rs2 ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both signed, eight bytes, in one step; rd gets what was there."],
      ["amomax.d", "R", 0xa000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t >s rs2 ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both signed, eight bytes, in one step; rd gets what was there."],
      ["amominu.d", "R", 0xc000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t <u rs2 ? t : rs2; rd = t", "Stores rs2 if it is less than what is there, both unsigned, eight bytes, in one step; rd gets what was there."],
      ["amomaxu.d", "R", 0xe000302f, 0xf800707f, "aqrl rd, rs2, 0(rs1)", "t = amo64[rs1]; amo64[rs1] = t >u rs2 ? t : rs2; rd = t", "Stores rs2 if it is greater than what is there, both unsigned, eight bytes, in one step; rd gets what was there."],
    ],
  },
];
