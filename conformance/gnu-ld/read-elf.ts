/**
 * A second ELF reader, written apart from src/elf on purpose: what compares our
 * output with GNU ld's must not share a mistake with what wrote it. Slow and
 * plain; it reads trusted files and throws on a broken one.
 */

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: bigint;
  readonly size: bigint;
  readonly link: number;
  readonly info: number;
  readonly align: bigint;
  readonly entrySize: bigint;
  /** Empty for SHT_NOBITS. */
  readonly bytes: Uint8Array;
}

export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly physical: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
  readonly align: bigint;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly binding: number;
  readonly other: number;
  /** The name of its section, or `ABS`, `UND`, `COM`. */
  readonly section: string;
}

export interface Relocation {
  readonly offset: bigint;
  readonly type: number;
  readonly symbol: ElfSymbol | undefined;
  readonly addend: bigint;
}

export interface Elf {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly osAbi: number;
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly entry: bigint;
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
  /** Of .symtab, in its order, without the null symbol. */
  readonly symbols: readonly ElfSymbol[];
}

export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOBITS: 8,
  REL: 9,
  GROUP: 17,
} as const;
export const SHF_ALLOC = 2n;

export function isElf(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 52 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  );
}

/** Reads one field after the other; `word` is an address-sized field. */
class Cursor {
  private readonly view: DataView;
  private readonly elf: { is64: boolean; littleEndian: boolean };
  at: number;

  constructor(view: DataView, elf: { is64: boolean; littleEndian: boolean }, at: number) {
    this.view = view;
    this.elf = elf;
    this.at = at;
  }

  u8(): number {
    return this.view.getUint8(this.at++);
  }
  u16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, this.elf.littleEndian);
  }
  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, this.elf.littleEndian);
  }
  word(): bigint {
    if (!this.elf.is64) return BigInt(this.u32());
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, this.elf.littleEndian);
  }
}

function stringAt(table: Uint8Array, offset: number): string {
  const end = table.indexOf(0, offset);
  return Buffer.from(table.subarray(offset, end < 0 ? table.length : end)).toString("latin1");
}

export function readElf(bytes: Uint8Array): Elf {
  if (!isElf(bytes)) throw new Error("not an ELF file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = { is64: bytes[4] === 2, littleEndian: bytes[5] === 1 };
  const cursor = (at: number) => new Cursor(view, shape, at);

  const header = cursor(16);
  const type = header.u16();
  const machine = header.u16();
  header.u32();
  const entry = header.word();
  const segmentOffset = Number(header.word());
  const sectionOffset = Number(header.word());
  const flags = header.u32();
  header.u16();
  const segmentSize = header.u16();
  let segmentCount = header.u16();
  const sectionSize = header.u16();
  let sectionCount = header.u16();
  let nameSection = header.u16();

  const rawSection = (index: number) => {
    const c = cursor(sectionOffset + index * sectionSize);
    const name = c.u32();
    const sectionType = c.u32();
    const [sectionFlags, address, offset, size] = [c.word(), c.word(), c.word(), c.word()];
    const [link, info] = [c.u32(), c.u32()];
    const [align, entrySize] = [c.word(), c.word()];
    return {
      index,
      name,
      type: sectionType,
      flags: sectionFlags,
      address,
      offset,
      size,
      link,
      info,
      align,
      entrySize,
    };
  };
  if (sectionOffset) {
    const first = rawSection(0);
    if (sectionCount === 0) sectionCount = Number(first.size);
    if (nameSection === 0xffff) nameSection = first.link;
    if (segmentCount === 0xffff) segmentCount = first.info;
  }
  const raw = Array.from({ length: sectionOffset ? sectionCount : 0 }, (_, i) => rawSection(i));
  const contents = (s: { type: number; offset: bigint; size: bigint }) =>
    s.type === SHT.NOBITS || s.type === SHT.NULL
      ? new Uint8Array(0)
      : bytes.subarray(Number(s.offset), Number(s.offset + s.size));
  const names = raw.length ? contents(raw[nameSection]) : new Uint8Array(0);
  const sections = raw.map((s) => ({ ...s, name: stringAt(names, s.name), bytes: contents(s) }));

  const segments = Array.from({ length: segmentCount }, (_, i): Segment => {
    const c = cursor(segmentOffset + i * segmentSize);
    const segmentType = c.u32();
    let segmentFlags = shape.is64 ? c.u32() : 0;
    const [offset, address, physical, fileSize, memorySize] = [
      c.word(),
      c.word(),
      c.word(),
      c.word(),
      c.word(),
    ];
    if (!shape.is64) segmentFlags = c.u32();
    return {
      type: segmentType,
      flags: segmentFlags,
      offset,
      address,
      physical,
      fileSize,
      memorySize,
      align: c.word(),
    };
  });

  const elf = { ...shape, osAbi: bytes[7], type, machine, flags, entry, sections, segments };
  const table = sections.find((s) => s.type === SHT.SYMTAB);
  return { ...elf, symbols: table ? readSymbols({ ...elf, symbols: [] }, table).slice(1) : [] };
}

function readSymbols(elf: Elf, table: Section): ElfSymbol[] {
  const strings = elf.sections[table.link].bytes;
  const extended = elf.sections.find((s) => s.type === 18 && s.link === table.index);
  const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
  const symbols: ElfSymbol[] = [];
  const size = elf.is64 ? 24 : 16;
  for (let at = 0; at + size <= table.bytes.length; at += size) {
    const c = new Cursor(view, elf, at);
    const name = c.u32();
    let value = 0n;
    let symbolSize = 0n;
    if (!elf.is64) [value, symbolSize] = [c.word(), c.word()];
    const [info, other] = [c.u8(), c.u8()];
    let index = c.u16();
    if (elf.is64) [value, symbolSize] = [c.word(), c.word()];
    if (index === 0xffff && extended) {
      const indexes = new DataView(
        extended.bytes.buffer,
        extended.bytes.byteOffset,
        extended.bytes.byteLength,
      );
      index = indexes.getUint32((at / size) * 4, elf.littleEndian);
    }
    const special = index === 0 ? "UND" : index === 0xfff1 ? "ABS" : index === 0xfff2 ? "COM" : undefined;
    const section = special ?? elf.sections[index]?.name ?? `section ${index}`;
    const type = info & 15;
    // A section symbol has no name of its own.
    symbols.push({
      name: type === 3 ? section : stringAt(strings, name),
      value,
      size: symbolSize,
      type,
      binding: info >> 4,
      other,
      section,
    });
  }
  return symbols;
}

export function readRelocations(elf: Elf, section: Section): Relocation[] {
  const table = elf.sections[section.link];
  const symbols = table?.type === SHT.SYMTAB ? readSymbols(elf, table) : [];
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  const hasAddend = section.type === SHT.RELA;
  const size = (elf.is64 ? 8 : 4) * (hasAddend ? 3 : 2);
  const relocations: Relocation[] = [];
  for (let at = 0; at + size <= section.bytes.length; at += size) {
    const c = new Cursor(view, elf, at);
    const [offset, info] = [c.word(), c.word()];
    const symbol = Number(elf.is64 ? info >> 32n : info >> 8n);
    const type = Number(elf.is64 ? info & 0xffffffffn : info & 0xffn);
    relocations.push({
      offset,
      type,
      symbol: symbol ? symbols[symbol] : undefined,
      addend: hasAddend ? c.word() : 0n,
    });
  }
  return relocations;
}
