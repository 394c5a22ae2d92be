// From meanings to WebAssembly. Interpreter and translator both compile the one
// tree of each instruction here; what differs between them (where registers
// are, how an address is checked, how to leave) is behind `Site`.
//
// Values of type x are i32 on RV32 and i64 on RV64, values of type d are i64.
// Locals of a meaning are wasm locals, taken when first assigned.
import type { Expression, Statement, ValueType } from "../riscv/index.ts";
import { assert } from "./assert.ts";
import { emitFloat } from "./emit-float.ts";
import { emitInteger } from "./emit-integer.ts";
import { isNarrow, pushNarrow, pushWordDivision } from "./emit-narrow.ts";
import { floatNumber } from "./float.ts";
import { HAS_RESERVATION, RESERVED } from "./layout.ts";
import { arithmetic, comparisons } from "./operators.ts";
import { Code, I32, I64, op, type ValueType as WasmType } from "./wasm-code.ts";

/** A function body being written: code, its local variables, and how deep in blocks it is. */
export class Body {
  readonly code = new Code(256);
  readonly #types: WasmType[] = [];
  readonly #free = new Map<WasmType, number[]>();
  readonly #first: number;
  depth = 0;

  /** `parameters` of the function come before its locals. */
  constructor(parameters: number) {
    this.#first = parameters;
  }

  /** A new local variable. */
  local(type: WasmType): number {
    return this.#first + this.#types.push(type) - 1;
  }

  /** A local for a while; `release` gives it back. */
  temporary(type: WasmType): number {
    return this.#free.get(type)?.pop() ?? this.local(type);
  }

  release(type: WasmType, local: number): void {
    const list = this.#free.get(type);
    if (list) list.push(local);
    else this.#free.set(type, [local]);
  }

  open(opcode: number, type?: number): number {
    this.code.open(opcode, type);
    return ++this.depth;
  }

  close(): void {
    this.depth--;
    this.code.end();
  }

  /** Branches to a block by the number that `open` gave. */
  br(label: number): void {
    this.code.br(this.depth - label);
  }

  brIf(label: number): void {
    this.code.brIf(this.depth - label);
  }

