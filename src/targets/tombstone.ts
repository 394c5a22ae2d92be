import type { LinkModel, SectionId } from "../model/index.ts";

let lastModel: LinkModel | undefined;
let lastSection = -1;
let lastValue = 0;

/**
 * What stands for an address that debug information refers to and that is not
 * linked. In range and location lists a pair of zeros would end the list, so
 * there it is 1 (GNU ld does so in .debug_ranges only). Debug information of
 * libraries is full of such addresses, so that the answer for a section is kept.
 */
export function tombstone(model: LinkModel, section: SectionId): number {
  if (section === lastSection && model === lastModel) return lastValue;
  const name = model.names.text(model.sections.name[section]);
  const isList = name === ".debug_ranges" || (name === ".debug_loc" && model.options.compat === "lld");
  lastModel = model;
  lastSection = section;
  lastValue = isList ? 1 : 0;
  return lastValue;
}

/** Forgets the section that was asked about last. */
export function releaseTombstone(): void {
  lastModel = undefined;
}
