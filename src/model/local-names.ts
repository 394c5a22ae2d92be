import type { LinkModel } from "./model.ts";

const named = new WeakSet<LinkModel>();

/**
 * Fills in `symbols.name` of the local symbols. Reading does not: half of a
 * large program's symbols are local, and their names matter only to messages,
 * maps and explanations, which call this first.
 */
export function nameLocalSymbols(model: LinkModel): void {
  if (named.has(model)) return;
  named.add(model);
  const { names, symbols } = model;
  for (const object of model.objects) {
    const { bytes, view, symbolIds, firstGlobal, symtabOffset, strtabOffset, strtabSize } = object;
    const size = object.is64 ? 24 : 16;
    for (let i = 1; i < firstGlobal; i++) {
      const nameAt = view.getUint32(symtabOffset + i * size, object.littleEndian);
      if (nameAt !== 0 && nameAt < strtabSize)
        symbols.name[symbolIds[i]] = names.addTerminated(bytes, strtabOffset + nameAt);
    }
  }
}
