import { type LinkModel, SymbolFlag, SymbolSection } from "../../model/index.ts";
import type { OutputStatement } from "../place/placement.ts";

/** `__start_NAME` and `__stop_NAME`, where somebody refers to them. */
export function defineStartStop(model: LinkModel, output: OutputStatement): void {
  if (model.options.kind === "relocatable") return;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(output.name)) return;
  const { names, symbols } = model;
  for (const [prefix, edge] of [
    ["__start_", "start"],
    ["__stop_", "stop"],
  ] as const) {
    const name = names.find(prefix + output.name);
    const id = name < 0 ? 0 : symbols.global(name);
    if (id === 0) continue;
    const place = symbols.section[id];
    if (place !== SymbolSection.undefined && place !== SymbolSection.script) continue;
    symbols.section[id] = SymbolSection.script;
    symbols.flags[id] |= SymbolFlag.fromScript;
    if ((symbols.other[id] & 3) === 0) symbols.other[id] |= 3;
    output.edges.push({ symbol: id, edge });
  }
}
