import {
  EI_ABIVERSION,
  EI_CLASS,
  EI_DATA,
  EI_OSABI,
  EI_VERSION,
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EV_CURRENT,
  PN_XNUM,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "./constants.ts";
import {
  header32,
  header64,
  REL32_SIZE,
  REL64_SIZE,
  RELA32_SIZE,
  RELA64_SIZE,
  section32,
  section64,
  segment32,
  segment64,
  symbol32,
  symbol64,
} from "./layout.ts";
import { type NameEncoding, StringTableWriter } from "./string-table.ts";

// Writes an ELF file from sections, symbols, relocations, groups and program
// headers: what `as` makes of a source and `objcopy` of another file. Nothing
// in ELF says how the parts are ordered in the file; here they are ordered as
// BFD orders them, so that files can be compared with those of GNU's tools:
//
//   numbers   SHT_GROUP sections come first, then the others as given, each
//             followed by its relocation section; then .symtab (with
//             .symtab_shndx when there are too many sections), .strtab and
//             .shstrtab
//   names     .shstrtab begins with ".symtab", ".strtab", ".shstrtab", then the
//             sections as given, each with its relocation section
//   offsets   ELF header, program headers, sections by number; .symtab,
//             .symtab_shndx, .strtab; the relocation sections; .shstrtab; the
//             section headers
//
// `as` gives its group sections last, objcopy where they were read (first).
// A section that has a place already (in an executable, by its segment) says
// so with `offset`.

/** The relocations of a section, in columns; addresses are two signed halves. */
export interface RelocationColumns {
  /** SHT_RELA (with addends) or SHT_REL. */
  readonly rela: boolean;
  readonly count: number;
  readonly offsetLow: Int32Array;
  /** Absent where all offsets are below 2^32. */
  readonly offsetHigh?: Int32Array;
  readonly type: Int32Array;
  /** Index in the symbol table, in which the null symbol is 0 and the first of `symbols` is 1. */
  readonly symbol: Int32Array;
  readonly addendLow?: Int32Array;
  /** Absent where all addends fit in 32 bits, signed. */
  readonly addendHigh?: Int32Array;
}

/** Where sh_link or sh_info points: a position in `sections` of the object, its symbol table, or a plain number. */
export type SectionReference =
  | { readonly section: number }
  | { readonly relocationsOf: number }
  | "symbols"
  | number;

export interface ObjectSection {
  readonly name: string;
  readonly type: number;
  /** sh_flags, as a positive number. SHF_GROUP of members must be there already. */
  readonly flags: number;
  readonly address?: bigint;
  /** One piece or several that follow each other. */
  readonly contents?: Uint8Array | readonly Uint8Array[];
  /** For SHT_NOBITS, which has no contents. */
  readonly size?: number;
  /** sh_addralign. */
  readonly align: number;
  readonly entsize?: number;
  readonly link?: SectionReference;
  readonly info?: SectionReference;
  /** Sections with relocations are followed by `.rela` or `.rel` and their name. */
  readonly relocations?: RelocationColumns;
  /** The relocation section is a member of the group as well. */
  readonly relocationsInGroup?: boolean;
  /** SHT_GROUP: its flag word, its signature in the symbol table (as in relocations) and its members. */
  readonly group?: {
    readonly flags: number;
    readonly signature: number;
    /** Positions in `sections`; a member's relocation section follows it where it says so. */
    readonly members: readonly number[];
  };
  /** Where it is in the file, if that is settled; otherwise it gets a place. */
  readonly offset?: number;
}

/** In place of a position in `sections`: the symbol is in one of the tables that are made here. */
export const IN_SYMTAB = -2;
export const IN_STRTAB = -3;
export const IN_SHSTRTAB = -4;

export interface ObjectSymbol {
  readonly name: string;
  readonly value: number | bigint;
  readonly size: number | bigint;
  /** st_info: binding << 4 | type. */
  readonly info: number;
  readonly other: number;
  /** A position in `sections`; -1 where `shndx` counts. */
  readonly section: number;
  /** SHN_UNDEF (the default), SHN_ABS, SHN_COMMON or another reserved index. */
  readonly shndx?: number;
}

export interface ObjectSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly loadAddress: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
  readonly align: bigint;
}

