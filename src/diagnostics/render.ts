import { sourceLine } from "./position.ts";
import type { Diagnostic, Span, Where } from "./report.ts";

export interface RenderOptions {
  /** Printed before each diagnostic, such as `ld`. */
  readonly program: string;
  readonly dialect: "gnu" | "lld";
  readonly color: boolean;
}

const COLORS = { error: "\x1b[0;1;31m", warning: "\x1b[0;1;35m", info: "", reset: "\x1b[0m" } as const;

/**
 * A diagnostic as text for a terminal, ending in a newline. The first line is
 * what the GNU or LLVM tool prints, because builds scrape it; the script
 * snippet with its caret and the notes follow on lines of their own.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { severity } = diagnostic;
  const paint = (text: string) =>
    options.color && severity !== "info" ? COLORS[severity] + text + COLORS.reset : text;
  const lld = options.dialect === "lld";
  const label = severity === "info" || (severity === "error" && !lld) ? "" : paint(`${severity}:`) + " ";
  const unplaced = diagnostic.unplaced && !lld;
  const place = unplaced ? undefined : placeOf(diagnostic.where);
  const at = place ? `${place}${diagnostic.runsOn && !lld ? "" : ":"} ` : "";
  const message = (lld && diagnostic.lld) || diagnostic.message;
  const head = lld ? `${label}${at}${message}` : `${at}${label}${message}`;
  // GNU ld puts no blank between its name and a place in a script, and scrapers know it.
  const gap = !lld && !unplaced && isSpan(diagnostic.where) ? ":" : ": ";
  const name = diagnostic.nameless && !lld ? "" : `${options.program}${gap}`;
  let text = severity === "info" && lld ? `${head}\n` : `${name}${head}\n`;
  if (lld) return text;
  if (isSpan(diagnostic.where)) {
    if (unplaced) text += `${options.program}: ${placeOf(diagnostic.where)}: note: from this statement\n`;
    text += snippet(diagnostic.where);
  }
  for (const note of diagnostic.notes) {
    const noteAt = placeOf(note.where);
    text += `${options.program}: ${noteAt ? `${noteAt}: ` : ""}note: ${note.message}\n`;
    if (isSpan(note.where)) text += snippet(note.where);
  }
  if (diagnostic.fix) text += `${options.program}: help: ${diagnostic.fix.title}\n`;
  return text;
}

function isSpan(where: Where): where is Span {
  return typeof where === "object";
}

function placeOf(where: Where): string | undefined {
  if (!isSpan(where)) return where;
  const { shown } = where;
  return shown ? `${shown.name}:${shown.line}` : `${where.source.name}:${sourceLine(where).line}`;
}

function snippet(span: Span): string {
  const { line, column, text, length } = sourceLine(span);
  const number = String(line).padStart(5);
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `${number} | ${visible(text)}\n      | ${indent}${"^".repeat(length)}\n`;
}

/** Control characters of a damaged or binary text would move the cursor about, or worse. */
function visible(text: string): string {
  return Array.from(text, (character) => (character < " " && character !== "\t" ? "\ufffd" : character)).join(
    "",
  );
}
