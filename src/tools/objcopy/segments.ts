import {
  PT_DYNAMIC,
  PT_GNU_RELRO,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  PT_NULL,
  PT_PHDR,
  PT_TLS,
  SHT_NOTE,
} from "../../elf/index.ts";
import { SEC_ALLOC, SEC_HAS_CONTENTS, SEC_LOAD, SEC_THREAD_LOCAL } from "../bfd/section.ts";
import { isInSegment } from "../bfd/segments.ts";
import type { ElfImage, ImageSegment } from "../elf-image.ts";
import { Fatal } from "../fatal.ts";
import { complain, type ToolHost } from "../host.ts";
import type { InputObject, InputSection, OutputSection } from "./model.ts";

// The program headers of a copy. If nothing about the sections in segments has
// changed, each segment keeps its sections and its properties. Otherwise the
// sections are handed out to the segments anew, by their load addresses, and a
// segment whose sections were moved apart becomes several.

/** A segment of the output, before it has a place in the file. */
export interface SegmentPlan {
  type: number;
  flags: number;
  paddr: bigint;
  paddrValid: boolean;
  align: bigint;
  alignValid: boolean;
  /** What lies between the start of the segment and its first section. */
  vaddrOffset: bigint;
  /** Kept sizes: PT_GNU_STACK, PT_GNU_RELRO. */
  size: bigint | undefined;
  includesFileHeader: boolean;
  includesHeaders: boolean;
  sections: OutputSection[];
}

const wrap = (value: bigint) => BigInt.asUintN(64, value);

/** The plans for a copy within one format; `outputs` are all sections of the output. */
export function planSegments(
  input: InputObject,
  outputs: readonly OutputSection[],
  sameTarget: boolean,
  host: ToolHost,
): SegmentPlan[] {
  const image = input.elf?.image;
  if (!image || image.segments().length === 0) return [];
  if (sameTarget && !needsRewrite(input, image, outputs)) return copySegments(input, image);
  let pageSize = 0n;
  if (sameTarget)
    for (const segment of image.segments())
      if (segment.type === PT_LOAD && segment.align > pageSize) pageSize = segment.align;
  return rewriteSegments(input, image, pageSize === 0n ? 0x1000n : pageSize, host);
}

function needsRewrite(input: InputObject, image: ElfImage, outputs: readonly OutputSection[]): boolean {
  for (const segment of image.segments()) {
    const isSpecial = segment.type === PT_INTERP || segment.type === PT_DYNAMIC;
    if (segment.loadAddress === 0n && segment.memorySize === 0 && isSpecial) return true;
    for (const section of input.sections) {
      const header = section.bfd?.header;
      if (!header || !isInSegment(header, segment)) continue;
      const { output } = section;
      if (
        !output ||
        section.flags !== output.flags ||
        section.lma !== output.lma ||
        section.vma !== output.vma ||
        section.size !== output.size ||
        section.alignmentPower !== output.alignmentPower
      )
        return true;
    }
  }
  const known = new Set(input.sections.map((section) => section.output));
  return outputs.some((output) => !known.has(output));
}

function headerProperties(
  image: ElfImage,
  segment: ImageSegment,
  state: { headersSeen: boolean },
): { includesFileHeader: boolean; includesHeaders: boolean } {
  const { phoff, phentsize, ehsize } = image.header;
  const includesFileHeader = segment.offset === 0 && segment.fileSize >= ehsize;
  let includesHeaders = false;
  if (!state.headersSeen || segment.type !== PT_LOAD) {
    const end = phoff + image.segmentCount() * phentsize;
    includesHeaders = segment.offset <= phoff && segment.offset + segment.fileSize >= end;
    if (segment.type === PT_LOAD && includesHeaders) state.headersSeen = true;
  }
  return { includesFileHeader, includesHeaders };
}

function headersSize(image: ElfImage, plan: SegmentPlan): bigint {
  const { ehsize, phentsize } = image.header;
  let size = 0;
  if (plan.includesFileHeader) size += ehsize;
  if (plan.includesHeaders) size += image.segmentCount() * phentsize;
  return BigInt(size);
}

/** Each segment with the sections it had. */
function copySegments(input: InputObject, image: ElfImage): SegmentPlan[] {
  const segments = image.segments();
  const paddrValid = segments.some((segment) => segment.loadAddress !== 0n);
  const state = { headersSeen: false };
  return segments.map((segment) => {
    const inside = input.sections.filter(({ bfd }) => bfd?.header && isInSegment(bfd.header, segment));
    const plan: SegmentPlan = {
      type: segment.type,
      flags: segment.flags,
      paddr: segment.loadAddress,
      paddrValid,
      align: segment.align,
      alignValid: true,
      vaddrOffset: 0n,
      size:
        segment.type === PT_GNU_RELRO || segment.type === PT_GNU_STACK
          ? BigInt(segment.memorySize)
          : undefined,
      ...headerProperties(image, segment, state),
      sections: [],
    };
    let lowest: InputSection | undefined;
    for (const section of inside) {
      if (section.output) plan.sections.push(section.output);
      if (!(section.flags & SEC_ALLOC)) continue;
      if (!lowest || section.lma < lowest.lma) lowest = section;
      const header = section.bfd?.header;
      if (!header) continue;
      const within =
        section.flags & SEC_LOAD ? BigInt(header.offset - segment.offset) : header.address - segment.address;
      if (wrap(section.lma - segment.loadAddress) !== wrap(within)) plan.paddrValid = false;
    }
    if (inside.length === 0) plan.vaddrOffset = segment.address;
    else if (plan.paddrValid)
      plan.vaddrOffset = wrap(plan.paddr + headersSize(image, plan) - (lowest?.lma ?? 0n));
    return plan;
  });
}

