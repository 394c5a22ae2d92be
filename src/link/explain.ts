import type { LinkResult } from "./link.ts";

/** Answers `premain why`: what is said of a symbol, an address (`0x…`) or a section (`.text`, `main.o:(.text.f)`). */
export declare function explain(result: LinkResult, query: string): string;

/** The chain of --why-live in LLD's format, for one pattern. */
export declare function whyLive(result: LinkResult, pattern: string): string;

/** The table of --why-extract. */
export declare function whyExtract(result: LinkResult): string;
