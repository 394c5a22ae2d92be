import type { Assembler } from "./assembler.ts";
import { equate } from "./directives-symbols.ts";
import {
  CONSTANT,
  constant,
  type Expression,
  GT,
  LOGICAL_NOT,
  MULTIPLY,
  newExpression,
  symbolExpression,
} from "./expression.ts";
import { foldExpression } from "./fold.ts";
import type { LineRow } from "./lines.ts";
import type { NameId } from "./names.ts";
import { expressionSymbol } from "./parse-expression.ts";
import { ABSOLUTE, UNDEFINED, ZERO_FRAGMENT } from "./sections.ts";
import { HAS_EXPRESSION, type SymbolId } from "./symbols.ts";

/**
 * Views: rows of one address are numbered from 0, so that a debugger can stop
 * between them. `view NAME` gives the number of its row to a symbol; `view 0`
 * claims that it is 0; `view -0` makes it 0.
 *
 * Whether two rows have one address may depend on code that has no final length
 * yet. Then the number is an expression: not (this row > last row) times (last
 * number + 1).
 */
export class LineViews {
  private readonly assembler: Assembler;
  private resetSymbol: SymbolId = -1;
  private readonly numbers: Map<SymbolId, number> = new Map();

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  zero(): SymbolId {
    return this.absolute(0);
  }

  /** The symbol of every row whose number starts anew. */
  reset(): SymbolId {
    if (this.resetSymbol < 0) this.resetSymbol = this.absolute(0);
    return this.resetSymbol;
  }

  isReset(view: SymbolId): boolean {
    return view >= 0 && view === this.resetSymbol;
  }

  private absolute(value: number): SymbolId {
    const id = this.assembler.symbols.create(this.assembler.fakeName, ABSOLUTE, ZERO_FRAGMENT, value);
    this.numbers.set(id, value);
    return id;
  }

  /** The symbol of a name, to get the number of a row; or what is wrong. */
  named(name: NameId): SymbolId | string {
    const { symbols } = this.assembler;
    const id = symbols.findOrMake(name);
    if (symbols.section[id] !== UNDEFINED || symbols.has(id, HAS_EXPRESSION))
      return `symbol \`${symbols.text(id)}' is already defined`;
    return id;
  }

  /** The first row of a section. */
  first(row: LineRow): void {
    if (row.view >= 0) this.define(row.view, 0);
  }

  /** Numbers a row behind another. */
  follow(row: LineRow, last: LineRow): void {
    const { assembler } = this;
    const fixed = this.numbers.get(row.view);
    if (this.isReset(row.view)) return;
    const moved = newExpression();
    moved.op = GT;
    moved.symbol = row.label;
    moved.opSymbol = last.label;
    foldExpression(assembler, moved);
    if (moved.op === CONSTANT && moved.number !== 0) {
      this.define(row.view, 0);
      return;
    }
    const next = this.numberAfter(last);
    if (moved.op === CONSTANT) {
      if (fixed !== undefined) {
        assembler.error("AS0958", "view number mismatch");
        return;
      }
      this.define(row.view, next.op === CONSTANT ? Number(next.number) : next);
      return;
    }
    // Claims that depend on lengths still open are taken on trust.
    if (fixed !== undefined) return;
    const same = newExpression();
    same.op = LOGICAL_NOT;
    same.symbol = expressionSymbol(assembler, moved);
    const number = newExpression();
    number.op = MULTIPLY;
    number.symbol = expressionSymbol(assembler, same);
    number.opSymbol =
      next.op === CONSTANT ? this.absolute(Number(next.number)) : expressionSymbol(assembler, next);
    this.define(row.view, number);
  }

  /** The number behind that of a row; a row that no view asked for counts as the first. */
  private numberAfter(row: LineRow): Expression {
    const known = row.view < 0 ? 0 : this.numbers.get(row.view);
    return known === undefined ? symbolExpression(row.view, 1) : constant(known + 1);
  }

  private define(view: SymbolId, value: number | Expression): void {
    const { symbols } = this.assembler;
    if (this.numbers.has(view)) return;
    if (typeof value === "number") {
      this.numbers.set(view, value);
      symbols.section[view] = ABSOLUTE;
      symbols.fragment[view] = ZERO_FRAGMENT;
      symbols.setValue(view, value);
    } else equate(this.assembler, view, value);
  }
}
