import { SHF_WRITE, STT_GNU_IFUNC, STT_SECTION } from "../elf/index.ts";
import {
  type Deletions,
  Fate,
  type ImageLayout,
  type LinkModel,
  type SectionId,
  type SymbolId,
  SymbolSection,
} from "../model/index.ts";
import { keptCopy } from "./kept-copy.ts";
import type { RelocateContext } from "./target.ts";
import { releaseTombstone } from "./tombstone.ts";

// What the loops over relocations share. A link has millions of relocations,
// so nothing here allocates, and 64-bit values are two signed 32-bit halves
// that functions leave in `sum` instead of returning an object.

/** The result of the last of the functions below. */
export const sum = { low: 0, high: 0 };

/** sum = a + b. */
export function addHalves(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  const low = (aLow >>> 0) + (bLow >>> 0);
  sum.high = (aHigh + bHigh + (low > 0xffffffff ? 1 : 0)) | 0;
  sum.low = low | 0;
}

/** sum = a - b. */
export function subtractHalves(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  const low = (aLow >>> 0) - (bLow >>> 0);
  sum.high = (aHigh - bHigh - (low < 0 ? 1 : 0)) | 0;
  sum.low = low | 0;
}

/** sum = the address `offset` bytes into a section; `offset` is not negative. */
export function addressIn(model: LinkModel, section: SectionId, offset: number): void {
  const { sections } = model;
  addHalves(sections.addressLow[section], sections.addressHigh[section], offset, 0);
}

/** The last result as a signed number, for messages: exact below 2^53. */
export function sumAsNumber(): number {
  return sum.high * 0x100000000 + (sum.low >>> 0);
}

export function halvesAsBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/**
 * sum = S + A. A reference by section symbol into a merged section means what
 * was at that place of the input; one to an STT_GNU_IFUNC symbol its stub. True
 * when the symbol is in a section that is not linked and has no equal: then
 * there is no sensible value, and `sum` is not set.
 */
export function resolve(
  context: RelocateContext,
  section: SectionId,
  symbol: SymbolId,
  addendLow: number,
  addendHigh: number,
): boolean {
  const { model } = context;
  const { symbols, sections } = model;
  if (symbols.settled[symbol] === 1) {
    addHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol], addendLow, addendHigh);
    return false;
  }
  if (model.dynamic !== undefined && model.dynamic.special[symbol] !== 0) return true;
  let home = symbols.section[symbol];
  if (home > 0) {
    const type = symbols.info[symbol] & 15;
    if (sections.fate[home] !== Fate.kept) {
      home = keptCopy(model, section, home);
      if (home === 0) return true;
      addHalves(symbols.valueLow[symbol], symbols.valueHigh[symbol], addendLow, addendHigh);
      addHalves(sections.addressLow[home], sections.addressHigh[home], sum.low, sum.high);
      return false;
    }
    if (type === STT_SECTION) {
      const { merge } = model;
      if (merge !== undefined && merge.merged[home] !== 0) {
        const offset = merge.locate(home, (symbols.valueLow[symbol] + addendLow) | 0);
        addHalves(sections.addressLow[merge.holder], sections.addressHigh[merge.holder], offset, 0);
        return false;
      }
    } else if (type === STT_GNU_IFUNC) {
      const entry = model.needs.iplt.of(symbol);
      if (entry >= 0 && context.iplt !== 0) {
        addressIn(model, context.iplt, entry * ipltEntrySize(context));
        addHalves(sum.low, sum.high, addendLow, addendHigh);
        return false;
      }
    }
  }
  addHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol], addendLow, addendHigh);
  return false;
}

/** In bytes: stubs are wider where Indirect Branch Tracking is on. */
export function ipltEntrySize(context: RelocateContext): number {
  const { sections, needs } = context.model;
  return context.iplt === 0 ? 0 : sections.size[context.iplt] / needs.iplt.symbols.length;
}

/** sum = where the address of `symbol` is kept: its word of .got, or the one its IFUNC stub jumps through. */
export function gotSlot(context: RelocateContext, symbol: SymbolId): void {
  const { model, target } = context;
  const { needs, dynamic } = model;
  if (dynamic !== undefined) {
    if (dynamic.got[symbol] >= 0) addressIn(model, dynamic.rows.got, dynamic.got[symbol]);
    else addressIn(model, dynamic.rows.gotPlt, dynamic.slots[symbol]);
    return;
  }
  const entry = needs.gotWord(symbol);
  if (entry < 0 && needs.iplt.of(symbol) >= 0)
    addressIn(model, context.igotPlt, needs.iplt.of(symbol) * target.wordSize);
  else addressIn(model, context.got, (target.gotHeaderWords + entry) * target.wordSize);
}

/** sum = what _GLOBAL_OFFSET_TABLE_ stands for. */
export function gotBase(context: RelocateContext): void {
  addressIn(context.model, context.target.gotSymbol === "got" ? context.got : context.gotPlt, 0);
}

/** The TLS image's start and end, in halves; the end is what x86's thread pointer points to. */
export const tlsImage = { startLow: 0, startHigh: 0, endLow: 0, endHigh: 0 };
let tlsLayout: ImageLayout | undefined;

/** Sets `tlsImage`; call once for each section. */
export function findTlsImage(layout: ImageLayout): void {
  if (layout === tlsLayout) return;
  tlsLayout = layout;
  const { start, end } = layout.tls ?? { start: 0n, end: 0n };
  tlsImage.startLow = Number(BigInt.asIntN(32, start));
  tlsImage.startHigh = Number(BigInt.asIntN(32, start >> 32n));
  tlsImage.endLow = Number(BigInt.asIntN(32, end));
  tlsImage.endHigh = Number(BigInt.asIntN(32, end >> 32n));
}

let lastBytes: Uint8Array | undefined;
const NO_VIEW = new DataView(new ArrayBuffer(0));
let lastView: DataView = NO_VIEW;

/** A view of the bytes; the writer passes the same buffer over and over, so the last one is kept. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes === lastBytes) return lastView;
  lastBytes = bytes;
  lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return lastView;
}

/** Forgets what the functions above, and `tombstone`, keep between calls. */
export function releaseCommon(): void {
  releaseTombstone();
  tlsLayout = undefined;
  lastBytes = undefined;
  lastView = NO_VIEW;
}

/** Where an offset of the input section is once its deletions are done; -1 if it was deleted. */
export function shiftOffset(deletions: Deletions, offset: number): number {
  const { start, length, before, first, count } = deletions;
  let low = first;
  let high = first + count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  // The range before `low` is the last that starts at or before the offset.
  if (low > first && offset < start[low - 1] + length[low - 1]) return -1;
  return offset - before[low];
}

/** Whether the value of a symbol moves with the image: in a static PIE its address is to be relocated at start-up. */
export function isRelocatable(model: LinkModel, symbol: SymbolId): boolean {
  const home = model.symbols.section[symbol];
  if (home === SymbolSection.undefined) return model.needs.definedLater.has(symbol);
  return home > 0 || home === SymbolSection.script || home === SymbolSection.common;
}

/** Whether a section cannot be written to when the program runs, so that nothing in it should need relocating then. */
export function isReadOnly(model: LinkModel, section: SectionId): boolean {
  return (model.sections.flags[section] & SHF_WRITE) === 0;
}
