// One instruction at a time, exactly: the meaning's tree is walked, values are
// bigints. This is the machine's reference. It also does all that is rare or
// has wide effects, so that compiled code need not: control registers, traps,
// devices, accesses that cross pages, watchpoints. Compiled code that meets such
// a thing stops before the instruction and leaves it to `step`.
import type { Call, Expression, Memory as MemoryPlace, Place, Statement } from "../riscv/index.ts";
import { cause } from "./causes.ts";
import type { Control } from "./control.ts";
import { callFloat, floatNumber } from "./float.ts";
import type { Hart } from "./hart.ts";
import { SUPERVISOR } from "./hart.ts";
import * as bits from "./integer-functions.ts";
import * as at from "./layout.ts";
import type { Memory } from "./memory.ts";
import { type Operation, type Operations, operandValue } from "./operation.ts";
import { type Access, accessFaultOf, EXECUTE, READ, type Translation, WRITE } from "./translation.ts";

/** What a step came to. */
export const RETIRED = 0;
/** An exception: `cause` and `value` say which. pc is the instruction's. */
export const EXCEPTION = 1;
/** The instruction retired, and the hart now waits for an interrupt. */
export const WAITING = 2;

/** What the evaluator tells the machine around it. */
export interface EvaluatorHost {
  /** Instructions may have changed (fence.i). */
  instructionsChanged(hart: Hart): void;
  translationChanged(hart: Hart): void;
  /** A load or store of the guest, before it happens; only asked while `watching`. */
  accessed(hart: Hart, address: bigint, size: number, write: boolean): void;
  watching: boolean;
  /** A data address was translated, and may be remembered. */
  translated(hart: Hart, address: bigint, physical: number, access: Access): void;
}

export class Evaluator {
  cause = 0;
  value = 0n;
  /** The word that the last step fetched. */
  word = 0;

  readonly #hart: Hart;
  readonly #control: Control;
  readonly #memory: Memory;
  readonly #translation: Translation;
  readonly #operations: Operations;
  readonly #host: EvaluatorHost;
  readonly #mask: bigint;
  readonly #xlen: bigint;

  // The instruction being done
  #operation: Operation | undefined;
  #pc = 0n;
  #next = 0n;
  #trapped = false;
  #waiting = false;
  readonly #locals = new Map<string, bigint>();

  constructor(
    hart: Hart,
    control: Control,
    translation: Translation,
    operations: Operations,
    host: EvaluatorHost,
  ) {
    this.#hart = hart;
    this.#control = control;
    this.#memory = hart.memory;
    this.#translation = translation;
    this.#operations = operations;
    this.#host = host;
    this.#xlen = BigInt(hart.xlen);
    this.#mask = (1n << this.#xlen) - 1n;
  }

