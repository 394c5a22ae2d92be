// The floating-point functions of the meaning language, by number. Operands and
// result are in the hart's SCRATCH slots, so evaluator, interpreter and
// translated code call them in the same way: three operands of 64 bits (a word
// of f registers, or an integer), the rounding mode in the fourth slot; the
// result replaces the first operand, raised flags are added to FFLAGS.
import * as at from "./layout.ts";
import * as soft from "./softfloat/index.ts";

type FloatFunction = (w: Int32Array, i: number, mode: number) => void;

const { LOW, HIGH, FLAGS, NAN_F16, NAN_F32 } = soft;
const out = soft.out;

/** The float in slot `i`: a word that is not boxed is a NaN. */
function single(w: Int32Array, i: number): number {
  return w[i + 1] === -1 ? w[i] : NAN_F32;
}

function half(w: Int32Array, i: number): number {
  return w[i + 1] === -1 && w[i] >>> 16 === 0xffff ? w[i] & 0xffff : NAN_F16;
}

function setSingle(w: Int32Array, i: number, bits: number): void {
  w[i] = bits;
  w[i + 1] = -1;
}

function setHalf(w: Int32Array, i: number, bits: number): void {
  w[i] = bits | 0xffff0000;
  w[i + 1] = -1;
}

function setInteger(w: Int32Array, i: number, value: number): void {
  w[i] = value;
  w[i + 1] = value >> 31;
}

function setOut(w: Int32Array, i: number): void {
  w[i] = out[LOW];
  w[i + 1] = out[HIGH];
}

/** How a format of up to 32 bits is taken from and put into a slot. */
interface Narrow {
  readonly get: (w: Int32Array, i: number) => number;
  readonly set: (w: Int32Array, i: number, bits: number) => void;
  readonly sign: number;
}

const narrow32: Narrow = { get: single, set: setSingle, sign: 0x80000000 | 0 };
const narrow16: Narrow = { get: half, set: setHalf, sign: 0x8000 };

type One = (a: number, mode: number) => number;
type Two = (a: number, b: number, mode: number) => number;
type Three = (a: number, b: number, c: number, mode: number) => number;

function narrowFunctions(
  prefix: string,
  { get, set, sign }: Narrow,
  f: {
    add: Two;
    sub: Two;
    mul: Two;
    div: Two;
    sqrt: One;
    mulAdd: Three;
    min: Two;
    max: Two;
    minm: Two;
    maxm: Two;
    eq: Two;
    lt: Two;
    le: Two;
    ltq: Two;
    leq: Two;
    class: One;
    round: (a: number, mode: number, inexact: boolean) => number;
    toI32: One;
    toU32: One;
    toI64: (a: number, mode: number) => void;
    toU64: (a: number, mode: number) => void;
    fromI32: One;
    fromU32: One;
    fromI64: Two;
    fromU64: Two;
  },
): [string, FloatFunction][] {
  const two = (name: string, operation: Two): [string, FloatFunction] => [
    `${prefix}_${name}`,
    (w, i, mode) => set(w, i, operation(get(w, i), get(w, i + 2), mode)),
  ];
  const compare = (name: string, operation: Two): [string, FloatFunction] => [
    `${prefix}_${name}`,
    (w, i, mode) => setInteger(w, i, operation(get(w, i), get(w, i + 2), mode)),
  ];
  const multiply = (name: string, product: number, addend: number): [string, FloatFunction] => [
    `${prefix}_${name}`,
    (w, i, mode) => set(w, i, f.mulAdd(get(w, i) ^ product, get(w, i + 2), get(w, i + 4) ^ addend, mode)),
  ];
  const toInteger = (name: string, operation: One): [string, FloatFunction] => [
    `${prefix}_${name}`,
    (w, i, mode) => setInteger(w, i, operation(get(w, i), mode)),
  ];
  const toLong = (name: string, operation: (a: number, mode: number) => void): [string, FloatFunction] => [
    `${prefix}_${name}`,
    (w, i, mode) => {
      operation(get(w, i), mode);
      setOut(w, i);
    },
  ];
  return [
    two("add", f.add),
    two("sub", f.sub),
    two("mul", f.mul),
    two("div", f.div),
    [`${prefix}_sqrt`, (w, i, mode) => set(w, i, f.sqrt(get(w, i), mode))],
    multiply("madd", 0, 0),
    multiply("msub", 0, sign),
    multiply("nmsub", sign, 0),
    multiply("nmadd", sign, sign),
    two("min", f.min),
    two("max", f.max),
    two("minm", f.minm),
    two("maxm", f.maxm),
    compare("eq", f.eq),
    compare("lt", f.lt),
    compare("le", f.le),
    compare("ltq", f.ltq),
    compare("leq", f.leq),
    [`${prefix}_sgnj`, (w, i) => set(w, i, (get(w, i) & ~sign) | (get(w, i + 2) & sign))],
    [`${prefix}_sgnjn`, (w, i) => set(w, i, (get(w, i) & ~sign) | (~get(w, i + 2) & sign))],
    [`${prefix}_sgnjx`, (w, i) => set(w, i, get(w, i) ^ (get(w, i + 2) & sign))],
    toInteger("class", f.class),
    [`${prefix}_round`, (w, i, mode) => set(w, i, f.round(get(w, i), mode, false))],
    [`${prefix}_roundnx`, (w, i, mode) => set(w, i, f.round(get(w, i), mode, true))],
    toInteger("to_i32", f.toI32),
    toInteger("to_u32", f.toU32),
    toLong("to_i64", f.toI64),
    toLong("to_u64", f.toU64),
    [`${prefix}_from_i32`, (w, i, mode) => set(w, i, f.fromI32(w[i], mode))],
    [`${prefix}_from_u32`, (w, i, mode) => set(w, i, f.fromU32(w[i], mode))],
    [`${prefix}_from_i64`, (w, i, mode) => set(w, i, f.fromI64(w[i], w[i + 1], mode))],
    [`${prefix}_from_u64`, (w, i, mode) => set(w, i, f.fromU64(w[i], w[i + 1], mode))],
  ];
}

