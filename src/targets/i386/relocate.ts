import { REL32_SIZE, SHF_ALLOC, SHF_EXECINSTR, SHT_NOTE, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type SectionId, SymbolFlag, type SymbolId } from "../../model/index.ts";
import {
  findTlsImage,
  gotBase,
  gotSlot,
  releaseCommon,
  resolve,
  shiftOffset,
  sum,
  tlsImage,
  viewOf,
} from "../common.ts";
import {
  reportBadSymbol,
  reportOutside,
  reportRange,
  reportTlsSequence,
  reportUnknown,
} from "../common-errors.ts";
import type { RelocateContext } from "../target.ts";
import { tombstone } from "../tombstone.ts";
import { chooseGotLoad, GotLoad, isBaseless, rewriteGotLoad } from "./got-load.ts";
import {
  relaxDescriptor,
  relaxDescriptorCall,
  relaxGeneralDynamic,
  relaxInitialExecAbsolute,
  relaxInitialExecGot,
  relaxLocalDynamic,
} from "./tls.ts";
import {
  R_386_8,
  R_386_16,
  R_386_32,
  R_386_GNU_VTENTRY,
  R_386_GNU_VTINHERIT,
  R_386_GOT32,
  R_386_GOT32X,
  R_386_GOTOFF,
  R_386_GOTPC,
  R_386_NONE,
  R_386_PC8,
  R_386_PC16,
  R_386_PC32,
  R_386_PLT32,
  R_386_SIZE32,
  R_386_TLS_DESC_CALL,
  R_386_TLS_GD,
  R_386_TLS_GOTDESC,
  R_386_TLS_GOTIE,
  R_386_TLS_IE,
  R_386_TLS_IE_32,
  R_386_TLS_LDM,
  R_386_TLS_LDO_32,
  R_386_TLS_LE,
  R_386_TLS_LE_32,
  relocationName,
} from "./types.ts";

// SHT_REL: the addend is what the field holds. All arithmetic is modulo 2^32,
// so fields of 32 bits always fit.

interface Site {
  context: RelocateContext;
  section: SectionId;
  out: Uint8Array;
  view: DataView;
  /** Of the section, in `out`. */
  start: number;
  end: number;
  /** Of the relocated field, in `out`. */
  at: number;
  /** As the object has it, for messages. */
  offset: number;
  type: number;
  /** Of the next relocation, or -1. */
  nextType: number;
  symbol: SymbolId;
  addend: number;
  /** P: the address of the field. */
  place: number;
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
  addend: 0,
  place: 0,
};

/** See `Target.release`. */
export function release(): void {
  site.context = undefined as unknown as RelocateContext;
  site.out = NO_BYTES;
  site.view = NO_VIEW;
  releaseCommon();
}

/** See `Target.relocate`. */
export function relocate(context: RelocateContext, section: SectionId, out: Uint8Array, at: number): void {
  const { model } = context;
  const { sections } = model;
  const relocations = sections.relocations[section];
  const object = model.objects[sections.object[section]];
  const { view: input, symbolIds } = object;
  const first = sections.fileOffset[relocations];
  const end = first + Math.floor(sections.size[relocations] / REL32_SIZE) * REL32_SIZE;
  const view = viewOf(out);
  const size = sections.size[section];
  // Unwind tables of which nothing is left.
  if (size === 0) return;
  const deletions = model.deletions.size > 0 ? model.deletions.get(section) : undefined;
  const address = sections.addressLow[section];
  const skipsGotPc = model.options.compat === "lld" && (sections.flags[section] & SHF_ALLOC) === 0;
  for (let entry = first; entry < end; entry += REL32_SIZE) {
    const info = input.getUint32(entry + 4, true);
    const type = info & 0xff;
    if (type === R_386_NONE) continue;
    const inputOffset = input.getInt32(entry, true);
    let offset = inputOffset;
    if (deletions !== undefined) {
      offset = shiftOffset(deletions, inputOffset);
      if (offset < 0) continue;
    }
    const index = info >>> 8;
    if (index >= symbolIds.length) {
      reportBadSymbol(model, context.report, section, index);
      return;
    }
    // Compilers before GCC 8 left these in debug information; LLD does not look at them.
    if (type === R_386_GOTPC && skipsGotPc) continue;
    if (!isKnown(type)) {
      reportUnknown(model, context.report, section, inputOffset, type, symbolIds[index]);
      continue;
    }
    const width = fieldSize(type);
    if (offset < 0 || offset + width > size) {
      reportOutside(context, section, inputOffset, type);
      continue;
    }
    site.context = context;
    site.section = section;
    site.out = out;
    site.view = view;
    site.start = at;
    site.end = at + size;
    site.at = at + offset;
    site.offset = inputOffset;
    site.type = type;
    site.nextType = entry + REL32_SIZE < end ? input.getUint8(entry + REL32_SIZE + 4) : -1;
    site.symbol = symbolIds[index];
    site.place = (address + offset) | 0;
    site.addend =
      width === 4
        ? view.getInt32(at + offset, true)
        : width === 2
          ? view.getInt16(at + offset, true)
          : width === 1
            ? view.getInt8(at + offset)
            : 0;
    if (relocateSite(site)) entry += REL32_SIZE;
  }
}

