import type { Report } from "../../diagnostics/index.ts";
import {
  SHF_ALLOC,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PROGBITS,
  SHT_RELA,
  STT_FUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_TLS,
  STV_HIDDEN,
  STV_INTERNAL,
} from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { IpltStubs, Target } from "../../targets/index.ts";
import {
  type DynamicRows,
  type DynamicSections as LoadedSections,
  sizeDynamicSections,
} from "../dynamic/index.ts";
import { mergedFeatures, X86Feature } from "../inputs/notes.ts";
import { entrySize, symbolOfEntry } from "../relocation-reader.ts";
import { wantsEhFrameHdr } from "../unwind/eh-frame-hdr.ts";
import { buildIdNoteSize } from "../write/build-id.ts";
import { createGdbIndex, type GdbIndex } from "./gdb-index.ts";
import { arrangeGot } from "./got-order.ts";
import { define, RowMaker } from "./row-maker.ts";
import { createDynamic, type DynamicSections } from "./static-pie.ts";

// Sections that no input has: tables of addresses, stubs, notes. Their rows are
// made before placement, so that the script can place them by name as it does
// the sections of inputs; their bytes follow from the addresses and are
// written at the end (fill.ts).

/** Rows of the sections that the linker makes; 0 where the output has none. */
export interface SyntheticSections {
  readonly got: SectionId;
  readonly gotPlt: SectionId;
  /** The words that IFUNC stubs jump through: `.igot.plt`. */
  readonly igotPlt: SectionId;
  readonly iplt: SectionId;
  /** IRELATIVE relocations of a static executable. */
  readonly relaIplt: SectionId;
  readonly ehFrameHdr: SectionId;
  readonly buildId: SectionId;
  readonly gdbIndex: GdbIndex | undefined;
  /** .note.package; 0: none. */
  readonly packageNote: SectionId;
  /** What a static PIE has to relocate itself, under LLD's rules. */
  readonly dynamic: DynamicSections | undefined;
  /** The sections of a dynamic executable; which symbols of sections they have is settled at the start of layout. */
  loaded: LoadedSections | undefined;
  readonly stubs: IpltStubs;
  /** `_TLS_MODULE_BASE_`, or 0. */
  readonly tlsBase: SymbolId;
  /** IFUNC symbols with a stub, as `needs.iplt`: where their resolvers are. */
  readonly resolvers: Resolvers;
}

/** Columns: the section and offset of a resolver, before its symbol was made to stand for its stub. */
export interface Resolvers {
  readonly section: readonly SectionId[];
  readonly value: readonly number[];
}

