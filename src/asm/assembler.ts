import type { Extra, Report, Where } from "../diagnostics/index.ts";
import { R_RISCV_ALIGN } from "../elf/index.ts";
import type { FileSystem } from "../files/index.ts";
import { csrNamed, floatRegisters, integerRegisters, registerListSize } from "../riscv/index.ts";
import { Attributes } from "./attributes.ts";
import { CallFrames } from "./cfi.ts";
import { kinds, STATEMENT_END } from "./characters.ts";
import type { Conditional } from "./conditionals.ts";
import type { Directive } from "./directives.ts";
import { ABSENT, CONSTANT, type Expression, newExpression, setConstant, setSymbol } from "./expression.ts";
import { FrameData } from "./frame-data.ts";
import type { Usable } from "./instructions.ts";
import type { Integer } from "./integer.ts";
import { Lines } from "./lines.ts";
import { ListingRecorder } from "./listing-rows.ts";
import { byteString, type Macro } from "./macros.ts";
import { Mapping } from "./mapping.ts";
import { type Attempt, newAttempt } from "./match-form.ts";
import { type NameId, Names } from "./names.ts";
import { nearest } from "./nearest.ts";
import { makeNops } from "./nops.ts";
import { Slots } from "./operand-slots.ts";
import type { AssembleOptions } from "./options.ts";
import { parseExpression } from "./parse-expression.ts";
import { Reader } from "./reader.ts";
import { scrub } from "./scrub.ts";
import {
  ABSOLUTE,
  COMMON,
  EXPRESSION,
  type FragmentId,
  type Group,
  type Section,
  type SectionId,
  Sections,
  UNDEFINED,
  ZERO_FRAGMENT,
} from "./sections.ts";
import { spanOf } from "./span.ts";
import {
  EQUATED,
  FILE,
  FORWARD_REFERENCE,
  HAS_EXPRESSION,
  LOCAL_LABEL,
  RESOLVING,
  SECTION_SYMBOL,
  type SymbolId,
  Symbols,
  VOLATILE,
  WEAK,
  WEAKREF_TARGET,
} from "./symbols.ts";
import { Target } from "./target.ts";

/** Of a macro nested deeper, the outermost uses are not shown. */
const MOST_INVOCATIONS = 10;

const EXPANSION_LIMIT = 2 ** 28;

/** A source for another machine has a thousand mistakes; who reads the twentieth guess? */
export const MOST_GUESSES = 20;

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

/** A place to return to: .pushsection, .previous. */
export interface SectionPlace {
  readonly section: Section;
  readonly subsection: number;
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
  readonly target: Target;
  readonly mapping: Mapping;
  /** NameId of a directive, with its dot, to what it does. */
  readonly directives: (Directive | undefined)[] = [];
  /** Directives that count even in text that is skipped. */
  readonly conditionalNames: Set<NameId> = new Set();
  readonly attributes: Attributes = new Attributes();
  /** NameId to 1 + number of an integer register, 33 + that of a floating-point one; 0 or undefined: no register. */
  readonly registers: number[] = [];
  /** NameId to what the mnemonic has; null: no instruction. */
  readonly mnemonics: (Usable | null | undefined)[] = [];
  /** NameId to the number of the word behind `%`, or -1. */
  readonly relocationNames: Map<NameId, number> = new Map();
  private readonly csrNumbers: Map<NameId, number> = new Map();
  /** The operands of the current instruction, and of one that the assembler writes itself. */
  readonly slots: Slots = new Slots();
  readonly spareSlots: Slots = new Slots();
  readonly attempt: Attempt = newAttempt();
  readonly macros: Map<NameId, Macro> = new Map();
  /** Open conditionals, the innermost last. */
  readonly conditionals: Conditional[] = [];
  /** What `\\@` stands for: how many macros have been expanded. */
  macroNumber = 0;
  /** Counts the labels that .altmacro's LOCAL makes. */
  alternateLocals = 0;
  alternateMacros: boolean;
  /** Bytes that macros and repetitions made so far. */
  private expanded = 0;
  /** Lines are skipped: a condition was false. */
  skipping = false;
  /** .end was read. */
  ended = false;
  /** Between .func and .endfunc. */
  inFunction = false;
  /** Every file read, in order. */
  readonly filesRead: string[] = [];
  /** For .pushsection, and for .previous. */
  readonly sectionStack: { readonly at: SectionPlace; readonly previous: SectionPlace | undefined }[] = [];
  previous: SectionPlace | undefined;
  /** .reloc directives, for the end. */
  readonly explicitRelocations: {
    offset: Expression;
    section: Section;
    type: number;
    symbol: Expression;
    place: number;
  }[] = [];
  /** From .symver: the symbol, its versioned name. */
  readonly versions: {
    symbol: SymbolId;
    name: string;
    /** Not an alias: the symbol itself is called so. */
    rename?: boolean;
    visibility: string;
    place: number;
  }[] = [];
  /** .comment, once .ident was used. */
  comment: Section | undefined;
  readonly groups: Map<string, Group> = new Map();
  /** Something was used that makes the file one of GNU's ABI. */
  gnuExtensions = false;
  /** All symbols have their final values. */
  final = false;
  /** How many unknown words have been compared with known ones. */
  guesses = 0;
  /** Symbols that come before all others in the file: the name of the first source file. */
  readonly frontSymbols: SymbolId[] = [];
  /** The file that was read last. */
  lastRead = "";

