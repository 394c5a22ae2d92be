import { growInt32, growUint8, int32Column, uint8Column } from "../../binary/index.ts";
import type { SectionId } from "../../model/index.ts";

export const RecordKind = { terminator: 0, cie: 1, fde: 2 } as const;

/** What a CIE, or several of the same bytes, say. */
export interface CieInfo {
  /** The first one that says so. */
  readonly record: number;
  readonly version: number;
  readonly augmentation: string;
  /** Code and data alignment, return-address column, and the size of the augmentation data. */
  readonly factors: readonly number[];
  readonly personalityEncoding: number;
  readonly lsdaEncoding: number;
  readonly fdeEncoding: number;
  /** The entry of the first one's relocation section for the personality routine; -1 for none. */
  readonly personalityRelocation: number;
  /** The instructions without padding: from the start of the first one's section. */
  readonly instructions: number;
  readonly instructionsEnd: number;
}

/** A CIE of which others may have the same bytes, and nothing but the relocation of the personality routine. */
export interface KnownCie {
  readonly address: number;
  /** Of the whole record, and without padding. */
  readonly length: number;
  readonly size: number;
  readonly wordSize: number;
  /** Offset in the record of what refers to the personality routine; -1 for none. */
  readonly personalityAt: number;
  readonly info: CieInfo;
  /** In `EhFrames.cies`. */
  readonly number: number;
}

/** The call-frame records of all .eh_frame sections, in columns. Record 0 is nobody's. */
export class EhFrames {
  count = 1;
  /** SectionId to its first FDE, 0 for none; then by `nextFde` (both are records). */
  readonly firstFde: Int32Array;
  nextFde: Int32Array = int32Column(1024);
  /** Of a FDE: the record of its CIE; 0 for one that covers nothing. Of a CIE: the number in `cies` of what it says. */
  cie: Int32Array = int32Column(1024);
  /** A value of `RecordKind`. */
  kind: Uint8Array = uint8Column(1024);
  /** The .eh_frame section of a record, its offset there, and its size without the padding at its end. */
  section: Int32Array = int32Column(1024);
  offset: Int32Array = int32Column(1024);
  size: Int32Array = int32Column(1024);
  /** Entries [start, end) of the section's relocation section that apply to the record. */
  relocationStart: Int32Array = int32Column(1024);
  relocationEnd: Int32Array = int32Column(1024);
  /** DW_EH_PE_* of a FDE's addresses. */
  encoding: Uint8Array = uint8Column(1024);
  readonly cies: CieInfo[] = [];
  /** SectionId to its records [first, end); 0, 0 for a section that was not understood. */
  readonly firstRecord: Int32Array;
  readonly endRecord: Int32Array;
  /** False when some section was not understood: there can be no search table. */
  complete = true;

  // Results of `editEhFrames`.
  /** 1 for what is not in the output. */
  removed: Uint8Array = new Uint8Array(0);
  /** Offset in the output of the record's section; for a CIE that is merged with another: the other record is `mergedWith`. */
  newOffset: Int32Array = new Int32Array(0);
  mergedWith: Int32Array = new Int32Array(0);
  /** SectionId to 1 where `copyEhFrame` is to make the bytes. */
  readonly edited: Uint8Array;
  /** SectionId to 1 for a section named .eh_frame. */
  readonly isTable: Uint8Array;
  /** The linker's own tables, to the section with the stubs that they describe. */
  readonly stubs = new Map<SectionId, SectionId>();
  /** The size in the input of an edited section that was not understood. */
  readonly wholeSize = new Map<SectionId, number>();
  /** The sections in the order of the output, and how many FDEs remain. */
  order: ArrayLike<SectionId> = [];
  fdeCount = 0;

  constructor(sectionCount: number) {
    // Written at once, since it is read first: the system would make its pages twice.
    this.firstFde = int32Column(sectionCount).fill(0);
    this.firstRecord = int32Column(sectionCount);
    this.endRecord = int32Column(sectionCount);
    this.edited = uint8Column(sectionCount);
    this.isTable = uint8Column(sectionCount);
  }

  add(section: SectionId, kind: number, offset: number): number {
    const record = this.count++;
    if (record === this.section.length) this.grow(record + 1);
    this.section[record] = section;
    this.kind[record] = kind;
    this.offset[record] = offset;
    return record;
  }

  /** Whether the section is one of unwind records by name: only those are read, even where a script puts others beside them. */
  mayEdit(section: SectionId): boolean {
    return this.isTable[section] === 1;
  }

  /** Takes back the records from `first` on. */
  truncate(first: number): void {
    for (let record = first; record < this.count; record++) {
      this.cie[record] = 0;
      this.nextFde[record] = 0;
    }
    this.count = first;
  }

  private grow(count: number): void {
    this.nextFde = growInt32(this.nextFde, count);
    this.cie = growInt32(this.cie, count);
    this.kind = growUint8(this.kind, count);
    this.section = growInt32(this.section, count);
    this.offset = growInt32(this.offset, count);
    this.size = growInt32(this.size, count);
    this.relocationStart = growInt32(this.relocationStart, count);
    this.relocationEnd = growInt32(this.relocationEnd, count);
    this.encoding = growUint8(this.encoding, count);
  }
}

/** The width in bytes of a value in a DW_EH_PE_* encoding; 0 for those that are not known. */
export function encodedWidth(encoding: number, wordSize: number): number {
  if ((encoding & 0x60) === 0x60) return 0;
  switch (encoding & 7) {
    case 0:
      return wordSize;
    case 2:
      return 2;
    case 3:
      return 4;
    case 4:
      return 8;
    default:
      return 0;
  }
}
