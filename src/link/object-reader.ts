import { fromHalves } from "../binary/index.ts";
import type { Report } from "../diagnostics/index.ts";
import {
  EM_X86_64,
  GRP_COMDAT,
  inflateCompressed,
  inflateZdebug,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHF_EXCLUDE,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_X86_64_LCOMMON,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_LLVM_DEPENDENT_LIBRARIES,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_SECTION,
  section32,
  section64,
  symbol32,
  symbol64,
} from "../elf/index.ts";
import { Fate, type InputObject, type SymbolId, SymbolSection } from "../model/index.ts";
import type { ObjectSink } from "./read-object.ts";

/** The members of the group at hand: most groups are another's copy, and no list of theirs is kept. */
let members = new Int32Array(64);

/** 1 for each symbol of the object at hand that a relocation refers to; kept where labels without rows are left out. */
let mentioned = new Uint8Array(1024);

/** No symbols to search archives for. */
export const NOTHING: readonly SymbolId[] = [];

export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

export function damaged(report: Report, name: string, what: string): undefined {
  const notes = [{ message: `${name}: ${what}` }];
  const message = `${name}: file not recognized: file format not recognized`;
  report.error("LD0311", undefined, message, { lld: `${name}: ${what}`, nameless: true, notes });
  return undefined;
}

/** `.L…` */
function isLabel(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x2e && bytes[at + 1] === 0x4c;
}

/** Whether a name begins as `.debug` or `.zdebug` do; not as `.comment`. */
function isDebug(bytes: Uint8Array, nameAt: number): boolean {
  return bytes[nameAt + 1] === 0x64 || bytes[nameAt + 1] === 0x7a;
}

/** Reads the sections, groups and symbols of one object, in that order, into the rows of the link. */
export class ObjectReader {
  symtabOffset = 0;
  strtabOffset = 0;
  strtabSize = 0;
  symbolCount = 0;
  firstGlobal = 0;
  private readonly sink: ObjectSink;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly is64: boolean;
  private readonly name: string;
  private readonly shoff: number;
  private readonly count: number;
  /** All that is needed of the file once it is read lies before here: not the headers and names of sections, mostly. */
  needed = 0;
  private namesIndex = 0;
  private namesOffset = 0;
  private namesEnd = 0;
  private symtab = 0;
  private shndxOffset = 0;
  private groupCount = 0;
  /** Symbol to its name, where it is the signature of a group and so was looked up already. */
  private signatures: Int32Array | undefined;
  /** Dense messages about one object help nobody. */
  private complaints = 0;

  constructor(
    sink: ObjectSink,
    bytes: Uint8Array,
    view: DataView,
    is64: boolean,
    name: string,
    shoff: number,
    count: number,
  ) {
    this.sink = sink;
    this.bytes = bytes;
    this.view = view;
    this.is64 = is64;
    this.name = name;
    this.shoff = shoff;
    this.count = count;
  }

  private complain(message: string, lld = message): void {
    if (this.complaints++ < 5) this.sink.report.error("LD0312", this.name, message, { lld });
  }

  private unusable(message: string, lld = message): false {
    this.complain(message, lld);
    return false;
  }

  private sizeOf(section: number): number {
    const at = this.headerAt(section);
    return this.is64
      ? wordAt(this.view, at + section64.sh_size)
      : this.view.getUint32(at + section32.sh_size, true);
  }

  private offsetOf(section: number): number {
    const at = this.headerAt(section);
    return this.is64
      ? wordAt(this.view, at + section64.sh_offset)
      : this.view.getUint32(at + section32.sh_offset, true);
  }

  private headerAt(section: number): number {
    return this.shoff + section * (this.is64 ? section64.size : section32.size);
  }

  /** Finds the table of section names; false if it is unusable. */
  findNames(shstrndx: number): boolean {
    if (shstrndx < this.count && this.view.getUint32(this.headerAt(shstrndx) + 4, true) === SHT_STRTAB) {
      this.namesIndex = shstrndx;
      this.namesOffset = this.offsetOf(shstrndx);
      this.namesEnd = this.namesOffset + this.sizeOf(shstrndx);
      if (this.namesEnd <= this.bytes.length) return true;
    }
    damaged(this.sink.report, this.name, `section ${shstrndx} is no table of section names`);
    return false;
  }