  /** The locals in runs of one type. */
  get locals(): readonly (readonly [number, WasmType])[] {
    const runs: [number, WasmType][] = [];
    for (const type of this.#types) {
      const last = runs[runs.length - 1];
      if (last && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    return runs;
  }
}

/** Nothing, or that a register is its low 32 bits, sign-extended, and maybe that it was computed as such just now. */
export const UNKNOWN = 0;
export const EXTENDED = 1;
export const COMPUTED = 2;
export type Wordness = typeof UNKNOWN | typeof EXTENDED | typeof COMPUTED;

/** Where an instruction is compiled to. */
export interface Site {
  readonly xlen: 32 | 64;
  readonly body: Body;
  /** Index of the imported function that does floating point on SCRATCH. */
  readonly floatFunction: number;
  /** The parameter with the hart's block. */
  readonly hart: number;
  /** Pushes an integer register. */
  pushX(name: string): void;
  /** `begin` comes before the value is pushed, `end` after. */
  beginX(name: string): void;
  endX(name: string): void;
  /** What is known of an integer register on RV64. */
  wordness(name: string): Wordness;
  /** Pushes an f register as i64. */
  pushF(name: string): void;
  beginF(name: string): void;
  endF(name: string): void;
  /** A constant operand, if it is known now. */
  operandValue(name: string): number | undefined;
  /** Pushes a constant operand as x. */
  pushOperand(name: string): void;
  pushPc(): void;
  pushNext(): void;
  /** Goes to an address when the instruction has ended; `now` where nothing of it follows, inside a condition. */
  jump(target: Expression, now: boolean): void;
  /**
   * Pushes the i32 address in wasm memory of `width` bytes at a guest address,
   * and gives the constant to be added to it; leaves the instruction to the
   * evaluator where it cannot.
   */
  place(address: Expression, width: number, write: boolean, aligned: boolean): number;
  /** Leaves the instruction to the evaluator. */
  giveUp(): void;
}

export class Compiler {
  readonly site: Site;
  readonly body: Body;
  readonly code: Code;
  readonly wide: boolean;
  /** The wasm type of x. */
  readonly x: WasmType;
  /** How many `if`s are around the statement being compiled. */
  #conditions = 0;
  /** Whether the last instruction computed its result as 32 bits and extended them. */
  computesWord = false;
  #locals = new Map<string, { local: number; type: WasmType }>();

  constructor(site: Site) {
    this.site = site;
    this.body = site.body;
    this.code = site.body.code;
    this.wide = site.xlen === 64;
    this.x = this.wide ? I64 : I32;
  }

  /** Compiles an instruction's statements. */
  instruction(statements: readonly Statement[]): void {
    this.computesWord = false;
    for (const statement of statements) this.#statement(statement);
    for (const { local, type } of this.#locals.values()) this.body.release(type, local);
    this.#locals.clear();
  }

  wasmType(type: ValueType): WasmType {
    return type === "d" ? I64 : this.x;
  }

  #statement(statement: Statement): void {
    const { site, body } = this;
    switch (statement.kind) {
      case "if":
        this.condition(statement.condition);
        this.#conditions++;
        body.open(op.if);
        for (const inner of statement.then) this.#statement(inner);
        if (statement.otherwise.length > 0) {
          this.code.byte(op.else);
          for (const inner of statement.otherwise) this.#statement(inner);
        }
        body.close();
        this.#conditions--;
        return;
      case "do":
        this.#effect(statement.call.name);
        return;
      case "assign": {
        const { target, value } = statement;
        switch (target.kind) {
          case "register":
            if (target.file === "x") {
              site.beginX(target.name);
              if (!this.wide || !this.#pushWord(value)) this.push(value, "x");
              site.endX(target.name);
            } else {
              site.beginF(target.name);
              this.push(value, "d");
              site.endF(target.name);
            }
            return;
          case "pc":
            site.jump(value, this.#conditions > 0);
            return;
          case "local": {
            this.push(value, target.type);
            let known = this.#locals.get(target.name);
            if (!known) {
              const type = this.wasmType(target.type);
              known = { local: body.temporary(type), type };
              this.#locals.set(target.name, known);
            }
            this.code.set(known.local);
            return;
          }
          case "memory": {
            const offset = site.place(target.address, target.width / 8, true, target.atomic);
            const type = target.width === 64 || value.type === "d" ? "d" : "x";
            this.push(value, type);
            this.code.memory(storeOpcode(this.wasmType(type), target.width), offset);
            return;
          }
        }
      }
    }
  }

  /** Pushes the and, or, or exclusive or of two extended words, one of which was just computed, as an extended word. */
  #pushWord(value: Expression): boolean {
    if (value.kind !== "binary" || !"&|^".includes(value.operator)) return false;
    const left = this.#wordness(value.left);
    const right = this.#wordness(value.right);
    if (left === UNKNOWN || right === UNKNOWN || (left !== COMPUTED && right !== COMPUTED)) return false;
    pushNarrow(this, value);
    this.code.byte(op.i64_extend_i32_s);
    this.computesWord = true;
    return true;
  }

  #wordness(value: Expression): Wordness {
    if (value.kind === "register" && value.file === "x") return this.site.wordness(value.name);
    return value.kind === "number" || value.kind === "operand" ? EXTENDED : UNKNOWN;
  }

  /** An intrinsic that is called for its effect; those with a large effect never come here. */
  #effect(name: string): void {
    switch (name) {
      case "fence":
      case "fence_tso":
      case "pause":
      case "prefetch":
        return;
    }
    this.site.giveUp();
  }

  /** Pushes an expression as a value of a type. */
  push(expression: Expression, want: ValueType): void {
    if (expression.kind === "number") {
      this.constant(expression.value, want);
      return;
    }
    this.#value(expression);
    if (this.wide || expression.type === want) return;
    this.code.byte(want === "d" ? op.i64_extend_i32_u : op.i32_wrap_i64);
  }

  constant(value: number, type: ValueType): void {
    if (type === "d" || this.wide) this.code.i64(value);
    else this.code.i32(value);
  }

  /** Pushes an i32 that is not 0 where the expression is not. */
  condition(expression: Expression): void {
    const { code } = this;
    if (expression.kind === "binary") {
      const compare = comparisons[expression.operator];
      if (compare) {
        const type = expression.left.type === "d" || expression.right.type === "d" ? "d" : "x";
        const words =
          this.wide &&
          this.#wordness(expression.left) !== UNKNOWN &&
          this.#wordness(expression.right) !== UNKNOWN;
        if (words) {
          // Sign extension keeps the order, of unsigned numbers too.
          pushNarrow(this, expression.left);
          pushNarrow(this, expression.right);
          code.byte(compare[0]);
          return;
        }
        const long = type === "d" || this.wide;
        if (
          expression.right.kind === "number" &&
          expression.right.value === 0 &&
          expression.operator === "=="
        ) {
          this.push(expression.left, type);
          code.byte(long ? op.i64_eqz : op.i32_eqz);
          return;
        }
        this.push(expression.left, type);
        this.push(expression.right, type);
        code.byte(compare[long ? 1 : 0]);
        return;
      }
      if (expression.operator === "&&" || expression.operator === "||") {
        this.#truth(expression.left);
        this.#truth(expression.right);
        code.byte(expression.operator === "&&" ? op.i32_and : op.i32_or);
        return;
      }
    }
    if (expression.kind === "unary" && expression.operator === "!") {
      this.condition(expression.operand);
      code.byte(op.i32_eqz);
      return;
    }
    this.push(expression, expression.type);
    if (expression.type === "d" || this.wide) {
      code.i64(0);
      code.byte(op.i64_ne);
    }
  }

  /** Pushes 0 or 1 as i32. */
  #truth(expression: Expression): void {
    this.condition(expression);
    if (expression.kind === "binary" && comparisons[expression.operator]) return;
    this.code.i32(0);
    this.code.byte(op.i32_ne);
  }

