import { int32Column, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { SHF_ALLOC, SHF_MERGE, SHF_STRINGS, SHF_WRITE, SHT_NOBITS, STT_SECTION } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { PADDING, type PieceMap } from "../merge/merge-map.ts";
import { PieceTable } from "../merge/merge-table.ts";
import { equalBytes, sortByTails } from "../merge/merge-tails.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { sectionPlace } from "../write/section-bytes.ts";
import { xxh64 } from "../write/xxh64.ts";

// LLD's way of merging. The sections of one output section with the same flags
// and entsize (and, for strings, alignment) become one, in the place of the
// first; every piece has the section's alignment. With -O2 strings are laid out
// so that tails are shared, in descending order of their reversed characters;
// otherwise in 32 shards by hash, so that LLD can fill them in parallel. -r
// merges too, and --gc-sections drops the pieces that nothing refers to.

const SHARDS = 32;

interface LldGroup {
  readonly flags: number;
  readonly entsize: number;
  alignPower: number;
  readonly sections: SectionId[];
}

/** As `mergeSections`; `order`: all placed sections, in their order in the output. */
export function mergeAsLld(
  model: LinkModel,
  outputOf: ArrayLike<number>,
  order: Iterable<SectionId>,
  map: PieceMap,
  report: Report,
): void {
  const groups = groupSections(model, outputOf, order, report);
  const live = model.options.gcSections ? new LivePieces(model) : undefined;
  for (const group of groups) mergeGroup(model, group, map, live);
}

function groupSections(
  model: LinkModel,
  outputOf: ArrayLike<number>,
  order: Iterable<SectionId>,
  report: Report,
): LldGroup[] {
  const { sections } = model;
  const byOutput = new Map<number, LldGroup[]>();
  const groups: LldGroup[] = [];
  for (const section of order) {
    const flags = sections.flags[section];
    if ((flags & SHF_MERGE) === 0 || sections.fate[section] !== Fate.kept || outputOf[section] < 0) continue;
    if (!isMergeable(model, section, report)) continue;
    const entsize = sections.entsize[section];
    const alignPower = sections.alignPower[section];
    let alike = byOutput.get(outputOf[section]);
    if (!alike) byOutput.set(outputOf[section], (alike = []));
    const isString = (flags & SHF_STRINGS) !== 0;
    let group = alike.find(
      (each) =>
        each.flags === flags && each.entsize === entsize && (!isString || each.alignPower === alignPower),
    );
    if (!group) {
      group = { flags, entsize, alignPower, sections: [] };
      alike.push(group);
      groups.push(group);
    }
    group.alignPower = Math.max(group.alignPower, alignPower);
    group.sections.push(section);
  }
  return groups;
}

function isMergeable(model: LinkModel, section: SectionId, report: Report): boolean {
  const { sections, options } = model;
  if (sections.object[section] < 0 || sections.type[section] === SHT_NOBITS) return false;
  if (options.optimize === 0 && options.kind !== "relocatable") return false;
  const size = sections.size[section];
  const entsize = sections.entsize[section];
  if (size === 0 || entsize === 0) return false;
  const fail = (text: string): boolean => {
    report.error("LD0810", sectionPlace(model, section), text);
    return false;
  };
  if (size % entsize !== 0)
    return fail(`SHF_MERGE section size (${size}) must be a multiple of sh_entsize (${entsize})`);
  if (sections.flags[section] & SHF_WRITE) return fail("writable SHF_MERGE section is not supported");
  const relocations = sections.relocations[section];
  if (relocations !== 0 && sections.size[relocations] > 0) return false;
  if ((sections.flags[section] & SHF_STRINGS) === 0) return true;
  const stored = sections.contents.get(section);
  const bytes = stored ?? model.objects[sections.object[section]].bytes;
  const end = (stored ? 0 : sections.fileOffset[section]) + size;
  for (let i = end - entsize; i < end; i++) if (bytes[i] !== 0) return fail("string is not null terminated");
  return true;
}

/** For --gc-sections: which offsets of mergeable sections something live refers to. */
class LivePieces {
  private readonly offsets = new Map<SectionId, number[]>();

  constructor(model: LinkModel) {
    const { sections, symbols } = model;
    const reader = new RelocationReader(model);
    for (let section = 1; section < sections.count; section++) {
      if (sections.fate[section] !== Fate.kept || (sections.flags[section] & SHF_ALLOC) === 0) continue;
      reader.open(section);
      for (let i = 0; i < reader.count; i++) {
        const symbol = reader.symbol(i);
        const target = symbols.section[symbol];
        if (target <= 0 || (sections.flags[target] & SHF_MERGE) === 0) continue;
        const isSection = (symbols.info[symbol] & 15) === STT_SECTION;
        const offset = (symbols.valueLow[symbol] >>> 0) + (isSection ? reader.addendLow(i) : 0);
        const known = this.offsets.get(target);
        if (known) known.push(offset);
        else this.offsets.set(target, [offset]);
      }
    }
  }

  /** A test for the pieces of a section, asked in ascending order. */
  of(section: SectionId): (start: number, end: number) => boolean {
    const offsets = Float64Array.from(this.offsets.get(section) ?? []).sort();
    let next = 0;
    return (start, end) => {
      while (next < offsets.length && offsets[next] < start) next++;
      return next < offsets.length && offsets[next] < end;
    };
  }
}

function mergeGroup(model: LinkModel, group: LldGroup, map: PieceMap, live: LivePieces | undefined): void {
  const { sections, options } = model;
  const { entsize } = group;
  const strings = (group.flags & SHF_STRINGS) !== 0;
  const holder = group.sections[0];
  const table = new PieceTable(1024);
  map.beginGroup(entsize);
  for (const section of group.sections) {
    const size = sections.size[section];
    const isLive = live && (group.flags & SHF_ALLOC) !== 0 ? live.of(section) : undefined;
    const stored = sections.contents.get(section);
    const source = stored ?? model.objects[sections.object[section]].bytes;
    const base = stored ? 0 : sections.fileOffset[section];
    map.beginSection(section);
    for (let at = 0; at < size; ) {
      const end = strings ? endOfString(source, base + at, entsize) - base : at + entsize;
      if (isLive && !isLive(at, end)) map.addRun(at, PADDING);
      else map.addRun(at, table.add(source, base + at, end - at, 1, holder));
      at = end;
    }
    map.endSection(section, size);
    sections.size[section] = 0;
    sections.alignPower[section] = 0;
  }
  const align = 2 ** group.alignPower;
  const place = int32Column(table.count);
  const size =
    strings && options.optimize >= 2
      ? placeTails(table, place, entsize, align)
      : placeShards(table, place, align);
  const bytes = uint8Column(size);
  for (let piece = 0; piece < table.count; piece++) {
    const start = table.start[piece];
    bytes.set(table.bytes.subarray(start, start + table.length[piece]), place[piece]);
  }
  sections.contents.set(holder, bytes);
  sections.size[holder] = size;
  sections.alignPower[holder] = group.alignPower;
  map.endGroup(table, place, strings);
  map.padding(holder, 0);
}

function endOfString(bytes: Uint8Array, from: number, entsize: number): number {
  for (let at = from; ; at += entsize) {
    let isEnd = true;
    for (let i = 0; i < entsize && isEnd; i++) isEnd = bytes[at + i] === 0;
    if (isEnd) return at + entsize;
  }
}

/** Descending by reversed characters: a string comes right after those that it is a tail of. */
function placeTails(table: PieceTable, place: Int32Array, entsize: number, align: number): number {
  const { start, length, bytes } = table;
  const sorted = sortByTails(table, entsize).reverse();
  let size = 0;
  let previous = -1;
  for (const piece of sorted) {
    const before = previous < 0 ? -1 : length[previous] - length[piece];
    if (before >= 0 && equalBytes(bytes, start[previous] + before, start[piece], length[piece])) {
      const at = size - length[piece];
      if (at % align === 0) {
        place[piece] = at;
        continue;
      }
    }
    size = Math.ceil(size / align) * align;
    place[piece] = size;
    size += length[piece];
    previous = piece;
  }
  return size;
}

function placeShards(table: PieceTable, place: Int32Array, align: number): number {
  const shards: number[][] = Array.from({ length: SHARDS }, () => []);
  for (let piece = 0; piece < table.count; piece++) {
    const start = table.start[piece];
    const hash = xxh64(table.bytes.subarray(start, start + table.length[piece]));
    shards[Number((hash >> 27n) & 31n)].push(piece);
  }
  let size = 0;
  for (const shard of shards)
    for (const piece of shard) {
      size = Math.ceil(size / align) * align;
      place[piece] = size;
      size += table.length[piece];
    }
  return size;
}
