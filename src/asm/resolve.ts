import type { Assembler } from "./assembler.ts";
import {
  ADD,
  BIT_NOT,
  DIVIDE,
  EQ,
  GE,
  GT,
  LE,
  LEFT_SHIFT,
  LOGICAL_NOT,
  LT,
  MODULUS,
  NE,
  type Op,
  opNames,
  RIGHT_SHIFT,
  SUBTRACT,
  SYMBOL,
  UMINUS,
} from "./expression.ts";
import { operate } from "./fold.ts";
import { add, type Integer, invert, negate, subtract } from "./integer.ts";
import { ABSOLUTE, COMMON, EXPRESSION, type SectionId, UNDEFINED } from "./sections.ts";
import {
  HAS_EXPRESSION,
  LOCAL_LABEL,
  RESOLVED,
  RESOLVING,
  SHADOW,
  type SymbolId,
  WEAKREF_ALIAS,
} from "./symbols.ts";

/**
 * What symbols are worth once fragments have addresses: an offset in a section,
 * a number, or (for one that is equated to an undefined symbol) another symbol
 * and a number.
 *
 * `resolve` is called over and over while relaxation moves labels; with
 * `final` it also stores what it found, in the symbol itself, and complains.
 */
export class Resolver {
  final = false;
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /** The value of a symbol; of an undefined one 0. */
  value(id: SymbolId): Integer {
    const { symbols, sections } = this.assembler;
    const flags = symbols.flags[id];
    if ((flags & RESOLVED) !== 0) return this.resolvedValue(id);
    if ((flags & HAS_EXPRESSION) === 0) {
      const address = sections.fragments.address[symbols.fragment[id]];
      const value = address === 0 ? symbols.valueOf(id) : add(symbols.valueOf(id), address);
      if (this.final) {
        symbols.setValue(id, value);
        symbols.flags[id] |= RESOLVED;
        if (symbols.section[id] === EXPRESSION) symbols.section[id] = ABSOLUTE;
      }
      return value;
    }
    return this.expressionValue(id);
  }

  private resolvedValue(id: SymbolId): Integer {
    const { symbols } = this.assembler;
    let sum: Integer = 0;
    let at = id;
    for (let steps = 0; symbols.has(at, HAS_EXPRESSION) && steps < 1000; steps++) {
      const expression = symbols.expressions.get(at)!;
      if (expression.op !== SYMBOL) return 0;
      sum = add(sum, expression.number);
      at = expression.symbol;
      if (!symbols.has(at, RESOLVED)) return 0;
    }
    return add(sum, symbols.valueOf(at));
  }

  private expressionValue(id: SymbolId): Integer {
    const { symbols } = this.assembler;
    if (symbols.has(id, RESOLVING)) {
      if (this.final)
        this.complain(id, "AS0801", `symbol definition loop encountered at \`${symbols.text(id)}'`);
      if (this.final && symbols.name[id] !== this.assembler.fakeName)
        this.complain(id, "AS0801", `can't resolve value for symbol \`${symbols.text(id)}'`);
      if (this.final) symbols.flags[id] |= RESOLVED;
      return 0;
    }
    symbols.flags[id] |= RESOLVING;
    const expression = symbols.expressions.get(id)!;
    const { op } = expression;
    const result = this.evaluate(id, op, expression.symbol, expression.opSymbol, expression.number);
    symbols.flags[id] &= ~RESOLVING;
    return result;
  }

  private evaluate(id: SymbolId, op: Op, symbol: SymbolId, opSymbol: SymbolId, number: Integer): Integer {
    const { symbols } = this.assembler;
    if (symbol < 0) return this.finish(id, ABSOLUTE, number);
    const left = this.value(symbol);
    const leftSection = symbols.section[symbol];
    if (op === SYMBOL) return this.alias(id, symbol, leftSection, left, number);
    if (op === UMINUS || op === BIT_NOT || op === LOGICAL_NOT) {
      if (op !== LOGICAL_NOT && leftSection !== ABSOLUTE && this.final) this.badOperands(id, op, symbol, -1);
      const value = op === UMINUS ? negate(left) : op === BIT_NOT ? invert(left) : left === 0 ? 1 : 0;
      return this.finish(id, ABSOLUTE, add(number, value));
    }
    const right = this.value(opSymbol);
    const rightSection = symbols.section[opSymbol];
    if (op === ADD && rightSection === ABSOLUTE)
      return this.alias(id, symbol, leftSection, left, add(number, right));
    if (op === ADD && leftSection === ABSOLUTE)
      return this.alias(id, opSymbol, rightSection, right, add(number, left));
    if (op === SUBTRACT && rightSection === ABSOLUTE)
      return this.alias(id, symbol, leftSection, left, subtract(number, right));
    return this.dyadic(id, op, symbol, left, opSymbol, right, number);
  }

