import type { Report } from "../../diagnostics/index.ts";
import type { OutputSection, Segment } from "../../model/index.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import {
  isTbss,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_NOTE,
} from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";
import {
  compareByAddress,
  fileHeaderSize,
  isPaged,
  PT_GNU_RELRO,
  PT_GNU_STACK,
  PT_LOAD,
  PT_NOTE,
  PT_NULL,
  PT_PHDR,
  PT_TLS,
  type SegmentOptions,
  type SegmentPlan,
} from "./segment-map.ts";

// Places in the file. A section of a PT_LOAD lies at an offset that is
// congruent to its address modulo the page size, so that the file can be
// mapped; segments are given their offsets in the order of their load
// addresses, and everything that is not loaded follows.

const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

/** The finished segments, and what they say of the headers. */
export interface FileOffsets {
  readonly segments: Segment[];
  /** Where the segments end in the file. An empty one may have moved it to a page that holds nothing. */
  readonly imageEnd: number;
  readonly headersLoaded: boolean;
  /** The address of the ELF header, where a segment loads it. */
  readonly headersAddress: bigint | undefined;
}

interface Work {
  readonly plan: SegmentPlan;
  readonly segment: {
    type: number;
    flags: number;
    offset: number;
    address: bigint;
    loadAddress: bigint;
    fileSize: number;
    memorySize: number;
    align: number;
  };
  readonly order: number;
}

/** Gives offsets to sections (in `outputs`, by `OutputStatement.index`) and fills in the segments. */
export function assignFileOffsets(
  context: LayoutContext,
  how: SegmentOptions,
  plans: readonly SegmentPlan[],
  outputs: readonly OutputSection[],
  programHeaders: number,
  report: Report,
): FileOffsets {
  return new OffsetAssigner(context, how, outputs, programHeaders, report).run(plans);
}

class OffsetAssigner {
  private readonly context: LayoutContext;
  private readonly how: SegmentOptions;
  private readonly outputs: readonly OutputSection[];
  private readonly report: Report;
  /** Bytes of the ELF header and of all program headers. */
  private readonly fileHeader: number;
  private readonly programHeaders: number;
  private readonly paged: boolean;
  private readonly page: number;
  private readonly placed = new Set<OutputSection>();
  private offset = 0;

  constructor(
    context: LayoutContext,
    how: SegmentOptions,
    outputs: readonly OutputSection[],
    programHeaders: number,
    report: Report,
  ) {
    this.context = context;
    this.how = how;
    this.outputs = outputs;
    this.report = report;
    this.fileHeader = Number(fileHeaderSize(how.is64));
    this.programHeaders = programHeaders;
    this.paged = isPaged(how.options);
    this.page = this.paged ? Number(context.maxPageSize) : 1;
  }

  run(plans: readonly SegmentPlan[]): FileOffsets {
    const works: Work[] = plans.map((plan, order) => {
      if (plan.sections.length > 1) plan.sections.sort(compareByAddress);
      const segment = {
        type: plan.type,
        flags: plan.flags ?? 0,
        offset: 0,
        address: 0n,
        loadAddress: 0n,
        fileSize: 0,
        memorySize: 0,
        align: 0,
      };
      return { plan, segment, order };
    });
    const sorted = [...works].sort(compareSegments);
    const holder = sorted.find((work) => work.plan.type === PT_LOAD && work.plan.includesProgramHeaders);
    this.offset = this.fileHeader;
    if (works.length > 0 && !holder) this.offset += this.programHeaders;
    for (const [number, work] of sorted.entries()) this.placeSegment(work, holder, number);
    const imageEnd = this.offset;
    this.placeOthers();
    for (const work of works) this.finish(work, works);
    const holdsAll = holder?.plan.includesFileHeader ?? false;
    return {
      segments: works.map(({ plan, segment }) => ({
        ...segment,
        sections: plan.sections.map((output) => output.index),
      })),
      imageEnd,
      headersLoaded: holder !== undefined,
      headersAddress: holdsAll ? holder?.segment.address : undefined,
    };
  }

  private section(output: OutputStatement): OutputSection {
    return this.outputs[output.index];
  }

  /** The least that must be added to `offset` to make it congruent to the address. */
  private bias(address: bigint, offset: number, page: number): number {
    const modulus = BigInt(Math.max(1, page));
    return Number((((address - BigInt(offset)) % modulus) + modulus) % modulus);
  }

