import {
  ET_DYN,
  ET_EXEC,
  ET_REL,
  IN_SHSTRTAB,
  IN_STRTAB,
  IN_SYMTAB,
  layOutObject,
  type ObjectImage,
  type ObjectSection,
  type ObjectSymbol,
  type RelocationColumns,
  type SectionReference,
  SHF_ALLOC,
  SHF_EXCLUDE,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHN_X86_64_LCOMMON,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_FINI_ARRAY,
  SHT_GNU_HASH,
  SHT_GNU_LIBLIST,
  SHT_GNU_verdef,
  SHT_GNU_verneed,
  SHT_GNU_versym,
  SHT_GROUP,
  SHT_HASH,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_COMMON,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
} from "../../elf/index.ts";
import {
  ABSOLUTE,
  isCommon,
  LARGE_COMMON,
  SEC_ALLOC,
  SEC_CODE,
  SEC_EXCLUDE,
  SEC_GROUP,
  SEC_HAS_CONTENTS,
  SEC_LOAD,
  SEC_MERGE,
  SEC_READONLY,
  SEC_STRINGS,
  SEC_THREAD_LOCAL,
  UNDEFINED,
} from "../bfd/section.ts";
import {
  BSF_ELF_COMMON,
  BSF_FILE,
  BSF_FUNCTION,
  BSF_GLOBAL,
  BSF_GNU_INDIRECT_FUNCTION,
  BSF_GNU_UNIQUE,
  BSF_LOCAL,
  BSF_OBJECT,
  BSF_SECTION_SYM,
  BSF_SECTION_SYM_USED,
  BSF_THREAD_LOCAL,
  BSF_WEAK,
} from "../bfd/symbols.ts";
import { complain, type ToolHost } from "../host.ts";
import {
  type CopiedRelocation,
  type CopySymbol,
  type InputObject,
  type InputSection,
  isSpecial,
  type OutputSection,
} from "./model.ts";
import { type PlacedSection, placeSegments } from "./place-segments.ts";
import type { SegmentPlan } from "./segments.ts";

// Writes a copy as ELF: from BFD's flags back to those of ELF, symbols sorted
// into local and global ones, relocations by their new numbers.

export interface ElfOutput {
  readonly name: string;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly machine: number;
  readonly flags: number;
  readonly osabi: number;
  readonly abiVersion: number;
  readonly isExecutable: boolean;
  readonly isDynamic: boolean;
  readonly entry: bigint;
  readonly sections: readonly OutputSection[];
  /** Absent: there shall be no symbols. */
  readonly symbols: readonly CopySymbol[];
  /** The program headers, for a program or library. */
  readonly plans: readonly SegmentPlan[];
  /** Keep section symbols that nothing refers to, and make missing ones. */
  readonly keepSectionSymbols: boolean;
  /** What --elf-stt-common says. */
  readonly commonType: "yes" | "no" | undefined;
}

