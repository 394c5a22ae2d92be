import { columnOf } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { Fate, type LinkModel, type SectionId, SymbolFlag, SymbolSection } from "../../model/index.ts";
import { type Expression, phdrTypeOf } from "../../script/index.ts";
import { numberOutputs } from "../place/file-order.ts";
import {
  type ChildStatement,
  type InputStatement,
  type OutputStatement,
  type Placement,
  SectionFlag,
  type Statement,
} from "../place/placement.ts";
import {
  inputFlags,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_LINK_ORDER,
  SHF_TLS,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_PROGBITS,
} from "../place/section-flags.ts";
import { type ScriptCommands, symbolsIn } from "../statements/commands.ts";
import { nameMatches } from "../statements/glob.ts";
import { matchSections } from "../statements/match.ts";
import { DISCARD, inputStatement, newOutput, statementsOf } from "../statements/tree.ts";
import { lldPriority, type Wild, wildOrderLld } from "../statements/wild.ts";
import { attachedSections, lldOrder } from "./order-lld.ts";
import { sortStatements } from "./orphans-lld.ts";
import { canBeProgbits, typeName } from "./output-type-lld.ts";
import { reserveSymbols } from "./reserved-lld.ts";
import { defineStartStop } from "./start-stop-lld.ts";

// Placement by LLD's rules. What differs from GNU ld's: patterns of one
// statement take their sections pattern by pattern; sections that no statement
// names are joined by a shortened name (`.text.f` goes to `.text`) and sorted
// by rank; flags are those of all inputs together, whatever they contradict;
// and a section of the script stays when anything but input patterns is in it.

const PREFIXES = [
  ".text.",
  ".rodata.",
  ".data.rel.ro.",
  ".data.",
  ".bss.rel.ro.",
  ".bss.",
  ".init_array.",
  ".fini_array.",
  ".ctors.",
  ".dtors.",
  ".tbss.",
  ".gcc_except_table.",
  ".tdata.",
];
const TEXT_PREFIXES = [".text.hot.", ".text.unlikely.", ".text.startup.", ".text.exit."];
/** What LLD makes at first and takes away if nothing comes of it, with flags: those stay. */
const MADE: readonly (readonly [string, number])[] = [
  [".bss", SHF_ALLOC | SHF_WRITE],
  [".bss.rel.ro", SHF_ALLOC | SHF_WRITE],
  [".got", SHF_ALLOC | SHF_WRITE],
  [".got.plt", SHF_ALLOC | SHF_WRITE],
  [".plt", SHF_ALLOC | SHF_EXECINSTR],
  [".iplt", SHF_ALLOC | SHF_EXECINSTR],
];
const SHF_GROUP = 0x200;
const SHF_INFO_LINK = 0x40;

/** The output section that a section without a statement goes to. */
export function outputNameLld(model: LinkModel, name: string): string {
  const { options } = model;
  if (options.kind === "relocatable") return name;
  const prefixes = options.zKeywords.includes("keep-text-section-prefix")
    ? [...TEXT_PREFIXES, ...PREFIXES]
    : PREFIXES;
  for (const prefix of prefixes) {
    const stem = prefix.slice(0, -1);
    if (name === stem || name.startsWith(prefix)) return stem;
  }
  return name === "COMMON" ? ".bss" : name;
}

/** Puts the live input sections into output sections, as LLD does. */
export function placeSectionsLld(model: LinkModel, commands: ScriptCommands, report: Report): Placement {
  return new LldPlacer(model, commands, report).run();
}

class LldPlacer {
  private readonly model: LinkModel;
  private readonly commands: ScriptCommands;
  private readonly report: Report;
  private readonly overlayNoCrossRefs: (readonly string[])[] = [];
  private readonly discarded: SectionId[] = [];
  private readonly rows = new Map<InputStatement, SectionId[]>();
  private readonly orphans: OutputStatement[] = [];
  private statements: Statement[] = [];

  constructor(model: LinkModel, commands: ScriptCommands, report: Report) {
    this.model = model;
    this.commands = commands;
    this.report = report;
  }