  private placeSegment(work: Work, holder: Work | undefined, number: number): void {
    const { plan, segment } = work;
    const { sections } = plan;
    const first = sections[0];
    segment.address = BigInt.asUintN(64, (first?.ref.address ?? 0n) + plan.addressOffset);
    segment.loadAddress =
      plan.loadAddress ?? (first ? BigInt.asUintN(64, first.loadAddress + plan.addressOffset) : 0n);
    if (plan.type === PT_LOAD && this.paged) segment.align = this.page;
    else if (plan.align !== undefined) segment.align = Number(plan.align);
    else if (sections.length === 0) segment.align = this.how.is64 ? 8 : 4;
    if (work === holder) {
      if (!plan.includesFileHeader) segment.offset = this.offset;
      this.offset += this.programHeaders;
    }
    let adjusted = 0;
    let noContents = false;
    let largerAlign = 0;
    if (plan.type === PT_LOAD && sections.length > 0) {
      let align = Math.max(...sections.map((output) => 2 ** output.alignPower));
      if (align < this.page) align = this.page;
      else largerAlign = align;
      for (const output of sections)
        if ((output.flags & (SectionFlag.load | SectionFlag.hasContents)) === 0)
          this.section(output).type = SHT_NOBITS;
      noContents = sections.every((output) => this.section(output).type === SHT_NOBITS);
      const bias = this.bias(segment.address, this.offset, align);
      this.offset += bias;
      adjusted = noContents ? bias : 0;
    } else if (plan.type === PT_NOTE) {
      for (const output of sections) this.section(output).type = SHT_NOTE;
    }
    this.addHeaders(work, holder);
    if (plan.type === PT_LOAD) {
      if (!plan.includesFileHeader && !plan.includesProgramHeaders) {
        segment.offset = noContents ? this.offset % Math.max(this.page, segment.align, 1) : this.offset;
      } else {
        const adjust = this.offset - (segment.offset + segment.fileSize);
        if (!noContents) segment.fileSize += adjust;
        segment.memorySize += adjust;
      }
    }
    adjusted = this.placeSections(work, adjusted);
    this.offset -= adjusted;
    if (plan.type === PT_PHDR && !holder)
      this.problem("LD0560", "error: PHDR segment not covered by LOAD segment");
    if (plan.type === PT_LOAD) {
      if (largerAlign > 0) segment.align = largerAlign;
      this.checkContained(work, number);
    }
  }

  /** Addresses that jump about, as those of overlays and of sections that go back, may leave a section outside. */
  private checkContained({ plan, segment }: Work, number: number): void {
    const takesNone = ({ type, flags }: OutputSection) => type === SHT_NOBITS && (flags & SHF_TLS) !== 0;
    const sizes = plan.sections.map((output) => {
      const section = this.section(output);
      return takesNone(section) ? 0 : section.size;
    });
    const isOverlay = plan.sections.some((output, i) => {
      const before = plan.sections[i - 1];
      return before && sizes[i] !== 0 && sizes[i - 1] !== 0 && before.ref.address === output.ref.address;
    });
    for (const [i, output] of plan.sections.entries()) {
      const section = this.section(output);
      if (takesNone(section)) continue;
      const from = section.fileOffset - segment.offset;
      const inFile = section.type === SHT_NOBITS || (from >= 0 && from + sizes[i] <= segment.fileSize);
      const place = output.ref.address - segment.address;
      const inMemory = place >= 0n && place + BigInt(sizes[i]) <= BigInt(segment.memorySize);
      if (inFile && (isOverlay || (section.flags & SHF_ALLOC) === 0 || inMemory)) continue;
      this.remark("LD0564", `section \`${output.name}' can't be allocated in segment ${number}`);
      const names = plan.sections.map(({ name }) => ` ${name}`).join("");
      this.report.info("LD0564", undefined, `LOAD:${names}`, { nameless: true });
    }
  }

