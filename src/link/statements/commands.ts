import type { Report } from "../../diagnostics/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import type {
  Assert,
  Assignment,
  Command,
  Expression,
  Input,
  MemoryRegion,
  Name,
  NoCrossRefs,
  OutputFormat,
  Overlay,
  OverlaySection,
  Phdr,
  RegionAlias,
  Script,
  SectionStatement,
  SectionsCommand,
  VersionNode,
  VersionScript,
} from "../../script/index.ts";
import { sectionTypeOf } from "../../script/index.ts";
import { checkSections } from "./check-script.ts";
import { applyInserts, isLayout, type Move } from "./insert.ts";

/** A `foo = …` of a script, with where it stands: symbols in output sections are relative to them. */
export interface SymbolAssignment {
  readonly assignment: Assignment;
  /** The output section it is written in. */
  readonly section: string | undefined;
}

/** A statement of the list that layout walks, from top-level commands and SECTIONS alike. */
export type LayoutStatement = Exclude<SectionsCommand, { readonly kind: "entry" | "include" }>;

/** What the top level of all scripts says together, in the order of the scripts. */
export interface ScriptCommands {
  /** ENTRY; the option -e goes before it. */
  entry: Name | undefined;
  /** OUTPUT(file). */
  output: Name | undefined;
  outputFormat: OutputFormat | undefined;
  outputArch: Name | undefined;
  /** TARGET(format): for the inputs. */
  target: Name | undefined;
  /** STARTUP(file): linked before all others. */
  startup: Name | undefined;
  /** The format that TARGET gave an INPUT or GROUP; those without one are not in it. */
  readonly inputFormats: Map<Input, string>;
  /** INPUT and GROUP of the scripts given by -T: read after the files of the command line. */
  readonly inputs: Input[];
  readonly externs: Name[];
  readonly searchDirs: Name[];
  readonly memory: MemoryRegion[];
  readonly regionAliases: RegionAlias[];
  /** Named by sections without being declared; that has been said. */
  readonly undeclaredRegions: Set<string>;
  /** How many of these come before the first section that is in no region by name; undefined: none is. */
  defaultRegionAt: number | undefined;
  /** Undefined without a PHDRS command. */
  phdrs: Phdr[] | undefined;
  /** Whether there is a SECTIONS command. */
  hasSections: boolean;
  /** Assignments, assertions, output sections and overlays, with INSERT applied and INCLUDE expanded. */
  statements: LayoutStatement[];
  /** The same before INSERT moved anything: patterns match in this order. */
  written: LayoutStatement[];
  /** What INSERT did, in order. */
  readonly moves: Move[];
  /** LLD's OVERWRITE_SECTIONS. */
  readonly overwrite: LayoutStatement[];
  readonly nocrossrefs: NoCrossRefs[];
  readonly versions: VersionNode[];
  forceCommon: boolean;
  inhibitCommon: boolean;
  forceGroup: boolean;
  /** LD_FEATURE("SANE_EXPR"). */
  saneExpressions: boolean;
  /** Every symbol that a script or --defsym assigns, with all its assignments in order. */
  readonly assignments: Map<string, SymbolAssignment[]>;
  /** Every symbol that occurs in an expression, DEFINED() aside, with the first place. */
  readonly references: Map<string, Name>;
  /** Those among them that assignments want. */
  readonly wanted: Set<string>;
}

/** How the names of built-in scripts begin, as sources. */
export const BUILT_IN = "built-in script";

/** True where INSERT commands in all scripts say that they add to the default one. */
export function augmentsDefault(scripts: readonly Script[]): boolean {
  const hasInsert = (commands: readonly Command[]): boolean =>
    commands.some((c) => c.kind === "insert" || (c.kind === "include" && hasInsert(c.items)));
  return scripts.every((script) => hasInsert(script.commands));
}

/** `--defsym`: an assignment at the place where it is on the command line. */
export interface Defsym {
  readonly assignment: Assignment;
  /** How many scripts precede it. */
  readonly after: number;
}

/** What else goes into the summary of the scripts. */
export interface CommandSources {
  readonly versionScripts?: readonly VersionScript[];
  readonly defsyms?: readonly Defsym[];
}

