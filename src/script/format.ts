import { formatExpression, formatName } from "./format-expression.ts";
import type {
  Assert,
  Assignment,
  Command,
  Comment,
  DynamicList,
  FilePattern,
  Input,
  InputFile,
  InputItem,
  InputSections,
  MemoryRegion,
  Name,
  OutputSection,
  Overlay,
  OverlaySection,
  Phdr,
  Placement,
  Script,
  SectionPattern,
  SectionStatement,
  SectionsCommand,
  SectionType,
  VersionNode,
  VersionPattern,
  VersionScript,
} from "./syntax.ts";

// The formatter: a tree back to text.
//
// It prints the tree, and takes from the source only what the tree does not
// say: comments, single blank lines, and whether an output section was written
// on one line. Reading the result gives the same tree, and formatting it again
// gives the same text. Every spelling chosen is one that GNU ld reads.

const WIDTH = 100;
const STEP = "  ";

/** A script in the house style. A script with syntax errors comes out without what could not be read. */
export function formatScript(script: Script): string {
  return new Printer(script.source.text, script.comments).file((printer) => {
    printer.list(script.commands, (command) => printCommand(printer, command));
  });
}

/** The text of a version script. */
export function formatVersionScript(script: VersionScript): string {
  return new Printer(script.source.text, script.comments).file((printer) => {
    printer.list(script.nodes, (node) => printVersionNode(printer, node));
  });
}

/** The text of a dynamic list. */
export function formatDynamicList(list: DynamicList): string {
  return new Printer(list.source.text, list.comments).file((printer) => {
    printer.line("{");
    printer.indented(() => printVersionPatterns(printer, list.patterns));
    printer.line("};");
  });
}

interface Spanned {
  readonly span: { readonly start: number; readonly end: number };
}

class Printer {
  private readonly text: string;
  private readonly comments: readonly Comment[];
  private nextComment = 0;
  private readonly lines: string[] = [];
  private indent = "";
  /** Where the last thing printed ends in the source; undefined at the beginning of a block. */
  private lastEnd: number | undefined;
  private endsWithLineComment = false;

  constructor(text: string, comments: readonly Comment[]) {
    this.text = text;
    this.comments = comments;
  }

  file(print: (printer: Printer) => void): string {
    print(this);
    this.flushComments(this.text.length);
    return this.lines.length > 0 ? `${this.lines.join("\n")}\n` : "";
  }

  line(text: string): void {
    this.lines.push(text === "" ? "" : this.indent + text);
    this.endsWithLineComment = false;
  }

  /** Adds to the line printed last. */
  append(text: string): void {
    this.lines[this.lines.length - 1] += text;
  }

  indented(print: () => void): void {
    const { indent } = this;
    this.indent += STEP;
    print();
    this.indent = indent;
  }

  /** Items in their order, each after the comments and blank lines before it. */
  list<Item extends Spanned>(items: readonly Item[], print: (item: Item) => void): void {
    for (const item of items) {
      this.flushComments(item.span.start);
      this.blankLineBefore(item.span.start);
      print(item);
      this.lastEnd = item.span.end;
    }
  }

  /** `head {`, the items indented, `}`. */
  block<Item extends Spanned>(
    head: string,
    items: readonly Item[],
    node: Spanned,
    print: (item: Item) => void,
  ): void {
    const close = this.closingBrace(items, node);
    const hasComment = this.commentBefore(close);
    this.line(`${head}{`);
    if (items.length === 0 && !hasComment) {
      this.append(" }");
      return;
    }
    this.lastEnd = undefined;
    this.indented(() => {
      this.list(items, print);
      this.flushComments(close);
    });
    this.line("}");
  }

  /** Whether a node was written on one line, without comments. */
  isOneLine({ span }: Spanned): boolean {
    return !this.text.slice(span.start, span.end).includes("\n") && !this.commentBefore(span.end);
  }

  /** The room left on a line. */
  fits(text: string): boolean {
    return this.indent.length + text.length <= WIDTH;
  }

  get column(): number {
    return this.indent.length;
  }

  private closingBrace(items: readonly Spanned[], node: Spanned): number {
    // Comments hold braces, too; after the last item nothing else does.
    let at = items.length > 0 ? items[items.length - 1].span.end : this.openingBrace(node);
    for (;;) {
      at = this.text.indexOf("}", at);
      if (at < 0 || at > node.span.end) return node.span.end;
      const comment = this.comments.find(({ span }) => span.start <= at && at < span.end);
      if (!comment) return at;
      at = comment.span.end;
    }
  }

  private openingBrace(node: Spanned): number {
    const at = this.text.indexOf("{", node.span.start);
    return at < 0 ? node.span.start : at;
  }

  private commentBefore(offset: number): boolean {
    const comment = this.comments[this.nextComment];
    return comment !== undefined && comment.span.start < offset;
  }

