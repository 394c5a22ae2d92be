import type { Assembler } from "./assembler.ts";
import { COMMA, kinds, NEWLINE, QUOTE, STATEMENT_END } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { emitExpression, emitLeb128 } from "./emit-data.ts";
import {
  ABSENT,
  BIG,
  CONSTANT,
  type Expression,
  FLOAT,
  MULTIPLY,
  newExpression,
  REGISTER_OP,
  SYMBOL,
} from "./expression.ts";
import { floatBytes } from "./float.ts";
import { foldExpression } from "./fold.ts";
import { low32 } from "./integer.ts";
import { expressionSymbol, parseExpression } from "./parse-expression.ts";
import { isCode, isNoBits } from "./section-kinds.ts";
import { ALIGN, ALIGN_CODE, FILL, ORG, SPACE_FILL } from "./sections.ts";

// Directives that put bytes: numbers, strings, space, alignment.

/** .byte, .word, .quad …: expressions of `size` bytes. Hot in data. */
function numbers(assembler: Assembler, size: number): void {
  const { reader, expression, sections } = assembler;
  reader.skipSpace();
  if (reader.atEnd) return;
  assembler.mapping.data();
  for (;;) {
    parseExpression(assembler, expression, "normal");
    if (!sections.current.holdsFrames) emitExpression(assembler, expression, size);
    else {
      const wanted = assembler.followFrames(expression, size);
      if (wanted !== 0) emitExpression(assembler, expression, wanted);
    }
    if (reader.bytes[reader.at] !== COMMA && !reader.takeComma()) break;
    if (reader.bytes[reader.at] === COMMA) reader.at++;
  }
  assembler.endOfLine();
}

/** .ascii and its kin; `unit` is the bytes of a character, and a zero one follows if `terminated`. */
function strings(assembler: Assembler, unit: number, terminated: boolean): void {
  const { reader, sections } = assembler;
  assembler.mapping.data();
  if (sections.absolute) {
    assembler.error("AS0201", "strings must be placed into a section");
    assembler.ignoreRest();
    return;
  }
  const put = (byte: number) => {
    sections.emitByte(byte);
    for (let i = 1; i < unit; i++) sections.emitByte(0);
  };
  for (;;) {
    reader.skipSpace();
    if (reader.bytes[reader.at] !== QUOTE) break;
    reader.at++;
    stringBytes(assembler, put);
    reader.skipSpace();
    // "a" "b" is "ab".
    if (reader.bytes[reader.at] === QUOTE) continue;
    if (terminated) put(0);
    if (!reader.takeComma()) break;
  }
  assembler.endOfLine();
}

const ESCAPES: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 };

/** The bytes of the string whose opening quote has been read, to behind the closing one. */
export function stringBytes(assembler: Assembler, put: (byte: number) => void): void {
  const { reader } = assembler;
  const { bytes } = reader;
  for (;;) {
    let byte = bytes[reader.at];
    if (byte === 0 && reader.at >= bytes.length - 1) return;
    reader.at++;
    if (byte === QUOTE) return;
    if (byte === NEWLINE) newlineInString(assembler);
    else if (byte === 92) {
      byte = bytes[reader.at];
      if (byte === 0 && reader.at >= bytes.length - 1) return;
      reader.at++;
      if (byte >= 0x30 && byte <= 0x39) {
        let value = byte - 0x30;
        for (let i = 1; i < 3 && bytes[reader.at] >= 0x30 && bytes[reader.at] <= 0x39; i++)
          value = value * 8 + bytes[reader.at++] - 0x30;
        byte = value & 0xff;
      } else if (byte === 0x78 || byte === 0x58) {
        let value = 0;
        for (let digit = hexDigit(bytes[reader.at]); digit >= 0; digit = hexDigit(bytes[reader.at])) {
          value = ((value << 4) | digit) & 0xff;
          reader.at++;
        }
        byte = value;
      } else if (byte === NEWLINE) newlineInString(assembler);
      else byte = ESCAPES[byte] ?? byte;
    }
    put(byte);
  }
}