/** The file in pieces; undefined after saying why it cannot be written. */
export function writeElfOutput(
  input: InputObject,
  output: ElfOutput,
  host: ToolHost,
): ObjectImage | undefined {
  const linked = output.isExecutable || output.isDynamic;
  const symbols = mapSymbols(output, linked);
  const needsTable =
    symbols.all.length > 0 || (!linked && output.sections.some((s) => (s.relocations?.length ?? 0) > 0));
  const placed = new Map<OutputSection, PlacedSection>();
  const list = output.sections.map((section): PlacedSection => {
    const place = {
      section,
      type: sectionType(section),
      flags: sectionFlags(section),
      align: lowestBit(section.vma, section.alignmentPower),
      size: section.size,
      offset: undefined,
    };
    placed.set(section, place);
    return place;
  });

  const named = list.map(({ type }) => type);

  let segments: ReturnType<typeof placeSegments>["segments"] = [];
  let start: number | undefined;
  if (linked) {
    const shape = {
      is64: output.is64,
      isPaged: input.elf?.isPaged ?? false,
      pageSize: 0x1000n,
      name: output.name,
      firstSection: output.sections.find((section) => section.contents && section.size > 0)?.name ?? "",
    };
    ({ segments, end: start } = placeSegments(output.plans, placed, list, shape, host));
  }
  if (list.some(({ type, size, align }) => align > 2 ** 48 || (type !== SHT_NOBITS && size > 2 ** 32))) {
    complain(host, `${output.name}: file too big`);
    return undefined;
  }
  const missing = missingSymbol(output);
  if (missing !== undefined) {
    complain(host, `${output.name}: symbol \`${missing}' required but not present`);
    complain(host, `${output.name}: no symbols`);
    return undefined;
  }
  const position = new Map(output.sections.map((section, i) => [section, i]));
  const references = new References(input, output, list, needsTable);
  const sections = list.map((place, i): ObjectSection => {
    const { section } = place;
    const links = references.of(place, named[i]);
    const relocations = section.relocations && encode(section, output, linked);
    const group = section.flags & SEC_GROUP && place.size > 0 ? groupOf(section, position) : undefined;
    return {
      name: section.name,
      type: place.type,
      flags: (place.flags | links.flags) >>> 0,
      address: section.vma,
      size: place.size,
      contents: place.type === SHT_NOBITS || group ? undefined : padded(section, place.size),
      align: place.align,
      entsize: entrySize(section, named[i], output.is64),
      link: links.link,
      info: links.info,
      relocations,
      relocationsInGroup: inGroup(section) && (place.flags & SHF_GROUP) !== 0,
      group,
      offset: place.offset,
    };
  });
  return layOutObject({
    is64: output.is64,
    littleEndian: output.littleEndian,
    osabi: output.osabi,
    abiVersion: output.abiVersion,
    type: output.isDynamic ? ET_DYN : output.isExecutable ? ET_EXEC : ET_REL,
    machine: output.machine,
    flags: output.flags,
    entry: output.entry,
    sections,
    symbols: needsTable
      ? symbols.all.map((symbol) => encodeSymbol(symbol, output, position, linked))
      : undefined,
    localCount: symbols.localCount,
    segments,
    start,
    names: "bytes",
  });
}

/** The first symbol that a relocation names and that is not in the output. */
function missingSymbol(output: ElfOutput): string | undefined {
  const ofSection = new Map<CopySymbol["section"], number>();
  for (const symbol of output.symbols) {
    if (symbol.flags & BSF_SECTION_SYM && symbol.outputIndex > 0)
      ofSection.set(outputOf(symbol), symbol.outputIndex);
  }
  const present = new Set(output.symbols);
  for (const { relocations } of output.sections) {
    for (const { symbol } of relocations ?? []) {
      if (!symbol || (symbol.section === ABSOLUTE && symbol.value === 0n)) continue;
      if (present.has(symbol) && symbol.outputIndex > 0) continue;
      const index = symbol.flags & BSF_SECTION_SYM ? ofSection.get(outputOf(symbol)) : undefined;
      if (index === undefined) return symbol.name;
      symbol.outputIndex = index;
    }
  }
  return undefined;
}

const EMPTY = new Uint8Array(0);

/** Contents of the size that the section is to have. */
function padded(section: OutputSection, size: number): Uint8Array {
  const contents = section.contents ?? EMPTY;
  // What is too large for any file is refused when all is laid out.
  if (contents.length === size || size > 2 ** 32) return contents;
  const bytes = new Uint8Array(size);
  bytes.set(contents.subarray(0, size));
  return bytes;
}

function lowestBit(address: bigint, power: number): number {
  const bits = (1n << BigInt(power)) | address;
  return Number(bits & -bits);
}

function sectionType({ type, flags }: OutputSection): number {
  if (type !== 0) return type;
  if (flags & SEC_GROUP) return SHT_GROUP;
  return flags & SEC_ALLOC && !(flags & (SEC_LOAD | SEC_HAS_CONTENTS)) ? SHT_NOBITS : SHT_PROGBITS;
}

function sectionFlags({ flags, elfFlags, source }: OutputSection): number {
  let bits = elfFlags;
  if (flags & SEC_ALLOC) bits |= SHF_ALLOC;
  if (!(flags & SEC_READONLY)) bits |= SHF_WRITE;
  if (flags & SEC_CODE) bits |= SHF_EXECINSTR;
  if (flags & SEC_MERGE) bits |= SHF_MERGE;
  if (flags & SEC_STRINGS) bits |= SHF_STRINGS;
  if (flags & SEC_THREAD_LOCAL) bits |= SHF_TLS;
  if ((flags & (SEC_GROUP | SEC_EXCLUDE)) === SEC_EXCLUDE) bits |= SHF_EXCLUDE;
  // A member whose group is gone is an ordinary section.
  if (source?.group && !source.group.output) bits &= ~SHF_GROUP;
  return bits >>> 0;
}

