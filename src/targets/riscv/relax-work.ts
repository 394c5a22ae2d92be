import { float64Column, int32Column } from "../../binary/index.ts";
import * as F from "../../kernels/assembly/parts/relax-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { PlacedRows } from "../target.ts";
import type { Candidates } from "./relax-candidates.ts";

/** The room for a section's ranges that is made at first. */
const RANGES = 1024;

/** What the kernels of relaxation (src/kernels/assembly/relax.ts) are told of a link. */
export class RelaxWork {
  private readonly kernels: Kernels;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly at: number;
  private candidates: Candidates | undefined;

  constructor({ arena }: LinkModel) {
    this.words = arena.int32(F.SIZE_OF_WORK >> 2);
    this.at = this.words.byteOffset;
    this.doubles = new Float64Array(this.words.buffer, this.at, F.SIZE_OF_WORK >> 3);
    this.kernels = arena.kernels;
  }

  set(field: number, value: number): void {
    this.words[field >> 2] = value;
  }

  setDouble(field: number, value: number): void {
    this.doubles[field >> 3] = value;
  }

  column(field: number, column: ArrayBufferView): void {
    this.words[field >> 2] = column.byteOffset;
  }

  useModel(model: LinkModel, candidates: Candidates, shorten: boolean): void {
    const { sections, symbols, objects, options, merge } = model;
    const bytes = int32Column(objects.length);
    const lengths = int32Column(objects.length);
    const flags = int32Column(objects.length);
    const ids = int32Column(objects.length);
    const counts = int32Column(objects.length);
    for (let i = 0; i < objects.length; i++) {
      const object = objects[i];
      bytes[i] = object.address;
      lengths[i] = object.size;
      flags[i] = object.flags;
      ids[i] = object.idsAddress;
      counts[i] = object.symbolCount;
    }
    this.column(F.BYTES, bytes);
    this.column(F.LENGTH, lengths);
    this.column(F.OBJECT_FLAGS, flags);
    this.column(F.SYMBOL_IDS, ids);
    this.column(F.SYMBOL_COUNT, counts);
    this.column(F.SECTION_OBJECT, sections.object);
    this.column(F.SECTION_OUTPUT, sections.output);
    this.column(F.SECTION_OFFSET, sections.outputOffset);
    this.column(F.SECTION_FLAGS, sections.flags);
    this.column(F.SECTION_SIZE, sections.size);
    this.column(F.FILE_OFFSET, sections.fileOffset);
    this.column(F.RELOCATIONS, sections.relocations);
    this.column(F.FATE, sections.fate);
    this.column(F.HOME, symbols.section);
    this.column(F.VALUE_LOW, symbols.valueLow);
    this.column(F.VALUE_HIGH, symbols.valueHigh);
    this.column(F.INFO, symbols.info);
    this.column(F.SYMBOL_FLAGS, symbols.flags);
    this.column(F.SYMBOL_SIZE, symbols.size);
    if (merge) {
      this.column(F.MERGED, merge.merged);
      this.set(F.MERGED_COUNT, merge.merged.length);
    }
    const is64 = objects.some((object) => object.is64);
    this.set(
      F.MODE,
      (options.compat === "lld" ? F.IS_EXACT : 0) |
        (options.kind === "pie" ? F.IS_PIC : 0) |
        (options.relro ? F.HAS_RELRO : 0) |
        (is64 ? F.IS_64 : 0) |
        (shorten ? 0 : F.ALIGNS_ONLY),
    );
    this.useCandidates(candidates);
  }

  /** To be called when columns of theirs have grown, too. */
  useCandidates(candidates: Candidates): void {
    this.candidates = candidates;
    this.column(F.ROWS, candidates.rows);
    this.column(F.MARKS, candidates.marks);
    this.column(F.ODD_LIST, candidates.oddList);
    this.column(F.ODD_ADDEND, candidates.oddAddend);
    this.column(F.LONE_LIST, candidates.lone);
    this.column(F.CANDIDATE_SECTIONS, candidates.sections);
    this.column(F.FIRST, candidates.first);
    this.column(F.WAKES, candidates.wakes);
    this.column(F.REFRESH, candidates.refresh);
    this.column(F.SLOT, candidates.slot);
    this.set(F.SLOT_COUNT, candidates.slot.length);
    this.set(F.COUNT, candidates.count);
    this.set(F.SECTION_COUNT, candidates.sectionCount);
    this.set(F.ODD_COUNT, candidates.oddCount);
    this.set(F.ROOM, candidates.room);
  }

