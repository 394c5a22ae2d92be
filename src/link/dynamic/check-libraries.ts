import type { Report } from "../../diagnostics/index.ts";
import { SHN_UNDEF, STB_LOCAL, STB_WEAK } from "../../elf/index.ts";
import { type DynamicLink, type LinkModel, Mention, SymbolSection } from "../../model/index.ts";
import { sharedSymbol } from "./shared-symbol.ts";

/** Reports what shared objects refer to and nobody defines: the program would not start. */
export function checkLibraries(model: LinkModel, dynamic: DynamicLink, report: Report): void {
  const { symbols, names, options } = model;
  if (options.shlibUndefined === "ignore") return;
  const reported = new Set<number>();
  for (const library of dynamic.libraries)
    for (let i = library.firstGlobal; i < library.symbolCount; i++) {
      const entry = sharedSymbol(library, i);
      if (entry.section !== SHN_UNDEF || entry.binding === STB_LOCAL || entry.binding === STB_WEAK) continue;
      const name = library.names[i];
      if (reported.has(name) || dynamic.definition(name) !== 0) continue;
      if ((dynamic.mention(name) & Mention.hidden) !== 0) continue;
      const symbol = symbols.global(name);
      if (symbol !== 0 && symbols.section[symbol] !== SymbolSection.undefined) continue;
      // What the program refers to itself is reported there.
      if (symbol !== 0 && symbols.object[symbol] >= 0 && !options.gcSections) continue;
      reported.add(name);
      const version = library.imports.get(entry.version);
      const text = `${names.text(name)}${version === undefined ? "" : `@${version}`}`;
      const message = `undefined reference to \`${text}'`;
      if (options.warnUnresolved) report.warning("LD0410", library.path, message);
      else report.error("LD0410", library.path, message);
    }
}
