import { type Arena, currentArena, type Kernels, startArena } from "../kernels/index.ts";
import { growInt32, int32Column } from "./grow.ts";

/** The index of an interned name. */
export type NameId = number;

/** Room for names is made by the megabyte. */
const CHUNK = 1 << 20;
/** A table with so many slots grows faster. */
const LARGE = 1 << 15;
/** Bytes before a name in the arena: its id and its length in bytes. */
const HEADER = 8;

/** Words of the block that the kernels have of a table (src/kernels/assembly/names.ts). */
const SLOTS = 0;
const MASK = 1;
const PLACES = 2;
const COUNT = 3;
const FREE = 4;
const END = 5;
/** A word for what a kernel counts. */
const CURSOR = 6;

/**
 * Interned names. A link of a large C++ program meets a million names, most of
 * them in string tables of its inputs; so a name is kept as bytes and becomes a
 * JavaScript string only to be shown.
 *
 * Hot: once for each global symbol of each object. So the look-up is a kernel:
 * a name is read once, eight bytes at a time, into the free end of a chunk of the
 * link's arena while its hash is taken and its terminating zero looked for. Names
 * there are padded with zeros to whole words, so that comparing with a known one
 * is comparing aligned words, and keeping a new one is moving the end. What a
 * look-up needs lies in two places, so that it misses the cache twice: the slot
 * (hash and address), and the name with its id and length before it.
 */
export class NameTable {
  /** Where the names are. */
  readonly arena: Arena;
  private readonly kernels: Kernels;
  private readonly state: Int32Array;
  /** Address of the block that the kernels know it by. */
  readonly table: number;
  /** NameId to address. */
  private place: Int32Array;

  /** `expected`: how many names to make room for at once. */
  constructor(expected = 1024) {
    this.arena = currentArena() ?? startArena();
    this.kernels = this.arena.kernels;
    this.state = this.arena.int32(7);
    this.table = this.state.byteOffset;
    let size = 2048;
    while (size < expected * 2) size *= 2;
    this.place = int32Column(size);
    this.state[SLOTS] = this.arena.allocateWritten(size * 8);
    this.state[MASK] = size - 1;
    this.state[PLACES] = this.place.byteOffset;
    this.makeRoom(0);
    this.addString("");
  }

  /** Number of names; ids are 0 to count - 1. Id 0 is the empty name. */
  get count(): number {
    return this.state[COUNT];
  }

  /** The id of the name that starts at `offset` and ends before the next zero byte, or the end of the buffer. */
  addTerminated(bytes: Uint8Array, offset: number): NameId {
    if (!this.arena.owns(bytes)) {
      const end = bytes.indexOf(0, offset);
      return this.add(bytes, offset, (end < 0 ? bytes.length : end) - offset);
    }
    this.reserve(1);
    const from = bytes.byteOffset + offset;
    const limit = bytes.byteOffset + bytes.length;
    for (let room = CHUNK / 2; ; room *= 2) {
      const id = this.kernels.internTerminated(this.table, from, limit);
      if (id >= 0) return id;
      this.makeRoom(room);
    }
  }

  /** Names that stand one behind the other, each ended by a zero: their ids go to `ids`. Returns how many there were. */
  addList(bytes: Uint8Array, ids: Int32Array): number {
    const { table, kernels, state } = this;
    const { byteOffset: from, length } = this.arena.own(bytes);
    const cursor = table + CURSOR * 4;
    let next = 0;
    this.reserve(ids.length);
    state[CURSOR] = from;
    for (let room = CHUNK / 2; ; room *= 2) {
      next = kernels.internList(table, cursor, from + length, next, ids.length, ids.byteOffset);
      if (next === ids.length || state[CURSOR] >>> 0 >= from + length) return next;
      this.makeRoom(room);
    }
  }

  addString(text: string): NameId {
    this.reserve(1);
    return this.kernels.internStaged(this.table, this.stageString(text));
  }

  /** The id of the name of `length` bytes at `offset`. */
  add(bytes: Uint8Array, offset: number, length: number): NameId {
    this.reserve(1);
    this.stage(bytes.subarray(offset, offset + length));
    return this.kernels.internStaged(this.table, length);
  }

