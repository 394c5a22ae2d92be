// Relocations of x86-64 for write.ts: the types that nearly all have, of symbols whose address is settled; those of what
// was merged, or is not linked, in debug information; calls of IFUNCs; loads from the GOT and of thread-local offsets
// (write-x86-64-loads.ts). The others go to the list of what was left.

import { FOUND } from "./map-fields";
import { locate } from "./merge-map";
import { DUPLICATE, fateOf, isMerged, KEPT, nothingIn } from "./unsettled";
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  FLAGS,
  HOME,
  LEFT,
  LEFT_COUNT,
  LEFT_ROOM,
  LEFT_SIZE,
  MERGE,
  SETTLED,
  STUB,
  STUB_BASE,
  STUB_COUNT,
  STUB_SIZE,
  SYMBOL_COUNT,
  SYMBOL_HIGH,
  SYMBOL_IDS,
  SYMBOL_LOW,
  VALUE_LOW,
} from "./write-fields";
import { gotLoad, R_X86_64_GOTPCREL, R_X86_64_GOTTPOFF, thread } from "./write-x86-64-loads";

export const RELA_SIZE: u32 = 24;

const R_X86_64_64: u32 = 1;
const R_X86_64_PC32: u32 = 2;
const R_X86_64_PLT32: u32 = 4;
const R_X86_64_32: u32 = 10;
const R_X86_64_32S: u32 = 11;
const R_X86_64_TLSGD: u32 = 19;
const R_X86_64_TLSLD: u32 = 20;
const R_X86_64_GOTPCRELX: u32 = 41;
const R_X86_64_REX_GOTPCRELX: u32 = 42;

const SHF_ALLOC: u32 = 2;

/**
 * Applies `count` relocations at `entries` of an object that lies at `base`; the section was copied to `out`, and their places
 * are `shift` bytes further on there. False: more
 * of them are left than there is room to say.
 */
