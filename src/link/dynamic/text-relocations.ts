import { STT_GNU_IFUNC } from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Kept,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";

// Relocations that the loader applies to what is not writable: it has to make it
// so, and DT_TEXTREL tells it. GNU ld names the first that it finds, first of
// those against local symbols, then of the others in the order of its table.

/** What is found; `where` and `message` say which one GNU ld names. */
export interface TextRelocation {
  readonly section: SectionId;
  /** 0: a local one. */
  readonly symbol: SymbolId;
}

/** The first relocation in a section for which `isReadOnly` holds; `order`: the global symbols in BFD's order. */
export function firstTextRelocation(
  model: LinkModel,
  dynamic: DynamicLink,
  order: Int32Array,
  isReadOnly: (section: SectionId) => boolean,
): TextRelocation | undefined {
  const { symbols, sections } = model;
  const { section, symbol, kept } = dynamic.relocations;
  const readOnly = section.map((row, i) => kept[i] !== Kept.no && isReadOnly(row));
  if (!readOnly.includes(true)) return undefined;
  // They hang from the section of their symbol, those of the last section with any in front.
  let first = -1;
  let firstHome = 0;
  const isGlobal = (id: SymbolId) => (symbols.flags[id] & SymbolFlag.global) !== 0;
  const ofGlobal = new Map<SymbolId, number>();
  for (let i = 0; i < section.length; i++) {
    if (!readOnly[i]) continue;
    const id = symbol[i];
    if (isGlobal(id)) {
      ofGlobal.set(id, i);
      continue;
    }
    if ((symbols.info[id] & 15) === STT_GNU_IFUNC) continue;
    const home = symbols.section[id] > 0 ? symbols.section[id] : section[i];
    const isEarlier =
      first < 0 ||
      sections.object[section[i]] < sections.object[section[first]] ||
      (sections.object[section[i]] === sections.object[section[first]] && home <= firstHome);
    if (!isEarlier) continue;
    first = i;
    firstHome = home;
  }
  if (first >= 0) return { section: section[first], symbol: 0 };
  const named = order.find((id) => ofGlobal.has(id));
  return named === undefined ? undefined : { section: section[ofGlobal.get(named) ?? 0], symbol: named };
}

/** Whether pointers to functions that are chosen at start-up are among the loader's relocations. */
export function hasResolvedPointers({ relocations, flags }: DynamicLink): boolean {
  return relocations.kept.some(
    (kept, i) => kept === Kept.resolver && (flags[relocations.symbol[i]] & Dyn.nonGotReference) !== 0,
  );
}
