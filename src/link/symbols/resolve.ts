import { growInt32, int32Column, type NameId } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { STB_WEAK, STO_RISCV_VARIANT_CC, STT_NOTYPE, STT_TLS } from "../../elf/index.ts";
import {
  type LinkModel,
  type LinkOptions,
  type ObjectId,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
  sectionName,
} from "../../model/index.ts";

// What a global symbol is when several objects mention it. The rules are those
// of every Unix linker since a.out, and they depend on the order of mention:
//
//             new: undefined  weak undef.  strong def.  weak def.  common
//   nothing        undefined  weak undef.  strong       weak       common
//   undefined      -          -            strong       weak       common
//   weak undef.    undefined  -            strong       weak       common
//   strong         -          -            duplicate    -          -
//   weak           -          -            strong       -          common
//   common         -          -            strong       -          the larger
//
// Visibility is the most constraining of all mentions. A definition that lies
// in a discarded copy of a COMDAT group is no definition but a reference.

const WEAK_MENTION = SymbolFlag.referenced | SymbolFlag.inObject;
const STRONG_MENTION = WEAK_MENTION | SymbolFlag.strongReference;
const REFERENCED = SymbolFlag.referenced | SymbolFlag.fromScript;

/** A second strong definition of a symbol that had one. */
export interface DuplicateSymbol {
  readonly symbol: SymbolId;
  /** Where the one that stays is: the symbol's row may be overridden by the script later. */
  readonly first: DefinitionPlace;
  readonly second: DefinitionPlace;
}

export interface DefinitionPlace {
  readonly object: ObjectId;
  /** A SectionId, or a value of `SymbolSection`. */
  readonly section: number;
  readonly value: number;
  readonly elfIndex: number;
}

/** Merges the mentions of global symbols into their rows. */
export class Resolver {
  readonly duplicates: DuplicateSymbol[] = [];
  /** Undefined symbols with a definition in a section that was not taken (its row): no archive is searched for them. */
  readonly discarded = new Map<SymbolId, SectionId>();
  /** Symbols of which any such definition was met. */
  readonly lost = new Set<SymbolId>();
  private readonly model: LinkModel;
  private readonly report: Report;

  constructor(model: LinkModel, report: Report) {
    this.model = model;
    this.report = report;
  }

  /** A definition in a section that was not taken; a weak one does not explain a reference made before. */
  noteDiscarded(id: SymbolId, section: SectionId, weak: boolean): void {
    const { symbols } = this.model;
    this.lost.add(id);
    if (symbols.section[id] !== SymbolSection.undefined || this.discarded.has(id)) return;
    if (weak && (symbols.flags[id] & SymbolFlag.referenced) !== 0) return;
    this.discarded.set(id, section);
  }

  /** A reference by an object. */
  refer(id: SymbolId, info: number, other: number, object: ObjectId, elfIndex: number): void {
    const { symbols } = this.model;
    const weak = info >> 4 === STB_WEAK;
    const known = symbols.flags[id] & (SymbolFlag.referenced | SymbolFlag.fromScript);
    symbols.flags[id] |= weak ? WEAK_MENTION : STRONG_MENTION;
    if ((other & 3) !== 0) this.mergeVisibility(id, other);
    symbols.other[id] |= other & STO_RISCV_VARIANT_CC;
    const oldInfo = symbols.info[id];
    if (((info ^ oldInfo) & 15) !== 0 && ((info & 15) === STT_TLS || (oldInfo & 15) === STT_TLS))
      this.checkTls(id, SymbolSection.undefined, info, object);
    if (symbols.section[id] !== SymbolSection.undefined) return;
    const type = (oldInfo & 15) === STT_NOTYPE ? info & 15 : oldInfo & 15;
    if (known === 0) {
      symbols.info[id] = info;
      symbols.object[id] = object;
      symbols.elfIndex[id] = elfIndex;
    } else if (!weak && oldInfo >> 4 === STB_WEAK) {
      symbols.info[id] = (info & 0xf0) | type;
      symbols.object[id] = object;
      symbols.elfIndex[id] = elfIndex;
    } else if ((oldInfo & 15) !== type) symbols.info[id] = (oldInfo & 0xf0) | type;
  }

