import { type ElfFile, readRelocations } from "../../elf/index.ts";
import type { Hart } from "../hart.ts";
import type { LoadPlan } from "../load/plan.ts";
import { CallTracker, type Frame } from "./calls.ts";
import { type InputPlace, placeAt, priorityOf } from "./link-map.ts";
import { runObserved, type StepObserver, type Target, wordAt } from "./step.ts";
import type { ProgramSymbols } from "./symbols.ts";

/**
 * Before `main`, and after it: what happens between the loader's first byte and
 * the last instruction, as a list of events.
 *
 * The program is run instruction by instruction until `main`, with every store
 * seen; that is how copying `.data` and clearing `.bss` are known, whatever code
 * does them. The lists of constructors are read in memory when the program is
 * about to call from them, so relocated entries are right. From `main` on it
 * runs at full speed, to breakpoints.
 */

export type EventKind =
  | "load"
  | "entry"
  | "relocation"
  | "tls"
  | "data"
  | "bss"
  | "preinit"
  | "init"
  | "ctor"
  | "main"
  | "return"
  | "exit"
  | "fini"
  | "dtor"
  | "end";

export interface TimelineEvent {
  readonly kind: EventKind;
  /** Instructions retired when it began. */
  readonly at: number;
  /** Instructions it took, with what it called; undefined for moments. */
  readonly instructions?: number;
  /** What happened, for people. */
  readonly text: string;
  readonly function?: string;
  readonly address?: number;
  readonly source?: string;
  /** Of a constructor or destructor: from .init_array.00101 and its like. */
  readonly priority?: number;
  /** The object whose pointer to the function was called, if a linker's map says. */
  readonly object?: string;
  readonly size?: number;
}

/** A table of function pointers that start-up or exit code goes through. */
interface FunctionTable {
  readonly kind: EventKind;
  readonly section: string;
  readonly address: number;
  readonly size: number;
}

/** The tables: as sections, or between the symbols that start-up code uses where a script has merged them. */
function functionTables(elf: ElfFile, bias: number, symbols: ProgramSymbols): FunctionTable[] {
  const tables = sectionTables(elf, bias);
  for (const kind of ["preinit", "init", "fini"] as const) {
    const start = symbols.address(`__${kind}_array_start`);
    const end = symbols.address(`__${kind}_array_end`);
    if (start === undefined || end === undefined || end <= start) continue;
    if (!tables.some((table) => table.kind === kind))
      tables.push({ kind, section: `.${kind}_array`, address: start, size: end - start });
  }
  return tables;
}

function sectionTables(elf: ElfFile, bias: number): FunctionTable[] {
  const kinds: Readonly<Record<string, EventKind>> = {
    ".preinit_array": "preinit",
    ".init_array": "init",
    ".ctors": "ctor",
    ".fini_array": "fini",
    ".dtors": "dtor",
  };
  return elf.sections.flatMap((section) => {
    const kind = kinds[section.name.replace(/\.\d+$/, "")];
    return kind && section.size > 0
      ? [{ kind, section: section.name, address: Number(section.address) + bias, size: section.size }]
      : [];
  });
}

/** A range that stores into are to be seen. */
interface Watched {
  readonly kind: "data" | "bss";
  readonly sections: readonly string[];
  readonly start: number;
  readonly end: number;
  first: number;
  last: number;
  /** The instruction that wrote first; only its function's stores count. */
  writer: number;
  /** What it wrote. */
  low: number;
  high: number;
  done: boolean;
}

const START_UP: Readonly<Record<string, string>> = {
  __libc_start_main: "the C library takes over",
  __libc_start_call_main: "the C library is about to call main",
  __libc_setup_tls: "thread-local storage is set up",
  _dl_relocate_static_pie: "the program relocates itself",
  apply_irel: "indirect functions are resolved",
  __libc_init_secure: "the C library looks whether it is privileged",
  __libc_init_first: "the C library initialises itself",
  _dl_non_dynamic_init: "the C library reads its environment",
  __libc_csu_init: "constructors are called",
  __libc_init_array: "constructors are called",
  call_init: "constructors are called",
};

export interface TimelineOptions {
  readonly plan: LoadPlan;
  readonly symbols: ProgramSymbols;
  /** Instructions that the part before main may take. */
  readonly limit: number;
  /** What the linker's map says: objects and priorities of constructors. */
  readonly map?: readonly InputPlace[];
}

/** What a target's run ends with. */
interface Result {
  readonly kind: string;
  readonly code?: number;
  readonly signal?: number;
}

