import { highWord, int32Column, lowWord, uint8Column } from "../../binary/index.ts";
import {
  type ImageLayout,
  type LinkModel,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { absoluteSection } from "../../script/index.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import type { LayoutContext } from "./layout-context.ts";
import { nowhere } from "./layout-walk.ts";

// The last step of layout: addresses of input sections and symbols.

/** A symbol that the linker gives an address, and the number of its output section, -1 for none. */
export interface PlacedSymbol {
  readonly id: SymbolId;
  readonly address: bigint;
  readonly output: number;
}

/** `__start_NAME` and its like: a place in an output section, or a number that goes with it. */
export function edgeSymbol(
  output: OutputStatement,
  { symbol: id, edge, offset = 0 }: OutputStatement["edges"][number],
): PlacedSymbol {
  const size = BigInt(output.size);
  if (edge === "size") return { id, address: size, output: -1 };
  let address = (edge === "number" ? 0n : output.ref.address) + BigInt(offset);
  if (edge === "stop") address += size;
  return { id, address, output: output.index };
}

/**
 * Sets the addresses of all symbols: those of objects by their sections, those
 * of scripts by their values, and `extra`. `homeOf` says which output section a
 * symbol of a script belongs to. Section addresses must be set. Unless `isFinal`,
 * it is only settled which symbols are the script's and the linker's.
 */
export function setSymbols(
  context: LayoutContext,
  extra: readonly PlacedSymbol[],
  homeOf: (output: OutputStatement | undefined, address: bigint) => number,
  isFinal: boolean,
): Map<SymbolId, number> {
  const { model, placement } = context;
  const { symbols, names } = model;
  const symbolOutput = new Map<SymbolId, number>();
  const byRef = new Map<unknown, OutputStatement>(placement.outputs.map((output) => [output.ref, output]));
  const placed = [...extra];
  // Defined for good, whatever asked for it.
  for (const { id } of extra) symbols.info[id] = 0x10 | (symbols.info[id] & 0xf);
  for (const [name, own] of context.symbols) {
    const id = symbols.addGlobal(names.addString(name));
    const address = BigInt.asUintN(64, own.value + own.section.address);
    const ref = own.home ?? (own.section === absoluteSection ? undefined : own.section);
    if (own.hidden) {
      symbols.other[id] = (symbols.other[id] & ~3) | 2;
      symbols.flags[id] |= SymbolFlag.forcedLocal;
    }
    if (ref === nowhere) symbols.flags[id] |= SymbolFlag.omit;
    const output = ref && !byRef.has(ref) ? 0 : homeOf(byRef.get(ref), address);
    placed.push({ id, address, output });
  }
  takeTypes(context);
  for (const { id, output } of placed) {
    symbols.section[id] = SymbolSection.script;
    symbols.flags[id] |= SymbolFlag.fromScript;
    symbolOutput.set(id, output);
  }
  if (!isFinal) return symbolOutput;
  setSymbolAddresses(model);
  for (const { id, address } of placed) {
    symbols.addressLow[id] = lowWord(address);
    symbols.addressHigh[id] = highWord(address);
  }
  traceAssignments(context);
  return symbolOutput;
}

/** `alias = symbol` takes the symbol's type and visibility, also what the symbol takes itself: again, until nothing changes. */
function takeTypes({ symbols: assigned, model, dialect }: LayoutContext): void {
  const { symbols, names } = model;
  const rowOf = (text: string): SymbolId => {
    const name = names.find(text);
    return name < 0 ? 0 : symbols.global(name);
  };
  const aliases: (readonly [SymbolId, SymbolId])[] = [];
  for (const [name, { alias }] of assigned) {
    const other = alias === undefined ? 0 : rowOf(alias);
    if (other !== 0) aliases.push([rowOf(name), other]);
  }
  for (let round = 0, changed = true; changed && round < 8; round++) {
    changed = false;
    for (const [id, other] of aliases) {
      const info = (symbols.info[id] & 0xf0) | (symbols.info[other] & 0xf);
      if (info !== symbols.info[id]) changed = true;
      symbols.info[id] = info;
      if (dialect === "lld") continue;
      const visibility = strictest(symbols.other[id] & 3, symbols.other[other] & 3);
      if (visibility !== (symbols.other[id] & 3)) changed = true;
      symbols.other[id] = (symbols.other[id] & ~3) | visibility;
    }
  }
}

/** Internal, hidden and protected are 1 to 3 in this order; 0 is none. */
function strictest(a: number, b: number): number {
  return a === 0 || b === 0 ? a | b : Math.min(a, b);
}

function traceAssignments(context: LayoutContext): void {
  const { names, symbols, trace } = context.model;
  const note = (name: string, span: Parameters<typeof trace.assignments.set>[1]): void => {
    if (!context.symbols.has(name)) return;
    const id = symbols.global(names.find(name));
    if (id !== 0) trace.assignments.set(id, span);
  };
  for (const statement of context.placement.statements) {
    if (statement.kind === "assignment") note(statement.node.target.text, statement.node.span);
    else if (statement.kind === "output")
      for (const child of statement.children)
        if (child.kind === "assignment") note(child.node.target.text, child.node.span);
  }
}

/** Hot: final addresses of all input sections. */
export function setSectionAddresses(model: LinkModel, outputs: readonly OutputStatement[]): void {
  const { sections } = model;
  const { count } = sections;
  if (sections.addressLow.length < count) {
    sections.addressLow = int32Column(count);
    sections.addressHigh = int32Column(count);
  }
  const { addressLow, addressHigh } = sections;
  for (const output of outputs) {
    const low = Number(BigInt.asUintN(32, output.ref.address));
    const high = Number(output.ref.address >> 32n);
    for (const child of output.children) {
      if (child.kind !== "input") continue;
      const rows = child.sections;
      model.arena.kernels.sectionAddresses(
        rows.byteOffset,
        rows.length,
        sections.block.byteOffset,
        low,
        high,
        addressLow.byteOffset,
        addressHigh.byteOffset,
      );
    }
  }
}

/** Hot: final addresses of all symbols that objects define. */
function setSymbolAddresses(model: LinkModel): void {
  const { sections, symbols } = model;
  const { count } = symbols;
  if (symbols.addressLow.length < count) {
    symbols.addressLow = int32Column(count);
    symbols.addressHigh = int32Column(count);
    symbols.settled = uint8Column(count);
  }
  const { settled } = symbols;
  model.arena.kernels.symbolAddresses(
    symbols.lend(0, 0),
    sections.block.byteOffset,
    model.merge?.merged.byteOffset ?? 0,
    sections.addressLow.byteOffset,
    sections.addressHigh.byteOffset,
    symbols.addressLow.byteOffset,
    symbols.addressHigh.byteOffset,
    settled.byteOffset,
  );
  if (!model.dynamic) return;
  const { special } = model.dynamic;
  for (let id = 1; id < count; id++) if (special[id] !== 0) settled[id] = 0;
}

/** The TLS image: from the first thread-local section to the aligned end of the last. */
export function tlsRange(live: readonly OutputStatement[]): ImageLayout["tls"] {
  const tls = live.filter((output) => (output.flags & SectionFlag.threadLocal) !== 0);
  if (tls.length === 0) return undefined;
  let power = 0;
  let end = tls[0].ref.address;
  for (const output of tls) {
    if (output.alignPower > power) power = output.alignPower;
    const itsEnd = output.ref.address + BigInt(output.size);
    if (itsEnd > end) end = itsEnd;
  }
  const align = 1n << BigInt(power);
  return { start: tls[0].ref.address, end: (end + align - 1n) & -align, align };
}
