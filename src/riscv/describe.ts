// What a name of RISC-V is: a register, a control and status register, a
// mnemonic, an extension. As text; the data is in the tables.
import { aliasWords } from "./aliases.ts";
import { extensionWords } from "./arch.ts";
import { type Csr, csrNamed } from "./csrs.ts";
import { type Form, lookup, syntaxText } from "./forms.ts";
import type { Instruction } from "./instruction.ts";
import { macrosNamed } from "./macros.ts";
import { type Register, registerNamed } from "./registers.ts";
import { instructions } from "./table.ts";

function describeRegister(register: Register): string {
  const file = register.file === "x" ? "integer" : "floating-point";
  const saver = {
    caller: "A function may change it: who needs it over a call saves it (caller-saved).",
    callee: "A function that changes it restores it before it returns (callee-saved).",
    fixed: "Nobody changes it.",
  }[register.saver];
  return `${register.abiName} is the ${file} register ${register.name}: ${register.role}.\n${saver}\n`;
}

function describeCsr(csr: Csr): string {
  const access = csr.number >>> 10 === 3 ? "only read" : "read and written";
  const level = ["in any mode", "from supervisor mode on", "by hypervisors", "in machine mode"][
    (csr.number >>> 8) & 3
  ];
  const lines = [`${csr.name} is control and status register 0x${csr.number.toString(16)}: ${csr.words}.`];
  lines.push(`It is ${access} ${level}${csr.rv32 ? "; only 32-bit machines have it" : ""}.`);
  if (csr.since) {
    const until = csr.until ? ` until ${csr.until}` : "";
    lines.push(`The privileged specification has it since ${csr.since}${until}.`);
  } else lines.push(`It belongs to ${csr.needs.replace("&", " and ")}.`);
  return `${lines.join("\n")}\n`;
}

/** An instruction's bits where no operand is: 0 and 1, and letters for operands. */
function pattern(instruction: Instruction): string {
  const bits: string[] = [];
  for (let bit = instruction.size * 8 - 1; bit >= 0; bit--) {
    const fixed = (instruction.mask >>> bit) & 1;
    bits.push(fixed ? String((instruction.match >>> bit) & 1) : "-");
    if (bit % 4 === 0 && bit > 0) bits.push(" ");
  }
  return bits.join("");
}

function describeMnemonic(mnemonic: string, forms: readonly Form[]): string {
  const lines: string[] = [];
  const shown = forms.filter((form) => form.instruction.size === 4 || forms.length === 1);
  for (const form of shown.length > 0 ? shown : forms) {
    const { instruction } = form;
    if (lines.length > 0) lines.push("");
    const width = form.xlen ? ` (RV${form.xlen})` : "";
    lines.push(`${mnemonic} ${syntaxText(form)}`.trim() + width);
    if (form.target !== undefined) {
      const words = aliasWords[mnemonic];
      if (words) lines.push(`  ${words}`);
      lines.push(`  stands for ${syntaxText({ syntax: form.target })}`);
      continue;
    }
    lines.push(`  ${instruction.words}`);
    lines.push(
      `  ${instruction.meaningText ?? `stands for ${syntaxText({ syntax: instruction.expansion ?? "" })}`}`,
    );
    lines.push(`  ${pattern(instruction)}`);
    lines.push(
      `  ${instruction.needs.replaceAll("&", " and ").replaceAll("|", " or ")}; ${instruction.section}`,
    );
  }
  for (const macro of macrosNamed(mnemonic)) {
    if (lines.length > 0) lines.push("");
    const when = macro.when === "pic" ? " (with .option pic)" : "";
    lines.push(`${mnemonic} ${syntaxText(macro)}${when}`, `  ${macro.words}`);
    for (const line of macro.lines) lines.push(`  ${line}`);
  }
  return `${lines.join("\n")}\n`;
}

function describeExtension(name: string, words: string): string {
  const has = (needs: string) => needs.toLowerCase().split(/[&|]/).includes(name);
  const names = instructions().filter((row) => !row.hidden && has(row.needs));
  const list = [...new Set(names.map((row) => row.mnemonic))];
  const lines = [`${name.length === 1 ? name.toUpperCase() : name}: ${words}`];
  if (list.length > 0) lines.push("", ...wrapped(list));
  return `${lines.join("\n")}\n`;
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line.length + word.length > 98) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? `  ${word}` : ` ${word}`;
  }
  lines.push(line);
  return lines;
}

/** Says what a name is; undefined where it is none of RISC-V. A mnemonic comes before an extension's letter. */
export function describe(name: string): string | undefined {
  const lower = name.toLowerCase();
  const register = registerNamed(lower);
  if (register) return describeRegister(register);
  const csr = csrNamed(lower);
  if (csr) return describeCsr(csr);
  const forms = lookup(lower);
  if (forms.length > 0 || macrosNamed(lower).length > 0) return describeMnemonic(lower, forms);
  const words = extensionWords(lower);
  return words === undefined ? undefined : describeExtension(lower, words);
}
