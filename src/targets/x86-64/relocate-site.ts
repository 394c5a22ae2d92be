import { SHF_ALLOC, SHF_EXECINSTR, SHT_NOTE, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type SectionId, SymbolFlag, type SymbolId } from "../../model/index.ts";
import {
  addHalves,
  findTlsImage,
  gotBase,
  gotSlot,
  halvesAsBigInt,
  resolve,
  subtractHalves,
  sum,
  tlsImage,
} from "../common.ts";
import {
  relocationPlace,
  reportNotAbsolute,
  reportRange,
  reportTlsSequence,
  reportUnknown,
  symbolName,
} from "../common-errors.ts";
import { resolveSpecial } from "../dynamic-relocate.ts";
import type { RelocateContext } from "../target.ts";
import { tombstone } from "../tombstone.ts";
import { isLeftToLoader } from "./dynamic-relocate.ts";
import { chooseGotLoad, GotLoad, hasWideOperand, rewriteGotLoad } from "./got-load.ts";
import { fieldWidths } from "./relocation-tables.ts";
import {
  loadDescriptorOffset,
  loadDynamicOffset,
  relaxDescriptor,
  relaxDescriptorCall,
  relaxGeneralDynamic,
  relaxInitialExec,
  relaxLocalDynamic,
} from "./tls.ts";
import {
  R_X86_64_8,
  R_X86_64_16,
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_CODE_4_GOTPCRELX,
  R_X86_64_DTPOFF32,
  R_X86_64_DTPOFF64,
  R_X86_64_GNU_VTENTRY,
  R_X86_64_GNU_VTINHERIT,
  R_X86_64_GOT32,
  R_X86_64_GOT64,
  R_X86_64_GOTOFF64,
  R_X86_64_GOTPC32,
  R_X86_64_GOTPC32_TLSDESC,
  R_X86_64_GOTPC64,
  R_X86_64_GOTPCREL,
  R_X86_64_GOTPCREL64,
  R_X86_64_GOTPCRELX,
  R_X86_64_GOTPLT64,
  R_X86_64_GOTTPOFF,
  R_X86_64_PC8,
  R_X86_64_PC16,
  R_X86_64_PC32,
  R_X86_64_PC32_BND,
  R_X86_64_PC64,
  R_X86_64_PLT32,
  R_X86_64_PLT32_BND,
  R_X86_64_PLTOFF64,
  R_X86_64_REX_GOTPCRELX,
  R_X86_64_SIZE32,
  R_X86_64_SIZE64,
  R_X86_64_TLSDESC_CALL,
  R_X86_64_TLSGD,
  R_X86_64_TLSLD,
  R_X86_64_TPOFF32,
  R_X86_64_TPOFF64,
} from "./types.ts";

// Relocations of any type, one at a time: see relocate.ts for the few types that nearly all have.

/** What is being relocated. */
export interface Site {
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
  addendLow: number;
  addendHigh: number;
  /** P: the address of the field. */
  placeLow: number;
  placeHigh: number;
}

/** Whether the field may refer to a stub in the place of the function. */
function isCall(type: number): boolean {
  return type === R_X86_64_PLT32 || type === R_X86_64_PLT32_BND || type === R_X86_64_PLTOFF64;
}

