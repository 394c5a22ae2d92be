import type { Hart } from "../hart.ts";
import type { Machine, Stop } from "../machine.ts";
import {
  bytesToHex,
  escapeBinary,
  framePacket,
  hexToBytes,
  littleEndianHex,
  littleEndianValue,
  PacketReader,
} from "./packets.ts";
import { allRegisters, describeTarget, type Register, registersOf, setAllRegisters } from "./registers.ts";

/**
 * GDB's remote protocol, its upper half: answers what GDB asks of a machine.
 * Harts are GDB's threads, numbered from 1. The server does no input or output:
 * whoever has the connection passes on what came (`receive`), calls `advance`
 * while it is `running`, and sends what `send` is given.
 */

/** A system that can be debugged. */
export interface Debuggee {
  readonly machine: Machine;
  readonly isLinux: boolean;
  /** Path of the program, as GDB may open it. */
  readonly program: string;
  /** Runs a number of instructions. */
  run(limit: number): DebugResult;
  /** Harts that are alive, the current one included. */
  harts(): readonly Hart[];
  threadName?(hart: Hart): string;
  /** Bytes of memory as the program sees it; undefined where there are none. */
  read(address: number, size: number): Uint8Array | undefined;
  write(address: number, bytes: Uint8Array): boolean;
  /** The auxiliary vector, for a Linux program. */
  readonly auxiliary?: Uint8Array;
  /** The signal that was held when the last run came back; 0 for none. */
  heldSignal?(): number;
  /** Lets the held signal happen, or forgets it. */
  releaseSignal?(deliver: boolean): void;
}

export type DebugResult =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number }
  | { readonly kind: "fault"; readonly cause: number }
  | { readonly kind: "input" | "deadlock" }
  | Exclude<Stop, { readonly kind: "exit" | "exception" | "idle" }>;

const SIGINT = 2;
const SIGTRAP = 5;
const PACKET = 0x4000;
/** Instructions between two looks at the connection. */
const SLICE = 5_000_000;
/** To step a hart, others may have to run first. */
const MOST_STEPS = 1_000_000;

/** GDB numbers signals in its own way; those of Linux that differ. */
const gdbSignals: Readonly<Record<number, number>> = {
  7: 10,
  10: 30,
  12: 31,
  17: 20,
  18: 19,
  19: 17,
  20: 18,
  23: 16,
  29: 23,
  30: 32,
  31: 12,
};

const hexNumber = (text: string) => Number.parseInt(text, 16);

export class GdbServer {
  readonly #debuggee: Debuggee;
  readonly #reader = new PacketReader();
  readonly #send: (text: string) => void;
  readonly #registers: readonly Register[];
  readonly #description: string;
  #current = 0;
  #stop = `T05`;
  #watches = new Map<string, { address: bigint; size: number }>();
  /** GDB waits for the program to stop. */
  running = false;
  /** The connection is to be closed: GDB went away, or the program was killed. */
  closed: "detached" | "killed" | undefined;
  /** How the program ended. */
  ended: DebugResult | undefined;

  constructor(debuggee: Debuggee, send: (text: string) => void) {
    this.#debuggee = debuggee;
    this.#send = send;
    this.#registers = registersOf(debuggee.machine.xlen);
    this.#description = describeTarget(debuggee.machine.xlen, this.#registers, debuggee.isLinux);
    this.#stop = this.#stopped(SIGTRAP, "");
  }

  /** Takes what came over the connection. */
  receive(text: string): void {
    const { incoming, reply } = this.#reader.push(text);
    if (reply !== "") this.#send(reply);
    for (const item of incoming) {
      if (item.kind === "interrupt") {
        if (this.running) this.#finish(this.#stopped(SIGINT, ""));
        continue;
      }
      const answer = this.#packet(item.data);
      if (answer !== undefined) this.#reply(answer);
      if (item.data === "QStartNoAckMode") this.#reader.acknowledge = false;
    }
  }

