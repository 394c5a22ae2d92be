import { checkAssert, type Expression, evaluate, type SectionRef, stringBytes } from "../../script/index.ts";
import type { Relaxer } from "../../targets/index.ts";
import type { LayoutContext } from "../layout/layout-context.ts";
import { absoluteValue, addressOf, isDotAssignment, plainValue } from "../layout/layout-walk.ts";
import type { Region } from "../layout/regions.ts";
import { alignPower } from "../layout/size-pass.ts";
import type {
  AssignmentStatement,
  DataStatement,
  InputStatement,
  OutputStatement,
  Statement,
} from "../place/placement.ts";
import { SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHT_NOBITS } from "../place/section-flags.ts";

// LLD's walk: one location counter goes through all statements, in and out of
// sections; a region merely moves it to where the region is filled to. Outside
// of sections `.` belongs to the section before. One walk does everything,
// symbols and data too, and walks go on until no symbol moves any more.

/** What the walk needs to know of the segments, which are made before it. */
export interface LoadOffsets {
  /** The segment a section starts: its distance of load address and address is that of the section. */
  startsLoad(output: OutputStatement): boolean;
  setOffset(output: OutputStatement, offset: bigint): void;
}

export interface LldSizeOptions {
  /** Where the first section lies without a script. */
  readonly start: bigint;
  readonly trapByte: number | undefined;
  /** The address that replaces a section's own: the start of a page. */
  readonly pageStart: ReadonlyMap<OutputStatement, (dot: bigint) => bigint>;
  readonly loads: LoadOffsets;
  readonly relaxer: Relaxer | undefined;
  /** -r: each section starts at zero. */
  readonly relocatable: boolean;
}

export class LldSizePass {
  private readonly context: LayoutContext;
  private readonly options: LldSizeOptions;
  private dot: bigint;
  private output: OutputStatement | undefined;
  /** The void before the first section: `.` there is relative, too. */
  private readonly aether: SectionRef;
  private region: Region | undefined;
  private loadRegion: Region | undefined;
  private loadOffset = 0n;
  private tlsOffset = 0n;
  /** Of the current section, in place of its inputs' alignments. */
  private subalign: bigint | undefined;
  private readonly overflowed = new Set<string>();

  constructor(context: LayoutContext, options: LldSizeOptions) {
    this.context = context;
    this.options = options;
    this.dot = options.start;
    this.aether = { name: "", address: options.start };
  }

  run(statements: readonly Statement[]): void {
    const { context } = this;
    context.iteration++;
    context.regions.reset();
    for (const statement of statements) {
      statement.before = this.dot;
      switch (statement.kind) {
        case "assignment":
          this.assign(statement, undefined);
          break;
        case "assert":
          checkAssert(statement.node, this.here());
          break;
        case "output":
          if (!statement.dropped) this.sizeOutput(statement);
          break;
      }
      statement.after = this.dot;
    }
  }

  private here(): LayoutContext {
    return this.context.at(this.dot, this.output?.ref ?? this.aether);
  }

  private assign(statement: AssignmentStatement, output: OutputStatement | undefined): void {
    const { context } = this;
    const { node } = statement;
    if (isDotAssignment(statement)) {
      const result = evaluate(statement.expression, this.here(), { assigningToDot: true });
      if (result.state !== "known") return;
      const value = addressOf(result);
      if (output && value < this.dot) {
        const message = `unable to move location counter backward for: ${output.name}`;
        context.report.error("LD0522", node.span, message);
      }
      if (output) {
        const grown = value - this.dot;
        const offset = Number(this.dot - output.ref.address);
        const pattern = output.fills[output.fills.length - 1].pattern;
        if (grown > 0n) output.pads.push({ offset, size: Number(grown), pattern, cause: statement });
        this.expand(grown);
      }
      this.dot = value;
      return;
    }
    if (node.provide && !statement.provided && !context.isWanted(node.target.text)) return;
    const result = evaluate(statement.expression, this.here(), {});
    if (node.provide) statement.provided = true;
    if (result.state === "error") return;
    const known = result.state === "known" ? result : undefined;
    statement.value = known;
    context.assign(node.target.text, known, node.hidden);
  }

