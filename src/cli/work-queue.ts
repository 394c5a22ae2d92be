// What the linker's two threads say to each other when the output is written:
// the first one hands over pieces of work, which are words in the shared memory,
// and the second one (link-thread.ts) does them in order.

/** How the second thread is. */
export const STATE = 0;
export const State = { starting: 0, ready: 1, over: 2 } as const;
/** Not 0: the second thread is to end. */
export const STOP = 1;
/** How many pieces of work were given, and how many are done. */
export const GIVEN = 2;
export const DONE = 3;
/** The length of what went wrong as JSON, in TEXT; then no more is written. 0: nothing. */
export const FAILED = 4;
/** Pieces of work: OPERATION and its words, in turn. */
export const RING = 8;
export const RING_SIZE = 64;
export const PIECE = 8;
export const Operation = {
  /** The number of an algorithm in ALGORITHMS: begins a hash. */
  startHash: 1,
  /** Address and length: adds bytes to the hash. */
  hash: 2,
  /** Puts the hash into TEXT. */
  digest: 3,
  /** File descriptor, address, length, and the position as two words: writes bytes. */
  write: 4,
} as const;
/** Bytes of an error or of a hash; its length is the first word. */
export const TEXT = RING + RING_SIZE * PIECE;
const TEXT_WORDS = 256;
export const QUEUE_WORDS = TEXT + TEXT_WORDS;
/** The bytes of a text, at most. */
export const TEXT_ROOM = (TEXT_WORDS - 1) * 4;

export const ALGORITHMS = ["md5", "sha1"];
