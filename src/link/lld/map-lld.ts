import { SHF_ALLOC } from "../../elf/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { nameLocalSymbols } from "../../model/index.ts";
import { formatExpression } from "../../script/index.ts";
import { crossReferences } from "../explain/cref.ts";
import { symbolDisplayName } from "../explain/display-name.ts";
import { SymbolsBySection, symbolAddress } from "../explain/map-symbols.ts";
import type { LinkResult } from "../link.ts";
import type { AssignmentStatement, ChildStatement, OutputStatement, Statement } from "../place/placement.ts";

// The map in LLD's format: one table, in which what an output section holds is
// indented below it, and the symbols below their input section.

export function writeLldMap(result: LinkResult, write: (text: string) => void): void {
  const { inputs, placement, layout } = result;
  if (!inputs || !placement || !layout) return;
  const table = new Table(result, inputs.model, write);
  table.head();
  const { statements } = placement;
  statements.forEach((statement, i) => {
    if (statement.kind === "assignment") table.assignment(statement, undefined, nextLoad(statements, i));
    else if (statement.kind === "output") table.output(statement);
  });
  // What only the writer knows comes last, in the order of its section headers.
  for (const name of [".symtab", ".symtab_shndx", ".shstrtab", ".strtab"]) {
    const part = result.file?.find((entry) => entry.kind === "table" && entry.name === name);
    if (part) table.own(name, part.size);
  }
  if (result.options.cref) write(crossReferences(result));
}

/** How far load addresses are from addresses: as in the output section before. */
function nextLoad(statements: readonly Statement[], index: number): bigint {
  for (let i = index; i >= 0; i--) {
    const statement = statements[i];
    if (statement.kind === "output" && statement.index >= 0)
      return statement.loadAddress - statement.ref.address;
  }
  return 0n;
}

class Table {
  private readonly result: LinkResult;
  private readonly model: LinkModel;
  private readonly write: (text: string) => void;
  private readonly symbols: SymbolsBySection;
  private readonly width: number;

  constructor(result: LinkResult, model: LinkModel, write: (text: string) => void) {
    nameLocalSymbols(model);
    this.result = result;
    this.model = model;
    this.write = write;
    const { info, elfIndex } = model.symbols;
    // All but section and file symbols.
    this.symbols = new SymbolsBySection(
      model,
      (symbol) => (info[symbol] & 15) !== 3 && (info[symbol] & 15) !== 4,
      elfIndex,
    );
    this.width = result.target?.is64 === false ? 8 : 16;
  }

  head(): void {
    const { width } = this;
    this.write(`${"VMA".padStart(width)} ${"LMA".padStart(width)}     Size Align Out     In      Symbol\n`);
  }

  private line(
    address: bigint,
    load: bigint,
    size: number | bigint,
    align: number | bigint,
    text: string,
  ): void {
    const { width } = this;
    const columns = [
      address.toString(16).padStart(width),
      load.toString(16).padStart(width),
      size.toString(16).padStart(8),
      align.toString().padStart(5),
    ];
    this.write(`${columns.join(" ")} ${text}\n`);
  }

  /** A section that the linker makes at the very end. */
  own(name: string, size: number): void {
    const align = name === ".symtab" ? this.width / 2 : name === ".symtab_shndx" ? 4 : 1;
    this.line(0n, 0n, size, align, name);
    this.line(0n, 0n, size, align, `        <internal>:(${name})`);
  }

  assignment(statement: AssignmentStatement, output: OutputStatement | undefined, shift: bigint): void {
    const { node, before, after } = statement;
    if (node.provide && !statement.provided) return;
    const isDot = node.target.text === ".";
    const size = isDot && after > before ? after - before : 0n;
    const indent = output ? "        " : "";
    this.line(
      before,
      before + (output ? output.loadAddress - output.ref.address : shift),
      size,
      1,
      indent + words(statement),
    );
  }

  output(output: OutputStatement): void {
    const section = output.index >= 0 ? this.result.layout?.sections[output.index] : undefined;
    if (!section) return;
    const alloc = (section.flags & SHF_ALLOC) !== 0;
    const address = alloc ? section.address : 0n;
    const shift = alloc ? section.loadAddress - section.address : 0n;
    this.line(address, address + shift, section.size, Math.max(1, section.align), section.name);
    for (const child of output.children) this.child(child, output, address, shift);
  }

  private child(child: ChildStatement, output: OutputStatement, address: bigint, shift: bigint): void {
    if (child.kind === "assignment") this.assignment(child, output, shift);
    else if (child.kind === "data" && child.node.kind === "data") {
      const at = address + BigInt(child.offset);
      const text = `        ${child.node.directive} ( ${spaced(formatExpression(child.node.value))} )`;
      this.line(at, at + shift, child.size, 1, text);
    } else if (child.kind === "input")
      for (const section of child.sections) this.input(section, address, shift);
  }

  private input(section: SectionId, address: bigint, shift: bigint): void {
    const { names, sections, symbols, objects } = this.model;
    if (sections.output[section] < 0) return;
    const at = address + BigInt(sections.outputOffset[section]);
    const owner = objects[sections.object[section]]?.name ?? "<internal>";
    const name = names.text(sections.name[section]);
    const place = `        ${owner}:(${name}${name === ".eh_frame" && owner !== "<internal>" ? "+0x0" : ""})`;
    const isFrames = name === ".eh_frame" && owner !== "<internal>";
    const output = this.result.layout?.sections[sections.output[section]];
    const end = sections.outputOffset[section] + sections.size[section];
    // LLD lists unwind records, which its terminator is not.
    const size = sections.size[section] - (isFrames && end === output?.size ? 4 : 0);
    this.line(at, at + shift, size, isFrames ? 1 : 2 ** sections.alignPower[section], place);
    for (const symbol of this.symbols.of(section)) {
      const value = symbolAddress(this.model, symbol);
      this.line(
        value,
        value + shift,
        symbols.size[symbol],
        1,
        `                ${symbolDisplayName(this.model, symbol)}`,
      );
    }
  }
}

/** The statement in its script's words, with one blank between any two of them. */
function words({ node }: AssignmentStatement): string {
  const { source, start, end } = node.span;
  return spaced(source.text.slice(start, end).replace(/;\s*$/, ""));
}

function spaced(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/([()])/g, " $1 ")
    .replace(/\s+/g, " ")
    .trim();
}
