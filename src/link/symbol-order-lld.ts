import type { Report } from "../diagnostics/index.ts";
import { Fate, type LinkModel, nameLocalSymbols, type SymbolId, SymbolSection } from "../model/index.ts";
import type { Statement } from "./placement.ts";

// --symbol-ordering-file: the sections that define the listed symbols come
// first in the statement that took them, in the order of the list. A name may
// be that of many local symbols, and a section has the best place of its symbols.

/** Sorts the sections of each statement by the list; says which of its symbols order nothing. */
export function orderBySymbols(model: LinkModel, statements: readonly Statement[], report: Report): void {
  const { symbolOrdering } = model.options;
  if (symbolOrdering.length === 0) return;
  const places = sectionPlaces(model, report);
  const last = symbolOrdering.length;
  const placeOf = (row: number) => places.get(row) ?? last;
  for (const statement of statements) {
    // Whose pieces are one function each: their order is what they do.
    if (statement.kind !== "output" || statement.name === ".init" || statement.name === ".fini") continue;
    for (const child of statement.children) {
      if (child.kind !== "input" || !child.sections.some((row) => places.has(row))) continue;
      const rows = Array.from(child.sections);
      child.sections = Int32Array.from(rows.sort((a, b) => placeOf(a) - placeOf(b)));
    }
  }
}

/** The place in the list of each section that it orders. */
function sectionPlaces(model: LinkModel, report: Report): Map<number, number> {
  const { options, names, symbols, sections, objects } = model;
  const places = new Map<number, number>();
  const lines = new Map<number, number>();
  options.symbolOrdering.forEach((name, i) => {
    lines.set(names.addString(name), i);
  });
  const found = new Set<number>();
  const warn = (message: string): void => {
    if (options.warnSymbolOrdering) report.warning("LD0507", undefined, message, { lld: message });
  };
  const look = (id: SymbolId): void => {
    const name = symbols.name[id];
    const line = lines.get(name);
    if (line === undefined) return;
    found.add(name);
    const section = symbols.section[id];
    const file = section > 0 ? sections.object[section] : symbols.object[id];
    const reason =
      section === SymbolSection.undefined
        ? "undefined"
        : section <= 0
          ? "absolute"
          : sections.fate[section] === Fate.kept
            ? undefined
            : "discarded";
    if (reason) {
      const owner = section === SymbolSection.script ? undefined : objects[file];
      warn(`${owner?.name ?? "<internal>"}: unable to order ${reason} symbol: ${names.text(name)}`);
    } else places.set(section, Math.min(line, places.get(section) ?? line));
  };
  for (const name of lines.keys()) {
    const id = symbols.global(name);
    if (id !== 0) look(id);
  }
  nameLocalSymbols(model);
  for (const { symbolIds, firstGlobal } of objects)
    for (let i = 1; i < firstGlobal; i++) if (symbolIds[i] > 0) look(symbolIds[i]);
  for (const name of lines.keys())
    if (!found.has(name)) warn(`symbol ordering file: no such symbol: ${names.text(name)}`);
  return places;
}
