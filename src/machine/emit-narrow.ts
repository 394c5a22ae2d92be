// RV64's arithmetic on words as 32-bit arithmetic of WebAssembly.
import type { Expression } from "../riscv/index.ts";
import { assert } from "./assert.ts";
import type { Compiler } from "./emit.ts";
import { arithmetic } from "./operators.ts";
import { I32, op } from "./wasm-code.ts";

/** Whether the low 32 bits of a value follow from the low 32 bits of what it is made of (RV64). */
export function isNarrow(compiler: Compiler, value: Expression): boolean {
  switch (value.kind) {
    case "register":
      return value.file === "x";
    case "number":
    case "operand":
    case "local":
      return true;
    case "call":
      return (value.name === "sext32" || value.name === "zext32") && isNarrow(compiler, value.arguments[0]);
    case "binary": {
      const { operator, left, right } = value;
      if (operator === "<<") return isNarrow(compiler, left) && isNarrowAmount(compiler, right);
      if (operator === ">>u" || operator === ">>s") {
        const extended = operator === ">>u" ? "zext32" : "sext32";
        return (
          left.kind === "call" &&
          left.name === extended &&
          isNarrow(compiler, left.arguments[0]) &&
          isNarrowAmount(compiler, right)
        );
      }
      return "+-*&|^".includes(operator) && isNarrow(compiler, left) && isNarrow(compiler, right);
    }
  }
  return false;
}

/** Whether an amount to shift by is surely below 32. */
function isNarrowAmount(compiler: Compiler, amount: Expression): boolean {
  if (amount.kind === "number") return amount.value < 32;
  if (amount.kind === "operand") return (compiler.site.operandValue(amount.name) ?? 32) < 32;
  if (amount.kind !== "binary" || amount.operator !== "&" || !isNarrow(compiler, amount.left)) return false;
  return amount.right.kind === "number" && amount.right.value === 31;
}

/** Pushes the low 32 bits of a narrow value as i32. */
export function pushNarrow(compiler: Compiler, value: Expression): void {
  const { code } = compiler;
  switch (value.kind) {
    case "number":
      code.i32(value.value);
      return;
    case "operand": {
      const known = compiler.site.operandValue(value.name);
      if (known === undefined) break;
      code.i32(known);
      return;
    }
    case "call":
      pushNarrow(compiler, value.arguments[0]);
      return;
    case "binary": {
      pushNarrow(compiler, value.left);
      pushNarrow(compiler, value.right);
      const pair = arithmetic[value.operator];
      assert(pair !== undefined, `operator ${value.operator}`);
      code.byte(pair[0]);
      return;
    }
  }
  compiler.push(value, "d");
  code.byte(op.i32_wrap_i64);
}

/** Compiles sext32 of a quotient or remainder of two extended words with i32 instructions. */
export function pushWordDivision(compiler: Compiler, value: Expression & { kind: "binary" }): boolean {
  const { operator, left, right } = value;
  const from = operator === "/s" || operator === "%s" ? "sext32" : "zext32";
  if (operator !== "/s" && operator !== "%s" && operator !== "/u" && operator !== "%u") return false;
  if (left.kind !== "call" || left.name !== from || right.kind !== "call" || right.name !== from)
    return false;
  const { code, body } = compiler;
  const a = body.temporary(I32);
  const b = body.temporary(I32);
  compiler.push(left.arguments[0], "d");
  code.byte(op.i32_wrap_i64);
  code.set(a);
  compiler.push(right.arguments[0], "d");
  code.byte(op.i32_wrap_i64);
  code.tee(b);
  code.byte(op.i32_eqz);
  body.open(op.if, I32);
  if (operator === "%s" || operator === "%u") code.get(a);
  else code.i32(-1);
  code.byte(op.else);
  if (operator === "/s") {
    code.get(b);
    code.i32(-1);
    code.byte(op.i32_eq);
    body.open(op.if, I32);
    code.i32(0);
    code.get(a);
    code.byte(op.i32_sub);
    code.byte(op.else);
    code.get(a);
    code.get(b);
    code.byte(op.i32_div_s);
    body.close();
  } else {
    code.get(a);
    code.get(b);
    code.byte(operator === "/u" ? op.i32_div_u : operator === "%s" ? op.i32_rem_s : op.i32_rem_u);
  }
  body.close();
  code.byte(op.i64_extend_i32_s);
  body.release(I32, a);
  body.release(I32, b);
  return true;
}
