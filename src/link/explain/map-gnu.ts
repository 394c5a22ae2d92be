import {
  SHF_COMPRESSED,
  SHF_MERGE,
  SHT_GROUP,
  SHT_RISCV_ATTRIBUTES,
  STT_GNU_IFUNC,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Fate,
  Kept,
  type LinkModel,
  nameLocalSymbols,
  type SectionId,
  type StartOption,
  SymbolFlag,
} from "../../model/index.ts";
import { absoluteSection, type Expression, evaluate } from "../../script/index.ts";
import { defaultVersion } from "../dynamic/shared-definition.ts";
import type { LinkResult } from "../link.ts";
import { keptByScript } from "../liveness/keep.ts";
import type {
  AssertStatement,
  AssignmentStatement,
  ChildStatement,
  InputStatement,
  OutputStatement,
  Placement,
  Statement,
} from "../place/placement.ts";
import { DISCARD } from "../statements/tree.ts";
import { gnuRanks } from "../write/gnu-order.ts";
import { outputPath } from "../write/output.ts";
import { crossReferences } from "./cref.ts";
import { symbolDisplayName } from "./display-name.ts";
import { loadLines } from "./map-lines.ts";
import {
  globalsBySection,
  localsBySection,
  originalSize,
  type SymbolsBySection,
  symbolAddress,
} from "./map-symbols.ts";
import { attributes, fillDigits, littleEndian, mentions, printPattern } from "./map-text.ts";
import { printAssert, printAssignment, printExpression } from "./print-expression.ts";

// The map in the format of GNU ld 2.40, for which many tools have parsers: the
// archive members and why they were taken, common symbols, sections left out,
// memory regions, and then the script's statements with all that went there.

/** Names up to here are followed by the address on the same line. */
const NAME_COLUMN = 16;

export function writeGnuMap(result: LinkResult, write: (text: string) => void): void {
  const { inputs, placement } = result;
  if (!inputs) return;
  const map = new GnuMap(result, inputs.model, write);
  map.members();
  map.properties();
  map.libraries();
  map.commons();
  map.functions();
  map.discarded();
  map.remaps();
  map.regions(placement);
  write("\nLinker script and memory map\n\n");
  map.statements(placement);
  if (result.options.cref) write(crossReferences(result));
}

class GnuMap {
  private readonly result: LinkResult;
  private readonly model: LinkModel;
  private readonly write: (text: string) => void;
  private readonly symbols: SymbolsBySection;
  /** --print-map-locals. */
  private readonly locals: SymbolsBySection | undefined;
  /** Hexadecimal digits of an address. */
  private readonly digits: number;
  /** Where the listing has come to, as an address: sections without a place are shown there. */
  private dot = 0n;
  /** Symbols whose assignments were listed. */
  private readonly assigned = new Set<string>();

  constructor(result: LinkResult, model: LinkModel, write: (text: string) => void) {
    nameLocalSymbols(model);
    this.result = result;
    this.model = model;
    this.write = write;
    this.symbols = globalsBySection(model);
    this.locals = model.options.printMapLocals ? localsBySection(model) : undefined;
    this.digits = result.target?.is64 === false ? 8 : 16;
  }

  members(): void {
    const { objects, trace } = this.model;
    let head = "Archive member included to satisfy reference by file (symbol)\n\n";
    for (const { object, symbol, by } of trace.extractions) {
      const name = objects[object].name;
      const place = name.length >= 29 ? `${name}\n${" ".repeat(30)}` : name.padEnd(30);
      const who = by >= 0 ? `${objects[by].name} ` : "";
      const what = symbol === 0 ? "--whole-archive" : symbolDisplayName(this.model, symbol);
      this.write(`${head}${place}${who}(${what})\n`);
      head = "";
    }
  }

  /** What of GNU properties was lost, as not all objects have them. */
  properties(): void {
    const lines = this.model.trace.propertyMerges;
    if (!lines) return;
    this.write("\nMerging program properties\n\n");
    for (const line of lines) this.write(`${line}\n`);
  }

