import { bigEndianColumn, float64Column, int32Column } from "../binary/index.ts";
import type { RandomAccess } from "../files/index.ts";

// An `ar` archive is "!<arch>\n" and then members, each with a 60-byte header
// of ASCII fields and an even start. What varies is how a name longer than 15
// bytes is kept, and how the index of symbols looks:
//
//   GNU    a member "//" holds long names, which others name as "/offset";
//          the index is "/" (32-bit big-endian) or "/SYM64/" (64-bit);
//   BSD    "#1/length", and the name precedes the contents; the index is
//          "__.SYMDEF" or "__.SYMDEF SORTED" (ranlib structures, little-endian);
//   thin   "!<thin>\n": as GNU, but members have no contents; their names are
//          paths relative to the archive, or "/offset:origin" for a member of
//          an archive of that path.
//
// A link takes a few members out of archives of hundreds of megabytes, so
// nothing is read but the index, the long names, and what is asked for.

export interface ArchiveMember {
  /** As stored: `printf.o`; in a thin archive a path relative to the archive's folder. */
  readonly name: string;
  /** Where its header is: the number by which the index knows it. */
  readonly header: number;
  /** Where its contents are in the archive; -1 in a thin archive. */
  readonly offset: number;
  readonly size: number;
  /** Thin archives: it is the member with this header offset of the archive `name`. */
  readonly nested: number | undefined;
  /** Where the next member's header is. */
  readonly next: number;
}

/** The symbols of an archive's index, in its order. */
export interface ArchiveIndex {
  readonly count: number;
  /** What was read: nobody needs it once the names are taken. */
  readonly bytes: Uint8Array;
  /** Holds the names. */
  readonly names: Uint8Array;
  /** Empty where nobody asked for it. */
  readonly nameOffset: Int32Array;
  readonly nameLength: Int32Array;
  /** Header offset of the member that defines it. */
  readonly member: Float64Array;
}

const HEADER = 60;
const MAGIC = 8;
/** The first read: enough for the index of small archives. */
const FIRST_READ = 1 << 16;
/** A member is read together with its header when no more than this lies before the next one. */
const READ_AT_ONCE = 1 << 20;

/** An archive open for reading. Close the file when done. */
export class Archive {
  readonly thin: boolean;
  /** Undefined where the archive has none. */
  readonly index: ArchiveIndex | undefined;
  /** What is wrong with the index or the table of long names. */
  readonly problem: string | undefined;
  private readonly file: RandomAccess;
  private readonly longNames: Uint8Array;
  /** Where the first ordinary member's header is. */
  private readonly first: number;

  /**
   * `file` starts with an archive's magic (see `identify` in elf). With `withNames` false, the places of names in a
   * GNU index are not looked for: they stand one behind the other.
   */
  constructor(file: RandomAccess, withNames = true) {
    this.file = file;
    const start = file.read(0, Math.min(file.size, FIRST_READ));
    this.thin = start.length > 3 && start[2] === 0x74;
    const slice = (offset: number, length: number) =>
      offset + length <= start.length ? start.subarray(offset, offset + length) : file.read(offset, length);

    let longNames = new Uint8Array(0);
    let index: ArchiveIndex | undefined;
    let problem: string | undefined;
    let at = MAGIC;
    while (at + HEADER <= file.size) {
      const header = parseHeader(slice(at, HEADER));
      if (typeof header === "string") {
        problem = header;
        break;
      }
      const { size } = header;
      let { name } = header;
      const isIndex = name === "/" || name === "/SYM64/";
      let skip = 0;
      if (name.startsWith("#1/")) {
        skip = Number(name.slice(3));
        if (!(skip <= size)) break;
        name = text(slice(at + HEADER, skip));
      }
      const isBsdIndex = name.startsWith("__.SYMDEF");
      if (!isIndex && !isBsdIndex && name !== "//") break;
      if (at + HEADER + size > file.size) {
        problem = "the symbol index or name table goes past the end of the file";
        break;
      }
      const contents = slice(at + HEADER + skip, size - skip);
      if (name === "//") longNames = new Uint8Array(contents);
      else {
        const parsed = isBsdIndex
          ? readBsdIndex(contents, name)
          : readGnuIndex(contents, name === "/SYM64/", withNames);
        if (parsed) index ??= parsed;
        else problem = "the symbol index is damaged";
      }
      at += HEADER + size + (size & 1);
    }
    this.first = at;
    this.longNames = longNames;
    this.index = index;
    this.problem = problem;
  }

  /** The member whose header is at an offset; a string is what is wrong with it. */
  member(header: number): ArchiveMember | string {
    if (!(header >= MAGIC) || header + HEADER > this.file.size) return `no member at offset ${header}`;
    return this.describe(header, this.file.read(header, HEADER));
  }

