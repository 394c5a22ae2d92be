import {
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_WEAK,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_SECTION,
  STT_TLS,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type ImageLayout,
  type LinkModel,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { isWeakUndefined, type Target } from "../../targets/index.ts";
import type { OutputStatement } from "../place/placement.ts";
import { headerNumbers } from "../write/relocatable.ts";
import { stringTable } from "../write/string-table.ts";
import { gnuTable, sysvHash, sysvTable } from "./hash-tables.ts";
import { type DynamicRows, setContents } from "./rows.ts";
import { sharedSymbol, versionOf } from "./shared-symbol.ts";

/** .dynsym, .dynstr and versions, as far as they are known before addresses are. */
export interface DynamicTables {
  /** The symbols in BFD's order. */
  readonly symbols: readonly SymbolId[];
  readonly offsets: ReadonlyMap<string, number>;
  /** How many libraries .gnu.version_r names. */
  readonly versionNeeds: number;
}

interface SectionSymbol {
  readonly shndx: number;
  readonly address: bigint;
}

interface VersionNeed {
  readonly library: number;
  readonly versions: { readonly name: string; readonly weak: boolean; readonly number: number }[];
}

/** Sizes and fills what does not depend on addresses. `order`: all global symbols in BFD's order. */
export function createTables(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  order: Int32Array,
): DynamicTables {
  const { names } = model;
  const found = [...order].filter((symbol) => (dynamic.flags[symbol] & Dyn.dynamic) !== 0);
  const texts = new Map<SymbolId, string>();
  const encoder = new TextEncoder();
  const nameOf = (symbol: SymbolId): string => {
    let text = texts.get(symbol);
    if (text === undefined) {
      text = names.text(model.symbols.name[symbol]).replace(/@.*/, "");
      texts.set(symbol, text);
    }
    return text;
  };
  const bytesOf = (symbol: SymbolId) => encoder.encode(nameOf(symbol));
  const first = 1 + dynamic.sectionSymbols;
  const count = found.length + first;
  for (const [i, symbol] of found.entries()) dynamic.index[symbol] = i + first;
  if (rows.gnuHash) {
    const isFound = (symbol: SymbolId) => canBeFound(model, dynamic, symbol);
    const hidden = found.filter((symbol) => !isFound(symbol));
    const table = gnuTable(model, hidden, found.filter(isFound), bytesOf, dynamic.index, first, target.is64);
    setContents(model, rows.gnuHash, table);
  }
  if (rows.hash) setContents(model, rows.hash, sysvTable(model, found, bytesOf, dynamic.index, count));

  const needs = versionNeeds(model, dynamic, found);
  const { bytes, offsets } = stringTable(stringsOf(model, dynamic, needs, nameOf));
  setContents(model, rows.dynstr, bytes);
  setContents(model, rows.dynsym, new Uint8Array(count * (target.is64 ? 24 : 16)));
  if (needs.list.length > 0) {
    setContents(model, rows.verneed, encodeNeeds(dynamic, needs.list, offsets));
    const versions = new Uint16Array(count);
    for (const symbol of found) versions[dynamic.index[symbol]] = needs.numbers.get(symbol) ?? 1;
    setContents(model, rows.versym, new Uint8Array(versions.buffer));
  }
  const view = viewOf(model, rows.dynsym);
  for (const symbol of found)
    view.setUint32(dynamic.index[symbol] * (target.is64 ? 24 : 16), offsets.get(nameOf(symbol)) ?? 0, true);
  return { symbols: found, offsets, versionNeeds: needs.list.length };
}

/** Whether other objects may find the symbol here: it is defined, or stands for the function everywhere. */
function canBeFound(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): boolean {
  const flags = dynamic.flags[symbol];
  const here = (flags & Dyn.defRegular) !== 0;
  const isStub = dynamic.plt[symbol] >= 0 && !here;
  if (isStub && dynamic.facts.comparesPointers && (flags & Dyn.pointerEquality) === 0) return false;
  if (isStub && !dynamic.facts.comparesPointers && model.options.kind === "pie") return false;
  if (flags & Dyn.forcedLocal || isWeakUndefined(model, symbol)) return false;
  return here || model.symbols.section[symbol] !== SymbolSection.undefined;
}

/** The versions of shared objects that symbols are bound to. The last library and version found come first. */
function versionNeeds(model: LinkModel, dynamic: DynamicLink, order: readonly SymbolId[]) {
  const list: VersionNeed[] = [];
  const numbers = new Map<SymbolId, number>();
  let next = 2;
  for (const symbol of order) {
    if ((dynamic.flags[symbol] & Dyn.defDynamic) === 0) continue;
    const definition = dynamic.bound.get(symbol) ?? dynamic.definition(model.symbols.name[symbol]);
    const number = dynamic.definitionLibrary[definition];
    const library = dynamic.libraries[number];
    if (library.implied) continue;
    const entry = sharedSymbol(library, dynamic.definitionIndex[definition]);
    const version = versionOf(library, entry);
    if (version === "") continue;
    let need = list.find((known) => known.library === number);
    if (!need) {
      need = { library: number, versions: [] };
      list.unshift(need);
    }
    let known = need.versions.find(({ name }) => name === version);
    if (!known) {
      known = { name: version, weak: library.weakVersions.has(entry.version), number: next++ };
      need.versions.unshift(known);
    }
    numbers.set(symbol, known.number);
  }
  return { list, numbers };
}

function encodeNeeds(
  dynamic: DynamicLink,
  list: readonly VersionNeed[],
  offsets: ReadonlyMap<string, number>,
): Uint8Array {
  const size = list.reduce((sum, { versions }) => sum + 16 + 16 * versions.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const encoder = new TextEncoder();
  let at = 0;
  for (const [i, { library, versions }] of list.entries()) {
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, versions.length, true);
    view.setUint32(at + 4, offsets.get(dynamic.libraries[library].soname) ?? 0, true);
    view.setUint32(at + 8, 16, true);
    view.setUint32(at + 12, i + 1 < list.length ? 16 + 16 * versions.length : 0, true);
    at += 16;
    for (const [j, { name, weak, number }] of versions.entries()) {
      view.setUint32(at, sysvHash(encoder.encode(name)), true);
      view.setUint16(at + 4, weak ? 2 : 0, true);
      view.setUint16(at + 6, number, true);
      view.setUint32(at + 8, offsets.get(name) ?? 0, true);
      view.setUint32(at + 12, j + 1 < versions.length ? 16 : 0, true);
      at += 16;
    }
  }
  return bytes;
}

/** The strings of .dynstr in the order in which GNU ld comes by them, which is that of the table. */
function stringsOf(
  { options }: LinkModel,
  dynamic: DynamicLink,
  needs: ReturnType<typeof versionNeeds>,
  nameOf: (symbol: SymbolId) => string,
): string[] {
  const { recorded, whenRead, whenExported, libraries } = dynamic;
  const strings: string[] = [];
  for (const symbol of whenRead) if (recorded.has(symbol)) strings.push(nameOf(symbol));
  for (const { soname, implied } of libraries) if (!implied) strings.push(soname);
  for (const symbol of whenExported) if (recorded.has(symbol)) strings.push(nameOf(symbol));
  if (options.soname !== undefined) strings.push(options.soname);
  for (const { library, versions } of needs.list)
    strings.push(libraries[library].soname, ...versions.map(({ name }) => name));
  strings.push(runPath(options.rpath), ...options.audit, ...options.depaudit);
  for (const symbol of recorded) strings.push(nameOf(symbol));
  return strings;
}

/** All of -rpath as one path, each directory once. */
export function runPath(given: readonly string[]): string {
  return [...new Set(given)].join(":");
}

/** Writes values, sections and the rest of .dynsym: addresses are final. */
export function fillSymbols(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  tables: DynamicTables,
  layout: ImageLayout,
  sectionSymbol: OutputStatement | undefined,
): void {
  const view = viewOf(model, rows.dynsym);
  const { symbols } = model;
  const entry = target.is64 ? 24 : 16;
  const tls = layout.tls?.start ?? 0n;
  const numberOf = headerNumbers(model, layout);
  if (dynamic.sectionSymbols > 0 && sectionSymbol)
    putSectionSymbol(target, view, {
      shndx: numberOf(sectionSymbol.index),
      address: layout.sections[sectionSymbol.index].address,
    });
  for (const symbol of tables.symbols) {
    const at = dynamic.index[symbol] * entry;
    const seen = seenSymbol(model, dynamic, layout, symbol, numberOf);
    let value = seen.hasValue
      ? (BigInt(symbols.addressHigh[symbol] >>> 0) << 32n) | BigInt(symbols.addressLow[symbol] >>> 0)
      : 0n;
    if ((seen.info & 15) === STT_TLS && seen.shndx !== 0) value -= tls;
    if (target.is64) {
      view.setUint8(at + 4, seen.info);
      view.setUint8(at + 5, symbols.other[symbol]);
      view.setUint16(at + 6, seen.shndx, true);
      view.setBigUint64(at + 8, BigInt.asUintN(64, value), true);
      view.setBigUint64(at + 16, BigInt(seen.size), true);
    } else {
      view.setUint32(at + 4, Number(BigInt.asUintN(32, value)), true);
      view.setUint32(at + 8, seen.size, true);
      view.setUint8(at + 12, seen.info);
      view.setUint8(at + 13, symbols.other[symbol]);
      view.setUint16(at + 14, seen.shndx, true);
    }
  }
}

/** The one symbol of a section: its number is known to nobody, but it has a place. */
function putSectionSymbol(target: Target, view: DataView, { shndx, address }: SectionSymbol): void {
  if (target.is64) {
    view.setUint8(24 + 4, STT_SECTION);
    view.setUint16(24 + 6, shndx, true);
    view.setBigUint64(24 + 8, address, true);
  } else {
    view.setUint32(16 + 4, Number(address), true);
    view.setUint8(16 + 12, STT_SECTION);
    view.setUint16(16 + 14, shndx, true);
  }
}

/** The version of a shared object's definition that a symbol is bound to; empty for none. */
export function boundVersion(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): string {
  if ((dynamic.flags[symbol] & Dyn.defDynamic) === 0) return "";
  const definition = dynamic.bound.get(symbol) ?? dynamic.definition(model.symbols.name[symbol]);
  if (definition === 0) return "";
  const library = dynamic.libraries[dynamic.definitionLibrary[definition]];
  return versionOf(library, sharedSymbol(library, dynamic.definitionIndex[definition]));
}

/** How a symbol appears in the tables of symbols of the output. */
export interface SeenSymbol {
  readonly shndx: number;
  readonly info: number;
  /** In bytes. */
  readonly size: number;
  /** Its address is its value; otherwise that is 0. */
  readonly hasValue: boolean;
}

/**
 * As a symbol of the program is seen: what the PLT stands in for is undefined all the same.
 * `numberOf`: the header's number of an output section.
 */
export function seenSymbol(
  model: LinkModel,
  dynamic: DynamicLink,
  layout: ImageLayout,
  symbol: SymbolId,
  numberOf: (output: number) => number,
): SeenSymbol {
  const { symbols, sections } = model;
  const flags = dynamic.flags[symbol];
  const here = (flags & Dyn.defRegular) !== 0;
  const home = symbols.section[symbol];
  const stub = dynamic.plt[symbol] >= 0 || dynamic.pltGot[symbol] >= 0;
  let type = symbols.info[symbol] & 15;
  let binding = symbols.info[symbol] >> 4;
  if (!here && (stub || home === SymbolSection.undefined)) {
    if (type === STT_GNU_IFUNC) type = STT_FUNC;
    if (flags & Dyn.refRegular) binding = flags & Dyn.refStrong ? STB_GLOBAL : STB_WEAK;
    const isDefined = (flags & Dyn.defDynamic) !== 0;
    const inPie = model.options.kind === "pie" ? 0 : Dyn.refStrong;
    const asked = flags & (dynamic.facts.comparesPointers ? Dyn.pointerEquality : inPie);
    const hasValue = stub && !isWeakUndefined(model, symbol) && asked !== 0;
    return {
      shndx: 0,
      info: (binding << 4) | type,
      size: isDefined ? 0 : symbols.size[symbol],
      hasValue,
    };
  }
  if (binding === STB_GNU_UNIQUE && !here) binding = STB_GLOBAL;
  let shndx = 0xfff1;
  if (home > 0) {
    const output =
      sections.output[home] < 0 ? (layout.symbolOutput.get(symbol) ?? -1) : sections.output[home];
    shndx = output < 0 ? 0 : numberOf(output);
  } else if (home === SymbolSection.script) {
    const output = layout.symbolOutput.get(symbol) ?? -1;
    if (output >= 0) shndx = numberOf(output);
  }
  return { shndx, info: (binding << 4) | type, size: symbols.size[symbol], hasValue: true };
}

function viewOf(model: LinkModel, row: number): DataView {
  const bytes = model.sections.contents.get(row) ?? new Uint8Array(0);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
