import type { NameId } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import * as F from "../../kernels/assembly/parts/frame-fields.ts";
import { Fate, type InputObject, type LinkModel, type SectionId } from "../../model/index.ts";
import { readEhFrameAsLld } from "../lld/eh-frame-lld.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { FrameKernel } from "./eh-frame-kernel.ts";
import { type CieInfo, EhFrames, encodedWidth, type KnownCie, RecordKind } from "./eh-frame-records.ts";

// Reads .eh_frame. The section is a row of records, each a length and that many
// bytes: a CIE holds what several functions share, a FDE describes one function
// and points back to its CIE; a length of zero ends the whole. What refers to
// code is the relocation of a FDE's first field (`pc_begin`), so records are
// read together with the section's relocations, which are in the same order.
//
// A section that holds anything unexpected is left as it is: linking does not
// depend on understanding it. As GNU ld, we then write no search table.

/** Reads the .eh_frame sections that take part, and the linker's own, of `stubs`; before gc, which asks it what a live function's unwinding refers to. */
export function readEhFrames(
  model: LinkModel,
  report: Report,
  stubs: readonly { readonly table: SectionId; readonly code: SectionId }[] = [],
): EhFrames {
  const frames = new EhFrames(model.sections.count);
  const name = model.names.find(".eh_frame");
  const lld = model.options.compat === "lld";
  if (name < 0 || (lld && model.options.kind === "relocatable")) return frames;
  const { sections } = model;
  const reader = new SectionReader(model, frames, name);
  const column = sections.name.subarray(0, sections.count);
  const next = (from: SectionId): SectionId => {
    const found = reader.readsTables && !lld ? reader.readTables(from) : column.indexOf(name, from);
    return found < 0 ? sections.count : found;
  };
  for (let section = next(1); section < sections.count; section = next(section + 1)) {
    const object = model.objects[sections.object[section]];
    if (!object || sections.fate[section] !== Fate.kept) continue;
    // What the linker makes comes below.
    if (section < object.sectionBase || section >= object.sectionBase + object.sectionCount) continue;
    frames.isTable[section] = 1;
    if (sections.size[section] === 0 || !object.littleEndian) continue;
    if (lld) {
      if (readEhFrameAsLld(model, frames, section, report)) reader.attach(section);
      continue;
    }
    if (reader.read(section)) continue;
    frames.complete = false;
    if (model.options.kind !== "relocatable")
      report.warning(
        "LD0802",
        undefined,
        `error in ${object.name}(.eh_frame); no .eh_frame_hdr table will be created`,
      );
  }
  for (const { table, code } of stubs) {
    frames.isTable[table] = 1;
    frames.stubs.set(table, code);
    reader.read(table);
  }
  return frames;
}

/** Whether an unwind table of a file has other bytes than the file's. */
function hasStored({ sections, objects }: LinkModel, name: NameId): boolean {
  for (const section of sections.contents.keys()) {
    if (sections.name[section] !== name) continue;
    const object = objects[sections.object[section]];
    if (object && section >= object.sectionBase && section < object.sectionBase + object.sectionCount)
      return true;
  }
  return false;
}

const OMIT = 0xff;
const NO_MORE = Number.MAX_SAFE_INTEGER;

/** One section at a time. Where anything is not as expected, reading stops: methods return false or -1. */
class SectionReader {
  private readonly model: LinkModel;
  private readonly frames: EhFrames;
  private readonly relocations: RelocationReader;
  private bytes: Uint8Array = new Uint8Array(0);
  private base = 0;
  /** Position and end, as indices of `bytes`. */
  private at = 0;
  private end = 0;
  private wordSize = 8;
  /** The next relocation, and its offset; `NO_MORE` behind the last. */
  private next = 0;
  private nextAt = NO_MORE;
  /** Records of the section's CIEs. */
  private readonly own: number[] = [];
  private readonly known: KnownCie[] = [];
  private setLocs = 0;
  private readonly kernel: FrameKernel;
  private usesKernel = false;
  private comparesBytes = false;
  /** Whether a kernel may read tables that are as expected: most. */
  readonly readsTables: boolean;

