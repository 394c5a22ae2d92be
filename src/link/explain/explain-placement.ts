import { type Span, sourceLine } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { InputSections, SectionPattern } from "../../script/index.ts";
import { attemptText } from "../layout/several-regions.ts";
import type { LinkResult } from "../link.ts";
import type { InputStatement, OutputStatement } from "../place/placement.ts";
import { fileMatches, isExcludedBy } from "../statements/file-match.ts";
import { nameMatches } from "../statements/glob.ts";
import { flagMask } from "../statements/wild.ts";

// Why an input section is where it is: the statement that took it, and each
// one before it that looked likely but did not, with what was missing.

/** `l.ld:12`, or what stands for a place in no file. */
export function placeText(span: Span | undefined): string {
  return span ? `${span.source.name}:${sourceLine(span).line}` : "the linker itself";
}

/** The words of a statement on one line. */
export function statementText(span: Span): string {
  return span.source.text.slice(span.start, span.end).replace(/\s+/g, " ");
}

export function explainPlacement(result: LinkResult, section: SectionId): string[] {
  const model = result.inputs?.model;
  const placement = result.placement;
  if (!model || !placement) return [];
  const { sections, trace, names } = model;
  const lines: string[] = [];
  const rule = trace.rules[sections.rule[section]];
  const name = names.text(sections.name[section]);
  if (!rule) lines.push("placed by the linker itself: no statement of the script names it");
  else if (rule.reason !== undefined)
    lines.push(
      `an orphan: no statement of the script takes ${name}, so it is in ${rule.outputSection} (${rule.reason})`,
    );
  else lines.push(`taken by ${rule.text} of ${rule.outputSection}   ${placeText(rule.span)}`);

  let others = 0;
  const refused = placement.several?.attempts.get(section) ?? [];
  for (const { statement, output } of patternStatements(placement.statements)) {
    if (statement.rule === sections.rule[section]) break;
    const attempt = refused.find((each) => each.rule === statement.rule);
    const why = attempt ? attemptText(attempt) : whyNot(model, statement.node, output, section);
    if (why === undefined) continue;
    if (why === "name") others++;
    else
      lines.push(
        `  not by ${statementText(statement.node.span)} of ${output.name}   ${placeText(statement.node.span)}: ${why}`,
      );
  }
  if (others > 0)
    lines.push(
      `  nor by ${others} statement${others === 1 ? "" : "s"} before it, whose patterns do not match ${name}`,
    );
  return lines;
}

function* patternStatements(
  statements: readonly { readonly kind: string }[],
): Generator<{ statement: InputStatement & { readonly node: InputSections }; output: OutputStatement }> {
  for (const output of statements as readonly OutputStatement[]) {
    if (output.kind !== "output") continue;
    for (const child of output.children)
      if (child.kind === "input" && child.node)
        yield { statement: child as InputStatement & { readonly node: InputSections }, output };
  }
}

/** What was missing; `name`: none of the patterns matches the section's name; undefined: it would have matched. */
function whyNot(
  model: LinkModel,
  node: InputSections,
  output: OutputStatement,
  section: SectionId,
): string | undefined {
  const { sections, names, objects } = model;
  const name = names.text(sections.name[section]);
  const matching = (node.sections ?? []).filter((pattern) => nameMatches(pattern.pattern.text, name));
  if (node.sections && matching.length === 0) return "name";
  if (output.dropped)
    return `${output.constraint} does not hold for ${output.name}, so none of its statements counts`;
  const object = objects[Math.max(0, sections.object[section])];
  if (node.file && !fileMatches(node.file.pattern.text, object))
    return `${object.name} does not match ${node.file.pattern.text}`;
  const outside = node.file?.exclude.find((pattern) => isExcludedBy(pattern.text, object));
  if (outside) return `EXCLUDE_FILE(${outside.text}) leaves out ${object.name}`;
  const inside = excludedBy(matching, (text) => isExcludedBy(text, object));
  if (inside !== undefined) return `EXCLUDE_FILE(${inside}) leaves out ${object.name}`;
  if (node.flags) {
    const mask = flagMask(node.flags);
    const flags = sections.flags[section];
    if ((flags & mask.all) !== mask.all || (flags & mask.none) !== 0)
      return `INPUT_SECTION_FLAGS asks for other flags than 0x${(flags >>> 0).toString(16)}`;
  }
  return undefined;
}

/** The exclusion that holds for every matching pattern: of the last one. */
function excludedBy(
  patterns: readonly SectionPattern[],
  excludes: (text: string) => boolean,
): string | undefined {
  let found: string | undefined;
  for (const pattern of patterns) {
    const exclusion = pattern.exclude.find((name) => excludes(name.text));
    if (!exclusion) return undefined;
    found = exclusion.text;
  }
  return found;
}
