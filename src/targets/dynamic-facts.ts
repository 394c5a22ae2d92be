import { STB_WEAK } from "../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type LinkModel,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../model/index.ts";

// What scanning, relocating and laying out tables of dynamic executables ask of a symbol.

/** Whether nothing, not even a shared object, defines a symbol to which all references are weak. */
export function isWeakUndefined(model: LinkModel, symbol: SymbolId): boolean {
  const { symbols, dynamic } = model;
  if (symbols.info[symbol] >> 4 !== STB_WEAK) return false;
  if ((symbols.flags[symbol] & SymbolFlag.global) === 0) return false;
  if (!dynamic || dynamic.flags.length === 0) return symbols.section[symbol] === SymbolSection.undefined;
  return (dynamic.flags[symbol] & (Dyn.defRegular | Dyn.defDynamic)) === 0;
}

/** An undefined weak symbol that no loader will look for: it is hidden, or there is no loader. */
export function isWeakLocal(model: LinkModel, symbol: SymbolId): boolean {
  const { symbols, options, dynamic } = model;
  return (
    (symbols.other[symbol] & 3) !== 0 ||
    options.noDynamicLinker ||
    options.zKeywords.includes("nodynamic-undefined-weak") ||
    ((dynamic?.flags[symbol] ?? 0) & Dyn.forcedLocal) !== 0
  );
}

/** An undefined weak symbol that is 0 for good: also where all references can do with the value 0. */
export function dynamicIsZero(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): boolean {
  if (!isWeakUndefined(model, symbol)) return false;
  if (!dynamic.facts.zeroWeak)
    return (
      (model.symbols.other[symbol] & 3) !== 0 ||
      model.options.noDynamicLinker ||
      model.options.zKeywords.includes("nodynamic-undefined-weak")
    );
  const flags = dynamic.flags[symbol];
  return isWeakLocal(model, symbol) || (flags & Dyn.zeroForbidden) === 0 || (flags & Dyn.zeroWanted) !== 0;
}

/** Whether a relocatable object, or the linker, defines a symbol. */
export function isDefinedHere(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): boolean {
  const isGlobal = (model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
  return !isGlobal || (dynamic.flags[symbol] & Dyn.defRegular) !== 0;
}
