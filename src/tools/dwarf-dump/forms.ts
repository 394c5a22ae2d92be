import type { Reader } from "../../dwarf/index.ts";
import { type DwarfDump, formName, sharp } from "./context.ts";
import { blockText } from "./expression.ts";

// Attributes as they are encoded (DWARF 5, section 7.5.5), read and shown.

/** What a unit's header says that its attributes depend on. */
export interface FormUnit {
  readonly unitOffset: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly version: number;
}

export interface FormValue {
  /** The form; of DW_FORM_indirect the one that was found. */
  readonly form: number;
  /** Numbers and offsets; the length of a block. */
  readonly value: bigint;
  /** The upper half of DW_FORM_data16. */
  readonly high: bigint;
  /** Where a block's bytes start; -1 for other forms. */
  readonly block: number;
  /** The string of DW_FORM_string. */
  readonly text: string;
  readonly unknown: boolean;
}

const FORM = {
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
  ref_addr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  ref_udata: 0x15,
  indirect: 0x16,
  sec_offset: 0x17,
  exprloc: 0x18,
  flag_present: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  ref_sup4: 0x1c,
  strp_sup: 0x1d,
  data16: 0x1e,
  line_strp: 0x1f,
  ref_sig8: 0x20,
  implicit_const: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  ref_sup8: 0x24,
  GNU_addr_index: 0x1f01,
  GNU_str_index: 0x1f02,
  GNU_ref_alt: 0x1f20,
  GNU_strp_alt: 0x1f21,
} as const;

export { FORM };

const isIndexedString = (form: number) =>
  form === FORM.strx || (form >= 0x25 && form <= 0x28) || form === FORM.GNU_str_index;
const isIndexedAddress = (form: number) =>
  form === FORM.addrx || (form >= 0x29 && form <= 0x2c) || form === FORM.GNU_addr_index;

/** Reads one attribute and steps over it. */
export function readForm(reader: Reader, form: number, unit: FormUnit, implicit: bigint): FormValue {
  let value = 0n;
  let high = 0n;
  let block = -1;
  let text = "";
  let unknown = false;
  const blockOf = (length: bigint) => {
    block = reader.at;
    value = length > BigInt(reader.left) ? BigInt(reader.left) : length;
    reader.skip(Number(value));
  };
  switch (form) {
    case FORM.ref_addr:
      value = reader.uint(unit.version === 2 ? unit.addressSize : unit.offsetSize);
      break;
    case FORM.addr:
      value = reader.uint(unit.addressSize);
      break;
    case FORM.strp_sup:
    case FORM.strp:
    case FORM.line_strp:
    case FORM.sec_offset:
    case FORM.GNU_ref_alt:
    case FORM.GNU_strp_alt:
      value = reader.uint(unit.offsetSize);
      break;
    case FORM.flag_present:
      value = 1n;
      break;
    case FORM.ref1:
    case FORM.flag:
    case FORM.data1:
    case 0x25:
    case 0x29:
      value = BigInt(reader.u8());
      break;
    case FORM.ref2:
    case FORM.data2:
    case 0x26:
    case 0x2a:
      value = BigInt(reader.u16());
      break;
    case 0x27:
    case 0x2b:
      value = reader.uint(3);
      break;
    case FORM.ref_sup4:
    case FORM.ref4:
    case FORM.data4:
    case 0x28:
    case 0x2c:
      value = BigInt(reader.u32());
      break;
    case FORM.ref_sup8:
    case FORM.ref8:
    case FORM.data8:
    case FORM.ref_sig8:
      value = reader.uint(8);
      break;
    case FORM.data16:
      value = reader.uint(8);
      high = reader.uint(8);
      if (!reader.littleEndian) [value, high] = [high, value];
      break;
    case FORM.sdata:
      value = BigInt.asUintN(64, reader.sleb());
      break;
    case FORM.GNU_str_index:
    case FORM.strx:
    case FORM.ref_udata:
    case FORM.udata:
    case FORM.GNU_addr_index:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
      value = reader.uleb();
      break;
    case FORM.indirect: {
      const inner = reader.ulebNumber();
      const constant = inner === FORM.implicit_const ? reader.sleb() : 0n;
      if (inner !== FORM.indirect) return readForm(reader, inner, unit, constant);
      unknown = true;
      break;
    }
    case FORM.implicit_const:
      value = BigInt.asUintN(64, implicit);
      break;
    case FORM.string:
      text = reader.string();
      break;
    case FORM.block:
    case FORM.exprloc:
      blockOf(reader.uleb());
      break;
    case FORM.block1:
      blockOf(BigInt(reader.u8()));
      break;
    case FORM.block2:
      blockOf(BigInt(reader.u16()));
      break;
    case FORM.block4:
      blockOf(BigInt(reader.u32()));
      break;
    default:
      unknown = true;
      reader.skip(1);
  }
  return { form, value, high, block, text, unknown };
}

