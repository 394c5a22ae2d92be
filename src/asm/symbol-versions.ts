import type { Assembler } from "./assembler.ts";
import { COMMON, UNDEFINED } from "./sections.ts";
import { GLOBAL, REMOVED, type SymbolId, USED_IN_RELOCATION } from "./symbols.ts";

// .symver: names with versions. A symbol that is defined here gets an alias of
// each name; one that is not is renamed, as is one whose name says `@@@`.

/** Before relocations are made: which symbols are renamed, and under what name. */
export function prepareVersions(assembler: Assembler): void {
  const { symbols, versions } = assembler;
  for (const version of versions) {
    const { symbol, place } = version;
    const defined = symbols.section[symbol] !== UNDEFINED;
    if (version.name.includes("@@@")) {
      version.rename = true;
      version.name = version.name.replace("@@@", defined ? "@@" : "@");
    }
    if (defined) continue;
    if (!version.rename && version.name.includes("@@"))
      assembler.errorAt(
        place,
        "AS0844",
        `invalid attempt to declare external version name as default in symbol \`${version.name}'`,
      );
    const other = versions.find((each) => each !== version && each.symbol === symbol);
    if (other && versions.indexOf(other) > versions.indexOf(version))
      assembler.errorAt(
        place,
        "AS0845",
        `multiple versions [\`${version.name}'|\`${other.name}'] for symbol \`${symbols.text(symbol)}'`,
      );
    version.rename = true;
  }
}

/** When a symbol has its value: gives it its name, or makes the aliases. */
export function finishVersions(assembler: Assembler, id: SymbolId): void {
  const { symbols, names, versions } = assembler;
  if (versions.length === 0) return;
  for (const { symbol, name, rename, visibility, place } of versions) {
    if (symbol !== id) continue;
    if (rename) {
      symbols.name[id] = names.internText(name);
      continue;
    }
    if (symbols.section[id] === COMMON) {
      assembler.errorAt(
        place,
        "AS0846",
        `\`${name}' can't be versioned to common symbol '${symbols.text(id)}'`,
      );
      continue;
    }
    const alias = symbols.findOrMake(names.internText(name));
    symbols.copyDefinition(alias, id);
    if (visibility === "hidden") symbols.other.set(id, ((symbols.other.get(id) ?? 0) & ~3) | 2);
    else if (visibility === "local") symbols.flags[id] &= ~GLOBAL;
    else if (visibility === "remove" && !symbols.has(id, USED_IN_RELOCATION)) symbols.flags[id] |= REMOVED;
  }
}
