/**
 * Preprocessing tokens, and how they are told apart in a text. A file is
 * cleaned first (backslash-newline pairs go); the lexer then walks over the
 * clean text and remembers where the pairs were, so that lines and columns are
 * those of the file.
 */

export type TokenType =
  | "name"
  | "number"
  | "string"
  | "char"
  | "header"
  | "punctuator"
  /** A character with no meaning, or a quote that nothing closes and the rest of its line. */
  | "other"
  /** A parameter in a macro's body. */
  | "parameter"
  /** No text: marks where tokens from different places meet, so that they are not printed as one. */
  | "padding"
  | "end";

/** Preceded by white space or a comment. */
export const WHITE = 1;
/** First of its line. */
export const FIRST = 2;
/** Followed by `##`. */
export const PASTE = 4;
/** A macro's name that appeared within its own expansion: never expanded again. */
export const PAINTED = 8;
/** A parameter behind `#`. */
export const STRINGIFY = 16;
/** Stands in for the tokens that `__VA_OPT__` encloses. */
export const OPTIONAL = 32;

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  flags: number;
  /** From 1. In a macro's body: of the definition. */
  readonly line: number;
  readonly column: number;
  /** Of a parameter: its number from 0. */
  readonly parameter?: number;
  /** Of padding: the token whose white space counts, or undefined. */
  readonly source?: Token;
  /** Of a `__VA_OPT__`: its tokens. */
  readonly inside?: readonly Token[];
}

export function token(type: TokenType, text: string, flags: number, line: number, column: number): Token {
  return { type, text, flags, line, column };
}

export function withFlags(t: Token, flags: number): Token {
  return { ...t, flags };
}

/** Padding that takes the white space of `source`. */
export function padding(source: Token | undefined): Token {
  return { type: "padding", text: "", flags: 0, line: 0, column: 0, source };
}

const PUNCTUATORS = new Set(
  "... <<= >>= -> ++ -- << >> <= >= == != && || *= /= %= += -= &= ^= |= ## # [ ] ( ) { } . & * + - ~ ! / % < > ^ | ? : ; = , :: @".split(
    " ",
  ),
);
// `@`, `$` and `\` have no meaning, but are tokens of one character.
PUNCTUATORS.delete("@");
PUNCTUATORS.delete("::");