  private flushComments(until: number): void {
    for (; this.commentBefore(until); this.nextComment++) {
      const { span, text } = this.comments[this.nextComment];
      const trails = this.lastEnd !== undefined && !this.text.slice(this.lastEnd, span.start).includes("\n");
      if (trails && !this.endsWithLineComment) {
        this.append(` ${text}`);
      } else {
        this.blankLineBefore(span.start);
        this.line(text);
      }
      this.endsWithLineComment = text.startsWith("#");
      this.lastEnd = Math.max(this.lastEnd ?? 0, span.end);
    }
  }

  /** A blank line in the source stays, one of several, but not at the beginning of a block. */
  private blankLineBefore(offset: number): void {
    if (this.lastEnd === undefined) return;
    if (/\n[ \t\r]*\n/.test(this.text.slice(this.lastEnd, offset))) this.line("");
  }
}

const names = (list: readonly Name[]) => list.map(formatName).join(" ");

// Commands

function printCommand(printer: Printer, command: Command): void {
  switch (command.kind) {
    case "assignment":
      printer.line(assignment(command));
      break;
    case "assert":
      printer.line(`${assert(command)};`);
      break;
    case "entry":
      printer.line(`ENTRY(${formatName(command.symbol)})`);
      break;
    case "input":
      printInput(printer, command);
      break;
    case "output":
      printer.line(`OUTPUT(${formatName(command.file)})`);
      break;
    case "output-format": {
      const { format, big, little } = command;
      // Unquoted names would swallow a comma that follows at once.
      const list = big && little ? [format, big, little] : [format];
      printer.line(`OUTPUT_FORMAT(${separated(list)})`);
      break;
    }
    case "output-arch":
      printer.line(`OUTPUT_ARCH(${formatName(command.arch)})`);
      break;
    case "target":
      printer.line(`TARGET(${formatName(command.target)})`);
      break;
    case "search-dir":
      printer.line(`SEARCH_DIR(${formatName(command.path)})`);
      break;
    case "startup":
      printer.line(`STARTUP(${formatName(command.file)})`);
      break;
    case "extern":
      printer.line(`EXTERN(${names(command.symbols)})`);
      break;
    case "allocation":
      printer.line(allocation[command.policy]);
      break;
    case "insert":
      printer.line(`INSERT ${command.place.toUpperCase()} ${formatName(command.section)};`);
      break;
    case "nocrossrefs":
      printer.line(`NOCROSSREFS${command.toFirst ? "_TO" : ""}(${names(command.sections)})`);
      break;
    case "ld-feature":
      printer.line(`LD_FEATURE(${formatName(command.feature)})`);
      break;
    case "memory": {
      const regions = command.regions.filter((region) => region.kind === "region");
      const width = Math.max(0, ...regions.map((region) => regionHead(region).length));
      printer.block("MEMORY ", command.regions, command, (region) => {
        if (region.kind === "include") printer.line(`INCLUDE ${formatName(region.file)}`);
        else printer.line(memoryRegion(region, width));
      });
      break;
    }
    case "region-alias":
      printer.line(`REGION_ALIAS(${separated([command.alias, command.region])})`);
      break;
    case "phdrs":
      printer.block("PHDRS ", command.headers, command, (header) => printer.line(phdr(header)));
      break;
    case "version":
      printer.block("VERSION ", command.nodes, command, (node) => printVersionNode(printer, node));
      break;
    case "sections":
    case "overwrite-sections": {
      const keyword = command.kind === "sections" ? "SECTIONS " : "OVERWRITE_SECTIONS ";
      printer.block(keyword, command.commands, command, (inner) => printSectionsCommand(printer, inner));
      break;
    }
    case "obsolete": {
      const { keyword, files } = command;
      printer.line(keyword.endsWith("FLOAT") ? keyword : `${keyword}(${names(files)})`);
      break;
    }
    case "include":
      printer.line(`INCLUDE ${formatName(command.file)}`);
      break;
  }
}

const allocation = {
  "force-common": "FORCE_COMMON_ALLOCATION",
  "inhibit-common": "INHIBIT_COMMON_ALLOCATION",
  "force-group": "FORCE_GROUP_ALLOCATION",
} as const;

/** `a , b`, or `"a", "b"`: an unquoted name takes a comma that follows at once. */
function separated(list: readonly Name[]): string {
  return list
    .map((name, index) => (index === list.length - 1 || name.quoted ? formatName(name) : `${name.text} `))
    .join(", ");
}

function assignment({ target, operator, value, provide, hidden }: Assignment): string {
  const inner = `${formatName(target)} ${operator} ${formatExpression(value)}`;
  if (!provide && !hidden) return `${inner};`;
  const keyword = provide ? (hidden ? "PROVIDE_HIDDEN" : "PROVIDE") : "HIDDEN";
  return `${keyword}(${inner});`;
}