function newlineInString(assembler: Assembler): void {
  assembler.warning("AS0202", "unterminated string; newline inserted");
  assembler.reader.place++;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** A string in quotes as text, or undefined after a message. */
export function stringOperand(assembler: Assembler): string | undefined {
  const { reader } = assembler;
  reader.skipSpace();
  if (reader.bytes[reader.at] !== QUOTE) {
    assembler.error("AS0203", "missing string");
    assembler.ignoreRest();
    return undefined;
  }
  reader.at++;
  const bytes: number[] = [];
  stringBytes(assembler, (byte) => bytes.push(byte));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** .float, .double, .float16: numbers, `count: number` repeats. */
function floats(assembler: Assembler, size: number): void {
  const { reader, sections } = assembler;
  reader.skipSpace();
  if (reader.atEnd) return;
  assembler.mapping.data();
  do {
    reader.skipSpace();
    const start = reader.at;
    while ((kinds[reader.bytes[reader.at]] & STATEMENT_END) === 0 && reader.bytes[reader.at] !== COMMA)
      reader.at++;
    const text = reader.text(start, reader.at).trim();
    const bytes = floatBytes(text, size);
    if (bytes === undefined) {
      assembler.error(
        "AS0204",
        "bad floating literal: " + (text === "" ? "missing" : "unrecognized characters"),
      );
      assembler.ignoreRest();
      return;
    }
    for (const byte of bytes) sections.emitByte(byte);
  } while (reader.takeComma());
  assembler.endOfLine();
}

/** .uleb128, .sleb128. */
function leb128(assembler: Assembler, signed: number): void {
  const { reader, expression } = assembler;
  do {
    parseExpression(assembler, expression, "normal");
    // In GNU as 2.40 a difference of labels is an error here if the linker may change it later.
    if (expression.op !== CONSTANT && expression.op !== BIG)
      assembler.error("AS0205", `non-constant .${signed === 1 ? "s" : "u"}leb128 is not supported`);
    if (assembler.sections.current.holdsFrames) assembler.followFrames(expression, 0);
    emitLeb128(assembler, expression, signed === 1);
  } while (reader.takeComma());
  assembler.endOfLine();
}

/** .skip and .space, .zero: bytes of one value. `unit`: of .dcb and .ds, the size of each. */
function space(assembler: Assembler, unit: number): void {
  const { reader, sections, mapping } = assembler;
  mapping.data();
  const count = newExpression();
  parseExpression(assembler, count, "normal");
  const fill = newExpression();
  fill.op = CONSTANT;
  if (reader.takeComma()) parseExpression(assembler, fill, "normal");
  const noBits = sections.absolute || isNoBits(sections.current);
  const plain =
    fill.op === CONSTANT && fill.number >= -0x80 && fill.number <= 0xff && !(unit > 1 && fill.number !== 0);
  if (!plain && !noBits) {
    foldExpression(assembler, count);
    if (count.op !== CONSTANT) assembler.error("AS0206", "unsupported variable size or fill value");
    else if (count.number < 0 || count.number > 1024)
      assembler.error(
        "AS0206",
        `size value for space directive too large: ${BigInt.asUintN(64, BigInt(count.number)).toString(16)}`,
      );
    else
      for (let i = 0; i < Number(count.number); i++)
        emitExpression(assembler, { ...fill }, Math.max(unit, 1));
    assembler.endOfLine();
    return;
  }
  if (sections.absolute) foldExpression(assembler, count);
  if (count.op === CONSTANT) {
    const repeat = Number(count.number) * Math.max(unit, 1);
    if (repeat <= 0) assembler.warning("AS0207", ".space repeat count is zero, ignored");
    else if (sections.absolute) sections.absoluteOffset += repeat;
    else {
      const at = sections.variable(FILL, 1, 1, 0, -1, repeat);
      sections.chain.bytes[at] = noBits ? 0 : low32(fill.number);
    }
  } else if (count.op !== ABSENT || !reader.atEnd) {
    const at = sections.variable(SPACE_FILL, 1, 1, 0, expressionSymbol(assembler, count), 0);
    sections.chain.bytes[at] = noBits ? 0 : low32(fill.number);
  } else assembler.warning("AS0207", ".space repeat count is zero, ignored");
  if (noBits && !sections.absolute && (fill.op !== CONSTANT || fill.number !== 0))
    assembler.warning("AS0208", `ignoring fill value in section \`${sections.current.name}'`);
  assembler.endOfLine();
}

/** .fill repeat, size, value. */
function fillDirective(assembler: Assembler): void {
  const { reader, sections, mapping } = assembler;
  mapping.data();
  const repeat = newExpression();
  parseExpression(assembler, repeat, "normal");
  let size = 1;
  let value: number | bigint = 0;
  if (reader.takeComma()) {
    size = assembler.absoluteNumber();
    if (reader.takeComma()) value = assembler.absolute();
  }
  if (size > 8) {
    assembler.warning("AS0209", ".fill size clamped to 8");
    size = 8;
  }
  if (size < 0) {
    assembler.warning("AS0209", "size negative; .fill ignored");
    size = 0;
  } else if (repeat.op === CONSTANT && repeat.number <= 0) {
    if (repeat.number < 0) assembler.warning("AS0209", "repeat < 0; .fill ignored");
    size = 0;
  }
  if (size > 0 && sections.absolute) {
    if (repeat.op === CONSTANT) sections.absoluteOffset += Number(repeat.number) * size;
    else assembler.error("AS0210", "non-constant fill count for absolute section");
  } else if (size > 0) {
    if (value !== 0 && isNoBits(sections.current))
      assembler.error("AS0211", `attempt to fill section \`${sections.current.name}' with non-zero value`);
    let at: number;
    if (repeat.op === CONSTANT) at = sections.variable(FILL, size, size, 0, -1, Number(repeat.number));
    else {
      let symbol = expressionSymbol(assembler, repeat);
      if (size !== 1) {
        const unit = newExpression();
        unit.op = CONSTANT;
        unit.number = size;
        const product: Expression = {
          op: MULTIPLY,
          symbol,
          opSymbol: expressionSymbol(assembler, unit),
          number: 0,
          unsigned: true,
        };
        symbol = expressionSymbol(assembler, product);
      }
      at = sections.variable(SPACE_FILL, size, size, 0, symbol, 0);
    }
    // Only four bytes of the value count, whatever the size.
    const low = low32(value);
    for (let i = 0; i < size; i++) sections.chain.bytes[at + i] = i < 4 ? low >> (i * 8) : 0;
  }
  assembler.endOfLine();
}

/** The greatest exponent of an alignment. */
const ALIGN_LIMIT = 63;

/** .align and .p2align take an exponent, .balign a number; `width` is that of the fill value. */
function align(assembler: Assembler, inBytes: boolean, width: number): void {
  const { reader } = assembler;
  reader.skipSpace();
  let exponent = 0;
  if (!reader.atEnd) {
    const value = assembler.absolute();
    if (inBytes) {
      if (value !== 0) {
        let rest = BigInt.asUintN(64, BigInt(value));
        while ((rest & 1n) === 0n) {
          rest >>= 1n;
          exponent++;
        }
        if (rest !== 1n) assembler.error("AS0212", "alignment not a power of 2");
      }
    } else if (value < 0 || value > ALIGN_LIMIT) {
      assembler.warning("AS0213", `alignment too large: ${ALIGN_LIMIT} assumed`);
      exponent = ALIGN_LIMIT;
    } else exponent = Number(value);
  }
  let pattern: number | undefined;
  let limit = 0;
  if (reader.takeComma()) {
    if (reader.bytes[reader.at] !== COMMA) pattern = low32(assembler.absolute());
    if (reader.takeComma()) limit = assembler.absoluteNumber();
  }
  if (pattern === undefined && width > 1) assembler.warning("AS0214", "expected fill pattern missing");
  alignTo(assembler, exponent, pattern, width, limit);
  assembler.endOfLine();
}

/** Aligns the current place to 2^exponent bytes, padding at most `limit` bytes (0: any number). */
export function alignTo(
  assembler: Assembler,
  exponent: number,
  pattern: number | undefined,
  width: number,
  limit: number,
): void {
  const { sections } = assembler;
  if (sections.absolute) {
    const unit = 2 ** exponent;
    const to = Math.ceil(sections.absoluteOffset / unit) * unit;
    if (limit === 0 || to - sections.absoluteOffset <= limit) sections.absoluteOffset = to;
    return;
  }
  const { current } = sections;
  let fill = pattern;
  if (fill !== undefined && isNoBits(current)) {
    if (fill !== 0) assembler.warning("AS0208", `ignoring fill value in section \`${current.name}'`);
    fill = undefined;
  }
  const code = isCode(current);
  if (!(exponent > 0 && fill === undefined && code && assembler.alignCode(exponent)) && exponent > 0) {
    if (fill === undefined && code) {
      const at = sections.variable(ALIGN_CODE, 7, 1, limit, -1, exponent);
      sections.chain.bytes[at] = 0;
    } else {
      const at = sections.variable(ALIGN, width, width, limit, -1, exponent);
      for (let i = 0; i < width; i++) sections.chain.bytes[at + i] = (fill ?? 0) >> (i * 8);
    }
  }
  if (exponent > current.alignment) current.alignment = exponent;
}

/** .org target, fill. */
function org(assembler: Assembler): void {
  const target = newExpression();
  parseExpression(assembler, target, "normal");
  const fill = assembler.reader.takeComma() ? low32(assembler.absolute()) : 0;
  moveTo(assembler, target, fill);
  assembler.endOfLine();
}

/** Moves the current place forward to an offset in the section, or to a label. */
export function moveTo(assembler: Assembler, target: Expression, fill: number): void {
  const { sections, symbols } = assembler;
  if (target.op === ABSENT || target.op === BIG || target.op === FLOAT || target.op === REGISTER_OP) {
    assembler.error("AS0215", "expected address expression");
    target.op = CONSTANT;
    target.number = 0;
  }
  if (target.op === SYMBOL) {
    const { id } = sections.current;
    const section = symbols.section[target.symbol];
    if (section === 0) {
      assembler.error("AS0216", "attempt to use an undefined symbol in .org");
      return;
    }
    if (section >= 5 && section !== id)
      assembler.error("AS0216", `invalid segment "${sections.all[section].name}"`);
  }
  if (sections.absolute) {
    if (target.op === CONSTANT) sections.absoluteOffset = Number(target.number);
    else assembler.error("AS0217", "only constant offsets supported in absolute section");
    return;
  }
  let symbol = -1;
  let offset = 0;
  if (target.op === CONSTANT) offset = Number(target.number);
  else if (target.op === SYMBOL) {
    symbol = target.symbol;
    offset = Number(target.number);
  } else symbol = expressionSymbol(assembler, target);
  const at = sections.variable(ORG, 1, 1, 0, symbol, offset);
  sections.chain.bytes[at] = fill;
}

/** .dtprelword and .dtpreldword: an offset in a thread's data, for debug information. */
function dtpRelative(assembler: Assembler, size: number): void {
  const { sections, expression } = assembler;
  parseExpression(assembler, expression, "normal");
  if (expression.op !== SYMBOL) {
    assembler.error("AS0218", `unsupported use of .dtprel${size === 8 ? "d" : ""}word`);
    assembler.ignoreRest();
    return;
  }
  const at = sections.more(size);
  sections.chain.bytes.fill(0, at, at + size);
  sections.fixup(at, size, size === 8 ? 9 : 8, expression.symbol, -1, expression.number);
  assembler.endOfLine();
}

/** Directives that put data. */
export const dataDirectives: DirectiveTable = {
  byte: [numbers, 1],
  "dc.b": [numbers, 1],
  "2byte": [numbers, 2],
  half: [numbers, 2],
  short: [numbers, 2],
  hword: [numbers, 2],
  dc: [numbers, 2],
  "dc.w": [numbers, 2],
  "4byte": [numbers, 4],
  word: [numbers, 4],
  int: [numbers, 4],
  long: [numbers, 4],
  "dc.l": [numbers, 4],
  "8byte": [numbers, 8],
  dword: [numbers, 8],
  quad: [numbers, 8],
  octa: [numbers, 16],
  "dc.a": (assembler) => numbers(assembler, assembler.target.xlen / 8),
  ascii: (assembler) => strings(assembler, 1, false),
  asciz: (assembler) => strings(assembler, 1, true),
  string: (assembler) => strings(assembler, 1, true),
  string8: (assembler) => strings(assembler, 1, true),
  string16: (assembler) => strings(assembler, 2, true),
  string32: (assembler) => strings(assembler, 4, true),
  string64: (assembler) => strings(assembler, 8, true),
  float: [floats, 4],
  single: [floats, 4],
  "dc.s": [floats, 4],
  double: [floats, 8],
  "dc.d": [floats, 8],
  float16: [floats, 2],
  uleb128: [leb128, 0],
  sleb128: [leb128, 1],
  skip: [space, 0],
  space: [space, 0],
  zero: [space, 0],
  "ds.b": [space, 1],
  ds: [space, 2],
  "ds.w": [space, 2],
  "ds.l": [space, 4],
  "ds.s": [space, 4],
  "ds.d": [space, 8],
  "dcb.b": [space, 1],
  dcb: [space, 2],
  "dcb.w": [space, 2],
  "dcb.l": [space, 4],
  fill: fillDirective,
  align: (assembler) => align(assembler, false, 1),
  p2align: (assembler) => align(assembler, false, 1),
  p2alignw: (assembler) => align(assembler, false, 2),
  p2alignl: (assembler) => align(assembler, false, 4),
  balign: (assembler) => align(assembler, true, 1),
  balignw: (assembler) => align(assembler, true, 2),
  balignl: (assembler) => align(assembler, true, 4),
  org,
  dtprelword: [dtpRelative, 4],
  dtpreldword: [dtpRelative, 8],
};
