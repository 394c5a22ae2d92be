import { columnOf, growInt32, growUint8, int32Column, uint8Column } from "../../binary/index.ts";
import * as F from "../../kernels/assembly/parts/merge-fields.ts";
import { type Arena, currentArena, type Kernels, startArena } from "../../kernels/index.ts";
import type { SectionId } from "../../model/index.ts";

/** The list that a section's pieces are noted in: where each begins, and what it is. */
export interface RunList {
  runOffset: Int32Array;
  runPiece: Int32Array;
  runCount: number;
  /** Added to the numbers of pieces. */
  readonly pieceBase: number;
}

/** So many pieces there is room for at first: by what is expected, with so many bytes to a piece. */
const LEAST = 32;
const MOST = 1024;
const BYTES_OF_PIECE = 8;

/**
 * The distinct pieces (strings or constants) of the SHF_MERGE sections that are
 * merged together: a hash table over bytes. A large link has hundreds of
 * thousands, so a piece is a number, its facts are in columns, and the bytes of
 * all of them lie one after the other in `bytes`, each padded with zeros to a multiple of 8. The look-ups, and the
 * loops around them, are kernels (src/kernels/assembly/merge.ts).
 */
export class PieceTable {
  /** Where the piece is in `bytes`, and how long it is: strings include their terminator. */
  start: Int32Array;
  length: Int32Array;
  /** Required alignment; 0 for a piece that is not laid out itself, see `instead`. */
  align: Int32Array;
  /** The section that first had it. */
  section: Int32Array;
  /** For align 0: the piece that stands in for this one, its last bytes being equal; itself otherwise. */
  instead: Int32Array;
  bytes: Uint8Array;
  private hash: Int32Array;
  private readonly arena: Arena;
  private readonly kernels: Kernels;
  private readonly words: Int32Array;
  private readonly at: number;

  /** `expected`: how many bytes of pieces to make room for at once. */
  constructor(expected: number) {
    this.arena = currentArena() ?? startArena();
    this.kernels = this.arena.kernels;
    this.words = this.arena.int32(F.TABLE_SIZE >> 2);
    this.at = this.words.byteOffset;
    // Most of a small link's tables have a few pieces, and share a page.
    let pieces = LEAST;
    while (pieces < MOST && pieces * BYTES_OF_PIECE < expected) pieces *= 2;
    this.start = int32Column(pieces);
    this.length = int32Column(pieces);
    this.align = int32Column(pieces);
    this.section = int32Column(pieces);
    this.instead = int32Column(pieces);
    this.hash = int32Column(pieces);
    this.bytes = uint8Column(Math.max(pieces, Math.ceil(expected)));
    this.words[F.SLOTS >> 2] = this.arena.allocateWritten(pieces * 4 * 4);
    this.words[F.MASK >> 2] = pieces * 4 - 1;
    this.tell();
  }

  get count(): number {
    return this.words[F.COUNT >> 2];
  }

  /**
   * The number of the piece of `length` bytes at `at`. When it is known with a
   * lesser alignment, that one is given up for a new one in this section, as
   * GNU ld does.
   */
  add(source: Uint8Array, at: number, length: number, align: number, section: number): number {
    const bytes = this.arena.owns(source) ? source : this.arena.own(source.subarray(at, at + length));
    const from = bytes === source ? source.byteOffset + at : bytes.byteOffset;
    for (;;) {
      const piece = this.kernels.addPiece(this.at, from, length, align, section);
      if (piece >= 0) return piece;
      this.makeRoom(length);
    }
  }

  /** Makes pieces of the names of the `count` symbols of a table, which are in `strings`; -1 for those without. */
  addNames(symbols: Uint8Array, entry: number, count: number, strings: Uint8Array): Int32Array {
    const pieces = int32Column(count);
    const rows = symbols.byteOffset;
    for (let row = 0, room = 1 << 10; ; room *= 2) {
      row = this.kernels.addNames(this.at, rows, entry, row, count, strings.byteOffset, pieces.byteOffset);
      if (row === count) return pieces;
      this.makeRoom(room);
    }
  }

  /** Sets the names of symbols, which are those `pieces`, to `places`. */
  setNames(symbols: Uint8Array, entry: number, pieces: Int32Array, places: Int32Array): void {
    this.kernels.setNames(symbols.byteOffset, entry, pieces.length, pieces.byteOffset, places.byteOffset);
  }

  /** Makes pieces of all strings of a section, whose last byte is zero, and runs of them. */
  addStrings(
    list: RunList,
    source: Uint8Array,
    at: number,
    size: number,
    align: number,
    section: SectionId,
  ): void {
    const bytes = this.arena.owns(source) ? source : this.arena.own(source);
    const from = bytes.byteOffset + at;
    this.words[F.HAS_EMPTY >> 2] = 0;
    this.lend(list);
    for (let offset = 0, room = 1 << 10; ; room *= 2) {
      const next = this.kernels.addStrings(this.at, from, offset, size, align, section);
      if (next >= size) break;
      if (next > offset) room = 1 << 10;
      offset = next;
      this.makeRoom(room, list);
    }
    list.runCount = this.words[F.RUN_COUNT >> 2];
  }

