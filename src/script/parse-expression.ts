import { codes } from "./codes.ts";
import { lldNumberValue, numberValue } from "./lexer.ts";
import type { Parser } from "./parser.ts";
import type { BinaryOperator, CallName, Expression, Name, UnaryOperator } from "./syntax.ts";

// Expressions, by precedence climbing over GNU ld's table, which is C's.

/** Higher binds tighter. All are left-associative; `?:` lies below and is right-associative. */
export const precedence: Readonly<Record<BinaryOperator, number>> = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "<<": 8,
  ">>": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};

const unaryOperators: readonly string[] = ["-", "+", "!", "~"];

/** The least and most arguments of each function of expressions. */
const arity: Readonly<Record<CallName, readonly [number, number]>> = {
  ABSOLUTE: [1, 1],
  ALIGN: [1, 2],
  BLOCK: [1, 1],
  NEXT: [1, 1],
  MAX: [2, 2],
  MIN: [2, 2],
  LOG2CEIL: [1, 1],
  DATA_SEGMENT_ALIGN: [2, 2],
  DATA_SEGMENT_RELRO_END: [2, 2],
  DATA_SEGMENT_END: [1, 1],
};

/**
 * Whoever walks a tree does so by recursion, so its depth is bounded here:
 * no expression has more operators, functions and parentheses than this.
 */
const maxNodes = 1000;

/** Reads one expression; on an error, an "error" node stands for what is missing. */
export function parseExpressionAt(parser: Parser): Expression {
  return new ExpressionParser(parser).conditional();
}

/** `( expression )`, as after AT or SUBALIGN. */
export function parenthesizedArgument(parser: Parser): Expression {
  parser.expect("expression", "(");
  const expression = parseExpressionAt(parser);
  parser.expect("expression", ")");
  return expression;
}

class ExpressionParser {
  private readonly parser: Parser;
  private nodes = 0;

  constructor(parser: Parser) {
    this.parser = parser;
  }

  /** Counts a node; false, with an error, when there are too many. */
  private count(): boolean {
    const { parser } = this;
    if (++this.nodes <= maxNodes) return true;
    if (!parser.panicking) {
      const span = parser.spanOf(parser.peek("expression"));
      const message = `an expression has more than ${maxNodes} operators`;
      parser.error(codes.tooComplex, span, message, message);
      parser.panicking = true;
    }
    return false;
  }

  private missing(): Expression {
    const at = this.parser.start("expression");
    return { kind: "error", span: this.parser.lexer.span(at, at) };
  }

  conditional(): Expression {
    const { parser } = this;
    const start = parser.start("expression");
    const condition = this.binary(1);
    if (parser.panicking || !parser.at("expression", "?") || !this.count()) return condition;
    parser.next("expression");
    const then = this.conditional();
    parser.expect("expression", ":");
    const otherwise = this.conditional();
    return { kind: "conditional", condition, then, otherwise, span: parser.spanFrom(start) };
  }

  private binary(least: number): Expression {
    const { parser } = this;
    const start = parser.start("expression");
    let left = this.unary();
    while (!parser.panicking) {
      const token = parser.peek("expression");
      const level = token.kind === "punctuation" ? precedence[token.text as BinaryOperator] : undefined;
      if (level === undefined || level < least || !this.count()) break;
      parser.next("expression");
      const right = this.binary(level + 1);
      const operator = token.text as BinaryOperator;
      left = { kind: "binary", operator, left, right, span: parser.spanFrom(start) };
    }
    return left;
  }

  private unary(): Expression {
    const { parser } = this;
    if (parser.panicking) return this.missing();
    const token = parser.peek("expression");
    const isOperator = token.kind === "punctuation" && unaryOperators.includes(token.text);
    if (!isOperator || (parser.lld && token.text === "+")) return this.primary();
    if (!this.count()) return this.missing();
    parser.next("expression");
    const operand = this.unary();
    return {
      kind: "unary",
      operator: token.text as UnaryOperator,
      operand,
      span: parser.spanFrom(token.start),
    };
  }

