// The block of words that the kernels of merge.ts have of a table of pieces (src/link/merge/merge-table.ts): byte offsets.

/** Columns by piece. */
export const START = 0;
export const LENGTH = 4;
export const ALIGN = 8;
export const SECTION = 12;
export const INSTEAD = 16;
export const HASH = 20;
/** How many pieces there are, and how many rows. */
export const COUNT = 24;
export const ROOM = 28;
/** Piece + 1 by hash, and the number of slots less one. */
export const SLOTS = 32;
export const MASK = 36;
/** The bytes of all pieces: where they begin, how many are in use (a multiple of 8), how many there are. */
export const BYTES = 40;
export const USED = 44;
export const BYTES_ROOM = 48;
/** The length of the piece that was added last. */
export const ADDED_LENGTH = 52;
/** The runs of the map (src/link/merge/merge-map.ts): offsets and pieces, how many, how many there is room for. */
export const RUN_OFFSET = 56;
export const RUN_PIECE = 60;
export const RUN_COUNT = 64;
export const RUN_ROOM = 68;
/** The number of the first piece of this table in the map. */
export const BASE = 72;
/** Whether the empty string that padding counts for was added in this section. */
export const HAS_EMPTY = 76;
/** Results: the alignment of all pieces, the first that is laid out itself, the last that is one character. */
export const COMMON = 80;
export const FIRST = 84;
export const EMPTY = 88;
export const TABLE_SIZE = 92;
