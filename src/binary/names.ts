import { growInt32 } from "./grow.ts";

/** The index of an interned name. */
export type NameId = number;

/** Words of a chunk of the arena: 1 MB, and more for a longer name. */
const CHUNK = 1 << 18;

/**
 * Interned names. A link of a large C++ program meets a million names, most of
 * them in string tables of its inputs; so a name is kept as bytes and becomes a
 * JavaScript string only to be shown.
 *
 * Hot: once for each global symbol of each object. A name is read once, four
 * bytes at a time, into the free end of an arena while its hash is taken and
 * its terminating zero looked for. Names in the arena are padded with zeros to
 * whole words, so that comparing with a known one is comparing aligned words,
 * and keeping a new one is moving the end. (Comparing bytes in the two input
 * files instead took twice as long on 600,000 symbols.)
 */
export class NameTable {
  /** Number of names; ids are 0 to count - 1. Id 0 is the empty name. */
  count = 0;
  private chunks: Int32Array[] = [new Int32Array(CHUNK)];
  /** The last chunk, and its first free word. */
  private arena = this.chunks[0];
  private free = 0;
  /** Of each name: its chunk, its first word there, its length in bytes. */
  private chunk: Int32Array;
  private start: Int32Array;
  private length: Int32Array;
  /** Open addressing: [hash, id + 1] pairs. */
  private slots: Int32Array<ArrayBuffer>;
  private mask: number;
  private lastBytes: Uint8Array = new Uint8Array(0);
  private lastView = new DataView(this.lastBytes.buffer);

  /** `expected`: how many names to make room for at once. */
  constructor(expected = 1024) {
    let size = 2048;
    while (size < expected * 2) size *= 2;
    this.slots = new Int32Array(size * 2);
    this.mask = size - 1;
    this.chunk = new Int32Array(size);
    this.start = new Int32Array(size);
    this.length = new Int32Array(size);
    this.addString("");
  }

