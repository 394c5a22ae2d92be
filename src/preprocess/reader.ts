/**
 * Reads files token by token and carries out their directives. A file that is
 * included goes on a stack; conditionals skip lines; what is left goes to the
 * expander above (expand.ts), and what comes out there is printed (print.ts).
 */
import type { Span } from "../diagnostics/index.ts";
import { isProblem } from "../files/index.ts";
import {
  DIRECTIVES,
  type FileBuffer,
  type FoundFile,
  findFile,
  type Listener,
  lineStarts,
  type ReaderOptions,
  spelled,
} from "./buffers.ts";
import { ConditionProblem, evaluateCondition } from "./condition.ts";
import { Expander, type TokenSource } from "./expand.ts";
import { builtinMacros, type Macro, readDefinition, sameDefinition } from "./macros.ts";
import { cleanText, FIRST, Lexer, type Token, token, WHITE } from "./tokens.ts";

const MAX_INCLUDES = 200;
const decoder = new TextDecoder();

export class Reader implements TokenSource {
  readonly macros = new Map<string, Macro>();
  readonly expander: Expander;
  inDirective = false;
  parsingArguments: 0 | 1 | 2 = 0;
  readonly assembler: boolean;
  /** Every file that was read, in order. */
  readonly files: string[] = [];
  private readonly options: ReaderOptions;
  private readonly listener: Listener;
  private readonly buffers: FileBuffer[] = [];
  private readonly once = new Set<string>();
  /** Files that are empty while a macro is defined: they need not be read again. */
  private readonly guards = new Map<string, string>();
  private ahead: Token[] = [];
  private skipping = false;
  private counter = 0;

  constructor(options: ReaderOptions, listener: Listener) {
    this.options = options;
    this.listener = listener;
    this.assembler = options.assembler;
    this.expander = new Expander(this);
    for (const macro of builtinMacros()) this.macros.set(macro.name, macro);
  }

  get buffer(): FileBuffer {
    return this.buffers[this.buffers.length - 1];
  }

  /** A definition from the command line, or a predefined one. */
  define(tokens: readonly Token[], file: string): void {
    const macro = readDefinition(tokens, { file, line: 0 }, this.assembler);
    if ("problem" in macro) this.options.report.error("PP0003", file, macro.problem);
    else this.macros.set(macro.name, macro);
  }

  /** Starts to read a file; false when it cannot be read. */
  enter(path: string, name: string, foundAt: number, system: boolean, at?: Token): boolean {
    const file = this.options.fileSystem.open(path);
    if (isProblem(file)) {
      if (at) this.problem(at, "error", `${name}: ${file.problem}`, "PP0001");
      else this.options.report.error("PP0001", name, file.problem);
      return false;
    }
    const original = decoder.decode(file.read(0, file.size));
    file.close();
    this.files.push(path);
    this.enterText(name, original, path, foundAt, system, at?.line);
    return true;
  }

  enterText(
    name: string,
    original: string,
    path: string,
    foundAt: number,
    system: boolean,
    from?: number,
  ): void {
    const lexer = new Lexer(cleanText(original));
    const source = { name, text: original };
    this.buffers.push({
      name,
      path,
      original,
      lexer,
      shift: 0,
      conditionals: [],
      foundAt,
      system,
      source,
      guard: { state: "before", name: "" },
    });
    this.listener.fileChange(name, 1, "enter", system, from);
  }

  // Tokens of the file ------------------------------------------------------

  putBack(t: Token): void {
    this.ahead.push(t);
  }

  lexToken(): Token {
    for (;;) {
      const waiting = this.ahead.pop();
      if (waiting && this.inDirective) return waiting;
      const t = waiting ?? this.lexRaw();
      if (t.type === "end") {
        if (this.inDirective || !t.text) return t;
        continue;
      }
      if (t.flags & FIRST && !this.inDirective) {
        // Where a call's parenthesis is looked for, a directive ends the search.
        if (t.text === "#" && t.type === "punctuator" && this.parsingArguments !== 1) {
          if (this.directive(t)) continue;
          if (this.skipping) continue;
        }
        if (!this.skipping && !this.parsingArguments) this.listener.lineChange(t);
        if (this.parsingArguments === 2) t.flags |= WHITE;
      }
      if (this.skipping) continue;
      if (!this.inDirective) this.leaveGuard();
      return t;
    }
  }

