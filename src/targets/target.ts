import type { Report } from "../diagnostics/index.ts";
import type { Kernels } from "../kernels/index.ts";
import type { DynamicFacts, ImageLayout, LinkModel, SectionId, SymbolId } from "../model/index.ts";

/** What relocating a section may look at: every address is final. */
export interface RelocateContext {
  readonly model: LinkModel;
  readonly layout: ImageLayout;
  readonly target: Target;
  readonly report: Report;
  /** Rows of the tables that hold the entries of `NeedTable`; 0 where there is none. */
  readonly got: SectionId;
  readonly gotPlt: SectionId;
  readonly iplt: SectionId;
  readonly igotPlt: SectionId;
  /** How a message about a place in a section begins for GNU ld, with the source line where it is known. */
  gnuPlace?(section: SectionId, offset: number): string;
}

/** A form of IFUNC stubs. */
export interface IpltStubs {
  /** In bytes. */
  readonly entrySize: number;
  /** Writes stub number `index`, which is at `address` and jumps through the word at `slot`. */
  write(out: Uint8Array, at: number, address: bigint, slot: bigint, index: number, gotBase: bigint): void;
}

/** A section that GNU ld always makes. */
export interface EmptySection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly alignPower: number;
}

/** What symbols that the script assigns are worth in the middle of a walk. */
export interface ScriptValues {
  /** `output`: the number of the output section it is relative to, -1 for none. */
  scriptValue(symbol: SymbolId): { readonly address: bigint; readonly output: number } | undefined;
}

/**
 * Shortens instructions while addresses are assigned: GNU ld relaxes each
 * section just before it looks at its size, when what comes before has its new
 * address already and what comes after its old one, and which jumps become
 * short depends on that. `while (relaxer.begin()) draftAddresses(…, relaxer)`.
 */
export interface Relaxer {
  /** Prepares for the next addresses; false: there is nothing more to do. */
  begin(): boolean;
  /** A walk starts; `sections.output` numbers `outputs`, which say what the walk before made of them. */
  startWalk(outputs: readonly WalkedOutput[], values: ScriptValues): void;
  /** Output section number `output` starts at `address` in this walk. */
  enter(output: number, address: bigint): void;
  /** An input section is about to be sized: sets its `sections.size` and the values of its symbols. */
  visit(section: SectionId): void;
  /** Visits each of `rows` and places it behind the one before; returns where the last ends. */
  visitRows(rows: Int32Array, place: PlacedRows): number;
}

/** How the kernel `placeRows` (src/kernels/assembly/layout.ts) places sections. */
export interface PlacedRows {
  /** The offset in the output section from which on, and the address of that section modulo 2^32. */
  readonly at: number;
  readonly low: number;
  /** Of columns, or 0: the block of the sections, what is merged, and what else is as if it were not there. */
  readonly sections: number;
  readonly merged: number;
  readonly empty: number;
  /** Where the greatest power of an alignment goes. */
  readonly power: Int32Array;
}

/** What a walk over the output knows of an output section when it starts. */
export interface WalkedOutput {
  readonly address: bigint;
  readonly alignPower: number;
  readonly code: boolean;
  readonly threadLocal: boolean;
}

/** A relocation that was changed; `offset` is one of the input section. */
export interface KeptRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: SymbolId;
  readonly addend: bigint;
}

export type KeptRelocations = (index: number) => KeptRelocation | undefined;

/** A form of procedure linkage tables: sizes in bytes, and what writes them. Addresses are final. */
export interface PltForm {
  readonly headerSize: number;
  readonly entrySize: number;
  /** Entries that jump through the GOT without a way back into the loader: .plt.got, and .plt.sec where there is one. */
  readonly directSize: number;
  /** In a position-independent executable, too, a function's address is its stub's. */
  readonly canonicalInPie: boolean;
  /** Whether calls go to .plt.sec. */
  readonly second: boolean;
  header(out: Uint8Array, address: bigint, gotPlt: bigint): void;
  /** `slot` is the word of .got.plt, `index` the number of its relocation; without `plt`, nothing leads to the header. */
  entry(
    out: Uint8Array,
    at: number,
    address: bigint,
    slot: bigint,
    index: number,
    plt: bigint | undefined,
    gotPlt: bigint,
  ): void;
  direct(out: Uint8Array, at: number, address: bigint, slot: bigint, gotPlt: bigint): void;
  /** What the word of an entry holds before the loader sets it. */
  slotValue(address: bigint, plt: bigint): bigint;
  /** The unwind table of .plt (false) or of the others (true), as it is in an object: its code is at `address`. */
  unwind?(direct: boolean, size: number): Uint8Array;
}

