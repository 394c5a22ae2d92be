import { type BfdSection, COMMON, isCommon, UNDEFINED } from "../bfd/section.ts";
import {
  type BfdSymbol,
  BSF_DEBUGGING,
  BSF_FILE,
  BSF_FUNCTION,
  BSF_GLOBAL,
  BSF_LOCAL,
  BSF_OBJECT,
  BSF_SECTION_SYM,
  BSF_SYNTHETIC,
} from "../bfd/symbols.ts";
import { addressOf, addressOfBig, isBelow } from "./addresses.ts";
import type { Dump } from "./context.ts";

// The symbols that objdump names addresses by, sorted by address. Of several
// at one address the first is shown: those of the section being disassembled
// come first, then functions, then objects, then globals, and so on.
//
// GNU objdump sorts them all again for each section. Here they are sorted once
// without regard to sections; a section only moves its own to the front within
// the groups of equal addresses, which is linear.

/** How a machine's symbols are looked at: mapping symbols name nothing. */
export type IsName = (name: string) => boolean;

export class SortedSymbols {
  readonly symbols: BfdSymbol[];
  readonly addresses: Float64Array;
  /** Which of them may name an address. */
  private readonly named: Uint8Array;
  private readonly isRelocatable: boolean;
  /** `find` was content with the nearest symbol because it is one of the section's own. */
  foundInSection = false;

  constructor(dump: Dump, synthetic: readonly BfdSymbol[], isName: IsName) {
    const { object } = dump;
    const source = dump.symbols.length > 0 ? dump.symbols : dump.dynsyms;
    const relative = !object.isExecutable && !object.isDynamic;
    const useful = [...source.filter(isUseful), ...synthetic];
    const value = (symbol: BfdSymbol): number => {
      const own = addressOf(symbol.low, symbol.high);
      // --adjust-vma moves sections; symbols follow where they count from their section.
      const start = relative ? dump.vma(symbol.section) : 0n;
      return start === 0n ? own : own + addressOfBig(start);
    };
    const rows = useful.map((symbol) => ({ symbol, address: value(symbol) }));
    rows.sort((a, b) => {
      if (a.address !== b.address) return isBelow(a.address, b.address) ? -1 : 1;
      return compareTies(a.symbol, b.symbol);
    });
    this.symbols = rows.map((row) => row.symbol);
    this.addresses = Float64Array.from(rows, (row) => row.address);
    this.named = Uint8Array.from(this.symbols, (symbol) => (isName(symbol.name) ? 1 : 0));
    this.isRelocatable = object.hasRelocations;
  }

  get count(): number {
    return this.symbols.length;
  }

  /** Puts the symbols of sections of this name first among those of equal address. */
  prefer(section: BfdSection): void {
    const { symbols, addresses, named } = this;
    const { name } = section;
    for (let start = 0; start < symbols.length; ) {
      let end = start + 1;
      while (end < symbols.length && addresses[end] === addresses[start]) end++;
      if (end - start > 1) {
        const group = symbols.slice(start, end);
        const flags = named.slice(start, end);
        const order = group.map((_, i) => i);
        order.sort((a, b) => {
          const first = group[a].section.name === name ? 0 : 1;
          const second = group[b].section.name === name ? 0 : 1;
          return first - second || compareTies(group[a], group[b]);
        });
        for (const [i, from] of order.entries()) {
          symbols[start + i] = group[from];
          named[start + i] = flags[from];
        }
      }
      start = end;
    }
  }

  isNamed(index: number): boolean {
    return this.named[index] !== 0;
  }

  private fits(index: number, section: BfdSection | undefined): boolean {
    if (section && this.symbols[index].section !== section) return false;
    return this.named[index] !== 0;
  }

  /**
   * The index of the symbol that names an address seen in a section, or -1.
   * `required`: only symbols of the section will do; `end` is where it ends.
   */
  find(address: number, section: BfdSection, vma: number, end: number, required: boolean): number {
    const { addresses, symbols } = this;
    const { length } = symbols;
    this.foundInSection = false;
    if (length < 1) return -1;
    let min = 0;
    let max = length;
    while (min + 1 < max) {
      const middle = (min + max) >> 1;
      const value = addresses[middle];
      if (value === address) {
        min = middle;
        break;
      }
      if (isBelow(address, value)) max = middle;
      else min = middle;
    }
    let place = min;
    while (place > 0 && addresses[place] === addresses[place - 1]) place--;
    // The section's own is preferred among several at this address.
    min = place;
    while (min < max && addresses[min] === addresses[place]) {
      if (this.fits(min, section)) {
        this.foundInSection = true;
        return min;
      }
      min++;
    }
    const wanted =
      required || (this.isRelocatable && !isBelow(address, vma) && isBelow(address, end))
        ? section
        : undefined;
    if (this.fits(place, wanted)) return place;
    let found = -1;
    for (let i = min - 1; i >= 0; i--) {
      if (!this.fits(i, wanted)) continue;
      if (found < 0) found = i;
      if (addresses[i] !== addresses[found]) break;
      found = i;
    }
    if (found >= 0) return found;
    for (let i = place + 1; i < length; i++) if (this.fits(i, wanted)) return i;
    return -1;
  }
}

/** Symbols that name an address in code or data. */
function isUseful(symbol: BfdSymbol): boolean {
  if (symbol.name === "") return false;
  if (symbol.flags & (BSF_DEBUGGING | BSF_SECTION_SYM) && !/^\.(plt|got)/.test(symbol.name)) return false;
  return symbol.section !== UNDEFINED && symbol.section !== COMMON && !isCommon(symbol.section);
}

const isCompilerMark = (name: string) => name.includes("gnu_compiled") || name.includes("gcc2_compiled");
const isFileName = ({ flags, name }: BfdSymbol) => (flags & BSF_FILE) !== 0 || /.\.[oa]$/.test(name);

function compareTies(a: BfdSymbol, b: BfdSymbol): number {
  const marks = Number(isCompilerMark(a.name)) - Number(isCompilerMark(b.name));
  if (marks !== 0) return marks;
  const files = Number(isFileName(a)) - Number(isFileName(b));
  if (files !== 0) return files;
  const differ = a.flags ^ b.flags;
  if (differ & BSF_DEBUGGING) return a.flags & BSF_DEBUGGING ? 1 : -1;
  if (differ & BSF_SECTION_SYM) return a.flags & BSF_SECTION_SYM ? 1 : -1;
  if (differ & BSF_FUNCTION) return a.flags & BSF_FUNCTION ? -1 : 1;
  if (differ & BSF_OBJECT) return a.flags & BSF_OBJECT ? -1 : 1;
  if (differ & BSF_LOCAL) return a.flags & BSF_LOCAL ? 1 : -1;
  if (differ & BSF_GLOBAL) return a.flags & BSF_GLOBAL ? -1 : 1;
  const sizeless = BSF_SECTION_SYM | BSF_SYNTHETIC;
  const sizeOf = (symbol: BfdSymbol) =>
    symbol.flags & sizeless ? 0 : (symbol.sizeHigh >>> 0) * 0x1_0000_0000 + (symbol.sizeLow >>> 0);
  const sizes = sizeOf(b) - sizeOf(a);
  if (sizes !== 0) return sizes;
  const dots = Number(a.name.startsWith(".")) - Number(b.name.startsWith("."));
  if (dots !== 0) return dots;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
