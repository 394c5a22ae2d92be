import {
  type Fix,
  lineAndColumn,
  type Note,
  type Report,
  type Source,
  type Span,
} from "../diagnostics/index.ts";
import { codes } from "./codes.ts";
import { Lexer, type Token } from "./lexer.ts";
import type { Include, Name } from "./syntax.ts";
import type { Mode } from "./words.ts";

/** How a script is to be read. */
export interface ParseOptions {
  /** Words, numbers and the wording of errors follow GNU ld (the default) or LLD. */
  readonly dialect?: "gnu" | "lld";
  /**
   * Finds the text of an INCLUDE; where to search is the caller's business.
   * Without it, included files are left alone and reported by nobody.
   */
  readonly include?: (name: string, span: Span) => Source | undefined;
}

/** Words that are never names: one of them where a name should be begins the next command. */
const blockKeywords = ["MEMORY", "PHDRS", "SECTIONS", "VERSION"];

/** As many files may be open at once, as in GNU ld. */
const maxOpenFiles = 10;

/** A text with more errors is no script; LLD gives up at the first. */
const maxErrors = 100;

// The part of the parser that knows nothing of the language: taking tokens,
// reporting, and recovering.
//
// Recovery works by panic: the first unexpected token of a statement is
// reported, everything else the statement wants then fails in silence, and the
// loop over the statements skips to the next `;` or `}` and goes on. Nothing is
// thrown, so every parse function returns what it has.

/** What GNU ld says without the place, which it knows no more or does not mention. */
const withoutPlace: ReadonlySet<string> = new Set([
  codes.includeNotFound,
  codes.invalidMemoryAttribute,
  codes.unknownLanguage,
  codes.duplicateVersion,
  codes.unknownVersion,
  codes.anonymousVersion,
]);
export class Parser {
  readonly report: Report;
  readonly lld: boolean;
  lexer: Lexer;
  /** An error was reported and the place to go on from is not reached yet. */
  panicking = false;
  /** Added to the message, such as ` in VERSION script`. */
  errorContext = "";
  private readonly include: ParseOptions["include"];
  private openFiles = 1;
  private last: Token | undefined;
  private errors = 0;

  constructor(source: Source, report: Report, options: ParseOptions = {}) {
    this.report = report;
    this.lld = options.dialect === "lld";
    this.include = options.include;
    this.lexer = new Lexer(source, report, options.dialect);
  }

  // Tokens

  peek(mode: Mode): Token {
    return this.lexer.peek(mode);
  }

  next(mode: Mode): Token {
    this.last = this.lexer.next(mode);
    return this.last;
  }

  /** Whether this sign or unquoted word comes next. */
  at(mode: Mode, text: string): boolean {
    const token = this.lexer.peek(mode);
    return token.text === text && (token.kind === "punctuation" || token.kind === "name");
  }

  atEnd(mode: Mode): boolean {
    return this.lexer.peek(mode).kind === "end";
  }

  /** Takes a sign or word if it comes next. */
  accept(mode: Mode, text: string): boolean {
    const { lexer } = this;
    const token = lexer.peek(mode);
    if (token.text !== text || (token.kind !== "punctuation" && token.kind !== "name")) return false;
    lexer.take(token);
    this.last = token;
    return true;
  }

  /** Takes a sign or word, or reports that it is missing. */
  expect(mode: Mode, text: string): boolean {
    if (this.panicking) return false;
    if (this.accept(mode, text)) return true;
    this.fail(mode, `\`${text}'`, (found) => `${text} expected, but got ${found}`);
    return false;
  }

  /** Takes a name, quoted or not; when there is none, the name is empty. */
  name(mode: Mode, what: string): Name {
    const token = this.peek(mode);
    const reserved = mode === "script" && token.kind === "name" && blockKeywords.includes(token.text);
    if (!this.panicking && !reserved && (token.kind === "name" || token.kind === "string")) {
      this.lexer.take(token);
      this.last = token;
      return this.nameOf(token);
    }
    this.fail(mode, what);
    return { text: "", quoted: false, span: this.lexer.span(token.start, token.start) };
  }

