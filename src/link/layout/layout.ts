import { int32Column, uint8Column } from "../../binary/index.ts";
import { type Note, Report, type Span } from "../../diagnostics/index.ts";
import {
  Fate,
  type ImageLayout,
  type LinkModel,
  type OutputSection,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { type DataSegment, newDataSegment } from "../../script/index.ts";
import type { Relaxer, Target, WalkedOutput } from "../../targets/index.ts";
import { assignAddressesLld } from "../lld/layout-lld.ts";
import { numberOutputs } from "../place/file-order.ts";
import { sortLinkOrder } from "../place/link-order.ts";
import { type LayoutMemory, type OutputStatement, type Placement, SectionFlag } from "../place/placement.ts";
import { finalEntsize, finalFlags, finalType, isTbss, SHT_NOBITS } from "../place/section-flags.ts";
import { linkSections } from "../place/section-links.ts";
import { referencesToDiscarded } from "../symbols/check-symbols.ts";
import { alignmentOf } from "./alignment.ts";
import { AssignPass } from "./assign-pass.ts";
import { assignFileOffsets, type FileOffsets, placeInOrder } from "./file-offsets.ts";
import type { LayoutContext } from "./layout-context.ts";
import { startLayout } from "./layout-start.ts";
import {
  edgeSymbol,
  type PlacedSymbol,
  setSectionAddresses,
  setSymbols,
  tlsRange,
} from "./layout-symbols.ts";
import { homeOf } from "./nearby.ts";
import { checkOverlaps } from "./overlaps.ts";
import { RegionReport } from "./region-report.ts";
import {
  estimateProgramHeaders,
  fileHeaderSize,
  mapSegments,
  PT_LOAD,
  programHeaderEntry,
  type SegmentOptions,
  type SegmentPlan,
} from "./segment-map.ts";
import { SizePass } from "./size-pass.ts";

// Addresses for everything.
//
// A script may ask for sizes and addresses that are only known further down, so
// the statements are walked several times, as GNU ld does it and exactly as
// often, because a reference forward sees the value of the walk before:
//
//   mark      which output sections are empty and can go
//   size      addresses and sizes (twice or three times where
//             DATA_SEGMENT_ALIGN has to find the best start of the data)
//   assign    values of symbols
//   segments  and if there are more or fewer of them than the size of the
//             headers had room for, size and assign again
//   final     assign again, now with all errors reported
//
// While relaxation shrinks sections this is called again; what it learnt stays
// in `placement.layout`, so that a forward reference starts from the last value.

/** How often the number of program headers may change its mind. */
const MOST_TRIES = 10;

/** Assigns all addresses: sets `sections.output`, `outputOffset` and addresses, and the addresses of symbols. */
export function assignAddresses(
  model: LinkModel,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
): ImageLayout {
  if (model.options.compat === "lld")
    return assignAddressesLld(model, placement, target, execStack, report, true, undefined);
  const memory = placement.layout ?? startLayout(model, placement, target, report);
  placement.layout = memory;
  return new Layouter(model, placement, target, execStack, memory, true, report).final();
}

/**
 * As `assignAddresses`, while sections may still shrink: what is wrong is not reported yet, and what walks over the
 * sizes do not need is not set: places in the file, addresses of input sections and symbols.
 */
export function draftAddresses(
  model: LinkModel,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
  relaxer?: Relaxer,
): void {
  if (model.options.compat === "lld") {
    assignAddressesLld(model, placement, target, execStack, report, false, relaxer);
    return;
  }
  const memory = placement.layout ?? startLayout(model, placement, target, report);
  placement.layout = memory;
  new Layouter(model, placement, target, execStack, memory, false, new Report()).draft(relaxer);
}

class Layouter {
  private readonly model: LinkModel;
  private readonly placement: Placement;
  private readonly target: Target;
  private readonly memory: LayoutMemory;
  private readonly context: LayoutContext;
  private readonly report: Report;
  private readonly how: SegmentOptions;
  private readonly regions: RegionReport;
  private readonly relocatable: boolean;
  /** Segments and headers: neither with -r nor in bare bytes. */
  private readonly hasSegments: boolean;
  private readonly isFinal: boolean;

  constructor(
    model: LinkModel,
    placement: Placement,
    target: Target,
    execStack: boolean | undefined,
    memory: LayoutMemory,
    isFinal: boolean,
    report: Report,
  ) {
    this.isFinal = isFinal;
    this.model = model;
    this.placement = placement;
    this.target = target;
    this.memory = memory;
    this.context = memory.context;
    this.report = report;
    this.relocatable = model.options.kind === "relocatable";
    this.hasSegments = !this.relocatable && model.options.oformat !== "binary";
    this.how = {
      options: model.options,
      is64: target.is64,
      separateCode: model.options.separateCode ?? target.separateCode ?? false,
      execStack,
    };
    this.regions = new RegionReport(this.context, report);
  }

  final(): ImageLayout {
    let plans = this.settle(undefined);
    const { context, placement } = this;
    // With -r there are none, but mistakes in PHDRS are mistakes.
    if (this.hasSegments || placement.commands.phdrs)
      plans = mapSegments(context, this.how, this.headersKnown(), this.report);
    if (this.model.options.checkSections && !this.relocatable) checkOverlaps(context, this.report);
    this.regions.reportRegions();
    placement.several?.reportLost(() => referencesToDiscarded(this.model, this.target), this.report);
    return this.finish(plans);
  }

  draft(relaxer: Relaxer | undefined): void {
    const plans = this.settle(relaxer);
    const { context, memory } = this;
    // The script may define more once it knows more; otherwise the draft before has done what follows.
    if (relaxer && memory.draftSymbols === context.symbols.size) return;
    memory.draftSymbols = context.symbols.size;
    const live = this.numberLive();
    this.numberRows(live);
    const loadsHeaders = plans.some(
      (plan) => plan.type === PT_LOAD && plan.includesFileHeader && plan.includesProgramHeaders,
    );
    setSymbols(context, this.madeSymbols(live, loadsHeaders ? 0n : undefined, -1), () => -1, false);
  }

  /** The walks. With `relaxer`, the first ones over the sizes shrink the sections on the way. */
  private settle(relaxer: Relaxer | undefined): SegmentPlan[] {
    const { context, memory, placement } = this;
    if (!this.isFinal) memory.drafted = true;
    numberOutputs(this.model, placement);
    context.numbered = placement.outputs;
    context.headersSize = () => this.headersSize();
    context.sizesVersion++;
    context.report = new Report();
    this.sizeAll(relaxer);
    let plans: SegmentPlan[] = [];
    // RISC-V always relaxes, and each round of that is a walk.
    let again =
      !this.relocatable &&
      relaxer === undefined &&
      (this.target.startRelaxation !== undefined || this.unwindTablesShrank());
    for (let tries = MOST_TRIES; tries > 0; tries--) {
      let before = again ? this.whereAllIs() : [];
      for (let round = again ? this.roundsOf(tries) : 0; round > 0; round--) {
        this.assignAll("assigning");
        this.sizeAll();
        const now = round > 1 ? this.whereAllIs() : before;
        // The next round would find what this one found.
        if (round > 1 && now.every((value, i) => value === before[i]) && now.length === before.length) break;
        before = now;
      }
      again = sortLinkOrder(this.model, placement);
      if (this.hasSegments) {
        context.phase = "assigning";
        plans = mapSegments(context, this.how, this.headersKnown(), new Report());
        const before = memory.programHeaderSize;
        const now = plans.length * Number(programHeaderEntry(this.how.is64));
        memory.programHeaderSize = now;
        if (before !== now) {
          if (tries > 6 || before === undefined || before < now) again = true;
          else memory.programHeaderSize = before;
        }
      }
      if (!again) break;
    }
    const { several } = placement;
    several?.dropLost(placement.discarded);
    if (this.isFinal) several?.reportMistakes(this.report);
    if (this.isFinal) this.report.take(context.aboutMoves);
    // What the last walk over the sizes had to say, it says now.
    for (const each of (memory.fatal ?? context.report).diagnostics) this.report.repeat(each);
    context.report = this.report;
    this.regions.reportSections();
    this.assignAll("final");
    return plans;
  }

  /** All that one walk leaves to the next: sections, the symbols of the script, and where read-only data ends. */
  private whereAllIs(): unknown[] {
    const { context, placement } = this;
    const all: unknown[] = [context.relroStart, context.relroEnd];
    for (const { ref, loadAddress, size, alignPower, flags, exists, ignored } of placement.outputs)
      all.push(ref.address, loadAddress, size, alignPower, flags, exists, ignored);
    for (const { value, section, home } of context.symbols.values()) all.push(value, section, home);
    return all;
  }

  /** GNU ld's relaxation walks four times even where it finds nothing to do; what drafts did is done. */
  private roundsOf(tries: number): number {
    if (this.target.startRelaxation === undefined || !this.isFinal) return 1;
    return tries === MOST_TRIES || !this.memory.drafted ? 4 : 1;
  }

  private headersKnown(): bigint | undefined {
    const { programHeaderSize } = this.memory;
    return programHeaderSize === undefined ? undefined : BigInt(programHeaderSize);
  }

  /** Whether the editing of .eh_frame took anything out: GNU ld then lays out once more. */
  private unwindTablesShrank(): boolean {
    const output = this.context.find(".eh_frame");
    if (!output) return false;
    return output.children.some(
      (child) => child.kind === "input" && child.sections.some((row) => this.model.deletions.has(row)),
    );
  }

  private headersSize(): bigint {
    const { memory, context, how } = this;
    if (this.relocatable) return fileHeaderSize(how.is64);
    if (!this.hasSegments) return 0n;
    const { phdrs } = this.placement.commands;
    if (phdrs) memory.programHeaderSize ??= phdrs.length * Number(programHeaderEntry(how.is64));
    memory.programHeaderSize ??= Number(estimateProgramHeaders(context, how));
    return fileHeaderSize(how.is64) + BigInt(memory.programHeaderSize);
  }

  // The walks

  private assignAll(phase: "assigning" | "final"): void {
    this.context.phase = phase;
    new AssignPass(this.context, this.placement.statements, this.target.is64).run();
  }

  private sizeOnce(relaxer?: Relaxer): void {
    const { context, memory, placement } = this;
    if (context.report.hasErrors && context.phase === "allocating") memory.fatal ??= context.report;
    context.report = new Report();
    this.regions.clear();
    context.regions.reset();
    context.resetSections();
    memory.round++;
    const options = {
      checkRegions: true,
      demandRegions: this.target.startRelaxation === undefined,
      relaxer,
      onOverflow: this.regions.overflow,
    };
    relaxer?.startWalk(placement.outputs.map(walkedOutput), context);
    new SizePass(context, options, memory.round).run(placement.statements);
  }

  /** Sizes, and the search for the best start of the data segment. */
  private sizeAll(relaxer?: Relaxer): void {
    const { context } = this;
    context.phase = "allocating";
    context.dataSegment = newDataSegment();
    this.sizeOnce(relaxer);
    const segment: DataSegment = context.dataSegment;
    if (segment.state !== "end-seen") {
      segment.state = "done";
      return;
    }
    if (context.relro && segment.relroEnd !== 0n) {
      const base = segment.base;
      const end = this.moveRelro();
      this.sizeOnce();
      // Assignments to `.` made more padding than before: not worth it.
      if (segment.relroEnd > end) {
        segment.base = base;
        this.sizeOnce();
      }
      context.relroStart = segment.base;
      context.relroEnd = segment.relroEnd;
      return;
    }
    if (this.savePage()) this.sizeOnce(relaxer);
  }

  /** Moves the start of the data so that the read-only part ends at a page. Returns where that end is to be. */
  private moveRelro(): bigint {
    const { context, placement } = this;
    const segment = context.dataSegment;
    const page = segment.relroPageSize;
    const end = BigInt.asUintN(64, (segment.relroEnd + page - 1n) & -page);
    let desired = end - segment.relroOffset;
    const order = placement.headerOrder;
    for (let i = order.length - 1; i >= 0; i--) {
      const output = order[i];
      if (output.excluded || !output.exists || (output.flags & SectionFlag.alloc) === 0) continue;
      const { address } = output.ref;
      if (address < segment.base || address >= segment.relroEnd - segment.relroOffset) continue;
      const size = isTbss(output) ? 0n : BigInt(output.size);
      const moved = address + (desired - (address + size));
      desired = moved & ~((1n << BigInt(output.alignPower)) - 1n);
    }
    segment.state = "relro-adjust";
    segment.base = BigInt.asUintN(64, desired);
    return end;
  }

  /** Without relro: whether a page of the file can be shared by code and data. */
  private savePage(): boolean {
    const segment = this.context.dataSegment;
    const page = segment.commonPageSize;
    const first = BigInt.asUintN(64, -segment.base) & (page - 1n);
    const last = segment.end & (page - 1n);
    const pageOf = (address: bigint) => address & ~(page - 1n);
    const saves =
      first !== 0n && last !== 0n && pageOf(segment.base) !== pageOf(segment.end) && first + last <= page;
    segment.state = saves ? "adjust" : "done";
    return saves;
  }

  // The result

  /** Numbers the sections of the output. */
  private numberLive(): readonly OutputStatement[] {
    const { placement } = this;
    const live = placement.headerOrder.filter((output) => output.exists && !output.excluded);
    for (const output of placement.outputs) output.index = -1;
    live.forEach((output, i) => {
      output.index = i;
    });
    return live;
  }

  private finish(plans: readonly SegmentPlan[]): ImageLayout {
    const { context, memory, placement, how, model } = this;
    const live = this.numberLive();
    const sections = live.map((output) => this.outputSection(output));
    this.numberRows(live);
    linkSections(model, live, sections);
    const programHeaders = memory.programHeaderSize ?? 0;
    // GNU ld looks for overlaps of load addresses last.
    const aboutOffsets = new Report();
    let offsets: FileOffsets = {
      segments: [],
      imageEnd: 0,
      headersLoaded: false,
      headersAddress: undefined,
    };
    if (!this.hasSegments) placeInOrder(sections, Number(fileHeaderSize(how.is64)));
    else offsets = assignFileOffsets(context, how, plans, sections, programHeaders, aboutOffsets);
    setSectionAddresses(model, placement.outputs);
    const symbolOutput = this.setSymbols(live, offsets);
    const entry = this.entryAddress();
    if (this.model.options.oformat !== "binary") this.warnTypes(live);
    this.report.take(aboutOffsets);
    this.warnPermissions(offsets);
    const tls = tlsRange(live);
    return {
      sections,
      segments: offsets.segments,
      imageEnd: offsets.imageEnd,
      entry,
      headersSize: Number(fileHeaderSize(how.is64)) + (this.relocatable ? 0 : programHeaders),
      headersLoaded: offsets.headersLoaded,
      tls,
      symbolOutput,
      discarded: placement.discarded,
    };
  }

  private outputSection(output: OutputStatement): OutputSection {
    const hasBytes = (output.flags & (SectionFlag.load | SectionFlag.hasContents)) !== 0;
    const type = !hasBytes && this.model.options.oformat === "binary" ? SHT_NOBITS : finalType(output).type;
    const { address } = output.ref;
    const { children } = output;
    const data: { offset: number; bytes: Uint8Array; span: Span }[] = [];
    let count = 0;
    for (let i = 0; i < children.length; i++) {
      const child = children[i];
      if (child.kind === "input") count += child.sections.length;
      else if (child.kind === "data" && child.size > 0)
        data.push({ offset: child.offset, bytes: child.bytes, span: child.node.span });
    }
    const order = new Int32Array(count);
    let at = 0;
    for (let i = 0; i < children.length && at < count; i++) {
      const child = children[i];
      if (child.kind !== "input" || child.sections.length === 0) continue;
      order.set(child.sections, at);
      at += child.sections.length;
    }
    return {
      index: output.index,
      name: output.name,
      type,
      flags: finalFlags(output),
      isCode: (output.flags & SectionFlag.code) !== 0,
      align: alignmentOf(output),
      entsize: finalEntsize(output, type, this.how.is64),
      link: -1,
      info: 0,
      address,
      loadAddress: output.loadAddress,
      size: output.size,
      fileOffset: 0,
      order,
      data,
      isRoom: !hasBytes,
      // What nothing but the location counter made is never written.
      fills: hasBytes ? output.fills : [{ offset: 0, pattern: new Uint8Array(1) }],
      span: output.span,
    };
  }

  private numberRows(live: readonly OutputStatement[]): void {
    const { sections, arena } = this.model;
    for (const output of this.placement.outputs) {
      const home = output.exists && !output.excluded ? output.index : -1;
      const { children } = output;
      for (let i = 0; i < children.length; i++) {
        const child = children[i];
        if (child.kind !== "input" || child.sections.length === 0) continue;
        const rows = child.sections;
        arena.kernels.setWords(rows.byteOffset, rows.length, sections.output.byteOffset, home);
      }
    }
    this.context.numbered = live;
  }

  private warnTypes(live: readonly OutputStatement[]): void {
    for (const output of live) {
      if (!finalType(output).changed) continue;
      const message = `section \`${output.name}' type changed to PROGBITS`;
      this.report.warning("LD0504", output.span, message, { unplaced: true });
    }
  }

  private warnPermissions(offsets: FileOffsets): void {
    const { options } = this.model;
    if (!options.warnRwxSegments) return;
    for (const segment of offsets.segments) {
      if (segment.memorySize === 0) continue;
      const mixed = segment.sections.map((index) => `\`${this.context.numbered[index].name}'`).join(", ");
      if (segment.type === 7 && (segment.flags & 1) !== 0) {
        const message = `${options.output} has a TLS segment with execute permission`;
        if (options.errorRwxSegments) this.report.error("LD0570", undefined, `error: ${message}`);
        else this.report.warning("LD0570", undefined, message);
      } else if (segment.type === 1 && (segment.flags & 7) === 7) {
        const message = `${options.output} has a LOAD segment with RWX permissions`;
        const notes = [{ message: `the segment holds ${mixed}` }];
        if (options.errorRwxSegments) this.report.error("LD0571", undefined, `error: ${message}`, { notes });
        else this.report.warning("LD0571", undefined, message, { notes });
      }
    }
  }

  // Symbols

  private setSymbols(live: readonly OutputStatement[], offsets: FileOffsets): Map<SymbolId, number> {
    const { context, placement } = this;
    const load = offsets.segments.find((s) => s.type === PT_LOAD && s.sections.length > 0);
    const symbolOutput = setSymbols(
      context,
      this.madeSymbols(live, offsets.headersAddress, load ? load.sections[0] : -1),
      (output, address) => homeOf(placement, output, address),
      true,
    );
    this.findHomes(symbolOutput);
    return symbolOutput;
  }

  /** The symbols that the linker defines: edges of sections, and the file's header, if it is loaded, in section `headerHome`. */
  private madeSymbols(
    live: readonly OutputStatement[],
    headersAddress: bigint | undefined,
    headerHome: number,
  ): readonly PlacedSymbol[] {
    const made: PlacedSymbol[] = [];
    for (const output of live) for (const edge of output.edges) made.push(edgeSymbol(output, edge));
    const header = this.headerSymbol();
    if (header !== 0 && headersAddress !== undefined) {
      this.model.symbols.flags[header] |= SymbolFlag.forcedLocal;
      made.push({ id: header, address: headersAddress, output: headerHome });
    }
    return made;
  }

  /** Global symbols of an empty section that was dropped go with a neighbour; local ones are lost. */
  private findHomes(symbolOutput: Map<SymbolId, number>): void {
    const { symbols, sections, arena } = this.model;
    const home = new Map<SectionId, number>();
    for (const output of this.placement.outputs) {
      if (!output.exists || !output.excluded) continue;
      const index = homeOf(this.placement, output, output.ref.address);
      for (const child of output.children)
        if (child.kind === "input") for (const row of child.sections) home.set(row, index);
    }
    if (home.size === 0) return;
    const marks = uint8Column(sections.count);
    for (const row of home.keys()) marks[row] = 1;
    const found = int32Column(symbols.globals().length);
    const count = arena.kernels.globalsIn(symbols.columns(), marks.byteOffset, found.byteOffset);
    for (let i = 0; i < count; i++) {
      const index = home.get(symbols.section[found[i]]);
      if (index !== undefined) symbolOutput.set(found[i], index);
    }
  }

  /** `__ehdr_start`, where somebody refers to it and nobody defines it. */
  private headerSymbol(): SymbolId {
    const { names, symbols } = this.model;
    const name = names.find("__ehdr_start");
    const id = name < 0 ? 0 : symbols.global(name);
    if (id === 0 || this.context.symbols.has("__ehdr_start")) return 0;
    const section = symbols.section[id];
    return section === SymbolSection.undefined || section === SymbolSection.script ? id : 0;
  }

  /** The symbol of -e or ENTRY, a number, or where the code starts. */
  private entryAddress(): bigint {
    const { model, placement, report } = this;
    const { symbols, options } = model;
    const isLld = options.compat === "lld";
    const wanted = options.entry ?? placement.commands.entry?.text;
    const name = wanted ?? (isLld ? "_start" : "start");
    const id = symbols.global(model.names.addString(name));
    if (id !== 0 && this.isDefined(id)) {
      const high = BigInt(symbols.addressHigh[id] >>> 0) << 32n;
      return high | BigInt(symbols.addressLow[id] >>> 0);
    }
    if (name === "" && !isLld) return 0n;
    if (/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(name)) return BigInt(name);
    // GNU ld finds a .text that was dropped for being empty, too.
    const start = isLld || this.relocatable ? undefined : placement.text?.ref.address;
    // With -r only -e asks for one.
    const isWanted =
      this.relocatable && !options.gcSections ? options.entry !== undefined : wanted !== undefined;
    if (isWanted || isLld) {
      const end =
        start === undefined
          ? "not setting start address"
          : `defaulting to ${this.context.formatAddress(start)}`;
      const notes = this.entryNote();
      report.warning("LD0572", undefined, `cannot find entry symbol ${name}; ${end}`, { notes });
    }
    return start ?? 0n;
  }

  private isDefined(id: SymbolId): boolean {
    const section = this.model.symbols.section[id];
    // In a section that the script throws away it counts all the same.
    if (section > 0) {
      const { sections } = this.model;
      return sections.output[section] >= 0 || sections.fate[section] === Fate.discarded;
    }
    return section === SymbolSection.absolute || section === SymbolSection.script;
  }

  private entryNote(): Note[] {
    const { entry } = this.placement.commands;
    if (this.model.options.entry !== undefined || !entry) return [];
    return [{ message: "ENTRY names it here", where: entry.span }];
  }
}

function walkedOutput(output: OutputStatement): WalkedOutput {
  const { ref, alignPower, flags } = output;
  const code = (flags & SectionFlag.code) !== 0;
  return { address: ref.address, alignPower, code, threadLocal: (flags & SectionFlag.threadLocal) !== 0 };
}
