import { roundingIncrement } from "./round.ts";
import {
  asDouble,
  asFloat,
  asHalves,
  DZ,
  doubleOfF32,
  FLAGS,
  NAN_F16,
  NAN_F32,
  NV,
  NX,
  OF,
  out,
  RDN,
  RNE,
  UF,
} from "./state.ts";

/**
 * f32 and f16 arithmetic, done in doubles and rounded once more.
 *
 * Rounding twice is safe when the first result keeps enough: with 53 bits for
 * a result of 24, a quotient or root that is rounded to a double lies on the
 * same side of every f32 and of every middle between two as the exact one does
 * (an exact quotient of two 24-bit significands that is not representable
 * differs from any 25-bit number by a relative 2^-49 or more). A product of two
 * is exact. A sum may have more than 53 bits: it is rounded to odd, which keeps
 * the last step honest whatever its mode. So every operation here ends in
 * `roundF32` or `roundF16`, which also find the flags.
 */

/** `a + b`, rounded to odd: if something is lost, the last place is 1. Both finite, and far from overflow. */
function addToOdd(a: number, b: number): number {
  const sum = a + b;
  const part = sum - a;
  const lost = a - (sum - part) + (b - part);
  if (lost === 0) return sum;
  asDouble[0] = sum;
  if ((asHalves[0] & 1) !== 0) return sum;
  if (lost > 0 === sum > 0) {
    asHalves[0] |= 1;
  } else {
    if (asHalves[0] === 0) asHalves[1]--;
    asHalves[0]--;
  }
  return asDouble[0];
}

/** Rounds a double that is no NaN to f32; raises what that raises. */
export function roundF32(value: number, mode: number): number {
  if (mode === RNE) {
    const rounded = Math.fround(value);
    const size = Math.abs(rounded);
    if ((size > 1.2e-38 && size < 3.4e38) || value === 0) {
      if (rounded !== value) out[FLAGS] |= NX;
      asFloat[0] = rounded;
      return asHalves[0];
    }
  }
  return roundDouble(value, mode, 8, 23);
}

export function roundF16(value: number, mode: number): number {
  return roundDouble(value, mode, 5, 10);
}

/** Rounds a double to a format with that many bits of exponent and fraction (at most 8 and 23). */
function roundDouble(value: number, mode: number, exponentBits: number, fractionBits: number): number {
  asDouble[0] = value;
  const high = asHalves[1];
  const low = asHalves[0];
  const negative = high < 0;
  const all = (1 << exponentBits) - 1;
  const infinity = all << fractionBits;
  const signBit = (negative ? 1 : 0) << (exponentBits + fractionBits);
  const field = (high >>> 20) & 0x7ff;
  if (field === 0x7ff) return signBit | infinity;
  if (value === 0) return signBit;
  // A subnormal double is far below every subnormal of the narrow formats, so its exact place is of no matter.
  const exponent = field === 0 ? -2000 : field - 1023 + (all >> 1);
  // The significand with its top bit at bit 30, and a sticky lowest bit.
  let significand = 0x40000000 | ((high & 0xfffff) << 10) | (low >>> 22) | ((low & 0x3fffff) !== 0 ? 1 : 0);
  const shift = 30 - fractionBits;
  const half = 1 << (shift - 1);
  const mask = (1 << shift) - 1;
  const increment = roundingIncrement(mode, negative, half, mask);
  let tiny = false;
  let base = exponent - 1;
  if (exponent <= 0) {
    tiny = !(exponent === 0 && significand + increment > 0x7fffffff);
    const count = 1 - exponent;
    significand =
      count > 31 ? 1 : (significand >>> count) | ((significand & ((1 << count) - 1)) !== 0 ? 1 : 0);
    base = 0;
  }
  const bits = significand & mask;
  let rounded = (significand + increment) >>> shift;
  if (bits === half && mode === RNE) rounded &= ~1;
  if (bits !== 0) out[FLAGS] |= tiny ? NX | UF : NX;
  const result = base < all ? (base << fractionBits) + rounded : infinity;
  if (result >= infinity) {
    out[FLAGS] |= OF | NX;
    return signBit | (increment !== 0 ? infinity : infinity - 1);
  }
  return signBit | result;
}

const isNaN32 = (a: number) => (a & 0x7fffffff) > 0x7f800000;
const isSignalling32 = (a: number) => isNaN32(a) && (a & 0x00400000) === 0;
const isNaN16 = (a: number) => (a & 0x7fff) > 0x7c00;
const isSignalling16 = (a: number) => isNaN16(a) && (a & 0x0200) === 0;

/** The double that a half's bits stand for. */
export function doubleOfF16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) {
    const value = fraction * 2 ** -24;
    return sign !== 0 ? -value : value;
  }
  asHalves[0] = 0;
  asHalves[1] = sign | ((exponent === 31 ? 2047 : exponent + 1008) << 20) | (fraction << 10);
  return asDouble[0];
}

