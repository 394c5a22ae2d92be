// Values into the fields of RISC-V's instructions and data, for write-riscv.ts: what src/targets/riscv/immediates.ts has for the
// relocations that are left to TypeScript, in integers of fixed width, which that cannot share.

export const R_32: u32 = 1;
export const R_64: u32 = 2;
export const BRANCH: u32 = 16;
export const JAL: u32 = 17;
export const RVC_BRANCH: u32 = 44;
export const RVC_JUMP: u32 = 45;
export const ADD8: u32 = 33;
export const ADD16: u32 = 34;
export const ADD32: u32 = 35;
export const ADD64: u32 = 36;
export const SUB8: u32 = 37;
export const SUB16: u32 = 38;
export const SUB32: u32 = 39;
export const SUB64: u32 = 40;
export const SUB6: u32 = 52;
export const SET6: u32 = 53;
export const SET8: u32 = 54;
export const SET16: u32 = 55;
export const SET32: u32 = 56;

export const MASK_U: u32 = 0xfffff000;
export const MASK_I: u32 = 0xfff00000;
export const MASK_S: u32 = 0xfe000f80;
export const MASK_J: u32 = 0xfffff000;
export const MASK_CB: u32 = 0x1c7c;
export const MASK_CJ: u32 = 0x1ffc;
export const MASK_RS1: u32 = 0xf8000;

export function put(at: usize, mask: u32, bits: u32): void {
  store<u32>(at, (load<u32>(at) & ~mask) | bits);
}

export function putHalf(at: usize, mask: u32, bits: u32): void {
  store<u16>(at, (<u32>load<u16>(at) & ~mask) | bits);
}

export function fits(value: i64, bits: i64): bool {
  const limit: i64 = (<i64>1) << (bits - 1);
  return value >= -limit && value < limit;
}

export function fitsHigh(value: i64): bool {
  return value >= -0x80000800 && value < 0x7ffff800;
}

export function encodeU(value: u32): u32 {
  return (value + 0x800) & MASK_U;
}

export function encodeS(value: u32): u32 {
  return ((value & 0xfe0) << 20) | ((value & 0x1f) << 7);
}

export function encodeB(value: u32): u32 {
  return ((value & 0x1000) << 19) | ((value & 0x7e0) << 20) | ((value & 0x1e) << 7) | ((value & 0x800) >> 4);
}

export function encodeJ(value: u32): u32 {
  return ((value & 0x100000) << 11) | ((value & 0x7fe) << 20) | ((value & 0x800) << 9) | (value & 0xff000);
}

export function encodeCB(value: u32): u32 {
  return (
    ((value & 0x100) << 4) |
    ((value & 0x18) << 7) |
    ((value & 0xc0) >> 1) |
    ((value & 0x6) << 2) |
    ((value & 0x20) >> 3)
  );
}

export function encodeCJ(value: u32): u32 {
  return (
    ((value & 0x800) << 1) |
    ((value & 0x10) << 7) |
    ((value & 0x300) << 1) |
    ((value & 0x400) >> 2) |
    ((value & 0x40) << 1) |
    ((value & 0x80) >> 1) |
    ((value & 0xe) << 2) |
    ((value & 0x20) >> 3)
  );
}

/** A jump over `distance` bytes; false where it does not reach. */
export function putJump(at: usize, type: u32, distance: i64): bool {
  if (distance & 1) return false;
  const value = <u32>distance;
  if (type === BRANCH) {
    if (!fits(distance, 13)) return false;
    put(at, MASK_S, encodeB(value));
  } else if (type === JAL) {
    if (!fits(distance, 21)) return false;
    put(at, MASK_J, encodeJ(value));
  } else if (type === RVC_BRANCH) {
    if (!fits(distance, 9)) return false;
    putHalf(at, MASK_CB, encodeCB(value));
  } else {
    if (!fits(distance, 12)) return false;
    putHalf(at, MASK_CJ, encodeCJ(value));
  }
  return true;
}

export function putLow(at: usize, isStore: bool, value: i64): void {
  if (isStore) put(at, MASK_S, encodeS(<u32>value));
  else put(at, MASK_I, (<u32>value) << 20);
}

/** Part of the difference of two symbols, in a field with `room` bytes behind its start; false for other relocations. */
export function putDifference(at: usize, type: u32, value: i64, room: u32): bool {
  switch (type) {
    case ADD8:
    case SUB8:
    case SUB6:
    case SET6:
    case SET8: {
      if (<i32>room < 1) return false;
      const low = <u32>value;
      const old: u32 = load<u8>(at);
      let byte = low;
      if (type === ADD8) byte = old + low;
      else if (type === SUB8) byte = old - low;
      else if (type === SUB6) byte = (old & 0xc0) | ((old - low) & 0x3f);
      else if (type === SET6) byte = (old & 0xc0) | (low & 0x3f);
      store<u8>(at, byte);
      return true;
    }
    case ADD16:
    case SUB16:
    case SET16: {
      if (<i32>room < 2) return false;
      const low = <u32>value;
      const old: u32 = load<u16>(at);
      store<u16>(at, type === ADD16 ? old + low : type === SUB16 ? old - low : low);
      return true;
    }
    case ADD32:
    case SUB32:
    case SET32: {
      if (<i32>room < 4) return false;
      const low = <u32>value;
      const old = load<u32>(at);
      store<u32>(at, type === ADD32 ? old + low : type === SUB32 ? old - low : low);
      return true;
    }
    case ADD64:
    case SUB64:
      if (<i32>room < 8) return false;
      store<i64>(at, type === ADD64 ? load<i64>(at) + value : load<i64>(at) - value);
      return true;
    default:
      return false;
  }
}

/** `nothing` in place of an address in data; false for relocations of something else. */
export function putNothing(at: usize, type: u32, nothing: u32, room: u32): bool {
  let bytes: u32;
  switch (type) {
    case SUB6:
    case SET6:
      // The two bits above them are the rest of an instruction of call frame information.
      if (<i32>room < 1) return false;
      store<u8>(at, (load<u8>(at) & 0xc0) | (nothing & 0x3f));
      return true;
    case ADD8:
    case SUB8:
    case SET8:
      bytes = 1;
      break;
    case ADD16:
    case SUB16:
    case SET16:
      bytes = 2;
      break;
    case R_32:
    case ADD32:
    case SUB32:
    case SET32:
      bytes = 4;
      break;
    case R_64:
    case ADD64:
    case SUB64:
      bytes = 8;
      break;
    default:
      return false;
  }
  if (<i32>room < <i32>bytes) return false;
  for (let i: u32 = 0; i < bytes; i++) store<u8>(at + i, i === 0 ? nothing : 0);
  return true;
}
