import type { Report } from "../../diagnostics/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";

/** --retain-symbols-file: whether a name stays in the symbol table; undefined where all do. */
export function readRetained(
  options: LinkOptions,
  files: FileSystem,
  report: Report,
): ((name: string) => boolean) | undefined {
  const path = options.retainSymbolsFile;
  if (path === undefined) return undefined;
  const opened = files.open(path);
  if (isProblem(opened)) {
    report.error("LD0304", undefined, `${path}: ${opened.problem}`, {
      lld: `cannot open ${path}: ${opened.problem}`,
    });
    return undefined;
  }
  const text = new TextDecoder().decode(opened.read(0, opened.size));
  opened.close();
  const kept = new Set(text.split(/\s+/).filter((name) => name !== ""));
  return (name) => kept.has(name);
}
