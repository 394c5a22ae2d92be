import { STT_GNU_IFUNC } from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Kept,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { dynamicIsZero, isWeakUndefined, type PltForm, type Target } from "../../targets/index.ts";
import { type DynamicRows, makeIfuncRow, relocationsFor } from "./rows.ts";
import { recordDynamic } from "./shared-inputs.ts";

// Gives symbols their places in .plt, .plt.got, .plt.sec, .got and .got.plt, and
// counts what the loader will have to relocate, in BFD's order: words for local
// symbols, then all global symbols as they lie in its table, then local IFUNCs.

/** What the tables hold, in order. */
export interface TablePlan {
  readonly form: PltForm;
  /** Symbols with an entry of .plt, and of .plt.got. */
  readonly plt: SymbolId[];
  readonly direct: SymbolId[];
  /** Symbols with words of .got, in order. */
  readonly got: SymbolId[];
  /** How many relocations each row of them has room for. */
  readonly counts: Map<SectionId, number>;
}

/** Allocates; `order`: the global symbols in BFD's order. */
export function allocateTables(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  order: Int32Array,
  marked: boolean,
): TablePlan {
  const allocator = new Allocator(model, target, dynamic, rows, marked);
  allocator.localRelocations();
  for (const symbol of dynamic.localGot) allocator.localWord(symbol);
  for (const symbol of order) allocator.global(symbol);
  if (dynamic.facts.ifuncsLast) for (const symbol of order) allocator.globalIfunc(symbol);
  allocator.localIfuncs();
  allocator.finish();
  return allocator.plan;
}

class Allocator {
  readonly plan: TablePlan;
  private readonly model: LinkModel;
  private readonly target: Target;
  private readonly dynamic: DynamicLink;
  private readonly rows: DynamicRows;
  private readonly pic: boolean;
  private readonly word: number;
  /** By symbol, its relocations in `dynamic.relocations`: a list through `next`, entries from 1. */
  private readonly head: Int32Array;
  private readonly next: Int32Array;
  private gotSize: number;
  private pltSize = 0;
  private pltGotSize = 0;
  private gotPltSize: number;
  private secondSize = 0;

  constructor(model: LinkModel, target: Target, dynamic: DynamicLink, rows: DynamicRows, marked: boolean) {
    if (!target.dynamic) throw new Error(`${target.name} has no dynamic executables`);
    this.model = model;
    this.target = target;
    this.dynamic = dynamic;
    this.rows = rows;
    this.pic = model.options.kind === "pie";
    this.word = target.wordSize;
    this.gotSize = target.gotHeaderWords * this.word;
    this.gotPltSize = target.gotPltHeaderWords * this.word;
    const form = target.dynamic.plt(marked, this.pic);
    this.plan = { form, plt: [], direct: [], got: [], counts: new Map() };
    const { symbol } = dynamic.relocations;
    this.head = new Int32Array(model.symbols.count);
    this.next = new Int32Array(symbol.length + 1);
    for (let i = symbol.length - 1; i >= 0; i--) {
      this.next[i + 1] = this.head[symbol[i]];
      this.head[symbol[i]] = i + 1;
    }
  }

  private has(symbol: SymbolId, bits: number): boolean {
    return (this.dynamic.flags[symbol] & bits) !== 0;
  }

  private count(row: SectionId, more = 1): void {
    this.plan.counts.set(row, (this.plan.counts.get(row) ?? 0) + more);
  }

  private isIfunc(symbol: SymbolId): boolean {
    return (this.model.symbols.info[symbol] & 15) === STT_GNU_IFUNC && this.has(symbol, Dyn.defRegular);
  }

  /** Relocations against local symbols: all of them move with the image. */
  localRelocations(): void {
    const { relocations } = this.dynamic;
    const { symbols } = this.model;
    // Their sections were made as the objects were read, whatever is counted first.
    const late = this.pic && this.dynamic.facts.ifuncsLast;
    for (const [i, section] of relocations.section.entries()) {
      if (late && this.isIfunc(relocations.symbol[i])) makeIfuncRow(this.model, this.target, this.rows);
      this.rowFor(section);
    }
    const isUsed = (symbol: SymbolId) => this.isIfunc(symbol) && this.has(symbol, Dyn.refRegular);
    if (late && symbols.globals().some(isUsed)) makeIfuncRow(this.model, this.target, this.rows);
    for (let i = 0; i < relocations.symbol.length; i++) {
      const symbol = relocations.symbol[i];
      const isRoom = relocations.kept[i] === Kept.room;
      if (symbols.flags[symbol] & SymbolFlag.global || this.isIfunc(symbol)) continue;
      this.keep(i, isRoom ? Kept.room : Kept.base);
    }
  }

