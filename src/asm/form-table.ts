import {
  type Form,
  type Instruction,
  lookup,
  type Macro,
  macrosNamed,
  type OperandClass,
  type OperandKind,
  rawFormatsNamed,
  type SyntaxToken,
} from "../riscv/index.ts";

/**
 * The forms of the instruction table, prepared for matching: an operand is a
 * few numbers, a form a list of slots. A slot is what stands between two commas:
 * an operand, a base register in parentheses, or one behind the other.
 */
export interface CompiledForm {
  readonly slots: readonly CompiledSlot[];
  /** Slots that must be there; those behind may be left out (a rounding mode). */
  readonly least: number;
  readonly match: number;
  readonly size: number;
  /** Operands, indexed by the slots' numbers. */
  readonly operands: readonly CompiledOperand[];
  readonly copies: readonly (readonly [operand: number, to: CompiledOperand])[];
  readonly form: Form | undefined;
  /** Of .insn: what the instruction table has no form for. */
  readonly raw: boolean;
}

export interface CompiledSlot {
  /** Operand number; -1 none, -2 a fixed register, -3 a fixed number. */
  readonly main: number;
  /** The fixed register or number. */
  readonly fixed: number;
  /** Operand number of the base register; -1 none, -2 fixed. */
  readonly base: number;
  readonly fixedBase: number;
}

export const NONE = -1;
export const FIXED_REGISTER = -2;
export const FIXED_NUMBER = -3;

// Classes of operands.
export const CLASS_X = 0;
export const CLASS_F = 1;
export const CLASS_IMMEDIATE = 2;
export const CLASS_LOW = 3;
export const CLASS_TARGET = 4;
export const CLASS_UPPER = 5;
export const CLASS_SHIFT = 6;
export const CLASS_CSR = 7;
export const CLASS_ROUNDING = 8;
export const CLASS_FENCE = 9;
export const CLASS_REGISTER_LIST = 10;
export const CLASS_STACK_ADJUSTMENT = 11;
export const CLASS_RELOCATION = 12;
export const CLASS_CONSTANT = 13;
export const CLASS_REGISTER = 14;
export const CLASS_SYMBOL = 15;
export const CLASS_WIDE = 16;
/** An opcode of .insn: a number or a name. */
export const CLASS_OPCODE = 17;
/** A small number that is an error, not another form, if it does not fit. */
export const CLASS_FIELD = 18;

export interface CompiledOperand {
  readonly class: number;
  readonly kind: OperandKind;
  /** Registers: a bit for each allowed number. */
  readonly registers: number;
  readonly least: number;
  readonly most: number;
  readonly scale: number;
  readonly excludes: readonly number[];
  /** [bit, value bit, width] triples. */
  readonly fields: Int32Array;
  /** Stores have other relocations than loads. */
  readonly store: boolean;
}

/** What is known of a mnemonic. */
export interface Mnemonic {
  readonly text: string;
  readonly forms: readonly CompiledForm[];
  readonly macros: readonly Macro[];
}

const cache = new Map<string, Mnemonic | undefined>();

/** The forms of a mnemonic, prepared; undefined if there is no such instruction. */
export function mnemonicNamed(text: string): Mnemonic | undefined {
  if (cache.has(text)) return cache.get(text);
  const forms = lookup(text).map(compileForm);
  const macros = macrosNamed(text);
  const found = forms.length > 0 || macros.length > 0 ? { text, forms, macros } : undefined;
  cache.set(text, found);
  return found;
}

const rawCache = new Map<string, readonly CompiledForm[]>();

/** The forms of an .insn format. */
export function rawForms(name: string): readonly CompiledForm[] {
  let forms = rawCache.get(name);
  if (!forms) {
    forms = rawFormatsNamed(name).map((format) => {
      const operands = format.operands.map((kind) => compileOperand(kind, true));
      const slots = compileSlots(format.tokens);
      return {
        slots,
        least: slots.length,
        match: 0,
        size: format.size,
        operands,
        copies: [],
        form: undefined,
        raw: true,
      };
    });
    rawCache.set(name, forms);
  }
  return forms;
}

