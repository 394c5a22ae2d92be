import {
  R_RISCV_GOT_HI20,
  R_RISCV_HI20,
  R_RISCV_LO12_I,
  R_RISCV_LO12_S,
  R_RISCV_PCREL_HI20,
  R_RISCV_PCREL_LO12_I,
  R_RISCV_PCREL_LO12_S,
  R_RISCV_TLS_GD_HI20,
  R_RISCV_TLS_GOT_HI20,
  R_RISCV_TPREL_HI20,
  R_RISCV_TPREL_LO12_I,
  R_RISCV_TPREL_LO12_S,
} from "../elf/index.ts";
import { fenceBits, fliConstants, opcodeNames, registerListText, roundingModes } from "../riscv/index.ts";
import type { Assembler } from "./assembler.ts";
import { CONSTANT, type Expression, SYMBOL, setSymbol } from "./expression.ts";
import {
  CLASS_CONSTANT,
  CLASS_CSR,
  CLASS_F,
  CLASS_FENCE,
  CLASS_FIELD,
  CLASS_IMMEDIATE,
  CLASS_LOW,
  CLASS_OPCODE,
  CLASS_REGISTER,
  CLASS_REGISTER_LIST,
  CLASS_RELOCATION,
  CLASS_ROUNDING,
  CLASS_SHIFT,
  CLASS_STACK_ADJUSTMENT,
  CLASS_TARGET,
  CLASS_UPPER,
  CLASS_X,
  type CompiledForm,
  type CompiledOperand,
  FIXED_NUMBER,
  FIXED_REGISTER,
  NONE,
} from "./form-table.ts";
import type { Integer } from "./integer.ts";
import {
  REL_GOT_PCREL_HI,
  REL_HI,
  REL_LO,
  REL_PCREL_HI,
  REL_PCREL_LO,
  REL_TLS_GD_PCREL_HI,
  REL_TLS_IE_PCREL_HI,
  REL_TPREL_ADD,
  REL_TPREL_HI,
  REL_TPREL_LO,
  SLOT_BASE_ONLY,
  SLOT_EXPRESSION,
  SLOT_F,
  SLOT_LIST,
  SLOT_NAME,
  SLOT_RELOCATION,
  SLOT_X,
  type Slots,
} from "./operand-slots.ts";
import { ABSOLUTE } from "./sections.ts";
import { HAS_EXPRESSION } from "./symbols.ts";

/**
 * Instructions: the operands are taken apart once, then the forms of the
 * mnemonic are tried in the table's order, short ones first, until one accepts
 * them.
 *
 * A form accepts or refuses by looking; it leaves nothing behind but `values`
 * and the place of the one operand that needs a relocation. Numbers that are
 * wrong in every form are not refused but complained of, as in GNU as.
 */
export interface Attempt {
  readonly values: Int32Array;
  /** The slot whose expression needs a relocation, and of which type; -1 none. */
  slot: number;
  relocation: number;
  /** `%tprel_add(x)`: its slot, or -1. */
  marker: number;
  /** The operand that is a branch's or a jump's target: its slot, or -1. */
  target: number;
  csr: boolean;
  /** Why the last form was refused, if there is more to say than that. */
  complaint: string | undefined;
  /** The slot at which the form that came furthest was refused, and what was wrong with it, if that is known. */
  furthest: number;
  hint: string | undefined;
}

export function newAttempt(): Attempt {
  return {
    values: new Int32Array(16),
    slot: -1,
    relocation: 0,
    marker: -1,
    target: -1,
    csr: false,
    complaint: undefined,
    furthest: 0,
    hint: undefined,
  };
}

/** Whether a form accepts the slots; `attempt` then holds the operands' values. */
export function matchForm(assembler: Assembler, form: CompiledForm, slots: Slots, attempt: Attempt): boolean {
  const { count } = slots;
  const pattern = form.slots;
  if (count > pattern.length || count < form.least) return false;
  attempt.slot = attempt.marker = attempt.target = -1;
  attempt.csr = false;
  const { values } = attempt;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    if (i > attempt.furthest) attempt.furthest = i;
    const { main, fixed, base, fixedBase } = pattern[i];
    // The base register.
    if (base === NONE) {
      if (slots.base[i] >= 0) return false;
    } else {
      const register = slots.base[i];
      if (register < 0) return false;
      if (base === FIXED_REGISTER) {
        if (register !== fixedBase) return false;
      } else {
        const operand = form.operands[base];
        if (((operand.registers >>> register) & 1) === 0 || (assembler.embedded && register > 15))
          return false;
        if ((seen & (1 << base)) !== 0) {
          if (values[base] !== register) return false;
        } else values[base] = register;
        seen |= 1 << base;
      }
    }
    // What stands before it.
    if (main >= 0) {
      const operand = form.operands[main];
      const earlier = (seen & (1 << main)) !== 0;
      const before = values[main];
      if (!matchOperand(assembler, operand, main, slots, i, attempt)) return false;
      if (earlier && values[main] !== before) return false;
      seen |= 1 << main;
    } else if (main === FIXED_REGISTER) {
      if (slots.kind[i] !== SLOT_X || slots.register[i] !== fixed) return false;
    } else if (main === FIXED_NUMBER) {
      if (slots.kind[i] !== SLOT_BASE_ONLY && constantOf(assembler, slots, i) !== fixed) return false;
    } else if (slots.kind[i] !== SLOT_BASE_ONLY && constantOf(assembler, slots, i) !== 0) return false;
  }
  for (let i = count; i < pattern.length; i++) {
    const { main } = pattern[i];
    values[main] = form.operands[main].kind.optional!;
  }
  return true;
}

