import { fromHalves } from "../../binary/index.ts";
import {
  Cursor,
  type PlacedBytes,
  type PlacedRange,
  readUnitRanges,
  type UnitRanges,
} from "../../dwarf/index.ts";
import { SHT_PROGBITS } from "../../elf/index.ts";
import { Fate, type InputObject, type LinkModel, type SectionId } from "../../model/index.ts";
import { debugBytes } from "../explain/debug-bytes.ts";

// .gdb_index, version 7 (GDB's manual, "Index Section Format"): which units have
// which addresses and names, so that GDB need not read all debugging information
// when it starts.
//
//   header   version and the offsets of what follows, 6 words
//   units    where each is in .debug_info, and how long: 2 times 8 bytes
//   (type units: none)
//   areas    addresses from, to (8 bytes each) and the number of the unit
//   names    an open hash table of (offset of the name, offset of its units)
//   pool     for each name the units that have it; then the names
//
// Units and their addresses are read from the objects; the names stand in
// .debug_gnu_pubnames and .debug_gnu_pubtypes, which are of no use afterwards.

/** What the index will say, but for what addresses decide. */
export interface GdbIndex {
  readonly row: SectionId;
  readonly units: readonly {
    readonly section: SectionId;
    readonly offset: number;
    readonly length: number;
  }[];
  readonly areas: readonly (PlacedRange & { readonly unit: number })[];
  readonly names: readonly IndexedName[];
}

interface IndexedName {
  readonly bytes: Uint8Array;
  /** Numbers of units, with the kind of the name in the top byte. */
  readonly units: number[];
}

const VERSION = 7;
const HEADER = 24;
const LEAST_SLOTS = 1024;
const PUBLIC_NAMES = [".debug_gnu_pubnames", ".debug_gnu_pubtypes"];

/** Reads what the index is made of, and makes room for it; undefined where no object has debugging information. */
export function createGdbIndex(model: LinkModel): GdbIndex | undefined {
  const units: GdbIndex["units"][number][] = [];
  const areas: GdbIndex["areas"][number][] = [];
  const names: IndexedName[] = [];
  const known = new Map<string, IndexedName>();
  for (const object of model.objects) {
    if (object.foreign) continue;
    const publicNames = PUBLIC_NAMES.map((name) => sectionNamed(model, object, name)).filter(
      (row) => row !== 0,
    );
    for (const row of publicNames) model.sections.fate[row] = Fate.excluded;
    const info = sectionNamed(model, object, ".debug_info");
    if (info === 0) continue;
    const first = units.length;
    const own = unitsOf(model, object, info);
    for (const [i, { offset, length, ranges }] of own.entries()) {
      units.push({ section: info, offset, length });
      for (const range of ranges)
        if (range.section !== 0 && isKept(model, range.section)) areas.push({ ...range, unit: first + i });
    }
    for (const row of publicNames) addNames(model, row, own, first, names, known);
  }
  if (units.length === 0) return undefined;
  const pool = names.reduce((sum, name) => sum + 4 + 4 * name.units.length + name.bytes.length + 1, 0);
  const row = model.sections.addSynthetic({
    object: -1,
    name: model.names.addString(".gdb_index"),
    type: SHT_PROGBITS,
    flags: 0,
    alignPower: 0,
    size: HEADER + 16 * units.length + 20 * areas.length + 8 * slotsFor(names.length) + pool,
  });
  model.sections.contents.set(row, new Uint8Array(model.sections.size[row]));
  return { row, units, areas, names };
}

function isKept({ sections }: LinkModel, section: SectionId): boolean {
  return sections.fate[section] === Fate.kept;
}

function sectionNamed(model: LinkModel, object: InputObject, text: string): SectionId {
  const { sections, names } = model;
  const name = names.find(text);
  if (name < 0) return 0;
  for (let row = object.sectionBase + 1; row < object.sectionBase + object.sectionCount; row++)
    if (sections.name[row] === name && isKept(model, row)) return row;
  return 0;
}

function unitsOf(model: LinkModel, object: InputObject, info: SectionId): UnitRanges[] {
  const placed = (section: SectionId): PlacedBytes => {
    const { bytes, sectionAt } = debugBytes(model, section);
    return { bytes, sectionAt: (offset) => sectionAt.get(offset) ?? 0 };
  };
  const optional = (name: string): PlacedBytes | undefined => {
    const section = sectionNamed(model, object, name);
    return section === 0 ? undefined : placed(section);
  };
  const abbrev = sectionNamed(model, object, ".debug_abbrev");
  return readUnitRanges({
    info: placed(info),
    abbrev: abbrev === 0 ? new Uint8Array(0) : debugBytes(model, abbrev).bytes,
    ranges: optional(".debug_ranges"),
    rnglists: optional(".debug_rnglists"),
    addr: optional(".debug_addr"),
  });
}

