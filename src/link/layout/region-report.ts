import type { Note, Report } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { nameLocalSymbols } from "../../model/index.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import { isTbss } from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";
import type { Region } from "./regions.ts";

// A region that overflows: GNU ld's two lines, and below them what it does not
// say: what fills the region, and what lies across its end.

/** How many of the largest pieces are named. */
const SHOWN = 5;

interface Overflow {
  readonly output: OutputStatement;
  readonly region: Region;
  /** Where the section ended, if its address was given. */
  readonly address: bigint | undefined;
}

/** Collects what leaves its region in each walk, and reports it after the last. */
export class RegionReport {
  private readonly context: LayoutContext;
  private readonly to: Report;
  private overflows: Overflow[] = [];
  private readonly full = new Set<Region>();

  constructor(context: LayoutContext, report: Report) {
    this.context = context;
    this.to = report;
  }

  /** Before each walk. */
  clear(): void {
    this.overflows = [];
  }

  /** A section went past the end of a region; with an address of its own it is outside by itself. */
  readonly overflow = (output: OutputStatement, region: Region, address: bigint | undefined): void => {
    this.overflows.push({ output, region, address });
  };

  /** After all addresses are known: the sections that do not fit. */
  reportSections(): void {
    for (const overflow of this.overflows) {
      if (overflow.address !== undefined) this.reportOutside(overflow);
      else if (!this.full.has(overflow.region)) {
        this.full.add(overflow.region);
        this.reportFull(overflow);
      }
    }
  }

  /** Then the regions that are too small, and by how much, in the order of their declaration. */
  reportRegions(): void {
    const full = this.context.regions.list.filter((region) => this.full.has(region));
    for (const region of full) {
      const over = this.excess(region);
      const words = over === 1n ? "byte" : "bytes";
      this.to.error("LD0543", undefined, `region \`${region.name}' overflowed by ${over} ${words}`, {
        lld: this.lld(region),
        notes: this.explain(region),
      });
    }
    this.reportHiddenLoads(full);
  }

  private lld(region: Region): string {
    const name = this.overflows.find((each) => each.region === region)?.output.name ?? "";
    return `section '${name}' will not fit in region '${region.name}': overflowed by ${this.excess(region)} bytes`;
  }

  private reportOutside({ output, region, address = 0n }: Overflow): void {
    const file = this.context.model.options.output;
    const message = `address 0x${address.toString(16)} of ${file} section \`${output.name}' is not within region \`${region.name}'`;
    const notes = [this.regionNote(region)];
    this.to.error("LD0541", undefined, message, { lld: this.lld(region), notes });
  }

  private reportFull({ output, region }: Overflow): void {
    const file = this.context.model.options.output;
    const message = `${file} section \`${output.name}' will not fit in region \`${region.name}'`;
    const notes = output.span ? [{ message: `${output.name} is placed here`, where: output.span }] : [];
    this.to.error("LD0542", undefined, message, { lld: this.lld(region), notes });
  }

  private excess(region: Region): bigint {
    return BigInt.asUintN(64, region.current - (region.origin + region.length));
  }

  private regionNote(region: Region): Note {
    const end = region.origin + region.length;
    const message = `region ${region.name} is 0x${region.origin.toString(16)} to 0x${end.toString(16)} (${region.length} bytes)`;
    return { message, where: region.node?.span };
  }

