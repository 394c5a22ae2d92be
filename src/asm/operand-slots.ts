import type { Assembler } from "./assembler.ts";
import { AT, CLOSE, COMMA, kinds, NAME_START, OPEN, PERCENT, SPACE, STATEMENT_END } from "./characters.ts";
import { CONSTANT, type Expression, newExpression, setConstant } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";

// Kinds of slots: what an operand looks like before it is known what is wanted.
export const SLOT_X = 0;
export const SLOT_F = 1;
/** A word alone: a symbol, a rounding mode, a control register. */
export const SLOT_NAME = 2;
export const SLOT_EXPRESSION = 3;
/** `%lo(x)` and its kin. */
export const SLOT_RELOCATION = 4;
/** Nothing but `(reg)`: an offset of 0. */
export const SLOT_BASE_ONLY = 5;
/** `{ra, s0-s1}` */
export const SLOT_LIST = 6;
/** 0.5, 0x1p-1 */
export const SLOT_FLOAT = 7;

/** The parts of a statement's operands, in columns that are used again and again. */
export class Slots {
  count = 0;
  /** SLOT_* */
  readonly kind: Int32Array = new Int32Array(MOST);
  /** The register's number. */
  readonly register: Int32Array = new Int32Array(MOST);
  /** NameId of a word alone: also of a register, which could be a symbol's name. */
  readonly name: Int32Array = new Int32Array(MOST);
  /** Number of the register in parentheses behind, or -1. */
  readonly base: Int32Array = new Int32Array(MOST);
  /** Index into `relocationWords`. */
  readonly relocation: Int32Array = new Int32Array(MOST);
  readonly expressions: Expression[] = Array.from({ length: MOST }, newExpression);
  /** For each word: whether `expressions` holds its value yet. */
  readonly known: Uint8Array = new Uint8Array(MOST);
  /** Where it began, for the caret. */
  readonly start: Int32Array = new Int32Array(MOST);
  readonly list: string[] = [];
}

/** No instruction has more operands. */
const MOST = 10;

/** Words behind `%`, in any case. The order is that of the REL_* numbers. */
export const relocationWords: readonly string[] = [
  "hi",
  "lo",
  "pcrel_hi",
  "pcrel_lo",
  "got_pcrel_hi",
  "tprel_hi",
  "tprel_lo",
  "tprel_add",
  "tls_ie_pcrel_hi",
  "tls_gd_pcrel_hi",
];
export const REL_HI = 0;
export const REL_LO = 1;
export const REL_PCREL_HI = 2;
export const REL_PCREL_LO = 3;
export const REL_GOT_PCREL_HI = 4;
export const REL_TPREL_HI = 5;
export const REL_TPREL_LO = 6;
export const REL_TPREL_ADD = 7;
export const REL_TLS_IE_PCREL_HI = 8;
export const REL_TLS_GD_PCREL_HI = 9;

/**
 * Splits the operands that follow into slots; false if they cannot be operands
 * at all. Hot. What a name means is left open: making a symbol of it is a lasting
 * effect.
 */
export function parseSlots(assembler: Assembler, slots: Slots): boolean {
  const { reader } = assembler;
  slots.count = 0;
  reader.skipSpace();
  if ((kinds[reader.bytes[reader.at]] & STATEMENT_END) !== 0) return true;
  for (;;) {
    if (slots.count === MOST) return false;
    if (!parseSlot(assembler, slots, slots.count++)) return false;
    const { bytes } = reader;
    let byte = bytes[reader.at];
    if ((kinds[byte] & SPACE) !== 0 || byte === 47) {
      reader.skipSpace();
      byte = bytes[reader.at];
    }
    if (byte === COMMA) {
      reader.at++;
      byte = bytes[reader.at];
      if ((kinds[byte] & SPACE) !== 0 || byte === 47) reader.skipSpace();
    } else return (kinds[byte] & STATEMENT_END) !== 0;
  }
}

