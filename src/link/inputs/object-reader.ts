import { columnOf, fromHalves } from "../../binary/index.ts";
import {
  EM_X86_64,
  GRP_COMDAT,
  SHF_EXCLUDE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_X86_64_LCOMMON,
  SHN_XINDEX,
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
} from "../../elf/index.ts";
import { Fate, type InputObject, type SymbolId, SymbolSection } from "../../model/index.ts";
import type { ArenaObject } from "./arena-object.ts";
import { Job, Status } from "./object-kernels.ts";
import { SectionReader, wordAt } from "./object-sections.ts";

/** No symbols to search archives for. */
export const NOTHING: readonly SymbolId[] = [];

/** Reads the sections, groups and symbols of one object, in that order, into the rows of the link. */
export class ObjectReader extends SectionReader {
  readGroups(object: InputObject): void {
    const { reading, comdats, model } = this.sink;
    const { job } = reading;
    if (this.groupCount === 0) return;
    for (let i = 1; ; i++) {
      model.names.reserve(this.groupCount);
      comdats.lend(job, this.groupCount, job[Job.groupWords]);
      i = reading.run("readGroups", i);
      comdats.takeBack(job);
      if (job[Job.status] === Status.done) return;
      this.readGroup(object, i);
    }
  }

  /** Of another kind than compilers make, or damaged. */
  private readGroup(object: InputObject, i: number): void {
    const { sections, options } = this.sink.model;
    const base = object.sectionBase;
    const row = base + i;
    const at = sections.fileOffset[row];
    const words = sections.size[row] >>> 2;
    if (words === 0) {
      this.complain(`group section [${i}] is empty`, "empty SHT_GROUP");
      return;
    }
    const flags = this.view.getUint32(at, true);
    if (flags !== 0 && flags !== GRP_COMDAT && options.compat === "lld") {
      this.complain("unsupported SHT_GROUP format");
      return;
    }
    const signature = this.signatureOf(sections.info[row] >>> 0, object);
    if (signature < 0) {
      this.complain(
        `group section [${i}]: its signature is symbol ${sections.info[row]}, which does not exist`,
        `invalid symbol index: ${sections.info[row]}`,
      );
      return;
    }
    const members = new Int32Array(words);
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

  /** Moves what is needed of the object's bytes together; returns how many there are then, 0 if they stay where they are. */
  pack(object: ArenaObject): number {
    const { reading } = this.sink;
    const { job } = reading;
    // What is damaged, debug information, of which messages look for more, and sections that have other bytes by now.
    if (!this.isPlain || this.needed >= this.bytes.length) return 0;
    const kept = reading.kernels.packObject(job.byteOffset, reading.needNames(this.strtabSize));
    if (kept === 0) return 0;
    object.takeTables(job);
    return kept;
  }

  /** Leaves labels that nothing refers to out of the object's symbol table, where nothing is wrong with it. */
  leaveLabels(object: ArenaObject): void {
    const { reading, leavesLabels } = this.sink;
    if (!leavesLabels) return;
    const { job } = reading;
    if (this.isPlain && this.shndxOffset === 0 && reading.kernels.leaveLabels(job.byteOffset) !== 0) {
      this.symbolCount = job[Job.symbols];
      this.firstGlobal = job[Job.firstGlobal];
    }
    // They were read into memory that serves the next object, too.
    job[Job.symbolIds] = columnOf(object.symbolIds.subarray(0, this.symbolCount)).byteOffset;
    object.takeTables(job);
  }

  /** Hangs each relocation section, from number `from` on, below the section that it applies to. */
  checkRelocations(base: number, from: number): void {
    const { reading, leavesLabels } = this.sink;
    if (leavesLabels && from === 1) reading.clearMentioned(this.symbolCount);
    for (let i = from; ; i++) {
      i = reading.kernels.checkRelocations(reading.job.byteOffset, i);
      if (reading.job[Job.status] === Status.done) return;
      this.complainOfRelocations(base, i);
    }
  }

  private complainOfRelocations(base: number, i: number): void {
    const { sections, names } = this.sink.model;
    const row = base + i;
    const target = sections.info[row] >>> 0;
    const isRela = sections.type[row] === SHT_RELA;
    const entry = (this.is64 ? 16 : 8) + (isRela ? (this.is64 ? 8 : 4) : 0);
    if (target === 0 || target >= this.count)
      this.complain(
        `relocation section [${i}] applies to section ${target}, which does not exist`,
        `invalid relocated section index: ${target}`,
      );
    else if (sections.entsize[row] !== entry || sections.size[row] % entry !== 0)
      this.complain(
        `relocation section [${i}] has entries of ${sections.entsize[row]} bytes`,
        `invalid sh_entsize: ${sections.entsize[row]}`,
      );
    else if (sections.link[row] !== this.symtab)
      this.complain(`relocation section [${i}] does not refer to the symbol table`);
    else if (sections.relocations[base + target] !== 0)
      this.complain(
        `multiple relocation sections for section \`${names.text(sections.name[base + target])}' are not supported`,
        "multiple relocation sections to one section are not supported",
      );
    else if (sections.type[base + target] === SHT_NOBITS)
      this.complain(`relocations for section [${target}], which has no contents`);
    else {
      // Offsets are the target's to check, with the field's size.
      const worst = this.sink.reading.job[Job.worst] >>> 0;
      this.complain(
        `relocation section [${row}] refers to symbol ${worst} of ${this.symbolCount}`,
        `invalid symbol index: ${worst}`,
      );
    }
  }

  /** Makes a row for each local symbol from number `from` on. */
  readLocals(object: ArenaObject, from: number): void {
    const { reading, model } = this.sink;
    const { symbols } = model;
    const { job, kernels } = reading;
    if (this.symbolCount === 0) return;
    const first = from === 1 ? symbols.count : job[Job.localBase];
    for (let i = from; ; i++) {
      reading.lendSymbols(this.firstGlobal, 0);
      i = kernels.readLocals(job.byteOffset, i);
      symbols.takeBack();
      if (job[Job.status] === Status.done) break;
      this.readLocal(object, i);
    }
    object.takeLocals(first, symbols.count - first);
  }

  /** A local symbol in no ordinary section, or damaged. */
  private readLocal(object: InputObject, i: number): void {
    const { symbols } = this.sink.model;
    const { bytes, view, is64, symtabOffset } = this;
    const fields = is64 ? symbol64 : symbol32;
    const at = symtabOffset + i * fields.size;
    const row = symbols.reserve(1);
    object.symbolIds[i] = row;
    symbols.object[row] = object.id;
    symbols.section[row] = this.sectionOf(view.getUint16(at + fields.st_shndx, true), i, object.sectionBase);
    symbols.info[row] = bytes[at + fields.st_info];
    symbols.other[row] = bytes[at + fields.st_other];
    symbols.elfIndex[row] = i;
    if (is64) {
      symbols.valueLow[row] = view.getInt32(at + 8, true);
      symbols.valueHigh[row] = view.getInt32(at + 12, true);
      symbols.size[row] = wordAt(view, at + 16);
    } else {
      symbols.valueLow[row] = view.getInt32(at + 4, true);
      symbols.size[row] = view.getUint32(at + 8, true);
    }
    this.complainOfLocal(i, at, row);
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

  /** Merges the global symbols from number `from` on. Returns the symbols to search lazy archives for. */
  readGlobals(object: InputObject, from: number): readonly SymbolId[] {
    const { symbolCount, firstGlobal, strtabOffset, strtabSize } = this;
    const { reading, model, wraps } = this.sink;
    const { symbols, names } = model;
    const { job, kernels } = reading;
    const start = Math.max(from, firstGlobal);
    if (start >= symbolCount) return NOTHING;

    const wanted: SymbolId[] = [];
    const strings = this.bytes.byteOffset + strtabOffset;
    const hasVersions = kernels.hasByte(strings, strings + strtabSize, 0x40) !== 0;
    for (let i = start; i < symbolCount; i++) {
      if (!hasVersions && !wraps.any) {
        const left = symbolCount - i;
        names.reserve(left);
        reading.lendSymbols(left, left);
        i = reading.run("readGlobals", i);
        symbols.takeBack();
        if (job[Job.status] === Status.done) break;
      }
      this.readGlobal(object, i, hasVersions, wanted);
    }
    return wanted;
  }

  private readGlobal(object: InputObject, i: number, hasVersions: boolean, wanted: SymbolId[]): void {
    const { model, lazy, resolver, wraps } = this.sink;
    const { symbols, names, sections } = model;
    const { bytes, view, is64, strtabOffset, strtabSize } = this;
    const { symbolIds, sectionBase: base } = object;
    const fields = is64 ? symbol64 : symbol32;
    const at = this.symtabOffset + i * fields.size;
    const info = bytes[at + fields.st_info];
    const other = bytes[at + fields.st_other];
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
      return;
    }
    // Until there is a symbol its name may be there.
    let name = symbolIds[i] !== 0 ? symbolIds[i] : names.addTerminated(bytes, strtabOffset + nameAt);
    let section = this.sectionOf(view.getUint16(at + fields.st_shndx, true), i, base);
    let lost = 0;
    if (section > 0) {
      const fate = sections.fate[section];
      const isLld = model.options.compat === "lld";
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
      const isLazy = lazy !== undefined && binding !== STB_WEAK && lazy.get(name) !== 0;
      if (isLazy && symbols.section[id] <= 0 && lost === 0) wanted.push(id);
      return;
    }
    const low = view.getInt32(at + (is64 ? 8 : 4), true);
    const high = is64 ? view.getInt32(at + 12, true) : 0;
    const size = is64 ? wordAt(view, at + 16) : view.getUint32(at + 8, true);
    const isDamaged = section === SymbolSection.common && !this.checkCommon(name, low, high, size);
    resolver.define(id, section, isDamaged ? 1 : low, high, size, info, other, object.id, i);
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
