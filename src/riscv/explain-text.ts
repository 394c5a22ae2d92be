// An explanation as a text for a terminal.
import { extensionWords } from "./arch.ts";
import type { Explanation } from "./explain.ts";

const formatWords: Readonly<Record<string, string>> = {
  R: "R: two sources, one destination",
  R4: "R4: three sources, one destination",
  I: "I: immediate",
  S: "S: store",
  B: "B: branch",
  U: "U: upper immediate",
  J: "J: jump",
  CR: "CR: compressed, registers",
  CI: "CI: compressed, immediate",
  CSS: "CSS: compressed, store to the stack",
  CIW: "CIW: compressed, wide immediate",
  CL: "CL: compressed, load",
  CS: "CS: compressed, store",
  CA: "CA: compressed, arithmetic",
  CB: "CB: compressed, branch",
  CJ: "CJ: compressed, jump",
};

function extensions(needs: string): string {
  return needs
    .split("|")
    .map((choice) =>
      choice
        .split("&")
        .map((name) => {
          const words = extensionWords(name.toLowerCase());
          return words ? `${name} (${words})` : name;
        })
        .join(" and "),
    )
    .join(" or ");
}

/** A table with the bits' numbers, the bits and their names, one column a field. */
function fieldTable(explanation: Explanation): string[] {
  const columns = explanation.fields.map((field) => {
    const range = field.high === field.low ? `${field.high}` : `${field.high}:${field.low}`;
    const cells = [range, field.bits, field.name];
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => cell.padStart(Math.floor((width + cell.length) / 2)).padEnd(width));
  });
  return [0, 1, 2].map((row) => `  ${columns.map((cells) => cells[row]).join("  ")}`.trimEnd());
}

/** The explanation, ended by a newline. */
export function explanationText(explanation: Explanation): string {
  const digits = explanation.size * 2;
  const lines: string[] = [];
  lines.push(`${explanation.word.toString(16).padStart(digits, "0")}  ${explanation.text}`, "");
  lines.push(explanation.shortly);
  if (explanation.pseudo) {
    lines.push(`${explanation.pseudo.text} is another way to write ${explanation.pseudo.standsFor}`);
  }
  if (explanation.expansion) {
    const word = explanation.expansion.word.toString(16).padStart(8, "0");
    lines.push(`In 32 bits: ${word}  ${explanation.expansion.text}`);
  }
  lines.push("", ...fieldTable(explanation), "");
  lines.push(`Format      ${formatWords[explanation.format] ?? explanation.format}`);
  const width = Math.max(0, ...explanation.operands.map((operand) => operand.name.length));
  const texts = Math.max(0, ...explanation.operands.map((operand) => operand.text.length));
  for (const [i, operand] of explanation.operands.entries()) {
    const saver =
      operand.register && operand.register.saver !== "fixed" ? `, ${operand.register.saver}-saved` : "";
    const title = i === 0 ? "Operands" : "";
    lines.push(
      `${title.padEnd(12)}${operand.name.padEnd(width)}  ${operand.text.padEnd(texts)}  ${operand.words}${saver}`,
    );
  }
  lines.push(`Does        ${explanation.pseudoCode}`);
  if (explanation.filled !== explanation.pseudoCode) lines.push(`            ${explanation.filled}`);
  for (const { name, words } of explanation.functions) lines.push(`            ${name}: ${words}`);
  const relocations = explanation.relocations.map((hint) => `${hint.name} ${hint.written}`);
  for (const [i, hint] of relocations.entries())
    lines.push(`${(i === 0 ? "Relocations" : "").padEnd(12)}${hint}`);
  lines.push(`Extension   ${extensions(explanation.needs)}`);
  lines.push(`Manual      ${explanation.section}`);
  return `${lines.join("\n")}\n`;
}
