import { EM_RISCV, EM_X86_64, SHT_RELA } from "../../elf/index.ts";
import { type BfdObject, openElf } from "../bfd/object.ts";
import { ABSOLUTE, type BfdSection, COMMON, isCommon, UNDEFINED } from "../bfd/section.ts";
import { readBfdSymbols } from "../bfd/symbols.ts";
import { elfTargetName } from "../bfd/targets.ts";

// What a copy works on: sections and symbols of the input, which it marks and
// changes, and the sections of the output, which it makes. Values of symbols
// are relative to their section, so that they move with it.

export interface InputSection {
  readonly name: string;
  /** SEC_ flags; --only-keep-debug clears some, to keep the program headers. */
  flags: number;
  readonly vma: bigint;
  readonly lma: bigint;
  readonly size: number;
  readonly alignmentPower: number;
  readonly entsize: number;
  /** As BFD sees it; undefined for formats without section headers. */
  readonly bfd: BfdSection | undefined;
  /** The raw bytes (compressed ones as they are). */
  contents: Uint8Array;
  output: OutputSection | undefined;
  /** The group that it is a member of. */
  group: InputSection | undefined;
  /** SHT_GROUP: its members, its flag word and its signature. */
  members: InputSection[];
  groupFlags: number;
  signature: CopySymbol | undefined;
  /** Its relocation section is a member of its group as well. */
  relocationsInGroup: boolean;
}

export interface OutputSection {
  readonly name: string;
  flags: number;
  vma: bigint;
  lma: bigint;
  size: number;
  alignmentPower: number;
  entsize: number;
  /** sh_type as far as it is settled; 0: by the flags. */
  type: number;
  /** The bits of sh_flags that no SEC_ flag stands for. */
  elfFlags: number;
  headerEntsize: number;
  headerInfo: number;
  contents: Uint8Array | undefined;
  readonly source: InputSection | undefined;
  /** Relocations of the input that go along; undefined where there are none. */
  relocations: readonly CopiedRelocation[] | undefined;
  rela: boolean;
  filePosition: number;
  index: number;
}

export interface CopiedRelocation {
  /** Relative to the section. */
  readonly offset: bigint;
  readonly type: number;
  /** Undefined: no symbol. */
  readonly symbol: CopySymbol | undefined;
  readonly addend: bigint;
}

export interface CopySymbol {
  name: string;
  /** A section of the input, of the output (added symbols), or one of the special ones. */
  readonly section: InputSection | OutputSection | BfdSection;
  flags: number;
  readonly value: bigint;
  /** What ELF knows beyond that; undefined for symbols of other formats and added ones. */
  readonly elf: ElfPart | undefined;
  /** Position in the output's table, from 1; 0 for none. */
  outputIndex: number;
}

export interface ElfPart {
  readonly value: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly other: number;
  readonly shndx: number;
}

export interface InputObject {
  /** As messages name it. */
  readonly name: string;
  readonly target: string;
  readonly elf: BfdObject | undefined;
  readonly sections: readonly InputSection[];
  /** In the order of the table, without the null symbol. */
  readonly symbols: readonly CopySymbol[];
  readonly start: bigint;
  readonly littleEndian: boolean | undefined;
}

/** EXEC_P or DYNAMIC: addresses are absolute. */
export function isLinked(input: InputObject): boolean {
  return input.elf !== undefined && (input.elf.isExecutable || input.elf.isDynamic);
}

