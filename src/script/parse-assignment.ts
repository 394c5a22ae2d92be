import { codes } from "./codes.ts";
import { parseAssertArguments, parseExpressionAt } from "./parse-expression.ts";
import type { Parser } from "./parser.ts";
import type { Assert, Assignment, AssignmentOperator, Name } from "./syntax.ts";
import type { Mode } from "./words.ts";

// What may stand at every level of a script: assignments and assertions.

const assignmentOperators: readonly string[] = ["=", "+=", "-=", "*=", "/=", "<<=", ">>=", "&=", "|=", "^="];

/**
 * An assignment with its separator, or PROVIDE and its kin. A name that is not
 * followed by an assignment operator is taken and handed to `otherwise`.
 */
export function parseAssignment<Other>(
  parser: Parser,
  mode: Mode,
  otherwise: (name: Name) => Other | undefined,
): Assignment | Other | undefined {
  const token = parser.peek(mode);
  const { start } = token;
  if (token.kind === "name" && PROVIDING.includes(token.text)) {
    parser.next(mode);
    parser.expect(mode, "(");
    const target = parser.name(mode, "the name of a symbol");
    parser.expect(mode, "=");
    const value = parseExpressionAt(parser);
    parser.expect("expression", ")");
    const span = parser.spanFrom(start);
    parser.separator();
    const provide = token.text !== "HIDDEN";
    if (provide && target.text === "." && !parser.panicking) {
      const words = "can not PROVIDE assignment to location counter";
      parser.error(codes.provideDot, span, words, words);
    }
    return {
      kind: "assignment",
      target,
      operator: "=",
      value,
      provide,
      hidden: token.text !== "PROVIDE",
      span,
    };
  }
  const target = parser.name(mode, "a command or an assignment");
  if (parser.panicking) return undefined;
  const operator = parser.peek(mode);
  if (operator.kind !== "punctuation" || !assignmentOperators.includes(operator.text))
    return otherwise(target);
  parser.next(mode);
  const value = parseExpressionAt(parser);
  const span = parser.spanFrom(start);
  parser.separator();
  return {
    kind: "assignment",
    target,
    operator: operator.text as AssignmentOperator,
    value,
    provide: false,
    hidden: false,
    span,
  };
}

const PROVIDING = ["PROVIDE", "HIDDEN", "PROVIDE_HIDDEN"];

/** `ASSERT(condition, message)`, its keyword taken; a `;` after it is the caller's. */
export function parseAssert(parser: Parser, start: number): Assert {
  const { condition, message } = parseAssertArguments(parser);
  return { kind: "assert", condition, message, span: parser.spanFrom(start) };
}
