import { columnOf } from "../../binary/index.ts";
import { Report, type Span } from "../../diagnostics/index.ts";
import { SHF_MERGE } from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  sectionName,
} from "../../model/index.ts";
import type { Relaxer } from "../../targets/index.ts";
import type { InputStatement, OutputStatement } from "../place/placement.ts";
import type { Region } from "./regions.ts";

// --enable-non-contiguous-regions: memory that lies in several pieces.
//
// A section that several statements match is hung below all of them. The first
// walk over the sizes decides: it stays where it is met first and still fits
// the region, and disappears from all others. What does not fit leaves the
// location counter at the end of the region, so nothing behind it with a size
// fits either: the order of the sections stays that of the script. What fits
// nowhere is not in the output. Later walks keep to what the first one decided,
// though less may be needed by then (sections that relaxation shrinks).
//
// Flags and alignment of output sections are those of all that might have come
// there, as in GNU ld. Only links with this option have any of this.

/** A place that was too small for a section. */
export interface Attempt {
  readonly output: OutputStatement;
  readonly rule: number;
  readonly region: string;
  /** Where the section would have started, its size, and where the region ends. */
  readonly address: bigint;
  readonly size: number;
  readonly end: bigint;
}

/** The walk that asks, and where it stands. */
export interface Walk {
  dot: bigint;
  /** Of the output section. */
  readonly start: bigint;
  readonly region: Region;
  /** log2 of SUBALIGN, or -1. */
  readonly subalign: number;
  readonly relaxer: Relaxer | undefined;
}

export class SeveralRegions {
  /** What was refused where; in the order of the script. */
  readonly attempts = new Map<SectionId, Attempt[]>();
  private readonly model: LinkModel;
  private readonly empty: ReadonlySet<SectionId>;
  /** Where GNU ld says such things are: at the end of the last script. */
  private readonly script: string | undefined;
  /** The last statement that matched, so far as placement came. */
  private readonly last = new Map<SectionId, OutputStatement>();
  private readonly settled = new Map<SectionId, OutputStatement>();
  private readonly lost = new Set<SectionId>();
  private readonly offered = new Set<OutputStatement>();
  /** Of sections that merging may change, before it. */
  private readonly sizes = new Map<SectionId, number>();
  /** Mistakes that the first walk found, said once. */
  private mistakes: Report | undefined = new Report();

  constructor(model: LinkModel, empty: ReadonlySet<SectionId>) {
    this.model = model;
    this.empty = empty;
    this.script = model.options.scripts.at(-1);
  }

  // Placement

  /** Whether a statement of `output` may have a section, which others before it may have as well. */
  offer(output: OutputStatement, statement: InputStatement, section: SectionId, report: Report): boolean {
    const known = this.last.get(section);
    if (known === output) return false;
    if (known && output.exists) {
      const change = `(assigned to ${known.name}, but additional match: ${output.name})`;
      this.warn(statement, report, `may change behaviour for ${this.describe(section)} ${change}`);
    }
    this.note(output, section);
    return true;
  }

  /** A section is hung below a statement of `output`, or is its orphan. */
  note(output: OutputStatement, section: SectionId): void {
    this.last.set(section, output);
    if (!this.isMade(section)) this.offered.add(output);
  }

  /** What /DISCARD/ matches after another statement stays with that one. */
  keepFromDiscard(statement: InputStatement, section: SectionId, report: Report): void {
    this.warn(statement, report, `makes ${this.describe(section)} match /DISCARD/ clause.`);
  }

  /** GNU ld's words, and nothing else: the sections that INSERT moves are hung where they were written. */
  warnOfInserts(count: number, report: Report): void {
    const message =
      "warning: INSERT statement in linker script is incompatible with --enable-non-contiguous-regions.";
    for (let i = 0; i < count; i++) report.info("LD0507", undefined, message, { nameless: true });
  }

  /** At the end of placement. */
  noteSizes(): void {
    const { sections } = this.model;
    for (let row = 1; row < sections.count; row++)
      if ((sections.flags[row] & SHF_MERGE) !== 0) this.sizes.set(row, sections.size[row]);
  }

  private warn(statement: InputStatement, report: Report, message: string): void {
    if (!this.model.options.nonContiguousRegionsWarnings) return;
    const span = statement.node?.span;
    const name = this.script ?? span?.source.name ?? "";
    const where: Span | undefined = span && { ...span, shown: { name, line: 0 } };
    report.warning("LD0507", where, `--enable-non-contiguous-regions ${message}`);
  }

  private describe(section: SectionId): string {
    const { objects, sections } = this.model;
    const file = objects[Math.max(0, sections.object[section])]?.name ?? "";
    return `section \`${sectionName(this.model, section)}' from \`${file}'`;
  }

  // Sizes

  /** Gives the sections of a statement their places, and takes those away that go elsewhere. Moves `walk.dot`. */
  fit(output: OutputStatement, child: InputStatement, walk: Walk): void {
    const { sections } = this.model;
    const { start, region, subalign } = walk;
    const end = region.isDefault ? undefined : BigInt.asUintN(64, region.origin + region.length);
    const staying: SectionId[] = [];
    for (const row of child.sections) {
      walk.relaxer?.visit(row);
      const settled = this.settled.get(row);
      if (settled !== undefined && settled !== output) continue;
      if (output.ignored || this.isExcluded(row)) {
        sections.outputOffset[row] = Number(walk.dot - start);
        if (settled === output || this.isHome(output, row)) staying.push(row);
        continue;
      }
      // It keeps that where it goes on to another place.
      if (subalign >= 0) sections.alignPower[row] = subalign;
      this.align(output, walk, sections.alignPower[row]);
      const size = BigInt(sections.size[row]);
      if (end !== undefined && walk.dot + size > end) {
        this.refuse(output, child, walk, row, end);
        walk.dot = end;
        continue;
      }
      sections.outputOffset[row] = Number(walk.dot - start);
      sections.output[row] = output.index;
      sections.rule[row] = child.rule;
      this.settled.set(row, output);
      staying.push(row);
      walk.dot += size;
      output.size = Number(walk.dot - start);
    }
    if (staying.length !== child.sections.length) child.sections = columnOf(staying);
  }

