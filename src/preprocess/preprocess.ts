import type { Report } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import { commandLineDefinition } from "./macros.ts";
import { Printer } from "./print.ts";
import { Reader } from "./reader.ts";
import { lexLine } from "./tokens.ts";

export interface PreprocessOptions {
  readonly fileSystem: FileSystem;
  readonly report: Report;
  /** Where `#include "…"` looks behind the folder of the file, then where both kinds look, in order. */
  readonly quotePath?: readonly string[];
  readonly includePath?: readonly string[];
  readonly systemPath?: readonly string[];
  /** As they would stand behind `#define`. */
  readonly predefined?: readonly string[];
  /** -D and -U in the order given: `NAME`, `NAME=VALUE`. */
  readonly definitions?: readonly { readonly define?: string; readonly undefine?: string }[];
  /** Read before the file, as if it included them. */
  readonly include?: readonly string[];
  /** `# 3 "file.S"` between lines of different origin (on by default). */
  readonly markers?: boolean;
  /** For __DATE__ and __TIME__; without it they are those of 1970. */
  readonly date?: Date;
}

export interface Preprocessed {
  readonly text: string;
  /** Every file read: the source first. */
  readonly files: readonly string[];
}

/** Preprocesses an assembly source, as a C compiler does with a `.S` file. */
export function preprocess(path: string, options: PreprocessOptions): Preprocessed {
  const { fileSystem, report, includePath = [], systemPath = [] } = options;
  const printer = new Printer(options.markers ?? true);
  const reader = new Reader(
    {
      fileSystem,
      report,
      search: {
        quote: options.quotePath ?? [],
        angle: [...includePath, ...systemPath],
        system: new Set(systemPath),
      },
      assembler: true,
      date: options.date ?? new Date(0),
    },
    printer,
  );
  for (const line of options.predefined ?? []) reader.define(lexLine(line), "<built-in>");
  for (const { define, undefine } of options.definitions ?? []) {
    if (define !== undefined) reader.define(commandLineDefinition(define), "<command-line>");
    if (undefine !== undefined) reader.macros.delete(undefine);
  }
  if (reader.enter(path, path, -1, false)) {
    for (const file of [...(options.include ?? [])].reverse()) reader.enter(file, file, -1, false);
    const { expander } = reader;
    for (let t = expander.next(); t.type !== "end"; t = expander.next()) printer.put(t);
  }
  return { text: printer.finish(), files: reader.files };
}
