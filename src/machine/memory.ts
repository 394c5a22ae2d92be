// A machine's physical memory: regions of bytes, all in one WebAssembly memory,
// and devices, which are asked for each access.
//
// The WebAssembly memory is made once, with room for everything, and never
// grows: pages nobody touched cost the host nothing, and no view goes stale.
import { assert } from "./assert.ts";
import { ACCESSIBLE, PAGE, RAM } from "./layout.ts";
import { sharesMemory, type WasmMemory, webAssembly } from "./web-assembly.ts";

/** A run of bytes. */
export interface Region {
  readonly name: string;
  /** Guest physical address, a multiple of 4096. */
  readonly base: number;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** The guest's stores fail here. */
  readonly readOnly: boolean;
  /** Where it is in the WebAssembly memory. */
  readonly linear: number;
}

/** Something that answers at addresses. Values are numbers of 32 bits, or the low and high halves where 64 are asked. */
export interface Device {
  readonly name: string;
  /** Reads `width` bytes (1, 2, 4 or 8) at `offset` from the device's start; undefined is an access fault. */
  read(offset: number, width: number): number | bigint | undefined;
  /** Writes; false is an access fault. */
  write(offset: number, width: number, value: bigint): boolean;
}

export interface MappedDevice {
  readonly base: number;
  readonly size: number;
  readonly device: Device;
}

/** A bit of `protection`: the page is in use, whatever may be done with it. */
export const MAPPED = 8;

/** The memory cannot be larger: WebAssembly addresses have 32 bits. */
export const MOST_MEMORY = 2 ** 32 - RAM;

/** Regions that are within this many bytes keep their distances, so that compiled code sees them as one. */
const MOST_WINDOW = 2 ** 30;

/** Stretches of one value, by value: what bytes are filled from. */
const stretches = new Map<number, Uint8Array<ArrayBuffer>>();
const STRETCH = 65536;

/** Fills bytes of a memory. Where it is shared, V8's own way goes byte by byte, which takes eight times as long. */
export function fillBytes(bytes: Uint8Array<ArrayBuffer>, value: number, from: number, to: number): void {
  let stretch = stretches.get(value);
  if (!stretch) {
    stretch = new Uint8Array(STRETCH).fill(value);
    stretches.set(value, stretch);
  }
  for (let at = from; at < to; at += STRETCH)
    bytes.set(to - at < STRETCH ? stretch.subarray(0, to - at) : stretch, at);
}

export class Memory {
  /**
   * The part of the physical address space that compiled code accesses itself: all regions where they are near
   * each other, else the first. It starts at RAM in the wasm memory.
   */
  readonly windowBase: number;
  readonly windowSize: number;
  /** What compiled code may do with each page of the window, in the bits of READ, WRITE and EXECUTE. */
  readonly accessible: Uint8Array<ArrayBuffer>;
  readonly wasm: WasmMemory;
  /** The whole WebAssembly memory; `linear` addresses are indices of it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  readonly regions: readonly Region[];
  readonly devices: MappedDevice[] = [];
  /**
   * Where a user-mode machine's environment protects pages: what may be done with each page of the first region,
   * in the bits of READ, WRITE and EXECUTE (translation.ts). Set by `protectPages`, then changed by `protect`.
   * A page with 0 is all zero; the bit MAPPED is for one that is not, but may not be accessed.
   */
  protection: Uint8Array<ArrayBuffer> | undefined;
  /** Told of every change of it: what was concluded from the old one is forgotten. */
  onProtect: (() => void) | undefined;
  /** Told of every write that comes from outside the guest: physical address and bytes. */
  onWrite: ((address: number, size: number) => void) | undefined;

  /**
   * Makes zeroed regions; the first one is the fast one. They must not overlap, and fit MOST_MEMORY together.
   * `isProtected` is as if `protectPages` were called at once.
   */
  constructor(
    regions: readonly {
      readonly name: string;
      readonly base: number;
      readonly size: number;
      readonly readOnly?: boolean;
    }[],
    isProtected = false,
  ) {
    const least = Math.min(...regions.map(({ base }) => base));
    const span = Math.max(...regions.map(({ base, size }) => base + size)) - least;
    const together = span <= MOST_WINDOW;
    let linear = RAM;
    const placed: Region[] = [];
    for (const { name, base, size, readOnly } of regions) {
      assert(base % PAGE === 0 && size % PAGE === 0 && size > 0, `region ${name} is not of whole pages`);
      const place = together ? RAM + (base - least) : linear;
      placed.push({ name, base, size, readOnly: readOnly ?? false, linear: place });
      linear = Math.max(linear, place + size);
    }
    this.windowBase = together ? least : regions[0].base;
    this.windowSize = together ? span : regions[0].size;
    assert(linear <= 2 ** 32, "regions are larger than a WebAssembly memory");
    // A page more, so that no access of 8 bytes at the end of the last region leaves the memory.
    const pages = Math.min(65536, Math.ceil(linear / 65536) + 1);
    const api = webAssembly();
    this.wasm = new api.Memory({ initial: pages, maximum: pages, shared: sharesMemory });
    this.bytes = new Uint8Array(this.wasm.buffer);
    this.view = new DataView(this.wasm.buffer);
    this.words = new Int32Array(this.wasm.buffer);
    this.regions = placed;
    this.accessible = this.bytes.subarray(ACCESSIBLE, ACCESSIBLE + this.windowSize / PAGE);
    for (const { base, size, readOnly } of isProtected ? placed.slice(1) : placed) {
      if (base < this.windowBase || base + size > this.windowBase + this.windowSize) continue;
      const from = (base - this.windowBase) / PAGE;
      fillBytes(this.accessible, readOnly ? 5 : 7, from, from + size / PAGE);
    }
    if (isProtected) this.protection = this.#pagesOfFirst();
  }

