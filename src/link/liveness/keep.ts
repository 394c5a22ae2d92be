import { sourceLine } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { InputSections, SectionStatement } from "../../script/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import { FileTest, fileMatches, isExcludedBy } from "../statements/file-match.ts";
import { nameMatches } from "../statements/glob.ts";
import { PatternIndex } from "../statements/pattern-index.ts";
import { flagMask } from "../statements/wild.ts";

/** One pattern of a KEEP statement. */
interface KeepPattern {
  readonly pattern: string;
  readonly rank: number;
  readonly file: FileTest | undefined;
  readonly excludes: readonly FileTest[];
  readonly flags: { readonly all: number; readonly none: number } | undefined;
  readonly why: string;
}

/**
 * Shows `keep` every section that some KEEP statement matches, with the words
 * that say which. Like GNU ld: whether another statement takes the section
 * before, or has it already, does not matter.
 */
export function forEachKept(
  model: LinkModel,
  commands: ScriptCommands,
  keep: (section: SectionId, why: string) => void,
): void {
  const patterns = keepPatterns(model, commands);
  if (patterns.length === 0) return;
  const { sections } = model;
  const index = new PatternIndex(model.names, patterns);
  const { count } = sections;
  index.begin(sections, undefined, count, false);
  for (let section = index.nextRow(1); section < count; section = index.nextRow(section + 1)) {
    const found = index.matches(sections.name[section]);
    for (let i = 0; i < found.length; i++) {
      const pattern = patterns[found[i]];
      if (!holds(model, pattern, section)) continue;
      keep(section, pattern.why);
      break;
    }
  }
}

/** Tells of single sections whether some KEEP statement matches them; needs no kernels. */
export function keptByScript(model: LinkModel, commands: ScriptCommands): (section: SectionId) => boolean {
  const patterns = keepPatterns(model, commands);
  const { names, sections } = model;
  return (section) => {
    const name = names.text(sections.name[section]);
    return patterns.some((each) => nameMatches(each.pattern, name) && holds(model, each, section));
  };
}

function holds({ sections }: LinkModel, pattern: KeepPattern, section: SectionId): boolean {
  const object = sections.object[section];
  if (pattern.file && !pattern.file.holds(object)) return false;
  for (const exclude of pattern.excludes) if (exclude.holds(object)) return false;
  const { flags } = pattern;
  if (!flags) return true;
  return (sections.flags[section] & flags.all) === flags.all && (sections.flags[section] & flags.none) === 0;
}

function keepPatterns(model: LinkModel, commands: ScriptCommands): KeepPattern[] {
  const patterns: KeepPattern[] = [];
  const visit = (contents: readonly SectionStatement[]): void => {
    for (const statement of contents) {
      if (statement.kind === "include") visit(statement.items);
      else if (statement.kind === "input-sections" && statement.keep) add(statement);
    }
  };
  const add = (statement: InputSections): void => {
    const { file } = statement;
    const where = `${statement.span.source.name}:${sourceLine(statement.span).line}`;
    const anyFile = file === undefined || file.pattern.text === "*";
    const fileTest = anyFile
      ? undefined
      : new FileTest(model, (object) => fileMatches(file.pattern.text, object));
    const flags = statement.flags ? flagMask(statement.flags) : undefined;
    const given = statement.sections ?? [];
    const specs = given.length > 0 ? given : [{ pattern: { text: "*" }, exclude: [] }];
    for (const spec of specs) {
      const excludes: FileTest[] = [];
      for (const names of [file?.exclude ?? [], spec.exclude])
        if (names.length > 0)
          excludes.push(
            new FileTest(model, (object) => names.some((name) => isExcludedBy(name.text, object))),
          );
      const pattern = spec.pattern.text;
      patterns.push({
        pattern,
        rank: patterns.length,
        file: fileTest,
        excludes,
        flags,
        why: `KEEP in ${where}`,
      });
    }
  };
  for (const statement of [...commands.statements, ...commands.overwrite]) {
    if (statement.kind === "output-section") visit(statement.contents);
    else if (statement.kind === "overlay") for (const section of statement.sections) visit(section.contents);
  }
  return patterns;
}
