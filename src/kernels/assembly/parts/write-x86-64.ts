// Relocations of x86-64 for write.ts: the four types that nearly all have, of symbols whose address is settled. The
// others go to the list of what was left.

import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  LEFT,
  LEFT_COUNT,
  LEFT_SIZE,
  SETTLED,
  SYMBOL_COUNT,
  SYMBOL_HIGH,
  SYMBOL_IDS,
  SYMBOL_LOW,
} from "./write-fields";

export const RELA_SIZE: u32 = 24;

const R_X86_64_64: u32 = 1;
const R_X86_64_PC32: u32 = 2;
const R_X86_64_PLT32: u32 = 4;
const R_X86_64_32: u32 = 10;
const R_X86_64_32S: u32 = 11;
const R_X86_64_TLSGD: u32 = 19;
const R_X86_64_TLSLD: u32 = 20;

/** `entries` are `count` of an object that lies at `base`; the section was copied to `out`. */
export function relocateX8664(
  work: usize,
  section: u32,
  object: u32,
  out: usize,
  size: u64,
  base: usize,
  entries: usize,
  count: u32,
): void {
  const symbolIds = load<u32>(load<u32>(work, SYMBOL_IDS) + (object << 2));
  const symbolCount = load<u32>(load<u32>(work, SYMBOL_COUNT) + (object << 2));
  const settled = load<u32>(work, SETTLED);
  const lows = load<u32>(work, SYMBOL_LOW);
  const highs = load<u32>(work, SYMBOL_HIGH);
  const place =
    <u64>load<u32>(load<u32>(work, ADDRESS_LOW) + (section << 2)) |
    ((<u64>load<u32>(load<u32>(work, ADDRESS_HIGH) + (section << 2))) << 32);
  const size4 = size - 4;
  const size8 = size - 8;
  let entry = entries;
  const end = entry + count * RELA_SIZE;
  for (; entry < end; entry += RELA_SIZE) {
    const offset = load<u64>(entry);
    const type = load<u32>(entry, 8);
    const symbolIndex = load<u32>(entry, 12);
    if (symbolIndex < symbolCount) {
      const symbol = load<u32>(symbolIds + (symbolIndex << 2));
      if (load<u8>(settled + symbol) === 1) {
        const target = <u64>load<u32>(lows + (symbol << 2)) | ((<u64>load<u32>(highs + (symbol << 2))) << 32);
        const value = target + load<u64>(entry, 16);
        if (type === R_X86_64_PC32 || type === R_X86_64_PLT32) {
          const distance = <i64>(value - place - offset);
          // A section of fewer than four bytes has a negative, so very large, limit.
          if (distance === <i64>(<i32>distance) && size >= 4 && offset <= size4) {
            store<i32>(out + <u32>offset, <i32>distance);
            continue;
          }
        } else if (type === R_X86_64_64) {
          if (size >= 8 && offset <= size8) {
            store<u64>(out + <u32>offset, value);
            continue;
          }
        } else if (type === R_X86_64_32S) {
          if (<i64>value === <i64>(<i32>value) && size >= 4 && offset <= size4) {
            store<i32>(out + <u32>offset, <i32>value);
            continue;
          }
        } else if (type === R_X86_64_32) {
          if (value === <u64>(<u32>value) && size >= 4 && offset <= size4) {
            store<u32>(out + <u32>offset, <u32>value);
            continue;
          }
        }
      }
    }
    if (type === 0) continue;
    const leftCount = load<u32>(work, LEFT_COUNT);
    const left = load<u32>(work, LEFT) + leftCount * LEFT_SIZE;
    store<u32>(left, section);
    store<u32>(left, entry - base, 4);
    store<u32>(left, out, 8);
    store<u32>(work, leftCount + 1, LEFT_COUNT);
    // The call that belongs to it is done with it.
    if (type === R_X86_64_TLSGD || type === R_X86_64_TLSLD) entry += RELA_SIZE;
  }
}
