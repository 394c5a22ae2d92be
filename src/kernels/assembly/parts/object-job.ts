// What the kernels that read objects are told and tell (objects.ts), and the ELF they know.

/** The file, and where it ends. */
export const FILE: usize = 0;
export const FILE_END: usize = 4;
/** Section headers and their number; 1 for ELF64. */
export const HEADERS: usize = 8;
export const COUNT: usize = 12;
export const IS_64: usize = 16;
/** The row of section 0, and the object's number. */
export const BASE: usize = 20;
export const OBJECT: usize = 24;
/** Section names and their section. */
export const NAMES: usize = 28;
export const NAMES_END: usize = 32;
export const NAMES_INDEX: usize = 36;
/** The list of sections that are left to TypeScript, and how many there are. */
export const ODD: usize = 40;
export const ODD_COUNT: usize = 44;
/** Out: the end of what is needed of the file; groups, and the words in them. */
export const NEEDED: usize = 48;
export const GROUP_COUNT: usize = 52;
export const GROUP_WORDS: usize = 56;
/**
 * Bits: 1 for LLD, 2 where debug sections are stripped, 4 where labels may be left out, 8 where symbols are wrapped,
 * 16 where bytes are given up, 32 where what remains is moved together.
 */
export const MODES: usize = 60;
export const SYMTAB: usize = 64;
export const SYMBOLS: usize = 68;
export const FIRST_GLOBAL: usize = 72;
export const STRTAB: usize = 76;
export const STRTAB_SIZE: usize = 80;
/** Four bytes for each symbol. */
export const SYMBOL_IDS: usize = 84;
/** A byte for each symbol: whether a relocation refers to it. */
export const MENTIONED: usize = 88;
export const SYMTAB_INDEX: usize = 92;
/** Signature to number of the group + 1, and whether there are link-once sections. */
export const GROUP_OF: usize = 96;
export const ANY_LINK_ONCE: usize = 100;
/** Columns of the groups, and their number. */
export const GROUP_OBJECT: usize = 104;
export const GROUP_SIGNATURE: usize = 108;
export const GROUP_COMDAT: usize = 112;
export const GROUP_SECTION: usize = 116;
export const GROUP_FIRST: usize = 120;
export const GROUP_MEMBERS: usize = 124;
export const GROUPS: usize = 128;
export const STATUS: usize = 132;
/** The name table (names.ts), and the columns of sections and symbols. */
export const NAME_TABLE: usize = 136;
export const SECTIONS: usize = 140;
export const SYMBOL_COLUMNS: usize = 144;
/** Out: the largest number of a symbol that a relocation refers to, where that is too large. */
export const WORST: usize = 148;
/** LLD: by name, 1 where an archive has it; and how many names that tells of. */
export const LAZY: usize = 152;
export const LAZY_COUNT: usize = 156;

/** For `readObject`: the machine it is to be for, with the class above it; how many sections, symbols and names there is room for. */
export const EXPECTED: usize = 160;
export const ROOM: usize = 164;
/** Room for names while an object is moved, and how much. */
export const PACK_NAMES: usize = 168;
export const PACK_ROOM: usize = 172;
/** Out: where in its stage it stopped, how many of the bytes are needed, e_flags, the local symbols' rows. */
export const STOPPED: usize = 176;
export const REMAINING: usize = 180;
export const FLAGS: usize = 184;
export const LOCAL_BASE: usize = 188;
export const LOCAL_COUNT: usize = 192;
/** Out: how many labels were left out, and where they are: tables in the file, their sizes. */
export const LEFT: usize = 196;
export const WHOLE_SYMTAB: usize = 200;
export const WHOLE_STRTAB: usize = 204;
export const WHOLE_STRTAB_SIZE: usize = 208;
export const WHOLE_SYMBOLS: usize = 212;
export const WHOLE_FIRST_GLOBAL: usize = 216;

/** Stages of `readObject`. */
export const AT_HEADER: u32 = 0;
export const AT_SECTIONS: u32 = 1;
export const AT_GROUPS: u32 = 2;
export const AT_RELOCATIONS: u32 = 3;
export const AT_LOCALS: u32 = 4;
export const AT_GLOBALS: u32 = 5;
export const AT_PACKING: u32 = 6;
export const AT_END: u32 = 7;

/** Values of STATUS. */
export const DONE: u32 = 0;
export const IS_ODD: u32 = 1;
export const NO_ROOM: u32 = 2;
export const BAD_SYMBOL: u32 = 3;

export const LLD: u32 = 1;
export const STRIPPED: u32 = 2;
export const LEAVES_LABELS: u32 = 4;
export const WRAPS: u32 = 8;
export const GIVES_UP: u32 = 16;
export const PACKS: u32 = 32;

export const SHT_NULL: u32 = 0;
export const SHT_SYMTAB: u32 = 2;
export const SHT_STRTAB: u32 = 3;
export const SHT_RELA: u32 = 4;
export const SHT_NOBITS: u32 = 8;
export const SHT_REL: u32 = 9;
export const SHT_GROUP: u32 = 17;
export const SHT_SYMTAB_SHNDX: u32 = 18;
export const SHT_LLVM_DEPENDENT_LIBRARIES: u32 = 0x6fff4c04;

export const SHF_ALLOC: u32 = 2;
export const SHF_MERGE: u32 = 0x10;
export const SHF_LINK_ORDER: u32 = 0x80;
export const SHF_COMPRESSED: u32 = 0x800;
export const SHF_EXCLUDE: u32 = 0x80000000;

export const SHN_LORESERVE: u32 = 0xff00;
export const SHN_ABS: u32 = 0xfff1;
export const SHN_COMMON: u32 = 0xfff2;

/** A value of SymbolSection (src/model/symbols.ts). */
export const COMMON: i32 = -2;

export const STB_LOCAL: u32 = 0;
export const STB_GLOBAL: u32 = 1;
export const STB_WEAK: u32 = 2;
export const STB_GNU_UNIQUE: u32 = 10;
export const STT_NOTYPE: u32 = 0;
export const STT_SECTION: u32 = 3;
export const STT_TLS: u32 = 6;

export function stop(job: usize, at: u32, why: u32): u32 {
  store<u32>(job, why, STATUS);
  return at;
}
