import { float64Column, int32Column, uint8Column } from "../../binary/index.ts";
import { STT_OBJECT } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId, SymbolFlag, type SymbolId } from "../../model/index.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { type DeletionColumns, FrameKernel } from "./eh-frame-kernel.ts";
import { type CieInfo, type EhFrames, RecordKind } from "./eh-frame-records.ts";

export { readEhFrames } from "./eh-frame-read.ts";
export { EhFrames } from "./eh-frame-records.ts";

// Which unwind records reach the output, and where. A FDE goes when its
// function does, and a CIE when nothing uses it or another section's says the
// same. What is left is packed as GNU ld packs it: padding (no-operation
// instructions at the end of a record) is dropped, each record is aligned to
// the width of its addresses, and the last record of a section is padded up to
// the next section, because zeros between sections would read as the end of
// the table. Only the last section may keep a terminator.
//
// The packing is expressed as deletions from the input, so that relocations
// are applied as in any other section.

/** Longer initial instructions than these keep a CIE from being merged, as in GNU ld. */
const MOST_INSTRUCTIONS = 50;

/**
 * Drops records of functions that are not linked and duplicate CIEs: sets `model.deletions`, sizes and symbols.
 * After placement, before layout. `order`: the sections of the output's .eh_frame in their order there.
 */
export function editEhFrames(model: LinkModel, frames: EhFrames, order: ArrayLike<SectionId>): void {
  const live = liveSections(model, order);
  const lld = model.options.compat === "lld";
  if (lld && model.options.kind === "relocatable") return;
  frames.order = live;
  frames.removed = uint8Column(frames.count).fill(1);
  frames.newOffset = int32Column(frames.count);
  frames.mergedWith = int32Column(frames.count);
  const kernel = new FrameKernel(model, frames);
  kernel.useResults();
  kernel.useTables(model.names.find(".eh_frame"));
  const chooser = new RecordChooser(model, frames, kernel);
  if (lld) for (const section of live) chooser.choose(section, frames.firstRecord[section], false);
  else
    for (let i = 0; ; i++) {
      i = kernel.chooseTables(live, i);
      if (i === live.length) break;
      chooser.choose(live[i], kernel.stopped, i === live.length - 1);
    }
  const rawSizes = lld ? packAsLld(model, frames, live) : kernel.packTables(live);
  let changed = false;
  const cutter = new Cutter(model, frames, kernel, live.length);
  for (let i = 0; i < live.length; i++) {
    if (cutter.note(live[i], rawSizes[i])) changed = true;
    if (lld) frames.edited[live[i]] = 1;
    if (model.sections.size[live[i]] === 0) model.sections.alignPower[live[i]] = 0;
  }
  if (changed) moveSymbols(model, frames, kernel);
}

function liveSections(model: LinkModel, order: ArrayLike<SectionId>): Int32Array {
  const { sections } = model;
  const live = int32Column(order.length);
  let count = 0;
  for (let i = 0; i < order.length; i++) if (sections.fate[order[i]] === Fate.kept) live[count++] = order[i];
  return live.subarray(0, count);
}

class RecordChooser {
  private readonly model: LinkModel;
  private readonly frames: EhFrames;
  private readonly kernel: FrameKernel;
  private readonly relocations: RelocationReader;
  /** What a CIE says, to the record that is kept for it. */
  private readonly kept = new Map<string, number>();
  /** The same by the first CIE of the same bytes and the personality routine. */
  private readonly keptAlike = new Map<number, number>();

  constructor(model: LinkModel, frames: EhFrames, kernel: FrameKernel) {
    this.model = model;
    this.frames = frames;
    this.kernel = kernel;
    this.relocations = new RelocationReader(model);
  }

  /** Chooses the records of a section from one on. */
  choose(section: SectionId, from: number, isLast: boolean): void {
    const { frames, kernel, model } = this;
    this.relocations.open(section);
    const end = frames.endRecord[section];
    const usesKernel = model.options.compat === "gnu" && kernel.open(section, this.relocations);
    for (let record = from; record < end; record++) {
      if (usesKernel) {
        record = kernel.choose(record, end);
        if (record === end) break;
      }
      const kind = frames.kind[record];
      if (kind === RecordKind.terminator) frames.removed[record] = isLast ? 0 : 1;
      else if (kind === RecordKind.fde && frames.cie[record] !== 0 && this.hasFunction(record)) {
        frames.removed[record] = 0;
        frames.fdeCount++;
        frames.cie[record] = this.keepCie(frames.cie[record]);
      } else if (kind === RecordKind.cie && this.model.options.compat === "lld") this.keepCie(record);
    }
  }