const SIGN = 0x80000000 | 0;

type DoubleOne = (low: number, high: number, mode: number) => void;
type DoubleTwo = (aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number) => void;
type DoubleCompare = (aLow: number, aHigh: number, bLow: number, bHigh: number) => number;

const two64 = (name: string, operation: DoubleTwo): [string, FloatFunction] => [
  `f64_${name}`,
  (w, i, mode) => {
    operation(w[i], w[i + 1], w[i + 2], w[i + 3], mode);
    setOut(w, i);
  },
];
const compare64 = (name: string, operation: DoubleCompare): [string, FloatFunction] => [
  `f64_${name}`,
  (w, i) => setInteger(w, i, operation(w[i], w[i + 1], w[i + 2], w[i + 3])),
];
const one64 = (name: string, operation: DoubleOne): [string, FloatFunction] => [
  `f64_${name}`,
  (w, i, mode) => {
    operation(w[i], w[i + 1], mode);
    setOut(w, i);
  },
];
const multiply64 = (name: string, product: number, addend: number): [string, FloatFunction] => [
  `f64_${name}`,
  (w, i, mode) => {
    soft.f64MulAdd(w[i], w[i + 1] ^ product, w[i + 2], w[i + 3], w[i + 4], w[i + 5] ^ addend, mode);
    setOut(w, i);
  },
];

/**
 * The constants of Zfa, as numbers of 32 bits. Half precision has no smallest
 * normal number like these and no 2^16: the first is its own, the other infinity.
 */
const constants32 = [
  0xbf800000, 0x00800000, 0x37800000, 0x38000000, 0x3b800000, 0x3c000000, 0x3d800000, 0x3e000000, 0x3e800000,
  0x3ea00000, 0x3ec00000, 0x3ee00000, 0x3f000000, 0x3f200000, 0x3f400000, 0x3f600000, 0x3f800000, 0x3fa00000,
  0x3fc00000, 0x3fe00000, 0x40000000, 0x40200000, 0x40400000, 0x40800000, 0x41000000, 0x41800000, 0x43000000,
  0x43800000, 0x47000000, 0x47800000, 0x7f800000, 0x7fc00000,
];
/** The entry that is the smallest normal number of the format. */
const SMALLEST = 1;

function halfConstant(index: number): number {
  if (index === SMALLEST) return 0x0400;
  const bits = soft.f32ToF16(constants32[index], 0);
  out[FLAGS] = 0;
  return bits;
}

function doubleConstant(w: Int32Array, i: number): void {
  const index = w[i] & 31;
  soft.f32ToF64(constants32[index]);
  if (index === SMALLEST) {
    out[LOW] = 0;
    out[HIGH] = 0x00100000;
  }
  setOut(w, i);
}

