import type { CompileUnit, DebugSections } from "./compile-units.ts";
import { addressAt } from "./compile-units.ts";
import { Cursor } from "./cursor.ts";

export interface AddressRange {
  readonly low: number;
  /** One past the last address. */
  readonly high: number;
}

const DW_RLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** More ranges than this are a mistake of the file. */
const MAX_RANGES = 1 << 20;

/** The ranges at an offset of .debug_ranges or .debug_rnglists; `isIndex`: `value` is DW_FORM_rnglistx. */
export function readRanges(
  sections: DebugSections,
  unit: CompileUnit,
  value: number,
  isIndex: boolean,
): AddressRange[] {
  return unit.version <= 4 ? oldRanges(sections, unit, value) : rangeList(sections, unit, value, isIndex);
}

function oldRanges(sections: DebugSections, unit: CompileUnit, offset: number): AddressRange[] {
  const found: AddressRange[] = [];
  if (!sections.ranges) return found;
  const { addressSize } = unit;
  const cursor = new Cursor(sections.ranges, offset, sections.ranges.length, sections.littleEndian);
  const selectsBase = addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = unit.lowPc;
  while (!cursor.atEnd && found.length < MAX_RANGES) {
    const low = cursor.unsigned(addressSize);
    const high = cursor.unsigned(addressSize);
    if (low === 0 && high === 0) break;
    // A 64-bit number of ones only rounds up to 2^64.
    if (low === selectsBase) base = high;
    else if (high > low) found.push({ low: base + low, high: base + high });
  }
  return found;
}

function rangeList(
  sections: DebugSections,
  unit: CompileUnit,
  value: number,
  isIndex: boolean,
): AddressRange[] {
  const found: AddressRange[] = [];
  const { rnglists, littleEndian } = sections;
  if (!rnglists) return found;
  let offset = value;
  if (isIndex) {
    const entry = new Cursor(
      rnglists,
      unit.rnglistsBase + value * unit.offsetSize,
      rnglists.length,
      littleEndian,
    );
    offset = unit.rnglistsBase + entry.unsigned(unit.offsetSize);
  }
  const cursor = new Cursor(rnglists, offset, rnglists.length, littleEndian);
  const address = () => cursor.unsigned(unit.addressSize);
  const indexed = () => addressAt(sections, unit, cursor.uleb());
  let base = unit.lowPc;
  const add = (low: number, high: number) => {
    if (high > low) found.push({ low, high });
  };
  while (!cursor.atEnd && found.length < MAX_RANGES) {
    switch (cursor.u8()) {
      case DW_RLE.baseAddressx:
        base = indexed();
        break;
      case DW_RLE.startxEndx: {
        const low = indexed();
        add(low, indexed());
        break;
      }
      case DW_RLE.startxLength: {
        const low = indexed();
        add(low, low + cursor.uleb());
        break;
      }
      case DW_RLE.offsetPair: {
        const low = base + cursor.uleb();
        add(low, base + cursor.uleb());
        break;
      }
      case DW_RLE.baseAddress:
        base = address();
        break;
      case DW_RLE.startEnd: {
        const low = address();
        add(low, address());
        break;
      }
      case DW_RLE.startLength: {
        const low = address();
        add(low, low + cursor.uleb());
        break;
      }
      default:
        // The end, or something that nobody can step over.
        return found;
    }
  }
  return found;
}
