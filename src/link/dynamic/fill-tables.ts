import { fromHalves } from "../../binary/index.ts";
import { STT_GNU_IFUNC } from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type ImageLayout,
  Kept,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { dynamicIsZero, type RelocateContext, type Target } from "../../targets/index.ts";
import { globalsAsGnu } from "../write/gnu-order.ts";
import type { TablePlan } from "./allocate.ts";
import { LoaderRelocations } from "./loader-relocations.ts";
import { fillPacked, type PackedRelocations } from "./packed-relocations.ts";
import type { DynamicRows } from "./rows.ts";

// The bytes of .plt, .got and .got.plt, and what the loader has to do with them:
// all addresses are final.

/** Fills the tables and writes all relocations for the loader; how many of these only add the image's base. */
export function fillTables(
  context: RelocateContext,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  plan: TablePlan,
  packed: PackedRelocations | undefined,
): number {
  const filler = new TableFiller(context, target, dynamic, rows, plan, packed);
  filler.stubs();
  filler.words();
  filler.copies();
  filler.pointers();
  if (packed) fillPacked(context.model, target, rows, packed);
  return filler.loader.write(context.layout);
}

class TableFiller {
  readonly loader: LoaderRelocations;
  private readonly model: LinkModel;
  private readonly layout: ImageLayout;
  private readonly target: Target;
  private readonly dynamic: DynamicLink;
  private readonly rows: DynamicRows;
  private readonly plan: TablePlan;
  private readonly packed: PackedRelocations | undefined;
  private readonly pic: boolean;
  private readonly word: number;

  constructor(
    context: RelocateContext,
    target: Target,
    dynamic: DynamicLink,
    rows: DynamicRows,
    plan: TablePlan,
    packed: PackedRelocations | undefined,
  ) {
    this.packed = packed;
    this.model = context.model;
    this.layout = context.layout;
    this.target = target;
    this.dynamic = dynamic;
    this.rows = rows;
    this.plan = plan;
    this.pic = context.model.options.kind === "pie";
    this.word = target.wordSize;
    this.loader = new LoaderRelocations(context.model, target, rows);
  }

  private addressOf(row: SectionId): bigint {
    const { sections } = this.model;
    return row === 0 ? 0n : fromHalves(sections.addressLow[row], sections.addressHigh[row]);
  }

