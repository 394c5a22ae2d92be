import type { Report } from "../../diagnostics/index.ts";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  STB_WEAK,
  STO_RISCV_VARIANT_CC,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type LinkModel,
  Mention,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { compileGlob } from "../../script/index.ts";
import { dynamicIsZero, isWeakUndefined } from "../../targets/index.ts";
import { hasIndirectAccess } from "../inputs/property-notes.ts";
import { weakUndefinedAre } from "../options/z-keywords.ts";
import { globalsAsGnu } from "../write/gnu-order.ts";
import type { DynamicRows } from "./rows.ts";
import { isMentionedByObject, recordDynamic } from "./shared-inputs.ts";
import { sharedSymbol } from "./shared-symbol.ts";

// Which symbols the loader sees, and what becomes of references to symbols that
// are elsewhere: a call goes through the PLT; an address in writable data is set
// by the loader; a variable whose address is part of the code is copied into
// this program. The steps, and the order in which symbols go through them, are
// those of BFD.

/** Takes stock when all inputs are read and the dead are known: before relocations are looked at. */
export function startDynamic(model: LinkModel, dynamic: DynamicLink): void {
  const { symbols, needs } = model;
  dynamic.prepare(symbols.count);
  const { flags } = dynamic;
  for (let id = 1; id < symbols.count; id++) {
    const isGlobal = (symbols.flags[id] & SymbolFlag.global) !== 0;
    if (!isGlobal) {
      if ((symbols.info[id] & 15) === STT_GNU_IFUNC) {
        flags[id] = Dyn.defRegular | Dyn.refRegular | Dyn.forcedLocal;
        dynamic.special[id] = 2;
      }
      continue;
    }
    const mention = dynamic.mention(symbols.name[id]);
    let bits = 0;
    if (symbols.section[id] !== SymbolSection.undefined || needs.definedLater.has(id)) {
      bits |= Dyn.defRegular;
      if (mention & (Mention.referred | Mention.defined)) bits |= Dyn.refDynamic;
      if ((symbols.info[id] & 15) === STT_GNU_IFUNC) dynamic.special[id] = 2;
    } else {
      if (dynamic.definitionOf(symbols, id) !== 0)
        bits |= Dyn.defDynamic | takeDefinition(model, dynamic, id);
      if (mention & Mention.referred) bits |= Dyn.refDynamic;
    }
    if (isMentionedByObject(model, id) && symbols.flags[id] & SymbolFlag.referenced) {
      bits |= Dyn.refRegular;
      if (symbols.flags[id] & SymbolFlag.strongReference) bits |= Dyn.refStrong;
    }
    // What only -u or the script asks for counts as an object's mention of what a shared object has.
    else if (bits & Dyn.defDynamic && symbols.flags[id] & SymbolFlag.fromScript) {
      bits |= Dyn.refRegular | Dyn.refStrong;
      recordDynamic(model, dynamic, id);
    }
    if (symbols.flags[id] & SymbolFlag.forcedLocal) bits |= Dyn.forcedLocal;
    // What the script defines becomes dynamic when shared objects know it.
    if (symbols.section[id] === SymbolSection.script && bits & Dyn.refDynamic)
      recordDynamic(model, dynamic, id);
    flags[id] = bits;
  }
  exportSymbols(model, dynamic);
  dynamic.whenExported = [...dynamic.recorded];
  forgetUnused(model, dynamic);
  for (const symbol of dynamic.recorded) flags[symbol] |= Dyn.dynamic;
}

/** Type and size of an undefined symbol are those of its definition in a shared object. */
function takeDefinition(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): number {
  const { symbols } = model;
  const definition = dynamic.definitionOf(symbols, symbol);
  const library = dynamic.libraries[dynamic.definitionLibrary[definition]];
  const entry = sharedSymbol(library, dynamic.definitionIndex[definition]);
  const type = entry.type === STT_GNU_IFUNC ? STT_FUNC : entry.type;
  if (type !== STT_NOTYPE) symbols.info[symbol] = (symbols.info[symbol] & 0xf0) | type;
  symbols.size[symbol] = entry.size;
  symbols.other[symbol] |= entry.other & STO_RISCV_VARIANT_CC;
  return (entry.other & 3) === 3 ? Dyn.protectedDefinition : 0;
}

