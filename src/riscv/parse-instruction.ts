// Reads one instruction with all its operands known: registers, numbers, names
// of control and status registers, addresses. It is for explaining and for
// tests; the language of source files is the assembler's.
import { csrNamed } from "./csrs.ts";
import { encodeForm, type Form, formMatches, formSupported, lookup, syntaxText } from "./forms.ts";
import type { Isa } from "./isa.ts";
import { macrosNamed } from "./macros.ts";
import { type OperandKind, operandAccepts } from "./operands.ts";
import {
  fenceBits,
  fliConstants,
  fliValues,
  registerListSize,
  registerListText,
  registerNamed,
  roundingModes,
} from "./registers.ts";

/** An instruction word, or why there is none. */
export type ParsedInstruction =
  | { readonly word: number; readonly form: Form; readonly problem?: undefined }
  | { readonly problem: string };

function number(text: string): number | undefined {
  if (!/^[-+]?(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
  return text[0] === "-" ? -Number(text.slice(1)) : Number(text);
}

function index<T>(list: readonly (T | undefined)[], item: T): number | undefined {
  const at = list.indexOf(item);
  return at < 0 ? undefined : at;
}

/** The value of an operand's text, whether or not the instruction can have it. */
function operandValue(
  kind: OperandKind,
  text: string,
  pc: bigint,
  machine: Isa,
  list: number,
): number | undefined {
  switch (kind.class) {
    case "x":
    case "f": {
      const register = registerNamed(text);
      return register?.file === kind.class ? register.number : undefined;
    }
    case "target": {
      const near = /^\.([-+]\w+)$/.exec(text);
      if (near) return number(near[1]);
      if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
      return Number(BigInt.asIntN(machine.xlen, BigInt(text) - pc));
    }
    case "upper": {
      const value = number(text);
      return kind.signed && value !== undefined && value >= 0x80000 ? value - 0x100000 : value;
    }
    case "csr":
      return csrNamed(text)?.number ?? number(text);
    case "rm":
      return index(roundingModes, text);
    case "fence":
      return fenceBits(text);
    case "constant":
      return (
        index(fliConstants, text) ?? (/^-?[\d.]/.test(text) ? index(fliValues, Number(text)) : undefined)
      );
    case "register-list": {
      const plain = text.replace(/\s/g, "");
      for (let value = 4; value <= 15; value++) {
        for (const numeric of [false, true]) {
          if (registerListText(value, numeric)?.replace(/\s/g, "") === plain) return value;
        }
      }
      return undefined;
    }
    case "stack-adjustment": {
      const value = number(text);
      if (value === undefined || value < 0 !== Boolean(kind.negative)) return undefined;
      return Math.abs(value) - registerListSize(list, machine.xlen);
    }
    default:
      return number(text);
  }
}

/** The operand values of a text in a form, or undefined where it does not fit. */
function readOperands(form: Form, words: readonly string[], pc: bigint, machine: Isa): number[] | undefined {
  const values: (number | undefined)[] = form.operands.map(() => undefined);
  let at = 0;
  for (let i = 0; i < form.tokens.length; i++) {
    const token = form.tokens[i];
    const next = form.tokens[i + 1];
    if (token.kind === "punctuation") {
      const optional = next?.kind === "operand" ? form.operands[next.index].optional : undefined;
      if (at >= words.length && next?.kind === "operand" && optional !== undefined) {
        values[next.index] = optional;
        break;
      }
      if (words[at++] !== token.text) return undefined;
    } else if (token.kind === "literal") {
      // The 0 before a base register may be left out.
      const base = next?.kind === "punctuation" && next.text === "(";
      if (words[at] === token.text) at++;
      else if (!base || words[at] !== "(") return undefined;
    } else if (token.kind === "register") {
      const register = registerNamed(words[at++] ?? "");
      if (register?.file !== "x" || register.number !== token.number) return undefined;
    } else {
      const kind = form.operands[token.index];
      const text = words[at++];
      if (text === undefined) return undefined;
      const value = operandValue(kind, text, pc, machine, values[0] ?? 4);
      if (value === undefined || !operandAccepts(kind, value, machine.xlen)) return undefined;
      if (values[token.index] !== undefined && values[token.index] !== value) return undefined;
      values[token.index] = value;
    }
  }
  if (at !== words.length || values.some((value) => value === undefined)) return undefined;
  return values as number[];
}

/**
 * The word of an instruction as a machine with these extensions would be given
 * it: compressed where C is there and the operands fit. `pc` is the address
 * that targets are distances from.
 */
export function parseInstruction(text: string, pc: bigint, machine: Isa): ParsedInstruction {
  const [, mnemonic, rest] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text)!;
  const forms = lookup(mnemonic.toLowerCase());
  const macros = macrosNamed(mnemonic.toLowerCase());
  if (forms.length === 0 && macros.length === 0) return { problem: `there is no instruction ${mnemonic}` };
  const words = rest.match(/\{[^}]*\}|[^\s,()]+|[,()]/g) ?? [];
  const supported = forms.filter((form) => formSupported(form, machine));
  for (const form of supported) {
    const values = readOperands(form, words, pc, machine);
    if (!values) continue;
    const word = encodeForm(form, values);
    // Some words are reserved for reasons that no operand alone shows.
    if (formMatches(form, word)) return { word, form };
  }
  if (macros.length > 0) return { problem: `${mnemonic} ${rest} is not one instruction` };
  if (supported.length === 0) {
    const long = forms.filter((form) => form.instruction.size === 4);
    const needs = [
      ...new Set(
        (long.length > 0 ? long : forms).map((form) => form.needs + (form.xlen ? ` on RV${form.xlen}` : "")),
      ),
    ];
    return { problem: `${mnemonic} needs ${needs.join(" or ")}` };
  }
  const syntaxes = supported.filter((form) => form.instruction.size === 4 || supported.length === 1);
  const allowed = (syntaxes.length > 0 ? syntaxes : supported).map((form) =>
    `${mnemonic} ${syntaxText(form)}`.trim(),
  );
  return { problem: `operands ${rest || "missing"}: allowed is ${[...new Set(allowed)].join(" or ")}` };
}