/** The slot's number if it is a constant now, else undefined. */
function constantOf(assembler: Assembler, slots: Slots, i: number): Integer | undefined {
  const expression = expressionOf(assembler, slots, i);
  return expression !== undefined && expression.op === CONSTANT ? expression.number : undefined;
}

/** The expression of a slot; a word alone becomes a symbol. Undefined for what is none. */
export function expressionOf(assembler: Assembler, slots: Slots, i: number): Expression | undefined {
  const kind = slots.kind[i];
  if (kind === SLOT_EXPRESSION) return slots.expressions[i];
  if (kind !== SLOT_NAME) return undefined;
  return wordExpression(assembler, slots, i);
}

/** A word, even one that is a register's name, as a symbol. */
function wordExpression(assembler: Assembler, slots: Slots, i: number): Expression {
  const expression = slots.expressions[i];
  if (slots.known[i] === 1) return expression;
  const { symbols } = assembler;
  const id = symbols.findOrMake(slots.name[i]);
  symbols.mention(id);
  if (symbols.section[id] === ABSOLUTE && (symbols.flags[id] & HAS_EXPRESSION) === 0) {
    expression.op = CONSTANT;
    expression.symbol = expression.opSymbol = -1;
    expression.number = symbols.valueOf(id);
  } else setSymbol(expression, id);
  slots.known[i] = 1;
  return expression;
}

function matchOperand(
  assembler: Assembler,
  operand: CompiledOperand,
  index: number,
  slots: Slots,
  i: number,
  attempt: Attempt,
): boolean {
  const { values } = attempt;
  const kind = slots.kind[i];
  switch (operand.class) {
    case CLASS_X: {
      if (kind !== SLOT_X) return false;
      const register = slots.register[i];
      if (((operand.registers >>> register) & 1) === 0 || (assembler.embedded && register > 15)) return false;
      values[index] = register;
      return true;
    }
    case CLASS_F:
      if (kind !== (assembler.floatsInX ? SLOT_X : SLOT_F)) return false;
      values[index] = slots.register[i];
      return ((operand.registers >>> slots.register[i]) & 1) !== 0;
    case CLASS_REGISTER:
      if (kind !== SLOT_X && kind !== SLOT_F) return false;
      values[index] = slots.register[i];
      return ((operand.registers >>> slots.register[i]) & 1) !== 0;
    case CLASS_LOW:
      return matchLow(assembler, operand, index, slots, i, attempt);
    case CLASS_IMMEDIATE: {
      if (kind === SLOT_BASE_ONLY) {
        values[index] = 0;
        return accepts(operand, 0);
      }
      const number = constantOf(assembler, slots, i);
      if (typeof number !== "number") return false;
      values[index] = number;
      return accepts(operand, number);
    }
    case CLASS_TARGET: {
      // `jal a0, x` is not a jump to a symbol called a0.
      if (kind === SLOT_X || kind === SLOT_F) {
        if (slots.count > 1 && i === 0) return false;
        wordExpression(assembler, slots, i);
      } else if (expressionOf(assembler, slots, i) === undefined) return false;
      attempt.target = i;
      values[index] = 0;
      return true;
    }
    case CLASS_UPPER:
      return matchUpper(assembler, operand, index, slots, i, attempt);
    case CLASS_SHIFT: {
      const number = constantOf(assembler, slots, i);
      if (typeof number !== "number") return false;
      const most = Math.min(operand.most, assembler.target.xlen - 1);
      values[index] = number;
      if (number >= 0 && number <= most) return !operand.excludes.includes(number);
      attempt.complaint = `improper shift amount (${BigInt.asUintN(64, BigInt(number))})`;
      return false;
    }
    case CLASS_FIELD: {
      const number = kind === SLOT_BASE_ONLY ? 0 : constantOf(assembler, slots, i);
      if (typeof number !== "number") return false;
      values[index] = number;
      if (accepts(operand, number)) return true;
      attempt.complaint = fieldComplaint(operand, number);
      return false;
    }
    case CLASS_CSR:
      return matchCsr(assembler, index, slots, i, attempt);
    default:
      return matchRare(assembler, operand, index, slots, i, attempt);
  }
}

