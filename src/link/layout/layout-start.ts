import type { Report } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { type Expression, sectionTypeOf } from "../../script/index.ts";
import type { Target } from "../../targets/index.ts";
import {
  type AssignmentStatement,
  type ChildStatement,
  type LayoutMemory,
  type OutputStatement,
  type Placement,
  SectionFlag,
} from "../place/placement.ts";
import { SHT_NOBITS } from "../place/section-flags.ts";
import { BUILT_IN, symbolsIn } from "../statements/commands.ts";
import { PatternIndex } from "../statements/pattern-index.ts";
import { LayoutContext } from "./layout-context.ts";
import { assign, fillPattern, plainValue, powerValue } from "./layout-walk.ts";
import { SizePass } from "./size-pass.ts";

// What layout settles before its walks: constants, alignments, which sections
// are empty and go, and whether anything is to become read-only.

/** The first time: constants, alignments, and which sections are empty. */
export function startLayout(
  model: LinkModel,
  placement: Placement,
  target: Target,
  report: Report,
): LayoutMemory {
  const context = new LayoutContext(model, placement, target, report);
  context.numbered = placement.outputs;
  context.phase = "first";
  for (const output of placement.outputs)
    for (const name of [output.loadRegion, output.region])
      if (name && !output.isOrphan) context.regions.named(name.text, name.span);
  // Every assignment makes its symbol, even one in a section that is left out.
  for (const statement of placement.written)
    for (const each of statement.kind === "output" ? statement.children : [statement])
      if (each.kind === "assignment" && (!each.node.provide || isProvidedEarly(context, each)))
        assign(context, each, undefined, 0n);
  context.regions.evaluate(context.at(undefined), report);
  checkFills(context, placement, report);
  context.phase = "mark";
  inheritLoadRegions(context, placement);
  for (const output of placement.outputs) {
    if (output.dropped || !output.exists) continue;
    const power = powerValue(context, output.align, "section alignment");
    if (power > output.alignPower) output.alignPower = power;
    if (output.dataSetsType) output.scriptType = typeOf(context, output, report);
  }
  // With -r all sections stay, and GNU ld walks only once: an alignment that the walk finds comes too late.
  if (model.options.oformat !== "binary") alignTls(placement);
  if (model.options.kind !== "relocatable") {
    context.regions.reset();
    const options = { checkRegions: false, demandRegions: false, onOverflow: () => {} };
    new SizePass(context, options, 0).run(placement.statements);
    if (context.movedBack.size > 0) report.take(context.report);
    placement.several?.dropLost(placement.discarded);
    dropEmpty(model, placement);
    findRelro(context, placement);
  }
  return {
    context,
    programHeaderSize: undefined,
    round: 0,
    drafted: false,
    fatal: undefined,
    draftSymbols: 0,
  };
}

/**
 * A PROVIDE in a script that stands behind the inputs, as the built-in one does, is met when all that refers to its
 * symbol is known, and so goes before others of the name.
 */
function isProvidedEarly(context: LayoutContext, statement: AssignmentStatement): boolean {
  const { options } = context.model;
  if (options.compat === "lld" || statement.node.target.text === ".") return false;
  const { name } = statement.node.span.source;
  const script = options.scripts.indexOf(name);
  const isLate =
    script < 0 ? name.startsWith(BUILT_IN) : options.scriptPositions[script] === options.inputs.length;
  if (!isLate || options.scripts.length === 0 || !context.isWanted(statement.node.target.text)) return false;
  statement.provided = true;
  return true;
}

/** What padding is filled with must be known before anything has an address. */
function checkFills(context: LayoutContext, placement: Placement, report: Report): void {
  const check = (fill: Expression): void => {
    const [symbol] = symbolsIn(fill);
    if (!symbol) fillPattern(context, fill, report);
    else report.error("LD0523", fill.span, "nonconstant expression for fill value");
  };
  for (const output of placement.outputs) {
    if (output.fill) check(output.fill);
    for (const child of output.children) if (child.kind === "fill") check(child.node.value);
  }
}

/** The TLS image starts aligned for all of it: its first section has the largest alignment. */
function alignTls(placement: Placement): void {
  const order = placement.headerOrder;
  const isTls = (output: OutputStatement) => (output.flags & SectionFlag.threadLocal) !== 0;
  const at = order.findIndex(isTls);
  for (let i = at + 1; at >= 0 && i < order.length && isTls(order[i]); i++)
    if (order[i].alignPower > order[at].alignPower) order[at].alignPower = order[i].alignPower;
}

function typeOf(context: LayoutContext, output: OutputStatement, report: Report): number {
  const expression = output.type?.type;
  if (!expression) return 0;
  const type = sectionTypeOf(expression) ?? plainValue(context, expression, "section type");
  if (type !== undefined) return Number(type);
  report.error("LD0503", expression.span, `invalid type for output section \`${output.name}'`, {
    unplaced: true,
  });
  return 0;
}

