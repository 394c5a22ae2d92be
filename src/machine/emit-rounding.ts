import type { Expression } from "../riscv/index.ts";
import type { Compiler } from "./emit.ts";
import { FRM } from "./layout.ts";
import { I32, op } from "./wasm-code.ts";

/** The rounding mode as far as it is known now: a number, or undefined. */
export function knownMode(compiler: Compiler, argument: Expression): number | undefined {
  if (argument.kind === "number") return argument.value;
  return argument.kind === "operand" ? compiler.site.operandValue(argument.name) : undefined;
}

/** Pushes the rounding mode as i32: the instruction's, or frm where it says so. */
export function pushMode(compiler: Compiler, argument: Expression): void {
  const { code, site, body } = compiler;
  const known = knownMode(compiler, argument);
  if (known !== undefined) {
    if (known === 7 && argument.kind !== "number") {
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
