import { fromHalves, type NameId, uint8Column } from "../../binary/index.ts";
import { Report, type Span } from "../../diagnostics/index.ts";
import { Fate, type LinkModel, SymbolFlag, type SymbolId, SymbolSection } from "../../model/index.ts";
import {
  absoluteSection,
  type DataSegment,
  type Expression,
  type ExpressionContext,
  type KnownValue,
  newDataSegment,
  type Phase,
  type SectionInfo,
  type SectionRef,
  type SymbolLookup,
  type Value,
} from "../../script/index.ts";
import type { ScriptValues, Target } from "../../targets/index.ts";
import type { AssignmentStatement, OutputStatement, Placement, Statement } from "../place/placement.ts";
import { wrappedName } from "../symbols/resolve.ts";
import { Regions } from "./regions.ts";

/** A symbol that the script has given a value. */
export interface ScriptSymbol {
  value: bigint;
  section: SectionRef;
  /** The walk over the statements that assigned it last. */
  iteration: number;
  /** It has the value of another symbol, and so its type: that one's name. */
  alias: string | undefined;
  /** An object defines it too, and the script overrides it. */
  readonly byObject: boolean;
  /** Came from `.` outside of sections: it will be made relative to this section. */
  home: SectionRef | undefined;
  hidden: boolean;
}

/** Progress of the walk over output sections, which ADDR and SIZEOF ask for. */
interface Processed {
  address: boolean;
  load: boolean;
  /** The size that the walk before found. */
  lastSize: number;
}

/**
 * All that expressions can ask for during layout. One object serves all
 * evaluations; `dot`, `section` and `phase` are set before each.
 */
export class LayoutContext implements ExpressionContext, ScriptValues {
  readonly model: LinkModel;
  readonly placement: Placement;
  readonly regions: Regions;
  report: Report = new Report();
  /** Sections that alignment moved, for every walk, the first ones of a relaxation included; what only the first walk says. */
  aboutMoves: Report = new Report();
  phase: Phase = "first";
  readonly dialect: "gnu" | "lld";
  dot: bigint | undefined = undefined;
  section: SectionRef = absoluteSection;
  readonly saneExpressions: boolean;
  /** -z relro, and there is something to make read-only. */
  relro: boolean;
  /** The statements with DATA_SEGMENT_ALIGN and DATA_SEGMENT_RELRO_END. */
  relroStartStatement: Statement | undefined;
  relroEndStatement: Statement | undefined;
  /** The part of the image that becomes read-only after relocation. */
  relroStart = 0n;
  relroEnd = 0n;
  dataSegment: DataSegment = newDataSegment();
  readonly maxPageSize: bigint;
  readonly commonPageSize: bigint;
  /** Counts walks over the statements. */
  iteration = 0;
  /** Counts calls of layout: between two, sizes of input sections may change. */
  sizesVersion = 0;
  /** `Placement.empty` as a column, where there are any. */
  readonly emptyRows: Uint8Array | undefined;
  readonly symbols = new Map<string, ScriptSymbol>();
  /** What expressions asked for in vain: a PROVIDE of it is wanted. */
  readonly wanted = new Set<string>();
  readonly processed = new Map<OutputStatement, Processed>();
  private readonly is64: boolean;
  private readonly byName = new Map<string, OutputStatement>();
  /** Names that were looked up and found: each walk asks for the same ones. */
  private readonly nameIds = new Map<string, NameId>();
  /** ELF header and program headers, in bytes; undefined: not known yet. */
  headersSize: () => bigint = () => 0n;
  /** SIZEOF_HEADERS was asked for: room for the headers is meant to be left. */
  usesHeaders = false;
  /** Sections past an assignment to a symbol named `end`, once somebody has asked for them. */
  afterEnd: ReadonlySet<OutputStatement> | undefined = undefined;
  readonly usedSegments = new Set<string>();
  /** Assignments that moved the location counter backwards already when sections were only looked at. */
  readonly movedBack = new Set<Statement | AssignmentStatement>();
  /** Set while an explanation is made. */
  trace: ((expression: Expression, value: Value) => void) | undefined = undefined;

