import { REL32_SIZE, REL64_SIZE, RELA32_SIZE, RELA64_SIZE, SHT_RELA } from "../elf/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../model/index.ts";

/** Reads the relocations of one section in place. */
export class RelocationReader {
  count = 0;
  /** In bytes, of one entry. */
  entrySize = 0;
  rela = false;
  private readonly model: LinkModel;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private base = 0;
  private is64 = true;
  private littleEndian = true;
  private symbolIds: Int32Array = new Int32Array(0);

  constructor(model: LinkModel) {
    this.model = model;
  }

  /** Turns to the relocations of `section`; `count` is 0 when it has none. */
  open(section: SectionId): void {
    const { sections, objects } = this.model;
    const table = sections.relocations[section];
    this.count = 0;
    if (table === 0 || sections.object[section] < 0) return;
    const object = objects[sections.object[section]];
    this.view = object.view;
    this.is64 = object.is64;
    this.littleEndian = object.littleEndian;
    this.symbolIds = object.symbolIds;
    this.base = sections.fileOffset[table];
    this.rela = sections.type[table] === SHT_RELA;
    this.entrySize = entrySize(object.is64, this.rela);
    this.count = Math.floor(sections.size[table] / this.entrySize);
  }

  offset(index: number): number {
    return this.view.getUint32(this.base + index * this.entrySize, this.littleEndian);
  }

  type(index: number): number {
    const at = this.base + index * this.entrySize;
    return this.is64
      ? this.view.getUint32(at + 8, this.littleEndian)
      : this.view.getUint32(at + 4, this.littleEndian) & 0xff;
  }

  /** The index in the object's symbol table. */
  symbolIndex(index: number): number {
    const at = this.base + index * this.entrySize;
    return this.is64
      ? this.view.getUint32(at + 12, this.littleEndian)
      : this.view.getUint32(at + 4, this.littleEndian) >>> 8;
  }

  /** The row of its symbol; 0 for none, or for an index that the object does not have. */
  symbol(index: number): SymbolId {
    return this.symbolIds[this.symbolIndex(index)] ?? 0;
  }

  /** The section that its symbol is defined in; 0 or less where there is none. */
  definingSection(index: number): SectionId {
    return this.model.symbols.section[this.symbol(index)];
  }

  /** r_addend; 0 for SHT_REL, whose addends are in the section. */
  addend(index: number): bigint {
    if (!this.rela) return 0n;
    const at = this.base + index * this.entrySize;
    return this.is64
      ? this.view.getBigInt64(at + 16, this.littleEndian)
      : BigInt(this.view.getInt32(at + 8, this.littleEndian));
  }

  /** Low half of r_addend. */
  addendLow(index: number): number {
    if (!this.rela) return 0;
    return this.view.getInt32(this.base + index * this.entrySize + (this.is64 ? 16 : 8), this.littleEndian);
  }

  /** High half of r_addend, sign-extended for ELF32. */
  addendHigh(index: number): number {
    if (!this.rela) return 0;
    const at = this.base + index * this.entrySize;
    return this.is64
      ? this.view.getInt32(at + 20, this.littleEndian)
      : this.view.getInt32(at + 8, this.littleEndian) >> 31;
  }
}

/** In bytes: an entry of a relocation section. */
export function entrySize(is64: boolean, rela: boolean): number {
  if (is64) return rela ? RELA64_SIZE : REL64_SIZE;
  return rela ? RELA32_SIZE : REL32_SIZE;
}

/** The symbol of an entry of a section's relocations. */
export function symbolOfEntry(model: LinkModel, section: number, entry: number, is64: boolean): number {
  const { sections } = model;
  const { view, symbolIds, littleEndian } = model.objects[sections.object[section]];
  const relocations = sections.relocations[section];
  const size = entrySize(is64, sections.type[relocations] === SHT_RELA);
  const at = sections.fileOffset[relocations] + entry * size;
  return symbolIds[is64 ? view.getUint32(at + 12, littleEndian) : view.getUint32(at + 4, littleEndian) >>> 8];
}
