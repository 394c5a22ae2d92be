import type { Deletions, LinkModel } from "./model.ts";
import type { InputObject } from "./object.ts";
import { SymbolFlag, type SymbolId } from "./symbols.ts";

const named = new WeakSet<InputObject>();

/** A symbol table and what is needed to read it. */
export interface SymbolTableBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly symtabOffset: number;
  readonly strtabOffset: number;
  readonly strtabSize: number;
}

/** The symbol table of an object's file; it is that of `object` if nothing was left out of it, or the file is gone. */
export interface WholeSymbols extends SymbolTableBytes {
  readonly symbolCount: number;
  readonly firstGlobal: number;
}

/**
 * The symbol table of an object with all its labels, of which reading leaves out those that nothing refers to: they
 * matter to messages about places only. The file is read again for them.
 */
export function wholeSymbols(model: LinkModel, object: InputObject): WholeSymbols {
  const { whole } = object;
  const bytes = whole && model.readAgain?.(object);
  if (!whole || bytes?.length !== whole.fileSize) {
    const { bytes, view, is64, littleEndian, symtabOffset, strtabOffset, strtabSize, firstGlobal } = object;
    const symbolCount = object.symbolIds.length;
    return {
      bytes,
      view,
      is64,
      littleEndian,
      symtabOffset,
      strtabOffset,
      strtabSize,
      symbolCount,
      firstGlobal,
    };
  }
  const { is64, littleEndian } = object;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { ...whole, bytes, view, is64, littleEndian };
}

/**
 * Fills in `symbols.name` of the local symbols. Reading does not: half of a large program's symbols are local, and
 * their names matter only to messages, maps and explanations, which call this first. Labels that were left out get
 * rows at the end of the table, with values as far as relaxation has recorded what it deleted.
 */
export function nameLocalSymbols(model: LinkModel): void {
  for (const object of model.objects) {
    if (named.has(object)) continue;
    named.add(object);
    nameSymbolsOf(model, object);
    if (object.whole) addLabels(model, object);
  }
}

function nameSymbolsOf({ names, symbols }: LinkModel, object: InputObject): void {
  const { bytes, view, symbolIds, firstGlobal, symtabOffset, strtabOffset, strtabSize } = object;
  const size = object.is64 ? 24 : 16;
  for (let i = 1; i < firstGlobal; i++) {
    const nameAt = view.getUint32(symtabOffset + i * size, object.littleEndian);
    if (nameAt !== 0 && nameAt < strtabSize)
      symbols.name[symbolIds[i]] = names.addTerminated(bytes, strtabOffset + nameAt);
  }
}

/** Makes rows for the labels that were left out: for what is in the file's symbol table, and not next in the object's. */
function addLabels(model: LinkModel, object: InputObject): void {
  const whole = wholeSymbols(model, object);
  let next = 1;
  for (let i = 1; i < whole.firstGlobal; i++)
    if (next < object.firstGlobal && isSame(whole, i, object, next)) next++;
    else addLabel(model, object, whole, i);
}

/** Whether two symbols of one name are equal in all else. */
function isSame(a: SymbolTableBytes, i: number, b: SymbolTableBytes, j: number): boolean {
  const size = a.is64 ? 24 : 16;
  for (let at = 4; at < size; at++)
    if (a.bytes[a.symtabOffset + i * size + at] !== b.bytes[b.symtabOffset + j * size + at]) return false;
  return nameInObject(a, i) === nameInObject(b, j);
}

function addLabel(model: LinkModel, object: InputObject, whole: WholeSymbols, index: number): void {
  const { symbols, deletions, names } = model;
  const { bytes, view, is64, littleEndian, symtabOffset, strtabOffset } = whole;
  const at = symtabOffset + index * (is64 ? 24 : 16);
  const row = symbols.reserve(1);
  const section = object.sectionBase + view.getUint16(at + (is64 ? 6 : 14), littleEndian);
  const value = view.getInt32(at + (is64 ? 8 : 4), littleEndian);
  symbols.name[row] = names.addTerminated(bytes, strtabOffset + view.getUint32(at, littleEndian));
  symbols.object[row] = object.id;
  symbols.section[row] = section;
  symbols.other[row] = bytes[at + (is64 ? 5 : 13)];
  symbols.valueLow[row] = value - deletedBefore(deletions.get(section), value);
  if (is64) symbols.valueHigh[row] = view.getInt32(at + 12, littleEndian);
  symbols.size[row] = view.getUint32(at + (is64 ? 16 : 8), littleEndian);
}

function deletedBefore(deletions: Deletions | undefined, value: number): number {
  if (!deletions) return 0;
  const { first, count, start, length } = deletions;
  let deleted = 0;
  for (let i = first; i < first + count && start[i] < value; i++) deleted += length[i];
  return deleted;
}

const decoder = new TextDecoder();

/** The name of a symbol in an object's own symbol table, of a local one as far as it was moved together. */
export function nameInObject(table: SymbolTableBytes, index: number): string {
  const { bytes, view, is64, littleEndian, symtabOffset, strtabOffset, strtabSize } = table;
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
