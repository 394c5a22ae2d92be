import { int32Column } from "../../binary/index.ts";
import { absoluteSection, checkAssert, type DataSegment, evaluate, stringBytes } from "../../script/index.ts";
import type { Relaxer } from "../../targets/index.ts";
import {
  type AssignmentStatement,
  type DataStatement,
  type InputStatement,
  type OutputStatement,
  SectionFlag,
  type Statement,
} from "../place/placement.ts";
import { isTbss } from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";
import {
  absoluteValue,
  addressOf,
  assign,
  extentOf,
  fillPattern,
  isDotAssignment,
  plainValue,
  powerValue,
} from "./layout-walk.ts";
import { linkerVersion } from "./linker-version.ts";
import type { Region } from "./regions.ts";
import type { SeveralRegions, Walk } from "./several-regions.ts";

// One walk over the statements that gives every output section an address, a
// load address and a size, and every input section its offset.
//
// The location counter outside of sections has two forms, as in GNU ld: `dot`,
// which expressions see, and the fill level of a memory region, from which a
// section without an address of its own starts. An assignment to `.` outside
// of sections moves the level of the default region only.

/** What a walk checks: regions may overflow for a while, as long as sizes are not final. */
export interface SizeOptions {
  readonly checkRegions: boolean;
  /** Loaded sections must have a region, where there are any. */
  readonly demandRegions: boolean;
  /** Shrinks sections as they are met. */
  readonly relaxer?: Relaxer;
  /** Told when a section leaves its region. */
  onOverflow(output: OutputStatement, region: Region, address: bigint | undefined): void;
}

const NO_FILL = new Uint8Array(0);

export class SizePass {
  private readonly context: LayoutContext;
  private readonly options: SizeOptions;
  /** The greatest alignment of sections that a kernel has placed. */
  private readonly power = int32Column(1);
  /** How many walks there were since marking; some complaints are for the first. */
  private readonly round: number;
  private dot = 0n;

  constructor(context: LayoutContext, options: SizeOptions, round: number) {
    this.context = context;
    this.options = options;
    this.round = round;
  }

  run(statements: readonly Statement[]): void {
    const { context } = this;
    context.iteration++;
    for (let i = 0; i < statements.length; i++) {
      const statement = statements[i];
      switch (statement.kind) {
        case "assignment":
          statement.before = this.dot;
          context.dataSegment.relro = "none";
          this.dot = assign(context, statement, undefined, this.dot);
          statement.after = this.dot;
          this.noteRelro(statement, context.dataSegment.relro);
          context.regions.defaultRegion.current = this.dot;
          break;
        case "assert":
          statement.before = statement.after = this.dot;
          this.check(statement.node);
          // To GNU ld it is one more assignment: `.` is where a section without a region begins.
          context.regions.defaultRegion.current = this.dot;
          break;
        case "output":
          if (!statement.dropped && statement.name !== "/DISCARD/") this.sizeOutput(statement);
          break;
      }
    }
  }

  /** Which statement held DATA_SEGMENT_ALIGN, and which DATA_SEGMENT_RELRO_END. */
  private noteRelro(statement: Statement, relro: DataSegment["relro"]): void {
    if (relro === "start") this.context.relroStartStatement ??= statement;
    else if (relro === "end") this.context.relroEndStatement ??= statement;
  }

  private check(node: Parameters<typeof checkAssert>[0]): void {
    if (this.context.phase !== "first") checkAssert(node, this.context.at(this.dot));
  }

  // Output sections

  private sizeOutput(output: OutputStatement): void {
    const { context } = this;
    const { model, report } = context;
    output.before = this.dot;
    if (output.address) {
      const result = evaluate(output.address, context.at(this.dot));
      if (result.state === "known") this.dot = addressOf(result);
      else if (context.phase !== "mark" && result.state === "unknown") {
        const message = `non constant or forward reference address expression for section ${output.name}`;
        report.error("LD0530", output.address.span, message);
      }
    }
    output.after = this.dot;
    if (!output.exists) return;
    const relocatable = model.options.kind === "relocatable";
    const { start, moved, alignment } = this.startOf(output);
    output.ref.address = start;
    output.loadAddress = start;
    output.pads = [];
    output.fills = [];
    const state = context.processed.get(output);
    this.options.relaxer?.enter(output.index, start);
    this.sizeChildren(output, start);
    if (state) state.address = true;
    const loadRegion = this.loadRegionOf(output);
    // A section that is dropped does not move the location counter, but what it is given counts for those behind it.
    const dot = output.ignored ? output.after : start;
    this.setLoadAddress(output, loadRegion, moved, alignment, dot);
    if (state) state.load = true;

    const region = this.regionOf(output);
    const last = region.lastOutput;
    const ignoresSize = (output.flags & SectionFlag.alloc) === 0 || isTbss(output);
    const tracks =
      (!ignoresSize &&
        (output.size !== 0 ||
          (!last && start !== output.loadAddress) ||
          (last !== undefined && dot >= last.ref.address))) ||
      output.overlay === "first";
    if (tracks && !loadRegion && !relocatable) region.lastOutput = output;
    if (output.ignored) {
      this.dot = output.after;
      return;
    }
    this.dot = start;
    const extent = isTbss(output) && !relocatable ? 0n : BigInt(extentOf(context, output));
    this.dot = BigInt.asUintN(64, this.dot + extent);
    if (output.updateDot) {
      const result = evaluate(output.updateDot, context.at(this.dot));
      if (result.state === "known") this.dot = addressOf(result);
    }
    output.after = this.dot;
    this.advanceRegions(output, region, loadRegion, extent);
  }

