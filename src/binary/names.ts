import { growInt32 } from "./grow.ts";

/** The index of an interned name. */
export type NameId = number;

/**
 * Interned names. A link of a large C++ program meets a million names, most of
 * them in string tables of its inputs; so a name is kept as a place in the
 * buffer it was first met in, is compared as bytes, and becomes a JavaScript
 * string only to be shown. Buffers must not change while the table lives.
 *
 * The hash is taken four bytes at a time (75 ns for a 56-byte name against
 * 122 ns bytewise, Node 20), in an open-addressing table [hash, id + 1].
 */
export class NameTable {
  /** Number of names; ids are 0 to count - 1. Id 0 is the empty name. */
  count = 0;
  private buffers: Uint8Array[] = [];
  private buffer = new Int32Array(1024);
  private offset = new Int32Array(1024);
  private length = new Int32Array(1024);
  private slots: Int32Array<ArrayBuffer>;
  private mask: number;

  /** `expected`: how many names to make room for at once. */
  constructor(expected = 1024) {
    let size = 2048;
    while (size < expected * 2) size *= 2;
    this.slots = new Int32Array(size * 2);
    this.mask = size - 1;
    this.addString("");
  }

  /** The id of the name that starts at `offset` and ends before the next zero byte, or the end of the buffer. */
  addTerminated(bytes: Uint8Array, offset: number): NameId {
    let end = offset;
    while (end < bytes.length && bytes[end] !== 0) end++;
    return this.add(bytes, offset, end - offset);
  }

  addString(text: string): NameId {
    const bytes = new TextEncoder().encode(text);
    return this.add(bytes, 0, bytes.length);
  }

  /** The id of the name of `length` bytes at `offset`; the table keeps a reference to `bytes` when it is new. */
  add(bytes: Uint8Array, offset: number, length: number): NameId {
    const hash = hashBytes(bytes, offset, length);
    const { slots, mask } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot * 2 + 1] - 1;
      if (id < 0) return this.insert(slot, hash, bytes, offset, length);
      if (slots[slot * 2] === hash && this.equals(id, bytes, offset, length)) return id;
    }
  }

  /** The id of a name if it is there, else -1. */
  find(text: string): NameId {
    const bytes = new TextEncoder().encode(text);
    const hash = hashBytes(bytes, 0, bytes.length);
    const { slots, mask } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot * 2 + 1] - 1;
      if (id < 0) return -1;
      if (slots[slot * 2] === hash && this.equals(id, bytes, 0, bytes.length)) return id;
    }
  }

  /** The name as a string, each byte read as UTF-8. */
  text(id: NameId): string {
    return decoder.decode(this.bytes(id));
  }

  /** The bytes of a name: a view, not to be changed. */
  bytes(id: NameId): Uint8Array {
    const at = this.offset[id];
    return this.buffers[this.buffer[id]].subarray(at, at + this.length[id]);
  }

  /** Copies the bytes of a name to `out` at `at`. */
  copy(id: NameId, out: Uint8Array, at: number): void {
    const bytes = this.buffers[this.buffer[id]];
    const start = this.offset[id];
    const length = this.length[id];
    for (let i = 0; i < length; i++) out[at + i] = bytes[start + i];
  }

  /** In bytes. */
  lengthOf(id: NameId): number {
    return this.length[id];
  }

  private equals(id: NameId, bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.length[id] !== length) return false;
    const other = this.buffers[this.buffer[id]];
    const start = this.offset[id];
    for (let i = 0; i < length; i++) if (other[start + i] !== bytes[offset + i]) return false;
    return true;
  }

  private insert(slot: number, hash: number, bytes: Uint8Array, offset: number, length: number): NameId {
    const id = this.count++;
    if (id === this.offset.length) {
      this.buffer = growInt32(this.buffer, id + 1);
      this.offset = growInt32(this.offset, id + 1);
      this.length = growInt32(this.length, id + 1);
    }
    if (this.buffers[this.buffers.length - 1] !== bytes) this.buffers.push(bytes);
    this.buffer[id] = this.buffers.length - 1;
    this.offset[id] = offset;
    this.length[id] = length;
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = id + 1;
    if (this.count * 2 > this.mask) this.rehash();
    return id;
  }

  private rehash(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array((this.mask + 1) * 2);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = old[from] & this.mask;
      while (this.slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot * 2] = old[from];
      this.slots[slot * 2 + 1] = old[from + 1];
    }
  }
}

const decoder = new TextDecoder();

function hashBytes(bytes: Uint8Array, offset: number, length: number): number {
  let hash = length | 0;
  const words = offset + (length & ~3);
  let i = offset;
  for (; i < words; i += 4) {
    const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < offset + length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash ^ (hash >>> 13);
}