  private primary(): Expression {
    const { parser } = this;
    const token = parser.peek("expression");
    switch (token.kind) {
      case "number": {
        if (parser.lld) return this.lldNumber();
        parser.next("expression");
        return { kind: "number", ...numberValue(token.text), text: token.text, span: parser.spanOf(token) };
      }
      case "string":
      case "name":
        return this.named();
      default:
        if (token.text !== "(") {
          parser.fail("expression", "an expression", (found) => `malformed number: ${found}`);
          return this.missing();
        }
        if (!this.count()) return this.missing();
        parser.next("expression");
        return this.parenthesized(token.start);
    }
  }

  private parenthesized(start: number): Expression {
    const inner = this.conditional();
    this.parser.expect("expression", ")");
    return { kind: "parenthesized", inner, span: this.parser.spanFrom(start) };
  }

  private lldNumber(): Expression {
    const { parser } = this;
    const token = parser.peek("expression");
    const value = lldNumberValue(token.text);
    if (value === undefined) {
      parser.fail("expression", "a number", (found) => `malformed number: ${found}`);
      return this.missing();
    }
    parser.next("expression");
    const digits = /^0[xX]([0-9a-fA-F]+)$/.exec(token.text)?.[1];
    return { kind: "number", value, text: token.text, digits, span: parser.spanOf(token) };
  }

  /** A symbol, `.`, or a function. */
  private named(): Expression {
    const { parser } = this;
    const token = parser.next("expression");
    const span = parser.spanOf(token);
    const { start } = token;
    const symbol: Expression = { kind: "symbol", name: parser.nameOf(token), span };
    if (token.text === ".") return { kind: "dot", span };
    if (token.kind === "string") return symbol;
    switch (token.text) {
      case "SIZEOF_HEADERS":
      case "sizeof_headers":
        return { kind: "sizeof-headers", span };
      case "ADDR":
      case "LOADADDR":
      case "SIZEOF":
      case "ALIGNOF": {
        const section = this.nameArgument("script", "the name of an output section");
        return { kind: "section-query", query: token.text, section, span: parser.spanFrom(start) };
      }
      case "ORIGIN":
      case "LENGTH": {
        const region = this.nameArgument("script", "the name of a memory region");
        return { kind: "region-query", query: token.text, region, span: parser.spanFrom(start) };
      }
      case "DEFINED": {
        const name = this.nameArgument("expression", "the name of a symbol");
        return { kind: "defined", symbol: name, span: parser.spanFrom(start) };
      }
      case "CONSTANT": {
        const name = this.nameArgument("expression", "MAXPAGESIZE or COMMONPAGESIZE");
        return { kind: "constant", name, span: parser.spanFrom(start) };
      }
      case "SEGMENT_START": {
        this.count();
        parser.expect("script", "(");
        const segment = parser.name("script", "the name of a segment");
        parser.expect("expression", ",");
        const otherwise = this.conditional();
        parser.expect("expression", ")");
        return { kind: "segment-start", segment, otherwise, span: parser.spanFrom(start) };
      }
      case "ASSERT": {
        this.count();
        const { condition, message } = this.assertArguments();
        return { kind: "assert-expression", condition, message, span: parser.spanFrom(start) };
      }
      default:
        if (Object.hasOwn(arity, token.text)) return this.call(token.text as CallName, start);
        return symbol;
    }
  }

  private nameArgument(mode: "script" | "expression", what: string): Name {
    this.parser.expect(mode, "(");
    const name = this.parser.name(mode, what);
    this.parser.expect(mode, ")");
    return name;
  }

  private call(callee: CallName, start: number): Expression {
    const { parser } = this;
    const [least, most] = arity[callee];
    const values: Expression[] = [];
    this.count();
    parser.expect("expression", "(");
    values.push(this.conditional());
    while (values.length < least || (values.length < most && parser.at("expression", ","))) {
      parser.expect("expression", ",");
      values.push(this.conditional());
    }
    parser.expect("expression", ")");
    return { kind: "call", callee, arguments: values, span: parser.spanFrom(start) };
  }

  /** `( condition , message )`. */
  assertArguments(): { condition: Expression; message: Name } {
    const { parser } = this;
    parser.expect("expression", "(");
    const condition = this.conditional();
    parser.expect("expression", ",");
    const message = parser.name("expression", "a message");
    parser.expect("expression", ")");
    return { condition, message };
  }
}

/** The arguments of `ASSERT` as a statement. */
export function parseAssertArguments(parser: Parser): { condition: Expression; message: Name } {
  return new ExpressionParser(parser).assertArguments();
}
