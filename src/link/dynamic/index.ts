import { lowWord } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { SHF_ALLOC, STT_OBJECT, STV_HIDDEN } from "../../elf/index.ts";
import {
  type DynamicLink,
  Fate,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  SymbolSection,
} from "../../model/index.ts";
import type { RelocateContext, Target } from "../../targets/index.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import { globalsAsGnu } from "../write/gnu-order.ts";
import { allocateTables } from "./allocate.ts";
import { checkDistances } from "./check-relocations.ts";
import { fillTables } from "./fill-tables.ts";
import { mayPack } from "./packed-relocations.ts";
import { allRows, type DynamicRows, setContents } from "./rows.ts";
import type { DynamicSections } from "./settle.ts";
import { SymbolAdjuster, startDynamic } from "./symbols.ts";
import { createTables, fillSymbols } from "./tables.ts";
import { fillTags } from "./tags.ts";

export { checkLibraries } from "./check-libraries.ts";
export { growPacked, leaveUnpacked, packsRelocations, reportPacking, takeOut } from "./packed-relocations.ts";
export { createDynamicRows, type DynamicRows } from "./rows.ts";
export {
  chooseSectionSymbol,
  type DynamicSections,
  packRelocations,
  reportTextRelocations,
  settleTags,
} from "./settle.ts";
export { boundVersion, seenSymbol } from "./tables.ts";

// Dynamic executables, from outside: rows are made when the inputs are known
// (script patterns must find them), sized when relocations have been looked at,
// and filled when addresses are known.

/** Looks at the relocations of what is linked. */
export function scanDynamicRelocations(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  report: Report,
): void {
  const { sections, objects } = model;
  dynamic.dynamicSymbol = defineHidden(model, "_DYNAMIC", rows.dynamic);
  dynamic.gotSymbol = defineHidden(
    model,
    "_GLOBAL_OFFSET_TABLE_",
    target.gotSymbol === "got" ? rows.got : rows.gotPlt,
  );
  const { pltSymbol } = dynamic.facts;
  if (pltSymbol !== undefined) {
    dynamic.pltSymbol = defineHidden(model, pltSymbol, rows.plt);
    if (model.options.kind === "pie")
      for (const symbol of [dynamic.pltSymbol, dynamic.dynamicSymbol, dynamic.gotSymbol])
        dynamic.absolute.add(symbol);
  }
  startDynamic(model, dynamic);
  for (const object of objects) {
    const end = object.sectionBase + object.sectionCount;
    for (let section = object.sectionBase; section < end; section++) {
      if (sections.relocations[section] === 0 || sections.fate[section] !== Fate.kept) continue;
      if ((sections.flags[section] & SHF_ALLOC) === 0) continue;
      target.dynamic?.scan(model, section, report);
    }
  }
}

/** A symbol of the linker's own, unless an object defines it; the script may give it another value. */
function defineHidden(model: LinkModel, name: string, section: SectionId): number {
  const { symbols, names } = model;
  const symbol = symbols.addGlobal(names.addString(name));
  const isAssigned = symbols.section[symbol] === SymbolSection.script;
  if ((symbols.section[symbol] !== SymbolSection.undefined && !isAssigned) || section === 0) return symbol;
  if (!isAssigned) {
    symbols.section[symbol] = section;
    symbols.valueLow[symbol] = symbols.valueHigh[symbol] = 0;
    symbols.object[symbol] = -1;
  }
  symbols.info[symbol] = (1 << 4) | STT_OBJECT;
  symbols.other[symbol] = STV_HIDDEN;
  symbols.flags[symbol] =
    (symbols.flags[symbol] & ~SymbolFlag.omit) | SymbolFlag.forcedLocal | SymbolFlag.live;
  return symbol;
}

