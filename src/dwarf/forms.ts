import type { Cursor } from "./cursor.ts";

// DW_FORM_* (DWARF 5, section 7.5.6): as much as is needed to find strings and
// to step over everything else.

/** The string sections that forms refer to. */
export interface StringSections {
  /** .debug_str */
  readonly str?: Uint8Array;
  /** .debug_line_str */
  readonly lineStr?: Uint8Array;
}

/** The size of offsets and addresses where the form does not say. */
export interface FormSizes {
  readonly offset: 4 | 8;
  readonly address: number;
  readonly version: number;
}

export const DW_FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  refSup4: 0x1c,
  strpSup: 0x1d,
  data16: 0x1e,
  lineStrp: 0x1f,
  refSig8: 0x20,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  refSup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
} as const;

const decoder = new TextDecoder();

/** The zero-terminated string at an offset of a string section. */
export function stringIn(table: Uint8Array | undefined, offset: number): string {
  if (!table || offset >= table.length) return "";
  const end = table.indexOf(0, offset);
  return decoder.decode(table.subarray(offset, end < 0 ? table.length : end));
}

/** Reads one attribute: a string or number where the form has one, else steps over it. */
export function readForm(
  cursor: Cursor,
  form: number,
  sizes: FormSizes,
  strings: StringSections,
  implicit = 0,
): string | number | undefined {
  switch (form) {
    case DW_FORM.string:
      return cursor.string();
    case DW_FORM.strp:
      return stringIn(strings.str, cursor.unsigned(sizes.offset));
    case DW_FORM.lineStrp:
      return stringIn(strings.lineStr, cursor.unsigned(sizes.offset));
    case DW_FORM.data1:
    case DW_FORM.flag:
    case DW_FORM.ref1:
    case DW_FORM.strx1:
    case DW_FORM.addrx1:
      return cursor.u8();
    case DW_FORM.data2:
    case DW_FORM.ref2:
    case DW_FORM.strx2:
    case DW_FORM.addrx2:
      return cursor.u16();
    case DW_FORM.strx3:
    case DW_FORM.addrx3:
      return cursor.u8() + cursor.u16() * 256;
    case DW_FORM.data4:
    case DW_FORM.ref4:
    case DW_FORM.refSup4:
    case DW_FORM.strx4:
    case DW_FORM.addrx4:
      return cursor.u32();
    case DW_FORM.data8:
    case DW_FORM.ref8:
    case DW_FORM.refSig8:
    case DW_FORM.refSup8:
      return cursor.u64();
    case DW_FORM.data16:
      cursor.skip(16);
      return undefined;
    case DW_FORM.udata:
    case DW_FORM.refUdata:
    case DW_FORM.strx:
    case DW_FORM.addrx:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      return cursor.uleb();
    case DW_FORM.sdata:
      return cursor.sleb();
    case DW_FORM.addr:
      return cursor.unsigned(sizes.address);
    case DW_FORM.secOffset:
    case DW_FORM.strpSup:
      return cursor.unsigned(sizes.offset);
    case DW_FORM.refAddr:
      return cursor.unsigned(sizes.version <= 2 ? sizes.address : sizes.offset);
    case DW_FORM.flagPresent:
      return 1;
    case DW_FORM.implicitConst:
      return implicit;
    case DW_FORM.block1:
      cursor.skip(cursor.u8());
      return undefined;
    case DW_FORM.block2:
      cursor.skip(cursor.u16());
      return undefined;
    case DW_FORM.block4:
      cursor.skip(cursor.u32());
      return undefined;
    case DW_FORM.block:
    case DW_FORM.exprloc:
      cursor.skip(cursor.uleb());
      return undefined;
    case DW_FORM.indirect: {
      const inner = cursor.uleb();
      return inner === DW_FORM.indirect ? undefined : readForm(cursor, inner, sizes, strings);
    }
    default:
      // Nothing after an unknown form can be found.
      cursor.ended = true;
      return undefined;
  }
}
