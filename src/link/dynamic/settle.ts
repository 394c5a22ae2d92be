import type { Report } from "../../diagnostics/index.ts";
import { type DynamicLink, type LinkModel, type SectionId, sectionName } from "../../model/index.ts";
import { objectName, type Target } from "../../targets/index.ts";
import { type OutputStatement, type Placement, SectionFlag } from "../place/placement.ts";
import { globalsAsGnu } from "../write/gnu-order.ts";
import type { TablePlan } from "./allocate.ts";
import { findPacked, type PackedRelocations } from "./packed-relocations.ts";
import { allRows, type DynamicRows, setContents } from "./rows.ts";
import { sectionForSymbol } from "./section-symbol.ts";
import { createTables, type DynamicTables } from "./tables.ts";
import { dynamicTags } from "./tags.ts";
import { firstTextRelocation, hasResolvedPointers } from "./text-relocations.ts";

/** DT_RELR, DT_RELRSZ and DT_RELRENT. */
const PACKED_TAGS = 3;

// What of the loader's tables depends on where the script puts sections: it is
// settled between placement and layout.

/** What sizing the tables found out. */
export interface DynamicSections {
  readonly rows: DynamicRows;
  readonly plan: TablePlan;
  readonly tables: DynamicTables;
  /** Empty before placement. */
  readonly tags: ReturnType<typeof dynamicTags>;
  /** Whose symbol is in .dynsym. */
  readonly sectionSymbol?: OutputStatement;
  /** -z pack-relative-relocs. */
  readonly packed?: PackedRelocations;
}

/** The entries of .dynamic, and warnings of relocations in what is not writable. */
export function settleTags(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  loaded: DynamicSections,
  placement: Placement,
  report: Report,
): DynamicSections {
  const { options, sections, names, symbols } = model;
  const { rows, tables, plan } = loaded;
  const isReadOnly = (row: SectionId) =>
    ((placement.outputs[sections.output[row]]?.flags ?? 0) & SectionFlag.readonly) !== 0;
  const found = firstTextRelocation(model, dynamic, globalsAsGnu(model), isReadOnly);
  dynamic.textRelocations = found !== undefined;
  if (found) {
    const against = found.symbol ? ` against \`${names.text(symbols.name[found.symbol])}'` : "";
    const message = `relocation${against} in read-only section \`${sectionName(model, found.section)}'`;
    const where = objectName(model, found.section);
    if (found.symbol) dynamic.textNote = `${where}: dynamic ${message}`;
    if (wantsTextCheck(model, dynamic)) report.warning("LD0613", where, message);
  }
  if (found && hasResolvedPointers(dynamic))
    report.warning(
      "LD0617",
      undefined,
      "GNU indirect functions with DT_TEXTREL may result in a segfault at runtime; recompile with -fPIE",
    );
  const outputOf = (name: string) => {
    const output = placement.headerOrder.find((each) => each.exists && each.name === name);
    return output?.hasInput ? output : undefined;
  };
  const tags = dynamicTags(model, target, dynamic, rows, tables, plan.plt, outputOf);
  const spare = options.spareTags + (rows.relr ? PACKED_TAGS : 0);
  const size = (tags.length + 1 + spare) * 2 * target.wordSize;
  setContents(model, rows.dynamic, new Uint8Array(size));
  return { ...loaded, tags };
}

/** What GNU ld says of them at the end. */
export function reportTextRelocations(model: LinkModel, dynamic: DynamicLink, report: Report): void {
  if (!dynamic.textRelocations || !wantsTextCheck(model, dynamic)) return;
  const kind = model.options.kind === "pie" ? "PIE" : "PDE";
  if (model.options.text === "error")
    report.error("LD0614", undefined, "read-only segment has dynamic relocations");
  else report.warning("LD0614", undefined, `creating DT_TEXTREL in a ${kind}`);
}

function wantsTextCheck({ options }: LinkModel, { facts }: DynamicLink): boolean {
  return options.text === "error" || (options.text === "default" && facts.warnsOfText);
}

/** Which section's symbol is in .dynsym is known when it is known which sections there are: it may be none. */
export function chooseSectionSymbol(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  loaded: DynamicSections,
  ehFrameHdr: SectionId,
  placement: Placement,
): DynamicSections {
  if (dynamic.sectionSymbols === 0) return loaded;
  const { names, sections } = model;
  const nameOf = (row: SectionId) => names.text(sections.name[row]);
  const sectionSymbol = sectionForSymbol(placement, [...allRows(loaded.rows), ehFrameHdr], nameOf);
  if (sectionSymbol) return { ...loaded, sectionSymbol };
  dynamic.sectionSymbols = 0;
  return { ...loaded, tables: createTables(model, target, dynamic, loaded.rows, globalsAsGnu(model)) };
}

/** Finds what can be packed; layout finds out how much room that takes. */
export function packRelocations(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  loaded: DynamicSections,
): DynamicSections {
  const { rows, plan } = loaded;
  if (!rows.relr || model.sections.output[rows.relr] < 0) return loaded;
  return { ...loaded, packed: findPacked(model, target, dynamic, rows, plan) };
}