  private keep(i: number, kept: number, row?: SectionId): void {
    const { dynamic } = this;
    const section = dynamic.relocations.section[i];
    dynamic.relocations.kept[i] = kept;
    this.count(row ?? this.rowFor(section));
  }

  private rowFor(section: SectionId): SectionId {
    const { sections, names } = this.model;
    return relocationsFor(this.model, this.target, this.rows, names.text(sections.name[section]));
  }

  localWord(symbol: SymbolId): void {
    const { dynamic, model } = this;
    dynamic.got[symbol] = this.gotSize;
    const isPair = this.has(symbol, Dyn.gotTlsGd);
    this.gotSize += isPair ? 2 * this.word : this.word;
    if (isPair && this.has(symbol, Dyn.gotTls)) this.gotSize += this.word;
    this.plan.got.push(symbol);
    if (this.has(symbol, Dyn.gotTls | Dyn.gotTlsGd)) this.count(this.rows.relaGot);
    else if (this.pic && model.symbols.section[symbol] !== SymbolSection.absolute)
      this.count(this.rows.relaGot);
  }

  global(symbol: SymbolId): void {
    const { dynamic } = this;
    const isIfunc = (this.model.symbols.info[symbol] & 15) === STT_GNU_IFUNC;
    const direct =
      this.plan.form.directSize > 0 &&
      !isIfunc &&
      !this.has(symbol, Dyn.pointerEquality) &&
      this.has(symbol, Dyn.pltReference) &&
      this.has(symbol, Dyn.gotReference);
    this.exportGlobalPointer(symbol);
    if (isIfunc && this.has(symbol, Dyn.defRegular)) {
      if (!dynamic.facts.ifuncsLast) this.ifunc(symbol);
      return;
    }
    const zero = dynamicIsZero(this.model, dynamic, symbol);
    if (this.has(symbol, Dyn.pltReference)) this.stub(symbol, direct, zero);
    else dynamic.flags[symbol] &= ~Dyn.needsPlt;
    this.gotWord(symbol, zero);
    this.keepRelocations(symbol, zero);
  }

  globalIfunc(symbol: SymbolId): void {
    if (this.isIfunc(symbol)) this.ifunc(symbol);
  }

  private exportGlobalPointer(symbol: SymbolId): void {
    const { facts } = this.dynamic;
    const { names, symbols } = this.model;
    if (this.pic || facts.globalPointer === undefined || this.has(symbol, Dyn.dynamic)) return;
    if (symbols.name[symbol] === names.find(facts.globalPointer)) this.makeDynamic(symbol);
  }

  /** Weak undefined symbols become dynamic when the loader has to look for them. */
  private recordWeak(symbol: SymbolId, zero: boolean): void {
    if (this.has(symbol, Dyn.dynamic | Dyn.forcedLocal) || zero) return;
    if (this.dynamic.facts.zeroWeak && !isWeakUndefined(this.model, symbol)) return;
    this.makeDynamic(symbol);
  }

  private makeDynamic(symbol: SymbolId): void {
    recordDynamic(this.model, this.dynamic, symbol);
    this.dynamic.flags[symbol] |= this.dynamic.recorded.has(symbol) ? Dyn.dynamic : Dyn.forcedLocal;
  }

  private stub(symbol: SymbolId, direct: boolean, zero: boolean): void {
    const { dynamic, rows, plan } = this;
    const { form } = plan;
    this.recordWeak(symbol, zero);
    const isFinished = this.has(symbol, Dyn.dynamic) && !this.has(symbol, Dyn.forcedLocal);
    if (!this.pic && !isFinished) {
      dynamic.flags[symbol] &= ~Dyn.needsPlt;
      return;
    }
    if (this.pltSize === 0) this.pltSize = form.headerSize;
    let home: SectionId;
    let value: number;
    if (direct) {
      home = rows.pltGot;
      value = dynamic.pltGot[symbol] = this.pltGotSize;
      this.pltGotSize += form.directSize;
      plan.direct.push(symbol);
    } else {
      home = form.second ? rows.pltSecond : rows.plt;
      this.addEntry(symbol);
      value = form.second ? dynamic.pltSecond[symbol] : dynamic.plt[symbol];
      if (!zero) this.count(rows.relaPlt);
    }
    // GNU ld for RISC-V calls 0 where a weak function may be missing.
    if (!this.pic && !dynamic.facts.zeroWeak && isWeakUndefined(this.model, symbol)) return;
    // What nobody defines stays undefined, and is reported.
    if (!this.has(symbol, Dyn.defRegular | Dyn.defDynamic) && !isWeakUndefined(this.model, symbol)) return;
    // Pointers to the function are equal everywhere because all are to this stub.
    if (zero && this.pic && dynamic.facts.zeroWeak) dynamic.special[symbol] = 3;
    else if (!this.has(symbol, Dyn.defRegular) && (form.canonicalInPie || !this.pic))
      this.place(symbol, home, value);
    else if (!this.has(symbol, Dyn.defRegular)) dynamic.special[symbol] = 3;
  }

