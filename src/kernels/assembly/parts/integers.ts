/** Added to a double, it leaves an integer in the low bits of the sum: 1.5 * 2^52. */
const SHIFT: f64 = 6755399441055744;
const SHIFT_BITS: i64 = 0x4338000000000000;
/** Below this, that is so for negative ones, too. */
const LIMIT: f64 = 2251799813685248;

/** A double as an integer. (What WebAssembly has for it cannot be made JavaScript, see scripts/kernels.mjs.) */
export function integer(value: f64): i64 {
  if (abs<f64>(value) < LIMIT) return reinterpret<i64>(value + SHIFT) - SHIFT_BITS;
  const high = floor<f64>(value / 4294967296);
  return ((<i64>(<i32>high)) << 32) + <i64>(<u32>(value - high * 4294967296));
}
