import { float64Column, int32Column, uint8Column } from "../../binary/index.ts";
import { PieceTable } from "../merge/merge-table.ts";
import { mergeTails } from "../merge/merge-tails.ts";

/** Makes names that are equal, or the end of another, share their bytes. */
export function shareNames(
  symbols: Uint8Array,
  entry: number,
  strings: Uint8Array,
  used: number,
  count: number,
): { readonly bytes: Uint8Array; readonly size: number } {
  const table = new PieceTable(used);
  const pieces = table.addNames(symbols, entry, count, strings);
  mergeTails(table, 1);
  // The empty name comes first.
  const size = float64Column(1);
  size[0] = 1;
  const place = table.layOut(size);
  const bytes = uint8Column(used);
  table.copyTo(bytes, place, int32Column(1));
  const places = int32Column(table.count);
  table.placeAll(place, 1, places, int32Column(table.count));
  table.setNames(symbols, entry, pieces, places);
  return { bytes, size: size[0] };
}