  run(): Placement {
    const { model, commands } = this;
    const { rules } = model.trace;
    if (model.options.enableNonContiguousRegions)
      this.report.error("LD0704", undefined, "--enable-non-contiguous-regions is not supported");
    this.statements = commands.statements.flatMap((node) =>
      statementsOf(node, rules, this.overlayNoCrossRefs),
    );
    this.chainOverlays();
    this.overwrite();
    this.checkLoads();
    const order = lldOrder(model);
    this.processSections(order);
    this.addOrphans(order);
    for (const [statement, rows] of this.rows) statement.sections = columnOf(rows);
    this.settle();
    if (model.options.kind !== "relocatable") {
      this.sortInputs();
      this.statements = sortStatements(
        model,
        this.statements,
        this.orphans,
        commands.hasSections,
        holdsTable,
      );
    } else if (commands.hasSections) this.statements.push(...this.orphans);
    else this.statements.unshift(...this.orphans);
    const live = (s: Statement): s is OutputStatement => s.kind === "output" && s.name !== DISCARD;
    const outputs = this.statements.filter(live);
    this.spreadPhdrs(outputs);
    this.setStarts(outputs);
    const placement: Placement = {
      statements: this.statements,
      outputs,
      named: outputs,
      written: this.statements,
      headerOrder: [...outputs],
      made: outputs,
      text: undefined,
      commands,
      discarded: this.discarded,
      empty: new Set(),
      overlayNoCrossRefs: this.overlayNoCrossRefs,
      reserved: reserveSymbols(model, commands.hasSections),
      several: undefined,
      layout: undefined,
    };
    numberOutputs(model, placement);
    return placement;
  }

  /** Each section of an OVERLAY is loaded behind the one before. */
  private chainOverlays(): void {
    let previous: OutputStatement | undefined;
    for (const output of this.statements) {
      if (output.kind !== "output") continue;
      if (output.overlay === "next" && previous?.span) {
        const { span } = previous;
        const section = { text: previous.name, quoted: false, span };
        const left: Expression = { kind: "section-query", query: "LOADADDR", section, span };
        const right: Expression = { kind: "section-query", query: "SIZEOF", section, span };
        output.loadBase = { kind: "binary", operator: "+", left, right, span };
      }
      previous = output;
    }
  }

  /** OVERWRITE_SECTIONS replaces what the script says of a section, or adds one for it. */
  private overwrite(): void {
    const { rules } = this.model.trace;
    for (const node of this.commands.overwrite) {
      for (const made of statementsOf(node, rules, this.overlayNoCrossRefs)) {
        if (made.kind !== "output") continue;
        const at = this.statements.findIndex((s) => s.kind === "output" && s.name === made.name);
        if (at >= 0) this.statements[at] = made;
        else this.overwritten.push(made);
      }
    }
  }

  private checkLoads(): void {
    for (const statement of this.statements) {
      if (statement.kind !== "output" || !statement.loadBase || !statement.loadRegion) continue;
      const message = "section can't have both LMA and a load region";
      this.report.error("LD0534", undefined, message, { lld: message });
    }
  }

  private readonly overwritten: OutputStatement[] = [];

  private processSections(order: Int32Array): void {
    const { model } = this;
    const { sections } = model;
    const all = [...this.overwritten, ...this.statements];
    const wilds = matchSections(model, all, order, {
      isUnique: undefined,
      takesUnique: () => true,
      kept: new Uint8Array(sections.count),
    });
    for (const output of all) {
      if (output.kind !== "output") continue;
      const taken: SectionId[] = [];
      for (const child of output.children)
        if (child.kind === "input") taken.push(...this.take(wilds.get(child), child));
      if (output.name === DISCARD) {
        for (const row of taken) this.discard(row);
        output.children.length = 0;
        continue;
      }
      if (!this.constraintHolds(output, taken)) {
        for (const row of taken) sections.rule[row] = -1;
        this.undefineSymbols(output);
        output.children.length = 0;
        output.dropped = true;
        continue;
      }
      output.exists = true;
      for (const row of taken) this.commit(output, row);
    }
    for (const output of this.overwritten) if (output.hasInput) this.orphans.push(output);
  }

  private take(wild: Wild | undefined, statement: InputStatement): SectionId[] {
    const { sections } = this.model;
    const rows: SectionId[] = [];
    if (!wild) return rows;
    const { flags } = wild;
    for (const row of wildOrderLld(this.model, wild)) {
      if (sections.rule[row] >= 0 || sections.fate[row] !== Fate.kept) continue;
      if (flags) {
        const elf = sections.flags[row];
        if ((elf & flags.all) !== flags.all || (elf & flags.none) !== 0) continue;
      }
      sections.rule[row] = statement.rule;
      rows.push(row);
    }
    this.rows.set(statement, rows);
    return rows;
  }

  private discard(row: SectionId): void {
    const { sections } = this.model;
    if (sections.fate[row] !== Fate.kept) return;
    sections.fate[row] = Fate.discarded;
    this.discarded.push(row);
    this.attached ??= attachedSections(this.model);
    for (const other of this.attached.get(row) ?? []) this.discard(other);
  }

