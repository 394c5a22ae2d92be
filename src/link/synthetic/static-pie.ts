import {
  DF_1_NOW,
  DF_1_PIE,
  DF_BIND_NOW,
  DF_TEXTREL,
  DT_DEBUG,
  DT_FLAGS,
  DT_FLAGS_1,
  DT_GNU_HASH,
  DT_HASH,
  DT_PLTGOT,
  DT_REL,
  DT_RELA,
  DT_RELACOUNT,
  DT_RELAENT,
  DT_RELASZ,
  DT_RELCOUNT,
  DT_RELENT,
  DT_RELSZ,
  DT_STRSZ,
  DT_STRTAB,
  DT_SYMENT,
  DT_SYMTAB,
  DT_TEXTREL,
  SHF_ALLOC,
  SHF_WRITE,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_GNU_HASH,
  SHT_HASH,
  SHT_STRTAB,
  STT_GNU_IFUNC,
  STT_OBJECT,
} from "../../elf/index.ts";
import {
  type ImageLayout,
  type LinkModel,
  type SectionId,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { isRelocatable, type Target } from "../../targets/index.ts";
import { initTags, mayHaveInputs } from "../dynamic/init-tags.ts";
import { type TagValue, writeTags } from "../dynamic/write-tags.ts";
import { entrySize } from "../relocation-reader.ts";
import { define, type RowMaker } from "./row-maker.ts";

// A static PIE has no dynamic linker, but its start-up code applies its own
// relocations, which it finds through a dynamic section. All are RELATIVE (add
// the load address) or IRELATIVE; there are no dynamic symbols.

/** GNU ld leaves room for entries that tools add later, the terminating one being the first of these. */
const SPARE_TAGS = 5;

/** Rows of a static PIE's sections; 0 where there is none. */
export interface DynamicSections {
  readonly dynamic: SectionId;
  readonly dynsym: SectionId;
  readonly dynstr: SectionId;
  readonly hash: SectionId;
  readonly gnuHash: SectionId;
  /** RELATIVE relocations first, then IRELATIVE. */
  readonly relaDyn: SectionId;
  readonly relativeCount: number;
  /** Symbols whose word in .got needs a RELATIVE relocation. */
  readonly inGot: readonly SymbolId[];
}

/** What an entry's value is: a number, or asked of the layout. */
/** Makes the rows; `irelatives` is how many IRELATIVE relocations there are. */
export function createDynamic(
  model: LinkModel,
  target: Target,
  rows: RowMaker,
  irelatives: number,
): DynamicSections {
  const { options, sections, needs } = model;
  const word = target.wordSize;
  const power = Math.log2(word);
  const style = options.hashStyle;
  const symbolSize = target.is64 ? 24 : 16;
  const dynsym = rows.add(".dynsym", SHT_DYNSYM, SHF_ALLOC, power, symbolSize, symbolSize);
  const gnuHash =
    style === "sysv"
      ? 0
      : rows.add(".gnu.hash", SHT_GNU_HASH, SHF_ALLOC, power, 16 + word + 4, target.is64 ? 0 : 4);
  const hash = style === "gnu" ? 0 : rows.add(".hash", SHT_HASH, SHF_ALLOC, power, 16, 4);
  const dynstr = rows.add(".dynstr", SHT_STRTAB, SHF_ALLOC, 0, 1, 0);
  // Not `relocations`: the addresses in the GOT count too.
  const inGot = needs.got.symbols.filter((symbol) => isRelative(model, symbol));
  const relativeCount = needs.relative.count + inGot.length;
  const count = relativeCount + irelatives;
  const relaDyn = count > 0 ? rows.relocations(target.rela ? ".rela.dyn" : ".rel.dyn", target, count) : 0;
  const sectionsOf = { dynamic: 0, dynsym, dynstr, hash, gnuHash, relaDyn, relativeCount, inGot };
  const tags = dynamicTags(model, target, sectionsOf, 0).length;
  const spare = options.compat === "lld" ? 1 : SPARE_TAGS;
  const dynamic = rows.add(
    ".dynamic",
    SHT_DYNAMIC,
    SHF_ALLOC | SHF_WRITE,
    power,
    (tags + spare) * 2 * word,
    2 * word,
  );
  sections.link[dynsym] = sections.link[dynamic] = dynstr;
  sections.info[dynsym] = 1;
  if (hash) sections.link[hash] = dynsym;
  if (gnuHash) sections.link[gnuHash] = dynsym;
  if (relaDyn) sections.link[relaDyn] = dynsym;
  define(model, "_DYNAMIC", dynamic, 0, STT_OBJECT);
  return { ...sectionsOf, dynamic };
}

/** Whether a word of the GOT with the symbol's address needs a RELATIVE relocation. */
function isRelative(model: LinkModel, symbol: SymbolId): boolean {
  return (model.symbols.info[symbol] & 15) !== STT_GNU_IFUNC && isRelocatable(model, symbol);
}

/** The entries in GNU ld's order, as [tag, value]. */
function dynamicTags(
  model: LinkModel,
  target: Target,
  dynamic: DynamicSections,
  gotPlt: SectionId,
): [number, TagValue][] {
  const { options, sections } = model;
  const tags: [number, TagValue][] = [];
  const isDefined = (symbol: SymbolId) => model.symbols.section[symbol] !== SymbolSection.undefined;
  tags.push(...initTags(model, isDefined, (output) => (mayHaveInputs(model, output) ? output : undefined)));
  if (dynamic.hash) tags.push([DT_HASH, { row: dynamic.hash }]);
  if (dynamic.gnuHash) tags.push([DT_GNU_HASH, { row: dynamic.gnuHash }]);
  tags.push([DT_STRTAB, { row: dynamic.dynstr }], [DT_SYMTAB, { row: dynamic.dynsym }]);
  tags.push([DT_STRSZ, 1], [DT_SYMENT, target.is64 ? 24 : 16], [DT_DEBUG, 0]);
  if (gotPlt) tags.push([DT_PLTGOT, { row: gotPlt }]);
  const { relaDyn } = dynamic;
  if (relaDyn) {
    tags.push(
      [target.rela ? DT_RELA : DT_REL, { row: relaDyn }],
      [target.rela ? DT_RELASZ : DT_RELSZ, sections.size[relaDyn]],
      [target.rela ? DT_RELAENT : DT_RELENT, entrySize(target.is64, target.rela)],
    );
  }
  const { textRelocations } = model.needs;
  if (textRelocations) tags.push([DT_TEXTREL, 0]);
  const flags = (textRelocations ? DF_TEXTREL : 0) | (options.now ? DF_BIND_NOW : 0);
  if (flags !== 0) tags.push([DT_FLAGS, flags]);
  tags.push([DT_FLAGS_1, DF_1_PIE | (options.now ? DF_1_NOW : 0)]);
  if (dynamic.relativeCount > 0) tags.push([target.rela ? DT_RELACOUNT : DT_RELCOUNT, dynamic.relativeCount]);
  return tags;
}

/** Writes all but the relocations, which fill.ts does. */
export function fillDynamic(
  model: LinkModel,
  target: Target,
  layout: ImageLayout,
  dynamic: DynamicSections,
): void {
  const { sections } = model;
  const hash = sections.contents.get(dynamic.hash);
  // One bucket and one (null) symbol.
  if (dynamic.hash && hash) setWords(hash, [1, 1, 0, 0]);
  const gnuHash = sections.contents.get(dynamic.gnuHash);
  // One bucket, symbols from 1 (there is none), one empty word of Bloom filter.
  if (dynamic.gnuHash && gnuHash) setWords(gnuHash, [1, 1, 1, 0]);
  const bytes = sections.contents.get(dynamic.dynamic);
  if (!bytes) return;
  writeTags(model, target, layout, bytes, dynamicTags(model, target, dynamic, 0));
}

function setWords(bytes: Uint8Array, words: readonly number[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
}
