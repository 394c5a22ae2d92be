import type { Report, Span } from "../../diagnostics/index.ts";
import type { Name, SectionStatement } from "../../script/index.ts";
import type { LayoutStatement, ScriptCommands } from "./commands.ts";
import { DISCARD } from "./tree.ts";

/**
 * What GNU ld says while it reads the scripts: a section goes to a region that is not declared by then, or asks for
 * things that exclude each other. Other passes say nothing more of the regions that end up in `undeclaredRegions`.
 */
export function checkSections(commands: ScriptCommands, report: Report): void {
  for (const node of commands.written) {
    if (node.kind === "output-section" && node.alignWithInput && node.align) {
      const message = "error: align with input and explicit align specified";
      report.error("LD0515", node.align.span, message);
    }
    if (node.kind === "output-section" && node.name.text === DISCARD) checkDiscard(node.contents, report);
    for (const name of regionsOf(node)) checkRegion(commands, name, report);
    if (isInDefaultRegion(node)) commands.defaultRegionAt ??= commands.undeclaredRegions.size;
    if ((node.kind === "output-section" || node.kind === "overlay") && node.at && node.atRegion) {
      const message = "section has both a load address and a load region";
      report.error("LD0516", node.atRegion.span, message);
    }
  }
}

/** What makes an output section cannot stand in the one that never is. */
function checkDiscard(contents: readonly SectionStatement[], report: Report): void {
  for (const statement of contents) {
    if (statement.kind === "include") checkDiscard(statement.items, report);
    else if (statement.kind !== "input-sections" && statement.kind !== "constructors") {
      const notes = [{ message: "only patterns of input sections can stand in it" }];
      const message = "illegal use of `/DISCARD/' section";
      report.error("LD0518", statement.span, message, { unplaced: true, notes });
      return;
    }
  }
}

/** In the order in which GNU ld looks them up: the load region first. */
function regionsOf(node: LayoutStatement): Name[] {
  if (node.kind !== "output-section" && node.kind !== "overlay") return [];
  return [node.atRegion, node.region].filter((name) => name !== undefined);
}

/** Whether a section is in no region by name: it goes to that of its load image only if it has no address. */
function isInDefaultRegion(node: LayoutStatement): boolean {
  if (node.kind !== "output-section" && node.kind !== "overlay") return false;
  return !node.region && (!node.atRegion || node.address !== undefined);
}

function checkRegion(commands: ScriptCommands, name: Name, report: Report): void {
  const { text, span } = name;
  // Without a name the syntax is wrong, which was said.
  if (text === "" || text === "*default*" || commands.undeclaredRegions.has(text)) return;
  const declares = (declared: { readonly text: string }, where: Span) =>
    declared.text === text && (where.source !== span.source || where.start < span.start);
  const known =
    commands.memory.some((region) => declares(region.name, region.span)) ||
    commands.regionAliases.some((alias) => declares(alias.alias, alias.span));
  if (known) return;
  commands.undeclaredRegions.add(text);
  report.warning("LD0513", span, `memory region \`${text}' not declared`);
}
