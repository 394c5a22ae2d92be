// Which code is translated when, and where translated code is.
//
// A module of WebAssembly costs more than the functions in it, so what is hot is
// translated with the functions that it calls, in one module, where calls are
// calls. A call to anything else goes through `callOut`, which looks the target
// up; sites that do so often get their module made anew, with the target in it.
import type { Run } from "./accessible.ts";
import { assert } from "./assert.ts";
import { IMPORTS } from "./calls.ts";
import { Body } from "./emit.ts";
import { callFloat } from "./float.ts";
import * as at from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { Operation } from "./operation.ts";
import { findRegion, type Region, type RegionSource, type WordReader } from "./region.ts";
import { type TranslationContext, translateRegion } from "./translate.ts";
import { READ, WRITE } from "./translation.ts";
import { encodeModule, type FunctionBody, I32, I64, op } from "./wasm-code.ts";
import { instantiate, type WasmFunction } from "./web-assembly.ts";

/** Translated code that can be entered at an address. */
export interface Entry {
  readonly pc: number;
  /** Takes the hart's block and the depth; leaves the address to go on at in PC. */
  readonly enter: WasmFunction;
  /** The same for code of other modules: it gives the address as its result. */
  readonly inner: WasmFunction;
  readonly unit: Unit;
}

/** What one module was made of. */
interface Unit {
  readonly key: number;
  readonly root: number;
  readonly loop: boolean;
  /** Where the blocks of a loop start. */
  readonly starts: ReadonlySet<number>;
  readonly entries: Entry[];
  /** Pages of wasm memory with its guest code. */
  readonly pages: ReadonlySet<number>;
  /** Modules that call functions of this one: they are dropped with it. */
  readonly callers: Unit[];
  dropped: boolean;
  /** Where it leaves to code that had not been run when it was made. */
  readonly cold: ReadonlySet<number>;
}

/** A computed jump or a call that leaves its module. */
interface JumpSite {
  readonly pc: number;
  readonly call: boolean;
  readonly key: number;
  readonly root: number;
  readonly loop: boolean;
  readonly counts: Map<number, number>;
  total: number;
  /** The total at which the module is made anew. */
  again: number;
}

/** How code is read for translation. */
export interface CodeSource {
  /** The word at an address, or -1; adds the pages of wasm memory that it is on. */
  read(pc: number, pages: Set<number>): number;
  decode(word: number): Operation | undefined;
  /** How often an address was jumped to. */
  heat(pc: number): number;
  /** The instruction was never run: most of a program is such code, and is not worth translating. */
  isCold(pc: number): boolean;
}

/** Calls deep that translated functions may be; each is a frame on the host's stack. */
export const MOST_DEPTH = 250;
const MOST_FUNCTIONS = 40;
const MOST_INSTRUCTIONS = 8000;
const MOST_UNITS = 400;
/** How often code after a call is not translated, before it is. */
const MOST_WAITS = 2;
/** How often a loop is not translated again from one of its blocks, before it is. */
const MOST_REFUSALS = 16;
const MOST_TARGETS = 12;
/** Jumps out of a module from one place before it is made anew. */
const REMAKE = 400;
/** A module that was made so often because code turned out to be run gets all that can be reached. */
const MOST_WIDENINGS = 3;

export class Translator {
  readonly #memory: Memory;
  readonly #xlen: 32 | 64;
  readonly #privileged: boolean;
  readonly #compressed: boolean;
  /** By context (flat, or privilege under page tables) and address. */
  readonly #entries = new Map<number, Map<number, Entry>>();
  #units: Unit[] = [];
  /** Number 0 is none. */
  readonly #sites: (JumpSite | undefined)[] = [undefined];
  readonly #siteNumbers = new Map<string, number>();
  /** By context and address. */
  readonly #sitesAt = new Map<string, JumpSite[]>();
  /** Units to be made anew when control is back. */
  readonly #remake: JumpSite[] = [];
  readonly #imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  #current: ReadonlyMap<number, Entry> = new Map();
  /** Made so far. */
  modules = 0;
  functions = 0;

