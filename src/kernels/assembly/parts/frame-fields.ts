// What the kernels of frames.ts work on: words at these byte offsets. All are pointers to columns unless it says otherwise.

/** Of records (src/link/unwind/eh-frame-records.ts), how many there are, and how many rows. */
export const COUNT = 0;
export const ROOM = 4;
export const SECTION = 8;
export const KIND = 12;
export const OFFSET = 16;
export const SIZE = 20;
export const CIE = 24;
export const NEXT_FDE = 28;
export const RELOCATION_START = 32;
export const RELOCATION_END = 36;
export const ENCODING = 40;
export const REMOVED = 44;
export const NEW_OFFSET = 48;
export const MERGED_WITH = 52;
/** By section, its first function record. */
export const FIRST_FDE = 56;
/** The section at hand, its object, and addresses: of its bytes, and of its relocations. */
export const THIS = 60;
export const OBJECT = 64;
export const BYTES = 68;
export const RELOCATIONS = 72;
/** Numbers: bytes of the section, relocations, bytes of an entry, 8 or 4 bytes of an address. */
export const BYTE_COUNT = 76;
export const RELOCATION_COUNT = 80;
export const ENTRY_SIZE = 84;
export const WORD_SIZE = 88;
/** The next relocation: a number. */
export const NEXT = 92;
/** Of the object: its list of symbols, and how long it is. */
export const SYMBOL_IDS = 96;
export const SYMBOL_COUNT = 100;
/** Of symbols, and of sections. */
export const HOME = 104;
export const SYMBOL_FLAGS = 108;
export const SECTION_OBJECT = 112;
export const SECTION_FATE = 116;
/** The section's CIEs: how many, then five words for each: offset, record, width of addresses, their encoding, flags. */
export const CIE_COUNT = 120;
export const CIES = 124;
export const CIE_WORDS = 5;
export const MOST_CIES = 16;
/** How many records of functions were chosen. */
export const FDE_COUNT = 444;
/** Columns of sections (../columns.ts), and of objects: their bytes, symbols, how many, classes, sections, how many. */
export const SECTIONS = 448;
export const FILES = 452;
export const IDS = 456;
export const ID_COUNTS = 460;
export const ARE_64 = 464;
export const BASES = 468;
export const BASE_COUNTS = 472;
/** The name of unwind tables. By section: whether it has that name, and its records. */
export const TABLE_NAME = 476;
export const IS_TABLE = 480;
export const FIRST_RECORD = 484;
export const END_RECORD = 488;
/**
 * CIEs that may be met again: how many, then ten words for each: address, length with the word before, bytes of an
 * address, offset of the personality routine or -1, number, length without padding, encoding of that routine's
 * address, width of addresses, their encoding, flags.
 */
export const KNOWN_COUNT = 492;
export const KNOWN = 496;
export const KNOWN_WORDS = 10;
export const MOST_KNOWN = 8;
/** CIEs that were decided about: how many, then four words for each: number, whether there is a personality routine, its symbol, record. */
export const ALIKE_COUNT = 816;
export const ALIKE = 820;
export const ALIKE_WORDS = 4;
export const MOST_ALIKE = 16;
/** Where choosing stopped: a record. */
export const STOPPED = 1076;
export const SIZE_OF_WORK = 1080;

/** Flags of a CIE: its augmentation begins with z; it has an encoding of language-specific data. */
export const HAS_SIZE = 1;
export const HAS_LSDA = 2;
