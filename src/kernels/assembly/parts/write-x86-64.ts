// Relocations of x86-64 for write.ts: the four types that nearly all have, of symbols whose address is settled; calls of
// IFUNCs; loads from the GOT that can do without it (src/targets/x86-64/got-load.ts). The others go to the list of what
// was left.

import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  FLAGS,
  GOT_IMMEDIATE,
  GOT_LEFT,
  GOT_LOADS,
  HOME,
  LEFT,
  LEFT_COUNT,
  LEFT_SIZE,
  SETTLED,
  STUB,
  STUB_BASE,
  STUB_COUNT,
  STUB_SIZE,
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
const R_X86_64_GOTPCRELX: u32 = 41;
const R_X86_64_REX_GOTPCRELX: u32 = 42;
const R_X86_64_TLSGD: u32 = 19;
const R_X86_64_TLSLD: u32 = 20;

const SHF_ALLOC: u32 = 2;
const SHF_X86_64_LARGE: u32 = 0x10000000;

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
  const stubs = load<u32>(work, STUB);
  // What is not loaded does not refer to stubs.
  const isLoaded = (load<u32>(load<u32>(work, FLAGS) + (section << 2)) & SHF_ALLOC) !== 0;
  const stubCount = isLoaded ? load<u32>(work, STUB_COUNT) : 0;
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
        } else if (type === R_X86_64_GOTPCRELX || type === R_X86_64_REX_GOTPCRELX) {
          if (offset >= 3 && size >= 4 && offset <= size4 && <i64>load<u64>(entry, 16) === -4)
            if (withoutGot(work, symbol, type, out + <u32>offset, target, <i64>(value - place - offset)))
              continue;
        }
      } else if ((type === R_X86_64_PLT32 || type === R_X86_64_PC32) && symbol < stubCount) {
        const stub = load<u32>(stubs + (symbol << 2));
        if (stub !== 0 && size >= 4 && offset <= size4) {
          const target = load<u64>(work, STUB_BASE) + (stub - 1) * <u64>load<u32>(work, STUB_SIZE);
          const distance = <i64>(target + load<u64>(entry, 16) - place - offset);
          if (distance === <i64>(<i32>distance)) {
            store<i32>(out + <u32>offset, <i32>distance);
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

/** Rewrites a load or call by way of the GOT around its displacement `at`; false where that stays, or takes more thought. */
function withoutGot(work: usize, symbol: u32, type: u32, at: usize, target: u64, distance: i64): bool {
  const mode = load<u32>(work, GOT_LOADS);
  const home = load<i32>(load<u32>(work, HOME) + (symbol << 2));
  if (mode === GOT_LEFT || home <= 0) return false;
  if (symbol < load<u32>(work, STUB_COUNT) && load<u32>(load<u32>(work, STUB) + (symbol << 2)) !== 0)
    return false;
  if (load<u32>(load<u32>(work, FLAGS) + (home << 2)) & SHF_X86_64_LARGE) return false;
  const opcode = load<u8>(at - 2);
  const modrm = load<u8>(at - 1);
  if (opcode === 0xff) {
    if (modrm !== 0x15 || distance !== <i64>(<i32>distance)) return false;
    // addr32 call
    store<u16>(at - 2, 0xe867);
  } else if (opcode !== 0x8b) return false;
  else if (mode === GOT_IMMEDIATE) {
    const rex: u32 = type === R_X86_64_REX_GOTPCRELX ? load<u8>(at - 3) : 0;
    const fits = rex & 8 ? <i64>target === <i64>(<i32>target) : target === <u64>(<u32>target);
    if (!fits) return false;
    // mov $foo, %reg: the register goes from the ModRM byte's reg field to rm, its high bit from R to B.
    store<u8>(at - 2, 0xc7);
    store<u8>(at - 1, 0xc0 | ((modrm & 0x38) >> 3));
    if (type === R_X86_64_REX_GOTPCRELX) store<u8>(at - 3, (rex & ~4) | (rex & 4 ? 1 : 0));
    store<u32>(at, <u32>target);
    return true;
  } else {
    if (distance !== <i64>(<i32>distance)) return false;
    // lea
    store<u8>(at - 2, 0x8d);
  }
  store<i32>(at, <i32>distance);
  return true;
}