  /** Sections by what they go with (SHF_LINK_ORDER): they are discarded with it. */
  private attached: Map<SectionId, SectionId[]> | undefined;

  /** What an output section would have defined, had its constraint held. */
  private undefineSymbols(output: OutputStatement): void {
    const { names, symbols } = this.model;
    for (const child of output.children) {
      if (child.kind !== "assignment" || child.node.target.text === ".") continue;
      const name = child.node.target.text;
      const assigned = this.commands.assignments.get(name) ?? [];
      if (assigned.some(({ assignment }) => assignment !== child.node)) continue;
      const id = symbols.global(names.addString(name));
      if (id === 0 || symbols.section[id] !== SymbolSection.script) continue;
      symbols.section[id] = SymbolSection.undefined;
      symbols.flags[id] &= ~(SymbolFlag.fromScript | SymbolFlag.provided);
    }
  }

  private constraintHolds(output: OutputStatement, rows: readonly SectionId[]): boolean {
    if (output.constraint !== "ONLY_IF_RO" && output.constraint !== "ONLY_IF_RW") return true;
    const { sections } = this.model;
    const isWritable = rows.some((row) => (sections.flags[row] & SHF_WRITE) !== 0);
    return isWritable === (output.constraint === "ONLY_IF_RW");
  }

  /** Flags of all inputs together; the type of the first, or PROGBITS where they differ. */
  private commit(output: OutputStatement, row: SectionId): void {
    const { sections, options, names } = this.model;
    const isUnwind = output.name === ".eh_frame" && options.kind !== "relocatable";
    const type =
      isUnwind || names.text(sections.name[row]) === ".eh_frame" ? SHT_PROGBITS : sections.type[row];
    let flags = sections.flags[row] & ~SHF_INFO_LINK;
    if (options.kind !== "relocatable") flags &= ~SHF_GROUP;
    const section = names.text(sections.name[row]);
    const from = this.model.objects[sections.object[row]]?.name ?? "<internal>";
    if (!output.hasInput) {
      output.hasInput = true;
      output.firstInput = row;
      output.elfType = type;
      output.elfFlags = flags;
      output.entsize = sections.entsize[row];
    } else {
      if (((output.elfFlags ^ flags) & (SHF_TLS | SHF_LINK_ORDER)) !== 0) {
        const hex = (value: number) => `0x${(value >>> 0).toString(16).toUpperCase()}`;
        const message = `incompatible section flags for ${output.name}`;
        const lld = `${message}\n>>> ${from}:(${section}): ${hex(flags)}\n>>> output section ${output.name}: ${hex(output.elfFlags)}`;
        this.report.error("LD0505", output.span, message, { lld });
      }
      if (output.elfType !== type) {
        if (!canBeProgbits(output.elfType) || !canBeProgbits(type)) {
          const message = `section type mismatch for ${section}`;
          const lld = `${message}\n>>> ${from}:(${section}): ${typeName(type)}\n>>> output section ${output.name}: ${typeName(output.elfType)}`;
          this.report.error("LD0506", output.span, message, { lld });
        }
        output.elfType = SHT_PROGBITS;
      }
    }
    const keyword = output.type?.keyword;
    if (keyword === "NOLOAD") output.elfType = SHT_NOBITS;
    output.elfFlags |= flags;
    if (keyword === "COPY" || keyword === "INFO" || keyword === "OVERLAY") output.elfFlags &= ~SHF_ALLOC;
    if (sections.alignPower[row] > output.alignPower) output.alignPower = sections.alignPower[row];
    if (output.entsize !== sections.entsize[row]) output.entsize = 0;
  }

  // Orphans

