// Where things are in the one WebAssembly memory of a machine. Interpreter,
// translated code and TypeScript all read and write the same bytes, so this
// file is the contract between them.
//
//   0              nothing; no pointer of ours is 0
//   HARTS          one block of HART_SIZE bytes for each hart
//   ACCESSIBLE     a byte for each page of the memory window
//   RECORDS        pages of pre-decoded instructions, one for each page of guest code met
//   RAM            the guest's memory regions, one after the other

export const PAGE = 4096;
/** Where the first hart's block starts. */
export const HARTS = 0x10000;
export const HART_SIZE = 0x4000;
export const MAX_HARTS = 64;
/**
 * For each page of the memory window what translated code may do there without
 * asking: the bits of READ, WRITE and EXECUTE (translation.ts).
 */
export const ACCESSIBLE = 0x180000;
/**
 * Where pages of pre-decoded instructions start. Between, there are zeroes: translated code turns a misaligned
 * address into a page number of up to 23 bits.
 */
export const RECORDS = 0xa00000;
/** Pages of records that fit; when a guest has run more code than that, all are thrown away. */
export const RECORD_PAGES = 1024;
/** Where guest memory starts. */
export const RAM = 0x2c00000;

// A hart's block. Offsets from its start; registers have 64 bits each on every
// machine, of which RV32 uses the low half of the integer ones.
export const X = 0;
export const F = 256;
/** What is written to x0 goes here. */
export const SINK = 512;
export const PC = 520;
/** Instructions that the engine may still retire before it comes back (i32). */
export const FUEL = 528;
/** Accrued exceptions of floating point (u32), and the rounding mode (u32). */
export const FFLAGS = 532;
export const FRM = 536;
/** Not 0: floating-point instructions are illegal (mstatus.FS is off) (u32). */
export const FP_OFF = 540;
/** The exception that the engine met: cause as in mcause (u32) and value as in mtval (u64). */
export const CAUSE = 544;
export const TVAL = 552;
/** The address that load-reserved reserved (u64), and whether there is one (u32). */
export const RESERVED = 560;
export const HAS_RESERVATION = 568;
/** Engines ignore hot code and regions while this is not 0 (u32). */
export const PRECISE = 572;
/** Operands and results of what is done by TypeScript: four u64. */
export const SCRATCH = 576;
/** Set to 1 by a floating-point instruction that changed a register: mstatus.FS becomes dirty (u32). */
export const FP_DIRTY = 608;
/** The record of the instruction that the engine stopped at (u32). */
export const RECORD_AT = 612;
/** How deep translated functions may still call each other (i32). */
export const DEPTH = 616;
/** Jump targets that were counted this often stop the interpreter (i32). */
export const HOT_LIMIT = 620;
/** How the jump went that made the interpreter stop at hot code: 1 backward, 2 a call, 4 another indirect jump (i32). */
export const HOT_KIND = 636;
/** The indirect jump that a translated function left by, as its number (i32); 0: another way. */
export const EXIT_SITE = 640;
/** Address of an access that TypeScript is to do (u64). */
export const ADDRESS = 648;
/** Control and status registers that are storage only, by their index in `csrs.ts`: 64 of u64. */
export const CSRS = 1024;
/** Two records for an instruction that straddles pages, with what follows it. */
export const STRADDLE = 2048;

/**
 * Translations of data addresses: TLB_ENTRIES of 32 bytes, chosen by the page
 * number's low bits. The page's address for reading (u64), for writing (u64),
 * or all ones; what to add to an address's low 32 bits to get its place here (u32).
 */
export const TLB = 0x1000;
export const TLB_ENTRIES = 256;
export const TLB_READ = 0;
export const TLB_WRITE = 8;
export const TLB_ADD = 16;

/** Translations of instruction addresses: ITLB_ENTRIES of 16 bytes: the page's address (u64), its page of records (u32). */
export const ITLB = 0x3000;
export const ITLB_ENTRIES = 64;

// A pre-decoded instruction: 16 bytes for each 2 bytes of guest code.
/** What it does: the handler's number (u16). 0: not decoded yet. */
export const R_OP = 0;
/** Offsets of registers in the hart's block (u16 each). */
export const R_RD = 2;
export const R_RS1 = 4;
export const R_RS2 = 6;
/** The constant operand (i32). */
export const R_IMM = 8;
/** rs3's offset divided by 8 (u8). */
export const R_RS3 = 12;
/** Eight times the instruction's length, in the bits 0x30, and a rounding mode or another small operand in the low ones (u8). */
export const R_LENGTH = 13;
/** How often it was jumped to (u16). */
export const R_COUNT = 14;
export const RECORD = 16;
/** A page of records has two more than the page has parcels: they lead to the next page. */
export const RECORD_PAGE = (PAGE / 2 + 2) * RECORD;