/** Adds the names of a section in sets, one for each unit. */
function addNames(
  model: LinkModel,
  row: SectionId,
  units: readonly UnitRanges[],
  first: number,
  names: IndexedName[],
  known: Map<string, IndexedName>,
): void {
  const { bytes } = debugBytes(model, row);
  const numbers = new Map(units.map(({ offset }, i) => [offset, first + i]));
  for (let at = 0; at + 14 <= bytes.length; ) {
    const cursor = new Cursor(bytes, at);
    const length = cursor.u32();
    cursor.u16();
    const unit = numbers.get(cursor.u32());
    cursor.u32();
    const end = Math.min(at + 4 + length, bytes.length);
    while (!cursor.ended && cursor.offset + 4 <= end) {
      if (cursor.u32() === 0) break;
      const kind = cursor.u8();
      const zero = bytes.indexOf(0, cursor.offset);
      if (zero < 0 || zero >= end) break;
      const name = bytes.slice(cursor.offset, zero);
      cursor.skip(name.length + 1);
      if (unit === undefined) continue;
      const key = String.fromCharCode(...name);
      let entry = known.get(key);
      if (!entry) {
        entry = { bytes: name, units: [] };
        known.set(key, entry);
        names.push(entry);
      }
      const word = ((kind << 24) | unit) >>> 0;
      if (!entry.units.includes(word)) entry.units.push(word);
    }
    at = end > at ? end : bytes.length;
  }
}

/** A power of two with a quarter of the slots free. */
function slotsFor(names: number): number {
  let slots = LEAST_SLOTS;
  while (slots <= Math.floor((names * 4) / 3)) slots *= 2;
  return slots;
}

/** GDB's hash of a name, without regard to the case of letters. */
function hashOf(name: Uint8Array): number {
  let hash = 0;
  for (const byte of name) {
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    hash = (Math.imul(hash, 67) + lower - 113) >>> 0;
  }
  return hash;
}

/** Writes it: all addresses are final. */
export function fillGdbIndex(model: LinkModel, { row, units, areas, names }: GdbIndex): void {
  const { sections } = model;
  const bytes = sections.contents.get(row);
  if (!bytes || sections.output[row] < 0) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  const typeUnits = HEADER + 16 * units.length;
  const table = typeUnits + 20 * areas.length;
  const slots = slotsFor(names.length);
  const pool = table + 8 * slots;
  for (const [i, value] of [VERSION, HEADER, typeUnits, typeUnits, table, pool].entries()) word(4 * i, value);
  for (const [i, { section, offset, length }] of units.entries()) {
    view.setBigUint64(HEADER + 16 * i, BigInt(sections.outputOffset[section] + offset), true);
    view.setBigUint64(HEADER + 16 * i + 8, BigInt(length), true);
  }
  for (const [i, { section, low, high, unit }] of areas.entries()) {
    const at = typeUnits + 20 * i;
    const base = fromHalves(sections.addressLow[section], sections.addressHigh[section]);
    view.setBigUint64(at, BigInt.asUintN(64, base + BigInt(low)), true);
    view.setBigUint64(at + 8, BigInt.asUintN(64, base + BigInt(high)), true);
    word(at + 16, unit);
  }
  const taken = new Uint8Array(slots);
  let lists = 0;
  let texts = names.reduce((sum, name) => sum + 4 + 4 * name.units.length, 0);
  for (const name of names) {
    const hash = hashOf(name.bytes);
    let slot = hash & (slots - 1);
    const step = (Math.imul(hash, 17) & (slots - 1)) | 1;
    while (taken[slot] === 1) slot = (slot + step) & (slots - 1);
    taken[slot] = 1;
    word(table + 8 * slot, texts);
    word(table + 8 * slot + 4, lists);
    word(pool + lists, name.units.length);
    for (const [i, unit] of name.units.entries()) word(pool + lists + 4 + 4 * i, unit);
    bytes.set(name.bytes, pool + texts);
    lists += 4 + 4 * name.units.length;
    texts += name.bytes.length + 1;
  }
}
