// The machine: memory, harts and their control registers, and the loop that
// runs them until something stops it.
//
// Several harts take turns on one thread. A turn is a fixed number of
// instructions of the hart, whatever limits the caller runs with, so the order
// in which harts see each other's stores depends on the program alone.
import { type Isa, isa } from "../riscv/index.ts";
import { assert } from "./assert.ts";
import { Control, type ControlHost } from "./control.ts";
import { Engine, type Statistics } from "./engine.ts";
import { Evaluator, type EvaluatorHost, EXCEPTION, WAITING } from "./evaluator.ts";
import { Hart } from "./hart.ts";
import * as at from "./layout.ts";
import { fillBytes, type Memory } from "./memory.ts";
import { type Operations, operationsOf } from "./operation.ts";
import { prepareRecords } from "./records.ts";
import { Translation } from "./translation.ts";

/** Why the machine stopped. */
export type Stop =
  /** As many instructions as were asked for have been done. */
  | { readonly kind: "limit" }
  /** The environment said so; `code` is the exit code. */
  | { readonly kind: "exit"; readonly code: number }
  /** An exception that nobody handles: there is no trap handler in user mode. pc is the instruction's. */
  | { readonly kind: "exception"; readonly hart: number; readonly cause: number; readonly value: bigint }
  /** The next instruction has a breakpoint. */
  | { readonly kind: "breakpoint"; readonly hart: number; readonly address: number }
  /** An instruction accessed a watched place, and has been done. */
  | {
      readonly kind: "watchpoint";
      readonly hart: number;
      readonly address: bigint;
      readonly size: number;
      readonly write: boolean;
    }
  /** No hart can go on: all wait, and no event of the machine is due that could wake one. */
  | { readonly kind: "idle" }
  /** `requestStop` was called. */
  | { readonly kind: "requested" };

/** What surrounds the harts: an operating system's calls, semihosting. */
export interface Environment {
  /**
   * A hart met an exception; pc is the instruction's address. "trap" lets the
   * architecture's trap happen (in user mode: the machine stops), "resume" goes
   * on at the hart's pc, which the environment has set; a Stop stops.
   */
  exception?(hart: Hart, cause: number, value: bigint): "trap" | "resume" | Stop;
}

/**
 * How instructions are run: each by the evaluator, by the interpreter alone, as
 * translated code as soon as anything is jumped to, or (mixed) translated when
 * it has turned out to be hot.
 */
export type Tier = "precise" | "interpreter" | "translator" | "mixed";

export interface MachineOptions {
  /** "mixed" if not given. Results are the same in all. */
  readonly tier?: Tier;
  readonly xlen: 32 | 64;
  readonly memory: Memory;
  /** Harts at the start; `addHart` makes more. 1 if not given. */
  readonly harts?: number;
  /** Extensions in lower case; if not given, all that the machine has. */
  readonly extensions?: readonly string[];
  /** Machine, supervisor and user mode, with traps; false: user mode alone. */
  readonly privileged: boolean;
  readonly environment?: Environment;
}

/** The extensions that machines have unless told otherwise. */
export const allExtensions: readonly string[] =
  "i m a f d c zicsr zifencei zicntr zihpm zba zbb zbc zbs zbkb zbkc zbkx zicond zaamo zalrsc zacas zabha zawrs zfh zfhmin zfa zca zcb zcd zcf zicbom zicbop zicboz zihintpause zihintntl zimop zcmop zmmul".split(
    " ",
  );

/** Instructions of a hart's turn while there are others. */
export const TURN = 20000;

/** The most that an engine is given at once; its counter has 32 bits. */
const MOST_BUDGET = 1 << 30;

interface Event {
  readonly time: number;
  readonly action: () => void;
}

interface Watch {
  readonly address: bigint;
  readonly size: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** A hart with all that belongs to it. */
export interface Core {
  readonly hart: Hart;
  readonly control: Control;
  readonly translation: Translation;
  readonly evaluator: Evaluator;
  /** Waiting for an interrupt, or parked by the environment. */
  waiting: boolean;
  parked: boolean;
  /** What is left of its turn. */
  turn: number;
}

export class Machine {
  readonly xlen: 32 | 64;
  readonly memory: Memory;
  readonly isa: Isa;
  readonly privileged: boolean;
  readonly tier: Tier;
  readonly cores: Core[] = [];
  environment: Environment;

