import { growInt32, growUint8, type NameId, uint8Column } from "../binary/index.ts";
import type { SectionId } from "./sections.ts";
import { type SymbolId, SymbolSection, type SymbolTable } from "./symbols.ts";

/** A shared object that takes part in a link: its table of dynamic symbols, read in place. */
export interface SharedLibrary {
  /** As found, and as messages name it. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly is64: boolean;
  /** What DT_NEEDED says: DT_SONAME, or else the name of the file as it was given. */
  readonly soname: string;
  readonly needed: readonly string[];
  /** DT_RUNPATH, or else DT_RPATH. */
  readonly runpath: readonly string[];
  /** Of the dynamic symbols and their names, in the file. */
  readonly symbolsOffset: number;
  readonly symbolCount: number;
  readonly firstGlobal: number;
  readonly stringsOffset: number;
  readonly stringsEnd: number;
  /** Of the version of each symbol; 0: there are none. */
  readonly versymOffset: number;
  /** Defined versions by number: entry 1 is the library itself. */
  readonly versions: readonly (string | undefined)[];
  /** Whether a defined version is weak. */
  readonly weakVersions: ReadonlySet<number>;
  /** Versions of other libraries by number. */
  readonly imports: ReadonlyMap<number, string>;
  readonly sections: SharedSections;
  /** The name of each symbol; 0 where it was not read. */
  readonly names: Int32Array;
  /** How many global symbols there were when its own were added: for GNU ld's order. */
  readonly globalsBefore: number;
  /** Read because another one needs it, not because the command line names it: it gets no DT_NEEDED. */
  readonly implied: boolean;
}

/** Sections of a shared object by number, columns: what a copy of a variable must know of its home. */
export interface SharedSections {
  readonly alignPower: Uint8Array;
  /** SHF_… bits, without SHF_WRITE where RELRO makes it read-only. */
  readonly flags: Int32Array;
}

/** Bits of `DynamicLink.flags`, by symbol. The names are those that BFD uses for the same facts. */
export const Dyn = {
  /** Some relocatable object, not the linker, defines it. */
  defRegular: 1,
  /** A shared object defines it, and no relocatable one. */
  defDynamic: 2,
  refRegular: 4,
  /** Some reference of a relocatable object is not weak. */
  refStrong: 8,
  /** A shared object refers to it, or defines it too. */
  refDynamic: 16,
  /** It is in .dynsym. */
  dynamic: 32,
  /** It was to be dynamic, but its visibility forbids it. */
  forcedLocal: 64,
  needsPlt: 128,
  /** A call or jump goes through the PLT; a word of the GOT is read. */
  pltReference: 256,
  gotReference: 512,
  /** The word is an offset from the thread pointer. */
  gotTls: 1024,
  /** It is referred to otherwise. */
  nonGotReference: 2048,
  pointerEquality: 4096,
  /** Its contents are copied here from the shared object. */
  needsCopy: 8192,
  /** Weak and undefined: whether a word of the GOT or the PLT keeps it from being 0, and whether code counts on 0. */
  zeroForbidden: 16384,
  zeroWanted: 32768,
  /** Asked for by --dynamic-list or --export-dynamic-symbol. */
  listed: 65536,
  /** Its definition in a shared object is protected. */
  protectedDefinition: 1 << 17,
  /** Pairs of words: general dynamic, and descriptors. */
  gotTlsGd: 1 << 18,
  gotTlsDesc: 1 << 19,
} as const;

/** How GNU ld's rules for dynamic executables differ between targets. */
export interface DynamicFacts {
  /** An undefined weak symbol is 0 for good where references allow it; otherwise the loader always looks for it. */
  readonly zeroWeak: boolean;
  /** Distances to weak symbols that nobody defines are refused in a PIE, and what -z nocopyreloc leaves without a place. */
  readonly refusesDistances?: boolean;
  /** Variables are copied into position-independent executables, too. */
  readonly copiesInPie: boolean;
  /** A global symbol with a word of the GOT is dynamic, wherever it is defined. */
  readonly gotMakesDynamic: boolean;
  /** Words of the GOT that the loader sets are 0 in the file; pointers to dynamic symbols are left to it even here. */
  readonly leavesAll: boolean;
  /** IFUNC symbols have their places behind all others, and their relocations no place of their own. */
  readonly ifuncsLast: boolean;
  /** The address of a stub is the function's address for the loader only where pointers are compared. */
  readonly comparesPointers: boolean;
  /** One section symbol is in .dynsym of a position-independent executable. */
  readonly sectionSymbol: boolean;
  /** Relocations in what is not writable get a warning unless -z notext says otherwise. */
  readonly warnsOfText: boolean;
  /** A section with an empty GOT in it has the GOT's entry size all the same. */
  readonly sizesEmptyGot: boolean;
  /** -z pack-relative-relocs has an effect. */
  readonly packsRelative: boolean;
  /** DT_RELA is there in any case, and DT_RELASZ counts the relocations of stubs. */
  readonly countsStubs: boolean;
  /** Named symbols: of the start of .plt, and one that the loader sets up for IFUNC resolvers. */
  readonly pltSymbol?: string;
  readonly globalPointer?: string;
}

/** Bits of what shared objects say of a name. */
export const Mention = { referred: 1, strongly: 2, defined: 4, hidden: 8 } as const;

/** A relocation that the dynamic loader may have to apply: entry `entry` of the relocations of `section`. */
export interface DynamicRelocations {
  readonly section: number[];
  readonly entry: number[];
  readonly symbol: SymbolId[];
  /** 1 for a PC-relative one. */
  readonly relative: number[];
  /** A value of `Kept`: what the loader does, when that is known. */
  readonly kept: number[];
}

