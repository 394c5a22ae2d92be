import { Cursor } from "./cursor.ts";
import { readForm, type StringSections } from "./forms.ts";
import { readUnitHeader, readUnitLength } from "./unit-header.ts";

/** What is read of each compilation unit: its line program and where it was compiled. */
export interface UnitInfo {
  /** DW_AT_stmt_list: offset in .debug_line; -1 for none. */
  readonly lineProgram: number;
  readonly name: string;
  readonly directory: string;
}

const DW_AT = { name: 0x03, stmtList: 0x10, compDir: 0x1b } as const;
const DW_FORM_IMPLICIT_CONST = 0x21;

/** Reads the first entry of each unit in .debug_info (relocations applied): the compilation unit itself. */
export function readUnits(
  info: Uint8Array,
  abbrev: Uint8Array,
  strings: StringSections,
  littleEndian = true,
): UnitInfo[] {
  const units: UnitInfo[] = [];
  for (let at = 0; at + 11 <= info.length; ) {
    const head = new Cursor(info, at, info.length, littleEndian);
    const { length, offsetSize: offset } = readUnitLength(head);
    const end = head.offset + length;
    if (head.ended || length === 0 || end > info.length) break;
    const unit = readUnit(new Cursor(info, head.offset, end, littleEndian), offset, abbrev, strings);
    if (unit) units.push(unit);
    at = end;
  }
  return units;
}

function readUnit(
  cursor: Cursor,
  offset: 4 | 8,
  abbrev: Uint8Array,
  strings: StringSections,
): UnitInfo | undefined {
  const header = readUnitHeader(cursor, offset);
  if (!header) return undefined;
  const { version, addressSize: address, abbrevOffset } = header;
  const code = cursor.uleb();
  const attributes = findAbbreviation(abbrev, abbrevOffset, code);
  if (!attributes) return undefined;
  const sizes = { offset, address, version };
  let name = "";
  let directory = "";
  let lineProgram = -1;
  for (const [attribute, form, implicit] of attributes) {
    const value = readForm(cursor, form, sizes, strings, implicit);
    if (cursor.ended) break;
    if (attribute === DW_AT.name && typeof value === "string") name = value;
    else if (attribute === DW_AT.compDir && typeof value === "string") directory = value;
    else if (attribute === DW_AT.stmtList && typeof value === "number") lineProgram = value;
  }
  return { lineProgram, name, directory };
}

/** The attributes (name, form, implicit value) of an abbreviation. */
function findAbbreviation(
  abbrev: Uint8Array,
  offset: number,
  wanted: number,
): [number, number, number][] | undefined {
  const cursor = new Cursor(abbrev, offset);
  while (!cursor.atEnd) {
    const code = cursor.uleb();
    if (code === 0) return undefined;
    cursor.uleb();
    cursor.u8();
    const attributes: [number, number, number][] = [];
    while (!cursor.atEnd) {
      const attribute = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === DW_FORM_IMPLICIT_CONST ? cursor.sleb() : 0;
      if (attribute === 0 && form === 0) break;
      attributes.push([attribute, form, implicit]);
    }
    if (code === wanted) return attributes;
  }
  return undefined;
}
