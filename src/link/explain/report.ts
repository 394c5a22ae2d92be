import { type Span, sourceLine } from "../../diagnostics/index.ts";
import { SHT_NOBITS } from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  nameLocalSymbols,
  type OutputSection,
  type SectionId,
  SymbolFlag,
} from "../../model/index.ts";
import type { LinkResult } from "../link.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import { outputPath } from "../write/output.ts";
import { originalSize, symbolAddress } from "./map-symbols.ts";

// --report: all that a link decided, as JSON, with the reasons. The names of
// the top level are those that STMicroelectronics' GNU tools were asked for
// (format, output, memory_regions, output_sections, input_sections,
// discarded_input_sections, symbols). docs/report.md describes each field.
//
// It is a ledger: every byte of the file, and of each output section in
// memory, has exactly one owner. `auditReport` proves it.

/** A 64-bit number, as JSON cannot hold it: `0x80000000`. */
export type Hex = `0x${string}`;

export interface ReportPlace {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Who owns a range, and for padding, why it is there. */
export type Owner =
  | { readonly kind: "input"; readonly input: number }
  | { readonly kind: "data"; readonly text: string; readonly script?: ReportPlace }
  | {
      readonly kind: "padding";
      readonly cause: "alignment" | "assignment" | "end";
      /** The input section after it, whose alignment it serves. */
      readonly input?: number;
      readonly align?: number;
      readonly script?: ReportPlace;
    };

export type SectionRange = { readonly offset: number; readonly size: number } & Owner;

export type FileRange = { readonly offset: number; readonly size: number } & (
  | { readonly kind: "headers" | "table"; readonly name: string }
  | { readonly kind: "gap"; readonly before: string }
  | { readonly kind: "compressed"; readonly output_section: number }
  | ({ readonly output_section: number } & Owner)
);

export interface ReportRegion {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly attributes: string;
  readonly origin: Hex;
  readonly length: Hex;
  readonly used: Hex;
  readonly script?: ReportPlace;
  /** In the order of addresses; `load` where only the section's initial contents are in it. */
  readonly sections: readonly {
    readonly output_section: number;
    readonly use: "run" | "load";
    readonly address: Hex;
    readonly size: number;
  }[];
}

export interface ReportOutputSection {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly flags: Hex;
  readonly address: Hex;
  readonly load_address: Hex;
  readonly size: number;
  readonly align: number;
  readonly file_offset: number;
  readonly in_file: boolean;
  readonly region?: string;
  readonly load_region?: string;
  readonly orphan: boolean;
  readonly script?: ReportPlace;
  readonly contents: readonly SectionRange[];
  readonly totals: { readonly input: number; readonly data: number; readonly padding: number };
}

export interface ReportInputSection {
  readonly id: number;
  readonly name: string;
  readonly object: string;
  readonly archive?: string;
  readonly size: number;
  /** As it is in the object, where merging, relaxation or dropped unwind records changed it. */
  readonly original_size?: number;
  readonly align: number;
  readonly address: Hex;
  readonly output_section: number;
  readonly offset: number;
  /** The pattern that took it, or the policy for orphans. */
  readonly rule?: { readonly text: string; readonly reason?: string; readonly script?: ReportPlace };
  /** With --enable-non-contiguous-regions: what had no room for it, in this order. */
  readonly too_large_for?: readonly ReportAttempt[];
  /** With --gc-sections: the input section that reached it and the symbol, or why it is a root. */
  readonly kept_by?: { readonly input?: number; readonly symbol?: string; readonly root?: string };
}

/** An output section whose region had no room for an input section. */
export interface ReportAttempt {
  readonly output_section: string;
  readonly region: string;
  /** Where it would have been, and where the region ends. */
  readonly address: Hex;
  readonly end: Hex;
}

export interface ReportDiscarded {
  readonly name: string;
  readonly object: string;
  readonly size: number;
  readonly reason:
    | "not reached"
    | "another copy was taken"
    | "discarded by the script"
    | "fits no region"
    | "excluded";
  /** What had no room for it. */
  readonly too_large_for?: readonly ReportAttempt[];
  /** The object whose copy was taken. */
  readonly instead?: string;
}

export interface ReportSymbol {
  readonly name: string;
  readonly address: Hex;
  readonly size: number;
  readonly type: string;
  readonly binding: "local" | "global" | "weak" | "unique";
  readonly visibility: "default" | "internal" | "hidden" | "protected";
  readonly object?: string;
  readonly input?: number;
  readonly output_section?: number;
  readonly script?: ReportPlace;
}

/** What --report writes. */
export interface LinkReport {
  readonly format: { readonly name: "premain-link-report"; readonly version: 1 };
  readonly output: {
    readonly file: string;
    readonly written: boolean;
    readonly bfd_format: string;
    readonly machine: string;
    readonly entry: Hex;
    readonly size: number;
    /** Every byte of the file, in order. */
    readonly contents: readonly FileRange[];
    readonly totals: {
      readonly headers: number;
      readonly tables: number;
      readonly gaps: number;
      readonly input: number;
      readonly data: number;
      readonly padding: number;
      readonly compressed: number;
    };
  };
  readonly memory_regions: readonly ReportRegion[];
  readonly output_sections: readonly ReportOutputSection[];
  readonly input_sections: readonly ReportInputSection[];
  readonly discarded_input_sections: readonly ReportDiscarded[];
  readonly symbols: readonly ReportSymbol[];
  readonly archive_members: readonly {
    readonly member: string;
    readonly symbol?: string;
    readonly because: string;
  }[];
}

/** The report of a link, as far as the link came. */
export function linkReport(result: LinkResult): LinkReport {
  return new Reporter(result).report();
}

class Reporter {
  private readonly result: LinkResult;
  private readonly model: LinkModel | undefined;