  /** Fills the rows of all sections and finds the symbol table. */
  readSections(object: number, base: number): void {
    const { sections, names, options } = this.sink.model;
    const { bytes, view, is64, count } = this;
    const fields = is64 ? section64 : section32;
    const relocatable = options.kind === "relocatable";
    const fileSize = bytes.length;
    // The columns by themselves: looked up once, not for each section.
    const {
      type: types,
      flags: allFlags,
      link,
      info,
      size: sizes,
      fileOffset,
      name: nameOf,
      fate,
    } = sections;
    const { entsize: entsizes, alignPower } = sections;
    const { namesIndex, namesOffset, namesEnd } = this;
    let needed = 0;
    const { size: entry, sh_link: linkAt, sh_info: infoAt } = fields;
    sections.object.fill(object, base, base + count);
    for (let i = 0, at = this.shoff; i < count; i++, at += entry) {
      const row = base + i;
      const type = view.getUint32(at + 4, true);
      const flags = view.getUint32(at + 8, true);
      let offset: number;
      let size: number;
      let align: number;
      let entsize: number;
      if (is64) {
        offset = wordAt(view, at + section64.sh_offset);
        size = wordAt(view, at + section64.sh_size);
        align = wordAt(view, at + section64.sh_addralign);
        entsize = wordAt(view, at + section64.sh_entsize);
      } else {
        offset = view.getUint32(at + section32.sh_offset, true);
        size = view.getUint32(at + section32.sh_size, true);
        align = view.getUint32(at + section32.sh_addralign, true);
        entsize = view.getUint32(at + section32.sh_entsize, true);
      }
      types[row] = type;
      allFlags[row] = flags;
      if (flags & SHF_LINK_ORDER) sections.hasLinkOrder = true;
      link[row] = view.getUint32(at + linkAt, true);
      info[row] = view.getUint32(at + infoAt, true);
      sizes[row] = size;
      fileOffset[row] = offset;
      entsizes[row] = entsize;
      if (i === 0) {
        fate[row] = Fate.consumed;
        continue;
      }
      const nameAt = namesOffset + view.getUint32(at, true);
      // Relocation sections are known by what they apply to; their names would be a third of all.
      if (nameAt < namesEnd) {
        if (type !== SHT_RELA && type !== SHT_REL) nameOf[row] = names.addTerminated(bytes, nameAt);
      } else
        this.complain(
          `section [${i}] has a name outside of the table of names`,
          "invalid section name offset",
        );
      if (type !== SHT_NOBITS && type !== SHT_NULL && offset + size > fileSize) {
        this.complain(
          `section [${i}] \`${names.text(sections.name[row])}' goes past the end of the file`,
          `section [index ${i}] has a sh_offset (0x${offset.toString(16)}) + sh_size (0x${size.toString(16)}) that is greater than the file size (0x${fileSize.toString(16)})`,
        );
        this.drop(row);
        continue;
      }
      if (type !== SHT_NOBITS && i !== namesIndex && offset + size > needed) needed = offset + size;
      // Messages look strings of debug information up in the file, by way of their headers (debug-bytes.ts).
      if ((flags & (SHF_MERGE | SHF_ALLOC)) === SHF_MERGE && isDebug(bytes, nameAt)) needed = fileSize;
      if (align > 1) {
        const power = 31 - Math.clz32(align);
        alignPower[row] = power;
        if ((align & (align - 1)) !== 0 || align > 0x80000000) {
          this.sink.report.error(
            "LD0312",
            `${this.name}:(${names.text(sections.name[row])})`,
            `the alignment ${align} is not a power of 2`,
            { lld: "sh_addralign is not a power of 2" },
          );
          alignPower[row] = 0;
        }
      }
      switch (type) {
        case SHT_SYMTAB:
          fate[row] = Fate.consumed;
          this.takeSymtab(i, offset, size);
          break;
        case SHT_NULL:
        case SHT_STRTAB:
        case SHT_RELA:
        case SHT_REL:
          fate[row] = Fate.consumed;
          break;
        case SHT_SYMTAB_SHNDX:
          fate[row] = Fate.consumed;
          this.shndxOffset = offset;
          if (size < this.symbolCount * 4) this.shndxOffset = 0;
          break;
        case SHT_GROUP:
          fate[row] = Fate.consumed;
          this.groupCount++;
          break;
        default:
          if (type === SHT_LLVM_DEPENDENT_LIBRARIES && options.compat === "lld" && !relocatable) {
            this.readDependents(row);
            break;
          }
          if (flags & SHF_EXCLUDE && !relocatable) sections.fate[row] = Fate.excluded;
          if (bytes[nameAt] === 0x2e) this.classify(row, nameAt, flags);
          if (flags & SHF_COMPRESSED) this.decompress(row);
          if (flags & SHF_LINK_ORDER && sections.link[row] >>> 0 >= count) {
            this.complain(
              `section [${i}]: sh_link to section ${sections.link[row]} that does not exist`,
              `invalid sh_link index: ${sections.link[row]}`,
            );
            sections.link[row] = 0;
          }
      }
    }
    this.needed = Math.max(needed, this.strtabOffset + this.strtabSize);
  }

