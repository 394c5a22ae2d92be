import type { SectionId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/** The index of an object in `LinkModel.objects`; -1 names the linker itself. */
export type ObjectId = number;

/** The file an object came from. */
export interface SourceFile {
  /** As found: `/usr/lib/libc.a`, `main.o`. */
  readonly path: string;
  /** As given: `-lc`, `main.o`. */
  readonly given: string;
  /** The archive member, where it is one. */
  readonly member?: string;
  /** Where in the file its bytes are, for who reads them again; absent where that cannot be told. */
  readonly offset?: number;
  /** The file that has its bytes where that is not `path`: a thin archive's member. */
  readonly contents?: string;
}

/** Where in a file a symbol table is, with its strings, how many symbols there are, and how many of them are local. */
export interface SymbolsInFile {
  readonly fileSize: number;
  readonly symtabOffset: number;
  readonly strtabOffset: number;
  readonly strtabSize: number;
  readonly symbolCount: number;
  readonly firstGlobal: number;
}

/**
 * A relocatable object that takes part in the link. Where its tables lie is in bytes from the start of `bytes`, which are
 * those of the file while it is read, and then what is needed of them, moved together where nobody asks for the rest.
 */
export interface InputObject {
  readonly id: ObjectId;
  readonly file: SourceFile;
  /** `libc.a(printf.o)` or `main.o`: how messages name it. */
  readonly name: string;
  /** Where the bytes are in the arena, and how many. */
  readonly address: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly machine: number;
  /** e_flags. */
  readonly flags: number;
  /** Section `i` of the file is row `sectionBase + i`. */
  readonly sectionBase: SectionId;
  readonly sectionCount: number;
  /** ELF symbol index to SymbolId; empty without a symbol table. And where that is in the arena, and how many there are. */
  readonly symbolIds: Int32Array;
  readonly idsAddress: number;
  readonly symbolCount: number;
  /** sh_info of the symbol table: how many symbols are local. */
  readonly firstGlobal: number;
  /** The symbol table of the file where labels that nothing refers to were left out of that in `bytes`. */
  readonly whole?: SymbolsInFile | undefined;
  /** The rows of its local symbols, one after the other in the order of the file. */
  localBase: SymbolId;
  localCount: number;
  /** The symbol table and its string table; of what was moved together only local symbols have names in there. */
  symtabOffset: number;
  strtabOffset: number;
  strtabSize: number;
  /** Not an ELF object: bytes of `-b binary`, or symbols of `-R`. Its flags and attributes count for nothing. */
  readonly foreign?: boolean;
  /** --just-symbols: it gives symbols and nothing else. */
  readonly symbolsOnly?: boolean;
}
