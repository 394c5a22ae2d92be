import type { LinkResult } from "../link.ts";
import { writeLldMap } from "../lld/map-lld.ts";
import { writeGnuMap } from "./map-gnu.ts";

/** The text of -Map in the style that the options ask for; `write` gets it in parts. A failed link has one too, as far as it came. */
export function writeMap(result: LinkResult, write: (text: string) => void): void {
  if (result.options.mapStyle === "lld") writeLldMap(result, write);
  else writeGnuMap(result, write);
}
