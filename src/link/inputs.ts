import type { Report, Source } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import type { LinkModel, LinkOptions, ObjectId, SectionId, SymbolId } from "../model/index.ts";
import type { Script } from "../script/index.ts";
import type { ScriptCommands } from "./commands.ts";

/** A file that was read, for the map's LOAD lines and --trace. */
export interface LoadedFile {
  readonly path: string;
  readonly archive: boolean;
}

/** A second definition of a symbol that had one. */
export interface DuplicateSymbol {
  readonly symbol: SymbolId;
  readonly object: ObjectId;
  readonly section: SectionId;
  readonly value: number;
  readonly elfIndex: number;
}

/** The result of reading and resolving all inputs: from here on, no input file and no symbol is added. */
export interface ResolvedInputs {
  readonly model: LinkModel;
  /** The script commands, with those of implicit scripts. */
  readonly commands: ScriptCommands;
  readonly files: readonly LoadedFile[];
  readonly duplicates: readonly DuplicateSymbol[];
  /** Archives that were looked into, with the path of each: for hints about undefined symbols. */
  archivesWith(symbol: string): readonly string[];
}

/** Parses an input file that turned out to be a linker script. */
export type ParseScript = (source: Source) => Script;

/** Finds and reads every input, extracts archive members, and decides what each global symbol is. */
export declare function resolveInputs(
  options: LinkOptions,
  commands: ScriptCommands,
  files: FileSystem,
  report: Report,
  parseImplicit: ParseScript,
): ResolvedInputs;
