/**
 * The value of a `#if`: 64-bit integers, signed or not, with C's operators. The
 * tokens come expanded; names that are left are 0.
 */
import type { Token } from "./tokens.ts";

interface Value {
  readonly value: bigint;
  readonly unsigned: boolean;
}

/** What is wrong with a condition, and at which token. */
export class ConditionProblem {
  readonly message: string;
  readonly at: Token | undefined;

  constructor(message: string, at: Token | undefined) {
    this.message = message;
    this.at = at;
  }
}

const BINARY: Readonly<Record<string, number>> = {
  "*": 10,
  "/": 10,
  "%": 10,
  "+": 9,
  "-": 9,
  "<<": 8,
  ">>": 8,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "==": 6,
  "!=": 6,
  "&": 5,
  "^": 4,
  "|": 3,
  "&&": 2,
  "||": 1,
};

const wrap = (value: bigint, unsigned: boolean): Value => ({
  value: unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value),
  unsigned,
});
const truth = (value: boolean): Value => ({ value: value ? 1n : 0n, unsigned: false });

/** Whether a condition holds, or what is wrong with it. */
export function evaluateCondition(tokens: readonly Token[]): boolean | ConditionProblem {
  const parser = new ConditionParser(tokens);
  try {
    return parser.whole().value !== 0n;
  } catch (problem) {
    if (problem instanceof ConditionProblem) return problem;
    throw problem;
  }
}

/** Problems travel as exceptions inside this file only. */
class ConditionParser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Value {
    if (!this.tokens.length) throw new ConditionProblem("#if with no expression", undefined);
    const value = this.comma(true);
    const rest = this.tokens[this.at];
    if (rest?.text === ")") throw new ConditionProblem("missing '(' in expression", rest);
    if (rest) throw new ConditionProblem(`missing binary operator before token "${rest.text}"`, rest);
    return value;
  }

  private comma(live: boolean): Value {
    let value = this.conditional(live);
    while (this.take(",")) value = this.conditional(live);
    return value;
  }

  /** `live` is false where the value does not count: a division by zero is no error there. */
  private conditional(live: boolean): Value {
    const condition = this.binary(1, live);
    if (!this.take("?")) return condition;
    const holds = condition.value !== 0n;
    const yes = this.comma(live && holds);
    if (!this.take(":")) throw new ConditionProblem("'?' without following ':'", this.tokens[this.at]);
    const no = this.conditional(live && !holds);
    return wrap(holds ? yes.value : no.value, yes.unsigned || no.unsigned);
  }

  private binary(level: number, live: boolean): Value {
    let left = this.unary(live);
    for (;;) {
      const operator = this.tokens[this.at];
      const strength = operator?.type === "punctuator" ? BINARY[operator.text] : undefined;
      if (strength === undefined || strength < level) return left;
      this.at++;
      const decided =
        operator.text === "&&" ? left.value === 0n : operator.text === "||" && left.value !== 0n;
      const right = this.binary(strength + 1, live && !decided);
      left = this.apply(operator, left, right, live);
    }
  }

  private apply(operator: Token, a: Value, b: Value, live: boolean): Value {
    const unsigned = a.unsigned || b.unsigned;
    const x = wrap(a.value, unsigned).value;
    const y = wrap(b.value, unsigned).value;
    switch (operator.text) {
      case "&&":
        return truth(a.value !== 0n && b.value !== 0n);
      case "||":
        return truth(a.value !== 0n || b.value !== 0n);
      case "<":
        return truth(x < y);
      case ">":
        return truth(x > y);
      case "<=":
        return truth(x <= y);
      case ">=":
        return truth(x >= y);
      case "==":
        return truth(x === y);
      case "!=":
        return truth(x !== y);
      case "<<":
      case ">>": {
        // A shift by a negative number goes the other way; one by 64 or more leaves nothing.
        const count = b.unsigned ? b.value : BigInt.asIntN(64, b.value);
        const left = (operator.text === "<<") === count >= 0n;
        const size = count < 0n ? -count : count;
        if (size >= 64n) return wrap(!left && !a.unsigned && a.value < 0n ? -1n : 0n, a.unsigned);
        return wrap(left ? a.value << size : a.value >> size, a.unsigned);
      }
      case "+":
        return wrap(x + y, unsigned);
      case "-":
        return wrap(x - y, unsigned);
      case "*":
        return wrap(x * y, unsigned);
      case "&":
        return wrap(x & y, unsigned);
      case "|":
        return wrap(x | y, unsigned);
      case "^":
        return wrap(x ^ y, unsigned);
      default:
        if (y === 0n) {
          if (live) throw new ConditionProblem("division by zero in #if", operator);
          return wrap(0n, unsigned);
        }
        return wrap(operator.text === "/" ? x / y : x % y, unsigned);
    }
  }

  private unary(live: boolean): Value {
    const t = this.tokens[this.at++];
    if (!t) throw new ConditionProblem("operator has no right operand", this.tokens.at(-1));
    if (t.type === "number") return number(t);
    if (t.type === "char") return character(t);
    if (t.type === "name") return { value: 0n, unsigned: false };
    if (t.type === "punctuator")
      switch (t.text) {
        case "-":
          return this.negated(live);
        case "+":
          return this.unary(live);
        case "~": {
          const { value, unsigned } = this.unary(live);
          return wrap(~value, unsigned);
        }
        case "!":
          return truth(this.unary(live).value === 0n);
        case "(": {
          const value = this.comma(live);
          if (!this.take(")")) throw new ConditionProblem("missing ')' in expression", this.tokens[this.at]);
          return value;
        }
      }
    throw new ConditionProblem(`token "${t.text}" is not valid in preprocessor expressions`, t);
  }

  private negated(live: boolean): Value {
    const { value, unsigned } = this.unary(live);
    return wrap(-value, unsigned);
  }

  private take(text: string): boolean {
    const t = this.tokens[this.at];
    if (t?.type !== "punctuator" || t.text !== text) return false;
    this.at++;
    return true;
  }
}

