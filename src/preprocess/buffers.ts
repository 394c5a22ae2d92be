/** What the reader of files works with: options, files being read, the search for includes. */
import type { Report } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import { type Lexer, type Token, WHITE } from "./tokens.ts";

export interface SearchPath {
  /** Only for `#include "…"`. */
  readonly quote: readonly string[];
  readonly angle: readonly string[];
  /** Files found there are marked as system headers: a part of `angle`. */
  readonly system: ReadonlySet<string>;
}

export interface ReaderOptions {
  readonly fileSystem: FileSystem;
  readonly report: Report;
  readonly search: SearchPath;
  readonly assembler: boolean;
  /** For __DATE__ and __TIME__. */
  readonly date: Date;
}

/** Told of what shows in the output beside tokens. */
export interface Listener {
  /** A file starts (`from` is the line that includes it), or goes on behind an `#include` or a `#line`. */
  fileChange(
    name: string,
    line: number,
    flag: "enter" | "return" | "rename",
    system: boolean,
    from?: number,
  ): void;
  /** A token is the first of its line. */
  lineChange(t: Token): void;
  /** A line to be printed as it is, such as `#pragma`. */
  directiveLine(line: number, text: string): void;
}

export interface Conditional {
  readonly at: Token;
  /** Lines are being left out. */
  skipping: boolean;
  /** A group was taken, or lines around are left out: no later group is. */
  readonly outer: boolean;
  taken: boolean;
  elseSeen: boolean;
}

export interface FileBuffer {
  /** As messages and markers name it; `#line` changes it. */
  name: string;
  readonly path: string;
  readonly original: string;
  readonly lexer: Lexer;
  /** What `#line` adds to line numbers. */
  shift: number;
  readonly conditionals: Conditional[];
  /** Index in the search list where it was found, for include_next. */
  readonly foundAt: number;
  readonly system: boolean;
  readonly source: { name: string; text: string };
  lineStarts?: number[];
  /** Whether the file is one `#ifndef NAME` … `#endif` with nothing around it. */
  guard: { state: "before" | "inside" | "behind" | "none"; name: string };
}

export interface FoundFile {
  readonly path: string;
  /** Where in the search list it was found; -1 beside the file, or by its whole path. */
  readonly index: number;
  readonly system: boolean;
}

/** The file that an `#include` means. */
export function findFile(
  fileSystem: FileSystem,
  search: SearchPath,
  buffer: FileBuffer,
  name: string,
  angle: boolean,
  next: boolean,
): FoundFile | undefined {
  if (name.startsWith("/"))
    return fileSystem.isFile(name) ? { path: name, index: -1, system: false } : undefined;
  const folder = buffer.path.includes("/") ? buffer.path.slice(0, buffer.path.lastIndexOf("/") + 1) : "";
  const list: [string, number][] = [];
  if (!angle && !next) {
    list.push([folder, -1]);
    for (const path of search.quote) list.push([path, -1]);
  }
  const from = next ? buffer.foundAt + 1 : 0;
  for (let i = from; i < search.angle.length; i++) list.push([search.angle[i], i]);
  for (const [directory, index] of list) {
    const path = directory === "" || directory.endsWith("/") ? directory + name : `${directory}/${name}`;
    const system = index < 0 ? buffer.system : search.system.has(directory);
    if (fileSystem.isFile(path)) return { path, index, system };
  }
  return undefined;
}

export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

export function spelled(tokens: readonly Token[], leading: boolean): string {
  let text = "";
  for (const [i, t] of tokens.entries())
    text += ((i || leading) && (t.flags & WHITE || (leading && !i)) ? " " : "") + t.text;
  return text;
}

export const DIRECTIVES = new Set(
  "define undef include include_next import if ifdef ifndef elif elifdef elifndef else endif error warning line pragma ident sccs".split(
    " ",
  ),
);
