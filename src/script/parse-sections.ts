import { checkFlag, warnOfAssignment, warnOfComma } from "./check-statements.ts";
import { codes } from "./codes.ts";
import { constantValue } from "./evaluate.ts";
import { parseAssert, parseAssignment } from "./parse-assignment.ts";
import { parenthesizedArgument, parseExpressionAt } from "./parse-expression.ts";
import type { Parser } from "./parser.ts";
import type {
  Data,
  Expression,
  FilePattern,
  InputSectionFlag,
  InputSectionFlags,
  InputSections,
  Name,
  OutputSection,
  Overlay,
  OverlaySection,
  SectionPattern,
  SectionStatement,
  SectionsCommand,
  SectionType,
  SortKey,
} from "./syntax.ts";
import type { Mode } from "./words.ts";

// SECTIONS: output sections, overlays, and what stands in their braces.

/** One command inside SECTIONS; undefined for an empty one. */
export function parseSectionsCommand(parser: Parser): SectionsCommand | undefined {
  const start = parser.start("script");
  if (parser.accept("script", ";") || parser.accept("script", ",")) return undefined;
  if (parser.accept("script", "ENTRY")) {
    parser.expect("script", "(");
    const symbol = parser.name("script", "the name of a symbol");
    parser.expect("script", ")");
    return { kind: "entry", symbol, span: parser.spanFrom(start) };
  }
  if (parser.accept("script", "ASSERT")) return parseAssert(parser, start);
  if (parser.accept("script", "INCLUDE")) {
    return parser.included("script", start, () => parseSectionsCommand(parser));
  }
  if (parser.accept("script", "OVERLAY")) return parseOverlay(parser, start);
  if (parser.at("script", "GROUP")) {
    const span = parser.spanOf(parser.next("script"));
    const words = "GROUP inside SECTIONS is not supported";
    parser.failAt(span, words, words);
    return undefined;
  }
  return parseAssignment<OutputSection>(parser, "script", (name) => parseOutputSection(parser, name));
}

interface Header {
  address?: Expression;
  type?: SectionType;
  at?: Expression;
  align?: Expression;
  alignWithInput: boolean;
  subalign?: Expression;
  constraint?: "ONLY_IF_RO" | "ONLY_IF_RW" | "SPECIAL";
}

function parseOutputSection(parser: Parser, name: Name): OutputSection {
  const header = parseHeader(parser);
  const rest = parseBodyAndPlacement(parser);
  return { kind: "output-section", name, ...header, ...rest, span: parser.spanFrom(name.span.start) };
}

/** From the name to the `{`. GNU ld wants the attributes in one order; any order is read. */
function parseHeader(parser: Parser): Header {
  const header: Header = { alignWithInput: false };
  if (parser.at("expression", "BIND")) {
    parser.next("expression");
    header.address = parenthesizedArgument(parser);
    if (parser.accept("expression", "BLOCK")) parenthesizedArgument(parser);
  } else if (!parser.at("expression", ":") && !parser.at("expression", "{") && !startsType(parser)) {
    header.address = parseAddress(parser);
  }
  if (!parser.panicking && parser.at("expression", "(")) header.type = parseSectionType(parser);
  if (header.address === undefined && header.type === undefined) {
    if (!parser.panicking && !parser.accept("expression", ":")) {
      parser.fail("expression", "an address or `:'", (found) => `malformed number: ${found}`);
    }
  } else {
    parser.expect("expression", ":");
  }
  while (!parser.panicking && !parser.at("expression", "{")) {
    const token = parser.peek("expression");
    const word = token.kind === "name" ? token.text : "";
    switch (word) {
      case "AT":
        parser.next("expression");
        header.at = parenthesizedArgument(parser);
        break;
      case "ALIGN":
        parser.next("expression");
        header.align = parenthesizedArgument(parser);
        break;
      case "SUBALIGN":
        parser.next("expression");
        header.subalign = parenthesizedArgument(parser);
        break;
      case "ALIGN_WITH_INPUT":
        parser.next("expression");
        header.alignWithInput = true;
        break;
      case "ONLY_IF_RO":
      case "ONLY_IF_RW":
      case "SPECIAL":
        parser.next("expression");
        header.constraint = word;
        break;
      default:
        parser.fail(
          "expression",
          "`{' or an attribute of the output section",
          (found) => `{ expected, but got ${found}`,
        );
    }
  }
  return header;
}

