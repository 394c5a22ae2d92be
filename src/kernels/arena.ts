import { Announcer, CONTROL_WORDS } from "./ahead.ts";
import type { Kernels } from "./module.ts";
import { canShare, instantiate, type WasmMemory, webAssembly } from "./web-assembly.ts";

/** There is no more memory for a link: not our mistake, and nothing to go on from. */
export class OutOfMemory extends Error {}

const PAGE = 1 << 16;
/** What the kernels' own constants are in. */
const FIRST = PAGE;
/** Kernels read whole words, so a little more than is there. */
const SLACK = 64;

/**
 * Memory is asked for in large parts, since growing takes a third of a
 * millisecond; what is not touched costs nothing. Memory that cannot be shared
 * cannot grow without all views of it being lost, so it has its size from the start.
 */
const INITIAL = (1 << 30) / PAGE;
const STEP = (1 << 29) / PAGE;
const MAXIMUM = 1 << 16;
const LEAST = (1 << 24) / PAGE;

/** With so many bytes columns may be large from the start. */
const ROOMY = INITIAL * PAGE * (3 / 4);

/** Files up to a quarter of this share blocks of this size. */
const SLAB = 8 << 20;

/**
 * The memory of one link: the bytes of its inputs and its columns, side by side
 * in one WebAssembly memory, so that kernels get at all of them by address and
 * the rest of the linker by views. Nothing is ever given back but the end of
 * what was read last; the whole goes when nobody refers to a view of it.
 */
export class Arena {
  readonly memory: WasmMemory;
  readonly isShared: boolean;
  /** All of it: replaced when it grows, so not to be kept. */
  bytes: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  /** The buffers that views of ours may have: one, and one for each time it grew. */
  private readonly buffers: ArrayBufferLike[] = [];
  /** The first free address, a multiple of 16. */
  private top = FIRST;
  private limit = 0;
  private slab = 0;
  private slabEnd = 0;
  /** Where what was read last into the slab begins. */
  private slabLast = 0;
  /** Nothing was ever read into the slab from here on. */
  private slabFresh = 0;
  /** The next slab, where a second thread prepares it; 0 for none. */
  private nextSlab = 0;
  private announcer: Announcer | undefined;
  /** Pairs of start and end of what fills up, for a second thread that comes later. */
  private readonly filling: number[] = [];
  /** What reading has left of slabs: pairs of start and end. It is zero. */
  private readonly rests: number[] = [];
  /** What is left of a large block of which the beginning is needed: the next small files go there. */
  private tail = 0;
  private tailEnd = 0;
  private tailLast = 0;
  /** A large block of what was read and not needed: an archive's index. */
  private spare: Uint8Array | undefined;
  private instance: Kernels | undefined;

  constructor() {
    this.isShared = canShare();
    this.memory = newMemory(this.isShared);
    this.remap();
  }

  /** The kernels for this memory, compiled when first asked for. */
  get kernels(): Kernels {
    this.instance ??= instantiate(this.memory, this.isShared);
    return this.instance;
  }

  /** The address of `size` bytes that are zero. */
  allocate(size: number): number {
    const whole = Math.ceil(size / 16) * 16;
    const { rests } = this;
    for (let i = 0; i < rests.length; i += 2)
      if (rests[i] + whole <= rests[i + 1]) {
        rests[i] += whole;
        return rests[i] - whole;
      }
    const at = this.top;
    const end = at + whole;
    if (end > this.limit) this.grow(end);
    this.top = end;
    return at;
  }

  /**
   * As `allocate`, for what is read before all of it is written, such as a hash
   * table: then the system would make each page twice.
   */
  allocateWritten(size: number): number {
    const at = this.allocate(size);
    this.bytes.fill(0, at, at + size);
    return at;
  }

  /** Makes what was allocated last, `size` bytes at `at`, longer where it is; false if it is not that, or there is no room. */
  extend(at: number, size: number, grown: number): boolean {
    const end = at + Math.ceil(grown / 16) * 16;
    if (at + Math.ceil(size / 16) * 16 !== this.top || end > this.limit) return false;
    this.top = end;
    return true;
  }

  /** Says that this, which is zero, will be filled from its start. */
  fillsUp(from: number, to: number): void {
    if (this.announcer) this.announcer.column(from, to);
    else this.filling.push(from, to);
  }

  /** Whether there are addresses enough for large columns that may stay empty. */
  get isRoomy(): boolean {
    return this.isShared && this.limit > ROOMY;
  }

  int32(count: number): Int32Array {
    const at = this.allocate(count * 4);
    return new Int32Array(this.bytes.buffer, at, count);
  }

  float64(count: number): Float64Array {
    const at = this.allocate(count * 8);
    return new Float64Array(this.bytes.buffer, at, count);
  }

  uint8(count: number): Uint8Array {
    const at = this.allocate(count);
    return new Uint8Array(this.bytes.buffer, at, count);
  }

