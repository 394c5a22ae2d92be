// The pure integer functions of the meaning language as WebAssembly. Those that
// few programs use and that have no short form are left to the evaluator.
import type { Expression } from "../riscv/index.ts";
import type { Compiler } from "./emit.ts";
import { I64, op } from "./wasm-code.ts";

type Call = Expression & { kind: "call" };

/** Functions that only the evaluator does. */
export const slowFunctions: ReadonlySet<string> = new Set(["xperm4", "xperm8", "zip", "unzip"]);

/** Pushes the result of a function, in the wasm type of its result. */
export function emitInteger(compiler: Compiler, call: Call): void {
  const { code, wide } = compiler;
  const [first, second] = call.arguments;
  switch (call.name) {
    case "high32":
      compiler.push(first, "d");
      code.i64(32);
      code.byte(op.i64_shr_s);
      if (!wide) code.byte(op.i32_wrap_i64);
      return;
    case "join32":
      compiler.push(first, "x");
      if (wide) {
        code.i64(0xffffffff);
        code.byte(op.i64_and);
      } else code.byte(op.i64_extend_i32_u);
      compiler.push(second, "x");
      if (!wide) code.byte(op.i64_extend_i32_u);
      code.i64(32);
      code.byte(op.i64_shl);
      code.byte(op.i64_or);
      return;
    case "box16":
      compiler.push(first, "d");
      code.i64(-0x10000);
      code.byte(op.i64_or);
      return;
    case "box32":
      compiler.push(first, "d");
      code.i64(-0x100000000);
      code.byte(op.i64_or);
      return;
    case "mulh":
    case "mulhsu":
    case "mulhu":
      if (wide) multiplyHigh64(compiler, call);
      else multiplyHigh32(compiler, call);
      return;
    case "clz":
      compiler.push(first, "x");
      code.byte(wide ? op.i64_clz : op.i32_clz);
      return;
    case "ctz":
      compiler.push(first, "x");
      code.byte(wide ? op.i64_ctz : op.i32_ctz);
      return;
    case "cpop":
      compiler.push(first, "x");
      code.byte(wide ? op.i64_popcnt : op.i32_popcnt);
      return;
    case "clz32":
    case "ctz32":
      compiler.push(first, "x");
      if (wide) code.byte(op.i32_wrap_i64);
      code.byte(call.name === "clz32" ? op.i32_clz : op.i32_ctz);
      if (wide) code.byte(op.i64_extend_i32_u);
      return;
    case "clmul":
    case "clmulh":
    case "clmulr":
      carryless(compiler, call);
      return;
    case "orc_b":
      orCombine(compiler, first);
      return;
    case "rev8":
      swaps(compiler, first, wide ? [8, 16, 32] : [8, 16]);
      return;
    case "brev8":
      swaps(compiler, first, [1, 2, 4]);
      return;
  }
  throw new Error(`machine: no code for ${call.name}`);
}

function multiplyHigh32(compiler: Compiler, call: Call): void {
  const { code } = compiler;
  compiler.push(call.arguments[0], "x");
  code.byte(call.name === "mulhu" ? op.i64_extend_i32_u : op.i64_extend_i32_s);
  compiler.push(call.arguments[1], "x");
  code.byte(call.name === "mulh" ? op.i64_extend_i32_s : op.i64_extend_i32_u);
  code.byte(op.i64_mul);
  code.i64(32);
  code.byte(op.i64_shr_u);
  code.byte(op.i32_wrap_i64);
}

/** Four products of halves; signed operands are corrected afterwards. */
function multiplyHigh64(compiler: Compiler, call: Call): void {
  const { code, body } = compiler;
  const a = body.temporary(I64);
  const b = body.temporary(I64);
  const t = body.temporary(I64);
  const u = body.temporary(I64);
  const low = (local: number): void => {
    code.get(local);
    code.i64(0xffffffff);
    code.byte(op.i64_and);
  };
  const high = (local: number): void => {
    code.get(local);
    code.i64(32);
    code.byte(op.i64_shr_u);
  };
  compiler.push(call.arguments[0], "x");
  code.set(a);
  compiler.push(call.arguments[1], "x");
  code.set(b);
  // t = aHigh * bLow + (aLow * bLow >> 32)
  high(a);
  low(b);
  code.byte(op.i64_mul);
  low(a);
  low(b);
  code.byte(op.i64_mul);
  code.i64(32);
  code.byte(op.i64_shr_u);
  code.byte(op.i64_add);
  code.set(t);
  // u = aLow * bHigh + low(t)
  low(a);
  high(b);
  code.byte(op.i64_mul);
  low(t);
  code.byte(op.i64_add);
  code.set(u);
  high(a);
  high(b);
  code.byte(op.i64_mul);
  high(t);
  code.byte(op.i64_add);
  high(u);
  code.byte(op.i64_add);
  const correct = (negative: number, other: number): void => {
    code.get(negative);
    code.i64(63);
    code.byte(op.i64_shr_s);
    code.get(other);
    code.byte(op.i64_and);
    code.byte(op.i64_sub);
  };
  if (call.name !== "mulhu") correct(a, b);
  if (call.name === "mulh") correct(b, a);
  for (const local of [a, b, t, u]) body.release(I64, local);
}

