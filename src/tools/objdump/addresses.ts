// Addresses in the loops of the disassembler are doubles: the 64-bit address as
// a signed number. Programs live in the lowest or, as kernels do, in the
// highest 2^53 bytes, where that is exact; no bigint and no pair of halves is
// needed. Only comparing must remember that negative ones are the highest.

/** The address whose halves these are. */
export const addressOf = (low: number, high: number): number => (high | 0) * 0x1_0000_0000 + (low >>> 0);

export const addressOfBig = (value: bigint): number => Number(BigInt.asIntN(64, value));

export const bigOfAddress = (address: number): bigint => BigInt.asUintN(64, BigInt(address));

/** Whether `a` is below `b` as unsigned numbers. */
export const isBelow = (a: number, b: number): boolean => (a < 0 === b < 0 ? a < b : b < 0);

export const highHalf = (address: number): number => Math.floor(address / 0x1_0000_0000) >>> 0;

/** Without leading zeros; the difference of two addresses is one too. */
export function addressText(address: number): string {
  if (address >= 0) return address.toString(16);
  return bigOfAddress(address).toString(16);
}
