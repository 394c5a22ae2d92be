import { fromHalves, highWord, lowWord } from "../../binary/index.ts";
import { STT_GNU_IFUNC } from "../../elf/index.ts";
import {
  type Deletions,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";
import type { RelocateContext, Target } from "../../targets/index.ts";
import { entrySize } from "../relocation-reader.ts";
import { buildIdNote, portableHashing } from "../write/build-id.ts";
import { fillGdbIndex } from "./gdb-index.ts";
import { fillDynamic } from "./static-pie.ts";
import { pointersToResolve, pointerTarget, type SyntheticSections } from "./synthetic.ts";

// The bytes of the sections of synthetic.ts, all addresses being final.

/** Writes the contents of the rows. */
export function fillSynthetic(context: RelocateContext, target: Target, synthetic: SyntheticSections): void {
  const { model, layout } = context;
  const { sections, options } = model;
  if (synthetic.buildId) {
    const littleEndian = model.objects[0]?.littleEndian ?? true;
    sections.contents.set(synthetic.buildId, buildIdNote(options.buildId, littleEndian, portableHashing));
  }
  if (synthetic.tlsBase && layout.tls) {
    model.symbols.addressLow[synthetic.tlsBase] = lowWord(layout.tls.end);
    model.symbols.addressHigh[synthetic.tlsBase] = highWord(layout.tls.end);
  }
  if (synthetic.gdbIndex) fillGdbIndex(model, synthetic.gdbIndex);
  if (synthetic.loaded) return;
  if (synthetic.got) fillGot(context, target, synthetic);
  if (synthetic.gotPlt && target.gotPltMark !== undefined)
    new WordWriter(model, target, synthetic.gotPlt).put(0, target.gotPltMark);
  if (synthetic.iplt) fillStubs(context, target, synthetic);
  if (synthetic.relaIplt) {
    const writer = new RelocationWriter(model, target, synthetic.relaIplt);
    writeIrelatives(context, target, synthetic, writer);
  }
  const { dynamic } = synthetic;
  if (!dynamic) return;
  fillDynamic(model, target, layout, dynamic);
  if (dynamic.relaDyn) {
    const writer = new RelocationWriter(model, target, dynamic.relaDyn);
    writeRelatives(context, target, synthetic, writer);
    writeIrelatives(context, target, synthetic, writer);
  }
  if (synthetic.gotPlt && target.gotSymbol === "gotPlt")
    new WordWriter(model, target, synthetic.gotPlt).put(0, addressOf(model, dynamic.dynamic));
  else if (synthetic.got && target.gotHeaderWords > 0)
    new WordWriter(model, target, synthetic.got).put(0, addressOf(model, dynamic.dynamic));
}

function addressOf(model: LinkModel, section: SectionId): bigint {
  const { sections } = model;
  return fromHalves(sections.addressLow[section], sections.addressHigh[section]);
}

function symbolAddress(model: LinkModel, symbol: SymbolId): bigint {
  const { symbols } = model;
  return fromHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol]);
}

/** Writes words of a row's contents by number. */
class WordWriter {
  private readonly view: DataView;
  private readonly size: number;

  constructor(model: LinkModel, target: Target, row: SectionId) {
    const bytes = model.sections.contents.get(row) ?? new Uint8Array(0);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.size = target.wordSize;
  }

  put(index: number, value: bigint): void {
    if (this.size === 8) this.view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
    else this.view.setUint32(index * 4, Number(BigInt.asUintN(32, value)), true);
  }
}

/** Appends entries to a relocation section; those of SHT_REL have their addend where they apply. */
class RelocationWriter {
  private readonly words: WordWriter;
  private readonly rela: boolean;
  private readonly perEntry: number;
  private count = 0;

  constructor(model: LinkModel, target: Target, row: SectionId) {
    this.words = new WordWriter(model, target, row);
    this.rela = target.rela;
    this.perEntry = entrySize(target.is64, target.rela) / target.wordSize;
  }