/** Makes the rows of the sections that hold what `model.needs` asks for. Before placement. */
export function createSynthetic(
  model: LinkModel,
  target: Target,
  dynamicRows: DynamicRows | undefined,
  report: Report,
): SyntheticSections {
  const { options, needs, sections } = model;
  const lld = options.compat === "lld";
  const word = target.wordSize;
  const owner = ownerOf(model, target);
  const rows = new RowMaker(model, owner, Math.log2(word));
  const stubs = chooseStubs(model, target);
  const resolvers = {
    section: needs.iplt.symbols.map((symbol) => model.symbols.section[symbol]),
    value: needs.iplt.symbols.map((symbol) => model.symbols.valueLow[symbol]),
  };
  if (!lld && target.localizesGotSymbols) localizeTableSymbols(model);
  const none = {
    got: 0,
    gotPlt: 0,
    igotPlt: 0,
    iplt: 0,
    relaIplt: 0,
    ehFrameHdr: 0,
    dynamic: undefined,
    loaded: undefined,
    tlsBase: 0,
  };
  const buildId = createBuildId(model);
  const packageNote = createPackageNote(model, report);
  const gdbIndex = options.gdbIndex && options.kind !== "relocatable" ? createGdbIndex(model) : undefined;
  replaceAttributes(model, target, report);
  if (options.kind === "relocatable") return { ...none, buildId, packageNote, gdbIndex, stubs, resolvers };

  if (model.dynamic && dynamicRows) {
    const marked = isMarked(model, target);
    const loaded = sizeDynamicSections(model, target, model.dynamic, dynamicRows, marked, report);
    const ehFrameHdr = wantsEhFrameHdr(model) ? rows.readOnly(".eh_frame_hdr", 8, 2) : 0;
    if (ehFrameHdr) define(model, "__GNU_EH_FRAME_HDR", ehFrameHdr, 0, STT_NOTYPE);
    const { got, gotPlt } = dynamicRows;
    const tlsBase = defineTlsBase(model, target);
    const own = { got, gotPlt, loaded, ehFrameHdr, tlsBase };
    return { ...none, buildId, packageNote, gdbIndex, stubs, resolvers, ...own };
  }
  const gotName = model.names.find("_GLOBAL_OFFSET_TABLE_");
  const gotSymbol = gotName < 0 ? 0 : model.symbols.global(gotName);
  const gotReferenced =
    gotSymbol !== 0 &&
    model.symbols.section[gotSymbol] === SymbolSection.undefined &&
    (model.symbols.flags[gotSymbol] & SymbolFlag.referenced) !== 0;
  const stubCount = needs.iplt.symbols.length;
  arrangeGot(model);
  const words = needs.gotWords();
  // Assemblers mention the symbol wherever the GOT is used; it counts for GNU ld when a relocation has it.
  const certain = needs.gotBase || (gotReferenced && (lld || words > 0 || stubCount > 0));
  const base = certain || (gotReferenced && isRelocatedAgainst(model, gotSymbol));
  const irelatives = stubCount + pointersWithoutStub(model) + gotWithoutStub(model);
  // LLD has .dynamic in front of .got.
  const dynamic = options.kind === "executable" ? undefined : createDynamic(model, target, rows, irelatives);
  const hasGot = words > 0 || (base && (target.gotSymbol === "got" || (!lld && target.gotHeaderWords > 0)));
  const got = hasGot ? rows.data(".got", (target.gotHeaderWords + words) * word) : 0;
  const hasGotPlt = lld
    ? target.gotSymbol === "gotPlt" && base
    : hasGot || base || (target.gotSymbol === "gotPlt" && stubCount > 0);
  const gotPlt = hasGotPlt ? rows.data(".got.plt", target.gotPltHeaderWords * word) : 0;

  const iplt =
    stubCount > 0 ? rows.code(".iplt", stubCount * stubs.entrySize, Math.log2(stubs.entrySize)) : 0;
  const igotPlt = stubCount > 0 ? rows.data(lld ? ".got.plt" : ".igot.plt", stubCount * word) : 0;
  if (gotPlt) sections.entsize[gotPlt] = word;
  if (got && !lld && (target.gotHeaderWords > 0 || options.kind !== "executable"))
    sections.entsize[got] = word;

  if (options.kind === "executable" && lld) canonicalize(model, iplt, stubs.entrySize);
  let relaIplt = 0;
  if (irelatives > 0 && options.kind === "executable") {
    const rel = target.rela ? ".rela" : ".rel";
    relaIplt = rows.relocations(`${rel}${lld ? ".dyn" : ".iplt"}`, target, irelatives);
  }
  const unused = lld || options.kind !== "executable" ? 0 : (target.unusedGotRelocations?.(model) ?? 0);
  if (unused > 0) rows.relocations(".rela.got", target, unused);
  if (lld && options.comment !== undefined) createComment(model, options.comment);
  const ehFrameHdr = wantsEhFrameHdr(model) ? rows.readOnly(".eh_frame_hdr", 8, 2) : 0;

  if (ehFrameHdr && !lld) define(model, "__GNU_EH_FRAME_HDR", ehFrameHdr, 0, STT_NOTYPE);
  const tlsBase = defineTlsBase(model, target);
  defineGot(model, target.gotSymbol === "got" ? got : gotPlt, gotReferenced);
  if (options.kind === "executable" && lld) defineIpltBounds(model, target, relaIplt);
  return {
    ...none,
    ...{
      got,
      gotPlt,
      igotPlt,
      iplt,
      relaIplt,
      ehFrameHdr,
      gdbIndex,
      buildId,
      packageNote,
      dynamic,
      stubs,
      tlsBase,
      resolvers,
    },
  };
}

/**
 * GNU ld would make a symbol with a word in the GOT dynamic, and makes it local
 * when it is hidden; other hidden symbols of a static executable stay global.
 */
function localizeTableSymbols({ needs, symbols }: LinkModel): void {
  for (const need of [needs.got, needs.gotTp, needs.gotTlsGd, needs.gotTlsDesc])
    for (const symbol of need.symbols) {
      const visibility = symbols.other[symbol] & 3;
      if (visibility !== STV_HIDDEN && visibility !== STV_INTERNAL) continue;
      if (symbols.section[symbol] !== SymbolSection.undefined)
        symbols.flags[symbol] |= SymbolFlag.forcedLocal;
    }
}

/** The attributes of all objects together take the place of the first one's; the others' are used up. */
function replaceAttributes(model: LinkModel, target: Target, report: Report): void {
  const merged = target.mergeAttributes?.(model, report);
  if (!merged) return;
  const { sections, objects } = model;
  let first = 0;
  let together = 0;
  for (const { foreign, sectionBase, sectionCount } of objects) {
    if (foreign) continue;
    for (let row = sectionBase; row < sectionBase + sectionCount; row++) {
      if (sections.type[row] !== merged.type || sections.fate[row] !== Fate.kept) continue;
      together += sections.size[row];
      if (first === 0) first = row;
      else sections.fate[row] = Fate.consumed;
    }
  }
  if (first === 0) return;
  model.attributes = { section: first, together };
  sections.contents.set(first, merged.bytes);
  sections.size[first] = merged.bytes.length;
}