  /** The id of a name if it is there, else -1. */
  find(text: string): NameId {
    return this.kernels.findStaged(this.table, this.stageString(text));
  }

  /** The name as a string, its bytes read as UTF-8. */
  text(id: NameId): string {
    const bytes = this.bytes(id);
    // Browsers decode no shared memory.
    return decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());
  }

  /** The bytes of a name: a view, not to be changed. */
  bytes(id: NameId): Uint8Array {
    const at = this.place[id] >>> 0;
    return new Uint8Array(this.arena.bytes.buffer, at + HEADER, this.arena.words[(at + 4) >>> 2]);
  }

  /** Copies the bytes of a name to `out` at `at`. */
  copy(id: NameId, out: Uint8Array, at: number): void {
    const words = this.wordsOf(id);
    let word = this.wordAt(id);
    const length = words[word - 1];
    let i = at;
    for (const end = at + (length & ~3); i < end; i += 4) {
      const value = words[word++];
      out[i] = value;
      out[i + 1] = value >>> 8;
      out[i + 2] = value >>> 16;
      out[i + 3] = value >>> 24;
    }
    for (let value = words[word]; i < at + length; i++, value >>>= 8) out[i] = value;
  }

  /** The words that hold a name's bytes, lowest first, from `wordAt` on. */
  wordsOf(_id: NameId): Int32Array {
    return this.arena.words;
  }

  wordAt(id: NameId): number {
    return (this.place[id] + HEADER) >>> 2;
  }

  /** By name, the address of its id, its length in bytes, and its bytes: for kernels. */
  places(): number {
    return this.place.byteOffset;
  }

  /** Of a name; 0 of the empty one. */
  firstByte(id: NameId): number {
    return this.lengthOf(id) === 0 ? 0 : this.arena.bytes[(this.place[id] >>> 0) + HEADER];
  }

  /** In bytes. */
  lengthOf(id: NameId): number {
    return this.arena.words[(this.place[id] + 4) >>> 2];
  }

  /** Copies a name to where the next one goes, padded. */
  private stage(bytes: Uint8Array): void {
    const { length } = bytes;
    this.makeRoom(length);
    const at = (this.state[FREE] >>> 0) + HEADER;
    this.arena.bytes.set(bytes, at);
    this.arena.bytes.fill(0, at + length, at + ((length + 7) & ~7));
  }

  /** As `stage`, without an encoder where each character is one byte; returns the length in bytes. */
  private stageString(text: string): number {
    const { length } = text;
    this.makeRoom(length);
    const { bytes } = this.arena;
    const at = (this.state[FREE] >>> 0) + HEADER;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        const encoded = encoder.encode(text);
        this.stage(encoded);
        return encoded.length;
      }
      bytes[at + i] = code;
    }
    for (let i = length; i & 7; i++) bytes[at + i] = 0;
    return length;
  }

  /** Makes room for a name of `length` bytes, for a kernel that found none. */
  makeRoom(length: number): void {
    const { state } = this;
    const need = HEADER + ((length + 7) & ~7);
    if ((state[FREE] >>> 0) + need <= state[END] >>> 0) return;
    const size = Math.max(CHUNK, need * 2);
    const at = this.arena.allocate(size);
    this.arena.fillsUp(at, at + size);
    // Mostly something else was allocated in between.
    if (at !== state[END] >>> 0) state[FREE] = at;
    state[END] = at + size;
  }

  /** Makes room in the columns for `more` names: to be called before a kernel that adds names. */
  reserve(more: number): void {
    const { state } = this;
    const need = state[COUNT] + more;
    if (need > this.place.length) {
      this.place = growInt32(this.place, need);
      state[PLACES] = this.place.byteOffset;
    }
    const size = (state[MASK] >>> 0) + 1;
    if (need * 2 <= size) return;
    // A small link's table is as large as it has to be, a large one's is moved less often.
    let grown = size * (size < LARGE ? 2 : 4);
    while (grown < need * 2) grown *= 2;
    const slots = this.arena.allocateWritten(grown * 8);
    this.kernels.moveSlots(state[SLOTS], size, slots, grown - 1);
    state[SLOTS] = slots;
    state[MASK] = grown - 1;
  }
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
