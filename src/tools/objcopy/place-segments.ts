import {
  type ObjectSegment,
  PT_GNU_RELRO,
  PT_GNU_STACK,
  PT_LOAD,
  PT_NOTE,
  PT_NULL,
  PT_PHDR,
  PT_TLS,
  SHF_ALLOC,
  SHF_TLS,
  SHT_NOBITS,
  SHT_NOTE,
} from "../../elf/index.ts";
import { SEC_HAS_CONTENTS, SEC_LOAD, SEC_THREAD_LOCAL } from "../bfd/section.ts";
import { Fatal } from "../fatal.ts";
import { complain, type ToolHost } from "../host.ts";
import type { OutputSection } from "./model.ts";
import type { SegmentPlan } from "./segments.ts";

// Gives segments and their sections places in the file. Segments are filled in
// the order of their addresses; a loaded one starts at an offset that agrees
// with its address modulo the page size. Sections outside segments follow.

/** A section with the header fields that are settled before it has a place. */
export interface PlacedSection {
  readonly section: OutputSection;
  type: number;
  readonly flags: number;
  readonly align: number;
  readonly size: number;
  /** Undefined until it has one. */
  offset: number | undefined;
}

interface Row {
  readonly plan: SegmentPlan;
  vaddr: bigint;
  paddr: bigint;
  offset: number;
  fileSize: bigint;
  memorySize: bigint;
  align: bigint;
  flags: number;
  type: number;
}

export interface FileShape {
  readonly is64: boolean;
  readonly isPaged: boolean;
  readonly pageSize: bigint;
  readonly name: string;
  /** The section at which BFD finds out that something does not fit. */
  readonly firstSection: string;
}

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const modulo = (value: bigint, by: bigint) => wrap(value) % (by === 0n ? 1n : by);

function tocEnd(section: OutputSection): boolean {
  return (section.flags & (SEC_LOAD | SEC_THREAD_LOCAL)) === 0 && section.size !== 0;
}

function bySectionAddress(a: OutputSection, b: OutputSection): number {
  if (a.lma !== b.lma) return a.lma < b.lma ? -1 : 1;
  if (a.vma !== b.vma) return a.vma < b.vma ? -1 : 1;
  if (tocEnd(a) !== tocEnd(b)) return tocEnd(a) ? 1 : -1;
  const size = (section: OutputSection) => (section.flags & SEC_LOAD ? section.size : 0);
  return size(a) - size(b);
}

