import type { ProgramSymbols } from "./symbols.ts";

/**
 * Which source lines were executed, in lcov's format. A line's count is that
 * of its most executed row of the line table; nothing in the program is
 * changed, so optimised code can be asked as it is.
 */
export function coverageText(symbols: ProgramSymbols, counts: ReadonlyMap<number, number>): string {
  const { addresses, files, lines, names } = symbols.lines;
  const byFile = new Map<string, Map<number, number>>();
  for (let row = 0; row < addresses.length; row++) {
    if (lines[row] <= 0 || files[row] < 0) continue;
    // A row that another one at the same address replaces has no instruction.
    if (row + 1 < addresses.length && addresses[row + 1] === addresses[row]) continue;
    const file = names[files[row]];
    const inFile = byFile.get(file) ?? new Map<number, number>();
    byFile.set(file, inFile);
    const count = counts.get(addresses[row]) ?? 0;
    inFile.set(lines[row], Math.max(inFile.get(lines[row]) ?? 0, count));
  }
  const functions = new Map<string, { name: string; line: number; count: number }[]>();
  for (const { name, start } of symbols.functions) {
    const place = symbols.source(start);
    if (!place) continue;
    const list = functions.get(place.file) ?? [];
    list.push({ name, line: place.line, count: counts.get(start) ?? 0 });
    functions.set(place.file, list);
  }
  let text = "";
  for (const file of [...byFile.keys()].sort()) {
    text += `TN:\nSF:${file}\n`;
    const list = (functions.get(file) ?? []).sort((a, b) => a.line - b.line);
    for (const { name, line } of list) text += `FN:${line},${name}\n`;
    for (const { name, count } of list) text += `FNDA:${count},${name}\n`;
    text += `FNF:${list.length}\nFNH:${list.filter(({ count }) => count > 0).length}\n`;
    const rows = [...byFile.get(file)!].sort((a, b) => a[0] - b[0]);
    for (const [line, count] of rows) text += `DA:${line},${count}\n`;
    text += `LF:${rows.length}\nLH:${rows.filter(([, count]) => count > 0).length}\nend_of_record\n`;
  }
  return text;
}
