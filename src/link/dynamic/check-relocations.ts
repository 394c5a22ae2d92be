import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE } from "../../elf/index.ts";
import { Dyn, type DynamicLink, type SymbolId } from "../../model/index.ts";
import { isWeakUndefined, type RelocateContext, type Target } from "../../targets/index.ts";
import { hasIndirectAccess } from "../inputs/property-notes.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { defaultVersion } from "./shared-definition.ts";
import { sharedSymbol } from "./shared-symbol.ts";

// Distances within code that only the loader could know. What GNU ld refuses is
// refused here: a symbol that nobody defines is 0, which is not at a fixed
// distance in a program that can be anywhere; and with -z nocopyreloc the
// variables of shared objects are not copied to where the code could reach them.

/** Reports distances that are not known before the program starts. */
export function checkDistances(
  { model, report }: RelocateContext,
  target: Target,
  dynamic: DynamicLink,
): void {
  const { sections, symbols, names, objects, options } = model;
  if (!dynamic.facts.refusesDistances) return;
  const isPie = options.kind === "pie";
  const copies = !options.zKeywords.includes("nocopyreloc") && !hasIndirectAccess(options);
  const { relocations } = dynamic;
  const reader = new RelocationReader(model);
  for (let i = 0; i < relocations.section.length; i++) {
    const section = relocations.section[i];
    if (!relocations.relative[i] || (sections.flags[section] & (SHF_ALLOC | SHF_WRITE)) !== SHF_ALLOC)
      continue;
    const symbol = relocations.symbol[i];
    const isNobodys = isWeakUndefined(model, symbol) && (dynamic.flags[symbol] & Dyn.defDynamic) === 0;
    if (isPie ? !isNobodys : copies || isNobodys || !isVariable(dynamic, symbols, symbol)) continue;
    reader.open(section);
    const type = target.relocationName(reader.type(relocations.entry[i]));
    const name = names.text(symbols.name[symbol]) + defaultVersion(model, symbol);
    const what = `${isNobodys ? "undefined " : ""}symbol \`${name}'`;
    const kind = isPie ? "PIE" : "PDE";
    report.error(
      "LD0607",
      objects[sections.object[section]]?.name,
      `relocation ${type} against ${what} can not be used when making a ${kind} object; recompile with -fPIE`,
    );
  }
}

/** Whether only a shared object defines the symbol, and not as code. */
function isVariable(
  dynamic: DynamicLink,
  symbols: RelocateContext["model"]["symbols"],
  symbol: SymbolId,
): boolean {
  if ((dynamic.flags[symbol] & (Dyn.defDynamic | Dyn.defRegular)) !== Dyn.defDynamic) return false;
  const definition = dynamic.definitionOf(symbols, symbol);
  if (definition === 0) return false;
  const library = dynamic.libraries[dynamic.definitionLibrary[definition]];
  const { section } = sharedSymbol(library, dynamic.definitionIndex[definition]);
  return ((library.sections.flags[section] ?? 0) & SHF_EXECINSTR) === 0;
}
