import { Dyn, type LinkModel, type SymbolId } from "../../model/index.ts";
import { sharedSymbol, versionOf } from "./shared-symbol.ts";

/** Of a symbol that a shared object defines: `@@` and the version, which GNU ld takes for a part of its name. */
export function defaultVersion(model: LinkModel, symbol: SymbolId): string {
  if (!model.dynamic || model.dynamic.bound.has(symbol)) return "";
  const version = sharedDefinition(model, symbol)?.version;
  return version ? `@@${version}` : "";
}

/** The definition in a shared object that a symbol stands for, if one does. */
export function sharedDefinition({ dynamic, symbols }: LinkModel, symbol: SymbolId) {
  if (!dynamic || (dynamic.flags[symbol] & Dyn.defDynamic) === 0) return undefined;
  const definition = dynamic.bound.get(symbol) ?? dynamic.definition(symbols.name[symbol]);
  if (definition === 0) return undefined;
  const library = dynamic.libraries[dynamic.definitionLibrary[definition]];
  return { library, version: versionOf(library, sharedSymbol(library, dynamic.definitionIndex[definition])) };
}
