import { Cursor } from "./cursor.ts";
import { readForm, type StringSections } from "./forms.ts";
import { readUnitLength } from "./unit-header.ts";

// The variables that .debug_info describes: what they are called, where they
// were declared, and where they are kept. For messages about data, which has
// no line table.

export interface VariableInfo {
  readonly name: string;
  /** Mangled; empty where the language does not. */
  readonly linkageName: string;
  /** Number of the file in the line program of its unit, and the line; 0 where they are not said. */
  readonly file: number;
  readonly line: number;
  /** Visible to other units. */
  readonly external: boolean;
  /** The section that the field of its address points into, and the offset there; section 0 for none. */
  readonly section: number;
  readonly address: number;
  /** Offset in .debug_line of its unit's line program; -1 for none. */
  readonly lineProgram: number;
}

/** .debug_info, with its relocations applied, and what it refers to. */
export interface InfoInput extends StringSections {
  readonly info: Uint8Array;
  readonly abbrev: Uint8Array;
  readonly littleEndian?: boolean;
  /** The section whose address is kept at an offset of .debug_info; 0 for none. */
  sectionAt(offset: number): number;
}

interface Abbreviation {
  readonly tag: number;
  /** Name, form and implicit value of each attribute. */
  readonly attributes: readonly (readonly [number, number, number])[];
}

const DW_TAG = { member: 0x0d, variable: 0x34 } as const;
const DW_AT = {
  location: 0x02,
  name: 0x03,
  stmtList: 0x10,
  declFile: 0x3a,
  declLine: 0x3b,
  external: 0x3f,
  specification: 0x47,
  linkageName: 0x6e,
} as const;
const DW_OP_ADDR = 0x03;
const FORM = { block1: 0x0a, block: 0x09, exprloc: 0x18, implicitConst: 0x21 } as const;
const UNIT_TYPE = { type: 2, skeleton: 4, splitCompile: 5, splitType: 6 } as const;

/** All variables of all compilation units. Reading stops at what is damaged. */
export function readVariables(input: InfoInput): VariableInfo[] {
  const { info, littleEndian = true } = input;
  const found: VariableInfo[] = [];
  for (let at = 0; at + 11 <= info.length; ) {
    const head = new Cursor(info, at, info.length, littleEndian);
    const { length, offsetSize: offset } = readUnitLength(head);
    const end = head.offset + length;
    if (head.ended || length === 0 || end > info.length) break;
    readUnit(input, at, new Cursor(info, head.offset, end, littleEndian), offset, found);
    at = end;
  }
  return found;
}

function readUnit(
  input: InfoInput,
  start: number,
  cursor: Cursor,
  offset: 4 | 8,
  found: VariableInfo[],
): void {
  const version = cursor.u16();
  if (version < 2 || version > 5) return;
  let address: number;
  let abbrevOffset: number;
  if (version >= 5) {
    const type = cursor.u8();
    address = cursor.u8();
    abbrevOffset = cursor.unsigned(offset);
    if (type === UNIT_TYPE.type || type === UNIT_TYPE.splitType) return;
    if (type === UNIT_TYPE.skeleton || type === UNIT_TYPE.splitCompile) cursor.skip(8);
  } else {
    abbrevOffset = cursor.unsigned(offset);
    address = cursor.u8();
  }
  const abbreviations = readAbbreviations(input.abbrev, abbrevOffset);
  const sizes = { offset, address, version };
  /** Declarations by their offset, for definitions that only point to them. */
  const known = new Map<number, VariableInfo>();
  let lineProgram = -1;
  while (!cursor.atEnd) {
    const entry = cursor.offset;
    const code = cursor.uleb();
    if (code === 0) continue;
    const abbreviation = abbreviations.get(code);
    if (!abbreviation) return;
    let variable: VariableInfo = {
      name: "",
      linkageName: "",
      file: 0,
      line: 0,
      external: false,
      section: 0,
      address: 0,
      lineProgram,
    };
    const wanted = abbreviation.tag === DW_TAG.variable || abbreviation.tag === DW_TAG.member;
    for (const [attribute, form, implicit] of abbreviation.attributes) {
      if (wanted && attribute === DW_AT.location && isBlock(form)) {
        variable = { ...variable, ...readLocation(input, cursor, form, address) };
        continue;
      }
      const value = readForm(cursor, form, sizes, input, implicit);
      if (attribute === DW_AT.stmtList && typeof value === "number" && lineProgram < 0) lineProgram = value;
      if (!wanted || value === undefined) continue;
      if (attribute === DW_AT.specification && typeof value === "number") {
        const declaration = known.get(start + value) ?? known.get(value);
        if (declaration) {
          const { section, address: place } = variable;
          variable = { ...declaration, section, address: place };
        }
      } else variable = withAttribute(variable, attribute, value);
    }
    if (cursor.ended) return;
    if (!wanted) continue;
    known.set(entry, variable);
    if (abbreviation.tag === DW_TAG.variable && variable.name !== "")
      found.push({ ...variable, lineProgram });
  }
}

function withAttribute(variable: VariableInfo, attribute: number, value: string | number): VariableInfo {
  if (typeof value === "string") {
    if (attribute === DW_AT.name) return { ...variable, name: value };
    return attribute === DW_AT.linkageName ? { ...variable, linkageName: value } : variable;
  }
  switch (attribute) {
    case DW_AT.declFile:
      return { ...variable, file: value };
    case DW_AT.declLine:
      return { ...variable, line: value };
    case DW_AT.external:
      return { ...variable, external: value !== 0 };
    default:
      return variable;
  }
}

function isBlock(form: number): boolean {
  return form === FORM.block1 || form === FORM.block || form === FORM.exprloc;
}

/** A location that is just an address: where the address field points. */
function readLocation(
  input: InfoInput,
  cursor: Cursor,
  form: number,
  addressSize: number,
): { section: number; address: number } {
  const size = form === FORM.block1 ? cursor.u8() : cursor.uleb();
  const end = cursor.offset + size;
  let section = 0;
  let address = 0;
  if (size === 1 + addressSize && cursor.u8() === DW_OP_ADDR) {
    section = input.sectionAt(cursor.offset);
    address = cursor.unsigned(addressSize);
  }
  if (cursor.offset < end) cursor.skip(end - cursor.offset);
  return { section, address };
}

function readAbbreviations(abbrev: Uint8Array, offset: number): Map<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  const cursor = new Cursor(abbrev, offset);
  while (!cursor.atEnd) {
    const code = cursor.uleb();
    if (code === 0) break;
    const tag = cursor.uleb();
    cursor.u8();
    const attributes: [number, number, number][] = [];
    while (!cursor.atEnd) {
      const attribute = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === FORM.implicitConst ? cursor.sleb() : 0;
      if (attribute === 0 && form === 0) break;
      attributes.push([attribute, form, implicit]);
    }
    table.set(code, { tag, attributes });
  }
  return table;
}