/** Whether a relocation of a linked section refers to the symbol. */
function isRelocatedAgainst(model: LinkModel, symbol: SymbolId): boolean {
  const { sections, objects } = model;
  for (const { is64, symbolIds, sectionBase, sectionCount } of objects) {
    if (!symbolIds.includes(symbol)) continue;
    for (let section = sectionBase; section < sectionBase + sectionCount; section++) {
      const relocations = sections.relocations[section];
      if (relocations === 0 || sections.fate[section] !== Fate.kept) continue;
      if ((sections.flags[section] & SHF_ALLOC) === 0) continue;
      const size = entrySize(is64, sections.type[relocations] === SHT_RELA);
      const count = Math.floor(sections.size[relocations] / size);
      for (let entry = 0; entry < count; entry++)
        if (symbolOfEntry(model, section, entry, is64) === symbol) return true;
    }
  }
  return false;
}

/**
 * What local-dynamic accesses through TLS descriptors count from. Its value is the thread pointer of an executable,
 * which fill.ts sets; 0 where nobody asks for it.
 */
function defineTlsBase(model: LinkModel, target: Target): SymbolId {
  const { names, symbols, sections } = model;
  const name = names.find("_TLS_MODULE_BASE_");
  const symbol = name < 0 ? 0 : symbols.global(name);
  if (symbol === 0 || target.tlsVariant !== 2 || symbols.section[symbol] !== SymbolSection.undefined)
    return 0;
  let home = 0;
  for (let row = 1; row < sections.count; row++) {
    if ((sections.flags[row] & SHF_TLS) === 0 || sections.fate[row] !== Fate.kept) continue;
    if (home === 0 || (sections.type[home] === SHT_NOBITS && sections.type[row] !== SHT_NOBITS)) home = row;
  }
  return home === 0 ? 0 : define(model, "_TLS_MODULE_BASE_", home, 0, STT_TLS);
}

/**
 * The object that GNU ld keeps its sections with: the first one; where objects have properties the first with such,
 * on RISC-V the first with relocations.
 */
export function ownerOf(model: LinkModel, target: Target): number {
  const { names, sections, objects } = model;
  const name = names.find(".note.gnu.property");
  for (let section = 1; section < sections.count; section++) {
    const object = sections.object[section];
    if (object < 0) continue;
    if (target.keepsWithRelocations) {
      const allocated = (sections.flags[section] & SHF_ALLOC) !== 0;
      if (allocated && sections.relocations[section] !== 0 && sections.fate[section] === Fate.kept)
        return object;
    } else if (name < 0) break;
    else if (sections.name[section] === name) return object;
  }
  return objects.length > 0 ? 0 : -1;
}

/** Whether every input is for Indirect Branch Tracking, or the command line says so. */
function isMarked(model: LinkModel, target: Target): boolean {
  if (!target.ibtIplt) return false;
  const { options, names, sections } = model;
  const name = names.find(".note.gnu.property");
  let row = 0;
  for (let section = 1; name >= 0 && section < sections.count && row === 0; section++)
    if (sections.name[section] === name && sections.fate[section] === Fate.kept) row = section;
  const asked = options.zKeywords.some((word) => word === "ibt" || word === "ibtplt" || word === "force-ibt");
  return asked || (mergedFeatures(model, row) & X86Feature.ibt) !== 0;
}

function chooseStubs(model: LinkModel, target: Target): IpltStubs {
  const { options } = model;
  if (target.ibtIplt && isMarked(model, target)) return target.ibtIplt;
  if (options.kind !== "executable" && target.picIplt) return target.picIplt;
  if (options.compat === "lld" && target.lldIplt) return target.lldIplt;
  return { entrySize: target.ipltEntrySize, write: target.writeIpltEntry };
}

/** LLD: symbols whose address is their stub's everywhere become functions there. GNU ld leaves their rows as they are. */
function canonicalize(model: LinkModel, iplt: SectionId, entrySize: number): void {
  const { symbols, needs } = model;
  for (const [entry, symbol] of needs.iplt.symbols.entries()) {
    if ((symbols.flags[symbol] & SymbolFlag.canonicalPlt) === 0) continue;
    symbols.section[symbol] = iplt;
    symbols.valueLow[symbol] = entry * entrySize;
    symbols.valueHigh[symbol] = 0;
    symbols.info[symbol] = (symbols.info[symbol] & 0xf0) | STT_FUNC;
  }
}

/** Pointers to IFUNC symbols that start-up code fills in itself. */
function pointersWithoutStub(model: LinkModel): number {
  return pointersToResolve(model).length;
}

