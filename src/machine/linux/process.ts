import type { Report } from "../../diagnostics/index.ts";
import type { Hart } from "../hart.ts";
import { MAX_HARTS } from "../layout.ts";
import { carryOut, type LoadPlan } from "../load/plan.ts";
import type { Environment, Machine, Snapshot, Stop } from "../machine.ts";
import type { Memory } from "../memory.ts";
import {
  AddressSpace,
  PAGE_SIZE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type SavedSpace,
} from "./address-space.ts";
import { type Call, callsFor } from "./calls.ts";
import { Descriptors, O_RDWR, type SavedDescriptors, type Stream } from "./descriptors.ts";
import { EAGAIN, EFAULT, EINTR, ENOSYS, ETIMEDOUT } from "./errors.ts";
import type { FileTree } from "./file-tree.ts";
import { SeededRandom } from "./random.ts";
import { ReplayedStream, type StreamMark } from "./replay.ts";
import {
  bitOf,
  deliverSignals,
  isIgnored,
  nextSignal,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SI_KERNEL,
  SIG_DFL,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  type SignalAction,
  writeInfo,
} from "./signals.ts";
import { layOutStack, type StackContents } from "./stack.ts";
import { newThread, type SignalInfo, type Thread, type Waiting } from "./thread.ts";
import { unsupportedCall } from "./unsupported.ts";

/**
 * A Linux process on our harts: what the kernel keeps, and what it does when a
 * program asks. There is no kernel in the machine; an `ecall` and every fault
 * come here (`exception`), and the machine goes on with what is in the
 * registers then. Each thread has a hart, whose turns the machine orders by
 * instruction count, so that a run depends on nothing outside. A thread that
 * waits is a parked hart.
 */

export interface Clock {
  /** Nanoseconds since 1970. */
  realTime(): bigint;
  /** Nanoseconds since some start. */
  monotonic(): bigint;
  /** Nothing will happen for so long. */
  sleep(nanoseconds: bigint): void;
}

export type ProcessEnd =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number; readonly info: SignalInfo };

export type RunResult =
  | ProcessEnd
  /** Every thread waits for input that is not there yet. */
  | { readonly kind: "input" }
  /** Every thread waits for another. */
  | { readonly kind: "deadlock" }
  /** The machine stopped for another reason. */
  | Exclude<Stop, { readonly kind: "exit" | "exception" | "idle" }>;

export interface ProcessOptions {
  readonly path: string;
  readonly arguments: readonly string[];
  readonly environment?: readonly string[];
  readonly files?: FileTree;
  /** The directory that relative paths start in. */
  readonly folder?: string;
  readonly input: Stream;
  readonly output: Stream;
  readonly errors: Stream;
  readonly clock?: Clock;
  readonly seed?: number;
  /** Bytes of stack. */
  readonly stackSize?: number;
}

/** Virtual time is a number of instructions; what would be after 52 days never happens. */
const LAST_MOMENT = 2n ** 52n;

/** Signals of one number, above 31, that wait for a thread. */
const MOST_PENDING = 1024;

/** While threads sleep and others run, the host's clock is looked at after so many instructions. */
const CLOCK_INTERVAL = 200_000;
const DEFAULT_STACK = 8 * 1024 * 1024;

/** A process at one moment. */
export interface ProcessSnapshot {
  readonly machine: Snapshot;
  readonly space: SavedSpace;
  readonly descriptors: SavedDescriptors;
  readonly threads: readonly Thread[];
  readonly actions: readonly SignalAction[];
  readonly random: readonly number[];
  readonly nextThread: number;
  readonly end: ProcessEnd | undefined;
  readonly streams: readonly StreamMark[];
}

/** Told of what happens between program and kernel; all are optional. */
export interface ProcessWatcher {
  call?(thread: Thread, call: Call | undefined, number: number, args: Float64Array, result: number): void;
  signal?(thread: Thread, info: SignalInfo): void;
  /** A handler was set for a signal. */
  action?(signal: number, handler: number): void;
  unsupported?(what: string): void;
}

/** A system call's result when the thread must wait, and when there is nothing to store. */
export const WAIT = 1e15;
export const NOTHING = 1e15 + 1;

