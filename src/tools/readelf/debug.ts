import type { ImageSection } from "../elf-image.ts";
import type { Context } from "./context.ts";

/** Shows a section for --debug-dump if it is one of those selected. */
export function showDebugSections(_context: Context, _section: ImageSection): void {}
