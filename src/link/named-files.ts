import type { Span } from "../diagnostics/index.ts";
import type { SectionStatement, SectionsCommand } from "../script/index.ts";
import type { ScriptCommands } from "./commands.ts";

/** The files that patterns in SECTIONS name exactly. */
export function namedFiles(commands: ScriptCommands): { name: string; span: Span }[] {
  const found: { name: string; span: Span }[] = [];
  const visit = (contents: readonly SectionStatement[]): void => {
    for (const statement of contents) {
      if (statement.kind === "include") visit(statement.items);
      if (statement.kind !== "input-sections" || !statement.file) continue;
      const { pattern } = statement.file;
      if (pattern.text !== "" && !/[*?[:]/.test(pattern.text))
        found.push({ name: pattern.text, span: pattern.span });
    }
  };
  for (const statement of commands.statements as readonly SectionsCommand[]) {
    if (statement.kind === "output-section") visit(statement.contents);
    else if (statement.kind === "overlay") for (const section of statement.sections) visit(section.contents);
  }
  return found;
}
