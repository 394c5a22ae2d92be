// What the kernels of patterns (../patterns.ts) are told: the places of words in a block.

/** By name: the address of its record. */
export const PLACES = 0;
/** The tree: child of a node by kind of byte, `next[node * WIDTH + kind]`; 0 for none. */
export const NEXT = 4;
/** By node: the answer + 1 for names that leave the tree there, or 0; and the address of the endings that make exceptions, or 0. */
export const PASSING = 8;
export const ENDINGS = 12;
/** By name: the answer + 1, or 0; and how many names that tells of. */
export const KNOWN = 16;
export const KNOWN_COUNT = 20;
/** By answer: what to do with a row: -1 to stop at it, 0 nothing, or the number of a pattern + 1, to note that it took the row. */
export const ACTIONS = 24;
/** Rows to look at, and how many; without a list all rows before that number. */
export const ROWS = 28;
export const COUNT = 32;
/** The block of the sections. */
export const SECTIONS = 36;
/** Rows that were taken, their patterns, and how many. */
export const TAKEN_ROWS = 40;
export const TAKEN_PATTERNS = 44;
export const TAKEN = 48;
/** By byte: its kind, a number for each byte that is in a pattern, and 0 for all others; and how many kinds there are. */
export const KINDS = 52;
export const WIDTH = 56;
/** By node: its parent, and the first of its patterns + 1, or 0; by pattern: the next of the same node + 1, or 0. */
export const PARENTS = 60;
export const PATTERNS = 64;
export const AFTER = 68;
/** By pattern: where its text ends, and its shape: the length of its literal beginning * 4 + what follows that. */
export const ENDS = 72;
export const SHAPES = 76;
export const SIZE_OF_WORK = 80;

/** What follows the literal beginning of a pattern: nothing, a star, a star and literal text, or anything. */
export const LITERAL = 0;
export const PREFIX = 1;
export const ENDING = 2;
export const GLOB = 3;

/** Of `takeRows`: the statement's number, and by row what some KEEP matches. */
export const TAKE_SECTIONS = 0;
export const TAKE_RULE = 4;
export const TAKE_KEPT = 8;
/** Out: the largest alignment, 1 if any of the rows was kept, and how many rows there are. */
export const TAKE_POWER = 12;
export const TAKE_ANY_KEPT = 16;
export const TAKE_COUNT = 20;
/** Of the kinds of sections that the output section has by now: how many, and of each flags, type and size of entries. */
export const TAKE_KINDS = 24;
export const TAKE_FIRST_KIND = 28;
export const MOST_KINDS = 16;
export const SIZE_OF_KIND = 12;
export const SIZE_OF_TAKE = 28 + 16 * 12;
