import type { Assembler } from "./assembler.ts";
import { kinds, NAME_PART, NAME_START, NEWLINE } from "./characters.ts";
import { CONSTANT, newExpression } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";
import { scrub, stringEnd } from "./scrub.ts";

/** A parameter of a macro. */
export interface Formal {
  readonly name: string;
  readonly kind: "optional" | "required" | "vararg";
  /** Used when an argument is not given, or is empty. */
  readonly fallback: string;
}

/** Lines between `.macro` and `.endm`, without comments. Characters are bytes. */
export interface MacroText {
  readonly text: string;
}

export function isWordCode(code: number): boolean {
  return (kinds[code & 0xff] & NAME_PART) !== 0;
}

/** The word at `at`, or "". */
export function wordAt(text: string, at: number): string {
  if ((kinds[text.charCodeAt(at) & 0xff] & NAME_START) === 0) return "";
  let end = at;
  while (end < text.length && isWordCode(text.charCodeAt(end))) end++;
  return text.slice(at, end);
}

export function skipBlanks(text: string, at: number): number {
  let i = at;
  while (text[i] === " " || text[i] === "\t") i++;
  return i;
}

/** Behind blanks, one comma if it is there, and blanks. */
export function skipComma(text: string, at: number): number {
  const i = skipBlanks(text, at);
  return text[i] === "," ? skipBlanks(text, i + 1) : i;
}

/** What begins a nested definition, by what ends it. */
const repetitions = /^\.(irepc|irep|irpc|irp|rept|rep)(?![\w.$])/i;

/**
 * Reads the lines up to the end of a definition: `.endm`, or `.endr` of a
 * repetition. Undefined if the text ends before.
 */
export function bodyText(
  assembler: Assembler,
  from: "macro" | undefined,
  to: "endm" | "endr",
): MacroText | undefined {
  const { reader } = assembler;
  const opening = from === "macro" ? /^\.macro(?![\w.$])/i : repetitions;
  const closing = to === "endm" ? /^\.endm(?![\w.$])/i : /^\.endr(?![\w.$])/i;
  let depth = 1;
  let text = "";
  // What is left of the line of the directive is a separator or a comment.
  if (reader.bytes[reader.at] === 59) reader.at++;
  else nextLine(assembler);
  for (;;) {
    if (reader.at >= reader.bytes.length - 1) return undefined;
    const start = reader.at;
    const raw = rawLine(assembler);
    for (const { body, end } of statementsOf(raw)) {
      const line = scrub(body);
      const directive = line.replace(/^(?:[\w.$]+ ?: ?)+/, "");
      if (opening.test(directive)) depth++;
      else if (closing.test(directive) && --depth === 0) {
        // A label before the closing word belongs to the text.
        const label = line.slice(0, line.length - directive.length);
        reader.at = start + end;
        return { text: label === "" ? text : `${text}${label}\n` };
      }
      text += line;
      text += end < raw.length ? ";" : "\n";
    }
    nextLine(assembler);
  }
}

/** Past the newline where the reader is, counting it. */
function nextLine(assembler: Assembler): void {
  const { reader } = assembler;
  const { bytes } = reader;
  // The zero byte at the very end has no newline behind it.
  const last = bytes.length - 1;
  while (reader.at < last && bytes[reader.at] !== NEWLINE) reader.at++;
  if (reader.at >= last) return;
  reader.at++;
  reader.place++;
}

/** The bytes to the end of the line; a comment that goes on to further lines is taken whole. */
function rawLine(assembler: Assembler): string {
  const { reader } = assembler;
  const { bytes } = reader;
  let text = "";
  let at = reader.at;
  let comment = false;
  for (; ; at++) {
    const byte = bytes[at];
    if (byte === NEWLINE && !comment) break;
    if (at >= bytes.length - 1) break;
    if (byte === NEWLINE) {
      reader.place++;
      text += " ";
      continue;
    }
    if (!comment && byte === 0x2f && bytes[at + 1] === 0x2a) comment = true;
    else if (comment && byte === 0x2f && bytes[at - 1] === 0x2a) comment = false;
    text += String.fromCharCode(byte);
  }
  reader.at = at;
  return text;
}

/** The statements of a line, and where each ends in it. */
function statementsOf(line: string): { body: string; end: number }[] {
  const parts: { body: string; end: number }[] = [];
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') i = stringEnd(line, i) - 1;
    else if (line[i] === "#" || (line[i] === "/" && line[i + 1] === "/")) break;
    else if (line[i] === ";") {
      parts.push({ body: line.slice(start, i), end: i });
      start = i + 1;
    }
  }
  parts.push({ body: line.slice(start), end: line.length });
  return parts;
}

/**
 * The argument that starts at `at`: a string in quotes (which are taken off),
 * or text up to a comma, or to a blank outside parentheses.
 */