function entrySize(section: OutputSection, type: number, is64: boolean): number {
  switch (type) {
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
      return is64 ? 8 : 4;
    case SHT_HASH:
      return 4;
    case SHT_DYNSYM:
      return is64 ? 24 : 16;
    case SHT_DYNAMIC:
      return is64 ? 16 : 8;
    case SHT_RELA:
      return is64 ? 24 : 12;
    case SHT_REL:
      return is64 ? 16 : 8;
    case SHT_GNU_versym:
      return 2;
    case SHT_GNU_verdef:
    case SHT_GNU_verneed:
      return 0;
    case SHT_GROUP:
      return 4;
    case SHT_GNU_HASH:
      return is64 ? 0 : 4;
    default:
      return section.flags & SEC_MERGE ? section.entsize : section.headerEntsize;
  }
}

interface Links {
  readonly link: SectionReference;
  readonly info: SectionReference;
  /** Bits that sh_flags gets on top. */
  readonly flags: number;
}

/** sh_link and sh_info: by the names of the sections that a type refers to, or by what the input says. */
class References {
  private readonly input: InputObject;
  private readonly output: ElfOutput;
  private readonly list: readonly PlacedSection[];
  private readonly hasSymbols: boolean;

  constructor(input: InputObject, output: ElfOutput, list: readonly PlacedSection[], hasSymbols: boolean) {
    this.input = input;
    this.output = output;
    this.list = list;
    this.hasSymbols = hasSymbols;
  }

  /** `named` is the section's type by its name, before a segment without contents makes it SHT_NOBITS. */
  of(place: PlacedSection, named: number): Links {
    const { section } = place;
    let link: SectionReference = 0;
    let info: SectionReference = section.headerInfo;
    let flags = 0;
    if (place.flags & SHF_LINK_ORDER) link = this.linkOrder(section) ?? 0;
    switch (named) {
      case SHT_REL:
      case SHT_RELA: {
        if (section.flags & SEC_ALLOC) link = this.named(".dynsym") ?? 0;
        if (link === 0) link = this.hasSymbols ? "symbols" : 0;
        const target = this.relocated(section, named);
        if (target !== undefined) {
          info = target;
          flags = SHF_INFO_LINK;
        }
        break;
      }
      case SHT_GROUP:
        link = "symbols";
        break;
      case SHT_DYNAMIC:
      case SHT_DYNSYM:
      case SHT_GNU_verneed:
      case SHT_GNU_verdef:
        link = this.named(".dynstr") ?? 0;
        break;
      case SHT_GNU_LIBLIST:
        link = this.named(section.flags & SEC_ALLOC ? ".dynstr" : ".gnu.libstr") ?? 0;
        break;
      case SHT_HASH:
      case SHT_GNU_HASH:
      case SHT_GNU_versym:
        link = this.named(".dynsym") ?? 0;
        break;
      default:
        break;
    }
    const header = section.source?.bfd?.header;
    if (place.type !== SHT_NOBITS || place.size === 0 || !header) return { link, info, flags };
    // --only-keep-debug: the numbers of the input, to be matched with the original.
    return { link: link === 0 ? header.link : link, info: info === 0 ? header.info : info, flags };
  }

  private named(name: string): SectionReference | undefined {
    const at = this.list.findIndex(({ section }) => section.name === name);
    return at < 0 ? undefined : { section: at };
  }

  private relocated(section: OutputSection, type: number): SectionReference | undefined {
    const prefix = type === SHT_RELA ? ".rela" : ".rel";
    if (!section.name.startsWith(prefix)) return undefined;
    const name = section.name.slice(prefix.length);
    if (name === ".plt") return this.named(".got.plt") ?? this.named(".got");
    return this.named(name);
  }

  /** The output's section for a section header of the input. */
  private headerReference(index: number): SectionReference | undefined {
    const { elf } = this.input;
    if (elf?.symtab?.index === index) return this.hasSymbols ? "symbols" : undefined;
    const at = this.output.sections.findIndex((section) => section.source?.bfd?.header?.index === index);
    return at < 0 ? undefined : { section: at };
  }

  private linkOrder(section: OutputSection): SectionReference | undefined {
    const header = section.source?.bfd?.header;
    return header && header.link !== 0 ? this.headerReference(header.link) : undefined;
  }
}

