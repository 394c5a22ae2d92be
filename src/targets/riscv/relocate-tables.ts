import { Dyn, type SectionId, type SymbolId } from "../../model/index.ts";
import { addressIn, findTlsImage, gotSlot, sumAsNumber, tlsImage } from "../common.ts";
import type { RelocateContext } from "../target.ts";

// Addresses in the linker's tables, as numbers.

/** Where the address of the symbol is kept. */
export function gotSlotAddress(context: RelocateContext, symbol: SymbolId): number {
  gotSlot(context, symbol);
  return sumAsNumber();
}

/** Where the symbol's offset from the thread pointer is kept. */
export function tlsIeSlot(context: RelocateContext, symbol: SymbolId): number {
  const { dynamic, needs } = context.model;
  if (dynamic !== undefined) {
    // Behind the pair of general dynamic, if there is one.
    const before = (dynamic.flags[symbol] & Dyn.gotTlsGd) !== 0 ? 2 * context.target.wordSize : 0;
    return gotSlotAddress(context, symbol) + before;
  }
  return gotWord(context, context.got, needs.gotTpWord(symbol));
}

/** Where the symbol's module and its offset in that are kept. */
export function tlsGdSlot(context: RelocateContext, symbol: SymbolId): number {
  const { dynamic, needs } = context.model;
  if (dynamic !== undefined) return gotSlotAddress(context, symbol);
  return gotWord(context, context.got, needs.gotTlsGdWord(symbol));
}

function gotWord(context: RelocateContext, table: SectionId, word: number): number {
  const { target } = context;
  addressIn(context.model, table, (target.gotHeaderWords + word) * target.wordSize);
  return sumAsNumber();
}

/** The offset of a thread-local address from the thread pointer, which points to where the TLS image starts. */
export function tlsOffset(context: RelocateContext, address: number): number {
  findTlsImage(context.layout);
  return address - (tlsImage.startHigh * 4294967296 + (tlsImage.startLow >>> 0));
}