function isKnown(type: number): boolean {
  return !relocationName(type).startsWith("unknown");
}

/** In bytes. */
function fieldSize(type: number): number {
  switch (type) {
    case R_386_16:
    case R_386_PC16:
      return 2;
    case R_386_8:
    case R_386_PC8:
      return 1;
    case R_386_TLS_DESC_CALL:
    case R_386_GNU_VTINHERIT:
    case R_386_GNU_VTENTRY:
      return 0;
    default:
      return 4;
  }
}

/** S + A; for a field that is relative to its own end, A counts from there when it picks a piece of a merged section. */
function target(site: Site, width: number): boolean {
  const discarded = resolve(site.context, site.section, site.symbol, (site.addend + width) | 0, 0);
  sum.low = (sum.low - width) | 0;
  return discarded;
}

/** Applies one relocation; true if the next one belongs to it and is done too. */
function relocateSite(site: Site): boolean {
  const { context, section, symbol, type, out, at, start, end } = site;
  const { model } = context;
  const { symbols, sections } = model;
  if (type === R_386_GNU_VTINHERIT || type === R_386_GNU_VTENTRY) return false;
  const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
  if (isIfunc && (sections.flags[section] & SHF_ALLOC) === 0 && sections.type[section] !== SHT_NOTE)
    return false;
  const relative = type === R_386_PC32 || type === R_386_PLT32;
  const width = relative ? 4 : type === R_386_PC16 ? 2 : type === R_386_PC8 ? 1 : 0;
  if (target(site, width)) {
    relocateDiscarded(site);
    return false;
  }
  const value = sum.low;
  switch (type) {
    case R_386_32:
      write(site, value);
      return false;
    case R_386_PC32:
    case R_386_PLT32:
      write(site, value - site.place);
      return false;
    case R_386_16:
      writeSmall(site, value, 2, 0x10000, -0x8000, 0xffff);
      return false;
    case R_386_8:
      writeSmall(site, value, 1, 0x100, -0x80, 0xff);
      return false;
    case R_386_PC16:
      writeSmall(site, (value - site.place) | 0, 2, 0x10000, -0x10000, 0xffff);
      return false;
    case R_386_PC8:
      writeSmall(site, (value - site.place) | 0, 1, 0x80, -0x80, 0x7f);
      return false;
    case R_386_SIZE32:
      write(site, symbols.size[symbol] + site.addend);
      return false;
    case R_386_GOT32:
    case R_386_GOT32X:
      relocateGot(site, value);
      return false;
    case R_386_GOTOFF:
      gotBase(context);
      write(site, value - sum.low);
      return false;
    case R_386_GOTPC:
      gotBase(context);
      write(site, sum.low + site.addend - site.place);
      return false;
    case R_386_TLS_LE:
      write(site, value - threadPointer(site));
      return false;
    case R_386_TLS_LE_32:
      write(site, threadPointer(site) - (value - site.addend) + site.addend);
      return false;
    case R_386_TLS_LDO_32:
      relocateModuleOffset(site, value);
      return false;
    case R_386_TLS_GD:
    case R_386_TLS_LDM: {
      if (type === R_386_TLS_LDM) {
        if (relaxLocalDynamic(out, at, start, end, site.nextType)) return true;
      } else {
        const field = relaxGeneralDynamic(out, at, start, end, site.nextType);
        if (field >= 0) {
          site.at = field;
          write(site, threadPointer(site) - (value - site.addend));
          return true;
        }
      }
      malformed(site, `expected R_386_PLT32 or R_386_GOT32X after ${context.target.relocationName(type)}`);
      return true;
    }
    case R_386_TLS_IE:
      if (relaxInitialExecAbsolute(out, at, start, end)) write(site, value - threadPointer(site));
      else malformed(site, "R_386_TLS_IE must be used in MOVL or ADDL instructions only");
      return false;
    case R_386_TLS_GOTIE:
    case R_386_TLS_IE_32:
      if (
        !relaxInitialExecGot(out, at, start, end, model.options.compat === "lld" && type === R_386_TLS_GOTIE)
      )
        malformed(
          site,
          `${context.target.relocationName(type)} must be used in MOVL, ADDL or SUBL instructions only`,
        );
      else if (type === R_386_TLS_GOTIE) write(site, value - threadPointer(site));
      else write(site, threadPointer(site) - (value - site.addend));
      return false;
    case R_386_TLS_GOTDESC:
      if (relaxDescriptor(out, at, start, end)) write(site, value - site.addend - threadPointer(site));
      else malformed(site, "R_386_TLS_GOTDESC must be used in leal x@tlsdesc(%ebx), %eax");
      return false;
    case R_386_TLS_DESC_CALL:
      if (!relaxDescriptorCall(out, at, end))
        malformed(site, "R_386_TLS_DESC_CALL must be used in calll *x@tlsdesc(%eax)");
      return false;
    default:
      reportUnknown(model, context.report, section, site.offset, type, symbol);
      return false;
  }
}

