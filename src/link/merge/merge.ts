import { fromHalves, int32Column, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { SHF_MERGE, SHF_STRINGS, SHT_NOBITS, STT_SECTION } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId, SymbolFlag } from "../../model/index.ts";
import { mergeAsLld } from "../lld/merge-lld.ts";
import { PADDING, PieceMap } from "./merge-map.ts";
import { PieceTable } from "./merge-table.ts";
import { mergeTails } from "./merge-tails.ts";

// Compilers put string literals and constants into SHF_MERGE sections, whose
// pieces the linker may share. A piece is a zero-terminated string of
// characters of `entsize` bytes, or a constant of `entsize` bytes.
//
// Whose bytes go where is GNU ld's outcome: sections of one output section with
// the same kind, entsize and alignment share; a piece stays in the first
// section that had it (so each section keeps what is new in it, and most become
// empty); a string that is the tail of another is not laid out at all. Only the
// strings' alignment is subtle: in a section aligned to 8, each string has the
// alignment of its offset, and zero padding after a string counts as one empty
// string where it falls on an aligned offset. (Of characters of one byte a kernel makes the pieces, of others
// `recordWideStrings`.)

/**
 * Merges the SHF_MERGE sections that are alive. `outputOf[section]` is the same
 * number for all sections that go to one output section, -1 for those that go
 * nowhere. Sets `model.merge`, the sections' sizes and contents, and moves the
 * symbols. A section of which nothing remains gets size 0 and alignment 1.
 * `order`, for LLD's rules: the placed sections in their order in the output.
 */
export function mergeSections(
  model: LinkModel,
  outputOf: ArrayLike<number>,
  report: Report,
  order?: Iterable<SectionId>,
): void {
  const { compat, kind, oformat } = model.options;
  // GNU ld merges in ELF files only.
  if (compat === "gnu" && (kind === "relocatable" || oformat === "binary")) return;
  const map = new PieceMap(model, report);
  if (compat === "lld") mergeAsLld(model, outputOf, order ?? rowsOf(model), map, report);
  else {
    const contentStart = int32Column(model.sections.count);
    for (const group of groupSections(model, outputOf)) mergeGroup(model, group, map, contentStart);
  }
  model.merge = map;
  moveSymbols(model, map);
}

function* rowsOf(model: LinkModel): Iterable<SectionId> {
  for (let section = 1; section < model.sections.count; section++) yield section;
}

interface MergeGroup {
  readonly strings: boolean;
  readonly entsize: number;
  readonly alignPower: number;
  readonly sections: SectionId[];
}

function groupSections(model: LinkModel, outputOf: ArrayLike<number>): MergeGroup[] {
  const grouper = new MergeGrouper(model, outputOf);
  for (const { sectionBase, sectionCount } of model.objects)
    grouper.take(sectionBase, sectionBase + sectionCount);
  return grouper.groups;
}

class MergeGrouper {
  readonly groups: MergeGroup[] = [];
  private readonly model: LinkModel;
  private readonly outputOf: ArrayLike<number>;
  private readonly byKey = new Map<number, MergeGroup[]>();

  constructor(model: LinkModel, outputOf: ArrayLike<number>) {
    this.model = model;
    this.outputOf = outputOf;
  }

  /** Those of one object: hot, as they are looked for among all sections. */
  take(from: SectionId, end: SectionId): void {
    const { flags, fate } = this.model.sections;
    for (let section = from; section < end; section++)
      if ((flags[section] & SHF_MERGE) !== 0 && fate[section] === Fate.kept) this.add(section);
  }

  private add(section: SectionId): void {
    const { model, outputOf } = this;
    const { sections } = model;
    if (outputOf[section] < 0 || !isMergeable(model, section)) return;
    const strings = (sections.flags[section] & SHF_STRINGS) !== 0;
    const entsize = sections.entsize[section];
    const alignPower = sections.alignPower[section];
    const key = outputOf[section] * 128 + alignPower * 2 + (strings ? 1 : 0);
    let alike = this.byKey.get(key);
    if (!alike) this.byKey.set(key, (alike = []));
    for (const group of alike)
      if (group.entsize === entsize) {
        group.sections.push(section);
        return;
      }
    const group = { strings, entsize, alignPower, sections: [section] };
    alike.push(group);
    this.groups.push(group);
  }
}

/** Whether the section's contents can be taken apart: as GNU ld, those with relocations or odd sizes stay whole. */
function isMergeable(model: LinkModel, section: SectionId): boolean {
  const { sections } = model;
  const size = sections.size[section];
  const entsize = sections.entsize[section];
  if (size === 0 || entsize <= 0 || size % entsize !== 0 || sections.type[section] === SHT_NOBITS)
    return false;
  const relocations = sections.relocations[section];
  if (relocations !== 0 && sections.size[relocations] > 0) return false;
  const align = 2 ** sections.alignPower[section];
  const strings = (sections.flags[section] & SHF_STRINGS) !== 0;
  if (entsize < align && (!strings || (entsize & (entsize - 1)) !== 0)) return false;
  return entsize <= align || entsize % align === 0;
}

