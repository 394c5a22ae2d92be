import type { Report } from "../diagnostics/index.ts";
import { type LinkModel, SymbolSection } from "../model/index.ts";

/** `--trace-symbol`: which objects define and refer to a symbol, in the order in which they were read. */
export function traceSymbols(model: LinkModel, traced: readonly string[], report: Report): void {
  const { symbols, names, objects } = model;
  const wanted = new Set<number>();
  for (const name of traced) {
    const id = names.find(name);
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol !== 0) wanted.add(symbol);
  }
  for (const object of objects) {
    for (let i = Math.max(1, object.firstGlobal); i < object.symbolIds.length; i++) {
      const symbol = object.symbolIds[i];
      if (!wanted.has(symbol)) continue;
      const at = object.symtabOffset + i * (object.is64 ? 24 : 16) + (object.is64 ? 6 : 14);
      const shndx = object.view.getUint16(at, true);
      const name = names.text(symbols.name[symbol]);
      const what = shndx === 0 ? "reference to" : shndx === 0xfff2 ? "common definition of" : "definition of";
      const gnu = shndx === 0xfff2 ? "definition of" : what;
      report.info("LD0402", object.name, `${gnu} ${name}`, { lld: `${what} ${name}` });
    }
  }
  for (const symbol of wanted) {
    if (symbols.section[symbol] !== SymbolSection.script) continue;
    report.info("LD0402", undefined, `the linker script defines ${names.text(symbols.name[symbol])}`);
  }
}