  // Sections

  private sizeOutput(output: OutputStatement): void {
    const { context, options } = this;
    const isAlloc = (output.elfFlags & SHF_ALLOC) !== 0;
    this.subalign = this.evaluateAlignments(output);
    const isTbss = (output.elfFlags & SHF_TLS) !== 0 && output.elfType === SHT_NOBITS;
    const saved = this.dot;
    if (!isAlloc || options.relocatable) this.dot = 0n;
    this.region = this.regionOf(output);
    this.loadRegion = output.loadRegion && this.namedRegion(output.loadRegion.text);
    output.regionName = this.region?.name;
    output.loadRegionName = this.loadRegion?.name;
    if (this.region) this.dot = this.region.current;
    if (isAlloc) this.moveToAddress(output);
    if (this.region && this.region.current < this.dot)
      this.expandRegion(this.region, this.dot - this.region.current, output);
    this.output = output;
    const before = isTbss ? this.dot + this.tlsOffset : this.dot;
    const start = alignPower(before, output.alignPower);
    if (isTbss) this.tlsOffset = start - this.dot;
    else this.dot = start;
    output.ref.address = start;
    options.relaxer?.enter(output.index, start);
    this.expandRegions(start - before);
    if (output.loadBase) {
      const base = evaluate(output.loadBase, this.here());
      this.loadOffset = (base.state === "known" ? addressOf(base) : 0n) - this.dot;
    } else if (this.loadRegion) this.loadOffset = this.loadRegion.current - this.dot;
    if (options.loads.startsLoad(output)) options.loads.setOffset(output, this.loadOffset);
    output.pads = [];
    output.fills = [{ offset: 0, pattern: this.filler(output) }];
    output.size = 0;
    this.sizeChildren(output, isTbss);
    output.loadAddress = BigInt.asUintN(64, start + this.loadOffset);
    if (!isAlloc) this.dot = saved;
    if (output.updateDot) this.dot = absoluteValue(context, output.updateDot, "end of overlay") ?? this.dot;
    const state = context.processed.get(output);
    if (state) state.address = state.load = true;
  }

  /** Alignments count before there are addresses: `.` has no value in them. Returns that of SUBALIGN. */
  private evaluateAlignments(output: OutputStatement): bigint | undefined {
    const { context } = this;
    const power = (expression: Expression | undefined): bigint | undefined => {
      const value = plainValue(context, expression, "section alignment");
      if (!expression || value === undefined || (value & (value - 1n)) === 0n) return value;
      const message = "alignment must be power of 2";
      if (context.phase === "final")
        context.report.error("LD0536", expression.span, message, { lld: message });
      return value;
    };
    power(output.align);
    return power(output.subalign);
  }

  private moveToAddress(output: OutputStatement): void {
    const page = this.options.pageStart.get(output);
    if (output.address) {
      const result = evaluate(output.address, this.here());
      if (result.state === "known") this.dot = addressOf(result);
    } else if (page) this.dot = page(this.dot);
  }

  private filler(output: OutputStatement): Uint8Array {
    const { context, options } = this;
    // FILL counts from the start of the section, and only the last one does.
    let fill = output.fill;
    for (const child of output.children) if (child.kind === "fill") fill = child.node.value;
    if (fill) {
      const value = plainValue(context, fill, "fill value") ?? 0n;
      const word = Number(BigInt.asUintN(32, value));
      return Uint8Array.of(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff);
    }
    const isCode = (output.elfFlags & SHF_EXECINSTR) !== 0;
    return Uint8Array.of(isCode ? (options.trapByte ?? 0) : 0);
  }

  private sizeChildren(output: OutputStatement, isTbss: boolean): void {
    for (const child of output.children) {
      child.before = this.dot;
      switch (child.kind) {
        case "assignment":
          this.assign(child, output);
          break;
        case "assert":
          checkAssert(child.node, this.here());
          break;
        case "data":
          this.sizeData(output, child);
          break;
        case "input":
          this.sizeInputs(output, child, isTbss);
          break;
        case "fill":
        case "object-symbols":
          break;
      }
      child.after = this.dot;
    }
  }