/** A program header that the rewriting changes as it goes. */
interface Draft {
  type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly loadAddress: bigint;
  fileSize: number;
  memorySize: number;
  readonly align: bigint;
  readonly original: ImageSegment;
}

const extent = (segment: { fileSize: number; memorySize: number }) =>
  Math.max(segment.fileSize, segment.memorySize);

function sizeIn(section: { flags: number; size: number }, type: number): number {
  const counts = section.flags & SEC_HAS_CONTENTS || !(section.flags & SEC_THREAD_LOCAL) || type === PT_TLS;
  return counts ? section.size : 0;
}

function isContained(
  section: { flags: number; size: number; lma: bigint },
  segment: Draft,
  paddr: bigint,
): boolean {
  const size = sizeIn(section, segment.type);
  const room = extent(segment);
  return section.lma >= paddr && room >= size && section.lma - paddr <= BigInt(room - size);
}

function isNote(section: InputSection, segment: Draft): boolean {
  const header = section.bfd?.header;
  if (!header || segment.type !== PT_NOTE || header.type !== SHT_NOTE) return false;
  return (
    header.offset >= segment.offset &&
    segment.fileSize >= section.size &&
    header.offset - segment.offset <= segment.fileSize - section.size
  );
}

/** Merges PT_LOAD segments that overlap in both address spaces; drops PT_GNU_RELRO. */
function mergeOverlaps(drafts: Draft[]): void {
  const after = (a: Draft, b: Draft, field: "address" | "loadAddress") =>
    a[field] >= b[field] + BigInt(extent(b));
  const overlap = (a: Draft, b: Draft) =>
    !(after(a, b, "address") || after(b, a, "address")) &&
    !(after(a, b, "loadAddress") || after(b, a, "loadAddress"));
  const grow = (target: Draft, other: Draft) => {
    const extra = Number(other.address + BigInt(extent(other)) - (target.address + BigInt(extent(target))));
    if (extra > 0) {
      target.memorySize += extra;
      target.fileSize += extra;
    }
    other.type = PT_NULL;
  };
  for (let i = 0; i < drafts.length; i++) {
    const segment = drafts[i];
    if (segment.type === PT_GNU_RELRO) segment.type = PT_NULL;
    if (segment.type !== PT_LOAD) continue;
    for (let j = 0; j < i; j++) {
      const other = drafts[j];
      if (other.type !== PT_LOAD || !overlap(segment, other)) continue;
      if (other.address < segment.address) {
        grow(other, segment);
        i = 0;
        break;
      }
      grow(segment, other);
    }
  }
}

