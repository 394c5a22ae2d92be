import type { SectionId, SymbolId } from "../../model/index.ts";
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
  return gotWord(context, context.got, context.model.needs.gotTpWord(symbol));
}

/** Where the symbol's module and its offset in that are kept. */
export function tlsGdSlot(context: RelocateContext, symbol: SymbolId): number {
  return gotWord(context, context.got, context.model.needs.gotTlsGdWord(symbol));
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
