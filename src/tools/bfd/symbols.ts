import {
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_X86_64_LCOMMON,
  SHN_XINDEX,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_COMMON,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
} from "../../elf/index.ts";
import { SymbolTable } from "../elf-image.ts";
import { textAt } from "../text-out.ts";
import type { BfdObject } from "./object.ts";
import {
  ABSOLUTE,
  type BfdSection,
  COMMON,
  isCommon,
  LARGE_COMMON,
  SEC_CODE,
  SEC_DATA,
  SEC_DEBUGGING,
  SEC_HAS_CONTENTS,
  SEC_READONLY,
  UNDEFINED,
} from "./section.ts";
import { readVersions } from "./versions.ts";

// Symbols as BFD hands them to the tools: flags that mix binding and type, and
// a section, which may be one of the special ones.

export const BSF_LOCAL = 1;
export const BSF_GLOBAL = 2;
export const BSF_DEBUGGING = 4;
export const BSF_FUNCTION = 8;
export const BSF_KEEP = 0x20;
export const BSF_WEAK = 0x80;
export const BSF_SECTION_SYM = 0x100;
export const BSF_WARNING = 0x1000;
export const BSF_INDIRECT = 0x2000;
export const BSF_FILE = 0x4000;
export const BSF_DYNAMIC = 0x8000;
export const BSF_OBJECT = 0x10000;
export const BSF_THREAD_LOCAL = 0x40000;
export const BSF_SYNTHETIC = 0x200000;
export const BSF_GNU_INDIRECT_FUNCTION = 0x400000;
export const BSF_GNU_UNIQUE = 0x800000;
export const BSF_SECTION_SYM_USED = 0x1000000;
export const BSF_ELF_COMMON = 0x2000000;

export interface BfdSymbol {
  /** Byte text. Section symbols have the name of their section. */
  readonly name: string;
  readonly section: BfdSection;
  readonly flags: number;
  /** st_value; of commons their size. In relocatable files relative to the section. */
  readonly low: number;
  readonly high: number;
  readonly sizeLow: number;
  readonly sizeHigh: number;
  /** Index in the symbol table. */
  readonly index: number;
  readonly info: number;
  readonly other: number;
  /** As in the file, with SHN_XINDEX looked up. */
  readonly shndx: number;
  /** st_value of a common symbol: its alignment. Undefined for others. */
  readonly value?: bigint;
  /** `@VERSION` or `@@VERSION` of a dynamic symbol; empty where it has none. */
  readonly version: string;
}

/** The symbols of the main or the dynamic table, without the null symbol; undefined where there is no such table. */
export function readBfdSymbols(object: BfdObject, dynamic = false): BfdSymbol[] | undefined {
  const header = dynamic ? object.dynsym : object.symtab;
  if (!header) return undefined;
  const { image } = object;
  const table = new SymbolTable(image, header);
  const versions = dynamic ? readVersions(object) : undefined;
  const names = table.strings;
  const symbols: BfdSymbol[] = [];
  for (let index = 1; index < table.count; index++) {
    const info = table.info(index);
    const shndx = table.sectionIndex(index);
    const type = info & 15;
    const binding = info >> 4;
    let low = table.valueLow(index);
    let high = table.valueHigh(index);
    const sizeLow = table.sizeLow(index);
    const sizeHigh = table.sizeHigh(index);
    const section = sectionOf(object, shndx, table.shndx(index));
    let value: bigint | undefined;
    if (isCommon(section)) {
      value = table.value(index);
      low = sizeLow;
      high = sizeHigh;
    }
    let flags = typeFlags(type);
    if (binding === STB_LOCAL) flags |= BSF_LOCAL;
    else if (binding === STB_GLOBAL) {
      if (section !== UNDEFINED && !isCommon(section)) flags |= BSF_GLOBAL;
    } else if (binding === STB_WEAK) flags |= BSF_WEAK;
    else if (binding === STB_GNU_UNIQUE) flags |= BSF_GNU_UNIQUE;
    if (dynamic) flags |= BSF_DYNAMIC;
    const name = symbolName(object, names, table.nameOffset(index), type, shndx);
    symbols.push({
      name,
      section,
      flags,
      low,
      high,
      sizeLow,
      sizeHigh,
      index,
      info,
      other: table.other(index),
      shndx,
      value,
      version: versions ? versions(index, name, section === UNDEFINED) : "",
    });
  }
  return symbols;
}

