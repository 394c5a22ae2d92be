import { int32Column } from "../binary/index.ts";
import type { PieceTable } from "./merge-table.ts";

// Which strings are tails of others? Sorted by their reversed characters, a
// string comes right before those that it is a tail of, so one walk from the
// end finds them all. The sort is a three-way radix quicksort that looks at
// four bytes at a time, which it keeps beside the numbers it moves (on strings
// of C++ programs, comparing whole strings costs three times as much).

/** The pieces that are laid out themselves, by reversed characters without the terminator of `charSize` bytes. */
export function sortByTails(table: PieceTable, charSize: number): Int32Array {
  const { count, align, length } = table;
  const pieces = int32Column(count);
  let kept = 0;
  let common = -1;
  for (let i = 0; i < count; i++) {
    if (align[i] === 0) continue;
    pieces[kept++] = i;
    common = common === -1 || common === align[i] ? align[i] : 0;
  }
  const sorted = pieces.subarray(0, kept);
  const sorter = new TailSorter(table, charSize, sorted);
  if (common <= charSize) {
    sorter.sort(0, kept);
    return sorted;
  }
  // All have the same alignment, beyond a character's: only those whose ends fall on the same place of it can share.
  const place = (piece: number) => (length[piece] - charSize) & (common - 1);
  const starts = new Int32Array(common + 1);
  for (let i = 0; i < kept; i++) starts[place(sorted[i]) + 1]++;
  for (let i = 0; i < common; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const input = sorted.slice();
  for (let i = 0; i < kept; i++) sorted[next[place(input[i])]++] = input[i];
  for (let i = 0; i < common; i++) sorter.sort(starts[i], starts[i + 1]);
  return sorted;
}

/** Gives up each string that is the tail of another: its `align` becomes 0 and `instead` the other. */
export function mergeTails(table: PieceTable, charSize: number): void {
  const sorted = sortByTails(table, charSize);
  const { align, length, start, bytes, instead } = table;
  if (sorted.length === 0) return;
  let whole = sorted[sorted.length - 1];
  for (let i = sorted.length - 2; i >= 0; i--) {
    const tail = sorted[i];
    const before = length[whole] - length[tail];
    const fits = before > 0 && align[whole] >= align[tail] && (before & (align[tail] - 1)) === 0;
    if (fits && equalBytes(bytes, start[whole] + before, start[tail], length[tail])) {
      instead[tail] = whole;
      align[tail] = 0;
    } else whole = tail;
  }
}

/** Compared from the end, where strings differ first. */
export function equalBytes(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

const FEW = 12;

class TailSorter {
  private readonly bytes: Uint8Array;
  private readonly start: Int32Array;
  private readonly length: Int32Array;
  private readonly charSize: number;
  private readonly pieces: Int32Array;
  /** Four bytes of each piece, the last one highest, ordered as signed numbers. */
  private readonly keys: Int32Array;

  constructor(table: PieceTable, charSize: number, pieces: Int32Array) {
    this.bytes = table.bytes;
    this.start = table.start;
    this.length = table.length;
    this.charSize = charSize;
    this.pieces = pieces;
    this.keys = int32Column(pieces.length);
  }

  /** Sorts the pieces in [from, to). */
  sort(from: number, to: number): void {
    // Quadruples: range, depth (bytes from the end known to be equal), whether the keys are those of that depth.
    const stack = [from, to, 0, 0];
    while (stack.length > 0) {
      const loaded = stack.pop()!;
      const depth = stack.pop()!;
      const end = stack.pop()!;
      const begin = stack.pop()!;
      if (end - begin <= FEW) {
        this.insertionSort(begin, end, depth);
        continue;
      }
      if (loaded === 0) this.loadKeys(begin, end, depth);
      const less = this.partition(begin, end);
      const pivot = this.keys[less];
      let more = less + 1;
      while (more < end && this.keys[more] === pivot) more++;
      stack.push(begin, less, depth, 1, more, end, depth, 1);
      const rest = this.settleEnded(less, more, depth + 4);
      if (more - rest > 1) stack.push(rest, more, depth + 4, 0);
    }
  }

  private loadKeys(begin: number, end: number, depth: number): void {
    const { bytes, pieces, keys, start, length, charSize } = this;
    for (let i = begin; i < end; i++) {
      const piece = pieces[i];
      const first = start[piece];
      const at = first + length[piece] - charSize - depth - 1;
      let key = 0;
      if (at >= first + 3)
        key = (bytes[at] << 24) | (bytes[at - 1] << 16) | (bytes[at - 2] << 8) | bytes[at - 3];
      else for (let k = 0; k < 4; k++) key = (key << 8) | (at - k >= first ? bytes[at - k] : 0);
      keys[i] = key ^ 0x80000000;
    }
  }

  /** Three-way: the lesser keys first, then those equal to the pivot, of which the first is returned. */
  private partition(begin: number, end: number): number {
    const { keys, pieces } = this;
    const pivot = median(keys[begin], keys[(begin + end) >>> 1], keys[end - 1]);
    let less = begin;
    let more = end;
    for (let i = begin; i < more; ) {
      const key = keys[i];
      if (key === pivot) {
        i++;
        continue;
      }
      const to = key < pivot ? less++ : --more;
      keys[i] = keys[to];
      keys[to] = key;
      const piece = pieces[i];
      pieces[i] = pieces[to];
      pieces[to] = piece;
      if (key < pivot) i++;
    }
    return less;
  }

  private swap(a: number, b: number): void {
    const { keys, pieces } = this;
    const key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
    const piece = pieces[a];
    pieces[a] = pieces[b];
    pieces[b] = piece;
  }

  /** Of pieces whose keys are equal, brings those that end before `depth` to the front, shortest first. Returns where the others start. */
  private settleEnded(begin: number, end: number, depth: number): number {
    const { pieces, length, charSize } = this;
    let settled = begin;
    for (let i = begin; i < end; i++) {
      const own = length[pieces[i]];
      if (own - charSize > depth) continue;
      this.swap(i, settled);
      for (let at = settled; at > begin && length[pieces[at - 1]] > own; at--) this.swap(at - 1, at);
      settled++;
    }
    return settled;
  }

  private insertionSort(begin: number, end: number, depth: number): void {
    const { pieces } = this;
    for (let i = begin + 1; i < end; i++) {
      const piece = pieces[i];
      let at = i;
      for (; at > begin && this.compare(pieces[at - 1], piece, depth) > 0; at--) pieces[at] = pieces[at - 1];
      pieces[at] = piece;
    }
  }

  private compare(a: number, b: number, depth: number): number {
    const { bytes, start, length, charSize } = this;
    const lengthA = length[a] - charSize;
    const lengthB = length[b] - charSize;
    const lastA = start[a] + lengthA - 1;
    const lastB = start[b] + lengthB - 1;
    const shared = Math.min(lengthA, lengthB);
    for (let i = depth; i < shared; i++) {
      const order = bytes[lastA - i] - bytes[lastB - i];
      if (order !== 0) return order;
    }
    return lengthA - lengthB;
  }
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
