import type { SharedLibrary } from "../../model/index.ts";

/** What the reader of a symbol of a shared object needs of it. */
type Tables = Pick<SharedLibrary, "view" | "is64" | "symbolsOffset" | "versymOffset">;

/** A dynamic symbol of a shared object. */
export interface SharedSymbol {
  section: number;
  binding: number;
  type: number;
  other: number;
  valueLow: number;
  valueHigh: number;
  /** In bytes. */
  size: number;
  /** The number of its version; 0 and 1 are none. */
  version: number;
  /** Only a reference to its version means it. */
  hidden: boolean;
}

// One record for all: a library has thousands of symbols, and nobody keeps them.
const last: SharedSymbol = {
  section: 0,
  binding: 0,
  type: 0,
  other: 0,
  valueLow: 0,
  valueHigh: 0,
  size: 0,
  version: 0,
  hidden: false,
};

/** Reads a symbol; the record is valid until the next call. */
export function sharedSymbol(library: Tables, index: number): SharedSymbol {
  const { view, is64, symbolsOffset, versymOffset } = library;
  const at = symbolsOffset + index * (is64 ? 24 : 16);
  const info = view.getUint8(at + (is64 ? 4 : 12));
  last.binding = info >> 4;
  last.type = info & 15;
  last.other = view.getUint8(at + (is64 ? 5 : 13));
  last.section = view.getUint16(at + (is64 ? 6 : 14), true);
  last.valueLow = view.getInt32(at + (is64 ? 8 : 4), true);
  last.valueHigh = is64 ? view.getInt32(at + 12, true) : 0;
  last.size = is64
    ? view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 0x1_0000_0000
    : view.getUint32(at + 8, true);
  const versym = versymOffset === 0 ? 0 : view.getUint16(versymOffset + index * 2, true);
  last.version = versym & 0x7fff;
  last.hidden = (versym & 0x8000) !== 0;
  return last;
}

/** The name of a definition's version; empty for none. */
export function versionOf(
  { versions }: Pick<SharedLibrary, "versions">,
  { version }: { readonly version: number },
): string {
  return version > 1 ? (versions[version] ?? "") : "";
}
