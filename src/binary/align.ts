/** `value` rounded up to a multiple of `align`, a power of two; both exact doubles below 2^53. */
export function alignUp(value: number, align: number): number {
  const over = value % align;
  return over === 0 ? value : value + (align - over);
}

/** `value` rounded up to a multiple of `align`, a power of two, wrapped to 64 bits. */
export function alignUpBig(value: bigint, align: bigint): bigint {
  return align <= 1n ? value : BigInt.asUintN(64, (value + align - 1n) & -align);
}
