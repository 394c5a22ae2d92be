import {
  SHF_ALLOC,
  SHF_EXCLUDE,
  SHF_EXECINSTR,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHT_GROUP,
  SHT_NOBITS,
} from "../../elf/index.ts";
import type { ImageSection } from "../elf-image.ts";

// What GNU's tools call a section: BFD's view, which hides symbol tables, most
// string tables and relocation sections, and has flags of its own. All tools
// but readelf see a file through it, so what they print depends on it.

export const SEC_ALLOC = 0x1;
export const SEC_LOAD = 0x2;
export const SEC_RELOC = 0x4;
export const SEC_READONLY = 0x8;
export const SEC_CODE = 0x10;
export const SEC_DATA = 0x20;
export const SEC_ROM = 0x40;
export const SEC_HAS_CONTENTS = 0x100;
export const SEC_NEVER_LOAD = 0x200;
export const SEC_THREAD_LOCAL = 0x400;
export const SEC_IS_COMMON = 0x1000;
export const SEC_DEBUGGING = 0x2000;
export const SEC_EXCLUDE = 0x8000;
export const SEC_LINK_ONCE = 0x20000;
export const SEC_LINK_DUPLICATES_DISCARD = 0;
export const SEC_MERGE = 0x800000;
export const SEC_STRINGS = 0x1000000;
export const SEC_GROUP = 0x2000000;
export const SEC_ELF_OCTETS = 0x40000000;

export interface BfdSection {
  /** Byte text. */
  readonly name: string;
  /** Position among the sections that BFD knows; -1 for the special ones. */
  readonly index: number;
  readonly flags: number;
  readonly vma: bigint;
  readonly lma: bigint;
  /** In bytes; of compressed sections as they are in the file. */
  readonly size: number;
  readonly alignmentPower: number;
  readonly entsize: number;
  /** Undefined for special sections and those of formats without headers. */
  readonly header: ImageSection | undefined;
  /** The headers of its relocations; empty where they are a section of their own. */
  readonly relocations: readonly ImageSection[];
}

function special(name: string, flags: number): BfdSection {
  return {
    name,
    index: -1,
    flags,
    vma: 0n,
    lma: 0n,
    size: 0,
    alignmentPower: 0,
    entsize: 0,
    header: undefined,
    relocations: [],
  };
}

/** Where symbols are that are in no section. */
export const UNDEFINED = special("*UND*", 0);
export const ABSOLUTE = special("*ABS*", 0);
export const COMMON = special("*COM*", SEC_IS_COMMON);
export const LARGE_COMMON = special("LARGE_COMMON", SEC_IS_COMMON);

export function isCommon(section: BfdSection): boolean {
  return (section.flags & SEC_IS_COMMON) !== 0;
}

/** Section flags as ELF states them, in BFD's terms. Without SEC_RELOC, which depends on other sections. */
export function sectionFlags(name: string, type: number, elfFlags: bigint): number {
  const bits = Number(elfFlags & 0xffffffffn);
  const has = (bit: number) => (bits & bit) !== 0;
  let flags = 0;
  if (type !== SHT_NOBITS) flags |= SEC_HAS_CONTENTS;
  if (type === SHT_GROUP) flags |= SEC_GROUP;
  if (has(SHF_ALLOC)) flags |= type === SHT_NOBITS ? SEC_ALLOC : SEC_ALLOC | SEC_LOAD;
  if (!has(SHF_WRITE)) flags |= SEC_READONLY;
  if (has(SHF_EXECINSTR)) flags |= SEC_CODE;
  else if (flags & SEC_LOAD) flags |= SEC_DATA;
  if (has(SHF_MERGE)) flags |= SEC_MERGE;
  if (has(SHF_STRINGS)) flags |= SEC_STRINGS;
  if (has(SHF_TLS)) flags |= SEC_THREAD_LOCAL;
  if (has(SHF_EXCLUDE)) flags |= SEC_EXCLUDE;
  if (!(flags & SEC_ALLOC)) flags |= debuggingFlags(name);
  if (name.startsWith(".gnu.linkonce")) flags |= SEC_LINK_ONCE;
  return flags;
}

/** Debugging sections are known by their names alone. */
function debuggingFlags(name: string): number {
  if (/^\.(z?debug|gnu\.debuglto_\.debug_|gnu\.linkonce\.wi\.)/.test(name))
    return SEC_DEBUGGING | SEC_ELF_OCTETS;
  if (/^\.(gnu\.build\.attributes|note\.gnu)/.test(name)) return SEC_ELF_OCTETS;
  return /^\.(line|stab)|^\.gdb_index$/.test(name) ? SEC_DEBUGGING : 0;
}
