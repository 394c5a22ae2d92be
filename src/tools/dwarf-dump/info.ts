import {
  type Abbreviation,
  type AbbreviationSet,
  attributeNames,
  type Reader,
  readAbbreviations,
  tagNames,
} from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, formName, sharp } from "./context.ts";
import { expressionText } from "./expression.ts";
import { FORM, type FormUnit, type FormValue, formText, readForm } from "./forms.ts";
import { meaning } from "./values.ts";

// .debug_info and .debug_types: the tree of entries. A pass over .debug_info,
// shown or not, also gathers what location lists and range lists need to be
// shown: where they are and what their addresses count from.

/** What a unit tells the dumps of other sections. */
export interface UnitFacts {
  readonly unitOffset: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly version: number;
  baseAddress: bigint;
  /** DW_AT_addr_base; -1 for none. */
  addressBase: bigint;
  locationsBase: bigint;
  rangesBase: bigint;
  stringsBase: bigint;
  readonly locations: bigint[];
  /** DW_AT_GNU_locviews of each location list; -1 for none. */
  readonly views: bigint[];
  readonly hasFrameBase: boolean[];
  readonly ranges: bigint[];
}

const AT = {
  location: 0x02,
  low_pc: 0x11,
  string_length: 0x19,
  import: 0x18,
  return_addr: 0x2a,
  data_member_location: 0x38,
  frame_base: 0x40,
  segment: 0x46,
  static_link: 0x48,
  type: 0x49,
  use_location: 0x4a,
  vtable_elem_location: 0x4d,
  ranges: 0x55,
  str_offsets_base: 0x72,
  addr_base: 0x73,
  rnglists_base: 0x74,
  loclists_base: 0x8c,
  GNU_addr_base: 0x2133,
  GNU_locviews: 0x2137,
} as const;

/** Attributes whose value may be a location list. */
const listAttributes: ReadonlySet<number> = new Set([
  AT.frame_base,
  AT.location,
  AT.GNU_locviews,
  AT.string_length,
  AT.return_addr,
  AT.data_member_location,
  AT.vtable_elem_location,
  AT.segment,
  AT.static_link,
  AT.use_location,
  0x7e,
  0x83,
  0x84,
  0x86,
  0x2111,
  0x2112,
  0x2113,
  0x2114,
]);

/** Attributes whose block is an expression. */
const expressionAttributes: ReadonlySet<number> = new Set([
  ...[...listAttributes].filter((attribute) => attribute !== AT.GNU_locviews),
  0x4e,
  0x4f,
  0x50,
  0x51,
  0x2f,
  0x22,
  0x71,
]);

/** Attributes that are an expression only with the form for them. */
const exactExpressions: ReadonlySet<number> = new Set([0x6b, 0x0b, 0x0d, 0x6f, 0x70, 0x2e]);

const unitTypes: Readonly<Record<number, string>> = {
  1: "DW_UT_compile",
  2: "DW_UT_type",
  3: "DW_UT_partial",
  4: "DW_UT_skeleton",
  5: "DW_UT_split_compile",
  6: "DW_UT_split_type",
  128: "DW_UT_lo_user",
  255: "DW_UT_hi_user",
};

interface Unit extends FormUnit {
  readonly end: number;
  readonly entries: number;
  readonly type: number;
  readonly abbreviations: AbbreviationSet | undefined;
}

const hasUnits = (dump: DwarfDump): boolean => Array.isArray(dump.units) && dump.units.length > 0;

/** Reads the units of the first .debug_info; not finding any is no mistake yet. */
export function preloadUnits(dump: DwarfDump): void {
  const section = dump.section(".debug_info");
  if (section) new InfoDump(dump, section, false, false).run();
}

/** The facts of all units; undefined where .debug_info cannot be read. They are gathered once. */
export function loadUnits(dump: DwarfDump): readonly UnitFacts[] | undefined {
  if (dump.units !== null && !hasUnits(dump)) {
    const section = dump.section(".debug_info");
    if (!section || !new InfoDump(dump, section, false, false).run()) dump.units = null;
  }
  return hasUnits(dump) ? (dump.units as UnitFacts[]) : undefined;
}

export function showInfo(dump: DwarfDump, section: DebugSection, isTypes: boolean): boolean {
  return new InfoDump(dump, section, true, isTypes).run();
}