  atName(mode: Mode): boolean {
    const { kind } = this.lexer.peek(mode);
    return kind === "name" || kind === "string";
  }

  nameOf(token: Token): Name {
    return { text: token.text, quoted: token.kind === "string", span: this.spanOf(token) };
  }

  /** Where the next token begins. */
  start(mode: Mode): number {
    return this.lexer.peek(mode).start;
  }

  /** From an offset to the end of the last token taken. */
  spanFrom(start: number): Span {
    return this.lexer.span(start, Math.max(start, this.lexer.offset));
  }

  spanOf(token: Token): Span {
    return this.lexer.span(token.start, token.end);
  }

  // Errors

  /** Reports the next token: `expected` says what should be there, `lld` how LLD says it. */
  fail(mode: Mode, expected: string, lld?: (found: string) => string): void {
    if (this.panicking) return;
    const token = this.peek(mode);
    const found = token.kind === "end" ? "the end of the text" : `\`${token.text}'`;
    const notes: Note[] = [{ message: `expected ${expected}, found ${found}` }];
    const hint =
      joinedAssignment(this.last && this.nameOf(this.last)) ?? joinedAssignment(this.nameOf(token));
    if (hint) notes.push(hint.note);
    let words = lld?.(this.lexer.source.text.slice(token.start, token.end)) ?? `unexpected ${token.text}`;
    // A text that ends too early is best shown where it ends, not in the blank lines after.
    let span = this.spanOf(token);
    if (token.kind === "end") {
      words = "unexpected EOF";
      if (this.last && this.last.kind !== "end") span = this.spanOf(this.last);
      else span = this.lexer.span(token.start, token.start);
      // At the end of an option's text GNU ld has forgotten which it was.
      if (!this.lld && span.source.name === "--defsym")
        span = { ...span, shown: { name: "--defsym", line: 0 } };
    }
    this.failAt(span, `syntax error${this.errorContext}`, words, notes, hint?.fix);
  }

  /** Reports something wrong with the statement being read, and gives it up. */
  failAt(span: Span, message: string, lld: string, notes: readonly Note[] = [], fix?: Fix): void {
    if (this.panicking) return;
    this.panicking = true;
    this.error(codes.syntaxError, span, message, lld, notes, fix);
  }

  /** Reports an error that does not disturb the reading. */
  error(
    code: string,
    span: Span,
    message: string,
    lld: string,
    notes: readonly Note[] = [],
    fix?: Fix,
  ): void {
    if (this.errors >= (this.lld ? 1 : maxErrors)) return;
    this.errors++;
    // Only LLD shows the line in the message itself.
    const unplaced = withoutPlace.has(code);
    const words = this.lld ? lld + lldSnippet(span) : lld;
    this.report.error(code, span, message, { lld: words, notes, fix, unplaced });
  }

  // Recovery

  /** Skips to where the next statement may begin: after a `;` or a block, or before a `}`. */
  recover(begins?: (token: Token) => boolean): void {
    this.panicking = false;
    const { lexer } = this;
    lexer.quiet = true;
    let depth = 0;
    for (;;) {
      const token = lexer.peek("expression");
      if (token.kind === "end") break;
      if (depth === 0 && (token.text === "}" || begins?.(token))) {
        if (token.kind === "name" || token.text === "}") break;
      }
      lexer.next("expression");
      if (token.kind !== "punctuation") continue;
      if (token.text === "{") depth++;
      if (token.text === "}" && --depth === 0) break;
      if (token.text === ";" && depth === 0) break;
    }
    lexer.quiet = false;
  }

  /** Skips to a `{` that belongs to the statement being given up; false when there is none. */
  recoverToBlock(): boolean {
    if (!this.panicking) return false;
    const { lexer } = this;
    lexer.quiet = true;
    for (;;) {
      const token = lexer.peek("expression");
      if (token.kind === "end" || (token.kind === "punctuation" && /^[;{}]$/.test(token.text))) {
        lexer.quiet = false;
        if (token.text !== "{") return false;
        this.panicking = false;
        return true;
      }
      lexer.next("expression");
    }
  }

