import type { Assembler } from "./assembler.ts";
import { NEWLINE } from "./characters.ts";
import { closeConditionals } from "./conditionals.ts";
import type { DirectiveTable } from "./directives.ts";
import {
  bodyText,
  expandBody,
  type Formal,
  isWordCode,
  type MacroText,
  readArgument,
  skipBlanks,
  skipComma,
  wordAt,
} from "./macro-text.ts";
import type { NameId } from "./names.ts";
import { scrub } from "./scrub.ts";

/** A macro: its text, cleaned of comments and blanks, and its parameters. */
export interface Macro {
  readonly name: string;
  readonly formals: readonly Formal[];
  readonly text: MacroText;
  /** Where its text is, for messages and debug information. */
  readonly file: string;
  readonly line: number;
}

/** Deeper nesting is a macro that calls itself without end. */
const DEEPEST = 100;

/** .macro name formals … .endm */
function define(assembler: Assembler): void {
  const { reader, names } = assembler;
  const header = statementText(assembler);
  const place = reader.locate(reader.place);
  const text = bodyText(assembler, "macro", "endm");
  let at = skipBlanks(header, 0);
  const name = wordAt(header, at);
  at += name.length;
  if (!text) {
    assembler.error("AS0310", `unexpected end of file in macro \`${name}' definition`);
    return;
  }
  if (name === "") {
    assembler.error("AS0311", "Missing macro name");
    return;
  }
  const formals = parseFormals(assembler, header, skipComma(header, skipBlanks(header, at)), name);
  if (!formals) return;
  const id = names.internText(name.toLowerCase());
  if (assembler.macros.has(id)) {
    assembler.error("AS0312", `Macro \`${name}' was already defined`);
    return;
  }
  assembler.macros.set(id, {
    name: name.toLowerCase(),
    formals,
    text,
    file: place.file,
    line: place.line + 1,
  });
}

function parseFormals(
  assembler: Assembler,
  header: string,
  start: number,
  macro: string,
): Formal[] | undefined {
  const formals: Formal[] = [];
  let at = start;
  while (at < header.length) {
    const name = wordAt(header, at);
    if (name === "") {
      assembler.error("AS0313", `Bad parameter list for macro \`${macro}'`);
      return undefined;
    }
    at = skipBlanks(header, at + name.length);
    let kind: Formal["kind"] = "optional";
    if (header[at] === ":") {
      at = skipBlanks(header, at + 1);
      const qualifier = wordAt(header, at);
      at = skipBlanks(header, at + qualifier.length);
      if (qualifier === "req") kind = "required";
      else if (qualifier === "vararg") kind = "vararg";
      else if (qualifier === "")
        assembler.error("AS0314", `Missing parameter qualifier for \`${name}' in macro \`${macro}'`);
      else
        assembler.error(
          "AS0314",
          `\`${qualifier}' is not a valid parameter qualifier for \`${name}' in macro \`${macro}'`,
          { notes: [{ message: "allowed are req and vararg" }] },
        );
    }
    let fallback = "";
    if (header[at] === "=") {
      const argument = readArgument(assembler, header, at + 1);
      fallback = argument.text;
      at = skipBlanks(header, argument.end);
      if (kind === "required") {
        assembler.warning(
          "AS0315",
          `Pointless default value for required parameter \`${name}' in macro \`${macro}'`,
        );
        fallback = "";
      }
    }
    if (formals.some((each) => each.name === name))
      assembler.error("AS0316", `A parameter named \`${name}' already exists for macro \`${macro}'`);
    formals.push({ name, kind, fallback });
    if (kind === "vararg") break;
    at = skipComma(header, at);
  }
  return formals;
}

/** The rest of the statement as macros see it; the reader is at its end then. */
function statementText(assembler: Assembler): string {
  const { reader } = assembler;
  const start = reader.at;
  reader.skipStatement();
  // Scrubbed as the operands of a word, so that a first blank does not count as one behind it.
  return scrub(`x ${byteString(reader.bytes, start, reader.at)}`).slice(2);
}