function compileForm(form: Form): CompiledForm {
  const operands = form.operands.map((kind) => compileOperand(kind, false));
  const slots = compileSlots(form.tokens);
  let least = slots.length;
  while (
    least > 0 &&
    slots[least - 1].main >= 0 &&
    operands[slots[least - 1].main].kind.optional !== undefined
  )
    least--;
  return {
    slots,
    least,
    match: form.match,
    size: form.instruction.size,
    operands,
    copies: form.copies.map(([operand, to]) => [operand, compileOperand(to, false)]),
    form,
    raw: false,
  };
}

function compileSlots(tokens: readonly SyntaxToken[]): CompiledSlot[] {
  const slots: CompiledSlot[] = [];
  let main = NONE;
  let fixed = 0;
  let base = NONE;
  let fixedBase = 0;
  let inside = false;
  const flush = () => {
    slots.push({ main, fixed, base, fixedBase });
    main = base = NONE;
    fixed = fixedBase = 0;
  };
  for (const token of tokens) {
    if (token.kind === "punctuation") {
      if (token.text === ",") flush();
      else inside = token.text === "(";
      continue;
    }
    let place: number;
    let value = 0;
    if (token.kind === "operand") place = token.index;
    else if (token.kind === "register") {
      place = FIXED_REGISTER;
      value = token.number;
    } else {
      place = FIXED_NUMBER;
      value = Number(token.text);
    }
    if (inside) {
      base = place;
      fixedBase = value;
    } else {
      main = place;
      fixed = value;
    }
  }
  if (tokens.length > 0) flush();
  return slots;
}

const classes: Readonly<Record<OperandClass, number>> = {
  x: CLASS_X,
  f: CLASS_F,
  immediate: CLASS_IMMEDIATE,
  offset: CLASS_IMMEDIATE,
  target: CLASS_TARGET,
  upper: CLASS_UPPER,
  shift: CLASS_SHIFT,
  csr: CLASS_CSR,
  rm: CLASS_ROUNDING,
  fence: CLASS_FENCE,
  "register-list": CLASS_REGISTER_LIST,
  "stack-adjustment": CLASS_STACK_ADJUSTMENT,
  ordering: CLASS_IMMEDIATE,
  relocation: CLASS_RELOCATION,
  constant: CLASS_CONSTANT,
  register: CLASS_REGISTER,
  symbol: CLASS_SYMBOL,
  wide: CLASS_WIDE,
};

/** Immediates of 12 bits, which relocations fill: loads' and stores'. */
const low = new Set(["imm12", "offset12", "offset12s"]);

/** Numbers that are checked after the form has been chosen. */
const fields = new Set([
  "zimm",
  "bs",
  "rnum",
  "offset32",
  "func2",
  "func3",
  "func7",
  "cfunc2",
  "cfunc3",
  "cfunc4",
  "cfunc6",
]);

const compiled = new Map<OperandKind, CompiledOperand>();

function compileOperand(kind: OperandKind, raw: boolean): CompiledOperand {
  const known = raw ? undefined : compiled.get(kind);
  if (known) return known;
  const base = kind.key.split("!")[0];
  let number = classes[kind.class];
  if (low.has(base)) number = CLASS_LOW;
  else if (base === "opcode" || base === "opcode2") number = CLASS_OPCODE;
  else if (fields.has(base)) number = CLASS_FIELD;
  let registers = kind.registers ? 0 : -1;
  for (const register of kind.registers ?? []) registers |= 1 << register;
  if (kind.class === "x" || kind.class === "f") for (const value of kind.excludes) registers &= ~(1 << value);
  const size = 2 ** kind.width;
  const operand: CompiledOperand = {
    class: number,
    kind,
    registers,
    least: kind.signed ? -size / 2 : 0,
    most: (kind.signed ? size / 2 : size) - kind.scale,
    scale: kind.scale,
    excludes: kind.excludes,
    fields: Int32Array.from(kind.fields.flat()),
    store: base === "offset12s",
  };
  if (!raw) compiled.set(kind, operand);
  return operand;
}

/** The bits of an operand's value in an instruction word. */
export function insertValue(operand: CompiledOperand, value: number): number {
  const { fields: triples, kind } = operand;
  const bits = kind.registers ? kind.registers.indexOf(value) : value;
  let word = 0;
  for (let i = 0; i < triples.length; i += 3) {
    // The widest field has 20 bits.
    word |= ((bits >>> triples[i + 1]) & ((1 << triples[i + 2]) - 1)) << triples[i];
  }
  return word;
}

export type { Instruction };