  constructor(model: LinkModel, frames: EhFrames, name: NameId) {
    this.model = model;
    this.frames = frames;
    this.relocations = new RelocationReader(model);
    this.kernel = new FrameKernel(model, frames);
    this.readsTables = !hasStored(model, name);
    if (this.readsTables) this.kernel.useTables(name);
  }

  /** Reads the tables of sections from a number on that have nothing new; returns the first that has, or the number of sections. */
  readTables(from: SectionId): SectionId {
    return this.kernel.readTables(from, this.model.sections.count);
  }

  /**
   * Hangs the FDEs of a section on their functions, which `nextFde` holds until
   * then: a section that is given up leaves nothing behind.
   */
  attach(section: SectionId): void {
    this.kernel.attach(this.frames.firstRecord[section], this.frames.endRecord[section]);
  }

  read(section: SectionId): boolean {
    const { model, frames } = this;
    const { sections } = model;
    const object: InputObject | undefined = model.objects[sections.object[section]];
    // The linker's own sections are the first object's; there may be none.
    if (object === undefined) return false;
    const stored = sections.contents.get(section);
    this.bytes = stored ?? object.bytes;
    this.base = stored ? 0 : sections.fileOffset[section];
    this.wordSize = object.is64 ? 8 : 4;
    this.relocations.open(section);
    this.usesKernel = !frames.stubs.has(section) && this.kernel.open(section, this.relocations);
    this.comparesBytes = this.usesKernel && model.arena.owns(this.bytes);
    this.next = -1;
    this.pass();
    this.own.length = 0;
    const firstRecord = frames.count;
    const cieCount = frames.cies.length;
    if (this.readRecords(section, this.base + sections.size[section])) {
      frames.firstRecord[section] = firstRecord;
      frames.endRecord[section] = frames.count;
      this.attach(section);
      return true;
    }
    frames.truncate(firstRecord);
    frames.cies.length = cieCount;
    while (this.known.length > 0 && this.known[this.known.length - 1].info.record >= firstRecord) {
      this.known.pop();
      this.kernel.dropKnown();
    }
    return false;
  }

  private readRecords(section: SectionId, sectionEnd: number): boolean {
    const { frames, base } = this;
    let at = base;
    while (at < sectionEnd) {
      if (this.usesKernel && this.own.length > 0) {
        at = this.readFdes(at);
        if (at >= sectionEnd) break;
      }
      if (sectionEnd - at < 4) return false;
      const length = this.word(at);
      if (length > sectionEnd - at - 4) return false;
      this.at = at + 4;
      this.end = at + 4 + length;
      const start = this.next;
      const kind =
        length === 0
          ? RecordKind.terminator
          : length >= 4 && this.word(at + 4) === 0
            ? RecordKind.cie
            : RecordKind.fde;
      const record = frames.add(section, kind, at - base);
      if (kind === RecordKind.terminator) {
        for (; this.at < sectionEnd; this.at += 4)
          if (sectionEnd - this.at < 4 || this.word(this.at) !== 0) return false;
        if (!this.noRelocations(sectionEnd)) return false;
        frames.size[record] = 4;
      } else {
        if (length < 4) return false;
        const id = this.word(at + 4);
        this.at += 4;
        const size =
          kind === RecordKind.cie ? this.readCie(record) : this.readFde(record, at - base + 4 - id);
        if (size < 0) return false;
        frames.size[record] = size;
      }
      frames.relocationStart[record] = start;
      frames.relocationEnd[record] = this.next;
      if (kind === RecordKind.terminator) return true;
      at = this.end;
    }
    return true;
  }

  /** Those that follow each other and are as expected; returns where the next record is. */
  private readFdes(at: number): number {
    const { kernel, base } = this;
    kernel.next = this.next;
    const stopped = base + kernel.read(at - base);
    if (kernel.next !== this.next) {
      this.next = kernel.next - 1;
      this.pass();
    }
    return stopped;
  }

