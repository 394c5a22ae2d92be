import type { InstructionGroup } from "../instruction.ts";

/** Instructions of machine and supervisor mode, and of the hypervisor. */
// biome-ignore format: a row is a line
export const privileged: readonly InstructionGroup[] = [
  {
    needs: "I",
    section: "Privileged: Trap-Return Instructions",
    rows: [
      ["sret", "R", 0x10200073, 0xffffffff, "", "return_from(supervisor)", "Returns from a trap to supervisor mode."],
      ["mret", "R", 0x30200073, 0xffffffff, "", "return_from(machine)", "Returns from a trap to machine mode."],
      ["dret", "R", 0x7b200073, 0xffffffff, "", "return_from(debug)", "Leaves debug mode."],
      ["uret", "R", 0x00200073, 0xffffffff, "", "trap(illegal)", "Returned from a trap to user mode in an extension that was withdrawn."],
      ["hret", "R", 0x20200073, 0xffffffff, "", "trap(illegal)", "Returned from a trap to hypervisor mode in drafts before 1.10."],
    ],
  },
  {
    needs: "I",
    section: "Privileged: Wait for Interrupt",
    rows: [
      ["wfi", "R", 0x10500073, 0xffffffff, "", "wait_for_interrupt()", "Waits until an interrupt may be pending."],
    ],
  },
  {
    needs: "I",
    section: "Privileged: Supervisor Memory-Management Fence Instruction",
    rows: [
      ["sfence.vma", "R", 0x12000073, 0xfe007fff, "rs1, rs2", "sfence_vma(supervisor, rs1, rs2)", "Makes address translation see earlier stores to page tables, for an address (rs1) and an address space (rs2), or for all."],
      ["sfence.vm", "R", 0x10400073, 0xfff07fff, "rs1", "trap(illegal)", "Was sfence.vma in drafts before 1.10."],
    ],
  },
  {
    needs: "Svinval",
    section: "Svinval: Fine-Grained Address-Translation Cache Invalidation",
    rows: [
      ["sinval.vma", "R", 0x16000073, 0xfe007fff, "rs1, rs2", "sfence_vma(supervisor, rs1, rs2)", "Drops address translations, for an address (rs1) and an address space (rs2), or all."],
      ["sfence.w.inval", "R", 0x18000073, 0xffffffff, "", "fence(15, 15)", "Orders earlier stores before later sinval.vma."],
      ["sfence.inval.ir", "R", 0x18100073, 0xffffffff, "", "fence(15, 15)", "Orders earlier sinval.vma before later address translations."],
      ["hinval.vvma", "R", 0x26000073, 0xfe007fff, "rs1, rs2", "sfence_vma(guest, rs1, rs2)", "Drops a guest's address translations."],
      ["hinval.gvma", "R", 0x66000073, 0xfe007fff, "rs1, rs2", "sfence_vma(host, rs1, rs2)", "Drops translations of a guest's physical addresses."],
    ],
  },
  {
    needs: "H",
    section: "Privileged: Hypervisor Memory-Management Fence Instructions",
    rows: [
      ["hfence.vvma", "R", 0x22000073, 0xfe007fff, "rs1, rs2", "sfence_vma(guest, rs1, rs2)", "Makes a guest's address translation see earlier stores to page tables."],
      ["hfence.gvma", "R", 0x62000073, 0xfe007fff, "rs1, rs2", "sfence_vma(host, rs1, rs2)", "Makes translation of a guest's physical addresses see earlier stores to page tables."],
    ],
  },
  {
    needs: "H",
    section: "Privileged: Hypervisor Virtual-Machine Load and Store Instructions",
    rows: [
      ["hlv.b", "R", 0x60004073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(s8, rs1)", "Loads a byte, sign-extended, as the guest sees memory."],
      ["hlv.bu", "R", 0x60104073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(u8, rs1)", "Loads a byte, zero-extended, as the guest sees memory."],
      ["hlv.h", "R", 0x64004073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(s16, rs1)", "Loads two bytes, sign-extended, as the guest sees memory."],
      ["hlv.hu", "R", 0x64104073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(u16, rs1)", "Loads two bytes, zero-extended, as the guest sees memory."],
      ["hlvx.hu", "R", 0x64304073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(x16, rs1)", "Loads two bytes that are executable, zero-extended, as the guest sees memory."],
      ["hlv.w", "R", 0x68004073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(s32, rs1)", "Loads four bytes, sign-extended, as the guest sees memory."],
      ["hlvx.wu", "R", 0x68304073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(x32, rs1)", "Loads four bytes that are executable, zero-extended, as the guest sees memory."],
      ["hlv.wu", "R", 0x68104073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(u32, rs1)", "Loads four bytes, zero-extended, as the guest sees memory.", { xlen: 64 }],
      ["hlv.d", "R", 0x6c004073, 0xfff0707f, "rd, 0(rs1)", "rd = hypervisor_load(u64, rs1)", "Loads eight bytes, as the guest sees memory.", { xlen: 64 }],
      ["hsv.b", "R", 0x62004073, 0xfe007fff, "rs2, 0(rs1)", "hypervisor_store(u8, rs1, rs2)", "Stores a byte, as the guest sees memory."],
      ["hsv.h", "R", 0x66004073, 0xfe007fff, "rs2, 0(rs1)", "hypervisor_store(u16, rs1, rs2)", "Stores two bytes, as the guest sees memory."],
      ["hsv.w", "R", 0x6a004073, 0xfe007fff, "rs2, 0(rs1)", "hypervisor_store(u32, rs1, rs2)", "Stores four bytes, as the guest sees memory."],
      ["hsv.d", "R", 0x6e004073, 0xfe007fff, "rs2, 0(rs1)", "hypervisor_store(u64, rs1, rs2)", "Stores eight bytes, as the guest sees memory.", { xlen: 64 }],
    ],
  },
];
