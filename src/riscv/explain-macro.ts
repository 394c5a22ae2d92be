// Explanations of pseudo-instructions that are several instructions.

import type { Isa } from "./isa.ts";
import { loadConstant, type Macro, macroSupported, macrosNamed } from "./macros.ts";
import { integerNames } from "./registers.ts";
import { instructionsNamed } from "./table.ts";

/** A pseudo-instruction and what it expands to. */
export interface MacroExplanation {
  readonly text: string;
  readonly words: string;
  readonly lines: readonly {
    readonly text: string;
    /** What the instruction does. */
    readonly words: string;
  }[];
}

/** li's instructions as they are written. */
function constantLines(register: string, value: bigint, xlen: 32 | 64): string[] {
  return loadConstant(value, xlen).map((step) => {
    if (step.mnemonic === "lui") return `lui ${register}, 0x${step.value.toString(16)}`;
    const from = "first" in step && step.first ? integerNames[0] : register;
    return `${step.mnemonic} ${register}, ${from}, ${step.value}`;
  });
}

function parseConstant(text: string): bigint | undefined {
  const match = /^(-?)(0x[0-9a-f]+|0b[01]+|\d+)$/i.exec(text);
  if (!match) return undefined;
  return match[1] === "-" ? -BigInt(match[2]) : BigInt(match[2]);
}

/** Explains a pseudo-instruction of several instructions; undefined where the text is none. */
export function explainMacro(text: string, machine: Isa): MacroExplanation | undefined {
  const [, mnemonic, rest] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text)!;
  const given = rest === "" ? [] : rest.split(/\s*,\s*/);
  const fits = (macro: Macro): boolean =>
    macroSupported(macro, machine) && macro.when !== "pic" && macro.operands.length === given.length;
  const macro = macrosNamed(mnemonic.toLowerCase()).find(fits);
  if (!macro) return undefined;
  let lines: string[];
  if (macro.lines.length > 0) {
    lines = macro.lines.map((line) => {
      let written = line.replace("[wd]", machine.xlen === 64 ? "d" : "w");
      written = written.replace(/XLEN-(\d+)/, (_, bits) => String(machine.xlen - Number(bits)));
      const [name, ...operands] = written.split(" ");
      let texts = operands.join(" ");
      for (const [i, kind] of macro.operands.entries()) {
        texts = texts.replace(new RegExp(`(?<![\\w%.])${kind.key}(?!\\w)`, "g"), () => given[i]);
      }
      return `${name} ${texts}`;
    });
  } else {
    const value = parseConstant(given[1]);
    if (value === undefined) return undefined;
    lines = constantLines(given[0], value, machine.xlen);
  }
  return {
    text: `${mnemonic} ${given.join(", ")}`,
    words: macro.words,
    lines: lines.map((line) => ({
      text: line,
      words: instructionsNamed(line.split(" ")[0])[0].words,
    })),
  };
}

/** The explanation, ended by a newline. */
export function macroExplanationText(explanation: MacroExplanation): string {
  const width = Math.max(...explanation.lines.map((line) => line.text.length));
  const count = explanation.lines.length;
  const stands = `${explanation.text} stands for ${count === 1 ? "one instruction" : `${count} instructions`}:`;
  const lines = explanation.lines.map((line) => `  ${line.text.padEnd(width)}  ${line.words}`);
  return `${[explanation.words, stands, "", ...lines].join("\n")}\n`;
}
