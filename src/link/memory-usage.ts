import type { LinkResult } from "./link.ts";

/** The table of --print-memory-usage, byte for byte GNU ld's; empty without memory regions known. */
export declare function memoryUsage(result: LinkResult): string;
