import { SHT_REL, SHT_RELA } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { fileOrder } from "../place/file-order.ts";
import { SHF_LINK_ORDER } from "../place/section-flags.ts";

// The order in which LLD meets input sections.

/**
 * In the order of the files, and behind them what the linker made; relocation tables that are kept go last.
 * Unwind records become one section of the linker's, behind the table for looking them up.
 */
export function lldOrder(model: LinkModel): Int32Array {
  const order = fileOrder(model);
  const { sections, objects, names, options } = model;
  const owned = (row: SectionId) => {
    const object = objects[sections.object[row]];
    return (
      object !== undefined && row >= object.sectionBase && row < object.sectionBase + object.sectionCount
    );
  };
  const isTable = (row: SectionId) =>
    owned(row) && (sections.type[row] === SHT_RELA || sections.type[row] === SHT_REL);
  const unwindName = options.kind === "relocatable" ? -1 : names.find(".eh_frame");
  const isUnwind = (row: SectionId) => sections.name[row] === unwindName && owned(row);
  const plain = order.filter((row) => owned(row) && !isTable(row) && !isUnwind(row));
  const tables = order.filter(isTable);
  const made = order.filter((row) => !owned(row)).sort();
  const index = names.find(".eh_frame_hdr");
  const after = made.findIndex((row) => sections.name[row] === index) + 1;
  const unwind = order.filter(isUnwind);
  return Int32Array.from([...plain, ...made.slice(0, after), ...unwind, ...made.slice(after), ...tables]);
}

export function attachedSections({ sections, objects }: LinkModel): Map<SectionId, SectionId[]> {
  const attached = new Map<SectionId, SectionId[]>();
  for (const { sectionBase, sectionCount } of objects)
    for (let row = sectionBase; row < sectionBase + sectionCount; row++) {
      if ((sections.flags[row] & SHF_LINK_ORDER) === 0 || sections.fate[row] !== Fate.kept) continue;
      const linked = sectionBase + sections.link[row];
      const known = attached.get(linked);
      if (known) known.push(row);
      else attached.set(linked, [row]);
    }
  return attached;
}
