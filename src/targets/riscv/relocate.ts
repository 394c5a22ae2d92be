import * as T from "../../elf/index.ts";
import {
  RELA32_SIZE,
  RELA64_SIZE,
  SHF_ALLOC,
  SHT_NOTE,
  STT_GNU_IFUNC,
  STT_SECTION,
} from "../../elf/index.ts";
import { NO_PAIR } from "../../kernels/assembly/parts/relax-fields.ts";
import type { DynamicLink, SectionId } from "../../model/index.ts";
import { isRelocatable, releaseCommon, resolve, sumAsNumber, viewOf } from "../common.ts";
import { reportBadSymbol, reportOutside, reportUnknown } from "../common-errors.ts";
import { resolveSpecial } from "../dynamic-relocate.ts";
import type { RelocateContext } from "../target.ts";
import { tombstone } from "../tombstone.ts";
import { complain, reportIfuncAddend, reportLoneLow, type Site } from "./errors.ts";
import { highPart } from "./immediates.ts";
import { PcrelPairs } from "./pcrel.ts";
import { relaxationOf } from "./relax.ts";
import { type Candidates, Decision } from "./relax-candidates.ts";
import { globalPointerSymbol, isWeakUndefined } from "./relax-decide.ts";
import { relocateData } from "./relocate-data.ts";
import * as field from "./relocate-fields.ts";
import { gotSlotAddress, tlsGdSlot, tlsIeSlot, tlsOffset } from "./relocate-tables.ts";

// Applying relocations. A section is gone through once; its %pcrel_lo wait
// until all its auipc are known. What relaxation decided takes precedence over
// the relocation's type: the candidates lie in the order of the relocations, so
// walking both together finds the decision without a search.