  /** A definition by an object; `section` is a row, absolute, or common (`low` is then the alignment). */
  define(
    id: SymbolId,
    section: number,
    low: number,
    high: number,
    size: number,
    info: number,
    other: number,
    object: ObjectId,
    elfIndex: number,
  ): void {
    const { symbols } = this.model;
    if ((other & 3) !== 0) this.mergeVisibility(id, other);
    const old = symbols.section[id];
    const oldType = symbols.info[id] & 15;
    if ((info & 15) !== oldType && ((info & 15) === STT_TLS || oldType === STT_TLS))
      this.checkTls(id, section, info, object);
    if (old !== SymbolSection.undefined) {
      if (info >> 4 === STB_WEAK) return;
      const oldWeak = symbols.info[id] >> 4 === STB_WEAK;
      if (!oldWeak) {
        if (old === SymbolSection.common && section === SymbolSection.common) {
          this.mergeCommon(id, low, size, object, elfIndex);
          return;
        }
        if (old === SymbolSection.common) {
          this.warnCommon(id, object, "definition");
          this.compareCommon(id, symbols.object[id], symbols.valueLow[id], object, section, low);
          this.compareSizes(id, object, size);
        } else if (section === SymbolSection.common) {
          this.warnCommon(id, object, "common");
          this.compareCommon(id, object, low, symbols.object[id], old, symbols.valueLow[id]);
          return;
        } else {
          this.duplicate(id, section, low, high, object, elfIndex);
          return;
        }
      }
    }
    if (section === SymbolSection.common) this.noteCommon(object, info);
    symbols.section[id] = section;
    symbols.valueLow[id] = low;
    symbols.valueHigh[id] = high;
    symbols.size[id] = size;
    symbols.info[id] = info;
    symbols.other[id] = (symbols.other[id] & (3 | STO_RISCV_VARIANT_CC)) | (other & ~3);
    symbols.object[id] = object;
    symbols.elfIndex[id] = elfIndex;
  }

  /** GNU ld: one object has a symbol as thread-local, another one does not. */
  private checkTls(id: SymbolId, section: number, info: number, object: ObjectId): void {
    const { model, report } = this;
    const { symbols, names } = model;
    const from = symbols.object[id];
    const mentioned =
      symbols.section[id] !== SymbolSection.undefined || (symbols.flags[id] & REFERENCED) !== 0;
    if (model.options.compat === "lld" || from < 0 || !mentioned) return;
    const isWeak = info >> 4 === STB_WEAK || symbols.info[id] >> 4 === STB_WEAK;
    if (from === object && isWeak) return;
    const place = (where: number, by: ObjectId) => {
      if (where === SymbolSection.undefined || where === SymbolSection.common)
        return { noun: "reference", text: `in ${this.nameOf(by)}` };
      const name = where > 0 ? sectionName(model, where) : "*ABS*";
      return { noun: "definition", text: `in ${this.nameOf(by)} section ${name}` };
    };
    const mine = place(section, object);
    const old = place(symbols.section[id], from);
    const [tls, other] = (info & 15) === STT_TLS ? [mine, old] : [old, mine];
    const name = names.text(symbols.name[id]);
    const message = `${name}: TLS ${tls.noun} ${tls.text} mismatches non-TLS ${other.noun} ${other.text}`;
    report.error("LD0410", undefined, message);
    report.error("LD0410", this.nameOf(object), "error adding symbols: bad value");
  }

  private mergeVisibility(id: SymbolId, other: number): void {
    const { symbols } = this.model;
    const old = symbols.other[id] & 3;
    const visibility = other & 3;
    // Internal is 1, hidden 2, protected 3: the smaller the more constraining, but for default, 0.
    if (old === 0 || visibility < old) symbols.other[id] = (symbols.other[id] & ~3) | visibility;
  }

  /** The larger size and the larger alignment; the object with the larger one holds it. */
  private mergeCommon(id: SymbolId, align: number, size: number, object: ObjectId, elfIndex: number): void {
    const { symbols } = this.model;
    if (this.model.options.warnCommon) this.warnCommons(id, size, object);
    if (align > symbols.valueLow[id]) symbols.valueLow[id] = align;
    if (size > symbols.size[id]) {
      symbols.size[id] = size;
      symbols.object[id] = object;
      symbols.elfIndex[id] = elfIndex;
      this.noteCommon(object, symbols.info[id]);
    }
  }

  private noteCommon(object: ObjectId, info: number): void {
    this.model.commonHolders.add(2 * object + ((info & 15) === STT_TLS ? 1 : 0));
  }

  /** Two tentative definitions: GNU ld says which is the larger. */
  private warnCommons(id: SymbolId, size: number, object: ObjectId): void {
    const { symbols, names } = this.model;
    const name = names.text(symbols.name[id]);
    const here = this.nameOf(object);
    const there = this.nameOf(symbols.object[id]);
    const lld = `multiple common of ${name}`;
    const old = symbols.size[id];
    if (size === old) {
      this.report.warning("LD0401", `${here} and ${there}`, `multiple common of \`${name}'`, { lld });
      return;
    }
    const verb = size > old ? "overriding smaller" : "overridden by larger";
    this.report.warning("LD0401", here, `common of \`${name}' ${verb} common from ${there}`, { lld });
  }

