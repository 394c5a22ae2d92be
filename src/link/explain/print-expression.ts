import { type Assert, type Assignment, constantValue, type Expression } from "../../script/index.ts";

// Expressions and assignments as GNU ld's map prints them: from the tree it
// has after folding constants, not from the script's text.

export function printExpression(expression: Expression): string {
  const constant = constantValue(expression);
  if (constant !== undefined) return hex(constant);
  switch (expression.kind) {
    case "number":
      return hex(expression.value);
    case "symbol":
      return expression.name.text;
    case "dot":
      return ".";
    case "parenthesized":
      return printExpression(expression.inner);
    case "unary":
      return expression.operator === "+"
        ? printExpression(expression.operand)
        : `${expression.operator} (${printExpression(expression.operand)})`;
    case "binary":
      return `(${printExpression(expression.left)} ${expression.operator} ${printExpression(expression.right)})`;
    case "conditional": {
      const { condition, then, otherwise } = expression;
      return `${printExpression(condition)}?${printExpression(then)}:${printExpression(otherwise)}`;
    }
    case "call": {
      const { callee } = expression;
      const parts = expression.arguments.map(printExpression);
      // GNU ld keeps these two in the other order.
      if (callee === "DATA_SEGMENT_RELRO_END") parts.reverse();
      return parts.length > 1 ? `${callee} (${parts.join(", ")})` : `${callee} (${parts[0] ?? ""})`;
    }
    case "section-query":
      return `${expression.query} (${expression.section.text})`;
    case "region-query":
      return `${expression.query} (${expression.region.text})`;
    case "defined":
      return `DEFINED (${expression.symbol.text})`;
    case "constant":
      return `CONSTANT (${expression.name.text})`;
    case "segment-start":
      return `SEGMENT_START ("${expression.segment.text}", ${printExpression(expression.otherwise)})`;
    case "sizeof-headers":
      return "SIZEOF_HEADERS";
    case "assert-expression":
      return `ASSERT (${printExpression(expression.condition)}, ${expression.message.text})`;
    case "error":
      return "?";
  }
}

/** `. = (. + 0x4)` of `. += 4`. */
export function printAssignment(node: Assignment): string {
  const { operator, provide } = node;
  const target = node.target.text;
  const written = printExpression(node.value);
  const value = operator === "=" ? written : `(${target} ${operator.slice(0, -1)} ${written})`;
  return provide ? `PROVIDE (${target} = ${value})` : `${target} = ${value}`;
}

export function printAssert(node: Assert): string {
  return `ASSERT (${printExpression(node.condition)}, ${node.message.text})`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
