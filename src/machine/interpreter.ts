// The interpreter: one WebAssembly function made of the instruction table, with
// a handler for each operation, chosen by `br_table` over pre-decoded records.
//
// Records are as layout.ts says. Sixteen bytes stand for each two bytes of
// code, so the next record follows from the length, and pc follows from the
// record's address; nothing counts pc. Only a jump that leaves the page looks
// anything up (the ITLB), and each page of records ends with a record that
// makes code run into the next page do the same.
//
// A handler does its instruction wholly or not at all. What it cannot do (an
// address that the TLB does not have, a system instruction, a rare operand) it
// leaves to the evaluator: the function returns with pc at the instruction.
import type { Expression } from "../riscv/index.ts";
import { Body, Compiler, type Site, UNKNOWN, type Wordness } from "./emit.ts";
import { slowFunctions } from "./emit-integer.ts";
import * as at from "./layout.ts";
import type { Operation } from "./operation.ts";
import { type Code, encodeModule, I32, I64, op, type ValueType } from "./wasm-code.ts";

/** Why the interpreter came back. */
export const OUT_OF_FUEL = 0;
/** The evaluator must do the instruction at pc. */
export const GIVE_UP = 1;
/** The ITLB has nothing for pc. */
export const NO_PAGE = 2;
/** The record at RECORD_AT is not decoded yet. */
export const UNDECODED = 3;
/** pc was jumped to often, or has translated code. */
export const HOT = 4;

// Handlers that are not operations
export const HANDLER_UNDECODED = 0;
export const HANDLER_PAGE_END = 1;
export const HANDLER_GIVE_UP = 2;
export const FIRST_OPERATION = 3;

/** Operands that records have a place for. */
const recordOperands = new Set([
  "rd",
  "rs1",
  "rs2",
  "rs3",
  "fd",
  "fs1",
  "fs2",
  "fs3",
  "imm",
  "shamt",
  "zimm",
  "bs",
  "rnum",
  "rm",
  "constant",
  "aqrl",
  "pred",
  "succ",
]);

/** Whether compiled code can do an operation. */
export function isCompilable(operation: Operation): boolean {
  if (operation.traits.system) return false;
  for (const { name } of operation.operands) if (!recordOperands.has(name) && name !== "sp") return false;
  return !operation.traits.calls.some((name) => slowFunctions.has(name));
}

const fields: Readonly<Record<string, number>> = {
  rd: at.R_RD,
  fd: at.R_RD,
  rs1: at.R_RS1,
  fs1: at.R_RS1,
  rs2: at.R_RS2,
  fs2: at.R_RS2,
};

// Parameters and locals of the function
const HART = 0;
const RECORD = 1;
const RECORD_PAGE = 2;
const FUEL = 3;
const TRACKED = 4;
const PC_PAGE = 5;
const TARGET = 6;

class InterpreterSite implements Site {
  readonly xlen: 32 | 64;
  readonly body: Body;
  readonly floatFunction = 0;
  readonly hart = HART;
  readonly #wide: boolean;
  readonly #code: Code;
  readonly #compressed: boolean;
  giveUpLabel = 0;
  jumpLabel = 0;
  /** The instruction's last statement assigned pc, to TARGET. */
  jumping = false;
  /** Pushes whether the jump being made is counted. */
  pushCounted: () => void = () => {};

  constructor(xlen: 32 | 64, body: Body, compressed: boolean) {
    this.xlen = xlen;
    this.body = body;
    this.#wide = xlen === 64;
    this.#code = body.code;
    this.#compressed = compressed;
  }

