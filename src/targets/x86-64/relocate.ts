import { RELA64_SIZE, SHF_ALLOC, STT_GNU_IFUNC } from "../../elf/index.ts";
import * as F from "../../kernels/assembly/parts/write-fields.ts";
import type { SectionId, SymbolId } from "../../model/index.ts";
import {
  addHalves,
  findTlsImage,
  ipltEntrySize,
  releaseCommon,
  resolve,
  shiftOffset,
  subtractHalves,
  sum,
  tlsImage,
  viewOf,
} from "../common.ts";
import { reportBadSymbol, reportOutside, reportUnknown } from "../common-errors.ts";
import type { RelocateContext } from "../target.ts";
import { relocateSite, type Site } from "./relocate-site.ts";
import { fieldWidths, plainTypes, UNKNOWN } from "./relocation-tables.ts";
import { R_X86_64_32, R_X86_64_64, R_X86_64_NONE, R_X86_64_PC32, R_X86_64_PLT32 } from "./types.ts";

// A kernel applies nearly all relocations (src/kernels/assembly/write-x86-64.ts). Here are those that it leaves, and
// those of sections that are not for it: four types that are frequent there too, and others by way of `site`, which
// says what is being relocated.

/** See `Target.relocate`. */
export function relocate(context: RelocateContext, section: SectionId, out: Uint8Array, at: number): void {
  const { sections, objects, deletions } = context.model;
  const relocations = sections.relocations[section];
  const { view: input } = objects[sections.object[section]];
  const first = sections.fileOffset[relocations];
  const end = first + Math.floor(sections.size[relocations] / RELA64_SIZE) * RELA64_SIZE;
  // Unwind tables of which nothing is left.
  if (sections.size[section] === 0) return;
  const deleted = deletions.get(section);
  for (let entry = first; entry < end; entry += RELA64_SIZE) {
    let offset = input.getInt32(entry, true);
    if (deleted !== undefined) {
      offset = shiftOffset(deleted, offset);
      if (offset < 0) continue;
    }
    const done = relocateOne(context, section, out, at, offset, entry, end);
    if (done === 0) return;
    if (done === 2) entry += RELA64_SIZE;
  }
}

/** See `WritingKernel.prepare`. */
export function prepareWriting(context: RelocateContext, work: Int32Array): void {
  const { needs, sections, options, dynamic, arena } = context.model;
  if (dynamic !== undefined || options.compat === "lld") return;
  findTlsImage(context.layout);
  work[F.IS_STATIC >> 2] = 1;
  work[F.TLS_END >> 2] = tlsImage.endLow;
  work[(F.TLS_END >> 2) + 1] = tlsImage.endHigh;
  const gotWord = arena.int32(needs.got.entry.length);
  for (const symbol of needs.got.symbols) gotWord[symbol] = needs.gotWord(symbol) + 1;
  work[F.GOT_WORD >> 2] = gotWord.byteOffset;
  work[F.GOT_COUNT >> 2] = gotWord.length;
  work[F.GOT_BASE >> 2] = sections.addressLow[context.got];
  work[(F.GOT_BASE >> 2) + 1] = sections.addressHigh[context.got];
  if (options.relax)
    work[F.GOT_LOADS >> 2] = options.kind === "executable" ? F.GOT_IMMEDIATE : F.GOT_RELATIVE;
  if (context.iplt === 0 || needs.iplt.symbols.length === 0) return;
  const { entry } = needs.iplt;
  work[F.STUB >> 2] = entry.byteOffset;
  work[F.STUB_COUNT >> 2] = entry.length;
  work[F.STUB_BASE >> 2] = sections.addressLow[context.iplt];
  work[(F.STUB_BASE >> 2) + 1] = sections.addressHigh[context.iplt];
  work[F.STUB_SIZE >> 2] = ipltEntrySize(context);
}

/** See `WritingKernel.relocateLeft`. */
export function relocateLeft(
  context: RelocateContext,
  section: SectionId,
  entry: number,
  out: Uint8Array,
  at: number,
): boolean {
  const { sections, objects, deletions } = context.model;
  const relocations = sections.relocations[section];
  const deleted = deletions.get(section);
  let offset = objects[sections.object[section]].view.getInt32(entry, true);
  if (deleted !== undefined) offset = shiftOffset(deleted, offset);
  const end = sections.fileOffset[relocations] + sections.size[relocations];
  return relocateOne(context, section, out, at, offset, entry, end) !== 0;
}

