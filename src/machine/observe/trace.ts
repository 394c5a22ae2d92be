import { Disassembler, integerNames, isa } from "../../riscv/index.ts";
import type { Hart } from "../hart.ts";
import { errorName } from "../linux/errors.ts";
import { isError, type LinuxProcess, NOTHING, type ProcessWatcher, WAIT } from "../linux/process.ts";
import { SIGNAL_NAMES } from "../linux/signals.ts";
import { allExtensions, type Machine, type Stop } from "../machine.ts";
import type { CallWatcher, Frame } from "./calls.ts";
import type { StepObserver } from "./step.ts";
import type { ProgramSymbols } from "./symbols.ts";

/** What a program does, as lines of text: instructions, calls, memory accesses, system calls. */

/** Which instructions are shown: all, or those in some functions or ranges of addresses. */
export class TraceFilter {
  readonly #ranges: readonly { readonly start: number; readonly end: number }[];
  /** Texts of the filter that name nothing. */
  readonly unknown: readonly string[];

  constructor(texts: readonly string[], symbols: ProgramSymbols) {
    const ranges: { start: number; end: number }[] = [];
    const unknown: string[] = [];
    for (const text of texts) {
      const range = /^(0x[0-9a-f]+)-(0x[0-9a-f]+)$/i.exec(text);
      if (range) {
        ranges.push({ start: Number(range[1]), end: Number(range[2]) });
        continue;
      }
      const found = symbols.functions.filter(({ name, symbol }) => symbol === text || name === text);
      const loose =
        found.length > 0 ? found : symbols.functions.filter(({ name }) => name.startsWith(`${text}(`));
      if (loose.length === 0) unknown.push(text);
      for (const { start, end } of loose) ranges.push({ start, end });
    }
    this.#ranges = ranges;
    this.unknown = unknown;
  }

  allows(address: number): boolean {
    const ranges = this.#ranges;
    return ranges.length === 0 || ranges.some(({ start, end }) => address >= start && address < end);
  }
}

export type Print = (line: string) => void;

const hex = (value: number | bigint, digits = 0) => `0x${value.toString(16).padStart(digits, "0")}`;

/** One line for each instruction: address, place, text, and the registers that it changed. */
export class InstructionTrace implements StepObserver {
  readonly #disassembler: Disassembler;
  readonly #symbols: ProgramSymbols;
  readonly #filter: TraceFilter;
  readonly #print: Print;
  readonly #manyHarts: boolean;
  readonly #before: bigint[][] = [];

  constructor(machine: Machine, symbols: ProgramSymbols, filter: TraceFilter, print: Print) {
    this.#symbols = symbols;
    this.#filter = filter;
    this.#print = print;
    this.#manyHarts = machine.harts.length > 1;
    const extensions = allExtensions.filter((name) => name !== "zcf" || machine.xlen === 32);
    this.#disassembler = new Disassembler(isa(machine.xlen, extensions), {
      address: (low, high) => symbols.place((high >>> 0) * 2 ** 32 + (low >>> 0)),
    });
    for (const hart of machine.harts) this.#remember(hart);
  }

  #remember(hart: Hart): bigint[] {
    let values = this.#before[hart.index];
    if (!values) {
      values = [];
      this.#before[hart.index] = values;
    }
    for (let i = 1; i < 32; i++) {
      values[i] = hart.x(i);
      values[32 + i] = hart.f(i);
    }
    values[32] = hart.f(0);
    return values;
  }

  #changes(hart: Hart): string {
    const values = this.#before[hart.index] ?? this.#remember(hart);
    const changed: string[] = [];
    for (let i = 1; i < 32; i++) {
      const now = hart.x(i);
      if (now !== values[i]) changed.push(`${integerNames[i]}=${hex(now)}`);
      values[i] = now;
    }
    for (let i = 0; i < 32; i++) {
      const now = hart.f(i);
      if (now !== values[32 + i]) changed.push(`f${i}=${hex(now)}`);
      values[32 + i] = now;
    }
    return changed.join(" ");
  }

  step(hart: Hart, pc: number, word: number): void {
    const changes = this.#changes(hart);
    if (!this.#filter.allows(pc)) return;
    const disassembler = this.#disassembler;
    disassembler.printWord(word, pc | 0, Math.floor(pc / 2 ** 32) | 0);
    const text = `${disassembler.mnemonic} ${disassembler.operands}`.trimEnd();
    const who = this.#manyHarts ? `[${hart.index}] ` : "";
    const place = this.#symbols.place(pc);
    this.#print(`${who}${hex(pc)} ${place.padEnd(24)} ${text.padEnd(32)} ${changes}`.trimEnd());
  }
}

