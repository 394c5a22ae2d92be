import type { Expression, Statement } from "../../src/riscv/index.ts";

// A plain evaluator of the meaning language over integer registers, written
// from its description alone and for nothing but checking the table: slow, with
// bigints, and with no memory, traps or floating point.

/** What an instruction's names stand for: registers and constants; writes go here too. */
export type Environment = Map<string, bigint>;

type Function = (xlen: number, ...values: bigint[]) => bigint;

const ones = (value: bigint): number => value.toString(2).replaceAll("0", "").length;
const leading = (value: bigint, width: number): number =>
  width - (value === 0n ? 0 : value.toString(2).length);
const trailing = (value: bigint, width: number): number =>
  value === 0n ? width : leading(1n, 1) + (value & -value).toString(2).length - 1;

function carryless(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; b >> i > 0n; i++) if ((b >> i) & 1n) product ^= a << i;
  return product;
}

/** Maps each group of bits of a value. */
function groups(
  value: bigint,
  total: number,
  width: number,
  map: (group: bigint, at: number) => bigint,
): bigint {
  let result = 0n;
  for (let at = 0; at < total; at += width) {
    result |= map((value >> BigInt(at)) & ((1n << BigInt(width)) - 1n), at) << BigInt(at);
  }
  return result;
}

function permute(xlen: number, a: bigint, b: bigint, width: number): bigint {
  return groups(b, xlen, width, (index) =>
    index * BigInt(width) < BigInt(xlen) ? (a >> (index * BigInt(width))) & ((1n << BigInt(width)) - 1n) : 0n,
  );
}

const reversed = (value: bigint, width: number): bigint =>
  BigInt(`0b${[...value.toString(2).padStart(width, "0")].reverse().join("")}`);

const functions: Readonly<Record<string, Function>> = {
  sext8: (_, a) => BigInt.asIntN(8, a),
  sext16: (_, a) => BigInt.asIntN(16, a),
  sext32: (_, a) => BigInt.asIntN(32, a),
  zext8: (_, a) => BigInt.asUintN(8, a),
  zext16: (_, a) => BigInt.asUintN(16, a),
  zext32: (_, a) => BigInt.asUintN(32, a),
  mulh: (x, a, b) => (BigInt.asIntN(x, a) * BigInt.asIntN(x, b)) >> BigInt(x),
  mulhu: (x, a, b) => (a * b) >> BigInt(x),
  mulhsu: (x, a, b) => (BigInt.asIntN(x, a) * b) >> BigInt(x),
  clz: (x, a) => BigInt(leading(a, x)),
  ctz: (x, a) => BigInt(trailing(a, x)),
  cpop: (_, a) => BigInt(ones(a)),
  clz32: (_, a) => BigInt(leading(BigInt.asUintN(32, a), 32)),
  ctz32: (_, a) => BigInt(trailing(BigInt.asUintN(32, a), 32)),
  clmul: (_, a, b) => carryless(a, b),
  clmulh: (x, a, b) => carryless(a, b) >> BigInt(x),
  clmulr: (x, a, b) => carryless(a, b) >> BigInt(x - 1),
  orc_b: (x, a) => groups(a, x, 8, (byte) => (byte === 0n ? 0n : 255n)),
  brev8: (x, a) => groups(a, x, 8, (byte) => reversed(byte, 8)),
  rev8: (x, a) => groups(a, x, 8, (_byte, at) => (a >> BigInt(x - 8 - at)) & 255n),
  zip: (x, a) => groups(a, x, 1, (_bit, at) => (a >> BigInt((at >> 1) + (at & 1) * (x / 2))) & 1n),
  unzip: (x, a) => groups(a, x, 1, (_bit, at) => (a >> BigInt(at < x / 2 ? 2 * at : 2 * at - x + 1)) & 1n),
  aes_sbox: (_, a) => BigInt(sbox[Number(a & 255n)]),
  sm4_sbox: (_, a) => BigInt(sm4Sbox[Number(a & 255n)]),
  aes_inverse_sbox: (_, a) => BigInt(inverseSbox[Number(a & 255n)]),
  gf_mul: (_, a, b) => BigInt(multiply(Number(a), Number(b))),
  aes64_encrypt_last: (_, a, b) => joined(shifted(a, b, 1, sbox)),
  aes64_encrypt_middle: (_, a, b) => joined(mix(shifted(a, b, 1, sbox), forward)),
  aes64_decrypt_last: (_, a, b) => joined(shifted(a, b, -1, inverseSbox)),
  aes64_decrypt_middle: (_, a, b) => joined(mix(shifted(a, b, -1, inverseSbox), backward)),
  aes64_inverse_mix: (_, a) => joined(mix(bytesOf(a), backward)),
  aes64_key_schedule: (_, a, b) => {
    const word = bytesOf(a).slice(4);
    const turned = b === 10n ? word : [...word.slice(1), word[0]];
    const constant = b === 10n ? 0 : [1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36][Number(b)];
    const half = joined(turned.map((byte, i) => sbox[byte] ^ (i === 0 ? constant : 0)));
    return (half << 32n) | half;
  },
  xperm4: (x, a, b) => permute(x, a, b, 4),
  xperm8: (x, a, b) => permute(x, a, b, 8),
};

/** Multiplication in a field of 256 elements, AES's if no other polynomial is given. */
function multiply(a: number, b: number, polynomial = 0x11b): number {
  let product = 0;
  for (let i = 0; i < 8; i++) {
    if ((b >> i) & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? polynomial : 0);
  }
  return product;
}

function inverse(value: number, polynomial?: number): number {
  for (let i = 1; i < 256 && value !== 0; i++) if (multiply(value, i, polynomial) === 1) return i;
  return 0;
}