  /** The address: the one the script gives, or where the region stands; aligned. */
  private startOf(output: OutputStatement): { start: bigint; moved: bigint; alignment: number } {
    const { context } = this;
    let start = this.dot;
    let alignment: number;
    if (!output.address) {
      const region = this.regionOf(output);
      this.demandRegion(output, region);
      start = region.current;
      alignment = output.alignPower;
    } else alignment = powerValue(context, output.align, "section alignment");
    if (alignment <= 0) return { start, moved: 0n, alignment };
    const aligned = alignPower(start, alignment);
    const moved = BigInt.asUintN(64, aligned - start);
    this.reportMoved(output, moved, aligned, alignment);
    return { start: aligned, moved, alignment };
  }

  private reportMoved(output: OutputStatement, moved: bigint, aligned: bigint, alignment: number): void {
    const { options } = this.context.model;
    if (!output.address && !options.warnSectionAlign) return;
    let diff = 0n;
    if (this.round === 1) diff = moved;
    else if (this.round > 1) {
      diff = BigInt.asIntN(64, aligned - output.ref.address);
      if ((diff & ((1n << BigInt(alignment)) - 1n)) === 0n) diff = 0n;
    }
    if (diff !== 0n)
      this.context.aboutMoves.warning(
        "LD0531",
        output.span,
        `start of section ${output.name} changed by ${diff}`,
        { unplaced: true },
      );
  }

  private regionOf(output: OutputStatement): Region {
    const { regions } = this.context;
    let region = output.region
      ? regions.named(output.region.text, output.region.span)
      : regions.defaultRegion;
    const placed = (output.flags & (SectionFlag.alloc | SectionFlag.load)) !== 0;
    if (!output.address && region.isDefault && placed) region = regions.forFlags(output.flags);
    output.regionName = region.isDefault ? undefined : region.name;
    return region;
  }

  /** The region of AT>, or the one taken over from the section before. */
  private loadRegionOf(output: OutputStatement): Region | undefined {
    const { regions } = this.context;
    const name = output.loadRegion ?? output.inheritedLoadRegion;
    const region = name ? regions.named(name.text, name.span) : undefined;
    output.loadRegionName = region?.name;
    return region;
  }

  private demandRegion(output: OutputStatement, region: Region): void {
    const { regions, aboutMoves: report, model } = this.context;
    // GNU ld asks in the first walk only.
    if (this.round !== 1) return;
    if (output.ignored || !region.isDefault || !regions.declared) return;
    if ((output.flags & SectionFlag.alloc) === 0 || isTbss(output)) return;
    if (!this.options.demandRegions || model.options.kind === "relocatable") return;
    const message = `no memory region specified for loadable section \`${output.name}'`;
    if (model.options.checkSections) {
      report.error("LD0532", output.span, `error: ${message}`, {
        unplaced: true,
        lld: `no memory region specified for section '${output.name}'`,
      });
    } else report.warning("LD0532", output.span, message, { unplaced: true });
  }

  private setLoadAddress(
    output: OutputStatement,
    loadRegion: Region | undefined,
    moved: bigint,
    alignment: number,
    dot: bigint,
  ): void {
    const { context } = this;
    const region = this.regionOf(output);
    const start = output.ref.address;
    if (output.loadBase) {
      output.loadAddress = absoluteValue(context, output.loadBase, "load base") ?? 0n;
    } else if (loadRegion) {
      let address = loadRegion.current;
      if (output.alignWithInput) address += moved;
      else {
        let power = alignment;
        if (loadRegion !== region) power = powerValue(context, output.align, "section alignment");
        if (power > 0) address = alignPower(address, power);
      }
      output.loadAddress = BigInt.asUintN(64, address);
    } else if (region.lastOutput && (output.flags & SectionFlag.alloc) !== 0) {
      const last = region.lastOutput;
      const end = dot + BigInt(output.size);
      if (dot < last.ref.address && output.size !== 0 && end <= last.ref.address) {
        // Backwards: nothing says where the load address should be, so it stays the address.
        if (last.ref.address !== last.loadAddress)
          context.report.warning("LD0533", output.span, `dot moved backwards before \`${output.name}'`, {
            unplaced: true,
          });
        return;
      }
      let address =
        output.overlay === "next"
          ? last.loadAddress + BigInt(last.size)
          : BigInt.asUintN(64, start + last.loadAddress - last.ref.address);
      if (alignment > 0) address = alignPower(address, alignment);
      output.loadAddress = BigInt.asUintN(64, address);
    }
  }

