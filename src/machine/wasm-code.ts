// Writing WebAssembly: a byte buffer that grows, the opcodes, and the sections
// of a module. Both tiers make their code with it, some of it while the guest
// runs, so instructions go straight into a typed array: no tree, no strings.

import { sharesMemory } from "./web-assembly.ts";

/** Value types, as a module spells them. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const VOID = 0x40;
export type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64;

/** Opcodes under the names of the WebAssembly text format. */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  i64_load: 0x29,
  f32_load: 0x2a,
  f64_load: 0x2b,
  i32_load8_s: 0x2c,
  i32_load8_u: 0x2d,
  i32_load16_s: 0x2e,
  i32_load16_u: 0x2f,
  i64_load8_s: 0x30,
  i64_load8_u: 0x31,
  i64_load16_s: 0x32,
  i64_load16_u: 0x33,
  i64_load32_s: 0x34,
  i64_load32_u: 0x35,
  i32_store: 0x36,
  i64_store: 0x37,
  f32_store: 0x38,
  f64_store: 0x39,
  i32_store8: 0x3a,
  i32_store16: 0x3b,
  i64_store8: 0x3c,
  i64_store16: 0x3d,
  i64_store32: 0x3e,
  i32_const: 0x41,
  i64_const: 0x42,
  i32_eqz: 0x45,
  i32_eq: 0x46,
  i32_ne: 0x47,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
  i32_gt_s: 0x4a,
  i32_gt_u: 0x4b,
  i32_le_s: 0x4c,
  i32_le_u: 0x4d,
  i32_ge_s: 0x4e,
  i32_ge_u: 0x4f,
  i64_eqz: 0x50,
  i64_eq: 0x51,
  i64_ne: 0x52,
  i64_lt_s: 0x53,
  i64_lt_u: 0x54,
  i64_gt_s: 0x55,
  i64_gt_u: 0x56,
  i64_le_s: 0x57,
  i64_le_u: 0x58,
  i64_ge_s: 0x59,
  i64_ge_u: 0x5a,
  f32_eq: 0x5b,
  f32_ne: 0x5c,
  f32_lt: 0x5d,
  f32_gt: 0x5e,
  f32_le: 0x5f,
  f32_ge: 0x60,
  f64_eq: 0x61,
  f64_ne: 0x62,
  f64_lt: 0x63,
  f64_gt: 0x64,
  f64_le: 0x65,
  f64_ge: 0x66,
  i32_clz: 0x67,
  i32_ctz: 0x68,
  i32_popcnt: 0x69,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_mul: 0x6c,
  i32_div_s: 0x6d,
  i32_div_u: 0x6e,
  i32_rem_s: 0x6f,
  i32_rem_u: 0x70,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_s: 0x75,
  i32_shr_u: 0x76,
  i32_rotl: 0x77,
  i32_rotr: 0x78,
  i64_clz: 0x79,
  i64_ctz: 0x7a,
  i64_popcnt: 0x7b,
  i64_add: 0x7c,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_div_s: 0x7f,
  i64_div_u: 0x80,
  i64_rem_s: 0x81,
  i64_rem_u: 0x82,
  i64_and: 0x83,
  i64_or: 0x84,
  i64_xor: 0x85,
  i64_shl: 0x86,
  i64_shr_s: 0x87,
  i64_shr_u: 0x88,
  i64_rotl: 0x89,
  i64_rotr: 0x8a,
  f32_abs: 0x8b,
  f32_neg: 0x8c,
  f32_sqrt: 0x91,
  f32_add: 0x92,
  f32_sub: 0x93,
  f32_mul: 0x94,
  f32_div: 0x95,
  f64_abs: 0x99,
  f64_neg: 0x9a,
  f64_sqrt: 0x9f,
  f64_add: 0xa0,
  f64_sub: 0xa1,
  f64_mul: 0xa2,
  f64_div: 0xa3,
  i32_wrap_i64: 0xa7,
  i32_trunc_f32_s: 0xa8,
  i32_trunc_f64_s: 0xaa,
  i64_extend_i32_s: 0xac,
  i64_extend_i32_u: 0xad,
  f32_convert_i32_s: 0xb2,
  f32_convert_i32_u: 0xb3,
  f32_convert_i64_s: 0xb4,
  f32_convert_i64_u: 0xb5,
  f32_demote_f64: 0xb6,
  f64_convert_i32_s: 0xb7,
  f64_convert_i32_u: 0xb8,
  f64_convert_i64_s: 0xb9,
  f64_convert_i64_u: 0xba,
  f64_promote_f32: 0xbb,
  i32_reinterpret_f32: 0xbc,
  i64_reinterpret_f64: 0xbd,
  f32_reinterpret_i32: 0xbe,
  f64_reinterpret_i64: 0xbf,
  i32_extend8_s: 0xc0,
  i32_extend16_s: 0xc1,
  i64_extend8_s: 0xc2,
  i64_extend16_s: 0xc3,
  i64_extend32_s: 0xc4,
} as const;