  /** Shared libraries that --as-needed left in, for the first symbol that asked for each. */
  libraries(): void {
    let head = "\nAs-needed library included to satisfy reference by file (symbol)\n\n";
    for (const { soname, by, symbol } of this.model.trace.neededLibraries) {
      const place = soname.length >= 29 ? `${soname}\n${" ".repeat(30)}` : soname.padEnd(30);
      this.write(`${head}${place}${by} (${symbol})\n`);
      head = "";
    }
  }

  /** Functions that resolvers choose, with stubs in a static executable. */
  functions(): void {
    const { model } = this;
    const { symbols, needs, objects, names, dynamic } = model;
    if (dynamic?.textNote !== undefined) this.write(`${dynamic.textNote}\n`);
    for (const symbol of dynamic ? this.loadersFunctions(dynamic) : needs.iplt.symbols) {
      if ((symbols.flags[symbol] & SymbolFlag.global) === 0) continue;
      const where = objects[symbols.object[symbol]]?.name ?? "";
      this.write(`Local IFUNC function \`${names.text(symbols.name[symbol])}' in ${where}\n`);
    }
  }

  /** Of a dynamic executable: a line for each pointer, and for stubs and words of the GOT. */
  private loadersFunctions(dynamic: DynamicLink): number[] {
    const { symbols, sections } = this.model;
    const { section, symbol, kept } = dynamic.relocations;
    const pointers = kept.flatMap((each, i) => (each === Kept.resolver ? i : []));
    // Objects are relocated as a whole, when the first of their sections is written.
    const turns = new Map<number, number>();
    for (const output of this.result.layout?.sections ?? [])
      for (const row of output.order)
        if (!turns.has(sections.object[row])) turns.set(sections.object[row], turns.size);
    const turn = (i: number) => turns.get(sections.object[section[i]]) ?? 0;
    pointers.sort((a, b) => turn(a) - turn(b) || a - b);
    const ranks = gnuRanks(this.model);
    const tables: number[] = [];
    for (let id = 1; id < symbols.count; id++) {
      if (ranks[id] === 0 || (symbols.info[id] & 15) !== STT_GNU_IFUNC) continue;
      if ((dynamic.flags[id] & Dyn.defRegular) !== 0 && (dynamic.plt[id] >= 0 || dynamic.got[id] >= 0))
        tables.push(id);
    }
    return [...pointers.map((i) => symbol[i]), ...tables.sort((a, b) => ranks[a] - ranks[b])];
  }

  commons(): void {
    const { names, symbols, sections, objects } = this.model;
    let head = "\nAllocating common symbols\nCommon symbol       size              file\n\n";
    const ranks = gnuRanks(this.model);
    const globals: number[] = [];
    for (let symbol = 1; symbol < symbols.count; symbol++) if (ranks[symbol] !== 0) globals.push(symbol);
    for (const symbol of globals.sort((a, b) => ranks[a] - ranks[b])) {
      const section = symbols.section[symbol];
      if (section <= 0) continue;
      if (names.text(sections.name[section]) !== "COMMON") continue;
      const name = symbolDisplayName(this.model, symbol);
      const place = name.length >= 19 ? `${name}\n${" ".repeat(20)}` : name.padEnd(20);
      const size = symbols.size[symbol].toString(16).padEnd(16);
      this.write(`${head}${place}0x${size}${objects[symbols.object[symbol]]?.name ?? ""}\n`);
      head = "";
    }
  }

  discarded(): void {
    if (!this.result.options.printMapDiscarded) return;
    const { sections, objects } = this.model;
    let head = "\nDiscarded input sections\n\n";
    const lost = this.lostCommons();
    // What the script would have kept is not listed, whatever became of it.
    const { commands } = this.result.inputs ?? {};
    const isKept = commands ? keptByScript(this.model, commands) : () => false;
    for (const object of objects) {
      for (let i = 1; i < object.sectionCount; i++) {
        const section = object.sectionBase + i;
        const fate = sections.fate[section];
        // -r places the headers of its groups.
        const isGroup = sections.type[section] === SHT_GROUP && sections.rule[section] < 0;
        if (fate === Fate.kept || (fate === Fate.consumed && !isGroup) || isKept(section)) continue;
        this.write(head);
        head = "";
        this.inputSection(section, undefined);
      }
      for (const section of lost.get(object.id) ?? []) {
        this.write(head);
        head = "";
        this.inputSection(section, undefined);
      }
    }
  }

