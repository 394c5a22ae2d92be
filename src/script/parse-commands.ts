import type { Fix, Span } from "../diagnostics/index.ts";
import { codes } from "./codes.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import { parseAssert, parseAssignment } from "./parse-assignment.ts";
import { parenthesizedArgument, parseExpressionAt } from "./parse-expression.ts";
import { parseSectionsCommand } from "./parse-sections.ts";
import { parseVersionNodes } from "./parse-version.ts";
import { joinedAssignment, type Parser } from "./parser.ts";
import type {
  AsNeeded,
  Command,
  Expression,
  Include,
  Input,
  InputFile,
  InputItem,
  Insert,
  MemoryRegion,
  Name,
  NoCrossRefs,
  Obsolete,
  OutputFormat,
  Phdr,
} from "./syntax.ts";
import { phdrTypeOf } from "./tables.ts";
import type { Mode } from "./words.ts";

// The commands of the top level, one function each, under their grammar's names.

type CommandParser = (parser: Parser, start: number) => Command;

/** A command of the form `KEYWORD(name)`. */
const withName =
  (what: string, make: (name: Name, span: Span) => Command): CommandParser =>
  (parser, start) => {
    parser.expect("script", "(");
    const name = parser.name("script", what);
    parser.expect("script", ")");
    return make(name, parser.spanFrom(start));
  };

const allocation =
  (policy: "force-common" | "inhibit-common" | "force-group"): CommandParser =>
  (parser, start) => ({ kind: "allocation", policy, span: parser.spanFrom(start) });

/** What each command's keyword leads to; the keyword is taken already. */
const commands: Readonly<Record<string, CommandParser>> = {
  ENTRY: withName("the name of a symbol", (symbol, span) => ({ kind: "entry", symbol, span })),
  INPUT: parseInput,
  GROUP: parseInput,
  OUTPUT: withName("a file name", (file, span) => ({ kind: "output", file, span })),
  OUTPUT_FORMAT: parseOutputFormat,
  OUTPUT_ARCH: withName("an architecture", (arch, span) => ({ kind: "output-arch", arch, span })),
  TARGET: withName("a format", (target, span) => ({ kind: "target", target, span })),
  SEARCH_DIR: withName("a directory", (path, span) => ({ kind: "search-dir", path, span })),
  STARTUP: withName("a file name", (file, span) => ({ kind: "startup", file, span })),
  EXTERN: (parser, start) => {
    const symbols = nameList(parser, "expression", "the name of a symbol", 1);
    return { kind: "extern", symbols, span: parser.spanFrom(start) };
  },
  FORCE_COMMON_ALLOCATION: allocation("force-common"),
  INHIBIT_COMMON_ALLOCATION: allocation("inhibit-common"),
  FORCE_GROUP_ALLOCATION: allocation("force-group"),
  INSERT: parseInsert,
  NOCROSSREFS: parseNoCrossRefs,
  NOCROSSREFS_TO: parseNoCrossRefs,
  LD_FEATURE: withName("a feature", (feature, span) => ({ kind: "ld-feature", feature, span })),
  MEMORY: (parser, start) => {
    const regions = parser.block("script", () => parseMemoryItem(parser));
    return { kind: "memory", regions, span: parser.spanFrom(start) };
  },
  REGION_ALIAS: (parser, start) => {
    parser.expect("script", "(");
    const alias = parser.name("script", "the new name of a memory region");
    parser.expect("script", ",");
    const region = parser.name("script", "the name of a memory region");
    parser.expect("script", ")");
    return { kind: "region-alias", alias, region, span: parser.spanFrom(start) };
  },
  PHDRS: (parser, start) => {
    const headers = parser.block("script", () => parsePhdr(parser));
    return { kind: "phdrs", headers, span: parser.spanFrom(start) };
  },
  VERSION: (parser, start) => {
    parser.expect("version-tag", "{");
    const nodes = parseVersionNodes(parser, true);
    parser.expect("version-tag", "}");
    return { kind: "version", nodes, span: parser.spanFrom(start) };
  },
  SECTIONS: (parser, start) => {
    const inner = parser.block("script", () => parseSectionsCommand(parser));
    return { kind: "sections", commands: inner, span: parser.spanFrom(start) };
  },
  OVERWRITE_SECTIONS: (parser, start) => {
    const inner = parser.block("script", () => parseSectionsCommand(parser));
    return { kind: "overwrite-sections", commands: inner, span: parser.spanFrom(start) };
  },
  ASSERT: (parser, start) => parseAssert(parser, start),
  MAP: parseObsolete,
  HLL: parseObsolete,
  SYSLIB: parseObsolete,
  FLOAT: parseObsolete,
  NOFLOAT: parseObsolete,
};

/** Whether a command begins with this token: a place to go on from after an error. */
export function beginsCommand(token: Token): boolean {
  return token.kind === "name" && Object.hasOwn(commands, token.text);
}

