// Decoding of Zstandard (RFC 8878), for sections compressed with it. Everything
// is in memory and the size of the result is known, so one array is both the
// output and the window that matches refer to.
//
// A frame is a list of blocks: bytes as they are, one byte repeated, or
// compressed. A compressed block has literals (mostly Huffman coded) and
// sequences: copy so many literals, then so many bytes from so far back. The
// three numbers of a sequence are codes of finite state entropy (FSE, a kind of
// arithmetic coding done with tables) with further bits behind them. Such bits
// are read from the end of their stream to its beginning.
//
// Damaged or hostile input ends in `undefined`: readers give zeros beyond the
// ends of streams, and each step checks its room.

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** A block yields at most this, from no less than four bytes. */
const MAX_BLOCK = 1 << 17;
const LEAST_BLOCK = 4;

/** Codes of lengths: the value that each begins at, and how many bits follow. */
interface Codes {
  readonly base: Int32Array;
  readonly bits: Uint8Array;
}

/** A decoding table: by state its symbol, how many bits lead to the next state, and from where they count. */
interface Fse {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly next: Uint16Array;
}

/** By the next `log` bits: the symbol, and how many of the bits it takes. */
interface Huffman {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

/** `plain` codes stand for themselves (from `first` on); the others have bits and follow one another. */
function codes(plain: number, first: number, bits: readonly number[]): Codes {
  const all = Uint8Array.from([...new Array<number>(plain).fill(0), ...bits]);
  const base = new Int32Array(all.length);
  let at = first;
  for (let i = 0; i < all.length; i++) {
    base[i] = at;
    at += 2 ** all[i];
  }
  return { base, bits: all };
}

const LITERAL_LENGTHS = codes(16, 0, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_LENGTHS = codes(32, 3, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/** "4*3 2": 3, 3, 3, 3, 2. */
const counts = (text: string): Int16Array =>
  Int16Array.from(
    text.split(" ").flatMap((word) => {
      const [times, value] = word.includes("*") ? word.split("*").map(Number) : [1, Number(word)];
      return new Array<number>(times).fill(value);
    }),
  );

/** Section 3.1.1.3.2.2: the distributions that need not be written down. */
const DEFAULT_LITERAL_LENGTHS = "4 3 11*2 3*1 9*2 3 2 5*1 4*-1";
const DEFAULT_MATCH_LENGTHS = "1 4 3 6*2 37*1 7*-1";
const DEFAULT_OFFSETS = "6*1 3*2 15*1 5*-1";

/** The kinds of numbers in a sequence, each with its own table. */
const KINDS = [
  { maxLog: 9, maxSymbol: 35, defaults: DEFAULT_LITERAL_LENGTHS, defaultLog: 6 },
  { maxLog: 8, maxSymbol: 31, defaults: DEFAULT_OFFSETS, defaultLog: 5 },
  { maxLog: 9, maxSymbol: 52, defaults: DEFAULT_MATCH_LENGTHS, defaultLog: 6 },
] as const;

/** The bytes of a Zstandard stream that yields `size` of them; undefined where it does not. */
export function decodeZstd(stream: Uint8Array, size: number): Uint8Array | undefined {
  // A hostile size must not make us allocate what the stream could never fill.
  if (size > (stream.length / LEAST_BLOCK + 1) * MAX_BLOCK) return undefined;
  const decoder = new Decoder(stream, new Uint8Array(size));
  while (decoder.at < stream.length) if (!decoder.frame()) return undefined;
  return decoder.used === size ? decoder.out : undefined;
}

/** Reads bits from the end of a range of bytes, where a 1 marks the beginning; before the first bit are zeros. */
class BackwardBits {
  private readonly bytes: Uint8Array;
  private readonly start: number;
  /** How many bits are left; negative: so many were read that are not there. */
  left: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    const last = end > start ? bytes[end - 1] : 0;
    // Without a mark nothing can be read.
    this.left = last === 0 ? -1 : (end - start) * 8 - Math.clz32(last << 24) - 1;
  }

  /** Up to 16 bits. */
  read(count: number): number {
    this.left -= count;
    return this.window(this.left) & ((1 << count) - 1);
  }

  /** The next 16 bits or fewer, without going on. */
  peek(count: number): number {
    return this.window(this.left - count) & ((1 << count) - 1);
  }

  /** At least 16 bits, the lowest at a position. */
  private window(position: number): number {
    const { bytes } = this;
    if (position < 0) return position < -24 ? 0 : this.window(0) << -position;
    const at = this.start + (position >> 3);
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) >>> (position & 7);
  }
}

class Decoder {
  /** Where the next byte of the stream is. */
  at = 0;
  /** How much of the output is there. */
  used = 0;
  readonly out: Uint8Array;
  private readonly stream: Uint8Array;
  private frameStart = 0;
  private literals: Uint8Array = new Uint8Array(0);
  private huffman: Huffman | undefined;
  private readonly tables: (Fse | undefined)[] = [undefined, undefined, undefined];
  private readonly offsets = [1, 4, 8];

