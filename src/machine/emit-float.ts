// Floating point as WebAssembly: sign copies as integer operations, all else by
// the exact functions in TypeScript.
import type { Expression } from "../riscv/index.ts";
import type { Compiler } from "./emit.ts";
import { floatNumber } from "./float.ts";
import { FRM, SCRATCH } from "./layout.ts";
import { I32, op } from "./wasm-code.ts";

type Call = Expression & { kind: "call" };

/** Pushes the result of a floating-point function. */
export function emitFloat(compiler: Compiler, call: Call): void {
  const { name } = call;
  const sign = /^f(16|32|64)_sgnj([nx]?)$/.exec(name);
  if (sign && sign[1] === "64") {
    copySign(compiler, call, sign[2]);
    return;
  }
  emitHelper(compiler, call);
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

/** Pushes the rounding mode as i32: the instruction's, or frm where it says so. */
function pushMode(compiler: Compiler, argument: Expression): void {
  const { code, site, body } = compiler;
  if (argument.kind === "number") {
    code.i32(argument.value);
    return;
  }
  const known = argument.kind === "operand" ? site.operandValue(argument.name) : undefined;
  if (known !== undefined) {
    if (known === 7) {
      code.get(site.hart);
      code.memory(op.i32_load, FRM);
    } else code.i32(known);
    return;
  }
  const mode = body.temporary(I32);
  compiler.push(argument, "x");
  if (compiler.wide) code.byte(op.i32_wrap_i64);
  code.set(mode);
  code.get(site.hart);
  code.memory(op.i32_load, FRM);
  code.get(mode);
  code.get(mode);
  code.i32(7);
  code.byte(op.i32_eq);
  code.byte(op.select);
  body.release(I32, mode);
}

function copySign(compiler: Compiler, call: Call, variant: string): void {
  const { code } = compiler;
  const [a, b] = call.arguments;
  const sign = -(2 ** 63);
  const pushSign = (): void => code.big(BigInt(sign));
  compiler.push(a, "d");
  if (variant !== "x") {
    code.big(0x7fffffffffffffffn);
    code.byte(op.i64_and);
  }
  compiler.push(b, "d");
  if (variant === "n") {
    code.i64(-1);
    code.byte(op.i64_xor);
  }
  pushSign();
  code.byte(op.i64_and);
  code.byte(variant === "x" ? op.i64_xor : op.i64_or);
}