/** Numbers in `needs.ifuncPointers` of those that become IRELATIVE relocations of their own. */
export function pointersToResolve(model: LinkModel): number[] {
  const { needs } = model;
  const found: number[] = [];
  for (let i = 0; i < needs.ifuncPointers.count; i++)
    if (model.options.kind !== "executable" || needs.iplt.of(pointerTarget(model, i)) < 0) found.push(i);
  return found;
}

/** The symbol of entry `i` of `needs.ifuncPointers`. */
export function pointerTarget(model: LinkModel, i: number): SymbolId {
  const { needs, sections, objects } = model;
  const section = needs.ifuncPointers.section[i];
  const object = objects[sections.object[section]];
  return symbolOfEntry(model, section, needs.ifuncPointers.entry[i], object.is64);
}

/** IFUNC symbols without a stub that have a word in the GOT. */
function gotWithoutStub(model: LinkModel): number {
  const { needs } = model;
  return needs.ifuncGot.symbols.filter((symbol) => needs.iplt.of(symbol) < 0).length;
}

/** _GLOBAL_OFFSET_TABLE_ is there with its section, for GNU ld even when nobody asked for it. */
function defineGot(model: LinkModel, section: SectionId, referenced: boolean): void {
  if (section === 0 || (model.options.compat === "lld" && !referenced)) return;
  define(model, "_GLOBAL_OFFSET_TABLE_", section, 0, STT_OBJECT);
}

/** LLD defines what start-up code looks for IRELATIVE relocations between, when that asks for it. */
function defineIpltBounds(model: LinkModel, target: Target, relaIplt: SectionId): void {
  // Without relocations they are the image's start, which layout knows.
  if (relaIplt === 0) return;
  const prefix = target.rela ? "__rela" : "__rel";
  for (const [suffix, value] of [
    ["start", 0],
    ["end", model.sections.size[relaIplt]],
  ] as const) {
    const name = model.names.find(`${prefix}_iplt_${suffix}`);
    if (name < 0 || model.symbols.global(name) === 0) continue;
    if (model.symbols.section[model.symbols.global(name)] !== SymbolSection.undefined) continue;
    define(model, `${prefix}_iplt_${suffix}`, relaIplt, value, STT_NOTYPE);
  }
}

function createBuildId(model: LinkModel): SectionId {
  const size = buildIdNoteSize(model.options.buildId);
  if (size === 0 || model.objects.length === 0) return 0;
  if (model.options.kind === "relocatable" && model.options.compat === "lld") return 0;
  const row = model.sections.addSynthetic({
    object: 0,
    name: model.names.addString(".note.gnu.build-id"),
    type: SHT_NOTE,
    flags: SHF_ALLOC,
    alignPower: 2,
    size,
  });
  model.sections.contents.set(row, new Uint8Array(size));
  return row;
}

/** NT_FDO_PACKAGING_METADATA of systemd's specification. */
const PACKAGE_NOTE = 0xcafe1a7e;

/** A note with the JSON text of --package-metadata; what is no JSON is left out. */
function createPackageNote(model: LinkModel, report: Report): SectionId {
  const { packageMetadata: text, compat, kind } = model.options;
  if (text === undefined || model.objects.length === 0) return 0;
  if (kind === "relocatable" && compat === "lld") return 0;
  if (compat === "gnu")
    try {
      JSON.parse(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `--package-metadata=${text} does not contain valid JSON, ignoring: ${why}`;
      report.warning("LD0812", undefined, message);
      return 0;
    }
  const json = new TextEncoder().encode(`${text}\0`);
  const note = new Uint8Array(16 + ((json.length + 3) & ~3));
  const view = new DataView(note.buffer);
  view.setUint32(0, 4, true);
  view.setUint32(4, compat === "gnu" ? note.length - 16 : json.length, true);
  view.setUint32(8, PACKAGE_NOTE, true);
  note.set(new TextEncoder().encode("FDO"), 12);
  note.set(json, 16);
  const row = model.sections.addSynthetic({
    object: 0,
    name: model.names.addString(".note.package"),
    type: SHT_NOTE,
    flags: SHF_ALLOC,
    alignPower: 2,
    size: note.length,
  });
  model.sections.contents.set(row, note);
  return row;
}

/** LLD says who linked, where compilers say who compiled. */
function createComment(model: LinkModel, comment: string): void {
  const bytes = new TextEncoder().encode(`${comment}\0`);
  const row = model.sections.addSynthetic({
    object: -1,
    name: model.names.addString(".comment"),
    type: SHT_PROGBITS,
    flags: SHF_MERGE | SHF_STRINGS,
    alignPower: 0,
    entsize: 1,
    size: bytes.length,
  });
  model.sections.contents.set(row, bytes);
}