/**
 * Applies any relocation; `offset` is that of its field in the output's section.
 * 2 if the next one belongs to it and is done too, 0 if there is nothing more to read.
 */
function relocateOne(
  context: RelocateContext,
  section: SectionId,
  out: Uint8Array,
  at: number,
  offset: number,
  entry: number,
  end: number,
): 0 | 1 | 2 {
  const { model } = context;
  const { sections } = model;
  const { view: input, symbolIds } = model.objects[sections.object[section]];
  const view = viewOf(out);
  const type = input.getInt32(entry + 8, true);
  if (type === R_X86_64_NONE) return 1;
  const inputOffset = input.getInt32(entry, true);
  const index = input.getUint32(entry + 12, true);
  const width = fieldWidths[type];
  if (index >= symbolIds.length || width === undefined || width === UNKNOWN)
    return isReadable(context, section, symbolIds, index, inputOffset, type) ? 1 : 0;
  const size = sections.size[section];
  if (offset < 0 || offset + width > size || input.getInt32(entry + 4, true) !== 0) {
    reportOutside(context, section, inputOffset, type);
    return 1;
  }
  const symbol = symbolIds[index];
  const addendLow = input.getInt32(entry + 16, true);
  const addendHigh = input.getInt32(entry + 20, true);
  const plain = model.options.compat === "gnu" || (sections.flags[section] & SHF_ALLOC) !== 0;
  if (plain && plainTypes[type] === 1)
    if (applyPlain(context, section, symbol, type, addendLow, addendHigh, offset, view, at + offset))
      return 1;
  // Also whatever went wrong above: done again, with the reason.
  site.context = context;
  site.section = section;
  site.out = out;
  site.view = view;
  site.start = at;
  site.end = at + size;
  site.at = at + offset;
  site.offset = inputOffset;
  site.type = type;
  site.nextType = entry + RELA64_SIZE < end ? input.getInt32(entry + RELA64_SIZE + 8, true) : -1;
  site.symbol = symbol;
  site.addendLow = addendLow;
  site.addendHigh = addendHigh;
  addHalves(sections.addressLow[section], sections.addressHigh[section], offset, 0);
  site.placeLow = sum.low;
  site.placeHigh = sum.high;
  return relocateSite(site) ? 2 : 1;
}

/** One of the four usual types, of any symbol in a section anywhere; false where it takes more than that. */
function applyPlain(
  context: RelocateContext,
  section: SectionId,
  symbol: SymbolId,
  type: number,
  addendLow: number,
  addendHigh: number,
  offset: number,
  view: DataView,
  field: number,
): boolean {
  const { symbols, sections } = context.model;
  if (type === R_X86_64_64 && (symbols.info[symbol] & 15) === STT_GNU_IFUNC) return false;
  if (resolve(context, section, symbol, addendLow, addendHigh)) return false;
  if (type === R_X86_64_PC32 || type === R_X86_64_PLT32) {
    // S + A - P; P = section + offset
    subtractHalves(sum.low, sum.high, offset, 0);
    subtractHalves(sum.low, sum.high, sections.addressLow[section], sections.addressHigh[section]);
  }
  if (type === R_X86_64_64) view.setInt32(field + 4, sum.high, true);
  else if (sum.high !== (type === R_X86_64_32 ? 0 : sum.low >> 31)) return false;
  view.setInt32(field, sum.low, true);
  return true;
}

/** Reports a relocation of no known symbol or type; false if it is not worth to read on. */
function isReadable(
  { model, report }: RelocateContext,
  section: SectionId,
  symbolIds: Int32Array,
  index: number,
  offset: number,
  type: number,
): boolean {
  if (index >= symbolIds.length) {
    reportBadSymbol(model, report, section, index);
    return false;
  }
  reportUnknown(model, report, section, offset, type, symbolIds[index]);
  return true;
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

const site: Site = {
  // Set before each use, and let go by `release`.
  context: undefined as unknown as RelocateContext,
  section: 0,
  out: NO_BYTES,
  view: NO_VIEW,
  start: 0,
  end: 0,
  at: 0,
  offset: 0,
  type: 0,
  nextType: -1,
  symbol: 0,
  addendLow: 0,
  addendHigh: 0,
  placeLow: 0,
  placeHigh: 0,
};

/** See `Target.release`. */
export function release(): void {
  site.context = undefined as unknown as RelocateContext;
  site.out = NO_BYTES;
  site.view = NO_VIEW;
  releaseCommon();
}