function assert({ condition, message }: Assert): string {
  return `ASSERT(${formatExpression(condition)}, ${formatName(message)})`;
}

function printInput(printer: Printer, { group, items }: Input): void {
  const file = ({ name, library }: InputFile) => (library ? `-l${name.text}` : formatName(name));
  const item = (one: InputItem) =>
    one.kind === "file" ? file(one) : `AS_NEEDED(${one.items.map(file).join(" ")})`;
  printWrapped(printer, `${group ? "GROUP" : "INPUT"}(`, items.map(item), ")");
}

/** Words on as few lines as they fit on. */
function printWrapped(printer: Printer, head: string, words: readonly string[], tail: string): void {
  const whole = head + words.join(" ") + tail;
  if (printer.fits(whole)) {
    printer.line(whole);
    return;
  }
  printer.line(head);
  printer.indented(() => {
    let line = "";
    for (const word of words) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && !printer.fits(longer)) {
        printer.line(line);
        line = word;
      } else {
        line = longer;
      }
    }
    printer.line(line);
  });
  printer.line(tail);
}

function regionHead({ name, attributes }: MemoryRegion): string {
  return formatName(name) + (attributes ? ` (${attributes.text})` : "");
}

function memoryRegion(region: MemoryRegion, width: number): string {
  const origin = formatExpression(region.origin);
  const length = formatExpression(region.length);
  return `${regionHead(region).padEnd(width)} : ORIGIN = ${origin}, LENGTH = ${length}`;
}

function phdr({ name, type, filehdr, phdrs, at, flags }: Phdr): string {
  const words = [formatName(name), formatExpression(type)];
  if (filehdr) words.push("FILEHDR");
  if (phdrs) words.push("PHDRS");
  if (at) words.push(`AT(${formatExpression(at)})`);
  if (flags) words.push(`FLAGS(${formatExpression(flags)})`);
  return `${words.join(" ")};`;
}

// Versions

function printVersionNode(printer: Printer, { name, globals, locals, dependencies }: VersionNode): void {
  printer.line(name ? `${formatName(name)} {` : "{");
  printer.indented(() => {
    for (const [label, patterns] of [
      ["global:", globals],
      ["local:", locals],
    ] as const) {
      if (patterns.length === 0) continue;
      printer.line(label);
      printer.indented(() => printVersionPatterns(printer, patterns));
    }
  });
  printer.line(`}${dependencies.map((dependency) => ` ${formatName(dependency)}`).join("")};`);
}

/** Neighbours of one language share an `extern` block. */
function printVersionPatterns(printer: Printer, patterns: readonly VersionPattern[]): void {
  for (let at = 0; at < patterns.length; ) {
    const { language } = patterns[at];
    let end = at + 1;
    while (end < patterns.length && patterns[end].language === language) end++;
    const group = patterns.slice(at, end);
    const print = () => {
      printer.list(group, ({ pattern }) => printer.line(`${formatName(pattern)};`));
    };
    if (language === "C") {
      print();
    } else {
      printer.line(`extern "${language}" {`);
      printer.indented(print);
      printer.line("};");
    }
    at = end;
  }
}

// SECTIONS

function printSectionsCommand(printer: Printer, command: SectionsCommand): void {
  switch (command.kind) {
    case "assignment":
      printer.line(assignment(command));
      break;
    // GNU ld takes no semicolon after these two here.
    case "assert":
      printer.line(assert(command));
      break;
    case "entry":
      printer.line(`ENTRY(${formatName(command.symbol)})`);
      break;
    case "include":
      printer.line(`INCLUDE ${formatName(command.file)}`);
      break;
    case "output-section":
      printOutputSection(printer, command);
      break;
    case "overlay":
      printOverlay(printer, command);
      break;
  }
}

function printOutputSection(printer: Printer, section: OutputSection): void {
  const head = [formatName(section.name)];
  if (section.address) head.push(formatExpression(section.address));
  if (section.type) head.push(sectionType(section.type));
  head.push(":");
  if (section.at) head.push(`AT(${formatExpression(section.at)})`);
  if (section.align) head.push(`ALIGN(${formatExpression(section.align)})`);
  if (section.alignWithInput) head.push("ALIGN_WITH_INPUT");
  if (section.subalign) head.push(`SUBALIGN(${formatExpression(section.subalign)})`);
  if (section.constraint) head.push(section.constraint);
  printBody(printer, head.join(" "), section, placement(section));
}

