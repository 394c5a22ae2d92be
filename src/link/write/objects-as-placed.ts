import { SHF_ALLOC, SHF_MERGE, SHT_NOBITS } from "../../elf/index.ts";
import type { ImageLayout, InputObject, LinkModel } from "../../model/index.ts";

/**
 * The objects in the order in which the output first has a section of theirs, as GNU ld comes by them; it looks at no
 * others. What is left of merged strings and unwind tables does not count when it is nothing; but where --gc-sections
 * kept some other section of the object, the unwind table does.
 */
export function objectsAsPlaced(model: LinkModel, layout: ImageLayout): InputObject[] {
  const { sections, objects, names, options } = model;
  const unwind = names.find(".eh_frame");
  const hasOther = new Uint8Array(objects.length);
  if (options.gcSections)
    for (const { order } of layout.sections)
      for (let i = 0; i < order.length; i++) {
        const object = sections.object[order[i]];
        if (object < 0 || sections.name[order[i]] === unwind) continue;
        if ((sections.flags[order[i]] & SHF_ALLOC) !== 0) hasOther[object] = 1;
      }
  const seen = new Uint8Array(objects.length);
  const placed: InputObject[] = [];
  for (const { order, type } of layout.sections) {
    // Room without contents makes BFD look into no object.
    if (type === SHT_NOBITS && options.kind !== "relocatable") continue;
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      const object = sections.object[row];
      if (object < 0 || seen[object] === 1) continue;
      if (sections.size[row] === 0) {
        if ((sections.flags[row] & SHF_MERGE) !== 0) continue;
        if (sections.name[row] === unwind && hasOther[object] === 0) continue;
      }
      seen[object] = 1;
      placed.push(objects[object]);
    }
  }
  return placed;
}