  private symbolAddress(symbol: SymbolId): bigint {
    const { symbols } = this.model;
    return fromHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol]);
  }

  private has(symbol: SymbolId, bits: number): boolean {
    return (this.dynamic.flags[symbol] & bits) !== 0;
  }

  private put(row: SectionId, at: number, value: bigint): void {
    const bytes = this.model.sections.contents.get(row);
    if (!bytes || at + this.word > bytes.length) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.word === 8) view.setBigUint64(at, BigInt.asUintN(64, value), true);
    else view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
  }

  private isIfunc(symbol: SymbolId): boolean {
    return (this.model.symbols.info[symbol] & 15) === STT_GNU_IFUNC && this.has(symbol, Dyn.defRegular);
  }

  stubs(): void {
    const { model, rows, plan, target, dynamic } = this;
    const { form } = plan;
    const code = model.sections.contents.get(rows.plt);
    const plt = this.addressOf(rows.plt);
    const gotPlt = this.addressOf(rows.gotPlt);
    const first = target.gotSymbol === "got" ? rows.got : rows.gotPlt;
    const mark = target.gotPltMark;
    this.put(first, 0, this.addressOf(rows.dynamic));
    if (mark !== undefined) this.put(rows.gotPlt, 0, mark);
    if (code && code.length > 0) form.header(code, plt, gotPlt);
    const numbers = this.numberStubs(plan.counts.get(rows.relaPlt) ?? 0);
    const second = model.sections.contents.get(rows.pltSecond);
    for (const symbol of plan.plt) {
      if (!this.isFinished(symbol)) continue;
      const at = dynamic.plt[symbol];
      const address = plt + BigInt(at);
      const slotAt = dynamic.slots[symbol];
      const slot = gotPlt + BigInt(slotAt);
      const number = numbers.get(symbol);
      if (code)
        form.entry(code, at, address, slot, number ?? 0, number === undefined ? undefined : plt, gotPlt);
      if (second && dynamic.pltSecond[symbol] >= 0) {
        const secondAt = dynamic.pltSecond[symbol];
        form.direct(second, secondAt, this.addressOf(rows.pltSecond) + BigInt(secondAt), slot, gotPlt);
      }
      if (number === undefined) continue;
      const isIfunc = this.isIfunc(symbol);
      if (isIfunc && !target.rela) this.put(rows.gotPlt, slotAt, this.symbolAddress(symbol));
      else this.put(rows.gotPlt, slotAt, form.slotValue(address, plt));
      if (isIfunc) this.loader.plt(number, slot, target.irelativeType, 0, this.symbolAddress(symbol));
      else this.loader.plt(number, slot, this.types.jumpSlot, dynamic.index[symbol], 0n);
    }
    const direct = model.sections.contents.get(rows.pltGot);
    for (const symbol of plan.direct) {
      if (!direct) break;
      const at = dynamic.pltGot[symbol];
      // GNU ld's stub for a function that is 0 for good misses its word by one; nobody calls it.
      const miss = dynamicIsZero(model, dynamic, symbol) ? 1 : 0;
      const slot = this.addressOf(rows.got) + BigInt(dynamic.got[symbol] + miss);
      form.direct(direct, at, this.addressOf(rows.pltGot) + BigInt(at), slot, gotPlt);
    }
  }

  /** A stub for what is neither here nor dynamic keeps its room, for GNU ld, and stays empty. */
  private isFinished(symbol: SymbolId): boolean {
    return (
      this.isIfunc(symbol) ||
      this.has(symbol, Dyn.dynamic | Dyn.forcedLocal) ||
      dynamicIsZero(this.model, this.dynamic, symbol)
    );
  }

  private get types() {
    if (!this.target.dynamic) throw new Error(`${this.target.name} has no dynamic executables`);
    return this.target.dynamic.relocations;
  }

  /** Numbers of the relocations of stubs: those of IFUNCs count down from the last, hidden ones first, then local ones. */
  private numberStubs(total: number): Map<SymbolId, number> {
    const { model, dynamic, plan } = this;
    const { symbols } = model;
    const isLocal = (symbol: SymbolId) => (symbols.flags[symbol] & SymbolFlag.global) === 0;
    const isHidden = (symbol: SymbolId) => (symbols.flags[symbol] & SymbolFlag.forcedLocal) !== 0;
    const rank = (symbol: SymbolId) => (isHidden(symbol) ? 0 : isLocal(symbol) ? 1 : 2);
    const order = dynamic.facts.ifuncsLast ? plan.plt : [...plan.plt].sort((a, b) => rank(a) - rank(b));
    const numbers = new Map<SymbolId, number>();
    let next = 0;
    let last = total - 1;
    for (const symbol of order) {
      if (dynamicIsZero(model, dynamic, symbol) || !this.isFinished(symbol)) continue;
      const countsDown = this.isIfunc(symbol) && this.target.lastIrelativeFirst;
      numbers.set(symbol, countsDown ? last-- : next++);
    }
    return numbers;
  }

  words(): void {
    const { model, rows, plan, dynamic, target } = this;
    const { symbols } = model;
    const got = this.addressOf(rows.got);
    for (const symbol of plan.got) {
      const at = dynamic.got[symbol];
      const place = got + BigInt(at);
      const index = this.has(symbol, Dyn.dynamic) ? dynamic.index[symbol] : 0;
      if (dynamic.facts.gotMakesDynamic && this.has(symbol, Dyn.gotTls | Dyn.gotTlsGd)) {
        this.tlsWords(symbol, at, place);
        continue;
      }
      if (this.has(symbol, Dyn.gotTls)) {
        this.tlsWord(symbol, at, place, index);
        continue;
      }
      const value = this.symbolAddress(symbol);
      if (this.isIfunc(symbol)) {
        this.ifuncWord(symbol, at, place, index);
        continue;
      }
      const isGlobal = (symbols.flags[symbol] & SymbolFlag.global) !== 0;
      const isAbsolute = symbols.section[symbol] === SymbolSection.absolute;
      const here = !isGlobal || this.has(symbol, Dyn.defRegular);
      if (here && dynamic.facts.leavesAll) this.plainWord(symbol, at, place, index, value);
      else if (here) {
        this.put(rows.got, at, value);
        if (this.pic && this.packed?.words.has(at)) continue;
        if (this.pic && !(isAbsolute && index === 0))
          this.loader.add(rows.relaGot, place, target.relativeType, 0, value);
        else if (!this.pic && index !== 0)
          this.loader.add(rows.relaGot, place, this.types.globDat, index, 0n);
        if (!this.pic && index !== 0) this.put(rows.got, at, 0n);
      } else if (index !== 0 && !dynamicIsZero(model, dynamic, symbol))
        this.loader.add(rows.relaGot, place, this.types.globDat, index, 0n);
    }
  }

  /** A word for a symbol of this program that is 0 where the loader sets it. */
  private plainWord(symbol: SymbolId, at: number, place: bigint, index: number, value: bigint): void {
    const { rows, target } = this;
    const isGlobal = (this.model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
    const isKnown = !isGlobal || this.has(symbol, Dyn.dynamic | Dyn.forcedLocal);
    if (this.pic && isKnown) this.loader.add(rows.relaGot, place, target.relativeType, 0, value);
    else if (index !== 0) this.loader.add(rows.relaGot, place, this.types.address, index, 0n);
    else this.put(rows.got, at, value);
  }

  /** Module and offset of general dynamic, and behind them the offset of initial exec. */
  private tlsWords(symbol: SymbolId, at: number, place: bigint): void {
    const { layout, target, rows, dynamic, model } = this;
    const isGlobal = (model.symbols.flags[symbol] & SymbolFlag.global) !== 0;
    const here = !isGlobal || this.has(symbol, Dyn.defRegular);
    const index = this.has(symbol, Dyn.dynamic) && !(this.pic && here) ? dynamic.index[symbol] : 0;
    const offset = this.symbolAddress(symbol) - (layout.tls?.start ?? 0n);
    const loaded = this.pic || index !== 0;
    const word = BigInt(this.word);
    let next = 0;
    if (this.has(symbol, Dyn.gotTlsGd)) {
      if (loaded) this.loader.add(rows.relaGot, place, this.types.tlsModule, index, 0n);
      else this.put(rows.got, at, 1n);
      if (index === 0) this.put(rows.got, at + this.word, offset + target.dtpOffset);
      else this.loader.add(rows.relaGot, place + word, this.types.tlsModuleOffset, index, 0n);
      next = 2;
    }
    if (!this.has(symbol, Dyn.gotTls)) return;
    const own = index === 0 ? offset : 0n;
    if (loaded) this.loader.add(rows.relaGot, place + BigInt(next) * word, this.types.tlsOffset, index, own);
    else this.put(rows.got, at + next * this.word, own);
  }

  private tlsWord(symbol: SymbolId, at: number, place: bigint, index: number): void {
    const { layout, target, rows } = this;
    const here = this.has(symbol, Dyn.defRegular);
    const start = layout.tls?.start ?? 0n;
    const offset = here && index === 0 ? this.symbolAddress(symbol) - start : 0n;
    if (!target.rela) this.put(rows.got, at, offset);
    this.loader.add(rows.relaGot, place, this.types.tlsOffset, index, offset);
  }

  private ifuncWord(symbol: SymbolId, at: number, place: bigint, index: number): void {
    const { dynamic, rows, plan, target } = this;
    const value = this.symbolAddress(symbol);
    if (dynamic.plt[symbol] < 0) {
      if (!target.rela) this.put(rows.got, at, value);
      this.loader.add(rows.relaGot, place, target.irelativeType, 0, value);
      return;
    }
    const stub = plan.form.second
      ? this.addressOf(rows.pltSecond) + BigInt(dynamic.pltSecond[symbol])
      : this.addressOf(rows.plt) + BigInt(dynamic.plt[symbol]);
    if (this.pic) this.loader.add(rows.relaGot, place, this.types.globDat, index, 0n);
    else this.put(rows.got, at, stub);
  }

  copies(): void {
    const { model, rows, dynamic } = this;
    for (const symbol of globalsAsGnu(model)) {
      if (!this.has(symbol, Dyn.needsCopy)) continue;
      const row = model.symbols.section[symbol] === rows.relro ? rows.relaRelro : rows.relaBss;
      this.loader.add(row, this.symbolAddress(symbol), this.types.copy, dynamic.index[symbol], 0n);
    }
  }

  pointers(): void {
    const { model, dynamic, target } = this;
    const { section, entry, symbol, kept } = dynamic.relocations;
    for (let i = 0; i < section.length; i++) {
      if (kept[i] === Kept.no || kept[i] === Kept.room || this.packed?.pointers.has(i)) continue;
      const id = symbol[i];
      if (kept[i] === Kept.resolver) {
        const row = this.pic ? this.rows.relaIfunc : this.rows.relaGot;
        this.loader.addInput(row, section[i], entry[i], target.irelativeType, 0, this.symbolAddress(id));
      } else if (kept[i] === Kept.symbol) this.loader.addSymbolic(section[i], entry[i], dynamic.index[id]);
      else this.loader.addRelative(section[i], entry[i], target.relativeType, model);
    }
  }
}