export function byteString(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** A text of bytes as the reader takes it. */
export function textBuffer(text: string): Uint8Array {
  const ended = text.endsWith("\n");
  const bytes = new Uint8Array(text.length + (ended ? 1 : 2));
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  if (!ended) bytes[text.length] = NEWLINE;
  return bytes;
}

/** The reader stands behind a macro's name: reads the arguments and goes on in its text. */
export function expandMacro(assembler: Assembler, macro: Macro): void {
  const { reader } = assembler;
  const line = statementText(assembler);
  if (reader.frames.length > DEEPEST) {
    // Whatever called itself would go on doing so, in every branch.
    assembler.error("AS0317", "macros nested too deeply");
    assembler.ended = true;
    return;
  }
  const actuals = bindArguments(assembler, macro, line);
  if (!actuals) return;
  const text = expandBody(assembler, macro.text, actuals, true);
  assembler.macroNumber++;
  if (!assembler.budget(text.length)) return;
  reader.push([textBuffer(text)], "macro", macro.file, {
    line: macro.line,
    macro: macro.name,
    conditionals: assembler.conditionals.length,
  });
}

function bindArguments(assembler: Assembler, macro: Macro, line: string): Map<string, string> | undefined {
  const actuals = new Map<string, string>();
  let at = skipBlanks(line, 0);
  let position = 0;
  let keywords = false;
  while (at < line.length) {
    let scan = at;
    while (scan < line.length && isWordCode(line.charCodeAt(scan))) scan++;
    if (line[scan] === "=" && scan > at && !assembler.alternateMacros && line[scan + 1] !== "=") {
      keywords = true;
      const name = line.slice(at, scan);
      const argument = readArgument(assembler, line, scan + 1);
      if (!macro.formals.some((each) => each.name === name))
        assembler.error("AS0318", `Parameter named \`${name}' does not exist for macro \`${macro.name}'`);
      else {
        if (actuals.get(name))
          assembler.warning(
            "AS0319",
            `Value for parameter \`${name}' of macro \`${macro.name}' was already specified`,
          );
        actuals.set(name, argument.text);
      }
      at = argument.end;
    } else {
      if (keywords) {
        assembler.error("AS0320", "can't mix positional and keyword arguments");
        return undefined;
      }
      const formal = macro.formals[position];
      if (!formal) {
        assembler.error("AS0321", "too many positional arguments");
        return undefined;
      }
      position++;
      if (formal.kind === "vararg") {
        actuals.set(formal.name, line.slice(at));
        at = line.length;
      } else {
        const argument = readArgument(assembler, line, at);
        actuals.set(formal.name, argument.text);
        if (argument.end === at && line[at] !== ",") break;
        at = argument.end;
      }
    }
    at = skipComma(line, at);
  }
  for (const { name, kind, fallback } of macro.formals) {
    if (kind === "required" && !actuals.get(name))
      assembler.error("AS0322", `Missing value for required parameter \`${name}' of macro \`${macro.name}'`);
    if (!actuals.get(name)) actuals.set(name, fallback);
  }
  return actuals;
}

/** .rept count … .endr */
function repeat(assembler: Assembler): void {
  const { reader } = assembler;
  const count = assembler.absoluteNumber();
  assembler.endOfLine();
  const place = reader.locate(reader.place);
  const text = bodyText(assembler, undefined, "endr");
  if (!text) {
    assembler.error("AS0323", "rept without endr");
    return;
  }
  if (count < 0) {
    assembler.warning("AS0324", "negative count for .rept - ignored");
    return;
  }
  const body = textBuffer(text.text);
  if (count > 0 && assembler.budget(count * (text.text.length + 8))) {
    reader.push(repeated(body, count), "repeat", place.file, {
      line: place.line + 1,
      conditionals: assembler.conditionals.length,
    });
  }
}

function repeated(body: Uint8Array, count: number): readonly Uint8Array[] {
  return new Array<Uint8Array>(count).fill(body);
}

/** .irp name, values … .endr, and .irpc with the characters of a value. */
function iterate(assembler: Assembler, characters: number): void {
  const { reader } = assembler;
  const header = statementText(assembler);
  const place = reader.locate(reader.place);
  const text = bodyText(assembler, undefined, "endr");
  if (!text) {
    assembler.error("AS0325", "unexpected end of file in irp or irpc");
    return;
  }
  let at = skipBlanks(header, 0);
  const name = wordAt(header, at);
  if (name === "") {
    assembler.error("AS0326", "missing model parameter");
    return;
  }
  at = skipComma(header, at + name.length);
  const values: string[] = [];
  if (at >= header.length) values.push("");
  else if (characters === 1) values.push(...charactersOf(header.slice(at)));
  else {
    while (at < header.length) {
      const argument = readArgument(assembler, header, at);
      values.push(argument.text);
      if (argument.end === at && header[at] !== ",") break;
      at = skipComma(header, argument.end);
    }
  }
  const bodies = values.map((value) => expandBody(assembler, text, new Map([[name, value]]), false));
  const size = bodies.reduce((sum, body) => sum + body.length, 0);
  if (!assembler.budget(size)) return;
  if (bodies.length > 0)
    reader.push(bodies.map(textBuffer), "repeat", place.file, {
      line: place.line + 1,
      conditionals: assembler.conditionals.length,
    });
}

/** Blanks count only inside quotes, and the quotes do not. */
function charactersOf(text: string): string[] {
  const values: string[] = [];
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (quoted || (c !== " " && c !== "\t")) values.push(c);
  }
  return values;
}