  /** Notes what each statement becomes, if a listing is wanted. */
  readonly listing: ListingRecorder | undefined;
  /** Before the bytes of each instruction. */
  onInstruction: (() => void) | undefined;
  /** At each label in a section. */
  onLabel: ((symbol: SymbolId) => void) | undefined;
  /** At the end of the input, in this order; more sections and fixups may be made. */
  readonly onFinish: (() => void)[] = [];
  readonly variable: Map<number, VariablePart> = new Map();
  readonly callFrames: CallFrames;
  readonly lines: Lines;

  /** For handlers that need one expression at a time. */
  readonly expression: Expression = newExpression();
  /** The name of symbols that the assembler makes itself: no label can hold its blank. */
  readonly fakeName: NameId = this.names.internText(".L0 ");
  /** Where expressions that became symbols were written. */
  readonly expressionPlaces: Map<SymbolId, number> = new Map();
  /** How often each numeric label (`1:`) has been defined. */
  private readonly localLabels: Map<number, number> = new Map();

  constructor(options: AssembleOptions, files: FileSystem, report: Report) {
    this.options = options;
    this.files = files;
    this.report = report;
    this.symbols = new Symbols(this.names);
    this.alternateMacros = options.alternate ?? false;
    this.symbols.keepLocals = options.keepLocals ?? false;
    this.reader = new Reader(this.names);
    this.target = new Target(options, (code, message) => this.error(code, message));
    this.mapping = new Mapping(this);
    this.listing = options.listing ? new ListingRecorder(this) : undefined;
    this.lines = new Lines(this);
    this.callFrames = new CallFrames(this);
    for (const { file, number, name, abiName } of [...integerRegisters, ...floatRegisters]) {
      for (const each of [name, abiName])
        this.registers[this.names.internText(each)] = number + (file === "x" ? 1 : 33);
    }
    this.registers[this.names.internText("fp")] = 9;
    this.dotSymbol = this.symbols.create(this.fakeName, EXPRESSION, ZERO_FRAGMENT, 0);
    this.symbols.flags[this.dotSymbol] |= FORWARD_REFERENCE;
    this.sections.onVariable = (kind, reserved) => this.mapping.padding(kind, reserved);
  }

  /** The reader is at a statement. Hot. */
  startStatement(): void {
    const { sections } = this;
    sections.place = this.reader.place;
    this.listing?.start();
  }

  /** Parses an expression into `into`; differences of labels stay as they are. */
  parse(into: Expression): Expression {
    parseExpression(this, into, "normal");
    return into;
  }

