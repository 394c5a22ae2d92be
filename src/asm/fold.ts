import type { Assembler } from "./assembler.ts";
import {
  ADD,
  BIT_AND,
  BIT_NOT,
  BIT_OR,
  BIT_OR_NOT,
  BIT_XOR,
  CONSTANT,
  DIVIDE,
  EQ,
  type Expression,
  GE,
  GT,
  LE,
  LEFT_SHIFT,
  LOGICAL_AND,
  LOGICAL_NOT,
  LOGICAL_OR,
  LT,
  MODULUS,
  MULTIPLY,
  NE,
  type Op,
  REGISTER_OP,
  RIGHT_SHIFT,
  SUBTRACT,
  SYMBOL,
  UMINUS,
} from "./expression.ts";
import {
  add,
  and,
  divide,
  type Integer,
  invert,
  multiply,
  negate,
  or,
  remainder,
  shiftLeft,
  shiftRight,
  subtract,
  xor,
} from "./integer.ts";
import {
  ABSOLUTE,
  EXPRESSION,
  FILL,
  type FragmentId,
  REGISTER,
  type SectionId,
  type Sections,
  UNDEFINED,
} from "./sections.ts";
import { EQUATED, HAS_EXPRESSION, RESOLVING, type SymbolId } from "./symbols.ts";

/** The result of a dyadic operator; comparisons give -1 for true. Shift counts are 0 to 63, divisors not 0. */
export function operate(op: Op, a: Integer, b: Integer): Integer {
  switch (op) {
    case MULTIPLY:
      return multiply(a, b);
    case DIVIDE:
      return divide(a, b);
    case MODULUS:
      return remainder(a, b);
    case LEFT_SHIFT:
      return shiftLeft(a, Number(b));
    case RIGHT_SHIFT:
      return shiftRight(a, Number(b));
    case BIT_OR:
      return or(a, b);
    case BIT_OR_NOT:
      return or(a, invert(b));
    case BIT_XOR:
      return xor(a, b);
    case BIT_AND:
      return and(a, b);
    case ADD:
      return add(a, b);
    case SUBTRACT:
      return subtract(a, b);
    case EQ:
      return a === b ? -1 : 0;
    case NE:
      return a !== b ? -1 : 0;
    case LT:
      return a < b ? -1 : 0;
    case LE:
      return a <= b ? -1 : 0;
    case GE:
      return a >= b ? -1 : 0;
    case GT:
      return a > b ? -1 : 0;
    case LOGICAL_AND:
      return a !== 0 && b !== 0 ? 1 : 0;
    case LOGICAL_OR:
      return a !== 0 || b !== 0 ? 1 : 0;
    default:
      throw new Error(`not a dyadic operator: ${op}`);
  }
}

/**
 * The distance of two fragments of one section where everything between them
 * has a fixed length, else undefined. Added to the difference of two offsets.
 */
export function fixedDistance(sections: Sections, from: FragmentId, to: FragmentId): number | undefined {
  if (from === to) return 0;
  const { fragments } = sections;
  return walk(sections, from, to) ?? negated(walk(sections, to, from));
  function negated(distance: number | undefined): number | undefined {
    return distance === undefined ? undefined : -distance;
  }
  function walk(all: Sections, first: FragmentId, last: FragmentId): number | undefined {
    let distance = fragments.address[first] - fragments.address[last];
    // Before relaxation all addresses are 0.
    for (let at = first; at !== 0 && fragments.kind[at] === FILL && at !== all.fragment; ) {
      distance += fragments.fixed[at] + fragments.amount[at] * fragments.width[at];
      at = fragments.next[at];
      if (at === last) return distance;
    }
    return undefined;
  }
}

/** What a symbol is worth while reading: a section, a fragment, an offset; undefined when it depends on later things. */
interface Snapshot {
  symbol: SymbolId;
  value: Integer;
  section: SectionId;
  fragment: FragmentId;
}

/** Deeper equations are a loop, or as good as one. */
const DEEPEST = 200;