  constructor(stream: Uint8Array, out: Uint8Array) {
    this.stream = stream;
    this.out = out;
  }

  /** A number of up to 4 bytes, little-endian. */
  private number(bytes: number, at = this.at): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.stream[at + i] ?? 0);
    return value;
  }

  frame(): boolean {
    const { stream } = this;
    const magic = this.number(4);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.at += 8 + this.number(4, this.at + 4);
      return this.at <= stream.length;
    }
    if (magic !== MAGIC || this.at + 6 > stream.length) return false;
    const descriptor = stream[this.at + 4];
    const single = (descriptor >> 5) & 1;
    const dictionary = [0, 1, 2, 4][descriptor & 3];
    this.at += 5 + (1 - single);
    // Debugging information has no dictionary to go with it.
    if ((descriptor & 8) !== 0 || this.number(dictionary) !== 0) return false;
    this.at += dictionary + [single, 2, 4, 8][descriptor >> 6];
    this.frameStart = this.used;
    this.huffman = undefined;
    this.tables.fill(undefined);
    this.offsets.splice(0, 3, 1, 4, 8);
    for (let last = 0; last === 0; ) {
      if (this.at + 3 > stream.length) return false;
      const header = this.number(3);
      this.at += 3;
      last = header & 1;
      if (!this.block((header >> 1) & 3, header >> 3)) return false;
    }
    if (descriptor & 4) this.at += 4;
    return this.at <= stream.length;
  }

  private block(type: number, size: number): boolean {
    const { stream, out } = this;
    const room = out.length - this.used;
    if (type === 1) {
      if (size > room || this.at >= stream.length) return false;
      out.fill(stream[this.at++], this.used, this.used + size);
      this.used += size;
      return true;
    }
    const end = this.at + size;
    if (type === 3 || end > stream.length) return false;
    if (type === 0) {
      if (size > room) return false;
      out.set(stream.subarray(this.at, end), this.used);
      this.used += size;
    } else if (!this.readLiterals(end) || !this.readSequences(end)) return false;
    this.at = end;
    return true;
  }

  // Literals

  private readLiterals(end: number): boolean {
    const { stream } = this;
    if (this.at >= end) return false;
    const first = stream[this.at];
    const type = first & 3;
    const format = (first >> 2) & 3;
    if (type < 2) {
      const length = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3;
      const size = this.number(length) >> (length === 1 ? 3 : 4);
      this.at += length;
      if (size > MAX_BLOCK || this.at + (type === 0 ? size : 1) > end) return false;
      this.literals =
        type === 0 ? stream.subarray(this.at, this.at + size) : new Uint8Array(size).fill(stream[this.at]);
      this.at += type === 0 ? size : 1;
      return true;
    }
    const width = [10, 10, 14, 18][format];
    const header = [3, 3, 4, 5][format];
    // Up to 36 bits follow the first 4.
    const sizes = Math.floor((this.number(4) + this.number(header > 4 ? 1 : 0, this.at + 4) * 2 ** 32) / 16);
    const regenerated = sizes % 2 ** width;
    const compressed = Math.floor(sizes / 2 ** width) % 2 ** width;
    this.at += header;
    const stop = this.at + compressed;
    if (regenerated > MAX_BLOCK || stop > end) return false;
    if (type === 2) this.huffman = this.readHuffman(stop);
    if (!this.huffman) return false;
    this.literals = new Uint8Array(regenerated);
    if (format === 0) {
      if (!this.huffmanStream(this.at, stop, 0, regenerated)) return false;
    } else {
      const part = (regenerated + 3) >> 2;
      let from = this.at + 6;
      for (let i = 0; i < 4; i++) {
        const to = i < 3 ? from + this.number(2, this.at + 2 * i) : stop;
        const until = i < 3 ? part * (i + 1) : regenerated;
        if (to > stop || until > regenerated || !this.huffmanStream(from, to, part * i, until)) return false;
        from = to;
      }
    }
    this.at = stop;
    return true;
  }

  private huffmanStream(from: number, to: number, start: number, end: number): boolean {
    const { literals, huffman } = this;
    if (!huffman || to <= from) return false;
    const { log, symbol, bits: lengths } = huffman;
    const bits = new BackwardBits(this.stream, from, to);
    for (let i = start; i < end; i++) {
      const code = bits.peek(log);
      literals[i] = symbol[code];
      bits.left -= lengths[code];
    }
    return bits.left === 0;
  }

  /** The table of a tree, which is told by weights: 0 for what does not occur, else more for shorter codes. */
  private readHuffman(end: number): Huffman | undefined {
    const header = this.stream[this.at++];
    const weights = new Uint8Array(256);
    let count = 0;
    if (header >= 128) {
      count = header - 127;
      if (this.at + ((count + 1) >> 1) > end) return undefined;
      for (let i = 0; i < count; i++) {
        const byte = this.stream[this.at + (i >> 1)];
        weights[i] = i % 2 === 0 ? byte >> 4 : byte & 15;
      }
      this.at += (count + 1) >> 1;
    } else {
      const stop = this.at + header;
      if (stop > end) return undefined;
      const table = this.readTable(6, 255, stop);
      if (!table) return undefined;
      count = weightsOf(table, new BackwardBits(this.stream, this.at, stop), weights);
      this.at = stop;
    }
    return count === 0 ? undefined : huffmanTable(weights, count);
  }

  // Sequences

  /** A distribution, from the first byte on: its table; undefined where it makes no sense. */
  private readTable(maxLog: number, maxSymbol: number, end: number): Fse | undefined {
    const { stream } = this;
    let bit = this.at * 8;
    const peek = (count: number): number => {
      const at = bit >> 3;
      const word = this.number(4, at);
      return Math.floor(word / 2 ** (bit & 7)) % 2 ** count;
    };
    const log = peek(4) + 5;
    bit += 4;
    if (log > maxLog) return undefined;
    const found = new Int16Array(maxSymbol + 1);
    let remaining = (1 << log) + 1;
    let symbol = 0;
    while (remaining > 1 && symbol <= maxSymbol && bit <= stream.length * 8) {
      const width = 32 - Math.clz32(remaining);
      // Small values take a bit less, as far as there are values to spare.
      const spare = (1 << width) - 1 - remaining;
      const low = peek(width - 1);
      let value = low;
      if (low < spare) bit += width - 1;
      else {
        value = peek(width);
        if (value >= 1 << (width - 1)) value -= spare;
        bit += width;
      }
      const count = value - 1;
      remaining -= Math.abs(count);
      found[symbol++] = count;
      if (count !== 0) continue;
      // How many more zeros follow, two bits at a time.
      for (let more = 3; more === 3; ) {
        more = peek(2);
        bit += 2;
        symbol += more;
        if (symbol > maxSymbol + 1) return undefined;
      }
    }
    this.at = (bit + 7) >> 3;
    if (remaining !== 1 || this.at > end) return undefined;
    return fseTable(found, log);
  }

  private readSequences(end: number): boolean {
    const { stream } = this;
    if (this.at >= end) return false;
    let count = stream[this.at++];
    if (count >= 128) {
      const isLong = count === 255;
      count = isLong ? this.number(2) + 0x7f00 : ((count - 128) << 8) + this.number(1);
      this.at += isLong ? 2 : 1;
    }
    if (count === 0) return this.at === end && this.copyLiterals(0, this.literals.length);
    const modes = stream[this.at++];
    for (const [i, kind] of KINDS.entries()) {
      const mode = (modes >> (6 - 2 * i)) & 3;
      if (mode === 0) this.tables[i] = fseTable(counts(kind.defaults), kind.defaultLog);
      else if (mode === 1) this.tables[i] = alwaysTable(stream[this.at++]);
      else if (mode === 2) this.tables[i] = this.readTable(kind.maxLog, kind.maxSymbol, end);
      const table = this.tables[i];
      if (!table || table.symbol.some((symbol) => symbol > kind.maxSymbol)) return false;
    }
    return this.at <= end && this.runSequences(count, new BackwardBits(stream, this.at, end));
  }

  private runSequences(count: number, bits: BackwardBits): boolean {
    const [lengths, offsets, matches] = this.tables as Fse[];
    let length = bits.read(lengths.log);
    let offset = bits.read(offsets.log);
    let match = bits.read(matches.log);
    let literal = 0;
    for (let i = 0; i < count; i++) {
      const code = offsets.symbol[offset];
      const high = Math.max(0, code - 16);
      // A code of 31 has more bits than are read at once.
      const rest = bits.read(high) * 2 ** (code - high) + bits.read(code - high);
      const value = 2 ** code + rest;
      const matchCode = matches.symbol[match];
      const matchLength = MATCH_LENGTHS.base[matchCode] + bits.read(MATCH_LENGTHS.bits[matchCode]);
      const lengthCode = lengths.symbol[length];
      const literalLength = LITERAL_LENGTHS.base[lengthCode] + bits.read(LITERAL_LENGTHS.bits[lengthCode]);
      if (bits.left < 0) return false;
      const distance = this.distance(value, literalLength);
      if (literal + literalLength > this.literals.length || !this.copyLiterals(literal, literalLength))
        return false;
      literal += literalLength;
      if (!this.copyMatch(distance, matchLength)) return false;
      if (i === count - 1) break;
      length = lengths.next[length] + bits.read(lengths.bits[length]);
      match = matches.next[match] + bits.read(matches.bits[match]);
      offset = offsets.next[offset] + bits.read(offsets.bits[offset]);
    }
    return bits.left === 0 && this.copyLiterals(literal, this.literals.length - literal);
  }

  /** Values up to 3 stand for one of the last three distances. */
  private distance(value: number, literalLength: number): number {
    const { offsets } = this;
    const which = value > 3 ? 4 : value - 1 + (literalLength === 0 ? 1 : 0);
    const distance = which === 4 ? value - 3 : which === 3 ? offsets[0] - 1 : offsets[which];
    if (which > 1) offsets[2] = offsets[1];
    if (which > 0) offsets[1] = offsets[0];
    offsets[0] = distance;
    return distance;
  }

  private copyLiterals(from: number, length: number): boolean {
    if (this.used + length > this.out.length) return false;
    this.out.set(this.literals.subarray(from, from + length), this.used);
    this.used += length;
    return true;
  }

  /** A match may reach into what it yields itself. */
  private copyMatch(distance: number, length: number): boolean {
    const { out } = this;
    let to = this.used;
    const end = to + length;
    if (distance < 1 || distance > to - this.frameStart || end > out.length) return false;
    if (distance >= length) out.copyWithin(to, to - distance, end - distance);
    else for (; to < end; to++) out[to] = out[to - distance];
    this.used = end;
    return true;
  }
}