  /** Parses an expression whose value is wanted now; an error, and 0, if it is not known. */
  absolute(): Integer {
    const { expression } = this;
    parseExpression(this, expression, "evaluate");
    if (expression.op === CONSTANT) return expression.number;
    if (expression.op !== ABSENT) this.error("AS0011", "bad or irreducible absolute expression");
    return 0;
  }

  /** As `absolute`, for something that is a small number; far beyond its use it is cut. */
  absoluteNumber(): number {
    const value = this.absolute();
    return typeof value === "number" ? value : value < 0n ? -(2 ** 53) : 2 ** 53;
  }

  /** Whether `bytes` more of expanded text may be made; a message if not. No real source comes near the limit. */
  budget(bytes: number): boolean {
    this.expanded += bytes;
    if (this.expanded <= EXPANSION_LIMIT) return true;
    this.error("AS0332", `macros and repetitions make more than ${EXPANSION_LIMIT} bytes of text`);
    return false;
  }

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

  /** A local label (`.L…` in kind) at the current place that no source can name: what GNU as calls a fake label. */
  internalLabel(): SymbolId {
    const { symbols, sections } = this;
    const id = symbols.create(this.fakeName, sections.current.id, sections.fragment, sections.offset);
    symbols.flags[id] |= LOCAL_LABEL;
    return id;
  }

  /** A label at the current place that no source can name; in the symbol table if a relocation needs it. */
  temporaryLabel(): SymbolId {
    const id = this.futureLabel();
    this.placeLabel(id);
    return id;
  }

  /** A label whose place comes later. */
  futureLabel(name: string | undefined = undefined): SymbolId {
    const { symbols, names } = this;
    const text = name === undefined ? this.fakeName : names.internText(name);
    const id = symbols.create(text, UNDEFINED, ZERO_FRAGMENT, 0);
    symbols.enlist(id);
    return id;
  }

  /** The label is here. */
  placeLabel(id: SymbolId): void {
    const { symbols, sections } = this;
    symbols.section[id] = sections.current.id;
    symbols.fragment[id] = sections.fragment;
    symbols.setValue(id, sections.offset);
  }

  /** Call frames written as data, followed separately in .eh_frame and in .debug_frame. */
  private readonly frameData: Map<boolean, FrameData> = new Map();

  /** As FrameData.follow; a command line can forbid that tables are changed. */
  followFrames(expression: Expression, size: number): number {
    if (this.options.traditionalFormat) return size;
    const eh = this.sections.current.name.startsWith(".eh_frame");
    let data = this.frameData.get(eh);
    if (!data) {
      data = new FrameData(this);
      this.frameData.set(eh, data);
    }
    return data.follow(expression, size);
  }

  /** `.file "name"`: the first name leads the symbol table. */
  fileSymbol(name: string): void {
    const { symbols, names, frontSymbols } = this;
    const id = symbols.create(names.internText(name), ABSOLUTE, ZERO_FRAGMENT, 0);
    symbols.flags[id] |= FILE;
    if (frontSymbols.length === 0) frontSymbols.push(id);
    else symbols.enlist(id);
  }

