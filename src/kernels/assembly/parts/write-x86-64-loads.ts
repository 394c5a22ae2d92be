// Loads from the GOT and of thread-local offsets for write-x86-64.ts: of what is defined in an executable that no loader
// has to do with (src/targets/x86-64/got-load.ts, tls.ts).

import {
  FLAGS,
  GOT_BASE,
  GOT_COUNT,
  GOT_IMMEDIATE,
  GOT_LEFT,
  GOT_LOADS,
  GOT_WORD,
  HOME,
  INFO,
  IS_STATIC,
  STUB,
  STUB_COUNT,
  TLS_END,
} from "./write-fields";

export const R_X86_64_GOTPCREL: u32 = 9;
export const R_X86_64_GOTTPOFF: u32 = 22;
const R_X86_64_TPOFF32: u32 = 23;
const R_X86_64_REX_GOTPCRELX: u32 = 42;

const STB_WEAK: u32 = 2;
/** A value of SymbolSection (src/model/symbols.ts). */
const SCRIPT: i32 = -3;
const SHF_X86_64_LARGE: u32 = 0x10000000;

const CALL_OR_JUMP: u32 = 0xff;
const MOV: u32 = 0x8b;
const TEST: u32 = 0x85;
const ADD: u32 = 0x03;

/** Does a load or call by way of the GOT around its displacement `at`, `place`; false where that takes more thought. */
export function gotLoad(
  work: usize,
  symbol: u32,
  type: u32,
  at: usize,
  target: u64,
  distance: i64,
  place: u64,
): bool {
  const mode = load<u32>(work, GOT_LOADS);
  if (mode === GOT_LEFT) return false;
  const opcode: u32 = load<u8>(at - 2);
  if (type === R_X86_64_GOTPCREL && opcode !== MOV) return fromGot(work, symbol, at, place);
  const home = load<i32>(load<u32>(work, HOME) + (symbol << 2));
  // An undefined weak symbol is the constant 0.
  const isZero =
    home === 0 && mode === GOT_IMMEDIATE && load<u8>(load<u32>(work, INFO) + symbol) >> 4 === STB_WEAK;
  if (home <= 0 && home !== SCRIPT && !isZero) return false;
  if (symbol < load<u32>(work, STUB_COUNT) && load<u32>(load<u32>(work, STUB) + (symbol << 2)) !== 0)
    return false;
  if (home > 0 && load<u32>(load<u32>(work, FLAGS) + (home << 2)) & SHF_X86_64_LARGE) return false;
  const modrm: u32 = load<u8>(at - 1);
  if (opcode === CALL_OR_JUMP) {
    if (modrm !== 0x15 || distance !== <i64>(<i32>distance)) return false;
    // addr32 call
    store<u16>(at - 2, 0xe867);
  } else if (opcode === MOV && (mode !== GOT_IMMEDIATE || type === R_X86_64_GOTPCREL)) {
    if (distance !== <i64>(<i32>distance)) return false;
    // lea
    store<u8>(at - 2, 0x8d);
  } else if (mode !== GOT_IMMEDIATE) return fromGot(work, symbol, at, place);
  else {
    const rex: u32 = type === R_X86_64_REX_GOTPCRELX ? load<u8>(at - 3) : 0;
    const fits = rex & 8 ? <i64>target === <i64>(<i32>target) : target === <u64>(<u32>target);
    if (!fits) return false;
    // mov $foo, %reg: the register goes from the ModRM byte's reg field to rm, its high bit from R to B. So does that of
    // test, and of add and its like.
    store<u8>(at - 2, opcode === MOV ? 0xc7 : opcode === TEST ? 0xf7 : 0x81);
    store<u8>(at - 1, 0xc0 | ((modrm & 0x38) >> 3) | (opcode === MOV || opcode === TEST ? 0 : opcode & 0x3c));
    if (type === R_X86_64_REX_GOTPCRELX) store<u8>(at - 3, (rex & ~4) | (rex & 4 ? 1 : 0));
    store<u32>(at, <u32>target);
    return true;
  }
  store<i32>(at, <i32>distance);
  return true;
}

/** The address is loaded from its word. */
function fromGot(work: usize, symbol: u32, at: usize, place: u64): bool {
  if (symbol >= load<u32>(work, GOT_COUNT)) return false;
  const word = load<u32>(load<u32>(work, GOT_WORD) + (symbol << 2));
  if (word === 0) return false;
  const distance = <i64>(load<u64>(work, GOT_BASE) + ((<u64>(word - 1)) << 3) - 4 - place);
  if (distance !== <i64>(<i32>distance)) return false;
  store<i32>(at, <i32>distance);
  return true;
}

/** Offsets from the thread pointer, of the local-exec and initial-exec models, for the field `at`. */
export function thread(work: usize, type: u32, at: usize, value: u64): bool {
  if (load<u32>(work, IS_STATIC) === 0) return false;
  const offset = <i64>(value - load<u64>(work, TLS_END));
  if (type === R_X86_64_TPOFF32) {
    if (offset !== <i64>(<i32>offset)) return false;
    store<i32>(at, <i32>offset);
    return true;
  }
  if (type !== R_X86_64_GOTTPOFF) return false;
  const immediate = offset + 4;
  if (immediate !== <i64>(<i32>immediate)) return false;
  const rex: u32 = load<u8>(at - 3);
  const opcode: u32 = load<u8>(at - 2);
  const modrm: u32 = load<u8>(at - 1);
  if ((rex !== 0x48 && rex !== 0x4c) || (opcode !== MOV && opcode !== ADD) || (modrm & 0xc7) !== 5)
    return false;
  const register = modrm >> 3;
  if (opcode === MOV || register === 4) {
    // mov or add $foo, %reg: as a base register, 4 would mean that a SIB byte follows.
    if (rex === 0x4c) store<u8>(at - 3, 0x49);
    store<u8>(at - 2, opcode === MOV ? 0xc7 : 0x81);
    store<u8>(at - 1, 0xc0 | register);
  } else {
    // lea foo(%reg), %reg
    if (rex === 0x4c) store<u8>(at - 3, 0x4d);
    store<u8>(at - 2, 0x8d);
    store<u8>(at - 1, 0x80 | register | (register << 3));
  }
  store<i32>(at, <i32>immediate);
  return true;
}