export interface ObjectFile {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly osabi?: number;
  readonly abiVersion?: number;
  readonly type: number;
  readonly machine: number;
  readonly flags?: number;
  readonly entry?: bigint;
  readonly sections: readonly ObjectSection[];
  /** In their final order, local ones first, without the null symbol. Absent: the file gets no symbol table. */
  readonly symbols?: readonly ObjectSymbol[];
  /** How many of them are local: sh_info of the symbol table is one more. */
  readonly localCount?: number;
  readonly segments?: readonly ObjectSegment[];
  /** Where sections without `offset` begin; by default after the headers. */
  readonly start?: number;
  /** What the characters of names are; "text" by default. */
  readonly names?: NameEncoding;
}

/** A file as the parts it consists of, in no particular order; what is between them is zero. */
export interface ObjectImage {
  readonly size: number;
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** For each of `sections`: its number and offset in the file. */
  readonly sectionIndex: Int32Array;
  readonly sectionOffset: Float64Array;
}

/** One section header being made. */
/** Of a section in a file, in bytes. */
const MOST_ALIGNMENT = 2 ** 28;

interface Row {
  nameId: number;
  type: number;
  flags: number;
  address: bigint;
  offset: number;
  size: number;
  link: number;
  info: number;
  align: number;
  entsize: number;
  contents: readonly Uint8Array[];
}

const EMPTY: readonly Uint8Array[] = [];

