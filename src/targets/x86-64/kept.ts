import type { SectionId } from "../../model/index.ts";
import type { KeptRelocations, RelocateContext } from "../target.ts";
import { chooseGotLoad, GotLoad, hasWideOperand } from "./got-load.ts";
import {
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_GOTPCREL,
  R_X86_64_GOTPCRELX,
  R_X86_64_PC32,
  R_X86_64_REX_GOTPCRELX,
} from "./types.ts";

/** See `Target.keptRelocation`: a load from the GOT that was converted refers to its symbol directly. LLD keeps what it read. */
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
    const entry = start + index * 24;
    const type = view.getUint32(entry + 8, true);
    if (type !== R_X86_64_GOTPCREL && type !== R_X86_64_GOTPCRELX && type !== R_X86_64_REX_GOTPCRELX)
      return undefined;
    const offset = view.getUint32(entry, true);
    const symbol = symbolIds[view.getUint32(entry + 12, true)] ?? 0;
    const addend = view.getBigInt64(entry + 16, true);
    const load = chooseGotLoad(model, symbol, type, addend === -4n, bytes, content + offset, offset);
    if (load === GotLoad.keep) return undefined;
    if (load === GotLoad.jump) return { offset: offset - 1, type: R_X86_64_PC32, symbol, addend };
    if (load === GotLoad.call || load === GotLoad.lea) return { offset, type: R_X86_64_PC32, symbol, addend };
    const wide = hasWideOperand(type, bytes, content + offset);
    return { offset, type: wide ? R_X86_64_32S : R_X86_64_32, symbol, addend: 0n };
  };
}
