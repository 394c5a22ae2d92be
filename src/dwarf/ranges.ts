import type { CompileUnit, DebugSections } from "./compile-units.ts";
import { Cursor } from "./cursor.ts";

// Lists of address ranges as BFD reads them: what it cannot read (indices into
// .debug_addr) is the end of the unit, and ranges that touch become one, on
// which depends what the smallest function around an address is.

export interface AddressRange {
  readonly low: number;
  /** One past the last address. */
  readonly high: number;
}

const DW_RLE = {
  endOfList: 0,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** More ranges than this are a mistake of the file. */
const MAX_RANGES = 1 << 20;

/** Adds a range, to the first of the ranges that it touches if there is such a one. */
export function addRange(ranges: AddressRange[], low: number, high: number): void {
  if (low === high) return;
  // What is added last comes right behind the first range.
  for (let i = 0, at = 0; i < ranges.length; i++, at = ranges.length - i) {
    const each = ranges[at];
    if (low === each.high) ranges[at] = { low: each.low, high };
    else if (high === each.low) ranges[at] = { low, high: each.high };
    else continue;
    return;
  }
  ranges.push({ low, high });
}

/** Adds the ranges at an offset of .debug_ranges or .debug_rnglists; false where they make no sense. */
export function readRanges(
  ranges: AddressRange[],
  sections: DebugSections,
  unit: CompileUnit,
  offset: number,
): boolean {
  return unit.version <= 4
    ? oldRanges(ranges, sections, unit, offset)
    : rangeList(ranges, sections, unit, offset);
}

function oldRanges(
  ranges: AddressRange[],
  sections: DebugSections,
  unit: CompileUnit,
  offset: number,
): boolean {
  if (!sections.ranges || offset > sections.ranges.length) return false;
  const { addressSize } = unit;
  const cursor = new Cursor(sections.ranges, offset, sections.ranges.length, sections.littleEndian);
  const selectsBase = addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = unit.lowPc;
  while (ranges.length < MAX_RANGES) {
    const low = cursor.unsigned(addressSize);
    const high = cursor.unsigned(addressSize);
    if (cursor.ended) return false;
    if (low === 0 && high === 0) break;
    // A 64-bit number of ones only rounds up to 2^64.
    if (low === selectsBase) base = high;
    else addRange(ranges, base + low, base + high);
  }
  return true;
}

function rangeList(
  ranges: AddressRange[],
  { rnglists, littleEndian }: DebugSections,
  unit: CompileUnit,
  offset: number,
): boolean {
  if (!rnglists || offset > rnglists.length) return false;
  const cursor = new Cursor(rnglists, offset, rnglists.length, littleEndian);
  const address = () => cursor.unsigned(unit.addressSize);
  let base = unit.lowPc;
  while (!cursor.atEnd && ranges.length < MAX_RANGES) {
    let low = base;
    let high = base;
    switch (cursor.u8()) {
      case DW_RLE.endOfList:
        return true;
      case DW_RLE.baseAddress:
        base = address();
        continue;
      case DW_RLE.offsetPair:
        low += cursor.uleb();
        high += cursor.uleb();
        break;
      case DW_RLE.startEnd:
        low = address();
        high = address();
        break;
      case DW_RLE.startLength:
        low = address();
        high = low + cursor.uleb();
        break;
      default:
        return false;
    }
    if (cursor.ended) return false;
    addRange(ranges, low, high);
  }
  return false;
}