  constructor(model: LinkModel, placement: Placement, target: Target, report: Report) {
    const { options } = model;
    this.model = model;
    this.is64 = target.is64;
    if (placement.empty.size > 0) this.emptyRows = uint8Column(model.sections.count);
    for (const row of placement.empty) if (this.emptyRows) this.emptyRows[row] = 1;
    this.placement = placement;
    this.dialect = options.compat;
    this.saneExpressions = placement.commands.saneExpressions;
    this.relro = options.relro && options.kind !== "relocatable";
    const unpaged = options.compat === "lld" && (options.omagic || options.nmagic);
    this.maxPageSize = unpaged ? 1n : (options.maxPageSize ?? target.maxPageSize);
    this.commonPageSize = options.commonPageSize ?? min(target.commonPageSize, this.maxPageSize);
    this.regions = new Regions(placement.commands, report, options.compat);
    // Of two sections of a name the script's is meant, and the first of those.
    for (const output of [...placement.named, ...placement.outputs]) {
      if (!output.dropped && !this.byName.has(output.name)) this.byName.set(output.name, output);
      this.processed.set(output, { address: false, load: false, lastSize: 0 });
    }
  }

  /** An address as GNU ld prints it: with all of its digits. */
  formatAddress(address: bigint): string {
    return this.is64
      ? address.toString(16).padStart(16, "0")
      : BigInt.asUintN(32, address).toString(16).padStart(8, "0");
  }

  /** Sets where the next expression stands. */
  at(dot: bigint | undefined, section: SectionRef = absoluteSection): this {
    this.dot = dot;
    this.section = section;
    return this;
  }

  symbol(text: string): SymbolLookup {
    const name = wrappedName(this.model.options, text);
    const own = this.symbols.get(name);
    if (own) {
      const { value, section } = own;
      const assignedInThisPass = own.iteration === this.iteration;
      return { kind: "defined", value, section, assignedInThisPass };
    }
    const found = this.objectSymbol(name);
    if (found.kind === "undefined") this.wanted.add(name);
    return found;
  }

  private objectSymbol(name: string): SymbolLookup {
    const { names, symbols, sections } = this.model;
    const id = this.idOf(name);
    if (id === 0) return { kind: "undefined" };
    const section = symbols.section[id];
    const value = fromHalves(symbols.valueLow[id], symbols.valueHigh[id]);
    if (section === SymbolSection.absolute) return { kind: "defined", value, section: absoluteSection };
    if (section <= 0) return { kind: "undefined" };
    const output = this.outputOf(section);
    if (!output) {
      // What --gc-sections or /DISCARD/ left out counts as a number for GNU ld.
      const left = sections.fate[section] !== Fate.kept && this.dialect === "gnu";
      if (left) return { kind: "defined", value, section: absoluteSection };
      return { kind: "unplaced", value, section: { name: names.text(sections.name[section]), address: 0n } };
    }
    const offset = BigInt(sections.outputOffset[section]);
    return { kind: "defined", value: BigInt.asUintN(64, value + offset), section: output.ref };
  }

  /** The row of a global name. */
  private idOf(name: string): SymbolId {
    const { names, symbols } = this.model;
    let id = this.nameIds.get(name);
    if (id === undefined) {
      id = names.find(name);
      if (id < 0) return 0;
      this.nameIds.set(name, id);
    }
    return symbols.global(id);
  }

  /** The output section of an input section that has its place. */
  outputOf(section: number): OutputStatement | undefined {
    const index = this.model.sections.output[section];
    return index < 0 ? undefined : this.numbered[index];
  }

  /** For relaxation: what the walk has made of a symbol so far. */
  scriptValue(symbol: SymbolId): { address: bigint; output: number } | undefined {
    const { names, symbols } = this.model;
    const own = this.symbols.get(names.text(symbols.name[symbol]));
    if (!own) return this.edgeValue(symbol);
    const home = own.home ?? own.section;
    const output = this.placement.outputs.findIndex((each) => each.ref === home);
    return { address: BigInt.asUintN(64, own.value + own.section.address), output };
  }

  /** The same of `__start_NAME` and `__stop_NAME`. */
  private edgeValue(symbol: SymbolId): { address: bigint; output: number } | undefined {
    for (const [index, output] of this.placement.outputs.entries())
      for (const entry of output.edges) {
        if (entry.symbol !== symbol || entry.edge === "number" || entry.edge === "size") continue;
        const end = entry.edge === "stop" ? BigInt(output.size) : 0n;
        return { address: output.ref.address + BigInt(entry.offset ?? 0) + end, output: index };
      }
    return undefined;
  }

