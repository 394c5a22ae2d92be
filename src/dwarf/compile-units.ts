import { type Abbreviation, readAbbreviations } from "./abbreviations.ts";
import { Cursor } from "./cursor.ts";
import { DW_FORM, readForm, type StringSections, stringIn } from "./forms.ts";
import { type AddressRange, addRange, readRanges } from "./ranges.ts";
import { readUnitHeader, readUnitLength } from "./unit-header.ts";

// The units of .debug_info: what their first entry says of the whole unit, and
// a walk over all entries with the attributes in which somebody is interested.

/** The debugging sections of a file, decompressed and with their relocations applied. */
export interface DebugSections extends StringSections {
  readonly info: Uint8Array;
  readonly abbrev: Uint8Array;
  readonly line?: Uint8Array;
  readonly ranges?: Uint8Array;
  readonly rnglists?: Uint8Array;
  readonly addr?: Uint8Array;
  readonly strOffsets?: Uint8Array;
  readonly littleEndian: boolean;
}

export interface CompileUnit {
  /** Where the unit starts in .debug_info, its first entry, and its end. */
  readonly start: number;
  readonly entries: number;
  readonly end: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
  /** DW_AT_language; 0 where it is not said. */
  readonly language: number;
  readonly name: string;
  readonly directory: string;
  /** DW_AT_stmt_list; -1 for none. */
  readonly lineProgram: number;
  readonly ranges: readonly AddressRange[];
  /** What indices count from. */
  readonly strOffsetsBase: number;
  readonly addrBase: number;
  readonly lowPc: number;
}

export const DW_AT = {
  location: 0x02,
  name: 0x03,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  language: 0x13,
  compDir: 0x1b,
  abstractOrigin: 0x31,
  declFile: 0x3a,
  declLine: 0x3b,
  external: 0x3f,
  specification: 0x47,
  ranges: 0x55,
  callFile: 0x58,
  callLine: 0x59,
  linkageName: 0x6e,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  mipsLinkageName: 0x2007,
} as const;

/** An attribute's value: its form, and a text or number where it has one. */
export interface AttributeValue {
  readonly form: number;
  readonly value: string | number | undefined;
}

type Bases = Pick<CompileUnit, "version" | "offsetSize" | "addressSize" | "strOffsetsBase" | "addrBase">;

/** All units, in order, as far as they make sense. */
export function readCompileUnits(sections: DebugSections): CompileUnit[] {
  const { info, littleEndian } = sections;
  const tables = new Map<number, ReadonlyMap<number, Abbreviation>>();
  const units: CompileUnit[] = [];
  for (let at = 0; at + 11 <= info.length; ) {
    const head = new Cursor(info, at, info.length, littleEndian);
    const { length, offsetSize } = readUnitLength(head);
    const end = head.offset + length;
    if (head.ended || length === 0 || end > info.length) break;
    const unit = readUnit(sections, at, new Cursor(info, head.offset, end, littleEndian), offsetSize, tables);
    // As BFD, nothing is believed after a unit that makes no sense.
    if (!unit) break;
    units.push(unit);
    at = end;
  }
  return units;
}