class InfoDump {
  private readonly dump: DwarfDump;
  private readonly section: DebugSection;
  private readonly show: boolean;
  private readonly isTypes: boolean;
  private readonly gathered: UnitFacts[] | undefined;
  private readonly sets = new Map<number, AbbreviationSet | undefined>();
  private readonly units: Unit[] = [];
  private needsBase = false;
  private hasFrameBase = false;
  private abbrev: DebugSection | undefined;
  private bogus = 0;

  constructor(dump: DwarfDump, section: DebugSection, show: boolean, isTypes: boolean) {
    this.dump = dump;
    this.section = section;
    this.show = show;
    this.isTypes = isTypes;
    if (!isTypes && dump.units !== null && !hasUnits(dump)) this.gathered = [];
  }

  run(): boolean {
    const { dump, section, show } = this;
    const { out, options } = dump;
    const reader = dump.reader(section);
    let count = 0;
    while (!reader.atEnd) {
      const { length } = reader.unitLength();
      if (length >= 0xfffffff0 && length < 0xffffffff) {
        dump.warn(`Reserved length value (${sharp(length)}) found in section ${section.name}`);
        return false;
      }
      if (length > reader.left) {
        dump.warn(
          `Corrupt unit length (got ${sharp(length)} expected at most ${sharp(reader.left)}) in section ${section.name}`,
        );
        return false;
      }
      reader.skip(length);
      count++;
    }
    if (count === 0) {
      dump.error(`No comp units in ${section.name} section ?`);
      return false;
    }
    const abbrevName = section.name.endsWith(".dwo") ? ".debug_abbrev.dwo" : ".debug_abbrev";
    this.abbrev = dump.section(abbrevName);
    if (!this.abbrev) {
      dump.warn(`Unable to locate ${abbrevName} section!`);
      return false;
    }
    if (show && options.start === 0) dump.introduce(section);
    if (this.gathered) dump.units = this.gathered;
    for (let at = 0; at < section.bytes.length; ) at = this.readHeader(at);
    for (const unit of this.units) {
      const result = this.showUnit(unit);
      if (result !== "next") {
        return result;
      }
    }
    // A type unit at the end keeps GNU readelf from using what it gathered.
    if (this.gathered && this.units.at(-1)?.type === 2) this.gathered.length = 0;
    if (show) out.byte(10);
    return true;
  }

  private setAt(offset: number): AbbreviationSet | undefined {
    if (!this.sets.has(offset)) {
      const bytes = this.abbrev?.bytes ?? new Uint8Array(0);
      this.sets.set(offset, readAbbreviations(bytes, offset, this.dump.image.littleEndian));
    }
    return this.sets.get(offset);
  }

  /** Reads the header of the unit at an offset; the result is where the next one starts. */
  private readHeader(at: number): number {
    const { dump, section } = this;
    const reader = dump.reader(section, at);
    const { length, offsetSize } = reader.unitLength();
    const end = reader.at + length;
    const head = dump.reader(section, reader.at, end);
    const version = head.u16();
    let type = 1;
    let addressSize = 0;
    if (version >= 5) {
      type = head.u8();
      addressSize = head.u8();
    }
    const abbreviations = head.offset(offsetSize);
    if (version < 5) addressSize = head.u8();
    const fields: string[] = [];
    let id: bigint | undefined;
    if (type === 4 || type === 5) id = head.uint(8);
    if (addressSize < 2 || addressSize > 8) {
      dump.warn(`Invalid pointer size (${addressSize}) in compunit header, using ${offsetSize} instead`);
      addressSize = offsetSize;
    }
    let signature: bigint | undefined;
    let typeOffset = 0n;
    if (version >= 5 ? type === 2 : this.isTypes) {
      signature = head.uint(8);
      typeOffset = head.uint(offsetSize);
    }
    fields.push(`  Compilation Unit @ offset ${sharp(at)}:`);
    fields.push(`   Length:        ${sharp(length)} (${offsetSize === 8 ? "64" : "32"}-bit)`);
    fields.push(`   Version:       ${version}`);
    if (version >= 5) fields.push(`   Unit Type:     ${unitTypes[type] ?? "unknown"} (${type.toString(16)})`);
    fields.push(`   Abbrev Offset: ${sharp(abbreviations)}`);
    fields.push(`   Pointer Size:  ${addressSize}`);
    if (signature !== undefined) {
      fields.push(`   Signature:     ${sharp(signature)}`);
      fields.push(`   Type Offset:   ${sharp(typeOffset)}`);
    }
    if (id !== undefined) fields.push(`   DWO ID:        ${sharp(id)}`);
    this.headings.set(at, `${fields.join("\n")}\n`);
    this.units.push({
      unitOffset: at,
      addressSize,
      offsetSize,
      version,
      type,
      end,
      entries: head.at,
      abbreviations: version >= 2 && version <= 5 ? this.setAt(abbreviations) : undefined,
    });
    return end;
  }