function parseAddress(parser: Parser): Expression {
  const token = parser.peek("expression");
  // LLD takes only identifiers of C for the first word of an address.
  const odd = token.kind === "name" && token.text !== "." && !/^[_a-zA-Z]/.test(token.text);
  if (parser.lld && odd) {
    parser.fail("expression", "an address or `:'", (found) => `malformed number: ${found}`);
  }
  return parseExpressionAt(parser);
}

const typeWords = ["NOLOAD", "COPY", "INFO", "DSECT", "OVERLAY", "READONLY", "TYPE"] as const;

/** Whether a `(` comes next that opens a type and not an expression: only the word after it tells. */
function startsType(parser: Parser): boolean {
  const token = parser.peek("expression");
  if (token.kind !== "punctuation" || token.text !== "(") return false;
  const { lexer } = parser;
  const { offset } = lexer;
  parser.next("expression");
  const word = parser.peek("expression");
  const isType =
    word.kind === "punctuation" ? word.text === ")" : isTypeWord(word.text) && word.kind === "name";
  lexer.rewind(offset);
  return isType;
}

function isTypeWord(text: string): text is (typeof typeWords)[number] {
  return (typeWords as readonly string[]).includes(text);
}

/** `( type )`. */
function parseSectionType(parser: Parser): SectionType {
  const start = parser.start("expression");
  parser.expect("expression", "(");
  let keyword: SectionType["keyword"] = "NORMAL";
  let type: Expression | undefined;
  const word = parser.peek("expression").text;
  if (parser.atName("expression") && isTypeWord(word)) {
    parser.next("expression");
    keyword = word;
    if (word === "TYPE") {
      parser.expect("expression", "=");
      type = parseExpressionAt(parser);
    } else if (word === "READONLY" && parser.accept("expression", "(")) {
      parser.expect("expression", "TYPE");
      parser.expect("expression", "=");
      type = parseExpressionAt(parser);
      parser.expect("expression", ")");
    }
  } else if (!parser.at("expression", ")")) {
    parser.fail(
      "expression",
      "a section type such as NOLOAD",
      (found) => `unknown section directive: ${found}`,
    );
  }
  parser.expect("expression", ")");
  return { kind: "section-type", keyword, type, span: parser.spanFrom(start) };
}

type Body = Pick<OutputSection, "contents" | "region" | "atRegion" | "phdrs" | "fill">;

/** `{ contents } >region AT>region :phdr =fill`, also after a header that could not be read. */
function parseBodyAndPlacement(parser: Parser): Body {
  if (parser.panicking && !parser.recoverToBlock()) return { contents: [], phdrs: [] };
  const contents = parser.block("wild", () => parseSectionStatement(parser));
  return { contents, ...parsePlacement(parser) };
}

function parsePlacement(parser: Parser): Omit<Body, "contents"> {
  let region: Name | undefined;
  let atRegion: Name | undefined;
  const phdrs: Name[] = [];
  while (!parser.panicking) {
    if (parser.accept("script", ">")) region = parser.name("script", "the name of a memory region");
    else if (parser.at("script", "AT")) {
      parser.next("script");
      parser.expect("script", ">");
      atRegion = parser.name("script", "the name of a memory region");
    } else if (parser.accept("script", ":"))
      phdrs.push(parser.name("script", "the name of a program header"));
    else break;
  }
  let fill: Expression | undefined;
  let mode: Mode = "script";
  if (!parser.panicking && parser.accept("script", "=")) {
    fill = parseExpressionAt(parser);
    if (parser.lld && !parser.panicking) checkLldFill(parser, fill);
    // What follows a fill was looked at as part of the expression: a comma and nothing else belongs here.
    mode = "expression";
  }
  if (!parser.panicking) parser.accept(mode, ",");
  return { region, atRegion, phdrs, fill };
}

/** LLD computes a fill on the spot, and gives it four bytes. */
function checkLldFill(parser: Parser, fill: Expression): void {
  const value = constantValue(fill);
  let words: string | undefined;
  if (fill.kind === "symbol") words = `symbol not found: ${fill.name.text}`;
  else if (value !== undefined && value >= 1n << 32n) {
    words = `filler expression result does not fit 32-bit: 0x${value.toString(16)}`;
  }
  if (words) parser.failAt(fill.span, words, words);
}

// OVERLAY

