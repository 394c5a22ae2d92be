import { STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, SymbolFlag, type SymbolId } from "../../model/index.ts";
import { gnuRanksOf } from "../write/gnu-order.ts";

/**
 * Gives the words of .got GNU ld's order: local symbols, object by object, then
 * global ones as its hash table has them, IFUNC symbols last; each with its
 * general-dynamic pair before its initial-exec word.
 */
export function arrangeGot(model: LinkModel): void {
  const { needs, symbols, options } = model;
  if (options.compat !== "gnu" || options.kind !== "executable") return;
  const tables = [needs.got, needs.gotTlsGd, needs.gotTp, needs.gotTlsDesc];
  // A single table is in this order already.
  if (tables.filter((table) => table.symbols.length > 0).length < 2) return;
  const all = new Set<SymbolId>();
  for (const table of tables) for (const symbol of table.symbols) all.add(symbol);
  const ranks = gnuRanksOf(model, [...all]);
  const isGlobal = (symbol: SymbolId) => (symbols.flags[symbol] & SymbolFlag.global) !== 0;
  const group = (symbol: SymbolId) => {
    if ((symbols.info[symbol] & 15) === STT_GNU_IFUNC) return 2;
    return isGlobal(symbol) ? 1 : 0;
  };
  const order = [...all].sort((a, b) => {
    if (group(a) !== group(b)) return group(a) - group(b);
    if (isGlobal(a) && isGlobal(b)) return ranks[a] - ranks[b];
    return symbols.object[a] - symbols.object[b] || symbols.elfIndex[a] - symbols.elfIndex[b];
  });
  const words = tables.map((table) => new Int32Array(table.symbols.length));
  const sizes = [1, 2, 1, 2];
  let next = 0;
  for (const symbol of order) {
    for (const [i, table] of tables.entries()) {
      const entry = table.of(symbol);
      if (entry < 0) continue;
      words[i][entry] = next;
      next += sizes[i];
    }
  }
  needs.arrange({ got: words[0], gotTlsGd: words[1], gotTp: words[2], gotTlsDesc: words[3] });
}