  #pushPlace(name: string): void {
    const code = this.#code;
    code.get(HART);
    if (name === "sp") {
      code.i32(16);
    } else if (name === "rs3" || name === "fs3") {
      code.get(RECORD);
      code.memory(op.i32_load8_u, at.R_RS3);
      code.i32(3);
      code.byte(op.i32_shl);
    } else {
      code.get(RECORD);
      code.memory(op.i32_load16_u, fields[name]);
    }
    code.byte(op.i32_add);
  }

  pushX(name: string): void {
    this.#pushPlace(name);
    this.#code.memory(this.#wide ? op.i64_load : op.i32_load, 0);
  }

  beginX(name: string): void {
    this.#pushPlace(name);
  }

  endX(): void {
    this.#code.memory(this.#wide ? op.i64_store : op.i32_store, 0);
  }

  wordness(): Wordness {
    return UNKNOWN;
  }

  pushF(name: string): void {
    this.#pushPlace(name);
    this.#code.memory(op.i64_load, 0);
  }

  beginF(name: string): void {
    this.#pushPlace(name);
  }

  endF(): void {
    this.#code.memory(op.i64_store, 0);
  }

  operandValue(): number | undefined {
    return undefined;
  }

  pushOperand(name: string): void {
    const code = this.#code;
    code.get(RECORD);
    if (name === "rm") {
      code.memory(this.#wide ? op.i64_load8_u : op.i32_load8_u, at.R_LENGTH);
      if (this.#wide) {
        code.i64(7);
        code.byte(op.i64_and);
      } else {
        code.i32(7);
        code.byte(op.i32_and);
      }
      return;
    }
    code.memory(this.#wide ? op.i64_load32_s : op.i32_load, at.R_IMM);
  }

  pushPc(): void {
    this.#pushAddress(false);
  }

  pushNext(): void {
    this.#pushAddress(true);
  }

  /** Pushes the address of the instruction, or of the next one. */
  #pushAddress(next: boolean): void {
    const code = this.#code;
    code.get(PC_PAGE);
    code.get(RECORD);
    if (next) {
      this.pushLength();
      code.byte(op.i32_add);
    }
    code.get(RECORD_PAGE);
    code.byte(op.i32_sub);
    code.i32(3);
    code.byte(op.i32_shr_u);
    if (this.#wide) code.byte(op.i64_extend_i32_u);
    code.byte(this.#wide ? op.i64_add : op.i32_add);
  }

  /** Pushes the distance to the next record. */
  pushLength(): void {
    const code = this.#code;
    code.get(RECORD);
    code.memory(op.i32_load8_u, at.R_LENGTH);
    code.i32(0x30);
    code.byte(op.i32_and);
  }

  jump(target: Expression, now: boolean): void {
    const code = this.#code;
    this.compiler?.push(target, "x");
    code.set(TARGET);
    if (!this.#compressed) {
      code.get(TARGET);
      if (this.#wide) code.byte(op.i32_wrap_i64);
      code.i32(2);
      code.byte(op.i32_and);
      this.body.brIf(this.giveUpLabel);
    }
    if (now) this.finishJump();
    else this.jumping = true;
  }

  compiler: Compiler | undefined;

  finishJump(): void {
    const code = this.#code;
    this.pushCounted();
    code.set(TRACKED);
    code.get(FUEL);
    code.i32(1);
    code.byte(op.i32_sub);
    code.set(FUEL);
    this.body.br(this.jumpLabel);
  }

  place(address: Expression, width: number, write: boolean, aligned: boolean): number {
    const code = this.#code;
    const { body } = this;
    const x: ValueType = this.#wide ? I64 : I32;
    const a = body.temporary(x);
    this.compiler?.push(address, "x");
    code.set(a);
    tlbLookup(body, this.#wide, a, HART, width, write, aligned, this.giveUpLabel);
    body.release(x, a);
    return 0;
  }

  giveUp(): void {
    this.body.br(this.giveUpLabel);
  }
}

/** Pushes the address in wasm memory of a guest address in a local, by the TLB; branches away where that has nothing. */
export function tlbLookup(
  body: Body,
  wide: boolean,
  address: number,
  hart: number,
  width: number,
  write: boolean,
  aligned: boolean,
  otherwise: number,
): void {
  const { code } = body;
  if (aligned && width > 1) {
    code.get(address);
    if (wide) code.byte(op.i32_wrap_i64);
    code.i32(width - 1);
    code.byte(op.i32_and);
    body.brIf(otherwise);
  }
  const entry = body.temporary(I32);
  code.get(address);
  if (wide) code.byte(op.i32_wrap_i64);
  code.i32(12 - 5);
  code.byte(op.i32_shr_u);
  code.i32((at.TLB_ENTRIES - 1) << 5);
  code.byte(op.i32_and);
  code.get(hart);
  code.byte(op.i32_add);
  code.tee(entry);
  code.memory(wide ? op.i64_load : op.i32_load, at.TLB + (write ? at.TLB_WRITE : at.TLB_READ));
  // The page of the last byte: an access that crosses into another page misses.
  code.get(address);
  if (width > 1) {
    if (wide) code.i64(width - 1);
    else code.i32(width - 1);
    code.byte(wide ? op.i64_add : op.i32_add);
  }
  if (wide) code.i64(-4096);
  else code.i32(-4096);
  code.byte(wide ? op.i64_and : op.i32_and);
  code.byte(wide ? op.i64_ne : op.i32_ne);
  body.brIf(otherwise);
  code.get(address);
  if (wide) code.byte(op.i32_wrap_i64);
  code.get(entry);
  code.memory(op.i32_load, at.TLB + at.TLB_ADD);
  code.byte(op.i32_add);
  body.release(I32, entry);
}

/** The bytes of the interpreter's module for operations in the order of their handlers. */
export function interpreterModule(
  xlen: 32 | 64,
  operations: readonly Operation[],
  compressed: boolean,
): Uint8Array<ArrayBuffer> {
  const wide = xlen === 64;
  const body = new Body(1);
  const { code } = body;
  for (let local = RECORD; local < PC_PAGE; local++) body.local(I32);
  body.local(wide ? I64 : I32);
  body.local(wide ? I64 : I32);
  const site = new InterpreterSite(xlen, body, compressed);
  const compiler = new Compiler(site);
  site.compiler = compiler;

  code.get(HART);
  code.memory(op.i32_load, at.FUEL);
  code.set(FUEL);
  code.get(HART);
  code.memory(wide ? op.i64_load : op.i32_load, at.PC);
  code.set(TARGET);
  // No page yet: the first jump looks one up, whatever the target.
  if (wide) code.i64(1);
  else code.i32(1);
  code.set(PC_PAGE);

  const hot = body.open(op.block);
  const noPage = body.open(op.block);
  const undecoded = body.open(op.block);
  const giveUp = body.open(op.block);
  const outOfFuel = body.open(op.block);
  const jump = body.open(op.loop);
  site.giveUpLabel = giveUp;
  site.jumpLabel = jump;

  // A jump to TARGET: find its record.
  code.get(TARGET);
  code.get(PC_PAGE);
  code.byte(wide ? op.i64_xor : op.i32_xor);
  compiler.constant(at.PAGE, "x");
  code.byte(wide ? op.i64_ge_u : op.i32_ge_u);
  code.get(PC_PAGE);
  if (wide) code.byte(op.i32_wrap_i64);
  code.byte(op.i32_or);
  // PC_PAGE is a multiple of 4096, or 1 at the start: its bits above the first do not matter.
  code.i32(1);
  code.byte(op.i32_and);
  body.open(op.if);
  code.get(TARGET);
  if (wide) code.byte(op.i32_wrap_i64);
  code.i32(12 - 4);
  code.byte(op.i32_shr_u);
  code.i32((at.ITLB_ENTRIES - 1) << 4);
  code.byte(op.i32_and);
  code.get(HART);
  code.byte(op.i32_add);
  code.tee(RECORD);
  code.memory(wide ? op.i64_load : op.i32_load, at.ITLB);
  code.get(TARGET);
  compiler.constant(-4096, "x");
  code.byte(wide ? op.i64_and : op.i32_and);
  code.byte(wide ? op.i64_ne : op.i32_ne);
  body.brIf(noPage);
  code.get(RECORD);
  code.memory(op.i32_load, at.ITLB + 8);
  code.set(RECORD_PAGE);
  code.get(TARGET);
  compiler.constant(-4096, "x");
  code.byte(wide ? op.i64_and : op.i32_and);
  code.set(PC_PAGE);
  body.close();
  code.get(RECORD_PAGE);
  code.get(TARGET);
  if (wide) code.byte(op.i32_wrap_i64);
  code.i32(0xfff);
  code.byte(op.i32_and);
  code.i32(3);
  code.byte(op.i32_shl);
  code.byte(op.i32_add);
  code.set(RECORD);
  code.get(TRACKED);
  body.open(op.if);
  code.get(RECORD);
  code.memory(op.i32_load16_u, at.R_COUNT);
  code.get(HART);
  code.memory(op.i32_load, at.HOT_LIMIT);
  code.byte(op.i32_ge_s);
  body.brIf(hot);
  code.get(RECORD);
  code.get(RECORD);
  code.memory(op.i32_load16_u, at.R_COUNT);
  code.i32(1);
  code.byte(op.i32_add);
  code.memory(op.i32_store16, at.R_COUNT);
  code.i32(0);
  code.set(TRACKED);
  body.close();

  const next = body.open(op.loop);
  const count = FIRST_OPERATION + operations.length;
  const handlers: number[] = [];
  for (let i = count - 1; i >= 0; i--) handlers[i] = body.open(op.block);
  code.get(FUEL);
  code.byte(op.i32_eqz);
  body.brIf(outOfFuel);
  code.get(RECORD);
  code.memory(op.i32_load16_u, at.R_OP);
  code.byte(op.br_table);
  code.unsigned(count - 1);
  for (let i = 0; i < count; i++) code.unsigned(body.depth - handlers[i]);

  for (let i = 0; i < count; i++) {
    body.close();
    if (i === HANDLER_UNDECODED) body.br(undecoded);
    else if (i === HANDLER_GIVE_UP) body.br(giveUp);
    else if (i === HANDLER_PAGE_END) {
      site.pushPc();
      code.set(TARGET);
      body.br(jump);
    } else emitHandler(site, compiler, operations[i - FIRST_OPERATION], next);
  }
  body.close();
  body.close();
  const leave = (reason: number, target: boolean): void => {
    body.close();
    code.get(HART);
    if (target) code.get(TARGET);
    else site.pushPc();
    code.memory(wide ? op.i64_store : op.i32_store, at.PC);
    code.get(HART);
    code.get(FUEL);
    code.memory(op.i32_store, at.FUEL);
    code.get(HART);
    code.get(RECORD);
    code.memory(op.i32_store, at.RECORD_AT);
    code.get(HART);
    code.get(TRACKED);
    code.memory(op.i32_store, at.HOT_KIND);
    code.i32(reason);
    code.byte(op.return);
  };
  // The loops' ends are never reached.
  code.byte(op.unreachable);
  leave(OUT_OF_FUEL, false);
  leave(GIVE_UP, false);
  leave(UNDECODED, false);
  leave(NO_PAGE, true);
  leave(HOT, true);
  code.byte(op.unreachable);

  return encodeModule({
    types: [
      { parameters: [I32], results: [I32] },
      { parameters: [I32, I32], results: [] },
    ],
    imports: [{ module: "e", name: "f", type: 1 }],
    functions: [{ type: 0, locals: body.locals, code, exportName: "run" }],
  });
}

function emitHandler(site: InterpreterSite, compiler: Compiler, operation: Operation, next: number): void {
  const { body } = site;
  const { code } = body;
  const { traits, instruction } = operation;
  if (traits.float) {
    code.get(HART);
    code.memory(op.i32_load, at.FP_OFF);
    body.brIf(site.giveUpLabel);
  }
  site.jumping = false;
  site.pushCounted = () => {
    if (instruction.format === "I") {
      // One that does not link returns, most often.
      code.i32(2);
      code.get(RECORD);
      code.memory(op.i32_load16_u, at.R_RD);
      code.i32(at.SINK);
      code.byte(op.i32_eq);
      code.byte(op.i32_shl);
      return;
    }
    code.get(RECORD);
    code.memory(op.i32_load, at.R_IMM);
    code.i32(31);
    code.byte(op.i32_shr_u);
    if (instruction.format !== "J") return;
    // A jump that links is a call.
    code.get(RECORD);
    code.memory(op.i32_load16_u, at.R_RD);
    code.i32(at.SINK);
    code.byte(op.i32_ne);
    code.i32(1);
    code.byte(op.i32_shl);
    code.byte(op.i32_or);
  };
  compiler.instruction(operation.meaning.statements);
  if (traits.dirtiesFloat) {
    code.get(HART);
    code.i32(1);
    code.memory(op.i32_store, at.FP_DIRTY);
  }
  if (site.jumping) {
    site.finishJump();
    return;
  }
  code.get(FUEL);
  code.i32(1);
  code.byte(op.i32_sub);
  code.set(FUEL);
  code.get(RECORD);
  site.pushLength();
  code.byte(op.i32_add);
  code.set(RECORD);
  body.br(next);
}
