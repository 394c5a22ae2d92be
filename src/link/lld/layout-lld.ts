import { type Note, Report } from "../../diagnostics/index.ts";
import {
  type ImageLayout,
  type LinkModel,
  type OutputSection,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { evaluate } from "../../script/index.ts";
import type { Relaxer, Target } from "../../targets/index.ts";
import { placeInOrder } from "../layout/file-offsets.ts";
import { LayoutContext } from "../layout/layout-context.ts";
import { edgeSymbol, setSectionAddresses, setSymbols, tlsRange } from "../layout/layout-symbols.ts";
import { isDotAssignment, plainValue } from "../layout/layout-walk.ts";
import { fileHeaderSize, PT_LOAD, PT_PHDR, PT_TLS, programHeaderEntry } from "../layout/segment-map.ts";
import { numberOutputs } from "../place/file-order.ts";
import { sortLinkOrder } from "../place/link-order.ts";
import type { AssignmentStatement, LayoutMemory, OutputStatement, Placement } from "../place/placement.ts";
import { SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHT_NOBITS } from "../place/section-flags.ts";
import { linkSections } from "../place/section-links.ts";
import { placeReserved } from "./reserved-lld.ts";
import {
  type LldSegment,
  type LldSegmentOptions,
  loadsOf,
  makeSegments,
  placeInFile,
  segmentAlign,
} from "./segments-lld.ts";
import { LldSizePass } from "./size-pass-lld.ts";

// Addresses by LLD's rules: segments first, then walks over the statements
// until no symbol moves, then the headers, if there is room for them below the
// first section, then places in the file.

/** How often symbols may move before it is given up. */
const MOST_WALKS = 6;

/** As `assignAddresses`, for --compat=lld. */
export function assignAddressesLld(
  model: LinkModel,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
  isFinal: boolean,
  relaxer: Relaxer | undefined,
): ImageLayout {
  const said = isFinal ? report : new Report();
  const memory: LayoutMemory = placement.layout ?? {
    context: new LayoutContext(model, placement, target, said),
    programHeaderSize: undefined,
    drafted: false,
    fatal: undefined,
    draftSymbols: 0,
    round: 0,
  };
  placement.layout = memory;
  return new LldLayouter(model, placement, target, execStack ?? false, memory, said).run(relaxer);
}

class LldLayouter {
  private readonly model: LinkModel;
  private readonly placement: Placement;
  private readonly target: Target;
  private readonly memory: LayoutMemory;
  private readonly context: LayoutContext;
  private readonly report: Report;
  private readonly how: LldSegmentOptions;
  private readonly relocatable: boolean;
  private readonly outputs: readonly OutputStatement[];
  private segments: LldSegment[] = [];
  private headersAddress = 0n;

  constructor(
    model: LinkModel,
    placement: Placement,
    target: Target,
    execStack: boolean,
    memory: LayoutMemory,
    report: Report,
  ) {
    const { options } = model;
    this.model = model;
    this.placement = placement;
    this.target = target;
    this.memory = memory;
    this.context = memory.context;
    this.report = report;
    this.relocatable = options.kind === "relocatable";
    this.outputs = placement.outputs;
    const loadable = options.zKeywords.includes("separate-loadable-segments");
    this.how = { execStack, separate: loadable ? "loadable" : options.separateCode ? "code" : "none" };
  }

  run(relaxer: Relaxer | undefined): ImageLayout {
    const { context, model, outputs, placement } = this;
    numberOutputs(model, placement);
    outputs.forEach((output, i) => {
      output.index = i;
    });
    context.numbered = outputs;
    context.report = new Report();
    context.headersSize = () => this.headersSize();
    this.prepare();
    sortLinkOrder(model, placement);
    context.phase = "allocating";
    const starts = this.pageStarts();
    if (relaxer) this.walk(starts, relaxer);
    let before = this.values();
    for (let walks = 0; walks < MOST_WALKS; walks++) {
      this.walk(starts, undefined);
      const after = this.values();
      if (after === before) break;
      before = after;
    }
    context.phase = "final";
    context.report = this.report;
    this.walk(starts, undefined);
    this.allocateHeaders();
    this.dropEmptyLoads();
    return this.finish();
  }

  /** Regions, alignments and segments. */
  private prepare(): void {
    const { context, memory, outputs } = this;
    const isFirst = memory.round++ === 0;
    context.phase = "first";
    if (isFirst) context.regions.evaluate(context.at(undefined), this.report);
    context.phase = "mark";
    if (isFirst) this.guessSymbols();
    for (const output of outputs) {
      const align = plainValue(context, output.align, "section alignment");
      while (align !== undefined && 1n << BigInt(output.alignPower) < align) output.alignPower++;
      output.regionName = this.regionName(output);
      output.loadRegionName = output.loadRegion?.text;
    }
    this.segments = this.relocatable ? [] : makeSegments(context, this.how, outputs, this.report);
    memory.programHeaderSize = this.segments.length * Number(programHeaderEntry(this.target.is64));
  }

  /** Symbols that are plain numbers are known from the start: alignments may be given by them. */
  private guessSymbols(): void {
    const { context, placement } = this;
    const guess = (statement: AssignmentStatement): void => {
      const { node } = statement;
      if (isDotAssignment(statement) || (node.provide && !context.isWanted(node.target.text))) return;
      const result = evaluate(statement.expression, context.at(0n));
      if (node.provide) statement.provided = true;
      context.assign(node.target.text, result.state === "known" ? result : undefined, node.hidden);
    };
    for (const statement of placement.statements) {
      if (statement.kind === "assignment") guess(statement);
      else if (statement.kind === "output")
        for (const child of statement.children) if (child.kind === "assignment") guess(child);
    }
  }

  private regionName(output: OutputStatement): string | undefined {
    const { regions } = this.context;
    if (output.region) return regions.find(output.region.text)?.name;
    return regions.list.find(
      (region) => (region.elfFlags & output.elfFlags) !== 0 && (region.elfNotFlags & output.elfFlags) === 0,
    )?.name;
  }

  private headersSize(): bigint {
    if (this.model.options.oformat === "binary") return 0n;
    return fileHeaderSize(this.target.is64) + BigInt(this.memory.programHeaderSize ?? 0);
  }

  private imageBase(): bigint {
    const { options } = this.model;
    if (options.imageBase !== undefined) return options.imageBase;
    if (options.kind === "pie" || options.kind === "shared") return 0n;
    return this.target.lldImageBase ?? 0x10000n;
  }

  /** Without a script each PT_LOAD starts on a page of its own, at the same offset in it as in the file. */
  private pageStarts(): Map<OutputStatement, (dot: bigint) => bigint> {
    const starts = new Map<OutputStatement, (dot: bigint) => bigint>();
    if (this.placement.commands.hasSections || this.relocatable) return starts;
    const page = this.context.maxPageSize;
    const up = (value: bigint, align: bigint) => ((value + align - 1n) / align) * align;
    const tls = this.segments.find((each) => each.type === PT_TLS);
    let previous: LldSegment | undefined;
    for (const each of this.segments) {
      if (each.type !== PT_LOAD) continue;
      const [first] = each.sections;
      if (each.hasFileHeader || !first) {
        previous = each;
        continue;
      }
      const codeEdge = previous !== undefined && ((previous.flags ^ each.flags) & 1) !== 0;
      if (this.how.separate === "loadable" || (this.how.separate === "code" && codeEdge)) {
        starts.set(first, (dot) => up(dot, page));
      } else if (tls?.sections[0] === first) {
        const align = BigInt(segmentAlign(tls, Number(page), 1));
        starts.set(first, (dot) => up(dot, page) + up(dot % page, align));
      } else starts.set(first, (dot) => up(dot, page) + (dot % page));
      previous = each;
    }
    return starts;
  }

  private walk(
    pageStart: ReadonlyMap<OutputStatement, (dot: bigint) => bigint>,
    relaxer: Relaxer | undefined,
  ): void {
    const { context, placement, model } = this;
    const loads = loadsOf(this.segments);
    const firstOf = new Set(this.segments.filter((s) => s.type === PT_LOAD).map((s) => s.sections[0]));
    for (const [, state] of context.processed) state.address = state.load = true;
    if (relaxer)
      relaxer.startWalk(
        placement.outputs.map((output) => ({
          address: output.ref.address,
          alignPower: output.alignPower,
          code: (output.elfFlags & 4) !== 0,
          threadLocal: (output.elfFlags & SHF_TLS) !== 0,
        })),
        context,
      );
    const start = placement.commands.hasSections
      ? (model.options.imageBase ?? 0n)
      : this.relocatable
        ? 0n
        : this.imageBase() + this.headersSize();
    if (!placement.commands.hasSections) this.headersAddress = this.imageBase();
    const pass = new LldSizePass(context, {
      start,
      trapByte: this.target.trapByte,
      pageStart,
      relocatable: this.relocatable,
      loads: {
        startsLoad: (output) => firstOf.has(output),
        setOffset: (output, offset) => {
          const load = loads.get(output);
          if (load) load.loadOffset = offset;
        },
      },
      relaxer,
    });
    pass.run(placement.statements);
    for (const output of this.outputs) {
      const load = loads.get(output);
      output.loadAddress = BigInt.asUintN(64, output.ref.address + (load?.loadOffset ?? 0n));
    }
  }

  /** What must not change any more: symbols and addresses. */
  private values(): string {
    const parts: string[] = [];
    for (const [name, own] of this.context.symbols) parts.push(`${name}=${own.section.name}+${own.value}`);
    for (const output of this.outputs) parts.push(`${output.ref.address}`);
    return parts.join();
  }

  /** With SECTIONS the headers go below the first section, if the page it starts in has room or PHDRS demands it. */
  private allocateHeaders(): void {
    const { placement, context, outputs, segments } = this;
    if (!placement.commands.hasSections || this.relocatable) return;
    const load = segments.find((each) => each.type === PT_LOAD);
    if (!load) return;
    const { options } = this.model;
    const page = context.maxPageSize;
    let lowest = 0xffffffffffffffffn;
    for (const output of outputs)
      if ((output.elfFlags & SHF_ALLOC) !== 0 && output.ref.address < lowest) lowest = output.ref.address;
    const demanded = (placement.commands.phdrs ?? []).some((node) => node.filehdr || node.phdrs);
    const paged = !options.omagic && !options.nmagic;
    const size = this.headersSize();
    const base = demanded ? 0n : lowest - (lowest % page);
    if ((paged || demanded) && size <= lowest - base) {
      const below = lowest - size;
      this.headersAddress = below - (below % page);
      return;
    }
    if (demanded) {
      const message = "could not allocate headers";
      this.report.error("LD0561", undefined, message, { lld: message });
    }
    for (const each of segments) {
      if (each.type !== PT_LOAD) continue;
      each.hasFileHeader = each.hasProgramHeaders = false;
    }
    this.segments = segments.filter(
      (each) => each.type !== PT_PHDR && (each.type !== PT_LOAD || each.sections.length > 0),
    );
  }

  /** Segments of empty sections alone go; their headers have taken their room all the same. */
  private dropEmptyLoads(): void {
    this.segments = this.segments.filter((each) => {
      if (each.type !== PT_LOAD || each.hasFileHeader || each.hasProgramHeaders) return true;
      const [first] = each.sections;
      const last = each.sections[each.sections.length - 1];
      return first !== undefined && last.ref.address + BigInt(last.size) !== first.ref.address;
    });
  }

  // The result

  private finish(): ImageLayout {
    const { context, model, outputs, placement, target } = this;
    const sections = outputs.map((output) => this.outputSection(output));
    linkSections(model, outputs, sections);
    const fileHeader = Number(fileHeaderSize(target.is64));
    // Headers that do not fit still take their room in the file.
    const programHeaders = this.memory.programHeaderSize ?? 0;
    let segments: ImageLayout["segments"] = [];
    if (this.relocatable) placeInOrder(sections, fileHeader);
    else {
      segments = placeInFile(context, this.segments, outputs, sections, {
        ...this.how,
        fileHeader: model.options.oformat === "binary" ? 0 : fileHeader,
        programHeaders: model.options.oformat === "binary" ? 0 : programHeaders,
        headersAddress: this.headersAddress,
        word: target.wordSize,
      });
      this.checkOverlaps(sections);
      this.checkFileSize(sections);
    }
    setSectionAddresses(model, outputs);
    const extra = outputs.flatMap((output) => output.edges.map((edge) => edgeSymbol(output, edge)));
    const loads = this.segments
      .filter((each) => each.type === PT_LOAD)
      .map((each) => ({ writable: (each.flags & 2) !== 0, last: each.sections[each.sections.length - 1] }));
    extra.push(...placeReserved(context, loads, this.headersAddress));
    const symbolOutput = setSymbols(context, extra, (output) => (output ? output.index : -1), true);
    return {
      sections,
      segments,
      imageEnd: 0,
      entry: this.entryAddress(),
      headersSize: fileHeader + (this.relocatable ? 0 : programHeaders),
      headersLoaded: this.segments.some((each) => each.type === PT_LOAD && each.hasProgramHeaders),
      tls: tlsRange(outputs),
      symbolOutput,
      discarded: placement.discarded,
    };
  }

  private outputSection(output: OutputStatement): OutputSection {
    const rows = output.children.flatMap((child) => (child.kind === "input" ? [...child.sections] : []));
    const data = output.children.flatMap((child) =>
      child.kind === "data" && child.size > 0
        ? [{ offset: child.offset, bytes: child.bytes, span: child.node.span }]
        : [],
    );
    return {
      index: output.index,
      name: output.name,
      type: output.elfType,
      flags: output.elfFlags,
      align: 2 ** output.alignPower,
      entsize: output.entsize,
      link: -1,
      info: 0,
      address: this.relocatable ? 0n : output.ref.address,
      loadAddress: output.loadAddress,
      size: output.size,
      fileOffset: 0,
      order: Int32Array.from(rows),
      data,
      isCode: (output.elfFlags & SHF_EXECINSTR) !== 0,
      fills: output.fills,
      span: output.span,
    };
  }

  /** Addresses that go back within a segment give offsets beyond the end of the file. */
  private checkFileSize(sections: readonly OutputSection[]): void {
    const stored = sections.filter((each) => each.type !== SHT_NOBITS);
    const last = stored[stored.length - 1];
    const end = last ? last.fileOffset + last.size : 0;
    const hex = (value: bigint) => `0x${value.toString(16).toUpperCase()}`;
    for (const each of stored) {
      if (each.fileOffset + each.size <= end) continue;
      const offset = BigInt(each.fileOffset);
      const range = `[${hex(offset)}, ${hex(offset + BigInt(each.size) - 1n)}]`;
      const message = `unable to place section ${each.name} at file offset ${range}; check your linker script for overflows`;
      this.report.error("LD0548", undefined, message, { lld: message });
    }
    if (end <= (this.target.is64 ? 2 ** 63 : 2 ** 32) - 1) return;
    const message = `output file too large: ${BigInt(end)} bytes`;
    this.report.error("LD0549", undefined, message, { lld: message });
  }

  private checkOverlaps(sections: readonly OutputSection[]): void {
    if (!this.model.options.checkSections) return;
    const hex = (value: bigint) => `0x${value.toString(16).toUpperCase()}`;
    const limit = this.target.is64 ? 1n << 64n : 1n << 32n;
    for (const each of sections) {
      if (each.address + BigInt(each.size) <= limit) continue;
      const message = `section ${each.name} at ${hex(each.address)} of size ${hex(BigInt(each.size))} exceeds available address space`;
      this.report.error("LD0547", undefined, message, { lld: message });
    }
    const check = (
      what: string,
      counts: (each: OutputSection) => boolean,
      start: (each: OutputSection) => bigint,
      isAddress: boolean,
    ): void => {
      const sorted = sections
        .filter((each) => each.size > 0 && counts(each))
        .sort((a, b) => (start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : 0));
      for (let i = 1; i < sorted.length; i++) {
        const a = sorted[i - 1];
        const b = sorted[i];
        if (start(b) >= start(a) + BigInt(a.size)) continue;
        const inOverlay = [a, b].every((each) => this.outputs[each.index].overlay !== "none");
        if (isAddress && inOverlay) continue;
        const line = (each: OutputSection) =>
          `>>> ${each.name} range is [${hex(start(each))}, ${hex(start(each) + BigInt(each.size) - 1n)}]`;
        const message = `section ${a.name} ${what} range overlaps with ${b.name}\n${line(a)}\n${line(b)}`;
        this.report.error("LD0545", undefined, message, { lld: message });
      }
    };
    const mapped = (each: OutputSection) => (each.flags & SHF_ALLOC) !== 0 && (each.flags & SHF_TLS) === 0;
    check(
      "file",
      (each) => each.type !== SHT_NOBITS,
      (each) => BigInt(each.fileOffset),
      false,
    );
    check("virtual address", mapped, (each) => each.address, true);
    check("load address", mapped, (each) => each.loadAddress, false);
  }

  private entryAddress(): bigint {
    const { model, placement, report } = this;
    const { symbols, options } = model;
    if (this.relocatable) return 0n;
    const wanted = options.entry ?? placement.commands.entry?.text;
    const name = wanted ?? "_start";
    const id: SymbolId = symbols.global(model.names.addString(name));
    if (id !== 0 && symbols.section[id] !== SymbolSection.undefined) {
      const high = BigInt(symbols.addressHigh[id] >>> 0) << 32n;
      return high | BigInt(symbols.addressLow[id] >>> 0);
    }
    if (/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(name)) return BigInt(name);
    const text = this.outputs.find((output) => output.name === ".text");
    const end = text
      ? `defaulting to 0x${text.ref.address.toString(16).toUpperCase()}`
      : "not setting start address";
    const notes: Note[] = [];
    const message = `cannot find entry symbol ${name}; ${end}`;
    if (wanted !== undefined || options.kind !== "shared")
      report.warning("LD0572", undefined, message, { notes, lld: message });
    return text?.ref.address ?? 0n;
  }
}