/** The exact or safely rounded sum, difference, … of the operands in doubles, before the last rounding. */
function finishF32(value: number, invalid: boolean, mode: number): number {
  if (!Number.isNaN(value)) return roundF32(value, mode);
  if (invalid) out[FLAGS] |= NV;
  return NAN_F32;
}

function finishF16(value: number, invalid: boolean, mode: number): number {
  if (!Number.isNaN(value)) return roundF16(value, mode);
  if (invalid) out[FLAGS] |= NV;
  return NAN_F16;
}

/** A sum: an exact 0 is -0 when rounding down, unless both are +0. */
function sumOf(a: number, b: number, mode: number): number {
  const sum = a + b;
  if (sum === 0) return mode === RDN && !(isPositiveZero(a) && isPositiveZero(b)) ? -0 : sum;
  // Infinite or a NaN: nothing is lost.
  return sum - sum === 0 ? addToOdd(a, b) : sum;
}

const isPositiveZero = (a: number) => Object.is(a, 0);

export function f32Add(a: number, b: number, mode: number): number {
  const invalid = (!isNaN32(a) && !isNaN32(b)) || isSignalling32(a) || isSignalling32(b);
  return finishF32(sumOf(doubleOfF32(a), doubleOfF32(b), mode), invalid, mode);
}

export function f32Sub(a: number, b: number, mode: number): number {
  const invalid = (!isNaN32(a) && !isNaN32(b)) || isSignalling32(a) || isSignalling32(b);
  return finishF32(sumOf(doubleOfF32(a), -doubleOfF32(b), mode), invalid, mode);
}

export function f32Mul(a: number, b: number, mode: number): number {
  const invalid = (!isNaN32(a) && !isNaN32(b)) || isSignalling32(a) || isSignalling32(b);
  return finishF32(doubleOfF32(a) * doubleOfF32(b), invalid, mode);
}

export function f32Div(a: number, b: number, mode: number): number {
  const invalid = (!isNaN32(a) && !isNaN32(b)) || isSignalling32(a) || isSignalling32(b);
  const x = doubleOfF32(a);
  const y = doubleOfF32(b);
  if (y === 0 && x !== 0 && x - x === 0) out[FLAGS] |= DZ;
  return finishF32(x / y, invalid, mode);
}

export function f32Sqrt(a: number, mode: number): number {
  return finishF32(Math.sqrt(doubleOfF32(a)), !isNaN32(a) || isSignalling32(a), mode);
}

/** a × b + c with one rounding: the product is exact in a double. */
export function f32MulAdd(a: number, b: number, c: number, mode: number): number {
  const product = doubleOfF32(a) * doubleOfF32(b);
  // Infinity times 0 is invalid even if the addend is a quiet NaN.
  const made = Number.isNaN(product) && !isNaN32(a) && !isNaN32(b);
  const operands = isNaN32(a) || isNaN32(b) || isNaN32(c);
  const invalid = made || !operands || isSignalling32(a) || isSignalling32(b) || isSignalling32(c);
  return finishF32(sumOf(product, doubleOfF32(c), mode), invalid, mode);
}

export function f16Add(a: number, b: number, mode: number): number {
  const invalid = (!isNaN16(a) && !isNaN16(b)) || isSignalling16(a) || isSignalling16(b);
  return finishF16(sumOf(doubleOfF16(a), doubleOfF16(b), mode), invalid, mode);
}

export function f16Sub(a: number, b: number, mode: number): number {
  const invalid = (!isNaN16(a) && !isNaN16(b)) || isSignalling16(a) || isSignalling16(b);
  return finishF16(sumOf(doubleOfF16(a), -doubleOfF16(b), mode), invalid, mode);
}

export function f16Mul(a: number, b: number, mode: number): number {
  const invalid = (!isNaN16(a) && !isNaN16(b)) || isSignalling16(a) || isSignalling16(b);
  return finishF16(doubleOfF16(a) * doubleOfF16(b), invalid, mode);
}

export function f16Div(a: number, b: number, mode: number): number {
  const invalid = (!isNaN16(a) && !isNaN16(b)) || isSignalling16(a) || isSignalling16(b);
  const x = doubleOfF16(a);
  const y = doubleOfF16(b);
  if (y === 0 && x !== 0 && x - x === 0) out[FLAGS] |= DZ;
  return finishF16(x / y, invalid, mode);
}

export function f16Sqrt(a: number, mode: number): number {
  return finishF16(Math.sqrt(doubleOfF16(a)), !isNaN16(a) || isSignalling16(a), mode);
}

export function f16MulAdd(a: number, b: number, c: number, mode: number): number {
  const product = doubleOfF16(a) * doubleOfF16(b);
  const made = Number.isNaN(product) && !isNaN16(a) && !isNaN16(b);
  const operands = isNaN16(a) || isNaN16(b) || isNaN16(c);
  const invalid = made || !operands || isSignalling16(a) || isSignalling16(b) || isSignalling16(c);
  return finishF16(sumOf(product, doubleOfF16(c), mode), invalid, mode);
}
