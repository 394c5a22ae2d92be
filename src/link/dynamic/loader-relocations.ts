import { fromHalves } from "../../binary/index.ts";
import { STT_SECTION } from "../../elf/index.ts";
import type { ImageLayout, LinkModel, SectionId } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { combinesRelocations } from "../options/z-keywords.ts";
import { entrySize } from "../relocation-reader.ts";
import { placeOfRelocation, relocationEntry } from "./place-of-relocation.ts";
import { type DynamicRows, relocationsFor } from "./rows.ts";
import { relocationRows } from "./tags.ts";

// The relocations of a dynamic executable. GNU ld collects them in rows by
// what they are for, and sorts them all together in the output: first those
// that only add the image's base (the loader goes through them in one loop),
// then symbol by symbol, as the loader looks one up once for all; copies and
// IFUNCs last.

interface Relocation {
  readonly place: bigint;
  readonly type: number;
  readonly symbol: number;
  readonly addend: bigint;
  readonly kind: number;
}

/** The classes in their order. */
const Class = { base: 0, normal: 1, copy: 2, resolver: 3, plt: 4 } as const;

export class LoaderRelocations {
  private readonly model: LinkModel;
  private readonly target: Target;
  private readonly rows: DynamicRows;
  private readonly byRow = new Map<SectionId, Relocation[]>();
  private readonly stubs: Relocation[] = [];

  constructor(model: LinkModel, target: Target, rows: DynamicRows) {
    this.model = model;
    this.target = target;
    this.rows = rows;
  }

  add(row: SectionId, place: bigint, type: number, symbol: number, addend: bigint): void {
    const kind =
      type === this.target.relativeType
        ? Class.base
        : type === this.target.irelativeType && !this.target.dynamic?.facts.ifuncsLast
          ? Class.resolver
          : type === this.target.dynamic?.relocations.copy
            ? Class.copy
            : Class.normal;
    const relocation = { place, type, symbol, addend, kind };
    const known = this.byRow.get(row);
    if (known) known.push(relocation);
    else this.byRow.set(row, [relocation]);
  }

  /** Number `index` of .rela.plt. */
  plt(index: number, place: bigint, type: number, symbol: number, addend: bigint): void {
    this.stubs[index] = { place, type, symbol, addend, kind: Class.plt };
  }

  private rowFor(section: SectionId): SectionId {
    const { sections, names } = this.model;
    return relocationsFor(this.model, this.target, this.rows, names.text(sections.name[section]));
  }

  /** At the place of entry `entry` of a section's relocations, unless that is gone. */
  addInput(
    row: SectionId,
    section: SectionId,
    entry: number,
    type: number,
    symbol: number,
    addend: bigint,
  ): void {
    const place = this.placeOf(section, entry);
    if (place !== undefined) this.add(row, place, type, symbol, addend);
  }

  /** As the object has it, with a symbol of .dynsym. */
  addSymbolic(section: SectionId, entry: number, symbol: number): void {
    const { type, addend } = this.read(section, entry);
    this.addInput(this.rowFor(section), section, entry, type, symbol, addend);
  }

  addRelative(section: SectionId, entry: number, type: number, model: LinkModel): void {
    this.addInput(this.rowFor(section), section, entry, type, 0, this.valueOf(model, section, entry));
  }

  private read(section: SectionId, entry: number): { type: number; symbol: number; addend: bigint } {
    const { sections, objects } = this.model;
    const { view, symbolIds, is64 } = objects[sections.object[section]];
    const at = relocationEntry(this.model, section, entry);
    if (is64)
      return {
        type: view.getUint32(at + 8, true),
        symbol: symbolIds[view.getUint32(at + 12, true)],
        addend: view.getBigInt64(at + 16, true),
      };
    const info = view.getUint32(at + 4, true);
    const addend = this.target.rela ? BigInt(view.getInt32(at + 8, true)) : 0n;
    return { type: info & 0xff, symbol: symbolIds[info >>> 8], addend };
  }