/** The relocations are a member of a group that is written with its members. */
function inGroup({ source }: OutputSection): boolean {
  return source?.relocationsInGroup === true && (source.group?.output?.size ?? 0) > 0;
}

function groupOf(
  section: OutputSection,
  position: ReadonlyMap<OutputSection, number>,
): NonNullable<ObjectSection["group"]> {
  const source = section.source as InputSection;
  const members: number[] = [];
  for (const member of source.members) if (member.output) members.push(position.get(member.output)!);
  return { flags: source.groupFlags & 1, signature: source.signature?.outputIndex ?? 0, members };
}

function isGlobal({ flags, section }: CopySymbol): boolean {
  const special = isSpecial(section);
  return (
    (flags & (BSF_GLOBAL | BSF_WEAK | BSF_GNU_UNIQUE)) !== 0 ||
    section === UNDEFINED ||
    (special && isCommon(section))
  );
}

/** Local symbols first; numbers them. */
function mapSymbols(output: ElfOutput, linked: boolean): { all: CopySymbol[]; localCount: number } {
  const locals: CopySymbol[] = [];
  const globals: CopySymbol[] = [];
  const hasRelocations = output.sections.some((section) => (section.relocations?.length ?? 0) > 0);
  const dropUnused = linked && !hasRelocations && !output.keepSectionSymbols;
  const withSymbol = new Set<CopySymbol["section"]>();
  for (const symbol of output.symbols) {
    const isSection = (symbol.flags & BSF_SECTION_SYM) !== 0;
    if (isGlobal(symbol)) globals.push(symbol);
    else if (!isSection) locals.push(symbol);
    else {
      const { section } = symbol;
      const gone = !isSpecial(section) && "members" in section && !section.output;
      if (dropUnused || !(symbol.flags & BSF_SECTION_SYM_USED) || gone) continue;
      locals.push(symbol);
    }
    if (isSection && symbol.value === 0n) withSymbol.add(outputOf(symbol));
  }
  if (linked && !hasRelocations && output.keepSectionSymbols && output.symbols.length > 0) {
    for (const section of output.sections) {
      if (withSymbol.has(section)) continue;
      locals.push({
        name: section.name,
        section,
        flags: BSF_SECTION_SYM | BSF_LOCAL,
        value: 0n,
        elf: undefined,
        outputIndex: 0,
      });
    }
  }
  const all = [...locals, ...globals];
  all.forEach((symbol, i) => {
    symbol.outputIndex = i + 1;
  });
  return { all, localCount: locals.length };
}

/** The section of the output that a symbol is in. */
function outputOf({ section }: CopySymbol): CopySymbol["section"] {
  return "members" in section ? (section.output ?? ABSOLUTE) : section;
}

function encodeSymbol(
  symbol: CopySymbol,
  output: ElfOutput,
  position: ReadonlyMap<OutputSection, number>,
  linked: boolean,
): ObjectSymbol {
  const { flags, elf } = symbol;
  const section = outputOf(symbol);
  const special = isSpecial(section);
  const isSection = (flags & BSF_SECTION_SYM) !== 0;
  const name = isSection && !(flags & BSF_GLOBAL) ? "" : symbol.name;
  const other = elf?.other ?? 0;
  const common = special && isCommon(section);
  if (common && !isSection) {
    const type = symbolType(symbol) === STT_TLS ? STT_TLS : commonType(symbol, output);
    const size = symbol.value;
    const value = elf && elf.value !== 0n ? elf.value : defaultAlignment(size);
    const shndx = section === LARGE_COMMON ? SHN_X86_64_LCOMMON : SHN_COMMON;
    return { name, value, size, info: (STB_GLOBAL << 4) | type, other, section: -1, shndx };
  }
  const vma = linked ? (special ? 0n : (section as OutputSection).vma) : 0n;
  const value = BigInt.asUintN(64, symbol.value + vma);
  const size = elf?.size ?? 0n;
  const type = symbolType(symbol);
  let info: number;
  if (isSection) info = ((flags & BSF_GLOBAL ? STB_GLOBAL : STB_LOCAL) << 4) | STT_SECTION;
  else if (section === UNDEFINED) info = ((flags & BSF_WEAK ? STB_WEAK : STB_GLOBAL) << 4) | type;
  else if (flags & BSF_FILE) info = (STB_LOCAL << 4) | STT_FILE;
  else info = (bindingOf(flags) << 4) | type;
  if (!special)
    return { name, value, size, info, other, section: position.get(section as OutputSection) ?? -1 };
  if (section === UNDEFINED) return { name, value, size, info, other, section: -1, shndx: SHN_UNDEF };
  return { name, value, size, info, other, ...absoluteIndex(symbol, output) };
}

