import type { SectionId, SymbolId } from "../../model/index.ts";

/** The finished .symtab and .strtab of the output. */
export interface SymbolTableImage {
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** sh_info: the number of local symbols, the null symbol included. */
  readonly firstGlobal: number;
  /** .symtab_shndx, when an index does not fit 16 bits. */
  readonly extendedIndices: Uint32Array | undefined;
  /** SymbolId to index in `symtab`, 0 where it is not there; for relocations in the output. */
  readonly indexOf: Int32Array;
  /** Output section to the index of its section symbol, 0 for none. */
  readonly sectionSymbol: Int32Array;
  /** An IFUNC or unique symbol is there: the file's OSABI is GNU. */
  readonly usesGnu: boolean;
}

/** What goes into the table, and in which form. */
export interface SymbolTableOptions {
  /** One STT_SECTION symbol for each output section, as GNU ld writes on RISC-V, and where relocations are kept. */
  readonly sectionSymbols: boolean;
  /** -X is the default: drop local labels (`.L…`). "merge": only those in SHF_MERGE sections. */
  readonly dropLocalLabels: "no" | "merge" | "yes";
  /** Values are offsets in their output sections (-r) instead of addresses. */
  readonly relocatable: boolean;
  /** Header numbers of the output sections; without it they are their positions plus 1. */
  readonly numbers?: Int32Array;
  /** SHT_GROUP sections of the output, to the numbers of their headers. */
  readonly groupNumbers?: ReadonlyMap<SectionId, number>;
  /** Not 0 for local symbols that are written even if their like is not, in that order: relocations in the output refer to them. */
  readonly needed?: Int32Array;
  /** Symbols whose definition was in a discarded copy: GNU ld writes them only where a relocation refers to them. */
  readonly lost?: ReadonlySet<SymbolId>;
  /** With --retain-symbols-file or the like: false drops the name. */
  readonly retain?: (name: string) => boolean;
}
