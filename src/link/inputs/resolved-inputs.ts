import type { LinkModel, SectionId, SymbolId } from "../../model/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import type { DuplicateSymbol } from "../symbols/resolve.ts";

/** A file that was read, for the map's LOAD lines. */
export interface LoadedFile {
  readonly path: string;
  readonly archive: boolean;
  /** The number of the input that named it; "script" for INPUT and GROUP of -T, "pattern" for a name in SECTIONS. */
  readonly from: number | "script" | "pattern";
  /** No file: GROUP of a script that stands among the inputs begins or ends here. */
  readonly group?: "START" | "END";
}

/** The result of reading and resolving all inputs: from here on, no input file and no symbol is added. */
export interface ResolvedInputs {
  readonly model: LinkModel;
  /** The script commands, with those of implicit scripts. */
  readonly commands: ScriptCommands;
  readonly files: readonly LoadedFile[];
  readonly duplicates: readonly DuplicateSymbol[];
  /** Undefined symbols that some object defines in a section that was not taken: that section. */
  readonly discarded: ReadonlyMap<SymbolId, SectionId>;
  readonly lost: ReadonlySet<SymbolId>;
  /** The archives on the command line whose index has a symbol: for hints about undefined ones. */
  archivesWith(symbol: string): readonly string[];
  /** --retain-symbols-file: whether a name stays in the symbol table. */
  readonly retain: ((name: string) => boolean) | undefined;
}
