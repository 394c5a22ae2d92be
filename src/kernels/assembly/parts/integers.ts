/** A double as an integer. (What WebAssembly has for it cannot be made JavaScript, see scripts/kernels.mjs.) */
export function integer(value: f64): i64 {
  const high = floor<f64>(value / 4294967296);
  return ((<i64>(<i32>high)) << 32) + <i64>(<u32>(value - high * 4294967296));
}
