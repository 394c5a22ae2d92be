import type { Expression, InputSections, SortKey } from "../../script/index.ts";
import { SectionFlag } from "../place/placement.ts";
import { printExpression } from "./print-expression.ts";

// Statements of the script and other things as GNU ld's map writes them.

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Of a memory region. */
export function attributes(flags: number): string {
  let text = "";
  if (flags & SectionFlag.alloc) text += "a";
  if (flags & SectionFlag.code) text += "x";
  if (flags & SectionFlag.readonly) text += "r";
  if (flags & SectionFlag.data) text += "w";
  if (flags & SectionFlag.load) text += "l";
  return text;
}

/** Whether an expression refers to a symbol. */
export function mentions(expression: Expression, symbol: string): boolean {
  switch (expression.kind) {
    case "symbol":
      return expression.name.text === symbol;
    case "parenthesized":
      return mentions(expression.inner, symbol);
    case "unary":
      return mentions(expression.operand, symbol);
    case "binary":
      return mentions(expression.left, symbol) || mentions(expression.right, symbol);
    case "conditional":
      return [expression.condition, expression.then, expression.otherwise].some((part) =>
        mentions(part, symbol),
      );
    case "call":
      return expression.arguments.some((part) => mentions(part, symbol));
    default:
      return false;
  }
}

/** The bytes of FILL: four, unless it is a hexadecimal literal of another length. */
export function fillDigits(value: Expression): string {
  if (value.kind === "number" && value.digits !== undefined)
    return value.digits.length % 2 === 0 ? value.digits.toLowerCase() : `0${value.digits.toLowerCase()}`;
  const number = printExpression(value).replace(/^0x/, "");
  return /^[0-9a-f]+$/.test(number) ? number.padStart(8, "0").slice(-8) : "00000000";
}

const sortNames: Readonly<Record<SortKey, string>> = {
  name: "SORT_BY_NAME",
  alignment: "SORT_BY_ALIGNMENT",
  "init-priority": "SORT_BY_INIT_PRIORITY",
  none: "SORT_NONE",
};

/** A pattern statement as the map shows it: without KEEP and section flags, EXCLUDE_FILE last to first. */
export function printPattern(node: InputSections, sortSection: "none" | "name" | "alignment"): string {
  const exclude = (list: readonly { readonly text: string }[]) =>
    list.length === 0
      ? ""
      : `EXCLUDE_FILE(${[...list]
          .reverse()
          .map((name) => name.text)
          .join(" ")}) `;
  const { file } = node;
  let text = file ? exclude(file.exclude) : "";
  const name = file?.pattern.text ?? "*";
  text += file?.sort === "name" ? `SORT_BY_NAME(${name})` : name;
  const patterns = (node.sections ?? []).map((pattern) => {
    const keys = [...new Set(pattern.sort)];
    if (sortSection !== "none" && keys.length === 0) keys.push(sortSection);
    else if (sortSection === "name" && keys.length === 1 && keys[0] === "alignment") keys.push("name");
    else if (sortSection === "alignment" && keys.length === 1 && keys[0] === "name") keys.push("alignment");
    const open = keys.map((key) => `${sortNames[key]}(`).join("");
    return `${open}${exclude(pattern.exclude)}${pattern.pattern.text}${")".repeat(keys.length)}`;
  });
  return `${text}(${patterns.join(" ")})`;
}
