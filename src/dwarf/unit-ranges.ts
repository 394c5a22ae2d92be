import { readAbbreviations } from "./abbreviations.ts";
import { DW_AT } from "./compile-units.ts";
import { Cursor } from "./cursor.ts";
import { DW_FORM, readForm } from "./forms.ts";
import { readUnitHeader, readUnitLength } from "./unit-header.ts";

// Which code the units of an object that is not linked yet are for. An address
// there is an offset in a section, and which section that is only the relocation
// at the field knows: so the place of each field matters as much as its value.

/** A debugging section of an object; `sectionAt` is what the field at an offset points into, 0 for nothing. */
export interface PlacedBytes {
  readonly bytes: Uint8Array;
  readonly sectionAt: (offset: number) => number;
}

/** The sections that tell of addresses. */
export interface PlacedSections {
  readonly info: PlacedBytes;
  readonly abbrev: Uint8Array;
  readonly ranges?: PlacedBytes;
  readonly rnglists?: PlacedBytes;
  readonly addr?: PlacedBytes;
}

/** Offsets in a section: from `low` to before `high`. */
export interface PlacedRange {
  readonly section: number;
  readonly low: number;
  readonly high: number;
}

export interface UnitRanges {
  /** Where the unit starts in .debug_info, and its size with the field that says it. */
  readonly offset: number;
  readonly length: number;
  readonly ranges: readonly PlacedRange[];
}

interface Address {
  readonly value: number;
  readonly section: number;
}

interface Attribute {
  readonly form: number;
  readonly value: number;
  /** Of the field. */
  readonly at: number;
}

interface Unit {
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly version: number;
  readonly attributes: ReadonlyMap<number, Attribute>;
}

