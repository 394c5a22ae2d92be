import type { Report, Span } from "../../diagnostics/index.ts";
import type { Padding, SectionId, SymbolId } from "../../model/index.ts";
import type {
  Ascii,
  Assert,
  Assignment,
  Data,
  Expression,
  Fill,
  InputSections,
  LinkerVersion,
  Name,
  SectionRef,
  SectionType,
  Value,
} from "../../script/index.ts";
import type { LayoutContext } from "../layout/layout-context.ts";
import type { SeveralRegions } from "../layout/several-regions.ts";
import type { ScriptCommands } from "../statements/commands.ts";

// The statement tree: what the script says, with each input section hung below
// the statement that took it. Placement builds it once; layout walks it as
// often as sizes change, and writes its results into it, so that the map and
// `premain why` can show each step. There are hundreds of statements; the
// million input sections are numbers in typed arrays.

/** Result of placement, and the trace of layout. */
export interface Placement {
  /** In the order in which addresses are given out. */
  readonly statements: Statement[];
  /** The output sections among `statements` (not /DISCARD/), in the same order. */
  readonly outputs: OutputStatement[];
  /** The same in the order of their section headers, which is that of their coming into being. */
  readonly headerOrder: OutputStatement[];
  /** The script's ones in the order in which they came into being: INSERT changes that of their headers. */
  readonly made: readonly OutputStatement[];
  /** What GNU ld finds by the name `.text`: of several the one that was made first, wherever INSERT put it. */
  readonly text: OutputStatement | undefined;
  /** The sections of the script in the order in which they were read, which INSERT may have changed; names mean the first. */
  readonly named: readonly OutputStatement[];
  /** All of the script in that order. */
  readonly written: readonly Statement[];
  readonly commands: ScriptCommands;
  /** Input sections that went to /DISCARD/, or are left out for another reason of the script. */
  readonly discarded: SectionId[];
  /** Rows that only GNU ld's habit of making them put here (`Target.emptySections`): they take no room, and no alignment. */
  readonly empty: ReadonlySet<SectionId>;
  /** Sections that a NOCROSSREFS on an overlay forbids to refer to each other. */
  readonly overlayNoCrossRefs: readonly (readonly string[])[];
  /** LLD: symbols that the linker defines by where the image lies. */
  readonly reserved: readonly ReservedSymbol[];
  /** With --enable-non-contiguous-regions: sections may be hung below several statements, until the first walk. */
  readonly several: SeveralRegions | undefined;
  /** Of the last layout: what the next one starts from. */
  layout: LayoutMemory | undefined;
}

/** A symbol such as `_end` that LLD defines for whoever refers to it. */
export interface ReservedSymbol {
  readonly id: SymbolId;
  readonly name: string;
}

/** What layout remembers between its calls, while relaxation shrinks sections. */
export interface LayoutMemory {
  readonly context: LayoutContext;
  /** In bytes; undefined until first asked for. */
  programHeaderSize: number | undefined;
  /** Addresses were assigned while sections could still shrink. */
  drafted: boolean;
  /** Walks that have assigned addresses so far. */
  round: number;
  /** What the first of them said that found a mistake: GNU ld stops there. */
  fatal: Report | undefined;
  /** How many symbols the script had defined by the last draft in which they got their rows. */
  draftSymbols: number;
}

export type Statement = AssignmentStatement | AssertStatement | OutputStatement;

/** Where a statement was met, and what it did to the location counter, in the last pass. */
export interface Step {
  /** The location counter before and after, as addresses. */
  before: bigint;
  after: bigint;
}

export interface AssignmentStatement extends Step {
  readonly kind: "assignment";
  readonly node: Assignment;
  /** What is assigned: of `a += b`, the sum. */
  readonly expression: Expression;
  /** Its value in the last pass; undefined when it was not evaluated (PROVIDE of something unwanted) or not known. */
  value: Value | undefined;
  /** PROVIDE: whether it took effect. */
  provided: boolean;
  /** In the last walk, outside of sections: the value is an address, so the symbol shall belong to a section. */
  fromAddress: boolean;
}

export interface AssertStatement extends Step {
  readonly kind: "assert";
  readonly node: Assert;
}

/** Input sections taken by one pattern statement, in the order of the output. */
export interface InputStatement extends Step {
  readonly kind: "input";
  /** Undefined for orphans and other sections that no statement of the script named. */
  readonly node: InputSections | undefined;
  /** Index in `LinkTrace.rules`. */
  readonly rule: number;
  /** Rows; their places are `sections.outputOffset`. */
  sections: Int32Array;
  /** What the last walk found, good until sizes, order or the address (modulo the largest alignment) change. */
  sized: SizedInputs | undefined;
}

/** Where the sections of a statement ended, and what that depends on. */
export interface SizedInputs {
  readonly version: number;
  readonly rows: Int32Array;
  /** Offsets in the output section. */
  readonly start: number;
  readonly end: number;
  /** log2 of the largest alignment, and the start's address modulo that. */
  readonly power: number;
  readonly phase: number;
}

