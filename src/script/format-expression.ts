import { precedence } from "./parse-expression.ts";
import type { Expression, Name } from "./syntax.ts";

/** A name as it stands in a script. */
export function formatName(name: Name): string {
  return name.quoted ? `"${name.text}"` : name.text;
}

/** An expression on one line; parentheses are added where a tree made by a program needs them. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return expression.text;
    case "symbol":
      return formatName(expression.name);
    case "dot":
      return ".";
    case "unary": {
      const operand = formatExpression(expression.operand);
      return expression.operator + (isOperation(expression.operand) ? `(${operand})` : operand);
    }
    case "binary": {
      const level = precedence[expression.operator];
      return `${side(expression.left, level)} ${expression.operator} ${side(expression.right, level + 1)}`;
    }
    case "conditional": {
      const { condition, then, otherwise } = expression;
      const tested =
        condition.kind === "conditional" ? `(${formatExpression(condition)})` : formatExpression(condition);
      return `${tested} ? ${formatExpression(then)} : ${formatExpression(otherwise)}`;
    }
    case "parenthesized":
      return `(${formatExpression(expression.inner)})`;
    case "call":
      return `${expression.callee}(${expression.arguments.map(formatExpression).join(", ")})`;
    case "section-query":
      return `${expression.query}(${formatName(expression.section)})`;
    case "region-query":
      return `${expression.query}(${formatName(expression.region)})`;
    case "defined":
      return `DEFINED(${formatName(expression.symbol)})`;
    case "constant":
      return `CONSTANT(${formatName(expression.name)})`;
    case "segment-start":
      // A blank before the comma: without quotes it would belong to the name.
      return `SEGMENT_START(${formatName(expression.segment)}${expression.segment.quoted ? "" : " "}, ${formatExpression(expression.otherwise)})`;
    case "sizeof-headers":
      return "SIZEOF_HEADERS";
    case "assert-expression":
      return `ASSERT(${formatExpression(expression.condition)}, ${formatName(expression.message)})`;
    case "error":
      return "";
  }
}

function isOperation(expression: Expression): boolean {
  return expression.kind === "binary" || expression.kind === "conditional";
}

function side(expression: Expression, least: number): string {
  const text = formatExpression(expression);
  const level =
    expression.kind === "binary" ? precedence[expression.operator] : isOperation(expression) ? 0 : 99;
  return level < least ? `(${text})` : text;
}
