// The operators of meanings as WebAssembly's instructions, of i32 and of i64.
import { op } from "./wasm-code.ts";

type Pair = readonly [short: number, long: number];

export const comparisons: Readonly<Record<string, Pair>> = {
  "==": [op.i32_eq, op.i64_eq],
  "!=": [op.i32_ne, op.i64_ne],
  "<s": [op.i32_lt_s, op.i64_lt_s],
  "<u": [op.i32_lt_u, op.i64_lt_u],
  ">s": [op.i32_gt_s, op.i64_gt_s],
  ">u": [op.i32_gt_u, op.i64_gt_u],
  "<=s": [op.i32_le_s, op.i64_le_s],
  "<=u": [op.i32_le_u, op.i64_le_u],
  ">=s": [op.i32_ge_s, op.i64_ge_s],
  ">=u": [op.i32_ge_u, op.i64_ge_u],
};

export const arithmetic: Readonly<Record<string, Pair>> = {
  "+": [op.i32_add, op.i64_add],
  "-": [op.i32_sub, op.i64_sub],
  "*": [op.i32_mul, op.i64_mul],
  "&": [op.i32_and, op.i64_and],
  "|": [op.i32_or, op.i64_or],
  "^": [op.i32_xor, op.i64_xor],
  "<<": [op.i32_shl, op.i64_shl],
  ">>s": [op.i32_shr_s, op.i64_shr_s],
  ">>u": [op.i32_shr_u, op.i64_shr_u],
};
