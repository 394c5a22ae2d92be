import { alignUp, highWord, lowWord } from "../../binary/index.ts";
import {
  GRP_COMDAT,
  SHF_ALLOC,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_REL,
  SHT_RELA,
  STT_SECTION,
} from "../../elf/index.ts";
import {
  Fate,
  type ImageLayout,
  type LinkModel,
  type SectionGroup,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";
import { keptCopy, type RelocateContext } from "../../targets/index.ts";
import { RelocationReader } from "../relocation-reader.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import type { SymbolTableImage } from "./symbol-table-image.ts";
import type { ExtraSection } from "./write.ts";

// Relocations that stay in the output. With -r the output is an object again:
// relocations are not applied but carried over, with offsets and symbols of the
// output; references to an input section become references to its output
// section, further on by the place of the one in the other. With --emit-relocs
// they are applied and kept as well, for tools that move code in the image.
//
// The headers of the relocations of a section come right after its own, and
// those of groups before all (gABI: a group's header precedes its members'), so
// the numbers of the headers are settled first: symbols need them.

/** What the output has beside the sections of the layout, settled before the symbol table is made. */
export interface KeptPlan {
  /** Groups of the output, with -r. */
  readonly groups: readonly SectionGroup[];
  /** The SHT_GROUP section of a group of the output, to the number of its header. */
  readonly groupNumbers: ReadonlyMap<SectionId, number>;
  /** By output section: SHT_RELA, SHT_REL or 0. */
  readonly relocations: Int32Array;
  /** By group: the output section whose header its own comes after; -1: before all. */
  readonly groupAfter: readonly number[];
  /** By output section: the number of its header, and of that of its relocations. */
  readonly numbers: Int32Array;
  readonly relocationNumbers: Int32Array;
  /**
   * Not 0 for symbols that are referred to, so that local ones are to be written
   * even if their like is not; then in ascending order.
   */
  readonly needed: Int32Array;
}

/**
 * Decides which groups and relocations the output keeps; undefined when it keeps none.
 * Groups come first in the file, so the sections of the layout are moved on.
 */
export function planKept(context: RelocateContext, layout: ImageLayout): KeptPlan | undefined {
  const { model } = context;
  const { options } = model;
  if (options.kind !== "relocatable" && !options.emitRelocations) return undefined;
  const keepsGroups = options.kind === "relocatable" && !options.forceGroupAllocation;
  const groups = keepsGroups ? [...model.groups].filter((group) => isGroupKept(model, group)) : [];
  const relocations = keptRelocations(model, layout);
  const needed = findNeeded(context);
  for (const group of groups) needed[signatureOf(model, group)] ||= 1;
  const gnu = options.compat === "gnu";
  if (groups.length > 0) {
    for (const output of layout.sections)
      if (output.order.some((section) => isInGroup(model, section))) output.flags |= SHF_GROUP;
    if (gnu) moveBehind(layout, layout.headersSize + groupBytes(model, groups, relocations));
  }
  const numbered = numberHeaders(model, layout, groups, relocations);
  return { groups, relocations, needed, ...numbered };
}

/** By output section: the type of its section of relocations, or 0. */
function keptRelocations(model: LinkModel, layout: ImageLayout): Int32Array {
  const relocations = new Int32Array(layout.sections.length);
  const reader = new RelocationReader(model);
  for (const output of layout.sections) {
    for (const section of output.order) {
      reader.open(section);
      if (reader.count > 0) relocations[output.index] = reader.rela ? SHT_RELA : SHT_REL;
    }
  }
  return relocations;
}

/** The number of an output section's header in an executable. */
export function headerNumbers(model: LinkModel, layout: ImageLayout): (output: number) => number {
  const { emitRelocations, strip } = model.options;
  if (!emitRelocations || strip === "all") return (output) => output + 1;
  const { numbers } = numberHeaders(model, layout, [], keptRelocations(model, layout));
  return (output) => numbers[output] ?? 0;
}

/** The symbols of relocations, by when the sections of the objects first mention them (from 1); 0 for others. */
function findNeeded(context: RelocateContext): Int32Array {
  const { model, target } = context;
  const { sections } = model;
  const needed = new Int32Array(model.symbols.count);
  const reader = new RelocationReader(model);
  let next = 1;
  for (let section = 1; section < sections.count; section++) {
    if (sections.relocations[section] === 0 || sections.output[section] < 0) continue;
    if (sections.fate[section] !== Fate.kept) continue;
    reader.open(section);
    const isImage = model.options.kind !== "relocatable";
    const changed = isImage ? target.keptRelocation?.(context, section) : undefined;
    for (let i = 0; i < reader.count; i++) {
      const symbol = changed?.(i)?.symbol ?? reader.symbol(i);
      if (needed[symbol] === 0) needed[symbol] = next++;
    }
  }
  return needed;
}

/**
 * GNU ld puts groups before all sections and relocations behind their section;
 * LLD puts a group before its first member, and with --emit-relocs relocations behind all.
 */
function numberHeaders(
  model: LinkModel,
  layout: ImageLayout,
  groups: readonly SectionGroup[],
  relocations: Int32Array,
): Pick<KeptPlan, "groupNumbers" | "groupAfter" | "numbers" | "relocationNumbers"> {
  const lld = model.options.compat === "lld";
  const numbers = new Int32Array(layout.sections.length);
  const relocationNumbers = new Int32Array(layout.sections.length);
  const groupNumbers = new Map<SectionId, number>();
  const groupAfter = groups.map((group) =>
    lld
      ? Math.min(
          ...group.members.map((member) => keptOutput(model, member)).filter((output) => output >= 0),
        ) - 1
      : -1,
  );
  const byPlace = new Map<number, SectionGroup[]>();
  for (const [i, group] of groups.entries()) {
    const here = byPlace.get(groupAfter[i]);
    if (here) here.push(group);
    else byPlace.set(groupAfter[i], [group]);
  }
  const interleaved = !lld || model.options.kind === "relocatable";
  let next = 1;
  const numberGroups = (after: number): void => {
    for (const group of byPlace.get(after) ?? []) groupNumbers.set(group.section, next++);
  };
  numberGroups(-1);
  for (const { index } of layout.sections) {
    numbers[index] = next++;
    if (interleaved && relocations[index] !== 0) relocationNumbers[index] = next++;
    numberGroups(index);
  }
  if (!interleaved) for (const index of inInputOrder(model, relocations)) relocationNumbers[index] = next++;
  return { groupNumbers, groupAfter, numbers, relocationNumbers };
}

/** The output sections that keep relocations, by where the inputs have the first of these. */
function inInputOrder(model: LinkModel, relocations: Int32Array): number[] {
  const { sections } = model;
  const first = new Map<number, SectionId>();
  for (let section = 1; section < sections.count; section++) {
    const output = sections.output[section];
    const table = sections.relocations[section];
    if (table === 0 || output < 0 || relocations[output] === 0 || sections.fate[section] !== Fate.kept)
      continue;
    first.set(output, Math.min(table, first.get(output) ?? table));
  }
  return [...first].sort((a, b) => a[1] - b[1]).map(([output]) => output);
}

/** The symbol whose name is the group's. */
function signatureOf(model: LinkModel, group: SectionGroup): SymbolId {
  return model.objects[group.object].symbolIds[model.sections.info[group.section]] ?? 0;
}

function isInGroup(model: LinkModel, section: SectionId): boolean {
  return model.sections.group[section] >= 0 && model.sections.fate[section] === Fate.kept;
}

function groupBytes(model: LinkModel, groups: readonly SectionGroup[], relocations: Int32Array): number {
  let bytes = 0;
  for (const group of groups) {
    bytes += 4;
    for (const member of group.members) {
      const output = keptOutput(model, member);
      if (output >= 0) bytes += relocations[output] !== 0 ? 8 : 4;
    }
  }
  return bytes;
}

/** The output section of a member that is linked; -1 for others. */
function keptOutput(model: LinkModel, member: SectionId): number {
  return model.sections.fate[member] === Fate.kept ? model.sections.output[member] : -1;
}

function moveBehind(layout: ImageLayout, start: number): void {
  let at = start;
  for (const output of layout.sections) {
    at = alignUp(at, Math.max(1, output.align));
    output.fileOffset = at;
    if (output.type !== SHT_NOBITS) at += output.size;
  }
}

function isGroupKept(model: LinkModel, group: SectionGroup): boolean {
  return group.members.some((member) => keptOutput(model, member) >= 0);
}

/** The sections of groups and of relocations, in the order of their headers. */
export function keptSections(
  context: RelocateContext,
  layout: ImageLayout,
  frames: EhFrames,
  plan: KeptPlan,
  symbols: SymbolTableImage,
): ExtraSection[] {
  const writer = new RelocationWriter(context, frames, symbols);
  const { model } = context;
  const extras = plan.groups.map((group, i) => ({
    number: plan.groupNumbers.get(group.section) ?? 0,
    section: groupSection(model, group, plan.groupAfter[i], plan, symbols),
  }));
  for (const output of layout.sections) {
    const type = plan.relocations[output.index];
    if (type === 0) continue;
    const rela = type === SHT_RELA;
    const number = plan.relocationNumbers[output.index];
    const isNext = number === plan.numbers[output.index] + 1;
    const section = {
      name: `${rela ? ".rela" : ".rel"}${output.name}`,
      type,
      flags: SHF_INFO_LINK | (output.flags & SHF_GROUP),
      align: context.target.is64 ? 8 : 4,
      entsize: writer.entrySize(rela),
      bytes: writer.write(output.order, output.address, rela),
      after: isNext ? output.index : layout.sections.length - 1,
      isFirst: false,
      info: plan.numbers[output.index],
    };
    extras.push({ number, section });
  }
  return extras.sort((a, b) => a.number - b.number).map(({ section }) => section);
}

function groupSection(
  model: LinkModel,
  group: SectionGroup,
  after: number,
  plan: KeptPlan,
  symbols: SymbolTableImage,
): ExtraSection {
  const { sections } = model;
  const words = [group.comdat ? GRP_COMDAT : 0];
  for (const member of group.members) {
    const output = keptOutput(model, member);
    if (output < 0) continue;
    words.push(plan.numbers[output]);
    if (plan.relocations[output] !== 0) words.push(plan.relocationNumbers[output]);
  }
  return {
    name: model.names.text(sections.name[group.section]),
    type: SHT_GROUP,
    flags: 0,
    align: 4,
    entsize: 4,
    bytes: new Uint8Array(Uint32Array.from(words).buffer),
    after,
    isFirst: model.options.compat === "gnu",
    info: outputSymbol(model, symbols, signatureOf(model, group)),
  };
}

/** The index of a symbol in the output; for a section symbol that of its output section's. */
function outputSymbol(model: LinkModel, image: SymbolTableImage, symbol: SymbolId): number {
  const section = model.symbols.section[symbol];
  if ((model.symbols.info[symbol] & 15) !== STT_SECTION) return image.indexOf[symbol];
  return section > 0 && model.sections.output[section] >= 0
    ? image.sectionSymbol[model.sections.output[section]]
    : 0;
}

class RelocationWriter {
  private readonly context: RelocateContext;
  private readonly frames: EhFrames;
  private readonly image: SymbolTableImage;
  private readonly reader: RelocationReader;
  private readonly is64: boolean;
  private readonly relocatable: boolean;
  private readonly lld: boolean;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  private rela = true;

  constructor(context: RelocateContext, frames: EhFrames, image: SymbolTableImage) {
    this.context = context;
    this.frames = frames;
    this.image = image;
    this.reader = new RelocationReader(context.model);
    this.is64 = context.target.is64;
    this.relocatable = context.model.options.kind === "relocatable";
    this.lld = context.model.options.compat === "lld";
  }

  entrySize(rela: boolean): number {
    return (this.is64 ? 16 : 8) + (rela ? (this.is64 ? 8 : 4) : 0);
  }

  /** The relocations of the input sections of one output section. */
  write(order: Int32Array, address: bigint, rela: boolean): Uint8Array {
    const { reader } = this;
    let count = 0;
    for (const section of order) {
      reader.open(section);
      count += reader.count;
    }
    const bytes = new Uint8Array(count * this.entrySize(rela));
    this.view = new DataView(bytes.buffer);
    this.at = 0;
    this.rela = rela;
    const low = this.relocatable ? 0 : lowWord(address);
    const high = this.relocatable ? 0 : highWord(address);
    for (const section of order) this.writeSection(section, low >>> 0, high);
    return sortByOffset(bytes.subarray(0, this.at), this.entrySize(rela), this.is64);
  }

  /** `low` and `high`: the halves of the address that offsets in the output section count from. */
  private writeSection(section: SectionId, low: number, high: number): void {
    const { reader } = this;
    const { model, target } = this.context;
    const { sections, symbols } = model;
    reader.open(section);
    if (reader.count === 0) return;
    const base = low + sections.outputOffset[section];
    const places = new Places(model, this.frames, section, target.wordSize);
    const isDebug = (sections.flags[section] & SHF_ALLOC) === 0 && isDebugSection(model, section);
    const changed = this.relocatable ? undefined : target.keptRelocation?.(this.context, section);
    let last = base;
    for (let i = 0; i < reader.count; i++) {
      const now = changed?.(i);
      const place = places.find(now ? now.offset : reader.offset(i));
      if (place < 0) {
        this.put(last, high, 0, 0, 0, 0);
        continue;
      }
      last = base + place;
      const type = now ? now.type : reader.type(i);
      const symbol = now ? now.symbol : reader.symbol(i);
      let addendLow = now ? lowWord(now.addend) : reader.addendLow(i);
      let addendHigh = now ? highWord(now.addend) : reader.addendHigh(i);
      if (symbol === 0 || (type === 0 && now)) {
        this.put(last, high, 0, type, addendLow, addendHigh);
        continue;
      }
      let defined = symbols.section[symbol];
      if (defined > 0 && (sections.fate[defined] !== Fate.kept || sections.output[defined] < 0)) {
        const isLocal = (symbols.flags[symbol] & SymbolFlag.global) === 0;
        const copy = isDebug && isLocal ? keptCopy(model, section, defined) : 0;
        if (copy === 0) {
          // What described code that is gone says nothing; of debug information not even the entry stays.
          if (!isDebug || !this.relocatable || this.lld) this.put(last, high, 0, 0, 0, 0);
          if (this.lld && this.relocatable && !isDebug)
            this.warnDiscarded(section, reader.offset(i), defined);
          continue;
        }
        defined = copy;
      }
      if ((symbols.info[symbol] & 15) !== STT_SECTION || defined <= 0) {
        this.put(last, high, this.image.indexOf[symbol], type, addendLow, addendHigh);
        continue;
      }
      // A reference to a section: to its output section's symbol, further on by its place there.
      if (this.rela && model.merge?.merged[defined]) {
        addendLow = model.merge.locate(defined, addendHigh * 4294967296 + (addendLow >>> 0));
        addendHigh = 0;
        defined = model.merge.holder;
      }
      const sum = (addendLow >>> 0) + sections.outputOffset[defined];
      const carry = Math.floor(sum / 4294967296);
      this.put(last, high, this.image.sectionSymbol[sections.output[defined]], type, sum, addendHigh + carry);
    }
  }

  /** LLD: what unwinding reads may refer to copies that were not taken; elsewhere it is a mistake. */
  private warnDiscarded(section: SectionId, offset: number, defined: SectionId): void {
    const { model, report } = this.context;
    const { sections, names, objects } = model;
    const name = names.text(sections.name[section]);
    if (name === ".eh_frame" || name === ".gcc_except_table") return;
    const message = `relocation refers to a discarded section: ${names.text(sections.name[defined])}`;
    const file = objects[sections.object[section]]?.name ?? "";
    const place = `${file}:(${this.rela ? ".rela" : ".rel"}${name}+0x${offset.toString(16).toUpperCase()})`;
    report.warning("LD0616", undefined, message, { lld: `${message}\n>>> referenced by ${place}` });
  }

  /** `low` may be beyond 2^32: the rest goes to `high`. */
  private put(
    low: number,
    high: number,
    symbol: number,
    type: number,
    addendLow: number,
    addendHigh: number,
  ): void {
    const { view, at, is64, rela } = this;
    view.setUint32(at, low, true);
    if (is64) {
      view.setUint32(at + 4, high + Math.floor(low / 4294967296), true);
      view.setUint32(at + 8, type, true);
      view.setUint32(at + 12, symbol, true);
      if (rela) view.setUint32(at + 16, addendLow, true);
      if (rela) view.setUint32(at + 20, addendHigh, true);
    } else {
      view.setUint32(at + 4, (symbol << 8) | (type & 0xff), true);
      if (rela) view.setUint32(at + 8, addendLow, true);
    }
    this.at += this.entrySize(rela);
  }
}

function isDebugSection(model: LinkModel, section: SectionId): boolean {
  return /^\.(debug|zdebug|line|stab|gnu\.linkonce\.wi\.|gdb_index)/.test(
    model.names.text(model.sections.name[section]),
  );
}

/** Where offsets of an input section are in the edited or relaxed one; asked in ascending order, mostly. */
class Places {
  private readonly frames: EhFrames | undefined;
  private readonly first: number;
  private readonly count: number;
  private readonly start: Int32Array;
  private readonly length: Int32Array;
  private readonly before: Int32Array;
  /** Where the last word of a section is whose words are turned round, else -1. */
  private readonly lastWord: number;
  private next = 0;

  constructor(model: LinkModel, frames: EhFrames, section: SectionId, word: number) {
    this.lastWord = model.reversed.has(section) ? model.sections.size[section] - word : -1;
    const deletions = model.deletions.get(section);
    this.frames = frames.edited[section] ? frames : undefined;
    this.first = deletions?.first ?? 0;
    this.count = deletions?.count ?? 0;
    this.start = deletions?.start ?? NONE;
    this.length = deletions?.length ?? NONE;
    this.before = deletions?.before ?? NONE;
  }

  /** -1 for what went with a deleted unwind record; in deleted code, the place where it was. */
  find(offset: number): number {
    if (this.lastWord >= 0) return this.lastWord - offset;
    if (this.count === 0) return offset;
    if (this.next > 0 && offset < this.start[this.first + this.next - 1]) this.next = 0;
    while (this.next < this.count && this.start[this.first + this.next] <= offset) this.next++;
    if (this.next === 0) return offset;
    const range = this.first + this.next - 1;
    const end = this.start[range] + this.length[range];
    if (offset >= end) return offset - this.before[range + 1];
    return this.frames ? -1 : this.start[range] - this.before[range];
  }
}

const NONE = new Int32Array(1);

/** Entries by offset; those of one offset stay in their order. */
function sortByOffset(bytes: Uint8Array, entry: number, is64: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length / entry;
  const offset = (i: number): number =>
    view.getUint32(i * entry, true) + (is64 ? view.getUint32(i * entry + 4, true) * 4294967296 : 0);
  let isSorted = true;
  for (let i = 1; i < count && isSorted; i++) isSorted = offset(i - 1) <= offset(i);
  if (isSorted) return bytes;
  const order = Int32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => offset(a) - offset(b) || a - b,
  );
  const sorted = new Uint8Array(bytes.length);
  for (let i = 0; i < count; i++)
    sorted.set(bytes.subarray(order[i] * entry, (order[i] + 1) * entry), i * entry);
  return sorted;
}

