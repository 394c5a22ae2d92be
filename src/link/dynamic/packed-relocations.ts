import { fromHalves } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { STT_GNU_IFUNC } from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Kept,
  type LinkModel,
  type LinkOptions,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { entrySize } from "../relocation-reader.ts";
import type { TablePlan } from "./allocate.ts";
import { placeOfRelocation } from "./place-of-relocation.ts";
import { type DynamicRows, relocationsFor, setContents } from "./rows.ts";

// -z pack-relative-relocs: relocations that only add the image's base are a bitmap
// of places in .relr.dyn; what to add the base to is in the places already. How
// long the bitmap is depends on addresses, and these on how long it is: GNU ld
// lays out, packs, and lays out again until it does not grow. It never shrinks,
// so that this ends.

/** A relocation that can be packed, by where it is: in an input section, or in the GOT. */
export interface PackedRelocation {
  readonly section: SectionId;
  /** Its number among the section's relocations; -1: the word of the GOT at `offset`. */
  readonly entry: number;
  readonly offset: number;
}

/** What the link packs, found when sections have their places. */
export interface PackedRelocations {
  readonly list: readonly PackedRelocation[];
  /** Numbers in `dynamic.relocations`, and offsets in the GOT. */
  readonly pointers: ReadonlySet<number>;
  readonly words: ReadonlySet<number>;
  /** In words. */
  length: number;
}

/** Says where -z pack-relative-relocs has no effect; position-dependent programs have nothing to pack. */
export function reportPacking(options: LinkOptions, target: Target, report: Report): void {
  const last = options.zKeywords.findLast((word) => word.endsWith("pack-relative-relocs"));
  if (options.compat === "lld" || last !== "pack-relative-relocs") return;
  const isPie = options.kind === "pie";
  if (target.dynamic?.facts.packsRelative) {
    if (!isPie || options.noDynamicLinker) return;
    const why = "only a static PIE (--no-dynamic-linker) has .relr.dyn";
    report.warning("LD0705", undefined, `-z pack-relative-relocs ignored: ${why}`);
  } else if (isPie || target.dynamic) report.warning("LD0705", undefined, "-z pack-relative-relocs ignored");
}

/** Whether the link packs: a PIE without a loader, if the target can. */
export function packsRelocations({ options }: LinkModel, { facts }: DynamicLink): boolean {
  const last = options.zKeywords.findLast((word) => word.endsWith("pack-relative-relocs"));
  const isStatic = options.kind === "pie" && options.noDynamicLinker;
  return last === "pack-relative-relocs" && isStatic && facts.packsRelative;
}

/** Before placement: whether there is anything to pack. */
export function mayPack(model: LinkModel, dynamic: DynamicLink, plan: TablePlan): boolean {
  const { section, kept } = dynamic.relocations;
  const isPointer = (row: SectionId, i: number) =>
    kept[i] === Kept.base && model.sections.alignPower[row] > 0;
  return section.some(isPointer) || plan.got.some((symbol) => addsBase(model, dynamic, symbol));
}

/** Which relocations are packed: those at even places of sections that are aligned at all. */
export function findPacked(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  plan: TablePlan,
): PackedRelocations {
  const { sections } = model;
  const { section, entry, kept } = dynamic.relocations;
  const list: PackedRelocation[] = [];
  const pointers = new Set<number>();
  for (let i = 0; i < section.length; i++) {
    if (kept[i] !== Kept.base || sections.alignPower[section[i]] === 0) continue;
    const offset = placeOfRelocation(model, target, section[i], entry[i]);
    if (offset === undefined || (offset & 1) !== 0) continue;
    pointers.add(i);
    list.push({ section: section[i], entry: entry[i], offset });
  }
  const words = new Set<number>();
  for (const symbol of plan.got) {
    if (!addsBase(model, dynamic, symbol)) continue;
    words.add(dynamic.got[symbol]);
    list.push({ section: rows.got, entry: -1, offset: dynamic.got[symbol] });
  }
  return { list, pointers, words, length: 0 };
}

/** .relr.dyn before anything is in it. */
export function leaveUnpacked(model: LinkModel, rows: DynamicRows): void {
  setContents(model, rows.relr, new Uint8Array(0));
}

/** Takes the packed ones out of the rows of the others. */
export function takeOut(
  model: LinkModel,
  target: Target,
  rows: DynamicRows,
  { list }: PackedRelocations,
): void {
  const { sections, names } = model;
  const size = entrySize(target.is64, target.rela);
  for (const { section, entry } of list) {
    const name = names.text(sections.name[section]);
    const row = entry < 0 ? rows.relaGot : relocationsFor(model, target, rows, name);
    setContents(model, row, new Uint8Array(sections.size[row] - size));
  }
}

/** The words of .relr.dyn: an address, or with the lowest bit set which of the words behind the last one are meant. */
export function packedWords(model: LinkModel, target: Target, { list, length }: PackedRelocations): bigint[] {
  const { sections } = model;
  const places = list
    .map(
      ({ section, offset }) =>
        fromHalves(sections.addressLow[section], sections.addressHigh[section]) + BigInt(offset),
    )
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const word = BigInt(target.wordSize);
  const bits = word * 8n - 1n;
  const words: bigint[] = [];
  for (let i = 0; i < places.length; ) {
    words.push(places[i]);
    let base = places[i++] + word;
    for (;;) {
      let bitmap = 0n;
      for (; i < places.length; i++) {
        const distance = places[i] - base;
        if (distance >= bits * word || distance % word !== 0n) break;
        bitmap |= 1n << (distance / word);
      }
      if (bitmap === 0n) break;
      words.push((bitmap << 1n) | 1n);
      base += bits * word;
    }
  }
  // Words that say nothing, where there was more before.
  while (words.length < length) words.push(1n);
  return words;
}

/** Gives .relr.dyn the room that the addresses ask for; whether it is more than before. */
export function growPacked(
  model: LinkModel,
  target: Target,
  rows: DynamicRows,
  packed: PackedRelocations,
): boolean {
  const { length } = packedWords(model, target, packed);
  const grows = length > packed.length;
  packed.length = length;
  setContents(model, rows.relr, new Uint8Array(length * target.wordSize));
  return grows;
}

/** Writes the bitmap: addresses are final. */
export function fillPacked(
  model: LinkModel,
  target: Target,
  rows: DynamicRows,
  packed: PackedRelocations,
): void {
  const bytes = model.sections.contents.get(rows.relr);
  if (!bytes) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [i, value] of packedWords(model, target, packed).entries())
    if (target.wordSize === 8) view.setBigUint64(i * 8, BigInt.asUintN(64, value), true);
    else view.setUint32(i * 4, Number(BigInt.asUintN(32, value)), true);
}

/** Whether the word of the GOT that a symbol has only needs the image's base. */
export function addsBase({ symbols }: LinkModel, { flags, index }: DynamicLink, symbol: SymbolId): boolean {
  if (flags[symbol] & (Dyn.gotTls | Dyn.gotTlsGd)) return false;
  const isGlobal = (symbols.flags[symbol] & SymbolFlag.global) !== 0;
  const isHere = !isGlobal || (flags[symbol] & Dyn.defRegular) !== 0;
  if (!isHere || (symbols.info[symbol] & 15) === STT_GNU_IFUNC) return false;
  const isNumber = symbols.section[symbol] === SymbolSection.absolute;
  return !(isNumber && ((flags[symbol] & Dyn.dynamic) === 0 || index[symbol] === 0));
}