  /** The id of the name that starts at `offset` and ends before the next zero byte, or the end of the buffer. */
  addTerminated(bytes: Uint8Array, offset: number): NameId {
    const view = bytes === this.lastBytes ? this.lastView : this.use(bytes);
    let arena = this.arena;
    let at = this.free;
    let hash = 0;
    let from = offset;
    const whole = bytes.length - 3;
    for (;;) {
      if (at >= arena.length) {
        const staged = at - this.free;
        arena = this.newChunk(staged);
        this.free = 0;
        at = staged;
      }
      let word: number;
      if (from < whole) word = view.getInt32(from, true);
      else word = tailWord(bytes, from);
      const zero = (word - 0x01010101) & ~word & 0x80808080;
      if (zero !== 0) {
        // The lowest set bit of `zero` is bit 7 of the first zero byte.
        const kept = (31 - Math.clz32(zero & -zero)) >>> 3;
        if (kept > 0) {
          word &= (1 << (kept * 8)) - 1;
          arena[at++] = word;
          hash = Math.imul(hash ^ word, 0x9e3779b1);
          hash ^= hash >>> 15;
        }
        return this.finish(at, from + kept - offset, hash);
      }
      arena[at++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
      from += 4;
    }
  }

  addString(text: string): NameId {
    const bytes = new TextEncoder().encode(text);
    return this.add(bytes, 0, bytes.length);
  }

  /** The id of the name of `length` bytes at `offset`. */
  add(bytes: Uint8Array, offset: number, length: number): NameId {
    return this.finish(this.stage(bytes, offset, length), length, this.stagedHash);
  }

  /** The id of a name if it is there, else -1. */
  find(text: string): NameId {
    const bytes = new TextEncoder().encode(text);
    const end = this.stage(bytes, 0, bytes.length);
    const slot = this.lookUp(end, bytes.length, this.stagedHash ^ bytes.length);
    return this.slots[slot * 2 + 1] - 1;
  }

  /** The name as a string, its bytes read as UTF-8. */
  text(id: NameId): string {
    return decoder.decode(this.bytes(id));
  }

  /** The bytes of a name: a view, not to be changed. */
  bytes(id: NameId): Uint8Array {
    const chunk = this.chunks[this.chunk[id]];
    return new Uint8Array(chunk.buffer, this.start[id] * 4, this.length[id]);
  }

  /** Copies the bytes of a name to `out` at `at`. */
  copy(id: NameId, out: Uint8Array, at: number): void {
    const words = this.chunks[this.chunk[id]];
    const length = this.length[id];
    let word = this.start[id];
    let i = at;
    for (const end = at + (length & ~3); i < end; i += 4) {
      const value = words[word++];
      out[i] = value;
      out[i + 1] = value >>> 8;
      out[i + 2] = value >>> 16;
      out[i + 3] = value >>> 24;
    }
    for (let value = words[word]; i < at + length; i++, value >>>= 8) out[i] = value;
  }

  /** In bytes. */
  lengthOf(id: NameId): number {
    return this.length[id];
  }

  private stagedHash = 0;

  /** Copies a name to the free end of the arena; returns the word after it. */
  private stage(bytes: Uint8Array, offset: number, length: number): number {
    const words = (length + 3) >>> 2;
    if (this.free + words > this.arena.length) {
      this.newChunk(words);
      this.free = 0;
    }
    const { arena } = this;
    let hash = 0;
    let at = this.free;
    for (let i = 0; i < length; i += 4) {
      let word = tailWord(bytes, offset + i);
      const left = length - i;
      if (left < 4) word &= (1 << (left * 8)) - 1;
      arena[at++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.stagedHash = hash;
    return at;
  }

  private finish(end: number, length: number, hash: number): NameId {
    const full = hash ^ length;
    const slot = this.lookUp(end, length, full);
    const known = this.slots[slot * 2 + 1];
    if (known !== 0) return known - 1;
    const id = this.count++;
    if (id === this.start.length) {
      this.chunk = growInt32(this.chunk, id + 1);
      this.start = growInt32(this.start, id + 1);
      this.length = growInt32(this.length, id + 1);
    }
    this.chunk[id] = this.chunks.length - 1;
    this.start[id] = this.free;
    this.length[id] = length;
    this.free = end;
    this.slots[slot * 2] = full;
    this.slots[slot * 2 + 1] = id + 1;
    if (this.count * 2 > this.mask) this.rehash();
    return id;
  }

  /** The slot of the staged name, or the free slot where it belongs. */
  private lookUp(end: number, length: number, hash: number): number {
    const { slots, mask, arena, free } = this;
    const words = end - free;
    for (let slot = mix(hash) & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot * 2 + 1] - 1;
      if (id < 0) return slot;
      if (slots[slot * 2] !== hash || this.length[id] !== length) continue;
      const other = this.chunks[this.chunk[id]];
      const start = this.start[id];
      let i = 0;
      while (i < words && other[start + i] === arena[free + i]) i++;
      if (i === words) return slot;
    }
  }

  /** Starts a chunk, and moves the `words` staged so far to it. */
  private newChunk(words: number): Int32Array {
    const chunk = new Int32Array(Math.max(CHUNK, words * 2));
    chunk.set(this.arena.subarray(this.free, Math.min(this.free + words, this.arena.length)));
    this.chunks.push(chunk);
    this.arena = chunk;
    return chunk;
  }

  private use(bytes: Uint8Array): DataView {
    this.lastBytes = bytes;
    this.lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.lastView;
  }

  private rehash(): void {
    const old = this.slots;
    const mask = this.mask * 2 + 1;
    const slots = new Int32Array((mask + 1) * 2);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = mix(old[from]) & mask;
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * 2] = old[from];
      slots[slot * 2 + 1] = old[from + 1];
    }
    this.mask = mask;
    this.slots = slots;
  }
}

const decoder = new TextDecoder();

/** The four bytes at `at`, zeros beyond the end of the buffer. */
function tailWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

function mix(hash: number): number {
  return hash ^ (hash >>> 13);
}