function parseSlot(assembler: Assembler, slots: Slots, i: number): boolean {
  const { reader } = assembler;
  const { bytes } = reader;
  const start = reader.at;
  const byte = bytes[start];
  slots.base[i] = -1;
  slots.start[i] = start;
  slots.known[i] = 0;
  slots.name[i] = -1;
  if ((kinds[byte] & NAME_START) !== 0) {
    const name = reader.name();
    let next = bytes[reader.at];
    if ((kinds[next] & SPACE) !== 0) {
      reader.skipSpace();
      next = bytes[reader.at];
    }
    if (next === COMMA || (kinds[next] & STATEMENT_END) !== 0) {
      const register = assembler.registers[name] ?? 0;
      slots.name[i] = name;
      if (register === 0) slots.kind[i] = SLOT_NAME;
      else {
        slots.kind[i] = register <= 32 ? SLOT_X : SLOT_F;
        slots.register[i] = (register - 1) & 31;
      }
      return true;
    }
    if (next === AT) {
      // call f@plt: what the linker does anyway.
      reader.at++;
      const word = reader.name();
      if (word < 0 || assembler.names.text(word) !== "plt") return false;
      slots.kind[i] = SLOT_NAME;
      slots.name[i] = name;
      return true;
    }
    reader.at = start;
  } else if (byte === OPEN) {
    const base = baseRegister(assembler);
    if (base >= 0) {
      slots.kind[i] = SLOT_BASE_ONLY;
      slots.base[i] = base;
      return true;
    }
    reader.at = start;
  } else if (byte === PERCENT) {
    if (!relocationOperator(assembler, slots, i)) return false;
    return baseBehind(assembler, slots, i);
  } else if (byte === 123) return registerList(assembler, slots, i);
  slots.kind[i] = SLOT_EXPRESSION;
  slots.known[i] = 1;
  parseExpression(assembler, slots.expressions[i], "normal");
  const { at } = reader;
  // A number with a fraction or an exponent, for fli: its text is looked at later.
  if ((bytes[at] === DOT || bytes[at] === LETTER_P) && at > start) {
    while (bytes[reader.at] !== COMMA && (kinds[bytes[reader.at]] & (SPACE | STATEMENT_END)) === 0)
      reader.at++;
    slots.kind[i] = SLOT_FLOAT;
    return true;
  }
  return baseBehind(assembler, slots, i);
}

const DOT = 46;
const LETTER_P = 112;

/** `(reg)` behind an offset. */
function baseBehind(assembler: Assembler, slots: Slots, i: number): boolean {
  const { reader } = assembler;
  if (reader.bytes[reader.at] !== OPEN) {
    reader.skipSpace();
    if (reader.bytes[reader.at] !== OPEN) return true;
  }
  const base = baseRegister(assembler);
  slots.base[i] = base;
  return base >= 0;
}

/** The number of the register in the parentheses that begin here; -1 if there is none. */
function baseRegister(assembler: Assembler): number {
  const { reader } = assembler;
  const { bytes } = reader;
  reader.at++;
  if ((kinds[bytes[reader.at]] & SPACE) !== 0) reader.skipSpace();
  if ((kinds[bytes[reader.at]] & NAME_START) === 0) return -1;
  const name = reader.name();
  const register = assembler.registers[name] ?? 0;
  if (register === 0 || register > 32) return -1;
  if (bytes[reader.at] !== CLOSE) {
    reader.skipSpace();
    if (bytes[reader.at] !== CLOSE) return -1;
  }
  reader.at++;
  return register - 1;
}

function relocationOperator(assembler: Assembler, slots: Slots, i: number): boolean {
  const { reader } = assembler;
  reader.at++;
  const name = reader.name();
  if (name < 0) return false;
  const word = relocationOf(assembler, name);
  if (word < 0) return false;
  reader.skipSpace();
  if (reader.bytes[reader.at] !== OPEN) return false;
  reader.at++;
  slots.kind[i] = SLOT_RELOCATION;
  slots.relocation[i] = word;
  slots.known[i] = 1;
  parseExpression(assembler, slots.expressions[i], "normal");
  reader.skipSpace();
  if (reader.bytes[reader.at] !== CLOSE) {
    assembler.error("AS0115", "unclosed '('");
    return false;
  }
  reader.at++;
  // %lo(x)+4 adds to what is inside.
  reader.skipSpace();
  const next = reader.bytes[reader.at];
  if (next === 43 || next === 45) {
    const more = newExpression();
    parseExpression(assembler, more, "normal");
    const { number } = slots.expressions[i];
    if (more.op === CONSTANT && typeof number === "number")
      slots.expressions[i].number = number + Number(more.number);
    else return false;
  }
  return true;
}

function relocationOf(assembler: Assembler, name: number): number {
  const known = assembler.relocationNames.get(name);
  if (known !== undefined) return known;
  const word = relocationWords.indexOf(assembler.names.text(name).toLowerCase());
  assembler.relocationNames.set(name, word);
  return word;
}

function registerList(assembler: Assembler, slots: Slots, i: number): boolean {
  const { reader } = assembler;
  const start = reader.at;
  while (reader.bytes[reader.at] !== 125) {
    if (reader.bytes[reader.at] === 10 || reader.bytes[reader.at] === 0) return false;
    reader.at++;
  }
  reader.at++;
  slots.kind[i] = SLOT_LIST;
  slots.list[i] = reader.text(start, reader.at).replace(/\s/g, "");
  return true;
}

/** Puts a number in a slot: for instructions that the assembler writes itself. */
export function setNumberSlot(slots: Slots, i: number, value: number): void {
  slots.kind[i] = SLOT_EXPRESSION;
  slots.known[i] = 1;
  slots.base[i] = -1;
  slots.name[i] = -1;
  setConstant(slots.expressions[i], value);
  slots.expressions[i].unsigned = value >= 0;
}

export function setRegisterSlot(slots: Slots, i: number, register: number): void {
  slots.kind[i] = SLOT_X;
  slots.register[i] = register;
  slots.base[i] = -1;
  slots.name[i] = -1;
}
