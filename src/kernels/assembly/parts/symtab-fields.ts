// What the kernels of symtab.ts work on: words at these byte offsets. All are addresses unless it says otherwise.

/** Blocks of the columns of symbols and sections (../columns.ts), and columns of addresses of symbols. */
export const SYMBOLS = 0;
export const SECTIONS = 4;
export const ADDRESS_LOW = 8;
export const ADDRESS_HIGH = 12;
/** By name, where it is (../names.ts). */
export const NAMES = 16;
/** The table, how many entries it has, and by symbol its entry. */
export const TABLE = 20;
export const COUNT = 24;
export const INDEX_OF = 28;
/** The strings, how many bytes are in use, and how many there are. */
export const STRINGS = 32;
export const STRINGS_USED = 36;
export const STRINGS_ROOM = 40;
/** Numbers: 1 for ELF64; labels: 0 stay, 1 go where strings are merged, 2 go. */
export const IS_64 = 44;
export const LABELS = 48;
/** The object at hand: its symbol and string tables, whether it has a file symbol by now, and file symbols in all. */
export const SYMTAB = 52;
export const STRTAB = 56;
export const HAS_FILE = 60;
export const FILE_COUNT = 64;
/** Where the object's bytes end. */
export const LIMIT = 68;
export const SIZE_OF_WORK = 72;
