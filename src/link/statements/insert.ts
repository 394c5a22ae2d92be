import type { Report } from "../../diagnostics/index.ts";
import type { Command } from "../../script/index.ts";
import type { LayoutStatement } from "./commands.ts";

/** What one INSERT moved, and all that then stood before its new place: what it goes behind is the last of these. */
export interface Move {
  readonly moved: readonly LayoutStatement[];
  readonly before: readonly LayoutStatement[];
}

/**
 * Carries out INSERT AFTER and INSERT BEFORE. Everything that stands before the
 * INSERT (and after the one before it) moves behind an output section of the
 * rest; BEFORE means behind the section that precedes the named one. Like GNU
 * ld, statements that follow the place stay with the section they follow,
 * except for assignments to the location counter just before the next section.
 */
export function applyInserts(
  list: readonly (LayoutStatement | Command)[],
  report: Report,
  moves: Move[] = [],
): LayoutStatement[] {
  let rest: (LayoutStatement | Command)[] = [...list];
  for (let at = 0; at < rest.length; ) {
    const insert = rest[at];
    if (insert.kind !== "insert") {
      at++;
      continue;
    }
    const moved = rest.slice(0, at).filter(isLayout);
    const others = rest.slice(at + 1);
    const anchor = anchorFor(others, insert.section.text, insert.place);
    if (anchor === undefined) {
      report.error("LD0302", insert.span, `${insert.section.text} not found for insert`, {
        unplaced: true,
        lld: `unable to insert ${moved.find((s) => s.kind === "output-section")?.name.text ?? ""} ${insert.place} ${insert.section.text}`,
      });
      rest = [...moved, ...others];
    } else {
      const place = placeBehind(others, anchor);
      moves.push({ moved, before: others.slice(0, anchor + 1).filter(isLayout) });
      rest = [...others.slice(0, place), ...moved, ...others.slice(place)];
    }
    at = 0;
  }
  return rest.filter(isLayout);
}

/** Whether layout walks over a statement, as opposed to a command that only sets something. */
export function isLayout(statement: LayoutStatement | Command): statement is LayoutStatement {
  return (
    statement.kind === "assignment" ||
    statement.kind === "assert" ||
    statement.kind === "output-section" ||
    statement.kind === "overlay"
  );
}

function isNamed(statement: LayoutStatement | Command, name: string): boolean {
  if (statement.kind === "output-section") return statement.name.text === name;
  return statement.kind === "overlay" && statement.sections.some((s) => s.name.text === name);
}

function isSection(statement: LayoutStatement | Command): boolean {
  return statement.kind === "output-section" || statement.kind === "overlay";
}

/** The index of the section to go behind: -1 for the very start, undefined where there is no section of the name. */
function anchorFor(
  list: readonly (LayoutStatement | Command)[],
  name: string,
  place: "after" | "before",
): number | undefined {
  let anchor = list.findIndex((statement) => isNamed(statement, name));
  if (anchor < 0) return undefined;
  if (place === "before") {
    do anchor--;
    while (anchor >= 0 && !isSection(list[anchor]));
  }
  return anchor;
}

/** The index to insert at. At the very start only an initial `. =` stays in front. */
function placeBehind(list: readonly (LayoutStatement | Command)[], anchor: number): number {
  let skipDot = anchor < 0;
  let dot = -1;
  for (let at = anchor + 1; at < list.length; at++) {
    const statement = list[at];
    if (statement.kind === "assignment" && statement.target.text === "." && dot < 0) {
      if (!skipDot) dot = at;
      skipDot = false;
    } else if (isSection(statement)) return dot >= 0 ? dot : at;
  }
  return list.length;
}