  private addOrphans(order: Int32Array): void {
    const { model } = this;
    const { sections, names, options, objects } = model;
    const byName = new Map<string, OutputStatement>();
    const links: OutputStatement[] = [];
    for (const statement of this.statements)
      if (statement.kind === "output" && !byName.has(statement.name) && statement.name !== DISCARD)
        byName.set(statement.name, statement);
    for (const output of this.overwritten) if (!byName.has(output.name)) byName.set(output.name, output);
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      if (sections.fate[row] !== Fate.kept || sections.rule[row] >= 0) continue;
      const own = names.text(sections.name[row]);
      const name = outputNameLld(model, own);
      if (options.orphanHandling === "error" || options.orphanHandling === "warn") {
        const lld = `${objects[sections.object[row]]?.name ?? "<internal>"}:(${own}) is being placed in '${name}'`;
        const say = options.orphanHandling === "error" ? "error" : "warning";
        this.report[say]("LD0502", undefined, lld, { lld });
      }
      const alone = options.kind === "relocatable" && (sections.flags[row] & SHF_GROUP) !== 0;
      let output = alone ? undefined : this.sameLink(byName.get(name), row, links);
      if (!output) {
        output = newOutput({ name });
        output.isOrphan = true;
        this.orphans.push(output);
        if (!alone && !byName.has(name)) byName.set(name, output);
        if (this.linkedTo(row) !== undefined) links.push(output);
      } else if (this.overwritten.includes(output) && !this.orphans.includes(output))
        this.orphans.push(output);
      output.exists = true;
      this.append(output, row);
    }
  }

  /** -r: the name of the output section that a section with SHF_LINK_ORDER goes with. */
  private linkedTo(row: SectionId): string | undefined {
    const { sections, objects, options, trace } = this.model;
    if (options.kind !== "relocatable" || (sections.flags[row] & SHF_LINK_ORDER) === 0) return undefined;
    const object = objects[sections.object[row]];
    const linked = object ? object.sectionBase + sections.link[row] : 0;
    return trace.rules[sections.rule[linked]]?.outputSection;
  }

  /** -r: of one name, sections that go with different sections stay apart; in an executable they need not. */
  private sameLink(
    output: OutputStatement | undefined,
    row: SectionId,
    links: readonly OutputStatement[],
  ): OutputStatement | undefined {
    const own = this.linkedTo(row);
    if (!output || own === undefined) return output;
    const { sections } = this.model;
    return [output, ...links].find((candidate) => {
      const first = candidate.children.find((child) => child.kind === "input");
      const [other] = (first && this.rows.get(first)) ?? [];
      return (
        other !== undefined && sections.name[other] === sections.name[row] && this.linkedTo(other) === own
      );
    });
  }

  private append(output: OutputStatement, row: SectionId): void {
    const { trace, names, sections } = this.model;
    let last: ChildStatement | undefined = output.children[output.children.length - 1];
    if (last?.kind !== "input" || last.node !== undefined) {
      const text = `orphan ${names.text(sections.name[row])}`;
      const reason = output.isOrphan ? "no statement of a script names it" : `the script has ${output.name}`;
      const rule = trace.rules.push({ text, outputSection: output.name, keep: false, reason }) - 1;
      last = inputStatement(rule);
      output.children.push(last);
      this.rows.set(last, []);
    }
    this.rows.get(last)?.push(row);
    sections.rule[row] = last.rule;
    this.commit(output, row);
  }

  // Flags and what is left out

  /** Sections without inputs take the flags of the one before; those that say nothing go. */
  private settle(): void {
    const mentioned = this.mentioned();
    let previous = SHF_ALLOC;
    for (const statement of [...this.statements, ...this.orphans]) {
      if (statement.kind !== "output") continue;
      const output = statement;
      if (output.name === DISCARD) {
        output.dropped = true;
        continue;
      }
      if (output.hasInput) previous = output.elfFlags;
      else {
        previous = madeFlags(output) ?? previous;
        const keyword = output.type?.keyword;
        const isAlloc = keyword !== "COPY" && keyword !== "INFO" && keyword !== "OVERLAY";
        output.elfFlags = previous & ((isAlloc ? SHF_ALLOC : 0) | SHF_WRITE | SHF_EXECINSTR);
        output.elfType = keyword === "NOLOAD" ? SHT_NOBITS : SHT_PROGBITS;
        if (this.isDiscardable(output, mentioned)) {
          output.excluded = output.ignored = output.dropped = true;
          output.exists = false;
        }
      }
      output.flags = inputFlags(output.elfType, output.elfFlags, false);
    }
    this.statements = this.statements.filter((s) => s.kind !== "output" || !s.dropped);
  }

  private isDiscardable(output: OutputStatement, mentioned: ReadonlySet<string>): boolean {
    if (output.phdrs.length > 0 || output.dropped) return output.dropped;
    const words = [output.address, output.align, output.subalign, output.loadBase];
    if (words.some((expression) => expression && symbolsIn(expression).length > 0)) return false;
    if (mentioned.has(output.name)) return false;
    return output.children.every((child) => {
      if (child.kind === "input") return true;
      return child.kind === "assignment" && child.node.target.text !== "." && !this.isDefined(child.node);
    });
  }

  private isDefined(node: {
    readonly provide: boolean;
    readonly target: { readonly text: string };
  }): boolean {
    if (!node.provide) return true;
    const { names, symbols } = this.model;
    const name = names.find(node.target.text);
    const id = name < 0 ? 0 : symbols.global(name);
    return (
      id !== 0 &&
      symbols.section[id] === SymbolSection.script &&
      (symbols.flags[id] & SymbolFlag.provided) !== 0
    );
  }

  /** Output sections that ADDR or LOADADDR name. */
  private mentioned(): Set<string> {
    const found = new Set<string>();
    const look = (expression: Expression | undefined): void => {
      if (!expression) return;
      switch (expression.kind) {
        case "section-query":
          if (expression.query === "ADDR" || expression.query === "LOADADDR")
            found.add(expression.section.text);
          break;
        case "unary":
          look(expression.operand);
          break;
        case "binary":
          look(expression.left);
          look(expression.right);
          break;
        case "conditional":
          look(expression.condition);
          look(expression.then);
          look(expression.otherwise);
          break;
        case "parenthesized":
          look(expression.inner);
          break;
        case "assert-expression":
          look(expression.condition);
          break;
        case "call":
          for (const argument of expression.arguments) look(argument);
          break;
        default:
          break;
      }
    };
    const lookAt = (statement: Statement | ChildStatement): void => {
      if (statement.kind === "assignment") look(statement.expression);
      else if (statement.kind === "assert") look(statement.node.condition);
      else if (statement.kind === "data" && statement.node.kind === "data") look(statement.node.value);
      else if (statement.kind === "output") {
        for (const part of [statement.address, statement.loadBase, statement.align]) look(part);
        for (const child of statement.children) lookAt(child);
      }
    };
    for (const statement of this.statements) lookAt(statement);
    return found;
  }

  /** Without SECTIONS constructors are ordered by their priorities. */
  private sortInputs(): void {
    if (this.commands.hasSections) return;
    const { sections, names, objects } = this.model;
    const nameOf = (row: SectionId) => names.text(sections.name[row]);
    for (const output of this.orphans) {
      const child = output.children[0];
      if (child?.kind !== "input") continue;
      const rows = Array.from(child.sections);
      if (output.name === ".init_array" || output.name === ".fini_array")
        rows.sort((a, b) => lldPriority(nameOf(a)) - lldPriority(nameOf(b)));
      else if (output.name === ".ctors" || output.name === ".dtors") {
        const place = (row: SectionId) => {
          const file = (objects[sections.object[row]]?.name ?? "").replace(/^.*\//, "");
          if (/^(clang_rt\.)?crtbegin[ST]?(-.*)?\.o$/.test(file)) return 0;
          return /^(clang_rt\.)?crtend[ST]?(-.*)?\.o$/.test(file) ? 2 : 1;
        };
        const suffix = (row: SectionId) => nameOf(row).slice(6);
        rows.sort((a, b) => {
          const byFile = place(a) - place(b);
          if (byFile !== 0) return byFile;
          return suffix(a) < suffix(b) ? -1 : suffix(a) > suffix(b) ? 1 : 0;
        });
      } else continue;
      child.sections = columnOf(rows);
    }
  }

  /** PHDRS: a section that names no segment goes on in those of the section before. */
  private spreadPhdrs(outputs: readonly OutputStatement[]): void {
    const { phdrs } = this.commands;
    if (!phdrs) return;
    const first = phdrs.find((node) => phdrTypeOf(node.type) === 1n || isNumber(node.type, 1n));
    let last = first ? [first.name] : [];
    for (const output of outputs) {
      if (output.phdrs.length > 0) last = [...output.phdrs];
      else if ((output.elfFlags & SHF_ALLOC) !== 0) output.phdrs = last;
    }
  }

  /** -Ttext and friends go before what the script says. */
  private setStarts(outputs: readonly OutputStatement[]): void {
    for (const output of outputs) {
      const address = this.model.options.sectionStarts.get(output.name);
      if (address === undefined) continue;
      const text = `0x${address.toString(16)}`;
      const span = { source: { name: "command line", text }, start: 0, end: text.length };
      output.address = { kind: "number", value: address, text, span };
    }
    if (this.model.options.kind === "relocatable") return;
    for (const output of outputs)
      if ((output.flags & SectionFlag.alloc) !== 0) defineStartStop(this.model, output);
  }
}

/** The flags of the linker's sections that a section without inputs has patterns for. */
function madeFlags(output: OutputStatement): number | undefined {
  let flags: number | undefined;
  for (const child of output.children) {
    if (child.kind !== "input") continue;
    for (const { pattern } of child.node?.sections ?? [])
      for (const [name, own] of MADE) if (nameMatches(pattern.text, name)) flags = (flags ?? 0) | own;
  }
  return flags;
}

const holdsTable = (output: OutputStatement) => madeFlags(output) !== undefined;

function isNumber(expression: Expression, value: bigint): boolean {
  return expression.kind === "number" && expression.value === value;
}