/** The bytes of an ELF file. */
export function writeObject(object: ObjectFile): Uint8Array {
  const { size, pieces } = layOutObject(object);
  const bytes = new Uint8Array(size);
  for (const piece of pieces) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** Decides where everything goes; for those who write large files without holding them twice. */
export function layOutObject(object: ObjectFile): ObjectImage {
  const { is64, littleEndian, sections } = object;
  const names = new StringTableWriter(object.names);
  const wordSize = is64 ? 8 : 4;
  const symtabName = object.symbols ? names.add(".symtab") : -1;
  const strtabName = object.symbols ? names.add(".strtab") : -1;
  const shstrtabName = names.add(".shstrtab");

  const rows: Row[] = [newRow(-1, SHT_NULL)];
  const rowOf = new Int32Array(sections.length);
  const relocationRowOf = new Int32Array(sections.length);
  const hasNumbers = (section: ObjectSection) => section.type === SHT_GROUP;
  sections.forEach((section, i) => {
    if (hasNumbers(section)) rowOf[i] = rows.push(sectionRow(section, -1)) - 1;
  });
  sections.forEach((section, i) => {
    const nameId = names.add(section.name);
    if (hasNumbers(section)) rows[rowOf[i]].nameId = nameId;
    else rowOf[i] = rows.push(sectionRow(section, nameId)) - 1;
    const { relocations } = section;
    if (!relocations) return;
    const { rela } = relocations;
    const row = newRow(names.add((rela ? ".rela" : ".rel") + section.name), rela ? SHT_RELA : SHT_REL);
    row.entsize = relocationSize(is64, rela);
    row.size = row.entsize * relocations.count;
    row.align = wordSize;
    row.flags = SHF_INFO_LINK | (section.relocationsInGroup ? SHF_GROUP : 0);
    row.info = rowOf[i];
    relocationRowOf[i] = rows.push(row) - 1;
  });

  const symtab = object.symbols ? rows.push(newRow(symtabName, SHT_SYMTAB)) - 1 : 0;
  const wide = object.symbols !== undefined && rows.length > SHN_LORESERVE - 2;
  const shndx = wide ? rows.push(newRow(names.add(".symtab_shndx"), SHT_SYMTAB_SHNDX)) - 1 : 0;
  const strtab = object.symbols ? rows.push(newRow(strtabName, SHT_STRTAB)) - 1 : 0;
  const shstrtab = rows.push(newRow(shstrtabName, SHT_STRTAB)) - 1;

  const resolve = (reference: SectionReference): number => {
    if (typeof reference === "number") return reference;
    if (reference === "symbols") return symtab;
    return "section" in reference ? rowOf[reference.section] : relocationRowOf[reference.relocationsOf];
  };
  sections.forEach((section, i) => {
    const row = rows[rowOf[i]];
    if (section.link !== undefined) row.link = resolve(section.link);
    if (section.info !== undefined) row.info = resolve(section.info);
    if (section.group) {
      row.link = symtab;
      row.info = section.group.signature;
      row.contents = [groupContents(section.group, sections, rowOf, relocationRowOf, littleEndian)];
      row.size = row.contents[0].length;
      row.entsize = 4;
    }
    if (section.relocations) {
      const relocations = rows[relocationRowOf[i]];
      relocations.link = symtab;
      relocations.contents = [encodeRelocations(section.relocations, is64, littleEndian)];
    }
  });

  if (object.symbols) {
    const specials = { [IN_SYMTAB]: symtab, [IN_STRTAB]: strtab, [IN_SHSTRTAB]: shstrtab };
    const table = encodeSymbols(object, object.symbols, rowOf, specials, wide);
    fill(rows[symtab], table.symbols, { align: wordSize, entsize: is64 ? symbol64.size : symbol32.size });
    rows[symtab].link = strtab;
    rows[symtab].info = 1 + (object.localCount ?? countLocals(object.symbols));
    if (wide) {
      fill(rows[shndx], table.indices, { align: 4, entsize: 4 });
      rows[shndx].link = symtab;
    }
    fill(rows[strtab], table.strings, { align: 1, entsize: 0 });
  }

  const segments = object.segments ?? [];
  const headerFields = is64 ? header64 : header32;
  const segmentFields = is64 ? segment64 : segment32;
  let end = object.start ?? headerFields.size + segments.length * segmentFields.size;
  const place = (row: Row): void => {
    // No file can honour an alignment beyond its own size.
    const align = row.align <= MOST_ALIGNMENT ? row.align : 1;
    row.offset = align > 1 ? Math.ceil(end / align) * align : end;
    end = row.offset + (row.type === SHT_NOBITS ? 0 : row.size);
  };
  const sectionNumbers = [...rowOf].sort((a, b) => a - b);
  const placed = new Map<number, number>();
  sections.forEach((section, i) => {
    if (section.offset !== undefined) placed.set(rowOf[i], section.offset);
  });
  for (const number of sectionNumbers) {
    const row = rows[number];
    const offset = placed.get(number);
    if (offset === undefined) place(row);
    else {
      row.offset = offset;
      if (row.type !== SHT_NOBITS) end = Math.max(end, offset + row.size);
    }
  }
  if (object.symbols) {
    place(rows[symtab]);
    if (wide) place(rows[shndx]);
    place(rows[strtab]);
  }
  for (const number of relocationRowOf) if (number !== 0) place(rows[number]);
  fill(rows[shstrtab], names.finish(), { align: 1, entsize: 0 });
  place(rows[shstrtab]);
  const tableOffset = Math.ceil(end / wordSize) * wordSize;

  const pieces = [{ offset: 0, bytes: encodeHeader(object, rows, shstrtab, tableOffset) }];
  if (segments.length > 0)
    pieces.push({ offset: headerFields.size, bytes: encodeSegments(segments, is64, littleEndian) });
  for (const row of rows) {
    if (row.type === SHT_NOBITS) continue;
    let { offset } = row;
    for (const bytes of row.contents) {
      if (bytes.length > 0) pieces.push({ offset, bytes });
      offset += bytes.length;
    }
  }
  const table = encodeSectionHeaders(rows, names, shstrtab, segments.length, is64, littleEndian);
  pieces.push({ offset: tableOffset, bytes: table });
  return {
    size: tableOffset + table.length,
    pieces,
    sectionIndex: rowOf,
    sectionOffset: Float64Array.from(rowOf, (number) => rows[number].offset),
  };
}

function newRow(nameId: number, type: number): Row {
  return {
    nameId,
    type,
    flags: 0,
    address: 0n,
    offset: 0,
    size: 0,
    link: 0,
    info: 0,
    align: 0,
    entsize: 0,
    contents: EMPTY,
  };
}

function sectionRow(section: ObjectSection, nameId: number): Row {
  const { contents } = section;
  const pieces = contents === undefined ? EMPTY : contents instanceof Uint8Array ? [contents] : contents;
  const row = newRow(nameId, section.type);
  row.flags = section.flags;
  row.address = section.address ?? 0n;
  row.size = section.size ?? pieces.reduce((sum, piece) => sum + piece.length, 0);
  row.align = section.align;
  row.entsize = section.entsize ?? 0;
  row.contents = pieces;
  return row;
}

function fill(row: Row, bytes: Uint8Array, shape: { align: number; entsize: number }): void {
  row.contents = [bytes];
  row.size = bytes.length;
  row.align = shape.align;
  row.entsize = shape.entsize;
}

function relocationSize(is64: boolean, rela: boolean): number {
  if (is64) return rela ? RELA64_SIZE : REL64_SIZE;
  return rela ? RELA32_SIZE : REL32_SIZE;
}

function countLocals(symbols: readonly ObjectSymbol[]): number {
  const first = symbols.findIndex((symbol) => symbol.info >> 4 !== 0);
  return first < 0 ? symbols.length : first;
}

function groupContents(
  group: NonNullable<ObjectSection["group"]>,
  sections: readonly ObjectSection[],
  rowOf: Int32Array,
  relocationRowOf: Int32Array,
  littleEndian: boolean,
): Uint8Array {
  const words = [group.flags];
  for (const member of group.members) {
    words.push(rowOf[member]);
    if (sections[member].relocationsInGroup && relocationRowOf[member] !== 0)
      words.push(relocationRowOf[member]);
  }
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, littleEndian);
  });
  return bytes;
}

