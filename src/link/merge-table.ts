import { growInt32, int32Column } from "../binary/index.ts";

/**
 * The distinct pieces (strings or constants) of the SHF_MERGE sections that are
 * merged together: a hash table over bytes. A large link has hundreds of
 * thousands, so a piece is a number, its facts are in columns, and the bytes of
 * all of them lie one after the other in `bytes`.
 *
 * A piece is read once, four bytes at a time, into the free end of `bytes`
 * while its hash is taken and, for a string, its end looked for. Pieces there
 * are padded with zeros to whole words, so that comparing with a known one is
 * comparing aligned words, and keeping a new one is moving the end.
 */
export class PieceTable {
  count = 0;
  /** Where the piece is in `bytes`, and how long it is: strings include their terminator. */
  start: Int32Array = new Int32Array(1024);
  length: Int32Array = new Int32Array(1024);
  /** Required alignment; 0 for a piece that is not laid out itself, see `instead`. */
  align: Int32Array = new Int32Array(1024);
  /** The section that first had it. */
  section: Int32Array = new Int32Array(1024);
  /** For align 0: the piece that stands in for this one, its last bytes being equal; itself otherwise. */
  instead: Int32Array = new Int32Array(1024);
  bytes: Uint8Array;
  /** The same memory as `bytes`. */
  private words: Int32Array;
  /** In words. */
  private used = 0;
  private hash: Int32Array = new Int32Array(1024);
  private slots: Int32Array = new Int32Array(4096);
  private mask = 4095;
  private lastSource: Uint8Array = new Uint8Array(0);
  private lastView = new DataView(this.lastSource.buffer);
  private stagedHash = 0;
  private stagedLength = 0;

  /** `expected`: how many bytes of pieces to make room for at once. */
  constructor(expected: number) {
    this.words = int32Column(Math.max(256, expected >>> 2));
    this.bytes = new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength);
  }

  /**
   * The number of the piece of `length` bytes at `at`. When it is known with a
   * lesser alignment, that one is given up for a new one in this section, as
   * GNU ld does.
   */
  add(source: Uint8Array, at: number, length: number, align: number, section: number): number {
    return this.intern(this.stage(source, at, length), align, section);
  }

  /**
   * As `add`, for a string that a zero byte ends somewhere in `source`; its
   * length, with that byte, is in `addedLength` then.
   */
  addTerminated(source: Uint8Array, at: number, align: number, section: number): number {
    return this.intern(this.stageTerminated(source, at), align, section);
  }

  /** The length of the piece that was added last. */
  get addedLength(): number {
    return this.stagedLength;
  }

  /** Copies a piece to the free end; returns the word after it. */
  private stage(source: Uint8Array, from: number, length: number): number {
    const view = source === this.lastSource ? this.lastView : this.use(source);
    if (this.used + (length >>> 2) + 2 > this.words.length) this.growWords((length >>> 2) + 2);
    const { words } = this;
    const whole = source.length - 3;
    const end = from + length;
    let to = this.used;
    let hash = 0;
    for (let at = from; at < end; at += 4) {
      let word = at < whole ? view.getInt32(at, true) : tailWord(source, at);
      if (end - at < 4) word &= (1 << ((end - at) * 8)) - 1;
      words[to++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.stagedHash = hash;
    this.stagedLength = length;
    return to;
  }

  private stageTerminated(source: Uint8Array, from: number): number {
    const view = source === this.lastSource ? this.lastView : this.use(source);
    let { words } = this;
    const whole = source.length - 3;
    let to = this.used;
    let hash = 0;
    for (let at = from; ; at += 4) {
      if (to + 1 >= words.length) words = this.growWords(to + 2 - this.used);
      let word = at < whole ? view.getInt32(at, true) : tailWord(source, at);
      const zero = (word - 0x01010101) & ~word & 0x80808080;
      if (zero !== 0) {
        // The lowest set bit of `zero` is bit 7 of the first zero byte.
        const kept = (31 - Math.clz32(zero & -zero)) >>> 3;
        word &= (1 << (kept * 8)) - 1;
        words[to++] = word;
        hash = Math.imul(hash ^ word, 0x9e3779b1);
        this.stagedHash = hash ^ (hash >>> 15);
        this.stagedLength = at + kept + 1 - from;
        return to;
      }
      words[to++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
  }

  /** The number of the staged piece, which ends before the word `end`. */
  private intern(end: number, align: number, section: number): number {
    const { slots, mask, words, used } = this;
    const length = this.stagedLength;
    const hash = this.stagedHash ^ length;
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const piece = slots[slot] - 1;
      if (piece < 0) return this.insert(slot, end, hash, align, section);
      if (this.hash[piece] !== hash || this.length[piece] !== length) continue;
      let i = used;
      for (let k = this.start[piece] >>> 2; i < end && words[k] === words[i]; k++) i++;
      if (i < end) continue;
      if (this.align[piece] >= align) return piece;
      const better = this.insert(slot, end, hash, align, section);
      this.align[piece] = 0;
      this.instead[piece] = better;
      return better;
    }
  }

  private insert(slot: number, end: number, hash: number, align: number, section: number): number {
    const piece = this.count++;
    if (piece === this.start.length) this.growColumns();
    this.start[piece] = this.used * 4;
    this.length[piece] = this.stagedLength;
    this.align[piece] = align;
    this.section[piece] = section;
    this.instead[piece] = piece;
    this.hash[piece] = hash;
    this.used = end;
    this.slots[slot] = piece + 1;
    if (this.count * 2 > this.mask) this.rehash();
    return piece;
  }

  private growWords(more: number): Int32Array {
    this.words = growInt32(this.words, this.used + more);
    this.bytes = new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength);
    return this.words;
  }

  private growColumns(): void {
    const count = this.start.length + 1;
    this.start = growInt32(this.start, count);
    this.length = growInt32(this.length, count);
    this.align = growInt32(this.align, count);
    this.section = growInt32(this.section, count);
    this.instead = growInt32(this.instead, count);
    this.hash = growInt32(this.hash, count);
  }

  private use(source: Uint8Array): DataView {
    this.lastSource = source;
    this.lastView = new DataView(source.buffer, source.byteOffset, source.length);
    return this.lastView;
  }

  /** Pieces that were given up have no slot and get none. */
  private rehash(): void {
    const old = this.slots;
    const mask = this.mask * 4 + 3;
    const slots = int32Column(mask + 1);
    const { hash } = this;
    for (let from = 0; from < old.length; from++) {
      if (old[from] === 0) continue;
      const own = hash[old[from] - 1];
      let slot = (own ^ (own >>> 13)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = old[from];
    }
    this.mask = mask;
    this.slots = slots;
  }
}

/** The four bytes at `at`, zeros beyond the end of the buffer. */
function tailWord(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 4 && at + i < bytes.length; i++) word |= bytes[at + i] << (i * 8);
  return word;
}