  addDevice(base: number, size: number, device: Device): void {
    this.devices.push({ base, size, device });
  }

  /** The region with all of `size` bytes at a physical address. */
  regionAt(address: number, size = 1): Region | undefined {
    for (const region of this.regions) {
      if (address >= region.base && address + size <= region.base + region.size) return region;
    }
    return undefined;
  }

  deviceAt(address: number): MappedDevice | undefined {
    for (const mapped of this.devices) {
      if (address >= mapped.base && address < mapped.base + mapped.size) return mapped;
    }
    return undefined;
  }

  /** Index in `bytes` of `size` bytes at a physical address, or -1 where there is no region with all of them. */
  locate(address: number, size = 1): number {
    const region = this.regionAt(address, size);
    return region ? region.linear + (address - region.base) : -1;
  }

  /** The bytes themselves, not a copy; undefined where there are none. Who writes through it must call `wrote`. */
  slice(address: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    const linear = this.locate(address, size);
    return linear < 0 ? undefined : this.bytes.subarray(linear, linear + size);
  }

  /** Copies bytes in, also to read-only regions; false, and nothing written, where no region has the place. */
  write(address: number, bytes: Uint8Array): boolean {
    const linear = this.locate(address, bytes.length);
    if (linear < 0) return false;
    this.bytes.set(bytes, linear);
    this.wrote(address, bytes.length);
    return true;
  }

  fill(address: number, value: number, size: number): boolean {
    const linear = this.locate(address, size);
    if (linear < 0) return false;
    fillBytes(this.bytes, value, linear, linear + size);
    this.wrote(address, size);
    return true;
  }

  /** From now on nothing of the first region may be accessed but what `protect` allows. */
  protectPages(): void {
    this.protection = this.#pagesOfFirst();
    fillBytes(this.protection, 0, 0, this.protection.length);
    this.onProtect?.();
  }

  #pagesOfFirst(): Uint8Array<ArrayBuffer> {
    const from = (this.regions[0].base - this.windowBase) / PAGE;
    return this.accessible.subarray(from, from + this.regions[0].size / PAGE);
  }

  /** Allows these accesses, and no others, to pages of the first region; both are multiples of 4096. */
  protect(address: number, size: number, allowed: number): void {
    const from = (address - this.regions[0].base) / PAGE;
    if (this.protection) fillBytes(this.protection, allowed, from, from + size / PAGE);
    this.onProtect?.();
  }

  /** Whether the environment allows an access of this kind to the page of an address. */
  permits(address: number, access: number): boolean {
    if (!this.protection) return true;
    const page = Math.floor((address - this.regions[0].base) / PAGE);
    return page >= 0 && page < this.protection.length && (this.protection[page] & access) === access;
  }

  /** Bytes changed from outside: what was decoded or translated of them is forgotten. */
  wrote(address: number, size: number): void {
    this.onWrite?.(address, size);
  }

  /** The string up to the first zero byte, at most `most` bytes; undefined where it leaves memory. */
  readString(address: number, most = 65536): Uint8Array | undefined {
    const region = this.regionAt(address);
    if (!region) return undefined;
    const start = region.linear + (address - region.base);
    const end = Math.min(start + most, region.linear + region.size);
    const zero = this.bytes.subarray(start, end).indexOf(0);
    return zero < 0 ? undefined : this.bytes.slice(start, start + zero);
  }

  read8(address: number): number | undefined {
    const linear = this.locate(address, 1);
    return linear < 0 ? undefined : this.bytes[linear];
  }

  read16(address: number): number | undefined {
    const linear = this.locate(address, 2);
    return linear < 0 ? undefined : this.view.getUint16(linear, true);
  }

  /** Unsigned. */
  read32(address: number): number | undefined {
    const linear = this.locate(address, 4);
    return linear < 0 ? undefined : this.view.getUint32(linear, true);
  }

  read64(address: number): bigint | undefined {
    const linear = this.locate(address, 8);
    return linear < 0 ? undefined : this.view.getBigUint64(linear, true);
  }

  write32(address: number, value: number): boolean {
    const linear = this.locate(address, 4);
    if (linear < 0) return false;
    this.view.setInt32(linear, value | 0, true);
    this.wrote(address, 4);
    return true;
  }

  write64(address: number, value: bigint): boolean {
    const linear = this.locate(address, 8);
    if (linear < 0) return false;
    this.view.setBigUint64(linear, BigInt.asUintN(64, value), true);
    this.wrote(address, 8);
    return true;
  }
}
