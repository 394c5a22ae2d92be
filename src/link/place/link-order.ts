import type { LinkModel, SectionId } from "../../model/index.ts";
import type { InputStatement, Placement } from "./placement.ts";
import { SHF_LINK_ORDER } from "./section-flags.ts";

/**
 * Puts SHF_LINK_ORDER sections that one statement took into the order of the
 * sections they go with, behind those of the statement that have no such
 * order. True when anything moved.
 */
export function sortLinkOrder(model: LinkModel, placement: Placement): boolean {
  const { sections } = model;
  let moved = false;
  if (!sections.hasLinkOrder) return false;
  for (const output of placement.outputs) {
    if (output.excluded || !output.exists) continue;
    for (const child of output.children) {
      if (child.kind !== "input" || child.sections.length < 2) continue;
      let ordered = 0;
      const rows = child.sections;
      for (let i = 0; i < rows.length; i++) if ((sections.flags[rows[i]] & SHF_LINK_ORDER) !== 0) ordered++;
      if (ordered > 0 && sortStatement(model, child, placement)) moved = true;
    }
  }
  return moved;
}

function sortStatement(model: LinkModel, statement: InputStatement, placement: Placement): boolean {
  const { sections, objects } = model;
  const numbered = placement.layout?.context.numbered ?? placement.outputs;
  const linkedTo = (row: SectionId): SectionId => {
    const object = objects[sections.object[row]];
    const index = (sections.flags[row] & SHF_LINK_ORDER) !== 0 ? sections.link[row] : 0;
    return object && index > 0 ? object.sectionBase + index : 0;
  };
  const placeOf = (row: SectionId): bigint => {
    const output = numbered[sections.output[row]];
    return (output?.loadAddress ?? 0n) + BigInt(sections.outputOffset[row]);
  };
  const keyed = Array.from(statement.sections, (row, index) => {
    const linked = linkedTo(row);
    return { row, index, linked, place: linked === 0 ? 0n : placeOf(linked) };
  });
  keyed.sort((a, b) => {
    if (a.linked === 0 || b.linked === 0) {
      if (b.linked !== 0) return -1;
      return a.linked !== 0 ? 1 : a.index - b.index;
    }
    if (a.place !== b.place) return a.place < b.place ? -1 : 1;
    return sections.size[a.linked] - sections.size[b.linked] || a.index - b.index;
  });
  if (keyed.every((key, i) => key.index === i)) return false;
  statement.sections = Int32Array.from(keyed, (key) => key.row);
  return true;
}
