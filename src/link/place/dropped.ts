import { SHF_LINK_ORDER } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";

// Sections that go because of what became of others.

/** Where the script throws all unwind tables away, GNU ld makes no index of them. */
export function dropUnwindIndex({ sections, names, objects }: LinkModel): void {
  const index = names.find(".eh_frame_hdr");
  const table = names.find(".eh_frame");
  const last = objects[objects.length - 1];
  if (index < 0 || table < 0 || !last) return;
  let own = 0;
  for (let row = last.sectionBase + last.sectionCount; row < sections.count; row++)
    if (sections.name[row] === index) own = row;
  if (own === 0) return;
  let thrownAway = false;
  for (let row = 1; row < sections.count; row++) {
    if (sections.name[row] !== table || sections.size[row] === 0) continue;
    if (sections.fate[row] === Fate.kept) return;
    if (sections.fate[row] === Fate.discarded) thrownAway = true;
  }
  if (thrownAway) sections.fate[own] = Fate.excluded;
}

/** Sections that go with another one (SHF_LINK_ORDER) go where it goes: into nothing, if it does. Those that did. */
export function dropLinkOrder({ sections, objects }: LinkModel, order: Int32Array): SectionId[] {
  const dropped: SectionId[] = [];
  for (let i = 0; i < order.length; i++) {
    const section = order[i];
    if ((sections.flags[section] & SHF_LINK_ORDER) === 0 || sections.fate[section] !== Fate.kept) continue;
    const object = objects[sections.object[section]];
    if (!object) continue;
    let linked = section;
    for (let steps = 0; steps < object.sectionCount; steps++) {
      const index = sections.link[linked];
      if (index === 0 || (sections.flags[linked] & SHF_LINK_ORDER) === 0) break;
      linked = object.sectionBase + index;
      const fate = sections.fate[linked];
      if (fate === Fate.kept) continue;
      sections.fate[section] = fate === Fate.consumed ? Fate.discarded : fate;
      dropped.push(section);
      break;
    }
  }
  return dropped;
}
