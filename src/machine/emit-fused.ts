// Fused multiply-add with the host's own instructions, which have none: where it
// rounds to nearest and inexact is raised already, so that only the bits matter.
//
// In floats the product is exact in a double, and the sum is rounded twice, which
// only a middle between two floats would mind. In doubles it is made of Dekker's
// product and a two-sum; the last addition is done twice, with the error a little
// larger and a little smaller (Ziv's test): where both round to the same number,
// that is the result. What fails goes to the exact function in TypeScript.
import type { Expression } from "../riscv/index.ts";
import type { Compiler } from "./emit.ts";
import { knownMode, pushMode } from "./emit-rounding.ts";
import { floatNumber } from "./float.ts";
import { FFLAGS, SCRATCH } from "./layout.ts";
import { F32, F64, I32, I64, op, type ValueType } from "./wasm-code.ts";

type Call = Expression & { kind: "call" };

/** Bounds between which results raise nothing but inexact; in doubles with room for what is computed on the way. */
const LEAST64 = 1e-270;
const LEAST32 = 1.2e-38;
const MOST32 = 3.4e38;
const SPLITTER = 134217729;

/** An emitter for one operation: operands and temporaries are wasm locals. */
class Fast {
  readonly compiler: Compiler;
  readonly #taken: [ValueType, number][] = [];

  constructor(compiler: Compiler) {
    this.compiler = compiler;
  }

  local(type: ValueType): number {
    const local = this.compiler.body.temporary(type);
    this.#taken.push([type, local]);
    return local;
  }

  release(): void {
    for (const [type, local] of this.#taken) this.compiler.body.release(type, local);
  }

  get(...locals: readonly number[]): this {
    for (const local of locals) this.compiler.code.get(local);
    return this;
  }

  set(local: number): this {
    this.compiler.code.set(local);
    return this;
  }

  op(...codes: readonly number[]): this {
    for (const code of codes) this.compiler.code.byte(code);
    return this;
  }

  f64(value: number): this {
    this.compiler.code.big(new BigUint64Array(new Float64Array([value]).buffer)[0]);
    return this.op(op.f64_reinterpret_i64);
  }

  /** Pushes 1 if the inexact flag is already raised. */
  inexactRaised(): this {
    const { code, site } = this.compiler;
    code.get(site.hart);
    code.memory(op.i32_load, FFLAGS);
    code.i32(1);
    return this.op(op.i32_and);
  }

  /** Pushes 1 if |value| is less than a bound; a NaN is not. */
  below(value: number, wide: boolean, bound: number): this {
    return this.#magnitude(value, wide).f64(bound).op(op.f64_lt);
  }

  above(value: number, wide: boolean, bound: number): this {
    return this.#magnitude(value, wide).f64(bound).op(op.f64_gt);
  }

  #magnitude(value: number, wide: boolean): this {
    this.get(value);
    if (!wide) this.op(op.f64_promote_f32);
    return this.op(op.f64_abs);
  }

  /** Leaves x + y in `sum` and its error in `error`. */
  twoSum(x: number, y: number, sum: number, error: number): this {
    const part = this.local(F64);
    this.get(x, y).op(op.f64_add).set(sum);
    this.get(sum, x).op(op.f64_sub).set(part);
    this.get(x, sum, part).op(op.f64_sub, op.f64_sub);
    return this.get(y, part).op(op.f64_sub, op.f64_add).set(error);
  }

  /** Splits a double into two of 26 bits. */
  split(value: number, high: number, low: number): this {
    this.get(value).f64(SPLITTER).op(op.f64_mul).set(low);
    this.get(low, low, value).op(op.f64_sub, op.f64_sub).set(high);
    return this.get(value, high).op(op.f64_sub).set(low);
  }

  /** Leaves the error of the rounded product `product` of x and y in `error`. */
  productError(x: number, y: number, product: number, error: number): this {
    const [xHigh, xLow, yHigh, yLow] = [0, 0, 0, 0].map(() => this.local(F64));
    this.split(x, xHigh, xLow).split(y, yHigh, yLow);
    this.get(xHigh, yHigh).op(op.f64_mul).get(product).op(op.f64_sub);
    this.get(xHigh, yLow).op(op.f64_mul, op.f64_add);
    this.get(xLow, yHigh).op(op.f64_mul, op.f64_add);
    return this.get(xLow, yLow).op(op.f64_mul, op.f64_add).set(error);
  }

  /** Pushes the bits of a float or double as an f register has them. */
  pushBits(value: number, wide: boolean): this {
    this.get(value);
    if (wide) return this.op(op.i64_reinterpret_f64);
    this.op(op.i32_reinterpret_f32, op.i64_extend_i32_u);
    this.compiler.code.i64(-4294967296);
    return this.op(op.i64_or);
  }
}

const pattern = /^f(32|64)_(madd|msub|nmadd|nmsub)$/;

