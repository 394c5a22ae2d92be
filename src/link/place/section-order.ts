import { columnOf } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { STT_FILE, STT_SECTION } from "../../elf/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import {
  Fate,
  type LinkModel,
  nameLocalSymbols,
  type SectionId,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { orderByCalls, readCallGraphFile, readCallGraphSections } from "./call-graph.ts";
import type { InputStatement, Placement } from "./placement.ts";

// LLD's ways of saying where functions go without a script: a list of symbols
// (--symbol-ordering-file) or a call graph (--call-graph-ordering-file, or the
// objects' own profile). Sections that they name come first in what placement
// made, in their order; the others stay as they are.

/** Sections whose order has a meaning of its own. */
const FIXED = new Set([".init", ".fini", ".init_array", ".fini_array", ".ctors", ".dtors"]);

/** Reorders the input sections of a placement by symbols or calls, where the options ask for it. */
export function orderSections(
  model: LinkModel,
  placement: Placement,
  files: FileSystem,
  report: Report,
): void {
  const { options } = model;
  if (options.compat !== "lld" || options.kind === "relocatable") return;
  const places = new Map<SectionId, string>();
  const rank =
    options.symbolOrdering.length > 0
      ? ranksOfSymbols(model, report)
      : ranksOfCalls(model, placement, places, files, report);
  if (rank.size === 0) return;
  for (const output of placement.outputs) {
    if (FIXED.has(output.name)) continue;
    for (const child of output.children) if (child.kind === "input") reorder(child, rank);
  }
}

function reorder(statement: InputStatement, rank: ReadonlyMap<SectionId, number>): void {
  const rows = Array.from(statement.sections);
  const ordered = rows.filter((row) => rank.has(row));
  if (ordered.length === 0) return;
  ordered.sort((a, b) => rank.get(a)! - rank.get(b)!);
  statement.sections = columnOf([...ordered, ...rows.filter((row) => !rank.has(row))]);
}

/** Sections by the first of the listed symbols that is defined in them. */
function ranksOfSymbols(model: LinkModel, report: Report): Map<SectionId, number> {
  const { symbols, options } = model;
  const byName = symbolsByName(model);
  const rank = new Map<SectionId, number>();
  for (const [place, name] of options.symbolOrdering.entries()) {
    const found = byName(name);
    if (found.length === 0) {
      warn(model, report, undefined, `symbol ordering file: no such symbol: ${name}`);
      continue;
    }
    for (const symbol of found) {
      if (!isOrderable(model, symbol, name, report)) continue;
      const section = symbols.section[symbol];
      rank.set(section, Math.min(place, rank.get(section) ?? place));
    }
  }
  return rank;
}

function ranksOfCalls(
  model: LinkModel,
  placement: Placement,
  places: Map<SectionId, string>,
  files: FileSystem,
  report: Report,
): Map<SectionId, number> {
  const { options, symbols, names } = model;
  const rank = new Map<SectionId, number>();
  const path = options.callGraphOrderingFile;
  if (path === undefined && !options.callGraphProfileSort) return rank;
  const sectionOf = (symbol: SymbolId): SectionId => {
    const section = symbols.section[symbol];
    return section > 0 && model.sections.fate[section] === Fate.kept ? section : 0;
  };
  const byName = path === undefined ? undefined : symbolsByName(model);
  const graph =
    path !== undefined && byName
      ? readCallGraphFile(
          path,
          files,
          (name) => {
            const [symbol] = byName(name);
            if (symbol === undefined) {
              warn(model, report, path, `no such symbol: ${name}`);
              return 0;
            }
            return isOrderable(model, symbol, name, report) ? sectionOf(symbol) : 0;
          },
          report,
        )
      : readCallGraphSections(model, sectionOf);
  if (graph.edges.size === 0) return rank;
  for (const output of placement.outputs)
    for (const child of output.children)
      if (child.kind === "input") for (const section of child.sections) places.set(section, output.name);
  const order = orderByCalls(model, graph, (section) => places.get(section));
  for (const [place, section] of order.entries()) rank.set(section, place);
  if (options.printSymbolOrder !== undefined) {
    nameLocalSymbols(model);
    const lines = order.flatMap((section) =>
      symbolsIn(model, section).map((id) => names.text(symbols.name[id])),
    );
    writeLines(options.printSymbolOrder, lines, files, report);
  }
  return rank;
}

/** All symbols of a name: the global one, and local ones of any object. */
function symbolsByName(model: LinkModel): (name: string) => readonly SymbolId[] {
  nameLocalSymbols(model);
  const { names, symbols } = model;
  const byName = new Map<number, SymbolId[]>();
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const type = symbols.info[symbol] & 15;
    const name = symbols.name[symbol];
    if (name === 0 || type === STT_SECTION || type === STT_FILE) continue;
    const known = byName.get(name);
    if (known) known.push(symbol);
    else byName.set(name, [symbol]);
  }
  return (name) => byName.get(names.find(name)) ?? [];
}

/** Whether a symbol stands for a section that can be moved; says why not. */
function isOrderable(model: LinkModel, symbol: SymbolId, name: string, report: Report): boolean {
  const { symbols, sections, objects } = model;
  const section = symbols.section[symbol];
  const file = objects[symbols.object[symbol]]?.name ?? "<internal>";
  let what: string | undefined;
  if (section === SymbolSection.undefined) what = "undefined";
  else if (section <= 0) what = "absolute";
  else if (sections.object[section] < 0) what = "synthetic";
  else if (sections.fate[section] !== Fate.kept) what = "discarded";
  if (what === undefined) return true;
  warn(model, report, file, `unable to order ${what} symbol: ${name}`);
  return false;
}

function warn(model: LinkModel, report: Report, where: string | undefined, message: string): void {
  if (model.options.warnSymbolOrdering) report.warning("LD0592", where, message);
}

function symbolsIn(model: LinkModel, section: SectionId): SymbolId[] {
  const { symbols, sections, objects } = model;
  const object = objects[sections.object[section]];
  if (!object) return [];
  return Array.from(object.symbolIds).filter(
    (id) => id > 0 && symbols.section[id] === section && (symbols.info[id] & 15) !== STT_SECTION,
  );
}

function writeLines(path: string, lines: readonly string[], files: FileSystem, report: Report): void {
  const output = files.create(path);
  if (isProblem(output)) {
    report.error("LD0591", undefined, `cannot open ${path}: ${output.problem}`);
    return;
  }
  output.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")), 0);
  output.finish();
}
