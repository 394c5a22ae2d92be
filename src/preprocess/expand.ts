/**
 * Macro expansion. Tokens come from a stack of lists (the body of the macro
 * being read, an argument, tokens put back) above the file. A macro is disabled
 * while its list is on the stack; its name, met there, is painted and stays as
 * it is for ever. Padding tokens mark the seams between lists, so that the
 * printer can tell where a space is needed to keep tokens apart.
 */
import { type Macro, paste } from "./macros.ts";
import {
  FIRST,
  OPTIONAL,
  PAINTED,
  PASTE,
  padding,
  STRINGIFY,
  type Token,
  token,
  WHITE,
  withFlags,
} from "./tokens.ts";

/** What expansion needs from the reader of files. */
export interface TokenSource {
  /** The next token of the file, directives done; "end" at the end of the file, or of the directive. */
  lexToken(): Token;
  putBack(t: Token): void;
  readonly macros: ReadonlyMap<string, Macro>;
  /** Reading a directive's line: no padding, and no macro call goes on behind the line. */
  readonly inDirective: boolean;
  /** 1 while looking for a call's parenthesis, 2 within a call. */
  parsingArguments: 0 | 1 | 2;
  expandBuiltin(macro: Macro, at: Token): Token;
  problem(at: Token | undefined, severity: "error" | "warning", message: string): void;
  readonly assembler: boolean;
}

interface Context {
  readonly tokens: readonly Token[];
  at: number;
  readonly macro: Macro | undefined;
}

interface Argument {
  readonly tokens: readonly Token[];
  expanded?: Token[];
  text?: Token;
  /** The variable part of a call that was left out, comma and all. */
  absent: boolean;
}

const SEAM = padding(undefined);
/** Deeper nesting of macros within arguments is a mistake, and would exhaust the stack. */
const MAX_DEPTH = 400;

export class Expander {
  private readonly source: TokenSource;
  private readonly contexts: Context[] = [];
  private preventExpansion = 0;
  /** Contexts below this belong to an outer reader: an argument's end is an end. */
  private floor = 0;
  private depth = 0;
  /** The name that started the outermost expansion being read: __LINE__ is its line. */
  outermost: Token | undefined;

  constructor(source: TokenSource) {
    this.source = source;
  }

  private push(tokens: readonly Token[], macro?: Macro): void {
    this.contexts.push({ tokens, at: 0, macro });
  }

  private backUp(t: Token): void {
    const context = this.contexts.at(-1);
    if (context) context.at--;
    else this.source.putBack(t);
  }

  /** The next token, macros expanded; padding included. */
  next(): Token {
    const { source, contexts } = this;
    for (;;) {
      const context = contexts.at(-1);
      let t: Token;
      if (!context) {
        this.outermost = undefined;
        t = source.lexToken();
      } else if (context.at < context.tokens.length) {
        t = context.tokens[context.at++];
        if (t.flags & PASTE) {
          this.pasteAll(t, context);
          if (source.inDirective) continue;
          return padding(t);
        }
      } else {
        if (contexts.length === this.floor) return END;
        contexts.pop();
        if (context.macro) context.macro.disabled = false;
        if (source.inDirective) continue;
        return SEAM;
      }
      if (t.type !== "name" || t.flags & PAINTED) return t;
      const macro = source.macros.get(t.text);
      if (!macro) return t;
      if (macro.disabled) return withFlags(t, t.flags | PAINTED);
      if (this.preventExpansion) return t;
      if (!contexts.length) this.outermost = t;
      if (!this.enter(macro, t)) return t;
      if (source.inDirective) continue;
      return padding(t);
    }
  }

  /** The next token with no macro expanded. */
  unexpanded(): Token {
    this.preventExpansion++;
    const t = this.next();
    this.preventExpansion--;
    return t;
  }