function parseOverlay(parser: Parser, start: number): Overlay {
  const address = parser.at("expression", ":") ? undefined : parseExpressionAt(parser);
  parser.expect("expression", ":");
  let noCrossRefs = false;
  let at: Expression | undefined;
  let subalign: Expression | undefined;
  while (!parser.panicking && !parser.at("expression", "{")) {
    if (parser.accept("expression", "NOCROSSREFS")) noCrossRefs = true;
    else if (parser.accept("expression", "AT")) at = parenthesizedArgument(parser);
    else if (parser.accept("expression", "SUBALIGN")) subalign = parenthesizedArgument(parser);
    else
      parser.fail(
        "expression",
        "`{', NOCROSSREFS, AT or SUBALIGN",
        (found) => `{ expected, but got ${found}`,
      );
  }
  if (parser.panicking && !parser.recoverToBlock()) {
    return {
      kind: "overlay",
      address,
      noCrossRefs,
      at,
      subalign,
      sections: [],
      phdrs: [],
      span: parser.spanFrom(start),
    };
  }
  const sections = parser.block("script", () => parseOverlaySection(parser));
  const placement = parsePlacement(parser);
  const span = parser.spanFrom(start);
  return { kind: "overlay", address, noCrossRefs, at, subalign, sections, ...placement, span };
}

function parseOverlaySection(parser: Parser): OverlaySection | undefined {
  if (parser.accept("script", ",")) return undefined;
  const name = parser.name("script", "the name of an output section");
  if (parser.panicking) return undefined;
  const type = parser.at("script", "(") ? parseSectionType(parser) : undefined;
  if (parser.panicking && !parser.recoverToBlock()) return undefined;
  const contents = parser.block("wild", () => parseSectionStatement(parser));
  // LLD takes the `>` for the name of the next section.
  if (parser.lld && parser.accept("script", ">")) parser.expect("script", "{");
  const { phdrs, fill, region, atRegion } = parsePlacement(parser);
  const misplaced = region ?? atRegion;
  if (misplaced) {
    const words = "a region belongs after the overlay's closing brace";
    parser.error(codes.syntaxError, misplaced.span, "syntax error", words, [{ message: words }]);
  }
  return {
    kind: "overlay-section",
    name,
    type,
    contents,
    phdrs,
    fill,
    span: parser.spanFrom(name.span.start),
  };
}

// The contents of an output section

/** One statement inside an output section; undefined for an empty one. */
function parseSectionStatement(parser: Parser): SectionStatement | undefined {
  const token = parser.peek("wild");
  const { start } = token;
  if (parser.accept("wild", ";")) return undefined;
  if (token.kind === "punctuation" && token.text === "[") return parseInputSections(parser, start, false);
  if (token.kind === "name") {
    switch (token.text) {
      case "CREATE_OBJECT_SYMBOLS":
        return { kind: "create-object-symbols", span: parser.spanOf(parser.next("wild")) };
      case "CONSTRUCTORS":
        return { kind: "constructors", sorted: false, span: parser.spanOf(parser.next("wild")) };
      case "LINKER_VERSION":
        return { kind: "linker-version", span: parser.spanOf(parser.next("wild")) };
      case "BYTE":
      case "SHORT":
      case "LONG":
      case "QUAD":
      case "SQUAD":
        return parseData(parser, token.text);
      case "ASCIZ":
      case "ASCII": {
        parser.next("wild");
        const size = token.text === "ASCII" ? parenthesizedArgument(parser) : undefined;
        const text = parser.name("wild", "a quoted text");
        return { kind: "ascii", directive: token.text, size, text, span: parser.spanFrom(start) };
      }
      case "FILL": {
        parser.next("wild");
        const value = parenthesizedArgument(parser);
        return { kind: "fill", value, span: parser.spanFrom(start) };
      }
      case "ASSERT": {
        parser.next("wild");
        return parseAssert(parser, start);
      }
      case "INCLUDE":
        parser.next("wild");
        return parser.included("wild", start, () => parseSectionStatement(parser));
      case "SORT":
      case "SORT_BY_NAME":
        if (!sortsConstructors(parser)) return parseInputSections(parser, start, false);
        return { kind: "constructors", sorted: true, span: parser.spanFrom(start) };
      case "KEEP": {
        parser.next("wild");
        parser.expect("wild", "(");
        const { kind, keep, flags, file, sections } = parseInputSections(parser, start, true);
        parser.expect("wild", ")");
        return { kind, keep, flags, file, sections, span: parser.spanFrom(start) };
      }
      case "PROVIDE":
      case "HIDDEN":
      case "PROVIDE_HIDDEN":
        return parseAssignment<never>(parser, "wild", () => undefined);
      case "SORT_BY_ALIGNMENT":
      case "SORT_BY_INIT_PRIORITY":
      case "SORT_NONE":
      case "REVERSE":
      case "EXCLUDE_FILE":
      case "INPUT_SECTION_FLAGS":
        return parseInputSections(parser, start, false);
    }
  }
  return parseAssignment<InputSections>(parser, "wild", (name) => {
    warnOfComma(parser, name);
    warnOfAssignment(parser, name);
    const file = plainFile(name);
    return finishInputSections(parser, { start, keep: false, file });
  });
}

