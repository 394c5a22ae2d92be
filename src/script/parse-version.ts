import { codes } from "./codes.ts";
import type { Parser } from "./parser.ts";
import type { Name, VersionNode, VersionPattern } from "./syntax.ts";
import type { Mode } from "./words.ts";

// Version scripts and dynamic lists.
//
// GNU ld wants `global:` before `local:` and each once; LLD takes them in any
// order and number, and so do we.

/** `extern` blocks may be nested; nobody does, and this deep only to hurt. */
const maxNesting = 16;

/** The nodes of a version script, up to the end or, in VERSION { }, its brace. */
export function parseVersionNodes(parser: Parser, inBraces: boolean): VersionNode[] {
  const nodes = parser.statements("version-tag", inBraces, () => parseVersionNode(parser));
  checkNodes(parser, nodes);
  return nodes;
}

/** `name { … } dependency … ;`. */
function parseVersionNode(parser: Parser): VersionNode | undefined {
  const start = parser.start("version-tag");
  const atBrace = parser.at("version-tag", "{");
  const name = atBrace ? undefined : parser.name("version-tag", "the name of a version");
  if (parser.panicking) return undefined;
  parser.expect("version-tag", "{");
  const { globals, locals } = parseDefinitions(parser);
  parser.expect("version-node", "}");
  const dependencies: Name[] = [];
  while (!parser.panicking && name && parser.atName("version-tag")) {
    dependencies.push(parser.name("version-tag", "the name of a version"));
  }
  const span = parser.spanFrom(start);
  parser.expect("version-tag", ";");
  return { kind: "version-node", name, globals, locals, dependencies, span };
}

/** `{ patterns } ;` of a dynamic list, its brace not yet taken. */
export function parseDynamicListPatterns(parser: Parser): VersionPattern[] {
  const patterns: VersionPattern[] = [];
  parser.statements("version-tag", false, () => {
    parser.expect("version-tag", "{");
    const { globals, locals } = parseDefinitions(parser);
    patterns.push(...globals);
    if (locals.length > 0) {
      const words = "`local:' has no meaning in a dynamic list";
      parser.error(codes.syntaxError, locals[0].span, "syntax error in dynamic list", words, [
        { message: words },
      ]);
    }
    parser.expect("version-node", "}");
    parser.expect("version-tag", ";");
    return undefined;
  });
  return patterns;
}

interface Definitions {
  readonly globals: VersionPattern[];
  readonly locals: VersionPattern[];
}

function parseDefinitions(parser: Parser): Definitions {
  const mode: Mode = "version-node";
  const globals: VersionPattern[] = [];
  const locals: VersionPattern[] = [];
  let into = globals;
  while (!parser.panicking && !parser.at(mode, "}") && !parser.atEnd(mode)) {
    const word = parser.peek(mode);
    if (word.kind === "name" && (word.text === "global" || word.text === "local")) {
      const { offset } = parser.lexer;
      parser.next(mode);
      if (parser.accept(mode, ":")) {
        into = word.text === "global" ? globals : locals;
        // GNU ld wants at least one pattern after a label.
        if (!parser.atName(mode)) parser.fail(mode, "a symbol or pattern");
        continue;
      }
      parser.lexer.rewind(offset);
    }
    parsePatterns(parser, "C", into, 0);
    if (!parser.panicking) parser.expect(mode, ";");
  }
  if (parser.panicking && skipToBrace(parser)) parser.panicking = false;
  return { globals, locals };
}

/** After an error inside braces: to the closing one, so that the next version is read. */
function skipToBrace(parser: Parser): boolean {
  while (!parser.at("version-node", "}") && !parser.atEnd("version-node")) {
    const { offset } = parser.lexer;
    parser.recover();
    if (parser.lexer.offset === offset) break;
  }
  return parser.at("version-node", "}");
}

/** One pattern, or an `extern "language" { … }` with its patterns. */
function parsePatterns(parser: Parser, language: string, into: VersionPattern[], depth: number): void {
  const mode: Mode = "version-node";
  if (!parser.at(mode, "extern")) {
    const pattern = parser.name(mode, "a symbol or pattern");
    if (!parser.panicking) into.push({ kind: "version-pattern", pattern, language, span: pattern.span });
    return;
  }
  const word = parser.next(mode);
  if (!parser.atName(mode)) {
    const pattern = parser.nameOf(word);
    into.push({ kind: "version-pattern", pattern, language, span: pattern.span });
    return;
  }
  const inner = parser.name(mode, "a language");
  if (!/^(c|c\+\+|java)$/i.test(inner.text)) {
    const message = `unknown language \`${inner.text}' in version information`;
    parser.error(codes.unknownLanguage, inner.span, message, "Unknown language");
  }
  if (depth >= maxNesting) {
    const message = "extern blocks are nested too deeply";
    parser.failAt(inner.span, message, message);
  }
  parser.expect(mode, "{");
  while (!parser.panicking && !parser.at(mode, "}")) {
    parsePatterns(parser, inner.text, into, depth + 1);
    // The `;` may be missing after the last one.
    if (!parser.panicking && !parser.at(mode, "}")) parser.expect(mode, ";");
  }
  parser.expect(mode, "}");
}

/** What can be wrong with the versions as a whole. */
function checkNodes(parser: Parser, nodes: readonly VersionNode[]): void {
  const seen = new Map<string, Name>();
  for (const [index, { name, dependencies, span }] of nodes.entries()) {
    const anonymous = nodes.find((node) => !node.name);
    if (anonymous && index > 0) {
      const message = "anonymous version tag cannot be combined with other version tags";
      const found = name ?? { text: "{", span };
      parser.error(codes.anonymousVersion, found.span, message, `EOF expected, but got ${found.text}`);
      return;
    }
    if (!name) continue;
    const first = seen.get(name.text);
    if (first) {
      const message = `duplicate version tag \`${name.text}'`;
      const notes = [{ message: "first defined here", where: first.span }];
      parser.error(codes.duplicateVersion, name.span, message, message, notes);
    }
    seen.set(name.text, first ?? name);
    if (parser.lld) continue;
    for (const dependency of dependencies) {
      if (seen.has(dependency.text)) continue;
      const message = `unable to find version dependency \`${dependency.text}'`;
      parser.error(codes.unknownVersion, dependency.span, message, message);
    }
  }
}