  /** Whether the code that the FDE describes is in the output. */
  private hasFunction(record: number): boolean {
    const { model, frames, relocations } = this;
    const begin = frames.offset[record] + 8;
    const lld = model.options.compat === "lld";
    for (let i = frames.relocationStart[record]; i < frames.relocationEnd[record]; i++) {
      if (relocations.offset(i) !== begin && !lld) continue;
      const symbol = relocations.symbol(i);
      if (symbol === 0) return false;
      const section = model.symbols.section[symbol];
      if (section <= 0) return !lld;
      if (model.sections.fate[section] !== Fate.kept) return false;
      const isGlobal = (model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
      return !isGlobal || model.sections.object[section] === model.sections.object[frames.section[record]];
    }
    // LLD takes no record without a relocation for one of a function.
    return model.options.compat !== "lld";
  }

  /** The record that stands for the CIE in the output. */
  private keepCie(cie: number): number {
    const { frames } = this;
    if (frames.removed[cie] === 0) return cie;
    if (frames.mergedWith[cie] !== 0) return frames.mergedWith[cie];
    const info = frames.cies[frames.cie[cie]];
    const mayMerge = info.augmentation !== "eh" && this.model.options.kind !== "relocatable";
    // The relocations at hand are those of the section that the CIE is in. One that is like another has no relocation but this.
    const at = cie === info.record ? info.personalityRelocation : frames.relocationStart[cie];
    const personality = info.personalityRelocation < 0 ? 0 : this.relocations.symbol(at);
    const alike = info.record * 2 ** 32 + personality;
    const key = mayMerge && !this.keptAlike.has(alike) ? this.describe(cie, info, personality) : undefined;
    const same = mayMerge ? (this.keptAlike.get(alike) ?? this.kept.get(key ?? "")) : undefined;
    if (same !== undefined) {
      this.noteAlike(cie, info, personality, same);
      frames.mergedWith[cie] = same;
      return same;
    }
    frames.removed[cie] = 0;
    if (key !== undefined) {
      this.kept.set(key, cie);
      this.noteAlike(cie, info, personality, cie);
    }
    return cie;
  }

  private noteAlike(cie: number, info: CieInfo, personality: SymbolId, record: number): void {
    this.keptAlike.set(info.record * 2 ** 32 + personality, record);
    const symbol = info.personalityRelocation < 0 ? -1 : personality;
    this.kernel.addAlike(this.frames.cie[cie], symbol, record);
  }

  /** All that makes two CIEs the same; undefined for one that is not to be merged. */
  private describe(cie: number, info: CieInfo, personality: SymbolId): string | undefined {
    const { model, frames } = this;
    const count = info.instructionsEnd - info.instructions;
    if (count > MOST_INSTRUCTIONS && model.options.compat === "gnu") return undefined;
    const section = frames.section[cie];
    const stored = model.sections.contents.get(section);
    const bytes = stored ?? model.objects[model.sections.object[section]].bytes;
    const moved = frames.offset[cie] - frames.offset[info.record];
    const from = (stored ? 0 : model.sections.fileOffset[section]) + info.instructions + moved;
    return [
      frames.size[cie],
      info.version,
      info.augmentation,
      ...info.factors,
      personality,
      info.personalityEncoding,
      info.lsdaEncoding,
      info.fdeEncoding,
      ...bytes.subarray(from, from + count),
    ].join();
  }
}

/** Gives the remaining records their offsets, and sections their sizes; those before are the result. */
function packAsLld(model: LinkModel, frames: EhFrames, live: Int32Array): Float64Array {
  const { sections, objects } = model;
  const { removed, newOffset, size, kind } = frames;
  const rawSizes = float64Column(live.length);
  for (const [i, section] of live.entries()) {
    rawSizes[i] = sections.size[section];
    if (frames.endRecord[section] === 0) continue;
    const wordSize = objects[sections.object[section]].is64 ? 8 : 4;
    let at = 0;
    for (let record = frames.firstRecord[section]; record < frames.endRecord[section]; record++) {
      if (removed[record] !== 0) continue;
      at = (at + wordSize - 1) & -wordSize;
      newOffset[record] = at;
      at += kind[record] === RecordKind.terminator ? 4 : size[record];
    }
    sections.size[section] = (at + wordSize - 1) & -wordSize;
  }
  // LLD ends the table with zeros, even an empty one.
  if (live.length > 0) sections.size[live[live.length - 1]] += 4;
  return rawSizes;
}

/** Notes what goes of each section. */
class Cutter {
  private readonly model: LinkModel;
  private readonly frames: EhFrames;
  private readonly kernel: FrameKernel;
  private readonly columns: DeletionColumns;
  private used = 0;

  /** Behind each record something may go, and before the first; and each section has a sum of all. */
  constructor(model: LinkModel, frames: EhFrames, kernel: FrameKernel, sections: number) {
    this.model = model;
    this.frames = frames;
    this.kernel = kernel;
    const most = frames.count + 2 * sections;
    this.columns = { start: int32Column(most), length: int32Column(most), before: int32Column(most) };
  }