/** Gives the rows their sizes. `marked`: every input is for Indirect Branch Tracking. */
export function sizeDynamicSections(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  marked: boolean,
  report: Report,
): DynamicSections {
  const { options, sections } = model;
  if (rows.interp) {
    const path = options.dynamicLinker ?? target.dynamic?.interpreter ?? "";
    setContents(model, rows.interp, new TextEncoder().encode(`${path}\0`));
  }
  const order = globalsAsGnu(model);
  new SymbolAdjuster(model, dynamic, rows, report).run(order);
  const plan = allocateTables(model, target, dynamic, rows, order, marked);
  dynamic.sectionSymbols = dynamic.facts.sectionSymbol && options.kind === "pie" ? 1 : 0;
  const tables = createTables(model, target, dynamic, rows, order);
  // How long it is depends on what goes where (settle.ts).
  setContents(model, rows.dynamic, new Uint8Array(2 * target.wordSize));
  if (sections.size[rows.gotPlt] === 0 && target.gotSymbol === "gotPlt") forgetGot(model, dynamic, rows);
  for (const { table, code, direct } of rows.unwind) {
    const used = sections.size[code] > 0 && plan.form.unwind !== undefined && hasUnwindTables(model, table);
    const bytes = used ? plan.form.unwind?.(direct, sections.size[code]) : undefined;
    setContents(model, table, bytes ?? new Uint8Array(0));
  }
  // Something will be in it if anything is moved with the image.
  if (rows.relr && mayPack(model, dynamic, plan))
    setContents(model, rows.relr, new Uint8Array(target.wordSize));
  leaveOut(model, rows, marked);
  return { rows, plan, tables, tags: [] };
}

/** What GNU ld makes only where it is needed is not even an empty section elsewhere. */
function leaveOut({ sections }: LinkModel, rows: DynamicRows, marked: boolean): void {
  if (rows.pltSecond && !marked)
    for (const row of [
      rows.pltSecond,
      ...rows.unwind.flatMap(({ table, code }) => (code === rows.pltSecond ? table : [])),
    ])
      sections.fate[row] = Fate.excluded;
}

/** The symbol of a table that is not there is not there either. */
function forgetGot(model: LinkModel, dynamic: DynamicLink, rows: DynamicRows): void {
  const { symbols } = model;
  if (symbols.section[dynamic.gotSymbol] !== rows.gotPlt) return;
  symbols.section[dynamic.gotSymbol] = SymbolSection.undefined;
  symbols.flags[dynamic.gotSymbol] |= SymbolFlag.omit;
}

/** GNU ld describes its stubs only where some object describes its functions. */
function hasUnwindTables({ sections }: LinkModel, own: SectionId): boolean {
  const name = sections.name[own];
  for (let row = 1; row < sections.count; row++)
    if (
      sections.name[row] === name &&
      row < own &&
      sections.fate[row] === Fate.kept &&
      sections.size[row] > 8
    )
      return true;
  return false;
}

/** Rows that nothing needs: they count only where sections are looked for. */
export function emptyRows({ sections }: LinkModel, { rows }: { readonly rows: DynamicRows }): SectionId[] {
  return allRows(rows).filter((row) => sections.size[row] === 0);
}

/** Writes what follows from addresses. */
export function fillDynamicSections(
  context: RelocateContext,
  target: Target,
  dynamic: DynamicLink,
  sectionsOf: DynamicSections,
  frames: EhFrames,
): void {
  const { model, layout } = context;
  const { rows, plan, tables, tags, packed } = sectionsOf;
  checkDistances(context, target, dynamic);
  const relatives = fillTables(context, target, dynamic, rows, plan, packed);
  fillSymbols(model, target, dynamic, rows, tables, layout, sectionsOf.sectionSymbol);
  fillTags(model, target, rows, layout, tags, relatives, context.report);
  for (const { table, code } of rows.unwind)
    if (model.sections.size[table] > 0) fillUnwind(model, table, code, frames);
}

/** Where the stubs are that an unwind table describes, relative to the place where that is said. */
function fillUnwind({ sections }: LinkModel, table: SectionId, code: SectionId, frames: EhFrames): void {
  const bytes = sections.contents.get(table);
  if (!bytes || sections.fate[table] !== Fate.kept || sections.output[table] < 0) return;
  const record = frames.endRecord[table] - 1;
  if (record < 1) return;
  // Nothing has moved where the tables are not in .eh_frame.
  const offset = Array.from(frames.order).includes(table) ? frames.newOffset[record] : frames.offset[record];
  const address = (row: SectionId) =>
    (BigInt(sections.addressHigh[row] >>> 0) << 32n) | BigInt(sections.addressLow[row] >>> 0);
  const place = address(table) + BigInt(offset + 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setInt32(frames.offset[record] + 8, lowWord(address(code) - place), true);
}