/** What a target's dynamic executables need. */
export interface DynamicTarget {
  readonly facts: DynamicFacts;
  /** GNU ld makes the GOT's sections before the PLT's. */
  readonly gotFirst?: boolean;
  /** What GNU ld takes for an interpreter where the command line names none. */
  readonly interpreter: string;
  /** Numbers of relocations that only the loader sees. */
  readonly relocations: {
    readonly address: number;
    readonly copy: number;
    readonly globDat: number;
    readonly jumpSlot: number;
    readonly tlsOffset: number;
    readonly tlsModule: number;
    readonly tlsModuleOffset: number;
  };
  /** Forms of the PLT; `marked`: all objects are for Indirect Branch Tracking. */
  plt(marked: boolean, pic: boolean): PltForm;
  /** Notes what the relocations of a live section need from the loader. */
  scan(model: LinkModel, section: SectionId, report: Report): void;
}

/** How most sections are written: by a kernel (src/kernels/assembly/write.ts), to which link/ has given the columns. */
export interface WritingKernel {
  /** It leaves out what `deletions` say. */
  readonly doesDeletions: boolean;
  /** It writes what is left of unwind records. */
  readonly doesFrames?: boolean;
  /** `work` is the address of what it has to know. */
  run(kernels: Kernels, work: number): void;
  /** Adds what it has to know about this target. */
  prepare?(context: RelocateContext, work: Int32Array): void;
  /**
   * Applies a relocation that it left, the entry at `entry` of the object, to the section's bytes at `at` of `out`.
   * False: there is nothing more to read in this section.
   */
  relocateLeft?(
    context: RelocateContext,
    section: SectionId,
    entry: number,
    out: Uint8Array,
    at: number,
  ): boolean;
}

/**
 * All that differs between architectures. The passes ask this and never compare
 * a machine. `relocate` is the hot loop over the relocations of a section, so each
 * target has its own, with one flat switch on the type.
 */
export interface Target {
  /** As in messages: `riscv`, `x86-64`, `i386`. */
  readonly name: string;
  /** e_machine. */
  readonly machine: number;
  readonly is64: boolean;
  /** GNU ld for it looks for shared objects where the loader of this system does. */
  readonly isNative?: boolean;
  /** 8 or 4: a GOT entry. */
  readonly wordSize: number;
  /** The emulations (`-m`) of this target, the first its own; and BFD's names for OUTPUT_FORMAT and OUTPUT_ARCH. */
  readonly emulations: readonly string[];
  readonly bfdName: string;
  /** What OUTPUT_ARCH may say, in small letters. */
  readonly archNames: readonly string[];
  readonly bfdArch: string;
  /** SHT_RELA (true) or SHT_REL. */
  readonly rela: boolean;
  readonly maxPageSize: bigint;
  readonly commonPageSize: bigint;
  /** Where LLD puts the image without a script; absent: at 0x10000. */
  readonly lldImageBase?: bigint;
  /** What GNU ld takes for -z separate-code when the command line says nothing; absent: no. */
  readonly separateCode?: boolean;
  /**
   * Sections that GNU ld makes in the first object of every link and drops when nothing needs them. Before
   * that they count as sections: orphans look for their like among them.
   */
  readonly emptySections?: readonly EmptySection[];
  /** Relocations for which GNU ld makes a table for the loader where a symbol is open: see link/loader-tables.ts. */
  readonly loaderTypes?: ReadonlySet<number>;
  /** GNU ld writes one section symbol for each output section on some machines (RISC-V), on others none (x86). */
  readonly sectionSymbols: boolean;
  /** Which local labels (`.L…`) do not reach the symbol table by default. */
  readonly dropLocalLabels: "merge" | "yes";
  /** An object without .note.GNU-stack asks for an executable stack (x86). */
  readonly defaultExecStack?: boolean;
  /** GNU ld -r leaves .eh_frame as it is (RISC-V: relaxation is still to come). */
  readonly keepsEhFrameInObjects?: boolean;
  /** Whose rules merge the processor's properties in .note.gnu.property; absent: it has none. */
  readonly processorProperties?: "x86";
  /** Bytes that fill gaps in code, as GNU ld's; the result has `length` bytes. */
  fillCode(length: number): Uint8Array;
  /** What LLD fills gaps in code with; absent: zeros. */
  readonly trapByte?: number;
  /** `R_RISCV_CALL_PLT`, or `unknown (250)`. */
  relocationName(type: number): string;

