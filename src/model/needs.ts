import type { SymbolId } from "./symbols.ts";

/**
 * One kind of table entry that relocations ask for (an address in the GOT, a
 * TLS offset in the GOT, a PLT stub): which symbols have one, in the order of
 * the first request, which is the order of the entries.
 */
export class Need {
  readonly symbols: SymbolId[] = [];
  /** SymbolId to entry number + 1; 0 for none. */
  private entry: Int32Array = new Int32Array(0);

  /** Makes room for symbols up to `count`; call before scanning. */
  prepare(count: number): void {
    if (this.entry.length >= count) return;
    const grown = new Int32Array(count);
    grown.set(this.entry);
    this.entry = grown;
  }

  add(symbol: SymbolId): void {
    if (this.entry[symbol] === 0) this.entry[symbol] = this.symbols.push(symbol);
  }

  /** The number of the symbol's entry, or -1. */
  of(symbol: SymbolId): number {
    return symbol < this.entry.length ? this.entry[symbol] - 1 : -1;
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
  /** A stub, a word in .igot.plt (.got.plt) and an IRELATIVE relocation: for STT_GNU_IFUNC symbols. */
  readonly iplt = new Need();
  /** The two words of the local-dynamic model. */
  gotTlsLd = false;
  /** Something refers to _GLOBAL_OFFSET_TABLE_ or to an offset from the GOT's start. */
  gotBase = false;
  /** Static PIE: how many R_*_RELATIVE relocations the sections (not the GOT) need. */
  relativeCount = 0;

  prepare(symbolCount: number): void {
    for (const need of [this.got, this.gotTp, this.gotTlsGd, this.gotTlsDesc, this.iplt])
      need.prepare(symbolCount);
  }
}
