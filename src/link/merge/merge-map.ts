import { float64Column, growInt32, int32Column, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import * as F from "../../kernels/assembly/parts/map-fields.ts";
import type { LinkModel, MergeMap, SectionId } from "../../model/index.ts";
import { sectionPlace } from "../write/section-bytes.ts";
import type { PieceTable, RunList } from "./merge-table.ts";

/** In place of a piece: zeros after a string, before the next one. */
export const PADDING = -1;

/**
 * Where each offset of the merged sections went. A section is a row of runs in
 * ascending offset, [offset, piece or PADDING]; the pieces of all groups are
 * numbered through, each with its section and its offset in that.
 */
export class PieceMap implements MergeMap, RunList {
  readonly merged: Uint8Array;
  holder: SectionId = 0;
  /** By section: its runs are [firstRun, endRun). */
  private readonly firstRun: Int32Array;
  private readonly endRun: Int32Array;
  private readonly rawSize: Float64Array;
  private readonly groupOf: Int32Array;
  runOffset: Int32Array = int32Column(4096);
  runPiece: Int32Array = int32Column(4096);
  runCount = 0;
  /** By piece. */
  private place: Int32Array = int32Column(4096);
  private section: Int32Array = int32Column(4096);
  /** How many pieces the groups before have. */
  pieceBase = 0;
  /** By group: the size of its characters, and where something in the padding of its strings is taken to be. */
  private readonly groups: { readonly entsize: number; holder: SectionId; place: number }[] = [];
  private readonly model: LinkModel;
  private readonly report: Report;

  constructor(model: LinkModel, report: Report) {
    const { count } = model.sections;
    this.model = model;
    this.report = report;
    this.merged = uint8Column(count);
    this.firstRun = int32Column(count);
    this.endRun = int32Column(count);
    this.rawSize = float64Column(count);
    this.groupOf = int32Column(count);
  }

  locate(section: SectionId, offset: number): number {
    this.holder = section;
    const rawSize = this.rawSize[section];
    if (offset >= 0 && offset < rawSize) {
      const run = this.findRun(section, offset);
      const piece = this.runPiece[run];
      if (piece === PADDING) {
        const group = this.groups[this.groupOf[section]];
        this.holder = group.holder;
        return group.place + (offset % group.entsize);
      }
      this.holder = this.section[piece];
      return this.place[piece] + offset - this.runOffset[run];
    }
    if (offset !== rawSize) {
      const object = this.model.objects[this.model.sections.object[section]];
      if (this.model.options.compat === "lld")
        this.report.error("LD0801", sectionPlace(this.model, section), "offset is outside the section");
      else this.report.warning("LD0801", object.name, `access beyond end of merged section (${offset})`);
    }
    return this.model.sections.size[section];
  }

  lend(): number {
    const words = this.model.arena.int32(F.MAP_SIZE >> 2);
    const column = (field: number, { byteOffset }: ArrayBufferView) => {
      words[field >> 2] = byteOffset;
    };
    column(F.MERGED, this.merged);
    words[F.MERGED_COUNT >> 2] = this.merged.length;
    column(F.FIRST_RUN, this.firstRun);
    column(F.END_RUN, this.endRun);
    column(F.RAW_SIZE, this.rawSize);
    column(F.RUN_OFFSET, this.runOffset);
    column(F.RUN_PIECE, this.runPiece);
    column(F.PLACE, this.place);
    column(F.HOLDER, this.section);
    return words.byteOffset;
  }

  /** Whether what was at `offset` is gone: under LLD's --gc-sections, what nothing referred to. */
  isGone(section: SectionId, offset: number): boolean {
    if (this.model.options.compat === "gnu" || offset >= this.rawSize[section]) return false;
    return this.runPiece[this.findRun(section, offset)] === PADDING;
  }

  private findRun(section: SectionId, offset: number): number {
    const { runOffset } = this;
    let low = this.firstRun[section];
    let high = this.endRun[section];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (runOffset[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  beginGroup(entsize: number): void {
    this.groups.push({ entsize, holder: 0, place: 0 });
  }

  beginSection(section: SectionId): void {
    this.merged[section] = 1;
    this.firstRun[section] = this.runCount;
    this.groupOf[section] = this.groups.length - 1;
  }

  /** `piece`: as the group's table numbers it. */
  addRun(offset: number, piece: number): void {
    if (this.runCount === this.runOffset.length) {
      this.runOffset = growInt32(this.runOffset, this.runCount + 1);
      this.runPiece = growInt32(this.runPiece, this.runCount + 1);
    }
    this.runOffset[this.runCount] = offset;
    this.runPiece[this.runCount++] = piece === PADDING ? PADDING : this.pieceBase + piece;
  }

  endSection(section: SectionId, size: number): void {
    this.endRun[section] = this.runCount;
    this.rawSize[section] = size;
  }

  /** Says where something in the padding of the last group is taken to be. */
  padding(holder: SectionId, place: number): void {
    const group = this.groups[this.groups.length - 1];
    group.holder = holder;
    group.place = place;
  }

  /** `place`: by piece of the table, the offset of those that are laid out themselves. */
  endGroup(table: PieceTable, place: Int32Array, strings: boolean): void {
    const group = this.groups[this.groups.length - 1];
    const base = this.pieceBase;
    this.pieceBase += table.count;
    if (this.pieceBase > this.place.length) {
      this.place = growInt32(this.place, this.pieceBase);
      this.section = growInt32(this.section, this.pieceBase);
    }
    const count = base + table.count;
    const { first, empty } = table.placeAll(
      place,
      group.entsize,
      this.place.subarray(base, count),
      this.section.subarray(base, count),
    );
    if (!strings || first < 0) return;
    // Padding is an empty string; where there is none, the end of the first string will do.
    if (empty >= 0) {
      group.holder = this.section[base + empty];
      group.place = this.place[base + empty];
    } else {
      group.holder = table.section[first];
      group.place = place[first] + table.length[first] - group.entsize;
    }
  }
}
