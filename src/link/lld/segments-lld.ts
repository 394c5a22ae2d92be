import type { Report } from "../../diagnostics/index.ts";
import type { OutputSection, Segment } from "../../model/index.ts";
import { phdrTypeOf } from "../../script/index.ts";
import type { LayoutContext } from "../layout/layout-context.ts";
import { plainValue } from "../layout/layout-walk.ts";
import {
  PT_DYNAMIC,
  PT_GNU_EH_FRAME,
  PT_GNU_RELRO,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  PT_PHDR,
  PT_TLS,
} from "../layout/segment-map.ts";
import type { OutputStatement } from "../place/placement.ts";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_NOTE,
} from "../place/section-flags.ts";
import { isRelroSection } from "./orphans-lld.ts";

// LLD's segments are made before addresses are: a new PT_LOAD begins where the
// permissions change, where the read-only-after-relocation part ends, and where
// a script gives a load address or another region. The headers are in the first.

const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
const PT_OPENBSD_RANDOMIZE = 0x65a3dbe6;
const PT_OPENBSD_WXNEEDED = 0x65a3dbe7;

/** A segment in the making. */
export interface LldSegment {
  readonly type: number;
  flags: number;
  hasFileHeader: boolean;
  hasProgramHeaders: boolean;
  readonly sections: OutputStatement[];
  /** Load address less address, of all sections in a PT_LOAD. */
  loadOffset: bigint;
  /** Given by AT() in PHDRS. */
  loadAddress: bigint | undefined;
  memorySize: bigint;
}

/** What LLD's options decide about segments. */
export interface LldSegmentOptions {
  readonly execStack: boolean;
  readonly separate: "none" | "code" | "loadable";
}

function segment(type: number, flags: number): LldSegment {
  return {
    type,
    flags,
    hasFileHeader: false,
    hasProgramHeaders: false,
    sections: [],
    loadOffset: 0n,
    loadAddress: undefined,
    memorySize: 0n,
  };
}

function sectionFlags(output: OutputStatement): number {
  let flags = PF_R;
  if ((output.elfFlags & SHF_WRITE) !== 0) flags |= PF_W;
  if ((output.elfFlags & SHF_EXECINSTR) !== 0) flags |= PF_X;
  return flags;
}

/** Whether a section takes memory of its own: a .tbss only takes room in each thread. */
export function needsLoad(output: OutputStatement): boolean {
  if ((output.elfFlags & SHF_ALLOC) === 0 || output.type?.keyword === "NOLOAD") return false;
  return (output.elfFlags & SHF_TLS) === 0 || output.elfType !== SHT_NOBITS;
}

/** The segments of the image, by PHDRS or by LLD's rules. */
export function makeSegments(
  context: LayoutContext,
  how: LldSegmentOptions,
  outputs: readonly OutputStatement[],
  report: Report,
): LldSegment[] {
  return context.placement.commands.phdrs
    ? scriptSegments(context, outputs, report)
    : defaultSegments(context, how, outputs, report);
}

function scriptSegments(
  context: LayoutContext,
  outputs: readonly OutputStatement[],
  report: Report,
): LldSegment[] {
  const phdrs = context.placement.commands.phdrs ?? [];
  const made = phdrs.map((node) => {
    const type = phdrTypeOf(node.type) ?? plainValue(context, node.type, "program header type") ?? 0n;
    const flags = node.flags ? Number(plainValue(context, node.flags, "phdr flags") ?? 0n) : PF_R;
    const each = segment(Number(type), flags);
    each.hasFileHeader = node.filehdr;
    each.hasProgramHeaders = node.phdrs;
    if (node.at) each.loadAddress = plainValue(context, node.at, "phdr load address");
    return each;
  });
  for (const output of outputs) {
    for (const name of output.phdrs) {
      const at = phdrs.findIndex((node) => node.name.text === name.text);
      if (at < 0) {
        if (name.text === "NONE") continue;
        const message = `section header '${name.text}' is not listed in PHDRS`;
        report.error("LD0552", name.span, message, { lld: message });
        continue;
      }
      made[at].sections.push(output);
      if (!phdrs[at].flags) made[at].flags |= sectionFlags(output);
    }
  }
  return made;
}

