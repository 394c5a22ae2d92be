import { SHF_EXECINSTR, SHF_WRITE, STT_GNU_IFUNC } from "../../elf/index.ts";
import { Dyn, type DynamicLink, type SectionId, type SymbolId } from "../../model/index.ts";
import { addHalves, addressIn, sum } from "../common.ts";
import type { RelocateContext } from "../target.ts";
import * as T from "./types.ts";

// Relocations in dynamic executables that are not what they are elsewhere.

/** Whether the loader sets a field, which then stays as it is in the object. */
export function isLeftToLoader(
  context: RelocateContext,
  dynamic: DynamicLink,
  section: SectionId,
  type: number,
  symbol: SymbolId,
): boolean {
  const { model } = context;
  const { sections, symbols, options } = model;
  const special = dynamic.special[symbol];
  const isPointer = type === T.R_X86_64_64;
  if (special === 1) return isPointer;
  if (special === 4) return isPointer || type === T.R_X86_64_PC32 || type === T.R_X86_64_PC64;
  if (special !== 2 || !isPointer || (symbols.info[symbol] & 15) !== STT_GNU_IFUNC) return false;
  const flags = sections.flags[section];
  if (dynamic.plt[symbol] < 0) return (flags & SHF_EXECINSTR) === 0 || (flags & SHF_WRITE) !== 0;
  return options.kind === "pie" && (dynamic.flags[symbol] & Dyn.nonGotReference) !== 0;
}

/** sum = S + A, where S is the address of a symbol or of the stub that stands for it. */
export function resolveSpecial(
  context: RelocateContext,
  dynamic: DynamicLink,
  symbol: SymbolId,
  addendLow: number,
  addendHigh: number,
): void {
  const { model } = context;
  const { symbols } = model;
  const special = dynamic.special[symbol];
  const { rows } = dynamic;
  if ((special === 2 || special === 3) && dynamic.plt[symbol] >= 0) {
    if (dynamic.pltSecond[symbol] >= 0) addressIn(model, rows.pltSecond, dynamic.pltSecond[symbol]);
    else addressIn(model, rows.plt, dynamic.plt[symbol]);
  } else if (special === 3 && dynamic.pltGot[symbol] >= 0)
    addressIn(model, rows.pltGot, dynamic.pltGot[symbol]);
  else {
    addHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol], addendLow, addendHigh);
    return;
  }
  addHalves(sum.low, sum.high, addendLow, addendHigh);
}
