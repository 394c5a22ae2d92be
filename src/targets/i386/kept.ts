import type { SectionId } from "../../model/index.ts";
import type { KeptRelocations, RelocateContext } from "../target.ts";
import { chooseGotLoad, GotLoad } from "./got-load.ts";
import { R_386_32, R_386_GOT32X, R_386_GOTOFF, R_386_PC32 } from "./types.ts";

/** As x86-64's; addends are in the section. */
export function keptRelocation(context: RelocateContext, section: SectionId): KeptRelocations | undefined {
  const { model } = context;
  const { sections } = model;
  const table = sections.relocations[section];
  if (model.options.compat === "lld" || sections.object[section] < 0 || sections.contents.has(section))
    return undefined;
  const { view, bytes, symbolIds } = model.objects[sections.object[section]];
  const start = sections.fileOffset[table];
  const content = sections.fileOffset[section];
  return (index) => {
    const entry = start + index * 8;
    const info = view.getUint32(entry + 4, true);
    if ((info & 0xff) !== R_386_GOT32X) return undefined;
    const offset = view.getUint32(entry, true);
    const symbol = symbolIds[info >>> 8] ?? 0;
    const load = chooseGotLoad(model, symbol, bytes, content + offset, offset);
    if (load === GotLoad.keep) return undefined;
    if (load === GotLoad.jump) return { offset: offset - 1, type: R_386_PC32, symbol, addend: 0n };
    if (load === GotLoad.call) return { offset, type: R_386_PC32, symbol, addend: 0n };
    return { offset, type: load === GotLoad.lea ? R_386_GOTOFF : R_386_32, symbol, addend: 0n };
  };
}