  /** Something stands outside of the conditional that seemed to hold the whole file. */
  private leaveGuard(): void {
    const { guard } = this.buffer;
    if (guard.state !== "inside") guard.state = "none";
  }

  /** The next token of the innermost file; leaves files that end. An "end" with a text means: ask again. */
  private lexRaw(): Token {
    const { buffer } = this;
    if (!buffer) return token("end", "", 0, 0, 0);
    const t = buffer.lexer.next();
    this.reportComment(buffer);
    if (t.type !== "end" || this.inDirective) return this.shifted(t, buffer);
    if (this.parsingArguments) return t;
    this.leave();
    return this.buffers.length ? token("end", "file", 0, 0, 0) : token("end", "", 0, 0, 0);
  }

  private shifted(t: Token, buffer: FileBuffer): Token {
    return buffer.shift ? { ...t, line: t.line + buffer.shift } : t;
  }

  private reportComment(buffer: FileBuffer): void {
    const line = buffer.lexer.unterminatedComment;
    if (line === undefined) return;
    buffer.lexer.unterminatedComment = undefined;
    this.problem(token("other", "/*", 0, line, 1), "error", "unterminated comment");
  }

  private leave(): void {
    const { buffer } = this;
    for (const conditional of buffer.conditionals.reverse())
      this.problem(conditional.at, "error", `unterminated #${conditional.at.text}`, "PP0004");
    this.skipping = false;
    this.buffers.pop();
    if (buffer.guard.state === "behind") this.guards.set(buffer.path, buffer.guard.name);
    const outer = this.buffer;
    if (outer) this.listener.fileChange(outer.name, outer.lexer.line + outer.shift, "return", outer.system);
  }

  // Directives --------------------------------------------------------------

  /** Carries out a directive; false when the `#` is none (in assembly it may start a comment). */
  private directive(hash: Token): boolean {
    const { buffer } = this;
    // Arguments of a call may go on behind a directive.
    const parsing = this.parsingArguments;
    this.parsingArguments = 0;
    buffer.lexer.inDirective = true;
    this.inDirective = true;
    const name = this.lexRaw();
    const leave = () => {
      this.inDirective = false;
      this.parsingArguments = parsing;
    };
    if (name.type === "name" && DIRECTIVES.has(name.text)) {
      this.run(name, hash);
      leave();
      buffer.lexer.skipLine();
      if (this.entering) {
        const enter = this.entering;
        this.entering = undefined;
        enter();
      }
      return true;
    }
    if (name.type === "end" && !this.assembler) {
      leave();
      buffer.lexer.skipLine();
      return true;
    }
    if (name.type === "end") {
      // A lone # is a directive that does nothing.
      leave();
      buffer.lexer.skipLine();
      return true;
    }
    if (!this.assembler) {
      if (!this.skipping) this.problem(name, "error", `invalid preprocessing directive #${name.text}`);
      leave();
      buffer.lexer.skipLine();
      return true;
    }
    leave();
    buffer.lexer.inDirective = false;
    this.ahead.push(name);
    return false;
  }

  /** The rest of the directive's line, as it is written. */
  private rest(): Token[] {
    const tokens: Token[] = [];
    for (let t = this.lexRaw(); t.type !== "end"; t = this.lexRaw()) tokens.push(t);
    return tokens;
  }

  /** The rest of the line with macros expanded. */
  private expandedRest(): Token[] {
    const tokens: Token[] = [];
    for (let t = this.expander.next(); t.type !== "end"; t = this.expander.next())
      if (t.type !== "padding") tokens.push(t);
    return tokens;
  }