/** One line for each call and return, indented by depth. */
export class CallTrace implements CallWatcher {
  readonly #symbols: ProgramSymbols;
  readonly #filter: TraceFilter;
  readonly #print: Print;

  constructor(symbols: ProgramSymbols, filter: TraceFilter, print: Print) {
    this.#symbols = symbols;
    this.#filter = filter;
    this.#print = print;
  }

  #name(frame: Frame): string {
    return frame.function >= 0 ? this.#symbols.functions[frame.function].name : "(no symbol)";
  }

  #shown(frame: Frame): boolean {
    const info = this.#symbols.functions[frame.function];
    return this.#filter.allows(info ? info.start : -1) || this.#filter.allows(frame.caller);
  }

  enter(hart: Hart, frame: Frame, depth: number): void {
    if (!this.#shown(frame)) return;
    const values = [10, 11, 12, 13].map((register) => hex(hart.x(register))).join(", ");
    const from = frame.caller >= 0 ? `  from ${this.#symbols.place(frame.caller)}` : "";
    this.#print(`${"  ".repeat(Math.min(depth, 60))}${this.#name(frame)}(${values})${from}`);
  }

  leave(hart: Hart, frame: Frame, depth: number): void {
    if (!this.#shown(frame)) return;
    this.#print(`${"  ".repeat(Math.min(depth, 60))}${this.#name(frame)} = ${hex(hart.x(10))}`);
  }
}

/** One line for each load and store, with what is in memory then. */
export function printAccess(
  machine: Machine,
  symbols: ProgramSymbols,
  filter: TraceFilter,
  print: Print,
): (pc: number, stop: Extract<Stop, { kind: "watchpoint" }>) => void {
  return (pc, { address, size, write }) => {
    if (!filter.allows(pc)) return;
    const bytes = machine.memory.slice(Number(address), size);
    let value = 0n;
    if (bytes) for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    const shown = bytes ? hex(value, size * 2) : "(device)";
    print(`${symbols.place(pc)}: ${write ? "store" : "load"} ${size} ${hex(address)} ${shown}`);
  };
}

/** Bytes as a quoted string, cut after 32. */
function quoted(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, 32)) {
    if (byte === 10) text += "\\n";
    else if (byte === 9) text += "\\t";
    else if (byte === 34 || byte === 92) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"${bytes.length > 32 ? "..." : ""}`;
}

/** System calls and signals, as strace shows them. */
export function systemCallTrace(process: LinuxProcess, print: Print): ProcessWatcher {
  const argument = (kind: string, args: Float64Array, index: number): string => {
    const value = args[index];
    const word = value < 0 && process.xlen === 64 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
    switch (kind) {
      case "d":
        return String(process.xlen === 32 || Math.abs(value) < 2 ** 31 ? value | 0 : value);
      case "u":
        return String(word);
      case "o":
        return `0${(value >>> 0).toString(8)}`;
      case "s": {
        const text = process.text(value);
        return text === undefined ? hex(word) : quoted(new TextEncoder().encode(text));
      }
      case "b": {
        const bytes = process.read(value, Math.min(args[index + 1], 64));
        return bytes ? quoted(bytes) : hex(word);
      }
      case "p":
        return value === 0 ? "NULL" : hex(word);
      default:
        return hex(word);
    }
  };
  const resultText = (result: number, shape: string): string => {
    if (result === WAIT) return "(waits)";
    if (result === NOTHING) return "?";
    if (isError(result)) return `-1 ${errorName(-result)}`;
    return shape.startsWith("p") && result > 65536 ? hex(result) : String(result);
  };
  return {
    call(thread, call, number, args, result) {
      const who = process.threads.length > 1 ? `[${thread.id}] ` : "";
      const shape = call?.shape ?? "xxxxxx";
      const shown = [...shape].map((kind, index) => argument(kind, args, index)).join(", ");
      print(`${who}${call?.name ?? `syscall_${number}`}(${shown}) = ${resultText(result, shape)}`);
    },
    signal(_thread, info) {
      print(
        `--- ${SIGNAL_NAMES[info.signal] ?? info.signal} {si_code=${info.code}, si_addr=${hex(info.value)}} ---`,
      );
    },
  };
}