/** Applies one relocation; true if the next one belongs to it and is done too. */
export function relocateSite(site: Site): boolean {
  const { context, section, symbol, type, addendLow, addendHigh } = site;
  const { model } = context;
  const { symbols, sections } = model;
  if (type === R_X86_64_GNU_VTINHERIT || type === R_X86_64_GNU_VTENTRY) return false;
  const running = (sections.flags[section] & SHF_ALLOC) !== 0;
  const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
  if (isIfunc && !running && sections.type[section] !== SHT_NOTE) return false;
  const { dynamic } = model;
  const special = dynamic !== undefined && dynamic.special[symbol] !== 0;
  if (special) {
    if (running && isLeftToLoader(context, dynamic, section, type, symbol)) return false;
    if (dynamic.special[symbol] !== 3 || isCall(type))
      resolveSpecial(context, dynamic, symbol, addendLow, addendHigh);
    else addHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol], addendLow, addendHigh);
  } else if (resolve(context, section, symbol, addendLow, addendHigh)) {
    relocateDiscarded(site);
    return false;
  }
  if (!running && model.options.compat === "lld" && !isAbsolute(type)) {
    relocateUnloaded(site);
    return false;
  }
  switch (type) {
    case R_X86_64_64:
      // A pointer to an IFUNC without a stub is set at start-up.
      if (isIfunc && !special && model.needs.iplt.of(symbol) < 0) return false;
      write64(site);
      return false;
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
    case R_X86_64_PC32_BND:
    case R_X86_64_PLT32_BND:
      writePcRelative32(site);
      return false;
    case R_X86_64_32S:
      writeSigned32(site);
      return false;
    case R_X86_64_32:
      writeUnsigned32(site);
      return false;
    case R_X86_64_16:
      writeSmall(site, 2, -0x10000, 0xffff, -0x8000);
      return false;
    case R_X86_64_8:
      writeSmall(site, 1, -0x100, 0xff, -0x80);
      return false;
    case R_X86_64_PC16:
      subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
      writeSmall(site, 2, -0x10000, model.options.compat === "lld" ? 0x7fff : 0xffff, -0x8000);
      return false;
    case R_X86_64_PC8:
      subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
      writeSmall(site, 1, -0x80, 0x7f, -0x80);
      return false;
    case R_X86_64_PC64:
      subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
      write64(site);
      return false;
    case R_X86_64_SIZE32:
      symbolSize(site);
      writeUnsigned32(site);
      return false;
    case R_X86_64_SIZE64:
      symbolSize(site);
      write64(site);
      return false;

    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      relocateGotLoad(site);
      return false;
    case R_X86_64_CODE_4_GOTPCRELX:
      gotSlot(context, symbol);
      addHalves(sum.low, sum.high, addendLow, addendHigh);
      writePcRelative32(site);
      return false;
    case R_X86_64_GOTPCREL64:
      gotSlot(context, symbol);
      addHalves(sum.low, sum.high, addendLow, addendHigh);
      subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
      write64(site);
      return false;
    case R_X86_64_GOT32:
    case R_X86_64_GOT64:
    case R_X86_64_GOTPLT64:
      gotSlot(context, symbol);
      addHalves(sum.low, sum.high, addendLow, addendHigh);
      subtractGotBase(context);
      if (type === R_X86_64_GOT32) writeSigned32(site);
      else write64(site);
      return false;
    case R_X86_64_GOTOFF64:
    case R_X86_64_PLTOFF64:
      subtractGotBase(context);
      write64(site);
      return false;
    case R_X86_64_GOTPC32:
      gotBase(context);
      addHalves(sum.low, sum.high, addendLow, addendHigh);
      writePcRelative32(site);
      return false;
    case R_X86_64_GOTPC64:
      gotBase(context);
      addHalves(sum.low, sum.high, addendLow, addendHigh);
      subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
      write64(site);
      return false;

    case R_X86_64_TPOFF32:
      subtractThreadPointer(site);
      writeSigned32(site);
      return false;
    case R_X86_64_TPOFF64:
      subtractThreadPointer(site);
      write64(site);
      return false;
    case R_X86_64_DTPOFF32:
    case R_X86_64_DTPOFF64:
      relocateModuleOffset(site, running);
      return false;
    case R_X86_64_TLSGD:
    case R_X86_64_TLSLD:
      relocateTlsCall(site);
      return true;
    case R_X86_64_GOTTPOFF:
      if (dynamic !== undefined && dynamic.got[symbol] >= 0) {
        gotSlot(context, symbol);
        addHalves(sum.low, sum.high, addendLow, addendHigh);
        writePcRelative32(site);
      } else if (!relaxInitialExec(site.out, site.at, site.start, site.end)) {
        const words = "R_X86_64_GOTTPOFF must be used in MOVQ or ADDQ instructions only";
        malformed(site, words);
      } else writeTlsOffset(site, site.at);
      return false;
    case R_X86_64_GOTPC32_TLSDESC:
      if (dynamic !== undefined && dynamic.got[symbol] >= 0) {
        if (!loadDescriptorOffset(site.out, site.at, site.start, site.end))
          malformed(site, "R_X86_64_GOTPC32_TLSDESC must be used in leaq x@tlsdesc(%rip), %REG");
        gotSlot(context, symbol);
        addHalves(sum.low, sum.high, addendLow, addendHigh);
        writePcRelative32(site);
      } else if (!relaxDescriptor(site.out, site.at, site.start, site.end)) {
        const words = "R_X86_64_GOTPC32_TLSDESC must be used in leaq x@tlsdesc(%rip), %REG";
        malformed(site, words);
      } else writeTlsOffset(site, site.at);
      return false;
    case R_X86_64_TLSDESC_CALL:
      if (!relaxDescriptorCall(site.out, site.at, site.end)) {
        const words = "R_X86_64_TLSDESC_CALL must be used in callq *x@tlsdesc(%rax)";
        malformed(site, words);
      }
      return false;
    default:
      reportUnknown(model, context.report, section, site.offset, type, symbol);
      return false;
  }
}

