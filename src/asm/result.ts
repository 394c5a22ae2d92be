/**
 * What an assembly gives: the object as data, its bytes, and the listing. The
 * listing ties each statement to the bytes that came of it.
 */
export interface AssembledSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly entrySize: number;
  /** In bytes. */
  readonly alignment: number;
  readonly size: number;
  /** Empty for NOBITS. */
  readonly contents: Uint8Array;
  readonly relocations: readonly AssembledRelocation[];
}

export interface AssembledRelocation {
  readonly offset: number;
  /** R_RISCV_*. */
  readonly type: number;
  /** Index into `AssembledObject.symbols`; 0 is no symbol. */
  readonly symbol: number;
  readonly addend: bigint;
}

export interface AssembledSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** STT_*, STB_*, st_other. */
  readonly type: number;
  readonly binding: number;
  readonly other: number;
  /** Name of its section, or which of ELF's special ones. */
  readonly section:
    | { readonly kind: "section"; readonly index: number }
    | { readonly kind: "undefined" | "absolute" | "common" };
}

/** One statement that made bytes, or none. Rows are in the order of reading. */
export interface ListingRow {
  /** The file and line of the statement as the source calls them. */
  readonly file: string;
  readonly line: number;
  /** Nesting of macro expansions; 0 in a file. */
  readonly depth: number;
  /** The statement's text: a line of the file or of the expansion. */
  readonly text: string;
  /** Index into `AssembledObject.sections`, or -1. */
  readonly section: number;
  /** Address in the section, and bytes from there. */
  readonly address: number;
  readonly length: number;
  /** Where the outermost text stands that the statement is of: the file as it was opened, its line, and its logical place. */
  readonly origin: ListingOrigin;
  /** A number that only statements on one line have in common; a line read again has another. */
  readonly place: number;
  /** How many expansions and repetitions it is in. */
  readonly nesting: number;
  /** What the statement says about the listing itself. */
  readonly edict?: ListingEdict;
  /** The line that `.loc` gave, if the statement is one. */
  readonly source?: { readonly file: string; readonly line: number };
}

/** .title, .sbttl, .eject, .list and .nolist. */
export type ListingEdict =
  | { readonly kind: "title" | "subtitle"; readonly text: string }
  | { readonly kind: "eject" | "list" | "nolist" };

/** A line of a file: as the file was opened, and as line markers call it. */
export interface ListingOrigin {
  readonly file: string;
  readonly line: number;
  readonly logicalFile: string;
  readonly logicalLine: number;
}

/** Lines that a condition left out: those between two lines. */
export interface ListingSkip {
  readonly from: ListingOrigin;
  readonly to: ListingOrigin | undefined;
}

/** Where a symbol of the listing's table was defined. */
export interface ListingSymbol {
  readonly name: string;
  readonly section: string;
  readonly value: bigint;
  /** Index into the rows, or -1. */
  readonly row: number;
}

export interface AssembledObject {
  readonly xlen: 32 | 64;
  /** ELF e_flags. */
  readonly flags: number;
  readonly sections: readonly AssembledSection[];
  /** In .symtab's order; [0] is the null symbol. */
  readonly symbols: readonly AssembledSymbol[];
  readonly listing: readonly ListingRow[];
  readonly listingSkips: readonly ListingSkip[];
  /** Lines and columns of a page, if .psize said so; 0 lines is no pages. */
  readonly listingPage: { readonly lines?: number; readonly columns?: number };
  /** Symbols with their definitions, for listings; in the order of their making. */
  readonly listingSymbols: readonly ListingSymbol[];
  /** Every file read, in order: for -MD. */
  readonly files: readonly string[];
  /** The ELF file. */
  readonly bytes: Uint8Array;
}
