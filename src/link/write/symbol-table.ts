import { fromHalves, growUint8, highWord, int32Column, lowWord, uint8Column } from "../../binary/index.ts";
import {
  SHF_MERGE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_XINDEX,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_SECTION,
  STT_TLS,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Fate,
  type ImageLayout,
  type InputObject,
  type LinkModel,
  type OutputSection,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { boundVersion, seenSymbol } from "../dynamic/index.ts";
import { hasUniqueNames } from "../options/z-keywords.ts";
import { globalsAsGnu } from "./gnu-order.ts";
import { objectsAsPlaced } from "./objects-as-placed.ts";
import { shareNames } from "./share-names.ts";
import { SymbolKernel, type SymbolProgress } from "./symbol-kernel.ts";
import type { SymbolTableImage, SymbolTableOptions } from "./symbol-table-image.ts";

/**
 * Writes the symbol table. Half a million symbols pass through here, so rows
 * go straight into the final bytes; nothing is allocated for a symbol.
 */
export function buildSymbolTable(
  model: LinkModel,
  layout: ImageLayout,
  is64: boolean,
  options: SymbolTableOptions,
): SymbolTableImage {
  const writer = new SymbolWriter(model, layout, is64, options);
  const lld = model.options.compat === "lld";
  if (options.sectionSymbols && !lld) writer.sectionSymbols();
  for (const object of lld ? model.objects : objectsAsPlaced(model, layout)) {
    if (model.options.discard !== "all" || options.needed) writer.locals(object);
    if (options.sectionSymbols && lld) writer.sectionSymbolsOf(object.id);
    if (lld) writer.forcedLocals(object.id);
  }
  if (options.sectionSymbols && lld) writer.sectionSymbolsOf(-1);
  writer.forcedLocals(lld ? -1 : undefined);
  const firstGlobal = writer.count;
  writer.globals();
  return writer.finish(firstGlobal);
}

/**
 * Up to so many symbols the table equals GNU ld's in order and in the sharing of the ends of names; beyond, that
 * takes a tenth of the link's time and has to be asked for (-O1).
 */
const SHARED_NAMES = 1 << 16;

const LABELS = { no: 0, merge: 1, yes: 2 } as const;

class SymbolWriter implements SymbolProgress {
  count = 1;
  private readonly model: LinkModel;
  private readonly layout: ImageLayout;
  private readonly is64: boolean;
  private readonly options: SymbolTableOptions;
  private readonly entry: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  strings: Uint8Array = uint8Column(1 << 16);
  stringsUsed = 1;
  private readonly indexOf: Int32Array;
  private readonly sectionSymbol: Int32Array;
  private extended: Uint32Array | undefined;
  private usesGnu = false;
  fileSymbols = 0;
  /** Undefined where each symbol has to be asked more than the kernel does. */
  private readonly kernel: SymbolKernel | undefined;
  /** Output sections by the object of their first input; -1 for those that the linker made. */
  private sectionsByOwner: Map<number, OutputSection[]> | undefined;
  /** Symbols that are not global any more by the object that defines them. */
  private localsByOwner: Map<number, SymbolId[]> | undefined;
  /** -z unique-symbol: how many local symbols of a name there were. */
  private readonly copies: Map<string, number> | undefined;
  private readonly tlsLow: number;
  private readonly tlsHigh: number;

  constructor(model: LinkModel, layout: ImageLayout, is64: boolean, options: SymbolTableOptions) {
    this.model = model;
    this.layout = layout;
    this.is64 = is64;
    this.options = options;
    this.entry = is64 ? 24 : 16;
    const groups = options.groupNumbers?.size ?? 0;
    const most = model.symbols.count + model.objects.length + layout.sections.length + groups + 2;
    this.bytes = uint8Column(most * this.entry);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.indexOf = int32Column(model.symbols.count);
    this.sectionSymbol = new Int32Array(layout.sections.length);
    const tls = layout.tls?.start ?? 0n;
    this.tlsLow = Number(BigInt.asIntN(32, tls));
    this.tlsHigh = Number(BigInt.asIntN(32, tls >> 32n));
    this.copies = hasUniqueNames(model.options) ? new Map() : undefined;
    if (this.isPlain())
      this.kernel = new SymbolKernel(model, this.bytes, this.indexOf, is64, LABELS[options.dropLocalLabels]);
  }

  private isPlain(): boolean {
    const { model, options, layout } = this;
    const { compat, discard } = model.options;
    if (this.copies) return false;
    if (compat !== "gnu" || discard === "all" || model.dynamic || options.relocatable) return false;
    if (options.needed || options.retain || options.groupNumbers || options.numbers) return false;
    return layout.sections.length < SHN_LORESERVE - 1 && model.arena.owns(this.bytes);
  }

  sectionSymbols(): void {
    for (const number of this.options.groupNumbers?.values() ?? [])
      this.add(0, STT_SECTION, 0, number, 0, 0, 0);
    for (const section of this.layout.sections) this.addSection(section);
  }

  /** LLD's: those of sections whose first input is of `object`, behind its symbols; -1: of merged ones. */
  sectionSymbolsOf(object: number): void {
    if (this.sectionsByOwner === undefined) this.sectionsByOwner = this.ownSections();
    const own = this.sectionsByOwner.get(object) ?? [];
    const groups = [...(this.options.groupNumbers ?? [])].filter(
      ([group]) => this.model.sections.object[group] === object,
    );
    let next = 0;
    for (const section of own) {
      for (; next < groups.length && groups[next][1] < this.numberOf(section.index); next++)
        this.add(0, STT_SECTION, 0, groups[next][1], 0, 0, 0);
      this.addSection(section);
    }
  }

  private ownSections(): Map<number, OutputSection[]> {
    const { sections, merge } = this.model;
    const first = new Int32Array(this.layout.sections.length);
    for (let row = sections.count - 1; row > 0; row--)
      if (sections.output[row] >= 0 && sections.fate[row] === Fate.kept) first[sections.output[row]] = row;
    const owned = new Map<number, OutputSection[]>();
    for (const section of this.layout.sections) {
      const row = first[section.index];
      const isMerged =
        (sections.flags[row] & SHF_MERGE) !== 0 && (sections.object[row] < 0 || merge?.merged[row]);
      if (row === 0 || (sections.object[row] < 0 && !isMerged)) continue;
      const owner = isMerged ? -1 : sections.object[row];
      const known = owned.get(owner);
      if (known) known.push(section);
      else owned.set(owner, [section]);
    }
    return owned;
  }

  private addSection(section: OutputSection): void {
    this.sectionSymbol[section.index] = this.count;
    const address = this.options.relocatable ? 0n : section.address;
    const low = Number(BigInt.asIntN(32, address));
    const high = Number(BigInt.asIntN(32, address >> 32n));
    this.add(0, STT_SECTION, 0, this.numberOf(section.index), low, high, 0);
  }

  locals(object: InputObject): void {
    const { localBase, localCount } = object;
    const end = localBase + localCount;
    // GNU ld gives the symbols of an object without a file symbol one.
    let hasFile = this.model.options.compat === "lld";
    let first = localBase;
    const { kernel } = this;
    if (kernel) {
      kernel.hasFile = hasFile;
      first = kernel.locals(this, object, first, end);
      ({ hasFile } = kernel);
      if (first >= end) return;
    }
    const { symbols, sections } = this.model;
    const { symbolIds, bytes, view, littleEndian, symtabOffset, strtabOffset } = object;
    const { dropLocalLabels, retain, needed, groupNumbers } = this.options;
    const dropAll = this.model.options.discard === "all";
    const dropLabels = dropLocalLabels === "yes";
    const seesLabels = dropLocalLabels !== "no";
    const { entry } = this;
    const { info: infos, section: homes, flags, elfIndex } = symbols;
    const { fate, output, flags: sectionFlags } = sections;
    // Left out by name, but relocations in the output refer to them.
    const late: number[] = [];
    // Of RISC-V's symbols most are the assembler's labels: they go before anything else is asked.
    const skipsLabels = dropLabels && needed === undefined;
    for (let id = first; id < end; id++) {
      if (kernel && id > first) {
        kernel.hasFile = hasFile;
        id = kernel.locals(this, object, id, end);
        ({ hasFile } = kernel);
        if (id >= end) break;
      }
      const nameAt = strtabOffset + view.getUint32(symtabOffset + elfIndex[id] * entry, littleEndian);
      if (skipsLabels && bytes[nameAt] === 0x2e && isLocalLabel(bytes, nameAt)) continue;
      const type = infos[id] & 15;
      const section = homes[id];
      if (type === STT_SECTION || section === SymbolSection.undefined) continue;
      if (flags[id] & SymbolFlag.omit) continue;
      if (section > 0 && (fate[section] !== Fate.kept || output[section] < 0)) {
        if (groupNumbers === undefined || !groupNumbers.has(section)) continue;
      }
      let isDropped = dropAll;
      if (seesLabels) {
        const first = bytes[nameAt];
        if ((first === 0x2e || first === 0x5f) && isLocalLabel(bytes, nameAt))
          isDropped ||= dropLabels || (section > 0 && (sectionFlags[section] & SHF_MERGE) !== 0);
      }
      if (isDropped || (retain !== undefined && !retain(textAt(bytes, nameAt)))) {
        if (needed?.[id]) late.push(elfIndex[id]);
        continue;
      }
      if (type === STT_FILE) {
        hasFile = true;
        this.fileSymbols++;
      } else if (!hasFile) {
        hasFile = true;
        this.fileSymbols++;
        this.add(this.addText(baseName(object)), STT_FILE, 0, SHN_ABS, 0, 0, 0);
      }
      this.addSymbol(id, this.addLocal(bytes, nameAt, type), infos[id], symbols.other[id]);
    }
    if (needed) late.sort((a, b) => needed[symbolIds[a]] - needed[symbolIds[b]]);
    for (const i of late) {
      const id = symbolIds[i];
      const nameAt = object.strtabOffset + view.getUint32(symtabOffset + i * this.entry, littleEndian);
      this.addSymbol(id, this.addLocal(bytes, nameAt, infos[id] & 15), infos[id], symbols.other[id]);
    }
  }

  /** With -z unique-symbol, `name.0`, `name.1` and so on, in hexadecimal. */
  private addLocal(bytes: Uint8Array, at: number, type: number): number {
    if (!this.copies || type === STT_FILE || bytes[at] === 0) return this.addTerminated(bytes, at);
    const name = textAt(bytes, at);
    const before = this.copies.get(name) ?? 0;
    this.copies.set(name, before + 1);
    return this.addText(`${name}.${before.toString(16)}`);
  }

  /** Symbols that are not global any more; LLD's stand with those of the object that defines them (-1: of none). */
  forcedLocals(object: number | undefined): void {
    const { symbols } = this.model;
    let separated = false;
    if (object !== undefined) {
      for (const id of this.forcedLocalsOf(object))
        if (this.isWritten(id)) {
          const info = (STB_LOCAL << 4) | (symbols.info[id] & 15);
          this.addSymbol(id, this.addName(symbols.name[id]), info, symbols.other[id]);
        }
      return;
    }
    for (const id of this.forcedLocalRows()) {
      if (!this.isWritten(id)) continue;
      if (this.fileSymbols > 0 && !separated) {
        // A nameless file symbol ends the reach of the last object's, or these would seem to be its symbols.
        separated = true;
        this.add(0, STT_FILE, 0, SHN_ABS, 0, 0, 0);
      }
      const info = (STB_LOCAL << 4) | (symbols.info[id] & 15);
      // GNU ld takes a local symbol's visibility away, LLD does not.
      this.addSymbol(id, this.addName(symbols.name[id]), info, symbols.other[id] & ~3);
    }
  }

  private forcedLocalRows(): Int32Array {
    const rows = this.globalRows();
    const { arena, symbols } = this.model;
    const own = arena.owns(rows) ? rows : copyOf(rows);
    const list = int32Column(rows.length);
    const { byteOffset } = symbols.flags;
    const { forcedLocal } = SymbolFlag;
    const count = arena.kernels.rowsWithFlag(
      own.byteOffset,
      rows.length,
      byteOffset,
      forcedLocal,
      list.byteOffset,
    );
    return list.subarray(0, count);
  }

  private forcedLocalsOf(object: number): readonly SymbolId[] {
    if (this.localsByOwner === undefined) {
      const owned = new Map<number, SymbolId[]>();
      const { symbols } = this.model;
      for (const id of this.forcedLocalRows()) {
        const known = owned.get(symbols.object[id]);
        if (known) known.push(id);
        else owned.set(symbols.object[id], [id]);
      }
      this.localsByOwner = owned;
    }
    return this.localsByOwner.get(object) ?? [];
  }

  globals(): void {
    const { dynamic } = this.model;
    const { flags, name, info, other } = this.model.symbols;
    const rows = this.globalRows();
    for (let i = 0; i < rows.length; i++) {
      if (this.kernel) i = this.kernel.globals(this, rows, i);
      if (i >= rows.length) break;
      const id = rows[i];
      if (flags[id] & SymbolFlag.forcedLocal || !this.isWritten(id)) continue;
      const isShared =
        dynamic && (dynamic.index[id] > 0 || isStubOf(dynamic, this.model.symbols.section[id]));
      if (isShared && (dynamic.flags[id] & Dyn.defRegular) === 0) {
        this.addShared(id, other[id], dynamic);
        continue;
      }
      this.addSymbol(id, this.addName(name[id]), info[id], other[id]);
    }
  }

  private orderedGlobals: Int32Array | undefined;

  /** Rows of the global symbols, in GNU ld's order where that is wanted and not too dear. */
  private globalRows(): Int32Array {
    if (this.orderedGlobals) return this.orderedGlobals;
    const globals = this.model.symbols.globals();
    this.orderedGlobals = this.isAsGnu(globals.length) ? globalsAsGnu(this.model) : copyOf(globals);
    return this.orderedGlobals;
  }

  /** Whether a table of so many symbols is to equal GNU ld's. */
  private isAsGnu(count: number): boolean {
    const { compat, optimize } = this.model.options;
    return compat === "gnu" && (count <= SHARED_NAMES || optimize > 0);
  }

  finish(firstGlobal: number): SymbolTableImage {
    if (this.isAsGnu(this.count)) {
      const shared = shareNames(this.bytes, this.entry, this.strings, this.stringsUsed, this.count);
      this.strings = shared.bytes;
      this.stringsUsed = shared.size;
    }
    return {
      symtab: this.bytes.subarray(0, this.count * this.entry),
      strtab: this.strings.subarray(0, this.stringsUsed),
      firstGlobal,
      extendedIndices: this.extended?.subarray(0, this.count),
      indexOf: this.indexOf,
      sectionSymbol: this.sectionSymbol,
      usesGnu: this.usesGnu,
    };
  }

  /** --gc-sections came by a reference that is not weak: GNU ld then writes even an undefined symbol. */
  private isMarked(id: SymbolId): boolean {
    const marks = SymbolFlag.live | SymbolFlag.strongReference;
    const flags = this.model.symbols.flags[id];
    // -u, EXTERN and the entry symbol stay as what was asked for in vain.
    const isWanted = this.model.symbols.object[id] < 0 && (flags & SymbolFlag.fromScript) !== 0;
    if (!this.model.options.gcSections) return isWanted;
    const isForgotten = (flags & (marks | SymbolFlag.referenced)) === SymbolFlag.referenced;
    return (isWanted && !isForgotten) || (flags & marks) === marks;
  }

  /** GNU ld writes undefined (weak) symbols only where relocations in the output name them. */
  private dropsUndefined(id: SymbolId): boolean {
    const { compat, kind } = this.model.options;
    return compat === "gnu" && kind !== "relocatable" && !this.options.needed?.[id];
  }

  private numberOf(output: number): number {
    return this.options.numbers ? this.options.numbers[output] : output + 1;
  }

  private isWritten(id: SymbolId): boolean {
    const { symbols, sections, dynamic } = this.model;
    if (symbols.flags[id] & SymbolFlag.omit) return false;
    if (dynamic && (dynamic.flags[id] & Dyn.defRegular) === 0 && dynamic.index[id] > 0)
      return (
        (dynamic.flags[id] & Dyn.refRegular) !== 0 &&
        (!this.options.retain || this.options.retain(this.model.names.text(symbols.name[id])))
      );
    const section = symbols.section[id];
    // What is undefined for good may have a stub all the same.
    if (dynamic && isStubOf(dynamic, section) && (dynamic.flags[id] & Dyn.defRegular) === 0) return false;
    if (section > 0) {
      if (sections.fate[section] !== Fate.kept) return false;
      if (sections.output[section] < 0 && !this.layout.symbolOutput.has(id)) return false;
    } else if (section === SymbolSection.undefined && !(symbols.flags[id] & SymbolFlag.referenced))
      return false;
    // LLD: that the command line asks for a symbol is no reference to it.
    else if (
      section === SymbolSection.undefined &&
      symbols.object[id] < 0 &&
      this.model.options.compat === "lld"
    )
      return false;
    else if (section === SymbolSection.undefined && this.isLost(id)) return false;
    else if (section === SymbolSection.undefined && this.dropsUndefined(id) && !this.isMarked(id))
      return false;
    return !this.options.retain || this.options.retain(this.model.names.text(symbols.name[id]));
  }

  private isLost(id: SymbolId): boolean {
    const { lost, needed } = this.options;
    if (!lost?.has(id) || needed?.[id]) return false;
    return this.model.options.compat === "gnu" && this.model.symbols.info[id] >> 4 !== STB_WEAK;
  }

  /** A symbol that the loader finds elsewhere, with the version that it is bound to. */
  private addShared(id: SymbolId, other: number, dynamic: DynamicLink): void {
    const { symbols } = this.model;
    const seen = seenSymbol(this.model, dynamic, this.layout, id, (output) => this.numberOf(output));
    const version = boundVersion(this.model, dynamic, id);
    const name = version === "" ? this.addName(symbols.name[id]) : this.addText(this.nameWith(id, version));
    const low = seen.hasValue ? symbols.addressLow[id] : 0;
    const high = seen.hasValue ? symbols.addressHigh[id] : 0;
    this.indexOf[id] = this.count;
    this.add(name, seen.info, other, seen.shndx, low, high, seen.size);
  }

  private nameWith(id: SymbolId, version: string): string {
    return `${this.model.names.text(this.model.symbols.name[id]).replace(/@.*/, "")}@${version}`;
  }

  private addSymbol(id: SymbolId, name: number, info: number, other: number): void {
    const { symbols, sections } = this.model;
    const section = symbols.section[id];
    let shndx = 0;
    let isNumber = false;
    let low = symbols.addressLow[id];
    let high = symbols.addressHigh[id];
    let type = info & 15;
    if (section > 0) {
      const output = sections.output[section] < 0 ? this.layout.symbolOutput.get(id) : undefined;
      const number = output ?? sections.output[section];
      // Without a neighbour that it could go to, a symbol of a section that is left out is a number.
      isNumber = number < 0 && !this.options.groupNumbers?.has(section);
      shndx = isNumber ? SHN_ABS : (this.options.groupNumbers?.get(section) ?? this.numberOf(number));
    } else if (section === SymbolSection.absolute) shndx = SHN_ABS;
    else if (section === SymbolSection.script) {
      const output = this.layout.symbolOutput.get(id) ?? -1;
      shndx = output < 0 ? SHN_ABS : this.numberOf(output);
    } else if (section === SymbolSection.common) {
      shndx = SHN_COMMON;
      low = symbols.valueLow[id];
      high = 0;
    } else low = high = 0;
    if (this.options.relocatable) {
      if (section > 0) {
        // Offsets in an output section of -r stay far below 2^32.
        low = (sections.outputOffset[section] + (symbols.valueLow[id] >>> 0)) | 0;
        high = 0;
      } else if (section === SymbolSection.script && shndx !== SHN_ABS) {
        const { address } = this.layout.sections[this.layout.symbolOutput.get(id) ?? -1];
        const offset = fromHalves(low, high) - address;
        low = lowWord(offset);
        high = highWord(offset);
      }
    } else if (type === STT_TLS && shndx !== 0) {
      if (this.layout.tls) {
        const borrow = low >>> 0 < this.tlsLow >>> 0 ? 1 : 0;
        low = (low - this.tlsLow) | 0;
        high = (high - this.tlsHigh - borrow) | 0;
      } else if (info >> 4 === STB_LOCAL || this.model.options.compat === "lld") type = STT_NOTYPE;
      else low = high = 0;
    }
    if (type === STT_GNU_IFUNC || info >> 4 === STB_GNU_UNIQUE) this.usesGnu = true;
    this.indexOf[id] = this.count;
    const { dynamic } = this.model;
    if (dynamic?.absolute.has(id)) {
      this.add(name, (info & 0xf0) | type, other, SHN_ABS, low, high, symbols.size[id], true);
      return;
    }
    const reserved = isNumber || (section <= 0 && shndx >= SHN_LORESERVE);
    this.add(name, (info & 0xf0) | type, other, shndx, low, high, symbols.size[id], reserved);
  }

  private add(
    name: number,
    info: number,
    other: number,
    shndx: number,
    low: number,
    high: number,
    size: number,
    reserved = shndx === SHN_ABS,
  ): void {
    const { view } = this;
    const at = this.count * this.entry;
    let index = shndx;
    if (shndx >= SHN_LORESERVE && !reserved) {
      this.extended ??= new Uint32Array(this.bytes.length / this.entry);
      this.extended[this.count] = shndx;
      index = SHN_XINDEX;
    }
    view.setUint32(at, name, true);
    if (this.is64) {
      view.setUint8(at + 4, info);
      view.setUint8(at + 5, other);
      view.setUint16(at + 6, index, true);
      view.setInt32(at + 8, low, true);
      view.setInt32(at + 12, high, true);
      view.setUint32(at + 16, size % 0x100000000, true);
      view.setUint32(at + 20, size / 0x100000000, true);
    } else {
      view.setInt32(at + 4, low, true);
      view.setUint32(at + 8, size, true);
      view.setUint8(at + 12, info);
      view.setUint8(at + 13, other);
      view.setUint16(at + 14, index, true);
    }
    this.count++;
  }

  private addTerminated(bytes: Uint8Array, from: number): number {
    const start = this.stringsUsed;
    let { strings } = this;
    let at = start;
    let i = from;
    let byte = bytes[i++];
    if (!byte) return 0;
    while (byte) {
      if (at + 1 >= strings.length) strings = this.growStrings();
      strings[at++] = byte;
      byte = bytes[i++];
    }
    this.stringsUsed = at + 1;
    return start;
  }

  private addName(name: number): number {
    const { names } = this.model;
    const length = names.lengthOf(name);
    while (this.stringsUsed + length + 1 > this.strings.length) this.growStrings();
    const start = this.stringsUsed;
    names.copy(name, this.strings, start);
    this.stringsUsed = start + length + 1;
    return start;
  }

  private addText(text: string): number {
    return this.addTerminated(new TextEncoder().encode(text), 0);
  }

  private growStrings(): Uint8Array {
    this.strings = growUint8(this.strings, this.strings.length + 1);
    return this.strings;
  }
}

function isStubOf({ rows }: DynamicLink, section: SectionId): boolean {
  return section > 0 && (section === rows.plt || section === rows.pltGot || section === rows.pltSecond);
}

/** `.L…`, and what else bfd_is_local_label calls one for ELF: `..…`, `_.L_…`. */
function isLocalLabel(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at];
  if (first === 0x2e) return bytes[at + 1] === 0x4c || bytes[at + 1] === 0x2e;
  return first === 0x5f && bytes[at + 1] === 0x2e && bytes[at + 2] === 0x4c && bytes[at + 3] === 0x5f;
}

function textAt(bytes: Uint8Array, at: number): string {
  let end = at;
  while (bytes[end]) end++;
  return new TextDecoder().decode(bytes.subarray(at, end));
}

function baseName(object: InputObject): string {
  const path = object.file.member ?? object.file.path;
  return path.slice(path.lastIndexOf("/") + 1);
}

function copyOf(rows: Int32Array): Int32Array {
  const copy = int32Column(rows.length);
  copy.set(rows);
  return copy;
}