function number(t: Token): Value {
  const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uUlLzZ]*)$/.exec(t.text);
  if (!match) {
    if (/^(?:[0-9.]+|[0-9.]*[eE].*)$/.test(t.text) && /[.eE]/.test(t.text))
      throw new ConditionProblem("floating constant in preprocessor expression", t);
    if (/^0[0-7]*[89]/.test(t.text)) throw new ConditionProblem("invalid digit in octal constant", t);
    throw new ConditionProblem(`invalid integer constant "${t.text}"`, t);
  }
  const [, digits, suffix] = match;
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  // A constant too large for the signed type is unsigned.
  return wrap(value, /u/i.test(suffix) || value > 0x7fffffffffffffffn);
}

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
  E: 27,
};

function character(t: Token): Value {
  const text = t.text.slice(t.text.indexOf("'") + 1, -1);
  let value = 0n;
  let count = 0;
  for (const [, hexadecimal, octal, escaped, plain] of text.matchAll(
    /\\x([0-9a-fA-F]+)|\\([0-7]{1,3})|\\(.)|([\s\S])/g,
  )) {
    const code = hexadecimal
      ? Number.parseInt(hexadecimal, 16)
      : octal
        ? Number.parseInt(octal, 8)
        : escaped
          ? (ESCAPES[escaped] ?? escaped.charCodeAt(0))
          : plain.charCodeAt(0);
    value = (value << 8n) | BigInt(code & 0xff);
    count++;
  }
  if (!count) throw new ConditionProblem("empty character constant", t);
  // One character is a char, which RISC-V has unsigned; several are an int, and so is a wide one.
  const narrow = count === 1 && t.text.startsWith("'");
  return { value: count === 1 ? value : BigInt.asIntN(32, value), unsigned: narrow };
}
