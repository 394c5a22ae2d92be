// What the kernels of relax.ts work on: words at these byte offsets. All are pointers to columns unless it says otherwise.

/** Of candidates (src/targets/riscv/relax-candidates.ts). */
export const ENTRY = 0;
export const OFFSET = 4;
export const KIND = 8;
export const DECISION = 12;
export const SYMBOL = 16;
export const ADDEND = 20;
export const WAITS = 24;
export const PAIR = 28;
/** Number of the odd place that a candidate refers to, or 0. */
export const ODD = 32;
/** By number of a section that has candidates: the section, its first candidate (one more at the end), when it wakes, its size in the input. */
export const CANDIDATE_SECTIONS = 36;
export const FIRST = 40;
export const WAKES = 44;
export const ORIGINAL_SIZE = 48;
/** Symbols of those sections by number: the first of each (one more at the end), symbols, values and ends in the input. */
export const GROUP_FIRST = 52;
export const GROUP_SYMBOL = 56;
export const GROUP_VALUE = 60;
export const GROUP_END = 64;
/** Of sections. */
export const SECTION_OBJECT = 68;
export const SECTION_OUTPUT = 72;
export const SECTION_OFFSET = 76;
export const SECTION_FLAGS = 80;
export const SECTION_SIZE = 84;
export const FILE_OFFSET = 88;
/** Of objects: where their bytes are, and e_flags. */
export const BYTES = 92;
export const OBJECT_FLAGS = 96;
/** Of symbols. */
export const HOME = 100;
export const VALUE_LOW = 104;
export const VALUE_HIGH = 108;
export const INFO = 112;
export const SYMBOL_FLAGS = 116;
export const SYMBOL_SIZE = 120;
/** Of output sections: addresses (doubles), alignments (doubles), 1 for code. */
export const OUTPUT_ADDRESS = 124;
export const OUTPUT_ALIGN = 128;
export const OUTPUT_CODE = 132;
/** Odd places: addresses (doubles; offsets where there is a section), output sections (-2: none is known), sections or 0. */
export const ODD_ADDRESS = 136;
export const ODD_OUTPUT = 140;
export const ODD_SECTION = 144;
/** Room for the ranges of a section: starts, and bytes removed before each; one more than it has candidates. */
export const RANGE_START = 148;
export const RANGE_BEFORE = 152;
/** Numbers: bytes deleted so far, the output sections of gp (-1: absolute, -2: none) and of tp (or -1). */
export const DELETED = 156;
export const GP_OUTPUT = 160;
export const TLS_OUTPUT = 164;
/** Bits, see below. */
export const MODE = 168;
/** Doubles. */
export const GP = 176;
export const MAX_ALIGNMENT = 184;
export const DELETED_BEFORE = 192;
// For the search for candidates. Columns of sections, of objects, and 1 for each merged section (or 0).
export const RELOCATIONS = 200;
export const FATE = 204;
export const SYMBOL_IDS = 208;
export const SYMBOL_COUNT = 212;
export const LENGTH = 216;
export const MERGED = 220;
/** SectionId to its number + 1. */
export const SLOT = 224;
/** Lists, with room for as many as there are candidates: those that refer to odd places, symbols of low parts that stay. */
export const ODD_LIST = 228;
export const LONE_LIST = 232;
/** Numbers: candidates, sections that have any, odd ones, and how many candidates there is room for. */
export const COUNT = 236;
export const SECTION_COUNT = 240;
export const ODD_COUNT = 244;
export const ROOM = 248;
/** What has to be done before the search goes on: a value of `Need`. */
export const NEED = 252;
/** How many sections MERGED knows. */
export const MERGED_COUNT = 256;
export const SIZE_OF_WORK = 264;

/** Values of NEED: nothing; room for the candidates of the section; its relocations, looked at already, are out of order. */
export const NEEDS_NOTHING = 0;
export const NEEDS_ROOM = 1;
export const NEEDS_ORDER = 2;

/** Bits of MODE. */
export const IS_EXACT = 1;
export const IS_PIC = 2;
export const HAS_RELRO = 4;
export const IS_64 = 8;
/** To look for paddings alone. */
export const ALIGNS_ONLY = 16;