  /** The size of the record without padding, or -1. */
  private readCie(record: number): number {
    const { frames, bytes, base, end } = this;
    const start = this.at;
    if (start >= end) return -1;
    const first = this.next;
    const known = this.findKnown(record);
    if (known) return this.addLike(record, known);
    const version = bytes[this.at++];
    if (version !== 1 && version !== 3 && version !== 4) return -1;
    let augmentation = "";
    for (; this.at < end && bytes[this.at] !== 0; this.at++)
      augmentation += String.fromCharCode(bytes[this.at]);
    if (this.at >= end || augmentation.length >= 20) return -1;
    this.at++;
    if (!this.noRelocations(this.at)) return -1;
    if (augmentation.startsWith("eh")) {
      // GCC before 3.0: a pointer that nobody needs.
      this.at += this.wordSize;
      this.skipRelocations(this.at);
    }
    if (version >= 4) {
      if (this.at + 1 >= end || bytes[this.at] !== this.wordSize || bytes[this.at + 1] !== 0) return -1;
      this.at += 2;
    }
    const factors = [this.leb(false), this.leb(true)];
    if (version === 1) factors.push(this.at < end ? bytes[this.at++] : -1);
    else factors.push(this.leb(false));
    if (this.at > end || !this.noRelocations(this.at)) return -1;
    const data = this.readAugmentation(augmentation, start);
    if (!data || !(this.at <= end)) return -1;
    factors.push(data.size);
    const { personality, lsda, fde } = data;
    const fdeEncoding = fde === OMIT ? 0 : fde;
    const instructions = this.at;
    if (!this.noRelocations(end)) return -1;
    const stop = this.skipInstructions(instructions, end, encodedWidth(fdeEncoding, this.wordSize));
    if (stop < 0 || this.setLocs > 0) return -1;
    frames.cie[record] = frames.cies.length;
    frames.encoding[record] = personality;
    const info = {
      record,
      version,
      augmentation,
      factors,
      personalityEncoding: personality,
      lsdaEncoding: lsda,
      fdeEncoding,
      personalityRelocation: data.relocation,
      instructions: instructions - base,
      instructionsEnd: stop - base,
    };
    const size = stop - base - frames.offset[record];
    const number = frames.cies.push(info) - 1;
    this.addCie(record, info);
    // What is aligned depends on where it is, and so may what has relocations without effect.
    if (this.comparesBytes && (personality & 0x70) !== 0x50 && this.known.length < F.MOST_KNOWN) {
      const from = base + frames.offset[record];
      const passed = data.relocation < 0 ? 0 : 1;
      if (this.next - first === passed)
        this.remember({
          address: bytes.byteOffset + from,
          length: end - from,
          wordSize: this.wordSize,
          personalityAt: passed === 0 ? -1 : this.relocations.offset(data.relocation) - frames.offset[record],
          size,
          info,
          number,
        });
    }
    return size;
  }

  private remember(known: KnownCie): void {
    this.known.push(known);
    this.kernel.addKnown(known);
  }

  private addCie(record: number, info: CieInfo): void {
    this.own.push(record);
    this.kernel.addCie(record, info);
  }

  /** A CIE that was read, with the same bytes, and a relocation for its personality routine only if that has one. */
  private findKnown(record: number): KnownCie | undefined {
    if (!this.comparesBytes) return undefined;
    const { frames, bytes, base, end, nextAt } = this;
    const offset = frames.offset[record];
    const from = base + offset;
    const address = bytes.byteOffset + from;
    const { kernels } = this.model.arena;
    for (const known of this.known) {
      const { length, personalityAt, wordSize } = known;
      if (length !== end - from || wordSize !== this.wordSize) continue;
      if (personalityAt < 0 ? nextAt < offset + length : nextAt !== offset + personalityAt) continue;
      if (kernels.equalBytes(known.address, address, length) === 0) continue;
      if (personalityAt < 0 || this.next + 1 >= this.relocations.count) return known;
      return this.relocations.offset(this.next + 1) < offset + length ? undefined : known;
    }
    return undefined;
  }

