import { SHF_ALLOC } from "../../elf/index.ts";
import * as R from "../../kernels/assembly/parts/frame-copy-fields.ts";
import * as F from "../../kernels/assembly/parts/write-fields.ts";
import type { Arena, Kernels } from "../../kernels/index.ts";
import type { LinkModel, OutputSection } from "../../model/index.ts";
import type { RelocateContext, WritingKernel } from "../../targets/index.ts";
import { objectColumns } from "../object-columns.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import type { Sink } from "./sink.ts";

// Most input sections are copied, relocated and put after each other by a
// kernel (src/kernels/assembly/write.ts), hundreds in a call. Here is what it
// has to know, and what becomes of the relocations that it leaves.

/** Room for relocations that are left: sections with more of those are not for the kernel. */
const LEFT_ROOM = 1 << 14;

/** Larger sections are seldom, and would make the buffer as large. */
const MOST = 1 << 24;

export class WriteKernel {
  /** Where, in the output section, what the last call wrote ends. */
  end = 0;
  private readonly context: RelocateContext;
  private readonly ways: WritingKernel;
  private readonly arena: Arena;
  private readonly kernels: Kernels;
  private readonly words: Int32Array;
  private readonly offsets: BigInt64Array;
  private readonly left: Int32Array;
  private readonly codeFill: number;

  constructor(context: RelocateContext, ways: WritingKernel, frames: EhFrames, relocate: boolean) {
    this.context = context;
    this.ways = ways;
    const { arena } = context.model;
    const words = arena.int32(F.WORK_SIZE >> 2);
    this.arena = arena;
    this.kernels = arena.kernels;
    this.words = words;
    this.offsets = new BigInt64Array(words.buffer, words.byteOffset, F.WORK_SIZE >> 3);
    this.left = arena.int32((LEFT_ROOM * F.LEFT_SIZE) >> 2);
    this.codeFill = this.fillTable();
    this.column(F.LEFT, this.left);
    words[F.LEFT_ROOM >> 2] = LEFT_ROOM;
    words[F.COPY_ONLY >> 2] = relocate ? 0 : 1;
    this.useModel(context.model, frames, relocate);
    ways.prepare?.(context, words);
  }

  private column(field: number, column: ArrayBufferView): void {
    this.words[field >> 2] = column.byteOffset;
  }

  private useModel(model: LinkModel, frames: EhFrames, relocate: boolean): void {
    const { sections, symbols, arena } = model;
    const storedAt = arena.int32(sections.count);
    this.column(F.STORED_AT, storedAt);
    const special = specialSections(model, frames, this.ways.doesDeletions, storedAt);
    if (this.ways.doesFrames && relocate) this.words[F.FRAMES >> 2] = lendFrames(model, frames, special);
    this.column(F.SPECIAL, special);
    this.column(F.FLAGS, sections.flags);
    this.column(F.OBJECT, sections.object);
    this.column(F.TYPE, sections.type);
    this.column(F.SIZE, sections.size);
    this.column(F.FILE_OFFSET, sections.fileOffset);
    this.column(F.RELOCATIONS, sections.relocations);
    this.column(F.OUTPUT_OFFSET, sections.outputOffset);
    this.column(F.ADDRESS_LOW, sections.addressLow);
    this.column(F.ADDRESS_HIGH, sections.addressHigh);
    this.column(F.SETTLED, symbols.settled);
    this.column(F.SYMBOL_LOW, symbols.addressLow);
    this.column(F.SYMBOL_HIGH, symbols.addressHigh);
    this.column(F.HOME, symbols.section);
    this.column(F.VALUE_LOW, symbols.valueLow);
    this.column(F.FATE, sections.fate);
    this.column(F.NAME, sections.name);
    this.words[F.LIST_NAME >> 2] = model.names.find(".debug_ranges");
    this.column(F.INFO, symbols.info);
    if (model.dynamic) this.column(F.LOADED, model.dynamic.special);
    this.words[F.MERGE >> 2] = model.merge?.lend() ?? 0;
    const { files, ids, symbols: counts } = objectColumns(model);
    this.column(F.BYTES, files);
    this.column(F.SYMBOL_IDS, ids);
    this.column(F.SYMBOL_COUNT, counts);
  }

  /** What fills gaps in code, by length. */
  private fillTable(): number {
    const table = this.arena.uint8(F.GAP * F.GAP);
    for (let length = 1; length < F.GAP; length++)
      table.set(this.context.target.fillCode(length), length * F.GAP);
    return table.byteOffset;
  }

