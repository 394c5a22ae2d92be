import { SHT_NOBITS, SHT_PROGBITS } from "../../elf/index.ts";
import type { SectionId } from "../../model/index.ts";
import { type OutputStatement, type Placement, SectionFlag } from "../place/placement.ts";
import { finalType } from "../place/section-flags.ts";

/**
 * The output section whose symbol is in .dynsym, for relocations against sections (of which executables have none): the
 * first that is loaded and is not one of the linker's tables, `rows`. Thread-local ones do only if there is no other.
 */
export function sectionForSymbol(
  placement: Placement,
  rows: readonly SectionId[],
  nameOf: (row: SectionId) => string,
): OutputStatement | undefined {
  const own = new Set(rows);
  const isTable = (output: OutputStatement): boolean =>
    output.children.some(
      (child) =>
        child.kind === "input" && child.sections.some((row) => own.has(row) && nameOf(row) === output.name),
    );
  let found: OutputStatement | undefined;
  for (const output of placement.headerOrder) {
    if (!output.exists || output.excluded || (output.flags & SectionFlag.alloc) === 0) continue;
    const { type } = finalType(output);
    if ((type !== SHT_PROGBITS && type !== SHT_NOBITS) || isTable(output)) continue;
    found = output;
    if ((output.flags & SectionFlag.threadLocal) === 0) break;
  }
  return found;
}