  constructor(result: LinkResult) {
    this.result = result;
    this.model = result.inputs?.model;
    if (this.model) nameLocalSymbols(this.model);
  }

  report(): LinkReport {
    const sections = this.outputSections();
    const { model } = this;
    return {
      format: { name: "premain-link-report", version: 1 },
      output: this.output(sections),
      memory_regions: this.regions(sections),
      output_sections: sections,
      input_sections: model && this.result.layout ? this.inputSections(model) : [],
      discarded_input_sections: model ? this.discarded(model) : [],
      symbols: model && this.result.layout ? this.symbols(model) : [],
      archive_members: model ? this.members(model) : [],
    };
  }

  private output(sections: readonly ReportOutputSection[]): LinkReport["output"] {
    const { options, target, layout, file } = this.result;
    const contents: FileRange[] = [];
    let end = 0;
    const parts = [...(file ?? [])].sort((a, b) => a.offset - b.offset);
    for (const part of parts) {
      const { offset, size, name } = part;
      if (offset > end) contents.push({ offset: end, size: offset - end, kind: "gap", before: name });
      if (part.kind !== "section")
        contents.push({ offset, size, kind: part.kind === "table" ? "table" : "headers", name });
      else if (part.replaced)
        contents.push({ offset, size, kind: "compressed", output_section: part.section });
      else
        for (const range of sections[part.section].contents)
          if (range.size > 0)
            contents.push({ ...range, offset: offset + range.offset, output_section: part.section });
      end = Math.max(end, offset + size);
    }
    const total = (...kinds: string[]) =>
      contents.reduce((sum, range) => sum + (kinds.includes(range.kind) ? range.size : 0), 0);
    return {
      file: this.result.inputs ? outputPath(options, this.result.inputs.commands) : options.output,
      written: this.result.succeeded,
      bfd_format: options.oformat === "binary" ? "binary" : (target?.bfdName ?? ""),
      machine: target?.name ?? "",
      entry: hex(layout?.entry ?? 0n),
      size: end,
      contents,
      totals: {
        headers: total("headers"),
        tables: total("table"),
        gaps: total("gap"),
        input: total("input"),
        data: total("data"),
        padding: total("padding"),
        compressed: total("compressed"),
      },
    };
  }

  private outputSections(): ReportOutputSection[] {
    const { layout, placement } = this.result;
    const statements = new Map<number, OutputStatement>();
    for (const output of placement?.outputs ?? [])
      if (output.index >= 0) statements.set(output.index, output);
    return (layout?.sections ?? []).map((section): ReportOutputSection => {
      const statement = statements.get(section.index);
      const contents = this.contents(section, statement);
      const total = (kind: string) =>
        contents.reduce((sum, range) => sum + (range.kind === kind ? range.size : 0), 0);
      return {
        id: section.index,
        name: section.name,
        type: section.type,
        flags: hex(BigInt(section.flags >>> 0)),
        address: hex(section.address),
        load_address: hex(section.loadAddress),
        size: section.size,
        align: section.align,
        file_offset: section.fileOffset,
        in_file: section.type !== SHT_NOBITS && !section.isRoom,
        region: statement?.regionName,
        load_region: statement?.loadRegionName,
        orphan: statement?.isOrphan ?? false,
        script: placeOf(section.span),
        contents,
        totals: { input: total("input"), data: total("data"), padding: total("padding") },
      };
    });
  }

