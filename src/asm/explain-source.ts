// What each line of a source becomes, and what that does: the assembler's
// listing joined with the explanations of the instruction table.
import {
  R_RISCV_CALL,
  R_RISCV_CALL_PLT,
  R_RISCV_PCREL_LO12_I,
  R_RISCV_PCREL_LO12_S,
  SHF_EXECINSTR,
} from "../elf/index.ts";
import { type Explanation, everyExtension, explain, relocationHint } from "../riscv/index.ts";
import type { AssembledObject, AssembledSection, ListingRow } from "./result.ts";

/** An instruction that came of a statement. */
export interface ExplainedInstruction {
  /** In its section. */
  readonly address: number;
  readonly explanation: Explanation;
  /** What the linker will do to it: the relocation's name and what it is asked for. */
  readonly relocation: { readonly name: string; readonly written: string } | undefined;
}

/** A statement of a source, with what came of it. */
export interface ExplainedStatement {
  readonly row: ListingRow;
  /** Empty for directives and labels. */
  readonly instructions: readonly ExplainedInstruction[];
}

/** Whether a statement's bytes are instructions: it is no directive but .insn. */
function isCode(row: ListingRow, section: AssembledSection | undefined): section is AssembledSection {
  if (!section || (section.flags & SHF_EXECINSTR) === 0 || row.length === 0) return false;
  const statement = row.text.replace(/^\s*(?:[\w.$]+:\s*)*/, "");
  return !statement.startsWith(".") || statement.startsWith(".insn");
}

type Filled = NonNullable<ExplainedInstruction["relocation"]>;

/** What the linker fills in, by the address of the instruction. */
function relocationsOf(object: AssembledObject, section: AssembledSection): ReadonlyMap<number, Filled> {
  const filled = new Map<number, Filled>();
  /** The symbols of high parts, which the low parts name by the place of the high part. */
  const high = new Map<bigint, string>();
  for (const { offset, type, symbol, addend } of section.relocations) {
    const hint = relocationHint(type);
    if (!hint) continue;
    const { name: label, value } = object.symbols[symbol];
    // Labels that the assembler made itself have names that nobody wrote.
    const named = /^[\w.$]+$/.test(label) ? label : `0x${value.toString(16)}`;
    const name = `${named}${addend === 0n ? "" : `${addend < 0n ? "" : "+"}${addend}`}`;
    if (type === R_RISCV_CALL || type === R_RISCV_CALL_PLT) {
      // One relocation for two instructions.
      filled.set(offset, { name: hint.name, written: `%pcrel_hi(${name})` });
      filled.set(offset + 4, { name: hint.name, written: `%pcrel_lo(${name})` });
      continue;
    }
    const low = type === R_RISCV_PCREL_LO12_I || type === R_RISCV_PCREL_LO12_S;
    if (!low) high.set(BigInt(offset), name);
    const target = low ? (high.get(value) ?? name) : name;
    filled.set(offset, { name: hint.name, written: hint.written.replace(/symbol|label/, () => target) });
  }
  return filled;
}

/** Explains an assembled source statement by statement. The listing must have been kept. */
export function explainSource(object: AssembledObject): ExplainedStatement[] {
  const machine = everyExtension(object.xlen);
  const filled = new Map<AssembledSection, ReadonlyMap<number, Filled>>();
  return object.listing.map((row) => {
    const section: AssembledSection | undefined = object.sections[row.section];
    const instructions: ExplainedInstruction[] = [];
    if (isCode(row, section)) {
      const { contents } = section;
      const relocations = filled.get(section) ?? relocationsOf(object, section);
      filled.set(section, relocations);
      for (let at = row.address; at + 2 <= row.address + row.length; ) {
        const low = contents[at] | (contents[at + 1] << 8);
        const size = (low & 3) === 3 ? 4 : 2;
        const word = size === 2 ? low : (low | (contents[at + 2] << 16) | (contents[at + 3] << 24)) >>> 0;
        const relocation = relocations.get(at);
        const explanation = explain(word, BigInt(at), machine, { immediate: relocation?.written });
        if (explanation) instructions.push({ address: at, explanation, relocation });
        at += size;
      }
    }
    return { row, instructions };
  });
}