  readonly #operations: Operations;
  readonly #engine: Engine | undefined;
  #current = 0;
  #retired = 0;
  #stopRequested = false;
  #events: Event[] = [];
  readonly #breakpoints = new Set<number>();
  #watches: Watch[] = [];
  #watched: Stop | undefined;
  readonly #host: EvaluatorHost;
  readonly #controlHost: ControlHost;

  constructor(options: MachineOptions) {
    this.xlen = options.xlen;
    this.memory = options.memory;
    this.privileged = options.privileged;
    this.environment = options.environment ?? {};
    this.isa = isa(
      options.xlen,
      (options.extensions ?? allExtensions).filter((name) => name !== "zcf" || options.xlen === 32),
    );
    this.#operations = operationsOf(this.isa);
    this.#host = {
      watching: false,
      instructionsChanged: () => this.instructionsChanged(),
      translationChanged: (hart) => this.#translationChanged(hart),
      accessed: (hart, address, size, write) => this.#accessed(hart, address, size, write),
      translated: (hart, address, physical, access) => {
        if (this.#watches.length === 0)
          this.#engine?.translated(this.cores[hart.index], address, physical, access);
      },
    };
    let misa = (1 << 8) | (options.privileged ? (1 << 18) | (1 << 20) : 0);
    for (const letter of "acdfm")
      if (this.isa.extensions.has(letter)) misa |= 1 << (letter.charCodeAt(0) - 97);
    this.#controlHost = {
      privileged: options.privileged,
      misa,
      time: () => this.time(),
      translationChanged: (hart, mapping) => this.#translationChanged(hart, mapping),
    };
    this.memory.onProtect = () => {
      this.#engine?.accessChanged();
      for (const { hart } of this.cores) this.#translationChanged(hart);
    };
    this.memory.onWrite = (address, size) => this.#engine?.written(address, size);
    this.tier = options.tier ?? "mixed";
    if (this.tier !== "precise")
      this.#engine = new Engine(this.memory, this.#operations, this.#breakpoints, this.tier, this.privileged);
    for (let i = 0; i < (options.harts ?? 1); i++) this.addHart();
  }

