import type { Assembler } from "./assembler.ts";
import {
  APOSTROPHE,
  CLOSE,
  COMMA,
  DIGIT,
  DOT,
  EQUALS,
  HEX,
  kinds,
  MINUS,
  NAME_PART,
  NAME_START,
  OPEN,
  PLUS,
  QUOTE,
  SPACE,
  STATEMENT_END,
} from "./characters.ts";
import {
  ABSENT,
  ADD,
  BIG,
  BIT_AND,
  BIT_NOT,
  BIT_OR,
  BIT_OR_NOT,
  BIT_XOR,
  CONSTANT,
  DIVIDE,
  EQ,
  type Expression,
  FLOAT,
  GE,
  GT,
  ILLEGAL,
  LE,
  LEFT_SHIFT,
  LOGICAL_AND,
  LOGICAL_NOT,
  LOGICAL_OR,
  LT,
  MODULUS,
  MULTIPLY,
  NE,
  newExpression,
  type Op,
  RIGHT_SHIFT,
  ranks,
  SUBTRACT,
  SYMBOL,
  setConstant,
  setSymbol,
  UMINUS,
} from "./expression.ts";
import { foldExpression, operate } from "./fold.ts";
import { add, invert, negate, subtract, wrap } from "./integer.ts";
import { ABSOLUTE, EXPRESSION, UNDEFINED, ZERO_FRAGMENT } from "./sections.ts";
import { FORWARD_REFERENCE, HAS_EXPRESSION, type SymbolId } from "./symbols.ts";

/**
 * Parses an expression where the reader is.
 *
 * `normal`: names of absolute symbols become their values. `evaluate`: the
 * value is wanted now, so differences of labels are worked out where no
 * variable fragment lies between. `defer` (.eqv): nothing is looked into.
 */
export type ParseMode = "normal" | "evaluate" | "defer";

export function parseExpression(assembler: Assembler, into: Expression, mode: ParseMode): void {
  const { reader } = assembler;
  const { bytes } = reader;
  let at = reader.at;
  while ((kinds[bytes[at]] & SPACE) !== 0) at++;
  // Nearly every operand is a small number or a name alone; those never need the parser below.
  const negative = bytes[at] === MINUS;
  let from = negative ? at + 1 : at;
  const first = bytes[from];
  if (first > 0x30 && first <= 0x39) {
    let value = first - 0x30;
    let byte = bytes[++from];
    for (; (kinds[byte] & DIGIT) !== 0 && value < 1e14; byte = bytes[++from])
      value = value * 10 + byte - 0x30;
    if (ends[byte] === 1) {
      setConstant(into, negative ? -value : value);
      into.unsigned = !negative;
      reader.at = from;
      return;
    }
  } else if (!negative && (kinds[first] & NAME_START) !== 0 && mode === "normal") {
    reader.at = at;
    const name = reader.name();
    if (ends[bytes[reader.at]] === 1 && !(first === DOT && reader.at === at + 1)) {
      nameValue(assembler, into, assembler.symbols.findOrMake(name));
      into.unsigned = true;
      return;
    }
  }
  reader.at = at;
  parseRank(assembler, into, 0, mode, 0);
  if (mode === "evaluate") foldExpression(assembler, into);
}

/** Bytes that end an operand for certain, without another look. */
const ends = new Uint8Array(256);
for (const byte of [0, 10, 35, 59, COMMA, OPEN, CLOSE]) ends[byte] = 1;

/** What a name stands for in an expression. */
function nameValue(assembler: Assembler, into: Expression, symbol: SymbolId): void {
  const { symbols } = assembler;
  symbols.mention(symbol);
  if (symbols.section[symbol] === ABSOLUTE && (symbols.flags[symbol] & HAS_EXPRESSION) === 0) {
    setConstant(into, symbols.valueOf(symbol));
    return;
  }
  setSymbol(
    into,
    (symbols.flags[symbol] & (FORWARD_REFERENCE | HAS_EXPRESSION)) !== 0 ? assembler.fresh(symbol) : symbol,
  );
}

/** Beyond this nesting an input is made to break us; nobody writes it. */
const DEEPEST = 500;

function parseRank(
  assembler: Assembler,
  left: Expression,
  rank: number,
  mode: ParseMode,
  depth: number,
): void {
  const { reader } = assembler;
  parseOperand(assembler, left, mode, depth);
  for (;;) {
    reader.skipSpace();
    const op = operatorHere(reader.bytes, reader.at);
    if (op === ILLEGAL || ranks[op] <= rank) return;
    reader.at += operatorLength(reader.bytes, reader.at);
    const right = newExpression();
    parseRank(assembler, right, ranks[op], mode, depth + 1);
    if (right.op === ABSENT) {
      assembler.warning("AS0101", "missing operand; zero assumed");
      setConstant(right, 0);
    }
    combine(assembler, left, op, right, mode);
  }
}

