import type { Span } from "../diagnostics/index.ts";
import type { Name } from "./syntax.ts";

// The part of the syntax tree that is computed: expressions.

export type Expression =
  | NumberLiteral
  | SymbolName
  | Dot
  | Unary
  | Binary
  | Conditional
  | Parenthesized
  | Call
  | SectionQuery
  | RegionQuery
  | Defined
  | Constant
  | SegmentStart
  | SizeofHeaders
  | AssertExpression
  | ErrorExpression;

export interface NumberLiteral {
  readonly kind: "number";
  /** Wrapped to 64 bits. */
  readonly value: bigint;
  /** As written. */
  readonly text: string;
  /**
   * The hexadecimal digits of a plain `0x…` literal. A fill value takes its
   * length from them: `=0x90` is one byte, `=144` is four.
   */
  readonly digits?: string;
  readonly span: Span;
}

export interface SymbolName {
  readonly kind: "symbol";
  readonly name: Name;
  readonly span: Span;
}

/** The location counter. */
export interface Dot {
  readonly kind: "dot";
  readonly span: Span;
}

export type UnaryOperator = "-" | "+" | "!" | "~";

export interface Unary {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

export type BinaryOperator =
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "<<"
  | ">>"
  | "<"
  | ">"
  | "<="
  | ">="
  | "=="
  | "!="
  | "&"
  | "^"
  | "|"
  | "&&"
  | "||";

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export interface Conditional {
  readonly kind: "conditional";
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
  readonly span: Span;
}

/** `(inner)`: kept so that formatting and explanations show what was written. */
export interface Parenthesized {
  readonly kind: "parenthesized";
  readonly inner: Expression;
  readonly span: Span;
}

/** The functions whose arguments are expressions; `ALIGN` has one or two, the others as GNU ld. */
export type CallName =
  | "ABSOLUTE"
  | "ALIGN"
  | "BLOCK"
  | "NEXT"
  | "MAX"
  | "MIN"
  | "LOG2CEIL"
  | "DATA_SEGMENT_ALIGN"
  | "DATA_SEGMENT_RELRO_END"
  | "DATA_SEGMENT_END";

export interface Call {
  readonly kind: "call";
  readonly callee: CallName;
  /** As many as the function takes; a missing one is an "error" expression. */
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

export interface SectionQuery {
  readonly kind: "section-query";
  readonly query: "ADDR" | "LOADADDR" | "SIZEOF" | "ALIGNOF";
  readonly section: Name;
  readonly span: Span;
}

export interface RegionQuery {
  readonly kind: "region-query";
  readonly query: "ORIGIN" | "LENGTH";
  readonly region: Name;
  readonly span: Span;
}

export interface Defined {
  readonly kind: "defined";
  readonly symbol: Name;
  readonly span: Span;
}

/** `CONSTANT(MAXPAGESIZE)` or `CONSTANT(COMMONPAGESIZE)`. */
export interface Constant {
  readonly kind: "constant";
  readonly name: Name;
  readonly span: Span;
}

/** `SEGMENT_START("segment", default)`. */
export interface SegmentStart {
  readonly kind: "segment-start";
  readonly segment: Name;
  readonly otherwise: Expression;
  readonly span: Span;
}

export interface SizeofHeaders {
  readonly kind: "sizeof-headers";
  readonly span: Span;
}

/** `ASSERT(condition, message)` inside an expression; its value is the condition's. */
export interface AssertExpression {
  readonly kind: "assert-expression";
  readonly condition: Expression;
  readonly message: Name;
  readonly span: Span;
}

/** Where an expression should be and none could be read; the error is already reported. */
export interface ErrorExpression {
  readonly kind: "error";
  readonly span: Span;
}
