import type { Span } from "./report.ts";

/** Line and column of an offset, both from 1, columns in UTF-16 units. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", start)) {
    line++;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

/** The line a span starts on, and the part of the span on it, for a caret under it. */
export function sourceLine(span: Span): { line: number; column: number; text: string; length: number } {
  const { text } = span.source;
  const { line, column } = lineAndColumn(text, span.start);
  const start = span.start - column + 1;
  const newline = text.indexOf("\n", span.start);
  const end = newline < 0 ? text.length : newline;
  const length = Math.max(1, Math.min(span.end, end) - span.start);
  return { line, column, text: text.slice(start, end), length };
}