function defaultSegments(
  context: LayoutContext,
  how: LldSegmentOptions,
  outputs: readonly OutputStatement[],
  report: Report,
): LldSegment[] {
  const { model } = context;
  const { options } = model;
  const made: LldSegment[] = [];
  const add = (type: number, flags: number): LldSegment => {
    const each = segment(type, flags);
    made.push(each);
    return each;
  };
  const named = (name: string) => outputs.find((output) => output.name === name);
  // A script that lays out sections is not expected to keep a page between constants and code.
  const isJoined = options.noRosegment ?? context.placement.commands.hasSections;
  const computed = (flags: number): number => {
    if (options.omagic) return PF_R | PF_W | PF_X;
    if (options.executeOnly && (flags & PF_X) !== 0) return flags & ~PF_R;
    return isJoined && (flags & PF_W) === 0 ? flags | PF_X : flags;
  };
  let flags = computed(PF_R);
  let load: LldSegment | undefined;
  if (!options.nmagic && !options.omagic) {
    add(PT_PHDR, PF_R).hasProgramHeaders = true;
    const interp = named(".interp");
    if (interp) add(PT_INTERP, sectionFlags(interp)).sections.push(interp);
    load = add(PT_LOAD, flags);
    load.hasFileHeader = load.hasProgramHeaders = true;
  }
  const relro = segment(PT_GNU_RELRO, PF_R);
  let inRelro = false;
  let relroEnd: OutputStatement | undefined;
  for (const output of outputs) {
    if (!needsLoad(output)) continue;
    if (isRelroSection(model, output)) {
      inRelro = true;
      if (!relroEnd) relro.sections.push(output);
      else {
        const message = `section: ${output.name} is not contiguous with other relro sections`;
        report.error("LD0554", undefined, message, { lld: message });
      }
    } else if (inRelro) {
      inRelro = false;
      relroEnd = output;
    }
  }
  for (const output of outputs) {
    if ((output.elfFlags & SHF_ALLOC) === 0) break;
    if (!needsLoad(output)) continue;
    const newFlags = computed(sectionFlags(output));
    const first = load?.sections[0];
    const onlyHeaders = load !== undefined && load.sections.length === 0;
    const ownLoad =
      output.loadBase !== undefined ||
      output.overlay !== "none" ||
      (output.loadRegion && output.loadRegionName !== first?.loadRegionName);
    const region = onlyHeaders ? undefined : first?.regionName;
    if (
      !load ||
      (ownLoad && !onlyHeaders) ||
      output.regionName !== region ||
      flags !== newFlags ||
      output === relroEnd
    ) {
      load = add(PT_LOAD, newFlags);
      flags = newFlags;
    }
    load.sections.push(output);
  }
  const tls = outputs.filter((output) => (output.elfFlags & SHF_TLS) !== 0);
  if (tls.length > 0) add(PT_TLS, PF_R).sections.push(...tls);
  const dynamic = named(".dynamic");
  if (dynamic) add(PT_DYNAMIC, sectionFlags(dynamic)).sections.push(dynamic);
  if (relro.sections.length > 0) made.push(relro);
  const unwind = named(".eh_frame_hdr");
  if (unwind && options.ehFrameHdr) add(PT_GNU_EH_FRAME, sectionFlags(unwind)).sections.push(unwind);
  const random = named(".openbsd.randomdata");
  if (random) add(PT_OPENBSD_RANDOMIZE, sectionFlags(random)).sections.push(random);
  add(PT_GNU_STACK, PF_R | PF_W | (how.execStack ? PF_X : 0)).memorySize = options.stackSize ?? 0n;
  if (options.zKeywords.includes("wxneeded")) add(PT_OPENBSD_WXNEEDED, PF_X);
  let note: LldSegment | undefined;
  for (const output of outputs) {
    if (output.elfType !== SHT_NOTE || (output.elfFlags & SHF_ALLOC) === 0) {
      note = undefined;
      continue;
    }
    const last = note?.sections[note.sections.length - 1];
    if (!note || output.loadBase || last?.alignPower !== output.alignPower) note = add(PT_NOTE, PF_R);
    note.sections.push(output);
  }
  return made;
}

// File offsets

/** The PT_LOAD of each section that has one. */
export function loadsOf(segments: readonly LldSegment[]): Map<OutputStatement, LldSegment> {
  const loads = new Map<OutputStatement, LldSegment>();
  for (const each of segments)
    if (each.type === PT_LOAD) for (const output of each.sections) loads.set(output, each);
  return loads;
}

function alignUp(value: number, align: number): number {
  const over = value % align;
  return over === 0 ? value : value + align - over;
}

