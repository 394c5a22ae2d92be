import { growInt32, growUint8 } from "../binary/index.ts";

/** The index of an interned name. */
export type NameId = number;

/**
 * Interned names: mnemonics, directives, registers and symbols share one table,
 * so that the scanner looks a word up once, and what it is follows from its
 * number. Keywords are added first; a table indexed by NameId then says whether
 * a name is a mnemonic, a register, a directive.
 *
 * Hot: once or twice a line. The scanner takes the hash while it walks over the
 * bytes of the name (`step`), so a look-up reads the slot, the stored hash and
 * the bytes, and allocates nothing.
 */
export class Names {
  count = 0;
  private bytes: Uint8Array = new Uint8Array(1 << 16);
  private used = 0;
  /** Offset of each name in `bytes`; the next entry's offset ends it. */
  private starts: Int32Array = new Int32Array(1 << 12);
  private hashes: Int32Array = new Int32Array(1 << 12);
  /** Open addressing: id + 1, or 0. */
  private slots: Int32Array = new Int32Array(1 << 13);
  private mask: number = (1 << 13) - 1;
  private strings: (string | undefined)[] = [];

  /** The id of the name at `start`..`end`, whose hash was taken with `step` from `SEED`. */
  intern(source: Uint8Array, start: number, end: number, hash: number): NameId {
    const { slots, starts, hashes, bytes } = this;
    const length = end - start;
    let slot = mix(hash) & this.mask;
    for (let found = slots[slot]; found !== 0; found = slots[(slot = (slot + 1) & this.mask)]) {
      const id = found - 1;
      if (hashes[id] !== hash) continue;
      const at = starts[id];
      if (starts[id + 1] - at !== length) continue;
      let i = 0;
      while (i < length && bytes[at + i] === source[start + i]) i++;
      if (i === length) return id;
    }
    return this.add(source, start, length, hash, slot);
  }

  /** As `intern`, for a name that is a string. */
  internText(text: string): NameId {
    const bytes = encoder.encode(text);
    return this.intern(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
  }

  text(id: NameId): string {
    return (this.strings[id] ??= decoder.decode(this.bytes.subarray(this.starts[id], this.starts[id + 1])));
  }

  /** In bytes. */
  lengthOf(id: NameId): number {
    return this.starts[id + 1] - this.starts[id];
  }

  /** The byte at `index` of a name; 0 behind its end. */
  byteAt(id: NameId, index: number): number {
    const at = this.starts[id] + index;
    return at < this.starts[id + 1] ? this.bytes[at] : 0;
  }

  /** The bytes of a name: a view, not to be kept. */
  view(id: NameId): Uint8Array {
    return this.bytes.subarray(this.starts[id], this.starts[id + 1]);
  }

  private add(source: Uint8Array, start: number, length: number, hash: number, slot: number): NameId {
    const id = this.count++;
    if (id + 2 > this.starts.length) {
      this.starts = growInt32(this.starts, id + 2);
      this.hashes = growInt32(this.hashes, id + 2);
    }
    if (this.used + length > this.bytes.length) this.bytes = growUint8(this.bytes, this.used + length);
    for (let i = 0; i < length; i++) this.bytes[this.used + i] = source[start + i];
    this.starts[id] = this.used;
    this.used += length;
    this.starts[id + 1] = this.used;
    this.hashes[id] = hash;
    this.slots[slot] = id + 1;
    if (this.count * 2 > this.mask) this.rehash();
    return id;
  }

  private rehash(): void {
    this.mask = this.mask * 4 + 3;
    this.slots = new Int32Array(this.mask + 1);
    for (let id = 0; id < this.count; id++) {
      let slot = mix(this.hashes[id]) & this.mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = id + 1;
    }
  }
}

export const SEED = 0;

/** The hash of a name and one more byte. */
export function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  for (let i = start; i < end; i++) hash = step(hash, bytes[i]);
  return hash;
}

function mix(hash: number): number {
  return hash ^ (hash >>> 15);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
