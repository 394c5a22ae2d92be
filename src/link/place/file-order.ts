import { int32Column } from "../../binary/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import type { Placement } from "./placement.ts";

/** Sets `sections.output` to the number of the output section among all of the tree. */
export function numberOutputs(model: LinkModel, placement: Placement): void {
  const { sections, arena } = model;
  placement.outputs.forEach((output, i) => {
    output.index = i;
    const { children } = output;
    for (let k = 0; k < children.length; k++) {
      const child = children[k];
      if (child.kind !== "input" || child.sections.length === 0) continue;
      const rows = child.sections;
      arena.kernels.setWords(rows.byteOffset, rows.length, sections.output.byteOffset, i);
    }
  });
}

/** Rows that take part, in the order of the files; a section that the linker made stands behind those of its file. */
export function fileOrder(model: LinkModel): Int32Array {
  const { sections, objects } = model;
  const { fate } = sections;
  const made = new Map<number, SectionId[]>();
  // What lies between the rows of two objects, and behind those of the last, belongs to no file.
  const noteMade = (from: SectionId, end: SectionId): void => {
    for (let section = from; section < end; section++) {
      if (fate[section] !== Fate.kept) continue;
      const object = Math.max(0, sections.object[section]);
      const known = made.get(object);
      if (known) known.push(section);
      else made.set(object, [section]);
    }
  };
  let next = 1;
  for (const { sectionBase, sectionCount } of objects) {
    noteMade(next, sectionBase);
    next = sectionBase + sectionCount;
  }
  noteMade(next, sections.count);
  const { kernels } = model.arena;
  const { byteOffset: columns } = sections.block;
  const order = int32Column(sections.count);
  let at = 0;
  for (const object of objects) {
    const { sectionBase: base, sectionCount } = object;
    at += kernels.keptRows(columns, Math.max(1, base), base + sectionCount, order.byteOffset + at * 4);
    for (const section of made.get(object.id) ?? []) order[at++] = section;
  }
  if (objects.length === 0) for (const section of made.get(0) ?? []) order[at++] = section;
  return order.subarray(0, at);
}