/** Reads an ELF file for copying; undefined where BFD would not open it. */
export function readElfInput(name: string, bytes: Uint8Array): InputObject | undefined {
  const elf = openElf(name, bytes);
  if (!elf) return undefined;
  const { image } = elf;
  const byBfd = new Map<BfdSection, InputSection>();
  const sections = elf.sections.map((bfd): InputSection => {
    const section: InputSection = {
      name: bfd.name,
      flags: bfd.flags,
      vma: bfd.vma,
      lma: bfd.lma,
      size: bfd.size,
      alignmentPower: bfd.alignmentPower,
      entsize: bfd.entsize,
      bfd,
      contents: bfd.header ? image.contents(bfd.header) : new Uint8Array(0),
      output: undefined,
      group: undefined,
      members: [],
      groupFlags: 0,
      signature: undefined,
      relocationsInGroup: bfd.relocations.some((header) => (header.flags & 0x200n) !== 0n),
    };
    byBfd.set(bfd, section);
    return section;
  });
  const linked = elf.isExecutable || elf.isDynamic;
  const symbols = (readBfdSymbols(elf) ?? []).map((symbol): CopySymbol => {
    const section = byBfd.get(symbol.section) ?? symbol.section;
    const raw = (BigInt(symbol.high) << 32n) | BigInt(symbol.low);
    const size = (BigInt(symbol.sizeHigh) << 32n) | BigInt(symbol.sizeLow);
    return {
      name: symbol.name,
      section,
      flags: symbol.flags,
      value: linked && !isCommon(symbol.section) ? BigInt.asUintN(64, raw - symbol.section.vma) : raw,
      elf: {
        value: symbol.value ?? raw,
        size,
        type: symbol.info & 15,
        other: symbol.other,
        shndx: symbol.shndx,
      },
      outputIndex: 0,
    };
  });
  readGroups(elf, sections, byBfd, symbols);
  return {
    name,
    target: elfTargetName(image.header.machine, image.is64, image.littleEndian),
    elf,
    sections,
    symbols,
    start: image.header.entry,
    littleEndian: image.littleEndian,
  };
}

function readGroups(
  elf: BfdObject,
  sections: readonly InputSection[],
  byBfd: ReadonlyMap<BfdSection, InputSection>,
  symbols: readonly CopySymbol[],
): void {
  const { image } = elf;
  for (const section of sections) {
    const header = section.bfd?.header;
    if (header?.type !== 17) continue;
    const bytes = image.contents(header);
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      const word = image.u32(header.offset + at);
      if (at === 0) {
        section.groupFlags = word;
        continue;
      }
      const bfd = elf.sectionOfHeader[word];
      const member = bfd && byBfd.get(bfd);
      if (!member || member.group) continue;
      member.group = section;
      section.members.push(member);
    }
    if (header.link === elf.symtab?.index && header.info > 0) section.signature = symbols[header.info - 1];
  }
}

/** The relocations of a section, by the symbols of the input. */
export function readRelocations(input: InputObject, section: InputSection): CopiedRelocation[] {
  const { elf } = input;
  const found: CopiedRelocation[] = [];
  if (!elf || !section.bfd) return found;
  const { image } = elf;
  const base = isLinked(input) ? section.vma : 0n;
  for (const header of section.bfd.relocations) {
    const rela = header.type === SHT_RELA;
    const step = image.is64 ? (rela ? 24 : 16) : rela ? 12 : 8;
    const end = Math.min(header.offset + image.contents(header).length, image.view.byteLength);
    for (let at = header.offset; at + step <= end; at += step) {
      const info = image.is64 ? at + 8 : at + 4;
      let type: number;
      let index: number;
      if (image.is64) {
        type = image.u32(image.littleEndian ? info : info + 4);
        index = image.u32(image.littleEndian ? info + 4 : info);
      } else {
        const word = image.u32(info);
        type = word & 0xff;
        index = word >>> 8;
      }
      let addend = 0n;
      if (rela)
        addend = image.is64
          ? image.view.getBigInt64(at + 16, image.littleEndian)
          : BigInt(image.view.getInt32(at + 8, image.littleEndian));
      found.push({
        offset: BigInt.asUintN(64, image.address(at) - base),
        type,
        symbol: index === 0 ? undefined : input.symbols[index - 1],
        addend,
      });
    }
  }
  return found;
}

/** Machines whose objects BFD writes with SHT_RELA where nothing says otherwise. */
export function usesRela(machine: number): boolean {
  return machine === EM_X86_64 || machine === EM_RISCV || (machine !== 3 && machine !== 40);
}

export function isSpecial(section: CopySymbol["section"]): section is BfdSection {
  return (
    section === UNDEFINED ||
    section === ABSOLUTE ||
    section === COMMON ||
    (section as BfdSection).index === -1
  );
}

/** More than this is not written: no tool of ours makes such files, a damaged header does. */
export const MAX_SIZE = 2 ** 32;