  /** The output sections by what `sections.output` holds at the moment. */
  numbered: readonly OutputStatement[] = [];

  isDefined(text: string): boolean {
    const name = wrappedName(this.model.options, text);
    const own = this.symbols.get(name);
    if (own) return own.byObject || this.dialect === "lld" || own.iteration === this.iteration;
    const { symbols } = this.model;
    const id = this.idOf(name);
    if (id === 0) return false;
    const section = symbols.section[id];
    return section > 0 || section === SymbolSection.absolute || section === SymbolSection.common;
  }

  /** Whether PROVIDE(name) is to take effect: somebody refers to it, and no object defines it. */
  isWanted(name: string): boolean {
    if (this.symbols.has(name)) return false;
    const { symbols } = this.model;
    const id = this.idOf(name);
    if (id === 0) return this.wanted.has(name);
    const section = symbols.section[id];
    if (section !== SymbolSection.undefined && section !== SymbolSection.script) return false;
    const referenced = SymbolFlag.referenced | SymbolFlag.provided;
    return (symbols.flags[id] & referenced) !== 0 || this.wanted.has(name);
  }

  /** Gives a symbol a value; with `value` undefined only a new symbol is made, as zero. */
  assign(name: string, value: KnownValue | undefined, hidden: boolean): void {
    let own = this.symbols.get(name);
    if (!value) {
      if (own || !this.isNew(name)) return;
    }
    const section = value?.section ?? this.section;
    if (!own) {
      const byObject = this.objectSymbol(name).kind !== "undefined";
      own = {
        value: 0n,
        section,
        iteration: 0,
        alias: undefined,
        byObject,
        home: undefined,
        hidden,
      };
      this.symbols.set(name, own);
    }
    own.value = value?.value ?? 0n;
    own.section = section;
    own.iteration = this.iteration;
    // A type once taken over stays.
    const alias = value?.onlySymbol;
    if (alias !== undefined && alias !== name) own.alias = wrappedName(this.model.options, alias);
    own.home = undefined;
    own.hidden ||= hidden;
  }

  /** Whether nobody has asked for a symbol that is assigned, as far as the script was read. */
  private isNew(name: string): boolean {
    const { symbols } = this.model;
    const id = this.idOf(name);
    if (this.wanted.has(name)) return false;
    if (id === 0) return true;
    if (symbols.section[id] !== SymbolSection.script || this.model.overridden.has(id)) return false;
    if (this.phase === "first") return symbols.object[id] < 0;
    return (symbols.flags[id] & SymbolFlag.referenced) === 0;
  }

  find(name: string): OutputStatement | undefined {
    return this.byName.get(name);
  }

  outputSection(name: string): SectionInfo | undefined {
    const output = this.byName.get(name);
    if (!output) return undefined;
    const state = this.processed.get(output) as Processed;
    const size = state.address ? output.size : state.lastSize;
    return {
      ref: output.ref,
      hasAddress: state.address,
      loadAddress: state.load ? output.loadAddress : undefined,
      size: output.exists ? BigInt(size) : 0n,
      alignment: output.exists ? 1n << BigInt(output.alignPower) : 0n,
    };
  }

  /** For GNU ld a region that is only asked about is declared by that, with a warning. */
  region(name: string, span: Span): { readonly origin: bigint; readonly length: bigint } | undefined {
    if (this.model.options.compat === "gnu") return this.regions.named(name, span);
    return this.regions.find(name);
  }

  segmentStart(name: string): bigint | undefined {
    this.usedSegments.add(name);
    const { segmentStarts, sectionStarts } = this.model.options;
    return segmentStarts.get(name) ?? sectionStarts.get(`.${name}`);
  }

  sizeofHeaders(): bigint | undefined {
    this.usesHeaders = true;
    return this.phase === "mark" ? 0n : this.headersSize();
  }

  /** Before a walk: no section has been passed, and sizes count as those of the walk before. */
  resetSections(): void {
    this.processed.forEach((state, output) => {
      state.address = false;
      state.load = false;
      state.lastSize = output.size;
      output.size = 0;
    });
  }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
