// Where the kernels find the columns of the model: blocks of addresses that
// SectionTable and SymbolTable (src/model) keep up to date, offsets in bytes.

export const SECTION_OBJECT: usize = 0;
export const SECTION_NAME: usize = 4;
export const SECTION_TYPE: usize = 8;
export const SECTION_FLAGS: usize = 12;
export const SECTION_ALIGN_POWER: usize = 16;
export const SECTION_ENTSIZE: usize = 20;
export const SECTION_LINK: usize = 24;
export const SECTION_INFO: usize = 28;
export const SECTION_SIZE: usize = 32;
export const SECTION_FILE_OFFSET: usize = 36;
export const SECTION_RELOCATIONS: usize = 40;
export const SECTION_GROUP: usize = 44;
export const SECTION_FATE: usize = 48;
export const SECTION_OUTPUT: usize = 52;
export const SECTION_OUTPUT_OFFSET: usize = 56;
export const SECTION_RULE: usize = 60;

export const SYMBOL_NAME: usize = 0;
export const SYMBOL_OBJECT: usize = 4;
export const SYMBOL_SECTION: usize = 8;
export const SYMBOL_VALUE_LOW: usize = 12;
export const SYMBOL_VALUE_HIGH: usize = 16;
export const SYMBOL_SIZE: usize = 20;
export const SYMBOL_INFO: usize = 24;
export const SYMBOL_OTHER: usize = 28;
export const SYMBOL_FLAGS: usize = 32;
export const SYMBOL_ELF_INDEX: usize = 36;
/** The rows of the global symbols, and the symbol of each name. */
export const SYMBOL_GLOBALS: usize = 40;
export const SYMBOL_BY_NAME: usize = 44;
/** How many symbols and global symbols there are. */
export const SYMBOL_COUNT: usize = 48;
export const SYMBOL_GLOBAL_COUNT: usize = 52;

// Values of Fate (src/model/sections.ts).
export const KEPT: u8 = 0;
export const CONSUMED: u8 = 1;
export const DUPLICATE: u8 = 2;
export const EXCLUDED: u8 = 5;

// Bits of SymbolFlag (src/model/symbols.ts).
export const GLOBAL: u32 = 1;
export const REFERENCED: u32 = 2;
export const STRONG_REFERENCE: u32 = 4;
export const IN_OBJECT: u32 = 512;
export const FROM_SCRIPT: u32 = 128;