  private advanceRegions(
    output: OutputStatement,
    region: Region,
    loadRegion: Region | undefined,
    extent: bigint,
  ): void {
    if (output.isDetached || (output.flags & (SectionFlag.alloc | SectionFlag.load)) === 0) return;
    region.current = this.dot;
    this.checkRegion(output, region, output.address ? this.dot : undefined, output.ref.address);
    if (!loadRegion || loadRegion === region) return;
    if ((output.flags & SectionFlag.load) === 0 && !output.alignWithInput) return;
    loadRegion.current = BigInt.asUintN(64, output.loadAddress + extent);
    this.checkRegion(output, loadRegion, undefined, output.loadAddress);
  }

  /** A region may be filled to its very end, also where that is the end of the address space. */
  private checkRegion(
    output: OutputStatement,
    region: Region,
    address: bigint | undefined,
    base: bigint,
  ): void {
    if (!this.options.checkRegions) return;
    const { current, origin, length } = region;
    const outside = current < origin || current - origin > length;
    const end = BigInt.asUintN(64, origin + length);
    if (outside && (current !== end || base === 0n)) this.options.onOverflow(output, region, address);
  }

  // What is in an output section

  private sizeChildren(output: OutputStatement, start: bigint): void {
    const { context } = this;
    this.dot = start;
    output.size = 0;
    let fill = output.fill ? fillPattern(context, output.fill) : NO_FILL;
    output.fills.push({ offset: 0, pattern: fill });
    const { children } = output;
    for (let i = 0; i < children.length; i++) {
      const child = children[i];
      child.before = this.dot;
      switch (child.kind) {
        case "assignment":
          this.assignInside(output, child, fill);
          break;
        case "assert":
          if (context.phase !== "first") checkAssert(child.node, context.at(this.dot, output.ref));
          break;
        case "input":
          this.sizeInputs(output, child, start);
          if (!child.node) this.losePad(output, child, Number(child.before - start));
          break;
        case "data":
          this.sizeData(output, child, start);
          break;
        case "fill":
          fill = fillPattern(context, child.node.value);
          output.fills.push({ offset: Number(this.dot - start), pattern: fill });
          break;
        case "object-symbols":
          output.flags |= SectionFlag.keep;
          break;
      }
      child.after = this.dot;
    }
  }

  /**
   * Where an orphan follows an assignment to the location counter and has to be aligned, GNU ld notes that padding in
   * place of the other, whose bytes then stay zero.
   */
  private losePad(output: OutputStatement, { sections }: InputStatement, from: number): void {
    const pad = output.pads[output.pads.length - 1];
    const { outputOffset } = this.context.model.sections;
    if (sections.length === 0 || outputOffset[sections[0]] === from) return;
    if (!pad || pad.offset + pad.size !== from || output.children.at(-2) !== pad.cause) return;
    output.pads.pop();
    output.fills = output.fills.map((fill) =>
      fill.offset === pad.offset ? { offset: fill.offset, pattern: new Uint8Array(1) } : fill,
    );
  }

  private assignInside(output: OutputStatement, child: AssignmentStatement, fill: Uint8Array): void {
    const before = this.dot;
    const next = assign(this.context, child, output, before);
    if (output.ignored || next === before) return;
    const start = output.ref.address;
    const offset = Number(before - start);
    output.pads.push({ offset, size: Number(next - before), pattern: fill, cause: child });
    // It is filled by itself, apart from what alignment leaves on either side.
    output.fills.push({ offset, pattern: fill }, { offset: Number(next - start), pattern: fill });
    this.dot = next;
    output.size = Number(next - start);
    // Room that the location counter made is room in memory, unless the section is said to have none.
    const keyword = output.type?.keyword;
    const hasNone = keyword === "COPY" || keyword === "INFO" || keyword === "DSECT" || keyword === "OVERLAY";
    if (!hasNone && isDotAssignment(child)) output.flags |= SectionFlag.alloc;
  }

