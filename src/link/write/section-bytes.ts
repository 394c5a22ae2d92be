import type { InputObject, LinkModel, SectionId } from "../../model/index.ts";

/**
 * Copies what an input section contributes to `out` at `at`: its own bytes or
 * those that stand in for them, without the deleted ranges, before relocation.
 * `sections.size` bytes are written.
 *
 * Hot: once for each of up to a million sections. Small ranges are copied in a
 * loop, as `set(subarray)` costs 40 ns whatever the length.
 */
export function copySection(model: LinkModel, section: SectionId, out: Uint8Array, at: number): void {
  const { sections } = model;
  const stored = sections.contents.get(section);
  const object = sections.object[section];
  const bytes = stored ?? (object >= 0 ? model.objects[object].bytes : undefined);
  const size = sections.size[section];
  if (bytes === undefined) {
    out.fill(0, at, at + size);
    return;
  }
  const from = stored ? 0 : sections.fileOffset[section];
  const deletions = model.deletions.get(section);
  if (deletions === undefined) {
    copyRange(bytes, from, out, at, size);
    return;
  }
  const { first, start, length, before } = deletions;
  const end = first + deletions.count;
  let input = 0;
  let written = at;
  for (let i = first; i < end; i++) {
    const keep = start[i] - input;
    copyRange(bytes, from + input, out, written, keep);
    written += keep;
    input = start[i] + length[i];
  }
  copyRange(bytes, from + input, out, written, size + before[end] - input);
}

function copyRange(bytes: Uint8Array, from: number, out: Uint8Array, at: number, length: number): void {
  if (length > 48) {
    out.set(bytes.subarray(from, from + length), at);
    return;
  }
  for (let i = 0; i < length; i++) out[at + i] = bytes[from + i];
}

/** How a section is called in messages: `main.o:(.text)`. */
export function sectionPlace(model: LinkModel, section: SectionId): string {
  const object: InputObject | undefined = model.objects[model.sections.object[section]];
  return `${object ? object.name : model.options.program}:(${model.names.text(model.sections.name[section])})`;
}