  add(type: number, offset: bigint, addend: bigint): void {
    const at = this.count++ * this.perEntry;
    this.words.put(at, offset);
    this.words.put(at + 1, BigInt(type));
    if (this.rela) this.words.put(at + 2, addend);
  }
}

function fillGot(context: RelocateContext, target: Target, synthetic: SyntheticSections): void {
  const { model, layout } = context;
  const { needs, symbols } = model;
  const words = new WordWriter(model, target, synthetic.got);
  const first = target.gotHeaderWords;
  const tls = layout.tls ?? { start: 0n, end: 0n };
  const threadPointer = target.tlsVariant === 2 ? tls.end : tls.start;
  for (const symbol of needs.got.symbols) {
    const word = first + needs.gotWord(symbol);
    // IRELATIVE fills the word of an IFUNC; its addend is there only with SHT_REL.
    const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
    const stub = isIfunc ? needs.iplt.of(symbol) : -1;
    if (stub >= 0)
      words.put(word, addressOf(model, synthetic.iplt) + BigInt(stub * synthetic.stubs.entrySize));
    else if (!isIfunc || !target.rela) words.put(word, symbolAddress(model, symbol));
  }
  for (const symbol of needs.gotTp.symbols)
    words.put(first + needs.gotTpWord(symbol), symbolAddress(model, symbol) - threadPointer);
  for (const symbol of needs.gotTlsGd.symbols) {
    const word = first + needs.gotTlsGdWord(symbol);
    words.put(word, 1n);
    words.put(word + 1, symbolAddress(model, symbol) - tls.start + target.dtpOffset);
  }
  for (const symbol of needs.gotTlsDesc.symbols)
    words.put(first + needs.gotTlsDescWord(symbol) + 1, symbolAddress(model, symbol) - threadPointer);
  if (needs.gotTlsLd) words.put(first + needs.gotTlsLdWord(), 1n);
}

function resolverAddress(model: LinkModel, synthetic: SyntheticSections, entry: number): bigint {
  const { section, value } = synthetic.resolvers;
  const home = section[entry];
  return home > 0 ? addressOf(model, home) + BigInt(value[entry]) : BigInt(value[entry]);
}

function fillStubs(context: RelocateContext, target: Target, synthetic: SyntheticSections): void {
  const { model } = context;
  const { stubs, iplt, igotPlt } = synthetic;
  const code = model.sections.contents.get(iplt);
  if (!code) return;
  const words = new WordWriter(model, target, igotPlt);
  const start = addressOf(model, iplt);
  const slots = addressOf(model, igotPlt);
  const base = addressOf(model, target.gotSymbol === "got" ? synthetic.got : synthetic.gotPlt);
  for (let entry = 0; entry < model.needs.iplt.symbols.length; entry++) {
    const at = entry * stubs.entrySize;
    const address = start + BigInt(at);
    const slot = slots + BigInt(entry * target.wordSize);
    stubs.write(code, at, address, slot, entry, base);
    if (!target.rela) words.put(entry, resolverAddress(model, synthetic, entry));
    else if (model.options.compat === "gnu")
      words.put(entry, stubs === target.ibtIplt ? address : target.ipltSlotValue(start, address));
  }
}

