import type { NameTable } from "../binary/index.ts";
import type { Arena } from "../kernels/index.ts";
import type { DynamicLink } from "./dynamic.ts";
import type { GroupTable } from "./groups.ts";
import type { NeedTable } from "./needs.ts";
import type { InputObject, ObjectId } from "./object.ts";
import type { LinkOptions } from "./options.ts";
import type { DeletionMap } from "./section-map.ts";
import type { SectionId, SectionTable } from "./sections.ts";
import type { SymbolId, SymbolTable } from "./symbols.ts";
import type { LinkTrace } from "./trace.ts";

/**
 * Ranges of an input section that do not reach the output: relaxed
 * instructions, dropped unwind records. Ascending, not overlapping, in bytes of
 * the input section. Many sections share the columns: this one's ranges are
 * entries `first` to `first + count - 1`; `before[first + i]` is how many bytes
 * its ranges up to the one before `i` remove, and `before[first + count]` is the sum of all.
 * A negative length says that as many bytes are put in before `start` (unwind records are aligned).
 */
export interface Deletions {
  readonly first: number;
  readonly count: number;
  readonly start: Int32Array;
  readonly length: Int32Array;
  readonly before: Int32Array;
}

/**
 * Where the contents of SHF_MERGE sections went: each piece (string or
 * constant) is in the first section that had it, so the pieces of one section
 * are in many. Symbols are moved when merging is done; only references by
 * section symbol and addend ask here.
 */
export interface MergeMap {
  /** SectionId to 1 for a section whose pieces may have moved. */
  readonly merged: Uint8Array;
  /** Finds what was at `offset` of `section`: returns its offset in the section `holder`, which is set by this call. */
  locate(section: SectionId, offset: number): number;
  /** The section that the last call of `locate` found. */
  readonly holder: SectionId;
  /** The address of what kernels are told of it (src/kernels/assembly/parts/map-fields.ts). */
  lend(): number;
}

/** What an object had to say about a symbol that the script assigns. */
export interface ObjectDefinition {
  readonly object: ObjectId;
  /** A SectionId, or a value of `SymbolSection`. */
  readonly section: number;
  readonly valueLow: number;
  readonly valueHigh: number;
  readonly size: number;
  readonly info: number;
}

/** All that the passes of a link share: the columns. Everything else is passed from one to the next by name. */
export interface LinkModel {
  readonly options: LinkOptions;
  /** The memory of its columns, its names, and the bytes of its objects. */
  readonly arena: Arena;
  readonly names: NameTable;
  readonly objects: InputObject[];
  readonly sections: SectionTable;
  readonly symbols: SymbolTable;
  readonly groups: GroupTable;
  /** Sections named .gnu.warning or .gnu.warning.SYMBOL, in the order in which they were read. */
  readonly warningSections: SectionId[];
  readonly needs: NeedTable;
  readonly deletions: DeletionMap;
  /** Sections whose words come out in the opposite order: .ctors in .init_array, because they run from their end. */
  readonly reversed: Set<SectionId>;
  /** Symbols that the script assigns and an object defines too: DEFINED() is true of them, and until assigned they have that value. */
  readonly overridden: Map<SymbolId, ObjectDefinition>;
  /** Twice the number of each object of which a tentative definition held, if only for a while; plus 1 for thread-local ones. */
  readonly commonHolders: Set<number>;
  /** The bytes of an object's file as they were read, for messages that tell of what was left out of it. */
  readAgain?: (object: InputObject) => Uint8Array | undefined;
  merge?: MergeMap;
  /** The row that holds the attributes of all objects, and how many bytes theirs were. */
  attributes?: { readonly section: SectionId; readonly together: number };
  /** Where the output has a dynamic section: what is known of shared objects and for the loader. */
  dynamic?: DynamicLink;
  readonly trace: LinkTrace;
}
