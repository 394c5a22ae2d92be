import { fromHalves } from "../binary/index.ts";
import {
  EM_X86_64,
  GRP_COMDAT,
  SHF_EXCLUDE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_X86_64_LCOMMON,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_SECTION,
  symbol32,
  symbol64,
} from "../elf/index.ts";
import { Fate, type InputObject, type SymbolId, SymbolSection } from "../model/index.ts";
import { SectionReader } from "./object-sections.ts";

/** The members of the group at hand: most groups are another's copy, and no list of theirs is kept. */
let members = new Int32Array(64);

/** 1 for each symbol of the object at hand that a relocation refers to; kept where labels without rows are left out. */
let mentioned = new Uint8Array(1024);

/** No symbols to search archives for. */
export const NOTHING: readonly SymbolId[] = [];

/** `.L…` */
function isLabel(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x2e && bytes[at + 1] === 0x4c;
}

/** Reads the sections, groups and symbols of one object, in that order, into the rows of the link. */
export class ObjectReader extends SectionReader {
  readGroups(object: InputObject): void {
    if (this.groupCount === 0) return;
    const { sections, options } = this.sink.model;
    const base = object.sectionBase;
    for (let i = 1; i < this.count; i++) {
      const row = base + i;
      if (sections.type[row] !== SHT_GROUP) continue;
      const at = sections.fileOffset[row];
      const words = sections.size[row] >>> 2;
      if (words === 0) {
        this.complain(`group section [${i}] is empty`, "empty SHT_GROUP");
        continue;
      }
      const flags = this.view.getUint32(at, true);
      if (flags !== 0 && flags !== GRP_COMDAT && options.compat === "lld") {
        this.complain("unsupported SHT_GROUP format");
        continue;
      }
      const signature = this.signatureOf(sections.info[row] >>> 0, object);
      if (signature < 0) {
        this.complain(
          `group section [${i}]: its signature is symbol ${sections.info[row]}, which does not exist`,
          `invalid symbol index: ${sections.info[row]}`,
        );
        continue;
      }
      if (members.length < words) members = new Int32Array(words * 2);
      let found = 0;
      for (let word = 1; word < words; word++) {
        const member = this.view.getUint32(at + word * 4, true);
        if (member === 0 || member >= this.count) {
          this.complain(
            `group section [${i}] names section ${member}, which does not exist`,
            `invalid section index in group: ${member}`,
          );
          continue;
        }
        const type = sections.type[base + member];
        if (type !== SHT_RELA && type !== SHT_REL) members[found++] = base + member;
      }
      this.sink.comdats.add(object.id, row, signature, (flags & GRP_COMDAT) !== 0, members, found);
    }
  }

  /** The name of a group's symbol, or of the section where it is a section's; -1 for none. */
  private signatureOf(symbol: number, object: InputObject): number {
    if (symbol >= this.symbolCount) return -1;
    const fields = this.is64 ? symbol64 : symbol32;
    const at = this.symtabOffset + symbol * fields.size;
    const nameAt = this.view.getUint32(at, true);
    if (nameAt >= this.strtabSize) return -1;
    const isSection = (this.bytes[at + fields.st_info] & 15) === STT_SECTION;
    if (nameAt === 0 && isSection) {
      const index = this.view.getUint16(at + fields.st_shndx, true);
      return index < this.count ? this.sink.model.sections.name[object.sectionBase + index] : -1;
    }
    const name = this.sink.model.names.addTerminated(this.bytes, this.strtabOffset + nameAt);
    // Until symbols are read, so that it need not be looked up again.
    object.symbolIds[symbol] = name;
    return name;
  }