  /**
   * A member with its contents, mostly by one read for both: the index, which
   * goes through the members in order, says where the next one starts. Not for
   * thin archives.
   */
  extract(header: number): { readonly member: ArchiveMember; readonly bytes: Uint8Array } | string {
    const length = this.nextIndexed(header) - header;
    if (!(header >= MAGIC) || !(length >= HEADER) || length > READ_AT_ONCE) {
      const member = this.member(header);
      return typeof member === "string" ? member : { member, bytes: this.contents(member) };
    }
    const bytes = this.file.read(header, length);
    const member = this.describe(header, bytes);
    if (typeof member === "string") return member;
    const from = member.offset - header;
    if (from + member.size > bytes.length) return { member, bytes: this.contents(member) };
    return { member, bytes: bytes.subarray(from, from + member.size) };
  }

  /** Where the first member behind a header starts that the index names; the end of the file behind the last. */
  private nextIndexed(header: number): number {
    const offsets = this.index?.member;
    if (offsets === undefined) return Number.NaN;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle] <= header) low = middle + 1;
      else high = middle;
    }
    // In an index that is in no order this is anything: then the header says how much more there is to read.
    return Math.min(low < offsets.length ? offsets[low] : this.file.size, this.file.size);
  }

  /** `bytes` begin with the header. */
  private describe(header: number, bytes: Uint8Array): ArchiveMember | string {
    if (!this.thin && isPlainName(bytes)) {
      const size = isHeader(bytes) ? decimalField(bytes, 48, 58) : -1;
      const end = header + HEADER + size;
      if (size >= 0 && end <= this.file.size) return new PlainMember(bytes, header, size);
    }
    const parsed = parseHeader(bytes);
    if (typeof parsed === "string") return parsed;
    let { name, size } = parsed;
    let offset = header + HEADER;
    let nested: number | undefined;
    const next = offset + (this.thin && !isSpecial(name) ? 0 : size + (size & 1));
    if (bytes[0] === SLASH && isDigit(bytes[1])) {
      const colon = name.indexOf(":");
      const at = decimal(name, 1, colon < 0 ? name.length : colon);
      const origin = colon < 0 ? undefined : decimal(name, colon + 1, name.length);
      // Something else that begins so is a name.
      if (at >= 0 && origin !== -1) {
        name = longName(this.longNames, at);
        if (name === "") return `member at offset ${header} has no name in the name table`;
        nested = origin;
      }
    } else if (name.startsWith("#1/")) {
      const length = Number(name.slice(3));
      if (!(length <= size)) return `member at offset ${header} has a name longer than itself`;
      name = text(this.file.read(offset, length));
      offset += length;
      size -= length;
    } else if (name.endsWith("/") && name.length > 1 && !isSpecial(name)) name = name.slice(0, -1);
    if (this.thin && !isSpecial(name)) return { name, header, offset: -1, size, nested, next };
    if (offset + size > this.file.size) return `member ${name} goes past the end of the archive`;
    return { name, header, offset, size, nested, next };
  }

  /** All members in order, until the end or the first that is damaged; then `onProblem` gets told. */
  members(onProblem: (problem: string) => void): ArchiveMember[] {
    const members: ArchiveMember[] = [];
    for (let at = this.first; at + 2 <= this.file.size; ) {
      const member =
        at + HEADER <= this.file.size
          ? this.member(at)
          : `remaining size of archive too small for next archive member header at offset ${at}`;
      if (typeof member === "string") {
        onProblem(member);
        break;
      }
      if (!isSpecial(member.name)) members.push(member);
      at = member.next;
    }
    return members;
  }

  /** The contents of a member of an archive that is not thin: read afresh each time. */
  contents(member: ArchiveMember): Uint8Array {
    return this.file.read(member.offset, member.size);
  }
}

/** A member whose name is in its header, of most of which nobody asks for it. */
class PlainMember implements ArchiveMember {
  readonly header: number;
  readonly offset: number;
  readonly size: number;
  readonly nested: undefined;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, header: number, size: number) {
    this.bytes = bytes;
    this.header = header;
    this.offset = header + HEADER;
    this.size = size;
  }

  get next(): number {
    return this.offset + this.size + (this.size & 1);
  }

  get name(): string {
    const name = ascii(this.bytes, 0, trimmedEnd(this.bytes, 0, 16));
    return name.endsWith("/") ? name.slice(0, -1) : name;
  }
}

/** Whether a header has a name that is nothing but that: not of a table or an index, and not elsewhere. */
function isPlainName(bytes: Uint8Array): boolean {
  const first = bytes[0];
  return first !== SLASH && first !== 0x23 && first !== 0x5f && first > 0x20;
}

function isHeader(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && bytes[58] === 0x60 && bytes[59] === 0x0a;
}

function isSpecial(name: string): boolean {
  return name === "/" || name === "//" || name === "/SYM64/" || name.startsWith("__.SYMDEF");
}

