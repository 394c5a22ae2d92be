import {
  announceColumns,
  float64Column,
  growFloat64,
  growInt32,
  growUint8,
  int32Column,
  type NameId,
  roomFor,
  uint8Column,
} from "../binary/index.ts";

/** The row of a symbol: every local symbol of every object, and one row for each global name. Row 0 is the null symbol. */
export type SymbolId = number;

/** Values of `SymbolTable.section` below 1: not an input section. */
export const SymbolSection = {
  undefined: 0,
  absolute: -1,
  /** A tentative definition: `value` is its alignment until it is allocated to a COMMON section row. */
  common: -2,
  /** Defined by the script, the command line or the linker: `address` is set by layout. */
  script: -3,
} as const;

/** Bits of `SymbolTable.flags`. */
export const SymbolFlag = {
  /** One row for all objects; local symbols lack it. */
  global: 1,
  /** Some object refers to it, or the script or the command line does. */
  referenced: 2,
  /** Some reference is not weak. */
  strongReference: 4,
  /** Global by name, but made local by a version script, hidden visibility or --exclude-libs. */
  forcedLocal: 8,
  /** Its address is taken or it is called through the PLT: an IFUNC that needs a canonical entry. */
  canonicalPlt: 16,
  /** Reached from a root of --gc-sections (or there is no --gc-sections). */
  live: 32,
  /** Defined by PROVIDE: gives way to any object's definition. */
  provided: 64,
  /** Defined or referenced on the command line or in the script. */
  fromScript: 128,
  /** Not to be written to the symbol table. */
  omit: 256,
  /** Some object refers to it, whatever the command line and the script do. */
  inObject: 512,
} as const;

/** Symbols in columns; see `SectionTable` for why. Section-relative values are offsets in the *input* section. */
export class SymbolTable {
  count = 1;
  name: Int32Array;
  /** The object that defines it, or first referred to it; -1 for none. */
  object: Int32Array;
  /** A SectionId, or a value of `SymbolSection`. */
  section: Int32Array;
  valueLow: Int32Array;
  valueHigh: Int32Array;
  size: Float64Array;
  /** st_info: binding in the high nibble, type in the low. */
  info: Uint8Array;
  /** st_other: the most constraining visibility of all mentions, and the target's bits of the definition. */
  other: Uint8Array;
  /** Bits of `SymbolFlag`. */
  flags: Int32Array;
  /** Index of the symbol in the table of `object`: for messages and for -r; 0 where there is none. */
  elfIndex: Int32Array;
  /** Final address, in halves; valid once layout is done. For a TLS symbol its address in the TLS image, not its offset. */
  addressLow: Int32Array;
  addressHigh: Int32Array;
  /** 1 where a relocation takes the address as it is: not of a merged section, no IFUNC, in no section that was left out. */
  settled: Uint8Array;
  /** The rows of the global symbols, ascending: few where every label of the assembler is a local symbol. */
  private globalList: Int32Array = int32Column(roomFor(256));
  private globalCount = 0;
  /** NameId to SymbolId of the global symbol of that name, or 0. */
  private byName: Int32Array = int32Column(roomFor(1024));

  /** Addresses of the columns and numbers of rows, for kernels (src/kernels/assembly/columns.ts). */
  private readonly block: Int32Array = int32Column(14);

  constructor(expected = 4096) {
    const n = roomFor(expected);
    this.name = int32Column(n);
    this.object = int32Column(n);
    this.section = int32Column(n);
    this.valueLow = int32Column(n);
    this.valueHigh = int32Column(n);
    this.size = float64Column(n);
    this.info = uint8Column(n);
    this.other = uint8Column(n);
    this.flags = int32Column(n);
    this.elfIndex = int32Column(n);
    this.addressLow = new Int32Array(0);
    this.addressHigh = new Int32Array(0);
    this.settled = new Uint8Array(0);
    this.object[0] = -1;
    announceColumns(this.describe());
  }

  /** Makes room for `rows` more rows, global ones among them, whose names are below `names`; returns the address of the block. */
  lend(rows: number, names: number): number {
    const need = this.count + rows;
    if (need > this.name.length) this.grow(need);
    if (this.globalCount + rows > this.globalList.length) this.growGlobals(rows);
    if (names > this.byName.length) this.growNames(names);
    return this.columns();
  }

  /** After a kernel that may have added rows. */
  takeBack(): void {
    this.count = this.block[12];
    this.globalCount = this.block[13];
  }

  /** Makes room for `rows` more rows, all zero, and returns the first. */
  reserve(rows: number): SymbolId {
    const first = this.count;
    const need = first + rows;
    if (need > this.name.length) this.grow(need);
    this.count = need;
    return first;
  }

  /** The rows of all global symbols, ascending: a view, not to be changed. */
  globals(): Int32Array {
    return this.globalList.subarray(0, this.globalCount);
  }

  /** The global symbol of a name, or 0. */
  global(name: NameId): SymbolId {
    return name < this.byName.length ? this.byName[name] : 0;
  }

  /** `global` as a column, where it has that many rows: a view that adding symbols may replace. */
  globalByName(): Int32Array {
    return this.byName;
  }

  /** The global symbol of a name, made undefined if it is new. */
  addGlobal(name: NameId): SymbolId {
    if (name >= this.byName.length) this.growNames(name + 1);
    const known = this.byName[name];
    if (known !== 0) return known;
    const id = this.reserve(1);
    if (this.globalCount === this.globalList.length) this.growGlobals(1);
    this.globalList[this.globalCount++] = id;
    this.byName[name] = id;
    this.name[id] = name;
    this.object[id] = -1;
    this.info[id] = 0x10;
    this.flags[id] = SymbolFlag.global;
    return id;
  }

  private grow(need: number): void {
    this.name = growInt32(this.name, need);
    this.object = growInt32(this.object, need);
    this.section = growInt32(this.section, need);
    this.valueLow = growInt32(this.valueLow, need);
    this.valueHigh = growInt32(this.valueHigh, need);
    this.size = growFloat64(this.size, need);
    this.info = growUint8(this.info, need);
    this.other = growUint8(this.other, need);
    this.flags = growInt32(this.flags, need);
    this.elfIndex = growInt32(this.elfIndex, need);
    this.describe();
  }

  private growGlobals(more: number): void {
    this.globalList = growInt32(this.globalList, this.globalCount + more);
    this.describe();
  }

  private growNames(count: number): void {
    this.byName = growInt32(this.byName, count);
    this.describe();
  }

  /** The address of the block of the columns, as they are now. */
  columns(): number {
    const { block } = this;
    block[12] = this.count;
    block[13] = this.globalCount;
    return block.byteOffset;
  }

  private describe(): readonly ArrayBufferView[] {
    const columns = [
      this.name,
      this.object,
      this.section,
      this.valueLow,
      this.valueHigh,
      this.size,
      this.info,
      this.other,
      this.flags,
      this.elfIndex,
      this.globalList,
      this.byName,
    ];
    const { block } = this;
    for (let i = 0; i < columns.length; i++) block[i] = columns[i].byteOffset;
    return columns;
  }
}