export class LinuxProcess implements Environment {
  readonly machine: Machine;
  readonly memory: Memory;
  readonly plan: LoadPlan;
  readonly xlen: 32 | 64;
  readonly space: AddressSpace;
  readonly descriptors: Descriptors;
  readonly options: ProcessOptions;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly threads: Thread[] = [];
  readonly actions: SignalAction[] = Array.from({ length: 65 }, () => ({
    handler: SIG_DFL,
    flags: 0,
    mask: 0n,
  }));
  readonly id = 1000;
  readonly stack: StackContents;
  watcher: ProcessWatcher = {};
  /** Where handlers return to. */
  signalReturn = 0;
  end: ProcessEnd | undefined;
  #nextThread = 1000;
  #armed = false;
  readonly #calls: readonly (Call | undefined)[];
  readonly #unsupported = new Set<string>();

  /** Loads a program into a machine in user mode, whose first region holds all of it. */
  constructor(machine: Machine, plan: LoadPlan, options: ProcessOptions, report: Report) {
    this.machine = machine;
    this.memory = machine.memory;
    this.plan = plan;
    this.xlen = plan.xlen;
    this.options = options;
    this.random = new SeededRandom(options.seed ?? 1);
    this.clock = options.clock ?? virtualClock(machine);
    this.#calls = callsFor(plan.xlen);
    this.space = new AddressSpace(machine.memory);
    const none: Stream = { kind: "character", read: () => 0, write: (bytes) => bytes.length };
    this.descriptors = new Descriptors(options.files, options.folder ?? "/", {
      "/dev/null": () => none,
      "/dev/zero": () => ({ ...none, read: (into) => into.fill(0).length }),
      "/dev/urandom": () => this.#randomStream(),
      "/dev/random": () => this.#randomStream(),
      "/dev/tty": () => ({ ...options.input, write: (bytes) => options.output.write(bytes) }),
    });
    this.descriptors.addStream("/dev/stdin", options.input, O_RDWR);
    this.descriptors.addStream("/dev/stdout", options.output, O_RDWR);
    this.descriptors.addStream("/dev/stderr", options.errors, O_RDWR);
    this.#mapProgram();
    carryOut(plan, machine.memory, report);
    this.stack = this.#makeStack();
    machine.environment = this;
    for (const hart of machine.harts) machine.park(hart, true);
    const thread = this.addThread();
    if (!thread) throw new Error("machine: no hart for the first thread");
    thread.hart.setNumber(2, this.stack.pointer);
    thread.hart.pcNumber = plan.entry;
  }