/** The top level of the scripts (those of -T first, then the default one) and of --defsym, as one summary. */
export function collectCommands(
  scripts: readonly Script[],
  options: LinkOptions,
  report: Report,
  sources: CommandSources = {},
): ScriptCommands {
  const commands: ScriptCommands = {
    entry: undefined,
    output: undefined,
    outputFormat: undefined,
    outputArch: undefined,
    target: undefined,
    startup: undefined,
    inputFormats: new Map(),
    inputs: [],
    externs: [],
    searchDirs: [],
    memory: [],
    regionAliases: [],
    undeclaredRegions: new Set(),
    defaultRegionAt: undefined,
    phdrs: undefined,
    hasSections: false,
    statements: [],
    written: [],
    moves: [],
    overwrite: [],
    nocrossrefs: [],
    versions: [],
    forceCommon: false,
    inhibitCommon: false,
    forceGroup: false,
    saneExpressions: false,
    assignments: new Map(),
    references: new Map(),
    wanted: new Set(),
  };
  const list: (LayoutStatement | Command)[] = [];
  for (let i = 0; i <= scripts.length; i++) {
    for (const { assignment, after } of sources.defsyms ?? []) {
      if (after !== i) continue;
      list.push(assignment);
      noteAssignment(commands, assignment, undefined);
    }
    if (i < scripts.length) collect(commands, scripts[i].commands, list, options, report);
  }
  for (const script of sources.versionScripts ?? []) commands.versions.push(...script.nodes);
  commands.written = list.filter(isLayout);
  if (options.compat === "gnu") checkSections(commands, report);
  commands.statements = applyInserts(list, report, commands.moves);
  return commands;
}

/** The entry symbol that is asked for; undefined where the option -e gives an address, or nothing asks. */
export function entryName(options: LinkOptions, commands: ScriptCommands): string | undefined {
  const name = options.entry ?? commands.entry?.text;
  if (name === undefined)
    return options.compat === "lld" && options.kind !== "relocatable" ? "_start" : undefined;
  return options.entry !== undefined && /^(0[xX][0-9a-fA-F]+|\d+)$/.test(name) ? undefined : name;
}

/** Adds a script that was given as an input file: its statements go before those of the scripts proper. */
export function addImplicitScript(
  commands: ScriptCommands,
  script: Script,
  options: LinkOptions,
  report: Report,
): readonly Input[] {
  const before = commands.inputs.length;
  const list: (LayoutStatement | Command)[] = [];
  collect(commands, script.commands, list, options, report);
  commands.written = [...list.filter(isLayout), ...commands.written];
  commands.statements = applyInserts([...list, ...commands.statements], report, commands.moves);
  return commands.inputs.splice(before);
}

function collect(
  commands: ScriptCommands,
  items: readonly Command[],
  list: (LayoutStatement | Command)[],
  options: LinkOptions,
  report: Report,
): void {
  for (const command of items) {
    switch (command.kind) {
      case "assignment":
      case "assert":
        list.push(command);
        noteStatement(commands, command, undefined);
        break;
      case "insert":
        list.push(command);
        break;
      case "sections":
        commands.hasSections = true;
        collectSections(commands, command.commands, list);
        break;
      case "overwrite-sections":
        collectSections(commands, command.commands, commands.overwrite);
        break;
      case "entry":
        commands.entry = command.symbol;
        break;
      case "input":
        commands.inputs.push(command);
        if (commands.target) commands.inputFormats.set(command, commands.target.text);
        break;
      case "output":
        commands.output ??= command.file;
        break;
      case "output-format":
        commands.outputFormat ??= command;
        break;
      case "output-arch":
        commands.outputArch ??= command.arch;
        break;
      case "target":
        commands.target = command.target;
        if (options.compat === "lld" && !/^(binary|default|elf(32|64)-)/.test(command.target.text))
          report.error("LD0307", command.span, `unknown target: ${command.target.text}`);
        break;
      case "search-dir":
        commands.searchDirs.push(command.path);
        break;
      case "startup":
        if (commands.startup)
          report.error("LD0301", command.span, "multiple STARTUP files", {
            unplaced: true,
            notes: [{ message: "the first one is here", where: commands.startup.span }],
          });
        else commands.startup = command.file;
        break;
      case "extern":
        commands.externs.push(...command.symbols);
        break;
      case "allocation":
        if (command.policy === "force-common") commands.forceCommon = true;
        else if (command.policy === "inhibit-common") commands.inhibitCommon = true;
        else commands.forceGroup = true;
        break;
      case "nocrossrefs":
        commands.nocrossrefs.push(command);
        break;
      case "ld-feature":
        if (command.feature.text === "SANE_EXPR") commands.saneExpressions = true;
        break;
      case "memory":
        for (const item of command.regions)
          if (item.kind === "include") commands.memory.push(...regionsOf(item.items));
          else commands.memory.push(item);
        for (const region of commands.memory) {
          noteExpression(commands, region.origin);
          noteExpression(commands, region.length);
        }
        break;
      case "region-alias":
        commands.regionAliases.push(command);
        break;
      case "phdrs":
        commands.phdrs = [...(commands.phdrs ?? []), ...command.headers];
        break;
      case "version":
        commands.versions.push(...command.nodes);
        break;
      case "include":
        collect(commands, command.items, list, options, report);
        break;
      case "obsolete":
        break;
      default:
        unreachable(command);
    }
  }
}

function unreachable(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}

type RegionItem = MemoryRegion | { readonly kind: "include"; readonly items: readonly RegionItem[] };