  /** Pushes an expression in the wasm type of its own type. */
  #value(expression: Expression): void {
    const { site, code } = this;
    switch (expression.kind) {
      case "number":
        this.constant(expression.value, "x");
        return;
      case "register":
        if (expression.file === "x") site.pushX(expression.name);
        else site.pushF(expression.name);
        return;
      case "operand":
        site.pushOperand(expression.name);
        return;
      case "pc":
        site.pushPc();
        return;
      case "next":
        site.pushNext();
        return;
      case "xlen":
        this.constant(site.xlen, "x");
        return;
      case "word":
        this.constant(0, "x");
        return;
      case "local": {
        const known = this.#locals.get(expression.name);
        assert(known !== undefined, `local ${expression.name}`);
        code.get(known.local);
        return;
      }
      case "memory": {
        const offset = site.place(
          expression.address,
          expression.width / 8,
          expression.atomic,
          expression.atomic,
        );
        code.memory(loadOpcode(this.wasmType(expression.type), expression.width, false), offset);
        return;
      }
      case "unary":
        this.#unary(expression);
        return;
      case "binary":
        this.#binary(expression);
        return;
      case "choose":
        this.push(expression.then, expression.type);
        this.push(expression.otherwise, expression.type);
        this.condition(expression.condition);
        code.byte(op.select);
        return;
      case "call":
        this.#call(expression);
        return;
    }
  }

  #unary(expression: Expression & { kind: "unary" }): void {
    const { code } = this;
    const long = expression.operand.type === "d" || this.wide;
    switch (expression.operator) {
      case "!":
        this.condition(expression);
        if (this.wide) code.byte(op.i64_extend_i32_u);
        return;
      case "~":
        this.push(expression.operand, expression.type);
        if (long) code.i64(-1);
        else code.i32(-1);
        code.byte(long ? op.i64_xor : op.i32_xor);
        return;
      case "-":
        if (long) code.i64(0);
        else code.i32(0);
        this.push(expression.operand, expression.type);
        code.byte(long ? op.i64_sub : op.i32_sub);
        return;
    }
  }

  #binary(expression: Expression & { kind: "binary" }): void {
    const { code } = this;
    const { operator, left, right } = expression;
    if (comparisons[operator] || operator === "&&" || operator === "||") {
      this.condition(expression);
      if (this.wide) code.byte(op.i64_extend_i32_u);
      return;
    }
    const shift = operator === "<<" || operator === ">>s" || operator === ">>u";
    const type: ValueType = shift ? left.type : expression.type;
    const long = type === "d" || this.wide;
    if (operator === "/s" || operator === "/u" || operator === "%s" || operator === "%u") {
      this.#divide(operator, left, right, type, long);
      return;
    }
    this.push(left, type);
    // An amount of type x for a d operand is extended; wasm takes it modulo the width, as meanings do.
    this.push(right, type);
    const pair = arithmetic[operator];
    assert(pair !== undefined, `operator ${operator}`);
    code.byte(pair[long ? 1 : 0]);
  }

  #divide(
    operator: "/s" | "/u" | "%s" | "%u",
    left: Expression,
    right: Expression,
    type: ValueType,
    long: boolean,
  ): void {
    const { code, body } = this;
    const wasm = this.wasmType(type);
    const a = body.temporary(wasm);
    const b = body.temporary(wasm);
    this.push(left, type);
    code.set(a);
    this.push(right, type);
    code.tee(b);
    code.byte(long ? op.i64_eqz : op.i32_eqz);
    body.open(op.if, wasm);
    if (operator === "%s" || operator === "%u") code.get(a);
    else this.constant(-1, type);
    code.byte(op.else);
    if (operator === "/s") {
      code.get(b);
      this.constant(-1, type);
      code.byte(long ? op.i64_eq : op.i32_eq);
      body.open(op.if, wasm);
      this.constant(0, type);
      code.get(a);
      code.byte(long ? op.i64_sub : op.i32_sub);
      code.byte(op.else);
      code.get(a);
      code.get(b);
      code.byte(long ? op.i64_div_s : op.i32_div_s);
      body.close();
    } else {
      code.get(a);
      code.get(b);
      if (operator === "/u") code.byte(long ? op.i64_div_u : op.i32_div_u);
      else if (operator === "%u") code.byte(long ? op.i64_rem_u : op.i32_rem_u);
      else code.byte(long ? op.i64_rem_s : op.i32_rem_s);
    }
    body.close();
    body.release(wasm, a);
    body.release(wasm, b);
  }

  #call(call: Expression & { kind: "call" }): void {
    const { name } = call;
    const [first] = call.arguments;
    const extension = extensions[name];
    if (extension) {
      const { width, signed } = extension;
      // A load that is extended is one instruction.
      if (first.kind === "memory" && first.width === width) {
        const offset = this.site.place(first.address, width / 8, first.atomic, first.atomic);
        this.code.memory(loadOpcode(this.x, width, signed), offset);
        return;
      }
      this.#extend(first, width, signed);
      return;
    }
    if (floatNumber.has(name)) {
      emitFloat(this, call);
      return;
    }
    switch (name) {
      case "load_reserved32":
      case "load_reserved64":
      case "store_conditional32":
      case "store_conditional64":
        emitReservation(this, call);
        return;
    }
    emitInteger(this, call);
  }

  #extend(value: Expression, width: 8 | 16 | 32, signed: boolean): void {
    const { code } = this;
    if (!this.wide) {
      this.push(value, "x");
      if (width === 32) return;
      if (signed) code.byte(width === 8 ? op.i32_extend8_s : op.i32_extend16_s);
      else {
        code.i32(width === 8 ? 0xff : 0xffff);
        code.byte(op.i32_and);
      }
      return;
    }
    if (width === 32 && signed && value.kind === "binary" && isNarrow(this, value)) {
      pushNarrow(this, value);
      code.byte(op.i64_extend_i32_s);
      this.computesWord = true;
      return;
    }
    // Division of words is done on words.
    if (width === 32 && signed && value.kind === "binary" && pushWordDivision(this, value)) return;
    this.push(value, "d");
    if (signed)
      code.byte(width === 8 ? op.i64_extend8_s : width === 16 ? op.i64_extend16_s : op.i64_extend32_s);
    else {
      code.i64(width === 8 ? 0xff : width === 16 ? 0xffff : 0xffffffff);
      code.byte(op.i64_and);
    }
  }
}