  private sizeData(output: OutputStatement, child: DataStatement, start: bigint): void {
    const { context } = this;
    child.offset = Number(this.dot - start);
    child.size = this.dataSize(child);
    if (child.node.kind === "data") evaluate(child.node.value, context.at(this.dot, absoluteSection));
    this.dot += BigInt(child.size);
    output.size = Number(this.dot - start);
  }

  private dataSize(child: DataStatement): number {
    const { node } = child;
    if (node.kind === "linker-version") return linkerVersion(this.context.model.options).length;
    if (node.kind === "ascii") {
      const length = stringBytes(node.text.text).length;
      if (!node.size) return length + 1;
      const size = plainValue(this.context, node.size, "ASCII size");
      return size === undefined ? length : Number(size);
    }
    const sizes = { BYTE: 1, SHORT: 2, LONG: 4, QUAD: 8, SQUAD: 8 };
    return sizes[node.directive];
  }

  /** Hot: every input section, in every walk. Offsets are doubles; alignment looks at the low bits of the address. */
  private sizeInputs(output: OutputStatement, child: InputStatement, start: bigint): void {
    const rows = child.sections;
    if (rows.length === 0) return;
    const { context } = this;
    const { relaxer } = this.options;
    if (context.placement.several) {
      this.fitInputs(output, child, start, context.placement.several);
      return;
    }
    const { sections, merge, arena } = context.model;
    const { size, alignPower: powers, outputOffset } = sections;
    const merged = merge?.merged;
    const { empty } = context.placement;
    const sub = output.subalign ? powerValue(context, output.subalign, "subsection alignment") : -1;
    // The address modulo 2^32: `&` takes its operands modulo that, and is ten times as fast as `%` on doubles.
    const low = Number(BigInt.asUintN(32, start));
    let at = Number(this.dot - start);
    const sized = relaxer ? undefined : child.sized;
    if (sized && sized.version === context.sizesVersion && sized.rows === rows && sized.start === at) {
      // Nothing has changed that offsets depend on, as in most walks.
      if (((low + at) & ((1 << sized.power) - 1)) === sized.phase) {
        this.endInputs(output, start, sized.end, sized.power);
        return;
      }
    }
    const from = at;
    if (!output.ignored && sub < 0) {
      const block = sections.block.byteOffset;
      const mergedAt = merged?.byteOffset ?? 0;
      const emptyAt = context.emptyRows?.byteOffset ?? 0;
      at = relaxer
        ? relaxer.visitRows(rows, {
            at,
            low,
            sections: block,
            merged: mergedAt,
            empty: emptyAt,
            power: this.power,
          })
        : arena.kernels.placeRows(
            rows.byteOffset,
            rows.length,
            block,
            mergedAt,
            emptyAt,
            low,
            at,
            this.power.byteOffset,
          );
      const [power] = this.power;
      const phase = (low + from) & ((1 << power) - 1);
      const version = relaxer ? -1 : context.sizesVersion;
      child.sized = { version, rows, start: from, power, phase, end: at };
      this.endInputs(output, start, at, power);
      return;
    }
    let largest = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      relaxer?.visit(row);
      const bytes = size[row];
      // All pieces of it are in other sections: as if it were not there.
      if (output.ignored || (bytes === 0 && (merged?.[row] === 1 || empty.has(row)))) {
        outputOffset[row] = at;
        continue;
      }
      const power = sub >= 0 ? sub : powers[row];
      if (power > 0) {
        if (power > largest) largest = power;
        at += -(low + at) & ((1 << power) - 1);
      }
      outputOffset[row] = at;
      at += bytes;
    }
    const phase = (low + from) & ((1 << largest) - 1);
    const version = relaxer ? -1 : context.sizesVersion;
    child.sized = { version, rows, start: from, power: largest, phase, end: at };
    this.endInputs(output, start, at, largest);
  }

  /** --enable-non-contiguous-regions: only what the region has room for. */
  private fitInputs(
    output: OutputStatement,
    child: InputStatement,
    start: bigint,
    several: SeveralRegions,
  ): void {
    const { subalign: expression } = output;
    const subalign = expression ? powerValue(this.context, expression, "subsection alignment") : -1;
    const walk: Walk = {
      dot: this.dot,
      start,
      region: this.regionOf(output),
      subalign,
      relaxer: this.options.relaxer,
    };
    several.fit(output, child, walk);
    this.dot = walk.dot;
  }

  private endInputs(output: OutputStatement, start: bigint, end: number, power: number): void {
    if (power > output.alignPower) output.alignPower = power;
    this.dot = start + BigInt(end);
    if (!output.ignored && end > output.size) output.size = end;
  }
}

export function alignPower(address: bigint, power: number): bigint {
  const mask = (1n << BigInt(power)) - 1n;
  return BigInt.asUintN(64, (address + mask) & ~mask);
}
