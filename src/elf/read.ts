import type { Report } from "../diagnostics/index.ts";
import {
  EI_ABIVERSION,
  EI_OSABI,
  PN_XNUM,
  SHN_LORESERVE,
  SHN_XINDEX,
  type SHT_DYNSYM,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_RELA,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "./constants.ts";
import { readIdentity } from "./identify.ts";
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

// Reads any ELF file into plain objects: for tools, tests and explanations.
// The linker reads its inputs into columns instead (link/read-object.ts).
// A file can claim anything; what it claims is checked before it is used, and
// what is wrong is reported and left out.

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  /** sh_flags: the processor and OS bits included, as a positive number. */
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entsize: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly loadAddress: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly binding: number;
  readonly type: number;
  readonly visibility: number;
  readonly other: number;
  /** A section index (SHN_XINDEX already looked up), or a reserved one such as SHN_ABS with `reserved` set. */
  readonly section: number;
  /** `section` is one of SHN_LORESERVE and above, not an index. */
  readonly reserved: boolean;
}

export interface ElfRelocation {
  readonly offset: bigint;
  readonly type: number;
  /** Index in the symbol table that the relocation section links to. */
  readonly symbol: number;
  /** Undefined in SHT_REL: the addend is in the place. */
  readonly addend: bigint | undefined;
}

export interface ElfFile {
  /** As messages name it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly osabi: number;
  readonly abiVersion: number;
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly flags: number;
  readonly programHeaderOffset: number;
  readonly sectionHeaderOffset: number;
  readonly headerSize: number;
  /** Index of the section that holds section names. */
  readonly nameSection: number;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
}