/** --export-dynamic, --dynamic-list and --export-dynamic-symbol. */
function exportSymbols(model: LinkModel, dynamic: DynamicLink): void {
  const { symbols, names, options } = model;
  const listed = options.exportSymbols;
  if (!options.exportDynamic && listed.length === 0) return;
  const exact = new Set(listed.filter((name) => !/[*?[]/.test(name)));
  const globs = listed.filter((name) => /[*?[]/.test(name)).map((name) => compileGlob(name));
  for (const id of globalsAsGnu(model)) {
    if ((dynamic.flags[id] & (Dyn.defRegular | Dyn.refRegular)) === 0) continue;
    if (dynamic.flags[id] & Dyn.forcedLocal) continue;
    if (!options.exportDynamic) {
      const name = names.text(symbols.name[id]);
      if (!exact.has(name) && !globs.some((matches) => matches(name))) continue;
    }
    recordDynamic(model, dynamic, id);
  }
}

/** --gc-sections: what no live section refers to or defines is not dynamic either. */
function forgetUnused(model: LinkModel, dynamic: DynamicLink): void {
  if (!model.options.gcSections) return;
  const { symbols, sections } = model;
  // A copied variable is dynamic under all its names.
  for (const [weak, strong] of dynamic.aliasOf)
    if (symbols.flags[weak] & SymbolFlag.live)
      symbols.flags[strong] = (symbols.flags[strong] | SymbolFlag.live) & ~SymbolFlag.omit;
  for (const id of symbols.globals()) {
    const home = symbols.section[id];
    const isLive = (symbols.flags[id] & SymbolFlag.live) !== 0;
    if (isLive || (home > 0 && sections.fate[home] === 0)) continue;
    if (home === SymbolSection.script || home === SymbolSection.absolute) continue;
    dynamic.recorded.delete(id);
    dynamic.flags[id] = Dyn.forcedLocal;
    if (home === SymbolSection.undefined) symbols.flags[id] |= SymbolFlag.omit;
  }
}

/** Settles, when relocations have been looked at, who needs a place in the PLT or a copy. */
export class SymbolAdjuster {
  private readonly model: LinkModel;
  private readonly dynamic: DynamicLink;
  private readonly rows: DynamicRows;
  private readonly report: Report;
  private readonly adjusted = new Set<SymbolId>();
  private readonly weakOf = new Map<SymbolId, SymbolId>();
  /** By symbol: some relocation for the loader is where it could not write; how many are PC-relative, how many not. */
  private readonly inReadOnly = new Set<SymbolId>();
  private readonly pcRelative = new Map<SymbolId, number>();
  private readonly absolute = new Map<SymbolId, number>();

  constructor(model: LinkModel, dynamic: DynamicLink, rows: DynamicRows, report: Report) {
    this.model = model;
    this.dynamic = dynamic;
    this.rows = rows;
    this.report = report;
    const { relocations } = dynamic;
    for (let i = 0; i < relocations.symbol.length; i++) {
      const symbol = relocations.symbol[i];
      if ((model.sections.flags[relocations.section[i]] & SHF_WRITE) === 0) this.inReadOnly.add(symbol);
      const counts = relocations.relative[i] ? this.pcRelative : this.absolute;
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
  }

  run(order: Int32Array): void {
    for (const [weak, strong] of this.dynamic.aliasOf)
      if ((this.dynamic.flags[strong] & Dyn.defRegular) === 0) this.weakOf.set(weak, strong);
    for (const symbol of order) this.fix(symbol);
    for (const symbol of order) this.adjust(symbol);
  }

  private has(symbol: SymbolId, bits: number): boolean {
    return (this.dynamic.flags[symbol] & bits) !== 0;
  }

  private hide(symbol: SymbolId): void {
    const { dynamic, model } = this;
    dynamic.flags[symbol] &= ~Dyn.dynamic;
    dynamic.flags[symbol] |= Dyn.forcedLocal;
    this.forgetStub(symbol);
    model.symbols.flags[symbol] |= SymbolFlag.forcedLocal;
    dynamic.recorded.delete(symbol);
  }

  /** IFUNC symbols are called through a stub even where they are local. */
  private forgetStub(symbol: SymbolId): void {
    if ((this.model.symbols.info[symbol] & 15) !== STT_GNU_IFUNC)
      this.dynamic.flags[symbol] &= ~(Dyn.needsPlt | Dyn.pltReference);
  }

  private fix(symbol: SymbolId): void {
    const { dynamic, model } = this;
    const { symbols } = model;
    const visibility = symbols.other[symbol] & 3;
    if (dynamic.facts.zeroWeak && this.has(symbol, Dyn.dynamic) && isZero(model, dynamic, symbol)) {
      dynamic.flags[symbol] &= ~Dyn.dynamic;
      dynamic.recorded.delete(symbol);
    }
    if (isWeakUndefined(model, symbol) && visibility !== 0) this.hide(symbol);
    else if (this.has(symbol, Dyn.needsPlt) && model.options.kind === "pie" && visibility !== 0) {
      if (!this.has(symbol, Dyn.defRegular)) return;
      if (visibility === 1 || visibility === 2) this.hide(symbol);
      else this.forgetStub(symbol);
    }
    const strong = this.weakOf.get(symbol);
    // An alias lends its real symbol what is known of references to it.
    if (strong !== undefined && this.inReadOnly.has(symbol)) this.inReadOnly.add(strong);
    if (strong !== undefined)
      dynamic.flags[strong] |=
        dynamic.flags[symbol] &
        (Dyn.refDynamic |
          Dyn.refRegular |
          Dyn.refStrong |
          Dyn.nonGotReference |
          Dyn.needsPlt |
          Dyn.pointerEquality);
  }

  /** -z [no]dynamic-undefined-weak, --no-dynamic-linker: whether the loader is to look for what nobody defines. */
  private obeyOption(symbol: SymbolId): void {
    const { dynamic, model } = this;
    const asked = model.options.noDynamicLinker ? "zero" : weakUndefinedAre(model.options);
    if (asked === undefined || !isWeakUndefined(model, symbol)) return;
    // On x86-64 what is called keeps a stub without a loader: the call goes to address 0 by it.
    const isCalled =
      dynamic.facts.zeroWeak && model.options.kind === "pie" && this.has(symbol, Dyn.pltReference);
    if (model.options.noDynamicLinker && isCalled) return;
    if (asked === "zero") this.hide(symbol);
    else if (this.has(symbol, Dyn.refRegular) && (model.symbols.other[symbol] & 3) === 0) {
      recordDynamic(model, dynamic, symbol);
      dynamic.flags[symbol] |= Dyn.dynamic;
    }
  }

  private adjust(symbol: SymbolId): void {
    const { dynamic, model, report } = this;
    const { symbols, names } = model;
    this.fix(symbol);
    this.obeyOption(symbol);
    const type = symbols.info[symbol] & 15;
    const strong = this.weakOf.get(symbol);
    if (!this.has(symbol, Dyn.needsPlt) && type !== STT_GNU_IFUNC) {
      const idle =
        this.has(symbol, Dyn.defRegular) ||
        !this.has(symbol, Dyn.defDynamic) ||
        (!this.has(symbol, Dyn.refRegular) && (strong === undefined || !this.has(strong, Dyn.dynamic)));
      if (idle) {
        dynamic.flags[symbol] &= ~Dyn.pltReference;
        return;
      }
    }
    if (this.adjusted.has(symbol)) return;
    this.adjusted.add(symbol);
    if (strong !== undefined) {
      dynamic.flags[strong] |= Dyn.refRegular;
      this.adjust(strong);
    }
    if (symbols.size[symbol] === 0 && type === STT_NOTYPE && !this.has(symbol, Dyn.needsPlt)) {
      const name = names.text(symbols.name[symbol]);
      report.warning("LD0409", undefined, `type and size of dynamic symbol \`${name}' are not defined`);
    }
    if (type === STT_GNU_IFUNC) this.adjustIfunc(symbol);
    else if (type === STT_FUNC || this.has(symbol, Dyn.needsPlt)) this.adjustFunction(symbol);
    else this.adjustVariable(symbol, strong);
  }

  private adjustIfunc(symbol: SymbolId): void {
    const { dynamic } = this;
    const relative = dynamic.facts.ifuncsLast ? 0 : (this.pcRelative.get(symbol) ?? 0);
    if (relative > 0 || this.absolute.has(symbol)) dynamic.flags[symbol] |= Dyn.nonGotReference;
    if (relative > 0) dynamic.flags[symbol] |= Dyn.needsPlt | Dyn.pltReference;
    if (!this.has(symbol, Dyn.pltReference)) dynamic.flags[symbol] &= ~Dyn.needsPlt;
  }

  private adjustFunction(symbol: SymbolId): void {
    const { dynamic, model } = this;
    const isLocal = this.has(symbol, Dyn.defRegular) || this.has(symbol, Dyn.forcedLocal);
    const isHiddenWeak = isWeakUndefined(model, symbol) && (model.symbols.other[symbol] & 3) !== 0;
    if (!this.has(symbol, Dyn.pltReference) || isLocal || isHiddenWeak)
      dynamic.flags[symbol] &= ~(Dyn.pltReference | Dyn.needsPlt);
  }

  private adjustVariable(symbol: SymbolId, strong: SymbolId | undefined): void {
    const { dynamic, model } = this;
    const { symbols, options } = model;
    dynamic.flags[symbol] &= ~Dyn.pltReference;
    if (strong !== undefined) {
      symbols.section[symbol] = symbols.section[strong];
      symbols.valueLow[symbol] = symbols.valueLow[strong];
      symbols.valueHigh[symbol] = symbols.valueHigh[strong];
      if (symbols.section[symbol] > 0) symbols.info[symbol] = (STB_WEAK << 4) | (symbols.info[symbol] & 15);
      if (!dynamic.facts.copiesInPie) return;
      dynamic.flags[symbol] &= ~Dyn.nonGotReference;
      dynamic.flags[symbol] |= dynamic.flags[strong] & Dyn.nonGotReference;
      return;
    }
    if (options.kind === "pie" && !dynamic.facts.copiesInPie) return;
    if (!this.has(symbol, Dyn.nonGotReference)) return;
    if (
      options.zKeywords.includes("nocopyreloc") ||
      hasIndirectAccess(options) ||
      !this.mayCopy(symbol) ||
      !this.inReadOnly.has(symbol)
    ) {
      dynamic.flags[symbol] &= ~Dyn.nonGotReference;
      return;
    }
    this.copy(symbol);
  }

  private mayCopy(symbol: SymbolId): boolean {
    if (!this.has(symbol, Dyn.protectedDefinition)) return true;
    return (this.home(symbol).flags & SHF_EXECINSTR) !== 0;
  }

  private home(symbol: SymbolId) {
    const { dynamic, model } = this;
    const definition = dynamic.definitionOf(model.symbols, symbol);
    const library = dynamic.libraries[dynamic.definitionLibrary[definition]];
    const entry = sharedSymbol(library, dynamic.definitionIndex[definition]);
    const { sections } = library;
    const known = entry.section < sections.flags.length;
    return {
      entry,
      flags: known ? sections.flags[entry.section] : 0,
      alignPower: known ? sections.alignPower[entry.section] : 0,
    };
  }

  /** Makes room for a variable of a shared object; the loader copies it here. */
  private copy(symbol: SymbolId): void {
    const { model, rows, dynamic } = this;
    const { symbols, sections } = model;
    const { entry, flags, alignPower } = this.home(symbol);
    const row = (flags & SHF_WRITE) === 0 ? rows.relro : rows.bss;
    // The section's alignment is the most that the variable may have asked for; its address tells what it can have.
    let power = alignPower;
    while (power > 0 && ((entry.valueLow >>> 0) & (2 ** power - 1)) !== 0) power--;
    if (power > sections.alignPower[row]) sections.alignPower[row] = power;
    const align = 2 ** power;
    const start = Math.ceil(sections.size[row] / align) * align;
    const isWeak = entry.binding === STB_WEAK;
    if ((flags & SHF_ALLOC) !== 0 && entry.size > 0) dynamic.flags[symbol] |= Dyn.needsCopy;
    symbols.info[symbol] = ((isWeak ? 2 : 1) << 4) | (symbols.info[symbol] & 15);
    symbols.section[symbol] = row;
    symbols.valueLow[symbol] = start;
    symbols.valueHigh[symbol] = 0;
    sections.size[row] = start + symbols.size[symbol];
  }
}

/** Whether an undefined weak symbol is 0 for good, so that the loader need not look for it. */
export function isZero(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): boolean {
  return dynamicIsZero(model, dynamic, symbol);
}
