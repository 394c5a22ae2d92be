import { int32Column } from "../../binary/index.ts";
import { SHT_RISCV_ATTRIBUTES } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";

// Rows that nobody places any more, and that GNU ld nevertheless meets among
// the orphans:
//
// - with -r the headers of section groups. Their bytes are written with the
//   relocations, in front of all sections (relocatable.ts); but the sections
//   that follow it find each in its place, and the map has it;
// - attributes. Of those of all objects one section is left, and
//   --orphan-handling=warn tells of each.

/** The headers of groups of which something stays. */
export function groupHeaders({ sections, groups }: LinkModel): SectionId[] {
  const headers: SectionId[] = [];
  for (const group of groups)
    if (group.members.some((member) => sections.fate[member] === Fate.kept)) headers.push(group.section);
  return headers.sort((a, b) => a - b);
}

/** The attributes of objects behind the first. */
export function otherAttributes({ sections, objects }: LinkModel): SectionId[] {
  const rows: SectionId[] = [];
  for (const { sectionBase, sectionCount } of objects)
    for (let row = sectionBase; row < sectionBase + sectionCount; row++)
      if (sections.type[row] === SHT_RISCV_ATTRIBUTES && sections.fate[row] === Fate.consumed) rows.push(row);
  return rows;
}

/** Puts further rows, in ascending order, among the rows of `order` where their objects have them. */
export function withRows({ sections }: LinkModel, order: Int32Array, more: readonly SectionId[]): Int32Array {
  if (more.length === 0) return order;
  const all = int32Column(order.length + more.length);
  let at = 0;
  let next = 0;
  // Rows that the linker made stand behind those of their object and have greater numbers.
  const isBefore = (row: SectionId, other: SectionId) =>
    row < other && sections.object[row] <= Math.max(0, sections.object[other]);
  for (const row of order) {
    while (next < more.length && isBefore(more[next], row)) all[at++] = more[next++];
    all[at++] = row;
  }
  while (next < more.length) all[at++] = more[next++];
  return all;
}
