import { SHF_EXECINSTR, SHF_WRITE, STT_GNU_IFUNC } from "../../elf/index.ts";
import { Dyn, type DynamicLink, type SectionId, type SymbolId } from "../../model/index.ts";
import type { RelocateContext } from "../target.ts";
import * as T from "./types.ts";

// Relocations in dynamic executables that are not what they are elsewhere.

/** Whether the loader sets a field, which then stays as it is in the object. */
export function isLeftToLoader(
  context: RelocateContext,
  dynamic: DynamicLink,
  section: SectionId,
  type: number,
  symbol: SymbolId,
): boolean {
  const { model } = context;
  const { sections, symbols, options } = model;
  const special = dynamic.special[symbol];
  const isPointer = type === T.R_X86_64_64;
  if (special === 1) return isPointer;
  if (special === 4) return isPointer || type === T.R_X86_64_PC32 || type === T.R_X86_64_PC64;
  if (special !== 2 || !isPointer || (symbols.info[symbol] & 15) !== STT_GNU_IFUNC) return false;
  const flags = sections.flags[section];
  if (dynamic.plt[symbol] < 0) return (flags & SHF_EXECINSTR) === 0 || (flags & SHF_WRITE) !== 0;
  return options.kind === "pie" && (dynamic.flags[symbol] & Dyn.nonGotReference) !== 0;
}
