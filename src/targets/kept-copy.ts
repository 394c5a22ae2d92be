import { Fate, type LinkModel, type SectionId } from "../model/index.ts";

const known = new WeakMap<LinkModel, Map<SectionId, SectionId>>();

/**
 * A copy that was linked in place of a section that was not: the member of the
 * same name of the COMDAT group that was taken, if it has the same size. GNU
 * ld resolves references from debug information (and, after complaining, from
 * other sections) to it, except for those of .eh_frame and
 * .gcc_except_table, which describe the dropped copy. 0: there is none.
 */
export function keptCopy(model: LinkModel, from: SectionId, dropped: SectionId): SectionId {
  const { sections, names } = model;
  if (sections.fate[dropped] !== Fate.duplicate) return 0;
  const name = names.text(sections.name[from]);
  if (name === ".eh_frame" || name === ".gcc_except_table" || name === ".sframe") return 0;
  let copies = known.get(model);
  if (copies === undefined) known.set(model, (copies = new Map()));
  let copy = copies.get(dropped);
  if (copy === undefined) copies.set(dropped, (copy = findCopy(model, dropped)));
  return copy;
}

function findCopy(model: LinkModel, dropped: SectionId): SectionId {
  const { sections, groups } = model;
  const taken = model.trace.duplicateOf.get(dropped);
  if (taken === undefined) return 0;
  const group = sections.group[dropped];
  if (group < 0) {
    const object = model.objects[taken];
    for (let i = object.sectionBase; i < object.sectionBase + object.sectionCount; i++)
      if (isCopy(model, dropped, i)) return i;
    return 0;
  }
  for (let other = 0; other < groups.count; other++) {
    if (groups.object[other] !== taken || groups.signature[other] !== groups.signature[group]) continue;
    for (const member of groups.membersOf(other)) if (isCopy(model, dropped, member)) return member;
  }
  return 0;
}

function isCopy(model: LinkModel, dropped: SectionId, other: SectionId): boolean {
  const { sections } = model;
  const same = sections.name[other] === sections.name[dropped] && sections.fate[other] === Fate.kept;
  return same && inputSize(model, other) === inputSize(model, dropped);
}

function inputSize(model: LinkModel, section: SectionId): number {
  const deletions = model.deletions.get(section);
  return model.sections.size[section] + (deletions ? deletions.before[deletions.first + deletions.count] : 0);
}
