import { columnOf, int32Column, uint8Column } from "../../binary/index.ts";
import { SHT_NOBITS } from "../../elf/index.ts";
import type { ImageLayout, InputObject, LinkModel } from "../../model/index.ts";

/**
 * The objects in the order in which the output first has a section of theirs, as GNU ld comes by them; it looks at no
 * others. What is left of merged strings and unwind tables does not count when it is nothing; but where --gc-sections
 * kept some other section of the object, the unwind table does.
 */
export function objectsAsPlaced(model: LinkModel, layout: ImageLayout): InputObject[] {
  const { sections, objects, names, options, arena } = model;
  const { kernels } = arena;
  const { byteOffset: columns } = sections.block;
  const unwind = names.find(".eh_frame");
  const rowsOf = (order: Int32Array) => (arena.owns(order) ? order : columnOf(order)).byteOffset;
  const hasOther = uint8Column(objects.length).byteOffset;
  if (options.gcSections)
    for (const { order } of layout.sections)
      kernels.markObjects(columns, rowsOf(order), order.length, unwind, hasOther);
  const seen = uint8Column(objects.length).byteOffset;
  const list = int32Column(objects.length);
  let listed = 0;
  for (const { order, type } of layout.sections) {
    // Room without contents makes BFD look into no object.
    if (type === SHT_NOBITS && options.kind !== "relocatable") continue;
    const { byteOffset } = list;
    const rows = rowsOf(order);
    listed = kernels.addObjects(columns, rows, order.length, unwind, hasOther, seen, byteOffset, listed);
  }
  return Array.from(list.subarray(0, listed), (object) => objects[object]);
}