export function relocateX8664(
  work: usize,
  section: u32,
  object: u32,
  out: usize,
  size: u64,
  base: usize,
  entries: usize,
  count: u32,
  shift: i64,
): bool {
  const symbolIds = load<u32>(load<u32>(work, SYMBOL_IDS) + (object << 2));
  const symbolCount = load<u32>(load<u32>(work, SYMBOL_COUNT) + (object << 2));
  const settled = load<u32>(work, SETTLED);
  const lows = load<u32>(work, SYMBOL_LOW);
  const highs = load<u32>(work, SYMBOL_HIGH);
  const place =
    <u64>load<u32>(load<u32>(work, ADDRESS_LOW) + (section << 2)) |
    ((<u64>load<u32>(load<u32>(work, ADDRESS_HIGH) + (section << 2))) << 32);
  const stubs = load<u32>(work, STUB);
  // What is not loaded does not refer to stubs.
  const isLoaded = (load<u32>(load<u32>(work, FLAGS) + (section << 2)) & SHF_ALLOC) !== 0;
  const stubCount = isLoaded ? load<u32>(work, STUB_COUNT) : 0;
  let entry = entries;
  const end = entry + count * RELA_SIZE;
  for (; entry < end; entry += RELA_SIZE) {
    const offset = load<u64>(entry) + shift;
    const type = load<u32>(entry, 8);
    const symbolIndex = load<u32>(entry, 12);
    // A section of fewer than four bytes has a negative, so very large, limit.
    if (symbolIndex < symbolCount && size >= 4 && offset <= size - 4) {
      const symbol = load<u32>(symbolIds + (symbolIndex << 2));
      const addend = load<u64>(entry, 16);
      const field = out + <u32>offset;
      if (load<u8>(settled + symbol) === 1) {
        const target = <u64>load<u32>(lows + (symbol << 2)) | ((<u64>load<u32>(highs + (symbol << 2))) << 32);
        const value = target + addend;
        const distance = <i64>(value - place - offset);
        if (type <= R_X86_64_PLT32 || type === R_X86_64_32 || type === R_X86_64_32S) {
          if (put(type, field, value, distance, size - offset)) continue;
        } else if (
          type === R_X86_64_GOTPCRELX ||
          type === R_X86_64_REX_GOTPCRELX ||
          type === R_X86_64_GOTPCREL
        ) {
          if (offset >= 3 && <i64>addend === -4 && isLoaded)
            if (gotLoad(work, symbol, type, field, target, distance, place + offset)) continue;
        } else if (type >= R_X86_64_GOTTPOFF && offset >= 3 && thread(work, type, field, value)) continue;
      } else if ((type === R_X86_64_PLT32 || type === R_X86_64_PC32) && symbol < stubCount) {
        const stub = load<u32>(stubs + (symbol << 2));
        if (stub !== 0) {
          const target = load<u64>(work, STUB_BASE) + (stub - 1) * <u64>load<u32>(work, STUB_SIZE);
          const distance = <i64>(target + addend - place - offset);
          if (distance === <i64>(<i32>distance)) {
            store<i32>(field, <i32>distance);
            continue;
          }
        }
      } else if (type <= R_X86_64_PLT32 || type === R_X86_64_32 || type === R_X86_64_32S) {
        const map = load<u32>(work, MERGE);
        const fate = fateOf(work, symbol);
        if (fate === KEPT && map !== 0 && isMerged(work, map, symbol)) {
          const home = load<u32>(load<u32>(work, HOME) + (symbol << 2));
          const value = load<u32>(load<u32>(work, VALUE_LOW) + (symbol << 2)) + <u32>addend;
          const at = locate(map, home, value);
          if (at >= 0) {
            const holder = load<u32>(map, FOUND) << 2;
            const target =
              <u64>load<u32>(load<u32>(work, ADDRESS_LOW) + holder) |
              ((<u64>load<u32>(load<u32>(work, ADDRESS_HIGH) + holder)) << 32);
            const value = target + at;
            if (put(type, field, value, <i64>(value - place - offset), size - offset)) continue;
          }
        } else if (fate > DUPLICATE && !isLoaded) {
          // Its address is that of nothing.
          const nothing = nothingIn(work, section);
          if (type !== R_X86_64_64) {
            store<u32>(field, nothing);
            continue;
          }
          if (offset + 8 <= size) {
            store<u64>(field, nothing);
            continue;
          }
        }
      }
    }
    if (type === 0) continue;
    const leftCount = load<u32>(work, LEFT_COUNT);
    if (leftCount === load<u32>(work, LEFT_ROOM)) return false;
    const left = load<u32>(work, LEFT) + leftCount * LEFT_SIZE;
    store<u32>(left, section);
    store<u32>(left, entry - base, 4);
    store<u32>(left, out, 8);
    store<u32>(work, leftCount + 1, LEFT_COUNT);
    // The call that belongs to it is done with it.
    if (type === R_X86_64_TLSGD || type === R_X86_64_TLSLD) entry += RELA_SIZE;
  }
  return true;
}

/** Writes S + A, or its distance, to a field that has `room` bytes; false where that does not fit, or for other types. */
function put(type: u32, field: usize, value: u64, distance: i64, room: u64): bool {
  if (type === R_X86_64_PC32 || type === R_X86_64_PLT32) {
    if (distance !== <i64>(<i32>distance)) return false;
    store<i32>(field, <i32>distance);
  } else if (type === R_X86_64_64) {
    if (room < 8) return false;
    store<u64>(field, value);
  } else if (type === R_X86_64_32S) {
    if (<i64>value !== <i64>(<i32>value)) return false;
    store<i32>(field, <i32>value);
  } else if (type === R_X86_64_32) {
    if (value !== <u64>(<u32>value)) return false;
    store<u32>(field, <u32>value);
  } else return false;
  return true;
}
