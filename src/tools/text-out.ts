// What a tool prints goes through one large buffer that is used again and
// again: `objdump -d` of a large program writes hundreds of megabytes, and a
// string built for each field would cost more than everything else.
//
// Text inside the tools is "byte text": a JavaScript string whose characters
// below 256 stand for bytes, because names in object files need not be UTF-8
// and are printed as they are. Characters above are written as UTF-8.

/** Where bytes go; the tool does not keep them after the call. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** The buffer is emptied before a piece of text when it is this full. */
const FULL = 1 << 16;
const SIZE = FULL * 2;

const DIGITS = new Uint8Array([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

export class TextOut {
  private readonly sink: ByteSink;
  /** Bytes not yet handed to the sink: `buffer[0..at)`. */
  buffer = new Uint8Array(SIZE);
  at = 0;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Makes room for at least `FULL` bytes. Callers that write to `buffer` themselves call it once a line. */
  room(): void {
    if (this.at >= FULL) this.flush();
  }

  flush(): void {
    if (this.at === 0) return;
    this.sink.write(this.buffer.subarray(0, this.at));
    this.at = 0;
  }

  /** Byte text. */
  text(text: string): void {
    const { length } = text;
    if (this.at >= FULL || length > FULL / 4) {
      this.flush();
      if (length > FULL / 4) {
        for (let from = 0; from < length; from += FULL / 4) {
          this.text(text.slice(from, from + FULL / 4));
        }
        return;
      }
    }
    const { buffer } = this;
    let at = this.at;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 256) buffer[at++] = code;
      else if (code < 0x800) {
        buffer[at++] = 0xc0 | (code >> 6);
        buffer[at++] = 0x80 | (code & 63);
      } else if (code >= 0xd800 && code < 0xdc00 && i + 1 < length) {
        const point = text.codePointAt(i) ?? 0xfffd;
        i++;
        buffer[at++] = 0xf0 | (point >> 18);
        buffer[at++] = 0x80 | ((point >> 12) & 63);
        buffer[at++] = 0x80 | ((point >> 6) & 63);
        buffer[at++] = 0x80 | (point & 63);
      } else {
        buffer[at++] = 0xe0 | (code >> 12);
        buffer[at++] = 0x80 | ((code >> 6) & 63);
        buffer[at++] = 0x80 | (code & 63);
      }
    }
    this.at = at;
  }

  /** One byte. */
  byte(code: number): void {
    if (this.at >= FULL) this.flush();
    this.buffer[this.at++] = code;
  }

  /** Bytes `from` to `to` of a table. */
  bytes(source: Uint8Array, from: number, to: number): void {
    if (to - from > FULL) {
      this.flush();
      this.sink.write(source.subarray(from, to));
      return;
    }
    this.room();
    const { buffer } = this;
    let at = this.at;
    for (let i = from; i < to; i++) buffer[at++] = source[i];
    this.at = at;
  }

  spaces(count: number): void {
    this.room();
    const end = Math.min(this.at + count, SIZE);
    while (this.at < end) this.buffer[this.at++] = 32;
  }

  /** A 32-bit value as exactly eight hexadecimal digits. */
  hex8(value: number): void {
    this.room();
    const { buffer } = this;
    let at = this.at;
    for (let shift = 28; shift >= 0; shift -= 4) buffer[at++] = DIGITS[(value >>> shift) & 15];
    this.at = at;
  }

  /** A byte as two hexadecimal digits. */
  hex2(value: number): void {
    this.room();
    this.buffer[this.at++] = DIGITS[(value >>> 4) & 15];
    this.buffer[this.at++] = DIGITS[value & 15];
  }

  /** An unsigned 64-bit value, given as halves, in hexadecimal without leading zeros. */
  hex(low: number, high: number): void {
    this.hexPadded(low, high, 1, 48);
  }

  /** The same, filled up to `width` digits with `fill` (a character code). */
  hexPadded(low: number, high: number, width: number, fill: number): void {
    this.room();
    const { buffer } = this;
    let digits = high !== 0 ? 16 - (Math.clz32(high) >> 2) : 8 - (Math.clz32(low) >> 2);
    if (digits === 0) digits = 1;
    let at = this.at;
    for (let i = digits; i < width; i++) buffer[at++] = fill;
    for (let i = digits - 1; i >= 0; i--)
      buffer[at++] = DIGITS[(i >= 8 ? high >>> ((i - 8) * 4) : low >>> (i * 4)) & 15];
    this.at = at;
  }

  /** A non-negative integer below 2^53, filled up to `width` with spaces in front. */
  decimal(value: number, width = 1): void {
    this.room();
    const { buffer } = this;
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    let at = this.at;
    for (let i = digits; i < width; i++) buffer[at++] = 32;
    let rest = value;
    for (let i = at + digits - 1; i >= at; i--) {
      const next = Math.floor(rest / 10);
      buffer[i] = 48 + (rest - next * 10);
      rest = next;
    }
    this.at = at + digits;
  }

  /** A zero-terminated string of a table at an offset that lies within it. */
  terminated(table: Uint8Array, offset: number): void {
    let end = offset;
    while (end < table.length && table[end] !== 0) end++;
    this.bytes(table, offset, end);
  }
}

/** The bytes `from` to `to` as byte text. */
export function byteText(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 4096, to)));
  return text;
}

/** The zero-terminated string at `offset` of a table as byte text; empty where the offset is beyond it. */
export function textAt(table: Uint8Array, offset: number): string {
  if (!(offset < table.length)) return "";
  const end = table.indexOf(0, offset);
  return byteText(table, offset, end < 0 ? table.length : end);
}

const encoder = new TextEncoder();

/** Ordinary text, such as a file name of the command line, as byte text. */
export function asByteText(text: string): string {
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) > 127) {
      const bytes = encoder.encode(text);
      return byteText(bytes, 0, bytes.length);
    }
  return text;
}

/** Fills up to `width` with spaces behind. */
export const left = (text: string, width: number): string => text.padEnd(width);

/** An unsigned value in hexadecimal, filled up with zeros to `width` digits. */
export const hex = (value: number | bigint, width = 1): string => value.toString(16).padStart(width, "0");
