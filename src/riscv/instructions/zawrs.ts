import type { InstructionGroup } from "../instruction.ts";

/** Waiting for a reservation to be lost. */
// biome-ignore format: a row is a line
export const zawrs: readonly InstructionGroup[] = [
  {
    needs: "Zawrs",
    section: "Zawrs: Wait-on-Reservation-Set Instructions",
    rows: [
      ["wrs.nto", "I", 0x00d00073, 0xffffffff, "", "wait_reservation(forever)", "Waits until the reservation is lost."],
      ["wrs.sto", "I", 0x01d00073, 0xffffffff, "", "wait_reservation(briefly)", "Waits until the reservation is lost or a short time has passed."],
    ],
  },
];