  /** Memory to read (a part of) a file into; it holds anything. It starts at a multiple of 8. */
  fileBytes(length: number): Uint8Array {
    if (length <= this.tailEnd - this.tail) {
      this.tailLast = this.tail;
      this.tail += (length + 7) & ~7;
      return new Uint8Array(this.bytes.buffer, this.tailLast, length);
    }
    if (length > SLAB / 4) return this.largeBlock(length);
    if (this.slab + length > this.slabEnd) this.startSlab();
    this.slabLast = this.slab;
    this.slab += (length + 7) & ~7;
    if (this.slab > this.slabFresh) {
      this.announcer?.used(this.slabFresh, this.slab);
      this.slabFresh = this.slab;
    }
    return new Uint8Array(this.bytes.buffer, this.slabLast, length);
  }

  private largeBlock(length: number): Uint8Array {
    const { spare } = this;
    if (spare !== undefined && spare.length >= length) {
      this.spare = undefined;
      return spare.subarray(0, length);
    }
    const block = this.uint8(length);
    this.announcer?.block(block.byteOffset, block.byteOffset + length);
    return block;
  }

  private startSlab(): void {
    const { announcer } = this;
    if (this.nextSlab === 0) {
      this.slab = this.allocate(SLAB);
      announcer?.range(this.slab, this.slab + SLAB);
    } else this.slab = this.nextSlab;
    this.slabFresh = this.slab;
    this.slabEnd = this.slab + SLAB;
    announcer?.nextRange(this.slab);
    this.nextSlab = 0;
    if (announcer) this.prepareSlab(announcer);
  }

  /** If there is no room the time for another slab may never come. */
  private prepareSlab(announcer: Announcer): void {
    if (this.top + SLAB > this.limit) return;
    this.nextSlab = this.allocate(SLAB);
    announcer.range(this.nextSlab, this.nextSlab + SLAB);
  }

  /**
   * From now on a second thread is told what will be read into (ahead.ts). The
   * result is the block of words for that, with `more` words for whatever else is to be agreed upon.
   */
  announce(more: number): Int32Array {
    const control = this.int32(CONTROL_WORDS + more);
    const announcer = new Announcer(control);
    announcer.range(this.slab, this.slabEnd);
    announcer.used(0, this.slabFresh);
    this.prepareSlab(announcer);
    for (let i = 0; i < this.filling.length; i += 2) announcer.column(this.filling[i], this.filling[i + 1]);
    this.announcer = announcer;
    return control;
  }

  /** Hardly anything more will be read: what is left of the slabs may serve others. */
  endReading(): void {
    this.announcer?.end();
    this.announcer = undefined;
    const fresh = Math.ceil(this.slabFresh / 16) * 16;
    if (fresh < this.slabEnd) this.rests.push(fresh, this.slabEnd);
    if (this.nextSlab !== 0) this.rests.push(this.nextSlab, this.nextSlab + SLAB);
    this.nextSlab = this.slab = this.slabEnd = this.slabFresh = this.slabLast = 0;
    this.tail = this.tailEnd = this.tailLast = 0;
  }

  /**
   * Says that nobody will look at what was read beyond the first `kept` of
   * `bytes`: if they were read last, the next read may use the memory again.
   */
  giveBack(bytes: Uint8Array, kept: number): void {
    if (!this.owns(bytes)) return;
    const at = bytes.byteOffset;
    const end = at + bytes.length;
    const rest = (at + kept + 7) & ~7;
    if (at >= this.slabLast && end <= this.slab) this.slab = rest;
    else if (at >= this.tailLast && end <= this.tail) this.tail = rest;
    else if (bytes.length <= SLAB / 4) return;
    else if (kept === 0) {
      if (this.spare === undefined || this.spare.length < bytes.length) this.spare = bytes;
    } else if (end - rest > this.tailEnd - this.tail) {
      this.tail = this.tailLast = rest;
      this.tailEnd = end;
    }
  }

  /** Whether kernels get at a view by its byteOffset. */
  owns(view: ArrayBufferView): boolean {
    return this.buffers.includes(view.buffer);
  }

  /** The bytes themselves, or a copy that kernels get at. */
  own(bytes: Uint8Array): Uint8Array {
    if (this.owns(bytes)) return bytes;
    const copy = this.fileBytes(bytes.length);
    copy.set(bytes);
    return copy;
  }

  private grow(end: number): void {
    const need = Math.ceil((end + SLACK - this.bytes.length) / PAGE);
    const grown = this.isShared && (this.tryGrow(Math.max(need, STEP)) || this.tryGrow(need));
    if (!grown) throw new OutOfMemory(`no memory beyond ${Math.round(this.limit / (1 << 20))} MiB`);
    this.remap();
  }

  private tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  private remap(): void {
    const { buffer } = this.memory;
    this.buffers.push(buffer);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.limit = buffer.byteLength - SLACK;
  }
}

/** Address space may be limited: less, then, until there is so little that no link is possible. */
function newMemory(shared: boolean): WasmMemory {
  const { Memory } = webAssembly();
  for (let initial = INITIAL, maximum = MAXIMUM; ; initial /= 2, maximum /= 2)
    try {
      return new Memory({ initial, maximum, shared });
    } catch {
      if (initial <= LEAST) throw new OutOfMemory("no memory for WebAssembly");
    }
}

let current: Arena | undefined;

/** Makes the memory of a link. Until `endArena`, columns and what is read of files are in there. */
export function startArena(): Arena {
  current = new Arena();
  return current;
}

export function endArena(): void {
  current = undefined;
}

/** The memory of the link that is going on. */
export function currentArena(): Arena | undefined {
  return current;
}