  private run(name: Token, hash: Token): void {
    const { buffer } = this;
    switch (name.text) {
      case "if":
      case "ifdef":
      case "ifndef":
        if (name.text !== "ifndef") this.leaveGuard();
        this.startConditional(name);
        return;
      case "elif":
      case "elifdef":
      case "elifndef":
      case "else":
        this.nextGroup(name);
        return;
      case "endif": {
        const conditional = buffer.conditionals.pop();
        if (buffer.guard.state === "inside" && !buffer.conditionals.length) buffer.guard.state = "behind";
        if (!conditional) this.problem(name, "error", "#endif without #if", "PP0004");
        else this.skipping = conditional.outer;
        return;
      }
    }
    if (this.skipping) return;
    this.leaveGuard();
    switch (name.text) {
      case "define": {
        const macro = readDefinition(this.rest(), { file: buffer.name, line: name.line }, this.assembler);
        if ("problem" in macro) this.problem(macro.at ?? name, "error", macro.problem, "PP0003");
        else this.defineMacro(macro, name);
        return;
      }
      case "undef": {
        const [t] = this.rest();
        if (t?.type !== "name")
          this.problem(
            t ?? name,
            "error",
            t ? "macro names must be identifiers" : "no macro name given in #undef directive",
            "PP0003",
          );
        else this.macros.delete(t.text);
        return;
      }
      case "include":
      case "include_next":
      case "import":
        this.include(name);
        return;
      case "error":
      case "warning":
        this.problem(
          name,
          name.text,
          `#${name.text}${spelled(this.rest(), true)}`,
          name.text === "error" ? "PP0006" : "PP0007",
        );
        return;
      case "line":
        this.lineDirective(name);
        return;
      case "pragma": {
        const tokens = this.rest();
        if (tokens.length === 1 && tokens[0].text === "once") this.once.add(buffer.path);
        else this.listener.directiveLine(hash.line, `#pragma${spelled(tokens, true)}`);
        return;
      }
      case "ident":
      case "sccs":
        this.listener.directiveLine(hash.line, `#${name.text}${spelled(this.rest(), true)}`);
        return;
    }
  }

  private defineMacro(macro: Macro, name: Token): void {
    const earlier = this.macros.get(macro.name);
    if (earlier && (earlier.builtin || !sameDefinition(earlier, macro))) {
      const note = earlier.builtin
        ? []
        : [
            {
              message: "this is the location of the previous definition",
              where: `${earlier.where.file}:${earlier.where.line}`,
            },
          ];
      this.options.report.warning("PP0005", this.span(name), `"${macro.name}" redefined`, { notes: note });
    }
    this.macros.set(macro.name, macro);
  }

  // Conditionals ------------------------------------------------------------

  private startConditional(name: Token): void {
    const outer = this.skipping;
    let holds = false;
    if (!outer)
      holds = name.text === "if" ? this.condition(name) : this.isDefined(name) === (name.text === "ifdef");
    this.skipping = outer || !holds;
    this.buffer.conditionals.push({
      at: name,
      skipping: this.skipping,
      outer,
      taken: holds,
      elseSeen: false,
    });
  }

  private isDefined(name: Token): boolean {
    const [t, extra] = this.rest();
    if (t?.type !== "name") {
      const message = t
        ? "macro names must be identifiers"
        : `no macro name given in #${name.text} directive`;
      this.problem(t ?? name, "error", message, "PP0003");
      // Neither kind takes its group.
      return name.text === "ifndef";
    }
    if (extra) this.problem(extra, "warning", `extra tokens at end of #${name.text} directive`);
    const { guard } = this.buffer;
    if (guard.state === "before" && name.text === "ifndef")
      this.buffer.guard = { state: "inside", name: t.text };
    else this.leaveGuard();
    return this.macros.has(t.text);
  }

  private nextGroup(name: Token): void {
    const conditional = this.buffer.conditionals.at(-1);
    if (this.buffer.conditionals.length === 1) this.buffer.guard.state = "none";
    if (!conditional) {
      this.problem(name, "error", `#${name.text} without #if`, "PP0004");
      return;
    }
    if (conditional.elseSeen) {
      this.problem(name, "error", `#${name.text} after #else`, "PP0004");
      this.skipping = true;
      return;
    }
    if (name.text === "else") conditional.elseSeen = true;
    if (conditional.taken || conditional.outer) {
      this.skipping = true;
      return;
    }
    this.skipping = false;
    const holds =
      name.text === "else" ||
      (name.text === "elif" ? this.condition(name) : this.isDefined(name) === (name.text === "elifdef"));
    conditional.taken = holds;
    this.skipping = !holds;
  }