  /** COMMON sections that --gc-sections or the script left out, by object. */
  private lostCommons(): Map<number, SectionId[]> {
    const { sections, objects } = this.model;
    const lost = new Map<number, SectionId[]>();
    const last = objects.at(-1);
    for (let id = last ? last.sectionBase + last.sectionCount : 1; id < sections.count; id++) {
      const object = sections.object[id];
      const fate = sections.fate[id];
      // All else was made by the linker.
      if (!COMMONS.has(this.model.names.text(sections.name[id]))) continue;
      if (object < 0 || fate === Fate.kept || fate === Fate.consumed || fate === Fate.excluded) continue;
      lost.set(object, [...(lost.get(object) ?? []), id]);
    }
    return lost;
  }

  /** --remap-inputs. */
  remaps(): void {
    const { remaps } = this.model.options;
    if (remaps.length > 0) this.write("\nInput File Remapping\n\n");
    for (const { pattern, replacement } of remaps)
      this.write(`  Pattern: ${pattern}\tMaps To: ${replacement || "<discard>"}\n`);
  }

  regions(placement: Placement | undefined): void {
    const { write } = this;
    write("\nMemory Configuration\n\n");
    write("Name             Origin             Length             Attributes\n");
    const all = "f".repeat(this.digits);
    const { ordered, defaultRegion } = placement?.layout?.context.regions ?? {};
    for (const region of ordered ?? [undefined]) {
      if (region === defaultRegion || !region) {
        write(`${"*default*".padEnd(16)} 0x${this.hex(0n).padEnd(16)} 0x${all}\n`);
        continue;
      }
      const { name, origin, length, flags, notFlags } = region;
      const marks =
        (flags !== 0 ? attributes(flags) : "") + (notFlags !== 0 ? `!${attributes(notFlags)}` : "");
      const end = this.hex(length);
      const size = marks === "" ? end : end.padEnd(17);
      write(`${name.padEnd(16)} 0x${this.hex(origin).padEnd(16)} 0x${size}${marks}\n`);
    }
  }

  statements(placement: Placement | undefined): void {
    const { options, inputs, target } = this.result;
    const { commands } = inputs ?? {};
    const augments = inputs !== undefined && options.scripts.length > 0 && this.hasInsert();
    const at = augments ? options.inputs.length : (options.scriptPositions[0] ?? options.inputs.length);
    const lines = loadLines(options.inputs, commands?.inputs ?? [], inputs?.files ?? []);
    const all = placement?.statements ?? [];
    const isDefsym = (statement: Statement): statement is AssignmentStatement =>
      statement.kind === "assignment" && options.defsyms.includes(statement.node.span.source);
    const defsyms = all.filter(isDefsym);
    // Orphans behind the last section of the script stand at the very end, behind what the command line says.
    const trailing = trailingOrphans(all);
    const end = all.length - trailing;
    const print = (statement: Statement) => {
      if (statement.kind === "output") this.outputSection(statement);
      else if (!isDefsym(statement)) this.assignment(statement, undefined);
    };
    const inserted = this.firstInserted(all);
    // What the command line names in front of a script with INSERT moves with it.
    const early = inserted < 0 ? 0 : Math.min(at, this.positionOf(all[inserted]));
    // And stands in front of orphans that were put there.
    let moved = inserted;
    while (moved > 0 && isOrphan(all[moved - 1])) moved--;
    // What the options in front of an input set; those behind a script with INSERT are in front of the built-in one.
    const inFront = (position: number, wanted = (scripts: number) => augments || scripts === 0) => {
      let next = 0;
      for (const statement of defsyms) {
        const number = options.defsyms.indexOf(statement.node.span.source);
        if (options.defsymPositions[number] !== position) continue;
        this.starts(
          position,
          (start) => wanted(start.scripts) && start.defsyms >= next && start.defsyms <= number,
        );
        next = number + 1;
        this.assignment(statement, undefined);
      }
      this.starts(position, (start) => wanted(start.scripts) && start.defsyms >= next);
    };
    for (let position = early; position <= options.inputs.length; position++) {
      if (inserted < 0 || position > early) inFront(position);
      else this.starts(position, ({ scripts }) => scripts > 0);
      if (position === at) {
        this.write(lines.script);
        for (const [i, statement] of all.slice(0, end).entries()) {
          for (let each = 0; i === moved && each <= early; each++) {
            inFront(each, (scripts) => scripts === 0);
            if (each < early) this.write(lines.items[each]);
          }
          print(statement);
        }
      }
      this.starts(position, ({ scripts }) => !augments && scripts > 0);
      if (position < options.inputs.length) this.write(lines.items[position]);
    }
    const output = inputs ? outputPath(options, inputs.commands) : options.output;
    const format = options.oformat === "binary" ? "binary" : target?.bfdName;
    this.write(`OUTPUT(${output}${format ? ` ${format}` : ""})\n`);
    for (const statement of all.slice(end)) print(statement);
  }