function printBody(
  printer: Printer,
  head: string,
  node: Spanned & { readonly contents: readonly SectionStatement[] },
  tail: string,
): void {
  const { contents } = node;
  if (contents.length === 1 && printer.isOneLine(node)) {
    const whole = `${head} { ${statement(contents[0])} }${tail}`;
    if (printer.fits(whole)) {
      printer.line(whole);
      return;
    }
  }
  printer.block(`${head} `, contents, node, (one) => printStatement(printer, one));
  printer.append(tail);
}

function sectionType({ keyword, type }: SectionType): string {
  if (keyword === "NORMAL") return "()";
  if (!type) return `(${keyword})`;
  const value = `TYPE = ${formatExpression(type)}`;
  return keyword === "READONLY" ? `(READONLY (${value}))` : `(${value})`;
}

function placement({ region, atRegion, phdrs, fill }: Placement): string {
  let text = "";
  if (region) text += ` >${formatName(region)}`;
  if (atRegion) text += ` AT>${formatName(atRegion)}`;
  for (const header of phdrs) text += ` :${formatName(header)}`;
  if (fill) text += ` =${formatExpression(fill)}`;
  return text;
}

function printOverlay(printer: Printer, overlay: Overlay): void {
  const head = ["OVERLAY"];
  if (overlay.address) head.push(formatExpression(overlay.address));
  head.push(":");
  if (overlay.noCrossRefs) head.push("NOCROSSREFS");
  if (overlay.at) head.push(`AT(${formatExpression(overlay.at)})`);
  if (overlay.subalign) head.push(`SUBALIGN(${formatExpression(overlay.subalign)})`);
  printer.block(`${head.join(" ")} `, overlay.sections, overlay, (section) =>
    printOverlaySection(printer, section),
  );
  printer.append(placement(overlay));
}

function printOverlaySection(printer: Printer, section: OverlaySection): void {
  const head = section.type
    ? `${formatName(section.name)} ${sectionType(section.type)}`
    : formatName(section.name);
  printBody(printer, head, section, placement(section));
}

function printStatement(printer: Printer, one: SectionStatement): void {
  const text = statement(one);
  if (one.kind !== "input-sections" || printer.fits(text) || !one.sections) {
    printer.line(text);
    return;
  }
  const { head, tail } = aroundSections(one);
  printWrapped(printer, head, one.sections.map(pattern), tail);
}

function statement(one: SectionStatement): string {
  switch (one.kind) {
    case "assignment":
      return assignment(one);
    case "assert":
      return `${assert(one)};`;
    case "input-sections": {
      const { head, tail } = aroundSections(one);
      return head + (one.sections ?? []).map(pattern).join(" ") + tail;
    }
    case "data":
      return `${one.directive}(${formatExpression(one.value)})`;
    case "ascii": {
      const size = one.size ? `(${formatExpression(one.size)})` : "";
      return `${one.directive}${size} ${formatName(one.text)}`;
    }
    case "fill":
      return `FILL(${formatExpression(one.value)})`;
    case "linker-version":
      return "LINKER_VERSION";
    case "create-object-symbols":
      return "CREATE_OBJECT_SYMBOLS";
    case "constructors":
      return one.sorted ? "SORT(CONSTRUCTORS)" : "CONSTRUCTORS";
    case "include":
      return `INCLUDE ${formatName(one.file)}`;
  }
}

/** What precedes and follows the section patterns. */
function aroundSections({ keep, flags, file, sections }: InputSections): { head: string; tail: string } {
  let head = keep ? "KEEP(" : "";
  if (flags) {
    const list = flags.flags.map(({ name, negated }) => (negated ? "!" : "") + formatName(name));
    head += `INPUT_SECTION_FLAGS(${list.join(" & ")}) `;
  }
  if (file) head += filePattern(file);
  let tail = "";
  if (sections) {
    head += file ? "(" : "[ ";
    tail += file ? ")" : " ]";
  }
  return { head, tail: tail + (keep ? ")" : "") };
}

const sortWords = {
  name: "SORT_BY_NAME",
  alignment: "SORT_BY_ALIGNMENT",
  "init-priority": "SORT_BY_INIT_PRIORITY",
  none: "SORT_NONE",
} as const;

function filePattern({ pattern: file, exclude, sort, reverse }: FilePattern): string {
  return wrapped([file], exclude, sort ? [sort] : [], reverse);
}

function pattern({ pattern: section, alternatives = [], exclude, sort, reverse }: SectionPattern): string {
  return wrapped([section, ...alternatives], exclude, sort, reverse);
}

function wrapped(
  inner: readonly Name[],
  exclude: readonly Name[],
  sort: SectionPattern["sort"],
  reverse: boolean,
): string {
  let text = names(inner);
  if (exclude.length > 0) text = `EXCLUDE_FILE(${names(exclude)}) ${text}`;
  if (reverse) text = `REVERSE(${text})`;
  for (const key of [...sort].reverse()) text = `${sortWords[key]}(${text})`;
  return text;
}
