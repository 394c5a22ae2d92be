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
  xperm4: (x, a, b) => permute(x, a, b, 4),
  xperm8: (x, a, b) => permute(x, a, b, 8),
};

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