/** AES's S-box: the inverse in the field, and an affine map. */
const sbox = Array.from({ length: 256 }, (_, value) => {
  const inverted = inverse(value);
  let result = 0x63;
  for (let i = 0; i < 5; i++) result ^= ((inverted << i) | (inverted >> (8 - i))) & 0xff;
  return result;
});

/** SM4's affine map: a matrix whose rows are 0xa7 turned, and a constant. */
function affine(value: number): number {
  let result = 0;
  for (let i = 0; i < 8; i++) {
    const row = ((0xa7 << i) | (0xa7 >> (8 - i))) & 0xff;
    result |= (ones(BigInt(row & value)) & 1) << i;
  }
  return result ^ 0xd3;
}

/** SM4's S-box: the map, the inverse in its field, and the map again. */
const sm4Sbox = Array.from({ length: 256 }, (_, value) => affine(inverse(affine(value), 0x1f5)));
const inverseSbox = sbox.map((_, value) => sbox.indexOf(value));

const bytesOf = (...values: bigint[]): number[] =>
  values.flatMap((value) => Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
const joined = (bytes: readonly number[]): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** MixColumns with the first row of its matrix. */
function mix(bytes: readonly number[], row: readonly number[]): number[] {
  return bytes.map((_, at) => {
    const column = at & ~3;
    let sum = 0;
    for (let i = 0; i < 4; i++) sum ^= multiply(bytes[column + i], row[(i - at + 8) & 3]);
    return sum;
  });
}
const forward = [2, 3, 1, 1];
const backward = [14, 11, 13, 9];

/** ShiftRows by a direction, and the S-box: the first two columns. */
function shifted(a: bigint, b: bigint, direction: 1 | -1, box: readonly number[]): number[] {
  const state = bytesOf(a, b);
  return Array.from({ length: 8 }, (_, at) => box[state[(at + direction * 4 * (at & 3) + 16) & 15]]);
}

/** Runs statements; false where they do more than compute (memory, jumps, effects). */
export function run(statements: readonly Statement[], names: Environment, xlen: 32 | 64): boolean {
  for (const statement of statements) {
    if (statement.kind === "do") return false;
    if (statement.kind === "if") {
      const condition = evaluate(statement.condition, names, xlen);
      if (condition === undefined) return false;
      if (!run(condition !== 0n ? statement.then : statement.otherwise, names, xlen)) return false;
      continue;
    }
    const { target } = statement;
    const value = evaluate(statement.value, names, xlen);
    if (value === undefined || (target.kind !== "register" && target.kind !== "local")) return false;
    if (target.kind === "register" && target.file !== "x") return false;
    names.set(target.name, value);
  }
  return true;
}

/** The value, from 0 to 2^XLEN - 1; undefined where it is more than a computation over integer registers. */
function evaluate(e: Expression, names: Environment, xlen: 32 | 64): bigint | undefined {
  const wrap = (value: bigint) => BigInt.asUintN(xlen, value);
  switch (e.kind) {
    case "number":
      return wrap(BigInt(e.value));
    case "xlen":
      return BigInt(xlen);
    case "register":
    case "operand":
    case "local": {
      const value = names.get(e.name);
      return value === undefined ? undefined : wrap(value);
    }
    case "unary": {
      const value = evaluate(e.operand, names, xlen);
      if (value === undefined) return undefined;
      return wrap(e.operator === "~" ? ~value : e.operator === "-" ? -value : value === 0n ? 1n : 0n);
    }
    case "choose": {
      const condition = evaluate(e.condition, names, xlen);
      return condition === undefined
        ? undefined
        : evaluate(condition !== 0n ? e.then : e.otherwise, names, xlen);
    }
    case "call": {
      const values = e.arguments.map((argument) => evaluate(argument, names, xlen));
      if (!(e.name in functions) || values.includes(undefined)) return undefined;
      return wrap(functions[e.name](xlen, ...(values as bigint[])));
    }
    case "binary": {
      const a = evaluate(e.left, names, xlen);
      const b = evaluate(e.right, names, xlen);
      return a === undefined || b === undefined ? undefined : wrap(binary(e.operator, a, b, xlen));
    }
    default:
      return undefined;
  }
}

function binary(operator: string, a: bigint, b: bigint, xlen: 32 | 64): bigint {
  const signedA = BigInt.asIntN(xlen, a);
  const signedB = BigInt.asIntN(xlen, b);
  const amount = b % BigInt(xlen);
  const truth = (value: boolean) => (value ? 1n : 0n);
  switch (operator) {
    case "*":
      return a * b;
    case "/s":
      return b === 0n ? -1n : signedA / signedB;
    case "/u":
      return b === 0n ? -1n : a / b;
    case "%s":
      return b === 0n ? a : signedA % signedB;
    case "%u":
      return b === 0n ? a : a % b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "<<":
      return a << amount;
    case ">>s":
      return signedA >> amount;
    case ">>u":
      return a >> amount;
    case "<s":
      return truth(signedA < signedB);
    case "<u":
      return truth(a < b);
    case ">s":
      return truth(signedA > signedB);
    case ">u":
      return truth(a > b);
    case "<=s":
      return truth(signedA <= signedB);
    case "<=u":
      return truth(a <= b);
    case ">=s":
      return truth(signedA >= signedB);
    case ">=u":
      return truth(a >= b);
    case "==":
      return truth(a === b);
    case "!=":
      return truth(a !== b);
    case "&":
      return a & b;
    case "^":
      return a ^ b;
    case "|":
      return a | b;
    case "&&":
      return truth(a !== 0n && b !== 0n);
    case "||":
      return truth(a !== 0n || b !== 0n);
    default:
      throw new Error(`no such operator: ${operator}`);
  }
}