/** The entries of an SHT_REL or SHT_RELA section. */
export function encodeRelocations(
  relocations: RelocationColumns,
  is64: boolean,
  littleEndian: boolean,
): Uint8Array {
  const { count, rela, offsetLow, offsetHigh, type, symbol, addendLow, addendHigh } = relocations;
  const size = relocationSize(is64, rela);
  const bytes = new Uint8Array(size * count);
  const view = new DataView(bytes.buffer);
  const lowWord = littleEndian ? 0 : 4;
  const highWord = 4 - lowWord;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    if (!is64) {
      view.setInt32(at, offsetLow[i], littleEndian);
      view.setInt32(at + 4, (symbol[i] << 8) | (type[i] & 0xff), littleEndian);
      if (rela && addendLow) view.setInt32(at + 8, addendLow[i], littleEndian);
      continue;
    }
    view.setInt32(at + lowWord, offsetLow[i], littleEndian);
    if (offsetHigh) view.setInt32(at + highWord, offsetHigh[i], littleEndian);
    view.setInt32(at + 8 + lowWord, type[i], littleEndian);
    view.setInt32(at + 8 + highWord, symbol[i], littleEndian);
    if (!rela || !addendLow) continue;
    const addend = addendLow[i];
    view.setInt32(at + 16 + lowWord, addend, littleEndian);
    view.setInt32(at + 16 + highWord, addendHigh ? addendHigh[i] : addend >> 31, littleEndian);
  }
  return bytes;
}

function encodeSymbols(
  object: ObjectFile,
  symbols: readonly ObjectSymbol[],
  rowOf: Int32Array,
  specials: Readonly<Record<number, number>>,
  wide: boolean,
): { symbols: Uint8Array; indices: Uint8Array; strings: Uint8Array } {
  const { is64, littleEndian } = object;
  const fields = is64 ? symbol64 : symbol32;
  const table = new Uint8Array((symbols.length + 1) * fields.size);
  const view = new DataView(table.buffer);
  const indices = new Uint8Array(wide ? (symbols.length + 1) * 4 : 0);
  const indexView = new DataView(indices.buffer);
  const strings = new StringTableWriter(object.names);
  const nameIds = new Int32Array(symbols.length);
  for (let i = 0; i < symbols.length; i++) nameIds[i] = strings.add(symbols[i].name);
  const stringBytes = strings.finish();
  for (let i = 0, at = fields.size; i < symbols.length; i++, at += fields.size) {
    const symbol = symbols[i];
    view.setUint32(at + fields.st_name, strings.offset(nameIds[i]), littleEndian);
    view.setUint8(at + fields.st_info, symbol.info);
    view.setUint8(at + fields.st_other, symbol.other);
    writeWord(view, at + fields.st_value, symbol.value, is64, littleEndian);
    writeWord(view, at + fields.st_size, symbol.size, is64, littleEndian);
    let index = symbol.shndx ?? 0;
    if (symbol.section !== -1) {
      index = symbol.section >= 0 ? rowOf[symbol.section] : specials[symbol.section];
      if (index >= SHN_LORESERVE) {
        if (wide) indexView.setUint32((i + 1) * 4, index, littleEndian);
        index = SHN_XINDEX;
      }
    }
    view.setUint16(at + fields.st_shndx, index, littleEndian);
  }
  return { symbols: table, indices, strings: stringBytes };
}

function writeWord(
  view: DataView,
  at: number,
  value: number | bigint,
  is64: boolean,
  littleEndian: boolean,
): void {
  if (typeof value === "bigint") {
    if (is64) view.setBigUint64(at, BigInt.asUintN(64, value), littleEndian);
    else view.setUint32(at, Number(BigInt.asUintN(32, value)), littleEndian);
    return;
  }
  if (!is64) {
    view.setUint32(at, value, littleEndian);
    return;
  }
  // Negative numbers too: the high word is the floor.
  view.setUint32(at + (littleEndian ? 0 : 4), value, littleEndian);
  view.setUint32(at + (littleEndian ? 4 : 0), Math.floor(value / 0x1_0000_0000), littleEndian);
}