  /** What the options between two inputs say of addresses. */
  private starts(position: number, wanted: (start: StartOption) => boolean): void {
    for (const start of this.result.options.startOptions)
      if (start.position === position && wanted(start))
        this.write(`Address of section ${start.section} set to 0x${start.address.toString(16)}\n`);
  }

  /** The first of the statements that the first INSERT moved; -1 without one. */
  private firstInserted(all: readonly Statement[]): number {
    const node = this.result.inputs?.commands.moves[0]?.moved[0];
    if (!node) return -1;
    return all.findIndex((statement) => {
      const span = statement.kind === "output" ? statement.span : statement.node.span;
      return span?.source === node.span.source && span.start >= node.span.start;
    });
  }

  /** How many inputs stand in front of the script that a statement is from. */
  private positionOf(statement: Statement): number {
    const { options } = this.result;
    const span = statement.kind === "output" ? statement.span : statement.node.span;
    const script = span ? options.scripts.indexOf(span.source.name) : -1;
    return options.scriptPositions[Math.max(0, script)] ?? 0;
  }

  /** INSERT makes a script add to the default one, which comes after the inputs. */
  private hasInsert(): boolean {
    return (this.result.scripts?.scripts.length ?? 0) > this.result.options.scripts.length;
  }

  private outputSection(output: OutputStatement): void {
    const { name } = output;
    let text = `\n${name}`;
    if (output.exists && !output.dropped && name !== DISCARD) {
      const { address } = output.ref;
      this.dot = address;
      text += this.pad(name.length) + `0x${this.hex(address)} ${this.size(output.size)}`;
      if (output.loadAddress !== address) text += ` load address 0x${this.hex(output.loadAddress)}`;
      if (output.updateDot) this.dot = this.expressionValue(output.updateDot, this.dot) ?? this.dot;
    }
    this.write(`${text}\n`);
    // Where the bytes that are accounted for end, from the start of the section.
    const at = { offset: 0 };
    for (const child of output.children) this.child(child, output, at);
  }

  private child(child: ChildStatement, output: OutputStatement, at: { offset: number }): void {
    switch (child.kind) {
      case "assignment":
        this.assignment(child, output);
        for (const pad of output.pads) {
          if (pad.cause !== child) continue;
          this.fill(output, pad.offset, pad.size);
          at.offset = Math.max(at.offset, pad.offset + pad.size);
        }
        break;
      case "assert":
        this.assignment(child, output);
        break;
      case "input":
        this.input(child, output, at);
        break;
      case "data":
        this.data(child, output);
        at.offset = child.offset + child.size;
        break;
      case "fill":
        this.write(` FILL mask 0x${fillDigits(child.node.value)}\n`);
        break;
      case "object-symbols":
        this.write(" CREATE_OBJECT_SYMBOLS\n");
        break;
    }
  }

  private input(child: InputStatement, output: OutputStatement, at: { offset: number }): void {
    const { sections } = this.model;
    if (child.node) this.write(` ${printPattern(child.node, this.result.options.sortSection)}\n`);
    for (const section of child.sections) {
      if (sections.type[section] === SHT_RISCV_ATTRIBUTES) {
        this.attributes(sections.type[section], output);
        continue;
      }
      if (output.index >= 0) {
        const offset = sections.outputOffset[section];
        if (offset > at.offset) this.fill(output, at.offset, offset - at.offset);
        at.offset = Math.max(at.offset, offset + sections.size[section]);
      }
      this.inputSection(section, output);
    }
  }

