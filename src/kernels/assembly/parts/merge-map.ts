// Where what was in a merged section is now: the look-ups of PieceMap (src/link/merge/merge-map.ts).

import { END_RUN, FIRST_RUN, FOUND, HOLDER, PLACE, RAW_SIZE, RUN_OFFSET, RUN_PIECE } from "./map-fields";

function word(map: usize, column: usize, index: u32): u32 {
  return load<u32>(load<u32>(map + column) + (index << 2));
}

/** The offset in the section FOUND of what was at `offset` of a merged section; -1 for what is in no piece. */
export function locate(map: usize, section: u32, offset: i32): i64 {
  if (offset < 0 || <f64>offset >= load<f64>(load<u32>(map, RAW_SIZE) + (section << 3))) return -1;
  const starts = load<u32>(map, RUN_OFFSET);
  let low = word(map, FIRST_RUN, section);
  let high = word(map, END_RUN, section);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (load<u32>(starts + (middle << 2)) <= <u32>offset) low = middle;
    else high = middle;
  }
  const piece = <i32>word(map, RUN_PIECE, low);
  if (piece < 0) return -1;
  store<u32>(map, word(map, HOLDER, piece), FOUND);
  return <i64>(word(map, PLACE, piece) + <u32>offset - load<u32>(starts + (low << 2)));
}