  /** The same of constants of `entsize` bytes. */
  addConstants(
    list: RunList,
    source: Uint8Array,
    at: number,
    size: number,
    entsize: number,
    section: SectionId,
  ): void {
    const bytes = this.arena.owns(source) ? source : this.arena.own(source);
    const from = bytes.byteOffset + at;
    this.lend(list);
    for (let offset = 0; ; ) {
      offset = this.kernels.addConstants(this.at, from, offset, size, entsize, section);
      if (offset >= size) break;
      this.makeRoom(entsize, list);
    }
    list.runCount = this.words[F.RUN_COUNT >> 2];
  }

  /** Copies the pieces that are laid out themselves to `to`: to the starts of their sections there plus their own. */
  copyTo(to: Uint8Array, place: Int32Array, sectionStart: Int32Array): void {
    this.kernels.copyPieces(this.at, place.byteOffset, sectionStart.byteOffset, to.byteOffset);
  }

  /** The pieces that are laid out themselves, and the alignment that all of them have, 0 if they differ. */
  kept(): { readonly pieces: Int32Array; readonly common: number } {
    const pieces = int32Column(this.count);
    const count = this.kernels.keptPieces(this.at, pieces.byteOffset);
    return { pieces: pieces.subarray(0, count), common: this.words[F.COMMON >> 2] };
  }

  /** Gives each piece its offset in its section, and sections that are empty before their sizes. */
  layOut(sizes: Float64Array): Int32Array {
    const place = int32Column(this.count);
    this.kernels.layOutPieces(this.at, place.byteOffset, sizes.byteOffset);
    return place;
  }

  /** Where each piece is, or the end of the one that stands in for it: an offset, by `place`, and a section. */
  placeAll(
    place: Int32Array,
    entsize: number,
    places: Int32Array,
    holders: Int32Array,
  ): { readonly first: number; readonly empty: number } {
    const own = this.arena.owns(place) ? place : columnOf(place);
    this.kernels.placePieces(this.at, own.byteOffset, entsize, places.byteOffset, holders.byteOffset);
    return { first: this.words[F.FIRST >> 2], empty: this.words[F.EMPTY >> 2] };
  }

  /** Sorts numbers of pieces by reversed characters, without the terminator of `charSize` bytes. */
  sortByTails(pieces: Int32Array, charSize: number): void {
    const count = pieces.length;
    if (count < 2) return;
    const keys = this.arena.allocate(count * 8);
    const stack = this.arena.allocate(count * 12 + 12);
    this.kernels.sortByTails(this.at, charSize, pieces.byteOffset, count, keys, stack);
  }

  /** Of sorted pieces gives up each that is the tail of the one behind it: its `align` becomes 0 and `instead` the other. */
  dropTails(sorted: Int32Array): void {
    this.kernels.dropTails(this.at, sorted.byteOffset, sorted.length);
  }

  private lend(list: RunList): void {
    const { words } = this;
    words[F.RUN_OFFSET >> 2] = list.runOffset.byteOffset;
    words[F.RUN_PIECE >> 2] = list.runPiece.byteOffset;
    words[F.RUN_COUNT >> 2] = list.runCount;
    words[F.RUN_ROOM >> 2] = list.runOffset.length;
    words[F.BASE >> 2] = list.pieceBase;
  }

  /** Makes room for a piece of `length` bytes, in all columns where there may be too little. */
  private makeRoom(length: number, list?: RunList): void {
    const { words, count } = this;
    if (count + 2 > this.start.length) {
      const need = this.start.length + 1;
      this.start = growInt32(this.start, need);
      this.length = growInt32(this.length, need);
      this.align = growInt32(this.align, need);
      this.section = growInt32(this.section, need);
      this.instead = growInt32(this.instead, need);
      this.hash = growInt32(this.hash, need);
    }
    if ((words[F.USED >> 2] >>> 0) + length + 64 > this.bytes.length)
      this.bytes = growUint8(this.bytes, this.bytes.length + length + 64);
    if (list && list.runCount < words[F.RUN_COUNT >> 2]) list.runCount = words[F.RUN_COUNT >> 2];
    if (list && list.runCount + 4 > list.runOffset.length) {
      list.runOffset = growInt32(list.runOffset, list.runCount + 4);
      list.runPiece = growInt32(list.runPiece, list.runCount + 4);
      this.lend(list);
    }
    const mask = words[F.MASK >> 2];
    if ((count + 2) * 2 > mask) {
      const grown = mask * 4 + 3;
      this.tell();
      this.kernels.movePieces(this.at, this.arena.allocateWritten((grown + 1) * 4), grown);
    }
    this.tell();
  }

  private tell(): void {
    const { words } = this;
    words[F.START >> 2] = this.start.byteOffset;
    words[F.LENGTH >> 2] = this.length.byteOffset;
    words[F.ALIGN >> 2] = this.align.byteOffset;
    words[F.SECTION >> 2] = this.section.byteOffset;
    words[F.INSTEAD >> 2] = this.instead.byteOffset;
    words[F.HASH >> 2] = this.hash.byteOffset;
    words[F.ROOM >> 2] = this.start.length;
    words[F.BYTES >> 2] = this.bytes.byteOffset;
    words[F.BYTES_ROOM >> 2] = this.bytes.length;
  }
}
