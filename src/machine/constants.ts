// Which registers hold constants at the start of blocks: addresses of global
// variables, most often, which compilers load before a loop.
import { operandValue } from "./operation.ts";
import type { Block, Placed, Region } from "./region.ts";

/** By register; undefined where the value is not known. */
export type Constants = (number | undefined)[];

function operandOf(placed: Placed, name: string): number {
  for (const source of placed.operation.operands)
    if (source.name === name) return operandValue(source, placed.word);
  return 0;
}

/** The constant that an instruction assigns to rd, as a signed number; undefined where it is none, or not exact. */
export function constantOf(placed: Placed, before: Constants, xlen: 32 | 64): number | undefined {
  const { mnemonic } = placed.operation.instruction;
  let value: number | undefined;
  switch (mnemonic) {
    case "lui":
      value = (operandOf(placed, "imm") << 12) | 0;
      break;
    case "auipc":
      value = placed.pc + ((operandOf(placed, "imm") << 12) | 0);
      break;
    case "addi":
    case "addiw": {
      const from = before[operandOf(placed, "rs1")];
      if (from === undefined) return undefined;
      value = from + operandOf(placed, "imm");
      if (mnemonic === "addiw") value |= 0;
      break;
    }
    case "add": {
      const [a, b] = [operandOf(placed, "rs1"), operandOf(placed, "rs2")];
      if (a !== 0 && b !== 0) return undefined;
      value = before[a === 0 ? b : a];
      break;
    }
  }
  if (value === undefined) return undefined;
  if (xlen === 32) return value | 0;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Follows an instruction. */
export function stepConstants(placed: Placed, constants: Constants, xlen: 32 | 64): void {
  const { traits, operands } = placed.operation;
  if (traits.writes.length === 0) return;
  const value = constantOf(placed, constants, xlen);
  for (const source of operands) {
    if (!traits.writes.includes(source.name) || source.name.startsWith("f")) continue;
    const register = operandValue(source, placed.word);
    if (register !== 0) constants[register] = source.name === "rd" ? value : undefined;
  }
}

export function constantRegisters(region: Region, xlen: 32 | 64): Map<Block, Constants> {
  const before = new Map<Block, Constants>();
  const ends = new Map<Block, Constants>();
  const none: Constants = new Array(32).fill(undefined);
  none[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of region.blocks) {
      // Predecessors not looked at yet say nothing against a constant.
      let constants: Constants | undefined = block.order === 0 ? [...none] : undefined;
      for (const earlier of block.predecessors) {
        const end = ends.get(earlier);
        if (!end) continue;
        if (!constants) constants = [...end];
        else for (let r = 1; r < 32; r++) if (constants[r] !== end[r]) constants[r] = undefined;
      }
      constants ??= [...none];
      before.set(block, [...constants]);
      for (const placed of block.body) stepConstants(placed, constants, xlen);
      if (block.ending.kind === "call") constants = none;
      else if (block.last) stepConstants(block.last, constants, xlen);
      const known = ends.get(block);
      if (known?.every((value, r) => value === constants?.[r])) continue;
      ends.set(block, constants);
      changed = true;
    }
  }
  return before;
}
