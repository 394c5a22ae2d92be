import { SHT_RELA } from "../../elf/index.ts";
import { type Deletions, Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { entrySize } from "../relocation-reader.ts";

/** Where entry `entry` of a section's relocations is in the object's file. */
export function relocationEntry({ sections, objects }: LinkModel, section: SectionId, entry: number): number {
  const { is64 } = objects[sections.object[section]];
  const table = sections.relocations[section];
  return sections.fileOffset[table] + entry * entrySize(is64, sections.type[table] === SHT_RELA);
}

/** The offset that an entry of a section's relocations has in the output's part of it; undefined if that is gone. */
export function placeOfRelocation(
  model: LinkModel,
  target: Target,
  section: SectionId,
  entry: number,
): number | undefined {
  const { sections, objects, deletions } = model;
  if (sections.fate[section] !== Fate.kept || sections.output[section] < 0) return undefined;
  const { view } = objects[sections.object[section]];
  const offset = view.getUint32(relocationEntry(model, section, entry), true);
  const own = deletions.get(section);
  const last = sections.size[section] - target.wordSize;
  const place = model.reversed.has(section) ? last - offset : offset;
  const moved = own ? shift(own, place) : place;
  return moved < 0 ? undefined : moved;
}

function shift({ first, count, start, length, before }: Deletions, offset: number): number {
  let i = first;
  while (i < first + count && start[i] <= offset) i++;
  if (i > first && offset < start[i - 1] + length[i - 1]) return -1;
  return offset - before[i];
}
