// What the kernels of liveness.ts and liveness-debug.ts work on: a block that src/link/liveness/gc.ts fills; offsets in bytes.

export const SECTIONS: usize = 0;
export const SYMBOLS: usize = 4;
/** By section: whether it is reached, and from which section and through which symbol it was. */
export const REACHED: usize = 8;
export const FROM: usize = 12;
export const THROUGH: usize = 16;
/** Sections that are reached and not yet followed: a stack with room for all. */
export const WORK: usize = 20;
export const DEPTH: usize = 24;
/** Of groups: where their members start. */
export const GROUP_FIRST: usize = 28;
export const GROUP_MEMBERS: usize = 32;
/** The name `.eh_frame`, and the columns of unwind records (src/link/unwind/eh-frame-records.ts). */
export const FRAMES_NAME: usize = 36;
export const FIRST_FDE: usize = 40;
export const NEXT_FDE: usize = 44;
export const RECORD_SECTION: usize = 48;
export const RELOCATION_START: usize = 52;
export const RELOCATION_END: usize = 56;
export const CIE: usize = 60;
export const FIRST_RECORD: usize = 64;
export const END_RECORD: usize = 68;
export const KIND: usize = 72;
/** By section: the first that is attached to it, and by that the next. */
export const ATTACHED: usize = 76;
export const NEXT_ATTACHED: usize = 80;
export const IS_LLD: usize = 84;
/** By object: its bytes, its symbols by number and how many, whether it is ELF64. */
export const FILES: usize = 88;
export const SYMBOL_IDS: usize = 92;
export const SYMBOL_COUNTS: usize = 96;
export const ARE_64: usize = 100;
/** Symbols that stand for edges: three words for each, the symbol, and the first and the number of its sections in EDGE_SECTIONS. */
export const EDGES: usize = 104;
export const EDGE_COUNT: usize = 108;
export const EDGE_SECTIONS: usize = 112;
/** By name, whether sections of it are for debuggers: 0 unknown, else a value of the next, plus 1. By section: 0 no, 1 yes, 2 a `.debug_line.NAME`. */
export const DEBUG_NAME: usize = 116;
export const IS_DEBUG: usize = 120;
export const SECTION_COUNT: usize = 124;
