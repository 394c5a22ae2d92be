/**
 * The border between the two forms of a 64-bit value: a `bigint` where there
 * are thousands, two signed 32-bit halves in columns where there are millions.
 */

export function fromHalves(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The low half, as a signed 32-bit integer. */
export function lowWord(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** The high half, as a signed 32-bit integer. */
export function highWord(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

/** The value wrapped to an unsigned 64-bit integer. */
export function unsigned64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