  /** What scanning has to do about each type of relocation in this link, a value of `Asks` by type. */
  scanKinds(model: LinkModel): Uint8Array;
  /**
   * Adds what a relocation of a live section needs to `model.needs`: entry `entry` of a table, which is of a type
   * to look at, or is damaged. Returns the entry to go on with.
   */
  scan(model: LinkModel, section: SectionId, entry: number, report: Report): number;
  /**
   * Applies the relocations of a section to its bytes, which are at `at` of
   * `out` with their deletions already done.
   */
  relocate(context: RelocateContext, section: SectionId, out: Uint8Array, at: number): void;
  /** Does the same for most sections, with the copying; absent: there is none. */
  readonly writing?: WritingKernel;
  /** Lets go of the link that `relocate` saw last: its scratch records live as long as the program. */
  release(): void;
  /** Whether anything may become shorter; absent: it may not. */
  mayShrink?(model: LinkModel): boolean;
  /**
   * Begins to shorten instructions; `maxAlignment` is the greatest of a section of the output. Absent: the target has no
   * relaxation that changes sizes.
   */
  startRelaxation?(model: LinkModel, maxAlignment: number, report: Report): Relaxer;

  /**
   * --emit-relocs: what relaxation made of the relocations of a section. The
   * result answers for an entry, asked in ascending order; undefined: as in the
   * input. Absent: nothing is changed.
   */
  keptRelocation?(context: RelocateContext, section: SectionId): KeptRelocations | undefined;

  /** Size of one IFUNC stub; 0 header for static links. */
  readonly ipltEntrySize: number;
  /** Writes the stub that jumps through the word at address `slot`. */
  writeIpltEntry(out: Uint8Array, at: number, address: bigint, slot: bigint): void;
  /** What the word of a stub holds in the file, before IRELATIVE is applied: `iplt` is where the stubs start. */
  ipltSlotValue(iplt: bigint, entry: bigint): bigint;
  /** The stubs to use instead when every input is marked for Indirect Branch Tracking (x86). */
  readonly ibtIplt?: IpltStubs;
  /** Stubs of a static PIE, where they cannot be those of an executable (i386). */
  readonly picIplt?: IpltStubs;
  /** LLD's stubs, where they differ from GNU ld's. */
  readonly lldIplt?: IpltStubs;
  /** Under LLD's rules, where no script does it: a symbol at `offset` of an output section (RISC-V's __global_pointer$). */
  readonly globalPointer?: { readonly symbol: string; readonly section: string; readonly offset: number };
  /** GNU ld keeps its own sections with the first object that has relocations; otherwise as x86 does. */
  readonly keepsWithRelocations?: boolean;
  /** The table that _GLOBAL_OFFSET_TABLE_ names the start of. */
  readonly gotSymbol: "got" | "gotPlt";
  /** Words reserved at the start of .got and of .got.plt, as GNU ld reserves them. */
  readonly gotHeaderWords: number;
  readonly gotPltHeaderWords: number;
  /** What GNU ld puts in the first reserved word of .got.plt in a static link; absent: 0. */
  readonly gotPltMark?: bigint;
  /** GNU ld makes hidden symbols that have a word in the GOT local, and no other hidden ones of a static executable. */
  readonly localizesGotSymbols?: boolean;
  /** DT_PLTGOT names .got, not .got.plt. */
  readonly pltGotIsGot?: boolean;
  readonly irelativeType: number;
  /** GNU ld writes the IRELATIVE relocations of stubs from the last to the first (x86). */
  readonly lastIrelativeFirst?: boolean;
  readonly relativeType: number;
  /** What a TLS symbol's address is measured from: x86 counts back from the end of the image, RISC-V forward from its start. */
  readonly tlsVariant: 1 | 2;
  /**
   * Relocations whose next one is a call of __tls_get_addr that is rewritten together with them, so that the function
   * need not exist. Numbers below 32.
   */
  readonly tlsCallTypes?: readonly number[];
  /** Added to offsets from the module's TLS block (RISC-V: -0x800 for DTPREL). */
  readonly dtpOffset: bigint;

  /** GNU ld makes room for relocations of thread-local words of the GOT that a static link never writes: how many. */
  unusedGotRelocations?(model: LinkModel): number;

  /** What dynamic executables need; absent: they are not supported. */
  readonly dynamic?: DynamicTarget;

  /** e_flags of the output; reports objects that cannot be linked together. */
  mergeFlags(model: LinkModel, report: Report): number;
  /** The bytes of the merged attributes section (`.riscv.attributes`) and its type, where the architecture has one. */
  mergeAttributes?(model: LinkModel, report: Report): { type: number; bytes: Uint8Array } | undefined;
}
