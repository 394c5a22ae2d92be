import type { Report, Source } from "../diagnostics/index.ts";
import { codes } from "./codes.ts";
import { beginsCommand, parseCommand } from "./parse-commands.ts";
import { parseExpressionAt } from "./parse-expression.ts";
import { parseSectionsCommand } from "./parse-sections.ts";
import { parseDynamicListPatterns, parseVersionNodes } from "./parse-version.ts";
import { type ParseOptions, Parser } from "./parser.ts";
import type { Assignment, DynamicList, Expression, OutputSection, Script, VersionScript } from "./syntax.ts";

// The entry points. Each gives a tree for any text; what is wrong is in the report.

/** Reads a linker script. */
export function parseScript(source: Source, report: Report, options: ParseOptions = {}): Script {
  const parser = new Parser(source, report, options);
  const commands = parser.statements("script", false, () => parseCommand(parser), beginsCommand);
  return { kind: "script", commands, ...whole(parser, source) };
}

/** Reads a file of `--section-ordering-file`: output sections as in SECTIONS, with input sections to put first. */
export function parseSectionOrdering(
  source: Source,
  report: Report,
  options: ParseOptions = {},
): OutputSection[] {
  const parser = new Parser(source, report, options);
  parser.errorContext = " in section-ordering-file script";
  const statements = parser.statements("script", false, () => parseSectionsCommand(parser), beginsCommand);
  const found: OutputSection[] = [];
  for (const statement of statements) {
    if (statement.kind === "output-section") found.push(statement);
    else if (statement.kind !== "include") {
      const words = "only input sections in output sections belong into a section ordering file";
      parser.error(codes.syntaxError, statement.span, words, words);
    }
  }
  return found;
}

/** Reads the expression of an option such as `-Ttext`, or of an editor's prompt. */
export function parseExpression(source: Source, report: Report, options: ParseOptions = {}): Expression {
  const parser = new Parser(source, report, options);
  const expression = parseExpressionAt(parser);
  expectEnd(parser);
  return expression;
}

/** Reads `symbol = expression`, the argument of `--defsym`; undefined when there is no assignment in it. */
export function parseDefsym(
  source: Source,
  report: Report,
  options: ParseOptions = {},
): Assignment | undefined {
  const parser = new Parser(source, report, options);
  const start = parser.start("expression");
  const target = parser.name("expression", "the name of a symbol");
  parser.expect("expression", "=");
  if (parser.panicking) return undefined;
  const value = parseExpressionAt(parser);
  expectEnd(parser);
  const span = parser.spanFrom(start);
  return { kind: "assignment", target, operator: "=", value, provide: false, hidden: false, span };
}

/** Reads a file of `--version-script`. */
export function parseVersionScript(
  source: Source,
  report: Report,
  options: ParseOptions = {},
): VersionScript {
  const parser = new Parser(source, report, options);
  parser.errorContext = " in VERSION script";
  const nodes = parseVersionNodes(parser, false);
  if (nodes.length === 0 && parser.atEnd("version-tag")) parser.fail("version-tag", "a version");
  return { kind: "version-script", nodes, ...whole(parser, source) };
}

/** Reads a file of `--dynamic-list` or `--export-dynamic-symbol-list`. */
export function parseDynamicList(source: Source, report: Report, options: ParseOptions = {}): DynamicList {
  const parser = new Parser(source, report, options);
  parser.errorContext = " in dynamic list";
  if (parser.atEnd("version-tag"))
    parser.fail("version-tag", "`{'", (found) => `{ expected, but got ${found}`);
  const patterns = parseDynamicListPatterns(parser);
  return { kind: "dynamic-list", patterns, ...whole(parser, source) };
}

function whole(parser: Parser, source: Source) {
  return { comments: parser.lexer.comments, source, span: { source, start: 0, end: source.text.length } };
}

function expectEnd(parser: Parser): void {
  if (!parser.panicking && !parser.atEnd("expression")) {
    parser.fail("expression", "an operator or the end", (found) => `EOF expected, but got ${found}`);
  }
}
