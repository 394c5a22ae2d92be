import { MAPPED, type Memory } from "../memory.ts";
import { EINVAL, ENOMEM } from "./errors.ts";

/**
 * What of a process's address space is in use. All of it lies in one region of
 * the machine's memory, whose untouched pages cost nothing; this is the list of
 * the areas that the program has been given (as in /proc/self/maps), and the
 * protection of each page, which accesses are checked against.
 */

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

export const PAGE_SIZE = 4096;

/** Areas of a process, as many as Linux allows: a program must not make the list of them endless. */
const MOST_AREAS = 65530;

export interface Area {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly protection: number;
  /** As /proc/self/maps shows it: a file's name, `[heap]`, `[stack]`. */
  readonly name: string;
}

/** An address space at one moment. */
export interface SavedSpace {
  readonly areas: readonly Area[];
  readonly mapTop: number;
  readonly protection: Uint8Array;
  readonly brkStart: number;
  readonly brk: number;
}

const pageDown = (address: number) => Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
const pageUp = (address: number) => Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;

export class AddressSpace {
  readonly memory: Memory;
  /** The part of memory that is the process's: the first region. */
  readonly base: number;
  readonly limit: number;
  /** In the order of addresses; they do not overlap. */
  #areas: Area[] = [];
  /** Between this and `mapTop` there is no gap of so many bytes: where programs map piece after piece, none is looked for again. */
  #fullFrom = Number.POSITIVE_INFINITY;
  #fullFor = 0;
  #brkStart = 0;
  #brk = 0;
  /** Where the next mapping without a place is looked for: they grow down from here. */
  mapTop: number;

  constructor(memory: Memory) {
    const { base, size } = memory.regions[0];
    this.memory = memory;
    this.base = base;
    this.limit = base + size;
    this.mapTop = this.limit;
    if (!memory.protection) memory.protectPages();
  }

  get areas(): readonly Area[] {
    return this.#areas;
  }

  /** The index of the first area that ends after an address. */
  #after(address: number): number {
    let low = 0;
    let high = this.#areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#areas[middle].end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The area that an address is in. */
  at(address: number): Area | undefined {
    const area = this.#areas[this.#after(address)];
    return area !== undefined && area.start <= address ? area : undefined;
  }

  /** Whether nothing of a range is in use. */
  isFree(start: number, size: number): boolean {
    const area = this.#areas[this.#after(start)];
    return area === undefined || area.start >= start + size;
  }

  /** True if all pages of a range have these protections. */
  allows(address: number, size: number, protection: number): boolean {
    if (!(address >= this.base && size >= 0 && address + size <= this.limit)) return false;
    if (size === 0) return true;
    const last = Math.floor((address + size - 1 - this.base) / PAGE_SIZE);
    const pages = this.memory.protection!;
    for (let page = Math.floor((address - this.base) / PAGE_SIZE); page <= last; page++)
      if ((pages[page] & protection) !== protection) return false;
    return true;
  }