  private dyadic(
    id: SymbolId,
    op: Op,
    symbol: SymbolId,
    left: Integer,
    opSymbol: SymbolId,
    right: Integer,
    number: Integer,
  ): Integer {
    const { symbols } = this.assembler;
    const leftSection = symbols.section[symbol];
    const rightSection = symbols.section[opSymbol];
    const same = leftSection === rightSection && (leftSection !== UNDEFINED || symbol === opSymbol);
    const ordered = op === SUBTRACT || op === LT || op === LE || op === GE || op === GT;
    const allowed =
      (leftSection === ABSOLUTE && rightSection === ABSOLUTE) || op === EQ || op === NE || (ordered && same);
    if (!allowed && this.final) this.badOperands(id, op, symbol, opSymbol);
    let value: Integer;
    if (op === EQ || op === NE) value = (left === right && same) === (op === EQ) ? -1 : 0;
    else if ((op === DIVIDE || op === MODULUS) && right === 0) {
      if (rightSection === ABSOLUTE && this.final) this.complain(id, "AS0802", "division by zero");
      value = op === DIVIDE ? left : 0;
    } else if ((op === LEFT_SHIFT || op === RIGHT_SHIFT) && (right < 0 || right > 63)) value = 0;
    else value = operate(op, left, right);
    // Until all is known, a value that makes no sense is not taken for a number.
    if (!allowed && !this.final) return add(number, value);
    return this.finish(id, ABSOLUTE, add(number, value));
  }

  /** The symbol is worth `symbol` plus a number. */
  private alias(id: SymbolId, symbol: SymbolId, section: SectionId, left: Integer, number: Integer): Integer {
    const { symbols } = this.assembler;
    if (this.final && number === 0 && !symbols.has(id, WEAKREF_ALIAS)) {
      if (symbols.name[id] !== this.assembler.fakeName && !symbols.has(symbol, RESOLVING)) {
        const type = symbols.types.get(symbol);
        if ((type === 1 || type === 2 || type === 10) && !symbols.types.has(id)) symbols.types.set(id, type);
        const size = symbols.sizes.get(symbol);
        if (size !== undefined && !symbols.sizes.get(id)) symbols.sizes.set(id, size);
      }
    }
    const expressionSymbol = symbols.section[id] === EXPRESSION;
    if (
      section === UNDEFINED ||
      section === COMMON ||
      (this.final &&
        ((expressionSymbol && section !== EXPRESSION && section !== ABSOLUTE) || symbols.has(id, SHADOW)))
    ) {
      if (this.final) {
        symbols.expressions.set(id, { op: SYMBOL, symbol, opSymbol: symbol, number, unsigned: true });
        symbols.flags[id] |= RESOLVED;
      }
      symbols.section[id] = section;
      return add(number, left);
    }
    const kept = symbols.section[id];
    return this.finish(id, kept === EXPRESSION || kept === UNDEFINED ? section : kept, add(number, left));
  }

  private finish(id: SymbolId, section: SectionId, value: Integer): Integer {
    const { symbols } = this.assembler;
    const kept = symbols.section[id];
    symbols.section[id] = kept === EXPRESSION || kept === UNDEFINED ? section : kept;
    if (this.final) {
      symbols.setValue(id, value);
      symbols.flags[id] = (symbols.flags[id] & ~HAS_EXPRESSION) | RESOLVED;
      symbols.fragment[id] = 0;
    }
    return value;
  }

  private badOperands(id: SymbolId, op: Op, left: SymbolId, right: SymbolId): void {
    const { symbols } = this.assembler;
    const describe = (symbol: SymbolId) => {
      const name =
        symbols.name[symbol] === this.assembler.fakeName ? "expression" : `\`${symbols.text(symbol)}'`;
      return `${name} {${this.sectionName(symbols.section[symbol])} section}`;
    };
    const operands = right < 0 ? describe(left) : `${describe(left)} and ${describe(right)}`;
    const who = symbols.name[id] === this.assembler.fakeName ? "" : ` when setting \`${symbols.text(id)}'`;
    const plural = right < 0 ? "operand" : "operands";
    this.complain(id, "AS0803", `invalid ${plural} (${operands}) for \`${opNames[op]}'${who}`);
  }

  sectionName(id: SectionId): string {
    return this.assembler.sections.all[id]?.name ?? ["*UND*", "*ABS*", "*COM*", "*EXPR*", "*REG*"][id] ?? "?";
  }

  private complain(id: SymbolId, code: string, message: string): void {
    const place = this.assembler.expressionPlaces.get(id);
    if (place === undefined) this.assembler.report.error(code, this.assembler.lastFile(), message);
    else this.assembler.errorAt(place, code, message);
  }

  /** Whether a symbol stands for another one in relocations: it is equated to something undefined. */
  standsFor(id: SymbolId): SymbolId {
    const { symbols } = this.assembler;
    if (!symbols.has(id, HAS_EXPRESSION) || symbols.has(id, LOCAL_LABEL)) return -1;
    const expression = symbols.expressions.get(id)!;
    if (expression.op !== SYMBOL || expression.symbol === id) return -1;
    if (symbols.has(id, WEAKREF_ALIAS)) return expression.symbol;
    const section = symbols.section[id];
    const flagged = symbols.has(id, RESOLVED) && expression.opSymbol >= 0;
    return flagged || section === UNDEFINED || section === COMMON ? expression.symbol : -1;
  }
}