  private addLike(record: number, { info, personalityAt, size, number }: KnownCie): number {
    const { frames } = this;
    frames.cie[record] = number;
    frames.encoding[record] = info.personalityEncoding;
    this.addCie(record, info);
    if (personalityAt >= 0) this.pass();
    return size;
  }

  private readAugmentation(
    augmentation: string,
    start: number,
  ): { size: number; personality: number; lsda: number; fde: number; relocation: number } | undefined {
    const found = { size: -1, personality: OMIT, lsda: OMIT, fde: OMIT, relocation: -1 };
    if (augmentation.startsWith("eh")) return found;
    const { bytes, end, wordSize } = this;
    for (let i = 0; i < augmentation.length; i++) {
      const letter = augmentation[i];
      if (letter === "z" && i === 0) {
        found.size = this.leb(false);
        if (this.at > end || !this.noRelocations(this.at)) return undefined;
      } else if (letter === "L" || letter === "R") {
        if (this.at >= end) return undefined;
        const encoding = bytes[this.at++];
        if (!this.noRelocations(this.at) || encodedWidth(encoding, wordSize) === 0) return undefined;
        if (letter === "L") found.lsda = encoding;
        else found.fde = encoding;
      } else if (letter === "P") {
        if (this.at >= end) return undefined;
        found.personality = bytes[this.at++];
        const width = encodedWidth(found.personality, wordSize);
        if (width === 0) return undefined;
        if ((found.personality & 0x70) === 0x50) this.at += -(this.at - this.base) & (width - 1);
        if (!this.noRelocations(this.at) || this.nextAt !== this.at - this.base) return undefined;
        found.relocation = this.next;
        while (this.nextAt === this.at - this.base) this.pass();
        this.at += width;
        if (this.at > end) return undefined;
      } else if (letter !== "S" && letter !== "B") return undefined;
    }
    return start <= this.at ? found : undefined;
  }

  private readFde(record: number, cieOffset: number): number {
    const { frames, base, end } = this;
    let cie = 0;
    for (let i = this.own.length - 1; i >= 0 && cie === 0; i--)
      if (frames.offset[this.own[i]] === cieOffset) cie = this.own[i];
    if (cie === 0) return -1;
    const info = frames.cies[frames.cie[cie]];
    frames.cie[record] = cie;
    frames.encoding[record] = info.fdeEncoding;
    const stub = frames.stubs.get(frames.section[record]);
    if (stub === undefined && (!this.noRelocations(this.at) || this.nextAt !== this.at - base)) return -1;
    const target = stub ?? this.relocations.definingSection(this.next);
    if (
      target > 0 &&
      this.model.sections.object[target] !== this.model.sections.object[frames.section[record]]
    )
      return -1;
    frames.nextFde[record] = target;
    const width = encodedWidth(info.fdeEncoding, this.wordSize);
    const range = this.at + width;
    this.at += 2 * width;
    if (this.at > end) return -1;
    this.skipRelocations(range);
    if (this.nextAt !== range - base && this.isZero(range, width)) frames.cie[record] = 0;
    let data = 0;
    if (info.augmentation.startsWith("z")) {
      data = this.leb(false);
      if (this.at > end) return -1;
    }
    // Only "L" puts anything here; without "z" nobody can tell where the instructions begin.
    if (info.lsdaEncoding !== OMIT && !info.augmentation.startsWith("z")) data = end - this.at;
    if (!(data <= end - this.at)) return -1;
    this.skipRelocations(end);
    const stop = this.skipInstructions(this.at + data, end, width);
    return stop < 0 ? -1 : stop - base - frames.offset[record];
  }

