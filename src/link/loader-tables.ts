import { STB_WEAK } from "../elf/index.ts";
import { Fate, type LinkModel, SymbolFlag, type SymbolId, SymbolSection } from "../model/index.ts";
import type { Target } from "../targets/index.ts";
import { RelocationReader } from "./relocation-reader.ts";

// GNU ld prepares for relocations that the loader would have to carry out also
// where there will be no loader: a section `.text` that refers to a symbol
// which no object defines for good (undefined, weak, common, or the script's)
// gets a section `.rela.text`, in the first object. All of these turn out to
// be empty and go. But until then they are orphans, and together make an
// output section .rela.dyn, behind which GNU ld puts orphans of its kind. A
// script without .rodata then has its constants there.

/** The sections that GNU ld would make, in order, and the object whose they are. */
export interface LoaderTables {
  readonly object: number;
  readonly names: readonly string[];
}

export function loaderTables(model: LinkModel, target: Target): LoaderTables | undefined {
  const { sections, objects, names } = model;
  const types = target.loaderTypes;
  if (!types) return undefined;
  const reader = new RelocationReader(model);
  const prefix = target.rela ? ".rela" : ".rel";
  const seen = new Set<number>();
  const isOpen = openSymbols(model);
  const found: string[] = [];
  let first = target.emptySections ? 0 : -1;
  for (const object of objects)
    for (let row = object.sectionBase; row < object.sectionBase + object.sectionCount; row++) {
      if (sections.relocations[row] === 0 || (sections.flags[row] & 2) === 0) continue;
      if (sections.fate[row] !== Fate.kept) continue;
      if (first < 0) first = object.id;
      if (seen.has(sections.name[row])) continue;
      reader.open(row);
      for (let i = 0; i < reader.count; i++) {
        if (!types.has(reader.type(i)) || !isOpen(reader.symbol(i))) continue;
        seen.add(sections.name[row]);
        found.push(prefix + names.text(sections.name[row]));
        break;
      }
    }
  return found.length > 0 ? { object: first, names: found } : undefined;
}

/** Whether GNU ld expects that a shared library might still define a symbol. */
function openSymbols(model: LinkModel): (symbol: SymbolId) => boolean {
  const { symbols, sections, names, objects, overridden } = model;
  const last = objects[objects.length - 1];
  const made = last ? last.sectionBase + last.sectionCount : 1;
  const common = [names.find("COMMON"), names.find(".tcommon")];
  return (symbol) => {
    if ((symbols.flags[symbol] & SymbolFlag.global) === 0) return false;
    const section = symbols.section[symbol];
    if (section === SymbolSection.absolute) return false;
    if (section > 0)
      return (
        symbols.info[symbol] >> 4 === STB_WEAK || (section >= made && common.includes(sections.name[section]))
      );
    if (overridden.has(symbol)) return false;
    // The edges of sections are defined early.
    const edge = /^__st(?:art|op)_(.+)$/.exec(names.text(symbols.name[symbol]));
    return !edge || names.find(edge[1]) < 0;
  };
}
