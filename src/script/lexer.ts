import type { Report, Source, Span } from "../diagnostics/index.ts";
import { codes } from "./codes.ts";
import type { Comment } from "./syntax.ts";
import { blanksEnd, isPlain, libraryEnd, type Mode, nameEnd, numberEnd, signEnd } from "./words.ts";

// The words of a linker script.
//
// What a word is depends on where it stands, and only the parser knows where
// that is: `foo-bar*.o` is one pattern between the braces of an output
// section and a subtraction and a product in an expression; `elf64-x86-64` is
// a name in OUTPUT_FORMAT. So the parser asks for each token in a mode, and a
// token that was looked at in one mode is read again when it is wanted in
// another. The modes and their character sets are GNU ld's:
//
// - `script`: commands, and names after them. `=`, `,`, `:`, `+`, `-` belong to
//   names here, so `a=1;` is one name (and a syntax error) in GNU ld, while
//   `a = 1;` is an assignment. We keep that: elsewhere the same characters
//   really are file names.
// - `expression`: names hold letters, digits and `_ . $ \ ~ /`, and no operators.
// - `wild`: inside an output section, where patterns live.
// - `files`: the list of INPUT and GROUP.
// - `version-tag` and `version-node`: outside and inside the braces of a version.
//
// Differences to GNU ld that were made on purpose:
// - A comma ends a file name in INPUT and GROUP, as its manual describes.
// - A name ends before `/*`, except in patterns, where `a/*` is a glob.
// - A number with a base suffix (`10h`) must begin with a digit, so that a
//   symbol such as `add` is not read as the decimal number `ad`.

const SLASH = 0x2f;
const HASH = 0x23;

export interface Token {
  /** `string` is a quoted name; `library` is `-lname` in a file list. */
  readonly kind: "name" | "string" | "library" | "number" | "punctuation" | "end";
  /** Without quotes, and without `-l`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export class Lexer {
  readonly source: Source;
  /** The offset that reading goes on from: the end of the last token taken. */
  offset = 0;
  readonly comments: Comment[] = [];
  /** While an error is being skipped, odd characters are not worth a second message. */
  quiet = false;
  private readonly report: Report;
  private readonly lld: boolean;
  private peeked: Token | undefined;
  private peekedMode: Mode | undefined;
  private commentsEnd = 0;
  private reportedEnd = 0;
  private lastSpan: Span | undefined;

  constructor(source: Source, report: Report, dialect: "gnu" | "lld" = "gnu") {
    this.source = source;
    this.report = report;
    this.lld = dialect === "lld";
  }

  /** Nodes of the same range share it: there are thousands in each built-in script, and a start-up snapshot has those. */
  span(start: number, end: number): Span {
    if (this.lastSpan?.start !== start || this.lastSpan.end !== end)
      this.lastSpan = { source: this.source, start, end };
    return this.lastSpan;
  }

  /** The next token as the mode reads it, without taking it. */
  peek(mode: Mode): Token {
    if (this.peeked && this.peekedMode === mode) return this.peeked;
    this.peeked = this.read(mode);
    this.peekedMode = mode;
    return this.peeked;
  }

  /** Takes the next token. */
  next(mode: Mode): Token {
    const token = this.peek(mode);
    this.take(token);
    return token;
  }

  /** Takes the token that was looked at last. */
  take(token: Token): void {
    this.offset = token.end;
    this.peeked = undefined;
  }

  /** Goes back to an offset that `offset` had before. */
  rewind(offset: number): void {
    this.offset = offset;
    this.peeked = undefined;
  }

  private read(mode: Mode): Token {
    const { text } = this.source;
    let at = this.offset;
    for (;;) {
      at = this.skipBlanksAndComments(at, mode);
      if (at >= text.length) return { kind: "end", text: "", start: text.length, end: text.length };
      if (text[at] === '"') {
        const close = text.indexOf('"', at + 1);
        if (close >= 0) return { kind: "string", text: text.slice(at + 1, close), start: at, end: close + 1 };
        if (this.once(at, text.length)) {
          this.report.error(codes.unclosedQuote, this.span(at, at + 1), "syntax error", {
            lld: "unclosed quote",
            notes: [{ message: "this quote is not closed" }],
          });
        }
        return { kind: "end", text: "", start: at, end: text.length };
      }
      const token = this.readWord(mode, at);
      if (token) return token;
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      this.invalidCharacter(at, character, mode);
      at += character.length;
    }
  }

  private readWord(mode: Mode, at: number): Token | undefined {
    const { text } = this.source;
    const { lld } = this;
    const named = nameEnd(text, at, mode, lld);
    if (mode === "script" || mode === "expression") {
      // A symbol may begin with `$` and a hexadecimal digit, such as `$dest`: the longer word wins.
      const end = numberEnd(text, at, mode, lld);
      if (end > at && end >= named) return { kind: "number", text: text.slice(at, end), start: at, end };
    }
    if (mode === "files") {
      const end = libraryEnd(text, at);
      if (end > at) return { kind: "library", text: text.slice(at + 2, end), start: at, end };
    }
    const signed = named > at && isPlain(text, at) ? at : signEnd(text, at, mode, lld);
    // Operators of the letters of names are names like any other, unless they stand alone.
    if (named > signed) return { kind: "name", text: text.slice(at, named), start: at, end: named };
    if (signed > at) return { kind: "punctuation", text: text.slice(at, signed), start: at, end: signed };
    return undefined;
  }

