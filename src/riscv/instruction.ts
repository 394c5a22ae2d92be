// What a row of the instruction table is.
//
// The files of `instructions/` hold the rows as bare tuples, grouped under the
// headings of the ISA manual, so that loading them costs nothing but parsing
// literals. `table.ts` makes `Instruction`s of them when they are first needed.
import { type Meaning, parseMeaning } from "./meaning.ts";
import { insertOperand, type OperandKind, operandKind, operandMask } from "./operands.ts";

/**
 * One row, as the files of `instructions/` spell it.
 *
 * - syntax: operands as GNU as takes them, by the keys of `operandKinds`; `sp`
 *   and `zero` are those registers; `(rs1)` alone may be written `0(rs1)`.
 * - meaning: in the language of `meaning.ts`; of a compressed instruction its
 *   expansion, `= addi rsd, rsd, imm`, which has the meaning.
 * - words: a sentence without its subject: "Adds …".
 */
export type Row = readonly [
  mnemonic: string,
  format: Format,
  match: number,
  mask: number,
  syntax: string,
  meaning: string,
  words: string,
  more?: RowDetails,
];

/** What few rows have. */
export interface RowDetails {
  /** Words that are not this instruction though they match: mask and match of each such set. */
  readonly except?: readonly (readonly [mask: number, match: number])[];
  /** A reserved word that objdump prints as an instruction; it cannot be written. */
  readonly unwritten?: boolean;
  readonly xlen?: 32 | 64;
  /** Extensions, where they differ from the group's. */
  readonly needs?: string;
  /** A row of another instruction has these words too, and wins when its extension is there. */
  readonly overlaps?: readonly string[];
  /** Reserved words that machines run as this instruction, but that are neither printed nor assembled. */
  readonly hidden?: boolean;
}

/** Rows under one heading of the manual. */
export interface InstructionGroup {
  /** Extensions that have these instructions: "M", "D&C" (both), "Zbb|Zbkb" (either). */
  readonly needs: string;
  /** 32 or 64 where only machines with such registers have them. */
  readonly xlen?: 32 | 64;
  /** Chapter and heading of the ISA manual. */
  readonly section: string;
  readonly rows: readonly Row[];
}

/** Instruction formats by the manual's names. */
export type Format =
  | "R"
  | "R4"
  | "I"
  | "S"
  | "B"
  | "U"
  | "J"
  | "CR"
  | "CI"
  | "CSS"
  | "CIW"
  | "CL"
  | "CS"
  | "CA"
  | "CB"
  | "CJ"
  | "CLB"
  | "CSB"
  | "CLH"
  | "CSH"
  | "CU"
  | "CMMV"
  | "CMJT"
  | "CMPP";

/** A piece of an instruction's operand syntax. */
export type SyntaxToken =
  /** An operand: an index into the instruction's `operands`. */
  | { readonly kind: "operand"; readonly index: number }
  /** An integer register that cannot be another: sp or zero. */
  | { readonly kind: "register"; readonly number: number }
  /** A comma or a parenthesis. */
  | { readonly kind: "punctuation"; readonly text: "," | "(" | ")" }
  /** Something that cannot be another: 0 (before a parenthesis it may be left out, and is not printed), rtz. */
  | { readonly kind: "literal"; readonly text: string };

const fixedRegisters: Readonly<Record<string, number>> = { zero: 0, ra: 1, sp: 2, t0: 5 };

