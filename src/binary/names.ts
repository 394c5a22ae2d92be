import { growInt32, int32Column } from "./grow.ts";

/** The index of an interned name. */
export type NameId = number;

/** A chunk of the arena is 2^18 words: 1 MB. */
const CHUNK_BITS = 18;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** Words before a name in the arena: its id and its length in bytes. */
const HEADER = 2;

/**
 * Interned names. A link of a large C++ program meets a million names, most of
 * them in string tables of its inputs; so a name is kept as bytes and becomes a
 * JavaScript string only to be shown.
 *
 * Hot: once for each global symbol of each object. A name is read once, four
 * bytes at a time, into the free end of an arena while its hash is taken and
 * its terminating zero looked for. Names in the arena are padded with zeros to
 * whole words, so that comparing with a known one is comparing aligned words,
 * and keeping a new one is moving the end. What a look-up needs lies in two
 * places, so that it misses the cache twice: the slot (hash and place in the
 * arena), and the name with its id and length before it.
 */
export class NameTable {
  /** Number of names; ids are 0 to count - 1. Id 0 is the empty name. */
  count = 0;
  /** A place is an index over all chunks; a name never crosses into the next chunk. */
  private chunks: Int32Array[] = [];
  /** The last chunk, the place of its first word, and its first free word. */
  private arena: Int32Array = new Int32Array(0);
  private base = 0;
  private free = 0;
  /** NameId to place. */
  private place: Int32Array;
  /** Open addressing: [hash, place + 1] pairs; 0 is free. */
  private slots: Int32Array;
  private mask: number;
  private lastBytes: Uint8Array = new Uint8Array(0);
  private lastView = new DataView(this.lastBytes.buffer);
  private stagedHash = 0;
  private stagedLength = 0;

  /** `expected`: how many names to make room for at once. */
  constructor(expected = 1024) {
    let size = 2048;
    while (size < expected * 2) size *= 2;
    this.slots = int32Column(size * 2);
    this.mask = size - 1;
    this.place = int32Column(size);
    this.newChunk(0);
    this.addString("");
  }