function readUnit(
  sections: DebugSections,
  start: number,
  cursor: Cursor,
  offsetSize: 4 | 8,
  tables: Map<number, ReadonlyMap<number, Abbreviation>>,
): CompileUnit | undefined {
  const header = readUnitHeader(cursor, offsetSize);
  if (!header) return undefined;
  const { version, addressSize, abbrevOffset } = header;
  let abbreviations = tables.get(abbrevOffset);
  if (!abbreviations) {
    abbreviations =
      readAbbreviations(sections.abbrev, abbrevOffset, sections.littleEndian)?.byNumber ?? new Map();
    tables.set(abbrevOffset, abbreviations);
  }
  const entries = cursor.offset;
  const root = abbreviations.get(cursor.uleb());
  if (!root) return undefined;
  // The bases come in any order among the attributes that need them.
  const raw = new Map<number, AttributeValue>();
  const sizes = { offset: offsetSize, address: addressSize, version };
  for (const { attribute, form, implicit } of root.attributes) {
    if (attribute === 0) break;
    raw.set(attribute, { form, value: readForm(cursor, form, sizes, sections, Number(implicit)) });
    if (cursor.ended) break;
  }
  const number = (attribute: number, fallback: number) => {
    const value = raw.get(attribute)?.value;
    return typeof value === "number" ? value : fallback;
  };
  const bases = {
    version,
    offsetSize,
    addressSize,
    strOffsetsBase: number(DW_AT.strOffsetsBase, offsetSize === 8 ? 16 : 8),
    addrBase: number(DW_AT.addrBase, offsetSize === 8 ? 16 : 8),
  };
  const text = (attribute: number) => {
    const value = raw.get(attribute);
    const found = value && resolveValue(sections, bases, value);
    return typeof found === "string" ? found : "";
  };
  const low = raw.get(DW_AT.lowPc);
  const lowPc = Number((low && resolveValue(sections, bases, low)) ?? 0);
  const unit: CompileUnit = {
    start,
    entries,
    end: cursor.end,
    abbreviations,
    language: number(DW_AT.language, 0),
    name: text(DW_AT.name),
    directory: text(DW_AT.compDir),
    lineProgram: number(DW_AT.stmtList, -1),
    ...bases,
    lowPc,
    ranges: [],
  };
  const ranges = rangesOf(sections, unit, raw);
  return ranges && { ...unit, ranges };
}

/**
 * The ranges that DW_AT_ranges or DW_AT_low_pc and DW_AT_high_pc state; undefined where they make no sense.
 * BFD 2.40 knows no DW_FORM_rnglistx, in which LLVM writes ranges of DWARF 5, and neither do we then.
 */
export function rangesOf(
  sections: DebugSections,
  unit: CompileUnit,
  attributes: ReadonlyMap<number, AttributeValue>,
): AddressRange[] | undefined {
  const ranges: AddressRange[] = [];
  const list = attributes.get(DW_AT.ranges);
  if (list && typeof list.value === "number" && list.form !== DW_FORM.rnglistx)
    if (!readRanges(ranges, sections, unit, list.value)) return undefined;
  const low = attributes.get(DW_AT.lowPc);
  const high = attributes.get(DW_AT.highPc);
  if (!high) return ranges;
  const start = (low && resolveValue(sections, unit, low)) ?? 0;
  const end = resolveValue(sections, unit, high);
  if (typeof start !== "number" || typeof end !== "number") return ranges;
  const stop = high.form === DW_FORM.addr ? end : start + end;
  if (stop !== 0) addRange(ranges, start, stop);
  return ranges;
}

function isAddressIndex(form: number): boolean {
  return form === DW_FORM.addrx || (form >= DW_FORM.addrx1 && form <= DW_FORM.addrx4);
}

function isStringIndex(form: number): boolean {
  return form === DW_FORM.strx || (form >= DW_FORM.strx1 && form <= DW_FORM.strx4);
}

/** A value with indices into .debug_str_offsets and .debug_addr looked up. */
export function resolveValue(
  sections: DebugSections,
  unit: Bases,
  { form, value }: AttributeValue,
): string | number | undefined {
  if (typeof value !== "number") return value;
  const { littleEndian } = sections;
  if (isStringIndex(form)) {
    if (!sections.strOffsets) return "";
    const at = unit.strOffsetsBase + value * unit.offsetSize;
    const cursor = new Cursor(sections.strOffsets, at, sections.strOffsets.length, littleEndian);
    return stringIn(sections.str, cursor.unsigned(unit.offsetSize));
  }
  if (isAddressIndex(form)) return addressAt(sections, unit, value);
  return value;
}

/** The address with an index in .debug_addr. */
export function addressAt(
  sections: DebugSections,
  unit: Pick<CompileUnit, "addrBase" | "addressSize">,
  index: number,
): number {
  if (!sections.addr) return 0;
  const at = unit.addrBase + index * unit.addressSize;
  return new Cursor(sections.addr, at, sections.addr.length, sections.littleEndian).unsigned(
    unit.addressSize,
  );
}
