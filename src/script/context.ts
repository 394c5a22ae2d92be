import type { Report, Span } from "../diagnostics/index.ts";
import type { Expression } from "./syntax.ts";

// What the evaluator needs from a link, and what it gives back. The linker's
// layout implements the context; a language server may implement a static one.

/** An output section as far as arithmetic cares: a name, and where it starts now. */
export interface SectionRef {
  readonly name: string;
  readonly address: bigint;
}

/** The section of absolute values. Compare by identity. */
export const absoluteSection: SectionRef = { name: "*ABS*", address: 0n };

/**
 * The value of an expression: an offset in a section. Without a section it is
 * a plain number, which takes the section of whatever it is combined with or
 * assigned in; `absoluteSection` marks a value that is an address already.
 */
export interface Value {
  /** Wrapped to 64 bits, unsigned. */
  readonly value: bigint;
  readonly section: SectionRef | undefined;
}

/**
 * How far the link has come. Expressions are evaluated again in each phase,
 * and only the later ones may insist on an answer.
 *
 * - `first`: while the script is read; only constants have a value.
 * - `mark`: before sizes are known, to find out which sections are needed; nothing is an error.
 * - `allocating`: while sizes and addresses are being assigned.
 * - `assigning`: symbol values between rounds of relaxation.
 * - `final`: every address is settled; what is still unknown is an error.
 * - `fixed`: after the end, for the map and explanations.
 */
export type Phase = "first" | "mark" | "allocating" | "assigning" | "final" | "fixed";

/** What a symbol is when an expression asks for it. */
export type SymbolLookup =
  | {
      readonly kind: "defined";
      /** Offset in `section`. */
      readonly value: bigint;
      /** An output section, or `absoluteSection`. */
      readonly section: SectionRef;
      /** The script assigned it earlier in this pass: it may then refer to itself, when absolute. */
      readonly assignedInThisPass?: boolean;
    }
  /** Defined in an input section that has no place in the output (discarded, or not placed yet). */
  | { readonly kind: "unplaced"; readonly value: bigint; readonly section: SectionRef }
  | { readonly kind: "undefined" };

/** An output section statement when ADDR, LOADADDR, SIZEOF or ALIGNOF ask for it. */
export interface SectionInfo {
  readonly ref: SectionRef;
  /** False until this pass has come by the section; its address is then not yet known. */
  readonly hasAddress: boolean;
  /** Undefined until this pass has come by the section. */
  readonly loadAddress: bigint | undefined;
  /** In bytes, of this pass or else the last one; 0 for a section that does not exist. */
  readonly size: bigint;
  /** In bytes, a power of two; 0 for a section that does not exist. */
  readonly alignment: bigint;
}

/**
 * The progress of DATA_SEGMENT_ALIGN, DATA_SEGMENT_RELRO_END and
 * DATA_SEGMENT_END. Evaluating them goes through `none`, `align-seen`,
 * `relro-seen` and `end-seen`; layout then decides how the segment is to lie
 * and evaluates again in one of the last three states.
 */
export interface DataSegment {
  state: "none" | "align-seen" | "relro-seen" | "end-seen" | "relro-adjust" | "adjust" | "done";
  /** What DATA_SEGMENT_ALIGN gave, or in `relro-adjust` shall give. */
  base: bigint;
  /** What DATA_SEGMENT_END was given. */
  end: bigint;
  /** Offset and end of the part that becomes read-only after relocation. */
  relroOffset: bigint;
  relroEnd: bigint;
  /** The two arguments of DATA_SEGMENT_ALIGN. */
  maxPageSize: bigint;
  commonPageSize: bigint;
  /** The alignment that the end of the read-only part must have. */
  relroPageSize: bigint;
  /** Which of the two expressions was evaluated last: layout notes its place by it. */
  relro: "none" | "start" | "end";
}

/** A data segment of which nothing has been seen. */
export function newDataSegment(): DataSegment {
  return {
    state: "none",
    base: 0n,
    end: 0n,
    relroOffset: 0n,
    relroEnd: 0n,
    maxPageSize: 0n,
    commonPageSize: 0n,
    relroPageSize: 0n,
    relro: "none",
  };
}

/** Everything an expression can refer to. */
export interface ExpressionContext {
  readonly report: Report;
  readonly phase: Phase;
  /** Numbers, and how section and absolute values mix, follow GNU ld or LLD. */
  readonly dialect: "gnu" | "lld";
  /** The location counter as an address. Undefined outside SECTIONS, where it reads as zero. */
  readonly dot: bigint | undefined;
  /** The output section whose statement is being evaluated; `absoluteSection` outside of any. */
  readonly section: SectionRef;
  /** `LD_FEATURE("SANE_EXPR")` was given. */
  readonly saneExpressions: boolean;
  /** `-z relro` is in effect. */
  readonly relro: boolean;
  readonly dataSegment: DataSegment;
  symbol(name: string): SymbolLookup;
  /** DEFINED(name): by an object, or by the script above the place of evaluation. */
  isDefined(name: string): boolean;
  outputSection(name: string): SectionInfo | undefined;
  region(name: string, span: Span): { readonly origin: bigint; readonly length: bigint } | undefined;
  /** CONSTANT(MAXPAGESIZE) and CONSTANT(COMMONPAGESIZE). */
  readonly maxPageSize: bigint;
  readonly commonPageSize: bigint;
  /** The address that `-Ttext`, `-T…-segment` gave a segment such as `text-segment`. */
  segmentStart(name: string): bigint | undefined;
  /** Size of file and program headers; undefined while not known. */
  sizeofHeaders(): bigint | undefined;
  /** Told the value of each node after its operands: the steps of an explanation. */
  trace?(expression: Expression, value: Value): void;
}

/** What is being evaluated, where that matters to the answer. */
export interface EvaluateOptions {
  /** The value becomes the location counter: an undefined symbol is an error in every phase. */
  readonly assigningToDot?: boolean;
  /** The symbol the value is assigned to, to notice that it refers to itself. */
  readonly assigningTo?: string;
}

/** The answer. */
export type Evaluation =
  | ({ readonly state: "known" } & KnownValue)
  /** It refers to what this phase does not know yet. */
  | { readonly state: "unknown"; readonly refersToSelf: boolean }
  /** Reported. */
  | { readonly state: "error" };

export interface KnownValue extends Value {
  /** The value comes from `.`, ORIGIN or SEGMENT_START and was not made absolute since. */
  readonly fromAddress: boolean;
  /** `assigningTo` occurred in the expression (outside DEFINED and branches not taken). */
  readonly refersToSelf: boolean;
  /** The only symbol the value was computed from: an alias takes its type. */
  readonly onlySymbol: string | undefined;
  /** Of an expression that is a hexadecimal literal: its digits, for the length of a fill. */
  readonly digits: string | undefined;
}