  /** Looks for candidates in sections up to `end`; where it comes to a halt, `needsRoom` says whether for that. */
  find(section: SectionId, end: SectionId): SectionId {
    const { candidates, words } = this;
    const stopped = this.kernels.findCandidates(this.at, section, end);
    if (candidates) {
      candidates.count = words[F.COUNT >> 2];
      candidates.sectionCount = words[F.SECTION_COUNT >> 2];
      candidates.oddCount = words[F.ODD_COUNT >> 2];
    }
    return stopped;
  }

  get needsRoom(): boolean {
    return this.words[F.NEED >> 2] === F.NEEDS_ROOM;
  }

  /** Before the walks: room for what is noted of one section. */
  prepare(candidates: Candidates): void {
    let most = RANGES;
    const { first, sectionCount } = candidates;
    for (let i = 0; i < sectionCount; i++) most = Math.max(most, first[i + 1] - first[i]);
    this.column(F.RANGE_START, int32Column(most + 1));
    this.column(F.RANGE_BEFORE, int32Column(most + 1));
    this.column(F.ODD_ADDRESS, candidates.oddAddress);
    this.column(F.ODD_OUTPUT, candidates.oddOutput);
    this.column(F.ODD_SECTION, candidates.oddSection);
  }

  /** Shortens section number `index`; true when something is deleted that was not before. */
  shorten(candidates: Candidates, index: number): boolean {
    const { words } = this;
    words[F.DELETED >> 2] = candidates.deleted;
    const shrank = this.kernels.shortenSection(this.at, index) !== 0;
    candidates.deleted = words[F.DELETED >> 2];
    return shrank;
  }

  /** Cuts the paddings of section number `index` to size; true when one is too short for that. */
  align(candidates: Candidates, index: number): boolean {
    const { words } = this;
    words[F.DELETED >> 2] = candidates.deleted;
    const result = this.kernels.alignSection(this.at, index);
    candidates.deleted = words[F.DELETED >> 2];
    return (result & 2) !== 0;
  }

  /** Lists the symbols of the sections that can shrink, by section. */
  groupSymbols({ symbols }: LinkModel, candidates: Candidates): void {
    const block = symbols.columns();
    this.column(F.GROUP_FIRST, int32Column(candidates.sectionCount + 2));
    this.set(F.SECTION_COUNT, candidates.sectionCount);
    const count = this.kernels.countGroups(this.at, block);
    this.column(F.GROUP_ROWS, float64Column((count * F.GROUP_SIZE) >> 3));
    this.kernels.fillGroups(this.at, block);
  }

  /** Before rows are walked over: how far the output section is filled. */
  startRows(at: number): void {
    this.setDouble(F.WALK_AT, at);
    this.set(F.WALK_POWER, 0);
    this.set(F.WALK_SHRANK, 0);
  }

  /** Walks over `rows` from number `from` on (see the kernel, relax-walk.ts); returns the number of the first that is not done. */
  walkRows(
    candidates: Candidates,
    rows: Int32Array,
    from: number,
    asked: number,
    aligns: boolean,
    place: PlacedRows,
  ): number {
    const { words } = this;
    words[F.DELETED >> 2] = candidates.deleted;
    const end = this.kernels.walkRows(
      this.at,
      rows.byteOffset,
      from,
      rows.length,
      asked,
      aligns ? 1 : 0,
      place.sections,
      place.merged,
      place.empty,
      place.low,
    );
    candidates.deleted = words[F.DELETED >> 2];
    return end;
  }

  /** The number of the section behind which the walk stopped as a padding of its is too short, or -1. */
  get paddingShort(): number {
    return this.words[F.WALK_SHORT >> 2] - 1;
  }

  get rowsShrank(): boolean {
    return this.words[F.WALK_SHRANK >> 2] !== 0;
  }

  endRows({ power }: PlacedRows): number {
    power[0] = this.words[F.WALK_POWER >> 2];
    return this.doubles[F.WALK_AT >> 3];
  }

  /** Returns how many rows there are. */
  recordRanges(
    sectionCount: number,
    start: Int32Array,
    before: Int32Array,
    first: Int32Array,
    end: Int32Array,
  ): number {
    return this.kernels.recordRanges(
      this.at,
      sectionCount,
      start.byteOffset,
      before.byteOffset,
      first.byteOffset,
      end.byteOffset,
    );
  }
}
