import type { LinkResult } from "./link.ts";

/** The text of -Map in the style that the options ask for; `write` gets it in parts. */
export declare function writeMap(result: LinkResult, write: (text: string) => void): void;
