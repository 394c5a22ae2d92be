import { type Diagnostic, type Span, sourceLine, type Where } from "../diagnostics/index.ts";

/**
 * Messages in the words of GNU as: `file:line: Error: …` under a line that
 * names the file once. The source line with a caret, and what else we know,
 * follow on lines of their own.
 */
export function messagesText(diagnostics: readonly Diagnostic[], program: string): string {
  let text = "";
  let header = "";
  for (const { severity, where, message, notes } of diagnostics) {
    const place = placeOf(where);
    const file = isSpan(where) ? (where.shown?.name ?? where.source.name) : place;
    if (file !== undefined && header === "") text += `${(header = file)}: Assembler messages:\n`;
    const label = severity === "error" ? "Error: " : severity === "warning" ? "Warning: " : "Info: ";
    if (place === undefined && severity === "info") text += `${message}\n`;
    else if (place === undefined) {
      if (header === "") text += `${(header = "Assembler messages")}:\n`;
      text += `${label}${message}\n`;
    } else text += `${place}: ${severity === "info" ? " " : ""}${label}${message}\n`;
    if (isSpan(where)) text += snippet(where);
    for (const note of notes) {
      const at = placeOf(note.where);
      text += `${at ?? place ?? program}:  Info: ${note.message}\n`;
    }
  }
  return text;
}

function isSpan(where: Where): where is Span {
  return typeof where === "object";
}

function placeOf(where: Where): string | undefined {
  if (!isSpan(where)) return where;
  const { shown, source } = where;
  return shown ? `${shown.name}:${shown.line}` : `${source.name}:${sourceLine(where).line}`;
}

function snippet(span: Span): string {
  const { line, column, text, length } = sourceLine(span);
  // Of a line as long as a book only the part around the caret is shown.
  const from = Math.max(0, column - 120);
  const shown = text.slice(from, from + 200);
  const indent = shown.slice(0, column - 1 - from).replace(/[^\t]/g, " ");
  const number = String(span.shown?.line ?? line).padStart(5);
  return `${number} | ${shown}\n      | ${indent}${"^".repeat(length)}\n`;
}
