import type { NameTable } from "../../binary/index.ts";
import { SHN_UNDEF, STB_LOCAL } from "../../elf/index.ts";
import type { Arena } from "../../kernels/index.ts";
import {
  Dyn,
  type DynamicLink,
  type LinkModel,
  type SharedLibrary,
  SymbolSection,
} from "../../model/index.ts";
import { hashName, orderOfHashes } from "../write/bfd-table.ts";
import { namesVersion } from "./shared-inputs.ts";
import { sharedSymbol } from "./shared-symbol.ts";

// As gnu-order.ts: BFD's hash table again, with the names that shared objects
// bring. A symbol with a version has three entries there: `foo@@V` is the symbol,
// `foo` and `foo@V` lead to it. Who has a place in .dynsym, .plt and .got goes
// by the entry of `foo@@V`, unless a relocatable object defines `foo`.

/** The global symbols in GNU ld's order. */
export function orderWithLibraries(model: LinkModel, dynamic: DynamicLink): Int32Array {
  const { symbols, names } = model;
  const table = new Entries();
  const globals = symbols.globals();
  const entryOf = new Int32Array(symbols.count);
  let library = 0;
  const add = (symbol: number): void => {
    const entry = table.add(hashName(names, symbols.name[symbol]));
    if (entryOf[symbol] === 0) entryOf[symbol] = entry;
  };
  for (let i = 0; i < globals.length; i++) {
    while (library < dynamic.libraries.length && dynamic.libraries[library].globalsBefore <= i)
      addLibrary(model, dynamic, library++, table, entryOf);
    if (symbols.object[globals[i]] >= 0) add(globals[i]);
  }
  while (library < dynamic.libraries.length) addLibrary(model, dynamic, library++, table, entryOf);
  // What only the script mentions comes into the table after all inputs were read.
  for (let i = 0; i < globals.length; i++) if (entryOf[globals[i]] === 0) add(globals[i]);
  const ranks = table.ranks(names.arena, model.options.hashSize);
  return globals.slice().sort((a, b) => ranks[entryOf[a]] - ranks[entryOf[b]]);
}

function addLibrary(
  model: LinkModel,
  dynamic: DynamicLink,
  number: number,
  table: Entries,
  entryOf: Int32Array,
): void {
  const { symbols, names } = model;
  const library = dynamic.libraries[number];
  const bound = new Map<number, number>();
  for (const [symbol, definition] of dynamic.bound)
    if (dynamic.definitionLibrary[definition] === number)
      bound.set(dynamic.definitionIndex[definition], symbol);
  for (let i = library.firstGlobal; i < library.symbolCount; i++) {
    const entry = sharedSymbol(library, i);
    if (entry.binding === STB_LOCAL) continue;
    const name = library.names[i];
    const version = versionName(library, entry);
    if (version === undefined) {
      const own = table.add(hashName(names, name));
      take(entryOf, ownRow(i), own);
      continue;
    }
    const isDefault = !entry.hidden && entry.section !== SHN_UNDEF;
    const own = table.add(hashVersioned(names, name, isDefault ? "@@" : "@", version));
    if (isDefault) {
      take(entryOf, ownRow(i), own);
      table.add(hashName(names, name));
      table.add(hashVersioned(names, name, "@", version));
    } else if (bound.has(i)) take(entryOf, bound.get(i) ?? 0, own);
  }

  /** The symbol that is bound to definition `i` of this library, or 0. */
  function ownRow(i: number): number {
    const symbol = symbols.global(library.names[i]);
    if (symbol === 0) return 0;
    // The PLT may have become the symbol's home since.
    const isShared =
      symbol < dynamic.flags.length
        ? (dynamic.flags[symbol] & Dyn.defDynamic) !== 0
        : symbols.section[symbol] === SymbolSection.undefined;
    if (!isShared) return 0;
    const definition = dynamic.definition(library.names[i]);
    if (dynamic.definitionLibrary[definition] !== number || dynamic.definitionIndex[definition] !== i)
      return 0;
    return symbol;
  }
}

function take(entryOf: Int32Array, symbol: number, entry: number): void {
  if (symbol !== 0) entryOf[symbol] = entry;
}

/** What follows the @ in GNU ld's name for a symbol; undefined for a plain name. */
function versionName(library: SharedLibrary, entry: ReturnType<typeof sharedSymbol>): string | undefined {
  const { version, hidden, section } = entry;
  if (!hidden && (version <= 1 || namesVersion(entry))) return undefined;
  if (section === SHN_UNDEF) return library.imports.get(version) ?? "";
  return version > 1 ? (library.versions[version] ?? "") : "";
}

function hashVersioned(names: NameTable, name: number, separator: string, version: string): number {
  const suffix = separator + version;
  const length = names.lengthOf(name);
  const bytes = names.arena.fileBytes(length + suffix.length);
  names.copy(name, bytes, 0);
  for (let i = 0; i < suffix.length; i++) bytes[length + i] = suffix.charCodeAt(i);
  names.arena.giveBack(bytes, 0);
  return names.arena.kernels.bfdHash(bytes.byteOffset, bytes.length);
}

/** Entries by hash, in the order in which they come: names of the same 64 bits are taken for the same. */
class Entries {
  private readonly numbers = new Map<number, number>();

  /** The number of the entry, from 1. */
  add(hash: number): number {
    const known = this.numbers.get(hash);
    if (known !== undefined) return known;
    const entry = this.numbers.size + 1;
    this.numbers.set(hash, entry);
    return entry;
  }

  /** By entry: its place when the table is gone through. */
  ranks(arena: Arena, hashSize: number | undefined): Int32Array {
    const hashes = arena.int32(this.numbers.size * 2);
    let i = 0;
    for (const hash of this.numbers.keys()) {
      hashes[i++] = hash;
      hashes[i++] = hash / 0x100000000;
    }
    const ranks = new Int32Array(this.numbers.size + 1);
    orderOfHashes(arena, hashes, hashSize).forEach((entry, rank) => {
      ranks[entry + 1] = rank + 1;
    });
    return ranks;
  }
}
