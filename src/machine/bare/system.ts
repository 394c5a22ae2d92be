import type { Report } from "../../diagnostics/index.ts";
import { readSymbols } from "../../elf/index.ts";
import { slot } from "../control.ts";
import type { Hart } from "../hart.ts";
import type { FileTree } from "../linux/file-tree.ts";
import { carryOut, type LoadOptions, type LoadPlan, planLoad } from "../load/plan.ts";
import { type Environment, Machine, type Stop, type Tier } from "../machine.ts";
import { Memory } from "../memory.ts";
import { type Board, boardFor } from "./board.ts";
import { finisher, uart } from "./devices.ts";
import { type Console, isSemihosting, Semihosting } from "./semihosting.ts";

/**
 * A board without an operating system, running an image. The program talks to
 * the outside by semihosting, by HTIF (it writes to `tohost`), or through the
 * UART; what it ends with is what one of them said.
 */

export interface BareOptions {
  readonly board?: Board;
  readonly console: Console;
  readonly files?: FileTree;
  readonly folder?: string;
  readonly commandLine: string;
  readonly load?: LoadOptions;
  readonly tier?: Tier;
  /** Seconds since 1970; virtual time if not given. */
  readonly time?: () => number;
}

export type BareResult =
  | { readonly kind: "exit"; readonly code: number }
  /** An exception, and no trap handler has been set. */
  | { readonly kind: "fault"; readonly hart: number; readonly cause: number; readonly value: bigint }
  | { readonly kind: "deadlock" }
  | Exclude<Stop, { readonly kind: "exit" | "exception" | "idle" }>;

/** HTIF is looked at after so many instructions: a store to `tohost` is an ordinary store. */
const HTIF_INTERVAL = 5000;

export interface BareWatcher {
  /** A semihosting request, after it was done. */
  request?(hart: Hart, operation: number, parameter: number, result: number): void;
}

export class BareSystem implements Environment {
  readonly machine: Machine;
  readonly memory: Memory;
  readonly plan: LoadPlan;
  readonly board: Board;
  readonly semihosting: Semihosting;
  readonly xlen: 32 | 64;
  watcher: BareWatcher = {};
  readonly #console: Console;
  readonly #tohost: number;
  readonly #fromhost: number;
  #exit: number | undefined;

  constructor(plan: LoadPlan, board: Board, options: BareOptions, report: Report) {
    this.plan = plan;
    this.board = board;
    this.xlen = plan.xlen;
    this.#console = options.console;
    this.memory = new Memory(board.regions);
    this.machine = new Machine({
      xlen: plan.xlen,
      memory: this.memory,
      harts: board.harts ?? 1,
      privileged: true,
      environment: this,
      tier: options.tier,
    });
    const { machine, memory } = this;
    if (board.uart !== undefined) memory.addDevice(board.uart, 0x100, uart(options.console));
    if (board.finisher !== undefined)
      memory.addDevice(
        board.finisher,
        0x1000,
        finisher((code) => this.#end(code)),
      );
    for (const { base, size, device } of board.devices ?? []) memory.addDevice(base, size, device);
    this.semihosting = new Semihosting(memory, {
      console: options.console,
      files: options.files,
      folder: options.folder,
      commandLine: options.commandLine,
      time: options.time ?? (() => 1_700_000_000 + Math.floor(machine.retired / 1e9)),
      elapsed: () => BigInt(machine.retired),
    });
    carryOut(plan, memory, report);
    for (const hart of machine.harts) {
      hart.pcNumber = board.entry ?? plan.entry;
      hart.setNumber(10, hart.index);
    }
    const symbols = plan.elf ? readSymbols(plan.elf) : [];
    const place = (name: string) => Number(symbols.find((symbol) => symbol.name === name)?.value ?? 0n);
    this.#tohost = place("tohost");
    this.#fromhost = place("fromhost");
  }

  #end(code: number): void {
    this.#exit ??= code;
    this.machine.requestStop();
  }