  private skipBlanksAndComments(at: number, mode: Mode): number {
    const { text } = this.source;
    for (;;) {
      at = blanksEnd(text, at);
      const code = text.charCodeAt(at);
      if (code !== SLASH && code !== HASH) return at;
      if (text.startsWith("/*", at)) {
        const close = text.indexOf("*/", at + 2);
        if (close < 0) {
          if (this.once(at, text.length)) {
            this.report.error(codes.unclosedComment, this.span(at, at + 2), "EOF in comment", {
              lld: "unclosed comment in a linker script",
              unplaced: true,
            });
          }
          return text.length;
        }
        this.addComment(at, close + 2);
        at = close + 2;
      } else if (code === HASH && mode !== "files") {
        const newline = text.indexOf("\n", at);
        const end = newline < 0 ? text.length : newline;
        this.addComment(at, end);
        at = end;
      } else {
        return at;
      }
    }
  }

  private addComment(start: number, end: number): void {
    if (start < this.commentsEnd) return;
    this.commentsEnd = end;
    this.comments.push({ text: this.source.text.slice(start, end).trimEnd(), span: this.span(start, end) });
  }

  /** Whether a message about this place is still to be given: a place is read once per mode. */
  private once(start: number, end: number): boolean {
    if (this.quiet || start < this.reportedEnd) return false;
    this.reportedEnd = end;
    return true;
  }

  private invalidCharacter(at: number, character: string, mode: Mode): void {
    if (!this.once(at, at + character.length)) return;
    const code = character.codePointAt(0) ?? 0;
    const shown = code > 32 && code < 127 ? character : octalBytes(code);
    const where = mode === "expression" ? "in expression" : "in script";
    const span = this.span(at, at + character.length);
    const message = `ignoring invalid character \`${shown}' ${where}`;
    if (this.lld) this.report.warning(codes.invalidCharacter, span, message);
    else this.report.info(codes.invalidCharacter, span, message);
  }
}

/** The UTF-8 bytes of a character, each as `\ooo`. */
function octalBytes(code: number): string {
  const tail = (shift: number) => 0x80 | ((code >> shift) & 0x3f);
  let bytes = [code];
  if (code >= 0x10000) bytes = [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
  else if (code >= 0x800) bytes = [0xe0 | (code >> 12), tail(6), tail(0)];
  else if (code >= 0x80) bytes = [0xc0 | (code >> 6), tail(0)];
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** The value of a number as written, wrapped to 64 bits, and its digits when it is plain hexadecimal. */
export function numberValue(text: string): { value: bigint; digits?: string } {
  const last = text[text.length - 1].toUpperCase();
  const hexadecimal = text[0] === "0" && (text[1] === "x" || text[1] === "X");
  if (!hexadecimal && text[0] !== "$" && "HXBOD".includes(last) && text.length > 1) {
    const base = { H: 16, X: 16, O: 8, B: 2, D: 10 }[last] ?? 10;
    return { value: digitsValue(text.slice(0, -1), base) };
  }
  const scale = last === "K" ? 1024n : last === "M" ? 1024n * 1024n : 1n;
  const body = scale === 1n ? text : text.slice(0, -1);
  let value: bigint;
  if (body[0] === "$") value = digitsValue(body.slice(1), 16);
  else if (hexadecimal) value = digitsValue(body.slice(2), 16);
  else value = digitsValue(body, body[0] === "0" ? 8 : 10);
  value = BigInt.asUintN(64, value * scale);
  return hexadecimal && scale === 1n ? { value, digits: text.slice(2) } : { value };
}

/** So many digits, hexadecimal or less, are a number without loss. */
const SHORT = 12;

/** As far as digits of the base go; too large a number becomes the largest, as strtoull has it. */
function digitsValue(text: string, base: number): bigint {
  if (text.length <= SHORT) return BigInt(Number.parseInt(text, base) || 0);
  const limit = (1n << 64n) - 1n;
  let value = 0n;
  for (const character of text) {
    const digit = Number.parseInt(character, 36);
    if (!(digit < base)) break;
    value = value * BigInt(base) + BigInt(digit);
    if (value > limit) return limit;
  }
  return value;
}

/** LLD's numbers: `0x` or an `H` at the end for hexadecimal, decimal otherwise, even after a 0. */
export function lldNumberValue(text: string): bigint | undefined {
  const parts = /^(?:0[xX]([0-9a-fA-F]+)|([0-9a-fA-F]+)[hH]|([0-9]+)([kKmM]?))$/.exec(text);
  if (!parts) return undefined;
  const [, prefixed, suffixed, decimal, unit] = parts;
  const scale = unit === undefined || unit === "" ? 1n : unit.toUpperCase() === "K" ? 1024n : 1024n * 1024n;
  const digits = prefixed ?? suffixed;
  const value = digits !== undefined ? BigInt(`0x${digits}`) : BigInt(decimal) * scale;
  return value < 1n << 64n ? value : undefined;
}