function rewriteSegments(
  input: InputObject,
  image: ElfImage,
  pageSize: bigint,
  host: ToolHost,
): SegmentPlan[] {
  const drafts = image.segments().map((segment): Draft => ({ ...segment, original: segment }));
  const paddrValid = drafts.some((segment) => segment.loadAddress !== 0n);
  mergeOverlaps(drafts);
  const taken = new Set<InputSection>();
  const state = { headersSeen: false };
  const plans: SegmentPlan[] = [];
  const { ehsize, phentsize } = image.header;
  const headerCount = image.segmentCount();
  let adjusted: SegmentPlan | undefined;

  const belongs = (section: InputSection, segment: Draft): boolean => {
    const inside =
      (isContained(section, segment, segment.loadAddress) && section.flags & SEC_ALLOC) ||
      isNote(section, segment);
    if (!inside || segment.type === PT_GNU_STACK) return false;
    const isTls = (section.flags & SEC_THREAD_LOCAL) !== 0;
    if (segment.type === PT_TLS && !isTls) return false;
    if (segment.type !== PT_LOAD && segment.type !== PT_TLS && isTls) return false;
    if (segment.type === PT_DYNAMIC && sizeIn(section, segment.type) === 0) {
      const atStart =
        segment.loadAddress !== 0n ? segment.loadAddress === section.lma : segment.address === section.vma;
      if (atStart && section.name !== ".dynamic") return false;
    }
    return segment.type !== PT_LOAD || !taken.has(section);
  };

  for (const segment of drafts) {
    if (segment.type === PT_NULL) continue;
    const inside = input.sections.filter((section) => belongs(section, segment));
    const sections = inside.filter((section) => section.output);
    const plan: SegmentPlan = {
      type: segment.type,
      flags: segment.flags,
      paddr: 0n,
      paddrValid: false,
      align: 0n,
      alignValid: false,
      vaddrOffset: 0n,
      size: undefined,
      ...headerProperties(image, { ...segment.original, fileSize: segment.fileSize }, state),
      sections: [],
    };
    if (segment.type === PT_LOAD && input.elf?.isPaged && pageSize > 1n && segment.align > 1n) {
      plan.align = segment.align > pageSize ? pageSize : segment.align;
      plan.alignValid = true;
    }
    if (inside.length === 0 || inside[0].output) {
      plan.paddr = segment.loadAddress;
      plan.paddrValid = paddrValid;
    }
    if (sections.length === 0) {
      if (segment.type === PT_LOAD && (segment.fileSize > 0 || segment.memorySize === 0))
        complain(
          host,
          `${input.name}: warning: empty loadable segment detected at vaddr=${segment.address === 0n ? "0" : `0x${segment.address.toString(16)}`}, is this intentional?`,
        );
      plan.vaddrOffset = segment.address;
      plans.push(plan);
      continue;
    }

    // Step one: which sections still fit where the segment is.
    let matching: OutputSection | undefined;
    let suggested: OutputSection | undefined;
    const fitting: OutputSection[] = [];
    for (const section of sections) {
      const output = section.output!;
      if (!paddrValid && segment.address !== 0n && fitting.length === 0 && output.lma !== 0n) {
        const start = segment.address + headersSize(image, plan);
        if (alignUp(start, output.alignmentPower) === output.vma) plan.paddr = segment.address;
      }
      if (isContained(output, segment, plan.paddr) || isNote(section, segment)) {
        if (!matching || output.lma < matching.lma) matching = output;
        fitting.push(output);
      } else suggested ??= output;
    }
    if (fitting.length === sections.length && matching) {
      plan.sections = fitting;
      if (paddrValid) plan.vaddrOffset = wrap(plan.paddr + headersSize(image, plan) - matching.lma);
      plans.push(plan);
      continue;
    }

    // Step two: move the segment to its first section.
    matching ??= suggested!;
    plan.paddr = matching.lma;
    if (plan.includesHeaders) {
      plan.paddr -= BigInt(headerCount * phentsize);
      adjusted = plan;
    }
    if (plan.includesFileHeader) {
      let align = 1n << BigInt(matching.alignmentPower);
      plan.paddr -= BigInt(ehsize);
      if (segment.align !== 0n && segment.align < align) align = segment.align;
      plan.paddr &= -align;
    }
    plan.paddr = wrap(plan.paddr);

    // Step three: fill it, and make more segments for what does not fit.
    const rest: (InputSection | undefined)[] = [...sections];
    let placed = 0;
    let current = plan;
    for (;;) {
      suggested = undefined;
      const before = placed;
      for (let j = 0; j < rest.length; j++) {
        const section = rest[j];
        const output = section?.output;
        if (!section || !output) continue;
        if (!isContained(output, segment, current.paddr) && !isNote(section, segment)) {
          suggested ??= output;
          continue;
        }
        const previous = current.sections.at(-1);
        if (!previous) {
          const start = current.paddr + headersSize(image, current);
          if (alignUp(start, output.alignmentPower) !== output.lma)
            throw new Fatal(`${input.name}: sorry, cannot handle this file`);
        } else {
          const end = previous.lma + BigInt(previous.size);
          if (roundUp(end, pageSize) < roundUp(output.lma, pageSize) || end > output.lma) {
            suggested ??= output;
            continue;
          }
        }
        current.sections.push(output);
        placed++;
        rest[j] = undefined;
        if (segment.type === PT_LOAD) taken.add(section);
      }
      plans.push(current);
      if (placed >= sections.length) break;
      if (placed === before || !suggested) throw new Fatal(`${input.name}: sorry, cannot handle this file`);
      current = {
        ...plan,
        paddr: suggested.lma,
        paddrValid,
        align: 0n,
        alignValid: false,
        vaddrOffset: 0n,
        includesFileHeader: false,
        includesHeaders: false,
        sections: [],
      };
    }
  }
  if (adjusted) {
    if (plans.length > headerCount)
      adjusted.paddr = wrap(adjusted.paddr - BigInt((plans.length - headerCount) * phentsize));
    const table = plans.find((plan) => plan.type === PT_PHDR);
    if (table) table.paddr = wrap(adjusted.paddr + BigInt(adjusted.includesFileHeader ? ehsize : 0));
  }
  return plans;
}

function alignUp(value: bigint, power: number): bigint {
  return roundUp(value, 1n << BigInt(power));
}

function roundUp(value: bigint, align: bigint): bigint {
  return align <= 1n ? value : wrap((value + align - 1n) & -align);
}
