import { SHF_WRITE } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { nameMatches } from "../statements/glob.ts";
import { type Wild, wildMatches } from "../statements/wild.ts";
import { type InputStatement, type OutputStatement, SectionFlag, type Statement } from "./placement.ts";
import type { FlagReader } from "./section-flags.ts";

// ONLY_IF_RO and ONLY_IF_RW ask whether all that the statements of an output section match is read-only: what nobody
// took before, whether it ends up in the output or --gc-sections has left it out.

/**
 * Of what --gc-sections left out, what sections that ask so have patterns for and what is not read-only: seldom
 * anything, while of what is left out there is much.
 */
export function findGarbage(
  model: LinkModel,
  written: readonly Statement[],
  wilds: ReadonlyMap<InputStatement, Wild>,
): Set<SectionId> | undefined {
  const { sections, options, names } = model;
  if (!options.gcSections) return undefined;
  const patterns = patternsThatAsk(written, wilds);
  if (patterns.length === 0) return undefined;
  const heads = headsOf(patterns);
  const found = new Set<SectionId>();
  for (let row = 1; row < sections.count; row++) {
    if (sections.fate[row] !== Fate.garbage || (sections.flags[row] & SHF_WRITE) === 0) continue;
    const name = sections.name[row];
    if (heads !== undefined && !heads.includes(names.wordsOf(name)[names.wordAt(name)])) continue;
    const text = names.text(name);
    if (patterns.some((pattern) => nameMatches(pattern, text))) found.add(row);
  }
  return found.size > 0 ? found : undefined;
}

function patternsThatAsk(
  written: readonly Statement[],
  wilds: ReadonlyMap<InputStatement, Wild>,
): readonly string[] {
  const found = new Set<string>();
  for (const output of written) {
    if (
      output.kind !== "output" ||
      (output.constraint !== "ONLY_IF_RO" && output.constraint !== "ONLY_IF_RW")
    )
      continue;
    for (const child of output.children)
      if (child.kind === "input") for (const { pattern } of wilds.get(child)?.specs ?? []) found.add(pattern);
  }
  return [...found];
}

/** The first four bytes that names of these patterns have, as words; undefined where a pattern has no such. */
function headsOf(patterns: readonly string[]): readonly number[] | undefined {
  const heads = new Set<number>();
  for (const pattern of patterns) {
    if (!/^[.\w]{4}/.test(pattern)) return undefined;
    const at = (i: number) => pattern.charCodeAt(i);
    heads.add(at(0) | (at(1) << 8) | (at(2) << 16) | (at(3) << 24));
  }
  return [...heads];
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
