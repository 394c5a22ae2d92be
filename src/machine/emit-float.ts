// Floating point as WebAssembly: sign copies as integer operations, all else by
// the exact functions in TypeScript, but for common cases of common operations.
//
// WebAssembly rounds to nearest even and raises no flags. Its result is
// RISC-V's, bit for bit, when the mode is that one and the result is a normal
// number; and the only flag such an operation can raise is "inexact". So when
// that flag is set already nothing else can change, and the host's operation
// does. Programs that compute anything set it with their first operations.
import type { Expression } from "../riscv/index.ts";
import type { Compiler } from "./emit.ts";
import { emitFused } from "./emit-fused.ts";
import { pushMode } from "./emit-rounding.ts";
import { floatNumber } from "./float.ts";
import { FFLAGS, SCRATCH } from "./layout.ts";
import { I32, I64, op } from "./wasm-code.ts";

type Call = Expression & { kind: "call" };

/** Pushes the result of a floating-point function. */
export function emitFloat(compiler: Compiler, call: Call): void {
  const { name } = call;
  const sign = /^f64_sgnj([nx]?)$/.exec(name);
  if (sign) {
    copySign(compiler, call, sign[1]);
    return;
  }
  if (emitFused(compiler, call)) return;
  const native = nativeOf(compiler, call);
  if (!native) {
    emitHelper(compiler, call);
    return;
  }
  const { body, code } = compiler;
  const done = body.open(op.block, compiler.wasmType(call.type));
  const slow = body.open(op.block);
  native(() => {
    code.byte(op.i32_eqz);
    body.brIf(slow);
  });
  body.br(done);
  body.close();
  emitHelper(compiler, call);
  body.close();
}

/** Pushes a result by the host's arithmetic; after a condition is pushed, `unless` goes to the exact way if it is 0. */
type Native = (unless: () => void) => void;

const arithmetic: Readonly<Record<string, readonly [single: number, double: number]>> = {
  add: [op.f32_add, op.f64_add],
  sub: [op.f32_sub, op.f64_sub],
  mul: [op.f32_mul, op.f64_mul],
  div: [op.f32_div, op.f64_div],
  sqrt: [op.f32_sqrt, op.f64_sqrt],
};

const comparison: Readonly<Record<string, readonly [single: number, double: number]>> = {
  eq: [op.f32_eq, op.f64_eq],
  lt: [op.f32_lt, op.f64_lt],
  le: [op.f32_le, op.f64_le],
};

