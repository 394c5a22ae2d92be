import { FLAGS, isNaN64, isSignalling64, NAN_F16, NAN_F32, NAN_F64_HIGH, NV, out, setF64 } from "./state.ts";

/**
 * Comparisons, minimum and maximum, classes. `feq` is quiet: only a signalling
 * NaN is invalid; `flt` and `fle` signal with any NaN, Zfa's `fltq` and `fleq`
 * with none but signalling ones. All answer 0 or 1.
 */

/** Orders any two that are no NaNs: as integers, by magnitude and sign; negative, 0 or positive. */
function order32(a: number, b: number): number {
  if (((a | b) & 0x7fffffff) === 0) return 0;
  // Two's complement order of "sign and magnitude": negative ones are turned round.
  const x = a < 0 ? -(a & 0x7fffffff) : a;
  const y = b < 0 ? -(b & 0x7fffffff) : b;
  return x - y;
}

function order64(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const aNegative = aHigh < 0;
  const bNegative = bHigh < 0;
  if (aNegative !== bNegative) {
    if (((aHigh | bHigh) & 0x7fffffff) === 0 && (aLow | bLow) === 0) return 0;
    return aNegative ? -1 : 1;
  }
  const size = aHigh !== bHigh ? aHigh - bHigh : (aLow >>> 0) - (bLow >>> 0);
  // Within the negative ones the high halves are compared as signed numbers of the same sign bit.
  return aNegative ? -size : size;
}

const isNaN32 = (a: number) => (a & 0x7fffffff) > 0x7f800000;
const isSignalling32 = (a: number) => isNaN32(a) && (a & 0x00400000) === 0;
const isNaN16 = (a: number) => (a & 0x7fff) > 0x7c00;
const isSignalling16 = (a: number) => isNaN16(a) && (a & 0x0200) === 0;
/** A half's bits where a float has them, so that signs and order are the same. */
const widened = (a: number) => (a << 16) | 0;

/** True if one is a NaN; raises invalid if that is wanted. */
function unordered32(a: number, b: number, signalling: boolean): boolean {
  if (!isNaN32(a) && !isNaN32(b)) return false;
  if (signalling || isSignalling32(a) || isSignalling32(b)) out[FLAGS] |= NV;
  return true;
}

function unordered16(a: number, b: number, signalling: boolean): boolean {
  if (!isNaN16(a) && !isNaN16(b)) return false;
  if (signalling || isSignalling16(a) || isSignalling16(b)) out[FLAGS] |= NV;
  return true;
}

function unordered64(aLow: number, aHigh: number, bLow: number, bHigh: number, signalling: boolean): boolean {
  if (!isNaN64(aLow, aHigh) && !isNaN64(bLow, bHigh)) return false;
  if (signalling || isSignalling64(aLow, aHigh) || isSignalling64(bLow, bHigh)) out[FLAGS] |= NV;
  return true;
}

export function f32Equal(a: number, b: number): number {
  return unordered32(a, b, false) ? 0 : order32(a, b) === 0 ? 1 : 0;
}
export function f32Less(a: number, b: number): number {
  return unordered32(a, b, true) ? 0 : order32(a, b) < 0 ? 1 : 0;
}
export function f32LessOrEqual(a: number, b: number): number {
  return unordered32(a, b, true) ? 0 : order32(a, b) <= 0 ? 1 : 0;
}
export function f32LessQuiet(a: number, b: number): number {
  return unordered32(a, b, false) ? 0 : order32(a, b) < 0 ? 1 : 0;
}
export function f32LessOrEqualQuiet(a: number, b: number): number {
  return unordered32(a, b, false) ? 0 : order32(a, b) <= 0 ? 1 : 0;
}

export function f16Equal(a: number, b: number): number {
  return unordered16(a, b, false) ? 0 : order32(widened(a), widened(b)) === 0 ? 1 : 0;
}
export function f16Less(a: number, b: number): number {
  return unordered16(a, b, true) ? 0 : order32(widened(a), widened(b)) < 0 ? 1 : 0;
}
export function f16LessOrEqual(a: number, b: number): number {
  return unordered16(a, b, true) ? 0 : order32(widened(a), widened(b)) <= 0 ? 1 : 0;
}
export function f16LessQuiet(a: number, b: number): number {
  return unordered16(a, b, false) ? 0 : order32(widened(a), widened(b)) < 0 ? 1 : 0;
}
export function f16LessOrEqualQuiet(a: number, b: number): number {
  return unordered16(a, b, false) ? 0 : order32(widened(a), widened(b)) <= 0 ? 1 : 0;
}

