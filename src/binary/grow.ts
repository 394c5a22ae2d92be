// Columns: typed arrays with a row for each of something of which a link has
// many. Large ones lie in shared memory where there is such a thing: V8 runs
// its garbage collector for "external memory pressure" when ordinary array
// buffers come to some megabytes (5% of the CPU time of a large link), and does
// not count shared ones. They are zero at first, as any others.

/** Below this many bytes it makes no difference. */
const LARGE = 1 << 15;

function memoryOf(size: number): ArrayBuffer | SharedArrayBuffer {
  // Pages of the web may lack it, and so does Node while it makes a start-up snapshot.
  return size < LARGE || typeof SharedArrayBuffer === "undefined"
    ? new ArrayBuffer(size)
    : new SharedArrayBuffer(size);
}

export function int32Column(count: number): Int32Array {
  return new Int32Array(memoryOf(count * 4));
}

export function float64Column(count: number): Float64Array {
  return new Float64Array(memoryOf(count * 8));
}

export function uint8Column(count: number): Uint8Array {
  return new Uint8Array(memoryOf(count));
}

/** Where a column has as many rows, it probably belongs to a large link. */
const MANY = 1 << 14;
const PLENTY = 1 << 20;

/**
 * Twice as much as before, so that growth is linear in all. Where there is much,
 * more at once: memory that was never touched costs nothing, but columns that
 * were outgrown take as much as what is in them until they are collected.
 */
function grownLength(length: number, count: number): number {
  return Math.max(count, length < MANY ? length * 2 : Math.max(PLENTY, length * 4));
}

/** A copy of `column` with room for at least `count` rows. */
export function growInt32(column: Int32Array, count: number): Int32Array {
  const grown = int32Column(grownLength(column.length, count));
  grown.set(column);
  return grown;
}

/** As `growInt32`. */
export function growFloat64(column: Float64Array, count: number): Float64Array {
  const grown = float64Column(grownLength(column.length, count));
  grown.set(column);
  return grown;
}

/** As `growInt32`. */
export function growUint8(column: Uint8Array, count: number): Uint8Array {
  const grown = uint8Column(grownLength(column.length, count));
  grown.set(column);
  return grown;
}