/** left = left op right. */
function combine(assembler: Assembler, left: Expression, op: Op, right: Expression, mode: ParseMode): void {
  const { symbols } = assembler;
  for (const [side, expression] of [
    ["left", left],
    ["right", right],
  ] as const) {
    if (expression.op !== BIG && expression.op !== FLOAT) continue;
    const what = expression.op === BIG ? "bignum" : "float";
    assembler.warning("AS0102", `${side} operand is a ${what}; integer 0 assumed`);
    setConstant(expression, 0);
  }
  const deferred =
    mode === "defer" &&
    ((left.symbol >= 0 && symbols.has(left.symbol, FORWARD_REFERENCE)) ||
      (right.symbol >= 0 && symbols.has(right.symbol, FORWARD_REFERENCE)));
  if (!deferred) {
    if (op === ADD && right.op === CONSTANT) {
      left.number = add(left.number, right.number);
      return;
    }
    if (op === SUBTRACT && right.op === CONSTANT) {
      left.number = subtract(left.number, right.number);
      if (left.op === CONSTANT && left.number < 0) left.unsigned = false;
      return;
    }
    if (op === ADD && left.op === CONSTANT) {
      left.op = right.op;
      left.symbol = right.symbol;
      left.opSymbol = right.opSymbol;
      left.number = add(left.number, right.number);
      return;
    }
    if (left.op === CONSTANT && right.op === CONSTANT) {
      left.number = constantOperation(assembler, op, left, right);
      return;
    }
    const both = left.op === SYMBOL && right.op === SYMBOL;
    if (both && (op === ADD || op === SUBTRACT || (left.number === 0 && right.number === 0))) {
      left.op = op;
      left.opSymbol = right.symbol;
      if (op === ADD) left.number = add(left.number, right.number);
      else if (op === SUBTRACT) left.number = subtract(left.number, right.number);
      return;
    }
  }
  left.symbol = expressionSymbol(assembler, left);
  left.opSymbol = expressionSymbol(assembler, right);
  left.op = op;
  left.number = 0;
  left.unsigned = true;
}

function constantOperation(
  assembler: Assembler,
  op: Op,
  left: Expression,
  right: Expression,
): number | bigint {
  let by = right.number;
  if (by === 0 && (op === DIVIDE || op === MODULUS)) {
    assembler.warning("AS0103", "division by zero");
    by = 1;
  }
  if ((op === LEFT_SHIFT || op === RIGHT_SHIFT) && (by < 0 || by > 63)) {
    assembler.warning("AS0104", `shift count out of range (${by} is not between 0 and 63)`);
    return 0;
  }
  return operate(op, left.number, by);
}

/** A symbol that stands for an expression, as a part of a larger one. */
export function expressionSymbol(assembler: Assembler, expression: Expression): SymbolId {
  if (expression.op === SYMBOL && expression.number === 0) return expression.symbol;
  const { symbols } = assembler;
  let value = expression;
  if (value.op === BIG || value.op === FLOAT) {
    assembler.error("AS0105", value.op === BIG ? "bignum invalid" : "floating point number invalid");
    value = newExpression();
    setConstant(value, 0);
  }
  const id = symbols.create(assembler.fakeName, UNDEFINED, ZERO_FRAGMENT, 0);
  if (value.op === CONSTANT) {
    symbols.section[id] = ABSOLUTE;
    symbols.setValue(id, value.number);
  } else {
    symbols.section[id] = EXPRESSION;
    symbols.expressions.set(id, { ...value });
    symbols.flags[id] |= HAS_EXPRESSION;
  }
  assembler.expressionPlaces.set(id, assembler.reader.place);
  return id;
}

function parseOperand(assembler: Assembler, into: Expression, mode: ParseMode, depth: number): void {
  const { reader } = assembler;
  reader.skipSpace();
  const { bytes } = reader;
  const byte = bytes[reader.at];
  into.unsigned = true;
  into.op = ABSENT;
  into.symbol = -1;
  into.opSymbol = -1;
  into.number = 0;
  if (depth > DEEPEST) {
    assembler.error("AS0106", `expression is nested deeper than ${DEEPEST}`);
    reader.skipStatement();
    return;
  }
  if ((kinds[byte] & DIGIT) !== 0) parseNumber(assembler, into);
  else if ((kinds[byte] & NAME_START) !== 0 || byte === QUOTE) parseName(assembler, into, mode);
  else if (byte === OPEN || byte === 91) parseParenthesis(assembler, into, mode, depth);
  else if (byte === MINUS || byte === 126 || byte === 33 || byte === PLUS) {
    reader.at++;
    parseOperand(assembler, into, mode, depth + 1);
    applyUnary(assembler, into, byte);
  } else if (byte === APOSTROPHE) parseCharacter(assembler, into);
  else if (byte !== COMMA && (kinds[byte] & STATEMENT_END) === 0) {
    assembler.error("AS0107", "bad expression");
    reader.at++;
    setConstant(into, 0);
  }
  reader.skipSpace();
}

