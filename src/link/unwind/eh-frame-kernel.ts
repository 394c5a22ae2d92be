import { float64Column, type NameId } from "../../binary/index.ts";
import * as F from "../../kernels/assembly/parts/frame-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../../model/index.ts";
import { objectColumns } from "../object-columns.ts";
import type { RelocationReader } from "../relocation-reader.ts";
import { type CieInfo, type EhFrames, encodedWidth, type KnownCie } from "./eh-frame-records.ts";

const OMIT = 0xff;

function flagsOf({ augmentation, lsdaEncoding }: CieInfo): number {
  return (augmentation.startsWith("z") ? F.HAS_SIZE : 0) | (lsdaEncoding === OMIT ? 0 : F.HAS_LSDA);
}

/** Rows of ranges that go, of all sections: see `Deletions`. */
export interface DeletionColumns {
  readonly start: Int32Array;
  readonly length: Int32Array;
  readonly before: Int32Array;
}

/** What the kernels of unwind records (src/kernels/assembly/frames.ts) are told of a section. */
export class FrameKernel {
  private readonly model: LinkModel;
  private readonly frames: EhFrames;
  private readonly kernels: Kernels;
  private readonly words: Int32Array;
  private readonly at: number;
  private recordsAt = -1;

  constructor(model: LinkModel, frames: EhFrames) {
    this.model = model;
    this.frames = frames;
    this.kernels = model.arena.kernels;
    this.words = model.arena.int32(F.SIZE_OF_WORK >> 2);
    this.at = this.words.byteOffset;
    const { sections, symbols } = model;
    this.column(F.HOME, symbols.section);
    this.column(F.SYMBOL_FLAGS, symbols.flags);
    this.column(F.SECTION_OBJECT, sections.object);
    this.column(F.SECTION_FATE, sections.fate);
    this.column(F.FIRST_FDE, frames.firstFde);
    this.column(F.SECTIONS, sections.block);
    this.useRecords();
  }

  /** Before kernels that go over several sections; `name` is that of unwind tables. */
  useTables(name: NameId): void {
    const { frames, words } = this;
    const { files, ids, symbols, are64, bases, sections } = objectColumns(this.model);
    words[F.SECTIONS >> 2] = this.model.sections.block.byteOffset;
    words[F.TABLE_NAME >> 2] = name;
    this.column(F.FILES, files);
    this.column(F.IDS, ids);
    this.column(F.ID_COUNTS, symbols);
    this.column(F.ARE_64, are64);
    this.column(F.BASES, bases);
    this.column(F.BASE_COUNTS, sections);
    this.column(F.IS_TABLE, frames.isTable);
    this.column(F.FIRST_RECORD, frames.firstRecord);
    this.column(F.END_RECORD, frames.endRecord);
  }

  /** Reads tables among sections from a number on; returns the first that it leaves, or `count`. */
  readTables(section: SectionId, count: number): SectionId {
    this.useRecords();
    const stopped = this.kernels.readTables(this.at, section, count);
    this.frames.count = this.words[F.COUNT >> 2];
    return stopped;
  }

  /** Makes a CIE known that may be met again, number `number` of its kind. */
  addKnown({ address, length, wordSize, personalityAt, size, info, number }: KnownCie): void {
    const { words } = this;
    const count = words[F.KNOWN_COUNT >> 2]++;
    const at = (F.KNOWN >> 2) + count * F.KNOWN_WORDS;
    words[at] = address;
    words[at + 1] = length;
    words[at + 2] = wordSize;
    words[at + 3] = personalityAt;
    words[at + 4] = number;
    words[at + 5] = size;
    words[at + 6] = info.personalityEncoding;
    words[at + 7] = encodedWidth(info.fdeEncoding, wordSize);
    words[at + 8] = info.fdeEncoding;
    words[at + 9] = flagsOf(info);
  }

  /** Takes the last one back. */
  dropKnown(): void {
    this.words[F.KNOWN_COUNT >> 2]--;
  }

  /** Chooses records of tables from number `from` of a list on; returns the number of the one that is left at `stopped`, or the length. */
  chooseTables(tables: Int32Array, from: number): number {
    const { words, frames } = this;
    words[F.FDE_COUNT >> 2] = frames.fdeCount;
    const left = this.kernels.chooseTables(this.at, tables.byteOffset, from, tables.length);
    frames.fdeCount = words[F.FDE_COUNT >> 2];
    return left;
  }

  /** The record at which `chooseTables` has stopped. */
  get stopped(): number {
    return this.words[F.STOPPED >> 2];
  }

  /** CIEs of this number and personality routine (`symbol`, -1 where there is none) are merged with `record`. */
  addAlike(number: number, symbol: SymbolId, record: number): void {
    const { words } = this;
    const count = words[F.ALIKE_COUNT >> 2];
    if (count === F.MOST_ALIKE) return;
    words[F.ALIKE_COUNT >> 2] = count + 1;
    const at = (F.ALIKE >> 2) + count * F.ALIKE_WORDS;
    words[at] = number;
    words[at + 1] = symbol < 0 ? 0 : 1;
    words[at + 2] = symbol;
    words[at + 3] = record;
  }

