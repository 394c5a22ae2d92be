import { float64Column, int32Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import * as F from "../../kernels/assembly/parts/relax-fields.ts";
import { DeletedRanges, type LinkModel, type SectionId, sectionName } from "../../model/index.ts";
import type { PlacedRows, Relaxer, ScriptValues, WalkedOutput } from "../target.ts";
import { type Candidates, Decision, findCandidates, Kind } from "./relax-candidates.ts";
import { View } from "./relax-decide.ts";
import { RelaxWork } from "./relax-work.ts";

// Relaxation. RISC-V compilers emit the long form of every address (auipc and
// jalr for a call) and mark it with R_RISCV_RELAX; the linker, which knows the
// distances, takes the short form where it reaches. As code shrinks more comes
// into reach, so it goes in walks over the output:
//
//   shorten   again and again until a walk finds nothing
//   align     once: deletes what is too much of the padding that the assembler put in for .align
//
// The padding stays at its greatest until the end, so that code only ever
// moves together. A section is shortened just before the walk sizes it, when
// the sections before it have their new addresses and those behind it the ones
// of the walk before. A call back therefore looks longer than it is, and once
// it is a jal it does not become a c.jal any more: GNU ld's sizes follow from
// that, so ours are taken at the same moments.
//
// Bytes are not moved here: a decision for each relocation says what became of
// it, the deleted ranges follow from the decisions, and the copy to the output
// leaves them out. What changes is the sections' sizes and the symbols, whose
// values are computed from the original ones each time (a kernel does so).

/** What relaxation knows of a link, for relocation. */
export interface Relaxation {
  readonly candidates: Candidates;
  /** Once all is decided. */
  ranges: DeletedRanges | undefined;
}

const relaxations = new WeakMap<LinkModel, Relaxation>();

/** What relaxation decided, for `relocate`. */
export function relaxationOf(model: LinkModel): Relaxation | undefined {
  return relaxations.get(model);
}

/** See `Target.startRelaxation`. */
export function startRelaxation(model: LinkModel, maxAlignment: number, report: Report): Relaxer {
  const work = new RelaxWork(model);
  const candidates = findCandidates(model, work, model.options.relax);
  const originalSize = float64Column(candidates.sectionCount);
  for (let i = 0; i < candidates.sectionCount; i++)
    originalSize[i] = model.sections.size[candidates.sections[i]];
  work.prepare(candidates);
  work.column(F.ORIGINAL_SIZE, originalSize);
  work.groupSymbols(model, candidates);
  const state: Relaxation = { candidates, ranges: undefined };
  relaxations.set(model, state);
  return new Walker(model, state, maxAlignment, work, report);
}

class Walker implements Relaxer {
  private readonly model: LinkModel;
  private readonly state: Relaxation;
  private readonly candidates: Candidates;
  private readonly maxAlignment: number;
  private readonly work: RelaxWork;
  private readonly report: Report;
  private view: View | undefined;
  private stage: "start" | "shorten" | "align" = "start";
  private shrank = false;

  constructor(model: LinkModel, state: Relaxation, maxAlignment: number, work: RelaxWork, report: Report) {
    this.model = model;
    this.state = state;
    this.candidates = state.candidates;
    this.maxAlignment = maxAlignment;
    this.work = work;
    this.report = report;
  }

  begin(): boolean {
    const { candidates } = this;
    if (candidates.count === 0) return false;
    if (this.stage === "align") {
      this.state.ranges = recordDeletions(this.model, candidates, this.work);
      return false;
    }
    const shortening = this.stage === "start" ? this.model.options.relax : this.shrank;
    this.stage = shortening ? "shorten" : "align";
    this.shrank = false;
    return true;
  }

  startWalk(outputs: readonly WalkedOutput[], values: ScriptValues): void {
    const { model, candidates, work, maxAlignment } = this;
    this.view = new View(model, candidates, work, outputs, values, maxAlignment);
  }

  enter(output: number, address: bigint): void {
    this.view?.enter(output, address);
  }

  visit(section: SectionId): void {
    const { candidates, work } = this;
    const index = section < candidates.slot.length ? candidates.slot[section] - 1 : -1;
    if (index < 0 || this.view === undefined) return;
    if (this.stage === "align") {
      if (work.align(candidates, index)) reportPaddings(this.model, candidates, index, this.report);
      return;
    }
    if (candidates.wakes[index] > candidates.deleted) return;
    this.view.refresh(index);
    if (work.shorten(candidates, index)) this.shrank = true;
  }

  visitRows(rows: Int32Array, place: PlacedRows): number {
    const { candidates, work, view } = this;
    work.startRows(place.at);
    const aligns = this.stage === "align";
    let asked = -1;
    for (let i = 0; ; ) {
      i = work.walkRows(candidates, rows, i, asked, aligns, place);
      const short = work.paddingShort;
      if (short >= 0) reportPaddings(this.model, candidates, short, this.report);
      else if (i >= rows.length) break;
      else {
        view?.refresh(candidates.slot[rows[i]] - 1);
        asked = i;
      }
    }
    if (work.rowsShrank) this.shrank = true;
    return work.endRows(place);
  }
}

/** How many bytes go with candidate `id`. */
export function removedBy(candidates: Candidates, id: number): number {
  switch (candidates.decision(id)) {
    case Decision.jal:
    case Decision.zeroJump:
    case Decision.deleted:
      return 4;
    case Decision.compressedJump:
      return 6;
    case Decision.compressedLui:
      return 2;
    case Decision.aligned:
      return candidates.addend(id) - candidates.pair(id);
    default:
      return 0;
  }
}

/** Where, from the candidate's offset, the bytes start that go with it. */
export function removedFrom(candidates: Candidates, id: number): number {
  switch (candidates.decision(id)) {
    case Decision.jal:
    case Decision.zeroJump:
      return 4;
    case Decision.compressedJump:
    case Decision.compressedLui:
      return 2;
    case Decision.aligned:
      return candidates.pair(id);
    default:
      return 0;
  }
}

/** Of a section of which some padding is too short: `pair` of a candidate is how much it should be. */
function reportPaddings(model: LinkModel, candidates: Candidates, index: number, report: Report): void {
  const section = candidates.sections[index];
  let removed = 0;
  for (let id = candidates.first[index]; id < candidates.first[index + 1]; id++) {
    const padding = candidates.addend(id);
    const needed = candidates.pair(id);
    if (candidates.kind(id) === Kind.align && needed > padding) {
      let alignment = 1;
      while (alignment <= padding) alignment *= 2;
      reportPadding(model, section, candidates.offset(id) - removed, needed, alignment, padding, report);
    }
    removed += removedBy(candidates, id);
  }
}

function reportPadding(
  model: LinkModel,
  section: SectionId,
  offset: number,
  needed: number,
  alignment: number,
  present: number,
  report: Report,
): void {
  const object = model.objects[model.sections.object[section]];
  const name = sectionName(model, section);
  const place = offset === 0 ? "0" : `0x${offset.toString(16)}`;
  report.error(
    "LD0640",
    undefined,
    `${object.name}(${name}+${place}): ${needed} bytes required for alignment to ${alignment}-byte boundary, but only ${present} present`,
    {
      lld: `${object.name}:(${name}+0x${offset.toString(16)}): insufficient padding bytes for R_RISCV_ALIGN: ${present} bytes available for requested alignment of ${alignment} bytes`,
    },
  );
}

function recordDeletions(model: LinkModel, candidates: Candidates, work: RelaxWork): DeletedRanges {
  const { sectionCount, count, slot } = candidates;
  // Each section's ranges and, in `before`, one more for their sum.
  const start = int32Column(count + sectionCount);
  const before = int32Column(count + sectionCount);
  const first = int32Column(sectionCount);
  const end = int32Column(sectionCount);
  const used = work.recordRanges(sectionCount, start, before, first, end);
  const ranges = new DeletedRanges(start, before, first, end, used);
  model.deletions.useRanges(slot, ranges);
  return ranges;
}