/** One command of the top level; undefined for an empty one. */
export function parseCommand(parser: Parser): Command | undefined {
  if (parser.accept("script", ";")) return undefined;
  const token = parser.peek("script");
  const { start } = token;
  if (token.kind === "name") {
    if (token.text === "INCLUDE") {
      parser.next("script");
      return parser.included("script", start, () => parseCommand(parser));
    }
    if (Object.hasOwn(commands, token.text)) {
      parser.next("script");
      return commands[token.text](parser, start);
    }
  }
  return parseAssignment(parser, "script", (target) => reportUnknownCommand(parser, target));
}

function reportUnknownCommand(parser: Parser, { text, quoted, span }: Name): undefined {
  const known = quoted
    ? undefined
    : nearest(text, [...Object.keys(commands), "INCLUDE", "PROVIDE", "HIDDEN", "PROVIDE_HIDDEN"]);
  const joined = joinedAssignment({ text, quoted, span });
  let note = { message: `\`${text}' is neither a command nor assigned a value` };
  let fix: Fix | undefined;
  if (joined) ({ note, fix } = joined);
  else if (known) {
    note = { message: `\`${text}' is not a command; did you mean ${known}?` };
    fix = { title: `write ${known}`, span, replacement: known };
  }
  parser.failAt(span, "syntax error", `unknown directive: ${text}`, [note], fix);
}

/** `( name name , name … )`: at least so many. */
function nameList(parser: Parser, mode: Mode, what: string, least: number): Name[] {
  const list: Name[] = [];
  parser.expect(mode, "(");
  while (!parser.panicking && !parser.at(mode, ")")) {
    if (list.length > 0) parser.accept(mode, ",");
    if (parser.at(mode, ")")) break;
    list.push(parser.name(mode, what));
  }
  if (list.length < least) parser.fail(mode, what);
  parser.expect(mode, ")");
  return list;
}

// INPUT, GROUP

function parseInput(parser: Parser, start: number): Input {
  const group = parser.lexer.source.text.startsWith("GROUP", start);
  parser.expect("script", "(");
  const items: InputItem[] = [];
  while (!parser.panicking && (items.length === 0 || !parser.at("files", ")"))) {
    const item = parser.start("files");
    if (parser.accept("files", "AS_NEEDED")) items.push(parseAsNeeded(parser, item));
    else items.push(parseInputFile(parser));
    parser.accept("files", ",");
  }
  parser.expect("files", ")");
  return { kind: "input", group, items, span: parser.spanFrom(start) };
}

function parseAsNeeded(parser: Parser, start: number): AsNeeded {
  const items: InputFile[] = [];
  parser.expect("files", "(");
  while (!parser.panicking && (items.length === 0 || !parser.at("files", ")"))) {
    items.push(parseInputFile(parser));
    parser.accept("files", ",");
  }
  parser.expect("files", ")");
  return { kind: "as-needed", items, span: parser.spanFrom(start) };
}

function parseInputFile(parser: Parser): InputFile {
  const token = parser.peek("files");
  if (!parser.panicking && token.kind === "library") {
    parser.next("files");
    const span = parser.spanOf(token);
    return { kind: "file", name: parser.nameOf(token), library: true, span };
  }
  const name = parser.name("files", "a file name");
  return { kind: "file", name, library: false, span: name.span };
}

// Formats and other short commands

function parseOutputFormat(parser: Parser, start: number): OutputFormat {
  parser.expect("script", "(");
  const format = parser.name("script", "a format");
  let big: Name | undefined;
  let little: Name | undefined;
  if (!parser.at("script", ")")) {
    parser.expect("script", ",");
    big = parser.name("script", "the big-endian format");
    parser.expect("script", ",");
    little = parser.name("script", "the little-endian format");
  }
  parser.expect("script", ")");
  return { kind: "output-format", format, big, little, span: parser.spanFrom(start) };
}

function parseInsert(parser: Parser, start: number): Insert {
  const after = parser.accept("script", "AFTER");
  if (!after && !parser.accept("script", "BEFORE")) {
    parser.fail("script", "AFTER or BEFORE", (found) => `expected AFTER/BEFORE, but got '${found}'`);
  }
  const section = parser.name("script", "the name of an output section");
  return { kind: "insert", place: after ? "after" : "before", section, span: parser.spanFrom(start) };
}

function parseNoCrossRefs(parser: Parser, start: number): NoCrossRefs {
  const toFirst = parser.lexer.source.text.startsWith("NOCROSSREFS_TO", start);
  const sections = nameList(parser, "script", "the name of an output section", 0);
  return { kind: "nocrossrefs", toFirst, sections, span: parser.spanFrom(start) };
}

function parseObsolete(parser: Parser, start: number): Obsolete {
  const keyword = parser.lexer.source.text.slice(start, parser.lexer.offset) as Obsolete["keyword"];
  const files =
    keyword === "FLOAT" || keyword === "NOFLOAT" ? [] : nameList(parser, "script", "a file name", 0);
  return { kind: "obsolete", keyword, files, span: parser.spanFrom(start) };
}

// MEMORY

