import { growUint8, int32Column } from "../binary/index.ts";
import type { Deletions } from "./model.ts";
import type { SectionId } from "./sections.ts";

/**
 * A map of few of the input sections that many are looked up in: for most the
 * answer is a byte that says that they are not there.
 */
export class SectionMap<T> extends Map<SectionId, T> {
  private present: Uint8Array = new Uint8Array(0);

  override get(section: SectionId): T | undefined {
    return section < this.present.length && this.present[section] === 1 ? super.get(section) : undefined;
  }

  override has(section: SectionId): boolean {
    return section < this.present.length && this.present[section] === 1;
  }

  override set(section: SectionId, value: T): this {
    if (section >= this.present.length) this.present = growUint8(this.present, section + 1);
    this.present[section] = 1;
    return super.set(section, value);
  }

  override delete(section: SectionId): boolean {
    if (section < this.present.length) this.present[section] = 0;
    return super.delete(section);
  }
}

/** Deleted ranges of many sections, those of section number `i` being rows [first[i], end[i]) of `used` in all. */
export class DeletedRanges {
  readonly start: Int32Array;
  /** How much of the section is deleted before; behind its last range, the sum of all. */
  readonly before: Int32Array;
  readonly first: Int32Array;
  readonly end: Int32Array;
  private readonly used: number;
  private lengths: Int32Array | undefined;

  constructor(start: Int32Array, before: Int32Array, first: Int32Array, end: Int32Array, used: number) {
    this.start = start;
    this.before = before;
    this.first = first;
    this.end = end;
    this.used = used;
  }

  /** What most links do without, as a kernel writes their sections. */
  get length(): Int32Array {
    if (this.lengths === undefined) {
      const { before, used } = this;
      this.lengths = int32Column(used);
      for (let i = 1; i < used; i++) this.lengths[i - 1] = before[i] - before[i - 1];
    }
    return this.lengths;
  }
}

/** What is deleted by section: of those in `ranges` an object is made when somebody asks. */
export class DeletionMap extends SectionMap<Deletions> {
  /** SectionId to number of the section in `ranges`, + 1. */
  private numbers: Int32Array = new Int32Array(0);
  private ranges: DeletedRanges | undefined;

  useRanges(numbers: Int32Array, ranges: DeletedRanges): void {
    this.numbers = numbers;
    this.ranges = ranges;
  }

  override get(section: SectionId): Deletions | undefined {
    const known = super.get(section);
    if (known || this.ranges === undefined || section >= this.numbers.length) return known;
    const number = this.numbers[section] - 1;
    if (number < 0) return undefined;
    const { start, before, first, end } = this.ranges;
    const count = end[number] - first[number];
    if (count === 0) return undefined;
    const made = { first: first[number], count, start, length: this.ranges.length, before };
    this.set(section, made);
    return made;
  }

  override has(section: SectionId): boolean {
    return this.get(section) !== undefined;
  }
}
