import type { InstructionGroup } from "../instruction.ts";
import { rv32i } from "./rv32i.ts";
import { rv64i } from "./rv64i.ts";

/** Every group of instructions, in the manual's order. */
export const groups: readonly (readonly InstructionGroup[])[] = [rv32i, rv64i];
