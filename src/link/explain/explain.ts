import { fromHalves } from "../../binary/index.ts";
import {
  Fate,
  type LinkModel,
  nameLocalSymbols,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import {
  type Assignment,
  type Expression,
  type ExpressionContext,
  evaluate,
  formatExpression,
  type Value,
} from "../../script/index.ts";
import { attemptText } from "../layout/several-regions.ts";
import type { LinkResult } from "../link.ts";
import { renderChain, sectionChain, sectionName, symbolChain } from "../liveness/liveness.ts";
import type { AssignmentStatement, OutputStatement, Placement } from "../place/placement.ts";
import { nearestSymbol } from "../symbols/spelling.ts";
import { symbolDisplayName } from "./display-name.ts";
import { explainContents } from "./explain-contents.ts";
import { explainDynamic } from "./explain-dynamic.ts";
import { explainGarbage } from "./explain-garbage.ts";
import { explainPlacement, placeText, statementText } from "./explain-placement.ts";
import { explainRelocations } from "./explain-relocation.ts";
import { originalSize, symbolAddress } from "./map-symbols.ts";

// `premain why`: what the passes recorded, put together for one thing that
// somebody asks about. Nothing is computed a second time but the steps of
// expressions, which the evaluator tells as it goes.

/** An answer, or undefined where nothing has that name or address. */
export function explain(result: LinkResult, query: string): string | undefined {
  const model = result.inputs?.model;
  if (!model) return undefined;
  const explainer = new Explainer(result, model);
  if (/^0x[0-9a-f]+$/i.test(query)) return explainer.address(BigInt(query));
  const answers = [
    ...explainer.symbols(query),
    ...explainer.outputSections(query),
    ...explainer.inputSections(query),
    ...explainer.members(query),
  ];
  return answers.length === 0 ? undefined : answers.join("\n");
}

/** More matches than this are only counted. */
const MOST_ANSWERS = 8;

class Explainer {
  private readonly result: LinkResult;
  private readonly model: LinkModel;

  constructor(result: LinkResult, model: LinkModel) {
    nameLocalSymbols(model);
    this.result = result;
    this.model = model;
  }

  /** By the name in the objects, or as C++ and Rust write it, with or without the parameters. */
  *symbols(query: string): Generator<string> {
    const { symbols, names } = this.model;
    const exact = names.find(query);
    const matches = (symbol: SymbolId): boolean => {
      if (exact >= 0) return symbols.name[symbol] === exact;
      const shown = symbolDisplayName(this.model, symbol);
      return shown === query || shown.startsWith(`${query}(`);
    };
    let found = 0;
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      if ((symbols.info[symbol] & 15) === 3 || !matches(symbol)) continue;
      if (++found <= MOST_ANSWERS) yield this.symbol(symbol);
    }
    if (found > MOST_ANSWERS) yield `… and ${found - MOST_ANSWERS} more symbols named ${query}\n`;
  }

  *outputSections(query: string): Generator<string> {
    for (const output of this.result.placement?.outputs ?? [])
      if (output.name === query) yield this.output(output);
  }

  /** `.text.main`, `main.o:(.text)`. */
  *inputSections(query: string): Generator<string> {
    const { sections, names, objects } = this.model;
    const match = /^(.*):\((.*)\)$/.exec(query);
    const id = names.find(match ? match[2] : query);
    if (id < 0) return;
    if (!match && this.result.placement?.outputs.some((output) => output.name === query)) return;
    let found = 0;
    for (let section = 1; section < sections.count; section++) {
      if (sections.name[section] !== id || sections.fate[section] === Fate.consumed) continue;
      if (match && objects[sections.object[section]]?.name !== match[1]) continue;
      if (++found <= MOST_ANSWERS) yield this.section(section);
    }
    if (found > MOST_ANSWERS) yield `… and ${found - MOST_ANSWERS} more sections named ${query}\n`;
  }

  /** An object or archive member: why it is in the link. */
  *members(query: string): Generator<string> {
    const { objects, trace } = this.model;
    for (const object of objects) {
      if (object.name !== query && object.file.member !== query) continue;
      const extraction = trace.extractions.find((entry) => entry.object === object.id);
      yield extraction
        ? block(object.name, this.extraction(object.id))
        : `${object.name}\n  an input of the command line or of a script\n`;
    }
  }

  address(address: bigint): string | undefined {
    const { layout } = this.result;
    const { sections, symbols } = this.model;
    for (const output of layout?.sections ?? []) {
      if ((output.flags & 2) === 0 || address < output.address) continue;
      if (address >= output.address + BigInt(output.size)) continue;
      const offset = Number(address - output.address);
      const head = `0x${address.toString(16)} is at 0x${offset.toString(16)} of output section ${output.name}\n`;
      for (const section of output.order) {
        const from = sections.outputOffset[section];
        if (offset < from || offset >= from + sections.size[section]) continue;
        let inside = 0;
        for (let symbol = 1; symbol < symbols.count; symbol++) {
          if (symbols.section[symbol] !== section || (symbols.info[symbol] & 15) === 3) continue;
          const start = symbolAddress(this.model, symbol);
          if (start <= address && address < start + BigInt(Math.max(1, symbols.size[symbol])))
            inside = symbol;
        }
        return `${head}\n${inside ? this.symbol(inside) : this.section(section)}`;
      }
      const data = output.data.find(
        (part) => part.offset <= offset && offset < part.offset + part.bytes.length,
      );
      if (data?.span)
        return `${head}  data of the script: ${statementText(data.span)}   ${placeText(data.span)}\n`;
      return `${head}${block("", this.paddingAt(output.index, offset)).trimStart()}`;
    }
    return undefined;
  }

  private symbol(symbol: SymbolId): string {
    const { symbols, names, objects } = this.model;
    const name = names.text(symbols.name[symbol]);
    const shown = symbolDisplayName(this.model, symbol);
    const title = shown === name ? name : `${shown} (${name})`;
    const section = symbols.section[symbol];
    const address = `0x${symbolAddress(this.model, symbol).toString(16)}`;
    const object = objects[symbols.object[symbol]]?.name;
    if (section === SymbolSection.undefined)
      return block(title, [
        object ? `undefined; ${object} refers to it` : "undefined",
        ...((symbols.flags[symbol] & SymbolFlag.strongReference) === 0
          ? ["all references are weak: its value is 0"]
          : []),
        ...explainDynamic(this.result, this.model, symbol),
      ]);
    if (section === SymbolSection.script)
      return block(`${title} = ${address}`, this.scriptSymbol(name, symbol));
    if (section <= 0)
      return block(`${title} = ${address}`, [`an absolute symbol of ${object ?? "the linker"}`]);
    const { sections } = this.model;
    if (sections.fate[section] !== Fate.kept)
      return block(title, [
        `defined in ${sectionName(this.model, section)}, which is not in the output:`,
        ...this.fate(section),
      ]);
    const value = fromHalves(symbols.valueLow[symbol], symbols.valueHigh[symbol]);
    const size = symbols.size[symbol];
    const chain = symbolChain(this.model, symbol);
    return block(`${title} = ${address}`, [
      `defined in ${sectionName(this.model, section)} at 0x${value.toString(16)}${size ? `, ${bytes(size)}` : ""}`,
      ...explainDynamic(this.result, this.model, symbol),
      ...this.sum(section, { name, value }),
      ...explainPlacement(this.result, section),
      ...this.alignment(section),
      ...this.extraction(symbols.object[symbol]),
      ...(chain ? renderChain(this.model, chain).trimEnd().split("\n") : []),
      ...explainRelocations(
        this.result,
        section,
        Number(value),
        size || sections.size[section] - Number(value),
      ),
    ]);
  }

  private section(section: SectionId): string {
    const { sections } = this.model;
    const name = sectionName(this.model, section);
    if (sections.fate[section] !== Fate.kept)
      return block(`${name} is not in the output`, this.fate(section));
    const size = sections.size[section];
    const original = originalSize(this.model, section);
    const chain = sectionChain(this.model, section);
    return block(`${name}: ${bytes(size)}`, [
      ...(original !== undefined && original !== size
        ? [`${bytes(original)} in the object: merged, relaxed or edited since`]
        : []),
      ...this.sum(section),
      ...explainPlacement(this.result, section),
      ...this.alignment(section),
      ...this.extraction(sections.object[section]),
      ...(chain ? renderChain(this.model, chain).trimEnd().split("\n") : []),
      ...explainRelocations(this.result, section, 0, Infinity),
    ]);
  }

  private output(output: OutputStatement): string {
    const { ref, size, loadAddress } = output;
    const address = ref.address;
    if (output.index < 0) return block(output.name, ["no part of the output: nothing is in it"]);
    const lines = [
      output.span
        ? `output section of ${placeText(output.span)}`
        : "made for orphans: the script has no such output section",
      `${bytes(size)} from 0x${address.toString(16)} to 0x${(address + BigInt(size)).toString(16)}`,
    ];
    if (output.address)
      lines.push(`address by the script: ${formatExpression(output.address)} = 0x${address.toString(16)}`);
    else {
      const align = 2 ** output.alignPower;
      const before = output.before;
      if (output.region && output.regionName)
        lines.push(
          `starts where region ${output.regionName} was filled to, aligned to ${align}: 0x${address.toString(16)}`,
        );
      else
        lines.push(
          before === address
            ? `starts where the location counter was (0x${before.toString(16)})`
            : `starts at the location counter 0x${before.toString(16)}, aligned to ${align}: 0x${address.toString(16)}`,
        );
      lines.push(...this.strictest(output));
    }
    if (output.regionName)
      lines.push(
        `in region ${output.regionName}${output.region ? `, by >${output.region.text}` : ", by its attributes"}`,
      );
    if (loadAddress !== address) {
      const by = output.loadBase
        ? `AT(${formatExpression(output.loadBase)})`
        : (output.loadRegion ?? output.inheritedLoadRegion)
          ? `AT>${(output.loadRegion ?? output.inheritedLoadRegion)?.text}`
          : "the section before it";
      lines.push(`loaded at 0x${loadAddress.toString(16)}, by ${by}`);
    }
    lines.push(...explainContents(this.model, output));
    return block(output.name, lines);
  }

  /** Whose alignment an output section has. */
  private strictest(output: OutputStatement): string[] {
    const { sections } = this.model;
    for (const child of output.children)
      if (child.kind === "input")
        for (const section of child.sections)
          if (sections.alignPower[section] === output.alignPower && output.alignPower > 0)
            return [`its alignment is that of ${sectionName(this.model, section)}`];
    return output.align ? [`its alignment is ALIGN(${formatExpression(output.align)})`] : [];
  }

  /** How the address comes about. */
  private sum(section: SectionId, symbol?: { readonly name: string; readonly value: bigint }): string[] {
    const { sections } = this.model;
    const output = this.result.layout?.sections[sections.output[section]];
    if (!output) return [];
    const offset = BigInt(sections.outputOffset[section]);
    const start = output.address + offset;
    const lines = [
      `address:  0x${output.address.toString(16)}   start of ${output.name} (${placeText(output.span)})`,
      `        + 0x${offset.toString(16)}   offset of ${sectionName(this.model, section)} in it`,
    ];
    if (symbol) {
      const moved = this.deletedBefore(section, Number(symbol.value));
      lines.push(`        + 0x${symbol.value.toString(16)}   offset of ${symbol.name} there${moved}`);
    }
    lines.push(`        = 0x${(start + (symbol?.value ?? 0n)).toString(16)}`);
    return lines;
  }

  private deletedBefore(section: SectionId, offset: number): string {
    const deletions = this.model.deletions.get(section);
    if (!deletions) return "";
    let gone = 0;
    for (let i = deletions.first; i < deletions.first + deletions.count; i++)
      if (deletions.start[i] < offset) gone = deletions.before[i] + deletions.length[i];
    return gone === 0 ? "" : ` (relaxation deleted ${bytes(gone)} before it)`;
  }

  /** The gap before a section, and what made it. */
  private alignment(section: SectionId): string[] {
    const { sections } = this.model;
    const output = this.result.layout?.sections[sections.output[section]];
    if (!output) return [];
    const offset = sections.outputOffset[section];
    let end = 0;
    for (const other of output.order) {
      if (sections.outputOffset[other] > offset || other === section) continue;
      end = Math.max(end, sections.outputOffset[other] + sections.size[other]);
    }
    for (const part of output.data)
      if (part.offset < offset) end = Math.max(end, part.offset + part.bytes.length);
    return end < offset ? this.padding(output.index, end, offset, section) : [];
  }

  private paddingAt(index: number, offset: number): string[] {
    const output = this.result.layout!.sections[index];
    const { sections } = this.model;
    let from = 0;
    let to = output.size;
    let next: SectionId | undefined;
    for (const other of output.order) {
      const start = sections.outputOffset[other];
      if (start > offset && start < to) {
        to = start;
        next = other;
      }
      if (start <= offset) from = Math.max(from, start + sections.size[other]);
    }
    return this.padding(index, from, to, next);
  }

  private padding(index: number, from: number, to: number, next: SectionId | undefined): string[] {
    const statement = this.result.placement?.outputs.find((output) => output.index === index);
    const lines: string[] = [];
    let left = to - from;
    for (const pad of statement?.pads ?? []) {
      if (pad.offset >= to || pad.offset + pad.size <= from) continue;
      const { span } = pad.cause.node;
      lines.push(
        `padding: ${bytes(pad.size)} at 0x${pad.offset.toString(16)} by ${statementText(span)}   ${placeText(span)}`,
      );
      left -= pad.size;
    }
    if (left > 0 && next !== undefined) {
      const align = 2 ** this.model.sections.alignPower[next];
      lines.push(
        `padding: ${bytes(left)} before ${sectionName(this.model, next)}, which is aligned to ${align}`,
      );
    } else if (left > 0) lines.push(`padding: ${bytes(left)} at the end`);
    return lines;
  }

  private extraction(object: number): string[] {
    const { trace, objects, symbols, names } = this.model;
    const lines: string[] = [];
    const seen = new Set<number>();
    for (let id = object; id >= 0 && !seen.has(id); ) {
      seen.add(id);
      const entry = trace.extractions.find((extraction) => extraction.object === id);
      if (!entry) break;
      const symbol = entry.symbol === 0 ? "" : ` for ${names.text(symbols.name[entry.symbol])}`;
      lines.push(`${objects[id].name} was taken${symbol}: ${entry.because()}`);
      id = entry.by;
    }
    return lines;
  }

  /** Why a section is not in the output. */
  private fate(section: SectionId): string[] {
    const { sections, trace, objects } = this.model;
    switch (sections.fate[section]) {
      case Fate.garbage:
        return ["--gc-sections: nothing that is kept refers to it", ...explainGarbage(this.model, section)];
      case Fate.duplicate: {
        const other = trace.duplicateOf.get(section);
        return [
          `another copy of the same group was taken${other === undefined ? "" : `: that of ${objects[other]?.name}`}`,
        ];
      }
      case Fate.discarded: {
        const attempts = this.result.placement?.several?.lostBy(section);
        if (attempts) return ["it fits none of the regions that it may be in:", ...attempts.map(attemptText)];
        return ["the script sends it to /DISCARD/", ...explainPlacement(this.result, section)];
      }
      default:
        return ["the linker leaves it out: it is for the linker itself, or stripped"];
    }
  }

  /** A symbol that a script or the linker defines: its assignments, and the steps of the last one. */
  private scriptSymbol(name: string, symbol: SymbolId): string[] {
    const placement = this.result.placement;
    const lines: string[] = [];
    let last: { statement: AssignmentStatement; output: OutputStatement | undefined } | undefined;
    for (const found of placement ? assignmentsOf(placement, name) : []) {
      const { node, provided, value } = found.statement;
      const { span } = node;
      if (node.provide && !provided) {
        lines.push(`${statementText(span)}   ${placeText(span)}: without effect, nothing needs it`);
        continue;
      }
      const home = found.output ? ` in ${found.output.name}` : "";
      const result = value ? (value.section?.address ?? 0n) + value.value : undefined;
      lines.push(
        `${statementText(span)}   ${placeText(span)}${home}${result === undefined ? "" : ` = 0x${result.toString(16)}`}`,
      );
      last = found;
    }
    if (last) lines.push(...this.steps(last.statement.expression, last.statement.before, last.output));
    const edge = placement?.outputs
      .flatMap((output) => output.edges.map((entry) => ({ ...entry, output })))
      .find((entry) => entry.symbol === symbol);
    if (edge) lines.push(`the linker defines it: the ${edge.edge} of ${edge.output.name}`);
    return lines.length > 0 ? lines : ["the linker defines it"];
  }

  /** The values of the parts of an expression, innermost first. */
  private steps(expression: Expression, dot: bigint, output: OutputStatement | undefined): string[] {
    const context = this.result.placement?.layout?.context;
    if (!context) return [];
    context.phase = "fixed";
    context.at(dot, output?.ref);
    const lines: string[] = [];
    context.trace = (part: Expression, value: Value) => {
      if (part.kind === "number" || part.kind === "parenthesized") return;
      const address = BigInt.asUintN(64, value.value + (value.section?.address ?? 0n));
      const relative = value.section && value.section.name !== "*ABS*" && value.section.address !== 0n;
      const how = relative ? `   (0x${value.value.toString(16)} in ${value.section?.name})` : "";
      const line = `  ${formatExpression(part)} = 0x${address.toString(16)}${how}`;
      if (!lines.includes(line)) lines.push(line);
    };
    evaluate(expression, context satisfies ExpressionContext);
    context.trace = undefined;
    return lines.length > 0 ? ["step by step:", ...lines] : [];
  }
}