  /** An output section begins. */
  start(section: OutputSection): void {
    const { words } = this;
    const order = this.arena.int32(section.order.length);
    order.set(section.order);
    this.column(F.ORDER, order);
    words[F.TO >> 2] = order.length;
    // Gaps with patterns, and those that are cut in pieces, are not for the kernel.
    const { fills } = section;
    const usual = fills.length === 0 || (fills.length === 1 && !fills[0].pattern?.length);
    words[F.WIDE_GAP >> 2] = usual ? F.GAP : 1;
    words[F.FILL >> 2] = section.isCode ? this.codeFill : 0;
  }

  /**
   * Writes sections from number `from` on, where `at` of the output section has been reached; none that begins beyond
   * `last`. `need` is what the first one takes. Returns the number of the first that is not written.
   */
  write(sink: Sink, from: number, at: number, last: number, need: number): number {
    const { words, offsets, ways } = this;
    // Larger ones would make the buffer as large, and are seldom.
    if (need > MOST) return from;
    const room = sink.room(need);
    const { byteOffset, length } = sink.buffer;
    words[F.FROM >> 2] = from;
    words[F.OUT >> 2] = byteOffset + room;
    words[F.OUT_END >> 2] = byteOffset + length;
    offsets[F.AT >> 3] = BigInt(at);
    offsets[F.LAST >> 3] = last > Number.MAX_SAFE_INTEGER ? 0x7fffffffffffffffn : BigInt(last);
    ways.run(this.kernels, words.byteOffset);
    const count = words[F.LEFT_COUNT >> 2];
    if (count > 0) this.relocateLeft(sink, count);
    sink.commit((words[F.OUT >> 2] >>> 0) - byteOffset - room);
    this.end = Number(offsets[F.AT >> 3]);
    return words[F.FROM >> 2];
  }

  private relocateLeft(sink: Sink, count: number): void {
    const { left, ways, context } = this;
    const { byteOffset } = sink.buffer;
    let given = -1;
    for (let i = 0; i < count * 3; i += 3) {
      const section = left[i];
      if (section === given) continue;
      const at = (left[i + 2] >>> 0) - byteOffset;
      if (ways.relocateLeft?.(context, section, left[i + 1], sink.buffer, at) === false) given = section;
    }
  }
}

/** Marks sections that are not copied as they are: those whose contents lie elsewhere, are shorter now, or are turned round. */
function specialSections(
  model: LinkModel,
  frames: EhFrames,
  doesDeletions: boolean,
  storedAt: Int32Array,
): Uint8Array {
  const { sections, reversed, deletions, options, arena } = model;
  const { edited } = frames;
  const special = arena.uint8(sections.count);
  for (const section of sections.contents.keys()) {
    const bytes = sections.contents.get(section);
    const isPlain = sections.relocations[section] === 0 && !deletions.has(section);
    const isStored = isPlain && bytes?.length === sections.size[section] && arena.owns(bytes);
    if (isStored) storedAt[section] = bytes.byteOffset;
    special[section] = isStored ? F.STORED : F.LEFT_ALONE;
  }
  if (!doesDeletions) for (const section of deletions.keys()) special[section] = F.LEFT_ALONE;
  for (const section of reversed) special[section] = F.LEFT_ALONE;
  for (let section = edited.indexOf(1); section >= 0; section = edited.indexOf(1, section + 1))
    special[section] = F.LEFT_ALONE;
  // LLD has things to say about relocations of what is not loaded.
  if (options.compat === "lld")
    for (let section = 1; section < sections.count; section++)
      if ((sections.flags[section] & SHF_ALLOC) === 0) special[section] = F.LEFT_ALONE;
  return special;
}

/** Lets the kernel write what is left of unwind records that are those of a file; the address of what it has to know. */
function lendFrames(model: LinkModel, frames: EhFrames, special: Uint8Array): number {
  const { sections, reversed, options, arena } = model;
  if (options.compat === "lld") return 0;
  const { edited } = frames;
  for (let section = edited.indexOf(1); section >= 0; section = edited.indexOf(1, section + 1)) {
    if (frames.endRecord[section] === 0) continue;
    if (!sections.contents.has(section) && !reversed.has(section)) special[section] = F.FRAMES_ONLY;
  }
  const words = arena.int32(R.FRAMES_SIZE >> 2);
  const column = (field: number, { byteOffset }: ArrayBufferView) => {
    words[field >> 2] = byteOffset;
  };
  column(R.FIRST_RECORD, frames.firstRecord);
  column(R.END_RECORD, frames.endRecord);
  column(R.REMOVED, frames.removed);
  column(R.KIND, frames.kind);
  column(R.OFFSET, frames.offset);
  column(R.SIZE, frames.size);
  column(R.NEW_OFFSET, frames.newOffset);
  column(R.CIE, frames.cie);
  column(R.SECTION, frames.section);
  column(R.RELOCATION_START, frames.relocationStart);
  column(R.RELOCATION_END, frames.relocationEnd);
  return words.byteOffset;
}