/** Two states take turns until the bits are used up; how many weights that gave, 0 where it went wrong. */
function weightsOf(table: Fse, bits: BackwardBits, weights: Uint8Array): number {
  const states = [bits.read(table.log), bits.read(table.log)];
  if (bits.left < 0) return 0;
  for (let count = 0; count < 254; ) {
    const which = count % 2;
    const state = states[which];
    weights[count++] = table.symbol[state];
    const more = table.bits[state];
    if (bits.left < more) {
      // The other state's symbol is the last one.
      weights[count++] = table.symbol[states[1 - which]];
      return count;
    }
    states[which] = table.next[state] + bits.read(more);
  }
  return 0;
}

function huffmanTable(weights: Uint8Array, given: number): Huffman | undefined {
  let sum = 0;
  for (let i = 0; i < given; i++) if (weights[i] > 0) sum += 1 << (weights[i] - 1);
  if (sum === 0) return undefined;
  // The last weight is what is missing to a power of two.
  const log = 32 - Math.clz32(sum);
  const missing = (1 << log) - sum;
  if (log > 11 || given > 255 || (missing & (missing - 1)) !== 0) return undefined;
  weights[given] = 32 - Math.clz32(missing);
  const symbol = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++)
    for (let value = 0; value <= given; value++) {
      if (weights[value] !== weight) continue;
      const end = at + (1 << (weight - 1));
      symbol.fill(value, at, end);
      bits.fill(log + 1 - weight, at, end);
      at = end;
    }
  return at === 1 << log ? { log, symbol, bits } : undefined;
}

/** A table of one symbol, which takes no bits. */
function alwaysTable(value: number): Fse {
  return { log: 0, symbol: Uint8Array.of(value), bits: new Uint8Array(1), next: new Uint16Array(1) };
}

/** Spreads the symbols over the states as often as each occurs; -1: less than once in the table, at its end. */
function fseTable(found: Int16Array, log: number): Fse {
  const size = 1 << log;
  const symbol = new Uint8Array(size);
  const seen = new Uint16Array(found.length);
  let high = size - 1;
  for (let value = 0; value < found.length; value++) {
    seen[value] = found[value] === -1 ? 1 : found[value];
    if (found[value] === -1) symbol[high--] = value;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let value = 0; value < found.length; value++)
    for (let i = 0; i < found[value]; i++) {
      symbol[at] = value;
      do at = (at + step) & (size - 1);
      while (at > high);
    }
  const bits = new Uint8Array(size);
  const next = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const number = seen[symbol[state]]++;
    bits[state] = log - (31 - Math.clz32(number));
    next[state] = (number << bits[state]) - size;
  }
  return { log, symbol, bits, next };
}