/** BYTE and the like, ASCIZ, ASCII, LINKER_VERSION. */
export interface DataStatement extends Step {
  readonly kind: "data";
  readonly node: Data | Ascii | LinkerVersion;
  /** In bytes. */
  size: number;
  /** From the start of the output section. */
  offset: number;
  bytes: Uint8Array;
}

export interface FillStatement extends Step {
  readonly kind: "fill";
  readonly node: Fill;
}

/** CREATE_OBJECT_SYMBOLS. */
export interface ObjectSymbolsStatement extends Step {
  readonly kind: "object-symbols";
}

export type ChildStatement =
  | AssignmentStatement
  | AssertStatement
  | InputStatement
  | DataStatement
  | FillStatement
  | ObjectSymbolsStatement;

/** Bits of `OutputStatement.flags`: what BFD knows of a section, from which ELF's flags and type follow. */
export const SectionFlag = {
  alloc: 1,
  load: 2,
  readonly: 4,
  code: 8,
  data: 0x10,
  hasContents: 0x20,
  neverLoad: 0x40,
  threadLocal: 0x80,
  debugging: 0x100,
  exclude: 0x200,
  keep: 0x400,
  merge: 0x800,
  strings: 0x1000,
  smallData: 0x2000,
  group: 0x4000,
} as const;

/** Room that an assignment to the location counter made, in the last pass. (Gaps before input sections are alignment.) */
export interface Pad {
  /** From the start of the output section. */
  readonly offset: number;
  readonly size: number;
  readonly pattern: Uint8Array;
  readonly cause: AssignmentStatement;
}

/** An output section: the script's statement for it, or an orphan's. */
export interface OutputStatement extends Step {
  readonly kind: "output";
  readonly name: string;
  /** The script's words; undefined for orphans. */
  readonly span: Span | undefined;
  readonly children: ChildStatement[];
  phdrs: readonly Name[];

  // What the script says of it.
  address: Expression | undefined;
  loadBase: Expression | undefined;
  readonly align: Expression | undefined;
  readonly subalign: Expression | undefined;
  readonly alignWithInput: boolean;
  readonly type: SectionType | undefined;
  readonly overlay: "none" | "first" | "next";
  readonly fill: Expression | undefined;
  region: Name | undefined;
  loadRegion: Name | undefined;
  /** The load region of the section before, which goes on where the region does. */
  inheritedLoadRegion: Name | undefined;
  /** OVERLAY: evaluated after the last section of it, becomes the location counter. */
  readonly updateDot: Expression | undefined;
  readonly constraint: "ONLY_IF_RO" | "ONLY_IF_RW" | "SPECIAL" | undefined;
  /** ONLY_IF_RO or ONLY_IF_RW did not hold: nothing of it counts. */
  dropped: boolean;

  // What placement found out.
  /** Bits of `SectionFlag` expected of a section that does not exist yet: orphans look for their like. */
  hint: number;
  /** Bits of `SectionFlag`, merged from the inputs and from data statements. */
  flags: number;
  /** Not yet created: nothing in the script or the inputs needed it (GNU ld: no BFD section). */
  exists: boolean;
  /** log2, the largest of the inputs. */
  alignPower: number;
  /** ELF: of the first input section, or of TYPE. */
  elfType: number;
  /** sh_type by TYPE= (where the section has data statements), or 0. */
  scriptType: number;
  dataSetsType: boolean;
  elfFlags: number;
  entsize: number;
  /** The first input section, whose ELF header is taken over; 0 for none. */
  firstInput: SectionId;
  hasInput: boolean;
  isOrphan: boolean;
  /** Made by -Ttext and its like: it belongs to no region, and fills none. */
  isDetached: boolean;
  /** -r: it has a member of a section group, which must stay alone. */
  groupMember: boolean;

  // What layout found out.
  /** As expressions see it: moves with the address. */
  readonly ref: OutputRef;
  loadAddress: bigint;
  /** In bytes. */
  size: number;
  /** Empty and not needed: no part of the output. */
  excluded: boolean;
  /** Excluded, and no symbol or location depends on its place. */
  ignored: boolean;
  /** It assigns symbols, so it has a place even when it is excluded. */
  keepsPlace: boolean;
  /** In a walk: its place in `Placement.outputs`. After it: in `ImageLayout.sections`, or -1. */
  index: number;
  /** The region it is in, by its first name; undefined for the default. */
  regionName: string | undefined;
  loadRegionName: string | undefined;
  pads: Pad[];
  /** What unowned bytes are filled with, by ascending offset; an empty pattern leaves it to the target. */
  fills: Padding[];
  /** Symbols at its start or end, such as `__start_NAME`, or that are its size. */
  readonly edges: { readonly symbol: SymbolId; readonly edge: Edge; readonly offset?: number }[];
}

/** Identity of an output section in values of expressions. */
export interface OutputRef extends SectionRef {
  readonly name: string;
  address: bigint;
  readonly output: OutputStatement;
}

/** What a symbol that the linker defines says of an output section; `number`: nothing, it is its offset alone. */
export type Edge = "start" | "stop" | "size" | "number";