/** Where a symbol is that BFD takes for absolute: perhaps in a table that BFD hides. */
function absoluteIndex(symbol: CopySymbol, output: ElfOutput): { section: number; shndx?: number } {
  const { elf } = symbol;
  if (!elf || elf.shndx === 0 || elf.shndx === SHN_ABS) return { section: -1, shndx: SHN_ABS };
  const input = tablesOf.get(output);
  if (elf.shndx === input?.symtab) return { section: IN_SYMTAB };
  if (elf.shndx === input?.strtab) return { section: IN_STRTAB };
  if (elf.shndx === input?.shstrtab) return { section: IN_SHSTRTAB };
  return { section: -1, shndx: elf.shndx >= 0xff00 && elf.shndx < 0xff40 ? elf.shndx : SHN_ABS };
}

/** The numbers of the hidden tables in the input of each output. */
const tablesOf = new WeakMap<ElfOutput, { symtab?: number; strtab?: number; shstrtab?: number }>();

/** Tells which section headers of the input are the symbol table, its strings and the names of sections. */
export function rememberTables(output: ElfOutput, input: InputObject): void {
  const { elf } = input;
  if (!elf) return;
  const { shstrndx } = elf.image.header;
  tablesOf.set(output, { symtab: elf.symtab?.index, strtab: elf.symtab?.link, shstrtab: shstrndx });
}

function bindingOf(flags: number): number {
  if (flags & BSF_LOCAL) return STB_LOCAL;
  if (flags & BSF_GNU_UNIQUE) return STB_GNU_UNIQUE;
  if (flags & BSF_WEAK) return STB_WEAK;
  return flags & BSF_GLOBAL ? STB_GLOBAL : STB_LOCAL;
}

function symbolType({ flags, section, elf }: CopySymbol): number {
  let type = STT_NOTYPE;
  if (flags & BSF_THREAD_LOCAL) type = STT_TLS;
  else if (flags & BSF_GNU_INDIRECT_FUNCTION) type = STT_GNU_IFUNC;
  else if (flags & BSF_FUNCTION) type = STT_FUNC;
  else if (flags & BSF_OBJECT) type = STT_OBJECT;
  if (section.flags & SEC_THREAD_LOCAL) type = STT_TLS;
  // Types of a processor have no flag.
  return elf && elf.type >= 13 ? elf.type : type;
}

function commonType({ flags }: CopySymbol, { commonType: wanted }: ElfOutput): number {
  if (wanted) return wanted === "yes" ? STT_COMMON : STT_OBJECT;
  return flags & BSF_ELF_COMMON ? STT_COMMON : STT_OBJECT;
}

function defaultAlignment(size: bigint): bigint {
  if (size >= 16n) return 16n;
  let align = 1n;
  while (align < size) align <<= 1n;
  return align;
}

function encode(section: OutputSection, output: ElfOutput, linked: boolean): RelocationColumns {
  const list = section.relocations as readonly CopiedRelocation[];
  const count = list.length;
  const columns = {
    rela: section.rela,
    count,
    offsetLow: new Int32Array(count),
    offsetHigh: new Int32Array(output.is64 ? count : 0),
    type: new Int32Array(count),
    symbol: new Int32Array(count),
    addendLow: new Int32Array(count),
    addendHigh: new Int32Array(output.is64 ? count : 0),
  };
  const base = linked ? section.vma : 0n;
  list.forEach((relocation, i) => {
    const offset = relocation.offset + base;
    columns.offsetLow[i] = Number(BigInt.asIntN(32, offset));
    columns.type[i] = relocation.type;
    columns.symbol[i] = symbolNumber(relocation.symbol);
    columns.addendLow[i] = Number(BigInt.asIntN(32, relocation.addend));
    if (!output.is64) return;
    columns.offsetHigh[i] = Number(BigInt.asIntN(32, offset >> 32n));
    columns.addendHigh[i] = Number(BigInt.asIntN(32, relocation.addend >> 32n));
  });
  return columns;
}

function symbolNumber(symbol: CopySymbol | undefined): number {
  if (!symbol || (symbol.section === ABSOLUTE && symbol.value === 0n)) return 0;
  return symbol.outputIndex;
}
