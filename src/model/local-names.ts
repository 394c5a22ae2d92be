import type { Deletions, LinkModel } from "./model.ts";
import type { InputObject } from "./object.ts";
import { SymbolFlag, type SymbolId } from "./symbols.ts";

const named = new WeakSet<InputObject>();

/**
 * Fills in `symbols.name` of the local symbols, of all objects or of one.
 * Reading does not: half of a large program's symbols are local, and their
 * names matter only to messages, maps and explanations, which call this first.
 * Labels that nothing refers to may not even have rows: here they get them, at
 * the end of the table, with values as far as relaxation has recorded what it
 * deleted.
 */
export function nameLocalSymbols(model: LinkModel, only?: InputObject): void {
  for (const object of only === undefined ? model.objects : [only]) {
    if (named.has(object)) continue;
    named.add(object);
    nameSymbolsOf(model, object);
  }
}

function nameSymbolsOf(model: LinkModel, object: InputObject): void {
  const { names, symbols } = model;
  const { bytes, view, symbolIds, firstGlobal, symtabOffset, strtabOffset, strtabSize } = object;
  const size = object.is64 ? 24 : 16;
  for (let i = 1; i < firstGlobal; i++) {
    if (symbolIds[i] === 0) symbolIds[i] = addLabel(model, object, i, symtabOffset + i * size);
    const nameAt = view.getUint32(symtabOffset + i * size, object.littleEndian);
    if (nameAt !== 0 && nameAt < strtabSize)
      symbols.name[symbolIds[i]] = names.addTerminated(bytes, strtabOffset + nameAt);
  }
}

function addLabel({ symbols, deletions }: LinkModel, object: InputObject, index: number, at: number): number {
  const { view, is64, littleEndian, id, sectionBase } = object;
  const row = symbols.reserve(1);
  const section = sectionBase + view.getUint16(at + (is64 ? 6 : 14), littleEndian);
  const value = view.getInt32(at + (is64 ? 8 : 4), littleEndian);
  symbols.object[row] = id;
  symbols.section[row] = section;
  symbols.elfIndex[row] = index;
  symbols.other[row] = object.bytes[at + (is64 ? 5 : 13)];
  symbols.valueLow[row] = value - deletedBefore(deletions.get(section), value);
  if (is64) symbols.valueHigh[row] = view.getInt32(at + 12, littleEndian);
  symbols.size[row] = view.getUint32(at + (is64 ? 16 : 8), littleEndian);
  return row;
}

function deletedBefore(deletions: Deletions | undefined, value: number): number {
  if (!deletions) return 0;
  const { first, count, start, length } = deletions;
  let deleted = 0;
  for (let i = first; i < first + count && start[i] < value; i++) deleted += length[i];
  return deleted;
}

const decoder = new TextDecoder();

/** The name of a symbol in an object's own symbol table. */
export function nameInObject(object: InputObject, index: number): string {
  const { bytes, view, is64, littleEndian, symtabOffset, strtabOffset, strtabSize } = object;
  const nameAt = view.getUint32(symtabOffset + index * (is64 ? 24 : 16), littleEndian);
  if (nameAt === 0 || nameAt >= strtabSize) return "";
  const start = strtabOffset + nameAt;
  const end = bytes.indexOf(0, start);
  const text = bytes.subarray(start, Math.min(end < 0 ? bytes.length : end, strtabOffset + strtabSize));
  // Browsers decode no shared memory.
  return decoder.decode(text.buffer instanceof ArrayBuffer ? text : text.slice());
}

/** The name of a local symbol, which need not be filled in; undefined for what is none of an object. */
export function localName({ symbols, names, objects }: LinkModel, symbol: SymbolId): string | undefined {
  const object = objects[symbols.object[symbol]];
  const index = symbols.elfIndex[symbol];
  if (symbols.flags[symbol] & SymbolFlag.global || !object || index === 0) return undefined;
  return symbols.name[symbol] !== 0 ? names.text(symbols.name[symbol]) : nameInObject(object, index);
}
