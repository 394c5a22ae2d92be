/**
 * Reads DWARF's encodings exactly: 64-bit values are bigints. For programs
 * that show what is there; `Cursor` is for those that use it, faster and exact
 * up to 2^53. Past the end everything is zero.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  at: number;
  end: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, littleEndian: boolean, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.at = at;
    this.end = Math.min(end, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.end;
  }

  get left(): number {
    return Math.max(0, this.end - this.at);
  }

  /** The same bytes from another place on. */
  from(at: number, end = this.end): Reader {
    return new Reader(this.bytes, this.littleEndian, at, end);
  }

  private take(size: number): number {
    const { at } = this;
    if (at + size <= this.end) {
      this.at = at + size;
      return at;
    }
    this.at = this.end;
    return -1;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at];
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : this.view.getUint16(at, this.littleEndian);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.view.getUint32(at, this.littleEndian);
  }

  /** An unsigned value of 1 to 8 bytes; of fewer where the bytes end before. */
  uint(size: number): bigint {
    const room = Math.min(size, this.left);
    if (room === 8) return this.view.getBigUint64(this.take(8), this.littleEndian);
    if (room === 4) return BigInt(this.u32());
    let value = 0n;
    for (let i = 0; i < room; i++) {
      const byte = BigInt(this.u8());
      value = this.littleEndian ? value | (byte << BigInt(8 * i)) : (value << 8n) | byte;
    }
    return value;
  }

  /** A signed value of 1 to 8 bytes. */
  int(size: number): bigint {
    return BigInt.asIntN(size * 8, this.uint(size));
  }

  /** An offset or a length as a number. */
  offset(size: number): number {
    return size === 4 ? this.u32() : Number(this.uint(size));
  }

  /** An unsigned LEB128 value of at most 64 bits. */
  uleb(): bigint {
    const start = this.at;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.at >= this.end) return BigInt(low);
      const byte = this.bytes[this.at++];
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    this.at = start;
    let value = 0n;
    for (let shift = 0n; this.at < this.end; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (shift < 70n) value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asUintN(64, value);
  }

  /** The same as a number, exact up to 2^53. */
  ulebNumber(): number {
    return Number(this.uleb());
  }

  sleb(): bigint {
    let value = 0n;
    let shift = 0n;
    while (this.at < this.end) {
      const byte = this.bytes[this.at++];
      if (shift < 70n) value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte >= 0x80) continue;
      if (byte & 0x40) value -= 1n << shift;
      break;
    }
    return BigInt.asIntN(64, value);
  }

  /** A zero-terminated string, each byte a character. */
  string(): string {
    const zero = this.bytes.indexOf(0, this.at);
    const end = zero < 0 || zero > this.end ? this.end : zero;
    let text = "";
    for (let at = this.at; at < end; at += 4096)
      text += String.fromCharCode(...this.bytes.subarray(at, Math.min(at + 4096, end)));
    this.at = Math.min(end + 1, this.end);
    return text;
  }

  skip(size: number): void {
    this.at = Math.min(this.at + size, this.end);
  }

  /** The length at the start of a unit, and how large offsets are in it: an escape announces eight bytes. */
  unitLength(): { readonly length: number; readonly offsetSize: 4 | 8 } {
    const length = this.u32();
    return length === 0xffffffff
      ? { length: Number(this.uint(8)), offsetSize: 8 }
      : { length, offsetSize: 4 };
  }
}
