/** Macro definitions: how `#define` is read, and the tables of names. */
import { FIRST, lexLine, lexOne, OPTIONAL, PASTE, STRINGIFY, type Token, WHITE } from "./tokens.ts";

/** What a built-in name stands for. */
export type Builtin = "file" | "line" | "date" | "time" | "level" | "counter" | "base";

export interface Macro {
  readonly name: string;
  /** Undefined for an object-like macro. */
  readonly parameters: readonly string[] | undefined;
  /** The last parameter takes all that is left. */
  readonly variadic: boolean;
  readonly body: readonly Token[];
  readonly builtin?: Builtin;
  /** While its expansion is being read, its name is not expanded. */
  disabled: boolean;
  /** Where it was defined, for messages. */
  readonly where: { readonly file: string; readonly line: number };
}

/** The macros whose value depends on where they are used. */
export function builtinMacros(): Macro[] {
  const builtins: Readonly<Record<string, Builtin>> = {
    __FILE__: "file",
    __LINE__: "line",
    __DATE__: "date",
    __TIME__: "time",
    __INCLUDE_LEVEL__: "level",
    __COUNTER__: "counter",
    __BASE_FILE__: "base",
  };
  const where = { file: "<built-in>", line: 0 };
  return Object.entries(builtins).map(([name, builtin]) => {
    return { name, parameters: undefined, variadic: false, body: [], builtin, disabled: false, where };
  });
}

/** What is wrong with a definition, at a token of it. */
export interface DefinitionProblem {
  readonly problem: string;
  readonly at: Token | undefined;
}

const FORBIDDEN = new Set(["defined", "__VA_ARGS__", "__VA_OPT__"]);

/**
 * Reads the tokens behind `#define`. In assembly a `#` that is not in front of
 * a parameter is an ordinary token (it may start a comment).
 */
export function readDefinition(
  tokens: readonly Token[],
  where: Macro["where"],
  assembler: boolean,
): Macro | DefinitionProblem {
  const [first] = tokens;
  if (!first) return { problem: "no macro name given in #define directive", at: undefined };
  if (first.type !== "name") return { problem: "macro names must be identifiers", at: first };
  if (first.text === "defined") return { problem: 'cannot use "defined" as a macro name', at: first };
  if (FORBIDDEN.has(first.text))
    return { problem: `${first.text} can only appear in the expansion of a variadic macro`, at: first };
  let at = 1;
  let parameters: string[] | undefined;
  let variadic = false;
  if (tokens[1]?.text === "(" && !(tokens[1].flags & WHITE)) {
    parameters = [];
    at = 2;
    for (;;) {
      const t = tokens[at++];
      if (!t) return { problem: "expected ')' before end of line", at: tokens.at(-1) };
      if (t.text === ")" && !parameters.length) break;
      if (t.text === "...") {
        parameters.push("__VA_ARGS__");
        variadic = true;
      } else if (t.type === "name") {
        if (parameters.includes(t.text)) return { problem: `duplicate macro parameter "${t.text}"`, at: t };
        parameters.push(t.text);
        if (tokens[at]?.text === "...") {
          variadic = true;
          at++;
        }
      } else return { problem: `expected parameter name, found "${t.text}"`, at: t };
      const next = tokens[at++];
      if (next?.text === ")") break;
      if (!next || variadic || next.text !== ",")
        return {
          problem: variadic
            ? "expected ')' after \"...\""
            : "expected ',' or ')', found ".concat(next ? `"${next.text}"` : "end of line"),
          at: next,
        };
    }
  }
  const body = readBody(tokens.slice(at), parameters, variadic, assembler);
  if ("problem" in body) return body;
  return { name: first.text, parameters, variadic, body, disabled: false, where };
}

function readBody(
  tokens: readonly Token[],
  parameters: readonly string[] | undefined,
  variadic: boolean,
  assembler: boolean,
): Token[] | DefinitionProblem {
  const body: Token[] = [];
  const parameter = (t: Token | undefined) =>
    t?.type === "name" && parameters ? parameters.indexOf(t.text) : -1;
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i];
    const flags = t.flags & ~FIRST;
    if (t.type === "punctuator" && t.text === "##") {
      // At the start it is kept for what is in front of a __VA_OPT__'s own list.
      const last = body.at(-1);
      if (!last || i === tokens.length - 1)
        return { problem: "'##' cannot appear at either end of a macro expansion", at: t };
      last.flags |= PASTE;
      continue;
    }
    if (t.type === "punctuator" && t.text === "#" && parameters) {
      const next = tokens[i + 1];
      const index = parameter(next);
      if (index >= 0) {
        body.push({ ...next, type: "parameter", parameter: index, flags: (flags & WHITE) | STRINGIFY });
        i++;
        continue;
      }
      if (!assembler) return { problem: "'#' is not followed by a macro parameter", at: t };
    }
    if (t.type === "name" && t.text === "__VA_OPT__" && variadic && tokens[i + 1]?.text === "(") {
      let depth = 0;
      let end = i + 1;
      for (; end < tokens.length; end++) {
        if (tokens[end].text === "(") depth++;
        else if (tokens[end].text === ")" && --depth === 0) break;
      }
      if (end >= tokens.length) return { problem: "unterminated __VA_OPT__", at: t };
      const inside = readBody(tokens.slice(i + 2, end), parameters, variadic, assembler);
      if ("problem" in inside) return inside;
      body.push({ ...t, type: "parameter", flags: (flags & WHITE) | OPTIONAL, inside });
      i = end;
      continue;
    }
    const index = parameter(t);
    if (index >= 0) body.push({ ...t, type: "parameter", parameter: index, flags });
    else body.push({ ...t, flags });
  }
  if (body.length) body[0].flags &= ~WHITE;
  return body;
}

/** Whether a second definition of a name says the same. */
export function sameDefinition(a: Macro, b: Macro): boolean {
  if (a.parameters?.join() !== b.parameters?.join() || a.variadic !== b.variadic) return false;
  const spelled = (body: readonly Token[]): string =>
    body
      .map(
        (t) =>
          `${t.flags & WHITE ? " " : ""}${t.flags & PASTE ? "##" : ""}${t.flags & STRINGIFY ? "#" : ""}${t.text}${t.inside ? spelled(t.inside) : ""}`,
      )
      .join("\u0001");
  return spelled(a.body) === spelled(b.body);
}

/** A definition as the command line gives it: `NAME`, `NAME=VALUE` or `NAME(A)=VALUE`. */
export function commandLineDefinition(text: string): Token[] {
  const equals = text.indexOf("=");
  return lexLine(equals < 0 ? `${text} 1` : `${text.slice(0, equals)} ${text.slice(equals + 1)}`);
}

/** The token that two make when they are pasted, or undefined. */
export function paste(left: Token, right: Token): Token | undefined {
  // Two slashes would start a comment, which is no token.
  if (left.text === "/" && right.text !== "=") return undefined;
  const made = lexOne(left.text + right.text);
  if (!made) return undefined;
  return { ...made, line: left.line, column: left.column, flags: left.flags & (WHITE | FIRST) };
}