function mergeGroup(model: LinkModel, group: MergeGroup, map: PieceMap, contentStart: Int32Array): void {
  const { sections } = model;
  const { entsize } = group;
  const align = 2 ** group.alignPower;
  let total = 0;
  let padded = true;
  for (const section of group.sections) {
    total += sections.size[section];
    if (sections.size[section] % align !== 0) padded = false;
  }
  const table = new PieceTable(group.sections.length === 1 ? total : total / 2);
  map.beginGroup(entsize);
  for (const section of group.sections) {
    const size = sections.size[section];
    map.beginSection(section);
    const own = sections.contents.get(section);
    const source = own ?? model.objects[sections.object[section]].bytes;
    const at = own ? 0 : sections.fileOffset[section];
    if (!group.strings) table.addConstants(map, source, at, size, entsize, section);
    else if (entsize === 1 && source[at + size - 1] === 0)
      table.addStrings(map, source, at, size, align, section);
    else recordWideStrings(table, map, source.subarray(at, at + size), entsize, align, section);
    map.endSection(section, size);
  }
  if (group.strings) mergeTails(table, entsize);
  const place = layOut(model, group, table, padded ? table.section[table.count - 1] : 0);
  fillContents(model, group, table, place, contentStart);
  map.endGroup(table, place, group.strings);
}

/** Characters of any size, and a last string that may lack its terminator. */
function recordWideStrings(
  table: PieceTable,
  map: PieceMap,
  content: Uint8Array,
  entsize: number,
  align: number,
  section: SectionId,
): void {
  const mask = align - 1;
  const size = content.length;
  // The missing terminator of the last string, if it is missing.
  const source = new Uint8Array(size + entsize);
  source.set(content);
  const isZero = (p: number): boolean => {
    for (let i = 0; i < entsize; i++) if (source[p + i] !== 0) return false;
    return true;
  };
  let hasEmpty = false;
  for (let p = 0; p < size; ) {
    const begin = p;
    while (!isZero(p)) p += entsize;
    p += entsize;
    const lowBit = begin & -begin;
    const own = lowBit === 0 || lowBit > mask ? align : lowBit;
    map.addRun(begin, table.add(source, begin, p - begin, own, section));
    if (p >= size || !isZero(p)) continue;
    map.addRun(p, PADDING);
    for (; p < size && isZero(p); p += entsize) {
      if (hasEmpty || (p & mask) !== 0) continue;
      hasEmpty = true;
      table.add(source, p, entsize, align, section);
    }
  }
}

/**
 * Gives each piece its offset in its section, and the sections their sizes.
 * `padSection` is the section that ends at a multiple of the alignment, or 0.
 */
function layOut(model: LinkModel, group: MergeGroup, table: PieceTable, padSection: SectionId): Int32Array {
  const { sections } = model;
  for (const section of group.sections) sections.size[section] = 0;
  const place = table.layOut(sections.size);
  if (padSection !== 0) {
    const align = 2 ** group.alignPower;
    sections.size[padSection] = (sections.size[padSection] + align - 1) & -align;
  }
  for (const section of group.sections) if (sections.size[section] === 0) sections.alignPower[section] = 0;
  return place;
}

function fillContents(
  model: LinkModel,
  group: MergeGroup,
  table: PieceTable,
  place: Int32Array,
  contentStart: Int32Array,
): void {
  const { sections } = model;
  let total = 0;
  for (const section of group.sections) {
    contentStart[section] = total;
    total += sections.size[section];
  }
  const bytes = uint8Column(total);
  for (const section of group.sections) {
    const start = contentStart[section];
    const size = sections.size[section];
    if (size > 0) sections.contents.set(section, bytes.subarray(start, start + size));
  }
  table.copyTo(bytes, place, contentStart);
}

/** Symbols in merged sections go with what they label. Section symbols stay: what refers to one says where by its addend. */
function moveSymbols(model: LinkModel, map: PieceMap): void {
  const { symbols } = model;
  const { section: homes, info, count } = symbols;
  const { merged } = map;
  const usesKernel = model.options.compat === "gnu";
  const { kernels } = model.arena;
  const columns = symbols.columns();
  const told = map.lend();
  for (let symbol = 1; symbol < count; symbol++) {
    if (usesKernel) symbol = kernels.moveLabels(told, columns, symbol, count);
    if (symbol >= count) break;
    const section = homes[symbol];
    if (section <= 0 || merged[section] === 0 || (info[symbol] & 15) === STT_SECTION) continue;
    const low = symbols.valueLow[symbol];
    const high = symbols.valueHigh[symbol];
    const value = high === 0 && low >= 0 ? low : Number(fromHalves(low, high));
    if (map.isGone(section, value)) symbols.flags[symbol] |= SymbolFlag.omit;
    symbols.valueLow[symbol] = map.locate(section, value);
    symbols.valueHigh[symbol] = 0;
    symbols.section[symbol] = map.holder;
  }
}