  /** GNU ld: code that counts on the alignment of a tentative definition may meet less in the real one. */
  private compareCommon(
    id: SymbolId,
    common: ObjectId,
    align: number,
    definer: ObjectId,
    section: number,
    value: number,
  ): void {
    const { names, symbols, sections, options } = this.model;
    if (options.compat === "lld") return;
    const ofValue = value === 0 ? 0x8000_0000 : (value & -value) >>> 0;
    const ofSection = section > 0 ? 2 ** sections.alignPower[section] : 0x8000_0000;
    const actual = Math.min(ofValue, ofSection);
    if (actual >= align) return;
    this.report.warning(
      "LD0401",
      undefined,
      `alignment ${actual} of symbol \`${names.text(symbols.name[id])}' in ${this.nameOf(definer)} is smaller than ${align} in ${this.nameOf(common)}`,
    );
  }

  /** GNU ld: as `compareCommon`, for the size. */
  private compareSizes(id: SymbolId, definer: ObjectId, size: number): void {
    const { names, symbols, options } = this.model;
    const old = symbols.size[id];
    if (options.compat === "lld" || size === 0 || old === 0 || size === old) return;
    this.report.warning(
      "LD0401",
      undefined,
      `size of symbol \`${names.text(symbols.name[id])}' changed from ${old} in ${this.nameOf(symbols.object[id])} to ${size} in ${this.nameOf(definer)}`,
    );
  }

  private warnCommon(id: SymbolId, object: ObjectId, by: "definition" | "common"): void {
    if (!this.model.options.warnCommon) return;
    const { symbols, names } = this.model;
    const name = names.text(symbols.name[id]);
    const message =
      by === "definition"
        ? `definition of \`${name}' overriding common from ${this.nameOf(symbols.object[id])}`
        : `common of \`${name}' overridden by definition from ${this.nameOf(symbols.object[id])}`;
    this.report.warning("LD0401", this.nameOf(object), message, { lld: `common ${name} is overridden` });
  }

  private duplicate(
    id: SymbolId,
    section: number,
    low: number,
    high: number,
    object: ObjectId,
    elfIndex: number,
  ): void {
    const { symbols } = this.model;
    const old = symbols.section[id];
    const sameValue = symbols.valueLow[id] === low && symbols.valueHigh[id] === high;
    if (old === SymbolSection.absolute && section === SymbolSection.absolute && sameValue) return;
    if (this.givesWay(symbols.object[id]) || this.givesWay(object)) return;
    this.duplicates.push({
      symbol: id,
      first: {
        object: symbols.object[id],
        section: old,
        value: symbols.valueLow[id] >>> 0,
        elfIndex: symbols.elfIndex[id],
      },
      second: { object, section, value: low >>> 0, elfIndex },
    });
  }

  /** GNU ld lets the first definition pass if one of two is of --just-symbols. */
  private givesWay(object: ObjectId): boolean {
    const { options, objects } = this.model;
    const may = options.compat === "gnu" && !options.prohibitAbsoluteDuplicates;
    return may && object >= 0 && objects[object].symbolsOnly === true;
  }

  private nameOf(object: ObjectId): string | undefined {
    return object < 0 ? undefined : this.model.objects[object].name;
  }
}

/**
 * The names that references are redirected to: `--wrap foo` makes `foo` mean
 * `__wrap_foo` and `__real_foo` mean `foo`, in references only.
 */
export class Wraps {
  readonly any: boolean;
  private readonly target = new Map<NameId, NameId>();

  constructor(model: LinkModel) {
    const { names } = model;
    for (const name of model.options.wrap) {
      const plain = names.addString(name);
      this.target.set(plain, names.addString(`__wrap_${name}`));
      this.target.set(names.addString(`__real_${name}`), plain);
    }
    this.any = this.target.size > 0;
  }

  /** What a reference to `name` refers to. */
  of(name: NameId): NameId {
    return this.target.get(name) ?? name;
  }
}

/** What an expression of a script means by a name under GNU ld's --wrap, as `Wraps` for objects. */
export function wrappedName({ wrap, compat }: LinkOptions, name: string): string {
  if (wrap.length === 0 || compat === "lld") return name;
  if (wrap.includes(name)) return `__wrap_${name}`;
  return name.startsWith("__real_") && wrap.includes(name.slice(7)) ? name.slice(7) : name;
}

/** A number for each name, 0 where none was set: a map from NameId that grows. */
export class NameMap {
  values: Int32Array = int32Column(1024);

  get(name: NameId): number {
    return name < this.values.length ? this.values[name] : 0;
  }

  set(name: NameId, value: number): void {
    this.reserve(name + 1);
    this.values[name] = value;
  }

  /** Makes room for names below `names`. */
  reserve(names: number): void {
    if (names > this.values.length) this.values = growInt32(this.values, names);
  }
}