const isNameStart = (c: number) => (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c >= 128;
const isDigit = (c: number) => c >= 48 && c <= 57;
const isNamePart = (c: number) => isNameStart(c) || isDigit(c);

const NEWLINE = 10;
const NAMES_WITH_QUOTES = new Set(["L"]);

/** A file's text without its backslash-newline pairs, and where they were. */
export interface CleanText {
  readonly text: string;
  /** Offsets in `text` before which a pair was taken out, ascending. */
  readonly splices: readonly number[];
}

export function cleanText(original: string): CleanText {
  let source = original.includes("\r") ? original.replace(/\r\n/g, "\n") : original;
  if (source.charCodeAt(0) === 0xfeff) source = source.slice(1);
  if (!source.endsWith("\n") && source.length) source += "\n";
  if (!/\\[ \t\f\v]*\n/.test(source)) return { text: source, splices: [] };
  const splices: number[] = [];
  let text = "";
  let from = 0;
  for (const match of source.matchAll(/\\[ \t\f\v]*\n/g)) {
    text += source.slice(from, match.index);
    splices.push(text.length);
    from = match.index + match[0].length;
  }
  return { text: text + source.slice(from), splices };
}

/** Reads the tokens of one text. */
export class Lexer {
  readonly text: string;
  line = 1;
  at = 0;
  /** Where the present line starts: a column is an offset from it. */
  private lineStart = 0;
  private readonly splices: readonly number[];
  private splice = 0;
  private fresh = true;
  /** A newline ends the tokens (and stays unread) instead of being skipped. */
  inDirective = false;
  /** `<…>` is one token. */
  headers = false;

  constructor(clean: CleanText) {
    this.text = clean.text;
    this.splices = clean.splices;
  }

  /** Counts the lines that were joined before `offset`. */
  private passSplices(offset: number): void {
    while (this.splice < this.splices.length && this.splices[this.splice] <= offset) {
      this.line++;
      this.lineStart = this.splices[this.splice++];
    }
  }

  private newline(): void {
    // `at` is behind the newline.
    this.passSplices(this.at - 1);
    this.line++;
    this.lineStart = this.at;
  }

  /** Leaves a directive: what is left of its line is dropped, the newline included. */
  skipLine(): void {
    this.inDirective = false;
    for (;;) {
      const { text } = this;
      this.inDirective = true;
      const t = this.next();
      if (t.type !== "end") continue;
      this.inDirective = false;
      if (this.at < text.length) {
        this.at++;
        this.newline();
      }
      this.fresh = true;
      return;
    }
  }

  next(): Token {
    const { text } = this;
    let flags = 0;
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (Number.isNaN(c)) {
        this.passSplices(this.at);
        return token("end", "", flags, this.line, 1);
      }
      if (c === NEWLINE) {
        if (this.inDirective) return token("end", "", flags, this.line, this.at - this.lineStart + 1);
        this.at++;
        this.newline();
        this.fresh = true;
        flags = 0;
      } else if (c === 32 || c === 9 || c === 12 || c === 11 || c === 13 || c === 0) {
        this.at++;
        flags |= WHITE;
      } else if (c === 47 && text.charCodeAt(this.at + 1) === 42) {
        this.skipBlockComment();
        flags |= WHITE;
      } else if (c === 47 && text.charCodeAt(this.at + 1) === 47) {
        const end = text.indexOf("\n", this.at);
        this.at = end < 0 ? text.length : end;
        flags |= WHITE;
      } else break;
    }
    if (this.fresh) {
      flags |= FIRST;
      this.fresh = false;
    }
    const start = this.at;
    this.passSplices(start);
    const line = this.line;
    const column = start - this.lineStart + 1;
    const type = this.scan();
    return token(type, text.slice(start, this.at), flags, line, column);
  }

  /** Set when a comment has no end. */
  unterminatedComment: number | undefined;

  private skipBlockComment(): void {
    const { text } = this;
    const start = this.at;
    const end = text.indexOf("*/", start + 2);
    const stop = end < 0 ? text.length : end + 2;
    if (end < 0) {
      this.passSplices(start);
      this.unterminatedComment = this.line;
    }
    for (let at = text.indexOf("\n", start); at >= 0 && at < stop; at = text.indexOf("\n", at + 1)) {
      this.at = at + 1;
      // The newline behind an unterminated comment still ends the line.
      if (end < 0 && this.at >= text.length) {
        this.at = at;
        return;
      }
      this.newline();
    }
    this.at = stop;
  }

  /** Moves over one token that starts here, and says what it is. */
  private scan(): TokenType {
    const { text } = this;
    const c = text.charCodeAt(this.at);
    if (isNameStart(c)) {
      const start = this.at;
      while (isNamePart(text.charCodeAt(this.at))) this.at++;
      const next = text.charCodeAt(this.at);
      if ((next === 34 || next === 39) && NAMES_WITH_QUOTES.has(text.slice(start, this.at)))
        return this.quoted(next === 34 ? "string" : "char", next);
      return "name";
    }
    if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(this.at + 1)))) {
      this.at++;
      for (;;) {
        const next = text.charCodeAt(this.at);
        const last = text.charCodeAt(this.at - 1) | 32;
        if (isNamePart(next) || next === 46) this.at++;
        else if ((next === 43 || next === 45) && (last === 101 || last === 112)) this.at++;
        else return "number";
      }
    }
    if (c === 34) return this.quoted("string", c);
    if (c === 39) return this.quoted("char", c);
    if (c === 60 && this.headers) {
      const end = text.indexOf(">", this.at);
      const newline = text.indexOf("\n", this.at);
      if (end >= 0 && end < newline) {
        this.at = end + 1;
        return "header";
      }
    }
    for (let length = 3; length >= 1; length--)
      if (PUNCTUATORS.has(text.substr(this.at, length))) {
        this.at += length;
        return "punctuator";
      }
    // Beyond the basic plane a character is two units.
    this.at += (text.codePointAt(this.at) ?? 0) > 0xffff ? 2 : 1;
    return "other";
  }

  private quoted(type: TokenType, quote: number): TokenType {
    const { text } = this;
    while (text.charCodeAt(this.at) !== quote) this.at++;
    this.at++;
    for (; this.at < text.length; this.at++) {
      const c = text.charCodeAt(this.at);
      if (c === quote) {
        this.at++;
        return type;
      }
      if (c === NEWLINE) return "other";
      // A header's name has no escapes.
      if (c === 92 && !this.headers && text.charCodeAt(this.at + 1) !== NEWLINE) this.at++;
    }
    return "other";
  }
}

/** The token that a spelling makes, or undefined when it is none or more than one. */
export function lexOne(text: string): Token | undefined {
  const lexer = new Lexer({ text: `${text}\n`, splices: [] });
  lexer.inDirective = true;
  const t = lexer.next();
  return lexer.at === text.length && t.type !== "end" && !(t.flags & WHITE) ? t : undefined;
}

/** The tokens of a line of text, such as a definition on the command line. */
export function lexLine(text: string): Token[] {
  const lexer = new Lexer(cleanText(text));
  const tokens: Token[] = [];
  lexer.inDirective = true;
  for (let t = lexer.next(); t.type !== "end"; t = lexer.next()) tokens.push(t);
  return tokens;
}

/** Whether two tokens that are not separated by white space would be read as one, or as something else. */
export function wouldPaste(a: Token, b: Token): boolean {
  const operator = b.type === "punctuator" ? b.text[0] : "";
  const start = b.text.charCodeAt(0);
  if (a.type === "punctuator") {
    if (operator === "=" && /^(?:[=!><+\-*/%&|^]|<<|>>)$/.test(a.text)) return true;
    switch (a.text) {
      case ">":
      case "+":
      case "&":
      case "|":
        return operator === a.text;
      case "<":
        return operator === "<" || operator === "%" || operator === ":";
      case "-":
        return operator === "-" || operator === ">";
      case "/":
        return operator === "/" || operator === "*";
      case "%":
        return operator === ":" || operator === "%";
      case ":":
        return operator === ":" || operator === ">";
      case "->":
        return operator === "*";
      case ".":
        return operator === "." || operator === "%" || b.type === "number";
      case "#":
        return operator === "#" || operator === "%";
      default:
        return false;
    }
  }
  if (a.type === "name")
    return b.type === "name" || b.type === "char" || b.type === "string" || /^\w+$/.test(b.text);
  if (a.type === "number")
    return b.type === "number" || b.type === "name" || b.type === "char" || ".+-".includes(operator || "\n");
  if (a.type === "other") return a.text === "\\" && (b.type === "name" || isNameStart(start));
  return false;
}
