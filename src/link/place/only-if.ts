import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { type Wild, wildMatches } from "../statements/wild.ts";
import { type InputStatement, type OutputStatement, SectionFlag, type Statement } from "./placement.ts";
import type { FlagReader } from "./section-flags.ts";

// ONLY_IF_RO and ONLY_IF_RW ask whether all that the statements of an output section match is read-only: what nobody
// took before, whether it ends up in the output or --gc-sections has left it out.

/** What --gc-sections left out, where some section asks for it. */
export function findGarbage(model: LinkModel, written: readonly Statement[]): Set<SectionId> | undefined {
  const { sections, options } = model;
  const asks = (s: Statement) => s.kind === "output" && /^ONLY_IF_R[OW]$/.test(s.constraint ?? "");
  if (!options.gcSections || !written.some(asks)) return undefined;
  const found = new Set<SectionId>();
  for (let row = 1; row < sections.count; row++) if (sections.fate[row] === Fate.garbage) found.add(row);
  return found;
}

/** Whether all that the section's statements match is read-only; of `garbage`, what no statement has matched yet. */
export function allReadonly(
  model: LinkModel,
  output: OutputStatement,
  wilds: ReadonlyMap<InputStatement, Wild>,
  flags: FlagReader,
  garbage: ReadonlySet<SectionId> | undefined,
): boolean {
  const { sections } = model;
  const isReadonly = (section: SectionId) => (flags.of(section) & SectionFlag.readonly) !== 0;
  for (const child of output.children) {
    const wild = child.kind === "input" ? wilds.get(child) : undefined;
    if (!wild) continue;
    for (const section of wild.matched) if (sections.rule[section] < 0 && !isReadonly(section)) return false;
    for (const section of garbage ?? [])
      if (!isReadonly(section) && wildMatches(model, wild, section)) return false;
  }
  return true;
}