function parseParenthesis(assembler: Assembler, into: Expression, mode: ParseMode, depth: number): void {
  const { reader } = assembler;
  const close = reader.bytes[reader.at] === OPEN ? CLOSE : 93;
  reader.at++;
  parseRank(assembler, into, 0, mode, depth + 1);
  reader.skipSpace();
  if (reader.bytes[reader.at] === close) reader.at++;
  else {
    const expected = String.fromCharCode(close);
    const found = reader.bytes[reader.at];
    if ((kinds[found] & STATEMENT_END) !== 0) assembler.error("AS0108", `missing '${expected}'`);
    else assembler.error("AS0108", `found '${String.fromCharCode(found)}', expected: '${expected}'`);
    if ((kinds[found] & STATEMENT_END) === 0) reader.at++;
  }
}

function applyUnary(assembler: Assembler, into: Expression, byte: number): void {
  const minus = byte === MINUS;
  if (into.op === CONSTANT) {
    if (minus) {
      into.number = negate(into.number);
      into.unsigned = false;
    } else if (byte === 126) into.number = invert(into.number);
    else if (byte === 33) into.number = into.number === 0 ? 1 : 0;
  } else if (into.op === FLOAT) {
    if (minus) into.float = into.float!.startsWith("-") ? into.float!.slice(1) : `-${into.float}`;
  } else if (into.op === BIG) {
    if (minus) into.big = -into.big!;
    else if (byte === 126) into.big = ~into.big!;
    else if (byte === 33) setConstant(into, 0);
    if (minus || byte === 126) into.unsigned = false;
  } else if (into.op === ABSENT) {
    const operator = String.fromCharCode(byte);
    assembler.warning("AS0109", `Unary operator ${operator} ignored because bad operand follows`);
  } else if (byte !== PLUS) {
    into.symbol = expressionSymbol(assembler, into);
    into.opSymbol = -1;
    into.op = minus ? UMINUS : byte === 126 ? BIT_NOT : LOGICAL_NOT;
    into.number = 0;
  }
}

function parseName(assembler: Assembler, into: Expression, mode: ParseMode): void {
  const { reader, symbols } = assembler;
  const { bytes } = reader;
  if (bytes[reader.at] === DOT && (kinds[bytes[reader.at + 1]] & NAME_PART) === 0) {
    reader.at++;
    if (mode === "defer" && !assembler.sections.absolute) setSymbol(into, assembler.dotSymbol);
    else assembler.currentLocation(into);
    return;
  }
  const name = reader.name();
  if (name < 0) {
    assembler.error("AS0125", "expected symbol name");
    reader.at++;
    return;
  }
  if (mode !== "defer") nameValue(assembler, into, symbols.findOrMake(name));
  else {
    setSymbol(into, symbols.findOrMake(name));
    symbols.mention(into.symbol);
  }
}

/** `'a`, `'a'`, `'\n'`: the byte, escapes as in strings. */
function parseCharacter(assembler: Assembler, into: Expression): void {
  const { reader } = assembler;
  const { bytes } = reader;
  let at = reader.at + 1;
  let value = bytes[at];
  if (value === 10 || value === 0) {
    assembler.error("AS0107", "bad expression");
    setConstant(into, 0);
    reader.at = at;
    return;
  }
  at++;
  if (value === 92 && bytes[at] !== 10 && bytes[at] !== 0) {
    const escapes: Record<number, number> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };
    value = escapes[bytes[at]] ?? bytes[at];
    at++;
  }
  if (bytes[at] === APOSTROPHE) at++;
  setConstant(into, value);
  reader.at = at;
}