  /** Starts to read a macro's expansion; false when its name is not a call. */
  private enter(macro: Macro, name: Token): boolean {
    if (macro.builtin) {
      this.push([this.source.expandBuiltin(macro, name)]);
      return true;
    }
    if (!macro.parameters) {
      macro.disabled = true;
      this.push(macro.body, macro);
      return true;
    }
    this.preventExpansion++;
    const outer = this.source.parsingArguments;
    this.source.parsingArguments = 1;
    const call = this.findCall(macro, name);
    this.source.parsingArguments = outer;
    this.preventExpansion--;
    if (!call) return false;
    if (this.depth >= MAX_DEPTH) {
      this.source.problem(name, "error", `macro calls are nested more than ${MAX_DEPTH} deep`);
      return false;
    }
    const body = macro.parameters.length ? this.substitute(macro.body, macro, call) : macro.body;
    macro.disabled = true;
    this.push(body, macro);
    return true;
  }

  /** The arguments of a call, when a parenthesis follows. */
  private findCall(macro: Macro, name: Token): Argument[] | undefined {
    let pad: Token | undefined;
    let t = this.next();
    for (; t.type === "padding"; t = this.next())
      if (!pad?.source || (!(pad.source.flags & WHITE) && !t.source)) pad = t;
    if (t.type === "punctuator" && t.text === "(") {
      this.source.parsingArguments = 2;
      return this.collect(macro, name);
    }
    if (t !== END) {
      this.backUp(t);
      if (pad) this.push([pad]);
    }
    return undefined;
  }

  private collect(macro: Macro, name: Token): Argument[] | undefined {
    const parameters = macro.parameters ?? [];
    const lists: Token[][] = [];
    let t: Token;
    do {
      const list: Token[] = [];
      let depth = 0;
      for (;;) {
        t = this.next();
        if (t.type === "padding") {
          if (!list.length) continue;
        } else if (t.type === "punctuator") {
          if (t.text === "(") depth++;
          else if (t.text === ")") {
            if (depth-- === 0) break;
          } else if (
            t.text === "," &&
            depth === 0 &&
            !(macro.variadic && lists.length + 1 === parameters.length)
          )
            break;
          else if (t.text === "#" && t.flags & FIRST && this.source.inDirective) break;
        } else if (t.type === "end") break;
        list.push(t);
      }
      while (list.at(-1)?.type === "padding") list.pop();
      lists.push(list);
    } while (t.text !== ")" && t.type !== "end");
    if (t.type === "end") {
      if (t !== END) this.backUp(t);
      this.source.problem(name, "error", `unterminated argument list invoking macro "${macro.name}"`);
      return undefined;
    }
    if (lists.length === 1 && !parameters.length && !lists[0].length) lists.length = 0;
    const given = lists.length;
    const wanted = parameters.length;
    if (given !== wanted && !(macro.variadic && given === wanted - 1)) {
      const message =
        given < wanted
          ? `macro "${macro.name}" requires ${wanted} arguments, but only ${given} given`
          : `macro "${macro.name}" passed ${given} arguments, but takes just ${wanted}`;
      this.source.problem(name, "error", message);
      return undefined;
    }
    const made: Argument[] = lists.map((tokens) => ({ tokens, absent: false }));
    if (macro.variadic) {
      if (given < wanted) made.push({ tokens: [], absent: true });
      else if (wanted === 1 && !lists[0].length) made[0].absent = true;
    }
    return made;
  }

  /** An argument by itself, fully expanded. */
  private expanded(argument: Argument): readonly Token[] {
    if (argument.expanded) return argument.expanded;
    const result: Token[] = [];
    argument.expanded = result;
    if (!argument.tokens.length) return result;
    const prevented = this.preventExpansion;
    const parsing = this.source.parsingArguments;
    const { floor } = this;
    this.preventExpansion = 0;
    this.depth++;
    this.push(argument.tokens);
    this.floor = this.contexts.length;
    for (let t = this.next(); t !== END; t = this.next()) result.push(t);
    this.contexts.pop();
    this.floor = floor;
    this.depth--;
    this.preventExpansion = prevented;
    this.source.parsingArguments = parsing;
    return result;
  }

