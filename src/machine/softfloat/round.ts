import { FLAGS, HIGH, LOW, NX, OF, out, RDN, RMM, RNE, RUP, UF } from "./state.ts";

/** Two words of scratch: what the shifts below leave, high word first. */
export const shifted = new Int32Array(2);

/** Shifts a 64-bit number right; bits that fall out make the lowest bit 1 ("jamming"), so that rounding sees them. */
export function shiftRightJam(high: number, low: number, count: number): void {
  if (count <= 0) {
    shifted[0] = high;
    shifted[1] = low;
  } else if (count < 32) {
    const lost = low << (32 - count);
    shifted[0] = high >>> count;
    shifted[1] = (low >>> count) | (high << (32 - count)) | (lost !== 0 ? 1 : 0);
  } else if (count < 64) {
    const lost = count === 32 ? low : (high << (64 - count)) | low;
    shifted[0] = 0;
    shifted[1] = (high >>> (count - 32)) | (lost !== 0 ? 1 : 0);
  } else {
    shifted[0] = 0;
    shifted[1] = (high | low) !== 0 ? 1 : 0;
  }
}

/** Shifts a 64-bit number that is not 0 left until its top bit is set; returns by how much. */
export function normalise(high: number, low: number): number {
  if (high === 0) {
    const count = Math.clz32(low);
    shifted[0] = low << count;
    shifted[1] = 0;
    return count + 32;
  }
  const count = Math.clz32(high);
  shifted[0] = count === 0 ? high : (high << count) | (low >>> (32 - count));
  shifted[1] = low << count;
  return count;
}

/** What is added to the bits below the last place, `half` being the middle and `all` every one of them. */
export function roundingIncrement(mode: number, negative: boolean, half: number, all: number): number {
  if (mode === RNE || mode === RMM) return half;
  return mode === (negative ? RDN : RUP) ? all : 0;
}

/**
 * Rounds to f64 and sets the result and the flags. The number is
 * `high:low` with its top bit (bit 63) set, meaning 1.xxx × 2^(exponent − 1023);
 * its lowest bit may stand for anything that is not 0 below it. Tininess is
 * detected after rounding, as RISC-V wants it.
 */
export function roundPackF64(sign: number, exponent: number, high: number, low: number, mode: number): void {
  const increment = roundingIncrement(mode, sign !== 0, 0x400, 0x7ff);
  let tiny = false;
  let base = exponent - 1;
  if (exponent <= 0) {
    tiny = !(exponent === 0 && high === -1 && (low >>> 0) + increment > 0xffffffff);
    shiftRightJam(high, low, 1 - exponent);
    high = shifted[0];
    low = shifted[1];
    base = 0;
  }
  const bits = low & 0x7ff;
  const sum = (low >>> 0) + increment;
  let roundedLow = sum | 0;
  if (sum > 0xffffffff) {
    high = (high + 1) | 0;
    if (high === 0) {
      high = -0x80000000;
      base++;
    }
  }
  if (bits === 0x400 && mode === RNE) roundedLow &= ~0x800;
  if (bits !== 0) out[FLAGS] |= tiny ? NX | UF : NX;
  if (base >= 2046) {
    out[FLAGS] |= OF | NX;
    out[LOW] = increment !== 0 ? 0 : -1;
    out[HIGH] = (sign << 31) | (increment !== 0 ? 0x7ff00000 : 0x7fefffff);
    return;
  }
  out[LOW] = (roundedLow >>> 11) | (high << 21);
  out[HIGH] = (sign << 31) | ((base << 20) + (high >>> 11));
}
