import type { Assembler } from "./assembler.ts";
import {
  COLON,
  DIGIT,
  EQUALS,
  HASH,
  kinds,
  NAME_START,
  NEWLINE,
  QUOTE,
  SEMICOLON,
  SPACE,
  STATEMENT_END,
} from "./characters.ts";
import { closeConditionals } from "./conditionals.ts";
import { assign } from "./directives-symbols.ts";
import { assembleInstruction } from "./instructions.ts";
import { endExpansion, expandMacro } from "./macros.ts";
import type { NameId } from "./names.ts";

/**
 * Reads statements to the end of the input: labels, assignments, directives,
 * macros, instructions. Hot: one turn of the loop per statement.
 */
export function readStatements(assembler: Assembler): void {
  const { reader } = assembler;
  for (;;) {
    const { bytes, pushes } = reader;
    let { at } = reader;
    let byte = bytes[at];
    while ((kinds[byte] & SPACE) !== 0) byte = bytes[++at];
    reader.at = at;
    if ((kinds[byte] & NAME_START) !== 0 && !assembler.skipping) {
      assembler.startStatement();
      nameFirst(assembler);
    } else if (byte === NEWLINE) {
      reader.at++;
      reader.place++;
      continue;
    } else if (byte === 0 && at >= bytes.length - 1) {
      if (!endText(assembler)) return;
      continue;
    } else otherStatement(assembler, byte);
    // What the statement brought in is read first; its own end comes when that is over.
    if (reader.pushes !== pushes && !assembler.ended) assembler.listing?.end();
    else if (!endStatement(assembler)) return;
  }
}

/** Behind a statement: past its separator. False if nothing more is read. */
function endStatement(assembler: Assembler): boolean {
  const { reader } = assembler;
  assembler.listing?.end();
  if (assembler.ended) return false;
  const { bytes } = reader;
  let { at } = reader;
  let byte = bytes[at];
  while ((kinds[byte] & SPACE) !== 0) byte = bytes[++at];
  if (byte === NEWLINE) {
    reader.at = at + 1;
    reader.place++;
    return true;
  }
  reader.at = at;
  if ((kinds[byte] & STATEMENT_END) === 0) {
    assembler.endOfLine();
    at = reader.at;
    byte = bytes[at];
  }
  if (byte === SEMICOLON) reader.at++;
  else if (byte === HASH) reader.at = lineEnd(bytes, at);
  else if (byte === 0 && at < bytes.length - 1) reader.at++;
  return true;
}

function lineEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== NEWLINE && at < bytes.length - 1) at++;
  return at;
}

/** The current text is read; false if it was the last. */
function endText(assembler: Assembler): boolean {
  const { reader } = assembler;
  const { frame } = reader;
  if (frame.kind === "file") assembler.listing?.endFile();
  if (frame.kind !== "file") endExpansion(assembler);
  else closeConditionals(assembler, frame.conditionals, "file");
  return reader.again() || reader.pop();
}

/** A statement that begins with a name: one label after another, then what they label. */
function nameFirst(assembler: Assembler): void {
  const { reader } = assembler;
  for (;;) {
    const start = reader.at;
    const name = reader.name();
    if (name < 0) {
      // A quote that is never closed.
      assembler.endOfLine();
      return;
    }
    const { bytes } = reader;
    let byte = bytes[reader.at];
    if (byte === COLON) {
      assembler.defineLabel(name);
      reader.at++;
      reader.skipSpace();
      byte = bytes[reader.at];
      if ((kinds[byte] & NAME_START) !== 0) continue;
      if ((kinds[byte] & STATEMENT_END) !== 0) return;
      otherStatement(assembler, byte);
      return;
    }
    if ((kinds[byte] & SPACE) !== 0) {
      reader.skipSpace();
      byte = bytes[reader.at];
      if (byte === COLON) {
        // A blank before the colon.
        assembler.defineLabel(name);
        reader.at++;
        reader.skipSpace();
        if ((kinds[bytes[reader.at]] & NAME_START) !== 0) continue;
        if (!reader.atEnd) otherStatement(assembler, bytes[reader.at]);
        return;
      }
    }
    if (byte === EQUALS) {
      const deferred = bytes[reader.at + 1] === EQUALS;
      reader.at += deferred ? 2 : 1;
      assign(assembler, name, deferred ? -1 : 0);
      assembler.endOfLine();
      return;
    }
    statement(assembler, name, start);
    return;
  }
}

function statement(assembler: Assembler, name: NameId, start: number): void {
  const directive = assembler.directives[name];
  if (directive !== undefined) {
    directive.handler(assembler, directive.argument);
    return;
  }
  if (assembler.macros.size > 0) {
    const macro = assembler.macros.get(name) ?? assembler.macros.get(lowerCase(assembler, name));
    if (macro) {
      expandMacro(assembler, macro);
      return;
    }
  }
  const { names } = assembler;
  if (names.byteAt(name, 0) === 46) {
    const lower = assembler.directives[lowerCase(assembler, name)];
    if (lower) lower.handler(assembler, lower.argument);
    else unknownDirective(assembler, name, start);
    return;
  }
  assembleInstruction(assembler, name, start);
}

