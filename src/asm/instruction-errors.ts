import { macroNames, macroSupported, mnemonics, syntaxText } from "../riscv/index.ts";
import { type Assembler, MOST_GUESSES } from "./assembler.ts";
import type { Mnemonic } from "./form-table.ts";
import { byteString } from "./macros.ts";
import { nearest } from "./nearest.ts";
import { scrub } from "./scrub.ts";

/** Says why a statement is no instruction: not known, of an extension that is off, or with other operands. */
export function reportUnmatched(
  assembler: Assembler,
  mnemonic: Mnemonic | undefined,
  start: number,
  end: number,
): void {
  const { reader, target, attempt } = assembler;
  const text = scrub(byteString(reader.bytes, start, end));
  const statement = text.replace(/^\S+/, (first) => first.toLowerCase());
  const { complaint, hint, furthest } = attempt;
  attempt.complaint = attempt.hint = undefined;
  reader.at = start;
  if (!mnemonic) {
    const word = statement.split(" ")[0];
    const guess = assembler.guesses++ < MOST_GUESSES;
    const meant = guess ? nearest(word.toLowerCase(), [...mnemonics(), ...macroNames()]) : undefined;
    const notes = meant ? [{ message: `did you mean ${meant}?` }] : [];
    assembler.error("AS0110", `unrecognized opcode \`${statement}'`, { notes });
    reader.at = end;
    return;
  }
  let message = "unrecognized opcode";
  let missing: string | undefined;
  for (const { form, size } of mnemonic.forms) {
    if (form!.xlen !== 0 && form!.xlen !== target.xlen) continue;
    if (!target.supports(form!)) missing = needsText(assembler, form!.needs);
    else if (size === 4 || target.compressed) {
      message = "illegal operands";
      missing = undefined;
    }
  }
  for (const macro of mnemonic.macros) {
    if (macro.xlen !== 0 && macro.xlen !== target.xlen) continue;
    if (!macroSupported(macro, target.machine)) missing = needsText(assembler, macro.needs);
    else {
      message = "illegal operands";
      missing = undefined;
    }
  }
  const notes = syntaxNotes(assembler, mnemonic);
  if (message === "illegal operands" && furthest < assembler.slots.count) {
    reader.at = Math.max(assembler.slots.start[furthest], start);
    if (hint !== undefined) notes.unshift({ message: hint });
  }
  if (complaint !== undefined && message === "illegal operands")
    assembler.error("AS0112", complaint, { notes });
  else {
    const required = missing ? `, extension \`${missing}' required` : "";
    assembler.error("AS0111", `${message} \`${statement}'${required}`, { notes });
  }
  reader.at = end;
}

/** "m' or `zmmul", as GNU as says it. */
function needsText(assembler: Assembler, needs: string): string {
  const choices = needs.toLowerCase().split("|");
  const shown = choices.map((choice) => {
    const parts = choice.split("&").filter((part) => !assembler.target.has(part));
    return parts.join("' and `");
  });
  return shown.join("' or `");
}

/** How the instruction is written, for each form that the machine has. */
function syntaxNotes(assembler: Assembler, mnemonic: Mnemonic): { message: string }[] {
  const { target } = assembler;
  const known = new Set<string>();
  for (const { form } of mnemonic.forms)
    if (form!.instruction.size === 4 && target.supports(form!)) known.add(syntaxText(form!));
  for (const macro of mnemonic.macros)
    if (macroSupported(macro, target.machine)) known.add(syntaxText(macro));
  if (known.size === 0) return [];
  const shown = [...known].slice(0, 4).map((syntax) => `${mnemonic.text} ${syntax}`.trim());
  return [{ message: `allowed: ${shown.join("; ")}` }];
}
