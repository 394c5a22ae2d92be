import { int32Column } from "../binary/index.ts";
import type { SectionId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * One kind of table entry that relocations ask for (an address in the GOT, a
 * TLS offset in the GOT, a PLT stub): which symbols have one, in the order of
 * the first request, which is the order of the entries.
 */
export class Need {
  readonly symbols: SymbolId[] = [];
  /** SymbolId to entry number + 1; 0 for none, and for symbols beyond its end. */
  entry: Int32Array = new Int32Array(0);

  /** Makes room for symbols up to `count`; call before scanning. */
  prepare(count: number): void {
    if (this.entry.length >= count) return;
    const grown = int32Column(count);
    grown.set(this.entry);
    this.entry = grown;
  }

  add(symbol: SymbolId): void {
    if (this.entry[symbol] === 0) this.entry[symbol] = this.symbols.push(symbol);
  }

  /** Takes the symbols that a kernel has given entries, in their order. It does so for all of the kind, or for none. */
  take(symbols: Int32Array): void {
    for (const symbol of symbols) this.symbols.push(symbol);
  }

  /** Reorders the entries. */
  sort(compare: (a: SymbolId, b: SymbolId) => number): void {
    this.symbols.sort(compare);
    for (const [index, symbol] of this.symbols.entries()) this.entry[symbol] = index + 1;
  }

  /** The number of the symbol's entry, or -1. */
  of(symbol: SymbolId): number {
    return symbol < this.entry.length ? this.entry[symbol] - 1 : -1;
  }
}

/** Relocations to come back to once addresses are known: a section, and the number of the entry in its relocation section. */
export class RelocationList {
  readonly section: SectionId[] = [];
  readonly entry: number[] = [];

  get count(): number {
    return this.section.length;
  }

  add(section: SectionId, entry: number): void {
    this.section.push(section);
    this.entry.push(entry);
  }
}

/** What the relocations of the live sections need, beyond the sections of the inputs. Filled by `Target.scan`. */
export class NeedTable {
  /** One word: the symbol's address. */
  readonly got = new Need();
  /** One word: the symbol's offset from the thread pointer (initial exec). */
  readonly gotTp = new Need();
  /** Two words: module number and offset in the module (general dynamic). */
  readonly gotTlsGd = new Need();
  /** Two words: resolver and argument (TLS descriptor). */
  readonly gotTlsDesc = new Need();
  /** A stub, a word in .igot.plt and an IRELATIVE relocation: for STT_GNU_IFUNC symbols that are called or have their address taken. */
  readonly iplt = new Need();
  /** STT_GNU_IFUNC symbols whose address is loaded from a table: scan.ts decides from which. */
  readonly ifuncGot = new Need();
  /** Pointers in data to STT_GNU_IFUNC symbols; without a stub, each becomes an IRELATIVE relocation. */
  readonly ifuncPointers = new RelocationList();
  /** The two words of the local-dynamic model. */
  gotTlsLd = false;
  /** Something refers to _GLOBAL_OFFSET_TABLE_ or to an offset from the GOT's start. */
  gotBase = false;
  /** Static PIE: addresses in sections (not the GOT) that the start-up code is to relocate. */
  readonly relative = new RelocationList();
  /** Some of them are in read-only sections. */
  textRelocations = false;
  /** The first of them, for a message. */
  firstTextRelocation: { readonly where: string; readonly message: string } | undefined = undefined;
  /**
   * Symbols that nothing defines yet, but placement or layout will: `__start_NAME` and the like. Scanning and
   * relocating have to agree about what is defined.
   */
  readonly definedLater = new Set<SymbolId>();
  /** Whether any symbol is an STT_GNU_IFUNC: without one, scanning can do without looking at the symbols of plain references. */
  hasIfunc = false;

  prepare(symbolCount: number): void {
    for (const need of [this.got, this.gotTp, this.gotTlsGd, this.gotTlsDesc, this.iplt, this.ifuncGot])
      need.prepare(symbolCount);
  }

  // The words of .got, behind its reserved ones: unless `arrange` said otherwise, addresses, offsets from the thread
  // pointer, pairs of the general dynamic model, pairs of descriptors, the pair of the local dynamic model. Numbers
  // of words, from the first entry.

  private arrangement: GotArrangement | undefined;

  /** Gives each entry of the tables its word. */
  arrange(arrangement: GotArrangement): void {
    this.arrangement = arrangement;
  }

  gotWord(symbol: SymbolId): number {
    const entry = this.got.of(symbol);
    return this.arrangement && entry >= 0 ? this.arrangement.got[entry] : entry;
  }

  gotTpWord(symbol: SymbolId): number {
    const entry = this.gotTp.of(symbol);
    return this.arrangement ? this.arrangement.gotTp[entry] : this.got.symbols.length + entry;
  }

  gotTlsGdWord(symbol: SymbolId): number {
    const entry = this.gotTlsGd.of(symbol);
    if (this.arrangement) return this.arrangement.gotTlsGd[entry];
    return this.got.symbols.length + this.gotTp.symbols.length + 2 * entry;
  }

  gotTlsDescWord(symbol: SymbolId): number {
    const entry = this.gotTlsDesc.of(symbol);
    if (this.arrangement) return this.arrangement.gotTlsDesc[entry];
    const before = this.got.symbols.length + this.gotTp.symbols.length + 2 * this.gotTlsGd.symbols.length;
    return before + 2 * entry;
  }

  gotTlsLdWord(): number {
    const single = this.got.symbols.length + this.gotTp.symbols.length;
    return single + 2 * (this.gotTlsGd.symbols.length + this.gotTlsDesc.symbols.length);
  }

  /** How many words there are. */
  gotWords(): number {
    return this.gotTlsLdWord() + (this.gotTlsLd ? 2 : 0);
  }
}

/** Entry number to word number (of a pair: its first). */
export interface GotArrangement {
  readonly got: Int32Array;
  readonly gotTp: Int32Array;
  readonly gotTlsGd: Int32Array;
  readonly gotTlsDesc: Int32Array;
}
