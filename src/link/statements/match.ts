import { columnOf } from "../../binary/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { InputStatement, Statement } from "../place/placement.ts";
import { PatternIndex } from "./pattern-index.ts";
import { newWild, type Wild, wildHolds } from "./wild.ts";

/** What changes the plain matching of patterns. */
export interface MatchOptions {
  /** Sections that patterns do not take (--unique); absent: none. */
  readonly isUnique: ((section: SectionId) => boolean) | undefined;
  /** Whether a statement takes such a section all the same. */
  takesUnique(wild: Wild, section: SectionId): boolean;
  /** By row: set to 1 for what some KEEP matches, whether or not it takes it. */
  readonly kept: Uint8Array;
}

/**
 * Shows every section of a list to the pattern statements. Each notes in
 * `matched` what it would take; a statement that takes all it matches hides a
 * section from those behind it.
 */
export function matchSections(
  model: LinkModel,
  statements: readonly Statement[],
  given: Int32Array,
  options: MatchOptions,
): Map<InputStatement, Wild> {
  const { sections } = model;
  const { isUnique, kept } = options;
  const order = model.arena.owns(given) ? given : columnOf(given);
  const isLld = model.options.compat === "lld";
  // With --enable-non-contiguous-regions later statements may have it, where it does not fit earlier ones.
  const isShared = model.options.enableNonContiguousRegions && !isLld;
  const wilds = new Map<InputStatement, Wild>();
  const patterns: { pattern: string; rank: number; wild: Wild; spec: number; keeps: boolean }[] = [];
  for (const output of statements) {
    if (output.kind !== "output") continue;
    for (const child of output.children) {
      if (child.kind !== "input" || !child.node) continue;
      const wild = newWild(model, child, child.node, output);
      const keeps = child.node.keep;
      const rank = wilds.size;
      wilds.set(child, wild);
      wild.specs.forEach((spec, i) => {
        patterns.push({ pattern: spec.pattern, rank, wild, spec: i, keeps });
      });
    }
  }
  const index = new PatternIndex(model.names, patterns);
  // Whether the first statement takes all sections with these patterns, and no other has a say.
  const isPlain = (found: readonly number[]): boolean =>
    !isUnique && !isShared && patterns[found[0]].wild.final && found.every((k) => !patterns[k].keeps);
  const met = new Set<number>();
  const count = order.length;
  index.begin(sections, order, count, true);
  for (let i = index.nextRow(0); i < count; i = index.nextRow(i + 1)) {
    const section = order[i];
    const list = index.listOf(sections.name[section]);
    const found = index.matches(sections.name[section]);
    if (found.length === 0) continue;
    if (!met.has(list)) {
      met.add(list);
      if (isPlain(found)) index.takes(list, found[0]);
    }
    const unique = isUnique?.(section) ?? false;
    const owner = isLld ? ownerLld(model, section) : sections.object[section];
    let taken = false;
    for (let k = 0; k < found.length; k++) {
      const { wild, spec, keeps } = patterns[found[k]];
      if (taken && !keeps) continue;
      if (!wild.final && !wildHolds(wild, owner, spec)) continue;
      if (keeps) kept[section] = 1;
      if (taken || (unique && !options.takesUnique(wild, section))) continue;
      index.take(section, found[k], count - i);
      taken = wild.final && !isShared;
    }
  }
  const statementOf = columnOf(patterns.map(({ rank }) => rank));
  const specOf = columnOf(patterns.map(({ spec }) => spec));
  const { ends, rows, specs } = index.sorted(statementOf, specOf, wilds.size);
  let from = 0;
  let number = 0;
  for (const wild of wilds.values()) {
    const end = ends[number++];
    wild.matched = rows.subarray(from, end);
    wild.matchedSpec = specs.subarray(from, end);
    from = end;
  }
  return wilds;
}

/** For LLD what the linker itself makes belongs to no file, common symbols apart. */
function ownerLld({ sections, objects, names }: LinkModel, section: SectionId): number {
  const owner = sections.object[section];
  const object = objects[owner];
  if (!object) return -1;
  if (section >= object.sectionBase && section < object.sectionBase + object.sectionCount) return owner;
  return names.text(sections.name[section]) === "COMMON" ? owner : -1;
}