function lowerCase(assembler: Assembler, name: NameId): NameId {
  const text = assembler.names.text(name);
  const lower = text.toLowerCase();
  return lower === text ? name : assembler.names.internText(lower);
}

function unknownDirective(assembler: Assembler, name: NameId, start: number): void {
  const { reader, names } = assembler;
  const text = names.text(name);
  const near = assembler.nearestDirective(text);
  reader.at = start;
  assembler.error(
    "AS0013",
    `unknown pseudo-op: \`${text}'`,
    near ? { notes: [{ message: `did you mean ${near}?` }] } : {},
  );
  reader.skipStatement();
}

/** A statement that does not begin with a name, or one that is skipped. */
function otherStatement(assembler: Assembler, byte: number): void {
  const { reader } = assembler;
  const { bytes } = reader;
  if (byte === HASH) {
    lineMarker(assembler);
    return;
  }
  if (assembler.skipping) {
    skippedStatement(assembler);
    return;
  }
  if ((kinds[byte] & STATEMENT_END) !== 0) return;
  if ((kinds[byte] & DIGIT) !== 0) {
    assembler.startStatement();
    numericLabel(assembler);
    return;
  }
  if (byte === QUOTE) {
    assembler.startStatement();
    nameFirst(assembler);
    return;
  }
  reader.skipSpace();
  if (reader.atEnd) return;
  if ((kinds[bytes[reader.at]] & NAME_START) !== 0) {
    // Behind a comment.
    assembler.startStatement();
    nameFirst(assembler);
    return;
  }
  assembler.endOfLine();
}

/** `1:` */
function numericLabel(assembler: Assembler): void {
  const { reader } = assembler;
  const { bytes } = reader;
  let at = reader.at;
  let number = 0;
  while ((kinds[bytes[at]] & DIGIT) !== 0) number = number * 10 + bytes[at++] - 0x30;
  let colon = at;
  while ((kinds[bytes[colon]] & SPACE) !== 0) colon++;
  if (bytes[colon] !== COLON || number > 0x7fffffff) {
    assembler.endOfLine();
    return;
  }
  assembler.defineLabel(assembler.defineLocalLabel(number));
  reader.at = colon + 1;
  reader.skipSpace();
  const byte = bytes[reader.at];
  if ((kinds[byte] & NAME_START) !== 0) nameFirst(assembler);
  else if ((kinds[byte] & STATEMENT_END) === 0) otherStatement(assembler, byte);
}

/** A condition is false: only what opens and closes conditions is looked at. */
function skippedStatement(assembler: Assembler): void {
  const { reader } = assembler;
  reader.skipSpace();
  const { bytes } = reader;
  if (bytes[reader.at] === 46) {
    const name = reader.name();
    const known = assembler.conditionalNames.has(name) ? name : lowerCase(assembler, name);
    if (assembler.conditionalNames.has(known)) {
      const directive = assembler.directives[known]!;
      directive.handler(assembler, directive.argument);
      return;
    }
  }
  reader.at = skippedEnd(bytes, reader.at);
}

/** The end of a line that is not read: it may hold anything. */
function skippedEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (
    bytes[at] !== NEWLINE &&
    bytes[at] !== SEMICOLON &&
    bytes[at] !== HASH &&
    !(bytes[at] === 0 && at >= bytes.length - 1)
  )
    at++;
  return at;
}

/** `# 12 "file"` as a preprocessor writes it; any other `#` begins a comment. */
function lineMarker(assembler: Assembler): void {
  const { reader } = assembler;
  const { bytes } = reader;
  const hash = reader.at;
  const end = lineEnd(bytes, hash);
  reader.at = end;
  // Only at the very start of a line.
  if (hash !== 0 && bytes[hash - 1] !== NEWLINE) return;
  let at = hash + 1;
  while ((kinds[bytes[at]] & SPACE) !== 0) at++;
  if ((kinds[bytes[at]] & DIGIT) === 0) return;
  const text = reader.text(at, end);
  const match = /^(\d+)\s+"((?:[^"\\]|\\.)*)"/.exec(text) ?? /^(\d+)\s*$/.exec(text);
  if (!match || assembler.skipping) return;
  assembler.listing?.start();
  // `# 0 "" 2` is what compilers write behind inline assembly: back to the file itself.
  if (match[1] === "0" && match[2] === "") {
    const { physical, frame } = reader.locate(reader.place);
    reader.mark(physical + 1, frame.file);
    return;
  }
  reader.mark(Number(match[1]), match[2]?.replace(/\\(.)/g, "$1"));
}
