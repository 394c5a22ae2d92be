import type { Section } from "./sections.ts";

const SHF_EXECINSTR = 4;
const SHT_NOBITS = 8;

/** Whether a section holds instructions: padding and mapping symbols depend on it. */
export function isCode(section: Section): boolean {
  return (section.flags & SHF_EXECINSTR) !== 0;
}

/** Whether a section has no bytes in the file, such as .bss. */
export function isNoBits(section: Section): boolean {
  return section.type === SHT_NOBITS;
}
