import type { Assembler } from "./assembler.ts";
import {
  ABSENT,
  BIG,
  CONSTANT,
  type Expression,
  FLOAT,
  ILLEGAL,
  REGISTER_OP,
  SUBTRACT,
  SYMBOL,
  setConstant,
  UMINUS,
} from "./expression.ts";
import { FIX_DATA } from "./fixup-types.ts";
import { hexadecimal, high32, type Integer, low32 } from "./integer.ts";
import { expressionSymbol } from "./parse-expression.ts";
import { isNoBits } from "./section-kinds.ts";
import { LEB128 } from "./sections.ts";

/** Puts an expression of `size` bytes at the current place, with a fixup where its value is not known yet. */
export function emitExpression(assembler: Assembler, expression: Expression, size: number): void {
  const { sections } = assembler;
  const { op } = expression;
  if (op !== CONSTANT && op !== SYMBOL && op !== SUBTRACT) checkOperand(assembler, expression);
  if (sections.absolute) {
    if (expression.op !== CONSTANT || expression.number !== 0)
      assembler.error("AS0220", "attempt to store value in absolute section");
    sections.absoluteOffset += size;
    return;
  }
  if ((expression.op !== CONSTANT || expression.number !== 0) && isNoBits(sections.current))
    assembler.error("AS0221", `attempt to store non-zero value in section \`${sections.current.name}'`);
  const at = sections.more(size);
  const { bytes } = sections.chain;
  if (expression.op === CONSTANT) {
    const { number } = expression;
    if (size < 8) checkRange(assembler, number, size);
    putInteger(bytes, at, number, size, !expression.unsigned);
  } else if (expression.op === BIG) {
    putBig(assembler, bytes, at, expression.big!, size);
  } else {
    bytes.fill(0, at, at + size);
    fixupFor(assembler, expression, at, size, FIX_DATA);
  }
}

/** What has no place in data becomes 0, with a message. */
function checkOperand(assembler: Assembler, expression: Expression): void {
  const { op } = expression;
  if (op === ABSENT || op === ILLEGAL) {
    assembler.warning("AS0222", "zero assumed for missing expression");
    setConstant(expression, 0);
  } else if (op === FLOAT) {
    assembler.error("AS0223", "floating point number invalid");
    setConstant(expression, 0);
  } else if (op === REGISTER_OP) {
    assembler.warning("AS0224", "register value used as expression");
    setConstant(expression, expression.number);
  }
}

function checkRange(assembler: Assembler, number: Integer, size: number): void {
  const limit = 2 ** (size * 8);
  if (number < limit && number > -limit) return;
  const kept = BigInt.asUintN(size * 8, BigInt(number)).toString(16);
  assembler.warning("AS0225", `value 0x${hexadecimal(number)} truncated to 0x${kept}`);
}

/** Little-endian; beyond 64 bits the sign or zeros. */
export function putInteger(
  bytes: Uint8Array,
  at: number,
  value: Integer,
  size: number,
  signed: boolean,
): void {
  const low = low32(value);
  bytes[at] = low;
  if (size === 1) return;
  bytes[at + 1] = low >> 8;
  if (size === 2) return;
  bytes[at + 2] = low >> 16;
  bytes[at + 3] = low >> 24;
  if (size === 4) return;
  const high = high32(value);
  for (let i = 4; i < size && i < 8; i++) bytes[at + i] = high >> ((i - 4) * 8);
  const extension = signed && high < 0 ? 0xff : 0;
  for (let i = 8; i < size; i++) bytes[at + i] = extension;
}

function putBig(assembler: Assembler, bytes: Uint8Array, at: number, value: bigint, size: number): void {
  const bits = BigInt(size * 8);
  if (value >= 1n << bits || value < -(1n << bits)) {
    assembler.warning("AS0226", `bignum truncated to ${size} byte${size === 1 ? "" : "s"}`);
  }
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size; i++) {
    bytes[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Notes that the field at `at` gets the value of an expression; returns the fixup, or -1 after a message. */
export function fixupFor(
  assembler: Assembler,
  expression: Expression,
  at: number,
  size: number,
  type: number,
): number {
  const { sections } = assembler;
  switch (expression.op) {
    case SYMBOL:
      return sections.fixup(at, size, type, expression.symbol, -1, expression.number);
    case SUBTRACT:
      return sections.fixup(at, size, type, expression.symbol, expression.opSymbol, expression.number);
    case UMINUS:
      return sections.fixup(at, size, type, -1, expression.symbol, expression.number);
    case CONSTANT:
    case ABSENT:
      return sections.fixup(at, size, type, -1, -1, expression.number);
    case REGISTER_OP:
      assembler.error("AS0224", "register value used as expression");
      return -1;
    default:
      return sections.fixup(at, size, type, expressionSymbol(assembler, expression), -1, 0);
  }
}

/** Puts a LEB128; one whose value is not known yet is a variable part. */
export function emitLeb128(assembler: Assembler, expression: Expression, signed: boolean): void {
  const { sections } = assembler;
  checkOperand(assembler, expression);
  if (sections.absolute) {
    sections.absoluteOffset++;
    return;
  }
  assembler.mapping.data();
  if (expression.op === CONSTANT || expression.op === BIG) {
    const value = expression.op === BIG ? expression.big! : BigInt(expression.number);
    // An unsigned number of 64 bits looks negative when it is kept in 64.
    const unsigned = expression.unsigned && expression.op === CONSTANT && value < 0n;
    const number = unsigned || !signed ? (expression.op === BIG ? value : BigInt.asUintN(64, value)) : value;
    for (const byte of leb128Bytes(number, signed)) sections.emitByte(byte);
    return;
  }
  sections.variable(LEB128, 10, 0, signed ? 1 : 0, expressionSymbol(assembler, expression), 0);
}

/** The bytes of a LEB128. */
export function leb128Bytes(value: bigint, signed: boolean): number[] {
  const bytes: number[] = [];
  // A negative number that is written as an unsigned one is its 64 bits.
  let rest = signed || value >= 0n ? value : BigInt.asUintN(64, value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = signed
      ? (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0)
      : rest === 0n;
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}
