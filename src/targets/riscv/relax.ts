import { float64Column, int32Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { type ImageLayout, type LinkModel, type SectionId, sectionName } from "../../model/index.ts";
import type { Relaxer, ScriptValues, WalkedOutput } from "../target.ts";
import { type Candidates, Decision, findCandidates, Kind } from "./relax-candidates.ts";
import { decideSection, findGlobalPointer, type View, viewWalk } from "./relax-decide.ts";

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
// values are computed from the original ones each time.

/** What relaxation knows of a link, between its passes and for relocation. */
export interface Relaxation {
  readonly candidates: Candidates;
  /** By number of the section in `candidates`: its size in the input. */
  readonly originalSize: Float64Array;
  readonly maxAlignment: number;
  readonly symbols: RelaxedSymbols;
}

/** The symbols of the sections that can shrink, grouped: those of section `i` are [first[i], first[i + 1]). */
interface RelaxedSymbols {
  readonly first: Int32Array;
  readonly symbol: Int32Array;
  /** In the input section. */
  readonly value: Int32Array;
  readonly end: Float64Array;
}

const relaxations = new WeakMap<LinkModel, Relaxation>();

/** What relaxation decided, for `relocate`. */
export function relaxationOf(model: LinkModel): Relaxation | undefined {
  return relaxations.get(model);
}

/** See `Target.startRelaxation`. */
export function startRelaxation(model: LinkModel, layout: ImageLayout, report: Report): Relaxer {
  const candidates = findCandidates(model, model.options.relax);
  const originalSize = Float64Array.from(candidates.sections, (section) => model.sections.size[section]);
  let maxAlignment = 1;
  for (const section of layout.sections) maxAlignment = Math.max(maxAlignment, section.align);
  const state = { candidates, originalSize, maxAlignment, symbols: groupSymbols(model, candidates) };
  relaxations.set(model, state);
  return new Walker(model, state, report);
}

class Walker implements Relaxer {
  private readonly model: LinkModel;
  private readonly state: Relaxation;
  private readonly report: Report;
  private view: View | undefined;
  private stage: "start" | "shorten" | "align" = "start";
  private shrank = false;

  constructor(model: LinkModel, state: Relaxation, report: Report) {
    this.model = model;
    this.state = state;
    this.report = report;
  }

  begin(): boolean {
    const { candidates } = this.state;
    if (candidates.count === 0) return false;
    if (this.stage === "align") {
      recordDeletions(this.model, candidates);
      return false;
    }
    const shortening = this.stage === "start" ? this.model.options.relax : this.shrank;
    this.stage = shortening ? "shorten" : "align";
    this.shrank = false;
    return true;
  }

  startWalk(outputs: readonly WalkedOutput[], values: ScriptValues): void {
    const { candidates, maxAlignment } = this.state;
    this.view = viewWalk(this.model, outputs, values, maxAlignment, candidates.deleted);
  }

  enter(output: number, address: bigint): void {
    const { view } = this;
    if (view === undefined) return;
    view.outputAddress[output] = Number(BigInt.asIntN(64, address));
    findGlobalPointer(view);
  }

  visit(section: SectionId): void {
    const { candidates } = this.state;
    const index = (candidates.slot[section] ?? 0) - 1;
    if (index < 0 || this.view === undefined) return;
    if (this.stage === "align") {
      if (alignSection(this.model, this.state, this.view, index, this.report))
        applyDecisions(this.model, this.state, index);
    } else if (decideSection(this.view, candidates, index, removedBy)) {
      this.shrank = true;
      applyDecisions(this.model, this.state, index);
    }
  }
}

function groupSymbols(model: LinkModel, candidates: Candidates): RelaxedSymbols {
  const { section: homes, valueLow, size, count } = model.symbols;
  const { slot } = candidates;
  const first = int32Column(candidates.sections.length + 2);
  for (let id = 1; id < count; id++) {
    const section = homes[id];
    if (section > 0 && slot[section] !== 0) first[slot[section] + 1]++;
  }
  for (let i = 1; i < first.length; i++) first[i] += first[i - 1];
  const total = first[first.length - 1];
  const symbol = int32Column(total);
  const value = int32Column(total);
  const end = float64Column(total);
  for (let id = 1; id < count; id++) {
    const section = homes[id];
    if (section <= 0 || slot[section] === 0) continue;
    const at = first[slot[section]]++;
    symbol[at] = id;
    value[at] = valueLow[id];
    end[at] = valueLow[id] + size[id];
  }
  // Each start was moved to its end, which is where the next group starts.
  return { first, symbol, value, end };
}

/** How many bytes go with candidate `id`. */
export function removedBy(candidates: Candidates, id: number): number {
  switch (candidates.decision[id]) {
    case Decision.jal:
    case Decision.zeroJump:
    case Decision.deleted:
      return 4;
    case Decision.compressedJump:
      return 6;
    case Decision.compressedLui:
      return 2;
    case Decision.aligned:
      return candidates.addend[id] - candidates.pair[id];
    default:
      return 0;
  }
}

/** Where, from the candidate's offset, the bytes start that go with it. */
export function removedFrom(candidates: Candidates, id: number): number {
  switch (candidates.decision[id]) {
    case Decision.jal:
    case Decision.zeroJump:
      return 4;
    case Decision.compressedJump:
    case Decision.compressedLui:
      return 2;
    case Decision.aligned:
      return candidates.pair[id];
    default:
      return 0;
  }
}

// The deleted ranges of the section at hand: starts, and the bytes deleted before each; one more for the sum.
let rangeStart: Int32Array = new Int32Array(256);
let rangeBefore: Int32Array = new Int32Array(257);

/** Sets the size of a section and the values and sizes of its symbols from the decisions. */
function applyDecisions(model: LinkModel, state: Relaxation, index: number): void {
  const { candidates } = state;
  const { decision, offset } = candidates;
  const firstId = candidates.first[index];
  const endId = candidates.first[index + 1];
  if (endId - firstId > rangeStart.length) {
    rangeStart = new Int32Array(2 * (endId - firstId));
    rangeBefore = new Int32Array(2 * (endId - firstId) + 1);
  }
  let count = 0;
  let sum = 0;
  for (let id = firstId; id < endId; id++) {
    if (decision[id] === Decision.none) continue;
    const bytes = removedBy(candidates, id);
    if (bytes === 0) continue;
    rangeStart[count] = offset[id] + removedFrom(candidates, id);
    rangeBefore[count++] = sum;
    sum += bytes;
  }
  rangeBefore[count] = sum;
  const section = candidates.sections[index];
  const size = state.originalSize[index] - sum;
  candidates.deleted += model.sections.size[section] - size;
  model.sections.size[section] = size;
  moveSymbols(model, state.symbols, index, count);
}

function moveSymbols(model: LinkModel, group: RelaxedSymbols, index: number, count: number): void {
  const { valueLow, size } = model.symbols;
  const last = group.first[index + 1];
  for (let i = group.first[index]; i < last; i++) {
    const id = group.symbol[i];
    const start = group.value[i];
    const end = group.end[i];
    const moved = start - rangeBefore[rangesBefore(start, count)];
    valueLow[id] = moved;
    if (end > start) size[id] = end - rangeBefore[rangesBefore(end, count)] - moved;
  }
}

/** How many of the first `count` ranges start before `offset`. */
function rangesBefore(offset: number, count: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rangeStart[middle] < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Decides how much of the padding of each .align in a section stays; true when some goes. */
function alignSection(
  model: LinkModel,
  state: Relaxation,
  view: View,
  index: number,
  report: Report,
): boolean {
  const { candidates } = state;
  const { kind, decision, offset, addend, pair } = candidates;
  const section = candidates.sections[index];
  const start = view.outputAddress[model.sections.output[section]] + model.sections.outputOffset[section];
  const end = candidates.first[index + 1];
  let removed = 0;
  let changed = false;
  for (let id = candidates.first[index]; id < end; id++) {
    if (kind[id] === Kind.align) {
      const padding = addend[id];
      let alignment = 1;
      while (alignment <= padding) alignment *= 2;
      const address = start + offset[id] - removed;
      const needed = Math.ceil(address / alignment) * alignment - address;
      if (needed > padding) {
        reportPadding(model, section, offset[id] - removed, needed, alignment, padding, report);
      } else if (needed < padding) {
        decision[id] = Decision.aligned;
        pair[id] = needed;
        changed = true;
      }
    }
    removed += removedBy(candidates, id);
  }
  return changed;
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

function recordDeletions(model: LinkModel, candidates: Candidates): void {
  const { decision, offset, sections, first } = candidates;
  // Each section's ranges and, in `before`, one more for their sum.
  let total = 0;
  for (let id = 0; id < candidates.count; id++) if (decision[id] !== Decision.none) total++;
  const start = int32Column(total + sections.length);
  const length = int32Column(total + sections.length);
  const before = int32Column(total + sections.length);
  let at = 0;
  for (let index = 0; index < sections.length; index++) {
    const from = at;
    let sum = 0;
    for (let id = first[index]; id < first[index + 1]; id++) {
      const bytes = removedBy(candidates, id);
      if (bytes === 0) continue;
      start[at] = offset[id] + removedFrom(candidates, id);
      length[at] = bytes;
      before[at++] = sum;
      sum += bytes;
    }
    if (at === from) continue;
    before[at] = sum;
    model.deletions.set(sections[index], { first: from, count: at - from, start, length, before });
    at++;
  }
}
