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
import type { ObjectId } from "./object.ts";
import { SectionMap } from "./section-map.ts";

/** The row of an input section, over all objects. Row 0 is nobody's. */
export type SectionId = number;

/** What became of an input section, and why. */
export const Fate = {
  /** Takes part. */
  kept: 0,
  /** Read and used up by the linker: symbol and string tables, relocations, groups, null. */
  consumed: 1,
  /** Another object's copy of the same COMDAT group (or link-once section) was taken. */
  duplicate: 2,
  /** Not reached by --gc-sections. */
  garbage: 3,
  /** The script sent it to /DISCARD/. */
  discarded: 4,
  /** SHF_EXCLUDE, .gnu.warning, a stripped debug section… */
  excluded: 5,
} as const;

/**
 * Input sections in columns. A large link has a million of them, so a section is
 * a row, never an object; object `o`'s section `i` is row `o.sectionBase + i`.
 * Sections that the linker makes (.got, COMMON …) are rows of object -1 or of
 * the object they belong to, with their bytes in `contents`.
 */
export class SectionTable {
  count = 1;
  /** Some section has SHF_LINK_ORDER: few links have one, and the passes for them go over all sections. */
  hasLinkOrder = false;
  object: Int32Array;
  name: Int32Array;
  type: Int32Array;
  /** sh_flags, low 32 bits. */
  flags: Int32Array;
  /** log2 of sh_addralign. */
  alignPower: Uint8Array;
  entsize: Int32Array;
  link: Int32Array;
  info: Int32Array;
  /** Bytes in the output: grows with decompression, shrinks with relaxation and merging. */
  size: Float64Array;
  /** From the start of the object's bytes. */
  fileOffset: Float64Array;
  /** The SHT_RELA or SHT_REL section whose relocations apply to this one, or 0. */
  relocations: Int32Array;
  /** COMDAT or plain group: number in `LinkModel.groups`, or -1. For a duplicate: the group that was taken in its place. */
  group: Int32Array;
  /** A value of `Fate`. */
  fate: Uint8Array;
  /** Index in `ImageLayout.sections`, or -1. */
  output: Int32Array;
  /** From the start of the output section. */
  outputOffset: Float64Array;
  /** Index in the list of placement rules: which statement of the script took it; -1 for none (an orphan). */
  rule: Int32Array;
  /** Final virtual address, in halves; valid once layout is done. */
  addressLow: Int32Array;
  addressHigh: Int32Array;

  /** Addresses of the columns, for kernels (src/kernels/assembly/columns.ts). */
  readonly block: Int32Array = int32Column(16);

  /**
   * Bytes that stand in for those of the file: made by the linker, or
   * decompressed. A row in here with `object` -1 has no bytes elsewhere.
   */
  readonly contents: Map<SectionId, Uint8Array> = new SectionMap<Uint8Array>();

  constructor(expected = 4096) {
    const n = roomFor(expected);
    this.object = int32Column(n);
    this.name = int32Column(n);
    this.type = int32Column(n);
    this.flags = int32Column(n);
    this.alignPower = uint8Column(n);
    this.entsize = int32Column(n);
    this.link = int32Column(n);
    this.info = int32Column(n);
    this.size = float64Column(n);
    this.fileOffset = float64Column(n);
    this.relocations = int32Column(n);
    this.group = int32Column(n);
    this.fate = uint8Column(n);
    this.output = int32Column(n);
    this.outputOffset = float64Column(n);
    this.rule = int32Column(n);
    this.addressLow = new Int32Array(0);
    this.addressHigh = new Int32Array(0);
    announceColumns(this.describe());
    this.fate[0] = Fate.consumed;
    this.output[0] = this.rule[0] = this.group[0] = -1;
    this.object[0] = -1;
  }

  /** Makes room for `rows` more rows and returns the first; they are zero but for output, rule, group (-1). */
  reserve(rows: number): SectionId {
    const first = this.count;
    const need = first + rows;
    if (need > this.object.length) this.grow(need);
    this.output.fill(-1, first, need);
    this.rule.fill(-1, first, need);
    this.group.fill(-1, first, need);
    this.count = need;
    return first;
  }

  /** Makes room for `rows` more rows, which somebody else will begin. */
  makeRoom(rows: number): void {
    if (this.count + rows > this.object.length) this.grow(this.count + rows);
  }

  /** A section made by the linker for `object` (-1: for nobody in particular). */
  addSynthetic(row: {
    object: ObjectId;
    name: NameId;
    type: number;
    flags: number;
    alignPower: number;
    entsize?: number;
    size?: number;
  }): SectionId {
    const id = this.reserve(1);
    this.object[id] = row.object;
    this.name[id] = row.name;
    this.type[id] = row.type;
    this.flags[id] = row.flags;
    this.alignPower[id] = row.alignPower;
    this.entsize[id] = row.entsize ?? 0;
    this.size[id] = row.size ?? 0;
    return id;
  }

  private grow(need: number): void {
    this.object = growInt32(this.object, need);
    this.name = growInt32(this.name, need);
    this.type = growInt32(this.type, need);
    this.flags = growInt32(this.flags, need);
    this.alignPower = growUint8(this.alignPower, need);
    this.entsize = growInt32(this.entsize, need);
    this.link = growInt32(this.link, need);
    this.info = growInt32(this.info, need);
    this.size = growFloat64(this.size, need);
    this.fileOffset = growFloat64(this.fileOffset, need);
    this.relocations = growInt32(this.relocations, need);
    this.group = growInt32(this.group, need);
    this.fate = growUint8(this.fate, need);
    this.output = growInt32(this.output, need);
    this.outputOffset = growFloat64(this.outputOffset, need);
    this.rule = growInt32(this.rule, need);
    this.describe();
  }

  private describe(): readonly ArrayBufferView[] {
    const columns = [
      this.object,
      this.name,
      this.type,
      this.flags,
      this.alignPower,
      this.entsize,
      this.link,
      this.info,
      this.size,
      this.fileOffset,
      this.relocations,
      this.group,
      this.fate,
      this.output,
      this.outputOffset,
      this.rule,
    ];
    for (let i = 0; i < columns.length; i++) this.block[i] = columns[i].byteOffset;
    return columns;
  }
}
