import { SHN_XINDEX, SHT_NOBITS, SHT_SYMTAB_SHNDX } from "../elf/index.ts";
import { textAt } from "./text-out.ts";

// An ELF file as a tool that shows it needs it: every field as the file states
// it, however wrong, and nothing copied. The linker's reader (elf/read.ts)
// leaves out what it cannot use; here a wrong value has to be seen.

/** A section header. */
export interface ImageSection {
  readonly index: number;
  /** sh_name: offset in the string table of section names. */
  readonly nameOffset: number;
  /** Byte text; see `nameProblem` of the image for names that do not exist. */
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  entsize: number;
}

/** A program header. */
export interface ImageSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly loadAddress: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: bigint;
}

/** The fields of the ELF header after e_ident. */
export interface ImageHeader {
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly phoff: number;
  readonly shoff: number;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

const NONE = new Uint8Array(0);

export class ElfImage {
  /** As the command line or the archive names it; byte text. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly header: ImageHeader;
  /** Empty until `readSections`. */
  sections: ImageSection[] = [];
  /** The string table of section names; undefined where there is none. */
  sectionNames: Uint8Array | undefined;
  private segmentList: ImageSegment[] | undefined;

  /** `bytes` are at least as long as the header (see `headerSize`); the magic is the caller's business. */
  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.is64 = bytes[4] === 2;
    this.littleEndian = bytes[5] !== 2;
    const { is64 } = this;
    const after = is64 ? 48 : 36;
    this.header = {
      type: this.u16(16),
      machine: this.u16(18),
      version: this.u32(20),
      entry: this.address(24),
      phoff: this.word(is64 ? 32 : 28),
      shoff: this.word(is64 ? 40 : 32),
      flags: this.u32(after),
      ehsize: this.u16(after + 4),
      phentsize: this.u16(after + 6),
      phnum: this.u16(after + 8),
      shentsize: this.u16(after + 10),
      shnum: this.u16(after + 12),
      shstrndx: this.u16(after + 14),
    };
  }

  /** The size of the header of a file that starts with these bytes. */
  static headerSize(bytes: Uint8Array): number {
    return bytes[4] === 2 ? 64 : 52;
  }

  u16(at: number): number {
    return this.view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.view.getUint32(at, this.littleEndian);
  }

  /** A field of address size as a number: exact up to 2^53. */
  word(at: number): number {
    if (!this.is64) return this.u32(at);
    const first = this.u32(at);
    const second = this.u32(at + 4);
    return this.littleEndian ? first + second * 0x1_0000_0000 : second + first * 0x1_0000_0000;
  }

  /** A field of address size. */
  address(at: number): bigint {
    return this.is64 ? this.view.getBigUint64(at, this.littleEndian) : BigInt(this.u32(at));
  }

  /** Bytes of the file, or undefined where they go past its end. */
  range(offset: number, size: number): Uint8Array | undefined {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.bytes.length)) return undefined;
    return this.bytes.subarray(offset, offset + size);
  }

  /** A section's bytes as they are in the file, cut where the file ends; none for SHT_NOBITS. */
  contents(section: ImageSection): Uint8Array {
    if (section.type === SHT_NOBITS || section.offset >= this.bytes.length) return NONE;
    return this.bytes.subarray(section.offset, section.offset + section.size);
  }

  /** Reads `count` section headers; false where they are not all in the file or have an unusable size. */
  readSections(count: number, nameSection: number): boolean {
    const { is64 } = this;
    const { shoff, shentsize } = this.header;
    if (shoff === 0 || count === 0 || shentsize < (is64 ? 64 : 40)) return false;
    if (shoff + count * shentsize > this.bytes.length) return false;
    const sections: ImageSection[] = [];
    for (let index = 0; index < count; index++) {
      const at = shoff + index * shentsize;
      const step = is64 ? 8 : 4;
      const place = at + 8 + step;
      const link = place + 3 * step;
      sections.push({
        index,
        nameOffset: this.u32(at),
        name: "",
        type: this.u32(at + 4),
        flags: this.address(at + 8),
        address: this.address(place),
        offset: this.word(place + step),
        size: this.word(place + 2 * step),
        link: this.u32(link),
        info: this.u32(link + 4),
        align: this.word(link + 8),
        entsize: this.word(link + 8 + step),
      });
    }
    const names = nameSection !== 0 ? sections[nameSection] : undefined;
    const table = names && names.size > 0 ? this.range(names.offset, names.size) : undefined;
    this.sectionNames = table;
    this.sections = sections.map((section) => ({ ...section, name: nameIn(table, section.nameOffset) }));
    return true;
  }

  /** The program headers; empty where they are not all in the file. `count` is e_phnum, or what replaces it. */
  segments(count = this.segmentCount()): readonly ImageSegment[] {
    if (this.segmentList) return this.segmentList;
    const { phoff, phentsize } = this.header;
    const { is64 } = this;
    const segments: ImageSegment[] = [];
    const usable = phentsize >= (is64 ? 56 : 32) && phoff + count * phentsize <= this.bytes.length;
    for (let index = 0; usable && index < count; index++) {
      // GNU's reader steps by its own size, whatever e_phentsize says.
      const at = phoff + index * (is64 ? 56 : 32);
      const rest = is64 ? at + 8 : at + 4;
      const step = is64 ? 8 : 4;
      segments.push({
        type: this.u32(at),
        flags: this.u32(is64 ? at + 4 : at + 24),
        offset: this.word(rest),
        address: this.address(rest + step),
        loadAddress: this.address(rest + 2 * step),
        fileSize: this.word(rest + 3 * step),
        memorySize: this.word(rest + 4 * step),
        align: this.address(is64 ? at + 48 : at + 28),
      });
    }
    this.segmentList = segments;
    return segments;
  }

  /** e_phnum, or sh_info of the first section where that is too small for it. */
  segmentCount(): number {
    const { phnum } = this.header;
    return phnum === 0xffff && this.sections[0] && this.sections[0].info !== 0
      ? this.sections[0].info
      : phnum;
  }

  find(name: string): ImageSection | undefined {
    return this.sections.find((section) => section.name === name);
  }
}

