import type { Report, Span } from "../diagnostics/index.ts";
import type { FileSystem } from "../files/index.ts";
import { kinds, STATEMENT_END } from "./characters.ts";
import type { Directive } from "./directives.ts";
import { type Expression, newExpression, setConstant, setSymbol } from "./expression.ts";
import { type NameId, Names } from "./names.ts";
import type { AssembleOptions } from "./options.ts";
import { parseExpression } from "./parse-expression.ts";
import { Reader } from "./reader.ts";
import { ABSOLUTE, type FragmentId, Sections, ZERO_FRAGMENT } from "./sections.ts";
import { type SymbolId, Symbols } from "./symbols.ts";

/**
 * Lengths of a kind of variable part that `relax.ts` does not know itself
 * (CFA, LINE): who makes such fragments registers this.
 */
export interface VariablePart {
  /** A first guess of the length of the variable part. */
  estimate(fragment: FragmentId): number;
  /** By how much the length changes now that addresses are better known. */
  relax(fragment: FragmentId): number;
  /** Puts the final bytes behind the fixed ones and lengthens those; may add fixups. */
  convert(fragment: FragmentId): void;
}

/**
 * All that is known while a source is read. The tables are open to the
 * directives; what must hold between them is kept by their own classes.
 */
export class Assembler {
  readonly options: AssembleOptions;
  readonly files: FileSystem;
  readonly report: Report;
  readonly names: Names = new Names();
  readonly symbols: Symbols;
  readonly sections: Sections = new Sections();
  readonly reader: Reader;
  /** NameId of a directive, with its dot, to what it does. */
  readonly directives: (Directive | undefined)[] = [];
  /** Every file read, in order. */
  readonly filesRead: string[] = [];

  /** Before the bytes of each instruction. */
  onInstruction: (() => void) | undefined;
  /** At each label in a section. */
  onLabel: ((symbol: SymbolId) => void) | undefined;
  /** At the end of the input, in this order; more sections and fixups may be made. */
  readonly onFinish: (() => void)[] = [];
  readonly variable: Map<number, VariablePart> = new Map();

  /** For handlers that need one expression at a time. */
  readonly expression: Expression = newExpression();

  constructor(options: AssembleOptions, files: FileSystem, report: Report) {
    this.options = options;
    this.files = files;
    this.report = report;
    this.symbols = new Symbols(this.names);
    this.symbols.keepLocals = options.keepLocals ?? false;
    this.reader = new Reader(this.names);
  }

  /** Parses an expression into `into`; differences of labels stay as they are. */
  parse(into: Expression): Expression {
    parseExpression(this, into, "normal");
    return into;
  }

  error(code: string, message: string): void {
    this.report.error(code, this.here(), message);
  }

  warning(code: string, message: string): void {
    this.report.warning(code, this.here(), message);
  }

  /** The current line, with the caret where the reader is. */
  here(): Span {
    return this.spanAt(this.reader.place, this.reader.at);
  }

  /** The line of a place; the span covers what it says, or starts at byte `at` of the current buffer. */
  spanAt(_place: number, _at?: number): Span {
    throw new Error("not yet");
  }

  /** The name of symbols that the assembler makes itself: no label can hold its blank. */
  readonly fakeName: NameId = this.names.internText(".L0 ");
  /** Where expressions that became symbols were written. */
  readonly expressionPlaces: Map<SymbolId, number> = new Map();
  /** How often each numeric label (`1:`) has been defined. */
  private readonly localLabels: Map<number, number> = new Map();

  /** The name of the numeric label that `1b` (0) or `1f` (1) means now. */
  localLabelName(number: number, ahead: 0 | 1): NameId {
    const count = (this.localLabels.get(number) ?? 0) + ahead;
    return this.names.internText(`.L${number}\x02${count}`);
  }

  /** `1:` has been read: the name of this definition. */
  defineLocalLabel(number: number): NameId {
    this.localLabels.set(number, (this.localLabels.get(number) ?? 0) + 1);
    return this.localLabelName(number, 0);
  }

  /** A symbol at the current place, as `.` in an expression makes one. */
  labelHere(): SymbolId {
    const { symbols, sections } = this;
    if (sections.absolute)
      return symbols.create(this.fakeName, ABSOLUTE, ZERO_FRAGMENT, sections.absoluteOffset);
    const id = symbols.create(this.fakeName, sections.current.id, sections.fragment, sections.offset);
    symbols.enlist(id);
    return id;
  }

  currentLocation(into: Expression): void {
    if (this.sections.absolute) setConstant(into, this.sections.absoluteOffset);
    else setSymbol(into, this.labelHere());
  }

  /** The symbol to use for one that .eqv made: with its value as it is now. */
  fresh(symbol: SymbolId): SymbolId {
    return symbol;
  }

  /** Whether a difference of the symbol with itself is surely 0. */
  isSettled(_symbol: SymbolId): boolean {
    return true;
  }

  /** Complains if something is left in the statement. */
  endOfLine(): void {
    const { reader } = this;
    reader.skipSpace();
    if ((kinds[reader.bytes[reader.at]] & STATEMENT_END) === 0) this.junk();
  }

  ignoreRest(): void {
    this.reader.skipStatement();
  }

  private junk(): void {
    const byte = this.reader.bytes[this.reader.at];
    const shown =
      byte >= 0x20 && byte < 0x7f ? `\`${String.fromCharCode(byte)}'` : `valued 0x${byte.toString(16)}`;
    this.error("AS0010", `junk at end of line, first unrecognized character is ${shown}`);
    this.ignoreRest();
  }
}