  private readonly headings = new Map<number, string>();

  /** "next" to go on with the next unit; otherwise the result of the whole. */
  private showUnit(unit: Unit): "next" | boolean {
    const { dump, section, show } = this;
    const { out, options } = dump;
    if (options.start >= unit.end) return "next";
    const known = Array.isArray(dump.units) ? (dump.units as UnitFacts[]) : [];
    let facts = known.find((other) => other.unitOffset === unit.unitOffset);
    if (this.gathered && unit.type !== 2) {
      facts = newFacts(unit);
      this.gathered.push(facts);
    } else if (this.isTypes) facts = undefined;
    if (show && options.start === 0) out.text(this.headings.get(unit.unitOffset) ?? "");
    if (unit.version < 2 || unit.version > 5) {
      dump.warn(
        `CU at offset ${sharp(unit.unitOffset)} contains corrupt or unsupported version number: ${unit.version}.`,
      );
      return "next";
    }
    if (unit.type < 1 || unit.type > 5) {
      dump.warn(
        `CU at offset ${sharp(unit.unitOffset)} contains corrupt or unsupported unit type: ${unit.type}.`,
      );
      return "next";
    }
    const reader = dump.reader(section, unit.entries, unit.end);
    let level = 0;
    let lastLevel = 0;
    let savedLevel = -1;
    while (!reader.atEnd) {
      const at = reader.at;
      const number = reader.ulebNumber();
      if (number === 0) {
        // Zeros after the last entry of the section are padding.
        if (level === 0 && unit.end === section.bytes.length && isZero(section.bytes, reader.at, unit.end))
          break;
        const shown = options.depth === -1 || level < options.depth;
        if (show && at >= options.start && shown)
          out.text(` <${level}><${at.toString(16)}>: Abbrev Number: 0\n`);
        level--;
        if (level < 0 && this.bogus < 3) {
          dump.warn(
            `Bogus end-of-siblings marker detected at offset ${at.toString(16)} in ${section.name} section`,
          );
          if (++this.bogus === 3) dump.warn("Further warnings about bogus end-of-sibling markers suppressed");
        }
        if (options.start !== 0 && level < savedLevel) return true;
        continue;
      }
      let printing = show;
      if (show) {
        if (options.start !== 0 && at < options.start) printing = false;
        else {
          if (options.start !== 0 && at === options.start) savedLevel = level;
          printing = options.depth === -1 || level < options.depth;
          if (printing) out.text(` <${level}><${at.toString(16)}>: Abbrev Number: ${number}`);
          else if (options.depth === -1 || lastLevel < options.depth)
            out.text(` <${level}><${at.toString(16)}>: ...\n`);
          lastLevel = level;
        }
      }
      const entry = unit.abbreviations?.byNumber.get(number);
      if (!entry) {
        if (printing) out.byte(10);
        dump.warn(`DIE at offset ${sharp(at)} refers to abbreviation number ${number} which does not exist`);
        return false;
      }
      if (printing) out.text(` (${tagName(entry.tag)})\n`);
      this.needsBase = entry.tag === 0x11 || entry.tag === 0x4a;
      if (entry.tag === 0x03 || entry.tag === 0x2e) this.hasFrameBase = false;
      for (const { attribute, form, implicit } of entry.attributes) {
        if (attribute === 0) break;
        if (printing) out.text(`    <${reader.at.toString(16)}>   ${attributeName(attribute).padEnd(18)}:`);
        if (reader.atEnd && form !== FORM.flag_present) dump.warn("Corrupt attribute");
        const read = readForm(reader, form, unit, implicit);
        if (printing)
          out.text(formText(dump, reader, read, form, unit, section.name, facts && basesOf(facts)));
        else if (read.unknown) dump.warn(`Unrecognized form: ${sharp(read.form)}`);
        if (this.gathered && facts) this.gather(facts, attribute, read);
        if (printing) {
          out.text(this.detail(unit, attribute, read, reader));
          out.byte(10);
        }
      }
      if (this.gathered && facts) balance(dump, facts);
      if (entry.hasChildren) level++;
    }
    return "next";
  }

