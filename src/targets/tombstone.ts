import type { LinkModel, SectionId } from "../model/index.ts";

/**
 * What stands for an address that debug information refers to and that is not
 * linked. In range and location lists a pair of zeros would end the list, so
 * there it is 1 (GNU ld does so in .debug_ranges only).
 */
export function tombstone(model: LinkModel, section: SectionId): number {
  const name = model.names.text(model.sections.name[section]);
  if (name === ".debug_ranges") return 1;
  return name === ".debug_loc" && model.options.compat === "lld" ? 1 : 0;
}