  /** Who owns which part of an output section. */
  private contents(section: OutputSection, statement: OutputStatement | undefined): SectionRange[] {
    const model = this.model!;
    const { sections } = model;
    const ranges: SectionRange[] = [];
    const data = section.data.map((part) => ({ offset: part.offset, size: part.bytes.length, part }));
    const inputs = [...section.order].map((id) => ({
      offset: sections.outputOffset[id],
      size: sections.size[id],
      id,
    }));
    const all: { offset: number; size: number; id?: SectionId; part?: OutputSection["data"][number] }[] = [
      ...inputs,
      ...data,
    ];
    all.sort((a, b) => a.offset - b.offset || a.size - b.size);
    let end = 0;
    for (const { offset, size, id, part } of all) {
      if (size === 0) continue;
      this.padding(ranges, end, offset, statement, id);
      if (id !== undefined) ranges.push({ offset, size, kind: "input", input: id });
      else
        ranges.push({
          offset,
          size,
          kind: "data",
          text: part?.span ? part.span.source.text.slice(part.span.start, part.span.end) : "",
          script: placeOf(part?.span),
        });
      end = Math.max(end, offset + size);
    }
    this.padding(ranges, end, section.size, statement, undefined);
    return ranges;
  }

  /** A gap may be made by several assignments and end in an alignment. */
  private padding(
    ranges: SectionRange[],
    from: number,
    to: number,
    statement: OutputStatement | undefined,
    next: SectionId | undefined,
  ): void {
    let at = from;
    const pads = (statement?.pads ?? []).filter((pad) => pad.offset < to && pad.offset + pad.size > from);
    for (const pad of pads.sort((a, b) => a.offset - b.offset)) {
      if (pad.offset > at) this.alignment(ranges, at, pad.offset, next);
      const start = Math.max(at, pad.offset);
      const stop = Math.min(to, pad.offset + pad.size);
      if (stop <= start) continue;
      const script = placeOf(pad.cause.node.span);
      ranges.push({ offset: start, size: stop - start, kind: "padding", cause: "assignment", script });
      at = stop;
    }
    if (to > at) this.alignment(ranges, at, to, next);
  }

  private alignment(ranges: SectionRange[], from: number, to: number, next: SectionId | undefined): void {
    const size = to - from;
    if (next === undefined) ranges.push({ offset: from, size, kind: "padding", cause: "end" });
    else {
      const align = 2 ** this.model!.sections.alignPower[next];
      ranges.push({ offset: from, size, kind: "padding", cause: "alignment", input: next, align });
    }
  }

  private regions(sections: readonly ReportOutputSection[]): ReportRegion[] {
    const list = this.result.placement?.layout?.context.regions.list ?? [];
    return list.map(({ name, names, node, origin, length, current, flags, notFlags }): ReportRegion => {
      const inside: ReportRegion["sections"][number][] = [];
      for (const section of sections) {
        const { id, address, load_address, size } = section;
        if (section.region === name) inside.push({ output_section: id, use: "run", address, size });
        if (
          section.load_region === name &&
          (section.region !== name || load_address !== address) &&
          section.in_file
        )
          inside.push({ output_section: id, use: "load", address: load_address, size });
      }
      inside.sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
      return {
        name,
        aliases: names.slice(1),
        attributes: letters(flags) + (notFlags !== 0 ? `!${letters(notFlags)}` : ""),
        origin: hex(origin),
        length: hex(length),
        used: hex(BigInt.asUintN(64, current - origin)),
        script: placeOf(node?.span),
        sections: inside,
      };
    });
  }

  private inputSections(model: LinkModel): ReportInputSection[] {
    const { sections, names, objects, symbols, trace } = model;
    const list: ReportInputSection[] = [];
    for (const section of this.result.layout?.sections ?? [])
      for (const id of section.order) {
        const object = objects[sections.object[id]];
        const size = sections.size[id];
        const original = originalSize(model, id);
        const rule = trace.rules[sections.rule[id]];
        list.push({
          id,
          name: names.text(sections.name[id]),
          object: object?.name ?? "<linker>",
          archive: object?.file.member === undefined ? undefined : object.file.path,
          size,
          original_size: original === size || object === undefined ? undefined : original,
          align: 2 ** sections.alignPower[id],
          address: hex(section.address + BigInt(sections.outputOffset[id])),
          output_section: section.index,
          offset: sections.outputOffset[id],
          rule: rule && { text: rule.text, reason: rule.reason, script: placeOf(rule.span) },
          too_large_for: attemptsOf(this.result, id),
          kept_by: keptBy(id),
        });
      }
    return list;

    function keptBy(id: SectionId): ReportInputSection["kept_by"] {
      if (trace.liveFrom.length === 0) return undefined;
      const root = trace.liveRoots.get(id);
      if (root !== undefined) return { root };
      const from = trace.liveFrom[id] ?? 0;
      if (from === 0) return undefined;
      const through = trace.liveThrough[id];
      const symbol = through === 0 ? "" : names.text(symbols.name[through]);
      return { input: from, symbol: symbol === "" ? undefined : symbol };
    }
  }