  /** A macro's body with arguments in place of parameters. */
  private substitute(body: readonly Token[], macro: Macro, call: Argument[]): Token[] {
    const result: Token[] = [];
    const last = (macro.parameters?.length ?? 0) - 1;
    for (let i = 0; i < body.length; i++) {
      const t = body[i];
      if (t.type !== "parameter") {
        result.push(t);
        continue;
      }
      const pasted = i > 0 && (body[i - 1].flags & PASTE) !== 0;
      let tokens: readonly Token[];
      let absent = false;
      if (t.flags & OPTIONAL) tokens = this.optional(t, macro, call);
      else {
        const argument = call[t.parameter ?? 0];
        absent = argument.absent;
        if (t.flags & STRINGIFY) tokens = [(argument.text ??= this.stringify(argument, t))];
        else tokens = t.flags & PASTE || pasted ? argument.tokens : this.expanded(argument);
      }
      if (!this.source.inDirective && i > 0 && !pasted) result.push(padding(t));
      if (pasted) {
        const before = result.at(-1);
        // `, ## rest`: the comma goes when nothing was given, and is not pasted otherwise.
        if (before?.text === "," && macro.variadic && t.parameter === last && !(t.flags & STRINGIFY)) {
          if (absent) result.pop();
          else result[result.length - 1] = withFlags(before, before.flags & ~PASTE);
        } else if (!tokens.length && before)
          result[result.length - 1] = withFlags(before, before.flags & ~PASTE);
      }
      for (const inner of tokens) result.push(inner);
      if (tokens.length) {
        const end = result.length - 1;
        const flags = result[end].flags;
        const wanted =
          t.flags & PASTE ? flags | PASTE : t.flags & (OPTIONAL | STRINGIFY) ? flags : flags & ~PASTE;
        if (flags !== wanted) result[end] = withFlags(result[end], wanted);
      }
      if (!this.source.inDirective && !(t.flags & PASTE)) result.push(SEAM);
    }
    return result;
  }

  /** What `__VA_OPT__(…)` stands for in a call. */
  private optional(t: Token, macro: Macro, call: Argument[]): readonly Token[] {
    const rest = call[(macro.parameters?.length ?? 0) - 1];
    if (!this.expanded(rest).some((inner) => inner.type !== "padding")) return [];
    return this.substitute(t.inside ?? [], macro, call).filter(
      (inner, i) => i > 0 || inner.type !== "padding",
    );
  }

  /** An argument as a string, as `#` makes it. */
  private stringify(argument: Argument, t: Token): Token {
    let text = "";
    let pad: Token | undefined;
    let started = false;
    for (const inner of argument.tokens) {
      if (inner.type === "padding") {
        if (!pad || (!(pad.flags & WHITE) && !inner.source)) pad = inner.source;
        continue;
      }
      if (started && (pad ?? inner).flags & WHITE) text += " ";
      pad = undefined;
      started = true;
      const quoted = inner.type === "string" || inner.type === "char" || inner.type === "header";
      text += quoted ? inner.text.replace(/[\\"]/g, "\\$&") : inner.text;
    }
    if (argument.tokens.at(-1)?.type === "other" && /(?:^|[^\\])(?:\\\\)*\\$/.test(text)) {
      this.source.problem(t, "warning", "invalid string literal, ignoring final '\\'");
      text = text.slice(0, -1);
    }
    // Its white space is that of the padding in front of it.
    return token("string", `"${text}"`, 0, t.line, t.column);
  }

  /** Pastes a run of tokens, and makes the result the next to be read. */
  private pasteAll(first: Token, context: Context): void {
    let left = first;
    let joined = false;
    while (left.flags & PASTE) {
      let right: Token | undefined;
      do {
        if (context.at >= context.tokens.length) break;
        right = context.tokens[context.at++];
      } while (right.type === "padding" && !(right.flags & PASTE));
      if (!right || right.type === "padding") {
        left = withFlags(left, left.flags & ~PASTE);
        break;
      }
      const made = paste(left, right);
      if (!made) {
        if (!this.source.assembler)
          this.source.problem(
            this.outermost,
            "error",
            `pasting "${left.text}" and "${right.text}" does not give a valid preprocessing token`,
          );
        left = withFlags(left, left.flags & ~PASTE);
        context.at--;
        break;
      }
      joined = true;
      left = withFlags(made, made.flags | (right.flags & PASTE));
    }
    // A name that was painted before it was pasted may be expanded again.
    if (joined) left.flags &= ~PAINTED;
    this.push([left]);
  }
}

/** The end of an argument that is expanded by itself. */
const END = token("end", "", 0, 0, 0);