  private place(symbol: SymbolId, home: SectionId, value: number): void {
    const { symbols } = this.model;
    symbols.section[symbol] = home;
    symbols.valueLow[symbol] = value;
    symbols.valueHigh[symbol] = 0;
  }

  private addEntry(symbol: SymbolId): void {
    const { dynamic, plan } = this;
    if (this.pltSize === 0) this.pltSize = plan.form.headerSize;
    dynamic.plt[symbol] = this.pltSize;
    this.pltSize += plan.form.entrySize;
    dynamic.slots[symbol] = this.gotPltSize;
    this.gotPltSize += this.word;
    plan.plt.push(symbol);
    if (!plan.form.second) return;
    dynamic.pltSecond[symbol] = this.secondSize;
    this.secondSize += plan.form.directSize;
  }

  private gotWord(symbol: SymbolId, zero: boolean): void {
    const { dynamic, rows, model } = this;
    if (!this.has(symbol, Dyn.gotReference)) return;
    if (dynamic.facts.gotMakesDynamic) {
      this.gotWordOfDynamic(symbol, zero);
      return;
    }
    const isTls = this.has(symbol, Dyn.gotTls);
    if (isTls && !this.has(symbol, Dyn.dynamic)) return;
    this.recordWeak(symbol, zero);
    dynamic.got[symbol] = this.gotSize;
    this.gotSize += this.word;
    this.plan.got.push(symbol);
    if (isTls) {
      this.count(rows.relaGot);
      return;
    }
    const visible = ((model.symbols.other[symbol] & 3) === 0 && !zero) || !isWeakUndefined(model, symbol);
    const isAbsolute = model.symbols.section[symbol] === SymbolSection.absolute;
    const isDynamic = this.has(symbol, Dyn.dynamic);
    const moves = this.pic && !(isAbsolute && !isDynamic);
    if (visible && (moves || (isDynamic && !this.has(symbol, Dyn.forcedLocal)))) this.count(rows.relaGot);
  }

  private gotWordOfDynamic(symbol: SymbolId, zero: boolean): void {
    const { dynamic, rows } = this;
    this.recordWeak(symbol, zero);
    dynamic.got[symbol] = this.gotSize;
    this.plan.got.push(symbol);
    const isPair = this.has(symbol, Dyn.gotTlsGd);
    const isOffset = this.has(symbol, Dyn.gotTls);
    if (isPair) {
      this.gotSize += 2 * this.word;
      this.count(rows.relaGot, 2);
    }
    if (isOffset) {
      this.gotSize += this.word;
      this.count(rows.relaGot);
    }
    if (isPair || isOffset) return;
    this.gotSize += this.word;
    const isLocal = this.has(symbol, Dyn.forcedLocal);
    const isFinished = isLocal ? this.pic : this.has(symbol, Dyn.dynamic);
    if (isFinished && !zero) this.count(rows.relaGot);
  }

  private keepRelocations(symbol: SymbolId, zero: boolean): void {
    const { dynamic, model } = this;
    if (this.head[symbol] === 0) return;
    const { relocations } = dynamic;
    const weak = isWeakUndefined(model, symbol);
    const here = this.has(symbol, Dyn.defRegular);
    if (this.pic) {
      if (weak) {
        if ((model.symbols.other[symbol] & 3) !== 0 || zero) return;
        if (!this.has(symbol, Dyn.dynamic | Dyn.forcedLocal)) this.makeDynamic(symbol);
      }
    } else {
      const known = this.has(symbol, Dyn.defDynamic) || !here;
      if (
        !known ||
        here ||
        (this.has(symbol, Dyn.nonGotReference) && !(weak && !zero && dynamic.facts.zeroWeak))
      )
        return;
      this.recordWeak(symbol, zero);
      if (!this.has(symbol, Dyn.dynamic)) return;
    }
    const isLocal = here || this.has(symbol, Dyn.forcedLocal);
    const isCopied = this.has(symbol, Dyn.needsCopy) || this.isCopiedAlias(symbol);
    const isAbsolute = model.symbols.section[symbol] === SymbolSection.absolute;
    for (let i = this.head[symbol]; i !== 0; i = this.next[i]) {
      const relative = relocations.relative[i - 1] !== 0;
      if (this.pic && relative && (isLocal || isCopied)) continue;
      if (relocations.kept[i - 1] === Kept.room) {
        this.keep(i - 1, Kept.room);
        continue;
      }
      if (isAbsolute && here && dynamic.facts.zeroWeak) continue;
      const symbolic = this.has(symbol, Dyn.dynamic) && (relative || !here || dynamic.facts.leavesAll);
      if (symbolic && dynamic.special[symbol] !== 4) dynamic.special[symbol] = relative ? 4 : 1;
      this.keep(i - 1, symbolic ? Kept.symbol : Kept.base);
    }
  }