export class Timeline<R extends Result> implements StepObserver {
  readonly events: TimelineEvent[] = [];
  readonly #target: Target<R>;
  readonly #options: TimelineOptions;
  readonly #tracker: CallTracker;
  readonly #watched: Watched[];
  readonly #tables: FunctionTable[];
  readonly #open: { frame: Frame; readonly event: TimelineEvent; index: number }[] = [];
  /** Address of each function in a table: what it is. Filled when the first of a table is called. */
  readonly #known = new Map<number, { kind: EventKind; index: number; section: string; slot: number }>();
  readonly #resolvers = new Map<number, string>();
  readonly #main: number | undefined;
  #tp = 0n;
  #reachedMain = false;

  constructor(target: Target<R>, options: TimelineOptions) {
    this.#target = target;
    this.#options = options;
    const { plan, symbols } = options;
    this.#tracker = new CallTracker(symbols);
    this.#tracker.watchers.push({
      enter: (hart, frame) => this.#enter(hart, frame),
      leave: (_hart, frame, _depth, replaced) => {
        if (!replaced) this.#leave(frame);
      },
    });
    this.#tables = plan.elf ? functionTables(plan.elf, plan.bias, symbols) : [];
    this.#watched = this.#ranges(plan);
    this.#main = symbols.address("main");
    if (plan.elf) this.#readResolvers(plan.elf, plan.bias);
    for (const step of plan.steps) {
      if (step.kind === "left") continue;
      const what = step.kind === "zero" ? `${step.size} bytes cleared` : `${step.size} bytes loaded`;
      this.events.push({
        kind: "load",
        at: 0,
        text: `${what}${step.sections.length > 0 ? `: ${step.sections.join(" ")}` : ""}`,
        address: step.address,
        size: step.size,
      });
    }
  }

  /** What start-up code has to write: bytes with a load address of their own, and what is to be zero. */
  #ranges(plan: LoadPlan): Watched[] {
    if (plan.placement !== "physical") return [];
    const watched: Watched[] = [];
    const none = { first: -1, last: -1, writer: -1, low: Number.MAX_SAFE_INTEGER, high: 0, done: false };
    for (const step of plan.steps) {
      const { runAddress: start, size, sections } = step;
      const end = start + size;
      if (step.kind !== "bytes") watched.push({ kind: "bss", sections, start, end, ...none });
      else if (step.address !== start) watched.push({ kind: "data", sections, start, end, ...none });
    }
    return watched;
  }

  /** Functions that IRELATIVE relocations call. */
  #readResolvers(elf: ElfFile, bias: number): void {
    const IRELATIVE = 58;
    for (const section of elf.sections) {
      if (section.type !== 4) continue;
      for (const { type, addend } of readRelocations(elf, section))
        if (type === IRELATIVE && addend !== undefined) this.#resolvers.set(Number(addend) + bias, "");
    }
  }

  #add(event: TimelineEvent): number {
    return this.events.push(event) - 1;
  }

  get #now(): number {
    return this.#target.machine.retired;
  }

  #describe(address: number): { function: string; address: number; source?: string } {
    const place = this.#options.symbols.source(address);
    return {
      function: this.#options.symbols.place(address),
      address,
      source: place ? `${place.file}:${place.line}` : undefined,
    };
  }

  /** Priority and object of an entry of a table. */
  #origin(section: string, slot: number): { priority?: number; object?: string } {
    const place = placeAt(this.#options.map ?? [], slot);
    return { priority: priorityOf(place?.section ?? section), object: place?.object };
  }

  /** Reads the tables of functions; entries are absolute addresses of a word each. */
  #readTables(): void {
    const { plan } = this.#options;
    const { memory } = this.#target.machine;
    const word = plan.xlen / 8;
    for (const { kind, section, address, size } of this.#tables)
      for (let at = 0; at + word <= size; at += word) {
        const value = word === 8 ? Number(memory.read64(address + at) ?? 0n) : memory.read32(address + at);
        if (value && !this.#known.has(value))
          this.#known.set(value, { kind, index: at / word, section, slot: address + at });
      }
  }

  #enter(hart: Hart, frame: Frame): void {
    // A function that ends by jumping to another one lasts until that returns.
    for (const open of this.#open) if (open.frame === frame.replaces) open.frame = frame;
    if (this.#reachedMain && frame.function < 0) return;
    const info = this.#options.symbols.functions[frame.function];
    const start = info ? info.start : hart.pcNumber;
    if (start === this.#main) return;
    if (this.#known.size === 0) this.#readTables();
    // A table's functions are called through a pointer; crt1.o calls load_gp by name, too.
    const direct = frame.caller >= 0 && isDirectCall(wordAt(this.#target.machine, frame.caller));
    const known = direct ? undefined : this.#known.get(start);
    const resolver = this.#resolvers.has(start);
    const note = info ? START_UP[info.symbol] : undefined;
    if (!known && !resolver && !note) return;
    const describe = this.#describe(start);
    const event: TimelineEvent = known
      ? {
          kind: known.kind,
          at: this.#now,
          text: `${known.section}[${known.index}]`,
          ...this.#origin(known.section, known.slot),
          ...describe,
        }
      : resolver
        ? {
            kind: "relocation",
            at: this.#now,
            text: "an IRELATIVE relocation asks which function to use",
            ...describe,
          }
        : {
            kind: info?.symbol === "__libc_setup_tls" ? "tls" : "entry",
            at: this.#now,
            text: note!,
            ...describe,
          };
    this.#open.push({ frame, event, index: this.#add(event) });
  }

  #leave(frame: Frame): void {
    const info = this.#options.symbols.functions[frame.function];
    for (const range of this.#watched)
      if (range.first >= 0 && !range.done && info && range.writer >= info.start && range.writer < info.end)
        this.#finishRange(range);
    const index = this.#open.findIndex((open) => open.frame === frame);
    if (index < 0) return;
    const [{ event, index: at }] = this.#open.splice(index, 1);
    const { machine } = this.#target;
    const chosen = event.kind === "relocation" ? machine.lastHart.number(10) : undefined;
    this.events[at] = {
      ...event,
      instructions: this.#now - event.at,
      text: chosen ? `IRELATIVE: ${this.#options.symbols.place(chosen)} is chosen` : event.text,
    };
  }

  step(hart: Hart, pc: number, word: number, next: number): void {
    const tp = hart.x(4);
    if (tp !== this.#tp) {
      this.#tp = tp;
      this.#add({
        kind: "tls",
        at: this.#now,
        text: `the thread pointer is set to 0x${tp.toString(16)}`,
        ...this.#describe(pc),
      });
    }
    this.#tracker.step(hart, pc, word, next);
    if (next === this.#main) this.#reachedMain = true;
  }

  #store(pc: number, address: number, size: number): void {
    const { symbols } = this.#options;
    for (const range of this.#watched) {
      if (range.done || address + size <= range.start || address >= range.end) continue;
      if (range.first < 0) {
        range.first = this.#now;
        range.writer = pc;
      } else if (symbols.indexAt(pc) !== symbols.indexAt(range.writer)) continue;
      range.last = this.#now;
      range.low = Math.min(range.low, Math.max(address, range.start));
      range.high = Math.max(range.high, Math.min(address + size, range.end));
    }
  }

  /** Runs the program to its end, or as far as it may go; fills `events`. */
  run(): R {
    const { plan, limit } = this.#options;
    const { machine } = this.#target;
    this.#tp = machine.harts[0].x(4);
    this.#add({ kind: "entry", at: 0, text: "the first instruction", ...this.#describe(plan.entry) });
    let pc = plan.entry;
    const observer: StepObserver = {
      step: (hart, at, word, next) => {
        pc = at;
        this.step(hart, at, word, next);
      },
    };
    const result = runObserved(this.#target, [observer], limit, {
      access:
        this.#watched.length > 0
          ? (_hart, stop) => {
              if (stop.write) this.#store(pc, Number(stop.address), stop.size);
            }
          : undefined,
      until: () => this.#reachedMain,
    });
    this.#finishRanges();
    if (!this.#reachedMain) {
      this.#end(result);
      return result;
    }
    return this.#afterMain();
  }

  #finishRanges(): void {
    for (const range of this.#watched) if (!range.done) this.#finishRange(range);
  }

  /** A copy or clearing that is over, checked against the image. */
  #finishRange(range: Watched): void {
    range.done = true;
    const { plan } = this.#options;
    const { memory } = this.#target.machine;
    const { kind, start, end, first } = range;
    const size = end - start;
    const names = range.sections.join(" ") || kind;
    const did = kind === "data" ? "copied from the load address" : "cleared";
    if (first < 0) {
      this.#insert({ kind, at: this.#now, text: `${names}: not ${did}`, address: start, size });
      return;
    }
    const { low, high } = range;
    const now = memory.slice(low, high - low);
    const step = plan.steps.find(({ runAddress, size: bytes }) => runAddress === start && bytes === size);
    const from = step ? step.fileOffset + low - start : 0;
    const wanted = kind === "data" && step ? plan.bytes.subarray(from, from + high - low) : undefined;
    let different = 0;
    if (now) for (let i = 0; i < now.length; i++) if (now[i] !== (wanted ? wanted[i] : 0)) different++;
    const verdict = different === 0 ? "as in the image" : `${different} bytes are not as in the image`;
    // A stack is not cleared; data is copied whole.
    const part = kind === "data" && high - low < size ? ` of ${size}` : "";
    this.#insert({
      kind,
      at: first,
      instructions: range.last - first + 1,
      text: `${names}: ${high - low}${part} bytes ${did}, ${verdict}`,
      function: this.#options.symbols.place(range.writer),
      address: low,
      size: high - low,
    });
  }

  #insert(event: TimelineEvent): void {
    let index = this.events.findIndex((other) => other.kind !== "load" && other.at > event.at);
    if (index < 0) index = this.events.length;
    this.events.splice(index, 0, event);
    for (const open of this.#open) if (open.index >= index) open.index++;
  }

  /** From main on: breakpoints where main returns, and at exit's functions. */
  #afterMain(): R {
    const { machine } = this.#target;
    const { symbols } = this.#options;
    const begun = this.#now;
    const mainAt = this.#add({ kind: "main", at: begun, text: "main", ...this.#describe(this.#main!) });
    const returnAddress = machine.lastHart.number(1);
    this.#readTables();
    const places = new Map<number, (hart: Hart) => void>();
    const finishMain = () => {
      if (this.events[mainAt].instructions === undefined)
        this.events[mainAt] = { ...this.events[mainAt], instructions: this.#now - begun };
    };
    places.set(returnAddress, (hart) => {
      finishMain();
      const value = Number(BigInt.asIntN(32, hart.x(10)));
      this.#add({ kind: "return", at: this.#now, text: `main returns ${value}` });
    });
    const exitFunction = symbols.address("exit");
    if (exitFunction !== undefined)
      places.set(exitFunction, (hart) => {
        const value = Number(BigInt.asIntN(32, hart.x(10)));
        this.#add({ kind: "exit", at: this.#now, text: `exit(${value})`, ...this.#describe(exitFunction) });
        finishMain();
      });
    for (const [address, { kind, section, index, slot }] of this.#known) {
      if (kind !== "fini" && kind !== "dtor") continue;
      const event = { kind, text: `${section}[${index}]`, ...this.#origin(section, slot) };
      places.set(address, (hart) => this.#measure(hart, event, address, places));
    }
    const register = symbols.address("__cxa_atexit");
    if (register !== undefined)
      places.set(register, (hart) => {
        const address = hart.number(10);
        if (places.has(address)) return;
        const run = (at: Hart) =>
          this.#measure(at, { kind: "exit", text: "registered with atexit" }, address, places);
        places.set(address, run);
        machine.addBreakpoint(address);
      });
    for (const address of places.keys()) machine.addBreakpoint(address);
    let result = this.#target.run(Number.MAX_SAFE_INTEGER);
    while (result.kind === "breakpoint") {
      const hart = machine.lastHart;
      places.get(hart.pcNumber)?.(hart);
      result = this.#target.run(Number.MAX_SAFE_INTEGER);
    }
    for (const address of places.keys()) machine.removeBreakpoint(address);
    finishMain();
    this.#end(result);
    return result;
  }

  /** A function that runs now: its event is finished where it returns to. */
  #measure(
    hart: Hart,
    event: Omit<TimelineEvent, "at">,
    address: number,
    places: Map<number, (hart: Hart) => void>,
  ): void {
    const at = this.#now;
    const index = this.#add({ at, ...event, ...this.#describe(address) });
    const back = hart.number(1);
    const before = places.get(back);
    places.set(back, (returned) => {
      if (this.events[index].instructions === undefined)
        this.events[index] = { ...this.events[index], instructions: this.#now - at };
      before?.(returned);
    });
    this.#target.machine.addBreakpoint(back);
  }

  #end(result: R): void {
    const { kind, code, signal } = result;
    const text =
      kind === "exit"
        ? `exit code ${code}`
        : kind === "signal"
          ? `ended by signal ${signal}`
          : `stopped: ${kind}`;
    this.#add({ kind: "end", at: this.#now, text });
  }
}

/** jal, or c.jal, which is a call on RV32 only: elsewhere no call has its bits. */
function isDirectCall(word: number): boolean {
  return (word & 0x7f) === 0x6f || (word & 0xe003) === 0x2001;
}

/** The list as a table. */
export function timelineText(events: readonly TimelineEvent[]): string {
  const lines = ["          at  instructions  what"];
  for (const event of events) {
    const took = event.instructions === undefined ? "" : String(event.instructions);
    const where = event.function ? `  ${event.function}` : "";
    const address = event.address !== undefined && !event.function ? `  0x${event.address.toString(16)}` : "";
    const priority = event.priority !== undefined ? ` (priority ${event.priority})` : "";
    const object = event.object !== undefined ? `  in ${event.object}` : "";
    const source = event.source ? `  ${event.source}` : "";
    lines.push(
      `${String(event.at).padStart(12)} ${took.padStart(13)}  ${event.kind.padEnd(10)} ${event.text}${priority}${where}${address}${source}${object}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
