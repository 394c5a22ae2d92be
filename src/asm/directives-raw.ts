import type { Assembler } from "./assembler.ts";
import { COMMA, kinds, NAME_START } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { ABSENT, BIG, CONSTANT, type Expression, newExpression, REGISTER_OP } from "./expression.ts";
import { rawForms } from "./form-table.ts";
import { assembleSlots, emitForm, usableNamed } from "./instructions.ts";
import { byteString } from "./macros.ts";
import { matchForm } from "./match-form.ts";
import { parseSlots } from "./operand-slots.ts";
import { parseExpression } from "./parse-expression.ts";
import { relocationNumber } from "./relocation-names.ts";
import { scrub } from "./scrub.ts";

// Directives that spell out what an assembler usually knows: .insn, .reloc.

/** .insn format, fields | .insn value | .insn length, value */
function insn(assembler: Assembler): void {
  const { reader, slots, attempt, target } = assembler;
  assembler.mapping.code();
  reader.skipSpace();
  const start = reader.at;
  if ((kinds[reader.bytes[start]] & NAME_START) !== 0) {
    const name = reader.name();
    const forms = rawForms(assembler.names.text(name));
    attempt.complaint = undefined;
    if (forms.length > 0 && parseSlots(assembler, slots)) {
      for (const form of forms) {
        if (form.size === 2 && !target.compressed) continue;
        if (!matchForm(assembler, form, slots, attempt)) continue;
        emitForm(assembler, form, slots, attempt);
        assembler.endOfLine();
        return;
      }
    }
    reader.skipStatement();
    const text = scrub(`x ${byteString(reader.bytes, start, reader.at)}`).slice(2);
    if (attempt.complaint !== undefined) assembler.error("AS0730", attempt.complaint);
    else
      assembler.error(
        "AS0730",
        `${forms.length > 0 ? "illegal operands" : "unrecognized opcode"} \`${text}'`,
      );
    return;
  }
  rawValue(assembler);
}

/** An instruction of a length that the low bits of its value tell. */
function rawValue(assembler: Assembler): void {
  const { reader, sections } = assembler;
  const start = reader.at;
  const values: bigint[] = [];
  const expression = newExpression();
  do {
    parseExpression(assembler, expression, "normal");
    if (expression.op === BIG) values.push(expression.big!);
    else if (expression.op === CONSTANT) values.push(BigInt(expression.number));
    else break;
  } while (reader.takeComma() && values.length < 2);
  const fail = (message: string) => {
    reader.skipStatement();
    const text = scrub(`x ${byteString(reader.bytes, start, reader.at)}`).slice(2);
    assembler.error("AS0731", `${message} \`${text}'`);
  };
  if (expression.op !== CONSTANT && expression.op !== BIG) {
    fail(values.length === 0 ? "unrecognized opcode" : "values must be constant");
    return;
  }
  if (!reader.atEnd) {
    fail("unrecognized values");
    return;
  }
  const value = values[values.length - 1];
  const length = lengthOf(Number(BigInt.asUintN(32, value)));
  const given = values.length === 2 ? Number(values[0]) : length;
  const wide = expression.op === BIG ? value : BigInt.asUintN(64, value);
  if (given !== length || wide >> BigInt(8 * length) !== 0n) {
    fail("value conflicts with instruction length");
    return;
  }
  assembler.onInstruction?.();
  const at = sections.more(length);
  for (let i = 0; i < length; i++) sections.chain.bytes[at + i] = Number((wide >> BigInt(8 * i)) & 0xffn);
  assembler.endOfLine();
}

/** The bytes of an instruction by the low bits of its first word. */
function lengthOf(word: number): number {
  if ((word & 3) !== 3) return 2;
  if ((word & 0x1f) !== 0x1f) return 4;
  if ((word & 0x3f) === 0x1f) return 6;
  if ((word & 0x7f) === 0x3f) return 8;
  if ((word & 0x7f) === 0x7f && (word & 0x7000) !== 0x7000) return 10 + ((word >>> 11) & 0xe);
  return 2;
}

/** .reloc offset, type[, symbol + addend] */
function reloc(assembler: Assembler): void {
  const { reader, sections } = assembler;
  const offset = newExpression();
  parseExpression(assembler, offset, "normal");
  if (offset.op === ABSENT || offset.op === BIG || offset.op === REGISTER_OP) {
    assembler.error("AS0732", "missing or bad offset expression");
    assembler.ignoreRest();
    return;
  }
  reader.skipSpace();
  if (reader.bytes[reader.at] !== COMMA) {
    assembler.error("AS0733", "missing reloc type");
    assembler.ignoreRest();
    return;
  }
  reader.takeComma();
  const name = reader.name();
  const type = name < 0 ? undefined : relocationNumber(assembler.names.text(name));
  if (type === undefined) {
    assembler.error("AS0734", "unrecognized reloc type");
    assembler.ignoreRest();
    return;
  }
  const symbol: Expression = newExpression();
  if (reader.takeComma()) {
    parseExpression(assembler, symbol, "normal");
    if (symbol.op === BIG || symbol.op === REGISTER_OP) {
      assembler.error("AS0735", "bad reloc expression");
      assembler.ignoreRest();
      return;
    }
  }
  assembler.explicitRelocations.push({
    offset,
    section: sections.current,
    type,
    symbol,
    place: reader.place,
  });
  assembler.endOfLine();
}

/** .nop [size]: one instruction that does nothing, or `size` bytes of them. */
function nop(assembler: Assembler): void {
  const { reader, sections } = assembler;
  assembler.mapping.data();
  reader.skipSpace();
  const size = reader.atEnd ? 0 : Math.min(assembler.absoluteNumber(), MOST_NOPS);
  assembler.endOfLine();
  const start = sections.chain.used;
  do {
    assembler.mapping.code();
    assembler.spareSlots.count = 0;
    assembleSlots(assembler, usableNamed(assembler, "nop"), assembler.spareSlots);
  } while (sections.chain.used - start < size);
}

/** Nobody wants more; a mistyped number should not fill the memory. */
const MOST_NOPS = 1 << 20;

/** .line: the number of the next line, for messages and debug information. */
function line(assembler: Assembler): void {
  const number = assembler.absoluteNumber();
  assembler.endOfLine();
  assembler.reader.mark(number, undefined);
}

/** Directives that spell out instructions and relocations. */
/** .nops: GNU as has it for x86 alone, and says so of no line. */
function nops(assembler: Assembler): void {
  assembler.report.error("AS0432", assembler.lastFile(), "unimplemented .nops directive");
  assembler.ignoreRest();
}

export const rawDirectives: DirectiveTable = { insn, reloc, nop, nops, line };