  /** Keeps what the lists need. */
  private gather(facts: UnitFacts, attribute: number, { form, value }: FormValue): void {
    const { dump } = this;
    const isOffset =
      (facts.version < 4 && (form === FORM.data4 || form === FORM.data8)) || form === FORM.sec_offset;
    if (attribute === AT.loclists_base) facts.locationsBase = value;
    else if (attribute === AT.rnglists_base) facts.rangesBase = value;
    else if (attribute === AT.str_offsets_base) facts.stringsBase = value;
    else if (attribute === AT.addr_base || attribute === AT.GNU_addr_base) facts.addressBase = value;
    else if (attribute === AT.low_pc) {
      if (this.needsBase) facts.baseAddress = value;
    } else if (attribute === AT.ranges) {
      if (form === FORM.rnglistx) facts.ranges.push(dump.indexedOffset(value, ".debug_rnglists", 0n));
      else if (isOffset) facts.ranges.push(value);
    } else if (listAttributes.has(attribute)) {
      if (attribute === AT.frame_base) this.hasFrameBase = true;
      if (!isOffset && form !== FORM.loclistx) return;
      const { length } = facts.locations;
      let place = value;
      if (form === FORM.loclistx)
        place = dump.indexedOffset(BigInt(length), ".debug_loclists", facts.locationsBase);
      facts.hasFrameBase[length] = this.hasFrameBase;
      if (attribute === AT.GNU_locviews) {
        if (facts.views.length > length)
          dump.warn("More DW_AT_GNU_locview attributes than location offset attributes");
        else facts.views.push(place);
      } else if (length > facts.views.length)
        dump.warn("More location offset attributes than DW_AT_GNU_locview attributes");
      else facts.locations.push(BigInt.asUintN(64, place + facts.locationsBase));
    }
  }

  /** What is shown behind an attribute's value. */
  private detail(unit: Unit, attribute: number, read: FormValue, reader: Reader): string {
    const { dump } = this;
    const { form, value } = read;
    const words = meaning(attribute, value);
    if (words !== undefined) return words;
    if (attribute === AT.type) return dump.options.wide ? this.typeNames(unit, form, value, 0) : "";
    if (attribute === AT.import) return this.imported(unit, form, value, read);
    if (attribute === AT.frame_base) this.hasFrameBase = true;
    let text = "";
    const isList =
      (unit.version < 4 && (form === FORM.data4 || form === FORM.data8)) ||
      form === FORM.sec_offset ||
      form === FORM.loclistx;
    const mayBeList =
      (listAttributes.has(attribute) && attribute !== AT.GNU_locviews) || attribute === AT.loclists_base;
    if (mayBeList && isList) text += " (location list)";
    if (read.block >= 0) {
      const isExpression =
        expressionAttributes.has(attribute) || (exactExpressions.has(attribute) && form === FORM.exprloc);
      if (isExpression) {
        const end = read.block + Number(value);
        const { text: shown, needsFrameBase } = expressionText(dump, reader.from(read.block, end), unit);
        text += `\t(${shown})`;
        if (needsFrameBase && !this.hasFrameBase && expressionAttributes.has(attribute))
          text += " [without DW_AT_frame_base]";
      }
    }
    return text;
  }

  /** The entry that a reference means, with its unit and a reader behind its number. */
  private referred(
    unit: Unit,
    form: number,
    value: bigint,
    silent: boolean,
  ): { unit: Unit; entry: Abbreviation; number: number; reader: Reader } | undefined {
    const { dump, section } = this;
    let target = Number(value);
    if (
      form === FORM.ref1 ||
      form === FORM.ref2 ||
      form === FORM.ref4 ||
      form === FORM.ref8 ||
      form === FORM.ref_udata
    ) {
      target += unit.unitOffset;
      if (target > unit.end) {
        if (!silent)
          dump.warn(
            `Unable to resolve ref form: uvalue ${value.toString(16)} + cu_offset ${unit.unitOffset.toString(16)} > CU size ${unit.end.toString(16)}`,
          );
        return undefined;
      }
    } else if (form === FORM.ref_addr) {
      if (target >= section.bytes.length) {
        if (!silent)
          dump.warn(
            `Unable to resolve ref_addr form: uvalue ${value.toString(16)} > section size ${section.bytes.length.toString(16)} (${section.name})`,
          );
        return undefined;
      }
    } else return undefined;
    const owner = this.units.find((other) => target >= other.unitOffset && target < other.end);
    if (!owner?.abbreviations) return undefined;
    const reader = dump.reader(section, target, owner.end);
    const number = reader.ulebNumber();
    const entry = owner.abbreviations.byNumber.get(number);
    if (!entry) {
      if (!silent) dump.warn(`Unable to find entry for abbreviation ${number}`);
      return undefined;
    }
    return { unit: owner, entry, number, reader };
  }