/** A section goes on in the load region of the one before it, where it is in the same region and says nothing. */
function inheritLoadRegions(context: LayoutContext, placement: Placement): void {
  const regionOf = (output: OutputStatement) =>
    output.region ? (context.regions.find(output.region.text) ?? output.region.text) : undefined;
  let previous: OutputStatement | undefined;
  for (const output of placement.outputs) {
    const free = !output.loadRegion && !output.loadBase && !output.address;
    if (previous && free && regionOf(previous) === regionOf(output))
      output.inheritedLoadRegion = previous.loadRegion ?? previous.inheritedLoadRegion;
    previous = output;
  }
}

/** Whether some input section is in it: what the linker made and had no use for does not count. */
function hasInputs(model: LinkModel, { empty, several }: Placement, output: OutputStatement): boolean {
  if (several?.wasOffered(output)) return true;
  const { object } = model.sections;
  const counts = (section: SectionId) => object[section] >= 0 && !empty.has(section);
  return output.children.some((child) => child.kind === "input" && child.sections.some(counts));
}

/** Output sections without contents go, unless an assignment to the location counter wants them. */
function dropEmpty(model: LinkModel, placement: Placement): void {
  for (const output of placement.outputs) {
    if (output.dropped || !output.exists) continue;
    if (output.size !== 0 || (output.flags & SectionFlag.keep) !== 0) continue;
    if (model.options.emitRelocations && hasInputs(model, placement, output)) continue;
    output.excluded = true;
    if (!output.keepsPlace) output.ignored = true;
  }
}

/**
 * -z relro has an effect only if something is matched by the patterns between DATA_SEGMENT_ALIGN and
 * DATA_SEGMENT_RELRO_END. GNU ld does not ask whether they also took it: the unwind tables that an earlier statement
 * took count where a later, writable .eh_frame would have been.
 */
function findRelro(context: LayoutContext, placement: Placement): void {
  const from = context.relroStartStatement;
  const to = context.relroEndStatement;
  const first = from ? placement.statements.indexOf(from) : placement.statements.length;
  const last = to ? placement.statements.indexOf(to) : placement.statements.length;
  const between = placement.statements.slice(first, last).filter((statement) => statement.kind === "output");
  if (between.some((output) => output.exists && !output.excluded && hasRoom(context.model, output))) return;
  const children = between.flatMap((statement) => statement.children);
  if (!matchesPresent(context.model, placement, children)) context.relro = false;
}

/** Whether a pattern of the statements matches the name of any input section that takes up room in the image. */
function matchesPresent(
  model: LinkModel,
  placement: Placement,
  children: readonly ChildStatement[],
): boolean {
  const { sections, names } = model;
  const patterns = children.flatMap((child) =>
    child.kind === "input" && child.node ? (child.node.sections ?? []) : [],
  );
  const index = new PatternIndex(
    names,
    patterns.map(({ pattern }) => ({ pattern: pattern.text, rank: 0 })),
  );
  const wanted = patterns.map(({ pattern }) => literalOf(pattern.text));
  for (const output of placement.outputs) {
    if (!output.exists || output.excluded || output.dropped) continue;
    for (const child of output.children) {
      if (child.kind !== "input") continue;
      // What a statement took begins as its patterns do: nearly always that settles it for all.
      const taken = child.node?.sections;
      if (taken?.every(({ pattern }) => differsFromAll(literalOf(pattern.text), wanted))) continue;
      const rows = child.sections;
      for (let i = 0; i < rows.length; i++)
        if (index.matches(sections.name[rows[i]]).length > 0 && takesRoom(model, rows[i])) return true;
    }
  }
  return false;
}

/** What names that a pattern matches begin with. */
function literalOf(pattern: string): string {
  for (let i = 0; i < pattern.length; i++) if ("*?[\\".includes(pattern[i])) return pattern.slice(0, i);
  return pattern;
}

/** Whether no name begins both with `literal` and with one of `others`. */
function differsFromAll(literal: string, others: readonly string[]): boolean {
  return !others.some((other) => other.startsWith(literal) || literal.startsWith(other));
}

/** Whether a statement of the script took something that takes up room in the image. */
function hasRoom(model: LinkModel, output: OutputStatement): boolean {
  return output.children.some(
    (child) => child.kind === "input" && child.node && child.sections.some((row) => takesRoom(model, row)),
  );
}

function takesRoom({ sections }: LinkModel, row: SectionId): boolean {
  if ((sections.flags[row] & 2) === 0 || sections.size[row] === 0) return false;
  return !isTbssRow(sections.type[row], sections.flags[row]);
}

function isTbssRow(type: number, flags: number): boolean {
  return type === SHT_NOBITS && (flags & 0x400) !== 0;
}