function segmentOrder(a: SegmentPlan, b: SegmentPlan): number {
  if (a.type !== b.type) {
    if (a.type === PT_NULL) return 1;
    if (b.type === PT_NULL) return -1;
    return a.type - b.type;
  }
  if (a.includesFileHeader !== b.includesFileHeader) return a.includesFileHeader ? -1 : 1;
  if (a.type !== PT_LOAD) return 0;
  const lma = (plan: SegmentPlan) =>
    plan.paddrValid
      ? plan.paddr
      : plan.sections.length > 0
        ? wrap(plan.sections[0].lma + plan.vaddrOffset)
        : 0n;
  const [x, y] = [lma(a), lma(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Places all sections; the result is the program headers and the end of what is placed. */
export function placeSegments(
  plans: readonly SegmentPlan[],
  placed: ReadonlyMap<OutputSection, PlacedSection>,
  all: readonly PlacedSection[],
  shape: FileShape,
  host: ToolHost,
): { segments: ObjectSegment[]; end: number } {
  const headerSize = shape.is64 ? 64 : 52;
  const tableSize = plans.length * (shape.is64 ? 56 : 32);
  if (plans.length === 0) return { segments: [], end: placeRest(headerSize, all, shape, host) };
  for (const plan of plans) plan.sections.sort(bySectionAddress);
  const sorted = [...plans].sort(segmentOrder);
  const rows = new Map<SegmentPlan, Row>();
  let off = headerSize;
  const headerSegment = sorted.find((plan) => plan.type === PT_LOAD && plan.includesHeaders);
  if (!headerSegment) off += tableSize;
  let pageSize = shape.isPaged ? shape.pageSize : 1n;

  sorted.forEach((plan) => {
    const { sections } = plan;
    const [first] = sections;
    const row: Row = {
      plan,
      type: plan.type,
      flags: plan.flags,
      vaddr: wrap(first ? first.vma + plan.vaddrOffset : plan.vaddrOffset),
      paddr: plan.paddrValid ? plan.paddr : first ? wrap(first.lma + plan.vaddrOffset) : 0n,
      offset: 0,
      fileSize: 0n,
      memorySize: 0n,
      align: 0n,
    };
    rows.set(plan, row);
    if (plan.type === PT_LOAD && shape.isPaged) {
      if (plan.alignValid) pageSize = plan.align;
      row.align = pageSize;
    } else if (plan.alignValid) row.align = plan.align;
    else if (!first) row.align = shape.is64 ? 8n : 4n;

    if (plan === headerSegment) {
      if (!plan.includesFileHeader) row.offset = off;
      off += tableSize;
    }

    let noContents = false;
    let adjustment = 0;
    if (plan.type === PT_LOAD && first) {
      let align = row.align;
      if (!plan.alignValid) {
        align = 1n;
        for (const { alignmentPower } of sections) {
          const own = 1n << BigInt(alignmentPower);
          if (own > align) align = own;
        }
        if (align < pageSize) align = pageSize;
        else row.align = align > row.align && shape.isPaged ? align : row.align;
      }
      for (const section of sections) {
        const place = placed.get(section)!;
        if (!(section.flags & (SEC_LOAD | SEC_HAS_CONTENTS))) place.type = SHT_NOBITS;
      }
      noContents = sections.every((section) => placed.get(section)!.type === SHT_NOBITS);
      adjustment = Number(modulo(row.vaddr - BigInt(off), align));
      off += adjustment;
      if (!noContents) adjustment = 0;
    } else if (plan.type === PT_NOTE) for (const section of sections) placed.get(section)!.type = SHT_NOTE;

    if (plan.includesFileHeader) {
      row.fileSize = row.memorySize = BigInt(headerSize);
      if (plan.type === PT_LOAD) {
        if (first) {
          if (row.vaddr < BigInt(off) || (!plan.paddrValid && row.paddr < BigInt(off))) {
            complain(host, `${shape.name}: not enough room for program headers, try linking with -N`);
            throw new Fatal(`${shape.name}[${shape.firstSection}]: bad value`);
          }
          row.vaddr = wrap(row.vaddr - BigInt(off));
          if (!plan.paddrValid) row.paddr = wrap(row.paddr - BigInt(off));
        }
      } else if (sorted[0].includesFileHeader) {
        const head = rows.get(sorted[0])!;
        row.vaddr = head.vaddr;
        if (!plan.paddrValid) row.paddr = head.paddr;
      }
    }
    if (plan.includesHeaders) {
      row.fileSize += BigInt(tableSize);
      row.memorySize += BigInt(tableSize);
      if (!plan.includesFileHeader) {
        if (plan.type === PT_LOAD) {
          if (first) {
            row.vaddr = wrap(row.vaddr - BigInt(off - row.offset));
            if (!plan.paddrValid) row.paddr = wrap(row.paddr - BigInt(off - row.offset));
          }
        } else if (headerSegment) {
          const head = rows.get(headerSegment)!;
          const gap = headerSegment.includesFileHeader ? headerSize : 0;
          row.vaddr = wrap(head.vaddr + BigInt(gap));
          if (!plan.paddrValid) row.paddr = wrap(head.paddr + BigInt(gap));
          row.offset = head.offset + gap;
        } else row.offset = headerSize;
      }
    }
    if (plan.type === PT_LOAD) {
      if (!plan.includesFileHeader && !plan.includesHeaders) {
        row.offset = off;
        if (noContents) {
          let align = pageSize > row.align ? pageSize : row.align;
          if (align < 1n) align = 1n;
          row.offset = off % Number(align);
        }
      } else {
        const adjust = BigInt(off) - (BigInt(row.offset) + row.fileSize);
        if (!noContents) row.fileSize += adjust;
        row.memorySize += adjust;
      }
    }
    off = fillSegment(row, placed, off, adjustment, shape, host);
    if (row.type === PT_LOAD) checkSegment(row, placed, sorted.indexOf(plan), shape, host);
    if (plan.type === PT_PHDR && !headerSegment)
      throw new Fatal(`${shape.name}: error: PHDR segment not covered by LOAD segment`);
  });

  const end = placeRest(off, all, shape, host);
  const ordered = plans.map((plan) => rows.get(plan)!);
  for (const row of ordered) finishSegment(row, ordered, placed);
  const segments = ordered.map(
    (row): ObjectSegment => ({
      type: row.type,
      flags: row.flags,
      offset: row.offset,
      address: row.vaddr,
      loadAddress: row.paddr,
      fileSize: wrap(row.fileSize),
      memorySize: wrap(row.memorySize),
      align: row.align,
    }),
  );
  return { segments, end };
}

/** Places the sections of one segment from `start` on; the result is the next free offset. */
function fillSegment(
  row: Row,
  placed: ReadonlyMap<OutputSection, PlacedSection>,
  start: number,
  adjustment: number,
  shape: FileShape,
  host: ToolHost,
): number {
  let off = start;
  let offAdjust = adjustment;
  row.plan.sections.forEach((section, i) => {
    const place = placed.get(section)!;
    const isAllocated = (place.flags & SHF_ALLOC) !== 0;
    const isTls = (place.flags & SHF_TLS) !== 0;
    const isNobits = place.type === SHT_NOBITS;
    const size = BigInt(place.size);
    const takesRoom = !isNobits || (isAllocated && (!isTls || row.type === PT_TLS));
    if ((row.type === PT_LOAD || row.type === PT_TLS) && takesRoom) {
      const end = wrap(row.paddr + row.memorySize);
      let adjust = wrap(section.lma - end);
      if (adjust !== 0n && (section.lma < end || end < row.paddr)) {
        complain(
          host,
          `${shape.name}: section ${section.name} lma 0x${section.lma.toString(16)} adjusted to 0x${end.toString(16)}`,
        );
        adjust = 0n;
        section.lma = end;
      }
      row.memorySize += adjust;
      if (row.type === PT_LOAD) {
        if (!isNobits) {
          offAdjust = 0;
          // Contents after sections without any: these get room in the file.
          if (row.fileSize + adjust < row.memorySize) adjust = row.memorySize - row.fileSize;
        }
        if (!isNobits || i === 0) {
          off += Number(adjust);
          if (isNobits) offAdjust += Number(adjust);
        }
      }
      if (!isNobits) row.fileSize += adjust;
    }
    if (row.type === PT_LOAD) {
      place.offset = off;
      if (!isNobits) off += place.size;
    } else if (isNobits && isTls && place.offset === undefined) {
      place.offset =
        off + Number(modulo(section.vma - BigInt(off), BigInt(1) << BigInt(section.alignmentPower)));
    }
    if (!isNobits) {
      row.fileSize += size;
      if (isAllocated) row.memorySize += size;
    } else if (isAllocated && (row.type === PT_TLS || !isTls)) row.memorySize += size;
    const align = 1n << BigInt(section.alignmentPower);
    if (align > row.align && !row.plan.alignValid && (row.type !== PT_LOAD || !shape.isPaged))
      row.align = align;
  });
  return off - offAdjust;
}

/** Says which sections are not where their segment is. */
function checkSegment(
  row: Row,
  placed: ReadonlyMap<OutputSection, PlacedSection>,
  number: number,
  shape: FileShape,
  host: ToolHost,
): void {
  const { sections } = row.plan;
  const sizeIn = (section: OutputSection) => {
    const { flags, type, size } = placed.get(section)!;
    return flags & SHF_TLS && type === SHT_NOBITS ? 0 : size;
  };
  // Overlays have one address for several sections.
  const overlays = sections.some(
    (section, i) =>
      i > 0 && section.vma === sections[i - 1].vma && sizeIn(section) !== 0 && sizeIn(sections[i - 1]) !== 0,
  );
  for (const section of sections) {
    const { type, flags, offset = 0 } = placed.get(section)!;
    if (flags & SHF_TLS && type === SHT_NOBITS) continue;
    const size = BigInt(sizeIn(section));
    const inFile = BigInt(offset - row.offset);
    const inMemory = section.vma - row.vaddr;
    const fits =
      (flags & SHF_ALLOC) !== 0 &&
      (type === SHT_NOBITS || (inFile >= 0n && inFile + size <= row.fileSize)) &&
      (overlays || (inMemory >= 0n && inMemory + size <= row.memorySize));
    if (fits) continue;
    complain(host, `${shape.name}: section \`${section.name}' can't be allocated in segment ${number}`);
    host.error(`LOAD:${sections.map(({ name }) => ` ${name}`).join("")}\n`);
  }
}

/** Sections outside PT_LOAD segments; the result is the end of what is placed. */
function placeRest(start: number, all: readonly PlacedSection[], shape: FileShape, host: ToolHost): number {
  let off = start;
  for (const place of all) {
    if (place.offset !== undefined) continue;
    if (place.type === SHT_NOBITS) {
      place.offset = 0;
      continue;
    }
    const align = Math.max(place.align, 1);
    if (place.flags & SHF_ALLOC) {
      const debugFile = all.some(
        ({ section, type }) => section.name.startsWith(".debug") && type !== SHT_NOBITS,
      );
      if (place.size !== 0 && !debugFile)
        complain(host, `${shape.name}: warning: allocated section \`${place.section.name}' not in segment`);
      const step = shape.isPaged && place.size !== 0 ? shape.pageSize : BigInt(align);
      off += Number(modulo(place.section.vma - BigInt(off), step));
      place.offset = off;
    } else {
      off = Math.ceil(off / align) * align;
      place.offset = off;
    }
    off += place.size;
  }
  return off;
}

/** What depends on the places of all sections: segments that are no PT_LOAD. */
function finishSegment(
  row: Row,
  rows: readonly Row[],
  placed: ReadonlyMap<OutputSection, PlacedSection>,
): void {
  const { plan } = row;
  const { sections } = plan;
  if (row.type === PT_GNU_RELRO) {
    const start = sections.length > 0 ? sections[0].vma : 0n;
    const end = sections.length > 0 ? start + (plan.size ?? 0n) : 0n;
    const load = rows.find(({ type, plan: other }) => {
      const last = other.sections.at(-1);
      if (type !== PT_LOAD || !last || start >= end) return false;
      const isTbss = (last.flags & SEC_THREAD_LOCAL) !== 0 && !(last.flags & SEC_LOAD);
      return last.vma + BigInt(isTbss ? 0 : last.size) > start && other.sections[0].vma < end;
    });
    const first = load?.plan.sections.find(({ vma, size }) => vma >= start && vma < end && size !== 0);
    if (!load || !first) {
      Object.assign(row, {
        type: PT_NULL,
        flags: 0,
        offset: 0,
        vaddr: 0n,
        paddr: 0n,
        fileSize: 0n,
        memorySize: 0n,
        align: 0n,
      });
      return;
    }
    row.vaddr = first.vma;
    row.paddr = first.lma;
    row.offset = placed.get(first)!.offset ?? 0;
    row.memorySize = row.fileSize = end - first.vma;
    const room = load.vaddr + load.fileSize - row.vaddr;
    if (row.fileSize > room) row.fileSize = room;
    if (!plan.alignValid) row.align = 1n;
    return;
  }
  if (row.type === PT_GNU_STACK) {
    if (plan.size !== undefined) row.memorySize = plan.size;
    return;
  }
  if (sections.length === 0 || row.type === PT_LOAD || row.type === PT_PHDR) return;
  row.offset = placed.get(sections[0])!.offset ?? 0;
  row.fileSize = 0n;
  for (let i = sections.length - 1; i >= 0; i--) {
    const place = placed.get(sections[i])!;
    if (place.type === SHT_NOBITS) continue;
    row.fileSize = BigInt((place.offset ?? 0) - row.offset + place.size);
    if (row.type === PT_NOTE && place.flags & SHF_ALLOC) row.memorySize = row.fileSize;
    break;
  }
}