function parseMemoryItem(parser: Parser): MemoryRegion | Include<MemoryRegion> | undefined {
  const start = parser.start("script");
  if (parser.accept("script", ",")) return undefined;
  if (parser.accept("script", "INCLUDE")) {
    return parser.included("script", start, () => parseMemoryRegion(parser));
  }
  return parseMemoryRegion(parser);
}

function parseMemoryRegion(parser: Parser): MemoryRegion | undefined {
  const start = parser.start("script");
  // Included files may separate their regions by commas, too.
  if (parser.accept("script", ",")) return undefined;
  const name = parser.name("script", "the name of a memory region");
  if (parser.panicking) return undefined;
  const attributes = parser.at("script", "(") ? parseMemoryAttributes(parser) : undefined;
  parser.expect("script", ":");
  const origin = parseMemoryBound(parser, "script", ["ORIGIN", "org", "o"]);
  if (parser.lld) parser.expect("expression", ",");
  else parser.accept("expression", ",");
  const length = parseMemoryBound(parser, "expression", ["LENGTH", "len", "l"]);
  return { kind: "region", name, attributes, origin, length, span: parser.spanFrom(start) };
}

function parseMemoryBound(parser: Parser, mode: Mode, keywords: readonly string[]): Expression {
  const [first, second, third] = keywords;
  if (!parser.panicking && !keywords.some((keyword) => parser.accept(mode, keyword))) {
    parser.fail(mode, `${first} =`, () => `expected one of: ${first}, ${second}, or ${third}`);
  }
  parser.expect(mode, "=");
  if (parser.lld && !parser.panicking) checkLldBound(parser);
  return parseExpressionAt(parser);
}

/** LLD computes the bounds of a region on the spot, when there are neither pages nor addresses. */
function checkLldBound(parser: Parser): void {
  const token = parser.peek("expression");
  const { text } = token;
  const span = parser.spanOf(token);
  // A text that ends here is reported as such.
  if (/^\s*\(?\s*$/.test(parser.lexer.source.text.slice(token.end))) return;
  if (text === ".") {
    const words = "unable to get location counter value";
    parser.error(codes.notAvailable, span, words, words);
  } else if (/^(CONSTANT|DATA_SEGMENT_.*)$/.test(text)) {
    const words = "unable to calculate page size";
    parser.error(codes.notAvailable, span, words, words);
  }
}

function parseMemoryAttributes(parser: Parser): Name {
  parser.next("script");
  const start = parser.start("script");
  let text = "";
  let end = start;
  let negated = false;
  while (!parser.panicking && !parser.at("script", ")")) {
    if (parser.at("script", "!")) {
      end = parser.next("script").end;
      text += "!";
      negated = true;
      continue;
    }
    const name = parser.name("script", "the attributes of a memory region");
    // A blank ends what a `!` applies to.
    if (text !== "" && !negated) text += " ";
    negated = false;
    text += name.text;
    ({ end } = name.span);
  }
  const span = parser.lexer.span(start, end);
  if (parser.lld && !/^[!a-zA-Z ]*$/.test(text)) parser.fail("script", "attributes");
  const odd = [...text].find((character) => !"!rwxailRWXAIL ".includes(character));
  if (odd !== undefined && !parser.panicking) {
    const message = `invalid character ${odd} (${odd.charCodeAt(0)}) in flags`;
    parser.error(codes.invalidMemoryAttribute, span, message, "invalid memory region attribute");
  }
  parser.expect("script", ")");
  return { text, quoted: false, span };
}

// PHDRS

function parsePhdr(parser: Parser): Phdr | undefined {
  const start = parser.start("script");
  const name = parser.name("script", "the name of a program header");
  if (parser.panicking) return undefined;
  const type = parseExpressionAt(parser);
  if (type.kind === "symbol" && phdrTypeOf(type) === undefined) {
    const typeName = type.name.text;
    const message = `unknown phdr type \`${typeName}' (try integer literal)`;
    parser.error(codes.unknownPhdrType, type.span, message, `invalid program header type: ${typeName}`);
  }
  let filehdr = false;
  let phdrs = false;
  let at: Expression | undefined;
  let flags: Expression | undefined;
  while (!parser.panicking && !parser.at("expression", ";") && parser.atName("expression")) {
    const word = parser.next("expression");
    const argument = parser.at("expression", "(") ? parenthesizedArgument(parser) : undefined;
    if (word.text === "FILEHDR" && !argument) filehdr = true;
    else if (word.text === "PHDRS" && !argument) phdrs = true;
    else if (word.text === "AT" && argument) at = argument;
    else if (word.text === "FLAGS" && argument) flags = argument;
    else {
      const message = `PHDRS syntax error at \`${word.text}'`;
      const span = parser.spanOf(word);
      parser.error(codes.unknownPhdrAttribute, span, message, `unexpected header attribute: ${word.text}`);
    }
  }
  const span = parser.spanFrom(start);
  parser.expect("expression", ";");
  return { kind: "phdr", name, type, filehdr, phdrs, at, flags, span };
}