/** Alignment of a segment: the page, or that of its largest section. */
export function segmentAlign(each: LldSegment, page: number, word: number): number {
  let align = each.type === PT_LOAD ? page : 0;
  if (each.hasProgramHeaders || each.hasFileHeader) align = Math.max(align, word);
  for (const output of each.sections) align = Math.max(align, 2 ** output.alignPower);
  return align;
}

/** Gives sections their places in the file, and describes the segments. */
export function placeInFile(
  context: LayoutContext,
  segments: readonly LldSegment[],
  outputs: readonly OutputStatement[],
  sections: readonly OutputSection[],
  how: LldSegmentOptions & {
    readonly fileHeader: number;
    readonly programHeaders: number;
    readonly headersAddress: bigint;
    readonly word: number;
  },
): Segment[] {
  const page = Number(context.maxPageSize);
  const commonPage = Number(context.commonPageSize);
  const loads = loadsOf(segments);
  const lastCode = segments.filter((each) => each.type === PT_LOAD && (each.flags & PF_X) !== 0).pop();
  let offset = how.fileHeader + how.programHeaders;
  outputs.forEach((output, i) => {
    const section = sections[i];
    const load = loads.get(output);
    const first = load && !load.hasFileHeader && !load.hasProgramHeaders ? load.sections[0] : undefined;
    if (load && first === output) {
      const align = segmentAlign(load, page, how.word);
      const skew = Number(output.ref.address % BigInt(align));
      // The least offset from here on that is congruent to the address.
      offset += (((skew - offset) % align) + align) % align;
    } else if (section.type === SHT_NOBITS) {
      // Its offset says nothing.
    } else if (!load) offset = alignUp(offset, 2 ** output.alignPower);
    else if (first)
      offset = sections[first.index].fileOffset + Number(output.ref.address - first.ref.address);
    else {
      const start = load.hasFileHeader ? 0 : how.fileHeader;
      const base = how.headersAddress + BigInt(start);
      offset = start + Number(output.ref.address - base);
    }
    section.fileOffset = offset;
    if (section.type !== SHT_NOBITS) offset += section.size;
    if (how.separate !== "none" && lastCode?.sections[lastCode.sections.length - 1] === output)
      offset = alignUp(offset, commonPage);
  });
  return segments.map((each) => describe(each, segments, sections, how, page, commonPage));
}

function describe(
  each: LldSegment,
  segments: readonly LldSegment[],
  sections: readonly OutputSection[],
  how: Parameters<typeof placeInFile>[4],
  page: number,
  commonPage: number,
): Segment {
  const listed = each.sections.map((output) => sections[output.index]);
  const first = listed[0];
  const last = listed[listed.length - 1];
  const made: Segment = {
    type: each.type,
    flags: each.flags,
    offset: 0,
    address: 0n,
    loadAddress: 0n,
    fileSize: 0,
    memorySize: Number(each.memorySize),
    align: segmentAlign(each, page, how.word),
    sections: each.sections.map((output) => output.index),
  };
  const header = each.hasFileHeader || each.hasProgramHeaders;
  if (header) {
    made.offset = each.hasFileHeader ? 0 : how.fileHeader;
    made.address = how.headersAddress + BigInt(made.offset);
    const end = each.hasProgramHeaders ? how.fileHeader + how.programHeaders : how.fileHeader;
    made.fileSize = made.memorySize = end - made.offset;
    const load =
      each.type === PT_LOAD ? each : segments.find((s) => s.type === PT_LOAD && s.hasProgramHeaders);
    made.loadAddress = BigInt.asUintN(64, made.address + (load?.loadOffset ?? 0n));
  } else if (first) {
    made.offset = first.fileOffset;
    made.address = first.address;
    made.loadAddress = first.loadAddress;
  }
  if (last) {
    made.fileSize = last.fileOffset - made.offset + (last.type === SHT_NOBITS ? 0 : last.size);
    made.memorySize = Number(last.address + BigInt(last.size) - made.address);
  }
  if (each.loadAddress !== undefined) made.loadAddress = each.loadAddress;
  if (each.type === PT_GNU_RELRO) {
    made.align = 1;
    made.memorySize = alignUp(made.offset + made.memorySize, commonPage) - made.offset;
  }
  const isLastLoad = segments.filter((s) => s.type === PT_LOAD).pop() === each;
  if (how.separate !== "none" && isLastLoad && (each.flags & PF_X) !== 0)
    made.fileSize = made.memorySize = alignUp(made.fileSize, commonPage);
  return made;
}
