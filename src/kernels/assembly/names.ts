import {
  enqueue,
  FREE,
  HEADER,
  hashOf,
  intern,
  internAt,
  internQueued,
  NO_ROOM,
  QUEUE,
  queuedLength,
  slotOf,
  touchQueue,
} from "./parts/intern";

// The kernels of NameTable (src/binary/names.ts); parts/intern.ts says what a table is.

/** The id of the name of `length` bytes that was staged. */
export function internStaged(table: usize, length: u32): i32 {
  const from = load<u32>(table, FREE) + HEADER;
  return intern(table, from, length, hashOf(from, length));
}

/** The id of the name of `length` bytes that was staged, or -1 if it is not there. */
export function findStaged(table: usize, length: u32): i32 {
  const from = load<u32>(table, FREE) + HEADER;
  const known = load<u32>(slotOf(table, from, length, hashOf(from, length)), 4);
  return known === 0 ? -1 : load<i32>(known);
}

/** The id of the name at `from`, which ends before the next zero byte or at `limit`; or NO_ROOM. */
export function internTerminated(table: usize, from: usize, limit: usize): i32 {
  return internAt(table, from, limit);
}

/**
 * The ids of names that stand one behind the other, each ended by a zero byte, the last by that or by `end`.
 * The first is number `from` of `count`, at the address in the word at `cursor`,
 * where the address of the next one is left. Returns the number of the name at
 * which the room or the names ended, or `count`.
 */
export function internList(table: usize, cursor: usize, end: usize, from: u32, count: u32, ids: usize): u32 {
  let next: usize = load<u32>(cursor);
  let i = from;
  while (i < count && next < end) {
    let queued: u32 = 0;
    for (let at = next; queued < QUEUE && i + queued < count && at < end; queued++)
      at += enqueue(queued, at, end) + 1;
    touchQueue(queued, table);
    for (let k: u32 = 0; k < queued; k++) {
      const id = internQueued(k, table);
      if (id === NO_ROOM) {
        store<u32>(cursor, next);
        return i;
      }
      store<u32>(ids + (i << 2), id);
      next += queuedLength(k) + 1;
      i++;
    }
  }
  store<u32>(cursor, next);
  return i;
}

/** Puts the names of `count` slots at `old` into the larger table at `slots`, which is all zero. */
export function moveSlots(old: usize, count: u32, slots: usize, mask: u32): void {
  for (let from = old; from < old + ((<usize>count) << 3); from += 8) {
    const name = load<u32>(from, 4);
    if (name === 0) continue;
    const hash = load<u32>(from);
    let index = hash & mask;
    while (load<u32>(slots + ((<usize>index) << 3), 4) !== 0) index = (index + 1) & mask;
    store<u32>(slots + ((<usize>index) << 3), hash);
    store<u32>(slots + ((<usize>index) << 3), name, 4);
  }
}