/** What is known of the unit when an indexed form is shown. */
export interface IndexBases {
  readonly strings: bigint;
  /** -1 where there is none. */
  readonly addresses: bigint;
  readonly ranges: bigint;
  /** Location lists met so far. */
  readonly locations: readonly bigint[];
}

/** The text of an attribute's value, its delimiter in front. */
export function formText(
  dump: DwarfDump,
  reader: Reader,
  read: FormValue,
  declared: number,
  unit: FormUnit,
  sectionName: string,
  bases: IndexBases | undefined,
  delimiter = " ",
): string {
  const { form, value } = read;
  const { wide } = dump.options;
  let text = "";
  if (wide) text += `${delimiter}(${formName(declared).replace(/^DW_FORM_/, "")})`;
  if (declared === FORM.indirect && form !== declared) {
    text += `${delimiter}${formName(form)}`;
    if (wide) text += `${delimiter}(${formName(form).replace(/^DW_FORM_/, "")})`;
  }
  if (read.unknown) dump.warn(`Unrecognized form: ${sharp(form)}`);
  return text + valueText();

  function valueText(): string {
    const split = sectionName.endsWith(".dwo");
    const offset = wide ? "" : "indirect string, ";
    switch (form) {
      case FORM.ref_addr:
        return `${delimiter}<${sharp(value)}>`;
      case FORM.GNU_ref_alt:
        return `${delimiter}<${wide ? "" : "alt "}${sharp(value)}>`;
      case FORM.ref1:
      case FORM.ref2:
      case FORM.ref4:
      case FORM.ref_sup4:
      case FORM.ref_udata:
      case FORM.strp_sup:
        return `${delimiter}<${sharp(value + BigInt(unit.unitOffset))}>`;
      case FORM.data4:
      case FORM.addr:
      case FORM.sec_offset:
      case FORM.ref_sup8:
      case FORM.data8:
        return `${delimiter}${sharp(value)}`;
      case FORM.ref8:
        return `${delimiter}${sharp(value + BigInt(unit.unitOffset))}`;
      case FORM.flag_present:
      case FORM.flag:
      case FORM.data1:
      case FORM.data2:
      case FORM.sdata:
      case FORM.implicit_const:
        return `${delimiter}${BigInt.asIntN(64, value)}`;
      case FORM.udata:
        return `${delimiter}${value}`;
      case FORM.data16:
        return read.high === 0n
          ? ` ${sharp(value)}`
          : ` ${sharp(read.high)}${value.toString(16).padStart(16, "0")}`;
      case FORM.string:
        return `${delimiter}${read.text}`;
      case FORM.block:
      case FORM.exprloc:
      case FORM.block1:
      case FORM.block2:
      case FORM.block4:
        // GNU readelf leaves out the block of an indexed address.
        if (reader.bytes[read.block] === 0xa1 && value > 0n) return "";
        return blockText(reader.from(read.block), value, delimiter);
      case FORM.strp:
        return `${delimiter}(${offset}offset: ${sharp(value)}): ${dump.stringAt(".debug_str", value)}`;
      case FORM.line_strp:
        return `${delimiter}(${wide ? "" : "indirect line string, "}offset: ${sharp(value)}): ${dump.stringAt(".debug_line_str", value)}`;
      case FORM.GNU_strp_alt:
        return `${delimiter}(${wide ? "" : "alt indirect string, "}offset: ${sharp(value)}) <no links available>`;
      case FORM.ref_sig8:
        return `${delimiter}${wide ? "" : "signature"}: ${sharp(value)}`;
    }
    if (isIndexedString(form)) {
      const string = dump.indexedString(value, unit.offsetSize, split, bases?.strings ?? 0n);
      return `${delimiter}(${wide ? "offset" : "indexed string"}: ${sharp(value)}): ${string}`;
    }
    let target: bigint;
    if (form === FORM.loclistx) {
      if (split) {
        target = dump.indexedOffset(value, ".debug_loclists.dwo", 0n);
        if (target !== -1n) target += unit.offsetSize === 8 ? 20n : 12n;
      } else if (!bases) target = dump.indexedOffset(value, ".debug_loclists", 0n);
      else if (value < BigInt(bases.locations.length)) target = bases.locations[Number(value)];
      else {
        dump.warn(`loc_offset ${value} too big`);
        target = -1n;
      }
    } else if (form === FORM.rnglistx) {
      const base = split ? 0n : (bases?.ranges ?? 0n);
      target = dump.indexedOffset(value, split ? ".debug_rnglists.dwo" : ".debug_rnglists", base);
      if (target !== -1n) target += split ? (unit.offsetSize === 8 ? 20n : 12n) : base;
    } else if (isIndexedAddress(form)) {
      const base = bases && bases.addresses !== -1n ? bases.addresses : 0n;
      target = dump.indexedAddress(base + value * BigInt(unit.addressSize), unit.addressSize);
    } else return "";
    return target === -1n ? "" : `${delimiter}(index: ${sharp(value)}): ${sharp(target)}`;
  }
}