function accepts(operand: CompiledOperand, value: number): boolean {
  if (value < operand.least || value > operand.most) return false;
  if (operand.scale !== 1 && value % operand.scale !== 0) return false;
  return operand.excludes.length === 0 || !operand.excludes.includes(value);
}

function fieldComplaint(operand: CompiledOperand, number: number): string {
  switch (operand.kind.key.split("!")[0]) {
    case "zimm":
      return `improper CSRxI immediate (${BigInt.asUintN(64, BigInt(number))})`;
    case "bs":
      return `Improper bs immediate (${number})`;
    case "rnum":
      return `Improper rnum immediate (${number})`;
    case "offset32":
      return `improper prefetch offset (${number})`;
    default:
      return `bad value for ${operand.kind.name.replace("func", "funct")} field, value must be 0...${operand.most}`;
  }
}

/** An immediate of 12 bits: a number, or the low part of an address. */
function matchLow(
  assembler: Assembler,
  operand: CompiledOperand,
  index: number,
  slots: Slots,
  i: number,
  attempt: Attempt,
): boolean {
  const { values } = attempt;
  const kind = slots.kind[i];
  values[index] = 0;
  if (kind === SLOT_BASE_ONLY) return true;
  if (kind === SLOT_RELOCATION) {
    const type = lowRelocation(slots.relocation[i], operand.store);
    if (type === 0) return false;
    attempt.slot = i;
    attempt.relocation = type;
    return true;
  }
  let number = constantOf(assembler, slots, i);
  if (typeof number !== "number") return false;
  // On a 32-bit machine 0xffffffff is -1.
  if (assembler.target.xlen === 32 && number > 0x7fffffff && number <= 0xffffffff) number -= 0x100000000;
  values[index] = number;
  if (number < -2048 || number > 2047) attempt.hint = `${number} is outside -2048..2047`;
  return (
    number >= -2048 && number <= 2047 && (operand.excludes.length === 0 || !operand.excludes.includes(number))
  );
}

function lowRelocation(word: number, store: boolean): number {
  switch (word) {
    case REL_LO:
      return store ? R_RISCV_LO12_S : R_RISCV_LO12_I;
    case REL_PCREL_LO:
      return store ? R_RISCV_PCREL_LO12_S : R_RISCV_PCREL_LO12_I;
    case REL_TPREL_LO:
      return store ? R_RISCV_TPREL_LO12_S : R_RISCV_TPREL_LO12_I;
    default:
      return 0;
  }
}

function highRelocation(word: number): number {
  switch (word) {
    case REL_HI:
      return R_RISCV_HI20;
    case REL_PCREL_HI:
      return R_RISCV_PCREL_HI20;
    case REL_GOT_PCREL_HI:
      return R_RISCV_GOT_HI20;
    case REL_TPREL_HI:
      return R_RISCV_TPREL_HI20;
    case REL_TLS_IE_PCREL_HI:
      return R_RISCV_TLS_GOT_HI20;
    case REL_TLS_GD_PCREL_HI:
      return R_RISCV_TLS_GD_HI20;
    default:
      return 0;
  }
}

/** lui's and auipc's 20 bits: a number, or the high part of an address. */
function matchUpper(
  assembler: Assembler,
  operand: CompiledOperand,
  index: number,
  slots: Slots,
  i: number,
  attempt: Attempt,
): boolean {
  const { values } = attempt;
  const compressed = operand.kind.width < 20;
  values[index] = 0;
  if (slots.kind[i] === SLOT_RELOCATION) {
    const type = compressed ? 0 : highRelocation(slots.relocation[i]);
    attempt.slot = i;
    attempt.relocation = type;
    return type !== 0;
  }
  const number = constantOf(assembler, slots, i);
  if (typeof number !== "number") return false;
  if (compressed) {
    // Written as lui's: 1..31, or 0xfffe0..0xfffff for the negative ones.
    if (number <= 0 || number > 0xfffff || (number >= 32 && number < 0xfffe0)) return false;
    values[index] = number >= 32 ? number - 0x100000 : number;
    return true;
  }
  values[index] = number & 0xfffff;
  if (number >= 0 && number <= 0xfffff) return true;
  attempt.complaint = "lui expression not in range 0..1048575";
  return false;
}