/** Takes `SORT(CONSTRUCTORS)`, or nothing. */
function sortsConstructors(parser: Parser): boolean {
  const { offset } = parser.lexer;
  parser.next("wild");
  if (parser.accept("wild", "(") && parser.accept("wild", "CONSTRUCTORS")) {
    parser.expect("wild", ")");
    return true;
  }
  parser.lexer.rewind(offset);
  return false;
}

function parseData(parser: Parser, directive: Data["directive"]): Data {
  const { start } = parser.next("wild");
  const value = parenthesizedArgument(parser);
  return { kind: "data", directive, value, span: parser.spanFrom(start) };
}

// Input sections

/** Of the many patterns that exclude nothing, and those that sort nothing. */
const NO_NAMES: readonly Name[] = [];
const NO_KEYS: readonly SortKey[] = [];

function plainFile(pattern: Name): FilePattern {
  return { pattern, exclude: NO_NAMES, reverse: false, span: pattern.span };
}

/** `flags files(sections)`, `flags file`, `[ sections ]`. */
function parseInputSections(parser: Parser, start: number, keep: boolean): InputSections {
  const flags = parser.at("wild", "INPUT_SECTION_FLAGS") ? parseInputSectionFlags(parser) : undefined;
  if (!parser.panicking && parser.accept("wild", "[")) {
    const sections = parseSectionPatterns(parser, "]");
    parser.expect("wild", "]");
    return { kind: "input-sections", keep, flags, sections, span: parser.spanFrom(start) };
  }
  const wrapped = parsePattern(parser);
  const [first, ...others] = wrapped.sort;
  if (others.length > 0 || (first !== undefined && first !== "name" && first !== "none")) {
    const words = "files can be sorted by name only";
    parser.failAt(wrapped.span, "syntax error", words, [{ message: words }]);
  }
  const { pattern, exclude, reverse, span } = wrapped;
  const sort = first === "name" || first === "none" ? first : undefined;
  return finishInputSections(parser, { start, keep, flags, file: { pattern, exclude, sort, reverse, span } });
}

/** After the file pattern: the sections, if there are parentheses. */
function finishInputSections(
  parser: Parser,
  begun: { start: number; keep: boolean; flags?: InputSectionFlags; file: FilePattern },
): InputSections {
  const { start, keep, flags, file } = begun;
  let sections: SectionPattern[] | undefined;
  if (!parser.panicking && parser.accept("wild", "(")) {
    sections = parseSectionPatterns(parser, ")");
    parser.expect("wild", ")");
  } else if (file.exclude.length > 0 || file.sort || file.reverse) {
    parser.expect("wild", "(");
  }
  return { kind: "input-sections", keep, flags, file, sections, span: parser.spanFrom(start) };
}

function parseSectionPatterns(parser: Parser, close: ")" | "]"): SectionPattern[] {
  const list: SectionPattern[] = [];
  while (!parser.panicking && (list.length === 0 || !parser.at("wild", close))) {
    if (list.length > 0 && parser.accept("wild", ",")) continue;
    const patterns = parseWrapped(parser);
    if (!parser.panicking) checkSort(parser, patterns[0]);
    if (patterns.length === 1) list.push(patterns[0]);
    else list.push(...patterns);
  }
  // What has grown has room for sixteen more.
  return list.slice();
}

/** GNU ld's combinations (LLD nests any two): a single key, or name and alignment nested in either order. */
function checkSort(parser: Parser, { sort, span }: SectionPattern): void {
  const nestable = parser.lld || sort.every((key) => key === "name" || key === "alignment");
  if (sort.length < 2 || (sort.length === 2 && nestable)) return;
  const words = "only SORT_BY_NAME and SORT_BY_ALIGNMENT can be nested, and only once";
  parser.failAt(span, "syntax error", words, [{ message: words }]);
}