  /** Of attributes one section remains; GNU ld lists all that it was made of, one behind the other. */
  private attributes(type: number, output: OutputStatement): void {
    const { names, sections, objects } = this.model;
    let { address } = output.ref;
    for (const object of objects)
      for (let section = object.sectionBase; section < object.sectionBase + object.sectionCount; section++) {
        if (sections.type[section] !== type || sections.fate[section] === Fate.garbage) continue;
        const name = names.text(sections.name[section]);
        const size = originalSize(this.model, section) ?? 0;
        const place = ` ${name}${this.pad(1 + name.length)}0x${this.hex(address)}`;
        this.write(`${place} ${this.size(size)} ${object.name}\n`);
        address += BigInt(size);
      }
  }

  /** A line for a section, and its global symbols; without an output section, of one that was left out. */
  private inputSection(section: SectionId, output: OutputStatement | undefined): void {
    const { names, sections, objects } = this.model;
    const name = names.text(sections.name[section]);
    const owner = sections.object[section] < 0 ? objects[0] : objects[sections.object[section]];
    const placed = output?.exists === true && output.name !== DISCARD;
    const offset = output && output.index >= 0 ? sections.outputOffset[section] : 0;
    const address = placed ? output.ref.address + BigInt(offset) : this.dot;
    const before = originalSize(this.model, section);
    let size =
      output === undefined ? (before ?? sections.size[section]) : placed ? sections.size[section] : 0;
    // Where merging left nothing, GNU ld shows the section as it was.
    const merged = (sections.flags[section] & SHF_MERGE) !== 0;
    if (placed && merged && size === 0) size = before ?? 0;
    this.write(
      ` ${name}${this.pad(1 + name.length)}0x${this.hex(address)} ${this.size(size)} ${owner?.name ?? "linker stubs"}\n`,
    );
    const shrunk = (merged || name === ".eh_frame") && (sections.flags[section] & SHF_COMPRESSED) === 0;
    if (placed && shrunk && before !== undefined && before !== size && before !== 0)
      this.write(`${" ".repeat(NAME_COLUMN + 3 + this.digits)}${this.size(before)} (size before relaxing)\n`);
    if (!placed) return;
    // The symbols of a section that is left out have moved on to a neighbour.
    for (const symbol of output.excluded ? [] : this.symbols.of(section))
      this.write(
        `${" ".repeat(NAME_COLUMN)}0x${this.hex(symbolAddress(this.model, symbol))}${" ".repeat(16)}${symbolDisplayName(this.model, symbol)}${defaultVersion(this.model, symbol)}\n`,
      );
    for (const symbol of (output.excluded ? undefined : this.locals?.of(section)) ?? [])
      this.write(
        `${" ".repeat(NAME_COLUMN)}0x${this.hex(symbolAddress(this.model, symbol))}${" ".repeat(16)}(local) ${symbolDisplayName(this.model, symbol)}\n`,
      );
    const end = address + BigInt(sections.size[section]);
    if (end > this.dot) this.dot = end;
  }

  private assignment(
    statement: AssignmentStatement | AssertStatement,
    output: OutputStatement | undefined,
  ): void {
    const isAssert = statement.kind === "assert";
    let value: string;
    if (isAssert) value = this.assertValue(statement, output);
    else if (statement.node.provide && !statement.provided) value = "[!provide]";
    else if (!statement.value) value = "*undef*";
    else {
      const address = this.valueOf(statement, output);
      const digits = `0x${this.hex(address)}`;
      const target = statement.node.target.text;
      const isDot = target === ".";
      if (isDot) this.dot = address;
      const isOwn = !isDot && mentions(statement.expression, target) && !this.isNumber(target);
      value = isOwn ? `[${digits}]` : digits;
      this.assigned.add(target);
    }
    const text = isAssert ? printAssert(statement.node) : printAssignment(statement.node);
    this.write(`${" ".repeat(NAME_COLUMN)}${value.padEnd(34)}${text}\n`);
  }

  /** Whether an assignment above made a symbol a number, which it then may count on. */
  private isNumber(name: string): boolean {
    const symbol = this.result.placement?.layout?.context.symbols.get(name);
    const isAbsolute = symbol?.section === absoluteSection && symbol.home === undefined;
    return isAbsolute && this.assigned.has(name);
  }

