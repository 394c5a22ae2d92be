/** Reads DWARF's encodings. Past the end everything is zero and `ended` is set: damaged input must not stop us. */
export class Cursor {
  offset: number;
  readonly end: number;
  ended = false;
  private readonly view: DataView;
  private readonly littleEndian: boolean;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length, littleEndian = true) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
    this.end = Math.min(end, bytes.length);
    this.littleEndian = littleEndian;
  }

  get atEnd(): boolean {
    return this.ended || this.offset >= this.end;
  }

  private room(size: number): boolean {
    if (this.offset + size <= this.end) return true;
    this.ended = true;
    this.offset = this.end;
    return false;
  }

  u8(): number {
    return this.room(1) ? this.view.getUint8(this.offset++) : 0;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    if (!this.room(2)) return 0;
    const value = this.view.getUint16(this.offset, this.littleEndian);
    this.offset += 2;
    return value;
  }

  u32(): number {
    if (!this.room(4)) return 0;
    const value = this.view.getUint32(this.offset, this.littleEndian);
    this.offset += 4;
    return value;
  }

  /** Exact up to 2^53. */
  u64(): number {
    const first = this.u32();
    const second = this.u32();
    return this.littleEndian ? first + second * 0x1_0000_0000 : second + first * 0x1_0000_0000;
  }

  /** An unsigned value of 1, 2, 4 or 8 bytes; 0 for other sizes. */
  unsigned(size: number): number {
    if (size === 8) return this.u64();
    if (size === 4) return this.u32();
    if (size === 2) return this.u16();
    if (size === 1) return this.u8();
    this.skip(size);
    return 0;
  }

  /** Exact up to 2^53. */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if ((byte & 0x80) === 0) break;
    }
    return value;
  }

  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if ((byte & 0x80) !== 0) continue;
      if ((byte & 0x40) !== 0) value -= scale;
      break;
    }
    return value;
  }

  string(): string {
    const start = this.offset;
    while (this.offset < this.end && this.view.getUint8(this.offset) !== 0) this.offset++;
    const text = decoder.decode(
      new Uint8Array(this.view.buffer, this.view.byteOffset + start, this.offset - start),
    );
    if (this.room(1)) this.offset++;
    return text;
  }

  skip(size: number): void {
    if (this.room(size)) this.offset += size;
  }
}

const decoder = new TextDecoder();
