import { Reader } from "./reader.ts";

/** An attribute of an abbreviation: what it is and how it is encoded. */
export interface AbbreviationAttribute {
  readonly attribute: number;
  readonly form: number;
  /** The value of DW_FORM_implicit_const. */
  readonly implicit: bigint;
}

/** An abbreviation: what entries that name its number consist of. */
export interface Abbreviation {
  readonly number: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AbbreviationAttribute[];
}

export interface AbbreviationSet {
  readonly list: readonly Abbreviation[];
  readonly byNumber: ReadonlyMap<number, Abbreviation>;
  /** Where the next set starts. */
  readonly next: number;
}

const DW_FORM_implicit_const = 0x21;

/** Reads the abbreviations that start at an offset of .debug_abbrev; undefined past its end. */
export function readAbbreviations(
  bytes: Uint8Array,
  offset: number,
  littleEndian = true,
): AbbreviationSet | undefined {
  if (!(offset < bytes.length)) return undefined;
  const reader = new Reader(bytes, littleEndian, offset);
  const list: Abbreviation[] = [];
  const byNumber = new Map<number, Abbreviation>();
  while (!reader.atEnd) {
    const number = reader.ulebNumber();
    if (number === 0) break;
    const tag = reader.ulebNumber();
    const hasChildren = reader.u8() !== 0;
    const attributes: AbbreviationAttribute[] = [];
    while (!reader.atEnd) {
      const attribute = reader.ulebNumber();
      const form = reader.ulebNumber();
      const implicit = form === DW_FORM_implicit_const ? reader.sleb() : 0n;
      attributes.push({ attribute, form, implicit });
      if (attribute === 0) break;
    }
    const made = { number, tag, hasChildren, attributes };
    list.push(made);
    if (!byNumber.has(number)) byNumber.set(number, made);
  }
  return { list, byNumber, next: reader.at };
}