const sortKeys: Readonly<Record<string, SortKey>> = {
  SORT: "name",
  SORT_BY_NAME: "name",
  SORT_BY_ALIGNMENT: "alignment",
  SORT_BY_INIT_PRIORITY: "init-priority",
  SORT_NONE: "none",
};

/** A pattern with SORT…(), REVERSE() and EXCLUDE_FILE() around or before it, in any order. */
function parsePattern(parser: Parser): SectionPattern {
  return parseWrapped(parser)[0];
}

/**
 * As `parsePattern`. In LLD a SORT…() may hold a list, which is sorted as one;
 * each EXCLUDE_FILE in it begins a new one.
 */
function parseWrapped(parser: Parser): SectionPattern[] {
  const start = parser.start("wild");
  const sort: SortKey[] = [];
  let exclude = NO_NAMES;
  let reverse = false;
  let open = 0;
  while (!parser.panicking) {
    const token = parser.peek("wild");
    if (token.kind !== "name") break;
    if (token.text === "EXCLUDE_FILE" && exclude.length === 0) {
      exclude = parseExcluded(parser);
    } else if (token.text === "REVERSE" || Object.hasOwn(sortKeys, token.text)) {
      parser.next("wild");
      if (token.text === "REVERSE") reverse = true;
      else sort.push(sortKeys[token.text]);
      parser.expect("wild", "(");
      open++;
    } else {
      break;
    }
  }
  if (open === 0) {
    const pattern = patternName(parser);
    return [{ pattern, exclude, sort: NO_KEYS, reverse, span: parser.spanFrom(start) }];
  }
  const groups = [{ pattern: patternName(parser), exclude, alternatives: [] as Name[] }];
  while (parser.lld && open > 0 && !parser.panicking && !parser.at("wild", ")") && !parser.atEnd("wild")) {
    if (parser.at("wild", "EXCLUDE_FILE")) {
      exclude = parseExcluded(parser);
      groups.push({ pattern: patternName(parser), exclude, alternatives: [] });
    } else {
      groups[groups.length - 1].alternatives.push(patternName(parser));
    }
  }
  for (; open > 0; open--) parser.expect("wild", ")");
  const span = parser.spanFrom(start);
  return groups.map(({ pattern, exclude: files, alternatives }) => ({
    pattern,
    ...(alternatives.length > 0 ? { alternatives } : {}),
    exclude: files,
    sort: sort.length > 0 ? sort : NO_KEYS,
    reverse,
    span,
  }));
}

function patternName(parser: Parser): Name {
  const excluded = parser.at("wild", "EXCLUDE_FILE");
  if (!parser.panicking && (excluded || !parser.atName("wild"))) {
    parser.fail("wild", "a pattern", () => "section pattern is expected");
  }
  const name = parser.name("wild", "a pattern");
  warnOfComma(parser, name);
  return name;
}

/** `EXCLUDE_FILE(files)`. */
function parseExcluded(parser: Parser): Name[] {
  const files: Name[] = [];
  parser.next("wild");
  parser.expect("wild", "(");
  while (!parser.panicking && (files.length === 0 || !parser.at("wild", ")"))) {
    if (parser.accept("wild", ",")) continue;
    const file = parser.name("wild", "a file pattern");
    warnOfComma(parser, file);
    files.push(file);
  }
  parser.expect("wild", ")");
  return files;
}

function parseInputSectionFlags(parser: Parser): InputSectionFlags {
  const { start } = parser.next("wild");
  const flags: InputSectionFlag[] = [];
  parser.expect("wild", "(");
  do {
    let name = parser.name("wild", "a section flag such as SHF_WRITE");
    if (parser.panicking) break;
    let negated = false;
    if (name.text.startsWith("!")) {
      negated = true;
      name = name.text === "!" ? parser.name("wild", "a section flag such as SHF_WRITE") : withoutFirst(name);
    }
    checkFlag(parser, name);
    flags.push({ name, negated });
  } while (!parser.panicking && parser.accept("wild", "&"));
  parser.expect("wild", ")");
  return { kind: "input-section-flags", flags, span: parser.spanFrom(start) };
}

function withoutFirst(name: Name): Name {
  return { ...name, text: name.text.slice(1), span: { ...name.span, start: name.span.start + 1 } };
}
