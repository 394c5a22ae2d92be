import { NameTable } from "../binary/index.ts";
import { startArena } from "../kernels/index.ts";
import { GroupTable } from "./groups.ts";
import type { LinkModel } from "./model.ts";
import { NeedTable } from "./needs.ts";
import type { LinkOptions } from "./options.ts";
import { DeletionMap } from "./section-map.ts";
import { SectionTable } from "./sections.ts";
import { SymbolTable } from "./symbols.ts";

/** A link that has read nothing yet, and its memory. */
export function newModel(options: LinkOptions): LinkModel {
  const arena = startArena();
  return {
    options,
    arena,
    names: new NameTable(),
    objects: [],
    sections: new SectionTable(),
    symbols: new SymbolTable(),
    groups: new GroupTable(),
    warningSections: [],
    needs: new NeedTable(),
    deletions: new DeletionMap(),
    reversed: new Set(),
    overridden: new Map(),
    commonHolders: new Set(),
    trace: {
      extractions: [],
      rules: [],
      liveFrom: new Int32Array(0),
      liveThrough: new Int32Array(0),
      liveRoots: new Map(),
      duplicateOf: new Map(),
      assignments: new Map(),
      neededLibraries: [],
      propertyMerges: undefined,
    },
  };
}
