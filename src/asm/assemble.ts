import type { Report } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import { Assembler } from "./assembler.ts";
import type { AssembleOptions } from "./options.ts";
import type { AssembledObject } from "./result.ts";

/** A source to assemble: what it is called, and its bytes. */
export interface AssemblySource {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Assembles sources, one after another, into one object; undefined if there were errors. */
export function assemble(
  _sources: readonly AssemblySource[],
  options: AssembleOptions,
  files: FileSystem,
  report: Report,
): AssembledObject | undefined {
  const assembler = new Assembler(options, files, report);
  void assembler;
  return undefined;
}