/** Whether the value of a relocation is the same wherever its field is. */
function isAbsolute(type: number): boolean {
  switch (type) {
    case R_X86_64_64:
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_16:
    case R_X86_64_8:
    case R_X86_64_DTPOFF32:
    case R_X86_64_DTPOFF64:
    case R_X86_64_SIZE32:
    case R_X86_64_SIZE64:
      return true;
    default:
      return false;
  }
}

/** LLD: what debug information should not have, for whose address 0 is taken. */
function relocateUnloaded(site: Site): void {
  const { context, section, offset, type, symbol } = site;
  const relative =
    type === R_X86_64_PC32 || type === R_X86_64_PC64 || type === R_X86_64_PC16 || type === R_X86_64_PC8;
  reportNotAbsolute(context, section, offset, type, symbol, !relative);
  if (!relative) return;
  const { low, high } = sum;
  addHalves(context.model.sections.outputOffset[section], 0, site.at - site.start, 0);
  subtractHalves(low, high, sum.low, sum.high);
  if (type === R_X86_64_PC64) write64(site);
  else if (type === R_X86_64_PC32) writeSigned32(site);
  else writeSmall(site, fieldWidths[type], -0x8000, 0x7fff, type === R_X86_64_PC8 ? -0x80 : -0x8000);
}

/** sum -= _GLOBAL_OFFSET_TABLE_ */
function subtractGotBase(context: RelocateContext): void {
  const { low, high } = sum;
  gotBase(context);
  subtractHalves(low, high, sum.low, sum.high);
}

/** sum -= the thread pointer; of an undefined weak symbol LLD takes the addend alone. */
function subtractThreadPointer(site: Site): void {
  const { model, layout } = site.context;
  findTlsImage(layout);
  if (model.symbols.section[site.symbol] === 0 && model.options.compat === "lld") return;
  subtractHalves(sum.low, sum.high, tlsImage.endLow, tlsImage.endHigh);
}

function symbolSize(site: Site): void {
  addHalves(site.addendLow, site.addendHigh, site.context.model.symbols.size[site.symbol], 0);
}

function write64(site: Site): void {
  site.view.setInt32(site.at, sum.low, true);
  site.view.setInt32(site.at + 4, sum.high, true);
}

function writePcRelative32(site: Site): void {
  subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
  writeSigned32(site);
}

function writeSigned32(site: Site): void {
  if (sum.high !== sum.low >> 31) tooLarge(site, -0x80000000n, 0x7fffffffn);
  site.view.setInt32(site.at, sum.low, true);
}

function writeUnsigned32(site: Site): void {
  if (sum.high !== 0) tooLarge(site, 0n, 0xffffffffn);
  site.view.setInt32(site.at, sum.low, true);
}

/** A field of 1 or 2 bytes; GNU ld's range is that of signed and unsigned values together, and of wrapped ones. */
function writeSmall(site: Site, bytes: number, least: number, most: number, leastOfLld: number): void {
  const { low, high } = sum;
  const lower = site.context.model.options.compat === "lld" ? leastOfLld : least;
  if (high !== low >> 31 || low < lower || low > most) tooLarge(site, BigInt(lower), BigInt(most));
  if (bytes === 1) site.out[site.at] = low;
  else site.view.setInt16(site.at, low, true);
}

function tooLarge(site: Site, least: bigint, most: bigint): void {
  const value = halvesAsBigInt(sum.low, sum.high);
  reportRange(site.context, site.section, site.offset, site.type, site.symbol, value, least, most);
}

