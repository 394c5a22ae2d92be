// The instruction table: every row as an `Instruction`, made when first needed.
import { Instruction } from "./instruction.ts";
import { groups } from "./instructions/all.ts";

let table: readonly Instruction[] | undefined;
let byMnemonic: Map<string, Instruction[]> | undefined;

/** Every instruction, in the manual's order. `instructions()[i].index === i`. */
export function instructions(): readonly Instruction[] {
  if (table) return table;
  const made: Instruction[] = [];
  for (const file of groups) {
    for (const group of file)
      for (const row of group.rows) made.push(new Instruction(made.length, group, row));
  }
  table = made;
  return made;
}

/** The instructions with a mnemonic: usually one; none where it is only an alias. */
export function instructionsNamed(mnemonic: string): readonly Instruction[] {
  if (!byMnemonic) {
    byMnemonic = new Map();
    for (const instruction of instructions()) {
      const list = byMnemonic.get(instruction.mnemonic);
      if (list) list.push(instruction);
      else byMnemonic.set(instruction.mnemonic, [instruction]);
    }
  }
  return byMnemonic.get(mnemonic) ?? [];
}
