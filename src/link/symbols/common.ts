import {
  SHF_ALLOC,
  SHF_TLS,
  SHF_WRITE,
  SHT_NOBITS,
  STT_COMMON,
  STT_OBJECT,
  STT_TLS,
} from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  type ObjectId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import { sortAsGnu } from "../write/gnu-order.ts";

// Tentative definitions (`int x;` under -fcommon) get their place here: each
// object's form one section COMMON of it (.tcommon for thread-local ones),
// which the script places by the name COMMON. Within an object GNU ld takes
// them by alignment with --sort-common, and otherwise as they lie in its hash table.

/** With -r tentative definitions stay what they are. */
export function leavesCommons({ options }: LinkModel, commands: ScriptCommands): boolean {
  return options.kind === "relocatable" && !options.defineCommon && !commands.forceCommon;
}

function tentative({ symbols }: LinkModel): SymbolId[] {
  const found: SymbolId[] = [];
  const homes = symbols.section.subarray(0, symbols.count);
  let id = homes.indexOf(SymbolSection.common, 1);
  for (; id >= 0; id = homes.indexOf(SymbolSection.common, id + 1)) found.push(id);
  return found;
}

/** Gives tentative definitions a place: a COMMON row for each object that has some. */
export function allocateCommons(model: LinkModel, commands: ScriptCommands): void {
  const { options, symbols, sections, names } = model;
  if (commands.inhibitCommon) return;
  const leaves = leavesCommons(model, commands);
  if (leaves && options.compat === "lld") return;
  const commons = leaves ? [] : tentative(model);
  if (commons.length === 0 && model.commonHolders.size === 0) return;
  // LLD makes a section for each symbol, in the order in which it met them.
  // First by object, so that rows are made in the order of the objects.
  const sign = options.sortCommon === "ascending" ? 1 : -1;
  if (options.compat === "gnu")
    sortAsGnu(model, commons).sort((a, b) => {
      const byObject = symbols.object[a] - symbols.object[b];
      if (byObject !== 0) return byObject;
      const byAlign = options.sortCommon === "none" ? 0 : sign * (symbols.valueLow[a] - symbols.valueLow[b]);
      return byAlign;
    });
  const rows = new Map<string, number>();
  for (const id of commons) {
    const object = symbols.object[id];
    const tls = (symbols.info[id] & 15) === STT_TLS;
    const row = rowFor(model, rows, object, tls, options.compat === "lld" ? id : 0);
    const align = Math.max(1, symbols.valueLow[id] >>> 0);
    const offset = Math.ceil(sections.size[row] / align) * align;
    sections.size[row] = offset + symbols.size[id];
    sections.alignPower[row] = Math.max(sections.alignPower[row], 31 - Math.clz32(align));
    symbols.section[id] = row;
    symbols.valueLow[id] = offset | 0;
    symbols.valueHigh[id] = Math.floor(offset / 0x1_0000_0000);
    if ((symbols.info[id] & 15) === STT_COMMON) symbols.info[id] = (symbols.info[id] & 0xf0) | STT_OBJECT;
    if ((symbols.flags[id] & SymbolFlag.live) !== 0 || !options.gcSections) sections.fate[row] = Fate.kept;
  }
  // GNU ld's objects have such a section as soon as a tentative definition of theirs holds, whatever becomes of it.
  if (options.compat === "gnu")
    for (const holder of model.commonHolders) {
      const row = rowFor(model, rows, holder >> 1, (holder & 1) !== 0, 0);
      if (!options.gcSections) sections.fate[row] = Fate.kept;
    }
  for (const id of commons)
    if (sections.fate[symbols.section[id]] === Fate.kept) symbols.flags[id] |= SymbolFlag.live;

  function rowFor(
    { sections }: LinkModel,
    known: Map<string, number>,
    object: ObjectId,
    tls: boolean,
    own: number,
  ): number {
    const key = `${object} ${tls} ${own}`;
    const old = known.get(key);
    if (old !== undefined) return old;
    const row = sections.addSynthetic({
      object,
      name: names.addString(tls ? ".tcommon" : "COMMON"),
      type: SHT_NOBITS,
      flags: SHF_ALLOC | SHF_WRITE | (tls ? SHF_TLS : 0),
      alignPower: 0,
    });
    // Until one of its symbols turns out to be live.
    sections.fate[row] = Fate.garbage;
    known.set(key, row);
    return row;
  }
}