function relocateGotLoad(site: Site): void {
  const { context, symbol, type, out } = site;
  const plain = site.addendLow === -4 && site.addendHigh === -1;
  const load = chooseGotLoad(context.model, symbol, type, plain, out, site.at, site.at - site.start);
  if (load === GotLoad.keep) {
    gotSlot(context, symbol);
    addHalves(sum.low, sum.high, site.addendLow, site.addendHigh);
    writePcRelative32(site);
    return;
  }
  let fits: boolean;
  if (load === GotLoad.call || load === GotLoad.jump || load === GotLoad.lea) {
    rewriteGotLoad(load, type, out, site.at);
    if (load === GotLoad.jump) {
      // One byte earlier, and P with it.
      site.at--;
      addHalves(sum.low, sum.high, 1, 0);
    }
    subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
    fits = sum.high === sum.low >> 31;
  } else {
    const wide = hasWideOperand(type, out, site.at);
    rewriteGotLoad(load, type, out, site.at);
    // The immediate is S itself, without the -4 of the displacement.
    addHalves(sum.low, sum.high, 4, 0);
    fits = wide ? sum.high === sum.low >> 31 : sum.high === 0;
  }
  if (fits) site.view.setInt32(site.at, sum.low, true);
  else if (context.model.options.compat === "lld") tooLarge(site, -0x80000000n, 0x7fffffffn);
  else {
    const place =
      context.gnuPlace?.(site.section, site.offset) ??
      relocationPlace(context.model, site.section, site.offset, context.report);
    const name = symbolName(context.model, symbol);
    const message = `failed to convert GOTPCREL relocation against '${name}'; relink with --no-relax`;
    context.report.error("LD0609", place, message, { nameless: true });
  }
}

/** sum = S + A + 4 - TP, written to `at`: the addend of these relocations is that of a displacement. */
function writeTlsOffset(site: Site, at: number): void {
  addHalves(sum.low, sum.high, 4, 0);
  subtractThreadPointer(site);
  site.at = at;
  writeSigned32(site);
}

/** General and local dynamic: the sequence ends in a call, whose relocation is the next one. */
function relocateTlsCall(site: Site): void {
  const { context, out, at, start, end, nextType, type } = site;
  if (type === R_X86_64_TLSGD) {
    const { low, high } = sum;
    const { dynamic } = context.model;
    if (dynamic !== undefined && dynamic.got[site.symbol] >= 0) {
      const field = loadDynamicOffset(out, at, start, end, nextType);
      if (field >= 0) {
        gotSlot(context, site.symbol);
        subtractHalves(sum.low, sum.high, 4, 0);
        subtractHalves(sum.low, sum.high, site.placeLow, site.placeHigh);
        if (field > at) subtractHalves(sum.low, sum.high, field - at, 0);
        site.at = field;
        writeSigned32(site);
        return;
      }
    }
    const field = relaxGeneralDynamic(out, at, start, end, nextType);
    if (field >= 0) {
      sum.low = low;
      sum.high = high;
      writeTlsOffset(site, field);
      return;
    }
  } else if (relaxLocalDynamic(out, at, start, end, nextType)) return;
  const words = `expected R_X86_64_PLT32 or R_X86_64_GOTPCRELX after ${context.target.relocationName(type)}`;
  malformed(site, words);
}

/** GNU ld would first make an initial-exec access of one to a global symbol. */
function malformed(site: Site, words: string): void {
  const { context, section, offset, type, symbol } = site;
  const global = (context.model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
  const dynamic =
    type === R_X86_64_TLSGD || type === R_X86_64_GOTPC32_TLSDESC || type === R_X86_64_TLSDESC_CALL;
  const to = global && dynamic ? R_X86_64_GOTTPOFF : R_X86_64_TPOFF32;
  reportTlsSequence(context, section, offset, type, to, symbol, words);
}

/**
 * An offset in the module's block is added to what the local-dynamic call
 * returned. In code that is now the thread pointer; elsewhere it describes the
 * symbol to a debugger or to a runtime.
 */
function relocateModuleOffset(site: Site, running: boolean): void {
  const { context, section } = site;
  const { sections, options } = context.model;
  const local = options.compat === "lld" ? running : (sections.flags[section] & SHF_EXECINSTR) !== 0;
  if (local) subtractThreadPointer(site);
  else {
    findTlsImage(context.layout);
    subtractHalves(sum.low, sum.high, tlsImage.startLow, tlsImage.startHigh);
  }
  if (site.type === R_X86_64_DTPOFF64) write64(site);
  else writeSigned32(site);
}

/** The target is not linked: a placeholder. Where that is an error, the check of symbols has said so. */
function relocateDiscarded(site: Site): void {
  const { context, section } = site;
  sum.low = tombstone(context.model, section);
  sum.high = 0;
  const size = fieldWidths[site.type];
  for (let i = 0; i < size; i++) site.out[site.at + i] = i === 0 ? sum.low : 0;
}
