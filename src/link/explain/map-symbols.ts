import { fromHalves } from "../../binary/index.ts";
import { STT_SECTION } from "../../elf/index.ts";
import { type LinkModel, type SectionId, SymbolFlag, type SymbolId } from "../../model/index.ts";
import { gnuRanks } from "../write/gnu-order.ts";

/** The symbols of each input section, by ascending address. */
export class SymbolsBySection {
  private readonly model: LinkModel;
  /** SectionId to where its symbols begin in `order`; one more element than there are sections. */
  private readonly start: Int32Array;
  private readonly order: Int32Array;
  private readonly ranks: Int32Array | undefined;

  /** `which` picks symbols by row; `ranks` orders those at the same address, else their rows do. */
  constructor(model: LinkModel, which: (symbol: SymbolId) => boolean, ranks?: Int32Array) {
    this.model = model;
    this.ranks = ranks;
    const { symbols, sections } = model;
    this.start = new Int32Array(sections.count + 1);
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      const section = symbols.section[symbol];
      if (section > 0 && which(symbol)) this.start[section + 1]++;
    }
    for (let i = 0; i < sections.count; i++) this.start[i + 1] += this.start[i];
    const next = this.start.slice();
    this.order = new Int32Array(this.start[sections.count]);
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      const section = symbols.section[symbol];
      if (section > 0 && which(symbol)) this.order[next[section]++] = symbol;
    }
  }

  /** In ascending address. */
  of(section: SectionId): readonly SymbolId[] {
    const { symbols } = this.model;
    const { ranks } = this;
    const found = [...this.order.subarray(this.start[section], this.start[section + 1])];
    const value = (symbol: SymbolId) =>
      (symbols.valueHigh[symbol] >>> 0) * 2 ** 32 + (symbols.valueLow[symbol] >>> 0);
    return found.sort((a, b) => value(a) - value(b) || (ranks ? ranks[a] - ranks[b] : a - b));
  }
}

/** The global symbols; those at the same address in the order in which GNU ld's map has them. */
export function globalsBySection(model: LinkModel): SymbolsBySection {
  const { flags } = model.symbols;
  return new SymbolsBySection(model, (symbol) => (flags[symbol] & SymbolFlag.global) !== 0, gnuRanks(model));
}

/** The local symbols that have a name which is not only for the assembler's or the linker's use. */
export function localsBySection(model: LinkModel): SymbolsBySection {
  const { symbols, names } = model;
  const isNamed = (symbol: SymbolId): boolean => {
    if ((symbols.flags[symbol] & SymbolFlag.global) !== 0) return false;
    if ((symbols.info[symbol] & 15) === STT_SECTION) return false;
    const name = names.text(symbols.name[symbol]);
    return name !== "" && !name.startsWith(".L") && !name.startsWith("$");
  };
  return new SymbolsBySection(model, isNamed);
}

/** Final address. */
export function symbolAddress({ symbols }: LinkModel, symbol: SymbolId): bigint {
  return symbol < symbols.addressLow.length
    ? fromHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol])
    : 0n;
}

/** Size of a section as its object has it, before merging, relaxation and the like; undefined for the linker's own. */
export function originalSize(model: LinkModel, section: SectionId): number | undefined {
  const object = model.objects[model.sections.object[section]];
  if (!object || section < object.sectionBase || section >= object.sectionBase + object.sectionCount)
    return undefined;
  const { view, is64, littleEndian } = object;
  const index = section - object.sectionBase;
  const table = is64 ? Number(view.getBigUint64(40, littleEndian)) : view.getUint32(32, littleEndian);
  const entry = view.getUint16(is64 ? 58 : 46, littleEndian);
  const at = table + index * entry + (is64 ? 32 : 20);
  if (at + (is64 ? 8 : 4) > view.byteLength) return undefined;
  return is64 ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
}