  private isCopiedAlias(symbol: SymbolId): boolean {
    const strong = this.dynamic.aliasOf.get(symbol);
    return strong !== undefined && this.has(strong, Dyn.needsCopy);
  }

  localIfuncs(): void {
    const { model, dynamic } = this;
    const { symbols } = model;
    const found: SymbolId[] = [];
    for (let id = 1; id < symbols.count; id++) {
      if ((symbols.flags[id] & SymbolFlag.global) !== 0 || (symbols.info[id] & 15) !== STT_GNU_IFUNC)
        continue;
      if (this.head[id] !== 0 || this.has(id, Dyn.pltReference | Dyn.gotReference)) found.push(id);
    }
    found.sort((a, b) => symbols.object[a] - symbols.object[b] || symbols.elfIndex[a] - symbols.elfIndex[b]);
    for (const id of found) {
      // As adjusting does with global ones.
      for (let i = this.head[id]; i !== 0; i = this.next[i])
        if (dynamic.relocations.relative[i - 1]) dynamic.flags[id] |= Dyn.pltReference;
      this.ifunc(id);
    }
  }

  /** An IFUNC symbol of this program: with a stub if it is called, or else with words that its resolver fills. */
  private ifunc(symbol: SymbolId): void {
    const { dynamic, rows } = this;
    const { relocations } = dynamic;
    const usesPlt = this.has(symbol, Dyn.pltReference);
    const needsLoader = !usesPlt || this.pic;
    const hasPointers = this.head[symbol] !== 0;
    const isReferenced = usesPlt || this.has(symbol, Dyn.gotReference) || (needsLoader && hasPointers);
    if (!isReferenced || !this.has(symbol, Dyn.refRegular)) return;
    if (needsLoader && hasPointers) dynamic.flags[symbol] |= Dyn.nonGotReference;
    if (usesPlt) {
      this.addEntry(symbol);
      this.count(rows.relaPlt);
    }
    if (needsLoader && this.has(symbol, Dyn.nonGotReference))
      for (let i = this.head[symbol]; i !== 0; i = this.next[i])
        if (!relocations.relative[i - 1])
          this.keep(i - 1, Kept.resolver, this.pic ? rows.relaIfunc : rows.relaGot);
    if (!this.has(symbol, Dyn.gotReference)) return;
    if (usesPlt && (this.pic || !this.has(symbol, Dyn.pointerEquality))) return;
    dynamic.got[symbol] = this.gotSize;
    this.gotSize += this.word;
    this.plan.got.push(symbol);
    if (needsLoader) this.count(rows.relaGot);
  }

  finish(): void {
    const { model, rows, plan, target, dynamic } = this;
    const { sections } = model;
    const header = target.gotPltHeaderWords * this.word;
    const gotHeader = target.gotHeaderWords * this.word;
    const isEmpty =
      !dynamic.gotReferenced &&
      this.gotPltSize === header &&
      this.pltSize === 0 &&
      this.gotSize === gotHeader;
    if (isEmpty) this.gotPltSize = 0;
    const size = (row: SectionId, bytes: number): void => {
      if (row === 0 || bytes === 0) return;
      sections.contents.set(row, new Uint8Array(bytes));
      sections.size[row] = bytes;
    };
    size(rows.plt, this.pltSize);
    size(rows.pltGot, this.pltGotSize);
    size(rows.pltSecond, this.secondSize);
    sections.entsize[rows.plt] = plan.form.entrySize;
    if (rows.pltGot) {
      sections.entsize[rows.pltGot] = plan.form.directSize;
      sections.alignPower[rows.pltGot] = Math.log2(plan.form.directSize);
    }
    size(rows.got, this.gotSize);
    size(rows.gotPlt, this.gotPltSize);
    for (const symbol of model.symbols.globals())
      if (this.has(symbol, Dyn.needsCopy))
        this.count(model.symbols.section[symbol] === rows.relro ? rows.relaRelro : rows.relaBss);
    for (const [row, count] of plan.counts) size(row, count * sections.entsize[row]);
    size(rows.relro, sections.size[rows.relro]);
    dynamic.rows = {
      plt: rows.plt,
      pltGot: rows.pltGot,
      pltSecond: rows.pltSecond,
      got: rows.got,
      gotPlt: rows.gotPlt,
    };
  }
}