/** Reads the headers of an ELF file; undefined (and a diagnostic) when it has no usable ones. */
export function readElf(bytes: Uint8Array, report: Report, name: string): ElfFile | undefined {
  const identity = readIdentity(bytes);
  if (typeof identity === "string") {
    report.error("LD0310", name, `file format not recognized: ${identity}`);
    return undefined;
  }
  const { is64, littleEndian } = identity;
  const fields = is64 ? header64 : header32;
  if (bytes.length < fields.size) {
    report.error("LD0311", name, "file truncated: it ends within the ELF header");
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const half = (at: number) => view.getUint16(at, littleEndian);
  const word = (at: number) => view.getUint32(at, littleEndian);
  const address = (at: number) => (is64 ? view.getBigUint64(at, littleEndian) : BigInt(word(at)));
  const sectionHeaderOffset = Number(address(fields.e_shoff));
  const programHeaderOffset = Number(address(fields.e_phoff));

  const sectionFields = is64 ? section64 : section32;
  let count = half(fields.e_shnum);
  let nameSection = half(fields.e_shstrndx);
  let segmentCount = half(fields.e_phnum);
  if (sectionHeaderOffset !== 0) {
    const entry = half(fields.e_shentsize);
    const readable = sectionHeaderOffset + sectionFields.size <= bytes.length;
    if (entry !== sectionFields.size || !readable) {
      if (count !== 0 || readable)
        report.error(
          "LD0312",
          name,
          `section headers are unusable: entry size ${entry}, offset 0x${sectionHeaderOffset.toString(16)}`,
        );
      count = 0;
    } else {
      // Numbers beyond 16 bits are kept in the first section header.
      const first = sectionHeaderOffset;
      if (count === 0) count = Number(address(first + sectionFields.sh_size));
      if (nameSection === SHN_XINDEX) nameSection = word(first + sectionFields.sh_link);
      if (segmentCount === PN_XNUM) segmentCount = word(first + sectionFields.sh_info);
    }
  } else count = 0;
  const room = Math.floor((bytes.length - sectionHeaderOffset) / sectionFields.size);
  if (count > room) {
    report.error("LD0312", name, `section header table of ${count} entries goes past the end of the file`);
    count = Math.max(0, room);
  }

  const sections: ElfSection[] = [];
  const nameOffsets: number[] = [];
  for (let index = 0; index < count; index++) {
    const at = sectionHeaderOffset + index * sectionFields.size;
    nameOffsets.push(word(at + sectionFields.sh_name));
    sections.push({
      index,
      name: "",
      type: word(at + sectionFields.sh_type),
      flags: Number(address(at + sectionFields.sh_flags)),
      address: address(at + sectionFields.sh_addr),
      offset: Number(address(at + sectionFields.sh_offset)),
      size: Number(address(at + sectionFields.sh_size)),
      link: word(at + sectionFields.sh_link),
      info: word(at + sectionFields.sh_info),
      align: Number(address(at + sectionFields.sh_addralign)),
      entsize: Number(address(at + sectionFields.sh_entsize)),
    });
  }
  const strings = sections[nameSection];
  if (strings && count > 1) {
    const table = rangeOf(bytes, strings);
    for (let i = 0; i < sections.length; i++)
      sections[i] = { ...sections[i], name: stringAt(table, nameOffsets[i]) };
  } else if (count > 1)
    report.error("LD0313", name, `section ${nameSection} of section names does not exist`);

  const segments: ElfSegment[] = [];
  const segmentFields = is64 ? segment64 : segment32;
  if (programHeaderOffset !== 0 && half(fields.e_phentsize) === segmentFields.size) {
    for (let index = 0; index < segmentCount; index++) {
      const at = programHeaderOffset + index * segmentFields.size;
      if (at + segmentFields.size > bytes.length) {
        report.error(
          "LD0314",
          name,
          `program header table of ${segmentCount} entries goes past the end of the file`,
        );
        break;
      }
      segments.push({
        type: word(at + segmentFields.p_type),
        flags: word(at + segmentFields.p_flags),
        offset: Number(address(at + segmentFields.p_offset)),
        address: address(at + segmentFields.p_vaddr),
        loadAddress: address(at + segmentFields.p_paddr),
        fileSize: Number(address(at + segmentFields.p_filesz)),
        memorySize: Number(address(at + segmentFields.p_memsz)),
        align: Number(address(at + segmentFields.p_align)),
      });
    }
  }
  return {
    name,
    bytes,
    view,
    is64,
    littleEndian,
    osabi: bytes[EI_OSABI],
    abiVersion: bytes[EI_ABIVERSION],
    type: half(fields.e_type),
    machine: half(fields.e_machine),
    version: word(fields.e_version),
    entry: address(fields.e_entry),
    flags: word(fields.e_flags),
    programHeaderOffset,
    sectionHeaderOffset,
    headerSize: half(fields.e_ehsize),
    nameSection,
    sections,
    segments,
  };
}

/** The bytes of a section in the file: cut where the file ends, none for SHT_NOBITS. Not decompressed. */
export function sectionBytes(file: ElfFile, section: ElfSection): Uint8Array {
  return section.type === SHT_NOBITS ? new Uint8Array(0) : rangeOf(file.bytes, section);
}

function rangeOf(bytes: Uint8Array, { offset, size }: ElfSection): Uint8Array {
  const start = Math.min(offset, bytes.length);
  return bytes.subarray(start, Math.min(start + size, bytes.length));
}

const decoder = new TextDecoder();

/** The zero-terminated string at `offset` of a string table; empty where the offset is beyond it. */
export function stringAt(table: Uint8Array, offset: number): string {
  if (offset >= table.length) return "";
  let end = table.indexOf(0, offset);
  if (end < 0) end = table.length;
  return decoder.decode(table.subarray(offset, end));
}

/** The symbols of a symbol table section (SHT_SYMTAB unless another is given), the null symbol included. */
export function readSymbols(file: ElfFile, table = findTable(file, SHT_SYMTAB)): ElfSymbol[] {
  if (!table) return [];
  const { view, littleEndian, is64 } = file;
  const fields = is64 ? symbol64 : symbol32;
  const strings = file.sections[table.link];
  const names = strings ? sectionBytes(file, strings) : new Uint8Array(0);
  const extended = file.sections.find((s) => s.type === SHT_SYMTAB_SHNDX && s.link === table.index);
  const indices = extended ? sectionBytes(file, extended) : undefined;
  const count = Math.floor(sectionBytes(file, table).length / fields.size);
  const symbols: ElfSymbol[] = [];
  for (let index = 0; index < count; index++) {
    const at = table.offset + index * fields.size;
    const info = view.getUint8(at + fields.st_info);
    const other = view.getUint8(at + fields.st_other);
    let section = view.getUint16(at + fields.st_shndx, littleEndian);
    let reserved = section >= SHN_LORESERVE;
    if (section === SHN_XINDEX && indices && index * 4 + 4 <= indices.length) {
      section = new DataView(indices.buffer, indices.byteOffset).getUint32(index * 4, littleEndian);
      reserved = false;
    }
    const word = (offset: number) =>
      is64 ? view.getBigUint64(at + offset, littleEndian) : BigInt(view.getUint32(at + offset, littleEndian));
    symbols.push({
      index,
      name: stringAt(names, view.getUint32(at + fields.st_name, littleEndian)),
      value: word(fields.st_value),
      size: word(fields.st_size),
      binding: info >> 4,
      type: info & 15,
      visibility: other & 3,
      other,
      section,
      reserved,
    });
  }
  return symbols;
}

function findTable(file: ElfFile, type: typeof SHT_SYMTAB | typeof SHT_DYNSYM): ElfSection | undefined {
  return file.sections.find((section) => section.type === type);
}

/** The relocations of an SHT_REL or SHT_RELA section. */
export function readRelocations(file: ElfFile, section: ElfSection): ElfRelocation[] {
  const { view, littleEndian, is64 } = file;
  const rela = section.type === SHT_RELA;
  const size = is64 ? (rela ? RELA64_SIZE : REL64_SIZE) : rela ? RELA32_SIZE : REL32_SIZE;
  const count = Math.floor(sectionBytes(file, section).length / size);
  const relocations: ElfRelocation[] = [];
  for (let i = 0; i < count; i++) {
    const at = section.offset + i * size;
    if (is64)
      relocations.push({
        offset: view.getBigUint64(at, littleEndian),
        type: view.getUint32(at + (littleEndian ? 8 : 12), littleEndian),
        symbol: view.getUint32(at + (littleEndian ? 12 : 8), littleEndian),
        addend: rela ? view.getBigInt64(at + 16, littleEndian) : undefined,
      });
    else {
      const info = view.getUint32(at + 4, littleEndian);
      relocations.push({
        offset: BigInt(view.getUint32(at, littleEndian)),
        type: info & 0xff,
        symbol: info >>> 8,
        addend: rela ? BigInt(view.getInt32(at + 8, littleEndian)) : undefined,
      });
    }
  }
  return relocations;
}

/** The flag word and the member section indices of an SHT_GROUP section. */
export function readGroup(file: ElfFile, section: ElfSection): { flags: number; members: number[] } {
  const words: number[] = [];
  if (section.type !== SHT_GROUP) return { flags: 0, members: words };
  const bytes = sectionBytes(file, section);
  for (let at = 0; at + 4 <= bytes.length; at += 4)
    words.push(file.view.getUint32(section.offset + at, file.littleEndian));
  return { flags: words.shift() ?? 0, members: words };
}