function carryless(compiler: Compiler, call: Call): void {
  const { code, body, wide, x } = compiler;
  const width = wide ? 64 : 32;
  const a = body.temporary(x);
  const b = body.temporary(x);
  const sum = body.temporary(x);
  const i = body.temporary(x);
  const long = (short: number, wideOpcode: number): void => code.byte(wide ? wideOpcode : short);
  compiler.push(call.arguments[0], "x");
  code.set(a);
  compiler.push(call.arguments[1], "x");
  code.set(b);
  compiler.constant(0, "x");
  code.set(sum);
  // Bit 0 does not reach the upper half, and its shift would be by all of the width.
  compiler.constant(call.name === "clmulh" ? 1 : 0, "x");
  code.set(i);
  const label = body.open(op.loop);
  code.get(sum);
  code.get(a);
  if (call.name === "clmul") {
    code.get(i);
    long(op.i32_shl, op.i64_shl);
  } else {
    compiler.constant(call.name === "clmulh" ? width : width - 1, "x");
    code.get(i);
    long(op.i32_sub, op.i64_sub);
    long(op.i32_shr_u, op.i64_shr_u);
  }
  compiler.constant(0, "x");
  code.get(b);
  code.get(i);
  long(op.i32_shr_u, op.i64_shr_u);
  compiler.constant(1, "x");
  long(op.i32_and, op.i64_and);
  long(op.i32_sub, op.i64_sub);
  long(op.i32_and, op.i64_and);
  long(op.i32_xor, op.i64_xor);
  code.set(sum);
  code.get(i);
  compiler.constant(1, "x");
  long(op.i32_add, op.i64_add);
  code.tee(i);
  compiler.constant(width, "x");
  long(op.i32_ne, op.i64_ne);
  body.brIf(label);
  body.close();
  code.get(sum);
  for (const local of [a, b, sum, i]) body.release(x, local);
}

/** A constant of one byte repeated. */
function repeated(compiler: Compiler, byte: number): void {
  const { code, wide } = compiler;
  if (wide) code.big(BigInt(byte) * 0x0101010101010101n);
  else code.i32(Math.imul(byte, 0x01010101));
}

function orCombine(compiler: Compiler, value: Expression): void {
  const { code, body, wide, x } = compiler;
  const a = body.temporary(x);
  compiler.push(value, "x");
  code.tee(a);
  repeated(compiler, 0x7f);
  code.byte(wide ? op.i64_and : op.i32_and);
  repeated(compiler, 0x7f);
  code.byte(wide ? op.i64_add : op.i32_add);
  code.get(a);
  code.byte(wide ? op.i64_or : op.i32_or);
  compiler.constant(7, "x");
  code.byte(wide ? op.i64_shr_u : op.i32_shr_u);
  repeated(compiler, 1);
  code.byte(wide ? op.i64_and : op.i32_and);
  compiler.constant(255, "x");
  code.byte(wide ? op.i64_mul : op.i32_mul);
  body.release(x, a);
}

/** Swaps neighbouring groups of bits, for each size of group in turn. */
function swaps(compiler: Compiler, value: Expression, sizes: readonly number[]): void {
  const { code, body, wide, x } = compiler;
  const a = body.temporary(x);
  const width = wide ? 64n : 32n;
  compiler.push(value, "x");
  for (const size of sizes) {
    let mask = 0n;
    for (let bit = 0n; bit < width; bit++) if ((bit / BigInt(size)) % 2n === 0n) mask |= 1n << bit;
    const pushMask = (): void => {
      if (wide) code.big(mask);
      else code.i32(Number(BigInt.asIntN(32, mask)));
    };
    code.tee(a);
    pushMask();
    code.byte(wide ? op.i64_and : op.i32_and);
    compiler.constant(size, "x");
    code.byte(wide ? op.i64_shl : op.i32_shl);
    code.get(a);
    compiler.constant(size, "x");
    code.byte(wide ? op.i64_shr_u : op.i32_shr_u);
    pushMask();
    code.byte(wide ? op.i64_and : op.i32_and);
    code.byte(wide ? op.i64_or : op.i32_or);
  }
  body.release(x, a);
}