  /** LLD: libraries that the compiler says are needed, as strings that end in zero. */
  private readDependents(row: number): void {
    const { sections, names } = this.sink.model;
    sections.fate[row] = Fate.consumed;
    const start = sections.fileOffset[row];
    const bytes = this.bytes.subarray(start, start + sections.size[row]);
    if (bytes.length > 0 && bytes[bytes.length - 1] !== 0) {
      this.complain(
        `corrupted dependent libraries section (unterminated string): ${names.text(sections.name[row])}`,
      );
      return;
    }
    const specifiers = new TextDecoder().decode(bytes).split("\0").slice(0, -1);
    for (const specifier of specifiers) this.sink.dependents.push({ specifier, from: this.name });
  }

  private drop(row: number): void {
    const { sections } = this.sink.model;
    sections.fate[row] = Fate.consumed;
    sections.type[row] = SHT_NULL;
    sections.size[row] = 0;
    sections.fileOffset[row] = 0;
  }

  /** What a section's name alone decides: link-once, debug sections to be stripped, old compression. */
  private classify(row: number, nameAt: number, flags: number): void {
    const { sections, names, options } = this.sink.model;
    const second = this.bytes[nameAt + 1];
    // .gnu…, .d(ebug), .z(debug), .s(tab), .l(ine), .n(ote.GNU-stack)
    if (second === 0x67) {
      // .gcc_except_table.SYMBOL is frequent.
      if (this.bytes[nameAt + 2] !== 0x6e) return;
      const name = names.text(sections.name[row]);
      if (name.startsWith(".gnu.linkonce.")) this.sink.comdats.addLinkOnce(row);
      else if (name.startsWith(".gnu.warning")) {
        if (options.compat === "lld") sections.fate[row] = Fate.excluded;
        else this.sink.model.warningSections.push(row);
      } else if (options.strip !== "none" && (name.startsWith(".gnu.debuglto_") || name === ".gdb_index"))
        sections.fate[row] = Fate.excluded;
      return;
    }
    // .note.gnu.b…: only the output has a build-id.
    if (second === 0x6e && this.bytes[nameAt + 10] === 0x62 && options.compat === "gnu") {
      if (names.text(sections.name[row]) === ".note.gnu.build-id") sections.fate[row] = Fate.excluded;
      return;
    }
    if (flags & SHF_ALLOC) return;
    const isStripped = options.strip !== "none" && options.kind !== "relocatable";
    if (second === 0x7a && !isStripped) {
      const name = names.text(sections.name[row]);
      if (name.startsWith(".zdebug")) this.decompressOld(row, name);
    }
    if (second === 0x6e && options.compat === "lld" && names.text(sections.name[row]) === ".note.GNU-stack")
      sections.fate[row] = Fate.excluded;
    if (!isStripped) return;
    if (second === 0x64 || second === 0x7a || second === 0x73 || second === 0x6c) {
      const name = names.text(sections.name[row]);
      if (/^\.(debug|zdebug|stab|line$)/.test(name)) sections.fate[row] = Fate.excluded;
    }
  }

  private decompress(row: number): void {
    const { sections, names } = this.sink.model;
    if (sections.fate[row] !== Fate.kept) return;
    const start = sections.fileOffset[row];
    const raw = this.bytes.subarray(start, start + sections.size[row]);
    const inflated = inflateCompressed(raw, this.is64, true);
    if ("problem" in inflated) {
      this.complain(`section \`${names.text(sections.name[row])}': ${inflated.problem}`, inflated.problem);
      this.drop(row);
      return;
    }
    sections.contents.set(row, inflated.bytes);
    sections.size[row] = inflated.bytes.length;
    sections.flags[row] &= ~SHF_COMPRESSED;
    const power = inflated.align > 1 ? 31 - Math.clz32(inflated.align) : 0;
    sections.alignPower[row] = power;
  }

  private decompressOld(row: number, name: string): void {
    const { sections, names } = this.sink.model;
    sections.name[row] = names.addString(`.${name.slice(2)}`);
    const start = sections.fileOffset[row];
    const inflated = inflateZdebug(this.bytes.subarray(start, start + sections.size[row]));
    if ("problem" in inflated) {
      this.complain(`section \`${name}': ${inflated.problem}`, inflated.problem);
      this.drop(row);
      return;
    }
    sections.contents.set(row, inflated.bytes);
    sections.size[row] = inflated.bytes.length;
  }