function parseHeader(bytes: Uint8Array): { name: string; size: number } | string {
  if (!isHeader(bytes)) return "malformed member header";
  const size = decimalField(bytes, 48, 58);
  if (size < 0) return `malformed member size "${ascii(bytes, 48, 58).trim()}"`;
  return { name: ascii(bytes, 0, trimmedEnd(bytes, 0, 16)), size };
}

/** Where a field ends without the white space behind what is in it. */
function trimmedEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = from;
  while (to < end && bytes[to] !== 0) to++;
  while (to > from && isSpace(bytes[to - 1])) to--;
  return to;
}

/** The number that a field is, or -1. Each member that a link takes has one: no string is made of it. */
function decimalField(bytes: Uint8Array, from: number, end: number): number {
  const to = trimmedEnd(bytes, from, end);
  let at = from;
  while (at < to && isSpace(bytes[at])) at++;
  let value = at < to ? 0 : -1;
  for (; at < to; at++) {
    if (!isDigit(bytes[at])) return -1;
    value = value * 10 + bytes[at] - 0x30;
  }
  return value;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 9 && byte <= 13);
}

const SLASH = 0x2f;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The number that a part of a text is; -1 if it is none. (A regular expression takes half a millisecond to compile.) */
function decimal(text: string, from: number, to: number): number {
  let value = from < to ? 0 : -1;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return -1;
    value = value * 10 + code - 0x30;
  }
  return value;
}

/** As `text`, of a few bytes that mostly are ASCII: a decoder takes a microsecond for any length. */
function ascii(bytes: Uint8Array, from: number, to: number): string {
  let found = "";
  for (let i = from; i < to && bytes[i] !== 0; i++) {
    if (bytes[i] > 127) return text(bytes.subarray(from, to));
    found += String.fromCharCode(bytes[i]);
  }
  return found;
}

/** Bytes as text up to the first zero, each byte a character where it is not UTF-8. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
const decoder = new TextDecoder();

/** From here on a decoder takes no longer than a loop. */
const LONG = 24;

/** Names in "//" end in "/\n" (GNU) or a zero (some others). */
function longName(table: Uint8Array, offset: number): string {
  if (!(offset < table.length)) return "";
  let end = table.indexOf(0x0a, offset);
  if (end < 0) end = table.length;
  const zero = table.subarray(offset, end).indexOf(0);
  if (zero >= 0) end = offset + zero;
  if (end > offset && table[end - 1] === SLASH) end--;
  return end - offset < LONG ? ascii(table, offset, end) : text(table.subarray(offset, end));
}

function readGnuIndex(bytes: Uint8Array, wide: boolean, withNames: boolean): ArchiveIndex | undefined {
  const width = wide ? 8 : 4;
  if (bytes.length < width) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number) =>
    wide ? view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4) : view.getUint32(at);
  const count = read(0);
  const strings = width + count * width;
  if (!(strings <= bytes.length)) return undefined;
  const member = wide ? float64Column(count) : bigEndianColumn(bytes.subarray(width, strings));
  if (wide) for (let i = 0; i < count; i++) member[i] = read(width + i * width);
  const names = bytes.subarray(strings);
  const nameOffset = new Int32Array(withNames ? count : 0);
  const nameLength = new Int32Array(withNames ? count : 0);
  if (!withNames) return { count, bytes, names, nameOffset, nameLength, member };
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at >= names.length) return undefined;
    let end = names.indexOf(0, at);
    if (end < 0) end = names.length;
    nameOffset[i] = at;
    nameLength[i] = end - at;
    at = end + 1;
  }
  return { count, bytes, names, nameOffset, nameLength, member };
}

/** struct ranlib { offset of the name, offset of the member }, 32 or 64 bits wide, preceded by its size in bytes. */
function readBsdIndex(bytes: Uint8Array, name: string): ArchiveIndex | undefined {
  const wide = name.startsWith("__.SYMDEF_64");
  const width = wide ? 8 : 4;
  if (bytes.length < width * 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number) =>
    wide ? view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true) : view.getUint32(at, true);
  const size = read(0);
  const count = Math.floor(size / (2 * width));
  const strings = width + size + width;
  if (!(strings <= bytes.length)) return undefined;
  const names = bytes.subarray(strings);
  const nameOffset = int32Column(count);
  const nameLength = int32Column(count);
  const member = float64Column(count);
  for (let i = 0; i < count; i++) {
    const at = read(width + i * 2 * width);
    if (at >= names.length) return undefined;
    const end = names.indexOf(0, at);
    nameOffset[i] = at;
    nameLength[i] = (end < 0 ? names.length : end) - at;
    member[i] = read(width + i * 2 * width + width);
  }
  return { count, bytes, names, nameOffset, nameLength, member };
}
