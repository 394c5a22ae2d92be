import type { NameId, NameTable } from "../binary/index.ts";
import type { NeedTable } from "./needs.ts";
import type { InputObject, ObjectId } from "./object.ts";
import type { LinkOptions } from "./options.ts";
import type { SectionId, SectionTable } from "./sections.ts";
import type { SymbolTable } from "./symbols.ts";
import type { LinkTrace } from "./trace.ts";

/** A section group: COMDAT groups of one signature exclude each other. */
export interface SectionGroup {
  readonly object: ObjectId;
  readonly signature: NameId;
  readonly comdat: boolean;
  /** The SHT_GROUP section, and its members. */
  readonly section: SectionId;
  readonly members: readonly SectionId[];
}

/**
 * Ranges of an input section that do not reach the output: relaxed
 * instructions, dropped unwind records. Ascending, not overlapping, in bytes of
 * the input section; `before[i]` is how many bytes the ranges 0 to i-1 remove,
 * and `before` has one more element: the sum.
 */
export interface Deletions {
  count: number;
  start: Int32Array;
  length: Int32Array;
  before: Int32Array;
}

/**
 * Where the contents of SHF_MERGE sections went. Symbols are moved when
 * merging is done; only references by section symbol and addend ask here.
 */
export interface MergeMap {
  /** SectionId to the section that holds its pieces now (perhaps itself), or 0 for a section that is not merged. */
  readonly into: Int32Array;
  /** Offset in `into[section]` of what was at `offset` of `section`. */
  offset(section: SectionId, offset: number): number;
}

/** All that the passes of a link share: the columns. Everything else is passed from one to the next by name. */
export interface LinkModel {
  readonly options: LinkOptions;
  readonly names: NameTable;
  readonly objects: InputObject[];
  readonly sections: SectionTable;
  readonly symbols: SymbolTable;
  readonly groups: SectionGroup[];
  readonly needs: NeedTable;
  readonly deletions: Map<SectionId, Deletions>;
  merge?: MergeMap;
  readonly trace: LinkTrace;
}
