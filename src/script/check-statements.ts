import type { Span } from "../diagnostics/index.ts";
import { codes } from "./codes.ts";
import type { Parser } from "./parser.ts";
import type { Name } from "./syntax.ts";
import { sectionFlagOf } from "./tables.ts";

// What can be read in an output section, and is not what its author wants.

/** GNU ld says it as often as it looks at a section, and goes on: the pattern matches nothing. */
export function checkFlag(parser: Parser, name: Name): void {
  if (parser.panicking || sectionFlagOf(name.text) !== undefined) return;
  if (parser.lld) parser.failAt(name.span, "", `unrecognised flag: ${name.text}`);
  else
    parser.report.info(codes.unknownSectionFlag, name.span, `unrecognized INPUT_SECTION_FLAG ${name.text}`, {
      notes: [{ message: "no section has this flag, so the pattern matches nothing" }],
      nameless: true,
      unplaced: true,
    });
}

/** A comma is a letter like any other between the braces: `*(.text, .data)` looks for `.text,`. */
export function warnOfComma(parser: Parser, name: Name): void {
  if (name.quoted || !name.text.endsWith(",") || parser.lld) return;
  const span: Span = { ...name.span, start: name.span.end - 1 };
  parser.report.warning(codes.commaInPattern, span, `the comma is part of the name \`${name.text}'`, {
    notes: [{ message: "patterns are separated by blanks" }],
    fix: { title: "remove the comma", span, replacement: "" },
  });
}

/** `a=1;` between the braces names a file. */
export function warnOfAssignment(parser: Parser, name: Name): void {
  if (!name.text.includes("=")) return;
  const parts = name.quoted ? undefined : /^([^=?*[]+?)([-+*/]?=)([^=].*)$/.exec(name.text);
  if (!parts || !parser.at("wild", ";")) return;
  const replacement = `${parts[1]} ${parts[2]} ${parts[3]}`;
  parser.report.warning(codes.assignmentInName, name.span, `\`${name.text}' is read as the name of a file`, {
    notes: [{ message: `an assignment needs blanks around \`${parts[2]}'` }],
    fix: { title: `write \`${replacement}'`, span: name.span, replacement },
  });
}
