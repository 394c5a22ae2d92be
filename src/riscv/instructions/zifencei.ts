import type { InstructionGroup } from "../instruction.ts";

/** Keeping instruction fetches behind stores. */
// biome-ignore format: a row is a line
export const zifencei: readonly InstructionGroup[] = [
  {
    needs: "Zifencei",
    section: "Zifencei: Instruction-Fetch Fence",
    rows: [
      ["fence.i", "I", 0x0000100f, 0xffffffff, "", "fence_i()", "Makes instructions fetched from here on see all earlier stores of this hart.", { overlaps: ["fence.i"] }],
      ["fence.i", "I", 0x0000100f, 0x0000707f, "rd, rs1, imm12", "fence_i()", "The same: the other fields are reserved, and ignored.", { hidden: true }],
    ],
  },
];
