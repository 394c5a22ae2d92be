import {
  Fate,
  type InputObject,
  type LinkModel,
  type ObjectId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import type { LinkResult } from "../link.ts";
import { ownerOf } from "../synthetic/synthetic.ts";
import { symbolDisplayName } from "./display-name.ts";

// The cross reference table: for each global symbol, who defines it and who
// refers to it. The columns keep one row for each name; who mentions it is read
// again from the symbol tables of the objects.

const SHN_UNDEF = 0;
const SHN_COMMON = 0xfff2;

/** One mention of a global symbol in an object's symbol table. */
export type Mention = "definition" | "common" | "reference";

/** Calls back for every global symbol of an object, in the order of its table. */
export function eachGlobal(
  object: InputObject,
  visit: (symbol: SymbolId, mention: Mention, elfIndex: number) => void,
): void {
  const { view, is64, littleEndian, symtabOffset, symbolIds } = object;
  const size = is64 ? 24 : 16;
  const shndxAt = is64 ? 6 : 14;
  for (let i = Math.max(1, object.firstGlobal); i < symbolIds.length; i++) {
    const shndx = view.getUint16(symtabOffset + i * size + shndxAt, littleEndian);
    const mention = shndx === SHN_UNDEF ? "reference" : shndx === SHN_COMMON ? "common" : "definition";
    visit(symbolIds[i], mention, i);
  }
}

/** st_shndx of a symbol. */
function sectionIndex({ view, is64, littleEndian, symtabOffset }: InputObject, elfIndex: number): number {
  const shndx = view.getUint16(symtabOffset + elfIndex * (is64 ? 24 : 16) + (is64 ? 6 : 14), littleEndian);
  return shndx < 0xff00 ? shndx : 0;
}

/** The objects that mention a symbol, those first that define it. */
interface Entry {
  readonly definitions: ObjectId[];
  readonly commons: ObjectId[];
  readonly references: ObjectId[];
}

function collect(model: LinkModel): Map<SymbolId, Entry> {
  const entries = new Map<SymbolId, Entry>();
  const { sections, symbols } = model;
  for (const object of model.objects)
    eachGlobal(object, (symbol, written, index) => {
      // A definition in a group of which another copy was taken is but a reference.
      const home = written === "definition" ? object.sectionBase + sectionIndex(object, index) : 0;
      const lost = home > 0 && home < sections.count && sections.fate[home] === Fate.duplicate;
      const mention = lost ? "reference" : written;
      let entry = entries.get(symbol);
      if (!entry) {
        entry = { definitions: [], commons: [], references: [] };
        entries.set(symbol, entry);
      }
      const list =
        mention === "definition"
          ? entry.definitions
          : mention === "common"
            ? entry.commons
            : entry.references;
      if (list.at(-1) !== object.id) list.push(object.id);
    });
  // Symbols of sections that the linker makes belong to the object that GNU ld keeps those with.
  for (const symbol of symbols.globals()) {
    const home = symbols.section[symbol];
    if (home <= 0 || home >= sections.count) continue;
    const keeper = model.objects[Math.max(0, sections.object[home])];
    if (home >= keeper.sectionBase && home < keeper.sectionBase + keeper.sectionCount) continue;
    const entry = entries.get(symbol) ?? { definitions: [], commons: [], references: [] };
    entries.set(symbol, entry);
    if (entry.definitions.length + entry.commons.length === 0) entry.definitions.push(keeper.id);
  }
  return entries;
}

const FILE_COLUMN = 50;

/** The table of --cref, as it ends GNU ld's map, or LLD's. */
export function crossReferences(result: LinkResult): string {
  const { inputs, options } = result;
  if (!inputs) return "";
  return options.compat === "lld" ? lldTable(inputs.model) : gnuTable(inputs.model, result.target);
}

const GOT_SYMBOL = "_GLOBAL_OFFSET_TABLE_";

function gnuTable(model: LinkModel, target: Target | undefined): string {
  const { objects, options } = model;
  const entries = collect(model);
  const rows = [...entries].map(([symbol, entry]) => ({ entry, name: symbolDisplayName(model, symbol) }));
  // Where GNU ld makes a GOT in any case, its symbol is mentioned even if both go.
  if (target?.emptySections && options.kind !== "relocatable" && objects.length > 0) {
    const known = rows.find(({ name }) => name === GOT_SYMBOL)?.entry;
    const owner = ownerOf(model, target);
    if (!known)
      rows.push({
        entry: { definitions: [owner], commons: [], references: [] },
        name: GOT_SYMBOL,
      });
    else if (known.definitions.length === 0) known.definitions.push(owner);
  }
  rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let text = `\nCross Reference Table\n\n${"Symbol".padEnd(FILE_COLUMN)}File\n`;
  if (rows.length === 0) return `${text}No symbols\n`;
  for (const { entry, name } of rows) {
    const { definitions, commons, references } = entry;
    let head = `${name} `;
    // GNU ld puts the latest mention first.
    for (const list of [definitions, commons, references])
      for (const object of [...list].reverse()) {
        text += `${head.padEnd(FILE_COLUMN)}${objects[object].name}\n`;
        head = "";
      }
  }
  return text;
}

function eachDefined(model: LinkModel, object: InputObject, visit: (symbol: SymbolId) => void): void {
  if (!object.symbolsOnly) eachGlobal(object, visit);
  else
    for (const symbol of model.symbols.globals())
      if (model.symbols.object[symbol] === object.id) visit(symbol);
}

/** LLD lists symbols in the order in which their definitions were read. */
function lldTable(model: LinkModel): string {
  const { symbols, sections, objects } = model;
  const mentions = new Map<SymbolId, Set<ObjectId>>();
  const mention = (symbol: SymbolId, object: ObjectId) => {
    const known = mentions.get(symbol);
    if (known) known.add(object);
    else mentions.set(symbol, new Set([object]));
  };
  for (const object of objects)
    eachGlobal(object, (symbol, kind) => kind === "reference" || mention(symbol, object.id));
  // --just-symbols: names with addresses, without a table of the model's.
  for (const symbol of symbols.globals()) {
    const object = objects[symbols.object[symbol]];
    if (object?.symbolsOnly) mention(symbol, object.id);
  }
  for (const object of objects)
    eachGlobal(object, (symbol) => mentions.has(symbol) && mention(symbol, object.id));
  let text = `${"Symbol".padEnd(FILE_COLUMN)}File\n`;
  for (const object of objects)
    eachDefined(model, object, (symbol) => {
      const files = mentions.get(symbol);
      if (!files || symbols.object[symbol] !== object.id) return;
      mentions.delete(symbol);
      const home = symbols.section[symbol];
      if (home > 0 && sections.output[home] < 0) return;
      if ((symbols.flags[symbol] & SymbolFlag.omit) !== 0) return;
      let head = symbolDisplayName(model, symbol);
      for (const file of [object.id, ...[...files].filter((id) => id !== object.id)]) {
        text += `${head.length >= FILE_COLUMN ? `${head} ` : head.padEnd(FILE_COLUMN)}${objects[file].name}\n`;
        head = "";
      }
    });
  return text;
}
