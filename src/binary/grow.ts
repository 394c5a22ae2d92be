/** A copy of `column` with room for at least `count` rows, twice the size so that growth is linear in all. */
export function growInt32(column: Int32Array, count: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(count, column.length * 2));
  grown.set(column);
  return grown;
}

/** As `growInt32`. */
export function growFloat64(column: Float64Array, count: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(Math.max(count, column.length * 2));
  grown.set(column);
  return grown;
}

/** As `growInt32`. */
export function growUint8(column: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.max(count, column.length * 2));
  grown.set(column);
  return grown;
}