function matchCsr(assembler: Assembler, index: number, slots: Slots, i: number, attempt: Attempt): boolean {
  const { values } = attempt;
  attempt.csr = true;
  if (slots.name[i] >= 0 && slots.kind[i] !== SLOT_RELOCATION) {
    const csr = assembler.csrNumber(slots.name[i]);
    if (csr >= 0) {
      values[index] = csr;
      return true;
    }
  }
  const expression = expressionOf(assembler, slots, i);
  if (expression === undefined) return false;
  if (expression.op !== CONSTANT) {
    if (expression.op === SYMBOL)
      attempt.complaint = `unknown CSR \`${assembler.symbols.text(expression.symbol)}'`;
    return false;
  }
  const { number } = expression;
  values[index] = Number(number) & 0xfff;
  if (number >= 0 && number <= 0xfff) return true;
  attempt.complaint = `improper CSR address (${BigInt.asUintN(64, BigInt(number))})`;
  return false;
}

function matchRare(
  assembler: Assembler,
  operand: CompiledOperand,
  index: number,
  slots: Slots,
  i: number,
  attempt: Attempt,
): boolean {
  const { values } = attempt;
  const word = slots.name[i] >= 0 ? assembler.names.text(slots.name[i]) : "";
  switch (operand.class) {
    case CLASS_ROUNDING: {
      const mode = roundingModes.indexOf(word);
      values[index] = mode;
      return word !== "" && mode >= 0 && !operand.excludes.includes(mode);
    }
    case CLASS_FENCE: {
      const bits = fenceBits(word);
      if (bits === undefined) {
        // 0 is the empty set in newer assemblers.
        return false;
      }
      values[index] = bits;
      return true;
    }
    case CLASS_RELOCATION:
      attempt.marker = i;
      return slots.kind[i] === SLOT_RELOCATION && slots.relocation[i] === REL_TPREL_ADD;
    case CLASS_CONSTANT: {
      const found = constantIndex(assembler, slots, i, word);
      values[index] = found;
      return found >= 0;
    }
    case CLASS_REGISTER_LIST: {
      if (slots.kind[i] !== SLOT_LIST) return false;
      for (let list = 4; list <= 15; list++) {
        const known = [registerListText(list), registerListText(list, true)];
        if (!known.some((text) => text?.replace(/\s/g, "") === slots.list[i])) continue;
        values[index] = list;
        return true;
      }
      return false;
    }
    case CLASS_STACK_ADJUSTMENT:
      return stackAdjustment(assembler, operand, index, slots, i, attempt);
    case CLASS_OPCODE: {
      const number = Object.hasOwn(opcodeNames, word) ? opcodeNames[word] : constantOf(assembler, slots, i);
      if (typeof number !== "number") return false;
      values[index] = number;
      const good =
        operand.kind.width === 2
          ? number >= 0 && number < 3
          : number >= 0 && number < 128 && (number & 3) === 3;
      if (!good) {
        attempt.complaint =
          operand.kind.width === 2
            ? "bad value for opcode field, value must be 0...2"
            : "bad value for opcode field, value must be 0...127 and lower 2 bits must be 0x3";
      }
      return good;
    }
    default:
      return false;
  }
}

/** The number of fli's constant: by its name, or a number of that value. */
function constantIndex(assembler: Assembler, slots: Slots, i: number, word: string): number {
  const { reader } = assembler;
  const byName = fliConstants.indexOf(word);
  if (byName >= 0) return byName;
  const end = i + 1 < slots.count ? slots.start[i + 1] : reader.at;
  const text = reader.text(slots.start[i], end).replace(/[,\s].*$/s, "");
  const value = /^-?0x/.test(text) ? hexFloat(text) : Number(text);
  return fliConstants.findIndex((each) => each !== "min" && each !== "nan" && hexFloat(each) === value);
}

function hexFloat(text: string): number {
  const match = /^(-?)0x1(?:\.([0-9a-f]))?p([-+]\d+)$/.exec(text);
  if (!match) return text === "inf" ? Infinity : Number.NaN;
  const fraction = 1 + (match[2] ? Number.parseInt(match[2], 16) / 16 : 0);
  return (match[1] ? -1 : 1) * fraction * 2 ** Number(match[3]);
}

/** How far cm.push moves sp: the register list's own size, and up to 48 more. */
function stackAdjustment(
  assembler: Assembler,
  operand: CompiledOperand,
  index: number,
  slots: Slots,
  i: number,
  attempt: Attempt,
): boolean {
  const number = constantOf(assembler, slots, i);
  if (typeof number !== "number" || i === 0) return false;
  const list = attempt.values[index === 0 ? 1 : index - 1];
  const size = assembler.registerListBytes(list);
  const more = Math.abs(number) - size;
  attempt.values[index] = more;
  return more >= 0 && more <= operand.most && more % 16 === 0;
}