  /** Gives a range to the program, replacing what was there; it is zeroed. Both ends are rounded to pages. */
  map(start: number, size: number, protection: number, name: string): boolean {
    const from = pageDown(start);
    const to = pageUp(start + size);
    if (from < this.base || to > this.limit || to <= from) return false;
    if (this.#areas.length >= MOST_AREAS) return false;
    this.#cut(from, to);
    this.#insert({ start: from, end: to, protection, name });
    this.#protectPages(from, to, protection);
    return true;
  }

  unmap(start: number, size: number): number {
    if (start % PAGE_SIZE !== 0 || size <= 0) return -EINVAL;
    const end = Math.min(pageUp(start + size), this.limit);
    if (start < this.base) return 0;
    this.#cut(start, end);
    return 0;
  }

  protect(start: number, size: number, protection: number): number {
    if (start % PAGE_SIZE !== 0) return -EINVAL;
    const end = pageUp(start + size);
    for (let at = start; at < end; ) {
      const area = this.at(at);
      if (area === undefined) return -ENOMEM;
      at = area.end;
    }
    if (this.#areas.length >= MOST_AREAS) return -ENOMEM;
    for (const area of this.#areas.slice(this.#after(start), this.#after(end - 1) + 1)) {
      const from = Math.max(area.start, start);
      const to = Math.min(area.end, end);
      this.#remove(from, to);
      this.#insert({ ...area, start: from, end: to, protection });
    }
    this.#protectPages(start, end, protection);
    return 0;
  }

  /** A free place for a mapping, as high as it goes below `mapTop`; undefined if there is none. */
  findFree(size: number): number | undefined {
    const wanted = pageUp(size);
    const areas = this.#areas;
    let top = wanted >= this.#fullFor ? Math.min(this.mapTop, this.#fullFrom) : this.mapTop;
    let i = this.#after(top - 1);
    if (i < areas.length && areas[i].start < top) top = areas[i].start;
    for (i--; i >= -1; i--) {
      const floor = i >= 0 ? areas[i].end : Math.max(this.base, PAGE_SIZE * 16);
      if (floor < top && top - floor >= wanted) {
        this.#fullFrom = top;
        this.#fullFor = wanted;
        return top - wanted;
      }
      if (i >= 0) top = Math.min(top, areas[i].start);
    }
    return undefined;
  }

  startBrk(address: number): void {
    this.#brkStart = pageUp(address);
    this.#brk = this.#brkStart;
  }

  /** Moves the end of the heap; the result is where it then is, which is where it was if that cannot be. */
  brk(wanted: number): number {
    if (!(wanted >= this.#brkStart)) return this.#brk;
    const from = pageUp(this.#brk);
    const to = pageUp(wanted);
    if (to > from) {
      const next = this.#areas[this.#after(from)];
      if (to > this.limit || (next !== undefined && next.start < to)) return this.#brk;
      this.#insert({ start: from, end: to, protection: PROT_READ | PROT_WRITE, name: "[heap]" });
      this.#protectPages(from, to, PROT_READ | PROT_WRITE);
    } else if (to < from) this.#cut(to, from);
    this.#brk = wanted;
    return wanted;
  }

  /** What `restore` needs; the bytes are the machine's to keep. */
  save(): SavedSpace {
    const { mapTop } = this;
    const areas = [...this.#areas];
    const protection = this.memory.protection!.slice();
    return { areas, mapTop, protection, brkStart: this.#brkStart, brk: this.#brk };
  }

  restore(saved: SavedSpace): void {
    this.#areas = [...saved.areas];
    this.#fullFrom = Number.POSITIVE_INFINITY;
    this.mapTop = saved.mapTop;
    this.#brkStart = saved.brkStart;
    this.#brk = saved.brk;
    this.memory.protection!.set(saved.protection);
    this.memory.onProtect?.();
  }

  /** Takes a range away from all areas and zeroes it. */
  #cut(from: number, to: number): void {
    for (const area of this.#remove(from, to)) {
      const start = Math.max(area.start, from);
      const size = Math.min(area.end, to) - start;
      if (size > 0) this.memory.fill(start, 0, size);
    }
    this.memory.protect(from, to - from, 0);
  }

  /** Takes a range away from all areas; the result is those that had part in it. */
  #remove(from: number, to: number): Area[] {
    if (to > this.#fullFrom) this.#fullFrom = Number.POSITIVE_INFINITY;
    const first = this.#after(from);
    let next = first;
    const kept: Area[] = [];
    for (; next < this.#areas.length && this.#areas[next].start < to; next++) {
      const area = this.#areas[next];
      if (area.start < from) kept.push({ ...area, end: from });
      if (area.end > to) kept.push({ ...area, start: to });
    }
    return this.#areas.splice(first, next - first, ...kept);
  }

  /** Inserts into a gap, joined with neighbours of the same kind. */
  #insert(area: Area): void {
    let { start, end } = area;
    const same = (other: Area | undefined) =>
      other !== undefined && other.protection === area.protection && other.name === area.name;
    let index = this.#after(start);
    let remove = 0;
    const after = this.#areas[index];
    if (same(after) && after.start === end) {
      end = after.end;
      remove++;
    }
    const before = this.#areas[index - 1];
    if (same(before) && before.end === start) {
      start = before.start;
      index--;
      remove++;
    }
    this.#areas.splice(index, remove, { ...area, start, end });
  }

  #protectPages(from: number, to: number, protection: number): void {
    // The kernel lets writable pages be read, as the hardware does.
    const allowed = protection & PROT_WRITE ? protection | PROT_READ : protection;
    this.memory.protect(from, to - from, allowed | MAPPED);
  }
}
