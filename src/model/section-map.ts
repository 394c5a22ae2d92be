import { growUint8 } from "../binary/index.ts";
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