/** Pushes the result of a fused multiply-add; false, and nothing pushed, if it is none or has another rounding mode. */
export function emitFused(compiler: Compiler, call: Call): boolean {
  const match = pattern.exec(call.name);
  if (!match) return false;
  const wide = match[1] === "64";
  const modeArgument = call.arguments[3];
  const known = knownMode(compiler, modeArgument);
  if (known !== undefined && known !== 0 && known !== 7) return false;
  const fast = new Fast(compiler);
  const bits = call.arguments.slice(0, 3).map((operand) => {
    const local = fast.local(I64);
    compiler.push(operand, "d");
    compiler.code.set(local);
    return local;
  });
  const mode = fast.local(I32);
  pushMode(compiler, modeArgument);
  compiler.code.set(mode);
  const values = bits.map((local) => {
    const value = fast.local(wide ? F64 : F32);
    fast.get(local);
    if (wide) fast.op(op.f64_reinterpret_i64);
    else fast.op(op.i32_wrap_i64, op.f32_reinterpret_i32);
    fast.set(value);
    return value;
  });
  const push = emitMulAdd(fast, match[2], wide, values);
  // The condition is on the stack; floats must be boxed, and the mode to nearest.
  if (!wide) {
    fast.get(...bits).op(op.i64_and, op.i64_and);
    compiler.code.i64(32);
    fast.op(op.i64_shr_s);
    compiler.code.i64(-1);
    fast.op(op.i64_eq, op.i32_and);
  }
  fast.get(mode).op(op.i32_eqz, op.i32_and);
  compiler.body.open(op.if, I64);
  push();
  compiler.code.byte(op.else);
  pushSlow(fast, call, bits, mode);
  compiler.body.close();
  fast.release();
  return true;
}

/** Calls the exact function, with operands that are in locals. */
function pushSlow(fast: Fast, call: Call, bits: readonly number[], mode: number): void {
  const { code, site } = fast.compiler;
  bits.forEach((local, i) => {
    code.get(site.hart);
    code.get(local);
    code.memory(op.i64_store, SCRATCH + 8 * i);
  });
  code.get(site.hart);
  code.get(mode);
  code.memory(op.i32_store, SCRATCH + 24);
  code.get(site.hart);
  code.i32(floatNumber.get(call.name) ?? 0);
  code.call(site.floatFunction);
  code.get(site.hart);
  code.memory(op.i64_load, SCRATCH);
}

/** Pushes the condition, and gives what pushes the result. */
function emitMulAdd(fast: Fast, name: string, wide: boolean, values: readonly number[]): () => void {
  const negatesProduct = name.startsWith("n");
  // nmadd is -(x y) - z, nmsub -(x y) + z.
  const negatesAddend = name === "msub" || name === "nmadd";
  const [x, y, z] = values.map((value, i) => {
    const local = fast.local(F64);
    fast.get(value);
    if (!wide) fast.op(op.f64_promote_f32);
    if ((i === 0 && negatesProduct) || (i === 2 && negatesAddend)) fast.op(op.f64_neg);
    fast.set(local);
    return local;
  });
  const product = fast.local(F64);
  const sum = fast.local(F64);
  const error = fast.local(F64);
  fast.get(x, y).op(op.f64_mul).set(product);
  if (!wide) {
    // The product of floats is exact in a double; the sum is rounded twice, which only a middle between two floats minds.
    const result = fast.local(F32);
    fast.get(product, z).op(op.f64_add).set(sum);
    fast.get(sum).op(op.f32_demote_f64).set(result);
    fast.below(result, false, MOST32).above(result, false, LEAST32).op(op.i32_and);
    fast.get(sum).op(op.i64_reinterpret_f64);
    fast.compiler.code.i64(0x1fffffff);
    fast.op(op.i64_and);
    fast.compiler.code.i64(0x10000000);
    fast.op(op.i64_ne, op.i32_and).inexactRaised().op(op.i32_and);
    return () => void fast.pushBits(result, false);
  }
  const productError = fast.local(F64);
  const first = fast.local(F64);
  const second = fast.local(F64);
  fast.productError(x, y, product, productError);
  fast.twoSum(product, z, sum, error);
  fast.get(error, productError).op(op.f64_add).set(error);
  fast
    .get(sum, error)
    .f64(1 + 2 ** -50)
    .op(op.f64_mul, op.f64_add)
    .set(first);
  fast
    .get(sum, error)
    .f64(1 - 2 ** -50)
    .op(op.f64_mul, op.f64_add)
    .set(second);
  fast.get(first, second).op(op.f64_eq);
  fast.below(x, true, 1e150).op(op.i32_and).below(y, true, 1e150).op(op.i32_and);
  fast.below(z, true, 1e299).op(op.i32_and).above(product, true, LEAST64).op(op.i32_and);
  fast.above(first, true, LEAST64).op(op.i32_and).inexactRaised().op(op.i32_and);
  return () => void fast.pushBits(first, true);
}