/**
 * With -r and SHT_REL the addends are in the bytes: adds to those of references
 * to sections what `putSection` adds where addends are in the entries. i386's
 * types tell the width of a field.
 */
export function adjustInPlaceAddends(
  model: LinkModel,
  section: SectionId,
  out: Uint8Array,
  at: number,
): void {
  const { sections, symbols } = model;
  const reader = new RelocationReader(model);
  reader.open(section);
  if (reader.count === 0 || reader.rela) return;
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  for (let i = 0; i < reader.count; i++) {
    const symbol = reader.symbol(i);
    const defined = symbols.section[symbol];
    if ((symbols.info[symbol] & 15) !== STT_SECTION || defined <= 0 || sections.output[defined] < 0) continue;
    const offset = reader.offset(i);
    const more = sections.outputOffset[defined];
    const width = inPlaceWidth(reader.type(i));
    if (more === 0 || offset + width > sections.size[section]) continue;
    if (width === 1) out[at + offset] += more;
    else if (width === 2) view.setUint16(at + offset, view.getUint16(at + offset, true) + more, true);
    else view.setUint32(at + offset, view.getUint32(at + offset, true) + more, true);
  }
}

/** R_386_16 and PC16 are 20 and 21, R_386_8 and PC8 22 and 23. */
function inPlaceWidth(type: number): number {
  return type === 22 || type === 23 ? 1 : type === 20 || type === 21 ? 2 : 4;
}