const extensions: Readonly<Record<string, { width: 8 | 16 | 32; signed: boolean }>> = {
  sext8: { width: 8, signed: true },
  sext16: { width: 16, signed: true },
  sext32: { width: 32, signed: true },
  zext8: { width: 8, signed: false },
  zext16: { width: 16, signed: false },
  zext32: { width: 32, signed: false },
};

/** The load of `width` bits into a wasm type. */
export function loadOpcode(type: WasmType, width: number, signed: boolean): number {
  if (type === I32) {
    if (width === 8) return signed ? op.i32_load8_s : op.i32_load8_u;
    if (width === 16) return signed ? op.i32_load16_s : op.i32_load16_u;
    return op.i32_load;
  }
  if (width === 8) return signed ? op.i64_load8_s : op.i64_load8_u;
  if (width === 16) return signed ? op.i64_load16_s : op.i64_load16_u;
  if (width === 32) return signed ? op.i64_load32_s : op.i64_load32_u;
  return op.i64_load;
}

export function storeOpcode(type: WasmType, width: number): number {
  if (type === I32) return width === 8 ? op.i32_store8 : width === 16 ? op.i32_store16 : op.i32_store;
  if (width === 8) return op.i64_store8;
  if (width === 16) return op.i64_store16;
  return width === 32 ? op.i64_store32 : op.i64_store;
}

