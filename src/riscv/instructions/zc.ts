import type { InstructionGroup } from "../instruction.ts";

/** More compressed instructions: Zcb for all programs, Zcmp and Zcmt for small microcontrollers. */
// biome-ignore format: a row is a line
export const zc: readonly InstructionGroup[] = [
  {
    needs: "Zcb",
    section: "Zcb: Loads and Stores",
    rows: [
      ["c.lbu", "CLB", 0x8000, 0xfc03, "rd', clb(rs1')", "= lbu rd', clb(rs1')", "Loads a byte and zero-extends it."],
      ["c.lhu", "CLH", 0x8400, 0xfc43, "rd', clh(rs1')", "= lhu rd', clh(rs1')", "Loads two bytes and zero-extends them."],
      ["c.lh", "CLH", 0x8440, 0xfc43, "rd', clh(rs1')", "= lh rd', clh(rs1')", "Loads two bytes and sign-extends them."],
      ["c.sb", "CSB", 0x8800, 0xfc03, "rs2', clb(rs1')", "= sb rs2', clb(rs1')", "Stores a byte."],
      ["c.sh", "CSH", 0x8c00, 0xfc43, "rs2', clh(rs1')", "= sh rs2', clh(rs1')", "Stores two bytes."],
    ],
  },
  {
    needs: "Zcb",
    section: "Zcb: Integer Operations",
    rows: [
      ["c.zext.b", "CU", 0x9c61, 0xfc7f, "rsd'", "= andi rsd', rsd', 255", "Zero-extends the low byte of a register."],
      ["c.sext.b", "CU", 0x9c65, 0xfc7f, "rsd'", "= sext.b rsd', rsd'", "Sign-extends the low byte of a register.", { needs: "Zcb&Zbb" }],
      ["c.zext.h", "CU", 0x9c69, 0xfc7f, "rsd'", "= zext.h rsd', rsd'", "Zero-extends the low two bytes of a register.", { needs: "Zcb&Zbb" }],
      ["c.sext.h", "CU", 0x9c6d, 0xfc7f, "rsd'", "= sext.h rsd', rsd'", "Sign-extends the low two bytes of a register.", { needs: "Zcb&Zbb" }],
      ["c.zext.w", "CU", 0x9c71, 0xfc7f, "rsd'", "= add.uw rsd', rsd', zero", "Zero-extends the low four bytes of a register.", { needs: "Zcb&Zba", xlen: 64 }],
      ["c.not", "CU", 0x9c75, 0xfc7f, "rsd'", "= xori rsd', rsd', -1", "Complements a register."],
      ["c.mul", "CA", 0x9c41, 0xfc63, "rsd', rs2'", "= mul rsd', rsd', rs2'", "Multiplies two registers; the lower half of the product.", { needs: "Zcb&M|Zcb&Zmmul" }],
    ],
  },
  {
    needs: "Zcmp",
    section: "Zcmp: Push and Pop",
    rows: [
      ["cm.push", "CMPP", 0xb802, 0xff03, "rlist!0!1!2!3, spimm-", "push_registers(rlist, spimm)", "Opens a stack frame: stores ra and s registers, and moves sp down.", { overlaps: ["c.fsdsp"] }],
      ["cm.pop", "CMPP", 0xba02, 0xff03, "rlist!0!1!2!3, spimm", "pop_registers(rlist, spimm)", "Closes a stack frame: loads ra and s registers, and moves sp up.", { overlaps: ["c.fsdsp"] }],
      ["cm.popretz", "CMPP", 0xbc02, 0xff03, "rlist!0!1!2!3, spimm", "pop_registers(rlist, spimm); a0 = 0; pc = ra & ~1", "Closes a stack frame and returns 0.", { overlaps: ["c.fsdsp"] }],
      ["cm.popret", "CMPP", 0xbe02, 0xff03, "rlist!0!1!2!3, spimm", "pop_registers(rlist, spimm); pc = ra & ~1", "Closes a stack frame and returns.", { overlaps: ["c.fsdsp"] }],
      ["cm.mvsa01", "CMMV", 0xac22, 0xfc63, "r1s', r2s'", "r1s = a0; r2s = a1", "Copies a0 and a1 to two s registers, which must not be the same.", { overlaps: ["c.fsdsp"], except: [[0x39c, 0x0], [0x39c, 0x84], [0x39c, 0x108], [0x39c, 0x18c], [0x39c, 0x210], [0x39c, 0x294], [0x39c, 0x318], [0x39c, 0x39c]] }],
      ["cm.mva01s", "CMMV", 0xac62, 0xfc63, "r1s', r2s'", "t = r2s; a0 = r1s; a1 = t", "Copies two s registers to a0 and a1.", { overlaps: ["c.fsdsp"] }],
    ],
  },
  {
    needs: "Zcmt",
    section: "Zcmt: Table Jump",
    rows: [
      ["cm.jt", "CMJT", 0xa002, 0xff83, "jtindex", "pc = jump_table(index)", "Jumps to an entry of the jump table.", { overlaps: ["cm.jalt", "c.fsdsp"] }],
      ["cm.jalt", "CMJT", 0xa002, 0xfc03, "jaltindex", "pc = jump_table(index); ra = next", "Calls an entry of the jump table.", { overlaps: ["c.fsdsp"] }],
    ],
  },
];