function parseNumber(assembler: Assembler, into: Expression): void {
  const { reader } = assembler;
  const { bytes } = reader;
  let at = reader.at;
  let radix = 10;
  if (bytes[at] === 0x30) {
    const letter = bytes[at + 1];
    const after = bytes[at + 2];
    if (letter === 0x78 || letter === 0x58) {
      radix = 16;
      at += 2;
    } else if ((letter === 0x62 || letter === 0x42) && (after === 0x30 || after === 0x31)) {
      radix = 2;
      at += 2;
    } else if (letter >= 0x30 && letter <= 0x37) radix = 8;
    else if (letter === 0x62) {
      radix = 10;
    } else if (
      letter === 0x66 ? looksLikeFloat(bytes, at + 2) : "FdDrReE".includes(String.fromCharCode(letter))
    ) {
      parseFloatText(assembler, into, at + 2);
      return;
    } else if (letter === 0x66) radix = 10;
  }
  const start = at;
  let value = 0;
  let exact = true;
  for (; (kinds[bytes[at]] & HEX) !== 0; at++) {
    const digit = digitOf(bytes[at]);
    if (digit >= radix) break;
    value = value * radix + digit;
    if (value > Number.MAX_SAFE_INTEGER) exact = false;
  }
  let big: bigint | undefined;
  if (!exact) big = bigInteger(bytes, start, at, radix);
  if (bytes[at] === 0x55 || bytes[at] === 0x75) at++;
  while (bytes[at] === 0x4c || bytes[at] === 0x6c) at++;
  reader.at = at;
  const letter = bytes[at];
  const small = big === undefined || big < 1n << 64n;
  if (small && (letter === 0x62 || letter === 0x66)) {
    reader.at++;
    parseLocalLabel(assembler, into, value, letter === 0x66);
    return;
  }
  if (big === undefined) setConstant(into, value);
  else if (small) setConstant(into, wrap(big));
  else {
    setConstant(into, 0);
    into.op = BIG;
    into.big = big;
  }
}

function parseLocalLabel(assembler: Assembler, into: Expression, number: number, forward: boolean): void {
  const { symbols } = assembler;
  if (forward) {
    setSymbol(into, symbols.findOrMake(assembler.localLabelName(number, 1)));
    return;
  }
  const symbol = symbols.find(assembler.localLabelName(number, 0));
  if (symbol >= 0 && symbols.section[symbol] !== UNDEFINED) setSymbol(into, symbol);
  else {
    assembler.error("AS0126", `backward ref to unknown label "${number}:"`);
    setConstant(into, 0);
  }
}

/** Whether `0f` at the front begins a number: a digit or a point follows, and it does not end like a label. */
function looksLikeFloat(bytes: Uint8Array, at: number): boolean {
  let i = at;
  if (bytes[i] === MINUS || bytes[i] === PLUS) i++;
  const first = bytes[i];
  if ((kinds[first] & DIGIT) === 0 && first !== DOT) return false;
  while ((kinds[bytes[i]] & DIGIT) !== 0 || bytes[i] === DOT) i++;
  return bytes[i] !== 0x66 && bytes[i] !== 0x62;
}

function parseFloatText(assembler: Assembler, into: Expression, start: number): void {
  const { reader } = assembler;
  const { bytes } = reader;
  let at = start;
  while (
    (kinds[bytes[at]] & (NAME_PART | DIGIT)) !== 0 ||
    ((bytes[at] === MINUS || bytes[at] === PLUS) && isExponent(bytes, at, start))
  )
    at++;
  setConstant(into, 0);
  into.op = FLOAT;
  into.float = reader.text(start, at);
  reader.at = at;
}

function isExponent(bytes: Uint8Array, at: number, start: number): boolean {
  const before = bytes[at - 1];
  return at === start || before === 0x65 || before === 0x45;
}

function digitOf(byte: number): number {
  if (byte <= 0x39) return byte - 0x30;
  return (byte | 0x20) - 0x61 + 10;
}

function bigInteger(bytes: Uint8Array, start: number, end: number, radix: number): bigint {
  let value = 0n;
  for (let i = start; i < end; i++) value = value * BigInt(radix) + BigInt(digitOf(bytes[i]));
  return value;
}

/** The operator that starts at `at`, or ILLEGAL. */
function operatorHere(bytes: Uint8Array, at: number): Op {
  const next = bytes[at + 1];
  switch (bytes[at]) {
    case PLUS:
      return ADD;
    case MINUS:
      return SUBTRACT;
    case 42:
      return MULTIPLY;
    case 47:
      return DIVIDE;
    case 37:
      return MODULUS;
    case 60:
      return next === 60 ? LEFT_SHIFT : next === 62 ? NE : next === EQUALS ? LE : LT;
    case 62:
      return next === 62 ? RIGHT_SHIFT : next === EQUALS ? GE : GT;
    case EQUALS:
      return next === EQUALS ? EQ : ILLEGAL;
    case 33:
      return next === 33 ? BIT_XOR : next === EQUALS ? NE : BIT_OR_NOT;
    case 124:
      return next === 124 ? LOGICAL_OR : BIT_OR;
    case 38:
      return next === 38 ? LOGICAL_AND : BIT_AND;
    case 94:
      return BIT_XOR;
    default:
      return ILLEGAL;
  }
}

function operatorLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  const next = bytes[at + 1];
  if (byte === 60) return next === 60 || next === 62 || next === EQUALS ? 2 : 1;
  if (byte === 62) return next === 62 || next === EQUALS ? 2 : 1;
  if (byte === 33) return next === 33 || next === EQUALS ? 2 : 1;
  if (byte === EQUALS) return 2;
  return (byte === 124 || byte === 38) && next === byte ? 2 : 1;
}
