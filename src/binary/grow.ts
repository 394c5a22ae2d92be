import { currentArena } from "../kernels/index.ts";

// Columns: typed arrays with a row for each of something of which a link has
// many. While a link goes on they lie in its arena, where kernels get at them,
// and which the garbage collector does not count: it ran for "external memory
// pressure" when array buffers came to some megabytes (5% of the CPU time of a
// large link). They are zero at first, as any others.

export function int32Column(count: number): Int32Array {
  return currentArena()?.int32(count) ?? new Int32Array(count);
}

/** A column with the values of a list. */
export function columnOf(values: ArrayLike<number>): Int32Array {
  const column = int32Column(values.length);
  column.set(values);
  return column;
}

export function float64Column(count: number): Float64Array {
  return currentArena()?.float64(count) ?? new Float64Array(count);
}

export function uint8Column(count: number): Uint8Array {
  return currentArena()?.uint8(count) ?? new Uint8Array(count);
}

/** Numbers of four bytes, the highest first. */
export function bigEndianColumn(bytes: Uint8Array): Float64Array {
  const count = bytes.length >>> 2;
  const column = float64Column(count);
  const arena = currentArena();
  if (arena?.owns(bytes)) arena.kernels.bigEndianWords(bytes.byteOffset, count, column.byteOffset);
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < count; i++) column[i] = view.getUint32(i * 4);
  }
  return column;
}

/**
 * How many rows to make of what there may be a million of: in an arena as large as that, since memory
 * that was never touched costs nothing, while a column that was outgrown has pages of its own, and takes copying.
 */
export function roomFor(expected: number): number {
  return currentArena()?.isRoomy ? PLENTY : Math.max(16, expected);
}

/** Says that these will be filled from their starts while files are read. */
export function announceColumns(columns: readonly ArrayBufferView[]): void {
  const arena = currentArena();
  for (const { byteOffset, byteLength } of columns) arena?.fillsUp(byteOffset, byteOffset + byteLength);
}

/** Where a column has as many rows, it probably belongs to a large link. */
const MANY = 1 << 14;
const PLENTY = 1 << 20;
/** Beyond this, twice as much is plenty: an arena has 4 GB of addresses. */
const VERY_MANY = 1 << 22;

/**
 * Twice as much as before, so that growth is linear in all. In an arena more at
 * once: memory that was never touched costs nothing, but columns that
 * were outgrown take as much as what is in them to the end of the link, and growing takes its time.
 */
function grownLength(length: number, count: number): number {
  if (length < MANY) return Math.max(count, currentArena() ? MANY : length * 2);
  if (length >= VERY_MANY) return Math.max(count, length * 2);
  return Math.max(count, PLENTY, length * 4);
}

/** The memory of a column that was the last to be made, and now has room for `bytes` bytes where it is. */
function lengthened(column: Int32Array | Float64Array | Uint8Array, bytes: number) {
  const arena = currentArena();
  if (!arena?.owns(column) || !arena.extend(column.byteOffset, column.byteLength, bytes)) return undefined;
  arena.fillsUp(column.byteOffset + column.byteLength, column.byteOffset + bytes);
  return arena.bytes.buffer;
}

/** Puts what a column has had into a larger one. */
function copyInto<Column extends Int32Array | Float64Array | Uint8Array>(grown: Column, old: Column): Column {
  grown.set(old);
  currentArena()?.fillsUp(grown.byteOffset + old.byteLength, grown.byteOffset + grown.byteLength);
  return grown;
}

/** `column`, or a copy of it, with room for at least `count` rows. */
export function growInt32(column: Int32Array, count: number): Int32Array {
  const length = grownLength(column.length, count);
  const buffer = lengthened(column, length * 4);
  if (buffer) return new Int32Array(buffer, column.byteOffset, length);
  return copyInto(int32Column(length), column);
}

/** As `growInt32`. */
export function growFloat64(column: Float64Array, count: number): Float64Array {
  const length = grownLength(column.length, count);
  const buffer = lengthened(column, length * 8);
  if (buffer) return new Float64Array(buffer, column.byteOffset, length);
  return copyInto(float64Column(length), column);
}

/** As `growInt32`. */
export function growUint8(column: Uint8Array, count: number): Uint8Array {
  const length = grownLength(column.length, count);
  const buffer = lengthened(column, length);
  if (buffer) return new Uint8Array(buffer, column.byteOffset, length);
  return copyInto(uint8Column(length), column);
}