  /** The end of an assignment. A forgotten `;` at the end of a line is reported, and then assumed. */
  separator(): void {
    if (this.panicking) return;
    if (this.accept("expression", ";") || this.accept("expression", ",")) return;
    this.fail("expression", "`;'", (found) => `; expected, but got ${found}`);
    const { start } = this.peek("expression");
    const between = this.lexer.source.text.slice(this.lexer.offset, start);
    if (between.includes("\n") || this.at("expression", "}")) this.panicking = false;
  }

  // Lists

  /** Statements up to a `}` (which is left) or the end of the text; each step makes progress. */
  statements<Item>(
    mode: Mode,
    inBraces: boolean,
    parse: () => Item | undefined,
    begins?: (token: Token) => boolean,
  ): Item[] {
    const items: Item[] = [];
    while (!this.atEnd(mode)) {
      if (this.at(mode, "}")) {
        if (inBraces) break;
        this.fail(mode, "a command", (found) => `unexpected ${found}`);
        this.next(mode);
        this.panicking = false;
        continue;
      }
      const before = this.lexer.offset;
      const item = parse();
      if (item !== undefined) items.push(item);
      if (this.panicking) this.recover(begins);
      if (this.lexer.offset === before && !this.at(mode, "}") && !this.atEnd(mode)) this.next(mode);
    }
    // What has grown has room for sixteen more, and a start-up snapshot holds trees.
    return items.slice();
  }

  /** `{ statements }`. */
  block<Item>(mode: Mode, parse: () => Item | undefined): Item[] {
    if (!this.expect(mode, "{")) return [];
    const items = this.statements(mode, true, parse);
    this.expect(mode, "}");
    return items;
  }

  /** `INCLUDE file`, its keyword already taken at `start`; `parse` reads one item of what the file holds. */
  included<Item>(mode: Mode, start: number, parse: () => Item | undefined): Include<Item> {
    const file = this.name(mode, "a file name");
    const span = this.spanFrom(start);
    if (this.panicking || !this.include) return { kind: "include", file, items: [], span };
    if (this.openFiles >= maxOpenFiles) {
      const lld = "there is a cycle in linker script INCLUDEs";
      this.error(codes.includeTooDeep, span, "includes nested too deeply", lld);
      return { kind: "include", file, items: [], span };
    }
    const source = this.include(file.text, file.span);
    if (!source) {
      const message = `cannot open linker script file ${file.text}: No such file or directory`;
      this.error(codes.includeNotFound, span, message, `cannot find linker script ${file.text}`);
      return { kind: "include", file, items: [], span };
    }
    const { lexer, last } = this;
    this.lexer = new Lexer(source, this.report, this.lld ? "lld" : "gnu");
    this.last = undefined;
    this.openFiles++;
    const items = this.statements(mode, false, parse);
    this.openFiles--;
    this.lexer = lexer;
    this.last = last;
    return { kind: "include", file, source, items, span };
  }
}

/** `a=1` is one word to the linkers: whoever writes it needs to be told. */
export function joinedAssignment(name: Name | undefined): { note: Note; fix: Fix } | undefined {
  const parts = name && !name.quoted && /^([^=]+?)([-+*/]?=)([^=].*)?$/.exec(name.text);
  if (!name || !parts) return undefined;
  const [, left, operator, right = ""] = parts;
  const replacement = `${left} ${operator} ${right}`.trimEnd();
  return {
    note: { message: `\`${name.text}' is read as one name: put blanks around \`${operator}'` },
    fix: { title: `write \`${replacement}'`, span: name.span, replacement },
  };
}

/** The line and the caret that LLD prints below an error in a script. */
function lldSnippet(span: Span): string {
  const { text } = span.source;
  const start = span.start - lineAndColumn(text, span.start).column + 1;
  const newline = text.indexOf("\n", start);
  const line = text.slice(start, newline < 0 ? text.length : newline).replace(/\r$/, "");
  return `\n>>> ${line}\n>>> ${" ".repeat(span.start - start)}^`;
}
