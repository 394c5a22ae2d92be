import type { Report } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import type { LinkOptions } from "../model/index.ts";

/** What a command line asks for beside a link. */
export type LinkAction =
  | "link"
  | "help"
  | "version"
  | "target-help"
  | "print-output-format"
  | "print-sysroot";

/** A command line, read. */
export interface ParsedArguments {
  readonly options: LinkOptions;
  /** The first of these that the command line asks for; `link` otherwise. */
  readonly action: LinkAction;
  /** -v and -V: the version is printed before the link; `emulations` with the list of -V and --verbose. */
  readonly announce: "no" | "version" | "emulations";
  /** --verbose: the script in use is printed. */
  readonly verbose: boolean;
}

/** The options of a command line, `argv` being what follows the program's name. Response files are read from `files`. */
export declare function parseArguments(
  argv: readonly string[],
  program: string,
  compat: "gnu" | "lld",
  files: FileSystem,
  report: Report,
): ParsedArguments;
