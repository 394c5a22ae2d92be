import { type CompileUnit, type DebugSections, readCompileUnits } from "./compile-units.ts";
import { type DataInfo, type FunctionInfo, UnitEntries } from "./functions.ts";
import { findRow, type LineRows, readLineSequences } from "./line-sequences.ts";

// From an address to the source: for addr2line, nm -l and whoever wants to say
// where something comes from. Units are read when an address falls into them.

export interface SourcePlace {
  readonly file: string | undefined;
  /** 0 where it is not known. */
  readonly line: number;
  readonly discriminator: number;
  /** The smallest function or inlined call around the address. */
  readonly function: FunctionInfo | undefined;
}

export class SourceMap {
  private readonly sections: DebugSections;
  private readonly units: readonly CompileUnit[];
  private readonly rows = new Map<CompileUnit, LineRows | undefined>();
  private readonly entries = new Map<CompileUnit, UnitEntries>();

  constructor(sections: DebugSections) {
    this.sections = sections;
    this.units = readCompileUnits(sections);
  }

  /** What is known of an address; undefined where no unit knows it. */
  find(address: number): SourcePlace | undefined {
    for (const unit of this.unitsFor(address)) {
      const rows = this.rowsOf(unit);
      if (!rows) continue;
      const entries = this.entriesOf(unit);
      if (entries.broken) continue;
      const around = functionAt(entries.functions, address);
      const row = findRow(rows, address);
      if (row < 0 && !around) continue;
      return {
        file: row < 0 ? undefined : rows.path(rows.file[row]),
        line: row < 0 ? 0 : rows.line[row],
        discriminator: row < 0 ? 0 : rows.discriminator[row],
        function: around,
      };
    }
    return undefined;
  }

  /** Where the function with (part of) a name that is at an address is declared. */
  declarationOfFunction(name: string, address: number): { file: string; line: number } | undefined {
    for (const unit of this.unitsFor(address)) {
      if (!this.rowsOf(unit)) continue;
      let best: FunctionInfo | undefined;
      let bestSize = Number.POSITIVE_INFINITY;
      for (const each of this.entriesOf(unit).functions) {
        if (each.file === undefined || each.name === undefined || !name.includes(each.name)) continue;
        for (const { low, high } of each.ranges) {
          if (address < low || address >= high || high - low > bestSize) continue;
          best = each;
          bestSize = high - low;
        }
      }
      if (best?.file !== undefined) return { file: best.file, line: best.line };
    }
    return undefined;
  }

  /** Where the variable with (part of) a name that is at an address is declared. */
  declarationOfData(name: string, address: number): { file: string; line: number } | undefined {
    const matches = (each: DataInfo) => each.address === address && name.includes(each.name);
    for (const unit of this.units) {
      if (!this.rowsOf(unit)) continue;
      const found = this.entriesOf(unit).data.findLast(matches);
      if (found) return found;
    }
    return undefined;
  }

  /** Units that say they contain an address, then those that do not say what they contain. */
  private *unitsFor(address: number): Generator<CompileUnit> {
    for (const unit of this.units) if (this.covers(unit, address)) yield unit;
    for (const unit of this.units) if (unit.ranges.length === 0) yield unit;
  }

  /** As in BFD, once its lines are read a unit covers what they cover, gaps between functions included. */
  private covers(unit: CompileUnit, address: number): boolean {
    if (unit.ranges.some(({ low, high }) => address >= low && address < high)) return true;
    const rows = unit.ranges.length > 0 ? this.rows.get(unit) : undefined;
    if (!rows) return false;
    return rows.sequences.some(({ low, last }) => address >= low && address < rows.address[last]);
  }

  private rowsOf(unit: CompileUnit): LineRows | undefined {
    if (!this.rows.has(unit)) this.rows.set(unit, readLineSequences(this.sections, unit));
    return this.rows.get(unit);
  }

  private entriesOf(unit: CompileUnit): UnitEntries {
    let entries = this.entries.get(unit);
    if (!entries) {
      const unitAt = (offset: number) => this.units.find(({ start, end }) => offset >= start && offset < end);
      entries = new UnitEntries(this.sections, unit, unitAt, (other) => this.rowsOf(other));
      this.entries.set(unit, entries);
    }
    return entries;
  }
}

/** The function with the smallest range around an address; of equal ones the last, which is the innermost. */
function functionAt(functions: readonly FunctionInfo[], address: number): FunctionInfo | undefined {
  let best: FunctionInfo | undefined;
  let bestSize = Number.POSITIVE_INFINITY;
  for (const each of functions) {
    for (const { low, high } of each.ranges) {
      if (address < low || address >= high || high - low > bestSize) continue;
      best = each;
      bestSize = high - low;
    }
  }
  return best;
}