  private placeOf(section: SectionId, entry: number): bigint | undefined {
    const { sections } = this.model;
    const offset = placeOfRelocation(this.model, this.target, section, entry);
    if (offset === undefined) return undefined;
    return fromHalves(sections.addressLow[section], sections.addressHigh[section]) + BigInt(offset);
  }

  /** S + A; relocations without an explicit addend have it in place. */
  private valueOf(model: LinkModel, section: SectionId, entry: number): bigint {
    const { symbols, sections, merge } = model;
    const { symbol, addend } = this.read(section, entry);
    const home = symbols.section[symbol];
    if ((symbols.info[symbol] & 15) === STT_SECTION && merge && home > 0 && merge.merged[home]) {
      const offset = merge.locate(home, symbols.valueLow[symbol] + Number(addend));
      const { holder } = merge;
      return fromHalves(sections.addressLow[holder], sections.addressHigh[holder]) + BigInt(offset);
    }
    return fromHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol]) + addend;
  }

  /** Sorts and writes them; how many only add the base. */
  write({ sections: outputs }: ImageLayout): number {
    const { model, rows } = this;
    const { sections } = model;
    this.encode(rows.relaPlt, this.stubs);
    const used = relocationRows(rows)
      .filter((row) => sections.size[row] > 0 && sections.output[row] >= 0)
      .sort((a, b) => sections.outputOffset[a] - sections.outputOffset[b]);
    const combines = combinesRelocations(model.options);
    const together = used.filter(
      (row) => combines && /^\.rela?\.dyn$/.test(outputs[sections.output[row]].name),
    );
    const ofSections = new Set(rows.relocations.values());
    for (const row of used) {
      if (together.includes(row)) continue;
      // They come as the sections are written, one after the other.
      const list = this.byRow.get(row) ?? [];
      this.encode(row, ofSections.has(row) ? list.sort(byPlace) : list);
    }
    const all = together.flatMap((row) => {
      const list = this.byRow.get(row) ?? [];
      const room = sections.size[row] / sections.entsize[row];
      // Room that was kept for nothing: entries of zeros.
      while (list.length < room) list.push({ place: 0n, type: 0, symbol: 0, addend: 0n, kind: Class.normal });
      return list;
    });
    sortRelocations(all);
    let at = 0;
    for (const row of together) {
      const room = sections.size[row] / sections.entsize[row];
      this.encode(row, all.slice(at, at + room));
      at += room;
    }
    return all.filter(({ kind }) => kind === Class.base).length;
  }

  private encode(row: SectionId, list: readonly (Relocation | undefined)[]): void {
    const { model, target } = this;
    const bytes = model.sections.contents.get(row);
    if (!bytes) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = entrySize(target.is64, target.rela);
    for (const [i, relocation] of list.entries()) {
      const at = i * size;
      if (!relocation || at + size > bytes.length) continue;
      const { place, type, symbol, addend } = relocation;
      if (target.is64) {
        view.setBigUint64(at, BigInt.asUintN(64, place), true);
        view.setUint32(at + 8, type, true);
        view.setUint32(at + 12, symbol, true);
        if (target.rela) view.setBigUint64(at + 16, BigInt.asUintN(64, addend), true);
      } else {
        view.setUint32(at, Number(BigInt.asUintN(32, place)), true);
        view.setUint32(at + 4, symbol * 256 + type, true);
        if (target.rela) view.setUint32(at + 8, Number(BigInt.asUintN(32, addend)), true);
      }
    }
  }
}

const byPlace = (a: Relocation, b: Relocation) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0);

function sortRelocations(list: Relocation[]): void {
  // The relocations of a symbol stand where its first one would.
  const first = new Map<number, bigint>();
  for (const { symbol, place, kind } of list) {
    if (kind === Class.base) continue;
    const known = first.get(symbol);
    if (known === undefined || place < known) first.set(symbol, place);
  }
  list.sort((a, b) => {
    if (a.kind !== b.kind) return a.kind - b.kind;
    if (a.kind === Class.base) return byPlace(a, b);
    const [left, right] = [first.get(a.symbol) ?? 0n, first.get(b.symbol) ?? 0n];
    if (left !== right) return left < right ? -1 : 1;
    return byPlace(a, b);
  });
}