  /** What is in a region, as address or as load address. */
  private inhabitants(region: Region): { readonly output: OutputStatement; readonly start: bigint }[] {
    const end = region.origin + region.length;
    const found: { output: OutputStatement; start: bigint }[] = [];
    for (const output of this.context.placement.headerOrder) {
      if (!output.exists || output.excluded || output.size === 0) continue;
      if ((output.flags & SectionFlag.alloc) === 0 || isTbss(output)) continue;
      const { address } = output.ref;
      if (output.regionName === region.name || (address >= region.origin && address < end))
        found.push({ output, start: address });
      else if ((output.flags & SectionFlag.load) !== 0) {
        const load = output.loadAddress;
        if (output.loadRegionName === region.name || (load >= region.origin && load < end))
          found.push({ output, start: load });
      }
    }
    return found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  private explain(region: Region): Note[] {
    const notes: Note[] = [this.regionNote(region)];
    const inhabitants = this.inhabitants(region);
    const total = inhabitants.reduce((sum, { output }) => sum + output.size, 0);
    const parts = inhabitants.map(({ output }) => `${output.name} ${output.size}`);
    if (parts.length > 0) notes.push({ message: `it would hold ${total} bytes: ${parts.join(", ")}` });
    const crossing = this.crossing(region, inhabitants);
    if (crossing) notes.push(crossing);
    const largest = this.largest(inhabitants.map(({ output }) => output));
    if (largest.length > 0) notes.push({ message: `the largest inputs are ${largest.join(", ")}` });
    return notes;
  }

  /** The input section that lies across the end of the region, or the first one past it. */
  private crossing(
    region: Region,
    inhabitants: readonly { readonly output: OutputStatement; readonly start: bigint }[],
  ): Note | undefined {
    const end = region.origin + region.length;
    const { sections } = this.context.model;
    for (const { output, start } of inhabitants) {
      if (start + BigInt(output.size) <= end) continue;
      const limit = Number(end - start);
      for (const child of output.children) {
        if (child.kind !== "input") continue;
        for (const row of child.sections) {
          if (sections.outputOffset[row] + sections.size[row] <= limit) continue;
          const across =
            sections.outputOffset[row] < limit ? "lies across the end" : "is the first past the end";
          const symbol = this.symbolAt(row, limit - sections.outputOffset[row]);
          const at = symbol ? ` at ${symbol}` : "";
          return {
            message: `${describeInput(this.context.model, row)} ${across} (0x${end.toString(16)})${at}`,
          };
        }
      }
      return { message: `${output.name} lies across the end (0x${end.toString(16)})` };
    }
    return undefined;
  }

  /** The last symbol of an input section at or before an offset. */
  private symbolAt(section: SectionId, offset: number): string | undefined {
    nameLocalSymbols(this.context.model);
    const { symbols, names } = this.context.model;
    let best = 0;
    for (let id = 1; id < symbols.count; id++) {
      if (symbols.section[id] !== section || (symbols.info[id] & 0xf) > 2 || symbols.name[id] === 0) continue;
      if (symbols.valueLow[id] > offset) continue;
      if (best === 0 || symbols.valueLow[id] > symbols.valueLow[best]) best = id;
    }
    return best === 0 ? undefined : names.text(symbols.name[best]);
  }

  private largest(outputs: readonly OutputStatement[]): string[] {
    const { model } = this.context;
    const { sections } = model;
    let top: SectionId[] = [];
    for (const output of outputs) {
      for (const child of output.children) {
        if (child.kind !== "input") continue;
        for (const row of child.sections) {
          if (sections.size[row] === 0) continue;
          const smallest = top[top.length - 1];
          if (top.length >= SHOWN && sections.size[row] <= sections.size[smallest]) continue;
          top.push(row);
          top.sort((a, b) => sections.size[b] - sections.size[a]);
          top = top.slice(0, SHOWN);
        }
      }
    }
    return top.map((row) => `${describeInput(model, row)} (${sections.size[row]})`);
  }

  /**
   * A load address computed by AT() is not counted by GNU ld: data can run off
   * the end of flash, and nobody says a word. We do.
   */
  private reportHiddenLoads(full: readonly Region[]): void {
    const { context, to } = this;
    for (const output of context.placement.headerOrder) {
      if (!output.exists || output.excluded || !output.loadBase || output.size === 0) continue;
      if ((output.flags & SectionFlag.load) === 0) continue;
      const start = output.loadAddress;
      const end = start + BigInt(output.size);
      // A computed address may be the very end of a region that is full; a number is where it says.
      const reach = output.loadBase.kind === "number" ? 0n : 1n;
      const region = context.regions.list.find(
        (each) => each.node && start >= each.origin && start < each.origin + each.length + reach,
      );
      if (!region || full.includes(region)) continue;
      const limit = region.origin + region.length;
      if (end <= limit) continue;
      const over = end - limit;
      const message = `the load image of section \`${output.name}' overruns region \`${region.name}' by ${over} bytes`;
      to.warning("LD0544", output.loadBase.span, message, {
        notes: [
          {
            message: `AT() gives it the load address 0x${start.toString(16)}, which no region accounts for; use AT> ${region.name} instead`,
          },
          ...this.explain(region),
        ],
      });
    }
  }
}

/** `main.o(.text.f)`. */
export function describeInput(model: LinkModel, row: SectionId): string {
  const { sections, names, objects } = model;
  const name = names.text(sections.name[row]);
  const object = objects[sections.object[row]];
  return `${object?.name ?? "linker stubs"}(${name})`;
}