  /** The id of the name that starts at `offset` and ends before the next zero byte, or the end of the buffer. */
  addTerminated(bytes: Uint8Array, offset: number): NameId {
    const view = bytes === this.lastBytes ? this.lastView : this.use(bytes);
    let arena = this.arena;
    let at = this.free + HEADER;
    let hash = 0;
    let from = offset;
    const whole = bytes.length - 3;
    for (;;) {
      if (at >= arena.length) {
        const staged = at - this.free;
        arena = this.newChunk(staged);
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
    const end = this.stageString(text);
    return this.finish(end, this.stagedLength, this.stagedHash);
  }

  /** The id of the name of `length` bytes at `offset`. */
  add(bytes: Uint8Array, offset: number, length: number): NameId {
    return this.finish(this.stage(bytes, offset, length), length, this.stagedHash);
  }

  /** The id of a name if it is there, else -1. */
  find(text: string): NameId {
    const end = this.stageString(text);
    const length = this.stagedLength;
    const found = this.slots[this.lookUp(end, length, this.stagedHash ^ length) * 2 + 1];
    return found === 0 ? -1 : this.chunks[(found - 1) >>> CHUNK_BITS][(found - 1) & CHUNK_MASK];
  }

  /** The name as a string, its bytes read as UTF-8. */
  text(id: NameId): string {
    const bytes = this.bytes(id);
    // Browsers decode no shared memory.
    return decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());
  }

  /** The bytes of a name: a view, not to be changed. */
  bytes(id: NameId): Uint8Array {
    const place = this.place[id];
    const chunk = this.chunks[place >>> CHUNK_BITS];
    const at = place & CHUNK_MASK;
    return new Uint8Array(chunk.buffer, (at + HEADER) * 4, chunk[at + 1]);
  }

  /** Copies the bytes of a name to `out` at `at`. */
  copy(id: NameId, out: Uint8Array, at: number): void {
    const place = this.place[id];
    const words = this.chunks[place >>> CHUNK_BITS];
    const length = words[(place & CHUNK_MASK) + 1];
    let word = (place & CHUNK_MASK) + HEADER;
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

  /** The words that hold a name's bytes, lowest first, from `wordAt` on. */
  wordsOf(id: NameId): Int32Array {
    return this.chunks[this.place[id] >>> CHUNK_BITS];
  }

  wordAt(id: NameId): number {
    return (this.place[id] & CHUNK_MASK) + HEADER;
  }

  /** Of a name; 0 of the empty one. */
  firstByte(id: NameId): number {
    return this.lengthOf(id) === 0 ? 0 : this.wordsOf(id)[this.wordAt(id)] & 255;
  }

  /** In bytes. */
  lengthOf(id: NameId): number {
    const place = this.place[id];
    return this.chunks[place >>> CHUNK_BITS][(place & CHUNK_MASK) + 1];
  }

  /** Copies a name to the free end of the arena; returns the word after it. */
  private stage(bytes: Uint8Array, offset: number, length: number): number {
    const view = bytes === this.lastBytes ? this.lastView : this.use(bytes);
    const words = ((length + 3) >>> 2) + HEADER;
    if (this.free + words > this.arena.length) this.newChunk(words);
    const { arena } = this;
    let hash = 0;
    let at = this.free + HEADER;
    const whole = bytes.length - 3;
    for (let i = 0; i < length; i += 4) {
      let word = offset + i < whole ? view.getInt32(offset + i, true) : tailWord(bytes, offset + i);
      const left = length - i;
      if (left < 4) word &= (1 << (left * 8)) - 1;
      arena[at++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.stagedHash = hash;
    this.stagedLength = length;
    return at;
  }

  /** As `stage`, without an encoder where each character is one byte. */
  private stageString(text: string): number {
    const { length } = text;
    if (this.free + ((length + 3) >>> 2) + HEADER > this.arena.length) return this.stageEncoded(text);
    const { arena } = this;
    let at = this.free + HEADER;
    let hash = 0;
    for (let i = 0; i < length; i += 4) {
      let word = 0;
      for (let k = i, shift = 0; k < i + 4 && k < length; k++, shift += 8) {
        const code = text.charCodeAt(k);
        if (code > 127) return this.stageEncoded(text);
        word |= code << shift;
      }
      arena[at++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.stagedHash = hash;
    this.stagedLength = length;
    return at;
  }

  private stageEncoded(text: string): number {
    const bytes = encoder.encode(text);
    return this.stage(bytes, 0, bytes.length);
  }

  private finish(end: number, length: number, nameHash: number): NameId {
    const hash = nameHash ^ length;
    const slot = this.lookUp(end, length, hash);
    const known = this.slots[slot * 2 + 1] - 1;
    if (known >= 0) return this.chunks[known >>> CHUNK_BITS][known & CHUNK_MASK];
    const id = this.count++;
    if (id === this.place.length) this.place = growInt32(this.place, id + 1);
    const { free } = this;
    this.arena[free] = id;
    this.arena[free + 1] = length;
    this.place[id] = this.base + free;
    this.free = end;
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = this.base + free + 1;
    // Places count up to CHUNK_MASK within a chunk, also in one made for a long name.
    if (end > CHUNK_MASK) this.newChunk(0);
    if (this.count * 2 > this.mask) this.rehash();
    return id;
  }

  /** The slot of the staged name, or the free slot where it belongs. */
  private lookUp(end: number, length: number, hash: number): number {
    const { slots, mask, arena, chunks } = this;
    const first = this.free + HEADER;
    for (let slot = mix(hash) & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot * 2 + 1] - 1;
      if (place < 0) return slot;
      if (slots[slot * 2] !== hash) continue;
      const other = chunks[place >>> CHUNK_BITS];
      const start = place & CHUNK_MASK;
      if (other[start + 1] !== length) continue;
      let i = first;
      for (let k = start + HEADER; i < end && other[k] === arena[i]; i++) k++;
      if (i === end) return slot;
    }
  }

  /** Starts a chunk with room for more than `words`, and moves the `words` staged so far to it. */
  private newChunk(words: number): Int32Array {
    // A longer name gets a chunk of several units, so that places stay unique.
    const units = Math.ceil((words * 2 + 1) / (CHUNK_MASK + 1));
    const chunk = int32Column(units << CHUNK_BITS);
    chunk.set(this.arena.subarray(this.free, Math.min(this.free + words, this.arena.length)));
    this.base = this.chunks.length << CHUNK_BITS;
    for (let i = 0; i < units; i++) this.chunks.push(chunk);
    this.arena = chunk;
    this.free = 0;
    return chunk;
  }

  private use(bytes: Uint8Array): DataView {
    this.lastBytes = bytes;
    this.lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.lastView;
  }

  private rehash(): void {
    const old = this.slots;
    const mask = this.mask * 4 + 3;
    const slots = int32Column((mask + 1) * 2);
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
const encoder = new TextEncoder();

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
