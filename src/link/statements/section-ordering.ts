import type { Report } from "../../diagnostics/index.ts";
import type { Command, OutputSection, Script, SectionsCommand } from "../../script/index.ts";

// --section-ordering-file of GNU ld 2.43: what the file puts into an output
// section of the script in use comes first there. Patterns match in the order
// of the script all the same, so an output section further up can still take an
// input section that the file names.

/** The scripts with the statements of the ordering files at the start of the output sections that they name. */
export function orderedScripts(
  scripts: readonly Script[],
  orderings: readonly OutputSection[],
  report: Report,
): Script[] {
  let result = [...scripts];
  // The last one goes first, so that in the end the first does.
  for (const ordering of [...orderings].reverse()) {
    let found = false;
    result = result.map((script) => {
      if (found) return script;
      const commands = inCommands(script.commands, ordering);
      found = commands !== script.commands;
      return found ? { ...script, commands } : script;
    });
    if (found) continue;
    const message = `output section '${ordering.name.text}' must already exist`;
    report.error("LD0324", ordering.span, `error: ${message}`, { lld: message });
  }
  return result;
}

/** The same list, if the output section is not in it. */
function inCommands(commands: readonly Command[], ordering: OutputSection): readonly Command[] {
  for (const [index, command] of commands.entries()) {
    let changed = command;
    if (command.kind === "sections") {
      const inner = inSections(command.commands, ordering);
      if (inner !== command.commands) changed = { ...command, commands: inner };
    } else if (command.kind === "include") {
      const items = inCommands(command.items, ordering);
      if (items !== command.items) changed = { ...command, items };
    }
    if (changed !== command) return commands.with(index, changed);
  }
  return commands;
}

function inSections(
  commands: readonly SectionsCommand[],
  ordering: OutputSection,
): readonly SectionsCommand[] {
  const name = ordering.name.text;
  for (const [index, command] of commands.entries()) {
    let changed: SectionsCommand = command;
    if (command.kind === "output-section" && command.name.text === name) {
      changed = { ...command, contents: [...ordering.contents, ...command.contents] };
    } else if (command.kind === "overlay" && command.sections.some((section) => section.name.text === name)) {
      const sections = command.sections.map((section) =>
        section.name.text === name
          ? { ...section, contents: [...ordering.contents, ...section.contents] }
          : section,
      );
      changed = { ...command, sections };
    } else if (command.kind === "include") {
      const items = inSections(command.items, ordering);
      if (items !== command.items) changed = { ...command, items };
    }
    if (changed !== command) return commands.with(index, changed);
  }
  return commands;
}