  /**
   * GNU ld evaluates assignments to the location counter once more while it
   * prints, from where the listing has come to; behind sections that were left
   * out, that is not where layout was.
   */
  private valueOf(statement: AssignmentStatement, output: OutputStatement | undefined): bigint {
    const context = this.result.placement?.layout?.context;
    const stored = (statement.value?.value ?? 0n) + (statement.value?.section?.address ?? 0n);
    if (!context) return stored;
    if (statement.node.target.text !== ".") {
      // Of several assignments each is shown with what became of the symbol.
      const symbol = context.symbols.get(statement.node.target.text);
      return symbol ? BigInt.asUintN(64, symbol.value + symbol.section.address) : stored;
    }
    context.phase = "fixed";
    const result = evaluate(statement.expression, context.at(this.dot, output?.ref));
    return result.state === "known" ? result.value + (result.section?.address ?? 0n) : stored;
  }

  /** An assertion is shown with the value of its condition, which for a comparison that holds is 1. */
  private assertValue(statement: AssertStatement, output: OutputStatement | undefined): string {
    const context = this.result.placement?.layout?.context;
    if (!context) return "*undef*";
    context.phase = "fixed";
    const result = evaluate(statement.node.condition, context.at(statement.before, output?.ref));
    if (result.state !== "known") return "*undef*";
    return `0x${this.hex(result.value + (result.section?.address ?? 0n))}`;
  }

  private data(child: Extract<ChildStatement, { kind: "data" }>, output: OutputStatement): void {
    const { node, size, offset, bytes } = child;
    const address = output.ref.address + BigInt(offset);
    let text = `${" ".repeat(NAME_COLUMN)}0x${this.hex(address)} ${this.size(size)} `;
    if (node.kind === "data") {
      const value = this.expressionValue(node.value, address) ?? littleEndian(bytes);
      text += `${node.directive} 0x${value.toString(16)}`;
      const printed = printExpression(node.value);
      if (!/^0x[0-9a-f]+$/.test(printed)) text += ` ${printed}`;
    } else if (node.kind === "ascii") text += `${node.directive} "${node.text.text}"`;
    else text += "LINKER_VERSION";
    this.write(`${text}\n`);
    this.dot = address + BigInt(size);
  }

  /** The value as written: of data, before it was cut to the size of the field. */
  private expressionValue(expression: Expression, dot: bigint): bigint | undefined {
    const context = this.result.placement?.layout?.context;
    if (!context) return undefined;
    context.phase = "fixed";
    const result = evaluate(expression, context.at(dot, absoluteSection));
    return result.state === "known"
      ? BigInt.asUintN(64, result.value + (result.section?.address ?? 0n))
      : undefined;
  }

  private fill(output: OutputStatement, offset: number, size: number): void {
    if (size === 0) return;
    const address = output.ref.address + BigInt(offset);
    let pattern: Uint8Array = new Uint8Array(0);
    for (const fill of output.fills) if (fill.offset <= offset) pattern = fill.pattern;
    const bytes = [...pattern].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.write(` *fill*${this.pad(7)}0x${this.hex(address)} ${this.size(size)} ${bytes}\n`);
    this.dot = address + BigInt(size);
  }

  /** What separates a name of this length from the address. */
  private pad(length: number): string {
    return length >= NAME_COLUMN - 1 ? `\n${" ".repeat(NAME_COLUMN)}` : " ".repeat(NAME_COLUMN - length);
  }

  private hex(value: bigint): string {
    return BigInt.asUintN(this.digits * 4, value)
      .toString(16)
      .padStart(this.digits, "0");
  }

  private size(size: number): string {
    return `0x${size.toString(16)}`.padStart(10);
  }
}

const COMMONS = new Set(["COMMON", ".tcommon", ".scommon", "LARGE_COMMON"]);

function isOrphan(statement: Statement): boolean {
  return statement.kind === "output" && statement.span === undefined;
}

/** How many orphans stand behind all that the script says. */
function trailingOrphans(statements: readonly Statement[]): number {
  let count = 0;
  for (let i = statements.length - 1; i >= 0; i--) {
    if (!isOrphan(statements[i])) break;
    count++;
  }
  return count;
}