/** Reads an operand syntax: its tokens, and the kinds of its operands in order. */
export function parseSyntax(syntax: string): {
  tokens: readonly SyntaxToken[];
  operands: readonly OperandKind[];
} {
  const tokens: SyntaxToken[] = [];
  const operands: OperandKind[] = [];
  for (const [text] of syntax.matchAll(/-?[\w'!*]+-?|[,()]/g)) {
    if (text === "," || text === "(" || text === ")") {
      tokens.push({ kind: "punctuation", text });
      continue;
    }
    if (text in fixedRegisters) {
      tokens.push({ kind: "register", number: fixedRegisters[text] });
      continue;
    }
    const kind = operandKind(text);
    if (!kind) {
      tokens.push({ kind: "literal", text });
      continue;
    }
    const base = text.split("!")[0];
    let index = operands.findIndex((other) => other.key.split("!")[0] === base);
    if (index < 0) index = operands.push(kind) - 1;
    // The suffix of the mnemonic is no part of what follows it.
    if (kind.class !== "ordering") tokens.push({ kind: "operand", index });
  }
  return { tokens, operands };
}

/** The words, as mask and match, in which an operand has a value that it cannot have. */
export function excludedWords(operands: readonly OperandKind[]): (readonly [mask: number, match: number])[] {
  const words: (readonly [number, number])[] = [];
  for (const operand of operands) {
    for (const value of operand.excludes) words.push([operandMask(operand), insertOperand(operand, value)]);
  }
  return words;
}

/** An instruction: a row of the table with what follows from it. */
export class Instruction {
  /** Its place in the table; the same in every run of one version. */
  readonly index: number;
  readonly mnemonic: string;
  readonly format: Format;
  readonly match: number;
  readonly mask: number;
  readonly syntax: string;
  /** A reserved word that objdump prints as an instruction; it cannot be written, and its meaning is a trap. */
  readonly unwritten: boolean;
  /** Extensions that it needs: "M", "D&C", "Zbb|Zbkb". */
  readonly needs: string;
  /** 0: on machines of any width. */
  readonly xlen: 0 | 32 | 64;
  /** Bytes. */
  readonly size: 2 | 4;
  /** What it does in a sentence without its subject. */
  readonly words: string;
  /** Chapter and heading of the ISA manual. */
  readonly section: string;
  /** Rows whose words are some of this row's, and which come first where their extension is there. */
  readonly overlaps: readonly string[];
  /** Reserved words that machines run as this instruction, but that are neither printed nor assembled. */
  readonly hidden: boolean;
  /** For a compressed instruction, the instruction it stands for, in its operands' keys: "addi rsd, rsd, cimm6". */
  readonly expansion: string | undefined;
  readonly #meaning: string;
  readonly #except: readonly (readonly [mask: number, match: number])[] | undefined;
  #excepted: readonly (readonly [mask: number, match: number])[] | undefined;
  #parsed: { tokens: readonly SyntaxToken[]; operands: readonly OperandKind[] } | undefined;
  #tree: Meaning | undefined;

  constructor(index: number, group: InstructionGroup, row: Row) {
    const [mnemonic, format, match, mask, syntax, meaning, words, more] = row;
    this.index = index;
    this.mnemonic = mnemonic;
    this.format = format;
    this.match = match;
    this.mask = mask;
    this.#except = more?.except;
    this.syntax = syntax;
    this.unwritten = more?.unwritten ?? false;
    this.needs = more?.needs ?? group.needs;
    this.xlen = more?.xlen ?? group.xlen ?? 0;
    this.size = (match & 3) === 3 ? 4 : 2;
    this.words = words;
    this.section = group.section;
    this.overlaps = more?.overlaps ?? [];
    this.hidden = more?.hidden ?? false;
    this.expansion = meaning.startsWith("= ") ? meaning.slice(2) : undefined;
    this.#meaning = meaning;
  }

  get tokens(): readonly SyntaxToken[] {
    this.#parsed ??= parseSyntax(this.syntax);
    return this.#parsed.tokens;
  }

  /** The operands in the order of the syntax; an operand written twice is here once. */
  get operands(): readonly OperandKind[] {
    this.#parsed ??= parseSyntax(this.syntax);
    return this.#parsed.operands;
  }

  /** Words that match but are something else or reserved: the row's own and those of values its operands exclude. */
  get except(): readonly (readonly [mask: number, match: number])[] {
    if (!this.#excepted) {
      const own = this.#except ?? [];
      // Reading the syntax of every row would be most of the time that a decoder takes to be made.
      const excludes = this.syntax.includes("!");
      this.#excepted = excludes ? [...own, ...excludedWords(this.operands)] : own;
    }
    return this.#excepted;
  }

  /** The text of its meaning; undefined for a compressed instruction that has an expansion. */
  get meaningText(): string | undefined {
    return this.expansion === undefined ? this.#meaning : undefined;
  }

  /** Its own meaning, parsed; undefined where there is an `expansion`. */
  get meaning(): Meaning | undefined {
    if (this.expansion !== undefined) return undefined;
    this.#tree ??= parseMeaning(this.#meaning);
    return this.#tree;
  }

  /** Whether a word is this instruction, the extensions aside. */
  matches(word: number): boolean {
    if (((word ^ this.match) & this.mask) !== 0) return false;
    for (const [mask, match] of this.except) if (((word ^ match) & mask) === 0) return false;
    return true;
  }
}
