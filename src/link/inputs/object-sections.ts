import type { Report } from "../../diagnostics/index.ts";
import {
  inflateCompressed,
  inflateZdebug,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHF_EXCLUDE,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHT_GROUP,
  SHT_LLVM_DEPENDENT_LIBRARIES,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  section32,
  section64,
  symbol32,
  symbol64,
} from "../../elf/index.ts";
import { Fate } from "../../model/index.ts";
import { Job } from "./object-kernels.ts";
import type { ObjectSink } from "./read-object.ts";

export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

export function damaged(report: Report, name: string, what: string): undefined {
  const notes = [{ message: `${name}: ${what}` }];
  const message = `${name}: file not recognized: file format not recognized`;
  report.error("LD0311", undefined, message, { lld: `${name}: ${what}`, nameless: true, notes });
  return undefined;
}

/** Whether a name begins as `.debug` or `.zdebug` do; not as `.comment`. */
function isDebug(bytes: Uint8Array, nameAt: number): boolean {
  return bytes[nameAt + 1] === 0x64 || bytes[nameAt + 1] === 0x7a;
}

/** Reads the sections of one object into the rows of the link, and finds its symbol table. */
export class SectionReader {
  symtabOffset = 0;
  strtabOffset = 0;
  strtabSize = 0;
  symbolCount = 0;
  firstGlobal = 0;
  protected readonly sink: ObjectSink;
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected readonly is64: boolean;
  protected readonly name: string;
  private readonly shoff: number;
  readonly count: number;
  /** All that is needed of the file once it is read lies before here: not the headers and names of sections, mostly. */
  needed = 0;
  private namesIndex = 0;
  private namesOffset = 0;
  private namesEnd = 0;
  protected symtab = 0;
  protected shndxOffset = 0;
  protected groupCount = 0;
  /** Dense messages about one object help nobody. */
  private complaints = 0;
  private inflated = false;

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

  /** Whether nothing is wrong with the object, and all bytes of its sections are in the file. */
  get isPlain(): boolean {
    return this.complaints === 0 && !this.inflated;
  }

  protected complain(message: string, lld = message): void {
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
    const { bytes, count } = this;
    const { reading, model } = this.sink;
    const { job } = reading;
    const file = bytes.byteOffset;
    job[Job.file] = file;
    job[Job.fileEnd] = file + bytes.length;
    job[Job.headers] = file + this.shoff;
    job[Job.count] = count;
    job[Job.is64] = this.is64 ? 1 : 0;
    job[Job.base] = base;
    job[Job.object] = object;
    job[Job.names] = file + this.namesOffset;
    job[Job.namesEnd] = file + this.namesEnd;
    job[Job.namesIndex] = this.namesIndex;
    job[Job.oddCount] = job[Job.needed] = job[Job.groupCount] = job[Job.groupWords] = 0;
    reading.needOdd(count);
    model.names.reserve(count);
    reading.run("readSections", 0);
    this.finishSections(base);
  }

  /** Does what the kernel has left to do of the sections, and tells it of the symbol table. */
  finishSections(base: number): void {
    const { reading } = this.sink;
    const { job } = reading;
    const file = this.bytes.byteOffset;
    this.needed = job[Job.needed] >>> 0;
    this.groupCount = job[Job.groupCount];
    const oddCount = job[Job.oddCount];
    for (let k = 0; k < oddCount; k++) this.readOdd(base, reading.odd[k]);
    this.needed = Math.max(this.needed, this.strtabOffset + this.strtabSize);
    job[Job.symtab] = file + this.symtabOffset;
    job[Job.symbols] = this.symbolCount;
    job[Job.firstGlobal] = this.firstGlobal;
    job[Job.strtab] = file + this.strtabOffset;
    job[Job.strtabSize] = this.strtabSize;
    job[Job.symtabIndex] = this.symtab;
  }

  /** Takes what the kernel has found. */
  takeTables(): void {
    const { job } = this.sink.reading;
    const file = this.bytes.byteOffset;
    this.namesIndex = job[Job.namesIndex];
    this.namesOffset = (job[Job.names] >>> 0) - file;
    this.namesEnd = (job[Job.namesEnd] >>> 0) - file;
    this.needed = job[Job.needed] >>> 0;
    this.groupCount = job[Job.groupCount];
    this.symtab = job[Job.symtabIndex];
    this.symtabOffset = (job[Job.symtab] >>> 0) - file;
    this.symbolCount = job[Job.symbols];
    this.firstGlobal = job[Job.firstGlobal];
    this.strtabOffset = (job[Job.strtab] >>> 0) - file;
    this.strtabSize = job[Job.strtabSize];
  }

  /** The kernel has copied the header's fields and the name to the section's row; this is all else. */
  private readOdd(base: number, i: number): void {
    const { sections, names, options } = this.sink.model;
    const { bytes, view, is64, namesIndex, count } = this;
    const fileSize = bytes.length;
    const row = base + i;
    const type = sections.type[row] >>> 0;
    const flags = sections.flags[row];
    const offset = sections.fileOffset[row];
    const size = sections.size[row];
    const at = this.headerAt(i);
    const align = is64
      ? wordAt(view, at + section64.sh_addralign)
      : view.getUint32(at + section32.sh_addralign, true);
    if (flags & SHF_LINK_ORDER) sections.hasLinkOrder = true;
    if (i === 0) return;
    const nameAt = this.namesOffset + view.getUint32(at, true);
    if (nameAt >= this.namesEnd)
      this.complain(`section [${i}] has a name outside of the table of names`, "invalid section name offset");
    if (type !== SHT_NOBITS && type !== SHT_NULL && offset + size > fileSize) {
      this.complain(
        `section [${i}] \`${names.text(sections.name[row])}' goes past the end of the file`,
        `section [index ${i}] has a sh_offset (0x${offset.toString(16)}) + sh_size (0x${size.toString(16)}) that is greater than the file size (0x${fileSize.toString(16)})`,
      );
      this.drop(row);
      return;
    }
    if (type !== SHT_NOBITS && i !== namesIndex && offset + size > this.needed) this.needed = offset + size;
    if ((flags & (SHF_MERGE | SHF_ALLOC)) === SHF_MERGE && isDebug(bytes, nameAt)) this.needed = fileSize;
    if (align > 1) this.takeAlign(row, align);
    const relocatable = options.kind === "relocatable";
    switch (type) {
      case SHT_SYMTAB:
        sections.fate[row] = Fate.consumed;
        this.takeSymtab(i, offset, size);
        break;
      case SHT_NULL:
      case SHT_STRTAB:
      case SHT_RELA:
      case SHT_REL:
        sections.fate[row] = Fate.consumed;
        break;
      case SHT_SYMTAB_SHNDX:
        sections.fate[row] = Fate.consumed;
        this.shndxOffset = offset;
        if (size < this.symbolCount * 4) this.shndxOffset = 0;
        break;
      case SHT_GROUP:
        sections.fate[row] = Fate.consumed;
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

  private takeAlign(row: number, align: number): void {
    const { sections, names } = this.sink.model;
    sections.alignPower[row] = 31 - Math.clz32(align);
    if ((align & (align - 1)) === 0 && align <= 0x80000000) return;
    this.sink.report.error(
      "LD0312",
      `${this.name}:(${names.text(sections.name[row])})`,
      `the alignment ${align} is not a power of 2`,
      { lld: "sh_addralign is not a power of 2" },
    );
    sections.alignPower[row] = 0;
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
    this.inflated = true;
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
    this.inflated = true;
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
}
