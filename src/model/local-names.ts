import type { LinkModel } from "./model.ts";
import type { InputObject } from "./object.ts";

const named = new WeakSet<InputObject>();

/**
 * Fills in `symbols.name` of the local symbols, of all objects or of one.
 * Reading does not: half of a large program's symbols are local, and their
 * names matter only to messages, maps and explanations, which call this first.
 */
export function nameLocalSymbols(model: LinkModel, only?: InputObject): void {
  for (const object of only === undefined ? model.objects : [only]) {
    if (named.has(object)) continue;
    named.add(object);
    nameSymbolsOf(model, object);
  }
}

function nameSymbolsOf({ names, symbols }: LinkModel, object: InputObject): void {
  const { bytes, view, symbolIds, firstGlobal, symtabOffset, strtabOffset, strtabSize } = object;
  const size = object.is64 ? 24 : 16;
  for (let i = 1; i < firstGlobal; i++) {
    const nameAt = view.getUint32(symtabOffset + i * size, object.littleEndian);
    if (nameAt !== 0 && nameAt < strtabSize)
      symbols.name[symbolIds[i]] = names.addTerminated(bytes, strtabOffset + nameAt);
  }
}