function typeFlags(type: number): number {
  switch (type) {
    case STT_SECTION:
      return BSF_SECTION_SYM | BSF_DEBUGGING | BSF_SECTION_SYM_USED;
    case STT_FILE:
      return BSF_FILE | BSF_DEBUGGING;
    case STT_FUNC:
      return BSF_FUNCTION;
    case STT_COMMON:
      return BSF_ELF_COMMON | BSF_OBJECT;
    case STT_OBJECT:
      return BSF_OBJECT;
    case STT_TLS:
      return BSF_THREAD_LOCAL;
    case STT_GNU_IFUNC:
      return BSF_GNU_INDIRECT_FUNCTION;
    default:
      return 0;
  }
}

/** `raw` is the index before SHN_XINDEX was looked up. */
function sectionOf(object: BfdObject, shndx: number, raw: number): BfdSection {
  if (shndx === SHN_UNDEF) return UNDEFINED;
  if (raw >= SHN_LORESERVE && raw !== SHN_XINDEX) {
    if (raw === SHN_COMMON) return COMMON;
    if (raw === SHN_X86_64_LCOMMON && object.image.header.machine === 62) return LARGE_COMMON;
    if (raw === SHN_ABS) return ABSOLUTE;
    return ABSOLUTE;
  }
  return object.sectionOfHeader[shndx] ?? ABSOLUTE;
}

function symbolName(
  object: BfdObject,
  names: Uint8Array | undefined,
  offset: number,
  type: number,
  shndx: number,
): string {
  const { sections } = object.image;
  if (offset === 0 && type === STT_SECTION && shndx < sections.length) return sections[shndx].name;
  if (!names || offset >= names.length) return "(null)";
  return textAt(names, offset);
}

/** The address of a symbol, as far as it has one. */
export function symbolAddress(object: BfdObject, symbol: BfdSymbol): bigint {
  const value = (BigInt(symbol.high >>> 0) << 32n) | BigInt(symbol.low >>> 0);
  const relative = !object.isExecutable && !object.isDynamic;
  return relative && symbol.section.vma !== 0n ? BigInt.asUintN(64, value + symbol.section.vma) : value;
}

/** The letter by which nm shows what kind of symbol it is. */
export function symbolClass(symbol: BfdSymbol): string {
  const { section, flags } = symbol;
  if (isCommon(section)) return "C";
  if (section === UNDEFINED) {
    if (!(flags & BSF_WEAK)) return "U";
    return flags & BSF_OBJECT ? "v" : "w";
  }
  if (flags & BSF_GNU_INDIRECT_FUNCTION) return "i";
  if (flags & BSF_WEAK) return flags & BSF_OBJECT ? "V" : "W";
  if (flags & BSF_GNU_UNIQUE) return "u";
  if (!(flags & (BSF_GLOBAL | BSF_LOCAL))) return "?";
  const letter = section === ABSOLUTE ? "a" : (windowsClass(section.name) ?? sectionClass(section));
  return flags & BSF_GLOBAL ? letter.toUpperCase() : letter;
}

/** The one kind of section that is known by its name: those of Windows objects. */
function windowsClass(name: string): string | undefined {
  const match = /^\.(drectve|edata|idata|pdata)(?:[.$0-9]|$)/.exec(name);
  if (!match) return undefined;
  return match[1] === "edata" ? "e" : match[1] === "pdata" ? "p" : "i";
}

function sectionClass({ flags }: BfdSection): string {
  if (flags & SEC_CODE) return "t";
  if (flags & SEC_DATA) return flags & SEC_READONLY ? "r" : "d";
  if (!(flags & SEC_HAS_CONTENTS)) return "b";
  if (flags & SEC_DEBUGGING) return "N";
  return flags & SEC_READONLY ? "n" : "?";
}

/** Symbols that compilers and assemblers make for themselves and nm leaves out; which they are depends on the machine. */
export function isSpecialSymbol(machine: number, name: string): boolean {
  switch (machine) {
    case 243:
      return name === "" || isLocalLabel(name) || /^\$[xd]/.test(name);
    case 40:
      return /^\$[a-z](\.|$)/.test(name);
    case 183:
      return /^\$[xdmfp](\.|$)/.test(name);
    default:
      return false;
  }
}

/** Names that assemblers make for local labels. */
export function isLocalLabel(name: string): boolean {
  if (name.startsWith(".L") || name.startsWith("..") || name.startsWith("_.L_")) return true;
  return /^L\d(?:\x01|\d*[\x01\x02][\d\x01\x02]*$)/.test(name);
}