  /** Hangs each relocation section below the section that it applies to. */
  checkRelocations(base: number): void {
    const { sections, names } = this.sink.model;
    if (this.sink.leavesLabels) {
      if (mentioned.length < this.symbolCount) mentioned = new Uint8Array(this.symbolCount * 2);
      mentioned.fill(0, 0, this.symbolCount);
    }
    for (let i = 1; i < this.count; i++) {
      const row = base + i;
      const type = sections.type[row];
      if (type !== SHT_RELA && type !== SHT_REL) continue;
      const target = sections.info[row] >>> 0;
      if (sections.size[row] === 0) continue;
      const entry = (this.is64 ? 16 : 8) + (type === SHT_RELA ? (this.is64 ? 8 : 4) : 0);
      if (target === 0 || target >= this.count) {
        this.complain(
          `relocation section [${i}] applies to section ${target}, which does not exist`,
          `invalid relocated section index: ${target}`,
        );
        continue;
      }
      if (sections.entsize[row] !== entry || sections.size[row] % entry !== 0) {
        this.complain(
          `relocation section [${i}] has entries of ${sections.entsize[row]} bytes`,
          `invalid sh_entsize: ${sections.entsize[row]}`,
        );
        continue;
      }
      if (sections.link[row] !== this.symtab) {
        this.complain(`relocation section [${i}] does not refer to the symbol table`);
        continue;
      }
      if (sections.relocations[base + target] !== 0) {
        this.complain(
          `multiple relocation sections for section \`${names.text(sections.name[base + target])}' are not supported`,
          "multiple relocation sections to one section are not supported",
        );
        continue;
      }
      if (sections.type[base + target] === SHT_NOBITS) {
        this.complain(`relocations for section [${target}], which has no contents`);
        continue;
      }
      // Those of another's copy are never applied; a third of all in C++ programs, and most of their memory untouched.
      const isDuplicate = sections.fate[base + target] === Fate.duplicate;
      if (isDuplicate || this.relocationsValid(row, entry)) sections.relocations[base + target] = row;
    }
  }

  /** Every relocation must name a symbol that exists; offsets are the target's to check, with the field's size. */
  private relocationsValid(row: number, entry: number): boolean {
    const { sections } = this.sink.model;
    const start = sections.fileOffset[row] + (this.is64 ? 12 : 5);
    const end = sections.fileOffset[row] + sections.size[row];
    const { view, symbolCount } = this;
    let worst = 0;
    if (this.sink.leavesLabels)
      for (let at = start; at < end; at += entry) {
        const symbol = this.is64 ? view.getUint32(at, true) : view.getUint32(at - 1, true) >>> 8;
        if (symbol > worst) worst = symbol;
        if (symbol < symbolCount) mentioned[symbol] = 1;
      }
    else if (this.is64)
      for (let at = start; at < end; at += entry) {
        const symbol = view.getUint32(at, true);
        if (symbol > worst) worst = symbol;
      }
    else
      for (let at = start; at < end; at += entry) {
        const symbol = view.getUint32(at - 1, true) >>> 8;
        if (symbol > worst) worst = symbol;
      }
    if (worst < symbolCount || worst === 0) return true;
    this.complain(
      `relocation section [${row}] refers to symbol ${worst} of ${symbolCount}`,
      `invalid symbol index: ${worst}`,
    );
    return false;
  }

  /** Makes a row for each local symbol. */
  private readLocals(object: InputObject): void {
    const { id, symbolIds, sectionBase: base } = object;
    const { symbols } = this.sink.model;
    const { bytes, view, is64, count, firstGlobal, strtabSize, symtabOffset } = this;
    const fields = is64 ? symbol64 : symbol32;
    const { size: entry, st_info: infoAt, st_other: otherAt, st_shndx: shndxAt } = fields;
    const { leavesLabels } = this.sink;
    const { strtabOffset } = this;
    let row = symbols.reserve(firstGlobal > 0 ? firstGlobal - 1 : 0);
    const firstRow = row;
    const ordinary = Math.min(count, SHN_LORESERVE);
    // The columns by themselves: looked up once, not for each symbol.
    const { section, info: infos, other, elfIndex, valueLow, valueHigh, size } = symbols;
    for (let i = 1, at = symtabOffset + entry; i < firstGlobal; i++, at += entry) {
      const info = bytes[at + infoAt];
      const shndx = view.getUint16(at + shndxAt, true);
      if (leavesLabels && info === 0 && mentioned[i] === 0 && shndx > 0 && shndx < ordinary) {
        const nameAt = view.getUint32(at, true);
        if (nameAt + 1 < strtabSize && isLabel(bytes, strtabOffset + nameAt)) {
          symbolIds[i] = 0;
          continue;
        }
      }
      symbolIds[i] = row;
      section[row] = shndx > 0 && shndx < ordinary ? base + shndx : this.sectionOf(shndx, i, base);
      infos[row] = info;
      other[row] = bytes[at + otherAt];
      elfIndex[row] = i;
      if (is64) {
        valueLow[row] = view.getInt32(at + 8, true);
        valueHigh[row] = view.getInt32(at + 12, true);
        size[row] = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 0x1_0000_0000;
      } else {
        valueLow[row] = view.getInt32(at + 4, true);
        size[row] = view.getUint32(at + 8, true);
      }
      if (info >> 4 !== STB_LOCAL || view.getUint32(at, true) >= strtabSize) this.complainOfLocal(i, at, row);
      row++;
    }
    symbols.object.fill(id, firstRow, row);
    symbols.giveBack(row);
    object.localBase = firstRow;
    object.localCount = row - firstRow;
  }

