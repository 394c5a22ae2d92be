import type { Report } from "../../diagnostics/index.ts";
import * as T from "../../elf/index.ts";
import {
  RELA32_SIZE,
  RELA64_SIZE,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_RELA,
  STT_GNU_IFUNC,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  Fate,
  Kept,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";
import { reportBadSymbol, reportUnknown } from "../common-errors.ts";
import { reportNotPic } from "./errors.ts";
import { isKnown } from "./scan.ts";

/** See `DynamicTarget.scan`. */
export function scanDynamic(model: LinkModel, section: SectionId, report: Report): void {
  const { sections, objects, dynamic } = model;
  const table = sections.relocations[section];
  const object = objects[sections.object[section]];
  const { view, symbolIds, is64 } = object;
  if (!dynamic) return;
  if (sections.type[table] !== SHT_RELA) {
    report.error("LD0608", object.name, "SHT_REL relocations are not supported for riscv");
    return;
  }
  const size = is64 ? RELA64_SIZE : RELA32_SIZE;
  const first = sections.fileOffset[table];
  const count = Math.floor(sections.size[table] / size);
  const scanner = new Scanner(model, dynamic, section, report);
  for (let entry = 0; entry < count; entry++) {
    const at = first + entry * size;
    const info = view.getInt32(at + (is64 ? 8 : 4), true);
    const type = is64 ? info : info & 0xff;
    if (type === T.R_RISCV_RELAX || type === T.R_RISCV_NONE) continue;
    const index = is64 ? view.getUint32(at + 12, true) : info >>> 8;
    if (index >= symbolIds.length) {
      reportBadSymbol(model, report, section, index);
      return;
    }
    if (!scanner.relocation(entry, type, symbolIds[index])) return;
  }
}

class Scanner {
  private readonly model: LinkModel;
  private readonly dynamic: DynamicLink;
  private readonly section: SectionId;
  private readonly report: Report;
  private readonly pic: boolean;
  private readonly is64: boolean;
  /** Code, or what cannot be written to. */
  private readonly fixed: boolean;
  private readonly code: boolean;

  constructor(model: LinkModel, dynamic: DynamicLink, section: SectionId, report: Report) {
    this.model = model;
    this.dynamic = dynamic;
    this.section = section;
    this.report = report;
    this.pic = model.options.kind === "pie";
    this.is64 = model.objects[model.sections.object[section]].is64;
    const flags = model.sections.flags[section];
    this.code = (flags & SHF_EXECINSTR) !== 0;
    this.fixed = this.code || (flags & SHF_WRITE) === 0;
  }

  /** False when there is no sense in going on with the section. */
  relocation(entry: number, type: number, symbol: SymbolId): boolean {
    const { model, dynamic } = this;
    const { symbols } = model;
    const { flags } = dynamic;
    const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
    const global = (symbols.flags[symbol] & SymbolFlag.global) !== 0 || (isIfunc && symbol !== 0);
    if (global) flags[symbol] |= Dyn.refRegular;
    if (symbol !== 0 && symbol === dynamic.gotSymbol) dynamic.gotReferenced = true;
    switch (type) {
      case T.R_RISCV_TLS_GD_HI20:
        this.gotWord(symbol, global, Dyn.gotTlsGd);
        return true;
      case T.R_RISCV_TLS_GOT_HI20:
        if (this.pic) dynamic.staticTls = true;
        this.gotWord(symbol, global, Dyn.gotTls);
        return true;
      case T.R_RISCV_GOT_HI20:
      case T.R_RISCV_GOT32_PCREL:
        this.gotWord(symbol, global, 0);
        return true;
      case T.R_RISCV_CALL:
      case T.R_RISCV_CALL_PLT:
      case T.R_RISCV_PLT32:
        if (global) flags[symbol] |= Dyn.needsPlt | Dyn.pltReference;
        return true;
      case T.R_RISCV_PCREL_HI20:
        if (global && isIfunc) flags[symbol] |= Dyn.nonGotReference | Dyn.pointerEquality | Dyn.pltReference;
        if (!this.pic) this.plain(entry, symbol, global, true, Kept.no);
        return true;
      case T.R_RISCV_JAL:
      case T.R_RISCV_BRANCH:
      case T.R_RISCV_RVC_BRANCH:
      case T.R_RISCV_RVC_JUMP:
        if (!this.pic) this.plain(entry, symbol, global, true, Kept.no);
        return true;
      case T.R_RISCV_TPREL_HI20:
        // GNU ld keeps room for a relocation that it never writes.
        this.plain(entry, symbol, global, false, Kept.room);
        return true;
      case T.R_RISCV_HI20:
        if (this.pic && symbol !== 0) {
          reportNotPic(model, this.section, type, symbol, this.report);
          return false;
        }
        this.plain(entry, symbol, global, false, Kept.no);
        return true;
      case T.R_RISCV_64:
      case T.R_RISCV_32:
        if (this.pic && this.is64 !== (type === T.R_RISCV_64)) {
          reportNotPic(model, this.section, type, symbol, this.report);
          return false;
        }
        this.plain(entry, symbol, global, false, Kept.no);
        return true;
      default:
        if (isKnown(type)) return true;
        reportUnknown(model, this.report, this.section, 0, type, symbol);
        return false;
    }
  }

  private gotWord(symbol: SymbolId, global: boolean, kind: number): void {
    const { flags, localGot } = this.dynamic;
    if (!global && (flags[symbol] & Dyn.gotReference) === 0) localGot.push(symbol);
    flags[symbol] |= Dyn.gotReference | kind;
  }

  private plain(entry: number, symbol: SymbolId, global: boolean, relative: boolean, kept: number): void {
    const { model, dynamic, section, pic } = this;
    const { symbols, sections } = model;
    const { flags } = dynamic;
    const isIfunc = (symbols.info[symbol] & 15) === STT_GNU_IFUNC;
    const here = !global || (flags[symbol] & Dyn.defRegular) !== 0;
    if (global && (!pic || isIfunc)) {
      flags[symbol] |= Dyn.nonGotReference | Dyn.pointerEquality;
      if (!here || this.fixed) flags[symbol] |= Dyn.pltReference;
    }
    if (symbol === 0) return;
    const home = symbols.section[symbol];
    const isGone = home > 0 && sections.fate[home] !== Fate.kept;
    const needed = pic ? !isGone : global && (!here || (isIfunc && !this.code));
    if (!needed) return;
    const { relocations } = dynamic;
    relocations.section.push(section);
    relocations.entry.push(entry);
    relocations.symbol.push(symbol);
    relocations.relative.push(relative ? 1 : 0);
    relocations.kept.push(kept);
  }
}
