import type { Assembler, VariablePart } from "./assembler.ts";
import type { FragmentId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/** Data whose form depends on how far two labels are apart, at the end of a fragment. */
export interface Distance {
  readonly from: SymbolId;
  readonly to: SymbolId;
  /** Bytes beyond the fragment's fixed ones. */
  length: number;
}

/** Such data of all fragments, by fragment; what they look like is the subclass's. */
export abstract class LabelDistances<T extends Distance> implements VariablePart {
  protected readonly assembler: Assembler;
  protected readonly parts: Map<FragmentId, T> = new Map();

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /** The length that a distance calls for as the code is laid out now. */
  protected abstract measure(part: T, distance: number): number;

  abstract convert(fragment: FragmentId): void;

  private remeasure(part: T): void {
    const { symbols, sections } = this.assembler;
    const { address } = sections.fragments;
    const at = (symbol: SymbolId) => address[symbols.fragment[symbol]] + Number(symbols.valueOf(symbol));
    part.length = this.measure(part, at(part.to) - at(part.from));
  }

  estimate(fragment: FragmentId): number {
    const part = this.parts.get(fragment);
    if (!part) return 0;
    this.remeasure(part);
    return part.length;
  }

  relax(fragment: FragmentId): number {
    const part = this.parts.get(fragment);
    if (!part) return 0;
    const before = part.length;
    this.remeasure(part);
    return part.length - before;
  }
}