  #randomStream(): Stream {
    return {
      kind: "character",
      read: (into) => {
        this.random.fill(into);
        return into.length;
      },
      write: (bytes) => bytes.length,
    };
  }

  #mapProgram(): void {
    for (const { segment, runAddress, size, flags } of this.plan.steps) {
      const protection =
        (flags & 4 ? PROT_READ : 0) | (flags & 2 ? PROT_WRITE : 0) | (flags & 1 ? PROT_EXEC : 0);
      // Bytes and zeros of one segment share a page; the second step must not unmap the first.
      const from = Math.floor(runAddress / PAGE_SIZE) * PAGE_SIZE;
      const shared = this.space.at(from);
      const start = shared && shared.name === `${this.plan.name}#${segment}` ? shared.end : from;
      if (runAddress + size > start)
        this.space.map(start, runAddress + size - start, protection, `${this.plan.name}#${segment}`);
    }
    this.space.startBrk(this.plan.end);
  }

  #makeStack(): StackContents {
    const { space, options } = this;
    const size = Math.ceil((options.stackSize ?? DEFAULT_STACK) / PAGE_SIZE) * PAGE_SIZE;
    const top = space.limit - PAGE_SIZE;
    const trampoline = top - PAGE_SIZE;
    space.map(trampoline, PAGE_SIZE, PROT_READ | PROT_EXEC, "[sigreturn]");
    // li a7, 139 (rt_sigreturn); ecall
    this.memory.write32(trampoline, 0x08b00893);
    this.memory.write32(trampoline + 4, 0x00000073);
    this.signalReturn = trampoline;
    const stackTop = trampoline - PAGE_SIZE;
    space.map(stackTop - size, size, PROT_READ | PROT_WRITE, "[stack]");
    // A gap, so that a stack that overflows meets no mapping.
    space.mapTop = stackTop - size - 256 * PAGE_SIZE;
    const random = new Uint8Array(16);
    this.random.fill(random);
    const encode = (text: string) => new TextEncoder().encode(text);
    const contents = layOutStack(
      this.plan,
      stackTop,
      options.path,
      options.arguments.map(encode),
      (options.environment ?? []).map(encode),
      random,
    );
    this.memory.write(contents.pointer, contents.bytes);
    return contents;
  }

  /** A new thread on a free hart; undefined if there is none. */
  addThread(): Thread | undefined {
    const { machine } = this;
    const used = new Set(this.threads.map(({ hart }) => hart.index));
    let hart = machine.harts.find(({ index }) => !used.has(index));
    if (!hart && machine.harts.length < MAX_HARTS) hart = machine.addHart();
    if (!hart) return undefined;
    machine.park(hart, false);
    const thread = newThread(this.#nextThread++, hart);
    this.threads.push(thread);
    return thread;
  }

  // Memory as system calls see it: only what the program itself may touch.

  read(address: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    return this.space.allows(address, size, PROT_READ)
      ? this.memory.slice(address, size)?.slice()
      : undefined;
  }

  /** The program's bytes themselves, to be filled; call `memory.wrote` afterwards. */
  writable(address: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    return this.space.allows(address, size, PROT_WRITE) ? this.memory.slice(address, size) : undefined;
  }

  write(address: number, bytes: Uint8Array): boolean {
    return this.space.allows(address, bytes.length, PROT_WRITE) && this.memory.write(address, bytes);
  }

  /** A string that ends with a zero byte; undefined where it is not readable. */
  text(address: number): string | undefined {
    if (!this.space.allows(address, 1, PROT_READ)) return undefined;
    const bytes = this.memory.readString(address, 65536);
    return bytes && this.space.allows(address, bytes.length, PROT_READ)
      ? new TextDecoder().decode(bytes)
      : undefined;
  }

  /** A `long` or pointer of the program. */
  readLong(address: number): number | undefined {
    if (!this.space.allows(address, this.xlen / 8, PROT_READ)) return undefined;
    if (this.xlen === 32) return this.memory.read32(address);
    const value = this.memory.read64(address);
    return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
  }

  note(what: string): void {
    if (this.#unsupported.has(what)) return;
    this.#unsupported.add(what);
    this.watcher.unsupported?.(what);
  }

  /** Sends a signal to a thread, or to any that does not block it. */
  signal(info: SignalInfo, target?: Thread): void {
    const thread =
      target ?? this.threads.find(({ mask }) => (mask & bitOf(info.signal)) === 0n) ?? this.threads[0];
    const { waiting } = thread;
    if (waiting?.kind === "signal" && waiting.takes && (waiting.set & bitOf(info.signal)) !== 0n) {
      this.wake(thread, writeInfo(this, thread.hart.number(11), info) ? info.signal : -EFAULT);
      return;
    }
    if (isIgnored(this, info.signal)) return;
    // Signals are told apart only from 32 on; of the others one waits, and of these not without end.
    const same = thread.pending.filter(({ signal }) => signal === info.signal).length;
    if (same >= (info.signal < 32 ? 1 : MOST_PENDING)) return;
    thread.pending.push(info);
    if ((thread.mask & bitOf(info.signal)) !== 0n) return;
    if (waiting) this.wake(thread, -EINTR);
    // A thread in a call gets its signal when the call is done.
    if (thread !== this.#calling) deliverSignals(this, thread);
  }

  #calling: Thread | undefined;

  /** For a debugger: signals are held before they happen, and the machine stops. */
  holdSignals = false;
  #held: Thread | undefined;

  /** The signal that is held now. */
  get held(): SignalInfo | undefined {
    return this.#held && nextSignal(this.#held);
  }

  /** Lets the held signal happen, or forgets it. */
  release(deliver: boolean): void {
    const thread = this.#held;
    this.#held = undefined;
    if (!thread) return;
    const info = nextSignal(thread);
    if (deliver) deliverSignals(this, thread);
    else if (info) thread.pending.splice(thread.pending.indexOf(info), 1);
  }

  /** Parks a thread until it is woken. */
  wait(thread: Thread, waiting: Waiting): number {
    thread.waiting = waiting;
    this.machine.park(thread.hart, true);
    this.#arm();
    return WAIT;
  }

  /** Ends a wait with the result of the call that began it. */
  wake(thread: Thread, result: number): void {
    thread.waiting = undefined;
    thread.hart.setNumber(10, result);
    this.machine.park(thread.hart, false);
  }

  endBySignal(info: SignalInfo): void {
    this.#finish({ kind: "signal", signal: info.signal, info });
  }

  exit(code: number): void {
    this.#finish({ kind: "exit", code: code & 255 });
  }

  #finish(end: ProcessEnd): void {
    this.end ??= end;
    // A process that may be gone back to keeps its files.
    if (this.#streams().length === 0) this.descriptors.closeAll();
    this.machine.requestStop();
  }

  /** Wakes up to `count` threads that wait at an address; returns how many. */
  wakeFutex(address: number, count: number, bits = -1): number {
    let woken = 0;
    for (const thread of this.threads) {
      if (woken >= count) break;
      const { waiting } = thread;
      if (waiting?.kind !== "futex" || waiting.address !== address || (waiting.bits & bits) === 0) continue;
      this.wake(thread, 0);
      woken++;
    }
    return woken;
  }

  endThread(thread: Thread): void {
    if (thread.clearAt !== 0 && this.write(thread.clearAt, new Uint8Array(4)))
      this.wakeFutex(thread.clearAt, 1);
    this.threads.splice(this.threads.indexOf(thread), 1);
    this.machine.park(thread.hart, true);
  }

  /** Runs until the process ends, or the machine stops; at most so many instructions. */
  run(limit: number): RunResult {
    if (this.end) return this.end;
    const last = this.machine.retired + limit;
    for (;;) {
      const stop = this.machine.run(Math.max(0, last - this.machine.retired));
      if (this.end) return this.end;
      if (stop.kind === "idle")
        return {
          kind: this.threads.some(({ waiting }) => waiting?.kind === "input" || waiting?.kind === "poll")
            ? "input"
            : "deadlock",
        };
      if (stop.kind === "exit") return { kind: "exit", code: stop.code };
      // What stopped the machine was a process that has ended, or its own request.
      if (stop.kind !== "exception") return stop;
    }
  }

  exception(hart: Hart, cause: number, value: bigint): "trap" | "resume" | Stop {
    if (this.end) return { kind: "exit", code: 0 };
    const thread = this.threads.find((candidate) => candidate.hart === hart);
    if (!thread) throw new Error(`machine: hart ${hart.index} runs without a thread`);
    this.#calling = thread;
    if (cause === 8) {
      hart.pcNumber += 4;
      this.#call(thread);
    } else this.#fault(thread, cause, Number(value));
    this.#calling = undefined;
    if (this.end || thread.waiting !== undefined) return "resume";
    if (this.holdSignals && nextSignal(thread)) {
      this.#held = thread;
      return { kind: "requested" };
    }
    deliverSignals(this, thread);
    return "resume";
  }

  #callAgain(thread: Thread): void {
    const { waiting } = thread;
    thread.until = waiting?.kind === "poll" ? waiting.deadline : undefined;
    thread.waiting = undefined;
    this.machine.park(thread.hart, false);
    this.#call(thread);
  }

  /** There is input now: who waited for it asks again. */
  inputArrived(): void {
    for (const thread of [...this.threads]) {
      if (thread.waiting?.kind === "input" || thread.waiting?.kind === "poll") this.#callAgain(thread);
    }
  }

  /**
   * The process at one moment: the machine, and what the kernel keeps. What is in
   * files, and what streams have given and taken, is the host's; `ReplayedStream`
   * makes streams that can be gone back in.
   */
  snapshot(): ProcessSnapshot {
    return {
      machine: this.machine.snapshot(),
      space: this.space.save(),
      descriptors: this.descriptors.save(),
      threads: this.threads.map((thread) => ({ ...thread, pending: [...thread.pending] })),
      actions: [...this.actions],
      random: this.random.state,
      nextThread: this.#nextThread,
      end: this.end,
      streams: this.#streams().map((stream) => stream.mark()),
    };
  }

  restore(saved: ProcessSnapshot): void {
    this.machine.restore(saved.machine);
    this.space.restore(saved.space);
    this.descriptors.restore(saved.descriptors);
    const threads = saved.threads.map((thread) => ({
      ...thread,
      hart: this.machine.harts[thread.hart.index],
      pending: [...thread.pending],
    }));
    this.threads.splice(0, this.threads.length, ...threads);
    this.actions.splice(0, this.actions.length, ...saved.actions);
    this.random.state = saved.random;
    this.#nextThread = saved.nextThread;
    this.end = saved.end;
    for (const [i, stream] of this.#streams().entries()) stream.goTo(saved.streams[i]);
    this.#arm();
  }

  #streams(): ReplayedStream[] {
    const { input, output, errors } = this.options;
    return [...new Set([input, output, errors])].filter((stream) => stream instanceof ReplayedStream);
  }

  /** Has sleepers woken when their time has come. */
  #arm(): void {
    if (this.#armed) return;
    const deadline = this.#earliest();
    if (deadline === undefined) return;
    this.#armed = true;
    const left = Number(deadline - this.clock.monotonic());
    // Virtual time is instructions; the host's clock has to be looked at.
    this.machine.schedule(this.options.clock ? Math.min(left, CLOCK_INTERVAL) : left, () => {
      this.#armed = false;
      const running = this.threads.some(({ waiting }) => waiting === undefined);
      const earliest = this.#earliest();
      if (!running && earliest !== undefined) this.clock.sleep(earliest - this.clock.monotonic());
      this.#wakeSleepers();
      this.#arm();
    });
  }

  #earliest(): bigint | undefined {
    let earliest: bigint | undefined;
    for (const { waiting } of this.threads) {
      if (!waiting || !("deadline" in waiting) || waiting.deadline === undefined) continue;
      if (!this.options.clock && waiting.deadline > LAST_MOMENT) continue;
      if (earliest === undefined || waiting.deadline < earliest) earliest = waiting.deadline;
    }
    return earliest;
  }

  #wakeSleepers(): void {
    const now = this.clock.monotonic();
    for (const thread of this.threads) {
      const { waiting } = thread;
      if (!waiting || !("deadline" in waiting) || waiting.deadline === undefined) continue;
      if (now < waiting.deadline) continue;
      if (waiting.kind === "poll") {
        this.#callAgain(thread);
        deliverSignals(this, thread);
        continue;
      }
      this.wake(thread, waiting.kind === "sleep" ? 0 : waiting.kind === "futex" ? -ETIMEDOUT : -EAGAIN);
    }
  }

  #call(thread: Thread): void {
    const { hart } = thread;
    const number = hart.signed(17);
    const args = new Float64Array(6);
    for (let i = 0; i < 6; i++) args[i] = this.xlen === 64 ? hart.signed(10 + i) : hart.number(10 + i);
    const call = this.#calls[number];
    let result: number;
    if (call) result = call.run(this, thread, args);
    else {
      result = -ENOSYS;
      this.note(unsupportedCall(number));
    }
    this.watcher.call?.(thread, call, number, args, result);
    if (result !== WAIT && result !== NOTHING) hart.setNumber(10, result);
  }

  #fault(thread: Thread, cause: number, value: number): void {
    const info = this.#signalOf(cause, value, thread);
    // A fault cannot be put off: if its signal is blocked or ignored, it ends the process.
    const { signal } = info;
    if ((thread.mask & bitOf(signal)) !== 0n || this.actions[signal].handler === 1) this.endBySignal(info);
    else thread.pending.push(info);
    this.watcher.signal?.(thread, info);
  }

  #signalOf(cause: number, value: number, thread: Thread): SignalInfo {
    switch (cause) {
      case 0:
      case 4:
      case 6:
        return { signal: SIGBUS, code: 1, value };
      case 2:
        return { signal: SIGILL, code: 1, value: thread.hart.pcNumber };
      case 3:
        return { signal: SIGTRAP, code: 1, value: thread.hart.pcNumber };
      case 1:
      case 5:
      case 7:
      case 12:
      case 13:
      case 15:
        return { signal: SIGSEGV, code: this.space.at(value) ? SEGV_ACCERR : SEGV_MAPERR, value };
      default:
        return { signal: SIGFPE, code: SI_KERNEL, value };
    }
  }
}

/** Time is what was computed: a nanosecond for each instruction. The machine skips what is slept. */
function virtualClock(machine: Machine): Clock {
  const start = 1_700_000_000_000_000_000n;
  const now = () => BigInt(machine.retired);
  return { realTime: () => start + now(), monotonic: now, sleep() {} };
}

/** Whether a result is an error: the kernel's range of -4095 to -1. */
export function isError(result: number): boolean {
  return result < 0 && result >= -4095;
}