  private discarded(model: LinkModel): ReportDiscarded[] {
    const { sections, names, objects, trace } = model;
    const reasons: Partial<Record<number, ReportDiscarded["reason"]>> = {
      [Fate.garbage]: "not reached",
      [Fate.duplicate]: "another copy was taken",
      [Fate.discarded]: "discarded by the script",
      [Fate.excluded]: "excluded",
    };
    const list: ReportDiscarded[] = [];
    for (let id = 1; id < sections.count; id++) {
      const lost = this.result.placement?.several?.lostBy(id) !== undefined;
      const reason = lost ? "fits no region" : reasons[sections.fate[id]];
      if (!reason) continue;
      const instead = trace.duplicateOf.get(id);
      list.push({
        name: names.text(sections.name[id]),
        object: objects[sections.object[id]]?.name ?? "<linker>",
        size: originalSize(model, id) ?? sections.size[id],
        reason,
        too_large_for: attemptsOf(this.result, id),
        instead: instead === undefined ? undefined : objects[instead]?.name,
      });
    }
    return list;
  }

  private symbols(model: LinkModel): ReportSymbol[] {
    const { symbols, sections, names, objects, trace } = model;
    const list: ReportSymbol[] = [];
    for (let id = 1; id < symbols.count; id++) {
      const section = symbols.section[id];
      const type = symbols.info[id] & 15;
      if (section === 0 || (symbols.flags[id] & SymbolFlag.omit) !== 0 || type === 3) continue;
      if (section > 0 && sections.output[section] < 0) continue;
      const name = names.text(symbols.name[id]);
      // Labels of the assembler's own: RISC-V objects have one for each branch.
      const isLocal = (symbols.flags[id] & SymbolFlag.global) === 0;
      if (name === "" || (isLocal && name.startsWith(".L"))) continue;
      const output = section > 0 ? sections.output[section] : this.result.layout?.symbolOutput.get(id);
      list.push({
        name,
        address: hex(symbolAddress(model, id)),
        size: symbols.size[id],
        type: TYPES[type] ?? String(type),
        binding: BINDINGS[symbols.info[id] >> 4] ?? "unique",
        visibility: VISIBILITIES[symbols.other[id] & 3],
        object: objects[symbols.object[id]]?.name,
        input: section > 0 ? section : undefined,
        output_section: output === undefined || output < 0 ? undefined : output,
        script: placeOf(trace.assignments.get(id)),
      });
    }
    return list;
  }

  private members({ trace, objects, symbols, names }: LinkModel): LinkReport["archive_members"] {
    return trace.extractions.map((extraction) => ({
      member: objects[extraction.object].name,
      symbol: extraction.symbol === 0 ? undefined : names.text(symbols.name[extraction.symbol]),
      because: extraction.because(),
    }));
  }
}

function attemptsOf(result: LinkResult, section: SectionId): ReportAttempt[] | undefined {
  return result.placement?.several?.attempts.get(section)?.map(({ output, region, address, end }) => ({
    output_section: output.name,
    region,
    address: hex(address),
    end: hex(end),
  }));
}

const TYPES = ["notype", "object", "function", "section", "file", "common", "tls", "7", "8", "9", "ifunc"];
const BINDINGS = ["local", "global", "weak"] as const;
const VISIBILITIES = ["default", "internal", "hidden", "protected"] as const;

function hex(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

function letters(flags: number): string {
  const { readonly, data, code, alloc, load } = SectionFlag;
  const bits = [
    [readonly, "r"],
    [data, "w"],
    [code, "x"],
    [alloc, "a"],
    [load, "l"],
  ] as const;
  return bits.map(([bit, letter]) => (flags & bit ? letter : "")).join("");
}

export function placeOf(span: Span | undefined): ReportPlace | undefined {
  if (!span) return undefined;
  const { line } = sourceLine(span);
  const text = span.source.text.slice(span.start, span.end);
  const first = text.split("\n", 1)[0];
  return { file: span.source.name, line, text: first.length < text.length ? `${first} …` : first };
}
