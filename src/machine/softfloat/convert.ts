import { f16Class, f32Class } from "./compare.ts";
import { doubleOfF16, roundF16, roundF32 } from "./narrow.ts";
import { normalise, roundingIncrement, roundPackF64, shifted } from "./round.ts";
import {
  double,
  doubleOfF32,
  FLAGS,
  HIGH,
  isNaN64,
  isSignalling64,
  LOW,
  NAN_F16,
  NAN_F32,
  NAN_F64_HIGH,
  NV,
  NX,
  out,
  RNE,
  setDouble,
  setF64,
} from "./state.ts";

/**
 * Conversions. Between formats; to integers, where what does not fit is invalid
 * and gives the nearest limit (a NaN gives the largest number); from integers;
 * and rounding to an integral number in the same format (Zfa).
 */

const SIGNALLING = 1 << 8;

export function f32ToF64(a: number): void {
  const kind = f32Class(a);
  if (kind >= SIGNALLING) {
    if (kind === SIGNALLING) out[FLAGS] |= NV;
    setF64(0, NAN_F64_HIGH);
  } else setDouble(doubleOfF32(a));
}

export function f64ToF32(low: number, high: number, mode: number): number {
  if (!isNaN64(low, high)) return roundF32(double(low, high), mode);
  if (isSignalling64(low, high)) out[FLAGS] |= NV;
  return NAN_F32;
}

export function f16ToF64(a: number): void {
  const kind = f16Class(a);
  if (kind >= SIGNALLING) {
    if (kind === SIGNALLING) out[FLAGS] |= NV;
    setF64(0, NAN_F64_HIGH);
  } else setDouble(doubleOfF16(a));
}

export function f64ToF16(low: number, high: number, mode: number): number {
  if (!isNaN64(low, high)) return roundF16(double(low, high), mode);
  if (isSignalling64(low, high)) out[FLAGS] |= NV;
  return NAN_F16;
}

export function f16ToF32(a: number): number {
  const kind = f16Class(a);
  if (kind >= SIGNALLING) {
    if (kind === SIGNALLING) out[FLAGS] |= NV;
    return NAN_F32;
  }
  return roundF32(doubleOfF16(a), RNE);
}

export function f32ToF16(a: number, mode: number): number {
  const kind = f32Class(a);
  if (kind >= SIGNALLING) {
    if (kind === SIGNALLING) out[FLAGS] |= NV;
    return NAN_F16;
  }
  return roundF16(doubleOfF32(a), mode);
}

// From integers. Every 32-bit integer is a double.

export function i32ToF64(a: number): void {
  setDouble(a | 0);
}
export function u32ToF64(a: number): void {
  setDouble(a >>> 0);
}
export function i32ToF32(a: number, mode: number): number {
  return roundF32(a | 0, mode);
}
export function u32ToF32(a: number, mode: number): number {
  return roundF32(a >>> 0, mode);
}
export function i32ToF16(a: number, mode: number): number {
  return roundF16(a | 0, mode);
}
export function u32ToF16(a: number, mode: number): number {
  return roundF16(a >>> 0, mode);
}

function magnitudeToF64(sign: number, low: number, high: number, mode: number): void {
  if ((low | high) === 0) {
    setF64(0, 0);
    return;
  }
  const count = normalise(high, low);
  roundPackF64(sign, 1023 + 63 - count, shifted[0], shifted[1], mode);
}

export function i64ToF64(low: number, high: number, mode: number): void {
  if (high >= 0) magnitudeToF64(0, low, high, mode);
  else magnitudeToF64(1, -low | 0, (~high + (low === 0 ? 1 : 0)) | 0, mode);
}
export function u64ToF64(low: number, high: number, mode: number): void {
  magnitudeToF64(0, low, high, mode);
}

/** A double for the magnitude with no more than its top 53 bits, the last of them sticky: enough for a narrower format. */
function doubleToOdd(sign: number, low: number, high: number): number {
  if ((high & 0xffe00000) !== 0 && (low & 0x7ff) !== 0) low = (low & ~0x7ff) | 0x800;
  const value = (high >>> 0) * 4294967296 + (low >>> 0);
  return sign !== 0 ? -value : value;
}

export function i64ToF32(low: number, high: number, mode: number): number {
  return roundF32(doubleOfI64(low, high), mode);
}
export function u64ToF32(low: number, high: number, mode: number): number {
  return roundF32(doubleToOdd(0, low, high), mode);
}
export function i64ToF16(low: number, high: number, mode: number): number {
  return roundF16(doubleOfI64(low, high), mode);
}
export function u64ToF16(low: number, high: number, mode: number): number {
  return roundF16(doubleToOdd(0, low, high), mode);
}

function doubleOfI64(low: number, high: number): number {
  if (high >= 0) return doubleToOdd(0, low, high);
  return doubleToOdd(1, -low | 0, (~high + (low === 0 ? 1 : 0)) | 0);
}

// To integers. Every f16 and f32 is a double, so there is one way.