/** Load-reserved and store-conditional: the reservation is an address of the wasm memory. */
function emitReservation(compiler: Compiler, call: Expression & { kind: "call" }): void {
  const { code, body, site } = compiler;
  const width = call.name.endsWith("64") ? 64 : 32;
  const loads = call.name.startsWith("load");
  const at = body.temporary(I32);
  const offset = site.place(call.arguments[0], width / 8, !loads, true);
  if (offset !== 0) {
    code.i32(offset);
    code.byte(op.i32_add);
  }
  code.set(at);
  if (loads) {
    code.get(site.hart);
    code.get(at);
    code.memory(op.i32_store, RESERVED);
    code.get(site.hart);
    code.i32(1);
    code.memory(op.i32_store, HAS_RESERVATION);
    code.get(at);
    code.memory(loadOpcode(compiler.wasmType(call.type), width, false), 0);
  } else {
    code.get(site.hart);
    code.memory(op.i32_load, HAS_RESERVATION);
    code.get(site.hart);
    code.memory(op.i32_load, RESERVED);
    code.get(at);
    code.byte(op.i32_eq);
    code.byte(op.i32_and);
    code.get(site.hart);
    code.i32(0);
    code.memory(op.i32_store, HAS_RESERVATION);
    body.open(op.if, compiler.x);
    code.get(at);
    const type = width === 64 ? "d" : call.arguments[1].type;
    compiler.push(call.arguments[1], type);
    code.memory(storeOpcode(compiler.wasmType(type), width), 0);
    compiler.constant(0, "x");
    code.byte(op.else);
    compiler.constant(1, "x");
    body.close();
  }
  body.release(I32, at);
}