function nameIn(table: Uint8Array | undefined, offset: number): string {
  if (!table) return "<no-strings>";
  return offset < table.length ? textAt(table, offset) : "<corrupt>";
}

/** A symbol table read where it is; each accessor takes an index below `count`. */
export class SymbolTable {
  readonly image: ElfImage;
  readonly section: ImageSection;
  readonly count: number;
  /** The string table; undefined where sh_link does not name one. */
  readonly strings: Uint8Array | undefined;
  private readonly view: DataView;
  private readonly littleEndian: boolean;
  private readonly is64: boolean;
  private readonly base: number;
  private readonly step: number;
  private readonly extended: DataView | undefined;

  constructor(image: ElfImage, section: ImageSection) {
    this.image = image;
    this.section = section;
    this.view = image.view;
    this.littleEndian = image.littleEndian;
    this.is64 = image.is64;
    this.base = section.offset;
    this.step = image.is64 ? 24 : 16;
    const size = Math.min(section.size, Math.max(0, image.bytes.length - section.offset));
    this.count = Math.floor(size / this.step);
    const strings = image.sections[section.link];
    this.strings = strings && strings.size > 0 ? image.range(strings.offset, strings.size) : undefined;
    const extended = image.sections.find((s) => s.type === SHT_SYMTAB_SHNDX && s.link === section.index);
    const bytes = extended && image.contents(extended);
    if (bytes) this.extended = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  nameOffset(index: number): number {
    return this.view.getUint32(this.base + index * this.step, this.littleEndian);
  }

  /** Byte text; empty where the offset is beyond the string table. */
  name(index: number): string {
    return this.strings ? textAt(this.strings, this.nameOffset(index)) : "";
  }

  info(index: number): number {
    return this.view.getUint8(this.base + index * this.step + (this.is64 ? 4 : 12));
  }

  other(index: number): number {
    return this.view.getUint8(this.base + index * this.step + (this.is64 ? 5 : 13));
  }

  /** st_shndx as it is in the file. */
  shndx(index: number): number {
    return this.view.getUint16(this.base + index * this.step + (this.is64 ? 6 : 14), this.littleEndian);
  }

  /** The section index with SHN_XINDEX looked up; reserved values stay above `SHN_LORESERVE`. */
  sectionIndex(index: number): number {
    const shndx = this.shndx(index);
    if (shndx !== SHN_XINDEX || !this.extended || index * 4 + 4 > this.extended.byteLength) return shndx;
    return this.extended.getUint32(index * 4, this.littleEndian);
  }

  private half(at: number, high: boolean): number {
    return this.view.getUint32(high === this.littleEndian ? at + 4 : at, this.littleEndian);
  }

  valueLow(index: number): number {
    const at = this.base + index * this.step;
    return this.is64 ? this.half(at + 8, false) : this.view.getUint32(at + 4, this.littleEndian);
  }

  valueHigh(index: number): number {
    return this.is64 ? this.half(this.base + index * this.step + 8, true) : 0;
  }

  sizeLow(index: number): number {
    const at = this.base + index * this.step;
    return this.is64 ? this.half(at + 16, false) : this.view.getUint32(at + 8, this.littleEndian);
  }

  sizeHigh(index: number): number {
    return this.is64 ? this.half(this.base + index * this.step + 16, true) : 0;
  }

  value(index: number): bigint {
    return (BigInt(this.valueHigh(index)) << 32n) | BigInt(this.valueLow(index));
  }

  /** Exact up to 2^53. */
  size(index: number): number {
    return this.sizeHigh(index) * 0x1_0000_0000 + this.sizeLow(index);
  }
}
