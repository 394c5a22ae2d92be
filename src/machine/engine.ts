// What runs guest code fast: the interpreter with its pages of records, and the
// TLBs that it reads.
//
// A page of records belongs to a page of the wasm memory, so it serves every
// virtual address and hart that maps the page. It is made from a copy of the
// page's bytes taken when it is first run; instructions that change later are
// seen after `fence.i`, which compares the copies with memory, or at once where
// the host wrote them.

import { callFloat } from "./float.ts";
import type { Hart } from "./hart.ts";
import {
  GIVE_UP,
  HANDLER_GIVE_UP,
  HANDLER_PAGE_END,
  HANDLER_UNDECODED,
  HOT,
  NO_PAGE,
  OUT_OF_FUEL,
  UNDECODED,
} from "./interpreter.ts";
import * as at from "./layout.ts";
import type { Core, Tier } from "./machine.ts";
import { fillBytes, type Memory } from "./memory.ts";
import { type Operations, operandValue } from "./operation.ts";
import { interpreterOf, type MadeInterpreter, recipeOf, writeRecord } from "./records.ts";
import { type Access, EXECUTE, WRITE } from "./translation.ts";
import { type CodeSource, type Entry, MOST_DEPTH, Translator } from "./translator.ts";
import { instantiate, type WasmFunction } from "./web-assembly.ts";

/** What the engine did so far. */
export interface Statistics {
  /** Instructions run as translated code. */
  readonly translated: number;
  /** How often translated code was entered from outside. */
  readonly entered: number;
  readonly modules: number;
  readonly functions: number;
}

/** A page of guest code that is being run. */
interface CodePage {
  /** Where its records are. */
  readonly records: number;
  /** Where its bytes are. */
  readonly linear: number;
  /** Its bytes when it was decoded. */
  readonly copy: Uint8Array;
}

/**
 * Jumps to an address before it is translated. To translate an instruction takes as long as to interpret it some
 * thousand times, most of it in compilers that have run little themselves.
 */
const HOT_JUMPS = 3000;
/** What leaving translated code counts as: it costs more than a jump that the interpreter makes. */
const LEAVING = 8;
/** How hot code was reached (layout.ts, HOT_KIND). */
const BACKWARD = 1;
const INDIRECT = 4;
/** What both TLBs are filled with: no page has that address. They follow one another. */
const forgotten = new Int32Array((at.ITLB + at.ITLB_ENTRIES * 16 - at.TLB) >> 2).fill(-1);
/** Instructions that translated code runs at once: at the beginning, and later. */
const SHORT_SLICE = 1_000_000;
const LONG_SLICE = 10_000_000;

export class Engine {
  readonly #memory: Memory;
  readonly #operations: Operations;
  readonly #breakpoints: ReadonlySet<number>;
  /** By the page's place in wasm memory. */
  readonly #pages = new Map<number, CodePage>();
  /** By the number of the page of records. */
  readonly #slots: (CodePage | undefined)[] = [];
  readonly #free: number[] = [];
  /** Pages of records before this place have been written. */
  #recordsEnd = at.RECORDS;
  readonly #interpreter: MadeInterpreter;
  #run: WasmFunction | undefined;
  /** The harts that ran here. */
  #cores: readonly Core[] = [];
  readonly #translator: Translator | undefined;
  /** Jumps to an address that make it hot. */
  readonly #threshold: number;
  /** Instructions run so far in translated code, and how often it was entered. */
  #translated = 0;
  #entered = 0;

  constructor(
    memory: Memory,
    operations: Operations,
    breakpoints: ReadonlySet<number>,
    tier: Tier,
    privileged: boolean,
  ) {
    this.#memory = memory;
    this.#operations = operations;
    this.#interpreter = interpreterOf(operations);
    this.#breakpoints = breakpoints;
    this.#threshold = tier === "translator" ? 1 : HOT_JUMPS;
    const { isa } = operations;
    if (tier !== "interpreter") {
      this.#translator = new Translator(memory, isa.xlen, privileged, isa.extensions.has("c"));
    }
  }

