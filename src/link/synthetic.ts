import type { Report } from "../diagnostics/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../model/index.ts";
import type { RelocateContext, Target } from "../targets/index.ts";

/** Rows of the sections that the linker makes; 0 where the output has none. */
export interface SyntheticSections {
  readonly got: SectionId;
  readonly gotPlt: SectionId;
  /** The words that IFUNC stubs jump through: `.igot.plt`. */
  readonly igotPlt: SectionId;
  readonly iplt: SectionId;
  /** IRELATIVE relocations of a static executable. */
  readonly relaIplt: SectionId;
  /** Static PIE: RELATIVE and IRELATIVE relocations, and what the dynamic section points to. */
  readonly relaDyn: SectionId;
  readonly dynamic: SectionId;
  readonly dynsym: SectionId;
  readonly dynstr: SectionId;
  readonly hash: SectionId;
  readonly gnuHash: SectionId;
  readonly ehFrameHdr: SectionId;
  readonly buildId: SectionId;
  /** Symbols that the linker defined; `fillSynthetic` does not move them. */
  readonly symbols: readonly SymbolId[];
}

/** Makes the rows of the sections that hold what `model.needs` asks for. Before placement. */
export declare function createSynthetic(model: LinkModel, target: Target, report: Report): SyntheticSections;

/** Sets the final values of the symbols that the linker defined. After each layout. */
export declare function defineSyntheticSymbols(
  model: LinkModel,
  target: Target,
  synthetic: SyntheticSections,
): void;

/** Writes the contents of the rows, all addresses being final. */
export declare function fillSynthetic(
  context: RelocateContext,
  target: Target,
  synthetic: SyntheticSections,
): void;