  constructor(memory: Memory, xlen: 32 | 64, privileged: boolean, compressed: boolean) {
    this.#memory = memory;
    this.#xlen = xlen;
    this.#privileged = privileged;
    this.#compressed = compressed;
    this.#imports = {
      e: {
        m: memory.wasm,
        f: (base: number, number: number) => callFloat(memory.words, base, number),
        c: (base: number, depth: number, site: number) => this.#callOut(base, depth, site),
      },
    };
  }

  /** The entries of a context. */
  entriesOf(key: number): ReadonlyMap<number, Entry> {
    let entries = this.#entries.get(key);
    if (!entries) {
      entries = new Map();
      this.#entries.set(key, entries);
    }
    return entries;
  }

  /** Must be called before an entry is entered: calls out of it look for their targets there. */
  use(entries: ReadonlyMap<number, Entry>): void {
    this.#current = entries;
  }

  /** The address in a hart's PC, as a signed number on RV64: exact for all that can be translated. */
  pcOf(base: number): number {
    const { view } = this.#memory;
    const low = view.getUint32(base + at.PC, true);
    return this.#xlen === 32 ? low : view.getInt32(base + at.PC + 4, true) * 2 ** 32 + low;
  }

  #callOut(base: number, depth: number, number: number): void {
    const pc = this.pcOf(base);
    const entry = this.#current.get(pc);
    this.#count(number, pc, entry !== undefined);
    if (entry && depth > 1) entry.enter(base, depth);
  }

  #count(number: number, target: number, known: boolean): void {
    const site = this.#sites[number];
    if (!site) return;
    site.total++;
    site.counts.set(target, (site.counts.get(target) ?? 0) + 1);
    if (site.counts.size > 200) site.counts.clear();
    if (known && site.total >= site.again) {
      site.again *= 20;
      this.#remake.push(site);
    }
  }

  /** A translated function was left by a computed jump. */
  leftBy(number: number, target: number): void {
    this.#count(number, target, true);
  }

  /** Makes modules anew that are to be; call it when no translated code is running. */
  remake(key: number, source: CodeSource, paged: boolean): void {
    for (const site of this.#remake.splice(0)) {
      if (site.key === key) this.translate(key, site.root, site.loop, source, paged);
    }
  }

  get wantsRemake(): boolean {
    return this.#remake.length > 0;
  }

  readonly #widenings = new Map<string, number>();

  /**
   * Translated code was left at an address, `times` as often as makes an address
   * hot. Modules that leave there because the code there had never been run are
   * made anew with it, each time later; false where there are none.
   */
  widen(key: number, pc: number, times: number, source: CodeSource, paged: boolean): boolean {
    const units = this.#units.filter((unit) => unit.key === key && unit.cold.has(pc));
    for (const { root, loop, dropped } of units) {
      const name = `${key} ${root} ${loop}`;
      const before = this.#widenings.get(name) ?? 0;
      if (dropped || times < 2 ** before) continue;
      this.#widenings.set(name, before + 1);
      for (const unit of units) if (unit.root === root && unit.loop === loop) this.#drop(unit);
      this.translate(key, root, loop, source, paged);
    }
    this.#units = this.#units.filter(({ dropped }) => !dropped);
    return units.length > 0;
  }

  /** By context and address, how often what is there was not translated. */
  readonly #refusals = new Map<string, number>();

  /**
   * Whether a loop is one that is translated already, entered at another of its
   * blocks: code that compilers move out of a loop jumps back into its middle,
   * which looks like a loop's end. The interpreter soon comes to the entry.
   */
  #isRotated(key: number, region: Region): boolean {
    if (!region.loop) return false;
    const name = `${key} ${region.entry}`;
    const before = this.#refusals.get(name) ?? 0;
    if (before >= MOST_REFUSALS) return false;
    const starts = new Set(region.blocks.map(({ pc }) => pc));
    const rotated = this.#units.some(
      (unit) =>
        unit.key === key &&
        unit.loop &&
        unit.root !== region.entry &&
        starts.has(unit.root) &&
        unit.starts.has(region.entry),
    );
    if (rotated) this.#refusals.set(name, before + 1);
    return rotated;
  }

  /**
   * Whether code that is returned to is not translated yet: the function, or a loop of it, is as hot, and will be
   * translated from its start, which gives better code, and not once for each of the calls in it.
   */
  waits(key: number, pc: number, source: CodeSource): boolean {
    if (!isAfterCall((at) => source.read(at, new Set()), pc)) return false;
    const name = `${key} ${pc}`;
    const before = this.#refusals.get(name) ?? 0;
    if (before >= MOST_WAITS) return false;
    this.#refusals.set(name, before + 1);
    return true;
  }

  /** Translates the region at an address with the functions that it calls; undefined where that cannot be. */
  translate(key: number, root: number, loop: boolean, source: CodeSource, paged: boolean): Entry | undefined {
    if (!Number.isSafeInteger(root)) return undefined;
    const pages = new Set<number>();
    const cold = new Set<number>();
    const whole = (this.#widenings.get(`${key} ${root} ${loop}`) ?? 0) >= MOST_WIDENINGS;
    const regionSource: RegionSource = {
      xlen: this.#xlen,
      read: (pc) => {
        if (whole || !source.isCold(pc)) return source.read(pc, pages);
        cold.add(pc);
        return -1;
      },
      decode: (word) => source.decode(word),
      targets: (pc) => this.#targets(key, pc),
    };
    const first = findRegion(regionSource, root, loop);
    if (!first || this.#isRotated(key, first)) return undefined;
    const regions: Region[] = [first];
    const indices = new Map<number, number>();
    if (!first.loop) indices.set(root, 0);
    let instructions = sizeOf(first);
    const entries = this.entriesOf(key) as Map<number, Entry>;
    /** Functions of other modules that are called. */
    const imported = new Map<number, Entry>();
    for (let i = 0; i < regions.length; i++) {
      for (const block of regions[i].blocks) {
        if (block.ending.kind !== "call") continue;
        const { target } = block.ending;
        const candidates = target !== undefined ? [target] : this.#targets(key, block.last?.pc ?? 0);
        for (const pc of candidates) {
          if (indices.has(pc) || imported.has(pc)) continue;
          const other = entries.get(pc);
          if (other && !(other.unit.loop && other.unit.root === pc)) {
            imported.set(pc, other);
            continue;
          }
          if (regions.length >= MOST_FUNCTIONS || instructions >= MOST_INSTRUCTIONS) continue;
          if (source.heat(pc) < 2) continue;
          const callee = findRegion(regionSource, pc, false);
          if (!callee) continue;
          indices.set(pc, regions.length);
          regions.push(callee);
          instructions += sizeOf(callee);
        }
      }
    }
    const firstOwn = IMPORTS + imported.size;
    const importIndices = new Map<number, number>();
    for (const pc of imported.keys()) importIndices.set(pc, IMPORTS + importIndices.size);
    const context: TranslationContext = {
      xlen: this.#xlen,
      paged,
      privileged: this.#privileged,
      compressed: this.#compressed,
      windowBase: this.#memory.windowBase,
      windowSize: this.#memory.windowSize,
      readable: this.#run(READ),
      writable: this.#run(READ | WRITE),
      stack: this.#stack(),
      functionOf: (pc) => {
        const index = indices.get(pc);
        return index === undefined ? (importIndices.get(pc) ?? -1) : index + firstOwn;
      },
      siteOf: (pc, call) => this.#siteNumber({ pc, call, key, root, loop }),
      targets: (pc) => this.#targets(key, pc),
    };
    const bodies: FunctionBody[] = regions.map((region, i) => ({
      ...translateRegion(region, context),
      exportName: `f${i}`,
    }));
    for (let i = 0; i < regions.length; i++) bodies.push(this.#wrapper(firstOwn + i, `r${i}`));
    const x = this.#xlen === 64 ? I64 : I32;
    const bytes = encodeModule({
      types: [
        { parameters: [I32, I32], results: [x] },
        { parameters: [I32, I32], results: [] },
        { parameters: [I32, I32, I32], results: [] },
      ],
      imports: [
        { module: "e", name: "f", type: 1 },
        { module: "e", name: "c", type: 2 },
        ...[...imported.keys()].map((pc) => ({ module: "g", name: `${pc}`, type: 0 })),
      ],
      functions: bodies,
    });
    const exports = instantiate(bytes, "translation", {
      ...this.#imports,
      g: Object.fromEntries([...imported].map(([pc, { inner }]) => [`${pc}`, inner])),
    });
    const unit: Unit = {
      key,
      root,
      loop: first.loop,
      starts: new Set(first.loop ? first.blocks.map(({ pc }) => pc) : []),
      entries: [],
      pages,
      callers: [],
      dropped: false,
      cold,
    };
    for (const other of imported.values()) other.unit.callers.push(unit);
    regions.forEach((region, i) => {
      const entry: Entry = { pc: region.entry, enter: exports[`r${i}`], inner: exports[`f${i}`], unit };
      // A function translated before for its own sake was translated with what it calls: it stays.
      if (i > 0 && entries.has(region.entry)) return;
      unit.entries.push(entry);
      entries.set(region.entry, entry);
    });
    this.#units.push(unit);
    this.modules++;
    this.functions += regions.length;
    if (this.#units.length > MOST_UNITS) this.#evict();
    return entries.get(root);
  }

  /** By access, the runs that translated code takes for accessible. */
  readonly #runs = new Map<number, Run>();
  #stackRun: Run | undefined;

  /** The page of the window that the stack pointer is on. */
  get #stackPage(): number {
    const { view, windowBase } = this.#memory;
    return (view.getUint32(at.HARTS + 16, true) - windowBase) >>> 12;
  }

  /** The longest run of pages that allow an access, apart from the one with the stack, unless there is only that. */
  #run(access: number): Run {
    const known = this.#runs.get(access);
    if (known) return known;
    const { accessible } = this.#memory;
    const stack = this.#stackPage;
    let start = 0;
    let size = 0;
    let whole = 0;
    // Most of an address space is unused: eight pages of nothing at once.
    const eights = new Float64Array(accessible.buffer, accessible.byteOffset, accessible.length >>> 3);
    for (let from = 0; from < accessible.length; ) {
      if ((accessible[from] & access) !== access) {
        if ((from & 7) === 0) while (eights[from >>> 3] === 0) from += 8;
        if ((accessible[from] & access) !== access) from++;
        continue;
      }
      let end = from;
      while (end < accessible.length && (accessible[end] & access) === access) end++;
      whole++;
      if (end - from > size && (stack < from || stack >= end)) {
        start = from;
        size = end - from;
      } else if (whole === 1 && end === accessible.length && size === 0) {
        // There is only this run.
        start = from;
        size = end - from;
      }
      from = end;
    }
    const run = { start: start * at.PAGE, size: size * at.PAGE };
    this.#runs.set(access, run);
    return run;
  }

  /** The run of readable and writable pages with the stack; empty where the run that allows both is that one. */
  #stack(): Run {
    if (this.#stackRun) return this.#stackRun;
    const { accessible } = this.#memory;
    const writable = this.#run(READ | WRITE);
    const allows = (page: number): boolean => (accessible[page] & (READ | WRITE)) === (READ | WRITE);
    let start = this.#stackPage;
    let end = start;
    if (start * at.PAGE < writable.start || start * at.PAGE >= writable.start + writable.size) {
      while (end < accessible.length && allows(end)) end++;
      while (end > start && start > 0 && allows(start - 1)) start--;
    }
    this.#stackRun = { start: start * at.PAGE, size: (end - start) * at.PAGE };
    return this.#stackRun;
  }

  /** What is accessible changed: code that relied on more than there is now is dropped. */
  accessChanged(): void {
    const { accessible } = this.#memory;
    const lost = ({ start, size }: Run, access: number): boolean => {
      for (let page = start / at.PAGE; page < (start + size) / at.PAGE; page++)
        if ((accessible[page] & access) !== access) return true;
      return false;
    };
    for (const [access, run] of this.#runs) {
      if (lost(run, access)) {
        this.dropAll();
        return;
      }
    }
    if (this.#stackRun && lost(this.#stackRun, READ | WRITE)) {
      this.dropAll();
      return;
    }
    // A run that is empty so far may be better now, and costs nothing to look for again.
    for (const [access, { size }] of this.#runs) if (size === 0) this.#runs.delete(access);
    if (this.#stackRun?.size === 0) this.#stackRun = undefined;
  }

  /** A function that enters another from TypeScript: its result goes to PC. */
  #wrapper(index: number, exportName: string): FunctionBody {
    const { code } = new Body(2);
    code.get(0);
    code.get(0);
    code.get(1);
    code.call(index);
    code.memory(this.#xlen === 64 ? op.i64_store : op.i32_store, at.PC);
    return { type: 1, locals: [], code, exportName };
  }

  #siteNumber(site: { pc: number; call: boolean; key: number; root: number; loop: boolean }): number {
    const name = `${site.key} ${site.pc} ${site.root} ${site.loop}`;
    let number = this.#siteNumbers.get(name);
    if (number === undefined) {
      number = this.#sites.length;
      this.#siteNumbers.set(name, number);
      const made: JumpSite = { ...site, counts: new Map(), total: 0, again: REMAKE };
      this.#sites.push(made);
      const place = `${site.key} ${site.pc}`;
      const list = this.#sitesAt.get(place);
      if (list) list.push(made);
      else this.#sitesAt.set(place, [made]);
    }
    return number;
  }

  /** The targets that a computed jump or call took most, from any module. */
  #targets(key: number, pc: number): readonly number[] {
    const sums = new Map<number, number>();
    for (const site of this.#sitesAt.get(`${key} ${pc}`) ?? []) {
      for (const [target, count] of site.counts) sums.set(target, (sums.get(target) ?? 0) + count);
    }
    return [...sums]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST_TARGETS)
      .map(([target]) => target);
  }

  /** Drops the older half of the modules. */
  #evict(): void {
    for (const unit of this.#units.slice(0, MOST_UNITS / 2)) this.#drop(unit);
    this.#units = this.#units.filter(({ dropped }) => !dropped);
  }

  #drop(unit: Unit): void {
    if (unit.dropped) return;
    unit.dropped = true;
    for (const caller of unit.callers) this.#drop(caller);
    const entries = this.#entries.get(unit.key);
    assert(entries !== undefined, "a module without a context");
    for (const entry of unit.entries) if (entries.get(entry.pc) === entry) entries.delete(entry.pc);
  }

  /** Drops what was made of a page of wasm memory. */
  dropPage(linear: number): void {
    let any = false;
    for (const unit of this.#units) {
      if (!unit.pages.has(linear)) continue;
      this.#drop(unit);
      any = true;
    }
    if (any) this.#units = this.#units.filter(({ dropped }) => !dropped);
  }

  /** Drops what was made under page tables: they may have changed. */
  dropPaged(): void {
    if (!this.#units.some(({ key }) => key !== 0)) return;
    for (const unit of this.#units) if (unit.key !== 0) this.#drop(unit);
    this.#units = this.#units.filter(({ dropped }) => !dropped);
  }

  dropAll(): void {
    this.#runs.clear();
    this.#stackRun = undefined;
    for (const unit of this.#units) this.#drop(unit);
    this.#units = [];
  }
}

/** Whether what is before an address looks like a call: a jump that links. */
function isAfterCall(read: WordReader, pc: number): boolean {
  const long = read(pc - 4);
  const opcode = long & 0x7f;
  const rd = (long >> 7) & 31;
  if (long !== -1 && (opcode === 0x6f || opcode === 0x67) && (rd === 1 || rd === 5)) return true;
  const short = read(pc - 2);
  // c.jalr, and RV32's c.jal
  return short !== -1 && ((short & 0xf07f) === 0x9002 || (short & 0xe003) === 0x2001);
}

function sizeOf(region: Region): number {
  let sum = 0;
  for (const block of region.blocks) sum += block.count;
  return sum;
}
