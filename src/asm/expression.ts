import type { Integer } from "./integer.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * What is known of a value while a line is read: an operator on at most two
 * symbols, plus a number. A larger tree is made of symbols that stand for its
 * parts (`Symbols.create` with an expression).
 */
export interface Expression {
  op: Op;
  /** -1: none. */
  symbol: SymbolId;
  opSymbol: SymbolId;
  /** The number; for REGISTER the register. */
  number: Integer;
  /** Not negated: extends to more than 64 bits with zeros. */
  unsigned: boolean;
  /** Of op BIG: an integer of more than 64 bits. */
  big?: bigint;
  /** Of op FLOAT: the text of the number, without its `0f`. */
  float?: string;
}

export type Op = number;
export const ABSENT = 0;
export const CONSTANT = 1;
/** symbol + number. */
export const SYMBOL = 2;
export const REGISTER_OP = 3;
export const BIG = 4;
export const FLOAT = 5;
export const UMINUS = 6;
export const BIT_NOT = 7;
export const LOGICAL_NOT = 8;
export const MULTIPLY = 9;
export const DIVIDE = 10;
export const MODULUS = 11;
export const LEFT_SHIFT = 12;
export const RIGHT_SHIFT = 13;
export const BIT_OR = 14;
export const BIT_OR_NOT = 15;
export const BIT_XOR = 16;
export const BIT_AND = 17;
export const ADD = 18;
export const SUBTRACT = 19;
export const EQ = 20;
export const NE = 21;
export const LT = 22;
export const LE = 23;
export const GE = 24;
export const GT = 25;
export const LOGICAL_AND = 26;
export const LOGICAL_OR = 27;
export const ILLEGAL = 28;

/** How tightly operators bind, as in GNU as: `|` binds tighter than `+`. */
export const ranks: readonly number[] = [
  0, 0, 0, 0, 0, 0, 9, 9, 9, 8, 8, 8, 8, 8, 7, 7, 7, 7, 5, 5, 4, 4, 4, 4, 4, 4, 3, 2, 0,
];

/** As messages name operators. */
export const opNames: readonly string[] = [
  "",
  "",
  "",
  "",
  "",
  "",
  "-",
  "~",
  "!",
  "*",
  "/",
  "%",
  "<<",
  ">>",
  "|",
  "!",
  "^",
  "&",
  "+",
  "-",
  "==",
  "!=",
  "<",
  "<=",
  ">=",
  ">",
  "&&",
  "||",
  "",
];

export function newExpression(): Expression {
  return { op: ABSENT, symbol: -1, opSymbol: -1, number: 0, unsigned: true };
}

export function constant(number: Integer): Expression {
  return { op: CONSTANT, symbol: -1, opSymbol: -1, number, unsigned: true };
}

export function symbolExpression(symbol: SymbolId, number: Integer = 0): Expression {
  return { op: SYMBOL, symbol, opSymbol: -1, number, unsigned: true };
}

export function difference(symbol: SymbolId, subtracted: SymbolId, number: Integer = 0): Expression {
  return { op: SUBTRACT, symbol, opSymbol: subtracted, number, unsigned: true };
}

export function setConstant(into: Expression, number: Integer): void {
  into.op = CONSTANT;
  into.symbol = -1;
  into.opSymbol = -1;
  into.number = number;
}

export function setSymbol(into: Expression, symbol: SymbolId): void {
  into.op = SYMBOL;
  into.symbol = symbol;
  into.opSymbol = -1;
  into.number = 0;
}

export function copyExpression(from: Expression): Expression {
  return { ...from };
}