/** `value` as an integral double, rounded; the flags are left alone. */
function integral(value: number, mode: number): number {
  const whole = Math.trunc(value);
  // Exact, unlike the distance from the floor. A NaN for what is infinite or a NaN.
  const rest = Math.abs(value - whole);
  if (!(rest > 0)) return value;
  const negative = value < 0;
  const increment = roundingIncrement(mode, negative, 1, 2);
  const away = negative ? whole - 1 : whole + 1;
  if (increment === 0) return whole;
  if (increment === 2) return away;
  if (rest !== 0.5) return rest < 0.5 ? whole : away;
  return mode === RNE && whole % 2 === 0 ? whole : away;
}

function toI32(value: number, mode: number): number {
  const whole = integral(value, mode);
  if (whole >= -2147483648 && whole <= 2147483647) {
    if (whole !== value) out[FLAGS] |= NX;
    return whole | 0;
  }
  out[FLAGS] |= NV;
  return whole < 0 ? -0x80000000 : 0x7fffffff;
}

function toU32(value: number, mode: number): number {
  const whole = integral(value, mode);
  if (whole >= 0 && whole <= 4294967295) {
    if (whole !== value) out[FLAGS] |= NX;
    return whole | 0;
  }
  out[FLAGS] |= NV;
  return whole < 0 ? 0 : -1;
}

function toI64(value: number, mode: number): void {
  const whole = integral(value, mode);
  if (whole >= -(2 ** 63) && whole < 2 ** 63) {
    if (whole !== value) out[FLAGS] |= NX;
    setInteger(whole);
    return;
  }
  out[FLAGS] |= NV;
  if (whole < 0) setF64(0, -0x80000000);
  else setF64(-1, 0x7fffffff);
}

function toU64(value: number, mode: number): void {
  const whole = integral(value, mode);
  if (whole >= 0 && whole < 2 ** 64) {
    if (whole !== value) out[FLAGS] |= NX;
    setInteger(whole);
    return;
  }
  out[FLAGS] |= NV;
  if (whole < 0) setF64(0, 0);
  else setF64(-1, -1);
}

/** An integral double as a 64-bit integer, wrapped. */
function setInteger(whole: number): void {
  const high = Math.floor(whole / 4294967296);
  out[LOW] = whole - high * 4294967296;
  out[HIGH] = high;
}

export function f64ToI32(low: number, high: number, mode: number): number {
  return toI32(double(low, high), mode);
}
export function f64ToU32(low: number, high: number, mode: number): number {
  return toU32(double(low, high), mode);
}
export function f64ToI64(low: number, high: number, mode: number): void {
  toI64(double(low, high), mode);
}
export function f64ToU64(low: number, high: number, mode: number): void {
  toU64(double(low, high), mode);
}
export function f32ToI32(a: number, mode: number): number {
  return toI32(doubleOfF32(a), mode);
}
export function f32ToU32(a: number, mode: number): number {
  return toU32(doubleOfF32(a), mode);
}
export function f32ToI64(a: number, mode: number): void {
  toI64(doubleOfF32(a), mode);
}
export function f32ToU64(a: number, mode: number): void {
  toU64(doubleOfF32(a), mode);
}
export function f16ToI32(a: number, mode: number): number {
  return toI32(doubleOfF16(a), mode);
}
export function f16ToU32(a: number, mode: number): number {
  return toU32(doubleOfF16(a), mode);
}
export function f16ToI64(a: number, mode: number): void {
  toI64(doubleOfF16(a), mode);
}
export function f16ToU64(a: number, mode: number): void {
  toU64(doubleOfF16(a), mode);
}

/**
 * `fcvtmod.w.d`: towards zero and modulo 2^32, as JavaScript's ToInt32. The
 * flags are those of `fcvt.w.d`: what does not fit is invalid, not inexact.
 */
export function f64ToI32Modular(low: number, high: number): number {
  const value = double(low, high);
  const whole = Math.trunc(value);
  if (!(whole >= -2147483648 && whole <= 2147483647)) out[FLAGS] |= NV;
  else if (whole !== value) out[FLAGS] |= NX;
  return whole | 0;
}

// Rounding to an integral number: `fround` raises nothing but invalid, `froundnx` inexact too.

/** The integral number, with the sign of what was rounded (0 has one too); raises inexact if wanted. */
function integralSigned(value: number, mode: number, inexact: boolean): number {
  const whole = integral(value, mode);
  if (inexact && whole !== value) out[FLAGS] |= NX;
  return whole === 0 && (value < 0 || Object.is(value, -0)) ? -0 : whole;
}

export function f64Round(low: number, high: number, mode: number, inexact: boolean): void {
  if (isNaN64(low, high)) {
    if (isSignalling64(low, high)) out[FLAGS] |= NV;
    setF64(0, NAN_F64_HIGH);
  } else setDouble(integralSigned(double(low, high), mode, inexact));
}

export function f32Round(a: number, mode: number, inexact: boolean): number {
  const kind = f32Class(a);
  if (kind < SIGNALLING) {
    const value = integralSigned(doubleOfF32(a), mode, inexact);
    return roundF32(value, RNE);
  }
  if (kind === SIGNALLING) out[FLAGS] |= NV;
  return NAN_F32;
}

export function f16Round(a: number, mode: number, inexact: boolean): number {
  const kind = f16Class(a);
  if (kind < SIGNALLING) return roundF16(integralSigned(doubleOfF16(a), mode, inexact), RNE);
  if (kind === SIGNALLING) out[FLAGS] |= NV;
  return NAN_F16;
}