  /** With -W the names of a type follow the reference to it. */
  private typeNames(unit: Unit, form: number, value: bigint, nesting: number): string {
    if (nesting > 20) return "";
    const found = this.referred(unit, form, value, true);
    if (!found) return "";
    let text = "";
    for (const { attribute, form: inner, implicit } of found.entry.attributes) {
      if (attribute === 0) break;
      // GNU readelf cannot step over these, and gives up.
      if (inner === FORM.implicit_const || inner === FORM.strp_sup) break;
      const read = readForm(found.reader, inner, found.unit, implicit);
      if (attribute === 0x03 || attribute === 0x6e) {
        if (inner === FORM.strp) text += `, ${this.dump.stringAt(".debug_str", read.value)}`;
        else if (inner === FORM.string) text += `, ${read.text}`;
      } else if (attribute === AT.type)
        text += this.typeNames(found.unit, read.form, read.value, nesting + 1);
    }
    return text;
  }

  private imported(unit: Unit, form: number, value: bigint, read: FormValue): string {
    const found = this.referred(unit, form, value, false);
    if (found) return `\t[Abbrev Number: ${found.number} (${tagName(found.entry.tag)})]`;
    if (form !== FORM.GNU_ref_alt)
      this.dump.warn(
        `Offset ${sharp(value)} used as value for DW_AT_import attribute of DIE at offset ${sharp(read.block)} is too big.`,
      );
    return "";
  }
}

function newFacts(unit: Unit): UnitFacts {
  return {
    unitOffset: unit.unitOffset,
    addressSize: unit.addressSize,
    offsetSize: unit.offsetSize,
    version: unit.version,
    baseAddress: 0n,
    addressBase: -1n,
    locationsBase: 0n,
    rangesBase: 0n,
    stringsBase: 0n,
    locations: [],
    views: [],
    hasFrameBase: [],
    ranges: [],
  };
}

const basesOf = (facts: UnitFacts) => ({
  strings: facts.stringsBase,
  addresses: facts.addressBase,
  ranges: facts.rangesBase,
  locations: facts.locations,
});

/** A list without views of its own must not get those of a later one. */
function balance(dump: DwarfDump, { locations, views }: UnitFacts): void {
  if (locations.length > views.length) views.push(-1n);
  else if (locations.length < views.length) {
    dump.warn("DIE has locviews without loclist");
    views.pop();
  }
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

function tagName(tag: number): string {
  const user = tag >= 0x4080 && tag <= 0xffff;
  return tagNames.get(tag) ?? `${user ? "User" : "Unknown"} TAG value: ${sharp(tag)}`;
}

function attributeName(attribute: number): string {
  if (attribute === 0) return "DW_AT value: 0";
  if (attribute === 0x2001) return "DW_AT_MIPS_fde or DW_AT_HP_unmodifiable";
  return attributeNames.get(attribute) ?? `Unknown AT value: ${attribute.toString(16)}`;
}

/** .debug_abbrev: what the entries consist of. */
export function showAbbreviations(dump: DwarfDump, section: DebugSection): void {
  const { out } = dump;
  dump.introduce(section);
  for (let at = 0; ; ) {
    const set = readAbbreviations(section.bytes, at, dump.image.littleEndian);
    if (!set) break;
    if (set.list.length > 0) out.text(`  Number TAG (${sharp(at)})\n`);
    for (const entry of set.list) {
      out.text(`   ${entry.number}      ${tagName(entry.tag)}    `);
      out.text(entry.hasChildren ? "[has children]\n" : "[no children]\n");
      for (const { attribute, form, implicit } of entry.attributes) {
        out.text(`    ${attributeName(attribute).padEnd(18)} ${formName(form)}`);
        out.text(form === FORM.implicit_const ? `: ${implicit}\n` : "\n");
      }
    }
    at = set.next;
  }
  out.byte(10);
}