  #start(): WasmFunction {
    return instantiate(this.#interpreter.bytes, "interpreter", {
      e: {
        m: this.#memory.wasm,
        f: (base: number, number: number) => callFloat(this.#memory.words, base, number),
      },
    }).run;
  }

  /**
   * Runs at most `budget` instructions of a hart and gives their number; 0 where
   * the evaluator must do the next. `plain` keeps to the interpreter.
   */
  run(core: Core, budget: number, plain: boolean): number {
    this.#run ??= this.#start();
    const { hart } = core;
    const { words } = this.#memory;
    const fuelAt = (hart.base + at.FUEL) >> 2;
    // Translated code comes back now and then: the host optimises a function only for its next call.
    const slice = Math.min(budget, this.#translated < 5e7 ? SHORT_SLICE : LONG_SLICE);
    words[fuelAt] = slice;
    words[(hart.base + at.HOT_LIMIT) >> 2] = this.#translator && !plain ? this.#threshold : 0x7fffffff;
    for (;;) {
      const reason = this.#run(hart.base);
      switch (reason) {
        case OUT_OF_FUEL:
        case GIVE_UP:
          return slice - words[fuelAt];
        case NO_PAGE:
          if (!this.#findPage(core)) return slice - words[fuelAt];
          break;
        case UNDECODED:
          this.#decode(hart, words[(hart.base + at.RECORD_AT) >> 2]);
          break;
        case HOT:
          if (this.#translator) this.#enter(core, this.#translator, words[(hart.base + at.HOT_KIND) >> 2]);
          if (words[fuelAt] <= 0) return slice - words[fuelAt];
          break;
      }
    }
  }

  /** Runs translated code from pc on, as long as there is some; translates what is hot. */
  #enter(core: Core, translator: Translator, kind: number): void {
    const { hart } = core;
    const { words } = this.#memory;
    const fuelAt = (hart.base + at.FUEL) >> 2;
    const paged = !core.control.flat;
    const key = paged ? 1 + core.control.privilege + 4 * hart.index : 0;
    const entries = translator.entriesOf(key);
    translator.use(entries);
    let pc = translator.pcOf(hart.base);
    let entry = entries.get(pc) ?? this.#translate(core, translator, key, pc, kind, paged);
    while (entry) {
      const before = words[fuelAt];
      words[(hart.base + at.EXIT_SITE) >> 2] = 0;
      this.#entered++;
      entry.enter(hart.base, MOST_DEPTH);
      pc = translator.pcOf(hart.base);
      const fuel = words[fuelAt];
      this.#translated += before - fuel;
      const site = words[(hart.base + at.EXIT_SITE) >> 2];
      if (site !== 0) translator.leftBy(site, pc);
      if (translator.wantsRemake) translator.remake(key, this.#codeSource(core), paged);
      // Without progress (too little fuel, or an instruction for the evaluator) the interpreter goes on.
      if (fuel === before) return;
      entry = entries.get(pc);
      if (entry || fuel <= 0) continue;
      const times = this.#heat(core, pc, true) / this.#threshold;
      if (times < 1) return;
      if (!translator.widen(key, pc, times, this.#codeSource(core), paged))
        entry = this.#translate(core, translator, key, pc, INDIRECT, paged);
    }
  }

  #translate(
    core: Core,
    translator: Translator,
    key: number,
    pc: number,
    kind: number,
    paged: boolean,
  ): Entry | undefined {
    const source = this.#codeSource(core);
    const waits = kind === INDIRECT && this.#threshold > 1 && translator.waits(key, pc, source);
    const entry = waits ? undefined : translator.translate(key, pc, kind === BACKWARD, source, paged);
    const record = this.#recordOf(core, pc);
    if (record >= 0) this.#memory.view.setUint16(record + at.R_COUNT, entry ? 0xffff : 0, true);
    return entry;
  }

  /** The place in wasm memory of the code at an address, or -1; its page is then one of `#pages`. */
  #codeAt(core: Core, pc: number): number {
    const address = BigInt.asUintN(this.#operations.isa.xlen, BigInt(pc));
    const physical = core.translation.physical(address, 2, EXECUTE);
    if (physical < 0) return -1;
    const start = physical - (physical % at.PAGE);
    const linear = this.#memory.locate(start, at.PAGE);
    if (linear < 0 || !core.translation.uniform(BigInt(start))) return -1;
    if (!this.#pages.has(linear)) this.#addPage(linear);
    return linear + (physical % at.PAGE);
  }

  #recordOf(core: Core, pc: number): number {
    const place = this.#codeAt(core, pc);
    if (place < 0) return -1;
    const page = this.#pages.get(place - (place % at.PAGE));
    return page ? page.records + (place % at.PAGE) * (at.RECORD / 2) : -1;
  }

  /** How often an address was jumped to; `more` counts one jump that the interpreter did not see. */
  #heat(core: Core, pc: number, more = false): number {
    const record = this.#recordOf(core, pc);
    if (record < 0) return 0;
    const count = this.#memory.view.getUint16(record + at.R_COUNT, true);
    if (more) this.#memory.view.setUint16(record + at.R_COUNT, Math.min(count + LEAVING, 0xfffe), true);
    return count;
  }

  /** How the translator reads code: from the copies that records are made of. */
  #codeSource(core: Core): CodeSource {
    // Code is read in order, so the last page is nearly always the one wanted again.
    let lastPage = Number.NaN;
    let last: CodePage | undefined;
    const offsetOf = (pc: number): number => ((pc % at.PAGE) + at.PAGE) % at.PAGE;
    const pageOf = (pc: number): CodePage | undefined => {
      const start = pc - offsetOf(pc);
      if (start !== lastPage) {
        const place = this.#codeAt(core, pc);
        last = place < 0 ? undefined : this.#pages.get(place - (place % at.PAGE));
        lastPage = start;
      }
      return last;
    };
    const half = (pc: number, pages: Set<number>): number => {
      const page = pageOf(pc);
      if (!page) return -1;
      pages.add(page.linear);
      const offset = offsetOf(pc);
      return page.copy[offset] | (page.copy[offset + 1] << 8);
    };
    return {
      read: (pc, pages) => {
        if (this.#breakpoints.has(pc)) return -1;
        const low = half(pc, pages);
        if (low < 0 || (low & 3) !== 3) return low;
        const high = half(pc + 2, pages);
        return high < 0 ? -1 : low | (high << 16);
      },
      decode: (word) => {
        const operation = this.#operations.of(word);
        if (!operation || !this.#interpreter.handlers.has(operation.instruction)) return undefined;
        for (const source of operation.operands) {
          if (source.name !== "rm") continue;
          const mode = operandValue(source, word);
          if (mode === 5 || mode === 6) return undefined;
        }
        return operation;
      },
      heat: (pc) => this.#heat(core, pc),
      isCold: (pc) => {
        // Told to translate at once, the translator knows nothing of what is run.
        if (this.#threshold === 1) return false;
        const page = pageOf(pc);
        if (!page) return false;
        const record = page.records + offsetOf(pc) * (at.RECORD / 2);
        return this.#memory.view.getUint16(record + at.R_OP, true) === HANDLER_UNDECODED;
      },
    };
  }

  get statistics(): Statistics {
    return {
      translated: this.#translated,
      entered: this.#entered,
      modules: this.#translator?.modules ?? 0,
      functions: this.#translator?.functions ?? 0,
    };
  }

  /** Puts the page of pc into the hart's ITLB; false where the evaluator has to look at the instruction. */
  #findPage(core: Core): boolean {
    const { hart, translation } = core;
    const pc = hart.pc;
    const page = pc & ~0xfffn;
    const physical = translation.physical(pc, 2, EXECUTE);
    if (physical < 0) return false;
    const start = physical - (physical % at.PAGE);
    const linear = this.#memory.locate(start, at.PAGE);
    if (linear < 0 || !translation.uniform(BigInt(start))) return false;
    const records = (this.#pages.get(linear) ?? this.#addPage(linear)).records;
    const place = hart.base + at.ITLB + (Number((pc >> 12n) & BigInt(at.ITLB_ENTRIES - 1)) << 4);
    this.#memory.view.setBigUint64(place, page, true);
    this.#memory.words[(place + 8) >> 2] = records;
    if (!this.#cores.includes(core)) this.#cores = [...this.#cores, core];
    return true;
  }

  #addPage(linear: number): CodePage {
    if (this.#free.length === 0 && this.#slots.length === at.RECORD_PAGES) this.forget();
    const slot = this.#free.pop() ?? this.#slots.length;
    const page: CodePage = {
      records: at.RECORDS + slot * at.RECORD_PAGE,
      linear,
      copy: this.#memory.bytes.slice(linear, linear + at.PAGE),
    };
    this.#slots[slot] = page;
    this.#pages.set(linear, page);
    this.#clear(page);
    return page;
  }

  #clear(page: CodePage): void {
    const { bytes, view } = this.#memory;
    // What was never written is zero, and costs the host nothing as long as nobody touches it.
    if (page.records < this.#recordsEnd) fillBytes(bytes, 0, page.records, page.records + at.RECORD_PAGE);
    this.#recordsEnd = Math.max(this.#recordsEnd, page.records + at.RECORD_PAGE);
    view.setUint16(page.records + (at.PAGE / 2) * at.RECORD + at.R_OP, HANDLER_PAGE_END, true);
    view.setUint16(page.records + (at.PAGE / 2 + 1) * at.RECORD + at.R_OP, HANDLER_PAGE_END, true);
  }

  /**
   * Decodes the record that the hart is at, and those after it up to a jump: what is
   * decoded is run, but for traps, which is what the translator goes by.
   */
  #decode(hart: Hart, record: number): void {
    const slot = Math.floor((record - at.RECORDS) / at.RECORD_PAGE);
    const page = this.#slots[slot];
    if (!page) throw new Error("machine: a record outside all pages");
    const { view } = this.#memory;
    const { copy } = page;
    const alone = this.#breakpoints.size > 0;
    let parcel = (record - page.records) / at.RECORD;
    do {
      const place = page.records + parcel * at.RECORD;
      if (view.getUint16(place + at.R_OP, true) !== HANDLER_UNDECODED) return;
      const low = copy[2 * parcel] | (copy[2 * parcel + 1] << 8);
      const long = (low & 3) === 3;
      view.setUint16(place + at.R_OP, HANDLER_GIVE_UP, true);
      if (long && parcel === at.PAGE / 2 - 1) return;
      const word = long ? low | (copy[2 * parcel + 2] << 16) | (copy[2 * parcel + 3] << 24) : low;
      if (alone && this.#breakpoints.has(hart.pcNumber)) return;
      const operation = this.#operations.of(word);
      const recipe = operation && recipeOf(this.#interpreter, operation);
      if (!recipe) return;
      writeRecord(view, place, recipe, word);
      if (operation.traits.jumps) return;
      parcel += long ? 2 : 1;
    } while (!alone && parcel < at.PAGE / 2);
  }

  /** Remembers a translation of a data address in the hart's TLB, where it holds for the whole page. */
  translated(core: Core, address: bigint, physical: number, access: Access): void {
    if (access === EXECUTE) return;
    const { memory } = core.hart;
    const start = physical - (physical % at.PAGE);
    const region = memory.regionAt(start, at.PAGE);
    if (!region || (access === WRITE && region.readOnly) || !core.translation.uniform(BigInt(start))) return;
    const linear = region.linear + (start - region.base);
    const page = address & ~0xfffn;
    const place = core.hart.base + at.TLB + (Number((address >> 12n) & BigInt(at.TLB_ENTRIES - 1)) << 5);
    const { view } = memory;
    const [mine, other] = access === WRITE ? [at.TLB_WRITE, at.TLB_READ] : [at.TLB_READ, at.TLB_WRITE];
    view.setBigUint64(place + mine, page, true);
    if (view.getBigUint64(place + other, true) !== page) view.setBigInt64(place + other, -1n, true);
    view.setInt32(place + at.TLB_ADD, (linear - Number(page & 0xffffffffn)) | 0, true);
  }

  /** Forgets a hart's translations of addresses; `mapping`: they may be others now, not only allowed to others. */
  flush(hart: Hart, mapping: boolean): void {
    const { words } = this.#memory;
    if (mapping) this.#translator?.dropPaged();
    words.set(forgotten, (hart.base + at.TLB) >> 2);
  }

  /** The environment protects other pages now. */
  accessChanged(): void {
    this.#translator?.accessChanged();
    for (const page of [...this.#pages.values()]) {
      const { regions } = this.#memory;
      const region = regions.find(({ linear, size }) => page.linear >= linear && page.linear < linear + size);
      if (region && this.#memory.permits(region.base + (page.linear - region.linear), EXECUTE)) continue;
      this.#drop(page);
    }
  }

  #flushInstructions(): void {
    const { words } = this.#memory;
    const pages = forgotten.subarray(0, (at.ITLB_ENTRIES * 16) >> 2);
    for (const { hart } of this.#cores) words.set(pages, (hart.base + at.ITLB) >> 2);
  }

  /** Forgets all that was decoded. */
  forget(): void {
    this.#flushInstructions();
    this.#translator?.dropAll();
    this.#pages.clear();
    this.#slots.length = 0;
    this.#free.length = 0;
  }

  #drop(page: CodePage): void {
    const slot = (page.records - at.RECORDS) / at.RECORD_PAGE;
    this.#pages.delete(page.linear);
    this.#translator?.dropPage(page.linear);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Forgets what was decoded of bytes that changed. */
  instructionsChanged(_cores: readonly Core[]): void {
    const { bytes } = this.#memory;
    let dropped = false;
    for (const page of [...this.#pages.values()]) {
      if (isSame(page.copy, bytes, page.linear)) continue;
      this.#drop(page);
      dropped = true;
    }
    if (dropped) this.#flushInstructions();
  }

  /** The host wrote to physical memory. */
  written(address: number, size: number): void {
    const linear = this.#memory.locate(address, size);
    if (linear < 0 || this.#pages.size === 0) return;
    let dropped = false;
    for (let start = linear - (linear % at.PAGE); start < linear + size; start += at.PAGE) {
      const page = this.#pages.get(start);
      if (!page || isSame(page.copy, this.#memory.bytes, start)) continue;
      this.#drop(page);
      dropped = true;
    }
    if (dropped) this.#flushInstructions();
  }
}

function isSame(copy: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < copy.length; i++) if (copy[i] !== bytes[start + i]) return false;
  return true;
}
