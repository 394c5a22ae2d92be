import type { Span } from "../../diagnostics/index.ts";
import type { Input, SectionStatement, SectionsCommand } from "../../script/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";

/** What a script of -T has GNU ld read where the script stands among the files. */
export interface ScriptFiles {
  readonly inputs: Input[];
  readonly named: { name: string; span: Span }[];
}

/**
 * The files that scripts name, by the number of the script; -1 for the others. What a script includes counts as its own.
 */
export function filesByScript(
  commands: ScriptCommands,
  scripts: readonly string[],
): ReadonlyMap<number, ScriptFiles> {
  const found = new Map<number, ScriptFiles>();
  const filesOf = (script: number): ScriptFiles => {
    const known = found.get(script) ?? { inputs: [], named: [] };
    found.set(script, known);
    return known;
  };
  const follow = (): ((span: Span) => ScriptFiles) => {
    let current = scripts.length > 0 ? 0 : -1;
    return ({ source }) => {
      const own = scripts.indexOf(source.name);
      if (own >= 0) current = own;
      return filesOf(current);
    };
  };
  const ofInput = follow();
  for (const input of commands.inputs) ofInput(input.span).inputs.push(input);
  const ofPattern = follow();
  for (const file of namedFiles(commands)) ofPattern(file.span).named.push(file);
  return found;
}

/** The files that patterns in SECTIONS name exactly. */
export function namedFiles(commands: ScriptCommands): { name: string; span: Span }[] {
  const found: { name: string; span: Span }[] = [];
  const visit = (contents: readonly SectionStatement[]): void => {
    for (const statement of contents) {
      if (statement.kind === "include") visit(statement.items);
      if (statement.kind !== "input-sections" || !statement.file) continue;
      const { pattern } = statement.file;
      if (pattern.text !== "" && !pattern.text.includes("*") && !/[*?[:]/.test(pattern.text))
        found.push({ name: pattern.text, span: pattern.span });
    }
  };
  for (const statement of commands.written as readonly SectionsCommand[]) {
    if (statement.kind === "output-section") visit(statement.contents);
    else if (statement.kind === "overlay") for (const section of statement.sections) visit(section.contents);
  }
  return found;
}