  private align(output: OutputStatement, walk: Walk, power: number): void {
    if (power > output.alignPower) output.alignPower = power;
    const over = walk.dot & ((1n << BigInt(Math.max(0, power))) - 1n);
    if (over === 0n) return;
    walk.dot += (1n << BigInt(power)) - over;
    output.size = Number(walk.dot - walk.start);
  }

  /** Merged with others, or made in vain: it is not in the way. */
  private isExcluded(section: SectionId): boolean {
    const { merge, sections } = this.model;
    if (sections.size[section] !== 0) return false;
    return merge?.merged[section] === 1 || this.empty.has(section);
  }

  private refuse(
    output: OutputStatement,
    child: InputStatement,
    { dot, region }: Walk,
    row: SectionId,
    end: bigint,
  ): void {
    const { sections, names, merge } = this.model;
    const size = sections.size[row];
    const attempts = this.attempts.get(row) ?? [];
    const attempt = { output, rule: child.rule, region: region.name, address: dot, size, end };
    attempts.push(attempt);
    this.attempts.set(row, attempts);
    const owner = (this.settled.get(row) ?? this.last.get(row) ?? output).name;
    this.settled.delete(row);
    sections.output[row] = -1;
    const name = names.text(sections.name[row]);
    const notes = [{ message: attemptText(attempt) }];
    if (this.isMade(row) && name !== "COMMON") {
      const message = `Output section \`${owner}' not large enough for the linker-created stubs section \`${name}'.`;
      this.mistakes?.error("LD0509", undefined, message, { notes });
    } else if (merge?.merged[row] === 1 && this.sizes.get(row) !== size) {
      const message = `Relaxation not supported with --enable-non-contiguous-regions (section \`${name}' would overflow \`${owner}' after it changed size).`;
      this.mistakes?.error("LD0509", undefined, message, { notes });
    }
  }

  /** Whether the linker made a section. */
  private isMade(section: SectionId): boolean {
    const { objects, sections } = this.model;
    const object = objects[sections.object[section]];
    return !object || section < object.sectionBase || section >= object.sectionBase + object.sectionCount;
  }

  /** For GNU ld common symbols that -r leaves alone are lost as well; it says so where it is asked to. */
  leaveCommon(section: SectionId): void {
    if (this.model.options.nonContiguousRegionsWarnings) this.lost.add(section);
  }

  /** After a walk: what has no place counts as left out. */
  dropLost(discarded: SectionId[]): void {
    const { sections } = this.model;
    for (const row of this.attempts.keys()) {
      if (this.settled.has(row) || this.lost.has(row)) continue;
      this.lost.add(row);
      sections.fate[row] = Fate.discarded;
      discarded.push(row);
    }
  }

  /** Whether a section counts as being in `output` where it is hung below several. */
  isHome(output: OutputStatement, section: SectionId): boolean {
    return (this.last.get(section) ?? output) === output;
  }

  /** Where a section that is lost might have been; undefined for others. */
  lostBy(section: SectionId): readonly Attempt[] | undefined {
    return this.lost.has(section) ? (this.attempts.get(section) ?? []) : undefined;
  }

  /** Once: what GNU ld stops at. */
  reportMistakes(report: Report): void {
    if (this.mistakes) report.take(this.mistakes);
    this.mistakes = undefined;
  }

  /** Whether an output section might have had a section of some object: with -q it stays for that. */
  wasOffered(output: OutputStatement): boolean {
    return this.offered.has(output);
  }

  /**
   * What is lost without being missed is left out with a warning; `references` are symbols that somebody refers to. GNU
   * ld loses such sections without a word, and breaks off at others with an assertion.
   */
  reportLost(references: () => readonly { readonly symbol: SymbolId }[], report: Report): void {
    const { model } = this;
    const { symbols, sections, options } = model;
    if (this.lost.size === 0) return;
    const missed = new Set(references().map(({ symbol }) => symbols.section[symbol]));
    if (options.strip !== "all")
      for (const id of symbols.globals())
        if (this.lost.has(symbols.section[id]) && (symbols.flags[id] & SymbolFlag.omit) === 0)
          missed.add(symbols.section[id]);
    for (const row of [...this.lost].sort((a, b) => a - b)) {
      const notes = (this.attempts.get(row) ?? []).map((attempt) => ({ message: attemptText(attempt) }));
      if (missed.has(row)) {
        const message = `${this.describe(row)} fits none of the regions that it may be in`;
        report.error("LD0509", undefined, message, { notes });
      } else if (sections.size[row] > 0 || options.nonContiguousRegionsWarnings) {
        const message = `--enable-non-contiguous-regions discards ${this.describe(row)}`;
        report.warning("LD0507", undefined, message, { notes });
      }
    }
  }
}

/** Why a place was too small. */
export function attemptText({ output, region, address, size, end }: Attempt): string {
  const at = `0x${address.toString(16)}`;
  const limit = `the end of region ${region} (0x${end.toString(16)})`;
  if (address >= end) return `${output.name} is full: at ${at}, nothing is left before ${limit}`;
  const last = `0x${(address + BigInt(size)).toString(16)}`;
  return `too large for ${output.name}: ${size} bytes from ${at} would end at ${last}, past ${limit}`;
}
