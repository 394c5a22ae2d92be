import type { Cursor } from "./cursor.ts";

// How every unit begins (DWARF 5, sections 7.4 and 7.5.1).

/** The length field: bytes that follow it, and the size of offsets in what does. */
export function readUnitLength(cursor: Cursor): { readonly length: number; readonly offsetSize: 4 | 8 } {
  const length = cursor.u32();
  return length === 0xffffffff ? { length: cursor.u64(), offsetSize: 8 } : { length, offsetSize: 4 };
}

export interface UnitHeader {
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  /** Where the unit's abbreviations begin in .debug_abbrev. */
  readonly abbrevOffset: number;
}

/** What follows the length of a unit in .debug_info, up to its first entry; undefined for versions other than 2 to 5. */
export function readUnitHeader(cursor: Cursor, offsetSize: 4 | 8): UnitHeader | undefined {
  const version = cursor.u16();
  if (version < 2 || version > 5) return undefined;
  if (version < 5) {
    const abbrevOffset = cursor.unsigned(offsetSize);
    return { version, offsetSize, addressSize: cursor.u8(), abbrevOffset };
  }
  const type = cursor.u8();
  const addressSize = cursor.u8();
  const abbrevOffset = cursor.unsigned(offsetSize);
  // Type units carry a signature and an offset, skeletons and split units an identifier.
  if (type === 2 || type === 6) cursor.skip(8 + offsetSize);
  else if (type === 4 || type === 5) cursor.skip(8);
  return { version, offsetSize, addressSize, abbrevOffset };
}