/** The relocation at hand, and where it is. Set anew for each. */
export interface Work extends Site {
  is64: boolean;
  view: DataView;
  out: Uint8Array;
  /** Of the field, in `out`. */
  at: number;
  /** Of the section's end, in `out`. */
  end: number;
  /** A, exact up to 2^53. */
  addend: number;
  addendLow: number;
  addendHigh: number;
  /** P. */
  place: number;
  pairs: PcrelPairs;
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

const work: Work = {
  // Set before each use, and let go by `release`.
  context: undefined as unknown as RelocateContext,
  section: 0,
  offset: 0,
  type: 0,
  symbol: 0,
  is64: true,
  view: NO_VIEW,
  out: NO_BYTES,
  at: 0,
  end: 0,
  addend: 0,
  addendLow: 0,
  addendHigh: 0,
  place: 0,
  pairs: new PcrelPairs(),
};

/** See `Target.release`. */
export function release(): void {
  work.context = undefined as unknown as RelocateContext;
  work.out = NO_BYTES;
  work.view = NO_VIEW;
  work.pairs.clear();
  releaseCommon();
}

/** See `Target.relocate`. */
export function relocate(context: RelocateContext, section: SectionId, out: Uint8Array, at: number): void {
  const { model, report } = context;
  const { sections, symbols } = model;
  const { section: homes, settled, valueLow } = symbols;
  const table = sections.relocations[section];
  const object = model.objects[sections.object[section]];
  const { view: input, symbolIds, is64 } = object;
  const entrySize = is64 ? RELA64_SIZE : RELA32_SIZE;
  const count = Math.floor(sections.size[table] / entrySize);
  const size = sections.size[section];
  const start = sections.addressHigh[section] * 4294967296 + (sections.addressLow[section] >>> 0);
  const stopAtFirst = model.options.compat === "gnu";
  const errorsBefore = report.errorCount;

  const deletions = model.deletions.get(section);
  const firstRange = deletions === undefined ? 0 : deletions.first;
  const endRange = deletions === undefined ? 0 : deletions.first + deletions.count;
  let range = firstRange;
  let previous = 0;

  const relaxation = relaxationOf(model);
  const slot = relaxation === undefined ? 0 : relaxation.candidates.slot[section];
  let candidate = 0;
  let endCandidate = 0;
  if (relaxation !== undefined && slot > 0) {
    candidate = relaxation.candidates.first[slot - 1];
    endCandidate = relaxation.candidates.first[slot];
  }

  work.context = context;
  work.section = section;
  work.is64 = is64;
  work.view = viewOf(out);
  work.out = out;
  work.end = at + size;
  work.pairs.clear();
  let row = sections.fileOffset[table];
  for (let entry = 0; entry < count; entry++, row += entrySize) {
    const info = input.getInt32(row + (is64 ? 8 : 4), true);
    const type = is64 ? info : info & 0xff;
    if (type === T.R_RISCV_NONE || type === T.R_RISCV_RELAX) continue;
    const inputOffset = input.getInt32(row, true);
    let offset = inputOffset;
    if (deletions !== undefined) {
      if (inputOffset < previous) range = firstRange;
      previous = inputOffset;
      while (range < endRange && deletions.start[range] < inputOffset) range++;
      // Ranges before `range` start before the offset; the next may start at it.
      offset = inputOffset - deletions.before[range];
      if (type === T.R_RISCV_ALIGN) {
        keepPadding(
          work.view,
          at + offset,
          inputOffset,
          input.getInt32(row + (is64 ? 16 : 8), true),
          deletions.start,
          range,
          endRange,
        );
        continue;
      }
      if (range > firstRange && inputOffset < deletions.start[range - 1] + deletions.length[range - 1])
        continue;
      if (range < endRange && deletions.start[range] === inputOffset) continue;
    }
    const index = is64 ? input.getUint32(row + 12, true) : info >>> 8;
    if (index >= symbolIds.length) {
      reportBadSymbol(model, report, section, index);
      return;
    }
    let decision = 0;
    if (candidate < endCandidate && relaxation !== undefined) {
      const { candidates } = relaxation;
      while (candidate < endCandidate && candidates.entry(candidate) < entry) candidate++;
      if (candidate < endCandidate && candidates.entry(candidate) === entry)
        decision = candidates.decision(candidate);
    }
    // Half of all: jumps within a section. What is unusual about one is for the long way to deal with.
    if (decision === Decision.none && isJump(type) && offset >= 0 && offset + 4 <= size) {
      const symbol = symbolIds[index];
      if (homes[symbol] === section && settled[symbol] === 1) {
        const distance = (valueLow[symbol] + input.getInt32(row + (is64 ? 16 : 8), true) - offset) | 0;
        if (field.putJumpThatFits(work.view, at + offset, type, distance)) continue;
      }
    }
    if (offset < 0 || offset + (decision === 0 ? field.sizeOf(type) : 2) > size) {
      reportOutside(context, section, inputOffset, type);
      continue;
    }
    work.offset = offset;
    work.type = type;
    work.symbol = symbolIds[index];
    work.at = at + offset;
    work.place = start + offset;
    work.addendLow = input.getInt32(row + (is64 ? 16 : 8), true);
    work.addendHigh = is64 ? input.getInt32(row + 20, true) : work.addendLow >> 31;
    work.addend = work.addendHigh * 4294967296 + (work.addendLow >>> 0);
    if (decision === Decision.none) relocateOne(work);
    else if (relaxation !== undefined) {
      const code = sections.fileOffset[section] + inputOffset;
      relocateRelaxed(work, decision, relaxation.candidates, candidate, object.view, code);
    }
    if (stopAtFirst && report.errorCount > errorsBefore) return;
  }
  relocateLows(work, at, start);
}

/** Jumps that reach no farther than a section mostly does. */
function isJump(type: number): boolean {
  return (
    type === T.R_RISCV_BRANCH ||
    type === T.R_RISCV_RVC_JUMP ||
    type === T.R_RISCV_RVC_BRANCH ||
    type === T.R_RISCV_JAL
  );
}

/** Writes nops over what is left of the padding of an .align, as its tail, not its head, was deleted. */
function keepPadding(
  view: DataView,
  at: number,
  inputOffset: number,
  padding: number,
  starts: Int32Array,
  range: number,
  endRange: number,
): void {
  // The range that was cut from this padding starts in it; without one, all of it stays as it is.
  if (range >= endRange || starts[range] >= inputOffset + padding) return;
  const kept = starts[range] - inputOffset;
  let i = 0;
  for (; i + 4 <= kept; i += 4) view.setInt32(at + i, 0x13, true);
  if (i < kept) view.setInt16(at + i, 0x0001, true);
}

/** S + A; false when the symbol is not linked, which is then dealt with. */
function resolveTarget(work: Work): boolean {
  const { context, section, symbol } = work;
  const { dynamic } = context.model;
  if (dynamic !== undefined && dynamic.special[symbol] !== 0) {
    if (isLeftToLoader(work, dynamic)) return false;
    resolveSpecial(context, dynamic, symbol, work.addendLow, work.addendHigh);
    return true;
  }
  if (!resolve(context, section, symbol, work.addendLow, work.addendHigh)) return true;
  const { model } = context;
  field.clear(work, tombstone(model, section));
  return false;
}

/** Applies a relocation that relaxation left alone. */
function relocateOne(work: Work): void {
  const { context, symbol, type } = work;
  const { model } = context;
  const { symbols, sections } = model;
  const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
  if (isIfunc && (sections.flags[work.section] & SHF_ALLOC) === 0) {
    if (sections.type[work.section] !== SHT_NOTE) return;
  }
  switch (type) {
    case T.R_RISCV_TPREL_ADD:
    case T.R_RISCV_ALIGN:
    case T.R_RISCV_GNU_VTENTRY:
      return;
  }
  if (!resolveTarget(work)) return;
  const target = sumAsNumber();
  switch (type) {
    case T.R_RISCV_CALL:
    case T.R_RISCV_CALL_PLT: {
      let distance = target - work.place;
      if (isWeakUndefined(model, symbol)) {
        // A call of nothing: to 0 by way of x0 as GNU ld has it, to itself as LLD has it.
        distance = work.addend;
        if (model.options.compat === "gnu") field.setRs1(work, work.at + 4, 0);
      }
      field.putCall(work, distance);
      return;
    }
    case T.R_RISCV_JAL:
      field.putJump(work, type, weakDistance(work, target));
      return;
    case T.R_RISCV_BRANCH:
      field.putBranch(work, type, weakDistance(work, target));
      return;
    case T.R_RISCV_RVC_BRANCH:
      field.putCompressedBranch(work, type, weakDistance(work, target));
      return;
    case T.R_RISCV_RVC_JUMP:
      field.putCompressedJump(work, type, weakDistance(work, target));
      return;
    case T.R_RISCV_RVC_LUI:
      field.putCompressedLui(work, type, target);
      return;
    case T.R_RISCV_HI20:
      field.putHigh(work, type, target);
      return;
    case T.R_RISCV_LO12_I:
      field.putI(work, target);
      return;
    case T.R_RISCV_LO12_S:
      field.putS(work, target);
      return;
    case T.R_RISCV_PCREL_HI20:
      // Only S, without A, decides between auipc and lui.
      relocateHigh(work, target, target - work.addend);
      return;
    case T.R_RISCV_GOT_HI20: {
      if (work.addend !== 0 && model.options.compat === "gnu") {
        complain(work, "The addend isn't allowed for R_RISCV_GOT_HI20");
        return;
      }
      const slot = gotSlotAddress(context, symbol) + work.addend;
      relocateHigh(work, slot, slot);
      return;
    }
    case T.R_RISCV_TLS_GOT_HI20:
      relocateHigh(work, tlsIeSlot(context, symbol) + work.addend, undefined);
      return;
    case T.R_RISCV_TLS_GD_HI20:
      relocateHigh(work, tlsGdSlot(context, symbol) + work.addend, undefined);
      return;
    case T.R_RISCV_PCREL_LO12_I:
    case T.R_RISCV_PCREL_LO12_S:
    case T.R_RISCV_TLSDESC_LOAD_LO12:
    case T.R_RISCV_TLSDESC_ADD_LO12:
    case T.R_RISCV_TLSDESC_CALL:
      deferLow(work);
      return;
    case T.R_RISCV_TLSDESC_HI20:
      relocateDescriptor(work, target);
      return;
    case T.R_RISCV_TPREL_HI20:
      field.putHigh(work, type, tlsOffset(context, target));
      return;
    case T.R_RISCV_TPREL_LO12_I:
      field.putI(work, tlsOffset(context, target));
      return;
    case T.R_RISCV_TPREL_LO12_S:
      field.putS(work, tlsOffset(context, target));
      return;
    case T.R_RISCV_64:
    case T.R_RISCV_32:
      if (isIfunc && work.addend !== 0 && model.options.compat === "gnu") {
        reportIfuncAddend(work, work.addend);
        return;
      }
      // Left to the start-up code: pointers to functions that it chooses, and all of a static PIE's.
      if (isIfunc && model.dynamic === undefined && model.needs.iplt.of(symbol) < 0) return;
      if (isRunTime(work)) return;
      break;
  }
  if (!relocateData(work, target))
    reportUnknown(model, context.report, work.section, work.offset, type, symbol);
}

/** Whether the loader sets a pointer, which then stays as it is in the object. */
function isLeftToLoader(work: Work, dynamic: DynamicLink): boolean {
  const { symbol, type, context } = work;
  const { model } = context;
  if (type !== (work.is64 ? T.R_RISCV_64 : T.R_RISCV_32)) return false;
  if ((model.sections.flags[work.section] & SHF_ALLOC) === 0) return false;
  if (dynamic.special[symbol] !== 2) return true;
  return dynamic.plt[symbol] < 0 || model.options.kind === "pie";
}

function isRunTime(work: Work): boolean {
  const { model } = work.context;
  return (
    model.options.kind === "pie" &&
    work.type === (work.is64 ? T.R_RISCV_64 : T.R_RISCV_32) &&
    (model.sections.flags[work.section] & SHF_ALLOC) !== 0 &&
    isRelocatable(model, work.symbol)
  );
}

/** Jumps to an undefined weak symbol: LLD makes them jump to themselves. */
function weakDistance(work: Work, target: number): number {
  const { model } = work.context;
  if (model.options.compat === "lld" && isWeakUndefined(model, work.symbol)) return work.addend;
  return target - work.place;
}

/**
 * auipc to `target`. `base` decides whether that becomes lui: undefined weak
 * symbols are at 0, which code at 0x80000000 cannot reach from where it is.
 */
function relocateHigh(work: Work, target: number, base: number | undefined): void {
  const { context, place, type } = work;
  const fixed =
    base !== undefined &&
    work.is64 &&
    context.model.options.kind === "executable" &&
    context.model.options.compat === "gnu" &&
    !field.reaches(base - place) &&
    field.reaches(base);
  if (fixed) {
    const word = work.view.getInt32(work.at, true);
    work.view.setInt32(work.at, (word & ~0x7f) | 0x37, true);
  }
  const value = fixed ? target : target - place;
  work.pairs.addHigh(work.offset, type, value);
  field.putHigh(work, fixed ? T.R_RISCV_HI20 : type, value);
}

/**
 * A TLS descriptor: of a symbol of the executable itself, so that its offset
 * from tp is known and the four instructions need not call anything.
 */
function relocateDescriptor(work: Work, target: number): void {
  work.pairs.addHigh(work.offset, work.type, tlsOffset(work.context, target));
  work.view.setInt32(work.at, field.NOP, true);
}

function deferLow(work: Work): void {
  const { symbols } = work.context.model;
  const { symbol } = work;
  const isSection = (symbols.info[symbol] & 15) === STT_SECTION;
  if (isSection && work.addend !== 0) {
    complain(work, "%pcrel_lo section symbol with an addend");
    return;
  }
  const label = symbols.section[symbol] === work.section ? symbols.valueLow[symbol] : -1;
  work.pairs.addLow(label, work.offset, work.type, symbol, work.addend);
}

function relocateLows(work: Work, sectionAt: number, sectionStart: number): void {
  const { pairs, context } = work;
  for (let i = 0; i < pairs.lowCount; i++) {
    work.offset = pairs.lowOffset[i];
    work.at = sectionAt + work.offset;
    work.place = sectionStart + work.offset;
    work.type = pairs.lowType[i];
    work.symbol = pairs.lowSymbol[i];
    const high = pairs.lowLabel[i] < 0 ? -1 : pairs.find(pairs.lowLabel[i]);
    if (high < 0) {
      reportLoneLow(work);
      if (context.model.options.compat === "gnu") return;
      continue;
    }
    const value = pairs.valueOf(high);
    const highType = pairs.typeOf(high);
    if (highType === T.R_RISCV_TLSDESC_HI20) {
      field.putDescriptorPart(work, value);
      continue;
    }
    const addend = context.model.options.compat === "gnu" ? pairs.lowAddend[i] : 0;
    if (addend !== 0) {
      const message = lowAddendProblem(highType, value, addend);
      if (message !== undefined) {
        complain(work, message);
        return;
      }
    }
    if (work.type === T.R_RISCV_PCREL_LO12_S) field.putS(work, value + addend);
    else field.putI(work, value + addend);
  }
}

function lowAddendProblem(highType: number, value: number, addend: number): string | undefined {
  if (highType === T.R_RISCV_GOT_HI20) return "%pcrel_lo with addend isn't allowed for R_RISCV_GOT_HI20";
  const before = highPart(value);
  const after = highPart(value + addend);
  if (before === after) return undefined;
  const hex = (part: number) => `0x${BigInt.asUintN(64, BigInt(part)).toString(16)}`;
  return (
    `%pcrel_lo overflow with an addend, the value of %pcrel_hi is ${hex(before)} without any addend, ` +
    `but may be ${hex(after)} after adding the %pcrel_lo addend`
  );
}

/** Applies a relocation whose instruction relaxation changed; `code` is where that is in the input. */
function relocateRelaxed(
  work: Work,
  decision: number,
  candidates: Candidates,
  candidate: number,
  input: DataView,
  code: number,
): void {
  const { context, view, at, type } = work;
  const isPcrel = type === T.R_RISCV_PCREL_LO12_I || type === T.R_RISCV_PCREL_LO12_S;
  const isStore =
    type === T.R_RISCV_LO12_S || type === T.R_RISCV_PCREL_LO12_S || type === T.R_RISCV_TPREL_LO12_S;
  const high = isPcrel ? candidates.pair(candidate) : NO_PAIR;
  if (high !== NO_PAIR) {
    // It stands for what its high part, now gone, referred to.
    const own = decision === Decision.zeroBase ? 0 : work.addend;
    work.symbol = candidates.symbol(high);
    work.addend = candidates.addend(high) + own;
    work.addendLow = work.addend | 0;
    work.addendHigh = Math.floor(work.addend / 4294967296);
  }
  if (!resolveTarget(work)) return;
  const target = sumAsNumber();
  switch (decision) {
    case Decision.jal: {
      const rd = input.getInt32(code + 4, true) & 0xf80;
      view.setInt32(at, 0x6f | rd, true);
      field.putJump(work, T.R_RISCV_JAL, target - work.place);
      return;
    }
    case Decision.compressedJump: {
      const rd = input.getInt32(code + 4, true) & 0xf80;
      view.setInt16(at, rd === 0 ? 0xa001 : 0x2001, true);
      field.putCompressedJump(work, T.R_RISCV_RVC_JUMP, target - work.place);
      return;
    }
    case Decision.zeroJump: {
      const rd = input.getInt32(code + 4, true) & 0xf80;
      view.setInt32(at, 0x67 | rd, true);
      field.putI(work, target);
      return;
    }
    case Decision.compressedLui: {
      const rd = input.getInt32(code, true) & 0xf80;
      view.setInt16(at, 0x6001 | rd, true);
      field.putCompressedLui(work, T.R_RISCV_RVC_LUI, target);
      return;
    }
    case Decision.globalPointer:
      relocateGlobalPointer(work, target, isStore);
      return;
    case Decision.zeroBase:
      field.setRs1(work, at, 0);
      if (isStore) field.putS(work, target);
      else field.putI(work, target);
      return;
    case Decision.threadPointer: {
      const offset = tlsOffset(context, target);
      field.setRs1(work, at, 4);
      field.putLow(work, isStore ? T.R_RISCV_TPREL_S : T.R_RISCV_TPREL_I, offset, isStore);
      return;
    }
  }
}

/** gp or x0 plus 12 bits. */
function relocateGlobalPointer(work: Work, target: number, isStore: boolean): void {
  const { model } = work.context;
  const { symbols } = model;
  const gp = globalPointerSymbol(model);
  const base = gp === 0 ? 0 : symbols.addressHigh[gp] * 4294967296 + (symbols.addressLow[gp] >>> 0);
  const fromZero = field.fitsLow(target);
  field.setRs1(work, work.at, fromZero ? 0 : 3);
  field.putLow(
    work,
    isStore ? T.R_RISCV_GPREL_S : T.R_RISCV_GPREL_I,
    fromZero ? target : target - base,
    isStore,
  );
}