export function readArgument(assembler: Assembler, text: string, at: number): { text: string; end: number } {
  const alternate = assembler.alternateMacros;
  let i = skipBlanks(text, at);
  if (i >= text.length) return { text: "", end: i };
  if (alternate && text[i] === "%") return evaluated(assembler, text, i + 1);
  if (text[i] === '"' || (alternate && (text[i] === "<" || text[i] === "'"))) {
    const string = quoted(text, i, alternate);
    // There strings keep their quotes; angle brackets are taken off.
    return alternate && text[i] !== "<" ? { ...string, text: `"${string.text}"` } : string;
  }
  let out = "";
  const brackets: string[] = [];
  for (; i < text.length; i++) {
    const c = text[i];
    if (c === "," || (alternate && c === "<")) break;
    if ((c === " " || c === "\t") && brackets.length === 0) break;
    if (c === '"' || c === "'") {
      const end = text.indexOf(c, i + 1);
      if (end < 0) {
        out += text.slice(i);
        i = text.length;
        break;
      }
      out += text.slice(i, end + 1);
      i = end;
      continue;
    }
    if (c === "(" || c === "[") brackets.push(c);
    else if ((c === ")" && brackets.at(-1) === "(") || (c === "]" && brackets.at(-1) === "[")) brackets.pop();
    out += c;
  }
  return { text: out, end: i };
}

function quoted(text: string, at: number, alternate: boolean): { text: string; end: number } {
  let i = at;
  let out = "";
  while (i < text.length && (text[i] === '"' || (alternate && (text[i] === "<" || text[i] === "'")))) {
    if (text[i] === "<") {
      let depth = 0;
      for (i++; i < text.length && (text[i] !== ">" || depth > 0); i++) {
        if (text[i] === "!") i++;
        else if (text[i] === ">") depth--;
        else if (text[i] === "<") depth++;
        out += text[i] ?? "";
      }
      i++;
      continue;
    }
    const quote = text[i];
    let escaped = false;
    for (i++; i < text.length; i++) {
      escaped = text[i - 1] === "\\" ? !escaped : false;
      if (alternate && text[i] === "!") out += text[++i] ?? "";
      else if (escaped && text[i] === quote) out += quote;
      else if (text[i] === quote) {
        // Two quotes are one.
        if (text[i + 1] !== quote) {
          i++;
          break;
        }
        out += quote;
        i++;
      } else out += text[i];
    }
  }
  return { text: out, end: i };
}

/** .altmacro's `%expression`: its value in decimal. */
function evaluated(assembler: Assembler, text: string, at: number): { text: string; end: number } {
  const { reader } = assembler;
  const { bytes, at: here } = reader;
  const buffer = new Uint8Array(text.length - at + 2);
  for (let i = at; i < text.length; i++) buffer[i - at] = text.charCodeAt(i);
  buffer[text.length - at] = NEWLINE;
  reader.bytes = buffer;
  reader.at = 0;
  const expression = newExpression();
  parseExpression(assembler, expression, "evaluate");
  const end = at + reader.at;
  reader.bytes = bytes;
  reader.at = here;
  if (expression.op !== CONSTANT) assembler.error("AS0330", "% operator needs absolute expression");
  return { text: expression.op === CONSTANT ? String(expression.number) : "0", end };
}

/** The text of a macro with `\name`, `&name`, `\@` and `\()` replaced. */
export function expandBody(
  assembler: Assembler,
  { text }: MacroText,
  actuals: ReadonlyMap<string, string>,
  isMacro: boolean,
): string {
  const alternate = assembler.alternateMacros;
  const locals = new Map<string, string>();
  let out = "";
  let i = 0;
  let quoted = false;
  const value = (name: string) => actuals.get(name) ?? locals.get(name);
  while (i < text.length) {
    const c = text[i];
    if (c === "\\" && i + 1 < text.length) {
      i++;
      if (text[i] === "(") {
        const end = text.indexOf(")", i);
        if (end < 0) {
          assembler.error("AS0331", "missing `)'");
          return out;
        }
        out += text.slice(i + 1, end);
        i = end + 1;
      } else if (text[i] === "@") {
        out += String(assembler.macroNumber);
        i++;
      } else if (text[i] === "&") {
        out += "\\&";
        i++;
      } else {
        const name = wordAt(text, i);
        const actual = name === "" ? undefined : value(name);
        if (actual === undefined) {
          out += `\\${name}`;
          i += name.length;
        } else {
          out += actual;
          i += name.length;
          if (text[i] === "'") i++;
        }
      }
    } else if (c === "&") {
      const name = wordAt(text, i + 1);
      const actual = name === "" ? undefined : value(name);
      out += actual ?? `&${name}`;
      i += 1 + name.length;
      if (actual !== undefined && text[i] === "&") i++;
    } else if (alternate && (kinds[text.charCodeAt(i)] & NAME_START) !== 0 && !quoted) {
      const name = wordAt(text, i);
      if (isMacro && /^local$/i.test(name) && /[ \t]/.test(text[i + 5] ?? "")) {
        i = skipBlanks(text, i + 5);
        while (i < text.length && text[i] !== "\n" && text[i] !== ";") {
          const local = wordAt(text, i);
          if (local === "") break;
          locals.set(local, `.LL${(++assembler.alternateLocals).toString(16).padStart(4, "0")}`);
          i = skipComma(text, i + local.length);
        }
      } else {
        out += value(name) ?? name;
        i += name.length;
        if (value(name) !== undefined && text[i] === "'") i++;
      }
    } else if ((kinds[text.charCodeAt(i)] & NAME_PART) !== 0) {
      // The rest of a word, so that no parameter is found in its middle.
      let end = i + 1;
      while (end < text.length && isWordCode(text.charCodeAt(end))) end++;
      out += text.slice(i, end);
      i = end;
    } else {
      if (c === '"') quoted = !quoted;
      out += c;
      i++;
    }
  }
  return out;
}