/** Where nothing has the name or the address that was asked for: what is near it. */
export function nearQuestion(result: LinkResult, query: string): string | undefined {
  const model = result.inputs?.model;
  if (!model) return undefined;
  if (!/^0x[0-9a-f]+$/i.test(query)) {
    const near = nearestSymbol(model, query);
    return near === 0 ? undefined : `the nearest name is ${symbolDisplayName(model, near)}`;
  }
  const address = BigInt(query);
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  const sections = (result.layout?.sections ?? []).filter(({ flags, size }) => (flags & 2) !== 0 && size > 0);
  const ends = sections.map(({ name, address: start, size }) => ({ name, at: start + BigInt(size) }));
  const below = ends.filter(({ at }) => at <= address).sort((a, b) => Number(b.at - a.at))[0];
  const above = sections
    .filter((each) => each.address > address)
    .sort((a, b) => Number(a.address - b.address))[0];
  const parts = [
    ...(below ? [`${below.name} ends at ${hex(below.at)}, ${hex(address - below.at)} before it`] : []),
    ...(above
      ? [`${above.name} starts at ${hex(above.address)}, ${hex(above.address - address)} behind it`]
      : []),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function* assignmentsOf(
  placement: Placement,
  name: string,
): Generator<{ statement: AssignmentStatement; output: OutputStatement | undefined }> {
  const isIt = (node: Assignment) => node.target.text === name;
  for (const statement of placement.statements) {
    if (statement.kind === "assignment" && isIt(statement.node)) yield { statement, output: undefined };
    if (statement.kind !== "output") continue;
    for (const child of statement.children)
      if (child.kind === "assignment" && isIt(child.node)) yield { statement: child, output: statement };
  }
}

function block(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
