import type { Report } from "../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../model/index.ts";
import type { Target } from "../targets/index.ts";

/**
 * Merges the inputs' .note.gnu.property sections into one: its bytes replace those of the first object that has one
 * (or of a new row), the others are excluded. Before placement. Returns the row, or 0 for none.
 */
export declare function mergePropertyNotes(model: LinkModel, target: Target, report: Report): SectionId;
/** Whether the output's PT_GNU_STACK is executable, absent (undefined) or not; excludes the .note.GNU-stack sections. Before placement. */
export declare function decideExecStack(
  model: LinkModel,
  target: Target,
  report: Report,
): boolean | undefined;
/** Reports the text of .gnu.warning.SYMBOL sections whose symbol is referenced, and excludes them. */
export declare function reportWarningSections(model: LinkModel, report: Report): void;
