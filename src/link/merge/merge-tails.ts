import type { PieceTable } from "./merge-table.ts";

// Which strings are tails of others? Sorted by their reversed characters, a
// string comes right before those that it is a tail of, so one walk from the
// end finds them all. Both are kernels.

/** The pieces that are laid out themselves, by reversed characters without the terminator of `charSize` bytes. */
export function sortByTails(table: PieceTable, charSize: number): Int32Array {
  const { length } = table;
  const { pieces: sorted, common } = table.kept();
  if (common <= charSize) {
    table.sortByTails(sorted, charSize);
    return sorted;
  }
  // All have the same alignment, beyond a character's: only those whose ends fall on the same place of it can share.
  const place = (piece: number) => (length[piece] - charSize) & (common - 1);
  const starts = new Int32Array(common + 1);
  for (let i = 0; i < sorted.length; i++) starts[place(sorted[i]) + 1]++;
  for (let i = 0; i < common; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const input = sorted.slice();
  for (let i = 0; i < sorted.length; i++) sorted[next[place(input[i])]++] = input[i];
  for (let i = 0; i < common; i++) table.sortByTails(sorted.subarray(starts[i], starts[i + 1]), charSize);
  return sorted;
}

/** Gives up each string that is the tail of another: its `align` becomes 0 and `instead` the other. */
export function mergeTails(table: PieceTable, charSize: number): void {
  table.dropTails(sortByTails(table, charSize));
}

/** Compared from the end, where strings differ first. */
export function equalBytes(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
