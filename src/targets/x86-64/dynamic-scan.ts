import type { Report } from "../../diagnostics/index.ts";
import {
  RELA64_SIZE,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_RELA,
  STB_WEAK,
  STT_FUNC,
  STT_GNU_IFUNC,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { reportBadSymbol, reportNeedsPic, reportUnknown } from "../common-errors.ts";
import { chooseGotLoad, GotLoad } from "./got-load.ts";
import * as T from "./types.ts";

// What the relocations of a section ask of the loader. Whether a symbol is in
// this program is known, so calls and loads that can stay inside do, and of the
// TLS models there are two left: an offset that is known (local exec), and one
// that the loader puts into the GOT (initial exec).

/** See `DynamicTarget.scan`. */
export function scanDynamic(model: LinkModel, section: SectionId, report: Report): void {
  const { sections, objects, dynamic } = model;
  const relocations = sections.relocations[section];
  const object = objects[sections.object[section]];
  const { view, symbolIds } = object;
  if (!dynamic) return;
  if (sections.type[relocations] !== SHT_RELA) {
    report.error("LD0608", object.name, "SHT_REL relocations are not supported for x86-64");
    return;
  }
  const scanner = new Scanner(model, dynamic, section, report);
  const first = sections.fileOffset[relocations];
  const count = Math.floor(sections.size[relocations] / RELA64_SIZE);
  for (let entry = 0; entry < count; entry++) {
    const at = first + entry * RELA64_SIZE;
    const type = view.getInt32(at + 8, true);
    const index = view.getUint32(at + 12, true);
    if (index >= symbolIds.length && (index !== 0 || type !== T.R_X86_64_NONE)) {
      reportBadSymbol(model, report, section, index);
      return;
    }
    scanner.relocation(entry, at, type, symbolIds[index] ?? 0);
  }
}

class Scanner {
  private readonly model: LinkModel;
  private readonly dynamic: DynamicLink;
  private readonly section: SectionId;
  private readonly report: Report;
  private readonly pic: boolean;
  private readonly code: boolean;
  private readonly writable: boolean;

  constructor(model: LinkModel, dynamic: DynamicLink, section: SectionId, report: Report) {
    this.model = model;
    this.dynamic = dynamic;
    this.section = section;
    this.report = report;
    this.pic = model.options.kind === "pie";
    const flags = model.sections.flags[section];
    this.code = (flags & SHF_EXECINSTR) !== 0;
    this.writable = (flags & SHF_WRITE) !== 0;
  }

  relocation(entry: number, at: number, type: number, symbol: SymbolId): void {
    const { model, dynamic } = this;
    const { symbols } = model;
    // Local IFUNC symbols are treated as global ones.
    const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
    const global = (symbols.flags[symbol] & SymbolFlag.global) !== 0 || (isIfunc && symbol !== 0);
    if (global) dynamic.flags[symbol] |= Dyn.refRegular;
    if (symbol !== 0 && symbol === dynamic.gotSymbol) dynamic.gotReferenced = true;
    switch (type) {
      case T.R_X86_64_NONE:
      case T.R_X86_64_TLSDESC_CALL:
      case T.R_X86_64_DTPOFF32:
      case T.R_X86_64_DTPOFF64:
      case T.R_X86_64_TPOFF64:
      case T.R_X86_64_TLSLD:
      case T.R_X86_64_GNU_VTINHERIT:
      case T.R_X86_64_GNU_VTENTRY:
        return;
      case T.R_X86_64_TPOFF32:
        dynamic.flags[symbol] |= Dyn.zeroForbidden;
        return;
      case T.R_X86_64_GOTPCREL:
      case T.R_X86_64_GOTPCRELX:
      case T.R_X86_64_REX_GOTPCRELX:
      case T.R_X86_64_CODE_4_GOTPCRELX:
        this.gotLoad(at, type, symbol, global);
        return;
      case T.R_X86_64_GOT32:
      case T.R_X86_64_GOT64:
      case T.R_X86_64_GOTPCREL64:
      case T.R_X86_64_GOTPLT64:
        this.gotWord(symbol, global);
        return;
      case T.R_X86_64_TLSGD:
      case T.R_X86_64_GOTTPOFF:
      case T.R_X86_64_CODE_4_GOTTPOFF:
      case T.R_X86_64_GOTPC32_TLSDESC:
      case T.R_X86_64_CODE_4_GOTPC32_TLSDESC:
        if (global) dynamic.flags[symbol] |= Dyn.gotReference | Dyn.gotTls | Dyn.zeroForbidden;
        return;
      case T.R_X86_64_GOTOFF64:
      case T.R_X86_64_GOTPC32:
      case T.R_X86_64_GOTPC64:
        dynamic.gotReferenced = true;
        dynamic.flags[symbol] |= Dyn.zeroForbidden;
        if (global && isIfunc) dynamic.flags[symbol] |= Dyn.pltReference;
        return;
      case T.R_X86_64_PLTOFF64:
        dynamic.gotReferenced = true;
        if (global) dynamic.flags[symbol] |= Dyn.needsPlt | Dyn.pltReference | Dyn.zeroForbidden;
        return;
      case T.R_X86_64_PLT32:
      case T.R_X86_64_PLT32_BND:
        if (global) dynamic.flags[symbol] |= Dyn.needsPlt | Dyn.pltReference | Dyn.zeroForbidden;
        return;
      case T.R_X86_64_SIZE32:
      case T.R_X86_64_SIZE64:
        return;
      case T.R_X86_64_32:
      case T.R_X86_64_32S:
      case T.R_X86_64_16:
      case T.R_X86_64_8:
        if (this.needsPic(symbol, global)) {
          const name = T.relocationName(type);
          const offset = model.objects[model.sections.object[this.section]].view.getUint32(at, true);
          reportNeedsPic(model, this.report, this.section, offset, name, symbol);
          return;
        }
        this.plain(entry, type, symbol, global, false);
        return;
      case T.R_X86_64_64:
        this.plain(entry, type, symbol, global, false);
        return;
      case T.R_X86_64_PC8:
      case T.R_X86_64_PC16:
      case T.R_X86_64_PC32:
      case T.R_X86_64_PC32_BND:
      case T.R_X86_64_PC64:
        this.plain(entry, type, symbol, global, true);
        return;
      default: {
        const offset = model.objects[model.sections.object[this.section]].view.getUint32(at, true);
        reportUnknown(model, this.report, this.section, offset, type, symbol);
      }
    }
  }

  /** An absolute field of less than 64 bits cannot be relocated when the program starts. */
  private needsPic(symbol: SymbolId, global: boolean): boolean {
    const { symbols } = this.model;
    if (this.model.options.zKeywords.includes("noreloc-overflow")) return false;
    if (this.pic) return symbols.section[symbol] !== SymbolSection.absolute && symbol !== 0;
    return global && this.writable && this.isShared(symbol);
  }

  private isShared(symbol: SymbolId): boolean {
    return (this.dynamic.flags[symbol] & (Dyn.defDynamic | Dyn.defRegular)) === Dyn.defDynamic;
  }

  private gotLoad(at: number, type: number, symbol: SymbolId, global: boolean): void {
    const { model, section, dynamic } = this;
    const { sections } = model;
    const { view, bytes } = model.objects[sections.object[section]];
    const offset = view.getUint32(at, true);
    const stored = sections.contents.get(section);
    const code = stored ?? bytes;
    const start = stored ? 0 : sections.fileOffset[section];
    const plainLoad = view.getInt32(at + 16, true) === -4 && type !== T.R_X86_64_CODE_4_GOTPCRELX;
    if (offset > sections.size[section]) return;
    const load = chooseGotLoad(model, symbol, type, plainLoad, code, start + offset, offset);
    if (load === GotLoad.keep) this.gotWord(symbol, global);
    else if (this.code) dynamic.flags[symbol] |= Dyn.zeroWanted;
  }

  private gotWord(symbol: SymbolId, global: boolean): void {
    const { dynamic } = this;
    if (global) dynamic.flags[symbol] |= Dyn.gotReference | Dyn.zeroForbidden;
    else if ((dynamic.flags[symbol] & Dyn.gotReference) === 0) {
      dynamic.flags[symbol] |= Dyn.gotReference;
      dynamic.localGot.push(symbol);
    }
  }

  private plain(entry: number, type: number, symbol: SymbolId, global: boolean, relative: boolean): void {
    const { model, dynamic, section } = this;
    const { symbols } = model;
    const { flags } = dynamic;
    const kind = symbols.info[symbol] & 15;
    const here = !global || (flags[symbol] & Dyn.defRegular) !== 0;
    if (global) {
      if (this.code) flags[symbol] |= Dyn.zeroWanted;
      let isPointer = false;
      if (type === T.R_X86_64_PC32) {
        if (!this.code) {
          flags[symbol] |= Dyn.pointerEquality;
          if (this.pic && kind === STT_FUNC && this.isShared(symbol))
            flags[symbol] |= Dyn.needsPlt | Dyn.pltReference;
        }
      } else if (type !== T.R_X86_64_PC64) {
        isPointer = this.writable && type === T.R_X86_64_64;
        if (!isPointer || (!this.pic && kind === STT_GNU_IFUNC)) flags[symbol] |= Dyn.pointerEquality;
      }
      if (!isPointer) {
        flags[symbol] |= Dyn.nonGotReference;
        if (!here || this.code || !this.writable) flags[symbol] |= Dyn.pltReference;
      }
    }
    if (symbol === 0 || (here && symbols.section[symbol] === SymbolSection.absolute)) return;
    if (!this.mayNeedLoader(type, symbol, global, here, relative)) return;
    const { relocations } = dynamic;
    relocations.section.push(section);
    relocations.entry.push(entry);
    relocations.symbol.push(symbol);
    relocations.relative.push(relative ? 1 : 0);
    relocations.kept.push(0);
  }

  private mayNeedLoader(
    type: number,
    symbol: SymbolId,
    global: boolean,
    here: boolean,
    relative: boolean,
  ): boolean {
    const { model, dynamic } = this;
    const { symbols, sections } = model;
    const kind = symbols.info[symbol] & 15;
    if (global && kind === STT_GNU_IFUNC && here)
      return !relative && (this.pic || (type === T.R_X86_64_64 && !this.code));
    if (!this.pic) return global && !here;
    // A symbol in a section that is not linked has no address.
    const home = symbols.section[symbol];
    if (!relative) return home <= 0 || sections.fate[home] === 0;
    const usesStub =
      (dynamic.flags[symbol] & Dyn.pltReference) !== 0 &&
      !this.code &&
      kind === STT_FUNC &&
      this.isShared(symbol);
    // GNU ld makes room for what may be overridden, and gives it back.
    return global && (!here || symbols.info[symbol] >> 4 === STB_WEAK) && !usesStub;
  }
}
