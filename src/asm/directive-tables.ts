import type { Assembler } from "./assembler.ts";
import { cfiDirectives } from "./cfi.ts";
import { conditionalDirectives } from "./conditionals.ts";
import type { DirectiveTable } from "./directives.ts";
import { dataDirectives } from "./directives-data.ts";
import { fileDirectives } from "./directives-file.ts";
import { listingDirectives } from "./directives-listing.ts";
import { rawDirectives } from "./directives-raw.ts";
import { sectionDirectives } from "./directives-sections.ts";
import { symbolDirectives } from "./directives-symbols.ts";
import { targetDirectives } from "./directives-target.ts";
import { lineDirectives } from "./lines.ts";
import { macroDirectives } from "./macros.ts";

/** The directives by subject; in later tables a name replaces that of an earlier one. */
const tables: readonly DirectiveTable[] = [
  dataDirectives,
  symbolDirectives,
  sectionDirectives,
  conditionalDirectives,
  macroDirectives,
  fileDirectives,
  targetDirectives,
  rawDirectives,
  lineDirectives,
  listingDirectives,
  cfiDirectives,
];

/** Makes the directives known by their names. */
export function registerDirectives(assembler: Assembler): void {
  const { names, directives } = assembler;
  for (const table of tables) {
    for (const [name, entry] of Object.entries(table)) {
      const [handler, argument] = typeof entry === "function" ? [entry, 0] : entry;
      directives[names.internText(`.${name}`)] = { handler, argument };
    }
  }
  for (const name of Object.keys(conditionalDirectives))
    assembler.conditionalNames.add(names.internText(`.${name}`));
}

/** Every directive, with its dot. */
export function directiveNames(): string[] {
  return tables.flatMap((table) => Object.keys(table).map((name) => `.${name}`));
}
