import { absoluteSection, type Value } from "./context.ts";
import type { BinaryOperator } from "./syntax.ts";

// The operators of the script language on 64-bit values.
//
// The hard part is not the number but its section. GNU ld lets a value be
// relative to a section, and the operators try to keep what the writer meant:
// `_start + 4` stays in the section of `_start`, `_end - _start` is a number.
// LLD has simpler rules of its own. Both are here, side by side.

/** Wraps to 64 bits, unsigned. */
export function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The smallest multiple of `alignment` from `value` on; any alignment, and 0 or 1 change nothing. */
export function alignUp(value: bigint, alignment: bigint): bigint {
  if (alignment <= 1n) return value;
  // The sum wraps before the division, as in the 64-bit arithmetic of the peers.
  return wrap((wrap(value + alignment - 1n) / alignment) * alignment);
}

/** The smallest power of two, as its exponent, that is not below `value`; 0 for 0. */
export function log2Ceil(value: bigint): bigint {
  let exponent = 0n;
  while (1n << exponent < value) exponent++;
  return exponent;
}

/** The value as an address: a plain number is taken as it is. */
export function addressOf(value: Value): bigint {
  return value.section ? wrap(value.value + value.section.address) : value.value;
}

/** The value moved to the absolute section. */
export function absolute(value: Value): Value {
  return { value: addressOf(value), section: absoluteSection };
}

const truth = (condition: boolean) => (condition ? 1n : 0n);

/** The bare 64-bit operation. Undefined for a division by zero. */
export function compute(operator: BinaryOperator, a: bigint, b: bigint, signed: boolean): bigint | undefined {
  switch (operator) {
    case "+":
      return wrap(a + b);
    case "-":
      return wrap(a - b);
    case "*":
      return wrap(a * b);
    case "/":
      if (b === 0n) return undefined;
      return signed ? wrap(BigInt.asIntN(64, a) / BigInt.asIntN(64, b)) : a / b;
    case "%":
      if (b === 0n) return undefined;
      return signed ? wrap(BigInt.asIntN(64, a) % BigInt.asIntN(64, b)) : a % b;
    // A shift by 64 or more takes the count modulo 64, as the machines that run the peers do.
    case "<<":
      return wrap(a << (b & 63n));
    case ">>":
      return a >> (b & 63n);
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<":
      return truth(a < b);
    case ">":
      return truth(a > b);
    case "<=":
      return truth(a <= b);
    case ">=":
      return truth(a >= b);
    case "==":
      return truth(a === b);
    case "!=":
      return truth(a !== b);
    case "&&":
      return truth(a !== 0n && b !== 0n);
    case "||":
      return truth(a !== 0n || b !== 0n);
  }
}

/** What GNU ld made of the sections of two operands. */
export interface Operands {
  readonly left: bigint;
  readonly right: bigint;
  /** The section of the result, when the operation keeps one. */
  readonly section: Value["section"];
  /** Both had the same section, or both were plain numbers, or both had to be made absolute. */
  readonly same: boolean;
  /** Two different sections met, and the operands are addresses now. */
  readonly madeAbsolute: boolean;
}

/**
 * GNU ld's conversion before every binary operation: a plain number takes the
 * other operand's section; two different sections make both absolute.
 */
export function convertOperands(left: Value, right: Value): Operands {
  const same = left.section === right.section;
  if (same || left.section === undefined || right.section === undefined) {
    const section = left.section ?? right.section;
    return { left: left.value, right: right.value, section, same, madeAbsolute: false };
  }
  return {
    left: addressOf(left),
    right: addressOf(right),
    section: absoluteSection,
    same: true,
    madeAbsolute: true,
  };
}

/** LLD: one operand of `+`, `&`, `|`, `^` may be relative to a section, `-` may have two; undefined otherwise. */
export function lldBinary(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  const a = addressOf(left);
  const b = addressOf(right);
  const isAbsolute = (value: Value) => value.section === undefined || value.section === absoluteSection;
  const bare = compute(operator, a, b, false);
  if (bare === undefined) return undefined;
  const leftAbsolute = isAbsolute(left);
  const rightAbsolute = isAbsolute(right);
  let home: Value["section"] = absoluteSection;
  if (operator === "+" || operator === "&" || operator === "|" || operator === "^") {
    if (!leftAbsolute && !rightAbsolute) return undefined;
    home = leftAbsolute ? right.section : left.section;
  } else if (operator === "-") {
    home = rightAbsolute ? left.section : absoluteSection;
  }
  if (home === undefined) home = absoluteSection;
  return { value: wrap(bare - home.address), section: home };
}