/** .exitm: leaves the macro, or the repetition. */
function exitMacro(assembler: Assembler): void {
  const { reader, conditionals } = assembler;
  assembler.ignoreRest();
  if (reader.frame.kind === "file") {
    assembler.error("AS0327", ".exitm outside of a macro");
    return;
  }
  conditionals.length = Math.min(conditionals.length, reader.frame.conditionals);
  assembler.skipping = conditionals.at(-1)?.skipping ?? false;
  reader.leave();
}

function purge(assembler: Assembler): void {
  const { reader, names, macros } = assembler;
  do {
    reader.skipSpace();
    const id: NameId = reader.name();
    if (id < 0) {
      assembler.error("AS0311", "Missing macro name");
      break;
    }
    const text = names.text(id);
    if (!macros.delete(names.internText(text.toLowerCase())))
      assembler.error("AS0328", `Attempt to purge non-existing macro \`${text}'`);
  } while (reader.takeComma());
  assembler.endOfLine();
}

function stray(assembler: Assembler, repetition: number): void {
  const name = repetition === 1 ? ".endr" : ".endm";
  const opening = repetition === 1 ? ".rept" : ".macro";
  assembler.warning("AS0329", `${name} encountered without preceding ${opening}`);
  assembler.endOfLine();
}

/** The text of a macro or a repetition has been read to its end. */
export function endExpansion(assembler: Assembler): void {
  closeConditionals(assembler, assembler.reader.frame.conditionals, "macro");
}

/** Macros and repetitions. */
export const macroDirectives: DirectiveTable = {
  macro: define,
  endm: [stray, 0],
  endr: [stray, 1],
  exitm: exitMacro,
  mexit: exitMacro,
  purgem: purge,
  rept: repeat,
  rep: repeat,
  irp: [iterate, 0],
  irep: [iterate, 0],
  irpc: [iterate, 1],
  irepc: [iterate, 1],
  altmacro: (assembler) => {
    assembler.alternateMacros = true;
    assembler.endOfLine();
  },
  noaltmacro: (assembler) => {
    assembler.alternateMacros = false;
    assembler.endOfLine();
  },
};