function nativeOf(compiler: Compiler, call: Call): Native | undefined {
  const { code, body, wide } = compiler;
  const { name } = call;
  const list = call.arguments;
  const double = name.startsWith("f64");
  const what = name.slice(4);
  if (name.startsWith("f16")) return undefined;
  const mode = list[list.length - 1];

  const pushNumber = (argument: Expression, asDouble: boolean): void => {
    compiler.push(argument, "d");
    if (asDouble) code.byte(op.f64_reinterpret_i64);
    else {
      code.byte(op.i32_wrap_i64);
      code.byte(op.f32_reinterpret_i32);
    }
  };
  /** A float that is not boxed is a NaN. */
  const boxed = (argument: Expression, unless: () => void): void => {
    compiler.push(argument, "d");
    code.i64(32);
    code.byte(op.i64_shr_s);
    code.i64(-1);
    code.byte(op.i64_eq);
    unless();
  };
  const notNaN = (argument: Expression, asDouble: boolean, unless: () => void): void => {
    pushNumber(argument, asDouble);
    pushNumber(argument, asDouble);
    code.byte(asDouble ? op.f64_eq : op.f32_eq);
    unless();
  };
  /** Inexact is set already, and the mode is the one wanted. */
  const settled = (wanted: number, unless: () => void): void => {
    code.get(compiler.site.hart);
    code.memory(op.i32_load, FFLAGS);
    code.i32(1);
    code.byte(op.i32_and);
    unless();
    pushMode(compiler, mode);
    if (wanted === 0) code.byte(op.i32_eqz);
    else {
      code.i32(wanted);
      code.byte(op.i32_eq);
    }
    unless();
  };
  const known = mode.kind === "operand" ? compiler.site.operandValue(mode.name) : undefined;
  const mayRound = known === undefined || known === 0 || known === 7;
  /** Of a number's bits in a local: it is normal, and not the least normal one, which may have been tiny. */
  const normal = (bits: number, asDouble: boolean, unless: () => void): void => {
    code.get(bits);
    if (asDouble) {
      code.i64(52);
      code.byte(op.i64_shr_u);
      code.byte(op.i32_wrap_i64);
      code.i32(0x7ff);
    } else {
      code.i32(23);
      code.byte(op.i32_shr_u);
      code.i32(0xff);
    }
    code.byte(op.i32_and);
    code.i32(2);
    code.byte(op.i32_sub);
    code.i32(asDouble ? 0x7fd : 0xfd);
    code.byte(op.i32_lt_u);
    unless();
  };
  /** The number that is pushed is the result if it is normal. */
  const result = (asDouble: boolean, unless: () => void): void => {
    const type = asDouble ? I64 : I32;
    const bits = body.temporary(type);
    code.byte(asDouble ? op.i64_reinterpret_f64 : op.i32_reinterpret_f32);
    code.set(bits);
    normal(bits, asDouble, unless);
    code.get(bits);
    if (!asDouble) box(compiler);
    body.release(type, bits);
  };

  if (what in arithmetic && mayRound) {
    const operands = list.slice(0, -1);
    return (unless) => {
      settled(0, unless);
      if (!double) for (const operand of operands) boxed(operand, unless);
      for (const operand of operands) pushNumber(operand, double);
      code.byte(arithmetic[what][double ? 1 : 0]);
      result(double, unless);
    };
  }
  if (what in comparison) {
    return (unless) => {
      for (const operand of list) {
        if (!double) boxed(operand, unless);
        notNaN(operand, double, unless);
      }
      for (const operand of list) pushNumber(operand, double);
      code.byte(comparison[what][double ? 1 : 0]);
      if (wide) code.byte(op.i64_extend_i32_u);
    };
  }
  const pushInteger = (argument: Expression, long: boolean): void => {
    compiler.push(argument, "d");
    if (!long) code.byte(op.i32_wrap_i64);
  };
  switch (name) {
    case "f64_from_i32":
    case "f64_from_u32":
      return () => {
        pushInteger(list[0], false);
        code.byte(name === "f64_from_i32" ? op.f64_convert_i32_s : op.f64_convert_i32_u);
        code.byte(op.i64_reinterpret_f64);
      };
    case "f64_from_i64":
    case "f64_from_u64":
      if (!mayRound) return undefined;
      return (unless) => {
        settled(0, unless);
        pushInteger(list[0], true);
        code.byte(name === "f64_from_i64" ? op.f64_convert_i64_s : op.f64_convert_i64_u);
        code.byte(op.i64_reinterpret_f64);
      };
    case "f32_from_i32":
    case "f32_from_u32":
      if (!mayRound) return undefined;
      return (unless) => {
        settled(0, unless);
        pushInteger(list[0], false);
        code.byte(name === "f32_from_i32" ? op.f32_convert_i32_s : op.f32_convert_i32_u);
        code.byte(op.i32_reinterpret_f32);
        box(compiler);
      };
    case "f64_to_i32":
      // Casts in C round towards zero.
      if (known !== undefined && known !== 1) return undefined;
      return (unless) => {
        settled(1, unless);
        pushNumber(list[0], true);
        code.byte(op.f64_abs);
        code.f64(2 ** 31);
        code.byte(op.f64_lt);
        unless();
        pushNumber(list[0], true);
        code.byte(op.i32_trunc_f64_s);
        if (wide) code.byte(op.i64_extend_i32_s);
      };
    case "f32_to_f64":
      return (unless) => {
        boxed(list[0], unless);
        notNaN(list[0], false, unless);
        pushNumber(list[0], false);
        code.byte(op.f64_promote_f32);
        code.byte(op.i64_reinterpret_f64);
      };
    case "f64_to_f32":
      if (!mayRound) return undefined;
      return (unless) => {
        settled(0, unless);
        pushNumber(list[0], true);
        code.byte(op.f32_demote_f64);
        result(false, unless);
      };
    case "f32_sgnj":
    case "f32_sgnjn":
    case "f32_sgnjx":
      return (unless) => {
        for (const operand of list) boxed(operand, unless);
        copySign(compiler, call, name.slice(8), 31n);
        code.i64(-0x100000000);
        code.byte(op.i64_or);
      };
  }
  return undefined;
}

/** Makes the i32 that is pushed a float in an f register. */
function box(compiler: Compiler): void {
  const { code } = compiler;
  code.byte(op.i64_extend_i32_u);
  code.i64(-0x100000000);
  code.byte(op.i64_or);
}

/** Stores the operands in SCRATCH, calls the function in TypeScript, and pushes what it left there. */
function emitHelper(compiler: Compiler, call: Call): void {
  const { code, site, wide } = compiler;
  const last = call.arguments.length - 1;
  call.arguments.forEach((argument, i) => {
    const rounding = i === last && i > 0 && argument.type === "x";
    if (rounding) {
      code.get(site.hart);
      pushMode(compiler, argument);
      code.memory(op.i32_store, SCRATCH + 24);
      return;
    }
    code.get(site.hart);
    compiler.push(argument, "d");
    code.memory(op.i64_store, SCRATCH + 8 * i);
  });
  code.get(site.hart);
  code.i32(floatNumber.get(call.name) ?? 0);
  code.call(site.floatFunction);
  code.get(site.hart);
  if (call.type === "d") code.memory(op.i64_load, SCRATCH);
  else code.memory(wide ? op.i64_load : op.i32_load, SCRATCH);
}

/** The first operand with a sign that follows from the second; `bit` is the sign's place. */
function copySign(compiler: Compiler, call: Call, variant: string, bit = 63n): void {
  const { code } = compiler;
  const [a, b] = call.arguments;
  compiler.push(a, "d");
  if (variant !== "x") {
    code.big(~(1n << bit));
    code.byte(op.i64_and);
  }
  compiler.push(b, "d");
  if (variant === "n") {
    code.i64(-1);
    code.byte(op.i64_xor);
  }
  code.big(1n << bit);
  code.byte(op.i64_and);
  code.byte(variant === "x" ? op.i64_xor : op.i64_or);
}
