/**
 * A signed 64-bit value of the assembler. Nearly all are small: a value that a
 * double holds exactly is a `number`, any other a `bigint`, never the other way
 * round, so `===` compares. Results wrap to 64 bits as GNU as's do.
 */
export type Integer = number | bigint;

/** The Integer of any bigint, wrapped. */
export function wrap(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  const small = Number(wrapped);
  return Number.isSafeInteger(small) ? small : wrapped;
}

/** An exact double as it is; a rounded one through `exact`. */
function checked(value: number, exact: () => bigint): Integer {
  return Number.isSafeInteger(value) ? value + 0 : wrap(exact());
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrap(BigInt(a) - BigInt(b));
}

export function negate(a: Integer): Integer {
  return subtract(0, a);
}

export function invert(a: Integer): Integer {
  return subtract(-1, a);
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") return checked(a * b, () => BigInt(a) * BigInt(b));
  return wrap(BigInt(a) * BigInt(b));
}

/** Towards zero; the divisor is not 0. */
export function divide(a: Integer, b: Integer): Integer {
  return wrap(BigInt(a) / BigInt(b));
}

export function remainder(a: Integer, b: Integer): Integer {
  return wrap(BigInt(a) % BigInt(b));
}

export function and(a: Integer, b: Integer): Integer {
  return wrap(BigInt(a) & BigInt(b));
}

export function or(a: Integer, b: Integer): Integer {
  return wrap(BigInt(a) | BigInt(b));
}

export function xor(a: Integer, b: Integer): Integer {
  return wrap(BigInt(a) ^ BigInt(b));
}

/** `count` is 0 to 63. */
export function shiftLeft(a: Integer, count: number): Integer {
  return wrap(BigInt(a) << BigInt(count));
}

/** Zeros come in from the left, as in GNU as. */
export function shiftRight(a: Integer, count: number): Integer {
  return wrap(BigInt.asUintN(64, BigInt(a)) >> BigInt(count));
}

/** The low 32 bits, signed. */
export function low32(a: Integer): number {
  // ToInt32 of a double is exact modulo 2^32 as long as the double is.
  return typeof a === "number" ? a | 0 : Number(BigInt.asIntN(32, a));
}

/** Bits 32 to 63, signed. */
export function high32(a: Integer): number {
  return typeof a === "number" ? Math.floor(a / 4294967296) | 0 : Number(BigInt.asIntN(32, a >> 32n));
}

/** The value of two halves. */
export function fromWords(low: number, high: number): Integer {
  const value = (high | 0) * 4294967296 + (low >>> 0);
  return Number.isSafeInteger(value) ? value : wrap((BigInt(high | 0) << 32n) | BigInt(low >>> 0));
}

/** Whether the value fits a signed field of `bits` bits. */
export function fitsSigned(a: Integer, bits: number): boolean {
  const limit = 2 ** (bits - 1);
  return a >= -limit && a < limit;
}

/** As C prints it with %ld. */
export function decimal(a: Integer): string {
  return String(a);
}

/** As C prints it with %lx: two's complement, no prefix. */
export function hexadecimal(a: Integer): string {
  return BigInt.asUintN(64, BigInt(a)).toString(16);
}

/** As C prints it with %lu. */
export function unsignedDecimal(a: Integer): string {
  return BigInt.asUintN(64, BigInt(a)).toString();
}
