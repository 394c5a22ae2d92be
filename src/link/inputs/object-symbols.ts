import type { NameId, NameTable } from "../../binary/index.ts";
import { Report } from "../../diagnostics/index.ts";
import { identify, readElf, readSymbols, SHN_COMMON, SHN_UNDEF, STB_LOCAL } from "../../elf/index.ts";

/** The global symbols that an object defines, without adding it to the link; `proper` leaves out tentative ones. */
export function definedSymbols(bytes: Uint8Array, names: NameTable, proper = false): NameId[] {
  if (identify(bytes) !== "elf") return [];
  // What is wrong with the object is said if it joins the link.
  const file = readElf(bytes, new Report(), "");
  if (!file) return [];
  const found: NameId[] = [];
  for (const symbol of readSymbols(file)) {
    if (symbol.index === 0 || symbol.binding === STB_LOCAL || symbol.name === "") continue;
    if (symbol.section === SHN_UNDEF) continue;
    if (proper && symbol.reserved && symbol.section === SHN_COMMON) continue;
    found.push(names.addString(symbol.name));
  }
  return found;
}