  private complainOfLocal(index: number, at: number, row: number): void {
    const nameAt = this.view.getUint32(at, true);
    if (nameAt !== 0 && nameAt >= this.strtabSize)
      this.complain(`symbol ${index} has a name outside of the string table`, "invalid symbol name offset");
    const { symbols } = this.sink.model;
    if (symbols.info[row] >> 4 === STB_LOCAL) return;
    this.complain(
      `symbol ${index} is not local, though it is among the local ones`,
      "non-local symbol found at index < .symtab's sh_info",
    );
    symbols.info[row] &= 15;
  }

  /** Makes rows for the local symbols and merges the others. Returns the symbols to search lazy archives for. */
  readSymbols(object: InputObject): readonly SymbolId[] {
    const { model } = this.sink;
    const { symbols, names, sections } = model;
    const { bytes, view, is64, symbolCount, firstGlobal, strtabOffset, strtabSize } = this;
    const { symbolIds } = object;
    const base = object.sectionBase;
    const fields = is64 ? symbol64 : symbol32;
    const infoAt = fields.st_info;
    const otherAt = fields.st_other;
    const shndxAt = fields.st_shndx;
    if (symbolCount === 0) return NOTHING;

    symbolIds[0] = 0;
    this.readLocals(object);

    let wanted: SymbolId[] | undefined;
    const isLld = model.options.compat === "lld";
    const { lazy, resolver, wraps } = this.sink;
    const first = Math.max(1, firstGlobal);
    // Ids of names, which the loop replaces by those of symbols.
    names.addSymbols(bytes, this.symtabOffset, fields.size, first, strtabOffset, strtabSize, symbolIds);
    const hasVersions =
      firstGlobal < symbolCount && bytes.subarray(strtabOffset, strtabOffset + strtabSize).includes(0x40);
    for (let i = first; i < symbolCount; i++) {
      const at = this.symtabOffset + i * fields.size;
      const info = bytes[at + infoAt];
      const other = bytes[at + otherAt];
      const nameAt = view.getUint32(at, true);
      const binding = info >> 4;
      if (
        nameAt >= strtabSize ||
        (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE)
      ) {
        symbolIds[i] = 0;
        if (nameAt >= strtabSize)
          this.complain(`symbol ${i} has a name outside of the string table`, "invalid symbol name offset");
        else
          this.complain(
            `symbol ${i} has the binding ${binding}, but is among the global ones`,
            binding === STB_LOCAL
              ? "found local symbol in global part of symbol table"
              : `unexpected binding: ${binding}`,
          );
        continue;
      }
      let name = symbolIds[i];
      let section = this.sectionOf(view.getUint16(at + shndxAt, true), i, base);
      let lost = 0;
      if (section > 0) {
        const fate = sections.fate[section];
        const isGone = fate === Fate.excluded && (isLld || (sections.flags[section] & SHF_EXCLUDE) !== 0);
        if (fate === Fate.duplicate || isGone) {
          lost = section;
          section = SymbolSection.undefined;
        }
      }
      if (hasVersions) name = this.withoutVersion(name, section !== SymbolSection.undefined);
      else if (wraps.any && section === SymbolSection.undefined) name = wraps.of(name);
      const id = symbols.addGlobal(name);
      symbolIds[i] = id;
      if (section === SymbolSection.undefined) {
        if (lost !== 0) resolver.noteDiscarded(id, lost, binding === STB_WEAK);
        resolver.refer(id, info, other, object.id, i);
        if (lazy && binding !== STB_WEAK && symbols.section[id] <= 0 && lazy.get(name) !== 0 && lost === 0) {
          if (wanted) wanted.push(id);
          else wanted = [id];
        }
        continue;
      }
      let low: number;
      let high = 0;
      let size: number;
      if (is64) {
        low = view.getInt32(at + 8, true);
        high = view.getInt32(at + 12, true);
        size = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 0x1_0000_0000;
      } else {
        low = view.getInt32(at + 4, true);
        size = view.getUint32(at + 8, true);
      }
      if (section === SymbolSection.common && !this.checkCommon(name, low, high, size)) low = 1;
      resolver.define(id, section, low, high, size, info, other, object.id, i);
    }
    return wanted ?? NOTHING;
  }