  /** Makes ready what is otherwise made when a program first needs it: for a start-up snapshot. */
  prepare(): void {
    prepareRecords(this.#operations);
  }

  /** What the `time` register shows; by default instructions retired, so that runs repeat exactly. */
  time: () => bigint = () => BigInt(this.#retired);

  get harts(): readonly Hart[] {
    return this.cores.map(({ hart }) => hart);
  }

  /** The hart that ran last. */
  get lastHart(): Hart {
    return this.cores[this.#current].hart;
  }

  /** Instructions that all harts have executed: unlike `retired`, without the time that was skipped while all waited. */
  get instructions(): number {
    return this.cores.reduce((sum, { control }) => sum + control.retired, 0);
  }

  /** Instructions that all harts have retired. */
  get retired(): number {
    return this.#retired;
  }

  /** How much ran as translated code; undefined where the evaluator does everything. */
  get statistics(): Statistics | undefined {
    return this.#engine?.statistics;
  }

  /** Makes a hart, with zeroes in its registers; it runs when its turn comes. */
  addHart(): Hart {
    assert(this.cores.length < at.MAX_HARTS, "too many harts");
    const hart = new Hart(this.memory, this.cores.length, this.xlen);
    const control = new Control(hart, this.#controlHost);
    const translation = new Translation(control);
    const evaluator = new Evaluator(hart, control, translation, this.#operations, this.#host);
    this.#engine?.flush(hart, true);
    this.cores.push({ hart, control, translation, evaluator, waiting: false, parked: false, turn: TURN });
    return hart;
  }

  /** A parked hart does not run: a thread that waits or has ended. */
  park(hart: Hart, parked: boolean): void {
    this.cores[hart.index].parked = parked;
  }

  /** Ends the current hart's turn after this instruction: the environment has nothing for it to do now. */
  yieldTurn(): void {
    this.cores[this.#current].turn = 0;
  }

  /** Calls `action` between instructions when at least `after` more instructions were retired: a timer's event. */
  schedule(after: number, action: () => void): void {
    this.#events.push({ time: this.#retired + Math.max(0, after), action });
    this.#events.sort((a, b) => a.time - b.time);
  }

  /** Raises or lowers a bit of a hart's mip. */
  setInterrupt(hart: Hart, bit: number, on: boolean): void {
    const core = this.cores[hart.index];
    core.control.setPending(bit, on);
    if (core.control.mayWake) core.waiting = false;
  }

  /** Makes `run` come back soon; may be called from the environment or a device. */
  requestStop(): void {
    this.#stopRequested = true;
  }

  /** Stops before the instruction at a virtual address. */
  addBreakpoint(address: number): void {
    this.#breakpoints.add(address);
    this.#engine?.forget();
  }

  removeBreakpoint(address: number): void {
    this.#breakpoints.delete(address);
    this.#engine?.forget();
  }

  /** Stops after an instruction that reads or writes any of these bytes. */
  watch(address: bigint, size: number, read: boolean, write: boolean): void {
    this.#watches.push({ address, size, read, write });
    this.#host.watching = true;
    for (const { hart } of this.cores) this.#translationChanged(hart);
  }

  unwatch(address: bigint, size: number): void {
    this.#watches = this.#watches.filter((watch) => watch.address !== address || watch.size !== size);
    this.#host.watching = this.#watches.length > 0;
  }

  /** Forgets what was made of instructions that have changed since. */
  instructionsChanged(): void {
    this.#engine?.instructionsChanged(this.cores);
  }

  #translationChanged(hart: Hart, mapping = true): void {
    this.#engine?.flush(hart, mapping);
  }

  #accessed(hart: Hart, address: bigint, size: number, write: boolean): void {
    for (const watch of this.#watches) {
      if (address + BigInt(size) <= watch.address || address >= watch.address + BigInt(watch.size)) continue;
      if (write ? watch.write : watch.read) {
        this.#watched ??= { kind: "watchpoint", hart: hart.index, address, size, write };
      }
    }
  }

  /** Runs one instruction of the hart whose turn it is. */
  step(): Stop {
    return this.run(1);
  }

  /**
   * Runs until `limit` instructions were done, or something stops it sooner. An
   * exception counts as one, so that trap loops end too.
   */
  run(limit: number): Stop {
    let left = limit;
    this.#mayBreak = false;
    while (left > 0) {
      if (this.#stopRequested) {
        this.#stopRequested = false;
        return { kind: "requested" };
      }
      while (this.#events.length > 0 && this.#events[0].time <= this.#retired) this.#events.shift()?.action();
      const core = this.#choose();
      if (!core) {
        if (this.#events.length === 0) return { kind: "idle" };
        // Nothing runs before the next event, so time goes straight to it.
        this.#retired = this.#events[0].time;
        continue;
      }
      let budget = Math.min(left, this.cores.length > 1 ? core.turn : MOST_BUDGET, MOST_BUDGET);
      if (this.#events.length > 0) budget = Math.min(budget, this.#events[0].time - this.#retired);
      const stop = this.#runCore(core, budget);
      left -= this.#used;
      if (this.cores.length > 1) core.turn -= this.#used;
      if (stop) return stop;
    }
    return { kind: "limit" };
  }

  /** What the last `runCore` used of its budget. */
  #used = 0;
  /** Breakpoints hold: not at the instruction that a run starts with, so that it gets off one. */
  #mayBreak = false;

  /** Runs a hart until the budget is used up, it stops, or something outside it may have changed. */
  #runCore(core: Core, budget: number): Stop | undefined {
    this.#used = 0;
    const { hart, control } = core;
    while (this.#used < budget) {
      if (control.interruptsPossible) {
        const interrupt = control.pendingInterrupt();
        if (interrupt >= 0) control.trap(interrupt, 0n, true);
      }
      if (this.#engine && (this.#mayBreak || this.#breakpoints.size === 0)) {
        const done = this.#engine.run(core, budget - this.#used, this.#watches.length > 0);
        if (done > 0) {
          this.#used += done;
          this.#retired += done;
          control.retired += done;
          this.#mayBreak = true;
          continue;
        }
      }
      if (this.#mayBreak && this.#breakpoints.size > 0 && this.#breakpoints.has(hart.pcNumber)) {
        return { kind: "breakpoint", hart: hart.index, address: hart.pcNumber };
      }
      this.#mayBreak = true;
      this.#used++;
      const events = this.#events.length;
      const stop = this.#stepCore(core);
      if (stop) return stop;
      if (this.#stopRequested || core.waiting || core.parked || this.#events.length !== events)
        return undefined;
      if (core.turn <= 0) return undefined;
    }
    return undefined;
  }

  /** The hart whose turn it is; undefined where none can run. */
  #choose(): Core | undefined {
    const { cores } = this;
    const current = cores[this.#current];
    if (current.turn > 0 && !current.waiting && !current.parked) return current;
    current.turn = TURN;
    for (let i = 1; i <= cores.length; i++) {
      const index = (this.#current + i) % cores.length;
      const core = cores[index];
      if (core.waiting || core.parked) continue;
      if (index !== this.#current) {
        // Another hart may write what this one reserved; giving all reservations up is always allowed.
        for (const { hart } of cores) this.memory.words[(hart.base + at.HAS_RESERVATION) >> 2] = 0;
      }
      this.#current = index;
      return core;
    }
    return undefined;
  }

  #stepCore(core: Core): Stop | undefined {
    const outcome = core.evaluator.step();
    if (outcome === EXCEPTION) return this.#exception(core, core.evaluator.cause, core.evaluator.value);
    core.control.retired++;
    this.#retired++;
    if (outcome === WAITING && !core.control.mayWake) core.waiting = true;
    if (this.#watched) {
      const stop = this.#watched;
      this.#watched = undefined;
      return stop;
    }
    return undefined;
  }

  #exception(core: Core, code: number, value: bigint): Stop | undefined {
    this.#watched = undefined;
    const answer = this.environment.exception?.(core.hart, code, value) ?? "trap";
    if (answer === "resume") return undefined;
    if (answer !== "trap") return answer;
    if (!this.privileged) return { kind: "exception", hart: core.hart.index, cause: code, value };
    core.control.trap(code, value, false);
    return undefined;
  }

  /** All that a later `restore` needs: registers, control registers and memory. Devices and environment keep their own. */
  snapshot(): Snapshot {
    const { memory } = this;
    return {
      harts: this.cores.map(({ hart, waiting, parked, turn }) => ({
        block: memory.bytes.slice(hart.base, hart.base + at.TLB),
        waiting,
        parked,
        turn,
      })),
      regions: memory.regions.map((_, index) => usedPages(memory, index)),
      current: this.#current,
      retired: this.#retired,
    };
  }

  restore(snapshot: Snapshot): void {
    const { memory } = this;
    this.cores.length = Math.min(this.cores.length, snapshot.harts.length);
    while (this.cores.length < snapshot.harts.length) this.addHart();
    snapshot.harts.forEach(({ block, waiting, parked, turn }, i) => {
      const core = this.cores[i];
      memory.bytes.set(block, core.hart.base);
      core.waiting = waiting;
      core.parked = parked;
      core.turn = turn;
    });
    memory.regions.forEach(({ linear, size }, i) => {
      const pages = snapshot.regions[i];
      for (let page = 0; page < size; page += at.PAGE) {
        if (isUnmapped(memory, i, page) && !pages.has(page)) continue;
        const bytes = pages.get(page);
        if (bytes) memory.bytes.set(bytes, linear + page);
        else if (!isZero(memory.words, (linear + page) >>> 2))
          fillBytes(memory.bytes, 0, linear + page, linear + page + at.PAGE);
      }
    });
    this.#current = snapshot.current;
    this.#retired = snapshot.retired;
    this.instructionsChanged();
    for (const { hart } of this.cores) this.#translationChanged(hart);
  }
}

/** The state of a machine at one moment. */
export interface Snapshot {
  readonly harts: readonly {
    readonly block: Uint8Array;
    readonly waiting: boolean;
    readonly parked: boolean;
    readonly turn: number;
  }[];
  /** Of each region the pages that are not all zero, by their offset. */
  readonly regions: readonly ReadonlyMap<number, Uint8Array>[];
  readonly current: number;
  readonly retired: number;
}

function isZero(words: Int32Array, index: number): boolean {
  for (let i = index; i < index + at.PAGE / 4; i++) if (words[i] !== 0) return false;
  return true;
}

/** Whether a page is known to be all zero because nothing was ever given it, or it was taken back. */
function isUnmapped(memory: Memory, region: number, page: number): boolean {
  return region === 0 && memory.protection !== undefined && memory.protection[page / at.PAGE] === 0;
}

function usedPages(memory: Memory, region: number): Map<number, Uint8Array> {
  const { bytes, words } = memory;
  const { linear, size } = memory.regions[region];
  const pages = new Map<number, Uint8Array>();
  for (let page = 0; page < size; page += at.PAGE) {
    if (isUnmapped(memory, region, page)) continue;
    if (!isZero(words, (linear + page) >>> 2))
      pages.set(page, bytes.slice(linear + page, linear + page + at.PAGE));
  }
  return pages;
}