  /** Runs until the program ends, or the machine stops; at most so many instructions. */
  run(limit: number): BareResult {
    const { machine } = this;
    let left = limit;
    for (;;) {
      if (this.#exit !== undefined) return { kind: "exit", code: this.#exit };
      if (left <= 0) return { kind: "limit" };
      const slice = this.#tohost !== 0 ? Math.min(left, HTIF_INTERVAL) : left;
      const stop = machine.run(slice);
      left -= slice;
      if (this.#tohost !== 0) this.#serveHost();
      if (this.#exit !== undefined) return { kind: "exit", code: this.#exit };
      if (stop.kind === "limit") continue;
      if (stop.kind === "idle") return { kind: "deadlock" };
      if (stop.kind === "exception") return { ...stop, kind: "fault" };
      return stop;
    }
  }

  exception(hart: Hart, cause: number, value: bigint): "trap" | "resume" | Stop {
    if (cause === 3 && isSemihosting(this.memory, hart.pcNumber)) {
      const operation = hart.number(10);
      const parameter = hart.number(11);
      this.semihosting.call(hart);
      this.watcher.request?.(hart, operation, parameter, hart.signed(10));
      hart.pcNumber += 4;
      if (this.semihosting.exit !== undefined) this.#end(this.semihosting.exit);
      return "resume";
    }
    // Without a handler a trap would jump to address 0 and trap again, for ever.
    const { control } = this.machine.cores[hart.index];
    if (control.get(slot.mtvec) === 0n && control.get(slot.stvec) === 0n)
      return { kind: "exception", hart: hart.index, cause, value };
    return "trap";
  }

  /** HTIF: device, command and payload in one word; device 0 is exit and system calls, 1 the console. */
  #serveHost(): void {
    const { memory } = this;
    const request = memory.read64(this.#tohost) ?? 0n;
    if (request === 0n) return;
    const device = Number(request >> 56n);
    const command = Number((request >> 48n) & 0xffn);
    const payload = request & 0xffffffffffffn;
    let answer = 0n;
    if (device === 0 && command === 0) {
      if ((payload & 1n) !== 0n) {
        this.#end(Number((payload >> 1n) & 0xffn));
        return;
      }
      this.#hostCall(Number(payload));
      answer = 1n;
    } else if (device === 1 && command === 1) {
      this.#console.write(Uint8Array.of(Number(payload & 0xffn)), false);
      answer = 0x0101n << 48n;
    } else if (device === 1 && command === 0) {
      const byte = new Uint8Array(1);
      if (this.#console.read(byte) !== 1) return;
      answer = (0x0100n << 48n) | BigInt(byte[0]);
    }
    memory.write64(this.#tohost, 0n);
    if (this.#fromhost !== 0) memory.write64(this.#fromhost, answer);
  }

  /** A system call of the proxy kernel's kind: eight words at `block`; only write and exit are served. */
  #hostCall(block: number): void {
    const word = (index: number) => Number(this.memory.read64(block + 8 * index) ?? 0n);
    let result = -38n;
    if (word(0) === 64) {
      const bytes = this.memory.slice(word(2), word(3));
      if (bytes) this.#console.write(bytes.slice(), word(1) === 2);
      result = bytes ? BigInt(bytes.length) : -14n;
    } else if (word(0) === 93) this.#end(word(1) & 255);
    this.memory.write64(block, result);
  }
}

/** Loads an image onto a board; undefined, with diagnostics, if that cannot be. */
export function startBare(
  bytes: Uint8Array,
  name: string,
  options: BareOptions,
  report: Report,
): BareSystem | undefined {
  const placement = options.board?.placement ?? "physical";
  const plan = planLoad(bytes, name, report, { placement, ...options.load });
  if (!plan) return undefined;
  const board = options.board ?? boardFor(plan);
  if (!board) {
    report.error("RUN0204", name, "its segments are too far apart for a board of its own: describe one");
    return undefined;
  }
  const system = new BareSystem(plan, board, options, report);
  return report.hasErrors ? undefined : system;
}
