import fc from "fast-check";
import {
  type Architecture,
  csrNumbered,
  type Form,
  fenceSet,
  fliValues,
  floatNames,
  formSupported,
  integerNames,
  lookup,
  mnemonics,
  type OperandKind,
  operandRange,
  registerListText,
  roundingModes,
} from "../../src/riscv/index.ts";

// Instructions as they are written, in every form of the instruction table, with
// operands in their ranges, at the ends of these, and one step beyond.

/** An operand as it is written; `pick` chooses the value. */
function operandText(operand: OperandKind, xlen: 32 | 64, pick: number): string {
  const [least, most] = operandRange(operand, xlen);
  // Registers of both sorts: compressed instructions take eight, most take all.
  if (operand.class === "x" || operand.class === "f") {
    const names = operand.class === "x" ? integerNames : floatNames;
    const out = pick % 7 === 0 ? pick >>> 3 : operand.registers ? 8 + ((pick >>> 3) % 8) : pick >>> 3;
    return names[out % 32];
  }
  const { scale } = operand;
  const steps = (most - least) / scale + 1;
  const edges = [least, most, 0, scale, -scale, least - scale, most + scale, least + 1];
  // Out of range, GNU as makes a branch around a jump, which is the assembler's business.
  const anyValue = operand.class !== "target" && pick % 3 === 0;
  const value = anyValue ? edges[(pick >>> 4) % edges.length] : least + ((pick >>> 4) % steps) * scale;
  switch (operand.class) {
    case "target":
      return value < 0 ? `.-${-value}` : `.+${value}`;
    case "upper":
      return `0x${(value < 0 && value >= -32 ? value & 0xfffff : Math.abs(value)).toString(16)}`;
    case "csr": {
      // GNU as does not know Zcmt's register.
      const csr = csrNumbered(value & 0xfff);
      return csr && csr.needs !== "Zcmt" ? csr.name : `0x${(value & 0xfff).toString(16)}`;
    }
    case "rm":
      return roundingModes[value & 7] ?? "rne";
    case "constant": {
      const index = Math.abs(value) % 32;
      if (index === 1) return "min";
      const constant = fliValues[index];
      if (!Number.isFinite(constant)) return Number.isNaN(constant) ? "nan" : "inf";
      return Number.isInteger(constant) ? constant.toFixed(1) : `${constant}`;
    }
    case "stack-adjustment":
      return `${operand.negative ? "-" : ""}${(1 + (Math.abs(value / 16) % 8)) * 16}`;
    case "register-list":
      return registerListText(4 + (Math.abs(value) % 12)) ?? "{ra}";
    case "fence":
      return fenceSet(value & 15) ?? "iorw";
    default:
      return `${value}`;
  }
}

function instructionText(form: Form, xlen: 32 | 64, picks: readonly number[]): string {
  let text = `${form.mnemonic} `;
  const values = form.operands.map((operand, i) => operandText(operand, xlen, picks[i % picks.length]));
  for (const token of form.tokens) {
    if (token.kind === "punctuation") text += token.text;
    else if (token.kind === "literal") text += token.text;
    else if (token.kind === "register") text += integerNames[token.number];
    else text += values[token.index];
  }
  return text.trim();
}

/** Texts in all forms of a machine; what only marks a place for the linker is left out. */
export function randomInstructions(
  architecture: Architecture,
  { seed, each, only }: { seed: number; each: number; only?: (form: Form) => boolean },
): string[] {
  const made = new Set<string>();
  const pick = fc.array(fc.nat(), { minLength: 6, maxLength: 6 });
  for (const mnemonic of mnemonics()) {
    for (const [i, form] of lookup(mnemonic).entries()) {
      if (!formSupported(form, architecture) || (only && !only(form))) continue;
      if (form.operands.some((operand) => operand.class === "relocation")) continue;
      for (const picks of fc.sample(pick, { seed: seed + form.instruction.index * 64 + i, numRuns: each })) {
        made.add(instructionText(form, architecture.xlen, picks));
      }
    }
  }
  return [...made];
}
