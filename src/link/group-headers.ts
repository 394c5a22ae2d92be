import { int32Column } from "../binary/index.ts";
import { Fate, type LinkModel, type SectionId } from "../model/index.ts";

// With -r the headers of section groups stay. Their bytes are written with the
// relocations, in front of all sections (relocatable.ts); but to GNU ld each is
// an orphan as well: the sections that follow it find it in its place, and the
// map has it.

/** The headers of groups of which something stays, put among the rows of `order` where their objects have them. */
export function withGroupHeaders(model: LinkModel, order: Int32Array): Int32Array {
  const { sections, groups } = model;
  const headers: SectionId[] = [];
  for (const group of groups)
    if (group.members.some((member) => sections.fate[member] === Fate.kept)) headers.push(group.section);
  if (headers.length === 0) return order;
  headers.sort((a, b) => a - b);
  const all = int32Column(order.length + headers.length);
  let at = 0;
  let next = 0;
  // Rows that the linker made stand behind those of their object and have greater numbers.
  for (const row of order) {
    while (
      next < headers.length &&
      headers[next] < row &&
      sections.object[headers[next]] <= sections.object[row]
    )
      all[at++] = headers[next++];
    all[at++] = row;
  }
  while (next < headers.length) all[at++] = headers[next++];
  return all;
}
