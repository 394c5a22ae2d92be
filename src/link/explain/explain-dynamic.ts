import { Dyn, type LinkModel, type SectionId, type SymbolId } from "../../model/index.ts";
import { sharedDefinition } from "../dynamic/shared-definition.ts";
import type { LinkResult } from "../link.ts";

/** What `premain why` says of a symbol for the dynamic loader's part of the work: where it is found, and by what ways. */
export function explainDynamic({ layout }: LinkResult, model: LinkModel, symbol: SymbolId): string[] {
  const { dynamic, sections, names } = model;
  if (!dynamic || symbol >= dynamic.flags.length) return [];
  const flags = dynamic.flags[symbol];
  const lines: string[] = [];
  const found = sharedDefinition(model, symbol);
  if (found) {
    const bound = found.version ? `, version ${found.version}` : "";
    lines.push(`defined by shared object ${found.library.path} (${found.library.soname})${bound}`);
  }
  const at = (section: SectionId, offset: number) => {
    const output = layout?.sections[sections.output[section]];
    const address = (output?.address ?? 0n) + BigInt(sections.outputOffset[section] + offset);
    return `0x${address.toString(16)} (${names.text(sections.name[section])} + 0x${offset.toString(16)})`;
  };
  const { rows, plt, pltGot, pltSecond, got, slots } = dynamic;
  if (flags & Dyn.needsCopy)
    lines.push("its contents are copied here at run time, and all shared objects use the copy");
  if (rows.plt && plt[symbol] >= 0)
    lines.push(
      `calls go through its stub at ${at(rows.plt, plt[symbol])}, which reads ${at(rows.gotPlt, slots[symbol])}`,
    );
  if (rows.pltSecond && pltSecond[symbol] >= 0)
    lines.push(`they reach it by the stub at ${at(rows.pltSecond, pltSecond[symbol])}`);
  if (rows.pltGot && pltGot[symbol] >= 0)
    lines.push(
      `calls go through its stub at ${at(rows.pltGot, pltGot[symbol])}, which reads its word of .got`,
    );
  if (rows.got && got[symbol] >= 0) lines.push(`its word of .got is at ${at(rows.got, got[symbol])}`);
  if (dynamic.index[symbol] > 0) lines.push(`entry ${dynamic.index[symbol]} of .dynsym`);
  return lines;
}