  private condition(name: Token): boolean {
    const tokens: Token[] = [];
    const zeroOrOne = (value: boolean, at: Token) =>
      token("number", value ? "1" : "0", 0, at.line, at.column);
    // `defined NAME` is looked at before expansion, also where a macro makes it.
    for (;;) {
      const t = this.expander.next();
      if (t.type === "end") break;
      if (t.type === "padding") continue;
      if (t.type === "name" && t.text === "defined") {
        const value = this.definedOperator(t);
        if (value === undefined) return false;
        tokens.push(zeroOrOne(value, t));
      } else if (t.type === "name" && (t.text === "__has_include" || t.text === "__has_include_next")) {
        const value = this.hasInclude(t);
        if (value === undefined) return false;
        tokens.push(zeroOrOne(value, t));
      } else tokens.push(t);
    }
    const value = evaluateCondition(tokens);
    if (!(value instanceof ConditionProblem)) return value;
    const message = value.message.replace("#if", `#${name.text}`);
    this.problem(value.at ?? name, "error", message, "PP0008");
    return false;
  }

  private definedOperator(at: Token): boolean | undefined {
    const next = () => {
      let t = this.expander.unexpanded();
      while (t.type === "padding") t = this.expander.unexpanded();
      return t;
    };
    let t = next();
    const parenthesis = t.text === "(";
    if (parenthesis) t = next();
    if (t.type !== "name") {
      this.problem(t.type === "end" ? at : t, "error", 'operator "defined" requires an identifier', "PP0008");
      return undefined;
    }
    if (parenthesis) {
      const close = next();
      if (close.text !== ")") {
        this.problem(at, "error", "missing ')' after \"defined\"", "PP0008");
        return undefined;
      }
    }
    return this.macros.has(t.text) || t.text.startsWith("__has_include");
  }

  private hasInclude(at: Token): boolean | undefined {
    const { lexer } = this.buffer;
    lexer.headers = true;
    const open = this.expander.next();
    const header = this.headerName(this.expander.next());
    lexer.headers = false;
    const close = this.expander.next();
    if (open.text !== "(" || !header || close.text !== ")") {
      this.problem(at, "error", `operator "${at.text}" requires a header-name in parentheses`, "PP0008");
      return undefined;
    }
    return this.find(header.name, header.angle, at.text.endsWith("next")) !== undefined;
  }

  // Files -------------------------------------------------------------------

  /** What an include leaves to be done when its line is read. */
  private entering: (() => void) | undefined;

  private headerName(t: Token): { name: string; angle: boolean } | undefined {
    if (t.type === "header") return { name: t.text.slice(1, -1), angle: true };
    if (t.type === "string" && t.text.startsWith('"')) return { name: t.text.slice(1, -1), angle: false };
    if (t.text !== "<") return undefined;
    // A name that macros made: the tokens up to `>`, with their white space.
    let name = "";
    for (let part = this.expander.next(); part.text !== ">"; part = this.expander.next()) {
      if (part.type === "end") return undefined;
      if (part.type === "padding") {
        if (part.source && part.source.flags & WHITE && name) name += " ";
        continue;
      }
      name += (part.flags & WHITE ? " " : "") + part.text;
    }
    return { name, angle: true };
  }

