const PRIME1 = 0x9e3779b1;
const PRIME2 = 0x85ebca77;
const PRIME3 = 0xc2b2ae3d;
const PRIME4 = 0x27d4eb2f;
const PRIME5 = 0x165667b1;

/** XXH32 (the xxHash specification, version 0.1.1), bytes in parts. No cryptographic strength. */
export class Xxh32 {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private readonly seed: number;
  private length = 0;
  /** What does not fill a stripe of 16 bytes yet. */
  private readonly rest = new Uint8Array(16);
  private restLength = 0;

  constructor(seed: number) {
    this.seed = seed | 0;
    this.a = (seed + PRIME1 + PRIME2) | 0;
    this.b = (seed + PRIME2) | 0;
    this.c = seed | 0;
    this.d = (seed - PRIME1) | 0;
  }

  update(bytes: Uint8Array): void {
    this.length += bytes.length;
    let at = 0;
    if (this.restLength > 0) {
      while (this.restLength < 16 && at < bytes.length) this.rest[this.restLength++] = bytes[at++];
      if (this.restLength < 16) return;
      this.stripes(this.rest, 0, 16);
      this.restLength = 0;
    }
    const end = at + ((bytes.length - at) & ~15);
    this.stripes(bytes, at, end);
    for (at = end; at < bytes.length; at++) this.rest[this.restLength++] = bytes[at];
  }

  /** As a signed 32-bit integer. */
  digest(): number {
    let hash: number;
    if (this.length >= 16)
      hash = rotate(this.a, 1) + rotate(this.b, 7) + rotate(this.c, 12) + rotate(this.d, 18);
    else hash = this.seed + PRIME5;
    hash = (hash + this.length) | 0;
    let at = 0;
    for (; at + 4 <= this.restLength; at += 4)
      hash = Math.imul(rotate((hash + Math.imul(wordAt(this.rest, at), PRIME3)) | 0, 17), PRIME4);
    for (; at < this.restLength; at++)
      hash = Math.imul(rotate((hash + Math.imul(this.rest[at], PRIME5)) | 0, 11), PRIME1);
    hash = Math.imul(hash ^ (hash >>> 15), PRIME2);
    hash = Math.imul(hash ^ (hash >>> 13), PRIME3);
    return hash ^ (hash >>> 16);
  }

  private stripes(bytes: Uint8Array, from: number, to: number): void {
    let { a, b, c, d } = this;
    for (let at = from; at < to; at += 16) {
      a = round(a, wordAt(bytes, at));
      b = round(b, wordAt(bytes, at + 4));
      c = round(c, wordAt(bytes, at + 8));
      d = round(d, wordAt(bytes, at + 12));
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, PRIME2)) | 0, 13), PRIME1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
