import type { Report } from "../diagnostics/index.ts";
import { SHF_ALLOC } from "../elf/index.ts";
import { Fate, type LinkModel } from "../model/index.ts";
import type { Target } from "../targets/index.ts";

/**
 * Asks the target what the relocations of each live, allocated section need
 * (entries of the GOT, stubs), into `model.needs`. After garbage collection.
 */
export function scanRelocations(model: LinkModel, target: Target, report: Report): void {
  const { sections, objects } = model;
  model.needs.prepare(model.symbols.count);
  for (const object of objects) {
    const end = object.sectionBase + object.sectionCount;
    for (let section = object.sectionBase; section < end; section++) {
      if (sections.relocations[section] === 0 || sections.fate[section] !== Fate.kept) continue;
      if ((sections.flags[section] & SHF_ALLOC) === 0) continue;
      target.scan(model, section, report);
    }
  }
}
