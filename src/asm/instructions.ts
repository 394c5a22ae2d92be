import type { Assembler } from "./assembler.ts";
import type { NameId } from "./names.ts";

/** One instruction: `name` has been read, it began at `start`. */
export function assembleInstruction(assembler: Assembler, name: NameId, start: number): void {
  assembler.reader.at = start;
  assembler.error("AS0100", `unrecognized opcode \`${assembler.names.text(name)}'`);
  assembler.ignoreRest();
}
