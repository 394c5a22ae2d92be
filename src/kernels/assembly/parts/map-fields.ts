// What kernels are told of the map of merged sections (src/link/merge/merge-map.ts): words at these byte offsets.

/** By section: 1 for those that are merged; and for how many there is a row. */
export const MERGED = 0;
export const MERGED_COUNT = 4;
/** By section: its runs, from the first to before the last, and its size in the input, a double. */
export const FIRST_RUN = 8;
export const END_RUN = 12;
export const RAW_SIZE = 16;
/** By run: where it begins in its section, and its piece, or -1 for padding. */
export const RUN_OFFSET = 20;
export const RUN_PIECE = 24;
/** By piece: its offset in the section that it is in now, and that section. */
export const PLACE = 28;
export const HOLDER = 32;
/** A section: the result of `locate`, beside the offset in it. */
export const FOUND = 36;
export const MAP_SIZE = 40;
