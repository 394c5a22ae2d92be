/**
 * The distinct pieces (strings or constants) of the SHF_MERGE sections that are
 * merged together: a hash table over bytes. A large link has hundreds of
 * thousands, so a piece is a number, its facts are in columns, and the bytes of
 * all of them lie one after the other in `bytes`.
 */
export class PieceTable {
  count = 0;
  /** Where the piece is in `bytes`, and how long it is: strings include their terminator. */
  start = new Int32Array(1024);
  length = new Int32Array(1024);
  /** Required alignment; 0 for a piece that is not laid out itself, see `instead`. */
  align = new Int32Array(1024);
  /** The section that first had it. */
  section = new Int32Array(1024);
  /** For align 0: the piece that stands in for this one, its last bytes being equal; itself otherwise. */
  instead = new Int32Array(1024);
  bytes: Uint8Array<ArrayBuffer>;
  private used = 0;
  private hash = new Int32Array(1024);
  private slots = new Int32Array(4096);
  private mask = 4095;

  /** `expected`: how many bytes of pieces to make room for at once. */
  constructor(expected: number) {
    this.bytes = new Uint8Array(Math.max(1024, expected));
  }

  /**
   * The number of the piece of `length` bytes at `at`. When it is known with a
   * lesser alignment, that one is given up for a new one in this section, as
   * GNU ld does.
   */
  add(source: Uint8Array, at: number, length: number, hash: number, align: number, section: number): number {
    const { slots, mask } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const piece = slots[slot] - 1;
      if (piece < 0) return this.insert(slot, source, at, length, hash, align, section);
      if (this.hash[piece] !== hash || !this.equals(piece, source, at, length)) continue;
      if (this.align[piece] >= align) return piece;
      const better = this.insert(slot, source, at, length, hash, align, section);
      this.align[piece] = 0;
      this.instead[piece] = better;
      return better;
    }
  }

  private equals(piece: number, source: Uint8Array, at: number, length: number): boolean {
    if (this.length[piece] !== length) return false;
    const { bytes } = this;
    const start = this.start[piece];
    for (let i = 0; i < length; i++) if (bytes[start + i] !== source[at + i]) return false;
    return true;
  }

  private insert(
    slot: number,
    source: Uint8Array,
    at: number,
    length: number,
    hash: number,
    align: number,
    section: number,
  ): number {
    const piece = this.count++;
    if (piece === this.start.length) this.growColumns();
    if (this.used + length > this.bytes.length) this.growBytes(length);
    const { bytes, used } = this;
    for (let i = 0; i < length; i++) bytes[used + i] = source[at + i];
    this.start[piece] = used;
    this.length[piece] = length;
    this.align[piece] = align;
    this.section[piece] = section;
    this.instead[piece] = piece;
    this.hash[piece] = hash;
    this.used += length;
    this.slots[slot] = piece + 1;
    if (this.count * 2 > this.mask) this.rehash();
    return piece;
  }

  private growBytes(length: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.used + length));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  private growColumns(): void {
    const grow = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    this.start = grow(this.start);
    this.length = grow(this.length);
    this.align = grow(this.align);
    this.section = grow(this.section);
    this.instead = grow(this.instead);
    this.hash = grow(this.hash);
  }

  /** Pieces that were given up have no slot and get none. */
  private rehash(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array(this.mask + 1);
    for (let from = 0; from < old.length; from++) {
      if (old[from] === 0) continue;
      let slot = this.hash[old[from] - 1] & this.mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = old[from];
    }
  }
}