  private include(name: Token): void {
    const { buffer } = this;
    buffer.lexer.headers = true;
    let t = this.expander.next();
    while (t.type === "padding") t = this.expander.next();
    const header = this.headerName(t);
    buffer.lexer.headers = false;
    if (!header) {
      this.problem(
        t.type === "end" ? name : t,
        "error",
        `#${name.text} expects "FILENAME" or <FILENAME>`,
        "PP0002",
      );
      return;
    }
    if (!header.name) {
      this.problem(t, "error", "empty filename in #include", "PP0002");
      return;
    }
    const extra = this.expandedRest();
    if (extra.length) this.problem(extra[0], "warning", `extra tokens at end of #${name.text} directive`);
    const found = this.find(header.name, header.angle, name.text === "include_next");
    if (!found) {
      this.problem(t, "error", `${header.name}: No such file or directory`, "PP0001");
      return;
    }
    if (this.once.has(found.path) || this.macros.has(this.guards.get(found.path) ?? "")) return;
    if (name.text === "import") this.once.add(found.path);
    if (this.buffers.length >= MAX_INCLUDES) {
      this.problem(
        t,
        "error",
        `#include nested depth ${this.buffers.length} exceeds maximum of ${MAX_INCLUDES}`,
        "PP0002",
      );
      return;
    }
    this.entering = () => {
      this.enter(found.path, found.path, found.index, found.system, t);
    };
  }

  private find(name: string, angle: boolean, next: boolean): FoundFile | undefined {
    const { fileSystem, search } = this.options;
    return findFile(fileSystem, search, this.buffer, name, angle, next);
  }

  private lineDirective(name: Token): void {
    const { buffer } = this;
    const [line, file] = this.expandedRest();
    if (line?.type !== "number" || !/^[0-9]+$/.test(line.text)) {
      this.problem(
        line ?? name,
        "error",
        `"${line?.text ?? ""}" after #line is not a positive integer`,
        "PP0002",
      );
      return;
    }
    if (file && file.type !== "string") {
      this.problem(file, "error", `"${file.text}" is not a valid filename`, "PP0002");
      return;
    }
    if (file) buffer.name = file.text.slice(1, -1).replace(/\\(.)/g, "$1");
    buffer.shift = Number(line.text) - (buffer.lexer.line + 1);
    const number = Number(line.text);
    this.listener.fileChange(buffer.name, number, "rename", buffer.system);
  }

  // Built-in macros and messages --------------------------------------------

  expandBuiltin(macro: Macro, at: Token): Token {
    const { date } = this.options;
    const make = (type: "number" | "string", text: string) => token(type, text, 0, at.line, at.column);
    const quoted = (text: string) => make("string", `"${text.replace(/[\\"]/g, "\\$&")}"`);
    const two = (value: number) => String(value).padStart(2, "0");
    switch (macro.builtin) {
      case "file":
        return quoted(this.buffer?.name ?? "");
      case "base":
        return quoted(this.buffers[0]?.name ?? "");
      case "line": {
        const { buffer } = this;
        const line = this.inDirective || !this.expander.outermost ? at.line : this.expander.outermost.line;
        return make(
          "number",
          String(buffer && this.parsingArguments ? buffer.lexer.line + buffer.shift : line),
        );
      }
      case "level":
        return make("number", String(this.buffers.length - 1));
      case "counter":
        return make("number", String(this.counter++));
      case "date": {
        const month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[date.getMonth()];
        return quoted(`${month} ${String(date.getDate()).padStart(2)} ${date.getFullYear()}`);
      }
      default:
        return quoted(`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`);
    }
  }

  problem(at: Token | undefined, severity: "error" | "warning", message: string, code = "PP0009"): void {
    const where = at ? this.span(at) : undefined;
    const notes = this.buffers
      .slice(0, -1)
      .reverse()
      .map((outer) => ({
        message: "included from here",
        where: `${outer.name}:${outer.lexer.line + outer.shift - 1}`,
      }));
    this.options.report[severity](code, where, message, { notes });
  }

  private span(t: Token): Span | string {
    const { buffer } = this;
    if (!buffer) return `${t.line}`;
    // With #line the text that a line number means is another one.
    if (buffer.shift || buffer.name !== buffer.source.name) return `${buffer.name}:${t.line}`;
    buffer.lineStarts ??= lineStarts(buffer.original);
    const start = (buffer.lineStarts[t.line - 1] ?? buffer.original.length) + Math.max(0, t.column - 1);
    return { source: buffer.source, start, end: start + Math.max(1, t.text.length) };
  }
}
