import { growFloat64, growInt32, growUint8 } from "../../binary/index.ts";

/**
 * The high parts (auipc) of one section and the low parts that belong to them.
 * A low part names no address but the label of its auipc, whose value, together
 * with the high part's own place, gives what to add. A low part may come before
 * its high part, so all low parts wait until the section's end. One of these
 * serves all sections, one after the other.
 */
export class PcrelPairs {
  private highCount = 0;
  private highSorted = true;
  /** In bytes of the output's section; ascending nearly always. */
  private highOffset: Int32Array = new Int32Array(64);
  private highType: Uint8Array = new Uint8Array(64);
  /** Relative to the auipc, or absolute where that became lui. */
  private highValue: Float64Array = new Float64Array(64);

  lowCount = 0;
  /** The place of the label that the low part names. */
  lowLabel: Int32Array = new Int32Array(64);
  /** Of the instruction, in bytes of the output's section. */
  lowOffset: Int32Array = new Int32Array(64);
  lowType: Uint8Array = new Uint8Array(64);
  lowSymbol: Int32Array = new Int32Array(64);
  lowAddend: Float64Array = new Float64Array(64);

  clear(): void {
    this.highCount = this.lowCount = 0;
    this.highSorted = true;
  }

  addHigh(offset: number, type: number, value: number): void {
    const at = this.highCount++;
    if (at === this.highOffset.length) {
      this.highOffset = growInt32(this.highOffset, at + 1);
      this.highType = growUint8(this.highType, at + 1);
      this.highValue = growFloat64(this.highValue, at + 1);
    }
    if (at > 0 && this.highOffset[at - 1] > offset) this.highSorted = false;
    this.highOffset[at] = offset;
    this.highType[at] = type;
    this.highValue[at] = value;
  }

  addLow(label: number, offset: number, type: number, symbol: number, addend: number): void {
    const at = this.lowCount++;
    if (at === this.lowLabel.length) {
      this.lowLabel = growInt32(this.lowLabel, at + 1);
      this.lowOffset = growInt32(this.lowOffset, at + 1);
      this.lowType = growUint8(this.lowType, at + 1);
      this.lowSymbol = growInt32(this.lowSymbol, at + 1);
      this.lowAddend = growFloat64(this.lowAddend, at + 1);
    }
    this.lowLabel[at] = label;
    this.lowOffset[at] = offset;
    this.lowType[at] = type;
    this.lowSymbol[at] = symbol;
    this.lowAddend[at] = addend;
  }

  /** The number of the high part at `offset`, or -1. */
  find(offset: number): number {
    const { highOffset, highCount } = this;
    if (!this.highSorted) return highOffset.subarray(0, highCount).indexOf(offset);
    let low = 0;
    let high = highCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (highOffset[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low < highCount && highOffset[low] === offset ? low : -1;
  }

  valueOf(high: number): number {
    return this.highValue[high];
  }

  typeOf(high: number): number {
    return this.highType[high];
  }
}
