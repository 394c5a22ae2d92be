import { uint8Column } from "../binary/index.ts";
import { SHF_EXECINSTR, SHF_WRITE, STT_GNU_IFUNC } from "../elf/index.ts";
import { type LinkModel, type SectionId, SymbolFlag, type SymbolId } from "../model/index.ts";
import { isReadOnly, isRelocatable } from "./common.ts";

// References to STT_GNU_IFUNC symbols: the symbol's value is a function that,
// called before main, returns the address to use. A static executable has
// three ways to get at that address, each with an IRELATIVE relocation that the
// start-up code applies: a stub that jumps through a word, a word of the GOT,
// or the pointer itself. A stub serves every kind of reference, so a symbol
// that needs one uses it for all; which it is, is known when all relocations
// have been seen (link/scan.ts).

/** What scanning has to do about a relocation, by its type: see src/kernels/assembly/scan.ts. */
export const Asks = {
  nothing: 0,
  look: 1,
  lookIfIfunc: 2,
  distance: 3,
  relaxedLoad: 4,
  gotWord: 5,
  gotTpWord: 6,
  gotTlsGdWord: 7,
} as const;

/** As the result of `Target.scan`: nothing more is to be scanned in this section. */
export const NO_MORE = 0x7fffffff;

/** A table for `Target.scanKinds`, of types that are to be looked at but for those that are listed. */
export function scanTable(nothing: readonly number[], ifIfunc: readonly number[]): Uint8Array {
  const kinds = uint8Column(256).fill(Asks.look);
  for (const type of nothing) kinds[type] = Asks.nothing;
  for (const type of ifIfunc) kinds[type] = Asks.lookIfIfunc;
  return kinds;
}

/** A call or jump, which may go to a stub without anyone noticing. */
export function noteIfuncCall(model: LinkModel, symbol: SymbolId): void {
  model.needs.iplt.add(symbol);
}

/** The address is loaded from a table. */
export function noteIfuncGot(model: LinkModel, symbol: SymbolId): void {
  model.needs.ifuncGot.add(symbol);
}

/** The address is part of an instruction or of constant data: every mention must then give the stub's address. */
export function noteIfuncAddress(model: LinkModel, symbol: SymbolId): void {
  model.needs.iplt.add(symbol);
  model.symbols.flags[symbol] |= SymbolFlag.canonicalPlt;
}

/** A word of the section holds the address: entry number `entry` of its relocations. */
export function noteIfuncPointer(
  model: LinkModel,
  section: SectionId,
  entry: number,
  symbol: SymbolId,
): void {
  const flags = model.sections.flags[section];
  model.symbols.flags[symbol] |= SymbolFlag.canonicalPlt;
  if (flags & SHF_EXECINSTR || !(flags & SHF_WRITE)) model.needs.iplt.add(symbol);
  model.needs.ifuncPointers.add(section, entry);
}

/** A distance from code or data to a symbol: a call, for all that can be told, where code has it. */
export function noteDistance(model: LinkModel, section: SectionId, symbol: SymbolId): void {
  if ((model.symbols.info[symbol] & 15) !== STT_GNU_IFUNC) return;
  if (model.sections.flags[section] & SHF_EXECINSTR) noteIfuncCall(model, symbol);
  else noteIfuncAddress(model, symbol);
}

/**
 * A whole address in a section; in position-independent output the start-up code
 * is to add the base to it. True if it cannot: the section is read-only.
 */
export function noteAddress(model: LinkModel, section: SectionId, entry: number, symbol: SymbolId): boolean {
  if ((model.symbols.info[symbol] & 15) === STT_GNU_IFUNC) {
    noteIfuncPointer(model, section, entry, symbol);
    return false;
  }
  if (model.options.kind === "executable" || !isRelocatable(model, symbol)) return false;
  model.needs.relative.add(section, entry);
  return isReadOnly(model, section);
}
