// The operators and pure functions of the meaning language on bigints: the
// evaluator's arithmetic. Values are unsigned numbers below 2^width.
import type { BinaryOperator } from "../riscv/index.ts";

export function truncate(value: bigint, width: bigint): bigint {
  return value & ((1n << width) - 1n);
}

function signed(value: bigint, width: bigint): bigint {
  return BigInt.asIntN(Number(width), value);
}

export function readLinear(view: DataView, linear: number, size: number): bigint {
  if (size === 8) return view.getBigUint64(linear, true);
  if (size === 4) return BigInt(view.getUint32(linear, true));
  return BigInt(size === 2 ? view.getUint16(linear, true) : view.getUint8(linear));
}

export function writeLinear(view: DataView, linear: number, size: number, value: bigint): void {
  if (size === 8) view.setBigUint64(linear, BigInt.asUintN(64, value), true);
  else if (size === 4) view.setUint32(linear, Number(value & 0xffffffffn), true);
  else if (size === 2) view.setUint16(linear, Number(value & 0xffffn), true);
  else view.setUint8(linear, Number(value & 0xffn));
}

/** A binary operator on operands of `width` bits (of a shift, the left one's). */
export function binary(operator: BinaryOperator, a: bigint, b: bigint, width: bigint): bigint {
  const flag = (value: boolean): bigint => (value ? 1n : 0n);
  const amount = b % width;
  switch (operator) {
    case "+":
      return truncate(a + b, width);
    case "-":
      return truncate(a - b, width);
    case "*":
      return truncate(a * b, width);
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return truncate(a << amount, width);
    case ">>u":
      return a >> amount;
    case ">>s":
      return truncate(signed(a, width) >> amount, width);
    case "/u":
      return b === 0n ? truncate(-1n, width) : a / b;
    case "%u":
      return b === 0n ? a : a % b;
    case "/s":
      return b === 0n ? truncate(-1n, width) : truncate(signed(a, width) / signed(b, width), width);
    case "%s":
      return b === 0n ? a : truncate(signed(a, width) % signed(b, width), width);
    case "==":
      return flag(a === b);
    case "!=":
      return flag(a !== b);
    case "<u":
      return flag(a < b);
    case ">u":
      return flag(a > b);
    case "<=u":
      return flag(a <= b);
    case ">=u":
      return flag(a >= b);
    case "<s":
      return flag(signed(a, width) < signed(b, width));
    case ">s":
      return flag(signed(a, width) > signed(b, width));
    case "<=s":
      return flag(signed(a, width) <= signed(b, width));
    case ">=s":
      return flag(signed(a, width) >= signed(b, width));
    case "&&":
      return flag(a !== 0n && b !== 0n);
    case "||":
      return flag(a !== 0n || b !== 0n);
  }
}

function leadingZeros(value: bigint, width: number): bigint {
  return BigInt(value === 0n ? width : width - value.toString(2).length);
}

function trailingZeros(value: bigint, width: number): bigint {
  if (value === 0n) return BigInt(width);
  let count = 0n;
  while (((value >> count) & 1n) === 0n) count++;
  return count;
}

function carryless(a: bigint, b: bigint, width: number): bigint {
  let product = 0n;
  for (let i = 0n; i < BigInt(width); i++) if ((b >> i) & 1n) product ^= a << i;
  return product;
}

/** Puts pieces of `size` bits, made by `piece` from their index, together. */
function pieces(width: number, size: number, piece: (index: number) => bigint): bigint {
  let value = 0n;
  for (let i = 0; i < width / size; i++) value |= piece(i) << BigInt(i * size);
  return value;
}

function bit(value: bigint, index: number): bigint {
  return (value >> BigInt(index)) & 1n;
}

/** A pure function of the meaning language; undefined where there is none of the name. */
export function integerFunction(name: string, list: readonly bigint[], xlen: 32 | 64): bigint | undefined {
  const [a, b] = list;
  const width = BigInt(xlen);
  const signExtend = (value: bigint, from: number): bigint => truncate(BigInt.asIntN(from, value), width);
  switch (name) {
    case "sext8":
      return signExtend(a, 8);
    case "sext16":
      return signExtend(a, 16);
    case "sext32":
      return signExtend(a, 32);
    case "zext8":
      return a & 0xffn;
    case "zext16":
      return a & 0xffffn;
    case "zext32":
      return a & 0xffffffffn;
    case "high32":
      return signExtend(a >> 32n, 32);
    case "join32":
      return (a & 0xffffffffn) | ((b & 0xffffffffn) << 32n);
    case "box16":
      return (a & 0xffffn) | 0xffffffffffff0000n;
    case "box32":
      return (a & 0xffffffffn) | 0xffffffff00000000n;
    case "mulh":
      return truncate((signed(a, width) * signed(b, width)) >> width, width);
    case "mulhsu":
      return truncate((signed(a, width) * b) >> width, width);
    case "mulhu":
      return (a * b) >> width;
    case "clz":
      return leadingZeros(a, xlen);
    case "ctz":
      return trailingZeros(a, xlen);
    case "cpop":
      return BigInt(a.toString(2).replaceAll("0", "").length);
    case "clz32":
      return leadingZeros(a & 0xffffffffn, 32);
    case "ctz32":
      return trailingZeros(a & 0xffffffffn, 32);
    case "clmul":
      return truncate(carryless(a, b, xlen), width);
    case "clmulh":
      return carryless(a, b, xlen) >> width;
    case "clmulr":
      return truncate(carryless(a, b, xlen) >> (width - 1n), width);
    case "orc_b":
      return pieces(xlen, 8, (i) => ((a >> BigInt(8 * i)) & 0xffn ? 0xffn : 0n));
    case "rev8":
      return pieces(xlen, 8, (i) => (a >> BigInt(xlen - 8 - 8 * i)) & 0xffn);
    case "brev8":
      return pieces(xlen, 1, (i) => bit(a, (i & ~7) + 7 - (i & 7)));
    case "zip":
      return pieces(xlen, 1, (i) => bit(a, (i & 1) * (xlen / 2) + (i >> 1)));
    case "unzip":
      return pieces(xlen, 1, (i) => bit(a, i < xlen / 2 ? 2 * i : 2 * (i - xlen / 2) + 1));
    case "xperm4":
      return pieces(xlen, 4, (i) => {
        const index = (b >> BigInt(4 * i)) & 0xfn;
        return (a >> (index * 4n)) & 0xfn;
      });
    case "xperm8":
      return pieces(xlen, 8, (i) => {
        const index = (b >> BigInt(8 * i)) & 0xffn;
        return index * 8n >= width ? 0n : (a >> (index * 8n)) & 0xffn;
      });
  }
  return undefined;
}
