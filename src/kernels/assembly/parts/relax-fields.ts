// What the kernels of relax.ts work on: words at these byte offsets. All are pointers to columns unless it says otherwise.

/** Of candidates (src/targets/riscv/relax-candidates.ts): rows, and two bytes each of what is looked at most. */
export const ROWS = 0;
export const MARKS = 4;
/** By number of a section that has candidates: the section, its first candidate (one more at the end), when it wakes, its size in the input. */
export const CANDIDATE_SECTIONS = 8;
export const FIRST = 12;
export const WAKES = 16;
export const ORIGINAL_SIZE = 20;
/** 1 where the script may change its mind about what candidates of the section refer to. */
export const REFRESH = 24;
/** Symbols of those sections: by number the first of each, from 1 on, and rows of them all. */
export const GROUP_FIRST = 28;
export const GROUP_ROWS = 32;
/** Of sections. */
export const SECTION_OBJECT = 36;
export const SECTION_OUTPUT = 40;
export const SECTION_OFFSET = 44;
export const SECTION_FLAGS = 48;
export const SECTION_SIZE = 52;
export const FILE_OFFSET = 56;
/** Of objects: where their bytes are, and e_flags. */
export const BYTES = 60;
export const OBJECT_FLAGS = 64;
/** Of symbols. */
export const HOME = 68;
export const VALUE_LOW = 72;
export const VALUE_HIGH = 76;
export const INFO = 80;
export const SYMBOL_FLAGS = 84;
export const SYMBOL_SIZE = 88;
/** Of output sections: addresses (doubles), alignments (doubles), 1 for code. */
export const OUTPUT_ADDRESS = 92;
export const OUTPUT_ALIGN = 96;
export const OUTPUT_CODE = 100;
/**
 * By number of an odd candidate: the address of its symbol (doubles; an offset where there is a section), its output section
 * (-2: none is known), its section, 0, or -1 where the symbol is where all others are; and its addend (doubles).
 */
export const ODD_ADDRESS = 104;
export const ODD_OUTPUT = 108;
export const ODD_SECTION = 112;
export const ODD_ADDEND = 116;
/** Room for the ranges of a section: starts, and bytes removed before each; one more than it has candidates. */
export const RANGE_START = 120;
export const RANGE_BEFORE = 124;
/** Numbers: bytes deleted so far, the output sections of gp (-1: absolute, -2: none) and of tp (or -1). */
export const DELETED = 128;
export const GP_OUTPUT = 132;
export const TLS_OUTPUT = 136;
/** Bits, see below. */
export const MODE = 140;
/** Doubles. */
export const GP = 144;
export const MAX_ALIGNMENT = 152;
export const DELETED_BEFORE = 160;
// For the search for candidates. Columns of sections, of objects, and 1 for each merged section (or 0).
export const RELOCATIONS = 168;
export const FATE = 172;
export const SYMBOL_IDS = 176;
export const SYMBOL_COUNT = 180;
export const LENGTH = 184;
export const MERGED = 188;
/** SectionId to its number + 1. */
export const SLOT = 192;
/** Lists, with room for as many as there are candidates: those that are odd, symbols of low parts that stay. */
export const ODD_LIST = 196;
export const LONE_LIST = 200;
/** Numbers: candidates, sections that have any, odd ones, and how many candidates there is room for. */
export const COUNT = 204;
export const SECTION_COUNT = 208;
export const ODD_COUNT = 212;
export const ROOM = 216;
/** What has to be done before the search goes on: a value of `Need`. */
export const NEED = 220;
/** How many sections MERGED and SLOT know. */
export const MERGED_COUNT = 224;
export const SLOT_COUNT = 228;
// For walks over the sections of a statement (relax-walk.ts).
/** A double: how far the output section has been filled. */
export const WALK_AT = 232;
/** Numbers: the greatest power of an alignment; 1 when something is deleted that was not before; 0, or number + 1 of a section of which a padding is too short. */
export const WALK_POWER = 240;
export const WALK_SHRANK = 244;
export const WALK_SHORT = 248;
/** So that loads ahead are for something. */
export const TOUCHED = 252;
export const SIZE_OF_WORK = 256;

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

/** A row of a candidate, words at these byte offsets: the number of its entry in the relocation section, and its offset. */
export const ROW_ENTRY = 0;
export const ROW_OFFSET = 4;
/** Its symbol; its addend, unless it is odd. */
export const ROW_SYMBOL = 8;
export const ROW_ADDEND = 12;
/**
 * Of a low part: the candidate of its high part, or NO_PAIR. Of a padding: how much of it is needed, once that is known.
 * Of all others: how many bytes must have been deleted before it is worth a look, NEVER; BLOCKED of a high part that must stay.
 */
export const ROW_STATE = 16;
/** The section of its symbol; 0 or below: to be looked up; at or below FIRST_ODD: FIRST_ODD less its number among the odd ones. */
export const ROW_HOME = 20;
export const ROW_SIZE = 24;

export const NO_PAIR = -1;
export const BLOCKED = -2;
export const NEVER = 0x7fffffff;
export const FIRST_ODD = -16;

/** Marks of a candidate: its kind in the low four bits, the decision in the next four; then st_info of its symbol, if it has a section. */
export const MARKS_SIZE = 2;

/** A row of a symbol whose section can shrink: symbol and value in the input, and (a double) where it ends. */
export const GROUP_SYMBOL = 0;
export const GROUP_VALUE = 4;
export const GROUP_END = 8;
export const GROUP_SIZE = 16;
