import type { LinkModel, SectionId } from "../model/index.ts";

/**
 * Merges the SHF_MERGE sections that are alive. `outputOf[section]` is the same
 * number for all sections that go to one output section, -1 for those that go nowhere.
 * Sets `model.merge`, the sections' sizes and contents, and moves the symbols.
 */
export declare function mergeSections(model: LinkModel, outputOf: ArrayLike<number>): void;
export type { SectionId };