  /** True when something in the section moved or its size changed. */
  note(section: SectionId, rawSize: number): boolean {
    const { model, frames, used } = this;
    const size = model.sections.size[section];
    const end = frames.endRecord[section];
    if (end === 0) {
      // Not understood: copied whole, and padded.
      if (size !== rawSize) {
        frames.edited[section] = 1;
        frames.wholeSize.set(section, rawSize);
      }
      return false;
    }
    const count = this.kernel.cut(frames.firstRecord[section], end, rawSize, size, this.columns, used);
    if (count === 0 && size === rawSize) return false;
    frames.edited[section] = 1;
    if (count > 0) model.deletions.set(section, { first: used, count, ...this.columns });
    this.used += count + 1;
    return true;
  }
}

/** A symbol in .eh_frame goes with its record; one on a record that is gone, to the next. */
function moveSymbols(model: LinkModel, frames: EhFrames, kernel: FrameKernel): void {
  const { symbols, sections } = model;
  const { section: homes, count } = symbols;
  for (
    let symbol = kernel.nextInTables(1, count);
    symbol < count;
    symbol = kernel.nextInTables(symbol + 1, count)
  ) {
    const section = homes[symbol];
    const isLocal = symbols.info[symbol] >> 4 === 0;
    if (isLocal && (symbols.info[symbol] & 15) > STT_OBJECT) continue;
    const end = frames.endRecord[section];
    let record = findRecord(frames, section, symbols.valueLow[symbol]);
    if (record === 0) continue;
    const within = symbols.valueLow[symbol] - frames.offset[record];
    const merged = frames.mergedWith[record];
    if (merged !== 0) {
      symbols.section[symbol] = frames.section[merged];
      symbols.valueLow[symbol] = frames.newOffset[merged] + within;
    } else if (frames.removed[record] === 0) symbols.valueLow[symbol] = frames.newOffset[record] + within;
    else {
      while (record < end && frames.removed[record] !== 0) record++;
      symbols.valueLow[symbol] = record < end ? frames.newOffset[record] : sections.size[section];
    }
  }
}

/** The record at an offset, or the last; 0 for a section without records. */
function findRecord(frames: EhFrames, section: SectionId, offset: number): number {
  let low = frames.firstRecord[section];
  let high = frames.endRecord[section];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (frames.offset[middle] <= offset) low = middle;
    else high = middle;
  }
  return low;
}

/** True if `section` was edited: `copyEhFrame` then makes its bytes, before `target.relocate`. */
export function isEditedEhFrame(frames: EhFrames, section: SectionId): boolean {
  return section < frames.edited.length && frames.edited[section] !== 0;
}

/** Copies the section's bytes, with its deletions done and lengths and CIE pointers set, to `at` of `out`. After layout. */
export function copyEhFrame(
  model: LinkModel,
  frames: EhFrames,
  section: SectionId,
  out: Uint8Array,
  at: number,
): void {
  const { sections } = model;
  const stored = sections.contents.get(section);
  const bytes = stored ?? model.objects[sections.object[section]].bytes;
  const base = stored ? 0 : sections.fileOffset[section];
  const size = sections.size[section];
  const first = frames.firstRecord[section];
  const end = frames.endRecord[section];
  out.fill(0, at, at + size);
  if (end === 0) {
    out.set(bytes.subarray(base, base + (frames.wholeSize.get(section) ?? size)), at);
    return;
  }
  const { removed, newOffset, cie } = frames;
  const lld = model.options.compat === "lld";
  const wordSize = model.objects[sections.object[section]].is64 ? 8 : 4;
  let open = -1;
  for (let record = first; record < end; record++) {
    if (removed[record] !== 0) continue;
    const from = base + frames.offset[record];
    const to = at + newOffset[record];
    const length = frames.size[record];
    for (let i = 0; i < length; i++) out[to + i] = bytes[from + i];
    if (open >= 0) putWord(out, open, to - open - 4);
    if (lld) putWord(out, to, ((length + wordSize - 1) & -wordSize) - 4);
    open = lld || frames.kind[record] === RecordKind.terminator ? -1 : to;
    if (frames.kind[record] !== RecordKind.fde) continue;
    const own = cie[record];
    const pointer =
      newOffset[record] +
      4 +
      sections.outputOffset[section] -
      (newOffset[own] + sections.outputOffset[frames.section[own]]);
    putWord(out, to + 4, pointer);
  }
  if (open >= 0) putWord(out, open, at + size - open - 4);
}

function putWord(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >> 8;
  out[at + 2] = value >> 16;
  out[at + 3] = value >> 24;
}
