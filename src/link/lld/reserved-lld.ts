import { type LinkModel, SymbolFlag, SymbolSection } from "../../model/index.ts";
import type { LayoutContext } from "../layout/layout-context.ts";
import type { PlacedSymbol } from "../layout/layout-symbols.ts";
import type { OutputStatement, ReservedSymbol } from "../place/placement.ts";
import { SHT_NOBITS } from "../place/section-flags.ts";

// Symbols that LLD defines by itself, where something refers to them and
// nothing defines them. GNU ld's are in its default scripts instead.

const HEADER = ["__ehdr_start", "__executable_start", "__dso_handle"];
/** Of IRELATIVE relocations, when there are none. */
const IPLT_BOUNDS = ["__rela_iplt_start", "__rela_iplt_end", "__rel_iplt_start", "__rel_iplt_end"];
const ARRAYS = [".preinit_array", ".init_array", ".fini_array"];
/** Only without SECTIONS: a script says for itself where things end. */
const EDGES = ["__bss_start", "end", "_end", "etext", "_etext", "edata", "_edata"];
const GLOBAL_POINTER = "__global_pointer$";

/** Takes charge of the symbols: from here on they count as defined. */
export function reserveSymbols(model: LinkModel, hasSections: boolean): ReservedSymbol[] {
  const { names, symbols, options } = model;
  if (options.kind === "relocatable") return [];
  const arrays = ARRAYS.flatMap((name) => [`__${name.slice(1)}_start`, `__${name.slice(1)}_end`]);
  const bounds = options.kind === "executable" ? IPLT_BOUNDS : [];
  const hidden = new Set([...HEADER, ...bounds, ...arrays]);
  const reserved: ReservedSymbol[] = [];
  for (const name of [...hidden, ...(hasSections ? [] : EDGES), GLOBAL_POINTER]) {
    const known = names.find(name);
    const id = known < 0 ? 0 : symbols.global(known);
    if (id === 0) continue;
    const isHeader = name === "__ehdr_start" && symbols.section[id] === SymbolSection.script;
    if (symbols.section[id] !== SymbolSection.undefined && !isHeader) continue;
    // Garbage collection may have taken it for a name that nobody defines.
    symbols.flags[id] = (symbols.flags[id] & ~SymbolFlag.omit) | SymbolFlag.live;
    symbols.section[id] = SymbolSection.script;
    if (hidden.has(name)) {
      if ((symbols.other[id] & 3) === 0) symbols.other[id] |= 2;
      symbols.flags[id] |= SymbolFlag.forcedLocal;
    }
    reserved.push({ id, name });
  }
  return reserved;
}

/** Where a segment begins and ends, as far as symbols care. */
export interface LoadedSegment {
  readonly writable: boolean;
  readonly last: OutputStatement | undefined;
}

/** The values of the reserved symbols. */
export function placeReserved(
  context: LayoutContext,
  loads: readonly LoadedSegment[],
  headers: bigint,
): PlacedSymbol[] {
  const { placement } = context;
  const { outputs } = placement;
  const named = (name: string) => outputs.find((output) => output.name === name && !output.dropped);
  const endOf = (id: number, output: OutputStatement | undefined): PlacedSymbol =>
    output
      ? { id, address: output.ref.address + BigInt(output.size), output: output.index }
      : { id, address: headers, output: 0 };
  const startOf = (id: number, output: OutputStatement | undefined): PlacedSymbol =>
    output ? { id, address: output.ref.address, output: output.index } : { id, address: headers, output: 0 };
  const lastLoad = loads[loads.length - 1]?.last;
  const lastReadonly = loads.filter((load) => !load.writable).pop()?.last;
  return placement.reserved.map(({ id, name }) => {
    if (HEADER.includes(name) || IPLT_BOUNDS.includes(name)) return { id, address: headers, output: 0 };
    if (name === GLOBAL_POINTER) {
      const start = startOf(id, named(".sdata"));
      return { ...start, address: start.address + 0x800n };
    }
    const array = ARRAYS.find((section) => name.startsWith(`__${section.slice(1)}_`));
    if (array) {
      const output = named(array);
      if (!output) return startOf(id, named(".text"));
      return name.endsWith("_end") ? endOf(id, output) : startOf(id, output);
    }
    if (name === "__bss_start") return startOf(id, named(".bss"));
    if (name.endsWith("etext")) return endOf(id, lastReadonly);
    if (name.endsWith("edata")) {
      const upTo = lastLoad ? outputs.indexOf(lastLoad) : -1;
      return endOf(
        id,
        outputs
          .slice(0, upTo + 1)
          .filter((output) => output.elfType !== SHT_NOBITS)
          .pop(),
      );
    }
    return endOf(id, lastLoad);
  });
}