  /** Packs all tables of a list by GNU ld's rules, and sets their sizes; those before are the result. */
  packTables(tables: Int32Array): Float64Array {
    const raw = float64Column(tables.length);
    this.kernels.packTables(this.at, tables.byteOffset, tables.length, raw.byteOffset);
    return raw;
  }

  /** The first symbol from `symbol` on that is in a table that was edited, or `count`. */
  nextInTables(symbol: SymbolId, count: number): SymbolId {
    const { edited } = this.frames;
    return this.kernels.findInTables(this.at, symbol, count, edited.byteOffset, edited.length);
  }

  private column(field: number, column: ArrayBufferView): void {
    this.words[field >> 2] = column.byteOffset;
  }

  /** The columns of records may have grown. */
  private useRecords(): void {
    const { frames, words } = this;
    words[F.COUNT >> 2] = frames.count;
    if (this.recordsAt === frames.section.byteOffset) return;
    this.recordsAt = frames.section.byteOffset;
    words[F.ROOM >> 2] = frames.section.length;
    this.column(F.SECTION, frames.section);
    this.column(F.KIND, frames.kind);
    this.column(F.OFFSET, frames.offset);
    this.column(F.SIZE, frames.size);
    this.column(F.CIE, frames.cie);
    this.column(F.NEXT_FDE, frames.nextFde);
    this.column(F.RELOCATION_START, frames.relocationStart);
    this.column(F.RELOCATION_END, frames.relocationEnd);
    this.column(F.ENCODING, frames.encoding);
  }

  /** Turns to a section, whose relocations were opened; false where its bytes are not for kernels. */
  open(section: SectionId, relocations: RelocationReader): boolean {
    const { words, model } = this;
    const { sections, arena } = model;
    const object = model.objects[sections.object[section]];
    const stored = sections.contents.get(section);
    if (!object?.littleEndian || (stored !== undefined && !arena.owns(stored))) return false;
    const { address } = object;
    words[F.THIS >> 2] = section;
    words[F.OBJECT >> 2] = object.id;
    words[F.BYTES >> 2] = stored ? stored.byteOffset : address + sections.fileOffset[section];
    words[F.BYTE_COUNT >> 2] = sections.size[section];
    words[F.RELOCATIONS >> 2] = address + sections.fileOffset[sections.relocations[section]];
    words[F.RELOCATION_COUNT >> 2] = relocations.count;
    words[F.ENTRY_SIZE >> 2] = relocations.entrySize;
    words[F.WORD_SIZE >> 2] = object.is64 ? 8 : 4;
    words[F.SYMBOL_IDS >> 2] = object.idsAddress;
    words[F.SYMBOL_COUNT >> 2] = object.symbolCount;
    words[F.CIE_COUNT >> 2] = 0;
    return true;
  }

  /** Makes a CIE of the section known. */
  addCie(record: number, info: CieInfo): void {
    const { words, frames } = this;
    const count = words[F.CIE_COUNT >> 2];
    if (count === F.MOST_CIES) return;
    words[F.CIE_COUNT >> 2] = count + 1;
    const at = (F.CIES >> 2) + count * F.CIE_WORDS;
    words[at] = frames.offset[record];
    words[at + 1] = record;
    words[at + 2] = encodedWidth(info.fdeEncoding, words[F.WORD_SIZE >> 2]);
    words[at + 3] = info.fdeEncoding;
    words[at + 4] = flagsOf(info);
  }

  /** The next relocation, before and after `read`. */
  get next(): number {
    return this.words[F.NEXT >> 2];
  }

  set next(relocation: number) {
    this.words[F.NEXT >> 2] = relocation;
  }

  /** Reads records of functions from `offset` on; returns where it stopped. */
  read(offset: number): number {
    this.useRecords();
    const stopped = this.kernels.readFrames(this.at, offset) >>> 0;
    this.frames.count = this.words[F.COUNT >> 2];
    return stopped;
  }

  attach(first: number, end: number): void {
    this.useRecords();
    this.kernels.attachFrames(this.at, first, end);
  }

  /** Before `choose` and `pack`. */
  useResults(): void {
    const { frames } = this;
    this.column(F.REMOVED, frames.removed);
    this.column(F.NEW_OFFSET, frames.newOffset);
    this.column(F.MERGED_WITH, frames.mergedWith);
  }

  /** Chooses records of functions from `record` on; returns the first that it leaves. */
  choose(record: number, end: number): number {
    const { words, frames } = this;
    words[F.FDE_COUNT >> 2] = frames.fdeCount;
    const stopped = this.kernels.chooseFrames(this.at, record, end);
    frames.fdeCount = words[F.FDE_COUNT >> 2];
    return stopped;
  }

  /** Notes what goes of a section between its records, from row `at` of the columns on; returns how many ranges. */
  cut(
    first: number,
    end: number,
    rawSize: number,
    size: number,
    { start, length, before }: DeletionColumns,
    at: number,
  ): number {
    const offset = at * 4;
    return this.kernels.cutFrames(
      this.at,
      first,
      end,
      rawSize,
      size,
      start.byteOffset + offset,
      length.byteOffset + offset,
      before.byteOffset + offset,
    );
  }
}
