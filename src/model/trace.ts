import type { Span } from "../diagnostics/index.ts";
import type { ObjectId } from "./object.ts";
import type { SectionId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/** A statement of the script (or a policy of the linker) that puts input sections somewhere. */
export interface PlacementRule {
  /** As the user would say it: `*(.text .text.*)`, or `orphan`. */
  readonly text: string;
  readonly span?: Span;
  readonly outputSection: string;
  readonly keep: boolean;
  /** For an orphan: the output section it was put after, and why that one. */
  readonly reason?: string;
}

/** An archive member that was pulled in. */
export interface Extraction {
  readonly object: ObjectId;
  /** The symbol it was pulled in for; 0 with --whole-archive. */
  readonly symbol: SymbolId;
  /** Who wanted it; -1: the script or the command line, see `because`. */
  readonly by: ObjectId;
  because(): string;
}

/**
 * What the passes record on the way, so that "why" can be answered by looking
 * up instead of by a second implementation. Append-only; cheap: a few words
 * for each section.
 */
export interface LinkTrace {
  readonly extractions: Extraction[];
  /** Indexed by `SectionTable.rule`. */
  readonly rules: PlacementRule[];
  /** With --gc-sections: the section whose relocation (or group, or link order) reached this one first; 0 for roots and the dead. */
  liveFrom: Int32Array;
  /** The symbol that reference went through; 0 for none. */
  liveThrough: Int32Array;
  /** Why a root is one: `entry symbol _start`, `KEEP in l.ld:12`, `SHF_GNU_RETAIN`. */
  readonly liveRoots: Map<SectionId, string>;
  /**
   * For a duplicate link-once section: the object whose copy was taken. A duplicate member of a COMDAT group has
   * the group that was taken in `SectionTable.group`.
   */
  readonly duplicateOf: Map<SectionId, ObjectId>;
  /** Global symbols that the script defines: its assignment. */
  readonly assignments: Map<SymbolId, Span>;
  /** Shared libraries that --as-needed left in: for which symbol, and who refers to it. */
  readonly neededLibraries: { readonly soname: string; readonly by: string; readonly symbol: string }[];
  /** For a map: what became of GNU properties that not all objects have alike; undefined where none has any. */
  propertyMerges: string[] | undefined;
}