  /** `name:` has been read. */
  defineLabel(name: NameId): SymbolId {
    const { symbols, sections } = this;
    const section: SectionId = sections.absolute ? ABSOLUTE : sections.current.id;
    const fragment = sections.absolute ? ZERO_FRAGMENT : sections.fragment;
    const { offset } = sections;
    let id = symbols.find(name);
    if (id < 0) {
      id = symbols.make(name, section, fragment, offset);
      this.listing?.label(id);
      this.onLabel?.(id);
      return id;
    }
    // It is defined, so it is more than what some .weakref stands for.
    if (symbols.has(id, WEAKREF_TARGET)) symbols.flags[id] &= ~(WEAKREF_TARGET | WEAK);
    const flags = symbols.flags[id];
    const same =
      symbols.section[id] === section && symbols.fragment[id] === fragment && symbols.valueOf(id) === offset;
    if ((flags & VOLATILE) !== 0) id = this.cloneSymbol(id);
    else if (symbols.section[id] !== UNDEFINED || (flags & HAS_EXPRESSION) !== 0) {
      if (symbols.section[id] === COMMON && sections.current.name === ".data") symbols.setValue(id, 0);
      else if (symbols.section[id] === COMMON) {
        const size = symbols.valueOf(id);
        this.error("AS0012", `symbol \`${symbols.text(id)}' is already defined as "*COM*"/${size}`);
        return id;
      } else {
        if (!same) this.error("AS0012", `symbol \`${symbols.text(id)}' is already defined`);
        return id;
      }
    }
    symbols.section[id] = section;
    symbols.fragment[id] = fragment;
    symbols.setValue(id, offset);
    this.listing?.label(id);
    this.onLabel?.(id);
    return id;
  }

  /** A symbol that takes over the name and the place in the list of one whose value was used before it changes. */
  cloneSymbol(id: SymbolId): SymbolId {
    const { symbols } = this;
    const copy = symbols.replace(id);
    symbols.flags[copy] &= ~(VOLATILE | HAS_EXPRESSION | EQUATED);
    return copy;
  }

  /**
   * Alignment among instructions: the linker may shorten what is before, so it
   * does the aligning, of as many do-nothing instructions as could be needed.
   * True if there is nothing left to do.
   */
  alignCode(exponent: number): boolean {
    const { sections, target, mapping } = this;
    const bytes = 2 ** exponent;
    const smallest = target.compressed ? 2 : 4;
    if (bytes <= smallest) return true;
    if (!target.relax) return false;
    const worst = bytes - smallest;
    if (!this.budget(worst)) return true;
    const at = sections.more(worst);
    makeNops(sections.chain.bytes, at, worst);
    sections.fixup(at, 0, R_RISCV_ALIGN, -1, -1, worst);
    mapping.change("code", worst, true);
    sections.newFragment();
    return true;
  }

  /** The symbol to use for one that .eqv made: with its value as it is now. */
  fresh(symbol: SymbolId): SymbolId {
    return this.cloneDeferred(symbol, false);
  }

  /** What `.` is in a deferred expression. */
  readonly dotSymbol: SymbolId;

  private cloneDeferred(id: SymbolId, deferred: boolean): SymbolId {
    const { symbols } = this;
    if (id === this.dotSymbol) return this.labelHere();
    if (id < 0 || !symbols.has(id, FORWARD_REFERENCE | HAS_EXPRESSION) || symbols.has(id, RESOLVING))
      return id;
    const expression = symbols.expressions.get(id);
    if (!expression || !symbols.has(id, HAS_EXPRESSION)) return id;
    const inner = deferred || symbols.has(id, FORWARD_REFERENCE);
    // Symbols that were given other values since are looked up anew.
    const current = (part: SymbolId) =>
      inner && part >= 0 && symbols.has(part, VOLATILE) ? symbols.find(symbols.name[part]) : part;
    let symbol = current(expression.symbol);
    let opSymbol = current(expression.opSymbol);
    if (symbols.section[id] === EXPRESSION || symbols.has(id, FORWARD_REFERENCE)) {
      symbols.flags[id] |= RESOLVING;
      symbol = this.cloneDeferred(symbol, inner);
      opSymbol = this.cloneDeferred(opSymbol, inner);
      symbols.flags[id] &= ~RESOLVING;
    }
    const changed = symbol !== expression.symbol || opSymbol !== expression.opSymbol;
    if (!changed && !symbols.has(id, FORWARD_REFERENCE)) return id;
    const copy = symbols.create(this.fakeName, EXPRESSION, ZERO_FRAGMENT, 0);
    symbols.flags[copy] |= HAS_EXPRESSION;
    symbols.expressions.set(copy, { ...expression, symbol, opSymbol });
    return copy;
  }

