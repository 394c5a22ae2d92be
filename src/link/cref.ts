import type { LinkResult } from "./link.ts";

/** The table of --cref, as it ends GNU ld's map. */
export declare function crossReferences(result: LinkResult): string;