const RLE = {
  end: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

const RNGLISTS_BASE = 0x74;
const MOST_RANGES = 1 << 20;
const ADDRESS_INDICES: readonly number[] = [
  DW_FORM.addrx,
  DW_FORM.addrx1,
  DW_FORM.addrx2,
  DW_FORM.addrx3,
  DW_FORM.addrx4,
];

/** All units in order, each with the ranges of its first entry. */
export function readUnitRanges(sections: PlacedSections): UnitRanges[] {
  const { bytes } = sections.info;
  const found: UnitRanges[] = [];
  for (let at = 0; at + 11 <= bytes.length; ) {
    const head = new Cursor(bytes, at);
    const { length, offsetSize } = readUnitLength(head);
    const end = head.offset + length;
    if (head.ended || length === 0 || end > bytes.length) break;
    const unit = readUnit(sections, new Cursor(bytes, head.offset, end), offsetSize);
    const ranges = unit ? rangesOf(sections, unit) : [];
    found.push({ offset: at, length: end - at, ranges: ranges.filter(({ low, high }) => low < high) });
    at = end;
  }
  return found;
}

function readUnit(sections: PlacedSections, cursor: Cursor, offsetSize: 4 | 8): Unit | undefined {
  const header = readUnitHeader(cursor, offsetSize);
  if (!header) return undefined;
  const { version, addressSize, abbrevOffset } = header;
  if (addressSize !== 4 && addressSize !== 8) return undefined;
  const table = readAbbreviations(sections.abbrev, abbrevOffset, true)?.byNumber;
  const root = table?.get(cursor.uleb());
  if (!root) return undefined;
  const attributes = new Map<number, Attribute>();
  const sizes = { offset: offsetSize, address: addressSize, version };
  for (const { attribute, form, implicit } of root.attributes) {
    if (attribute === 0 || cursor.ended) break;
    const at = cursor.offset;
    const value = readForm(cursor, form, sizes, {}, Number(implicit));
    attributes.set(attribute, { form, value: typeof value === "number" ? value : 0, at });
  }
  return { addressSize, offsetSize, version, attributes };
}

function rangesOf(sections: PlacedSections, unit: Unit): PlacedRange[] {
  const { attributes } = unit;
  const lowPc = attributes.get(DW_AT.lowPc);
  const low = lowPc ? addressOf(sections, unit, lowPc) : undefined;
  const list = attributes.get(DW_AT.ranges);
  if (list) {
    const base = low ?? { value: 0, section: 0 };
    return unit.version <= 4
      ? oldList(sections, unit, list.value, base)
      : newList(sections, unit, list, base);
  }
  const highPc = attributes.get(DW_AT.highPc);
  if (!low || !highPc) return [];
  const isAddress = highPc.form === DW_FORM.addr || ADDRESS_INDICES.includes(highPc.form);
  const high = isAddress ? addressOf(sections, unit, highPc).value : low.value + highPc.value;
  return [{ section: low.section, low: low.value, high }];
}

function addressOf(sections: PlacedSections, unit: Unit, { form, value, at }: Attribute): Address {
  return ADDRESS_INDICES.includes(form)
    ? indexed(sections, unit, value)
    : { value, section: sections.info.sectionAt(at) };
}

/** An entry of .debug_addr. */
function indexed({ addr }: PlacedSections, unit: Unit, index: number): Address {
  if (!addr) return { value: 0, section: 0 };
  const base = unit.attributes.get(DW_AT.addrBase)?.value ?? 8;
  const at = base + index * unit.addressSize;
  return {
    value: new Cursor(addr.bytes, Math.min(at, addr.bytes.length)).unsigned(unit.addressSize),
    section: addr.sectionAt(at),
  };
}

/** .debug_ranges: pairs, counted from a base that pairs can change. */
function oldList(sections: PlacedSections, unit: Unit, offset: number, first: Address): PlacedRange[] {
  const found: PlacedRange[] = [];
  const { ranges: list } = sections;
  if (!list || offset > list.bytes.length) return found;
  const { addressSize } = unit;
  const cursor = new Cursor(list.bytes, offset);
  const selectsBase = addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = first;
  while (found.length < MOST_RANGES) {
    const at = cursor.offset;
    const low = cursor.unsigned(addressSize);
    const high = cursor.unsigned(addressSize);
    const own = list.sectionAt(at);
    const next = list.sectionAt(at + addressSize);
    if (cursor.ended || (low === 0 && high === 0 && own === 0 && next === 0)) break;
    if (low === selectsBase && own === 0) base = { value: high, section: next };
    else found.push({ section: own || base.section, low: base.value + low, high: base.value + high });
  }
  return found;
}

/** .debug_rnglists, directly or through the table of offsets that a unit's base points to. */
function newList(sections: PlacedSections, unit: Unit, where: Attribute, first: Address): PlacedRange[] {
  const found: PlacedRange[] = [];
  const { rnglists: list } = sections;
  if (!list) return found;
  let offset = where.value;
  if (where.form === DW_FORM.rnglistx) {
    const base = unit.attributes.get(RNGLISTS_BASE)?.value ?? (unit.offsetSize === 8 ? 20 : 12);
    const at = Math.min(base + offset * unit.offsetSize, list.bytes.length);
    offset = base + new Cursor(list.bytes, at).unsigned(unit.offsetSize);
  }
  if (offset > list.bytes.length) return found;
  const cursor = new Cursor(list.bytes, offset);
  const address = (): Address => {
    const at = cursor.offset;
    return { value: cursor.unsigned(unit.addressSize), section: list.sectionAt(at) };
  };
  const index = () => indexed(sections, unit, cursor.uleb());
  let base = first;
  while (!cursor.atEnd && found.length < MOST_RANGES) {
    let start: Address = base;
    let high = 0;
    switch (cursor.u8()) {
      case RLE.baseAddressx:
        base = index();
        continue;
      case RLE.baseAddress:
        base = address();
        continue;
      case RLE.startxEndx:
        start = index();
        high = index().value;
        break;
      case RLE.startxLength:
        start = index();
        high = start.value + cursor.uleb();
        break;
      case RLE.offsetPair:
        start = { value: base.value + cursor.uleb(), section: base.section };
        high = base.value + cursor.uleb();
        break;
      case RLE.startEnd:
        start = address();
        high = address().value;
        break;
      case RLE.startLength:
        start = address();
        high = start.value + cursor.uleb();
        break;
      default:
        return found;
    }
    if (cursor.ended) break;
    found.push({ section: start.section, low: start.value, high });
  }
  return found;
}