  private takeSymtab(index: number, offset: number, size: number): boolean {
    const at = this.headerAt(index);
    const fields = this.is64 ? section64 : section32;
    const entry = this.is64 ? symbol64.size : symbol32.size;
    const strings = this.view.getUint32(at + fields.sh_link, true);
    const entsize = this.view.getUint32(at + fields.sh_entsize, true);
    if (this.symtab !== 0) return this.unusable("multiple symbol tables", "multiple SHT_SYMTAB sections");
    if (entsize !== entry || size % entry !== 0)
      return this.unusable(`symbol table entries of ${entsize} bytes`, `invalid sh_entsize: ${entsize}`);
    if (strings >= this.count || this.view.getUint32(this.headerAt(strings) + 4, true) !== SHT_STRTAB)
      return this.unusable("the symbol table has no string table", `invalid string table index ${strings}`);
    const stringsOffset = this.offsetOf(strings);
    const stringsSize = this.sizeOf(strings);
    if (stringsOffset + stringsSize > this.bytes.length)
      return this.unusable("the string table goes past the end of the file");
    this.symtab = index;
    this.symtabOffset = offset;
    this.symbolCount = size / entry;
    this.strtabOffset = stringsOffset;
    this.strtabSize = stringsSize;
    this.firstGlobal = this.view.getUint32(at + fields.sh_info, true);
    if (this.firstGlobal > this.symbolCount) {
      this.complain(
        `the symbol table says that ${this.firstGlobal} of its ${this.symbolCount} symbols are local`,
        "invalid sh_info in symbol table",
      );
      this.firstGlobal = this.symbolCount;
    }
    return true;
  }

  /** LLD: what SHF_LINK_ORDER refers to must be a section that is linked as it is. */
  checkLinkOrder(base: number): void {
    const { sections, names, options } = this.sink.model;
    if (options.compat !== "lld") return;
    for (let i = 1; i < this.count; i++) {
      const row = base + i;
      if ((sections.flags[row] & SHF_LINK_ORDER) === 0 || sections.fate[row] !== Fate.kept) continue;
      const target = base + sections.link[row];
      if (
        sections.link[row] === 0 ||
        (sections.flags[target] & SHF_MERGE) === 0 ||
        sections.entsize[target] === 0
      )
        continue;
      this.sink.report.error(
        "LD0312",
        undefined,
        `a section ${names.text(sections.name[row])} with SHF_LINK_ORDER should not refer a non-regular section: ${this.name}:(${names.text(sections.name[target])})`,
      );
    }
  }

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
      const signature = this.signatureOf(sections.info[row] >>> 0, base);
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
  private signatureOf(symbol: number, base: number): number {
    if (symbol >= this.symbolCount) return -1;
    const fields = this.is64 ? symbol64 : symbol32;
    const at = this.symtabOffset + symbol * fields.size;
    const nameAt = this.view.getUint32(at, true);
    if (nameAt >= this.strtabSize) return -1;
    const isSection = (this.bytes[at + fields.st_info] & 15) === STT_SECTION;
    if (nameAt === 0 && isSection) {
      const index = this.view.getUint16(at + fields.st_shndx, true);
      return index < this.count ? this.sink.model.sections.name[base + index] : -1;
    }
    const name = this.sink.model.names.addTerminated(this.bytes, this.strtabOffset + nameAt);
    this.signatures ??= new Int32Array(this.symbolCount);
    this.signatures[symbol] = name;
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
        if (nameAt + 1 < strtabSize && isLabel(bytes, strtabOffset + nameAt)) continue;
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

    this.readLocals(object);

    let wanted: SymbolId[] | undefined;
    const isLld = model.options.compat === "lld";
    const { lazy, resolver, wraps } = this.sink;
    const { signatures } = this;
    const hasVersions =
      firstGlobal < symbolCount && bytes.subarray(strtabOffset, strtabOffset + strtabSize).includes(0x40);
    for (let i = Math.max(1, firstGlobal); i < symbolCount; i++) {
      const at = this.symtabOffset + i * fields.size;
      const info = bytes[at + infoAt];
      const other = bytes[at + otherAt];
      const nameAt = view.getUint32(at, true);
      const binding = info >> 4;
      if (
        nameAt >= strtabSize ||
        (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE)
      ) {
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
      let name = signatures !== undefined ? signatures[i] : 0;
      if (name === 0) name = names.addTerminated(bytes, strtabOffset + nameAt);
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