const all: readonly [string, FloatFunction][] = [
  ["f16_constant", (w, i) => setHalf(w, i, halfConstant(w[i] & 31))],
  ["f32_constant", (w, i) => setSingle(w, i, constants32[w[i] & 31])],
  ["f64_constant", doubleConstant],
  ...narrowFunctions("f16", narrow16, {
    add: soft.f16Add,
    sub: soft.f16Sub,
    mul: soft.f16Mul,
    div: soft.f16Div,
    sqrt: soft.f16Sqrt,
    mulAdd: soft.f16MulAdd,
    min: soft.f16Min,
    max: soft.f16Max,
    minm: soft.f16MinNaN,
    maxm: soft.f16MaxNaN,
    eq: soft.f16Equal,
    lt: soft.f16Less,
    le: soft.f16LessOrEqual,
    ltq: soft.f16LessQuiet,
    leq: soft.f16LessOrEqualQuiet,
    class: soft.f16Class,
    round: soft.f16Round,
    toI32: soft.f16ToI32,
    toU32: soft.f16ToU32,
    toI64: soft.f16ToI64,
    toU64: soft.f16ToU64,
    fromI32: soft.i32ToF16,
    fromU32: soft.u32ToF16,
    fromI64: soft.i64ToF16,
    fromU64: soft.u64ToF16,
  }),
  ...narrowFunctions("f32", narrow32, {
    add: soft.f32Add,
    sub: soft.f32Sub,
    mul: soft.f32Mul,
    div: soft.f32Div,
    sqrt: soft.f32Sqrt,
    mulAdd: soft.f32MulAdd,
    min: soft.f32Min,
    max: soft.f32Max,
    minm: soft.f32MinNaN,
    maxm: soft.f32MaxNaN,
    eq: soft.f32Equal,
    lt: soft.f32Less,
    le: soft.f32LessOrEqual,
    ltq: soft.f32LessQuiet,
    leq: soft.f32LessOrEqualQuiet,
    class: soft.f32Class,
    round: soft.f32Round,
    toI32: soft.f32ToI32,
    toU32: soft.f32ToU32,
    toI64: soft.f32ToI64,
    toU64: soft.f32ToU64,
    fromI32: soft.i32ToF32,
    fromU32: soft.u32ToF32,
    fromI64: soft.i64ToF32,
    fromU64: soft.u64ToF32,
  }),
  two64("add", soft.f64Add),
  two64("sub", soft.f64Sub),
  two64("mul", soft.f64Mul),
  two64("div", soft.f64Div),
  one64("sqrt", soft.f64Sqrt),
  multiply64("madd", 0, 0),
  multiply64("msub", 0, SIGN),
  multiply64("nmsub", SIGN, 0),
  multiply64("nmadd", SIGN, SIGN),
  two64("min", soft.f64Min),
  two64("max", soft.f64Max),
  two64("minm", soft.f64MinNaN),
  two64("maxm", soft.f64MaxNaN),
  compare64("eq", soft.f64Equal),
  compare64("lt", soft.f64Less),
  compare64("le", soft.f64LessOrEqual),
  compare64("ltq", soft.f64LessQuiet),
  compare64("leq", soft.f64LessOrEqualQuiet),
  ["f64_sgnj", (w, i) => void (w[i + 1] = (w[i + 1] & ~SIGN) | (w[i + 3] & SIGN))],
  ["f64_sgnjn", (w, i) => void (w[i + 1] = (w[i + 1] & ~SIGN) | (~w[i + 3] & SIGN))],
  ["f64_sgnjx", (w, i) => void (w[i + 1] ^= w[i + 3] & SIGN)],
  ["f64_class", (w, i) => setInteger(w, i, soft.f64Class(w[i], w[i + 1]))],
  one64("round", (low, high, mode) => soft.f64Round(low, high, mode, false)),
  one64("roundnx", (low, high, mode) => soft.f64Round(low, high, mode, true)),
  ["f64_to_i32", (w, i, mode) => setInteger(w, i, soft.f64ToI32(w[i], w[i + 1], mode))],
  ["f64_to_u32", (w, i, mode) => setInteger(w, i, soft.f64ToU32(w[i], w[i + 1], mode))],
  one64("to_i64", soft.f64ToI64),
  one64("to_u64", soft.f64ToU64),
  one64("from_i32", (low) => soft.i32ToF64(low)),
  one64("from_u32", (low) => soft.u32ToF64(low)),
  one64("from_i64", soft.i64ToF64),
  one64("from_u64", soft.u64ToF64),
  ["f16_to_f32", (w, i) => setSingle(w, i, soft.f16ToF32(half(w, i)))],
  [
    "f16_to_f64",
    (w, i) => {
      soft.f16ToF64(half(w, i));
      setOut(w, i);
    },
  ],
  ["f32_to_f16", (w, i, mode) => setHalf(w, i, soft.f32ToF16(single(w, i), mode))],
  [
    "f32_to_f64",
    (w, i) => {
      soft.f32ToF64(single(w, i));
      setOut(w, i);
    },
  ],
  ["f64_to_f16", (w, i, mode) => setHalf(w, i, soft.f64ToF16(w[i], w[i + 1], mode))],
  ["f64_to_f32", (w, i, mode) => setSingle(w, i, soft.f64ToF32(w[i], w[i + 1], mode))],
  ["f64_mod_i32", (w, i) => setInteger(w, i, soft.f64ToI32Modular(w[i], w[i + 1]))],
];

/** The number of each function. */
export const floatNumber: ReadonlyMap<string, number> = new Map(all.map(([name], index) => [name, index]));

/** Does function `number` on the SCRATCH slots of the hart whose block starts at `base`. */
export function callFloat(words: Int32Array, base: number, number: number): void {
  const i = (base + at.SCRATCH) >> 2;
  all[number][1](words, i, words[i + 6]);
  if (out[FLAGS] !== 0) {
    words[(base + at.FFLAGS) >> 2] |= out[FLAGS];
    out[FLAGS] = 0;
  }
}