/** A growing run of bytes with the encodings of WebAssembly. */
export class Code {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** One byte: an opcode without operands, most often. */
  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** An unsigned LEB128 number below 2^32. */
  unsigned(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** A signed LEB128 number of 32 bits. */
  signed(value: number): void {
    this.reserve(5);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  append(other: Code): void {
    this.reserve(other.length);
    this.bytes.set(other.bytes.subarray(0, other.length), this.length);
    this.length += other.length;
  }

  text(value: string): void {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.byte(value.charCodeAt(i));
  }

  i32(value: number): void {
    this.byte(op.i32_const);
    this.signed(value);
  }

  /** An i64 constant from a number that is exact: below 2^53 in magnitude. */
  i64(value: number): void {
    this.byte(op.i64_const);
    if (value === (value | 0)) {
      this.signed(value);
      return;
    }
    this.reserve(10);
    let rest = value;
    while (rest < -64 || rest > 63) {
      const low = rest - Math.floor(rest / 128) * 128;
      this.bytes[this.length++] = low | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  /** An f64 constant; an integer below 2^53. */
  f64(value: number): void {
    this.i64(value);
    this.byte(op.f64_convert_i64_s);
  }

  /** An i64 constant of any 64 bits. */
  big(value: bigint): void {
    this.byte(op.i64_const);
    let rest = BigInt.asIntN(64, value);
    this.reserve(10);
    while (rest < -64n || rest > 63n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest & 0x7fn);
  }

  get(local: number): void {
    this.byte(op.local_get);
    this.unsigned(local);
  }

  set(local: number): void {
    this.byte(op.local_set);
    this.unsigned(local);
  }

  tee(local: number): void {
    this.byte(op.local_tee);
    this.unsigned(local);
  }

  /** A load or store; the alignment given is 1, which any address satisfies. */
  memory(opcode: number, offset: number): void {
    this.byte(opcode);
    this.byte(0);
    this.unsigned(offset);
  }

  call(index: number): void {
    this.byte(op.call);
    this.unsigned(index);
  }

  br(depth: number): void {
    this.byte(op.br);
    this.unsigned(depth);
  }

  brIf(depth: number): void {
    this.byte(op.br_if);
    this.unsigned(depth);
  }

  /** `block`, `loop` or `if` with the type of its result. */
  open(opcode: number, type: number = VOID): void {
    this.byte(opcode);
    this.byte(type);
  }

  end(): void {
    this.byte(op.end);
  }
}

/** One function of a module: its locals beyond the parameters, in runs of a type, and its body without the last `end`. */
export interface FunctionBody {
  readonly type: number;
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  readonly code: Code;
  /** The name it is exported under. */
  readonly exportName?: string;
}

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** What a module is made of. Imported functions have the first indices. */
export interface ModuleParts {
  readonly types: readonly FunctionType[];
  readonly imports: readonly { readonly module: string; readonly name: string; readonly type: number }[];
  readonly functions: readonly FunctionBody[];
}

function section(out: Code, id: number, content: Code): void {
  out.byte(id);
  out.unsigned(content.length);
  out.append(content);
}

/** The bytes of a module that imports the memory `e.m` (at least one page) and the functions it names. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  let size = 256;
  for (const { code } of parts.functions) size += code.length + 64;
  const out = new Code(size);
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);

  const types = new Code();
  types.unsigned(parts.types.length);
  for (const { parameters, results } of parts.types) {
    types.byte(0x60);
    types.unsigned(parameters.length);
    for (const type of parameters) types.byte(type);
    types.unsigned(results.length);
    for (const type of results) types.byte(type);
  }
  section(out, 1, types);

  const imports = new Code();
  imports.unsigned(parts.imports.length + 1);
  imports.text("e");
  imports.text("m");
  imports.byte(2);
  // A shared memory is imported with a maximum, which may be any.
  imports.byte(sharesMemory ? 3 : 0);
  imports.unsigned(1);
  if (sharesMemory) imports.unsigned(65536);
  for (const { module, name, type } of parts.imports) {
    imports.text(module);
    imports.text(name);
    imports.byte(0);
    imports.unsigned(type);
  }
  section(out, 2, imports);

  const functions = new Code();
  functions.unsigned(parts.functions.length);
  for (const { type } of parts.functions) functions.unsigned(type);
  section(out, 3, functions);

  const exports = new Code();
  const exported = parts.functions.flatMap(({ exportName }, index) =>
    exportName === undefined ? [] : [{ exportName, index: index + parts.imports.length }],
  );
  exports.unsigned(exported.length);
  for (const { exportName, index } of exported) {
    exports.text(exportName);
    exports.byte(0);
    exports.unsigned(index);
  }
  section(out, 7, exports);

  const bodies = new Code(size);
  bodies.unsigned(parts.functions.length);
  const head = new Code(64);
  for (const { locals, code } of parts.functions) {
    head.length = 0;
    head.unsigned(locals.length);
    for (const [count, type] of locals) {
      head.unsigned(count);
      head.byte(type);
    }
    bodies.unsigned(head.length + code.length + 1);
    bodies.append(head);
    bodies.append(code);
    bodies.end();
  }
  section(out, 10, bodies);
  return out.bytes.subarray(0, out.length);
}