  /** The directive that a misspelled one may have been meant to be. */
  nearestDirective(text: string): string | undefined {
    if (this.guesses++ >= MOST_GUESSES) return undefined;
    const known: string[] = [];
    this.directives.forEach((directive, name) => {
      if (directive) known.push(this.names.text(name));
    });
    return nearest(text, known);
  }

  error(code: string, message: string, extra?: Extra): void {
    this.report.error(code, this.here(), message, this.withMacros(this.reader.place, extra));
  }

  warning(code: string, message: string, extra?: Extra): void {
    this.report.warning(code, this.here(), message, this.withMacros(this.reader.place, extra));
  }

  /** The E base: registers above x15 do not exist. */
  get embedded(): boolean {
    return this.target.embedded;
  }

  /** Zfinx: floating-point numbers are in integer registers. */
  get floatsInX(): boolean {
    return this.target.floatsInX;
  }

  /** The number of a control and status register by its name, or -1. */
  csrNumber(name: NameId): number {
    let number = this.csrNumbers.get(name);
    if (number === undefined) {
      number = csrNamed(this.names.text(name))?.number ?? -1;
      this.csrNumbers.set(name, number);
    }
    return number;
  }

  /** Bytes that Zcmp's push needs for a register list. */
  registerListBytes(list: number): number {
    return registerListSize(list, this.target.xlen);
  }

  /** The current statement, without comments and needless blanks. */
  statementText(): string {
    const { reader } = this;
    const { bytes } = reader;
    let start = reader.at;
    while (start > 0 && bytes[start - 1] !== 10 && bytes[start - 1] !== 59) start--;
    return scrub(byteString(bytes, start, reader.at));
  }

  /** For messages about the whole: the first file's name. */
  lastFile(): string | undefined {
    return this.filesRead[0];
  }

  /** A message about an earlier line. */
  errorAt(place: number, code: string, message: string): void {
    this.report.error(code, this.spanAt(place), message, this.withMacros(place));
  }

  warningAt(place: number, code: string, message: string): void {
    this.report.warning(code, this.spanAt(place), message, this.withMacros(place));
  }

  /** The notes of a message, and where the macros were used whose text it is about. */
  private withMacros(place: number, extra: Extra = {}): Extra {
    // Before the first line is read there are the options to complain about.
    if (this.reader.pushes === 0) return extra;
    let { frame } = this.reader.locate(place);
    if (frame.kind !== "macro") return extra;
    const notes = [...(extra.notes ?? [])];
    for (let depth = 0; frame.kind === "macro" && depth < MOST_INVOCATIONS; depth++) {
      notes.push({ message: "macro invoked from here", where: this.spanAt(frame.from) });
      frame = this.reader.locate(frame.from).frame;
    }
    return { ...extra, notes };
  }

  /** The current line, with the caret where the reader is. */
  here(): Where {
    return this.spanAt(this.reader.place, this.reader.at);
  }

  /** The line of a place; the caret is at byte `at` of the current buffer, or under the whole line. */
  spanAt(place: number, at?: number): Where {
    return spanOf(this.reader, place, at);
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

  /** The symbol that stands for a section in relocations. */
  sectionSymbol(section: Section): SymbolId {
    const { symbols, names } = this;
    if (section.symbol < 0) {
      section.symbol = symbols.create(names.internText(section.name), section.id, ZERO_FRAGMENT, 0);
      symbols.flags[section.symbol] |= SECTION_SYMBOL;
      symbols.types.set(section.symbol, 3);
      symbols.enlist(section.symbol);
    }
    return section.symbol;
  }

  private junk(): void {
    const byte = this.reader.bytes[this.reader.at];
    const shown =
      byte >= 0x20 && byte < 0x7f ? `is \`${String.fromCharCode(byte)}'` : `valued 0x${byte.toString(16)}`;
    this.error("AS0010", `junk at end of line, first unrecognized character ${shown}`);
    this.ignoreRest();
  }
}