  /** The ELF header and the program headers, where the segment has them. */
  private addHeaders(work: Work, holder: Work | undefined): void {
    const { plan, segment } = work;
    if (plan.includesFileHeader) {
      if (plan.flags === undefined) segment.flags |= PF_R;
      segment.fileSize = segment.memorySize = this.fileHeader;
      if (plan.type === PT_LOAD) {
        if (plan.sections.length > 0) {
          const room = BigInt(this.offset);
          if (segment.address < room || (plan.loadAddress === undefined && segment.loadAddress < room)) {
            this.problem("LD0561", "not enough room for program headers, try linking with -N");
            return;
          }
          segment.address -= room;
          if (plan.loadAddress === undefined) segment.loadAddress -= room;
        }
      } else if (holder?.plan.includesFileHeader) {
        segment.address = holder.segment.address;
        if (plan.loadAddress === undefined) segment.loadAddress = holder.segment.loadAddress;
      }
    }
    if (!plan.includesProgramHeaders) return;
    if (plan.flags === undefined) segment.flags |= PF_R;
    segment.fileSize += this.programHeaders;
    segment.memorySize += this.programHeaders;
    if (plan.includesFileHeader) return;
    if (plan.type === PT_LOAD) {
      if (plan.sections.length === 0) return;
      const room = BigInt(this.offset - segment.offset);
      segment.address = BigInt.asUintN(64, segment.address - room);
      if (plan.loadAddress === undefined)
        segment.loadAddress = BigInt.asUintN(64, segment.loadAddress - room);
    } else if (holder) {
      const after = holder.plan.includesFileHeader ? this.fileHeader : 0;
      segment.address = holder.segment.address + BigInt(after);
      if (plan.loadAddress === undefined) segment.loadAddress = holder.segment.loadAddress + BigInt(after);
      segment.offset = holder.segment.offset + after;
    } else segment.offset = this.fileHeader;
  }

  /** Returns how much of the current offset was only for room without bytes, and is to be taken back. */
  private placeSections(work: Work, adjustedBefore: number): number {
    const { plan, segment } = work;
    const isLoad = plan.type === PT_LOAD;
    let adjusted = adjustedBefore;
    plan.sections.forEach((output, i) => {
      const section = this.section(output);
      const isTls = (section.flags & SHF_TLS) !== 0;
      const isAlloc = (section.flags & SHF_ALLOC) !== 0;
      const hasBytes = section.type !== SHT_NOBITS;
      const takesRoom = hasBytes || (isAlloc && (!isTls || plan.type === PT_TLS));
      if ((isLoad || plan.type === PT_TLS) && takesRoom) {
        const end = BigInt.asUintN(64, segment.loadAddress + BigInt(segment.memorySize));
        let adjust = Number(BigInt.asIntN(64, output.loadAddress - end));
        if (adjust !== 0 && (output.loadAddress < end || end < segment.loadAddress)) {
          const from = output.loadAddress === 0n ? "0" : `0x${output.loadAddress.toString(16)}`;
          this.remark("LD0562", `section ${output.name} lma ${from} adjusted to 0x${end.toString(16)}`);
          adjust = 0;
          output.loadAddress = section.loadAddress = end;
        }
        segment.memorySize += adjust;
        if (isLoad) {
          if (hasBytes) {
            adjusted = 0;
            // Bytes after room without bytes: the room has to be in the file as well.
            if (segment.fileSize + adjust < segment.memorySize)
              adjust = segment.memorySize - segment.fileSize;
          }
          if (hasBytes || i === 0) {
            this.offset += adjust;
            if (!hasBytes) adjusted += adjust;
          }
        }
        if (hasBytes) segment.fileSize += adjust;
      }
      if (isLoad) {
        section.fileOffset = this.offset;
        this.placed.add(section);
        if (hasBytes) this.offset += section.size;
      } else if (!hasBytes && isTls && !this.placed.has(section)) {
        // A .tbss on its own has no PT_LOAD; it lies where it would in one.
        section.fileOffset = this.offset + this.bias(section.address, this.offset, 2 ** output.alignPower);
        this.placed.add(section);
      }
      if (hasBytes) {
        segment.fileSize += section.size;
        if (isAlloc) segment.memorySize += section.size;
      } else if (isAlloc && (plan.type === PT_TLS || !isTls)) segment.memorySize += section.size;
      const align = 2 ** output.alignPower;
      if (align > segment.align && plan.align === undefined && (!isLoad || !this.paged))
        segment.align = align;
      if (plan.flags === undefined) {
        segment.flags |= PF_R;
        if ((section.flags & SHF_EXECINSTR) !== 0) segment.flags |= PF_X;
        if ((section.flags & SHF_WRITE) !== 0) segment.flags |= PF_W;
      }
    });
    return adjusted;
  }

