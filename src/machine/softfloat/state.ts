/**
 * Floating point as RISC-V defines it, on bits.
 *
 * The host's arithmetic rounds to nearest, raises no flags and does as it
 * likes with NaN payloads, so it cannot serve alone. What is here works on the
 * bits: f16 and f32 as one 32-bit integer, f64 as two 32-bit halves (a bigint
 * costs an allocation per operation, and a f64 through JavaScript may lose the
 * signalling bit of a NaN). Results of 64 bits and all flags go to `out`, one
 * typed array, so that translated code can import these functions as they are.
 *
 * Where the host's arithmetic is provably right it is used: f64.ts says how the
 * rounding error of an operation is found with the operation itself, narrow.ts
 * why doubles are wide enough for f32 and f16. All else is integer arithmetic.
 */

/** Rounding modes as in `frm`: nearest even, towards zero, down, up, nearest with ties away from zero. */
export const RNE = 0;
export const RTZ = 1;
export const RDN = 2;
export const RUP = 3;
export const RMM = 4;

/** Flags as in `fflags`: inexact, underflow, overflow, division by zero, invalid. */
export const NX = 1;
export const UF = 2;
export const OF = 4;
export const DZ = 8;
export const NV = 16;

/** Places in `out`. FLAGS only ever gains bits; who reads it sets it back to 0. */
export const LOW = 0;
export const HIGH = 1;
export const FLAGS = 2;

/** Where a 64-bit result (low and high half) and the flags raised so far are. */
export const out = new Int32Array(4);

/** Canonical NaNs; f64's low half is 0. */
export const NAN_F16 = 0x7e00;
export const NAN_F32 = 0x7fc00000;
export const NAN_F64_HIGH = 0x7ff80000;

/** One double seen as halves, as doubles and as a float; little-endian, as every host with WebAssembly is. */
export const asDouble = new Float64Array(1);
export const asHalves = new Int32Array(asDouble.buffer);
export const asFloat = new Float32Array(asDouble.buffer);

/** The double with these halves; a signalling NaN may come out quiet. */
export function double(low: number, high: number): number {
  asHalves[0] = low;
  asHalves[1] = high;
  return asDouble[0];
}

/** The double that a float's bits stand for. */
export function doubleOfF32(bits: number): number {
  asHalves[0] = bits;
  return asFloat[0];
}

export function setF64(low: number, high: number): void {
  out[LOW] = low;
  out[HIGH] = high;
}

/** A number that is not a NaN, as the result. */
export function setDouble(value: number): void {
  asDouble[0] = value;
  out[LOW] = asHalves[0];
  out[HIGH] = asHalves[1];
}

export function raise(flags: number): void {
  out[FLAGS] |= flags;
}

export function isNaN64(low: number, high: number): boolean {
  const magnitude = high & 0x7fffffff;
  return magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0);
}

/** A NaN whose top bit of the fraction is clear: using it is invalid. */
export function isSignalling64(low: number, high: number): boolean {
  return isNaN64(low, high) && (high & 0x00080000) === 0;
}

/** The result of an operation with a NaN among its operands. */
export function propagate64(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  if (isSignalling64(aLow, aHigh) || isSignalling64(bLow, bHigh)) out[FLAGS] |= NV;
  setF64(0, NAN_F64_HIGH);
}

/** The result of an invalid operation. */
export function invalid64(): void {
  out[FLAGS] |= NV;
  setF64(0, NAN_F64_HIGH);
}
