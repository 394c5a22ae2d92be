// String tables as BFD makes them (elf-strtab.c is where to see it at work):
// strings stand in the order of their first mention, and a string that is the
// end of another one gets no bytes of its own. To find those, all strings are
// sorted by their ends, last byte first; a string then stands right before one
// that it ends, if there is any. The sort is a three-way quicksort over bytes,
// which looks at no byte twice: half a million names take a fifth of a second.

/** Which characters a JavaScript string holds: text, or one byte each ("byte strings", for names of any encoding). */
export type NameEncoding = "text" | "bytes";

/** Collects the strings of a section and lays them out. Offsets are known after `finish`. */
export class StringTableWriter {
  private readonly known = new Map<string, number>();
  private readonly encoding: NameEncoding;
  private offsets = new Uint32Array(0);

  constructor(encoding: NameEncoding = "text") {
    this.encoding = encoding;
  }

  /** A number for the string, the same for equal ones; -1 for the empty string, which is at offset 0. */
  add(text: string): number {
    if (text === "") return -1;
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const id = this.known.size;
    this.known.set(text, id);
    return id;
  }

  /** The offset of a string by its number. Only after `finish`. */
  offset(id: number): number {
    return id < 0 ? 0 : this.offsets[id];
  }

  /** The bytes of the section; nothing may be added after that. */
  finish(): Uint8Array {
    const count = this.known.size;
    const starts = new Uint32Array(count + 1);
    const pool = this.encode(starts);
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    sortByEnds(order, pool, starts);

    // Backwards: the host of a string is the last one seen that is no end of another.
    const host = new Int32Array(count).fill(-1);
    let current = -1;
    for (let i = count - 1; i >= 0; i--) {
      const id = order[i];
      if (current >= 0 && isEnd(pool, starts, id, current)) host[id] = current;
      else current = id;
    }

    const offsets = new Uint32Array(count);
    let size = 1;
    for (let id = 0; id < count; id++) {
      if (host[id] >= 0) continue;
      offsets[id] = size;
      size += starts[id + 1] - starts[id] + 1;
    }
    const bytes = new Uint8Array(size);
    for (let id = 0; id < count; id++) {
      const owner = host[id];
      if (owner < 0) bytes.set(pool.subarray(starts[id], starts[id + 1]), offsets[id]);
      else offsets[id] = offsets[owner] + starts[owner + 1] - starts[owner] - (starts[id + 1] - starts[id]);
    }
    this.offsets = offsets;
    return bytes;
  }

  private encode(starts: Uint32Array): Uint8Array {
    if (this.encoding === "text") {
      const encoder = new TextEncoder();
      let room = 0;
      for (const text of this.known.keys()) room += text.length * 3;
      const pool = new Uint8Array(room);
      let at = 0;
      let id = 0;
      for (const text of this.known.keys()) {
        at += encoder.encodeInto(text, pool.subarray(at)).written;
        starts[++id] = at;
      }
      return pool.subarray(0, at);
    }
    let total = 0;
    let id = 0;
    for (const text of this.known.keys()) starts[++id] = total += text.length;
    const pool = new Uint8Array(total);
    let at = 0;
    for (const text of this.known.keys()) {
      for (let i = 0; i < text.length; i++) pool[at++] = text.charCodeAt(i);
    }
    return pool;
  }
}

/** `id` is an end of `owner`. */
function isEnd(pool: Uint8Array, starts: Uint32Array, id: number, owner: number): boolean {
  const length = starts[id + 1] - starts[id];
  if (starts[owner + 1] - starts[owner] < length) return false;
  let a = starts[id + 1];
  let b = starts[owner + 1];
  for (let i = 0; i < length; i++) if (pool[--a] !== pool[--b]) return false;
  return true;
}

/** Sorts strings by their bytes from the last on; where one ends the shorter is first. */
function sortByEnds(order: Uint32Array, pool: Uint8Array, starts: Uint32Array): void {
  /** The byte at a distance from the end; -1 before the start. */
  const byteAt = (id: number, depth: number): number => {
    const at = starts[id + 1] - 1 - depth;
    return at >= starts[id] ? pool[at] : -1;
  };
  // Ranges still to be sorted: from, to, depth.
  const pending: number[] = [0, order.length, 0];
  while (pending.length > 0) {
    const depth = pending.pop()!;
    const to = pending.pop()!;
    const from = pending.pop()!;
    if (to - from < 2) continue;
    const pivot = byteAt(order[(from + to) >> 1], depth);
    let low = from;
    let high = to;
    let i = from;
    while (i < high) {
      const id = order[i];
      const byte = byteAt(id, depth);
      if (byte < pivot) {
        order[i++] = order[low];
        order[low++] = id;
      } else if (byte > pivot) {
        order[i] = order[--high];
        order[high] = id;
      } else i++;
    }
    pending.push(from, low, depth, high, to, depth);
    if (pivot >= 0) pending.push(low, high, depth + 1);
  }
}