  /** Does the instruction at pc. */
  step(): number {
    this.#trapped = false;
    this.#waiting = false;
    this.#pc = this.#hart.pc;
    const word = this.fetch(this.#pc);
    if (word < 0) return EXCEPTION;
    this.word = word;
    const operation = this.#operations.of(word | 0);
    if (!operation || (operation.traits.float && !this.#floatAllowed(operation))) {
      this.cause = cause.illegal;
      this.value = BigInt(word);
      return EXCEPTION;
    }
    this.#operation = operation;
    this.#next = (this.#pc + BigInt(operation.size)) & this.#mask;
    this.#locals.clear();
    const sequential = this.#next;
    this.#jump = undefined;
    for (const statement of operation.meaning.statements) {
      this.#statement(statement);
      if (this.#trapped) return EXCEPTION;
    }
    if (operation.traits.dirtiesFloat) this.#memory.words[(this.#hart.base + at.FP_DIRTY) >> 2] = 1;
    this.#hart.pc = this.#jump ?? sequential;
    return this.#waiting ? WAITING : RETIRED;
  }

  #jump: bigint | undefined;

  /** The instruction word at an address, unsigned; -1 after a fault, which `cause` and `value` describe. */
  fetch(pc: bigint): number {
    const low = this.#fetch16(pc);
    if (low < 0 || (low & 3) !== 3) return low;
    const high = this.#fetch16((pc + 2n) & this.#mask);
    return high < 0 ? -1 : high * 0x10000 + low;
  }

  #fetch16(pc: bigint): number {
    const physical = this.#translation.physical(pc, 2, EXECUTE);
    if (physical >= 0) {
      const half = this.#memory.read16(physical);
      if (half !== undefined) return half;
      this.#translation.fault = cause.fetchAccess;
    }
    this.cause = this.#translation.fault;
    this.value = pc;
    return -1;
  }

  /** Whether a floating-point instruction is legal now: the unit is on, and its rounding mode exists. */
  #floatAllowed(operation: Operation): boolean {
    if (this.#control.floatOff) return false;
    for (const source of operation.operands) {
      if (source.name !== "rm") continue;
      const mode = operandValue(source, this.word);
      if ((mode === 7 ? this.#hart.frm : mode) > 4) return false;
    }
    return true;
  }

  #trap(code: number, value: bigint): void {
    if (this.#trapped) return;
    this.#trapped = true;
    this.cause = code;
    this.value = value;
  }

  #operand(name: string): number {
    for (const source of this.#operation!.operands)
      if (source.name === name) return operandValue(source, this.word);
    throw new Error(`machine: ${this.#operation!.instruction.mnemonic} has no operand ${name}`);
  }

  #has(name: string): boolean {
    return this.#operation!.operands.some((source) => source.name === name);
  }

  #register(name: string): number {
    return name === "sp" ? 2 : this.#operand(name);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case "if": {
        const chosen = this.#evaluate(statement.condition) !== 0n ? statement.then : statement.otherwise;
        for (const inner of chosen) {
          if (this.#trapped) return;
          this.#statement(inner);
        }
        return;
      }
      case "do":
        this.#call(statement.call);
        return;
      case "assign": {
        const value = this.#evaluate(statement.value);
        if (!this.#trapped) this.#assign(statement.target, value);
        return;
      }
    }
  }

  #assign(target: Place, value: bigint): void {
    switch (target.kind) {
      case "register":
        if (target.file === "x") this.#hart.setX(this.#register(target.name), value);
        else this.#hart.setF(this.#operand(target.name), value);
        return;
      case "pc": {
        const to = value & this.#mask;
        if ((to & 2n) !== 0n && !this.#operations.isa.extensions.has("c"))
          this.#trap(cause.fetchMisaligned, to);
        else this.#jump = to;
        return;
      }
      case "local":
        this.#locals.set(target.name, target.type === "x" ? value & this.#mask : value);
        return;
      case "memory":
        this.#store(this.#evaluate(target.address), target.width / 8, value, target.atomic);
        return;
    }
  }

  /** An expression's value, unsigned, in the width of its type. */
  #evaluate(expression: Expression): bigint {
    switch (expression.kind) {
      case "number":
        return BigInt(expression.value) & this.#mask;
      case "register":
        return expression.file === "x"
          ? this.#hart.x(this.#register(expression.name))
          : this.#hart.f(this.#operand(expression.name));
      case "operand":
        return BigInt(this.#operand(expression.name)) & this.#mask;
      case "pc":
        return this.#pc;
      case "next":
        return this.#next;
      case "xlen":
        return this.#xlen;
      case "local":
        return this.#locals.get(expression.name)!;
      case "memory":
        return this.#load(this.#evaluate(expression.address), expression.width / 8, expression);
      case "unary": {
        const value = this.#evaluate(expression.operand);
        const width = expression.type === "d" ? 64n : this.#xlen;
        if (expression.operator === "!") return value === 0n ? 1n : 0n;
        return bits.truncate(expression.operator === "~" ? ~value : -value, width);
      }
      case "binary": {
        const { operator, left, right } = expression;
        const a = this.#evaluate(left);
        const b = this.#evaluate(right);
        const shift = operator.startsWith("<<") || operator.startsWith(">>");
        const wide = left.type === "d" || (!shift && right.type === "d");
        return bits.binary(operator, a, b, wide ? 64n : this.#xlen);
      }
      case "choose":
        return this.#evaluate(expression.condition) !== 0n
          ? this.#evaluate(expression.then)
          : this.#evaluate(expression.otherwise);
      case "call":
        return this.#call(expression);
      case "word":
        return 0n;
    }
  }

  /** A virtual address of data, split where it crosses a page: the physical address of each part, or nothing after a fault. */
  #place(address: bigint, size: number, access: Access): number {
    if (this.#host.watching) this.#host.accessed(this.#hart, address, size, access === WRITE);
    const physical = this.#translation.physical(address, size, access);
    if (physical < 0) this.#trap(this.#translation.fault, address);
    else this.#host.translated(this.#hart, address, physical, access);
    return physical;
  }

  #load(address: bigint, size: number, place: MemoryPlace | undefined): bigint {
    const atomic = place?.atomic ?? false;
    if (atomic && address % BigInt(size) !== 0n) {
      this.#trap(cause.storeMisaligned, address);
      return 0n;
    }
    const access = atomic ? WRITE : READ;
    const inPage = at.PAGE - Number(address & 0xfffn);
    if (inPage < size) {
      let value = 0n;
      for (let i = 0; i < size && !this.#trapped; i++) {
        value |= this.#loadWhole((address + BigInt(i)) & this.#mask, 1, access) << BigInt(8 * i);
      }
      return value;
    }
    return this.#loadWhole(address, size, access);
  }

  #loadWhole(address: bigint, size: number, access: Access): bigint {
    const physical = this.#place(address, size, access);
    if (physical < 0) return 0n;
    const linear = this.#memory.locate(physical, size);
    if (linear >= 0) return bits.readLinear(this.#memory.view, linear, size);
    const mapped = this.#memory.deviceAt(physical);
    const value = mapped?.device.read(physical - mapped.base, size);
    if (value === undefined) this.#trap(accessFaultOf(access), address);
    return BigInt.asUintN(8 * size, BigInt(value ?? 0));
  }

  #store(address: bigint, size: number, value: bigint, atomic = false): void {
    if (atomic && address % BigInt(size) !== 0n) {
      this.#trap(cause.storeMisaligned, address);
      return;
    }
    const inPage = at.PAGE - Number(address & 0xfffn);
    if (inPage < size) {
      // Both pages must be writable before the first byte is.
      const second = (address + BigInt(inPage)) & this.#mask;
      if (this.#place(address, inPage, WRITE) < 0 || this.#place(second, size - inPage, WRITE) < 0) return;
      for (let i = 0; i < size && !this.#trapped; i++) {
        this.#storeWhole((address + BigInt(i)) & this.#mask, 1, (value >> BigInt(8 * i)) & 0xffn);
      }
      return;
    }
    this.#storeWhole(address, size, value);
  }

  #storeWhole(address: bigint, size: number, value: bigint): void {
    const physical = this.#place(address, size, WRITE);
    if (physical < 0) return;
    const region = this.#memory.regionAt(physical, size);
    if (region && !region.readOnly) {
      bits.writeLinear(this.#memory.view, region.linear + (physical - region.base), size, value);
      return;
    }
    const mapped = region ? undefined : this.#memory.deviceAt(physical);
    if (!mapped?.device.write(physical - mapped.base, size, BigInt.asUintN(8 * size, value))) {
      this.#trap(cause.storeAccess, address);
    }
  }

  /** Where a naturally aligned word that can be reserved is in the WebAssembly memory; -1 after a trap. */
  #reservable(address: bigint, size: number, access: Access): number {
    if (address % BigInt(size) !== 0n) {
      this.#trap(access === READ ? cause.loadMisaligned : cause.storeMisaligned, address);
      return -1;
    }
    const physical = this.#place(address, size, access);
    if (physical < 0) return -1;
    const region = this.#memory.regionAt(physical, size);
    if (!region || (access === WRITE && region.readOnly)) {
      this.#trap(accessFaultOf(access), address);
      return -1;
    }
    return region.linear + (physical - region.base);
  }

  #call(call: Call): bigint {
    const { name } = call;
    const list = call.arguments;
    const number = floatNumber.get(name);
    if (number !== undefined) return this.#float(call, number);
    const word = list.length > 0 && list[0].kind === "word" ? list[0].name : "";
    const value = (index: number): bigint => this.#evaluate(list[index]);
    switch (name) {
      case "trap":
        if (word === "ecall") this.#trap(cause.userCall + this.#control.privilege, 0n);
        else if (word === "breakpoint") this.#trap(cause.breakpoint, this.#pc);
        else this.#trap(cause.illegal, BigInt(this.word));
        return 0n;
      case "csr_swap":
      case "csr_set":
      case "csr_clear":
        return this.#csr(name, Number(value(0)), value(1));
      case "fence":
      case "fence_tso":
      case "pause":
      case "prefetch":
        return 0n;
      case "fence_i":
        this.#host.instructionsChanged(this.#hart);
        return 0n;
      case "wait_for_interrupt":
        if (this.#control.mayWait) this.#waiting = true;
        else this.#trap(cause.illegal, BigInt(this.word));
        return 0n;
      case "wait_reservation":
        return 0n;
      case "return_from": {
        const privileged = this.#control.host.privileged && (word === "machine" || word === "supervisor");
        const target = privileged ? this.#control.returnFrom(word === "machine") : undefined;
        if (target === undefined) this.#trap(cause.illegal, BigInt(this.word));
        else this.#jump = target & this.#mask;
        return 0n;
      }
      case "sfence_vma":
        if (
          this.#control.host.privileged &&
          this.#control.mayFence &&
          this.#control.privilege >= SUPERVISOR
        ) {
          this.#host.translationChanged(this.#hart);
        } else this.#trap(cause.illegal, BigInt(this.word));
        return 0n;
      case "load_reserved32":
      case "load_reserved64":
        return this.#loadReserved(value(0), name === "load_reserved32" ? 4 : 8);
      case "store_conditional32":
      case "store_conditional64":
        return this.#storeConditional(value(0), name === "store_conditional32" ? 4 : 8, value(1));
      case "amocas64_pair":
        this.#compareAndSwapPair(value(0), 8);
        return 0n;
      case "amocas128_pair":
        this.#compareAndSwapPair(value(0), 16);
        return 0n;
      case "cache_block":
        this.#cacheBlock(word, value(1));
        return 0n;
      case "push_registers":
        this.#push(Number(value(0)), Number(BigInt.asIntN(32, value(1))));
        return 0n;
      case "pop_registers":
        this.#pop(Number(value(0)), Number(BigInt.asIntN(32, value(1))));
        return 0n;
      case "jump_table": {
        const size = this.#hart.xlen / 8;
        return this.#load((this.#control.read(0x017) ?? 0n) + value(0) * BigInt(size), size, undefined);
      }
    }
    const result = bits.integerFunction(
      name,
      list.map((argument) => this.#evaluate(argument)),
      this.#hart.xlen,
    );
    if (result === undefined) {
      this.#trap(cause.illegal, BigInt(this.word));
      return 0n;
    }
    return result;
  }

  #float(call: Call, number: number): bigint {
    const { view, words } = this.#memory;
    const scratch = this.#hart.base + at.SCRATCH;
    const last = call.arguments.length - 1;
    call.arguments.forEach((argument, i) => {
      const value = this.#evaluate(argument);
      // Integer arguments after the first are the rounding mode.
      const rounding = i === last && i > 0 && argument.type === "x";
      const resolved = rounding && value === 7n ? BigInt(this.#hart.frm) : value;
      view.setBigUint64(scratch + 8 * (rounding ? 3 : i), resolved, true);
    });
    callFloat(words, this.#hart.base, number);
    const result = view.getBigUint64(scratch, true);
    return call.type === "d" ? result : result & this.#mask;
  }

  /** The old value; nothing is read or written where Zicsr says so. */
  #csr(name: string, number: number, value: bigint): bigint {
    const source = this.#has("zimm") ? this.#operand("zimm") : this.#operand("rs1");
    const writes = name === "csr_swap" || source !== 0;
    const reads = name !== "csr_swap" || this.#operand("rd") !== 0;
    const old = this.#control.read(number);
    if (old === undefined && (reads || !writes)) {
      this.#trap(cause.illegal, BigInt(this.word));
      return 0n;
    }
    if (writes) {
      const before = old ?? 0n;
      const after = name === "csr_swap" ? value : name === "csr_set" ? before | value : before & ~value;
      if (!this.#control.write(number, after & this.#mask)) this.#trap(cause.illegal, BigInt(this.word));
    }
    return old ?? 0n;
  }

  #loadReserved(address: bigint, size: number): bigint {
    const linear = this.#reservable(address, size, READ);
    if (linear < 0) return 0n;
    const { view } = this.#memory;
    view.setBigUint64(this.#hart.base + at.RESERVED, BigInt(linear), true);
    view.setUint32(this.#hart.base + at.HAS_RESERVATION, 1, true);
    return bits.readLinear(view, linear, size);
  }

  #storeConditional(address: bigint, size: number, value: bigint): bigint {
    const linear = this.#reservable(address, size, WRITE);
    if (linear < 0) return 0n;
    const { view } = this.#memory;
    const held =
      view.getUint32(this.#hart.base + at.HAS_RESERVATION, true) !== 0 &&
      view.getUint32(this.#hart.base + at.RESERVED, true) === linear;
    view.setUint32(this.#hart.base + at.HAS_RESERVATION, 0, true);
    if (held) bits.writeLinear(view, linear, size, value);
    return held ? 0n : 1n;
  }

  #compareAndSwapPair(address: bigint, size: 8 | 16): void {
    const rd = this.#operand("rd");
    const rs2 = this.#operand("rs2");
    if ((rd & 1) !== 0 || (rs2 & 1) !== 0) {
      this.#trap(cause.illegal, BigInt(this.word));
      return;
    }
    const linear = this.#reservable(address, size, WRITE);
    if (linear < 0) return;
    const { view } = this.#memory;
    const half = BigInt(size * 4);
    const pair = (register: number): bigint =>
      register === 0 ? 0n : (this.#hart.x(register + 1) << half) | this.#hart.x(register);
    const read = (): bigint =>
      size === 8
        ? view.getBigUint64(linear, true)
        : (view.getBigUint64(linear + 8, true) << 64n) | view.getBigUint64(linear, true);
    const old = read();
    if (old === pair(rd)) {
      const next = pair(rs2);
      view.setBigUint64(linear, BigInt.asUintN(64, next), true);
      if (size === 16) view.setBigUint64(linear + 8, next >> 64n, true);
    }
    if (rd !== 0) {
      this.#hart.setX(rd, BigInt.asUintN(Number(half), old));
      this.#hart.setX(rd + 1, old >> half);
    }
  }

  /** Blocks have 64 bytes; only zeroing changes anything that a guest can see. */
  #cacheBlock(operation: string, address: bigint): void {
    const start = address & ~63n;
    if (operation !== "zero") {
      this.#place(start, 64, READ);
      return;
    }
    const physical = this.#place(start, 64, WRITE);
    if (physical < 0) return;
    const region = this.#memory.regionAt(physical, 64);
    if (!region || region.readOnly) {
      this.#trap(cause.storeAccess, address);
      return;
    }
    const linear = region.linear + (physical - region.base);
    this.#memory.bytes.fill(0, linear, linear + 64);
  }

  /** Registers of a list of Zcmp, in the order that they are stored downwards from the old sp. */
  #list(rlist: number): number[] {
    const saved = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
    const count = rlist === 15 ? 12 : rlist - 4;
    return [...saved.slice(0, count).reverse(), 1].slice(0, count + 1);
  }

  #frame(count: number): number {
    return ((count * this.#hart.xlen) / 8 + 15) & ~15;
  }

  #push(rlist: number, spimm: number): void {
    const list = this.#list(rlist);
    const size = this.#hart.xlen / 8;
    const sp = this.#hart.x(2);
    list.forEach((register, i) => {
      if (!this.#trapped)
        this.#store((sp - BigInt(size * (i + 1))) & this.#mask, size, this.#hart.x(register));
    });
    if (!this.#trapped) this.#hart.setX(2, sp - BigInt(this.#frame(list.length) + spimm));
  }

  #pop(rlist: number, spimm: number): void {
    const list = this.#list(rlist);
    const size = this.#hart.xlen / 8;
    const top = this.#hart.x(2) + BigInt(this.#frame(list.length) + spimm);
    const values = list.map((_, i) =>
      this.#load((top - BigInt(size * (i + 1))) & this.#mask, size, undefined),
    );
    if (this.#trapped) return;
    list.forEach((register, i) => {
      this.#hart.setX(register, values[i]);
    });
    this.#hart.setX(2, top);
  }
}
