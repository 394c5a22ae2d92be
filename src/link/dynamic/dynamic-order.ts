import type { NameTable } from "../../binary/index.ts";
import { SHN_UNDEF, STB_LOCAL } from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type LinkModel,
  type SharedLibrary,
  SymbolSection,
} from "../../model/index.ts";
import { growBuckets, hashName, SIZES } from "../gnu-order.ts";
import { namesVersion } from "./shared-inputs.ts";
import { sharedSymbol } from "./shared-symbol.ts";

// As gnu-order.ts: BFD's hash table again, with the names that shared objects
// bring. A symbol with a version has three entries there: `foo@@V` is the symbol,
// `foo` and `foo@V` lead to it. Who has a place in .dynsym, .plt and .got goes
// by the entry of `foo@@V`, unless a relocatable object defines `foo`.

/** The global symbols in GNU ld's order. */
export function orderWithLibraries(model: LinkModel, dynamic: DynamicLink): Int32Array {
  const { symbols, names } = model;
  const table = new HashTable();
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
  const ranks = table.ranks();
  return globals.slice().sort((a, b) => ranks[entryOf[a]] - ranks[entryOf[b]]);
}

function addLibrary(
  model: LinkModel,
  dynamic: DynamicLink,
  number: number,
  table: HashTable,
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

const scratch = new Uint8Array(4096);

function hashVersioned(names: NameTable, name: number, separator: string, version: string): number {
  const suffix = separator + version;
  const length = names.lengthOf(name);
  const bytes = length + suffix.length <= scratch.length ? scratch : new Uint8Array(length + suffix.length);
  names.copy(name, bytes, 0);
  for (let i = 0; i < suffix.length; i++) bytes[length + i] = suffix.charCodeAt(i);
  return hashBytes(bytes, length + suffix.length);
}

/** As `hashName`, of bytes. */
function hashBytes(bytes: Uint8Array, length: number): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i <= length; i++) {
    const sum = (low >>> 0) + (i < length ? bytes[i] : length) * 0x20001;
    if (sum > 0xffffffff) high += sum > 0x1ffffffff ? Math.floor(sum / 0x100000000) : 1;
    low = sum | 0;
    low ^= (low >>> 2) | (high << 30);
    high ^= high >>> 2;
  }
  return high * 0x100000000 + (low >>> 0);
}

/** Entries by hash: names of the same 64 bits are taken for the same. */
class HashTable {
  private count = 0;
  private level = 0;
  private heads: Int32Array = new Int32Array(SIZES[0]);
  private hashes = new Float64Array(1 << 14);
  private next = new Int32Array(1 << 14);

  /** The number of the entry, from 1. */
  add(hash: number): number {
    const bucket = hash % this.heads.length;
    for (let entry = this.heads[bucket]; entry !== 0; entry = this.next[entry])
      if (this.hashes[entry] === hash) return entry;
    const entry = ++this.count;
    if (entry === this.hashes.length) this.enlarge();
    this.hashes[entry] = hash;
    this.next[entry] = this.heads[bucket];
    this.heads[bucket] = entry;
    if (this.count > Math.floor((this.heads.length * 3) / 4) && this.level + 1 < SIZES.length)
      this.heads = growBuckets(this.heads, SIZES[++this.level], this.next, this.hashes);
    return entry;
  }

  private enlarge(): void {
    const hashes = new Float64Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    this.hashes = hashes;
    const next = new Int32Array(this.next.length * 2);
    next.set(this.next);
    this.next = next;
  }

  /** By entry: its place when the table is gone through. */
  ranks(): Int32Array {
    const ranks = new Int32Array(this.count + 1);
    let rank = 0;
    for (const head of this.heads)
      for (let entry = head; entry !== 0; entry = this.next[entry]) ranks[entry] = ++rank;
    return ranks;
  }
}
