import {
  EI_DATA,
  EI_VERSION,
  EM_386,
  EM_RISCV,
  EM_X86_64,
  ET_CORE,
  ET_DYN,
  ET_EXEC,
  ET_REL,
  GRP_COMDAT,
  PT_LOAD,
  PT_TLS,
  SHF_ALLOC,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_TLS,
  SHN_XINDEX,
  SHT_DYNSYM,
  SHT_GNU_verdef,
  SHT_GNU_verneed,
  SHT_GNU_versym,
  SHT_GROUP,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_RELR,
  SHT_RISCV_ATTRIBUTES,
  SHT_SHLIB,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "../../elf/index.ts";
import { ElfImage, type ImageSection } from "../elf-image.ts";
import { type BfdSection, SEC_ALLOC, SEC_LINK_ONCE, SEC_LOAD, SEC_RELOC, sectionFlags } from "./section.ts";
import { isInSegment } from "./segments.ts";

// Opens an ELF file as BFD does: which files it takes at all, and which of
// their section headers become sections. A relocatable file's relocations
// belong to the section they apply to; in an executable they are sections like
// others. The main symbol table, its strings and the section names are hidden.

export interface BfdObject {
  readonly image: ElfImage;
  /** e_type is ET_EXEC; ET_DYN. */
  readonly isExecutable: boolean;
  readonly isDynamic: boolean;
  /** Loaded parts can be mapped from the file page by page. */
  readonly isPaged: boolean;
  readonly hasRelocations: boolean;
  readonly sections: readonly BfdSection[];
  /** By the index of the section header; undefined where there is no section of BFD's. */
  readonly sectionOfHeader: readonly (BfdSection | undefined)[];
  readonly symtab: ImageSection | undefined;
  readonly dynsym: ImageSection | undefined;
  /** What BFD says about the file when it opens it, after `PROGRAM: `. */
  readonly warnings: readonly string[];
}

const SHT_LOUSER = 0x80000000;
const SHT_LOOS = 0x60000000;
const SHT_LOPROC = 0x70000000;
const SHF_OS_NONCONFORMING = 0x100n;

/** Undefined where BFD would say that it does not recognize the format. `name` is byte text. */
export function openElf(name: string, bytes: Uint8Array): BfdObject | undefined {
  const warnings: string[] = [];
  const image = readHeaders(name, bytes, warnings);
  return image && readObject(image, warnings);
}

function readHeaders(name: string, bytes: Uint8Array, warnings: string[]): ElfImage | undefined {
  if (bytes.length < 16 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return undefined;
  if (bytes[4] !== 1 && bytes[4] !== 2) return undefined;
  if (bytes[EI_VERSION] !== 1 || (bytes[EI_DATA] !== 1 && bytes[EI_DATA] !== 2)) return undefined;
  if (bytes.length < ElfImage.headerSize(bytes)) return undefined;
  const image = new ElfImage(name, bytes);
  const { type, shoff, shnum, shentsize, shstrndx, phnum, phoff } = image.header;
  const headerSize = ElfImage.headerSize(bytes);
  const entrySize = image.is64 ? 64 : 40;
  if (type === ET_CORE) return undefined;
  if (shoff < headerSize && (type === ET_REL || shnum !== 0)) return undefined;
  if (shnum !== 0 && shentsize !== entrySize) return undefined;
  let count = 0;
  let names = shstrndx;
  if (shoff >= headerSize) {
    if (shoff + entrySize > bytes.length) return undefined;
    count = shnum;
    if (count === 0) count = image.word(shoff + (image.is64 ? 32 : 20));
    if (names === SHN_XINDEX) names = image.u32(shoff + (image.is64 ? 40 : 24));
    if (count === 0 || shoff + count * entrySize > bytes.length) return undefined;
    if (!image.readSections(count, names)) return undefined;
    if (!checkLinks(image)) return undefined;
    if (names >= count || image.sections[names].type !== SHT_STRTAB) {
      warnings.push(`warning: ${name} has a corrupt string table index`);
      image.sections = [];
    }
  } else if (names !== 0) return undefined;
  const segmentSize = image.is64 ? 56 : 32;
  const segmentCount = image.segmentCount();
  if (phnum > 0 && phoff + segmentCount * segmentSize > bytes.length) return undefined;
  return image;
}

/** Links must name sections that exist; x86 alone may use two special ones. */
function checkLinks(image: ElfImage): boolean {
  const { machine } = image.header;
  const count = image.sections.length;
  for (const section of image.sections) {
    if (section.index === 0) continue;
    if (section.link >= count) {
      const solaris = section.link === 0xff00 || section.link === 0xff01;
      if (!solaris || (machine !== EM_386 && machine !== EM_X86_64)) return false;
    }
    const hasTarget =
      section.type === SHT_REL || section.type === SHT_RELA || (section.flags & BigInt(SHF_INFO_LINK)) !== 0n;
    if (hasTarget && section.info >= count) return false;
  }
  return true;
}

interface Draft {
  readonly header: ImageSection;
  flags: number;
  readonly relocations: ImageSection[];
}

function readObject(image: ElfImage, warnings: string[]): BfdObject | undefined {
  const { header, sections: headers, is64, name } = image;
  const isExecutable = header.type === ET_EXEC;
  const isDynamic = header.type === ET_DYN;
  const linked = isExecutable || isDynamic;
  const symbolSize = is64 ? 24 : 16;
  let symtab: ImageSection | undefined;
  let dynsym: ImageSection | undefined;
  for (const section of headers) {
    if (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM) continue;
    if (section.entsize !== symbolSize) return undefined;
    if (section.info * section.entsize > section.size) {
      if (section.size !== 0) return undefined;
      continue;
    }
    const which = section.type === SHT_SYMTAB ? "symbol" : "dynamic symbol";
    if (section.type === SHT_SYMTAB ? symtab : dynsym)
      warnings.push(
        `${name}: warning: multiple ${which} tables detected - ignoring the table in section ${section.index}`,
      );
    else if (section.type === SHT_SYMTAB) symtab = section;
    else dynsym = section;
  }

  const drafts: (Draft | undefined)[] = headers.map(() => undefined);
  const order: Draft[] = [];
  let groupsMade = false;
  const make = (section: ImageSection): Draft => {
    const made = drafts[section.index];
    if (made) return made;
    const draft = {
      header: section,
      flags: sectionFlags(section.name, section.type, section.flags),
      relocations: [],
    };
    if (section.type === SHT_GROUP && isComdat(image, section)) draft.flags |= SEC_LINK_ONCE;
    drafts[section.index] = draft;
    order.push(draft);
    // The first member of a group that is met brings all groups with it.
    if (!groupsMade && (section.flags & BigInt(SHF_GROUP)) !== 0n) {
      groupsMade = true;
      for (const other of headers) if (isGroup(other)) make(other);
    }
    return draft;
  };
  let hasRelocations = false;
  const isRelocation = (type: number) => type === SHT_REL || type === SHT_RELA;
  const visited = new Uint8Array(headers.length);
  /** False where the file is damaged. Sections that tell how to read another one stand in front of it. */
  const visit = (section: ImageSection): boolean => {
    const { type, link, info, index } = section;
    if (visited[index] !== 0) return true;
    visited[index] = 1;
    const isAllocated = (section.flags & BigInt(SHF_ALLOC)) !== 0n;
    switch (type) {
      case SHT_NULL:
      case SHT_SYMTAB_SHNDX:
      case SHT_SHLIB:
        break;
      case SHT_SYMTAB:
        if (section === symtab && isAllocated && isDynamic) make(section);
        break;
      case SHT_DYNSYM:
        if (section === dynsym) make(section);
        break;
      case SHT_STRTAB:
        if (index === nameSection(image) || symtab?.link === index) break;
        if (!symtab || visited[symtab.index] === 0 || !dynsym || visited[dynsym.index] === 0)
          for (const other of headers) {
            if (other.link !== index || other.index === 0) continue;
            if (!visit(other)) return false;
            if (other === dynsym) break;
          }
        make(section);
        break;
      case SHT_REL:
      case SHT_RELA:
      case SHT_RELR: {
        const size =
          type === SHT_RELR ? (is64 ? 8 : 4) : (is64 ? 16 : 8) + (type === SHT_RELA ? (is64 ? 8 : 4) : 0);
        if (section.entsize !== size) return false;
        const table = headers[link];
        if ((table?.type === SHT_SYMTAB || table?.type === SHT_DYNSYM) && !visit(table)) return false;
        const ownSection =
          (linked && isAllocated) ||
          type === SHT_RELR ||
          link === 0 ||
          link !== symtab?.index ||
          info === 0 ||
          info >= headers.length ||
          isRelocation(headers[info].type);
        if (ownSection) make(section);
        else {
          const target = drafts[info] ?? makeTarget(headers[info], make);
          if (!target) return false;
          const second = target.relocations.some((other) => other.type === type);
          if (second)
            warnings.push(
              `${name}: warning: secondary relocation section '${section.name}' for section ${target.header.name} found - ignoring`,
            );
          else {
            target.relocations.push(section);
            target.flags |= SEC_RELOC;
            hasRelocations = true;
          }
        }
        break;
      }
      case SHT_GNU_versym:
        if (section.entsize !== 2) return false;
        make(section);
        break;
      case SHT_GROUP:
        if (section.size < 4 || section.entsize !== 4 || section.size % 4 !== 0) return false;
        make(section);
        break;
      case SHT_GNU_verdef:
      case SHT_GNU_verneed:
        make(section);
        break;
      default:
        if (!isKnownType(section, header.machine)) {
          warnings.push(`${name}: unknown type [0x${type.toString(16)}] section \`${section.name}'`);
          return false;
        }
        make(section);
    }
    return true;
  };
  for (const section of headers) if (!visit(section)) return undefined;

  const sectionOfHeader: (BfdSection | undefined)[] = headers.map(() => undefined);
  const sections = order.map((draft, index): BfdSection => {
    const { header: own, flags } = draft;
    const section = {
      name: own.name,
      index,
      flags,
      vma: own.address,
      lma: flags & SEC_ALLOC ? loadAddress(image, own, flags) : own.address,
      size: own.size,
      alignmentPower: log2(own.align),
      entsize: own.entsize,
      header: own,
      relocations: draft.relocations,
    };
    sectionOfHeader[own.index] = section;
    return section;
  });
  return {
    image,
    isExecutable,
    isDynamic,
    isPaged: isPaged(image),
    hasRelocations,
    sections,
    sectionOfHeader,
    symtab,
    dynsym,
    warnings,
  };
}

/** Relocations may apply to a section that comes after them (which then stands first), but not to a hidden one. */
function makeTarget(section: ImageSection, make: (section: ImageSection) => Draft): Draft | undefined {
  const hidden = [SHT_NULL, SHT_SYMTAB, SHT_SYMTAB_SHNDX, SHT_SHLIB, SHT_STRTAB];
  return hidden.includes(section.type) ? undefined : make(section);
}

/** A group with at least one member. */
function isGroup({ type, size, entsize }: ImageSection): boolean {
  return type === SHT_GROUP && size >= 8 && entsize === 4 && size % 4 === 0;
}

function isComdat(image: ElfImage, section: ImageSection): boolean {
  return section.offset + 4 <= image.bytes.length && (image.u32(section.offset) & GRP_COMDAT) !== 0;
}

function nameSection(image: ElfImage): number {
  const { shstrndx } = image.header;
  return shstrndx === SHN_XINDEX ? image.sections[0].link : shstrndx;
}

const SHT_ORDINARY_LAST = 17;

/** Types that BFD, or its part for the machine, has a use for. */
function isKnownType(section: ImageSection, machine: number): boolean {
  const { type } = section;
  if (type <= SHT_ORDINARY_LAST) return type !== 12 && type !== 13;
  if (type >= SHT_LOUSER) return (section.flags & BigInt(SHF_ALLOC)) === 0n;
  if (type >= SHT_LOPROC) return processorTypes[machine]?.includes(type) ?? true;
  return type >= SHT_LOOS && (section.flags & SHF_OS_NONCONFORMING) === 0n;
}

/** Processor-specific types by machine: unwind tables and attributes. A generic format takes all. */
const processorTypes: Readonly<Record<number, readonly number[]>> = {
  [EM_386]: [],
  [EM_X86_64]: [0x70000001],
  [EM_RISCV]: [SHT_RISCV_ATTRIBUTES],
};

/** The page size below which a loaded section's offset and address must agree. */
function pageSize(machine: number): bigint {
  return machine === EM_386 || machine === EM_X86_64 || machine === 243 || machine === 183 || machine === 40
    ? 0x1000n
    : 1n;
}

function isPaged(image: ElfImage): boolean {
  if (image.header.phnum === 0) return false;
  const page = pageSize(image.header.machine);
  return image.sections.every((section) => {
    if (section.index === 0 || section.size === 0 || section.type === 8) return true;
    if ((section.flags & BigInt(SHF_ALLOC)) === 0n) return true;
    return (section.address - BigInt(section.offset)) % page === 0n;
  });
}

/** Where a section is loaded, by the first segment that holds it. */
function loadAddress(image: ElfImage, section: ImageSection, flags: number): bigint {
  const segments = image.segments();
  // Some linkers leave every p_paddr zero; with several segments sections would overlap then.
  const loads = segments.filter((s) => s.type === PT_LOAD && s.memorySize !== 0).length;
  if (loads > 1 && segments.every((s) => s.loadAddress === 0n)) return section.address;
  const isTls = (section.flags & BigInt(SHF_TLS)) !== 0n;
  let lma = section.address;
  for (const segment of segments) {
    if (!(segment.type === PT_TLS || (segment.type === PT_LOAD && !isTls))) continue;
    if (!isInSegment(section, segment)) continue;
    lma =
      flags & SEC_LOAD
        ? segment.loadAddress + BigInt(section.offset - segment.offset)
        : segment.loadAddress + section.address - segment.address;
    lma = BigInt.asUintN(64, lma);
    const end = section.address + BigInt(section.size);
    if (section.address >= segment.address && end <= segment.address + BigInt(segment.memorySize)) break;
  }
  return lma;
}

/** The power of two of the lowest set bit. */
function log2(align: number): number {
  if (!(align > 1)) return 0;
  let power = 0;
  for (let rest = align; rest % 2 === 0; rest /= 2) power++;
  return power;
}
