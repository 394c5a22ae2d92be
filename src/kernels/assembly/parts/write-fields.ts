// What the kernels of write.ts work on: words at these byte offsets. All are pointers to columns unless it says otherwise.

/** The list of sections, and the indices in it to begin and to stop at; the first that is not done comes back in FROM. */
export const ORDER = 0;
export const FROM = 4;
export const TO = 8;
/** Addresses: where the next byte goes, and the end of the buffer. */
export const OUT = 12;
export const OUT_END = 16;
/** Not 0 to copy without relocating. */
export const COPY_ONLY = 20;
/** 64 bits: where OUT is in the output section. */
export const AT = 24;
/** Of sections. SPECIAL: not 0 for those that are not for the kernel, or see below. */
export const SPECIAL = 32;
export const OBJECT = 36;
export const TYPE = 40;
export const SIZE = 44;
export const FILE_OFFSET = 48;
export const RELOCATIONS = 52;
export const OUTPUT_OFFSET = 56;
export const ADDRESS_LOW = 60;
export const ADDRESS_HIGH = 64;
/** Of objects: where their bytes are, their lists of symbols, and how long these are. */
export const BYTES = 68;
export const SYMBOL_IDS = 72;
export const SYMBOL_COUNT = 76;
/** Of symbols: 1 if the address is all there is to it, addresses, sections, and values in those. */
export const SETTLED = 80;
export const SYMBOL_LOW = 84;
export const SYMBOL_HIGH = 88;
export const HOME = 92;
export const VALUE_LOW = 96;
/** What fills gaps of 1, 2, … bytes, GAP bytes for each length; 0 for zeros. */
export const FILL = 100;
/** Relocations that the kernel left undone, how many there is room for, and how many there are. */
export const LEFT = 104;
export const LEFT_ROOM = 108;
export const LEFT_COUNT = 112;
/** RISC-V: bits, see below. */
export const RISCV = 116;
/** 64 bits: the global pointer. */
export const GP = 120;
/** SectionId to number + 1 of a section with candidates; by number its first candidate. */
export const SLOT = 128;
export const FIRST = 132;
/** Of candidates (src/targets/riscv/relax-candidates.ts). */
export const ROWS = 136;
export const MARKS = 140;
/** So that loads ahead are for something. */
export const TOUCHED = 144;
/** Deleted ranges: their starts, and what is deleted before; by number of the section, its first range, and the one after its last. */
export const RANGE_START = 156;
export const RANGE_BEFORE = 164;
export const RANGE_FIRST = 168;
export const RANGE_END = 172;
/** Scratch for HIGHS high parts of 16 bytes each. */
export const HIGH_PARTS = 176;
/** Numbers: gaps as wide as this, or wider, are not for the kernel; at most GAP. */
export const WIDE_GAP = 180;
/** 64 bits: the last offset in the output section of a section that is to be written. */
export const LAST = 184;
/** x86-64. Of symbols: the number of the stub by which an IFUNC is reached, from 1 on; the column may be absent, or shorter. */
export const STUB = 192;
export const STUB_COUNT = 196;
/** 64 bits: where the stubs are; numbers: how long each is, what becomes of loads from the GOT. */
export const STUB_BASE = 200;
export const STUB_SIZE = 208;
export const GOT_LOADS = 212;
/** sh_flags of sections. */
export const FLAGS = 216;
/** What became of sections, and their names; the name of those in which 0 cannot stand for an address that there is not. */
export const FATE = 220;
export const NAME = 224;
export const LIST_NAME = 228;
/** st_info of symbols; not 0 for those that the loader has to do with (0 where there is no loader). */
export const INFO = 232;
export const LOADED = 236;
/** The map of merged sections (map-fields.ts), or 0. */
export const MERGE = 240;
/** Of symbols: the number of the word of the GOT with the address, from 1 on, as STUB; their count; 64 bits: the first word. */
export const GOT_WORD = 244;
export const GOT_COUNT = 248;
export const GOT_BASE = 256;
/** Of sections that are FRAMES_ONLY in SPECIAL: what of their unwind records is left (frame-copy-fields.ts). */
export const FRAMES = 252;
/** 64 bits: the end of the thread-local image; a number: not 0 where that is all there is to initial-exec accesses. */
export const TLS_END = 264;
export const IS_STATIC = 272;
/** RISC-V. As GOT_WORD: words with offsets from the thread pointer, the first of pairs. 64 bits: the start of the thread-local image. */
export const GOT_TP = 276;
export const GOT_GD = 280;
export const TLS_START = 288;
/** By section that is STORED in SPECIAL: the address of its bytes. */
export const STORED_AT = 296;
export const WORK_SIZE = 304;

/** Values of GOT_LOADS: they are left; addresses become immediates; they become relative to the instruction. */
export const GOT_LEFT = 0;
export const GOT_IMMEDIATE = 1;
export const GOT_RELATIVE = 2;

/** Values of SPECIAL: not for the kernel; records of FRAMES; bytes that lie elsewhere, without relocations. */
export const LEFT_ALONE = 1;
export const FRAMES_ONLY = 2;
export const STORED = 3;

/** How wide gaps may be. */
export const GAP = 64;

/** A relocation that was left: its section, where its entry is in the object, the address of the section's bytes. */
export const LEFT_SIZE = 12;

/** Bits of RISCV: entries of 24 bytes; words are as they are when the program starts; LLD's rules. */
export const RISCV_64 = 1;
export const RISCV_FIXED = 2;
export const RISCV_LLD = 4;

export const HIGHS = 4096;