export function f64Equal(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) return 0;
  return order64(aLow, aHigh, bLow, bHigh) === 0 ? 1 : 0;
}
export function f64Less(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  if (unordered64(aLow, aHigh, bLow, bHigh, true)) return 0;
  return order64(aLow, aHigh, bLow, bHigh) < 0 ? 1 : 0;
}
export function f64LessOrEqual(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  if (unordered64(aLow, aHigh, bLow, bHigh, true)) return 0;
  return order64(aLow, aHigh, bLow, bHigh) <= 0 ? 1 : 0;
}
export function f64LessQuiet(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) return 0;
  return order64(aLow, aHigh, bLow, bHigh) < 0 ? 1 : 0;
}
export function f64LessOrEqualQuiet(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) return 0;
  return order64(aLow, aHigh, bLow, bHigh) <= 0 ? 1 : 0;
}

/** For minimum and maximum -0 is less than +0. */
function comesFirst32(a: number, b: number): boolean {
  const order = order32(a, b);
  return order !== 0 ? order < 0 : a < 0;
}

export function f32Min(a: number, b: number): number {
  if (!unordered32(a, b, false)) return comesFirst32(a, b) ? a : b;
  return isNaN32(a) ? (isNaN32(b) ? NAN_F32 : b) : a;
}
export function f32Max(a: number, b: number): number {
  if (!unordered32(a, b, false)) return comesFirst32(a, b) ? b : a;
  return isNaN32(a) ? (isNaN32(b) ? NAN_F32 : b) : a;
}
/** Zfa's `fminm`: a NaN makes a NaN. */
export function f32MinNaN(a: number, b: number): number {
  return unordered32(a, b, false) ? NAN_F32 : f32Min(a, b);
}
export function f32MaxNaN(a: number, b: number): number {
  return unordered32(a, b, false) ? NAN_F32 : f32Max(a, b);
}

export function f16Min(a: number, b: number): number {
  if (!unordered16(a, b, false)) return comesFirst32(widened(a), widened(b)) ? a : b;
  return isNaN16(a) ? (isNaN16(b) ? NAN_F16 : b) : a;
}
export function f16Max(a: number, b: number): number {
  if (!unordered16(a, b, false)) return comesFirst32(widened(a), widened(b)) ? b : a;
  return isNaN16(a) ? (isNaN16(b) ? NAN_F16 : b) : a;
}
export function f16MinNaN(a: number, b: number): number {
  return unordered16(a, b, false) ? NAN_F16 : f16Min(a, b);
}
export function f16MaxNaN(a: number, b: number): number {
  return unordered16(a, b, false) ? NAN_F16 : f16Max(a, b);
}

/** Picks the operand that comes first, or the other one; a NaN loses against a number. */
function pick64(aLow: number, aHigh: number, bLow: number, bHigh: number, first: boolean): void {
  let takeA: boolean;
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) {
    if (isNaN64(aLow, aHigh) && isNaN64(bLow, bHigh)) {
      setF64(0, NAN_F64_HIGH);
      return;
    }
    takeA = isNaN64(bLow, bHigh);
  } else {
    const order = order64(aLow, aHigh, bLow, bHigh);
    takeA = (order !== 0 ? order < 0 : aHigh < 0) === first;
  }
  if (takeA) setF64(aLow, aHigh);
  else setF64(bLow, bHigh);
}

export function f64Min(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  pick64(aLow, aHigh, bLow, bHigh, true);
}
export function f64Max(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  pick64(aLow, aHigh, bLow, bHigh, false);
}
export function f64MinNaN(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) setF64(0, NAN_F64_HIGH);
  else pick64(aLow, aHigh, bLow, bHigh, true);
}
export function f64MaxNaN(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  if (unordered64(aLow, aHigh, bLow, bHigh, false)) setF64(0, NAN_F64_HIGH);
  else pick64(aLow, aHigh, bLow, bHigh, false);
}

/**
 * The mask of `fclass`, one bit of: negative infinity, normal, subnormal, zero;
 * positive zero, subnormal, normal, infinity; signalling NaN, quiet NaN.
 */
function classOf(
  negative: boolean,
  exponent: number,
  all: number,
  fraction: boolean,
  quiet: boolean,
): number {
  if (exponent === all && fraction) return quiet ? 1 << 9 : 1 << 8;
  const size = exponent === all ? 0 : exponent !== 0 ? 1 : fraction ? 2 : 3;
  return negative ? 1 << size : 1 << (7 - size);
}

export function f32Class(a: number): number {
  return classOf(a < 0, (a >>> 23) & 255, 255, (a & 0x7fffff) !== 0, (a & 0x400000) !== 0);
}
export function f16Class(a: number): number {
  return classOf((a & 0x8000) !== 0, (a >>> 10) & 31, 31, (a & 0x3ff) !== 0, (a & 0x200) !== 0);
}
export function f64Class(low: number, high: number): number {
  const fraction = (high & 0xfffff) !== 0 || low !== 0;
  return classOf(high < 0, (high >>> 20) & 0x7ff, 0x7ff, fraction, (high & 0x80000) !== 0);
}
