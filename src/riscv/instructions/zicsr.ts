import type { InstructionGroup } from "../instruction.ts";

/** Reading and writing control and status registers. */
// biome-ignore format: a row is a line
export const zicsr: readonly InstructionGroup[] = [
  {
    needs: "Zicsr",
    section: "Zicsr: CSR Instructions",
    rows: [
      ["csrrw", "I", 0x00001073, 0x0000707f, "rd, csr, rs1", "rd = csr_swap(csr, rs1)", "Swaps a control and status register with rs1."],
      ["csrrs", "I", 0x00002073, 0x0000707f, "rd, csr, rs1", "rd = csr_set(csr, rs1)", "Reads a control and status register and sets its bits that are ones in rs1."],
      ["csrrc", "I", 0x00003073, 0x0000707f, "rd, csr, rs1", "rd = csr_clear(csr, rs1)", "Reads a control and status register and clears its bits that are ones in rs1."],
      ["csrrwi", "I", 0x00005073, 0x0000707f, "rd, csr, zimm", "rd = csr_swap(csr, zimm)", "Reads a control and status register and writes a constant of 5 bits to it."],
      ["csrrsi", "I", 0x00006073, 0x0000707f, "rd, csr, zimm", "rd = csr_set(csr, zimm)", "Reads a control and status register and sets its bits that are ones in a constant of 5 bits."],
      ["csrrci", "I", 0x00007073, 0x0000707f, "rd, csr, zimm", "rd = csr_clear(csr, zimm)", "Reads a control and status register and clears its bits that are ones in a constant of 5 bits."],
    ],
  },
];