/** What becomes of a relocation that the loader may have to apply; `room`: GNU ld keeps room for one that it never writes. */
export const Kept = { no: 0, symbol: 1, base: 2, resolver: 3, room: 4 } as const;

/**
 * What a link that makes a dynamic executable knows beside its relocatable objects: shared objects, what they define
 * and mention, and of each symbol what the loader will have to do with it.
 */
export class DynamicLink {
  readonly libraries: SharedLibrary[] = [];
  readonly facts: DynamicFacts;
  /** Symbols of .dynsym in the order in which they were found to be dynamic, which is that of .dynstr. */
  readonly recorded = new Set<SymbolId>();
  /** Symbols of the linker's tables, which are absolute in a position-independent executable of some targets. */
  readonly absolute = new Set<SymbolId>();
  /** Section symbols in .dynsym. */
  sectionSymbols = 0;
  /** --gc-sections: sections that are kept for the loader's sake, and with them their output sections. */
  readonly keptSections = new Set<SectionId>();
  /** DF_STATIC_TLS. */
  staticTls = false;
  /** What was in `recorded` when the inputs had been read, and when symbols had been exported. */
  whenRead: readonly SymbolId[] = [];
  whenExported: readonly SymbolId[] = [];
  /** By number of a definition in a shared object, from 1. */
  readonly definitionLibrary: number[] = [0];
  readonly definitionIndex: number[] = [0];
  /** Symbols with a version of their own (`foo@V`), to their definition. */
  readonly bound = new Map<SymbolId, number>();
  /** A weak variable of a shared object, to the strong one at its place. */
  readonly aliasOf = new Map<SymbolId, SymbolId>();
  /** By symbol: bits of `Dyn`. Filled when all inputs are known. */
  flags: Int32Array = new Int32Array(0);
  readonly relocations: DynamicRelocations = { section: [], entry: [], symbol: [], relative: [], kept: [] };
  /** By symbol, -1 for none: offsets in .plt, .plt.got, .plt.sec and .got. */
  plt: Int32Array = new Int32Array(0);
  pltGot: Int32Array = new Int32Array(0);
  pltSecond: Int32Array = new Int32Array(0);
  got: Int32Array = new Int32Array(0);
  /** By symbol with a stub of .plt: the offset of the stub's word in .got.plt. */
  slots: Int32Array = new Int32Array(0);
  /** By symbol: index in .dynsym, 0 for none. */
  index: Int32Array = new Int32Array(0);
  /**
   * By symbol: what a relocation has to do instead of taking the address as it is. 1: nothing where the loader sets the
   * pointer, which is then left as it is in the object; 4: the same of PC-relative fields, too. 2: take the stub's
   * address, the symbol being an IFUNC; 3: that of calls only.
   */
  special: Uint8Array = new Uint8Array(0);
  /** Rows of the tables; 0 where there is none. */
  rows = { plt: 0, pltGot: 0, pltSecond: 0, got: 0, gotPlt: 0 };
  /** Local symbols with a word of the GOT, in order. */
  localGot: SymbolId[] = [];
  /** _GLOBAL_OFFSET_TABLE_ and _DYNAMIC, and whether the first is referred to. */
  gotSymbol: SymbolId = 0;
  dynamicSymbol: SymbolId = 0;
  /** _PROCEDURE_LINKAGE_TABLE_, or 0. */
  pltSymbol: SymbolId = 0;
  gotReferenced = false;
  /** Some relocation for the loader applies to what is not writable. */
  textRelocations = false;
  /** What maps say of the first of them. */
  textNote: string | undefined = undefined;
  private definitions: Int32Array = new Int32Array(1024);
  private mentions: Uint8Array = new Uint8Array(1024);

  constructor(facts: DynamicFacts) {
    this.facts = facts;
  }

  /** The definition of a name in a shared object, 0 for none: the default version, where there are versions. */
  definition(name: NameId): number {
    return name < this.definitions.length ? this.definitions[name] : 0;
  }

  define(name: NameId, library: number, index: number): number {
    if (name >= this.definitions.length) this.definitions = growInt32(this.definitions, name + 1);
    const number = this.definitionLibrary.push(library) - 1;
    this.definitionIndex.push(index);
    this.definitions[name] = number;
    return number;
  }

  /** The definition in a shared object that a symbol is bound to, 0 for none. */
  definitionOf(symbols: SymbolTable, symbol: SymbolId): number {
    if (symbols.section[symbol] !== SymbolSection.undefined) return 0;
    return this.bound.get(symbol) ?? this.definition(symbols.name[symbol]);
  }

  mention(name: NameId): number {
    return name < this.mentions.length ? this.mentions[name] : 0;
  }

  addMention(name: NameId, bits: number): void {
    if (name >= this.mentions.length) this.mentions = growUint8(this.mentions, name + 1);
    this.mentions[name] |= bits;
  }

  /** Makes room for the facts about `count` symbols. */
  prepare(count: number): void {
    const grow = (old: Int32Array, value: number) => {
      const grown = new Int32Array(count).fill(value);
      grown.set(old);
      return grown;
    };
    this.flags = grow(this.flags, 0);
    this.plt = grow(this.plt, -1);
    this.pltGot = grow(this.pltGot, -1);
    this.pltSecond = grow(this.pltSecond, -1);
    this.got = grow(this.got, -1);
    this.slots = grow(this.slots, 0);
    this.index = grow(this.index, 0);
    const special = uint8Column(count);
    special.set(this.special);
    this.special = special;
  }
}
