import { float64Column, int32Column, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { sectionPlace } from "../write/section-bytes.ts";
import { type EhFrames, encodedWidth, RecordKind } from "./eh-frame-records.ts";

// .eh_frame_hdr: where .eh_frame is, and a table of [function, FDE] by address,
// both from the start of this section, for the unwinder's binary search.
//
// A function's address is that of the relocation of its FDE's first field, so
// the table is made from relocations and need not wait for .eh_frame's bytes.

const HEADER_SIZE = 8;
const PCREL_SDATA4 = 0x1b;
const UDATA4 = 0x03;
const DATAREL_SDATA4 = 0x3b;
const OMIT = 0xff;

/** Whether the output gets a .eh_frame_hdr: some .eh_frame section that takes part can hold a record. */
export function wantsEhFrameHdr(model: LinkModel): boolean {
  const name = model.names.find(".eh_frame");
  if (!model.options.ehFrameHdr || model.options.kind === "relocatable" || name < 0) return false;
  const { sections } = model;
  const least = model.options.compat === "lld" ? -1 : 8;
  for (let section = 1; section < sections.count; section++)
    if (
      sections.name[section] === name &&
      sections.fate[section] === Fate.kept &&
      sections.size[section] > least
    )
      return true;
  return false;
}

/** In bytes; valid after `editEhFrames`. */
export function ehFrameHdrSize(frames: EhFrames): number {
  return frames.complete ? HEADER_SIZE + 4 + frames.fdeCount * 8 : HEADER_SIZE;
}

/** The content; after layout. `hdr` is the row of .eh_frame_hdr, `ehFrameAddress` the address of the output's .eh_frame. */
export function ehFrameHdrContent(
  model: LinkModel,
  frames: EhFrames,
  hdr: SectionId,
  ehFrameAddress: bigint,
  report: Report,
): Uint8Array {
  const bytes = uint8Column(ehFrameHdrSize(frames));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { sections } = model;
  const low = sections.addressLow[hdr];
  const high = sections.addressHigh[hdr];
  const address = (BigInt(high) << 32n) | BigInt(low >>> 0);
  bytes[0] = 1;
  bytes[1] = PCREL_SDATA4;
  // GNU ld makes no table of nothing, though it leaves room for the count.
  const hasTable = frames.complete && (frames.fdeCount > 0 || model.options.compat === "lld");
  bytes[2] = hasTable ? UDATA4 : OMIT;
  bytes[3] = hasTable ? DATAREL_SDATA4 : OMIT;
  view.setInt32(4, Number(BigInt.asIntN(32, ehFrameAddress - address - 4n)), true);
  if (!hasTable) return bytes;
  const table = collect(model, frames, low, high);
  view.setUint32(8, frames.fdeCount, true);
  const order = sortByFunction(table);
  for (let i = 0; i < order.length; i++) {
    view.setInt32(12 + i * 8, table.functions[order[i]], true);
    view.setInt32(16 + i * 8, table.records[order[i]], true);
  }
  reportProblems(model, table, order, report);
  return bytes;
}

/** For each FDE in the output: its function, the function's length, and itself; all from the start of .eh_frame_hdr. */
interface SearchTable {
  readonly functions: Float64Array;
  readonly ranges: Float64Array;
  readonly records: Float64Array;
  /** Where the FDE was read. */
  readonly sections: Int32Array;
}

function collect(model: LinkModel, frames: EhFrames, low: number, high: number): SearchTable {
  const { sections } = model;
  const functions = float64Column(frames.fdeCount);
  const ranges = float64Column(frames.fdeCount);
  const records = float64Column(frames.fdeCount);
  const origins = int32Column(frames.fdeCount);
  const values = new FieldReader(model, frames.stubs, low, high);
  let count = 0;
  for (let i = 0; i < frames.order.length; i++) {
    const section = frames.order[i];
    values.open(section);
    const start =
      (sections.addressHigh[section] - high) * 4294967296 +
      (sections.addressLow[section] >>> 0) -
      (low >>> 0);
    for (let record = frames.firstRecord[section]; record < frames.endRecord[section]; record++) {
      if (frames.kind[record] !== RecordKind.fde || frames.removed[record] !== 0) continue;
      const width = encodedWidth(frames.encoding[record], values.wordSize);
      const isPcRelative = (frames.encoding[record] & 0x70) === 0x10;
      values.select(frames.relocationStart[record], frames.relocationEnd[record]);
      functions[count] = values.address(frames.offset[record] + 8, width, isPcRelative);
      ranges[count] = values.difference(frames.offset[record] + 8 + width, width);
      origins[count] = section;
      records[count++] = start + frames.newOffset[record];
    }
  }
  return { functions, ranges, records, sections: origins };
}

/** The values of fields with relocations, before these are applied. */
class FieldReader {
  wordSize = 8;
  private readonly model: LinkModel;
  private readonly relocations: RelocationReader;
  private readonly low: number;
  private readonly high: number;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private base = 0;
  private from = 0;
  private to = 0;
  private readonly stubs: ReadonlyMap<SectionId, SectionId>;
  /** The stubs that the section describes, or 0. */
  private code: SectionId = 0;

  /** Addresses are given relative to the one in halves. */
  constructor(model: LinkModel, stubs: ReadonlyMap<SectionId, SectionId>, low: number, high: number) {
    this.model = model;
    this.stubs = stubs;
    this.low = low;
    this.high = high;
    this.relocations = new RelocationReader(model);
  }

  open(section: SectionId): void {
    const { sections, objects } = this.model;
    this.relocations.open(section);
    this.code = this.stubs.get(section) ?? 0;
    const stored = sections.contents.get(section);
    const object = objects[sections.object[section]];
    this.wordSize = object.is64 ? 8 : 4;
    this.view = stored ? new DataView(stored.buffer, stored.byteOffset, stored.length) : object.view;
    this.base = stored ? 0 : sections.fileOffset[section];
  }

  /** Which relocations to look at from now on. */
  select(from: number, to: number): void {
    this.from = from;
    this.to = to;
  }

  /** S + A of the relocation at `offset`. */
  address(offset: number, width: number, isPcRelative: boolean): number {
    const i = this.find(offset, this.from);
    if (i < 0) {
      if (this.code === 0) return 0;
      const { addressLow, addressHigh } = this.model.sections;
      return (
        (addressHigh[this.code] - this.high) * 4294967296 + (addressLow[this.code] >>> 0) - (this.low >>> 0)
      );
    }
    // In SHT_REL the addend is in place; pc-relative ones count from the field.
    const inPlace = this.relocations.rela ? 0 : this.inPlace(offset, width, isPcRelative);
    return this.target(i, this.low, this.high) + inPlace;
  }

  /** What is in the field, or the difference of two addresses that a pair of relocations adds and subtracts. */
  difference(offset: number, width: number): number {
    const first = this.find(offset, this.from);
    if (first < 0) return this.inPlace(offset, width, false);
    const second = this.find(offset, first + 1);
    const start = second < 0 ? 0 : this.target(second, 0, 0);
    return this.target(first, 0, 0) - start;
  }

  private find(offset: number, from: number): number {
    for (let i = from; i < this.to; i++) if (this.relocations.offset(i) === offset) return i;
    return -1;
  }

  private target(i: number, low: number, high: number): number {
    const { symbols } = this.model;
    const symbol = this.relocations.symbol(i);
    const addendLow = this.relocations.addendLow(i);
    const addendHigh = this.relocations.addendHigh(i);
    return (
      (symbols.addressHigh[symbol] - high + addendHigh) * 4294967296 +
      (symbols.addressLow[symbol] >>> 0) -
      (low >>> 0) +
      (addendLow >>> 0)
    );
  }

  private inPlace(offset: number, width: number, signed: boolean): number {
    const at = this.base + offset;
    if (width === 2) return signed ? this.view.getInt16(at, true) : this.view.getUint16(at, true);
    if (width === 4) return signed ? this.view.getInt32(at, true) : this.view.getUint32(at, true);
    return this.view.getUint32(at, true) + this.view.getInt32(at + 4, true) * 4294967296;
  }
}

/** The entries by function, then by length. */
function sortByFunction({ functions, ranges }: SearchTable): Int32Array {
  const count = functions.length;
  const order = int32Column(count);
  const fits = count <= 1 << 21 && functions.every((value) => value >= -0x80000000 && value < 0x80000000);
  if (!fits) {
    for (let i = 0; i < count; i++) order[i] = i;
    return order.sort((a, b) => functions[a] - functions[b] || ranges[a] - ranges[b]);
  }
  // A 32-bit address and a 21-bit index are one exact double, and those sort natively.
  const keys = float64Column(count);
  for (let i = 0; i < count; i++) keys[i] = (functions[i] + 0x80000000) * 0x200000 + i;
  keys.sort();
  for (let i = 0; i < count; i++) order[i] = keys[i] % 0x200000;
  for (let i = 1; i < count; i++)
    for (let k = i; k > 0 && functions[order[k - 1]] === functions[order[k]]; k--) {
      if (ranges[order[k - 1]] <= ranges[order[k]]) break;
      const swapped = order[k];
      order[k] = order[k - 1];
      order[k - 1] = swapped;
    }
  return order;
}

function reportProblems(model: LinkModel, table: SearchTable, order: Int32Array, report: Report): void {
  if (model.options.compat === "lld") {
    for (const [i, distance] of table.functions.entries()) {
      if (distance === (distance | 0)) continue;
      const hex = BigInt.asUintN(64, BigInt(distance)).toString(16).toUpperCase();
      report.error("LD0803", sectionPlace(model, table.sections[i]), `PC offset is too large: 0x${hex}`);
    }
    return;
  }
  const { functions, ranges, records } = table;
  let overflow = false;
  let overlap = false;
  const is64 = model.objects.some((object) => object.is64);
  for (let i = 0; i < order.length; i++) {
    const entry = order[i];
    if (is64 && (functions[entry] !== (functions[entry] | 0) || records[entry] !== (records[entry] | 0)))
      overflow = true;
    if (i > 0 && functions[entry] < functions[order[i - 1]] + ranges[order[i - 1]]) overlap = true;
  }
  if (overflow) report.error("LD0803", undefined, ".eh_frame_hdr entry overflow");
  if (overlap) report.error("LD0804", undefined, ".eh_frame_hdr refers to overlapping FDEs");
}
