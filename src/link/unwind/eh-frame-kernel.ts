import * as F from "../../kernels/assembly/parts/frame-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { RelocationReader } from "../relocation-reader.ts";
import { type CieInfo, type EhFrames, encodedWidth } from "./eh-frame-records.ts";

const OMIT = 0xff;

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
    this.useRecords();
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
    words[at + 4] =
      (info.augmentation.startsWith("z") ? F.HAS_SIZE : 0) | (info.lsdaEncoding === OMIT ? 0 : F.HAS_LSDA);
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

  pack(first: number, end: number, wordSize: number): number {
    this.words[F.WORD_SIZE >> 2] = wordSize;
    return this.kernels.packFrames(this.at, first, end);
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