  private sizeData(output: OutputStatement, child: DataStatement): void {
    const { node } = child;
    child.offset = Number(this.dot - output.ref.address);
    const sizes = { BYTE: 1, SHORT: 2, LONG: 4, QUAD: 8, SQUAD: 8 };
    if (node.kind === "data") {
      child.size = sizes[node.directive];
      // LLD computes it where the section begins to be written: behind the data itself.
      this.dot += BigInt(child.size);
      this.expand(BigInt(child.size));
      const result = evaluate(node.value, this.here());
      if (result.state !== "known") return;
      let value = addressOf(result);
      child.bytes = new Uint8Array(child.size);
      for (let i = 0; i < child.size; i++) {
        child.bytes[i] = Number(value & 0xffn);
        value >>= 8n;
      }
      return;
    }
    const text = node.kind === "ascii" ? stringBytes(node.text.text) : [];
    const bytes = node.kind === "ascii" && !node.size ? [...text, 0] : text;
    child.bytes = Uint8Array.from(bytes);
    child.size = bytes.length;
    this.dot += BigInt(child.size);
    this.expand(BigInt(child.size));
  }

  /** Hot. */
  private sizeInputs(output: OutputStatement, child: InputStatement, isTbss: boolean): void {
    const { context, options } = this;
    const { sections, merge } = context.model;
    const { size, alignPower: powers, outputOffset } = sections;
    const merged = merge?.merged;
    const start = output.ref.address;
    const low = Number(BigInt.asUintN(40, start));
    const from = Number((isTbss ? this.dot + this.tlsOffset : this.dot) - start);
    const sub = this.subalign;
    const rows = child.sections;
    let at = from;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      options.relaxer?.visit(row);
      const bytes = size[row];
      if (bytes !== 0 || merged?.[row] !== 1) {
        const align = sub !== undefined ? Number(sub) : 2 ** powers[row];
        const over = align > 1 ? (low + at) % align : 0;
        if (over !== 0) at += align - over;
      }
      outputOffset[row] = at;
      at += bytes;
    }
    const grown = BigInt(at - from);
    if (isTbss) this.tlsOffset += grown;
    else this.dot += grown;
    this.expand(grown);
  }

  // Regions

  private regionOf(output: OutputStatement): Region | undefined {
    const { regions, report } = this.context;
    if (output.region) return this.namedRegion(output.region.text);
    if (!regions.declared) return undefined;
    for (const region of regions.list)
      if ((region.elfFlags & output.elfFlags) !== 0 && (region.elfNotFlags & output.elfFlags) === 0)
        return region;
    if ((output.elfFlags & SHF_ALLOC) !== 0) {
      const message = `no memory region specified for section '${output.name}'`;
      report.error("LD0532", undefined, message, { lld: message });
    }
    return undefined;
  }

  private namedRegion(name: string): Region | undefined {
    const { regions, report } = this.context;
    const region = regions.find(name);
    if (!region) {
      const message = `memory region '${name}' not declared`;
      report.error("LD0513", undefined, message, { lld: message });
    }
    return region;
  }

  private expand(size: bigint): void {
    if (this.output) this.output.size += Number(size);
    this.expandRegions(size);
  }

  private expandRegions(size: bigint): void {
    if (!this.output) return;
    if (this.region) this.expandRegion(this.region, size, this.output);
    if (this.loadRegion && this.loadRegion !== this.region)
      this.expandRegion(this.loadRegion, size, this.output);
  }

  private expandRegion(region: Region, size: bigint, output: OutputStatement): void {
    region.current += size;
    const used = region.current - region.origin;
    const key = `${region.name} ${output.name}`;
    if (used <= region.length || this.overflowed.has(key)) return;
    this.overflowed.add(key);
    const message = `section '${output.name}' will not fit in region '${region.name}': overflowed by ${used - region.length} bytes`;
    this.context.report.error("LD0542", undefined, message, { lld: message });
  }
}