  #reply(data: string): void {
    this.#send(framePacket(data));
  }

  get #hart(): Hart {
    return this.#debuggee.machine.harts[this.#current] ?? this.#debuggee.machine.harts[0];
  }

  #stopped(signal: number, reason: string): string {
    this.#current = this.#debuggee.machine.lastHart.index;
    const hart = this.#hart;
    const number = (value: number) => value.toString(16).padStart(2, "0");
    const fast = [2, 8, 32]
      .map((i) => `${number(i)}:${littleEndianHex(this.#registers[i].get(hart), this.#registers[i].size)};`)
      .join("");
    return `T${number(signal)}${fast}thread:${(hart.index + 1).toString(16)};${reason}`;
  }

  #finish(stop: string): void {
    this.#stop = stop;
    this.running = false;
    this.#reply(stop);
  }

  /** Runs the program for a while; sends the reason when it stops. */
  advance(): void {
    if (!this.running) return;
    const result = this.#debuggee.run(SLICE);
    if (result.kind !== "limit") this.#report(result);
  }

  #report(result: DebugResult): void {
    switch (result.kind) {
      case "exit":
        this.ended = result;
        this.#finish(`W${result.code.toString(16).padStart(2, "0")}`);
        return;
      case "signal":
        this.ended = result;
        this.#finish(`X${(gdbSignals[result.signal] ?? result.signal).toString(16).padStart(2, "0")}`);
        return;
      case "fault":
        this.#finish(this.#stopped(result.cause === 2 ? 4 : 11, ""));
        return;
      case "breakpoint":
        this.#finish(this.#stopped(SIGTRAP, "swbreak:;"));
        return;
      case "watchpoint": {
        const kind = result.write ? "watch" : "rwatch";
        this.#finish(this.#stopped(SIGTRAP, `${kind}:${result.address.toString(16)};`));
        return;
      }
      case "requested": {
        const held = this.#debuggee.heldSignal?.() ?? 0;
        // A stop that nobody asked for but the machine itself: on it goes.
        if (held !== 0) this.#finish(this.#stopped(gdbSignals[held] ?? held, ""));
        return;
      }
      default:
        this.#finish(this.#stopped(SIGINT, ""));
    }
  }

  #step(thread: number): void {
    const wanted = thread > 0 ? thread - 1 : this.#current;
    for (let i = 0; i < MOST_STEPS; i++) {
      const result = this.#debuggee.run(1);
      if (result.kind !== "limit" && result.kind !== "breakpoint") {
        this.#report(result);
        if (!this.running) return;
      }
      if (this.#debuggee.machine.lastHart.index === wanted) break;
    }
    this.#finish(this.#stopped(SIGTRAP, ""));
  }

  /** Goes on after a stop: `signal` is what GDB passes to the program, 0 for none. */
  #resume(step: boolean, thread: number, signal: number): undefined {
    if (this.ended) {
      this.#reply(this.#stop);
      return undefined;
    }
    if ((this.#debuggee.heldSignal?.() ?? 0) !== 0) this.#debuggee.releaseSignal?.(signal !== 0);
    this.running = true;
    if (step) this.#step(thread);
    return undefined;
  }

  /** The answer to a packet; undefined if there is none, or none yet. "" says that it is not known. */
  #packet(data: string): string | undefined {
    const command = data[0];
    const rest = data.slice(1);
    switch (command) {
      case "?":
        return this.#stop;
      case "g":
        return allRegisters(this.#registers, this.#hart);
      case "G":
        setAllRegisters(this.#registers, this.#hart, rest);
        return "OK";
      case "p": {
        const register = this.#register(hexNumber(rest));
        return register ? littleEndianHex(register.get(this.#hart), register.size) : "E01";
      }
      case "P": {
        const [number, value] = rest.split("=");
        const register = this.#register(hexNumber(number));
        if (!register || value === undefined) return "E01";
        register.set(this.#hart, littleEndianValue(value));
        return "OK";
      }
      case "m": {
        const [address, size] = rest.split(",").map(hexNumber);
        const bytes = this.#debuggee.read(address, Math.min(size, PACKET / 2));
        return bytes ? bytesToHex(bytes) : "E14";
      }
      case "M":
      case "X": {
        const [head, body] = splitOnce(rest, ":");
        const [address, size] = head.split(",").map(hexNumber);
        const bytes = command === "M" ? hexToBytes(body) : Uint8Array.from(body, (c) => c.charCodeAt(0));
        if (bytes.length !== size) return "E01";
        return size === 0 || this.#debuggee.write(address, bytes) ? "OK" : "E14";
      }
      case "c":
        return this.#resume(false, 0, 0);
      case "C":
        return this.#resume(false, 0, hexNumber(rest.split(";")[0]));
      case "s":
        return this.#resume(true, 0, 0);
      case "S":
        return this.#resume(true, 0, hexNumber(rest.split(";")[0]));
      case "Z":
      case "z":
        return this.#point(command === "Z", rest);
      case "H": {
        const thread = hexNumber(rest.slice(1));
        if (rest[0] === "g" && thread > 0) this.#current = thread - 1;
        return "OK";
      }
      case "T":
        return this.#debuggee.harts().some(({ index }) => index + 1 === hexNumber(rest)) ? "OK" : "E01";
      case "D":
        this.closed = "detached";
        this.running = false;
        return "OK";
      case "k":
        this.closed = "killed";
        return undefined;
      case "v":
        return this.#verbose(data);
      case "q":
      case "Q":
        return this.#query(data);
      default:
        return "";
    }
  }

  #register(number: number): Register | undefined {
    return this.#registers.find((register) => register.number === number);
  }

  #point(insert: boolean, text: string): string {
    const [type, place, kind] = text.split(",");
    const { machine } = this.#debuggee;
    const address = hexNumber(place);
    if (type === "0" || type === "1") {
      if (insert) machine.addBreakpoint(address);
      else machine.removeBreakpoint(address);
      return "OK";
    }
    if (!"234".includes(type)) return "";
    const where = BigInt(`0x${place}`);
    const size = hexNumber(kind);
    const known = this.#watches.get(text);
    if (insert && !known) {
      machine.watch(where, size, type !== "2", type !== "3");
      this.#watches.set(text, { address: where, size });
    } else if (!insert && known) {
      machine.unwatch(where, size);
      this.#watches.delete(text);
    }
    return "OK";
  }

  #verbose(data: string): string | undefined {
    if (data === "vCont?") return "vCont;c;C;s;S";
    if (data.startsWith("vCont;")) {
      // Actions by thread, the first that fits holds; a hart that steps takes the others with it.
      const actions = data.slice(6).split(";");
      const stepping = actions.find((action) => /^[sS]/.test(action));
      const chosen = stepping ?? actions[0];
      const [what, thread] = chosen.split(":");
      const signal = what.length > 1 ? hexNumber(what.slice(1)) : 0;
      return this.#resume(stepping !== undefined, thread ? hexNumber(thread) : 0, signal);
    }
    if (data.startsWith("vKill")) {
      this.closed = "killed";
      return "OK";
    }
    return "";
  }

  #query(data: string): string {
    const [name] = data.split(/[:,]/);
    switch (name) {
      case "qSupported":
        return [
          `PacketSize=${PACKET.toString(16)}`,
          "QStartNoAckMode+",
          "qXfer:features:read+",
          "qXfer:exec-file:read+",
          ...(this.#debuggee.auxiliary ? ["qXfer:auxv:read+"] : []),
          "vContSupported+",
          "swbreak+",
          "hwbreak+",
        ].join(";");
      case "QStartNoAckMode":
        return "OK";
      case "qXfer":
        return this.#transfer(data);
      case "qAttached":
        return "1";
      case "qC":
        return `QC${(this.#current + 1).toString(16)}`;
      case "qfThreadInfo":
        return `m${this.#debuggee
          .harts()
          .map(({ index }) => (index + 1).toString(16))
          .join(",")}`;
      case "qsThreadInfo":
        return "l";
      case "qThreadExtraInfo": {
        const hart = this.#debuggee.machine.harts[hexNumber(data.split(",")[1]) - 1];
        const text = hart ? (this.#debuggee.threadName?.(hart) ?? `hart ${hart.index}`) : "";
        return bytesToHex(new TextEncoder().encode(text));
      }
      case "qSymbol":
        return "OK";
      case "qRcmd": {
        const text = new TextDecoder().decode(hexToBytes(data.split(",")[1] ?? ""));
        return bytesToHex(new TextEncoder().encode(this.#monitor(text.trim())));
      }
      default:
        return "";
    }
  }

  #monitor(command: string): string {
    if (command === "count") return `${this.#debuggee.machine.instructions} instructions\n`;
    return "monitor count: instructions executed so far\n";
  }

  #transfer(data: string): string {
    const [, object, , annex, range] = data.split(":");
    const [offset, length] = (range ?? "").split(",").map(hexNumber);
    let text: string | undefined;
    if (object === "features" && annex === "target.xml") text = this.#description;
    else if (object === "exec-file") text = this.#debuggee.program;
    else if (object === "auxv" && this.#debuggee.auxiliary)
      text = String.fromCharCode(...this.#debuggee.auxiliary);
    if (text === undefined || !(offset >= 0) || !(length >= 0)) return "E00";
    const part = text.slice(offset, offset + Math.min(length, PACKET / 2));
    return (offset + part.length < text.length ? "m" : "l") + escapeBinary(part);
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