function write(site: Site, value: number): void {
  site.view.setInt32(site.at, value | 0, true);
}

function threadPointer(site: Site): number {
  findTlsImage(site.context.layout);
  return tlsImage.endLow;
}

/** GNU ld would first make an initial-exec access of one to a global symbol. */
function malformed(site: Site, lld: string): void {
  const { context, section, offset, type, symbol } = site;
  const global = (context.model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
  const dynamic = type === R_386_TLS_GD || type === R_386_TLS_GOTDESC || type === R_386_TLS_DESC_CALL;
  reportTlsSequence(
    context,
    section,
    offset,
    type,
    global && dynamic ? R_386_TLS_IE_32 : R_386_TLS_LE_32,
    symbol,
    lld,
  );
}

/** A field of 1 or 2 bytes; for GNU ld it fits from -`span` to `span` - 1. */
function writeSmall(
  site: Site,
  value: number,
  bytes: number,
  span: number,
  leastOfLld: number,
  mostOfLld: number,
): void {
  const lld = site.context.model.options.compat === "lld";
  const least = lld ? leastOfLld : -span;
  const most = lld ? mostOfLld : span - 1;
  if (value < least || value > most) {
    const { context, section, offset, type, symbol } = site;
    reportRange(context, section, offset, type, symbol, BigInt(value), BigInt(least), BigInt(most));
  }
  if (bytes === 1) site.out[site.at] = value;
  else site.view.setInt16(site.at, value, true);
}

function relocateGot(site: Site, value: number): void {
  const { context, symbol, type, out, at, start } = site;
  const load =
    type === R_386_GOT32X ? chooseGotLoad(context.model, symbol, out, at, at - start) : GotLoad.keep;
  if (load === GotLoad.keep) {
    const absolute = at - start > 1 && isBaseless(out[at - 1]) && out[at - 2] !== 0x8d;
    gotSlot(context, symbol);
    const slot = sum.low + site.addend;
    gotBase(context);
    write(site, absolute ? slot : slot - sum.low);
    return;
  }
  rewriteGotLoad(load, out, at);
  if (load === GotLoad.call) write(site, value - 4 - site.place);
  else if (load === GotLoad.jump) {
    site.at--;
    write(site, value - 4 - (site.place - 1));
  } else if (load === GotLoad.lea) {
    gotBase(context);
    write(site, value - sum.low);
  } else write(site, value);
}

/** As in x86-64's: from the thread pointer in code, from the image's start elsewhere. */
function relocateModuleOffset(site: Site, value: number): void {
  const { context, section } = site;
  const { sections, options } = context.model;
  const flag = options.compat === "lld" ? SHF_ALLOC : SHF_EXECINSTR;
  findTlsImage(context.layout);
  write(site, value - (sections.flags[section] & flag ? tlsImage.endLow : tlsImage.startLow));
}

/** The target is not linked: a placeholder. Where that is an error, the check of symbols has said so. */
function relocateDiscarded(site: Site): void {
  const { context, section } = site;
  const size = fieldSize(site.type);
  const value = tombstone(context.model, section);
  for (let i = 0; i < size; i++) site.out[site.at + i] = i === 0 ? value : 0;
}