function snapshot(assembler: Assembler, symbol: SymbolId, depth: number): Snapshot | undefined {
  const { symbols } = assembler;
  if (!symbols.has(symbol, HAS_EXPRESSION)) {
    const { section, fragment } = symbols;
    return { symbol, value: symbols.valueOf(symbol), section: section[symbol], fragment: fragment[symbol] };
  }
  if (symbols.has(symbol, RESOLVING) || depth > DEEPEST) return undefined;
  symbols.flags[symbol] |= RESOLVING;
  const copy = { ...symbols.expressions.get(symbol)! };
  const known = fold(assembler, copy, depth + 1);
  symbols.flags[symbol] &= ~RESOLVING;
  if (!known) return undefined;
  let at = symbol;
  if (copy.op === SYMBOL) at = copy.symbol;
  else if (copy.op !== CONSTANT && copy.op !== REGISTER_OP) return undefined;
  let section = symbols.section[at];
  if (section === EXPRESSION || (at === symbol && copy.op === CONSTANT && symbols.has(symbol, EQUATED)))
    section = copy.op === REGISTER_OP ? REGISTER : ABSOLUTE;
  let value = copy.number;
  if (at !== symbol) {
    const target = symbols.valueOf(at);
    value = symbols.has(at, HAS_EXPRESSION) ? value : add(value, target);
  }
  return { symbol: at, value, section, fragment: symbols.fragment[at] };
}

/** Works an expression out as far as is known now; false, leaving it alone, if it is not known. */
export function foldExpression(assembler: Assembler, expression: Expression): boolean {
  return fold(assembler, expression, 0);
}

function fold(assembler: Assembler, expression: Expression, depth: number): boolean {
  const { op } = expression;
  if (op === CONSTANT || op === REGISTER_OP) return true;
  if (op < SYMBOL || expression.symbol < 0) return false;
  const left = snapshot(assembler, expression.symbol, depth);
  if (!left) return false;
  if (op === SYMBOL) return finishSymbol(assembler, expression, left, expression.number);
  if (op === UMINUS || op === BIT_NOT || op === LOGICAL_NOT) {
    if (left.section !== ABSOLUTE) return false;
    const { value } = left;
    const result = op === UMINUS ? negate(value) : op === BIT_NOT ? invert(value) : value === 0 ? 1 : 0;
    return finishConstant(expression, add(result, expression.number));
  }
  if (expression.opSymbol < 0) return false;
  const right = snapshot(assembler, expression.opSymbol, depth);
  if (!right) return false;
  return foldDyadic(assembler, expression, left, right);
}

function foldDyadic(assembler: Assembler, expression: Expression, left: Snapshot, right: Snapshot): boolean {
  const { op, number } = expression;
  const rightAbsolute = right.section === ABSOLUTE;
  const leftAbsolute = left.section === ABSOLUTE;
  if (op === ADD && rightAbsolute) return finishSymbol(assembler, expression, left, add(number, right.value));
  if (op === ADD && leftAbsolute) return finishSymbol(assembler, expression, right, add(number, left.value));
  if (op === SUBTRACT && rightAbsolute)
    return finishSymbol(assembler, expression, left, subtract(number, right.value));
  let rightValue = right.value;
  const same = left.section === right.section;
  const comparison = op === LT || op === LE || op === GE || op === GT;
  if (!(leftAbsolute && rightAbsolute) && op !== EQ && op !== NE) {
    if (!(op === SUBTRACT || comparison) || !same || left.section === REGISTER) return false;
    if (left.section === UNDEFINED && left.symbol !== right.symbol) return false;
    // At the end values count from the start of the section, not of the fragment.
    const distance = assembler.final ? 0 : fixedDistance(assembler.sections, left.fragment, right.fragment);
    if (distance === undefined) return false;
    rightValue = add(rightValue, distance);
  }
  if (op === EQ || op === NE) {
    const equal =
      left.value === right.value &&
      same &&
      (assembler.final || left.fragment === right.fragment) &&
      (left.section !== UNDEFINED || left.symbol === right.symbol);
    return finishConstant(expression, add(equal === (op === EQ) ? -1 : 0, number));
  }
  if ((op === DIVIDE || op === MODULUS) && rightValue === 0) return false;
  if ((op === LEFT_SHIFT || op === RIGHT_SHIFT) && (rightValue < 0 || rightValue > 63))
    return finishConstant(expression, number);
  return finishConstant(expression, add(operate(op, left.value, rightValue), number));
}

function finishConstant(expression: Expression, number: Integer): boolean {
  expression.op = CONSTANT;
  expression.symbol = -1;
  expression.opSymbol = -1;
  expression.number = number;
  return true;
}

function finishSymbol(assembler: Assembler, expression: Expression, at: Snapshot, number: Integer): boolean {
  const { symbols } = assembler;
  if (at.section === ABSOLUTE) return finishConstant(expression, add(number, at.value));
  // The value of a symbol counts from the symbol found at the end of the equations.
  const own = symbols.has(at.symbol, HAS_EXPRESSION) ? 0 : symbols.valueOf(at.symbol);
  expression.op = SYMBOL;
  expression.opSymbol = -1;
  expression.symbol = at.symbol;
  expression.number = add(number, subtract(at.value, own));
  return true;
}