  /** The row of a symbol's section, or one of `SymbolSection`. */
  private sectionOf(shndx: number, symbol: number, base: number): number {
    if (shndx === 0) return SymbolSection.undefined;
    if (shndx < SHN_LORESERVE) {
      if (shndx < this.count) return base + shndx;
    } else if (shndx === SHN_ABS) return SymbolSection.absolute;
    else if (shndx === SHN_COMMON) return SymbolSection.common;
    else if (shndx === SHN_XINDEX && this.shndxOffset !== 0) {
      const index = this.view.getUint32(this.shndxOffset + symbol * 4, true);
      if (index < this.count) return index === 0 ? SymbolSection.undefined : base + index;
      shndx = index;
    } else if (shndx === SHN_X86_64_LCOMMON && this.view.getUint16(18, true) === EM_X86_64)
      return SymbolSection.common;
    this.complain(
      `symbol ${symbol} is in section ${shndx}, which does not exist`,
      `invalid section index: ${shndx}`,
    );
    return SymbolSection.absolute;
  }

  private checkCommon(name: number, low: number, high: number, size: number): boolean {
    const { names, options } = this.sink.model;
    const isPlain = high === 0 && low !== 0 && (low & (low - 1)) === 0;
    if (isPlain && (size !== 1 || options.compat !== "gnu" || options.kind === "relocatable")) return true;
    const text = names.text(name);
    if (/^__?_gnu_lto_slim$/.test(text) && size <= 1) {
      this.sink.report.error("LD0316", this.name, "plugin needed to handle lto object", {
        notes: [
          {
            message:
              "it holds GCC's intermediate code only; compile it with -ffat-lto-objects or without -flto",
          },
        ],
      });
      return false;
    }
    if (isPlain) return true;
    if (low === 0 && high === 0 && options.compat === "gnu") return false;
    this.complain(
      `common symbol \`${text}' has the alignment ${fromHalves(low, high)}, which is not a power of 2`,
      `common symbol '${text}' has invalid alignment: ${fromHalves(low, high)}`,
    );
    return false;
  }

  /**
   * `foo@@V` is `foo` (V is its default version), and also what `foo@V` refers
   * to; a `foo@V` without a definition of that name is left as it is.
   */
  private withoutVersion(name: number, defined: boolean): number {
    const { names, symbols } = this.sink.model;
    const text = names.text(name);
    const at = text.indexOf("@");
    if (at > 0 && text[at + 1] === "@") {
      const plain = names.addString(text.slice(0, at));
      if (defined)
        this.sink.versioned.set(`${text.slice(0, at)}${text.slice(at + 1)}`, symbols.addGlobal(plain));
      return plain;
    }
    return !defined && this.sink.wraps.any ? this.sink.wraps.of(name) : name;
  }
}
