import { int32Column } from "../../binary/index.ts";
import { PieceTable } from "../merge/merge-table.ts";
import { mergeTails } from "../merge/merge-tails.ts";

/** Makes names that are equal, or the end of another, share their bytes. */
export function shareNames(
  view: DataView,
  entry: number,
  strings: Uint8Array,
  used: number,
  count: number,
): { readonly bytes: Uint8Array; readonly size: number } {
  const table = new PieceTable(used);
  const pieceOf = int32Column(count).fill(-1);
  for (let row = 1; row < count; row++) {
    const start = view.getUint32(row * entry, true);
    if (start === 0) continue;
    pieceOf[row] = table.addTerminated(strings, start, 1, 0);
  }
  mergeTails(table, 1);
  const place = new Int32Array(table.count);
  const shared = new Uint8Array(used);
  let size = 1;
  for (let piece = 0; piece < table.count; piece++) {
    if (table.align[piece] === 0) continue;
    const length = table.length[piece];
    place[piece] = size;
    shared.set(table.bytes.subarray(table.start[piece], table.start[piece] + length), size);
    size += length;
  }
  for (let piece = 0; piece < table.count; piece++) {
    if (table.align[piece] !== 0) continue;
    const whole = table.instead[piece];
    place[piece] = place[whole] + table.length[whole] - table.length[piece];
  }
  for (let row = 1; row < count; row++)
    if (pieceOf[row] >= 0) view.setUint32(row * entry, place[pieceOf[row]], true);
  return { bytes: shared, size };
}