  /** Sections outside of PT_LOAD segments, in the order of their headers. */
  private placeOthers(): void {
    // GNU ld takes a file without contents but notes for one with debugging information: there it says nothing.
    const holdsImage = this.outputs.some(
      ({ flags, type }) => (flags & SHF_ALLOC) !== 0 && type !== SHT_NOBITS && type !== SHT_NOTE,
    );
    for (const section of this.outputs) {
      if (this.placed.has(section)) continue;
      // Without bytes and without a segment it is nowhere.
      if (section.type === SHT_NOBITS) continue;
      if ((section.flags & SHF_ALLOC) !== 0) {
        if (section.size !== 0 && holdsImage)
          this.report.warning(
            "LD0563",
            this.how.options.output,
            `allocated section \`${section.name}' not in segment`,
            { notes: section.span ? [{ message: "it is described here", where: section.span }] : [] },
          );
        const page = this.paged && section.size !== 0 ? Number(this.context.maxPageSize) : section.align;
        this.offset += this.bias(section.address, this.offset, page);
      } else if (section.align > 1) {
        const over = this.offset % section.align;
        if (over !== 0) this.offset += section.align - over;
      }
      section.fileOffset = this.offset;
      this.offset += section.size;
    }
  }

  /** What of the other segments follows from where the sections are. */
  private finish(work: Work, works: readonly Work[]): void {
    const { plan, segment } = work;
    const { sections } = plan;
    if (plan.type === PT_GNU_RELRO) this.finishRelro(work, works);
    else if (plan.type === PT_GNU_STACK) {
      if (plan.size !== undefined) segment.memorySize = Number(plan.size);
    } else if (sections.length > 0 && plan.type !== PT_LOAD && plan.type !== PT_PHDR) {
      if (plan.includesFileHeader || plan.includesProgramHeaders)
        this.problem(
          "LD0565",
          `error: non-load segment ${work.order} includes file header and/or program header`,
        );
      segment.fileSize = 0;
      segment.offset = this.section(sections[0]).fileOffset;
      for (let i = sections.length - 1; i >= 0; i--) {
        const section = this.section(sections[i]);
        if (section.type === SHT_NOBITS) continue;
        segment.fileSize = section.fileOffset - segment.offset + section.size;
        if (plan.type === PT_NOTE && (section.flags & SHF_ALLOC) !== 0) segment.memorySize = segment.fileSize;
        break;
      }
    }
  }

  private finishRelro({ segment }: Work, works: readonly Work[]): void {
    const { relroStart: start, relroEnd: end } = this.context;
    const load = works.find(({ plan }) => {
      if (plan.type !== PT_LOAD || plan.sections.length === 0) return false;
      const last = plan.sections[plan.sections.length - 1];
      const size = isTbss(last) ? 0n : BigInt(last.size);
      return last.ref.address + size > start && plan.sections[0].ref.address < end;
    });
    const first = load?.plan.sections.find(
      (output) => output.ref.address >= start && output.ref.address < end && output.size !== 0,
    );
    if (!load || !first) {
      segment.type = PT_NULL;
      segment.align = segment.flags = 0;
      this.report.warning("LD0564", undefined, "unable to allocate any sections to PT_GNU_RELRO segment");
      return;
    }
    segment.address = first.ref.address;
    segment.loadAddress = first.loadAddress;
    segment.offset = this.section(first).fileOffset;
    segment.memorySize = Number(end - segment.address);
    const inFile = load.segment.address + BigInt(load.segment.fileSize) - segment.address;
    segment.fileSize = Math.min(segment.memorySize, Math.max(0, Number(inFile)));
    segment.align = 1;
    segment.flags = PF_R;
  }

  /** What GNU ld says without calling it an error or a warning. */
  private remark(code: string, message: string): void {
    this.report.info(code, undefined, `${this.how.options.output}: ${message}`);
  }

  private problem(code: string, message: string): void {
    this.report.error(code, this.how.options.output, message);
  }
}

/** PT_LOADs first, those with the headers before others, then by load address; the rest by type. */
function compareSegments(a: Work, b: Work): number {
  const first = a.plan;
  const second = b.plan;
  if (first.type !== second.type) {
    if (first.type === PT_NULL) return 1;
    if (second.type === PT_NULL) return -1;
    return first.type < second.type ? -1 : 1;
  }
  if (first.includesFileHeader !== second.includesFileHeader) return first.includesFileHeader ? -1 : 1;
  if (first.type === PT_LOAD) {
    const load = (plan: SegmentPlan) =>
      plan.loadAddress ?? (plan.sections.length > 0 ? plan.sections[0].loadAddress + plan.addressOffset : 0n);
    if (load(first) !== load(second)) return load(first) < load(second) ? -1 : 1;
  }
  return a.order - b.order;
}

/** Without segments (-r) the sections follow each other. */
export function placeInOrder(sections: readonly OutputSection[], start: number): void {
  let offset = start;
  for (const section of sections) {
    const over = section.align > 1 ? offset % section.align : 0;
    if (over !== 0) offset += section.align - over;
    section.fileOffset = offset;
    if (section.type !== SHT_NOBITS) offset += section.size;
  }
}