function regionsOf(items: readonly RegionItem[]): MemoryRegion[] {
  return items.flatMap((item) => (item.kind === "include" ? regionsOf(item.items) : [item]));
}

function collectSections(
  commands: ScriptCommands,
  items: readonly SectionsCommand[],
  list: (LayoutStatement | Command)[],
): void {
  for (const item of items) {
    if (item.kind === "entry") commands.entry = item.symbol;
    else if (item.kind === "include") collectSections(commands, item.items, list);
    else {
      list.push(item);
      if (item.kind === "output-section") {
        for (const part of [item.address, item.at, item.align, item.subalign, item.fill])
          noteExpression(commands, part);
        // The name of a type is none of a symbol.
        if (item.type?.type && sectionTypeOf(item.type.type) === undefined)
          noteExpression(commands, item.type.type);
        noteContents(commands, item.contents, item.name.text);
      } else if (item.kind === "overlay") noteOverlay(commands, item);
      else noteStatement(commands, item, undefined);
    }
  }
}

function noteOverlay(commands: ScriptCommands, overlay: Overlay): void {
  for (const part of [overlay.address, overlay.at, overlay.subalign, overlay.fill])
    noteExpression(commands, part);
  for (const section of overlay.sections) noteOverlaySection(commands, section);
}

function noteOverlaySection(commands: ScriptCommands, section: OverlaySection): void {
  noteExpression(commands, section.fill);
  noteContents(commands, section.contents, section.name.text);
}

function noteContents(
  commands: ScriptCommands,
  contents: readonly SectionStatement[],
  section: string,
): void {
  for (const statement of contents) {
    if (statement.kind === "assignment" || statement.kind === "assert")
      noteStatement(commands, statement, section);
    else if (statement.kind === "include") noteContents(commands, statement.items, section);
    else if (statement.kind === "data" || statement.kind === "fill")
      noteExpression(commands, statement.value);
    else if (statement.kind === "ascii") noteExpression(commands, statement.size);
  }
}

function noteStatement(
  commands: ScriptCommands,
  statement: Assignment | Assert,
  section: string | undefined,
): void {
  if (statement.kind === "assert") noteExpression(commands, statement.condition);
  else noteAssignment(commands, statement, section);
}

function noteAssignment(commands: ScriptCommands, assignment: Assignment, section: string | undefined): void {
  const { text } = assignment.target;
  const isDot = text === "." && !assignment.target.quoted;
  // What a PROVIDE refers to counts only once it is needed: see resolve.ts.
  if (!assignment.provide) {
    noteExpression(commands, assignment.value);
    // What moves the location counter GNU ld computes too late for archives.
    if (!isDot) for (const name of symbolsIn(assignment.value)) commands.wanted.add(name.text);
  }
  if (isDot) return;
  const known = commands.assignments.get(text);
  if (known) known.push({ assignment, section });
  else commands.assignments.set(text, [{ assignment, section }]);
}

function noteExpression(commands: ScriptCommands, expression: Expression | undefined): void {
  if (!expression) return;
  for (const name of symbolsIn(expression))
    if (!commands.references.has(name.text)) commands.references.set(name.text, name);
}

/** Whether an expression has no value before there are addresses: GNU ld then looks at neither side of its `?`. */
function isLate(expression: Expression): boolean {
  switch (expression.kind) {
    case "unary":
      return isLate(expression.operand);
    case "binary":
      return isLate(expression.left) || isLate(expression.right);
    case "parenthesized":
      return isLate(expression.inner);
    case "call":
      if (["ALIGN", "NEXT", "BLOCK"].includes(expression.callee) && expression.arguments.length === 1)
        return true;
      return expression.arguments.some(isLate);
    case "section-query":
    case "sizeof-headers":
      return true;
    default:
      return false;
  }
}

/** The symbols that an expression refers to, except inside DEFINED(). */
export function symbolsIn(expression: Expression): Name[] {
  switch (expression.kind) {
    case "symbol":
      return [expression.name];
    case "unary":
      return symbolsIn(expression.operand);
    case "binary":
      return [...symbolsIn(expression.left), ...symbolsIn(expression.right)];
    case "conditional": {
      // `DEFINED(x) ? x : 0` asks for no x.
      const { condition } = expression;
      if (isLate(condition)) return symbolsIn(condition);
      const asked = condition.kind === "defined" ? condition.symbol.text : undefined;
      const then = symbolsIn(expression.then).filter((name) => name.text !== asked);
      return [...symbolsIn(condition), ...then, ...symbolsIn(expression.otherwise)];
    }
    case "parenthesized":
      return symbolsIn(expression.inner);
    case "call":
      return expression.arguments.flatMap(symbolsIn);
    case "assert-expression":
      return symbolsIn(expression.condition);
    case "segment-start":
      return symbolsIn(expression.otherwise);
    default:
      return [];
  }
}
