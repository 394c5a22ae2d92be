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
  bytes: Uint8Array;
  view: DataView;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly machine: number;
  /** e_flags. */
  readonly flags: number;
  /** Section `i` of the file is row `sectionBase + i`. */
  readonly sectionBase: SectionId;
  readonly sectionCount: number;
  /** ELF symbol index to SymbolId; empty without a symbol table. */
  readonly symbolIds: Int32Array;
  /** sh_info of the symbol table: how many symbols are local. */
  readonly firstGlobal: number;
  /** The rows of its local symbols, one after the other in the order of the file; labels that were left out lack them. */
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