  /** The end of the last instruction that is not padding, or -1 when some instruction is not known. */
  private skipInstructions(from: number, end: number, width: number): number {
    const { bytes } = this;
    this.setLocs = 0;
    let last = from;
    let at = from;
    while (at < end) {
      const op = bytes[at++];
      if (op === 0) continue;
      // The frequent ones here: advance_loc and restore, which have no operand, then offset and def_cfa_offset.
      if ((op & 0x40) === 0) {
        if (op >= 0x80 || op === 0x0e) {
          while (at < end && bytes[at] > 127) at++;
          if (++at > end) return -1;
        } else {
          if (op === 1) this.setLocs++;
          this.at = at;
          if (!this.skipOperands(op, width, end) || !(this.at <= end)) return -1;
          at = this.at;
        }
      }
      last = at;
    }
    this.at = at;
    return last;
  }

  /** DWARF 5, 6.4.2, and GNU's additions. */
  private skipOperands(op: number, width: number, end: number): boolean {
    const high = op & 0xc0;
    if (high === 0x40 || high === 0xc0) return true;
    if (high === 0x80) return this.skipLebs(1, end);
    switch (op) {
      case 0x0a: // remember_state
      case 0x0b: // restore_state
      case 0x2d: // GNU_window_save
        return true;
      case 0x06: // restore_extended
      case 0x07: // undefined
      case 0x08: // same_value
      case 0x0d: // def_cfa_register
      case 0x0e: // def_cfa_offset
      case 0x13: // def_cfa_offset_sf
      case 0x2e: // GNU_args_size
        return this.skipLebs(1, end);
      case 0x05: // offset_extended
      case 0x09: // register
      case 0x0c: // def_cfa
      case 0x11: // offset_extended_sf
      case 0x12: // def_cfa_sf
      case 0x14: // val_offset
      case 0x15: // val_offset_sf
      case 0x2f: // GNU_negative_offset_extended
        return this.skipLebs(2, end);
      case 0x10: // expression
      case 0x16: // val_expression
        return this.skipLebs(1, end) && this.skipBlock();
      case 0x0f: // def_cfa_expression
        return this.skipBlock();
      case 0x01: // set_loc
        this.at += width;
        return true;
      case 0x02: // advance_loc1
        this.at++;
        return true;
      case 0x03:
        this.at += 2;
        return true;
      case 0x04:
        this.at += 4;
        return true;
      case 0x1d: // MIPS_advance_loc8
        this.at += 8;
        return true;
      default:
        return false;
    }
  }

  private skipLebs(count: number, end: number): boolean {
    for (let i = 0; i < count; i++) {
      while (this.at < end && this.bytes[this.at] & 0x80) this.at++;
      this.at++;
    }
    return this.at <= end;
  }

  private skipBlock(): boolean {
    const length = this.leb(false);
    this.at += length;
    return true;
  }

  /** A LEB128; past the end of the record it leaves `at` beyond `end`. Values above 2^53 are not exact: only compared. */
  private leb(signed: boolean): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      if (this.at >= this.end) {
        this.at = this.end + 1;
        return 0;
      }
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return signed && byte & 0x40 ? value - factor : value;
    }
  }

  private word(at: number): number {
    const { bytes } = this;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  private isZero(at: number, width: number): boolean {
    for (let i = 0; i < width; i++) if (this.bytes[at + i] !== 0) return false;
    return true;
  }

  /** Goes on to the next relocation. */
  private pass(): void {
    this.next++;
    this.nextAt = this.next < this.relocations.count ? this.relocations.offset(this.next) : NO_MORE;
  }

  /** Passes R_*_NONE before `at`; false if there is any other. */
  private noRelocations(at: number): boolean {
    const { relocations } = this;
    for (; this.nextAt < at - this.base; this.pass())
      if (relocations.type(this.next) !== 0 || relocations.symbolIndex(this.next) !== 0) return false;
    return true;
  }

  private skipRelocations(at: number): void {
    while (this.nextAt < at - this.base) this.pass();
  }
}
