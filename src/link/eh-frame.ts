import type { Report } from "../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../model/index.ts";

/** The call-frame records of all .eh_frame sections, in columns. Record 0 is nobody's. */
export interface EhFrames {
  readonly count: number;
  /** SectionId to its first FDE, 0 for none; then by `nextFde` (both are records). */
  readonly firstFde: Int32Array;
  readonly nextFde: Int32Array;
  /** Of a FDE: the record of its CIE. */
  readonly cie: Int32Array;
  /** The .eh_frame section of a record. */
  readonly section: Int32Array;
  /** Entries [start, end) of the section's relocation section that apply to the record. */
  readonly relocationStart: Int32Array;
  readonly relocationEnd: Int32Array;
}

/** Reads the .eh_frame sections that take part; before gc, which asks it what a live function's unwinding refers to. */
export declare function readEhFrames(model: LinkModel, report: Report): EhFrames;

/**
 * Drops records of functions that are not linked and duplicate CIEs: sets `model.deletions`, sizes and symbols.
 * After placement, before layout. `order`: the sections of the output's .eh_frame in their order there.
 */
export declare function editEhFrames(
  model: LinkModel,
  frames: EhFrames,
  order: ArrayLike<SectionId>,
  report: Report,
): void;

/** True if `section` was edited: `copyEhFrame` then makes its bytes, before `target.relocate`. */
export declare function isEditedEhFrame(frames: EhFrames, section: SectionId): boolean;

/** Copies the section's bytes, with its deletions done and lengths and CIE pointers set, to `at` of `out`. After layout. */
export declare function copyEhFrame(
  model: LinkModel,
  frames: EhFrames,
  section: SectionId,
  out: Uint8Array,
  at: number,
): void;
