import { columnOf, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { SHT_GROUP } from "../../elf/index.ts";
import { Fate, type LinkModel, type SectionId, sectionName } from "../../model/index.ts";
import type { Expression } from "../../script/index.ts";
import type { Target } from "../../targets/index.ts";
import { SeveralRegions } from "../layout/several-regions.ts";
import { placeSectionsLld } from "../lld/place-lld.ts";
import type { LayoutStatement, ScriptCommands } from "../statements/commands.ts";
import { nameMatches } from "../statements/glob.ts";
import type { Move } from "../statements/insert.ts";
import { matchSections } from "../statements/match.ts";
import { DISCARD, newOutput, statementsOf } from "../statements/tree.ts";
import { type Wild, wildMatches, wildOrder } from "../statements/wild.ts";
import { leavesCommons } from "../symbols/common.ts";
import { dropLinkOrder, dropUnwindIndex } from "./dropped.ts";
import { fileOrder, numberOutputs } from "./file-order.ts";
import { listsLoaderTables, makeLoaderTables, withLoaderTables } from "./loader-tables.ts";
import { allReadonly, findGarbage } from "./only-if.ts";
import { groupHeaders, otherAttributes, withRows } from "./orphan-order.ts";
import { OrphanPlacer } from "./orphans.ts";
import {
  type InputStatement,
  type OutputStatement,
  type Placement,
  SectionFlag,
  type Statement,
} from "./placement.ts";
import { RowTaker } from "./row-taker.ts";
import { defineStartStop } from "./section-edges.ts";
import { addInput, createOutput, FlagReader, isDebugName } from "./section-flags.ts";

// Which output section does each input section go to, and in which order?
//
// Every input section is shown, file after file, to the pattern statements
// whose patterns match its name; each remembers what it matched. Then the
// statements are walked in the order of the script, and each adds what it
// matched and nobody before it took. So the first match wins, and within one
// statement the order is that of the files and of the sections in them, unless
// it sorts. (`*(.a .b)` is one statement: file by file, .a and .b mixed;
// `*(.a) *(.b)` is two.) What is left then are the orphans: see orphans.ts.

/** Puts the live input sections into output sections; `unneeded` rows are only where the script looks for sections. */
export function placeSections(
  model: LinkModel,
  commands: ScriptCommands,
  target: Target,
  unneeded: readonly SectionId[],
  report: Report,
): Placement {
  if (model.options.compat === "lld") return placeSectionsLld(model, commands, report);
  return new Placer(model, commands, target, unneeded, report).run();
}

class Placer {
  private readonly model: LinkModel;
  private readonly commands: ScriptCommands;
  private readonly target: Target;
  private readonly report: Report;
  private readonly empty = new Set<SectionId>();
  private readonly unneeded: readonly SectionId[];
  private readonly flags: FlagReader;
  private readonly overlayNoCrossRefs: (readonly string[])[] = [];
  private readonly statementsByNode = new Map<LayoutStatement, Statement[]>();
  /** In the order of the script before INSERT. */
  private written: Statement[] = [];
  private readonly headerOrder: OutputStatement[] = [];
  /** Of -Ttext and friends behind a script: the sections, made when the script's are. */
  private readonly lateStarts: OutputStatement[] = [];
  private readonly discarded: SectionId[] = [];
  private wilds: ReadonlyMap<InputStatement, Wild> = new Map();
  /** What was added to a pattern statement (or to the orphans' one), in order. */
  private readonly added = new Map<InputStatement, SectionId[] | Int32Array>();
  private commonOutput: OutputStatement | undefined;
  private garbage: Set<SectionId> | undefined;
  /** Rows that some KEEP matches, even if another statement takes them: they make their output section stay. */
  private readonly kept: Uint8Array;
  private readonly several: SeveralRegions | undefined;

  constructor(
    model: LinkModel,
    commands: ScriptCommands,
    target: Target,
    unneeded: readonly SectionId[],
    report: Report,
  ) {
    this.unneeded = unneeded;
    this.model = model;
    this.commands = commands;
    this.report = report;
    this.target = target;
    this.flags = new FlagReader(model);
    this.addEmptySections();
    if (listsLoaderTables(model)) makeLoaderTables({ model, target, empty: this.empty });
    this.kept = uint8Column(model.sections.count);
    for (const row of model.dynamic?.keptSections ?? []) this.kept[row] = 1;
    if (model.options.enableNonContiguousRegions) this.several = new SeveralRegions(model, this.empty);
  }

  run(): Placement {
    const { model, commands } = this;
    this.buildTree();
    const order = fileOrder(model);
    this.excludeDebug(order);
    this.wilds = matchSections(model, this.written, order, {
      isUnique: this.uniqueTest(),
      takesUnique: (wild, section) => this.takesUnique(wild, section),
      kept: this.kept,
    });
    this.garbage = findGarbage(model, this.written, this.wilds);
    for (const statement of this.written) this.mapStatement(statement);
    for (const output of this.lateStarts) this.create(output, 0);
    const statements = commands.statements.flatMap((node) => this.statementsByNode.get(node) ?? []);
    for (const statement of this.written) if (!statements.includes(statement)) statements.push(statement);
    const made = [...this.headerOrder];
    for (const move of commands.moves) this.followMove(move);
    this.several?.warnOfInserts(commands.moves.length, this.report);
    this.several?.noteSizes();
    const live = (s: Statement): s is OutputStatement => s.kind === "output" && s.name !== DISCARD;
    const outputs = statements.filter(live);
    dropUnwindIndex(this.model);
    this.dropOrphanedLinkOrder(order);
    this.placeOrphans(order, statements, outputs);
    for (const [statement, rows] of this.added)
      statement.sections = rows instanceof Int32Array ? rows : columnOf(rows);
    const text = [...made, ...outputs].find((output) => output.exists && output.name === ".text");
    this.setTextReadonly(text);
    defineStartStop({ model, commands, target: this.target, added: this.added }, outputs);
    const placement: Placement = {
      statements,
      outputs,
      headerOrder: this.headerOrder,
      made,
      text,
      commands,
      discarded: this.discarded,
      empty: this.empty,
      overlayNoCrossRefs: this.overlayNoCrossRefs,
      written: this.written,
      named: this.written.filter((s): s is OutputStatement => s.kind === "output"),
      reserved: [],
      several: this.several,
      layout: undefined,
    };
    numberOutputs(model, placement);
    return placement;
  }

  private buildTree(): void {
    const { rules } = this.model.trace;
    for (const node of this.commands.written) {
      const made = statementsOf(node, rules, this.overlayNoCrossRefs);
      this.statementsByNode.set(node, made);
      this.written.push(...made);
    }
    this.addSectionStarts();
  }

  /** -Ttext and friends: the section's address, whatever the script says; made when the script has none. */
  private addSectionStarts(): void {
    for (const [name, address] of this.model.options.sectionStarts) {
      let output = this.written.find((s): s is OutputStatement => s.kind === "output" && s.name === name);
      if (!output) {
        output = newOutput({ name });
        output.isDetached = true;
        this.written.push(output);
      }
      output.address = numberExpression(address);
      if (this.isBehindScript(name)) this.lateStarts.push(output);
      else this.create(output, 0);
    }
  }

  /** Whether the option stands behind the -T script that it is about: then its section comes behind the script's. */
  private isBehindScript(section: string): boolean {
    if (this.commands.moves.length > 0) return false;
    return this.model.options.startOptions.find((option) => option.section === section)!.scripts > 0;
  }

  /** What GNU ld makes in any case: rows without bytes, unless the link has the real ones. */
  private addEmptySections(): void {
    const { sections, names, objects, options } = this.model;
    if (this.model.dynamic) {
      for (const row of this.unneeded) this.empty.add(row);
      return;
    }
    const made = this.target.emptySections;
    if (!made || options.kind === "relocatable" || options.oformat === "binary" || objects.length === 0)
      return;
    const last = objects[objects.length - 1];
    const present = new Set<number>();
    for (let row = last.sectionBase + last.sectionCount; row < sections.count; row++)
      present.add(sections.name[row]);
    for (const { name, type, flags, alignPower } of made) {
      const id = names.addString(name);
      if (present.has(id)) continue;
      this.empty.add(sections.addSynthetic({ object: -1, name: id, type, flags, alignPower }));
    }
  }

  // Matching

  /** -s and -S leave the debugger's sections out. */
  private excludeDebug(order: Int32Array): void {
    const { sections, names, options } = this.model;
    if (options.strip === "none") return;
    for (let i = 0; i < order.length; i++) {
      const section = order[i];
      if ((this.flags.of(section) & SectionFlag.debugging) === 0) continue;
      if (isDebugName(names.text(sections.name[section]))) sections.fate[section] = Fate.excluded;
    }
  }

  /** --unique=PATTERN, and with -r the members of groups: no pattern takes them. */
  private uniqueTest(): ((section: SectionId) => boolean) | undefined {
    const { options, sections, names } = this.model;
    const patterns = options.uniqueSections;
    const groups = this.keepsGroups();
    if (patterns.length === 0 && !groups) return undefined;
    const byName = new Map<number, boolean>();
    return (section) => {
      if (groups && sections.group[section] >= 0) return true;
      const name = sections.name[section];
      let unique = byName.get(name);
      if (unique === undefined) {
        const text = names.text(name);
        unique = patterns.some((pattern) => nameMatches(pattern, text));
        byName.set(name, unique);
      }
      return unique;
    };
  }

  private keepsGroups(): boolean {
    const { options } = this.model;
    return options.kind === "relocatable" && !options.forceGroupAllocation && !this.commands.forceGroup;
  }

  private takesUnique(wild: Wild, section: SectionId): boolean {
    return wild.output.name === DISCARD && this.keepsGroups() && this.model.sections.group[section] >= 0;
  }

  // Walking the script

  private mapStatement(statement: Statement): void {
    if (statement.kind === "assert") {
      this.createMentioned(statement.node.condition);
      return;
    }
    if (statement.kind === "assignment") {
      this.createMentioned(statement.node.value);
      return;
    }
    const output = statement;
    if (output.constraint === "ONLY_IF_RO" || output.constraint === "ONLY_IF_RW") {
      if (
        allReadonly(this.model, output, this.wilds, this.flags, this.garbage) !==
        (output.constraint === "ONLY_IF_RO")
      ) {
        output.dropped = true;
        return;
      }
    }
    for (const child of output.children) {
      switch (child.kind) {
        case "input":
          this.addMatched(output, child);
          break;
        case "data":
          if (child.node.kind === "data") this.createMentioned(child.node.value);
          this.createForData(output);
          break;
        case "assignment":
          this.create(output, 0);
          this.createMentioned(child.node.value);
          if (child.node.target.text !== ".") output.keepsPlace = output.keepsPlace || !child.node.provide;
          break;
        case "assert":
          this.create(output, 0);
          this.createMentioned(child.node.condition);
          break;
        default:
          this.create(output, 0);
          break;
      }
    }
  }

  private create(output: OutputStatement, flags: number): void {
    if (output.exists || output.name === DISCARD) return;
    createOutput(output, flags);
    this.headerOrder.push(output);
    if (output.address) this.createMentioned(output.address);
    if (output.loadBase) this.createMentioned(output.loadBase);
  }

  private createForData(output: OutputStatement): void {
    if (output.name === DISCARD) return;
    const { alloc, load, hasContents, readonly, neverLoad } = SectionFlag;
    let flags = hasContents | alloc | load;
    switch (output.type?.keyword) {
      case "COPY":
      case "INFO":
      case "DSECT":
      case "OVERLAY":
        flags = hasContents;
        break;
      case "READONLY":
        flags |= readonly;
        break;
      case "NOLOAD":
        flags = neverLoad | alloc;
        break;
      default:
        break;
    }
    if (output.exists) output.flags |= flags;
    else this.create(output, flags | readonly);
    if (output.type?.type) output.dataSetsType = true;
  }

  /** ADDR and LOADADDR need the section they name to be there. */
  private createMentioned(expression: Expression): void {
    switch (expression.kind) {
      case "unary":
        this.createMentioned(expression.operand);
        break;
      case "binary":
        this.createMentioned(expression.left);
        this.createMentioned(expression.right);
        break;
      case "conditional":
        this.createMentioned(expression.condition);
        this.createMentioned(expression.then);
        this.createMentioned(expression.otherwise);
        break;
      case "parenthesized":
        this.createMentioned(expression.inner);
        break;
      case "assert-expression":
        this.createMentioned(expression.condition);
        break;
      case "call":
        for (const argument of expression.arguments) this.createMentioned(argument);
        break;
      case "section-query":
        if (expression.query === "ADDR" || expression.query === "LOADADDR") {
          const output = this.written.find(
            (s): s is OutputStatement =>
              s.kind === "output" && !s.dropped && s.name === expression.section.text,
          );
          if (output) this.create(output, 0);
        }
        break;
      default:
        break;
    }
  }

  private addMatched(output: OutputStatement, statement: InputStatement): void {
    const wild = this.wilds.get(statement);
    if (!wild) return;
    const { model } = this;
    for (const row of this.garbage ?? []) if (wildMatches(model, wild, row)) this.garbage?.delete(row);
    const { sections } = model;
    const discards = output.name === DISCARD;
    const order = wildOrder(model, wild);
    let rows: Int32Array = order;
    if (discards) {
      rows = order.subarray(0, 0);
      for (let i = 0; i < order.length; i++) {
        const section = order[i];
        if (sections.fate[section] !== Fate.kept) continue;
        if (sections.rule[section] >= 0) {
          this.several?.keepFromDiscard(statement, section, this.report);
          continue;
        }
        sections.fate[section] = Fate.discarded;
        sections.rule[section] = statement.rule;
        this.discarded.push(section);
      }
    } else rows = this.takeAll(output, statement, wild, order);
    this.added.set(statement, rows);
    if (output.name === ".init_array") this.reverse(rows, /^\.ctors(\.|$)/);
    else if (output.name === ".fini_array") this.reverse(rows, /^\.dtors(\.|$)/);
    if (!this.commonOutput && !discards && wild.specs.some((spec) => spec.pattern === "COMMON"))
      this.commonOutput = output;
  }

  /** Adds what nobody has taken; returns those rows, at the front of the list. */
  private takeAll(
    output: OutputStatement,
    statement: InputStatement,
    wild: Wild,
    rows: Int32Array,
  ): Int32Array {
    const { sections } = this.model;
    const taker = new RowTaker(this.model, statement.rule, this.kept, rows);
    for (let i = taker.next(0, output); i < rows.length; i = taker.next(i + 1, output)) {
      const section = rows[i];
      if (sections.fate[section] !== Fate.kept || (sections.rule[section] >= 0 && !this.several)) continue;
      if (!this.takes(output, statement, wild, section)) continue;
      sections.rule[section] = statement.rule;
      taker.add(section);
      if (!wild.flags && !this.several) taker.note(section);
    }
    return taker.taken();
  }

  private takes(
    output: OutputStatement,
    statement: InputStatement,
    { flags }: Wild,
    section: SectionId,
  ): boolean {
    if (flags) {
      if (this.model.options.oformat === "binary") {
        this.report.info("LD0509", undefined, "INPUT_SECTION_FLAGS are not supported");
        return false;
      }
      const elf = this.model.sections.flags[section];
      if ((elf & flags.all) !== flags.all || (elf & flags.none) !== 0) return false;
    }
    if (this.several && !this.several.offer(output, statement, section, this.report)) return false;
    const own = this.flags.of(section);
    if (!output.exists) this.create(output, 0);
    addInput(this.model, output, section, own);
    if (this.kept[section] === 1) output.flags |= SectionFlag.keep;
    return true;
  }

  /** .ctors runs from its end, .init_array from its start: in there its words are turned round. */
  private reverse(rows: Int32Array, names: RegExp): void {
    const { model } = this;
    const { sections, objects, options, reversed } = model;
    // GNU ld turns them round in ELF files only.
    if (options.oformat === "binary") return;
    const word = this.target.wordSize;
    for (const row of rows) {
      const size = sections.size[row];
      if (size <= word || !names.test(model.names.text(sections.name[row]))) continue;
      const name = sectionName(model, row);
      const file = objects[sections.object[row]]?.name;
      const table = sections.relocations[row];
      const isFull = table === 0 || sections.size[table] / sections.entsize[table] === size / word;
      if (size % word !== 0 || !isFull)
        this.report.error(
          "LD0508",
          undefined,
          `error: ${file}: size of section ${name} is not multiple of address size`,
        );
      else reversed.add(row);
    }
  }

  /** INSERT moved statements: their headers, and what is between them, go behind that of the section before. */
  private followMove({ moved, before }: Move): void {
    const { headerOrder } = this;
    const outputsOf = (nodes: readonly LayoutStatement[]) =>
      nodes
        .flatMap((node) => this.statementsByNode.get(node) ?? [])
        .filter((s): s is OutputStatement => s.kind === "output" && s.exists && !s.dropped);
    const own = outputsOf(moved);
    const after = outputsOf(before).at(-1);
    if (own.length === 0 || after === undefined) return;
    const places = [headerOrder.indexOf(own[0]), headerOrder.indexOf(own[own.length - 1])];
    const first = Math.min(...places);
    const last = Math.max(...places);
    const to = headerOrder.indexOf(after);
    if (to >= first && to <= last) return;
    const range = headerOrder.splice(first, last - first + 1);
    headerOrder.splice(headerOrder.indexOf(after) + 1, 0, ...range);
  }

  // What nobody took

  /** Sections of no pattern that go with another one, into nothing if it does. */
  private dropOrphanedLinkOrder(order: Int32Array): void {
    const { sections } = this.model;
    if (!sections.hasLinkOrder) return;
    this.discarded.push(...dropLinkOrder(this.model, order));
    for (const [statement, rows] of this.added)
      if (rows.some((section) => sections.fate[section] !== Fate.kept))
        this.added.set(
          statement,
          rows.filter((section) => sections.fate[section] === Fate.kept),
        );
  }

  private placeOrphans(order: Int32Array, statements: Statement[], outputs: OutputStatement[]): void {
    const { model, report } = this;
    const { sections, names, options } = model;
    const orphans: SectionId[] = [];
    const sameName = new Map<number, SectionId[]>();
    const isHeader = (section: SectionId) => sections.type[section] === SHT_GROUP;
    const others = new Set(options.orphanHandling === "place" ? [] : otherAttributes(model));
    const placed = withRows(model, order, [...others]);
    const all = this.keepsGroups()
      ? withRows(model, placed, groupHeaders(model))
      : withLoaderTables(
          { model, commands: this.commands, target: this.target, written: this.written, empty: this.empty },
          placed,
        );
    const list = model.arena.owns(all) ? all : columnOf(all);
    const { byteOffset: columns } = sections.block;
    const next = (from: number) =>
      model.arena.kernels.nextUnplaced(columns, list.byteOffset, from, list.length);
    for (let i = next(0); i < list.length; i = next(i + 1)) {
      const section = list[i];
      if (sections.fate[section] !== Fate.kept && !isHeader(section) && !others.has(section)) continue;
      if (sections.rule[section] >= 0) continue;
      orphans.push(section);
      const known = sameName.get(sections.name[section]);
      if (known) known.push(section);
      else sameName.set(sections.name[section], [section]);
    }
    if (orphans.length === 0) return;
    // Of two of a name the one that was read first is meant, wherever INSERT put it.
    const read = this.written.filter((s): s is OutputStatement => s.kind === "output" && s.name !== DISCARD);
    const lists = { statements, outputs, read, headerOrder: this.headerOrder };
    const placer = new OrphanPlacer(model, lists, this.flags, sameName, this.added, this.kept, report);
    const isUnique = this.uniqueTest();
    const allUnique = options.uniqueOrphans;
    for (const section of orphans) {
      const name = names.text(sections.name[section]);
      if (name === "COMMON" && leavesCommons(model, this.commands)) {
        sections.fate[section] = Fate.discarded;
        this.several?.leaveCommon(section);
        continue;
      }
      if (name === "COMMON") {
        const output = this.commonOutput ?? placer.find(".bss") ?? this.makeBss(placer, statements, outputs);
        placer.append(output, section, "common symbols go with the others");
        continue;
      }
      if (options.orphanHandling === "discard") {
        sections.fate[section] = Fate.discarded;
        this.discarded.push(section);
        // GNU ld makes a statement of it, which maps show.
        if (!statements.some((s) => s.kind === "output" && s.name === DISCARD))
          statements.push({ ...newOutput({ name: DISCARD }), isOrphan: true });
        continue;
      }
      if (options.orphanHandling === "error") {
        const file = model.objects[Math.max(0, sections.object[section])]?.name;
        const full = sectionName(model, section);
        report.error("LD0501", undefined, `error: unplaced orphan section \`${full}' from \`${file}'`, {
          lld: `${file}:(${name}) is being placed in '${name}'`,
        });
      }
      const first = others.has(section) ? placer.find(name) : undefined;
      if (first) {
        placer.reportPlaced(section, first);
        continue;
      }
      const unique = allUnique || isHeader(section) || (isUnique?.(section) ?? false);
      const output = placer.place(section, name, unique);
      this.several?.note(output, section);
      if (sections.group[section] >= 0) output.groupMember = true;
      placer.reportPlaced(section, output);
    }
    // They are written by themselves; only as statements they stay where they are.
    for (const list of [outputs, this.headerOrder])
      for (let i = list.length - 1; i >= 0; i--)
        if (list[i].isOrphan && isHeader(list[i].firstInput)) list.splice(i, 1);
  }

  private makeBss(
    placer: OrphanPlacer,
    statements: Statement[],
    outputs: OutputStatement[],
  ): OutputStatement {
    const bss = newOutput({ name: ".bss" });
    placer.register(bss);
    statements.push(bss);
    outputs.push(bss);
    this.commonOutput = bss;
    return bss;
  }

  /** Code is read-only whatever its inputs say, and with -N it is not. */
  private setTextReadonly(text: OutputStatement | undefined): void {
    const { options } = this.model;
    if (options.kind === "relocatable" || !text) return;
    if (options.omagic) text.flags &= ~SectionFlag.readonly;
    else text.flags |= SectionFlag.readonly;
  }
}

function numberExpression(value: bigint): Expression {
  const text = `0x${value.toString(16)}`;
  return {
    kind: "number",
    value,
    text,
    span: { source: { name: "command line", text }, start: 0, end: text.length },
  };
}