function writeIrelatives(
  context: RelocateContext,
  target: Target,
  synthetic: SyntheticSections,
  writer: RelocationWriter,
): void {
  const { model } = context;
  const { needs } = model;
  const type = target.irelativeType;
  for (const i of pointersToResolve(model)) {
    const place = placeOf(model, needs.ifuncPointers.section[i], needs.ifuncPointers.entry[i]);
    writer.add(type, place, symbolAddress(model, pointerTarget(model, i)));
  }
  const got = addressOf(model, synthetic.got);
  for (const symbol of needs.got.symbols) {
    if ((model.symbols.info[symbol] & 15) !== STT_GNU_IFUNC || needs.iplt.of(symbol) >= 0) continue;
    const slot = got + BigInt((target.gotHeaderWords + needs.gotWord(symbol)) * target.wordSize);
    writer.add(type, slot, symbolAddress(model, symbol));
  }
  const slots = addressOf(model, synthetic.igotPlt);
  const count = needs.iplt.symbols.length;
  const reversed = target.lastIrelativeFirst === true && model.options.compat === "gnu";
  const { flags } = model.symbols;
  const globals = needs.iplt.symbols.filter((symbol) => flags[symbol] & SymbolFlag.global).length;
  for (let i = 0; i < count; i++) {
    // Those of local symbols come last in either order.
    const last = i < globals ? globals - 1 : count - 1 + globals;
    const entry = reversed ? last - i : i;
    const slot = slots + BigInt(entry * target.wordSize);
    writer.add(type, slot, resolverAddress(model, synthetic, entry));
  }
}

/** In ascending order of address, as the loader's loop likes it. */
function writeRelatives(
  context: RelocateContext,
  target: Target,
  synthetic: SyntheticSections,
  writer: RelocationWriter,
): void {
  const { model } = context;
  const { needs } = model;
  const entries: { place: bigint; value: bigint }[] = [];
  for (let i = 0; i < needs.relative.count; i++) {
    const section = needs.relative.section[i];
    const entry = needs.relative.entry[i];
    entries.push({ place: placeOf(model, section, entry), value: targetOf(model, target, section, entry) });
  }
  const got = addressOf(model, synthetic.got);
  for (const symbol of synthetic.dynamic?.inGot ?? []) {
    const place = got + BigInt((target.gotHeaderWords + needs.gotWord(symbol)) * target.wordSize);
    entries.push({ place, value: symbolAddress(model, symbol) });
  }
  entries.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  for (const { place, value } of entries) writer.add(target.relativeType, place, value);
}

/** Where entry number `entry` of a section's relocations starts in the object. */
function entryAt(model: LinkModel, section: SectionId, entry: number): number {
  const { sections } = model;
  const { is64 } = model.objects[sections.object[section]];
  const relocations = sections.relocations[section];
  return sections.fileOffset[relocations] + entry * entrySize(is64, sections.type[relocations] === 4);
}

/** The address that a relocation applies to. */
function placeOf(model: LinkModel, section: SectionId, entry: number): bigint {
  const { view, is64 } = model.objects[model.sections.object[section]];
  const offset = view.getUint32(entryAt(model, section, entry), true);
  if (model.reversed.has(section))
    return addressOf(model, section) + BigInt(model.sections.size[section] - (is64 ? 8 : 4) - offset);
  const deletions = model.deletions.get(section);
  return addressOf(model, section) + BigInt(deletions ? shift(deletions, offset) : offset);
}

function shift({ first, count, start, before }: Deletions, offset: number): number {
  let i = first;
  while (i < first + count && start[i] < offset) i++;
  return offset - before[i];
}

/** S + A of a relocation with an explicit addend; those without have it in place. */
function targetOf(model: LinkModel, target: Target, section: SectionId, entry: number): bigint {
  if (!target.rela) return 0n;
  const { sections, symbols, merge } = model;
  const { view, symbolIds, is64 } = model.objects[sections.object[section]];
  const at = entryAt(model, section, entry);
  const addend = is64 ? view.getBigInt64(at + 16, true) : BigInt(view.getInt32(at + 8, true));
  const symbol = symbolIds[is64 ? view.getUint32(at + 12, true) : view.getUint32(at + 4, true) >>> 8];
  const home = symbols.section[symbol];
  if ((symbols.info[symbol] & 15) === 3 && merge && home > 0 && merge.merged[home]) {
    const offset = merge.locate(home, symbols.valueLow[symbol] + Number(addend));
    return addressOf(model, merge.holder) + BigInt(offset);
  }
  return symbolAddress(model, symbol) + addend;
}
