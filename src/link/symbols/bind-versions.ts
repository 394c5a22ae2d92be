import type { NameId } from "../../binary/index.ts";
import { type LinkModel, type SymbolId, SymbolSection } from "../../model/index.ts";

/** References to `foo@V` where `foo@@V` is defined mean `foo`. */
export function bindVersions(
  { symbols, names, objects }: LinkModel,
  versioned: ReadonlyMap<string, SymbolId>,
): void {
  if (versioned.size === 0) return;
  const target = new Map<SymbolId, SymbolId>();
  for (const [name, symbol] of versioned) {
    const id: NameId = names.find(name);
    const reference = id < 0 ? 0 : symbols.global(id);
    if (reference !== 0 && symbols.section[reference] === SymbolSection.undefined)
      target.set(reference, symbol);
  }
  if (target.size === 0) return;
  for (const { symbolIds, firstGlobal } of objects)
    for (let i = firstGlobal; i < symbolIds.length; i++)
      symbolIds[i] = target.get(symbolIds[i]) ?? symbolIds[i];
}