function encodeHeader(
  object: ObjectFile,
  rows: readonly Row[],
  shstrtab: number,
  tableOffset: number,
): Uint8Array {
  const { is64, littleEndian } = object;
  const fields = is64 ? header64 : header32;
  const bytes = new Uint8Array(fields.size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46]);
  bytes[EI_CLASS] = is64 ? ELFCLASS64 : ELFCLASS32;
  bytes[EI_DATA] = littleEndian ? ELFDATA2LSB : ELFDATA2MSB;
  bytes[EI_VERSION] = EV_CURRENT;
  bytes[EI_OSABI] = object.osabi ?? 0;
  bytes[EI_ABIVERSION] = object.abiVersion ?? 0;
  const segmentCount = object.segments?.length ?? 0;
  view.setUint16(fields.e_type, object.type, littleEndian);
  view.setUint16(fields.e_machine, object.machine, littleEndian);
  view.setUint32(fields.e_version, EV_CURRENT, littleEndian);
  writeWord(view, fields.e_entry, object.entry ?? 0n, is64, littleEndian);
  writeWord(view, fields.e_phoff, segmentCount > 0 ? fields.size : 0, is64, littleEndian);
  writeWord(view, fields.e_shoff, tableOffset, is64, littleEndian);
  view.setUint32(fields.e_flags, object.flags ?? 0, littleEndian);
  view.setUint16(fields.e_ehsize, fields.size, littleEndian);
  const segmentSize = is64 ? segment64.size : segment32.size;
  view.setUint16(fields.e_phentsize, segmentCount > 0 ? segmentSize : 0, littleEndian);
  view.setUint16(fields.e_phnum, Math.min(segmentCount, PN_XNUM), littleEndian);
  view.setUint16(fields.e_shentsize, is64 ? section64.size : section32.size, littleEndian);
  view.setUint16(fields.e_shnum, rows.length >= SHN_LORESERVE ? 0 : rows.length, littleEndian);
  view.setUint16(fields.e_shstrndx, shstrtab >= SHN_LORESERVE ? SHN_XINDEX : shstrtab, littleEndian);
  return bytes;
}

function encodeSegments(
  segments: readonly ObjectSegment[],
  is64: boolean,
  littleEndian: boolean,
): Uint8Array {
  const fields = is64 ? segment64 : segment32;
  const bytes = new Uint8Array(segments.length * fields.size);
  const view = new DataView(bytes.buffer);
  segments.forEach((segment, i) => {
    const at = i * fields.size;
    const put = (field: number, value: number | bigint) =>
      writeWord(view, at + field, value, is64, littleEndian);
    view.setUint32(at + fields.p_type, segment.type, littleEndian);
    view.setUint32(at + fields.p_flags, segment.flags, littleEndian);
    put(fields.p_offset, segment.offset);
    put(fields.p_vaddr, segment.address);
    put(fields.p_paddr, segment.loadAddress);
    put(fields.p_filesz, segment.fileSize);
    put(fields.p_memsz, segment.memorySize);
    put(fields.p_align, segment.align);
  });
  return bytes;
}

function encodeSectionHeaders(
  rows: readonly Row[],
  names: StringTableWriter,
  shstrtab: number,
  segmentCount: number,
  is64: boolean,
  littleEndian: boolean,
): Uint8Array {
  const fields = is64 ? section64 : section32;
  const bytes = new Uint8Array(rows.length * fields.size);
  const view = new DataView(bytes.buffer);
  // What the ELF header has no room for is in the first section header.
  const [first] = rows;
  if (rows.length >= SHN_LORESERVE) first.size = rows.length;
  if (shstrtab >= SHN_LORESERVE) first.link = shstrtab;
  if (segmentCount >= PN_XNUM) first.info = segmentCount;
  for (let i = 0, at = 0; i < rows.length; i++, at += fields.size) {
    const row = rows[i];
    view.setUint32(at + fields.sh_name, names.offset(row.nameId), littleEndian);
    view.setUint32(at + fields.sh_type, row.type, littleEndian);
    writeWord(view, at + fields.sh_flags, row.flags, is64, littleEndian);
    writeWord(view, at + fields.sh_addr, row.address, is64, littleEndian);
    writeWord(view, at + fields.sh_offset, row.offset, is64, littleEndian);
    writeWord(view, at + fields.sh_size, row.size, is64, littleEndian);
    view.setUint32(at + fields.sh_link, row.link, littleEndian);
    view.setUint32(at + fields.sh_info, row.info, littleEndian);
    writeWord(view, at + fields.sh_addralign, row.align, is64, littleEndian);
    writeWord(view, at + fields.sh_entsize, row.entsize, is64, littleEndian);
  }
  return bytes;
}
