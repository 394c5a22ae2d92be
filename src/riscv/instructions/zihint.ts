import type { InstructionGroup } from "../instruction.ts";

/** Hints that are written as instructions of their own. */
// biome-ignore format: a row is a line
export const zihint: readonly InstructionGroup[] = [
  {
    needs: "Zihintpause",
    section: "Zihintpause: Pause Hint",
    rows: [
      ["pause", "I", 0x0100000f, 0xffffffff, "", "pause()", "Tells the hart that it is spinning, so that it may slow down.", { overlaps: ["fence"] }],
    ],
  },
];
