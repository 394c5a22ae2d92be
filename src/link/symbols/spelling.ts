import {
  type LinkModel,
  nameLocalSymbols,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";

// What an undefined symbol may have been meant to be.

/** The defined global symbol whose name takes the fewest edits, at most a third of its length and 3; 0 for none. */
export function nearestSymbol({ symbols, names }: LinkModel, name: string): SymbolId {
  const wanted = new TextEncoder().encode(name);
  let limit = Math.min(3, Math.floor(wanted.length / 3));
  let best = 0;
  for (let id = 1; id < symbols.count && limit > 0; id++) {
    if ((symbols.flags[id] & SymbolFlag.global) === 0 || symbols.section[id] === SymbolSection.undefined)
      continue;
    const length = names.lengthOf(symbols.name[id]);
    if (Math.abs(length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, names.bytes(symbols.name[id]), limit);
    if (distance > limit) continue;
    best = id;
    limit = distance - 1;
  }
  return best;
}

/** Insertions, deletions and substitutions from one name to the other; any number above `limit` stands for more. */
function editDistance(a: Uint8Array, b: Uint8Array, limit: number): number {
  let previous = new Uint16Array(b.length + 1);
  let current = new Uint16Array(b.length + 1);
  for (let j = 0; j <= b.length; j++) previous[j] = j;
  for (let i = 1; i <= a.length; i++) {
    current[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const value = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost);
      current[j] = value;
      if (value < least) least = value;
    }
    if (least > limit) return limit + 1;
    [previous, current] = [current, previous];
  }
  return previous[b.length];
}

/**
 * LLD's notion of a near miss: one character inserted, substituted or deleted,
 * or two neighbours exchanged, in that order at each place; then another case;
 * local symbols of the referring object count too. 0 for none.
 */
export function spelledLike(model: LinkModel, symbol: SymbolId): SymbolId {
  nameLocalSymbols(model);
  const { symbols, names, objects } = model;
  const name = names.text(symbols.name[symbol]);
  const locals = new Map<string, SymbolId>();
  const object = objects[symbols.object[symbol]];
  if (object)
    for (let i = 1; i < object.firstGlobal; i++) {
      const id = object.symbolIds[i];
      if (symbols.section[id] !== SymbolSection.undefined && symbols.name[id] !== 0) {
        const text = names.text(symbols.name[id]);
        if (!locals.has(text)) locals.set(text, id);
      }
    }
  const find = (text: string): SymbolId => {
    const local = locals.get(text);
    if (local !== undefined) return local;
    const id = names.find(text);
    const global = id < 0 ? 0 : symbols.global(id);
    return global !== 0 && symbols.section[global] !== SymbolSection.undefined ? global : 0;
  };
  for (let i = 0; i <= name.length; i++) {
    const before = name.slice(0, i);
    const found =
      withCharacter(before, name.slice(i), find) ||
      (i < name.length && withCharacter(before, name.slice(i + 1), find));
    if (found) return found;
    if (i === name.length) break;
    const swapped = i + 1 < name.length ? find(before + name[i + 1] + name[i] + name.slice(i + 2)) : 0;
    if (swapped !== 0) return swapped;
    const shorter = find(before + name.slice(i + 1));
    if (shorter !== 0) return shorter;
  }
  return otherCase(model, name, locals);
}

/** A symbol spelled `before`, any character from 0 to z, `after`. */
function withCharacter(before: string, after: string, find: (text: string) => SymbolId): SymbolId {
  for (let code = 0x30; code <= 0x7a; code++) {
    const found = find(before + String.fromCharCode(code) + after);
    if (found !== 0) return found;
  }
  return 0;
}

function otherCase(
  { symbols, names }: LinkModel,
  name: string,
  locals: ReadonlyMap<string, SymbolId>,
): SymbolId {
  const lower = name.toLowerCase();
  for (const [text, id] of locals) if (text !== name && text.toLowerCase() === lower) return id;
  for (let id = 1; id < symbols.count; id++) {
    if ((symbols.flags[id] & SymbolFlag.global) === 0 || symbols.section[id] === SymbolSection.undefined)
      continue;
    if (names.lengthOf(symbols.name[id]) !== name.length) continue;
    const text = names.text(symbols.name[id]);
    if (text !== name && text.toLowerCase() === lower) return id;
  }
  return 0;
}
